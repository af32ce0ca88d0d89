//! The picture in the README: add, pick, connect, forget, on a real server.
//!
//! The run is looked at like any other test. `SSHP_BLESS=1 cargo test picture` writes
//! what was on its screen to `docs/session.svg`.

use crate::support::kept;
use crate::support::pty::Pty;
use crate::support::sandbox::Sandbox;
use crate::support::sshd::{ME, Sshd};
use crate::support::svg::{self, Frame};

const COLUMNS: u16 = 118;
const ROWS: u16 = 16;

/// What is on the screen, and what was.
struct Recording {
    pty: Pty,
    frames: Vec<Frame>,
}

impl Recording {
    fn keep(&mut self, seconds: f64) {
        self.frames.push(Frame { lines: self.pty.lines(), seconds });
    }

    /// Types a command in three strokes, as much as a reader follows, and sends it.
    fn enter(&mut self, command: &str) {
        let third = command.len().div_ceil(3);
        for at in (third..command.len() + third).step_by(third) {
            let end = at.min(command.len());
            self.pty.send(&command[at - third..end]);
            self.pty.wait_until("what is typed", |screen| screen.contains(&command[..end]));
            self.keep(0.4);
        }
        self.keep(0.6);
        self.pty.send("\r");
    }
}

#[test]
fn the_picture_in_the_readme_is_of_a_real_run() {
    needs!("terminals", "bash", "sshd");
    let s = Sandbox::new();
    let key = s.keygen("web", &[]);
    // The server stands behind a ProxyCommand, so that the picture shows an address like yours.
    let extra = "LogLevel QUIET\nForceCommand env PS1='root@web-server:~# ' /bin/sh -i";
    let sshd = Sshd::configure(&s, &key, extra);
    std::fs::create_dir(s.path("Downloads")).expect("a folder");
    std::fs::rename(&key, s.path("Downloads/web.pem")).expect("the downloaded key");
    let (proxy, known) = (sshd.proxy_command(), s.path(".ssh/known_hosts").display().to_string());
    s.write(
        ".ssh/config",
        format!(
            "Host db-1\n  HostName 203.0.113.20\n  User postgres\n\
             Host build\n  HostName 203.0.113.31\n  User ci\n\
             Host *\n  ProxyCommand {proxy}\n  UserKnownHostsFile {known}\n"
        ),
    );
    s.write(".config/sshp/profiles.toml", "[db-1]\ntags = [\"prod\"]\n[build]\ntags = [\"ci\"]\n");
    let mut bash = s.command("bash");
    bash.args(["--norc", "--noediting", "-i"]).env("PS1", "$ ");
    let pty = Pty::spawn_sized(&bash, COLUMNS, ROWS);
    let mut tape = Recording { pty, frames: Vec::new() };
    tape.pty.wait_until("a prompt", |screen| screen.trim_end().ends_with('$'));

    tape.enter(&format!("sshp add web-server {ME}@203.0.113.7 --key Downloads/web.pem --tag prod"));
    tape.pty.wait_for("added `web-server`");
    tape.keep(2.0);

    tape.enter("sshp");
    tape.pty.wait_for("3/3");
    // The preview would show the ProxyCommand.
    tape.pty.send("\x1bp");
    tape.pty.wait_until("no preview", |screen| !screen.contains("HostName"));
    tape.keep(1.5);
    tape.pty.send("#prod web");
    tape.pty.wait_for("1/3");
    tape.keep(1.5);
    tape.pty.send("\r");
    tape.pty.wait_for(&sshd.fingerprint());
    tape.keep(2.0);
    tape.pty.send("yes\r");
    tape.pty.wait_for("root@web-server:~#");
    tape.enter("echo here we are");
    tape.pty.wait_until("the answer", |screen| screen.contains("\nhere we are"));
    tape.keep(1.5);
    tape.enter("exit");
    tape.pty.wait_until("the prompt", |screen| screen.trim_end().ends_with("\n$"));

    tape.enter("sshp forget web-server");
    tape.pty.wait_for(&format!("removed ED25519 {}", sshd.fingerprint()));
    tape.pty.wait_until("the prompt", |screen| screen.trim_end().ends_with("\n$"));
    tape.keep(4.0);

    let title = "sshp: add a server, pick it, connect, forget its host key";
    // Where the test's home is says nothing to a reader.
    let home = s.home().display().to_string();
    let svg = svg::animate(&tape.frames, COLUMNS, title).replace(&home, "~");
    assert!(svg.contains("here we are") && svg.contains("web-server"), "{svg}");
    assert!(!svg.contains("/tmp"), "{svg}");
    if kept::is_blessed() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/session.svg");
        std::fs::write(path, svg).expect("the picture");
    }
}
