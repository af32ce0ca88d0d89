//! The command line, as data: clap structs whose doc comments are the help.

#![allow(rustdoc::broken_intra_doc_links, reason = "`[user@]host[:port]` is help, not a link")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::profile::Session;
use crate::shell::Shell;

/// SSH profiles in ~/.ssh/config: add, find, connect, forget.
///
/// Without a command, sshp opens the picker over all profiles; Enter connects.
/// With a profile's name it connects: `sshp web-server`, `sshp web-server uptime`.
/// With anything else it opens the picker on what matches.
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
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Read this config instead of ~/.ssh/config (ssh gets it as -F)
    #[arg(short = 'F', long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// When to use colours
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
    /// Only data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say how things are done; repeat for more
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
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
    /// Take back the last change, or the last N
    Undo(Undo),
    /// List the changes that sshp made
    Log(Log),
    /// Bring tags and notes in line with a config edited by others
    Sync(Sync),
    /// List profiles
    List(List),
    /// Show a profile: its options and where each comes from
    Show(Show),
    /// Find what is wrong in the config: duplicates, dead blocks, missing keys
    Check(Check),
    /// Remove a host's keys from known_hosts
    Forget(Forget),
    /// Verify a server's host keys by its console's text, and store them
    Trust(Trust),
    /// Look after private keys
    Key(Key),
    /// Print the shell integration: eval "$(sshp init bash)"
    Init(Init),
    /// Print a completion script, to be installed as a file
    Completions(Completions),
    /// Try sshp on a server of its own that touches nothing of yours
    Demo,
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

/// `sshp connect`: ssh(1)'s own command line.
#[derive(Debug, Args)]
#[command(override_usage = "\
sshp connect [--session auto|builtin|system] [SSH FLAGS] DESTINATION [REMOTE COMMAND]...")]
#[command(after_help = "\
Before the destination:
      --session <auto|builtin|system>  Who runs the session: sshp itself, the system's ssh, or auto:
                                       ssh where there is one
  -p, -l, -i, -o, -J, -L, -N, ...      All flags of ssh(1); -G prints the options that would be used

Examples:
  sshp connect web-server
  sshp connect -p 2222 deploy@203.0.113.7 uptime
  GIT_SSH_COMMAND='sshp connect --session builtin' git fetch")]
pub struct Connect {
    /// ssh flags, the destination, the remote command
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "SSH ARGUMENTS",
        required = true
    )]
    pub args: Vec<OsString>,
}

/// `sshp pick`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ssh \"$(sshp pick web)\"
  sshp pick --multi --print0 | xargs -0 -I{} ssh {} uptime")]
pub struct Pick {
    /// What to look for
    pub query: Vec<String>,
    /// Separate and end names with NUL
    #[arg(long)]
    pub print0: bool,
    /// Let several be chosen (Tab)
    #[arg(long)]
    pub multi: bool,
    /// Print for the shell's widget: `insert` or `run`, a command, a name, with tabs between
    #[arg(long, hide = true, conflicts_with_all = ["print0", "multi"])]
    pub widget: bool,
}

/// What a profile can be given, in `add` and `edit`.
#[derive(Debug, Default, Args)]
pub struct Fields {
    /// Address or name of the server
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// User to log in as
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Port of the server
    #[arg(long, value_name = "PORT")]
    pub port: Option<String>,
    /// Private key to log in with
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Profile or [user@]host[:port] to go through; several with commas
    #[arg(long, value_name = "HOP")]
    pub jump: Option<String>,
    /// Any other ssh_config(5) option
    #[arg(long = "option", short = 'o', value_name = "KEYWORD=VALUE")]
    pub options: Vec<String>,
    /// Tag to find the profile by
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Note to remember it by
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Who runs the session: sshp itself, the system's ssh, or auto: ssh where there is one
    #[arg(long, value_enum, value_name = "auto|builtin|system", hide_possible_values = true)]
    pub session: Option<Session>,
}

/// `sshp add`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp add web-server deploy@203.0.113.7:2222
  sshp add web-server --host 203.0.113.7 --key ~/Downloads/web.pem --tag prod
  sshp add db 10.0.0.5 --jump bastion --note 'ask before restarting'
  sshp add old-box 10.0.0.9 --option HostKeyAlgorithms=+ssh-rsa")]
