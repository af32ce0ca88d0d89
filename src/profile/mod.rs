//! PURE: profiles, their metadata, and how one is found and ranked.

pub mod alias;
pub mod edit;
pub mod fields;
pub mod find;
pub mod join;
pub mod metadata;
pub mod patch;
pub mod query;
pub mod rank;
pub mod template;
pub mod verify;

use std::str::FromStr;
use std::sync::Arc;

use clap::ValueEnum;

pub use self::alias::Alias;
use sshp_config::Origin;

/// Which client runs a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Session {
    /// The system's ssh where there is one, else the built-in client
    #[default]
    Auto,
    /// The client inside sshp
    #[cfg_attr(not(feature = "builtin"), value(skip))]
    Builtin,
    /// The system's ssh
    System,
}

impl Session {
    /// The words that can be chosen. Files may hold the others, too: they are shared with machines
    /// whose sshp has the built-in client.
    pub const WORDS: &[&str] = if cfg!(feature = "builtin") {
        &["auto", "builtin", "system"]
    } else {
        &["auto", "system"]
    };

    /// The word for it, on the command line and in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Session::Auto => "auto",
            Session::Builtin => "builtin",
            Session::System => "system",
        }
    }
}

impl FromStr for Session {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = [Session::Auto, Session::Builtin, Session::System];
        let known = known.into_iter().find(|session| session.as_str() == word);
        known.ok_or_else(|| format!("`{word}` is no session"))
    }
}

/// What ssh has no word for, kept in `profiles.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Words to find the profile by, without `#`.
    pub tags: Vec<String>,
    /// A line to remember it by.
    pub note: Option<String>,
    /// Which client runs its sessions, where one was chosen.
    pub session: Option<Session>,
    /// Whether it comes first in the picker, however seldom it is used. The word is not `pin`, for
    /// a profile that is pinned is one that accepts certain host keys only.
    pub favorite: bool,
    /// The host keys that it is pinned to, `SHA256:…`; no other is accepted.
    pub host_keys: Vec<String>,
    /// Where an import found it, with the id that it has there: `putty:web 01`.
    pub source: Option<String>,
    /// The tags that it has there.
    pub source_tags: Vec<String>,
    /// What that source said last.
    pub imported: Option<metadata::Imported>,
    /// The day since which the source no longer has it: `2026-11-30`.
    pub stale: Option<String>,
}

impl Metadata {
    /// The tag by which a query finds what its source no longer has.
    pub const STALE: &str = "stale";

    /// The tags that lists show and queries find, each once: those of the user, of the source, and
    /// [`Metadata::STALE`].
    pub fn all_tags(&self) -> impl Iterator<Item = &str> {
        let of_source = self.source_tags.iter().filter(|tag| !self.tags.contains(tag));
        let stale = self.stale.iter().map(|_| Metadata::STALE);
        self.tags.iter().chain(of_source).map(String::as_str).chain(stale)
    }

    /// Whether it has all of these tags.
    pub fn has_tags(&self, tags: &[String]) -> bool {
        tags.iter().all(|tag| self.all_tags().any(|other| other == tag))
    }

    /// Where an import found it, in words: `i-bp1example1 of aliyun/prod`.
    pub fn found(&self) -> Option<String> {
        let (source, id) = self.source_and_id()?;
        let stale = self.stale.iter().map(|day| format!(", not there since {day}"));
        Some(format!("{id} of {source}{}", stale.collect::<String>()))
    }

    /// The source and the id that it has there.
    pub fn source_and_id(&self) -> Option<(&str, &str)> {
        self.source.as_deref()?.split_once(':')
    }
}

/// A profile as lists, picker and completions show it: what ssh would use, and the metadata.
///
/// Values that only a connect can know (`Match exec`, DNS) are taken as not matching, and
/// `depends_on` says where they stand.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub alias: Alias,
    /// Its `Host` line, the first that names it.
    pub origin: Origin,
    /// The effective HostName, else the alias.
    pub host: String,
    /// The effective User, else the login name.
    pub user: String,
    /// The effective Port.
    pub port: u16,
    /// The effective ProxyJump.
    pub jump: Option<String>,
    /// Every effective IdentityFile, as it is written.
    pub keys: Vec<String>,
    /// Blocks whose conditions only a connect evaluates, where they could change a value.
    pub depends_on: Vec<Origin>,
    /// What ssh has no word for; the many that have none share one.
    pub metadata: Arc<Metadata>,
}

impl Profile {
    /// How it is reached; see [`target`].
    pub fn target(&self) -> String {
        target(&self.user, &self.host, self.port)
    }
}

/// `user@host`, with `:port` where it is not 22; IPv6 addresses in brackets.
pub fn target(user: &str, host: &str, port: u16) -> String {
    let mut out = String::with_capacity(user.len() + host.len() + 9);
    out.push_str(user);
    out.push('@');
    if host.contains(':') {
        out.push('[');
        out.push_str(host);
        out.push(']');
    } else {
        out.push_str(host);
    }
    if port != 22 {
        out.push(':');
        out.push_str(&port.to_string());
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;

    /// A profile `alias` of `me@alias`, as the tests of these modules want it.
    pub(crate) fn profile(alias: &str) -> Profile {
        Profile {
            alias: Alias::existing(alias),
            origin: Origin { file: Arc::from(Path::new("/h/config")), line: 1 },
            host: alias.to_lowercase(),
            user: "me".to_owned(),
            port: 22,
            jump: None,
            keys: Vec::new(),
            depends_on: Vec::new(),
            metadata: Arc::default(),
        }
    }
}
