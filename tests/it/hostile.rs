//! Hostile text in every field of every command, and in every file that is read: it runs nothing,
//! breaks nothing, and reaches no terminal as it is.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::connect::without_terminal;
use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::verbs;

const CONFIG: &str =
    "Host web\n  HostName 192.0.2.1\n  User u\n\nHost other\n  HostName 192.0.2.2\n";

/// The file that nothing may make.
const CANARY: &str = "pwned";

/// As long as an argument can be (execve(2): MAX_ARG_STRLEN).
const LONG: usize = 120_000;

/// Values that mean something to a shell, a terminal, a parser or ssh.
fn values() -> Vec<OsString> {
    let mut values: Vec<OsString> = [
        "",
        " ",
        "a\nHost *\n  ProxyCommand touch pwned",
        "a\r\nb",
        "a\tb",
        "'",
        "\"",
        "\"a\" b",
        "#a",
        "a #b",
        "a\\",
        "\\n",
        "\u{1b}]52;c;cHduZWQ=\u{7}",
        "\u{1b}[2J\u{9b}31m",
        "a\u{202e}b\u{200b}",
        "-oProxyCommand=touch pwned",
        "--",
        "-",
        "$(touch pwned)",
        "$(touch${IFS}pwned)",
        "`touch pwned`",
        "a;touch pwned",
        "a|touch pwned",
        "a&&touch pwned",
        "${HOME}",
        "%h%%",
        "%x",
        "~root",
        "*",
        "!a",
        "a,b",
        "[a]",
        "../../../etc/passwd",
        "u@h:22:x",
        "ssh://a@b:1/c",
        "=",
        "a=b",
        "\u{feff}a",
    ]
    .into_iter()
    .map(OsString::from)
    .collect();
    values.push("x".repeat(LONG).into());
    values.push(OsString::from_vec(b"a\xff\xfeb".to_vec()));
    values
}

/// Command lines; `{}` is where the value goes.
const LINES: &[&str] = &[
    "add {} h",
    "add new {}",
    "add new --host {}",
    "add new h --user {}",
    "add new h --port {}",
    "add new h --key {}",
    "add new h --jump {}",
    "add new h --tag {}",
    "add new h --note {}",
    "add new h --session {}",
    "add new h --option {}",
    "add new h --option User={}",
    "add new h --option SetEnv=A={}",
    "add new h --option LocalCommand={}",
    "add new h --option IdentityFile={}",
    "edit {} --port 1",
    "edit web --host {}",
    "edit web --user {}",
    "edit web --note {}",
    "edit web --tag {}",
    "edit web --untag {}",
    "edit web --unset {}",
    "edit web --option ProxyCommand={}",
    "mv web {}",
    "mv {} new",
    "copy web {}",
    "copy {} new",
    "rm {}",
    "list {}",
    "list --tag {}",
    "list --json {}",
    "show {}",
    "show --json {}",
    "check {}",
    "pick {}",
    "pick --print0 {}",
    "forget {}",
    "forget web {}",
    "trust {} --fingerprint x",
    "trust web --fingerprint {}",
    "trust web --from {}",
    "connect -G {}",
    "connect -G -l {} web",
    "connect -G -p {} web",
    "connect -G -J {} web",
    "connect -G -F {} web",
    "connect -G -o {} web",
    "connect --session {} web",
    "connect --session builtin -o ProxyCommand=false {} true",
    "connect --session system -o ProxyCommand=false {} true",
    "import {}",
    "import csv {}",
    "import --user {} hosts.csv",
    "import --name {} hosts.csv",
    "import --jump {} hosts.csv",
    "import --key {} hosts.csv",
    "import --source {} --dry-run hosts.csv",
    "import --tag-keys {} --prefer {} --address {} hosts.csv",
    "export csv {}",
    "export csv web --out {}/x",
    "export putty web --code-page {}",
    "key fix {}",
    "key list {}",
    "undo {}",
    "log {}",
    "sync {}",
    "init {}",
    "init bash --cmd {}",
    "init zsh --key {}",
    "completions {}",
    "config set {} x",
    "config set editor {}",
    "config unset {}",
    "doctor {} --no-auth",
    "generate man {}",
    "help {}",
    "-F {} list",
    "--color {} list",
    "{}",
    "{} {}",
];

#[test]
fn every_command_that_takes_an_argument_is_tried() {
    for verb in verbs() {
        let is_tried = LINES.iter().any(|line| line.split(' ').next() == Some(&*verb));
        // Neither takes an argument; the home of a demo is its own.
        assert!(is_tried || ["demo", "tags"].contains(&&*verb), "{verb}");
    }
}

