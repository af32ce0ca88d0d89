//! PURE: `config.toml`: what a person likes sshp to do when nothing is said.
//!
//! ```toml
//! session = "builtin"
//! backups = 50
//!
//! [add]
//! user = "deploy"
//!
//! [picker]
//! height = "40%"
//! columns = ["alias", "target", "used"]
//!
//! [picker.keys]
//! edit = ["alt-e", "f4"]
//! ```
//!
//! One table ([`table::ROWS`]) knows every setting. What is wrong in the file is a warning with its
//! line, and the default counts: a slip in a settings file must not keep anybody from a server.

mod edit;
pub mod key;
mod read;
pub mod table;

use std::fmt;

pub use self::edit::{Refused, plan_set, plan_unset};
pub use self::table::{Action, Column, Kind, ROWS, Row, find, used};
use crate::profile::Session;
use crate::profile::find::did_you_mean;

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A word or a text.
    Text(String),
    /// Several words.
    List(Vec<String>),
    /// On or off.
    Flag(bool),
    /// How many.
    Count(u32),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::List(words) if words.is_empty() => f.write_str("none"),
            Value::List(words) => f.write_str(&words.join(" ")),
            Value::Flag(on) => write!(f, "{on}"),
            Value::Count(count) => write!(f, "{count}"),
        }
    }
}

/// Something in the file that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What may have been meant.
    pub near: Option<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.near.as_ref().and_then(|near| did_you_mean(&[near])) {
            Some(near) => write!(f, "; {near}"),
            None => Ok(()),
        }
    }
}

/// When to use colours
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// All settings: what the file says, and the defaults of the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// By the place in [`ROWS`]: the value and its line, where the file has one that counts.
    set: Vec<Option<(Value, usize)>>,
    /// What does not count.
    pub warnings: Vec<Warning>,
}

impl Settings {
    /// The value of a setting, and the line of the file that gives it.
    pub fn get(&self, name: &str) -> (Option<Value>, Option<usize>) {
        let Some(at) = ROWS.iter().position(|row| row.name == name) else { return (None, None) };
        match self.set.get(at) {
            Some(Some((value, line))) => (Some(value.clone()), Some(*line)),
            _ => (ROWS[at].default(), None),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).0.map(|value| value.to_string())
    }

    fn words(&self, name: &str) -> Vec<String> {
        match self.get(name).0 {
            Some(Value::List(words)) => words,
            _ => Vec::new(),
        }
    }

    /// Which client runs a session when neither the command line nor the profile says.
    pub fn session(&self) -> Session {
        self.text("session").and_then(|word| word.parse().ok()).unwrap_or_default()
    }

    /// When to use colours, where `--color` does not say.
    pub fn color(&self) -> Color {
        let word = self.text("color").unwrap_or_default();
        <Color as clap::ValueEnum>::from_str(&word, false).unwrap_or_default()
    }

    /// How many former texts of a file are kept.
    pub fn backups(&self) -> usize {
        match self.get("backups").0 {
            Some(Value::Count(count)) => usize::try_from(count).unwrap_or(usize::MAX),
            _ => 20,
        }
    }

    /// The user that `add` writes where none is given.
    pub fn add_user(&self) -> Option<String> {
        self.text("add.user")
    }

    /// The key that `add` writes where none is given; `~/` is the home.
    pub fn add_key(&self) -> Option<String> {
        self.text("add.key")
    }

    /// The picker's height: height in lines, or in percent of the screen.
    pub fn picker_height(&self) -> String {
        self.text("picker.height").unwrap_or_default()
    }

    /// Whether the picker opens with its preview.
    pub fn picker_preview(&self) -> bool {
        self.get("picker.preview").0 != Some(Value::Flag(false))
    }

    /// The picker's colours: `terminal`, `dark` or `light`.
    pub fn picker_colors(&self) -> String {
        self.text("picker.colors").unwrap_or_default()
    }

    /// The picker's columns, in their order.
    pub fn picker_columns(&self) -> Vec<Column> {
        self.words("picker.columns").iter().filter_map(|word| Column::from_word(word)).collect()
    }

    /// The keys of an action of the picker, the first of them the one that is shown.
    ///
    /// A key that the file gives to one action is no longer a default of another.
    pub fn picker_keys(&self, action: Action) -> Vec<String> {
        let name = action.setting();
        let (value, line) = self.get(&name);
        let Some(Value::List(keys)) = value else { return Vec::new() };
        if line.is_some() {
            return keys;
        }
        let taken = |key: &String| {
            Action::ALL.iter().any(|other| {
                let (value, line) = self.get(&other.setting());
                line.is_some() && matches!(value, Some(Value::List(keys)) if keys.contains(key))
            })
        };
        keys.into_iter().filter(|key| !taken(key)).collect()
    }
}

#[cfg(test)]
mod tests;
