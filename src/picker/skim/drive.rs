//! The picker's loop: keys in, rows and looks out, until something is chosen.
//!
//! A key that acts on a row (moves, marks, chooses) waits until the list on the screen is that of the
//! whole query, and the keys after it wait in the terminal: keys typed at any speed do what they do
//! when the user waits for the screen after each of them.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use skim::prelude::*;
use skim::tui::layout::LayoutTemplate;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::MissedTickBehavior;

use super::keyboard::{Input, Keyboard};
use super::keymap::{Command, KeyMap, Move};
use super::list::Item;
use super::options::{Size, layout, prompt, size};
use super::query::Query;
use super::viewport::{Backend, Place};
use super::watch::Watch;
use super::{report, viewport};
use crate::picker::{Ask, Picked};
use crate::settings::{self, Column, key::render_key};

/// How often the screen is brought up to date while something changes by itself.
const FRAME: Duration = Duration::from_millis(33);
/// The same until the first row is there, and while a key waits for the list.
const FIRST: Duration = Duration::from_millis(2);
/// A key that waits longer for the list leaves the keyboard to the key that cancels.
const PATIENCE: Duration = Duration::from_millis(300);
/// So long after a change skim has to do, such as to show the preview.
const AFTER: Duration = Duration::from_millis(300);

/// The picker on the screen.
pub(super) struct Driver<'a> {
    skim: &'a mut Skim<Backend>,
    place: Place,
    ask: &'a Ask,
    keys: KeyMap,
    keyboard: Keyboard,
    resized: Signal,
    /// What was read while a key waited long, in its order.
    typed: std::collections::VecDeque<Input>,
    /// The key that waits for the list, and when it was pressed.
    waiting: Option<(Command, Instant)>,
    query: Query,
    /// The matcher has not begun with this query. skim's own `pending_matcher_restart` is lost where
    /// rows arrive meanwhile: it then matches them alone, and keeps what an older query found.
    is_stale: bool,
    watch: Watch,
    /// The places of the rows that are marked, in the order of marking.
    marked: Vec<usize>,
    /// What is said instead of the hints, until the next key.
    notice: Option<String>,
    /// How many rows the prompt says match, of how many there are.
    counted: (usize, usize),
    size: Size,
    /// Until when skim has to do.
    busy_until: Instant,
}

impl<'a> Driver<'a> {
    pub(super) fn new(
        skim: &'a mut Skim<Backend>,
        place: Place,
        ask: &'a Ask,
        keyboard: Keyboard,
    ) -> anyhow::Result<Self> {
        Ok(Driver {
            skim,
            place,
            ask,
            keys: KeyMap::new(ask),
            keyboard,
            resized: signal(SignalKind::window_change())?,
            typed: std::collections::VecDeque::new(),
            waiting: None,
            query: Query::new(&ask.query),
            is_stale: false,
            watch: Watch::default(),
            marked: Vec::new(),
            notice: None,
            counted: (0, 0),
            size: size(),
            busy_until: Instant::now() + AFTER,
        })
    }

