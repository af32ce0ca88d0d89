//! The whole story: add, find, connect, forget, by both sessions on a real server.

use crate::support::pty::Pty;
use crate::support::sandbox::{SSHP, Sandbox};
use crate::support::sshd::{ME, Sshd};

#[test]
fn a_newcomer_adds_picks_connects_and_forgets_with_the_builtin_session() {
    needs!("terminals", "sshd");
    story("builtin");
}

#[test]
fn a_newcomer_adds_picks_connects_and_forgets_with_the_system_session() {
    needs!("terminals", "sshd");
    story("system");
}

fn story(session: &str) {
    let s = Sandbox::new();
    let known = s.path("known_hosts");
    s.write(".ssh/config", format!("Host *\n  UserKnownHostsFile {}\n", known.display()));
    let key = s.keygen("web.pem", &[]);
    let mut sshd =
        Sshd::start_with(&s, &key, "ForceCommand /bin/sh -c \"${SSH_ORIGINAL_COMMAND:-/bin/sh}\"");

    // Add: a key as browsers download it, readable by all.
    s.chmod(".ssh/web.pem", 0o644);
    let target = format!("{ME}@127.0.0.1:{}", sshd.port);
    let add = [
        "add",
        "web-server",
        &target,
        "--key",
        ".ssh/web.pem",
        "--tag",
        "prod",
        "--session",
        session,
    ];
    s.sshp_args(add).success().says("web.pem");
    assert_eq!(s.mode(".ssh/web.pem"), 0o600);
    s.sshp("add db 127.0.0.9").success();
    s.sshp("list").success().prints("web-server").prints(&target).prints("#prod");

    // Find and connect: the picker, a few letters, the host key shown and accepted, a shell.
    let mut pty = Pty::spawn(&s.command(SSHP));
    pty.wait_for("db");
    pty.send("prod");
    pty.wait_until("only the tagged profile", |screen| !screen.contains("127.0.0.9"));
    pty.send("\r");
    pty.wait_for(&sshd.fingerprint());
    pty.send("yes\r");
    pty.wait_until("a prompt", |screen| {
        screen.lines().any(|line| ["#", "$"].contains(&line.trim_end()))
    });
    pty.send("echo stood-in-$((40+2)); exit 3\r");
    pty.wait_for("stood-in-42");
    assert_eq!(pty.wait_exit(), 3);

    // By name, as a script does.
    s.sshp("web-server echo hello").success().prints("hello\n");
    s.sshp_args(["web-server", "cat >&2; exit 7"]).exits(7);

    // A reinstall: the connection stops, forget mends it, the new key is shown and accepted.
    let old = sshd.fingerprint();
    sshd.reinstall();
    let stopped = s.sshp("web-server echo hello").exits(255);
    assert!(!stopped.stdout.contains("hello"));
    if session == "builtin" {
        stopped.says("sshp forget web-server").says(&old).says(&sshd.fingerprint());
    }
    let forgotten = s.sshp("forget web-server").success();
    assert!(format!("{}{}", forgotten.stdout, forgotten.stderr).contains(&old));
    assert!(!s.text("known_hosts").contains(&format!("]:{}", sshd.port)));
    let mut pty = Pty::spawn(s.command(SSHP).args(["web-server", "echo again"]));
    pty.wait_for(&sshd.fingerprint());
    pty.send("yes\r");
    pty.wait_for("again");
    assert_eq!(pty.wait_exit(), 0);
}
