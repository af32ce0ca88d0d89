//! `sshp key import` and `--key x.ppk`: a key comes into `~/.ssh`, overwrites none, leaves no trace
//! in journal and backups, and goes again.

use std::fs;
use std::path::{Path, PathBuf};

use super::{public_of, sshp_with, two_words};
use crate::support::sandbox::{Run, Sandbox};

/// A key as a browser leaves it: elsewhere, readable by all, without a `.pub`.
fn downloaded(s: &Sandbox, name: &str, options: &[&str]) -> PathBuf {
    let made = s.keygen("made", options);
    let key = s.write(format!("Downloads/{name}"), fs::read(&made).expect("a key"));
    fs::rename(made.with_extension("pub"), s.path(format!("{name}.public"))).expect("moved");
    fs::remove_file(made).expect("removed");
    s.chmod(&key, 0o644);
    key
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_key_comes_with_its_public_half_and_its_profile_and_goes_again() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n");
    let config = s.config();
    let original = downloaded(&s, "web.pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]);
    let secret = s.text(&original);
    let line = secret.lines().nth(3).expect("a line");

    let plan = s.sshp("key import Downloads/web.pem web --dry-run").success();
    plan.prints("IdentityFile").prints("(a private key, which is not shown)");
    assert!(!s.path(".ssh/web.pem").exists() && s.config() == config);
    let run = s.sshp("key import Downloads/web.pem web").success();
    let run = run.says("copied `Downloads/web.pem` to `").says("which you alone can read");
    run.says("`web` logs in with").says("`Downloads/web.pem` was kept");
    assert_eq!((s.mode(".ssh/web.pem"), s.text(".ssh/web.pem")), (0o600, secret.clone()));
    assert_eq!(two_words(&s.text(".ssh/web.pem.pub")), two_words(&s.text("web.pem.public")));
    assert_eq!(s.text(&original), secret);
    let shown = Run::of(s.command("ssh").args(["-F", ".ssh/config", "-G", "web"])).success();
    shown.prints(&format!("identityfile {}\n", s.path(".ssh/web.pem").display()));

    for file in files(&s.path(".local")).into_iter().chain(files(&s.path(".config"))) {
        let text = String::from_utf8_lossy(&fs::read(&file).expect("a file")).into_owned();
        assert!(!text.contains(line), "{}", file.display());
    }
    s.sshp("undo").success();
    assert!(!s.path(".ssh/web.pem").exists() && !s.path(".ssh/web.pem.pub").exists());
    assert_eq!(s.config(), config);
    assert_eq!(s.text(&original), secret);
    for file in files(&s.path(".local")) {
        let text = String::from_utf8_lossy(&fs::read(&file).expect("a file")).into_owned();
        assert!(!text.contains(line), "{}", file.display());
    }
    s.sshp("undo --redo").exits(5).says("nothing of a private key is kept");
    assert!(!s.path(".ssh/web.pem").exists());
}

#[test]
fn an_undo_takes_no_key_away_that_may_be_the_last() {
    needs!("ssh");
    let s = Sandbox::new();
    let original = downloaded(&s, "web", &[]);
    s.sshp("key import Downloads/web").success();
    fs::remove_file(original).expect("removed");
    s.sshp("undo").exits(5).says("may be the only copy of this key");
    assert!(s.path(".ssh/web").exists() && s.path(".ssh/web.pub").exists());
}

#[test]
fn no_file_is_overwritten_and_the_same_key_is_known_again() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n");
    downloaded(&s, "web", &[]);
    s.sshp("key import Downloads/web").success();
    let held = s.read(".ssh/web");
    s.sshp("key import Downloads/web").success().says("is that key already");
    s.sshp("key import .ssh/web web").success().says("is that key already").says("logs in with");
    s.sshp("key import Downloads/web --out other").success().says("to `");
    assert_eq!((s.read(".ssh/web"), s.read("other")), (held.clone(), held.clone()));
    let another = downloaded(&s, "another", &[]);
    fs::rename(another, s.path("Downloads/web")).expect("moved");
    let run = s.sshp("key import Downloads/web").exits(5).says("another file");
    run.says("--out FILE");
    for name in ["config", "authorized_keys"] {
        fs::copy(s.path("Downloads/web"), s.path(name)).expect("a copy");
        s.sshp(&format!("key import {name}")).exits(5).says("a file of ssh's own");
    }
    // The `.pub` that is there is another key's.
    fs::copy(s.path(".ssh/web.pub"), s.path(".ssh/new.pub")).expect("a copy");
    s.sshp("key import Downloads/web --out .ssh/new").exits(5).says("belongs to another key");
    assert!(!s.path(".ssh/new").exists() && !s.path(".ssh/authorized_keys").exists());
    assert_eq!(s.read(".ssh/web"), held);
    // Without its profile nothing is copied.
    s.sshp("key import Downloads/web nobody --out .ssh/x").exits(3).says("no profile `nobody`");
    assert!(!s.path(".ssh/x").exists());
    for (file, code, says) in [
        ("web.public", 1, "it is a public key"),
        ("none", 3, "No such file"),
        (".ssh/config", 1, "it is not a private key"),
    ] {
        s.sshp(&format!("key import {file} --out .ssh/y")).exits(code).says(says);
        assert!(!s.path(".ssh/y").exists());
    }
}

