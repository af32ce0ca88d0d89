//! PURE: whether an edited config is what was asked: no worse for ssh than before, with each edited
//! profile as asked and every other one as before.
//!
//! Takes the config before and after as whole trees; any number of profiles is verified in time that
//! grows with the config and not with the config times the profiles.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use sshp_config::forward::Hop;
use sshp_config::options::TABLE;
use sshp_config::{
    CommandLine, Complaint, Dialect, Document, Effective, Facts, Index, Keyword, Origin, Rejected,
    Source, Tree, edit, lint, pattern, quote, resolve, same, words,
};
use thiserror::Error;

use super::Alias;
use super::patch::NamedPatch;
use crate::unicode;

/// A host that no config names: its options are those that apply to all. It is never shown.
const UNNAMED: &str = "sshp-names-no-such-host.invalid";

/// What an edit may change.
#[derive(Clone, Copy, Debug)]
pub enum Expected<'a> {
    /// Each of these profiles has the options of its patch; no other profile changes.
    Patched(&'a [NamedPatch]),
    /// No profiles but these change: they are removed, or a person wrote their text.
    Only(&'a [Alias]),
    /// The second profile is what the first was, and references to the first name the second.
    Renamed(&'a Alias, &'a Alias),
    /// The second profile is what the first is.
    Copied(&'a Alias, &'a Alias),
    /// Any profile may change.
    Any,
}

/// Why an edited config is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// ssh would refuse the config, for every host.
    #[error("ssh would refuse the config: {}", .0.text)]
    Refused(Complaint),
    /// A profile would need itself as a hop.
    #[error("`{}` would be reached through itself: {}", .0[0], .0.join(" via "))]
    Loop(Vec<String>),
    /// A line elsewhere sets the option first.
    #[error(
        "{} of `{alias}` would still be `{value}`: {origin} comes first, and the first value counts",
        .keyword.title()
    )]
    Overridden {
        /// The edited profile.
        alias: Alias,
        /// The option.
        keyword: Keyword,
        /// The value that ssh would use.
        value: String,
        /// The line that sets it.
        origin: Origin,
    },
    /// A profile that was not edited would change.
    #[error("{} would change too: {} would be {value}", name(.alias.as_ref()), .keyword.title())]
    OtherChanges {
        /// The profile; none for hosts that no `Host` line names.
        alias: Option<Alias>,
        /// The first option that would change.
        keyword: Keyword,
        /// What it would be.
        value: String,
    },
    /// A renamed or copied profile would differ from the original.
    #[error("`{new}` would not be what `{old}` is: {} would be {value}", .keyword.title())]
    Differs {
        /// The original.
        old: Alias,
        /// The renamed profile, or the copy.
        new: Alias,
        /// The first option that would differ.
        keyword: Keyword,
        /// What it would be.
        value: String,
    },
}

fn name(alias: Option<&Alias>) -> String {
    match alias {
        Some(alias) => format!("`{alias}`"),
        None => "a host that no `Host` line names".to_owned(),
    }
}

/// The comparison of a config with what an edit makes of it.
pub struct Verification<'a> {
    before: &'a Tree,
    after: &'a Tree,
    facts: &'a dyn Facts,
    dialect: &'a Dialect,
    index: Index<'a>,
}

impl<'a> Verification<'a> {
    /// Prepares the comparison of two states of a config, as an OpenSSH of this dialect reads them.
    pub fn new(
        before: &'a Tree,
        after: &'a Tree,
        facts: &'a dyn Facts,
        dialect: &'a Dialect,
    ) -> Self {
        let index = Index::new(after, facts, dialect);
        Verification { before, after, facts, dialect, index }
    }

