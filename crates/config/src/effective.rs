//! PURE: the options that ssh would use for one destination, each with where it comes from.

mod host_params;
mod typed;

use super::forward::{Forward, Hop, Jump};
use super::options::{Form, Keyword, TABLE};
use super::settings::{Setting, Source};
use super::tokens::{ExpandError, Tokens};
use super::walk::{Complaint, Walk};
use super::{Dialect, Origin};

/// What ssh would use for a destination.
#[derive(Clone, Debug)]
pub struct Effective {
    typed: Vec<u8>,
    slots: Vec<Vec<Setting>>,
    beaten: Vec<(Keyword, Setting)>,
    jump: Option<(Jump, Source)>,
    local_forwards: Vec<(Forward, Source)>,
    remote_forwards: Vec<(Forward, Source)>,
    tokens: Tokens,
    /// The ssh that it was resolved for.
    dialect: Dialect,
    /// `-C` was given.
    compression_flag: bool,
    /// HostKeyAlgorithms adds to the default or takes from it, and leaves the order to known_hosts
    /// (sshconnect2.c: ssh_kex2).
    pub host_keys_amended: bool,
    /// The lines whose condition only a connect decides, where nothing was run to decide it:
    /// `Match exec`, and `CanonicalizeHostname`, which asks the DNS. And where the tree has no source
    /// ([`crate::Tree::with_source`]), `Include` lines that name a file by the destination.
    pub depends_on: Vec<Origin>,
    /// What ssh complains about without giving up.
    pub complaints: Vec<Complaint>,
}

impl Effective {
    /// Takes what a run over the files gathered, and fills in the defaults that are fixed.
    pub(super) fn new(walk: &mut Walk<'_>, tokens: Tokens) -> Self {
        let settings = &mut walk.settings;
        let dialect = settings.dialect;
        let jump = settings.jump.take();
        let mut slots: Vec<_> = TABLE.iter().map(|row| settings.take(row.keyword)).collect();
        let mut put = |keyword: Keyword, setting: Option<Setting>| {
            if let Some(setting) = setting {
                slots[keyword as usize] = vec![setting];
            }
        };
        put(Keyword::ForwardAgent, settings.agent_path.take());
        let (size, interval) = (settings.rekey_size.take(), settings.rekey_interval.take());
        if let Some(first) = size.as_ref().or(interval.as_ref()) {
            let part = |setting: &Option<Setting>| {
                setting.as_ref().map_or_else(|| "0".to_owned(), |setting| setting.text().into())
            };
            let value = format!("{} {}", part(&size), part(&interval)).into_bytes();
            put(Keyword::RekeyLimit, Some(Setting { value, ..first.clone() }));
        }
        if let Some((jump, source)) = &jump {
            let value = jump.dump().unwrap_or_default();
            let setting = Setting { value, source: source.clone(), user: true };
            put(Keyword::ProxyJump, Some(setting));
            slots[Keyword::ProxyCommand as usize].clear();
        }
        for row in TABLE.iter().filter(|row| dialect.prints(row.keyword)) {
            let slot = &mut slots[row.keyword as usize];
            if slot.is_empty() {
                let setting = |value: &str| Setting {
                    value: value.into(),
                    source: Source::Default,
                    user: false,
                };
                let values = dialect.default_values(row);
                slot.extend(values.iter().map(|value| setting(value)));
            }
        }
        let provider = &mut slots[Keyword::SecurityKeyProvider as usize];
        provider.retain(|setting| !setting.value.eq_ignore_ascii_case(b"none"));
        let listed = |forwards: &[(Forward, Source)], keep: fn(&Forward) -> bool, target: bool| {
            let kept = forwards.iter().filter(|(forward, _)| keep(forward));
            kept.map(|(forward, source)| Setting {
                value: forward.dump(target),
                source: source.clone(),
                user: true,
            })
            .collect()
        };
        let (local, remote) = (&settings.local_forwards, &settings.remote_forwards);
        slots[Keyword::DynamicForward as usize] =
            listed(local, Forward::is_listed_as_dynamic, false);
        slots[Keyword::LocalForward as usize] =
            listed(local, |forward| !forward.is_dynamic(), true);
        slots[Keyword::RemoteForward as usize] = listed(remote, |_| true, true);
        Effective {
            typed: walk.original_host.clone(),
            slots,
            beaten: std::mem::take(&mut settings.beaten),
            jump,
            local_forwards: std::mem::take(&mut settings.local_forwards),
            remote_forwards: std::mem::take(&mut settings.remote_forwards),
            tokens,
            dialect: dialect.clone(),
            compression_flag: settings.compression_flag,
            host_keys_amended: settings.host_keys_amended,
            depends_on: std::mem::take(&mut walk.depends_on),
            complaints: std::mem::take(&mut walk.complaints),
        }
    }

    /// All values of an option in the words of `ssh -G`, in order.
    #[must_use]
    pub fn all(&self, keyword: Keyword) -> &[Setting] {
        &self.slots[keyword as usize]
    }

    /// Every option that something set, in the order of `ssh -G`, with its values; defaults are
    /// left out.
    pub fn set(&self) -> impl Iterator<Item = (Keyword, &[Setting])> {
        let rows = TABLE.iter().map(|row| (row.keyword, self.all(row.keyword)));
        rows.filter(|(_, values)| values.iter().any(|setting| setting.source != Source::Default))
    }

    /// The first or only value of an option with where it comes from; `None` where it has none.
    #[must_use]
    pub fn setting(&self, keyword: Keyword) -> Option<&Setting> {
        self.all(keyword).first()
    }

