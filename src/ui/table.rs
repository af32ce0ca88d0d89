//! Columns that line up, by the width that a terminal gives each character.

use std::fmt::Write;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

/// One cell: its text and its look.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Sanitised text of one line.
    pub text: String,
    /// How it is shown.
    pub style: Style,
}

impl Cell {
    /// A cell with a look of its own.
    #[must_use]
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Cell { text: text.into(), style }
    }
}

/// Renders rows under headings, two spaces between columns, nothing after the last, with looks
/// only in `color`. A column without any text is left out.
#[must_use]
pub fn render<const N: usize>(headings: [&str; N], rows: &[[Cell; N]], color: bool) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    for (width, heading) in widths.iter_mut().zip(headings).filter(|(width, _)| **width > 0) {
        *width = (*width).max(heading.width());
    }
    let mut out = String::new();
    let mut push = |cells: [(&str, Style); N]| push_row(&mut out, widths, cells, color);
    push(headings.map(|heading| (heading, super::style::HEADING)));
    for row in rows {
        push(row.each_ref().map(|cell| (cell.text.as_str(), cell.style)));
    }
    out
}

fn push_row<const N: usize>(
    out: &mut String,
    widths: [usize; N],
    cells: [(&str, Style); N],
    color: bool,
) {
    let last = cells.iter().rposition(|(text, _)| !text.is_empty());
    let columns = cells.into_iter().zip(widths).enumerate();
    for (at, ((text, style), width)) in columns.filter(|(_, (_, width))| *width > 0) {
        if Some(at) > last {
            break;
        }
        if color {
            let _ = write!(out, "{style}{text}{style:#}");
        } else {
            out.push_str(text);
        }
        if Some(at) < last {
            out.extend(std::iter::repeat_n(' ', width - text.width() + 2));
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_line_up_empty_columns_go_and_no_line_ends_in_blanks() {
        let cell = |text: &str| Cell::new(text, Style::new());
        let rows = [[cell("日本"), cell(""), cell("a")], [cell("web"), cell(""), cell("")]];
        let text = render(["NAME", "VIA", "X"], &rows, false);
        assert_eq!(text, "NAME  X\n日本  a\nweb\n");
        let shown = render(["NAME", "VIA", "X"], &rows, true);
        assert_eq!(anstream::adapter::strip_str(&shown).to_string(), text);
        assert_ne!(shown, text);
    }
}
