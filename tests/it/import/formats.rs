//! `sshp import`, of each format: what ssh makes of the profiles, and what stays behind.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::sshd::Sshd;

/// The samples where fuzzing begins: a byte, and the file. Each is named by its format.
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/import");
    let entries = fs::read_dir(folder).expect("the corpus");
    let mut samples: Vec<_> = entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let bytes = fs::read(entry.path()).expect("a file");
            (entry.file_name().to_string_lossy().into_owned(), bytes[1..].to_vec())
        })
        .collect();
    samples.sort();
    samples
}

/// The name of a file that a sample can have been.
fn file_name(sample: &str) -> &'static str {
    match sample {
        "xshell" => "web.xsh",
        "securecrt" => "web.ini",
        "finalshell" => "s1_connect_config.json",
        _ => "sample",
    }
}

fn ssh_g(s: &Sandbox, alias: &str) -> (String, String, String) {
    let config = s.path(".ssh/config").display().to_string();
    let run = Run::of(s.command("ssh").args(["-G", "-F", &config, alias])).success();
    let of = |keyword: &str| {
        let mut lines = run.stdout.lines().filter_map(|line| line.split_once(' '));
        lines.find(|(name, _)| *name == keyword).map(|(_, value)| value.to_owned())
    };
    (of("hostname").unwrap(), of("port").unwrap(), of("user").unwrap())
}

#[test]
fn profiles_of_every_format_are_what_ssh_reads_and_a_second_import_writes_nothing() {
    needs!("ssh");
    for (sample, bytes) in samples() {
        let s = Sandbox::with_config("Host mine\n    HostName 192.0.2.250\n");
        let before = s.text(".ssh/config");
        let file = file_name(&sample);
        s.write(file, &bytes);
        s.sshp(&format!("import {file} --yes")).success();
        let config = s.text(".ssh/config");
        assert!(!config.contains("not-a-password"), "{sample}: {config}");
        let listed = s.sshp("list --json").success().stdout;
        let listed: Value = serde_json::from_str(&listed).expect("JSON");
        let profiles = listed["profiles"].as_array().expect("profiles");
        assert!(profiles.len() > 1, "{sample}: {listed}");
        for profile in profiles {
            let text = |name: &str| match &profile[name] {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            let said = (text("host"), text("port"), text("user"));
            assert_eq!(ssh_g(&s, &text("name")), said, "{sample}");
        }
        s.sshp(&format!("import {file} --yes")).success().says("nothing to import");
        assert_eq!(s.text(".ssh/config"), config, "{sample}");
        s.sshp("undo").success();
        assert_eq!(s.text(".ssh/config"), before, "{sample}");
    }
}

#[test]
fn a_config_of_another_home_comes_with_what_it_includes_and_runs_nothing() {
    needs!("ssh");
    let s = Sandbox::with_config("");
    s.write(
        "old/.ssh/config",
        "Include config.d/* ~/.ssh/more\nHost web\n  HostName 192.0.2.1\n  ProxyJump gate\n  ProxyCommand touch pwned\n\
         Host *.eu\n  User eu\nMatch exec \"touch pwned\"\n  Port 99\n",
    );
    s.write("old/.ssh/config.d/gate", "Host gate\n  HostName 198.51.100.1\n  LocalCommand x\n");
    s.write("old/.ssh/more", "Host db\n  HostName 192.0.2.2\n  StrictHostKeyChecking no\n");
    s.write("old/.ssh/id_web", "no key, and not read\n");
    for place in ["old", "old/.ssh", "old/.ssh/config"] {
        let run = s.sshp(&format!("import ssh-config {place} --yes")).success();
        for said in ["a pattern, which is no host", "a Match block, which is no host"] {
            assert!(run.stdout.contains(said), "{said}: {run:?}");
        }
        let run = run.says("imported 3 new").says("left behind: option `StrictHostKeyChecking`");
        run.says("left behind: remote command");
        let config = s.text(".ssh/config");
        for never in ["pwned", "StrictHostKeyChecking", "LocalCommand", "Match"] {
            assert!(!config.contains(never), "{never}: {config}");
        }
        assert!(config.contains("ProxyJump gate"), "{config}");
        s.sshp("undo").success();
    }
    assert!(!s.path("pwned").exists());
    s.sshp("import ssh-config nowhere").exits(3).says("`nowhere` does not exist");
}

#[test]
fn hosts_of_known_hosts_that_no_profile_goes_to_are_new_and_hashed_ones_are_counted() {
    let s = Sandbox::with_config("Host web\n    HostName 192.0.2.1\n");
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGlmU8fiDSGqrpvVTxhxTbXTwNEIvkUl8FbDlTj0zqmH";
    let hashed = "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    s.write(
        "hosts",
        format!("192.0.2.1 {key}\n[db.example.com]:2222 {key}\n{hashed} {key}\n*.x {key}\n"),
    );
    let run = s.sshp("import hosts --yes").success().says("imported 1 new");
    assert!(run.stdout.contains("skipped: `web` goes there"), "{run:?}");
    run.says("left behind: hashed name of a host");
    let config = s.text(".ssh/config");
    assert!(config.contains("Host db.example.com\n") && config.contains("Port 2222"), "{config}");
    s.sshp("import hosts --yes").success().says("nothing to import");
}

