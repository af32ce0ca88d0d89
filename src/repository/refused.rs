//! What ssh refuses a config for, as a warning or an error with the lines.

use sshp_config::lint::{self, Advice};
use sshp_config::{CommandLine, ComplaintKind, Dialect, Origin, Rejected, Tree};

use super::State;
use crate::ctx::Ctx;
use crate::error::{Error, Excerpt};
use crate::profile::verify::refusals;
use crate::ui::sanitize;

/// Warns where ssh refuses the config for every host, in its own words. What sshp does not read,
/// [`State::load`] names.
pub fn warn_if_refused(ctx: &Ctx, state: &State) {
    if state.tree.refusals().any(|(_, _, refusal)| refusal.is_own_limit()) {
        return;
    }
    if let Some(fault) = refusals(&state.tree, &ctx.env, &ctx.env.dialect).first() {
        let dialect = &ctx.env.dialect;
        if let (Some(advice), Some(origin)) =
            (lint::advice(&state.tree, fault, dialect), &fault.origin)
        {
            ctx.ui.warning(sanitize::line(&format!("{origin}: {}", advice.what)));
            if let Some(mend) = &advice.mend {
                ctx.ui.hint(sanitize::line(mend));
            }
        } else {
            let (subject, text) = (lint::subject(dialect), sanitize::line(&fault.text));
            ctx.ui.warning(format_args!("{subject} refuses this config for every host: {text}"));
        }
        match lint::marked_files(&state.tree).next() {
            Some(file) => ctx.ui.hint(format_args!(
                "`{}` begins with a byte order mark: save it as UTF-8 without one",
                sanitize::line(&file.path.to_string_lossy())
            )),
            None => ctx.ui.hint("`sshp check` shows the lines"),
        }
    }
}

/// Why a dialect refuses a config, part by part: the line that the first complaint is about, what it is, who takes it.
#[must_use]
pub fn reason(tree: &Tree, rejected: &Rejected, dialect: &Dialect) -> Vec<String> {
    let Some(fault) = rejected.complaints.first() else { return Vec::new() };
    let what = match lint::advice(tree, fault, dialect) {
        Some(advice) => advice.what,
        None => format!("{} refuses it; {}", lint::subject(dialect), fault.own_words()),
    };
    let origin = fault.origin.iter().map(ToString::to_string);
    origin.chain(what.split("; ").map(str::to_owned)).collect()
}

/// A line that a complaint is about.
#[must_use]
pub fn excerpt(tree: &Tree, origin: &Origin, complaint: &str) -> Option<Excerpt> {
    let (text, span) = tree.excerpt(origin, complaint)?;
    Some(Excerpt { what: None, line: origin.line, text: text.to_vec(), span })
}

/// What a dialect refuses a config for, line by line.
#[must_use]
pub fn refusal(tree: &Tree, rejected: &Rejected, dialect: &Dialect) -> Error {
    let subject = lint::subject(dialect);
    let faults = rejected.complaints.iter();
    let faults = faults.filter(|complaint| complaint.kind != ComplaintKind::Consequence);
    let lines = faults.filter_map(|complaint| {
        let origin = complaint.origin.as_ref()?;
        let advice = lint::advice(tree, complaint, dialect);
        let words = advice.map_or_else(|| complaint.own_words().to_owned(), |advice| advice.what);
        let what = format!("{origin}: {words}");
        Some(Excerpt { what: Some(what), ..excerpt(tree, origin, &complaint.text)? })
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return Error::failed(format_args!("{subject} refuses the config: {rejected}"));
    }
    let what = format!("{subject} refuses the config for every host until this is fixed");
    with_mends(Error::failed(what), tree, rejected, dialect).excerpts(lines)
}

/// Adds to an error what lets ssh pass over keywords that only another ssh takes.
fn with_mends(error: Error, tree: &Tree, rejected: &Rejected, dialect: &Dialect) -> Error {
    let advice = rejected.complaints.iter().filter_map(|fault| lint::advice(tree, fault, dialect));
    advice.filter_map(|advice| advice.mend).fold(error, Error::hint)
}

/// What a dialect refuses a command line or its config for, in the words of ssh, with which release takes it and
/// what helps.
#[must_use]
pub fn in_the_words_of_ssh(
    ctx: &Ctx,
    tree: &Tree,
    command: &CommandLine,
    rejected: Rejected,
) -> Error {
    let dialect = &ctx.env.dialect;
    let hints = rejected.complaints.iter().flat_map(|fault| {
        let Some(Advice { what, mend }) = lint::advice(tree, fault, dialect) else { return vec![] };
        let what = Some(what).filter(|what| what != fault.own_words());
        what.into_iter().chain(mend).collect()
    });
    let command = lint::takers_of_command(tree, command, &ctx.env, dialect, &rejected)
        .filter(|_| !rejected.to_string().contains("contains invalid characters"));
    let hints: Vec<String> = hints.chain(command).collect();
    hints.into_iter().fold(Error::from(rejected), Error::hint)
}
