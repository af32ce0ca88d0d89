//! Locks, crashes, links and modes.
