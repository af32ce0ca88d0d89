//! PURE: all files of a config and the Include edges between them.
//!
//! The tree does not depend on the destination. OpenSSH from 9.9 on expands tokens and variables in an
//! `Include`: where they are the same for every destination, the files are part of the tree. Where they
//! are not, the resolver looks the files up when it comes to the line, through the [`Source`] that
//! [`Tree::with_source`] gives the tree. Which files apply to a host is for the resolver to say.

mod include;
mod on_demand;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_splice::encoding::Wide;

pub use self::include::{Include, IncludeWord, Reading};
pub(crate) use self::include::{has_tokens, include_pattern};
use self::on_demand::OnDemand;
use super::options::Keyword;
use super::syntax::{Directive, Document};
use super::{Block, Dialect, Facts, Origin};

/// How deep Includes go (readconf.c: READCONF_MAX_DEPTH).
pub(crate) const DEEPEST: u32 = 16;

/// How many files are read at most, the ones that are included twice counted once.
pub(crate) const MOST_FILES: usize = 10_000;

/// The files that ssh reads for a destination.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Every file once; others refer to it by its place here.
    pub files: Vec<File>,
    /// What is read, in this order.
    pub roots: Vec<Root>,
    on_demand: Option<Arc<OnDemand>>,
}

/// A file that ssh begins to read with.
#[derive(Clone, Debug)]
pub struct Root {
    /// As it was named.
    pub path: Arc<Path>,
    /// Whether ssh stops when it cannot be read: true of `-F FILE` only.
    pub required: bool,
    /// The file, or why there is none.
    pub target: Target,
}

/// One file of the tree.
#[derive(Clone, Debug)]
pub struct File {
    /// As it was named or found by Include.
    pub path: Arc<Path>,
    /// Whether it is the user's own or the system's, which says where relative Includes look.
    pub user: bool,
    /// Its bytes and what is in them.
    pub document: Document,
    /// Its Include lines, in order.
    pub includes: Vec<Include>,
}

/// Where an edge leads.
#[derive(Clone, Debug)]
pub enum Target {
    /// To a file, by its place in [`Tree::files`].
    File(usize),
    /// Nowhere.
    Refused {
        /// What was found by that name.
        path: Arc<Path>,
        /// Why it is not read.
        refusal: Refusal,
    },
}

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is none.
    #[error("No such file or directory")]
    Missing,
    /// It is a FIFO, a socket or a device, which would be waited for forever.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// It cannot be opened or read; what the system says.
    #[error("{0}")]
    Unreadable(String),
    /// More than 64 MiB.
    #[error("it is larger than 64 MiB, the most that sshp reads")]
    TooLarge,
    /// [`MOST_FILES`] are read already.
    #[error("more than {MOST_FILES} files are included, the most that sshp reads")]
    TooMany,
    /// UTF-16 or UTF-32, of which ssh reads only what stands before the first zero byte of a line.
    #[error("it is {0}, and ssh reads UTF-8")]
    Wide(Wide),
    /// A user who is neither root nor the owner could write it.
    #[error("Bad owner or permissions")]
    Insecure,
}

impl Refusal {
    /// Whether it is sshp that does not read the file; ssh has other limits.
    #[must_use]
    pub fn is_own_limit(&self) -> bool {
        matches!(self, Refusal::TooLarge | Refusal::TooMany | Refusal::Wide(_))
    }

    /// What can be done about it, where that is not plain.
    #[must_use]
    pub fn mend(&self, path: &Path) -> Option<String> {
        match self {
            Refusal::Wide(wide) => Some(wide.mend(path)),
            _ => None,
        }
    }
}

/// What is read from files and folders, and how.
pub trait Source {
    /// The bytes of a file; of a folder none, as ssh reads one. `check` asks whether nobody else
    /// can write it.
    ///
    /// # Errors
    /// Why it cannot or must not be read.
    fn read(&self, path: &Path, check: bool) -> Result<Arc<[u8]>, Refusal>;
    /// What glob(3) finds for a pattern, with `~`, in bytewise order.
    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf>;
}

