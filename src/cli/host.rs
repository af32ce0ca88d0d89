//! Host keys.

use std::path::PathBuf;

use clap::Args;

use super::profile::Write;

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

/// `sshp trust`
#[derive(Debug, Default, Args)]
#[command(after_help = "\
Examples:
  sshp trust web-server                  shows the keys and asks
  sshp trust web-server --from -         paste what the console shows, then Ctrl-D
  aws ec2 get-console-output --instance-id i-0example --output json | sshp trust web-server --from -
  sshp trust web-server --fingerprint SHA256:...")]
pub struct Trust {
    /// Profile or host: NAME, HOST, [HOST]:PORT
    #[arg(value_name = "NAME|HOST")]
    pub name: String,
    /// Fingerprint that the server's console shows, SHA256:...; repeatable
    #[arg(long, value_name = "FINGERPRINT")]
    pub fingerprint: Vec<String>,
    /// File with the console's text, or with what a cloud prints of it in JSON; - for standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Keep the verified keys with the profile, and let it connect to no other
    #[arg(long)]
    pub pin: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "dry_run")]
    pub json: bool,
    #[command(flatten)]
    pub write: Write,
}
