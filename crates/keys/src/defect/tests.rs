//! What is said of a key is what ssh-keygen does with it.

#![allow(clippy::disallowed_methods, reason = "ssh-keygen and openssl make the keys")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;

const WORD: &str = "sesame";

fn run(folder: &Path, line: &str) {
    let mut words = line.split(' ').map(|word| if word == "''" { "" } else { word });
    let program = words.next().expect("a program");
    sshp_testing::needs::require_program(program.as_ref());
    let mut command = Command::new(program);
    command.args(words).current_dir(folder).stdin(Stdio::null());
    let done = command.output().expect(program);
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Whether ssh-keygen loads a key, and the version it is of.
fn ssh_loads(folder: &Path, bytes: &[u8], passphrase: &str) -> bool {
    let file = folder.join("tried");
    let _ = fs::remove_file(&file);
    fs::write(&file, bytes).expect("the key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
    let mut command = Command::new("ssh-keygen");
    command.args(["-y", "-P", passphrase, "-f"]).arg(file).stdin(Stdio::null());
    command.output().expect("ssh-keygen").status.success()
}

fn this_ssh() -> Client {
    let said = Command::new("ssh").arg("-V").output().expect("ssh").stderr;
    let client = Client::ssh(Some(&String::from_utf8_lossy(&said)));
    assert!(matches!(client, Client::Ssh(Some(_))), "{said:?}");
    client
}

type Damage = fn(&str) -> Vec<u8>;

fn each_line(key: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    key.lines().flat_map(|line| [change(line), "\n".to_owned()]).collect::<String>().into()
}

/// What happens to the text of keys on their way.
const DAMAGES: &[(&str, Damage)] = &[
    ("none", |key| key.into()),
    ("CRLF", |key| key.replace('\n', "\r\n").into()),
    ("CR", |key| key.replace('\n', "\r").into()),
    ("CRLF in the body alone", |key| {
        key.replace('\n', "\r\n").replace("-----\r\n", "-----\n").into()
    }),
    ("no final newline", |key| key.trim_end().into()),
    ("two final newlines", |key| format!("{key}\n\n").into()),
    ("a byte order mark", |key| format!("\u{feff}{key}").into()),
    ("blanks", |key| key.replace('\n', " \n").into()),
    ("blanks after BEGIN", |key| key.replacen("-----\n", "----- \n", 1).into()),
    ("a tab after END", |key| format!("{}\t\n", key.trim_end()).into()),
    ("a no-break space after END", |key| format!("{}\u{a0}\n", key.trim_end()).into()),
    ("blanks in the body", |key| key.replace('\n', " \n").replace("----- \n", "-----\n").into()),
    ("indented", |key| each_line(key, |line| ["    ", line].concat())),
    ("an indented body", |key| {
        let indent = |line: &str| if line.starts_with("--") { "" } else { "  " };
        each_line(key, |line| [indent(line), line].concat())
    }),
    ("an indented END", |key| key.replace(END, " -----END ").into()),
    ("quoted", |key| each_line(key, |line| ["> ", line].concat())),
    ("a blank first", |key| format!(" {key}").into()),
    ("an empty line first", |key| format!("\n{key}").into()),
    ("text before", |key| format!("Bag Attributes\n{key}").into()),
    ("text after", |key| format!("{key}bye\n").into()),
    ("a certificate before", |key| {
        format!("-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n{key}").into()
    }),
    ("empty lines between", |key| key.replace('\n', "\n\n").into()),
    ("an empty line before END", |key| key.replace(END, "\n-----END ").into()),
    ("an empty line after BEGIN", |key| key.replacen("-----\n", "-----\n\n", 1).into()),
    ("one line", |key| key.replace('\n', "").into()),
    ("blanks for newlines", |key| format!("{}\n", key.trim_end().replace('\n', " ")).into()),
    ("\\n for newlines", |key| key.replace('\n', "\\n").into()),
    ("UTF-16, little", |key| {
        let units = key.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    }),
    ("UTF-16, big, no mark", |key| key.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ("half of it", |key| key[..key.len() / 2].into()),
    ("no END", |key| key[..key.find(END).expect("an END")].into()),
    ("another END", |key| key.replace(END, "-----END OLD ").into()),
    ("no padding", |key| key.replace("=\n", "\n").replace("=\n", "\n").into()),
    ("a strange character", |key| {
        let at = key.find(END).expect("an END") - 20;
        format!("{}*{}", &key[..at], &key[at..]).into()
    }),
    ("a second key after", |key| {
        format!("{key}-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n").into()
    }),
];

#[test]
fn what_ssh_loads_and_what_it_does_not_is_known_for_every_format_and_damage() {
    sshp_testing::needs!("openssl", "ssh");
    let dir = tempfile::tempdir().expect("a folder");
    let ssh = this_ssh();
    let mut keys: Vec<(String, &str)> = Vec::new();
    for (kind, size) in [("ed25519", 256), ("ecdsa", 256)] {
        for word in ["''", WORD] {
            for form in ["RFC4716", "PEM", "PKCS8"] {
                let name = format!("{kind}-{form}-{word}");
                if kind != "ed25519" || form == "RFC4716" {
                    let line = format!(
                        "ssh-keygen -q -t {kind} -b {size} -m {form} -a 1 -N {word} -f {name}"
                    );
                    run(dir.path(), &line);
                } else if form == "PKCS8" {
                    let lock = if word == WORD { " -aes128 -pass pass:sesame" } else { "" };
                    let line = format!("openssl genpkey -algorithm ed25519{lock} -out {name}");
                    run(dir.path(), &line);
                } else {
                    continue;
                }
                keys.push((name, if word == WORD { WORD } else { "" }));
            }
        }
    }
    for (name, word) in &keys {
        let key = fs::read_to_string(dir.path().join(name)).expect("the key");
        let open = decode(key.as_bytes(), Some(word.as_bytes())).expect(name);
        for (damage, harm) in DAMAGES {
            let bytes = harm(&key);
            let found = defect(&bytes, Some(open.public_key()), ssh);
            let known = matches!(classify(&bytes), KeyFile::Private { .. });
            assert_eq!(
                known && found.is_none(),
                ssh_loads(dir.path(), &bytes, word),
                "{name}, {damage}: {found:?}"
            );
            // What is said to be mendable is mended by a copy that any ssh loads.
            if known && found.as_ref().is_none_or(Defect::is_mendable) {
                let copy = clean_copy(&bytes).unwrap_or_else(|| panic!("{name}, {damage}"));
                let again = decode(&copy, Some(word.as_bytes()))
                    .unwrap_or_else(|e| panic!("{damage}: {e}"));
                assert_eq!(again.public_key().key_data(), open.public_key().key_data());
                let left = defect(&copy, Some(open.public_key()), ssh);
                assert!(
                    matches!(left, None | Some(Defect::Ed25519InPkcs8)),
                    "{name}, {damage}: {left:?}"
                );
            }
        }
    }
}

#[test]
fn what_ssh_has_no_keys_of_is_known_and_what_it_alone_has_is_not_called_damaged() {
    sshp_testing::needs!("openssl", "ssh");
    let dir = tempfile::tempdir().expect("a folder");
    let ssh = this_ssh();
    let made = [
        "openssl genrsa -traditional -out rsa-768 768",
        "openssl genrsa -traditional -out rsa-1024 1024",
        "openssl genrsa -traditional -primes 3 -out rsa-3-primes 1024",
        "openssl genpkey -algorithm RSA -out rsa-pkcs8-768 -pkeyopt rsa_keygen_bits:768",
        "openssl genpkey -algorithm ed448 -out ed448",
        "openssl genpkey -algorithm x25519 -out x25519",
        "openssl ecparam -name secp256k1 -genkey -noout -out secp256k1",
        "openssl ecparam -name prime256v1 -genkey -out with-parameters",
        "openssl ecparam -name prime256v1 -genkey -noout -param_enc explicit -out explicit",
        "openssl pkcs8 -topk8 -nocrypt -in explicit -out explicit-pkcs8",
        "openssl ec -in with-parameters -conv_form compressed -out compressed",
        "openssl ec -in with-parameters -no_public -out no-public",
        "openssl pkcs8 -topk8 -nocrypt -in secp256k1 -out secp256k1-pkcs8",
    ];
    for line in made {
        run(dir.path(), line);
        let name = line.split_once("-out ").expect("a file").1.split(' ').next().expect("a name");
        let bytes = fs::read(dir.path().join(name)).expect("the key");
        let found = defect(&bytes, None, ssh);
        assert_eq!(found.is_none(), ssh_loads(dir.path(), &bytes, ""), "{name}: {found:?}");
    }
}

#[test]
fn an_encryption_that_is_not_supported_is_neither_damage_nor_a_wrong_passphrase() {
    sshp_testing::needs!("openssl", "ssh");
    let dir = tempfile::tempdir().expect("a folder");
    run(dir.path(), "ssh-keygen -q -t rsa -b 1024 -m PEM -N '' -f key");
    let supported = [
        "-v2 aes128",
        "-v2 aes256 -v2prf hmacWithSHA1",
        "-v2 aes256 -v2prf hmacWithSHA512",
        "-v2 des3",
        "-scrypt",
    ];
    let not = ["-v1 PBE-SHA1-3DES", "-v1 PBE-SHA1-2DES", "-v2 camellia256", "-v2 aria256"];
    for how in supported.iter().chain(&not) {
        let line = format!("openssl pkcs8 -topk8 {how} -in key -out made -passout pass:{WORD}");
        run(dir.path(), &line);
        let bytes = fs::read(dir.path().join("made")).expect("the key");
        assert!(ssh_loads(dir.path(), &bytes, WORD), "{how}");
        assert_eq!(defect(&bytes, None, this_ssh()), None, "{how}");
        let right = decode(&bytes, Some(WORD.as_bytes()));
        if not.contains(how) {
            assert!(matches!(right, Err(DecodeError::Unsupported(_))), "{how}: {right:?}");
            // Unsupported comes first, so no passphrase is asked for in vain.
            let unasked = decode(&bytes, None);
            assert!(matches!(unasked, Err(DecodeError::Unsupported(_))), "{how}: {unasked:?}");
        } else {
            assert!(right.is_ok(), "{how}: {right:?}");
            let wrong = decode(&bytes, Some(b"wrong"));
            assert!(matches!(wrong, Err(DecodeError::WrongPassphrase)), "{how}: {wrong:?}");
        }
        let cut = bytes.len() - 60;
        let damaged = decode(&bytes[..cut], Some(WORD.as_bytes()));
        assert!(matches!(damaged, Err(DecodeError::Damaged(_))), "{how}: {damaged:?}");
    }
    for cipher in ["des3", "camellia256"] {
        let line = format!("openssl rsa -traditional -{cipher} -in key -out made -passout pass:x");
        run(dir.path(), &line);
        let bytes = fs::read(dir.path().join("made")).expect("the key");
        let right = decode(&bytes, Some(b"x"));
        assert!(matches!(right, Err(DecodeError::Unsupported(_))), "{cipher}: {right:?}");
        assert_eq!(defect(&bytes, None, this_ssh()), None, "{cipher}");
    }
}

#[test]
fn a_version_is_read_from_what_ssh_says_of_itself() {
    for (said, version) in [
        ("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.22", Some((9, 2))),
        ("OpenSSH_10.0p2 Debian-7", Some((10, 0))),
        ("OpenSSH_for_Windows_8.6p1, LibreSSL 3.4.3", Some((8, 6))),
        ("Sun_SSH_1.1", None),
        ("", None),
    ] {
        assert_eq!(Client::ssh(Some(said)), Client::Ssh(version), "{said}");
    }
    let ed25519 = "-----BEGIN PRIVATE KEY-----\n\
                   MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
                   -----END PRIVATE KEY-----\n";
    let found = |version| defect(ed25519.as_bytes(), None, Client::Ssh(version));
    assert_eq!(found(Some((9, 5))), Some(Defect::Ed25519InPkcs8));
    assert_eq!(found(None), Some(Defect::Ed25519InPkcs8));
    assert_eq!((found(Some((9, 6))), found(Some((10, 2)))), (None, None));
}
