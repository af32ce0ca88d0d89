//! `sshp undo`

use crate::cli::Undo;
use crate::cmd::change;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};
use crate::store::{drift, undo};
use crate::ui::sanitize;

/// Takes back the last change, or with `--redo` the last undo.
///
/// # Errors
/// When there is nothing to take back, or a file is no longer as the change left it.
pub fn run(ctx: &Ctx, args: &Undo) -> Result<Exit> {
    undo::recover(ctx)?;
    let entries = undo::log(ctx)?;
    let (next, nothing) = if args.redo {
        (undo::next_redo(&entries), "there is no undo to take back")
    } else {
        (undo::next_undo(&entries), "there is no change to take back")
    };
    let entry = next.ok_or_else(|| Error::not_found(nothing))?;
    if args.write.dry_run {
        change::print_diff(ctx, &undo::plan_undo(ctx, entry)?)?;
        return Ok(Exit::Ok);
    }
    undo::undo(ctx, change::way(args.write), entry)?;
    drift::remember(ctx);
    ctx.ui.status(format_args!("took back `{}`", sanitize::line(&entry.command)));
    Ok(Exit::Ok)
}
