//! Builds of OpenSSH that are not installed: a stub answers for each the question which OpenSSH it is, and the shapes
//! resolve as that build resolved them when its answers were kept.
//!
//! `frozen/NAME` holds a build of Debian's suite NAME: its version, the keywords of the question that it knows, its defaults,
//! and its answer to each shape, less the defaults. A file but the first keeps only the answers that differ from the first
//! file's. `tests/openssh-oracles bookworm-backports trixie-backports sid`, then
//! `SSHP_BLESS=1 cargo test --locked --test it -- frozen` keeps them anew, as far as the builds are there.
//! It is to be done where the question gets a keyword that is older than a build.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;

use super::shapes::{Shape, shapes};
use super::{Client, run};
use crate::support::sandbox::{Run, Sandbox};
use crate::support::{kept, needs};

/// Debian's suites; the first is that of which all answers are kept.
const BUILDS: [&str; 4] = ["bookworm", "bookworm-backports", "trixie-backports", "sid"];

/// Defaults that the answer to the question does not have.
const USUAL: [&str; 2] =
    ["loglevel INFO", "userknownhostsfile {.ssh}/known_hosts {.ssh}/known_hosts2"];

/// What a build says.
#[derive(Default)]
struct Frozen {
    /// What `ssh -V` says.
    version: String,
    /// The keywords of the question that it knows, in lower case.
    known: BTreeSet<String>,
    /// Its answer to the question, line by line.
    defaults: Vec<String>,
    /// Its answer to each shape.
    answers: BTreeMap<String, Vec<String>>,
}

fn path(build: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/resolve/frozen").join(build)
}

impl Frozen {
    /// The first build, and one that differs from it.
    fn read(build: &str) -> Frozen {
        let mut frozen =
            if build == BUILDS[0] { Frozen::default() } else { Frozen::read(BUILDS[0]) };
        frozen.defaults.clear();
        let text = fs::read_to_string(path(build)).expect("a kept build");
        let mut shape = String::new();
        for line in text.lines() {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("version", version) => version.clone_into(&mut frozen.version),
                ("known", keywords) => {
                    frozen.known = keywords.split(' ').map(str::to_owned).collect();
                }
                ("default", line) => frozen.defaults.push(line.to_owned()),
                ("shape", name) => {
                    name.clone_into(&mut shape);
                    frozen.answers.insert(shape.clone(), Vec::new());
                }
                (_, line) => {
                    let answer = frozen.answers.get_mut(&shape).expect("the answer of a shape");
                    answer.push(line.to_owned());
                }
            }
        }
        frozen
    }

    fn text(&self, first: Option<&Frozen>) -> String {
        let mut text = format!("version {}\n", self.version);
        let known: Vec<_> = self.known.iter().map(String::as_str).collect();
        let _ = writeln!(text, "known {}", known.join(" "));
        for line in &self.defaults {
            let _ = writeln!(text, "default {line}");
        }
        for (name, answer) in &self.answers {
            if first.is_some_and(|first| first.answers.get(name) == Some(answer)) {
                continue;
            }
            let _ = writeln!(text, "shape {name}");
            for line in answer {
                let _ = writeln!(text, "- {line}");
            }
        }
        text
    }

    /// What is kept of an answer: how ssh ended, the lines that are no defaults, and the keywords without a line.
    fn answer(&self, me: &Me, s: &Sandbox, run: &Run) -> Vec<String> {
        let keyword = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let home = s.home().display().to_string();
        let lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
        let keywords: BTreeSet<String> = lines.iter().map(|line| keyword(line)).collect();
        let mut kept = vec![format!("ended with {}", run.code.unwrap_or(-1))];
        if run.code == Some(0) {
            let missing = self.defaults.iter().map(|line| keyword(line));
            let missing = missing.filter(|name| !keywords.contains(name));
            kept.extend(missing.map(|name| format!("no {name}")));
        }
        let others = lines.iter().filter(|line| !self.defaults.contains(line));
        let others = others.filter(|line| line.strip_prefix("user ") != Some(&me.user));
        let named = |line: &String| line.replace(&home, "{sandbox}").replace(&me.folder, "{.ssh}");
        kept.extend(others.map(named).filter(|line| !USUAL.contains(&line.as_str())));
        kept
    }

    /// A program that answers `-V` and the question, and nothing else.
    fn stub(&self, s: &Sandbox) -> PathBuf {
        let known: Vec<_> = self.known.iter().map(String::as_str).collect();
        let defaults = s.write("stub/defaults", self.defaults.join("\n") + "\n");
        let script = format!(
            "#!/bin/sh\n\
             [ \"$1\" = -V ] && echo '{version}' >&2 && exit\n\
             [ \"$1 $2 $3 $5\" = '-v -G -F probe' ] || exit 99\n\
             echo 'debug1: {version}' >&2\n\
             tr A-Z a-z <\"$4\" | while read -r keyword value; do\n\
             case ' ignoreunknown host {known} ' in *\" $keyword \"*) ;;\n\
             *) echo \"$4 line 1: Ignored unknown option \\\"$keyword\\\"\" >&2 ;; esac; done\n\
             cat '{defaults}'\n",
            version = self.version,
            known = known.join(" "),
            defaults = defaults.display(),
        );
        let path = s.write("stub/ssh", script);
        s.chmod("stub/ssh", 0o755);
        path
    }
}

/// Who runs the tests: the login name, and where ssh has this user's files.
struct Me {
    user: String,
    folder: String,
}

