//! What the verbs that change profiles share: flags become a patch, a plan becomes a diff or a write, and
//! a refusal of a plan becomes an error with what helps.

mod flags;
mod refusal;
mod write;

pub use flags::{key_patch, keyword, new_alias, patch, sharing, wrong_field};
pub use refusal::refusal;
pub use write::{carry_out, commit_options, print_diff};
