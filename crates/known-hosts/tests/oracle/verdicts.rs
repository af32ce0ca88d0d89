//! Verdicts about a host key, and new lines, by ssh against a server.

use std::fmt::Write;
use std::sync::Arc;

use sshp_known_hosts::append::{Spelling, plan_append};
use sshp_known_hosts::verdict::verdict;
use sshp_known_hosts::{File, HostKey, KnownHosts, Names, Scope, Verdict};
use sshp_splice::splice;
use sshp_testing::needs;
use sshp_testing::sandbox::{Run, Sandbox};
use sshp_testing::sshd::Sshd;

use super::files::{Seeded, file, keys};

/// How ssh treats the server behind `ProxyCommand` with these files.
fn ssh_judges(sandbox: &Sandbox, sshd: &Sshd, host: &str, port: &str, more: &[&str]) -> String {
    let mut ssh = sandbox.command("ssh");
    ssh.args(["-F", "none", "-p", port, "-o", "StrictHostKeyChecking=yes"])
        .args(["-o", "PreferredAuthentications=none", "-o", "UpdateHostKeys=no"])
        .args(["-o", "UserKnownHostsFile=~/none u1 u2", "-o", "GlobalKnownHostsFile=g"])
        .arg("-o")
        .arg(format!("ProxyCommand={}", sshd.proxy_command()))
        .args(more)
        .args(["--", host, "true"]);
    let run = Run::of(&mut ssh);
    let offending = || {
        let line = run.stderr.lines().find_map(|line| {
            line.strip_prefix("Offending ")?.split_once(" key in ").map(|(_, at)| at.trim())
        });
        line.unwrap_or("?").to_owned()
    };
    if run.stderr.contains("REVOKED HOST KEY DETECTED") {
        "revoked".to_owned()
    } else if run.stderr.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        format!("changed {}", offending())
    } else if run.stderr.contains("host key is known for") {
        "unknown".to_owned()
    } else if run.stderr.contains("Permission denied") {
        "known".to_owned()
    } else {
        panic!("ssh says neither: {run:#?}")
    }
}

fn we_judge(files: &[(&str, &str)], names: &Names, key: &HostKey) -> String {
    let files = files.iter().map(|(name, text)| {
        let scope = if *name == "g" { Scope::Global } else { Scope::User };
        File::new(*name, scope, Some(Arc::from(text.as_bytes())))
    });
    match verdict(&KnownHosts::new(files.collect()), names, key) {
        Verdict::Known(_) | Verdict::Certified { .. } => "known".to_owned(),
        Verdict::Unknown { .. } => "unknown".to_owned(),
        Verdict::Changed { known } => {
            format!("changed {}", known.last().expect("a line").place)
        }
        Verdict::Revoked(_) => "revoked".to_owned(),
    }
}

/// A server behind ProxyCommand, reached by any name without a network.
fn server(sandbox: &Sandbox, extra: &str) -> Sshd {
    let user = sandbox.keygen("id", &[]);
    // sshd's privilege separation wants this folder, which Debian's unit makes.
    let _ = std::fs::create_dir_all("/run/sshd");
    Sshd::configure(sandbox, &user, extra)
}

#[test]
fn verdicts_are_those_of_ssh() {
    needs!("sshd");
    let sandbox = Sandbox::new();
    let sshd = server(&sandbox, "");
    let key = HostKey::from_line(&sshd.host_key()).expect("a key");
    let mut offered = keys(&sandbox);
    // Half of the lines hold the right key.
    offered.extend(std::iter::repeat_n(key.to_line(), 3));
    let mut random = Seeded(4);
    let mut seen: Vec<String> = Vec::new();
    for round in 0..120 {
        let mut text = |most| {
            let count = random.below(most);
            // Patterns that match everything say the same each time.
            file(&mut random, &offered, count, true).replace("* ", "db ")
        };
        let [u1, u2, mut g] = [text(6), text(3), text(3)];
        if random.one_in(5) {
            let _ = writeln!(g, "@revoked *e* {}", key.to_line());
        }
        for (name, text) in [("u1", &u1), ("u2", &u2), ("g", &g)] {
            sandbox.write(name, text);
        }
        let (host, port) = *random.pick(&[
            ("web", 22),
            ("WEB", 2222),
            ("Db.Example.Com", 22),
            ("10.0.0.1", 2222),
            ("2001:DB8:0::1", 22),
            ("2001:db8::1", 2200),
        ]);
        // An alias stands alone, whatever the port is.
        let alias = *random.pick(&[None, None, Some("db"), Some("WEB"), Some("10.0.0.11")]);
        let option = alias.map(|alias| format!("-oHostKeyAlias={alias}"));
        let more: Vec<&str> = option.iter().map(String::as_str).collect();
        let ssh = ssh_judges(&sandbox, &sshd, host, &port.to_string(), &more);
        let names = Names::new(host, port, alias);
        let ours = we_judge(&[("u1", &u1), ("u2", &u2), ("g", &g)], &names, &key);
        assert_eq!(ours, ssh, "round {round}, {names}\nu1:\n{u1}u2:\n{u2}g:\n{g}");
        seen.push(ssh.split(' ').next().expect("a word").to_owned());
    }
    for verdict in ["known", "unknown", "changed", "revoked"] {
        let times = seen.iter().filter(|word| *word == verdict).count();
        assert!(times >= 3, "{verdict} was seen {times} times");
    }
}

