//! One look for every failure: what, why, and the command that helps.

use std::fmt::Write;

use super::{sanitize, style};
use crate::error::Error;

/// Renders `error: what: why` and a `hint:` line each for what helps.
#[must_use]
pub fn render(error: &Error) -> String {
    let mut out = String::new();
    let (e, h) = (style::ERROR, style::HINT);
    // Parts of the message can come from files or servers.
    let message = format!("{:#}", error.source);
    let _ = writeln!(out, "{e}error{e:#}: {}", sanitize::block(&message));
    for hint in &error.hints {
        let _ = writeln!(out, "{h}hint{h:#}: {}", sanitize::block(hint));
    }
    out
}

/// Whether the reader of our output has gone, which is no failure of ours.
#[must_use]
pub fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| match cause.downcast_ref::<serde_json::Error>() {
            // It keeps the cause of a failed write to itself.
            Some(json) => json.io_error_kind(),
            None => cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind),
        })
        .any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_leaves_is_seen_through_json_too() {
        struct Gone;
        impl std::io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let error = serde_json::to_writer(Gone, &[1]).expect_err("nobody reads");
        assert!(is_broken_pipe(&error.into()));
        let error = serde_json::from_str::<u8>("x").expect_err("no JSON");
        assert!(!is_broken_pipe(&error.into()));
    }

    #[test]
    fn a_failure_names_its_cause_and_what_helps() {
        let error =
            Error::from(anyhow::anyhow!("permission denied").context("cannot read `x\x1b`"))
                .hint("try `sshp key fix`");
        let plain = anstream::adapter::strip_str(&render(&error)).to_string();
        assert_eq!(
            plain,
            "error: cannot read `x\\x1b`: permission denied\nhint: try `sshp key fix`\n"
        );
    }
}
