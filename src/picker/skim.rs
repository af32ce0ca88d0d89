//! The full-screen picker, and the only file that names skim, ratatui and crossterm.
//!
//! What skim 5.9 needs around it, each seen to go wrong without:
//! - it runs in a thread with a runtime of its own: `SkimOptions` is not `Send`, and inside
//!   another runtime it panics;
//! - `select_1` and `exit_0` race and choose wrongly: who calls this has decided beforehand;
//! - after Escape there still are selected items: `is_abort` comes first;
//! - Enter does not wait for the matcher, so that `db⏎` typed fast takes a row of another query:
//!   see [`settle`];
//! - `no_sort` would rank by place and not by score; the tie-break on score alone keeps the order
//!   of the rows among equals;
//! - the mouse stays the terminal's, the height is the full screen (asking for the cursor's
//!   place loses typed keys), Ctrl-Q does not turn the query into a command;
//! - SIGTERM and SIGHUP would leave raw mode and the alternate screen on, SIGTSTP would stop with
//!   them: see [`Guard`].
//!
//! `SKIM_DEFAULT_OPTIONS` is read by skim's own program only, never here.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{SigSet, Signal};
use ratatui::crossterm;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use skim::matcher::Matcher;
use skim::prelude::*;

use super::{Ask, Key, Picked, Picker, Preview, Row};
use crate::error::{Error, Result};
use crate::ui::terminal;

/// The picker that takes the whole screen.
pub(super) struct Screen;

impl Picker for Screen {
    fn pick(&self, ask: Ask) -> Result<Picked> {
        let guard = Guard::new()?;
        let picked = std::thread::spawn(move || run(ask)).join();
        guard.release();
        match picked {
            Ok(picked) => picked.map_err(|error| Error::failed(format_args!("picker: {error:#}"))),
            Err(_) => Err(Error::failed("the picker broke down")
                .hint("name the profile exactly; `sshp list` prints them")),
        }
    }
}

/// What Alt-Enter is called in skim's answer.
const ALT_ENTER: &str = "alt-enter";

/// Keys beside skim's own.
const KEYS: [&str; 3] = ["alt-enter:accept(alt-enter)", "alt-p:toggle-preview", "ctrl-q:ignore"];

/// The preview's part of the width, in percent.
const PREVIEW: usize = 40;
/// A terminal with fewer columns shows the targets in place of a preview; Alt-P opens it.
const NARROW: usize = 70;

/// Where the preview is, and the header that has room beside it, on a screen of so many columns.
fn layout(keys: &[String], columns: usize) -> (String, String) {
    let hidden = columns < NARROW;
    let preview = format!("right:{PREVIEW}%{}", if hidden { ":hidden" } else { "" });
    let beside = if hidden { 0 } else { (columns * PREVIEW).div_ceil(100) };
    // skim sets the header in by two columns.
    let mut room = columns.saturating_sub(beside + 2);
    let mut header = String::new();
    for key in keys {
        let between = if header.is_empty() { "" } else { "  " };
        if let Some(left) = room.checked_sub(between.len() + key.len()) {
            header = header + between + key;
            room = left;
        }
    }
    (preview, header)
}

fn options(query: &str, multi: bool, keys: &[String], color: bool) -> anyhow::Result<SkimOptions> {
    let columns = match terminal::size(std::io::stderr()).columns {
        0 => 80,
        columns => usize::try_from(columns)?,
    };
    let (preview, header) = layout(keys, columns);
    let mut options = SkimOptionsBuilder::default();
    options
        .height("100%")
        .reverse(true)
        .no_mouse(true)
        .tiebreak(vec![RankCriteria::Score])
        .prompt("ssh> ")
        .query(query)
        .multi(multi)
        .header(header)
        .preview("")
        .preview_window(preview.as_str())
        .bind(KEYS.map(str::to_owned).to_vec());
    if !color {
        options.color("bw");
    }
    Ok(options.build()?)
}

/// Which rows fit, best first, by the engine of the screen and without a terminal.
pub(super) fn matches(query: &str, rows: &[Row]) -> Vec<usize> {
    let Some(engine) = engine(query) else { return Vec::new() };
    let mut fitting: Vec<(i32, usize)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| Some((-engine.match_item(row)?.rank.score, at)))
        .collect();
    fitting.sort_unstable();
    fitting.into_iter().map(|(_, at)| at).collect()
}

