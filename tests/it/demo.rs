//! The try-out.

use std::fs;

use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// Everything below a home, so that what a run leaves behind is seen.
fn contents(s: &Sandbox) -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()) {
            found.push(entry.display().to_string());
            if entry.is_dir() {
                walk(&entry, found);
            }
        }
    }
    let mut found = Vec::new();
    walk(s.home(), &mut found);
    found
}

#[test]
fn without_a_terminal_the_demo_is_a_script_that_touches_nothing() {
    let s = Sandbox::with_config("Host mine\n");
    let temporary = s.path("tmp");
    fs::create_dir(&temporary).expect("a folder");
    let before = contents(&s);
    let run = crate::support::sandbox::Run::of(
        s.command(SSHP).arg("demo").env("TMPDIR", &temporary).env("SSH_AUTH_SOCK", "/nonexistent"),
    )
    .success()
    .prints("web-server")
    .prints("deploy\n")
    .says("$ sshp add web-server")
    .says("Your files are not touched");
    assert!(!run.stdout.contains("mine"), "{run:?}");
    assert!(run.stdout.contains("removed ED25519 SHA256:"), "{run:?}");
    assert_eq!(contents(&s), before);
}

#[test]
fn on_a_terminal_the_picker_leads_to_a_session_that_ends() {
    let s = Sandbox::new();
    let temporary = s.path("tmp");
    fs::create_dir(&temporary).expect("a folder");
    let before = contents(&s);
    let mut pty = Pty::spawn(s.command(SSHP).arg("demo").env("TMPDIR", &temporary));
    pty.wait_until("the picker", |screen| screen.contains("3/3"));
    pty.send("db-primary");
    pty.wait_until("one match", |screen| screen.contains("1/3"));
    pty.send("\r");
    pty.wait_for("demo$");
    pty.send("whoami\r");
    pty.wait_for("postgres");
    pty.send("exit\r");
    pty.wait_for("That is all");
    assert_eq!(pty.wait_exit(), 0);
    assert_eq!(contents(&s), before);
}

#[test]
fn a_signal_in_the_picker_or_the_session_leaves_nothing_behind() {
    for signal in ["TERM", "HUP", "INT"] {
        for in_session in [false, true] {
            let s = Sandbox::new();
            let temporary = s.path("tmp");
            fs::create_dir(&temporary).expect("a folder");
            let before = contents(&s);
            let mut pty = Pty::spawn(s.command(SSHP).arg("demo").env("TMPDIR", &temporary));
            pty.wait_for("3/3");
            assert_ne!(contents(&s), before, "the demo's home is looked for in the wrong place");
            if in_session {
                pty.send("\r");
                pty.wait_for("demo$");
            }
            let pid = pty.pid().to_string();
            Run::of(s.command("kill").args([&format!("-{signal}"), &pid])).success();
            assert_ne!(pty.wait_exit(), 0);
            assert_eq!(contents(&s), before, "{signal}, in the session: {in_session}");
        }
    }
}
