//! PURE: edits of one config as byte ranges replaced; all other bytes stay by construction.
//!
//! New lines look like their neighbours: see [`style`].

mod insertion;
mod style;

use std::ops::Range;

use sshp_splice::Splice;

pub use self::insertion::{NewBlock, insert_blocks, insert_text};
use self::style::Style;
use super::criteria;
use super::dialect::Dialect;
use super::options::{Keyword, Kind};
use super::quote::accumulates;
use super::syntax::{Block, Directive, Document};
use super::words::Word;

/// Sets an option in a block to these values, each written as ssh reads it (`quote`); no value
/// takes the option away.
///
/// The first line of it is changed, since that is the one that counts; a comment behind it stays.
/// Of an option whose lines add up, lines beyond the values go.
#[must_use]
pub fn set(document: &Document, block: usize, keyword: Keyword, values: &[Vec<u8>]) -> Vec<Splice> {
    let lines = occurrences(document, block, keyword);
    if values.is_empty() {
        return lines.iter().map(|d| Splice::delete(document.line_span(d))).collect();
    }
    let mut splices = Vec::new();
    for (directive, value) in lines.iter().zip(values) {
        let span = value_span(document, directive);
        if document.rest(directive).is_empty() {
            // A keyword that stands alone has nothing to separate it from a value.
            splices.push(Splice::insert(span.start, [b" ", &value[..]].concat()));
        } else if document.text()[span.clone()] != value[..] {
            splices.push(Splice::replace(span, value.clone()));
        }
    }
    if values.len() < lines.len() && accumulates(keyword) {
        let surplus = &lines[values.len()..];
        splices.extend(surplus.iter().map(|d| Splice::delete(document.line_span(d))));
    }
    if values.len() > lines.len() {
        let style = Style::of(document, block);
        let new: Vec<_> = values[lines.len()..].iter().map(|v| style.line(keyword, v)).collect();
        splices.push(put_lines(document, last_own_line(document, block), &new, style.eol));
    }
    splices
}

/// The lines of an option in a block.
#[must_use]
pub fn occurrences(document: &Document, block: usize, keyword: Keyword) -> Vec<&Directive> {
    let lines = &document.directives()[document.block(block).directives];
    lines.iter().filter(|d| d.keyword == Some(keyword)).collect()
}

/// The value as it is written, without the comment behind it.
fn value_span(document: &Document, directive: &Directive) -> Range<usize> {
    let rest = directive.rest_span();
    let kind = directive.keyword.map(Keyword::kind);
    match kind {
        Some(Kind::Command) => rest,
        Some(Kind::Jump) => {
            let text = &document.text()[rest.clone()];
            let end = memchr::memchr(b'#', text).unwrap_or(text.len());
            rest.start..rest.start + text[..end].trim_ascii_end().len()
        }
        _ => match document.arguments(directive).as_deref() {
            Ok([first, .., last]) => first.span.start..last.span.end,
            Ok([one]) => one.span.clone(),
            _ => rest,
        },
    }
}

/// The end of the line after which a new directive of a block goes: the last one before the first
/// Include, whose values would win over it.
fn last_own_line(document: &Document, block: usize) -> usize {
    let Block { header, directives, .. } = document.block(block);
    let all = document.directives();
    let own = all[directives].iter().take_while(|d| d.keyword != Some(Keyword::Include)).last();
    let last = own.or(header.map(|header| &all[header]));
    last.map_or(0, |directive| document.line_span(directive).end)
}

/// Puts whole lines in at the start of a line or at the end of the text. Where the last line has
/// no ending, it gets one and the new last line has none.
fn put_lines(document: &Document, at: usize, lines: &[Vec<u8>], eol: &[u8]) -> Splice {
    let mut new = lines.concat();
    let text = document.text();
    if at == text.len() && !text.is_empty() && !text.ends_with(b"\n") {
        new.truncate(new.len() - eol.len());
        new.splice(0..0, eol.iter().copied());
    }
    Splice::insert(at, new)
}

