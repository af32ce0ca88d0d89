//! PURE: the words of a keyword and its default, as one ssh has them.

use std::borrow::Cow;

use super::{Dialect, Vendor};
use crate::options::{Form, Keyword, Kind, Row};

/// Words with what `ssh -G` prints for each.
type Words = &'static [(&'static str, &'static str)];

const FLAGS: Words = &[("yes", "yes"), ("no", "no"), ("true", "yes"), ("false", "no")];

/// Upstream's; Debian's patch has `silent` and prints it for `quiet`.
const LOG_LEVELS: Words = &[
    ("quiet", "QUIET"),
    ("fatal", "FATAL"),
    ("error", "ERROR"),
    ("info", "INFO"),
    ("verbose", "VERBOSE"),
    ("debug", "DEBUG"),
    ("debug1", "DEBUG"),
    ("debug2", "DEBUG2"),
    ("debug3", "DEBUG3"),
];

impl Dialect {
    /// The words that a keyword of [`Kind::Words`] takes, in any case, and what `ssh -G` prints for each.
    #[must_use]
    pub fn words(&self, keyword: Keyword) -> Words {
        match (keyword, keyword.kind()) {
            (Keyword::PubkeyAuthentication, _) if !self.has_pubkey_words() => FLAGS,
            (Keyword::TCPKeepAlive, _) if !self.has_keepalive_words() => FLAGS,
            (Keyword::LogLevel, _) if !self.is_lenient && !self.vendor.is_debian() => LOG_LEVELS,
            (_, Kind::Words(words)) => words,
            _ => &[],
        }
    }

    /// The name by which `ssh -G` prints a keyword.
    pub(crate) fn printed_name(&self, keyword: Keyword) -> &'static str {
        match keyword {
            Keyword::CanonicalizePermittedCNAMEs if self.prints_cnames_in_lower_case() => {
                "canonicalizepermittedcnames"
            }
            Keyword::PubkeyAcceptedAlgorithms if !self.is_at_least(8, 5) => {
                "pubkeyacceptedkeytypes"
            }
            Keyword::HostbasedAcceptedAlgorithms if !self.is_at_least(8, 5) => "hostbasedkeytypes",
            _ => keyword.name(),
        }
    }

    /// What `-q` sets, and `ssh -G` prints for `LogLevel QUIET`.
    pub(crate) fn quiet(&self) -> &'static str {
        let words = self.words(Keyword::LogLevel).iter();
        words.clone().find(|(word, _)| *word == "quiet").map_or("QUIET", |(_, printed)| printed)
    }

    /// The values of a keyword where nothing sets it.
    pub(crate) fn default_values(&self, row: &Row) -> Vec<Cow<'_, str>> {
        let Some(newest) = row.default else { return Vec::new() };
        let printed: Vec<_> = self.printed_defaults(row.name).map(Cow::Borrowed).collect();
        if !printed.is_empty() {
            return printed;
        }
        let value = self.default_of_table(row.keyword, newest);
        match row.form {
            Form::Each => value.split(' ').map(Cow::Borrowed).collect(),
            Form::Line | Form::Joined | Form::Hidden => vec![Cow::Borrowed(value)],
        }
    }

    /// What the table has as a default, where releases or vendors differ.
    fn default_of_table(&self, keyword: Keyword, newest: &'static str) -> &'static str {
        match keyword {
            Keyword::PubkeyAuthentication if !self.has_pubkey_words() => "yes",
            Keyword::TCPKeepAlive if !self.has_keepalive_words() => "yes",
            Keyword::CheckHostIP if !self.is_at_least(8, 5) => "yes",
            Keyword::ForwardX11Trusted if self.vendor.is_debian() => "yes",
            Keyword::XAuthLocation if self.vendor == Vendor::Upstream => "/usr/X11R6/bin/xauth",
            Keyword::IPQoS if self.is_at_least(10, 1) => newest,
            Keyword::IPQoS if self.drops_type_of_service() => "ef cs1",
            Keyword::IPQoS if self.vendor.is_debian() => "lowdelay throughput",
            Keyword::IPQoS => "af21 cs1",
            Keyword::IdentityFile if self.is_at_least(10, 5) => newest,
            Keyword::IdentityFile if self.is_at_least(10, 1) => {
                "~/.ssh/id_rsa ~/.ssh/id_ecdsa ~/.ssh/id_ecdsa_sk ~/.ssh/id_ed25519 \
                 ~/.ssh/id_ed25519_sk"
            }
            Keyword::IdentityFile if self.is_at_least(9, 8) => {
                "~/.ssh/id_rsa ~/.ssh/id_ecdsa ~/.ssh/id_ecdsa_sk ~/.ssh/id_ed25519 \
                 ~/.ssh/id_ed25519_sk ~/.ssh/id_xmss"
            }
            Keyword::IdentityFile if self.is_at_least(8, 9) => {
                "~/.ssh/id_rsa ~/.ssh/id_ecdsa ~/.ssh/id_ecdsa_sk ~/.ssh/id_ed25519 \
                 ~/.ssh/id_ed25519_sk ~/.ssh/id_xmss ~/.ssh/id_dsa"
            }
            Keyword::IdentityFile => {
                "~/.ssh/id_rsa ~/.ssh/id_dsa ~/.ssh/id_ecdsa ~/.ssh/id_ecdsa_sk ~/.ssh/id_ed25519 \
                 ~/.ssh/id_ed25519_sk ~/.ssh/id_xmss"
            }
            _ => newest,
        }
    }
}
