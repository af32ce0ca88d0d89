//! Where the names come from: the config and its Includes, metadata, `~/.ssh`, known_hosts.
//!
//! Read as lists read them, nothing run and nothing resolved that only a connect can know. What
//! cannot be read is passed over in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstream::ColorChoice;
use sshp_config::{Dialect, Index, Summary};
use sshp_known_hosts::line::{Content, Hosts, lines};

use super::Candidate;
use super::names::{Shared, Source};
use super::narrow::{Keep, narrow};
use crate::ctx::Ctx;
use crate::installed_ssh;
use crate::profile;
use crate::profile::metadata::MetadataFile;
use crate::repository;
use crate::repository::load::load_tree_through;
use crate::ui::Ui;

/// With more candidates than this the descriptions are left out: they take time, and are not read.
const DESCRIBED: usize = 200;

/// The user's files, read when they are asked for.
struct Files {
    ctx: Ctx,
}

/// The empty source, for a user without a home.
struct Nothing;

/// Opens the files that `-F config` (or none) means.
pub(super) fn open(config: Option<PathBuf>) -> Shared {
    let ui = Ui::new(ColorChoice::Never, true, 0);
    let expanded = config.map(|file| match file.strip_prefix("~") {
        // The shell has not expanded it yet.
        Ok(rest) => Ctx::new(None, ui).map_or_else(|_| file.clone(), |ctx| ctx.env.home.join(rest)),
        Err(_) => file,
    });
    match Ctx::new(expanded.as_deref(), ui) {
        Ok(ctx) => Arc::new(Files { ctx: installed_ssh::remembered(ctx) }),
        Err(_) => Arc::new(Nothing),
    }
}

impl Source for Nothing {
    fn profiles(&self, _: &str) -> Vec<Candidate> {
        Vec::new()
    }

    fn tags(&self, _: &str) -> Vec<Candidate> {
        Vec::new()
    }

    fn keys(&self, _: &str) -> Vec<Candidate> {
        Vec::new()
    }

    fn known_hosts(&self, _: &str) -> Vec<Candidate> {
        Vec::new()
    }

    fn changes(&self, _: bool) -> Vec<String> {
        Vec::new()
    }

    fn dialect(&self) -> Arc<Dialect> {
        Arc::default()
    }
}

impl Source for Files {
    fn dialect(&self) -> Arc<Dialect> {
        Arc::clone(&self.ctx.env.dialect)
    }

    fn profiles(&self, beginning: &str) -> Vec<Candidate> {
        let read = |keep| load_tree_through(&self.ctx, &|text| narrow(text, beginning, keep));
        let tree = read(Keep::Names);
        let index = Index::new(&tree, &self.ctx.env, &self.ctx.env.dialect);
        let mut names: Vec<&str> = index
            .profiles()
            .filter_map(|named| std::str::from_utf8(named.alias).ok())
            .filter(|alias| alias.starts_with(beginning))
            .collect();
        names.sort_unstable();
        if names.len() > DESCRIBED {
            return names.into_iter().map(|alias| Candidate::new(alias, "")).collect();
        }
        let tree = read(Keep::Lines);
        let index = Index::new(&tree, &self.ctx.env, &self.ctx.env.dialect);
        let describe = |alias: &str| {
            let Summary { host, user, port, .. } = index.summary(alias.as_bytes());
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            profile::target(&text(&user), &text(&host), port)
        };
        names.into_iter().map(|alias| Candidate::new(alias, describe(alias))).collect()
    }

    fn tags(&self, beginning: &str) -> Vec<Candidate> {
        let mut uses: BTreeMap<String, usize> = BTreeMap::new();
        for metadata in self.metadata().all().into_values() {
            for tag in metadata.all_tags().filter(|tag| tag.starts_with(beginning)) {
                *uses.entry(tag.to_owned()).or_default() += 1;
            }
        }
        let help =
            |count| if count == 1 { "1 profile".into() } else { format!("{count} profiles") };
        uses.into_iter().map(|(tag, count)| Candidate::new(tag, help(count))).collect()
    }

    fn keys(&self, beginning: &str) -> Vec<Candidate> {
        let Ok(entries) = std::fs::read_dir(&self.ctx.paths.ssh_dir) else { return Vec::new() };
        let mut keys: Vec<Candidate> = entries
            .filter_map(|entry| {
                // A key is what has a public half beside it; no file is opened to find out.
                let public = entry.ok()?.path();
                let key = public.with_extension("");
                let is_public = public.extension().is_some_and(|extension| extension == "pub");
                let key = (is_public && key.is_file()).then_some(key)?.into_os_string();
                key.into_string().ok().filter(|key| key.starts_with(beginning))
            })
            .map(|key| Candidate::new(key, ""))
            .collect();
        keys.sort();
        keys
    }

    fn known_hosts(&self, beginning: &str) -> Vec<Candidate> {
        let file = repository::read(&self.ctx.paths.ssh_dir.join("known_hosts"));
        let Ok(Some(file)) = file else { return Vec::new() };
        let mut names = BTreeSet::new();
        for line in lines(&file) {
            let Content::Entry(entry) = line.content else { continue };
            let Hosts::List(list) = entry.hosts else { continue };
            let plain = list
                .split(|&byte| byte == b',')
                .filter_map(|name| std::str::from_utf8(name).ok())
                .filter(|name| name.starts_with(beginning) && !name.contains(['*', '?', '!']));
            names.extend(plain.map(str::to_owned));
        }
        names.into_iter().map(|name| Candidate::new(name, "known_hosts")).collect()
    }

    fn changes(&self, redo: bool) -> Vec<String> {
        let Ok(repository::Log { entries, .. }) = repository::log(&self.ctx) else {
            return Vec::new();
        };
        let of = if redo { repository::redoable } else { repository::undoable };
        of(&entries).into_iter().map(|entry| entry.command.clone()).collect()
    }
}

impl Files {
    fn metadata(&self) -> MetadataFile {
        read(&self.ctx.paths.metadata)
            .map_or_else(MetadataFile::default, |text| MetadataFile::salvage(&text))
    }
}

fn read(path: &Path) -> Option<Arc<[u8]>> {
    repository::read(path).ok().flatten()
}
