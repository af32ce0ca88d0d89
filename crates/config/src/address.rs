//! PURE: numeric addresses as getaddrinfo(3) reads and getnameinfo(3) prints them.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::facts::Family;

/// Whether a name can be nothing but an address (ssh.c: is_addr_fast).
#[must_use]
pub fn looks_like_address(name: &[u8]) -> bool {
    name.contains(&b'%')
        || name.contains(&b':')
        || name.iter().all(|b| b.is_ascii_digit() || *b == b'.')
}

/// The one way to write an address: `127.1` is `127.0.0.1`, `FE80::A` is `fe80::a`. `None` for
/// what is no address of the family. The interface after `%` is taken as it is.
#[must_use]
pub fn canonical(text: &[u8], family: Family) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    if family != Family::Inet6 && text.parse::<Ipv4Addr>().is_ok() {
        return Some(text.to_owned());
    }
    if family != Family::Inet6
        && let Some(address) = inet_aton(text)
    {
        return Some(Ipv4Addr::from(address).to_string());
    }
    if family == Family::Inet {
        // What is an IPv4 address in the clothes of IPv6 serves too.
        let mapped = text.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped()?;
        return Some(mapped.to_string());
    }
    let (address, scope) = match text.split_once('%') {
        Some((_, "")) => return None,
        Some((address, scope)) => (address, Some(scope)),
        None => (text, None),
    };
    let address: Ipv6Addr = address.parse().ok()?;
    let shown = match address.segments() {
        // inet_ntop(3) writes the old IPv4-compatible addresses with dots.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            format!("::{}", Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address.to_string(),
    };
    Some(scope.map_or(shown.clone(), |scope| format!("{shown}%{scope}")))
}

/// One to four numbers, decimal, octal or hex, the last of which fills what is left (inet_aton(3)).
fn inet_aton(text: &str) -> Option<u32> {
    let parts = text.split('.').map(part).collect::<Option<Vec<_>>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 8 * (4 - first.len());
    if *last >= 1 << room {
        return None;
    }
    let high = first.iter().fold(0, |sum, part| sum << 8 | part);
    u32::try_from(high << room | last).ok()
}

fn part(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_way_to_be_written() {
        let cases = [
            ("127.1", Some("127.0.0.1")),
            ("0x7f.1", Some("127.0.0.1")),
            ("010.0.0.1", Some("8.0.0.1")),
            ("2130706433", Some("127.0.0.1")),
            ("1.2.3.4.5", None),
            ("256.1.1.1", None),
            ("FE80::A", Some("fe80::a")),
            ("2001:DB8:0::1", Some("2001:db8::1")),
            ("::1.2.3.4", Some("::1.2.3.4")),
            ("::ffff:1.2.3.4", Some("::ffff:1.2.3.4")),
            ("fe80::1%eth0", Some("fe80::1%eth0")),
            ("web", None),
            ("", None),
            ("1.", None),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text.as_bytes(), Family::Any).as_deref(), expected, "{text}");
        }
        assert_eq!(canonical(b"127.1", Family::Inet6), None);
        assert_eq!(canonical(b"::1", Family::Inet), None);
        assert_eq!(canonical(b"::ffff:1.2.3.4", Family::Inet).as_deref(), Some("1.2.3.4"));
    }
}
