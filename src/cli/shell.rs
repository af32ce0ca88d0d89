//! The shell integration.

use clap::Args;

use crate::shell::Shell;

/// `sshp init`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  eval \"$(sshp init bash)\"             in ~/.bashrc
  eval \"$(sshp init zsh --key ctrl-g)\" in ~/.zshrc, after compinit
  sshp init fish | source              in ~/.config/fish/config.fish")]
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
}

/// `sshp completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp completions zsh > ~/.zfunc/_sshp
  sshp completions fish > ~/.config/fish/completions/sshp.fish")]
pub struct Completions {
    /// Shell to print for
    pub shell: Shell,
}
