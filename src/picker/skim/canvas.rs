//! Standard error as what the picker draws on: the whole screen, or some lines from the cursor on.
//!
//! ratatui names a cell by its row on the screen. Where the cursor is only the terminal knows, and its
//! answer would come behind all that is typed by then: to read that, the keys after the one that ends
//! the picker would be read, too, and be lost to the session. So nothing is asked: the lines are drawn by
//! moves from where the cursor is, and row 0 is the line that it was on at first.

use std::io::{self, BufWriter, Stderr, Write, stderr};

/// What is drawn goes through this.
pub(super) struct Canvas<W: Write = BufWriter<Stderr>> {
    out: W,
    /// The line that the cursor is on, from the first of ours; `None` for the whole screen.
    row: Option<u16>,
    /// The escape sequence that has begun.
    sequence: Vec<u8>,
}

impl Canvas {
    /// The whole screen.
    pub(super) fn whole() -> Self {
        Canvas { out: BufWriter::new(stderr()), row: None, sequence: Vec::new() }
    }

    /// Lines from the cursor on.
    pub(super) fn below() -> Self {
        Canvas { row: Some(0), ..Canvas::whole() }
    }
}

impl<W: Write> Canvas<W> {
    fn take(&mut self, byte: u8) -> io::Result<()> {
        if self.row.is_none() || self.sequence.is_empty() && byte != b'\x1b' {
            return self.out.write_all(&[byte]);
        }
        self.sequence.push(byte);
        let is_done = match self.sequence[..] {
            [_] | [_, b'['] => false,
            [_, b'[', .., last] => (b'@'..=b'~').contains(&last),
            _ => true,
        };
        if is_done {
            let sequence = std::mem::take(&mut self.sequence);
            match target(&sequence) {
                Some(place) => self.go(place)?,
                None => self.out.write_all(&sequence)?,
            }
        }
        Ok(())
    }

    /// Moves to a line and a column of ours. Up it goes by way of the first line, whose place is saved
    /// (DECSC): a terminal that is smaller than it was a moment ago stops a move down early and wraps
    /// a line, and the same way up would lead into what stands above. ratatui draws from the top
    /// down, so the colours, which come back with the place (DECRC), are the default ones then.
    fn go(&mut self, (row, column): (u16, u16)) -> io::Result<()> {
        let mut before = self.row.replace(row).unwrap_or_default();
        if row < before {
            self.out.write_all(b"\x1b8")?;
            before = 0;
        }
        if row > before {
            write!(self.out, "\x1b[{}B", row - before)?;
        }
        write!(self.out, "\x1b[{}G", column + 1)
    }
}

/// Where `CSI row ; column H` leads, from 0.
fn target(sequence: &[u8]) -> Option<(u16, u16)> {
    let place = sequence.strip_prefix(b"\x1b[")?.strip_suffix(b"H")?;
    let (row, column) = std::str::from_utf8(place).ok()?.split_once(';')?;
    let from_0 = |number: &str| number.parse::<u16>().ok()?.checked_sub(1);
    Some((from_0(row)?, from_0(column)?))
}

impl<W: Write> Write for Canvas<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        bytes.iter().try_for_each(|byte| self.take(*byte))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(row: Option<u16>, parts: &[&str]) -> String {
        let mut canvas = Canvas { out: Vec::new(), row, sequence: Vec::new() };
        for part in parts {
            canvas.write_all(part.as_bytes()).expect("memory");
        }
        String::from_utf8(canvas.out).expect("text")
    }

    #[test]
    fn places_become_moves_from_where_the_cursor_is() {
        let parts = ["\x1b[3;1H\x1b[1mä\x1b", "[", "2;", "12Hb\x1b[2;1Hc\x1b[0m", "\x1b7\x1b[1;1H"];
        assert_eq!(
            drawn(Some(0), &parts),
            "\x1b[2B\x1b[1G\x1b[1mä\x1b8\x1b[1B\x1b[12Gb\x1b[1Gc\x1b[0m\x1b7\x1b8\x1b[1G"
        );
        assert_eq!(drawn(None, &parts), parts.concat());
    }
}
