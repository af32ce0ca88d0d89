//! `sshp trust` against a real sshd: what is verified is stored, and nothing else.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use data_encoding::BASE64;
use serde_json::json;

use crate::encoding::encodings;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::sshd::{ME, Sshd};
use crate::support::wait;

/// A server with keys of three types, and a profile `web` for it.
struct World {
    sandbox: Sandbox,
    sshd: Sshd,
    /// All host keys, as files without `.pub`.
    keys: Vec<PathBuf>,
}

impl World {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let user = sandbox.keygen("id", &[]);
        let more: Vec<PathBuf> = vec![
            sandbox.keygen("host_ecdsa", &["-t", "ecdsa"]),
            sandbox.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]),
        ];
        let lines: Vec<String> = more.iter().map(|k| format!("HostKey {}", k.display())).collect();
        let sshd = Sshd::start_with(&sandbox, &user, &lines.join("\n"));
        let own = sshd.config_file().with_file_name("host_key");
        let keys = std::iter::once(own).chain(more).collect();
        let ssh = sandbox.path(".ssh");
        let (ssh, id) = (ssh.display(), user.display());
        sandbox.write(
            ".ssh/config",
            format!(
                "Host web\n  HostName 127.0.0.1\n  Port {}\nHost *\n  IdentityFile {id}\n  \
                 IdentitiesOnly yes\n  UserKnownHostsFile {ssh}/known_hosts\n  \
                 GlobalKnownHostsFile {ssh}/global\n",
                sshd.port
            ),
        );
        World { sandbox, sshd, keys }
    }

    /// What the console of a cloud shows of the first boot.
    fn console(&self) -> String {
        let mut text = String::from("[  11.2] cloud-init[812]: Cloud-init v. 24.1 running\r\n");
        let mut line = |text_of: &str| {
            text += &format!("\x1b[0;32m<14>Nov 20 16:00:00 ec2: {text_of}\x1b[0m\r\n");
        };
        line("#############################################################");
        line("-----BEGIN SSH HOST KEY FINGERPRINTS-----");
        for key in &self.keys {
            let mut keygen = self.sandbox.command("ssh-keygen");
            line(Run::of(keygen.arg("-lf").arg(key)).success().stdout.trim_end());
        }
        line("-----END SSH HOST KEY FINGERPRINTS-----");
        text
    }

    fn known_hosts(&self) -> String {
        let path = self.sandbox.path(".ssh/known_hosts");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// ssh itself, which stores no key unless it is told to.
    fn ssh(&self, strict: &str) -> Run {
        let mut ssh = self.sandbox.command("ssh");
        ssh.arg("-F").arg(self.sandbox.path(".ssh/config")).args(["-o", "BatchMode=yes"]);
        ssh.arg("-o").arg(format!("StrictHostKeyChecking={strict}")).args(["web", "echo in"]);
        Run::of(&mut ssh)
    }

    fn name(&self) -> String {
        format!("[127.0.0.1]:{}", self.sshd.port)
    }
}

#[test]
fn the_text_of_the_console_is_read_as_powershell_writes_and_pipes_it() {
    needs!("sshd");
    let w = World::new();
    let console = w.console();
    let marked = ["\u{feff}", &console].concat().into_bytes();
    for (name, text) in encodings(&console).into_iter().chain([("UTF-8", marked)]) {
        let file = w.sandbox.write("console.txt", text);
        for from in ["console.txt", "-"] {
            let mut trust = w.sandbox.command(SSHP);
            trust.args(["trust", "web", "--dry-run", "--from", from]);
            trust.stdin(Stdio::from(std::fs::File::open(&file).expect("the file")));
            let run = Run::of(&mut trust);
            assert_eq!(run.code, Some(0), "{name}: {run:?}");
            assert_eq!(run.stdout.matches("\n+[127.0.0.1]").count(), 3, "{name}: {run:?}");
        }
    }
    // What is left of UTF-16 where bash puts it into an argument.
    let cut = format!("\u{fffd}\u{fffd}{}\r\n", w.sshd.fingerprint());
    for fingerprint in [cut, format!("\u{feff}{}", w.sshd.fingerprint())] {
        w.sandbox.sshp_args(["trust", "web", "--dry-run", "--fingerprint", &fingerprint]).success();
    }
}

