//! Any bytes as known_hosts, and a name forgotten in them: only bytes go, lines that are not told
//! as removed stay in their order, and a second time there is nothing left to do.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sshp_known_hosts::removal::{FileRemoval, Reach, Wanted, plan_removal};
use sshp_known_hosts::{File, KnownHosts, Names, Scope};
use sshp_splice::splice;

const NAMES: [&str; 6] = ["web", "[web]:2222", "::1", "10.0.0.1", "*.x", "a"];
const BOM: &[u8] = b"\xef\xbb\xbf";

fn forget(text: &[u8], name: &str, reach: Reach) -> (Vec<u8>, FileRemoval) {
    let file = File::new("known_hosts", Scope::User, Some(Arc::from(text)));
    let wanted = Wanted { names: vec![name.to_owned()], ..Wanted::default() };
    let plan = plan_removal(&[file], &wanted, reach).remove(0);
    (splice(text, &plan.splices), plan)
}

fuzz_target!(|input: (u8, bool, bool, &[u8])| {
    let (pick, wildcards, whole_line, text) = input;
    let name = NAMES[usize::from(pick) % NAMES.len()];
    let reach = Reach { wildcards, whole_line };
    let (after, plan) = forget(text, name, reach);
    assert!(plan.splices.iter().all(|splice| splice.with.is_empty()));
    let mut rest = &after[..];
    for (at, line) in text.split_inclusive(|b| *b == b'\n').enumerate() {
        if plan.removed.iter().any(|removed| removed.place.line as usize == at + 1) {
            continue;
        }
        let found = rest.windows(line.len()).position(|window| window == line);
        rest = &rest[found.expect("a line that nobody removed") + line.len()..];
    }
    if text.starts_with(BOM) || !after.starts_with(BOM) {
        assert_eq!(forget(&after, name, reach).0, after);
    }
    let file = File::new("known_hosts", Scope::User, Some(Arc::from(text)));
    KnownHosts::new(vec![file]).find(&Names::new("web", 2222, None));
});
