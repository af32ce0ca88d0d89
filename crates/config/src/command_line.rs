//! PURE: ssh(1)'s command line, cut as ssh cuts it: flags, destination, flags again, command.

mod usage;

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::path::PathBuf;

use super::destination::{self, Destination, DestinationError};
use super::dialect::Dialect;
use super::forward::{Hop, Uri};
use super::native::os_string;

/// A destination with its flags and the remote command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// Flags and destination in the order they were given, which decides who wins.
    pub(super) arguments: Vec<Argument>,
    host: Vec<u8>,
    /// Where the destination stands in `words`.
    at: usize,
    /// The words after the destination and its flags.
    pub command: Vec<OsString>,
    /// What `--session` says: `auto`, `builtin` or `system`. Not a flag of ssh.
    pub session: Option<String>,
    /// All words as ssh would take them, `--session` left out.
    pub words: Vec<OsString>,
    /// Where `-J` stands in `words`.
    jumps: Vec<JumpWords>,
}

/// The words of `-J HOPS`, `-JHOPS` or `-vJHOPS`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct JumpWords {
    words: Range<usize>,
    /// How long the flags before it in its word are, their dash included.
    before: usize,
}

/// One thing on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Flag(u8),
    Option(u8, Vec<u8>),
    /// `[user@]host`.
    Destination(Option<Vec<u8>>),
    /// `ssh://[user@]host[:port]`.
    Uri(Uri),
}

/// A command line that ssh would answer with its usage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A flag that ssh does not have.
    #[error("unknown option -- {0}")]
    UnknownFlag(char),
    /// A flag without its value.
    #[error("option requires an argument -- {0}")]
    NoValue(char),
    /// `--session` with a word that is no session.
    #[error("--session takes auto, builtin or system, not `{0}`")]
    Session(String),
    /// No destination.
    #[error("no destination")]
    NoDestination,
    /// What sshp takes as a destination and ssh does not, written wrong.
    #[error("`{0}` is no destination: {1}")]
    Typed(String, DestinationError),
    /// A port in the destination and another beside it.
    #[error("two ports: `{0}` in the destination, and `{1}`")]
    TwoPorts(u16, String),
    /// `@host`, or a bad `ssh://` URI.
    #[error("`{0}` is no destination: it takes [user@]host or ssh://[user@]host[:port]")]
    Destination(String),
}

impl CommandLine {
    /// The command line that is only a destination.
    ///
    /// # Errors
    /// When it is none, such as `@host`.
    pub fn destination(destination: impl AsRef<OsStr>) -> Result<Self, UsageError> {
        CommandLine::read(
            ["--".into(), destination.as_ref().to_owned()],
            &Dialect::lenient(),
            false,
        )
    }

    /// Reads the words after `ssh`.
    ///
    /// # Errors
    /// When ssh would print its usage and exit 255.
    pub fn parse(
        words: impl IntoIterator<Item = OsString>,
        dialect: &Dialect,
    ) -> Result<Self, UsageError> {
        CommandLine::read(words, dialect, false)
    }

    /// Reads the words after `sshp connect`, where a destination may be written as people write one:
    /// [`CommandLine::as_ssh_takes_it`] makes one of ssh's of it.
    ///
    /// # Errors
    /// When ssh would print its usage and exit 255.
    pub fn parse_typed(
        words: impl IntoIterator<Item = OsString>,
        dialect: &Dialect,
    ) -> Result<Self, UsageError> {
        CommandLine::read(words, dialect, true)
    }

    /// Whether `-G` is given, of a command line that ssh would answer with its usage before the word that it
    /// does not take.
    pub fn asks_for_options(words: impl IntoIterator<Item = OsString>, dialect: &Dialect) -> bool {
        let mut line = CommandLine::default();
        let _ = line.read_words(words, dialect, true);
        line.has(b'G')
    }

    fn read(
        words: impl IntoIterator<Item = OsString>,
        dialect: &Dialect,
        is_typed: bool,
    ) -> Result<Self, UsageError> {
        let mut line = CommandLine::default();
        line.read_words(words, dialect, is_typed)?;
        Ok(line)
    }

