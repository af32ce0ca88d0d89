//! With whose rights files are written: below a folder of another user, root works with that user's.
//!
//! `sudo -E` and `su` keep `$HOME`, so root can be asked to write in a user's home. What root makes
//! there belongs to the user from its first moment, and no link or folder that the user swaps in leads
//! to a file that the user could not write. sshd does the same (uidswap.c: temporarily_use_uid).

use std::cell::Cell;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::marker::PhantomData;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use nix::unistd::{Gid, Uid};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::file::absolute;
use crate::{Error, ErrorKind, Remedy, Result};

/// The kernel's own bound of a chain of links (path_resolution(7)).
const LINKS: usize = 40;

/// A user and the group that new files get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: Uid,
    gid: Gid,
}

const ROOT: Owner = Owner { uid: Uid::from_raw(0), gid: Gid::from_raw(0) };

thread_local! {
    /// The user whose rights are the most that this thread may take.
    static LIMIT: Cell<Option<Owner>> = const { Cell::new(None) };
    /// The user whose rights this thread has taken.
    static TAKEN: Cell<Option<Owner>> = const { Cell::new(None) };
}

/// The rights of a folder's owner; the former ones come back when it is dropped.
pub struct Rights {
    before: Option<Owner>,
    limit_before: Option<Owner>,
    /// They are those of a thread.
    _thread: PhantomData<*const ()>,
}

impl Rights {
    /// Takes the rights with which files in a folder are read and written: root takes those of the
    /// first other user who owns a folder or a link on the way there. Everybody else keeps their own.
    ///
    /// # Errors
    /// When the system does not let root take them.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        Rights::take(LIMIT.get().or(owner_for_root(folder)?), LIMIT.get(), folder)
    }

    /// Takes them, and no other until it is dropped: for what the files of that folder ask to be done.
    ///
    /// # Errors
    /// As [`Rights::in_folder`].
    pub(crate) fn only_of(folder: &Path) -> Result<Self> {
        let owner = LIMIT.get().or(owner_for_root(folder)?);
        Rights::take(owner, owner, folder)
    }

    fn take(owner: Option<Owner>, limit: Option<Owner>, folder: &Path) -> Result<Self> {
        let rights =
            Rights { before: TAKEN.get(), limit_before: LIMIT.get(), _thread: PhantomData };
        become_owner(owner).map_err(|cause| {
            let uid = owner.unwrap_or(ROOT).uid;
            Error::new(ErrorKind::Rights { folder: folder.to_owned(), uid, cause })
                .remedy(Remedy::RunAsOwner)
        })?;
        LIMIT.set(limit);
        Ok(rights)
    }
}

impl Drop for Rights {
    fn drop(&mut self) {
        LIMIT.set(self.limit_before);
        // Root's rights can always be taken again.
        let _ = become_owner(self.before);
    }
}

/// The user whose rights files are read and written with.
pub(crate) fn user() -> Uid {
    TAKEN.get().map_or_else(nix::unistd::geteuid, |owner| owner.uid)
}

/// The owner whose rights root has to take for a folder; other users cannot take any.
fn owner_for_root(folder: &Path) -> Result<Option<Owner>> {
    if nix::unistd::geteuid().is_root() { owner_of(folder) } else { Ok(None) }
}

