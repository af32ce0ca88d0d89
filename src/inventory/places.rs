//! EDGE: where the programs of this machine keep their sessions, those of Windows as WSL shows them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use sshp_config::pattern;
use sshp_import::Format;

use crate::ctx::Env;

/// The homes of Windows, as WSL shows them.
const WINDOWS_HOMES: &str = "/mnt/c/Users";

/// Folders of [`WINDOWS_HOMES`] that belong to no user.
const NO_HOMES: [&str; 4] = ["All Users", "Default", "Default User", "Public"];

/// What is there to be imported, by the places that programs keep it in.
#[must_use]
pub fn found(env: &Env) -> Vec<(Format, PathBuf)> {
    let putty = env.var("PUTTYDIR").map(|folder| PathBuf::from(folder).join("sessions"));
    let putty =
        putty.into_iter().filter(|folder| folder.is_dir()).map(|path| (Format::Putty, path));
    putty.chain(found_in(&env.home, &windows_homes(Path::new(WINDOWS_HOMES)))).collect()
}

/// Whether this is Linux in Windows.
#[must_use]
pub fn is_in_windows(env: &Env) -> bool {
    env.var("WSL_DISTRO_NAME").is_some() && Path::new(WINDOWS_HOMES).is_dir()
}

fn windows_homes(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_home = |entry: &fs::DirEntry| {
        let is_none = NO_HOMES.iter().any(|name| entry.file_name() == *name);
        !is_none && entry.file_type().is_ok_and(|kind| kind.is_dir())
    };
    let mut homes: Vec<_> = entries.filter(is_home).map(|entry| entry.path()).collect();
    homes.sort();
    homes
}

fn found_in(home: &Path, windows: &[PathBuf]) -> Vec<(Format, PathBuf)> {
    let mut found = Vec::new();
    for format in Format::all() {
        for place in format.places() {
            let (base, rest) = place.split_once('/').unwrap_or((place, ""));
            let in_windows = |below: &str| windows.iter().map(|home| home.join(below)).collect();
            let bases: Vec<PathBuf> = match base {
                "~" => vec![home.to_owned()],
                "%USERPROFILE%" => windows.to_vec(),
                "%APPDATA%" => in_windows("AppData/Roaming"),
                "%LOCALAPPDATA%" => in_windows("AppData/Local"),
                _ => vec![PathBuf::from("/")],
            };
            let paths = bases.iter().flat_map(|base| matching(base, rest));
            found.extend(paths.map(|path| (format, path)));
        }
    }
    found
}

/// The files and folders that a path stands for, in which `*` is any part of a name.
fn matching(base: &Path, rest: &str) -> Vec<PathBuf> {
    let mut paths = vec![base.to_owned()];
    for part in rest.split('/') {
        if !part.contains('*') {
            for path in &mut paths {
                path.push(part);
            }
            continue;
        }
        let fits = |name: &OsStr| pattern::matches(name.as_encoded_bytes(), part.as_bytes());
        let inside = |path: &PathBuf| {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
            names.retain(|name| fits(name));
            names.sort();
            names.into_iter().map(|name| path.join(name)).collect::<Vec<_>>()
        };
        paths = paths.iter().flat_map(inside).collect();
    }
    paths.retain(|path| path.exists());
    paths
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the test makes the files that are found")]
mod tests {
    use super::*;

    #[test]
    fn programs_of_this_system_and_of_windows_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let (home, users) = (folder.path().join("home"), folder.path().join("Users"));
        let make = |path: PathBuf| {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, "").expect("a file");
            path
        };
        let alice = users.join("alice");
        let package = "AppData/Local/Packages/Microsoft.WindowsTerminal_8wekyb3d8bbwe/LocalState";
        let expected = [
            (Format::Winscp, make(alice.join("AppData/Roaming/WinSCP.ini"))),
            (Format::Tabby, make(home.join(".config/tabby/config.yaml"))),
            (
                Format::Windterm,
                make(home.join(".wind/profiles/default.v10/terminal/user.sessions")),
            ),
            (Format::WindowsTerminal, make(alice.join(package).join("settings.json"))),
            (Format::SshConfig, make(alice.join(".ssh/config"))),
        ];
        make(users.join("Public/AppData/Roaming/WinSCP.ini"));
        let found = found_in(&home, &windows_homes(&users));
        // /etc/ansible/hosts is for all homes.
        let in_homes = |found: Vec<(Format, PathBuf)>| {
            let is_in_home = |(_, path): &(Format, PathBuf)| path.starts_with(folder.path());
            found.into_iter().filter(is_in_home).collect::<Vec<_>>()
        };
        assert_eq!(in_homes(found), expected);
        assert_eq!(in_homes(found_in(&folder.path().join("nobody"), &[])), []);
    }
}
