//! A limit for what a server may keep us waiting; time that a person takes does not count.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A moment that can be put off.
#[derive(Clone)]
pub(in crate::session) struct Deadline {
    until: Arc<Mutex<Instant>>,
    limit: Duration,
}

/// The moment came first.
#[derive(Clone, Copy, Debug)]
pub(in crate::session) struct TimedOut;

impl Deadline {
    /// A moment `limit` from now.
    pub(in crate::session) fn new(limit: Duration) -> Self {
        Deadline { until: Arc::new(Mutex::new(Instant::now() + limit)), limit }
    }

    /// Begins anew.
    pub(in crate::session) fn restart(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + self.limit;
    }

    fn until(&self) -> Instant {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
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
