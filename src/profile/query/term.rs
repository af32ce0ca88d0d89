//! PURE: one term of a query.

use regex::Regex;

use super::filter::Filter;
use super::score::fuzzy_score;
use crate::profile::Profile;

/// One term of a query.
#[derive(Clone, Debug)]
pub(super) enum Term {
    /// Asks about one field.
    Filter(Filter),
    /// Matches everything, as a term does that is only begun.
    Everything,
    /// The letters in this order.
    Fuzzy { letters: Vec<char>, is_case_sensitive: bool },
    /// The text as it is typed, or with `not` its absence.
    Exact { pattern: Regex, not: bool },
}

impl Term {
    pub(super) fn parse(text: &str) -> Self {
        if let Some(filter) = Filter::parse(text) {
            return Term::Filter(filter);
        }
        let (exact, text) = strip(text, |text| text.strip_prefix('\''));
        let (not, text) = strip(text, |text| text.strip_prefix('!'));
        if text.is_empty() {
            return Term::Everything;
        }
        let (begins, text) = strip(text, |text| text.strip_prefix('^'));
        let (ends, text) = strip(text, |text| text.strip_suffix('$'));
        let is_case_sensitive = text.chars().any(char::is_uppercase);
        if !(exact || not || begins || ends) {
            return Term::Fuzzy { letters: text.chars().collect(), is_case_sensitive };
        }
        if text.is_empty() {
            return Term::Everything;
        }
        let pattern = format!(
            "{}{}{}{}",
            if is_case_sensitive { "" } else { "(?i)" },
            if begins { "^" } else { "" },
            regex::escape(text),
            if ends { "$" } else { "" }
        );
        Regex::new(&pattern).map_or(Term::Everything, |pattern| Term::Exact { pattern, not })
    }

    /// How well a profile with this search text matches; `None` where it does not.
    pub(super) fn score(&self, profile: &Profile, text: &str) -> Option<i32> {
        match self {
            Term::Everything => Some(0),
            Term::Filter(filter) => filter.fits(profile).then_some(0),
            Term::Fuzzy { letters, is_case_sensitive } => {
                fuzzy_score(text, letters, *is_case_sensitive)
            }
            Term::Exact { pattern, not: true } => (!pattern.is_match(text)).then_some(0),
            Term::Exact { pattern, not: false } => {
                let found = pattern.find(text)?;
                Some(i32::try_from(found.len()).unwrap_or(i32::MAX))
            }
        }
    }
}

fn strip<'a>(text: &'a str, strip: impl FnOnce(&'a str) -> Option<&'a str>) -> (bool, &'a str) {
    strip(text).map_or((false, text), |rest| (true, rest))
}
