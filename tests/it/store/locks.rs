//! File systems without flock(2), and locks that cannot be had.

use std::fs;
use std::process::Stdio;

use super::{ADD, sandbox, with_fault};
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// sshp on a file system where flock(2) fails.
fn without_flock(s: &Sandbox, error: &str, args: &[&str]) -> std::process::Command {
    let mut command = s.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e"]);
    command.arg(format!("inject=flock:error={error}")).arg(SSHP).args(args);
    command
}

fn lock_files(s: &Sandbox) -> usize {
    let found = fs::read_dir(s.path(".local/state/sshp/lock")).expect("locks").flatten();
    found.filter(|entry| entry.path().extension().is_some_and(|e| e == "held")).count()
}

#[test]
fn without_flock_a_lock_file_takes_its_place() {
    needs!("strace");
    for error in ["ENOSYS", "ENOLCK", "EOPNOTSUPP", "EINVAL"] {
        let s = sandbox();
        Run::of(&mut without_flock(&s, error, ADD)).success();
        assert!(s.config().contains("Host new\n"), "{error}");
        assert_eq!(lock_files(&s), 0, "{error}");
    }
}

#[test]
fn many_at_once_lose_no_change_without_flock() {
    needs!("strace");
    let s = sandbox();
    let adds: Vec<_> = (0..8)
        .map(|n| {
            let mut command = without_flock(&s, "ENOSYS", &["add", &format!("h{n}"), "h"]);
            command.stderr(Stdio::piped()).spawn().expect("sshp")
        })
        .collect();
    for add in adds {
        let out = add.wait_with_output().expect("an end");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    assert_eq!(s.config().matches("Host h").count(), 8);
    assert_eq!(lock_files(&s), 0);
}

#[test]
fn the_lock_file_of_a_killed_process_does_not_stop_the_next() {
    needs!("strace");
    let s = sandbox();
    let mut command = s.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock,fsync", "-e"]);
    command.args(["inject=flock:error=ENOSYS", "-e", "inject=fsync:signal=SIGKILL:when=2"]);
    Run::of(command.arg(SSHP).args(ADD));
    assert!(lock_files(&s) > 0, "it was killed without the lock");
    Run::of(&mut without_flock(&s, "ENOSYS", ADD)).success();
    assert_eq!(lock_files(&s), 0);
}

#[test]
fn a_lock_that_cannot_be_had_names_a_way_out_that_works() {
    needs!("strace");
    let s = sandbox();
    let run = with_fault(&s, ADD, "flock", 1, "error=EIO").exits(1);
    run.says("cannot lock").says("SSHP_STATE_DIR");
    let mut command = s.command(SSHP);
    command.args(ADD).env("SSHP_STATE_DIR", s.path("elsewhere"));
    Run::of(&mut command).success();
    assert!(s.path("elsewhere/journal").exists() && s.config().contains("Host new\n"));
}
