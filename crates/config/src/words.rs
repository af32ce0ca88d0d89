//! PURE: how ssh cuts a line into a keyword and words (misc.c: strdelim, argv_split).

use std::borrow::Cow;
use std::ops::Range;

/// What separates words around a keyword.
const BLANKS: &[u8] = b" \t\r\n";

/// One argument of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// Where it stands in the bytes that were split, quotes included.
    pub span: Range<usize>,
    /// What it says: quotes and escapes taken away.
    pub value: Cow<'a, [u8]>,
}

/// A quote that does not end on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid quotes")]
pub struct OpenQuote;

/// Splits what follows a keyword as argv_split does; a word that begins with `#` ends the line.
#[must_use]
pub fn split(rest: &[u8]) -> Words<'_> {
    Words { rest, at: 0 }
}

/// Words one after the other; an open quote is the last item.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = Result<Word<'a>, OpenQuote>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest;
        let blank = |byte: u8| byte == b' ' || byte == b'\t';
        let start = self.at + text[self.at..].iter().take_while(|&&byte| blank(byte)).count();
        if start >= text.len() || text[start] == b'#' {
            self.at = text.len();
            return None;
        }
        let plain = text[start..]
            .iter()
            .take_while(|&&byte| !blank(byte) && !matches!(byte, b'"' | b'\'' | b'\\'))
            .count();
        let mut at = start + plain;
        if at == text.len() || blank(text[at]) {
            self.at = at;
            return Some(Ok(Word { span: start..at, value: Cow::Borrowed(&text[start..at]) }));
        }
        let mut value = text[start..at].to_vec();
        let mut quote = None;
        while let Some(&byte) = text.get(at) {
            let next = text.get(at + 1).copied();
            match (byte, quote) {
                (b'\\', _) if matches!(next, Some(b'\'' | b'"' | b'\\')) => {
                    value.extend(next);
                    at += 1;
                }
                (b'\\', None) if next == Some(b' ') => {
                    value.push(b' ');
                    at += 1;
                }
                (b' ' | b'\t', None) => break,
                (b'"' | b'\'', None) => quote = Some(byte),
                (_, Some(open)) if byte == open => quote = None,
                _ => value.push(byte),
            }
            at += 1;
        }
        self.at = if quote.is_some() { text.len() } else { at };
        if quote.is_some() {
            return Some(Err(OpenQuote));
        }
        Some(Ok(Word { span: start..at, value: Cow::Owned(value) }))
    }
}

/// A line as far as ssh reads it: a C string ends at NUL.
pub(super) fn before_nul(line: &[u8]) -> &[u8] {
    &line[..memchr::memchr(0, line).unwrap_or(line.len())]
}

/// The keyword of a line and where the rest begins; spans are into `line`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The keyword as written, with a quoted part if it has one.
    pub(super) keyword: Range<usize>,
    /// From the first byte after the keyword's separator to the end of what ssh reads.
    pub(super) rest: Range<usize>,
}

/// Finds keyword and rest; `None` for blank lines, comments, and a keyword with an open quote, all of
/// which ssh passes over (readconf.c: process_config_line_depth). The line ends before a NUL.
pub(super) fn head(line: &[u8]) -> Option<Head> {
    // Blanks at the end go, but never the first byte.
    let trailing = line.iter().rev().take_while(|&&b| BLANKS.contains(&b) || b == b'\x0c').count();
    let end = (line.len() - trailing).max(line.len().min(1));
    let line = &line[..end];
    if let Some(head) = plain_head(line) {
        return head;
    }
    let mut at = 0;
    let mut first = delimited(line, &mut at)?;
    if unquoted(&line[first.clone()]).is_empty() {
        first = delimited(line, &mut at)?;
    }
    let keyword = unquoted(&line[first.clone()]);
    if keyword.is_empty() || keyword[0] == b'#' || keyword[0] == b'\n' {
        return None;
    }
    let rest = at.min(end);
    let rest = rest + line[rest..].iter().take_while(|b| BLANKS.contains(b)).count();
    Some(Head { keyword: first, rest: rest..end })
}

