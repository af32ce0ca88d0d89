//! Errors of the system as a person needs them: what was tried, on which file, why, and what helps.

use std::io;
use std::path::Path;

use nix::unistd::{Uid, User};
use rustix::io::Errno;

use super::rights;
use crate::error::Error;
use crate::shell;

/// Says what stopped a step on a file, why, and what can be done about it.
pub(super) fn explain(cause: &io::Error, step: &str, path: &Path) -> Error {
    let errno = cause.raw_os_error().map(Errno::from_raw_os_error);
    let why = match errno {
        Some(Errno::ROFS) => "the file system is read-only".to_owned(),
        Some(Errno::NOSPC) => "the disk is full".to_owned(),
        Some(Errno::DQUOT) => "the disk quota is used up".to_owned(),
        Some(Errno::FBIG) => "it would be larger than the limit (`ulimit -f`) allows".to_owned(),
        Some(Errno::MFILE) => {
            "too many files are open for the limit of this process (`ulimit -n`)".to_owned()
        }
        Some(Errno::NFILE) => "too many files are open on this machine".to_owned(),
        Some(Errno::BUSY) => "it is a mount point of its own (a bind mount?)".to_owned(),
        Some(Errno::PERM) => "operation not permitted".to_owned(),
        Some(Errno::ACCESS) => "permission denied".to_owned(),
        Some(Errno::XDEV) => "the file system does not rename within this folder".to_owned(),
        Some(Errno::LOOP) => "it is a symbolic link that is not followed".to_owned(),
        Some(Errno::IO) => "the disk reports an error".to_owned(),
        _ => cause.to_string(),
    };
    let error = Error::failed(format_args!("cannot {step} `{}`: {why}", path.display()));
    match errno {
        Some(Errno::PERM | Errno::ACCESS) => match rights_hint(path) {
            Some(hint) => error.hint(hint),
            None => error,
        },
        Some(Errno::ROFS) => error
            .hint(format_args!("`findmnt -T {}` names the mount", shell::quote(existing(path)))),
        Some(Errno::NOSPC) => {
            error.hint(format_args!("`df -h {}` shows what is left", shell::quote(existing(path))))
        }
        Some(Errno::MFILE) => error.hint("`ulimit -n 1024` allows more, then try again"),
        _ => error,
    }
}

/// As [`explain`], for a file of the state folder, which can be another one.
pub(super) fn explain_state(cause: &io::Error, step: &str, path: &Path) -> Error {
    in_state(explain(cause, step, path))
}

/// Adds where else locks, journal and backups can be kept.
pub(super) fn in_state(error: Error) -> Error {
    error.hint(
        "`SSHP_STATE_DIR` names another folder for sshp's locks, journal and backups, on a local disk",
    )
}

/// A user as people call them.
pub(super) fn user_name(uid: Uid) -> String {
    match User::from_uid(uid) {
        Ok(Some(user)) => format!("`{}`", user.name),
        _ => format!("user {uid}"),
    }
}

/// The file, or the folder above it that is there.
fn existing(path: &Path) -> &Path {
    let there = |path: &&Path| path.symlink_metadata().is_ok();
    path.ancestors().find(there).unwrap_or(path)
}

/// Who may do it, where that can be seen: of the file and its folder, the first that is another
/// user's or that its owner may not write.
fn rights_hint(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let user = rights::user();
    for path in [existing(path), existing(path).parent()?] {
        let Ok(found) = path.metadata() else { continue };
        let quoted = shell::quote(path);
        let owner = Uid::from_raw(found.uid());
        // What belongs to all, as `/tmp`, is no reason.
        if owner != user && found.mode() & 0o002 == 0 {
            let (owner, me, shown) = (user_name(owner), user_name(user), path.display());
            let hint = format!("`{shown}` belongs to {owner}, and this is {me}");
            let all = if found.is_dir() { "-R " } else { "" };
            if nix::unistd::geteuid().is_root() {
                return Some(format!(
                    "{hint}, whose rights root takes there: `chown {all}{user} {quoted}`"
                ));
            }
            let home = User::from_uid(user).ok().flatten().map(|user| user.dir);
            return Some(if home.is_some_and(|home| path.starts_with(home)) {
                format!("{hint}: `sudo chown {all}{user} {quoted}` takes it over")
            } else {
                format!("{hint}: run sshp as {owner}")
            });
        }
        let wanted = if found.is_dir() { 0o300 } else { 0o200 };
        if owner == user && found.mode() & wanted != wanted {
            let what = if found.is_dir() { "u+rwx" } else { "u+rw" };
            return Some(format!("`chmod {what} {quoted}` gives you that right"));
        }
    }
    None
}
