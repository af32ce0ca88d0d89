//! Faults and races: whatever happens, a file is the old one or the new one, and the next start works.
//!
//! These run as root on Linux (mounts, chattr, strace), as a container does.

mod imports;
mod keys;
mod known_hosts;
mod locks;
mod owners;
mod rights;
mod state;

use std::collections::BTreeMap;
use std::fs;
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::sandbox::{Run, SSHP, Sandbox, chown};
use crate::support::wait;

const CONFIG: &str = "Host web\n  HostName h\n\nHost *\n  User x\n";
const CONFIG_AFTER: &str = "Host web\n  HostName h\n\nHost new\n  HostName n\n\nHost *\n  User x\n";
const TOML: &str = "[web]\nnote = \"w\"\n";
const TOML_AFTER: &str = "[web]\nnote = \"w\"\n\n[new]\ntags = [\"t\"]\n";
const ADD: &[&str] = &["add", "new", "n", "--tag", "t"];

fn sandbox() -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    s.write(".config/sshp/profiles.toml", TOML);
    s
}

/// Names below a folder that are not the user's own.
fn leftovers(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry"));
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".sshp-")).collect()
}

/// A shell script in a mount namespace of its own, in the sandbox's home.
fn in_mounts(s: &Sandbox, script: &str) -> Run {
    let mut command = s.in_namespace("mount");
    command.args(["sh", "-ec", &format!("mount --make-rprivate /; {script}")]);
    Run::of(&mut command)
}

#[test]
fn fifty_at_once_add_fifty_hosts() {
    let s = sandbox();
    let adds: Vec<_> = (0..50)
        .map(|n| {
            let mut command = s.command(SSHP);
            command.args(["add", &format!("h{n}"), "h", "--tag", "t"]).stderr(Stdio::piped());
            command.spawn().expect("sshp")
        })
        .collect();
    for add in adds {
        let out = wait::output(add, "one of fifty adds");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    let (config, toml) = (s.config(), s.text(".config/sshp/profiles.toml"));
    for n in 0..50 {
        assert!(
            config.contains(&format!("Host h{n}\n")) && toml.contains(&format!("[h{n}]\n")),
            "{n}"
        );
    }
    assert_eq!(config.matches("Host h").count(), 50);
    assert!(leftovers(&s.path(".ssh")).is_empty());
}

/// The system calls of a commit that can fail or be the last.
const CALLS: &[&str] = &[
    "openat",
    "write",
    "fsync",
    "renameat2",
    "renameat",
    "linkat",
    "fchmodat",
    "unlink",
    "unlinkat",
    "fchmod",
    "fsetxattr",
    "mkdir",
    "mkdirat",
    "flock",
    "close",
];

/// Which calls of each kind a whole command makes from its first lock on: the nth to the mth.
fn calls_of(s: &Sandbox, args: &[&str]) -> BTreeMap<String, RangeInclusive<usize>> {
    let trace = s.path("trace");
    let mut command = s.command("strace");
    command.args(["-f", "-qq", "-o"]).arg(&trace);
    command.arg("-e").arg(format!("trace={}", CALLS.join(","))).arg(SSHP).args(args);
    Run::of(&mut command).success();
    let (mut counts, mut calls) = (BTreeMap::new(), BTreeMap::new());
    let mut locked = false;
    for line in s.text("trace").lines() {
        locked |= line.contains("flock(");
        let call = line.split_whitespace().nth(1).and_then(|word| word.split('(').next());
        let Some(call) = call.filter(|call| CALLS.contains(call)) else { continue };
        let count: &mut usize = counts.entry(call.to_owned()).or_default();
        *count += 1;
        if locked {
            let from = calls.get(call).map_or(*count, |range: &RangeInclusive<_>| *range.start());
            calls.insert(call.to_owned(), from..=*count);
        }
    }
    calls
}

/// A command with one system call tampered with.
fn with_fault(s: &Sandbox, args: &[&str], call: &str, nth: usize, fault: &str) -> Run {
    let mut command = s.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
    command.arg(format!("trace={call}")).arg("-e");
    command.arg(format!("inject={call}:{fault}:when={nth}")).arg(SSHP).args(args);
    Run::of(&mut command)
}

/// Config and metadata, each old or new; gives whether both are new.
#[track_caller]
fn old_or_new(s: &Sandbox, what: &str) -> (bool, bool) {
    let (config, toml) = (s.config(), s.text(".config/sshp/profiles.toml"));
    assert!(config == CONFIG || config == CONFIG_AFTER, "{what}: {config}");
    assert!(toml == TOML || toml == TOML_AFTER, "{what}: {toml}");
    (config == CONFIG_AFTER, toml == TOML_AFTER)
}

/// SHA-256 of a text in hex, as sha256sum(1) prints it.
fn sha256(text: &str) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&file, text).expect("the text");
    let run = Run::of(Command::new("sha256sum").arg(file.path())).success();
    run.stdout.split(' ').next().expect("a hash").to_owned()
}

