//! PURE: which profile a few typed letters mean, decided before any picker opens.
//!
//! The order is fixed: the exact alias, the only alias that begins so, the only profile that holds
//! the words. How well a row fits is not decided here but by the caller's `matches`, the picker's
//! own engine, so that `sshp list QUERY`, the picker and this agree.

use super::Profile;
use super::query::Filter;

/// What a query means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// This profile and no other.
    One(usize),
    /// These, best first; somebody has to choose.
    Several(Vec<usize>),
    /// None.
    Nothing,
}

/// Decides what `query` means; `matches` gives the fitting profiles, best first.
///
/// One profile whose letters only lie scattered (`dev` in `database-server`) is not taken unasked:
/// it comes back as [`Found::Several`] of one, since a wrong server is worse than one more Enter.
pub fn find(query: &str, profiles: &[&Profile], matches: impl FnOnce(&str) -> Vec<usize>) -> Found {
    let query = query.trim();
    if query.is_empty() {
        return several((0..profiles.len()).collect());
    }
    if let Some(exact) = profiles.iter().position(|p| p.alias.as_str() == query) {
        return Found::One(exact);
    }
    let mut beginning =
        (0..profiles.len()).filter(|&at| begins(profiles[at].alias.as_str(), query));
    if let (Some(only), None) = (beginning.next(), beginning.next()) {
        return Found::One(only);
    }
    match matches(query)[..] {
        [only] if holds(profiles[only], query) => Found::One(only),
        ref any => several(any.to_vec()),
    }
}

fn several(fitting: Vec<usize>) -> Found {
    if fitting.is_empty() { Found::Nothing } else { Found::Several(fitting) }
}

/// Whether a name begins with a query; a query without capitals is met by either case.
pub fn begins(name: &str, query: &str) -> bool {
    match name.get(..query.len()) {
        Some(start) if query.chars().any(char::is_uppercase) => start == query,
        Some(start) => start.eq_ignore_ascii_case(query),
        None => false,
    }
}

/// Whether every word of the query is a filter or stands as it is in the alias, the target or a tag.
fn holds(profile: &Profile, query: &str) -> bool {
    let target = profile.target();
    query.split_whitespace().all(|word| {
        if let Some(filter) = Filter::parse(word) {
            return filter.fits(profile);
        }
        let word = word.to_lowercase();
        [profile.alias.as_str(), &target]
            .into_iter()
            .chain(profile.metadata.tags.iter().map(String::as_str))
            .any(|text| text.to_lowercase().contains(&word))
    })
}

/// The names that a mistyped one may stand for, nearest first, three at most.
///
/// Near is one typing slip (a letter missing, extra, wrong, or two swapped) per three letters.
pub fn suggest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const SHOWN: usize = 3;
    let wrong: Vec<char> = wrong.to_lowercase().chars().collect();
    let slips = wrong.len().div_ceil(3).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            // A letter is at most four bytes: what is far longer cannot be near.
            if name.len() > (wrong.len() + slips) * 4 {
                return None;
            }
            let letters: Vec<char> = name.to_lowercase().chars().collect();
            if letters.len().abs_diff(wrong.len()) > slips {
                return None;
            }
            let distance = distance(&wrong, &letters);
            (distance <= slips).then_some((distance, name))
        })
        .collect();
    near.sort_by_key(|&(distance, _)| distance);
    near.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

/// How many slips lie between two words (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::profile::tests::profile;

    /// Finds among aliases; the engine of these tests knows plain containment only.
    fn found(query: &str, aliases: &[&str]) -> Found {
        let profiles: Vec<Profile> = aliases.iter().map(|alias| profile(alias)).collect();
        find(query, &profiles.iter().collect::<Vec<_>>(), |query| {
            (0..aliases.len())
                .filter(|&at| profiles[at].target().contains(query) || aliases[at].contains(query))
                .collect()
        })
    }

    #[test]
    fn the_exact_alias_wins_over_longer_ones() {
        assert_eq!(found("web", &["web-2", "web", "webb"]), Found::One(1));
    }

    #[test]
    fn then_the_only_one_that_begins_so() {
        assert_eq!(found("db", &["old-db", "web", "db-main"]), Found::One(2));
        assert_eq!(found("DB", &["web", "db-main"]), Found::Nothing);
        assert_eq!(found("db", &["web", "DB-main"]), Found::One(1));
    }

    #[test]
    fn then_the_only_one_that_holds_it() {
        assert_eq!(found("main", &["old-db", "web", "db-main"]), Found::One(2));
        assert_eq!(found("b-m", &["old-db", "web", "db-main"]), Found::One(2));
    }

    #[test]
    fn several_or_none_are_not_decided() {
        assert_eq!(found("web", &["web-1", "db", "web-2"]), Found::Several(vec![0, 2]));
        assert_eq!(found("", &["a", "b"]), Found::Several(vec![0, 1]));
        assert_eq!(found(" ", &["a"]), Found::Several(vec![0]));
        assert_eq!(found("x", &["a", "b"]), Found::Nothing);
        assert_eq!(found("", &[]), Found::Nothing);
    }

    #[test]
    fn one_that_only_has_the_letters_somewhere_is_asked_about() {
        let profiles = [profile("database-server")];
        assert_eq!(find("dev", &[&profiles[0]], |_| vec![0]), Found::Several(vec![0]));
    }

    #[test]
    fn tags_and_targets_count() {
        let mut tagged = profile("a");
        Arc::make_mut(&mut tagged.metadata).tags.push("prod".to_owned());
        let other = profile("b");
        let profiles = [&other, &tagged];
        assert_eq!(find("#prod", &profiles, |_| vec![1]), Found::One(1));
        assert_eq!(find("me@A", &profiles, |_| vec![1]), Found::One(1));
    }

    #[test]
    fn slips_of_the_finger_are_understood() {
        let names = ["web-server", "db", "mail", "web-server-2"];
        assert_eq!(suggest("web-sevrer", names), ["web-server", "web-server-2"]);
        assert_eq!(suggest("mial", names), ["mail"]);
        assert_eq!(suggest("bd", names), ["db"]);
        assert!(suggest("kitchen", names).is_empty());
        assert!(suggest("", ["long-name"]).is_empty());
    }
}
