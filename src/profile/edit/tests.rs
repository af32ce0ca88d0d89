//! Edits against a simple model: thousands of random files and sequences of commands.

use proptest::prelude::*;
use sshp_config::{Dialect, FixedFacts, Index};

use super::*;

const CONFIG: &str = "/h/.ssh/config";

fn tree(text: &[u8]) -> Tree {
    Tree::of_text(CONFIG, text)
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

fn port_patch(port: u16) -> ProfilePatch {
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
) -> Result<(Vec<u8>, MetadataFile), EditError> {
    let tree = tree(text);
    let mut edit = ProfileEdit::new(&tree, Path::new(CONFIG), metadata.clone());
    match op {
        Op::Add(name, port) => {
            let host = (Keyword::HostName, vec![b"new.example".to_vec()]);
            let mut patch = port_patch(*port);
            patch.set.insert(0, host);
            patch.tags.push("t".to_owned());
            edit.add(&[NamedPatch { alias: alias(*name), patch }])?;
        }
        Op::Set(name, port, sharing) => {
            let patch = NamedPatch { alias: alias(*name), patch: port_patch(*port) };
            edit.change(&[patch], *sharing)?;
        }
        Op::Unset(name, sharing) => {
            let patch = ProfilePatch { unset: vec![Keyword::Port], ..ProfilePatch::default() };
            edit.change(&[NamedPatch { alias: alias(*name), patch }], *sharing)?;
        }
        Op::Remove(name) => edit.remove(&[alias(*name)], false)?,
        Op::Rename(old, new) => edit.rename(&alias(*old), &alias(*new), None)?,
        Op::Copy(old, new) => edit.copy(&alias(*old), &alias(*new), None)?,
    }
    let after = edit.metadata.clone();
    let (change, _) = edit.finish("x");
    let file = change.files.iter().find(|file| file.path == Path::new(CONFIG));
    // The splices of the change make the very text of the edit.
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

/// New profiles of these names, each with a host, and with a port that no other has.
fn new_profiles(names: impl IntoIterator<Item = String>) -> Vec<NamedPatch> {
    let named = |(name, at): (String, u16)| {
        let mut patch = port_patch(1000 + at % 60_000);
        patch.set.insert(0, (Keyword::HostName, vec![b"new.example".to_vec()]));
        patch.tags.push("new".to_owned());
        NamedPatch { alias: Alias::existing(name), patch }
    };
    names.into_iter().zip(0..).map(named).collect()
}

/// The text that an edit of a config without metadata makes.
fn edited(text: &[u8], edit: impl FnOnce(&mut ProfileEdit<'_>)) -> Vec<u8> {
    let tree = tree(text);
    let mut all = ProfileEdit::new(&tree, Path::new(CONFIG), MetadataFile::parse(b"").unwrap());
    edit(&mut all);
    let (change, _) = all.finish("x");
    change.files.first().map_or_else(|| text.to_vec(), FileChange::after)
}

#[test]
fn thousands_of_profiles_are_added_changed_and_removed_in_as_many_passes_as_one() {
    let old: Vec<_> = (0..1_000).map(|n| format!("Host old-{n}\n  User u\n\n")).collect();
    let text = format!("{}Host *\n  Port 7\n", old.concat());
    let tree = tree(text.as_bytes());
    let dialect = Dialect::lenient();
    let passes = |count: usize| {
        let new = new_profiles((0..count).map(|n| format!("new-{n}")));
        let aliases: Vec<Alias> = new.iter().map(|named| named.alias.clone()).collect();
        let metadata = MetadataFile::parse(b"").unwrap();
        let mut edit = ProfileEdit::new(&tree, Path::new(CONFIG), metadata);
        let mut passes = Vec::new();
        edit.add(&new).unwrap();
        passes.push(edit.drafts[&0].passes);
        let facts = FixedFacts::default();
        let index = Index::new(&tree, &facts, &dialect);
        assert!(index.named().count() == 1_000 && edit.metadata.aliases().count() == count);
        edit.change(&new, Sharing::Refuse).unwrap();
        passes.push(edit.drafts[&0].passes);
        edit.remove(&aliases, false).unwrap();
        passes.push(edit.drafts[&0].passes);
        assert_eq!(edit.document(0).text(), text.as_bytes());
        assert_eq!(edit.metadata.aliases().count(), 0);
        passes
    };
    assert_eq!(passes(1), [1, 1, 2]);
    assert_eq!(passes(2_000), passes(1));
}

#[test]
fn a_name_that_is_taken_or_comes_twice_is_refused_with_all_that_is_new() {
    let tree = tree(b"Host a b\n  User u\n");
    let metadata = MetadataFile::parse(b"").unwrap();
    let mut edit = ProfileEdit::new(&tree, Path::new(CONFIG), metadata);
    let names = |names: &[&str]| new_profiles(names.iter().map(|name| (*name).to_owned()));
    let taken = edit.add(&names(&["x", "b"])).unwrap_err();
    assert_eq!(taken.to_string(), "there is a profile `b` already, at /h/.ssh/config:1");
    let twice = edit.add(&names(&["x", "y", "x"])).unwrap_err();
    assert_eq!(twice, EditError::Twice(Alias::existing("x")));
    assert!(edit.finish("x").0.files.is_empty());
}

#[test]
fn profiles_of_one_block_are_changed_and_removed_together() {
    let text = b"Host a b c\n  Port 1\n\nHost d\n  Port 2\n";
    let of = |names: &[&str], ports: &[u16]| -> Vec<NamedPatch> {
        let named = |(name, port): (&&str, &u16)| NamedPatch {
            alias: Alias::existing(*name),
            patch: port_patch(*port),
        };
        names.iter().zip(ports).map(named).collect()
    };
    let shared = edited(text, |edit| {
        edit.change(&of(&["a", "b", "d"], &[5, 6, 7]), Sharing::Shared).unwrap();
    });
    assert_eq!(shared, b"Host a b c\n  Port 6\n\nHost d\n  Port 7\n");
    let split = edited(text, |edit| {
        edit.change(&of(&["a", "b"], &[5, 6]), Sharing::Split).unwrap();
    });
    assert_eq!(
        String::from_utf8(split).unwrap(),
        "Host a\n  Port 5\n\nHost b\n  Port 6\n\nHost c\n  Port 1\n\nHost d\n  Port 2\n"
    );
    let aliases =
        |names: &[&str]| names.iter().map(|name| Alias::existing(*name)).collect::<Vec<_>>();
    let one_left = edited(text, |edit| edit.remove(&aliases(&["c", "a", "d"]), false).unwrap());
    assert_eq!(one_left, b"Host b\n  Port 1\n");
    let none_left = edited(text, |edit| edit.remove(&aliases(&["c", "a", "b"]), false).unwrap());
    assert_eq!(none_left, b"Host d\n  Port 2\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn profiles_added_in_one_pass_stand_where_they_would_one_after_the_other(
        text in config(),
        names in prop::collection::hash_set("(web-|n|old)[0-9]", 1..5),
    ) {
        let text = text.into_bytes();
        let new: Vec<_> = new_profiles(names);
        let taken = |named: &NamedPatch| {
            let tree = tree(&text);
            let metadata = MetadataFile::parse(b"").unwrap();
            let edit = ProfileEdit::new(&tree, Path::new(CONFIG), metadata);
            !edit.blocks_of(&named.alias).is_empty()
        };
        prop_assume!(!new.iter().any(taken));
        let at_once = edited(&text, |edit| edit.add(&new).unwrap());
        let one_by_one = new.iter().fold(text, |text, named| {
            edited(&text, |edit| edit.add(std::slice::from_ref(named)).unwrap())
        });
        // Each block that is added counts as one that shows how blocks are set apart.
        let lines = |text: Vec<u8>| -> Vec<String> {
            let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
            let lines = lines.filter(|line| !line.is_empty());
            lines.map(|line| String::from_utf8_lossy(line).replace(['\t', ' ', '='], "")).collect()
        };
        prop_assert_eq!(lines(at_once), lines(one_by_one));
    }

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
                !ProfileEdit::new(&before, Path::new(CONFIG), metadata.clone()).blocks_of(&Alias::existing(name)).is_empty()
            };
            let (new, new_metadata) = match run(&text, &metadata, op) {
                Ok(done) => done,
                Err(EditError::Exists { alias, .. }) => {
                    prop_assert!(there(alias.as_str()));
                    continue;
                }
                Err(EditError::NotFound(alias) | EditError::OnlyPattern { alias, .. }) => {
                    prop_assert!(!there(alias.as_str()));
                    continue;
                }
                Err(EditError::Shared { alias, .. }) => {
                    prop_assert!(there(alias.as_str()));
                    continue;
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            };
            let after = tree(&new);
            let dialect = Dialect::lenient();
            let facts = FixedFacts::default();
            let (old_index, new_index) = (Index::new(&before, &facts, &dialect), Index::new(&after, &facts, &dialect));
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
                !ProfileEdit::new(&after, Path::new(CONFIG), new_metadata.clone()).blocks_of(&Alias::existing(name)).is_empty()
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
