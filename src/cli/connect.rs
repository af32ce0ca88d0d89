//! Choosing a profile and connecting.

use std::ffi::OsString;

use clap::Args;

/// `sshp connect`: ssh(1)'s own command line.
#[derive(Debug, Args)]
#[command(override_usage = "\
sshp connect [--session auto|builtin|system] [SSH FLAGS] DESTINATION [REMOTE COMMAND]...")]
#[command(after_help = "\
Before the destination:
      --session <auto|builtin|system>  Who runs the session: sshp itself, the system's ssh, or auto:
                                       ssh where there is one
  -p, -l, -i, -o, -J, -L, -N, ...      All flags of ssh(1); -G prints the options that would be used

Examples:
  sshp connect web-server
  sshp connect -p 2222 deploy@203.0.113.7 uptime
  GIT_SSH_COMMAND='sshp connect --session builtin' git fetch")]
pub struct Connect {
    /// ssh flags, the destination, the remote command
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "SSH ARGUMENTS",
        required = true
    )]
    pub args: Vec<OsString>,
}

/// `sshp pick`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ssh \"$(sshp pick web)\"
  sshp pick --multi --print0 | xargs -0 -I{} ssh {} uptime")]
pub struct Pick {
    /// What to look for
    pub query: Vec<String>,
    /// Separate and end names with NUL
    #[arg(long)]
    pub print0: bool,
    /// Let several be chosen (Tab)
    #[arg(long)]
    pub multi: bool,
    /// Print for the shell's widget: `insert` or `run`, a command, a name, with tabs between
    #[arg(long, hide = true, conflicts_with_all = ["print0", "multi"])]
    pub widget: bool,
}
