//! The armour of a key file (RFC 7468): BEGIN line, headers, base64, END line.
//!
//! Reads it leniently, whatever Windows, a mail or a clipboard did to the text. What ssh takes of
//! all that is said by [`super::defect()`].

use data_encoding::BASE64;
use zeroize::Zeroizing;

/// How wide ssh-keygen writes its own format, and how wide PEM is.
const OPENSSH_WIDTH: usize = 70;
const PEM_WIDTH: usize = 64;
/// What stands before the label of a BEGIN line.
pub(super) const BEGIN: &str = "-----BEGIN ";
/// What stands before the label of an END line.
pub(super) const END: &str = "-----END ";

/// One armoured text, free of what surrounds it.
pub(super) struct Armour {
    /// `OPENSSH PRIVATE KEY`
    pub(super) label: String,
    /// `DEK-Info: …` and the like, in order.
    pub(super) headers: Vec<String>,
    /// The base64 without any blank.
    pub(super) body: Zeroizing<String>,
    /// Whether the END line of this label is there.
    pub(super) is_whole: bool,
}

impl Armour {
    /// The first private key of a text, else its first armour of any kind.
    pub(super) fn find(text: &str) -> Option<Self> {
        let separated = separated(text);
        let text = separated.as_ref().map_or(text, |text| text.as_str());
        let mut lines = text.split(['\n', '\r']).map(bare);
        let mut first = None;
        while let Some(line) = lines.next() {
            let Some(label) = begin(line) else { continue };
            let armour = Armour::read(label, &mut lines, text.len());
            if armour.label.ends_with("PRIVATE KEY") {
                return Some(armour);
            }
            first.get_or_insert(armour);
        }
        first
    }

    fn read<'a>(label: &str, lines: &mut impl Iterator<Item = &'a str>, most: usize) -> Self {
        // Sized once, so that no copy of a key stays behind in memory when the text grows.
        let body = Zeroizing::new(String::with_capacity(most));
        let mut armour =
            Armour { label: label.to_owned(), headers: Vec::new(), body, is_whole: false };
        for line in lines {
            if let Some(end) = line.strip_prefix(END) {
                armour.is_whole = end.strip_suffix("-----") == Some(label);
                break;
            } else if armour.body.is_empty() && line.contains(':') {
                armour.headers.push(line.to_owned());
            } else {
                armour.body.extend(line.split_whitespace());
            }
        }
        armour
    }

    /// What the base64 stands for; `None` where it is damaged or cut off.
    pub(super) fn decoded(&self) -> Option<Zeroizing<Vec<u8>>> {
        let whole = self.is_whole && !self.body.is_empty();
        whole.then(|| BASE64.decode(self.body.as_bytes()).ok().map(Zeroizing::new))?
    }

    /// The text as ssh-keygen and openssl write it.
    pub(super) fn render(&self) -> Zeroizing<String> {
        let Armour { label, headers, body, .. } = self;
        let width = if label.starts_with("OPENSSH") { OPENSSH_WIDTH } else { PEM_WIDTH };
        let mut out = Zeroizing::new(String::with_capacity(body.len() * 2 + 1024));
        out.push_str(&format!("{BEGIN}{label}-----\n"));
        for header in headers {
            out.push_str(header);
            out.push('\n');
        }
        if !headers.is_empty() {
            out.push('\n');
        }
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, tail) = rest.split_at_checked(width).unwrap_or((rest, ""));
            out.push_str(line);
            out.push('\n');
            rest = tail;
        }
        out.push_str(&format!("{END}{label}-----\n"));
        out
    }
}

/// The label of a BEGIN line.
pub(super) fn begin(line: &str) -> Option<&str> {
    line.strip_prefix(BEGIN)?.strip_suffix("-----").filter(|label| !label.contains("-----"))
}

/// Writes DER as PEM.
pub(super) fn armour(label: &str, headers: &[String], der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64.encode(der));
    Armour { label: label.to_owned(), headers: headers.to_vec(), body, is_whole: true }.render()
}

