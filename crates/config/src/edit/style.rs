//! PURE: how lines are written in a block or a file, so that new ones look like their neighbours.

use std::collections::HashMap;
use std::hash::Hash;

use crate::options::Keyword;
use crate::pattern;
use crate::syntax::{Block, Directive, Document};

/// What a tab stop is to the editors that align values with tabs.
const TAB: usize = 8;

/// How many blocks are looked at, from the last one back.
const SAMPLE: usize = 1_000;

/// How lines are written.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// Before an option.
    indent: Vec<u8>,
    /// Between keyword and value.
    separator: Vec<u8>,
    /// Where values stand one below the other.
    column: Option<Column>,
    spelling: Spelling,
    /// Before `Host`, and between it and the first name.
    header_indent: Vec<u8>,
    header_separator: Vec<u8>,
    pub(super) eol: &'static [u8],
}

/// Values that stand one below the other, from the left end of the line on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Column {
    at: usize,
    tabs: bool,
}

/// How keywords are written.
#[derive(Clone, Debug, Default)]
struct Spelling {
    case: Case,
    /// Those that are there, as most lines have them.
    known: HashMap<Keyword, Vec<u8>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Case {
    #[default]
    Title,
    Lower,
    Upper,
}

impl Style {
    /// The style of a block, and of the file in what the block does not show.
    pub(super) fn of(document: &Document, block: usize) -> Self {
        let mut style = Style::of_file(document, document);
        let Block { header, directives, .. } = document.block(block);
        if let Some(header) = header {
            let line = &document.text()[document.line_span(&document.directives()[header])];
            style.eol = eol_of(line).unwrap_or(style.eol);
        }
        if let Some(lines) = Lines::of(document, &document.directives()[directives]) {
            style.take(document, &lines);
            style.spelling.learn(document, &lines.all);
        }
        style
    }

    /// The style of most blocks of `model`, with the line ending of `document`.
    pub(super) fn of_file(document: &Document, model: &Document) -> Self {
        let mut style = Style {
            indent: b"    ".to_vec(),
            separator: b" ".to_vec(),
            column: None,
            spelling: Spelling::default(),
            header_indent: Vec::new(),
            header_separator: b" ".to_vec(),
            eol: majority_eol(document.text()),
        };
        let directives = model.directives();
        let count = model.block_count();
        let sample: Vec<_> =
            (count.saturating_sub(SAMPLE).max(1)..count).map(|at| model.block(at)).collect();
        let lines = |block: &Block| Lines::of(model, &directives[block.directives.clone()]);
        // A new block is one of literal names: where there are such, they show what those are like.
        let mut blocks: Vec<_> =
            sample.iter().filter(|block| is_literal(model, block)).filter_map(lines).collect();
        if blocks.is_empty() {
            blocks.extend(sample.iter().filter_map(lines));
        }
        // Each block has one vote, whatever its length; of as many, the last and indented one.
        let most = Count::of(blocks.iter().map(|lines| lines.layout(model)));
        if let Some(layout) = most.most(|layout| !layout.indent.is_empty()) {
            style.set(layout);
        }
        let options: Vec<_> = blocks.iter().flat_map(|lines| lines.all.iter().copied()).collect();
        style.spelling.learn(model, &options);
        let headers = sample.iter().filter_map(|block| directives.get(block.header?));
        let headers: Vec<_> = headers.filter(|d| d.keyword == Some(Keyword::Host)).collect();
        let written = headers.iter().map(|header| {
            let line = &model.text()[model.line_span(header).start..];
            let indent = header.keyword_span().start - model.line_span(header).start;
            (&line[..indent], gap(model, header))
        });
        if let Some((indent, separator)) = Count::of(written).most(|_| true) {
            style.header_indent = indent.to_vec();
            style.header_separator = separator.to_vec();
        }
        style.spelling.learn_known(model, &headers);
        style
    }

