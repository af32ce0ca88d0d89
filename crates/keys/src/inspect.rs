//! What kind of key file this is, told from its first lines, without any passphrase.

use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

use super::armour::{self, Armour};

/// The beginning of the decoded OpenSSH format (PROTOCOL.key).
const OPENSSH_MAGIC: &[u8] = b"openssh-key-v1\0";

/// How a private key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `BEGIN OPENSSH PRIVATE KEY`
    OpenSsh,
    /// `BEGIN RSA PRIVATE KEY` (PKCS#1)
    Pkcs1,
    /// `BEGIN EC PRIVATE KEY` (SEC 1)
    Sec1,
    /// `BEGIN DSA PRIVATE KEY`
    Dsa,
    /// `BEGIN PRIVATE KEY` and `BEGIN ENCRYPTED PRIVATE KEY` (PKCS#8)
    Pkcs8,
    /// `PuTTY-User-Key-File-2` and `-3`
    Ppk,
}

/// How a private key is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// With a passphrase; the cipher where the file names it.
    Passphrase(Option<String>),
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFile {
    /// A private key.
    Private {
        /// How it is written.
        format: Format,
        /// Whether it needs a passphrase.
        encryption: Encryption,
        /// `ssh-ed25519` and the like, where that stands in the clear.
        algorithm: Option<String>,
    },
    /// A public key.
    Public,
    /// An OpenSSH certificate, which is public too.
    Certificate,
    /// An X.509 certificate, of which some clouds hand out a `.pem` too.
    X509,
    /// Nothing that ssh could log in with.
    NotAKey,
}

impl KeyFile {
    /// Whether a passphrase is needed.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(self, KeyFile::Private { encryption: Encryption::Passphrase(_), .. })
    }
}

/// Says what the bytes of a file are.
#[must_use]
pub fn classify(bytes: &[u8]) -> KeyFile {
    let text = armour::text(bytes);
    if let Some(rest) = text.trim_start().strip_prefix("PuTTY-User-Key-File-") {
        return ppk(rest);
    }
    let Some(armour) = Armour::find(&text) else { return public(&text) };
    let private = |format, encryption, algorithm: Option<&str>| KeyFile::Private {
        format,
        encryption,
        algorithm: algorithm.map(str::to_owned),
    };
    match armour.label.as_str() {
        "OPENSSH PRIVATE KEY" => openssh(&armour.body),
        "RSA PRIVATE KEY" => private(Format::Pkcs1, dek_info(&armour), Some("ssh-rsa")),
        "DSA PRIVATE KEY" => private(Format::Dsa, dek_info(&armour), Some("ssh-dss")),
        "EC PRIVATE KEY" => private(Format::Sec1, dek_info(&armour), None),
        "PRIVATE KEY" => private(Format::Pkcs8, Encryption::None, None),
        "ENCRYPTED PRIVATE KEY" => private(Format::Pkcs8, Encryption::Passphrase(None), None),
        "CERTIFICATE" => KeyFile::X509,
        label if label.ends_with("PUBLIC KEY") => KeyFile::Public,
        _ => KeyFile::NotAKey,
    }
}

/// The headers of RFC 1421: `Proc-Type: 4,ENCRYPTED`, `DEK-Info: AES-128-CBC,…`.
fn dek_info(armour: &Armour) -> Encryption {
    let mut encrypted = false;
    let mut cipher = None;
    for line in &armour.headers {
        if line.starts_with("Proc-Type:") && line.contains("ENCRYPTED") {
            encrypted = true;
        } else if let Some(info) = line.strip_prefix("DEK-Info:") {
            encrypted = true;
            cipher = info.split(',').next().map(|name| name.trim().to_owned());
        }
    }
    if encrypted { Encryption::Passphrase(cipher) } else { Encryption::None }
}

/// PROTOCOL.key: magic, cipher, KDF, KDF options, number of keys, public key.
fn openssh(body: &str) -> KeyFile {
    let head = body.trim_end_matches('=').get(..body.len().min(2048) / 4 * 4);
    let head = head.unwrap_or(body.trim_end_matches('='));
    let Ok(head) = BASE64_NOPAD.decode(head.as_bytes()).map(Zeroizing::new) else {
        return KeyFile::NotAKey;
    };
    let Some(mut rest) = head.strip_prefix(OPENSSH_MAGIC) else { return KeyFile::NotAKey };
    let Some(cipher) = string(&mut rest) else { return KeyFile::NotAKey };
    let cipher = String::from_utf8_lossy(cipher).into_owned();
    let algorithm = (|| {
        let _kdf = string(&mut rest)?;
        let _options = string(&mut rest)?;
        rest = rest.get(4..)?;
        // The key's length, and then its name; the key itself may be longer than what was decoded.
        rest = rest.get(4..)?;
        Some(String::from_utf8_lossy(string(&mut rest)?).into_owned())
    })();
    let encryption = match cipher.as_str() {
        "none" => Encryption::None,
        _ => Encryption::Passphrase(Some(cipher)),
    };
    KeyFile::Private { format: Format::OpenSsh, encryption, algorithm }
}

