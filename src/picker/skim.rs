//! The full-screen picker, and the only file that names skim, ratatui and crossterm.
//!
//! What skim 5.9 needs around it, each seen to go wrong without:
//! - it runs in a thread with a runtime of its own: `SkimOptions` is not `Send`, and inside
//!   another runtime it panics;
//! - `select_1` and `exit_0` race and choose wrongly: who calls this has decided beforehand;
//! - after Escape there still are selected items: `is_abort` comes first;
//! - keys that it cannot read it drops without a word: ours are checked when they are read;
//! - its count is `0/0` until the matcher has run once, and stands beside another `0/0`, of the row and
//!   the scrolling, that cannot be left out: the count is our own, in the prompt;
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
use std::fmt;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use ratatui::crossterm;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use skim::item::{MatchedItem, RankBuilder};
use skim::matcher::Matcher;
use skim::prelude::*;
use skim::tui::layout::LayoutTemplate;

use super::hints::render_hints;
use super::rows::{self, Row};
use super::{Ask, Picked, Picker};
use crate::error::{Error, Result};
use crate::profile::query::{Field, Filter};
use crate::settings;
use crate::settings::{Column, Settings};
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

/// The preview's part of the width or the height, in percent.
const PREVIEW: usize = 40;
/// From so many columns on the preview stands beside the rows, with fewer below them.
const WIDE: usize = 110;
/// With fewer lines the rows need them all; the preview opens when it is asked for.
const HIGH: usize = 16;
/// How often the screen is brought up to date while something changes by itself.
const FRAME: Duration = Duration::from_millis(33);
/// The same until the first row is there.
const FIRST: Duration = Duration::from_millis(2);

/// The size of the screen, columns and lines.
type Size = (usize, usize);

fn size() -> Size {
    let size = terminal::size(std::io::stderr());
    let or = |found: u32, default| match usize::try_from(found) {
        Ok(found @ 1..) => found,
        _ => default,
    };
    (or(size.columns, 80), or(size.rows, 24))
}

/// Where the preview is on a screen of some size, and what its keys do, in the room beside it.
fn layout(ask: &Ask, (columns, lines): Size) -> (String, String) {
    let beside = columns >= WIDE;
    let place = if beside { "right" } else { "down" };
    let hidden = !ask.settings.picker_preview() || !beside && lines < HIGH;
    let preview = format!("{place}:{PREVIEW}%{}", if hidden { ":hidden" } else { "" });
    let taken = if beside && !hidden { (columns * PREVIEW).div_ceil(100) } else { 0 };
    // skim sets the header in by two columns.
    let room = columns.saturating_sub(taken + 2);
    (preview, render_hints(&ask.hints, room, ("\x1b[1m", "\x1b[22m")))
}

/// The prompt: how many of how many rows fit.
fn prompt((fitting, rows): (usize, usize)) -> String {
    let width = rows.to_string().len();
    format!("{fitting:>width$}/{rows} ssh> ")
}

/// What skim shall do at which key.
fn binds(ask: &Ask) -> Vec<String> {
    use settings::Action::{Cancel, Mark, Preview};
    let mut binds = vec!["ctrl-q:ignore".to_owned()];
    let mut used = Vec::new();
    for action in settings::Action::ALL {
        let does = match action {
            Preview => "toggle-preview".to_owned(),
            Cancel => "abort".to_owned(),
            Mark if ask.multi => "toggle+down".to_owned(),
            Mark => "down".to_owned(),
            action if ask.offers(action) => format!("accept({})", action.word()),
            _ => continue,
        };
        for key in ask.settings.picker_keys(action) {
            binds.push(format!("{key}:{does}"));
            used.push(key);
        }
    }
    // Where these were given away, skim's own meaning must go, too.
    for key in ["enter", "esc", "tab"] {
        if !used.iter().any(|other| other == key) {
            binds.push(format!("{key}:ignore"));
        }
    }
    binds
}

/// The looks of the screen. `terminal` says everything by the terminal's own sixteen colours and by
/// reverse video, which can be read on any background.
fn colors(settings: &Settings, color: bool) -> String {
    const TERMINAL: &str = "none,matched:2+b,current:-1+r,current_match:-1+r+b+u,prompt:4+b,\
                            info:-1+d,header:-1,cursor:1+b,selected:5+b,border:-1+d,spinner:2";
    match settings.picker_colors().as_str() {
        _ if !color => "bw".to_owned(),
        "terminal" => TERMINAL.to_owned(),
        // Its own is a grey on grey.
        "light" => "light,current_match:25:251".to_owned(),
        theme => theme.to_owned(),
    }
}

