//! PURE: how the words that follow `Match` are cut, and an attribute from its argument.

use std::borrow::Cow;
use std::ops::Range;

use crate::dialect::{Dialect, MatchEquals};
use crate::words;

/// The attributes that take their argument in the same word, behind `=`, where words are cut as on
/// other lines.
const ATTACHED: &[&str] = &[
    "host",
    "originalhost",
    "user",
    "localuser",
    "localnetwork",
    "version",
    "tagged",
    "command",
    "exec",
];

/// The words that follow `Match`, as one ssh cuts them.
pub(super) struct MatchWords<'a> {
    rest: &'a [u8],
    /// Where the word that came last stands.
    pub(super) span: Range<usize>,
    at: usize,
    argv: Option<words::Words<'a>>,
    equals: MatchEquals,
}

impl<'a> MatchWords<'a> {
    pub(super) fn new(rest: &'a [u8], dialect: &Dialect) -> Self {
        let argv = dialect.cuts_match_as_argv().then(|| words::split(rest));
        MatchWords { rest, span: 0..0, at: 0, argv, equals: dialect.match_equals() }
    }

    pub(super) fn next(&mut self) -> Option<Cow<'a, [u8]>> {
        if let Some(argv) = &mut self.argv {
            let word = argv.next()?.ok()?;
            self.span = word.span;
            return Some(word.value);
        }
        self.span = words::delimited(self.rest, &mut self.at)?;
        Some(words::unquoted(&self.rest[self.span.clone()])).filter(|word| !word.is_empty())
    }

    /// The attribute and the argument of a word such as `host=web`.
    pub(super) fn attached<'w>(&self, word: &'w [u8]) -> Option<(&'w [u8], &'w [u8])> {
        if self.equals != MatchEquals::AfterAttribute {
            return None;
        }
        let equals = memchr::memchr(b'=', word)?;
        let (name, argument) = (&word[..equals], &word[equals + 1..]);
        let is_name = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
        ATTACHED.iter().any(|known| is_name(known)).then_some((name, argument))
    }

    /// Whether words are left, behind an empty one that ended the line.
    pub(super) fn has_more(&self) -> bool {
        match &self.argv {
            Some(argv) => argv.clone().next().is_some(),
            None => self.at < self.rest.len(),
        }
    }
}
