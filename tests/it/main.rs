//! The integration tests: one binary, a few lines a test, the real programs as fixtures.

#![allow(unreachable_pub, reason = "a test binary has no users")]
#![allow(clippy::disallowed_methods, reason = "tests are the world that sshp lives in")]

#[macro_use]
extern crate sshp_testing;

mod architecture;
mod cli;
mod completions;
mod config;
mod connect;
mod contributing;
mod demo;
mod doctor;
mod edit;
mod encoding;
mod export;
mod forget;
mod hostile;
mod import;
mod installed_ssh;
mod key;
mod layout;
mod limits;
mod list;
mod metadata;
mod packaging;
mod picker;
mod picture;
mod resolve;
mod runner;
mod schema;
mod shell;
mod store;
mod story;
mod support;
mod trust;
mod widths;
