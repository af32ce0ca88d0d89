//! Plans against a simple model: thousands of random files and sequences of commands.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use sshp_config::tree::{File, Root};
use sshp_config::{Dialect, Facts, Index};

use super::*;

/// A machine without anything.
struct Nowhere;

impl Facts for Nowhere {
    fn user(&self) -> Vec<u8> {
        b"me".to_vec()
    }
    fn uid(&self) -> u32 {
        1000
    }
    fn home(&self) -> Vec<u8> {
        b"/h".to_vec()
    }
    fn home_of(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn hostname(&self) -> Vec<u8> {
        b"here".to_vec()
    }
    fn variable(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn service(&self, _: &[u8]) -> Option<u16> {
        None
    }
}

const CONFIG: &str = "/h/.ssh/config";

fn tree(text: &[u8]) -> Tree {
    let path: Arc<Path> = Arc::from(Path::new(CONFIG));
    let document = Document::parse(text);
    let file = File { path: Arc::clone(&path), user: true, document, includes: Vec::new() };
    Tree { files: vec![file], roots: vec![Root { path, required: false, target: Target::File(0) }] }
}

/// One command.
#[derive(Clone, Debug)]
enum Op {
    Add(usize, u16),
    Set(usize, u16, Sharing),
    Unset(usize, Sharing),
    Remove(usize),
    Rename(usize, usize),
    Copy(usize, usize),
}

/// Aliases that commands pick from; some stand in the files, some do not.
const NAMES: [&str; 6] = ["a", "b", "c", "web-1", "n1", "n2"];

fn alias(at: usize) -> Alias {
    Alias::existing(NAMES[at])
}

fn op() -> impl Strategy<Value = Op> {
    let name = || 0..NAMES.len();
    let sharing =
        || prop_oneof![Just(Sharing::Refuse), Just(Sharing::Split), Just(Sharing::Shared)];
    prop_oneof![
        (name(), 1000..2000_u16).prop_map(|(n, p)| Op::Add(n, p)),
        (name(), 2000..3000_u16, sharing()).prop_map(|(n, p, s)| Op::Set(n, p, s)),
        (name(), sharing()).prop_map(|(n, s)| Op::Unset(n, s)),
        name().prop_map(Op::Remove),
        (name(), name()).prop_map(|(a, b)| Op::Rename(a, b)),
        (name(), name()).prop_map(|(a, b)| Op::Copy(a, b)),
    ]
}

/// Whole configs: blocks of all kinds in any order, CRLF or not, unfinished last line or not.
fn config() -> impl Strategy<Value = String> {
    let block = prop_oneof![
        3 => "Host (a|b|c|web-1)\n( {1,4}|\t)User u[0-9]\n(  Port [1-9]0\n)?",
        1 => "# of the block\nHost=b  c # both\n  HostName=x\\.example\n\n",
        1 => "Host web-\\*\n  Port 7\n",
        1 => "Host \\* !c\n  User all\n\n",
        1 => "Match originalhost a,b\n  Compression yes\n",
        1 => "Match all\n  User end\n",
        1 => "\n# kept [0-9]{6}\n\n",
        1 => "Host jumper[0-9]\n  ProxyJump me@a:22,b\n",
        1 => "Host other[0-9]{4}\n  HostName o\n",
    ];
    let head = prop_oneof![3 => Just(String::new()), 1 => Just("Compression no\n".to_owned())];
    let shape = (head, prop::collection::vec(block, 0..8), prop::bool::ANY, prop::bool::ANY);
    shape.prop_map(|(head, blocks, crlf, finished)| {
        let mut text = format!("{head}{}", blocks.concat());
        if !finished {
            text = text.trim_end_matches('\n').to_owned();
        }
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

fn port_wish(port: u16) -> ProfilePatch {
    ProfilePatch {
        set: vec![(Keyword::Port, vec![port.to_string().into_bytes()])],
        ..ProfilePatch::default()
    }
}

/// Runs one command; gives the new text and the names that it was about.
fn run(
    text: &[u8],
    metadata: &MetadataFile,
    op: &Op,
) -> Result<(Vec<u8>, MetadataFile), PlanError> {
    let tree = tree(text);
    let mut plan = Plan::new(&tree, Path::new(CONFIG), metadata.clone());
    match op {
        Op::Add(name, port) => {
            let host = (Keyword::HostName, vec![b"new.example".to_vec()]);
            let mut patch = port_wish(*port);
            patch.set.insert(0, host);
            patch.tags.push("t".to_owned());
            plan.add(&alias(*name), &patch)?;
        }
        Op::Set(name, port, sharing) => plan.change(&alias(*name), &port_wish(*port), *sharing)?,
        Op::Unset(name, sharing) => {
            let patch = ProfilePatch { unset: vec![Keyword::Port], ..ProfilePatch::default() };
            plan.change(&alias(*name), &patch, *sharing)?;
        }
        Op::Remove(name) => plan.remove(&alias(*name), false)?,
        Op::Rename(old, new) => plan.rename(&alias(*old), &alias(*new), None)?,
        Op::Copy(old, new) => plan.copy(&alias(*old), &alias(*new), None)?,
    }
    let after = plan.metadata.clone();
    let (change, _) = plan.finish("x");
    let file = change.files.iter().find(|file| file.path == Path::new(CONFIG));
    // The splices of the change make the very text of the plan.
    Ok((file.map_or_else(|| text.to_vec(), FileChange::after), after))
}

fn touched(op: &Op) -> Vec<&'static str> {
    match *op {
        Op::Add(n, _) | Op::Set(n, ..) | Op::Unset(n, _) | Op::Remove(n) => vec![NAMES[n]],
        Op::Rename(a, b) => vec![NAMES[a], NAMES[b]],
        Op::Copy(_, b) => vec![NAMES[b]],
    }
}

fn is_shared(op: &Op) -> bool {
    matches!(op, Op::Set(_, _, Sharing::Shared) | Op::Unset(_, Sharing::Shared))
}

/// Lines that no command may take or change.
fn kept(text: &[u8]) -> Vec<Vec<u8>> {
    let lines = text.split(|b| *b == b'\n').map(|line| line.trim_ascii_end().to_vec());
    lines
        .filter(|line| {
            [&b"# kept"[..], b"Match all", b"Host web-*", b"  User all", b"Compression no"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_sequence_of_commands_does_what_it_says_and_nothing_else(
        text in config(),
        ops in prop::collection::vec(op(), 1..6),
    ) {
        let mut text = text.into_bytes();
        let mut metadata = MetadataFile::parse(b"").unwrap();
        for op in &ops {
            let before = tree(&text);
            let there = |name: &str| {
                !Plan::new(&before, Path::new(CONFIG), metadata.clone()).blocks_of(name).is_empty()
            };
            let (new, new_metadata) = match run(&text, &metadata, op) {
                Ok(done) => done,
                Err(PlanError::Exists { alias, .. }) => {
                    prop_assert!(there(alias.as_str()));
                    continue;
                }
                Err(PlanError::NotFound(alias) | PlanError::OnlyPattern { alias, .. }) => {
                    prop_assert!(!there(alias.as_str()));
                    continue;
                }
                Err(PlanError::Shared { alias, .. }) => {
                    prop_assert!(there(alias.as_str()));
                    continue;
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            let after = tree(&new);
            let dialect = Dialect::lenient();
            let (old_index, new_index) = (Index::new(&before, &Nowhere, &dialect), Index::new(&after, &Nowhere, &dialect));
            let about = touched(op);
            // All others: the very same lines apply. A rename changes the hops that name it.
            if !is_shared(op) {
                for other in NAMES.iter().chain(&["jumper1", "nobody"]) {
                    let follows = matches!(op, Op::Rename(..)) && other.starts_with("jumper");
                    if !about.contains(other) && !follows {
                        let same = old_index.signature(other.as_bytes())
                            == new_index.signature(other.as_bytes());
                        prop_assert!(same, "{op:?} changed {other}\n{}\n---\n{}",
                            String::from_utf8_lossy(&text), String::from_utf8_lossy(&new));
                    }
                }
            }
            prop_assert_eq!(kept(&text), kept(&new));
            let has = |name: &str| {
                !Plan::new(&after, Path::new(CONFIG), new_metadata.clone()).blocks_of(name).is_empty()
            };
            match *op {
                Op::Add(name, port) | Op::Set(name, port, _) => {
                    prop_assert!(has(NAMES[name]));
                    let summary = new_index.summary(NAMES[name].as_bytes());
                    // Only a pattern above that stood there before an existing block can win.
                    let earlier = matches!(op, Op::Set(..)) && text.windows(6).any(|w| w == b"Port 7");
                    prop_assert!(summary.port == port || earlier, "{op:?}: {}\n{}",
                        summary.port, String::from_utf8_lossy(&new));
                }
                Op::Unset(..) => {}
                Op::Remove(name) => {
                    prop_assert!(!has(NAMES[name]));
                    prop_assert!(new_metadata.get(NAMES[name]).is_none());
                }
                Op::Rename(old, new) => {
                    prop_assert!(old == new || (!has(NAMES[old]) && has(NAMES[new])));
                    prop_assert_eq!(metadata.get(NAMES[old]), new_metadata.get(NAMES[new]));
                }
                Op::Copy(old, new) => {
                    prop_assert!(has(NAMES[old]) && has(NAMES[new]));
                    prop_assert_eq!(metadata.get(NAMES[old]), new_metadata.get(NAMES[new]));
                }
            }
            (text, metadata) = (new, new_metadata);
        }
    }
}
