//! Public host keys as they travel: the blob of RFC 4253 section 6.6, and what ssh compares of it.

use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD};
use sha2::{Digest, Sha256};

/// The algorithm of a public key, certificates counted with the key they certify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Family {
    Ed25519,
    Ed25519Sk,
    Ecdsa,
    EcdsaSk,
    Rsa,
    Dsa,
}

/// One row of the key type names that OpenSSH knows (sshkey.c: keyimpls).
struct KeyType {
    name: &'static str,
    family: Family,
    /// The curve that an ECDSA blob must name.
    curve: &'static str,
    cert: bool,
    /// What ssh calls it in messages and `ssh-keygen -l`.
    label: &'static str,
}

const fn row(
    name: &'static str,
    family: Family,
    curve: &'static str,
    cert: bool,
    label: &'static str,
) -> KeyType {
    KeyType { name, family, curve, cert, label }
}

const KEY_TYPES: &[KeyType] = &[
    row("ssh-ed25519", Family::Ed25519, "", false, "ED25519"),
    row("ssh-ed25519-cert-v01@openssh.com", Family::Ed25519, "", true, "ED25519-CERT"),
    row("sk-ssh-ed25519@openssh.com", Family::Ed25519Sk, "", false, "ED25519-SK"),
    row("sk-ssh-ed25519-cert-v01@openssh.com", Family::Ed25519Sk, "", true, "ED25519-SK-CERT"),
    row("ecdsa-sha2-nistp256", Family::Ecdsa, "nistp256", false, "ECDSA"),
    row("ecdsa-sha2-nistp256-cert-v01@openssh.com", Family::Ecdsa, "nistp256", true, "ECDSA-CERT"),
    row("ecdsa-sha2-nistp384", Family::Ecdsa, "nistp384", false, "ECDSA"),
    row("ecdsa-sha2-nistp384-cert-v01@openssh.com", Family::Ecdsa, "nistp384", true, "ECDSA-CERT"),
    row("ecdsa-sha2-nistp521", Family::Ecdsa, "nistp521", false, "ECDSA"),
    row("ecdsa-sha2-nistp521-cert-v01@openssh.com", Family::Ecdsa, "nistp521", true, "ECDSA-CERT"),
    row("sk-ecdsa-sha2-nistp256@openssh.com", Family::EcdsaSk, "nistp256", false, "ECDSA-SK"),
    row(
        "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
        Family::EcdsaSk,
        "nistp256",
        true,
        "ECDSA-SK-CERT",
    ),
    row("ssh-rsa", Family::Rsa, "", false, "RSA"),
    row("ssh-rsa-cert-v01@openssh.com", Family::Rsa, "", true, "RSA-CERT"),
    row("rsa-sha2-256", Family::Rsa, "", false, "RSA"),
    row("rsa-sha2-256-cert-v01@openssh.com", Family::Rsa, "", true, "RSA-CERT"),
    row("rsa-sha2-512", Family::Rsa, "", false, "RSA"),
    row("rsa-sha2-512-cert-v01@openssh.com", Family::Rsa, "", true, "RSA-CERT"),
    row("ssh-dss", Family::Dsa, "", false, "DSA"),
    row("ssh-dss-cert-v01@openssh.com", Family::Dsa, "", true, "DSA-CERT"),
];

fn key_type(name: &[u8]) -> Option<&'static KeyType> {
    KEY_TYPES.iter().find(|row| row.name.as_bytes() == name)
}

/// Whether ssh has a key type of this name, as known_hosts lines give it.
pub(crate) fn is_key_type(name: &[u8]) -> bool {
    key_type(name).is_some()
}

/// What ssh calls a type in messages, `ED25519` for `ssh-ed25519`; a certificate counts as its key.
pub fn label_of(name: &str) -> Option<&'static str> {
    key_type(name.as_bytes()).map(|of| of.label.strip_suffix("-CERT").unwrap_or(of.label))
}

/// A public host key or host certificate.
///
/// Two are equal when ssh takes them for the same key: an RSA key is its numbers, however they
/// are written.
#[derive(Clone)]
pub struct HostKey {
    blob: Vec<u8>,
    of: &'static KeyType,
    /// The fields of the bare key, in one spelling.
    public: Vec<u8>,
    bits: usize,
    certificate: Option<Box<Certificate>>,
}

