//! Making, changing and removing profiles.

use std::path::PathBuf;

use clap::Args;

use crate::profile::Session;

/// What a profile can be given, in `add` and `edit`.
#[derive(Clone, Debug, Default, Args)]
pub struct Fields {
    /// [user@]host[:port] of the server
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// User to log in as
    #[arg(long, short = 'l', value_name = "USER")]
    pub user: Option<String>,
    /// Port of the server
    #[arg(long, short = 'p', value_name = "PORT")]
    pub port: Option<String>,
    /// Private key to log in with, or its .pub
    #[arg(long, short = 'i', value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Profile or [user@]host[:port] to go through; several with commas
    #[arg(long, short = 'J', value_name = "HOP")]
    pub jump: Option<String>,
    /// Any other ssh_config(5) option
    #[arg(long = "option", short = 'o', value_name = "KEYWORD=VALUE")]
    pub options: Vec<String>,
    /// Tag to find the profile by; several with commas
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Note to remember it by
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Put it first in the picker (edit --unset favorite takes that back)
    #[arg(long)]
    pub favorite: bool,
    /// Who runs the session: sshp itself, the system's ssh, or auto: ssh where there is one
    #[arg(
        long,
        value_enum,
        value_name = "auto|builtin|system",
        hide_possible_values = true,
        hide = cfg!(not(feature = "builtin"))
    )]
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
#[derive(Debug, Default, Args)]
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
#[command(after_help = "\
Removes the whole block, or only NAME where the block has other names; `sshp undo` restores it.

Examples:
  sshp rm old-box
  sshp rm old-box older-box --dry-run
  sshp rm --stale                    what a cloud no longer has, by the last import")]
pub struct Rm {
    /// Profiles to remove
    #[arg(required_unless_present = "stale", conflicts_with = "stale", value_name = "NAME")]
    pub names: Vec<String>,
    /// Remove the profiles that the source of their import no longer has
    #[arg(long)]
    pub stale: bool,
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp mv`
#[derive(Debug, Args)]
#[command(after_help = "\
Follows the name wherever the config uses it: ProxyJump, Match originalhost. Tags and notes go along.

Examples:
  sshp mv web-server web-1")]
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
#[command(after_help = "\
Examples:
  sshp copy web-1 web-2 && sshp edit web-2 --host 203.0.113.8")]
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
