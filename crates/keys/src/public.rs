//! Public keys and certificates: read from a text, and taken from a private key without its
//! passphrase where they stand there in the clear.

use data_encoding::BASE64;
use memchr::memmem;
use ssh_key::{Certificate, PrivateKey, PublicKey};

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
    flat_lines(&text).find_map(|line| Certificate::from_openssh(line).ok())
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
pub fn line(key: &PublicKey) -> Result<String, ssh_key::Error> {
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
    flat_lines(&text).find_map(|line| PublicKey::from_openssh(line).ok())
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
    PrivateKey::from_bytes(flat(&raw).ok()?).ok()
}

/// The lines whose blob is [`flat`].
fn flat_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| {
        let mut blobs = line.split(' ').filter_map(|word| BASE64.decode(word.as_bytes()).ok());
        blobs.all(|blob| flat(&blob).is_ok())
    })
}

/// Bytes that hold no certificate signed by a certificate, signed by one, and so on: the library
/// follows them until the stack is at its end.
///
/// # Errors
/// When there are more certificates in them than anybody has in one file.
pub(super) fn flat(bytes: &[u8]) -> Result<&[u8], ssh_key::Error> {
    // The name of a certificate's type ends in this and a domain (PROTOCOL.certkeys).
    const NAME: &[u8] = b"-cert-v01@";
    const MOST: usize = 8;
    if memmem::find_iter(bytes, NAME).nth(MOST).is_some() {
        let field = ssh_key::certificate::Field::SignatureKey;
        return Err(ssh_key::Error::CertificateFieldInvalid(field));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;

    #[test]
    fn a_certificate_signed_by_a_certificate_and_so_on_ends_no_process() {
        let string = |bytes: &[u8]| {
            [&u32::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat()
        };
        // PROTOCOL.certkeys: nonce, key, serial, type, id, principals, times, options, signed by.
        let signed_by = |signer: &[u8]| {
            let name = string(b"ssh-ed25519-cert-v01@openssh.com");
            let head = [&name[..], &string(&[1; 32]), &string(&[7; 32]), &[0; 8], &[0, 0, 0, 1]];
            let tail = [&string(b"id")[..], &string(b""), &[0; 8], &[0xff; 8], &[0; 12]];
            [&head.concat()[..], &tail.concat(), &string(signer)].concat()
        };
        let mut blob = [&b"\0\0\0\x0bssh-ed25519\0\0\0\x20"[..], &[7; 32]].concat();
        for _ in 0..1000 {
            blob = signed_by(&blob);
        }
        let held = [&[12, 0, 0, 0, 1][..], &string(&blob), &string(b"deep")].concat();
        assert_eq!(agent::parse(&held).expect("a list").len(), 0);
        let line = format!("ssh-ed25519-cert-v01@openssh.com {} deep", BASE64.encode(&blob));
        assert!(certificate(line.as_bytes()).is_none());
        assert!(named_key(line.as_bytes()).is_none());
        assert!(clean_copy(line.as_bytes()).is_none());
    }
}
