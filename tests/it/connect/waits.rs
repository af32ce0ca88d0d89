//! What waits for a person or a program stops no other connection of the built-in session.

use std::time::Duration;

use super::World;
use crate::support::pty::Pty;
use crate::support::sandbox::Sandbox;
use crate::support::sshd::{ME, Sshd};

/// Longer than the jump host waits for a sign of life.
const LONG: Duration = Duration::from_secs(5);

/// A profile `far` behind `web`, with another key; `web` ends a connection that is silent for two
/// seconds.
fn far(lines: &str, passphrase: &[&str]) -> (World, Sshd) {
    let world = World::with("ClientAliveInterval 1\nClientAliveCountMax 1\n");
    let key = world.home.keygen("far", passphrase);
    let far = Sshd::start(&world.home, &key);
    world.config(&format!(
        "Host far\n  HostName 127.0.0.1\n  Port {}\n  User {ME}\n  IdentityFile {}\n  IdentitiesOnly yes\n  \
         ProxyJump web\n  UserKnownHostsFile {}\n{lines}",
        far.port,
        key.display(),
        world.known_hosts().display()
    ));
    (world, far)
}

fn knows(home: &Sandbox, servers: &[&Sshd]) {
    let lines: String = servers.iter().map(|server| server.known_hosts_line()).collect();
    home.write(".ssh/known_hosts", lines);
}

/// Connects to `far` in a terminal.
fn connect(world: &World) -> Pty {
    Pty::spawn(&world.connect("builtin", &["far", "echo in-$((20 + 3))"]))
}

#[test]
fn a_jump_host_stays_connected_while_a_host_key_is_asked_about() {
    needs!("sshd");
    let (world, _far) = far("", &[]);
    let mut pty = connect(&world);
    pty.wait_for("continue connecting");
    std::thread::sleep(LONG);
    pty.send("yes\n");
    pty.wait_for("in-23");
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn a_jump_host_stays_connected_while_a_passphrase_is_asked_for() {
    needs!("sshd");
    let (world, far) = far("", &["-N", "open sesame"]);
    knows(&world.home, &[&world.sshd, &far]);
    let mut pty = connect(&world);
    pty.wait_for("Enter passphrase");
    std::thread::sleep(LONG);
    pty.send("open sesame\n");
    pty.wait_for("in-23");
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn a_jump_host_stays_connected_while_a_known_hosts_command_runs() {
    needs!("sshd");
    let (world, far) = far("  KnownHostsCommand /bin/sleep 5\n", &[]);
    knows(&world.home, &[&world.sshd, &far]);
    world.run("builtin", &["far", "echo in"]).success().prints("in");
}
