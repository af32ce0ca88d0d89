//! The screen as it is configured: how it is laid out, what it looks like.

use ratatui::style::{Color, Style};
use skim::prelude::*;

use crate::picker::Ask;
use crate::picker::hints::render_hints;
use crate::settings::Settings;
use crate::ui::terminal;

/// The preview's part of the width or the height, in percent.
const PREVIEW: usize = 40;
/// From so many columns on the preview stands beside the rows, with fewer below them.
const WIDE: usize = 110;
/// With fewer lines the rows need them all; the preview opens when it is asked for.
const HIGH: usize = 16;

/// The size of the screen, columns and lines.
pub(super) type Size = (usize, usize);

/// The size that the screen has now.
pub(super) fn size() -> Size {
    let size = terminal::size(std::io::stderr());
    let or = |found: u32, default| match usize::try_from(found) {
        Ok(found @ 1..) => found,
        _ => default,
    };
    (or(size.columns, 80), or(size.rows, 24))
}

/// Where the preview is on a screen of some size, and what its keys do, in the room beside it.
pub(super) fn layout(ask: &Ask, (columns, lines): Size) -> (String, String) {
    let beside = columns >= WIDE;
    let place = if beside { "right" } else { "down" };
    let hidden = !ask.settings.picker_preview() || !beside && lines < HIGH;
    let preview = format!("{place}:{PREVIEW}%{}", if hidden { ":hidden" } else { "" });
    let taken = if beside && !hidden { (columns * PREVIEW).div_ceil(100) } else { 0 };
    // skim sets the header in by two columns.
    let room = columns.saturating_sub(taken + 2);
    (preview, render_hints(&ask.hints, room, ("\x1b[1m", "\x1b[22m")))
}

/// The prompt: how many of how many rows match, and what is marked.
pub(super) fn prompt((matching, rows): (usize, usize), marks: Option<&str>) -> String {
    let width = rows.to_string().len();
    let marks = marks.map(|marks| format!("[{marks}] ")).unwrap_or_default();
    format!("{matching:>width$}/{rows} {marks}ssh> ")
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
pub(super) fn tag_style(settings: &Settings, color: bool) -> Style {
    let magenta = match settings.picker_colors().as_str() {
        _ if !color => return Style::new(),
        "dark" => Color::Indexed(176),
        "light" => Color::Indexed(90),
        _ => Color::Magenta,
    };
    Style::new().fg(magenta)
}

/// The screen as skim takes it.
pub(super) fn options(ask: &Ask) -> anyhow::Result<SkimOptions> {
    let (preview, header) = layout(ask, size());
    let mut options = SkimOptionsBuilder::default();
    options
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
        .color(colors(&ask.settings, ask.color));
    let mut options = options.build()?;
    options.info = "hidden".into();
    options.separator = None;
    Ok(options)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::picker::rows::tests::named;

    fn ask(settings: Settings) -> Ask {
        Ask { settings: Arc::new(settings), ..Ask::test(named(&["web"])) }
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
}