#[test]
fn what_a_cloud_prints_of_a_console_in_json_is_compared_as_its_text_is() {
    needs!("sshd");
    let w = World::new();
    let key = std::fs::read_to_string(w.keys[0].with_extension("pub")).expect("the public key");
    let (kind, base64) = key.trim().split_once(' ').expect("a key");
    let aliyun = |id: &str| {
        let log = BASE64.encode(w.console().as_bytes());
        json!({ "ConsoleOutput": log, "InstanceId": id, "RequestId": "x" })
    };
    let aws = json!({ "InstanceId": "i-0a", "Timestamp": "x", "Output": w.console() });
    let gcloud = json!([{ "namespace": "hostkeys", "key": kind, "value": base64 }]);
    for (text, stored) in [(aliyun("i-bp1"), 3), (aws.clone(), 3), (gcloud, 1)] {
        w.sandbox.write("console.json", text.to_string());
        let run = w.sandbox.sshp("trust web --dry-run --from console.json").success();
        assert_eq!(run.stdout.matches("\n+[127.0.0.1]").count(), stored, "{run:?}");
    }
    for (text, says) in [
        ("{ \"InstanceId\": \"i-0a\", \"Secret\": \"hunter2\" }", "neither the console output"),
        ("{ \"Output\": \"hunter2", "cannot be read"),
        ("{ \"ConsoleOutput\": \"\" }", "is empty"),
    ] {
        w.sandbox.write("console.json", text);
        let run = w.sandbox.sshp("trust web --from console.json").exits(5).says(says);
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
    }
    // A profile of a server that was imported takes the console of that server alone.
    w.sandbox.write(
        ".config/sshp/profiles.toml",
        "[web]\nsource = \"aliyun:i-bp1\"\nimported = { host = \"127.0.0.1\", scope = \"r\" }\n",
    );
    w.sandbox.write("console.json", aws.to_string());
    let run = w.sandbox.sshp("trust web --from console.json").exits(6);
    run.says("the console of `i-0a`").says("`web` is `i-bp1` of aliyun");
    assert_eq!(w.known_hosts(), "");
    w.sandbox.write("console.json", aliyun("i-bp1").to_string());
    w.sandbox.sshp("trust web --from console.json").success().prints("trusted ED25519");
}

#[test]
fn a_proxy_command_that_fails_runs_once() {
    let s = Sandbox::with_config(
        "Host web\n  ProxyCommand sh -c 'echo ran >>runs'\nHost via\n  ProxyJump web\n",
    );
    let fingerprint = format!("SHA256:{}", "A".repeat(43));
    for verb in [
        &format!("trust web --fingerprint {fingerprint}")[..],
        &format!("trust via --fingerprint {fingerprint}"),
        "doctor web --no-auth",
        "doctor via --no-auth",
        "connect --session builtin web true",
        "connect --session builtin via true",
    ] {
        s.write("runs", "");
        let run = s.sshp(verb);
        assert_ne!(run.code, Some(0), "{verb}: {run:?}");
        assert_eq!(s.text("runs"), "ran\n", "{verb}: {run:?}");
    }
}

