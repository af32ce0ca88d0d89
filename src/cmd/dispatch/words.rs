//! `sshp NAME …` and `sshp QUERY…`: what words mean that begin with no verb.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use sshp_config::{CommandLine, Destination, Index, Tree, resolve};

use super::browse;
use crate::cli::verbs;
use crate::cmd::{connect, help};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::profile::fields::Target;
use crate::profile::find::begins;
use crate::profile::query::Filter;
use crate::profile::{Metadata, target};
use crate::repository::State;
use crate::ui::sanitize;
use crate::{launch, picker, shell, unicode};

/// How many profiles a hint names.
const NAMED: usize = 3;

/// Connects to the profile of this name with what follows as ssh's arguments; `help` and
/// `version` that are no profiles are what they say; a destination with a user or a port is connected
/// to as it is; a word that is like a verb is taken for a mistake; the beginning of only one name with a
/// command after it is that name at a terminal; any other words are a query for the picker.
///
/// # Errors
/// Exit 2 for a word that is like a verb; else as [`connect::run`], [`help::run`] and
/// [`browse::run`].
pub(super) fn run(ctx: &Ctx, words: &[OsString]) -> Result<Exit> {
    let Some((first, rest)) = words.split_first() else { return browse::run(ctx, words) };
    let tree = crate::repository::load::load_tree(ctx);
    if launch::is_profile(&tree, first.as_bytes()) {
        say_exact(ctx, &tree, words);
        return connect::run(ctx, words);
    }
    match first.to_str() {
        Some(text) if is_destination(text) => {
            say_exact(ctx, &tree, words);
            if ctx.tty.stderr && text.parse::<Target>().is_ok() {
                let text = shell::quote(text);
                ctx.ui.hint(format_args!("`sshp add NAME {text}` makes a profile of it"));
            }
            connect::run(ctx, words)
        }
        Some("help") => help::run(rest, "--help"),
        Some("version") if rest.is_empty() => help::run(rest, "--version"),
        Some(word) if verbs::meant(word).is_some() => Err(no_command(ctx, word, rest)),
        Some(word) => match completed(ctx, &tree, word, rest)? {
            Some(words) => {
                say_exact(ctx, &tree, &words);
                connect::run(ctx, &words)
            }
            None => browse::run(ctx, words),
        },
        None => browse::run(ctx, words),
    }
}

/// The words with the name of the only profile that begins with the first, where more follow that
/// ssh takes: a command or flags. `None` where they are a query.
///
/// # Errors
/// Exit 3 without a terminal, where the line that names the server would not be seen.
fn completed(
    ctx: &Ctx,
    tree: &Tree,
    first: &str,
    rest: &[OsString],
) -> Result<Option<Vec<OsString>>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let index = Index::new(tree, &ctx.env, &ctx.env.dialect);
    let aliases: Vec<String> =
        index.profiles().map(|named| unicode::from_bytes(named.alias)).collect();
    let mut beginning = aliases.iter().filter(|alias| begins(alias, first));
    let (Some(alias), None) = (beginning.next(), beginning.next()) else { return Ok(None) };
    if is_query(ctx, first, rest, &aliases) {
        return Ok(None);
    }
    let name = OsStr::from_bytes(&unicode::to_bytes(alias)).to_owned();
    if let Err(error) = picker::open(&ctx.tty) {
        let words = [shell::quote(&name)].into_iter().chain(rest.iter().map(shell::quote));
        let command = words.collect::<Vec<_>>().join(" ");
        let what = format!(
            "no profile is named exactly `{}`, and without a terminal the beginning of a name is not enough",
            sanitize::line(first)
        );
        let hint = format!("did you mean `sshp {}`?", sanitize::line(&command));
        return Err(Error { hints: error.hints, ..Error::not_found(what) }.hint(hint));
    }
    Ok(Some(std::iter::once(name).chain(rest.iter().cloned()).collect()))
}

/// Whether words are a query though a profile begins with the first: one is a filter, or all are
/// parts of one name and its tags.
fn is_query(ctx: &Ctx, first: &str, rest: &[OsString], aliases: &[String]) -> bool {
    let Some(rest) = rest.iter().map(|word| word.to_str()).collect::<Option<Vec<_>>>() else {
        return false;
    };
    if rest.iter().any(|word| Filter::parse(word).is_some()) {
        return true;
    }
    let store = crate::repository::MetadataStore::read(ctx);
    aliases.iter().any(|alias| {
        let metadata = store.file.get(alias);
        let tags = metadata.iter().flat_map(Metadata::all_tags);
        let parts = tags.chain(alias.split(|c: char| !c.is_alphanumeric()));
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let holds = |word: &str| parts.iter().any(|part| part.eq_ignore_ascii_case(word));
        holds(first) && rest.iter().all(|word| holds(word))
    })
}

/// Whether a word is a destination, and neither a name nor a query: it has a user or a port.
fn is_destination(text: &str) -> bool {
    Filter::parse(text).is_none() && text.contains(['@', ':']) && Destination::parse(text).is_ok()
}

/// As [`launch::announce`] for a name that was typed in full; only at a terminal, since scripts do
/// the same.
fn say_exact(ctx: &Ctx, tree: &Tree, words: &[OsString]) {
    let typed = CommandLine::parse_typed(words.iter().cloned(), &ctx.env.dialect);
    let is_name = |name: &[u8]| launch::is_profile(tree, name);
    let Ok(line) = typed.and_then(|line| line.as_ssh_takes_it(is_name)) else { return };
    let connects = !line.is_query() && !b"GVOq".iter().any(|flag| line.has(*flag));
    if !ctx.tty.stderr || !connects {
        return;
    }
    // Nothing is run or asked for this look; what is wrong with the config, the connect says.
    let other = line.config().map(|_| launch::tree_for(ctx, &line));
    let Ok(found) =
        resolve(other.as_ref().unwrap_or(tree), &line, &ctx.env, None, &ctx.env.dialect)
    else {
        return;
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let target = target(&text(found.user()), &text(found.host()), found.port());
    let name = launch::shown_name(ctx, &unicode::from_bytes(line.host()));
    ctx.ui.status(format_args!("→ {name} ({})", sanitize::line(&target)));
}

/// The error for a word that is no profile's name and may have been meant as a verb.
fn no_command(ctx: &Ctx, word: &str, rest: &[OsString]) -> Error {
    let shown = sanitize::line(word).into_owned();
    let mut error = Error::usage(format_args!(
        "`{shown}` is not a command of sshp, and no profile has exactly this name"
    ));
    for verb in verbs::meant(word).unwrap_or_default().into_iter().take(NAMED) {
        let words = std::iter::once(verb).chain(rest.iter().map(shell::quote));
        let command = words.collect::<Vec<_>>().join(" ");
        error = error.hint(format_args!("did you mean `sshp {}`?", sanitize::line(&command)));
    }
    let mut names = Vec::new();
    if let Ok(state) = State::load(ctx) {
        let aliases = state.aliases().into_iter().filter(|alias| begins(alias, word));
        names = aliases.take(NAMED).map(shell::quote).collect();
    }
    for name in names {
        error = error.hint(format_args!("`sshp {}` connects", sanitize::line(&name)));
    }
    if error.hints.is_empty() { error.hint("`sshp help` lists the commands") } else { error }
}
