//! Reads the config files and finds what their Includes name; writes nothing, runs nothing.
//!
//! Every file is opened without waiting and only if it is a file: a FIFO would hold a Tab press
//! up forever.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use sshp_commit::{LARGEST, OpenError, RegularFile, open_regular, user_name};
use sshp_config::Tree;
use sshp_config::tree::{Refusal, Source, Start, Target};

use crate::ctx::{ConfigChoice, Ctx, Env};
use crate::error::Error;
use crate::shell;
use crate::ui::sanitize;

/// Reads the config that `-F` or the default chooses, with all that it includes.
#[must_use]
pub fn load_tree(ctx: &Ctx) -> Tree {
    read_tree(&starts(ctx), &ctx.env, ctx.env.uid, HashMap::new())
}

/// As [`load_tree`], for a command that runs nothing that is in it: in another user's home root reads
/// what that user's ssh reads.
#[must_use]
pub fn load_tree_to_look(ctx: &Ctx) -> Tree {
    load_tree_with(ctx, HashMap::new())
}

/// Reads the config as it would be with other bytes in some files: what a plan is proved on;
/// otherwise as [`load_tree_to_look`].
#[must_use]
pub fn load_tree_with<S: std::hash::BuildHasher>(
    ctx: &Ctx,
    instead: HashMap<PathBuf, Arc<[u8]>, S>,
) -> Tree {
    let owner = sshp_commit::owner_of(&ctx.env.home).ok().flatten();
    let reader = owner.filter(|_| ctx.env.uid == 0).map_or(ctx.env.uid, |owner| owner.uid.as_raw());
    read_tree(&starts(ctx), &ctx.env, reader, instead.into_iter().collect())
}

/// Requires of `~/.ssh/config` what ssh requires, where it gets the file by `-F` and does not look
/// (readconf.c: SSHCONF_CHECKPERM).
///
/// # Errors
/// When another user owns the file or can write it.
pub fn require_secure(ctx: &Ctx, tree: &Tree) -> Result<(), Error> {
    let refused = tree
        .roots
        .iter()
        .any(|root| matches!(root.target, Target::Refused { refusal: Refusal::Insecure, .. }));
    if !refused || ctx.paths.config != ConfigChoice::Home {
        return Ok(());
    }
    let path = &ctx.paths.user_config;
    let error = Error::failed(format_args!("Bad owner or permissions on {}", path.display()));
    Err(error.hint(insecure_hint(ctx.env.uid, path)))
}

/// What makes ssh, and so sshp, read a config that it refuses for its owner or mode.
pub(super) fn insecure_hint(uid: u32, path: &Path) -> String {
    let shown = shell::quote(path);
    let owner = fs::metadata(path).map_or(uid, |meta| meta.uid());
    if owner != 0 && owner != uid {
        let owner = user_name(nix::unistd::Uid::from_raw(owner));
        return format!("it belongs to {owner}: run sshp as that user");
    }
    format!("others can write it; `chmod go-w {shown}` ends that")
}

/// Reads another config, as ssh's own `-F` names it.
#[must_use]
pub fn load_tree_of(ctx: &Ctx, config: &Path) -> Tree {
    let none = config.as_os_str().eq_ignore_ascii_case("none");
    let start = Start { path: config.to_owned(), user: true, required: true, check: false };
    let starts = if none { vec![] } else { vec![start] };
    read_tree(&starts, &ctx.env, ctx.env.uid, HashMap::new())
}

/// Reads a config that is for another home or machine: what its Includes name is looked for beside it, and
/// who owns it does not count.
#[must_use]
pub fn load_tree_elsewhere(ctx: &Ctx, config: &Path) -> Tree {
    let start = Start { path: config.to_owned(), user: true, required: true, check: false };
    let disk = Disk::new(&ctx.env, ctx.env.uid, HashMap::new());
    let folder = config.parent().unwrap_or(Path::new("")).to_owned();
    Tree::read(&[start], &Elsewhere { disk, folder }, &ctx.env, &ctx.env.dialect)
}

