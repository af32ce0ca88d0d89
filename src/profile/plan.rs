//! PURE: what a command changes in the config and the metadata, before anything is written.
//!
//! A [`Plan`] is a working copy: each step edits the text as the step before left it, and
//! [`Plan::finish`] gives the difference. Whether the profile then resolves as asked, and every
//! other one as before, is proved by whoever can read the files that the new text includes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sshp_config::tree::{Refusal, Target, Tree};
use sshp_config::{Block, Document, Keyword, Origin, edit, pattern, quote};
use sshp_splice::{ChangeSet, FileChange, Splice, splice};
use thiserror::Error;

use super::Alias;
use super::metadata::MetadataFile;
use super::patch::ProfilePatch;

/// Why a change is not made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The name of a new profile is taken.
    #[error("there is a profile `{alias}` already, at {origin}")]
    Exists {
        /// The name.
        alias: Alias,
        /// Its `Host` line.
        origin: Origin,
    },
    /// No `Host` line says this name.
    #[error("no profile `{0}`")]
    NotFound(Alias),
    /// Only a pattern or a `Match` gives options to this name.
    #[error("`{alias}` has no `Host` line of its own: it is matched by the pattern at {origin}")]
    OnlyPattern {
        /// The name.
        alias: Alias,
        /// The block that matches.
        origin: Origin,
    },
    /// The word of a `Host` line that stands for many names, or takes one away.
    #[error("`{alias}` is a pattern, not a profile, at {origin}")]
    Pattern {
        /// The word.
        alias: Alias,
        /// The `Host` line that says it, or the first that applies to it.
        origin: Origin,
    },
    /// The block is not of this profile alone.
    #[error("`{alias}` shares its block with `{others}`, at {origin}")]
    Shared {
        /// The name.
        alias: Alias,
        /// The other words of the line.
        others: String,
        /// The `Host` line.
        origin: Origin,
    },
    /// The block stands in a file of the system.
    #[error("`{alias}` stands in the system's config, at {origin}, which sshp does not change")]
    System {
        /// The name.
        alias: Alias,
        /// The `Host` line.
        origin: Origin,
    },
    /// Removing the block would remove an Include with it.
    #[error("the block of `{alias}` holds an Include, at {origin}, which would go with it")]
    HoldsInclude {
        /// The name.
        alias: Alias,
        /// The Include.
        origin: Origin,
    },
    /// The config cannot be read, so it cannot be changed.
    #[error("`{path}`: {refusal}")]
    Unreadable {
        /// The config.
        path: String,
        /// Why.
        refusal: Refusal,
    },
}

/// What a block of several names does when one of them is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nothing: it is refused.
    Refuse,
    /// The name gets a block of its own.
    Split,
    /// All of them change.
    Shared,
}

/// A change in the making.
pub struct Plan<'a> {
    tree: &'a Tree,
    /// The file that new profiles go to, and whether it is there.
    config: &'a Path,
    /// Files as they will be, by their place in the tree.
    drafts: BTreeMap<usize, Document>,
    /// The config, where there was none.
    created: Option<Document>,
    /// The metadata as it will be.
    pub metadata: MetadataFile,
}

/// A block, by its file's place in the tree.
type Place = (usize, Block);

impl<'a> Plan<'a> {
    /// A plan that changes nothing yet; new profiles go to `config`.
    pub fn new(tree: &'a Tree, config: &'a Path, metadata: MetadataFile) -> Self {
        Plan { tree, config, drafts: BTreeMap::new(), created: None, metadata }
    }

    /// A file as it stands now.
    pub fn document(&self, file: usize) -> &Document {
        self.drafts.get(&file).unwrap_or(&self.tree.files[file].document)
    }

    fn edit(&mut self, file: usize, edit: impl FnOnce(&Document) -> Vec<Splice>) {
        let document = self.document(file);
        let mut splices = edit(document);
        if !splices.is_empty() {
            splices.sort_by_key(|s| (s.at.start, s.at.end));
            let new = Document::parse(splice(document.text(), &splices));
            self.drafts.insert(file, new);
        }
    }

    /// The blocks whose `Host` line says this name, in the order in which ssh reads them.
    pub fn blocks_of(&self, alias: &str) -> Vec<Place> {
        let mut found = Vec::new();
        let mut seen = vec![false; self.tree.files.len()];
        for root in &self.tree.roots {
            self.walk(&root.target, alias.as_bytes(), &mut seen, &mut found);
        }
        found
    }

