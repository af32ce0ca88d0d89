//! PURE: what the demo's server says: a handful of canned commands and a line to type them on.

use std::fmt::Write;

/// What stands before each line.
const PROMPT: &str = "demo$ ";

/// The canned answer to one command line and its exit status, as a shell gives them.
#[must_use]
pub fn answer(line: &str, user: &str) -> (String, u32) {
    let mut words = line.split_whitespace();
    match words.next() {
        None => (String::new(), 0),
        Some("whoami") => (format!("{user}\n"), 0),
        Some("uptime") => {
            (" 12:00:00 up 1 day,  2:03,  1 user,  load average: 0.00, 0.01, 0.00\n".into(), 0)
        }
        Some("help") => {
            let mut text =
                String::from("This server is a part of sshp; it knows these commands:\n");
            for (command, what) in [
                ("whoami", "who you are here"),
                ("uptime", "how long it runs"),
                ("help", "this text"),
                ("exit", "go back"),
            ] {
                let _ = writeln!(text, "  {command:<8}{what}");
            }
            (text, 0)
        }
        Some("exit") => {
            (String::new(), words.next().and_then(|n| n.parse::<u8>().ok()).unwrap_or(0).into())
        }
        // sh(1): 127 where there is no such command.
        Some(other) => {
            (format!("{}: not found; try `help`\n", crate::ui::sanitize::line(other)), 127)
        }
    }
}

/// A terminal's line, typed on the server's side: echo, erase, and the answers.
#[derive(Debug)]
pub struct Prompt {
    user: String,
    line: String,
    status: u32,
}

/// What to send back for some input.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// Bytes for the terminal.
    pub text: String,
    /// The exit status, where the session ends.
    pub exit: Option<u32>,
}

impl Prompt {
    /// A fresh prompt for a user, and what it greets with.
    #[must_use]
    pub fn new(user: &str) -> (Self, String) {
        let greeting =
            format!("Welcome to the sshp demo. Type `help`, or `exit` to go back.\r\n{PROMPT}");
        (Prompt { user: user.to_owned(), line: String::new(), status: 0 }, greeting)
    }

    /// Takes what was typed.
    pub fn input(&mut self, bytes: &[u8]) -> Reply {
        let mut text = String::new();
        for c in String::from_utf8_lossy(bytes).chars() {
            match c {
                '\r' | '\n' => {
                    let line = std::mem::take(&mut self.line);
                    let (answer, status) = answer(&line, &self.user);
                    self.status = status;
                    text.push_str("\r\n");
                    if line.split_whitespace().next() == Some("exit") {
                        return Reply { text, exit: Some(status) };
                    }
                    text.push_str(&answer.replace('\n', "\r\n"));
                    text.push_str(PROMPT);
                }
                // Ctrl-D on an empty line ends, as in any shell; Ctrl-C drops the line.
                '\x04' if self.line.is_empty() => {
                    text.push_str("\r\n");
                    return Reply { text, exit: Some(self.status) };
                }
                '\x03' => {
                    self.line.clear();
                    text.push_str("^C\r\n");
                    text.push_str(PROMPT);
                }
                '\x7f' | '\x08' if self.line.pop().is_some() => text.push_str("\x08 \x08"),
                c if !c.is_control() && self.line.len() < 1024 => {
                    self.line.push(c);
                    text.push(c);
                }
                _ => {}
            }
        }
        Reply { text, exit: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_answered_and_others_refused() {
        assert_eq!(answer("whoami", "deploy"), ("deploy\n".into(), 0));
        assert_eq!(answer("exit 7", "deploy").1, 7);
        assert_eq!(answer("rm -rf /", "deploy"), ("rm: not found; try `help`\n".into(), 127));
    }

    #[test]
    fn a_line_can_be_typed_erased_and_sent() {
        let (mut prompt, _) = Prompt::new("deploy");
        assert_eq!(prompt.input(b"whoamx\x7fi").text, "whoamx\x08 \x08i");
        assert_eq!(prompt.input(b"\r").text, "\r\ndeploy\r\ndemo$ ");
        assert_eq!(prompt.input(b"nope\rexit\r").exit, Some(0));
        assert_eq!(prompt.input(b"nope\r\x04").exit, Some(127));
    }
}
