//! What is published: that it builds where it says it does, and has all that its packages name.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What Cargo knows of this package and of all that it is built from on this machine's platform.
fn metadata() -> Value {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc");
    let version = String::from_utf8(version.stdout).expect("text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("the platform");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version=1", "--locked", "--filter-platform"]);
    let output = cargo.arg(host).current_dir(ROOT).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("what cargo metadata prints")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().expect(name)
}

/// The packages that `cargo install` builds sshp from, itself among them.
fn built(metadata: &Value) -> Vec<&Value> {
    let packages = list(metadata, "packages");
    let own = packages.iter().find(|package| package["name"] == "sshp").expect("sshp");
    let mut found = HashSet::new();
    let mut wanted = vec![&own["id"]];
    while let Some(id) = wanted.pop() {
        if !found.insert(id.as_str().expect("a name")) {
            continue;
        }
        let nodes = list(&metadata["resolve"], "nodes");
        let node = nodes.iter().find(|node| node["id"] == *id).expect("a node");
        for dependency in list(node, "deps") {
            if list(dependency, "dep_kinds").iter().any(|kind| kind["kind"] != "dev") {
                wanted.push(&dependency["pkg"]);
            }
        }
    }
    packages
        .iter()
        .filter(|package| package["id"].as_str().is_some_and(|id| found.contains(id)))
        .collect()
}

/// `1.91` or `1.91.0`, to be compared.
fn rust_version(package: &Value) -> Option<Vec<u32>> {
    let text = package["rust_version"].as_str()?;
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().expect(text)).collect();
    parts.resize(3, 0);
    Some(parts)
}

#[test]
fn no_dependency_needs_a_newer_compiler_than_sshp_says() {
    let metadata = metadata();
    let built = built(&metadata);
    assert!(built.len() > 100, "{}", built.len());
    let own = built.iter().find(|package| package["name"] == "sshp").expect("sshp");
    let own = rust_version(own).expect("the rust-version of sshp");
    for package in built {
        let name = &package["name"];
        assert!(
            rust_version(package).is_none_or(|theirs| theirs <= own),
            "{name}: newer than {own:?}"
        );
    }
}

#[test]
fn what_the_debian_package_takes_is_there() {
    let metadata = metadata();
    let own = list(&metadata, "packages").iter().find(|package| package["name"] == "sshp");
    let assets = list(&own.expect("sshp")["metadata"]["deb"], "assets");
    let sources = assets.iter().map(|asset| asset[0].as_str().expect("a path"));
    // The binary and the man pages are made before it is.
    let there: Vec<&str> = sources.filter(|path| !path.starts_with("target/")).collect();
    assert!(there.len() >= 5, "{there:?}");
    for path in there {
        assert!(Path::new(ROOT).join(path).is_file(), "{path}");
    }
}

#[test]
fn a_release_checks_numbers_everywhere_but_in_ciphers_hashes_and_curves() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("Cargo.toml");
    let manifest: toml_edit::DocumentMut = text.parse().expect("TOML");
    let release = &manifest["profile"]["release"];
    assert_eq!(release["overflow-checks"].as_bool(), Some(true));
    let metadata = metadata();
    let packages = list(&metadata, "packages");
    let mut unchecked = 0;
    for (name, profile) in release["package"].as_table().expect("a table") {
        assert!(packages.iter().any(|package| package["name"] == name), "no package {name}");
        if profile.get("overflow-checks").is_none() {
            continue;
        }
        unchecked += 1;
        // What reads files or packets is checked.
        assert!(
            !["sshp", "russh", "ssh-key", "ssh-encoding", "toml_edit"].contains(&name),
            "{name}"
        );
    }
    assert!(unchecked > 20, "{unchecked}");
}
