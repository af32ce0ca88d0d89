//! The newest sshd: what it offers by default, and its penalties for clients that come and go.

use super::{SESSIONS, World};
use crate::support::needs;
use crate::support::sandbox::{Run, SSHP};
use crate::support::sshd::Sshd;

/// A profile `web` for the newest server, with further lines in its sshd_config.
fn world(lines: &str) -> World {
    let mut world = World::new();
    world.sshd = Sshd::start_newest(&world.home, &world.key, lines);
    world.config("");
    world.trust();
    world
}

/// How many connections the server has had.
fn connections(world: &World) -> usize {
    world.sshd.log().matches("Connection from ").count()
}

#[test]
fn the_newest_sshd_with_its_defaults_lets_both_clients_in() {
    needs!("sshd", "openssh-oracles");
    let world = world("");
    for session in SESSIONS {
        let run = world.run(session, &["web", "echo hello"]).success();
        assert_eq!(run.stdout, "hello\n", "{session}");
    }
    // The first key exchange of both sides, where ssh and sshd are OpenSSH 10.
    let log = world.sshd.log();
    assert!(log.contains("kex: algorithm: mlkem768x25519-sha256"), "{log}");
}

#[test]
fn a_server_that_has_nothing_but_the_newest_algorithms_is_connected_to() {
    needs!("sshd", "openssh-oracles");
    let world = world(
        "KexAlgorithms mlkem768x25519-sha256\nCiphers aes128-gcm@openssh.com\n\
         HostKeyAlgorithms ssh-ed25519\nPubkeyAcceptedAlgorithms ssh-ed25519\n",
    );
    world.run("builtin", &["web", "true"]).success();
    // Of a list that names what the built-in session lacks, too, the rest counts.
    let kex = "KexAlgorithms=mlkem768nistp256-sha256,sntrup761x25519-sha512,mlkem768x25519-sha256";
    world.run("builtin", &["-o", kex, "web", "true"]).success();
}

#[test]
fn trust_doctor_and_retries_come_seldom_enough_for_per_source_penalties() {
    needs!("sshd", "openssh-oracles");
    let world = world("PerSourcePenalties yes\n");
    let sshp = |args: &[&str]| Run::of(world.home.command(SSHP).args(args));
    // Whatever the start of the server did is in the log once a login is.
    world.run("builtin", &["web", "true"]).success();
    let mut before = connections(&world);
    let mut since = || {
        let (now, then) = (connections(&world), before);
        before = now;
        now - then
    };
    // Each connection without a login costs a second of the fifteen that close the door.
    world.home.write(".ssh/known_hosts", "");
    sshp(&["trust", "web", "--fingerprint", &world.sshd.fingerprint()]).success();
    assert!(since() <= 2, "{}", world.sshd.log());
    sshp(&["doctor", "--no-auth", "web"]).success();
    assert!(since() <= 2, "{}", world.sshd.log());
    sshp(&["doctor", "web"]).success();
    assert!(since() <= 2, "{}", world.sshd.log());
    // A login that is refused costs five seconds: no further connection is tried for it.
    let refused = ["-l", "nobody-here", "-o", "ConnectionAttempts=3", "-o", "BatchMode=yes"];
    let args: Vec<_> = refused.into_iter().chain(["web", "true"]).collect();
    world.run("builtin", &args).exits(255).says("Permission denied");
    assert_eq!(since(), 1, "{}", world.sshd.log());
    world.run("builtin", &["web", "true"]).success();
    assert!(!world.sshd.log().contains("penalty: activating"), "{}", world.sshd.log());
}

#[test]
fn a_session_that_is_silent_for_as_long_as_channel_timeout_says_is_closed() {
    needs!("sshd", "openssh-oracles");
    let world = world("");
    for session in SESSIONS {
        let run = |option: &str, command: &str| {
            let mut connect = world.connect(session, &["-o", option, "web", command]);
            Run::of(connect.env("SSHP_SSH", needs::newest_ssh()))
        };
        let talks = "for i in 1 2 3; do echo $i; sleep 0.4; done";
        let silent = "echo begun; sleep 600; echo late";
        let run_silent = run("ChannelTimeout=session:command=1", silent).exits(255);
        assert_eq!(run_silent.stdout, "begun\n", "{session}");
        let run_talks = run("ChannelTimeout=session=1", talks).success();
        assert_eq!(run_talks.stdout, "1\n2\n3\n", "{session}");
        run("ChannelTimeout=session:shell=1", "sleep 1.5").success();
    }
}

#[test]
fn version_addendum_follows_the_version_that_is_sent() {
    needs!("sshd", "openssh-oracles");
    let world = world("");
    for session in SESSIONS {
        let option = "VersionAddendum=from %h";
        let mut connect = world.connect(session, &["-o", option, "web", "true"]);
        Run::of(connect.env("SSHP_SSH", needs::newest_ssh())).success();
    }
    let log = world.sshd.log();
    for version in [concat!("sshp_", env!("CARGO_PKG_VERSION")), "Debian-1"] {
        let line = log.lines().find(|line| {
            line.contains("remote software version") && line.contains(&format!("{version} from"))
        });
        assert!(line.is_some_and(|line| line.contains("from 127.0.0.1")), "{version}: {log}");
    }
}
