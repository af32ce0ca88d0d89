//! The state folder may say anything: it is checked before any of it is believed, what is damaged is
//! named with the command that goes past it, and every command that reads goes on.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::{CONFIG, SSHP, sandbox, sha256, with_fault};
use crate::support::sandbox::{Run, Sandbox, chown};

const JOURNAL: &str = ".local/state/sshp/journal/0000000001";
const PENDING: &str = ".local/state/sshp/pending/0000000009";

/// A home with one change in its journal.
fn changed() -> Sandbox {
    let s = sandbox();
    s.sshp("edit web --user bob").success();
    s
}

fn entry(s: &Sandbox) -> Value {
    serde_json::from_slice(&s.read(JOURNAL)).expect("JSON")
}

/// Makes of the change in the journal one that is to be finished.
fn begun(entry: &Value) -> Value {
    let mut entry = entry.clone();
    for file in entry["files"].as_array_mut().expect("files") {
        (file["before"], file["after"]) = (file["after"].clone(), json!(sha256("x")));
    }
    entry
}

#[test]
fn a_damaged_entry_is_named_and_can_be_gone_past() {
    let damages: [fn(&mut Value); 7] = [
        |e| e["files"][0]["edits"][0]["at"] = json!(1_000_000_000_000_u64),
        |e| e["files"][0]["edits"][0]["at"] = json!(u64::MAX),
        |e| e["files"][0]["edits"][0]["old"] = json!("é".repeat(500)),
        |e| e["files"][0]["edits"][0]["new"] = json!({ "base64": "?" }),
        |e| e["files"][0]["after"] = json!("00"),
        |e| e["files"][0]["path"] = json!("../../etc/passwd"),
        |e| *e = json!([]),
    ];
    for damage in damages {
        let s = changed();
        let (mut done, mut pending) = (entry(&s), begun(&entry(&s)));
        damage(&mut done);
        damage(&mut pending);
        s.write(JOURNAL, done.to_string());
        s.write(PENDING, pending.to_string());
        let config = s.config();
        let what = pending.to_string();
        for words in ["list", "show web", "pick web", "check", "log"] {
            let run = s.sshp(words);
            assert_eq!(run.code, Some(0), "{words}: {what} {run:?}");
        }
        s.sshp("list").says(PENDING);
        for words in ["add b h", "undo", "sync"] {
            let run = s.sshp(words);
            assert!(matches!(run.code, Some(0 | 1 | 5)), "{words}: {what} {run:?}");
        }
        s.sshp("add c h").says(PENDING).says("`rm ");
        assert_eq!(s.config(), config, "{what}");
        fs::remove_file(s.path(PENDING)).expect("what the hint says");
        s.sshp("add d h").success();
        s.sshp("undo").success();
        let undo = s.sshp("undo");
        assert_ne!(undo.code, Some(101), "{what}");
        assert_eq!(s.config(), config, "{what}");
    }
}

#[test]
fn numbers_of_a_damaged_entry_stop_no_command() {
    let s = changed();
    let mut huge = entry(&s);
    huge["files"][0]["lines"] = json!([u64::MAX, u64::MAX]);
    let mut other = huge["files"][0].clone();
    other["path"] = json!("/other");
    huge["files"].as_array_mut().expect("files").push(other);
    huge["time"] = json!(u64::MAX);
    s.write(".local/state/sshp/journal/0000000002", huge.to_string());
    s.sshp("log").success().prints("edit web");
    s.sshp("log --json").success();
    s.write(".local/state/sshp/usage", format!("1e308 {} web\n1 -1 é\n\u{feff}\n", u64::MAX));
    s.sshp("list --sort used").success().prints("web");
    s.write(".local/state/sshp/journal/9999999999", huge.to_string());
    s.sshp("add b h").exits(1).says("9999999999").says("`rm ");
}

#[test]
fn something_else_in_the_place_of_an_entry_is_named() {
    named_in_place_of_an_entry(&[
        ("mkdir", "a folder"),
        ("mkfifo", "a FIFO"),
        ("ln -s /etc/passwd", ""),
        ("touch", "damaged"),
        ("install -m 666 /dev/null", "can be written by other users"),
    ]);
}

#[test]
fn an_entry_of_another_user_is_named() {
    needs!("root");
    named_in_place_of_an_entry(&[("install -o 4715 /dev/null", "belongs to")]);
}

fn named_in_place_of_an_entry(makes: &[(&str, &str)]) {
    for (make, says) in makes {
        let s = changed();
        let script = format!("{make} {}", s.path(PENDING).display());
        Run::of(s.command("sh").args(["-c", &script])).success();
        s.sshp("list").success().says(PENDING).says(says);
        let run = s.sshp("add b h");
        assert!(matches!(run.code, Some(1 | 5)), "{make}: {run:?}");
        run.says(PENDING);
    }
}

#[test]
fn an_entry_that_names_a_file_of_another_kind_is_not_carried_out() {
    for name in ["authorized_keys", "rc", "id_ed25519", "../.bashrc", "../known_hosts.sh"] {
        let s = changed();
        let file = s.write(format!(".ssh/{name}"), "echo one\n");
        let file = file.canonicalize().expect("the path");
        let (old, new) = ("echo one\n", "echo one\necho two\n");
        let entry = |before, after, edit: Value| {
            json!({ "time": 1, "command": "add web", "files": [
                { "path": s.path(".ssh/config").canonicalize().expect("the path"),
                  "before": sha256("x"), "after": sha256(&s.config()), "edits": [] },
                { "path": file, "before": sha256(before), "after": sha256(after), "edits": [edit] },
            ]})
        };
        s.write(
            PENDING,
            entry(old, new, json!({ "at": 9, "old": "", "new": "echo two\n" })).to_string(),
        );
        s.sshp("list").success().says("which is no file of this config");
        s.sshp("edit web --user bob2").success().says("which is no file of this config");
        s.sshp("undo").success();
        fs::remove_file(s.path(PENDING)).expect("the entry goes");
        let mut undone = entry(new, old, json!({ "at": 9, "old": "echo two\n", "new": "" }));
        undone["files"].as_array_mut().expect("files").remove(0);
        s.write(".local/state/sshp/journal/0000000002", undone.to_string());
        s.sshp("undo").exits(5).says("which is no file of this config");
        assert_eq!(fs::read_to_string(&file).expect("the file"), old, "{name}");
    }
}