/// Reads the config with each file's text put through a filter first: what a Tab press does, which
/// needs few of many blocks. Line numbers are then those of the filtered text.
#[must_use]
pub fn load_tree_through(ctx: &Ctx, filter: &dyn Fn(&[u8]) -> Vec<u8>) -> Tree {
    let disk = Disk::new(&ctx.env, ctx.env.uid, HashMap::new());
    Tree::read(&starts(ctx), &Through { disk, filter }, &ctx.env, &ctx.env.dialect)
}

/// Warns of each file that is not read, with what helps.
pub fn warn_unread(ctx: &Ctx, tree: &Tree) {
    for (origin, path, refusal) in tree.refusals() {
        let shown = path.display();
        let asked = origin.map_or_else(String::new, |origin| format!(" (included at {origin})"));
        let told = format!("`{shown}` is not read: {refusal}{asked}");
        ctx.ui.warning(sanitize::line(&told));
        if let Some(mend) = refusal.mend(path) {
            ctx.ui.hint(sanitize::line(&mend));
        }
    }
}

/// Requires that the config itself is read, where it is sshp that does not read it: then there is no
/// telling which profiles there are.
///
/// # Errors
/// The limit, by name.
pub fn require_read(tree: &Tree) -> Result<(), Error> {
    let unread = tree.roots.iter().find_map(|root| match &root.target {
        Target::Refused { path, refusal } if refusal.is_own_limit() => Some((path, refusal)),
        _ => None,
    });
    let Some((path, refusal)) = unread else { return Ok(()) };
    Err(Error::failed(format_args!(
        "no profile is known, for the config is not read: {refusal} (`{}`)",
        path.display()
    )))
}

/// Requires that the config which `-F` names is there and is no folder; the default may be missing.
///
/// # Errors
/// `ErrorKind::NotFound` where there is none.
pub fn require_config(ctx: &Ctx) -> Result<(), Error> {
    let ConfigChoice::File(file) = &ctx.paths.config else { return Ok(()) };
    // A profile is added to this one before it is there.
    if *file == ctx.paths.ssh_dir.join("config") {
        return Ok(());
    }
    let shown = file.display();
    match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Error::not_found(format_args!("there is no config `{shown}`")))
        }
        Err(error) => Err(Error::failed(format_args!("the config `{shown}`: {error}"))),
        Ok(meta) if meta.is_dir() => {
            Err(Error::failed(format_args!("the config `{shown}` is a folder")))
        }
        Ok(_) => Ok(()),
    }
}

fn read_tree(
    starts: &[Start],
    env: &Env,
    reader: u32,
    instead: HashMap<PathBuf, Arc<[u8]>>,
) -> Tree {
    let disk = Arc::new(Disk::new(env, reader, instead));
    Tree::read(starts, &*disk, env, &env.dialect).with_source(disk)
}

/// What ssh begins to read with (ssh.c: process_config_files).
fn starts(ctx: &Ctx) -> Vec<Start> {
    let paths = &ctx.paths;
    let start = |path: &Path, user: bool| Start {
        path: path.to_owned(),
        user,
        required: false,
        check: user,
    };
    match &paths.config {
        ConfigChoice::None => vec![],
        ConfigChoice::Home => vec![start(&paths.user_config, true)],
        ConfigChoice::File(file) => {
            let required = *file != paths.ssh_dir.join("config");
            vec![Start { required, check: false, ..start(file, true) }]
        }
        ConfigChoice::Default => {
            let system = paths.system_config.iter().map(|file| start(file, false));
            std::iter::once(start(&paths.user_config, true)).chain(system).collect()
        }
    }
}

/// Reads from disk, with a folder in the place of `~/.ssh`, and the one around it in the place of `~`.
struct Elsewhere {
    disk: Disk,
    folder: PathBuf,
}