/// A value as a failure names it.
fn shown(value: &OsString) -> String {
    value.to_string_lossy().chars().take(40).flat_map(char::escape_default).collect()
}

/// What no output may hold: what moves a cursor, sets a title, or turns text around.
#[track_caller]
fn harmless(run: &Run, what: &str) {
    assert!(run.code.is_some_and(|code| [0, 1, 2, 3, 4, 5, 6, 130, 255].contains(&code)), "{what}");
    assert!(!run.stderr.contains("panicked"), "{what}: {run:?}");
    for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        // What a script reads is between NULs, and JSON has its own escapes.
        let raw = |c: char| {
            c.is_control() && !"\n\t\0".contains(c) || "\u{202e}\u{200b}\u{feff}".contains(c)
        };
        let found = text.find(raw).map(|at| text[at..].chars().take(20).collect::<String>());
        assert!(found.is_none(), "{what}: {stream}: {found:?}");
    }
}

fn ssh_g(s: &Sandbox, host: &str) -> Run {
    let mut ssh = s.command("ssh");
    ssh.arg("-F").arg(s.path(".ssh/config")).args(["-G", "--", host]);
    Run::of(&mut ssh)
}

/// A command line with a value, where nobody can be asked.
fn run(s: &Sandbox, line: &str, value: &OsString) -> Run {
    let mut command = s.command(SSHP);
    for word in line.split(' ') {
        match word.split_once("{}") {
            Some((before, _)) => {
                let mut word = OsString::from(before);
                word.push(value);
                command.arg(word)
            }
            None => command.arg(word),
        };
    }
    Run::of(&mut without_terminal(&command))
}

/// The lines of `ssh -G` that a command may change: none of other profiles.
fn others(s: &Sandbox) -> String {
    ssh_g(s, "other").success().stdout
}

/// One share of [`LINES`], so that the machine's processors have one each.
fn all_values_in(share: usize, of: usize) {
    let reference = others(&Sandbox::with_config(CONFIG));
    for line in LINES.iter().skip(share).step_by(of) {
        for value in values() {
            let s = Sandbox::with_config(CONFIG);
            let what = format!("{line} with {}", shown(&value));
            let run = run(&s, line, &value);
            // `-G` prints what ssh prints, for programs; and ssh itself talks as it does.
            let ssh = line.starts_with("connect -G") && run.code == Some(0);
            if !ssh && !line.contains("--session system") {
                harmless(&run, &what);
            }
            assert!(!s.path(CANARY).exists(), "{what}: {run:?}");
            if s.config() != CONFIG {
                assert_eq!(run.code, Some(0), "{what}: {run:?}");
                assert_eq!(others(&s), reference, "{what}:\n{}", s.config());
                exact(&s, line, &value, &what);
            }
        }
    }
}

/// What was written reads back as it was given.
#[track_caller]
fn exact(s: &Sandbox, line: &str, value: &OsString, what: &str) {
    let value = value.to_str().expect("only text is written");
    let option = match line {
        "add new h --user {}" => Some(("new", "user")),
        "edit web --user {}" => Some(("web", "user")),
        "add new h --option LocalCommand={}" => Some(("new", "localcommand")),
        "edit web --option ProxyCommand={}" => Some(("web", "proxycommand")),
        _ => None,
    };
    let Some((host, option)) = option else { return };
    let all = ssh_g(s, host).success().stdout;
    let read = all.lines().find_map(|line| line.strip_prefix(&format!("{option} ")));
    // A user may have blanks; a command has none around it.
    let given = if option == "user" { value } else { value.trim() };
    assert_eq!(read, Some(given), "{what}:\n{}", s.config());
}

#[test]
fn no_value_of_the_first_half_of_the_fields_runs_or_breaks_anything() {
    needs!("ssh", "util-linux");
    all_values_in(0, 2);
}

#[test]
fn no_value_of_the_second_half_of_the_fields_runs_or_breaks_anything() {
    needs!("ssh", "util-linux");
    all_values_in(1, 2);
}

/// Everything that only reads.
const READS: &[&str] = &[
    "list",
    "list --json",
    "list x",
    "list --tag x",
    "show web",
    "show --json web",
    "check",
    "pick web",
    "pick zzz",
    "log",
    "log --json",
    "sync --check",
    "sync --dry-run",
    "undo --dry-run",
    "key list",
    "forget web --dry-run",
    "add new h --dry-run",
];

#[track_caller]
fn reads_are_harmless(s: &Sandbox, what: &str) {
    for line in READS {
        let what = format!("{line}: {what}");
        let start = Instant::now();
        harmless(&run(s, line, &OsString::new()), &what);
        assert!(!s.path(CANARY).exists(), "{what}");
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
    }
}

