//! `sshp pick`: chooses profiles and prints their names, for scripts and the shells' widget.

use std::io::Write;

use clap::CommandFactory;

use crate::cli::{Cli, Pick};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::launch;
use crate::picker::{Choice, Choose, choose};
use crate::profile::Profile;
use crate::repository::{State, usage};
use crate::settings::Action;
use crate::unicode;

/// Chooses and prints: a name a line, names with NUL after each, or what the widget reads.
///
/// # Errors
/// Exit 3 when nothing matches or there is no terminal to ask on, 130 when cancelled.
pub fn run(ctx: &Ctx, args: &Pick) -> Result<Exit> {
    let query = args.query.join(" ");
    let mut actions = vec![
        (Action::Connect, if args.widget { "insert" } else { "choose" }),
        (Action::Preview, "preview"),
        (Action::Cancel, "cancel"),
    ];
    if args.widget {
        actions.insert(1, (Action::Other, "run"));
    }
    if args.multi {
        actions.insert(1, (Action::Mark, "mark"));
    }
    let several = [Action::Connect];
    let how = Choose {
        query: &query,
        open: false,
        multi: args.multi,
        actions: &actions,
        several: &several,
    };
    let choice = choose(ctx, State::load(ctx)?, &usage::load(&ctx.paths), &how)?;
    let mut stdout = ctx.ui.stdout_bytes();
    if let ([profile], true) = (&choice.profiles[..], choice.is_prefix) {
        launch::announce(ctx, profile);
    }
    if args.widget {
        stdout.write_all(&unicode::to_bytes(&render_widget(&choice)))?;
        return Ok(Exit::Ok);
    }
    let end = if args.print0 { b"\0" } else { b"\n" };
    for profile in &choice.profiles {
        stdout.write_all(&unicode::to_bytes(profile.alias.as_str()))?;
        stdout.write_all(end)?;
    }
    Ok(Exit::Ok)
}

/// What the widget reads: what to do, the command that connects, the name.
fn render_widget(choice: &Choice) -> String {
    let action = if choice.action == Action::Other { "run" } else { "insert" };
    choice.profiles.iter().fold(String::new(), |out, profile| {
        let command = command_for(profile);
        out + &format!("{action}\t{command}\t{}\n", profile.alias)
    })
}

/// `sshp`, or `sshp connect` for a profile that has the name of a verb.
fn command_for(profile: &Profile) -> &'static str {
    if Cli::command().find_subcommand(profile.alias.as_str()).is_some() {
        "sshp connect"
    } else {
        "sshp"
    }
}
