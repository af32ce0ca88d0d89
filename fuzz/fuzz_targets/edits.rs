//! Any bytes as a config, edited several times: all bytes outside the splices stay, each edit is
//! what was asked, and asked again it changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshp_config::{Document, Keyword, edit};
use sshp_splice::{Splice, splice};

/// Cuts the new text where the splices put something in: what is left must be the old text
/// without what they took out.
fn spared(old: &[u8], new: &[u8], splices: &[Splice]) {
    let (mut from_old, mut from_new) = (0, 0);
    for Splice { at, with } in splices {
        let kept = at.start - from_old;
        assert_eq!(old[from_old..at.start], new[from_new..from_new + kept]);
        assert_eq!(new[from_new + kept..][..with.len()], with[..]);
        from_old = at.end;
        from_new += kept + with.len();
    }
    assert_eq!(old[from_old..], new[from_new..]);
}

/// The edits that one byte asks for, `at` choosing the block.
fn planned(document: &Document, what: u8, at: u8) -> Vec<Splice> {
    let count = document.block_count();
    let block = usize::from(at) % count;
    let words = edit::header_words(document, &document.block(block));
    let first = words.first().map(|word| word.value.to_vec());
    match what % 8 {
        0 if block > 0 => edit::set(document, block, Keyword::User, &[b"fuzz".to_vec()]),
        1 if block > 0 => edit::set(document, block, Keyword::Port, &[]),
        2 if block > 0 => {
            let files = [b"/a".to_vec(), b"\"/b c\"".to_vec()];
            edit::set(document, block, Keyword::IdentityFile, &files)
        }
        3 if block > 0 => edit::remove_block(document, block),
        4 => {
            let options = vec![(Keyword::HostName, &b"h"[..]), (Keyword::Port, b"1")];
            let new =
                [b"new", b"old"].map(|name| edit::NewBlock { name, options: options.clone() });
            edit::insert_blocks(document, &new, document)
        }
        5 if block > 0 => {
            let text = edit::block_text(document, block, b"copy", &[]);
            vec![edit::insert_text(document, block + 1, &text)]
        }
        6 => first
            .and_then(|name| {
                edit::remove_words(document, &document.block(block), |word| *word == *name)
            })
            .unwrap_or_default(),
        _ => edit::rename(document, first.as_deref().unwrap_or(b"a"), b"renamed"),
    }
}

fuzz_target!(|input: ([(u8, u8); 4], &[u8])| {
    let (ops, text) = input;
    let mut text = text.to_vec();
    for (what, at) in ops {
        let document = Document::parse(text.as_slice());
        let mut splices = planned(&document, what, at);
        splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
        let new = splice(&text, &splices);
        spared(&text, &new, &splices);
        let again = Document::parse(new.as_slice());
        let block = usize::from(at) % document.block_count();
        match what % 8 {
            0 if block > 0 => {
                let set = edit::occurrences(&again, block, Keyword::User);
                let words = again.arguments(set[0]).expect("balanced quotes");
                assert_eq!(&*words[0].value, b"fuzz");
                let twice = edit::set(&again, block, Keyword::User, &[b"fuzz".to_vec()]);
                assert_eq!(splice(&new, &twice), new);
            }
            1 if block > 0 => {
                assert!(edit::occurrences(&again, block, Keyword::Port).is_empty());
            }
            2 if block > 0 => {
                assert_eq!(edit::occurrences(&again, block, Keyword::IdentityFile).len(), 2);
            }
            _ => {}
        }
        text = new;
    }
});
