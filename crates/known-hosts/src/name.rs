//! The names under which ssh looks a server up in known_hosts, and how people write them.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;

/// ssh's own port, whose names stand without a port.
pub(crate) const DEFAULT_PORT: u16 = 22;

/// What ssh looks up, and writes, for a server.
///
/// sshconnect.c: check_host_key, get_hostfile_hostname_ipaddr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    name: String,
    fallback: Option<String>,
    recordable: bool,
}

impl Names {
    /// The names for a destination: the effective HostName, Port and HostKeyAlias.
    ///
    /// The host is what ssh would connect to, with its tokens expanded and as canonicalisation
    /// left it. An alias stands alone, without a port.
    pub fn new(host: &str, port: u16, host_key_alias: Option<&str>) -> Self {
        let host = canonical_host(host);
        let (name, fallback) = match host_key_alias {
            Some(alias) => (alias.to_ascii_lowercase(), None),
            None if port == DEFAULT_PORT || port == 0 => (host.clone(), None),
            None => (with_port(&host, port), Some(host.clone())),
        };
        let recordable = can_be_recorded(&host) && host_key_alias.is_none_or(can_be_recorded);
        Names { name, fallback, recordable }
    }

    /// The name under which CheckHostIP looks up the address that was connected to
    /// (sshconnect.c: get_hostfile_hostname_ipaddr).
    pub fn of_address(address: IpAddr, port: u16) -> Self {
        let host = canonical_host(&address.to_string());
        Names { name: with_port(&host, port), fallback: None, recordable: true }
    }

    /// The name that is looked up first, and the only one that is written.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The plain host, which ssh tries where `[host]:port` is unknown.
    pub(crate) fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// Whether the name may be written to a file: none of it would be read as a pattern, a hash
    /// or a marker.
    ///
    /// ssh lets a HostKeyAlias through whatever it holds; here it must be a plain name as well.
    pub(crate) fn recordable(&self) -> bool {
        self.recordable
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn can_be_recorded(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(|c: char| {
            "@?*#[]|'\"\\,!".contains(c) || c.is_ascii_whitespace() || c.is_ascii_control()
        })
}

/// `[host]:port`, or the host alone at port 22 (misc.c: put_host_port).
pub(crate) fn with_port(host: &str, port: u16) -> String {
    if port == DEFAULT_PORT || port == 0 { host.to_owned() } else { format!("[{host}]:{port}") }
}

/// `host` and `port` of `[host]:port`; a name without a port has port 22.
pub(crate) fn split_port(name: &str) -> (&str, u16) {
    bracketed(name)
        .and_then(|(host, rest)| Some((host, rest.strip_prefix(':')?.parse().ok()?)))
        .unwrap_or((name, DEFAULT_PORT))
}

fn bracketed(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('[')?.split_once(']')
}

/// A host as ssh looks it up: names in lower case, addresses in their one form.
///
/// ssh.c lets getaddrinfo(3) and getnameinfo(3) rewrite numeric addresses; this is what glibc's
/// make of them, but for scope ids, which stay as they are written.
pub fn canonical_host(host: &str) -> String {
    canonical_address(host).unwrap_or_else(|| {
        // ssh leaves alone what looks like an address and is none.
        if looks_like_address(host) { host.to_owned() } else { host.to_ascii_lowercase() }
    })
}

/// The one form of a numeric address, or `None` for a name.
pub(crate) fn canonical_address(host: &str) -> Option<String> {
    if let Some(address) = parse_ipv4(host) {
        return Some(address.to_string());
    }
    let (address, scope) = match host.split_once('%') {
        Some((address, scope)) => (address, Some(scope)),
        None => (host, None),
    };
    let address = render_ipv6(address.parse().ok()?);
    Some(match scope {
        Some(scope) => format!("{address}%{scope}"),
        None => address,
    })
}

/// ssh.c: is_addr_fast.
fn looks_like_address(host: &str) -> bool {
    host.contains(['%', ':']) || host.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// inet_aton(3): one to four numbers, decimal, octal or hexadecimal, the last one filling the rest.
fn parse_ipv4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = host.split('.').map(parse_number).collect::<Option<_>>()?;
    let (last, heads) = parts.split_last()?;
    let rest_bits = 32_u32.checked_sub(8 * u32::try_from(heads.len()).ok()?)?;
    if heads.len() > 3
        || heads.iter().any(|head| *head > 255)
        || u64::from(*last) >= 1_u64 << rest_bits
    {
        return None;
    }
    let address = heads.iter().zip([24, 16, 8]).fold(*last, |sum, (head, at)| sum | head << at);
    Some(address.into())
}

fn parse_number(text: &str) -> Option<u32> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

/// inet_ntop(3) of glibc, which writes the old IPv4-compatible addresses with dots.
fn render_ipv6(address: Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            format!("::{}", Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address.to_string(),
    }
}

/// A host as somebody writes it to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostArgument {
    /// The host as it was written, without brackets.
    pub host: String,
    /// The port, where one was given.
    pub port: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each seen in what ssh 9.2 writes to known_hosts.
    #[test]
    fn names_are_what_ssh_looks_up() {
        for (host, port, alias, name, fallback) in [
            ("FOO.Example", 22, None, "foo.example", None),
            ("foo", 2200, None, "[foo]:2200", Some("foo")),
            ("foo.", 22, None, "foo.", None),
            ("2001:DB8:0::1", 22, None, "2001:db8::1", None),
            ("2001:DB8:0::1", 2200, None, "[2001:db8::1]:2200", Some("2001:db8::1")),
            ("127.1", 22, None, "127.0.0.1", None),
            ("0x7f.1", 22, None, "127.0.0.1", None),
            ("2130706433", 22, None, "127.0.0.1", None),
            ("010.0.0.1", 22, None, "8.0.0.1", None),
            ("1.2.3.4.5", 22, None, "1.2.3.4.5", None),
            ("1.2.3.256", 22, None, "1.2.3.256", None),
            ("10.0.0.1x", 22, None, "10.0.0.1x", None),
            ("::FFFF:1.2.3.4", 22, None, "::ffff:1.2.3.4", None),
            ("::1.2.3.4", 22, None, "::1.2.3.4", None),
            ("0:0:0:0:0:0:0:1", 22, None, "::1", None),
            ("FE80::1%eth0", 22, None, "fe80::1%eth0", None),
            ("foo", 2200, Some("AliasX"), "aliasx", None),
            ("größe", 22, None, "größe", None),
        ] {
            let names = Names::new(host, port, alias);
            assert_eq!((names.name(), names.fallback()), (name, fallback), "{host}");
            assert!(names.recordable(), "{host}");
        }
    }

    #[test]
    fn names_that_would_read_as_something_else_are_not_recorded() {
        for host in ["a*", "a?", "#a", "a@b", "[a", "a]", "|1|", "it's", "a\"", "a\\", "a,b", "!a"]
        {
            assert!(!Names::new(host, 22, None).recordable(), "{host}");
            assert!(!Names::new("host", 22, Some(host)).recordable(), "{host}");
            assert!(!Names::new(host, 22, Some("alias")).recordable(), "{host}");
        }
        assert!(!Names::new("host", 22, Some("a b")).recordable());
        assert!(!Names::new("host", 22, Some("")).recordable());
    }

    #[test]
    fn a_name_with_a_port_comes_apart_again() {
        assert_eq!(split_port("[a]:2222"), ("a", 2222));
        assert_eq!(split_port("a"), ("a", 22));
        assert_eq!(split_port("[a]"), ("[a]", 22));
    }
}
