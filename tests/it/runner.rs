//! tests/run: what it installs, what it asks, and how it runs the tests, with stubs in the place of
//! apt-get and cargo.

use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::needs;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, Sandbox};

/// A tree with tests/run and one need, which apt-get brings; `user` is what id(1) says.
fn tree(user: u32) -> Sandbox {
    let s = Sandbox::new();
    let script = include_str!("../run");
    s.write("tests/run", script);
    s.write("tests/needs", "# a comment\nthing  thing-package  no-such-thing\nsh  dash  sh\n");
    let stubs = [
        ("apt-get", "case $* in *install*) echo '#!/bin/sh' >bin/no-such-thing; chmod +x bin/no-such-thing ;; esac".to_owned()),
        ("cargo", "[ -z \"${SSHP_REQUIRE_ALL-}\" ] || echo \"all: $SSHP_REQUIRE_ALL\" >>log".to_owned()),
        ("id", format!("echo {user}")),
        ("sudo", "shift; \"$@\"".to_owned()),
    ];
    for (name, does) in stubs {
        s.write(format!("bin/{name}"), format!("#!/bin/sh\necho {name} \"$@\" >>log\n{does}\n"));
        s.chmod(format!("bin/{name}"), 0o700);
    }
    s.write("tests/openssh-oracles", "#!/bin/sh\necho openssh-oracles >>log\n");
    s.chmod("tests/openssh-oracles", 0o700);
    for name in ["bash", "sh", "sort", "dirname", "env", "chmod", "true"] {
        let program = needs::find(name).expect(name);
        symlink(program, s.path("bin").join(name)).expect("a link");
    }
    s
}

fn command(s: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = s.command("bash");
    command.arg(s.path("tests/run")).args(arguments).env("PATH", s.path("bin"));
    command
}

/// What the stubs were asked, but for id.
fn asked(s: &Sandbox) -> String {
    let log = std::fs::read_to_string(s.path("log")).unwrap_or_default();
    log.split_inclusive('\n').filter(|line| !line.starts_with("id ")).collect()
}

const INSTALL: &str = "apt-get -q install -y --no-install-recommends thing-package\n";

#[test]
fn without_a_terminal_what_is_missing_is_listed_and_installed() {
    needs!("bash");
    let s = tree(0);
    let run = Run::of(&mut command(&s, &["WORD"])).success();
    assert_eq!(run.stderr, "tests/run would install: thing-package\n");
    let asked = asked(&s);
    assert!(asked.contains(INSTALL) && !asked.contains("sudo"), "{asked}");
    assert!(asked.contains("openssh-oracles\n"), "{asked}");
    assert!(asked.ends_with("cargo test --locked WORD\nall: 1\n"), "{asked}");
    // The second time nothing is missing.
    let run = Run::of(&mut command(&s, &[])).success();
    assert_eq!(run.stderr, "");
}

#[test]
fn at_a_terminal_it_asks_once_and_no_installs_nothing() {
    needs!("bash");
    let s = tree(0);
    let mut pty = Pty::spawn(&command(&s, &[]));
    pty.wait_for("tests/run would install: thing-package");
    pty.wait_for("install them? [y/N]");
    pty.send("\r");
    assert_eq!(pty.wait_exit(), 1, "{}", pty.screen());
    assert!(pty.screen().contains("`cargo test` runs what this machine can"), "{}", pty.screen());
    assert_eq!(asked(&s), "");
    let mut pty = Pty::spawn(&command(&s, &[]));
    pty.wait_for("install them? [y/N]");
    pty.send("y\r");
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    assert!(asked(&s).contains(INSTALL), "{}", asked(&s));
    let s = tree(0);
    let mut pty = Pty::spawn(&command(&s, &["--yes", "WORD"]));
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    assert!(!pty.screen().contains("[y/N]"), "{}", pty.screen());
    assert!(asked(&s).ends_with("cargo test --locked WORD\nall: 1\n"), "{}", asked(&s));
}

#[test]
fn for_another_user_than_root_sudo_runs_the_tests_and_no_compiler() {
    needs!("bash");
    let s = tree(1000);
    Run::of(&mut command(&s, &[])).success();
    let asked = asked(&s);
    assert!(asked.contains("sudo -n env DEBIAN_FRONTEND=noninteractive"), "{asked}");
    let runner =
        "cargo test --locked --config target.'cfg(unix)'.runner = ['sudo', '-E', 'env', 'PATH=";
    assert!(asked.contains(runner), "{asked}");
    std::fs::remove_file(s.path("bin/sudo")).expect("no sudo");
    let run = Run::of(&mut command(&s, &[])).exits(1).says("some tests need root");
    run.says("`cargo test` runs what needs none");
}
