//! ssh_config(5): another config, with the files that it includes.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use sshp_config::tree::{Refusal, Source, Start};
use sshp_config::{CommandLine, Dialect, Index, Keyword, Tree, pattern, resolve};

use super::Sample;
use crate::ssh_line::{from_options, no_machine};
use crate::values::require_plain;
use crate::{Encodings, Entry, ImportError, InputFile, LeftBehind, Listing, Session, Skipped};

/// The config in a folder.
const CONFIG: &str = "config";

/// What names a folder of files that ssh includes.
const SSH_FOLDER: &str = "~/.ssh/";

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    let is_header = |line: &str| {
        let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
        let keyword = words.next().unwrap_or_default();
        ["host", "match"].iter().any(|header| keyword.eq_ignore_ascii_case(header))
            && words.next().is_some()
    };
    let is_config = |sample: &Sample<'_>| {
        let lines = || sample.text.lines().map(str::trim);
        // No keyword begins so: it is INI, XML or JSON.
        lines().any(is_header) && !lines().any(|line| line.starts_with(['[', '<', '{', '"']))
    };
    match samples {
        [sample] => is_config(sample),
        _ => {
            samples.iter().any(|sample| sample.file.path == Path::new(CONFIG) && is_config(sample))
        }
    }
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    // The others are there to be included.
    let Some(root) = files.first() else { return Err(ImportError::NotThisFormat("file")) };
    let start = Start { path: root.path.clone(), user: true, required: false, check: false };
    let mut source = Files(HashMap::new());
    let mut listing = Listing::default();
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        listing.note_encoding(&decoded);
        source.0.insert(file.path.clone(), Arc::from(decoded.text.into_bytes()));
    }
    let tree = Tree::read(&[start], &source, &no_machine(), &Dialect::lenient());
    let is_known = |line: &sshp_config::Directive| line.keyword.is_some();
    if !tree.files.iter().any(|file| file.document.directives().iter().any(is_known)) {
        return Err(ImportError::NotThisFormat("line of a config"));
    }
    entries(&tree, &mut listing);
    Ok(listing)
}

/// The files of the input. A path is relative to the folder of the config.
struct Files(HashMap<PathBuf, Arc<[u8]>>);

impl Source for Files {
    fn read(&self, path: &Path, _: bool) -> Result<Arc<[u8]>, Refusal> {
        self.0.get(path).cloned().ok_or(Refusal::Missing)
    }

    fn glob(&self, pattern: &[u8]) -> Vec<PathBuf> {
        let Ok(text) = std::str::from_utf8(pattern) else { return Vec::new() };
        let wanted = parts(Path::new(text.strip_prefix(SSH_FOLDER).unwrap_or(text)));
        let fits = |path: &Path| {
            let parts = parts(path);
            let fits = |(part, wanted): (&Vec<u8>, &Vec<u8>)| {
                // A dot file is found by its dot only.
                let is_hidden = part.starts_with(b".") && !wanted.starts_with(b".");
                !is_hidden && pattern::matches(part, wanted)
            };
            parts.len() == wanted.len() && parts.iter().zip(&wanted).all(fits)
        };
        let mut found: Vec<_> = self.0.keys().filter(|path| fits(path)).cloned().collect();
        found.sort();
        found
    }
}

fn parts(path: &Path) -> Vec<Vec<u8>> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| part.as_os_str().as_encoded_bytes().to_vec()).collect()
}

/// What a block is for.
enum Header {
    /// Lines before the first header.
    All,
    /// A `Host` line with these words.
    Host(Vec<Vec<u8>>),
    Match,
}

