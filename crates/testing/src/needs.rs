//! What tests need beside Rust and this tree: root, a namespace, or one of the programs in `tests/needs`.
//!
//! A test begins with `needs!("sshd", "zsh")`. Where one of them is missing the test ends there and is named
//! as not run, at once and at the end of `cargo test`, with what it lacks and how to run it. With
//! `SSHP_REQUIRE_ALL`, which `tests/run` sets, it fails instead; `SSHP_WITHOUT=root,zsh` shows what a machine
//! without these leaves out. What starts a program of the table asks
//! [`require`], so a test that forgot its `needs!` fails on a machine that has everything, too.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

/// Name, package, and programs or files; a name may have several lines.
const TABLE: &str = include_str!("../../../tests/needs");

/// The user 0 of this machine, for owners, passwords and other users.
pub const ROOT: &str = "root";
/// A mount namespace of the test's own, as root or in a user namespace.
pub const MOUNTS: &str = "mounts";
/// A network of the test's own, as root or in a user namespace.
pub const NETWORK: &str = "network";
/// A server of this user that can give a session a terminal: as root, or where the terminals of devpts belong
/// to the group `tty` as they are made, for only root may give one away.
pub const TERMINALS: &str = "terminals";

/// Ends the test here, and has it named at the end of the run, where something that it needs is missing.
/// Each need is `"root"`, `"mounts"`, `"network"`, `"terminals"` or a name of `tests/needs`.
#[macro_export]
macro_rules! needs {
    ($($need:expr),+ $(,)?) => {
        if !$crate::needs::are_met(&[$($need),+]) {
            return;
        }
    };
}

thread_local! {
    /// What the test of this thread said that it needs.
    static DECLARED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// A line of `tests/needs`.
#[derive(Clone, Debug)]
pub struct Need {
    /// What a test gives to `needs!`.
    pub name: &'static str,
    /// The Debian package, `npm:` and what npm calls it, or `oracle:` and a suite of Debian whose ssh
    /// `tests/openssh-oracles` fetches.
    pub package: &'static str,
    /// Programs, and files by their full paths or below `target/`.
    pub things: Vec<&'static str>,
}

/// The lines of `tests/needs`.
pub fn table() -> impl Iterator<Item = Need> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let mut words = line.split_whitespace();
        let (name, package) = (words.next(), words.next());
        Need {
            name: name.expect("a name"),
            package: package.expect("a package"),
            things: words.collect(),
        }
    })
}

/// Whether the test of this thread can run: all of what it needs is here. For [`needs!`](crate::needs!).
///
/// # Panics
/// If something is missing and `SSHP_REQUIRE_ALL` is set, or if a need has no line in `tests/needs`.
pub fn are_met(needs: &[&str]) -> bool {
    declare(needs);
    let missing: Vec<&str> = needs.iter().copied().filter(|need| !is_here(need)).collect();
    missing.is_empty() || {
        not_run(&test(), &missing);
        false
    }
}

/// Those of some needs that are here, for a test that does the same with each. What is missing is named as
/// not run with this test.
///
/// # Panics
/// As [`are_met`].
pub fn each<'a>(needs: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let (here, missing): (Vec<&str>, Vec<&str>) = needs.into_iter().partition(|need| is_here(need));
    DECLARED.with_borrow_mut(|all| all.extend(here.iter().map(|need| (*need).to_owned())));
    for need in missing {
        not_run(&format!("{} with {need}", test()), &[need]);
    }
    here
}

/// Requires that the test of this thread begins with `needs!` for this.
///
/// # Panics
/// If it does not.
#[track_caller]
pub fn require(need: &str) {
    let is_declared = DECLARED.with_borrow(|all| all.contains(need));
    // A thread that a test started has no name, and may do what the test may.
    assert!(
        is_declared || std::thread::current().name().is_none(),
        "this test needs {need}: let it begin with `needs!({need:?})`"
    );
}

/// As [`require`], where the program is one of the table.
///
/// # Panics
/// If the test did not say that it needs the program.
#[track_caller]
pub fn require_program(program: &OsStr) {
    let Some(name) = Path::new(program).file_name().and_then(OsStr::to_str) else { return };
    if let Some(row) = table().find(|row| row.things.contains(&name)) {
        require(row.name);
    }
}

/// The machine's search path, and the folders of system programs, which users often lack.
pub fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = env::split_paths(&path).filter(|folder| folder.is_absolute());
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    env::join_paths(own.chain(system)).expect("folders of a search path")
}

/// Where a program is, in [`search_path`].
pub fn find(program: &str) -> Option<PathBuf> {
    which::which_in(program, Some(search_path()), "/").ok()
}

/// The ssh clients that a test compares with: this machine's, and one of each suite of Debian that
/// `tests/openssh-oracles` has fetched.
///
/// # Panics
/// If the test did not say that it needs `"ssh"` and `"openssh-oracles"`.
#[track_caller]
pub fn openssh_clients() -> Vec<PathBuf> {
    require("ssh");
    require("openssh-oracles");
    let suites =
        table().filter(|row| row.package.starts_with("oracle:")).flat_map(|row| row.things);
    let clients = suites.filter(|thing| thing.ends_with("/ssh"));
    let suites = clients.filter_map(|thing| Some(target().join(thing.strip_prefix("target/")?)));
    find("ssh").into_iter().chain(suites).collect()
}