/// A file to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Its path.
    pub path: PathBuf,
    /// The user's own, or the system's.
    pub user: bool,
    /// Named by `-F`: must be there.
    pub required: bool,
    /// Must be nobody else's to write: `~/.ssh/config`, but not what `-F` names.
    pub check: bool,
}

impl Tree {
    /// The files that a tree consists of, and which of them are read, in this order.
    #[must_use]
    pub fn new(files: Vec<File>, roots: Vec<Root>) -> Tree {
        Tree { files, roots, on_demand: None }
    }

    /// Reads the files to begin with and all that they include, each once, as an ssh of a dialect reads
    /// Includes.
    pub fn read(
        starts: &[Start],
        source: &dyn Source,
        facts: &dyn Facts,
        dialect: &Dialect,
    ) -> Tree {
        let mut tree = Tree::default();
        let mut known = HashMap::new();
        for start in starts {
            let path = Arc::from(start.path.as_path());
            let target = tree.open(&path, start.user, start.check, source, &mut known);
            tree.roots.push(Root { path, required: start.required, target });
        }
        let mut at = 0;
        while at < tree.files.len() {
            tree.follow_includes(at, source, facts, dialect, &mut known);
            at += 1;
        }
        tree
    }

    /// The tree, with where the files are that only a destination names. Without one, the resolver notes
    /// such a line in [`crate::Effective::depends_on`] and reads nothing for it.
    #[must_use]
    pub fn with_source(mut self, source: Arc<dyn Source + Send + Sync>) -> Tree {
        self.on_demand = Some(Arc::new(OnDemand::new(source)));
        self
    }

    /// A user's config that is in no file yet, or in one alone: its Includes lead nowhere.
    pub fn of_text(path: impl Into<PathBuf>, text: &[u8]) -> Tree {
        let path: Arc<Path> = Arc::from(path.into());
        let document = Document::parse(text);
        let file = File { path: Arc::clone(&path), user: true, document, includes: Vec::new() };
        let root = Root { path, required: false, target: Target::File(0) };
        Tree::new(vec![file], vec![root])
    }

    fn follow_includes(
        &mut self,
        at: usize,
        source: &dyn Source,
        facts: &dyn Facts,
        dialect: &Dialect,
        known: &mut HashMap<(Arc<Path>, bool), Target>,
    ) {
        let File { user, ref document, .. } = self.files[at];
        let lines = document.directives().iter().enumerate();
        let lines = lines.filter(|(_, line)| line.keyword == Some(Keyword::Include));
        let patterns = |line| {
            let words = document.words(line).map_while(Result::ok);
            words
                .map(|word| IncludeWord::read(&word.value, user, facts, dialect))
                .collect::<Vec<_>>()
        };
        let lines: Vec<_> = lines.map(|(at, line)| (at, patterns(line))).collect();
        for (directive, mut words) in lines {
            for word in &mut words {
                let found = word.pattern.as_deref().map_or_else(Vec::new, |p| source.glob(p));
                let targets = found
                    .iter()
                    .map(|path| self.open(&Arc::from(path.as_path()), user, true, source, known));
                word.targets = targets.collect();
            }
            self.files[at].includes.push(Include { directive, words });
        }
    }

    fn open(
        &mut self,
        path: &Arc<Path>,
        user: bool,
        check: bool,
        source: &dyn Source,
        known: &mut HashMap<(Arc<Path>, bool), Target>,
    ) -> Target {
        if let Some(target) = known.get(&(Arc::clone(path), user)) {
            return target.clone();
        }
        let target = match File::read(path, user, check, source, self.files.len()) {
            Ok(file) => {
                self.files.push(file);
                Target::File(self.files.len() - 1)
            }
            Err(refusal) => Target::Refused { path: Arc::clone(path), refusal },
        };
        known.insert((Arc::clone(path), user), target.clone());
        target
    }

    /// The files of the tree, and behind them those that were read for destinations so far.
    pub fn all_files(&self) -> impl Iterator<Item = &File> {
        let more = self.on_demand.iter().flat_map(|on_demand| on_demand.files());
        self.files.iter().chain(more)
    }