    /// Requires that ssh takes the config if it took it before, or at least that it refuses no more
    /// of it, and that no more profiles are reached through themselves. Gives what ssh refuses it for,
    /// as it did before.
    ///
    /// # Errors
    /// [`VerifyError::Refused`], [`VerifyError::Loop`].
    pub fn config(&self) -> Result<Vec<Complaint>, VerifyError> {
        let after = refusals(self.after, self.facts, self.dialect);
        if let Some(first) = after.first() {
            let before = refusals(self.before, self.facts, self.dialect);
            if after.len() > before.len() {
                let is_new = |fault: &&Complaint| !before.iter().any(|old| old.text == fault.text);
                let fault = after.iter().find(is_new).unwrap_or(first);
                return Err(VerifyError::Refused(fault.clone()));
            }
        }
        self.require_no_new_loop()?;
        Ok(after)
    }

    fn require_no_new_loop(&self) -> Result<(), VerifyError> {
        let after = lint::jump_loops(&self.index, self.facts);
        if after.is_empty() {
            return Ok(());
        }
        let before =
            lint::jump_loops(&Index::new(self.before, self.facts, self.dialect), self.facts);
        let old: HashSet<_> = before.iter().filter_map(|hops| hops.first()).collect();
        let is_new = |hops: &&Vec<Vec<u8>>| hops.first().is_some_and(|alias| !old.contains(alias));
        match after.iter().find(is_new) {
            Some(hops) if after.len() > before.len() => {
                let hops = hops.iter().map(|hop| String::from_utf8_lossy(hop).into_owned());
                Err(VerifyError::Loop(hops.collect()))
            }
            _ => Ok(()),
        }
    }

    /// Requires that the profiles are as expected.
    ///
    /// # Errors
    /// [`VerifyError::Overridden`], [`VerifyError::OtherChanges`], [`VerifyError::Differs`].
    pub fn profiles(&self, expected: Expected<'_>) -> Result<(), VerifyError> {
        match expected {
            Expected::Any => Ok(()),
            Expected::Patched(patches) => {
                for named in patches {
                    self.require_options(named)?;
                }
                self.require_others_unchanged(patches.iter().map(|named| &named.alias), None)
            }
            Expected::Only(aliases) => self.require_others_unchanged(aliases, None),
            Expected::Renamed(old, new) => {
                self.require_others_unchanged([old, new], Some((old, new)))?;
                self.require_same_options(old, new)
            }
            Expected::Copied(old, new) => {
                self.require_others_unchanged([new], None)?;
                self.require_same_options(old, new)
            }
        }
    }

    /// Requires that the options of a patch come from blocks of the profile.
    fn require_options(&self, NamedPatch { alias, patch }: &NamedPatch) -> Result<(), VerifyError> {
        let mut is_first: HashMap<Keyword, bool> = HashMap::with_capacity(patch.set.len());
        let mut reads_more = false;
        self.index.visit_lines(&unicode::to_bytes(alias.as_str()), &mut |file, directive| {
            let document = &self.after.files[file].document;
            let keyword = document.directives()[directive].keyword;
            // A file that the index does not read, since only a destination names it.
            reads_more |= keyword == Some(Keyword::Include);
            let Some((keyword, values)) = keyword.and_then(|keyword| patch.option(keyword)) else {
                return;
            };
            is_first.entry(keyword).or_insert_with(|| {
                names(document, &edit::block_of(document, directive), alias)
                    || says(document, directive, values)
            });
        });
        if !reads_more && patch.set.iter().all(|(keyword, _)| is_first.get(keyword) == Some(&true))
        {
            return Ok(());
        }
        // Another line comes first, or may: only the whole reading tells whether its value counts.
        let Ok(effective) = resolve_alias(self.after, self.facts, self.dialect, alias.as_str())
        else {
            return Ok(());
        };
        for (keyword, values) in &patch.set {
            self.require_own(&effective, alias, *keyword, values)?;
        }
        Ok(())
    }

