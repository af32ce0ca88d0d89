//! Key revocation lists in OpenSSH's binary form (PROTOCOL.krl): which keys are never accepted.
//!
//! A list that cannot be read to its end is an error: what it would have said cannot be known.

use std::collections::HashSet;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::key::{HostKey, Wire};

/// What such a file begins with.
const MAGIC: &[u8] = b"SSHKRL\n\0";
/// The only version there is.
const VERSION: u32 = 1;

const SECTION_CERTIFICATES: u8 = 1;
const SECTION_KEYS: u8 = 2;
const SECTION_SHA1: u8 = 3;
const SECTION_SIGNATURE: u8 = 4;
const SECTION_SHA256: u8 = 5;
const SECTION_EXTENSION: u8 = 255;

const CERTIFICATE_SERIALS: u8 = 0x20;
const CERTIFICATE_RANGE: u8 = 0x21;
const CERTIFICATE_BITMAP: u8 = 0x22;
const CERTIFICATE_IDS: u8 = 0x23;
const CERTIFICATE_EXTENSION: u8 = 0x39;

/// Why a list cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KrlError {
    /// It ends too early, or a part of it has more or less than it should.
    #[error("the revocation list is damaged")]
    Damaged,
    /// It is of another version.
    #[error("the revocation list is of the unknown version {0}")]
    Version(u32),
    /// It has something that must not be passed over.
    #[error("the revocation list has a part of the unknown type {0}")]
    Unknown(u8),
}

/// A key revocation list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Krl {
    certificates: Vec<Certificates>,
    keys: HashSet<Vec<u8>>,
    sha1: HashSet<Vec<u8>>,
    sha256: HashSet<Vec<u8>>,
}

/// The certificates of one authority, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Certificates {
    authority: Option<HostKey>,
    /// Serial numbers, first and last.
    serials: Vec<(u64, u64)>,
    ids: HashSet<Vec<u8>>,
}

impl Krl {
    /// Whether a file is such a list, and no list of public keys.
    #[must_use]
    pub fn is_one(file: &[u8]) -> bool {
        file.starts_with(MAGIC)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// See [`KrlError`]. A signed list is refused: who may sign it is nowhere configured.
    pub fn parse(file: &[u8]) -> Result<Self, KrlError> {
        let mut wire = Wire(file.strip_prefix(MAGIC).ok_or(KrlError::Damaged)?);
        let version = wire.uint32().ok_or(KrlError::Damaged)?;
        if version != VERSION {
            return Err(KrlError::Version(version));
        }
        // Its number, its time, its flags, what is reserved, a comment.
        wire.take(8 + 8 + 8).ok_or(KrlError::Damaged)?;
        wire.string().ok_or(KrlError::Damaged)?;
        wire.string().ok_or(KrlError::Damaged)?;
        let mut krl = Krl::default();
        while let Some((kind, section)) = part(&mut wire)? {
            match kind {
                SECTION_CERTIFICATES => krl.certificates.push(certificates(section)?),
                SECTION_KEYS => krl.keys.extend(strings(section)?),
                SECTION_SHA1 => krl.sha1.extend(strings(section)?),
                SECTION_SHA256 => krl.sha256.extend(strings(section)?),
                SECTION_EXTENSION => extension(section, kind)?,
                SECTION_SIGNATURE => return Err(KrlError::Unknown(kind)),
                other => return Err(KrlError::Unknown(other)),
            }
        }
        Ok(krl)
    }

    /// Whether a key, or the one that certified it, is on the list (krl.c: ssh_krl_check_key).
    #[must_use]
    pub fn revokes(&self, key: &HostKey) -> bool {
        self.names(key) || key.signer().is_some_and(|signer| self.names(signer))
    }

    fn names(&self, key: &HostKey) -> bool {
        let plain = key.without_certificate();
        let blob = plain.blob();
        if self.keys.contains(blob)
            || self.sha1.contains(Sha1::digest(blob).as_slice())
            || self.sha256.contains(Sha256::digest(blob).as_slice())
        {
            return true;
        }
        let Some(certificate) = key.certificate() else { return false };
        self.certificates
            .iter()
            .filter(|of| of.authority.as_ref().is_none_or(|one| *one == certificate.signer))
            .any(|of| {
                // Zero is what an authority gives that does not count.
                let serial = certificate.serial;
                let numbered = of.serials.iter().any(|(a, b)| (*a..=*b).contains(&serial));
                of.ids.contains(&certificate.id) || serial != 0 && numbered
            })
    }
}

/// The next part: its type and what it holds.
fn part<'a>(wire: &mut Wire<'a>) -> Result<Option<(u8, &'a [u8])>, KrlError> {
    let Some(kind) = wire.take(1) else { return Ok(None) };
    let data = wire.string().ok_or(KrlError::Damaged)?;
    Ok(Some((kind[0], data)))
}

fn strings(section: &[u8]) -> Result<Vec<Vec<u8>>, KrlError> {
    let mut wire = Wire(section);
    let mut found = Vec::new();
    while !wire.0.is_empty() {
        found.push(wire.string().ok_or(KrlError::Damaged)?.to_owned());
    }
    Ok(found)
}

