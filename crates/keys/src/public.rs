//! Public keys and certificates: read from a text, and taken from a private key without its
//! passphrase where they stand there in the clear.

use russh::keys::{Certificate, PrivateKey, PublicKey};

use super::Defect;
use super::armour::{self, Armour};
use super::decode::decode;
use super::inspect::{Format, KeyFile, classify};
use super::ppk;

/// The key of a public key file.
#[must_use]
pub fn public_key(bytes: &[u8]) -> Option<PublicKey> {
    matches!(classify(bytes), KeyFile::Public).then(|| first_line(bytes))?
}

/// The certificate of a certificate file.
#[must_use]
pub fn certificate(bytes: &[u8]) -> Option<Certificate> {
    if !matches!(classify(bytes), KeyFile::Certificate) {
        return None;
    }
    certificate_line(bytes)
}

fn certificate_line(bytes: &[u8]) -> Option<Certificate> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| Certificate::from_openssh(line.trim()).ok())
}

/// Why ssh reads no public key, or certificate, in a file that holds one; `None` where it reads it,
/// and where the file holds none on a line.
#[must_use]
pub fn defect(bytes: &[u8]) -> Option<Defect> {
    if is_read(bytes) || clean_copy(bytes).is_none() {
        return None;
    }
    Some(match bytes {
        [0xef, 0xbb, 0xbf, ..] => Defect::ByteOrderMark,
        _ => Defect::Utf16,
    })
}

/// The first public key, or certificate, of a file as a line that ssh reads, in whichever encoding
/// it is there.
#[must_use]
pub fn clean_copy(bytes: &[u8]) -> Option<String> {
    let text = armour::text(bytes);
    text.lines()
        .map(str::trim)
        .find(|line| is_read(line.as_bytes()))
        .map(|line| format!("{line}\n"))
}

/// Whether ssh finds a public key, or a certificate, in these bytes.
fn is_read(bytes: &[u8]) -> bool {
    first_line(bytes).is_some() || certificate_line(bytes).is_some()
}

/// The public key that a file names: its own, or that of the certificate in its place.
#[must_use]
pub fn named_key(bytes: &[u8]) -> Option<PublicKey> {
    let certified = || Some(PublicKey::from(certificate(bytes)?.public_key().clone()));
    public_key(bytes).or_else(certified)
}

/// The line of a key for a `.pub` or authorized_keys; its comment cannot begin another line.
///
/// # Errors
/// When the key cannot be written.
pub fn line(key: &PublicKey) -> Result<String, russh::keys::ssh_key::Error> {
    let comment: String = key
        .comment()
        .as_str_lossy()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    PublicKey::new(key.key_data().clone(), comment.trim()).to_openssh()
}

/// The first line that is a key, as ssh reads it: in UTF-8 and without a byte order mark.
fn first_line(bytes: &[u8]) -> Option<PublicKey> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| PublicKey::from_openssh(line.trim()).ok())
}

/// The public half that a private key shows without a passphrase, with its comment.
#[must_use]
pub fn embedded(bytes: &[u8]) -> Option<PublicKey> {
    let KeyFile::Private { format, .. } = classify(bytes) else { return None };
    match format {
        Format::Ppk => ppk::public(bytes),
        Format::OpenSsh => {
            let key = container(bytes)?;
            let mut public = key.public_key().clone();
            public.set_comment(key.comment().clone());
            Some(public)
        }
        _ => decode(bytes, None).ok().map(|key| key.public_key().clone()),
    }
}

/// A key in OpenSSH's format, still encrypted where it is; of any type, those of tokens too.
fn container(bytes: &[u8]) -> Option<PrivateKey> {
    let raw = Armour::find(&armour::text(bytes))?.decoded()?;
    PrivateKey::from_bytes(&raw).ok()
}
