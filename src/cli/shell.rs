//! The shell integration.

use clap::Args;

use crate::shell::{Remote, Shell};

/// `sshp init`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash, zsh     eval \"$(sshp init bash)\"
  fish          sshp init fish | source
  elvish        eval (sshp init elvish | slurp)
  PowerShell    Invoke-Expression (& { (sshp init powershell | Out-String) })
  xonsh         exec(__import__(\"subprocess\").check_output(
                    \"sshp init xonsh\", shell=True, text=True))
  nushell       sshp init nushell | save -f ~/.sshp.nu    then: source ~/.sshp.nu
  tcsh          sshp init tcsh > ~/.sshp.tcsh             then: source ~/.sshp.tcsh

  eval \"$(sshp init zsh --key ctrl-g --complete ssh,scp)\"")]
pub struct Init {
    /// Shell to print for
    pub shell: Shell,
    /// Name of the short command
    #[arg(long, value_name = "NAME", default_value = "s")]
    pub cmd: String,
    /// No short command
    #[arg(long)]
    pub no_cmd: bool,
    /// Key of the picker widget
    #[arg(long, value_name = "KEY", default_value = "alt-j")]
    pub key: String,
    /// No widget
    #[arg(long)]
    pub no_key: bool,
    /// No completions
    #[arg(long)]
    pub no_completions: bool,
    /// Complete the hosts of these commands too, the rest of their completion stays: ssh, scp,
    /// sftp, rsync
    #[arg(
        long,
        value_enum,
        value_name = "COMMAND,...",
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub complete: Vec<Remote>,
}

/// `sshp completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp completions bash > ~/.local/share/bash-completion/completions/sshp
  sshp completions fish > ~/.config/fish/completions/sshp.fish
  sshp completions zsh > ~/.zfunc/_sshp                  a folder of $fpath")]
pub struct Completions {
    /// Shell to print for
    pub shell: Shell,
}
