//! The old encryption of PEM (RFC 1421, PEM_do_header(3)).

use data_encoding::{HEXLOWER_PERMISSIVE, HEXUPPER};
use ssh_key::Cipher;
use zeroize::Zeroizing;

use super::armour::{Armour, armour};
use super::decode::DecodeError;
use super::encode::EncodeError;

/// The block of AES.
const BLOCK: usize = 16;

/// The cipher of a DEK-Info header, if it is one that can be opened here.
pub(super) fn cipher(name: &str) -> Option<Cipher> {
    match name {
        "AES-128-CBC" => Some(Cipher::Aes128Cbc),
        "AES-192-CBC" => Some(Cipher::Aes192Cbc),
        "AES-256-CBC" => Some(Cipher::Aes256Cbc),
        _ => None,
    }
}

/// Takes the old encryption off and gives the body in the clear.
///
/// # Errors
/// When the text is damaged, or the passphrase does not lead to padding.
pub(super) fn decrypt(
    sealed: &Armour,
    passphrase: &[u8],
) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
    let damaged = |why: &str| DecodeError::Damaged(why.to_owned());
    let info = sealed.headers.iter().find_map(|header| header.strip_prefix("DEK-Info:"));
    let (name, iv) = info
        .and_then(|info| info.trim().split_once(','))
        .ok_or_else(|| damaged("it has no DEK-Info"))?;
    let cipher = cipher(name).ok_or_else(|| damaged("its cipher"))?;
    let iv = HEXLOWER_PERMISSIVE.decode(iv.trim().as_bytes()).map_err(|_| damaged("its salt"))?;
    if iv.len() != BLOCK {
        return Err(damaged("its salt"));
    }
    let mut der = sealed.decoded().ok_or_else(|| damaged("its text is no base64"))?;
    let key = key(cipher, passphrase, &iv);
    cipher.decrypt(&key, &iv, &mut der, None).map_err(|_| damaged("its length"))?;
    // PKCS#7: the last byte says how many of its kind there are.
    let padding = usize::from(der.last().copied().unwrap_or(0));
    let length = der.len().checked_sub(padding).ok_or(DecodeError::WrongPassphrase)?;
    let is_padding = (1..=BLOCK).contains(&padding);
    if !is_padding || der[length..].iter().any(|byte| usize::from(*byte) != padding) {
        return Err(DecodeError::WrongPassphrase);
    }
    der.truncate(length);
    Ok(der)
}

/// Writes DER as PEM with the old encryption, by AES-128 as ssh-keygen does.
///
/// # Errors
/// When there are no random bytes.
pub(super) fn encrypted(
    label: &str,
    der: &[u8],
    passphrase: &[u8],
) -> Result<Zeroizing<String>, EncodeError> {
    let cipher = Cipher::Aes128Cbc;
    let mut iv = [0; BLOCK];
    getrandom::fill(&mut iv)?;
    let padding = BLOCK - der.len() % BLOCK;
    let mut body = Zeroizing::new(Vec::with_capacity(der.len() + padding));
    body.extend_from_slice(der);
    body.resize(der.len() + padding, u8::try_from(padding).unwrap_or_default());
    let key = key(cipher, passphrase, &iv);
    cipher.encrypt(&key, &iv, &mut body).map_err(|_| EncodeError::Cipher)?;
    let headers = [
        "Proc-Type: 4,ENCRYPTED".to_owned(),
        format!("DEK-Info: AES-128-CBC,{}", HEXUPPER.encode(&iv)),
    ];
    Ok(armour(label, &headers, &body))
}

/// EVP_BytesToKey(3) with MD5, one round, and the first half of the IV as salt.
fn key(cipher: Cipher, passphrase: &[u8], iv: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = cipher.key_and_iv_size().map_or(0, |(key, _)| key);
    let mut key = Zeroizing::new(Vec::with_capacity(length + BLOCK));
    let mut last = Zeroizing::new([0; BLOCK]);
    while key.len() < length {
        let mut hash = md5::Context::new();
        if !key.is_empty() {
            hash.consume(*last);
        }
        hash.consume(passphrase);
        hash.consume(&iv[..8]);
        *last = hash.finalize().0;
        key.extend_from_slice(&*last);
    }
    key.truncate(length);
    key
}