    /// A file by its place among [`Tree::all_files`].
    pub(crate) fn at(&self, file: usize) -> &File {
        let later = || self.on_demand.as_ref()?.file(file - self.files.len());
        self.files.get(file).or_else(later).expect("targets are places of files")
    }

    /// What an `Include` of a file leads to that looks for a pattern, from what the tree has for `word`
    /// where it was read so, else looked up now; `None` where there is no source to look it up.
    pub(crate) fn targets(
        &self,
        word: Option<&IncludeWord>,
        pattern: Vec<u8>,
        user: bool,
    ) -> Option<Arc<[Target]>> {
        match word {
            Some(word) if word.pattern.as_ref() == Some(&pattern) => {
                Some(Arc::clone(&word.targets))
            }
            _ => Some(self.on_demand.as_ref()?.look_up(pattern, user, &self.files)),
        }
    }

    /// The file of a path as it is named in the tree.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<&File> {
        self.all_files().find(|file| &*file.path == path)
    }

    /// Where a directive of a file stands.
    #[must_use]
    pub fn origin(&self, file: usize, directive: usize) -> Origin {
        let file = self.at(file);
        Origin { file: Arc::clone(&file.path), line: file.document.directives()[directive].line }
    }

    /// The directive of a line, and its file.
    pub(crate) fn line(&self, origin: &Origin) -> Option<(&File, &Directive)> {
        let file = self.file(&origin.file)?;
        let at = file.document.directive_at(origin.line)?;
        Some((file, &file.document.directives()[at]))
    }

    /// The keyword of a line.
    #[must_use]
    pub fn keyword_at(&self, origin: &Origin) -> Option<Keyword> {
        self.line(origin)?.1.keyword
    }

    /// A line without its end, and what of it is at fault where a complaint says this of it.
    #[must_use]
    pub fn excerpt(&self, origin: &Origin, complaint: &str) -> Option<(&[u8], Range<usize>)> {
        let (file, directive) = self.line(origin)?;
        Some(file.document.excerpt(directive, complaint))
    }

    /// The file and the block that an origin stands in.
    #[must_use]
    pub fn block_at(&self, origin: &Origin) -> Option<(&File, Block)> {
        let file = self.file(&origin.file)?;
        let directive = file.document.directive_at(origin.line)?;
        Some((file, file.document.block(file.document.block_of(directive))))
    }

    /// What could not be read, and where it was asked for: no line for a file to begin with.
    pub fn refusals(&self) -> impl Iterator<Item = (Option<Origin>, &Arc<Path>, &Refusal)> {
        let refused = |target: &'_ Target| match target {
            Target::Refused { refusal: Refusal::Missing, .. } | Target::File(_) => None,
            Target::Refused { .. } => Some(()),
        };
        let roots = self.roots.iter().filter(move |root| refused(&root.target).is_some());
        let roots = roots.map(|root| (None, &root.target));
        let edges = self.files.iter().enumerate().flat_map(move |(at, file)| {
            file.includes.iter().flat_map(move |include| {
                include
                    .targets()
                    .filter(move |target| refused(target).is_some())
                    .map(move |target| (Some(self.origin(at, include.directive)), target))
            })
        });
        roots.chain(edges).filter_map(|(origin, target)| match target {
            Target::Refused { path, refusal } => Some((origin, path, refusal)),
            Target::File(_) => None,
        })
    }
}

impl File {
    /// Reads a file, unless as many are read already as are read at most.
    fn read(
        path: &Arc<Path>,
        user: bool,
        check: bool,
        source: &dyn Source,
        read_already: usize,
    ) -> Result<File, Refusal> {
        if read_already >= MOST_FILES {
            return Err(Refusal::TooMany);
        }
        let text = source.read(path, check)?;
        if let Some(wide) = Wide::detect(&text) {
            return Err(Refusal::Wide(wide));
        }
        let document = Document::parse(text);
        Ok(File { path: Arc::clone(path), user, document, includes: Vec::new() })
    }
}
