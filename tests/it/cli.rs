//! The command line: help, exit codes, bad input.

use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::{kept, verbs};

#[test]
fn help_is_as_it_was_looked_at() {
    let s = Sandbox::new();
    let mut all = s.sshp("--help").success().stdout;
    for verb in verbs() {
        all += &format!("\n{:=<80}\n", format!("== sshp {verb} "));
        all += &s.sshp(&format!("{verb} --help")).success().stdout;
    }
    kept::require(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/snapshots/help.txt"), &all);
}

#[test]
fn every_help_has_examples() {
    let s = Sandbox::new();
    for verb in verbs() {
        let help = s.sshp(&format!("{verb} --help")).success().stdout;
        let examples = help.split("Examples:\n").nth(1);
        let examples = examples.unwrap_or_else(|| panic!("no examples in `sshp {verb} --help`"));
        assert!(examples.lines().any(|line| line.contains(&format!("sshp {verb}"))), "{help}");
    }
}

#[test]
fn manual_pages_are_made_for_every_command_and_man_takes_them() {
    needs!("groff");
    let s = Sandbox::new();
    s.sshp("generate man share/man1").success().says("manual pages in");
    let groff = |page: &str| {
        let mut groff = s.command("groff");
        groff.args(["-man", "-Tutf8", "-ww", "-P-cbou"]).arg(s.path("share/man1").join(page));
        let run = Run::of(&mut groff).success();
        assert_eq!(run.stderr, "", "{page}");
        run.stdout
    };
    for verb in verbs() {
        let text = groff(&format!("sshp-{verb}.1"));
        for heading in ["NAME", "SYNOPSIS", "EXAMPLES", "EXIT STATUS", "FILES", "ENVIRONMENT"] {
            assert!(text.lines().any(|line| line == heading), "{verb}: {heading}\n{text}");
        }
    }
    assert!(groff("sshp.1").contains("sshp-add(1)"));
    assert!(groff("sshp-list.1").contains("sshp list --format '{alias}\\t{host}'"));
    s.write("file", "");
    s.sshp("generate man file").exits(1).says("file");
}

#[test]
fn help_and_version_are_words_too_unless_a_profile_is_called_so() {
    let s = Sandbox::with_config("Host web\n");
    assert_eq!(s.sshp("help").success().stdout, s.sshp("--help").success().stdout);
    assert_eq!(s.sshp("version").success().stdout, s.sshp("--version").success().stdout);
    for command in ["connect", "key fix"] {
        let help = s.sshp(&format!("{command} --help")).success().stdout;
        assert_eq!(s.sshp(&format!("help {command}")).success().stdout, help);
    }
    s.sshp("help nonsense").exits(2).says("nonsense").says("sshp help");
    for name in ["help", "version"] {
        let s = Sandbox::with_config(format!("Host {name}\n"));
        let run = Run::of(s.command(SSHP).arg(name).env("SSHP_SSH", "echo")).success();
        assert_eq!(run.stdout.trim_end().rsplit(' ').next(), Some(name), "{run:?}");
    }
}

/// What is refused, with which exit code, and a part of what is said.
const BAD: &[(&[&str], i32, &str)] = &[
    (&["add"], 2, "NAME"),
    (&["add", "web server", "h"], 2, "web server"),
    (&["add", "web*", "h"], 2, "web*"),
    (&["add", "!web", "h"], 2, "!web"),
    (&["add", "a\nb", "h"], 2, "name"),
    (&["add", "a\rb", "h"], 2, "name"),
    (&["add", "a\x1bb", "h"], 2, "name"),
    (&["add", "list", "h"], 2, "command"),
    (&["add", "help", "h"], 2, "command"),
    (&["mv", "web", "version"], 2, "command"),
    (&["add", "--", "-x", "h"], 2, "-x"),
    (&["add", "new"], 2, "host"),
    (&["add", "new", "h", "--port", "0"], 2, "port"),
    (&["add", "new", "h", "--port", "70000"], 2, "port"),
    (&["add", "new", "h:0"], 2, "port"),
    (&["add", "new", "--host=-oProxyCommand=touch x"], 2, "host"),
    (&["add", "new", "--host", "h;touch x"], 2, "host"),
    (&["add", "new", "--host", "$(touch x)"], 2, "host"),
    (&["add", "new", "--host", "a\nb"], 2, "host"),
    (&["add", "new", "h", "--user", "a`b"], 2, "user"),
    (&["add", "new", "h", "--user", "a\nb"], 2, "user"),
    (&["add", "new", "h", "--note", "a\nb"], 2, "note"),
    (&["add", "new", "h", "--tag", "a\x07b"], 2, "tag"),
    (&["add", "new", "h", "--option", "Nonsense=1"], 2, "Nonsense"),
    (&["add", "new", "h", "--option", "Port"], 2, "Port"),
    (&["add", "new", "h", "--option", "User=a\nHost *"], 2, "user"),
    (&["add", "new", "h", "--key", "missing.pem"], 3, "missing.pem"),
    (&["add", "new", "h", "--key", ".ssh"], 1, ".ssh"),
    (&["add", "new", "h", "--key", ".ssh/config"], 1, "private key"),
    (&["add", "web", "h"], 1, "sshp edit"),
    (&["edit", "wbe", "--port", "1"], 3, "web"),
    (&["edit", "web.corp", "--port", "1"], 5, "config:"),
    (&["rm", "nope"], 3, "nope"),
    (&["mv", "web", "list"], 2, "command"),
    (&["mv", "nope", "new"], 3, "nope"),
    (&["copy", "web", "web"], 1, "web"),
    (&["show", "nope"], 3, "nope"),
    (&["forget"], 2, "NAME"),
    (&["list", "--nonsense"], 2, "--nonsense"),
    (&["zzz"], 3, "zzz"),
    (&[], 3, "terminal"),
    (&["connect"], 2, "SSH ARGUMENTS"),
    (&["connect", "--session", "nope", "web"], 255, "nope"),
    (&["init", "cobol"], 2, "cobol"),
    (&["init", "bash", "--cmd", "a;b"], 2, "a;b"),
];

#[test]
fn bad_input_is_named_has_its_exit_code_and_changes_nothing() {
    needs!("ssh");
    let config = "Host web\n  HostName 192.0.2.1\nHost *.corp\n  User c\n";
    let s = Sandbox::with_config(config);
    s.keygen("id", &[]);
    let mut faults = Vec::new();
    for (args, code, says) in BAD {
        let run = s.sshp_args(*args);
        let said = run.stderr.to_lowercase().contains(&says.to_lowercase());
        if run.code != Some(*code) || !said || run.stderr.contains("panicked") {
            faults.push(format!("{args:?}: wanted {code} and {says:?}, got {run:?}"));
        }
        if run.stderr.contains('\x1b') || run.stderr.contains('\x07') {
            faults.push(format!("{args:?}: raw control characters in {run:?}"));
        }
        assert_eq!(s.config(), config, "after {args:?}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(!s.path(".config/sshp/profiles.toml").exists());
    assert!(!s.path("x").exists());
}

#[test]
fn a_config_that_is_no_file_is_refused_at_once() {
    let s = Sandbox::new();
    let fifo = s.path("fifo");
    let made = s.command("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    for file in
        [fifo.display().to_string(), s.path(".ssh").display().to_string(), "/dev/zero".to_owned()]
    {
        s.sshp_args(["-F", &file, "add", "web", "h"]).says(&file);
        let run = s.sshp_args(["-F", &file, "list"]);
        assert!(run.stderr.contains(&file), "{run:?}");
    }
}

#[test]
fn broken_metadata_keeps_the_hosts_listed_and_a_change_of_the_config_leaves_it() {
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n");
    let broken = "[web\ntags = ";
    s.write(".config/sshp/profiles.toml", broken);
    s.sshp("list").success().prints("web").says("profiles.toml");
    s.sshp("add new h").success();
    assert_eq!(s.text(".config/sshp/profiles.toml"), broken);
}

#[test]
fn a_first_profile_makes_private_files() {
    let s = Sandbox::new();
    std::fs::remove_dir(s.path(".ssh")).expect("no .ssh");
    s.sshp("add web deploy@192.0.2.1:2222 --tag prod").success();
    assert_eq!((s.mode(".ssh"), s.mode(".ssh/config")), (0o700, 0o600));
    assert_eq!(s.config(), "Host web\n    HostName 192.0.2.1\n    User deploy\n    Port 2222\n");
    s.sshp("list").success().prints("deploy@192.0.2.1:2222").prints("#prod");
}

#[test]
fn the_version_is_that_of_the_package() {
    let run = Sandbox::new().sshp("--version").success();
    assert_eq!(run.stdout, format!("sshp {}\n", env!("CARGO_PKG_VERSION")));
    assert!(SSHP.ends_with("sshp"));
}

#[test]
fn a_config_that_is_named_must_be_there() {
    let s = Sandbox::with_config("Host web\n  HostName h\n");
    for words in ["list", "check", "show web"] {
        s.sshp(&format!("-F nowhere {words}"))
            .exits(3)
            .says("there is no config `")
            .says("nowhere`");
        s.sshp(&format!("-F .ssh {words}")).exits(1).says(".ssh` is a folder");
    }
    s.sshp("-F .ssh add new u@h").exits(1).says(".ssh` is a folder");
    s.sshp("-F nowhere add new u@h").success();
    assert!(s.text("nowhere").starts_with("Host new\n"));
    s.sshp("-F none list").success();
    // Nobody named this one.
    std::fs::remove_file(s.path(".ssh/config")).expect("it goes");
    s.sshp("list").success();
}
