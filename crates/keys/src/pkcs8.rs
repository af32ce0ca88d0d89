//! PKCS#8 (RFC 5208, RFC 8018): which encryption and which type of key a file has.
//!
//! What is not supported is told apart from a wrong passphrase and from damage.

use pkcs8::der::asn1::{AnyRef, OctetStringRef};
use pkcs8::der::{Decode, Reader, SliceReader};
use pkcs8::spki::AlgorithmIdentifierRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, pkcs5};
use ssh_key::PrivateKey;

use super::decode::{DecodeError, Unsupported};
use super::der::{self, DerError};

/// PBES2 of RFC 8018, whose parameters name the cipher.
const PBES2: &str = "1.2.840.113549.1.5.13";
/// The encryptions of PBES1 and PKCS#12, by the names that openssl has for them.
const OLD_ENCRYPTIONS: [(&str, &str); 12] = [
    ("1.2.840.113549.1.5.1", "PBE-MD2-DES"),
    ("1.2.840.113549.1.5.3", "PBE-MD5-DES"),
    ("1.2.840.113549.1.5.4", "PBE-MD2-RC2-64"),
    ("1.2.840.113549.1.5.6", "PBE-MD5-RC2-64"),
    ("1.2.840.113549.1.5.10", "PBE-SHA1-DES"),
    ("1.2.840.113549.1.5.11", "PBE-SHA1-RC2-64"),
    ("1.2.840.113549.1.12.1.1", "PBE-SHA1-RC4-128"),
    ("1.2.840.113549.1.12.1.2", "PBE-SHA1-RC4-40"),
    ("1.2.840.113549.1.12.1.3", "PBE-SHA1-3DES"),
    ("1.2.840.113549.1.12.1.4", "PBE-SHA1-2DES"),
    ("1.2.840.113549.1.12.1.5", "PBE-SHA1-RC2-128"),
    ("1.2.840.113549.1.12.1.6", "PBE-SHA1-RC2-40"),
];
/// DSA, the one type that ssh had and the built-in client has not.
const DSA: &str = "1.2.840.10040.4.1";
/// Types of keys that are none of ssh's, by the names that openssl has for them.
const FOREIGN_TYPES: [(&str, &str); 10] = [
    ("1.3.101.110", "X25519"),
    ("1.3.101.111", "X448"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.113549.1.3.1", "DH"),
    ("1.3.132.0.10", "EC secp256k1"),
    ("1.3.132.0.33", "EC secp224r1"),
    ("1.2.840.10045.3.1.1", "EC prime192v1"),
    ("1.3.36.3.3.2.8.1.1.7", "EC brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "EC brainpoolP384r1"),
];

/// Requires an encryption that [`open`] can take off.
///
/// # Errors
/// [`DecodeError::Unsupported`] with its name, or [`DecodeError::Damaged`].
pub(super) fn check_encryption(der: &[u8]) -> Result<(), DecodeError> {
    let algorithm = encryption(der).map_err(|error| DecodeError::Damaged(error.to_string()))?;
    let name = algorithm.oid.to_string();
    if name == PBES2 && pkcs5::EncryptionScheme::try_from(algorithm).is_ok() {
        return Ok(());
    }
    let old = OLD_ENCRYPTIONS.iter().find(|(oid, _)| *oid == name);
    Err(DecodeError::Unsupported(match old {
        Some((_, old)) => Unsupported::Pbes1(old),
        None if name == PBES2 => Unsupported::Pbes2,
        None => Unsupported::Pkcs8Encryption(name),
    }))
}

/// The algorithm of EncryptedPrivateKeyInfo, which is whole.
fn encryption(der: &[u8]) -> pkcs8::der::Result<AlgorithmIdentifierRef<'_>> {
    let mut reader = SliceReader::new(der)?;
    reader.sequence(|info| {
        let algorithm = AlgorithmIdentifierRef::decode(info)?;
        <&OctetStringRef>::decode(info)?;
        Ok(algorithm)
    })
}

/// Takes the encryption off.
///
/// # Errors
/// [`DecodeError::WrongPassphrase`], or what [`refused`] says of the key inside.
pub(super) fn open(der: &[u8], passphrase: &[u8]) -> Result<PrivateKey, DecodeError> {
    let sealed = EncryptedPrivateKeyInfoRef::from_der(der)
        .map_err(|error| DecodeError::Damaged(error.to_string()))?;
    let inside = sealed.decrypt(passphrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::UnsupportedAlgorithm { oid }) => {
            Unsupported::Pkcs8Encryption(oid.to_string()).into()
        }
        _ => DecodeError::WrongPassphrase,
    })?;
    der::decode(inside.as_bytes()).map_err(|error| {
        // That it is whole shows that the passphrase was right.
        let unknown = || Unsupported::Form(error.to_string()).into();
        refused(&error).unwrap_or_else(unknown)
    })
}

/// What a failure says about the type of the key, if that is what failed.
pub(super) fn refused(error: &DerError) -> Option<DecodeError> {
    let DerError::UnknownAlgorithm(oid) = error else { return None };
    let name = ObjectIdentifier::to_string(oid);
    if name == DSA {
        return Some(Unsupported::KeyType("ssh-dss".to_owned()).into());
    }
    let known = FOREIGN_TYPES.iter().find(|(oid, _)| *oid == name);
    Some(DecodeError::NoSuchType(known.map_or(name.clone(), |(_, known)| (*known).to_owned())))
}

/// Whether these bytes are a whole ASN.1 sequence, of whatever.
pub(super) fn is_whole(der: &[u8]) -> bool {
    let walk = || {
        let mut reader = SliceReader::new(der)?;
        reader.sequence(|inside| {
            while !inside.is_finished() {
                AnyRef::decode(inside)?;
            }
            pkcs8::der::Result::Ok(())
        })
    };
    walk().is_ok()
}