#[test]
fn what_is_encrypted_broken_or_made_to_grow_is_refused_and_says_what_helps() {
    let s = Sandbox::with_config("");
    let mut bomb =
        "version: 7\nprofiles: []\nhotkeys: {}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            .to_owned();
    for n in 1..12 {
        let before = format!("*a{}, ", n - 1).repeat(10);
        bomb += &format!("a{n}: &a{n} [{before}]\n");
    }
    let deep = "<Node Type='Container'>".repeat(100_000);
    for (name, text, code, says) in [
        (
            "a",
            "version: 7\nencrypted: true\nvault: {}\n",
            5,
            "export the sessions without encryption",
        ),
        (
            "b",
            "<Connections ConfVersion=\"2.6\" FullFileEncryption=\"true\">eA==</Connections>",
            5,
            "it is encrypted",
        ),
        ("c", "<RTSZDocument>secret</RTSZDocument>", 5, "it is encrypted"),
        ("d", &bomb, 1, "aliases and lists in it go too far"),
        (
            "e",
            "<!DOCTYPE x [<!ENTITY a \"secret\">]>\n<ArrayOfSessionData>&a;</ArrayOfSessionData>",
            1,
            "it has a document type",
        ),
        ("f", &format!("<Connections ConfVersion=\"2.6\">{deep}"), 1, "nested too deeply"),
        (
            "g",
            "[{\"session.protocol\": \"SSH\",\n\"session.autoLogin\": \"secret",
            1,
            "line 2: it breaks off",
        ),
        ("h", &format!("{{\"bookmarks\": {}", "[".repeat(100_000)), 1, "nested too deeply"),
    ] {
        s.write(name, text);
        let format = if name == "h" { "electerm " } else { "" };
        let run = s.sshp(&format!("import {format}{name} --yes")).exits(code);
        assert!(!format!("{run:?}").contains("secret"), "{run:?}");
        run.says(says);
    }
}

