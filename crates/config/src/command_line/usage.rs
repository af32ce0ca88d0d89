//! PURE: what ssh prints for a command line that it does not take (ssh.c: usage), and which release takes it.

use super::UsageError;
use crate::dialect::{Dialect, Version};
use crate::flags;

/// The usage of ssh with the first release that prints it.
const USAGES: &[(Version, &str)] = &[
    (
        Version::new(10, 5),
        "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYyZ] [-B bind_interface] [-b bind_address]
           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
           [-J destination] [-L address] [-l login_name] [-m mac_spec]
           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]
           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]
           destination [command [argument ...]]
       ssh [-Q query_option]
",
    ),
    (
        Version::new(9, 6),
        "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]
           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
           [-J destination] [-L address] [-l login_name] [-m mac_spec]
           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]
           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]
           destination [command [argument ...]]
       ssh [-Q query_option]
",
    ),
    (
        Version::new(9, 4),
        "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]
           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]
           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]
           [-J destination] [-L address] [-l login_name] [-m mac_spec]
           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-Q query_option]
           [-R address] [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]
           destination [command [argument ...]]
",
    ),
    (
        Version::new(8, 8),
        "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]
           [-b bind_address] [-c cipher_spec] [-D [bind_address:]port]
           [-E log_file] [-e escape_char] [-F configfile] [-I pkcs11]
           [-i identity_file] [-J [user@]host[:port]] [-L address]
           [-l login_name] [-m mac_spec] [-O ctl_cmd] [-o option] [-p port]
           [-Q query_option] [-R address] [-S ctl_path] [-W host:port]
           [-w local_tun[:remote_tun]] destination [command [argument ...]]
",
    ),
    (
        Version::new(0, 0),
        "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface]
           [-b bind_address] [-c cipher_spec] [-D [bind_address:]port]
           [-E log_file] [-e escape_char] [-F configfile] [-I pkcs11]
           [-i identity_file] [-J [user@]host[:port]] [-L address]
           [-l login_name] [-m mac_spec] [-O ctl_cmd] [-o option] [-p port]
           [-Q query_option] [-R address] [-S ctl_path] [-W host:port]
           [-w local_tun[:remote_tun]] destination [command]
",
    ),
];

impl UsageError {
    /// What an ssh prints to standard error before it exits with 255; `None` where only sshp would refuse
    /// the command line.
    #[must_use]
    pub fn in_the_words_of_ssh(&self, dialect: &Dialect) -> Option<String> {
        let said = match self {
            UsageError::UnknownFlag(flag) => format!("unknown option -- {}\n", shown(*flag)),
            UsageError::NoValue(flag) => {
                format!("option requires an argument -- {}\n", shown(*flag))
            }
            UsageError::NoDestination | UsageError::Destination(_) => String::new(),
            UsageError::Session(_) | UsageError::Typed(..) | UsageError::TwoPorts(..) => {
                return None;
            }
        };
        let (_, usage) = USAGES.iter().find(|(since, _)| dialect.version() >= *since)?;
        Some(said + usage)
    }

    /// Which ssh takes the flag that this one does not have.
    #[must_use]
    pub fn takers(&self) -> Option<String> {
        let UsageError::UnknownFlag(flag) = self else { return None };
        let letter = u8::try_from(u32::from(*flag)).ok()?;
        let found = flags::FLAGS.iter().find(|flag| flag.letter == letter)?;
        Some(format!("OpenSSH {} and later take -{flag}", found.validity.since))
    }
}

/// A flag is a byte, and one beyond ASCII is shown in octal (log.c: do_log, by strnvis).
fn shown(flag: char) -> String {
    if flag.is_ascii() { flag.to_string() } else { format!("\\{:03o}", u32::from(flag)) }
}
