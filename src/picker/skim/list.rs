//! The rows on the screen.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use skim::prelude::*;

use super::options::tag_style;
use crate::picker::Ask;
use crate::picker::rows::{self, Row};
use crate::settings::Column;

/// All the rows.
pub(super) struct List {
    pub(super) ask: Ask,
    /// The look of tags.
    tags: Style,
    /// How wide the columns would like to be.
    wished: Mutex<Vec<(Column, usize)>>,
}

/// A row on the screen.
pub(super) struct Item {
    pub(super) row: Arc<Row>,
    /// Its place among the rows of the question.
    pub(super) at: usize,
    list: Arc<List>,
}

impl List {
    /// What is asked, with none of its rows on the screen yet.
    pub(super) fn new(ask: Ask) -> Self {
        let wished = Mutex::new(rows::widths(&ask.settings.picker_columns(), &[]));
        let tags = tag_style(&ask.settings, ask.color);
        List { ask, tags, wished }
    }

    /// The next rows for the screen, of which so many are there already.
    pub(super) fn items(
        self: &Arc<Self>,
        there: usize,
        rows: Vec<Arc<Row>>,
    ) -> Vec<Arc<dyn SkimItem>> {
        let wished = rows::widths(&self.ask.settings.picker_columns(), &rows);
        let mut known = self.wished.lock().unwrap_or_else(PoisonError::into_inner);
        for (known, wished) in known.iter_mut().zip(wished) {
            known.1 = known.1.max(wished.1);
        }
        drop(known);
        let item = |(at, row)| -> Arc<dyn SkimItem> {
            Arc::new(Item { row, at: there + at, list: Arc::clone(self) })
        };
        rows.into_iter().enumerate().map(item).collect()
    }
}

impl SkimItem for Item {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.row.text)
    }

    /// The row in columns that fit the screen, told apart, with its matches marked.
    fn display(&self, context: DisplayContext) -> Line<'_> {
        let text = &self.row.text;
        let marked = marked(&context.matches, text);
        let wished = self.list.wished.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let columns = rows::fit(&wished, context.container_width);
        let mut line = Line::default();
        for piece in rows::line(&self.row, &columns) {
            let style = context.base_style.patch(self.look(piece.column)).patch(self.age());
            let Some(at) = piece.at.filter(|_| !marked.is_empty()) else {
                line.push_span(Span::styled(piece.text, style));
                continue;
            };
            let first = text[..at].chars().count();
            let hit = |n: usize| marked.binary_search(&(first + n)).is_ok();
            let mut start = 0;
            let mut chars = piece.text.char_indices().enumerate().peekable();
            while let Some((n, _)) = chars.next() {
                let next = chars.peek().map_or((n + 1, piece.text.len()), |(n, (b, _))| (*n, *b));
                if next.1 == piece.text.len() || hit(n) != hit(next.0) {
                    let style = if hit(n) { style.patch(context.matched_style) } else { style };
                    line.push_span(Span::styled(&piece.text[start..next.1], style));
                    start = next.1;
                }
            }
        }
        line
    }

    fn preview(&self, _context: PreviewContext<'_>) -> ItemPreview {
        ItemPreview::Text((self.list.ask.preview)(&self.row))
    }
}

impl Item {
    /// Dim where the source of the profile no longer has it.
    fn age(&self) -> Style {
        match self.row.profile.metadata.stale {
            Some(_) => Style::new().add_modifier(Modifier::DIM).remove_modifier(Modifier::BOLD),
            None => Style::new(),
        }
    }

    fn look(&self, column: Option<Column>) -> Style {
        match column {
            Some(Column::Alias) => Style::new().add_modifier(Modifier::BOLD),
            Some(Column::Tags) => self.list.tags,
            Some(Column::Used | Column::Jump | Column::Note) => {
                Style::new().add_modifier(Modifier::DIM)
            }
            _ => Style::new(),
        }
    }
}

/// The characters that a query marks, in order.
fn marked(matches: &Matches, text: &str) -> Vec<usize> {
    match matches {
        Matches::None => Vec::new(),
        Matches::CharIndices(indices) => indices.clone(),
        Matches::CharRange(start, end) => (*start..*end).collect(),
        Matches::ByteRange(start, end) => {
            let first = text[..*start].chars().count();
            (first..first + text[*start..*end].chars().count()).collect()
        }
    }
}