/// Where the former texts of the config are.
fn backups_of_config(s: &Sandbox) -> PathBuf {
    let folders = fs::read_dir(s.path(".local/state/sshp/backup")).expect("backups");
    folders
        .map(|e| e.expect("an entry").path())
        .find(|dir| fs::read(dir.join("path")).is_ok_and(|p| p.ends_with(b".ssh/config")))
        .expect("backups of the config")
}

#[test]
fn killed_at_any_system_call_files_are_old_or_new_and_the_next_start_works() {
    needs!("strace");
    let calls = calls_of(&sandbox(), ADD);
    assert!(*calls["renameat2"].end() >= 3 && *calls["fsync"].end() >= 4, "{calls:?}");
    let mut split = 0;
    for (call, range) in &calls {
        for nth in range.clone() {
            let s = sandbox();
            let what = format!("{call} {nth}");
            with_fault(&s, ADD, call, nth, "signal=SIGKILL");
            let (config, toml) = old_or_new(&s, &what);
            split += usize::from(config != toml);
            let next = s.sshp("add other o").success();
            let (config, toml) = (s.config(), s.text(".config/sshp/profiles.toml"));
            assert_eq!(config.contains("Host new\n"), toml.contains("[new]\n"), "{what}: {next:?}");
            assert!(config.contains("Host other\n"), "{what}: {config}");
            let left = [leftovers(&s.path(".ssh")), leftovers(&s.path(".config/sshp"))].concat();
            assert!(left.is_empty(), "{what}: {left:?} {next:?}");
            let first = fs::read_to_string(backups_of_config(&s).join("first"));
            assert_eq!(first.expect("the first text"), CONFIG, "{what}: {next:?}");
            let pending = s.path(".local/state/sshp/pending");
            let left: Vec<_> = fs::read_dir(&pending).into_iter().flatten().flatten().collect();
            assert!(left.is_empty(), "{what}: {left:?}");
        }
    }
    assert!(split > 0, "no kill hit between the two files: the journal was not tested");
}

#[test]
fn an_error_at_any_system_call_leaves_both_files_old_or_both_new() {
    needs!("strace");
    let calls = calls_of(&sandbox(), ADD);
    for (call, errors) in [
        ("write", &["ENOSPC", "EIO"][..]),
        ("fsync", &["EIO"]),
        ("renameat2", &["EIO", "EPERM", "ENOSPC"]),
        ("renameat", &["EXDEV", "ENOSPC"]),
        ("linkat", &["EPERM"]),
        ("fchmod", &["EPERM"]),
        ("fchmodat", &["EPERM"]),
        ("flock", &["EINTR"]),
    ] {
        for error in errors {
            for nth in calls.get(call).cloned().into_iter().flatten() {
                let s = sandbox();
                let what = format!("{call} {nth} {error}");
                let run = with_fault(&s, ADD, call, nth, &format!("error={error}"));
                let (config, toml) = old_or_new(&s, &what);
                if run.code != Some(0) {
                    assert!(run.stderr.contains("error: "), "{what}: {run:?}");
                }
                assert!(config || run.code != Some(0), "{what}: {run:?}");
                assert!(leftovers(&s.path(".ssh")).is_empty(), "{what}");
                if config != toml {
                    // A folder that would not sync: the journal knows how to go on.
                    s.sshp("edit web --port 1").success();
                    assert!(s.text(".config/sshp/profiles.toml").contains("[new]"), "{what}");
                }
            }
        }
    }
}