/// The look of tags, magenta, which can be read on the rows of each theme.
fn tags(settings: &Settings, color: bool) -> Style {
    let magenta = match settings.picker_colors().as_str() {
        _ if !color => return Style::new(),
        "dark" => Color::Indexed(176),
        "light" => Color::Indexed(90),
        _ => Color::Magenta,
    };
    Style::new().fg(magenta)
}

fn options(ask: &Ask) -> anyhow::Result<SkimOptions> {
    let (preview, header) = layout(ask, size());
    let mut options = SkimOptionsBuilder::default();
    options
        .height(ask.settings.picker_height())
        .reverse(true)
        .no_mouse(true)
        .no_hscroll(true)
        .tiebreak(vec![RankCriteria::Score])
        .prompt("ssh> ")
        .query(ask.query.as_str())
        .multi(ask.multi)
        .header(header)
        .preview("")
        .preview_window(preview.as_str())
        .color(colors(&ask.settings, ask.color))
        .bind(binds(ask));
    let mut options = options.build()?;
    options.info = "hidden".into();
    options.separator = None;
    Ok(options)
}

/// Which rows fit, best first, by the engine of the screen and without a terminal.
pub(super) fn matches(query: &str, rows: &[Arc<Row>]) -> Vec<usize> {
    let engine = engine(query);
    let mut fitting: Vec<(i32, usize)> = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| Some((-engine.match_item(&**row)?.rank.score, at)))
        .collect();
    fitting.sort_unstable();
    fitting.into_iter().map(|(_, at)| at).collect()
}

fn run(ask: Ask) -> anyhow::Result<Picked> {
    let options = options(&ask)?;
    let wished = Mutex::new(rows::widths(&ask.settings.picker_columns(), &[]));
    let tags = tags(&ask.settings, ask.color);
    let list = Arc::new(List { ask, tags, wished, drawn: Mutex::default() });
    let (sender, receiver) = unbounded();
    let mut skim: Skim = Skim::init(options, Some(receiver)).map_err(report)?;
    skim.app_mut().matcher = matcher();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // The screen is not taken before there is something to show on it.
    if list.ask.rows.after(0).is_empty() {
        return Ok(Picked::Empty);
    }
    std::thread::spawn({
        let list = Arc::clone(&list);
        move || feed(&list, &sender)
    });
    let output = runtime.block_on(async {
        skim.start();
        skim.init_tui().map_err(report)?;
        skim.enter().await.map_err(report)?;
        drive(&mut skim, &list.ask).await.map_err(report)?;
        anyhow::Ok(skim.output())
    })?;
    if output.is_abort {
        return Ok(Picked::Aborted);
    }
    let place = |found: &MatchedItem| found.downcast_item::<Item>().map(|item| item.at);
    let current = output.current.as_ref().and_then(place);
    let mut marked: Vec<usize> = output.selected_items.iter().filter_map(place).collect();
    marked.sort_unstable();
    let action = match &output.final_event {
        Event::Action(Action::Accept(Some(word))) => settings::Action::from_word(word),
        _ => None,
    };
    let action = action.unwrap_or(settings::Action::Connect);
    let query = output.query;
    let rows = if !list.ask.takes_several(action) || marked.iter().copied().eq(current) {
        let drawn = list.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        settle(&query, current, &drawn, &list.ask.rows.all())
    } else {
        marked
    };
    if rows.is_empty() {
        return Ok(Picked::NoMatch { action, query });
    }
    Ok(Picked::Chosen { action, rows, query })
}

fn report(error: impl fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}

/// Gives skim the rows as they come, until all have come or it listens no more.
fn feed(list: &Arc<List>, sender: &SkimItemSender) {
    let mut place = 0;
    loop {
        let batch = list.ask.rows.after(place);
        if batch.is_empty() {
            return;
        }
        let columns = list.ask.settings.picker_columns();
        let wished = rows::widths(&columns, &batch);
        let mut known = list.wished.lock().unwrap_or_else(PoisonError::into_inner);
        for (known, wished) in known.iter_mut().zip(wished) {
            known.1 = known.1.max(wished.1);
        }
        drop(known);
        let item = |(at, row)| -> Arc<dyn SkimItem> {
            Arc::new(Item { row, list: Arc::clone(list), at: place + at })
        };
        let count = batch.len();
        if sender.send(batch.into_iter().enumerate().map(item).collect()).is_err() {
            return;
        }
        place += count;
    }
}

