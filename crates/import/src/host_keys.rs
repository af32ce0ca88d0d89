//! The host keys that PuTTY, KiTTY, WinSCP and MobaXterm have accepted, as ssh writes them
//! (PuTTY: ssh2_pubkey and the `cache_str` of each algorithm).

use crypto_bigint::{NonZero, U256};
use data_encoding::HEXLOWER_PERMISSIVE;
use sshp_known_hosts::HostKey;

use crate::format::registry;
use crate::ini;
use crate::text::unescape_percent;
use crate::{Encodings, InputFile};

/// A host key of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedKey {
    /// The host, as it was typed.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The key.
    pub key: HostKey,
}

/// The host keys of an input, and how many of them ssh has no use for: of SSH-1, of an unknown kind, or
/// damaged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostKeyCache {
    /// The keys, in the order of the input.
    pub keys: Vec<CachedKey>,
    /// How many were left out.
    pub left_out: usize,
}

impl HostKeyCache {
    /// Finds the host keys in the files of an input: in exports of the registry, in the files of Unix PuTTY,
    /// portable KiTTY, WinSCP and MobaXterm.
    #[must_use]
    pub fn read(files: &[InputFile], encodings: &Encodings) -> Self {
        let mut cache = HostKeyCache::default();
        for file in files {
            let text = encodings.decode(&file.bytes).text;
            if registry::is_it(&text) {
                let is_cache = |path: &str| path.to_ascii_lowercase().ends_with(r"\sshhostkeys");
                for key in registry::keys(&text).iter().filter(|key| is_cache(&key.path)) {
                    let mut values: Vec<_> = key.values.iter().collect();
                    values.sort();
                    for (name, value) in values {
                        cache.push(name, value);
                    }
                }
                continue;
            }
            let sections = ini::sections(&text);
            let is_cache = |name: &str| {
                name.eq_ignore_ascii_case("SshHostKeys")
                    || name.eq_ignore_ascii_case("SSH_Hostkeys")
            };
            for section in sections.iter().filter(|section| is_cache(section.name)) {
                section.lines.iter().for_each(|(name, value)| cache.push(name, value));
            }
            if file.path.file_name().is_some_and(|name| name == "sshhostkeys") {
                let lines = text.lines().filter_map(|line| line.trim().split_once(' '));
                lines.for_each(|(name, value)| cache.push(name, value));
            }
        }
        cache
    }

    /// Takes `TYPE@PORT:HOST` and its value, in which WinSCP keeps several keys with a `;` between them.
    fn push(&mut self, name: &str, value: &str) {
        for value in value.split(';').filter(|value| !value.trim().is_empty()) {
            match entry(name, value.trim()) {
                Some(key) if self.keys.contains(&key) => {}
                Some(key) => self.keys.push(key),
                None => self.left_out += 1,
            }
        }
    }
}

fn entry(name: &str, value: &str) -> Option<CachedKey> {
    let (kind, place) = name.split_once('@')?;
    let (port, host) = place.split_once(':')?;
    let host = String::from_utf8(unescape_percent(host.as_bytes())).ok()?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let key = HostKey::parse(&blob(kind, value)?)?;
    Some(CachedKey { host, port, key })
}

/// The key as it travels (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4).
fn blob(kind: &str, value: &str) -> Option<Vec<u8>> {
    let mut blob = Vec::new();
    let mut string = |bytes: &[u8]| {
        blob.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        blob.extend_from_slice(bytes);
    };
    match kind {
        "rsa2" | "dss" => {
            let numbers = value.split(',').map(number).collect::<Option<Vec<_>>>()?;
            let (name, count) = if kind == "rsa2" { ("ssh-rsa", 2) } else { ("ssh-dss", 4) };
            if numbers.len() != count {
                return None;
            }
            string(name.as_bytes());
            for number in numbers {
                let sign = number.first().is_none_or(|first| *first & 0x80 != 0);
                let zero: &[u8] = if sign && !number.is_empty() { &[0] } else { &[] };
                string(&[zero, &number].concat());
            }
        }
        "ssh-ed25519" => {
            let (x, y) = value.split_once(',')?;
            string(kind.as_bytes());
            string(&edwards(&number(x)?, &number(y)?)?);
        }
        _ => {
            let curve = kind.strip_prefix("ecdsa-sha2-")?;
            let mut parts = value.split(',');
            let (named, x, y) = (parts.next()?, parts.next()?, parts.next()?);
            if named != curve || parts.next().is_some() {
                return None;
            }
            let point = nist(curve, &number(x)?, &number(y)?)?;
            string(kind.as_bytes());
            string(curve.as_bytes());
            string(&point);
        }
    }
    Some(blob)
}