    /// The first or only value of an option.
    #[must_use]
    pub fn get(&self, keyword: Keyword) -> Option<&[u8]> {
        self.setting(keyword).map(|setting| setting.value.as_slice())
    }

    /// The first or only value of an option as text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self, keyword: Keyword) -> Option<String> {
        self.setting(keyword).map(|setting| setting.text().into_owned())
    }

    /// Whether an option is this word of `ssh -G`.
    #[must_use]
    pub fn is(&self, keyword: Keyword, word: &str) -> bool {
        self.get(keyword) == Some(word.as_bytes())
    }

    /// Values of lines that applied but lost to an earlier one, in the order they were read.
    pub fn beaten(&self, keyword: Keyword) -> impl Iterator<Item = &Setting> {
        self.beaten.iter().filter(move |(beaten, _)| *beaten == keyword).map(|(_, setting)| setting)
    }

    /// The host as it was typed: the alias of a profile.
    #[must_use]
    pub fn typed(&self) -> &[u8] {
        &self.typed
    }

    /// The host to connect to.
    #[must_use]
    pub fn host(&self) -> &[u8] {
        &self.tokens.host
    }

    /// The user on the server.
    #[must_use]
    pub fn user(&self) -> &[u8] {
        &self.tokens.user
    }

    /// The port to connect to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.tokens.port
    }

    /// The hops to go through, where there are any.
    #[must_use]
    pub(crate) fn proxy_jump(&self) -> Option<&Jump> {
        self.jump.as_ref().map(|(jump, _)| jump)
    }

    /// The hops as a connect goes through them, tokens expanded: ssh makes a ProxyCommand of them
    /// (ssh.c: main). The last one, and those before it as they are written.
    ///
    /// # Errors
    /// For a token that is none, for which ssh gives up when it connects.
    pub fn jump_hops(&self) -> Result<Option<Jump>, ExpandError> {
        let Some(Jump::Through { last, before }) = self.proxy_jump() else { return Ok(None) };
        let expand = |text: &Vec<u8>| self.tokens.expand(text);
        let last = Hop {
            user: last.user.as_ref().map(expand).transpose()?,
            host: expand(&last.host)?,
            port: last.port,
        };
        Ok(Some(Jump::Through { last, before: before.as_ref().map(expand).transpose()? }))
    }

    /// The command that reaches the server, its tokens not expanded, where there is one.
    #[must_use]
    pub fn proxy_command(&self) -> Option<&[u8]> {
        self.get(Keyword::ProxyCommand)
    }

    /// The user's known_hosts files, expanded; none for `none`.
    pub fn user_known_hosts_files(&self) -> impl Iterator<Item = &[u8]> {
        self.values(Keyword::UserKnownHostsFile)
    }

    /// The system's known_hosts files; none for `none`.
    pub fn global_known_hosts_files(&self) -> impl Iterator<Item = &[u8]> {
        self.values(Keyword::GlobalKnownHostsFile)
    }

    /// `HostKeyAlias`, in lower case.
    #[must_use]
    pub fn host_key_alias(&self) -> Option<&[u8]> {
        self.get(Keyword::HostKeyAlias)
    }

    /// What the tokens stand for, to expand what `ssh -G` prints raw: ProxyCommand, LocalCommand,
    /// KnownHostsCommand.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// The ssh that it was resolved for.
    #[must_use]
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// The options as `ssh -G` prints them, byte for byte.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut line = |name: &str, values: &[&[u8]]| {
            out.extend(name.bytes());
            for value in values {
                out.push(b' ');
                out.extend(*value);
            }
            out.push(b'\n');
        };
        let dialect = &self.dialect;
        if dialect.prints_host() {
            line("host", &[&self.typed]);
        }
        let mut print = |keyword: Keyword, form: Form| {
            let name = dialect.printed_name(keyword);
            let mut values: Vec<&[u8]> =
                self.all(keyword).iter().map(|setting| setting.value.as_slice()).collect();
            if keyword == Keyword::Compression && self.is_compression_misprinted() {
                values = vec![b"UNKNOWN"];
            }
            match form {
                Form::Hidden => {}
                Form::Line => {
                    if let [value, ..] = values.as_slice() {
                        line(name, &[value]);
                    }
                }
                Form::Each => values.iter().for_each(|value| line(name, &[value])),
                Form::Joined if !values.is_empty() => line(name, &values),
                Form::Joined if !dialect.prints_none_for_empty() => line(name, &[]),
                Form::Joined => line(name, &[b"none"]),
            }
        };
        for row in TABLE.iter().filter(|row| dialect.prints(row.keyword)) {
            let is_unset = self.all(row.keyword).is_empty();
            match row.keyword {
                Keyword::RevokedHostKeys if dialect.lists_revoked_host_keys() => {}
                Keyword::UserKnownHostsFile if dialect.lists_revoked_host_keys() => {
                    print(row.keyword, row.form);
                    print(Keyword::RevokedHostKeys, Form::Joined);
                }
                Keyword::CanonicalizePermittedCNAMEs
                    if is_unset && !dialect.always_prints_cnames() => {}
                keyword => print(keyword, row.form),
            }
        }
        out
    }

    /// Whether the ssh prints a word for `compression yes` that its parser does not take.
    fn is_compression_misprinted(&self) -> bool {
        self.is(Keyword::Compression, "yes")
            && if self.compression_flag {
                self.dialect.misprints_compression_flag()
            } else {
                self.dialect.misprints_compression()
            }
    }
}
