//! PURE: `profiles.toml`, a table per alias; read, and edited without losing a byte of the rest.
//!
//! ```toml
//! [web-server]
//! tags = ["prod", "web"]
//! note = "behind the new balancer"
//! session = "builtin"
//! host_keys = ["SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ"]
//! ```
//!
//! `toml_edit` keeps comments and order but makes LF of CRLF, drops a byte order mark and ends the
//! last line; so its result is compared line by line with what it was made from, and only the lines
//! that differ are put into the original.

use std::collections::HashMap;
use std::fmt;

use similar::{Algorithm, DiffOp};
use thiserror::Error;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use super::{Metadata, Session};
use crate::change::Splice;

const BOM: &str = "\u{feff}";

/// Why `profiles.toml` cannot be read. The hosts are not concerned.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TomlFault {
    /// Not UTF-8, which TOML is by definition.
    #[error("line {line}: this is not UTF-8")]
    Encoding {
        /// Counted from 1.
        line: usize,
    },
    /// Not TOML.
    #[error("line {line}: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
}

/// A value that is TOML, but not what it should be; the rest of its table counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// The profile.
    pub alias: String,
    /// The key.
    pub key: &'static str,
    /// What it should be.
    pub wanted: &'static str,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of `{}` should be {}", self.key, self.alias, self.wanted)
    }
}

/// `profiles.toml`, parsed.
#[derive(Clone, Debug, Default)]
pub struct MetadataFile {
    text: Vec<u8>,
    before: String,
    document: DocumentMut,
}

impl MetadataFile {
    /// Parses the file; no file is an empty one.
    ///
    /// # Errors
    /// When it is not TOML. It must then be left as it is.
    pub fn parse(text: &[u8]) -> Result<Self, TomlFault> {
        let line_at = |offset: usize| memchr::memchr_iter(b'\n', &text[..offset]).count() + 1;
        let utf8 = std::str::from_utf8(text)
            .map_err(|e| TomlFault::Encoding { line: line_at(e.valid_up_to()) })?;
        let bare = utf8.strip_prefix(BOM).unwrap_or(utf8);
        let document: DocumentMut = bare.parse().map_err(|e: toml_edit::TomlError| {
            let offset = e.span().map_or(0, |span| span.start + utf8.len() - bare.len());
            TomlFault::Syntax {
                line: line_at(offset.min(text.len())),
                message: e.message().trim().replace('\n', ", "),
            }
        })?;
        Ok(MetadataFile { text: text.to_vec(), before: document.to_string(), document })
    }

    /// The metadata of every alias that has some, and what could not be understood.
    pub fn all(&self) -> (HashMap<String, Metadata>, Vec<Oddity>) {
        let mut oddities = Vec::new();
        let mut all = HashMap::with_capacity(self.document.len());
        for (alias, item) in self.document.iter() {
            if let Some(table) = item.as_table_like() {
                all.insert(alias.to_owned(), read(alias, table, &mut oddities));
            }
        }
        (all, oddities)
    }

