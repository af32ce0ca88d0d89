//! Which keys there are: the files of `~/.ssh`, and what the config names, for whom.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sshp_config::{CommandLine, Index, Keyword, Tree, resolve, tokens};

use crate::ctx::Ctx;

/// All files of a folder, in the order of their names.
pub fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let own = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = own.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// What IdentityFile lines name, each once, but for values that depend on the destination.
pub fn named(ctx: &Ctx, tree: &Tree) -> Vec<PathBuf> {
    let mut named = Vec::new();
    for file in &tree.files {
        let document = &file.document;
        let lines = document.directives().iter();
        for line in lines.filter(|line| line.keyword == Some(Keyword::IdentityFile)) {
            let Some(Ok(word)) = document.words(line).next() else { continue };
            if let Some(path) =
                tokens::fixed_path(&word.value, &ctx.env).filter(|path| !named.contains(path))
            {
                named.push(path);
            }
        }
    }
    named
}

/// The keys that profiles use, with the profiles in the order of the config. A profile for which no
/// line names a key has those of `defaults`.
pub fn used(ctx: &Ctx, tree: &Tree, defaults: &[PathBuf]) -> BTreeMap<PathBuf, Vec<String>> {
    let index = Index::new(tree, &ctx.env, &ctx.env.dialect);
    let mut used: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for named in index.named() {
        let mut keys: Vec<PathBuf> = Vec::new();
        let mut any = false;
        let mut depends = false;
        index.visit_lines(named.alias, &mut |file, directive| {
            let document = &tree.files[file].document;
            let line = &document.directives()[directive];
            // A file that only the destination names may have more.
            depends |= line.keyword == Some(Keyword::Include);
            if line.keyword != Some(Keyword::IdentityFile) {
                return;
            }
            any = true;
            let Some(Ok(word)) = document.words(line).next() else { return };
            match tokens::fixed_path(&word.value, &ctx.env) {
                Some(path) => keys.push(path),
                None => depends |= !word.value.eq_ignore_ascii_case(b"none"),
            }
        });
        let alias = String::from_utf8_lossy(named.alias).into_owned();
        if depends {
            let line = CommandLine::destination(&alias);
            keys.extend(line.iter().flat_map(|line| effective(ctx, tree, line)));
        } else if !any {
            keys.extend_from_slice(defaults);
        }
        for key in keys {
            let users = used.entry(key).or_default();
            if users.last() != Some(&alias) {
                users.push(alias.clone());
            }
        }
    }
    used
}

/// The keys that ssh would offer to a host, in order, its default ones among them.
pub fn effective(ctx: &Ctx, tree: &Tree, line: &CommandLine) -> Vec<PathBuf> {
    let Ok(found) = resolve(tree, line, &ctx.env, None, &ctx.env.dialect) else {
        return Vec::new();
    };
    found.paths(Keyword::IdentityFile, &ctx.env).unwrap_or_default()
}
