//! PURE: what changes of a profile that an import made before. A field changes where the source says
//! another thing than it did, unless the user has edited it since.

use super::plan::Wanted;
use crate::profile::Profile;
use crate::profile::metadata::Imported;

/// What the source says anew of a profile.
pub(super) struct Update {
    /// What is asked of the profile; nothing of its config where [`Update::is_nothing`].
    pub(super) wanted: Wanted,
    /// The fields that keep what the user wrote, where the source says another thing.
    pub(super) kept: Vec<&'static str>,
    /// The name that the source has for it now, where it had another.
    pub(super) renamed: Option<String>,
    /// Whether nothing is to be written.
    pub(super) is_nothing: bool,
}

/// Compares what a source says now with what it said before and with the profile. `host_key_alias` is
/// the profile's own.
pub(super) fn update(
    profile: &Profile,
    now: &Imported,
    source_tags: &[String],
    host_key_alias: impl Fn() -> Option<String>,
) -> Update {
    let before = profile.metadata.imported.clone().unwrap_or_default();
    let mut base = now.clone();
    let mut wanted = Wanted { source_tags: source_tags.to_vec(), ..Wanted::default() };
    let mut kept = Vec::new();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();

    if now.host != before.host {
        if profile.host == before.host {
            wanted.host = Some(now.host.clone());
        } else {
            kept.push("host");
            base.host.clone_from(&before.host);
        }
    }
    if now.port != before.port {
        if profile.port == before.port.unwrap_or(22) {
            wanted.port = Some(now.port.map(|port| port.to_string()).unwrap_or_default());
        } else {
            kept.push("port");
            base.port = before.port;
        }
    }
    if now.user.is_none() {
        // A source that names no user does not decide the login name.
        base.user.clone_from(&before.user);
    } else if now.user != before.user {
        if before.user.as_ref().is_none_or(|user| *user == profile.user) {
            wanted.user = Some(text(&now.user));
        } else {
            kept.push("user");
            base.user.clone_from(&before.user);
        }
    }
    if now.jump != before.jump {
        if profile.jump == before.jump {
            wanted.jump = Some(text(&now.jump));
        } else {
            kept.push("jump");
            base.jump.clone_from(&before.jump);
        }
    }
    match (&before.host_key_alias, &now.host_key_alias) {
        (Some(old), Some(new)) if old != new => {
            if host_key_alias().is_some_and(|alias| alias == *old) {
                wanted.options.push(format!("HostKeyAlias={new}"));
            } else {
                base.host_key_alias = Some(old.clone());
            }
        }
        _ => base.host_key_alias.clone_from(&before.host_key_alias),
    }
    let renamed = now.name.clone().filter(|_| before.name.is_some() && now.name != before.name);
    let is_nothing = base == before
        && *source_tags == *profile.metadata.source_tags
        && profile.metadata.stale.is_none();
    wanted.imported = base;
    Update { wanted, kept, renamed, is_nothing }
}