/// The head of a line as nearly all are: blanks, letters, and then blanks or `=`. `None` leaves
/// the line to the rules in full.
#[allow(
    clippy::option_option,
    reason = "the inner one is the answer, the outer one whether there is one"
)]
fn plain_head(line: &[u8]) -> Option<Option<Head>> {
    let blanks =
        |from: usize| from + line[from..].iter().take_while(|&&b| b == b' ' || b == b'\t').count();
    let start = blanks(0);
    let letters = line[start..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    if letters == 0 {
        return (line.get(start) == Some(&b'#')).then_some(None);
    }
    let stop = start + letters;
    let mut rest = blanks(stop);
    if line.get(rest) == Some(&b'=') {
        rest = blanks(rest + 1);
    } else if rest == stop {
        return None;
    }
    // Other blanks may follow.
    let first = *line.get(rest)?;
    (first > b' ').then_some(Some(Head { keyword: start..stop, rest: rest..line.len() }))
}

/// One word as strdelim cuts it: a range that may hold one quoted part, at its end.
/// `at` moves on; it stands beyond the end when nothing is left. `None`: an open quote, or the end.
pub(super) fn delimited(text: &[u8], at: &mut usize) -> Option<Range<usize>> {
    delimited_by(text, at, true)
}

/// As [`delimited`], with `=` being a part of the word unless it separates (misc.c: strdelimw).
pub(super) fn delimited_by(
    text: &[u8],
    at: &mut usize,
    equals_separates: bool,
) -> Option<Range<usize>> {
    let start = *at;
    if start > text.len() {
        return None;
    }
    let after_blanks =
        |from: usize| from + text[from..].iter().take_while(|b| BLANKS.contains(b)).count();
    let ends = |b: &u8| BLANKS.contains(b) || *b == b'"' || equals_separates && *b == b'=';
    let stop = text[start..].iter().position(ends);
    let Some(stop) = stop.map(|stop| start + stop) else {
        *at = text.len() + 1;
        return Some(start..text.len());
    };
    if text[stop] == b'"' {
        let Some(close) = memchr::memchr(b'"', &text[stop + 1..]) else {
            *at = text.len() + 1;
            return None;
        };
        let close = stop + 1 + close;
        *at = after_blanks(close + 1);
        return Some(start..close + 1);
    }
    let mut next = after_blanks(stop + 1);
    if equals_separates && text[stop] != b'=' && text.get(next) == Some(&b'=') {
        next = after_blanks(next + 1);
    }
    *at = next;
    Some(start..stop)
}

/// What a word of [`delimited`] says: its quoted part without the quotes.
pub(super) fn unquoted(word: &[u8]) -> Cow<'_, [u8]> {
    let Some(open) = memchr::memchr(b'"', word) else { return Cow::Borrowed(word) };
    let quoted = &word[open + 1..];
    let quoted = quoted.strip_suffix(b"\"").unwrap_or(quoted);
    if open == 0 {
        return Cow::Borrowed(quoted);
    }
    Cow::Owned([&word[..open], quoted].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(rest: &str) -> Result<Vec<String>, OpenQuote> {
        split(rest.as_bytes())
            .map(|word| word.map(|word| String::from_utf8_lossy(&word.value).into_owned()))
            .collect()
    }

    #[test]
    fn words_are_split_as_argv_split_does() {
        let cases: [(&str, &[&str]); 14] = [
            ("a  b\tc", &["a", "b", "c"]),
            ("a # b", &["a"]),
            ("a#b c", &["a#b", "c"]),
            ("\"#a\" b", &["#a", "b"]),
            ("'a b' \"c d\"", &["a b", "c d"]),
            ("a\"b c\"d", &["ab cd"]),
            ("'a\"b'", &["a\"b"]),
            ("a\\ b", &["a b"]),
            ("\"a\\ b\"", &["a\\ b"]),
            ("a\\\"b \\'c \\\\d \\e", &["a\"b", "'c", "\\d", "\\e"]),
            ("\"\" x", &["", "x"]),
            ("a\\", &["a\\"]),
            ("a\u{b}b", &["a\u{b}b"]),
            ("   ", &[]),
        ];
        for (rest, expected) in cases {
            assert_eq!(
                words(rest).as_deref(),
                Ok(expected.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().as_slice()),
                "{rest}"
            );
        }
        assert_eq!(words("a \"b"), Err(OpenQuote));
        assert_eq!(words("a # \"b"), Ok(vec!["a".to_owned()]));
    }

    #[test]
    fn a_word_knows_where_it_stands_with_its_quotes() {
        let spans: Vec<_> = split(b" a \"b c\"d  e").map(|word| word.unwrap().span).collect();
        assert_eq!(spans, [1..2, 3..9, 11..12]);
    }

    #[test]
    fn keyword_and_rest_are_cut_as_strdelim_does() {
        let cases = [
            ("Port 22", Some(("Port", "22"))),
            ("  Port\t=  22  ", Some(("Port", "22"))),
            ("Port=22", Some(("Port", "22"))),
            ("Port==22", Some(("Port", "=22"))),
            ("Port = =22", Some(("Port", "=22"))),
            ("\"Port\" 22", Some(("Port", "22"))),
            ("Po\"rt\"22", Some(("Port", "22"))),
            ("\"Port\"=22", Some(("Port", "=22"))),
            ("Port", Some(("Port", ""))),
            ("Port 22\r", Some(("Port", "22"))),
            ("Port 22 \x0c\t", Some(("Port", "22"))),
            ("Port 2\x002", Some(("Port", "2"))),
            ("=Port 22", Some(("Port", "22"))),
            ("# Port", None),
            (" #Port 22", None),
            ("", None),
            (" ", None),
            ("\r", None),
            ("\"Port 22", None),
        ];
        for (line, expected) in cases {
            let found = head(before_nul(line.as_bytes()));
            let found = found.map(|head| {
                let keyword = unquoted(&line.as_bytes()[head.keyword]).into_owned();
                (String::from_utf8(keyword).unwrap(), line[head.rest].to_owned())
            });
            let expected = expected.map(|(k, r)| (k.to_owned(), r.to_owned()));
            assert_eq!(found, expected, "{line:?}");
        }
    }
}