#[test]
fn a_short_write_is_completed_and_a_lying_one_is_noticed() {
    needs!("strace");
    let calls = calls_of(&sandbox(), ADD);
    for nth in calls["write"].clone() {
        let s = sandbox();
        let what = format!("write {nth}");
        let run = with_fault(&s, ADD, "write", nth, "retval=1");
        let (config, toml) = old_or_new(&s, &what);
        assert_eq!(config, toml, "{what}: {run:?}");
    }
}

#[test]
fn without_an_exchange_the_file_is_renamed() {
    needs!("strace");
    for error in ["EINVAL", "ENOSYS"] {
        let s = sandbox();
        let mut command = s.command("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e"]);
        command.arg(format!("inject=renameat2:error={error}")).arg(SSHP).args(ADD);
        Run::of(&mut command).success();
        assert_eq!(old_or_new(&s, error), (true, true));
    }
}

#[test]
fn an_editor_that_saves_in_the_window_loses_nothing() {
    needs!("strace");
    // Held before the exchange, then before each later rename: the journal's come first.
    for nth in 1..=6 {
        let s = sandbox();
        let mut command = s.command("strace");
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e"]);
        command.arg(format!("inject=renameat2:delay_enter=400000:when={nth}")).arg(SSHP).args(ADD);
        let mut add = command.stderr(Stdio::null()).spawn().expect("strace");
        std::thread::sleep(Duration::from_millis(250));
        let saved = format!("# saved\n{}", s.config());
        fs::write(s.path("save"), saved).expect("the text");
        fs::rename(s.path("save"), s.path(".ssh/config")).expect("the save");
        assert!(wait::end(&mut add, "an add").success(), "{nth}");
        let config = s.config();
        assert!(config.contains("Host new\n"), "{nth}: {config}");
        // Either the save saw the new host already, or the add saw the save.
        assert!(config.starts_with("# saved\n"), "{nth}: {config}");
        assert_eq!(config.matches("Host new\n").count(), 1, "{nth}: {config}");
    }
}

#[test]
fn a_signal_waits_until_the_files_are_whole() {
    needs!("strace");
    for name in ["-INT", "-TERM", "-HUP"] {
        // Held before the journal's rename, and before each of the two files'.
        for nth in 1..=6 {
            let s = sandbox();
            let mut command = s.command("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e"]);
            command.arg(format!("inject=renameat2:delay_enter=300000:when={nth}"));
            let mut add =
                command.arg(SSHP).args(ADD).stderr(Stdio::null()).spawn().expect("strace");
            std::thread::sleep(Duration::from_millis(200));
            if let Some(pid) = lock_owner(&s) {
                let _ = Command::new("kill").args([name, &pid.to_string()]).status();
            }
            wait::end(&mut add, "an add after a signal");
            let (config, toml) = old_or_new(&s, &format!("{name} {nth}"));
            assert_eq!(config, toml, "{name} {nth}");
            let left = [leftovers(&s.path(".ssh")), leftovers(&s.path(".config/sshp"))].concat();
            assert!(left.is_empty(), "{name} {nth}: {left:?}");
            // A signal that came before the change began left no folder either.
            let pending = fs::read_dir(s.path(".local/state/sshp/pending"));
            assert_eq!(pending.map_or(0, Iterator::count), 0, "{name} {nth}");
        }
    }
}

