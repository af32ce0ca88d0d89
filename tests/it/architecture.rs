//! The import table of DESIGN, held by a test.
