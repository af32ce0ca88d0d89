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
    /// The hosts of the system's config (/etc/ssh/ssh_config and its Includes) instead of yours
    #[arg(long)]
    pub global: bool,
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

/// `sshp tags`
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Examples:
  sshp tags
  sshp tags --json | jq -r '.tags[].tag'")]
pub struct Tags {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
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
  sshp check --dialect 8.9 --dialect 10.6   as each OpenSSH from 8.9 to 10.6 reads it
  sshp check --dialect debian-12 --dialect macos-15
  sshp check --json | jq -r '.findings[].text'")]
pub struct Check {
    /// Check as this OpenSSH reads the config: 9.2, debian-12, macos-15...; two versions mean all from one to the other
    #[arg(long = "dialect", value_name = "VERSION")]
    pub dialects: Vec<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sshp doctor`
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Exit codes: 0 nothing is wrong, 1 failed, 3 not found (no address, no key),
5 unsafe (modes, config), 6 host key (unknown, changed, revoked).

Examples:
  sshp doctor web-server
  sshp doctor web-server --no-auth       as far as the login
  sshp doctor web-server --guess-user    is it ubuntu, ec2-user, debian...?
  sshp doctor --json | jq -r '.findings[].name'")]
pub struct Doctor {
    /// Profile or destination: NAME, [USER@]HOST, ssh://[USER@]HOST[:PORT]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Stop before logging in
    #[arg(long, requires = "name")]
    pub no_auth: bool,
    /// Ask for the password and try it
    #[arg(long, requires = "name", conflicts_with = "no_auth")]
    pub password: bool,
    /// Where the key is not accepted, ask which of the usual users of clouds it is for
    #[arg(long, requires = "name", conflicts_with = "no_auth")]
    pub guess_user: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