    /// Whether a file has lines to learn from.
    pub(super) fn is_shown_by(document: &Document) -> bool {
        let lines = |block: Block| Lines::of(document, &document.directives()[block.directives]);
        document.blocks().skip(1).any(|block| lines(block).is_some())
    }

    fn take(&mut self, document: &Document, lines: &Lines<'_>) {
        self.set(&lines.layout(document));
        let last = lines.all.last().map(|last| document.line_span(last));
        self.eol = last.and_then(|last| eol_of(&document.text()[last])).unwrap_or(self.eol);
    }

    fn set(&mut self, layout: &Layout<'_>) {
        self.indent = layout.indent.to_vec();
        self.separator = layout.separator.to_vec();
        self.column = layout.column;
    }

    /// A `Host` line with these words.
    pub(super) fn header(&self, words: &[u8]) -> Vec<u8> {
        let keyword = self.spelling.spell(Keyword::Host);
        [&self.header_indent, &keyword, &self.header_separator, words, self.eol].concat()
    }

    /// The line of an option.
    pub(super) fn line(&self, keyword: Keyword, value: &[u8]) -> Vec<u8> {
        let mut line = [&self.indent[..], &self.spelling.spell(keyword)].concat();
        match self.column {
            Some(Column { at, tabs }) => {
                let pad = if tabs { b'\t' } else { b' ' };
                line.push(pad);
                while width(&line) < at {
                    line.push(pad);
                }
            }
            None => line.extend(&self.separator),
        }
        line.extend(value);
        line.extend(self.eol);
        line
    }
}

impl Spelling {
    /// Learns the case of most lines, and each keyword as most lines have it.
    fn learn(&mut self, document: &Document, lines: &[&Directive]) {
        let cases = lines.iter().filter_map(|line| {
            let (written, title) = (document.keyword(line), line.keyword?.title().as_bytes());
            match () {
                () if *written == *title => Some(Case::Title),
                () if *written == *title.to_ascii_lowercase() => Some(Case::Lower),
                () if *written == *title.to_ascii_uppercase() => Some(Case::Upper),
                () => None,
            }
        });
        self.case = Count::of(cases).most(|_| true).copied().unwrap_or(self.case);
        self.learn_known(document, lines);
    }

    fn learn_known(&mut self, document: &Document, lines: &[&Directive]) {
        let written = lines.iter().filter_map(|line| Some((line.keyword?, document.keyword(line))));
        let mut spelt: HashMap<Keyword, Vec<_>> = HashMap::new();
        written.for_each(|(keyword, text)| spelt.entry(keyword).or_default().push(text));
        for (keyword, texts) in spelt {
            if let Some(text) = Count::of(texts).most(|_| true) {
                self.known.insert(keyword, text.to_vec());
            }
        }
    }

    fn spell(&self, keyword: Keyword) -> Vec<u8> {
        let title = keyword.title().as_bytes();
        match (self.known.get(&keyword), self.case) {
            (Some(known), _) => known.clone(),
            (None, Case::Title) => title.to_vec(),
            (None, Case::Lower) => title.to_ascii_lowercase(),
            (None, Case::Upper) => title.to_ascii_uppercase(),
        }
    }
}

/// The options of a block; an Include often stands at the left end, being meant for the file.
struct Lines<'a> {
    all: Vec<&'a Directive>,
}

/// Whether the header of a block says names alone, no patterns and no conditions.
fn is_literal(document: &Document, block: &Block) -> bool {
    let header = block.header.map(|header| &document.directives()[header]);
    let header = header.filter(|header| header.keyword == Some(Keyword::Host));
    header.is_some_and(|header| {
        let mut words = document.words(header).map_while(Result::ok);
        words.all(|word| pattern::is_literal(&word.value))
    })
}

/// How the options of a block are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Layout<'a> {
    indent: &'a [u8],
    separator: &'a [u8],
    column: Option<Column>,
}