fn entries(tree: &Tree, listing: &mut Listing) {
    // The header above each line of each file, and the entries of blocks that are no sessions.
    let mut headers: Vec<Vec<Header>> = Vec::new();
    let mut block_of: Vec<Vec<usize>> = Vec::new();
    let mut others = Vec::new();
    for file in &tree.files {
        let document = &file.document;
        let mut of_file = Vec::new();
        let mut of_line = vec![0; document.directives().len()];
        for block in document.blocks() {
            let header = block.header.map(|at| &document.directives()[at]);
            of_line[block.directives.clone()].fill(of_file.len());
            of_file.push(match header {
                None => Header::All,
                Some(line) if line.keyword == Some(Keyword::Match) => Header::Match,
                Some(line) => {
                    let words = document.words(line).map_while(Result::ok);
                    Header::Host(words.map(|word| word.value.into_owned()).collect())
                }
            });
            let is_empty = |line: &sshp_config::Directive| {
                matches!(line.keyword, Some(Keyword::Include) | None)
            };
            if document.directives()[block.directives.clone()].iter().all(is_empty) {
                continue;
            }
            let (name, why) = match of_file.last() {
                Some(Header::All) => ("lines before the first Host".to_owned(), Skipped::EveryHost),
                Some(Header::Match) => ("Match".to_owned(), Skipped::Match),
                Some(Header::Host(words)) if words.iter().any(|word| is_pattern(word)) => {
                    let patterns = words.iter().filter(|word| is_pattern(word));
                    let patterns = patterns.map(|word| String::from_utf8_lossy(word).into_owned());
                    (patterns.collect::<Vec<_>>().join(" "), Skipped::Pattern)
                }
                _ => continue,
            };
            let line = header.map_or(1, |line| line.line);
            let id = format!("{}:{line}", file.path.display());
            others.push(Entry { id, name, folders: Vec::new(), content: Err(why) });
        }
        headers.push(of_file);
        block_of.push(of_line);
    }
    let dialect = Dialect::lenient();
    let machine = no_machine();
    let index = Index::new(tree, &machine, &dialect);
    let named: Vec<&[u8]> = index.named().map(|named| named.alias).collect();
    let aliases: HashSet<&[u8]> = named.iter().copied().collect();
    for alias in named {
        let Ok(name) = std::str::from_utf8(alias) else { continue };
        let mut own = Vec::new();
        let mut elsewhere = Vec::new();
        index.visit_lines(alias, &mut |file, at| {
            let header = &headers[file][block_of[file][at]];
            let line = &tree.files[file].document.directives()[at];
            match header {
                Header::Host(words) if words.iter().any(|word| word == alias) => {
                    own.push((file, at));
                }
                _ => elsewhere.extend(line.keyword),
            }
        });
        let content = require_plain("name", name)
            .and_then(|()| content(tree, alias, &own, &elsewhere, &aliases));
        listing.entries.push(Entry::by_path(Vec::new(), name, content));
    }
    listing.entries.extend(others);
}

fn is_pattern(word: &[u8]) -> bool {
    word.iter().any(|byte| b"*?".contains(byte))
}

