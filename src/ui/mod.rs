//! Where output goes: data to stdout, talk to stderr, colours only where they are wanted.
//!
//! Commands print through [`Ui`] alone, so that none of them knows ANSI, quietness or a broken pipe.

pub mod age;
pub mod json;
pub mod log;
pub mod progress;
pub mod prompt;
pub mod report;
pub mod sanitize;
pub mod secret;
pub mod style;
pub mod table;
pub mod terminal;

use std::fmt::Display;
use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::error::{Error, ErrorKind, Excerpt};

/// The two output streams and how much is said on them.
#[derive(Clone, Copy, Debug)]
pub struct Ui {
    color: ColorChoice,
    quiet: bool,
    verbose: u8,
}

impl Ui {
    /// Output with a choice of colour, `quiet` leaving only data and errors.
    #[must_use]
    pub fn new(color: ColorChoice, quiet: bool, verbose: u8) -> Self {
        Ui { color, quiet, verbose }
    }

    /// The same output, quieter or more talkative still: for `-q` and `-v` among ssh's own flags.
    #[must_use]
    pub fn louder(&self, quiet: bool, verbose: bool) -> Self {
        let verbosity = self.verbose.saturating_add(verbose.into());
        Ui { quiet: self.quiet || quiet, verbose: verbosity, ..*self }
    }

    /// Standard output, for data; colours are stripped where they are not wanted.
    #[must_use]
    pub fn stdout(&self) -> AutoStream<io::StdoutLock<'static>> {
        AutoStream::new(io::stdout().lock(), self.color)
    }

    /// Standard output as it is, for data that is not text: NUL bytes, scripts.
    pub fn stdout_bytes(&self) -> io::StdoutLock<'static> {
        io::stdout().lock()
    }

    /// Standard output as it is, for much of it: what is written goes out in large pieces, the
    /// last of them with `flush`.
    pub fn stdout_bulk(&self) -> io::BufWriter<io::StdoutLock<'static>> {
        // The lock passes on what is longer than its own buffer, line or not.
        io::BufWriter::with_capacity(64 * 1024, self.stdout_bytes())
    }

    /// Prints a table as data.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn table<'a, const N: usize>(
        &self,
        headings: [&'static str; N],
        rows: impl Iterator<Item = [table::Cell<'a>; N]> + Clone,
    ) -> io::Result<()> {
        self.table_within(None, headings, rows)
    }

    /// Prints a table as data; on a terminal no line of it is wider than that.
    ///
    /// # Errors
    /// As in [`Ui::table`].
    pub fn table_that_fits<'a, const N: usize>(
        &self,
        headings: [&'static str; N],
        rows: impl Iterator<Item = [table::Cell<'a>; N]> + Clone,
    ) -> io::Result<()> {
        let columns = usize::try_from(terminal::size(io::stdout()).columns).unwrap_or(0);
        self.table_within(Some(columns).filter(|columns| *columns > 0), headings, rows)
    }

    fn table_within<'a, const N: usize>(
        self,
        room: Option<usize>,
        headings: [&'static str; N],
        rows: impl Iterator<Item = [table::Cell<'a>; N]> + Clone,
    ) -> io::Result<()> {
        let mut out = self.stdout_bulk();
        table::write(&mut out, headings, rows, self.colors_stdout(), room)?;
        out.flush()
    }

    /// Standard error, for talk.
    #[must_use]
    pub fn stderr(&self) -> AutoStream<io::StderrLock<'static>> {
        AutoStream::new(io::stderr().lock(), self.color)
    }

    /// Whether standard output takes colours.
    #[must_use]
    pub fn colors_stdout(&self) -> bool {
        self.stdout().current_choice() != ColorChoice::Never
    }

    /// Whether standard error, where the picker draws, takes colours.
    #[must_use]
    pub fn colors_stderr(&self) -> bool {
        self.stderr().current_choice() != ColorChoice::Never
    }

    /// Prints one line of data.
    ///
    /// # Errors
    /// When standard output cannot be written; `run()` forgives a broken pipe.
    pub fn data(&self, line: impl Display) -> io::Result<()> {
        writeln!(self.stdout(), "{line}")
    }

    /// Prints a value as JSON: over several lines if `pretty`, else on one.
    ///
    /// # Errors
    /// As in [`Ui::data`].
    pub fn json(&self, value: &(impl Serialize + ?Sized), pretty: bool) -> anyhow::Result<()> {
        let mut out = self.stdout_bulk();
        json::write(&mut out, value, pretty)?;
        writeln!(out)?;
        Ok(out.flush()?)
    }

    /// Prints bytes as they are, for a form that another program reads.
    ///
    /// # Errors
    /// As in [`Ui::data`].
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        io::stdout().lock().write_all(bytes)
    }

    /// Says what was done. Silent with `-q`.
    pub fn status(&self, line: impl Display) {
        if !self.quiet {
            self.talk("", line);
        }
    }

    /// Shows a command that is run, as a shell would. Silent with `-q`.
    pub fn command(&self, line: impl Display) {
        if !self.quiet {
            let dim = style::DIM;
            self.talk(format_args!("{dim}$ {dim:#}"), line);
        }
    }

    /// Says how something was done. Only with `-v`.
    pub fn verbose(&self, line: impl Display) {
        if self.verbose > 0 {
            self.talk("", line);
        }
    }

    /// Says what is not as it should be. Silent with `-q`.
    pub fn warning(&self, line: impl Display) {
        if !self.quiet {
            let style = style::WARNING;
            self.talk(format_args!("{style}warning{style:#}: "), line);
        }
    }

    /// A warning that `-q` does not suppress.
    pub fn alarm(&self, line: impl Display) {
        let style = style::WARNING;
        self.talk(format_args!("{style}warning{style:#}: "), line);
    }

    /// As [`Ui::warning`], with the line of a file that it is about.
    pub fn warning_at(&self, line: impl Display, excerpt: &Excerpt) {
        if !self.quiet {
            self.warning(line);
            self.message(&report::excerpt(excerpt));
        }
    }

    /// Says what may help. Silent with `-q`.
    pub fn hint(&self, line: impl Display) {
        if !self.quiet {
            let style = style::HINT;
            self.talk(format_args!("{style}hint{style:#}: "), line);
        }
    }

    /// Renders a failure and its hints. Nothing is said where the reader of our output has gone,
    /// and of a cancelled prompt that needs no words.
    pub fn fail(&self, error: &Error) {
        if error.is_broken_pipe() {
            return;
        }
        if error.kind != ErrorKind::Cancelled || !error.source.to_string().is_empty() {
            self.message(&report::render(error));
        }
    }

    /// Says what ssh says instead of us, without a word of ours before it. `-q` does not suppress it.
    pub fn in_the_words_of_ssh(self, text: &str) {
        self.message(&sanitize::block(text));
    }

    /// Callers escape what files and servers say; this escapes it again, in case one forgot.
    fn talk(self, label: impl Display, line: impl Display) {
        let line = line.to_string();
        self.message(&format!("{label}{}\n", sanitize::block(&line)));
    }

    fn message(self, text: &str) {
        if !log::write(text) {
            self.show(text);
        }
    }

    /// Shows what is no message of ours, such as the server's banner: always on standard error.
    /// Silent with `-q`.
    pub fn show_unless_quiet(self, text: &str) {
        if !self.quiet {
            self.show(text);
        }
    }

    fn show(self, text: &str) {
        // Talk that cannot be written has nowhere else to go.
        let _ = self.stderr().write_all(text.as_bytes());
    }
}
