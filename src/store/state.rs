//! What is there: the config with all it Includes, and the metadata.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::load::{load_tree, load_tree_with, require_config};
use super::{disk, undo};
use crate::change::ChangeSet;
use crate::ctx::{ConfigChoice, Ctx, Env};
use crate::error::{Error, Exit, Result};
use crate::profile::metadata::MetadataFile;
use crate::profile::plan::Plan;
use crate::profile::{Alias, Profile, join};
use crate::ssh_config::{CommandLine, Effective, Index, Rejected, Tree, resolve};
use crate::ui::sanitize;

/// The files of profiles, as they were read.
pub struct State {
    /// The config files.
    pub tree: Tree,
    pub(super) env: Env,
    metadata: MetadataFile,
    /// What `profiles.toml` held; `None` where there is none.
    metadata_base: Option<Arc<[u8]>>,
    /// Why it could not be read or understood.
    metadata_fault: Option<String>,
}

impl State {
    /// Reads everything, after finishing what a crash left half done, and says what cannot be read.
    /// The profiles are there even where the metadata is not.
    ///
    /// # Errors
    /// None so far: what cannot be read is told as a warning.
    pub fn load(ctx: &Ctx) -> Result<Self> {
        if let Err(error) = undo::recover(ctx) {
            let why = format!("{:#}", error.source);
            ctx.ui.warning(format_args!(
                "an interrupted change could not be finished: {}",
                sanitize::line(&why)
            ));
        }
        let state = State::read(ctx)?;
        if let Some(fault) = &state.metadata_fault {
            let path = ctx.paths.metadata.display();
            let fault = sanitize::line(fault);
            ctx.ui.warning(format_args!("tags and notes are not shown: `{path}`: {fault}"));
        }
        for (origin, path, refusal) in state.tree.refusals() {
            let path = path.display().to_string();
            let asked =
                origin.map_or_else(String::new, |origin| format!(" (included at {origin})"));
            let told = format!("`{path}` is not read: {refusal}{asked}");
            ctx.ui.warning(sanitize::line(&told));
        }
        for oddity in state.metadata.all().1 {
            let (path, oddity) = (ctx.paths.metadata.display(), oddity.to_string());
            ctx.ui.warning(format_args!("`{path}`: {}", sanitize::line(&oddity)));
        }
        Ok(state)
    }

    /// Reads everything and writes nothing, not even a warning.
    ///
    /// # Errors
    /// None so far, as [`State::load`].
    pub fn read(ctx: &Ctx) -> Result<Self> {
        let mut state = State {
            tree: load_tree(ctx),
            env: ctx.env.clone(),
            metadata: MetadataFile::default(),
            metadata_base: None,
            metadata_fault: None,
        };
        match disk::read(&ctx.paths.metadata) {
            Ok(found) => state.metadata_base = found.map(|found| found.bytes),
            Err(error) => state.metadata_fault = Some(error.source.to_string()),
        }
        match MetadataFile::parse(state.metadata_base.as_deref().unwrap_or_default()) {
            Ok(metadata) => state.metadata = metadata,
            Err(fault) => state.metadata_fault = Some(fault.to_string()),
        }
        Ok(state)
    }

    /// The config as a change would leave it.
    pub(super) fn after(&self, ctx: &Ctx, change: &ChangeSet) -> Tree {
        if change.files.iter().all(|file| file.path == ctx.paths.metadata) {
            return self.tree.clone();
        }
        let new = |file: &crate::change::FileChange| (file.path.clone(), Arc::from(file.after()));
        let instead: HashMap<PathBuf, Arc<[u8]>> = change.files.iter().map(new).collect();
        load_tree_with(ctx, instead)
    }

    /// All profiles, in the order of the config.
    pub fn profiles(&self) -> Vec<Profile> {
        join::profiles(&Index::new(&self.tree, &self.env), &self.metadata)
    }

    /// The names of all profiles, in the order of the config.
    pub fn aliases(&self) -> Vec<String> {
        let index = Index::new(&self.tree, &self.env);
        index.named().map(|named| String::from_utf8_lossy(named.alias).into_owned()).collect()
    }

    /// The metadata.
    pub fn metadata(&self) -> &MetadataFile {
        &self.metadata
    }

    /// What ssh would use for a profile, with nothing run.
    ///
    /// # Errors
    /// When ssh would refuse the config.
    pub fn resolve(&self, alias: &Alias) -> std::result::Result<Effective, Rejected> {
        resolve_in(&self.tree, &self.env, alias.as_str())
    }

    /// Starts a change.
    ///
    /// # Errors
    /// When the metadata cannot be understood, for then it cannot be changed with the config; or
    /// when there is no config to write to (`-F none`, `-F FOLDER`).
    pub fn plan<'a>(&'a self, ctx: &'a Ctx) -> Result<Plan<'a>> {
        if ctx.paths.config == ConfigChoice::None {
            return Err(Error::usage("there is no config to change with `-F none`"));
        }
        // A new config is made where there is none.
        require_config(ctx).or_else(|e| if e.exit == Exit::NotFound { Ok(()) } else { Err(e) })?;
        if let Some(fault) = &self.metadata_fault {
            let path = ctx.paths.metadata.display();
            return Err(Error::failed(format_args!("`{path}`: {fault}"))
                .hint("mend it or move it away; nothing was changed"));
        }
        Ok(Plan::new(&self.tree, &ctx.paths.user_config, self.metadata.clone()))
    }

    /// Ends a change: what differs.
    pub fn finish(&self, ctx: &Ctx, plan: Plan<'_>, command: String) -> ChangeSet {
        plan.finish(command, ctx.paths.metadata.clone(), self.metadata_base.clone())
    }
}

/// What ssh would use for a host in some tree.
pub(super) fn resolve_in(
    tree: &Tree,
    env: &Env,
    host: &str,
) -> std::result::Result<Effective, Rejected> {
    // A name that is no destination (`@x`) is no host that ssh could be asked about.
    let command = CommandLine::destination(host).unwrap_or_default();
    resolve(tree, &command, env, None)
}
