//! PURE: files that an `Include` names for some destinations only, read when one is resolved, each once.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use elsa::sync::FrozenVec;

use super::{File, Source, Target};

type Found = HashMap<(Vec<u8>, bool), Arc<[Target]>>;

/// Files beyond those of a tree. Their places follow those of the tree's files.
pub(super) struct OnDemand {
    source: Arc<dyn Source + Send + Sync>,
    /// Only ever added to, so that a place and a reference stay what they are.
    files: FrozenVec<Box<File>>,
    /// What was found for each pattern, in the user's files and in the system's.
    found: Mutex<Found>,
}

impl OnDemand {
    pub(super) fn new(source: Arc<dyn Source + Send + Sync>) -> Self {
        OnDemand { source, files: FrozenVec::new(), found: Mutex::default() }
    }

    pub(super) fn file(&self, at: usize) -> Option<&File> {
        self.files.get(at)
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        (0..).map_while(|at| self.files.get(at))
    }

    /// What glob(3) finds for a pattern; `files` are those of the tree.
    pub(super) fn look_up(&self, pattern: Vec<u8>, user: bool, files: &[File]) -> Arc<[Target]> {
        // Held while files are added, so that each is read once and gets the place after the last.
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (pattern, user);
        if let Some(targets) = found.get(&key) {
            return Arc::clone(targets);
        }
        let paths = self.source.glob(&key.0);
        let open = |path: &Path| self.open(&Arc::from(path), user, files);
        let targets: Arc<[Target]> = paths.iter().map(|path| open(path)).collect();
        found.insert(key, Arc::clone(&targets));
        targets
    }

    fn open(&self, path: &Arc<Path>, user: bool, files: &[File]) -> Target {
        let all = files.iter().chain(self.files());
        let known = all.enumerate().find(|(_, file)| file.path == *path && file.user == user);
        if let Some((at, _)) = known {
            return Target::File(at);
        }
        let count = files.len() + self.files.len();
        match File::read(path, user, true, &*self.source, count) {
            Ok(file) => {
                self.files.push(Box::new(file));
                Target::File(count)
            }
            Err(refusal) => Target::Refused { path: Arc::clone(path), refusal },
        }
    }
}

impl fmt::Debug for OnDemand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files()).finish()
    }
}
