//! The keys of the terminal, one at a time.
//!
//! Bytes are read one by one, so that what is typed after the key that ends the picker stays in the
//! terminal, for the prompt or the session that comes next. (crossterm's reader takes all there is.)
//! A line feed is Enter: that is what a terminal makes of Enter while it still edits lines, as it
//! does before the picker is there.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use termina::event::{KeyEventKind, Modifiers};
use termina::{Event, Parser};
use tokio::net::unix::pipe;

/// How long the rest of an escape sequence may take; Escape itself is no more than its beginning.
const REST: Duration = Duration::from_millis(50);
/// How long a paste may pause before what has come counts as all.
const PASTE: Duration = Duration::from_secs(1);
/// As much of a paste is kept.
const KEPT: usize = 64 * 1024;

/// What comes from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A key.
    Key(KeyEvent),
    /// Text that was pasted as such.
    Paste(String),
}

/// The terminal's keys.
pub(super) struct Keyboard {
    tty: pipe::Receiver,
    decoder: Decoder,
}

impl Keyboard {
    /// Opens the controlling terminal, in a runtime.
    pub(super) fn open() -> io::Result<Self> {
        // Opened anew: O_NONBLOCK belongs to the open file description, which stdin may share.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Keyboard::of(rustix::fs::open("/dev/tty", flags, Mode::empty())?)
    }

    /// Reads a terminal that was opened with O_NONBLOCK.
    fn of(tty: OwnedFd) -> io::Result<Self> {
        // Unchecked, for a terminal is no pipe; it is waited for and read as one.
        let tty = pipe::Receiver::from_owned_fd_unchecked(tty)?;
        Ok(Keyboard { tty, decoder: Decoder::default() })
    }

