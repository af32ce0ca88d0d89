//! PURE: one config file as its bytes plus spans.
//!
//! Nothing is copied out of the text and nothing is ever printed back: an edit replaces byte
//! ranges that are found here. Blank lines, comments and what else ssh passes over are not
//! kept as objects; they are the bytes between the directives.

mod excerpt;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use sshp_splice::parallel;

use super::options::Keyword;
use super::words::{self, OpenQuote, Word, Words};

/// A config file. Reading one never fails: what ssh would refuse shows when it is resolved.
#[derive(Clone, Debug)]
pub struct Document {
    text: Arc<[u8]>,
    directives: Vec<Directive>,
    /// The `Host` and `Match` lines, as indices of `directives`.
    headers: Vec<u32>,
}

/// One `Keyword value` line. Offsets are bytes of the file.
#[derive(Clone, Copy, Debug)]
pub struct Directive {
    /// The line, counted from 1.
    pub line: u32,
    /// Where the line begins, leading blanks included.
    start: u32,
    keyword_at: u32,
    rest_at: u32,
    rest_end: u32,
    /// A longer one is no keyword anyway.
    keyword_len: u16,
    /// Which keyword it is; `None` for one that ssh does not know.
    pub keyword: Option<Keyword>,
}

impl Directive {
    /// Where the keyword stands, with its quotes if it has any.
    #[must_use]
    pub fn keyword_span(&self) -> Range<usize> {
        self.keyword_at as usize..self.keyword_at as usize + usize::from(self.keyword_len)
    }

    /// From the first byte after the keyword and its separator to the last that ssh reads:
    /// blanks at the end of the line are outside, a comment is inside.
    #[must_use]
    pub fn rest_span(&self) -> Range<usize> {
        self.rest_at as usize..self.rest_end as usize
    }
}

/// The lines before the first header (`header` is `None`), or a `Host` or `Match` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its place among the blocks; 0 is what stands before the first header.
    pub index: usize,
    /// Its header, as an index of [`Document::directives`].
    pub header: Option<usize>,
    /// The directives under the header, as indices of [`Document::directives`].
    pub directives: Range<usize>,
    /// From the header's line to that of the next header, or to the end of the file. Comments
    /// above the next header are inside, whomever they belong to.
    pub span: Range<usize>,
}

/// The directives of some lines that follow each other, and the headers among them.
struct Part {
    directives: Vec<Directive>,
    headers: Vec<u32>,
}

impl Part {
    #[allow(clippy::cast_possible_truncation, reason = "Document::parse has checked the length")]
    fn read(text: &[u8], part: Range<usize>) -> Self {
        let feeds = |text| memchr::memchr_iter(b'\n', text).count();
        // What the others find is put behind what the first has found.
        let most = if part.start == 0 { feeds(text) } else { feeds(&text[part.clone()]) } + 1;
        let mut read = Part { directives: Vec::with_capacity(most), headers: Vec::new() };
        let mut number = feeds(&text[..part.start]) as u32;
        let has_nul = memchr::memchr(0, &text[part.clone()]).is_some();
        let mut start = part.start;
        while start < part.end {
            number += 1;
            let rest = &text[start..part.end];
            let end = memchr::memchr(b'\n', rest).map_or(part.end, |feed| start + feed + 1);
            let line = &text[start..end];
            let line = if has_nul { words::before_nul(line) } else { line };
            if let Some(head) = words::head(line) {
                let keyword = Keyword::find(&words::unquoted(&line[head.keyword.clone()]));
                if matches!(keyword, Some(Keyword::Host | Keyword::Match)) {
                    read.headers.push(read.directives.len() as u32);
                }
                read.directives.push(Directive {
                    line: number,
                    start: start as u32,
                    keyword_at: (start + head.keyword.start) as u32,
                    rest_at: (start + head.rest.start) as u32,
                    rest_end: (start + head.rest.end) as u32,
                    keyword_len: head.keyword.len().min(u16::MAX.into()) as u16,
                    keyword,
                });
            }
            start = end;
        }
        read
    }
}

impl Document {
    /// Finds the lines and blocks of a config.
    ///
    /// # Panics
    /// When the text is longer than 4 GiB; `store::load` reads no more than 64 MiB.
    pub fn parse(text: impl Into<Arc<[u8]>>) -> Self {
        let text = text.into();
        assert!(u32::try_from(text.len()).is_ok(), "a config of more than 4 GiB");
        let parts = parallel::over_lines(&text, |part| Part::read(&text, part));
        let mut document = Document { text, directives: Vec::new(), headers: Vec::new() };
        for part in parts {
            document.append(part);
        }
        // Room that was never written to costs nothing but in a file of next to no directives.
        if document.directives.len() < document.directives.capacity() / 4 {
            document.directives.shrink_to_fit();
        }
        document
    }

    #[allow(clippy::cast_possible_truncation, reason = "parse() has checked the length")]
    fn append(&mut self, part: Part) {
        let before = self.directives.len() as u32;
        if before == 0 {
            (self.directives, self.headers) = (part.directives, part.headers);
            return;
        }
        self.directives.extend(part.directives);
        self.headers.extend(part.headers.into_iter().map(|header| header + before));
    }

    /// The bytes of the file.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The bytes of the file, to be kept as the base of a change.
    #[must_use]
    pub fn shared_text(&self) -> Arc<[u8]> {
        Arc::clone(&self.text)
    }

