//! list and show.
