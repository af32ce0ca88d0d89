//! Columns that line up, by the width that a terminal gives each character.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One cell: its text and its look.
#[derive(Clone, Debug)]
pub struct Cell<'a> {
    /// Sanitised text of one line.
    pub text: Cow<'a, str>,
    /// How it is shown.
    pub style: Style,
}

impl<'a> Cell<'a> {
    /// A cell with a look of its own.
    #[must_use]
    pub fn new(text: impl Into<Cow<'a, str>>, style: Style) -> Self {
        Cell { text: text.into(), style }
    }
}

/// Breaks text between words, so that no line is wider than that unless one word is.
#[must_use]
pub fn fill(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Writes rows under headings, two spaces between columns, nothing after the last, with looks only
/// in `color`. A column without any text is left out. A few cells that are much longer than the others
/// do not widen their column: they push only their own row to the right. Where a row is wider than
/// `room`, the widest columns give way, and their cells end in `…`.
///
/// The rows are gone through twice, once for the widths, so that a long list need not be held.
///
/// # Errors
/// When `out` cannot be written.
pub fn write<'a, const N: usize>(
    out: &mut impl Write,
    headings: [&'static str; N],
    rows: impl Iterator<Item = [Cell<'a>; N]> + Clone,
    color: bool,
    room: Option<usize>,
) -> io::Result<()> {
    let mut counts = [(); N].map(|()| Widths::default());
    for row in rows.clone() {
        for (counts, cell) in counts.iter_mut().zip(&row) {
            counts.add(width_of(&cell.text));
        }
    }
    let mut widths = counts.each_ref().map(Widths::of_most);
    for (width, heading) in widths.iter_mut().zip(headings).filter(|(width, _)| **width > 0) {
        *width = (*width).max(heading.width());
    }
    let whole = widths;
    if let Some(room) = room {
        narrow(&mut widths, room);
    }
    let spare = room.unwrap_or(0).saturating_sub(total(&widths));
    let headings = headings.map(|heading| Cell::new(heading, super::style::HEADING));
    for row in std::iter::once(headings).chain(rows) {
        let is_cut = room.is_some_and(|room| widths != whole || length(&row, &widths) > room);
        let mut spare = spare;
        let shown = || row.iter().zip(widths).filter(|(_, width)| *width > 0);
        // How many cells are written: blanks after the last text are not.
        let last = shown()
            .enumerate()
            .filter(|(_, (cell, _))| !cell.text.is_empty())
            .last()
            .map_or(0, |(at, _)| at + 1);
        for (at, (cell, width)) in shown().enumerate().take(last) {
            let text = if is_cut {
                let text = cut(&cell.text, width + spare);
                spare -= width_of(&text).saturating_sub(width);
                text
            } else {
                Cow::Borrowed(&*cell.text)
            };
            let style = cell.style;
            if color {
                write!(out, "{style}{text}{style:#}")?;
            } else {
                out.write_all(text.as_bytes())?;
            }
            if at + 1 < last {
                write_blanks(out, width.saturating_sub(width_of(&text)) + 2)?;
            }
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_blanks(out: &mut impl Write, mut count: usize) -> io::Result<()> {
    const BLANKS: &[u8] = &[b' '; 64];
    while count > 0 {
        let some = count.min(BLANKS.len());
        out.write_all(&BLANKS[..some])?;
        count -= some;
    }
    Ok(())
}

/// The columns that a terminal gives to a sanitised text.
fn width_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// How many cells of a column have which width.
#[derive(Default)]
struct Widths(BTreeMap<usize, usize>);

/// No column is narrower than its cells for the sake of less than this.
const NARROW: usize = 40;

/// A cell that is longer than the others by more than this does not widen its column.
const MUCH: usize = 20;

impl Widths {
    fn add(&mut self, width: usize) {
        *self.0.entry(width).or_default() += 1;
    }

    /// The width of a column: its widest cell, but for a quarter of them (one at least) that are
    /// much wider than the others.
    fn of_most(&self) -> usize {
        let widest = self.0.keys().next_back().copied().unwrap_or(0);
        let mut left = (self.0.values().sum::<usize>() / 4).max(1);
        let mut others = 0;
        for (width, count) in self.0.iter().rev() {
            let Some(less) = left.checked_sub(*count) else {
                others = *width;
                break;
            };
            left = less;
        }
        let most = others.max(NARROW.min(widest));
        if widest > most + MUCH { most } else { widest }
    }
}

/// The columns that a row takes with no cell cut.
fn length<const N: usize>(row: &[Cell<'_>; N], widths: &[usize; N]) -> usize {
    let last = row.iter().rposition(|cell| !cell.text.is_empty()).unwrap_or(0);
    let shown = row.iter().zip(widths).enumerate().take(last + 1).filter(|(_, (_, w))| **w > 0);
    let lengths = shown.map(|(at, (cell, width))| match width_of(&cell.text) {
        length if at == last => length,
        length => length.max(*width) + 2,
    });
    lengths.sum()
}

/// The columns that a row takes whose cells all have the widths of their columns.
fn total(widths: &[usize]) -> usize {
    let columns = widths.iter().filter(|width| **width > 0).count();
    widths.iter().sum::<usize>() + columns.saturating_sub(1) * 2
}

/// Takes from the widest columns what is too much for `room`.
fn narrow(widths: &mut [usize], room: usize) {
    while total(widths) > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 1 => *widest -= 1,
            _ => return,
        }
    }
}

/// The text, or as much of its beginning as leaves place for `…`.
fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if width_of(text) <= width {
        return Cow::Borrowed(text);
    }
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| match left.checked_sub(c.width().unwrap_or(0)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push('…');
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_line_up_empty_columns_go_and_no_line_ends_in_blanks() {
        let cell = |text: &'static str| Cell::new(text, crate::ui::style::ALIAS);
        let rows = [[cell("日本"), cell(""), cell("a")], [cell("web"), cell(""), cell("")]];
        let render = |color| {
            let mut out = Vec::new();
            let headings = ["NAME", "VIA", "X"];
            write(&mut out, headings, rows.iter().cloned(), color, None).expect("memory takes it");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(render(false), "NAME  X\n日本  a\nweb\n");
        assert_ne!(render(true), render(false));
        assert_eq!(anstream::adapter::strip_str(&render(true)).to_string(), render(false));
    }

    #[test]
    fn one_long_cell_makes_no_other_row_wide() {
        let cell = |text: String| Cell::new(text, crate::ui::style::PLAIN);
        let row =
            |value: &str| [cell("Port".to_owned()), cell(value.to_owned()), cell("x:1".to_owned())];
        let render = |values: &[String], room| {
            let rows = values.iter().map(|value| row(value));
            let mut out = Vec::new();
            write(&mut out, ["OPTION", "VALUE", "FROM"], rows, false, room)
                .expect("memory takes it");
            String::from_utf8(out).expect("text")
        };
        let (long, short) = ("v".repeat(3000), "v".repeat(20));
        for few in [2, 3, 10] {
            let mut values = vec![short.clone(); few];
            values[few / 2].clone_from(&long);
            for room in [None, Some(100)] {
                let shown = render(&values, room);
                let wide: Vec<_> = shown.lines().filter(|line| line.width() > 60).collect();
                assert_eq!(wide.len(), 1, "{shown}");
                assert!(room.is_none_or(|room| wide[0].width() <= room), "{shown}");
                assert!(room.is_some() || wide[0].ends_with(&format!("{long}  x:1")), "{shown}");
            }
        }
        // Where most are long, they line up.
        let shown = render(&["v".repeat(90), "v".repeat(80), "v".repeat(85)], None);
        let at = |line: &str| line.find("x:1");
        let places: Vec<_> = shown.lines().skip(1).map(at).collect();
        assert!(places.iter().all(|place| *place == Some(100)), "{shown}");
    }

    #[test]
    fn the_widest_columns_give_way_to_the_room() {
        let cell = |text: &'static str| Cell::new(text, crate::ui::style::PLAIN);
        let rows = [[cell("web"), cell("deploy@192.0.2.1")], [cell("日本日本"), cell("x")]];
        let render = |room| {
            let mut out = Vec::new();
            write(&mut out, ["NAME", "TARGET"], rows.iter().cloned(), false, Some(room))
                .expect("memory takes it");
            String::from_utf8(out).expect("text")
        };
        let whole = "NAME      TARGET\nweb       deploy@192.0.2.1\n日本日本  x\n";
        assert_eq!(render(26), whole);
        assert_eq!(render(25), whole.replace("2.1", "2…"));
        assert_eq!(render(12), "NAME   TARG…\nweb    depl…\n日本…  x\n");
        for room in 4..30 {
            assert!(render(room).lines().all(|line| line.width() <= room), "{}", render(room));
        }
    }
}
