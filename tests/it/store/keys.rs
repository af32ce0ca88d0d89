//! A private key that is imported, under the same faults as the config: it is there whole and for
//! the user alone, or not at all, and no profile is left with a key that is not there.

use std::fs;

use super::{calls_of, leftovers, with_fault};
use crate::support::sandbox::Sandbox;

const IMPORT: &[&str] = &["key", "import", "Downloads/web.pem", "web"];
const CONFIG: &str = "Host web\n  HostName 192.0.2.1\n";

fn sandbox(key: &str) -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    s.write("Downloads/web.pem", key);
    s
}

/// A key in OpenSSH's format, made once.
fn key() -> String {
    let s = Sandbox::new();
    fs::read_to_string(s.keygen("made", &[])).expect("a key")
}

/// Whether the profile has the key; its file is whole then, and where there is one at all.
#[track_caller]
fn has_key(s: &Sandbox, key: &str, what: &str) -> bool {
    let is_there = s.path(".ssh/web.pem").exists();
    if is_there {
        assert_eq!(
            (s.text(".ssh/web.pem").as_str(), s.mode(".ssh/web.pem")),
            (key, 0o600),
            "{what}"
        );
    }
    let config = s.config();
    let is_named = config.contains("IdentityFile");
    assert!(is_named || config == CONFIG, "{what}: {config}");
    assert!(is_there || !is_named, "{what}: {config}");
    assert_eq!(s.text("Downloads/web.pem"), key, "{what}");
    is_named
}

/// What a fault must leave: nothing beside the files, and a next start that works.
#[track_caller]
fn whole(s: &Sandbox, key: &str, what: &str) {
    has_key(s, key, what);
    s.sshp("add other o").success();
    s.sshp_args(IMPORT).success();
    assert!(has_key(s, key, what), "{what}");
    assert!(leftovers(&s.path(".ssh")).is_empty(), "{what}");
}

#[test]
fn killed_at_any_system_call_a_key_is_there_whole_or_not_at_all() {
    needs!("ssh", "strace");
    let key = key();
    let (mut old, mut new) = (0, 0);
    for (call, range) in calls_of(&sandbox(&key), IMPORT) {
        for nth in range {
            let s = sandbox(&key);
            let what = format!("{call} {nth}");
            with_fault(&s, IMPORT, &call, nth, "signal=SIGKILL");
            *if has_key(&s, &key, &what) { &mut new } else { &mut old } += 1;
            whole(&s, &key, &what);
        }
    }
    assert!(old > 0 && new > 0, "{old} {new}");
}

#[test]
fn an_error_at_any_system_call_leaves_a_key_whole_or_not_at_all() {
    needs!("ssh", "strace");
    let key = key();
    let calls = calls_of(&sandbox(&key), IMPORT);
    for (call, faults) in [
        ("write", &["error=ENOSPC", "error=EIO", "retval=1"][..]),
        ("fsync", &["error=EIO"]),
        ("renameat2", &["error=EIO", "error=ENOSPC"]),
    ] {
        for fault in faults {
            for nth in calls.get(call).cloned().into_iter().flatten() {
                let s = sandbox(&key);
                let what = format!("{call} {nth} {fault}");
                let run = with_fault(&s, IMPORT, call, nth, fault);
                let new = has_key(&s, &key, &what);
                assert!(new || run.code != Some(0) || *fault == "retval=1", "{what}: {run:?}");
                whole(&s, &key, &what);
            }
        }
    }
}
