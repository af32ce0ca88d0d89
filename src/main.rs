//! The binary: completion first, since a Tab press must cost next to nothing, then the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(done) = sshp::complete::answer() {
        return done;
    }
    sshp::run(std::env::args_os())
}
