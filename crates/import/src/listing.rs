//! What an import found: sessions, and what of the input is no session for ssh.

use std::collections::BTreeSet;
use std::fmt;

use sshp_config::Keyword;

use crate::Instance;
use crate::text::Decoded;

/// All that one input held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The entries, in the order of the input.
    pub entries: Vec<Entry>,
    /// The encoding that names were read by, where nothing in the input says which it is.
    pub encoding: Option<&'static str>,
    /// How many passwords and passphrases the program keeps. None of them was read.
    pub passwords: usize,
    /// Whether it has all servers of its [scopes](Listing::scopes).
    pub extent: Extent,
    /// The accounts and regions that its servers are in.
    pub scopes: BTreeSet<String>,
    /// What does not come along and belongs to no entry.
    pub left_behind: Vec<LeftBehind>,
    /// Whether it lists servers that were connected to, and no sessions: a server that a profile goes to
    /// already is nothing new.
    pub is_of_known_hosts: bool,
}

/// Whether a listing has all that there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Nothing says so.
    #[default]
    Unknown,
    /// It has all.
    Complete,
    /// It has not: what is missing.
    Partial(String),
}

impl Listing {
    /// Notes by which encoding some of it was read, where that is a guess.
    pub(crate) fn note_encoding(&mut self, decoded: &Decoded) {
        if decoded.is_guess {
            self.encoding = Some(decoded.encoding);
        }
    }
}

/// One entry of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What names it in its source, for good: a GUID, or its folders and name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folders that it is in, the outermost first.
    pub folders: Vec<String>,
    /// What it says, or why ssh has no use for it.
    pub content: Result<Session, Skipped>,
}

impl Entry {
    /// An entry of a program that knows it by its folders and name.
    pub(crate) fn by_path(
        folders: Vec<String>,
        name: impl Into<String>,
        content: Result<Session, Skipped>,
    ) -> Self {
        let name = name.into();
        let id = folders.iter().chain([&name]).map(String::as_str).collect::<Vec<_>>().join("/");
        Entry { id, name, folders, content }
    }

    /// An entry of a program that gives it an id; without one, its folders and name are the id.
    pub(crate) fn by_id(
        id: Option<String>,
        folders: Vec<String>,
        name: impl Into<String>,
        content: Result<Session, Skipped>,
    ) -> Self {
        let entry = Entry::by_path(folders, name, content);
        Entry { id: id.unwrap_or(entry.id), ..entry }
    }
}

/// What a session says that OpenSSH has a word for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// The host as it is written: a name or an address.
    pub host: String,
    /// The port, where it is not ssh's own.
    pub port: Option<u16>,
    /// The login name.
    pub user: Option<String>,
    /// A private key, as the program names the file: often a path of another machine.
    pub key: Option<String>,
    /// The servers on the way, the first one first.
    pub jumps: Vec<Jump>,
    /// More options with their values, as they stand in a config.
    pub options: Vec<(Keyword, String)>,
    /// Options that run a program on this machine or the server, and what these need.
    pub commands: Vec<(Keyword, String)>,
    /// What the user wrote about it, on one line.
    pub note: Option<String>,
    /// Its labels, apart from its folders.
    pub tags: Vec<String>,
    /// Fingerprints that the host key must have.
    pub host_keys: Vec<String>,
    /// What does not come along.
    pub left_behind: Vec<LeftBehind>,
    /// What a cloud says of the server; its host is then the first of its addresses.
    pub instance: Option<Box<Instance>>,
}

/// A server on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// Another session of the same input, by its id or name.
    Session(String),
    /// A server that only this session names.
    Server {
        /// The host.
        host: String,
        /// The port, where it is not ssh's own.
        port: Option<u16>,
        /// The login name.
        user: Option<String>,
        /// A private key, as the program names the file.
        key: Option<String>,
    },
}

/// Why an entry is no session for ssh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// It is for another protocol: its name, in lower case.
    Protocol(String),
    /// It has no host.
    NoHost,
    /// A value cannot be used.
    Field {
        /// The field: `port`.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Some of its bytes are no text in the encoding that was taken.
    Encoding,
    /// It runs Windows.
    Windows,
    /// The cloud has it no more: its state there, in lower case.
    Gone(String),
    /// Its file breaks off, or cannot be parsed.
    Broken,
    /// A `Host` block whose patterns name no single host.
    Pattern,
    /// A `Match` block, which names no host.
    Match,
    /// Its lines are for every host.
    EveryHost,
    /// A profile goes to that server already: its name.
    HasProfile(String),
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skipped::Protocol(word) | Skipped::Gone(word) => f.write_str(word),
            Skipped::Windows => f.write_str("windows"),
            Skipped::NoHost => f.write_str("no host"),
            Skipped::Field { field, why } => write!(f, "{field}: {why}"),
            Skipped::Encoding => f.write_str("its name is no text in this encoding"),
            Skipped::Broken => f.write_str("its file cannot be parsed"),
            Skipped::Pattern => f.write_str("a pattern, which is no host"),
            Skipped::Match => f.write_str("a Match block, which is no host"),
            Skipped::EveryHost => f.write_str("for every host"),
            Skipped::HasProfile(name) => write!(f, "`{name}` goes there"),
        }
    }
}

/// Something of a session that is named and not imported.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeftBehind {
    /// A proxy that is no ssh server: its kind.
    Proxy(String),
    /// A command that the program runs on the server.
    Command,
    /// A script or commands that the program types.
    Script,
    /// A key that only the program can find by this name.
    Key(String),
    /// A forwarding that could not be read.
    Forwarding,
    /// A variable for the server that a config cannot hold.
    Variable,
    /// Fingerprints that the host key must have.
    HostKeys,
    /// A jump that names no session: its name.
    Jump(String),
    /// A private key that stands in the file itself.
    KeyText,
    /// A login name that only the program can find by this name.
    Login(String),
    /// Settings of PuTTY that the program takes from this session of it.
    Settings(String),
    /// An option of ssh that runs a program, weakens a check or names a file of another machine.
    Option(&'static str),
    /// An option of ssh that another block gives to this host.
    Inherited(&'static str),
    /// A variable whose value is a template or in a vault.
    Template(&'static str),
    /// A host of known_hosts whose name is hashed.
    HashedName,
}

impl fmt::Display for LeftBehind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeftBehind::Proxy(kind) => write!(f, "{kind} proxy"),
            LeftBehind::Command => f.write_str("remote command; `--with-commands` takes it along"),
            LeftBehind::Script => f.write_str("login script"),
            LeftBehind::Key(name) => write!(f, "key `{name}`"),
            LeftBehind::Forwarding => f.write_str("forwarding"),
            LeftBehind::Variable => f.write_str("variable"),
            LeftBehind::HostKeys => {
                f.write_str("host key fingerprints; `sshp trust --pin` keeps them")
            }
            LeftBehind::Jump(name) => write!(f, "jump host `{name}`"),
            LeftBehind::KeyText => f.write_str("private key inside the file"),
            LeftBehind::Login(name) => write!(f, "login `{name}`, kept by the program"),
            LeftBehind::Settings(name) => write!(f, "settings of PuTTY's session `{name}`"),
            LeftBehind::Option(name) => write!(f, "option `{name}`"),
            LeftBehind::Inherited(name) => {
                write!(f, "`{name}` of a block that is for several hosts")
            }
            LeftBehind::Template(name) => write!(f, "`{name}`, which is a template or in a vault"),
            LeftBehind::HashedName => f.write_str("hashed name of a host"),
        }
    }
}
