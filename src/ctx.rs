//! The facts of this run: environment, files, clock, terminal, output.
//!
//! Built once in `run()`; the only reader of the environment, the clock and what the terminal is.

#![allow(
    clippy::disallowed_methods,
    reason = "this module is where the environment and the clock are read"
)]

mod machine;

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use sshp_config::Dialect;
use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::ui::Ui;

pub(crate) use machine::home_of;

/// What the completion scripts ask with; the one variable that is read before there is a [`Ctx`].
pub fn completion_request() -> Option<OsString> {
    std::env::var_os("_SSHP_COMPLETE").filter(|value| !value.is_empty())
}

/// The line that is being typed, which tcsh tells while it completes.
#[must_use]
pub fn completion_line() -> Option<OsString> {
    std::env::var_os("COMMAND_LINE")
}

/// Everything a command may know about the world before it opens a file.
#[derive(Clone)]
pub struct Ctx {
    /// Who runs this, and where their home is.
    pub env: Env,
    /// Where the files are.
    pub paths: Paths,
    /// What is a terminal.
    pub tty: Tty,
    /// Where output goes.
    pub ui: Ui,
    /// Seconds since the epoch when the run began.
    pub now: u64,
    /// What `config.toml` says; the defaults until `repository::settings` has read it.
    pub settings: Arc<Settings>,
}

impl Ctx {
    /// Gathers the facts; `config` is the argument of `-F`.
    ///
    /// # Errors
    /// When there is no home to be found, neither in `$HOME` nor in passwd(5).
    pub fn new(config: Option<&Path>, ui: Ui) -> Result<Self> {
        let env = Env::new()?;
        let paths = Paths::new(&env, config)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Ok(Ctx { paths, env, tty: Tty::new(), ui, now, settings: Arc::default() })
    }

    /// The same facts, with other output.
    #[must_use]
    pub fn with_ui(&self, ui: Ui) -> Self {
        Ctx { ui, ..self.clone() }
    }

    /// The same facts, with another config: for `-F` among ssh's own flags.
    ///
    /// # Errors
    /// When the working folder is gone and the file is relative to it.
    pub fn with_config(&self, config: &Path) -> Result<Self> {
        Ok(Ctx { paths: self.paths.with_config(config)?, ..self.clone() })
    }

    /// The same facts, with configs read as another OpenSSH reads them.
    #[must_use]
    pub fn with_dialect(&self, dialect: Arc<Dialect>) -> Self {
        Ctx { env: Env { dialect, ..self.env.clone() }, ..self.clone() }
    }

    /// The same facts, but every file in another home: what `sshp demo` runs in.
    #[must_use]
    pub fn in_home(&self, home: &Path) -> Self {
        let env = Env { home: home.to_owned(), passwd_home: home.to_owned(), ..self.env.clone() };
        Ctx { paths: Paths::below(home), env, settings: Arc::default(), ..self.clone() }
    }
}

/// The user and their environment.
#[derive(Clone, Debug)]
pub struct Env {
    /// `$HOME`, or the passwd(5) home where that is unset or empty.
    pub home: PathBuf,
    /// The passwd(5) home, which ssh uses for `~` in values and for its own files.
    pub passwd_home: PathBuf,
    /// The login name by passwd(5).
    pub user: String,
    /// The real user id.
    pub uid: u32,
    /// Whether passwd(5) has an entry for that id; OpenSSH's programs do not run without one.
    pub in_passwd: bool,
    /// The OpenSSH that configs and command lines are read as: any, where it is not known which one is installed.
    pub dialect: Arc<Dialect>,
}

impl Env {
    fn new() -> Result<Self> {
        let uid = nix::unistd::Uid::current();
        let entry = nix::unistd::User::from_uid(uid).ok().flatten();
        let home = std::env::var_os("HOME").filter(|h| !h.is_empty()).map(PathBuf::from);
        let in_passwd = entry.is_some();
        let passwd_home = entry.as_ref().map(|u| u.dir.clone()).or_else(|| home.clone());
        let user = entry
            .map(|u| u.name)
            .or_else(|| std::env::var("USER").ok())
            .unwrap_or_else(|| uid.to_string());
        match (home, passwd_home) {
            (home, Some(passwd_home)) => Ok(Env {
                home: home.unwrap_or_else(|| passwd_home.clone()),
                passwd_home,
                user,
                uid: uid.as_raw(),
                in_passwd,
                dialect: Arc::default(),
            }),
            (_, None) => {
                Err(Error::failed("no home folder: `$HOME` is unset and passwd has no entry")
                    .hint("set HOME, or name the config with `--config FILE`"))
            }
        }
    }

    /// The value of an environment variable; an empty one counts as unset.
    #[must_use]
    pub fn var(&self, name: impl AsRef<OsStr>) -> Option<OsString> {
        std::env::var_os(name).filter(|value| !value.is_empty())
    }

    /// The value of an environment variable as it is, for values that ssh expands `${NAME}` in.
    #[must_use]
    pub fn raw_var(&self, name: &OsStr) -> Option<OsString> {
        // A name with `=` or NUL is none, and would panic.
        let name =
            Some(name).filter(|name| !name.as_encoded_bytes().iter().any(|b| b"=\0".contains(b)));
        std::env::var_os(name.filter(|name| !name.is_empty())?)
    }

