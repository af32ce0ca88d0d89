//! Small invented configs with the shapes of those that people publish: each resolves as ssh resolves it.
//!
//! In `shapes/*.conf`, `%% ARGUMENTS` begins a config and says what follows `ssh -G`; `%% file NAME` begins a file that
//! the config includes.

use std::fs;
use std::path::Path;

use super::Client;
use crate::support::sandbox::Sandbox;

/// A config, its files and a command line.
pub(super) struct Shape {
    /// Its group and its place there, and the command line.
    pub(super) name: String,
    pub(super) files: Vec<(String, String)>,
    pub(super) args: Vec<String>,
}

/// All of `shapes`, in the order of their files.
pub(super) fn shapes() -> Vec<Shape> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/resolve/shapes");
    let entries =
        fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
    let mut paths: Vec<_> = entries.collect();
    paths.sort();
    let mut all: Vec<Shape> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a file");
        let group = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for (at, line) in text.lines().enumerate() {
            let begins = line.strip_prefix("%% ");
            if let Some(file) = begins.and_then(|rest| rest.strip_prefix("file ")) {
                let files = &mut all.last_mut().expect("a config").files;
                files.push((file.to_owned(), String::new()));
            } else if let Some(args) = begins {
                all.push(Shape {
                    name: format!("{group}.conf:{}: {args}", at + 1),
                    files: vec![(".ssh/config".to_owned(), String::new())],
                    args: args.split(' ').map(str::to_owned).collect(),
                });
            } else {
                let text =
                    &mut all.last_mut().expect("a config").files.last_mut().expect("a file").1;
                text.extend([line, "\n"]);
            }
        }
    }
    all
}

impl Shape {
    /// Writes the files, and gives the arguments with `-F`.
    pub(super) fn write(&self, s: &Sandbox) -> Vec<String> {
        for (name, text) in &self.files {
            s.write(name, text);
        }
        let config = s.path(".ssh/config").display().to_string();
        ["-F".to_owned(), config].into_iter().chain(self.args.iter().cloned()).collect()
    }
}

/// Compares them all with one client.
fn compare_all(client: &Client, shapes: &[Shape]) -> Vec<String> {
    let mut wrong = Vec::new();
    for shape in shapes {
        let s = Sandbox::new();
        let args = shape.write(&s);
        if let Err(difference) = client.compare(&s, &args) {
            wrong.push(format!("{}: {difference}", shape.name));
        }
    }
    wrong
}

#[test]
fn shapes_of_real_configs_resolve_as_the_installed_ssh_resolves_them() {
    needs!("ssh");
    let shapes = shapes();
    assert!(shapes.len() >= 200, "only {} configs", shapes.len());
    let wrong = compare_all(&Client::installed(&Sandbox::new()), &shapes);
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn shapes_of_real_configs_resolve_as_each_oracle_resolves_them() {
    needs!("ssh", "openssh-oracles");
    let shapes = shapes();
    let clients = Client::all(&Sandbox::new());
    let wrong: Vec<_> = clients.iter().flat_map(|client| compare_all(client, &shapes)).collect();
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}
