//! `sshp generate`

use crate::cli::{Generate, GenerateKind};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::manual;
use crate::repository::generated;

/// Writes what is made from the program itself into a folder.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(ctx: &Ctx, args: &Generate) -> Result<Exit> {
    match &args.kind {
        GenerateKind::Man { folder } => {
            let pages = manual::pages();
            for page in &pages {
                generated::write(folder, &page.file, &page.text)?;
            }
            let count = pages.len();
            ctx.ui.status(format_args!("{count} manual pages in `{}`", folder.display()));
        }
    }
    Ok(Exit::Ok)
}
