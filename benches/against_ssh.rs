//! What sshp costs, as ratios to what ssh costs for the like, side by side in one run.
//!
//! ```text
//! cargo bench --bench against_ssh              # 10, 1,000 and 100,000 hosts
//! cargo bench --bench against_ssh -- 1000      # other sizes
//! ```
//!
//! Times are of whole processes, the two taken in turn so that a busy machine slows both; a ratio
//! is of medians, and below 1 means that sshp is the faster.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own, not a part of sshp"
)]

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sshp::known_hosts::line::Hashed;

const SSHP: &str = env!("CARGO_BIN_EXE_sshp");

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![10, 1_000, 100_000] } else { sizes };
    println!("{:>8}  {:<28} {:>9} {:>9} {:>7}", "hosts", "what", "sshp ms", "ssh ms", "ratio");
    for hosts in sizes {
        let home = tempfile::tempdir().expect("a temporary folder");
        let config = home.path().join(".ssh/config");
        std::fs::create_dir(home.path().join(".ssh")).expect(".ssh");
        std::fs::write(&config, fleet(hosts)).expect("the config");
        let last = format!("web-{:06}", hosts - 1);
        let bench = Bench { home: home.path(), config: &config, hosts };
        let ssh_v = || bench.run(Command::new("ssh").arg("-V"));
        let ssh_g = || bench.run(Command::new("ssh").arg("-F").arg(&config).args(["-G", &last]));
        bench.compare("--version : ssh -V", || bench.sshp(&["--version"]), ssh_v);
        bench.compare("connect -G : ssh -G", || bench.sshp(&["connect", "-G", &last]), ssh_g);
        bench.compare("list : one ssh -G", || bench.sshp(&["list"]), ssh_g);
        bench.compare("list --json : one ssh -G", || bench.sshp(&["list", "--json"]), ssh_g);
        bench.compare("Tab after a prefix : ssh -G", || bench.tab(&last[..last.len() - 1]), ssh_g);
        bench.compare("Tab after nothing : ssh -G", || bench.tab(""), ssh_g);
        let known = hashed_known_hosts(hosts);
        let theirs = || {
            bench.on_fresh(&known, |file| {
                let mut keygen = Command::new("ssh-keygen");
                keygen.args(["-R", &last, "-f"]).arg(file);
                keygen
            })
        };
        let ours = || {
            bench.on_fresh(&known, |file| {
                let mut sshp = Command::new(SSHP);
                sshp.args(["-F", "none", "forget", &last, "--known-hosts"]).arg(file);
                sshp
            })
        };
        bench.compare("forget : ssh-keygen -R", ours, theirs);
    }
}

/// As many blocks as asked, a comment and four options each, then `Host *`.
fn fleet(hosts: usize) -> String {
    let mut text = String::from("# the fleet\n");
    for n in 0..hosts {
        let (a, b, c) = (n >> 16 & 255, n >> 8 & 255, n & 255);
        let _ = write!(
            text,
            "\n# rack {a}\nHost web-{n:06}\n    HostName 10.{a}.{b}.{c}\n    User deploy\n    \
             Port 2222\n    IdentityFile ~/.ssh/id_fleet\n"
        );
    }
    text.push_str("\nHost *\n    ServerAliveInterval 30\n");
    text
}

/// A hashed line for each host.
fn hashed_known_hosts(hosts: usize) -> String {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
    let mut text = String::new();
    for n in 0..hosts {
        let salt = std::array::from_fn(|at| n.wrapping_mul(at + 1).to_le_bytes()[0]);
        let name = Hashed::new(format!("web-{n:06}").as_bytes(), salt);
        let _ = writeln!(text, "{name} {key}");
    }
    text
}

struct Bench<'a> {
    home: &'a Path,
    config: &'a Path,
    hosts: usize,
}

impl Bench<'_> {
    fn run(&self, command: &mut Command) -> Duration {
        command.env("HOME", self.home).env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().expect("the program starts");
        let took = start.elapsed();
        assert!(status.success(), "{command:?}: {status}");
        took
    }

    /// Times a command that changes a file, each time on a new copy of it.
    fn on_fresh(&self, text: &str, command: impl Fn(&Path) -> Command) -> Duration {
        let file = self.home.join("known_hosts");
        std::fs::write(&file, text).expect("the file");
        let took = self.run(&mut command(&file));
        let left = std::fs::metadata(&file).expect("the file").len();
        assert!(left < text.len() as u64, "nothing was removed");
        took
    }

    fn sshp(&self, args: &[&str]) -> Duration {
        self.run(Command::new(SSHP).arg("-F").arg(self.config).args(args))
    }

    /// A Tab press as zsh asks, after `sshp -F CONFIG PREFIX`.
    fn tab(&self, prefix: &str) -> Duration {
        let mut command = Command::new(SSHP);
        command.env("_SSHP_COMPLETE", "zsh:3").args(["--", "sshp", "-F"]);
        self.run(command.arg(self.config).arg(prefix))
    }

    fn compare(&self, what: &str, ours: impl Fn() -> Duration, theirs: impl Fn() -> Duration) {
        let rounds = if self.hosts > 10_000 { 9 } else { 31 };
        let (mut a, mut b) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            a.push(ours());
            b.push(theirs());
        }
        let (a, b) = (median(a), median(b));
        let (a, b) = (a.as_secs_f64() * 1e3, b.as_secs_f64() * 1e3);
        println!("{:>8}  {what:<28} {a:>9.1} {b:>9.1} {:>7.2}", self.hosts, a / b);
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
