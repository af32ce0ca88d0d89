//! PURE: which characters of a text cannot be seen or look like a blank, by Unicode's own tables.
//!
//! The tables are those of the `regex-syntax` crate, generated from the Unicode Character Database:
//! Default_Ignorable_Code_Point (zero-width characters, bidirectional controls, Hangul fillers,
//! variation selectors, tags), White_Space, and the general categories Cc and Cf. Joiners and the
//! emoji variation selector are let through where an emoji sequence needs them (UTS 51).

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

mod look_alikes;

pub use look_alikes::LookAlikes;

/// ZERO WIDTH JOINER.
const JOINER: char = '\u{200d}';
/// VARIATION SELECTOR-16: the character before it is shown as an emoji.
const AS_EMOJI: char = '\u{fe0f}';

/// What cannot be seen. Marks that span the digits after them are of the category Cf and visible.
/// The last two are blank and have no property that says so: BRAILLE PATTERN BLANK, MUSICAL SYMBOL
/// NULL NOTEHEAD.
static UNSEEN: LazyLock<Table> = LazyLock::new(|| {
    Table::of(
        r"[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cc}\p{Cf}\u{2800}\u{1D159}--\p{Prepended_Concatenation_Mark}--\x20]",
    )
});
/// What begins or goes on an emoji sequence.
static PICTURE: LazyLock<Table> =
    LazyLock::new(|| Table::of(r"[\p{Extended_Pictographic}\p{Emoji_Modifier}--\p{ASCII}]"));
/// Pictures that are text without [`AS_EMOJI`].
static TEXT_PICTURE: LazyLock<Table> =
    LazyLock::new(|| Table::of(r"[\p{Extended_Pictographic}--\p{Emoji_Presentation}--\p{ASCII}]"));

/// A byte that is no UTF-8 stands in a text as the character U+10FFNN, in a private use area: two
/// names that differ in such a byte differ as texts, and [`to_bytes`] gives the byte back.
const BYTE: u32 = 0x10_ff00;

/// Bytes as text; what is not UTF-8 stays told apart.
pub(crate) fn from_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let invalid = chunk.invalid().iter();
        text.extend(invalid.filter_map(|byte| char::from_u32(BYTE + u32::from(*byte))));
    }
    text
}

/// The bytes that [`from_bytes`] made a text of.
pub(crate) fn to_bytes(text: &str) -> Cow<'_, [u8]> {
    if text.chars().all(|c| byte(c).is_none()) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// The byte that a character stands for.
pub(crate) fn byte(c: char) -> Option<u8> {
    let byte = u8::try_from(u32::from(c).checked_sub(BYTE)?).ok()?;
    (!byte.is_ascii()).then_some(byte)
}

/// Ranges of characters, in their order.
struct Table(Vec<(char, char)>);

impl Table {
    /// The table of a character class that is written in this file.
    fn of(class: &str) -> Self {
        let parsed = regex_syntax::parse(class).map(regex_syntax::hir::Hir::into_kind);
        let Ok(HirKind::Class(Class::Unicode(class))) = parsed else {
            unreachable!("`{class}` is a class of characters")
        };
        Table(class.ranges().iter().map(|range| (range.start(), range.end())).collect())
    }

    fn has(&self, c: char) -> bool {
        let after = self.0.partition_point(|(start, _)| *start <= c);
        after > 0 && c <= self.0[after - 1].1
    }
}

/// The characters of a text that cannot be seen or look like a blank, and where they stand, in
/// bytes. A plain blank is none of them; what stands for a byte is.
pub(crate) fn unseen(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut before = None;
    let mut chars = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while let Some((at, c)) = chars.next() {
            let last = before.replace(c);
            let is_unseen = if c.is_ascii() {
                c.is_ascii_control()
            } else if c == AS_EMOJI {
                !last.is_some_and(|last| TEXT_PICTURE.has(last))
            } else if c == JOINER {
                let joins = |c: char| PICTURE.has(c);
                let after = chars.peek().is_some_and(|(_, next)| joins(*next));
                !(after && last.is_some_and(|last| joins(last) || last == AS_EMOJI))
            } else {
                UNSEEN.has(c) || byte(c).is_some()
            };
            if is_unseen {
                // What was not let through begins no sequence either.
                before = None;
                return Some((at, c));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        unseen(text).fold(String::new(), |out, (_, c)| out + &format!("{:X} ", u32::from(c)))
    }

    #[test]
    fn what_is_not_seen_or_looks_blank_is_found() {
        for c in [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{1680}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{2000}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{202e}',
            '\u{202f}',
            '\u{205f}',
            '\u{2060}',
            '\u{2066}',
            '\u{206f}',
            '\u{2800}',
            '\u{3000}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff0}',
            '\u{fff9}',
            '\u{1bca0}',
            '\u{1d159}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0020}',
            '\u{e0100}',
            '\u{e0fff}',
        ] {
            assert_eq!(shown(&format!("web{c}1")), format!("{:X} ", u32::from(c)));
        }
    }

    #[test]
    fn what_is_seen_is_let_through() {
        for text in [
            "web-1 a",
            "Größe",
            "日本",
            "한국",
            "cafe\u{301}",
            "नमस्ते",
            "שלום",
            "مرحبا",
            "\u{600}١",
            "👍🏽",
            "👩‍💻",
            "👩🏽‍💻",
            "🏳️‍🌈",
            "❤️",
            "⚠️ prod",
            "🇩🇪",
        ] {
            assert_eq!(shown(text), "", "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_come_back() {
        for bytes in [&b"caf\xe9"[..], b"\xff\xfe", b"web", "日本".as_bytes(), b"\xe6\x97", b""] {
            assert_eq!(*to_bytes(&from_bytes(bytes)), *bytes);
        }
        assert_ne!(from_bytes(b"caf\xe9"), from_bytes(b"caf\xe8"));
        assert_eq!(from_bytes(b"web"), "web");
    }

    #[test]
    fn joiners_and_selectors_stay_hidden_nowhere_but_in_emoji() {
        for (text, found) in [
            ("web\u{200d}1", "200D "),
            ("👩\u{200d}", "200D "),
            ("\u{200d}👩", "200D "),
            ("👩\u{200d}\u{200d}💻", "200D 200D "),
            ("1\u{fe0f}", "FE0F "),
            ("❤\u{fe0f}\u{fe0f}", "FE0F "),
            ("👍\u{fe0f}", "FE0F "),
            ("❤\u{fe0e}", "FE0E "),
        ] {
            assert_eq!(shown(text), found, "{text:?}");
        }
    }
}