/// What a certificate says of itself (PROTOCOL.certkeys).
#[derive(Clone)]
pub struct Certificate {
    /// The number that its authority gave it.
    pub serial: u64,
    /// The name that its authority gave it.
    pub id: Vec<u8>,
    /// The key that signed it.
    pub signer: HostKey,
}

impl HostKey {
    /// Reads a key blob, `string type, …`. `None` for what ssh does not take either: an unknown
    /// type, wrong lengths, bytes too many, an RSA key below 1024 bits.
    ///
    /// Points are not checked to lie on their curve, nor the signatures of certificates.
    pub fn parse(blob: &[u8]) -> Option<Self> {
        Self::parse_at_depth(blob, 0)
    }

    fn parse_at_depth(blob: &[u8], depth: u8) -> Option<Self> {
        let mut wire = Wire(blob);
        let of = key_type(wire.string()?)?;
        if of.cert {
            // The nonce, PROTOCOL.certkeys.
            wire.string()?;
        }
        let mut public = Vec::with_capacity(blob.len());
        let bits = read_public(&mut wire, of, &mut public)?;
        let mut certificate = None;
        if of.cert {
            if depth > 0 {
                return None;
            }
            let serial = wire.uint64()?;
            wire.take(4)?; // type
            let id = wire.string()?.to_owned();
            wire.string()?; // principals
            wire.take(8 + 8)?; // valid after, valid before
            wire.string()?; // critical options
            wire.string()?; // extensions
            wire.string()?; // reserved
            let signer = Self::parse_at_depth(wire.string()?, depth + 1)?;
            certificate = Some(Box::new(Certificate { serial, id, signer }));
            wire.string()?; // signature
        }
        wire.0.is_empty().then(|| HostKey { blob: blob.to_owned(), of, public, bits, certificate })
    }

    /// Reads the base64 field of a known_hosts or `.pub` line.
    pub(crate) fn from_base64(text: &[u8]) -> Option<Self> {
        // b64_pton skips blanks, and the CR of a CRLF file is one.
        let text: Vec<u8> =
            text.iter().copied().filter(|b| !b.is_ascii_whitespace() && *b != 0x0b).collect();
        Self::parse(&BASE64.decode(&text).ok()?)
    }

