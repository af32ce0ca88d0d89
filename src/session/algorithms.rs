//! PURE: the algorithms of the built-in session, in its order of preference, and what a
//! configured list makes of them.
//!
//! The order is ours, not the library's: fast key exchanges first (its own order tries finite
//! fields of 8192 bits early), no SHA-1 signatures, AES-GCM offered.

use ssh2_config::HostParams;
use sshp_config::options::Kind;
use sshp_config::{Effective, Keyword};

/// Key exchanges that are offered where nothing else is configured.
pub const KEX: &[&str] = &[
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group18-sha512",
];
/// Key exchanges that are used only when they are asked for.
const KEX_ON_DEMAND: &[&str] = &[
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
];
/// Ciphers, as OpenSSH orders them.
pub const CIPHERS: &[&str] = &[
    "chacha20-poly1305@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
];
/// Ciphers that are used only when they are asked for.
const CIPHERS_ON_DEMAND: &[&str] = &["aes128-cbc", "aes192-cbc", "aes256-cbc"];
/// MACs.
pub const MACS: &[&str] = &[
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
];
/// MACs that are used only when they are asked for.
const MACS_ON_DEMAND: &[&str] = &["hmac-sha1-etm@openssh.com", "hmac-sha1"];
/// Signatures of servers and users that are used only when they are asked for: RSA with SHA-1.
const KEYS_ON_DEMAND: &[&str] = &["ssh-rsa"];
/// Host key signatures, those of keys with certificates first, as in ssh.
pub const HOST_KEYS: &[&str] = &[
    "ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "rsa-sha2-512-cert-v01@openssh.com",
    "rsa-sha2-256-cert-v01@openssh.com",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
];

/// Signatures of users, of those who certify, and of servers with a bare key: [`HOST_KEYS`] without
/// its certificates.
pub const KEYS: &[&str] = HOST_KEYS.split_at(8).1;

/// The signature of the key in a certificate, by the name that stands for both
/// (PROTOCOL.certkeys); `None` where a name is of a bare key.
pub fn of_certificate(name: &str) -> Option<String> {
    let key = name.strip_suffix("-cert-v01@openssh.com")?;
    Some(if key.starts_with("sk-") { format!("{key}@openssh.com") } else { key.to_owned() })
}

/// The lists of one connection, each in order of preference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithms {
    /// Key exchanges.
    pub kex: Vec<String>,
    /// Ciphers.
    pub ciphers: Vec<String>,
    /// Message authentication codes.
    pub macs: Vec<String>,
    /// Signatures of the server.
    pub host_keys: Vec<String>,
    /// Signatures of the user.
    pub user_keys: Vec<String>,
    /// Signatures of those who certify servers.
    pub authorities: Vec<String>,
    /// What a list asks for and the built-in session does not have, with the keyword of the list.
    pub missing: Vec<(&'static str, String)>,
}

impl Algorithms {
    /// What the list of this keyword asks for and the built-in session does not have.
    pub fn missing_for(&self, keyword: &str) -> Vec<&str> {
        let of_list = self.missing.iter().filter(|(list, _)| *list == keyword);
        of_list.map(|(_, name)| name.as_str()).collect()
    }
}

/// One configured list.
struct ConfiguredList {
    keyword: Keyword,
    default: &'static [&'static str],
    on_demand: &'static [&'static str],
    of: fn(&HostParams) -> &ssh2_config::Algorithms,
}

const LISTS: [ConfiguredList; 6] = [
    ConfiguredList {
        keyword: Keyword::KexAlgorithms,
        default: KEX,
        on_demand: KEX_ON_DEMAND,
        of: |params| &params.kex_algorithms,
    },
    ConfiguredList {
        keyword: Keyword::Ciphers,
        default: CIPHERS,
        on_demand: CIPHERS_ON_DEMAND,
        of: |params| &params.ciphers,
    },
    ConfiguredList {
        keyword: Keyword::MACs,
        default: MACS,
        on_demand: MACS_ON_DEMAND,
        of: |params| &params.mac,
    },
    ConfiguredList {
        keyword: Keyword::HostKeyAlgorithms,
        default: HOST_KEYS,
        on_demand: KEYS_ON_DEMAND,
        of: |params| &params.host_key_algorithms,
    },
    ConfiguredList {
        keyword: Keyword::PubkeyAcceptedAlgorithms,
        default: KEYS,
        on_demand: KEYS_ON_DEMAND,
        of: |params| &params.pubkey_accepted_algorithms,
    },
    ConfiguredList {
        keyword: Keyword::CASignatureAlgorithms,
        default: KEYS,
        on_demand: &[],
        of: |params| &params.ca_signature_algorithms,
    },
];