impl Source for Elsewhere {
    fn read(&self, path: &Path, _: bool) -> Result<Arc<[u8]>, Refusal> {
        self.disk.read(path, false)
    }

    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf> {
        let home = self.folder.parent().unwrap_or(Path::new(".."));
        let (folder, rest) = match (pattern.strip_prefix(b"~/.ssh/"), pattern.strip_prefix(b"~/")) {
            (Some(rest), _) => (self.folder.as_path(), rest),
            (None, Some(rest)) => (home, rest),
            (None, None) => return self.disk.glob(pattern),
        };
        let folder = if folder == Path::new("") { Path::new(".") } else { folder };
        self.disk.glob(&[folder.as_os_str().as_bytes(), b"/", rest].concat())
    }
}

struct Disk {
    /// `$HOME`, which is `~` to glob(3).
    home: PathBuf,
    /// The user for whom a file must be safe.
    reader: u32,
    /// What is read in the place of some files.
    instead: HashMap<PathBuf, Arc<[u8]>>,
}

impl Disk {
    fn new(env: &Env, reader: u32, instead: HashMap<PathBuf, Arc<[u8]>>) -> Self {
        Disk { home: env.home.clone(), reader, instead }
    }
}

impl Source for Disk {
    fn read(&self, path: &Path, check: bool) -> Result<Arc<[u8]>, Refusal> {
        if let Some(text) = self.instead.get(path) {
            return Ok(Arc::clone(text));
        }
        match open(path)? {
            None => Ok(Arc::from([])),
            Some(opened) if check && !is_secure(&opened.metadata, self.reader) => {
                Err(Refusal::Insecure)
            }
            Some(opened) => read_all(opened),
        }
    }

    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf> {
        let mut found = glob_at(pattern, &self.home);
        // A file that is only planned is found too.
        for path in self.instead.keys().filter(|path| !path.exists()) {
            if matches_path(pattern, path, &self.home) {
                found.push(path.clone());
            }
        }
        found.sort_unstable_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
        found.dedup();
        found
    }
}

/// The disk, each text filtered.
struct Through<'a> {
    disk: Disk,
    filter: &'a dyn Fn(&[u8]) -> Vec<u8>,
}

impl Source for Through<'_> {
    fn read(&self, path: &Path, check: bool) -> Result<Arc<[u8]>, Refusal> {
        self.disk.read(path, check).map(|text| Arc::from((self.filter)(&text)))
    }

    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf> {
        self.disk.glob(pattern)
    }
}

/// Opens a regular file; `None` for a folder and for `/dev/null`, which ssh reads as empty.
fn open(path: &Path) -> Result<Option<RegularFile>, Refusal> {
    match open_regular(path, OFlags::RDONLY) {
        Ok(opened) => Ok(Some(opened)),
        Err(OpenError::Io(error)) => Err(refusal(error)),
        Err(OpenError::NotRegular(_)) if is_empty(path) => Ok(None),
        Err(OpenError::NotRegular(what)) => Err(Refusal::NotAFile(what)),
    }
}

fn is_empty(path: &Path) -> bool {
    let Ok(found) = fs::metadata(path) else { return false };
    let is_null =
        |null: fs::Metadata| found.file_type().is_char_device() && null.rdev() == found.rdev();
    found.is_dir() || fs::metadata("/dev/null").is_ok_and(is_null)
}

