//! Why a change was not made, as data; and what a person can do about it, for the caller to word.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;
use rustix::io::Errno;

use crate::entry::Damage;
use crate::lock::Holder;
use crate::rights;
use crate::user::user_name;

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure: what happened, and what helps.
#[derive(Debug)]
pub struct Error {
    /// What happened.
    pub kind: Box<ErrorKind>,
    /// What a person can do about it, in the order to say it in.
    pub remedies: Vec<Remedy>,
}

/// What happened. The text of each says it without what helps.
#[derive(Debug, thiserror::Error)]
pub enum ErrorKind {
    /// The file holds other bytes than the change was planned on.
    #[error("`{}` changed on disk while it was being edited", .0.display())]
    Changed(PathBuf),
    /// A file is no longer as the change that is to be taken back left it.
    #[error("`{}` was changed since `{command}` (change {id}){}", path.display(), Indented(.diff))]
    ChangedSince {
        /// The file.
        path: PathBuf,
        /// The command of the change.
        command: String,
        /// The number of the change.
        id: u64,
        /// Lines of a diff from what the change left to what the file holds now.
        diff: Vec<String>,
    },
    /// The system refused a step on a file.
    #[error("cannot {step} `{}`: {}", path.display(), reason(cause))]
    Io {
        /// The step, as a verb: `replace`, `open the folder`.
        step: Cow<'static, str>,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A folder, a FIFO, a socket or a device.
    #[error("`{}` is {what}, not a regular file", path.display())]
    NotRegular {
        /// Where it is.
        path: PathBuf,
        /// What it is, with its article.
        what: &'static str,
    },
    /// A file of more than [`crate::LARGEST`] bytes.
    #[error("`{}` is larger than {} MiB, the most that sshp reads", .0.display(), crate::LARGEST >> 20)]
    TooLarge(PathBuf),
    /// A path without a file name.
    #[error("`{}` is a folder", .0.display())]
    Folder(PathBuf),
    /// More symbolic links than the kernel follows.
    #[error("`{}`: too many levels of symbolic links", .0.display())]
    LinkLoop(PathBuf),
    /// A file with other names, which a replacement would cut off.
    #[error("`{}` has {count} hard links; replacing it would cut it off from the others", path.display())]
    HardLinks {
        /// The file.
        path: PathBuf,
        /// How many names it has.
        count: u64,
    },
    /// A file whose group the user is not in.
    #[error("`{}` has the group {gid}, which you are not in", path.display())]
    ForeignGroup {
        /// The file.
        path: PathBuf,
        /// The group.
        gid: u32,
    },
    /// The disk gave back other bytes than were written.
    #[error("cannot write `{}`: what was written does not read back the same", .0.display())]
    ReadBack(PathBuf),
    /// One change names a file by two paths.
    #[error("`{}` would be changed twice, once by another name", .0.display())]
    ChangedTwice(PathBuf),
    /// Another process holds the lock of a file.
    #[error("`{}` is being written by another sshp{holder}", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// An entry of the journal that cannot be relied on.
    #[error("the journal entry `{}` is damaged: {what}", path.display())]
    DamagedEntry {
        /// The file of the entry.
        path: PathBuf,
        /// What is wrong with it.
        what: EntryFault,
    },
    /// An entry of the journal that names a file which the caller never writes.
    #[error("an entry of the journal names `{}`, which is no file of this config, of known_hosts or of sshp", .0.display())]
    UnexpectedFile(PathBuf),
    /// A file or folder of the state that belongs to another user.
    #[error("`{}` belongs to {}, and this is {}", path.display(), user_name(*owner), user_name(*user))]
    ForeignOwner {
        /// The file or folder.
        path: PathBuf,
        /// Who owns it.
        owner: Uid,
        /// Whose rights files are written with.
        user: Uid,
    },
    /// A file or folder of the state that others can write.
    #[error("`{}` can be written by other users (mode {mode:04o}), and says what sshp writes", path.display())]
    WritableByOthers {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Something in the state folder that was not made by this crate.
    #[error("`{}` {what}, and is no file that sshp made", path.display())]
    NotOurs {
        /// Where it is.
        path: PathBuf,
        /// What it is, as a predicate: `is a folder`.
        what: String,
    },
    /// The largest number of a journal is taken.
    #[error("there is no number after `{name}`, which a file in `{}` or `journal` has", folder.display())]
    NoNumberLeft {
        /// The file with that number.
        name: String,
        /// A folder of numbered files.
        folder: PathBuf,
    },
    /// Root could not take the rights of the user who owns a folder.
    #[error("cannot write in `{}` with the rights of user {uid}, who owns it: {cause}", folder.display())]
    Rights {
        /// The folder.
        folder: PathBuf,
        /// Its owner.
        uid: Uid,
        /// What the system said.
        cause: io::Error,
    },
    /// A link of one user that leads root to a file of another.
    #[error("`{}` leads to `{}`, and user {uid} who decides that could not write there", path.display(), real.display())]
    LinkOfAnother {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        real: PathBuf,
        /// Whose link it is.
        uid: Uid,
    },
    /// A file whose text the owner of the state folder could read only in the journal.
    #[error(
        "{} cannot read `{}`, and owns the state folder `{}`, where its text is kept for `sshp undo`",
        user_name(*user), path.display(), state.display()
    )]
    NotKeepable {
        /// The file.
        path: PathBuf,
        /// The state folder.
        state: PathBuf,
        /// Who owns the state folder.
        user: Uid,
    },
    /// A private key that is gone: no text of it is kept.
    #[error("`{}` cannot come back: nothing of a private key is kept", .0.display())]
    KeyGone(PathBuf),
    /// A private key whose original is gone.
    #[error(
        "`{}` may be the only copy of this key: `{}`, where it came from, is gone",
        path.display(), origin.display()
    )]
    OnlyCopy {
        /// The key.
        path: PathBuf,
        /// Where it was copied from.
        origin: PathBuf,
    },
    /// An interrupted change that another user has to finish.
    #[error(
        "it was made in `{}`, which belongs to {}; the next change that {} makes with sshp finishes it",
        state.display(), user_name(*owner), user_name(*owner)
    )]
    UnfinishedOfAnother {
        /// The state folder.
        state: PathBuf,
        /// Who owns it.
        owner: Uid,
    },
}