    /// Runs the screen to its end: skim's own events, and what it does not do by itself.
    ///
    /// # Errors
    /// When the terminal is gone or cannot be drawn on.
    pub(super) async fn run(mut self) -> anyhow::Result<Picked> {
        let mut frame = tokio::time::interval(FRAME);
        let mut first = tokio::time::interval(FIRST);
        for timer in [&mut frame, &mut first] {
            timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        loop {
            if self.waiting.is_none()
                && let Some(input) = self.typed.pop_front()
            {
                self.take(input)?;
            }
            // Keys that were pressed before the next row is drawn are taken before it.
            while self.waiting.is_none()
                && self.typed.is_empty()
                && let Some(input) = self.keyboard.held()?
            {
                self.take(input)?;
            }
            if let Some(picked) = self.act()? {
                return Ok(picked);
            }
            let is_urgent = self.counted.1 == 0 || self.waiting.is_some() || self.is_stale;
            let is_busy = is_urgent || self.is_busy();
            let is_slow = self.waiting.is_some_and(|(_, pressed)| pressed.elapsed() > PATIENCE);
            let reads = self.waiting.is_none() && self.typed.is_empty() || is_slow;
            if !self.typed.is_empty() && self.waiting.is_none() {
                continue;
            }
            tokio::select! {
                ended = self.skim.tick() => {
                    if ended.map_err(report)? {
                        return Ok(Picked::Aborted);
                    }
                }
                input = self.keyboard.next(), if reads => self.take(input?)?,
                _ = self.resized.recv() => self.place.resize(self.skim)?,
                _ = first.tick(), if is_urgent => self.freshen()?,
                _ = frame.tick(), if is_busy => self.freshen()?,
            }
            self.show()?;
        }
    }

    /// Whether something changes without a key.
    fn is_busy(&self) -> bool {
        let app = self.skim.app();
        !app.matcher_control.stopped()
            || app.item_pool.num_not_taken() > 0
            || app.pending_matcher_restart
            || app.needs_render.load(Ordering::Relaxed)
            || !self.skim.reader_done()
            || Instant::now() < self.busy_until
    }

    /// Takes a key: what needs no row is done at once.
    fn take(&mut self, input: Input) -> anyhow::Result<()> {
        let now = Instant::now();
        if self.waiting.is_some() {
            match input {
                Input::Key(key) if self.keys.command(key) == Some(Command::Cancel) => {
                    self.waiting = Some((Command::Cancel, now));
                }
                input => self.typed.push_back(input),
            }
            return Ok(());
        }
        let command = match input {
            Input::Key(key) => self.keys.command(key),
            Input::Paste(text) => {
                self.change_query(now, |query| query.insert(&text))?;
                None
            }
        };
        let Some(command) = command else { return Ok(()) };
        self.notice = None;
        self.busy_until = now + AFTER;
        match command {
            Command::Type(c) => {
                self.change_query(now, |query| query.insert(c.encode_utf8(&mut [0; 4])))?;
            }
            Command::Edit(edit) => self.change_query(now, |query| query.edit(edit))?,
            Command::Preview => {
                self.do_action(&Action::TogglePreview)?;
                self.draw()?;
            }
            Command::Scroll { down: true } => self.do_action(&Action::PreviewDown(1))?,
            Command::Scroll { down: false } => self.do_action(&Action::PreviewUp(1))?,
            Command::Redraw => viewport::redraw(self.skim)?,
            Command::Move(_) | Command::Mark { .. } | Command::Take(_) | Command::Cancel => {
                self.waiting = Some((command, now));
            }
        }
        Ok(())
    }

    fn change_query(
        &mut self,
        now: Instant,
        change: impl FnOnce(&mut Query),
    ) -> anyhow::Result<()> {
        let before = self.query.clone();
        change(&mut self.query);
        if self.query == before {
            return Ok(());
        }
        let types = self.query.text() != before.text();
        self.watch.key(now, types);
        let app = self.skim.app_mut();
        self.query.text().clone_into(&mut *app.input);
        app.input.move_cursor_to(u16::try_from(self.query.cursor()).unwrap_or(u16::MAX));
        if types {
            // The best match of another query is at the top.
            app.item_list.jump_to_first();
            self.is_stale = true;
            self.event(&Event::RunPreview)?;
        }
        self.draw()
    }

    /// Does what the waiting key asks for, as soon as the list is that of the query.
    fn act(&mut self) -> anyhow::Result<Option<Picked>> {
        let Some((command, pressed)) = self.waiting else { return Ok(None) };
        if command == Command::Cancel {
            return Ok(Some(Picked::Aborted));
        }
        if !self.settles()? {
            return Ok(None);
        }
        self.waiting = None;
        self.look(false);
        match command {
            Command::Move(to) => self.do_action(match to {
                Move::Up => &Action::Up(1),
                Move::Down => &Action::Down(1),
                Move::PageUp => &Action::PageUp(1),
                Move::PageDown => &Action::PageDown(1),
            })?,
            Command::Mark { down } => self.mark(down)?,
            Command::Take(action) => {
                let chosen = self.choose(action, pressed);
                if chosen.is_none() {
                    self.tell()?;
                }
                self.watch.key(pressed, false);
                return Ok(chosen);
            }
            _ => {}
        }
        self.watch.key(pressed, false);
        self.draw()?;
        self.look(true);
        Ok(None)
    }

    /// Whether the list on the screen is that of the whole query. Without a query the rows are in
    /// their order from the first on, and more of them change nothing above.
    fn settles(&mut self) -> anyhow::Result<bool> {
        let is_blank = self.query.text().trim().is_empty();
        let app = self.skim.app();
        let all = self.ask.rows.count_if_all();
        let has_all =
            all.is_some_and(|all| app.item_pool.len() == all) && app.item_pool.num_not_taken() == 0;
        let is_matched = app.matcher_control.stopped() && !app.pending_matcher_restart;
        if self.is_stale || !is_matched || !has_all && !is_blank {
            return Ok(false);
        }
        // The first puts what was found into the list, the second the cursor onto a row of it.
        self.draw()?;
        self.draw()?;
        Ok(has_all || self.skim.app().item_list.count() > 0)
    }

    /// What a key chooses; `None` where it chooses nothing, and the notice may say why.
    fn choose(&mut self, action: settings::Action, pressed: Instant) -> Option<Picked> {
        let query = self.query.text().to_owned();
        let current = self.current();
        if action == settings::Action::New {
            return Some(match current {
                Some(row) => Picked::Chosen { action, rows: vec![row], query },
                None => Picked::NoMatch { action, query },
            });
        }
        let rows = match &self.marked[..] {
            [] => match current {
                Some(_) if !self.watch.is_meant(pressed) => return None,
                Some(row) => vec![row],
                None => return Some(Picked::NoMatch { action, query }),
            },
            [only] => vec![*only],
            marked if self.ask.takes_several(action) => {
                let mut rows = marked.to_vec();
                rows.sort_unstable();
                rows
            }
            marked => {
                self.notice = Some(self.refusal(marked.len(), action));
                return None;
            }
        };
        Some(Picked::Chosen { action, rows, query })
    }

    /// Why a key does nothing with several marked rows, and what does.
    fn refusal(&self, marked: usize, action: settings::Action) -> String {
        let key = |action| self.ask.settings.picker_keys(action).into_iter().next();
        let what = |action| {
            let key = key(action)?;
            let hint = self.ask.hints.iter().find(|hint| hint.key == key)?;
            Some((render_key(&key), hint.what.as_str()))
        };
        let one = what(action).map_or("this", |(_, what)| what);
        let several = self.ask.several.iter().filter_map(|action| what(*action));
        let several: String =
            several.fold(String::new(), |out, (key, what)| out + &format!(", {key}: {what} all"));
        let unmark = key(settings::Action::Mark)
            .map_or(String::new(), |key| format!(", {}: mark and unmark", render_key(&key)));
        format!("{marked} rows are marked, `{one}` takes one{unmark}{several}")
    }

    fn mark(&mut self, down: bool) -> anyhow::Result<()> {
        if let (Some(row), true) = (self.current(), self.ask.multi) {
            match self.marked.iter().position(|marked| *marked == row) {
                Some(at) => drop(self.marked.remove(at)),
                None => self.marked.push(row),
            }
            self.do_action(&Action::Toggle)?;
        }
        self.do_action(if down { &Action::Down(1) } else { &Action::Up(1) })?;
        self.counted = (usize::MAX, self.counted.1);
        Ok(())
    }

    /// The place of the row under the cursor.
    fn current(&self) -> Option<usize> {
        let selected = self.skim.app().item_list.selected()?;
        selected.downcast_item::<Item>().map(|item| item.at)
    }

    /// Notes which row is under the cursor.
    fn look(&mut self, by_key: bool) {
        let row = self.current();
        self.watch.saw(self.query.text(), row, Instant::now(), by_key);
    }

    fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        let (app, tui) = self.skim.app_and_tui();
        app.handle_event(tui, event).map_err(report)
    }