/// Where a block begins for an edit: at the first of the comment lines directly above its header.
/// Indented comments and those with a blank line below belong to what stands above.
#[must_use]
pub(crate) fn boundary(document: &Document, block: usize) -> usize {
    if block == document.block_count() {
        return document.text().len();
    }
    let Block { header, span, .. } = document.block(block);
    let Some(header) = header else { return 0 };
    let above = header.checked_sub(1).map(|above| &document.directives()[above]);
    let from = above.map_or(0, |directive| document.line_span(directive).end);
    let gap = &document.text()[from..span.start];
    let comments = lines_of(gap).rev().take_while(|line| line.starts_with(b"#"));
    span.start - comments.map(<[u8]>::len).sum::<usize>()
}

/// What belongs to a block alone: its attached comments, its header, and all down to its last
/// directive and the indented comments below that.
#[must_use]
pub fn extent(document: &Document, block: usize) -> Range<usize> {
    let Block { header, directives, span, .. } = document.block(block);
    let last = directives.end.checked_sub(1).filter(|last| *last >= header.unwrap_or(0));
    let last = last.map_or(span.start, |last| document.line_span(&document.directives()[last]).end);
    let below = lines_of(&document.text()[last..span.end]).take_while(|line| {
        line.first().is_some_and(|b| b" \t".contains(b)) && line.trim_ascii().starts_with(b"#")
    });
    boundary(document, block)..last + below.map(<[u8]>::len).sum::<usize>()
}

fn lines_of(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split_inclusive(|b| *b == b'\n')
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// Whether a file has options in blocks, which show how lines are written in it.
#[must_use]
pub fn has_style(document: &Document) -> bool {
    Style::is_shown_by(document)
}

/// Removes a block, its comments, and the blank lines that set it apart.
#[must_use]
pub fn remove_block(document: &Document, block: usize) -> Vec<Splice> {
    remove_blocks(document, [block])
}

/// Removes blocks as [`remove_block`] does, in one pass; they are given in the order of the file.
#[must_use]
pub fn remove_blocks(document: &Document, blocks: impl IntoIterator<Item = usize>) -> Vec<Splice> {
    let text = document.text();
    let mut removed: Vec<Range<usize>> = Vec::new();
    for block in blocks {
        let Range { start, mut end } = extent(document, block);
        end += blank_bytes(lines_of(&text[end..]));
        match removed.last_mut() {
            Some(last) if start <= last.end => last.end = end,
            _ => removed.push(start..end),
        }
    }
    // At the end of the file nothing is left for the blank lines above to set apart.
    if let Some(last) = removed.last_mut().filter(|last| last.end == text.len()) {
        last.start -= blank_bytes(lines_of(&text[..last.start]).rev());
    }
    removed.into_iter().map(Splice::delete).collect()
}

/// How many bytes the blank lines take that come first.
fn blank_bytes<'a>(lines: impl Iterator<Item = &'a [u8]>) -> usize {
    lines.take_while(|line| is_blank(line)).map(<[u8]>::len).sum()
}

/// The text of a block as one for other words: its header and options without its comments above.
#[must_use]
pub fn block_text(document: &Document, block: usize, words: &[u8], edits: &[Splice]) -> Vec<u8> {
    let Block { header, span, .. } = document.block(block);
    let end = extent(document, block).end;
    let mut all = edits.to_vec();
    if let Some(header) = header {
        let rest = value_span(document, &document.directives()[header]);
        all.push(Splice::replace(rest, words));
    }
    all.sort_by_key(|s| (s.at.start, s.at.end));
    let mut out = Vec::new();
    let mut done = span.start;
    for Splice { at, with } in &all {
        out.extend(&document.text()[done..at.start]);
        out.extend(with);
        done = at.end;
    }
    out.extend(&document.text()[done.min(end)..end]);
    out
}

/// The words of a `Host` header; none where it has an open quote.
#[must_use]
pub fn header_words<'a>(document: &'a Document, block: &Block) -> Vec<Word<'a>> {
    let Some(header) = block.header else { return Vec::new() };
    let header = &document.directives()[header];
    if header.keyword != Some(Keyword::Host) {
        return Vec::new();
    }
    document.arguments(header).unwrap_or_default()
}

