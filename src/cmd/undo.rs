//! `sshp undo`

use crate::cli::Undo;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::profile_edit;
use crate::repository::{self, Log, drift};
use crate::ui::sanitize;

/// Takes back the last changes, or with `--redo` the last undos, the newest first.
///
/// # Errors
/// When there are not as many, and then nothing is taken back; when a file is no longer as a change
/// left it, and then that change and the older ones stay.
pub fn run(ctx: &Ctx, args: &Undo) -> Result<Exit> {
    repository::recover(ctx)?;
    let Log { entries, damaged } = repository::log(ctx)?;
    let (mut next, what) = if args.redo {
        (repository::redoable(&entries), "undo")
    } else {
        (repository::undoable(&entries), "change")
    };
    let count = usize::from(args.count);
    match next.len() {
        0 => {
            return Err(match damaged.into_iter().next_back() {
                Some((_, error)) => error,
                None => Error::not_found(format_args!("there is no {what} to take back")),
            });
        }
        all if all < count => {
            let these =
                if all == 1 { format!("is 1 {what}") } else { format!("are {all} {what}s") };
            return Err(Error::not_found(format_args!("there {these} to take back, not {count}"))
                .hint("nothing was taken back; `sshp log` lists the changes"));
        }
        _ => next.truncate(count),
    }
    // What cannot be read may be what has to be taken back first.
    let oldest = next.last().map_or(0, |entry| entry.id);
    if let Some((_, error)) = damaged.into_iter().rev().find(|(id, _)| *id > oldest) {
        return Err(error);
    }
    if args.write.dry_run {
        for plan in repository::plan_undos(ctx, &next)? {
            profile_edit::print_diff(ctx, &plan)?;
        }
        return Ok(Exit::Ok);
    }
    for (done, entry) in next.iter().enumerate() {
        if let Err(error) = repository::undo(ctx, profile_edit::commit_options(args.write), entry) {
            return Err(match done {
                0 => error,
                _ => error.hint(format_args!("{done} of {count} were taken back before it")),
            });
        }
        drift::remember(ctx);
        ctx.ui.status(format_args!("undid `{}`", sanitize::line(&entry.command)));
    }
    Ok(Exit::Ok)
}
