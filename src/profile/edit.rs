//! PURE: edits of profiles, one or thousands in one pass: what changes in the config and the metadata,
//! before anything is written.
//!
//! A [`ProfileEdit`] is a working copy: each step edits the text as the step before left it, and
//! [`ProfileEdit::finish`] gives the difference. [`verify`](super::verify) then compares the config
//! that the new text makes with the one before.

mod blocks;
mod draft;
mod error;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use sshp_config::edit::NewBlock;
use sshp_config::tree::{Refusal, Target, Tree};
use sshp_config::{Document, Keyword, edit, quote};
use sshp_splice::{ChangeSet, FileChange, Splice};

use self::blocks::Place;
use self::draft::Draft;
pub use self::error::EditError;
use super::Alias;
use super::metadata::MetadataFile;
use super::patch::{NamedPatch, ProfilePatch};

/// What a block of several names does when one of them is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nothing: the edit is refused.
    Refuse,
    /// The profile gets its own block.
    Split,
    /// All of them change.
    Shared,
}

/// Config and metadata while they are edited.
pub struct ProfileEdit<'a> {
    tree: &'a Tree,
    /// The file that new profiles go to.
    config: &'a Path,
    /// Files as they will be, by their place in the tree.
    drafts: BTreeMap<usize, Draft>,
    /// Files that are not there yet.
    created: BTreeMap<PathBuf, Draft>,
    /// The metadata as it will be.
    pub metadata: MetadataFile,
}

impl<'a> ProfileEdit<'a> {
    /// An edit that changes nothing yet; new profiles go to `config`.
    pub fn new(tree: &'a Tree, config: &'a Path, metadata: MetadataFile) -> Self {
        ProfileEdit { tree, config, drafts: BTreeMap::new(), created: BTreeMap::new(), metadata }
    }

    /// A file as it stands now.
    pub fn document(&self, file: usize) -> &Document {
        self.drafts.get(&file).map_or(&self.tree.files[file].document, |draft| &draft.document)
    }

    fn edit(&mut self, file: usize, splices: Vec<Splice>) {
        if splices.is_empty() {
            return;
        }
        if let Some(draft) = self.drafts.get_mut(&file) {
            draft.edit(splices);
        } else {
            let draft = Draft::of(&self.tree.files[file].document, splices);
            self.drafts.insert(file, draft);
        }
    }

    /// Requires that a profile is there and may be changed.
    ///
    /// # Errors
    /// [`EditError::NotFound`], [`EditError::OnlyPattern`], [`EditError::Pattern`],
    /// [`EditError::System`].
    pub fn require(&self, alias: &Alias) -> Result<(), EditError> {
        self.own_blocks(alias).map(drop)
    }

    /// Requires that no `Host` line says any of these names, and that none comes twice.
    fn require_free(&self, aliases: &[&Alias]) -> Result<(), EditError> {
        let found = self.blocks_of_each(aliases);
        for (alias, blocks) in aliases.iter().zip(&found) {
            if let Some(place) = blocks.first() {
                let alias = (*alias).clone();
                return Err(EditError::Exists { alias, origin: self.origin(place) });
            }
        }
        let mut seen = HashSet::with_capacity(aliases.len());
        match aliases.iter().find(|alias| !seen.insert(alias.as_str())) {
            Some(alias) => Err(EditError::Twice((*alias).clone())),
            None => Ok(()),
        }
    }

    /// Adds profiles in one pass: the block of each, placed so that its values win, and its metadata.
    ///
    /// # Errors
    /// [`EditError::Exists`], [`EditError::Twice`]; [`EditError::Unreadable`] for the config.
    pub fn add(&mut self, new: &[NamedPatch]) -> Result<(), EditError> {
        self.add_to(self.config, new)
    }

