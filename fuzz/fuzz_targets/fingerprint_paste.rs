//! Any bytes as a paste and as a key: only whole fingerprints are taken, and a key that is read is
//! the same when it is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshp_known_hosts::HostKey;
use sshp_known_hosts::console::Console;
use sshp_known_hosts::fingerprint::{Digest, Pasted};

fuzz_target!(|text: &[u8]| {
    let console = Console::parse(text).and_then(Result::ok);
    let pasted = console.map_or_else(|| Pasted::parse(text), |console| console.pasted);
    for fingerprint in &pasted.fingerprints {
        let whole = match &fingerprint.digest {
            Digest::Sha256(digest) => digest.len() == 43,
            Digest::Md5(digest) => digest.len() == 47,
        };
        assert!(whole, "{fingerprint}");
    }
    if let Some(key) = HostKey::parse(text) {
        assert_eq!(HostKey::from_line(&key.to_line()).as_ref(), Some(&key));
        pasted.judge(&key);
    }
});