#[test]
fn a_full_disk_changes_nothing() {
    needs!("mounts");
    let s = sandbox();
    let run = in_mounts(
        &s,
        &format!(
            "mount -t tmpfs -o size=64k t .ssh; printf '{}' > .ssh/config
             cp .ssh/config before; dd if=/dev/zero of=.ssh/fill bs=1k count=100 2>/dev/null || :
             {SSHP} add new n --tag t; code=$?; cmp .ssh/config before; ls -A .ssh; exit $code",
            CONFIG.replace('\n', "\\n")
        )
        .replace("add new n --tag t; code=$?", "add new n --tag t && code=0 || code=$?"),
    );
    let run = run.exits(1).says("the disk is full").says("nothing was changed");
    assert_eq!(run.stdout, "config\nfill\n");
    assert_eq!(s.text(".config/sshp/profiles.toml"), TOML);
}

#[test]
fn what_cannot_be_replaced_says_why_and_stays() {
    needs!("mounts");
    stays(&[
        ("mount --bind .ssh .ssh; mount -o remount,ro,bind .ssh", "read-only", ":"),
        ("cp .ssh/config own; mount --bind own .ssh/config", "mount point", ":"),
        ("ln .ssh/config other", "hard links", ":"),
    ]);
}

#[test]
fn what_is_immutable_says_why_and_stays() {
    needs!("root", "mounts", "chattr");
    stays(&[("chattr +i .ssh/config", "not permitted", "chattr -i .ssh/config")]);
}

/// What is done before and after an `add`, which says why it changes nothing.
fn stays(cases: &[(&str, &str, &str)]) {
    for (before, says, after) in cases {
        let s = sandbox();
        let run = in_mounts(
            &s,
            &format!(
                "{before}; {SSHP} add new n --tag t && code=0 || code=$?; {after}; cat .ssh/config; ls -A .ssh; exit $code"
            ),
        );
        assert!(matches!(run.code, Some(1 | 5)), "{says}: {run:?}");
        let run = run.says(says);
        assert_eq!(run.stdout, format!("{CONFIG}config\n"), "{run:?}");
        assert_eq!(s.text(".config/sshp/profiles.toml"), TOML);
    }
}

#[test]
fn what_cannot_be_replaced_is_written_in_place_when_that_is_asked() {
    needs!("mounts");
    let s = sandbox();
    fs::hard_link(s.path(".ssh/config"), s.path("other")).expect("a link");
    s.sshp("add new n --tag t").exits(5).says("--in-place");
    s.sshp("add new n --tag t --in-place").success();
    assert_eq!(s.text("other"), CONFIG_AFTER);
    assert_eq!(old_or_new(&s, "links"), (true, true));
    s.sshp("undo").exits(5);
    s.sshp("undo --in-place").success();
    assert_eq!(s.text("other"), CONFIG);
    let s = sandbox();
    let run = in_mounts(
        &s,
        &format!(
            "cp .ssh/config own; mount --bind own .ssh/config; {SSHP} add new n --in-place; cat own"
        ),
    );
    assert_eq!(run.success().stdout, CONFIG_AFTER);
}

#[test]
fn killed_while_writing_in_place_the_next_start_mends_the_file() {
    needs!("strace");
    let mut torn = 0;
    // The first calls of some of them are for locks, journal and backup.
    for (call, last) in [("pwrite64", 1), ("fallocate", 1), ("ftruncate", 4), ("fsync", 8)] {
        for (nth, what) in (1..=last).flat_map(|n| [(n, "signal=SIGKILL"), (n, "error=EIO")]) {
            let s = sandbox();
            let mut command = s.command("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"]);
            command.arg(format!("inject={call}:{what}:when={nth}")).arg(SSHP);
            Run::of(command.args(["rm", "web", "--in-place"]));
            let config = s.config();
            torn += usize::from(config != CONFIG && config != "Host *\n  User x\n");
            s.sshp("add other o --in-place").success();
            let config = s.config();
            assert!(config.contains("Host other\n"), "{call} {nth} {what}: {config}");
            let without = config.replace("Host other\n  HostName o\n\n", "");
            let whole = [CONFIG, "Host *\n  User x\n"].contains(&&*without);
            assert!(whole, "{call} {nth} {what}: {config}");
        }
    }
    assert!(torn > 0, "no fault hit the middle of the write");
}

