//! What the verbs that change profiles share: flags become a wish, a plan becomes a diff or a write, and
//! a refusal of a plan becomes an error with what helps.

mod flags;
mod refusal;
mod write;

pub use flags::{key_wish, keyword, new_alias, sharing, wish, wrong_field};
pub use refusal::refusal;
pub use write::{carry_out, print_diff, way};
