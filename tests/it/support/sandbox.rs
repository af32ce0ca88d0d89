//! A home of its own for each test, and the binary run in it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{schema, wait};

/// A throw-away `$HOME` with a `.ssh`, and nothing of the machine's in the environment.
pub struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    /// An empty home with a `.ssh` of mode 0700.
    pub fn new() -> Self {
        wait::with_all_signals();
        let sandbox = Sandbox { dir: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(sandbox.path(".ssh")).expect("the .ssh folder");
        fs::set_permissions(sandbox.path(".ssh"), fs::Permissions::from_mode(0o700)).expect("mode");
        sandbox
    }

    /// A home whose `~/.ssh/config` is `text`.
    pub fn with_config(text: impl AsRef<[u8]>) -> Self {
        let sandbox = Sandbox::new();
        sandbox.write(".ssh/config", text);
        sandbox
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
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", path_with_sshp())
            .env("HOME", self.home())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.home())
            .stdin(Stdio::null());
        command
    }

    /// The binary with arguments, split at blanks.
    pub fn sshp(&self, args: &str) -> Run {
        self.sshp_args(args.split_whitespace())
    }

    /// The binary with arguments as they are. What it prints as JSON has to fit its schema.
    pub fn sshp_args<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        let mut command = self.command(SSHP);
        let run = Run::of(command.args(args));
        if command.get_args().any(|arg| arg == "--json") && !run.stdout.is_empty() {
            schema::require(&run.stdout);
        }
        run
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

/// The binary under test.
pub const SSHP: &str = env!("CARGO_BIN_EXE_sshp");

/// The machine's `PATH` with the binary under test first.
pub fn path_with_sshp() -> String {
    let own = Path::new(SSHP).parent().expect("a folder").display().to_string();
    format!("{own}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
}

/// What a program did.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
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
