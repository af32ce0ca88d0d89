//! The public half of a private key, without a passphrase: from the key itself where it stands
//! there in the clear, else from the `.pub` beside it.

use std::io;
use std::path::{Path, PathBuf};

use sshp_keys::public::{certificate, embedded, named_key, public_key};
use sshp_keys::ssh_key::{Certificate, PublicKey};
use sshp_keys::{KeyFile, classify};

use super::files::read;

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
    let bytes = read(path)?;
    let kind = classify(&bytes);
    let own = match &kind {
        KeyFile::Public | KeyFile::Certificate => named_key(&bytes),
        KeyFile::Private { .. } => embedded(&bytes),
        _ => None,
    };
    let private = matches!(kind, KeyFile::Private { .. });
    let beside_at = beside(path);
    let known =
        if private { read(&beside_at).ok().and_then(|text| named_key(&text)) } else { None };
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

/// The key of `key.pub` beside `key`.
#[must_use]
pub fn public_half(path: &Path) -> Option<PublicKey> {
    public_at(&beside(path))
}

/// The key of a public key file.
#[must_use]
pub fn public_at(path: &Path) -> Option<PublicKey> {
    public_key(&read(path).ok()?)
}

/// The certificate in a file, if it holds one.
#[must_use]
pub fn certificate_at(path: &Path) -> Option<Certificate> {
    certificate(&read(path).ok()?)
}
