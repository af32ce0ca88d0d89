#![doc = include_str!("../README.md")]

pub mod address;
pub mod algorithms;
mod command_line;
mod criteria;
pub mod destination;
mod dialect;
pub mod edit;
mod effective;
mod facts;
pub mod flags;
pub mod forward;
mod index;
pub mod lint;
mod native;
mod network;
pub mod options;
pub mod pattern;
pub mod quote;
mod resolve;
pub mod same;
mod settings;
pub mod syntax;
pub mod tokens;
pub mod tree;
mod values;
mod walk;
pub mod words;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use command_line::{CommandLine, UsageError};
pub use destination::{Destination, DestinationError};
pub use dialect::{Dialect, Gssapi, UnknownDialect, Vendor, Version};
pub use effective::Effective;
pub use facts::{Facts, Family, FixedFacts, Probe};
pub use index::{Index, Named, Summary};
pub use options::Keyword;
pub use resolve::resolve;
pub use settings::{Setting, Source};
pub use syntax::{Block, Directive, Document};
pub use tree::Tree;
pub use values::{is_valid_hostname, is_valid_user, parse_time, service_class};
pub use walk::{Complaint, ComplaintKind, Rejected};

/// Where something in a config stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file, as it was named or found by Include.
    pub file: Arc<Path>,
    /// The line, counted from 1.
    pub line: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}
