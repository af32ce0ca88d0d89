//! One look for every failure: what, where, why, and the command that helps.

use std::fmt::Write;
use std::io;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use unicode_width::UnicodeWidthStr;

use super::{sanitize, style};
use crate::error::{Error, Excerpt};

/// Renders `error: what: why`, the lines at fault, and a `hint:` line each for what helps.
#[must_use]
pub fn render(error: &Error) -> String {
    let mut out = String::new();
    let (e, h) = (style::ERROR, style::HINT);
    // Parts of the message can come from files or servers.
    let message = format!("{:#}", error.source);
    let _ = writeln!(out, "{e}error{e:#}: {}", sanitize::block(&message));
    for excerpt in &error.excerpts {
        out.push_str(&self::excerpt(excerpt));
    }
    for hint in error.hints.iter().chain(&limit(&message)) {
        let _ = writeln!(out, "{h}hint{h:#}: {}", sanitize::block(hint));
    }
    out
}

/// The limit of setrlimit(2) that a message is about, and how to raise it: the system's words name
/// none.
fn limit(message: &str) -> Option<String> {
    let says = |errno: Errno| message.contains(&io::Error::from(errno).to_string());
    let limit = |resource| getrlimit(resource).current;
    if says(Errno::MFILE) {
        let files = limit(Resource::Nofile)?;
        return Some(format!(
            "a process may have {files} files open: `ulimit -n 1024` raises that"
        ));
    }
    let kibibytes = limit(Resource::As).filter(|_| says(Errno::NOMEM) || says(Errno::AGAIN))? >> 10;
    Some(format!(
        "the address space is limited to {kibibytes} KiB: `ulimit -v unlimited` lifts that"
    ))
}

/// Renders a line of a file with carets under what is wrong in it. Of a long line only the part
/// around the fault is shown.
#[must_use]
pub fn excerpt(Excerpt { what, line, text, span }: &Excerpt) -> String {
    /// Characters of a line that are shown before the fault, and of the fault itself.
    const AROUND: usize = 60;
    let part = |bytes: &[u8]| sanitize::bytes(bytes).replace("\\x09", " ");
    let before = part(&text[..span.start]);
    let (mut wrong, mut after) = (part(&text[span.clone()]), part(&text[span.end..]));
    let skipped = before.chars().count().saturating_sub(AROUND);
    let lead = if skipped > 0 { "…" } else { "" };
    let before: String = before.chars().skip(skipped).collect();
    if wrong.chars().count() > AROUND {
        wrong = wrong.chars().take(AROUND).chain(['…']).collect();
        after.clear();
    } else if after.chars().count() > AROUND {
        after = after.chars().take(AROUND).chain(['…']).collect();
    }
    let (e, d) = (style::ERROR, style::DIM);
    let mut out = String::new();
    if let Some(what) = what {
        let _ = writeln!(out, "{}", sanitize::line(what));
    }
    let number = line.to_string();
    let _ = writeln!(out, "  {d}{number} |{d:#} {lead}{before}{wrong}{after}");
    let (gutter, indent) = (number.len(), lead.width() + before.width());
    let carets = "^".repeat(wrong.width().max(1));
    let _ = writeln!(out, "  {d}{:gutter$} |{d:#} {:indent$}{e}{carets}{e:#}", "", "");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(excerpt: &Excerpt) -> String {
        anstream::adapter::strip_str(&super::excerpt(excerpt)).to_string()
    }

    #[test]
    fn carets_stand_under_the_fault_whatever_is_before_it() {
        let text = "\tPort \u{1b}日本 22a".as_bytes().to_vec();
        let span = text.len() - 3..text.len();
        let what = Some("x:7: Bad port".to_owned());
        assert_eq!(
            plain(&Excerpt { what, line: 7, text, span }),
            "x:7: Bad port\n  7 |  Port \\x1b日本 22a\n    |                ^^^\n"
        );
    }

    #[test]
    fn of_a_long_line_only_the_part_around_the_fault_is_shown() {
        let text = [vec![b'a'; 500], b"BAD".to_vec(), vec![b'z'; 500]].concat();
        let shown = plain(&Excerpt { what: None, line: 12, text: text.clone(), span: 500..503 });
        assert_eq!(
            shown,
            format!(
                "  12 | …{}BAD{}…\n     | {}^^^\n",
                "a".repeat(60),
                "z".repeat(60),
                " ".repeat(61)
            )
        );
        let shown = plain(&Excerpt { what: None, line: 1, text, span: 0..1003 });
        assert!(shown.len() < 300, "{shown}");
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