    fn walk(&self, target: &Target, name: &[u8], seen: &mut [bool], found: &mut Vec<Place>) {
        let Target::File(file) = *target else { return };
        if std::mem::replace(&mut seen[file], true) {
            return;
        }
        let document = self.document(file);
        let mut includes = self.tree.files[file].includes.iter();
        for block in document.blocks() {
            let words = edit::header_words(document, &block);
            if words.iter().any(|word| *word.value == *name) {
                found.push((file, block.clone()));
            }
            let lines = &document.directives()[block.directives.clone()];
            for _ in lines.iter().filter(|d| d.keyword == Some(Keyword::Include)) {
                for target in includes.next().into_iter().flat_map(|i| i.words.iter().flatten()) {
                    self.walk(target, name, seen, found);
                }
            }
        }
    }

    fn origin(&self, (file, block): &Place) -> Origin {
        self.origin_of(*file, block.header.unwrap_or(0))
    }

    fn origin_of(&self, file: usize, directive: usize) -> Origin {
        Origin {
            file: Arc::clone(&self.tree.files[file].path),
            line: self.document(file).directives()[directive].line,
        }
    }

    /// The blocks of a profile that can be changed.
    fn own_blocks(&self, alias: &Alias) -> Result<Vec<Place>, PlanError> {
        let blocks = self.blocks_of(alias.as_str());
        if !pattern::is_literal(alias.as_str().as_bytes()) {
            let said = blocks.first().map(|place| self.origin(place));
            return Err(match said.or_else(|| self.pattern_for(alias)) {
                Some(origin) => PlanError::Pattern { alias: alias.clone(), origin },
                None => PlanError::NotFound(alias.clone()),
            });
        }
        if blocks.is_empty() {
            return Err(match self.pattern_for(alias) {
                Some(origin) => PlanError::OnlyPattern { alias: alias.clone(), origin },
                None => PlanError::NotFound(alias.clone()),
            });
        }
        match blocks.iter().find(|(file, _)| !self.tree.files[*file].user) {
            None => Ok(blocks),
            Some(place) => {
                Err(PlanError::System { alias: alias.clone(), origin: self.origin(place) })
            }
        }
    }

    /// The first block with a pattern, other than one for all, that gives options to a name.
    fn pattern_for(&self, alias: &Alias) -> Option<Origin> {
        (0..self.tree.files.len()).find_map(|file| {
            let document = self.document(file);
            let applies = |block: &Block| {
                let words = edit::header_words(document, block);
                let for_all = words.iter().any(|word| *word.value == *b"*");
                let patterns = words.iter().map(|word| &*word.value);
                !for_all && pattern::host_line_applies(alias.as_str().as_bytes(), patterns)
            };
            let block = document.blocks().find(applies)?;
            Some(self.origin(&(file, block)))
        })
    }

    /// Requires that no `Host` line says a name.
    ///
    /// # Errors
    /// [`PlanError::Exists`].
    pub fn require_free(&self, alias: &Alias) -> Result<(), PlanError> {
        match self.blocks_of(alias.as_str()).first() {
            None => Ok(()),
            Some(place) => {
                Err(PlanError::Exists { alias: alias.clone(), origin: self.origin(place) })
            }
        }
    }

    /// Requires that a profile is there and may be changed.
    ///
    /// # Errors
    /// [`PlanError::NotFound`], [`PlanError::OnlyPattern`], [`PlanError::Pattern`],
    /// [`PlanError::System`].
    pub fn require(&self, alias: &Alias) -> Result<(), PlanError> {
        self.own_blocks(alias).map(drop)
    }

    /// A new profile: its block, placed so that its values win, and its metadata.
    ///
    /// # Errors
    /// When the name is taken or the config cannot be read.
    pub fn add(&mut self, alias: &Alias, patch: &ProfilePatch) -> Result<(), PlanError> {
        self.require_free(alias)?;
        let mut options = Vec::new();
        for (keyword, values) in &patch.set {
            options.extend(values.iter().map(|value| (*keyword, value.clone())));
        }
        let name = alias.as_str().as_bytes();
        let config = self.config_file()?;
        let model = self.model(config);
        let insert = |document: &Document| {
            let at = edit::place(document, name);
            let model = model.as_ref().unwrap_or(document);
            vec![edit::insert_block(document, at, &quote::quote(name), &options, model)]
        };
        if let Some(file) = config {
            self.edit(file, insert);
        } else {
            let empty = Document::parse(&b""[..]);
            let new = splice(b"", &insert(self.created.as_ref().unwrap_or(&empty)));
            self.created = Some(Document::parse(new));
        }
        self.set_metadata(alias, patch);
        Ok(())
    }

