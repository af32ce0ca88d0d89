//! Root with a user's `$HOME` (`sudo -E`, `su`): what it makes is the user's, and nothing that the
//! user puts in its way makes it write what the user could not.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use crate::support::sandbox::{Run, SSHP, Sandbox, chown};

const USER: u32 = 4714;

/// The home of [`USER`], with no file in it; root's home by passwd(5) is another one.
fn home() -> Sandbox {
    let s = Sandbox::new();
    for name in ["", ".ssh"] {
        chown(s.path(name), USER, USER);
    }
    s
}

fn as_user(s: &Sandbox, words: &str) -> Run {
    let mut command = s.command(SSHP);
    Run::of(command.args(words.split(' ')).uid(USER).gid(USER))
}

/// All below a folder that is not the user's.
fn of_others(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let meta = entry.metadata().expect("metadata");
        if meta.uid() != USER {
            found.push(entry.path());
        }
        if meta.is_dir() {
            found.extend(of_others(&entry.path()));
        }
    }
    found
}

/// A file of root's outside the home, and what it holds.
fn victim(s: &Sandbox) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sudoers");
    fs::write(&file, "root:only\n").expect("the file");
    assert!(!file.starts_with(s.home()));
    (folder, file)
}

#[test]
fn what_root_makes_is_the_users_and_the_user_goes_on() {
    needs!("root", "ssh");
    let s = home();
    fs::remove_dir(s.path(".ssh")).expect("the folder goes");
    let elsewhere = Sandbox::new();
    let key = elsewhere.keygen("key", &[]).display().to_string();
    let public = fs::read_to_string(format!("{key}.pub")).expect("the key");
    let scanned = format!("192.0.2.1 {public}192.0.2.2 {public}");
    for words in [
        "add one 192.0.2.1 --tag x".to_owned(),
        "edit one --user bob --note n".to_owned(),
        format!("key import {key} one"),
        format!("key convert {key} --to pkcs8 --out {}", s.path("converted").display()),
        "config set backups 30".to_owned(),
        "mv one uno".to_owned(),
        "undo".to_owned(),
        "list".to_owned(),
    ] {
        s.sshp(&words).success();
    }
    let known = s.path(".ssh/known_hosts");
    fs::write(&known, &scanned).expect("known hosts");
    chown(&known, USER, USER);
    s.sshp(&format!("forget --known-hosts {} 192.0.2.1", known.display())).success();
    for name in [".ssh/config", ".ssh/key", "converted", ".local/state/sshp/journal"] {
        assert!(s.path(name).exists(), "{name}");
    }
    assert_eq!(of_others(s.home()), [] as [PathBuf; 0]);
    for words in ["add two 192.0.2.2", "edit one --port 2222", "log", "undo", "list"] {
        as_user(&s, words).success();
    }
}

#[test]
fn root_gives_nothing_away_by_its_path() {
    needs!("root", "strace");
    let s = home();
    let trace = s.path("trace");
    let mut command = s.command("strace");
    command.args(["-f", "-qq", "-o"]).arg(&trace).args(["-e", "trace=chown,fchownat,lchown"]);
    Run::of(command.arg(SSHP).args(["add", "web", "192.0.2.1", "--tag", "x"])).success();
    assert_eq!(s.text("trace"), "");
}

/// Whether a file below a folder holds this text.
fn anywhere(folder: &Path, text: &[u8]) -> bool {
    fs::read_dir(folder).expect("a folder").flatten().any(|entry| {
        let path = entry.path();
        let holds = |path| memchr::memmem::find(&fs::read(path).expect("a file"), text).is_some();
        if path.is_dir() { anywhere(&path, text) } else { holds(&path) }
    })
}

#[test]
fn no_text_of_roots_own_file_is_kept_where_a_user_reads_it() {
    needs!("root");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
    let config = "Host secret\n  HostName 192.0.2.77\n";
    let known = format!("192.0.2.77 {key}\n192.0.2.78 {key}\n");
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
            .expect("mode");
    };
    let words = [
        format!("-F {} add new 192.0.2.77", at("config")),
        format!("-F {} edit secret --user bob", at("config")),
        format!("-F {} edit secret --user bob --in-place", at("config")),
        format!("-F {} rm secret", at("config")),
        format!("forget --known-hosts {} 192.0.2.77", at("known")),
    ];
    for words in &words {
        let s = home();
        mode(folder.path(), 0o700);
        fs::write(at("config"), config).expect("a config");
        fs::write(at("known"), &known).expect("known hosts");
        let run = s.sshp(words).exits(5).says("SSHP_STATE_DIR").says("sudo -H");
        assert!(run.stderr.contains(&at("")), "{words}: {run:?}");
        assert_eq!(fs::read_to_string(at("config")).expect("the file"), config, "{words}");
        assert_eq!(fs::read_to_string(at("known")).expect("the file"), known, "{words}");
        assert!(!anywhere(s.home(), b"192.0.2.77"), "{words}");

        let mut command = s.command(SSHP);
        command.args(words.split(' ')).env("SSHP_STATE_DIR", at("state"));
        Run::of(&mut command).success();
        assert!(!anywhere(s.home(), b"192.0.2.77"), "{words}");
        let mut undo = s.command(SSHP);
        undo.args(["-F", &at("config"), "undo"]).env("SSHP_STATE_DIR", at("state"));
        Run::of(&mut undo).success();
        assert_eq!(fs::read_to_string(at("config")).expect("the file"), config, "{words}");
        // What the user can read is kept in the user's state.
        mode(folder.path(), 0o755);
        for name in ["config", "known"] {
            mode(Path::new(&at(name)), 0o644);
        }
        s.sshp(words).success();
        assert!(anywhere(s.home(), b"192.0.2.77"), "{words}");
        assert_eq!(of_others(s.home()), [] as [PathBuf; 0], "{words}");
        fs::remove_file(at("config")).expect("removed");
        fs::remove_file(at("known")).expect("removed");
    }
}

