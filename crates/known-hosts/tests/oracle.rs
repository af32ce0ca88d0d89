//! known_hosts against the programs that define it: ssh-keygen and ssh.

#![allow(clippy::disallowed_methods, reason = "tests are the world that the library lives in")]

use std::fmt::Write;
use std::sync::Arc;

use sshp_known_hosts::append::{Spelling, plan_append};
use sshp_known_hosts::krl::Krl;
use sshp_known_hosts::line::{Content, Hashed, lines};
use sshp_known_hosts::name::canonical_host;
use sshp_known_hosts::picture::{FingerprintHash, fingerprint, picture};
use sshp_known_hosts::removal::{Reach, Wanted, plan_removal};
use sshp_known_hosts::verdict::verdict;
use sshp_known_hosts::{File, HostKey, KnownHosts, Names, Scope, Verdict};
use sshp_splice::splice;
use sshp_testing::needs;
use sshp_testing::sandbox::{Run, Sandbox};
use sshp_testing::sshd::Sshd;

/// A stream of numbers that is the same in every run (splitmix64).
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("it is below n")
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn salt(&mut self) -> [u8; 20] {
        std::array::from_fn(|_| self.next().to_le_bytes()[0])
    }
}

/// Names as ssh looks them up, some of them parts of others.
const NAMES: &[&str] = &[
    "web",
    "web.example.com",
    "db.example.com",
    "db",
    "10.0.0.1",
    "10.0.0.11",
    "2001:db8::1",
    "[web]:2222",
    "[10.0.0.1]:2222",
    "[2001:db8::1]:2200",
    "größe",
];

/// A name, or a pattern made of one.
fn piece(random: &mut Seeded) -> String {
    let name = *random.pick(NAMES);
    let mut piece = match random.below(6) {
        0 => name.to_uppercase(),
        1 => match name.split_once('.') {
            Some((_, rest)) => format!("*.{rest}"),
            None => format!("{}*", &name[..1]),
        },
        2 => name.replacen(['e', '0', '2'], "?", 1),
        3 if random.one_in(2) => "*".to_owned(),
        _ => name.to_owned(),
    };
    if random.one_in(6) {
        piece.insert(0, '!');
    }
    piece
}

fn host_field(random: &mut Seeded) -> String {
    match random.below(10) {
        0..3 => Hashed::new(random.pick(NAMES).as_bytes(), random.salt()).to_string(),
        3 if random.one_in(3) => "|1|bad|bad".to_owned(),
        _ => {
            let count = 1 + random.below(4);
            let pieces: Vec<_> = (0..count).map(|_| piece(random)).collect();
            pieces.join(if random.one_in(4) { ",," } else { "," })
        }
    }
}

/// A line with one of these keys; with `broken`, some are what ssh does not understand.
fn line(random: &mut Seeded, keys: &[String], broken: bool) -> String {
    if broken && random.one_in(12) {
        return random
            .pick(&["# comment", "", "  \t", "garbage", "|1|x|y", "@foo *", "nobody #", "nobody "])
            .to_string();
    }
    let markers: &[&str] = if broken {
        &["@revoked ", "@cert-authority ", "@revoked  \t", "@foo ", "@revoked @revoked ", "@ "]
    } else {
        &["@revoked ", "@cert-authority "]
    };
    let marker = if random.one_in(5) { random.pick(markers) } else { &"" };
    let hosts = host_field(random);
    let key = if broken && random.one_in(6) {
        *random.pick(&[
            "ssh-ed25519 AAAA",
            "ssh-future-key AAAA",
            "2048 65537 123",
            "ssh-rsa  #",
            "rsa-sha2-256 AAAA x",
            "ecdsa-sha2-nistp256",
        ])
    } else {
        random.pick(keys)
    };
    let blank = random.pick(&[" ", "\t", "  ", " \t "]);
    let lead = if random.one_in(8) { " \t" } else { "" };
    let end = if random.one_in(8) { " comment\r" } else { "" };
    format!("{lead}{marker}{hosts}{blank}{key}{end}")
}

fn file(random: &mut Seeded, keys: &[String], count: usize, broken: bool) -> String {
    (0..count).fold(String::new(), |mut text, _| {
        let _ = writeln!(text, "{}", line(random, keys, broken));
        text
    })
}

/// Keys of three types, `type base64`.
fn keys(sandbox: &Sandbox) -> Vec<String> {
    let types: [&[&str]; 3] = [&[], &["-t", "ecdsa"], &["-t", "rsa", "-b", "1024"]];
    let read = |(at, extra): (usize, &&[&str])| {
        let name = format!("key{at}");
        sandbox.keygen(&name, extra);
        let public = sandbox.text(format!(".ssh/{name}.pub"));
        HostKey::from_line(&public).expect("a key").to_line()
    };
    types.iter().enumerate().map(read).collect()
}