    /// The user's file that shows how blocks are written, where the config has none to show it.
    fn model(&self, config: Option<usize>) -> Option<Document> {
        let shows = |file: &usize| edit::has_style(self.document(*file));
        if config.is_some_and(|config| shows(&config)) {
            return None;
        }
        let mut others = (0..self.tree.files.len()).filter(|file| self.tree.files[*file].user);
        others.find(shows).map(|file| self.document(file).clone())
    }

    /// The file that new profiles go to, if it is there.
    fn config_file(&self) -> Result<Option<usize>, PlanError> {
        let root = self.tree.roots.iter().find(|root| *root.path == *self.config);
        match root.map(|root| &root.target) {
            Some(Target::File(file)) => Ok(Some(*file)),
            None | Some(Target::Refused { refusal: Refusal::Missing, .. }) => Ok(None),
            Some(Target::Refused { path, refusal }) => Err(PlanError::Unreadable {
                path: path.display().to_string(),
                refusal: refusal.clone(),
            }),
        }
    }

    fn set_metadata(&mut self, alias: &Alias, patch: &ProfilePatch) {
        let mut metadata = self.metadata.get(alias.as_str()).unwrap_or_default();
        patch.apply(&mut metadata);
        if patch.unpin {
            self.metadata.unpin(alias.as_str());
        }
        self.metadata.set(alias.as_str(), &metadata);
    }

    /// Changes what is asked, and nothing else: an option where the profile sets it, a new one in
    /// its first block.
    ///
    /// # Errors
    /// When the profile is not there, or shares its block and `sharing` refuses.
    pub fn change(
        &mut self,
        alias: &Alias,
        patch: &ProfilePatch,
        sharing: Sharing,
    ) -> Result<(), PlanError> {
        let mut blocks = self.own_blocks(alias)?;
        if patch.has_options() {
            if sharing == Sharing::Split {
                self.split(alias, &blocks);
                blocks = self.own_blocks(alias)?;
            }
            for (keyword, values) in &patch.set {
                let has = |(file, block): &&Place| {
                    !edit::occurrences(self.document(*file), block.index, *keyword).is_empty()
                };
                let (file, block) = blocks.iter().find(has).unwrap_or(&blocks[0]).clone();
                self.require_own(alias, &(file, block.clone()), sharing)?;
                self.edit(file, |d| edit::set(d, block.index, *keyword, values));
            }
            for keyword in &patch.unset {
                for (file, block) in blocks.clone() {
                    if !edit::occurrences(self.document(file), block.index, *keyword).is_empty() {
                        self.require_own(alias, &(file, block.clone()), sharing)?;
                        self.edit(file, |d| edit::set(d, block.index, *keyword, &[]));
                    }
                }
            }
        }
        self.set_metadata(alias, patch);
        Ok(())
    }

    /// Requires that a block is of one profile alone, unless all its names shall change.
    fn require_own(
        &self,
        alias: &Alias,
        (file, block): &Place,
        sharing: Sharing,
    ) -> Result<(), PlanError> {
        // Found again, for an edit further up moves its lines.
        let block = &self.document(*file).block(block.index);
        let words = edit::header_words(self.document(*file), block);
        let other = |word: &&str| *word != alias.as_str();
        let words: Vec<_> = words.iter().map(|w| String::from_utf8_lossy(&w.value)).collect();
        let others: Vec<_> = words.iter().map(AsRef::as_ref).filter(other).collect();
        if others.is_empty() || sharing == Sharing::Shared {
            return Ok(());
        }
        Err(PlanError::Shared {
            alias: alias.clone(),
            others: others.join(" "),
            origin: self.origin(&(*file, block.clone())),
        })
    }

    /// Gives a name a block of its own wherever it shares one, directly above.
    fn split(&mut self, alias: &Alias, blocks: &[Place]) {
        let name = alias.as_str().as_bytes();
        for (file, block) in blocks.iter().rev() {
            let document = self.document(*file);
            let Some(mut splices) = edit::remove_word(document, block, name) else { continue };
            let text = edit::block_text(document, block.index, &quote::quote(name), &[]);
            splices.push(edit::insert_text(document, block.index, &text));
            self.edit(*file, |_| splices);
        }
    }

