//! From a command line to its verb: the one place that knows all verbs, and what words mean that
//! begin with none.

mod browse;
mod words;

#[cfg(feature = "builtin")]
use super::demo;
use super::{
    add, check, completions, config, connect, copy, doctor, edit, export, forget, generate, import,
    init, key, list, log, mv, pick, rm, show, sync, tags, trust, undo,
};
use crate::cli::Verb;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;

/// Runs one verb.
///
/// # Errors
/// What the verb fails with.
pub fn run(ctx: &Ctx, verb: Option<Verb>) -> Result<Exit> {
    match verb {
        None => browse::run(ctx, &[]),
        Some(Verb::Connect(args)) => connect::run(ctx, &args.args),
        Some(Verb::Pick(args)) => pick::run(ctx, &args),
        Some(Verb::Add(args)) => add::run(ctx, &args),
        Some(Verb::Edit(args)) => edit::run(ctx, &args),
        Some(Verb::Rm(args)) => rm::run(ctx, &args),
        Some(Verb::Mv(args)) => mv::run(ctx, &args),
        Some(Verb::Copy(args)) => copy::run(ctx, &args),
        Some(Verb::Import(args)) => import::run(ctx, &args),
        Some(Verb::Export(args)) => export::run(ctx, &args),
        Some(Verb::Undo(args)) => undo::run(ctx, &args),
        Some(Verb::Log(args)) => log::run(ctx, &args),
        Some(Verb::Sync(args)) => sync::run(ctx, &args),
        Some(Verb::List(args)) => list::run(ctx, &args),
        Some(Verb::Tags(args)) => tags::run(ctx, &args),
        Some(Verb::Show(args)) => show::run(ctx, &args),
        Some(Verb::Check(args)) => check::run(ctx, &args),
        Some(Verb::Forget(args)) => forget::run(ctx, &args),
        Some(Verb::Trust(args)) => trust::run(ctx, &args),
        Some(Verb::Key(args)) => key::run(ctx, &args),
        Some(Verb::Config(args)) => config::run(ctx, &args),
        Some(Verb::Init(args)) => init::run(ctx, &args),
        Some(Verb::Completions(args)) => completions::run(ctx, &args),
        Some(Verb::Generate(args)) => generate::run(ctx, &args),
        #[cfg(feature = "builtin")]
        Some(Verb::Demo) => demo::run(ctx, run),
        Some(Verb::Doctor(args)) => doctor::run(ctx, &args),
        Some(Verb::Other(words)) => words::run(ctx, &words),
    }
}
