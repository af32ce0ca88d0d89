//! A key is good when the client that will use it can load it: what ssh cannot load is named by every
//! verb, and mended by `key import`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{public_of, sshp_with, two_words};
use crate::encoding::encodings;
use crate::support::agent::Agent;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// Whether the real ssh can load a key.
fn ssh_loads(s: &Sandbox, key: &Path, passphrase: &str) -> bool {
    let run = Run::of(s.command("ssh-keygen").args(["-y", "-P", passphrase, "-f"]).arg(key));
    run.code == Some(0)
}

/// The text of a key as it arrives by way of Windows, mails, YAML and clipboards.
fn damaged(key: &str) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let lines = |line: fn(&str) -> String| key.lines().map(line).collect::<String>().into_bytes();
    let utf16 = key.encode_utf16().flat_map(u16::to_le_bytes);
    vec![
        ("crlf", key.replace('\n', "\r\n").into(), "those of Windows (CRLF)"),
        ("no-newline", key.trim_end().into(), "its END line has no newline"),
        ("bom", format!("\u{feff}{key}").into(), "a byte order mark"),
        ("blanks", lines(|line| format!("{line} \n")), "blanks follow its BEGIN or END line"),
        ("indented", lines(|line| format!("    {line}\n")), "its lines are indented"),
        ("mail", format!("Hi!\n\n{key}").into(), "other text or an empty line stands before"),
        ("utf16", [0xff, 0xfe].into_iter().chain(utf16).collect(), "its text is UTF-16"),
        ("one-line", key.replace('\n', "\\n").into(), "its lines were joined to one"),
    ]
}

fn problem(s: &Sandbox, name: &str) -> Value {
    let list: Value =
        serde_json::from_str(&s.sshp("key list --json").success().stdout).expect("JSON");
    let keys = list["keys"].as_array().expect("keys");
    let is_it = |key: &&Value| key["path"].as_str().is_some_and(|path| path.ends_with(name));
    keys.iter().find(is_it).unwrap_or_else(|| panic!("no {name}: {keys:#?}"))["problem"].clone()
}

#[test]
fn a_key_that_ssh_cannot_load_is_refused_and_import_writes_one_that_it_can() {
    needs!("ssh");
    let s = Sandbox::new();
    for passphrase in ["", "sesame"] {
        let original = s.keygen("original", &["-N", passphrase]);
        let public = two_words(&s.text(".ssh/original.pub"));
        for (name, bytes, why) in damaged(&s.text(&original)) {
            let file = s.write(format!(".ssh/{name}"), &bytes);
            assert!(!ssh_loads(&s, &file, passphrase), "{name}");
            s.write(".ssh/config", "Host web\n  HostName 192.0.2.1\n");
            for args in ["add new 192.0.2.2 --key", "edit web --key", "key push web --key"] {
                let run = s.sshp(&format!("{args} .ssh/{name}")).exits(1).says(why);
                run.says("ssh cannot load it").says("`sshp key import .ssh/");
            }
            assert!(!s.config().contains("IdentityFile"), "{name}: {}", s.config());
            let listed = problem(&s, &format!("/{name}"));
            assert!(listed.as_str().is_some_and(|text| text.contains(why)), "{name}: {listed}");

            std::fs::rename(&original, s.path("aside")).expect("moved");
            let run = s.sshp(&format!("key import .ssh/{name} web")).success().says(why);
            std::fs::rename(s.path("aside"), &original).expect("moved back");
            let mended = s.path(format!(".ssh/{name}-mended"));
            assert_eq!(public_of(&s, &mended, passphrase), public, "{name}: {run:?}");
            assert_eq!(two_words(&s.text(format!(".ssh/{name}-mended.pub"))), public);
            assert_eq!((s.read(&file), s.mode(&mended)), (bytes, 0o600), "{name}");
            assert!(s.config().contains(&format!("{name}-mended\n")), "{}", s.config());
            for path in [&mended, &mended.with_extension("pub"), &file] {
                std::fs::remove_file(path).expect("removed");
            }
        }
        std::fs::remove_file(&original).expect("removed");
    }
}

