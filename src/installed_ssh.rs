//! The ssh that a connect runs: which program it is, and which dialect of ssh_config(5) it reads.
//!
//! A version number does not name a dialect (distributions change what their ssh reads under the same one),
//! so the program itself is asked, by one harmless run: before a connect, and remembered. Lists, completions, previews
//! and checks run nothing: they look whether the remembered program is still the one that would be run.

#![allow(clippy::disallowed_methods, reason = "the installed ssh is asked for its dialect here")]

mod ask;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use sshp_config::Dialect;

use crate::ctx::{Ctx, Env};
use crate::repository::ScratchFolder;
use crate::repository::installed_ssh::{self as kept, Asked, Identity};

use self::ask::{Answer, ask};

/// An ssh to run: a program, and what comes before all other arguments, as in `kitten ssh`.
#[derive(Clone, Debug)]
pub struct Ssh {
    /// The program's file.
    pub program: PathBuf,
    arguments: Vec<String>,
}

impl Ssh {
    /// The program with its own arguments.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }

    /// The name by which a command may call it; none where that is another program's.
    #[must_use]
    pub fn name(&self) -> Option<&OsStr> {
        self.program.file_name().filter(|_| self.arguments.is_empty())
    }
}

impl fmt::Display for Ssh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.display())?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument}"))
    }
}

/// The ssh that will be run: `$SSHP_SSH`, a program or a program with arguments, else the one in the
/// search path.
#[must_use]
pub fn find(chosen: Option<OsString>) -> Option<Ssh> {
    let program = chosen.unwrap_or_else(|| "ssh".into());
    if let Ok(program) = which::which(&program) {
        return Some(Ssh { program, arguments: Vec::new() });
    }
    let mut words = shlex::split(program.to_str()?)?.into_iter();
    let program = which::which(words.next()?).ok()?;
    Some(Ssh { program, arguments: words.collect() })
}

/// The ssh that `auto` runs: none where passwd(5) has no entry for the user, since ssh then ends with
/// "No user exists for uid" before it reads its arguments (ssh.c: main). One that `$SSHP_SSH` names
/// may be another program, and is run.
#[must_use]
pub fn for_auto(env: &Env) -> Option<Ssh> {
    let named = env.var("SSHP_SSH");
    if !env.in_passwd && named.is_none() {
        return None;
    }
    find(named)
}

/// The facts of this run, with the dialect that the ssh is known to read. Nothing is run: where the ssh was not asked,
/// or its program is another since, it is any OpenSSH.
#[must_use]
pub fn remembered(ctx: Ctx) -> Ctx {
    let asked = find(ctx.env.var("SSHP_SSH")).and_then(|ssh| asked_before(&ctx, &ssh));
    match asked.and_then(|asked| asked.answer.ok()) {
        Some(dialect) => ctx.with_dialect(Arc::new(dialect)),
        None => ctx,
    }
}

/// The dialect that an ssh reads: remembered, else the program is asked.
#[must_use]
pub fn dialect(ctx: &Ctx, ssh: &Ssh) -> Arc<Dialect> {
    let valid = |asked: &Asked| ctx.now < asked.at.saturating_add(kept::VALID_FOR);
    match asked_before(ctx, ssh).filter(valid) {
        Some(asked) => asked.answer.map_or_else(|_| Arc::default(), Arc::new),
        None => asked_now(ctx, ssh),
    }
}

/// The dialect that an ssh reads by its own answer now: a script that runs ssh stays the same file when ssh changes.
#[must_use]
pub fn asked_now(ctx: &Ctx, ssh: &Ssh) -> Arc<Dialect> {
    let answer = asked(ssh);
    if let Err(why) = &answer {
        ctx.ui.verbose(format_args!("`{ssh}` does not tell its version: {why}"));
    }
    if let Ok(identity) = Identity::of(&ssh.program, &ssh.arguments) {
        let probe = Dialect::probe_config();
        kept::keep(ctx, Asked { identity, at: ctx.now, probe, answer: answer.clone() });
    }
    answer.map_or_else(|_| Arc::default(), Arc::new)
}

/// As [`asked_now`], and remembers nothing.
///
/// # Errors
/// When the program does not say which OpenSSH it is: why.
pub fn asked(ssh: &Ssh) -> Result<Dialect, String> {
    let said = said(ssh, &Dialect::probe_config())?;
    let dialect = Dialect::from_probe(&said.stderr, &said.stdout);
    dialect.ok_or_else(|| "its answer is none of an OpenSSH".to_owned())
}

fn said(ssh: &Ssh, probe: &str) -> Result<Answer, String> {
    let folder = ScratchFolder::new().map_err(|error| error.source.to_string())?;
    let file = folder.write("probe", probe.as_bytes());
    ask(ssh.command(), &file.map_err(|error| error.source.to_string())?)
}

/// What an ssh said when it was asked last, or why it did not; `None` where it was not asked, or is another now.
#[must_use]
pub fn asked_before(ctx: &Ctx, ssh: &Ssh) -> Option<Asked> {
    let identity = Identity::of(&ssh.program, &ssh.arguments).ok()?;
    kept::load(&ctx.paths, &identity, &Dialect::probe_config())
}

/// Whether this sshp runs in ssh's place, for an sshp that asks which dialect that ssh reads.
#[must_use]
pub fn is_asked_itself(env: &Env) -> bool {
    env.var(ask::ASKED_BY).is_some()
}
