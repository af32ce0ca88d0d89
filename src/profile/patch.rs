//! PURE: what is asked of a profile, and how its metadata follow. [`edit`](super::edit) edits its options.

use sshp_config::Keyword;

use super::metadata::Imported;
use super::{Alias, Metadata, Session};

/// What is asked of a profile: options as they are written, and metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePatch {
    /// The options to set, each once, with their values.
    pub set: Vec<(Keyword, Vec<Vec<u8>>)>,
    /// The options to take away.
    pub unset: Vec<Keyword>,
    /// Tags to add.
    pub tags: Vec<String>,
    /// Tags to take away.
    pub untag: Vec<String>,
    /// The note; an empty one takes it away.
    pub note: Option<String>,
    /// The client; `auto` takes the choice away.
    pub session: Option<Session>,
    /// Whether it comes first in the picker.
    pub favorite: Option<bool>,
    /// Whether any host keys will do.
    pub unpin: bool,
    /// Where an import found the profile, and what it says there.
    pub import: Option<FromSource>,
}

/// What is remembered of a profile that an import found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FromSource {
    /// `source:id`
    pub source: String,
    /// The tags that it has there.
    pub source_tags: Vec<String>,
    /// What the source says of it.
    pub imported: Imported,
    /// The day since which the source no longer has it.
    pub stale: Option<String>,
}

/// What is asked of one of many profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPatch {
    /// The profile, or the name of a new one.
    pub alias: Alias,
    /// What is asked of it.
    pub patch: ProfilePatch,
}

impl ProfilePatch {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        *self == ProfilePatch::default()
    }

    /// Whether the config has to change.
    pub fn has_options(&self) -> bool {
        !self.set.is_empty() || !self.unset.is_empty()
    }

    /// An option that is to be set, with its values.
    pub(super) fn option(&self, keyword: Keyword) -> Option<(Keyword, &[Vec<u8>])> {
        let (_, values) = self.set.iter().find(|(set, _)| *set == keyword)?;
        Some((keyword, values))
    }

    /// The option that an edit sets or takes away in its step `at`; no value takes it away.
    pub(super) fn step(&self, at: usize) -> Option<(Keyword, &[Vec<u8>])> {
        match self.set.get(at) {
            Some((keyword, values)) => Some((*keyword, values)),
            None => self.unset.get(at - self.set.len()).map(|keyword| (*keyword, &[][..])),
        }
    }

    /// Brings the metadata of a profile to what is asked.
    pub(super) fn apply(&self, metadata: &mut Metadata) {
        metadata.tags.retain(|tag| !self.untag.contains(tag));
        for tag in &self.tags {
            if !metadata.tags.contains(tag) {
                metadata.tags.push(tag.clone());
            }
        }
        if let Some(note) = &self.note {
            metadata.note = (!note.is_empty()).then(|| note.clone());
        }
        if let Some(session) = self.session {
            metadata.session = (session != Session::Auto).then_some(session);
        }
        if let Some(favorite) = self.favorite {
            metadata.favorite = favorite;
        }
        if self.unpin {
            metadata.host_keys.clear();
        }
        if let Some(FromSource { source, source_tags, imported, stale }) = &self.import {
            metadata.source = Some(source.clone());
            metadata.source_tags.clone_from(source_tags);
            metadata.imported = Some(imported.clone());
            metadata.stale.clone_from(stale);
        }
    }
}
