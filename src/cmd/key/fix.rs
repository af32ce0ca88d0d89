//! `sshp key fix`

use std::path::{Path, PathBuf};

use sshp_keys::KeyFile;

use crate::cli;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::keys::inspect;
use crate::keys::modes::{ModesError, Repair, plan_repair, repair, repair_folder};
use crate::profile_keys::{found, kept_modes};
use crate::repository;

/// Mends the modes of private keys, and of `~/.ssh`.
///
/// # Errors
/// When one of them cannot be mended.
pub(super) fn run(ctx: &Ctx, args: &cli::KeyFix) -> Result<Exit> {
    let all = args.files.is_empty();
    let files = if all { private_keys(ctx) } else { args.files.clone() };
    let mut done = 0;
    let mut failed = 0;
    let mut unrepaired = None;
    let mut tell = |path: &Path, outcome: std::result::Result<Option<Repair>, ModesError>| {
        match outcome {
            Ok(None) => {}
            Ok(Some(Repair { from, to })) => {
                done += 1;
                ctx.ui.data(format_args!("{from:04o} -> {to:04o} {}", path.display()))?;
            }
            Err(error) => {
                failed += 1;
                if matches!(error, ModesError::NotKept(_)) && path.is_file() {
                    unrepaired.get_or_insert_with(|| path.to_owned());
                }
                ctx.ui.warning(format_args!("`{}`: {error}", path.display()));
            }
        }
        Ok::<_, Error>(())
    };
    if all && ctx.paths.ssh_dir.is_dir() {
        tell(&ctx.paths.ssh_dir, repair_folder(&ctx.paths.ssh_dir, !args.dry_run))?;
    }
    for file in &files {
        tell(file, if args.dry_run { plan_repair(file) } else { repair(file) })?;
    }
    if failed > 0 {
        let error = Error::failed(format_args!("{failed} of {} not mended", files.len()));
        return Err(match unrepaired {
            Some(key) => error.hint(kept_modes(&key)),
            None => error,
        });
    }
    if done == 0 {
        ctx.ui.status("all modes are as ssh wants them");
    }
    Ok(Exit::Ok)
}

/// The private keys in `~/.ssh` and those that the config names and that exist, each once.
fn private_keys(ctx: &Ctx) -> Vec<PathBuf> {
    let mut files = found::in_folder(&ctx.paths.ssh_dir);
    files.extend(found::named(ctx, &repository::load::load_tree_to_look(ctx)));
    let mut keys: Vec<PathBuf> = Vec::new();
    for file in files {
        let is_link = file.symlink_metadata().is_ok_and(|found| found.is_symlink());
        let is_key = || matches!(inspect(&file), Ok(KeyFile::Private { .. }));
        if !is_link && is_key() && !keys.contains(&file) {
            keys.push(file);
        }
    }
    keys
}
