//! Work that waits for a person, a file or another program, on a thread of its own: the runtime has one
//! thread, which goes on to serve every other connection meanwhile.

use std::future::pending;
use std::panic::resume_unwind;

use zeroize::Zeroizing;

use crate::ctx::Ctx;
use crate::session::askpass;
use crate::ui::prompt::{Echo, PromptError};

/// Runs `work` on a thread where it may block, and waits for what it gives.
pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // The runtime is shut down, and nobody waits for this any more.
        Err(_) => pending().await,
    }
}

/// Shows a prompt and reads one line, in the bytes that were typed.
///
/// # Errors
/// See [`PromptError`].
pub(super) async fn ask(
    ctx: &Ctx,
    text: impl Into<String>,
    echo: Echo,
) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    let (ctx, text) = (ctx.clone(), text.into());
    run(move || askpass::ask_bytes(&ctx, &text, echo)).await
}

/// As [`ask`], for a word: whether it is one of these, in any case.
pub(super) async fn answers(ctx: &Ctx, text: String, words: &[&str]) -> bool {
    let answer = ask(ctx, text, Echo::Shown).await;
    answer.is_ok_and(|answer| words.iter().any(|word| answer.eq_ignore_ascii_case(word.as_bytes())))
}
