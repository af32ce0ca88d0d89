//! Changes the file: one key, everything else as it was.

use sshp_splice::Splice;
use thiserror::Error;
use toml_edit::{Array, Item, Table, TableLike};

use super::table::{Row, find, near};
use super::{Kind, Value};
use crate::toml::{TomlFault, TomlFile, put};

/// Why a setting is not changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is no such setting.
    #[error("there is no setting `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        near: Option<&'static str>,
    },
    /// This sshp does not use it.
    #[error(
        "`{0}` is for the picker on the whole screen, and this sshp was built without the feature `picker`"
    )]
    Unused(&'static str),
    /// It cannot be that.
    #[error("`{name}` cannot be `{value}`: {wanted}")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was asked for.
        value: String,
        /// What it may be.
        wanted: String,
    },
    /// The file is not TOML, and is left as it is.
    #[error(transparent)]
    Toml(#[from] TomlFault),
    /// Something else stands where a table has to be.
    #[error("`{0}` is no table in it")]
    NoTable(String),
}

/// A setting by its name.
fn named(name: &str) -> Result<&'static Row, Refused> {
    find(name).ok_or_else(|| Refused::Unknown { name: name.to_owned(), near: near(name) })
}

/// The edits that give a setting a value.
///
/// # Errors
/// [`Refused`]; then nothing is to be changed.
pub fn plan_set(text: &[u8], name: &str, words: &[String]) -> Result<Vec<Splice>, Refused> {
    let row = named(name)?;
    if !row.is_used() {
        return Err(Refused::Unused(row.name));
    }
    let value = row.parse(words).map_err(|wanted| Refused::Value {
        name: row.name,
        value: words.join(" "),
        wanted,
    })?;
    let mut file = TomlFile::parse(text)?;
    let is_root = !row.name.contains('.');
    let head = if is_root { head(&mut file) } else { None };
    if let Some(table) = table_of(&mut file, row.name, true)? {
        put(table, last(row.name), Some(written(row, value)));
    }
    if let (Some(head), Some(mut key)) = (head, file.document.key_mut(row.name)) {
        key.leaf_decor_mut().set_prefix(head);
    }
    Ok(file.splices())
}

/// The edits that take a setting away, so that its default holds.
///
/// # Errors
/// [`Refused`]; then nothing is to be changed.
pub fn plan_unset(text: &[u8], name: &str) -> Result<Vec<Splice>, Refused> {
    let mut file = TomlFile::parse(text)?;
    // What sshp does not know can be taken away too, where it stands in the file.
    let known = named(name);
    if let Some(table) = table_of(&mut file, name, false)?
        && table.remove(last(name)).is_some()
    {
        return Ok(file.splices());
    }
    known.map(|_| Vec::new())
}

fn last(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// The table that a setting stands in; made where `make` says so.
fn table_of<'a>(
    file: &'a mut TomlFile,
    name: &str,
    make: bool,
) -> Result<Option<&'a mut dyn TableLike>, Refused> {
    let is_empty = file.document.is_empty();
    let mut table: &mut dyn TableLike = file.document.as_table_mut();
    let parts: Vec<&str> = name.split('.').collect();
    for (at, part) in parts[..parts.len() - 1].iter().enumerate() {
        if !table.contains_key(part) {
            if !make {
                return Ok(None);
            }
            let mut new = Table::new();
            // `[picker.keys]` needs no empty `[picker]` above it.
            new.set_implicit(at + 2 < parts.len());
            if !is_empty {
                new.decor_mut().set_prefix("\n");
            }
            table.insert(part, Item::Table(new));
        }
        let inner = table.get_mut(part).and_then(Item::as_table_like_mut);
        table = inner.ok_or_else(|| Refused::NoTable(parts[..=at].join(".")))?;
    }
    Ok(Some(table))
}

/// Takes the comment at the top of the file, up to a blank line, from the first table: it is about the
/// file, and stays at the top when a first setting without a table goes there.
fn head(file: &mut TomlFile) -> Option<String> {
    let document = &mut file.document;
    if document.iter().any(|(_, item)| item.is_value()) {
        return None;
    }
    let tables = document.iter_mut().filter_map(|(_, item)| item.as_table_mut());
    let first = tables.filter(|table| table.position().is_some()).min_by_key(|t| t.position())?;
    let prefix = first.decor().prefix()?.as_str()?.to_owned();
    let at = prefix.find("\n\n")? + 2;
    first.decor_mut().set_prefix(&prefix[at - 1..]);
    Some(prefix[..at].to_owned())
}

/// A value as the file says it.
fn written(row: &Row, value: Value) -> toml_edit::Value {
    match value {
        Value::Text(text) => match text.parse::<i64>() {
            Ok(lines) if row.kind == Kind::Height => lines.into(),
            _ => text.into(),
        },
        Value::Flag(on) => on.into(),
        Value::Count(count) => i64::from(count).into(),
        Value::List(words) => match &words[..] {
            [key] if row.kind == Kind::Keys => key.as_str().into(),
            _ => Array::from_iter(words).into(),
        },
    }
}
