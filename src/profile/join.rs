//! PURE: profiles from the config and the metadata, and where the two have drifted apart.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sshp_config::{Index, Named, Tree, edit, pattern};

use super::metadata::MetadataFile;
use super::{Alias, Metadata, Profile};
use crate::unicode;

/// All profiles in the order of the config, each with its metadata.
pub fn profiles(index: &Index<'_>, metadata: &MetadataFile) -> Vec<Profile> {
    joined(index, index.profiles(), metadata)
}

/// The profile of a name, else the host of the system's config that has it.
pub fn one(index: &Index<'_>, metadata: &MetadataFile, name: &str) -> Option<Profile> {
    let is_it = |named: &Named<'_>| match std::str::from_utf8(named.alias) {
        Ok(alias) => alias == name,
        Err(_) => unicode::from_bytes(named.alias) == name,
    };
    let found = index.profiles().find(is_it);
    let found = found.or_else(|| index.named().find(|named| !named.user && is_it(named)))?;
    Some(Joint::new(index, metadata).profile(&found))
}

/// The hosts that the system's config names and the user's files do not.
pub fn global_hosts(index: &Index<'_>, metadata: &MetadataFile) -> Vec<Profile> {
    joined(index, index.named().filter(|named| !named.user), metadata)
}

fn joined<'i>(
    index: &Index<'_>,
    named: impl Iterator<Item = Named<'i>>,
    metadata: &MetadataFile,
) -> Vec<Profile> {
    let mut profiles = Vec::with_capacity(named.size_hint().1.unwrap_or_default());
    let mut joint = Joint::new(index, metadata);
    profiles.extend(named.map(|named| joint.profile(&named)));
    profiles
}

/// All profiles, each made when it is asked for: those that `first` names, by their places in the
/// config, then the others in its order, and last those that their source no longer has.
pub fn profiles_from<'i, 'a, F>(
    index: &'i Index<'a>,
    metadata: &MetadataFile,
    first: F,
) -> impl Iterator<Item = Profile> + use<'i, 'a, F>
where
    F: FnOnce(&HashMap<String, Metadata>) -> Vec<usize>,
{
    let mut joint = Joint::new(index, metadata);
    let mut first = first(&joint.metadata);
    let stale = joint.stale();
    let mut last: HashSet<usize> = HashSet::new();
    if !stale.is_empty() {
        let is_stale = |named: &Named<'_>| stale.contains(&unicode::from_bytes(named.alias));
        last.extend(index.profiles().enumerate().filter(|(_, it)| is_stale(it)).map(|(at, _)| at));
    }
    first.retain(|at| !last.contains(at));
    let ranks: HashMap<usize, usize> =
        first.iter().zip(0..).map(|(at, rank)| (*at, rank)).collect();
    let mut best: Vec<(usize, Named<'i>)> = Vec::new();
    if !ranks.is_empty() {
        best.extend(index.profiles().enumerate().filter(|(at, _)| ranks.contains_key(at)));
        best.sort_by_key(|(at, _)| ranks[at]);
    }
    let is_last = last.clone();
    let rest = index.profiles().enumerate();
    let rest = rest.filter(move |(at, _)| !ranks.contains_key(at) && !is_last.contains(at));
    // Without any there is no second walk over the config.
    let stale = (!last.is_empty()).then(|| index.profiles().enumerate()).into_iter().flatten();
    let stale = stale.filter(move |(at, _)| last.contains(at));
    best.into_iter().chain(rest).chain(stale).map(move |(_, named)| joint.profile(&named))
}

/// Joins what the config says of a name with its metadata.
struct Joint<'i, 'a> {
    index: &'i Index<'a>,
    metadata: HashMap<String, Metadata>,
    /// What the many share that have none.
    none: Arc<Metadata>,
}

impl<'i, 'a> Joint<'i, 'a> {
    fn new(index: &'i Index<'a>, metadata: &MetadataFile) -> Self {
        Joint { index, metadata: metadata.all(), none: Arc::default() }
    }

    /// The names of the profiles that their source no longer has.
    fn stale(&self) -> HashSet<String> {
        let stale = self.metadata.iter().filter(|(_, metadata)| metadata.stale.is_some());
        stale.map(|(alias, _)| alias.clone()).collect()
    }

    fn profile(&mut self, named: &Named<'_>) -> Profile {
        let summary = self.index.summary(named.alias);
        let alias = unicode::from_bytes(named.alias);
        let own = self.metadata.remove(&alias);
        Profile {
            origin: named.origin.clone(),
            host: text(summary.host),
            user: text(summary.user),
            port: summary.port,
            jump: summary.jump.map(text),
            keys: summary.keys.into_iter().map(text).collect(),
            depends_on: summary.depends_on,
            metadata: own.map_or_else(|| Arc::clone(&self.none), Arc::new),
            alias: Alias::existing(alias),
        }
    }
}

/// Bytes as text; copied only where they are not UTF-8, which stays told apart.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|wrong| unicode::from_bytes(wrong.as_bytes()))
}

