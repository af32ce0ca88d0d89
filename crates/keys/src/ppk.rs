//! PuTTY's key files: versions 2 and 3 are read, version 3 is written (PuTTY manual, appendix C).
//!
//! The library below takes an Ed25519 key for a big-endian number, and loses or refuses one in a
//! hundred; and it trusts the file with how much memory is taken. So it is done here.

use argon2::{Algorithm as Variant, Argon2, Params, Version};
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use ssh_key::encoding::{Decode, Encode};
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair, RsaPrivateKey};
use ssh_key::public::KeyData;
use ssh_key::{Cipher, EcdsaCurve, Mpint, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use super::decode::{DecodeError, Unsupported};
use super::encode::EncodeError;
use super::inspect::string;
use super::public::flat;

/// What PuTTY writes: 8 MiB, and passes that take it a tenth of a second.
const MEMORY_KIB: u32 = 8192;
const PASSES: u32 = 13;
/// A file that asks for more memory than this is not opened (1 GiB, in KiB).
const MOST_MEMORY: u32 = 1 << 20;
/// Nor one that asks for more passes over it.
const MOST_PASSES: u32 = 10_000;
/// The block of AES.
const BLOCK: usize = 16;
/// What the key of the MAC begins with in version 2.
const MAC_PREFIX: &[u8] = b"putty-private-key-file-mac-key";

/// A key file, cut into its parts.
struct Ppk<'a> {
    version: u8,
    algorithm: &'a [u8],
    encryption: &'a [u8],
    comment: &'a [u8],
    public: Vec<u8>,
    kdf: Option<Kdf>,
    private: Zeroizing<Vec<u8>>,
    mac: Vec<u8>,
}

/// How a passphrase becomes a key in version 3.
struct Kdf {
    variant: Variant,
    params: Params,
    salt: Vec<u8>,
}

/// The keys of one file.
struct Secrets {
    key: Zeroizing<[u8; 32]>,
    iv: [u8; BLOCK],
    mac: Zeroizing<Vec<u8>>,
}

/// Opens a key file.
///
/// # Errors
/// See [`DecodeError`].
pub(super) fn decode(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<PrivateKey, DecodeError> {
    let mut ppk = Ppk::parse(bytes)?;
    let passphrase = match ppk.encryption {
        b"none" => None,
        b"aes256-cbc" => Some(passphrase.ok_or(DecodeError::NeedsPassphrase)?),
        other => {
            let other = String::from_utf8_lossy(other).into_owned();
            return Err(Unsupported::PpkCipher(other).into());
        }
    };
    let secrets = ppk.secrets(passphrase)?;
    if passphrase.is_some() {
        if ppk.private.len() % BLOCK != 0 {
            return Err(damaged("its private part has no whole number of blocks"));
        }
        Cipher::Aes256Cbc
            .decrypt(&*secrets.key, &secrets.iv, &mut ppk.private, None)
            .map_err(damaged)?;
    }
    if !ppk.is_authentic(&secrets.mac) {
        return Err(match passphrase {
            Some(_) => DecodeError::WrongPassphrase,
            None => damaged("its checksum is wrong"),
        });
    }
    let public = flat(&ppk.public).and_then(PublicKey::from_bytes).map_err(damaged)?;
    if public.algorithm().as_str().as_bytes() != ppk.algorithm {
        return Err(damaged("its public part is of another type"));
    }
    let pair = key_pair(&public, &ppk.public, &ppk.private)?;
    PrivateKey::new(pair, ppk.comment).map_err(damaged)
}

/// The public half, which stands in the clear.
pub(super) fn public(bytes: &[u8]) -> Option<PublicKey> {
    let ppk = Ppk::parse(bytes).ok()?;
    let mut public = flat(&ppk.public).and_then(PublicKey::from_bytes).ok()?;
    public.set_comment(ppk.comment);
    Some(public)
}

/// Writes a key file of version 3; with a passphrase, by Argon2id and AES.
///
/// # Errors
/// When PuTTY has no such keys, or there are no random bytes.
pub(super) fn encode(
    key: &PrivateKey,
    passphrase: Option<&[u8]>,
) -> Result<Zeroizing<String>, EncodeError> {
    let algorithm = key.algorithm();
    let comment: Vec<u8> =
        key.comment().as_bytes().iter().map(|b| if *b < b' ' { b' ' } else { *b }).collect();
    let mut ppk = Ppk {
        version: 3,
        algorithm: algorithm.as_str().as_bytes(),
        encryption: if passphrase.is_some() { b"aes256-cbc" } else { b"none" },
        comment: &comment,
        public: key.public_key().to_bytes()?,
        kdf: None,
        private: private_part(key)?,
        mac: Vec::new(),
    };
    if passphrase.is_some() {
        let mut salt = vec![0; BLOCK];
        getrandom::fill(&mut salt)?;
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| EncodeError::Cipher)?;
        ppk.kdf = Some(Kdf { variant: Variant::Argon2id, params, salt });
        let length = ppk.private.len();
        let mut padded = Zeroizing::new(vec![0; length.next_multiple_of(BLOCK)]);
        padded[..length].copy_from_slice(&ppk.private);
        getrandom::fill(&mut padded[length..])?;
        ppk.private = padded;
    }
    let secrets = ppk.secrets(passphrase).map_err(|_| EncodeError::Cipher)?;
    ppk.mac = mac::<Hmac<Sha256>>(&secrets.mac, &ppk.signed()).finalize().into_bytes().to_vec();
    if passphrase.is_some() {
        Cipher::Aes256Cbc
            .encrypt(&*secrets.key, &secrets.iv, &mut ppk.private)
            .map_err(|_| EncodeError::Cipher)?;
    }
    Ok(ppk.render())
}