#[test]
fn killed_while_undo_removes_files_both_go_or_both_stay() {
    needs!("strace");
    let (mut gone, mut kept, mut split) = (0, 0, 0);
    for (call, last) in [("/^rename", 6), ("/^unlink", 4), ("fsync", 8)] {
        for (nth, what) in (1..=last).flat_map(|n| [(n, "signal=SIGKILL"), (n, "error=EIO")]) {
            let s = Sandbox::new();
            s.sshp_args(ADD).success();
            let files = [s.path(".ssh/config"), s.path(".config/sshp/profiles.toml")];
            let texts = files.each_ref().map(|file| fs::read(file).expect("a text"));
            let mut command = s.command("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e"]);
            command.arg(format!("inject={call}:{what}:when={nth}")).arg(SSHP).arg("undo");
            let run = Run::of(&mut command);
            let what = format!("{call} {nth} {what} {run:?}");
            let there = files.each_ref().map(|file| file.exists());
            split += usize::from(there[0] != there[1]);
            // The next start ends what was begun; it has nothing to write by itself.
            let next = s.sshp("undo --redo");
            let after = files.each_ref().map(|file| fs::read(file).ok());
            // Either the undo was done and was taken back just now, or it was not done.
            assert_eq!(after, texts.map(Some), "{what} {next:?}");
            match next.code {
                Some(0) => gone += 1,
                Some(3) => kept += 1,
                _ => panic!("{what} {next:?}"),
            }
            let left = [leftovers(&s.path(".ssh")), leftovers(&s.path(".config/sshp"))].concat();
            assert!(left.is_empty(), "{what}: {left:?}");
        }
    }
    assert!(gone > 0 && kept > 0 && split > 0, "{gone} {kept} {split}");
}

#[test]
fn another_user_without_rights_is_told_so() {
    needs!("root");
    let s = sandbox();
    fs::set_permissions(s.home(), fs::Permissions::from_mode(0o755)).expect("mode");
    fs::set_permissions(s.path(".ssh"), fs::Permissions::from_mode(0o755)).expect("mode");
    fs::set_permissions(s.path(".ssh/config"), fs::Permissions::from_mode(0o644)).expect("mode");
    let state = tempfile::tempdir().expect("a folder");
    fs::set_permissions(state.path(), fs::Permissions::from_mode(0o777)).expect("mode");
    let mut command = s.command(SSHP);
    command.arg("-F").arg(s.path(".ssh/config")).args(["add", "new", "n"]);
    command.env("XDG_STATE_HOME", state.path()).env("XDG_CONFIG_HOME", state.path());
    Run::of(command.uid(65534).gid(65534)).exits(1).says("permission denied");
    assert_eq!(s.config(), CONFIG);
}

#[test]
fn owner_mode_acl_and_attributes_are_kept() {
    needs!("root", "acl", "attr");
    let s = sandbox();
    let config = s.path(".ssh/config");
    chown(&config, 12345, 12346);
    Run::of(s.command("setfacl").args(["-m", "u:1000:r"]).arg(&config)).success();
    Run::of(s.command("setfattr").args(["-n", "user.note", "-v", "kept"]).arg(&config)).success();
    let facts = || {
        let acl = Run::of(s.command("getfacl").arg("-pn").arg(&config)).success().stdout;
        let attr = Run::of(s.command("getfattr").args(["-d", "--absolute-names"]).arg(&config));
        let meta = fs::metadata(&config).expect("metadata");
        (acl, attr.success().stdout, meta.uid(), meta.gid(), meta.mode())
    };
    let before = facts();
    assert!(before.0.contains("user:1000:r") && before.1.contains("kept"), "{before:?}");
    let run = s.sshp_args([
        "-F".as_ref(),
        config.as_os_str(),
        "add".as_ref(),
        "new".as_ref(),
        "n".as_ref(),
    ]);
    run.success();
    assert_eq!(facts(), before);
    assert_eq!(s.config(), CONFIG_AFTER);
}

