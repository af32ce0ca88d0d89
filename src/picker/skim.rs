//! The full-screen picker, and the only folder that names skim, ratatui and crossterm.
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
//!   see [`List::settle`];
//! - `no_sort` would rank by place and not by score; the tie-break on score alone keeps the order
//!   of the rows among equals;
//! - the mouse stays the terminal's, the height is the full screen (asking for the cursor's
//!   place loses typed keys), Ctrl-Q does not turn the query into a command;
//! - SIGTERM and SIGHUP would leave raw mode and the alternate screen on, SIGTSTP would stop with
//!   them: see [`Guard`].
//!
//! `SKIM_DEFAULT_OPTIONS` is read by skim's own program only, never here.

mod engine;
mod guard;
mod list;
mod options;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use skim::item::MatchedItem;
use skim::prelude::*;
use skim::tui::layout::LayoutTemplate;

pub(super) use self::engine::matches;
use self::guard::Guard;
use self::list::{Item, List};
use self::options::{Size, layout, prompt, size};
use super::{Ask, Picked, Picker};
use crate::error::{Error, Result};
use crate::settings;

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

/// How often the screen is brought up to date while something changes by itself.
const FRAME: Duration = Duration::from_millis(33);
/// The same until the first row is there.
const FIRST: Duration = Duration::from_millis(2);

fn run(ask: Ask) -> anyhow::Result<Picked> {
    let options = options::options(&ask)?;
    let list = Arc::new(List::new(ask));
    let (sender, receiver) = unbounded();
    let mut skim: Skim = Skim::init(options, Some(receiver)).map_err(report)?;
    skim.app_mut().matcher = engine::matcher();
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
        list.settle(&query, current)
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
        let count = batch.len();
        if sender.send(list.items(place, batch)).is_err() {
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
