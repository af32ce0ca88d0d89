//! PURE: whether two states of a config say the same of all hosts but some, seen by their blocks alone.
//!
//! Most changes add, remove or edit blocks of one name. That all other blocks are the same, in the
//! same order, takes one look at each line; to resolve each host of a million takes a minute.

use super::options::Keyword;
use super::pattern;
use super::syntax::{Block, Document};
use super::tree::{Include, Root, Target, Tree};

/// Whether the blocks of both trees are the same in the same order, but for those that name only
/// the hosts that `is_name` tells, and for these names in other `Host` lines. If not, the options of other hosts
/// can still be the same.
#[must_use]
pub fn for_all_but(old: &Tree, new: &Tree, is_name: &dyn Fn(&[u8]) -> bool) -> bool {
    old.files.len() == new.files.len()
        && old.roots.len() == new.roots.len()
        && old.roots.iter().zip(&new.roots).all(|(a, b)| same_root(a, b))
        && old.files.iter().zip(&new.files).all(|(a, b)| {
            let (one, other) = (Blocks::of(&a.document, is_name), Blocks::of(&b.document, is_name));
            a.path == b.path
                && a.user == b.user
                && a.includes.len() == b.includes.len()
                && a.includes.iter().zip(&b.includes).all(|(a, b)| same_include(a, b))
                && one.are(other)
        })
}

fn same_root(a: &Root, b: &Root) -> bool {
    a.path == b.path && a.required == b.required && same_target(&a.target, &b.target)
}

fn same_include(a: &Include, b: &Include) -> bool {
    a.words.len() == b.words.len()
        && a.words
            .iter()
            .zip(&b.words)
            .all(|(a, b)| a.pattern == b.pattern && same_targets(&a.targets, &b.targets))
}

fn same_targets(a: &[Target], b: &[Target]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_target(a, b))
}

fn same_target(a: &Target, b: &Target) -> bool {
    match (a, b) {
        (Target::File(a), Target::File(b)) => a == b,
        (Target::Refused { path: a, refusal: why }, Target::Refused { path: b, refusal }) => {
            a == b && why == refusal
        }
        _ => false,
    }
}

/// The blocks of a file that other hosts than some could see.
struct Blocks<'a> {
    document: &'a Document,
    is_name: &'a dyn Fn(&[u8]) -> bool,
    next: usize,
}

impl<'a> Blocks<'a> {
    fn of(document: &'a Document, is_name: &'a dyn Fn(&[u8]) -> bool) -> Self {
        Blocks { document, is_name, next: 0 }
    }

    fn is_named(&self, word: &[u8]) -> bool {
        pattern::is_literal(word) && (self.is_name)(word)
    }

    /// Whether a block is for the named hosts alone, and nothing in it is for others.
    fn is_theirs(&self, block: &Block) -> bool {
        let Some(header) = block.header.map(|header| &self.document.directives()[header]) else {
            return false;
        };
        let mut words = self.document.words(header).peekable();
        header.keyword == Some(Keyword::Host)
            && words.peek().is_some()
            && words.all(|word| word.is_ok_and(|word| self.is_named(&word.value)))
            // Each other line could be one that ssh refuses for all, and an Include is counted.
            && self.document.directives()[block.directives.clone()]
                .iter()
                .all(|line| line.keyword.is_some_and(|keyword| keyword != Keyword::Include))
    }

    /// The next block that is not theirs.
    fn advance(&mut self) -> Option<Block> {
        while self.next < self.document.block_count() {
            let block = self.document.block(self.next);
            self.next += 1;
            if !self.is_theirs(&block) {
                return Some(block);
            }
        }
        None
    }

    fn are(mut self, mut other: Self) -> bool {
        loop {
            match (self.advance(), other.advance()) {
                (None, None) => return true,
                (Some(one), Some(two)) if self.same_block(&one, &other, &two) => {}
                _ => return false,
            }
        }
    }

    fn same_block(&self, one: &Block, other: &Self, two: &Block) -> bool {
        let of = |blocks: &Self, block: &Block| {
            blocks.document.directives()[block.directives.clone()].iter()
        };
        let (mine, its) = (of(self, one), of(other, two));
        let same_lines = mine.len() == its.len()
            && mine.zip(its).all(|(a, b)| {
                a.keyword == b.keyword
                    && self.document.keyword(a).eq_ignore_ascii_case(&other.document.keyword(b))
                    && self.document.rest(a) == other.document.rest(b)
            });
        same_lines && self.same_header(one, other, two)
    }

    fn same_header(&self, one: &Block, other: &Self, two: &Block) -> bool {
        let (Some(mine), Some(its)) = (one.header, two.header) else {
            return one.header.is_none() && two.header.is_none();
        };
        let mine = &self.document.directives()[mine];
        let its = &other.document.directives()[its];
        if mine.keyword != its.keyword {
            return false;
        }
        if self.document.rest(mine) == other.document.rest(its) {
            return true;
        }
        // Another name in a list is nothing to the others. An open quote ends the comparison.
        let others = |word: &Result<super::words::Word<'_>, _>| {
            word.as_ref().is_ok_and(|word| !self.is_named(&word.value))
        };
        let whole = |blocks: &Self, line| blocks.document.words(line).all(|word| word.is_ok());
        mine.keyword == Some(Keyword::Host)
            && whole(self, mine)
            && whole(other, its)
            && self.document.words(mine).filter(others).map(|word| word.map(|word| word.value)).eq(
                other.document.words(its).filter(others).map(|word| word.map(|word| word.value)),
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::of_text("/h/config", text.as_bytes())
    }

    #[test]
    fn what_stands_in_blocks_of_the_named_hosts_is_nothing_to_the_others() {
        let before = "User x\nHost a b\n  Port 1\n# c\nHost c\n  Port 2\nHost *\n  User y\n";
        for (after, same) in [
            (before.to_owned(), true),
            (before.replace("Host c\n  Port 2\n", ""), true),
            (before.replace("Host c", "Host d"), false),
            (before.replace("Port 2", "Port 3\n  User z"), true),
            (before.replace("Host a b", "Host a b c"), true),
            (before.replace("Host a b", "host \"a\" b"), true),
            (before.replace("Host a b", "Host b a"), false),
            (before.replace("Host a b", "Host a b !c"), false),
            (before.replace("Host a b", "Host a"), false),
            (before.replace("Port 1", "Port 3"), false),
            (before.replace("Port 2", "Nonsense 2"), false),
            (before.replace("Port 2", "Include x"), false),
            (before.replace("Host *", "Host c\nHost *"), true),
            (before.replace("  User y", "Host c\n  User y"), false),
            (before.replace("Host c", "Match all"), false),
        ] {
            let is_name = |word: &[u8]| word == b"c";
            assert_eq!(for_all_but(&tree(before), &tree(&after), &is_name), same, "{after}");
            assert_eq!(for_all_but(&tree(&after), &tree(before), &is_name), same, "{after}");
        }
    }
}