#[test]
fn a_public_key_whose_encoding_ssh_does_not_read_is_named_and_import_writes_one_that_it_reads() {
    needs!("ssh");
    let s = Sandbox::new();
    let key = s.keygen("made", &[]);
    let line = s.text(".ssh/made.pub");
    for file in [&key, &key.with_extension("pub")] {
        std::fs::remove_file(file).expect("removed");
    }
    let ssh_reads =
        |file: &Path| Run::of(s.command("ssh-keygen").arg("-lf").arg(file)).code == Some(0);
    let bom = ("a byte order mark", format!("\u{feff}{line}").into_bytes());
    let utf16 = encodings(&line).into_iter().filter(|(name, _)| name.len() == 8);
    let utf16 = utf16.filter(|(name, _)| name.starts_with("UTF-16"));
    for (why, bytes) in utf16.map(|(_, bytes)| ("its text is UTF-16", bytes)).chain([bom]) {
        let file = s.write(".ssh/kp.pub", &bytes);
        assert!(!ssh_reads(&file), "{why}");
        s.write(".ssh/config", "Host web\n  HostName 192.0.2.1\n");
        for key in ["kp.pub", "kp"] {
            for args in ["add new 192.0.2.2 --key", "edit web --key", "key push web --key"] {
                let run = s.sshp(&format!("{args} .ssh/{key}")).exits(1).says(why);
                run.says("ssh cannot load it").says("`sshp key import .ssh/kp.pub`");
            }
        }
        for args in ["key convert .ssh/kp.pub", "key import .ssh/kp.pub --out .ssh/config"] {
            assert_ne!(s.sshp(args).code, Some(0), "{args}");
        }
        s.write(".ssh/config", format!("Host web\n  IdentityFile {}\n", file.display()));
        s.sshp("check").exits(1).prints(why).prints("sshp key import");
        let listed = problem(&s, "/kp.pub");
        assert!(listed.as_str().is_some_and(|text| text.contains(why)), "{listed}");

        s.sshp("key import .ssh/kp.pub web").success().says(why).says("kp-mended.pub");
        assert_eq!(s.text(".ssh/kp-mended.pub"), line);
        assert!(ssh_reads(&s.path(".ssh/kp-mended.pub")));
        assert!(s.config().contains("kp-mended.pub\n"), "{}", s.config());
        assert_eq!(s.read(&file), bytes);
        s.sshp("key import .ssh/kp.pub --out .ssh/kp-mended.pub").success().says("already");
        s.sshp("check").success();
        std::fs::rename(&file, s.path("kp.pub")).expect("moved");
        s.sshp("key import kp.pub").success().says("as ssh can read it");
        assert_eq!(s.text(".ssh/kp.pub"), line);
        std::fs::remove_file(s.path(".ssh/kp-mended.pub")).expect("removed");
    }
    let utf32 = encodings(&line).into_iter().find(|(name, _)| *name == "UTF-32LE");
    s.write(".ssh/kp.pub", utf32.expect("one").1);
    s.sshp("edit web --key .ssh/kp.pub").exits(1).says("UTF-32LE").says("iconv -f UTF-32");
}

#[test]
fn a_pub_that_ssh_does_not_read_is_not_said_to_belong_to_another_key() {
    needs!("ssh");
    let s = Sandbox::new();
    let key = s.keygen("made", &[]);
    let text = s.read(".ssh/made.pub");
    s.write(".ssh/kp.pub", [&b"\xef\xbb\xbf"[..], &text].concat());
    std::fs::rename(key, s.path("kp")).expect("moved");
    std::fs::remove_file(s.path(".ssh/made.pub")).expect("removed");
    s.sshp("key import kp").exits(1).says("a byte order mark").says("kp.pub");
    s.keygen("locked", &["-t", "ecdsa", "-m", "PEM", "-N", "sesame"]);
    s.write(".ssh/locked.pub", [&b"\xef\xbb\xbf"[..], &text].concat());
    let listed = problem(&s, "/locked");
    assert!(listed.as_str().is_some_and(|text| text.contains("a byte order mark")), "{listed}");
}

#[test]
fn the_built_in_session_loads_what_ssh_cannot_and_a_profile_of_it_may_have_such_a_key() {
    needs!("ssh");
    let s = Sandbox::new();
    let key = s.keygen("original", &[]);
    let crlf = s.text(&key).replace('\n', "\r\n");
    s.write(".ssh/crlf", crlf);
    s.sshp("add web 192.0.2.1 --session builtin --key .ssh/crlf").success();
    s.sshp("edit web --session system --key .ssh/crlf").exits(1).says("ssh cannot load it");
    s.sshp("edit web --key .ssh/crlf").success();
}

#[test]
fn an_ed25519_key_in_pkcs8_is_converted_for_an_ssh_that_cannot_load_it() {
    needs!("openssl", "ssh");
    let s = Sandbox::new();
    let made = s.path("made.pem");
    let mut openssl = s.command("openssl");
    Run::of(openssl.args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&made)).success();
    let loads = ssh_loads(&s, &made, "");
    let run = s.sshp("add web 192.0.2.1 --key made.pem");
    if loads {
        run.success();
    } else {
        run.exits(1).says("an Ed25519 key in PKCS#8").says("sshp key import made.pem");
    }
    s.sshp("key import made.pem").success();
    assert!(ssh_loads(&s, &s.path(".ssh/made.pem"), ""));
    // The version of the ssh that runs decides.
    for (version, code) in [("9.5p1", 1), ("9.6p1", 0), ("10.2p1", 0)] {
        let ssh = s.write("ssh", format!("#!/bin/sh\necho 'OpenSSH_{version}, OpenSSL' >&2\n"));
        s.chmod(&ssh, 0o700);
        let mut command = s.command(SSHP);
        command.env("SSHP_SSH", &ssh);
        command.args(["add", &format!("v{code}-{}", version.len()), "192.0.2.1", "--dry-run"]);
        Run::of(command.args(["--key", "made.pem"])).exits(code);
    }
}