/// The ssh of a suite of Debian that `tests/openssh-oracles` has fetched, where it has.
pub fn oracle(suite: &str) -> Option<PathBuf> {
    Some(target().join("openssh-oracles").join(suite).join("ssh")).filter(|ssh| ssh.exists())
}

/// The newest ssh that `tests/openssh-oracles` has fetched, Debian unstable's.
///
/// # Panics
/// If the test did not say that it needs `"openssh-oracles"`.
#[track_caller]
pub fn newest_ssh() -> PathBuf {
    newest_sshd().with_file_name("ssh")
}

/// The newest sshd that `tests/openssh-oracles` has fetched, Debian unstable's.
///
/// # Panics
/// If the test did not say that it needs `"openssh-oracles"`.
#[track_caller]
pub fn newest_sshd() -> PathBuf {
    require("openssh-oracles");
    target().join("openssh-oracles/sid/sshd")
}

/// The words before a command that run it in a new `"mount"` or `"net"` namespace. Who is not root
/// stays the same user, and gets the rights for it from a user namespace.
pub fn in_namespace(kind: &str) -> Vec<String> {
    let mut words = vec!["unshare".to_owned(), format!("--{kind}")];
    if !rustix::process::geteuid().is_root() {
        words.extend(["--map-current-user", "--keep-caps"].map(str::to_owned));
    }
    words.push("--".to_owned());
    words
}

/// What the test binaries of this `cargo test` left out, for its end; `None` where it is nothing.
pub fn left_out() -> Option<String> {
    let file = list();
    let text = fs::read_to_string(&file).ok()?;
    // It is of this run alone.
    fs::remove_file(&file).ok()?;
    let mut by_lack: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (test, lack) in text.lines().filter_map(|line| line.split_once('\t')) {
        by_lack.entry(lack).or_default().insert(test);
    }
    let count: usize = by_lack.values().map(BTreeSet::len).sum();
    let mut text = format!("{count} not run, for lack of what they need:\n");
    for (lack, tests) in by_lack {
        let _ = writeln!(text, "\n  needs {lack}");
        for test in tests {
            let _ = writeln!(text, "    {test}");
        }
    }
    Some(text)
}

/// Says something at once, also where the test ends well.
pub fn tell(what: &str) {
    // Not by eprintln!, which libtest keeps to itself where a test ends well.
    let _ = std::io::stderr().write_all(format!("{what}\n").as_bytes());
}

fn declare(needs: &[&str]) {
    DECLARED.with_borrow_mut(|all| {
        *all = needs.iter().map(|need| (*need).to_owned()).collect();
        // A server is of no use without what makes its keys.
        if all.contains("sshd") {
            all.insert("ssh".to_owned());
        }
    });
}

/// Whether something is here; each is looked at once.
fn is_here(need: &str) -> bool {
    static KNOWN: Mutex<BTreeMap<String, bool>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().expect("what is known");
    *known.entry(need.to_owned()).or_insert_with(|| look(need))
}

fn look(need: &str) -> bool {
    let without = env::var("SSHP_WITHOUT").unwrap_or_default();
    if without.split(',').any(|name| name == need) {
        return false;
    }
    match need {
        ROOT => rustix::process::geteuid().is_root(),
        MOUNTS => runs(&in_namespace("mount"), &["mount", "--bind", "/etc/hosts", "/etc/hosts"]),
        NETWORK => runs(&in_namespace("net"), &["ip", "link", "set", "lo", "up"]),
        TERMINALS => rustix::process::geteuid().is_root() || terminals_are_of_tty(),
        _ => {
            let rows: Vec<Need> = table().filter(|row| row.name == need).collect();
            assert!(!rows.is_empty(), "no `{need}` in tests/needs");
            let is_there = |thing: &&str| match thing.strip_prefix("target/") {
                Some(file) => target().join(file).exists(),
                None if thing.starts_with('/') => Path::new(thing).exists(),
                None => find(thing).is_some(),
            };
            rows.iter().flat_map(|row| &row.things).all(is_there)
                && match need {
                    "sshd" => look("ssh"),
                    // Some containers let no process trace another.
                    "strace" => runs(&[], &["strace", "-f", "-o", "/dev/null", "true"]),
                    _ => true,
                }
        }
    }
}

/// As sshd looks (pty_setowner in sshpty.c).
fn terminals_are_of_tty() -> bool {
    let own = || {
        let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
        let pty = rustix::pty::openpt(flags).ok()?;
        rustix::pty::grantpt(&pty).ok()?;
        rustix::pty::unlockpt(&pty).ok()?;
        let name = rustix::pty::ptsname(&pty, Vec::new()).ok()?;
        Some(fs::metadata(name.to_str().ok()?).ok()?.gid())
    };
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let tty = groups.lines().find_map(|line| line.strip_prefix("tty:")?.split(':').nth(1));
    own().is_some_and(|own| tty.and_then(|tty| tty.parse().ok()) == Some(own))
}

