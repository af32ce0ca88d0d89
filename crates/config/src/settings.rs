//! PURE: options as they are gathered, line by line: checks each line as ssh does and keeps what
//! wins (readconf.c: process_config_line_depth).

mod arguments;
mod lists;

use std::borrow::Cow;

pub(super) use self::arguments::Arguments;
use self::arguments::{
    FACILITIES, FLAGS, add_keys_to_agent, bad, keystroke_timing, lookup, no_algorithm, no_word,
    or_none, seconds, shown, without_separators,
};
use super::forward::{Forward, Jump};
use super::options::{Keyword, Kind, TABLE};
use super::{Dialect, Facts, Origin, tokens, values};

/// How many files, domains or rules one option holds (readconf.h).
const MOST_FILES: usize = 32;
/// How many keys and certificates ssh offers at most (readconf.h: SSH_MAX_IDENTITY_FILES).
const MOST_KEYS: usize = 100;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// ssh's own default.
    Default,
    /// The command line, the destination among it.
    CommandLine,
    /// A line of a config file.
    File(Origin),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::CommandLine => f.write_str("command line"),
            Source::File(origin) => origin.fmt(f),
        }
    }
}

/// One value with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The value, in the words of `ssh -G`.
    pub value: Vec<u8>,
    /// Where it comes from.
    pub source: Source,
    /// From the user's own files or the command line, not the system's file.
    pub user: bool,
}

impl Setting {
    /// The value as text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }
}

/// What ssh says of a line that it refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Said with file and line before it; reading goes on to find more.
    Bad(String),
    /// Said and done.
    Fatal(String),
}

/// Where a line stands, and whether it applies.
pub(super) struct Line<'a> {
    pub(super) source: &'a dyn Fn() -> Source,
    pub(super) user: bool,
    pub(super) active: bool,
    /// The keyword as written, for messages.
    pub(super) written: &'a [u8],
}

/// All options, the ones that are set so far.
pub(super) struct Settings<'a> {
    pub(super) facts: &'a dyn Facts,
    pub(super) dialect: &'a Dialect,
    slots: Vec<Vec<Setting>>,
    /// Values that lost, with their keyword, in the order they were read.
    pub(super) beaten: Vec<(Keyword, Setting)>,
    pub(super) local_forwards: Vec<(Forward, Source)>,
    pub(super) remote_forwards: Vec<(Forward, Source)>,
    pub(super) jump: Option<(Jump, Source)>,
    pub(super) rekey_size: Option<Setting>,
    pub(super) rekey_interval: Option<Setting>,
    pub(super) agent_path: Option<Setting>,
    pub(super) host_keys_amended: bool,
    /// What ssh says before it refuses the line that was read last, without its place.
    pub(super) said: Vec<String>,
    /// `-C` was given.
    pub(super) compression_flag: bool,
}

impl<'a> Settings<'a> {
    pub(super) fn new(facts: &'a dyn Facts, dialect: &'a Dialect) -> Self {
        Settings {
            facts,
            dialect,
            slots: vec![Vec::new(); TABLE.len()],
            beaten: Vec::new(),
            local_forwards: Vec::new(),
            remote_forwards: Vec::new(),
            jump: None,
            rekey_size: None,
            rekey_interval: None,
            agent_path: None,
            host_keys_amended: false,
            said: Vec::new(),
            compression_flag: false,
        }
    }

    pub(super) fn all(&self, keyword: Keyword) -> &[Setting] {
        &self.slots[keyword as usize]
    }

    pub(super) fn get(&self, keyword: Keyword) -> Option<&[u8]> {
        self.all(keyword).first().map(|setting| setting.value.as_slice())
    }

    pub(super) fn is(&self, keyword: Keyword, value: &str) -> bool {
        self.get(keyword) == Some(value.as_bytes())
    }

    /// Puts values in the place of what was there.
    pub(super) fn replace(&mut self, keyword: Keyword, settings: Vec<Setting>) {
        self.slots[keyword as usize] = settings;
    }

    pub(super) fn take(&mut self, keyword: Keyword) -> Vec<Setting> {
        std::mem::take(&mut self.slots[keyword as usize])
    }

    /// Sets what is not set yet; else notes what was beaten.
    fn first(&mut self, keyword: Keyword, line: &Line<'_>, value: impl FnOnce() -> Vec<u8>) {
        if line.active {
            let setting = line.setting(value());
            if self.slots[keyword as usize].is_empty() {
                self.slots[keyword as usize].push(setting);
            } else {
                self.beaten.push((keyword, setting));
            }
        }
    }

