//! PURE: what resolving needs to know of the machine, asked through traits that the edge fills in.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Facts that cost nothing to ask and run nothing.
pub trait Facts {
    /// The login name by passwd(5).
    fn user(&self) -> Vec<u8>;
    /// The real user id.
    fn uid(&self) -> u32;
    /// The home folder by passwd(5), which ssh uses for `~` and `%d` whatever `$HOME` says.
    fn home(&self) -> Vec<u8>;
    /// The home folder of another user.
    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>>;
    /// The name of this machine.
    fn hostname(&self) -> Vec<u8>;
    /// An environment variable; an empty one is set.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>>;
    /// The addresses of the network interfaces that are up, for `Match localnetwork`.
    fn addresses(&self) -> Vec<IpAddr>;
    /// The port of a tcp service by services(5).
    fn service(&self, name: &[u8]) -> Option<u16>;
}

/// Facts as values, for a machine other than this one. The default has one user, whose name is empty,
/// and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixedFacts {
    /// The login name.
    pub user: Vec<u8>,
    /// The real user id.
    pub uid: u32,
    /// The home folder.
    pub home: Vec<u8>,
    /// The name of the machine.
    pub hostname: Vec<u8>,
    /// The environment.
    pub variables: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The addresses of its network interfaces.
    pub addresses: Vec<IpAddr>,
    /// The ports of its tcp services.
    pub services: BTreeMap<Vec<u8>, u16>,
}

impl Facts for FixedFacts {
    fn user(&self) -> Vec<u8> {
        self.user.clone()
    }

    fn uid(&self) -> u32 {
        self.uid
    }

    fn home(&self) -> Vec<u8> {
        self.home.clone()
    }

    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>> {
        (user == self.user).then(|| self.home.clone())
    }

    fn hostname(&self) -> Vec<u8> {
        self.hostname.clone()
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.variables.get(name).cloned()
    }

    fn addresses(&self) -> Vec<IpAddr> {
        self.addresses.clone()
    }

    fn service(&self, name: &[u8]) -> Option<u16> {
        self.services.get(name).copied()
    }
}

/// What runs a program, asks the network or looks at files: for a connect and `connect -G` only.
pub trait Probe {
    /// Runs `Match exec` in the user's shell; whether it ended with 0.
    ///
    /// # Errors
    /// When it could not be run or was killed.
    fn run(&self, command: &[u8]) -> Result<bool, String>;
    /// Asks for the addresses of a name; the canonical name where there is one.
    ///
    /// # Errors
    /// When it has none: what getaddrinfo(3) says.
    fn lookup(&self, name: &[u8], family: Family) -> Result<Option<Vec<u8>>, String>;
    /// Whether a file can be reached.
    ///
    /// # Errors
    /// When it cannot: what stat(2) says.
    fn reach(&self, path: &[u8]) -> Result<(), String>;
}

/// `AddressFamily`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Both.
    #[default]
    Any,
    /// IPv4 only.
    Inet,
    /// IPv6 only.
    Inet6,
}
