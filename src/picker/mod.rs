//! EDGE: choosing a profile: decided where it can be, else asked on the terminal.
//!
//! [`choose`] is what the verbs call. Only `skim.rs` knows the picker's library, only `plain.rs`
//! the numbered list for terminals that cannot move their cursor.

mod plain;
pub mod rows;
mod skim;

use std::sync::Arc;

use crate::ctx::{Ctx, Tty};
use crate::error::{Error, Exit, Result};
use crate::profile::Profile;
use crate::profile::find::{Found, find, suggest};
use crate::profile::rank::Usage;
use crate::store::State;

pub use rows::Row;

/// How many names an error lists.
const LISTED: usize = 8;

/// The key that ended the picker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// Enter, or no picker was needed.
    #[default]
    Enter,
    /// Alt-Enter.
    AltEnter,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// These rows, by their place in what was asked; at least one.
    Chosen { key: Key, rows: Vec<usize> },
    /// Enter, where nothing fits the query.
    NoMatch { query: String },
    /// Escape or Ctrl-C.
    Aborted,
}

/// The text beside the row at a place; asked for on the drawing thread, so from memory only.
pub type Preview = Arc<dyn Fn(usize) -> String + Send + Sync>;

/// What is asked.
pub struct Ask {
    /// The rows, best first while nothing is typed.
    pub rows: Vec<Row>,
    /// What is typed already.
    pub query: String,
    /// Whether several may be chosen.
    pub multi: bool,
    /// What the keys do, the most useful first.
    pub keys: Vec<String>,
    /// What is shown beside the rows.
    pub preview: Preview,
    /// Whether colours are wanted.
    pub color: bool,
}

/// Something that lets a person choose.
pub trait Picker {
    /// Asks until one is chosen, or it is cancelled.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    fn pick(&self, ask: Ask) -> Result<Picked>;
}

/// The picker for this terminal: the full screen, or a numbered list on a dumb one.
///
/// # Errors
/// Exit 3 without a terminal to ask on: what was typed named no single profile.
pub fn open(tty: &Tty) -> Result<Box<dyn Picker>> {
    match tty {
        Tty { stderr: true, controlling: true, term: Some(_), .. } => {
            Ok(Box::new(self::skim::Screen))
        }
        Tty { stderr: true, controlling: true, term: None, .. } => Ok(Box::new(plain::List)),
        _ => Err(Error::not_found("no terminal to choose a profile on")
            .hint("name one profile exactly; `sshp list` prints them")),
    }
}

/// Which rows fit a query, best first; an empty query fits all, in their order.
///
/// It is the picker's own engine: words in any order, `'exact`, `^begin`, `end$`, `!not`, `a | b`.
pub fn matches(query: &str, rows: &[Row]) -> Vec<usize> {
    if query.trim().is_empty() {
        return (0..rows.len()).collect();
    }
    self::skim::matches(query, rows)
}

/// How a verb asks.
#[derive(Clone, Debug, Default)]
pub struct Choose<'a> {
    /// What was typed on the command line.
    pub query: &'a str,
    /// Whether several may be chosen.
    pub multi: bool,
    /// What Enter does, in a word or two; `connect`.
    pub enter: &'a str,
    /// What Alt-Enter does.
    pub alt_enter: &'a str,
}

/// What was chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    /// With which key.
    pub key: Key,
    /// At least one.
    pub profiles: Vec<Profile>,
}

/// The bytes of a profile's block, for the preview; from memory.
pub type BlockOf = Box<dyn Fn(&Profile) -> Option<Vec<u8>> + Send + Sync>;

/// All profiles, and where the preview finds their blocks.
///
/// # Errors
/// As [`State::load`].
pub fn load(ctx: &Ctx) -> Result<(Vec<Profile>, BlockOf)> {
    let state = State::load(ctx)?;
    let profiles = state.profiles();
    let block_of: BlockOf = Box::new(move |profile: &Profile| {
        let (file, block) = state.tree.block_at(&profile.origin)?;
        file.document.text().get(block.span).map(<[u8]>::to_vec)
    });
    Ok((profiles, block_of))
}

/// Chooses a profile: the exact alias, the only one that begins so, the only one that fits; else
/// the picker opens on what fits, most used first.
///
/// # Errors
/// Exit 3 when nothing fits, or without a terminal when several do; exit 130 when cancelled.
pub fn choose(
    ctx: &Ctx,
    mut profiles: Vec<Profile>,
    usage: Usage,
    how: &Choose<'_>,
    block_of: BlockOf,
) -> Result<Choice> {
    if profiles.is_empty() {
        return Err(Error::not_found("there are no profiles yet")
            .hint("`sshp add NAME USER@HOST` adds one"));
    }
    usage.sort(&mut profiles, ctx.now);
    let rows = rows::rows(&profiles);
    let fitting = match find(how.query, &profiles, |query| matches(query, &rows)) {
        Found::One(only) => {
            return Ok(Choice { key: Key::Enter, profiles: vec![profiles.swap_remove(only)] });
        }
        Found::Several(fitting) => fitting,
        Found::Nothing => return Err(nothing_fits(how.query, &profiles)),
    };
    let picker =
        open(&ctx.tty).map_err(|error| name_them(error, how.query, &profiles, &fitting))?;
    let profiles = Arc::new(profiles);
    let (shown, now) = (Arc::clone(&profiles), ctx.now);
    let preview: Preview = Arc::new(move |at| {
        let profile = &shown[at];
        rows::preview(profile, block_of(profile).as_deref(), &usage, now)
    });
    let ask = Ask {
        rows,
        query: how.query.trim().to_owned(),
        multi: how.multi,
        keys: keys(how),
        preview,
        color: ctx.ui.colors_stderr(),
    };
    match picker.pick(ask)? {
        Picked::Chosen { key, rows } => {
            Ok(Choice { key, profiles: rows.into_iter().map(|at| profiles[at].clone()).collect() })
        }
        Picked::NoMatch { query } => Err(nothing_fits(&query, &profiles)),
        Picked::Aborted => Err(Error::new(Exit::Cancelled, "")),
    }
}

