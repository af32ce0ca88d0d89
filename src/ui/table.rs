//! Columns that line up, by the width that a terminal gives each character.

use std::borrow::Cow;
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
/// in `color`. A column without any text is left out. Where the columns are wider than `room`, the
/// widest of them give way, and their cells end in `…`.
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
    let mut widths = [0; N];
    for row in rows.clone() {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = (*width).max(width_of(&cell.text));
        }
    }
    for (width, heading) in widths.iter_mut().zip(headings).filter(|(width, _)| **width > 0) {
        *width = (*width).max(heading.width());
    }
    if let Some(room) = room {
        narrow(&mut widths, room);
    }
    let headings = headings.map(|heading| Cell::new(heading, super::style::HEADING));
    for row in std::iter::once(headings).chain(rows) {
        let shown = || row.iter().zip(widths).filter(|(_, width)| *width > 0);
        // How many cells are written: blanks after the last text are not.
        let last = shown()
            .enumerate()
            .filter(|(_, (cell, _))| !cell.text.is_empty())
            .last()
            .map_or(0, |(at, _)| at + 1);
        for (at, (cell, width)) in shown().enumerate().take(last) {
            let (text, style) = (cut(&cell.text, width), cell.style);
            if color {
                write!(out, "{style}{text}{style:#}")?;
            } else {
                out.write_all(text.as_bytes())?;
            }
            if at + 1 < last {
                write_blanks(out, width - width_of(&text) + 2)?;
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

/// Takes from the widest columns what is too much for `room`.
fn narrow(widths: &mut [usize], room: usize) {
    let columns = widths.iter().filter(|width| **width > 0).count();
    let room = room.saturating_sub(columns.saturating_sub(1) * 2);
    while widths.iter().sum::<usize>() > room {
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