#[test]
fn after_a_reinstall_the_text_of_the_console_lets_one_in_again() {
    needs!("sshd");
    let mut world = World::new();
    let old = world.sshd.fingerprint();
    world.sandbox.write("console", world.console());
    world.sandbox.sshp("trust web --from console").success().prints("trusted ED25519 SHA256:");
    world.ssh("yes").success().prints("in");

    world.sshd.reinstall();
    world.ssh("accept-new").exits(255).says("HAS CHANGED");
    let before = world.known_hosts();
    // The old text no longer tells the truth.
    let run = world.sandbox.sshp("trust web --from console").exits(6);
    run.says(&format!("expected: {old}"))
        .says(&world.sshd.fingerprint())
        .says("nothing was stored");
    assert_eq!(world.known_hosts(), before);

    world.sandbox.write("console", world.console());
    let run = world.sandbox.sshp("trust web --from console").success();
    run.prints(&format!("removed ED25519 {old}"))
        .prints(&format!("trusted ED25519 {}", world.sshd.fingerprint()))
        .prints("known   RSA");
    assert_eq!(world.known_hosts().lines().count(), 3);
    world.ssh("yes").success().prints("in");
}

#[test]
fn the_stored_keys_are_the_servers_own_and_other_lines_stay() {
    needs!("sshd");
    let world = World::new();
    let foreign = "# mine\nother ssh-ed25519 AAAA\nbad line";
    world.sandbox.write(".ssh/known_hosts", foreign);
    world.sandbox.write("console", world.console());
    world.sandbox.sshp("trust web --from console").success();
    let keys: Vec<String> = world
        .keys
        .iter()
        .map(|key| {
            let public = std::fs::read_to_string(key.with_extension("pub")).expect("a key");
            let words: Vec<&str> = public.split(' ').take(2).collect();
            format!("{} {}", world.name(), words.join(" ").trim_end())
        })
        .collect();
    assert_eq!(world.known_hosts(), format!("{foreign}\n{}\n", keys.join("\n")));
}

#[test]
fn a_file_that_cannot_be_replaced_is_written_in_place_when_that_is_asked() {
    needs!("sshd");
    let world = World::new();
    let known_hosts = world.sandbox.write(".ssh/known_hosts", "# mine\n");
    let other = world.sandbox.path("other");
    std::fs::hard_link(known_hosts, &other).expect("a link");
    let trust = format!("trust web --fingerprint {}", world.sshd.fingerprint());
    world.sandbox.sshp(&trust).exits(5).says("--in-place");
    assert_eq!(world.known_hosts(), "# mine\n");
    world.sandbox.sshp(&format!("{trust} --in-place")).success();
    assert_eq!(world.known_hosts().lines().count(), 2);
    assert_eq!(std::fs::read_to_string(&other).expect("the other name"), world.known_hosts());
    world.sandbox.sshp("undo --in-place").success();
    assert_eq!(world.known_hosts(), "# mine\n");
}

#[test]
fn only_what_has_a_fingerprint_is_stored() {
    needs!("sshd");
    let world = World::new();
    let run = world.sandbox.sshp(&format!("trust web --fingerprint {}", world.sshd.fingerprint()));
    run.success().says("not stored: RSA SHA256:");
    assert_eq!(world.known_hosts().lines().count(), 1);
    world.ssh("yes").success();
    // A second time, there is nothing to do.
    let run = world.sandbox.sshp(&format!("trust web --fingerprint {}", world.sshd.fingerprint()));
    run.success().prints("known   ED25519");
    assert_eq!(world.known_hosts().lines().count(), 1);
}

