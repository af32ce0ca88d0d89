//! What sshp says of a failed commit: the kind of failure, and each remedy in a sentence.

use std::path::Path;

use nix::unistd::{Uid, User};
use sshp_commit::{Denied, ErrorKind as Commit, InPlace, Remedy, user_name};

use crate::error::{Error, ErrorKind};
use crate::shell;

/// The failure as the application has it.
pub(super) fn error(error: sshp_commit::Error) -> Error {
    let kind = match *error.kind {
        Commit::Changed(_) | Commit::ChangedSince { .. } => ErrorKind::Changed,
        Commit::HardLinks { .. }
        | Commit::ChangedTwice(_)
        | Commit::UnexpectedFile(_)
        | Commit::ForeignOwner { .. }
        | Commit::WritableByOthers { .. }
        | Commit::NotOurs { .. }
        | Commit::LinkOfAnother { .. }
        | Commit::NotKeepable { .. }
        | Commit::KeyGone(_)
        | Commit::OnlyCopy { .. } => ErrorKind::Refused,
        Commit::Io { .. }
        | Commit::NotRegular { .. }
        | Commit::TooLarge(_)
        | Commit::Folder(_)
        | Commit::LinkLoop(_)
        | Commit::ForeignGroup { .. }
        | Commit::ReadBack(_)
        | Commit::Locked { .. }
        | Commit::DamagedEntry { .. }
        | Commit::NoNumberLeft { .. }
        | Commit::Rights { .. }
        | Commit::UnfinishedOfAnother { .. } => ErrorKind::Failed,
    };
    let hints = hints(&error);
    hints.into_iter().fold(Error::from(error).with_kind(kind), Error::hint)
}

/// What helps, a sentence each.
pub(super) fn hints(error: &sshp_commit::Error) -> Vec<String> {
    error.remedies.iter().map(hint).collect()
}

fn hint(remedy: &Remedy) -> String {
    let quote = |path: &Path| shell::quote(path);
    match remedy {
        Remedy::NothingChanged => "nothing was changed".to_owned(),
        Remedy::NotTakenBack(why) => format!(
            "some of it is written and could not be put back ({why}); the next change goes on with it"
        ),
        Remedy::WriteInPlace(what) => in_place(*what).to_owned(),
        Remedy::ChangeGroup(path, gid) => format!("`chgrp {gid} {}` gives it yours", quote(path)),
        Remedy::ShowAttributes(path) => format!(
            "`lsattr {}` shows `i` or `a` where it was made immutable with chattr",
            quote(path)
        ),
        Remedy::OtherStateFolder => {
            "`SSHP_STATE_DIR` names another folder for sshp's locks, journal and backups, on a local disk"
                .to_owned()
        }
        Remedy::LinkLeadsThere(path) => format!("`{}` leads there", path.display()),
        Remedy::NewFileIn(folder) => format!(
            "a file is replaced by a new one, which could not be made in `{}`",
            folder.display()
        ),
        Remedy::RunAsOwner => "run sshp as that user".to_owned(),
        Remedy::RunAsOrTakeOver { owner, user, path } => format!(
            "run sshp as {}, or take it over with `sudo chown -R {user} {}`",
            user_name(*owner),
            quote(path)
        ),
        Remedy::Denied(denied) => self::denied(denied),
        Remedy::DenyOthers(path) => format!("`chmod go-w {}`, then try again", quote(path)),
        Remedy::Remove(path) => format!("`rm -r {}`, then try again", quote(path)),
        Remedy::RemoveNumber(state, name) => {
            format!("`rm {}/*/{name}`, then try again", quote(state))
        }
        Remedy::FreeLock(path) => {
            format!("if it has ended, `rm {}` frees the lock", quote(path))
        }
        Remedy::Continue(pid) => format!("it is stopped; `kill -CONT {pid}` lets it go on"),
        Remedy::WaitFor(pid) => format!("wait for it, or end it with `kill {pid}`"),
        Remedy::RemoveEntry(path) => format!(
            "`rm {}` goes on without it; what it tells of is then not taken back or finished",
            quote(path)
        ),
        Remedy::DropEntry(path) => format!("`rm {}` drops it", quote(path)),
        Remedy::OtherConfig => {
            "if another config includes it, run the same command with `-F` and that config"
                .to_owned()
        }
        Remedy::TakeBackByHand => "take that back by hand, then `sshp undo` again".to_owned(),
        Remedy::EarlierTexts(folder) => {
            format!("earlier texts of the file are in `{}`", folder.display())
        }
        Remedy::CopyKeyAgain(origin) => {
            format!("`sshp key import {}` copies it again", quote(origin))
        }
        Remedy::CopyKeyBack(origin) => {
            format!("copy it to `{}` first, if it shall go", origin.display())
        }
        Remedy::OwnHome => {
            "`sudo -H sshp …` takes root's own home, and `SSHP_STATE_DIR` names another state folder"
                .to_owned()
        }
        Remedy::RunAsLinkOwner => {
            "root writes behind a user's link only what is that user's; run sshp as that user"
                .to_owned()
        }
        Remedy::ShowMount(path) => format!("`findmnt -T {}` names the mount", quote(path)),
        Remedy::ShowFreeSpace(path) => format!("`df -h {}` shows what is left", quote(path)),
        Remedy::AllowMoreFiles => "`ulimit -n 1024` allows more, then try again".to_owned(),
    }
}

fn in_place(keeps: InPlace) -> &'static str {
    match keeps {
        InPlace::HardLinks => {
            "`--in-place` writes into the file and keeps them; a crash in that moment is mended from the backup"
        }
        InPlace::Mount => {
            "`--in-place` writes into it; a crash in that moment is mended from the backup"
        }
        InPlace::Owner => "`--in-place` writes into the file and keeps its owner",
        InPlace::Group => "`--in-place` writes into the file and keeps its group",
    }
}

/// How the user gets the right to write.
fn denied(Denied { path, is_folder, owner, user }: &Denied) -> String {
    let quoted = shell::quote(path);
    if owner == user {
        let rights = if *is_folder { "u+rwx" } else { "u+rw" };
        return format!("`chmod {rights} {quoted}` gives you that right");
    }
    let (name, shown) = (user_name(*owner), path.display());
    let belongs = format!("`{shown}` belongs to {name}, and this is {}", user_name(*user));
    let all = if *is_folder { "-R " } else { "" };
    if Uid::effective().is_root() {
        return format!("{belongs}, whose rights root takes there: `chown {all}{user} {quoted}`");
    }
    let home = User::from_uid(*user).ok().flatten().map(|user| user.dir);
    if home.is_some_and(|home| path.starts_with(home)) {
        format!("{belongs}: `sudo chown {all}{user} {quoted}` takes it over")
    } else {
        format!("{belongs}: run sshp as {name}")
    }
}
