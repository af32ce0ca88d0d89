//! What is too large, too deep or too little: every verb ends, with success or with an error that
//! names the limit; nothing panics or aborts, and what fails changes nothing.

use std::fs::File;
use std::process::Command;

use crate::connect::around;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// A verb, its words, and the exit code of a failure: 1 stands for 3 and 5 too.
const VERBS: [(&str, &str, i32); 13] = [
    ("list", "list", 1),
    ("show", "show web", 1),
    ("check", "check", 1),
    ("key list", "key list", 1),
    ("tab", "", 0),
    ("add", "add new 192.0.2.9 --tag x", 1),
    ("edit", "edit web --user bob", 1),
    ("rm", "rm web --yes", 1),
    ("forget", "forget web", 1),
    ("trust", "trust web --fingerprint SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 1),
    ("doctor", "doctor web --no-auth", 1),
    ("builtin", "connect --session builtin -oBatchMode=yes web true", 255),
    ("system", "connect --session system -oBatchMode=yes web true", 255),
];

/// A profile for a port where nothing listens; its known_hosts are the home's.
fn profile(s: &Sandbox) -> String {
    format!(
        "Host web\n  HostName 127.0.0.1\n  Port 1\n  UserKnownHostsFile {}\n",
        s.path(".ssh/known_hosts").display()
    )
}

fn command(s: &Sandbox, words: &str) -> Command {
    let mut command = s.command(SSHP);
    match words {
        "" => command.args(["--", "sshp", "show", "we"]).env("_SSHP_COMPLETE", "bash:2"),
        words => command.args(words.split(' ')),
    };
    command
}

/// What the files of a home hold that a verb may change; the beginning of large ones.
fn held(s: &Sandbox) -> Vec<Vec<u8>> {
    use std::io::Read;
    let head = |name| {
        let mut text = Vec::new();
        let file = File::open(s.path(name)).ok();
        file.map(|file| file.take(1 << 20).read_to_end(&mut text));
        text
    };
    [".ssh/config", ".ssh/known_hosts", ".config/sshp/profiles.toml"].map(head).to_vec()
}

/// Runs every verb in a home of its own. What does not succeed has to be `said`, has to end with the
/// verb's code and to change nothing; the verbs of `must_fail` may not succeed.
#[track_caller]
fn each_verb(
    what: &str,
    said: &[&str],
    must_fail: &[&str],
    prepare: impl Fn(&Sandbox),
    limited: impl Fn(&Command) -> Command,
) {
    for (verb, words, code) in VERBS {
        let s = Sandbox::new();
        s.write(".ssh/config", profile(&s));
        prepare(&s);
        let before = held(&s);
        let run = Run::of(&mut limited(&command(&s, words)));
        let what = format!("{what}, {verb}: {run:#?}");
        let told = format!("{}{}", run.stdout, run.stderr);
        for abort in ["panicked", "memory allocation", "RUST_BACKTRACE"] {
            assert!(!told.contains(abort), "{what}");
        }
        let left: Vec<_> = std::fs::read_dir(s.path(".ssh")).expect("a folder").flatten().collect();
        assert!(!left.iter().any(|file| file.path().extension() == Some("tmp".as_ref())), "{what}");
        if run.code == Some(0) {
            assert!(!must_fail.contains(&verb), "{what}");
            continue;
        }
        assert_eq!(held(&s), before, "{what}");
        let usual = match verb {
            // Nothing listens there, and no shell of a login is asked for.
            "builtin" | "system" | "doctor" | "trust" => told.contains("refused"),
            _ => false,
        };
        assert!(usual || said.iter().any(|said| told.contains(said)), "{what}");
        let is_right = match (code, run.code) {
            (1, Some(code)) => matches!(code, 1 | 3 | 5),
            // Memory can be out before it is known whose command line it is.
            (0, Some(code)) => code == 1 && told.contains("out of memory"),
            (code, ended) => ended == Some(code),
        };
        assert!(is_right, "{what}");
    }
}

fn as_it_is(command: &Command) -> Command {
    around("env", &[], command)
}

/// Makes a file larger without writing to the disk.
fn grow(s: &Sandbox, name: &str, to: u64) {
    let file = File::options().append(true).open(s.path(name)).expect("the file");
    file.set_len(to).expect("a larger file");
}

#[test]
fn a_file_of_more_than_64_mib_is_named() {
    let all = ["list", "show", "check", "add", "edit", "rm", "builtin"];
    each_verb("config", &["64 MiB"], &all, |s| grow(s, ".ssh/config", 65 << 20), as_it_is);
    let writes = ["check", "add", "edit", "rm", "builtin", "system"];
    let profiles = |s: &Sandbox| {
        s.write(".config/sshp/profiles.toml", "[web]\ntags = [\"a\"]\n");
        grow(s, ".config/sshp/profiles.toml", 214_000_000);
    };
    each_verb("profiles.toml", &["64 MiB"], &writes, profiles, as_it_is);
    let known = |s: &Sandbox| {
        s.write(".ssh/known_hosts", "# x\n");
        grow(s, ".ssh/known_hosts", 100_000_000);
    };
    each_verb("known_hosts", &["64 MiB"], &["forget"], known, as_it_is);
}

#[test]
fn includes_that_go_too_deep_are_named_with_their_line() {
    let prepare = |s: &Sandbox| {
        let include = |n: u32| format!("Include {}\n", s.path(format!(".ssh/{n}")).display());
        for n in 1..=17 {
            s.write(format!(".ssh/{n}"), if n < 17 { include(n + 1) } else { String::new() });
        }
        s.write(".ssh/config", format!("{}{}", include(1), profile(s)));
    };
    let said = ["Too many recursive configuration includes"];
    let must_fail = ["show", "check", "forget", "builtin", "system"];
    each_verb("Include", &said, &must_fail, prepare, as_it_is);
    let s = Sandbox::new();
    prepare(&s);
    s.sshp("check").exits(1).prints(".ssh/16:1: Too many").prints("16 files deep");
    s.sshp("show web").exits(1).says(".ssh/16:1: Too many").says("16 files deep");
}

#[test]
fn a_line_of_any_length_and_a_hundred_thousand_names_on_it_are_done_in_seconds() {
    let long = |s: &Sandbox| {
        let mut text = profile(s).into_bytes();
        text.extend_from_slice(b"# ");
        text.resize(10_000_000, b'x');
        text.extend_from_slice(b"\nHost other\n  HostName ");
        text.resize(20_000_000, b'y');
        text.push(b'\n');
        s.write(".ssh/config", text);
    };
    each_verb("a line of 10 MB", &[], &[], long, as_it_is);
    let names = |s: &Sandbox| {
        let names: Vec<_> = (0..100_000).map(|n| format!(" n{n}")).collect();
        let names = names.concat();
        s.write(".ssh/config", format!("{}Host{names} last\n  Port 2\n", profile(s)));
    };
    each_verb("100,000 names", &[], &[], names, as_it_is);
    let s = Sandbox::new();
    names(&s);
    s.sshp("rm n50000 --yes").success();
    assert!(s.config().contains(" n49999 n50001 "));
}

#[test]
fn few_descriptors_are_named_by_their_limit() {
    needs!("util-linux");
    for files in [4, 6, 8, 12, 16] {
        let limit = format!("--nofile={files}");
        let limited = |command: &Command| around("prlimit", &[&limit], command);
        let must_fail: &[&str] = if files < 5 { &["add", "edit", "rm"] } else { &[] };
        each_verb(&limit, &["ulimit -n"], must_fail, |_| {}, limited);
    }
}

/// The least address space in KiB, a megabyte to spare, in which the program is loaded and says what it
/// lacks: it grows with the program.
fn least_address_space() -> u64 {
    let s = Sandbox::new();
    s.write(".ssh/config", profile(&s));
    let speaks = |kib: &u64| {
        let limit = format!("--as={}", kib * 1024);
        let run = Run::of(&mut around("prlimit", &[&limit], &command(&s, "list")));
        run.stderr.contains("out of memory")
    };
    (20_000..64_000).step_by(500).find(speaks).expect("a limit that it names") + 1_000
}

#[test]
fn little_memory_is_named_by_its_limit() {
    needs!("util-linux");
    let many = |s: &Sandbox| {
        let host = |n| format!("Host h{n}\n  HostName 192.0.2.1\n  Port 2\n");
        let hosts = (0..200_000).map(host).collect::<Vec<_>>().concat();
        s.write(".ssh/config", format!("{}{hosts}", profile(s)));
    };
    // Below what the loader of programs itself needs, it speaks in our place.
    let least = least_address_space();
    for kib in [least, 50_000, 64_000] {
        let limit = format!("--as={}", kib * 1024);
        let limited = |command: &Command| around("prlimit", &[&limit], command);
        each_verb(&limit, &["ulimit -v"], &[], |_| {}, limited);
        // Where memory runs out as a thread begins, glibc itself may abort (TLS destructors).
        if kib > least {
            continue;
        }
        let must_fail = ["list", "add", "rm"];
        each_verb(&format!("{limit}, 200,000 hosts"), &["ulimit -v"], &must_fail, many, limited);
    }
    let limited = |command: &Command| around("prlimit", &["--data=20000000"], command);
    each_verb("data", &["ulimit -d", "ulimit -v"], &["list", "add", "rm"], many, limited);
}