/// The session of the lines that are the alias's own. What others say to it is named where it decides
/// where the connection goes.
fn content(
    tree: &Tree,
    alias: &[u8],
    own: &[(usize, usize)],
    elsewhere: &[Keyword],
    aliases: &HashSet<&[u8]>,
) -> Result<Session, Skipped> {
    let refused = |why: &str| Skipped::Field { field: "config", why: why.to_owned() };
    let mut text = Vec::new();
    let mut mentioned = HashSet::new();
    for (file, at) in own {
        let document = &tree.files[*file].document;
        let line = &document.directives()[*at];
        if line.keyword.is_none_or(|keyword| keyword == Keyword::Include) {
            continue;
        }
        mentioned.extend(line.keyword);
        text.extend_from_slice(&document.text()[document.line_span(line)]);
        text.push(b'\n');
    }
    let path = PathBuf::from(CONFIG);
    let source = Files(HashMap::from([(path.clone(), Arc::from(text))]));
    let start = Start { path, user: true, required: true, check: false };
    let own = Tree::read(&[start], &source, &no_machine(), &Dialect::lenient());
    let name = std::str::from_utf8(alias).map_err(|_| Skipped::Encoding)?;
    let line = CommandLine::destination(name).map_err(|_| refused("its name is no destination"))?;
    let found = resolve(&own, &line, &no_machine(), None, &Dialect::lenient())
        .map_err(|_| refused("ssh refuses one of its lines"))?;
    let mut session = from_options(&found, |name| aliases.contains(name.as_bytes()))?;
    for keyword in [
        Keyword::HostName,
        Keyword::Port,
        Keyword::User,
        Keyword::ProxyJump,
        Keyword::ProxyCommand,
        Keyword::IdentityFile,
    ] {
        if elsewhere.contains(&keyword) && !mentioned.contains(&keyword) {
            session.left_behind.push(LeftBehind::Inherited(keyword.title()));
        }
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Jump;

    fn listing(files: &[(&str, &str)]) -> Result<Listing, ImportError> {
        let files: Vec<_> = files.iter().map(|(path, text)| InputFile::new(*path, *text)).collect();
        read(&files, &Encodings::new(None, "C").unwrap())
    }

    fn of<'a>(listing: &'a Listing, name: &str) -> &'a Session {
        let entry = listing.entries.iter().find(|entry| entry.name == name).unwrap();
        entry.content.as_ref().unwrap()
    }

    #[test]
    fn blocks_of_a_name_are_sessions_and_other_blocks_are_named() {
        let read = listing(&[
            (
                "config",
                "Compression yes\nInclude config.d/* ~/.ssh/more\nHost web *.eu\n  HostName %h.example.com\n  Port 2222\n\
                 Host web\n  Port 1\n  ProxyJump gate,ops@198.51.100.1:2200\n  ProxyCommand evil\n  IdentityFile ~/.ssh/id_web\n\
                 Host *\n  User everyone\nMatch exec \"evil\"\n  Port 99\n",
            ),
            ("config.d/a", "Host gate\n  HostName 198.51.100.2\n  User ops\n  LocalCommand evil\n"),
            ("config.d/.hidden", "Host hidden\n"),
            ("more", "Host db\n  Bogus 1\n"),
            ("unread", "Host unread\n"),
        ])
        .unwrap();
        let names: Vec<_> = read.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(
            names,
            ["gate", "db", "web", "lines before the first Host", "*.eu", "*", "Match"]
        );
        let web = of(&read, "web");
        assert_eq!((web.host.as_str(), web.port), ("web.example.com", Some(2222)));
        assert_eq!((web.user.as_deref(), web.key.as_deref()), (None, Some("~/.ssh/id_web")));
        let user = Some("ops".into());
        let server =
            Jump::Server { host: "198.51.100.1".into(), port: Some(2200), user, key: None };
        assert_eq!(web.jumps, [Jump::Session("gate".into()), server]);
        assert!(web.left_behind.contains(&LeftBehind::Inherited("User")), "{web:?}");
        let gate = of(&read, "gate");
        assert_eq!(gate.user.as_deref(), Some("ops"));
        assert_eq!(gate.left_behind, [LeftBehind::Command]);
        let why: Vec<_> =
            read.entries.iter().filter_map(|entry| entry.content.clone().err()).collect();
        assert_eq!(why, [Skipped::EveryHost, Skipped::Pattern, Skipped::Pattern, Skipped::Match]);
    }

    #[test]
    fn a_line_that_ssh_refuses_is_the_end_of_its_own_session_only() {
        let read = listing(&[("x", "Host a\n  Port 99999\nHost b\n  HostName h\n")]).unwrap();
        assert!(matches!(read.entries[0].content, Err(Skipped::Field { field: "config", .. })));
        assert_eq!(of(&read, "b").host, "h");
        assert!(matches!(listing(&[("x", "a b c\n")]), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing(&[]), Err(ImportError::NotThisFormat(_))));
    }
}