#[test]
fn what_nothing_can_load_is_refused_with_its_reason() {
    needs!("openssl", "ssh");
    let s = Sandbox::new();
    let key = s.keygen("id", &[]);
    let other = s.keygen("other", &[]);
    let text = s.text(&key);
    let rsa = |bits: &str| -> PathBuf {
        let path = s.path(format!("rsa-{bits}"));
        let mut openssl = s.command("openssl");
        Run::of(openssl.args(["genrsa", "-traditional", "-out"]).arg(&path).arg(bits)).success();
        path
    };
    let foreign = s.path("secp256k1");
    let mut openssl = s.command("openssl");
    openssl.args(["ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out"]);
    Run::of(openssl.arg(&foreign)).success();
    // The `.pub` of another key beside it: ssh offers that one, and cannot sign for it.
    s.write("stale", &text);
    std::fs::copy(other.with_extension("pub"), s.path("stale.pub")).expect("a copy");
    for (file, why, helps) in [
        (s.write("half", &text[..text.len() / 2]), "it ends too early", "copy it again"),
        (s.write("broken", text.replacen("b3BlbnNza", "b3BlbnNz*", 1)), "", "OpenSSH's format"),
        (rsa("768"), "an RSA key of 768 bits", "ssh-keygen -t ed25519"),
        (foreign, "EC secp256k1", "ssh-keygen -t ed25519"),
        (s.path("stale"), "belongs to another key", "ssh-keygen -y -f "),
    ] {
        s.chmod(&file, 0o600);
        let mut command = s.command(SSHP);
        let run = Run::of(command.args(["add", "web", "192.0.2.1", "--key"]).arg(&file)).exits(1);
        let run = run.says(why);
        if !why.is_empty() {
            run.says(helps);
        }
        assert!(!s.path(".ssh/config").exists(), "{}", file.display());
    }
    let rsa_2048 = rsa("2048");
    s.chmod(&rsa_2048, 0o600);
    s.write(".ssh/config", "Host *\n  RequiredRSASize 3072\n");
    s.sshp("add short 192.0.2.1 --key rsa-2048").success().says("RequiredRSASize is 3072");
    // And where the config has them already, `check` says so.
    let config = |file: &str| format!("Host web\n  IdentityFile {}\n", s.path(file).display());
    for (file, why) in [
        ("half", "ends too early"),
        ("rsa-768", "768 bits"),
        ("secp256k1", "secp256k1"),
        ("stale", "belongs to another key"),
    ] {
        s.write(".ssh/config", config(file));
        s.sshp("check").exits(1).prints(why);
    }
    s.write(".ssh/config", config("rsa-1024"));
    rsa("1024");
    s.sshp("check").success();
}

#[test]
fn an_encryption_that_only_ssh_knows_is_named_and_no_passphrase_is_called_wrong() {
    needs!("openssl", "ssh");
    let s = Sandbox::new();
    let plain = s.keygen("plain", &["-t", "rsa", "-b", "2048", "-m", "PEM"]);
    let public = public_of(&s, &plain, "");
    for (how, works) in [
        (&["-v1", "PBE-SHA1-3DES"][..], false),
        (&["-v2", "camellia256"], false),
        (&["-v2", "des3"], true),
        (&["-v2", "aes256", "-v2prf", "hmacWithSHA1"], true),
        (&["-scrypt"], true),
    ] {
        let made = s.path(".ssh/made");
        let mut openssl = s.command("openssl");
        openssl.args(["pkcs8", "-topk8"]).args(how).args(["-passout", "pass:sesame", "-in"]);
        Run::of(openssl.arg(&plain).arg("-out").arg(&made)).success();
        s.chmod(&made, 0o600);
        assert!(ssh_loads(&s, &made, "sesame"), "{how:?}");
        let convert = |out: &str| {
            let mut command = sshp_with(&s, "sesame");
            Run::of(command.args(["key", "convert", ".ssh/made", "--to", "openssh", "--out", out]))
        };
        if works {
            convert("out").success();
            assert_eq!(public_of(&s, &s.path("out"), "sesame"), public, "{how:?}");
            std::fs::remove_file(s.path("out")).expect("removed");
        } else {
            let run = convert("out").exits(1).says("is not supported").says("ssh-keygen -p -f");
            assert!(!run.stderr.contains("wrong") && !run.stderr.contains("damaged"), "{run:?}");
            let listed = problem(&s, "/made");
            assert!(listed.as_str().is_some_and(|text| text.contains("only the system's ssh")));
        }
        // ssh can load it, so a profile may have it, and a copy of it is as it was.
        s.sshp("add web 192.0.2.1 --key .ssh/made").success();
        let mut command = sshp_with(&s, "sesame");
        Run::of(command.args(["key", "import", ".ssh/made", "--out", "copy"])).success();
        assert_eq!(s.read("copy"), s.read(".ssh/made"));
        for file in ["copy", "copy.pub", ".ssh/config"] {
            let _ = std::fs::remove_file(s.path(file));
        }
    }
}