/// Passes over what need not be understood.
fn extension(section: &[u8], kind: u8) -> Result<(), KrlError> {
    let mut wire = Wire(section);
    wire.string().ok_or(KrlError::Damaged)?;
    let critical = wire.take(1).ok_or(KrlError::Damaged)?[0] != 0;
    if critical { Err(KrlError::Unknown(kind)) } else { Ok(()) }
}

fn certificates(section: &[u8]) -> Result<Certificates, KrlError> {
    let mut wire = Wire(section);
    let authority = wire.string().ok_or(KrlError::Damaged)?;
    wire.string().ok_or(KrlError::Damaged)?; // reserved
    let mut found = Certificates::default();
    if !authority.is_empty() {
        found.authority = Some(HostKey::parse(authority).ok_or(KrlError::Damaged)?);
    }
    while let Some((kind, data)) = part(&mut wire)? {
        let mut data_wire = Wire(data);
        match kind {
            CERTIFICATE_SERIALS => {
                while !data_wire.0.is_empty() {
                    let serial = data_wire.uint64().ok_or(KrlError::Damaged)?;
                    found.serials.push((serial, serial));
                }
            }
            CERTIFICATE_RANGE => {
                let first = data_wire.uint64().ok_or(KrlError::Damaged)?;
                let last = data_wire.uint64().ok_or(KrlError::Damaged)?;
                if last < first || !data_wire.0.is_empty() {
                    return Err(KrlError::Damaged);
                }
                found.serials.push((first, last));
            }
            CERTIFICATE_BITMAP => {
                let offset = data_wire.uint64().ok_or(KrlError::Damaged)?;
                let bits = data_wire.number().ok_or(KrlError::Damaged)?;
                if !data_wire.0.is_empty() {
                    return Err(KrlError::Damaged);
                }
                for (at, byte) in (0_u64..).zip(bits.iter().rev()) {
                    for bit in (0..8).filter(|bit| byte & (1 << bit) != 0) {
                        let serial = offset.checked_add(at * 8 + bit).ok_or(KrlError::Damaged)?;
                        found.serials.push((serial, serial));
                    }
                }
            }
            CERTIFICATE_IDS => found.ids.extend(strings(data)?),
            CERTIFICATE_EXTENSION => extension(data, kind)?,
            other => return Err(KrlError::Unknown(other)),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::{certificate, ed25519};
    use super::*;

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat()
    }

    fn section(kind: u8, data: &[u8]) -> Vec<u8> {
        [&[kind][..], &string(data)].concat()
    }

    fn list(sections: &[Vec<u8>]) -> Vec<u8> {
        let head = [MAGIC, &1_u32.to_be_bytes(), &[0; 24], &[0; 8]].concat();
        [head, sections.concat()].concat()
    }

    #[test]
    fn keys_are_named_by_themselves_and_by_their_hashes() {
        let key = ed25519(1);
        for (kind, data) in [
            (SECTION_KEYS, key.blob().to_vec()),
            (SECTION_SHA1, Sha1::digest(key.blob()).to_vec()),
            (SECTION_SHA256, Sha256::digest(key.blob()).to_vec()),
        ] {
            let krl = Krl::parse(&list(&[section(kind, &string(&data))])).expect("a list");
            assert!(krl.revokes(&key), "{kind}");
            assert!(krl.revokes(&certificate(1, &ed25519(7))), "{kind}");
            assert!(krl.revokes(&certificate(2, &key)), "{kind}");
            assert!(!krl.revokes(&ed25519(2)), "{kind}");
        }
    }

    #[test]
    fn what_is_damaged_or_unknown_is_an_error_at_every_length() {
        let key = string(ed25519(1).blob());
        let serials = section(CERTIFICATE_BITMAP, &[&[0; 8][..], &string(&[5])].concat());
        let certificates = [string(&[]), string(&[]), serials].concat();
        let good =
            list(&[section(SECTION_KEYS, &key), section(SECTION_CERTIFICATES, &certificates)]);
        assert!(Krl::parse(&good).is_ok());
        let ends: Vec<usize> =
            (0..good.len()).filter(|end| Krl::parse(&good[..*end]).is_ok()).collect();
        // Only where a section ends.
        assert_eq!(ends, [44, 44 + 5 + key.len()]);
        for (kind, critical, good) in
            [(9, 0, false), (4, 0, false), (255, 1, false), (255, 0, true)]
        {
            let data = [string(b"x"), vec![critical], string(b"")].concat();
            assert_eq!(Krl::parse(&list(&[section(kind, &data)])).is_ok(), good, "{kind}");
        }
        let range = [&2_u64.to_be_bytes()[..], &1_u64.to_be_bytes()].concat();
        let backwards = [string(&[]), string(&[]), section(CERTIFICATE_RANGE, &range)].concat();
        assert_eq!(
            Krl::parse(&list(&[section(SECTION_CERTIFICATES, &backwards)])),
            Err(KrlError::Damaged)
        );
    }
}
