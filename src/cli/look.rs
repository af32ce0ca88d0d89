//! Commands that only look.

use clap::{Args, ValueEnum};

/// `sshp list`
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Examples:
  sshp list
  sshp list web --tag prod --sort used
  sshp list --format '{alias}\\t{host}'
  sshp list --tag prod --print0 | xargs -0 -I{} ssh {} uptime
  sshp list --json | jq -r '.profiles[].name'")]
pub struct List {
    /// Only profiles that match
    pub query: Vec<String>,
    /// Only profiles with this tag
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// What comes first, instead of the config's order or the best match
    #[arg(long, value_enum, value_name = "name|host|used", hide_possible_values = true)]
    pub sort: Option<Sort>,
    /// Print this for each profile: {alias}, {target}, {host}, {user}, {port}, {jump}, {tags},
    /// {note}, {session}, {file}, {line}; \t, \n and \0 as usual
    #[arg(long, value_name = "TEXT", conflicts_with = "json")]
    pub format: Option<String>,
    /// End each name, or each --format, with NUL, for `xargs -0`
    #[arg(long, conflicts_with = "json")]
    pub print0: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What comes first in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// By alias
    Name,
    /// By address or host name
    Host,
    /// The most and most lately used first
    Used,
}

/// `sshp show`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp show web-server
  sshp show web-server --verify   asks the installed ssh, too
  sshp show web-server --json | jq -r .host")]
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
#[command(after_help = "\
Ends with 1 where something is found.

Examples:
  sshp check
  sshp check -F ./ssh_config      a config of a project, in its CI
  sshp check --json | jq -r '.findings[].text'")]
pub struct Check {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
