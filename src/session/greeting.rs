//! The first lines that a server sends: its greeting (RFC 4253, section 4.2), or what stands before it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ui::sanitize;

/// A line of it that is worth showing.
const SHOWN: usize = 100;
/// A longer line is not kept whole.
const KEPT: usize = 512;

/// What came first.
#[derive(Clone, Default)]
pub(in crate::session) struct Heard(Arc<Mutex<FirstLines>>);

/// The lines before a greeting (RFC 4253, section 4.2), which may be many.
#[derive(Default)]
struct FirstLines {
    /// The first that is not blank.
    first: Vec<u8>,
    /// The one that is read, or the greeting.
    current: Vec<u8>,
    /// Whether `current` is a whole greeting.
    complete: bool,
}

impl Heard {
    /// The line of an ssh server's greeting, else the first; safe to print.
    pub(in crate::session) fn line(&self) -> String {
        let lines = self.lines();
        let line = if lines.current.starts_with(b"SSH-") || lines.first.is_empty() {
            &lines.current
        } else {
            &lines.first
        };
        cut(line)
    }

    fn lines(&self) -> MutexGuard<'_, FirstLines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is more to hear.
    pub(in crate::session) fn hear(&self, bytes: &[u8]) -> bool {
        let mut lines = self.lines();
        for byte in bytes {
            match byte {
                b'\n' if lines.current.starts_with(b"SSH-") => {
                    lines.complete = true;
                    break;
                }
                b'\n' => {
                    let line = std::mem::take(&mut lines.current);
                    if lines.first.is_empty() && !line.trim_ascii().is_empty() {
                        lines.first = line;
                    }
                }
                byte if lines.current.len() < KEPT => lines.current.push(*byte),
                _ => {}
            }
        }
        !lines.complete
    }
}

/// The line of an ssh server's greeting, else the first; safe to print.
pub(in crate::session) fn shown(bytes: &[u8]) -> String {
    let heard = Heard::default();
    heard.hear(bytes);
    heard.line()
}

fn cut(line: &[u8]) -> String {
    let text = sanitize::bytes(line.trim_ascii());
    let end = text.floor_char_boundary(SHOWN);
    if end < text.len() { format!("{}…", &text[..end]) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_may_come_after_other_lines_and_never_reaches_a_terminal_raw() {
        assert_eq!(shown(b"hello\r\nSSH-2.0-x y\r\nmore"), "SSH-2.0-x y");
        assert_eq!(shown(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "HTTP/1.1 400 Bad Request");
        assert!(!shown(b"\x1b[31mred\n").contains('\x1b'));
        assert!(shown(&[b'x'; 5000]).len() < 200);
        assert_eq!(shown(b""), "");
        assert_eq!(shown(b"\r\nExceeded MaxStartups\r\n"), "Exceeded MaxStartups");
        let notice = b"notice\n".repeat(5000);
        assert_eq!(shown(&[&notice, &b"SSH-2.0-\xfc\r\n"[..]].concat()), "SSH-2.0-\\xfc");
    }
}