fn runs(before: &[String], words: &[&str]) -> bool {
    let all: Vec<&str> = before.iter().map(String::as_str).chain(words.iter().copied()).collect();
    let mut command = Command::new(all[0]);
    command.args(&all[1..]).env("PATH", search_path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The name of the test that this thread runs, with its module.
fn test() -> String {
    let thread = std::thread::current();
    let binary = env::args().next().unwrap_or_default();
    let binary = Path::new(&binary).file_name().unwrap_or_default().to_string_lossy();
    let binary = binary.rsplit_once('-').map_or(&*binary, |(name, _)| name);
    format!("{binary}: {}", thread.name().unwrap_or("a thread of a test"))
}

/// What is missing, and how to run the test all the same.
fn lack(need: &str) -> String {
    match need {
        ROOT => "root: run `tests/run` as root, in a container for one".to_owned(),
        MOUNTS => {
            "a mount namespace, which only root may make here: as root, `tests/run`".to_owned()
        }
        NETWORK => {
            "a network namespace, which only root may make here: as root, `tests/run`".to_owned()
        }
        TERMINALS => {
            "terminals that belong to the group tty (mount devpts with gid=5), or root".to_owned()
        }
        "openssh-oracles" => {
            "openssh-oracles: `tests/openssh-oracles` fetches them, where there is apt".to_owned()
        }
        _ => {
            let packages: Vec<&str> =
                table().filter(|row| row.name == need).map(|row| row.package).collect();
            format!("{need}: `tests/run` installs {}", packages.join(" and "))
        }
    }
}

/// Names a test as not run, at once and for [`left_out`].
fn not_run(test: &str, missing: &[&str]) {
    let lacks: Vec<String> = missing.iter().map(|need| lack(need)).collect();
    assert!(
        env::var_os("SSHP_REQUIRE_ALL").is_none(),
        "SSHP_REQUIRE_ALL is set, and this test needs {}",
        lacks.join("; ")
    );
    tell(&format!("not run: {test}: needs {}", missing.join(", ")));
    let line = format!("{test}\t{}\n", lacks.join("; "));
    let file = list();
    let kept = file.parent().map(fs::create_dir_all);
    let opened = File::options().append(true).create(true).open(&file);
    // A target folder that cannot be written loses the end's list, and no test.
    if let (Some(Ok(())), Ok(mut opened)) = (kept, opened) {
        let _ = opened.write_all(line.as_bytes());
    }
}

/// Cargo's target folder, which the test binary is in.
fn target() -> PathBuf {
    let exe = env::current_exe().expect("this program");
    exe.ancestors().nth(3).expect("the target folder").to_owned()
}

/// Where the test binaries of one `cargo test`, their parent, gather what is not run. What an earlier
/// process of that number left goes.
fn list() -> PathBuf {
    let file = target().join("tmp").join(format!("not-run-{}", parent_id()));
    let age = fs::metadata(&file).and_then(|data| data.modified()).map(|time| time.elapsed());
    if let Ok(Ok(age)) = age
        && age > Duration::from_hours(3)
    {
        let _ = fs::remove_file(&file);
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test below runs this one in a second process; by itself it needs what every machine has.
    #[test]
    fn a_test_with_a_need() {
        if env::var_os("SSHP_WITHOUT").is_some() {
            needs!("git");
            panic!("it ran");
        }
    }

    #[test]
    fn what_lacks_something_is_named_and_fails_where_all_is_required() {
        let run = |required: bool| {
            let mut command = Command::new(env::current_exe().expect("this program"));
            command.args(["--exact", "needs::tests::a_test_with_a_need"]);
            command.env_remove("SSHP_REQUIRE_ALL").env("SSHP_WITHOUT", "zsh,git");
            if required {
                command.env("SSHP_REQUIRE_ALL", "1");
            }
            command.output().expect("it runs")
        };
        let test = "sshp_testing: needs::tests::a_test_with_a_need";
        let output = run(false);
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, format!("not run: {test}: needs git\n"));
        let file = list().with_file_name(format!("not-run-{}", std::process::id()));
        let kept = fs::read_to_string(&file).expect("the list");
        fs::remove_file(&file).expect("the list goes");
        assert_eq!(kept, format!("{test}\tgit: `tests/run` installs git\n"));
        let output = run(true);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains("this test needs git: "), "{output:?}");
        assert!(!file.exists());
    }

    #[test]
    #[should_panic(expected = "let it begin with `needs!(\"sshd\")`")]
    fn a_need_that_was_not_declared_is_a_fault_everywhere() {
        require_program(OsStr::new("/usr/sbin/sshd"));
    }

    #[test]
    #[should_panic(expected = "no `no-such-thing` in tests/needs")]
    fn a_need_without_a_line_is_a_fault() {
        are_met(&["no-such-thing"]);
    }
}
