//! `sshp key`: a file for each of its verbs.

mod convert;
mod fix;
mod import;
mod list;
mod push;

use crate::cli::{self, KeyVerb};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;

/// Runs one of the key commands.
///
/// # Errors
/// What the command fails with.
pub fn run(ctx: &Ctx, args: &cli::Key) -> Result<Exit> {
    match &args.verb {
        KeyVerb::List(args) => list::run(ctx, args),
        KeyVerb::Fix(args) => fix::run(ctx, args),
        KeyVerb::Import(args) => import::run(ctx, args),
        KeyVerb::Convert(args) => convert::run(ctx, args),
        KeyVerb::Push(args) => push::run(ctx, args),
    }
}
