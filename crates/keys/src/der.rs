//! A private key in ASN.1, in the clear: PKCS#1 (RFC 8017), SEC 1 (RFC 5915) and PKCS#8 (RFC 5208).

use std::fmt::Display;

use data_encoding::HEXLOWER;
use pkcs8::der::asn1::{AnyRef, ContextSpecific, OctetStringRef, UintRef};
use pkcs8::der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use pkcs8::{AssociatedOid, EncodePrivateKey, ObjectIdentifier, PrivateKeyInfoRef};
use rsa::pkcs1::DecodeRsaPrivateKey;
use ssh_key::PrivateKey;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair};
use ssh_key::sec1::{EcParameters, EcPrivateKey};
use zeroize::Zeroizing;

/// The algorithm of RSA keys in PKCS#8 (RFC 8017, appendix A.1).
const RSA: ObjectIdentifier = rsa::pkcs1::ALGORITHM_OID;
/// The algorithm of ECDSA keys in PKCS#8 (RFC 5480, section 2.1.1).
const ECDSA: ObjectIdentifier = ssh_key::sec1::ALGORITHM_OID;
/// The algorithm of Ed25519 keys in PKCS#8 (RFC 8410, section 3).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410, section 7).
const ED25519_PKCS8: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// The primes of the curves (FIPS 186-4, appendix D.1.2).
const PRIMES: [(ObjectIdentifier, &str); 3] = [
    (p256::NistP256::OID, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
    (
        p384::NistP384::OID,
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe\
         ffffffff0000000000000000ffffffff",
    ),
    (
        p521::NistP521::OID,
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         ffff",
    ),
];

/// Why ASN.1 gives no key.
#[derive(Debug, thiserror::Error)]
pub(super) enum DerError {
    /// A type of key, or a curve, that is not read here.
    #[error("unknown key algorithm {0}")]
    UnknownAlgorithm(ObjectIdentifier),
    /// What is wrong with it.
    #[error("{0}")]
    Malformed(String),
}

fn malformed(why: impl Display) -> DerError {
    DerError::Malformed(why.to_string())
}

/// Reads a key of PKCS#1.
///
/// # Errors
/// [`DerError::Malformed`]
pub(super) fn decode_pkcs1(der: &[u8]) -> Result<PrivateKey, DerError> {
    let key = rsa::RsaPrivateKey::from_pkcs1_der(der).map_err(malformed)?;
    let pair = RsaKeypair::try_from(key).map_err(malformed)?;
    private_key(KeypairData::Rsa(pair))
}

/// Reads a key of SEC 1 or PKCS#8; files have either below either BEGIN line.
///
/// # Errors
/// See [`DerError`].
pub(super) fn decode(der: &[u8]) -> Result<PrivateKey, DerError> {
    if let Ok(key) = EcPrivateKey::from_der(der) {
        let curve = key.parameters.and_then(EcParameters::named_curve);
        let curve = curve.ok_or_else(|| malformed("it names no curve"))?;
        return private_key(ecdsa(curve, key)?);
    }
    if let Ok((curve, number)) = with_curve_parameters(der) {
        return private_key(ecdsa_of_number(curve, number)?);
    }
    let info = PrivateKeyInfoRef::from_der(der).map_err(malformed)?;
    match info.algorithm.oid {
        RSA => decode_pkcs1(info.private_key.as_bytes()),
        ECDSA => {
            let curve = info.algorithm.parameters_oid().map_err(malformed)?;
            private_key(ecdsa(curve, info)?)
        }
        ED25519 => {
            let seed = <&OctetStringRef>::from_der(info.private_key.as_bytes());
            let seed = seed.ok().and_then(|seed| seed.as_bytes().try_into().ok());
            let seed = seed.ok_or_else(|| malformed("an Ed25519 key has 32 bytes"))?;
            let pair = Ed25519Keypair::from_seed(seed);
            // RFC 5958: the public half may follow.
            let public = info.public_key.and_then(|public| public.as_bytes());
            if public.is_some_and(|public| public != pair.public.as_ref()) {
                return Err(malformed("its two halves do not belong together"));
            }
            private_key(KeypairData::Ed25519(pair))
        }
        other => Err(DerError::UnknownAlgorithm(other)),
    }
}

fn private_key(pair: KeypairData) -> Result<PrivateKey, DerError> {
    PrivateKey::new(pair, "").map_err(malformed)
}

fn ecdsa<K, E: Display>(curve: ObjectIdentifier, key: K) -> Result<KeypairData, DerError>
where
    p256::SecretKey: TryFrom<K, Error = E>,
    p384::SecretKey: TryFrom<K, Error = E>,
    p521::SecretKey: TryFrom<K, Error = E>,
{
    Ok(KeypairData::Ecdsa(match curve {
        p256::NistP256::OID => p256::SecretKey::try_from(key).map_err(malformed)?.into_pair(),
        p384::NistP384::OID => p384::SecretKey::try_from(key).map_err(malformed)?.into_pair(),
        p521::NistP521::OID => p521::SecretKey::try_from(key).map_err(malformed)?.into_pair(),
        other => return Err(DerError::UnknownAlgorithm(other)),
    }))
}

fn ecdsa_of_number(curve: ObjectIdentifier, number: &[u8]) -> Result<KeypairData, DerError> {
    Ok(KeypairData::Ecdsa(match curve {
        p256::NistP256::OID => p256::SecretKey::from_slice(number).map_err(malformed)?.into_pair(),
        p384::NistP384::OID => p384::SecretKey::from_slice(number).map_err(malformed)?.into_pair(),
        p521::NistP521::OID => p521::SecretKey::from_slice(number).map_err(malformed)?.into_pair(),
        other => return Err(DerError::UnknownAlgorithm(other)),
    }))
}

/// A private number of one curve, to which the public point is computed.
trait IntoPair {
    fn into_pair(self) -> EcdsaKeypair;
}

impl IntoPair for p256::SecretKey {
    fn into_pair(self) -> EcdsaKeypair {
        EcdsaKeypair::NistP256 { public: self.public_key().into(), private: self.into() }
    }
}

impl IntoPair for p384::SecretKey {
    fn into_pair(self) -> EcdsaKeypair {
        EcdsaKeypair::NistP384 { public: self.public_key().into(), private: self.into() }
    }
}

impl IntoPair for p521::SecretKey {
    fn into_pair(self) -> EcdsaKeypair {
        EcdsaKeypair::NistP521 { public: self.public_key().into(), private: self.into() }
    }
}

/// The curve and the private number of a SEC 1 key that has the parameters of its curve in the place
/// of the name (`openssl ecparam -param_enc explicit`).
fn with_curve_parameters(der: &[u8]) -> pkcs8::der::Result<(ObjectIdentifier, &[u8])> {
    let mut reader = SliceReader::new(der)?;
    reader.sequence(|key| {
        let _version: u8 = key.decode()?;
        let number: &OctetStringRef = key.decode()?;
        let parameters = ContextSpecific::<AnyRef<'_>>::decode_explicit(key, TagNumber(0))?;
        let parameters = parameters.ok_or_else(|| key.error(Tag::Sequence.value_error()))?;
        let curve = curve_of_parameters(parameters.value)?;
        // The public point may follow.
        key.drain(key.remaining_len())?;
        Ok((curve, number.as_bytes()))
    })
}

/// The curve with these ECParameters (SEC 1, appendix C.2), told by its prime.
fn curve_of_parameters(parameters: AnyRef<'_>) -> pkcs8::der::Result<ObjectIdentifier> {
    parameters.tag().assert_eq(Tag::Sequence)?;
    let mut inside = SliceReader::new(parameters.value())?;
    if Tag::peek(&inside)? == Tag::Integer {
        let _version: u8 = inside.decode()?;
    }
    inside.sequence(|field| {
        let _kind: ObjectIdentifier = field.decode()?;
        let prime: UintRef<'_> = field.decode()?;
        let known =
            PRIMES.into_iter().find(|(_, known)| *known == HEXLOWER.encode(prime.as_bytes()));
        known.map(|(curve, _)| curve).ok_or_else(|| field.error(Tag::Integer.value_error()))
    })
}

/// Writes a key as PKCS#8; `None` for a type that PKCS#8 has not.
pub(super) fn encode_pkcs8(key: &KeypairData) -> Option<Zeroizing<Vec<u8>>> {
    let document = match key {
        KeypairData::Ed25519(pair) => {
            // pkcs8 adds the public half, which OpenSSL 3.0 does not read.
            let seed = Zeroizing::new(pair.private.to_bytes());
            let mut der = Zeroizing::new(Vec::with_capacity(ED25519_PKCS8.len() + seed.len()));
            der.extend_from_slice(ED25519_PKCS8);
            der.extend_from_slice(&*seed);
            return Some(der);
        }
        KeypairData::Rsa(pair) => rsa::RsaPrivateKey::try_from(pair).ok()?.to_pkcs8_der(),
        KeypairData::Ecdsa(EcdsaKeypair::NistP256 { private, .. }) => {
            p256::SecretKey::from_slice(private.as_slice()).ok()?.to_pkcs8_der()
        }
        KeypairData::Ecdsa(EcdsaKeypair::NistP384 { private, .. }) => {
            p384::SecretKey::from_slice(private.as_slice()).ok()?.to_pkcs8_der()
        }
        KeypairData::Ecdsa(EcdsaKeypair::NistP521 { private, .. }) => {
            p521::SecretKey::from_slice(private.as_slice()).ok()?.to_pkcs8_der()
        }
        _ => return None,
    };
    Some(Zeroizing::new(document.ok()?.as_bytes().to_vec()))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "openssl makes the keys")]
