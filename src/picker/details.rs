//! EDGE: what the preview tells beside config and metadata: the state of keys and known_hosts.
//!
//! All files are read once, in a thread of their own, when the picker opens. What the preview asks for
//! while the cursor moves through the rows comes from memory alone.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use sshp_config::{Effective, Keyword, Source, Tree, edit};
use sshp_keys::KeyFile;
use sshp_known_hosts::Scope;
use sshp_known_hosts::line::{Content, Hosts, Marker, lines};
use sshp_known_hosts::{File, KnownHosts, Names};

use super::rows::{Details, Row};
use crate::ctx::{Ctx, Env};
use crate::keys;
use crate::repository::{self, State, refused};

/// How many key files are looked at.
const KEYS: usize = 500;
/// With more hashed lines than this, looking a host up takes longer than a frame.
const HASHED: usize = 5_000;
/// No pane shows more of a block.
const LONGEST: usize = 64 << 10;
/// How long the first preview waits for the files, which mostly are read by then.
const PATIENCE: Duration = Duration::from_millis(20);

/// What was read.
#[derive(Default)]
struct Files {
    keys: HashMap<PathBuf, String>,
    known_hosts: HashMap<PathBuf, Option<Arc<[u8]>>>,
    hashed: usize,
}

/// Knows all there is to tell of a profile.
pub(super) struct DetailsReader {
    state: Arc<State>,
    env: Env,
    files: Arc<(Mutex<Option<Files>>, Condvar)>,
    told: Mutex<HashMap<String, Arc<Details>>>,
}

impl DetailsReader {
    /// Begins to read the files.
    pub(super) fn new(ctx: &Ctx, state: Arc<State>) -> Self {
        let files = Arc::new((Mutex::new(None), Condvar::new()));
        let work = {
            let (filled, state, env) = (Arc::clone(&files), Arc::clone(&state), ctx.env.clone());
            move || {
                let read = Files::read(key_files(&state.tree, &env), default_known_hosts(&env));
                *filled.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
                filled.1.notify_all();
            }
        };
        // Without the thread the preview tells less.
        let _ = std::thread::Builder::new().spawn(work);
        DetailsReader { state, env: ctx.env.clone(), files, told: Mutex::default() }
    }

    /// What there is to tell of a row.
    pub(super) fn tell(&self, row: &Row) -> Arc<Details> {
        let name = row.profile.alias.as_str();
        let memory = || self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = memory().get(name) {
            return Arc::clone(told);
        }
        let (details, whole) = self.look(row);
        let details = Arc::new(details);
        if whole {
            memory().insert(name.to_owned(), Arc::clone(&details));
        }
        details
    }

    /// The details, and whether the files were there by then.
    fn look(&self, row: &Row) -> (Details, bool) {
        let profile = &row.profile;
        let mut details = Details::default();
        let found = self.state.tree.block_at(&profile.origin);
        let mut own = 0..0;
        if let Some((file, block)) = found {
            // What `rm` would remove: the comments above are the block's, those below the next one's.
            let extent = edit::extent(&file.document, block.index);
            let text = file.document.text().get(extent).unwrap_or_default();
            details.block = Some(text[..text.len().min(LONGEST)].to_vec());
            let lines = file.document.directives().get(block.directives).unwrap_or_default();
            own =
                profile.origin.line..lines.last().map_or(profile.origin.line, |last| last.line) + 1;
        }
        let guard = self.files.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.files.1.wait_timeout_while(guard, PATIENCE, |files| files.is_none());
        let files = waited.unwrap_or_else(PoisonError::into_inner).0;
        if let Some(files) = &*files {
            for key in &profile.keys {
                let state = path_of(&self.env, key).and_then(|path| files.keys.get(&path).cloned());
                details.keys.push((key.clone(), state.unwrap_or_default()));
            }
        }
        match self.state.resolve(&profile.alias) {
            Ok(effective) => {
                for (keyword, settings) in effective.set() {
                    for setting in settings {
                        let Source::File(origin) = &setting.source else { continue };
                        if origin.file == profile.origin.file && own.contains(&origin.line) {
                            continue;
                        }
                        let value = String::from_utf8_lossy(&setting.value);
                        let option = format!("{} {value}", keyword.title());
                        details.elsewhere.push((option, origin.to_string()));
                    }
                }
                details.known = files.as_ref().map(|files| files.known(&effective));
            }
            Err(rejected) => {
                let dialect = &self.env.dialect;
                details.refused = refused::reason(&self.state.tree, &rejected, dialect);
            }
        }
        (details, files.is_some())
    }
}

