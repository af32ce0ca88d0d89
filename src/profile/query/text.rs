//! PURE: what of a profile a query searches.

use std::borrow::Cow;
use std::ops::Range;

use crate::profile::Profile;

/// What is searched: `alias  user@host:port  #tags  jump  note`, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchText {
    /// All of it.
    pub text: String,
    /// Where alias, destination, tags, jump and note stand in it, in bytes.
    pub parts: [Range<usize>; 5],
}

impl SearchText {
    /// The text of a profile under the name that it is shown with; `shown` makes control characters
    /// visible.
    pub fn new(profile: &Profile, name: &str, shown: fn(&str) -> Cow<'_, str>) -> Self {
        let mut text = name.to_owned();
        let mut parts = [const { 0..0 }; 5];
        parts[0] = 0..text.len();
        let mut push = |at: usize, value: &str| {
            if !value.is_empty() {
                text.push_str("  ");
                let start = text.len();
                text.push_str(&shown(value));
                parts[at] = start..text.len();
            }
        };
        push(1, &profile.target());
        let tags: Vec<_> = profile.metadata.all_tags().map(|tag| format!("#{tag}")).collect();
        push(2, &tags.join(" "));
        push(3, profile.jump.as_deref().unwrap_or_default());
        push(4, profile.metadata.note.as_deref().unwrap_or_default());
        SearchText { text, parts }
    }
}