#[test]
fn what_a_passphrase_hides_is_told_where_nobody_can_be_asked() {
    needs!("ssh");
    let s = Sandbox::new();
    let options = ["-t", "ecdsa", "-m", "PEM", "-N", "sesame"];
    downloaded(&s, "web.pem", &options);
    s.sshp("key import Downloads/web.pem").success().says("there is no `.pub`");
    assert!(s.path(".ssh/web.pem").exists() && !s.path(".ssh/web.pem.pub").exists());
    downloaded(&s, "db.pem", &options);
    let mut command = sshp_with(&s, "sesame");
    Run::of(command.args(["key", "import", "Downloads/db.pem"])).success();
    assert_eq!(two_words(&s.text(".ssh/db.pem.pub")), two_words(&s.text("db.pem.public")));
}

#[test]
fn puttys_key_is_converted_for_a_profile_and_goes_with_it() {
    needs!("puttygen", "ssh");
    let s = Sandbox::new();
    for (name, passphrase) in [("plain", ""), ("locked", "sesame")] {
        s.write("word", passphrase);
        let mut puttygen = s.command("puttygen");
        puttygen.args(["-t", "ed25519", "-o", &format!("{name}.ppk"), "-C", "mine"]);
        puttygen.args(["--new-passphrase", "word", "--random-device", "/dev/urandom"]);
        Run::of(&mut puttygen).success();
        let mut command = sshp_with(&s, passphrase);
        command.args(["add", name, "me@192.0.2.1", "--key", &format!("{name}.ppk")]);
        let told = format!("converted `{name}.ppk` to `{}`", s.path(".ssh").join(name).display());
        Run::of(&mut command).success().says(&told);
        let mut list = s.command("puttygen");
        list.args([&format!("{name}.ppk"), "-L", "--old-passphrase", "word"]);
        let line = Run::of(&mut list).success().stdout;
        let key = s.path(".ssh").join(name);
        assert_eq!(public_of(&s, &key, passphrase), two_words(&line));
        assert_eq!(s.text(format!(".ssh/{name}.pub")), line);
        assert_eq!(s.mode(&key), 0o600);
        assert!(s.config().contains(&format!("IdentityFile {}", key.display())), "{}", s.config());
        // Again, for another profile: it is there.
        let mut command = sshp_with(&s, passphrase);
        let other = format!("{name}-2");
        command.args(["add", &other, "192.0.2.2"]);
        Run::of(&mut command).success();
        let mut command = sshp_with(&s, passphrase);
        command.args(["edit", &other, "--key", &format!("{name}.ppk")]);
        Run::of(&mut command).success().says("is that key already");
        s.sshp("undo 3").success();
        assert!(!key.exists() && !s.path(".ssh/config").exists());
    }
    let mut command = sshp_with(&s, "wrong");
    command.args(["add", "web", "192.0.2.1", "--key", "locked.ppk"]);
    Run::of(&mut command).exits(1).says("the passphrase of `locked.ppk` is wrong");
    assert!(!s.path(".ssh/locked").exists());
}