impl<'a> Ppk<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        let mut lines = Lines { rest: bytes };
        let first = lines.line()?;
        let head = first.strip_prefix(b"PuTTY-User-Key-File-");
        let (version, algorithm) = match head.and_then(<[u8]>::split_first) {
            Some((b'2', rest)) => (2, rest),
            Some((b'3', rest)) => (3, rest),
            _ => {
                let text = String::from_utf8_lossy(first).into_owned();
                return Err(Unsupported::PpkFormat(text).into());
            }
        };
        let algorithm = algorithm.strip_prefix(b": ").ok_or_else(|| damaged("its first line"))?;
        let encryption = lines.header("Encryption")?;
        let comment = lines.header("Comment")?;
        let public = lines.base64("Public-Lines")?.to_vec();
        let kdf = if version == 3 && encryption != b"none" { Some(lines.kdf()?) } else { None };
        let private = lines.base64("Private-Lines")?;
        let mac = HEXLOWER_PERMISSIVE.decode(lines.header("Private-MAC")?).map_err(damaged)?;
        Ok(Ppk { version, algorithm, encryption, comment, public, kdf, private, mac })
    }

    /// What a passphrase leads to; without one, only a MAC is made, with a key that all know.
    fn secrets(&self, passphrase: Option<&[u8]>) -> Result<Secrets, DecodeError> {
        let mut secrets =
            Secrets { key: Zeroizing::default(), iv: [0; BLOCK], mac: Zeroizing::default() };
        let word = passphrase.unwrap_or_default();
        match (&self.kdf, self.version) {
            (Some(Kdf { variant, params, salt }), _) => {
                let mut out = Zeroizing::new([0; 80]);
                Argon2::new(*variant, Version::V0x13, params.clone())
                    .hash_password_into(word, salt, &mut *out)
                    .map_err(damaged)?;
                secrets.key.copy_from_slice(&out[..32]);
                secrets.iv.copy_from_slice(&out[32..48]);
                secrets.mac = Zeroizing::new(out[48..].to_vec());
            }
            (None, 2) => {
                let hash = |parts: &[&[u8]]| {
                    let mut hash = Sha1::new();
                    for part in parts {
                        hash.update(part);
                    }
                    Zeroizing::new(<[u8; 20]>::from(hash.finalize()))
                };
                secrets.key[..20].copy_from_slice(&*hash(&[&[0; 4], word]));
                secrets.key[20..].copy_from_slice(&hash(&[&[0, 0, 0, 1], word])[..12]);
                secrets.mac = Zeroizing::new(hash(&[MAC_PREFIX, word]).to_vec());
            }
            (None, _) => {}
        }
        Ok(secrets)
    }

    /// What the MAC is over.
    fn signed(&self) -> Zeroizing<Vec<u8>> {
        let parts =
            [self.algorithm, self.encryption, self.comment, &self.public, &self.private[..]];
        let length = parts.iter().map(|part| part.len() + 4).sum();
        let mut signed = Zeroizing::new(Vec::with_capacity(length));
        for part in parts {
            put_string(&mut signed, part);
        }
        signed
    }

    fn is_authentic(&self, key: &[u8]) -> bool {
        let signed = self.signed();
        match self.version {
            2 => mac::<Hmac<Sha1>>(key, &signed).verify_slice(&self.mac).is_ok(),
            _ => mac::<Hmac<Sha256>>(key, &signed).verify_slice(&self.mac).is_ok(),
        }
    }

    fn render(&self) -> Zeroizing<String> {
        let text = String::from_utf8_lossy;
        let private = Zeroizing::new(BASE64.encode(&self.private));
        let mut out = Zeroizing::new(String::with_capacity(2048 + private.len() * 2));
        out.push_str(&format!(
            "PuTTY-User-Key-File-{}: {}\nEncryption: {}\nComment: {}\n",
            self.version,
            text(self.algorithm),
            text(self.encryption),
            text(self.comment)
        ));
        put_base64(&mut out, "Public-Lines", &BASE64.encode(&self.public));
        if let Some(Kdf { variant, params, salt }) = &self.kdf {
            out.push_str(&format!(
                "Key-Derivation: {}\nArgon2-Memory: {}\nArgon2-Passes: {}\n\
                 Argon2-Parallelism: {}\nArgon2-Salt: {}\n",
                match variant {
                    Variant::Argon2d => "Argon2d",
                    Variant::Argon2i => "Argon2i",
                    Variant::Argon2id => "Argon2id",
                },
                params.m_cost(),
                params.t_cost(),
                params.p_cost(),
                HEXLOWER.encode(salt)
            ));
        }
        put_base64(&mut out, "Private-Lines", &private);
        out.push_str("Private-MAC: ");
        out.push_str(&HEXLOWER.encode(&self.mac));
        out.push('\n');
        out
    }
}