    /// Removes a profile: its name where it shares a line, else its block; and its metadata.
    ///
    /// # Errors
    /// When it is not there, or an Include would go with it and `with_includes` does not allow it.
    pub fn remove(&mut self, alias: &Alias, with_includes: bool) -> Result<(), PlanError> {
        let name = alias.as_str().as_bytes();
        for (file, block) in self.own_blocks(alias)?.into_iter().rev() {
            let document = self.document(file);
            let words = edit::header_words(document, &block);
            // Left with negations alone, a line never applies to anything.
            let left = words.iter().any(|w| *w.value != *name && !w.value.starts_with(b"!"));
            if left {
                let splices = edit::remove_word(document, &block, name).unwrap_or_default();
                self.edit(file, |_| splices);
                continue;
            }
            let mut lines = block.directives.clone();
            let include = lines
                .find(|at| document.directives()[*at].keyword == Some(Keyword::Include))
                .filter(|_| !with_includes);
            if let Some(include) = include {
                let origin = self.origin_of(file, include);
                return Err(PlanError::HoldsInclude { alias: alias.clone(), origin });
            }
            self.edit(file, |d| vec![edit::remove_block(d, block.index)]);
        }
        self.metadata.remove(alias.as_str());
        Ok(())
    }

    /// Renames a profile and all that refers to it by name. Without a `HostName`, the old name was
    /// the host: `host` then says so in the block.
    ///
    /// # Errors
    /// When the old one is not there or the new name is taken.
    pub fn rename(
        &mut self,
        old: &Alias,
        new: &Alias,
        host: Option<&[u8]>,
    ) -> Result<(), PlanError> {
        self.require_free(new)?;
        let blocks = self.own_blocks(old)?;
        if let Some(host) = host {
            self.set_host(&blocks, host);
        }
        for file in 0..self.tree.files.len() {
            if self.tree.files[file].user {
                let (old, new) = (old.as_str().as_bytes(), new.as_str().as_bytes());
                self.edit(file, |d| edit::rename(d, old, new));
            }
        }
        self.metadata.rename(old.as_str(), new.as_str());
        Ok(())
    }

    /// Clones a profile under another name: each of its blocks, directly below the original.
    ///
    /// # Errors
    /// When the old one is not there or the new name is taken.
    pub fn copy(&mut self, old: &Alias, new: &Alias, host: Option<&[u8]>) -> Result<(), PlanError> {
        self.require_free(new)?;
        let blocks = self.own_blocks(old)?;
        for (at, (file, block)) in blocks.iter().enumerate().rev() {
            let document = self.document(*file);
            let name = quote::quote(new.as_str().as_bytes());
            let edits = match host.filter(|_| at == 0) {
                Some(host) => {
                    let value = quote::quote(host).into_owned();
                    edit::set(document, block.index, Keyword::HostName, &[value])
                }
                None => Vec::new(),
            };
            let text = edit::block_text(document, block.index, &name, &edits);
            let splice = edit::insert_text(document, block.index + 1, &text);
            self.edit(*file, |_| vec![splice]);
        }
        self.metadata.copy(old.as_str(), new.as_str());
        Ok(())
    }

    /// Sets `HostName` in the first block, which all its names then share.
    fn set_host(&mut self, blocks: &[Place], host: &[u8]) {
        if let Some((file, block)) = blocks.first() {
            let value = quote::quote(host).into_owned();
            self.edit(*file, |d| edit::set(d, block.index, Keyword::HostName, &[value]));
        }
    }

    /// The text of a profile's first block, header to last line, for an editor.
    ///
    /// # Errors
    /// When the profile is not there.
    pub fn block(&self, alias: &Alias) -> Result<Vec<u8>, PlanError> {
        let (file, block) = self.own_blocks(alias)?.swap_remove(0);
        let document = self.document(file);
        Ok(document.text()[edit::extent(document, block.index)].to_vec())
    }

    /// Puts another text in the place of a profile's first block.
    ///
    /// # Errors
    /// When the profile is not there.
    pub fn replace_block(&mut self, alias: &Alias, text: &[u8]) -> Result<(), PlanError> {
        let (file, block) = self.own_blocks(alias)?.swap_remove(0);
        self.edit(file, |d| vec![Splice::replace(edit::extent(d, block.index), text)]);
        Ok(())
    }

    /// The difference of the config files to what is there, and the metadata as it will be.
    pub fn finish(self, command: impl Into<String>) -> (ChangeSet, MetadataFile) {
        let mut change = ChangeSet::new(command);
        for (file, new) in &self.drafts {
            let base = self.tree.files[*file].document.shared_text();
            let splices = Splice::lines_between(&base, new.text());
            change.push(FileChange::new(&*self.tree.files[*file].path, Some(base), splices));
        }
        if let Some(new) = &self.created {
            change.push(FileChange::new(self.config, None, vec![Splice::insert(0, new.text())]));
        }
        (change, self.metadata)
    }
}

#[cfg(test)]
mod tests;
