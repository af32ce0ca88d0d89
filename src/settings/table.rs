//! Every setting: its name, what it is for, what it may be, and its default.

use super::{Value, key};
use crate::profile::Session;
use crate::profile::find::suggest;

/// What a setting may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text that is a user's name.
    User,
    /// A file.
    Path,
    /// `40%` or a number of lines.
    Height,
    /// `true` or `false`.
    Flag,
    /// A number from 1 to this.
    Count(u32),
    /// Columns of the picker.
    Columns,
    /// Keys of the picker.
    Keys,
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name, with dots between tables.
    pub name: &'static str,
    /// What it is for.
    pub what: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What holds without it, as `config set` takes it; empty for nothing.
    default: &'static str,
}

const fn row(name: &'static str, kind: Kind, default: &'static str, what: &'static str) -> Row {
    Row { name, what, kind, default }
}

/// All settings, in the order in which they are shown.
pub const ROWS: &[Row] = &[
    row("session", Kind::Choice(Session::WORDS), "auto", "client of a session"),
    row("color", Kind::Choice(&["auto", "always", "never"]), "auto", "when to use colours"),
    row("backups", Kind::Count(1000), "20", "former texts kept of each file"),
    row("add.user", Kind::User, "", "user of new profiles"),
    row("add.key", Kind::Path, "", "private key of new profiles"),
    row("picker.height", Kind::Height, "100%", "height in lines, or in percent of the screen"),
    row("picker.preview", Kind::Flag, "true", "open with the preview"),
    row("picker.columns", Kind::Columns, "alias target tags used jump", "columns, in their order"),
    row("picker.colors", Kind::Choice(&["terminal", "dark", "light"]), "terminal", "colours"),
    row("picker.keys.connect", Kind::Keys, "enter", "connect, or choose"),
    row("picker.keys.other", Kind::Keys, "alt-enter", "connect by the other session"),
    row("picker.keys.edit", Kind::Keys, "alt-e", "edit the profile"),
    row("picker.keys.new", Kind::Keys, "alt-n", "new profile from the query"),
    row("picker.keys.copy", Kind::Keys, "alt-c", "copy the ssh command"),
    row("picker.keys.preview", Kind::Keys, "alt-p", "show or hide the preview"),
    row("picker.keys.tag", Kind::Keys, "alt-t", "tag what is marked"),
    row("picker.keys.doctor", Kind::Keys, "alt-d", "find why it does not connect"),
    row("picker.keys.mark", Kind::Keys, "tab", "mark, where several can be chosen"),
    row("picker.keys.cancel", Kind::Keys, "esc", "leave; Ctrl-C always does"),
];

/// The settings that this sshp uses, in the order in which they are shown.
pub fn used() -> impl Iterator<Item = &'static Row> + Clone {
    ROWS.iter().filter(|row| row.is_used())
}

/// A setting by its name.
pub fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// The setting or table that a mistyped name may stand for: one of the same table, where it has one.
pub(super) fn near(name: &str) -> Option<&'static str> {
    let split = |name: &'static str| name.rsplit_once('.').unwrap_or(("", name));
    let names = used().map(|row| row.name).chain(["add", "picker", "picker.keys"]);
    let (table, last) = name.rsplit_once('.').unwrap_or(("", name));
    let beside: Vec<_> = names.clone().filter(|known| split(known).0 == table).collect();
    if beside.is_empty() {
        return suggest(name, names).first().copied();
    }
    let near = suggest(last, beside.iter().map(|known| split(known).1)).first().copied()?;
    beside.into_iter().find(|known| split(known).1 == near)
}

/// A column of the picker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The profile's name.
    Alias,
    /// `user@host:port`.
    Target,
    /// `#tag #tag`.
    Tags,
    /// When it was last used.
    Used,
    /// What it is reached through.
    Jump,
    /// The note.
    Note,
}

impl Column {
    /// All columns, and the word for each.
    pub const ALL: [(Column, &'static str); 6] = [
        (Column::Alias, "alias"),
        (Column::Target, "target"),
        (Column::Tags, "tags"),
        (Column::Used, "used"),
        (Column::Jump, "jump"),
        (Column::Note, "note"),
    ];

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(column, _)| *column)
    }
}

/// What a key of the picker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Connects, or chooses.
    Connect,
    /// Connects by the other session.
    Other,
    /// Edits the profile.
    Edit,
    /// Makes a new profile from the query.
    New,
    /// Copies the ssh command.
    Copy,
    /// Shows or hides the preview.
    Preview,
    /// Tags what is marked.
    Tag,
    /// Looks for what is wrong with the connection.
    Doctor,
    /// Marks a row.
    Mark,
    /// Leaves.
    Cancel,
}

