//! PURE: which rows a query matches where sshp is built without the picker's library.
//!
//! The rows are those that `skim/engine.rs` finds, which a test beside it compares: words in any order,
//! `'exact`, `^begin`, `end$`, `!not`, `a | b`, `\ ` for a blank, and the filters of
//! [`crate::profile::query`]. Their order is coarser: a name itself comes before a beginning, that before
//! a part, and that before letters with others between them.

use std::cmp::Reverse;
use std::sync::Arc;

use super::Row;
use crate::profile::query::Filter;
use crate::settings::Column;

/// Which rows fit, best first; equals keep their order.
pub(super) fn matches(query: &str, rows: &[Arc<Row>]) -> Vec<usize> {
    let query = Query::parse(query);
    let mut fitting: Vec<(Reverse<u32>, usize)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| Some((Reverse(query.score(row)?), at)))
        .collect();
    fitting.sort_unstable();
    fitting.into_iter().map(|(_, at)| at).collect()
}

/// Alternatives, one of each of which has to match.
struct Query(Vec<Vec<Term>>);

impl Query {
    fn parse(query: &str) -> Self {
        // As skim does: `\ ` is no separator, and blanks around `|` are none either.
        let masked = query.replace("\\ ", "\0");
        let alternatives: Vec<&str> = masked.split('|').collect();
        let last = alternatives.len() - 1;
        let joined = alternatives.iter().enumerate().map(|(at, part)| {
            let part = if at > 0 { part.trim_start_matches(' ') } else { part };
            if at < last { part.trim_end_matches(' ') } else { part }
        });
        let joined = joined.collect::<Vec<_>>().join("|");
        let all = joined.split(' ').filter(|term| !term.is_empty());
        Query(
            all.map(|any| {
                let terms = any.split('|').filter(|term| !term.is_empty());
                terms.map(|term| Term::parse(&term.replace('\0', " "))).collect()
            })
            .collect(),
        )
    }

    /// How well a row matches; `None` where it does not.
    fn score(&self, row: &Row) -> Option<u32> {
        let best = |any: &Vec<Term>| any.iter().filter_map(|term| term.score(row)).max();
        self.0.iter().map(best).sum()
    }
}

/// One term of a query.
enum Term {
    Filter(Filter),
    /// Text that stands in the row as it is, or must not stand there.
    Exact {
        text: Word,
        begins: bool,
        ends: bool,
        not: bool,
    },
    /// Letters that stand in the row in this order.
    Fuzzy(Word),
}

impl Term {
    fn parse(term: &str) -> Self {
        if let Some(filter) = Filter::parse(term) {
            return Term::Filter(filter);
        }
        let (is_exact, bare) = strip(term, |text| text.strip_prefix('\''));
        let (not, bare) = strip(bare, |text| text.strip_prefix('!'));
        let (begins, bare) = strip(bare, |text| text.strip_prefix('^'));
        let (ends, bare) = strip(bare, |text| text.strip_suffix('$'));
        let text = Word::new(bare);
        if is_exact || not || begins || ends {
            Term::Exact { text, begins, ends, not }
        } else {
            Term::Fuzzy(text)
        }
    }

    fn score(&self, row: &Row) -> Option<u32> {
        match self {
            Term::Filter(filter) => filter.fits(&row.profile).then_some(0),
            // `!`, `^` and the like are terms that are not finished.
            Term::Exact { text, .. } | Term::Fuzzy(text) if text.text.is_empty() => Some(0),
            Term::Exact { text, begins, ends, not } => {
                let shown = text.folded(&row.text);
                let found = match (begins, ends) {
                    (true, true) => shown == text.text,
                    (true, false) => shown.starts_with(&text.text),
                    (false, true) => shown.ends_with(&text.text),
                    (false, false) => shown.contains(&text.text),
                };
                let score = if *not { 0 } else { text.place(row).unwrap_or(0) };
                (found != *not).then_some(score)
            }
            Term::Fuzzy(text) => {
                let place = text.place(row);
                place.or_else(|| text.is_scattered_in(&row.text).then_some(1))
            }
        }
    }
}

/// A text, and whether there was a mark to strip from it.
fn strip<'a>(text: &'a str, mark: impl Fn(&'a str) -> Option<&'a str>) -> (bool, &'a str) {
    mark(text).map_or((false, text), |bare| (true, bare))
}

/// A word that is looked for; with no capitals in it, in either case.
struct Word {
    text: String,
    has_capitals: bool,
}

impl Word {
    fn new(word: &str) -> Self {
        let has_capitals = word.chars().any(char::is_uppercase);
        let text = if has_capitals { word.to_owned() } else { word.to_lowercase() };
        Word { text, has_capitals }
    }

    fn folded(&self, text: &str) -> String {
        if self.has_capitals { text.to_owned() } else { text.to_lowercase() }
    }

    /// How good the place is where the word stands in a row; `None` where it does not stand there.
    fn place(&self, row: &Row) -> Option<u32> {
        let shown = self.folded(&row.text);
        let at = shown.find(&self.text)?;
        let begins_word = |at: usize| {
            shown[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
        };
        Some(match () {
            () if self.folded(row.cell(Column::Alias)) == self.text => 5,
            () if at == 0 => 4,
            () if shown.match_indices(&self.text).any(|(at, _)| begins_word(at)) => 3,
            () => 2,
        })
    }

    fn is_scattered_in(&self, text: &str) -> bool {
        let shown = self.folded(text);
        let mut shown = shown.chars();
        self.text.chars().all(|wanted| shown.any(|c| c == wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picker::rows::tests::named;

    #[test]
    fn a_name_comes_before_a_beginning_a_part_and_letters_in_order() {
        let rows = named(&["w-e-b", "xweb", "db-web", "web-1", "web"]);
        assert_eq!(matches("web", &rows), [4, 3, 2, 1, 0]);
        assert_eq!(matches("^web | xweb", &rows), [1, 4, 3]);
    }

    /// The picker's library is the reference.
    #[cfg(feature = "picker")]
    #[test]
    fn the_rows_of_a_query_are_those_that_the_picker_finds() {
        let rows = named(&["web", "Web-01", "db-web", "w-e-b", "db|x", "été 2"]);
        let fits = |matches: fn(&str, &[Arc<Row>]) -> Vec<usize>, query: &str| {
            let mut found = matches(query, &rows);
            found.sort_unstable();
            found
        };
        let terms = [
            "web",
            "WEB",
            "Web",
            "wb",
            "'web",
            "'wb",
            "!web",
            "!'web",
            "'!web",
            "^web",
            "web$",
            "^web$",
            "!^web",
            "!web$",
            "!",
            "'",
            "^",
            "$",
            "^$",
            "|",
            "a|",
            "\\ ",
            "é",
            "É",
            "2$",
            "user:me",
            "!host:web",
            "host:",
            "#x",
            "b\\ 2",
            "zz",
            "@",
            "01",
        ];
        for first in terms {
            for second in terms {
                for between in [" ", " | ", "|", "  ", "| ", " || ", " | | "] {
                    let query = format!("{first}{between}{second}");
                    let found = fits(matches, &query);
                    assert_eq!(found, fits(crate::picker::skim::matches, &query), "{query:?}");
                }
            }
        }
    }
}
