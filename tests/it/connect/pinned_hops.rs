//! A pin holds for every server on the way, by both clients and however the way is written.

use std::fs;

use super::{SESSIONS, World};
use crate::support::sandbox::Run;
use crate::support::sshd::ME;

const TOML: &str = ".config/sshp/profiles.toml";
/// The fingerprint of no key.
const OTHER: &str = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const UNREAD: &str = "`bastion` may be pinned to host keys that cannot be read";

/// Profiles of one server, each with a known key, and `bastion` with these pins.
fn world(config: &str, pins: &str) -> World {
    let world = World::new();
    let key = world.sshd.host_key();
    let mut known = String::new();
    let mut text = config.replace("KEYS", &world.known_hosts().display().to_string());
    text = text.replace("CONFIG", &world.home.path(".ssh/config").display().to_string());
    text = text.replace("ME@", &format!("{ME}@"));
    for name in ["bastion", "gate", "free"] {
        text += &format!("{}  HostKeyAlias {name}\n", world.profile(name));
        known += &format!("{name} {key}");
    }
    known += &format!("ion {key}{}", world.sshd.known_hosts_line());
    world.home.write(".ssh/known_hosts", known);
    world.config(&text);
    world.home.write(TOML, format!("[bastion]\nhost_keys = {pins}\n"));
    world
}

/// Ways to go through `bastion`: lines of the config, and arguments of the connect.
const WAYS: [(&str, &[&str]); 13] = [
    ("Host web\n  ProxyJump bastion\n", &["web"]),
    ("", &["-J", "bastion", "web"]),
    ("", &["-vJbastion", "web"]),
    ("", &["-o", "ProxyJump=ssh://bastion", "web"]),
    ("", &["-J", "ME@bastion", "web"]),
    ("Host web\n  HostKeyAlias ion\n  ProxyJump bast%k\n", &["web"]),
    // A hop of a hop, first and last of a list.
    ("Host gate\n  ProxyJump bastion\n", &["-J", "gate", "web"]),
    ("Host web\n  ProxyJump bastion,free\n", &["web"]),
    ("Host web\n  ProxyJump free,bastion\n", &["web"]),
    ("Match originalhost web exec true\n  ProxyJump bastion\n", &["web"]),
    // Another ssh as the ProxyCommand.
    ("Host web\n  ProxyCommand ssh -F CONFIG -W %h:%p bastion\n", &["web"]),
    ("Host web\n  ProxyCommand ssh -F CONFIG ME@bastion -W %h:%p 2>>/dev/stderr\n", &["web"]),
    (
        "Host web\n  ProxyCommand ssh -F CONFIG -W %h:%p gate\nHost gate\n  ProxyJump bastion\n",
        &["web"],
    ),
];

impl World {
    /// Pins `bastion` to the key that it has.
    fn pin(&self) {
        let pins = format!("[bastion]\nhost_keys = ['{}']\n", self.sshd.fingerprint());
        self.home.write(TOML, pins);
    }

    /// Requires that no login reached `bastion` or a server behind it.
    #[track_caller]
    fn accepts_only_the_hop_before(&self, config: &str) {
        let log = self.sshd.log();
        let accepted = log.matches("Accepted publickey").count();
        assert!(accepted <= usize::from(config.contains("free,bastion")), "{config}: {log}");
    }
}

fn connect(world: &World, session: &str, args: &[&str]) -> Run {
    let args: Vec<String> = args.iter().map(|arg| arg.replace("ME@", &format!("{ME}@"))).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).chain(["echo", "in"]).collect();
    world.run(session, &args)
}

