//! What CONTRIBUTING.md and the justfile say is what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use sshp_testing::needs::table;

use crate::support::kept;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).expect(file)
}

/// The Rust files of the tests, and of sources with tests in them.
fn sources() -> Vec<PathBuf> {
    let (mut files, mut folders) =
        (Vec::new(), ["src", "crates", "tests"].map(PathBuf::from).to_vec());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).expect("a folder").flatten() {
            let name = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name.extension().is_some_and(|extension| extension == "rs") {
                files.push(name);
            }
        }
    }
    files
}

/// The parts of the tree whose tests need a thing.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let own = ["src/needs.rs", "it/architecture.rs", "it/contributing.rs"];
    for file in sources().iter().filter(|file| !own.iter().any(|own| file.ends_with(own))) {
        let source = fs::read_to_string(Path::new(ROOT).join(file)).expect("a source");
        let part = file.with_extension("").display().to_string();
        let part = part.strip_prefix("tests/it/").unwrap_or(&part).to_owned();
        let part = match part.split('/').collect::<Vec<_>>()[..] {
            ["crates", name, ..] => format!("crates/{name}"),
            ["src", ..] => "src".to_owned(),
            [first, ..] => first.to_owned(),
            [] => part,
        };
        for call in source.split("needs!(").skip(1) {
            let names = call.split(')').next().unwrap_or_default().split('"').skip(1).step_by(2);
            for name in names {
                uses.entry(name.to_owned()).or_default().insert(part.clone());
            }
        }
        for call in source.split("needs::each(").skip(1) {
            // The lists of shells of a file, and literal ones.
            let words = call.split(')').next().unwrap_or_default();
            let shells = ["bash", "zsh", "fish", "elvish", "nushell", "xonsh", "tcsh"];
            for shell in shells.into_iter().filter(|shell| {
                words.contains(&format!("\"{shell}\""))
                    || words.starts_with("INTERACTIVE")
                    || words.starts_with("SHELLS") && ["bash", "zsh", "fish"].contains(shell)
            }) {
                uses.entry(shell.to_owned()).or_default().insert(part.clone());
            }
        }
    }
    uses
}

#[test]
fn contributing_names_what_the_tests_need_and_which_need_it() {
    let uses = uses();
    let of = |name: &str| {
        let parts = uses.get(name).into_iter().flatten().map(String::as_str);
        parts.collect::<Vec<_>>().join(", ")
    };
    let mut rows: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for need in table() {
        let row = rows.entry(need.name).or_default();
        row.0.push(need.package);
        row.1.extend(need.things);
    }
    let mut made =
        "\n| need | package | programs or files | tests |\n|---|---|---|---|\n".to_owned();
    for (name, what) in [
        ("root", "user 0: owners, other users, passwords"),
        ("mounts", "`unshare --mount`, also in a user namespace"),
        ("network", "`unshare --net`, also in a user namespace"),
        ("terminals", "root, or a devpts whose terminals belong to the group tty"),
    ] {
        let _ = writeln!(made, "| {name} | | {what} | {} |", of(name));
    }
    for (name, (packages, things)) in &rows {
        let things: Vec<String> = things.iter().map(|thing| format!("`{thing}`")).collect();
        let (packages, things) = (packages.join(", "), things.join(", "));
        let _ = writeln!(made, "| {name} | {packages} | {things} | {} |", of(name));
    }
    made.push('\n');
    let file = Path::new(ROOT).join("CONTRIBUTING.md");
    kept::require_between(file, "<!-- needs: tests/needs -->\n", "<!-- /needs -->", &made);
    let known: BTreeSet<&str> =
        rows.keys().copied().chain(["root", "mounts", "network", "terminals"]).collect();
    let unknown: Vec<_> = uses.keys().filter(|name| !known.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "no line in tests/needs: {unknown:?}");
}

#[test]
fn contributing_names_every_recipe_of_the_justfile_and_each_is_one_line() {
    let (justfile, document) = (text("justfile"), text("CONTRIBUTING.md"));
    let mut recipes = Vec::new();
    let mut lines = justfile.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((head, _)) =
            line.split_once(':').filter(|_| line.starts_with(char::is_alphabetic))
        else {
            continue;
        };
        let name = head.split(' ').next().expect("a name");
        let command = lines.next().expect("its line");
        assert!(command.starts_with("    "), "{name}: {command}");
        assert!(lines.peek().is_none_or(|next| !next.starts_with(' ')), "{name} is longer");
        recipes.push((name.to_owned(), command.trim().replace(" {{ARGS}}", "")));
    }
    assert!(recipes.len() > 5, "{recipes:?}");
    for (name, command) in recipes {
        assert!(
            document.contains(&format!("`just {name}")),
            "just {name} is not in CONTRIBUTING.md"
        );
        assert!(document.contains(&command), "{command:?} is not in CONTRIBUTING.md");
    }
}

#[test]
fn the_paths_that_the_documents_name_are_there() {
    for document in ["CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"] {
        let text = text(document);
        for word in text.split('`').skip(1).step_by(2) {
            let is_path = word.split('/').count() > 1
                && [
                    "src/", "crates/", "tests/", "docs/", "benches/", "fuzz/", ".ci/", "vendor/",
                    "shell/",
                ]
                .iter()
                .any(|folder| word.starts_with(folder))
                && !word.contains(|c: char| {
                    c.is_whitespace() || "*{}<…".contains(c) || c.is_uppercase()
                });
            if is_path {
                assert!(
                    Path::new(ROOT).join(word.trim_end_matches('/')).exists(),
                    "{document}: {word}"
                );
            }
        }
    }
}