    fn do_action(&mut self, action: &Action) -> anyhow::Result<()> {
        self.event(&Event::Action(action.clone()))
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        self.event(&Event::Render)
    }

    /// Lets the matcher take what has come, and shows what it found.
    fn freshen(&mut self) -> anyhow::Result<()> {
        let app = self.skim.app_mut();
        app.restart_matcher(std::mem::take(&mut self.is_stale) || app.pending_matcher_restart);
        if app.needs_render.swap(false, Ordering::Relaxed) {
            app.last_render_timer = Instant::now();
            self.draw()?;
        }
        self.event(&Event::Heartbeat)
    }

    /// Shows what has changed beside the rows: the count, the marks, the room for hints and preview.
    fn show(&mut self) -> anyhow::Result<()> {
        let app = self.skim.app();
        let count = (app.item_list.count(), app.item_pool.len());
        if self.counted != count && (count.0 > 0 || self.skim.matcher_stopped()) {
            self.counted = count;
            self.skim.app_mut().input.prompt = prompt(count, self.marks().as_deref());
            self.draw()?;
        }
        let now = size();
        if now != self.size {
            let before = std::mem::replace(&mut self.size, now);
            self.fit_in(before)?;
        }
        self.look(false);
        self.tell()
    }

    /// What the prompt says of the marks: the name of the only one, or how many there are.
    fn marks(&self) -> Option<String> {
        match self.marked[..] {
            [] => None,
            [only] => {
                let rows = self.ask.rows.after(only);
                Some(rows.first().map(|row| row.cell(Column::Alias).to_owned()).unwrap_or_default())
            }
            _ => Some(format!("{} marked", self.marked.len())),
        }
    }

    /// Shows the notice, else the hints.
    fn tell(&mut self) -> anyhow::Result<()> {
        let hints = layout(self.ask, self.size).1;
        let line = self.notice.clone().unwrap_or(hints);
        if self.skim.app().header.header == line {
            return Ok(());
        }
        self.skim.app_mut().header.header = line;
        self.draw()
    }

    /// Gives the screen the preview that its new size has room for; one that was opened or closed
    /// by hand stays so.
    fn fit_in(&mut self, before: Size) -> anyhow::Result<()> {
        let hides = |size| layout(self.ask, size).0.ends_with(":hidden");
        let preview = layout(self.ask, self.size).0;
        let was_hidden = hides(before);
        let app = self.skim.app_mut();
        let hidden = app.options.preview_window.hidden;
        app.options.preview_window = preview.as_str().into();
        if was_hidden != hidden {
            app.options.preview_window.hidden = hidden;
        }
        app.layout_template = LayoutTemplate::from_options(&app.options, app.header.height());
        self.busy_until = Instant::now() + AFTER;
        self.draw()
    }
}
