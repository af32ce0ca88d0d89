//! Exports of the Windows registry (`.reg`), of both versions.

use std::collections::HashMap;

/// Whether a text is such an export.
pub(crate) fn is_it(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("Windows Registry Editor") || text.starts_with("REGEDIT4")
}

/// A key and its values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    /// `HKEY_CURRENT_USER\…`
    pub(crate) path: String,
    /// Texts as they are and numbers in decimal, by name in lower case.
    pub(crate) values: HashMap<String, String>,
}

/// Reads all keys. Values of other kinds and deletions are passed over.
pub(crate) fn keys(text: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if let Some(path) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            keys.push(Key { path: path.to_owned(), values: HashMap::new() });
            continue;
        }
        let Some((name, value)) = line.strip_prefix('"').and_then(name_and_value) else { continue };
        // A binary value goes on in the next line.
        let mut end = value;
        while end.ends_with('\\') && !value.starts_with('"') {
            end = lines.next().unwrap_or_default().trim_end();
        }
        let number = |digits| u32::from_str_radix(digits, 16).ok().map(|number| number.to_string());
        let value = match value.strip_prefix("dword:") {
            Some(digits) => number(digits.trim()),
            None => value.strip_prefix('"').and_then(quoted).map(|(text, _)| text),
        };
        if let (Some(key), Some(value)) = (keys.last_mut(), value) {
            key.values.insert(name.to_ascii_lowercase(), value);
        }
    }
    keys
}

/// A name, after its first quote, and what follows `=`.
fn name_and_value(rest: &str) -> Option<(String, &str)> {
    let (name, rest) = quoted(rest)?;
    Some((name, rest.trim_start().strip_prefix('=')?.trim_start()))
}

/// A text up to its closing quote, and what follows.
fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, &rest[at + 1..])),
            '\\' => text.push(chars.next()?.1),
            c => text.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_texts_and_numbers() {
        let text = "Windows Registry Editor Version 5.00\r\n\r\n[A\\b]\r\n\"Host\"=\"a\\\\b \\\"c\\\"\"\r\n\
            \"Port\"=dword:000008ae\r\n\"List\"=hex(7):61,00,\\\r\n  62,00\r\n; \"No\"=\"1\"\r\n\"Gone\"=-\r\n\
            [A\\c]\r\n\"Bad\"=dword:xyz\r\n\"Cut\"=\"off";
        let read = keys(text);
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].path, "A\\b");
        assert_eq!(read[0].values["host"], "a\\b \"c\"");
        assert_eq!(read[0].values["port"], "2222");
        assert_eq!(read[0].values.len(), 2);
        assert!(read[1].values.is_empty());
    }
}