impl Action {
    /// All actions, the most useful first.
    pub const ALL: [Action; 10] = [
        Action::Connect,
        Action::Other,
        Action::Edit,
        Action::New,
        Action::Copy,
        Action::Preview,
        Action::Tag,
        Action::Doctor,
        Action::Mark,
        Action::Cancel,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Action::Connect => "connect",
            Action::Other => "other",
            Action::Edit => "edit",
            Action::New => "new",
            Action::Copy => "copy",
            Action::Preview => "preview",
            Action::Tag => "tag",
            Action::Doctor => "doctor",
            Action::Mark => "mark",
            Action::Cancel => "cancel",
        }
    }

    /// The setting that holds its keys.
    pub fn setting(self) -> String {
        format!("picker.keys.{}", self.word())
    }
}

impl Row {
    /// Whether this sshp uses it. The others may stand in the file, which several machines may share;
    /// they are checked and have no effect.
    pub fn is_used(&self) -> bool {
        // The numbered list has columns, too, and nothing else of the picker.
        cfg!(feature = "picker") || !self.name.starts_with("picker.") || self.kind == Kind::Columns
    }

    /// The value that holds where the file has none.
    pub fn default(&self) -> Option<Value> {
        let words = self.default.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        if words.is_empty() { None } else { self.parse(&words).ok() }
    }

    /// Takes a value as words of a command line; commas separate as blanks do in a list.
    ///
    /// # Errors
    /// What it should be instead.
    pub fn parse(&self, words: &[String]) -> Result<Value, String> {
        let value = match self.kind {
            Kind::Columns | Kind::Keys => {
                let split = |c: char| c == ',' || c.is_whitespace();
                let words = words.iter().flat_map(|word| word.split(split));
                let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
                let words: Vec<String> = words.collect();
                Value::List(if words == ["none"] { Vec::new() } else { words })
            }
            kind => {
                let [word] = words else { return Err(format!("one value: {}", self.wanted())) };
                match kind {
                    Kind::Flag => Value::Flag(word.parse().map_err(|_| self.wanted())?),
                    Kind::Count(_) => Value::Count(word.parse().map_err(|_| self.wanted())?),
                    _ => Value::Text(word.clone()),
                }
            }
        };
        self.check(&value).map(|()| value)
    }

    /// What the setting may hold, in words.
    pub fn wanted(&self) -> String {
        match self.kind {
            Kind::Choice(words) => one_of(words),
            Kind::User => "a user's name".to_owned(),
            Kind::Path => "a file".to_owned(),
            Kind::Height => "at least 3 lines, or `10%` to `100%`".to_owned(),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::Count(most) => format!("a number from 1 to {most}"),
            Kind::Columns => {
                let words: Vec<_> = Column::ALL.iter().map(|(_, word)| *word).collect();
                format!("a list of {}, `alias` among them", one_of(&words))
            }
            Kind::Keys => "a key such as `alt-e`, or a list of keys".to_owned(),
        }
    }

    /// The words that may stand there, for completion.
    pub fn choices(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Choice(words) => words.to_vec(),
            Kind::Flag => vec!["true", "false"],
            Kind::Columns => Column::ALL.iter().map(|(_, word)| *word).collect(),
            Kind::Height => vec!["100%", "60%", "40%"],
            _ => Vec::new(),
        }
    }

    /// Requires that a value is one that the setting may hold.
    ///
    /// # Errors
    /// What it should be instead.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        let fits = match (self.kind, value) {
            (Kind::Choice(words), Value::Text(word)) => words.contains(&word.as_str()),
            (Kind::User, Value::Text(user)) => {
                return crate::profile::fields::check_user(user).map_err(|e| e.to_string());
            }
            (Kind::Path, Value::Text(path)) => !path.is_empty() && !path.contains(char::is_control),
            (Kind::Height, Value::Text(height)) => is_height(height),
            (Kind::Flag, Value::Flag(_)) => true,
            (Kind::Count(most), Value::Count(count)) => (1..=most).contains(count),
            (Kind::Columns, Value::List(words)) => {
                let known = words.iter().all(|word| Column::from_word(word).is_some());
                let twice = words.iter().enumerate().any(|(at, word)| words[..at].contains(word));
                known && !twice && words.iter().any(|word| word == "alias")
            }
            (Kind::Keys, Value::List(keys)) => {
                if keys.is_empty() && self.name == "picker.keys.connect" {
                    return Err("one key at least".to_owned());
                }
                return keys.iter().try_for_each(|name| key::check(name));
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.wanted()) }
    }
}

fn is_height(text: &str) -> bool {
    let digits = text.strip_suffix('%').unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse::<u16>().unwrap_or(0);
    plain && if text.ends_with('%') { (10..=100).contains(&number) } else { number >= 3 }
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
