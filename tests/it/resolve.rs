//! Our resolver against ssh -G.
