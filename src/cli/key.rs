//! Private keys.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `sshp key`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp key fix
  sshp key fix ~/Downloads/web.pem --dry-run")]
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
#[command(after_help = "\
Examples:
  sshp key fix
  sshp key fix ~/Downloads/web.pem
  sshp key fix --dry-run")]
pub struct KeyFix {
    /// Keys to mend; without any, all in ~/.ssh and all that the config names
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Say what would change, and change nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
}
