//! PURE: which profiles are used most and most recently.
//!
//! Every use counts one, and every count halves in a week, so that one number holds how often and
//! how lately. The clock is an argument.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use super::Profile;

/// The seconds in which a use comes to count half.
const HALF_LIFE: f64 = 7.0 * 24.0 * 3600.0;

/// How many profiles are remembered; the least used go first.
pub const KEPT: usize = 2000;

/// The uses of one profile.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Use {
    /// What its uses counted at `last`.
    score: f64,
    /// When it was last used, in seconds since the epoch.
    last: u64,
}

impl Use {
    /// What the uses count now. A clock that went back takes nothing away.
    fn score_at(self, now: u64) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "ages in seconds are far below 2^52")]
        let age = now.saturating_sub(self.last) as f64;
        self.score * (-age / HALF_LIFE).exp2()
    }
}

/// What is known about use, by alias.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    uses: HashMap<String, Use>,
}

impl Usage {
    /// Reads `SCORE LAST ALIAS` lines; a line that is not so is left out.
    pub fn parse(text: &str) -> Self {
        let uses = text.lines().filter_map(|line| {
            let mut words = line.splitn(3, ' ');
            let score: f64 = words.next()?.parse().ok()?;
            let last = words.next()?.parse().ok()?;
            let alias = words.next().filter(|alias| !alias.is_empty())?;
            (score.is_finite() && score > 0.0).then(|| (alias.to_owned(), Use { score, last }))
        });
        Usage { uses: uses.collect() }
    }

    /// Writes what [`Usage::parse`] reads, most used first, [`KEPT`] lines at most.
    pub fn render(&self, now: u64) -> String {
        let mut uses: Vec<(&String, &Use)> = self.uses.iter().collect();
        uses.sort_by(|a, b| b.1.score_at(now).total_cmp(&a.1.score_at(now)).then(a.0.cmp(b.0)));
        uses.truncate(KEPT);
        uses.into_iter().fold(String::new(), |mut out, (alias, Use { score, last })| {
            let _ = writeln!(out, "{score:.4} {last} {alias}");
            out
        })
    }

    /// Counts a use. A name that cannot stand on a line is not remembered.
    pub fn note(&mut self, alias: &str, now: u64) {
        if alias.is_empty() || alias.contains(['\n', '\r']) {
            return;
        }
        let before = self.uses.get(alias).map_or(0.0, |known| known.score_at(now));
        self.uses.insert(alias.to_owned(), Use { score: before + 1.0, last: now });
    }

    /// Carries the uses of a profile over to its new name.
    pub fn rename(&mut self, old: &str, new: &str) {
        if let Some(known) = self.uses.remove(old) {
            self.uses.insert(new.to_owned(), known);
        }
    }

    /// When a profile was last used, in seconds since the epoch.
    pub fn last(&self, alias: &str) -> Option<u64> {
        self.uses.get(alias).map(|known| known.last)
    }

    /// Puts the most and most recently used first; the others keep their order.
    pub fn sort(&self, profiles: &mut [Profile], now: u64) {
        if self.uses.is_empty() {
            return;
        }
        profiles.sort_by_cached_key(|profile| {
            let score = self.uses.get(profile.alias.as_str()).map_or(0.0, |u| u.score_at(now));
            // Scores are positive, so their bits are in the same order as they are.
            std::cmp::Reverse(score.to_bits())
        });
    }
}

/// Which names come first in a picker, by their places: the favourites, then what is used, both with
/// the most and most recently used first. All others keep their order behind them.
pub fn first<'a>(
    names: impl Iterator<Item = Cow<'a, str>>,
    favorites: &BTreeSet<&str>,
    usage: &Usage,
    now: u64,
) -> Vec<usize> {
    if favorites.is_empty() && usage.uses.is_empty() {
        return Vec::new();
    }
    let mut first: Vec<(bool, f64, usize)> = names
        .enumerate()
        .filter_map(|(at, name)| {
            let score = usage.uses.get(&*name).map_or(0.0, |known| known.score_at(now));
            let favorite = favorites.contains(&*name);
            (favorite || score > 0.0).then_some((!favorite, -score, at))
        })
        .collect();
    first.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    first.into_iter().map(|(_, _, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    const DAY: u64 = 24 * 3600;

    fn order(usage: &Usage, now: u64) -> Vec<String> {
        let mut profiles = ["a", "b", "c", "d"].map(profile);
        usage.sort(&mut profiles, now);
        profiles.iter().map(|p| p.alias.to_string()).collect()
    }

    #[test]
    fn often_wins_and_so_does_lately() {
        let mut usage = Usage::default();
        for _ in 0..3 {
            usage.note("c", 0);
        }
        usage.note("b", DAY);
        assert_eq!(order(&usage, DAY), ["c", "b", "a", "d"]);
        usage.note("d", 30 * DAY);
        assert_eq!(order(&usage, 30 * DAY), ["d", "c", "b", "a"]);
        assert_eq!(usage.last("d"), Some(30 * DAY));
    }

    #[test]
    fn a_favourite_comes_before_all_use() {
        let mut usage = Usage::default();
        usage.note("b", DAY);
        usage.note("d", DAY);
        let names = || ["a", "b", "c", "d", "e"].into_iter().map(Cow::Borrowed);
        assert_eq!(first(names(), &BTreeSet::from(["a", "d"]), &usage, DAY), [3, 0, 1]);
        assert_eq!(first(names(), &BTreeSet::new(), &Usage::default(), DAY), [0usize; 0]);
    }

    #[test]
    fn without_uses_the_order_of_the_config_stays() {
        assert_eq!(order(&Usage::default(), DAY), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_clock_that_went_back_does_no_harm() {
        let mut usage = Usage::default();
        usage.note("b", 10 * DAY);
        usage.note("b", DAY);
        assert_eq!(order(&usage, 0)[0], "b");
    }

    #[test]
    fn a_week_halves_a_use() {
        let mut usage = Usage::default();
        usage.note("a", 0);
        usage.note("a", 7 * DAY);
        assert_eq!(usage.render(7 * DAY), "1.5000 604800 a\n");
    }

    #[test]
    fn what_is_written_is_read_and_broken_lines_are_left_out() {
        let text = "2.0000 5 a b\nnonsense\n1 x y\nNaN 1 c\n-1 1 d\n1.0000 7 e\n3 4 \n";
        let usage = Usage::parse(text);
        assert_eq!(usage.render(7), "2.0000 5 a b\n1.0000 7 e\n");
        assert_eq!(Usage::parse(&usage.render(7)), usage);
    }

    #[test]
    fn a_name_with_a_line_feed_is_not_remembered() {
        let mut usage = Usage::default();
        usage.note("a\n9.0 1 b", 1);
        usage.note("", 1);
        assert_eq!(usage, Usage::default());
    }

    #[test]
    fn a_new_name_keeps_the_uses() {
        let mut usage = Usage::default();
        usage.note("a", 1);
        usage.rename("a", "b");
        assert_eq!((usage.last("a"), usage.last("b")), (None, Some(1)));
    }

    #[test]
    fn the_file_is_bounded() {
        let mut usage = Usage::default();
        for at in 0..KEPT as u64 + 50 {
            usage.note(&format!("h{at}"), at * DAY);
        }
        let text = usage.render(3000 * DAY);
        assert_eq!(text.lines().count(), KEPT);
        assert!(text.contains(" h2049\n") && !text.contains(" h0\n"));
    }
}
