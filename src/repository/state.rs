//! What is there: the config with all it Includes, and the metadata.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_config::{Effective, Index, Rejected, Tree};
use sshp_splice::ChangeSet;

use super::MetadataStore;
use super::commit::recover_for_read;
use super::load::{self, load_tree_to_look, load_tree_with, require_config, warn_unread};
use crate::ctx::{ConfigChoice, Ctx, Env};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::edit::ProfileEdit;
use crate::profile::metadata::MetadataFile;
use crate::profile::rank::{self, Usage};
use crate::profile::{Alias, Profile, join, verify};
use crate::ui::sanitize;
use crate::unicode::{self, LookAlikes};

/// The files of profiles, as they were read.
pub struct State {
    /// The config files.
    pub tree: Tree,
    pub(super) env: Env,
    store: MetadataStore,
}

impl State {
    /// Reads everything, after finishing what a crash left half done, and says what cannot be read.
    /// The profiles are there even where the metadata is not.
    ///
    /// # Errors
    /// None so far: what cannot be read is told as a warning.
    pub fn load(ctx: &Ctx) -> Result<Self> {
        recover_for_read(ctx);
        let state = State::read(ctx)?;
        state.store.warn(ctx);
        warn_unread(ctx, &state.tree);
        Ok(state)
    }

    /// Reads everything and writes nothing, not even a warning.
    ///
    /// # Errors
    /// None so far, as [`State::load`].
    pub fn read(ctx: &Ctx) -> Result<Self> {
        Ok(State {
            tree: load_tree_to_look(ctx),
            env: ctx.env.clone(),
            store: MetadataStore::read(ctx),
        })
    }

    /// Whether every file holds what it held for another state.
    pub fn is_as(&self, other: &State) -> bool {
        let (files, others) = (&self.tree.files, &other.tree.files);
        let is_same = files.len() == others.len()
            && files.iter().zip(others).all(|(file, other)| {
                file.path == other.path && file.document.text() == other.document.text()
            });
        is_same
            && self.tree.refusals().count() == other.tree.refusals().count()
            && self.store.is_as(&other.store)
    }

    /// The config as a change would leave it.
    pub fn after(&self, ctx: &Ctx, change: &ChangeSet) -> Tree {
        if change.files.iter().all(|file| file.path == ctx.paths.metadata) {
            return self.tree.clone();
        }
        let new = |file: &sshp_splice::FileChange| (file.path.clone(), Arc::from(file.after()));
        let instead: HashMap<PathBuf, Arc<[u8]>> = change.files.iter().map(new).collect();
        load_tree_with(ctx, instead)
    }

    /// All profiles, in the order of the config.
    pub fn profiles(&self) -> Vec<Profile> {
        join::profiles(&Index::new(&self.tree, &self.env, &self.env.dialect), &self.store.file)
    }

    /// The profile of the first of these names that has one, else the host of the system's config.
    pub fn profile(&self, names: &[&str]) -> Option<Profile> {
        let index = Index::new(&self.tree, &self.env, &self.env.dialect);
        names.iter().find_map(|name| join::one(&index, &self.store.file, name))
    }

    /// The hosts that only the system's config names: no profiles of the user's.
    pub fn global_hosts(&self) -> Vec<Profile> {
        join::global_hosts(&Index::new(&self.tree, &self.env, &self.env.dialect), &self.store.file)
    }

    /// All profiles, those with the names that are used most first, each given to `take` as soon as it
    /// is resolved, until that has enough.
    pub fn profiles_by_use(&self, usage: &Usage, now: u64, mut take: impl FnMut(Profile) -> bool) {
        let index = Index::new(&self.tree, &self.env, &self.env.dialect);
        let profiles = join::profiles_from(&index, &self.store.file, |metadata| {
            let names = index.profiles().map(|named| Cow::Owned(unicode::from_bytes(named.alias)));
            let favorites = metadata.iter().filter(|(_, known)| known.favorite);
            rank::first(names, &favorites.map(|(name, _)| name.as_str()).collect(), usage, now)
        });
        for profile in profiles {
            if !take(profile) {
                return;
            }
        }
    }

    /// The names of all profiles, in the order of the config.
    pub fn aliases(&self) -> Vec<String> {
        let index = Index::new(&self.tree, &self.env, &self.env.dialect);
        index.profiles().map(|named| unicode::from_bytes(named.alias)).collect()
    }

    /// The profiles that look like another, and how each is shown.
    pub fn look_alikes(&self) -> LookAlikes {
        look_alikes(&self.tree, &self.env)
    }

    /// The metadata.
    pub fn metadata(&self) -> &MetadataFile {
        &self.store.file
    }

    /// What ssh would use for a profile, with nothing run.
    ///
    /// # Errors
    /// When ssh would refuse the config.
    pub fn resolve(&self, alias: &Alias) -> std::result::Result<Effective, Rejected> {
        verify::resolve_alias(&self.tree, &self.env, &self.env.dialect, alias.as_str())
    }

    /// What makes ssh read a config that it refuses for its owner or mode.
    pub fn insecure_hint(&self, path: &Path) -> String {
        load::insecure_hint(self.env.uid, path)
    }

    /// `profiles.toml`, and what of it could not be read.
    pub fn store(&self) -> &MetadataStore {
        &self.store
    }

    /// Starts an edit of profiles.
    ///
    /// # Errors
    /// When the metadata cannot be read, or a change would lose pins whose profile is not known; or when
    /// there is no config to write to (`-F none`, `-F FOLDER`).
    pub fn edit<'a>(&'a self, ctx: &'a Ctx) -> Result<ProfileEdit<'a>> {
        if ctx.paths.config == ConfigChoice::None {
            return Err(Error::usage("there is no config to change with `-F none`"));
        }
        // A new config is made where there is none.
        require_config(ctx)
            .or_else(|e| if e.kind == ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
        self.store.require_changeable()?;
        Ok(ProfileEdit::new(&self.tree, &ctx.paths.user_config, self.store.file.clone()))
    }

    /// Ends an edit of profiles: what differs.
    pub fn finish(&self, ctx: &Ctx, edit: ProfileEdit<'_>, command: String) -> ChangeSet {
        let (mut change, metadata) = edit.finish(command);
        self.store.change(ctx, metadata, &mut change);
        change
    }
}

/// The profiles of a config that look like another, and how each is shown.
pub fn look_alikes(tree: &Tree, env: &Env) -> LookAlikes {
    // Nearly every config is plain, and that is seen fastest in its bytes.
    if tree.files.iter().all(|file| file.document.text().is_ascii()) {
        return LookAlikes::default();
    }
    let index = Index::new(tree, env, &env.dialect);
    let names: Vec<String> =
        index.profiles().map(|named| unicode::from_bytes(named.alias)).collect();
    LookAlikes::among(names.iter().map(|name| sanitize::name(name)))
}