fn run(ask: Ask) -> anyhow::Result<Picked> {
    let Ask { rows, query, multi, keys, preview, color } = ask;
    let options = options(&query, multi, &keys, color)?;
    let list = Arc::new(List { rows, preview, color, drawn: Mutex::default() });
    let items = (0..list.rows.len()).map(|at| Item { list: Arc::clone(&list), at });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let output = runtime.block_on(async {
        let mut skim = Skim::new_items(options, items).map_err(report)?;
        skim.enter().await.map_err(report)?;
        skim.run().await.map_err(report)?;
        anyhow::Ok(skim.output())
    })?;
    if output.is_abort {
        return Ok(Picked::Aborted);
    }
    let mut chosen: Vec<usize> = output
        .selected_items
        .iter()
        .filter_map(|matched| (*matched.item).as_any().downcast_ref::<Item>().map(|item| item.at))
        .collect();
    if !multi {
        let drawn = list.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        chosen = settle(&output.query, chosen, &drawn, &list.rows);
    }
    if chosen.is_empty() {
        return Ok(Picked::NoMatch { query: output.query });
    }
    let key = match output.final_event {
        Event::Action(Action::Accept(Some(key))) if key == ALT_ENTER => Key::AltEnter,
        _ => Key::Enter,
    };
    Ok(Picked::Chosen { key, rows: chosen })
}

fn report(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// Makes sure that what Enter took is what was typed.
///
/// skim takes the row under the cursor at once, even where the list on the screen still is the
/// one of an earlier query. The row counts where it was last drawn with the matches of the whole
/// query, which is what the eye saw; else the best row does, which is what the typing meant.
fn settle(query: &str, chosen: Vec<usize>, drawn: &Drawn, rows: &[Row]) -> Vec<usize> {
    if query.trim().is_empty() {
        return chosen;
    }
    let seen = match chosen[..] {
        [row] => {
            drawn.get(&row).is_some_and(|drawn| Some(drawn) == hits(query, &rows[row]).as_ref())
        }
        _ => false,
    };
    if seen { chosen } else { matches(query, rows).into_iter().take(1).collect() }
}

/// Which characters of which rows were marked when they were last drawn.
type Drawn = HashMap<usize, Vec<usize>>;

/// The characters of a row that a query marks; `None` where it does not fit.
fn hits(query: &str, row: &Row) -> Option<Vec<usize>> {
    let matched = engine(query)?.match_item(row)?;
    Some(matched.range_char_indices(&row.text))
}

fn engine(query: &str) -> Option<Box<dyn MatchEngine>> {
    let options = options("", false, &[], false).ok()?;
    Some(Matcher::create_engine_factory(&options).create_engine_with_case(query, options.case))
}

/// A row without its list: what `matches` asks about.
impl SkimItem for Row {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }
}

/// All the rows, and what of them has been seen.
struct List {
    rows: Vec<Row>,
    preview: Preview,
    color: bool,
    drawn: Mutex<Drawn>,
}

/// A row on the screen.
struct Item {
    list: Arc<List>,
    at: usize,
}

impl SkimItem for Item {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.list.rows[self.at].text)
    }

    /// The row with its columns told apart and its matches marked.
    fn display(&self, context: DisplayContext) -> Line<'_> {
        let row = &self.list.rows[self.at];
        let hit = |at: usize, byte: usize| match &context.matches {
            Matches::None => false,
            Matches::CharIndices(indices) => indices.contains(&at),
            Matches::CharRange(start, end) => (*start..*end).contains(&at),
            Matches::ByteRange(start, end) => (*start..*end).contains(&byte),
        };
        let mut marked = Vec::new();
        let mut line = Line::default();
        let mut run: Option<(Style, usize)> = None;
        for (at, (byte, _)) in row.text.char_indices().enumerate() {
            let mut style = context.base_style.patch(self.column(row, at));
            if hit(at, byte) {
                style = style.patch(context.matched_style);
                marked.push(at);
            }
            match run {
                Some((same, _)) if same == style => {}
                Some((other, start)) => {
                    line.push_span(Span::styled(&row.text[start..byte], other));
                    run = Some((style, byte));
                }
                None => run = Some((style, byte)),
            }
        }
        if let Some((style, start)) = run {
            line.push_span(Span::styled(&row.text[start..], style));
        }
        let mut drawn = self.list.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.insert(self.at, marked);
        line
    }

    fn preview(&self, _context: PreviewContext<'_>) -> ItemPreview {
        ItemPreview::Text((self.list.preview)(self.at))
    }
}

