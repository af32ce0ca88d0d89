//! What is made from the program itself.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `sshp generate`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp generate man ~/.local/share/man/man1")]
pub struct Generate {
    #[command(subcommand)]
    pub kind: GenerateKind,
}

/// What can be made.
#[derive(Debug, Subcommand)]
pub enum GenerateKind {
    /// Manual pages, one for each command
    #[command(after_help = "\
Examples:
  sshp generate man ~/.local/share/man/man1 && man sshp-add")]
    Man {
        /// Folder to write them into
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}
