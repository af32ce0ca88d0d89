//! PURE: one file while it is edited.

use sshp_config::Document;
use sshp_splice::{Splice, splice};

/// The text of a file as its edits have left it.
pub(super) struct Draft {
    pub(super) document: Document,
    /// How often the text was made anew and parsed.
    pub(super) passes: usize,
    /// The edits of the first pass, in the order of their offsets.
    first: Vec<Splice>,
}

impl Default for Draft {
    /// A file that is not there yet.
    fn default() -> Self {
        Draft { document: Document::parse(&b""[..]), passes: 0, first: Vec::new() }
    }
}

impl Draft {
    /// The draft that the first edits of a file make.
    pub(super) fn of(document: &Document, splices: Vec<Splice>) -> Self {
        let mut draft = Draft { document: document.clone(), passes: 0, first: Vec::new() };
        draft.edit(splices);
        draft
    }

    /// Makes edits that are apart from each other.
    pub(super) fn edit(&mut self, mut splices: Vec<Splice>) {
        splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
        self.document = Document::parse(splice(self.document.text(), &splices));
        self.passes += 1;
        if self.passes == 1 {
            self.first = splices;
        }
    }

    /// The edits that make the draft of `base`, in whose lines nothing that stays is replaced.
    pub(super) fn splices(&self, base: &[u8]) -> Vec<Splice> {
        if self.passes > 1 {
            return Splice::lines_between(base, self.document.text());
        }
        // To compare what one pass replaced takes time that grows with the edits; to compare two whole
        // files takes time that grows with the file times the edits.
        let smallest = |edit: &Splice| {
            let start = edit.at.start;
            let parts = Splice::lines_between(&base[edit.at.clone()], &edit.with);
            parts
                .into_iter()
                .map(move |part| Splice { at: part.at.start + start..part.at.end + start, ..part })
        };
        self.first.iter().flat_map(smallest).collect()
    }
}
