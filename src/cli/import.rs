//! Profiles from other programs.

use clap::{Args, ValueHint};

use super::profile::Write;

/// `sshp import`
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Examples:
  sshp import                            what can be imported, and where it is
  sshp import putty.reg                  an export of regedit; the format is found by its content
  sshp import xshell 'NetSarang Computer/8/Xshell/Sessions' --tag office
  sshp import MobaXterm.ini --encoding gbk --dry-run
  sshp import servers.csv --user deploy --jump bastion

A second import of the same changes nothing. What the source says anew is taken over, but for what you have
edited here. Passwords are never read.")]
pub struct Import {
    /// Format and file, folder or - for standard input; the format alone can be left out
    #[arg(value_name = "[FORMAT] PATH|-", num_args = 0..=2, value_hint = ValueHint::AnyPath)]
    pub what: Vec<String>,
    /// User to log in as where a session has none
    #[arg(long, short = 'l', value_name = "USER")]
    pub user: Option<String>,
    /// Profile or [user@]host[:port] to go through where a session has none
    #[arg(long, short = 'J', value_name = "HOP")]
    pub jump: Option<String>,
    /// Tag for every profile; several with commas
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Name of this source, to tell it from another of the same format
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Encoding of the file where it does not say it, such as gbk or windows-1251
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Print what comes of each session as JSON; with --dry-run, that alone
    #[arg(long)]
    pub json: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub write: Write,
}
