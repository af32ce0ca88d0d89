//! Our verdicts against ssh's own.
