//! One edit of a text: a range of its bytes and what replaces it.

use std::ops::Range;

use crate::line_diff::{Hunk, hunks};

/// One byte range of a file, and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go; empty where something is only put in.
    pub at: Range<usize>,
    /// The bytes that come.
    pub with: Vec<u8>,
}

impl Splice {
    /// Puts bytes in at an offset.
    pub fn insert(at: usize, with: impl Into<Vec<u8>>) -> Self {
        Splice { at: at..at, with: with.into() }
    }

    /// Puts bytes in the place of others.
    pub fn replace(at: Range<usize>, with: impl Into<Vec<u8>>) -> Self {
        Splice { at, with: with.into() }
    }

    /// Takes bytes out.
    pub fn delete(at: Range<usize>) -> Self {
        Splice { at, with: Vec::new() }
    }

    /// The smallest single splice that makes `new` of `old`, or `None` where they are the same.
    pub fn between(old: &[u8], new: &[u8]) -> Option<Self> {
        let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let (old_rest, new_rest) = (&old[head..], &new[head..]);
        let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b);
        let tail = tail.count();
        let at = head..old.len() - tail;
        let with = new[head..new.len() - tail].to_vec();
        (!at.is_empty() || !with.is_empty()).then_some(Splice { at, with })
    }

    /// The splices that make `new` of `old`, line by line: what stands between two lines that
    /// differ is in none of them.
    pub fn lines_between(old: &[u8], new: &[u8]) -> Vec<Self> {
        let (old_lines, new_lines) = (whole_lines(old), whole_lines(new));
        let (old_at, new_at) = (starts(&old_lines), starts(&new_lines));
        let smallest = |Hunk { before, after }: Hunk| {
            let from = old_at[before.start]..old_at[before.end];
            let to = &new[new_at[after.start]..new_at[after.end]];
            let Splice { at, with } = Splice::between(&old[from.clone()], to)?;
            Some(Splice { at: from.start + at.start..from.start + at.end, with })
        };
        hunks(&old_lines, &new_lines).into_iter().filter_map(smallest).collect()
    }
}

/// Where each of these lines begins, and where the last one ends.
fn starts(lines: &[&[u8]]) -> Vec<usize> {
    let mut starts = vec![0];
    for line in lines {
        starts.push(starts[starts.len() - 1] + line.len());
    }
    starts
}

/// Makes the new text: the splices, in order of their offsets and apart from each other.
///
/// # Panics
/// When splices overlap or lie outside the text, which is a fault of the plan.
pub fn splice(text: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut out =
        Vec::with_capacity(text.len() + splices.iter().map(|s| s.with.len()).sum::<usize>());
    pieces(text, splices).for_each(|piece| out.extend_from_slice(piece));
    out
}

/// What the new text is made of: what stands before each splice, what comes in its place, and the
/// rest.
pub(crate) fn pieces<'a>(text: &'a [u8], splices: &'a [Splice]) -> impl Iterator<Item = &'a [u8]> {
    let froms = std::iter::once(0).chain(splices.iter().map(|splice| splice.at.end));
    let rest = splices.last().map_or(0, |last| last.at.end);
    let before = splices
        .iter()
        .zip(froms)
        .flat_map(|(splice, from)| [&text[from..splice.at.start], &splice.with]);
    before.chain(std::iter::once(&text[rest..]))
}

/// Where the line ends that holds an offset, its newline included.
pub(crate) fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n + 1)
}

pub(crate) fn whole_lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|b| *b == b'\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_outside_the_splices_is_the_original() {
        let splices = [
            Splice::insert(0, "<"),
            Splice::replace(2..3, "X"),
            Splice::delete(4..5),
            Splice::insert(6, ">"),
        ];
        assert_eq!(splice(b"abcdef", &splices), b"<abXdf>");
    }

    #[test]
    fn the_smallest_splice_between_two_texts() {
        assert_eq!(Splice::between(b"aXc", b"aYYc"), Some(Splice::replace(1..2, "YY")));
        assert_eq!(Splice::between(b"aa", b"aaa"), Some(Splice::insert(2, "a")));
        assert_eq!(Splice::between(b"same", b"same"), None);
    }
}
