//! PURE: the algorithms of the built-in session, in its order of preference, and what a
//! configured list makes of them.
//!
//! The order is ours, not the library's: fast key exchanges first (its own order tries finite
//! fields of 8192 bits early), no SHA-1 signatures, AES-GCM offered.

use ssh2_config::{DefaultAlgorithms, HostParams, ParseRule, SshConfig};
use sshp_config::options::Kind;
use sshp_config::{Keyword, pattern};

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
    keyword: &'static str,
    default: &'static [&'static str],
    on_demand: &'static [&'static str],
    of: fn(&HostParams) -> &ssh2_config::Algorithms,
}

const LISTS: [ConfiguredList; 6] = [
    ConfiguredList {
        keyword: "KexAlgorithms",
        default: KEX,
        on_demand: KEX_ON_DEMAND,
        of: |params| &params.kex_algorithms,
    },
    ConfiguredList {
        keyword: "Ciphers",
        default: CIPHERS,
        on_demand: CIPHERS_ON_DEMAND,
        of: |params| &params.ciphers,
    },
    ConfiguredList {
        keyword: "MACs",
        default: MACS,
        on_demand: MACS_ON_DEMAND,
        of: |params| &params.mac,
    },
    ConfiguredList {
        keyword: "HostKeyAlgorithms",
        default: HOST_KEYS,
        on_demand: KEYS_ON_DEMAND,
        of: |params| &params.host_key_algorithms,
    },
    ConfiguredList {
        keyword: "PubkeyAcceptedAlgorithms",
        default: KEYS,
        on_demand: KEYS_ON_DEMAND,
        of: |params| &params.pubkey_accepted_algorithms,
    },
    ConfiguredList {
        keyword: "CASignatureAlgorithms",
        default: KEYS,
        on_demand: &[],
        of: |params| &params.ca_signature_algorithms,
    },
];

/// Numbers and lists with their types, as ssh2-config reads them.
#[derive(Clone, Debug)]
pub struct Typed {
    /// Its typed values.
    pub params: HostParams,
    /// The lists, cut to what the built-in session has.
    pub algorithms: Algorithms,
    /// Keywords whose list leaves nothing.
    pub empty: Vec<&'static str>,
}

/// Reads resolved values as types.
///
/// `value` gives what is set for a keyword. What ssh2-config is given is one flat `Host *` block
/// of plain numbers and lists, since it reads those as ssh does and little else. Where its rules
/// for lists differ they are evened out here: it knows no wildcards in `-` lists, and its `^`
/// names algorithms twice.
pub fn typed<'a>(value: impl Fn(&str) -> Option<&'a str>) -> Typed {
    let mut text = String::from("Host *\n");
    for keyword in ["Port", "ConnectTimeout", "ConnectionAttempts", "ServerAliveInterval"] {
        if let Some(number) = value(&keyword.to_ascii_lowercase()).filter(|v| is_number(v)) {
            text += &format!("{keyword} {number}\n");
        }
    }
    for keyword in ["Compression", "TCPKeepAlive", "PubkeyAuthentication"] {
        if let Some(flag @ ("yes" | "no" | "true" | "false")) = value(&keyword.to_ascii_lowercase())
        {
            text += &format!("{keyword} {flag}\n");
        }
    }
    for list in &LISTS {
        if let Some(names) = value(&list.keyword.to_ascii_lowercase()) {
            let names = literal_list(names, list.default);
            if names.trim_start_matches(['+', '-', '^']).is_empty() {
                continue;
            }
            text += &format!("{} {names}\n", list.keyword);
        }
    }
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let defaults = DefaultAlgorithms {
        ca_signature_algorithms: names(KEYS),
        ciphers: names(CIPHERS),
        host_key_algorithms: names(HOST_KEYS),
        kex_algorithms: names(KEX),
        mac: names(MACS),
        pubkey_accepted_algorithms: names(KEYS),
    };
    let config = SshConfig::default().default_algorithms(defaults.clone());
    // Only numbers, words and names of algorithms are in the text, none of which it refuses.
    let params = match config.parse(&mut text.as_bytes(), ParseRule::STRICT) {
        Ok(config) => config.query("host"),
        Err(_) => HostParams::new(&defaults),
    };
    let (mut empty, mut missing) = (Vec::new(), Vec::new());
    let [kex, ciphers, macs, host_keys, user_keys, authorities] = LISTS.map(|list| {
        let mut chosen: Vec<String> = Vec::new();
        let mut lacking: Vec<String> = Vec::new();
        for name in (list.of)(&params).algorithms() {
            let known = list.default.iter().chain(list.on_demand).any(|known| known == name);
            if !known {
                lacking.push(name.clone());
            } else if !chosen.contains(name) {
                chosen.push(name.clone());
            }
        }
        if chosen.is_empty() {
            empty.push(list.keyword);
        } else {
            // A list such as `+ssh-dss` asks for no more than it names: the rest is ssh's own default.
            lacking.retain(|name| !is_default(list.keyword, name));
        }
        missing.extend(lacking.into_iter().map(|name| (list.keyword, name)));
        chosen
    });
    let algorithms = Algorithms { kex, ciphers, macs, host_keys, user_keys, authorities, missing };
    Typed { params, algorithms, empty }
}

