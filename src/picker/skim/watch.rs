//! PURE: whether the row under the cursor is the one that a key meant.

use std::time::{Duration, Instant};

/// A person who waits this long after the last key looks at the list before pressing the next one.
const LOOKS: Duration = Duration::from_millis(500);
/// A row that came under the cursor by itself later than this before a key was not seen by then.
const REACTS: Duration = Duration::from_millis(300);

/// What was under the cursor, and when.
#[derive(Debug, Default)]
pub(super) struct Watch {
    query: String,
    row: Option<usize>,
    /// When there first was a row on the screen.
    first: Option<Instant>,
    /// When another row came under the cursor that no key had moved.
    changed: Option<Instant>,
    /// When the last key was pressed.
    key: Option<Instant>,
    has_typed: bool,
}

impl Watch {
    /// A key was pressed; whether it changed the query.
    pub(super) fn key(&mut self, at: Instant, types: bool) {
        self.key = Some(at);
        self.has_typed |= types;
    }

    /// This row is under the cursor, for this query; whether a key moved it there.
    pub(super) fn saw(&mut self, query: &str, row: Option<usize>, now: Instant, by_key: bool) {
        if row.is_some() {
            self.first.get_or_insert(now);
        }
        if by_key || self.query != query {
            self.changed = None;
        } else if self.row.is_some() && self.row != row {
            self.changed = Some(now);
        }
        self.row = row;
        if self.query != query {
            query.clone_into(&mut self.query);
        }
    }

    /// Whether a key that was pressed then means the row that is under the cursor now.
    ///
    /// A key that follows typing at once means the best match of what was typed. One that follows
    /// nothing has to follow the first row on the screen, and one that follows a look at the list
    /// means the row that was there to be looked at.
    pub(super) fn is_meant(&self, pressed: Instant) -> bool {
        let since = |then: Instant| pressed.saturating_duration_since(then);
        let saw_any = self.first.is_some_and(|first| first <= pressed);
        if !self.has_typed && !saw_any {
            return false;
        }
        let goes_on_typing = self.key.is_some_and(|key| since(key) < LOOKS);
        goes_on_typing || self.changed.is_none_or(|changed| since(changed) >= REACTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_before_anything_was_typed_or_seen_means_nothing() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut watch = Watch::default();
        assert!(!watch.is_meant(start));
        watch.saw("", Some(0), after(10), false);
        assert!(!watch.is_meant(start), "it was pressed before the row was there");
        assert!(watch.is_meant(after(11)));
        let mut typed = Watch::default();
        typed.key(start, true);
        assert!(typed.is_meant(start), "a query typed ahead is meant");
    }

    #[test]
    fn a_row_that_was_just_swapped_by_itself_is_not_meant() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut watch = Watch::default();
        watch.key(start, true);
        watch.saw("web", Some(3), after(20), false);
        assert!(watch.is_meant(after(2_000)));
        watch.saw("web", Some(7), after(2_000), false);
        assert!(watch.is_meant(after(100)), "typing straight on means the best match");
        assert!(!watch.is_meant(after(1_900)), "it was pressed for the row before");
        assert!(!watch.is_meant(after(2_100)), "nobody reads so fast");
        assert!(watch.is_meant(after(2_400)));
        watch.saw("web", Some(8), after(3_000), true);
        assert!(watch.is_meant(after(3_000)), "a key moved the cursor");
        watch.saw("web-", Some(9), after(4_000), false);
        assert!(watch.is_meant(after(4_000)), "it is the answer to another query");
    }
}
