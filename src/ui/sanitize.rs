//! Makes text from files, servers and imports safe to show on a terminal.
//!
//! Control characters become `\xNN`, others that cannot be seen or look like a blank `<U+NNNN>`
//! (see [`unicode`]): what is shown is what is there, and no byte of it moves a cursor or sets a
//! title.

use std::borrow::Cow;
use std::fmt::Write;

use crate::unicode;

/// Shows text on one line, control and invisible characters made visible.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    visible(text, |_| false)
}

/// Shows text of several lines: line feeds and tabs stay, all else as in [`line()`].
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    visible(text, |c| c == '\n' || c == '\t')
}

/// Shows bytes on one line; what is not UTF-8 becomes `\xNN`.
#[must_use]
pub fn bytes(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.push_str(&line(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// Shows a name on one line: as [`line()`], and blanks that nothing but another name would show
/// (at its ends, and more than one in a row) as `\x20`.
#[must_use]
pub fn name(text: &str) -> Cow<'_, str> {
    let is_plain = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    if is_plain {
        return line(text);
    }
    let middle = text.trim_matches(' ');
    let start = text.len() - text.trim_start_matches(' ').len();
    let end = text.len() - start - middle.len();
    let blank = "\\x20";
    let middle = line(middle).replace("  ", " \\x20");
    Cow::Owned(format!("{}{middle}{}", blank.repeat(start), blank.repeat(end)))
}

fn visible(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Nearly every text is plain, and a list has hundreds of thousands of them.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut unseen = unicode::unseen(text).filter(|(_, c)| !keep(*c)).peekable();
    if unseen.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut done = 0;
    for (at, c) in unseen {
        out.push_str(&text[done..at]);
        done = at + c.len_utf8();
        let _ = match c {
            c if c.is_ascii() => write!(out, "\\x{:02x}", u32::from(c)),
            c => match unicode::byte(c) {
                Some(byte) => write!(out, "\\x{byte:02x}"),
                None => write!(out, "<U+{:04X}>", u32::from(c)),
            },
        };
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_shown_as_it_is() {
        assert!(matches!(line("web-1 Größe 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn controls_and_bidi_become_visible() {
        assert_eq!(line("a\x1b[2Jb\u{202e}c\n\u{9b}"), "a\\x1b[2Jb<U+202E>c\\x0a<U+009B>");
        assert_eq!(block("a\n\tb\r"), "a\n\tb\\x0d");
        assert_eq!(bytes(b"caf\xe9\x07"), "caf\\xe9\\x07");
        assert_eq!(line("web\u{3164}\u{a0}👩\u{200d}💻"), "web<U+3164><U+00A0>👩\u{200d}💻");
    }

    #[test]
    fn names_that_differ_in_blanks_differ() {
        let shown = ["web", "web ", " web", "a b", "a  b", "a   b", "\u{a0}web"].map(name);
        assert_eq!(
            shown,
            ["web", "web\\x20", "\\x20web", "a b", "a \\x20b", "a \\x20 b", "<U+00A0>web"]
        );
        assert_eq!(name("  "), "\\x20\\x20");
        assert_eq!(name(&unicode::from_bytes(b"caf\xe9")), "caf\\xe9");
    }
}