fn read_all(opened: RegularFile) -> Result<Arc<[u8]>, Refusal> {
    let RegularFile { mut file, metadata } = opened;
    if metadata.len() > LARGEST {
        return Err(Refusal::TooLarge);
    }
    // Straight into the memory where it stays: a second copy of a large config would be felt.
    let length = usize::try_from(metadata.len()).unwrap_or_default();
    let mut text: Arc<[u8]> = std::iter::repeat_n(0, length).collect();
    let mut filled = 0;
    if let Some(room) = Arc::get_mut(&mut text) {
        while filled < length {
            match file.read(&mut room[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(refusal(error)),
            }
        }
    }
    // It can grow or shrink while it is read.
    let mut more = Vec::new();
    let room = LARGEST + 1 - filled as u64;
    file.take(room).read_to_end(&mut more).map_err(refusal)?;
    if more.len() as u64 == room {
        return Err(Refusal::TooLarge);
    }
    if filled == length && more.is_empty() {
        return Ok(text);
    }
    Ok(Arc::from([&text[..filled], &more].concat()))
}

#[allow(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn refusal(error: std::io::Error) -> Refusal {
    match error.kind() {
        ErrorKind::NotFound => Refusal::Missing,
        ErrorKind::PermissionDenied => Refusal::Unreadable("Permission denied".to_owned()),
        _ => Refusal::Unreadable(error.to_string()),
    }
}

/// Whether only the user and root can write a file; Debian lets a group be that has no
/// other member (misc.c: secure_permissions).
fn is_secure(meta: &fs::Metadata, reader: u32) -> bool {
    let owner = meta.uid() == 0 || meta.uid() == reader;
    let mode = meta.mode();
    owner && mode & 0o002 == 0 && (mode & 0o020 == 0 || is_own_group(meta, reader))
}

fn is_own_group(meta: &fs::Metadata, reader: u32) -> bool {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let group = fs::read_to_string("/etc/group").unwrap_or_default();
    let gid = meta.gid().to_string();
    let uid = reader.to_string();
    let field = |line: &str, at: usize| line.split(':').nth(at).unwrap_or_default().to_owned();
    let primary: Vec<_> = passwd.lines().filter(|line| field(line, 3) == gid).collect();
    let owner = passwd.lines().find(|line| field(line, 2) == meta.uid().to_string());
    let Some(entry) = group.lines().find(|line| field(line, 2) == gid) else { return false };
    let members = field(entry, 3);
    let alone = owner.is_some_and(|owner| members.is_empty() || members == field(owner, 0));
    alone
        && primary.iter().all(|line| field(line, 2) == uid)
        && !(primary.is_empty() && members.is_empty())
}

/// What glob(3) finds with GLOB_TILDE and nothing else: no braces, no dot files by wildcard.
fn glob_at(pattern: &[u8], home: &Path) -> Vec<PathBuf> {
    let Some(pattern) = without_tilde(pattern, home) else { return Vec::new() };
    if !pattern.iter().any(|b| b"*?[\\".contains(b)) {
        let path = PathBuf::from(std::ffi::OsString::from_vec(pattern));
        return if path.symlink_metadata().is_ok() { vec![path] } else { Vec::new() };
    }
    let mut found = vec![if pattern.starts_with(b"/") { b"/".to_vec() } else { Vec::new() }];
    let parts: Vec<&[u8]> = pattern.split(|&b| b == b'/').collect();
    for (at, part) in parts.iter().enumerate() {
        if part.is_empty() {
            continue;
        }
        let last = at + 1 == parts.len();
        found = found.iter().flat_map(|folder| glob_part(folder, part, last)).collect();
    }
    found.into_iter().map(|path| PathBuf::from(std::ffi::OsString::from_vec(path))).collect()
}

/// What one part of a pattern finds in a folder.
fn glob_part(folder: &[u8], part: &[u8], last: bool) -> Vec<Vec<u8>> {
    let joined = |name: &[u8]| {
        let slash: &[u8] = if folder.is_empty() || folder.ends_with(b"/") { b"" } else { b"/" };
        [folder, slash, name].concat()
    };
    let fits = |path: &[u8]| {
        let path = Path::new(OsStr::from_bytes(path));
        if last { path.symlink_metadata().is_ok() } else { path.is_dir() }
    };
    if !part.iter().any(|b| b"*?[".contains(b)) {
        let path = joined(&unescaped(part));
        return if fits(&path) { vec![path] } else { Vec::new() };
    }
    let place =
        if folder.is_empty() { Path::new(".") } else { Path::new(OsStr::from_bytes(folder)) };
    let names = fs::read_dir(place).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().into_vec());
    let names = names.filter(|name| name_matches(name, part));
    names.map(|name| joined(&name)).filter(|path| last || fits(path)).collect()
}