/// What `ssh-keygen -F` finds: line numbers and markers.
fn keygen_finds(sandbox: &Sandbox, name: &str, file: &str) -> Vec<String> {
    let run = Run::of(sandbox.command("ssh-keygen").args(["-F", name, "-f", file]));
    run.stdout
        .lines()
        .filter_map(|line| line.strip_prefix("# Host ")?.split_once(" found: line "))
        .map(|(_, found)| found.trim_end().to_owned())
        .collect()
}

fn we_find(name: &str, text: &str) -> Vec<String> {
    lines(text.as_bytes())
        .filter_map(|line| {
            let Content::Entry(entry) = line.content else { return None };
            let marker = match entry.marker.map(sshp_known_hosts::Marker::as_str) {
                None => "",
                Some("@revoked") => " REVOKED",
                Some(_) => " CA",
            };
            entry.hosts.matches(name.as_bytes()).then(|| format!("{}{marker}", line.number))
        })
        .collect()
}

#[test]
fn lines_match_the_names_that_ssh_keygen_finds_them_by() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox);
    let mut random = Seeded(1);
    let mut found = 0;
    for round in 0..20 {
        let text = file(&mut random, &keys, 150, true);
        sandbox.write("hosts", &text);
        for name in NAMES.iter().chain(&["other", "*.example.com", "[web]:22"]) {
            let ours = we_find(name, &text);
            assert_eq!(
                ours,
                keygen_finds(&sandbox, name, "hosts"),
                "round {round}, {name}:\n{text}"
            );
            found += ours.len();
        }
    }
    assert!(found > 5_000, "only {found} matches say little");
}

fn wanted(name: &str) -> Wanted {
    Wanted { names: vec![name.to_owned()], ..Wanted::default() }
}

#[test]
fn whole_lines_go_as_with_ssh_keygen() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox);
    let mut random = Seeded(2);
    for round in 0..12 {
        let text = file(&mut random, &keys, 60, false).replace("|1|bad|bad", "bad");
        for name in NAMES {
            sandbox.write("hosts", &text);
            Run::of(sandbox.command("ssh-keygen").args(["-R", name, "-f", "hosts"])).success();
            let file = File::new("hosts", Scope::User, Some(text.as_bytes().into()));
            let reach = Reach { whole_line: true, ..Reach::default() };
            let plan = plan_removal(&[file], &wanted(name), reach);
            let ours = splice(text.as_bytes(), &plan[0].splices);
            assert_eq!(
                String::from_utf8_lossy(&ours),
                sandbox.text("hosts"),
                "round {round}, {name}:\n{text}"
            );
        }
    }
}

/// What forget takes by default, ssh-keygen would have taken as well, and afterwards nothing but
/// patterns, marked lines and what ssh cannot read is found.
#[test]
fn after_a_removal_only_patterns_and_markers_are_found() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox);
    let mut random = Seeded(3);
    for _ in 0..6 {
        let text = file(&mut random, &keys, 100, true);
        for name in NAMES {
            let base = File::new("hosts", Scope::User, Some(text.as_bytes().into()));
            let plan = &plan_removal(&[base], &wanted(name), Reach::default())[0];
            let after = splice(text.as_bytes(), &plan.splices);
            let after = String::from_utf8(after).expect("UTF-8");
            sandbox.write("hosts", &after);
            for found in keygen_finds(&sandbox, name, "hosts") {
                let number: usize = found.split(' ').next().expect("a number").parse().expect("it");
                let line = after.lines().nth(number - 1).expect("the line");
                assert!(line.contains(['*', '?', '@']), "{name} stays in {line}");
            }
        }
    }
}

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

/// What ssh makes of an address that needs no connection: it hands ProxyCommand the name it has
/// settled on.
#[test]
fn addresses_have_the_form_that_ssh_gives_them() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let mut random = Seeded(5);
    let mut hosts: Vec<String> = Vec::new();
    for _ in 0..40 {
        let words: Vec<String> = (0..8)
            .map(|_| match random.below(4) {
                0 => "0".to_owned(),
                1 => "0000".to_owned(),
                2 => format!("{:X}", random.below(0x1_0000)),
                _ => format!("{:04x}", random.below(0x100)),
            })
            .collect();
        hosts.push(words.join(":"));
        let number = |random: &mut Seeded, below| {
            let n = random.below(below);
            match random.below(3) {
                0 => format!("0x{n:x}"),
                1 => format!("0{n:o}"),
                _ => n.to_string(),
            }
        };
        let parts = random.below(4);
        let mut dotted: Vec<String> = (0..parts).map(|_| number(&mut random, 300)).collect();
        dotted.push(number(&mut random, 70_000));
        hosts.push(dotted.join("."));
    }
    for host in hosts {
        let mut ssh = sandbox.command("ssh");
        ssh.args(["-v", "-F", "none", "-o", "ProxyCommand=true %h", "--", &host, "true"]);
        let said = Run::of(&mut ssh).stderr;
        let by_ssh = said.lines().find_map(|line| line.split_once("proxy command: exec true "));
        let by_ssh = by_ssh.unwrap_or_else(|| panic!("{host}: {said}")).1;
        assert_eq!(canonical_host(&host), by_ssh.trim_end(), "{host}");
    }
}