#[test]
fn nothing_is_stored_for_less_than_a_whole_sha256_of_the_right_key() {
    needs!("sshd");
    let world = World::new();
    let own = world.sshd.fingerprint();
    let mut keygen = world.sandbox.command("ssh-keygen");
    keygen.args(["-E", "md5", "-lf"]).arg(&world.keys[0]);
    let md5 = Run::of(&mut keygen).success().stdout;
    let other = "SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ";
    let boots = format!("256 {own} a (ED25519)\n256 {other} a (ED25519)\n");
    for (text, code, says) in [
        (format!("256 {other} root@web (ED25519)"), 6, "another host key than expected"),
        (other.to_owned(), 6, "another host key than expected"),
        (md5, 5, "MD5 fingerprint is not enough"),
        (own[..40].to_owned(), 5, "no whole SHA256 fingerprint"),
        (format!("{own}x"), 5, "no whole SHA256 fingerprint"),
        (format!("256 {own} a (DSA)"), 5, "no fingerprint for ED25519, ECDSA, RSA"),
        (boots, 5, "more than one boot"),
        ("nothing to see".to_owned(), 5, "no fingerprint in what was given"),
    ] {
        world.sandbox.write("paste", &text);
        world.sandbox.sshp("trust web --from paste").exits(code).says(says);
        assert_eq!(world.known_hosts(), "", "{text}");
    }
    world.sandbox.sshp("trust web").exits(5).says("no terminal to ask at").says("--fingerprint");
    world.sandbox.sshp("trust web --from gone").exits(3);
    assert_eq!(world.known_hosts(), "");
}

#[test]
fn a_revoked_key_is_not_trusted_again() {
    needs!("sshd");
    let world = World::new();
    let revoked = format!("@revoked * {}", world.sshd.host_key());
    world.sandbox.write(".ssh/known_hosts", &revoked);
    world.sandbox.write("console", world.console());
    world.sandbox.sshp("trust web --from console").exits(6).says("is revoked by");
    assert_eq!(world.known_hosts(), revoked);
}

