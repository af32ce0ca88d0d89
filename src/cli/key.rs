//! Private keys.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `sshp key`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp key list
  sshp key import ~/Downloads/web.pem web-server
  sshp key convert web.ppk
  sshp key push web-server")]
pub struct Key {
    #[command(subcommand)]
    pub verb: KeyVerb,
}

/// What can be done with private keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// List keys: type, fingerprint, passphrase, mode, and who uses them
    ///
    /// Lists the private keys in ~/.ssh and all that the config names, also those that are not
    /// there. No passphrase is asked for.
    List(KeyList),
    /// Make private keys readable by you alone, as ssh wants them
    Fix(KeyFix),
    /// Copy a key into ~/.ssh, and let a profile use it
    ///
    /// Copies a private key into ~/.ssh, readable by you alone, with its public half beside it. A PuTTY
    /// key is converted on the way. No other key is ever overwritten, and the original stays.
    Import(KeyImport),
    /// Write a key in another format: OpenSSH, PEM, PKCS#8, PuTTY
    ///
    /// Writes to a new file that you alone can read; the key itself stays as it is. What needs a
    /// passphrase keeps it.
    Convert(KeyConvert),
    /// Install a key on a server, and verify that it logs in
    ///
    /// Adds the public half to ~/.ssh/authorized_keys on the server, unless it is there, and logs in
    /// again with that key alone to prove that it works. Connects as `sshp NAME` does.
    Push(KeyPush),
}

/// `sshp key list`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp key list
  sshp key list --json | jq -r '.keys[] | select(.encrypted == false) | .path'")]
pub struct KeyList {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `sshp key fix`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp key fix
  sshp key fix ~/Downloads/web.pem
  sshp key fix --dry-run")]
pub struct KeyFix {
    /// Keys to fix; without any, all in ~/.ssh and all that the config names
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Say what would change, and change nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
}

/// `sshp key import`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp key import ~/Downloads/web.pem
  sshp key import ~/Downloads/web.ppk web-server
  sshp key import ~/Downloads/key.pem web-server --out ~/.ssh/web")]
pub struct KeyImport {
    /// Private key to copy
    pub file: PathBuf,
    /// Profile to log in with it
    pub name: Option<String>,
    /// Where to put it; without, ~/.ssh and the name it has
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// In `Host a b`: give NAME a block of its own
    #[arg(long, conflicts_with = "shared")]
    pub split: bool,
    /// In `Host a b`: change the block for all its names
    #[arg(long)]
    pub shared: bool,
    /// Say what would be done, and do nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
}

/// `sshp key convert`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp key convert web.ppk                      to web, for ssh
  sshp key convert ~/.ssh/id_ed25519 --to ppk   to ~/.ssh/id_ed25519.ppk, for PuTTY
  sshp key convert web.pem --to openssh --out ~/.ssh/web --new-passphrase")]
pub struct KeyConvert {
    /// Private key: OpenSSH, PEM (PKCS#1, SEC 1, PKCS#8) or PuTTY, version 2 or 3
    pub file: PathBuf,
    /// Format to write
    #[arg(long, value_enum, value_name = "openssh|pem|pkcs8|ppk", hide_possible_values = true)]
    #[arg(default_value_t, hide_default_value = true)]
    pub to: KeyForm,
    /// Where to write it; without, beside FILE with the format's ending
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Ask for another passphrase; an empty one is none
    #[arg(long)]
    pub new_passphrase: bool,
}

/// A format that a key can be written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum KeyForm {
    /// What ssh-keygen writes
    #[default]
    Openssh,
    /// PKCS#1 for RSA, SEC 1 for ECDSA
    Pem,
    /// What openssl genpkey writes
    Pkcs8,
    /// PuTTY, version 3
    Ppk,
}

/// `sshp key push`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sshp key push web-server
  sshp key push web-server --key ~/.ssh/id_ed25519 --user admin")]
pub struct KeyPush {
    /// Profile, or host, to push to
    pub name: String,
    /// Key to push; without, the one that the profile logs in with
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Account to install the key for
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
}
