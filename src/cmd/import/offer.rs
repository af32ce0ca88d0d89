//! What can be imported.

use sshp_import::Format;

use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::inventory::places;
use crate::shell;
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Says what can be imported, and where programs keep it.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn offer(ctx: &Ctx) -> Result<Exit> {
    let rows = Format::all().map(|format| {
        let plain = style::PLAIN;
        [
            Cell::new(format.name(), style::ALIAS),
            Cell::new(format.title(), plain),
            Cell::new(format.kept_in(), plain),
        ]
    });
    ctx.ui.table_that_fits(["FORMAT", "PROGRAM", "FILE OR COMMAND"], rows)?;
    ctx.ui.hint("the output of a command is imported by `COMMAND | sshp import -`; sshp runs none");
    let found = places::found(&ctx.env);
    if !found.is_empty() {
        ctx.ui.status("found here:");
    }
    for (format, path) in found {
        let path = shell::quote(&path);
        ctx.ui.hint(format_args!("`sshp import {} {}`", format.name(), sanitize::line(&path)));
    }
    if places::is_in_windows(&ctx.env) {
        ctx.ui.hint(r"`reg.exe export 'HKCU\Software\SimonTatham\PuTTY' putty.reg` writes the sessions of PuTTY");
    }
    Ok(Exit::Ok)
}
