//! PURE: by which of its addresses a server of a cloud is reached.

use std::net::IpAddr;
use std::str::FromStr;

use sshp_import::{Address, AddressKind, Instance};

/// Which address a profile gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AddressChoice {
    /// A public IPv4 address, one that stays with the account first.
    #[default]
    Auto,
    /// A public IPv4 address.
    Public,
    /// An address in the cloud's network.
    Private,
    /// A public IPv4 address that stays with the account.
    Eip,
    /// A public IPv6 address.
    Ipv6,
    /// The name that DNS has for it.
    Dns,
}

impl FromStr for AddressChoice {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(AddressChoice::Auto),
            "public" => Ok(AddressChoice::Public),
            "private" => Ok(AddressChoice::Private),
            "eip" => Ok(AddressChoice::Eip),
            "ipv6" => Ok(AddressChoice::Ipv6),
            "dns" => Ok(AddressChoice::Dns),
            _ => Err(format!("`{word}` is no kind of address")),
        }
    }
}

impl AddressChoice {
    fn kinds(self) -> &'static [AddressKind] {
        match self {
            AddressChoice::Auto | AddressChoice::Public => {
                &[AddressKind::Elastic, AddressKind::Public]
            }
            AddressChoice::Private => &[AddressKind::Private],
            AddressChoice::Eip => &[AddressKind::Elastic],
            AddressChoice::Ipv6 => &[AddressKind::Ipv6],
            AddressChoice::Dns => &[AddressKind::Dns],
        }
    }

    /// What a server has not that has no such address.
    pub(super) fn lacking(self) -> &'static str {
        match self {
            AddressChoice::Auto | AddressChoice::Public => {
                "no public address; `--address private` takes the other"
            }
            AddressChoice::Private => "no private address",
            AddressChoice::Eip => "no elastic address",
            AddressChoice::Ipv6 => "no IPv6 address",
            AddressChoice::Dns => "no DNS name",
        }
    }
}

/// A network, `10.8.0.0/16`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// How many of the first bits are the network's.
    bits: u32,
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("`{text}` is no network; one is `10.8.0.0/16`");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| error())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse::<u32>().map_err(|_| error()))?;
        if bits > most { Err(error()) } else { Ok(Network { address, bits }) }
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        let same =
            |a: u128, b: u128, most: u32| (a ^ b).checked_shr(most - self.bits).unwrap_or(0) == 0;
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                same(u32::from(own).into(), u32::from(other).into(), 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.into(), other.into(), 128),
            _ => false,
        }
    }
}

/// The address by which a server is reached: in one of these networks, the first of them first; else of
/// the chosen kind.
pub(super) fn choose<'i>(
    instance: &'i Instance,
    choice: AddressChoice,
    prefer: &[Network],
) -> Option<&'i Address> {
    let addresses = || instance.addresses.iter();
    let within = |network: &Network| {
        addresses().find(|one| one.value.parse().is_ok_and(|address| network.holds(address)))
    };
    let of_kind = |kind: &AddressKind| addresses().find(|one| one.kind == *kind);
    prefer.iter().find_map(within).or_else(|| choice.kinds().iter().find_map(of_kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_of_the_kind_or_the_network_that_was_chosen() {
        let address =
            |(kind, value): (AddressKind, &str)| Address { kind, value: value.to_owned() };
        let addresses = [
            (AddressKind::Public, "198.51.100.1"),
            (AddressKind::Elastic, "198.51.100.2"),
            (AddressKind::Dns, "web.example.com"),
            (AddressKind::Ipv6, "2001:db8::1"),
            (AddressKind::Private, "10.0.0.1"),
            (AddressKind::Private, "10.8.0.1"),
        ];
        let instance =
            Instance { addresses: addresses.map(address).to_vec(), ..Instance::default() };
        let of = |choice, prefer: &[&str]| {
            let prefer: Vec<Network> = prefer.iter().map(|text| text.parse().unwrap()).collect();
            choose(&instance, choice, &prefer).map(|address| address.value.as_str())
        };
        assert_eq!(of(AddressChoice::Auto, &[]), Some("198.51.100.2"));
        assert_eq!(of(AddressChoice::Private, &[]), Some("10.0.0.1"));
        assert_eq!(of(AddressChoice::Ipv6, &[]), Some("2001:db8::1"));
        assert_eq!(of(AddressChoice::Dns, &[]), Some("web.example.com"));
        assert_eq!(of(AddressChoice::Auto, &["192.0.2.0/24", "10.8.0.0/16"]), Some("10.8.0.1"));
        assert_eq!(of(AddressChoice::Private, &["192.0.2.0/24"]), Some("10.0.0.1"));
        assert_eq!(of(AddressChoice::Auto, &["2001:db8::/32"]), Some("2001:db8::1"));
        assert_eq!(of(AddressChoice::Auto, &["0.0.0.0/0"]), Some("198.51.100.1"));
        assert_eq!(of(AddressChoice::Auto, &["10.8.0.1"]), Some("10.8.0.1"));
        let none = Instance::default();
        assert_eq!(choose(&none, AddressChoice::Auto, &[]), None);
    }

    #[test]
    fn other_text_is_no_network() {
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/x", "web/8", "::/129", "10.0.0.0/-1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
