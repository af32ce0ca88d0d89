//! Choosing a profile.
