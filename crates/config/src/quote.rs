//! PURE: how a value is written so that ssh reads exactly it (misc.c: argv_split).

use std::borrow::Cow;

use thiserror::Error;

use super::options::{Keyword, Kind};
use super::words;

/// A value that no quoting can carry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Line feed, CR, NUL or another control character.
    #[error("the value of {0} holds a control character")]
    Control(&'static str),
    /// A quote that does not end: ssh would refuse the whole file.
    #[error("the value of {0} holds a quote that does not end")]
    OpenQuote(&'static str),
    /// Nothing, which ssh refuses.
    #[error("the value of {0} is empty")]
    Empty(&'static str),
    /// A `#` where it would begin a comment.
    #[error("the value of {0} holds a `#`, which would make the rest a comment")]
    Comment(&'static str),
    /// A blank or quote in `ProxyJump`, which cannot be quoted.
    #[error("the value of {0} is a list of [user@]host[:port] with commas and no blanks")]
    Jump(&'static str),
}

/// Writes one argument: as it is where that reads back the same, else in double quotes.
#[must_use]
pub fn quote(value: &[u8]) -> Cow<'_, [u8]> {
    let plain = value.first().is_some_and(|b| *b != b'=') && reads_as(value, value);
    if plain {
        return Cow::Borrowed(value);
    }
    let mut quoted = vec![b'"'];
    for (at, byte) in value.iter().enumerate() {
        let next = value.get(at + 1);
        // Only where ssh would take it as an escape (`\b` is two characters to it).
        let escape = match byte {
            b'"' => true,
            b'\\' => matches!(next, None | Some(b'"' | b'\'' | b'\\')),
            _ => false,
        };
        if escape {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    debug_assert!(reads_as(&quoted, value), "quoted {quoted:?} reads back as {value:?}");
    Cow::Owned(quoted)
}

/// Whether a line's rest is one argument with this value and nothing behind it.
fn reads_as(written: &[u8], value: &[u8]) -> bool {
    let mut words = words::split(written);
    let first = words.next();
    matches!(first, Some(Ok(word)) if *word.value == *value && word.span == (0..written.len()))
        && words.next().is_none()
}

/// Writes what `--option KEYWORD=VALUE` gives: commands as they are, lists word by word, one
/// argument quoted where it needs it.
///
/// # Errors
/// When the value cannot stand on a line of the config.
pub fn render(keyword: Keyword, value: &[u8]) -> Result<Vec<u8>, ValueError> {
    let title = keyword.title();
    if value.iter().any(u8::is_ascii_control) {
        return Err(ValueError::Control(title));
    }
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(ValueError::Empty(title));
    }
    let words: Result<Vec<_>, _> = words::split(value).collect();
    match keyword.kind() {
        // ssh splits commands too, only to see whether their quotes end.
        Kind::Command if value[0] == b'=' => Err(ValueError::Empty(title)),
        Kind::Command => words.map(|_| value.to_vec()).map_err(|_| ValueError::OpenQuote(title)),
        Kind::Jump if value.iter().any(|b| b" \t\"'\\".contains(b)) => Err(ValueError::Jump(title)),
        Kind::Jump if value.contains(&b'#') => Err(ValueError::Comment(title)),
        Kind::Jump => Ok(value.to_vec()),
        kind if takes_list(kind) => {
            let words = words.map_err(|_| ValueError::OpenQuote(title))?;
            match words.last() {
                Some(last) if last.span.end == value.len() && value[0] != b'=' => {
                    Ok(value.to_vec())
                }
                _ => Err(ValueError::Comment(title)),
            }
        }
        _ => match words.as_deref() {
            // Quoted by the user already.
            Ok([one]) if one.span == (0..value.len()) && value[0] != b'=' => Ok(value.to_vec()),
            _ => Ok(quote(value).into_owned()),
        },
    }
}

/// Whether a line of it takes several arguments.
fn takes_list(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::HostFiles
            | Kind::LogVerbose
            | Kind::Forward
            | Kind::RemoteOpen
            | Kind::SendEnv
            | Kind::SetEnv
            | Kind::IpQos
            | Kind::RekeyLimit
            | Kind::Domains
            | Kind::PermittedCnames
            | Kind::AddKeysToAgent
    )
}

/// Whether each line of it adds to the others instead of losing to the first.
#[must_use]
pub fn accumulates(keyword: Keyword) -> bool {
    matches!(keyword.kind(), Kind::KeyFile | Kind::Forward | Kind::SendEnv)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        for (value, written) in [
            ("bob", "bob"),
            ("~/.ssh/id", "~/.ssh/id"),
            ("a#b", "a#b"),
            ("DOM\\bob", "DOM\\bob"),
            ("a b", "\"a b\""),
            ("", "\"\""),
            ("#x", "\"#x\""),
            ("=x", "\"=x\""),
            ("o'brien", "\"o'brien\""),
            ("say \"hi\"", "\"say \\\"hi\\\"\""),
            ("a b\\", "\"a b\\\\\""),
        ] {
            assert_eq!(quote(value.as_bytes()), written.as_bytes(), "{value}");
        }
    }

    #[test]
    fn values_of_options() {
        let case = |keyword: Keyword, value: &str| {
            render(keyword, value.as_bytes()).map(|v| String::from_utf8(v).unwrap())
        };
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(case(Keyword::ProxyCommand, "ssh -W %h:%p x # y"), ok("ssh -W %h:%p x # y"));
        assert_eq!(
            case(Keyword::ProxyCommand, "echo 'x"),
            Err(ValueError::OpenQuote("ProxyCommand"))
        );
        assert_eq!(case(Keyword::LocalForward, "80 h:80"), ok("80 h:80"));
        assert_eq!(
            case(Keyword::LocalForward, "80 h:80 # x"),
            Err(ValueError::Comment("LocalForward"))
        );
        assert_eq!(case(Keyword::SetEnv, "A=\"b c\""), ok("A=\"b c\""));
        assert_eq!(case(Keyword::IdentityFile, "my key"), ok("\"my key\""));
        assert_eq!(case(Keyword::IdentityFile, "\"my key\""), ok("\"my key\""));
        assert_eq!(case(Keyword::ProxyJump, "a,b"), ok("a,b"));
        assert!(case(Keyword::ProxyJump, "a b").is_err());
        assert!(case(Keyword::User, "a\nb").is_err());
        assert!(case(Keyword::User, " ").is_err());
    }

    proptest! {
        #[test]
        fn what_is_quoted_reads_back_the_same(value in "[^\0-\x1f]{0,12}|[ab\"'\\\\ #=]{0,8}") {
            let line = format!("User {}\n", String::from_utf8(quote(value.as_bytes()).into_owned()).unwrap());
            let document = super::super::Document::parse(line.as_bytes());
            let words = document.arguments(&document.directives()[0]).unwrap();
            prop_assert_eq!(words.len(), 1);
            prop_assert_eq!(&*words[0].value, value.as_bytes());
        }
    }
}
