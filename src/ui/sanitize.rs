//! Makes text from files, servers and imports safe to show on a terminal.
//!
//! Control characters become `\xNN`, bidirectional and other invisible ones `<U+NNNN>`: what is
//! shown is what is there, and no byte of it moves a cursor or sets a title.

use std::borrow::Cow;
use std::fmt::Write;

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

fn visible(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hidden = |c: char| !keep(c) && (c.is_control() || is_invisible(c));
    // Nearly every text is plain, and a list has hundreds of thousands of them.
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if plain || !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if !hidden(c) {
            out.push(c);
        } else if c.is_ascii() {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        } else {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
    }
    Cow::Owned(out)
}

/// Characters that change what is seen without being seen: bidirectional controls, zero-width
/// characters, line separators, tags (Unicode TR 36, UTS 39).
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
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
    }
}
