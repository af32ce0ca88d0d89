//! EDGE: choosing a profile: decided where it can be, else asked on the terminal.
//!
//! [`choose`] is what the verbs call. Only `skim` knows the picker's library, only `plain.rs`
//! the numbered list: for terminals that cannot move their cursor, and for all terminals where sshp is
//! built without the feature `picker`.

mod details;
pub mod hints;
mod plain;
mod row_stream;
pub mod rows;
#[cfg(feature = "picker")]
mod skim;

use std::sync::Arc;

use crate::ctx::{Ctx, Tty};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::Profile;
use crate::profile::fields::Target;
use crate::profile::find::{Found, did_you_mean, find, suggest};
use crate::profile::query::Query;
use crate::profile::rank::Usage;
use crate::repository::State;
use crate::settings::{Action, Settings};

use details::DetailsReader;
use hints::Hint;
use row_stream::RowSender;
pub use row_stream::Rows;
pub use rows::Row;

/// How many names an error lists.
const LISTED: usize = 8;

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picked {
    /// These rows, by their place in what was asked; at least one.
    Chosen {
        /// What is to be done.
        action: Action,
        /// To which.
        rows: Vec<usize>,
        /// What was typed by then.
        query: String,
    },
    /// A key, where nothing fits the query.
    NoMatch {
        /// What was to be done.
        action: Action,
        /// What was typed.
        query: String,
    },
    /// Escape or Ctrl-C.
    Aborted,
    /// There are no rows.
    Empty,
}

/// The text beside a row; asked for on the drawing thread, so from memory only.
pub type Preview = Arc<dyn Fn(&Row) -> String + Send + Sync>;

/// What is asked.
pub struct Ask {
    /// The rows, best first while nothing is typed; they may still be coming.
    pub rows: Arc<Rows>,
    /// What is typed already.
    pub query: String,
    /// Whether several may be marked.
    pub multi: bool,
    /// What can be asked for, beside moving, marking and leaving.
    pub offers: Vec<Action>,
    /// Which of these are for all that is marked.
    pub several: Vec<Action>,
    /// What the keys do, the most useful first.
    pub hints: Vec<Hint>,
    /// What is shown beside the rows.
    pub preview: Preview,
    /// Whether colours are wanted.
    pub color: bool,
    /// Columns, keys and looks.
    pub settings: Arc<Settings>,
}

impl Ask {
    #[cfg(feature = "picker")]
    fn offers(&self, action: Action) -> bool {
        self.offers.contains(&action)
    }

    fn takes_several(&self, action: Action) -> bool {
        self.multi && self.several.contains(&action)
    }

    /// A plain question about some rows.
    #[cfg(test)]
    fn test(rows: Vec<Arc<Row>>) -> Self {
        Ask {
            rows: Rows::all_of(rows),
            query: String::new(),
            multi: false,
            offers: vec![Action::Connect, Action::Other],
            several: vec![Action::Connect],
            hints: Vec::new(),
            preview: Arc::new(|_| String::new()),
            color: false,
            settings: Arc::default(),
        }
    }
}

/// Something that lets a person choose.
pub trait Picker {
    /// Asks until one is chosen, or it is cancelled.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    fn pick(&self, ask: Ask) -> Result<Picked>;
}

/// The picker for this terminal: the full screen, or a numbered list on a dumb one and without the
/// feature `picker`.
///
/// # Errors
/// [`ErrorKind::NotFound`] without a terminal to ask on: what was typed named no single profile.
pub fn open(tty: &Tty) -> Result<Box<dyn Picker>> {
    match tty {
        #[cfg(feature = "picker")]
        Tty { stderr: true, controlling: true, term: Some(_), .. } => {
            Ok(Box::new(self::skim::Screen))
        }
        Tty { stderr: true, controlling: true, .. } => Ok(Box::new(plain::List)),
        _ => Err(Error::not_found("no terminal to choose a profile on")
            .hint("name one profile exactly; `sshp list` prints them")),
    }
}

/// Which rows a query matches, best first; an empty query matches all, in their order.
fn matches(query: &str, rows: &[Arc<Row>]) -> Vec<usize> {
    Query::parse(query).best_first(rows.iter().map(|row| (&row.profile, &*row.text)))
}

/// How a verb asks.
#[derive(Clone, Debug, Default)]
pub struct Choose<'a> {
    /// What was typed on the command line.
    pub query: &'a str,
    /// Whether the picker opens even where the query means one profile.
    pub open: bool,
    /// Whether several may be marked.
    pub multi: bool,
    /// What can be done with a profile, and the words for it, the most useful first.
    pub actions: &'a [(Action, &'a str)],
    /// Which of these are for all that is marked.
    pub several: &'a [Action],
}

/// What was chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What is to be done.
    pub action: Action,
    /// With these; none only where a new profile is to be made.
    pub profiles: Vec<Profile>,
    /// What was typed by then.
    pub query: String,
    /// Whether the query was the beginning of the name, and no picker showed which.
    pub is_prefix: bool,
}

