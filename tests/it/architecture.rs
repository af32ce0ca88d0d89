//! The import table of the house, held by a test: who may know whom.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each module may import, beside std, crates and itself: the edge knows the core, `cmd` knows
/// everything, nothing knows `cmd`. The compiler holds the borders of the libraries in `crates/`.
const TABLE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("platform", &[]),
    ("unicode", &[]),
    ("toml", &[]),
    ("profile", &["toml", "unicode"]),
    ("settings", &["profile", "toml"]),
    ("ui", &["platform", "error", "unicode"]),
    ("ctx", &["settings", "error", "ui"]),
    ("keys", &["platform", "ui"]),
    ("doctor", &["shell", "error"]),
    ("export", &["profile"]),
    ("shell", &["profile", "error"]),
    ("session/plan", &["profile", "error"]),
    ("installed_ssh", &["repository", "ctx"]),
    (
        "session",
        &[
            "platform",
            "installed_ssh",
            "repository",
            "profile",
            "keys",
            "doctor",
            "shell",
            "ui",
            "ctx",
            "error",
        ],
    ),
    ("repository", &["unicode", "settings", "profile", "keys", "shell", "ui", "ctx", "error"]),
    (
        "picker",
        &["platform", "unicode", "settings", "repository", "profile", "keys", "ui", "ctx", "error"],
    ),
    ("inventory", &["repository", "profile", "ctx", "error"]),
    ("demo", &["ui", "error"]),
    ("config_check", &["repository", "keys", "ctx", "error"]),
    ("launch", &["installed_ssh", "repository", "session", "profile", "ui", "ctx", "error"]),
    ("profile_edit", &["cli", "repository", "profile", "ui", "ctx", "error"]),
    (
        "profile_keys",
        &["cli", "repository", "session", "profile", "keys", "shell", "ui", "ctx", "error"],
    ),
    ("cli", &["profile", "settings", "shell"]),
    ("manual", &["cli"]),
    ("memory", &["ui"]),
    (
        "complete",
        &[
            "memory",
            "cli",
            "installed_ssh",
            "shell",
            "settings",
            "repository",
            "profile",
            "keys",
            "ui",
            "ctx",
            "error",
        ],
    ),
];

/// Words that only the edge may use: files, environment, clock, processes, terminal, network.
const EDGE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::io::stdin",
    "SystemTime",
    "TcpStream",
    "ToSocketAddrs",
    "tokio::",
    "rustix::",
    "nix::",
];

/// The libraries that read no file, clock, environment or terminal and start nothing.
const PURE_LIBRARIES: &[&str] = &["splice", "config", "known-hosts", "keys", "import"];

/// Crates that these need not, not even for their tests.
const HEAVY: &[&str] = &["russh", "tokio", "skim", "ratatui", "clap", "sshp"];

/// Modules that read and write nothing: bytes and values in, values out.
const PURE: &[&str] = &[
    "unicode",
    "toml",
    "settings",
    "profile",
    "doctor",
    "shell",
    "manual",
    "session/plan",
    "inventory/names",
    "inventory/plan",
    "inventory/servers",
    "picker/rows",
    "picker/hints",
    "picker/row_stream",
    "picker/skim/keymap",
    "picker/skim/query",
    "picker/skim/watch",
];

#[test]
fn every_test_that_a_promise_names_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/reliability.md")).expect("the document");
    let named: Vec<_> = text.split('`').filter_map(|word| word.split_once(".rs::")).collect();
    for (file, test) in &named {
        let source = std::fs::read_to_string(root.join(format!("{file}.rs"))).expect(file);
        assert!(
            source.contains(&format!("#[test]\nfn {test}("))
                || source.contains(&format!("#[test]\n    fn {test}("))
                || source.contains(&format!("#[test]\n        fn {test}(")),
            "{file}: {test}"
        );
    }
    assert!(named.len() > 30, "{named:?}");
}

