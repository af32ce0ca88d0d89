//! Writes a private key in one of the forms that other programs read.

use pkcs8::pkcs5::pbes2;
use ssh_key::private::KeypairData;
use ssh_key::sec1::der::{Decode, Encode};
use ssh_key::sec1::{EcParameters, EcPrivateKey};
use ssh_key::{Cipher, Kdf, LineEnding, PrivateKey};
use zeroize::Zeroizing;

use super::armour::armour;
use super::{der, pem, ppk};

/// As ssh-keygen(1) has it since OpenSSH 9.4.
const BCRYPT_ROUNDS: u32 = 24;
/// For PBKDF2 with SHA-256.
const PBKDF2_ROUNDS: u32 = 600_000;

/// A form to write a key in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `BEGIN OPENSSH PRIVATE KEY`
    OpenSsh,
    /// PKCS#1 for RSA, SEC 1 for ECDSA; there is none for Ed25519, which is written as PKCS#8.
    Pem,
    /// `BEGIN PRIVATE KEY`
    Pkcs8,
    /// PuTTY's, version 3.
    Ppk,
}

/// Why a key cannot be written so.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The form has no such keys.
    #[error("a key of type {0} cannot be written in {1} form")]
    NoSuchForm(String, &'static str),
    /// The library failed.
    #[error(transparent)]
    Ssh(#[from] ssh_key::Error),
    /// The library failed.
    #[error("the key cannot be written as ASN.1")]
    Der,
    /// The library failed.
    #[error("the key cannot be encrypted")]
    Cipher,
    /// The system gives no random bytes.
    #[error("no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// Writes a key that is in the clear; with a passphrase, it is encrypted.
///
/// # Errors
/// See [`EncodeError`].
pub fn encode(
    key: &PrivateKey,
    form: Form,
    passphrase: Option<&[u8]>,
) -> Result<Zeroizing<String>, EncodeError> {
    match form {
        Form::OpenSsh => openssh(key, passphrase),
        Form::Ppk => ppk::encode(key, passphrase),
        Form::Pkcs8 => pkcs8_pem(&pkcs8_der(key)?, passphrase),
        Form::Pem => {
            let whole = pkcs8_der(key)?;
            let info = pkcs8::PrivateKeyInfoRef::from_der(&whole).map_err(|_| EncodeError::Der)?;
            let inner = info.private_key.as_bytes();
            let (label, der) = match key.key_data() {
                KeypairData::Rsa(_) => ("RSA PRIVATE KEY", Zeroizing::new(inner.to_vec())),
                KeypairData::Ecdsa(_) => {
                    let curve = info.algorithm.parameters_oid().map_err(|_| EncodeError::Der)?;
                    ("EC PRIVATE KEY", sec1_der(inner, curve)?)
                }
                _ => return pkcs8_pem(&whole, passphrase),
            };
            match passphrase {
                Some(passphrase) => pem::encrypted(label, &der, passphrase),
                None => Ok(armour(label, &[], &der)),
            }
        }
    }
}

fn openssh(key: &PrivateKey, passphrase: Option<&[u8]>) -> Result<Zeroizing<String>, EncodeError> {
    let Some(passphrase) = passphrase else { return Ok(key.to_openssh(LineEnding::LF)?) };
    let mut salt = vec![0; 16];
    getrandom::fill(&mut salt)?;
    let kdf = Kdf::Bcrypt { salt, rounds: BCRYPT_ROUNDS };
    let locked = key.encrypt_with(Cipher::Aes256Ctr, kdf, getrandom::u32()?, passphrase)?;
    Ok(locked.to_openssh(LineEnding::LF)?)
}

fn pkcs8_der(key: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, EncodeError> {
    match key.key_data() {
        pair @ (KeypairData::Ed25519(_) | KeypairData::Ecdsa(_) | KeypairData::Rsa(_)) => {
            der::encode_pkcs8(pair).ok_or(EncodeError::Der)
        }
        _ => Err(EncodeError::NoSuchForm(key.algorithm().to_string(), "PEM")),
    }
}

fn pkcs8_pem(der: &[u8], passphrase: Option<&[u8]>) -> Result<Zeroizing<String>, EncodeError> {
    let Some(passphrase) = passphrase else { return Ok(armour("PRIVATE KEY", &[], der)) };
    let info = pkcs8::PrivateKeyInfoRef::from_der(der).map_err(|_| EncodeError::Der)?;
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut iv)?;
    let params = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ROUNDS, &salt, iv)
        .map_err(|_| EncodeError::Cipher)?;
    let locked = info.encrypt_with_params(params, passphrase).map_err(|_| EncodeError::Cipher)?;
    Ok(armour("ENCRYPTED PRIVATE KEY", &[], locked.as_bytes()))
}

/// An EC key of PKCS#8 as one of SEC 1, which has to name its curve itself.
fn sec1_der(
    inner: &[u8],
    curve: pkcs8::ObjectIdentifier,
) -> Result<Zeroizing<Vec<u8>>, EncodeError> {
    let mut key = EcPrivateKey::from_der(inner).map_err(|_| EncodeError::Der)?;
    key.parameters = Some(EcParameters::NamedCurve(curve));
    key.to_der().map(Zeroizing::new).map_err(|_| EncodeError::Der)
}
