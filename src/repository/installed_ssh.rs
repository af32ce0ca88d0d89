//! What each ssh said when it was asked, in one file of the state folder. The program is known again by the
//! identity of its file, so that a list, a completion or a preview needs no more than a stat(2).
//!
//! What cannot be read counts as not asked, what cannot be written is asked again.

use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sshp_commit::{Rights, make_folder, open_regular};
use sshp_config::Dialect;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::advice;
use crate::ctx::{Ctx, Paths};
use crate::error::Result;

/// The file in the state folder.
const FILE: &str = "installed-ssh.toml";

/// How what takes its place is called until then.
const TEMP: &str = ".installed-ssh";

/// The programs that are remembered, the last asked first.
const MOST: usize = 8;

/// More than as many answers take, about 6 KiB each; a longer file is not sshp's.
const LONGEST: u64 = 1 << 20;

/// How long an answer counts, in seconds: a script that runs ssh stays the same file when ssh changes.
pub const VALID_FOR: u64 = 30 * 24 * 60 * 60;

/// A program's file, and the arguments that come before all others. Another program in its place differs in
/// one of the fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The path without links.
    path: PathBuf,
    arguments: Vec<String>,
    device: u64,
    inode: u64,
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// As `modified`, of owner, mode and names, too.
    changed: (i64, i64),
}

impl Identity {
    /// Looks at the program.
    ///
    /// # Errors
    /// When it is not there.
    pub fn of(program: &Path, arguments: &[String]) -> io::Result<Self> {
        let path = program.canonicalize()?;
        let data = path.metadata()?;
        Ok(Identity {
            path,
            arguments: arguments.to_vec(),
            device: data.dev(),
            inode: data.ino(),
            size: data.size(),
            modified: (data.mtime(), data.mtime_nsec()),
            changed: (data.ctime(), data.ctime_nsec()),
        })
    }
}

/// An ssh that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which program.
    pub identity: Identity,
    /// Seconds since the epoch.
    pub at: u64,
    /// The config that it was asked with: a newer sshp asks for more.
    pub probe: String,
    /// What it said of itself; or why it did not: it hangs, or is a wrapper or no OpenSSH.
    pub answer: std::result::Result<Dialect, String>,
}

/// What a program said when it was asked with this config; `None` where it was not, or is another now.
pub fn load(paths: &Paths, identity: &Identity, probe: &str) -> Option<Asked> {
    let all = load_at(&paths.state.join(FILE)).unwrap_or_default();
    all.into_iter().find(|asked| asked.identity == *identity && asked.probe == probe)
}

/// Remembers what a program said. Failures are told with `-v`.
pub fn keep(ctx: &Ctx, asked: Asked) {
    if let Err(error) = keep_in(&ctx.paths.state, asked) {
        ctx.ui.verbose(format_args!("the answer of ssh is not kept: {:#}", error.source));
    }
}

fn keep_in(state: &Path, asked: Asked) -> Result<()> {
    let _rights = Rights::in_folder(state).map_err(advice::error)?;
    make_folder(state).map_err(advice::error)?;
    let path = state.join(FILE);
    let mut all = load_at(&path).unwrap_or_default();
    let is_other = |other: &Asked| {
        let (new, old) = (&asked.identity, &other.identity);
        new.path != old.path || new.arguments != old.arguments
    };
    all.retain(is_other);
    all.insert(0, asked);
    all.truncate(MOST);
    // Two at once lose one of two answers, which is asked again.
    let mut new = tempfile::Builder::new().prefix(TEMP).tempfile_in(state)?;
    new.write_all(render(&all).as_bytes())?;
    new.persist(path)?;
    Ok(())
}

fn load_at(path: &Path) -> io::Result<Vec<Asked>> {
    let file = open_regular(path, OFlags::RDONLY | OFlags::NOFOLLOW)?.file;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text)?;
    let document: DocumentMut = text.parse().map_err(io::Error::other)?;
    let tables = document.get("ssh").and_then(Item::as_array_of_tables);
    Ok(tables.into_iter().flatten().filter_map(from_table).collect())
}

fn render(all: &[Asked]) -> String {
    let mut document = DocumentMut::new();
    document
        .insert("ssh", Item::ArrayOfTables(all.iter().map(to_table).collect::<ArrayOfTables>()));
    let what = "# What each ssh said when sshp asked it. Without this file sshp asks again.\n\n";
    what.to_owned() + &document.to_string()
}

