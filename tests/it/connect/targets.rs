//! Destinations as people type them, `[user@]host[:port]` and the like, in every verb that takes one.

use super::{SESSIONS, World};
use crate::support::sandbox::{Run, SSHP};
use crate::support::sshd::ME;

/// A server that no profile names.
fn world() -> World {
    let world = World::new();
    let profile = world.profile("web").replace("Host web", "Host 127.*");
    let (head, rest) = profile.split_once("  HostName 127.0.0.1\n").expect("a HostName");
    let rest = rest.replace(&format!("  Port {}\n  User {ME}\n", world.sshd.port), "");
    world.home.write(".ssh/config", format!("{head}{rest}"));
    world
}

#[test]
fn a_destination_with_a_port_is_connected_to_by_both_sessions_and_without_a_verb() {
    needs!("sshd");
    let world = world();
    let port = world.sshd.port;
    for target in [
        format!("{ME}@127.0.0.1:{port}"),
        format!("{ME}@[127.0.0.1]:{port}"),
        format!("ssh://{ME}@127.0.0.1:{port}"),
    ] {
        for session in SESSIONS {
            world.run(session, &[&target, "echo in"]).success().prints("in");
            let equal = port.to_string();
            world.run(session, &["-p", &equal, &target, "true"]).success();
            world.run(session, &["-p", "1", &target, "true"]).exits(255).says("two ports");
        }
        let mut bare = world.home.command(SSHP);
        Run::of(bare.args([&target, "echo in"])).success().prints("in");
        world.home.sshp_args(["connect", "-G", &target]).success().prints(&format!("port {port}"));
        world.home.sshp_args(["doctor", &target]).success();
        world.home.sshp_args(["forget", &target, "--check"]).success().prints("ED25519");
        let fingerprint = world.sshd.fingerprint();
        let trust = ["trust", &target, "--fingerprint", &fingerprint];
        world.home.sshp_args(trust).success().prints("known");
        let key = world.key.display().to_string();
        world.home.sshp_args(["key", "push", &target, "--key", &key]).success();
    }
    world.run("system", &["127.0.0.1:x", "true"]).exits(255).says("`x` is no port");
    world.home.sshp("doctor 127.0.0.1:x").exits(2).says("`x` is no port");
    world.home.sshp("trust 127.0.0.1:x --fingerprint x").exits(2).says("`x` is no port");
}

#[test]
fn a_name_of_the_config_stays_a_name() {
    needs!("sshd");
    let world = World::new();
    world.config(&world.profile("odd:22"));
    for session in SESSIONS {
        world.run(session, &["odd:22", "echo in"]).success().prints("in");
        world.run(session, &[&format!("{ME}@odd:22"), "echo in"]).success().prints("in");
    }
}

#[test]
fn hops_are_read_as_destinations_are() {
    needs!("sshd");
    let world = World::new();
    let config = world.home.path(".ssh/config").display().to_string();
    for (jump, says) in
        [("me@fe80::1%lo", "proxyjump me@[fe80::1%%lo]"), ("ssh://[::1]:22", "proxyjump [::1]:22")]
    {
        world.home.sshp_args(["connect", "-G", "-J", jump, "web"]).success().prints(says);
        let mut ssh = world.home.command(SSHP);
        let run = Run::of(ssh.env("SSHP_SSH", "echo").args(["connect", "-J", jump, "web"]));
        let expected = says.replace("proxyjump ", "-J ");
        run.success().prints(&format!("-F {config} {expected} web"));
    }
}

#[test]
fn sshp_ssh_may_have_arguments() {
    needs!("sshd");
    let world = World::new();
    let run = |ssh: &str| {
        let mut command = world.home.command(SSHP);
        Run::of(command.env("SSHP_SSH", ssh).args(["web", "true"]))
    };
    assert!(run("echo 'kitten  ssh'").success().stdout.starts_with("kitten  ssh -F "));
    run("no-such-program ssh").exits(255).says("cannot run `no-such-program ssh` (SSHP_SSH)");
    let ssh = world.home.write("an ssh", "#!/bin/sh\necho \"$0\"\n");
    world.home.chmod("an ssh", 0o700);
    run(&ssh.display().to_string()).success().prints("an ssh");
}

#[test]
fn show_takes_the_user_and_port_of_a_destination() {
    needs!("sshd");
    let world = World::new();
    let shown = world.home.sshp("show bob@web:2222").success().stdout;
    assert!(shown.contains("bob@127.0.0.1:2222"), "{shown}");
    world.home.sshp("show bob@web:2222 --verify").success();
    world.home.sshp("show bob@nope:2222").exits(3).says("connect -G bob@nope:2222");
    world.home.sshp("connect -G bob@nope:2222").success().prints("hostname nope");
}
