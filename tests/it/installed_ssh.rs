//! Which OpenSSH sshp reads a config as: the installed one is asked once, remembered, and followed.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::sandbox::{Run, SSHP, Sandbox};

/// A script that notes its arguments in `log`, then does the rest of the script.
fn stub(s: &Sandbox, script: &str) -> String {
    let log = s.path("log").display().to_string();
    let text = format!("#!/bin/sh\necho \"$*\" >>'{log}'\n{script}\n");
    let path = s.write("bin/stub", text);
    s.chmod("bin/stub", 0o755);
    path.display().to_string()
}

fn sshp(s: &Sandbox, stub: &str, args: &str) -> Run {
    let mut command = s.command(SSHP);
    Run::of(command.args(args.split(' ')).env("SSHP_SSH", stub))
}

/// What the stub was run with since the last look: `probe` for the question which OpenSSH it is.
fn runs(s: &Sandbox) -> Vec<String> {
    let log = fs::read_to_string(s.path("log")).unwrap_or_default();
    let _ = fs::remove_file(s.path("log"));
    let name = |line: &str| {
        let is_probe = line.starts_with("-v -G -F ") && line.ends_with("/probe probe");
        let last = line.rsplit(' ').next().unwrap_or_default();
        if is_probe { "probe".to_owned() } else { last.to_owned() }
    };
    log.lines().map(name).collect()
}

#[test]
fn the_ssh_of_a_connect_is_asked_once_until_its_program_changes() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n");
    let ssh = stub(&s, "case $1 in -v) exec ssh \"$@\" ;; esac");
    let connect = "connect --session system web";
    sshp(&s, &ssh, connect).success();
    assert_eq!(runs(&s), ["probe", "web"]);
    sshp(&s, &ssh, connect).success();
    assert_eq!(runs(&s), ["web"], "remembered");
    sshp(&s, &ssh, "connect -G web").success();
    assert_eq!(runs(&s), ["probe"], "`-G` asks every time");
    sshp(&s, &ssh, "show web --verify");
    assert_eq!(runs(&s), ["probe", "web"], "`--verify` asks every time");
    let ssh = stub(&s, "case $1 in -v) exec ssh \"$@\" ;; esac # another build");
    sshp(&s, &ssh, connect).success();
    assert_eq!(runs(&s), ["probe", "web"], "another program");
}

#[test]
fn an_answer_counts_for_a_month() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web\n");
    let ssh = stub(&s, "case $1 in -v) exec ssh \"$@\" ;; esac");
    let connect = "connect --session system web";
    sshp(&s, &ssh, connect).success();
    runs(&s);
    let file = ".local/state/sshp/installed-ssh.toml";
    let text = s.text(file);
    let line = text.lines().find(|line| line.starts_with("asked = ")).expect("when it was asked");
    let at: u64 = line["asked = ".len()..].parse().expect("a time");
    let days = |days: u64| format!("asked = {}", at - days * 24 * 60 * 60);
    s.write(file, text.replace(line, &days(29)));
    sshp(&s, &ssh, connect).success();
    assert_eq!(runs(&s), ["web"]);
    s.write(file, text.replace(line, &days(31)));
    sshp(&s, &ssh, connect).success();
    assert_eq!(runs(&s), ["probe", "web"]);
}

#[test]
fn listing_completing_previewing_and_checking_never_ask_ssh() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n  Tag x\n");
    let ssh = stub(&s, "case $1 in -v) exec ssh \"$@\" ;; esac");
    let look = || {
        for args in ["list", "list --json", "show web", "show web --json", "check", "check --json"]
        {
            sshp(&s, &ssh, args);
        }
        let mut completion = s.command(SSHP);
        completion.args(["--", "sshp", "connect", "w"]).env("_SSHP_COMPLETE", "bash:2");
        Run::of(completion.env("SSHP_SSH", &ssh)).success().prints("web");
        assert_eq!(runs(&s), [""; 0]);
    };
    look();
    sshp(&s, &ssh, "connect -G web");
    assert_eq!(runs(&s), ["probe"]);
    look();
    stub(&s, "exit 1");
    look();
}