    /// Reads `type base64 [comment]`, where the two must agree on the type.
    pub fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let of = key_type(words.next()?.as_bytes())?;
        let key = Self::from_base64(words.next()?.as_bytes())?;
        key.is_of(of).then_some(key)
    }

    pub(super) fn from_fields(type_name: &[u8], base64: &[u8]) -> Option<Self> {
        let of = key_type(type_name)?;
        Self::from_base64(base64).filter(|key| key.is_of(of))
    }

    fn is_of(&self, of: &KeyType) -> bool {
        (self.of.family, self.of.curve, self.of.cert) == (of.family, of.curve, of.cert)
    }

    /// The bytes of the key as the server sends them.
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The name of its type in files: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`.
    pub fn type_name(&self) -> &'static str {
        match (self.of.family, self.of.cert) {
            (Family::Rsa, false) => "ssh-rsa",
            (Family::Rsa, true) => "ssh-rsa-cert-v01@openssh.com",
            _ => self.of.name,
        }
    }

    /// What ssh calls the type in messages: `ED25519`, `ECDSA`, `RSA`.
    pub fn label(&self) -> &'static str {
        self.of.label
    }

    /// The size that `ssh-keygen -l` prints.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// Whether it is an RSA key, certified or not.
    pub fn is_rsa(&self) -> bool {
        self.of.family == Family::Rsa
    }

    /// Whether it is a certificate.
    pub fn is_certificate(&self) -> bool {
        self.of.cert
    }

    /// What a certificate says of itself.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_deref()
    }

    /// The authority that signed a certificate.
    pub fn signer(&self) -> Option<&HostKey> {
        self.certificate.as_ref().map(|certificate| &certificate.signer)
    }

    /// Whether the bare keys are the same, in certificates or not (sshkey.c: sshkey_equal_public).
    pub fn same_public(&self, other: &HostKey) -> bool {
        self.of.family == other.of.family && self.public == other.public
    }

    /// The key itself, without the certificate around it.
    #[must_use]
    pub fn without_certificate(&self) -> HostKey {
        if !self.of.cert {
            return self.clone();
        }
        let plain = KEY_TYPES
            .iter()
            .find(|row| row.family == self.of.family && row.curve == self.of.curve && !row.cert)
            .unwrap_or(self.of);
        let mut blob = Vec::with_capacity(self.public.len() + 64);
        put_string(&mut blob, plain.name.as_bytes());
        blob.extend_from_slice(&self.public);
        HostKey { blob, of: plain, public: self.public.clone(), bits: self.bits, certificate: None }
    }

    /// `SHA256:` and 43 characters, as `ssh-keygen -l` prints it. Of a certificate: of its key.
    pub fn sha256(&self) -> String {
        let blob = self.without_certificate().blob;
        format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(&blob)))
    }

    /// `MD5:` and 16 bytes with colons, as `ssh-keygen -l -E md5` prints it.
    pub fn md5(&self) -> String {
        let digest = md5::compute(self.without_certificate().blob);
        let bytes: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("MD5:{}", bytes.join(":"))
    }

    /// `type base64`, as known_hosts lines end.
    pub fn to_line(&self) -> String {
        format!("{} {}", self.type_name(), BASE64.encode(&self.blob))
    }
}

impl PartialEq for HostKey {
    fn eq(&self, other: &HostKey) -> bool {
        if self.of.cert || other.of.cert {
            return self.blob == other.blob;
        }
        self.same_public(other)
    }
}

impl Eq for HostKey {}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.label(), self.sha256())
    }
}

/// Reads the fields of a bare key into one spelling; gives the size in bits.
fn read_public(wire: &mut Wire<'_>, of: &KeyType, out: &mut Vec<u8>) -> Option<usize> {
    match of.family {
        Family::Ed25519 | Family::Ed25519Sk => {
            let point = wire.string().filter(|point| point.len() == 32)?;
            put_string(out, point);
            if of.family == Family::Ed25519Sk {
                put_string(out, wire.string()?);
            }
            Some(256)
        }
        Family::Ecdsa | Family::EcdsaSk => {
            let curve = wire.string().filter(|curve| *curve == of.curve.as_bytes())?;
            let (bits, field) = match of.curve {
                "nistp384" => (384, 48),
                "nistp521" => (521, 66),
                _ => (256, 32),
            };
            // Only uncompressed points, sshbuf-getput-crypto.c: get_ec.
            let point = wire.string().filter(|p| p.len() == 1 + 2 * field && p[0] == 4)?;
            put_string(out, curve);
            put_string(out, point);
            if of.family == Family::EcdsaSk {
                put_string(out, wire.string()?);
            }
            Some(bits)
        }
        Family::Rsa => {
            let e = wire.number()?;
            let n = wire.number()?;
            put_number(out, e);
            put_number(out, n);
            Some(bit_length(n)).filter(|bits| *bits >= 1024)
        }
        Family::Dsa => {
            let p = wire.number()?;
            put_number(out, p);
            for _ in 0..3 {
                put_number(out, wire.number()?);
            }
            Some(bit_length(p))
        }
    }
}

/// The rest of a blob.
pub(super) struct Wire<'a>(pub(super) &'a [u8]);

impl<'a> Wire<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    pub(super) fn uint32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().map(u32::from_be_bytes).ok()
    }

    pub(super) fn uint64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().map(u64::from_be_bytes).ok()
    }

    /// A string of RFC 4251 section 5.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.take(4)?.try_into().map(u32::from_be_bytes).ok()?;
        self.take(usize::try_from(length).ok()?)
    }

    /// A positive mpint without its leading zeros (sshbuf_get_bignum2_bytes_direct).
    pub(super) fn number(&mut self) -> Option<&'a [u8]> {
        let bytes = self.string()?;
        if bytes.first().is_some_and(|byte| byte & 0x80 != 0) || bytes.len() > 2049 {
            return None;
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(&bytes[zeros..])
    }
}

fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    // What is put here came out of a blob and is shorter than it.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

fn put_number(out: &mut Vec<u8>, number: &[u8]) {
    if number.first().is_some_and(|first| first & 0x80 != 0) {
        let padded: Vec<u8> = std::iter::once(0).chain(number.iter().copied()).collect();
        put_string(out, &padded);
    } else {
        put_string(out, number);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An Ed25519 key of 32 equal bytes.
    pub(in super::super) fn ed25519(byte: u8) -> HostKey {
        let mut blob = Vec::new();
        put_string(&mut blob, b"ssh-ed25519");
        put_string(&mut blob, &[byte; 32]);
        HostKey::parse(&blob).expect("a key")
    }

    /// An RSA key of 2048 bits, all bytes equal, with leading zeros before its modulus.
    pub(in super::super) fn rsa(byte: u8, zeros: usize) -> HostKey {
        let mut blob = Vec::new();
        put_string(&mut blob, b"ssh-rsa");
        put_string(&mut blob, &[1, 0, 1]);
        let modulus = [vec![0; zeros], vec![byte; 256]].concat();
        put_string(&mut blob, &modulus);
        HostKey::parse(&blob).expect("a key")
    }

    /// A certificate for a key, signed (as far as anyone looks) by another.
    pub(in super::super) fn certificate(byte: u8, signer: &HostKey) -> HostKey {
        let mut blob = Vec::new();
        put_string(&mut blob, b"ssh-ed25519-cert-v01@openssh.com");
        put_string(&mut blob, &[9; 32]);
        put_string(&mut blob, &[byte; 32]);
        blob.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]);
        put_string(&mut blob, b"id");
        put_string(&mut blob, b"");
        blob.extend_from_slice(&[0; 16]);
        for _ in 0..3 {
            put_string(&mut blob, b"");
        }
        put_string(&mut blob, signer.blob());
        put_string(&mut blob, b"signature");
        HostKey::parse(&blob).expect("a certificate")
    }

    /// Made by ssh-keygen 9.2; fingerprints by `ssh-keygen -l` and `-l -E md5`.
    const REAL: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol a comment";

    #[test]
    fn a_line_and_its_key_are_the_same_in_both_directions() {
        let key = HostKey::from_line(REAL).expect("a key");
        assert_eq!((key.label(), key.bits(), key.type_name()), ("ED25519", 256, "ssh-ed25519"));
        assert_eq!(key.to_line(), REAL.strip_suffix(" a comment").expect("its comment"));
    }

    #[test]
    fn fingerprints_are_those_of_ssh_keygen() {
        let key = HostKey::from_line(REAL).expect("a key");
        assert_eq!(key.sha256(), "SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ");
        assert_eq!(key.md5(), "MD5:3a:3a:18:18:45:d6:ff:20:75:e4:e5:63:14:18:85:d2");
    }

    #[test]
    fn the_type_of_line_and_blob_must_agree() {
        let base64 = REAL.split(' ').nth(1).expect("base64");
        assert!(HostKey::from_line(&format!("ssh-rsa {base64}")).is_none());
        assert!(HostKey::from_line(&format!("ssh-ed25519 {}", &base64[..20])).is_none());
        assert!(HostKey::from_line("ssh-ed25519").is_none());
    }

    #[test]
    fn bytes_too_many_or_too_few_are_no_key() {
        let mut blob = ed25519(1).blob().to_owned();
        blob.push(0);
        assert!(HostKey::parse(&blob).is_none());
        assert!(HostKey::parse(&blob[..blob.len() - 2]).is_none());
        assert!(HostKey::parse(&[]).is_none());
        assert!(HostKey::parse(&[0xff; 8]).is_none());
    }

    #[test]
    fn an_rsa_key_is_its_numbers() {
        assert_eq!(rsa(0x55, 0), rsa(0x55, 3));
        assert_ne!(rsa(0x55, 0), rsa(0x56, 0));
        assert_eq!(rsa(0x55, 0).bits(), 2047);
    }

    #[test]
    fn a_certificate_holds_its_key_and_its_signer() {
        let cert = certificate(1, &ed25519(7));
        assert!(cert.is_certificate() && cert.same_public(&ed25519(1)));
        assert_eq!(cert.signer(), Some(&ed25519(7)));
        assert_eq!(cert.without_certificate(), ed25519(1));
        assert_eq!(cert.sha256(), ed25519(1).sha256());
        assert_ne!(cert, ed25519(1));
    }
}
