//! The public half of a private key, without a passphrase: from the key itself where it stands
//! there in the clear, else from the `.pub` beside it.

use std::io;
use std::path::{Path, PathBuf};

use russh::keys::{Certificate, PrivateKey, PublicKey};

use super::Defect;
use super::armour::{self, Armour};
use super::inspect::{self, Format, KeyFile, classify};
use super::load::decode;
use super::ppk;

/// What can be known of a key file without its passphrase.
#[derive(Clone, Debug)]
pub struct Described {
    /// What the file holds.
    pub kind: KeyFile,
    /// The public half; `None` where a passphrase hides it, or the key is damaged.
    pub public: Option<PublicKey>,
    /// The comment; empty where there is none.
    pub comment: String,
    /// The `.pub` beside it that belongs to another key.
    pub stale: Option<PathBuf>,
}

/// Describes a key file.
///
/// # Errors
/// When the file cannot be read.
pub fn describe(path: &Path) -> io::Result<Described> {
    let bytes = inspect::read(path)?;
    let kind = classify(&bytes);
    let own = match &kind {
        KeyFile::Public => line_at(&bytes),
        KeyFile::Certificate => half_at(path),
        KeyFile::Private { .. } => embedded(&bytes),
        _ => None,
    };
    let private = matches!(kind, KeyFile::Private { .. });
    let beside_at = beside(path);
    let known = if private { half_at(&beside_at) } else { None };
    let comment = |key: &Option<PublicKey>| {
        key.as_ref().map(|key| key.comment().as_str_lossy().to_owned()).unwrap_or_default()
    };
    let (public, comment, stale) = match (own, known) {
        (Some(own), Some(known)) if own.key_data() != known.key_data() => {
            let comment = comment(&Some(own.clone()));
            (Some(own), comment, Some(beside_at))
        }
        (Some(own), known) => {
            let own = Some(own);
            let text = comment(&known);
            let text = if text.is_empty() { comment(&own) } else { text };
            (own, text, None)
        }
        (None, known) => {
            let text = comment(&known);
            (known, text, None)
        }
    };
    Ok(Described { kind, public, comment, stale })
}

/// `key.pub` beside `key`.
#[must_use]
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

/// The key of a public key file.
#[must_use]
pub fn public_at(path: &Path) -> Option<PublicKey> {
    let bytes = inspect::read(path).ok()?;
    matches!(classify(&bytes), KeyFile::Public).then(|| line_at(&bytes))?
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
    line_at(bytes).is_some() || certificate_line_at(bytes).is_some()
}

/// The public key that a file names: its own, or that of the certificate in its place.
fn half_at(path: &Path) -> Option<PublicKey> {
    let certified = || Some(PublicKey::from(certificate_at(path)?.public_key().clone()));
    public_at(path).or_else(certified)
}

/// The certificate in a file, if it holds one.
#[must_use]
pub fn certificate_at(path: &Path) -> Option<Certificate> {
    let bytes = inspect::read(path).ok()?;
    if !matches!(classify(&bytes), KeyFile::Certificate) {
        return None;
    }
    certificate_line_at(&bytes)
}

fn certificate_line_at(bytes: &[u8]) -> Option<Certificate> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find_map(|line| Certificate::from_openssh(line.trim()).ok())
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
fn line_at(bytes: &[u8]) -> Option<PublicKey> {
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
