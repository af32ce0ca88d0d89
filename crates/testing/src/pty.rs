//! A real pseudo-terminal with a screen that can be read, driven like a person does.

use std::io::{Read, Write};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a screen may take to show what is waited for; CI machines are slow and busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program in a terminal.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    output: Receiver<Vec<u8>>,
    screen: avt::Vt,
    pending: Vec<u8>,
    /// Every byte the program wrote.
    pub raw: Vec<u8>,
    /// Whether what is left of the session may live on.
    hung_up: bool,
}

impl Pty {
    /// Starts the command in a terminal of 100 × 30, `TERM=xterm-256color`.
    pub fn spawn(command: &Command) -> Self {
        Pty::spawn_sized(command, 100, 30)
    }

    /// Starts the command in a terminal of `cols` × `rows`.
    pub fn spawn_sized(command: &Command, cols: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pty");
        let mut builder = CommandBuilder::new(command.get_program());
        builder.env_clear();
        builder.args(command.get_args());
        builder.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                builder.env(name, value);
            }
        }
        if let Some(dir) = command.get_current_dir() {
            builder.cwd(dir);
        }
        let child = pair.slave.spawn_command(builder).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Pty {
            master: pair.master,
            writer,
            child,
            output,
            screen: avt::Vt::new(cols.into(), rows.into()),
            pending: Vec::new(),
            raw: Vec::new(),
            hung_up: false,
        }
    }

    /// Types text; `\r` is Enter, `\x1b` Escape, `\x1bj` Alt-J.
    pub fn send(&mut self, keys: &str) {
        self.send_bytes(keys.as_bytes());
    }

    /// Types bytes, of whatever encoding.
    pub fn send_bytes(&mut self, keys: &[u8]) {
        self.writer.write_all(keys).expect("the terminal takes keys");
        self.writer.flush().expect("the terminal takes keys");
    }

    /// Gives the terminal another size; the program gets SIGWINCH.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.master
            .resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })
            .expect("a new size");
        self.screen.resize(cols.into(), rows.into());
    }

    /// The lines on the screen, the alternate one where a program has switched to it.
    pub fn screen(&self) -> String {
        let last = |switch: &[u8]| memchr::memmem::rfind(&self.raw, switch);
        if last(b"\x1b[?1049h") > last(b"\x1b[?1049l") {
            let lines: Vec<String> = self.screen.view().map(avt::Line::text).collect();
            return lines.join("\n");
        }
        self.screen.text().join("\n")
    }

    /// The lines on the screen with their colours.
    pub fn lines(&self) -> Vec<avt::Line> {
        self.screen.view().cloned().collect()
    }

    /// Closes the terminal as its window does: the shell ends, and what runs in it has to notice.
    pub fn hang_up(mut self) {
        self.hung_up = true;
    }

    /// The process id of the program.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Waits until the screen shows `text`.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits until the shell has drawn `text` again after a program on the alternate screen: what is
    /// typed before that may be lost.
    #[track_caller]
    pub fn wait_for_redrawn(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            self.drain(Duration::from_millis(20));
            let left = memchr::memmem::rfind(&self.raw, b"\x1b[?1049l");
            let drawn = left.map_or(&[][..], |at| &self.raw[at..]);
            if memchr::memmem::find(drawn, text.as_bytes()).is_some() {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "no {text:?} drawn again on:\n{}", self.screen());
        }
    }

    /// Waits until the screen is as asked.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, ready: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            self.drain(Duration::from_millis(20));
            let screen = self.screen();
            if ready(&screen) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "no {what:?} on:\n{screen}");
        }
    }

    /// Waits for the program's end and gives its exit code.
    #[track_caller]
    pub fn wait_exit(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            self.drain(Duration::from_millis(20));
            if let Some(status) = self.child.try_wait().expect("a child") {
                self.drain(Duration::from_millis(100));
                return status.exit_code();
            }
            assert!(start.elapsed() < PATIENCE, "still running:\n{}", self.screen());
        }
    }

    fn drain(&mut self, wait: Duration) {
        let mut wait = wait;
        while let Ok(bytes) = self.output.recv_timeout(wait) {
            self.raw.extend_from_slice(&bytes);
            self.pending.extend_from_slice(&bytes);
            let valid = match std::str::from_utf8(&self.pending) {
                Ok(text) => text.len(),
                Err(e) if e.error_len().is_none() => e.valid_up_to(),
                Err(_) => self.pending.len(),
            };
            let rest = self.pending.split_off(valid);
            let text =
                String::from_utf8_lossy(&std::mem::replace(&mut self.pending, rest)).into_owned();
            self.screen.feed_str(&text);
            // Only now is the cursor where the program has put it.
            self.answer_queries(&bytes);
            wait = Duration::from_millis(1);
        }
    }

    /// Answers the cursor position and device queries that a real terminal answers.
    fn answer_queries(&mut self, bytes: &[u8]) {
        let has = |query: &[u8]| bytes.windows(query.len()).any(|window| window == query);
        let mut answer = String::new();
        if has(b"\x1b[6n") {
            let cursor = self.screen.cursor();
            answer += &format!("\x1b[{};{}R", cursor.row + 1, cursor.col + 1);
        }
        if has(b"\x1b[c") || has(b"\x1b[0c") {
            answer += "\x1b[?6c";
        }
        if !answer.is_empty() {
            self.send(&answer);
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // All of its session: nushell, for one, spins for ever once its terminal is gone.
        if let (false, Some(leader)) = (self.hung_up, self.child.process_id()) {
            let session = leader.to_string();
            let _ = Command::new("pkill").args(["-KILL", "-s", &session]).status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
