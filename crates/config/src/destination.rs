//! PURE: a destination as people write one: `[user@]host[:port]`, `[2001:db8::1]:22`, `fe80::1%eth0`,
//! `ssh://[user@]host[:port]`.
//!
//! ssh(1) takes a port only in a URI, and no address of IPv6 there; sshp takes these everywhere.

use std::net::Ipv6Addr;

use thiserror::Error;

/// A destination, its parts apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The user, where one is given.
    pub user: Option<String>,
    /// The host, without brackets.
    pub host: String,
    /// The port, where one is given.
    pub port: Option<u16>,
}

/// Why a text is no destination.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DestinationError {
    /// Nothing, or nothing where the host should be.
    #[error("it names no host")]
    NoHost,
    /// Nothing before the `@`.
    #[error("it names no user before `@`")]
    NoUser,
    /// A blank or a control character in the user.
    #[error("the user `{}` holds a blank; a destination is [user@]host[:port]", .0.escape_debug())]
    BlankUser(String),
    /// A blank or a control character in the host.
    #[error("the host `{}` holds a blank; a destination is [user@]host[:port]", .0.escape_debug())]
    BlankHost(String),
    /// Half a pair of brackets, or something but a port behind them.
    #[error("`[` must be closed, and only `:PORT` may follow `]`")]
    Brackets,
    /// A port that is no number from 1 to 65535.
    #[error("`{0}` is no port; a port is a number from 1 to 65535")]
    BadPort(String),
    /// Several colons, and no address of IPv6.
    #[error("`{0}` is no IPv6 address; before a port it stands in brackets")]
    Address(String),
    /// `ssh://host/path`
    #[error("a destination has no path, and `{0}` follows the host")]
    Path(String),
    /// `https://…`
    #[error("`{0}://` is not ssh; a destination is [user@]host[:port]")]
    Scheme(String),
}

impl Destination {
    /// Reads a destination.
    ///
    /// # Errors
    /// See [`DestinationError`].
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        let (rest, is_uri) = match text.split_once("://") {
            Some(("ssh", rest)) => (rest.trim_end_matches('/'), true),
            Some((scheme, _)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                return Err(DestinationError::Scheme(scheme.to_owned()));
            }
            _ => (text, false),
        };
        if let (true, Some(at)) = (is_uri, rest.find('/')) {
            return Err(DestinationError::Path(rest[at..].to_owned()));
        }
        // The last `@`, as ssh reads it: users may hold one.
        let (user, rest) = match rest.rsplit_once('@') {
            Some(("", _)) => return Err(DestinationError::NoUser),
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let (host, port) = if let Some(bracketed) = rest.strip_prefix('[') {
            match bracketed.split_once(']') {
                Some((host, "")) => (host, None),
                Some((host, port)) if port.starts_with(':') => (host, Some(&port[1..])),
                _ => return Err(DestinationError::Brackets),
            }
        } else {
            match rest.split_once(':') {
                // More than one colon and no brackets: an address, which has no place for a port.
                Some((_, more)) if more.contains(':') => {
                    let address = rest.split('%').next().unwrap_or(rest);
                    if address.parse::<Ipv6Addr>().is_err() {
                        return Err(DestinationError::Address(rest.to_owned()));
                    }
                    (rest, None)
                }
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            }
        };
        if host.is_empty() {
            return Err(DestinationError::NoHost);
        }
        if host.contains(['[', ']']) {
            return Err(DestinationError::Brackets);
        }
        let hidden = |c: char| c.is_whitespace() || c.is_control();
        if let Some(user) = user.filter(|user| user.contains(hidden)) {
            return Err(DestinationError::BlankUser(user.to_owned()));
        }
        if host.contains(hidden) {
            return Err(DestinationError::BlankHost(host.to_owned()));
        }
        let port = match port {
            None => None,
            Some(port) => {
                let digits = port.bytes().all(|b| b.is_ascii_digit());
                let number = port.parse::<u16>().ok().filter(|number| digits && *number > 0);
                let bad = || DestinationError::BadPort(port.to_owned());
                Some(number.ok_or_else(bad)?)
            }
        };
        // RFC 6874: in a URI the `%` before the zone is written as what it stands for.
        let host = match host.split_once("%25") {
            Some((address, zone)) if is_uri && address.parse::<Ipv6Addr>().is_ok() => {
                format!("{address}%{zone}")
            }
            _ => host.to_owned(),
        };
        Ok(Destination { user: user.map(str::to_owned), host, port })
    }
}

