//! What a list shows without running anything, against the resolver that ssh has confirmed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_config::tree::{Refusal, Source, Start};
use sshp_config::{CommandLine, Dialect, Facts, Index, Keyword, Tree, pattern, resolve};

use sshp_testing::configs;

/// Files that are nowhere but here; `~` is `/home`.
struct Memory(HashMap<PathBuf, Vec<u8>>);

impl Source for Memory {
    fn read(&self, path: &Path, _: bool) -> Result<Arc<[u8]>, Refusal> {
        self.0.get(path).map(|text| Arc::from(text.as_slice())).ok_or(Refusal::Missing)
    }

    fn glob(&self, glob: &[u8]) -> Vec<PathBuf> {
        let glob = String::from_utf8_lossy(glob).replace('~', "/home").replace("[0-9]", "?");
        let fits = |path: &&PathBuf| {
            pattern::matches(path.as_os_str().as_encoded_bytes(), glob.as_bytes())
        };
        let mut found: Vec<_> = self.0.keys().filter(fits).cloned().collect();
        found.sort();
        found
    }
}

/// A machine without a name service.
pub struct Nobody;

impl Facts for Nobody {
    fn user(&self) -> Vec<u8> {
        b"root".to_vec()
    }
    fn uid(&self) -> u32 {
        0
    }
    fn home(&self) -> Vec<u8> {
        b"/home".to_vec()
    }
    fn home_of(&self, user: &[u8]) -> Option<Vec<u8>> {
        (user == b"root").then(|| b"/home".to_vec())
    }
    fn hostname(&self) -> Vec<u8> {
        b"here.example.com".to_vec()
    }
    fn variable(&self, _: &[u8]) -> Option<Vec<u8>> {
        Some(b"8022".to_vec())
    }
    fn addresses(&self) -> Vec<std::net::IpAddr> {
        Vec::new()
    }
    fn service(&self, name: &[u8]) -> Option<u16> {
        [(&b"ssh"[..], 22), (b"http", 80)].iter().find(|(known, _)| *known == name).map(|x| x.1)
    }
}

fn tree(files: HashMap<PathBuf, Vec<u8>>) -> Tree {
    tree_of(files, &Dialect::lenient())
}

fn tree_of(files: HashMap<PathBuf, Vec<u8>>, dialect: &Dialect) -> Tree {
    let start =
        Start { path: "/home/.ssh/config".into(), user: true, required: true, check: false };
    Tree::read(&[start], &Memory(files), &Nobody, dialect)
}

#[test]
fn a_list_shows_what_a_connect_would_use() {
    const HOSTS: [&str; 8] =
        ["web", "db1", "db1.example.com", "WEB", "127.1", "a,b", "real.example.com", "fe80::a"];
    let dialect = Dialect::lenient();
    let mut compared = 0;
    for seed in 0..2000 {
        let config = configs::Config::new(seed, Path::new("/home"));
        let files = config.files.iter();
        let tree = tree(files.map(|(n, t)| (Path::new("/home").join(n), t.clone())).collect());
        let index = Index::new(&tree, &Nobody, &dialect);
        for host in HOSTS.iter().filter(|host| !host.contains(',')) {
            let command = CommandLine::destination(host).expect("a destination");
            // What ssh refuses has no options to compare with.
            let Ok(effective) = resolve(&tree, &command, &Nobody, None, &dialect) else { continue };
            let summary = index.summary(host.as_bytes());
            let jump = effective.get(Keyword::ProxyJump).map(<[u8]>::to_vec);
            let what = format!("seed {seed}, {host}\n{}", config.shown());
            let family = effective.text(Keyword::AddressFamily);
            if family.as_deref() == Some("any") {
                assert_eq!(summary.host, effective.host(), "{what}");
            }
            assert_eq!(summary.user, effective.user(), "{what}");
            assert_eq!(summary.port, effective.port(), "{what}");
            assert_eq!(summary.jump, jump, "{what}");
            compared += 1;
        }
    }
    assert!(compared > 8000, "{compared}");
}

fn config(text: &str) -> Tree {
    tree(HashMap::from([("/home/.ssh/config".into(), text.as_bytes().to_vec())]))
}

#[test]
fn aliases_are_listed_once_in_file_order_and_only_where_they_can_apply() {
    let dialect = Dialect::lenient();
    let tree = config("Host b a\nHost *.x !c\nHost \"q r\" b\nMatch all\nHost d #e\n");
    let index = Index::new(&tree, &Nobody, &dialect);
    let named: Vec<_> =
        index.named().map(|n| String::from_utf8_lossy(n.alias).into_owned()).collect();
    assert_eq!(named, ["b", "a", "q r", "d"]);
    let lines: Vec<_> = index.lines_of(b"b").iter().map(|origin| origin.line).collect();
    assert_eq!(lines, [1, 3]);
}

