//! PURE: all files of a config and the Include edges between them.
//!
//! The tree does not depend on the destination: of an `Include` it expands `~` and wildcards, which is
//! all that OpenSSH before 9.9 expands. Where a later one expands tokens or variables too, the
//! resolver notes the line in [`crate::Effective::depends_on`] and reads no file for it. Which files
//! apply to a host is for the resolver to say.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_splice::encoding::Wide;

use super::options::Keyword;
use super::syntax::Document;
use super::{Block, Origin};

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

/// One `Include` line.
#[derive(Clone, Debug)]
pub struct Include {
    /// The line, as an index of [`Document::directives`].
    pub directive: usize,
    /// What each of its words led to, in the order of glob(3).
    pub words: Vec<Vec<Target>>,
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
    fn read(&mut self, path: &Path, check: bool) -> Result<Arc<[u8]>, Refusal>;
    /// What glob(3) finds for a pattern, with `~`, in bytewise order.
    fn glob(&mut self, pattern: &[u8]) -> Vec<PathBuf>;
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
    /// Reads the files to begin with and all that they include, each once.
    pub fn read(starts: &[Start], source: &mut dyn Source) -> Tree {
        let mut tree = Tree::default();
        let mut known = HashMap::new();
        for start in starts {
            let path = Arc::from(start.path.as_path());
            let target = tree.open(&path, start.user, start.check, source, &mut known);
            tree.roots.push(Root { path, required: start.required, target });
        }
        let mut at = 0;
        while at < tree.files.len() {
            tree.follow_includes(at, source, &mut known);
            at += 1;
        }
        tree
    }

    fn follow_includes(
        &mut self,
        at: usize,
        source: &mut dyn Source,
        known: &mut HashMap<(Arc<Path>, bool), Target>,
    ) {
        let File { user, ref document, .. } = self.files[at];
        let lines = document.directives().iter().enumerate();
        let lines = lines.filter(|(_, line)| line.keyword == Some(Keyword::Include));
        let patterns = |line| {
            let words = document.words(line).map_while(Result::ok);
            words.map(|word| include_pattern(&word.value, user)).collect::<Vec<_>>()
        };
        let lines: Vec<_> = lines.map(|(at, line)| (at, patterns(line))).collect();
        for (directive, patterns) in lines {
            let mut words = Vec::new();
            for pattern in patterns {
                let found = pattern.map_or_else(Vec::new, |pattern| source.glob(&pattern));
                let targets = found
                    .iter()
                    .map(|path| self.open(&Arc::from(path.as_path()), user, true, source, known));
                words.push(targets.collect());
            }
            self.files[at].includes.push(Include { directive, words });
        }
    }

    fn open(
        &mut self,
        path: &Arc<Path>,
        user: bool,
        check: bool,
        source: &mut dyn Source,
        known: &mut HashMap<(Arc<Path>, bool), Target>,
    ) -> Target {
        if let Some(target) = known.get(&(Arc::clone(path), user)) {
            return target.clone();
        }
        let text = if self.files.len() < MOST_FILES {
            source.read(path, check)
        } else {
            Err(Refusal::TooMany)
        };
        let text = text.and_then(|text| match Wide::detect(&text) {
            Some(wide) => Err(Refusal::Wide(wide)),
            None => Ok(text),
        });
        let target = match text {
            Ok(text) => {
                let document = Document::parse(text);
                self.files.push(File {
                    path: Arc::clone(path),
                    user,
                    document,
                    includes: Vec::new(),
                });
                Target::File(self.files.len() - 1)
            }
            Err(refusal) => Target::Refused { path: Arc::clone(path), refusal },
        };
        known.insert((Arc::clone(path), user), target.clone());
        target
    }

    /// The file of a path as it is named in the tree.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<&File> {
        self.files.iter().find(|file| &*file.path == path)
    }

    /// Where a directive of a file stands.
    #[must_use]
    pub fn origin(&self, file: usize, directive: usize) -> Origin {
        let file = &self.files[file];
        Origin { file: Arc::clone(&file.path), line: file.document.directives()[directive].line }
    }

    /// A line without its end, and what of it is at fault where a complaint says this of it.
    #[must_use]
    pub fn excerpt(&self, origin: &Origin, complaint: &str) -> Option<(&[u8], Range<usize>)> {
        let document = &self.file(&origin.file)?.document;
        let at = document.directive_at(origin.line)?;
        Some(document.excerpt(&document.directives()[at], complaint))
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
                let targets = include.words.iter().flatten();
                targets
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

/// What an Include word looks for: relative to `~/.ssh`, or `/etc/ssh` for the system's file, where
/// `~` is refused (readconf.c: oInclude).
fn include_pattern(word: &[u8], user: bool) -> Option<Vec<u8>> {
    match word.first()? {
        b'/' => Some(word.to_vec()),
        b'~' => user.then(|| word.to_vec()),
        _ => Some([if user { &b"~/.ssh/"[..] } else { b"/etc/ssh/" }, word].concat()),
    }
}
