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
    clippy::cast_precision_loss,
    reason = "a program of its own, not a part of sshp"
)]

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use sshp_known_hosts::line::Hashed;

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
        // The heaviest last: what is told is the peak of all that ran so far.
        bench.memory("Tab after a prefix", || bench.tab(&last[..last.len() - 1]));
        bench.memory("connect -G", || bench.sshp(&["connect", "-G", &last]));
        bench.memory("list", || bench.sshp(&["list"]));
        let ssh_v = || bench.run(Command::new("ssh").arg("-V"));
        let ssh_g = || bench.run(Command::new("ssh").arg("-F").arg(&config).args(["-G", &last]));
        bench.compare("--version : ssh -V", || bench.sshp(&["--version"]), ssh_v);
        bench.compare("connect -G : ssh -G", || bench.sshp(&["connect", "-G", &last]), ssh_g);
        bench.compare("list : one ssh -G", || bench.sshp(&["list"]), ssh_g);
        bench.compare("list --json : one ssh -G", || bench.sshp(&["list", "--json"]), ssh_g);
        bench.compare("Tab after a prefix : ssh -G", || bench.tab(&last[..last.len() - 1]), ssh_g);
        bench.compare("Tab after nothing : ssh -G", || bench.tab(""), ssh_g);
        let start = || bench.run(&mut Command::new("true"));
        bench.compare("Tab after a prefix : true", || bench.tab(&last[..last.len() - 1]), start);
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
    included_files(5_000);
}

/// One host in each of many Included files.
fn included_files(files: usize) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let config = home.path().join("config");
    std::fs::create_dir(home.path().join("config.d")).expect("a folder");
    for n in 0..files {
        let text = format!("Host web-{n:06}\n    HostName 10.0.0.1\n    User deploy\n");
        std::fs::write(home.path().join(format!("config.d/{n:06}")), text).expect("a file");
    }
    std::fs::write(&config, format!("Include {}/config.d/*\n", home.path().display()))
        .expect("the config");
    let last = format!("web-{:06}", files - 1);
    let bench = Bench { home: home.path(), config: &config, hosts: files };
    let ssh_g = || bench.run(Command::new("ssh").arg("-F").arg(&config).args(["-G", &last]));
    let ours = || bench.sshp(&["connect", "-G", &last]);
    bench.compare("connect -G, a file each", ours, ssh_g);
    bench.compare("list, a file each", || bench.sshp(&["list"]), ssh_g);
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

    /// Times a command that changes a file, each time on a new copy of it, which has long reached the
    /// disk as any known_hosts has: who waits for his own text to get there shall not wait for ours.
    fn on_fresh(&self, text: &str, command: impl Fn(&Path) -> Command) -> Duration {
        let file = self.home.join("known_hosts");
        let mut fresh = std::fs::File::create(&file).expect("the file");
        std::io::Write::write_all(&mut fresh, text.as_bytes()).expect("the file");
        fresh.sync_all().expect("the file");
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

    /// Prints the peak memory of our processes so far, beside the size of the config.
    fn memory(&self, what: &str, ours: impl Fn() -> Duration) {
        ours();
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the usage of children");
        let peak = usage.max_rss() as f64 * 1024.0 / 1e6;
        let size = std::fs::metadata(self.config).expect("the config").len() as f64 / 1e6;
        println!("{:>8}  {what:<28} {peak:>6.1} MB at most, config {size:.1} MB", self.hosts);
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
