//! The real ssh-agent(1).

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::sandbox::{Run, Sandbox};
use crate::{needs, wait};

/// An ssh-agent that ends with the test.
pub struct Agent {
    /// The path of its socket, for `SSH_AUTH_SOCK`.
    pub socket: String,
    child: Child,
}

impl Agent {
    /// Starts an agent without keys, whose socket is in the home.
    pub fn start(home: &Sandbox) -> Self {
        needs::require("ssh");
        let socket = home.path("agent.sock").display().to_string();
        let child = Command::new("ssh-agent")
            .args(["-D", "-a", &socket])
            .stdout(Stdio::null())
            .spawn()
            .expect("ssh-agent");
        let agent = Agent { socket, child };
        // The socket is there a moment before it takes connections.
        wait::until("the agent", || UnixStream::connect(&agent.socket).ok());
        agent
    }

    /// Gives it a private key.
    pub fn add(&self, home: &Sandbox, key: &Path) {
        let mut add = home.command("ssh-add");
        Run::of(add.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket)).success();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
