//! What is offered to a server, as russh takes it.

use std::borrow::Cow;
use std::time::Duration;

use russh::client::{Config, GexParams};
use russh::keys::Algorithm;
use russh::{Limits, Preferred, SshId, cipher, compression, kex, mac};

use crate::session::algorithms;
use crate::session::plan::Endpoint;

/// What a channel may hold unread: over long distances the window, not the line, is the limit.
const WINDOW: u32 = 16 << 20;
/// russh's own bound for bytes under one key.
const REKEY_BYTES: u64 = 1 << 30;
/// RFC 4253, section 9.
const REKEY_TIME: Duration = Duration::from_hours(1);

/// The configuration for one server; `known` is what known_hosts has for it.
pub(super) fn config(endpoint: &Endpoint, known: &Expected<'_>) -> Config {
    let bytes = endpoint.rekey_bytes.unwrap_or(REKEY_BYTES).min(REKEY_BYTES);
    let bytes = usize::try_from(bytes).unwrap_or(1 << 30);
    Config {
        client_id: SshId::Standard(version(endpoint.version_addendum.as_deref())),
        limits: Limits::new(bytes, bytes, endpoint.rekey_time.unwrap_or(REKEY_TIME)),
        window_size: WINDOW,
        preferred: preferred(endpoint, known),
        keepalive_interval: endpoint.alive_interval,
        keepalive_max: endpoint.alive_max,
        gex: GexParams::new(2048, 3072, 8192).unwrap_or_default(),
        nodelay: true,
        ..Config::default()
    }
}

/// The version that is sent (RFC 4253, section 4.2), with VersionAddendum behind it.
fn version(addendum: Option<&str>) -> Cow<'static, str> {
    const VERSION: &str = concat!("SSH-2.0-sshp_", env!("CARGO_PKG_VERSION"));
    match addendum {
        Some(addendum) => Cow::Owned(format!("{VERSION} {addendum}")),
        None => Cow::Borrowed(VERSION),
    }
}

/// What known_hosts lets one expect of a server.
#[derive(Default)]
pub(super) struct Expected<'a> {
    /// The types of its keys.
    pub(super) types: Vec<&'a str>,
    /// Whether an authority is trusted to certify them.
    pub(super) authority: bool,
}

fn preferred(endpoint: &Endpoint, known: &Expected<'_>) -> Preferred {
    let lists = &endpoint.algorithms;
    let mut kex: Vec<kex::Name> =
        lists.kex.iter().filter_map(|name| kex::Name::try_from(name.as_str()).ok()).collect();
    // Without these two names the server neither tells its signature algorithms nor protects
    // the handshake from an attacker who drops packets.
    kex.push(kex::EXTENSION_SUPPORT_AS_CLIENT);
    kex.push(kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT);
    let is_known = |algorithm: &Algorithm| known.types.contains(&key_type(algorithm).as_str());
    let named = |name: &String| Algorithm::new(name).ok();
    let mut keys: Vec<Algorithm> = lists.host_keys.iter().filter_map(named).collect();
    let mut certified: Vec<Algorithm> = lists
        .host_keys
        .iter()
        .filter_map(|name| algorithms::of_certificate(name))
        .filter_map(|name| named(&name))
        .collect();
    if !endpoint.host_keys_fixed {
        // As ssh orders them (sshconnect2.c: order_hostkeyalgs): what is known comes first. The
        // library puts all certificates before all bare keys, so one that nobody trusts, and that
        // only counts as its key, is asked for where it is not in the way of a key that is known.
        keys.sort_by_key(|algorithm| !is_known(algorithm));
        if !known.authority && !known.types.is_empty() {
            certified.retain(is_known);
        }
    }
    Preferred {
        kex: Cow::Owned(kex),
        host_key_certificates: Cow::Owned(certified),
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
