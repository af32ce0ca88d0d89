//! What the verbs that change profiles share: flags become a patch, a question is asked, an edit is
//! verified, and becomes a diff or a write; a refusal becomes an error with what helps.

mod confirm;
mod flags;
mod refusal;
mod verify;
mod write;

pub use confirm::confirm;
pub use flags::{key_patch, keyword, new_alias, patch, sharing, wrong_field};
pub use refusal::refusal;
pub use verify::{expected, host_by_name, verify, verify_same};
pub use write::{carry_out, commit_options, print_diff};