#[test]
fn standard_input_json_and_dry_run() {
    needs!("sshd");
    let world = World::new();
    let feed = |arguments: &[&str]| {
        let mut command = world.sandbox.command(SSHP);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("sshp");
        let mut input = child.stdin.take().expect("its input");
        input.write_all(world.console().as_bytes()).expect("a paste");
        drop(input);
        wait::output(child, "trust with a paste")
    };
    let shown = feed(&["trust", "web", "--from", "-", "--dry-run"]);
    let diff = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(diff.contains(&format!("+{} ssh-ed25519", world.name())), "{diff}");
    assert_eq!(world.known_hosts(), "");

    let done = feed(&["trust", "web", "--from", "-", "--json"]);
    assert!(done.status.success(), "{done:?}");
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(json["schema"], "sshp.trust.v1");
    assert_eq!(json["expected"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["stored"][0]["fingerprint"], world.sshd.fingerprint());
    assert_eq!(json["offered"][2]["verified"], true);

    let wrong = "SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ";
    let run = world.sandbox.sshp(&format!("trust web --json --fingerprint {wrong}")).exits(6);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(json["expected"][0]["fingerprint"], wrong);
    assert_eq!(json["offered"][0]["fingerprint"], world.sshd.fingerprint());
    assert_eq!(json["stored"].as_array().map(Vec::len), Some(0));
}

#[test]
fn at_a_terminal_the_keys_are_shown_and_asked_about() {
    needs!("sshd");
    let world = World::new();
    let ask = |answer: &str| {
        let mut command = world.sandbox.command(SSHP);
        let mut pty = Pty::spawn_sized(command.args(["trust", "web"]), 120, 30);
        pty.wait_for("(yes/no/[fingerprint])");
        pty.wait_for(&world.sshd.fingerprint());
        pty.send(answer);
        pty.wait_exit()
    };
    assert_eq!(ask("no\r"), 5);
    assert_eq!(ask("SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ\r"), 6);
    assert_eq!(ask("\x04"), 130);
    assert_eq!(world.known_hosts(), "");
    assert_eq!(ask(&format!("{}\r", world.sshd.fingerprint())), 0);
    assert_eq!(world.known_hosts().lines().count(), 1);
    assert_eq!(ask("yes\r"), 0);
    assert_eq!(world.known_hosts().lines().count(), 3);
}

#[test]
fn keys_come_through_a_jump_host_and_a_proxy_command() {
    needs!("sshd");
    let world = World::new();
    let sandbox = &world.sandbox;
    let inner = Sshd::start(sandbox, &sandbox.path(".ssh/id"));
    let config = format!(
        "Host inner\n  HostName 127.0.0.1\n  Port {}\n  ProxyJump web\nHost piped\n  HostName \
         no.such.host\n  HostKeyAlias Piped-Key\n  ProxyCommand {}\n{}",
        inner.port,
        inner.proxy_command(),
        sandbox.config()
    );
    sandbox.write(".ssh/config", config);
    let trust =
        |name: &str| sandbox.sshp(&format!("trust {name} --fingerprint {}", inner.fingerprint()));
    // The jump host is not known, and nobody is there to be asked.
    trust("inner").exits(1);
    assert_eq!(world.known_hosts(), "");
    sandbox.write("console", world.console());
    sandbox.sshp("trust web --from console").success();
    trust("inner").success().prints("trusted ED25519");
    assert!(world.known_hosts().contains(&format!("[127.0.0.1]:{} ssh-ed25519", inner.port)));
    trust("piped").success();
    assert!(world.known_hosts().contains("\npiped-key ssh-ed25519 "));
}

#[test]
fn a_server_that_is_none_is_told() {
    let sandbox = Sandbox::with_config("Host gone\n  HostName 127.0.0.1\n  Port 1\n");
    let some = "SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ";
    sandbox.sshp(&format!("trust gone --fingerprint {some}")).exits(1).says("cannot connect");
}

#[test]
fn a_pinned_profile_connects_to_no_other_key_by_either_session() {
    needs!("sshd");
    let mut world = World::new();
    world.sandbox.write("console", world.console());
    world
        .sandbox
        .sshp("trust web --from console --pin")
        .success()
        .says("web is pinned to 3 key(s)");
    let metadata = world.sandbox.text(".config/sshp/profiles.toml");
    assert!(metadata.contains(&world.sshd.fingerprint()), "{metadata}");
    let connect = |world: &World, session: &str| {
        let line = format!("connect --session {session} -o BatchMode=yes web echo in");
        world.sandbox.sshp(&line)
    };
    let both = |world: &World, check: &dyn Fn(Run)| {
        check(connect(world, "system"));
        check(connect(world, "builtin"));
    };
    both(&world, &|run| drop(run.success().prints("in")));

    // Somebody accepts the key of a reinstalled server in ssh: that is not enough.
    world.sshd.reinstall();
    world.sandbox.write(".ssh/known_hosts", "");
    world.ssh("accept-new").success();
    let said = "is not the one it is pinned to";
    both(&world, &|run| drop(run.exits(255).says(said).says("sshp trust web --pin")));

    // Nor is a second key in known_hosts, even beside the right one.
    world.sandbox.write("console", world.console());
    world.sandbox.sshp("trust web --from console --pin").success();
    both(&world, &|run| drop(run.success().prints("in")));
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
    let known = world.known_hosts();
    world.sandbox.write(".ssh/known_hosts", format!("{known}{} {other}\n", world.name()));
    connect(&world, "system").exits(255).says(said);
    connect(&world, "builtin").success();

    // What is not known at all is not accepted on the way.
    world.sandbox.write(".ssh/known_hosts", "");
    both(&world, &|run| drop(run.exits(255)));
    assert_eq!(world.known_hosts(), "");
    world.sandbox.sshp("trust no-profile --from console --pin").exits(3).says("no profile");
}

#[test]
fn a_pin_stays_until_it_is_moved_or_taken_off() {
    needs!("sshd");
    let mut world = World::new();
    world.sandbox.write("console", world.console());
    world.sandbox.sshp("trust web --from console --pin").success();
    let metadata = |world: &World| world.sandbox.text(".config/sshp/profiles.toml");
    let pinned = metadata(&world);
    let connect =
        |world: &World| world.sandbox.sshp("connect --session system -o BatchMode=yes web echo in");

    // A copy is for another server, most of the time.
    world.sandbox.sshp("copy web twin").success();
    assert_eq!(metadata(&world), pinned);

    let run = world.sandbox.sshp("forget web").success().says("`web` stays pinned");
    run.says("sshp trust web --pin").says("sshp edit web --unpin");
    connect(&world).exits(255).says("`web` is pinned to SHA256:").says("`sshp trust web` stores");

    // The console shows the keys of the reinstalled server: the pin has no better evidence.
    world.sshd.reinstall();
    let new = world.sshd.fingerprint();
    let trust = format!("trust web --fingerprint {new}");
    world.sandbox.sshp(&trust).success().says("web was pinned to other keys");
    let moved = format!("[web]\nhost_keys = [\"{new}\"]\n");
    assert_eq!(metadata(&world), moved);
    connect(&world).success().prints("in");
    let again = world.sandbox.sshp(&trust).success();
    assert!(!again.stderr.contains("pinned"), "{again:#?}");

    world.sandbox.sshp("edit web --unpin").success();
    assert_eq!(metadata(&world), "");
}

#[test]
fn who_waits_at_a_terminal_is_told_what_for() {
    let s = Sandbox::new();
    // A port that takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let host = format!("[127.0.0.1]:{port}");
    let mut pty = Pty::spawn(s.command(SSHP).args(["trust", &host]));
    pty.wait_for(&format!("asking `{host}` for its host keys"));
    pty.send("\x03");
    pty.wait_exit();
}

#[test]
fn keys_that_only_ssh_can_ask_for_are_compared_and_stored_all_the_same() {
    needs!("sshd");
    let sandbox = Sandbox::new();
    let user = sandbox.keygen("id", &[]);
    let rsa = sandbox.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]);
    let only_sha1 = format!("HostKeyAlgorithms ssh-rsa\nHostKey {}", rsa.display());
    let servers = [
        (only_sha1.as_str(), "RSA"),
        ("MACs umac-64@openssh.com\nCiphers aes128-ctr", "ED25519"),
        ("KexAlgorithms sntrup761x25519-sha512@openssh.com", "ED25519"),
    ];
    let jump = Sshd::start(&sandbox, &user);
    for (lines, label) in servers {
        let sshd = Sshd::start_with(&sandbox, &user, lines);
        let own = sshd.config_file().with_file_name("host_key");
        let key = if label == "RSA" { &rsa } else { &own };
        let shown = Run::of(sandbox.command("ssh-keygen").arg("-lf").arg(key)).success().stdout;
        let fingerprint = shown.split(' ').nth(1).expect("a fingerprint");
        let ssh = sandbox.path(".ssh");
        sandbox.write(
            ".ssh/config",
            format!(
                "Host web\nHost far\n  ProxyJump hop\nHost hop\n  Port {}\nHost *\n  HostName 127.0.0.1\n  \
                 Port {}\n  User {ME}\n  IdentityFile {}\n  UserKnownHostsFile {}/known_hosts\n",
                jump.port,
                sshd.port,
                user.display(),
                ssh.display()
            ),
        );
        for name in ["web", "far"] {
            let before = jump.known_hosts_line();
            sandbox.write(".ssh/known_hosts", &before);
            let other = format!("trust {name} --fingerprint {}", jump.fingerprint());
            sandbox.sshp(&other).exits(6).says("nothing was stored");
            assert_eq!(sandbox.text(".ssh/known_hosts"), before);
            let run = sandbox.sshp(&format!("trust {name} --fingerprint {fingerprint}")).success();
            run.prints(&format!("trusted {label} {fingerprint}"));
            assert!(!sshd.log().contains("Accepted"), "{}", sshd.log());
        }
        // Without an ssh the error says what is missing.
        sandbox.write(".ssh/known_hosts", jump.known_hosts_line());
        let mut alone = sandbox.command(SSHP);
        alone.args(["trust", "web", "--fingerprint", fingerprint]).env("PATH", "/nowhere");
        Run::of(&mut alone).exits(1).says("hint: OpenSSH's client has more algorithms");
    }
}
