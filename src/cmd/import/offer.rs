//! What can be imported.

use sshp_import::Format;

use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::inventory::read;
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
    for folder in read::found_here(&ctx.env) {
        let folder = folder.display().to_string();
        ctx.ui.hint(format_args!("`sshp import putty {}`", sanitize::line(&folder)));
    }
    Ok(Exit::Ok)
}
