//! ForwardAgent: whose agent the server may use, and for which keys.

use std::os::unix::fs::PermissionsExt;

use super::{SESSIONS, World};
use crate::support::agent::Agent;
use crate::support::sandbox::Run;
use crate::support::sshd::{ME, Sshd};

#[test]
fn a_key_for_some_servers_is_good_for_these_only_through_a_forwarded_agent_too() {
    needs!("sshd");
    let world = World::new();
    let limited = world.home.keygen("limited", &[]);
    let behind = Sshd::start(&world.home, &limited);
    let known = format!("hx {}hy {}", world.sshd.host_key(), behind.host_key());
    let known = world.home.write(".ssh/known_hosts", known).display().to_string();
    let host = |name: &str, sshd: &Sshd| {
        format!(
            "Host {name}\n  HostName 127.0.0.1\n  HostKeyAlias {name}\n  Port {}\n  User {ME}\n  \
             UserKnownHostsFile {known}\n  GlobalKnownHostsFile none\n  BatchMode yes\n",
            sshd.port
        )
    };
    let config = format!("{}{}", host("hx", &world.sshd), host("hy", &behind));
    let config = world.home.write("config", config).display().to_string();
    let key = world.key.display().to_string();
    let onward = format!("ssh -o IdentityFile=none -F {config} hy echo reached");
    for session in SESSIONS {
        let agent = Agent::start(&world.home);
        let add = |limits: &[&str]| {
            let mut add = world.home.command("ssh-add");
            add.args(["-q", "-H", &known]).args(limits).arg(&limited);
            Run::of(add.env("SSH_AUTH_SOCK", &agent.socket)).success();
        };
        let reach = || {
            let args = ["-A", "-i", &key, "-F", &config, "hx", &onward];
            Run::of(world.connect(session, &args).env("SSH_AUTH_SOCK", &agent.socket))
        };
        add(&["-h", "hy"]);
        let run = reach().exits(255);
        assert!(!run.stdout.contains("reached"), "{session}: {run:?}");
        add(&["-h", "hx", "-h", "hx>hy"]);
        reach().success().prints("reached");
        drop(agent);
        std::fs::remove_file(world.home.path("agent.sock")).expect("the socket");
    }
}

#[test]
fn the_agent_that_is_forwarded_is_the_one_that_is_named() {
    needs!("sshd");
    let world = World::new();
    let other = Agent::start(&world.home);
    other.add(&world.home, &world.key);
    let own = world.home.path("own.sock");
    std::fs::rename(world.home.path("agent.sock"), &own).expect("the socket");
    let empty = Agent::start(&world.home);
    let own = own.display().to_string();
    let missing = world.home.path("missing").display().to_string();
    let list = |session: &str, agent: &str, extra: &[&str]| {
        let option = format!("ForwardAgent={agent}");
        let mut command = world
            .connect(session, &[&["-o", &option], extra, &["web", "ssh-add -l; true"]].concat());
        Run::of(command.env("SSH_AUTH_SOCK", &empty.socket).env("OTHER", &own))
    };
    for session in SESSIONS {
        list(session, "yes", &[]).success().prints("no identities");
        list(session, &own, &[]).success().prints("SHA256:");
        list(session, "$OTHER", &[]).success().prints("SHA256:");
        list(session, "${OTHER}", &[]).success().prints("SHA256:");
        list(session, "$UNSET", &[]).success().says("not open a connection");
        list(session, &missing, &[]).success().says("annot forward ").says(&missing);
        list(session, &missing, &["-o", "ExitOnForwardFailure=yes"]).exits(255).says(&missing);
        // Without an agent for the login none is forwarded.
        let none = ["-o", "IdentityAgent=none"];
        list(session, &own, &none).success().says("not open a connection");
    }
    let mode = std::fs::metadata(&own).expect("the socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "the agent is the user's alone");
}
