//! PURE: what a profile's fields may hold, each refusal naming its field.
//!
//! The checks of host and user are ssh's own for its command line (ssh.c: valid_hostname,
//! valid_ruser); ssh does not make them for the values of a config, so sshp makes them for
//! each value that it writes or passes on.

use std::fmt;
use std::str::FromStr;

use sshp_config::{Destination, DestinationError, is_valid_hostname, is_valid_user};
use thiserror::Error;

use crate::unicode;

/// A value that a field cannot have.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the {field} {shown} cannot be used: {why}")]
pub struct FieldError {
    field: String,
    shown: Shown,
    why: String,
}

impl FieldError {
    /// Says why `field` cannot be `value`.
    pub fn new(field: impl Into<String>, value: &str, why: impl Into<String>) -> Self {
        FieldError { field: field.into(), shown: Shown(value.to_owned()), why: why.into() }
    }

    /// The field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with its value.
    pub fn why(&self) -> &str {
        &self.why
    }
}

/// A value in a message: control and invisible characters escaped, cut where it is long.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown(String);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 60;
        f.write_str("`")?;
        let end = self.0.char_indices().nth(LONGEST).map_or(self.0.len(), |(at, _)| at);
        let (text, mut done) = (&self.0[..end], 0);
        for (at, c) in unicode::unseen(text) {
            write!(f, "{}{}", &text[done..at], c.escape_unicode())?;
            done = at + c.len_utf8();
        }
        f.write_str(&text[done..])?;
        f.write_str(if self.0.chars().nth(LONGEST).is_some() { "…`" } else { "`" })
    }
}

/// Whether it is a blank of some width, such as U+3000, and no line break.
fn is_wide_blank(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// Refuses newline, CR, NUL and all else that cannot be seen. A tab counts as one of them; a
/// blank of another width does not.
///
/// # Errors
/// Names the field and the character.
pub fn refuse_unprintable(field: &str, value: &str) -> Result<(), FieldError> {
    match unicode::unseen(value).map(|(_, c)| c).find(|c| !is_wide_blank(*c)) {
        None => Ok(()),
        Some(c) => {
            let what = match c {
                '\n' => "a line feed".to_owned(),
                '\r' => "a carriage return".to_owned(),
                '\0' => "a NUL".to_owned(),
                '\t' => "a tab".to_owned(),
                c if c.is_control() => format!("the control character U+{:04X}", u32::from(c)),
                c => format!("the invisible character U+{:04X}", u32::from(c)),
            };
            Err(FieldError::new(field, value, format!("it holds {what}")))
        }
    }
}

/// Requires what ssh takes as a host, tokens such as `%h` allowed.
///
/// # Errors
/// Names the field and what is wrong.
pub fn check_host(host: &str) -> Result<(), FieldError> {
    const FIELD: &str = "host";
    refuse_unprintable(FIELD, host)?;
    let error = |why: &str| Err(FieldError::new(FIELD, host, why));
    if host.is_empty() {
        return error("it is empty");
    }
    if host.starts_with('-') {
        return error("it starts with `-`, like an option");
    }
    if !is_valid_hostname(host.as_bytes()) || host.contains(['#', '*', '?', '!', '/', '@']) {
        return error(&special(host, &['#', '*', '?', '!', '/', '@']));
    }
    if host.len() > 1024 {
        return error("it is longer than 1024 bytes");
    }
    Ok(())
}

/// Names the character that is in the way.
fn special(text: &str, more: &[char]) -> String {
    let shells = ['\'', '`', '"', '$', '\\', ';', '&', '<', '>', '|', '(', ')', '{', '}', ',', ' '];
    match text.chars().find(|c| shells.contains(c) || more.contains(c)) {
        Some(' ') => "it contains a space".to_owned(),
        Some(c) => format!("it contains `{c}`, which is special to ssh or the shell"),
        None => "it contains what is special to ssh or the shell".to_owned(),
    }
}

/// Requires what ssh takes as a HostName: a host in which `%h` and `%%` are the only tokens
/// (ssh_config(5), TOKENS). With any other, ssh would not connect.
///
/// # Errors
/// Names the field and what is wrong.
pub fn check_host_name(host: &str) -> Result<(), FieldError> {
    check_host(host)?;
    let mut chars = host.chars();
    while let Some(c) = chars.next() {
        if c == '%' && !matches!(chars.next(), Some('%' | 'h')) {
            let why = "ssh puts nothing in for a `%` but `%h`, the name, and `%%`, a per cent sign";
            return Err(FieldError::new("host", host, why));
        }
    }
    Ok(())
}

/// Requires what ssh takes as a user.
///
/// # Errors
/// Names the field and what is wrong.
pub fn check_user(user: &str) -> Result<(), FieldError> {
    const FIELD: &str = "user";
    refuse_unprintable(FIELD, user)?;
    let error = |why: &str| Err(FieldError::new(FIELD, user, why));
    if user.is_empty() {
        return error("it is empty");
    }
    if user.starts_with('-') {
        return error("it starts with `-`, like an option");
    }
    if !is_valid_user(user.as_bytes()) {
        return error(&special(user, &[]));
    }
    Ok(())
}

/// Reads a port: 1 to 65535, in digits.
///
/// # Errors
/// Names the field and what is wrong.
pub fn parse_port(port: &str) -> Result<u16, FieldError> {
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(number) if digits && number > 0 => Ok(number),
        _ => Err(FieldError::new("port", port, "a port is a number from 1 to 65535")),
    }
}

