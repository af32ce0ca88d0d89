//! An edited config is verified before it is written, and a refusal says what helps.

use sshp_config::{Keyword, Source};
use sshp_splice::ChangeSet;

use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::Alias;
use crate::profile::edit::Sharing;
use crate::profile::patch::NamedPatch;
use crate::profile::verify::{Expected, Verification, VerifyError};
use crate::repository::{State, load, refused};

/// Reads the config as a change would leave it, with all its Includes, and requires that it is no
/// worse for ssh than before and that profiles are as expected. Warns where ssh refuses it as before.
///
/// # Errors
/// Refused, with the line that is in the way or what would change for which profile.
pub fn verify(ctx: &Ctx, state: &State, change: &ChangeSet, expected: Expected<'_>) -> Result<()> {
    let after = state.after(ctx, change);
    let verification = Verification::new(&state.tree, &after, &ctx.env, &ctx.env.dialect);
    let refusal = |error: VerifyError| {
        let mut lines = None;
        let mut hint = None;
        match &error {
            VerifyError::Refused(fault) => {
                let origin = fault.origin.as_ref();
                lines = origin.and_then(|origin| refused::excerpt(&after, origin, &fault.text));
            }
            VerifyError::Loop(hops) => {
                hint = Some(format!("`--jump none` reaches `{}` directly", hops[0]));
            }
            VerifyError::Overridden { origin, .. } => {
                hint = Some(format!("change or move {origin}"));
            }
            VerifyError::Differs { .. } => {
                let why = "a pattern or Match treats the names differently; `--yes` goes on";
                hint = Some(why.to_owned());
            }
            VerifyError::OtherChanges { .. } => {}
        }
        hint.into_iter()
            .fold(Error::from(error).with_kind(ErrorKind::Refused).excerpts(lines), Error::hint)
    };
    if !verification.config().map_err(refusal)?.is_empty() {
        load::warn_unread(ctx, &after);
        refused::warn_if_refused(ctx, state);
    }
    verification.profiles(expected).map_err(refusal)
}

/// As [`verify`], for a profile that is renamed or copied; with `allows_difference` a difference to
/// the original is a warning.
///
/// # Errors
/// As [`verify`].
pub fn verify_same(
    ctx: &Ctx,
    state: &State,
    change: &ChangeSet,
    expected: Expected<'_>,
    allows_difference: bool,
) -> Result<()> {
    match verify(ctx, state, change, expected) {
        Err(error) if allows_difference => match error.source.downcast_ref::<VerifyError>() {
            Some(differs @ VerifyError::Differs { .. }) => {
                ctx.ui.warning(differs);
                Ok(())
            }
            _ => Err(error),
        },
        result => result,
    }
}

/// What an edit with patches may change: any profile where those of a shared block all change.
pub fn expected(patches: &[NamedPatch], sharing: Sharing) -> Expected<'_> {
    match sharing {
        Sharing::Shared => Expected::Any,
        Sharing::Refuse | Sharing::Split => Expected::Patched(patches),
    }
}

/// The name of a profile where it is the host too: nothing sets a `HostName`.
pub fn host_by_name(state: &State, alias: &Alias) -> Option<Vec<u8>> {
    let effective = state.resolve(alias).ok()?;
    let setting = effective.setting(Keyword::HostName);
    let is_set = setting.is_some_and(|setting| matches!(setting.source, Source::File(_)));
    (!is_set).then(|| alias.as_str().as_bytes().to_vec())
}
