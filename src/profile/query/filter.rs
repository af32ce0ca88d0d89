//! PURE: the filters of a query: `#tag`, `user:`, `host:`, `key:`, `via:`, `source:`. `!` in front of a
//! filter negates it.

use crate::profile::{Profile, find};

/// What a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A tag that begins so.
    Tag,
    /// The user that it logs in as.
    User,
    /// The address, or the name of the server.
    Host,
    /// A private key's file.
    Key,
    /// What it is reached through.
    Via,
    /// Where an import found it.
    Source,
}

/// The words that begin a filter, and what each looks at.
pub const FILTERS: [(&str, Field); 6] = [
    ("#", Field::Tag),
    ("user:", Field::User),
    ("host:", Field::Host),
    ("key:", Field::Key),
    ("via:", Field::Via),
    ("source:", Field::Source),
];

/// One filter of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What it looks at.
    pub field: Field,
    /// What must be there; with no capitals in it, either case will do.
    pub value: String,
    /// Whether it must not be there.
    pub not: bool,
}

impl Filter {
    /// Takes a word for a filter; `None` where it is none.
    pub fn parse(word: &str) -> Option<Self> {
        let (not, bare) = match word.strip_prefix('!') {
            Some(bare) => (true, bare),
            None => (false, word),
        };
        FILTERS.iter().find_map(|(begin, field)| {
            let value = bare.strip_prefix(begin)?;
            Some(Filter { field: *field, value: value.to_owned(), not })
        })
    }

    /// Whether a profile is let through. A filter that is not finished lets all through.
    pub fn fits(&self, profile: &Profile) -> bool {
        self.value.is_empty() || self.is_there(profile) != self.not
    }

    fn is_there(&self, profile: &Profile) -> bool {
        match self.field {
            Field::Tag => profile.metadata.all_tags().any(|tag| self.begins(tag)),
            Field::User => self.begins(&profile.user),
            Field::Host => self.holds(&profile.host),
            Field::Key => profile.keys.iter().any(|key| self.holds(key)),
            Field::Via => profile.jump.as_deref().is_some_and(|jump| self.holds(jump)),
            Field::Source => {
                profile.metadata.source.as_deref().is_some_and(|source| self.begins(source))
            }
        }
    }

    fn begins(&self, text: &str) -> bool {
        find::begins(text, &self.value)
    }

    fn holds(&self, text: &str) -> bool {
        if self.value.chars().any(char::is_uppercase) {
            text.contains(&self.value)
        } else {
            text.to_lowercase().contains(&self.value)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::profile::tests::profile;

    fn fits(word: &str) -> bool {
        let mut web = profile("web");
        "deploy".clone_into(&mut web.user);
        "10.0.0.7".clone_into(&mut web.host);
        web.jump = Some("bastion".to_owned());
        web.keys = vec!["~/.ssh/id_Fleet".to_owned()];
        let metadata = Arc::make_mut(&mut web.metadata);
        metadata.tags = vec!["prod".to_owned(), "EU".to_owned()];
        metadata.source = Some("aliyun/prod:i-bp1".to_owned());
        metadata.source_tags = vec!["env:prod".to_owned()];
        metadata.stale = Some("2026-11-30".to_owned());
        Filter::parse(word).expect(word).fits(&web)
    }

    #[test]
    fn each_filter_looks_at_its_field() {
        for word in [
            "#prod",
            "#pr",
            "#eu",
            "user:deploy",
            "user:dep",
            "host:0.0.7",
            "key:fleet",
            "key:Fleet",
            "via:bast",
            "source:aliyun",
            "source:aliyun/prod",
            "source:aliyun/prod:i-bp1",
            "#env:prod",
            "#stale",
            "!source:aws",
            "!#dev",
            "!user:root",
            "!via:other",
            "!host:11.",
        ] {
            assert!(fits(word), "{word}");
        }
        for word in [
            "#rod",
            "#prods",
            "#Eu",
            "user:ploy",
            "host:web",
            "key:FLEET",
            "via:web",
            "source:prod",
            "!#stale",
            "!#prod",
            "!user:deploy",
            "!key:id",
        ] {
            assert!(!fits(word), "{word}");
        }
    }

    #[test]
    fn half_a_filter_hides_nothing_and_other_words_are_none() {
        for word in ["#", "user:", "!host:", "!#"] {
            assert!(fits(word), "{word}");
        }
        for word in ["web", "!web", "users:x", "me@host:22", "'user:x", ""] {
            assert_eq!(Filter::parse(word), None, "{word}");
        }
    }
}
