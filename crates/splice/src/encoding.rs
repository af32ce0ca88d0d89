//! PURE: tells UTF-16 and UTF-32, which Windows tools write, and turns them into UTF-8.
//!
//! ssh and sshp read ASCII and UTF-8. PowerShell's `>` writes UTF-16 with a byte order mark, its
//! `>>` appends UTF-16 to a file of any encoding, and some editors leave the mark out.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// The byte order mark of UTF-8, which ssh reads as the first three bytes of a keyword.
pub const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The byte order marks, each with the bytes of a code unit and whether the low byte comes first.
const MARKS: [(&[u8], usize, bool); 4] = [
    (b"\xff\xfe\0\0", 4, true),
    (b"\0\0\xfe\xff", 4, false),
    (b"\xff\xfe", 2, true),
    (b"\xfe\xff", 2, false),
];

/// So many ASCII letters in a row, each with its zero bytes, are UTF-16 or UTF-32 without a mark.
const ENOUGH: usize = 4;

/// How many zero bytes are looked at; a lone one only hides the rest of its line from ssh.
const MOST_ZEROS: usize = 10_000;

/// UTF-16 or UTF-32: an encoding that ssh does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wide {
    /// Bytes of a code unit: 2 or 4.
    unit: usize,
    little_endian: bool,
    has_mark: bool,
    /// Where it begins: not at 0 where it was appended to a text in ASCII or UTF-8.
    start: usize,
}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.unit * 8;
        let order = if self.little_endian { "LE" } else { "BE" };
        match self.start {
            0 => write!(f, "UTF-{bits}{order}"),
            _ => write!(f, "UTF-{bits}{order} in its last part"),
        }
    }
}

impl Wide {
    /// Finds the encoding of a text, by its byte order mark or by the zero bytes between letters.
    #[must_use]
    pub fn detect(text: &[u8]) -> Option<Self> {
        if let Some(&(_, unit, little_endian)) = MARKS.iter().find(|m| text.starts_with(m.0)) {
            return Some(Wide { unit, little_endian, has_mark: true, start: 0 });
        }
        let mut zeros = memchr::memchr_iter(0, text).take(MOST_ZEROS);
        zeros.find_map(|zero| {
            MARKS.iter().find_map(|&(_, unit, little)| Wide::at(text, zero, unit, little))
        })
    }

    /// The encoding, if the letters from a zero byte on are in this one.
    fn at(text: &[u8], zero: usize, unit: usize, little_endian: bool) -> Option<Self> {
        let start = if little_endian { zero.checked_sub(1)? } else { zero };
        let letters = text[start..].chunks_exact(unit).take(ENOUGH);
        let is_ascii = |bytes: &[u8]| {
            let letter = bytes[if little_endian { 0 } else { unit - 1 }];
            letter != 0 && letter.is_ascii() && bytes.iter().filter(|byte| **byte != 0).count() == 1
        };
        if letters.len() < ENOUGH.min(text.len() / unit).max(2) || !letters.clone().all(is_ascii) {
            return None;
        }
        let found = Wide { unit, little_endian, has_mark: false, start };
        match start {
            _ if ends_a_narrow_line(&text[..start]) => Some(found),
            _ if start % unit == 0 => Some(Wide { start: 0, ..found }),
            _ => None,
        }
    }

    /// What turns a file into UTF-8: a command for a whole file, an editor for a part of one.
    #[must_use]
    pub fn mend(self, file: &Path) -> String {
        if self.start > 0 {
            return format!(
                "open `{}` in an editor, type that part again and save the file as UTF-8",
                file.display()
            );
        }
        let order = match (self.has_mark, self.little_endian) {
            (true, _) => "",
            (false, true) => "LE",
            (false, false) => "BE",
        };
        let quoted = |path: &str| {
            shlex::Quoter::new().allow_nul(true).quote(path).unwrap_or_default().into_owned()
        };
        let path = file.to_string_lossy();
        format!(
            "`iconv -f UTF-{}{order} -t UTF-8 {} >{}` writes it as UTF-8; put that in its place",
            self.unit * 8,
            quoted(&path),
            quoted(&format!("{path}.utf8"))
        )
    }

