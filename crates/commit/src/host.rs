//! What the caller of a transaction decides, and what it hears of.

use std::any::Any;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::attributes::ModeChange;
use crate::entry::FileEntry;

/// Tells whether an entry of the journal may be about a file: the entry, and what the file holds and
/// would hold.
pub type Targets<'a> = Box<dyn Fn(&FileEntry, &[&[u8]]) -> bool + 'a>;

/// The program that makes changes.
pub trait Host {
    /// Which files it writes at all. An entry that something else put into the journal could name any
    /// file that its reader may write, so what `undo` and recovery write has to be among these. `asked`
    /// are the files of the entries.
    fn targets(&self, asked: &mut dyn Iterator<Item = PathBuf>) -> Targets<'_>;

    /// Called before the first byte of a change is written; what it gives is dropped after the last.
    /// A program holds back the signals that would end it meanwhile.
    fn hold(&self) -> Box<dyn Any>;

    /// Called where something happened that a person should know and that stops nothing.
    fn event(&self, event: Event<'_>);
}

/// Something that happened, and stops nothing.
#[derive(Debug)]
pub enum Event<'a> {
    /// A file changed meanwhile, so the change is planned anew.
    PlannedAgain(&'a Error),
    /// The change is made, but its entry could not be moved to the journal; the next change moves it.
    NotInJournal(&'a Error),
    /// Others could write a file and cannot any more.
    ModeNarrowed(&'a Path, ModeChange),
    /// An interrupted change that could not be finished, which does not concern this one.
    Unfinished(&'a Error),
    /// An interrupted change was dropped, for it had not begun.
    Dropped {
        /// Its command.
        command: &'a str,
    },
    /// An interrupted change was finished.
    Finished {
        /// Its command.
        command: &'a str,
    },
    /// A file of the interrupted change was changed since, and stays as it is.
    LeftAsItIs(&'a Path),
    /// A private key of the interrupted change has to be copied again.
    KeyNotWritten {
        /// The key that is missing.
        path: &'a Path,
        /// Where it was to be copied from.
        origin: &'a Path,
    },
}

/// Where changes are remembered, and for whom they are made.
#[derive(Clone, Copy)]
pub struct Committer<'a> {
    /// The folder of locks, journal and backups; made where it is missing.
    pub state: &'a Path,
    /// How many former texts of each file are kept, beside the very first.
    pub backups: usize,
    /// The time of the change, in seconds since the epoch.
    pub now: u64,
    /// The program that makes the changes.
    pub host: &'a dyn Host,
}

impl std::fmt::Debug for Committer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Committer").field("state", &self.state).finish_non_exhaustive()
    }
}
