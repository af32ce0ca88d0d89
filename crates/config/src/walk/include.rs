//! PURE: `Include` lines: which files of the tree they lead to, and what ssh says of others.

use std::borrow::Cow;
use std::path::Path;

use super::{ComplaintKind, LineFault, Place, Stop, Walk};
use crate::settings::Arguments;
use crate::tree::{DEEPEST, Include, Refusal, Target, has_tokens, include_pattern};
use crate::{Complaint, tokens};

impl<'a> Walk<'a> {
    /// Reads the files that a line names.
    pub(super) fn include_line(
        &mut self,
        rest: &[u8],
        place: &Place,
        active: &mut bool,
        include: Option<&'a Include>,
    ) -> Result<(), LineFault> {
        let user = self.tree.at(place.file).user;
        let was_active = *active;
        let mut arguments = Arguments::of(rest, self.dialect());
        for (at, written) in std::iter::from_fn(|| arguments.next()).enumerate() {
            if written.is_empty() {
                return Err(LineFault::Bad("keyword include empty argument".to_owned()));
            }
            let Some(path) = self.expand_include(&written, place)? else { continue };
            let Some(pattern) = include_pattern(&path, user) else {
                let path = String::from_utf8_lossy(&path);
                return Err(LineFault::Bad(format!("bad include path {path}.")));
            };
            let word = include.and_then(|include| include.words.get(at));
            let is_in_tree = word.is_some_and(|word| word.is_read_so_by(self.dialect()));
            let Some(targets) = self.tree.targets(word, pattern, user) else {
                self.depend_on(place);
                continue;
            };
            for target in &*targets {
                match target {
                    Target::File(_) if place.depth >= DEEPEST => {
                        let text = "Too many recursive configuration includes".to_owned();
                        let origin = Some(self.tree.origin(place.file, place.directive));
                        let kind = ComplaintKind::TooDeep;
                        self.complaints.push(Complaint { origin, text, kind });
                        return Err(LineFault::Stop);
                    }
                    Target::File(file) => {
                        let never = place.never || !was_active;
                        let read = self.read(*file, never, active, place.depth + 1);
                        read.map_err(|Stop| LineFault::Stop)?;
                        *active = was_active;
                    }
                    Target::Refused { refusal: Refusal::Missing, .. } => {}
                    Target::Refused { path, refusal } => {
                        let mut text = unread(path, refusal);
                        if self.dialect().expands_includes() && text.starts_with("Can't open") {
                            text = format!("{} {text}", self.located(place));
                        }
                        if is_in_tree {
                            self.complain_of(&ComplaintKind::Unread, text);
                        } else {
                            self.complain_bare(place, &text);
                        }
                        let ends = *refusal == Refusal::Insecure || refusal.is_own_limit();
                        return Err(if ends { LineFault::Stop } else { LineFault::Counted });
                    }
                }
            }
        }
        Ok(())
    }

    /// A word of Include with its tokens and variables expanded, where the ssh does that; `None` where it
    /// passes over the word.
    fn expand_include<'w>(
        &mut self,
        word: &'w [u8],
        place: &Place,
    ) -> Result<Option<Cow<'w, [u8]>>, LineFault> {
        let fatal = |walk: &mut Self, error: String| {
            walk.complain(error);
            LineFault::Stop
        };
        if !self.dialect().expands_includes() || !has_tokens(word) {
            return Ok(Some(Cow::Borrowed(word)));
        }
        let host = self.match_host().map_err(|error| fatal(self, error))?;
        let tokens = self.tokens(host.clone(), self.match_user(), &host);
        let facts = self.facts();
        match tokens::expand(word, Some(&|letter| tokens.get(letter)), Some(facts)) {
            Ok(expanded) => Ok(Some(Cow::Owned(expanded))),
            Err(error @ tokens::ExpandError::Unset(_)) => {
                self.complain(format!("vdollar_percent_expand: {error}"));
                let shown = String::from_utf8_lossy(word).into_owned();
                self.complain_at(place, &format!("Unable to expand user config file '{shown}'"));
                Ok(None)
            }
            Err(error) => Err(fatal(self, error.said_by("percent_dollar_expand"))),
        }
    }
}

/// What is said of a file that is not read: as ssh, or the limit that is sshp's own.
pub(super) fn unread(path: &Path, refusal: &Refusal) -> String {
    let path = path.display();
    match refusal {
        Refusal::Insecure => format!("Bad owner or permissions on {path}"),
        _ if refusal.is_own_limit() => format!("`{path}` is not read: {refusal}"),
        _ => format!("Can't open user config file {path}: {refusal}"),
    }
}
