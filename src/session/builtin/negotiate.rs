//! What is offered to a server, as russh takes it.

use std::borrow::Cow;
use std::time::Duration;

use russh::client::{Config, GexParams};
use russh::keys::Algorithm;
use russh::{Limits, Preferred, SshId, cipher, compression, kex, mac};

use crate::session::plan::Endpoint;

/// What a channel may hold unread: over long distances the window, not the line, is the limit.
const WINDOW: u32 = 16 << 20;
/// russh's own bound for bytes under one key.
const REKEY_BYTES: u64 = 1 << 30;
/// RFC 4253, section 9.
const REKEY_TIME: Duration = Duration::from_hours(1);

/// The configuration for one server; `known_types` are the key types that known_hosts has for it,
/// `authority` whether it trusts somebody to certify them.
pub(super) fn config(endpoint: &Endpoint, known_types: &[&str], authority: bool) -> Config {
    let bytes = endpoint.rekey_bytes.unwrap_or(REKEY_BYTES).min(REKEY_BYTES);
    let bytes = usize::try_from(bytes).unwrap_or(1 << 30);
    Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!(
            "SSH-2.0-sshp_",
            env!("CARGO_PKG_VERSION")
        ))),
        limits: Limits::new(bytes, bytes, endpoint.rekey_time.unwrap_or(REKEY_TIME)),
        window_size: WINDOW,
        preferred: preferred(endpoint, known_types, authority),
        keepalive_interval: endpoint.alive_interval,
        keepalive_max: endpoint.alive_max,
        gex: GexParams::new(2048, 3072, 8192).unwrap_or_default(),
        nodelay: true,
        ..Config::default()
    }
}

fn preferred(endpoint: &Endpoint, known_types: &[&str], authority: bool) -> Preferred {
    let lists = &endpoint.algorithms;
    let mut kex: Vec<kex::Name> =
        lists.kex.iter().filter_map(|name| kex::Name::try_from(name.as_str()).ok()).collect();
    // Without these two names the server neither tells its signature algorithms nor protects
    // the handshake from an attacker who drops packets.
    kex.push(kex::EXTENSION_SUPPORT_AS_CLIENT);
    kex.push(kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT);
    let mut keys: Vec<Algorithm> =
        lists.host_keys.iter().filter_map(|name| Algorithm::new(name).ok()).collect();
    if !endpoint.host_keys_fixed {
        // A stable sort: within known and unknown the order stays.
        keys.sort_by_key(|algorithm| !known_types.contains(&key_type(algorithm).as_str()));
    }
    Preferred {
        kex: Cow::Owned(kex),
        // Only who trusts an authority can make use of a certificate.
        host_key_certificates: Cow::Owned(if authority { keys.clone() } else { Vec::new() }),
        key: Cow::Owned(keys),
        cipher: Cow::Owned(
            lists.ciphers.iter().filter_map(|n| cipher::Name::try_from(n.as_str()).ok()).collect(),
        ),
        mac: Cow::Owned(
            lists.macs.iter().filter_map(|n| mac::Name::try_from(n.as_str()).ok()).collect(),
        ),
        compression: if endpoint.compression {
            Cow::Borrowed(&[compression::ZLIB_LEGACY, compression::ZLIB, compression::NONE])
        } else {
            Cow::Borrowed(&[compression::NONE, compression::ZLIB_LEGACY])
        },
    }
}

/// The type of key that a signature algorithm belongs to: `rsa-sha2-512` signs with `ssh-rsa`.
pub(super) fn key_type(algorithm: &Algorithm) -> String {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::algorithms;

    #[test]
    fn the_library_has_every_algorithm_that_is_offered() {
        for name in algorithms::KEX {
            assert!(kex::Name::try_from(*name).is_ok(), "{name}");
        }
        for name in algorithms::CIPHERS {
            assert!(cipher::Name::try_from(*name).is_ok(), "{name}");
        }
        for name in algorithms::MACS {
            assert!(mac::Name::try_from(*name).is_ok(), "{name}");
        }
        for name in algorithms::KEYS {
            assert!(Algorithm::new(name).is_ok(), "{name}");
        }
    }
}