    /// All variables whose names and values are UTF-8, in the order of their names.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String)> {
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let mut all: Vec<_> = std::env::vars_os().filter_map(text).collect();
        all.sort();
        all
    }

    /// The name of this machine, as gethostname(2) gives it.
    #[must_use]
    pub fn hostname(&self) -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

/// Which config ssh reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigChoice {
    /// `~/.ssh/config` and `/etc/ssh/ssh_config`, as ssh reads them by itself.
    Default,
    /// `~/.ssh/config` of a `$HOME` that is not the passwd home, and no system file. ssh gets it by
    /// `-F`, which skips its check of owner and mode, so sshp checks both.
    Home,
    /// `-F FILE`, and no system file.
    File(PathBuf),
    /// `-F none`.
    None,
}

/// Where sshp's and ssh's files are.
#[derive(Clone, Debug)]
pub struct Paths {
    /// What `-F` says, or `$HOME`.
    pub config: ConfigChoice,
    /// The user's `.ssh` folder.
    pub ssh_dir: PathBuf,
    /// The file new profiles go to.
    pub user_config: PathBuf,
    /// `/etc/ssh/ssh_config`, where it is read.
    pub system_config: Option<PathBuf>,
    /// `profiles.toml`.
    pub metadata: PathBuf,
    /// `config.toml`.
    pub settings: PathBuf,
    /// Usage, journal, backups, locks.
    pub state: PathBuf,
}

impl Paths {
    fn new(env: &Env, config: Option<&Path>) -> Result<Self> {
        let ssh_dir = env.home.join(".ssh");
        let own = ssh_dir.join("config");
        let choice =
            if env.home == env.passwd_home { ConfigChoice::Default } else { ConfigChoice::Home };
        let project = directories::ProjectDirs::from("", "", "sshp")
            .ok_or_else(|| Error::failed("no home folder to keep sshp's own files in"))?;
        let folder = |own: &str, xdg: &str, default: &Path| match (env.var(own), env.var(xdg)) {
            (Some(dir), _) => PathBuf::from(dir),
            (None, Some(dir)) if Path::new(&dir).is_absolute() => Path::new(&dir).join("sshp"),
            _ => default.to_owned(),
        };
        let config_dir = folder("SSHP_CONFIG_DIR", "XDG_CONFIG_HOME", project.config_dir());
        let state_default = project.state_dir().unwrap_or_else(|| project.data_local_dir());
        let paths = Paths {
            user_config: own,
            system_config: (choice == ConfigChoice::Default)
                .then(|| PathBuf::from("/etc/ssh/ssh_config")),
            config: choice,
            ssh_dir,
            metadata: config_dir.join("profiles.toml"),
            settings: config_dir.join("config.toml"),
            state: folder("SSHP_STATE_DIR", "XDG_STATE_HOME", state_default),
        };
        match config {
            Some(file) => paths.with_config(file),
            None => Ok(paths),
        }
    }

    /// The same files, but `-F FILE` for ssh's own; the system's is not read then, ssh(1).
    fn with_config(&self, file: &Path) -> Result<Self> {
        let mut paths = Paths { system_config: None, ..self.clone() };
        if file.as_os_str() == "none" {
            paths.config = ConfigChoice::None;
        } else {
            paths.user_config = std::path::absolute(file)?;
            paths.config = ConfigChoice::File(paths.user_config.clone());
        }
        Ok(paths)
    }

    /// Everything in one home, whatever the environment says.
    fn below(home: &Path) -> Self {
        let ssh_dir = home.join(".ssh");
        let user_config = ssh_dir.join("config");
        Paths {
            config: ConfigChoice::Home,
            user_config,
            ssh_dir,
            system_config: None,
            metadata: home.join(".config/sshp/profiles.toml"),
            settings: home.join(".config/sshp/config.toml"),
            state: home.join(".local/state/sshp"),
        }
    }

    /// What ssh must be given as `-F` to read the same config.
    #[must_use]
    pub fn ssh_config_flag(&self) -> Option<&Path> {
        match &self.config {
            ConfigChoice::Default => None,
            ConfigChoice::Home => Some(&self.user_config),
            ConfigChoice::File(file) => Some(file),
            ConfigChoice::None => Some(Path::new("none")),
        }
    }
}

/// What is a terminal, and of what kind.
#[derive(Clone, Debug)]
pub struct Tty {
    /// Standard input is a terminal.
    pub stdin: bool,
    /// Standard output is a terminal.
    pub stdout: bool,
    /// Standard error is a terminal.
    pub stderr: bool,
    /// `/dev/tty` opens, so questions can be asked.
    pub controlling: bool,
    /// `$TERM`, where it names a terminal that can move its cursor.
    pub term: Option<String>,
}

impl Tty {
    fn new() -> Self {
        Tty {
            stdin: std::io::stdin().is_terminal(),
            stdout: std::io::stdout().is_terminal(),
            stderr: std::io::stderr().is_terminal(),
            controlling: std::fs::File::options().read(true).write(true).open("/dev/tty").is_ok(),
            term: std::env::var("TERM").ok().filter(|term| !term.is_empty() && term != "dumb"),
        }
    }
}

/// The day of a time in seconds since the epoch, in UTC: `2026-11-20`.
#[must_use]
pub fn day(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_date() {
        // By `date -u -d @N +%F`.
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_795_201_199, "2026-11-20"),
            (4_107_542_400, "2100-03-01"),
            (4_107_542_399, "2100-02-28"),
        ] {
            assert_eq!(day(seconds), expected);
        }
    }
}
