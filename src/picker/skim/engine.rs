//! What a query matches: skim's words, and our filters among them.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use skim::item::RankBuilder;
use skim::matcher::Matcher;
use skim::prelude::*;

use super::list::Item;
use crate::picker::rows::Row;
use crate::profile::query::{Field, Filter};
use crate::settings::Column;

/// Which rows fit, best first, by the engine of the screen and without a terminal.
pub(in crate::picker) fn matches(query: &str, rows: &[Arc<Row>]) -> Vec<usize> {
    let engine = engine(query);
    let mut fitting: Vec<(i32, usize)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| Some((-engine.match_item(&**row)?.rank.score, at)))
        .collect();
    fitting.sort_unstable();
    fitting.into_iter().map(|(_, at)| at).collect()
}

fn engine(query: &str) -> Box<dyn MatchEngine> {
    let matcher = matcher();
    matcher.engine_factory().create_engine_with_case(query, matcher.case_matching())
}

/// skim's words, `|` and `!`, and our filters among them.
pub(super) fn matcher() -> Matcher {
    let rank = Arc::new(RankBuilder::new(vec![RankCriteria::Score]));
    let words = ExactOrFuzzyEngineFactory::builder().rank_builder(Arc::clone(&rank)).build();
    let terms = Terms { words, rank: Arc::clone(&rank) };
    let factory: Rc<dyn MatchEngineFactory> = Rc::new(AndOrEngineFactory::new(terms));
    Matcher::builder(factory).case(CaseMatching::default()).rank_builder(rank).build()
}

/// Makes the engine of each term of a query.
struct Terms {
    words: ExactOrFuzzyEngineFactory,
    rank: Arc<RankBuilder>,
}

impl MatchEngineFactory for Terms {
    fn create_engine_with_case(&self, term: &str, case: CaseMatching) -> Box<dyn MatchEngine> {
        match Filter::parse(term) {
            Some(filter) => Box::new(Sieve { filter, rank: Arc::clone(&self.rank) }),
            None => self.words.create_engine_with_case(term, case),
        }
    }
}

/// The engine of a filter.
struct Sieve {
    filter: Filter,
    rank: Arc<RankBuilder>,
}

impl MatchEngine for Sieve {
    fn match_item(&self, item: &dyn SkimItem) -> Option<MatchResult> {
        let any = item.as_any();
        let row = any.downcast_ref::<Item>().map(|item| &*item.row);
        let row = row.or_else(|| any.downcast_ref::<Row>())?;
        if !self.filter.fits(&row.profile) {
            return None;
        }
        let column = match self.filter.field {
            Field::Tag => Column::Tags,
            Field::User | Field::Host => Column::Target,
            Field::Via => Column::Jump,
            Field::Key => Column::Used,
        };
        let told = !self.filter.not && !self.filter.value.is_empty();
        let place = if told { row.part(column) } else { 0..0 };
        Some(MatchResult {
            rank: self.rank.build_rank(0, place.start, place.end, &row.text),
            matched_range: MatchRange::ByteRange(place.start, place.end),
        })
    }
}

impl fmt::Display for Sieve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:?})", self.filter)
    }
}

/// A row without its list: what `matches` asks about.
impl SkimItem for Row {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picker::rows::tests::named;

    #[test]
    fn filters_and_words_go_together() {
        let rows = named(&["web", "db", "db-2"]);
        assert_eq!(matches("user:me db", &rows), [1, 2]);
        assert_eq!(matches("!host:db", &rows), [0]);
        assert_eq!(matches("host:web | host:db-2", &rows), [0, 2]);
        assert_eq!(matches("user:root", &rows), [0usize; 0]);
        let marked = engine("user:me").match_item(&*rows[0]).expect("it matches");
        assert_eq!(marked.range_char_indices(&rows[0].text), (5..11).collect::<Vec<_>>());
    }
}
