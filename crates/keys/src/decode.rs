//! Decodes a private key and decrypts it.
//!
//! The library below guesses wrongly whether a file is encrypted (PKCS#8, SEC 1), so the file's
//! own first lines decide before it is asked.

use ssh_key::PrivateKey;

use super::armour::{self, Armour};
use super::der::DerError;
use super::inspect::{Encryption, Format, KeyFile, classify};
use super::public::flat;
use super::{der, pem, pkcs8, ppk};

/// Why a private key cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It holds no private key.
    #[error("{0}")]
    NotAKey(&'static str),
    /// It is encrypted and no passphrase was given.
    #[error("it needs a passphrase")]
    NeedsPassphrase,
    /// The passphrase does not open it.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// A key that the system's ssh may load, and sshp cannot.
    #[error("{0} is not supported by the built-in session")]
    Unsupported(Unsupported),
    /// A key of a type that no ssh has.
    #[error("ssh has no keys of type {0}")]
    NoSuchType(String),
    /// It looks like a key and is none.
    #[error("the key is damaged: {0}")]
    Damaged(String),
}

/// What the built-in session cannot load.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// The private half is in a FIDO token; the name of its type.
    #[error("a FIDO security key ({0})")]
    SecurityKey(String),
    /// The name of a type that OpenSSH has or had.
    #[error("a key of type {0}")]
    KeyType(String),
    /// The cipher of a DEK-Info header.
    #[error("a PEM key encrypted with {0}")]
    PemCipher(String),
    /// PBES1 or PKCS#12 in PKCS#8, by the name that openssl has for it.
    #[error("a key whose passphrase is of the old kind {0} (PKCS#8)")]
    Pbes1(&'static str),
    /// PBES2 with a cipher or a key derivation that is rare.
    #[error("a key whose passphrase is of a rare kind of PBES2 (PKCS#8)")]
    Pbes2,
    /// Another encryption in PKCS#8, by its object identifier.
    #[error("a key whose passphrase is of the kind {0} (PKCS#8)")]
    Pkcs8Encryption(String),
    /// A whole key whose form the library does not read; what it says.
    #[error("a key of this form ({0})")]
    Form(String),
    /// The first line of a file that is of no known version of PuTTY's format.
    #[error("the PuTTY format `{0}`")]
    PpkFormat(String),
    /// The encryption of a PuTTY key.
    #[error("a PuTTY key encrypted with {0}")]
    PpkCipher(String),
    /// The key derivation of a PuTTY key.
    #[error("the key derivation `{0}`")]
    PpkDerivation(String),
    /// A PuTTY key whose passphrase costs more than sshp spends.
    #[error("a key derivation with {memory} KiB and {passes} passes")]
    PpkCost {
        /// Argon2-Memory
        memory: u32,
        /// Argon2-Passes
        passes: u32,
    },
}

impl From<Unsupported> for DecodeError {
    fn from(what: Unsupported) -> Self {
        DecodeError::Unsupported(what)
    }
}

