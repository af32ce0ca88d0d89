//! The picker in a real terminal.
