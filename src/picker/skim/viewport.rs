//! Where on the terminal the picker is: the whole screen, or some lines below the prompt.
//!
//! skim asks for the cursor's place with a reader that throws away the keys typed before the answer;
//! here they wait in the keyboard's queue.

use std::io::{BufWriter, Stderr, Write, stderr};
use std::time::Duration;

use ratatui::crossterm::{self, terminal};
use ratatui::layout::Rect;
use ratatui::prelude::CrosstermBackend;
use ratatui::{Terminal, TerminalOptions, Viewport};
use skim::prelude::*;
use skim::tui::{Size, Tui};

use super::keyboard::{Input, Keyboard};
use super::options::size;

/// Fewer lines than this hold no list.
const LOWEST: u16 = 10;
/// How long a terminal may take to say where its cursor is.
const ANSWER: Duration = Duration::from_secs(2);

/// Takes the part of the terminal that the settings name; the keys that came meanwhile, in their
/// order, come back. A terminal that does not say where its cursor is gives its whole screen.
pub(super) async fn enter(
    skim: &mut Skim,
    height: &str,
    keyboard: &mut Keyboard,
) -> anyhow::Result<Vec<Input>> {
    let mut typed = Vec::new();
    let mut tui = Tui::new_with_height(Size::Percent(100)).map_err(super::report)?;
    tui.disable_mouse();
    if let Some(lines) = lines(height) {
        terminal::enable_raw_mode()?;
        let mut out = stderr();
        out.write_all(b"\x1b[6n")?;
        out.flush()?;
        let asked = tokio::time::timeout(ANSWER, position(keyboard, &mut typed)).await;
        if let Ok(row) = asked {
            let area = area(row?, lines)?;
            let backend = CrosstermBackend::new(BufWriter::<Stderr>::new(stderr()));
            let viewport = Viewport::Fixed(area);
            tui.terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
            tui.is_fullscreen = false;
        }
    }
    tui.enter_terminal().map_err(super::report)?;
    skim.init_tui_with(tui);
    Ok(typed)
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

async fn position(keyboard: &mut Keyboard, typed: &mut Vec<Input>) -> std::io::Result<u16> {
    loop {
        match keyboard.next().await? {
            Input::Position(_, row) => return Ok(row),
            input => typed.push(input),
        }
    }
}

/// So many lines from the cursor on; what is above them scrolls up where there are not as many.
fn area(row: u16, lines: u16) -> std::io::Result<Rect> {
    let (columns, rows) = size();
    let rows = u16::try_from(rows).unwrap_or(u16::MAX);
    let top = row.min(rows.saturating_sub(lines));
    if top < row {
        crossterm::execute!(stderr(), terminal::ScrollUp(row - top))?;
    }
    Ok(Rect::new(0, top, u16::try_from(columns).unwrap_or(u16::MAX), lines))
}

/// Fits the picker into a terminal that has another size now.
pub(super) fn resize(skim: &mut Skim) -> anyhow::Result<()> {
    let (columns, rows) = size();
    let (columns, rows) =
        (u16::try_from(columns).unwrap_or(u16::MAX), u16::try_from(rows).unwrap_or(u16::MAX));
    let (app, tui) = skim.app_and_tui();
    let before = tui.terminal.get_frame().area();
    app.handle_event(tui, &Event::Resize(columns, rows)).map_err(super::report)?;
    if !tui.is_fullscreen {
        let height = before.height.min(rows);
        let top = before.y.min(rows - height);
        tui.terminal.resize(Rect::new(0, top, columns, height))?;
    }
    app.handle_event(tui, &Event::Render).map_err(super::report)
}

/// Draws all of it anew, whatever another program has left on the screen.
pub(super) fn redraw(skim: &mut Skim) -> anyhow::Result<()> {
    let (app, tui) = skim.app_and_tui();
    let area = tui.terminal.get_frame().area();
    crossterm::execute!(
        stderr(),
        crossterm::cursor::MoveTo(0, area.y),
        terminal::Clear(terminal::ClearType::FromCursorDown)
    )?;
    app.handle_event(tui, &Event::Redraw).map_err(super::report)
}