#[test]
fn undo_writes_no_text_but_the_one_before() {
    let s = changed();
    let after = s.config();
    let text =
        s.text(JOURNAL).replace("\"old\": \"", "\"old\": \"\\nHost *\\n  ProxyCommand evil\\n");
    s.write(JOURNAL, text);
    s.sshp("undo").exits(1).says("is damaged").says(JOURNAL);
    assert_eq!(s.config(), after);
}

#[test]
fn a_state_folder_that_others_can_write_is_refused_and_reads_go_on() {
    needs!("root");
    for mode in [0o770, 0o702] {
        let s = changed();
        let config = s.config();
        s.write(PENDING, begun(&entry(&s)).to_string());
        s.chmod(".local/state/sshp", mode);
        s.sshp("list").success().prints("web");
        s.sshp("add b h").exits(5).says("chmod go-w").says("SSHP_STATE_DIR");
        s.sshp("undo").exits(5).says("chmod go-w");
        assert_eq!(s.config(), config);
    }
    let s = changed();
    chown(s.path(".local/state/sshp/journal"), 4715, None);
    s.sshp("undo").exits(5).says("belongs to");
}

#[test]
fn a_lock_that_is_another_file_is_not_written() {
    let s = changed();
    let victim = s.write("victim", "text");
    for entry in fs::read_dir(s.path(".local/state/sshp/lock")).expect("locks").flatten() {
        fs::remove_file(entry.path()).expect("the lock goes");
        fs::hard_link(&victim, entry.path()).expect("a link");
    }
    s.sshp("add b h").exits(5).says("no file that sshp made");
    assert_eq!(s.text("victim"), "text");
}

#[test]
fn temp_files_of_killed_processes_go_at_the_next_change() {
    let s = changed();
    let mut gone = Command::new("true").spawn().expect("a process");
    gone.wait().expect("its end");
    let names = ["pending", "journal"]
        .map(|folder| format!(".local/state/sshp/{folder}/new-{}", gone.id()));
    for name in &names {
        s.write(name, "Host secret\n");
    }
    s.sshp("add b h").success();
    for name in names {
        assert!(!s.path(&name).exists(), "{name}");
    }
}

#[test]
fn a_change_that_failed_is_not_called_interrupted() {
    needs!("strace");
    for (call, error) in [
        ("renameat2", "EPERM"),
        ("renameat2", "EXDEV"),
        ("fsync", "EIO"),
        ("write", "ENOSPC"),
        ("fchmod", "EPERM"),
        ("fallocate", "ENOSPC"),
        ("pwrite64", "EIO"),
    ] {
        for words in [&["add", "new", "n", "--tag", "t"][..], &["rm", "web", "--in-place"]] {
            // From the nth call on, all fail: what puts the files back, too.
            for from in ["1+", "2+", "3+", "4+", "6+"] {
                let s = sandbox();
                let mut command = s.command("strace");
                command.args(["-f", "-qq", "-o", "/dev/null", "-P"]).arg(s.path(".ssh/config"));
                command.arg("-P").arg(s.path(".ssh")).arg("-e").arg(format!("trace={call}"));
                command.arg("-e").arg(format!("inject={call}:error={error}:when={from}"));
                let run = Run::of(command.arg(SSHP).args(words));
                if run.code == Some(0) {
                    continue;
                }
                let what = format!("{call} {error} {from} {words:?} {run:?}");
                assert!(run.stderr.contains("cannot "), "{what}");
                let next = s.sshp("list");
                assert!(!next.stderr.contains("interrupted"), "{what} {next:?}");
                assert_eq!(s.config(), CONFIG, "{what}");
            }
        }
    }
    let s = sandbox();
    let before = s.config();
    with_fault(&s, &["add", "new", "n"], "fsync", 1, "error=EIO").exits(1);
    assert_eq!(s.config(), before);
    let next = s.sshp("list").success();
    assert_eq!(next.stderr, "");
}

#[test]
fn an_undo_is_not_taken_for_a_change_when_the_journal_is_full() {
    let s = Sandbox::with_config(CONFIG);
    for n in 0..3 {
        s.sshp(&format!("add h{n} h")).success();
    }
    // 200 entries that are older: three undos and redos have no room beside them.
    let journal = s.path(".local/state/sshp/journal");
    for n in (1..=3_u64).rev() {
        let from = journal.join(format!("{n:010}"));
        fs::rename(&from, journal.join(format!("{:010}", n + 197))).expect("another number");
    }
    let filler = fs::read(journal.join("0000000198")).expect("an entry");
    for n in 1..=197_u64 {
        s.write(journal.join(format!("{n:010}")), &filler);
    }
    let config = s.config();
    s.sshp("undo 3").success();
    assert_eq!(s.config(), CONFIG);
    s.sshp("undo --redo 3").success();
    s.sshp("undo --redo").exits(3).says("there is no undo to take back");
    assert_eq!(s.config(), config);
    assert!(fs::read_dir(&journal).expect("the journal").count() <= 200);
    s.sshp("undo 3").success();
    assert_eq!(s.config(), CONFIG);
}
