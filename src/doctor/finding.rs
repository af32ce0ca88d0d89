//! PURE: what a finding is made of, and whom it is about.

use crate::error::ErrorKind;

/// The server that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// What it is called, and what commands name.
    pub name: String,
    /// Where it is.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The user to log in as.
    pub user: String,
    /// Whether it is a profile, which `sshp edit` can change.
    pub is_profile: bool,
    /// The server before it on the way.
    pub via: Option<String>,
}

/// One thing that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// The command.
    pub command: String,
    /// When, or what for.
    pub why: String,
}

/// Why a connection fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name, which does not change: scripts compare it.
    pub name: &'static str,
    /// What is wrong, in one sentence.
    pub what: String,
    /// What was seen, a line each.
    pub seen: Vec<String>,
    /// What it means.
    pub means: String,
    /// What mends it, the likeliest first.
    pub mends: Vec<Mend>,
    /// What kind of failure it is.
    pub kind: ErrorKind,
}

impl Finding {
    /// A finding with nothing but its name, its kind and what is wrong.
    pub(super) fn new(name: &'static str, kind: ErrorKind, what: impl Into<String>) -> Self {
        let (what, means) = (what.into(), String::new());
        Finding { name, what, seen: Vec::new(), means, mends: Vec::new(), kind }
    }

    /// What was seen, line by line; a text of several lines is several of them.
    pub(super) fn seen(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        for text in texts {
            self.seen.extend(text.lines().map(|line| line.trim_end().to_owned()));
        }
        self
    }

    /// What it means.
    pub(super) fn means(mut self, text: &str) -> Self {
        text.clone_into(&mut self.means);
        self
    }

    /// A command that mends it, after those before.
    pub(super) fn mend(mut self, command: impl Into<String>, why: impl Into<String>) -> Self {
        self.mends.push(Mend { command: command.into(), why: why.into() });
        self
    }

    /// A connect by the built-in session, where sshp has it.
    pub(super) fn mend_by_builtin(self, name: &str, why: &str) -> Self {
        if cfg!(not(feature = "builtin")) {
            return self;
        }
        self.mend(format!("sshp connect --session builtin {name}"), why)
    }

    /// More that mends it.
    pub(super) fn mends(mut self, mends: impl IntoIterator<Item = Mend>) -> Self {
        self.mends.extend(mends);
        self
    }
}

impl Subject {
    /// The server before it on the way, as findings call it.
    pub(super) fn via(&self) -> &str {
        self.via.as_deref().unwrap_or("the jump host")
    }

    /// The command that gives the profile another value, or a host that is none.
    pub(super) fn set(&self, flags: &str, option: &str) -> String {
        let name = &self.name;
        match (self.is_profile, option.split_once(' ')) {
            (true, _) => format!("sshp edit {name} {flags}"),
            (false, None) => format!("sshp connect -o {option} {name}"),
            (false, Some((option, more))) => format!("sshp connect -o {option} {more} {name}"),
        }
    }

    /// The command that gives the profile, or the host, another key.
    pub(super) fn set_key(&self) -> [Mend; 1] {
        let command = if self.is_profile {
            format!("sshp edit {} --key FILE", self.name)
        } else {
            format!("sshp connect -i FILE {}", self.name)
        };
        [Mend { command, why: "the key that the server knows".to_owned() }]
    }
}
