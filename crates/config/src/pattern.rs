//! PURE: `*` and `?` patterns and comma lists of them (match.c), in time that cannot explode.

/// The longest part of a list that ssh compares, less one; a longer one fails the whole list.
const LONGEST_PART: usize = 1023;

/// Whether all of `text` is matched by a pattern of `*` and `?` (match.c: match_pattern).
///
/// Keeps only the last `*` to go back to: at most text × pattern steps, where trying every
/// way to share the text between the stars would never end.
#[must_use]
pub fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut t, mut p) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                t += 1;
                p += 1;
            }
            _ => {
                let Some((star_p, star_t)) = star else { return false };
                star = Some((star_p, star_t + 1));
                t = star_t + 1;
                p = star_p + 1;
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// What a list of patterns says about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A pattern without `!` matches.
    Yes,
    /// A pattern with `!` matches, which outdoes all others.
    Never,
    /// Nothing matches.
    No,
}

/// Compares with a comma list (match.c: match_pattern_list); `lower` lowers the list, not the text.
#[must_use]
pub(crate) fn matches_list(text: &[u8], list: &[u8], lower: bool) -> Verdict {
    let mut verdict = Verdict::No;
    let mut rest = list;
    while !rest.is_empty() {
        let negated = rest[0] == b'!';
        if negated {
            rest = &rest[1..];
        }
        let comma = memchr::memchr(b',', rest);
        let part = &rest[..comma.unwrap_or(rest.len())];
        if part.len() >= LONGEST_PART {
            return Verdict::No;
        }
        rest = comma.map_or(&[], |comma| &rest[comma + 1..]);
        let hit = if lower && part.iter().any(u8::is_ascii_uppercase) {
            matches(text, &part.to_ascii_lowercase())
        } else {
            matches(text, part)
        };
        match (hit, negated) {
            (true, true) => return Verdict::Never,
            (true, false) => verdict = Verdict::Yes,
            (false, _) => {}
        }
    }
    verdict
}

/// Compares a host name in any case with a comma list in any case (match.c: match_hostname).
#[must_use]
pub(crate) fn matches_hostname(host: &[u8], list: &[u8]) -> bool {
    matches_list(&host.to_ascii_lowercase(), list, true) == Verdict::Yes
}

/// Whether a `Host` line with these patterns applies: one matches and no negated one does.
/// Comma is an ordinary character here, and case counts (readconf.c: oHost).
pub fn host_line_applies<'a>(host: &[u8], patterns: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut applies = false;
    for pattern in patterns {
        match pattern.strip_prefix(b"!") {
            Some(negated) if matches(host, negated) => return false,
            Some(_) => {}
            None => applies = applies || matches(host, pattern),
        }
    }
    applies
}

/// Whether a word of a `Host` line names one host: no wildcard, not negated, not empty.
#[must_use]
pub fn is_literal(word: &[u8]) -> bool {
    !word.is_empty() && word[0] != b'!' && memchr::memchr2(b'*', b'?', word).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        let cases: [(&str, &str, bool); 12] = [
            ("web", "web", true),
            ("web", "we?", true),
            ("web", "w*b", true),
            ("web", "*", true),
            ("", "*", true),
            ("", "?", false),
            ("web", "w", false),
            ("web", "*e", false),
            ("abcabc", "*abc", true),
            ("a.b.c", "*.?.c", true),
            ("WEB", "web", false),
            ("ab", "a**b", true),
        ];
        for (text, pattern, expected) in cases {
            assert_eq!(matches(text.as_bytes(), pattern.as_bytes()), expected, "{text} {pattern}");
        }
    }

    #[test]
    fn many_stars_cost_no_more_than_text_times_pattern() {
        let text = vec![b'a'; 20_000];
        let pattern = [b"*a".repeat(64), b"b".to_vec()].concat();
        let start = std::time::Instant::now();
        assert!(!matches(&text, &pattern));
        assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    }

    #[test]
    fn a_negated_part_outdoes_all_others() {
        let list = |text: &str, list: &str| matches_list(text.as_bytes(), list.as_bytes(), false);
        assert_eq!(list("a", "a,b"), Verdict::Yes);
        assert_eq!(list("a", "*,!a"), Verdict::Never);
        assert_eq!(list("a", "!b"), Verdict::No);
        assert_eq!(list("a", "a,"), Verdict::Yes);
        assert_eq!(list("", "a,"), Verdict::No);
        let long = "x".repeat(LONGEST_PART);
        assert_eq!(list("a", &format!("a,{long}")), Verdict::No);
    }

    #[test]
    fn a_host_line_needs_a_match_and_no_negated_one() {
        let applies = |host: &str, line: &str| {
            host_line_applies(host.as_bytes(), line.split(' ').map(str::as_bytes))
        };
        assert!(applies("a", "b a"));
        assert!(!applies("a", "a !a"));
        assert!(!applies("a", "!a *"));
        assert!(!applies("a", "!b"));
        assert!(!applies("a", "a,b"));
        assert!(applies("a,b", "a,b"));
    }
}
