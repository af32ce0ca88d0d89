//! Profiles as JSON, which `sshp import` reads again.

use serde_json::json;

use super::{Export, tags};
use crate::profile::Profile;

/// The document `sshp.export.v1`.
pub fn document(profiles: &[Profile]) -> Export {
    let profile = |profile: &Profile| {
        json!({
            "name": profile.alias.as_str(),
            "host": profile.host,
            "port": profile.port,
            "user": profile.user,
            "jump": profile.jump,
            "keys": profile.keys,
            "tags": tags(profile),
            "note": profile.metadata.note,
        })
    };
    let profiles: Vec<_> = profiles.iter().map(profile).collect();
    let text = format!("{:#}\n", json!({ "schema": "sshp.export.v1", "profiles": profiles }));
    Export { text: text.into_bytes(), left_out: Vec::new() }
}
