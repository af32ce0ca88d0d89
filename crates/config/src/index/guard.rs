//! PURE: a quick look whether a host can be what a `Host` line is about, before its patterns are
//! compared: thousands of wildcards are tried for each of thousands of hosts.

use crate::words::{OpenQuote, Word};

/// How many bytes of either end of a name are compared.
const COMPARED: usize = 8;

/// The ends of a name, as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    first: u64,
    last: u64,
}

/// The ends that a name must have; of a part that may be anything, the bits are not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Guard {
    ends: Ends,
    looked_at: Ends,
}

/// Up to eight bytes as a number, missing ones as zero.
fn number(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.take(COMPARED).zip(0..).fold(0, |number, (byte, at)| number | u64::from(byte) << (8 * at))
}

impl Ends {
    pub(super) fn of(name: &[u8]) -> Self {
        Ends { first: number(name.iter().copied()), last: number(name.iter().rev().copied()) }
    }
}

impl Guard {
    /// What all hosts of a `Host` line have in common: of one pattern what stands before its first
    /// wildcard and behind its last. Negated patterns only take away.
    pub(super) fn of<'a>(words: impl Iterator<Item = Result<Word<'a>, OpenQuote>>) -> Self {
        let words = words.map_while(Result::ok).map(|word| word.value);
        let mut positive = words.filter(|word| !word.starts_with(b"!"));
        let (Some(pattern), None) = (positive.next(), positive.next()) else {
            return Guard::default();
        };
        let fixed = |byte: &u8| !b"*?".contains(byte);
        let first = || pattern.iter().copied().take_while(fixed);
        let last = || pattern.iter().rev().copied().take_while(fixed);
        let all = |end: usize| number(std::iter::repeat_n(u8::MAX, end));
        Guard {
            ends: Ends { first: number(first()), last: number(last()) },
            looked_at: Ends { first: all(first().count()), last: all(last().count()) },
        }
    }

    /// Whether a name has these ends. The patterns can still refuse it.
    pub(super) fn admits(self, name: Ends) -> bool {
        (self.ends.first ^ name.first) & self.looked_at.first == 0
            && (self.ends.last ^ name.last) & self.looked_at.last == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pattern, words};

    #[test]
    fn a_guard_admits_whatever_its_line_matches() {
        let hosts =
            ["", "w", "web", "web-1", "web-1.example.com", "db.example.com", "a-long-name", "*"];
        let lines = [
            "*",
            "web",
            "web*",
            "web-?",
            "*.example.com",
            "web-*.example.com",
            "?eb",
            "a-long-name",
            "a-long-n*e",
            "w*b",
            "* !web",
            "!db.example.com *.com",
            "web db*",
            "!web",
            "",
        ];
        for line in lines {
            let guard = Guard::of(words::split(line.as_bytes()));
            for host in hosts {
                let patterns = words::split(line.as_bytes()).map_while(Result::ok);
                let patterns: Vec<_> = patterns.map(|word| word.value).collect();
                let applies =
                    pattern::host_line_applies(host.as_bytes(), patterns.iter().map(|p| &**p));
                let admits = guard.admits(Ends::of(host.as_bytes()));
                assert!(admits || !applies, "{line}: {host}");
            }
        }
        let refuses =
            |line: &[u8], host: &[u8]| !Guard::of(words::split(line)).admits(Ends::of(host));
        assert!(
            refuses(b"web-*", b"db") && refuses(b"*.com", b"web.org") && refuses(b"web", b"webs")
        );
    }
}
