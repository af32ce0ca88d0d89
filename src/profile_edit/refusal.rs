//! Why an edit is refused, as an error with its kind and what helps.

use std::path::Path;

use sshp_config::tree::Refusal;

use crate::error::{Error, ErrorKind};
use crate::profile::edit::EditError;
use crate::profile::find;
use crate::repository::State;

/// Gives a refusal its kind and what helps.
pub fn refusal(error: EditError, state: &State) -> Error {
    let kind = match &error {
        EditError::NotFound(_) => ErrorKind::NotFound,
        EditError::Exists { .. } | EditError::Twice(_) | EditError::Unreadable { .. } => {
            ErrorKind::Failed
        }
        _ => ErrorKind::Refused,
    };
    let hints = match &error {
        EditError::NotFound(alias) => {
            let names = state.aliases();
            let near = find::suggest(alias.as_str(), names.iter().map(String::as_str));
            vec![find::did_you_mean(&near).unwrap_or_else(|| "`sshp list` shows all".to_owned())]
        }
        EditError::Exists { alias, .. } => {
            vec![format!("`sshp edit {alias}` changes it")]
        }
        EditError::OnlyPattern { alias, .. } => {
            vec![format!("`sshp add {alias} HOST` gives it a block of its own")]
        }
        EditError::Pattern { .. } => {
            vec!["edit that line by hand: it is about more than one profile".to_owned()]
        }
        EditError::Shared { .. } => vec![
            "`--split` gives it a block of its own, with the change".to_owned(),
            "`--shared` changes all of them".to_owned(),
        ],
        EditError::HoldsInclude { .. } => vec!["`--yes` removes both".to_owned()],
        EditError::Unreadable { path, refusal: Refusal::Insecure } => {
            vec![state.insecure_hint(Path::new(path))]
        }
        EditError::Unreadable { path, refusal } => {
            refusal.mend(Path::new(path)).into_iter().collect()
        }
        EditError::System { .. } | EditError::Twice(_) => Vec::new(),
    };
    // What is not read may hold it.
    let unread = state.tree.refusals().filter(|_| kind == ErrorKind::NotFound);
    let unread = unread.map(|(_, path, why)| format!("`{}` is not read: {why}", path.display()));
    let hints: Vec<_> = hints.into_iter().chain(unread).collect();
    let start = Error::from(error).with_kind(kind);
    hints.into_iter().fold(start, Error::hint)
}
