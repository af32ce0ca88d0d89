//! The private keys that sessions name: where each is on this machine, and which has to be copied to `~/.ssh`
//! for ssh to load it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use sshp_keys::{Format, KeyFile};
use sshp_splice::ChangeSet;

use crate::ctx::Ctx;
use crate::keys::public::describe;
use crate::profile_keys::{Imported, prepare};
use crate::shell;

/// Where WSL shows the drives of Windows.
const DRIVES: &str = "/mnt";

/// The keys of an import.
pub(super) struct Keys {
    /// What `~/.ssh` is in the input: another folder for a config of another home.
    ssh_folder: PathBuf,
    home: PathBuf,
    /// The profile of the user in Windows, where the input lies in one.
    windows_home: Option<PathBuf>,
    /// Whether the keys are those of another home, and have to come along.
    is_elsewhere: bool,
    found: RefCell<BTreeMap<String, Found>>,
}

/// What became of a key.
enum Found {
    /// It stays where it is.
    Here(PathBuf),
    /// It is copied or converted.
    Copied(Box<Imported>),
    /// Nothing comes of it; what helps, where something does.
    Left(Option<String>),
}

impl Keys {
    /// The keys of an input. `config_folder` is the one that a config of ssh is in.
    pub(super) fn new(ctx: &Ctx, input: Option<&Path>, config_folder: Option<&Path>) -> Self {
        let input = input.and_then(|path| std::path::absolute(path).ok());
        let folder = config_folder.and_then(|folder| std::path::absolute(folder).ok());
        let ssh_folder = folder.unwrap_or_else(|| ctx.paths.ssh_dir.clone());
        let is_elsewhere = ssh_folder != ctx.paths.ssh_dir;
        let home = ssh_folder.parent().filter(|_| is_elsewhere).unwrap_or(&ctx.env.home);
        let parts = input.iter().flat_map(|path| path.components()).collect::<Vec<_>>();
        // `/mnt/c/Users/NAME/…`
        let in_windows = parts.len() > 5
            && input.as_ref().is_some_and(|path| path.starts_with(DRIVES))
            && parts[3].as_os_str().eq_ignore_ascii_case("Users");
        Keys {
            is_elsewhere,
            home: home.to_owned(),
            ssh_folder,
            windows_home: in_windows.then(|| parts[..5].iter().collect()),
            found: RefCell::default(),
        }
    }

    /// The file that a profile logs in with for a key that a session names; `None` where it stays behind.
    pub(super) fn path(&self, ctx: &Ctx, name: &str) -> Option<PathBuf> {
        let mut found = self.found.borrow_mut();
        if !found.contains_key(name) {
            let is_taken = |path: &Path| {
                found.values().any(|found| matches!(found, Found::Copied(it) if it.path == path))
            };
            let new = self.find(ctx, name, is_taken);
            found.insert(name.to_owned(), new);
        }
        match found.get(name)? {
            Found::Here(path) => Some(path.clone()),
            Found::Copied(imported) => Some(imported.path.clone()),
            Found::Left(_) => None,
        }
    }

    fn find(&self, ctx: &Ctx, name: &str, is_taken: impl Fn(&Path) -> bool) -> Found {
        let Some(path) = self.place(name).filter(|path| path.is_file()) else {
            return Found::Left(None);
        };
        let Ok(described) = describe(&path) else { return Found::Left(None) };
        let KeyFile::Private { format, .. } = described.kind else { return Found::Left(None) };
        let is_ppk = format == Format::Ppk;
        let is_of_other_home = self.is_elsewhere && !path.starts_with(&ctx.env.home);
        if !is_ppk && !is_of_other_home && !path.starts_with(DRIVES) {
            return Found::Here(path);
        }
        let command = format!("`sshp key import {}`", shell::quote(&path));
        if is_ppk && described.kind.is_encrypted() {
            return Found::Left(Some(format!(
                "{command} asks for its passphrase, and converts it"
            )));
        }
        match prepare(ctx, &path, None) {
            Ok(imported) if is_taken(&imported.path) => Found::Left(Some(format!(
                "another key comes to `{}`; {command} `--out FILE` names another place",
                imported.path.display()
            ))),
            Ok(imported) => Found::Copied(Box::new(imported)),
            Err(error) => Found::Left(Some(error.source.to_string())),
        }
    }

    /// Where a key is on this machine, by a path of it or of Windows.
    fn place(&self, name: &str) -> Option<PathBuf> {
        let slashes = name.replace('\\', "/");
        if let Some(rest) = slashes.strip_prefix("~/.ssh/") {
            return Some(self.ssh_folder.join(rest));
        }
        if let Some(rest) = slashes.strip_prefix("~/") {
            return Some(self.home.join(rest));
        }
        let profile = "%USERPROFILE%/";
        if let Some(rest) = slashes.get(profile.len()..)
            && slashes[..profile.len()].eq_ignore_ascii_case(profile)
        {
            return Some(self.windows_home.as_ref()?.join(rest));
        }
        match slashes.as_bytes() {
            [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => {
                let drive = char::from(drive.to_ascii_lowercase());
                Some(Path::new(DRIVES).join(drive.to_string()).join(&slashes[3..]))
            }
            [b'/', ..] => Some(PathBuf::from(name)),
            _ => None,
        }
    }

    /// What is done with keys, a line for each, for the table.
    pub(super) fn told(&self, used: &HashSet<&str>) -> Vec<String> {
        let found = self.found.borrow();
        let line = |(name, found): (&String, &Found)| match found {
            Found::Here(_) | Found::Left(None) => None,
            Found::Copied(imported) => {
                Some(format!("key `{name}` → `{}`", imported.path.display()))
            }
            Found::Left(Some(why)) => Some(format!("key `{name}` stays behind: {why}")),
        };
        found.iter().filter(|(name, _)| used.contains(name.as_str())).filter_map(line).collect()
    }

    /// Lets the copies come with a change, where one of its profiles logs in with them.
    pub(super) fn join(&self, used: &HashSet<&str>, change: &mut ChangeSet) {
        for (name, found) in self.found.borrow().iter() {
            if let (Found::Copied(imported), true) = (found, used.contains(name.as_str())) {
                change.files.extend(imported.files.iter().cloned());
            }
        }
    }

    /// After the change: says where the copies are.
    pub(super) fn tell(&self, ctx: &Ctx, used: &HashSet<&str>) {
        for (name, found) in self.found.borrow().iter() {
            if let (Found::Copied(imported), true) = (found, used.contains(name.as_str())) {
                imported.tell(ctx);
            }
        }
    }
}