#[test]
fn a_jump_host_is_held_to_its_pins_whatever_way_leads_through_it() {
    needs!("sshd");
    for (config, args) in WAYS {
        let world = world(config, &format!("['{OTHER}']"));
        for session in SESSIONS {
            let run = connect(&world, session, args).exits(255).says("bastion").says("pinned");
            if session == "system" {
                run.says("which is not the one it is pinned to");
            }
        }
        world.home.write(TOML, "[bastion]\nhost_keys = ['SHA256:x'\n");
        for session in SESSIONS {
            connect(&world, session, args).exits(255).says(UNREAD);
        }
        world.accepts_only_the_hop_before(config);
        world.pin();
        for session in SESSIONS {
            connect(&world, session, args).success().prints("in");
        }
    }
}

#[test]
fn ssh_takes_no_key_from_a_pinned_jump_host_that_known_hosts_does_not_hold() {
    needs!("sshd");
    // What the config says of it would let any key in.
    let any = "Host bastion\n  StrictHostKeyChecking no\n  KnownHostsCommand /bin/cat KEYS.new\n";
    let ways = [WAYS[0], WAYS[1], WAYS[5], WAYS[8], WAYS[10]];
    for (config, args) in ways {
        let world = world(&format!("{any}{config}"), &format!("['{OTHER}']"));
        let known = world.home.text(".ssh/known_hosts");
        let (own, others): (Vec<_>, Vec<_>) =
            known.lines().partition(|line| line.starts_with("bastion"));
        world.home.write(".ssh/known_hosts.new", own.join("\n") + "\n");
        world.home.write(".ssh/known_hosts", others.join("\n") + "\n");
        connect(&world, "system", args).exits(255).says("Host key verification failed");
        world.accepts_only_the_hop_before(config);
        assert!(!world.home.text(".ssh/known_hosts").contains("bastion"));
    }
}

#[test]
fn a_proxy_command_that_cannot_be_held_is_refused() {
    needs!("sshd");
    for command in [
        "sh -c 'ssh -F CONFIG -W %h:%p bastion'",
        "timeout 9 ssh -F CONFIG -W %h:%p ME@bastion",
        "ssh -F CONFIG -W %h:%p bastion || true",
        "sh -c 'ssh -F CONFIG -W %h:%p gate'",
    ] {
        let config =
            format!("Host web\n  ProxyCommand {command}\nHost gate\n  ProxyJump bastion\n");
        let world = world(&config, "[]");
        for session in SESSIONS {
            world.home.write(TOML, "");
            connect(&world, session, &["web"]).success().prints("in");
            world.pin();
            connect(&world, session, &["web"]).exits(255).says("cannot hold to the pin");
        }
    }
}

#[test]
fn what_asks_a_server_through_a_pinned_jump_host_is_held_too() {
    needs!("sshd");
    let world = world("Host web\n  ProxyJump bastion\n", &format!("['{OTHER}']"));
    let fingerprint = world.sshd.fingerprint();
    world.home.sshp(&format!("trust web --fingerprint {fingerprint}")).exits(1).says(OTHER);
    world.home.sshp("doctor web").exits(6).prints("bastion: ");
    let key = world.key.display();
    world.home.sshp(&format!("key push web --key {key}")).exits(1).says(OTHER);
    assert!(!world.sshd.log().contains("Accepted publickey"), "{}", world.sshd.log());
    world.home.write(TOML, "[bastion]\nhost_keys = 'x'\n");
    world.home.sshp(&format!("trust web --fingerprint {fingerprint}")).exits(1).says(UNREAD);
    world.home.sshp("doctor web").exits(5).prints(UNREAD);
    assert!(!world.sshd.log().contains("Accepted publickey"), "{}", world.sshd.log());
}

#[test]
fn a_jump_host_is_no_visit() {
    needs!("sshd");
    let world = world("Host web\n  ProxyJump bastion\n", "[]");
    world.pin();
    connect(&world, "system", &["web"]).success();
    let usage = world.home.path(".local/state/sshp/usage");
    let usage = fs::read_to_string(&usage).expect("the usage");
    assert!(usage.contains("web") && !usage.contains("bastion"), "{usage}");
}
