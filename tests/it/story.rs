//! The whole story: add, find, connect, forget.