#[test]
fn sixty_four_mebibytes_are_read_and_no_byte_more() {
    let s = Sandbox::with_config("");
    let file = |name: &str, more: u64| {
        let path = s.write(name, "name,host,note\nweb,192.0.2.1,");
        let file = fs::File::options().append(true).open(path).expect("the table");
        // Blanks behind the last value: one long note, as a broken export has it.
        let blanks = vec![b' '; 1 << 20];
        let mut left = (64 << 20) + more - file.metadata().expect("its length").len();
        while left > 0 {
            let part = &blanks[..usize::try_from(left.min(1 << 20)).expect("a part")];
            (&file).write_all(part).expect("blanks");
            left -= part.len() as u64;
        }
    };
    file("most.csv", 0);
    file("more.csv", 1);
    s.sshp("import more.csv --yes").exits(1).says("64 MiB");
    assert_eq!(s.config(), "");
    s.sshp("import most.csv --yes").success().says("imported 1 new");
    let piped = |name: &str| {
        let mut command = s.command(SSHP);
        command.args(["import", "csv", "-", "--yes"]);
        Run::of(command.stdin(fs::File::open(s.path(name)).expect("the table")))
    };
    piped("more.csv").exits(1).says("64 MiB");
    piped("most.csv").success().says("nothing to import");
}

#[test]
fn one_bad_session_of_a_thousand_is_named_and_the_others_are_imported() {
    let s = Sandbox::with_config("");
    let row = |n: usize| {
        let port = if n == 500 { 70_000 } else { 2_222 };
        format!(
            "<SessionData SessionId='w{n}' SessionName='w{n}' Host='192.0.2.{}' Port='{port}'/>",
            n % 250
        )
    };
    let rows: String = (0..1_000).map(row).collect();
    s.write("a.xml", format!("<ArrayOfSessionData>{rows}</ArrayOfSessionData>"));
    let run = s.sshp("import a.xml --yes").success().says("imported 999 new");
    assert!(run.stdout.contains("skipped: port: a port is a number from 1 to 65535"));
    s.write("none.xml", "<ArrayOfSessionData/>");
    s.sshp("import none.xml --yes").success().says("has 0 sessions there");
}

#[test]
fn a_key_of_putty_is_converted_on_the_way_and_one_with_a_passphrase_is_named() {
    needs!("ssh", "puttygen");
    let s = Sandbox::with_config("");
    s.write("old/.keep", "");
    let key = s.path("old/web_key");
    let mut command = s.command("ssh-keygen");
    Run::of(command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key)).success();
    let ppk = s.path("old/web.ppk");
    Run::of(s.command("puttygen").arg(&key).args(["-O", "private", "-o"]).arg(&ppk)).success();
    let secret = s.path("old/secret.ppk");
    s.write("passphrase", "a passphrase\n");
    let mut command = s.command("puttygen");
    command.arg(&key).args(["-O", "private", "--new-passphrase", "passphrase", "-o"]).arg(&secret);
    Run::of(&mut command).success();
    let row = |name: &str, key: &Path| format!("{name},192.0.2.1,deploy,{}\n", key.display());
    let rows = [row("web", &ppk), row("db", &secret), row("gone", Path::new("/gone/key"))].concat();
    s.write("a.csv", format!("name,host,user,key\n{rows}"));
    let run = s.sshp("import a.csv --dry-run").success();
    assert!(run.stdout.contains("IdentityFile"), "{run:?}");
    assert!(!s.path(".ssh/web").exists());
    let run = s.sshp("import a.csv --yes").success().says("imported 3 new");
    let run = run.says("stays behind: `sshp key import").says("left behind: key `/gone/key`");
    run.says("converted");
    assert_eq!(s.mode(".ssh/web"), 0o600);
    let public = |key: &Path| {
        let run = Run::of(s.command("ssh-keygen").args(["-y", "-f"]).arg(key)).success();
        run.stdout.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(public(&s.path(".ssh/web")), public(&key));
    let config = s.text(".ssh/config");
    assert_eq!(config.matches("IdentityFile").count(), 1, "{config}");
    s.sshp("import a.csv --yes").success().says("nothing to import");
    s.sshp("undo").success();
    assert_eq!(s.text(".ssh/config"), "");
}