/// The longest number that is read, in hex digits: a key of 16,384 bits.
const DIGITS: usize = 4_096;

/// The bytes of `0x…`, the highest first, without zeros in front.
fn number(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().strip_prefix("0x")?.trim_start_matches('0');
    if digits.len() > DIGITS {
        return None;
    }
    let even = format!("{}{digits}", if digits.len() % 2 == 1 { "0" } else { "" });
    HEXLOWER_PERMISSIVE.decode(even.as_bytes()).ok()
}

/// A number in a field of so many bytes.
fn padded(number: &[u8], length: usize) -> Option<Vec<u8>> {
    let zeros = length.checked_sub(number.len())?;
    Some([vec![0; zeros].as_slice(), number].concat())
}

/// A point of a curve of NIST, not compressed; `None` where it is not on it.
fn nist(curve: &str, x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let point = |length: usize| Some([&[4][..], &padded(x, length)?, &padded(y, length)?].concat());
    let point = match curve {
        "nistp256" => point(32)?,
        "nistp384" => point(48)?,
        "nistp521" => point(66)?,
        _ => return None,
    };
    let is_on_it = match curve {
        "nistp256" => p256::PublicKey::from_sec1_bytes(&point).is_ok(),
        "nistp384" => p384::PublicKey::from_sec1_bytes(&point).is_ok(),
        _ => p521::PublicKey::from_sec1_bytes(&point).is_ok(),
    };
    is_on_it.then_some(point)
}

/// The prime of Curve25519: 2^255 - 19.
const PRIME: U256 =
    U256::from_be_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");

/// A point of Ed25519 as it travels: y with the lowest bit of x above it, the lowest byte first. `None`
/// where it is not on the curve, which is `121666 (y² - x²) = 121666 - 121665 x² y²` (RFC 8032 section
/// 5.1, times 121666).
fn edwards(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    let prime = NonZero::new(PRIME).into_option()?;
    let field = |number: &[u8]| -> Option<U256> {
        let number = U256::from_be_slice(&padded(number, 32)?);
        (number < PRIME).then_some(number)
    };
    let (x_number, y_number) = (field(x)?, field(y)?);
    let times = |a: &U256, b: &U256| a.mul_mod(b, &prime);
    let (x2, y2) = (times(&x_number, &x_number), times(&y_number, &y_number));
    let (more, less) = (U256::from_u32(121_666), U256::from_u32(121_665));
    let left = times(&more, &y2.sub_mod(&x2, &prime));
    let right = more.sub_mod(&times(&less, &times(&x2, &y2)), &prime);
    if left != right {
        return None;
    }
    let mut bytes = padded(y, 32)?;
    bytes.reverse();
    bytes[31] |= (x.last().copied().unwrap_or(0) & 1) << 7;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_is_not_on_its_curve_is_left_out() {
        // The base points (RFC 8032 section 5.1, SP 800-186 section 3.2.1.3).
        let of_25519 = (
            "0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a",
            "0x6666666666666666666666666666666666666666666666666666666666666658",
        );
        let of_p256 = (
            "0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
            "0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        );
        for (kind, curve, (x, y)) in
            [("ssh-ed25519", "", of_25519), ("ecdsa-sha2-nistp256", "nistp256,", of_p256)]
        {
            let is_taken = |x, y| blob(kind, &format!("{curve}{x},{y}")).is_some();
            assert!(is_taken(x, y), "{kind}");
            assert!(!is_taken(y, x) && !is_taken("0x1", "0x1") && !is_taken(x, "0x0"), "{kind}");
        }
    }

    #[test]
    fn a_number_is_its_bytes_without_zeros_in_front() {
        assert!(number("0x").unwrap().is_empty());
        assert_eq!(number("0x10001"), Some(vec![1, 0, 1]));
        assert_eq!(number("0x00ff"), Some(vec![255]));
        for bad in ["", "ff", "0xg", "-0x1"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
