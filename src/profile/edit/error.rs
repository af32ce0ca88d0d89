//! PURE: why an edit is refused.

use sshp_config::Origin;
use sshp_config::tree::Refusal;
use thiserror::Error;

use crate::profile::Alias;

/// Why an edit of profiles is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// The name of a new profile is taken.
    #[error("there is a profile `{alias}` already, at {origin}")]
    Exists {
        /// The name.
        alias: Alias,
        /// Its `Host` line.
        origin: Origin,
    },
    /// Two of the new profiles have the same name.
    #[error("`{0}` comes twice among the new profiles")]
    Twice(Alias),
    /// No `Host` line says this name.
    #[error("no profile `{0}`")]
    NotFound(Alias),
    /// Only a pattern or a `Match` gives options to this name.
    #[error("`{alias}` has no `Host` line of its own: it is matched by the pattern at {origin}")]
    OnlyPattern {
        /// The name.
        alias: Alias,
        /// The block that matches.
        origin: Origin,
    },
    /// The word of a `Host` line that stands for many names, or takes one away.
    #[error("`{alias}` is a pattern, not a profile, at {origin}")]
    Pattern {
        /// The word.
        alias: Alias,
        /// The `Host` line that says it, or the first that applies to it.
        origin: Origin,
    },
    /// The block is not of this profile alone.
    #[error("`{alias}` shares its block with `{others}`, at {origin}")]
    Shared {
        /// The name.
        alias: Alias,
        /// The other words of the line.
        others: String,
        /// The `Host` line.
        origin: Origin,
    },
    /// The block stands in a file of the system.
    #[error("`{alias}` stands in the system's config, at {origin}, which sshp does not change")]
    System {
        /// The name.
        alias: Alias,
        /// The `Host` line.
        origin: Origin,
    },
    /// Removing the block would remove an Include with it.
    #[error("the block of `{alias}` holds an Include, at {origin}, which would go with it")]
    HoldsInclude {
        /// The name.
        alias: Alias,
        /// The Include.
        origin: Origin,
    },
    /// The config cannot be read, so it cannot be changed.
    #[error("`{path}`: {refusal}")]
    Unreadable {
        /// The config.
        path: String,
        /// Why.
        refusal: Refusal,
    },
}
