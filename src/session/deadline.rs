//! A limit for what a server may keep us waiting; time that a person takes does not count.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A moment that can be put off.
#[derive(Clone)]
pub(in crate::session) struct Deadline {
    state: Arc<Mutex<State>>,
    limit: Duration,
}

struct State {
    until: Instant,
    /// How many questions to a person are open.
    questions: usize,
}

/// The moment came first.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct TimedOut;

/// While it lives, the time of a [`Deadline`] does not run; then it begins anew.
#[cfg(feature = "builtin")]
pub(in crate::session) struct Question(Deadline);

impl Deadline {
    /// A moment `limit` from now.
    pub(in crate::session) fn new(limit: Duration) -> Self {
        let state = State { until: Instant::now() + limit, questions: 0 };
        Deadline { state: Arc::new(Mutex::new(state)), limit }
    }

    /// Begins anew.
    pub(in crate::session) fn restart(&self) {
        self.state().until = Instant::now() + self.limit;
    }

    /// Stops the time until the question is dropped.
    #[cfg(feature = "builtin")]
    pub(in crate::session) fn question(&self) -> Question {
        self.state().questions += 1;
        Question(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn until(&self) -> Instant {
        let state = self.state();
        if state.questions > 0 { Instant::now() + self.limit } else { state.until }
    }

    /// Waits for what comes first.
    pub(in crate::session) async fn within<F: Future>(
        &self,
        work: F,
    ) -> Result<F::Output, TimedOut> {
        tokio::pin!(work);
        loop {
            let until = self.until();
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = sleep_until(until) => {
                    if self.until() <= Instant::now() {
                        return Err(TimedOut);
                    }
                }
            }
        }
    }
}

#[cfg(feature = "builtin")]
impl Drop for Question {
    fn drop(&mut self) {
        self.0.state().questions -= 1;
        self.0.restart();
    }
}

#[cfg(all(test, feature = "builtin"))]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn the_time_of_a_person_does_not_count() {
        let limit = Duration::from_millis(50);
        let deadline = Deadline::new(limit);
        let question = deadline.question();
        let asked = deadline.within(tokio::time::sleep(limit * 6)).await;
        assert!(asked.is_ok(), "longer than the limit at a question");
        let start = Instant::now();
        drop(question);
        assert!(deadline.within(std::future::pending::<()>()).await.is_err());
        assert!(start.elapsed() >= limit, "all of it is left for the server");
    }
}