impl Me {
    fn new() -> Me {
        let s = Sandbox::new();
        let said = Run::of(s.command("ssh").args(["-G", "-F", "/dev/null", "x"])).success().stdout;
        let line = |keyword: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(keyword));
            line.unwrap_or_else(|| panic!("no {keyword}in {said}"))
        };
        let file = line("userknownhostsfile ").split(' ').next().expect("a file");
        let folder = file.strip_suffix("/known_hosts").expect("known_hosts");
        Me { user: line("user ").to_owned(), folder: folder.to_owned() }
    }
}

/// A name of a shape that stays the same where others come and go.
fn name(shape: &Shape) -> String {
    let files = shape.files.iter().flat_map(|(name, text)| [name.as_str(), text.as_str()]);
    let words = files.chain(shape.args.iter().map(String::as_str));
    // FNV-1a, which is the same everywhere.
    let hash =
        words.flat_map(|word| word.bytes().chain([0])).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

/// Asks a build that is there for all that is kept of it.
fn freeze(build: &str, program: &Path, shapes: &[Shape]) -> Frozen {
    let s = Sandbox::new();
    let client = Client::at(&s, program);
    let said = Run::of(s.command(program).arg("-V")).success().stderr;
    let mut frozen = Frozen { version: said.trim().to_owned(), ..Frozen::default() };
    // sshp asks a stub that keeps the question.
    let question = s.path("question");
    let script = format!("#!/bin/sh\n[ \"$1\" = -v ] && cp \"$4\" '{}'\n", question.display());
    let asked = s.write("asked", script + "exit 1\n");
    s.chmod("asked", 0o755);
    s.write(".ssh/config", "");
    let mut sshp = s.command(crate::support::SSHP);
    run(sshp.args(["connect", "-G", "x"]).env("SSHP_SSH", asked));
    let said = run(s.command(program).args(["-v", "-G", "-F"]).arg(&question).arg("probe"));
    let unknown = |keyword: &str| said.stderr.contains(&format!("unknown option \"{keyword}\""));
    let question = s.text("question").to_lowercase();
    let keywords = question.lines().filter_map(|line| line.split_whitespace().next());
    let keywords = keywords.filter(|keyword| !["ignoreunknown", "host"].contains(keyword));
    frozen.known = keywords.filter(|name| !unknown(name)).map(str::to_owned).collect();
    let of_the_machine = ["host ", "user ", "userknownhostsfile ", "ignoreunknown ", "loglevel "];
    let is_default = |line: &&str| !of_the_machine.iter().any(|start| line.starts_with(start));
    frozen.defaults = said.stdout.lines().filter(is_default).map(str::to_owned).collect();
    let me = Me::new();
    for shape in shapes {
        let s = Sandbox::new();
        let args = shape.write(&s);
        let answer = frozen.answer(&me, &s, &client.ssh(&s, &args));
        frozen.answers.insert(name(shape), answer);
    }
    assert!(frozen.answers.len() >= 200, "{build}");
    frozen
}

/// Keeps the builds that are there.
fn bless(shapes: &[Shape]) {
    for build in BUILDS {
        let program = match build {
            "bookworm" => needs::find("ssh").filter(|ssh| {
                let said = Run::of(Sandbox::new().command(ssh).arg("-V")).stderr;
                said.contains("+deb12u")
            }),
            _ => needs::oracle(build),
        };
        if let Some(program) = program {
            let frozen = freeze(build, &program, shapes);
            let first = (build != BUILDS[0]).then(|| Frozen::read(BUILDS[0]));
            fs::create_dir_all(path(build).parent().expect("a folder")).expect("the folder");
            fs::write(path(build), frozen.text(first.as_ref())).expect("kept");
        }
    }
}

#[track_caller]
fn resolves_as_kept(build: &str) {
    static BLESSED: Once = Once::new();
    let shapes = shapes();
    if kept::is_blessed() {
        BLESSED.call_once(|| bless(&shapes));
    }
    let (frozen, me) = (Frozen::read(build), Me::new());
    let (mut wrong, mut compared) = (String::new(), 0);
    for shape in &shapes {
        let Some(expected) = frozen.answers.get(&name(shape)) else { continue };
        let s = Sandbox::new();
        let client = Client { program: frozen.stub(&s), version: frozen.version.clone() };
        let args = shape.write(&s);
        let run = client.sshp(&s, &args);
        let answer = frozen.answer(&me, &s, &run);
        compared += 1;
        if answer != *expected {
            let lone = |a: &[String], b: &[String]| {
                a.iter().filter(|line| !b.contains(line)).cloned().collect::<Vec<_>>()
            };
            let (theirs, ours) = (lone(expected, &answer), lone(&answer, expected));
            let _ = writeln!(wrong, "{}: ssh {theirs:?}, sshp {ours:?} {}", shape.name, run.stderr);
        }
    }
    assert!(wrong.is_empty(), "{}\n{wrong}", frozen.version);
    assert!(compared >= 200, "answers to only {compared} shapes are kept of {}", frozen.version);
}

#[test]
fn shapes_resolve_as_the_ssh_of_debian_12_resolved_them() {
    needs!("ssh");
    resolves_as_kept("bookworm");
}

#[test]
fn shapes_resolve_as_the_backport_to_debian_12_resolved_them() {
    needs!("ssh");
    resolves_as_kept("bookworm-backports");
}

#[test]
fn shapes_resolve_as_the_backport_to_debian_13_resolved_them() {
    needs!("ssh");
    resolves_as_kept("trixie-backports");
}

#[test]
fn shapes_resolve_as_the_ssh_of_debian_unstable_resolved_them() {
    needs!("ssh");
    resolves_as_kept("sid");
}