    /// Reads words as far as ssh takes them.
    fn read_words(
        &mut self,
        words: impl IntoIterator<Item = OsString>,
        dialect: &Dialect,
        is_typed: bool,
    ) -> Result<(), UsageError> {
        let line = self;
        let mut words = words.into_iter().peekable();
        let mut found = false;
        loop {
            let terminated = line.flags(&mut words, dialect)?;
            if found || line.is_query() && words.peek().is_none() {
                break;
            }
            let word = words.next().ok_or(UsageError::NoDestination)?;
            match line.take_destination(word.as_encoded_bytes(), dialect) {
                // `ssh://[2001:db8::1]`
                Err(UsageError::Destination(text)) if is_typed => line.take_typed(&text)?,
                taken => taken?,
            }
            line.at = line.words.len();
            line.words.push(word);
            found = true;
            if terminated || words.peek().is_none() {
                break;
            }
        }
        line.command = words.collect();
        line.words.extend(line.command.iter().cloned());
        Ok(())
    }

    /// Reads flags up to the first word that is none, as getopt(3) without permutation; whether
    /// `--` ended them.
    fn flags(
        &mut self,
        words: &mut std::iter::Peekable<impl Iterator<Item = OsString>>,
        dialect: &Dialect,
    ) -> Result<bool, UsageError> {
        let mut last_was_dashes = false;
        while let Some(word) = words.next_if(|word| is_flag(word)) {
            let bytes = word.as_encoded_bytes();
            if bytes == b"--" {
                self.words.push(word);
                return Ok(true);
            }
            if let Some(value) = bytes.strip_prefix(b"--session") {
                self.take_session(value, words)?;
                continue;
            }
            last_was_dashes = false;
            let mut letters = &bytes[1..];
            while let Some((&letter, rest)) = letters.split_first() {
                letters = rest;
                if dialect.takes_value(letter) == Some(false) {
                    self.arguments.push(Argument::Flag(letter));
                } else if dialect.takes_value(letter) == Some(true) {
                    let from = self.words.len();
                    let value = if rest.is_empty() {
                        self.words.push(word.clone());
                        let value = words.next().ok_or(UsageError::NoValue(char::from(letter)))?;
                        self.words.push(value.clone());
                        last_was_dashes = value == "--";
                        value.into_encoded_bytes()
                    } else {
                        self.words.push(word.clone());
                        rest.to_vec()
                    };
                    if letter == b'J' {
                        let before = bytes.len() - rest.len() - 1;
                        self.jumps.push(JumpWords { words: from..self.words.len(), before });
                    }
                    self.arguments.push(Argument::Option(letter, value));
                    letters = &[];
                    continue;
                } else {
                    return Err(UsageError::UnknownFlag(char::from(letter)));
                }
                if letters.is_empty() {
                    self.words.push(word.clone());
                }
            }
        }
        // ssh only looks whether the word before is `--`, be it the value of a flag.
        Ok(last_was_dashes)
    }

    fn take_session(
        &mut self,
        value: &[u8],
        words: &mut impl Iterator<Item = OsString>,
    ) -> Result<(), UsageError> {
        let value = match value {
            [] => words.next().unwrap_or_default().into_encoded_bytes(),
            [b'=', value @ ..] => value.to_vec(),
            _ => return Err(UsageError::UnknownFlag('-')),
        };
        let value = String::from_utf8_lossy(&value).into_owned();
        if !matches!(value.as_str(), "auto" | "builtin" | "system") {
            return Err(UsageError::Session(value));
        }
        self.session = Some(value);
        Ok(())
    }

    fn take_destination(&mut self, word: &[u8], dialect: &Dialect) -> Result<(), UsageError> {
        let wrong = || UsageError::Destination(String::from_utf8_lossy(word).into_owned());
        let argument = match Uri::parse(word, dialect) {
            Some(uri) => {
                let uri = uri.map_err(|()| wrong())?;
                self.host.clone_from(&uri.host);
                Argument::Uri(uri)
            }
            None => match memchr::memrchr(b'@', word) {
                Some(0) => return Err(wrong()),
                Some(at) => {
                    self.host = word[at + 1..].to_vec();
                    Argument::Destination(Some(word[..at].to_vec()))
                }
                None => {
                    self.host = word.to_vec();
                    Argument::Destination(None)
                }
            },
        };
        self.arguments.push(argument);
        Ok(())
    }