/// A host as a `HostName` says it: there `%` begins a token, so the one before the zone of an address
/// is doubled (ssh_config(5), TOKENS).
#[must_use]
pub fn as_host_name(host: &str) -> String {
    match host.split_once('%') {
        Some((address, zone)) if address.parse::<Ipv6Addr>().is_ok() && !zone.starts_with('%') => {
            format!("{address}%%{zone}")
        }
        _ => host.to_owned(),
    }
}

/// Hops as ProxyJump and `-J` say them, `hop,hop`: an address of IPv6 stands in brackets there, and a
/// `%` begins a token. Other hops stay as they are.
#[must_use]
pub fn as_hops(text: &str) -> String {
    let hops = text.split(',').map(|hop| match Destination::parse(hop) {
        Ok(Destination { user, host, port }) if host.contains(':') => {
            let user = user.map(|user| format!("{user}@")).unwrap_or_default();
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            format!("{user}[{}]{port}", as_host_name(&host))
        }
        _ => hop.to_owned(),
    });
    hops.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_read_as_people_write_them() {
        let d = |user: Option<&str>, host: &str, port| Destination {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
        };
        for (text, expected) in [
            ("web", d(None, "web", None)),
            ("me@web", d(Some("me"), "web", None)),
            ("me@web:2222", d(Some("me"), "web", Some(2222))),
            ("a@b@web:1", d(Some("a@b"), "web", Some(1))),
            ("[web]", d(None, "web", None)),
            ("[web]:2222", d(None, "web", Some(2222))),
            ("2001:db8::1", d(None, "2001:db8::1", None)),
            ("me@2001:db8::1", d(Some("me"), "2001:db8::1", None)),
            ("me@[2001:db8::1]:22", d(Some("me"), "2001:db8::1", Some(22))),
            ("fe80::1%eth0", d(None, "fe80::1%eth0", None)),
            ("[fe80::1%eth0]:22", d(None, "fe80::1%eth0", Some(22))),
            ("ssh://me@web:2222/", d(Some("me"), "web", Some(2222))),
            ("ssh://web", d(None, "web", None)),
            ("ssh://[::1]:2222/", d(None, "::1", Some(2222))),
            ("ssh://[fe80::1%25eth0]", d(None, "fe80::1%eth0", None)),
        ] {
            assert_eq!(Destination::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_destination_is_named() {
        for (text, says) in [
            ("", "names no host"),
            (":22", "names no host"),
            ("[]:22", "names no host"),
            ("me@", "names no host"),
            ("ssh://", "names no host"),
            ("@web", "names no user"),
            ("ssh root@web", "the user `ssh root` holds a blank"),
            ("a b", "holds a blank"),
            ("a\nb", "holds a blank"),
            ("[web", "must be closed"),
            ("[web]x", "must be closed"),
            ("web]", "must be closed"),
            ("web:", "is no port"),
            ("web:0", "is no port"),
            ("web:65536", "is no port"),
            ("web:+1", "is no port"),
            ("web:ssh", "`ssh` is no port"),
            ("u@h:22:x", "is no IPv6 address"),
            ("https://web", "`https://` is not ssh"),
        ] {
            let error = Destination::parse(text).expect_err(text).to_string();
            assert!(error.contains(says), "{text:?}: {error}");
        }
    }

    #[test]
    fn hops_are_written_so_that_ssh_reads_them() {
        for (hops, expected) in [
            ("me@gate:22,bastion", "me@gate:22,bastion"),
            ("::1", "[::1]"),
            ("me@fe80::1%eth0,gate", "me@[fe80::1%%eth0],gate"),
            ("[fe80::1%%eth0]:22", "[fe80::1%%eth0]:22"),
            ("ssh://me@[::1]:22", "me@[::1]:22"),
            ("none", "none"),
        ] {
            assert_eq!(as_hops(hops), expected);
        }
    }

    #[test]
    fn a_zone_is_written_so_that_ssh_reads_it_back() {
        for (host, expected) in [
            ("fe80::1%eth0", "fe80::1%%eth0"),
            ("fe80::1%%eth0", "fe80::1%%eth0"),
            ("fe80::1", "fe80::1"),
            ("%h.example", "%h.example"),
            ("web%eth0", "web%eth0"),
        ] {
            assert_eq!(as_host_name(host), expected, "{host}");
        }
    }
}
