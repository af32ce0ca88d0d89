//! Changes of files, by sshp-commit: what the application decides there and says of it.

use std::any::Any;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_commit::{
    CommitError, CommitOptions, Committer, Entries, Entry, Event, Host, ModeChange, Targets,
};
use sshp_splice::{ChangeSet, FileChange};

use super::signals::Held;
use super::targets::TargetFiles;
use super::{State, advice, drift};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::ui::sanitize;

/// Changes profiles: loads the state, lets `plan` say what is to change, and makes it true.
/// Gives what was changed; a plan of nothing writes nothing.
///
/// `plan` runs again when a file changed meanwhile, so it must start from its argument alone.
///
/// # Errors
/// What `plan` refuses with; [`Changed`](crate::error::ErrorKind::Changed) when others keep changing the
/// same files; what stops a write, and then nothing is changed.
pub fn commit_profiles(
    ctx: &Ctx,
    options: CommitOptions,
    plan: impl Fn(&State) -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    let change = commit(ctx, options, &own_files(ctx), || plan(&State::read(ctx)?))?;
    if !change.is_empty() {
        drift::remember(ctx);
    }
    Ok(change)
}

/// Changes files that are no profiles, such as known_hosts: lets `plan` say what is to change, and makes
/// it true. Gives what was changed; a plan of nothing writes nothing.
///
/// `plan` runs again when a file changed meanwhile, so it must read its files itself.
///
/// # Errors
/// As [`commit_profiles`].
pub fn commit_files(
    ctx: &Ctx,
    options: CommitOptions,
    plan: impl Fn() -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    commit(ctx, options, &[], plan)
}

fn commit(
    ctx: &Ctx,
    options: CommitOptions,
    first: &[&Path],
    plan: impl Fn() -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    let host = Application { ctx };
    limit_is_an_error()?;
    let change = host.committer().commit(options, first, plan).map_err(|error| match error {
        CommitError::Plan(error) => error,
        CommitError::Commit(error) => advice::error(error),
    })?;
    for told in &change.told {
        ctx.ui.warning(told);
    }
    Ok(change)
}

/// Writes one file without journal or backup, for what is not worth undoing.
///
/// # Errors
/// As [`commit_files`]; [`Changed`](crate::error::ErrorKind::Changed) at once when the file is not what
/// was read.
pub(super) fn commit_quietly(ctx: &Ctx, change: &FileChange) -> Result<()> {
    let host = Application { ctx };
    let written = host.committer().write(&change.path, change.base.as_deref(), &change.after());
    written.map_err(advice::error)
}

/// Writes a private key to a new file, mode 0600, through to the disk; nothing is kept of it
/// anywhere else.
///
/// # Errors
/// [`Changed`](crate::error::ErrorKind::Changed) when there is a file by now; what stops the write, and
/// then there is none.
pub fn write_key(ctx: &Ctx, path: &Path, text: &[u8]) -> Result<()> {
    Application { ctx }.committer().write(path, None, text).map_err(advice::error)
}

/// Takes back one change.
///
/// # Errors
/// As [`plan_undos`], and what stops a write.
pub fn undo(ctx: &Ctx, options: CommitOptions, entry: &Entry) -> Result<ChangeSet> {
    limit_is_an_error()?;
    let host = Application { ctx };
    let undone = host.committer().undo(options, &own_files(ctx), entry);
    undone.map_err(advice::error)
}

/// What taking back changes, the newest first, means for the files as they are now: one change set
/// for each of them.
///
/// # Errors
/// [`Changed`](crate::error::ErrorKind::Changed) when a file is no longer as the change left it.
pub fn plan_undos(ctx: &Ctx, entries: &[&Entry]) -> Result<Vec<ChangeSet>> {
    Application { ctx }.committer().plan_undos(entries).map_err(advice::error)
}

/// What the journal says.
pub struct Log {
    /// The changes that are remembered, oldest first.
    pub entries: Vec<Entry>,
    /// The number of each entry that cannot be relied on, and what is wrong with it.
    pub damaged: Vec<(u64, Error)>,
}

/// Reads the journal.
///
/// # Errors
/// When the journal cannot be read, or other users can write in it.
pub fn log(ctx: &Ctx) -> Result<Log> {
    let Entries { good, damaged } = sshp_commit::log(&ctx.paths.state).map_err(advice::error)?;
    let damaged = damaged.into_iter().map(|(id, why)| (id, advice::error(why)));
    Ok(Log { entries: good, damaged: damaged.collect() })
}

/// Finishes what a crash left half done.
///
/// # Errors
/// When a file cannot be written, or what is to be finished cannot be relied on.
pub fn recover(ctx: &Ctx) -> Result<()> {
    Application { ctx }.committer().recover().map_err(advice::error)
}

/// As [`recover`], for a command that only reads; says what is not finished, and what helps.
pub(super) fn recover_for_read(ctx: &Ctx) {
    let host = Application { ctx };
    for error in host.committer().recover_for_read() {
        host.event(Event::Unfinished(&error));
    }
}

/// A size limit (`ulimit -f`) is an error like a full disk, not a signal that ends the process.
fn limit_is_an_error() -> Result<()> {
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
    Ok(())
}

/// The files whose locks are taken before a change of profiles is planned.
fn own_files(ctx: &Ctx) -> [&Path; 2] {
    [&ctx.paths.user_config, &ctx.paths.metadata]
}

/// sshp, as sshp-commit knows it.
struct Application<'a> {
    ctx: &'a Ctx,
}

impl Application<'_> {
    fn committer(&self) -> Committer<'_> {
        let ctx = self.ctx;
        let backups = ctx.settings.backups();
        Committer { state: &ctx.paths.state, backups, now: ctx.now, host: self }
    }
}

impl Host for Application<'_> {
    fn targets(&self, asked: &mut dyn Iterator<Item = PathBuf>) -> Targets<'_> {
        let targets = TargetFiles::new(self.ctx, asked);
        Box::new(move |file, texts| targets.contain(file, texts))
    }

    fn hold(&self) -> Box<dyn Any> {
        Box::new(Held::new())
    }

    fn event(&self, event: Event<'_>) {
        let ui = &self.ctx.ui;
        match event {
            Event::PlannedAgain(why) => ui.verbose(format_args!("{why}; planning again")),
            Event::NotInJournal(why) => {
                ui.warning(format_args!(
                    "the change is made, and is not in the journal yet: {why}"
                ));
            }
            Event::ModeNarrowed(path, ModeChange { from, to }) => ui.warning(format_args!(
                "`{}` could be written by others: mode {from:04o} is now {to:04o}",
                path.display()
            )),
            Event::Unfinished(why) => {
                let told = why.to_string();
                let told = sanitize::line(&told);
                ui.warning(format_args!("an interrupted change is not finished: {told}"));
                for hint in advice::hints(why) {
                    ui.hint(sanitize::line(&hint));
                }
            }
            Event::Dropped { command } => ui.status(format_args!(
                "dropped `{}`, which was interrupted before it began",
                sanitize::line(command)
            )),
            Event::Finished { command } => ui.status(format_args!(
                "finished `{}`, which was interrupted",
                sanitize::line(command)
            )),
            Event::LeftAsItIs(path) => ui.warning(format_args!(
                "`{}` was changed after that interruption and is left as it is",
                path.display()
            )),
            Event::KeyNotWritten { path, origin } => ui.warning(format_args!(
                "`{}` was not written; copy it from `{}`",
                path.display(),
                origin.display()
            )),
        }
    }
}
