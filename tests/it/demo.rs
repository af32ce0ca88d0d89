//! The try-out.
