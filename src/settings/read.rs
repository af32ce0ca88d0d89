//! Reads the file: what counts, and a warning for all that does not.

use toml_edit::{Item, TableLike};

use super::table::{Kind, ROWS, Row, near};
use super::{Settings, Value, Warning};
use crate::profile::find::suggest;
use crate::toml::{self, line_at};

impl Settings {
    /// Reads the file; where it is not TOML, that is the one warning and the defaults hold.
    pub fn parse(text: &[u8]) -> Self {
        let document = match toml::parse(text) {
            Ok(document) => document,
            Err((at, what)) => {
                let warnings = vec![Warning { line: line_at(text, at), what, near: None }];
                return Settings { set: Vec::new(), warnings };
            }
        };
        let settings = Settings { set: vec![None; ROWS.len()], warnings: Vec::new() };
        let mut reader = Reader { bare: document.raw(), settings };
        reader.table("", document.as_table());
        reader.keys_given_twice();
        reader.settings.warnings.sort_by_key(|warning| warning.line);
        reader.settings
    }
}

struct Reader<'a> {
    bare: &'a str,
    settings: Settings,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        line_at(self.bare.as_bytes(), offset)
    }

    fn warn(&mut self, line: usize, what: String, near: Option<String>) {
        self.settings.warnings.push(Warning { line, what, near });
    }

    fn table(&mut self, above: &str, table: &dyn TableLike) {
        for (key, item) in table.iter() {
            let name = if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
            let span = table.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
            let line = self.line(span.map_or(0, |span| span.start));
            let inner = ROWS.iter().any(|row| row.name.starts_with(&format!("{name}.")));
            match (ROWS.iter().position(|row| row.name == name), item.as_table_like()) {
                (None, Some(table)) if inner => self.table(&name, table),
                (None, None) if inner => {
                    self.warn(line, format!("`{name}` should be a table, `[{name}]`"), None);
                }
                (None, _) => {
                    let near = near(&name).map(str::to_owned);
                    self.warn(line, format!("there is no setting `{name}`"), near);
                }
                (Some(at), _) => match value(&ROWS[at], item) {
                    Ok(value) => self.settings.set[at] = Some((value, line)),
                    Err(wanted) => self.wrong(line, &ROWS[at], item, &wanted),
                },
            }
        }
    }

    fn wrong(&mut self, line: usize, row: &Row, item: &Item, wanted: &str) {
        let near = match (row.kind, item.as_str()) {
            (Kind::Choice(words), Some(word)) => {
                suggest(word, words.iter().copied()).first().map(|&near| near.to_owned())
            }
            _ => None,
        };
        let name = row.name;
        let what = match item.as_str().filter(|_| row.kind != Kind::Keys && row.kind != Kind::User)
        {
            Some(word) => format!("`{name}` cannot be `{word}`; it should be {wanted}"),
            None if row.kind == Kind::Keys || row.kind == Kind::User => {
                format!("`{name}`: {wanted}")
            }
            None => format!("`{name}` should be {wanted}"),
        };
        self.warn(line, what, near);
    }

    /// The second of two actions that the file gives the same key does not get it.
    fn keys_given_twice(&mut self) {
        let mut given: Vec<(String, &str)> = Vec::new();
        for (at, row) in ROWS.iter().enumerate().filter(|(_, row)| row.kind == Kind::Keys) {
            let Some((Value::List(keys), line)) = self.settings.set[at].clone() else { continue };
            let mut kept = keys.clone();
            for key in &keys {
                if let Some((_, first)) = given.iter().find(|(taken, _)| taken == key) {
                    kept.retain(|other| other != key);
                    self.warn(line, format!("`{key}` is given to `{first}` already"), None);
                } else {
                    given.push((key.clone(), row.name));
                }
            }
            self.settings.set[at] = Some((Value::List(kept), line));
        }
    }
}

/// The value of an item, if the setting may hold it.
fn value(row: &Row, item: &Item) -> Result<Value, String> {
    let wanted = || row.wanted();
    let value = match row.kind {
        Kind::Flag => Value::Flag(item.as_bool().ok_or_else(wanted)?),
        Kind::Count(_) => {
            let number = item.as_integer().and_then(|number| u32::try_from(number).ok());
            Value::Count(number.ok_or_else(wanted)?)
        }
        Kind::Columns | Kind::Keys => {
            let words = match (item.as_str(), item.as_array()) {
                (Some(word), _) => vec![word.to_lowercase()],
                (_, Some(array)) => array
                    .iter()
                    .map(|word| word.as_str().map(str::to_lowercase))
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(wanted)?,
                _ => return Err(wanted()),
            };
            Value::List(words)
        }
        Kind::Height => match item.as_integer() {
            Some(lines) => Value::Text(lines.to_string()),
            None => Value::Text(item.as_str().ok_or_else(wanted)?.to_owned()),
        },
        _ => Value::Text(item.as_str().ok_or_else(wanted)?.to_owned()),
    };
    row.check(&value).map(|()| value)
}
