//! Any bytes as a private key: what it is told to be is what it can be read as, and nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshp_keys::{DecodeError, Encryption, KeyFile, classify, decode};

fuzz_target!(|text: &[u8]| {
    match (classify(text), decode(text, None)) {
        (KeyFile::Private { encryption: Encryption::None, .. }, read) => {
            assert!(!matches!(read, Err(DecodeError::NeedsPassphrase | DecodeError::NotAKey(_))));
            if let Ok(key) = read {
                assert!(key.public_key().to_openssh().is_ok());
            }
        }
        // Its passphrase is not tried here: how long that takes is what the file asks for.
        (KeyFile::Private { .. }, read) => assert!(read.is_err()),
        (_, read) => assert!(matches!(read, Err(DecodeError::NotAKey(_)))),
    }
});