/// Whether the built-in session has an algorithm, offered or on demand; `option` is the keyword
/// of its list.
pub fn has(option: &str, name: &str) -> bool {
    LISTS
        .iter()
        .filter(|list| list.keyword == option)
        .any(|list| list.default.iter().chain(list.on_demand).any(|known| *known == name))
}

/// Whether the newest ssh offers an algorithm where the keyword is not set.
fn is_default(keyword: &str, name: &str) -> bool {
    match Keyword::find(keyword.as_bytes()).map(Keyword::kind) {
        Some(Kind::Algorithms(list)) => list.is_default(name),
        _ => false,
    }
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.len() < 10 && value.bytes().all(|b| b.is_ascii_digit())
}

/// Turns the patterns of a list into the names they stand for, and leaves out what would not
/// be one word.
fn literal_list(list: &str, default: &[&str]) -> String {
    let (sign, names) = match list.as_bytes().first() {
        Some(b'+' | b'-' | b'^') => list.split_at(1),
        _ => ("", list),
    };
    let mut out: Vec<&str> = Vec::new();
    for name in names.split(',') {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-@._".contains(c);
        if name.contains(['*', '?']) {
            out.extend(
                default.iter().filter(|known| pattern::matches(known.as_bytes(), name.as_bytes())),
            );
        } else if !name.is_empty() && name.chars().all(plain) {
            out.push(name);
        }
    }
    format!("{sign}{}", out.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ciphers(list: &str) -> Vec<String> {
        typed(|keyword| (keyword == "ciphers").then_some(list)).algorithms.ciphers
    }

    #[test]
    fn lists_change_the_defaults_as_ssh_does() {
        let default: Vec<_> = CIPHERS.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(typed(|_| None).algorithms.ciphers, default);
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
        let typed = typed(|keyword| match keyword {
            "kexalgorithms" => Some("sntrup761x25519-sha512@openssh.com"),
            "macs" => Some("umac-64@openssh.com"),
            _ => None,
        });
        assert_eq!(typed.empty, ["KexAlgorithms", "MACs"]);
    }

    #[test]
    fn what_a_list_asks_for_in_vain_is_kept_to_be_named() {
        let typed = typed(|keyword| match keyword {
            "macs" => Some("+hmac-sha1-96,hmac-sha1"),
            "hostkeyalgorithms" => Some("+ssh-dss,ssh-rsa"),
            "ciphers" => Some("-3des-cbc"),
            _ => None,
        });
        assert_eq!(typed.algorithms.missing_for("MACs"), ["hmac-sha1-96"]);
        assert_eq!(typed.algorithms.missing_for("HostKeyAlgorithms"), ["ssh-dss"]);
        assert!(typed.algorithms.missing_for("Ciphers").is_empty());
        assert_eq!(typed.algorithms.host_keys.last().map(String::as_str), Some("ssh-rsa"));
        assert!(!super::typed(|_| None).algorithms.host_keys.contains(&"ssh-rsa".to_owned()));
    }

    #[test]
    fn certificates_of_servers_are_named_by_the_list_of_host_keys() {
        let named = |list| typed(|k| (k == "hostkeyalgorithms").then_some(list)).algorithms;
        assert_eq!(named("-*cert*").host_keys, KEYS);
        assert_eq!(named("ssh-ed25519").host_keys, ["ssh-ed25519"]);
        let keys: Vec<_> = HOST_KEYS.iter().filter_map(|name| of_certificate(name)).collect();
        assert_eq!(keys, KEYS);
    }

    #[test]
    fn numbers_have_their_types() {
        let typed = typed(|keyword| match keyword {
            "port" => Some("2222"),
            "connecttimeout" => Some("7"),
            "serveraliveinterval" => Some("3"),
            "compression" => Some("yes"),
            _ => None,
        });
        assert_eq!(typed.params.port, Some(2222));
        assert_eq!(typed.params.connect_timeout, Some(std::time::Duration::from_secs(7)));
        assert_eq!(typed.params.server_alive_interval, Some(std::time::Duration::from_secs(3)));
        assert_eq!(typed.params.compression, Some(true));
        assert!(typed.empty.is_empty());
    }
}
