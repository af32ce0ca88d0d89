//! The binary: completion first, since a Tab press must cost next to nothing, then an ssh that ends with
//! the process that started it, then the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "picker")]
    sshp::memory::guard();
    if let Some(done) = sshp::complete::answer() {
        return done;
    }
    if let Some(failed) = sshp::session::system::become_tied() {
        return failed;
    }
    sshp::run(std::env::args_os())
}
