//! PURE: the query language of every verb, and which profiles a query matches.
//!
//! A query is terms with blanks between them, all of which have to match; `a | b` is one that matches
//! where either does, and `\ ` is a blank inside of one. A term is a [`Filter`] of one field, or it is
//! looked for in the whole [`SearchText`]: `'exact`, `^begin`, `end$`, `!not`, else letters in this
//! order with any others between them. A term without capitals matches either case.
//!
//! The picker ranks and marks with its own engine, which matches the same profiles: a property test
//! beside that engine compares the two.

mod filter;
mod score;
mod term;
mod text;

use std::cmp::Reverse;

pub use self::filter::{FILTERS, Field, Filter};
use self::term::Term;
pub use self::text::SearchText;
use super::Profile;

/// Stands for `\ ` while a query is split.
const ESCAPED_BLANK: &str = "\0";

/// A query, ready to be compared with profiles.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Of each of these one term has to match.
    all: Vec<Vec<Term>>,
}

impl Query {
    /// Reads a query; every text is one.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.trim().is_empty() {
            return Query::default();
        }
        let masked = text.replace("\\ ", ESCAPED_BLANK);
        // Blanks around `|` separate nothing.
        let (mut joined, mut rest) = (String::with_capacity(masked.len()), masked.as_str());
        while let Some((before, after)) = rest.split_once('|') {
            joined.push_str(before.trim_end_matches(' '));
            joined.push('|');
            rest = after.trim_start_matches(' ');
        }
        joined.push_str(rest);
        let any = |words: &str| -> Vec<Term> {
            let words = words.split('|').filter(|word| !word.is_empty());
            words.map(|word| Term::parse(&word.replace(ESCAPED_BLANK, " "))).collect()
        };
        Query { all: joined.split(' ').filter(|word| !word.is_empty()).map(any).collect() }
    }

    /// Whether it matches every profile, in no other order than theirs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How well a profile with this search text matches, more being better; `None` where it does not.
    #[must_use]
    pub fn score(&self, profile: &Profile, text: &str) -> Option<i32> {
        self.all.iter().try_fold(0_i32, |sum, any| {
            let best = any.iter().filter_map(|term| term.score(profile, text)).max()?;
            Some(sum.saturating_add(best))
        })
    }

    /// The places of those that match, by their search texts; best first, and of equal ones in their order.
    pub fn best_first<'a>(
        &self,
        profiles: impl Iterator<Item = (&'a Profile, impl AsRef<str>)>,
    ) -> Vec<usize> {
        let scored = profiles.enumerate().filter_map(|(at, (profile, text))| {
            Some((Reverse(self.score(profile, text.as_ref())?), at))
        });
        let mut scored: Vec<_> = scored.collect();
        scored.sort_unstable();
        scored.into_iter().map(|(_, at)| at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    /// The aliases that a query matches, best first.
    fn found<'a>(query: &str, aliases: &[&'a str]) -> Vec<&'a str> {
        let profiles: Vec<Profile> = aliases.iter().map(|alias| profile(alias)).collect();
        let text = |profile: &Profile| {
            SearchText::new(profile, profile.alias.as_str(), |text| text.into()).text
        };
        let rows = profiles.iter().map(|profile| (profile, text(profile)));
        Query::parse(query).best_first(rows).into_iter().map(|at| aliases[at]).collect()
    }

    #[test]
    fn the_better_match_comes_first_and_equals_keep_their_order() {
        assert_eq!(
            found("web-33", &["web-3", "web-33", "web-3333"]),
            ["web-33", "web-3333", "web-3"]
        );
        assert_eq!(found("wb", &["w-x-b", "db"])[..1], ["w-x-b"]);
        assert_eq!(found("prod db", &["db-test", "db-prod"]), ["db-prod"]);
        assert_eq!(found("!web db", &["db-web", "db-prod"]), ["db-prod"]);
        assert_eq!(found("", &["b", "a"]), ["b", "a"]);
    }

    #[test]
    fn every_term_has_to_match_and_of_alternatives_one() {
        let names = ["web-1", "web-2", "db-1", "mail"];
        assert_eq!(found("web 1", &names), ["web-1"]);
        assert_eq!(found("mail | db", &names), ["mail", "db-1"]);
        assert_eq!(found("1 web|db", &names), ["web-1", "db-1"]);
        assert_eq!(found("!web", &names), ["db-1", "mail"]);
        assert_eq!(found("^web 2$", &names), ["web-2"]);
        assert_eq!(found("'eb-", &names), ["web-1", "web-2"]);
        assert_eq!(found("user:me ^db", &names), ["db-1"]);
        assert_eq!(found(" ", &names), names);
        assert_eq!(found("|", &names), [""; 0]);
        assert_eq!(found("'a\\ b", &["a b", "ab"]), ["a b"]);
    }

    #[test]
    fn capitals_match_capitals_and_small_letters_either() {
        let names = ["Web", "web", "wEb"];
        assert_eq!(found("web", &names).len(), 3);
        assert_eq!(found("W", &names), ["Web"]);
        assert_eq!(found("'É", &["é", "É"]), ["É"]);
        assert_eq!(found("'é", &["é", "É"]).len(), 2);
    }
}
