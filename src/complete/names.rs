//! The names that a word can be: who knows them, and how destinations and hops are made of them.

use std::collections::HashSet;
use std::sync::Arc;

use sshp_config::Dialect;

use super::Candidate;

/// Who knows the names; each answer holds only what begins as asked.
pub(super) trait Source {
    /// Profiles whose alias begins so, with `user@host`.
    fn profiles(&self, beginning: &str) -> Vec<Candidate>;
    /// Tags that are in use.
    fn tags(&self, beginning: &str) -> Vec<Candidate>;
    /// Private keys of the user, as absolute paths.
    fn keys(&self, beginning: &str) -> Vec<Candidate>;
    /// Names that stand plainly in known_hosts.
    fn known_hosts(&self, beginning: &str) -> Vec<Candidate>;
    /// The commands of the changes that `undo` takes back, or `undo --redo` does again; the next first.
    fn changes(&self, redo: bool) -> Vec<String>;
    /// The OpenSSH that would be run, as far as it is remembered.
    fn dialect(&self) -> Arc<Dialect>;
}

/// A source that can be asked from clap's completers.
pub(super) type Shared = Arc<dyn Source + Send + Sync>;

/// `[user@]alias`: the profiles, with what is typed before the `@` kept.
pub(super) fn destinations(word: &str, source: &Shared) -> Vec<Candidate> {
    after_user(word, |beginning| source.profiles(beginning))
}

/// `[user@]host`: the profiles, and the names of known_hosts that are none.
pub(super) fn hosts(word: &str, source: &Shared) -> Vec<Candidate> {
    after_user(word, |beginning| known(beginning, source))
}

/// The profiles, and the names of known_hosts that are none.
pub(super) fn known(beginning: &str, source: &Shared) -> Vec<Candidate> {
    let mut names = source.profiles(beginning);
    let mut others = source.known_hosts(beginning);
    let profiles: HashSet<&str> = names.iter().map(|profile| profile.value.as_str()).collect();
    others.retain(|other| !profiles.contains(other.value.as_str()));
    names.extend(others);
    names
}

/// Names after what is typed before the `@`; none that ssh would take for an option.
fn after_user(word: &str, names: impl Fn(&str) -> Vec<Candidate>) -> Vec<Candidate> {
    let at = word.rfind('@').map_or(0, |at| at + 1);
    let (user, beginning) = word.split_at(at);
    let mut names = names(beginning);
    names.retain(|name| !name.value.starts_with('-'));
    for name in &mut names {
        name.value.insert_str(0, user);
    }
    names
}

/// `hop,hop,…`: what follows the last comma.
pub(super) fn jumps(word: &str, source: &Shared) -> Vec<Candidate> {
    let (before, last) = word
        .rsplit_once(',')
        .map_or(("", word), |(_, last)| (&word[..word.len() - last.len()], last));
    let hops = destinations(last, source).into_iter();
    hops.map(|hop| Candidate { value: format!("{before}{}", hop.value), ..hop }).collect()
}
