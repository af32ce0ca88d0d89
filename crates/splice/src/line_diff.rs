//! Which lines differ between two texts, and the unified diff of them.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

use crate::splice::whole_lines;

/// How many equal lines are shown around those that differ.
const CONTEXT: usize = 3;

/// Lines that differ: those of one text stand where those of the other do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Which lines of the old text, counted from 0; empty where lines are only added.
    pub before: Range<usize>,
    /// Which lines of the new text, counted from 0; empty where lines are only removed.
    pub after: Range<usize>,
}

/// The lines that differ, in order; between two hunks the lines are equal.
pub fn hunks(before: &[&[u8]], after: &[&[u8]]) -> Vec<Hunk> {
    let mut input = InternedInput::default();
    input.update_before(before.iter().copied());
    input.update_after(after.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| Hunk { before: range(hunk.before), after: range(hunk.after) }).collect()
}

/// A unified diff of two texts, each with its name; bytes that are not UTF-8 are shown with U+FFFD.
/// Texts that are the same give an empty one.
pub fn unified_diff(before: (&str, &[u8]), after: (&str, &[u8])) -> String {
    let (old, new) = (whole_lines(before.1), whole_lines(after.1));
    let hunks = hunks(&old, &new);
    let mut diff = String::new();
    if !hunks.is_empty() {
        diff = format!("--- {}\n+++ {}\n", before.0, after.0);
    }
    // Hunks whose context meets are shown as one.
    for near in hunks.chunk_by(|one, next| next.before.start - one.before.end <= 2 * CONTEXT) {
        let (first, last) = (&near[0], &near[near.len() - 1]);
        let above = first.before.start.min(CONTEXT);
        let below = (old.len() - last.before.end).min(CONTEXT);
        let shown = |first: usize, last: usize| range(first - above..last + below);
        let (from, to) =
            (shown(first.before.start, last.before.end), shown(first.after.start, last.after.end));
        diff += &format!("@@ -{from} +{to} @@\n");
        let mut at = first.before.start - above;
        for Hunk { before, after } in near {
            print(&mut diff, ' ', &old[at..before.start]);
            print(&mut diff, '-', &old[before.clone()]);
            print(&mut diff, '+', &new[after.clone()]);
            at = before.end;
        }
        print(&mut diff, ' ', &old[at..at + below]);
    }
    diff
}

/// Which lines a part of a diff shows, as `diff -u` writes it: no lines stand behind the one before
/// them.
fn range(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn print(diff: &mut String, sign: char, lines: &[&[u8]]) {
    for line in lines {
        diff.push(sign);
        diff.push_str(&String::from_utf8_lossy(line));
        if !line.ends_with(b"\n") {
            diff.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unified_diff_is_that_of_diff() {
        let diff =
            |old: &str, new: &str| unified_diff(("a", old.as_bytes()), ("b", new.as_bytes()));
        let head = "--- a\n+++ b\n";
        assert_eq!(diff("", "x\ny\n"), format!("{head}@@ -0,0 +1,2 @@\n+x\n+y\n"));
        assert_eq!(diff("x\n", ""), format!("{head}@@ -1 +0,0 @@\n-x\n"));
        assert_eq!(diff("x\n", "x\n"), "");
        let ends = format!(
            "{head}@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n"
        );
        assert_eq!(diff("x\ny", "x\nz"), ends);
        let (old, new) = ("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n4a\n5\n6\n7\n8\n9\n");
        let context = "@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+4a\n 5\n 6\n 7\n";
        assert_eq!(diff(old, new), format!("{head}{context}"));
        assert_eq!(
            unified_diff(("a", b"\xff\n"), ("b", b"")),
            format!("{head}@@ -1 +0,0 @@\n-\u{fffd}\n")
        );
    }

    #[test]
    fn hunks_lead_from_one_text_to_the_other() {
        let texts = ["", "a\n", "a\nb\na\n", "b\na\nc", "c\nc\na\nb\nb\n", "a\nb\nc\nd\ne\n"];
        for (old, new) in texts.iter().flat_map(|old| texts.iter().map(move |new| (old, new))) {
            let (old, new) = (whole_lines(old.as_bytes()), whole_lines(new.as_bytes()));
            let (mut made, mut at) = (Vec::new(), 0);
            for Hunk { before, after } in hunks(&old, &new) {
                made.extend_from_slice(&old[at..before.start]);
                made.extend_from_slice(&new[after]);
                at = before.end;
            }
            made.extend_from_slice(&old[at..]);
            assert_eq!(made, new, "{old:?}");
        }
    }
}