fn keys(how: &Choose<'_>) -> Vec<String> {
    let mut keys = vec![format!("Enter {}", how.enter), format!("Alt-Enter {}", how.alt_enter)];
    keys.extend(how.multi.then(|| "Tab mark".to_owned()));
    keys.extend(["Alt-P preview", "Esc cancel"].map(str::to_owned));
    keys
}

/// The error for a query that fits no profile, with what may have been meant.
pub fn nothing_fits(query: &str, profiles: &[Profile]) -> Error {
    let mut error = Error::not_found(format_args!("no profile fits `{query}`"));
    let near = suggest(query, profiles.iter().map(|profile| profile.alias.as_str()));
    if !near.is_empty() {
        error = error.hint(format_args!("did you mean {}?", quoted(&near, " or ")));
    }
    if query.is_empty() || query.contains(char::is_whitespace) {
        return error.hint("`sshp add NAME USER@HOST` adds a profile");
    }
    let error = if query.contains(['@', ':', '.']) {
        error.hint(format_args!("`sshp add NAME {query}` adds a profile"))
    } else {
        error.hint(format_args!("`sshp add {query} USER@HOST` adds a profile"))
    };
    error.hint(format_args!("`sshp connect {query}` connects without one"))
}

/// Without a terminal: says which profiles the query may mean.
fn name_them(error: Error, query: &str, profiles: &[Profile], fitting: &[usize]) -> Error {
    let query = query.trim();
    if query.is_empty() {
        return error;
    }
    let names: Vec<&str> =
        fitting.iter().take(LISTED).map(|&at| profiles[at].alias.as_str()).collect();
    let more = match fitting.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Error {
        hints: error.hints,
        ..Error::not_found(format_args!(
            "`{query}` is no profile's name, and there is no terminal to choose on: it fits {}{more}",
            quoted(&names, ", ")
        ))
    }
}

fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    fn best(query: &str, aliases: &[&str]) -> Vec<String> {
        let profiles: Vec<Profile> = aliases.iter().map(|alias| profile(alias)).collect();
        let rows = rows::rows(&profiles);
        matches(query, &rows).into_iter().map(|at| aliases[at].to_owned()).collect()
    }

    #[test]
    fn the_better_match_comes_first_and_equals_keep_their_order() {
        assert_eq!(
            best("web-33", &["web-3", "web-33", "web-3333"]),
            ["web-33", "web-3333", "web-3"]
        );
        assert_eq!(best("wb", &["w-x-b", "db"])[..1], ["w-x-b"]);
        assert_eq!(best("prod db", &["db-test", "db-prod"]), ["db-prod"]);
        assert_eq!(best("!web db", &["db-web", "db-prod"]), ["db-prod"]);
        assert_eq!(best("", &["b", "a"]), ["b", "a"]);
    }

    #[test]
    fn a_name_that_fits_nothing_gets_help() {
        let error = nothing_fits("wbe", &[profile("web"), profile("db")]);
        assert_eq!(error.exit, Exit::NotFound);
        assert_eq!(
            error.hints,
            [
                "did you mean `web`?",
                "`sshp add wbe USER@HOST` adds a profile",
                "`sshp connect wbe` connects without one"
            ]
        );
    }

    #[test]
    fn what_looks_like_a_destination_is_taken_for_one() {
        let error = nothing_fits("me@10.0.0.9", &[]);
        assert_eq!(error.hints[0], "`sshp add NAME me@10.0.0.9` adds a profile");
        assert_eq!(error.hints[1], "`sshp connect me@10.0.0.9` connects without one");
    }

    #[test]
    fn without_a_terminal_the_candidates_are_named() {
        let tty =
            Tty { stdin: false, stdout: false, stderr: false, controlling: false, term: None };
        let profiles: Vec<Profile> = (0..10).map(|n| profile(&format!("w{n}"))).collect();
        let error = open(&tty).err().expect("nowhere to ask");
        let error = name_them(error, "w", &profiles, &(0..10).collect::<Vec<_>>());
        assert_eq!(error.exit, Exit::NotFound);
        assert!(
            error
                .source
                .to_string()
                .ends_with("`w0`, `w1`, `w2`, `w3`, `w4`, `w5`, `w6`, `w7` and 2 more")
        );
    }
}
