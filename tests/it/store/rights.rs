//! Files and folders that the user may not read or write: a clear error, and nothing lost.

use std::fs;
use std::os::unix::process::CommandExt;

use super::CONFIG;
use crate::support::sandbox::{Run, SSHP, Sandbox, chown};

/// Somebody without rights of their own.
const USER: u32 = 4713;

/// A home of [`USER`] with a profile and a note.
fn home() -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    s.write(".config/sshp/profiles.toml", "[web]\nnote = \"w\"\n");
    for name in ["", ".ssh", ".ssh/config", ".config", ".config/sshp", ".config/sshp/profiles.toml"]
    {
        chown(s.path(name), USER, USER);
    }
    s
}

fn sshp(s: &Sandbox, words: &str) -> Run {
    let mut command = s.command(SSHP);
    command.args(words.split(' '));
    Run::of(command.uid(USER).gid(USER))
}

/// Gives a path to root, so that the user's rights are those of others.
fn take(s: &Sandbox, name: &str, mode: u32) {
    chown(s.path(name), 0, 0);
    s.chmod(name, mode);
}

#[test]
fn a_config_that_cannot_be_read_is_an_error_and_stays() {
    needs!("root");
    let s = home();
    take(&s, ".ssh/config", 0o600);
    for (words, code) in [
        ("list", 0),
        ("add new h --tag t", 1),
        ("edit web --port 1", 3),
        ("rm web", 3),
        ("sync", 1),
        ("sync --prune", 1),
    ] {
        let run = sshp(&s, words);
        assert!(run.stderr.contains("ermission denied"), "{words}: {run:?}");
        assert!(code == 0 || run.code != Some(0), "{words}: {run:?}");
        assert_eq!(s.config(), CONFIG);
        assert_eq!(s.text(".config/sshp/profiles.toml"), "[web]\nnote = \"w\"\n", "{words}");
    }
}

#[test]
fn what_cannot_be_written_is_told_and_everything_is_still_read() {
    needs!("root");
    let add = "add new h --tag t";
    for folder in [".ssh", ".config/sshp", ".local/state"] {
        let s = home();
        fs::create_dir_all(s.path(".local/state")).expect("the folder");
        for name in [".local", ".local/state"] {
            chown(s.path(name), USER, USER);
        }
        take(&s, folder, 0o755);
        sshp(&s, "list").success().prints("web");
        sshp(&s, "show web").success().prints("w");
        sshp(&s, "pick web").success().prints("web\n");
        let run = sshp(&s, add).exits(1).says("permission denied").says(folder);
        assert!(!run.stderr.contains("panicked"), "{run:?}");
        assert_eq!(s.config(), CONFIG, "{folder}");
        assert_eq!(s.text(".config/sshp/profiles.toml"), "[web]\nnote = \"w\"\n", "{folder}");
        let left = fs::read_dir(s.path(".ssh")).expect("the folder").count();
        assert_eq!(left, 1, "{folder}");
        // The connect itself needs none of them.
        let run = sshp(&s, "connect --session system -o ProxyCommand=false web true").exits(255);
        assert!(!run.stderr.contains("error: "), "{folder}: {run:?}");
    }
}

#[test]
fn metadata_that_cannot_be_read_is_told_and_the_hosts_are_listed() {
    needs!("root");
    let s = home();
    take(&s, ".config/sshp/profiles.toml", 0o600);
    let denied = "permission denied";
    sshp(&s, "list").success().prints("web").says(denied).says("profiles.toml");
    sshp(&s, "add new h --tag t").exits(1).says(denied).says("nothing was changed");
    sshp(&s, "connect web true").exits(255).says("cannot tell whether `web` is pinned");
    assert_eq!(s.config(), CONFIG);
}
