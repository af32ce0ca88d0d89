//! What will be run for a destination, and the two ways to run it.
