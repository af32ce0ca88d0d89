//! `sshp sync`

use crate::cli::Sync;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::profile_edit;
use crate::repository::{State, drift};
use crate::ui::sanitize;

/// Brings the metadata in line with a config that others edited: what was renamed there is renamed
/// here, what is gone there is kept until `--prune`.
///
/// # Errors
/// When the metadata cannot be read or written.
pub fn run(ctx: &Ctx, args: &Sync) -> Result<Exit> {
    let state = State::load(ctx)?;
    // Refuses what cannot be changed before it is called in line.
    state.edit(ctx)?;
    let whole = state.store().is_whole();
    // What is not read is not gone: its tags are not to be called orphans.
    if let Some((_, path, refusal)) = state.tree.refusals().next() {
        return Err(Error::failed(format_args!(
            "nobody knows which profiles are gone: `{}` is not read: {refusal}",
            path.display()
        ))
        .hint("nothing was changed"));
    }
    let drifted = drift::drift(ctx, &state);
    for orphan in &drifted {
        let alias = sanitize::line(orphan.alias.as_str());
        ctx.ui.data(match &orphan.renamed {
            Some(new) => format!("`{alias}` is now `{}`", sanitize::line(new.as_str())),
            None => format!("`{alias}` is in no config any more"),
        })?;
    }
    let orphans = drifted.iter().filter(|orphan| orphan.renamed.is_none()).count();
    if args.check {
        if drifted.len() > orphans {
            ctx.ui.hint("`sshp sync` renames the tags and notes too");
        }
        if orphans > 0 {
            ctx.ui.hint("`sshp sync --prune` removes the tags and notes of what is in no config");
        }
        return Ok(if drifted.is_empty() && whole {
            Exit::Ok
        } else {
            Exit::Error(ErrorKind::Failed)
        });
    }
    profile_edit::carry_out(ctx, args.write, |state| {
        let mut edit = state.edit(ctx)?;
        let drifted = drift::drift(ctx, state);
        for orphan in &drifted {
            if let Some(new) = &orphan.renamed {
                edit.metadata.rename(orphan.alias.as_str(), new.as_str());
            }
        }
        if args.prune {
            let removed = drifted.iter().filter(|orphan| orphan.renamed.is_none());
            edit.metadata.remove_all(&removed.map(|orphan| orphan.alias.as_str()).collect());
        }
        edit.metadata.mend();
        Ok(state.finish(ctx, edit, "sync".to_owned()))
    })?;
    if args.write.dry_run {
        return Ok(Exit::Ok);
    }
    drift::remember(ctx);
    if orphans > 0 && !args.prune {
        ctx.ui.hint("their tags and notes are kept; `sshp sync --prune` removes them");
        return Ok(Exit::Ok);
    }
    for orphan in drifted.iter().filter(|orphan| orphan.renamed.is_none()) {
        let alias = sanitize::line(orphan.alias.as_str());
        ctx.ui.status(format_args!("removed the metadata of `{alias}`"));
    }
    ctx.ui.status("already in sync");
    Ok(Exit::Ok)
}
