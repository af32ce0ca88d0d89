//! skim's engine for the query language of [`crate::profile::query`]: it ranks and marks what matches on
//! the screen, and matches what that module matches.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use skim::item::RankBuilder;
use skim::matcher::Matcher;
use skim::prelude::*;

use super::list::Item;
use crate::profile::query::{Field, Filter};
use crate::settings::Column;

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
        #[cfg(test)]
        let row = row.or_else(|| any.downcast_ref::<crate::picker::rows::Row>());
        let row = row?;
        if !self.filter.fits(&row.profile) {
            return None;
        }
        let column = match self.filter.field {
            Field::Tag => Column::Tags,
            Field::User | Field::Host => Column::Target,
            Field::Via => Column::Jump,
            Field::Key | Field::Source => Column::Used,
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;
    use crate::picker::rows::Row;
    use crate::picker::rows::tests::named;
    use crate::profile::query::Query;

    /// A row without its list.
    impl SkimItem for Row {
        fn text(&self) -> Cow<'_, str> {
            Cow::Borrowed(&self.text)
        }
    }

    fn engine(query: &str) -> Box<dyn MatchEngine> {
        let matcher = matcher();
        matcher.engine_factory().create_engine_with_case(query, matcher.case_matching())
    }

    /// The rows that the screen shows for a query.
    fn shown(query: &str, rows: &[Arc<Row>]) -> Vec<usize> {
        let engine = engine(query);
        (0..rows.len()).filter(|at| engine.match_item(&*rows[*at]).is_some()).collect()
    }

    #[test]
    fn filters_and_words_go_together() {
        let rows = named(&["web", "db", "db-2"]);
        assert_eq!(shown("user:me db", &rows), [1, 2]);
        assert_eq!(shown("!host:db", &rows), [0]);
        assert_eq!(shown("host:web | host:db-2", &rows), [0, 2]);
        assert_eq!(shown("user:root", &rows), [0usize; 0]);
        let marked = engine("user:me").match_item(&*rows[0]).expect("it matches");
        assert_eq!(marked.range_char_indices(&rows[0].text), (5..11).collect::<Vec<_>>());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn the_screen_shows_the_profiles_that_list_and_dispatch_find(
            names in prop::collection::vec("[abAB1.éÉßſıİＡ日 ]{1,6}", 1..8),
            query in "(((!|'|\\^|'!|!\\^)?(user:|host:|#)?[abAB1@.meéÉſıİＡ日]{0,4}\\$?)( | ?\\| ?|\\\\ |\\|\\|)){0,4}[a1]?",
        ) {
            prop_assume!(!query.trim().is_empty());
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let rows = named(&names);
            let found = Query::parse(&query).best_first(rows.iter().map(|row| (&row.profile, &*row.text)));
            let mut in_order = found;
            in_order.sort_unstable();
            prop_assert_eq!(in_order, shown(&query, &rows), "{}", query);
        }
    }
}