    fn take_typed(&mut self, text: &str) -> Result<(), UsageError> {
        let typed = Destination::parse(text);
        let typed = typed.map_err(|_| UsageError::Destination(text.to_owned()))?;
        self.host = typed.host.into_bytes();
        self.arguments.push(Argument::Destination(typed.user.map(String::into_bytes)));
        Ok(())
    }

    /// The command line with a destination that ssh takes, where it was written as ssh does not:
    /// `[user@]host:port` and an IPv6 address in brackets. A name of the config stays as it is.
    ///
    /// # Errors
    /// When there is another port beside it, or its port is none.
    pub fn as_ssh_takes_it(mut self, is_name: impl Fn(&[u8]) -> bool) -> Result<Self, UsageError> {
        self.fix_jump();
        let Some(text) = self.words.get(self.at).and_then(|word| word.to_str()) else {
            return Ok(self);
        };
        let text = text.to_owned();
        if self.is_query() || is_name(&self.host) {
            return Ok(self);
        }
        let typed = match Destination::parse(&text) {
            Ok(typed) => typed,
            // What ssh takes, or says itself.
            Err(
                DestinationError::NoHost
                | DestinationError::NoUser
                | DestinationError::BlankUser(_)
                | DestinationError::BlankHost(_),
            ) => return Ok(self),
            Err(error) => return Err(UsageError::Typed(text, error)),
        };
        let is_uri = matches!(Uri::parse(text.as_bytes(), Dialect::any()), Some(Ok(_)));
        // ssh takes a port beside that of a URI, and the first one wins: `-G` prints what ssh does.
        let is_asked = is_uri && self.has(b'G');
        if let (Some(port), false) = (typed.port, is_asked)
            && let Some(other) = self.ports().into_iter().find(|other| *other != port.to_string())
        {
            return Err(UsageError::TwoPorts(port, other));
        }
        let user = typed.user.map(String::into_bytes);
        let mut word = user.as_ref().map_or_else(Vec::new, |user| [user, &b"@"[..]].concat());
        word.extend(typed.host.bytes());
        if is_uri || typed.port.is_none() && word == text.as_bytes() {
            return Ok(self);
        }
        let has_port = !self.ports().is_empty();
        self.words[self.at] = os_string(word);
        self.host = typed.host.into_bytes();
        for argument in &mut self.arguments {
            if matches!(argument, Argument::Destination(_) | Argument::Uri(_)) {
                *argument = Argument::Destination(user.clone());
            }
        }
        if let (Some(port), false) = (typed.port, has_port) {
            self.put_first(b'p', port.to_string().into_bytes());
        }
        Ok(self)
    }

    /// Gives `-J` hops that ssh reads: an IPv6 address in brackets, the `%` of its zone doubled.
    fn fix_jump(&mut self) {
        let [JumpWords { words, before }] = self.jumps.as_slice() else { return };
        let removed = words.len() - usize::from(*before > 1);
        let is_before = words.start < self.at;
        let Some(value) = self.values(b'J').next() else { return };
        let Ok(text) = std::str::from_utf8(value) else { return };
        let hops = destination::as_hops(text);
        if hops == text {
            return;
        }
        self.words = self.words_without_jump();
        if is_before {
            self.at -= removed;
        }
        self.jumps.clear();
        self.arguments.retain(|argument| !matches!(argument, Argument::Option(b'J', _)));
        self.put_first(b'J', hops.into_bytes());
    }