/// What is wrong with an entry of the journal.
#[derive(Debug, thiserror::Error)]
pub enum EntryFault {
    /// It cannot be opened or read.
    #[error("{0}")]
    Unreadable(Box<ErrorKind>),
    /// It is no JSON of an entry.
    #[error("{0}")]
    Json(serde_json::Error),
    /// It says what no entry says.
    #[error("{0}")]
    Damage(Damage),
}

/// What a person can do about a failure. The caller words it: it knows its own flags and commands.
#[derive(Debug)]
pub enum Remedy {
    /// Nothing to do: all files are as they were.
    NothingChanged,
    /// Part of the change is written and could not be taken back; the next change finishes it.
    NotTakenBack(Box<Error>),
    /// Write into the file instead of replacing it ([`crate::CommitOptions::in_place`]).
    WriteInPlace(InPlace),
    /// Give the file the user's own group.
    ChangeGroup(PathBuf, u32),
    /// See whether the file was made immutable with chattr(1).
    ShowAttributes(PathBuf),
    /// Keep locks, journal and backups in another folder, on a local disk.
    OtherStateFolder,
    /// The link that leads to the file of the failure.
    LinkLeadsThere(PathBuf),
    /// A file is replaced by a new one in this folder.
    NewFileIn(PathBuf),
    /// Run the command as the user who owns the folder.
    RunAsOwner,
    /// Run the command as the owner, or take the file or folder over.
    RunAsOrTakeOver {
        /// Who owns it.
        owner: Uid,
        /// Whose rights files are written with.
        user: Uid,
        /// The file or folder.
        path: PathBuf,
    },
    /// The first file or folder on the way that does not let the user write.
    Denied(Denied),
    /// Take the rights of others to write away.
    DenyOthers(PathBuf),
    /// Remove what is in the way, then try again.
    Remove(PathBuf),
    /// Remove the files with this name from all folders of a state folder.
    RemoveNumber(PathBuf, String),
    /// Remove the lock file, if its holder has ended.
    FreeLock(PathBuf),
    /// Let the stopped process go on.
    Continue(u32),
    /// Wait for the process, or end it.
    WaitFor(u32),
    /// Remove the damaged entry; its change is then not taken back or finished.
    RemoveEntry(PathBuf),
    /// Remove the entry of an interrupted change; it is then dropped.
    DropEntry(PathBuf),
    /// Name the config whose files the entry is about.
    OtherConfig,
    /// Take the later change back by hand, then undo.
    TakeBackByHand,
    /// Earlier texts of the file are in this folder.
    EarlierTexts(PathBuf),
    /// Copy the key from its origin again.
    CopyKeyAgain(PathBuf),
    /// Copy the key to its origin first.
    CopyKeyBack(PathBuf),
    /// Use root's own home or another state folder.
    OwnHome,
    /// Root writes behind a user's link only what is that user's.
    RunAsLinkOwner,
    /// See which mount a path is on.
    ShowMount(PathBuf),
    /// See how much room is left where a path is.
    ShowFreeSpace(PathBuf),
    /// Allow more open files (`ulimit -n`).
    AllowMoreFiles,
}

