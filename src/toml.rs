//! PURE: a TOML file, edited without losing a byte of the rest.
//!
//! `toml_edit` keeps comments and order but makes LF of CRLF, drops a byte order mark and ends the
//! last line; so its result is compared line by line with what it was made from, and only the lines
//! that differ are put into the original.

use sshp_splice::Splice;
use sshp_splice::encoding::Wide;
use sshp_splice::line_diff::{Hunk, hunks};
use thiserror::Error;
use toml_edit::{Document, DocumentMut, Item, TableLike, Value};

/// What a file may begin with.
pub(crate) const BOM: &str = "\u{feff}";

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct TomlFault {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// The line of an offset, counted from 1.
pub fn line_at(text: &[u8], offset: usize) -> usize {
    memchr::memchr_iter(b'\n', &text[..offset.min(text.len())]).count() + 1
}

/// Reads a file as TOML. A byte order mark is left out, and its spans begin behind it.
///
/// # Errors
/// The offset of the fault, and what it is.
pub fn parse(text: &[u8]) -> Result<Document<String>, (usize, String)> {
    if let Some(wide) = Wide::detect(text) {
        return Err((0, format!("this is {wide}, and TOML is UTF-8")));
    }
    let utf8 =
        std::str::from_utf8(text).map_err(|e| (e.valid_up_to(), "this is not UTF-8".to_owned()))?;
    let bare = utf8.strip_prefix(BOM).unwrap_or(utf8);
    Document::parse(bare.to_owned()).map_err(|e| {
        let at = e.span().map_or(0, |span| span.start + utf8.len() - bare.len());
        (at, e.message().trim().replace('\n', ", "))
    })
}

/// A file, parsed.
#[derive(Clone, Debug, Default)]
pub struct TomlFile {
    text: Vec<u8>,
    before: String,
    /// What it will hold.
    pub document: DocumentMut,
}

impl TomlFile {
    /// Parses the file; no file is an empty one.
    ///
    /// # Errors
    /// When it is not TOML. It must then be left as it is.
    pub fn parse(text: &[u8]) -> Result<Self, TomlFault> {
        let document =
            parse(text).map_err(|(at, message)| TomlFault { line: line_at(text, at), message })?;
        Ok(TomlFile::of(text, document.into_mut()))
    }

    /// A file whose document has been parsed already.
    pub(crate) fn of(text: &[u8], document: DocumentMut) -> Self {
        TomlFile { text: text.to_vec(), before: document.to_string(), document }
    }

    /// The bytes that it was parsed from.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether it is to hold something else than it does.
    pub fn is_changed(&self) -> bool {
        self.document.to_string() != self.before
    }

    /// The edits that make the original file what it is now: the lines that differ, with the line
    /// ending of the file.
    pub fn splices(&self) -> Vec<Splice> {
        let after = self.document.to_string();
        if after == self.before {
            return Vec::new();
        }
        let bom = if self.text.starts_with(BOM.as_bytes()) { BOM.len() } else { 0 };
        let original: Vec<&[u8]> = self.text[bom..].split_inclusive(|b| *b == b'\n').collect();
        let old: Vec<&[u8]> = self.before.split_inclusive('\n').map(str::as_bytes).collect();
        let new: Vec<&str> = after.split_inclusive('\n').collect();
        let new_bytes: Vec<&[u8]> = new.iter().map(|line| line.as_bytes()).collect();
        debug_assert_eq!(original.len(), old.len(), "toml_edit keeps the number of lines");
        let mut starts = vec![bom];
        for line in &original {
            starts.push(starts[starts.len() - 1] + line.len());
        }
        let crlf = original.iter().filter(|line| line.ends_with(b"\r\n")).count();
        let eol = if crlf * 2 >= original.len().max(1) { "\r\n" } else { "\n" };
        let mut splices = Vec::new();
        for Hunk { before, after } in hunks(&old, &new_bytes) {
            let mut with = String::new();
            for line in &new[after] {
                with.push_str(line.trim_end_matches(['\r', '\n']));
                with.push_str(eol);
            }
            let range = starts[before.start]..starts[before.end];
            let unfinished = original.last().is_some_and(|line| !line.ends_with(b"\n"));
            if range.end == self.text.len() && unfinished && !with.is_empty() {
                if range.is_empty() {
                    with.insert_str(0, eol);
                }
                // The last line had no ending and gets none.
                with.truncate(with.len() - eol.len());
            }
            splices.push(Splice::replace(range, with));
        }
        splices
    }
}

/// Sets, changes or removes a key; what stands around a value (a comment behind it) stays.
pub fn put(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}
