//! What ssh refuses a config for, as a warning or an error with the lines.

use sshp_config::{Origin, Rejected, Tree, lint};

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
        let text = sanitize::line(&fault.text);
        ctx.ui.warning(format_args!("ssh refuses this config for every host: {text}"));
        if let Some(advice) = lint::advice(&state.tree, fault) {
            ctx.ui.hint(advice);
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

/// A line that a complaint is about.
#[must_use]
pub fn excerpt(tree: &Tree, origin: &Origin, complaint: &str) -> Option<Excerpt> {
    let (text, span) = tree.excerpt(origin, complaint)?;
    Some(Excerpt { what: None, line: origin.line, text: text.to_vec(), span })
}

/// What ssh refuses a config for, line by line.
#[must_use]
pub fn refusal(tree: &Tree, rejected: &Rejected) -> Error {
    let lines = rejected.complaints.iter().filter_map(|complaint| {
        let origin = complaint.origin.as_ref()?;
        let what = format!("{origin}: {}", complaint.own_words());
        Some(Excerpt { what: Some(what), ..excerpt(tree, origin, &complaint.text)? })
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return Error::failed(format_args!("ssh refuses the config: {rejected}"));
    }
    let error = Error::failed("ssh refuses the config for every host until this is fixed");
    with_advice(error, tree, rejected).excerpts(lines)
}

/// Adds to an error what lets ssh pass over keywords that only other machines' ssh has.
#[must_use]
pub fn with_advice(error: Error, tree: &Tree, rejected: &Rejected) -> Error {
    let advice = rejected.complaints.iter().filter_map(|fault| lint::advice(tree, fault));
    advice.fold(error, Error::hint)
}