#[test]
fn a_public_key_is_right_where_an_agent_signs() {
    needs!("ssh");
    let s = Sandbox::new();
    let agent = Agent::start(&s);
    let key = s.keygen("work", &[]);
    let signed = s.keygen("signed", &[]);
    agent.add(&s, &key);
    std::fs::remove_file(&key).expect("removed");
    s.chmod(".ssh/work.pub", 0o644);
    let mut sign = s.command("ssh-keygen");
    sign.args(["-q", "-s"]).arg(&signed).args(["-I", "x", "-n", "root"]);
    Run::of(sign.arg(signed.with_extension("pub"))).success();
    let sshp = |args: &str| {
        let mut command = s.command(SSHP);
        Run::of(command.args(args.split(' ')).env("SSH_AUTH_SOCK", &agent.socket))
    };
    let run = sshp("add web 192.0.2.1 --key .ssh/work.pub").success();
    assert!(!run.stderr.contains("agent") && !run.stderr.contains("mode"), "{run:?}");
    let config = s.config();
    let has = |end: &str| config.lines().any(|line| line.trim().ends_with(end));
    assert!(has("/.ssh/work.pub") && has("IdentitiesOnly yes"), "{config}");
    assert_eq!(s.mode(".ssh/work.pub"), 0o644);
    // By the name of the private file that is no longer there, too.
    sshp("add gone 192.0.2.1 --key .ssh/work").success();
    sshp("check").success();
    sshp("edit web --key .ssh/signed.pub").success().says("the agent does not hold");
    sshp("edit web --key .ssh/signed-cert.pub").success().says("the agent does not hold");
    sshp("check").success();
    s.sshp("edit web --key .ssh/work.pub").success().says("there is no agent to sign");
    sshp("add none 192.0.2.1 --key .ssh/none.pub").exits(3).says("No such file");
    s.write("spki.pub", "-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----\n");
    sshp("add none 192.0.2.1 --key spki.pub").exits(1).says("of one line only");

    let listed: Value =
        serde_json::from_str(&sshp("key list --json").success().stdout).expect("JSON");
    assert_eq!(listed["agent_keys"], serde_json::json!([]), "{listed:#}");
    s.write(".ssh/config", "Host a\n  IdentityFile /dev/null\nHost b\n  IdentityFile none\n");
    sshp("check").success();
    for file in ["work.pub", "signed", "signed.pub", "signed-cert.pub"] {
        std::fs::remove_file(s.path(".ssh").join(file)).expect("removed");
    }
    s.write(".ssh/config", "Host a\n");
    let run = sshp("key list").success().prints("(agent)").prints("work");
    assert!(!run.stderr.contains("no keys"), "{run:?}");
    let listed: Value =
        serde_json::from_str(&sshp("key list --json").success().stdout).expect("JSON");
    assert_eq!(listed["agent_keys"][0]["comment"], "work", "{listed:#}");
}

#[test]
fn a_mode_that_does_not_change_is_not_said_to_have_changed() {
    needs!("ssh", "strace");
    let s = Sandbox::new();
    let key = s.keygen("id", &[]);
    for inject in ["retval=0", "error=EPERM"] {
        for (args, code) in
            [("add web 192.0.2.1 --key .ssh/id", 1), ("edit web --key .ssh/id", 1), ("key fix", 1)]
        {
            s.chmod(&key, 0o644);
            let mut strace = s.command("strace");
            strace.args(["-qq", "-f", "-o", "/dev/null", "-e", "trace=fchmod,chmod", "-e"]);
            strace.arg(format!("inject=fchmod,chmod:{inject}")).arg(SSHP);
            let run = Run::of(strace.args(args.split(' '))).exits(code).says("its mode stays 0644");
            let run = run.says("sshp key import ").says("metadata");
            assert!(!run.stderr.contains("is now") && !run.stdout.contains("->"), "{run:?}");
            assert_eq!(s.mode(&key), 0o644);
        }
        std::fs::remove_file(s.path(".ssh/config")).expect("removed");
    }
}
