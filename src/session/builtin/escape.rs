//! PURE: the escape character, ssh(1) ESCAPE CHARACTERS: what goes on to the server, what is ours.

use std::mem;

/// Something that an escape asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EscapeAction {
    /// `~.`
    Disconnect,
    /// `~^Z`
    Suspend,
    /// `~#`
    Connections,
    /// `~?`
    Help,
    /// `~R`
    Rekey,
    /// One that only the system's ssh has: `~C`, `~B`, `~&`, `~V`, `~v`.
    Lacking(u8),
}

/// What to do with typed bytes, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// They go on.
    Send(Vec<u8>),
    /// They were an escape.
    Do(EscapeAction),
}

/// Where in a line the typing is; kept across reads, since an escape may come in two.
#[derive(Debug)]
pub(super) struct Escapes {
    character: u8,
    line_begins: bool,
    pending: bool,
}

impl Escapes {
    /// With this escape character, at the beginning of a line.
    pub(super) fn new(character: u8) -> Self {
        Escapes { character, line_begins: true, pending: false }
    }

    /// Takes typed bytes (clientloop.c: process_escapes).
    pub(super) fn take(&mut self, typed: &[u8]) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut plain = Vec::with_capacity(typed.len() + 1);
        for &byte in typed {
            if mem::take(&mut self.pending) {
                let action = match byte {
                    b'.' => Some(EscapeAction::Disconnect),
                    26 => Some(EscapeAction::Suspend),
                    b'#' => Some(EscapeAction::Connections),
                    b'?' => Some(EscapeAction::Help),
                    b'R' => Some(EscapeAction::Rekey),
                    b'C' | b'B' | b'&' | b'V' | b'v' => Some(EscapeAction::Lacking(byte)),
                    _ => None,
                };
                if let Some(action) = action {
                    if !plain.is_empty() {
                        steps.push(Step::Send(mem::take(&mut plain)));
                    }
                    steps.push(Step::Do(action));
                    self.line_begins = true;
                    continue;
                }
                plain.push(self.character);
                if byte == self.character {
                    self.line_begins = false;
                    continue;
                }
            } else if self.line_begins && byte == self.character {
                self.pending = true;
                self.line_begins = false;
                continue;
            }
            self.line_begins = matches!(byte, b'\r' | b'\n');
            plain.push(byte);
        }
        if !plain.is_empty() {
            steps.push(Step::Send(plain));
        }
        steps
    }
}

/// What `~?` shows.
pub(super) fn help(character: u8) -> String {
    let c = name(character);
    format!(
        "{c}?\r\nSupported escape sequences:\r\n \
         {c}.   - terminate connection\r\n \
         {c}R   - request rekey\r\n \
         {c}^Z  - suspend sshp\r\n \
         {c}#   - list forwarded connections\r\n \
         {c}?   - this message\r\n \
         {c}{c}   - send the escape character by typing it twice\r\n\
         (Note that escapes are only recognized immediately after newline.)\r\n"
    )
}

/// A character as it is typed: `~`, `^B`.
pub(super) fn name(character: u8) -> String {
    match character {
        0..32 => format!("^{}", char::from(character + 64)),
        other => char::from(other).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(parts: &[&str]) -> Vec<Step> {
        let mut escapes = Escapes::new(b'~');
        parts.iter().flat_map(|part| escapes.take(part.as_bytes())).collect()
    }

    fn send(text: &str) -> Step {
        Step::Send(text.as_bytes().to_vec())
    }

    #[test]
    fn an_escape_counts_only_at_the_beginning_of_a_line() {
        let table: &[(&[&str], Vec<Step>)] = &[
            (&["~."], vec![Step::Do(EscapeAction::Disconnect)]),
            (&["~", "."], vec![Step::Do(EscapeAction::Disconnect)]),
            (&["x~."], vec![send("x~.")]),
            (&["ls\r~."], vec![send("ls\r"), Step::Do(EscapeAction::Disconnect)]),
            (&["ls\n", "~?x"], vec![send("ls\n"), Step::Do(EscapeAction::Help), send("x")]),
            (&["~~."], vec![send("~.")]),
            (&["~x"], vec![send("~x")]),
            (&["~\r~."], vec![send("~\r"), Step::Do(EscapeAction::Disconnect)]),
            (&["~\x1a"], vec![Step::Do(EscapeAction::Suspend)]),
            (&["~#~R"], vec![Step::Do(EscapeAction::Connections), Step::Do(EscapeAction::Rekey)]),
            (&["~C"], vec![Step::Do(EscapeAction::Lacking(b'C'))]),
            (&["~"], vec![]),
        ];
        for (parts, expected) in table {
            assert_eq!(&typed(parts), expected, "{parts:?}");
        }
    }
}
