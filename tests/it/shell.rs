//! The shell scripts in the real shells.
