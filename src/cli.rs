//! The command line, as data: clap structs whose doc comments are the help.

#![allow(rustdoc::broken_intra_doc_links, reason = "`[user@]host[:port]` is help, not a link")]

mod connect;
mod export;
mod generate;
mod history;
mod host;
mod import;
mod key;
mod look;
mod profile;
mod settings;
mod shell;
pub mod verbs;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::connect::{Connect, Pick, words};
pub use self::export::{Export, ExportFormat};
pub use self::generate::{Generate, GenerateKind};
pub use self::history::{Log, Sync, Undo};
pub use self::host::{Forget, Trust};
pub use self::import::Import;
pub use self::key::{Key, KeyConvert, KeyFix, KeyForm, KeyImport, KeyList, KeyPush, KeyVerb};
pub use self::look::{Check, Doctor, List, Show, Sort, Tags};
pub use self::profile::{Add, Copy, Edit, Fields, Mv, Rm, Write};
pub use self::settings::{Config, ConfigSet, ConfigShow, ConfigUnset, ConfigVerb};
pub use self::shell::{Completions, Init};
pub use crate::settings::Color;

/// SSH profiles in ~/.ssh/config: add, find, connect, forget.
///
#[cfg_attr(
    feature = "picker",
    doc = "Without a command, sshp opens the picker over all profiles; Enter connects."
)]
#[cfg_attr(
    not(feature = "picker"),
    doc = "Without a command, sshp lists the profiles and asks for a number; then it connects."
)]
/// With a profile's name it connects: `sshp web-server`, `sshp web-server uptime`; at a terminal
/// also with the beginning that only one name has.
#[cfg_attr(feature = "picker", doc = "With anything else it opens the picker on what matches.")]
#[cfg_attr(not(feature = "picker"), doc = "With anything else it lists what matches.")]
#[derive(Debug, Parser)]
#[command(
    name = "sshp",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = false,
    override_usage = "sshp [OPTIONS] [COMMAND]\n       sshp [OPTIONS] NAME [SSH FLAGS] [REMOTE COMMAND]...",
    after_help = "\
Examples:
  sshp add web-server deploy@203.0.113.7 --key ~/Downloads/web.pem --tag prod
  sshp                        pick a profile and connect
  sshp web-server uptime      run a command there
  sshp forget web-server      after a reinstall"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Read this config instead of ~/.ssh/config (ssh gets it as -F)
    #[arg(short = 'F', long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// When to use colors
    #[arg(
        long,
        value_enum,
        value_name = "auto|always|never",
        default_value_t,
        hide_default_value = true,
        hide_possible_values = true,
        global = true
    )]
    pub color: Color,
    /// Print only data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print more about what is done; repeat for more
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Connect to a profile or any destination that ssh takes
    Connect(Connect),
    /// Choose a profile and print its name
    Pick(Pick),
    /// Add a profile
    Add(Add),
    /// Change a profile; only what is named changes
    Edit(Edit),
    /// Remove profiles
    Rm(Rm),
    /// Rename a profile
    Mv(Mv),
    /// Copy a profile under a new name
    Copy(Copy),
    /// Make profiles of the sessions of PuTTY, Xshell, MobaXterm and others
    Import(Import),
    /// Write profiles for Ansible, ClusterShell, PuTTY and others
    Export(Export),
    /// Take back the last change, or the last N
    Undo(Undo),
    /// List the changes that sshp made
    Log(Log),
    /// Bring tags and notes in line with a config edited by others
    Sync(Sync),
    /// List profiles
    List(List),
    /// List the tags that profiles have, and how many have each
    Tags(Tags),
    /// Show a profile: its options and where each comes from
    Show(Show),
    /// Find what is wrong in the config: duplicates, dead blocks, missing keys
    Check(Check),
    /// Remove a host's keys from known_hosts
    Forget(Forget),
    /// Verify a server's host keys by its console's text, and store them
    Trust(Trust),
    /// Find why a connection fails, stage by stage
    ///
    /// With NAME, goes the way of a connect: config, key files, addresses, each jump host, TCP,
    /// greeting, algorithms, host key, login, and a command `echo sshp-doctor` there. Stops at the
    /// first stage that fails, and says what that means and which commands mend it.
    ///
    /// Stores nothing. Asks for the passphrase of a key that the server wants; sends no password
    /// unless told to. A ProxyCommand and `Match exec` are run as a connect runs them, and named.
    ///
    /// Without NAME, looks at the installation: ssh, modes, config, shell integration, agent.
    Doctor(Doctor),
    /// Look after private keys
    Key(Key),
    /// Look at and change the settings
    Config(Config),
    /// Print the shell integration: eval "$(sshp init bash)"
    Init(Init),
    /// Print a completion script, to be installed as a file
    Completions(Completions),
    /// Write manual pages, for packages
    Generate(Generate),
    /// Try sshp on a server of its own that touches nothing of yours
    #[cfg(feature = "builtin")]
    #[command(after_help = "\
Examples:
  sshp demo
  sshp demo </dev/null        the same steps as a script")]
    Demo,
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}
