//! Which files an entry of the journal may speak of: those that sshp writes, by their kind.
//!
//! An entry that was not written by sshp could name any file that its reader may write. Those of the
//! config, of known_hosts, sshp's own and keys are all that there can be.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_commit::{FileEntry, follow};
use sshp_config::{Keyword, Tree};
use sshp_keys::{KeyFile, classify};
use sshp_known_hosts::line::{Content, Hosts, lines};

use super::imports::is_import_file;
use super::load::{load_tree_with, matches_path};
use crate::ctx::{Ctx, Env};

/// The options of an authorized key that have no value (auth-options.c).
const OPTIONS: [&str; 9] = [
    "restrict",
    "cert-authority",
    "agent-forwarding",
    "port-forwarding",
    "X11-forwarding",
    "pty",
    "user-rc",
    "touch-required",
    "verify-required",
];

/// The files of a config, and sshp's own.
pub(super) struct TargetFiles {
    named: HashSet<PathBuf>,
    /// Patterns of glob(3).
    known_hosts: Vec<Vec<u8>>,
    metadata: PathBuf,
    /// The folders of files for imported profiles.
    imports: [PathBuf; 2],
    env: Env,
}

impl TargetFiles {
    /// Finds the files that are written for this config. `asked` are those of the entries: an
    /// Include may name one that is not there now.
    pub(super) fn new(ctx: &Ctx, asked: &mut dyn Iterator<Item = PathBuf>) -> Self {
        let missing = asked.filter(|path| path.symlink_metadata().is_err());
        let instead: HashMap<PathBuf, Arc<[u8]>> =
            missing.map(|path| (path, Arc::from([]))).collect();
        let tree = load_tree_with(ctx, instead);
        let paths = &ctx.paths;
        let mut named = vec![paths.user_config.clone(), paths.settings.clone()];
        named.push(paths.metadata.clone());
        for folder in [&paths.ssh_dir, &ctx.env.passwd_home.join(".ssh")] {
            named.extend(["known_hosts", "known_hosts2"].map(|name| folder.join(name)));
        }
        named
            .extend(tree.files.iter().filter(|file| file.user).map(|file| file.path.to_path_buf()));
        let real = |path: &PathBuf| follow(path).unwrap_or_else(|_| path.clone());
        let metadata = real(&paths.metadata);
        let mut known_hosts: Vec<_> = known_hosts_of(ctx, &tree).collect();
        let is_plain = |pattern: &&Vec<u8>| !pattern.contains(&b'*');
        named.extend(known_hosts.iter().filter(is_plain).map(|p| OsStr::from_bytes(p).into()));
        known_hosts.retain(|pattern| pattern.contains(&b'*'));
        TargetFiles {
            named: named.iter().map(real).collect(),
            known_hosts,
            metadata,
            imports: [&paths.ssh_dir, &ctx.env.passwd_home.join(".ssh")]
                .map(|folder| real(&folder.join(super::imports::FOLDER))),
            env: ctx.env.clone(),
        }
    }

    /// Whether sshp writes files such as this one.
    pub(super) fn contain(&self, file: &FileEntry, texts: &[&[u8]]) -> bool {
        let path = file.path();
        let by_name = self.named.contains(&path)
            || is_import_file(&self.imports, &path)
            || self.is_set_aside(&path)
            || self.known_hosts.iter().any(|pattern| matches_path(pattern, &path, &self.env.home));
        by_name || is_key(file, &path, texts) || are_known_hosts(texts)
    }

    /// Whether it is a `profiles.toml` that could not be read whole ([`super::MetadataStore::change`]).
    fn is_set_aside(&self, path: &Path) -> bool {
        let name = |path: &Path| path.file_name().map(|name| name.as_bytes().to_vec());
        let (Some(name), Some(of)) = (name(path), name(&self.metadata)) else { return false };
        path.parent() == self.metadata.parent()
            && name.starts_with(&[of.as_slice(), b".broken-"].concat())
    }
}

/// A private key, which the journal has no text of, so that it can only go; or the public half
/// beside one.
fn is_key(file: &FileEntry, path: &Path, texts: &[&[u8]]) -> bool {
    let all = |is: fn(&KeyFile) -> bool| texts.iter().all(|text| is(&classify(text)));
    if file.origin().is_some() {
        return all(|kind| matches!(kind, KeyFile::Private { .. }));
    }
    path.extension().is_some_and(|ending| ending == "pub")
        && !texts.is_empty()
        && all(|kind| matches!(kind, KeyFile::Public | KeyFile::Certificate))
}

