//! `profiles.toml` on disk: read as far as it can be, and set aside whole before the first change
//! that leaves out what cannot be read.
//!
//! Reading changes nothing, so that a list or a connect in the middle of an edit by hand takes
//! nothing away. A profile whose pins cannot be read is not to be connected to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_splice::encoding::Wide;
use sshp_splice::{ChangeSet, FileChange, Splice};

use crate::ctx::{Ctx, day};
use crate::error::{Error, Excerpt, Result};
use crate::profile::metadata::{Fault, MetadataFile};
use crate::ui::sanitize;

/// How many faults are told; a file in another format has one in every line.
const TOLD: usize = 5;

/// `profiles.toml` as it was read.
#[derive(Default)]
pub struct MetadataStore {
    /// What could be read.
    pub file: MetadataFile,
    /// What the file held; `None` where there is none.
    base: Option<Arc<[u8]>>,
    /// Why it could not be opened.
    unread: Option<String>,
    /// What makes it readable, where that is known.
    mend: Option<String>,
    path: PathBuf,
}

impl MetadataStore {
    /// Whether the file holds what it held for another state.
    pub(super) fn is_as(&self, other: &MetadataStore) -> bool {
        self.base == other.base && self.unread == other.unread
    }

    /// Reads the file; what cannot be read is remembered, not told.
    #[must_use]
    pub fn read(ctx: &Ctx) -> Self {
        let path = ctx.paths.metadata.clone();
        match super::read(&path) {
            Ok(base) => {
                if let Some(wide) = base.as_deref().and_then(Wide::detect) {
                    let shown = path.display();
                    let why = format!("`{shown}` is {wide}, and sshp reads UTF-8");
                    let mend = Some(wide.mend(&path));
                    return MetadataStore {
                        base,
                        unread: Some(why),
                        mend,
                        path,
                        ..MetadataStore::default()
                    };
                }
                let file = MetadataFile::salvage(base.as_deref().unwrap_or_default());
                MetadataStore { file, base, path, ..MetadataStore::default() }
            }
            Err(error) => MetadataStore {
                unread: Some(error.source.to_string()),
                path,
                ..MetadataStore::default()
            },
        }
    }

    /// Says what cannot be read, and where.
    pub fn warn(&self, ctx: &Ctx) {
        if let Some(why) = &self.unread {
            ctx.ui.warning(format_args!("tags, notes and pins are not known: {why}"));
            if let Some(mend) = &self.mend {
                ctx.ui.hint(mend);
            }
        }
        let mut faults = self.file.faults();
        for fault in faults.by_ref().take(TOLD) {
            ctx.ui.warning_at(self.at(fault), &excerpt(fault));
        }
        let more = faults.count();
        if more > 0 {
            ctx.ui.warning(format_args!("`{}`: {more} more of that kind", self.path.display()));
        }
        if !self.file.lost().is_empty() {
            ctx.ui.hint("mend it in an editor, or `sshp sync` sets it aside and keeps the rest");
        }
    }

    /// Whether all of the file could be read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unread.is_none() && self.file.lost().is_empty()
    }

    /// The host keys that a profile is pinned to.
    ///
    /// # Errors
    /// When they cannot be read, or cannot be told from those of another.
    pub fn pins(&self, name: &str) -> Result<Vec<String>> {
        if let Some(why) = &self.unread {
            return Err(Error::failed(format_args!(
                "cannot tell whether `{name}` is pinned to host keys: {why}"
            ))
            .hint("make the file readable, or move it away if nothing is pinned"));
        }
        self.file.pins(name).map_err(|fault| {
            let error = Error::failed(format_args!(
                "`{name}` may be pinned to host keys that cannot be read"
            ));
            let error = error.excerpts([self.excerpt(fault)]);
            match fault.alias {
                Some(_) => error.hint(format_args!(
                    "mend that line; or `sshp edit {name} --unpin`, and it may have any"
                )),
                None => error.hint("mend that line"),
            }
        })
    }

    /// Requires that a change of the file loses nothing that a connect must know.
    ///
    /// # Errors
    /// When the file cannot be opened, or holds pins whose profile is not known.
    pub fn require_changeable(&self) -> Result<()> {
        if let Some(why) = &self.unread {
            let error = Error::failed(why).hint("nothing was changed");
            return Err(self.mend.iter().fold(error, Error::hint));
        }
        match self.file.nobodys_pins() {
            None => Ok(()),
            Some(fault) => {
                Err(Error::refused("a profile is pinned to host keys, and its name cannot be read")
                    .excerpts([self.excerpt(fault)])
                    .hint("mend that line; nothing was changed"))
            }
        }
    }

    /// Adds to a change what the file becomes; where that leaves out what cannot be read, the file
    /// as it is goes under another name beside it.
    pub fn change(&self, ctx: &Ctx, mut file: MetadataFile, change: &mut ChangeSet) {
        if let (true, Some(base)) = (file.mends(), &self.base) {
            let aside = free_name(&self.path, ctx.now);
            let name = aside.file_name().unwrap_or_default().to_string_lossy().into_owned();
            file.keep_pinned(&format!("those in {name}"));
            change.told.push(self.set_aside(&aside));
            change.push(FileChange::new(aside, None, vec![Splice::insert(0, &**base)]));
        }
        let splices = file.splices();
        if !splices.is_empty() {
            change.push(FileChange::new(&self.path, self.base.clone(), splices));
        }
    }

    fn set_aside(&self, aside: &Path) -> String {
        let mut told = format!(
            "`{}` could not be read whole: it is now `{}`",
            self.path.display(),
            aside.display()
        );
        for fault in self.file.faults().take(TOLD) {
            let of = fault.alias.as_ref().map(|alias| format!(" of `{alias}`")).unwrap_or_default();
            told.push_str(&format!("\n  only there: line {}{of}", fault.line));
            if fault.pins {
                told.push_str(", with host keys; no other is accepted until it is mended, unpinned or trusted again");
            }
        }
        sanitize::block(&told).into_owned()
    }

    fn at(&self, fault: &Fault) -> String {
        format!("`{}`: {fault}", self.path.display())
    }

    fn excerpt(&self, fault: &Fault) -> Excerpt {
        Excerpt { what: Some(self.at(fault)), ..excerpt(fault) }
    }
}

fn excerpt(fault: &Fault) -> Excerpt {
    let line = u32::try_from(fault.line).unwrap_or(u32::MAX);
    Excerpt { what: None, line, text: fault.source.clone(), span: fault.at..fault.at }
}

/// A name beside the file that nothing has: `profiles.toml.broken-2026-11-20`, then `…-2`.
fn free_name(path: &Path, now: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".broken-{}", day(now)));
    let mut free = PathBuf::from(&name);
    let mut count = 1;
    while free.symlink_metadata().is_ok() {
        count += 1;
        let mut next = name.clone();
        next.push(format!("-{count}"));
        free = PathBuf::from(next);
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_taken_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("profiles.toml");
        for name in ["", "-2", "-3"] {
            let free = free_name(&path, 0);
            assert_eq!(free, dir.path().join(format!("profiles.toml.broken-1970-01-01{name}")));
            std::fs::write(free, "x").unwrap();
        }
    }
}
