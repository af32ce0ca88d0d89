//! What sshp changed, and what others did meanwhile.

use clap::Args;

use super::profile::Write;

/// `sshp undo`
#[derive(Debug, Args)]
#[command(after_help = "\
Stops with exit code 4 at the first change whose files are no longer as it left them; that one and
the older ones stay. A file that a change made is removed again.

The journal is in ~/.local/state/sshp. SSHP_STATE_DIR names another folder for it and for the locks
and backups, on a local disk where the home's keeps no locks or is full.

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
#[command(after_help = "\
Examples:
  sshp log
  sshp log --json | jq -r '.changes[-1].command'")]
pub struct Log {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sshp sync`
#[derive(Debug, Args)]
#[command(after_help = "\
Renamed profiles are recognised by their block; tags and notes of profiles that went away are kept
until --prune.

Examples:
  sshp sync
  sshp sync --check        in a script: 1 when config and profiles.toml differ
  sshp sync --prune")]
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
