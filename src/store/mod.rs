//! EDGE: the only writer of files.
