//! known_hosts against the programs that define it: ssh-keygen and ssh.

#![allow(clippy::disallowed_methods, reason = "tests are the world that the library lives in")]

mod files;
mod keys;
mod names;
mod verdicts;
