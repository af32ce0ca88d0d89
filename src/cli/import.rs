//! Profiles from other programs and from clouds.

use std::path::PathBuf;

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
  aliyun ecs DescribeInstances --pager | sshp import - --source prod --key ~/.ssh/ops
  aws ec2 describe-instances | sshp import - --user admin --address private --jump bastion
  terraform show -json | sshp import - --name '{tag:env}-{name}'

A second import of the same changes nothing. What the source says anew is taken over, but for what you have
edited here. Passwords are never read.")]
pub struct Import {
    /// Format and file, folder or - for standard input; the format alone can be left out
    #[arg(value_name = "[FORMAT] PATH|-", num_args = 0..=2, value_hint = ValueHint::AnyPath)]
    pub what: Vec<String>,
    /// User to log in as where a session has none; on a cloud's servers, always
    #[arg(long, short = 'l', value_name = "USER")]
    pub user: Option<String>,
    /// Private key to log in with where a session has none
    #[arg(long, short = 'i', value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Profile or [user@]host[:port] to go through where a session has none; of a cloud's servers, for those
    /// that are reached by a private address
    #[arg(long, short = 'J', value_name = "HOP")]
    pub jump: Option<String>,
    /// Go through --jump to every server of a cloud
    #[arg(long, requires = "jump")]
    pub jump_all: bool,
    /// How profiles are named: text with {name}, {id}, {id:6}, {host}, {region}, {zone}, {folder}, {tag:KEY}
    #[arg(long = "name", value_name = "TEMPLATE")]
    pub name_template: Option<String>,
    /// Address of a cloud's server; auto is a public one
    #[arg(long, value_name = "KIND", value_parser = ["auto", "public", "private", "eip", "ipv6", "dns"])]
    pub address: Option<String>,
    /// Network whose addresses come first, such as 10.8.0.0/16; several with commas
    #[arg(long, value_name = "NETWORK", value_delimiter = ',')]
    pub prefer: Vec<String>,
    /// Tag for every profile; several with commas
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Cloud tag whose value alone is the tag of the profile, prod instead of env:prod; several with commas
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub tag_keys: Vec<String>,
    /// Remember host keys of a cloud's servers by address, not by the id of the server
    #[arg(long)]
    pub no_host_key_alias: bool,
    /// Take along the commands that a session runs on the server at each connect
    #[arg(long)]
    pub with_commands: bool,
    /// Make the host keys known that PuTTY, KiTTY, WinSCP or MobaXterm have accepted
    #[arg(long)]
    pub host_keys: bool,
    /// The list has all servers of its source: mark profiles that are not in it as stale
    #[arg(long)]
    pub complete: bool,
    /// Where new blocks go: main is the config, file a file for the source in ~/.ssh/config.d, which the
    /// config includes; by default a file for more than three
    #[arg(long, value_name = "main|file", value_parser = ["main", "file"], hide_possible_values = true)]
    pub into: Option<String>,
    /// Name of this source, such as an account, to tell it from another of the same format
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