/// What of a file writing in place keeps, where replacing cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InPlace {
    /// Its other names.
    HardLinks,
    /// The mount on it.
    Mount,
    /// Its owner.
    Owner,
    /// Its group.
    Group,
}

/// Why the user may not write.
#[derive(Debug)]
pub struct Denied {
    /// The file, or a folder above it.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Who owns it: another user, or the same, who has no right by its mode.
    pub owner: Uid,
    /// Whose rights files are written with.
    pub user: Uid,
}

impl Error {
    /// A failure for which nothing helps so far.
    pub fn new(kind: ErrorKind) -> Self {
        Error { kind: Box::new(kind), remedies: Vec::new() }
    }

    /// A step on a file that the system refused, with what helps against its reason.
    pub fn io(
        cause: impl Into<io::Error>,
        step: impl Into<Cow<'static, str>>,
        path: &Path,
    ) -> Self {
        let cause = cause.into();
        let there = || existing(path).to_owned();
        let remedy = match errno(&cause) {
            Some(Errno::PERM | Errno::ACCESS) => denied(path).map(Remedy::Denied),
            Some(Errno::ROFS) => Some(Remedy::ShowMount(there())),
            Some(Errno::NOSPC) => Some(Remedy::ShowFreeSpace(there())),
            Some(Errno::MFILE) => Some(Remedy::AllowMoreFiles),
            _ => None,
        };
        let kind = ErrorKind::Io { step: step.into(), path: path.to_owned(), cause };
        Error { kind: Box::new(kind), remedies: remedy.into_iter().collect() }
    }

    /// As [`Error::io`], for a file of the state folder, which can be another one.
    pub fn io_in_state(
        cause: impl Into<io::Error>,
        step: impl Into<Cow<'static, str>>,
        path: &Path,
    ) -> Self {
        Error::io(cause, step, path).remedy(Remedy::OtherStateFolder)
    }

    /// Adds what helps.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedies.push(remedy);
        self
    }

    /// Whether a file holds other bytes than the change was planned on.
    pub fn is_changed(&self) -> bool {
        matches!(*self.kind, ErrorKind::Changed(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}

/// Lines below the first one of a message.
struct Indented<'a>(&'a [String]);

impl fmt::Display for Indented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

fn errno(cause: &io::Error) -> Option<Errno> {
    cause.raw_os_error().map(Errno::from_raw_os_error)
}

/// What the system said, in words about files.
fn reason(cause: &io::Error) -> Cow<'static, str> {
    let known = match errno(cause) {
        Some(Errno::ROFS) => "the file system is read-only",
        Some(Errno::NOSPC) => "the disk is full",
        Some(Errno::DQUOT) => "the disk quota is used up",
        Some(Errno::FBIG) => "it would be larger than the limit (`ulimit -f`) allows",
        Some(Errno::MFILE) => "too many files are open for the limit of this process (`ulimit -n`)",
        Some(Errno::NFILE) => "too many files are open on this machine",
        Some(Errno::BUSY) => "it is a mount point of its own (a bind mount?)",
        Some(Errno::PERM) => "operation not permitted",
        Some(Errno::ACCESS) => "permission denied",
        Some(Errno::XDEV) => "the file system does not rename within this folder",
        Some(Errno::LOOP) => "it is a symbolic link that is not followed",
        Some(Errno::IO) => "the disk reports an error",
        _ => return cause.to_string().into(),
    };
    known.into()
}

/// The file, or the folder above it that is there.
fn existing(path: &Path) -> &Path {
    let there = |path: &&Path| path.symlink_metadata().is_ok();
    path.ancestors().find(there).unwrap_or(path)
}

/// Of the file and its folder the first that another user owns or that its owner may not write.
fn denied(path: &Path) -> Option<Denied> {
    use std::os::unix::fs::MetadataExt;
    let user = rights::user();
    for path in [existing(path), existing(path).parent()?] {
        let Ok(found) = path.metadata() else { continue };
        let owner = Uid::from_raw(found.uid());
        let wanted = if found.is_dir() { 0o300 } else { 0o200 };
        // What all users can write, as `/tmp`, is no reason.
        let is_foreign = owner != user && found.mode() & 0o002 == 0;
        if is_foreign || (owner == user && found.mode() & wanted != wanted) {
            return Some(Denied { path: path.to_owned(), is_folder: found.is_dir(), owner, user });
        }
    }
    None
}