#[test]
fn listing_completing_previewing_and_checking_start_no_program_and_ask_no_network() {
    needs!("ssh", "strace");
    let s = Sandbox::new();
    let config = format!(
        "Include by/%n.conf\n\
         Match exec \"touch {ran}\" host *\n  User ran\n\
         CanonicalizeHostname always\nCanonicalDomains example.org\n\
         Host web\n  HostName host.example.org\n  ProxyCommand touch {ran}\n\
         \x20 KnownHostsCommand /usr/bin/touch {ran}\n  LocalCommand touch {ran}\n\
         \x20 PermitLocalCommand yes\n\
         Host hop\n  ProxyJump web\n",
        ran = s.path("ran").display()
    );
    s.write(".ssh/config", config);
    s.write(".ssh/by/web.conf", "Match exec \"touch ran\"\n  Port 1\n");
    s.sshp("connect -G -F /dev/null web").success();
    let log = s.path("strace");
    let traced = |words: &[&str], completes: Option<&str>| {
        let mut strace = s.command("strace");
        strace.args(["-f", "-qq", "-e", "trace=execve,execveat,connect,sendto", "-o"]);
        strace.arg(&log).arg(SSHP).args(words);
        strace.envs(completes.map(|at| ("_SSHP_COMPLETE", at)));
        let run = Run::of(&mut strace);
        let calls = s.text("strace");
        let started = calls.lines().filter(|line| line.contains("execve")).count();
        assert_eq!(started, 1, "{words:?}: {calls}\n{run:#?}");
        assert!(!calls.contains("AF_INET"), "{words:?}: {calls}");
        assert!(!s.path("ran").exists(), "{words:?}");
        run
    };
    traced(&["list"], None).success().prints("host.example.org");
    for words in [
        "list --json",
        "show web",
        "show hop --json",
        "check",
        "tags",
        "edit web --port 2 --dry-run",
    ] {
        traced(&words.split(' ').collect::<Vec<_>>(), None);
    }
    traced(&["--", "sshp", "connect", "w"], Some("bash:2")).success().prints("web");
    traced(&["--", "sshp", "connect", "-J", "h"], Some("bash:3")).success().prints("hop");
    traced(&["--", "sshp", "connect", "-o", "Ta"], Some("bash:3")).success();
}

#[test]
fn a_program_that_is_no_openssh_is_read_leniently_and_asked_once() {
    let config = "Host web\n  HostName 192.0.2.1\n  Tag x\n  ObscureKeystrokeTiming no\n";
    for (what, script) in [
        ("dropbear", "case $1 in -v) echo 'Dropbear v2022.83' >&2; exit 1 ;; esac"),
        ("a wrapper that prints nothing", "exit 0"),
        ("a program that hangs", "case $1 in -v) sleep 60 ;; esac"),
    ] {
        let s = Sandbox::with_config(config);
        let ssh = stub(&s, script);
        let start = Instant::now();
        sshp(&s, &ssh, "connect --session system web").success();
        assert!(start.elapsed() < Duration::from_secs(15), "{what}: {:?}", start.elapsed());
        assert_eq!(runs(&s), ["probe", "web"], "{what}");
        sshp(&s, &ssh, "connect --session system web").success();
        assert_eq!(runs(&s), ["web"], "{what}");
        sshp(&s, &ssh, "connect -G web").success().prints("tag x\n");
        let told = "does not tell which OpenSSH it is";
        assert!(sshp(&s, &ssh, "doctor").stdout.contains(told), "{what}");
        let run = sshp(&s, &ssh, "list").success();
        assert!(!run.stderr.contains("refuses"), "{what}: {run:#?}");
    }
}

#[test]
fn an_ssh_that_is_sshp_again_is_not_asked_for_ever() {
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n");
    let ssh = stub(&s, &format!("exec '{SSHP}' connect \"$@\""));
    sshp(&s, &ssh, "connect -G web").success().prints("hostname 192.0.2.1\n");
    assert_eq!(runs(&s), ["probe"]);
}