#[test]
fn a_users_link_in_the_way_leads_root_nowhere() {
    needs!("root");
    for name in [".local", ".config", ".ssh", ".ssh/config", ".ssh/known_hosts"] {
        let s = home();
        let (folder, file) = victim(&s);
        let target = if name.contains('/') { &file } else { &folder.path().to_owned() };
        let _ = fs::remove_dir(s.path(name));
        symlink(target, s.path(name)).expect("a link");
        chown(s.path(name), USER, USER);
        let run = s.sshp("add web 192.0.2.1 --tag x");
        if name.ends_with("known_hosts") {
            run.success();
            s.sshp("forget root:only");
        } else {
            assert!(matches!(run.code, Some(1 | 5)), "{name}: {run:?}");
        }
        assert_eq!(fs::read_to_string(&file).expect("the file"), "root:only\n", "{name}");
        let left = fs::read_dir(folder.path()).expect("the folder").count();
        let owner = fs::metadata(folder.path()).expect("metadata").uid();
        assert_eq!((left, owner), (1, 0), "{name}");
    }
}

/// An entry that has `line` appended to a file.
fn appending(file: &Path, line: &str, done: bool) -> String {
    let old = fs::read_to_string(file).expect("a text");
    let new = format!("{old}{line}");
    let edit = serde_json::json!({ "at": old.len(), "old": "", "new": line });
    // The journal tells of a change that was done: its undo is what is wanted.
    let (before, after) = if done { (&new, &old) } else { (&old, &new) };
    let edit =
        if done { serde_json::json!({ "at": old.len(), "old": line, "new": "" }) } else { edit };
    serde_json::json!({
        "time": 1, "command": "add web",
        "files": [{
            "path": file, "before": super::sha256(before), "after": super::sha256(after),
            "edits": [edit],
        }],
    })
    .to_string()
}

#[test]
fn an_entry_that_a_user_planted_gets_root_to_write_nothing() {
    needs!("root");
    for (folder, words) in [
        ("pending", "list"),
        ("pending", "show web"),
        ("pending", "add web 192.0.2.1"),
        ("pending", "undo"),
        ("journal", "undo"),
        ("journal", "list"),
    ] {
        let s = home();
        let (_folder, file) = victim(&s);
        let planted = format!(".local/state/sshp/{folder}/0000000001");
        s.write(&planted, appending(&file, "alice ALL\n", folder == "journal"));
        for name in [".local", ".local/state", ".local/state/sshp"] {
            chown(s.path(name), USER, USER);
        }
        for name in [format!(".local/state/sshp/{folder}"), planted.clone()] {
            chown(s.path(name), USER, USER);
        }
        let run = s.sshp(words);
        assert!(run.code.is_some_and(|code| code < 101), "{words}: {run:?}");
        assert_eq!(fs::read_to_string(&file).expect("the file"), "root:only\n", "{words}");
        if words == "list" && folder == "pending" {
            run.success().says("belongs to");
            assert!(s.path(planted).exists());
        }
    }
}

#[test]
fn a_config_of_another_user_or_that_others_can_write_is_not_connected_by() {
    needs!("root");
    let match_exec = |s: &Sandbox| {
        let ran = s.path("ran");
        format!(
            "Match exec \"touch {}\"\n  User z\nHost web\n  HostName 127.0.0.1\n  Port 1\n",
            ran.display()
        )
    };
    // The owner and mode of the config, of a file that it includes, and whether ssh reads them.
    for (config, included, good) in [
        ((USER, 0o600), None, false),
        ((0, 0o666), None, false),
        ((0, 0o602), None, false),
        ((0, 0o600), Some((USER, 0o600)), false),
        ((0, 0o600), Some((0, 0o622)), false),
        ((0, 0o644), Some((0, 0o644)), true),
    ] {
        for client in ["system", "builtin"] {
            let s = Sandbox::new();
            let mut files = vec![(".ssh/config", config)];
            if let Some(included) = included {
                s.write(".ssh/config", format!("Include {}\n", s.path(".ssh/more").display()));
                s.write(".ssh/more", match_exec(&s));
                files.push((".ssh/more", included));
            } else {
                s.write(".ssh/config", match_exec(&s));
            }
            for (name, (owner, mode)) in files {
                chown(s.path(name), owner, owner);
                s.chmod(name, mode);
            }
            let run = s.sshp(&format!("connect --session {client} -o BatchMode=yes web true"));
            let what = format!("{client} {config:?} {included:?} {run:?}");
            assert_eq!(run.code, Some(255), "{what}");
            assert_eq!(run.stderr.contains("Bad owner or permissions"), !good, "{what}");
            assert_eq!(s.path("ran").exists(), good, "{what}");
            s.sshp("show web --verify");
            assert_eq!(s.path("ran").exists(), good, "{what}");
        }
    }
}