/// Chooses a profile: the exact alias, or at a terminal the only one that begins so; else the
/// picker opens on what matches, favourites and the most used first.
///
/// # Errors
/// [`ErrorKind::NotFound`] when nothing matches, or without a terminal when it is no alias;
/// [`ErrorKind::Cancelled`] when
/// cancelled.
pub fn choose(ctx: &Ctx, state: State, usage: &Usage, how: &Choose<'_>) -> Result<Choice> {
    let query = how.query.trim();
    let state = Arc::new(state);
    let rows = if how.open || query.is_empty() {
        // Said before anything is resolved.
        open(&ctx.tty).map_err(|error| if has_any(&state) { error } else { none() })?;
        stream_rows(&state, usage, ctx.now)
    } else {
        let (mut rows, alikes) = (Vec::new(), state.look_alikes());
        state.profiles_by_use(usage, ctx.now, |profile| {
            rows.push(Arc::new(Row::new(profile, &alikes, usage, ctx.now)));
            true
        });
        let profiles: Vec<&Profile> = rows.iter().map(|row| &row.profile).collect();
        if profiles.is_empty() {
            return Err(none());
        }
        let found = find(query, &profiles, |query| matches(query, &rows));
        let is_prefix = matches!(found, Found::Prefix(_));
        match found {
            Found::Exact(only) | Found::Prefix(only) => {
                if is_prefix {
                    open(&ctx.tty).map_err(|error| name_them(error, query, &profiles, &[only]))?;
                }
                let (action, profiles) = (Action::Connect, vec![profiles[only].clone()]);
                return Ok(Choice { action, profiles, query: query.to_owned(), is_prefix });
            }
            Found::Several(fitting) => {
                open(&ctx.tty).map_err(|error| name_them(error, query, &profiles, &fitting))?;
            }
            Found::Nothing => return Err(nothing_fits(query, &profiles)),
        }
        Rows::all_of(rows)
    };
    let teller = DetailsReader::new(ctx, state);
    let hints = how.actions.iter().filter_map(|(action, what)| {
        let key = ctx.settings.picker_keys(*action).into_iter().next()?;
        Some(Hint { key, what: (*what).to_owned() })
    });
    let ask = Ask {
        rows: Arc::clone(&rows),
        query: query.to_owned(),
        multi: how.multi,
        offers: how.actions.iter().map(|(action, _)| *action).collect(),
        several: how.several.to_vec(),
        hints: hints.collect(),
        preview: Arc::new(move |row| rows::preview(row, &teller.tell(row))),
        color: ctx.ui.colors_stderr(),
        settings: Arc::clone(&ctx.settings),
    };
    match open(&ctx.tty)?.pick(ask)? {
        Picked::Chosen { action, rows: places, query } => {
            let rows = rows.all();
            let profiles = places.into_iter().map(|at| rows[at].profile.clone()).collect();
            Ok(Choice { action, profiles, query, is_prefix: false })
        }
        Picked::NoMatch { action: Action::New, query } => {
            Ok(Choice { action: Action::New, profiles: Vec::new(), query, is_prefix: false })
        }
        Picked::NoMatch { query, .. } => {
            let rows = rows.all();
            Err(nothing_fits(&query, &rows.iter().map(|row| &row.profile).collect::<Vec<_>>()))
        }
        Picked::Aborted => Err(Error::new(ErrorKind::Cancelled, "")),
        Picked::Empty => Err(none()),
    }
}

fn none() -> Error {
    Error::not_found("there are no profiles yet").hint("`sshp add NAME USER@HOST` adds one")
}

fn has_any(state: &State) -> bool {
    !state.aliases().is_empty()
}

/// Resolves the profiles in another thread: the first of them can be on the screen before the
/// last is read.
fn stream_rows(state: &Arc<State>, usage: &Usage, now: u64) -> Arc<Rows> {
    // As many as the largest screen has lines, then in pieces that are worth a message.
    const FIRST: usize = 200;
    const BATCH: usize = 4_000;
    let (sender, rows) = RowSender::new();
    let (state, usage) = (Arc::clone(state), usage.clone());
    let work = move || {
        let alikes = state.look_alikes();
        let mut batch = Vec::with_capacity(FIRST);
        let mut most = FIRST;
        state.profiles_by_use(&usage, now, |profile| {
            batch.push(Arc::new(Row::new(profile, &alikes, &usage, now)));
            if batch.len() == most {
                most = BATCH;
                sender.send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)));
            }
            true
        });
        sender.send(batch);
    };
    std::thread::spawn(work);
    rows
}

/// The error for a query that fits no profile, with what may have been meant.
fn nothing_fits(query: &str, profiles: &[&Profile]) -> Error {
    let mut error = Error::not_found(format_args!("no profile matches `{query}`"));
    let near = suggest(query, profiles.iter().map(|profile| profile.alias.as_str()));
    if let Some(near) = did_you_mean(&near) {
        error = error.hint(near);
    }
    if query.is_empty() || query.contains(char::is_whitespace) {
        return error.hint("`sshp add NAME USER@HOST` adds a profile");
    }
    // What is proposed has to work.
    if query.parse::<Target>().is_err() {
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
fn name_them(error: Error, query: &str, profiles: &[&Profile], fitting: &[usize]) -> Error {
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
            "no profile is named exactly `{query}`; it matches {}{more}, and there is no terminal to choose on",
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

    #[test]
    fn a_name_that_fits_nothing_gets_help() {
        let error = nothing_fits("wbe", &[&profile("web"), &profile("db")]);
        assert_eq!(error.kind, ErrorKind::NotFound);
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
        let error = name_them(
            error,
            "w",
            &profiles.iter().collect::<Vec<_>>(),
            &(0..10).collect::<Vec<_>>(),
        );
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(
            error
                .source
                .to_string()
                .contains("matches `w0`, `w1`, `w2`, `w3`, `w4`, `w5`, `w6`, `w7` and 2 more, and")
        );
    }
}