/// Runs the screen to its end: skim's own loop, and what it does not do by itself.
async fn drive(skim: &mut Skim, ask: &Ask) -> std::result::Result<(), impl fmt::Display + use<>> {
    let mut timer = tokio::time::interval(FIRST);
    let mut known = size();
    let mut counted = (0, 0);
    loop {
        let app = skim.app();
        let busy = !app.matcher_control.stopped()
            || app.item_pool.num_not_taken() > 0
            || app.pending_matcher_restart
            || app.needs_render.load(Ordering::Relaxed)
            || counted.1 == 0
            || !skim.reader_done();
        let done = tokio::select! {
            done = skim.tick() => Some(done),
            _ = timer.tick(), if busy => None,
        };
        match done {
            Some(Ok(true)) => return Ok(()),
            Some(Ok(false)) => {}
            Some(Err(error)) => return Err(error),
            None => freshen(skim),
        }
        let count = (skim.app().item_list.count(), skim.app().item_pool.len());
        if counted != count && (count.0 > 0 || skim.matcher_stopped()) {
            if counted.1 == 0 {
                timer = tokio::time::interval(FRAME);
            }
            counted = count;
            skim.app_mut().input.prompt = prompt(count);
            redraw(skim);
        }
        let now = size();
        if now != known {
            fit_in(skim, ask, known, now);
            known = now;
        }
    }
}

/// Lets the matcher take what has come, and shows what it found.
fn freshen(skim: &mut Skim) {
    let app = skim.app_mut();
    let restart = app.pending_matcher_restart;
    app.restart_matcher(restart);
    if app.needs_render.swap(false, Ordering::Relaxed) {
        app.last_render_timer = Instant::now();
        redraw(skim);
    }
}

fn redraw(skim: &Skim) {
    // A full queue of events draws anyway.
    let _ = skim.event_sender().try_send(Event::Render);
}

/// Gives the screen the preview and the hints that its new size has room for; a preview that was
/// opened or closed by hand stays so.
fn fit_in(skim: &mut Skim, ask: &Ask, before: Size, now: Size) {
    let hides = |size| layout(ask, size).0.ends_with(":hidden");
    let (preview, header) = layout(ask, now);
    let app = skim.app_mut();
    let hidden = app.options.preview_window.hidden;
    app.options.preview_window = preview.as_str().into();
    if hides(before) != hidden {
        app.options.preview_window.hidden = hidden;
    }
    app.header.header = header;
    app.layout_template = LayoutTemplate::from_options(&app.options, app.header.height());
    redraw(skim);
}

/// Makes sure that what Enter took is what was typed.
///
/// skim takes the row under the cursor at once, even where the list on the screen still is the
/// one of an earlier query. The row counts where it was last drawn with the matches of the whole
/// query, which is what the eye saw; else the best row does, which is what the typing meant.
fn settle(query: &str, chosen: Option<usize>, drawn: &Drawn, rows: &[Arc<Row>]) -> Vec<usize> {
    if query.trim().is_empty() {
        return chosen.into_iter().collect();
    }
    let seen = chosen.filter(|row| {
        drawn.get(row).is_some_and(|drawn| Some(drawn) == hits(query, &rows[*row]).as_ref())
    });
    match seen {
        Some(row) => vec![row],
        None => matches(query, rows).into_iter().take(1).collect(),
    }
}

/// Which characters of which rows were marked when they were last drawn.
type Drawn = HashMap<usize, Vec<usize>>;

/// The characters of a row that a query marks; `None` where it does not fit.
fn hits(query: &str, row: &Row) -> Option<Vec<usize>> {
    let matched = engine(query).match_item(row)?;
    Some(matched.range_char_indices(&row.text))
}

fn engine(query: &str) -> Box<dyn MatchEngine> {
    let matcher = matcher();
    matcher.engine_factory().create_engine_with_case(query, matcher.case_matching())
}

/// skim's words, `|` and `!`, and our filters among them.
fn matcher() -> Matcher {
    let rank = Arc::new(RankBuilder::new(vec![RankCriteria::Score]));
    let words = ExactOrFuzzyEngineFactory::builder().rank_builder(Arc::clone(&rank)).build();
    let terms = Terms { words, rank: Arc::clone(&rank) };
    let factory: Rc<dyn MatchEngineFactory> = Rc::new(AndOrEngineFactory::new(terms));
    Matcher::builder(factory).case(CaseMatching::default()).rank_builder(rank).build()
}

