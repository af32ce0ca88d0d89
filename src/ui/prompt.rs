//! Asks the person at the terminal: on /dev/tty, as ssh does, whatever stdin and stdout are.
//!
//! Secrets are not shown, not logged, and wiped from memory. The caller makes text from a server
//! safe to print; the prompt does it once more.

use std::fs::File;
use std::io::{self, Read, Write};

use rustix::termios::{SpecialCodeIndex, tcgetattr};
use zeroize::Zeroizing;

use super::terminal::Modes;
use super::{sanitize, secret};

/// Longer answers are not taken.
const MAX_ANSWER: usize = 4096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// There is no terminal to ask at.
    #[error("there is no terminal to ask on")]
    NoTerminal,
    /// The end of input, or no answer from the program that asked.
    #[error("cancelled")]
    Cancelled,
    /// The terminal failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Whether an answer may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// It is shown as it is typed.
    Shown,
    /// Nothing is shown.
    Hidden,
}

/// Shows a prompt and reads one line; bytes of it that are not UTF-8 become U+FFFD.
///
/// # Errors
/// See [`PromptError`].
pub fn ask(prompt: &str, echo: Echo) -> Result<Zeroizing<String>, PromptError> {
    ask_bytes(prompt, echo).map(|answer| text(&answer))
}

/// Shows a prompt and reads one line, in the bytes that the terminal sends.
///
/// # Errors
/// See [`PromptError`].
pub fn ask_bytes(prompt: &str, echo: Echo) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    let mut tty = open()?;
    match echo {
        Echo::Shown => {
            let modes = Modes::lines(&tty)?;
            show(&mut tty, prompt)?;
            let answer = read_shown(&tty);
            drop(modes);
            answer
        }
        Echo::Hidden => {
            secret::keep_from_core_dumps();
            // The modes change before the prompt shows, so that nothing typed after it is seen.
            let modes = Modes::secret(&tty)?;
            modes.prompt(&sanitize::block(prompt));
            show(&mut tty, prompt)?;
            let answer = read_hidden(&tty);
            drop(modes);
            // A terminal that takes no line feed will take no prompt either.
            let _ = tty.write_all(b"\n");
            answer
        }
    }
}

/// Shows text on the terminal, or on stderr where there is none.
pub fn tell(text: &str) {
    let text = sanitize::block(text);
    // Talk that cannot be written has nowhere else to go.
    let _ = match open() {
        Ok(mut tty) => tty.write_all(text.as_bytes()),
        Err(_) => io::stderr().write_all(text.as_bytes()),
    };
}

fn open() -> Result<File, PromptError> {
    File::options().read(true).write(true).open("/dev/tty").map_err(|_| PromptError::NoTerminal)
}

fn show(tty: &mut File, prompt: &str) -> io::Result<()> {
    tty.write_all(sanitize::block(prompt).as_bytes())?;
    tty.flush()
}

/// Reads a line that the terminal itself edits and shows.
fn read_shown(tty: &File) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_ANSWER));
    loop {
        match byte(tty)? {
            None if line.is_empty() => return Err(PromptError::Cancelled),
            // Enter, typed while the picker had the terminal, is not changed to a line feed any more.
            None | Some(b'\n' | b'\r') => break,
            Some(byte) if line.len() < MAX_ANSWER => line.push(byte),
            Some(_) => {}
        }
    }
    Ok(line)
}

/// Reads a line without the terminal's help: erase, kill and end of input are ours to obey. `^C`
/// is a signal.
fn read_hidden(tty: &File) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    let modes = tcgetattr(tty).map_err(io::Error::from)?;
    let key = |index| modes.special_codes[index];
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_ANSWER));
    loop {
        match byte(tty)? {
            None => return Err(PromptError::Cancelled),
            Some(b'\r' | b'\n') => break,
            Some(b) if b == key(SpecialCodeIndex::VEOF) => {
                if line.is_empty() {
                    return Err(PromptError::Cancelled);
                }
                break;
            }
            Some(b) if b == key(SpecialCodeIndex::VERASE) || b == 8 || b == 127 => {
                let length = last_character(&line);
                let kept = line.len() - length;
                line.truncate(kept);
            }
            Some(b) if b == key(SpecialCodeIndex::VKILL) => line.clear(),
            Some(b) if line.len() < MAX_ANSWER => line.push(b),
            Some(_) => {}
        }
    }
    Ok(line)
}

/// How many bytes the last character has: several where they are one of UTF-8.
fn last_character(line: &[u8]) -> usize {
    let is_one = |length: &usize| {
        let start = line.len().checked_sub(*length);
        let text = start.and_then(|start| std::str::from_utf8(&line[start..]).ok());
        text.is_some_and(|text| text.chars().count() == 1)
    };
    (1..=4).find(is_one).unwrap_or(line.len().min(1))
}

fn byte(mut tty: &File) -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match tty.read(&mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The text of an answer.
#[must_use]
pub fn text(line: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(line).into_owned())
}
