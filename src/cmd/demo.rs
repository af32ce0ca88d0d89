//! `sshp demo`: shows add, picker and connect with a server and a home made for it.

use std::ffi::OsString;

use crate::cli::{Add, Fields, Forget, List, Verb, Write};
use crate::ctx::Ctx;
use crate::demo::Home;
use crate::error::Result;
use crate::exit::Exit;
use crate::profile::Session;

/// Runs the demo, its steps by `verb`: with a terminal the picker and a session, else the same steps
/// as a script.
///
/// # Errors
/// When the throw-away home or the server cannot be made, or a step fails.
pub fn run(ctx: &Ctx, verb: fn(&Ctx, Option<Verb>) -> Result<Exit>) -> Result<Exit> {
    let home = Home::new()?;
    let demo = ctx.in_home(home.path());
    let port = home.server.port;
    ctx.ui.status(format_args!(
        "Demo: a temporary home in {}, a server on 127.0.0.1:{port}.\nYour files are not touched.\n",
        home.path().display()
    ));
    for (name, user, tag, note) in [
        ("web-server", "deploy", "web", "serves the shop"),
        ("db-primary", "postgres", "db", "be careful here"),
        ("build-box", "ci", "ci", "nightly builds"),
    ] {
        let target = format!("{user}@127.0.0.1:{port}");
        say(ctx, &format!("add {name} {target} --key demo-key.pem --tag {tag}"));
        let fields = Fields {
            key: Some(home.key.clone()),
            tags: vec![tag.to_owned()],
            note: Some(note.to_owned()),
            session: Some(Session::Builtin),
            ..Fields::default()
        };
        let name = name.to_owned();
        let add = Add { name, target: Some(target), fields, write: Write::default() };
        verb(&demo, Some(Verb::Add(add)))?;
    }
    let exit = if ctx.tty.stdin && ctx.tty.stdout && ctx.tty.controlling {
        say(ctx, "");
        verb(&demo, None)?
    } else {
        script(ctx, &demo, verb)?
    };
    ctx.ui.status(
        "\nThat is all. To begin with your own servers:\n  sshp add NAME user@host --key FILE\n  sshp",
    );
    Ok(exit)
}

/// What a person would do, as commands.
fn script(ctx: &Ctx, demo: &Ctx, verb: fn(&Ctx, Option<Verb>) -> Result<Exit>) -> Result<Exit> {
    say(ctx, "list");
    verb(demo, Some(Verb::List(List::default())))?;
    for command in ["whoami", "uptime"] {
        say(ctx, &format!("web-server {command}"));
        let words = ["web-server", command].map(OsString::from).to_vec();
        let exit = verb(demo, Some(Verb::Other(words)))?;
        if exit != Exit::Remote(0) {
            return Ok(exit);
        }
    }
    say(ctx, "forget web-server");
    let names = vec!["web-server".to_owned()];
    verb(demo, Some(Verb::Forget(Forget { names, ..Forget::default() })))
}

fn say(ctx: &Ctx, command: &str) {
    ctx.ui.command(format_args!("sshp {command}"));
}