    /// Sets what the first line sets, in older versions the last.
    fn first_or_last(&mut self, keyword: Keyword, line: &Line<'_>, value: Vec<u8>) {
        if line.active && !self.dialect.first_qos_counts() {
            let before = self.take(keyword);
            self.beaten.extend(before.into_iter().map(|setting| (keyword, setting)));
        }
        self.first(keyword, line, || value);
    }

    /// Checks one line and takes what it sets. `rest` is what follows the keyword.
    pub(super) fn apply(
        &mut self,
        keyword: Keyword,
        rest: &[u8],
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let mut arguments = Arguments::of(rest, self.dialect);
        self.apply_kind(keyword, rest, &mut arguments, line)?;
        let raw = matches!(
            keyword.kind(),
            Kind::Command
                | Kind::Addendum
                | Kind::Jump
                | Kind::Ignored
                | Kind::Deprecated
                | Kind::Unsupported
        );
        let is_argv = self.dialect.cuts_lines_as_argv();
        let raw = raw || keyword.kind() == Kind::HostFiles && !is_argv;
        match arguments.left_over(&line.keyword()) {
            Some(text) if !raw => bad(text),
            _ => Ok(()),
        }
    }

    fn apply_kind(
        &mut self,
        keyword: Keyword,
        rest: &[u8],
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        match keyword.kind() {
            Kind::Header | Kind::Include | Kind::Ignored | Kind::Deprecated | Kind::Unsupported => {
            }
            Kind::Words(_) => {
                let words = self.dialect.words(keyword);
                let word = arguments.next().unwrap_or_default();
                let Some(value) = lookup(words, &word) else { return bad(no_word(keyword, &word)) };
                self.first(keyword, line, || value.into());
            }
            Kind::Number => {
                let word = arguments.next().unwrap_or_default();
                let value = if word.is_empty() {
                    Err("missing")
                } else {
                    values::number(&word, 0, i64::from(i32::MAX))
                };
                match value {
                    Ok(value) => self.first(keyword, line, || value.to_string().into()),
                    Err(error) => return bad(format!("integer value {error}.")),
                }
            }
            Kind::Seconds => {
                if let Some(value) = seconds(arguments, self.dialect.time_grammar())? {
                    self.first(keyword, line, || value.to_string().into());
                }
            }
            Kind::Text => {
                let word = arguments.required()?;
                self.first(keyword, line, || word.into_owned());
            }
            Kind::RevokedFiles if self.dialect.lists_revoked_host_keys() => {
                let free = self.all(keyword).is_empty();
                self.apply_list(keyword, arguments, line, free, usize::MAX, &|word| Ok(word))?;
            }
            Kind::RevokedFiles => {
                let word = arguments.required()?;
                self.first(keyword, line, || word.into_owned());
            }
            Kind::Refusal => {
                let word = arguments.required()?;
                if line.active {
                    return Err(Fault::Fatal(format!("RefuseConnection: {}", shown(&word))));
                }
            }
            Kind::ChannelTimeout => self.apply_channel_timeout(keyword, arguments, line)?,
            Kind::KeystrokeTiming => {
                let value = keystroke_timing(arguments)?;
                self.first(keyword, line, || value.into());
            }
            Kind::Addendum => {
                let value = without_separators(rest);
                let is_none = value.eq_ignore_ascii_case(b"none");
                self.first(keyword, line, || if is_none { Vec::new() } else { value.to_vec() });
            }
            Kind::Command | Kind::Jump if rest.is_empty() => return bad("Missing argument."),
            Kind::Command => {
                let value = without_separators(rest);
                self.first(keyword, line, || value.to_vec());
            }
            Kind::Port => {
                let word = arguments.required()?;
                match values::port(&word, self.facts) {
                    None | Some(0) => return bad(format!("Bad port '{}'.", shown(&word))),
                    Some(port) => self.first(keyword, line, || port.to_string().into()),
                }
            }
            Kind::Algorithms(list) => {
                let word = arguments.required()?;
                if !list.accepts(&word, self.dialect) {
                    self.said.extend(list.complaint(&word, self.dialect));
                    return bad(no_algorithm(list, &word));
                }
                self.first(keyword, line, || word.into_owned());
            }
            Kind::ForwardAgent => {
                let word = arguments.required()?;
                if let Some(value) = lookup(FLAGS, &word) {
                    self.first(keyword, line, || value.into());
                } else {
                    self.first(keyword, line, || b"yes".to_vec());
                    self.check_agent_path(&word)?;
                    if line.active && self.agent_path.is_none() {
                        self.agent_path = Some(line.setting(word.into_owned()));
                    }
                }
            }
            Kind::AgentPath => {
                let word = arguments.required()?;
                self.check_agent_path(&word)?;
                self.first(keyword, line, || word.into_owned());
            }
            Kind::Jump => self.apply_jump(without_separators(rest), line)?,
            Kind::KeyFile => {
                let word = arguments.required()?;
                if line.active {
                    if self.all(keyword).len() >= MOST_KEYS {
                        let what = match keyword {
                            Keyword::IdentityFile => "identity",
                            _ => "certificate",
                        };
                        return bad(format!("Too many {what} files specified (max {MOST_KEYS})."));
                    }
                    self.add_key_file(keyword, line.setting(word.into_owned()));
                }
            }
            // What stands in a block that does not apply, or behind another list, is not even read.
            Kind::HostFiles if !self.dialect.cuts_lines_as_argv() => {
                if line.active && self.all(keyword).is_empty() {
                    while let Some(word) = arguments.next() {
                        if self.all(keyword).len() >= MOST_FILES {
                            return bad("too many known hosts files.");
                        }
                        self.slots[keyword as usize].push(line.setting(word.into_owned()));
                    }
                }
            }
            Kind::HostFiles => {
                let free = self.all(keyword).is_empty();
                self.apply_list(keyword, arguments, line, free, MOST_FILES, &|word| Ok(word))?;
            }
            Kind::Domains => {
                let dialect = self.dialect;
                let free = self.all(keyword).is_empty();
                self.apply_list(keyword, arguments, line, free, MOST_FILES, &|word| {
                    values::check_domain(&word, dialect.takes_underscore_domains())?;
                    let lower = word.to_ascii_lowercase();
                    Ok(lower.strip_suffix(b".").unwrap_or(&lower).to_vec())
                })?;
            }
            Kind::LogVerbose => {
                // Only the first word finds its place free.
                let free = self.all(keyword).is_empty();
                self.apply_list(keyword, arguments, line, free, usize::MAX, &|word| Ok(word))?;
                if free && line.active {
                    self.slots[keyword as usize].truncate(1);
                }
            }
            Kind::PermittedCnames => self.apply_cnames(keyword, arguments, line)?,
            Kind::Forward => self.apply_forward(keyword, arguments, line)?,
            Kind::RemoteOpen => self.apply_remote_open(keyword, arguments, line)?,
            Kind::SendEnv => self.apply_send_env(keyword, arguments, line)?,
            Kind::SetEnv => self.apply_set_env(keyword, arguments, line)?,
            Kind::EscapeChar => {
                let word = arguments.required()?;
                match values::escape_char(&word) {
                    Some(value) => self.first(keyword, line, || value.into()),
                    None => return bad("Bad escape character."),
                }
            }
            Kind::IpQos => {
                let dialect = self.dialect;
                let class = |word: Cow<'_, [u8]>| {
                    let value = values::ip_qos(&word, dialect);
                    value.ok_or_else(|| Fault::Bad(format!("Bad IPQoS value: {}", shown(&word))))
                };
                let interactive = class(arguments.next().unwrap_or_default())?;
                let bulk = match arguments.next() {
                    Some(word) => class(word)?,
                    None => interactive.clone(),
                };
                self.first_or_last(keyword, line, format!("{interactive} {bulk}").into());
            }
            Kind::RekeyLimit => self.apply_rekey_limit(keyword, arguments, line)?,
            Kind::TunnelDevice => {
                let word = arguments.required()?;
                match values::tunnel_device(&word) {
                    Some(value) => self.first_or_last(keyword, line, value.into()),
                    None => return bad("Bad tun device."),
                }
            }
            Kind::ControlPersist => {
                let word = arguments.next().filter(|word| !word.is_empty());
                let Some(word) = word else { return bad("Missing ControlPersist argument.") };
                let value = match &*word {
                    b"no" | b"false" => "no".to_owned(),
                    b"yes" | b"true" => "yes".to_owned(),
                    word => match values::seconds(word, self.dialect.time_grammar()) {
                        Some(0) => "yes".to_owned(),
                        Some(value) => value.to_string(),
                        None => return bad("Bad ControlPersist argument."),
                    },
                };
                self.first(keyword, line, || value.into());
            }
            Kind::AddKeysToAgent => {
                let value = add_keys_to_agent(arguments, self.dialect.time_grammar())?;
                self.first(keyword, line, || value.into());
            }
            Kind::Mask => {
                let word = arguments
                    .next()
                    .filter(|word| !word.is_empty())
                    .ok_or(Fault::Bad("Missing StreamLocalBindMask argument.".to_owned()))?;
                let Some(value) = values::mask(&word) else { return bad("Bad mask.") };
                let value = format!("0{value:o}");
                if self.dialect.scopes_bind_mask() {
                    self.first(keyword, line, || value.into());
                    return Ok(());
                }
                // The last one counts, and ssh does not ask whether its block applies.
                let before = self.take(keyword);
                self.beaten.extend(before.into_iter().map(|setting| (keyword, setting)));
                self.replace(keyword, vec![line.setting(value.into())]);
            }
            Kind::Facility => {
                let word = arguments.next().unwrap_or_default();
                let Some(value) = lookup(FACILITIES, &word) else {
                    return bad(format!("unsupported log facility '{}'", or_none(&word)));
                };
                // ssh does not ask whether its block applies.
                self.first(keyword, &Line { active: true, ..*line }, || value.into());
            }
        }
        Ok(())
    }

    fn check_agent_path(&self, word: &[u8]) -> Result<(), Fault> {
        if tokens::expand(word, None, Some(self.facts)).is_err() {
            return bad(format!("Invalid environment expansion {}.", shown(word)));
        }
        match word.strip_prefix(b"$") {
            Some(name) if !name.starts_with(b"{") && !values::is_variable_name(name) => {
                bad(format!("Invalid environment name {}.", shown(word)))
            }
            _ => Ok(()),
        }
    }

    /// Adds a key or certificate that is not there yet.
    pub(super) fn add_key_file(&mut self, keyword: Keyword, setting: Setting) {
        let slot = &mut self.slots[keyword as usize];
        if !slot.iter().any(|known| known.value == setting.value && known.user == setting.user) {
            slot.push(setting);
        }
    }

    fn apply_jump(&mut self, text: &[u8], line: &Line<'_>) -> Result<(), Fault> {
        let strict = (line.source)() == Source::CommandLine;
        let jump = match Jump::parse(text, strict, self.facts, self.dialect) {
            Ok(jump) => jump,
            Err(why) => {
                self.said.extend(why.map(|why| format!("parse_jump: {why}")));
                return bad(format!("Invalid ProxyJump \"{}\"", shown(text)));
            }
        };
        if line.active {
            self.take_jump(jump, line);
        }
        Ok(())
    }

    /// Takes a jump where neither it nor a command is there yet.
    pub(super) fn take_jump(&mut self, jump: Jump, line: &Line<'_>) {
        let command = self.get(Keyword::ProxyCommand).is_some();
        match (&jump, &self.jump) {
            (Jump::Nowhere, None) if self.dialect.jump_none_yields() => {
                self.jump = Some((jump, (line.source)()));
            }
            (Jump::Nowhere, None) if !command => {
                self.jump = Some((jump, (line.source)()));
                self.first(Keyword::ProxyCommand, line, || b"none".to_vec());
            }
            (Jump::Through { .. }, None) if !command => {
                self.jump = Some((jump, (line.source)()));
                self.first(Keyword::ProxyCommand, line, || b"none".to_vec());
            }
            _ => {
                let value = jump.dump().unwrap_or_else(|| b"none".to_vec());
                self.beaten.push((Keyword::ProxyJump, line.setting(value)));
            }
        }
    }

    /// Adds a forwarding that is not there yet.
    pub(super) fn add_forward(&mut self, forward: Forward, source: Source, remote: bool) {
        let list = if remote { &mut self.remote_forwards } else { &mut self.local_forwards };
        if !list.iter().any(|(known, _)| *known == forward) {
            list.push((forward, source));
        }
    }
}

impl Line<'_> {
    pub(super) fn setting(&self, value: Vec<u8>) -> Setting {
        Setting { value, source: (self.source)(), user: self.user }
    }

    fn keyword(&self) -> String {
        shown(self.written).to_lowercase()
    }

    fn not_alone(&self, word: &str) -> String {
        format!("keyword {} \"{word}\" argument must appear alone.", self.keyword())
    }
}