fn unescaped(part: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(part.len());
    let mut bytes = part.iter();
    while let Some(&byte) = bytes.next() {
        out.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    out
}

/// glob(3) takes `~` from `$HOME`, not from passwd(5); `~user` from passwd(5).
fn without_tilde(pattern: &[u8], home: &Path) -> Option<Vec<u8>> {
    let Some(rest) = pattern.strip_prefix(b"~") else { return Some(pattern.to_vec()) };
    let slash = memchr::memchr(b'/', rest).unwrap_or(rest.len());
    let home = if slash == 0 {
        home.as_os_str().as_bytes().to_vec()
    } else {
        crate::ctx::home_of(&rest[..slash])?
    };
    Some([home.as_slice(), &rest[slash..]].concat())
}

/// Whether a path is what glob(3) may find for a pattern.
pub(super) fn matches_path(pattern: &[u8], path: &Path, home: &Path) -> bool {
    let Some(pattern) = without_tilde(pattern, home) else { return false };
    let path = path.as_os_str().as_bytes();
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split(|&b| b == b'/').collect(), path.split(|&b| b == b'/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(part, name)| name_matches(name, part))
}

/// Whether a name is matched by one part of a pattern (fnmatch(3) with FNM_PERIOD).
fn name_matches(name: &[u8], part: &[u8]) -> bool {
    if name.first() == Some(&b'.') && part.first() != Some(&b'.') {
        return false;
    }
    let (mut n, mut p) = (0, 0);
    let mut star = None;
    loop {
        let step = match part.get(p) {
            Some(b'*') => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            None if n == name.len() => return true,
            None => None,
            Some(_) => name.get(n).and_then(|&byte| one_matches(byte, &part[p..])),
        };
        match (step, star) {
            (Some(used), _) => {
                n += 1;
                p += used;
            }
            (None, Some((after, from))) if from < name.len() => {
                star = Some((after, from + 1));
                n = from + 1;
                p = after;
            }
            (None, _) => return false,
        }
    }
}

/// How much of a pattern one byte is matched by; `None` when it is not.
fn one_matches(byte: u8, pattern: &[u8]) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (byte == *escaped).then_some(2),
        [b'[', rest @ ..] => {
            let negated = matches!(rest.first(), Some(b'!' | b'^'));
            let from = usize::from(negated);
            // A bracket right after the opening one stands for itself.
            let close = rest.iter().skip(from + 1).position(|&b| b == b']');
            let Some(close) = close.map(|at| at + from + 1) else {
                return (byte == b'[').then_some(1);
            };
            let mut set = &rest[from..close];
            let mut hit = false;
            while let Some((&first, after)) = set.split_first() {
                set = after;
                match after {
                    [b'-', last, after @ ..] => {
                        hit |= (first..=*last).contains(&byte);
                        set = after;
                    }
                    _ => hit |= first == byte,
                }
            }
            (hit != negated).then_some(close + 2)
        }
        [literal, ..] => (byte == *literal).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_in_glob() {
        let cases = [
            ("a.conf", "*.conf", true),
            (".a.conf", "*.conf", false),
            (".a.conf", ".*", true),
            ("a.conf", "[ab].conf", true),
            ("c.conf", "[!ab].conf", true),
            ("5.conf", "[0-9]*", true),
            ("]", "[]]", true),
            ("[a", "[a", true),
            ("a*b", "a\\*b", true),
            ("axb", "a\\*b", false),
            ("abcabd", "*ab?", true),
        ];
        for (name, pattern, expected) in cases {
            assert_eq!(name_matches(name.as_bytes(), pattern.as_bytes()), expected, "{pattern}");
        }
    }
}
