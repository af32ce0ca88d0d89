//! The settings.

use clap::{Args, Subcommand};

use super::profile::Write;

#[cfg(feature = "picker")]
const CONFIG_HELP: &str = "\
Examples:
  sshp config show
  sshp config set session system
  sshp config set picker.height 40%
  sshp config set picker.columns alias target used
  sshp config set picker.keys.edit alt-e f4";
#[cfg(not(feature = "picker"))]
const CONFIG_HELP: &str = "\
Examples:
  sshp config show
  sshp config set session system
  sshp config set picker.columns alias target used";

/// `sshp config`
#[derive(Debug, Args)]
#[command(after_help = CONFIG_HELP)]
pub struct Config {
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

/// What can be done with the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Print where config.toml is
    #[command(after_help = "Examples:\n  $EDITOR \"$(sshp config path)\"")]
    Path,
    /// Show every setting, its value and the line that gives it
    Show(ConfigShow),
    /// Change a setting; comments and layout of the file stay
    Set(ConfigSet),
    /// Reset a setting to its default
    Unset(ConfigUnset),
}

/// `sshp config show`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp config show
  sshp config show picker.columns
  sshp config show --json")]
pub struct ConfigShow {
    /// Only this setting, or the table of this name
    #[arg(value_name = "KEY")]
    pub setting: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sshp config set`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp config set session system
  sshp config set add.key ~/.ssh/id_ed25519
  sshp config set picker.columns alias target used")]
pub struct ConfigSet {
    /// The setting
    #[arg(value_name = "KEY")]
    pub setting: String,
    /// Its value; several words make a list
    #[arg(required = true, value_name = "VALUE")]
    pub value: Vec<String>,
    #[command(flatten)]
    pub write: Write,
}

/// `sshp config unset`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp config unset picker.columns")]
pub struct ConfigUnset {
    /// The setting
    #[arg(value_name = "KEY")]
    pub setting: String,
    #[command(flatten)]
    pub write: Write,
}