    /// All directives, headers among them, in order.
    #[must_use]
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// The keyword as it is written, quotes taken away.
    #[must_use]
    pub fn keyword(&self, directive: &Directive) -> Cow<'_, [u8]> {
        words::unquoted(&self.text[directive.keyword_span()])
    }

    /// What follows the keyword, comment included; the value of the keywords that take a command.
    #[must_use]
    pub fn rest(&self, directive: &Directive) -> &[u8] {
        &self.text[directive.rest_span()]
    }

    /// The arguments, their spans counted from the start of [`Document::rest`].
    #[must_use]
    pub fn words(&self, directive: &Directive) -> Words<'_> {
        words::split(self.rest(directive))
    }

    /// The arguments, their spans counted from the start of the file: what an edit replaces.
    ///
    /// # Errors
    /// When a quote does not end, for which ssh refuses the file.
    pub fn arguments(&self, directive: &Directive) -> Result<Vec<Word<'_>>, OpenQuote> {
        let base = directive.rest_span().start;
        self.words(directive)
            .map(|word| {
                word.map(|Word { span, value }| Word {
                    span: base + span.start..base + span.end,
                    value,
                })
            })
            .collect()
    }

    /// The whole line of a directive, its line ending included.
    #[must_use]
    pub fn line_span(&self, directive: &Directive) -> Range<usize> {
        let from = directive.rest_span().end;
        let end =
            memchr::memchr(b'\n', &self.text[from..]).map_or(self.text.len(), |n| from + n + 1);
        directive.start as usize..end
    }

    /// How many blocks there are, the lines before the first header included.
    #[must_use]
    pub fn block_count(&self) -> usize {
        self.headers.len() + 1
    }

    /// One block; 0 is what stands before the first header.
    ///
    /// # Panics
    /// When there is no such block.
    #[must_use]
    pub fn block(&self, index: usize) -> Block {
        let header_at = |index: usize| self.headers.get(index).map(|&header| header as usize);
        let offset = |header: usize| self.directives[header].start as usize;
        let header = index.checked_sub(1).map(|index| self.headers[index] as usize);
        let next = header_at(index);
        Block {
            index,
            header,
            directives: header.map_or(0, |header| header + 1)
                ..next.unwrap_or(self.directives.len()),
            span: header.map_or(0, offset)..next.map_or(self.text.len(), offset),
        }
    }

    /// All blocks in order; the first is what stands before the first header.
    pub fn blocks(&self) -> impl Iterator<Item = Block> {
        (0..self.block_count()).map(|index| self.block(index))
    }

    /// The block that a directive stands in; a header stands in its own.
    #[must_use]
    pub(crate) fn block_of(&self, directive: usize) -> usize {
        self.headers.partition_point(|&header| header as usize <= directive)
    }

    /// The directive that stands on a line, as an index of [`Document::directives`].
    #[must_use]
    pub(crate) fn directive_at(&self, line: u32) -> Option<usize> {
        self.directives.binary_search_by_key(&line, |directive| directive.line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_the_same_in_parts() {
        let mut text = Vec::new();
        for number in 0..60_000 {
            let block = format!("# {number}\nHost w{number}\n\tPort {number}\n\n  User u\0v\n");
            text.extend_from_slice(block.as_bytes());
        }
        assert!(text.len() > 2 << 20);
        let whole = Part::read(&text, 0..text.len());
        let document = Document::parse(text);
        assert_eq!(document.directives.len(), 180_000);
        assert_eq!(document.headers, whole.headers);
        for (found, expected) in document.directives.iter().zip(&whole.directives) {
            assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        }
    }

    #[test]
    fn blocks_end_where_the_next_header_begins() {
        let text = "User a\n\n# of web\nHost web # x\n  Port 1\n\n  User b\nMatch all\n\tPort 2";
        let document = Document::parse(text.as_bytes());
        let blocks: Vec<_> = document.blocks().collect();
        assert_eq!(blocks.len(), 3);
        assert_eq!((blocks[0].header, blocks[0].directives.clone()), (None, 0..1));
        assert_eq!((blocks[1].header, blocks[1].directives.clone()), (Some(1), 2..4));
        assert_eq!(&text[blocks[0].span.clone()], "User a\n\n# of web\n");
        assert_eq!(&text[blocks[1].span.clone()], "Host web # x\n  Port 1\n\n  User b\n");
        assert_eq!(&text[blocks[2].span.clone()], "Match all\n\tPort 2");
        assert_eq!((0..6).map(|d| document.block_of(d)).collect::<Vec<_>>(), [0, 1, 1, 1, 2, 2]);
        assert_eq!(document.directive_at(5), Some(2));
        assert_eq!(document.directive_at(6), None);
    }

    #[test]
    fn spans_are_offsets_of_the_file() {
        let text = "Host a  \"b c\" # x\r\n\tPort=22\r\n";
        let document = Document::parse(text.as_bytes());
        let [host, port] = document.directives() else { panic!("two directives") };
        let words = document.arguments(host).unwrap();
        assert_eq!(&text[words[1].span.clone()], "\"b c\"");
        assert_eq!(words.len(), 2);
        assert_eq!(&text[port.keyword_span()], "Port");
        assert_eq!(&text[port.rest_span()], "22");
        assert_eq!(&text[document.line_span(port)], "\tPort=22\r\n");
        assert_eq!((host.line, port.line), (1, 2));
    }

    #[test]
    fn a_byte_order_mark_is_part_of_the_keyword_and_nul_ends_a_line() {
        let document = Document::parse(&b"\xef\xbb\xbfHost a\nUser x\0y\nPort 1"[..]);
        let [bom, user, port] = document.directives() else { panic!("three directives") };
        assert_eq!(bom.keyword, None);
        assert_eq!(document.rest(user), b"x");
        assert_eq!(port.line, 3);
        assert_eq!(document.line_span(user), 10..19);
    }
}
