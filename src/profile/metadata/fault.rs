//! What cannot be read in `profiles.toml`: where it stands, whom it is about, whether it hides pins.

use std::fmt;

use toml_edit::{Document, Item, TableLike, Value};

use crate::profile::Session;

/// The key whose loss would let a server through that its profile was pinned against.
pub(super) const PINS: &str = "host_keys";

/// The keys of a profile.
const KEYS: [&str; 9] =
    ["tags", "note", "session", "favorite", PINS, "source", "source_tags", "imported", "stale"];

/// A place in `profiles.toml` that is not what it should be. The hosts are not concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The profile it is about; `None` where not even that can be read.
    pub alias: Option<String>,
    /// Whether host keys that a profile is pinned to stand there.
    pub pins: bool,
    /// The text that must say the profile's name if the fault is about it.
    pub(super) names: String,
    /// The line, without its ending.
    pub source: Vec<u8>,
    /// The byte of the line where the fault is.
    pub at: usize,
}

impl Fault {
    /// A fault at a byte of the text; its profile is not known yet.
    pub(super) fn at(text: &[u8], offset: usize, message: impl Into<String>) -> Self {
        let offset = offset.min(text.len());
        let before = &text[..offset];
        let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
        let source = text[start..end].strip_suffix(b"\r").unwrap_or(&text[start..end]);
        Fault {
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column: String::from_utf8_lossy(&before[start..]).chars().count() + 1,
            message: message.into(),
            alias: None,
            pins: false,
            names: String::new(),
            source: source.to_vec(),
            at: (offset - start).min(source.len()),
        }
    }

    /// The same fault, about a profile.
    fn about(self, alias: &str, pins: bool) -> Self {
        Fault { alias: Some(alias.to_owned()), pins, ..self }
    }

    /// Whether what a profile is pinned to could stand there.
    pub fn hides_pins_of(&self, alias: &str) -> bool {
        self.pins
            && match &self.alias {
                Some(own) => own == alias,
                // An escape can spell any name, and so can bytes that are no text.
                None => self.names.contains(alias) || self.names.contains(['\\', '\u{fffd}']),
            }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { line, column, message, .. } = self;
        write!(f, "line {line}, column {column}: {message}")
    }
}

/// The values of a file that are TOML and not what they should be; the rest of their tables counts.
pub(super) fn odd_values(text: &[u8], skipped: usize, document: &Document<String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (alias, item) in document.iter() {
        let mut odd = |key: &str, item: &Item, wanted: &str, pins: bool| {
            let named = document.as_table().key(alias).and_then(toml_edit::Key::span);
            let at = item.span().or(named).map_or(0, |span| span.start + skipped);
            let message = format!("{key} should be {wanted}");
            faults.push(Fault::at(text, at, message).about(alias, pins));
        };
        let Some(table) = item.as_table_like() else {
            let pins = item.to_string().contains(PINS);
            odd(&format!("`{alias}`"), item, "a table", pins);
            continue;
        };
        for key in KEYS {
            if let (Some(item), Some(wanted)) = (table.get(key), wanted(table, key)) {
                odd(&format!("`{key}` of `{alias}`"), item, wanted, key == PINS);
            }
        }
    }
    faults
}

/// What the value of a key should be, where it is something else.
pub(super) fn wanted(table: &dyn TableLike, key: &str) -> Option<&'static str> {
    let item = table.get(key)?;
    let (right, wanted) = match key {
        "note" | "source" => (item.is_str(), "a string"),
        "imported" => (item.is_table_like(), "a table"),
        "stale" => (item.is_datetime() || item.is_str(), "a date"),
        "favorite" => (item.is_bool(), "`true` or `false`"),
        "session" => (
            item.as_str().is_some_and(|word| word.parse::<Session>().is_ok()),
            "`auto`, `builtin` or `system`",
        ),
        _ => (
            item.as_array().is_some_and(|words| words.iter().all(Value::is_str)),
            "a list of strings",
        ),
    };
    (!right).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_knows_its_line() {
        let place = |text: &str, at| {
            let Fault { line, column, source, at, .. } = Fault::at(text.as_bytes(), at, "no");
            (line, column, String::from_utf8(source).unwrap(), at)
        };
        assert_eq!(place("[a]\nn = é x\r\n", 11), (2, 7, "n = é x".to_owned(), 7));
        assert_eq!(place("a\n", 2), (2, 1, String::new(), 0));
        assert_eq!(place("a\r\n", 2), (1, 3, "a".to_owned(), 1));
        assert_eq!(place("", 7), (1, 1, String::new(), 0));
    }
}