/// Takes one length-prefixed string (RFC 4251, section 5).
pub(super) fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (head, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = tail;
    Some(head)
}

/// PuTTY ends a line at a line feed, a carriage return or both.
fn ppk(rest: &str) -> KeyFile {
    let mut lines = rest.split(['\n', '\r']).map(str::trim);
    let algorithm = lines.next().and_then(|l| l.split_once(':')).map(|(_, a)| a.trim().to_owned());
    let cipher = lines.find_map(|line| line.strip_prefix("Encryption:")).map(str::trim);
    let encryption = match cipher {
        Some("none") => Encryption::None,
        cipher => Encryption::Passphrase(cipher.map(str::to_owned)),
    };
    KeyFile::Private { format: Format::Ppk, encryption, algorithm }
}

/// `ssh-ed25519 AAAA… comment`, or the RFC 4716 form.
fn public(text: &str) -> KeyFile {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(line) = line else { return KeyFile::NotAKey };
    if line == "---- BEGIN SSH2 PUBLIC KEY ----" {
        return KeyFile::Public;
    }
    let mut words = line.split_whitespace();
    let (Some(algorithm), Some(blob)) = (words.next(), words.next()) else {
        return KeyFile::NotAKey;
    };
    // Every key blob begins with the length of its algorithm's name: three zero bytes.
    if !blob.starts_with("AAAA") {
        KeyFile::NotAKey
    } else if algorithm.contains("-cert-v01@") {
        KeyFile::Certificate
    } else if ["ssh-", "ecdsa-", "sk-"].iter().any(|p| algorithm.starts_with(p)) {
        KeyFile::Public
    } else {
        KeyFile::NotAKey
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(format: Format, cipher: Option<&str>, algorithm: Option<&str>) -> KeyFile {
        let encryption = match cipher {
            None => Encryption::None,
            Some("?") => Encryption::Passphrase(None),
            Some(cipher) => Encryption::Passphrase(Some(cipher.to_owned())),
        };
        KeyFile::Private { format, encryption, algorithm: algorithm.map(str::to_owned) }
    }

    #[test]
    fn a_file_is_known_by_its_first_lines() {
        let table: &[(&str, KeyFile)] = &[
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
                private(Format::Pkcs1, None, Some("ssh-rsa")),
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: DES-EDE3-CBC,AB\r\n\r\nMIIE\r\n",
                private(Format::Pkcs1, Some("DES-EDE3-CBC"), Some("ssh-rsa")),
            ),
            ("-----BEGIN EC PRIVATE KEY-----\nMHc\n", private(Format::Sec1, None, None)),
            (
                "-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\nMHc\n",
                private(Format::Sec1, None, None),
            ),
            ("-----BEGIN PRIVATE KEY-----\nMC4C\n", private(Format::Pkcs8, None, None)),
            (
                "Bag Attributes\n\n-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n",
                private(Format::Pkcs8, Some("?"), None),
            ),
            (
                "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: aes256-cbc\r\n",
                private(Format::Ppk, Some("aes256-cbc"), Some("ssh-ed25519")),
            ),
            (
                "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n",
                private(Format::Ppk, None, Some("ssh-rsa")),
            ),
            (
                "PuTTY-User-Key-File-2: ssh-rsa\rEncryption: none\rComment: \r",
                private(Format::Ppk, None, Some("ssh-rsa")),
            ),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me\n", KeyFile::Public),
            ("-----BEGIN PUBLIC KEY-----\nMC\n", KeyFile::Public),
            ("---- BEGIN SSH2 PUBLIC KEY ----\n", KeyFile::Public),
            ("ssh-rsa-cert-v01@openssh.com AAAAHHNz me\n", KeyFile::Certificate),
            ("-----BEGIN CERTIFICATE-----\nMIID\n", KeyFile::X509),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n", KeyFile::NotAKey),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\n", KeyFile::NotAKey),
            ("hello there\n", KeyFile::NotAKey),
            ("", KeyFile::NotAKey),
        ];
        for (text, expected) in table {
            assert_eq!(&classify(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(classify(b"\xff\xfe\x00\x01"), KeyFile::NotAKey);
    }
}
