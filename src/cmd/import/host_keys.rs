//! Host keys that another program has accepted, on their way into known_hosts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use sshp_import::{CachedKey, HostKeyCache};
use sshp_known_hosts::append::plan_append;
use sshp_known_hosts::name::HostArgument;
use sshp_known_hosts::verdict::verdict;
use sshp_known_hosts::{KnownHosts, Verdict};
use sshp_splice::{ChangeSet, FileChange, Splice};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::repository::{self, known_hosts};

/// What becomes of the host keys.
#[derive(Default)]
pub(super) struct HostKeys {
    /// The files that get lines.
    files: Vec<FileChange>,
    /// How many keys become known.
    pub(super) new: usize,
    known: usize,
    /// The hosts that have another key, or whose key is revoked.
    differ: Vec<String>,
    left_out: usize,
}

impl HostKeys {
    /// Plans the lines for the keys of a cache. A key of a host that another one is known for is left out:
    /// which of the two is right, only the server's console can tell.
    ///
    /// # Errors
    /// When known_hosts or the config cannot be read.
    pub(super) fn plan(ctx: &Ctx, cache: &HostKeyCache) -> Result<Self> {
        let tree = repository::load::load_tree_to_look(ctx);
        let mut planned = HostKeys { left_out: cache.left_out, ..HostKeys::default() };
        let mut lines: BTreeMap<PathBuf, (FileChange, Vec<u8>)> = BTreeMap::new();
        let mut loaded: BTreeMap<(Vec<PathBuf>, Vec<PathBuf>), KnownHosts> = BTreeMap::new();
        for CachedKey { host, port, key } in &cache.keys {
            let asked = HostArgument { host: host.clone(), port: Some(*port) };
            let Ok(keeping) = known_hosts::keeping(ctx, &tree, &asked) else {
                planned.left_out += 1;
                continue;
            };
            let known = match loaded.entry((keeping.user, keeping.global)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(files) => {
                    let (user, global) = files.key();
                    let known = known_hosts::load(user, global)?;
                    files.insert(known)
                }
            };
            let names = &keeping.server.names;
            match verdict(known, names, key) {
                Verdict::Known(_) => {
                    planned.known += 1;
                    continue;
                }
                Verdict::Changed { .. } | Verdict::Revoked(_) => {
                    planned.differ.push(names.name().to_owned());
                    continue;
                }
                Verdict::Unknown { .. } | Verdict::Certified { .. } => {}
            }
            let spelling = known_hosts::spelling(keeping.hash)?;
            let splice = plan_append(b"", &[(names, spelling)], key);
            let (Some(splice), Some(file)) = (splice, known.record_in()) else {
                planned.left_out += 1;
                continue;
            };
            let (_, text) = lines.entry(file.path.to_path_buf()).or_insert_with(|| {
                let feed =
                    if file.bytes().last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
                (FileChange::new(&*file.path, file.text.clone(), Vec::new()), feed.into())
            });
            text.extend(splice.with);
            planned.new += 1;
        }
        for (_, (mut change, text)) in lines {
            let end = change.base.as_ref().map_or(0, |base| base.len());
            change.splices.push(Splice::insert(end, text));
            planned.files.push(change);
        }
        Ok(planned)
    }

    /// Lets the lines come with a change.
    pub(super) fn join(&self, change: &mut ChangeSet) {
        change.files.extend(self.files.iter().cloned());
    }

    /// What becomes of them, a line for each kind.
    pub(super) fn told(&self) -> Vec<String> {
        let HostKeys { new, known, differ, left_out, .. } = self;
        let mut told = vec![format!(
            "host keys that the program accepted: {new} for known_hosts, {known} known already"
        )];
        for name in differ {
            told.push(format!(
                "`{name}` is known by another key or has a revoked one; `sshp trust {name}` compares it with the server's console"
            ));
        }
        if *left_out > 0 {
            told.push(format!("left behind: {left_out} host keys that ssh has no use for"));
        }
        told
    }
}