#[test]
fn fingerprints_and_pictures_are_those_of_ssh_keygen() {
    needs!("ssh");
    let s = Sandbox::new();
    let kinds: [&[&str]; 4] = [
        &["-t", "ed25519"],
        &["-t", "rsa", "-b", "2048"],
        &["-t", "ecdsa", "-b", "521"],
        &["-t", "ecdsa", "-b", "256"],
    ];
    for (number, kind) in kinds.iter().enumerate() {
        let file = format!("{}.pub", s.keygen(&format!("key{number}"), kind).display());
        let line = std::fs::read_to_string(&file).expect("a key");
        let key = HostKey::from_line(&line).expect("a key");
        for name in ["md5", "sha1", "sha256", "sha384", "sha512"] {
            let run = Run::of(s.command("ssh-keygen").args(["-lv", "-E", name, "-f", &file]));
            let hash = FingerprintHash::find(name).expect("a hash");
            let expected = run.success().stdout;
            let (first, rest) = expected.split_once('\n').expect("lines");
            assert!(first.contains(&format!(" {} ", fingerprint(&key, hash))), "{first}");
            assert_eq!(rest.trim_end(), picture(&key, hash), "{name}");
        }
    }
}

#[test]
fn revocation_lists_name_the_keys_that_ssh_keygen_finds_in_them() {
    needs!("ssh");
    let s = Sandbox::new();
    let (ca, other) = (s.keygen("ca", &[]), s.keygen("other-ca", &["-t", "rsa", "-b", "2048"]));
    let text = |path: &str| std::fs::read_to_string(path).expect("a key");
    let rsa: &[&str] = &["-t", "rsa", "-b", "2048"];
    let mut keys: Vec<String> = Vec::new();
    for (number, kind) in [&[], &[], rsa].into_iter().enumerate() {
        keys.push(format!("{}.pub", s.keygen(&format!("host{number}"), kind).display()));
    }
    let signed = [(&ca, 0), (&ca, 1), (&ca, 5), (&ca, 64), (&ca, 1_u64 << 40), (&other, 5)];
    for (number, (signer, serial)) in signed.into_iter().enumerate() {
        let key = s.keygen(&format!("cert{number}"), &[]);
        let mut sign = s.command("ssh-keygen");
        sign.args(["-q", "-h", "-I", &format!("id{number}"), "-z", &serial.to_string(), "-s"]);
        Run::of(sign.arg(signer).arg(format!("{}.pub", key.display()))).success();
        keys.push(format!("{}-cert.pub", key.display()));
    }
    let (first, third) = (text(&keys[0]), text(&keys[2]));
    let run = Run::of(s.command("ssh-keygen").args(["-lf", &keys[2]])).success();
    let hash = run.stdout.split(' ').nth(1).expect("a fingerprint").to_owned();
    let mut spread = String::new();
    for serial in [2, 3, 5, 9, 11, 64, 66, 70] {
        let _ = writeln!(spread, "serial: {serial}");
    }
    // With the authority whose certificates are meant, or of any.
    let cases = [
        (String::new(), true),
        (format!("key: {first}"), true),
        (format!("sha1: {first}sha256: {third}"), true),
        (format!("hash: {hash}\n"), true),
        ("serial: 1-5\n".to_owned(), true),
        (format!("serial: 64\nserial: {}\nid: id0\n", 1_u64 << 40), true),
        (spread, true),
        ("serial: 5\nid: id1\n".to_owned(), false),
        (format!("key: {}", text(&format!("{}.pub", other.display()))), true),
    ];
    let list = s.path("krl");
    let mut revoked = 0;
    for (spec, of_one_authority) in cases {
        let file = s.write("spec", &spec);
        let mut make = s.command("ssh-keygen");
        make.args(["-q", "-k", "-f"]).arg(&list).arg("-s");
        if of_one_authority {
            make.arg(format!("{}.pub", ca.display()));
        } else {
            make.arg("none");
        }
        Run::of(make.arg(&file)).success();
        let krl = Krl::parse(&s.read("krl")).unwrap_or_else(|error| panic!("{spec}: {error}"));
        for path in &keys {
            let key = HostKey::from_line(&text(path)).expect("a key");
            let found = Run::of(s.command("ssh-keygen").args(["-Q", "-f"]).arg(&list).arg(path));
            assert_eq!(krl.revokes(&key), found.code != Some(0), "{spec}: {path}: {found:?}");
            revoked += usize::from(krl.revokes(&key));
        }
    }
    assert!(revoked > 12, "{revoked}");
}