/// The first user but root who owns a folder or a link on the way to a folder: what comes after it
/// is in that user's hands. A folder that is missing ends the way.
///
/// # Errors
/// When a folder of the way cannot be looked at, or links lead round in a circle.
pub fn owner_of(folder: &Path) -> Result<Option<Owner>> {
    let explain = |e: io::Error, path: &Path| Error::io(e, "find", path);
    let mut rest: VecDeque<OsString> = parts(&absolute(folder)?);
    let (mut at, mut links) = (PathBuf::from("/"), 0);
    while let Some(part) = rest.pop_front() {
        if part == ".." {
            at.pop();
            continue;
        }
        let next = at.join(part);
        let found = match std::fs::symlink_metadata(&next) {
            Ok(found) => found,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(explain(e, &next)),
        };
        let (uid, gid) = (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()));
        if !uid.is_root() {
            return Ok(Some(Owner { uid, gid }));
        }
        if found.is_symlink() {
            links += 1;
            if links > LINKS {
                return Err(explain(rustix::io::Errno::LOOP.into(), &next));
            }
            let target = std::fs::read_link(&next).map_err(|e| explain(e, &next))?;
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            for part in parts(&target).into_iter().rev() {
                rest.push_front(part);
            }
        } else {
            at = next;
        }
    }
    Ok(None)
}

/// Requires of a file behind links, when root is to write it, that the user whose link leads there owns
/// the place, too.
///
/// # Errors
/// When it is another's.
pub(crate) fn require_own_link(path: &Path, real: &Path) -> Result<()> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    let parent = |path: &Path| owner_of(path.parent().unwrap_or(path));
    let mut at = absolute(path)?;
    let mut through = parent(&at)?.map(|owner| owner.uid);
    // `follow` found an end to them.
    while let (None, Ok(target)) = (through, std::fs::read_link(&at)) {
        let owner = std::fs::symlink_metadata(&at).map(|found| Uid::from_raw(found.uid()));
        through = owner.ok().filter(|owner| !owner.is_root());
        at = at.parent().unwrap_or(&at).join(target);
        through = through.or(parent(&at)?.map(|owner| owner.uid));
    }
    let there = parent(real)?.map(|owner| owner.uid);
    if through.is_none() || through == there {
        return Ok(());
    }
    let (path, real) = (path.to_owned(), real.to_owned());
    let kind = ErrorKind::LinkOfAnother { path, real, uid: through.unwrap_or(ROOT.uid) };
    Err(Error::new(kind).remedy(Remedy::RunAsLinkOwner))
}

/// Requires that the text of a file, which the journal and the backups keep, is one that the owner of
/// the state folder can read without them. Root's own file is changed under root's state folder.
///
/// # Errors
/// When only root could read it.
pub(crate) fn require_keepable(state: &Path, real: &Path) -> Result<()> {
    let Some(keeper) = owner_for_root(state)? else { return Ok(()) };
    let folder = real.parent().unwrap_or(real);
    let readable = {
        let _rights = Rights::in_folder(state)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        rustix::fs::open(real, flags, Mode::empty())
    };
    let can = match readable {
        Ok(_) => true,
        Err(Errno::NOENT) => owner_of(folder)?.is_some_and(|owner| owner.uid == keeper.uid),
        Err(_) => false,
    };
    if can {
        return Ok(());
    }
    let (path, state) = (real.to_owned(), state.to_owned());
    let kind = ErrorKind::NotKeepable { path, state, user: keeper.uid };
    Err(Error::new(kind).remedy(Remedy::OwnHome))
}

fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            _ => None,
        })
        .collect()
}

