//! The full-screen picker, and the only folder that names skim, ratatui and crossterm.
//!
//! What skim 5.9 needs around it, each seen to go wrong without:
//! - it runs in a thread with its own runtime: `SkimOptions` is not `Send`, and inside
//!   another runtime it panics;
//! - `select_1` and `exit_0` race and choose wrongly: who calls this has decided beforehand;
//! - after Escape there still are selected items: `is_abort` comes first;
//! - keys that it cannot read it drops without a word: ours are checked when they are read;
//! - its own reader takes keys that come after the one that ends it, and its map has keys that break
//!   the list: the keys are read by [`keyboard`] and mean what [`keymap`] says;
//! - its count is `0/0` until the matcher has run once, and stands beside another `0/0`, of the row and
//!   the scrolling, that cannot be left out: the count is our own, in the prompt;
//! - Enter does not wait for the matcher, so that `db⏎` typed fast takes a row of another query: what
//!   acts on a row waits until the list is that of the whole query, see [`drive`];
//! - `no_sort` would rank by place and not by score; the tie-break on score alone keeps the order
//!   of the rows among equals;
//! - the mouse stays the terminal's; asking for the cursor's place loses typed keys: see
//!   [`viewport`];
//! - SIGTERM and SIGHUP would leave raw mode and the alternate screen on, SIGTSTP would stop with
//!   them: see [`Guard`].
//!
//! `SKIM_DEFAULT_OPTIONS` is read by skim's own program only, never here.

mod canvas;
mod drive;
mod engine;
mod guard;
mod keyboard;
mod keymap;
mod list;
mod options;
mod query;
mod viewport;
mod watch;

use std::fmt;
use std::sync::Arc;

use skim::prelude::*;

use self::drive::Driver;
use self::guard::Guard;
use self::keyboard::Keyboard;
use self::list::List;
use self::viewport::{Backend, Place};
use super::{Ask, Picked, Picker};
use crate::error::{Error, Result};

/// The picker that takes the whole screen.
pub(super) struct Screen;

impl Picker for Screen {
    fn pick(&self, ask: Ask) -> Result<Picked> {
        let guard = Guard::new()?;
        let picked = guard::without_panic_message(move || run(ask));
        guard.release();
        match picked {
            Ok(picked) => picked.map_err(|error| Error::failed(format_args!("picker: {error:#}"))),
            Err(why) => Err(Error::failed(format_args!("the picker failed: {why}"))
                .hint("name the profile exactly; `sshp list` prints them")),
        }
    }
}

fn run(ask: Ask) -> anyhow::Result<Picked> {
    let options = options::options(&ask)?;
    let list = Arc::new(List::new(ask));
    let (sender, receiver) = unbounded();
    let mut skim: Skim<Backend> = Skim::init(options, Some(receiver)).map_err(report)?;
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
    let picked = runtime.block_on(async {
        let keyboard = Keyboard::open()?;
        skim.start();
        let place = Place::enter(&mut skim, &list.ask.settings.picker_height())?;
        let picked = Driver::new(&mut skim, place, &list.ask, keyboard)?.run().await;
        place.leave(&mut skim)?;
        picked
    });
    // Gives the terminal back.
    drop(skim.output());
    picked
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