    /// The aliases that have a table, in the order of the file.
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        self.document.iter().filter(|(_, item)| item.is_table_like()).map(|(alias, _)| alias)
    }

    /// The metadata of one alias.
    pub fn get(&self, alias: &str) -> Option<Metadata> {
        let table = self.document.get(alias)?.as_table_like()?;
        Some(read(alias, table, &mut Vec::new()))
    }

    /// Makes the metadata of an alias what is given. Keys that sshp does not know stay, and a
    /// table that would be empty goes.
    pub fn set(&mut self, alias: &str, metadata: &Metadata) {
        if self.get(alias).unwrap_or_default() == *metadata {
            return;
        }
        let Metadata { tags, note, session, host_keys } = metadata;
        if !self.document.contains_key(alias) {
            let mut table = Table::new();
            if !self.document.is_empty() {
                table.decor_mut().set_prefix("\n");
            }
            self.document.insert(alias, Item::Table(table));
        }
        let Some(table) = self.document.get_mut(alias).and_then(Item::as_table_like_mut) else {
            return;
        };
        put(table, "tags", (!tags.is_empty()).then(|| Array::from_iter(tags).into()));
        put(table, "note", note.as_deref().map(Value::from));
        put(table, "session", session.map(|session| session.as_str().into()));
        put(
            table,
            "host_keys",
            (!host_keys.is_empty()).then(|| Array::from_iter(host_keys).into()),
        );
        if table.is_empty() {
            self.document.remove(alias);
        }
    }

    /// Removes the table of an alias, comments above it included; gives whether there was one.
    pub fn remove(&mut self, alias: &str) -> bool {
        self.document.remove(alias).is_some()
    }

    /// Gives the table of an alias another name, in place, comments and unknown keys included. A
    /// table that the new name had is replaced.
    pub fn rename(&mut self, old: &str, new: &str) {
        if old == new || !self.document.contains_key(old) {
            return;
        }
        self.document.remove(new);
        let table = self.document.as_table_mut();
        let position = table.get(old).and_then(Item::as_table).and_then(Table::position);
        // A map keeps no place for a new key: take out all that follow and put them back after it.
        let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
        let at = keys.iter().position(|key| key == old).unwrap_or(keys.len());
        let mut tail = Vec::new();
        for key in &keys[at..] {
            if let Some((key, item)) = table.remove_entry(key) {
                tail.push((key, item));
            }
        }
        for (key, mut item) in tail {
            if key.get() == old {
                if let (Some(table), Some(position)) = (item.as_table_mut(), position) {
                    table.set_position(Some(position));
                }
                let renamed = toml_edit::Key::new(new)
                    .with_leaf_decor(key.leaf_decor().clone())
                    .with_dotted_decor(key.dotted_decor().clone());
                table.insert_formatted(&renamed, item);
            } else {
                table.insert_formatted(&key, item);
            }
        }
    }

    /// Copies the table of an alias under another name, unknown keys included. Host keys are not: they
    /// were verified for one server, and a copy is mostly made for another.
    pub fn copy(&mut self, old: &str, new: &str) {
        let Some(mut item) = self.document.get(old).cloned() else { return };
        if let Some(table) = item.as_table_like_mut()
            && table.remove("host_keys").is_some()
            && table.is_empty()
        {
            return;
        }
        if let Some(table) = item.as_table_mut() {
            table.set_position(None);
            table.decor_mut().set_prefix("\n");
        }
        self.document.remove(new);
        self.document.insert(new, item);
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
        let old: Vec<&str> = self.before.split_inclusive('\n').collect();
        let new: Vec<&str> = after.split_inclusive('\n').collect();
        debug_assert_eq!(original.len(), old.len(), "toml_edit keeps the number of lines");
        let mut starts = vec![bom];
        for line in &original {
            starts.push(starts[starts.len() - 1] + line.len());
        }
        let crlf = original.iter().filter(|line| line.ends_with(b"\r\n")).count();
        let eol = if crlf * 2 >= original.len().max(1) { "\r\n" } else { "\n" };
        let mut splices = Vec::new();
        for op in similar::capture_diff_slices(Algorithm::Myers, &old, &new) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let mut with = String::new();
            for line in &new[op.new_range()] {
                with.push_str(line.trim_end_matches(['\r', '\n']));
                with.push_str(eol);
            }
            let range = starts[op.old_range().start]..starts[op.old_range().end];
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

fn read(alias: &str, table: &dyn TableLike, oddities: &mut Vec<Oddity>) -> Metadata {
    let mut odd = |key, wanted| oddities.push(Oddity { alias: alias.to_owned(), key, wanted });
    let mut metadata = Metadata::default();
    let mut strings = |key| {
        let Some(item) = table.get(key) else { return Vec::new() };
        let words: Option<Vec<String>> = item
            .as_array()
            .map(|words| words.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        if words.as_ref().map(Vec::len) != item.as_array().map(Array::len) || words.is_none() {
            odd(key, "a list of strings");
        }
        words.unwrap_or_default()
    };
    metadata.tags = strings("tags");
    metadata.host_keys = strings("host_keys");
    if let Some(item) = table.get("note") {
        metadata.note = item.as_str().map(str::to_owned);
        if metadata.note.is_none() {
            odd("note", "a string");
        }
    }
    if let Some(item) = table.get("session") {
        metadata.session = item.as_str().and_then(|word| word.parse::<Session>().ok());
        if metadata.session.is_none() {
            odd("session", "`auto`, `builtin` or `system`");
        }
    }
    metadata
}

/// Sets, changes or removes a key; what stands around a value (a comment behind it) stays.
fn put(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meta(tags: &[&str], note: Option<&str>) -> Metadata {
        Metadata {
            tags: tags.iter().map(|t| (*t).to_owned()).collect(),
            note: note.map(str::to_owned),
            ..Metadata::default()
        }
    }

    #[track_caller]
    fn case(before: &str, op: impl FnOnce(&mut MetadataFile), after: &str) {
        let mut file = MetadataFile::parse(before.as_bytes()).unwrap();
        op(&mut file);
        let new = crate::change::splice(before.as_bytes(), &file.splices());
        assert_eq!(String::from_utf8(new).unwrap(), after);
    }

    #[test]
    fn new_tables_come_last_with_a_blank_line_between() {
        case("", |f| f.set("web", &meta(&["a", "b"], None)), "[web]\ntags = [\"a\", \"b\"]\n");
        case(
            "[a]\nnote = \"x\"\n",
            |f| f.set("web.example.com", &meta(&[], Some("say \"hi\""))),
            "[a]\nnote = \"x\"\n\n[\"web.example.com\"]\nnote = 'say \"hi\"'\n",
        );
    }

    #[test]
    fn comments_unknown_keys_and_odd_spacing_stay() {
        case(
            "# mine\n\n[web] # w\n  tags=[ 'a' ]   # t\nowner = \"me\"\n# end\n",
            |f| f.set("web", &meta(&["b"], Some("n"))),
            "# mine\n\n[web] # w\n  tags=[\"b\"]   # t\nowner = \"me\"\nnote = \"n\"\n# end\n",
        );
        case(
            "[web]\ntags = [\"a\"]\nowner = \"me\"\n",
            |f| f.set("web", &meta(&[], None)),
            "[web]\nowner = \"me\"\n",
        );
        case("[web]\ntags = [\"a\"]\n", |f| f.set("web", &meta(&[], None)), "");
    }

    #[test]
    fn host_keys_are_a_list_of_strings() {
        let pinned = Metadata { host_keys: vec!["SHA256:x".to_owned()], ..Metadata::default() };
        case("", |f| f.set("web", &pinned), "[web]\nhost_keys = [\"SHA256:x\"]\n");
        let file =
            MetadataFile::parse(b"[a]\nhost_keys = \"x\"\n[b]\nhost_keys = [\"y\", 1]").unwrap();
        let (all, odd) = file.all();
        assert_eq!((all["a"].host_keys.len(), &*all["b"].host_keys), (0, &["y".to_owned()][..]));
        assert_eq!(odd.len(), 2);
    }

    #[test]
    fn line_endings_byte_order_mark_and_a_missing_end_stay() {
        case(
            "\u{feff}[a]\r\nnote = \"x\"\r\n[b]\r\nnote = \"y\"",
            |f| f.set("a", &meta(&[], Some("z"))),
            "\u{feff}[a]\r\nnote = \"z\"\r\n[b]\r\nnote = \"y\"",
        );
        case(
            "[a]\r\nnote = \"x\"",
            |f| f.set("b", &meta(&[], Some("y"))),
            "[a]\r\nnote = \"x\"\r\n\r\n[b]\r\nnote = \"y\"",
        );
        case("[a]\nnote = \"x\"", |f| f.set("a", &meta(&[], Some("y"))), "[a]\nnote = \"y\"");
    }

    #[test]
    fn a_renamed_table_stays_where_it_is() {
        case(
            "# a\n[a]\nnote = \"1\"\n\n# b\n[b] # bb\nx = 1\n\n[c]\ny = 2\n",
            |f| f.rename("b", "z.z"),
            "# a\n[a]\nnote = \"1\"\n\n# b\n[\"z.z\"] # bb\nx = 1\n\n[c]\ny = 2\n",
        );
        case("a = { note = \"1\" }\n[c]\n", |f| f.rename("a", "b"), "b = { note = \"1\" }\n[c]\n");
    }

    #[test]
    fn a_copied_table_comes_last_and_a_removed_one_goes() {
        case(
            "[a]\nnote = \"1\"\nx = 1\n\n[b]\n",
            |f| f.copy("a", "c"),
            "[a]\nnote = \"1\"\nx = 1\n\n[b]\n\n[c]\nnote = \"1\"\nx = 1\n",
        );
        case("[a]\nx = 1\n[b]\ny = 1\n", |f| assert!(f.remove("a")), "[b]\ny = 1\n");
    }

    #[test]
    fn broken_files_name_their_line_and_odd_values_their_key() {
        let fault = MetadataFile::parse(b"[a]\nnote = \n").unwrap_err();
        assert!(fault.to_string().starts_with("line 2: "), "{fault}");
        let fault = MetadataFile::parse(b"[a]\nnote = \"caf\xe9\"\n").unwrap_err();
        assert_eq!(fault, TomlFault::Encoding { line: 2 });
        let file = MetadataFile::parse(b"[a]\ntags = 1\nnote = \"n\"\nsession = \"x\"").unwrap();
        let (all, oddities) = file.all();
        assert_eq!(all["a"].note.as_deref(), Some("n"));
        let shown: Vec<_> = oddities.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "`tags` of `a` should be a list of strings",
                "`session` of `a` should be `auto`, `builtin` or `system`"
            ]
        );
    }

    proptest! {
        #[test]
        fn other_tables_keep_every_byte(
            head in "(# [a-z ]{0,8}(\r\n|\n)){0,3}",
            eol in "\r\n|\n",
            last in prop::bool::ANY,
            bom in prop::bool::ANY,
            note in "\\PC{0,20}",
        ) {
            let bom = if bom { BOM } else { "" };
            let tail = format!("[z]{eol}k =  'v' # c{}", if last { eol.as_str() } else { "" });
            let text = format!("{bom}{head}[web]{eol}note = \"x\"{eol}{eol}{tail}");
            let mut file = MetadataFile::parse(text.as_bytes()).unwrap();
            file.set("web", &meta(&["t"], Some(&note)));
            let new = crate::change::splice(text.as_bytes(), &file.splices());
            let new = String::from_utf8(new).unwrap();
            let (start, end) = (format!("{bom}{head}[web]{eol}"), format!("{eol}{tail}"));
            prop_assert!(new.starts_with(&start));
            prop_assert!(new.ends_with(&end));
            let again = MetadataFile::parse(new.as_bytes()).unwrap();
            prop_assert_eq!(again.get("web"), Some(meta(&["t"], Some(&note))));
        }
    }
}