mod tests {
    use std::process::Command;

    use super::*;

    /// A new key of this curve in SEC 1, with the parameters of the curve in the place of its name.
    fn with_parameters(curve: &str) -> Vec<u8> {
        let args = ["ecparam", "-genkey", "-noout", "-param_enc", "explicit", "-outform", "DER"];
        sshp_testing::needs::require_program("openssl".as_ref());
        let done = Command::new("openssl").args(args).args(["-name", curve]).output();
        let done = done.expect("openssl");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }

    #[test]
    fn a_curve_is_known_by_its_parameters_too() {
        sshp_testing::needs!("openssl");
        for (curve, name) in [
            ("prime256v1", "ecdsa-sha2-nistp256"),
            ("secp384r1", "ecdsa-sha2-nistp384"),
            ("secp521r1", "ecdsa-sha2-nistp521"),
        ] {
            let key = decode(&with_parameters(curve)).expect(curve);
            assert_eq!(key.algorithm().as_str(), name);
            let again = decode(&encode_pkcs8(key.key_data()).expect("a form")).expect("PKCS#8");
            assert_eq!(again.key_data(), key.key_data(), "{curve}");
        }
    }

    #[test]
    fn another_curve_of_the_same_length_is_none_of_ssh() {
        sshp_testing::needs!("openssl");
        for curve in ["secp256k1", "brainpoolP256r1", "brainpoolP384r1"] {
            let read = decode(&with_parameters(curve));
            assert!(read.is_err(), "{curve}: {read:?}");
        }
    }

    #[test]
    fn the_public_half_of_an_ed25519_key_has_to_be_its_own() {
        let ours = encode_pkcs8(&KeypairData::Ed25519(Ed25519Keypair::from_seed(&[7; 32])));
        let ours = ours.expect("a form");
        let with_public = |public: &[u8; 32]| {
            let mut der = ours.to_vec();
            // Version 2, and [1] BIT STRING without unused bits (RFC 5958, section 2).
            (der[1], der[4]) = (0x51, 1);
            der.extend([0x81, 0x21, 0]);
            der.extend(public);
            decode(&der)
        };
        let own = Ed25519Keypair::from_seed(&[7; 32]).public.0;
        assert!(with_public(&own).is_ok());
        assert!(with_public(&[8; 32]).is_err());
    }
}
