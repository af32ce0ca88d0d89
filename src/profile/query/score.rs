//! PURE: how well letters match a text that holds them in their order with others between them.
//!
//! The score is that of the best alignment of the two with an affine penalty for gaps (Gotoh, 1982),
//! with the weights of skim's matcher, so that lists and picker rank alike.

const MATCH: i32 = 16;
const GAP_START: i32 = -3;
const GAP: i32 = -1;
const OTHER_CASE: i32 = -2;
const CONSECUTIVE: i32 = -(GAP_START + GAP);
/// A letter that begins a part of a text: after a blank or a bracket, after other punctuation, or as
/// a capital after a small letter.
const HEAD: i32 = MATCH / 2;
const BREAK: i32 = MATCH / 2 + GAP;
const CAMEL: i32 = MATCH / 2 + 2 * GAP;
/// What the bonus of the first letter of a text counts.
const FIRST: i32 = 2;
/// Less than any alignment scores.
const NONE: i32 = i32::MIN / 2;

/// The score of some letters in a text; `None` where it does not hold them in this order.
pub(super) fn fuzzy_score(text: &str, letters: &[char], is_case_sensitive: bool) -> Option<i32> {
    let text: Vec<char> = text.chars().collect();
    let equal = |a: char, b: char| is_equal(a, b, is_case_sensitive);
    let mut rest = letters.iter().peekable();
    for letter in &text {
        rest.next_if(|wanted| equal(*letter, **wanted));
    }
    if rest.peek().is_some() || text.is_empty() {
        return None;
    }
    let bonuses = bonuses(&text);
    // The best alignment of the letters so far that ends with this character of the text, and what the
    // run of matches that it ends with adds to each of them; and the best that ends before it.
    let mut row = vec![Cell { matched: NONE, run: 0, skipped: 0 }; text.len() + 1];
    for (index, letter) in letters.iter().enumerate() {
        let mut next = vec![Cell { matched: NONE, run: 0, skipped: NONE }; text.len() + 1];
        for (at, found) in text.iter().enumerate() {
            let (above, left) = (row[at], next[at]);
            let skipped = (left.matched + GAP_START + GAP).max(left.skipped + GAP).max(NONE);
            let mut cell = Cell { matched: NONE, run: 0, skipped };
            if equal(*found, *letter) {
                let other_case = if !is_case_sensitive && found != letter { OTHER_CASE } else { 0 };
                let run = bonuses[at].max(above.run).max(CONSECUTIVE);
                let goes_on = above.matched + run;
                // What is before the first letter is no gap between letters, but one character's worth.
                let before = if index == 0 { GAP } else { above.skipped };
                let begins = before + bonuses[at];
                (cell.matched, cell.run) = if goes_on >= begins {
                    (goes_on + MATCH + other_case, run)
                } else {
                    (begins + MATCH + other_case, bonuses[at])
                };
            }
            next[at + 1] = cell;
        }
        row = next;
    }
    row.iter().map(|cell| cell.matched).max()
}

#[derive(Clone, Copy)]
struct Cell {
    matched: i32,
    run: i32,
    skipped: i32,
}

/// What each character of a text adds where it is matched.
fn bonuses(text: &[char]) -> Vec<i32> {
    let before = std::iter::once(None).chain(text.iter().copied().map(Some));
    let bonus = |(letter, before): (&char, Option<char>)| match before {
        None => HEAD * FIRST,
        Some(' ' | '/' | '\\' | '|' | '(' | ')' | '[' | ']' | '{' | '}') => HEAD,
        Some(before) if before.is_ascii_punctuation() => BREAK,
        Some(before) if letter.is_ascii_uppercase() && !before.is_ascii_uppercase() => CAMEL,
        Some(_) => 0,
    };
    text.iter().zip(before).map(bonus).collect()
}

/// Whether a letter of a text is the one that was typed; the wide forms of ASCII are what they are
/// forms of.
fn is_equal(found: char, typed: char, is_case_sensitive: bool) -> bool {
    let (found, typed) = (narrow(found), narrow(typed));
    found == typed
        || !is_case_sensitive
            && if found.is_ascii() && typed.is_ascii() {
                found.eq_ignore_ascii_case(&typed)
            } else {
                found.to_lowercase().eq(typed.to_lowercase())
            }
}

fn narrow(letter: char) -> char {
    match letter {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(text: &str, letters: &str) -> Option<i32> {
        fuzzy_score(text, &letters.chars().collect::<Vec<_>>(), false)
    }

    #[test]
    fn letters_match_in_their_order_alone() {
        assert!(score("web", "wb").is_some() && score("web-1", "w1").is_some());
        for (text, letters) in [("bw", "wb"), ("web", "webb"), ("", "a"), ("\u{e9}", "e")] {
            assert_eq!(score(text, letters), None, "{text} {letters}");
        }
    }

    #[test]
    fn a_match_at_the_start_of_a_word_and_without_gaps_is_the_better_one() {
        for (better, worse) in [
            ("db", "web-db"),
            ("web-db", "webdb"),
            ("webdb", "webdxb"),
            ("old-prod", "opxrxoxd"),
            ("webDb", "webdb"),
            ("x d-b", "x dxb"),
        ] {
            let letters = if better.ends_with("prod") { "prod" } else { "db" };
            assert!(score(better, letters) > score(worse, letters), "{better} {worse}");
        }
        assert!(fuzzy_score("DB", &['D', 'B'], true) > score("DB", "db"));
    }
}
