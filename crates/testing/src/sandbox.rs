//! A temporary home for each test, and programs that run in it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::sshd::ME;
use crate::{needs, wait};

/// A throw-away `$HOME` with a `.ssh`, and nothing of the machine's in the environment.
pub struct Sandbox {
    dir: tempfile::TempDir,
    path: OsString,
}

impl Default for Sandbox {
    fn default() -> Self {
        Sandbox::new()
    }
}

impl Sandbox {
    /// An empty home with a `.ssh` of mode 0700.
    pub fn new() -> Self {
        wait::with_signals_and_descriptors();
        let dir = tempfile::tempdir().expect("a temporary folder");
        let sandbox = Sandbox { dir, path: needs::search_path() };
        fs::create_dir(sandbox.path(".ssh")).expect("the .ssh folder");
        fs::set_permissions(sandbox.path(".ssh"), fs::Permissions::from_mode(0o700)).expect("mode");
        sandbox
    }

    /// As [`Sandbox::new`], with the folder of a program under test first in the search path.
    pub fn with_program(program: impl AsRef<Path>) -> Self {
        let mut sandbox = Sandbox::new();
        let folder = program.as_ref().parent().expect("a folder");
        let rest = std::mem::take(&mut sandbox.path);
        let folders = [folder.to_owned()].into_iter().chain(env::split_paths(&rest));
        sandbox.path = env::join_paths(folders).expect("folders of a search path");
        sandbox
    }

    /// The search path of the programs that are run here.
    pub fn search_path(&self) -> &OsStr {
        &self.path
    }

    /// The home.
    pub fn home(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the home.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file of the home, mode 0600, and the folders above it.
    pub fn write(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("the folders");
        fs::write(&path, text).expect("the file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
        path
    }

    /// Reads a file of the home.
    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Reads a file of the home as text.
    pub fn text(&self, name: impl AsRef<Path>) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    /// Gives a file of the home another mode.
    pub fn chmod(&self, name: impl AsRef<Path>, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).expect("mode");
    }

    /// The mode of a file of the home.
    pub fn mode(&self, name: impl AsRef<Path>) -> u32 {
        fs::metadata(self.path(name)).expect("the file").permissions().mode() & 0o7777
    }

    /// `~/.ssh/config` as text.
    pub fn config(&self) -> String {
        self.text(".ssh/config")
    }

    /// Any program, in this home and nothing else.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        needs::require_program(program.as_ref());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.home())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.home())
            .stdin(Stdio::null());
        command
    }

    /// A command that runs the program in its arguments in a new `"mount"` or `"net"` namespace.
    pub fn in_namespace(&self, kind: &str) -> Command {
        needs::require(if kind == "net" { needs::NETWORK } else { needs::MOUNTS });
        let words = needs::in_namespace(kind);
        let mut command = self.command(&words[0]);
        command.args(&words[1..]);
        command
    }

    /// An entry of passwd(5) that gives the user who runs the tests this home.
    pub fn passwd_entry(&self) -> String {
        let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
        format!("{ME}:x:{}:{}::{}:/bin/sh\n", uid.as_raw(), gid.as_raw(), self.home().display())
    }

    /// A fresh key pair `name` and `name.pub` in `.ssh`, by ssh-keygen.
    pub fn keygen(&self, name: &str, extra: &[&str]) -> PathBuf {
        let path = self.path(".ssh").join(name);
        let mut command = self.command("ssh-keygen");
        command.args(["-q", "-N", "", "-C", name, "-f"]).arg(&path);
        if !extra.contains(&"-t") {
            command.args(["-t", "ed25519"]);
        }
        Run::of(command.args(extra)).success();
        path
    }
}

/// As [`std::os::unix::fs::chown`], for a test that needs root.
pub fn chown(path: impl AsRef<Path>, user: u32, group: impl Into<Option<u32>>) {
    needs::require("root");
    let path = path.as_ref();
    std::os::unix::fs::lchown(path, Some(user), group.into())
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

impl Run {
    /// Runs the command to its end.
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } =
            wait::run(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        Run {
            code: status.code(),
            stdout: String::from_utf8_lossy(&stdout).into_owned(),
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        }
    }

    /// Requires exit 0.
    #[track_caller]
    pub fn success(self) -> Self {
        self.exits(0)
    }

    /// Requires this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Requires that stderr says this.
    #[track_caller]
    pub fn says(self, what: &str) -> Self {
        assert!(self.stderr.contains(what), "no {what:?} in {self:#?}");
        self
    }

    /// Requires that stdout holds this.
    #[track_caller]
    pub fn prints(self, what: &str) -> Self {
        assert!(self.stdout.contains(what), "no {what:?} in {self:#?}");
        self
    }
}
