//! Commands that only look.

use clap::Args;

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