/// Takes the rights of a user, or of root again, for the files that this thread opens.
fn become_owner(owner: Option<Owner>) -> io::Result<()> {
    if owner == TAKEN.get() {
        return Ok(());
    }
    system::take(owner)?;
    TAKEN.set(owner);
    Ok(())
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::sync::OnceLock;

    use nix::unistd::{Gid, Uid, User, getgrouplist, getgroups, setfsgid, setfsuid, setgroups};

    use super::{Owner, ROOT};

    /// setfsuid(2) is of one thread, and root's capabilities for files go and come with it.
    pub(crate) fn take(owner: Option<Owner>) -> io::Result<()> {
        static GROUPS: OnceLock<Vec<Gid>> = OnceLock::new();
        let own = GROUPS.get_or_init(|| getgroups().unwrap_or_default());
        let groups = owner.map_or_else(|| own.clone(), groups_of);
        let Owner { uid, gid } = owner.unwrap_or(ROOT);
        // In a user namespace it may be forbidden; the owner's rights are enough then.
        let _ = setgroups(&groups);
        // They tell the former id, and of an id that there is not, the one that holds.
        setfsgid(gid);
        setfsuid(uid);
        let none = u32::MAX;
        if setfsuid(Uid::from_raw(none)) == uid && setfsgid(Gid::from_raw(none)) == gid {
            return Ok(());
        }
        if owner.is_some() {
            take(None)?;
        }
        Err(rustix::io::Errno::PERM.into())
    }

    fn groups_of(owner: Owner) -> Vec<Gid> {
        let user = User::from_uid(owner.uid).ok().flatten();
        let name = user.and_then(|user| std::ffi::CString::new(user.name).ok());
        name.and_then(|name| getgrouplist(&name, owner.gid).ok()).unwrap_or_else(|| vec![owner.gid])
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    use nix::unistd::{setegid, seteuid};

    use super::{Owner, ROOT};

    /// The effective ids, which are those of the whole process.
    pub(crate) fn take(owner: Option<Owner>) -> io::Result<()> {
        seteuid(ROOT.uid)?;
        let Owner { uid, gid } = owner.unwrap_or(ROOT);
        setegid(gid)?;
        seteuid(uid)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};

    use super::*;

    const USER: u32 = 12345;

    fn home() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("u")).unwrap();
        chown(dir.path().join("u"), Some(USER), Some(USER)).unwrap();
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711))
            .unwrap();
        dir
    }

    fn uid_of(path: &Path) -> Option<u32> {
        owner_of(path).unwrap().map(|owner| owner.uid.as_raw())
    }

    #[test]
    fn the_first_other_user_on_the_way_is_the_owner() {
        sshp_testing::needs!("root");
        let dir = home();
        let (root, user) = (dir.path().join("root"), dir.path().join("u"));
        std::fs::create_dir_all(user.join("a/b")).unwrap();
        std::fs::create_dir(&root).unwrap();
        symlink(&user, root.join("to-user")).unwrap();
        symlink("/", root.join("of-user")).unwrap();
        lchown(root.join("of-user"), Some(USER), None).unwrap();
        for (path, owner) in [
            (user.join("a/b"), Some(USER)),
            (user.join("not/there"), Some(USER)),
            (root.clone(), None),
            (root.join("not/there"), None),
            (root.join("to-user/a"), Some(USER)),
            (root.join("of-user/etc"), Some(USER)),
            (user.join("../root"), Some(USER)),
        ] {
            assert_eq!(uid_of(&path), owner, "{}", path.display());
        }
    }

    #[test]
    fn root_has_the_rights_of_the_owner_until_they_are_dropped() {
        sshp_testing::needs!("root");
        let dir = home();
        let (secret, user) = (dir.path().join("secret"), dir.path().join("u"));
        std::fs::write(&secret, "x").unwrap();
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .unwrap();
        {
            let _rights = Rights::in_folder(&user).unwrap();
            std::fs::write(user.join("made"), "x").unwrap();
            assert!(std::fs::read(&secret).is_err());
            {
                let _root = Rights::in_folder(dir.path()).unwrap();
                assert!(std::fs::read(&secret).is_ok());
            }
            assert!(std::fs::read(&secret).is_err());
        }
        assert!(std::fs::read(&secret).is_ok());
        assert_eq!(std::fs::metadata(user.join("made")).unwrap().uid(), USER);
    }

    #[test]
    fn what_a_users_file_asks_for_gets_no_more_than_the_users_rights() {
        sshp_testing::needs!("root");
        let dir = home();
        let user = dir.path().join("u");
        let _only = Rights::only_of(&user).unwrap();
        let _root = Rights::in_folder(dir.path()).unwrap();
        assert_eq!(super::user().as_raw(), USER);
        assert!(std::fs::write(dir.path().join("made"), "x").is_err());
    }
}