#[test]
fn an_alias_under_a_header_that_excludes_it_is_no_profile() {
    let dialect = Dialect::lenient();
    let files = HashMap::from([
        (
            "/home/.ssh/config".into(),
            b"Host web*\n  Include more\nHost *\n User z\nHost ds\n".to_vec(),
        ),
        ("/home/.ssh/more".into(), b"Port 7\nHost web1\n  User a\nHost db ds\n  User b\n".to_vec()),
    ]);
    let tree = tree(files);
    let index = Index::new(&tree, &Nobody, &dialect);
    let named: Vec<_> = index.named().map(|named| named.alias.to_vec()).collect();
    assert_eq!(named, [&b"web1"[..], b"ds"]);
    let web = index.summary(b"web1");
    assert_eq!((web.user.as_slice(), web.port), (&b"a"[..], 7));
    let db = index.summary(b"db");
    assert_eq!((db.user.as_slice(), db.port), (&b"z"[..], 22));
}

#[test]
fn a_command_that_a_list_does_not_run_is_named() {
    let dialect = Dialect::lenient();
    let tree = config("Match exec \"touch /tmp/pwned\"\n  User a\nHost web\n  Port 1\n");
    let index = Index::new(&tree, &Nobody, &dialect);
    let web = index.summary(b"web");
    assert_eq!((web.user.as_slice(), web.port), (&b"root"[..], 1));
    assert_eq!(web.depends_on.iter().map(|origin| origin.line).collect::<Vec<_>>(), [1]);
}

#[test]
fn an_include_by_the_destination_is_noted_by_a_list_and_read_by_a_connect() {
    let text = "Include by/%h.conf\nInclude of/%u.conf\nHost web\n  Port 1\nHost other\n";
    let files: HashMap<PathBuf, Vec<u8>> = HashMap::from([
        ("/home/.ssh/config".into(), text.into()),
        ("/home/.ssh/by/web.conf".into(), b"Host web\n  User by\n".to_vec()),
        ("/home/.ssh/of/root.conf".into(), b"Host mine\n  User of\n".to_vec()),
    ]);
    for (version, names, line, user) in [
        ("9.8", &["web", "other"][..], None, "root"),
        ("9.9", &["mine", "web", "other"], Some(1), "by"),
    ] {
        let dialect: Dialect = version.parse().expect("a version");
        let tree = tree_of(files.clone(), &dialect);
        let index = Index::new(&tree, &Nobody, &dialect);
        let named: Vec<_> = index.named().map(|n| n.alias.to_vec()).collect();
        assert_eq!(named, names.iter().map(|name| name.as_bytes()).collect::<Vec<_>>());
        let web = index.summary(b"web");
        assert_eq!((web.user.as_slice(), web.port), (&b"root"[..], 1));
        assert_eq!(web.depends_on.first().map(|origin| origin.line), line, "{version}");
        let command = CommandLine::destination("web").expect("a destination");
        let unread = resolve(&tree, &command, &Nobody, None, &dialect).expect("options");
        assert_eq!((unread.user(), unread.depends_on.len()), (&b"root"[..], line.iter().count()));
        let tree = tree.with_source(Arc::new(Memory(files.clone())));
        let read = resolve(&tree, &command, &Nobody, None, &dialect).expect("options");
        assert_eq!((read.user(), read.depends_on.len()), (user.as_bytes(), 0), "{version}");
        let file = tree.file(Path::new("/home/.ssh/by/web.conf"));
        assert_eq!(file.is_some(), line.is_some(), "its lines are known from then on");
    }
}

#[test]
fn a_signature_changes_only_with_the_lines_that_apply() {
    let dialect = Dialect::lenient();
    let signature = |text: &str, host: &str| {
        Index::new(&config(text), &Nobody, &dialect).signature(host.as_bytes())
    };
    let before = "Host a\n  Port 1\nHost b\n  Port 2\nHost *\n  User u\n";
    let after = "Host a\n  Port 3\n# note\nHost b\n  Port 2\nHost *\n  User u\n";
    assert_ne!(signature(before, "a"), signature(after, "a"));
    assert_eq!(signature(before, "b"), signature(after, "b"));
    let compressed = before.replace("Port 2", "Compression yes\n  Port 2");
    assert_ne!(signature(before, "b"), signature(&compressed, "b"));
}

#[test]
fn files_that_include_each_other_end_the_list_and_are_refused_by_a_connect() {
    let dialect = Dialect::lenient();
    let files = HashMap::from([
        ("/home/.ssh/config".into(), b"Include a b\nHost web\n  User u\n".to_vec()),
        ("/home/.ssh/a".into(), b"Include b a\nHost x\n".to_vec()),
        ("/home/.ssh/b".into(), b"Include a b\nHost y\n".to_vec()),
    ]);
    let tree = tree(files);
    let index = Index::new(&tree, &Nobody, &dialect);
    assert_eq!(index.summary(b"web").user, b"u");
    let command = CommandLine::destination("web").expect("a destination");
    let refused = resolve(&tree, &command, &Nobody, None, &dialect).expect_err("refused");
    assert!(refused.to_string().contains("Too many recursive configuration includes"));
}
