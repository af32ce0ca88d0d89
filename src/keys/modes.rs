//! Who else may read a private key, and the repair.
//!
//! Works on one open descriptor, so that nothing swapped in meanwhile is changed.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fchmod, fstat, open};
use sshp_keys::{KeyFile, classify};

use crate::platform;

/// What ssh and we accept: readable, perhaps writable, by the owner alone.
const PRIVATE: [u32; 2] = [0o600, 0o400];
/// The bits that make ssh ignore a key (authfile.c: sshkey_perm_ok).
const OTHERS: u32 = 0o077;

/// A repair that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The permission bits before.
    pub from: u32,
    /// The permission bits now.
    pub to: u32,
}

/// Why modes were not repaired.
#[derive(Debug, thiserror::Error)]
pub enum ModesError {
    /// The file cannot be opened or changed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A symbolic link is not followed.
    #[error("it is a symbolic link; name the file it points to")]
    Link,
    /// A folder, device, socket or FIFO.
    #[error("not a regular file")]
    NotRegular,
    /// The file is another user's.
    #[error("it belongs to user id {0}")]
    NotOwner(u32),
    /// Only private keys are touched.
    #[error("it is not a private key")]
    NotAKey,
    /// The file system does not take modes: WSL's /mnt/c, vfat, some network drives.
    #[error("its mode stays {0:04o}: its file system does not keep modes")]
    NotKept(u32),
}

/// The permission bits, where they make ssh ignore the key: it is ours and others can open it.
///
/// # Errors
/// When the file cannot be looked at.
pub fn too_open(path: &Path) -> io::Result<Option<u32>> {
    let stat = rustix::fs::stat(path)?;
    let ours = stat.st_uid == rustix::process::getuid().as_raw();
    let mode = platform::mode(&stat) & 0o777;
    Ok((ours && mode & OTHERS != 0).then_some(mode))
}

/// Makes a private key 0600, unless it is 0600 or 0400 already.
///
/// # Errors
/// When it is not a private key in a regular file of ours, or cannot be changed.
pub fn repair(path: &Path) -> Result<Option<Repair>, ModesError> {
    let Some((file, repair)) = open_key(path)? else { return Ok(None) };
    change(&file, repair)?;
    Ok(Some(repair))
}

/// Changes a mode and reads it back: some file systems take the call and keep their mode, others
/// refuse it to the owner.
fn change(file: impl AsFd, repair: Repair) -> Result<(), ModesError> {
    match fchmod(&file, platform::permissions(repair.to)) {
        Ok(()) | Err(rustix::io::Errno::PERM | rustix::io::Errno::NOTSUP) => {}
        Err(error) => return Err(ModesError::Io(error.into())),
    }
    let now = platform::mode(&fstat(&file).map_err(io::Error::from)?) & 0o7777;
    if now & OTHERS == 0 { Ok(()) } else { Err(ModesError::NotKept(now)) }
}

/// What [`repair`] would do, done to nothing.
///
/// # Errors
/// As [`repair`], but for what only a change can meet.
pub fn plan_repair(path: &Path) -> Result<Option<Repair>, ModesError> {
    Ok(open_key(path)?.map(|(_, repair)| repair))
}

/// Opens a private key that needs a repair.
fn open_key(path: &Path) -> Result<Option<(std::fs::File, Repair)>, ModesError> {
    let (file, from) = open_own(path, OFlags::empty(), FileType::RegularFile)?;
    if PRIVATE.contains(&from) {
        return Ok(None);
    }
    let file = std::fs::File::from(file);
    let mut head = zeroize::Zeroizing::new(Vec::new());
    (&file).take(64 * 1024).read_to_end(&mut head)?;
    if !matches!(classify(&head), KeyFile::Private { .. }) {
        return Err(ModesError::NotAKey);
    }
    Ok(Some((file, Repair { from, to: 0o600 })))
}

/// Makes the folder of the keys 0700; with `change` unset, only says what would be done.
///
/// # Errors
/// When it is no folder of ours, or cannot be changed.
pub fn repair_folder(path: &Path, change: bool) -> Result<Option<Repair>, ModesError> {
    let (folder, from) = open_own(path, OFlags::DIRECTORY, FileType::Directory)?;
    if from & OTHERS == 0 {
        return Ok(None);
    }
    let repair = Repair { from, to: 0o700 };
    if change {
        self::change(&folder, repair)?;
    }
    Ok(Some(repair))
}

/// Opens what is ours and of one kind, and gives its permission bits.
fn open_own(path: &Path, flags: OFlags, wanted: FileType) -> Result<(OwnedFd, u32), ModesError> {
    let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file: OwnedFd = open(path, flags, Mode::empty()).map_err(|error| match error {
        rustix::io::Errno::LOOP => ModesError::Link,
        error => ModesError::Io(error.into()),
    })?;
    let stat = fstat(&file).map_err(io::Error::from)?;
    if FileType::from_raw_mode(stat.st_mode) != wanted {
        return Err(ModesError::NotRegular);
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(ModesError::NotOwner(stat.st_uid));
    }
    Ok((file, platform::mode(&stat) & 0o7777))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make the files")]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4C\n";

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
    }

    #[test]
    fn only_a_private_key_of_ours_that_others_can_read_is_changed() {
        let dir = tempfile::tempdir().expect("a folder");
        let key = dir.path().join("key");
        for (before, after) in [(0o644, 0o600), (0o600, 0o600), (0o400, 0o400), (0o755, 0o600)] {
            fs::write(&key, KEY).expect("a key");
            fs::set_permissions(&key, Permissions::from_mode(before)).expect("modes");
            let repair = repair(&key).expect("repaired");
            assert_eq!(repair.is_some(), before != after, "{before:o}");
            assert_eq!(mode(&key), after, "{before:o}");
            assert_eq!(too_open(&key).expect("a file"), None);
            fs::remove_file(&key).expect("removed");
        }
        let public = dir.path().join("key.pub");
        fs::write(&public, "ssh-ed25519 AAAAC3 me\n").expect("a public key");
        fs::set_permissions(&public, Permissions::from_mode(0o644)).expect("modes");
        assert!(matches!(repair(&public), Err(ModesError::NotAKey)));
        assert_eq!(mode(&public), 0o644);
        assert_eq!(too_open(&public).expect("a file"), Some(0o644));
        let link = dir.path().join("link");
        symlink(&public, &link).expect("a link");
        assert!(matches!(repair(&link), Err(ModesError::Link)));
        assert!(matches!(repair(dir.path()), Err(ModesError::NotRegular)));
    }
}
