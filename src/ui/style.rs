//! The sixteen colours and what each means; never the only sign of anything.

use anstyle::{AnsiColor, Style};

/// Ordinary text.
pub const PLAIN: Style = Style::new();
/// `error:`
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// `warning:`
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// `hint:`
pub const HINT: Style = AnsiColor::Cyan.on_default();
/// A profile's name.
pub const ALIAS: Style = AnsiColor::Green.on_default().bold();
/// `#tag`
pub const TAG: Style = AnsiColor::Magenta.on_default();
/// A column head.
pub const HEADING: Style = Style::new().bold().underline();
/// What is there but matters less.
pub const DIM: Style = Style::new().dimmed();
/// A line that a diff adds.
pub const ADDED: Style = AnsiColor::Green.on_default();