pub struct Add {
    /// Name of the new profile
    pub name: String,
    /// [user@]host[:port]
    pub target: Option<String>,
    #[command(flatten)]
    pub fields: Fields,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp edit`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp edit web-server --port 2222 --tag prod
  sshp edit web-server --unset ProxyJump --untag old
  sshp edit web-server        opens its block in $VISUAL or $EDITOR")]
pub struct Edit {
    /// Profile to change
    pub name: String,
    #[command(flatten)]
    pub fields: Fields,
    /// Option to take away
    #[arg(long, value_name = "KEYWORD")]
    pub unset: Vec<String>,
    /// Tag to take away
    #[arg(long, value_name = "TAG")]
    pub untag: Vec<String>,
    /// Let it connect to any host key that is known, whatever it was pinned to
    #[arg(long)]
    pub unpin: bool,
    /// In `Host a b`: give NAME a block of its own
    #[arg(long, conflicts_with = "shared")]
    pub split: bool,
    /// In `Host a b`: change the block for all its names
    #[arg(long)]
    pub shared: bool,
    #[command(flatten)]
    pub write: Write,
}

/// What every command that writes takes.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Write {
    /// Print what would change as a diff, and change nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// Write into files that cannot be replaced (hard links, bind mounts)
    #[arg(long)]
    pub in_place: bool,
}

/// `sshp rm`
#[derive(Debug, Args)]
pub struct Rm {
    /// Profiles to remove
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp mv`
#[derive(Debug, Args)]
pub struct Mv {
    /// Profile to rename
    pub old: String,
    /// Its new name
    pub new: String,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp copy`
#[derive(Debug, Args)]
pub struct Copy {
    /// Profile to copy
    pub old: String,
    /// Name of the copy
    pub new: String,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp undo`
#[derive(Debug, Args)]
#[command(after_help = "\
Stops with exit code 4 at the first change whose files are no longer as it left them; that one and
the older ones stay. A file that a change made is removed again.

Examples:
  sshp undo
  sshp undo 3
  sshp undo --redo")]
pub struct Undo {
    /// How many changes, the newest first
    #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    pub count: u8,
    /// Do again what the last undo took back
    #[arg(long)]
    pub redo: bool,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp log`
#[derive(Debug, Args)]
pub struct Log {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sshp sync`
#[derive(Debug, Args)]
pub struct Sync {
    /// Only say what differs; exit 1 when something does
    #[arg(long, conflicts_with = "prune")]
    pub check: bool,
    /// Remove the tags and notes of profiles that are in no config any more
    #[arg(long)]
    pub prune: bool,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp list`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp list
  sshp list web --tag prod
  sshp list --json | jq -r '.profiles[].name'")]
pub struct List {
    /// Only profiles that match
    pub query: Vec<String>,
    /// Only profiles with this tag
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sshp show`
#[derive(Debug, Args)]
pub struct Show {
    /// Profile to show
    pub name: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Compare with what the installed `ssh -G` says, which runs `Match exec`
    #[arg(long, conflicts_with = "json")]
    pub verify: bool,
}

/// `sshp check`
#[derive(Debug, Args)]
pub struct Check {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sshp forget`
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Examples:
  sshp forget web-server
  sshp forget 203.0.113.7 '[203.0.113.7]:2222'
  sshp forget web-server --check")]
pub struct Forget {
    /// Profiles or hosts: NAME, HOST, [HOST]:PORT, ssh://HOST:PORT
    #[arg(required = true, value_name = "NAME|HOST")]
    pub names: Vec<String>,
    /// Look in this file instead of UserKnownHostsFile; repeatable
    #[arg(long, value_name = "FILE")]
    pub known_hosts: Vec<PathBuf>,
    /// Remove patterns such as *.example.com that match as well
    #[arg(long)]
    pub wildcards: bool,
    /// Remove every matching line with all its names, as ssh-keygen -R does
    #[arg(long)]
    pub whole_line: bool,
    /// Only look; exit 3 when nothing is known of the host
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp key`
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    pub verb: KeyVerb,
}

/// What can be done with private keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// Make private keys readable by you alone, as ssh wants them
    Fix(KeyFix),
}

/// `sshp key fix`
#[derive(Debug, Args)]
pub struct KeyFix {
    /// Keys to mend; without any, all in ~/.ssh and all that the config names
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Say what would change, and change nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
}

/// `sshp trust`
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Examples:
  sshp trust web-server                  shows the keys and asks
  sshp trust web-server --from -         paste what the console shows, then Ctrl-D
  sshp trust web-server --fingerprint SHA256:...")]
pub struct Trust {
    /// Profile or host: NAME, HOST, [HOST]:PORT
    #[arg(value_name = "NAME|HOST")]
    pub name: String,
    /// Fingerprint that the server's console shows, SHA256:...; repeatable
    #[arg(long, value_name = "FINGERPRINT")]
    pub fingerprint: Vec<String>,
    /// File with the console's text; - for standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Keep the verified keys with the profile, and let it connect to no other
    #[arg(long)]
    pub pin: bool,
    /// Print what would change as a diff, and change nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "dry_run")]
    pub json: bool,
}

/// `sshp init`
#[derive(Debug, Args)]
pub struct Init {
    /// Shell to print for
    pub shell: Shell,
    /// Name of the short command
    #[arg(long, value_name = "NAME", default_value = "s")]
    pub cmd: String,
    /// No short command
    #[arg(long)]
    pub no_cmd: bool,
    /// Key of the picker widget
    #[arg(long, value_name = "KEY", default_value = "alt-j")]
    pub key: String,
    /// No widget
    #[arg(long)]
    pub no_key: bool,
    /// No completions
    #[arg(long)]
    pub no_completions: bool,
}

/// `sshp completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Shell to print for
    pub shell: Shell,
}