impl ConfiguredList {
    /// What an option's list, which ssh has made of its defaults, leaves of what the built-in session
    /// has; in the second place what it asks for and the session does not have.
    fn choose(&self, names: &[String]) -> (Vec<String>, Vec<String>) {
        let (mut chosen, mut lacking): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for name in names {
            if !self.has(name) {
                lacking.push(name.clone());
            } else if !chosen.contains(name) {
                chosen.push(name.clone());
            }
        }
        if !chosen.is_empty() {
            // A list such as `+ssh-dss` asks for no more than it names: the rest is ssh's own default.
            lacking.retain(|name| !is_default(self.keyword, name));
        }
        (chosen, lacking)
    }

    fn has(&self, name: &str) -> bool {
        self.default.iter().chain(self.on_demand).any(|known| *known == name)
    }
}

/// The lists of one connection, and what is wrong with them.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The lists, cut to what the built-in session has.
    pub algorithms: Algorithms,
    /// The keywords whose list leaves nothing.
    pub empty: Vec<Keyword>,
}

/// Chooses the algorithms of a connection: those that are configured, else the session's own; `params`
/// are those of the options.
pub fn choose(found: &Effective, params: &HostParams) -> Chosen {
    let (mut empty, mut missing) = (Vec::new(), Vec::new());
    let [kex, ciphers, macs, host_keys, user_keys, authorities] = LISTS.map(|list| {
        if !found.is_set(list.keyword) {
            return list.default.iter().map(|name| (*name).to_owned()).collect();
        }
        let (chosen, lacking) = list.choose((list.of)(params).algorithms());
        if chosen.is_empty() {
            empty.push(list.keyword);
        }
        missing.extend(lacking.into_iter().map(|name| (list.keyword.title(), name)));
        chosen
    });
    let algorithms = Algorithms { kex, ciphers, macs, host_keys, user_keys, authorities, missing };
    Chosen { algorithms, empty }
}

/// Whether the built-in session has an algorithm, offered or on demand; `option` is the keyword
/// of its list.
pub fn has(option: &str, name: &str) -> bool {
    LISTS.iter().filter(|list| list.keyword.title() == option).any(|list| list.has(name))
}

/// Whether the newest ssh offers an algorithm where the keyword is not set.
fn is_default(keyword: Keyword, name: &str) -> bool {
    match keyword.kind() {
        Kind::Algorithms(list) => list.is_default(name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::plan::tests::{facts, try_resolve};

    fn chosen(lines: &str) -> Chosen {
        let found = try_resolve(lines).expect("options");
        choose(&found, &found.host_params(facts().machine).expect("paths"))
    }

    fn ciphers(list: &str) -> Vec<String> {
        chosen(&format!("Ciphers {list}")).algorithms.ciphers
    }

    #[test]
    fn lists_change_the_defaults_as_ssh_does() {
        let default: Vec<_> = CIPHERS.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(chosen("Port 1").algorithms.ciphers, default);
        assert_eq!(ciphers("aes256-ctr,aes128-ctr"), ["aes256-ctr", "aes128-ctr"]);
        assert_eq!(ciphers("+aes128-cbc").last().map(String::as_str), Some("aes128-cbc"));
        assert_eq!(ciphers("-aes*"), ["chacha20-poly1305@openssh.com"]);
        let front = ciphers("^aes256-ctr");
        assert_eq!(front[0], "aes256-ctr");
        assert_eq!(front.len(), CIPHERS.len());
        assert_eq!(ciphers("3des-cbc,aes128-ctr"), ["aes128-ctr"]);
    }

    #[test]
    fn a_list_of_what_is_missing_is_named() {
        let chosen =
            chosen("KexAlgorithms sntrup761x25519-sha512@openssh.com\nMACs umac-64@openssh.com");
        assert_eq!(chosen.empty, [Keyword::KexAlgorithms, Keyword::MACs]);
    }

    #[test]
    fn what_a_list_asks_for_in_vain_is_kept_to_be_named() {
        let lines =
            "MACs +hmac-sha1-96,hmac-sha1\nHostKeyAlgorithms +ssh-dss,ssh-rsa\nCiphers -3des-cbc";
        let chosen = chosen(lines);
        assert_eq!(chosen.algorithms.missing_for("MACs"), ["hmac-sha1-96"]);
        assert_eq!(chosen.algorithms.missing_for("HostKeyAlgorithms"), ["ssh-dss"]);
        assert!(chosen.algorithms.missing_for("Ciphers").is_empty());
        assert_eq!(chosen.algorithms.host_keys.last().map(String::as_str), Some("ssh-rsa"));
        assert!(!self::chosen("Port 1").algorithms.host_keys.contains(&"ssh-rsa".to_owned()));
    }

    #[test]
    fn certificates_of_servers_are_named_by_the_list_of_host_keys() {
        let named = |list| chosen(&format!("HostKeyAlgorithms {list}")).algorithms.host_keys;
        assert_eq!(named("-*cert*"), KEYS);
        assert_eq!(named("ssh-ed25519"), ["ssh-ed25519"]);
        let keys: Vec<_> = HOST_KEYS.iter().filter_map(|name| of_certificate(name)).collect();
        assert_eq!(keys, KEYS);
    }
}
