//! PURE: which profile a typed word names, decided before any picker opens.
//!
//! A profile is named by its alias, or by the beginning of its alias where no other begins so. All
//! else is a query, and a person chooses: a wrong server is worse than one more Enter. How well a
//! row matches is not decided here but by the caller's `matches`, the picker's own engine, so that
//! `sshp list QUERY`, the picker and this agree.

use super::Profile;

/// What a query means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The profile of exactly this name.
    Exact(usize),
    /// The only profile whose name begins so; to be taken only where a person sees which.
    Prefix(usize),
    /// These, best first; a person has to choose.
    Several(Vec<usize>),
    /// None.
    Nothing,
}

/// Decides what `query` means; `matches` gives the matching profiles, best first.
pub fn find(query: &str, profiles: &[&Profile], matches: impl FnOnce(&str) -> Vec<usize>) -> Found {
    let query = query.trim();
    if query.is_empty() {
        return several((0..profiles.len()).collect());
    }
    if let Some(exact) = profiles.iter().position(|p| p.alias.as_str() == query) {
        return Found::Exact(exact);
    }
    let mut beginning =
        (0..profiles.len()).filter(|&at| begins(profiles[at].alias.as_str(), query));
    if let (Some(only), None) = (beginning.next(), beginning.next()) {
        return Found::Prefix(only);
    }
    several(matches(query))
}

fn several(matching: Vec<usize>) -> Found {
    if matching.is_empty() { Found::Nothing } else { Found::Several(matching) }
}

/// Whether a name begins with a query; a query without capitals is met by either case.
pub fn begins(name: &str, query: &str) -> bool {
    match name.get(..query.len()) {
        Some(start) if query.chars().any(char::is_uppercase) => start == query,
        Some(start) => start.eq_ignore_ascii_case(query),
        None => false,
    }
}

/// The names that a mistyped one may stand for, nearest first, three at most.
///
/// Near is one typing slip (a letter missing, extra, wrong, or two swapped) per three letters.
pub fn suggest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const SHOWN: usize = 3;
    let wrong = wrong.to_lowercase();
    let length = wrong.chars().count();
    let slips = length.div_ceil(3).clamp(1, 4);
    let mut near: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            // A letter is at most four bytes: what is far longer cannot be near.
            if name.len() > (length + slips) * 4 {
                return None;
            }
            let lower = name.to_lowercase();
            if lower.chars().count().abs_diff(length) > slips {
                return None;
            }
            let distance = distance(&wrong, &lower);
            (distance <= slips).then_some((distance, name))
        })
        .collect();
    near.sort_by_key(|&(distance, _)| distance);
    near.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

/// How many typing slips lie between two words: a letter missing, extra, wrong, or two swapped.
pub fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(a, b)
}

/// The sentence that proposes names; `None` where there are none.
#[must_use]
pub fn did_you_mean(names: &[impl AsRef<str>]) -> Option<String> {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    (!quoted.is_empty()).then(|| format!("did you mean {}?", quoted.join(" or ")))
}

#[cfg(test)]
mod tests {
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
        assert_eq!(found("web", &["web-2", "web", "webb"]), Found::Exact(1));
    }

    #[test]
    fn then_the_only_one_that_begins_so() {
        assert_eq!(found("db", &["old-db", "web", "db-main"]), Found::Prefix(2));
        assert_eq!(found("DB", &["web", "db-main"]), Found::Nothing);
        assert_eq!(found("db", &["web", "DB-main"]), Found::Prefix(1));
    }

    #[test]
    fn what_only_holds_the_word_is_never_taken_unasked() {
        assert_eq!(found("main", &["old-db", "web", "db-main"]), Found::Several(vec![2]));
        assert_eq!(found("me@web", &["web"]), Found::Several(vec![0]));
        assert_eq!(found("db main", &["db-main"]), Found::Nothing);
        let database = [profile("database-server")];
        assert_eq!(find("dev", &[&database[0]], |_| vec![0]), Found::Several(vec![0]));
        assert_eq!(find("#prod", &[&database[0]], |_| vec![0]), Found::Several(vec![0]));
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
    fn slips_of_the_finger_are_understood() {
        let names = ["web-server", "db", "mail", "web-server-2"];
        assert_eq!(suggest("web-sevrer", names), ["web-server", "web-server-2"]);
        assert_eq!(suggest("mial", names), ["mail"]);
        assert_eq!(suggest("bd", names), ["db"]);
        assert!(suggest("kitchen", names).is_empty());
        assert!(suggest("", ["long-name"]).is_empty());
    }
}