/// The lines of a file, one after the other.
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    fn line(&mut self) -> Result<&'a [u8], DecodeError> {
        if self.rest.is_empty() {
            return Err(damaged("it ends too early"));
        }
        let end = memchr::memchr2(b'\n', b'\r', self.rest).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix(b"\r\n").or(rest.get(1..)).unwrap_or_default();
        Ok(line)
    }

    /// The value of a line that has to stand here.
    fn header(&mut self, name: &str) -> Result<&'a [u8], DecodeError> {
        let line = self.line()?;
        let value = line.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b": "));
        // An empty comment may have lost its blank to an editor.
        let bare = || line.strip_prefix(name.as_bytes()).filter(|rest| *rest == b":");
        value
            .or_else(|| bare().map(|_| &b""[..]))
            .ok_or_else(|| damaged(format_args!("`{name}` is missing")))
    }

    fn number(&mut self, name: &str) -> Result<u32, DecodeError> {
        let value = std::str::from_utf8(self.header(name)?).map_err(damaged)?;
        value.parse().map_err(|e| damaged(format_args!("{name}: {e}")))
    }

    fn base64(&mut self, name: &str) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        let count = self.number(name)?;
        let mut text = Zeroizing::new(Vec::with_capacity(self.rest.len()));
        for _ in 0..count {
            text.extend_from_slice(self.line()?);
        }
        BASE64.decode(&text).map(Zeroizing::new).map_err(damaged)
    }

    fn kdf(&mut self) -> Result<Kdf, DecodeError> {
        let variant = match self.header("Key-Derivation")? {
            b"Argon2id" => Variant::Argon2id,
            b"Argon2i" => Variant::Argon2i,
            b"Argon2d" => Variant::Argon2d,
            other => {
                let other = String::from_utf8_lossy(other).into_owned();
                return Err(Unsupported::PpkDerivation(other).into());
            }
        };
        let memory = self.number("Argon2-Memory")?;
        let passes = self.number("Argon2-Passes")?;
        let lanes = self.number("Argon2-Parallelism")?;
        if memory > MOST_MEMORY || passes > MOST_PASSES {
            return Err(Unsupported::PpkCost { memory, passes }.into());
        }
        let params = Params::new(memory, passes, lanes, None).map_err(damaged)?;
        let salt = HEXLOWER_PERMISSIVE.decode(self.header("Argon2-Salt")?).map_err(damaged)?;
        Ok(Kdf { variant, params, salt })
    }
}

