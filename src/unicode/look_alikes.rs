//! PURE: names that look alike and differ: composed and decomposed letters, letters of several
//! alphabets.
//!
//! Two names look alike where their skeletons are the same (UTS 39, section 4; the table is that of the
//! `unicode-security` crate). What differs in them is shown by number then, and nowhere else: `größe`
//! stays `größe` in a list without `gro\u{308}ße`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use unicode_security::confusable_detection::skeleton;

/// The names of a list that look like another one of it, and how each is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookAlikes(HashMap<String, String>);

impl LookAlikes {
    /// Those among these names, as they are shown otherwise. A name of ASCII is always shown as it
    /// is: there is only one with its bytes.
    pub fn among<'a>(names: impl Iterator<Item = Cow<'a, str>> + Clone) -> Self {
        let mut groups: HashMap<String, HashSet<String>> = HashMap::new();
        for name in names.clone().filter(|name| !name.is_ascii()) {
            groups.entry(skeleton(&name).collect()).or_default().insert(name.into_owned());
        }
        // Only then can a name of ASCII look like another.
        if groups.keys().any(|skeleton| skeleton.is_ascii()) {
            for name in names.filter(|name| name.is_ascii()) {
                if let Some(group) = groups.get_mut(&skeleton(&name).collect::<String>()) {
                    group.insert(name.into_owned());
                }
            }
        }
        let groups = groups.into_values().filter(|group| group.len() > 1);
        LookAlikes(groups.flat_map(|group| told_apart(&group)).collect())
    }

    /// How a name is shown beside the others.
    pub fn tell<'a>(&self, name: Cow<'a, str>) -> Cow<'a, str> {
        if self.0.is_empty() || name.is_ascii() {
            return name;
        }
        self.0.get(&*name).map_or(name, |shown| Cow::Owned(shown.clone()))
    }
}

/// Names with the characters that are not the same in all of them as `\u{430}`.
fn told_apart(group: &HashSet<String>) -> Vec<(String, String)> {
    let names: Vec<Vec<char>> = group.iter().map(|name| name.chars().collect()).collect();
    let shortest = names.iter().map(Vec::len).min().unwrap_or_default();
    let same = |at: fn(&[char], usize) -> char, n: usize| {
        let first = names.first().map(|name| at(name, n));
        names.iter().all(|name| Some(at(name, n)) == first)
    };
    let start = (0..shortest).take_while(|n| same(|name, n| name[n], *n)).count();
    let from_end = |name: &[char], n: usize| name[name.len() - 1 - n];
    let end = (0..shortest - start).take_while(|n| same(from_end, *n)).count();
    let shown = |name: &[char]| {
        let middle = start..name.len() - end;
        let mut out = String::new();
        for (at, c) in name.iter().enumerate() {
            if c.is_ascii() || !middle.contains(&at) {
                out.push(*c);
            } else {
                // Writing to a text does not fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(*c));
            }
        }
        out
    };
    let names = names.iter().filter(|name| !name.iter().all(char::is_ascii));
    names.map(|name| (name.iter().collect(), shown(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str]) -> Vec<String> {
        let alikes = LookAlikes::among(names.iter().map(|name| Cow::Borrowed(*name)));
        names.iter().map(|name| alikes.tell(Cow::Borrowed(name)).into_owned()).collect()
    }

    #[test]
    fn names_that_look_alike_show_what_differs() {
        for (names, wanted) in [
            (&["web", "w\u{435}b"][..], &["web", "w\\u{435}b"][..]),
            (&["caf\u{e9}-1", "cafe\u{301}-1"], &["caf\\u{e9}-1", "cafe\\u{301}-1"]),
            (&["größe-a", "größe-\u{430}"], &["größe-a", "größe-\\u{430}"]),
            (&["\u{3bf}x", "\u{43e}x", "ox"], &["\\u{3bf}x", "\\u{43e}x", "ox"]),
            (
                &["\u{421}\u{421}\u{421}\u{420}", "CCCP"],
                &["\\u{421}\\u{421}\\u{421}\\u{420}", "CCCP"],
            ),
            (
                &["日本", "日本-2", "größe", "москва", "web"],
                &["日本", "日本-2", "größe", "москва", "web"],
            ),
            // Of two names of ASCII each is the only one with its bytes.
            (&["web-1", "web-l"], &["web-1", "web-l"]),
            (&["w\u{435}b", "w\u{435}b"], &["w\u{435}b", "w\u{435}b"]),
        ] {
            assert_eq!(shown(names), wanted);
        }
    }
}
