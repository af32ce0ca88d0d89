//! Names with several addresses, and addresses that do not answer.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::{SESSIONS, World};
use crate::support::address::{black_hole, with_hosts};
use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::sshd::{ME, Sshd, free_port};
use crate::support::wait::{self, dial_at};

/// The first address does not answer.
const HOSTS: &str = "127.0.0.1 twofold\n127.0.0.2 twofold\n127.0.0.1 dead\n";

/// A server at the second address of `twofold`, a profile `web` for that name, and what keeps the
/// first address from answering.
fn twofold() -> (World, Vec<socket2::Socket>) {
    let home = Sandbox::new();
    let key = home.keygen("id", &[]);
    let (port, held) = black_hole(Ipv4Addr::LOCALHOST, 0);
    let mut sshd = Sshd::configure_at("127.0.0.2", port, &home, &key, "");
    sshd.start_again();
    let world = World { home, key, sshd };
    world.home.write(".ssh/known_hosts", format!("twofold {}", world.sshd.host_key()));
    world.config("Host web\n  HostName twofold\n  HostKeyAlias twofold\n  ConnectTimeout 1\n");
    (world, held)
}

/// Runs `sshp` where the names have these addresses.
fn sshp(world: &World, args: &[&str]) -> Run {
    let mut command = world.home.command(SSHP);
    command.args(args);
    Run::of(&mut with_hosts(&world.home, HOSTS, &command))
}

#[test]
fn a_dead_first_address_does_not_stop_the_connect() {
    needs!("mounts", "sshd");
    let (world, _held) = twofold();
    for session in SESSIONS {
        let start = Instant::now();
        let args = ["connect", "--session", session, "web", "echo in"];
        sshp(&world, &args).success().prints("in\n");
        assert!(start.elapsed() >= Duration::from_secs(1), "{session}: the first was not tried");
    }
    sshp(&world, &["doctor", "web"]).success().prints("127.0.0.1:");
    let console = format!("ssh-ed25519 {}", world.sshd.fingerprint());
    world.home.write("console", format!("256 {} host (ED25519)\n", &console[12..]));
    world.home.write(".ssh/known_hosts", "");
    sshp(&world, &["trust", "web", "--from", "console"]).success();
}

#[test]
fn a_dead_first_address_of_a_jump_host_does_not_stop_the_connect() {
    needs!("mounts", "sshd");
    let (world, _held) = twofold();
    let port = world.sshd.port;
    let behind = format!(
        "Host behind\n  HostName 127.0.0.2\n  Port {port}\n  HostKeyAlias twofold\n  \
         ProxyJump web\n  ConnectTimeout 20\n  User {ME}\n  IdentityFile {}\n  \
         UserKnownHostsFile {}\n",
        world.key.display(),
        world.known_hosts().display()
    );
    let config = world.home.config();
    world.home.write(".ssh/config", format!("{behind}{config}"));
    for session in SESSIONS {
        // ssh takes the config of the user's home, which is another one here.
        let config = world.home.path(".ssh/config");
        let config = config.to_str().expect("its name");
        let args = ["connect", "--session", session, "-F", config, "behind", "echo in"];
        sshp(&world, &args).success().prints("in\n");
    }
}

#[test]
fn each_address_has_the_connect_timeout_in_each_attempt() {
    needs!("mounts", "sshd");
    let (world, _held) = twofold();
    let dead = ["-o", "HostName=dead", "-o", "ConnectionAttempts=2", "web", "true"];
    for session in SESSIONS {
        let start = Instant::now();
        let args = [&["connect", "--session", session], &dead[..]].concat();
        sshp(&world, &args).exits(255);
        // Two attempts, and a second between.
        let seconds = start.elapsed().as_secs_f32();
        assert!((3.0..15.0).contains(&seconds), "{session}: {seconds} s");
    }
    let args = ["connect", "--session", "builtin", "-o", "HostName=dead", "web", "true"];
    sshp(&world, &args).exits(255).says("dead port").says("no answer within 1 s");
    let other = ["connect", "--session", "builtin", "-p", "1", "web", "true"];
    sshp(&world, &other).exits(255).says("127.0.0.1: Connection refused; 127.0.0.2: ");
}

#[test]
fn a_local_forwarding_listens_at_all_addresses_of_its_name() {
    needs!("mounts", "sshd");
    let world = World::new();
    for session in SESSIONS {
        let port = free_port();
        let to = format!("twofold:{port}:127.0.0.1:{}", world.sshd.port);
        let command = world.connect(session, &["-N", "-L", &to, "web"]);
        let mut child = with_hosts(&world.home, HOSTS, &command).spawn().expect("sshp");
        for address in ["127.0.0.1", "127.0.0.2"] {
            dial_at(address, port);
        }
        child.kill().expect("a child");
        wait::end(&mut child, "a session that is killed");
    }
}