/// For each alias a hash of the options in its blocks, by which a profile is recognized that was renamed
/// by hand. Spacing and comments above do not count; an alias without options has no hash.
pub fn bodies(tree: &Tree) -> HashMap<String, String> {
    let mut hashers: HashMap<String, Sha256> = HashMap::new();
    for file in &tree.files {
        let document = &file.document;
        for block in document.blocks() {
            let lines = &document.directives()[block.directives.clone()];
            if lines.is_empty() {
                continue;
            }
            for word in edit::header_words(document, &block) {
                if !pattern::is_literal(&word.value) {
                    continue;
                }
                let alias = unicode::from_bytes(&word.value);
                let hasher = hashers.entry(alias).or_default();
                for line in lines {
                    hasher.update(document.keyword(line).to_ascii_lowercase());
                    hasher.update(b" ");
                    hasher.update(document.rest(line));
                    hasher.update(b"\n");
                }
            }
        }
    }
    let hex = |hasher: Sha256| HEXLOWER.encode(&hasher.finalize()[..16]);
    hashers.into_iter().map(|(alias, hasher)| (alias, hex(hasher))).collect()
}

/// What the profiles with metadata said when sshp last looked: hash by alias. Only those that no
/// other profile said the same as, for a twin could be mistaken for a renamed one.
pub type Known = BTreeMap<String, String>;

/// What is to be known of the config and the metadata as they are.
pub fn known(tree: &Tree, metadata: &MetadataFile) -> Known {
    if metadata.aliases().next().is_none() {
        return Known::new();
    }
    let bodies = bodies(tree);
    let mut count: HashMap<&str, usize> = HashMap::new();
    for hash in bodies.values() {
        *count.entry(hash).or_default() += 1;
    }
    let hash = |alias: &str| bodies.get(alias).filter(|hash| count[hash.as_str()] == 1).cloned();
    metadata.aliases().filter_map(|alias| Some((alias.to_owned(), hash(alias)?))).collect()
}

/// Metadata whose profile stands in no config any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// The name that the metadata has.
    pub alias: Alias,
    /// The profile that says what this one said: it was renamed by hand.
    pub renamed: Option<Alias>,
}

/// Where metadata and config have drifted apart, in the order of the metadata.
pub fn drift(tree: &Tree, metadata: &MetadataFile, known: &Known) -> Vec<Orphan> {
    let mut names = HashSet::new();
    for file in &tree.files {
        for block in file.document.blocks() {
            for word in edit::header_words(&file.document, &block) {
                names.insert(unicode::from_bytes(&word.value));
            }
        }
    }
    let gone: Vec<_> = metadata.aliases().filter(|alias| !names.contains(*alias)).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let bodies = bodies(tree);
    let owned: HashSet<&str> = metadata.aliases().collect();
    let renamed = |alias: &str| {
        let hash = known.get(alias)?;
        let mut same = bodies.iter().filter(|(_, body)| *body == hash).map(|(alias, _)| alias);
        let (one, other) = (same.next()?, same.next());
        (other.is_none() && !owned.contains(one.as_str())).then(|| Alias::existing(one))
    };
    gone.iter().map(|a| Orphan { alias: Alias::existing(*a), renamed: renamed(a) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::of_text("/h/config", text.as_bytes())
    }

    fn orphans(before: &str, after: &str) -> Vec<(String, Option<String>)> {
        let metadata = MetadataFile::parse(b"[web]\nnote = \"x\"\n").unwrap();
        let known = known(&tree(before), &metadata);
        let shown = |orphan: Orphan| {
            (orphan.alias.to_string(), orphan.renamed.map(|alias| alias.to_string()))
        };
        drift(&tree(after), &metadata, &known).into_iter().map(shown).collect()
    }

    #[test]
    fn a_profile_that_was_renamed_by_hand_is_known_by_what_it_says() {
        let before = "Host web\n  HostName h\n  User u\nHost db\n  HostName d\n";
        let orphan = |to: Option<&str>| vec![("web".to_owned(), to.map(str::to_owned))];
        assert_eq!(orphans(before, before), []);
        let renamed = "# moved\nHost site\n\thostname h\n\tUser u\nHost db\n  HostName d\n";
        assert_eq!(orphans(before, renamed), orphan(Some("site")));
        assert_eq!(orphans(before, "Host db\n  HostName d\n"), orphan(None));
        assert_eq!(orphans(before, "Host a b\n  HostName h\n  User u\n"), orphan(None));
        // It had a twin all along, which is not the renamed one.
        let twins = format!("{before}Host twin\n  HostName h\n  User u\n");
        assert_eq!(orphans(&twins, "Host twin\n  HostName h\n  User u\n"), orphan(None));
        assert_eq!(orphans("Host web\n", "Host site\n"), orphan(None));
    }
}