#[test]
fn hostile_metadata_runs_nothing_and_is_shown_as_text() {
    needs!("util-linux");
    for value in values() {
        let text = value.to_string_lossy().into_owned();
        let quoted = serde_json::to_string(&text).expect("a string").replace('\u{7f}', "\\u007f");
        let big = if text.len() == LONG { "x".repeat(1 << 20) } else { String::new() };
        let s = Sandbox::with_config(CONFIG);
        s.write(
            ".config/sshp/profiles.toml",
            format!(
                "[web]\ntags = [{quoted}]\nnote = {quoted}\nsession = {quoted}\nx = \"{big}\"\n\
                 [{quoted}]\nnote = {quoted}\n"
            ),
        );
        reads_are_harmless(&s, &shown(&value));
        // Not TOML at all.
        let mut raw = value.as_bytes().to_vec();
        raw.extend_from_slice(b"\n[other]\nnote = 'n'\n");
        s.write(".config/sshp/profiles.toml", raw);
        reads_are_harmless(&s, &format!("raw {}", shown(&value)));
    }
}

#[test]
fn hostile_configs_run_nothing_and_are_shown_as_text() {
    needs!("util-linux");
    for value in values() {
        let s = Sandbox::new();
        let mut text = CONFIG.as_bytes().to_vec();
        let big = if value.len() == LONG { vec![b'x'; 1 << 20] } else { Vec::new() };
        for keyword in [
            "Host ",
            "  HostName ",
            "  User ",
            "  ProxyCommand ",
            "  ProxyJump ",
            "  LocalCommand ",
            "  IdentityFile ",
            "  Include ",
            "Match exec ",
            "  User ",
            "",
        ] {
            text.extend_from_slice(keyword.as_bytes());
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(&big);
            text.push(b'\n');
        }
        s.write(".ssh/config", text);
        reads_are_harmless(&s, &shown(&value));
    }
}

#[test]
fn hostile_state_runs_nothing_and_is_shown_as_text() {
    needs!("util-linux");
    for value in values() {
        let s = Sandbox::with_config(CONFIG);
        s.sshp("add new h --tag t").success();
        let state = |name: &str| Path::new(".local/state/sshp").join(name);
        let quoted = serde_json::to_string(&value.to_string_lossy()).expect("a string");
        let entry = s.text(state("journal/0000000001"));
        s.write(state("journal/0000000001"), entry.replace("\"add new\"", &quoted));
        s.write(state("known-profiles.json"), format!("{{{quoted}: {quoted}}}"));
        let mut usage = value.as_bytes().to_vec();
        usage.extend_from_slice(b" 1 2 3\n");
        s.write(state("usage"), usage);
        reads_are_harmless(&s, &shown(&value));
    }
    // Nor does what is no journal at all.
    for text in ["", "{", "[]", "{\"time\": 1}", "\u{1b}[2J", "null"] {
        let s = Sandbox::with_config(CONFIG);
        s.sshp("add new h --tag t").success();
        for name in ["journal/0000000001", "pending/0000000002", "known-profiles.json", "usage"] {
            s.write(Path::new(".local/state/sshp").join(name), text);
        }
        reads_are_harmless(&s, text);
        s.sshp("list").success().prints("new");
    }
}

#[test]
fn includes_that_lead_nowhere_or_everywhere_end() {
    let s = Sandbox::new();
    for depth in 0..3 {
        for n in 0..12 {
            let name = format!(".ssh/tree{}/d{n}", "/d".repeat(depth));
            std::fs::create_dir_all(s.path(&name)).expect("a folder");
        }
    }
    for n in 0..200 {
        s.write(format!(".ssh/many/f{n}"), format!("Host h{n}\n  Include ../many/*\n"));
    }
    Run::of(s.command("mkfifo").arg(s.path(".ssh/fifo"))).success();
    for include in [
        "config",
        "~/.ssh/config ~/.ssh/config",
        "fifo",
        "/dev/zero",
        "/dev/tty /dev/stdin /dev/random",
        "/proc/kmsg /proc/self/mem",
        "**/**/**/**",
        "tree/**/**/**/**",
        "many/*",
        "/",
        "*",
    ] {
        s.write(".ssh/config", format!("Include {include}\nHost web\n  HostName h\n"));
        let start = Instant::now();
        let run = s.sshp("list");
        harmless(&run, include);
        assert!(start.elapsed() < Duration::from_mins(1), "{include}: {:?}", start.elapsed());
    }
}
