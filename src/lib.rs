//! sshp: SSH profiles in `~/.ssh/config`.
//!
//! ```text
//! cli → cmd (one file per verb: gather → plan → apply → report)
//!         ├─ launch, profile_edit, profile_keys, config_check            what several verbs do
//!         ├─ repository, picker, complete, session::{system, builtin}, demo   the edge: files, terminal, network
//!         ├─ profile, export, session::plan, keys, doctor, shell, manual,
//!         │  settings                                                    what is planned and decided
//!         └─ toml, unicode                                               edits of profiles.toml, invisible characters
//! ui, ctx, error, exit                                                   output, facts of the run, failures
//! platform, memory                                                       Linux and macOS; memory that is refused
//! crates/splice, config, known-hosts, keys                               edits as values, the lossless config
//! ```
//!
//! The core is pure: bytes and values in, values out. `ctx` alone reads environment and clock,
//! `repository` alone writes files. Nothing imports `cmd`. `tests/it/architecture.rs` holds the table.

pub mod cli;
pub mod cmd;
pub mod complete;
pub mod config_check;
pub mod ctx;
#[cfg(feature = "builtin")]
pub mod demo;
pub mod doctor;
pub mod error;
pub mod exit;
pub mod export;
pub mod installed_ssh;
pub mod inventory;
pub mod keys;
pub mod launch;
pub mod manual;
pub mod memory;
pub mod picker;
pub mod platform;
pub mod profile;
pub mod profile_edit;
pub mod profile_keys;
pub mod repository;
pub mod session;
pub mod settings;
pub mod shell;
pub mod toml;
pub mod ui;
pub mod unicode;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::Parser;

use crate::cli::{Cli, Color, Global, Verb};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind};
use crate::exit::Exit;
use crate::ui::{Ui, sanitize};

/// Runs one command line and gives what the process ends with.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = cli::words(args).collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(help) => {
            // An argument that is not plain text is shown so that it moves no cursor. What cannot
            // be written has nowhere else to go.
            let plain =
                |arg: &OsString| matches!(sanitize::line(&arg.to_string_lossy()), Cow::Borrowed(_));
            let _ = if args.iter().all(plain) {
                help.print()
            } else {
                let text = help.render().to_string();
                Ui::new(ColorChoice::Never, false, 0)
                    .stderr()
                    .write_all(sanitize::block(&text).as_bytes())
            };
            return if help.use_stderr() { Exit::Error(ErrorKind::Usage) } else { Exit::Ok }.into();
        }
    };
    let Global { color, quiet, verbose, .. } = cli.global;
    let ui = |color| {
        let color = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Ui::new(color, quiet, verbose)
    };
    // ssh(1), EXIT STATUS: also where the config cannot be read yet.
    let connects = matches!(cli.verb, Some(Verb::Connect(_)));
    memory::ends_with(
        if connects { Exit::Error(ErrorKind::Connect) } else { Exit::Error(ErrorKind::Failed) }
            .code(),
    );
    let run = || -> Result<Exit, Error> {
        let ctx = Ctx::new(cli.global.config.as_deref(), ui(color))?;
        let mut ctx = installed_ssh::remembered(repository::settings::load(ctx));
        if color == Color::Auto {
            ctx.ui = ui(ctx.settings.color());
        }
        cmd::dispatch::run(&ctx, cli.verb)
    };
    let ui = ui(color);
    let exit = run().unwrap_or_else(|error| {
        ui.fail(&error);
        match error.kind {
            _ if error.is_broken_pipe() => Exit::Ok,
            ErrorKind::Failed if connects => Exit::Error(ErrorKind::Connect),
            kind => kind.into(),
        }
    });
    exit.into()
}