    /// As [`ProfileEdit::add`], to another file: one that the config includes, or will include by
    /// [`ProfileEdit::include`].
    ///
    /// # Errors
    /// As [`ProfileEdit::add`].
    pub fn add_to(&mut self, path: &Path, new: &[NamedPatch]) -> Result<(), EditError> {
        let aliases: Vec<&Alias> = new.iter().map(|patch| &patch.alias).collect();
        self.require_free(&aliases)?;
        let blocks: Vec<NewBlock<'_>> = new
            .iter()
            .map(|NamedPatch { alias, patch }| {
                let lines = patch.set.iter().flat_map(|(keyword, values)| {
                    values.iter().map(|value| (*keyword, value.as_slice()))
                });
                NewBlock { name: alias.as_str().as_bytes(), options: lines.collect() }
            })
            .collect();
        if let Some(file) = self.file_at(path)? {
            let document = self.document(file);
            let model = self.model([file]).unwrap_or(document);
            let splices = edit::insert_blocks(document, &blocks, model);
            self.edit(file, splices);
        } else {
            let mut draft = self.created.remove(path).unwrap_or_default();
            let model = self.model([]).unwrap_or(&draft.document);
            let splices = edit::insert_blocks(&draft.document, &blocks, model);
            draft.edit(splices);
            self.created.insert(path.to_owned(), draft);
        }
        for NamedPatch { alias, patch } in new {
            self.set_metadata(alias, patch);
        }
        Ok(())
    }

    /// Lets the config include more files, before its first block.
    ///
    /// # Errors
    /// [`EditError::Unreadable`] for the config.
    pub fn include(&mut self, pattern: &str) -> Result<(), EditError> {
        let line = format!("{} {pattern}\n", Keyword::Include.title());
        let above_blocks = |document: &Document| {
            edit::insert_text(document, document.block_count().min(1), line.as_bytes())
        };
        if let Some(file) = self.file_at(self.config)? {
            let splice = above_blocks(self.document(file));
            self.edit(file, vec![splice]);
        } else {
            let draft = self.created.entry(self.config.to_owned()).or_default();
            let splice = above_blocks(&draft.document);
            draft.edit(vec![splice]);
        }
        Ok(())
    }

    /// The first file that shows how blocks are written: the config, else another of the user's files.
    fn model(&self, config: impl IntoIterator<Item = usize>) -> Option<&Document> {
        let others = (0..self.tree.files.len()).filter(|file| self.tree.files[*file].user);
        let mut documents = config.into_iter().chain(others).map(|file| self.document(file));
        documents.find(|document| edit::has_style(document))
    }