/// Decodes a private key; a passphrase is ignored where the key needs none. It is bytes, as
/// ssh-keygen(1) takes it: it need not be UTF-8.
///
/// # Errors
/// See [`DecodeError`]; [`DecodeError::NeedsPassphrase`] before any decryption is tried.
pub fn decode(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<PrivateKey, DecodeError> {
    let (format, encryption, algorithm) = match classify(bytes) {
        KeyFile::Private { format, encryption, algorithm } => (format, encryption, algorithm),
        KeyFile::Public | KeyFile::Certificate => {
            return Err(DecodeError::NotAKey("it is a public key, not a private one"));
        }
        KeyFile::X509 => return Err(DecodeError::NotAKey("it is an X.509 certificate, not a key")),
        KeyFile::NotAKey => return Err(DecodeError::NotAKey("it is not a private key")),
    };
    if let Some(unsupported) = algorithm.as_deref().and_then(unsupported_type) {
        return Err(unsupported.into());
    }
    let passphrase = match encryption {
        _ if format == Format::Ppk => return ppk::decode(bytes, passphrase),
        Encryption::None => None,
        Encryption::Passphrase(cipher) => {
            if let Some(cipher) =
                cipher.filter(|cipher| is_old(format) && pem::cipher(cipher).is_none())
            {
                return Err(Unsupported::PemCipher(cipher).into());
            }
            Some(passphrase)
        }
    };
    let damaged = |why: &str| DecodeError::Damaged(why.to_owned());
    let armour =
        Armour::find(&armour::text(bytes)).ok_or_else(|| damaged("it has no BEGIN line"))?;
    // With a passphrase, what is cut off would look like a wrong one.
    if !armour.is_whole {
        return Err(damaged("it ends too early"));
    }
    let der = armour.decoded().ok_or_else(|| damaged("its text is no base64"))?;
    if format == Format::Pkcs8 && passphrase.is_some() {
        pkcs8::check_encryption(&der)?;
    }
    let passphrase = match passphrase {
        Some(given) => Some(given.ok_or(DecodeError::NeedsPassphrase)?),
        None => None,
    };
    match passphrase {
        Some(passphrase) if is_old(format) => {
            let inside = pem::decrypt(&armour, passphrase)?;
            in_the_clear(format, &inside)
                .map_err(|error| pkcs8::refused(&error).unwrap_or(DecodeError::WrongPassphrase))
        }
        Some(passphrase) if format == Format::Pkcs8 => pkcs8::open(&der, passphrase),
        Some(passphrase) => flat(&der)
            .and_then(PrivateKey::from_bytes)
            .map_err(|error| DecodeError::Damaged(error.to_string()))?
            .decrypt(passphrase)
            .map_err(|_| DecodeError::WrongPassphrase),
        None if format == Format::OpenSsh => {
            let key = flat(&der).and_then(PrivateKey::from_bytes);
            key.map_err(|error| DecodeError::Damaged(error.to_string()))
        }
        None => in_the_clear(format, &der).map_err(|error| {
            let text = error.to_string();
            pkcs8::refused(&error).unwrap_or_else(|| {
                if pkcs8::is_whole(&der) {
                    Unsupported::Form(text).into()
                } else {
                    DecodeError::Damaged(text)
                }
            })
        }),
    }
}

fn in_the_clear(format: Format, der: &[u8]) -> Result<PrivateKey, DerError> {
    if format == Format::Pkcs1 { der::decode_pkcs1(der) } else { der::decode(der) }
}

/// Whether the encryption of a format is that of its DEK-Info header.
fn is_old(format: Format) -> bool {
    matches!(format, Format::Pkcs1 | Format::Sec1 | Format::Dsa)
}

/// FIDO keys need their token and DSA is off; only the system's ssh has both.
fn unsupported_type(algorithm: &str) -> Option<Unsupported> {
    match algorithm {
        "ssh-dss" => Some(Unsupported::KeyType(algorithm.to_owned())),
        name if name.starts_with("sk-") => Some(Unsupported::SecurityKey(name.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "ssh-keygen makes the keys")]
mod tests {
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;

    fn load(path: &Path, passphrase: Option<&[u8]>) -> Result<PrivateKey, DecodeError> {
        decode(&std::fs::read(path).expect("a key file"), passphrase)
    }

    fn run(program: &str, args: &[&str]) {
        sshp_testing::needs::require_program(program.as_ref());
        let done = Command::new(program).args(args).stdout(Stdio::null()).status();
        assert!(done.expect(program).success(), "{program} {args:?}");
    }

    #[test]
    fn keys_of_every_format_load_and_only_with_their_passphrase() {
        sshp_testing::needs!("ssh");
        let dir = tempfile::tempdir().expect("a folder");
        let table: &[(&str, &[&str])] = &[
            ("ed25519", &["-t", "ed25519"]),
            ("ecdsa", &["-t", "ecdsa", "-b", "384"]),
            ("rsa", &["-t", "rsa", "-b", "2048"]),
            ("rsa-pem", &["-t", "rsa", "-b", "2048", "-m", "PEM"]),
            ("rsa-pkcs8", &["-t", "rsa", "-b", "2048", "-m", "PKCS8"]),
            ("ecdsa-pkcs8", &["-t", "ecdsa", "-m", "PKCS8"]),
            ("ecdsa-pem", &["-t", "ecdsa", "-b", "521", "-m", "PEM"]),
            ("ctr", &["-t", "ed25519", "-Z", "aes128-ctr"]),
            ("chacha", &["-t", "ed25519", "-Z", "chacha20-poly1305@openssh.com"]),
        ];
        for (name, args) in table {
            for passphrase in ["", "sesame"] {
                let path = dir.path().join(format!("{name}-{passphrase}"));
                let file = path.to_str().expect("UTF-8");
                run("ssh-keygen", &[&["-q", "-N", passphrase, "-f", file], *args].concat());
                let encrypted = !passphrase.is_empty();
                let found = classify(&std::fs::read(&path).expect("a file"));
                assert_eq!(found.is_encrypted(), encrypted, "{name}: {found:?}");
                let key = load(&path, Some(passphrase.as_bytes()))
                    .unwrap_or_else(|e| panic!("{name}: {e}"));
                let public = std::fs::read_to_string(format!("{file}.pub")).expect("the .pub");
                let mine = key.public_key().to_openssh().expect("a public key");
                assert_eq!(
                    mine.split(' ').nth(1),
                    public.split(' ').nth(1),
                    "{name} with {passphrase:?}"
                );
                if encrypted {
                    assert!(
                        matches!(load(&path, None), Err(DecodeError::NeedsPassphrase)),
                        "{name}"
                    );
                    let wrong = load(&path, Some(b"wrong"));
                    assert!(
                        matches!(wrong, Err(DecodeError::WrongPassphrase)),
                        "{name}: {wrong:?}"
                    );
                } else {
                    assert!(load(&path, None).is_ok(), "{name}");
                }
                assert!(matches!(
                    load(&dir.path().join(format!("{name}-{passphrase}.pub")), None),
                    Err(DecodeError::NotAKey(_))
                ));
            }
        }
    }

    #[test]
    fn a_damaged_key_is_an_error_and_no_panic() {
        for text in [
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            "-----BEGIN PRIVATE KEY-----\n!!!\n",
            "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n",
        ] {
            assert!(
                matches!(decode(text.as_bytes(), None), Err(DecodeError::Damaged(_))),
                "{text}"
            );
        }
    }
}
