//! One file per verb: gather → plan → apply → report. No verb knows another; `dispatch` knows all.

pub mod add;
pub mod check;
pub mod completions;
pub mod config;
pub mod connect;
pub mod copy;
#[cfg(feature = "builtin")]
pub mod demo;
pub mod dispatch;
pub mod doctor;
pub mod edit;
pub mod forget;
pub mod generate;
pub mod help;
pub mod init;
pub mod key;
pub mod list;
pub mod log;
pub mod mv;
pub mod pick;
pub mod rm;
pub mod show;
pub mod sync;
pub mod tags;
pub mod trust;
pub mod undo;
