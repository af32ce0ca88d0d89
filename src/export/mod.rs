//! PURE: profiles in the formats of other programs, a file for each format.

pub mod ansible;
pub mod clush;
pub mod csv;
pub mod json;
pub mod putty;
mod way;

use std::collections::BTreeMap;

use crate::profile::{Metadata, Profile};

/// What is written, and what of the profiles is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// The text of the file.
    pub text: Vec<u8>,
    /// What is left out, in the order of the profiles.
    pub left_out: Vec<LeftOut>,
}

/// Something of a profile that the other program has no place for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The profile.
    pub alias: String,
    /// What is not in the file, and why.
    pub why: String,
}

impl LeftOut {
    fn new(profile: &Profile, why: impl Into<String>) -> Self {
        LeftOut { alias: profile.alias.as_str().to_owned(), why: why.into() }
    }
}

/// The tags to take along, comma between them: that a source no longer has a profile is none.
fn tags(profile: &Profile) -> Vec<&str> {
    profile.metadata.all_tags().filter(|tag| *tag != Metadata::STALE).collect()
}

/// The profiles of each tag, in the order of the profiles.
fn by_tag(profiles: &[Profile]) -> BTreeMap<&str, Vec<&Profile>> {
    let mut groups: BTreeMap<&str, Vec<&Profile>> = BTreeMap::new();
    for profile in profiles {
        for tag in profile.metadata.all_tags() {
            groups.entry(tag).or_default().push(profile);
        }
    }
    groups
}