/// Requires a tag that can be told from others in a list and on a command line.
///
/// # Errors
/// Names the field and what is wrong.
pub fn check_tag(tag: &str) -> Result<(), FieldError> {
    refuse_unprintable("tag", tag)?;
    if tag.is_empty() || tag.contains([' ', ',', '#']) || tag.starts_with('-') {
        return Err(FieldError::new("tag", tag, "a tag is one word without `,` and `#`"));
    }
    Ok(())
}

/// Requires a note of one line.
///
/// # Errors
/// Names the field and what is wrong.
pub fn check_note(note: &str) -> Result<(), FieldError> {
    refuse_unprintable("note", note)
}

/// Requires a user as people name one to a flag: without a blank, which a pasted command has.
///
/// # Errors
/// Names the field and what is wrong.
pub fn check_plain_user(user: &str) -> Result<(), FieldError> {
    check_user(user)?;
    if user.contains(char::is_whitespace) {
        let why = "it contains a space; `--option 'User=…'` sets one all the same";
        return Err(FieldError::new("user", user, why));
    }
    Ok(())
}

/// The tags of `--tag`: several with commas, each with or without the `#` that lists show.
pub fn tags(text: &str) -> impl Iterator<Item = String> {
    let tags = text.split(',').map(|tag| tag.strip_prefix('#').unwrap_or(tag));
    tags.map(str::to_owned)
}

/// A destination whose user and host can be written to a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The user, where one is given.
    pub user: Option<String>,
    /// The host, without brackets.
    pub host: String,
    /// The port, where one is given.
    pub port: Option<u16>,
}

impl FromStr for Target {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let parsed = Destination::parse(text).map_err(|error| match error {
            DestinationError::BadPort(port) => {
                FieldError::new("port", &port, "a port is a number from 1 to 65535")
            }
            DestinationError::BlankUser(user) => {
                FieldError::new("user", &user, "it contains a space")
            }
            DestinationError::BlankHost(host) => {
                FieldError::new("host", &host, "it contains a space")
            }
            error => FieldError::new("target", text, error.to_string()),
        });
        let Destination { user, host, port } = parsed?;
        check_host(&host)?;
        user.as_deref().map(check_user).transpose()?;
        Ok(Target { user, host, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_ssh_takes_them() {
        for good in ["web.example.com", "10.0.0.1", "fe80::1%eth0", "%h.example.com", "wéb"] {
            assert!(check_host(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-oProxyCommand=x",
            "h;touch${IFS}x",
            "$(x)",
            "`x`",
            "a b",
            "a\tb",
            "a\nb",
            "a,b",
            "a'b",
            "a\"b",
            "a\\b",
            "a|b",
            "a&b",
            "u@h",
            "a\u{202e}b",
        ] {
            let error = check_host(bad).unwrap_err();
            assert_eq!(error.field(), "host");
            assert!(!error.to_string().contains(['\n', '\t', '\u{202e}']), "{error}");
        }
    }

    #[test]
    fn users_as_ssh_takes_them() {
        for good in ["bob", "DOMAIN\\bob", "bob@example.com", "first last", "$user"] {
            assert!(check_user(good).is_ok(), "{good}");
        }
        for bad in ["", "-l", "o'brien", "a;b", "a -b", "a\\", "a\nb", "a|b"] {
            assert!(check_user(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_user_of_a_flag_has_no_blank_and_a_tag_may_have_its_sign() {
        assert!(check_plain_user("bob").is_ok());
        let error = check_plain_user("first last").unwrap_err().to_string();
        assert!(error.contains("`--option 'User=…'`"), "{error}");
        assert_eq!(tags("#prod,web").collect::<Vec<_>>(), ["prod", "web"]);
        assert_eq!(tags("prod").collect::<Vec<_>>(), ["prod"]);
        let error = check_host("root@web").unwrap_err().to_string();
        assert!(error.contains("it contains `@`"), "{error}");
    }

    #[test]
    fn ports() {
        assert_eq!(parse_port("22"), Ok(22));
        assert_eq!(parse_port("65535"), Ok(65535));
        for bad in ["0", "70000", "65536", "", "+22", "-1", "ssh", "2 2", "22\n"] {
            let error = parse_port(bad).unwrap_err().to_string();
            assert!(error.starts_with("the port "), "{error}");
        }
    }

    #[test]
    fn targets() {
        let t = |user: Option<&str>, host: &str, port| Target {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port,
        };
        for (text, want) in [
            ("h", t(None, "h", None)),
            ("u@h", t(Some("u"), "h", None)),
            ("u@h:2222", t(Some("u"), "h", Some(2222))),
            ("a@b@h:1", t(Some("a@b"), "h", Some(1))),
            ("[::1]:22", t(None, "::1", Some(22))),
            ("u@[fe80::1]", t(Some("u"), "fe80::1", None)),
            ("2001:db8::1", t(None, "2001:db8::1", None)),
            ("ssh://u@h:22/", t(Some("u"), "h", Some(22))),
        ] {
            assert_eq!(text.parse(), Ok(want), "{text}");
        }
        for bad in ["", "@h", "u@", "h:", "h:0", "h:x", "[::1", "[::1]x", "-h", "u@-h", "ssh://"] {
            assert!(bad.parse::<Target>().is_err(), "{bad}");
        }
    }
}