/// Makes the engine of each term of a query.
struct Terms {
    words: ExactOrFuzzyEngineFactory,
    rank: Arc<RankBuilder>,
}

impl MatchEngineFactory for Terms {
    fn create_engine_with_case(&self, term: &str, case: CaseMatching) -> Box<dyn MatchEngine> {
        match Filter::parse(term) {
            Some(filter) => Box::new(Sieve { filter, rank: Arc::clone(&self.rank) }),
            None => self.words.create_engine_with_case(term, case),
        }
    }
}

/// The engine of a filter.
struct Sieve {
    filter: Filter,
    rank: Arc<RankBuilder>,
}

impl MatchEngine for Sieve {
    fn match_item(&self, item: &dyn SkimItem) -> Option<MatchResult> {
        let any = item.as_any();
        let row = any.downcast_ref::<Item>().map(|item| &*item.row);
        let row = row.or_else(|| any.downcast_ref::<Row>())?;
        if !self.filter.fits(&row.profile) {
            return None;
        }
        let column = match self.filter.field {
            Field::Tag => Column::Tags,
            Field::User | Field::Host => Column::Target,
            Field::Via => Column::Jump,
            Field::Key => Column::Used,
        };
        let told = !self.filter.not && !self.filter.value.is_empty();
        let place = if told { row.part(column) } else { 0..0 };
        Some(MatchResult {
            rank: self.rank.build_rank(0, place.start, place.end, &row.text),
            matched_range: MatchRange::ByteRange(place.start, place.end),
        })
    }
}

impl fmt::Display for Sieve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:?})", self.filter)
    }
}

/// A row without its list: what `matches` asks about.
impl SkimItem for Row {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.text)
    }
}

/// All the rows, and what of them has been seen.
struct List {
    ask: Ask,
    /// The look of tags.
    tags: Style,
    /// How wide the columns would like to be.
    wished: Mutex<Vec<(Column, usize)>>,
    drawn: Mutex<Drawn>,
}

/// A row on the screen.
struct Item {
    row: Arc<Row>,
    list: Arc<List>,
    at: usize,
}

impl SkimItem for Item {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.row.text)
    }

    /// The row in columns that fit the screen, told apart, with its matches marked.
    fn display(&self, context: DisplayContext) -> Line<'_> {
        let text = &self.row.text;
        let marked = marked(&context.matches, text);
        let wished = self.list.wished.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let columns = rows::fit(&wished, context.container_width);
        let mut line = Line::default();
        for piece in rows::line(&self.row, &columns) {
            let style = context.base_style.patch(self.look(piece.column));
            let Some(at) = piece.at.filter(|_| !marked.is_empty()) else {
                line.push_span(Span::styled(piece.text, style));
                continue;
            };
            let first = text[..at].chars().count();
            let hit = |n: usize| marked.binary_search(&(first + n)).is_ok();
            let mut start = 0;
            let mut chars = piece.text.char_indices().enumerate().peekable();
            while let Some((n, _)) = chars.next() {
                let next = chars.peek().map_or((n + 1, piece.text.len()), |(n, (b, _))| (*n, *b));
                if next.1 == piece.text.len() || hit(n) != hit(next.0) {
                    let style = if hit(n) { style.patch(context.matched_style) } else { style };
                    line.push_span(Span::styled(&piece.text[start..next.1], style));
                    start = next.1;
                }
            }
        }
        let mut drawn = self.list.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.insert(self.at, marked);
        line
    }

    fn preview(&self, _context: PreviewContext<'_>) -> ItemPreview {
        ItemPreview::Text((self.list.ask.preview)(&self.row))
    }
}

impl Item {
    fn look(&self, column: Option<Column>) -> Style {
        match column {
            Some(Column::Alias) => Style::new().add_modifier(Modifier::BOLD),
            Some(Column::Tags) => self.list.tags,
            Some(Column::Used | Column::Jump | Column::Note) => {
                Style::new().add_modifier(Modifier::DIM)
            }
            _ => Style::new(),
        }
    }
}

