//! PURE: servers that profiles go to already.

use std::collections::HashMap;

use sshp_import::{Listing, Skipped};

use crate::profile::Profile;

/// Marks the servers of known_hosts that a profile goes to: they are nothing new. A profile of an earlier
/// import is told by its source.
pub fn skip_known(listing: &mut Listing, profiles: &[Profile], source: &str) {
    if !listing.is_of_known_hosts {
        return;
    }
    let mut known: HashMap<(String, u16), &Profile> = HashMap::new();
    for profile in profiles {
        for name in [profile.host.as_str(), profile.alias.as_str()] {
            known.entry((name.to_lowercase(), profile.port)).or_insert(profile);
        }
    }
    for entry in &mut listing.entries {
        let Ok(session) = &entry.content else { continue };
        let server = (session.host.to_lowercase(), session.port.unwrap_or(22));
        let Some(profile) = known.get(&server) else { continue };
        let is_of_it = profile.metadata.source == Some(format!("{source}:{}", entry.id));
        if !is_of_it {
            entry.content = Err(Skipped::HasProfile(profile.alias.as_str().to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;
    use sshp_import::{Encodings, Format, InputFile};

    #[test]
    fn a_host_that_a_profile_goes_to_is_nothing_new() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGlmU8fiDSGqrpvVTxhxTbXTwNEIvkUl8FbDlTj0zqmH";
        let text = format!("WEB {key}\n[web]:2222 {key}\n192.0.2.9 {key}\nnew {key}\n");
        let files = [InputFile::new("known_hosts", text)];
        let encodings = Encodings::new(None, "C").expect("no name");
        let mut listing = Format::KnownHosts.read(&files, &encodings).expect("lines");
        let there = Profile { host: "192.0.2.9".to_owned(), ..profile("web") };
        skip_known(&mut listing, &[there], "known-hosts");
        let known = Err(Skipped::HasProfile("web".to_owned()));
        let content: Vec<_> = listing.entries.iter().map(|entry| entry.content.clone()).collect();
        assert_eq!((&content[0], &content[2]), (&known, &known));
        assert!(content[1].is_ok() && content[3].is_ok());
    }
}