    /// The next key, if the terminal holds one already. Asks the terminal itself: the runtime asks it
    /// only between two of its rounds, and on a busy machine a screen is drawn in each of them.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) fn held(&mut self) -> io::Result<Option<Input>> {
        loop {
            if let Some(input) = self.decoder.next() {
                return Ok(Some(input));
            }
            let mut byte = [0];
            match rustix::io::read(&self.tty, &mut byte) {
                Ok(1) => self.decoder.take(byte[0], Instant::now()),
                Ok(_) => return Err(gone()),
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next key. May be dropped and asked again without losing one.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) async fn next(&mut self) -> io::Result<Input> {
        loop {
            if let Some(input) = self.decoder.next() {
                return Ok(input);
            }
            match self.decoder.deadline {
                None => {
                    let byte = byte(&self.tty).await?;
                    self.decoder.take(byte, Instant::now());
                }
                Some(deadline) => {
                    match tokio::time::timeout_at(deadline.into(), byte(&self.tty)).await {
                        Ok(byte) => self.decoder.take(byte?, Instant::now()),
                        Err(_) => self.decoder.end(),
                    }
                }
            }
        }
    }
}

async fn byte(tty: &pipe::Receiver) -> io::Result<u8> {
    loop {
        tty.readable().await?;
        let mut byte = [0];
        match tty.try_read(&mut byte) {
            Ok(1) => return Ok(byte[0]),
            Ok(_) => return Err(gone()),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(error),
        }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal is gone")
}

/// Bytes into keys.
#[derive(Default)]
struct Decoder {
    parser: Parser,
    /// The last bytes, as many as a paste begins with.
    last: [u8; PASTE_BEGINS.len()],
    /// What is pasted, while it is.
    paste: Option<Vec<u8>>,
    done: std::collections::VecDeque<Input>,
    /// When what is incomplete counts as all.
    deadline: Option<Instant>,
}

const PASTE_BEGINS: &[u8; 6] = b"\x1b[200~";
const PASTE_ENDS: &[u8; 6] = b"\x1b[201~";

impl Decoder {
    fn next(&mut self) -> Option<Input> {
        self.done.pop_front()
    }

    fn take(&mut self, byte: u8, now: Instant) {
        self.last.rotate_left(1);
        self.last[PASTE_BEGINS.len() - 1] = byte;
        if let Some(paste) = &mut self.paste {
            if paste.len() < KEPT {
                paste.push(byte);
            }
            self.deadline = Some(now + PASTE);
            if self.last == *PASTE_ENDS {
                self.end();
            }
            return;
        }
        if self.last == *PASTE_BEGINS {
            self.parser = Parser::default();
            self.paste = Some(Vec::new());
            self.deadline = Some(now + PASTE);
            return;
        }
        self.parser.parse(&[byte], true);
        self.deadline = Some(now + REST);
        self.drain();
    }

    /// Nothing more comes: what there is, is all.
    fn end(&mut self) {
        self.deadline = None;
        self.last = Default::default();
        if let Some(mut paste) = self.paste.take() {
            if paste.ends_with(PASTE_ENDS) {
                paste.truncate(paste.len() - PASTE_ENDS.len());
            }
            self.done.push_back(Input::Paste(String::from_utf8_lossy(&paste).into_owned()));
            return;
        }
        self.parser.parse(&[], false);
        self.drain();
        self.deadline = None;
        self.parser = Parser::default();
    }

    fn drain(&mut self) {
        while let Some(event) = self.parser.pop() {
            self.deadline = None;
            self.done.extend(input(event));
        }
    }
}

/// What the picker takes of what a terminal sends; the mouse, which another program may have left
/// on, is not among it.
fn input(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key_event(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        _ => None,
    }
}

/// A key as crossterm names it, for which the settings' names are known.
fn key_event(key: termina::event::KeyEvent) -> Option<KeyEvent> {
    use termina::event::KeyCode as Code;
    let mut modifiers = KeyModifiers::NONE;
    for (from, to) in [
        (Modifiers::SHIFT, KeyModifiers::SHIFT),
        (Modifiers::ALT, KeyModifiers::ALT),
        (Modifiers::CONTROL, KeyModifiers::CONTROL),
        (Modifiers::SUPER, KeyModifiers::SUPER),
        (Modifiers::HYPER, KeyModifiers::HYPER),
        (Modifiers::META, KeyModifiers::META),
    ] {
        if key.modifiers.contains(from) {
            modifiers |= to;
        }
    }
    let code = match key.code {
        Code::Char('j') if modifiers.contains(KeyModifiers::CONTROL) => {
            modifiers -= KeyModifiers::CONTROL;
            KeyCode::Enter
        }
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Backspace => KeyCode::Backspace,
        Code::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Escape => KeyCode::Esc,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::Insert => KeyCode::Insert,
        Code::Delete => KeyCode::Delete,
        Code::Function(n) => KeyCode::F(n),
        _ => return None,
    };
    if code == KeyCode::BackTab {
        modifiers -= KeyModifiers::SHIFT;
    }
    Some(KeyEvent::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Vec<Input> {
        let mut decoder = Decoder::default();
        for byte in bytes {
            decoder.take(*byte, Instant::now());
        }
        if decoder.deadline.is_some() {
            decoder.end();
        }
        decoder.done.into()
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
        Input::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn a_key_that_the_terminal_holds_is_there_before_the_runtime_has_asked() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (reader, writer) = rustix::pipe::pipe().unwrap();
            rustix::io::ioctl_fionbio(&reader, true).unwrap();
            rustix::io::write(&writer, b"\rx").unwrap();
            let mut keyboard = Keyboard::of(reader).unwrap();
            let key = |code| Some(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
            assert_eq!(keyboard.held().unwrap(), key(KeyCode::Enter));
            assert_eq!(keyboard.held().unwrap(), key(KeyCode::Char('x')));
            assert_eq!(keyboard.held().unwrap(), None);
            rustix::io::write(&writer, b"y").unwrap();
            assert_eq!(Some(keyboard.next().await.unwrap()), key(KeyCode::Char('y')));
        });
    }

    #[test]
    fn enter_is_enter_in_raw_and_in_line_mode() {
        let enter = key(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(decoded(b"\r\n"), [enter.clone(), enter]);
        let alt = key(KeyCode::Enter, KeyModifiers::ALT);
        assert_eq!(decoded(b"\x1b\r\x1b\n"), [alt.clone(), alt]);
    }

    #[test]
    fn sequences_and_what_is_not_finished_are_keys() {
        for (bytes, code, modifiers) in [
            (&b"\x1b[A"[..], KeyCode::Up, KeyModifiers::NONE),
            (b"\x1bOB", KeyCode::Down, KeyModifiers::NONE),
            (b"\x1b[1;2A", KeyCode::Up, KeyModifiers::SHIFT),
            (b"\x1b[5~", KeyCode::PageUp, KeyModifiers::NONE),
            (b"\x1b[Z", KeyCode::BackTab, KeyModifiers::NONE),
            (b"\x1be", KeyCode::Char('e'), KeyModifiers::ALT),
            (b"\x1b", KeyCode::Esc, KeyModifiers::NONE),
            (b"\x1b[27u", KeyCode::Esc, KeyModifiers::NONE),
            (b"\x12", KeyCode::Char('r'), KeyModifiers::CONTROL),
            ("é".as_bytes(), KeyCode::Char('é'), KeyModifiers::NONE),
            (b"\x1bOQ", KeyCode::F(2), KeyModifiers::NONE),
        ] {
            assert_eq!(decoded(bytes), [key(code, modifiers)], "{bytes:?}");
        }
    }

    #[test]
    fn an_unfinished_sequence_takes_no_later_key_with_it() {
        let mut decoder = Decoder::default();
        for byte in *b"\x1b[" {
            decoder.take(byte, Instant::now());
        }
        decoder.end();
        decoder.take(b'A', Instant::now());
        assert_eq!(decoder.next(), Some(key(KeyCode::Char('A'), KeyModifiers::SHIFT)));
    }

    #[test]
    fn a_paste_is_one_text_however_long_it_is() {
        let text = "x\r".repeat(50_000);
        let all = [b"a\x1b[200~", text.as_bytes(), b"\x1b[201~b"].concat();
        let [before, Input::Paste(paste), after] = &decoded(&all)[..] else { panic!("three") };
        assert_eq!(paste.len(), KEPT);
        assert_eq!(*before, key(KeyCode::Char('a'), KeyModifiers::NONE));
        assert_eq!(*after, key(KeyCode::Char('b'), KeyModifiers::NONE));
        assert_eq!(decoded(b"\x1b[200~web\n\x1b[201~"), [Input::Paste("web\n".to_owned())]);
    }

    #[test]
    fn the_mouse_and_answers_of_the_terminal_are_no_keys() {
        let mouse = [&b"\x1b[<0;3;3M"[..], b"\x1b[M !!", b"\x1b[I"];
        for bytes in mouse.into_iter().chain([&b"\x1b[?1;2c"[..], b"\x1b[5;9R", b"\xff"]) {
            assert_eq!(decoded(bytes), [], "{bytes:?}");
        }
    }
}
