//! Profiles for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

/// The name under which sshp is an inventory program of Ansible, which calls it with `--list`.
pub(super) const AS_INVENTORY: &str = "sshp-inventory";

/// `sshp export`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp export ansible '#prod' -o hosts.yml       hosts by name; Ansible's ssh reads ~/.ssh/config
  sshp export ansible --resolved -o hosts.yml    for a machine that has no such config
  ln -s \"$(command -v sshp)\" sshp-inventory      an inventory that is always up to date:
  ansible -i sshp-inventory tag_prod -m ping
  sshp export clush -o ~/.config/clustershell/groups.d/sshp.yaml
  sshp export putty -o sessions.reg              for regedit; --unix for PuTTY on Unix
  sshp export csv | column -t -s,
  sshp export json -o servers.json               `sshp import servers.json` reads it again

Tags become groups: tag_prod for Ansible, @sshp:prod for ClusterShell. Commands and passwords are in no export.")]
pub struct Export {
    /// Program or format to write for
    #[arg(value_enum, value_name = "ansible|clush|csv|json|putty", hide_possible_values = true)]
    pub format: ExportFormat,
    /// Only profiles that match
    pub query: Vec<String>,
    /// Only profiles with this tag
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// File to write instead of standard output; with --unix, PuTTY's folder
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub out: Option<PathBuf>,
    /// ansible: addresses, ports, users, keys and jump hosts, for a machine without this config
    #[arg(long)]
    pub resolved: bool,
    /// csv: the columns that Termius imports
    #[arg(long)]
    pub termius: bool,
    /// csv: put a ' before what Excel would take for a formula
    #[arg(long)]
    pub excel: bool,
    /// putty: the files of PuTTY on Unix, in the folder `sessions` of --out
    #[arg(long, requires = "out")]
    pub unix: bool,
    /// putty: code page of the Windows that reads it, such as gbk; names outside of ASCII need it
    #[arg(long, value_name = "NAME")]
    pub code_page: Option<String>,
    /// Replace what is there already
    #[arg(long)]
    pub force: bool,
    /// What Ansible asks an inventory program for: all groups, as JSON
    #[arg(long, hide = true, conflicts_with_all = ["resolved", "out"])]
    pub list: bool,
    /// What Ansible asks an inventory program for: the variables of a host, as JSON
    #[arg(long, hide = true, value_name = "HOST", conflicts_with_all = ["resolved", "out"])]
    pub host: Option<String>,
}

/// What profiles are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// An inventory for Ansible
    Ansible,
    /// Groups for ClusterShell
    Clush,
    /// A table
    Csv,
    /// JSON, for sshp on another machine and for scripts
    Json,
    /// Sessions of PuTTY
    Putty,
}