    /// Puts a flag with its value before all others.
    fn put_first(&mut self, flag: u8, value: Vec<u8>) {
        let words = [format!("-{}", char::from(flag)).into(), os_string(value.clone())];
        self.words.splice(0..0, words);
        self.at += 2;
        for jump in &mut self.jumps {
            jump.words.start += 2;
            jump.words.end += 2;
        }
        if flag == b'J' {
            self.jumps.push(JumpWords { words: 0..2, before: 1 });
        }
        self.arguments.insert(0, Argument::Option(flag, value));
    }

    /// What `-p` and `-o Port` say.
    fn ports(&self) -> Vec<String> {
        let options = self.values(b'o').filter_map(|option| {
            let end = option.iter().position(|b| matches!(b, b'=' | b' ' | b'\t'))?;
            let (keyword, value) = option.split_at(end);
            keyword.eq_ignore_ascii_case(b"port").then(|| value[1..].trim_ascii())
        });
        let ports = self.values(b'p').chain(options);
        ports.map(|port| String::from_utf8_lossy(port).into_owned()).collect()
    }

    /// The host as it was typed: an alias, a name or an address, without user and port.
    #[must_use]
    pub fn host(&self) -> &[u8] {
        &self.host
    }

    /// The flags of the ssh that ssh starts for the last of its jump hosts; `before` are the hops before
    /// that one, as written (ssh.c: main, `jump_host`).
    #[must_use]
    pub fn hop_flags(&self, hop: &Hop, before: Option<&[u8]>) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        if let Some(config) = self.config() {
            words.extend(["-F".into(), config.into()]);
        }
        if let Some(user) = &hop.user {
            words.extend(["-l".into(), os_string(user.clone())]);
        }
        if let Some(port) = hop.port {
            words.extend(["-p".into(), port.to_string().into()]);
        }
        if let Some(before) = before {
            words.extend(["-J".into(), os_string(before.to_vec())]);
        }
        words
    }

    /// The command line with which ssh goes through a jump host.
    ///
    /// # Errors
    /// When ssh would refuse it.
    pub fn to_hop(
        &self,
        hop: &Hop,
        before: Option<&[u8]>,
        dialect: &Dialect,
    ) -> Result<Self, UsageError> {
        let destination = ["--".into(), os_string(hop.host.clone())];
        CommandLine::parse(self.hop_flags(hop, before).into_iter().chain(destination), dialect)
    }

    /// All words as ssh would take them, but for `-J`.
    #[must_use]
    pub fn words_without_jump(&self) -> Vec<OsString> {
        let mut words = self.words.clone();
        for jump in self.jumps.iter().rev() {
            let flags = &self.words[jump.words.start].as_encoded_bytes()[..jump.before];
            let kept = (flags != b"-").then(|| os_string(flags.to_vec()));
            words.splice(jump.words.clone(), kept);
        }
        words
    }

    /// How often a flag without a value was given.
    #[must_use]
    pub fn count(&self, flag: u8) -> usize {
        self.arguments.iter().filter(|argument| **argument == Argument::Flag(flag)).count()
    }

    /// Whether a flag was given.
    #[must_use]
    pub fn has(&self, flag: u8) -> bool {
        self.arguments.iter().any(|argument| match argument {
            Argument::Flag(letter) | Argument::Option(letter, _) => *letter == flag,
            Argument::Destination(_) | Argument::Uri(_) => false,
        })
    }

    /// The values of a flag, in order.
    pub fn values(&self, flag: u8) -> impl Iterator<Item = &[u8]> {
        self.arguments.iter().filter_map(move |argument| match argument {
            Argument::Option(letter, value) if *letter == flag => Some(value.as_slice()),
            _ => None,
        })
    }

    /// What `-F` says; the last one counts.
    #[must_use]
    pub fn config(&self) -> Option<PathBuf> {
        self.values(b'F').last().map(|value| PathBuf::from(os_string(value.to_vec())))
    }

    /// `-V` or `-Q`: ssh answers about itself and connects to nothing.
    #[must_use]
    pub fn is_query(&self) -> bool {
        self.has(b'V') || self.has(b'Q')
    }
}

fn is_flag(word: &OsStr) -> bool {
    let word = word.as_encoded_bytes();
    word.len() > 1 && word[0] == b'-'
}

#[cfg(test)]
mod tests;