impl<'a> Lines<'a> {
    fn of(document: &Document, directives: &'a [Directive]) -> Option<Self> {
        let mut all: Vec<_> =
            directives.iter().filter(|line| line.keyword != Some(Keyword::Include)).collect();
        let is_indented = |line: &&Directive| !indent(document, line).is_empty();
        // Behind the last indented line, what is not is meant for all hosts or left over.
        if let Some(last) = all.iter().rposition(is_indented) {
            all.truncate(last + 1);
        }
        (!all.is_empty()).then_some(Lines { all })
    }

    fn layout<'d>(&self, document: &'d Document) -> Layout<'d> {
        let indents = Count::of(self.all.iter().map(|line| indent(document, line)));
        let indent = *indents.most(|_| true).unwrap_or(&&b"    "[..]);
        let mut gaps: Vec<_> = self.all.iter().map(|line| gap(document, line)).collect();
        let column = self.column(document);
        // One line alone tells no alignment.
        for gap in gaps.iter_mut().filter(|gap| gap.len() > 1 && is_all(gap, b' ')) {
            *gap = &gap[..1];
        }
        let separator = *Count::of(gaps).most(|_| true).unwrap_or(&&b" "[..]);
        Layout { indent, separator, column }
    }

    fn column(&self, document: &Document) -> Option<Column> {
        let at = |line: &&Directive| {
            let start = document.line_span(line).start;
            let value = line.rest_span().start;
            width(&document.text()[start..value])
        };
        let last = self.all.last()?;
        let gaps = || self.all.iter().map(|line| gap(document, line));
        let length = |line: &&Directive| line.keyword_span().len();
        let is_wide = gaps().any(|gap| gap.len() > 1)
            || self.all.iter().any(|line| length(line) != length(last));
        let tabs = gaps().all(|gap| is_all(gap, b'\t'));
        let is_column = self.all.len() > 1
            && is_wide
            && (tabs || gaps().all(|gap| is_all(gap, b' ')))
            && self.all.iter().all(|line| at(line) == at(last));
        is_column.then(|| Column { at: at(last), tabs })
    }
}

fn indent<'a>(document: &'a Document, line: &Directive) -> &'a [u8] {
    &document.text()[document.line_span(line).start..line.keyword_span().start]
}

/// What separates a keyword from its value; a blank where there is no value.
fn gap<'a>(document: &'a Document, line: &Directive) -> &'a [u8] {
    match &document.text()[line.keyword_span().end..line.rest_span().start] {
        [] => b" ",
        gap => gap,
    }
}

fn is_all(text: &[u8], byte: u8) -> bool {
    text.iter().all(|other| *other == byte)
}

/// The columns that a beginning of a line takes.
fn width(text: &[u8]) -> usize {
    text.iter().fold(0, |at, byte| if *byte == b'\t' { at / TAB * TAB + TAB } else { at + 1 })
}

/// How often each value occurs, and where last.
struct Count<T>(HashMap<T, (usize, usize)>);

impl<T: Hash + Eq> Count<T> {
    fn of(values: impl IntoIterator<Item = T>) -> Self {
        let mut count = HashMap::new();
        for (at, value) in values.into_iter().enumerate() {
            let (times, last) = count.entry(value).or_insert((0, 0));
            (*times, *last) = (*times + 1, at);
        }
        Count(count)
    }

    /// The value that occurs most often; of several the preferred one, and of those the last.
    fn most(&self, preferred: impl Fn(&T) -> bool) -> Option<&T> {
        let most =
            self.0.iter().max_by_key(|(value, (times, last))| (*times, preferred(value), *last));
        most.map(|(value, _)| value)
    }
}

pub(super) fn eol_of(line: &[u8]) -> Option<&'static [u8]> {
    if line.ends_with(b"\r\n") {
        Some(b"\r\n")
    } else {
        line.ends_with(b"\n").then_some(&b"\n"[..])
    }
}

pub(super) fn majority_eol(text: &[u8]) -> &'static [u8] {
    let all = memchr::memchr_iter(b'\n', text).count();
    let crlf = memchr::memmem::find_iter(text, b"\r\n").count();
    if crlf * 2 > all { b"\r\n" } else { b"\n" }
}
