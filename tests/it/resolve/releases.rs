//! What an ssh refuses and another release takes is said with that release, wherever it is refused.

use super::shown::ssh_without;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// sshp with an ssh of a release that is asked first.
fn with_ssh(s: &Sandbox, version: &str, lacks: &[&str]) -> impl Fn(&str) -> Run {
    let ssh = ssh_without(s, version, lacks);
    let (s_home, path) = (s.home().to_owned(), s.search_path().to_owned());
    let sshp = move |args: &str| {
        let mut sshp = std::process::Command::new(SSHP);
        sshp.env_clear().env("HOME", &s_home).env("PATH", &path).env("SSHP_SSH", &ssh);
        Run::of(sshp.args(args.split(' ')))
    };
    sshp("connect -G -F /dev/null x");
    sshp
}

#[test]
fn each_kind_of_thing_that_a_later_release_takes_is_named() {
    let s = Sandbox::new();
    let sshp = with_ssh(&s, "9.2p1", &["tag"]);
    for (config, what, carets) in [
        ("Tag x", "refuses Tag; OpenSSH 9.4 and later take it", "  2 | Tag x\n    | ^^^\n"),
        (
            "Match host web tagged x",
            "refuses Match tagged; OpenSSH 9.4 and later take it",
            "  2 | Match host web tagged x\n    |                ^^^^^^\n",
        ),
        (
            "Match sessiontype shell",
            "refuses Match sessiontype; OpenSSH 10.0 and later take it",
            "    |       ^^^^^^^^^^^\n",
        ),
        (
            "ConnectTimeout 1.5",
            "refuses this ConnectTimeout (invalid time value); OpenSSH 10.3 and later take it",
            "    |                ^^^\n",
        ),
        (
            "TCPKeepAlive all",
            "refuses this TCPKeepAlive (unsupported option \"all\"); OpenSSH 10.6 and later take it",
            "    |              ^^^\n",
        ),
        (
            "KexAlgorithms mlkem768x25519-sha256",
            "refuses this KexAlgorithms (Unsupported KEX algorithm \"mlkem768x25519-sha256\"); OpenSSH 9.9",
            "    |               ^^^^^^^^^^^^^^^^^^^^^\n",
        ),
        (
            "ControlPath x-%j",
            "refuses %j; OpenSSH 9.6 and later take it",
            "    |               ^^\n",
        ),
    ] {
        s.write(".ssh/config", format!("Host web *\n{config}\n"));
        let what = format!("your ssh (9.2p1) {what}");
        sshp("check").exits(1).prints(&what).prints(carets);
        sshp("list").success().says(&what);
        let shown = sshp("show web").exits(1).says(&what).says(carets);
        assert_eq!(shown.stderr.matches(" | ").count(), 2, "each line once: {shown:?}");
        sshp("connect -G web").exits(255).says(&what);
    }
}

#[test]
fn what_a_release_takes_no_longer_is_named_with_the_last_that_did() {
    let s = Sandbox::with_config("Host web\n  HostKeyAlgorithms rsa\n");
    let sshp = with_ssh(&s, "10.0p1", &[]);
    let what = "your ssh (10.0p1) refuses this HostKeyAlgorithms (Bad key types 'rsa'); OpenSSH before 9.9 takes it";
    sshp("check").exits(1).prints(what);
    s.write(".ssh/config", "Host web\n  Port x\n");
    sshp("check").exits(1).prints(":2: Bad port 'x'.\n");
}

#[test]
fn a_command_line_that_a_later_release_takes_is_named() {
    let s = Sandbox::with_config("Host web\n");
    let sshp = with_ssh(&s, "9.2p1", &[]);
    sshp("connect -G -O conninfo web").exits(255).says("hint: OpenSSH 10.3 and later take it");
    sshp("connect -G -oTCPKeepAlive=all web").says("hint: OpenSSH 10.6 and later take it");
    sshp("connect -Z web").exits(255).says("hint: OpenSSH 10.5 and later take -Z\n");
    let none = sshp("connect -G -O nothing web").exits(255);
    assert!(!none.stderr.contains("OpenSSH"), "{none:?}");
}