/// The MAC of a text, to be finished or compared.
fn mac<M: Mac + KeyInit>(key: &[u8], signed: &[u8]) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(signed);
    mac
}

/// The private part as PuTTY writes it: RSA `d p q iqmp`, ECDSA the number, Ed25519 the number in
/// little-endian.
fn private_part(key: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, EncodeError> {
    let mut out = Zeroizing::new(Vec::with_capacity(16 * 1024));
    match key.key_data() {
        KeypairData::Ed25519(pair) => {
            let seed = Zeroizing::new(pair.private.to_bytes());
            let length = seed.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
            put_string(&mut out, &seed[..length]);
        }
        KeypairData::Ecdsa(pair) => {
            let number = pair.private_key_bytes();
            let number = &number[number.iter().take_while(|b| **b == 0).count()..];
            let mut signed = Zeroizing::new(Vec::with_capacity(number.len() + 1));
            if number.first().is_some_and(|first| first & 0x80 != 0) {
                signed.push(0);
            }
            signed.extend_from_slice(number);
            put_string(&mut out, &signed);
        }
        KeypairData::Rsa(pair) => {
            let private = pair.private();
            for number in [private.d(), private.p(), private.q(), private.iqmp()] {
                put_string(&mut out, number.as_bytes());
            }
        }
        _ => return Err(EncodeError::NoSuchForm(key.algorithm().to_string(), "PuTTY's")),
    }
    Ok(out)
}

/// Both halves from what [`private_part`] writes; what follows is padding.
fn key_pair(public: &PublicKey, blob: &[u8], private: &[u8]) -> Result<KeypairData, DecodeError> {
    let mut rest = private;
    let mut number = || -> Result<&[u8], DecodeError> {
        string(&mut rest).ok_or_else(|| damaged("its private part ends too early"))
    };
    match public.key_data() {
        KeyData::Ed25519(known) => {
            let number = number()?;
            let mut seed = Zeroizing::new([0; 32]);
            seed.get_mut(..number.len())
                .ok_or_else(|| damaged("its private part is too long"))?
                .copy_from_slice(number);
            let pair = Ed25519Keypair::from_seed(&seed);
            if pair.public != *known {
                return Err(damaged("its two halves do not belong together"));
            }
            Ok(KeypairData::Ed25519(pair))
        }
        KeyData::Ecdsa(known) => {
            let number = number()?;
            let number = &number[number.iter().take_while(|b| **b == 0).count()..];
            let size = match known.curve() {
                EcdsaCurve::NistP256 => 32,
                EcdsaCurve::NistP384 => 48,
                EcdsaCurve::NistP521 => 66,
            };
            let pad = size - number.len().min(size);
            // `curve point number`, as in OpenSSH's own format.
            let mut text = Zeroizing::new(Vec::with_capacity(blob.len() + size + 4));
            let mut tail = blob;
            string(&mut tail).ok_or_else(|| damaged("its public part"))?;
            text.extend_from_slice(tail);
            let mut padded = Zeroizing::new(vec![0; pad]);
            padded.extend_from_slice(number);
            put_string(&mut text, &padded);
            EcdsaKeypair::decode(&mut &text[..]).map(KeypairData::Ecdsa).map_err(damaged)
        }
        KeyData::Rsa(known) => {
            let mut number = || Mpint::from_bytes(number()?).map_err(damaged);
            let (d, p, q, iqmp) = (number()?, number()?, number()?, number()?);
            let private = RsaPrivateKey::new(d, iqmp, p, q).map_err(damaged)?;
            let pair = RsaKeypair::new(known.clone(), private).map_err(damaged)?;
            Ok(KeypairData::Rsa(pair))
        }
        _ => Err(Unsupported::KeyType(public.algorithm().to_string()).into()),
    }
}

fn damaged(why: impl std::fmt::Display) -> DecodeError {
    DecodeError::Damaged(why.to_string())
}

/// Writes a length-prefixed string (RFC 4251, section 5).
fn put_string(out: &mut Vec<u8>, text: &[u8]) {
    text.encode(out).expect("memory takes what is no longer than a key");
}

/// `Name: lines` and base64 in lines of 64.
fn put_base64(out: &mut String, name: &str, base64: &str) {
    out.push_str(&format!("{name}: {}\n", base64.len().div_ceil(64)));
    let mut rest = base64;
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_seed(seed: [u8; 32]) -> PrivateKey {
        let pair = KeypairData::Ed25519(Ed25519Keypair::from_seed(&seed));
        PrivateKey::new(pair, "edge").expect("a key")
    }

    #[test]
    fn an_ed25519_key_that_begins_or_ends_in_zeros_comes_back() {
        let mut begins = [7; 32];
        begins[..2].fill(0);
        let mut ends = [7; 32];
        ends[30..].fill(0);
        for seed in [begins, ends, [0xff; 32]] {
            let key = with_seed(seed);
            for passphrase in [None, Some(&b"sesame"[..])] {
                let text = encode(&key, passphrase).expect("a file");
                let back = decode(text.as_bytes(), passphrase).expect("the key");
                assert!(back.key_data() == key.key_data(), "{seed:?}");
                assert_eq!(back.comment().as_str_lossy(), "edge");
            }
        }
    }

    #[test]
    fn what_is_cut_or_changed_anywhere_is_refused_and_no_panic() {
        let key = with_seed([9; 32]);
        let text = encode(&key, None).expect("a file");
        for end in 0..text.trim_end().len() {
            assert!(decode(&text.as_bytes()[..end], None).is_err(), "{end}");
        }
        for at in 0..text.trim_end().len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1;
            // Upper and lower case are one in the MAC's digits, and the number may be another way.
            if let Ok(back) = decode(&bytes, None) {
                assert!(back.key_data() == key.key_data(), "{at}");
            }
        }
        let text = encode(&key, Some(b"sesame")).expect("a file");
        assert!(matches!(decode(text.as_bytes(), None), Err(DecodeError::NeedsPassphrase)));
        let wrong = decode(text.as_bytes(), Some(b"wrong"));
        assert!(matches!(wrong, Err(DecodeError::WrongPassphrase)));
        let hungry = text.replace("Argon2-Memory: 8192", "Argon2-Memory: 4294967295");
        assert!(matches!(
            decode(hungry.as_bytes(), Some(b"sesame")),
            Err(DecodeError::Unsupported(_))
        ));
    }
}
