//! The try-out: a throw-away home and a small server inside the process.
