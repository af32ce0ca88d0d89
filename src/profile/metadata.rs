//! PURE: `profiles.toml`, a table per alias; read, and edited without losing a byte of the rest.
//!
//! ```toml
//! [web-server]
//! tags = ["prod", "web"]
//! note = "behind the new balancer"
//! session = "builtin"
//! favorite = true
//! host_keys = ["SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ"]
//! source = "aliyun/prod:i-bp1example1"
//! source_tags = ["env:prod"]
//! imported = { host = "198.51.100.7", user = "root", scope = "cn-hangzhou" }
//! stale = 2026-11-30
//! ```
//!
//! A damaged file is read table by table, [`MetadataFile::salvage`]; what cannot be
//! read is told as a [`Fault`].

mod fault;
mod salvage;

use std::collections::{HashMap, HashSet};

use toml_edit::{Array, Datetime, InlineTable, Item, Table, TableLike, Value};

pub use self::fault::Fault;
use self::fault::PINS;

use super::{Metadata, Session};
use crate::toml::{self, BOM, TomlFile, put};
use sshp_splice::{Splice, splice};

/// What the source of an imported profile said of it: what the next import is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The host.
    pub host: String,
    /// The port, where it is not ssh's own.
    pub port: Option<u16>,
    /// The login name.
    pub user: Option<String>,
    /// ProxyJump
    pub jump: Option<String>,
    /// HostKeyAlias, where the import wrote one.
    pub host_key_alias: Option<String>,
    /// What a cloud calls it.
    pub name: Option<String>,
    /// The account and region that it is in there.
    pub scope: Option<String>,
}

impl Imported {
    fn read(table: &dyn TableLike) -> Self {
        let word = |key| table.get(key).and_then(Item::as_str).map(str::to_owned);
        let port = table.get("port").and_then(Item::as_integer);
        Imported {
            host: word("host").unwrap_or_default(),
            port: port.and_then(|port| u16::try_from(port).ok()),
            user: word("user"),
            jump: word("jump"),
            host_key_alias: word("host_key_alias"),
            name: word("name"),
            scope: word("scope"),
        }
    }

    fn write(&self) -> Value {
        let mut table = InlineTable::new();
        table.insert("host", self.host.as_str().into());
        for (key, value) in [
            ("user", &self.user),
            ("jump", &self.jump),
            ("host_key_alias", &self.host_key_alias),
            ("name", &self.name),
            ("scope", &self.scope),
        ] {
            if let Some(value) = value {
                table.insert(key, value.as_str().into());
            }
        }
        if let Some(port) = self.port {
            table.insert("port", i64::from(port).into());
        }
        Value::InlineTable(table)
    }
}

/// `profiles.toml`, parsed.
#[derive(Clone, Debug, Default)]
pub struct MetadataFile {
    /// What of it can be read.
    file: TomlFile,
    /// The whole file, where not all of it can be read.
    whole: Option<Vec<u8>>,
    /// What cannot be read, in the order of the lines.
    lost: Vec<Fault>,
    /// What is TOML and not what it should be, in the order of the file.
    odd: Vec<Fault>,
    /// Whether something that cannot be read is to go, so that all of it must be set aside.
    mends: bool,
}

impl MetadataFile {
    /// Parses the file; no file is an empty one.
    ///
    /// # Errors
    /// When it is not TOML.
    pub fn parse(text: &[u8]) -> Result<Self, Box<Fault>> {
        let parsed = toml::parse(text);
        let document = parsed.map_err(|(at, message)| Box::new(Fault::at(text, at, message)))?;
        let skipped = if text.starts_with(BOM.as_bytes()) { BOM.len() } else { 0 };
        let odd = fault::odd_values(text, skipped, &document);
        let file = TomlFile::of(text, document.into_mut());
        Ok(MetadataFile { file, odd, ..MetadataFile::default() })
    }

    /// Reads what can be read of the file, table by table where it is not TOML.
    pub fn salvage(text: &[u8]) -> Self {
        let whole = match MetadataFile::parse(text) {
            Ok(file) => return file,
            Err(fault) => *fault,
        };
        let (readable, lost) = salvage::salvage(text);
        match MetadataFile::parse(&readable) {
            Ok(file) if !lost.is_empty() => {
                MetadataFile { whole: Some(text.to_vec()), lost, ..file }
            }
            // Not reached, and never to be taken for an empty file.
            _ => {
                let lost = Fault { pins: true, names: "\\".to_owned(), ..whole };
                let whole = Some(text.to_vec());
                MetadataFile { whole, lost: vec![lost], ..MetadataFile::default() }
            }
        }
    }

