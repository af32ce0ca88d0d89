//! `sshp key convert`: what one program wrote, the other reads, with the same key in it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{public_of, sshp_with, two_words};
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// As ssh-keygen and as puttygen name them.
const TYPES: [(&str, &str, &str); 5] = [
    ("ed25519", "256", "ed25519"),
    ("ecdsa", "256", "ecdsa"),
    ("ecdsa", "384", "ecdsa"),
    ("ecdsa", "521", "ecdsa"),
    ("rsa", "2048", "rsa"),
];

#[track_caller]
fn convert(sandbox: &Sandbox, passphrase: &str, file: &Path, to: &str, out: &str) -> PathBuf {
    let out = sandbox.path(out);
    let mut command = sshp_with(sandbox, passphrase);
    command.args(["key", "convert", "--to", to, "--out"]).arg(&out).arg(file);
    Run::of(&mut command).success();
    assert_eq!(sandbox.mode(&out), 0o600);
    out
}

/// puttygen with a passphrase for what it reads and one for what it writes.
fn puttygen(sandbox: &Sandbox, passphrase: &str, args: &[&str]) -> Run {
    let word = sandbox.write("word", passphrase);
    let mut command = sandbox.command("puttygen");
    command.args(args).arg("--old-passphrase").arg(&word);
    command.arg("--new-passphrase").arg(&word).args(["--random-device", "/dev/urandom"]);
    Run::of(&mut command)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn every_type_goes_to_putty_and_back_with_and_without_a_passphrase() {
    needs!("puttygen", "ssh");
    let s = Sandbox::new();
    for (kind, bits, putty) in TYPES {
        for passphrase in ["", "sesame ö"] {
            let what = format!("{kind}-{bits}-{}", passphrase.len());
            let key = s.keygen(&what, &["-t", kind, "-b", bits, "-N", passphrase]);
            let public = two_words(&s.text(format!(".ssh/{what}.pub")));

            let ppk = convert(&s, passphrase, &key, "ppk", &format!("{what}.ppk"));
            let written = s.text(&ppk);
            assert!(written.starts_with("PuTTY-User-Key-File-3: "), "{written}");
            assert_eq!(written.contains("Argon2id"), !passphrase.is_empty(), "{what}");
            assert!(written.contains(&format!("Comment: {what}\n")), "{written}");
            let back = s.path(format!("{what}-by-putty"));
            let options = ["-O", "private-openssh-new", "-o", text(&back)];
            puttygen(&s, passphrase, &[&[text(&ppk)], &options[..]].concat()).success();
            assert_eq!(public_of(&s, &back, passphrase), public, "{what}");
            let again = convert(&s, passphrase, &ppk, "openssh", &format!("{what}-again"));
            assert_eq!(public_of(&s, &again, passphrase), public, "{what}");

            for version in ["version=2", "version=3"] {
                let made = s.path(format!("{what}-{version}.ppk"));
                let options = ["-t", putty, "-b", bits, "-C", "by PuTTY", "--ppk-param", version];
                puttygen(&s, passphrase, &[&options[..], &["-o", text(&made)]].concat()).success();
                let line = puttygen(&s, passphrase, &[text(&made), "-L"]).success().stdout;
                let name = format!("{what}-{version}");
                let open = convert(&s, passphrase, &made, "openssh", &name);
                assert_eq!(public_of(&s, &open, passphrase), two_words(&line), "{name}");
                let comment = Run::of(s.command("ssh-keygen").arg("-lf").arg(&open)).success();
                assert!(
                    passphrase.is_empty() == comment.stdout.contains("by PuTTY"),
                    "{comment:?}"
                );
            }
        }
    }
}

#[test]
fn a_passphrase_is_the_bytes_that_were_typed_in_every_format() {
    needs!("puttygen", "ssh");
    let s = Sandbox::new();
    // `café noir` as a terminal in Latin-1 sends it.
    let word = OsStr::from_bytes(b"caf\xe9 noir");
    let typed = |args: &[&str]| {
        let mut command = s.command(SSHP);
        let mut pty = Pty::spawn(command.args(["key", "convert"]).args(args));
        pty.wait_for("Enter passphrase for key");
        pty.send_bytes(b"caf\xe9 noir\r");
        assert_eq!(pty.wait_exit(), 0, "{args:?}: {}", pty.screen());
    };
    let opened = |file: &str| {
        let mut command = s.command("ssh-keygen");
        let run = Run::of(command.args(["-y", "-f", file, "-P"]).arg(word)).success();
        two_words(&run.stdout)
    };
    let formats = [("openssh", "RFC4716"), ("pem", "PEM"), ("pkcs8", "PKCS8")];
    for (to, format) in formats {
        let mut make = s.command("ssh-keygen");
        make.args(["-q", "-t", "rsa", "-b", "2048", "-m", format, "-f", "key", "-N"]).arg(word);
        Run::of(&mut make).success();
        let public = two_words(&s.text("key.pub"));
        assert_eq!(opened("key"), public);
        typed(&["key", "--to", "ppk", "--out", "key.ppk"]);
        let given = s.write("word", word.as_bytes());
        let mut list = s.command("puttygen");
        list.args(["key.ppk", "-L", "--old-passphrase"]).arg(given);
        assert_eq!(two_words(&Run::of(&mut list).success().stdout), public);
        for (from, _) in formats {
            typed(&["key.ppk", "--to", from, "--out", from]);
            assert_eq!(opened(from), public, "{to} as PuTTY's as {from}");
            if from != to {
                typed(&["key", "--to", from, "--out", "direct"]);
                assert_eq!(opened("direct"), public, "{to} as {from}");
                std::fs::remove_file(s.path("direct")).expect("removed");
            }
            std::fs::remove_file(s.path(from)).expect("removed");
        }
        for file in ["key", "key.pub", "key.ppk"] {
            std::fs::remove_file(s.path(file)).expect("removed");
        }
    }
}

#[test]
fn every_type_goes_through_both_forms_of_pem_with_and_without_a_passphrase() {
    needs!("openssl", "ssh");
    let s = Sandbox::new();
    for (kind, bits, _) in TYPES {
        for passphrase in ["", "sesame"] {
            let what = format!("{kind}-{bits}-{}", passphrase.len());
            let key = s.keygen(&what, &["-t", kind, "-b", bits, "-N", passphrase]);
            let public = two_words(&s.text(format!(".ssh/{what}.pub")));
            for (to, begins) in [
                ("pem", [("rsa", "RSA PRIVATE"), ("ecdsa", "EC PRIVATE")].as_slice()),
                ("pkcs8", &[]),
            ] {
                let name = format!("{what}.{to}");
                let made = convert(&s, passphrase, &key, to, &name);
                let label = begins.iter().find(|(name, _)| *name == kind).map_or(
                    if passphrase.is_empty() { "PRIVATE" } else { "ENCRYPTED PRIVATE" },
                    |(_, label)| *label,
                );
                let first = format!("-----BEGIN {label} KEY-----\n");
                assert!(s.text(&made).starts_with(&first), "{name}: {}", s.text(&made));
                // ssh-keygen before OpenSSH 9.6 reads no Ed25519 key in PKCS#8; openssl does.
                if kind == "ed25519" {
                    let mut openssl = s.command("openssl");
                    openssl.args(["pkey", "-pubout", "-passin"]);
                    openssl.arg(format!("pass:{passphrase}")).arg("-in").arg(&made);
                    let line = Run::of(&mut openssl).success().stdout;
                    let public = s.write("public.pem", line);
                    let read = Run::of(
                        s.command("openssl")
                            .args(["pkey", "-pubin", "-noout"])
                            .args(["-text", "-in"])
                            .arg(public),
                    );
                    read.success().prints("ED25519");
                } else {
                    assert_eq!(public_of(&s, &made, passphrase), public, "{name}");
                }
                let back = convert(&s, passphrase, &made, "openssh", &format!("{name}-back"));
                assert_eq!(public_of(&s, &back, passphrase), public, "{name}");
            }
            if kind == "ed25519" {
                continue;
            }
            for form in ["PEM", "PKCS8"] {
                let name = format!("{what}-{form}");
                let theirs =
                    s.keygen(&name, &["-t", kind, "-b", bits, "-N", passphrase, "-m", form]);
                let public = two_words(&s.text(format!(".ssh/{name}.pub")));
                let ours = convert(&s, passphrase, &theirs, "openssh", &format!("{name}-ours"));
                assert_eq!(public_of(&s, &ours, passphrase), public, "{name}");
            }
        }
    }
}

#[test]
fn pem_of_openssl_opens_whatever_its_aes() {
    needs!("openssl", "ssh");
    let s = Sandbox::new();
    let key = s.keygen("rsa", &["-t", "rsa", "-b", "2048", "-m", "PEM"]);
    let public = public_of(&s, &key, "");
    for cipher in ["-aes128", "-aes192", "-aes256"] {
        let made = s.path(format!("rsa{cipher}"));
        let mut openssl = s.command("openssl");
        openssl.args(["rsa", "-traditional", cipher, "-passout", "pass:sesame", "-in"]).arg(&key);
        Run::of(openssl.arg("-out").arg(&made)).success();
        let open = convert(&s, "sesame", &made, "openssh", &format!("open{cipher}"));
        assert_eq!(public_of(&s, &open, "sesame"), public, "{cipher}");
    }
}

#[test]
fn another_passphrase_is_asked_for_twice_and_on_the_terminal() {
    needs!("ssh");
    let s = Sandbox::new();
    let key = s.keygen("id", &["-N", "sesame"]);
    let public = public_of(&s, &key, "sesame");
    let mut command = s.command(SSHP);
    command.args(["key", "convert", ".ssh/id", "--new-passphrase", "--out", "new"]);
    let mut pty = Pty::spawn(&command);
    pty.wait_for("Enter passphrase for key '.ssh/id':");
    pty.send("wrong\r");
    pty.wait_for("That was wrong. Enter passphrase for key '.ssh/id':");
    pty.send("sesame\r");
    pty.wait_for("Enter new passphrase (empty for none):");
    pty.send("open\r");
    pty.wait_for("Enter the same passphrase again:");
    pty.send("open\r");
    assert_eq!(pty.wait_exit(), 0);
    assert!(!pty.screen().contains("sesame"), "{}", pty.screen());
    assert_eq!(public_of(&s, &s.path("new"), "open"), public);

    let mut command = s.command(SSHP);
    command.args(["key", "convert", ".ssh/id", "--new-passphrase", "--out", "third"]);
    let mut pty = Pty::spawn(&command);
    for (asked, answer) in [("for key", "sesame"), ("(empty", "one"), ("again", "two")] {
        pty.wait_for(asked);
        pty.send(&format!("{answer}\r"));
    }
    assert_eq!(pty.wait_exit(), 1);
    assert!(pty.screen().contains("the two passphrases differ"), "{}", pty.screen());
    assert!(!s.path("third").exists());
    // The end of input leaves nothing either.
    let mut pty = Pty::spawn(&command);
    pty.wait_for("for key");
    pty.send("\x04");
    assert_eq!(pty.wait_exit(), 130);
    assert!(!s.path("third").exists());
}

#[test]
fn what_is_no_key_is_named_and_nothing_is_overwritten() {
    needs!("ssh");
    let s = Sandbox::new();
    let key = s.keygen("id", &[]);
    let locked = s.keygen("locked", &["-N", "sesame"]);
    let ppk = convert(&s, "sesame", &locked, "ppk", "locked.ppk");
    let plain = convert(&s, "", &key, "ppk", "plain.ppk");
    let pkcs8 = convert(&s, "sesame", &locked, "pkcs8", "locked.pk8");
    let half = |file: &Path, name: &str| {
        let text = s.read(file);
        s.write(name, &text[..text.len() / 2])
    };
    let (half_key, half_ppk) = (half(&key, "half"), half(&plain, "half.ppk"));
    let (half_locked, half_pkcs8) = (half(&ppk, "half-locked.ppk"), half(&pkcs8, "half.pk8"));
    let table: &[(PathBuf, i32, &str)] = &[
        (s.path("none"), 3, "No such file"),
        (key.with_extension("pub"), 1, "it is a public key, not a private one"),
        (s.write("text", "hello\n"), 1, "it is not a private key"),
        (s.write("empty", ""), 1, "it is not a private key"),
        (s.write("binary", [0, 159, 146, 150]), 1, "it is not a private key"),
        (s.write("huge", vec![b'x'; 2 << 20]), 1, "larger than any key"),
        (s.write("x.pem", "-----BEGIN CERTIFICATE-----\nMIID\n"), 1, "X.509 certificate"),
        (s.path(".ssh"), 1, "not a regular file"),
        (half_key, 1, "damaged"),
        (half_ppk, 1, "damaged"),
        (half_locked, 1, "damaged"),
        (half_pkcs8, 1, "damaged: it ends too early"),
        (s.write("4.ppk", "PuTTY-User-Key-File-4: ssh-ed25519\nEncryption: none\n"), 1, "PuTTY"),
        (locked, 1, "the passphrase of"),
        (ppk, 1, "the passphrase of"),
        (pkcs8, 1, "the passphrase of"),
    ];
    for (file, code, says) in table {
        for to in ["pem", "ppk"] {
            let mut command = sshp_with(&s, "wrong");
            command.args(["key", "convert", "--out", "out", "--to", to]).arg(file);
            Run::of(&mut command).exits(*code).says(says);
            assert!(!s.path("out").exists(), "{}", file.display());
        }
    }
    // Nobody to ask.
    s.sshp("key convert .ssh/locked --to ppk --out out").exits(1).says("needs its passphrase");
    for taken in ["taken", "link"] {
        if taken == "taken" {
            s.write(taken, "mine");
        } else {
            std::os::unix::fs::symlink("nowhere", s.path(taken)).expect("a link");
        }
        let run = s.sshp(&format!("key convert .ssh/id --to ppk --out {taken}")).exits(5);
        run.says("is there already, and is not overwritten");
    }
    assert_eq!(s.text("taken"), "mine");
    s.sshp("key convert .ssh/id --to ppk --out none/out").exits(3).says("there is no folder");
    s.sshp("key convert .ssh/id").exits(2).says("is in that format already");
    // The name of the result, where none is given.
    s.sshp("key convert .ssh/id --to ppk").success().says("wrote `.ssh/id.ppk`, in PuTTY's format");
    s.sshp("key convert plain.ppk").success().says("wrote `plain`, in OpenSSH's format");
    assert_eq!(public_of(&s, &s.path("plain"), ""), public_of(&s, &key, ""));
}