#[test]
fn no_test_is_left_out_but_by_needs_at_its_head() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = Path::new("crates/testing/src/needs.rs");
    let mut faults = Vec::new();
    for file in ["src", "crates", "tests"].iter().flat_map(|it| rust_files(&root.join(it))) {
        let text = fs::read_to_string(&file).expect("a source");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let skips = line.contains(concat!("#[", "ignore"));
            // What only `needs!` may ask, for it names the test as not run.
            let asks = [concat!("are_", "met("), concat!("\"SSHP_", "REQUIRE_ALL\"")];
            let asks = !file.ends_with(own) && asks.iter().any(|word| line.contains(word));
            let guard = line.trim_start().trim_start_matches("sshp_testing::");
            let late = guard.starts_with("needs!(") && {
                let above = lines[..at].iter().rev().map(|line| line.trim_start());
                let items = ["use ", "const "];
                let head = above.skip_while(|line| items.iter().any(|it| line.starts_with(it)));
                let head =
                    head.take(1).find(|line| line.starts_with("fn ") && line.ends_with("() {"));
                head.is_none() && !file.ends_with(own)
            };
            if skips || asks || late {
                faults.push(format!("{}:{}: {line}", file.display(), at + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_end_to_end_tests_know_the_program_and_no_library_of_ours() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut libraries = vec![concat!("sshp", "::").to_owned()];
    for library in fs::read_dir(root.join("crates")).expect("the crates").flatten() {
        let name = library.file_name().to_string_lossy().replace('-', "_");
        libraries.extend((name != "testing").then(|| format!("sshp_{name}::")));
    }
    let mut faults = Vec::new();
    for file in rust_files(&root.join("tests")) {
        let text = fs::read_to_string(&file).expect("a source");
        for line in text.lines().filter(|line| libraries.iter().any(|name| names(line, name))) {
            faults.push(format!("{}: {line}", file.display()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut faults = Vec::new();
    for (module, file, text) in sources() {
        let Some((name, allowed)) = row(&module) else { continue };
        let root = name.split('/').next().unwrap_or(name);
        for import in imports(&text) {
            if import != root && !allowed.contains(&import.as_str()) {
                faults.push(format!("{}: {name} must not import {import}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What asks a person, waits for a lock, runs a program or opens a key, and the files of the built-in client that
/// do so, each on a thread of [`blocking::run`]: its runtime has one thread, which serves every other
/// connection meanwhile.
///
/// [`blocking::run`]: ../../src/session/builtin/blocking.rs
const BLOCKING: &[(&str, &[&str])] = &[
    ("askpass::", &["blocking", "host_ip", "hostkey", "signer"]),
    ("repository::", &["host_key_updates", "hostkey"]),
    ("std::process", &["hosts_command"]),
    ("keys::inspect", &["identities"]),
    ("keys::load", &["identities", "signer"]),
    ("spawn_blocking", &["blocking"]),
    ("block_on", &["mod", "probe"]),
    ("std::thread", &["input", "output"]),
];

#[test]
fn the_built_in_client_blocks_nowhere_but_on_threads_for_that() {
    let mut found = vec![0; BLOCKING.len()];
    for (module, file, text) in sources() {
        let Some(part) = module.strip_prefix("session/builtin") else { continue };
        let part = if part.is_empty() { "mod" } else { &part[1..] };
        for ((word, allowed), found) in BLOCKING.iter().zip(&mut found) {
            if text.lines().any(|line| names(line, word)) {
                *found += 1;
                assert!(allowed.contains(&part), "{}: {word}", file.display());
            }
        }
    }
    for ((word, allowed), found) in BLOCKING.iter().zip(found) {
        assert_eq!(found, allowed.len(), "{word} is named by {found} of {allowed:?}");
    }
}

/// A verb knows no other: what two of them need is a noun below. `dispatch` knows all.
#[test]
fn no_verb_imports_another() {
    let mut faults = Vec::new();
    for (module, file, text) in sources() {
        let Some(verb) = module.strip_prefix("cmd/").filter(|verb| top(verb) != "dispatch") else {
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            let other = names(line, "crate::cmd")
                || verb.starts_with("key/") && names(line, "super::")
                || !verb.contains('/') && names(line, "super::");
            if other {
                faults.push(format!("{}:{}: {line}", file.display(), at + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Exit codes are made of error kinds in `exit`; only verbs and `run` say one.
#[test]
fn nothing_below_the_verbs_knows_an_exit_code() {
    let mut faults = Vec::new();
    for (module, file, text) in sources() {
        if ["cmd", "lib", "exit", "main"].contains(&top(&module)) {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            if names(line, "Exit::") {
                faults.push(format!("{}:{}: {line}", file.display(), at + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_has_its_row() {
    let known = |module: &str| {
        row(module).is_some() || ["cmd", "lib", "main", "exit"].contains(&top(module))
    };
    let strangers: Vec<_> = sources().into_iter().map(|s| s.0).filter(|m| !known(m)).collect();
    assert!(strangers.is_empty(), "no row for {strangers:?}");
}

#[test]
fn the_core_reads_no_file_clock_environment_or_terminal() {
    let mut faults = Vec::new();
    for (module, file, text) in sources() {
        if !PURE.iter().any(|pure| module == *pure || module.starts_with(&format!("{pure}/"))) {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            for word in EDGE.iter().filter(|word| names(line, word)) {
                faults.push(format!("{}:{}: {word} in a pure module", file.display(), at + 1));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_pure_libraries_read_no_file_clock_environment_or_terminal() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut faults = Vec::new();
    for library in PURE_LIBRARIES {
        for file in rust_files(&root.join("crates").join(library).join("src")) {
            if file.ends_with("tests.rs") {
                continue;
            }
            let text = without_tests(&fs::read_to_string(&file).expect("a source"));
            for (at, line) in text.lines().enumerate() {
                // The one file that says what differs between operating systems.
                let unix = !file.ends_with("native.rs") && names(line, "std::os::unix");
                if unix || EDGE.iter().any(|word| names(line, word)) {
                    faults.push(format!("{}:{}: {line}", file.display(), at + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_pure_libraries_need_neither_client_nor_picker() {
    for library in PURE_LIBRARIES {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--prefix", "none", "--package", &format!("sshp-{library}")])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo");
        let tree = String::from_utf8_lossy(&output.stdout);
        assert!(tree.contains("memchr "), "{tree}{}", String::from_utf8_lossy(&output.stderr));
        let heavy: Vec<_> = tree
            .lines()
            .filter(|line| HEAVY.iter().any(|name| line.split(' ').next() == Some(name)))
            .collect();
        assert!(heavy.is_empty(), "sshp-{library}: {heavy:?}");
    }
}

/// The packages that are built with one default feature left out.
fn built_without(feature: &str) -> Vec<String> {
    let others = ["builtin", "picker"].into_iter().filter(|other| *other != feature);
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--prefix", "none", "--edges", "normal", "--package", "sshp"])
        .args(["--no-default-features", "--features"])
        .args(others)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let tree = String::from_utf8_lossy(&output.stdout);
    assert!(tree.contains("sshp-keys "), "{tree}{}", String::from_utf8_lossy(&output.stderr));
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    tree.lines().map(name).collect()
}

#[test]
fn what_a_feature_brings_is_not_built_without_it() {
    let client = &["russh", "aws-lc-rs", "aws-lc-sys"][..];
    let picker = &["skim", "ratatui", "crossterm", "termina", "mimalloc"][..];
    for (feature, other, brought, kept) in
        [("builtin", "picker", client, picker), ("picker", "builtin", picker, client)]
    {
        let built = built_without(feature);
        let is_built = |name: &&&str| built.iter().any(|package| package == **name);
        assert_eq!(brought.iter().find(is_built), None, "without {feature}");
        assert_eq!(kept.iter().find(|name| !is_built(name)), None, "with {other}");
    }
}

#[test]
fn only_the_adapter_names_skim() {
    for (module, file, text) in sources() {
        if module == "picker/skim" || module.starts_with("picker/skim/") {
            continue;
        }
        for line in text.lines() {
            // `skim::` in the picker's own file is the adapter, its child.
            let crates = ["use skim::", "::skim::prelude", "ratatui::", "crossterm::"];
            let named = crates.iter().any(|name| names(line, name));
            assert!(!named, "{}: {line}", file.display());
        }
    }
}

/// Files are written through one room, which words the failures of `sshp-commit`; key files are opened
/// as it opens every other.
#[test]
fn only_the_repository_knows_how_changes_are_committed() {
    let opener = concat!("use sshp_", "commit::{RegularFile, open_regular};");
    for (module, file, text) in sources() {
        if top(&module) != "repository" {
            let known = text.lines().find(|line| {
                names(line, concat!("sshp_", "commit::"))
                    && !(module == "keys/files" && *line == opener)
            });
            assert_eq!(known, None, "{}", file.display());
        }
    }
}

/// Whether the code of a line has a word, not as the end of a longer one and not in a comment.
fn names(line: &str, word: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
    })
}

/// The longest row whose name is the module or a folder above it.
fn row(module: &str) -> Option<(&'static str, &'static [&'static str])> {
    TABLE
        .iter()
        .filter(|(name, _)| module == *name || module.starts_with(&format!("{name}/")))
        .max_by_key(|(name, _)| name.len())
        .copied()
}

fn top(module: &str) -> &str {
    module.split('/').next().unwrap_or(module)
}

/// Every source file: its module path (`session/plan`), its file, its text without the tests.
fn sources() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeMap::new();
    for file in rust_files(&src) {
        let name = file.strip_prefix(&src).expect("below src").with_extension("");
        let name = name.display().to_string();
        let module = name.strip_suffix("/mod").unwrap_or(&name).to_owned();
        let text = fs::read_to_string(&file).expect("source");
        if !name.ends_with("tests") {
            files.insert(module, (file, without_tests(&text)));
        }
    }
    files.into_iter().map(|(module, (file, text))| (module, file, text)).collect()
}

/// The text of a source file before its tests.
fn without_tests(text: &str) -> String {
    let inline = ["mod tests {", "pub(super) mod tests {", "pub(crate) mod tests {"];
    let code = text.split("#[cfg(test)]\n").scan(true, |is_code, part| {
        // Attributes may stand between the two.
        let first = part.lines().find(|line| !line.starts_with("#["));
        *is_code &= !first.is_some_and(|line| inline.contains(&line));
        is_code.then_some(part)
    });
    code.collect()
}

/// Every Rust file below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|e| e == "rs") {
                files.push(entry);
            }
        }
    }
    files
}

/// The modules of this crate that a text names, as `crate::NAME` or in `use crate::{…}`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
        if text[line_start..at].contains("//") {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let word = |text: &str| {
            text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
        };
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = list.split(';').next().unwrap_or_default();
                let mut depth = 0;
                let mut start = true;
                for (i, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' => start = true,
                        c if start && depth == 0 && !c.is_whitespace() => {
                            found.push(word(&list[i..]));
                            start = false;
                        }
                        _ => {}
                    }
                    if depth < 0 {
                        break;
                    }
                }
            }
            None => found.push(word(rest)),
        }
    }
    found
}
