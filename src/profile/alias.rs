//! PURE: the name of a profile, and which names a new one may have.

use std::fmt;

use super::fields::{FieldError, refuse_unprintable};

/// The name of a profile: one literal word of a `Host` line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias(String);

impl Alias {
    /// Takes a name that a config already holds, whatever it is.
    pub fn existing(name: impl Into<String>) -> Self {
        Alias(name.into())
    }

    /// Takes a name for a new profile. `reserved` are the words that sshp's command line keeps
    /// for itself.
    ///
    /// Stricter than ssh: a name is typed in shells, written in `Host` lines, Match lists and
    /// ProxyJump, and read back by other tools, so it keeps clear of what any of them quotes.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn new(name: &str, reserved: &[&str]) -> Result<Self, FieldError> {
        const FIELD: &str = "name";
        let error = |why: &str| Err(FieldError::new(FIELD, name, why));
        if name.is_empty() {
            return error("it is empty");
        }
        if name.starts_with('-') {
            return error("it starts with `-`, like an option");
        }
        refuse_unprintable(FIELD, name)?;
        if name.chars().any(char::is_whitespace) {
            return error("it contains a space");
        }
        if let Some(c) = name.chars().find(|c| "*?!".contains(*c)) {
            return error(&format!("`{c}` makes it a pattern, not a name"));
        }
        if let Some(c) = name.chars().find(|c| ",\"'#\\`$;&|<>(){}[]~^%=/@:".contains(*c)) {
            return error(&format!("it holds `{c}`, which is special to ssh or a shell"));
        }
        if reserved.contains(&name) {
            return error("it is a command of sshp");
        }
        if name.len() > 255 {
            return error("it is longer than 255 bytes");
        }
        Ok(Alias(name.to_owned()))
    }

    /// The name as it stands in the config, quotes removed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Alias {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names() {
        for name in ["web", "web-1.example.com", "db_2", "größe", "日本", "a+b", "10.0.0.1"] {
            assert!(Alias::new(name, &["add"]).is_ok(), "{name}");
        }
    }

    #[test]
    fn bad_names_are_refused_and_shown() {
        for name in [
            "",
            "-x",
            "a b",
            "a\tb",
            "web*",
            "w?b",
            "!web",
            "a,b",
            "a\"b",
            "o'b",
            "#a",
            "a\\b",
            "$(touch x)",
            "`x`",
            "a;b",
            "a|b",
            "a&b",
            "a>b",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\x1bb",
            "a\u{202e}b",
            "a\u{a0}b",
            "add",
            "u@h",
            "h:22",
            "a/b",
            "[a]",
            "a=b",
            "%h",
        ] {
            let error = Alias::new(name, &["add"]).unwrap_err().to_string();
            assert!(error.starts_with("the name "), "{error}");
            assert!(!error.contains(['\n', '\r', '\0', '\x1b', '\u{202e}']), "{error:?}");
        }
    }
}
