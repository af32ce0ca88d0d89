//! Help and lists as they look on terminals of 60, 80 and 200 columns.

use crate::support::kept;
use crate::support::pty::Pty;
use crate::support::sandbox::{SSHP, Sandbox};

/// Short and long values, one name in wide characters.
const CONFIG: &str = "\
Host web-server
    HostName 203.0.113.7
    User deploy
    Port 2222
Host db 数据库
    HostName database-of-the-whole-company.internal.example.com
    User administrator
    ProxyJump bastion.internal.example.com
Host bastion
    HostName bastion.internal.example.com
    User ops
";

#[test]
fn help_and_lists_fit_the_terminal() {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("edit web-server --tag prod --tag eu-central").success();
    for columns in [60, 80, 200] {
        let mut all = String::new();
        for words in [&["--help"][..], &["add", "--help"], &["trust", "--help"], &["list"]] {
            let mut command = s.command(SSHP);
            let mut pty = Pty::spawn_sized(command.args(words), columns, 120);
            assert_eq!(pty.wait_exit(), 0);
            let screen = pty.screen();
            let screen = screen.trim_end();
            // Where the terminal had to break a line, there are more of them than were written.
            let written = String::from_utf8_lossy(&pty.raw).trim_end().lines().count();
            assert_eq!(screen.lines().count(), written, "{words:?} at {columns}:\n{screen}");
            all += &format!("== sshp {}\n{screen}\n\n", words.join(" "));
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/snapshots");
        kept::require(format!("{folder}/help_and_lists_at_{columns}_columns.txt"), &all);
    }
}
