//! The keys that profiles log in with: which there are, the one that `--key` names, a copy that ssh
//! can load, and what keeps a client from loading one. Asks for passphrases; writes nothing but modes.

mod chosen;
pub mod found;
mod import;
pub mod passphrase;
pub mod usable;

pub use chosen::{Key, kept_modes, refuse_defect};
pub use import::{Imported, beside, prepare, read};