    /// A file of the config, if it is there.
    fn file_at(&self, path: &Path) -> Result<Option<usize>, EditError> {
        let root = self.tree.roots.iter().find(|root| *root.path == *path);
        match root.map(|root| &root.target) {
            Some(Target::File(file)) => Ok(Some(*file)),
            None => Ok(self.tree.files.iter().position(|file| *file.path == *path)),
            Some(Target::Refused { refusal: Refusal::Missing, .. }) => Ok(None),
            Some(Target::Refused { path, refusal }) => Err(EditError::Unreadable {
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

    /// Changes what each patch asks of its profile, and nothing else: an option where the profile sets
    /// it, a new one in its first block. One pass over the files sets one option of every profile.
    ///
    /// # Errors
    /// When a profile is not there, or shares its block and `sharing` refuses.
    pub fn change(&mut self, patches: &[NamedPatch], sharing: Sharing) -> Result<(), EditError> {
        let aliases: Vec<&Alias> = patches.iter().map(|patch| &patch.alias).collect();
        let mut blocks = self.own_blocks_of_each(&aliases)?;
        let with_options = || patches.iter().filter(|named| named.patch.has_options());
        if sharing == Sharing::Split {
            for NamedPatch { alias, .. } in with_options() {
                self.split(alias)?;
            }
            blocks = self.own_blocks_of_each(&aliases)?;
        }
        let steps = patches.iter().map(|named| named.patch.set.len() + named.patch.unset.len());
        for step in 0..steps.max().unwrap_or(0) {
            let mut pass = Pass::default();
            for (NamedPatch { alias, patch }, blocks) in patches.iter().zip(&blocks) {
                let Some((keyword, values)) = patch.step(step) else { continue };
                self.set_option(&mut pass, alias, blocks, keyword, values, sharing)?;
            }
            self.apply(pass);
        }
        for NamedPatch { alias, patch } in patches {
            self.set_metadata(alias, patch);
        }
        Ok(())
    }

    /// Adds to a pass the edit of one option of a profile; no value takes the option away.
    fn set_option(
        &mut self,
        pass: &mut Pass,
        alias: &Alias,
        blocks: &[Place],
        keyword: Keyword,
        values: &[Vec<u8>],
        sharing: Sharing,
    ) -> Result<(), EditError> {
        let has = |(file, block): &&Place| {
            !edit::occurrences(self.document(*file), block.index, keyword).is_empty()
        };
        let mut edited: Vec<&Place> = blocks.iter().filter(has).collect();
        if !values.is_empty() {
            edited.truncate(1);
            if edited.is_empty() {
                edited.extend(blocks.first());
            }
        }
        for (file, block) in edited {
            self.require_own(alias, *file, block.index, sharing)?;
            // Two profiles of one block: the second edits the text that the first leaves.
            if !pass.blocks.insert((*file, block.index)) {
                self.apply(std::mem::take(pass));
                pass.blocks.insert((*file, block.index));
            }
            let splices = edit::set(self.document(*file), block.index, keyword, values);
            pass.splices.entry(*file).or_default().extend(splices);
        }
        Ok(())
    }

    fn apply(&mut self, pass: Pass) {
        for (file, splices) in pass.splices {
            self.edit(file, splices);
        }
    }

    /// Requires that a block names one profile alone, unless all its profiles are to change.
    fn require_own(
        &self,
        alias: &Alias,
        file: usize,
        block: usize,
        sharing: Sharing,
    ) -> Result<(), EditError> {
        if sharing == Sharing::Shared {
            return Ok(());
        }
        let document = self.document(file);
        let block = document.block(block);
        let words = edit::header_words(document, &block);
        let words: Vec<_> = words.iter().map(|word| String::from_utf8_lossy(&word.value)).collect();
        let others: Vec<_> =
            words.iter().map(AsRef::as_ref).filter(|word| *word != alias.as_str()).collect();
        if others.is_empty() {
            return Ok(());
        }
        Err(EditError::Shared {
            alias: alias.clone(),
            others: others.join(" "),
            origin: self.origin(&(file, block)),
        })
    }

    /// Moves a name to its own block wherever it shares one: a copy of that block, directly above.
    fn split(&mut self, alias: &Alias) -> Result<(), EditError> {
        let name = alias.as_str().as_bytes();
        for (file, block) in self.own_blocks(alias)?.iter().rev() {
            let document = self.document(*file);
            let Some(mut splices) = edit::remove_words(document, block, |word| word == name) else {
                continue;
            };
            let text = edit::block_text(document, block.index, &quote::quote(name), &[]);
            splices.push(edit::insert_text(document, block.index, &text));
            self.edit(*file, splices);
        }
        Ok(())
    }

    /// Removes profiles in one pass: each name from the lines that it shares, else its block; and its
    /// metadata.
    ///
    /// # Errors
    /// When one is not there, or an Include would go with it and `with_includes` does not allow it.
    pub fn remove(&mut self, aliases: &[Alias], with_includes: bool) -> Result<(), EditError> {
        let all: Vec<&Alias> = aliases.iter().collect();
        let names: HashSet<&str> = all.iter().map(|alias| alias.as_str()).collect();
        let is_removed =
            |word: &[u8]| std::str::from_utf8(word).is_ok_and(|word| names.contains(word));
        let mut pass = Pass::default();
        let mut whole: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (alias, blocks) in aliases.iter().zip(self.own_blocks_of_each(&all)?) {
            for (file, block) in blocks {
                if !pass.blocks.insert((file, block.index)) {
                    continue;
                }
                let document = self.document(file);
                let words = edit::header_words(document, &block);
                // Left with negations alone, a line never applies to anything.
                if words
                    .iter()
                    .any(|word| !is_removed(&word.value) && !word.value.starts_with(b"!"))
                {
                    let splices = edit::remove_words(document, &block, is_removed);
                    pass.splices.entry(file).or_default().extend(splices.unwrap_or_default());
                    continue;
                }
                let include = block
                    .directives
                    .clone()
                    .find(|at| document.directives()[*at].keyword == Some(Keyword::Include));
                if let Some(include) = include.filter(|_| !with_includes) {
                    let origin = self.origin_of(file, include);
                    return Err(EditError::HoldsInclude { alias: alias.clone(), origin });
                }
                whole.entry(file).or_default().push(block.index);
            }
        }
        for (file, mut blocks) in whole {
            blocks.sort_unstable();
            let splices = edit::remove_blocks(self.document(file), blocks);
            pass.splices.entry(file).or_default().extend(splices);
        }
        self.apply(pass);
        self.metadata.remove_all(&names);
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
    ) -> Result<(), EditError> {
        self.require_free(&[new])?;
        let blocks = self.own_blocks(old)?;
        if let (Some(host), Some((file, block))) = (host, blocks.first()) {
            let value = quote::quote(host).into_owned();
            let splices = edit::set(self.document(*file), block.index, Keyword::HostName, &[value]);
            self.edit(*file, splices);
        }
        for file in 0..self.tree.files.len() {
            if self.tree.files[file].user {
                let (old, new) = (old.as_str().as_bytes(), new.as_str().as_bytes());
                self.edit(file, edit::rename(self.document(file), old, new));
            }
        }
        self.metadata.rename(old.as_str(), new.as_str());
        Ok(())
    }

    /// Clones a profile under another name: each of its blocks, directly below the original.
    ///
    /// # Errors
    /// When the old one is not there or the new name is taken.
    pub fn copy(&mut self, old: &Alias, new: &Alias, host: Option<&[u8]>) -> Result<(), EditError> {
        self.require_free(&[new])?;
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
            self.edit(*file, vec![splice]);
        }
        self.metadata.copy(old.as_str(), new.as_str());
        Ok(())
    }

    /// The text of a profile's first block, header to last line, for an editor.
    ///
    /// # Errors
    /// When the profile is not there.
    pub fn block(&self, alias: &Alias) -> Result<Vec<u8>, EditError> {
        let (file, block) = self.own_blocks(alias)?.swap_remove(0);
        let document = self.document(file);
        Ok(document.text()[edit::extent(document, block.index)].to_vec())
    }

    /// Puts another text in the place of a profile's first block.
    ///
    /// # Errors
    /// When the profile is not there.
    pub fn replace_block(&mut self, alias: &Alias, text: &[u8]) -> Result<(), EditError> {
        let (file, block) = self.own_blocks(alias)?.swap_remove(0);
        let extent = edit::extent(self.document(file), block.index);
        self.edit(file, vec![Splice::replace(extent, text)]);
        Ok(())
    }

    /// The difference of the config files to what is there, and the metadata as it will be.
    pub fn finish(self, command: impl Into<String>) -> (ChangeSet, MetadataFile) {
        let mut change = ChangeSet::new(command);
        for (file, draft) in self.drafts {
            let base = self.tree.files[file].document.shared_text();
            let splices = draft.splices(&base);
            change.push(FileChange::new(&*self.tree.files[file].path, Some(base), splices));
        }
        for (path, draft) in &self.created {
            let text = draft.document.text();
            change.push(FileChange::new(path, None, vec![Splice::insert(0, text)]));
        }
        (change, self.metadata)
    }
}

/// Edits of blocks that are made together; each block is edited once.
#[derive(Default)]
struct Pass {
    /// The edits, by the file's place in the tree.
    splices: HashMap<usize, Vec<Splice>>,
    /// The file and the index of each edited block.
    blocks: HashSet<(usize, usize)>,
}

#[cfg(test)]
mod tests;