/// Files in the form of known_hosts, wherever `-o UserKnownHostsFile` or `--known-hosts` put them.
fn are_known_hosts(texts: &[&[u8]]) -> bool {
    let hosts = |text: &[u8]| {
        lines(text).all(|line| match line.content {
            Content::Comment => true,
            Content::Entry(entry) => !is_for_sshd(&entry.hosts),
            Content::Unparsed(_) => false,
        })
    };
    let has_one = |text: &&[u8]| lines(text).any(|line| matches!(line.content, Content::Entry(_)));
    texts.iter().all(|text| hosts(text)) && texts.iter().any(has_one)
}

/// Whether sshd would take the hosts of a line for the options of an authorized key (sshd(8)).
fn is_for_sshd(hosts: &Hosts<'_>) -> bool {
    let Hosts::List(list) = hosts else { return false };
    let mut options = list.split(|byte| *byte == b',');
    options.any(|option| {
        option.contains(&b'=')
            || option.contains(&b'"')
            || OPTIONS.iter().any(|name| {
                let option = option.strip_prefix(b"no-").unwrap_or(option);
                option.eq_ignore_ascii_case(name.as_bytes())
            })
    })
}

/// What UserKnownHostsFile names anywhere in the config, as patterns of glob(3): a token stands for
/// any name.
fn known_hosts_of<'a>(ctx: &'a Ctx, tree: &'a Tree) -> impl Iterator<Item = Vec<u8>> + 'a {
    let files = tree.files.iter().filter(|file| file.user);
    files.flat_map(|file| {
        let all = file.document.directives().iter();
        all.filter(|directive| directive.keyword == Some(Keyword::UserKnownHostsFile))
            .flat_map(|directive| file.document.words(directive).map_while(std::result::Result::ok))
            .map(|word| pattern(&word.value, ctx.env.passwd_home.as_os_str().as_bytes()))
    })
}

/// A value of UserKnownHostsFile as a pattern of glob(3).
fn pattern(value: &[u8], home: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::new();
    let mut rest = value;
    if let Some(below) = value.strip_prefix(b"~/") {
        pattern.extend_from_slice(&[home, b"/"].concat());
        rest = below;
    }
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'%', [b'%', after @ ..]) => {
                pattern.push(b'%');
                rest = after;
            }
            (b'%', [b'd', after @ ..]) => {
                pattern.extend_from_slice(home);
                rest = after;
            }
            (b'%', [_, after @ ..]) => {
                pattern.push(b'*');
                rest = after;
            }
            (b'$', [b'{', after @ ..]) => {
                pattern.push(b'*');
                let end =
                    after.iter().position(|byte| *byte == b'}').map_or(after.len(), |at| at + 1);
                rest = &after[end..];
            }
            (b'*' | b'?' | b'[' | b'\\', _) => pattern.extend_from_slice(&[b'\\', first]),
            _ => pattern.push(first),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_a_known_hosts_file_stand_for_any_name() {
        for (value, expected) in [
            ("/h/known", "/h/known"),
            ("~/.ssh/kh.d/%k", "/h/.ssh/kh.d/*"),
            ("%d/x%%y", "/h/x%y"),
            ("/x/${TEAM}/known[1]*", "/x/*/known\\[1]\\*"),
            ("/x/${TEAM", "/x/*"),
            ("/x%", "/x%"),
        ] {
            let pattern = String::from_utf8(pattern(value.as_bytes(), b"/h")).unwrap();
            assert_eq!(pattern, expected, "{value}");
        }
    }

    #[test]
    fn lines_of_known_hosts_are_told_from_authorized_keys() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
        let known = |lines: &[&str]| {
            let texts: Vec<_> = lines.iter().map(|line| format!("# x\n{line}\n")).collect();
            are_known_hosts(&texts.iter().map(String::as_bytes).collect::<Vec<_>>())
        };
        let line = |hosts: &str| format!("{hosts} {key}");
        for hosts in ["web", "web,[192.0.2.1]:2222", "*.example.com", "@revoked *"] {
            assert!(known(&[&line(hosts)]) && known(&["", &line(hosts)]), "{hosts}");
        }
        for hosts in ["restrict", "no-pty,x", "command=\"x\"", "cert-authority", "from=*"] {
            assert!(!known(&[&line(hosts)]) && !known(&[&line("web"), &line(hosts)]), "{hosts}");
        }
        assert!(!known(&[key]) && !known(&["root:x:0:0"]) && !known(&[""]));
    }
}
