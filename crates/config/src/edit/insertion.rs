//! PURE: new blocks: where they go, and the blank lines around them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use sshp_splice::Splice;

use super::style::{Style, eol_of, majority_eol};
use super::{boundary, header_words, is_blank, lines_of, put_lines};
use crate::dialect::Dialect;
use crate::options::Keyword;
use crate::quote::quote;
use crate::syntax::{Block, Document};
use crate::{criteria, pattern};

/// A `Host` block that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBlock<'a> {
    /// The only name of its `Host` line, as ssh reads it.
    pub name: &'a [u8],
    /// Its options, each value as it is written.
    pub options: Vec<(Keyword, &'a [u8])>,
}

/// New blocks, written as blocks of `model` are, in time that grows with the file and not with the
/// file times the blocks.
///
/// Each goes before the first block that would take its values first, else to the end; those that go
/// to the same place stand there in the order given. None goes above what stands before the first
/// header, which it would swallow.
#[must_use]
pub fn insert_blocks(document: &Document, new: &[NewBlock<'_>], model: &Document) -> Vec<Splice> {
    let style = Style::of_file(document, model);
    let names: Vec<&[u8]> = new.iter().map(|block| block.name).collect();
    let mut texts: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
    for (block, before) in new.iter().zip(places(document, &names)) {
        let mut text = style.header(&quote(block.name));
        for (keyword, value) in &block.options {
            text.extend(style.line(*keyword, value));
        }
        texts.entry(before).or_default().push(text);
    }
    let apart = stand_apart(document);
    texts.iter().map(|(before, texts)| insert_texts(document, *before, texts, apart)).collect()
}

/// Puts the text of a whole block in before another (the number of blocks: at the end), with the
/// file's blank lines around it.
#[must_use]
pub fn insert_text(document: &Document, before: usize, block: &[u8]) -> Splice {
    insert_texts(document, before, &[block.to_vec()], stand_apart(document))
}

fn insert_texts(document: &Document, before: usize, blocks: &[Vec<u8>], apart: bool) -> Splice {
    let at = boundary(document, before);
    let text = document.text();
    let first = blocks.first().map_or(&[][..], |block| block);
    let eol = eol_of(first).unwrap_or_else(|| majority_eol(text));
    let mut lines = Vec::new();
    let above = lines_of(&text[..at]).next_back();
    // Directly below a comment, the block would take it for its own.
    let below_comment = above.is_some_and(|line| line.starts_with(b"#"));
    if below_comment || apart && above.is_some_and(|line| !is_blank(line)) {
        lines.push(eol.to_vec());
    }
    for (index, block) in blocks.iter().enumerate() {
        if apart && index > 0 {
            lines.push(eol.to_vec());
        }
        lines.push(block.clone());
        if eol_of(block).is_none() {
            lines.push(eol.to_vec());
        }
    }
    if apart && at < text.len() {
        lines.push(eol.to_vec());
    }
    put_lines(document, at, &lines, eol)
}

/// Whether blocks stand apart by blank lines; where there are too few to tell, they should.
fn stand_apart(document: &Document) -> bool {
    let (mut apart, mut close) = (0, 0);
    for block in 2..document.block_count() {
        let before = &document.text()[..boundary(document, block)];
        if lines_of(before).next_back().is_some_and(is_blank) { apart += 1 } else { close += 1 }
    }
    apart >= close
}

/// For each name the first block after the first header that could set something for it, else the
/// number of blocks. Names are looked up, so only blocks with patterns are compared with each name.
fn places(document: &Document, names: &[&[u8]]) -> Vec<usize> {
    let mut places = vec![document.block_count(); names.len()];
    let mut by_name: HashMap<&[u8], Vec<usize>> = HashMap::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        by_name.entry(name).or_default().push(at);
    }
    let mut unplaced: Vec<usize> = (0..names.len()).collect();
    for index in 1..document.block_count() {
        let block = document.block(index);
        match Header::of(document, &block) {
            Header::Names(words) => {
                for at in words.iter().filter_map(|word| by_name.get(&**word)).flatten() {
                    places[*at] = places[*at].min(index);
                }
            }
            header => unplaced.retain(|at| {
                let is_placed = places[*at] < index;
                let applies = !is_placed && header.may_apply(names[*at]);
                if applies {
                    places[*at] = index;
                }
                !is_placed && !applies
            }),
        }
    }
    places
}

/// What a header says of the hosts that its block is for.
enum Header<'a> {
    /// `Host` with literal names alone.
    Names(Vec<Cow<'a, [u8]>>),
    /// `Host` with patterns among its words.
    Patterns(Vec<Cow<'a, [u8]>>),
    /// The conditions of a `Match`.
    Match(&'a [u8]),
}

impl<'a> Header<'a> {
    fn of(document: &'a Document, block: &Block) -> Self {
        let header = block.header.map(|header| &document.directives()[header]);
        if let Some(header) = header.filter(|header| header.keyword == Some(Keyword::Match)) {
            return Header::Match(document.rest(header));
        }
        let words = header_words(document, block).into_iter().map(|word| word.value);
        let words: Vec<_> = words.collect();
        if words.iter().all(|word| pattern::is_literal(word)) {
            Header::Names(words)
        } else {
            Header::Patterns(words)
        }
    }

    /// Whether the block could set something for a name; a condition that only a connect can
    /// evaluate counts as true.
    fn may_apply(&self, name: &[u8]) -> bool {
        match self {
            Header::Names(words) | Header::Patterns(words) => {
                pattern::host_line_applies(name, words.iter().map(|word| &**word))
            }
            Header::Match(conditions) => criteria::admits(conditions, name, Dialect::any()),
        }
    }
}
