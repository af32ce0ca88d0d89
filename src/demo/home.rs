//! The demo's throw-away home: a config, a key, and the server's key already known.

#![allow(
    clippy::disallowed_methods,
    reason = "a temporary folder that no other program knows needs no locks and no journal"
)]

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use russh::keys::PublicKey;
use russh::keys::ssh_key::LineEnding;

use super::server::{self, DemoServer};
use crate::ui::terminal;

/// A temporary home, and the server that its profiles lead to.
pub struct Home {
    /// The key that the server lets in.
    pub key: PathBuf,
    /// Running until this is dropped, before the folder goes.
    pub server: DemoServer,
    dir: tempfile::TempDir,
    _last: terminal::Last,
}

impl Home {
    /// Makes keys, folder and server.
    ///
    /// # Errors
    /// When the temporary folder cannot be written or loopback cannot be listened on.
    pub fn new() -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("sshp-demo-").tempdir()?;
        let path = dir.path().to_owned();
        // At the end of the demo a failure to remove it has no reader.
        let last = terminal::before_end(move || drop(std::fs::remove_dir_all(path)));
        let (host, user) = (server::new_key("demo host")?, server::new_key("demo user")?);
        let ssh = dir.path().join(".ssh");
        std::fs::create_dir(&ssh)?;
        let key = ssh.join("demo-key.pem");
        write_private(&key, user.to_openssh(LineEnding::LF)?.as_bytes())?;
        let (host_public, user_public) = (host.public_key().clone(), user.public_key().clone());
        let server = server::start(host, user_public)?;
        write_private(&ssh.join("known_hosts"), known_hosts_line(server.port, &host_public)?)?;
        write_private(&ssh.join("config"), config(&ssh))?;
        Ok(Home { key, server, dir, _last: last })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Only the demo's known_hosts counts, and no agent of the user's is asked.
fn config(ssh: &Path) -> String {
    format!(
        "# A sample config; it goes when the demo ends.\nHost *\n    UserKnownHostsFile \"{0}/known_hosts\"\n    \
         GlobalKnownHostsFile none\n    IdentityAgent none\n    ServerAliveInterval 30\n",
        ssh.display()
    )
}

fn known_hosts_line(port: u16, key: &PublicKey) -> anyhow::Result<String> {
    Ok(format!("[127.0.0.1]:{port} {}\n", key.to_openssh()?))
}

fn write_private(path: &Path, text: impl AsRef<[u8]>) -> std::io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_ref())
}