/// Takes names from a `Host` line, each with the blanks before it (or behind it, for the first).
/// Gives nothing where no other word would be left: then the block is what goes.
#[must_use]
pub fn remove_words(
    document: &Document,
    block: &Block,
    is_removed: impl Fn(&[u8]) -> bool,
) -> Option<Vec<Splice>> {
    let words = header_words(document, block);
    let first = words.iter().position(|word| !is_removed(&word.value))?;
    let mut splices = Vec::new();
    if first > 0 {
        splices.push(Splice::delete(words[0].span.start..words[first].span.start));
    }
    for pair in words[first..].windows(2).filter(|pair| is_removed(&pair[1].value)) {
        splices.push(Splice::delete(pair[0].span.end..pair[1].span.end));
    }
    Some(splices)
}

/// The block that a directive stands in; a header stands in its own.
#[must_use]
pub fn block_of(document: &Document, directive: usize) -> Block {
    document.block(document.block_of(directive))
}

/// Renames a host wherever a config names it: in `Host` lines (`old` and `!old`), in the lists of
/// `Match originalhost`, and as a hop of `ProxyJump`.
#[must_use]
pub fn rename(document: &Document, old: &[u8], new: &[u8]) -> Vec<Splice> {
    let text = document.text();
    let mut splices = Vec::new();
    for directive in document.directives() {
        match directive.keyword {
            Some(Keyword::Host) => {
                for word in document.arguments(directive).unwrap_or_default() {
                    if *word.value == *old {
                        splices.push(Splice::replace(word.span, new));
                    } else if word.value.strip_prefix(b"!") == Some(old) {
                        splices.push(Splice::replace(word.span, [b"!", new].concat()));
                    }
                }
            }
            Some(Keyword::Match) => {
                let rest = directive.rest_span().start;
                // Every ssh that reads the file is to find the new name.
                for dialect in [Dialect::any(), Dialect::of_strdelim()] {
                    let conditions = criteria::original_hosts(document.rest(directive), dialect);
                    let names = |list: &[u8]| {
                        let mut patterns = list.split(|&b| b == b',');
                        patterns.any(|one| one.strip_prefix(b"!").unwrap_or(one) == old)
                    };
                    for condition in conditions.filter(|condition| names(&condition.value)) {
                        let list = rest + condition.list.start..rest + condition.list.end;
                        for splice in rename_in(text, list, b",!\"'", old, new) {
                            if !splices.contains(&splice) {
                                splices.push(splice);
                            }
                        }
                    }
                }
            }
            Some(Keyword::ProxyJump) => {
                let value = value_span(document, directive);
                splices.extend(rename_hops(text, value, old, new));
            }
            _ => {}
        }
    }
    splices
}

/// Replaces `old` where it stands between separators.
fn rename_in<'a>(
    text: &'a [u8],
    span: Range<usize>,
    separators: &'a [u8],
    old: &'a [u8],
    new: &'a [u8],
) -> impl Iterator<Item = Splice> + 'a {
    let mut at = span.start;
    let parts = text[span].split(|b| separators.contains(b));
    parts.filter_map(move |part| {
        let here = at..at + part.len();
        at = here.end + 1;
        (part == old).then(|| Splice::replace(here, new))
    })
}

/// Renames the host of `[user@]host[:port]` and `ssh://…` hops.
fn rename_hops(text: &[u8], span: Range<usize>, old: &[u8], new: &[u8]) -> Vec<Splice> {
    let mut splices = Vec::new();
    let mut at = span.start;
    for hop in text[span].split(|b| *b == b',') {
        let blanks = hop.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let mut start = blanks;
        if hop[start..].starts_with(b"ssh://") {
            start += 6;
        }
        start = memchr::memrchr(b'@', hop).map_or(start, |user| user + 1).max(start);
        let host = &hop[start..];
        let end = host.iter().position(|b| b":/ \t\"".contains(b)).unwrap_or(host.len());
        if &host[..end] == old {
            splices.push(Splice::replace(at + start..at + start + end, new));
        }
        at += hop.len() + 1;
    }
    splices
}

#[cfg(test)]
mod tests;
