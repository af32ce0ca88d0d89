//! PURE: the rows, as far as they are there: a large config is still being resolved while the first of
//! them are on the screen.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::Row;

/// Rows that come in batches, in their order.
#[derive(Default)]
pub struct Rows {
    known: Mutex<Known>,
    changed: Condvar,
}

#[derive(Default)]
struct Known {
    rows: Vec<Arc<Row>>,
    is_all: bool,
}

impl Rows {
    /// All of them at once.
    pub fn all_of(rows: Vec<Arc<Row>>) -> Arc<Self> {
        Arc::new(Rows { known: Mutex::new(Known { rows, is_all: true }), ..Rows::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rows after the first `place`, as soon as there are any; none when all have come.
    pub fn after(&self, place: usize) -> Vec<Arc<Row>> {
        let waits = |known: &mut Known| !known.is_all && known.rows.len() <= place;
        let known = self.changed.wait_while(self.lock(), waits);
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.rows.get(place..).unwrap_or_default().to_vec()
    }

    /// How many there are, if all have come.
    pub fn count_if_all(&self) -> Option<usize> {
        let known = self.lock();
        known.is_all.then_some(known.rows.len())
    }

    /// All rows, when they have come.
    pub fn all(&self) -> Vec<Arc<Row>> {
        let known = self.changed.wait_while(self.lock(), |known| !known.is_all);
        known.unwrap_or_else(PoisonError::into_inner).rows.clone()
    }
}

/// Sends rows to [`Rows`]; when it is dropped, all have been sent.
pub(super) struct RowSender {
    rows: Arc<Rows>,
}

impl RowSender {
    /// Begins without a row.
    pub(super) fn new() -> (Self, Arc<Rows>) {
        let rows = Arc::new(Rows::default());
        (RowSender { rows: Arc::clone(&rows) }, rows)
    }

    /// Adds rows.
    pub(super) fn send(&self, batch: Vec<Arc<Row>>) {
        self.rows.lock().rows.extend(batch);
        self.rows.changed.notify_all();
    }
}

impl Drop for RowSender {
    fn drop(&mut self) {
        self.rows.lock().is_all = true;
        self.rows.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picker::rows::rows;
    use crate::profile::rank::Usage;
    use crate::profile::tests::profile;

    #[test]
    fn rows_are_there_as_they_come_and_all_when_nobody_brings_more() {
        let (sender, coming) = RowSender::new();
        let made = rows(["a", "b", "c"].map(profile).to_vec(), &Usage::default(), 0);
        let reader = std::thread::spawn({
            let coming = Arc::clone(&coming);
            move || {
                let mut seen = Vec::new();
                loop {
                    match coming.after(seen.len()) {
                        more if more.is_empty() => return seen,
                        more => seen.extend(more),
                    }
                }
            }
        });
        sender.send(made[..1].to_vec());
        sender.send(made[1..].to_vec());
        assert_eq!(coming.after(2).len(), 1);
        drop(sender);
        let names = |rows: &[Arc<Row>]| {
            rows.iter().map(|row| row.profile.alias.to_string()).collect::<String>()
        };
        assert_eq!(names(&reader.join().expect("it read")), "abc");
        assert_eq!(names(&coming.all()), "abc");
        assert!(Rows::all_of(Vec::new()).all().is_empty());
    }
}
