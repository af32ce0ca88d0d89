//! Fingerprints by any hash, and the picture of one (sshkey.c: sshkey_fingerprint).

use data_encoding::BASE64_NOPAD;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::key::HostKey;

/// What a spot of the picture shows, by how often it was passed; then the beginning and the end.
const SIGNS: &[u8; 17] = b" .o+=*BOX@%&#/^SE";
const WIDTH: usize = 17;
const HEIGHT: usize = 9;

/// FingerprintHash
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FingerprintHash {
    /// `md5`, in pairs of hex digits.
    Md5,
    /// `sha1`
    Sha1,
    /// `sha256`
    #[default]
    Sha256,
    /// `sha384`
    Sha384,
    /// `sha512`
    Sha512,
}

impl FingerprintHash {
    /// Reads a name as `ssh -G` prints it, in any case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        use FingerprintHash as H;
        let all = [H::Md5, H::Sha1, H::Sha256, H::Sha384, H::Sha512];
        all.into_iter().find(|hash| hash.name().eq_ignore_ascii_case(name))
    }

    fn name(self) -> &'static str {
        match self {
            FingerprintHash::Md5 => "MD5",
            FingerprintHash::Sha1 => "SHA1",
            FingerprintHash::Sha256 => "SHA256",
            FingerprintHash::Sha384 => "SHA384",
            FingerprintHash::Sha512 => "SHA512",
        }
    }

    /// The hash of a key; of a certificate: of its key.
    fn digest(self, key: &HostKey) -> Vec<u8> {
        let plain = key.without_certificate();
        let blob = plain.blob();
        match self {
            FingerprintHash::Md5 => md5::compute(blob).to_vec(),
            FingerprintHash::Sha1 => Sha1::digest(blob).to_vec(),
            FingerprintHash::Sha256 => Sha256::digest(blob).to_vec(),
            FingerprintHash::Sha384 => Sha384::digest(blob).to_vec(),
            FingerprintHash::Sha512 => Sha512::digest(blob).to_vec(),
        }
    }
}

/// A fingerprint as `ssh-keygen -l -E HASH` prints it.
#[must_use]
pub fn fingerprint(key: &HostKey, hash: FingerprintHash) -> String {
    match hash {
        FingerprintHash::Md5 => key.md5(),
        _ => format!("{}:{}", hash.name(), BASE64_NOPAD.encode(&hash.digest(key))),
    }
}

/// The picture of a fingerprint, as `ssh-keygen -lv` draws it: the way of somebody who goes two
/// bits of it at a time (sshkey.c: fingerprint_randomart). Eleven lines, no line feed at the end.
#[must_use]
pub fn picture(key: &HostKey, hash: FingerprintHash) -> String {
    let (begin, end) = (SIGNS.len() - 2, SIGNS.len() - 1);
    let mut field = [[0_usize; WIDTH]; HEIGHT];
    let (mut x, mut y) = (WIDTH / 2, HEIGHT / 2);
    for byte in hash.digest(key) {
        for shift in [0, 2, 4, 6] {
            let step = byte >> shift;
            x = if step & 1 == 0 { x.saturating_sub(1) } else { (x + 1).min(WIDTH - 1) };
            y = if step & 2 == 0 { y.saturating_sub(1) } else { (y + 1).min(HEIGHT - 1) };
            field[y][x] = (field[y][x] + 1).min(begin - 1);
        }
    }
    field[HEIGHT / 2][WIDTH / 2] = begin;
    field[y][x] = end;
    let mut title = format!("[{} {}]", key.label(), key.bits());
    if title.len() > WIDTH {
        title = format!("[{}]", key.label());
    }
    let mut text = border(&title);
    for row in field {
        text.push_str("\n|");
        text.extend(row.map(|spot| char::from(SIGNS[spot])));
        text.push('|');
    }
    text.push('\n');
    text += &border(&format!("[{}]", hash.name()));
    text
}

fn border(title: &str) -> String {
    // C's string has no room for more.
    let title = &title[..title.len().min(WIDTH - 1)];
    let before = (WIDTH - title.len()) / 2;
    let after = WIDTH - title.len() - before;
    format!("+{}{title}{}+", "-".repeat(before), "-".repeat(after))
}
