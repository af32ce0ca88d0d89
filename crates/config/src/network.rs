//! PURE: the networks of `Match localnetwork` (addr.c: addr_match_cidr_list).

use std::net::IpAddr;

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether an address is in it.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32 - self.bits;
                (u64::from(a.to_bits()) >> shift) == (u64::from(b.to_bits()) >> shift)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                a.to_bits() & mask == b.to_bits() & mask
            }
            _ => false,
        }
    }

    /// Whether bits are set behind those that count.
    fn has_host_bits(self) -> bool {
        match self.address {
            IpAddr::V4(address) => {
                u64::from(address.to_bits()) & ((1_u64 << (32 - self.bits)) - 1) != 0
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - self.bits).unwrap_or(0);
                address.to_bits() & !mask != 0
            }
        }
    }
}

/// Reads a comma list of networks in CIDR notation.
///
/// # Errors
/// What ssh says of an entry that is none.
pub(super) fn parse_list(list: &[u8]) -> Result<Vec<Network>, String> {
    list.split(|&b| b == b',').map(parse).collect()
}

fn parse(entry: &[u8]) -> Result<Network, String> {
    let shown = String::from_utf8_lossy(entry).into_owned();
    let takes = |b: &u8| b.is_ascii_hexdigit() || b".:/".contains(b);
    if !entry.iter().all(takes) {
        return Err(format!(
            "addr_match_cidr_list: list entry \"{shown}\" contains invalid characters\n\
             Invalid network entry \"{shown}\""
        ));
    }
    let invalid = || format!("Invalid network entry \"{shown}\"");
    let (address, bits) = match shown.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (shown.as_str(), None),
    };
    let address: IpAddr = address.parse().map_err(|_| invalid())?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => most,
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(invalid)?,
    };
    let network = Network { address, bits };
    if network.has_host_bits() {
        return Err(format!("Inconsistent mask length for network \"{shown}\""));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_asked_as_cidr() {
        let contains = |list: &str, address: &str| {
            let networks = parse_list(list.as_bytes()).unwrap();
            networks.iter().any(|network| network.contains(address.parse().unwrap()))
        };
        assert!(contains("10.0.0.0/8", "10.1.2.3") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("0.0.0.0/0", "1.2.3.4") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("fe80::/10,::1", "::1") && contains("::/0", "::1"));
        assert!(contains("192.0.2.1", "192.0.2.1") && !contains("192.0.2.1", "192.0.2.2"));
        for list in ["10.0.0.1/8", "x", "!10.0.0.0/8", "*", "10.0.0.0/33", "", "::1/64"] {
            assert!(parse_list(list.as_bytes()).is_err(), "{list}");
        }
    }
}
