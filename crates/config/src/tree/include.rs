//! PURE: `Include` lines: what each word looks for, by the release that reads it.

use std::borrow::Cow;
use std::sync::Arc;

use super::Target;
use crate::tokens::{self, ForEveryDestination};
use crate::{Dialect, Facts};

/// One `Include` line.
#[derive(Clone, Debug)]
pub struct Include {
    /// The line, as an index of [`crate::Document::directives`].
    pub directive: usize,
    /// Its words, in order.
    pub words: Vec<IncludeWord>,
}

impl Include {
    /// What the tree has for the line, in order.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.words.iter().flat_map(|word| word.targets.iter())
    }
}

/// One word of an `Include` line.
#[derive(Clone, Debug)]
pub struct IncludeWord {
    /// What it leads to, in the order of glob(3).
    pub targets: Arc<[Target]>,
    /// How it was read.
    pub reading: Reading,
    /// What was looked for.
    pub(crate) pattern: Option<Vec<u8>>,
}

/// How a word of an `Include` line was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As it is written: it holds no token and no variable.
    Plain,
    /// As it is written, tokens and all: OpenSSH before 9.9.
    Literal,
    /// With tokens and variables expanded that are the same for every destination.
    Expanded,
    /// Not at all: the destination decides what it stands for.
    ByDestination,
}

impl IncludeWord {
    /// Reads a word of a file as an ssh of a dialect does.
    pub(super) fn read(word: &[u8], user: bool, facts: &dyn Facts, dialect: &Dialect) -> Self {
        let (reading, word) = match has_tokens(word) {
            false => (Reading::Plain, Some(Cow::Borrowed(word))),
            true if !dialect.expands_includes() => (Reading::Literal, Some(Cow::Borrowed(word))),
            true => match tokens::expand_for_every_destination(word, facts) {
                ForEveryDestination::Is(word) => (Reading::Expanded, Some(Cow::Owned(word))),
                ForEveryDestination::Fails => (Reading::Expanded, None),
                ForEveryDestination::Differs => (Reading::ByDestination, None),
            },
        };
        let pattern = word.and_then(|word| include_pattern(&word, user));
        IncludeWord { targets: Arc::default(), reading, pattern }
    }

    /// Whether what the tree has for the word is what an ssh of a dialect reads, whatever the destination.
    #[must_use]
    pub fn is_read_so_by(&self, dialect: &Dialect) -> bool {
        match self.reading {
            Reading::Plain => true,
            Reading::Literal => !dialect.expands_includes(),
            Reading::Expanded => dialect.expands_includes(),
            Reading::ByDestination => false,
        }
    }
}

/// Whether a word holds what OpenSSH from 9.9 on expands.
pub(crate) fn has_tokens(word: &[u8]) -> bool {
    memchr::memchr2(b'%', b'$', word).is_some()
}

/// What an Include word looks for: relative to `~/.ssh`, or `/etc/ssh` for the system's file, where
/// `~` is refused (readconf.c: oInclude).
pub(crate) fn include_pattern(word: &[u8], user: bool) -> Option<Vec<u8>> {
    match word.first() {
        Some(b'/') => Some(word.to_vec()),
        Some(b'~') => user.then(|| word.to_vec()),
        _ => Some([if user { &b"~/.ssh/"[..] } else { b"/etc/ssh/" }, word].concat()),
    }
}