/// The characters that a query marks, in order.
fn marked(matches: &Matches, text: &str) -> Vec<usize> {
    match matches {
        Matches::None => Vec::new(),
        Matches::CharIndices(indices) => indices.clone(),
        Matches::CharRange(start, end) => (*start..*end).collect(),
        Matches::ByteRange(start, end) => {
            let first = text[..*start].chars().count();
            (first..first + text[*start..*end].chars().count()).collect()
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
    use crate::picker::rows::rows;
    use crate::profile::rank::Usage;
    use crate::profile::tests::profile;
    use crate::settings::key;

    fn made(aliases: &[&str]) -> Vec<Arc<Row>> {
        let profiles = aliases.iter().map(|alias| profile(alias)).collect();
        rows(profiles, &Usage::default(), 0)
    }

    fn ask(settings: Settings) -> Ask {
        Ask { settings: Arc::new(settings), ..Ask::test(made(&["web"])) }
    }

    #[test]
    fn every_key_that_settings_take_is_one_that_skim_takes() {
        let letters = (b'!'..=b'~').map(|byte| char::from(byte).to_string());
        let functions = (1..=12).map(|n| format!("f{n}"));
        let named = key::NAMED.iter().map(|&name| name.to_owned());
        let mut taken = 0;
        for base in letters.chain(functions).chain(named) {
            for modifier in ["", "alt-", "ctrl-", "shift-", "ctrl-alt-"] {
                let name = format!("{modifier}{base}");
                if key::check(&name).is_ok() {
                    taken += 1;
                    skim::binds::parse_key(&name).expect(&name);
                    let map = skim::binds::KeyMap::from(format!("{name}:accept(x)").as_str());
                    let key = skim::binds::parse_key(&name).expect(&name);
                    assert_eq!(
                        map.get(&key),
                        Some(&vec![Action::Accept(Some("x".to_owned()))]),
                        "{name}"
                    );
                }
            }
        }
        assert!(taken > 100, "{taken}");
    }

    #[test]
    fn what_is_bound_is_what_skim_knows() {
        for settings in [Settings::default(), Settings::parse(b"[picker.keys]\nconnect = \"f5\"\n")]
        {
            for bind in binds(&ask(settings)) {
                let (key, actions) = bind.split_once(':').expect("a key and an action");
                skim::binds::parse_key(key).expect(key);
                skim::binds::parse_action_chain(actions).expect(actions);
            }
        }
        let moved = binds(&ask(Settings::parse(b"[picker.keys]\nconnect = \"f5\"\n")));
        assert!(moved.contains(&"enter:ignore".to_owned()), "{moved:?}");
        assert!(moved.contains(&"f5:accept(connect)".to_owned()), "{moved:?}");
    }

    #[test]
    fn the_preview_is_where_there_is_room() {
        let ask = ask(Settings::default());
        for (size, preview) in [
            ((200, 50), "right:40%"),
            ((110, 10), "right:40%"),
            ((80, 24), "down:40%"),
            ((80, 12), "down:40%:hidden"),
            ((20, 5), "down:40%:hidden"),
        ] {
            assert_eq!(layout(&ask, size).0, preview, "{size:?}");
        }
    }

    #[test]
    fn a_row_of_an_older_query_is_never_taken() {
        let rows = made(&["web", "db", "db-2"]);
        let drawn = |row, marked: &[usize]| Drawn::from([(row, marked.to_vec())]);
        let settled = |query, chosen, drawn: &Drawn| settle(query, Some(chosen), drawn, &rows);
        assert_eq!(settled("db", 0, &drawn(0, &[])), [1], "it does not fit");
        assert_eq!(settled("db", 2, &drawn(2, &[0])), [1], "it was drawn for `d`");
        assert_eq!(settled("db", 2, &drawn(2, &[0, 1])), [2], "the cursor was moved there");
        assert_eq!(settled("", 2, &Drawn::new()), [2], "nothing was typed");
        assert_eq!(settled("x", 0, &Drawn::new()), [0usize; 0], "nothing fits");
    }

    #[test]
    fn filters_and_words_go_together() {
        let rows = made(&["web", "db", "db-2"]);
        assert_eq!(matches("user:me db", &rows), [1, 2]);
        assert_eq!(matches("!host:db", &rows), [0]);
        assert_eq!(matches("host:web | host:db-2", &rows), [0, 2]);
        assert_eq!(matches("user:root", &rows), [0usize; 0]);
        assert_eq!(hits("user:me", &rows[0]), Some((5..11).collect()));
    }
}
