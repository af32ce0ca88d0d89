//! The command line: help, exit codes, bad input.

use crate::support::pty::Pty;
use crate::support::sandbox::{SSHP, Sandbox};
use crate::support::sshd::Sshd;

#[test]
fn support_works() {
    let s = Sandbox::new();
    s.sshp("--version").success().prints("sshp 0.1.0");
    let mut pty = Pty::spawn(s.command(SSHP).arg("--help"));
    pty.wait_for("Usage:");
    assert_eq!(pty.wait_exit(), 0);
    let key = s.keygen("id", &[]);
    let sshd = Sshd::start(&s, &key);
    let run = crate::support::sandbox::Run::of(
        s.command("ssh")
            .args([
                "-F",
                "none",
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-i",
            ])
            .arg(&key)
            .args(["-p", &sshd.port.to_string(), "127.0.0.1", "echo hi"]),
    );
    run.success().prints("hi");
}