    fn decode(self, text: &[u8]) -> Vec<u8> {
        let (narrow, wide) = text.split_at(self.start);
        let push = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        let little = |bytes: &[u8]| bytes.iter().rev().fold(0, push);
        let big = |bytes: &[u8]| bytes.iter().fold(0, push);
        let units = wide
            .chunks_exact(self.unit)
            .map(|bytes| if self.little_endian { little(bytes) } else { big(bytes) });
        let letters: String = if self.unit == 2 {
            let units = units.filter_map(|unit| u16::try_from(unit).ok());
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        } else {
            units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        // A mark stands at the start, and again wherever PowerShell has appended.
        [narrow, letters.replace('\u{feff}', "").as_bytes()].concat()
    }
}

/// Whether a text ends with a line feed of one byte.
fn ends_a_narrow_line(text: &[u8]) -> bool {
    text.ends_with(b"\n") && !text.ends_with(b"\0\n")
}

/// A text as UTF-8 without byte order mark.
#[must_use]
pub fn to_utf8(text: &[u8]) -> Cow<'_, [u8]> {
    match Wide::detect(text) {
        Some(wide) => Cow::Owned(wide.decode(text)),
        None => Cow::Borrowed(text.strip_prefix(UTF8_MARK).unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# für Größe 🔥\r\nHost web\r\n  HostName 192.0.2.1\r\n";

    /// A text in each encoding that Windows tools write, with and without its mark.
    fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        let utf32 = |bytes: fn(u32) -> [u8; 4]| -> Vec<u8> {
            text.chars().map(u32::from).flat_map(bytes).collect()
        };
        let bare = [
            ("UTF-32LE", utf32(u32::to_le_bytes)),
            ("UTF-32BE", utf32(u32::to_be_bytes)),
            ("UTF-16LE", utf16(u16::to_le_bytes)),
            ("UTF-16BE", utf16(u16::to_be_bytes)),
        ];
        let marked = bare.clone().into_iter().zip(MARKS);
        let marked = marked.map(|((name, text), (mark, ..))| (name, [mark, &text].concat()));
        marked.chain(bare.clone()).collect()
    }

    #[test]
    fn each_encoding_is_named_and_read_with_or_without_its_mark() {
        for letters in [TEXT, "Host a\n", "É\nHost web\n", "中文\nHost web\n", "ab"] {
            for (name, text) in encodings(letters) {
                let wide = Wide::detect(&text).unwrap_or_else(|| panic!("{name}: {letters:?}"));
                assert_eq!(wide.to_string(), name, "{letters:?}");
                assert_eq!(String::from_utf8_lossy(&to_utf8(&text)), letters, "{name}");
            }
        }
    }

    #[test]
    fn what_powershell_appends_to_a_text_is_found() {
        for (name, wide) in encodings("Host b\r\n").into_iter().skip(6) {
            let text = [b"Host a\n  User x\n", &wide[..]].concat();
            let found = Wide::detect(&text);
            // After a text of odd length only the first is certain.
            if name == "UTF-16LE" {
                assert_eq!(
                    found.map(|w| w.to_string()).as_deref(),
                    Some("UTF-16LE in its last part")
                );
                assert_eq!(&*to_utf8(&text), b"Host a\n  User x\nHost b\r\n");
            }
        }
    }

    #[test]
    fn utf8_ascii_and_lone_zero_bytes_are_left_as_they_are() {
        for text in
            [&b""[..], TEXT.as_bytes(), b"\xe9\n", b"User x\0y\nHost a\0\0b\n", b"\0\0\0\0\0"]
        {
            assert_eq!(Wide::detect(text), None, "{text:?}");
            assert_eq!(&*to_utf8(text), text);
        }
        assert_eq!(&*to_utf8(b"\xef\xbb\xbfHost a\n"), b"Host a\n");
    }

    #[test]
    fn the_command_that_converts_names_the_order_where_no_mark_does() {
        let of = |at: usize| {
            let (_, text) = &encodings(TEXT)[at];
            Wide::detect(text).map(|wide| wide.mend(Path::new("a b"))).unwrap_or_default()
        };
        assert!(of(2).starts_with("`iconv -f UTF-16 -t UTF-8 'a b' >'a b.utf8'`"), "{}", of(2));
        assert!(of(6).starts_with("`iconv -f UTF-16LE -t UTF-8 'a b' >"), "{}", of(6));
    }
}