    /// What cannot be read, and what is not what it should be.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.lost.iter().chain(&self.odd)
    }

    /// What cannot be read at all.
    pub fn lost(&self) -> &[Fault] {
        &self.lost
    }

    /// Pins that cannot be read, and neither can whose they are.
    pub fn nobodys_pins(&self) -> Option<&Fault> {
        self.lost.iter().find(|fault| fault.pins && fault.alias.is_none())
    }

    /// The host keys that an alias is pinned to.
    ///
    /// # Errors
    /// The fault that may hide some.
    pub fn pins(&self, alias: &str) -> Result<Vec<String>, &Fault> {
        match self.faults().find(|fault| fault.hides_pins_of(alias)) {
            Some(fault) => Err(fault),
            None => Ok(self.get(alias).unwrap_or_default().host_keys),
        }
    }

    /// Takes out what cannot be read, even if nothing else changes.
    pub fn mend(&mut self) {
        self.mends |= !self.lost.is_empty();
    }

    /// Whether a change of this file takes out what cannot be read: all of it is to be kept
    /// somewhere else then.
    pub fn mends(&self) -> bool {
        self.mends || (!self.lost.is_empty() && self.file.is_changed())
    }

    /// Pins profiles whose pins are taken out to what no key is, so that they connect to none.
    pub fn keep_pinned(&mut self, to: &str) {
        for fault in self.lost.clone() {
            let Some(alias) = fault.alias.filter(|_| fault.pins) else { continue };
            let mut metadata = self.get(&alias).unwrap_or_default();
            if metadata.host_keys.is_empty() {
                metadata.host_keys.push(to.to_owned());
                self.set(&alias, &metadata);
            }
        }
    }

    /// The metadata of every alias that has some.
    pub fn all(&self) -> HashMap<String, Metadata> {
        let mut all = HashMap::with_capacity(self.file.document.len());
        for (alias, item) in self.file.document.iter() {
            if let Some(table) = item.as_table_like() {
                all.insert(alias.to_owned(), read(table));
            }
        }
        all
    }

    /// The aliases that have a table, in the order of the file.
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        self.file.document.iter().filter(|(_, item)| item.is_table_like()).map(|(alias, _)| alias)
    }

    /// The metadata of one alias.
    pub fn get(&self, alias: &str) -> Option<Metadata> {
        let table = self.file.document.get(alias)?.as_table_like()?;
        Some(read(table))
    }

    /// Makes the metadata of an alias what is given. Keys that sshp does not know stay, and so do
    /// values that are not what they should be, unless they are to be others. A table that would be
    /// empty goes.
    pub fn set(&mut self, alias: &str, metadata: &Metadata) {
        let old = self.get(alias).unwrap_or_default();
        if old == *metadata {
            return;
        }
        if self.file.document.get(alias).is_none_or(|item| !item.is_table_like()) {
            // Something that is no table makes room for one.
            self.mends |= self.file.document.contains_key(alias);
            let mut table = Table::new();
            // `is_empty` of toml_edit counts them all.
            if self.file.document.iter().next().is_some() {
                table.decor_mut().set_prefix("\n");
            }
            self.file.document.remove(alias);
            self.file.document.insert(alias, Item::Table(table));
        }
        let Some(table) = self.file.document.get_mut(alias).and_then(Item::as_table_like_mut)
        else {
            return;
        };
        let list =
            |words: &Vec<String>| (!words.is_empty()).then(|| Array::from_iter(words).into());
        let Metadata { tags, note, host_keys, source, source_tags, imported, stale, .. } = metadata;
        let day = |text: &String| match text.parse::<Datetime>() {
            Ok(day) => Value::from(day),
            Err(_) => text.as_str().into(),
        };
        let session = |of: Option<Session>| of.map(|session| session.as_str().into());
        for (key, changes, value) in [
            ("tags", old.tags != *tags, list(tags)),
            ("note", old.note != *note, note.as_deref().map(Value::from)),
            ("session", old.session != metadata.session, session(metadata.session)),
            ("favorite", old.favorite != metadata.favorite, metadata.favorite.then(|| true.into())),
            (PINS, old.host_keys != *host_keys, list(host_keys)),
            ("source", old.source != *source, source.as_deref().map(Value::from)),
            ("source_tags", old.source_tags != *source_tags, list(source_tags)),
            ("imported", old.imported != *imported, imported.as_ref().map(Imported::write)),
            ("stale", old.stale != *stale, stale.as_ref().map(day)),
        ] {
            if changes {
                self.mends |= fault::wanted(table, key).is_some();
                put(table, key, value);
            }
        }
        if table.is_empty() {
            self.file.document.remove(alias);
        }
    }

    /// Lets an alias have any host keys, also where what it is pinned to cannot be read.
    pub fn unpin(&mut self, alias: &str) {
        let own = |fault: &&mut Fault| fault.alias.as_deref() == Some(alias);
        for fault in self.lost.iter_mut().filter(own) {
            self.mends |= std::mem::take(&mut fault.pins);
        }
        let Some(item) = self.file.document.get_mut(alias) else { return };
        match item.as_table_like_mut() {
            None => {
                if self.odd.iter().any(|fault| fault.hides_pins_of(alias)) {
                    self.file.document.remove(alias);
                    self.mends = true;
                }
            }
            Some(table) => {
                self.mends |= fault::wanted(table, PINS).is_some();
                if table.remove(PINS).is_some() && table.is_empty() {
                    self.file.document.remove(alias);
                }
            }
        }
    }

    /// Removes the tables of some aliases, comments above them included.
    pub fn remove_all(&mut self, aliases: &HashSet<&str>) {
        let is_removed = |alias: &str| aliases.contains(alias);
        for fault in &mut self.lost {
            if fault.alias.as_deref().is_some_and(is_removed) {
                fault.pins = false;
                self.mends = true;
            }
        }
        self.file.document.as_table_mut().retain(|alias, _| !is_removed(alias));
    }

    /// Gives the table of an alias another name, in place, comments and unknown keys included. A
    /// table that the new name had is replaced.
    pub fn rename(&mut self, old: &str, new: &str) {
        if old == new {
            return;
        }
        for fault in self.lost.iter_mut().filter(|fault| fault.alias.as_deref() == Some(old)) {
            fault.alias = Some(new.to_owned());
            self.mends = true;
        }
        if !self.file.document.contains_key(old) {
            return;
        }
        self.file.document.remove(new);
        let table = self.file.document.as_table_mut();
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
    /// were verified for one server, and a copy is mostly made for another. Nor is the source of an import,
    /// which is the source of one profile.
    pub fn copy(&mut self, old: &str, new: &str) {
        let Some(mut item) = self.file.document.get(old).cloned() else { return };
        if let Some(table) = item.as_table_like_mut() {
            let own = [PINS, "source", "source_tags", "imported", "stale"];
            let removed = own.map(|key| table.remove(key).is_some());
            if removed.contains(&true) && table.is_empty() {
                return;
            }
        }
        if let Some(table) = item.as_table_mut() {
            table.set_position(None);
            table.decor_mut().set_prefix("\n");
        }
        self.file.document.remove(new);
        self.file.document.insert(new, item);
    }

    /// The edits that make the original file what it is now; see [`TomlFile::splices`].
    pub fn splices(&self) -> Vec<Splice> {
        let Some(whole) = &self.whole else { return self.file.splices() };
        if !self.mends() {
            return Vec::new();
        }
        let new = splice(self.file.text(), &self.file.splices());
        Splice::between(whole, &new).into_iter().collect()
    }
}

/// What a table says, as far as it is what it should be.
fn read(table: &dyn TableLike) -> Metadata {
    let word = |key| table.get(key).and_then(Item::as_str);
    let words = |key| -> Vec<String> {
        let words = table.get(key).and_then(Item::as_array).into_iter().flatten();
        words.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    Metadata {
        tags: words("tags"),
        note: word("note").map(str::to_owned),
        session: word("session").and_then(|word| word.parse().ok()),
        favorite: table.get("favorite").and_then(Item::as_bool).unwrap_or(false),
        host_keys: words(PINS),
        source: word("source").map(str::to_owned),
        source_tags: words("source_tags"),
        imported: table.get("imported").and_then(Item::as_table_like).map(Imported::read),
        stale: table.get("stale").and_then(day),
    }
}

/// A day: a date, or the text of one.
fn day(item: &Item) -> Option<String> {
    let date = item.as_datetime().map(ToString::to_string);
    date.or_else(|| item.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests;