#[test]
fn a_config_that_is_no_file_is_refused_at_once() {
    for make in ["mkfifo .ssh/config", "mkdir .ssh/config", "ln -s /dev/zero .ssh/config"] {
        let s = Sandbox::new();
        Run::of(s.command("sh").args(["-c", make])).success();
        let started = Instant::now();
        for args in [ADD, &["rm", "web"], &["edit", "web", "--port", "1"]] {
            let run = s.sshp_args(args);
            assert!(matches!(run.code, Some(1 | 3)), "{make}: {run:?}");
        }
        s.sshp_args(ADD).exits(1).says(".ssh/config");
        s.sshp("list").success();
        assert!(started.elapsed() < Duration::from_secs(5), "{make}");
    }
}

/// The process whose number stands in a lock file.
fn lock_owner(s: &Sandbox) -> Option<u32> {
    let mut files = fs::read_dir(s.path(".local/state/sshp/lock")).ok()?.flatten();
    files.find_map(|entry| fs::read_to_string(entry.path()).ok()?.parse().ok())
}

/// Starts an `add` that keeps its lock: stopped right before it writes to the disk.
#[allow(clippy::zombie_processes, reason = "the caller waits for it")]
fn lock_holder(s: &Sandbox) -> (std::process::Child, u32) {
    let mut command = s.command("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e"]);
    command.arg("inject=fsync:signal=SIGSTOP:when=1").arg(SSHP).args(["add", "held", "h"]);
    let child = command.stderr(Stdio::null()).spawn().expect("strace");
    let started = Instant::now();
    loop {
        if let Some(pid) = lock_owner(s) {
            return (child, pid);
        }
        assert!(started.elapsed() < Duration::from_secs(20), "no lock was taken");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status().expect("kill");
    assert!(status.success());
}

#[test]
fn who_holds_the_lock_too_long_is_named_and_the_dead_hold_none() {
    needs!("strace");
    let s = sandbox();
    let (mut strace, pid) = lock_holder(&s);
    let started = Instant::now();
    let run = s
        .sshp_args(ADD)
        .exits(1)
        .says(&format!("process {pid}"))
        .says("add held h")
        .says("kill -CONT");
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(10) && waited < Duration::from_secs(14), "{run:?}");
    assert_eq!(s.config(), CONFIG);
    signal(pid, "-KILL");
    wait::end(&mut strace, "an add that is killed");
    let started = Instant::now();
    s.sshp_args(ADD).success();
    assert!(started.elapsed() < Duration::from_secs(3));
    assert_eq!(old_or_new(&s, "after"), (true, true));
}

#[test]
fn a_backup_of_the_first_and_the_last_texts_is_kept_for_the_owner_alone() {
    let s = sandbox();
    s.sshp("add a h").success();
    s.sshp("add b h").success();
    let of_config = backups_of_config(&s);
    assert_eq!(fs::read_to_string(of_config.join("first")).expect("the first"), CONFIG);
    assert_eq!(fs::read_dir(&of_config).expect("backups").count(), 4);
    for entry in fs::read_dir(&of_config).expect("backups") {
        let mode = entry.expect("an entry").metadata().expect("metadata").mode() & 0o777;
        assert_eq!(mode, 0o600);
    }
}

#[test]
fn a_size_limit_is_an_error_like_a_full_disk() {
    let s = sandbox();
    let big = format!("{CONFIG}{}", "# filler\n".repeat(2000));
    s.write(".ssh/config", &big);
    let mut command = s.command("sh");
    command.args(["-c", &format!("ulimit -f 8; exec {SSHP} add new n")]);
    Run::of(&mut command).exits(1).says("cannot write");
    assert_eq!(s.config(), big);
    assert!(leftovers(&s.path(".ssh")).is_empty());
}
