//! Facts of this machine for the resolver: passwd(5), services(5), environment, host name.

use std::ffi::OsStr;
use std::fs;
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use nix::sys::socket::SockaddrStorage;
use sshp_config::Facts;

use super::Env;

impl Facts for Env {
    fn user(&self) -> Vec<u8> {
        self.user.clone().into_bytes()
    }

    fn uid(&self) -> u32 {
        self.uid
    }

    fn home(&self) -> Vec<u8> {
        self.passwd_home.as_os_str().as_bytes().to_vec()
    }

    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>> {
        home_of(user)
    }

    fn hostname(&self) -> Vec<u8> {
        Env::hostname(self).into_bytes()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.raw_var(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }

    fn addresses(&self) -> Vec<IpAddr> {
        use nix::net::if_::InterfaceFlags;
        let interfaces = nix::ifaddrs::getifaddrs().into_iter().flatten();
        let up = interfaces.filter(|interface| interface.flags.contains(InterfaceFlags::IFF_UP));
        let addresses = up.filter_map(|interface| interface.address);
        let ip = |address: SockaddrStorage| {
            let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
        };
        addresses.filter_map(ip).collect()
    }

    fn service(&self, name: &[u8]) -> Option<u16> {
        service_in(&fs::read_to_string("/etc/services").ok()?, name)
    }
}

/// The home folder of a user by passwd(5).
pub(crate) fn home_of(user: &[u8]) -> Option<Vec<u8>> {
    let user = nix::unistd::User::from_name(std::str::from_utf8(user).ok()?).ok()??;
    Some(user.dir.into_os_string().into_vec())
}

/// The tcp port of a service, by its name or another name for it.
fn service_in(services: &str, name: &[u8]) -> Option<u16> {
    services.lines().find_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let official = words.next()?;
        let (port, protocol) = words.next()?.split_once('/')?;
        let named = std::iter::once(official).chain(words).any(|word| word.as_bytes() == name);
        (named && protocol == "tcp").then(|| port.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_by_all_their_names() {
        let text = "# x\nssh 22/tcp # SSH\nsyslog 514/udp\nhttp 80/tcp www\n";
        assert_eq!(service_in(text, b"ssh"), Some(22));
        assert_eq!(service_in(text, b"www"), Some(80));
        assert_eq!(service_in(text, b"syslog"), None);
        assert_eq!(service_in(text, b"SSH"), None);
    }
}
