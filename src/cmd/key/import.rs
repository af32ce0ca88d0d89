//! `sshp key import`

use sshp_splice::ChangeSet;

use crate::cli::{self, Write};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::profile::Alias;
use crate::profile::patch::NamedPatch;
use crate::profile_edit;
use crate::profile_keys::prepare;
use crate::repository::{self, CommitOptions};

/// Copies a key into `~/.ssh`, and lets a profile use it.
///
/// # Errors
/// When it is no key, or another file is in its place; when the profile cannot be changed, and then
/// nothing is copied either.
pub(super) fn run(ctx: &Ctx, args: &cli::KeyImport) -> Result<Exit> {
    let imported = prepare(ctx, &args.file, args.out.as_deref())?;
    let command = |name: &str| format!("key import {} {name}", args.file.display());
    if let Some(name) = &args.name {
        let patch = profile_edit::key_patch(ctx, &imported.path)?;
        let patches = [NamedPatch { alias: Alias::existing(name), patch }];
        let sharing = profile_edit::sharing(args.split, args.shared);
        let write = Write { dry_run: args.dry_run, in_place: false };
        profile_edit::carry_out(ctx, write, |state| {
            let mut edit = state.edit(ctx)?;
            edit.change(&patches, sharing).map_err(|e| profile_edit::refusal(e, state))?;
            let mut change = state.finish(ctx, edit, command(name));
            let expected = profile_edit::expected(&patches, sharing);
            profile_edit::verify(ctx, state, &change, expected)?;
            change.files.extend(imported.files.iter().cloned());
            Ok(change)
        })?;
    } else {
        let plan = || {
            let files = imported.files.clone();
            Ok(ChangeSet { files, ..ChangeSet::new(command("").trim_end()) })
        };
        if args.dry_run {
            profile_edit::print_diff(ctx, &plan()?)?;
        } else {
            repository::commit_files(ctx, CommitOptions::default(), plan)?;
        }
    }
    if args.dry_run {
        return Ok(Exit::Ok);
    }
    imported.tell(ctx);
    if let Some(name) = &args.name {
        ctx.ui.status(format_args!("`{name}` logs in with `{}`", imported.path.display()));
    }
    if !imported.files.is_empty() {
        ctx.ui.hint(format_args!(
            "the original `{}` was kept; remove it when you no longer need it",
            args.file.display()
        ));
    }
    Ok(Exit::Ok)
}
