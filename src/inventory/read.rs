//! EDGE: reads what is to be imported: a file, the files of a folder, or standard input.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sshp_config::tree::{Refusal, Root, Target};
use sshp_import::InputFile;

use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::repository;

/// The most that is read, in bytes: no list of sessions comes near.
const LARGEST: u64 = 64 << 20;

/// The most files of a folder.
const FILES: usize = 20_000;

/// How deep folders may stand in each other.
const DEPTH: usize = 32;

/// Reads standard input.
///
/// # Errors
/// When it cannot be read, or is larger than 64 MiB.
pub fn stdin() -> Result<Vec<InputFile>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(too_large("standard input"));
    }
    Ok(vec![InputFile::new("standard input", bytes)])
}

/// Reads a file, or all files below a folder. Links in a folder are not followed, and what is no file is
/// passed over.
///
/// # Errors
/// When there is none, one cannot be read, or they are larger than 64 MiB together.
pub fn path(path: &Path) -> Result<Vec<InputFile>> {
    let shown = path.display();
    if !path.is_dir() {
        let bytes = repository::read(path)?
            .ok_or_else(|| Error::not_found(format_args!("`{shown}` does not exist")))?;
        let name = path.file_name().unwrap_or_default();
        return Ok(vec![InputFile::new(name, bytes.to_vec())]);
    }
    let mut files = Vec::new();
    let mut size = 0;
    let mut folders = vec![(path.to_owned(), PathBuf::new(), 0)];
    while let Some((folder, below, depth)) = folders.pop() {
        let explain = |error: io::Error| {
            Error::failed(format_args!("`{}` cannot be read: {error}", folder.display()))
        };
        let mut entries = fs::read_dir(&folder)
            .map_err(explain)?
            .collect::<io::Result<Vec<_>>>()
            .map_err(explain)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (kind, name) = (entry.file_type().map_err(explain)?, entry.file_name());
            if kind.is_dir() && depth < DEPTH {
                folders.push((entry.path(), below.join(name), depth + 1));
            } else if kind.is_file() {
                let Some(bytes) = repository::read(&entry.path())? else { continue };
                size += bytes.len() as u64;
                if size > LARGEST || files.len() == FILES {
                    return Err(too_large(&format!("`{shown}`")));
                }
                files.push(InputFile::new(below.join(name), bytes.to_vec()));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The config that a path leads to: of a folder, or of a home, its `config`.
#[must_use]
pub fn config_at(path: &Path) -> PathBuf {
    let places = [path.join("config"), path.join(".ssh/config")];
    let config = places.into_iter().find(|place| place.is_file());
    config.filter(|_| path.is_dir()).unwrap_or_else(|| path.to_owned())
}

/// Reads a config of ssh and what it includes, each named from its folder; of a folder, or of a home, its
/// `config`.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn ssh_config(ctx: &Ctx, path: &Path) -> Result<Vec<InputFile>> {
    let config = config_at(path);
    let shown = config.display();
    let missing = || Error::not_found(format_args!("`{shown}` does not exist"));
    let tree = repository::load::load_tree_elsewhere(ctx, &config);
    if let Some(Root { target: Target::Refused { refusal, .. }, .. }) = tree.roots.first() {
        return Err(match refusal {
            Refusal::Missing => missing(),
            refusal => Error::failed(format_args!("`{shown}` is not read: {refusal}")),
        });
    }
    repository::load::warn_unread(ctx, &tree);
    let folder = config.parent().unwrap_or(Path::new(""));
    let home = folder.parent().unwrap_or(Path::new(".."));
    let named = |path: &Path| match (path.strip_prefix(folder), path.strip_prefix(home)) {
        (Ok(path), _) => path.strip_prefix(".").unwrap_or(path).to_owned(),
        (Err(_), Ok(path)) => Path::new("~").join(path),
        (Err(_), Err(_)) => path.to_owned(),
    };
    let files = tree.files.iter();
    Ok(files.map(|file| InputFile::new(named(&file.path), file.document.text())).collect())
}

fn too_large(what: &str) -> Error {
    Error::failed(format_args!("{what} is larger than {} MiB or {FILES} files", LARGEST >> 20))
        .hint("import it in parts: the folder of the sessions alone, or a region at a time")
}

/// The language of the user, as `LC_ALL`, `LC_CTYPE` or `LANG` says it.
#[must_use]
pub fn locale(ctx: &Ctx) -> String {
    let of = |name: &str| ctx.env.var(name).and_then(|value| value.into_string().ok());
    let mut names = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
    names.find_map(|name| of(name).filter(|value| !value.is_empty())).unwrap_or_default()
}
