//! Keys: fingerprints, pictures and revocation lists by ssh-keygen.

use std::fmt::Write;

use sshp_known_hosts::HostKey;
use sshp_known_hosts::krl::Krl;
use sshp_known_hosts::picture::{FingerprintHash, fingerprint, picture};
use sshp_testing::needs;
use sshp_testing::sandbox::{Run, Sandbox};

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