#[test]
fn certificates_are_judged_as_by_ssh() {
    needs!("sshd");
    let sandbox = Sandbox::new();
    let sshd = server(&sandbox, "");
    let ca = sandbox.keygen("ca", &[]);
    let dir = sshd.config_file().parent().expect("its folder").to_owned();
    let host_key = dir.join("host_key.pub");
    let mut sign = sandbox.command("ssh-keygen");
    sign.args(["-q", "-h", "-I", "id", "-n", "web,[web]:2222", "-s"]).arg(&ca).arg(host_key);
    Run::of(&mut sign).success();
    let mut config = std::fs::read_to_string(sshd.config_file()).expect("sshd_config");
    let _ = writeln!(config, "HostCertificate {}/host_key-cert.pub", dir.display());
    std::fs::write(sshd.config_file(), config).expect("sshd_config");

    let public = |path: &std::path::Path| {
        HostKey::from_line(&std::fs::read_to_string(path).expect("a key")).expect("a key")
    };
    let authority = public(&ca.with_extension("pub")).to_line();
    let plain = public(&dir.join("host_key.pub")).to_line();
    let cert = public(&dir.join("host_key-cert.pub"));
    let other = &keys(&sandbox)[0];
    for (port, text) in [
        (22, format!("@cert-authority w* {authority}\n")),
        (2222, format!("@cert-authority web {authority}\n")),
        (22, format!("@cert-authority w* {other}\n")),
        (22, format!("web {authority}\n")),
        (22, format!("web {plain}\n")),
        (22, format!("@cert-authority w* {other}\nweb {plain}\n")),
        (22, format!("@cert-authority w* {other}\nweb {other}\n")),
        (22, format!("@cert-authority w* {authority}\nweb {other}\n")),
        (22, format!("@cert-authority w* {authority}\n@revoked web {authority}\n")),
        (22, format!("@cert-authority w* {authority}\n@revoked web {plain}\n")),
    ] {
        for name in ["u1", "u2", "g"] {
            sandbox.write(name, if name == "u1" { &text } else { "" });
        }
        let ssh = ssh_judges(&sandbox, &sshd, "web", &port.to_string(), &[]);
        let ours = we_judge(&[("u1", &text)], &Names::new("web", port, None), &cert);
        assert_eq!(ours, ssh, "{text}");
    }
}

#[test]
fn new_keys_are_written_as_by_ssh() {
    needs!("sshd");
    let sandbox = Sandbox::new();
    let sshd = server(&sandbox, "");
    let key = HostKey::from_line(&sshd.host_key()).expect("a key");
    for (host, port, alias, host_name) in [
        ("FOO.Example", 22, None, None),
        ("foo", 2200, None, None),
        ("foo.", 22, None, None),
        ("2001:DB8:0::1", 22, None, None),
        ("2001:DB8:0::1", 2200, None, None),
        ("::ffff:10.0.0.1", 22, None, None),
        ("::10.0.0.1", 22, None, None),
        ("::1:0", 22, None, None),
        ("1:0:0:2:0:0:0:3", 22, None, None),
        ("127.1", 22, None, None),
        ("0x7f.1", 2222, None, None),
        ("010.1.2.3", 22, None, None),
        ("foo", 2200, Some("AliasX"), None),
        ("foo", 22, None, Some("a*b")),
        ("foo", 22, None, Some("a[b")),
        ("foo", 22, None, Some("it's")),
        ("foo", 22, None, Some("größe")),
        ("foo", 22, Some("fine"), Some("a?b")),
    ] {
        for hash in [false, true] {
            let written = sandbox.write("written", "before x\n");
            let mut ssh = sandbox.command("ssh");
            ssh.args(["-F", "none", "-p", &port.to_string(), "-o", "StrictHostKeyChecking=no"])
                .args(["-o", "PreferredAuthentications=none", "-o", "UpdateHostKeys=no"])
                .args(["-o", "GlobalKnownHostsFile=none", "-o", "UserKnownHostsFile=written"])
                .args(["-o", if hash { "HashKnownHosts=yes" } else { "HashKnownHosts=no" }])
                .args(alias.map(|alias| format!("-oHostKeyAlias={alias}")))
                .args(host_name.map(|name| format!("-oHostName={name}")))
                .arg("-o")
                .arg(format!("ProxyCommand={}", sshd.proxy_command()))
                .args(["--", host, "true"]);
            let run = Run::of(&mut ssh);
            let by_ssh = std::fs::read_to_string(written).expect("the file");
            let names = Names::new(host_name.unwrap_or(host), port, alias);
            let before = b"before x\n";
            let context = format!("{host} {host_name:?} {alias:?}: {run:#?}");
            if hash && by_ssh.len() > before.len() {
                let file = File::new("written", Scope::User, Some(by_ssh.as_bytes().into()));
                let found = verdict(&KnownHosts::new(vec![file]), &names, &key);
                assert!(matches!(found, Verdict::Known(_)), "{found:?} {context}");
                continue;
            }
            let plan = plan_append(before, &[(&names, Spelling::Plain)], &key);
            let ours = splice(before, plan.as_slice());
            assert_eq!(String::from_utf8_lossy(&ours), by_ssh, "{context}");
        }
    }
}
