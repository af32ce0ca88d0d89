//! The last line of `cargo test`: the tests of all packages that were not run here, and how to run them.

use std::io::Write;

fn main() {
    if let Some(text) = sshp_testing::needs::left_out() {
        let _ = writeln!(std::io::stderr(), "\n{text}");
    }
}
