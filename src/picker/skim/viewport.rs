//! Where on the terminal the picker is: the whole screen, or some lines below the prompt.
//!
//! skim asks for the cursor's place with a reader that throws away the keys typed before the answer;
//! here the terminal is asked nothing, see [`super::canvas`].

use std::io::{Write, stderr};

use ratatui::backend::{Backend as _, ClearType, CrosstermBackend};
use ratatui::crossterm::cursor::Hide;
use ratatui::crossterm::event::{
    EnableBracketedPaste, KeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use ratatui::crossterm::terminal::EnterAlternateScreen;
use ratatui::crossterm::{self, terminal};
use ratatui::layout::{Position, Rect};
use ratatui::{Terminal, TerminalOptions, Viewport};
use skim::prelude::*;
use skim::tui::{Size, Tui};

use super::canvas::Canvas;
use super::options::size;

/// Fewer lines than this hold no list.
const LOWEST: u16 = 10;

/// What ratatui draws by.
pub(super) type Backend = CrosstermBackend<Canvas>;

/// The part of the terminal that the picker has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// All of it.
    Whole,
    /// So many lines from the cursor on.
    Lines(u16),
}

impl Place {
    /// Takes the part of the terminal that the settings name.
    pub(super) fn enter(skim: &mut Skim<Backend>, height: &str) -> anyhow::Result<Self> {
        let place = lines(height).map_or(Place::Whole, Place::Lines);
        let canvas = if place == Place::Whole { Canvas::whole() } else { Canvas::below() };
        let backend = CrosstermBackend::new(canvas);
        let tui = Tui::new_with_height_and_backend(backend, Size::Percent(100));
        let mut tui = tui.map_err(super::report)?;
        // As skim enters a terminal, but for the mouse, which it would take. For skim this is the whole
        // screen in any case: else it would go to the first line of it at its end, and clear all.
        terminal::enable_raw_mode()?;
        crossterm::execute!(stderr(), EnableBracketedPaste)?;
        match place {
            Place::Whole => crossterm::execute!(stderr(), EnterAlternateScreen, Hide)?,
            Place::Lines(lines) => {
                make_room(lines)?;
                let viewport = Viewport::Fixed(area(lines));
                let backend = CrosstermBackend::new(Canvas::below());
                tui.terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
                tui.terminal.resize(area(lines))?;
            }
        }
        // Not every terminal has them; where it does, each of its screens has its own.
        let _ = crossterm::execute!(
            stderr(),
            PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES)
        );
        skim.init_tui_with(tui);
        Ok(place)
    }

    /// Fits the picker into a terminal that has another size now.
    pub(super) fn resize(self, skim: &mut Skim<Backend>) -> anyhow::Result<()> {
        let (columns, rows) = size();
        let (columns, rows) =
            (u16::try_from(columns).unwrap_or(u16::MAX), u16::try_from(rows).unwrap_or(u16::MAX));
        let (app, tui) = skim.app_and_tui();
        app.handle_event(tui, &Event::Resize(columns, rows)).map_err(super::report)?;
        if let Place::Lines(lines) = self {
            let lines = lines.min(rows);
            tui.terminal.set_cursor_position(Position::ORIGIN)?;
            make_room(lines)?;
            tui.terminal.resize(area(lines))?;
        }
        app.handle_event(tui, &Event::Render).map_err(super::report)
    }

    /// Leaves the terminal as it was found: what is drawn below the prompt goes.
    pub(super) fn leave(self, skim: &mut Skim<Backend>) -> anyhow::Result<()> {
        if let Place::Lines(_) = self {
            clear(skim.app_and_tui().1)?;
            keep_place()?;
        }
        Ok(())
    }
}

/// Draws all of it anew, whatever another program has left on the screen.
pub(super) fn redraw(skim: &mut Skim<Backend>) -> anyhow::Result<()> {
    let (app, tui) = skim.app_and_tui();
    clear(tui)?;
    app.handle_event(tui, &Event::Redraw).map_err(super::report)
}

/// How many lines are asked for; `None` for the whole screen.
fn lines(height: &str) -> Option<u16> {
    let rows = u16::try_from(size().1).unwrap_or(u16::MAX);
    let lines = match Size::try_from(height) {
        Ok(Size::Fixed(lines)) => lines,
        Ok(Size::Percent(percent @ ..100)) => {
            u16::try_from(u32::from(rows) * u32::from(percent) / 100).unwrap_or(rows)
        }
        _ => return None,
    };
    Some(lines.max(LOWEST)).filter(|lines| *lines < rows)
}

fn area(lines: u16) -> Rect {
    Rect::new(0, 0, u16::try_from(size().0).unwrap_or(u16::MAX), lines)
}

/// Makes sure that there are so many lines from the cursor on: what is above them scrolls up where
/// there are not as many.
fn make_room(lines: u16) -> std::io::Result<()> {
    let down = "\n".repeat(usize::from(lines.saturating_sub(1)));
    let up = lines.saturating_sub(1);
    write!(stderr(), "{down}\x1b[{up}A\r")?;
    keep_place()
}

/// Saves where the cursor is (DECSC): leaving the alternate screen, which is done at every end, takes
/// the cursor back there (DECSET 1049).
fn keep_place() -> std::io::Result<()> {
    stderr().write_all(b"\x1b7")?;
    stderr().flush()
}

fn clear(tui: &mut Tui<Backend>) -> anyhow::Result<()> {
    tui.terminal.set_cursor_position(Position::ORIGIN)?;
    tui.terminal.backend_mut().clear_region(ClearType::AfterCursor)?;
    Ok(())
}
