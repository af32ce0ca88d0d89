//! An edit becomes a write, or with `--dry-run` a diff.

use sshp_splice::ChangeSet;

use crate::cli::Write;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::repository::{self, CommitOptions, State};
use crate::ui::sanitize;

/// Writes what a plan says, or with `--dry-run` shows it. Gives the change.
///
/// # Errors
/// What the plan refuses with and what stops a write.
pub fn carry_out(
    ctx: &Ctx,
    write: Write,
    plan: impl Fn(&State) -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    if write.dry_run {
        let change = plan(&State::read(ctx)?)?;
        print_diff(ctx, &change)?;
        return Ok(change);
    }
    repository::commit_profiles(ctx, commit_options(write), plan)
}

/// How files are to be written.
pub fn commit_options(write: Write) -> CommitOptions {
    CommitOptions { in_place: write.in_place }
}

/// Prints what a change would do.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_diff(ctx: &Ctx, change: &ChangeSet) -> Result<()> {
    if change.is_empty() {
        ctx.ui.status("nothing would change");
    } else {
        ctx.ui.data(sanitize::block(change.diff().trim_end_matches('\n')))?;
    }
    Ok(())
}