impl Files {
    fn read(keys: Vec<PathBuf>, known_hosts: Vec<PathBuf>) -> Self {
        let mut files = Files::default();
        for path in known_hosts {
            let text = repository::read(&path).ok().flatten();
            let entries = lines(text.as_deref().unwrap_or_default());
            files.hashed += entries
                .filter(|line| {
                    matches!(&line.content, Content::Entry(e) if matches!(e.hosts, Hosts::Hashed(_)))
                })
                .count();
            files.known_hosts.insert(path, text);
        }
        for path in keys {
            let state = key_state(&path);
            files.keys.insert(path, state);
        }
        files
    }

    /// The types of the host keys that the files hold.
    fn known(&self, effective: &Effective) -> String {
        if self.hashed > HASHED {
            return format!("not looked up among {} hashed names", self.hashed);
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
        let user = effective.user_known_hosts_files().map(|f| (path(f), Scope::User));
        let global = effective.global_known_hosts_files().map(|f| (path(f), Scope::Global));
        let mut files = Vec::new();
        for (path, scope) in user.chain(global) {
            // Only what was read when the picker opened.
            let Some(text) = self.known_hosts.get(&path) else {
                return format!("kept in {}", path.display());
            };
            files.push(File::new(path, scope, text.clone()));
        }
        let alias = effective.host_key_alias().map(text);
        let names = Names::new(&text(effective.host()), effective.port(), alias.as_deref());
        let found = KnownHosts::new(files).find(&names);
        let mut words: Vec<String> = Vec::new();
        for found in found.all() {
            let word = match found.marker {
                Some(Marker::Revoked) => format!("{} revoked", found.key.label()),
                Some(Marker::CertAuthority) => "by an authority".to_owned(),
                None => found.key.label().to_owned(),
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if words.is_empty() { "not in known_hosts".to_owned() } else { words.join(", ") }
    }
}

/// The files that IdentityFile lines name, each once.
fn key_files(tree: &Tree, env: &Env) -> Vec<PathBuf> {
    let mut found = HashSet::new();
    for file in &tree.files {
        let lines = file.document.directives().iter();
        for line in lines.filter(|line| line.keyword == Some(Keyword::IdentityFile)) {
            let Some(Ok(word)) = file.document.words(line).next() else { continue };
            if found.len() < KEYS
                && let Some(path) = path_of(env, &String::from_utf8_lossy(&word.value))
            {
                found.insert(path);
            }
        }
    }
    found.into_iter().collect()
}

/// Where a key is that stands in the config so; `None` where only a connect can say.
fn path_of(env: &Env, written: &str) -> Option<PathBuf> {
    if written.contains(['%', '$']) {
        return None;
    }
    match written.strip_prefix("~/") {
        Some(rest) => Some(env.passwd_home.join(rest)),
        None => Some(PathBuf::from(written)).filter(|path| path.is_absolute()),
    }
}

/// As ssh_config(5) has them: UserKnownHostsFile and GlobalKnownHostsFile.
fn default_known_hosts(env: &Env) -> Vec<PathBuf> {
    let user = env.passwd_home.join(".ssh");
    let etc = Path::new("/etc/ssh");
    let in_folder = |folder: &Path, name: &str| folder.join(name);
    vec![
        in_folder(&user, "known_hosts"),
        in_folder(&user, "known_hosts2"),
        in_folder(etc, "ssh_known_hosts"),
        in_folder(etc, "ssh_known_hosts2"),
    ]
}

/// What a key file is, in a few words.
fn key_state(path: &Path) -> String {
    match keys::inspect(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let beside = keys::public::beside(path).exists();
            if beside { "public half, for the agent" } else { "is missing" }.to_owned()
        }
        Err(_) if path == Path::new("/dev/null") => "no key of a file".to_owned(),
        Err(_) => "cannot be read".to_owned(),
        Ok(KeyFile::Private { algorithm, encryption, .. }) => {
            let mut words = vec![algorithm.unwrap_or_else(|| "private key".to_owned())];
            if encryption != sshp_keys::Encryption::None {
                words.push("with a passphrase".to_owned());
            }
            if let Ok(Some(mode)) = keys::modes::too_open(path) {
                words.push(format!("mode {:04o} is too open", mode & 0o7777));
            }
            let defect = keys::read(path).ok().and_then(|bytes| {
                sshp_keys::defect(&bytes, None, sshp_keys::Client::NEWEST)
                    .filter(|defect| !defect.depends_on_version())
            });
            if let Some(defect) = defect {
                words.push(format!("ssh cannot load it: {defect}"));
            }
            words.join(", ")
        }
        Ok(KeyFile::Public | KeyFile::Certificate) => "public half, for the agent".to_owned(),
        Ok(_) => "is no private key".to_owned(),
    }
}
