//! Any bytes as `profiles.toml`: what can be read is, what cannot is told and hides no pin, and an
//! edit changes its own table.

#![no_main]

use std::collections::HashSet;

use libfuzzer_sys::fuzz_target;
use sshp::profile::Metadata;
use sshp::profile::metadata::MetadataFile;
use sshp_splice::splice;

fuzz_target!(|input: (u8, &[u8])| {
    let (what, text) = input;
    let mut file = MetadataFile::salvage(text);
    assert_eq!(file.lost().is_empty(), MetadataFile::parse(text).is_ok());
    assert!(file.splices().is_empty(), "reading changes nothing");
    let before = file.all();
    for fault in file.faults() {
        assert!(fault.line >= 1 && fault.to_string().len() < 4096 + text.len());
        if let Some(alias) = fault.alias.as_deref().filter(|_| fault.pins) {
            assert!(file.pins(alias).is_err());
        }
    }
    let note = |note: &str| Metadata { note: Some(note.to_owned()), ..Metadata::default() };
    let first = file.aliases().next().unwrap_or("web").to_owned();
    let mut touched = vec![first.clone()];
    match what % 6 {
        0 => file.set(&first, &note("n")),
        1 => file.remove_all(&HashSet::from([first.as_str()])),
        2 => file.rename(&first, "re named"),
        3 => file.copy(&first, "co.pied"),
        4 => file.unpin(&first),
        _ => file.mend(),
    }
    touched.extend(["re named".to_owned(), "co.pied".to_owned()]);
    let mends = file.mends();
    if mends {
        file.keep_pinned("aside");
    }
    let new = splice(text, &file.splices());
    if !mends {
        // What could not be read is still there.
        let again = MetadataFile::salvage(&new);
        assert_eq!(again.lost().len(), file.lost().len());
        return;
    }
    let again = MetadataFile::parse(&new).expect("what is left can be read");
    for (alias, metadata) in before {
        if !touched.contains(&alias) && metadata.host_keys != ["aside"] {
            let now = again.get(&alias).expect("a table that nobody touched");
            assert_eq!((now.tags, now.note), (metadata.tags, metadata.note));
        }
    }
    for fault in file.lost().iter().filter(|fault| fault.pins) {
        let alias = fault.alias.as_deref();
        assert!(alias.is_none_or(|alias| again.pins(alias).is_ok_and(|pins| !pins.is_empty())));
    }
});
