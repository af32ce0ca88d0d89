//! PURE: the blocks of profiles, found for any number of names in one walk over the config.

use std::collections::HashMap;
use std::sync::Arc;

use sshp_config::tree::{Include, Target};
use sshp_config::{Block, Keyword, Origin, edit, pattern};

use super::{EditError, ProfileEdit};
use crate::profile::Alias;

/// A block, by its file's place in the tree.
pub(super) type Place = (usize, Block);

impl ProfileEdit<'_> {
    /// For each alias the blocks whose `Host` line says it, in the order in which ssh reads them.
    pub(super) fn blocks_of_each(&self, aliases: &[&Alias]) -> Vec<Vec<Place>> {
        let mut search = Search {
            edit: self,
            by_name: HashMap::with_capacity(aliases.len()),
            is_read: vec![false; self.tree.files.len()],
            found: vec![Vec::new(); aliases.len()],
        };
        for (at, alias) in aliases.iter().enumerate() {
            search.by_name.entry(alias.as_str().as_bytes()).or_default().push(at);
        }
        for root in &self.tree.roots {
            search.read(&root.target);
        }
        search.found
    }

    /// The blocks whose `Host` line says this name, in the order in which ssh reads them.
    pub fn blocks_of(&self, alias: &Alias) -> Vec<Place> {
        self.blocks_of_each(&[alias]).swap_remove(0)
    }

    /// For each profile its blocks, at least one, all of them in files of the user's.
    pub(super) fn own_blocks_of_each(
        &self,
        aliases: &[&Alias],
    ) -> Result<Vec<Vec<Place>>, EditError> {
        let found = self.blocks_of_each(aliases);
        for (alias, blocks) in aliases.iter().zip(&found) {
            self.require_editable(alias, blocks)?;
        }
        Ok(found)
    }

    pub(super) fn own_blocks(&self, alias: &Alias) -> Result<Vec<Place>, EditError> {
        Ok(self.own_blocks_of_each(&[alias])?.swap_remove(0))
    }

    fn require_editable(&self, alias: &Alias, blocks: &[Place]) -> Result<(), EditError> {
        if !pattern::is_literal(alias.as_str().as_bytes()) {
            let said = blocks.first().map(|place| self.origin(place));
            return Err(match said.or_else(|| self.pattern_for(alias)) {
                Some(origin) => EditError::Pattern { alias: alias.clone(), origin },
                None => EditError::NotFound(alias.clone()),
            });
        }
        if blocks.is_empty() {
            return Err(match self.pattern_for(alias) {
                Some(origin) => EditError::OnlyPattern { alias: alias.clone(), origin },
                None => EditError::NotFound(alias.clone()),
            });
        }
        match blocks.iter().find(|(file, _)| !self.tree.files[*file].user) {
            None => Ok(()),
            Some(place) => {
                Err(EditError::System { alias: alias.clone(), origin: self.origin(place) })
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

    pub(super) fn origin(&self, (file, block): &Place) -> Origin {
        self.origin_of(*file, block.header.unwrap_or(0))
    }

    pub(super) fn origin_of(&self, file: usize, directive: usize) -> Origin {
        Origin {
            file: Arc::clone(&self.tree.files[file].path),
            line: self.document(file).directives()[directive].line,
        }
    }
}

/// A walk over the files in the order in which ssh reads them, each read once.
struct Search<'s, 'a> {
    edit: &'s ProfileEdit<'a>,
    by_name: HashMap<&'s [u8], Vec<usize>>,
    is_read: Vec<bool>,
    found: Vec<Vec<Place>>,
}

impl Search<'_, '_> {
    fn read(&mut self, target: &Target) {
        let Target::File(file) = *target else { return };
        if std::mem::replace(&mut self.is_read[file], true) {
            return;
        }
        let edit = self.edit;
        let document = edit.document(file);
        let mut includes = edit.tree.files[file].includes.iter();
        for block in document.blocks() {
            for word in edit::header_words(document, &block) {
                for at in self.by_name.get(&*word.value).into_iter().flatten() {
                    let places = &mut self.found[*at];
                    // A `Host` line may say a name twice.
                    if places
                        .last()
                        .is_none_or(|last| (last.0, last.1.index) != (file, block.index))
                    {
                        places.push((file, block.clone()));
                    }
                }
            }
            let lines = &document.directives()[block.directives.clone()];
            for _ in lines.iter().filter(|line| line.keyword == Some(Keyword::Include)) {
                for target in includes.next().into_iter().flat_map(Include::targets) {
                    self.read(target);
                }
            }
        }
    }
}
