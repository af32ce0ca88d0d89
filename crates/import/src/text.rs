//! Bytes of unknown encoding as text.

use encoding_rs::{Encoding, UTF_8};
use sshp_splice::encoding::{Wide, to_utf8};

/// Text, and the encoding that it was read by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// The name by the WHATWG Encoding Standard: `UTF-16LE`, `GBK`.
    pub(crate) encoding: &'static str,
    /// Whether the encoding was chosen by the user's language: nothing in the bytes says it.
    pub(crate) is_guess: bool,
}

/// The encodings to try where neither a byte order mark nor strict UTF-8 says which it is.
#[derive(Clone, Copy, Debug)]
pub struct Encodings {
    /// What the user named; it also comes before UTF-8.
    pub(crate) asked: Option<&'static Encoding>,
    /// The Windows code page of the user's language.
    pub(crate) local: &'static Encoding,
}

impl Encodings {
    /// The encodings for a name that the user gave and a locale such as `zh_CN.UTF-8`.
    ///
    /// # Errors
    /// The name, where no encoding is called so.
    pub fn new(asked: Option<&str>, locale: &str) -> Result<Self, String> {
        let asked = asked
            .map(|name| Encoding::for_label(name.as_bytes()).ok_or_else(|| name.to_owned()))
            .transpose()?;
        Ok(Encodings { asked, local: code_page(locale) })
    }

    /// Decodes by the byte order mark, else as it was asked, else as UTF-16 where zero bytes between
    /// letters show it, else as UTF-8 where it is that, else by the code page. Bytes that mean nothing there become U+FFFD.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Decoded {
        let by = |encoding: &'static Encoding, bytes: &[u8]| Decoded {
            text: encoding.decode_without_bom_handling(bytes).0.into_owned(),
            encoding: encoding.name(),
            is_guess: false,
        };
        if let Some((encoding, length)) = Encoding::for_bom(bytes) {
            return by(encoding, &bytes[length..]);
        }
        // Its zero bytes would be text in UTF-8, too.
        if self.asked.is_none() && Wide::detect(bytes).is_some() {
            let text = String::from_utf8_lossy(&to_utf8(bytes)).into_owned();
            return Decoded { text, encoding: "UTF-16", is_guess: false };
        }
        match (self.asked, std::str::from_utf8(bytes)) {
            (Some(encoding), _) => by(encoding, bytes),
            (None, Ok(text)) => {
                Decoded { text: text.to_owned(), encoding: UTF_8.name(), is_guess: false }
            }
            (None, Err(_)) => Decoded { is_guess: true, ..by(self.local, bytes) },
        }
    }
}

/// The code page that Windows has in the language of a locale.
fn code_page(locale: &str) -> &'static Encoding {
    let language: String = locale.chars().take_while(char::is_ascii_alphabetic).collect();
    match language.as_str() {
        "zh" if locale.contains("TW") || locale.contains("HK") => encoding_rs::BIG5,
        "zh" => encoding_rs::GBK,
        "ja" => encoding_rs::SHIFT_JIS,
        "ko" => encoding_rs::EUC_KR,
        "ru" | "uk" | "be" | "bg" | "sr" | "mk" => encoding_rs::WINDOWS_1251,
        "pl" | "cs" | "sk" | "hu" | "sl" | "hr" | "ro" => encoding_rs::WINDOWS_1250,
        "el" => encoding_rs::WINDOWS_1253,
        "tr" => encoding_rs::WINDOWS_1254,
        "he" => encoding_rs::WINDOWS_1255,
        "ar" => encoding_rs::WINDOWS_1256,
        "et" | "lv" | "lt" => encoding_rs::WINDOWS_1257,
        "vi" => encoding_rs::WINDOWS_1258,
        "th" => encoding_rs::WINDOWS_874,
        _ => encoding_rs::WINDOWS_1252,
    }
}

/// Puts the bytes of `%XX` in; a `%` without two hex digits stays.
pub(crate) fn unescape_percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let (b'%', Some(byte)) = (first, byte) {
            out.push(byte);
            rest = &after[2..];
        } else {
            out.push(first);
            rest = after;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_comes_first_then_utf8_then_the_code_page_of_the_language() {
        let german = Encodings::new(None, "de_DE.UTF-8").unwrap();
        let chinese = Encodings::new(None, "zh_CN.UTF-8").unwrap();
        let decoded = |encodings: &Encodings, bytes: &[u8]| {
            let Decoded { text, encoding, .. } = encodings.decode(bytes);
            (text, encoding)
        };
        let text = |text: &str, encoding| (text.to_owned(), encoding);
        assert_eq!(decoded(&german, b"\xff\xfea\0\xe9\0"), text("aé", "UTF-16LE"));
        assert_eq!(decoded(&german, b"h\0o\0s\0t\0\xe9\0"), text("hosté", "UTF-16"));
        assert_eq!(decoded(&german, b"\0h\0o\0s\0t\0\xe9"), text("hosté", "UTF-16"));
        assert_eq!(decoded(&german, b"\xef\xbb\xbfa\xc3\xa9"), text("aé", "UTF-8"));
        assert_eq!(decoded(&german, b"a\xc3\xa9"), text("aé", "UTF-8"));
        assert_eq!(decoded(&german, b"a\xe9"), text("aé", "windows-1252"));
        assert_eq!(decoded(&chinese, b"\xb6\xa9\xb5\xa5"), text("订单", "GBK"));
        let asked = Encodings::new(Some("windows-1251"), "C").unwrap();
        assert_eq!(decoded(&asked, b"\xcf"), text("П", "windows-1251"));
        assert_eq!(Encodings::new(Some("klingon"), "C").unwrap_err(), "klingon");
    }

    #[test]
    fn only_two_hex_digits_are_a_byte() {
        for (escaped, bytes) in [
            (&b"prod%20web"[..], &b"prod web"[..]),
            (b"%C9%FA", b"\xc9\xfa"),
            (b"100%", b"100%"),
            (b"%4", b"%4"),
            (b"%zz%+1%-1", b"%zz%+1%-1"),
            (b"%2525", b"%25"),
        ] {
            assert_eq!(unescape_percent(escaped), bytes);
        }
    }
}