    /// Requires that an option of a profile comes from its own block, or has the asked value anyway.
    fn require_own(
        &self,
        effective: &Effective,
        alias: &Alias,
        keyword: Keyword,
        values: &[Vec<u8>],
    ) -> Result<(), VerifyError> {
        let all = effective.all(keyword);
        let is_own = |source: &Source| match source {
            Source::File(origin) => self
                .after
                .block_at(origin)
                // No edit reaches a file that only the destination names.
                .filter(|(file, _)| self.after.files.iter().any(|own| own.path == file.path))
                .is_some_and(|(file, block)| names(&file.document, &block, alias)),
            _ => false,
        };
        if quote::accumulates(keyword) && all.iter().any(|setting| is_own(&setting.source)) {
            return Ok(());
        }
        let Some(first) = all.first() else { return Ok(()) };
        match &first.source {
            Source::File(origin) if !is_own(&first.source) && !has_word(values, &first.value) => {
                Err(VerifyError::Overridden {
                    alias: alias.clone(),
                    keyword,
                    value: first.text().into_owned(),
                    origin: origin.clone(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Requires that all hosts but those named have the options that they had; a name in their values
    /// may have become another.
    fn require_others_unchanged<'n>(
        &self,
        edited: impl IntoIterator<Item = &'n Alias>,
        renamed: Option<(&Alias, &Alias)>,
    ) -> Result<(), VerifyError> {
        let edited: HashSet<&[u8]> =
            edited.into_iter().map(|alias| alias.as_str().as_bytes()).collect();
        if same::for_all_but(self.before, self.after, &|name| edited.contains(name)) {
            return Ok(());
        }
        let before = Index::new(self.before, self.facts, self.dialect);
        let others =
            before.named().map(|named| named.alias).filter(|alias| !edited.contains(*alias));
        for alias in others.chain([UNNAMED.as_bytes()]) {
            // The very same lines apply, so the options are the same: true of nearly all.
            if before.signature(alias) == self.index.signature(alias) {
                continue;
            }
            let host = String::from_utf8_lossy(alias);
            let old = resolve_alias(self.before, self.facts, self.dialect, &host);
            let new = resolve_alias(self.after, self.facts, self.dialect, &host);
            if let (Ok(old), Ok(new)) = (old, new)
                && let Some((keyword, value)) = difference(&old, &new, renamed)
            {
                let is_named = *alias != *UNNAMED.as_bytes();
                return Err(VerifyError::OtherChanges {
                    alias: is_named.then(|| Alias::existing(host)),
                    keyword,
                    value: value.replace(UNNAMED, "its own name"),
                });
            }
        }
        Ok(())
    }

    /// Requires that a profile has the options that another had before the edit.
    fn require_same_options(&self, old: &Alias, new: &Alias) -> Result<(), VerifyError> {
        let before = resolve_alias(self.before, self.facts, self.dialect, old.as_str());
        let after = resolve_alias(self.after, self.facts, self.dialect, new.as_str());
        let (Ok(before), Ok(after)) = (before, after) else { return Ok(()) };
        match difference(&before, &after, Some((old, new))) {
            None => Ok(()),
            Some((keyword, value)) => {
                Err(VerifyError::Differs { old: old.clone(), new: new.clone(), keyword, value })
            }
        }
    }
}

/// What ssh refuses a config for, whatever the host.
pub fn refusals(tree: &Tree, facts: &dyn Facts, dialect: &Dialect) -> Vec<Complaint> {
    match resolve_alias(tree, facts, dialect, UNNAMED) {
        Ok(_) => Vec::new(),
        Err(Rejected { complaints }) => complaints,
    }
}

/// What ssh would use for a profile, with nothing run.
///
/// # Errors
/// When ssh would refuse the config.
pub fn resolve_alias(
    tree: &Tree,
    facts: &dyn Facts,
    dialect: &Dialect,
    host: &str,
) -> Result<Effective, Rejected> {
    // A name that is no destination (`@x`) is no host that ssh could be asked about.
    let host = unicode::to_bytes(host);
    let command = CommandLine::destination(OsStr::from_bytes(&host)).unwrap_or_default();
    resolve(tree, &command, facts, None, dialect)
}

/// The ProxyJump lines that name one of some profiles, with that name; not the lines of blocks that
/// are for these profiles alone.
pub fn jumps_through(tree: &Tree, facts: &dyn Facts, aliases: &[Alias]) -> Vec<(Origin, Alias)> {
    let by_name: HashMap<&[u8], &Alias> =
        aliases.iter().map(|alias| (alias.as_str().as_bytes(), alias)).collect();
    let mut found = Vec::new();
    for (at, file) in tree.files.iter().enumerate() {
        let document = &file.document;
        for block in document.blocks() {
            let words = edit::header_words(document, &block);
            if !words.is_empty() && words.iter().all(|word| by_name.contains_key(&*word.value)) {
                continue;
            }
            for directive in block.directives.clone() {
                let line = &document.directives()[directive];
                if line.keyword != Some(Keyword::ProxyJump) {
                    continue;
                }
                let Some(Ok(list)) = document.words(line).next() else { continue };
                let hops = list.value.split(|byte| *byte == b',');
                let hops = hops.filter_map(|hop| Hop::parse(hop, facts));
                let mut named: Vec<&Alias> =
                    hops.filter_map(|hop| by_name.get(&*hop.host).copied()).collect();
                named.dedup();
                let origin = tree.origin(at, directive);
                found.extend(named.into_iter().map(|alias| (origin.clone(), alias.clone())));
            }
        }
    }
    found
}

/// The profiles that a text of blocks names.
pub fn names_of_block(text: &[u8]) -> Vec<Alias> {
    let document = Document::parse(text);
    let mut names = Vec::new();
    for block in document.blocks() {
        for word in edit::header_words(&document, &block) {
            if pattern::is_literal(&word.value) {
                names.push(Alias::existing(unicode::from_bytes(&word.value)));
            }
        }
    }
    names
}

/// Whether the `Host` line of a block says a name.
fn names(document: &Document, block: &sshp_config::Block, alias: &Alias) -> bool {
    let words = edit::header_words(document, block);
    words.iter().any(|word| *word.value == *alias.as_str().as_bytes())
}

/// Whether the value of a line begins with the word that one of some values begins with.
fn says(document: &Document, directive: usize, values: &[Vec<u8>]) -> bool {
    let word = document.words(&document.directives()[directive]).next();
    word.is_some_and(|word| word.is_ok_and(|word| has_word(values, &word.value)))
}

/// Whether one of some values, as they are written, begins with a word.
fn has_word(values: &[Vec<u8>], word: &[u8]) -> bool {
    values.iter().any(|value| {
        let first = words::split(value).next();
        first.is_some_and(|first| first.is_ok_and(|first| *first.value == *word))
    })
}

/// The first option that differs, and what it would be; a name in its value may have become another.
fn difference(
    before: &Effective,
    after: &Effective,
    renamed: Option<(&Alias, &Alias)>,
) -> Option<(Keyword, String)> {
    let values = |effective: &Effective, keyword| -> Vec<Vec<u8>> {
        effective.all(keyword).iter().map(|setting| setting.value.clone()).collect()
    };
    TABLE.iter().find_map(|row| {
        let (old, new) = (values(before, row.keyword), values(after, row.keyword));
        let same = old == new
            || renamed.filter(|_| row.keyword != Keyword::HostName).is_some_and(|(from, to)| {
                // ssh lower-cases some of what it makes of a name.
                let replaced = |text: &Vec<u8>| {
                    let text = String::from_utf8_lossy(text).to_lowercase();
                    text.replace(&from.as_str().to_lowercase(), &to.as_str().to_lowercase())
                };
                let lower = |text: &Vec<u8>| String::from_utf8_lossy(text).to_lowercase();
                old.iter().map(replaced).eq(new.iter().map(lower))
            });
        let shown = new.first().map_or_else(
            || "unset".to_owned(),
            |value| format!("`{}`", String::from_utf8_lossy(value)),
        );
        (!same).then_some((row.keyword, shown))
    })
}

#[cfg(test)]
mod tests;