impl Item {
    fn column(&self, row: &Row, at: usize) -> Style {
        match at {
            at if at < row.alias_end => Style::new().add_modifier(Modifier::BOLD),
            at if at < row.target_end || !self.list.color => Style::new(),
            _ => Style::new().fg(Color::Magenta),
        }
    }
}

/// What takes the terminal back when a signal ends the process while the picker has it.
///
/// The signals are blocked and waited for by a thread instead of handled: afterwards everything
/// is as before, where a handler could not be taken away again.
struct Guard {
    signals: SigSet,
    done: Arc<AtomicBool>,
    waiter: std::thread::JoinHandle<()>,
}

/// Wakes the waiting thread at the end; ends the process at any other time, as it would by itself.
const WAKE: Signal = Signal::SIGUSR2;

impl Guard {
    fn new() -> Result<Self> {
        let signals: SigSet = [
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGTSTP,
            WAKE,
        ]
        .into_iter()
        .collect();
        signals.thread_block()?;
        let done = Arc::new(AtomicBool::new(false));
        let waiter = std::thread::spawn({
            let done = Arc::clone(&done);
            move || {
                // The picker does not stop, as Ctrl-Z does not stop it.
                let deadly = |signal: &Signal| *signal != Signal::SIGTSTP;
                let wait = || signals.wait().ok();
                let Some(signal) = std::iter::from_fn(wait).find(deadly) else { return };
                if signal == WAKE && done.load(Ordering::Acquire) {
                    return;
                }
                restore_terminal();
                terminal::end();
                // Unblocked, the signal does to the process what it always does.
                let _ = signals.thread_unblock();
                let _ = nix::sys::signal::raise(signal);
            }
        });
        Ok(Guard { signals, done, waiter })
    }

    fn release(self) {
        self.done.store(true, Ordering::Release);
        let _ = nix::sys::signal::kill(nix::unistd::getpid(), WAKE);
        let _ = self.waiter.join();
        let _ = self.signals.thread_unblock();
    }
}

/// Undoes all that skim does to a terminal. Where it cannot, nothing else can.
fn restore_terminal() {
    let _ = crossterm::execute!(
        std::io::stderr(),
        crossterm::event::PopKeyboardEnhancementFlags,
        crossterm::event::DisableBracketedPaste,
        crossterm::terminal::LeaveAlternateScreen,
        crossterm::cursor::Show
    );
    let _ = crossterm::terminal::disable_raw_mode();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_one_that_skim_knows() {
        for bind in KEYS {
            let (key, actions) = bind.split_once(':').expect("a key and an action");
            skim::binds::parse_key(key).expect(key);
            skim::binds::parse_action_chain(actions).expect(actions);
        }
    }

    #[test]
    fn a_narrow_screen_has_fewer_hints_and_no_preview() {
        let keys = ["Enter connect", "Alt-Enter other session", "Alt-P preview", "Esc cancel"]
            .map(str::to_owned);
        for (columns, preview, header) in [
            (120, "right:40%", "Enter connect  Alt-Enter other session  Alt-P preview  Esc cancel"),
            (100, "right:40%", "Enter connect  Alt-Enter other session  Alt-P preview"),
            (80, "right:40%", "Enter connect  Alt-Enter other session"),
            (60, "right:40%:hidden", "Enter connect  Alt-Enter other session  Alt-P preview"),
            (30, "right:40%:hidden", "Enter connect  Alt-P preview"),
            (10, "right:40%:hidden", ""),
        ] {
            let wanted = (preview.to_owned(), header.to_owned());
            assert_eq!(layout(&keys, columns), wanted, "{columns}");
        }
    }

    #[test]
    fn a_row_of_an_older_query_is_never_taken() {
        let row = |text: &str| Row { text: text.to_owned(), alias_end: 0, target_end: 0 };
        let rows = [row("web"), row("db"), row("db-2")];
        let drawn = |row, marked: &[usize]| Drawn::from([(row, marked.to_vec())]);
        let settled = |query, chosen, drawn: &Drawn| settle(query, vec![chosen], drawn, &rows);
        assert_eq!(settled("db", 0, &drawn(0, &[])), [1], "it does not fit");
        assert_eq!(settled("db", 2, &drawn(2, &[0])), [1], "it was drawn for `d`");
        assert_eq!(settled("db", 2, &drawn(2, &[0, 1])), [2], "the cursor was moved there");
        assert_eq!(settled("", 2, &Drawn::new()), [2], "nothing was typed");
        assert_eq!(settled("x", 0, &Drawn::new()), [0usize; 0], "nothing fits");
    }
}
