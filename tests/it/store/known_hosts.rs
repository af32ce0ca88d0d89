//! known_hosts under the same faults as the config: a removal leaves the old lines or the new ones.

use std::fs;

use super::{calls_of, leftovers, with_fault};
use crate::support::sandbox::Sandbox;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
const FORGET: &[&str] = &["forget", "web"];

fn before() -> String {
    format!("# mine\nweb,other {KEY}\r\nbad line\n\nweb {KEY} x")
}

fn after() -> String {
    format!("# mine\nother {KEY}\r\nbad line\n\n")
}

fn sandbox() -> Sandbox {
    let s = Sandbox::new();
    let known = s.write(".ssh/known_hosts", before());
    let config = format!("Host web\n  UserKnownHostsFile {}\n", known.display());
    s.write(".ssh/config", config);
    s
}

/// Whether the lines are the new ones; they are the old ones else.
#[track_caller]
fn is_new(s: &Sandbox, what: &str) -> bool {
    let text = s.text(".ssh/known_hosts");
    assert!(text == before() || text == after(), "{what}: {text}");
    text == after()
}

/// What a fault must leave: old or new, nothing beside it, and a next start that works.
#[track_caller]
fn whole(s: &Sandbox, what: &str) {
    is_new(s, what);
    s.sshp_args(FORGET).success();
    assert!(is_new(s, what), "{what}");
    assert!(leftovers(&s.path(".ssh")).is_empty(), "{what}");
    s.sshp("undo").success();
    assert!(!is_new(s, what), "{what}");
}

#[test]
fn killed_at_any_system_call_known_hosts_are_old_or_new() {
    needs!("strace");
    let (mut old, mut new) = (0, 0);
    for (call, range) in calls_of(&sandbox(), FORGET) {
        for nth in range {
            let s = sandbox();
            let what = format!("{call} {nth}");
            with_fault(&s, FORGET, &call, nth, "signal=SIGKILL");
            *if is_new(&s, &what) { &mut new } else { &mut old } += 1;
            whole(&s, &what);
        }
    }
    assert!(old > 0 && new > 0, "{old} {new}");
}

#[test]
fn an_error_at_any_system_call_leaves_known_hosts_old_or_new() {
    needs!("strace");
    let calls = calls_of(&sandbox(), FORGET);
    for (call, faults) in [
        ("write", &["error=ENOSPC", "error=EIO", "retval=1"][..]),
        ("fsync", &["error=EIO"]),
        ("renameat2", &["error=EIO", "error=ENOSPC"]),
        ("fchmod", &["error=EPERM"]),
    ] {
        for fault in faults {
            for nth in calls.get(call).cloned().into_iter().flatten() {
                let s = sandbox();
                let what = format!("{call} {nth} {fault}");
                let run = with_fault(&s, FORGET, call, nth, fault);
                let new = is_new(&s, &what);
                assert!(new || run.code != Some(0) || *fault == "retval=1", "{what}: {run:?}");
                assert!(leftovers(&s.path(".ssh")).is_empty(), "{what}");
                whole(&s, &what);
            }
        }
    }
}

#[test]
fn a_key_that_is_made_private_keeps_every_byte_whatever_fails() {
    needs!("ssh", "strace");
    let s = Sandbox::new();
    let key = s.keygen("id", &[]);
    let text = s.read(".ssh/id");
    for (call, fault) in
        [("fchmod", "error=EPERM"), ("/chmod", "error=EIO"), ("/chmod", "signal=SIGKILL")]
    {
        s.chmod(".ssh/id", 0o644);
        with_fault(&s, &["key", "fix"], call, 1, fault);
        assert!([0o644, 0o600].contains(&s.mode(".ssh/id")), "{call} {fault}");
        assert_eq!(s.read(".ssh/id"), text, "{call} {fault}");
        s.sshp("key fix").success();
        assert_eq!(s.mode(".ssh/id"), 0o600);
    }
    assert_eq!(fs::read(key).expect("the key"), text);
}
