//! Any bytes as a config, edited: all bytes outside the splices stay, and the edit is what was asked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshp::change::{Splice, splice};
use sshp::ssh_config::{Document, Keyword, edit};

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

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (pick, what, text) = input;
    let document = Document::parse(text);
    let block = usize::from(pick) % document.block_count();
    let mut splices = match what % 4 {
        0 if block > 0 => edit::set(&document, block, Keyword::User, &[b"fuzz".to_vec()]),
        1 if block > 0 => edit::set(&document, block, Keyword::Port, &[]),
        2 if block > 0 => vec![edit::remove_block(&document, block)],
        _ => edit::rename(&document, b"a", b"b"),
    };
    splices.sort_by_key(|splice| (splice.at.start, splice.at.end));
    let new = splice(text, &splices);
    spared(text, &new, &splices);
    let again = Document::parse(new.as_slice());
    if what % 4 == 0 && block > 0 {
        let set = edit::occurrences(&again, block, Keyword::User);
        let words = again.arguments(set[0]).expect("balanced quotes");
        assert_eq!(&*words[0].value, b"fuzz");
    }
    if what % 4 == 1 && block > 0 {
        assert!(edit::occurrences(&again, block, Keyword::Port).is_empty());
    }
});
