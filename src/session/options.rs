//! PURE: the options that were set for one destination, as plain words with their origins.
//!
//! What the resolver found and the command line said, tokens expanded where ssh expands them.
//! Options that the config does not set are absent; the plan has their defaults.

use std::collections::BTreeMap;

use sshp_config::Origin;
use sshp_config::tokens::Tokens;

/// One value that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionSetting {
    /// The value in the form of `ssh -G`.
    pub value: String,
    /// Where it stands; `None` for the command line.
    pub origin: Option<Origin>,
}

/// The options of one destination, by lower-case keyword.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    settings: BTreeMap<String, Vec<OptionSetting>>,
    /// What `%` tokens stand for, where they are expanded when they are needed.
    pub tokens: Option<Tokens>,
    /// HostKeyAlgorithms leaves the order to known_hosts.
    pub host_keys_amended: bool,
}

impl Options {
    /// Adds a value; keywords with one value keep the first, as in ssh_config(5).
    pub fn add(&mut self, keyword: &str, value: impl Into<String>, origin: Option<Origin>) {
        let setting = OptionSetting { value: value.into(), origin };
        self.settings.entry(keyword.to_ascii_lowercase()).or_default().push(setting);
    }

    /// Puts a value in the place of all others of the keyword.
    pub fn replace(&mut self, keyword: &str, value: impl Into<String>) {
        self.remove(keyword);
        self.add(keyword, value, None);
    }

    /// Gives a keyword another value, and keeps where it was set.
    pub fn set(&mut self, keyword: &str, value: impl Into<String>) {
        let origin = self.get(keyword).and_then(|setting| setting.origin.clone());
        self.remove(keyword);
        self.add(keyword, value, origin);
    }

    /// Takes a keyword out.
    pub fn remove(&mut self, keyword: &str) {
        self.settings.remove(&keyword.to_ascii_lowercase());
    }

    /// The first value of a keyword.
    pub fn get(&self, keyword: &str) -> Option<&OptionSetting> {
        self.all(keyword).first()
    }

    /// The first value of a keyword as text.
    pub fn text(&self, keyword: &str) -> Option<&str> {
        self.get(keyword).map(|setting| setting.value.as_str())
    }

    /// All values of a keyword.
    pub fn all(&self, keyword: &str) -> &[OptionSetting] {
        self.settings.get(&keyword.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// A value that is not `none`.
    pub fn some(&self, keyword: &str) -> Option<&str> {
        self.text(keyword).filter(|value| !value.eq_ignore_ascii_case("none"))
    }

    /// A yes/no option, in any of ssh's spellings.
    pub fn flag(&self, keyword: &str, default: bool) -> bool {
        match self.text(keyword).map(str::to_ascii_lowercase).as_deref() {
            Some("yes" | "true" | "on") => true,
            Some("no" | "false" | "off") => false,
            _ => default,
        }
    }

    /// A number, where the option is set to one.
    pub fn number<T: std::str::FromStr>(&self, keyword: &str) -> Option<T> {
        self.text(keyword).and_then(|value| value.parse().ok())
    }
}