#[test]
fn host_keys_that_plink_has_accepted_become_those_of_the_servers_and_replace_none() {
    needs!("ssh", "sshd", "plink");
    let s = Sandbox::with_config("");
    // ssh asks passwd for the home that its known_hosts is in.
    let known_hosts = s.path(".ssh/known_hosts");
    s.write(".ssh/config", format!("UserKnownHostsFile {}\n", known_hosts.display()));
    let mut expected = Vec::new();
    let mut servers = Vec::new();
    for (kind, bits, algorithm) in [
        ("ed25519", "256", "ssh-ed25519"),
        ("rsa", "2048", "rsa-sha2-512"),
        ("ecdsa", "256", "ecdsa-sha2-nistp256"),
        ("ecdsa", "384", "ecdsa-sha2-nistp384"),
        ("ecdsa", "521", "ecdsa-sha2-nistp521"),
    ] {
        let world = Sandbox::new();
        let user = world.keygen("id", &[]);
        let key = world.keygen("more", &["-t", kind, "-b", bits]);
        let extra = format!("HostKey {}\nHostKeyAlgorithms {algorithm}", key.display());
        let sshd = Sshd::start_with(&world, &user, &extra);
        let public = match kind {
            "ed25519" => sshd.host_key(),
            _ => world.text(".ssh/more.pub"),
        };
        let public = public.split(' ').take(2).collect::<Vec<_>>().join(" ");
        expected.push(format!("[127.0.0.1]:{} {}", sshd.port, public.trim()));
        let mut command = s.command("plink");
        command.args([
            "-ssh",
            "-no-antispoof",
            "-P",
            &sshd.port.to_string(),
            "nobody@127.0.0.1",
            "true",
        ]);
        // Its answer to the question; the login fails, which is after the key is kept.
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.spawn().expect("plink");
        child.stdin.take().expect("a pipe").write_all(b"y\n").expect("an answer");
        child.wait().expect("plink");
        servers.push((world, sshd));
    }
    let cache = s.path(".putty/sshhostkeys");
    assert_eq!(s.text(".putty/sshhostkeys").lines().count(), 5, "{cache:?}");
    let run = s.sshp("import putty .putty/sshhostkeys").success();
    run.says("nothing to import");
    // Another key of one of the servers is known, and the file does not end with a line feed.
    let (other, rest) = expected.split_first().expect("five");
    let place = other.split(' ').next().expect("a name");
    let foreign = format!(
        "{place} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGlmU8fiDSGqrpvVTxhxTbXTwNEIvkUl8FbDlTj0zqmH"
    );
    s.write(".ssh/known_hosts", &foreign);
    let line = "import putty .putty/sshhostkeys --host-keys";
    s.sshp(&format!("{line} --dry-run")).success();
    assert_eq!(s.text(".ssh/known_hosts"), foreign);
    let run = s.sshp(&format!("{line} --yes")).success();
    let run = run.says("4 for known_hosts, 0 known already").says("is known by another key");
    run.says("host keys 4");
    let known = s.text(".ssh/known_hosts");
    let mut lines: Vec<_> = known.lines().map(str::to_owned).collect();
    assert_eq!(lines.remove(0), foreign);
    lines.sort();
    let mut rest = rest.to_vec();
    rest.sort();
    assert_eq!(lines, rest);
    s.sshp(&format!("{line} --yes")).success().says("nothing to import");
    s.sshp("undo").success();
    assert_eq!(s.text(".ssh/known_hosts"), foreign);
}

#[test]
fn import_alone_shows_what_is_here_and_writes_nothing() {
    let s = Sandbox::with_config("");
    s.write(".config/tabby/config.yaml", "version: 7\nprofiles: []\n");
    s.write(".putty/sessions/web", "HostName=192.0.2.1\n");
    let run = s.sshp("import").success();
    let run = run.says("`sshp import tabby ").says("/.config/tabby/config.yaml`");
    let run = run.says("`sshp import putty ").says("/.putty/sessions`");
    assert!(run.stdout.contains("windows-terminal") && run.stdout.contains("WinSCP.ini"));
    assert!(!s.path(".config/sshp").exists());
    assert_eq!(s.text(".ssh/config"), "");
}