fn to_table(asked: &Asked) -> Table {
    let Asked { identity, at, probe, answer } = asked;
    let number = |number: u64| value(i64::try_from(number).unwrap_or(i64::MAX));
    let time = |(seconds, nanoseconds): (i64, i64)| value(format!("{seconds}.{nanoseconds:09}"));
    let mut table = Table::new();
    table.insert("path", value(identity.path.to_string_lossy().as_ref()));
    table.insert("arguments", value(identity.arguments.iter().collect::<toml_edit::Array>()));
    table.insert("device", value(identity.device.to_string()));
    table.insert("inode", value(identity.inode.to_string()));
    table.insert("size", number(identity.size));
    table.insert("modified", time(identity.modified));
    table.insert("changed", time(identity.changed));
    table.insert("asked", number(*at));
    table.insert("probe", value(probe));
    match answer {
        Ok(dialect) => table.insert("dialect", value(dialect.to_text())),
        Err(why) => table.insert("failed", value(why)),
    };
    table
}

fn from_table(table: &Table) -> Option<Asked> {
    let text = |key: &str| table.get(key)?.as_str().map(str::to_owned);
    let number = |key: &str| u64::try_from(table.get(key)?.as_integer()?).ok();
    let time = |key: &str| {
        let (seconds, nanoseconds) = table.get(key)?.as_str()?.split_once('.')?;
        Some((seconds.parse().ok()?, nanoseconds.parse().ok()?))
    };
    let arguments = table.get("arguments")?.as_array()?.iter();
    let identity = Identity {
        path: text("path")?.into(),
        arguments: arguments.map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        device: text("device")?.parse().ok()?,
        inode: text("inode")?.parse().ok()?,
        size: number("size")?,
        modified: time("modified")?,
        changed: time("changed")?,
    };
    let answer = match text("failed") {
        Some(why) => Err(why),
        None => Ok(Dialect::from_text(&text("dialect")?)?),
    };
    Some(Asked { identity, at: number("asked")?, probe: text("probe")?, answer })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(program: &Path, answer: std::result::Result<Dialect, String>) -> Asked {
        let identity = Identity::of(program, &["ssh".into()]).expect("the program");
        Asked { identity, at: 7, probe: "Host x\n\tTag \"y\"\n".into(), answer }
    }

    fn answer() -> Dialect {
        let stderr = "OpenSSH_9.2p1\ndebug1: p line 3: Ignored unknown option \"tag\"\n";
        let stdout = "compression no\nxauthlocation a\"'''b\\\n";
        Dialect::from_probe(stderr, stdout).expect("an answer")
    }

    #[test]
    fn an_answer_is_read_as_it_was_kept_until_the_program_changes() {
        let dir = tempfile::tempdir().expect("a folder");
        let (state, program) = (dir.path().join("state"), dir.path().join("ssh"));
        std::fs::write(&program, "one").expect("a program");
        let first = asked(&program, Ok(answer()));
        keep_in(&state, first.clone()).expect("kept");
        let all = || load_at(&state.join(FILE)).expect("read");
        assert_eq!(all(), std::slice::from_ref(&first));
        std::fs::write(&program, "two").expect("another program");
        let second = asked(&program, Err("no answer within 2 s".into()));
        assert_ne!(first.identity, second.identity);
        keep_in(&state, second.clone()).expect("kept");
        assert_eq!(all(), [second], "one answer for a program");
    }

    #[test]
    fn the_programs_that_were_asked_last_are_remembered() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path().join("state");
        let programs: Vec<_> = (0..=MOST).map(|at| dir.path().join(format!("ssh{at}"))).collect();
        for program in &programs {
            std::fs::write(program, "ssh").expect("a program");
            keep_in(&state, asked(program, Ok(answer()))).expect("kept");
        }
        let all = load_at(&state.join(FILE)).expect("read");
        let expected: Vec<_> = programs[1..].iter().rev().cloned().collect();
        assert_eq!(
            all.iter().map(|asked| asked.identity.path.clone()).collect::<Vec<_>>(),
            expected
        );
        let names = std::fs::read_dir(&state).expect("the folder").count();
        assert_eq!(names, 1, "the file and nothing left over");
    }

    #[test]
    fn a_file_that_is_no_answer_counts_as_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join(FILE);
        for text in ["", "ssh = 1", "[[ssh]]\npath = 1", "[[ssh]\n", "\u{0}"] {
            std::fs::write(&file, text).expect("the file");
            assert_eq!(load_at(&file).unwrap_or_default(), [], "{text}");
        }
    }
}