/// The text of a file: UTF-8, or the UTF-16 of PowerShell, without a byte order mark.
pub(super) fn text(bytes: &[u8]) -> Zeroizing<String> {
    let (big_endian, units) = match bytes {
        [0xff, 0xfe, rest @ ..] => (false, rest),
        [0xfe, 0xff, rest @ ..] => (true, rest),
        [0, 1..=255, 0, 1..=255, ..] => (true, bytes),
        [1..=255, 0, 1..=255, 0, ..] => (false, bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            return Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
        }
    };
    let units =
        units.as_chunks::<2>().0.iter().map(|pair| {
            if big_endian { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) }
        });
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    text.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    text
}

/// A line without what a mail, an editor or a YAML file put around it.
fn bare(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '>')
}

/// A key whose lines were joined to one, or written with `\n`, cut into its lines.
fn separated(text: &str) -> Option<Zeroizing<String>> {
    let text = text.trim().trim_matches(['"', '\'']);
    let (label, rest) = text.strip_prefix(BEGIN)?.split_once("-----")?;
    if label.contains(['\n', '\r'])
        || rest.trim_start_matches([' ', '\t']).starts_with(['\n', '\r'])
    {
        return None;
    }
    let (body, end) = rest.split_once(END)?;
    let mut out = Zeroizing::new(String::with_capacity(text.len() + 16));
    out.push_str(&format!("{BEGIN}{label}-----\n"));
    for line in body.split("\\n") {
        out.push_str(line.trim_end_matches("\\r"));
        out.push('\n');
    }
    out.push_str(END);
    // What follows the END line is no part of it.
    out.push_str(end.split("\\n").next().unwrap_or_default().trim_end_matches("\\r"));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: &str = "-----BEGIN X PRIVATE KEY-----\nAAAA\n-----END X PRIVATE KEY-----\n";

    #[test]
    fn an_armour_is_found_whatever_was_done_to_its_text() {
        let utf16: Vec<u8> = CLEAN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_mark = [&b"\xff\xfe"[..], &utf16].concat();
        let table: &[&[u8]] = &[
            CLEAN.as_bytes(),
            &utf16,
            &with_mark,
            b"\xef\xbb\xbf-----BEGIN X PRIVATE KEY-----\r\nAAAA\r\n-----END X PRIVATE KEY-----",
            b"-----BEGIN X PRIVATE KEY-----\rAAAA\r-----END X PRIVATE KEY-----\r",
            b"> -----BEGIN X PRIVATE KEY----- \n>  AA AA\n>\n> -----END X PRIVATE KEY-----\nbye\n",
            b"\"-----BEGIN X PRIVATE KEY-----\\nAAAA\\n-----END X PRIVATE KEY-----\\n\"",
            b"-----BEGIN X PRIVATE KEY----- AA AA -----END X PRIVATE KEY-----",
            b"Bag\n-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n\
              -----BEGIN X PRIVATE KEY-----\nAAAA\n-----END X PRIVATE KEY-----\n",
        ];
        for bytes in table {
            let shown = String::from_utf8_lossy(bytes);
            let found = Armour::find(&text(bytes)).unwrap_or_else(|| panic!("{shown:?}"));
            assert_eq!(*found.render(), CLEAN, "{shown:?}");
            assert!(found.is_whole && found.decoded().is_some(), "{shown:?}");
        }
        for cut in [&CLEAN[..35], "-----BEGIN X-----\nAAAA\n-----END Y-----\n"] {
            assert!(Armour::find(cut).is_some_and(|found| found.decoded().is_none()), "{cut:?}");
        }
        assert!(Armour::find("see `-----BEGIN X PRIVATE KEY-----` above\n").is_none());
    }

    #[test]
    fn headers_stay_where_they_were() {
        let text =
            "-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: A,00\n\nAAAA\n-----END X-----\n";
        assert_eq!(*Armour::find(text).expect("found").render(), text);
    }
}
