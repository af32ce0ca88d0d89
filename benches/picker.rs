//! The picker against fzf fed by `cat`: from the start of the process to the first row on the screen
//! of a terminal, side by side in one run, so that a busy machine slows both.
//!
//! `cargo bench --bench picker [SIZE…]`; fzf is Debian's. A ratio is of medians; below 1 means that
//! sshp is the faster. fzf gets finished lines, sshp a config that it has to read and resolve.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own, not a part of sshp"
)]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const SSHP: &str = env!("CARGO_BIN_EXE_sshp");
/// What both show in their first row.
const FIRST: &[u8] = b"web-000000";

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100, 10_000, 100_000] } else { sizes };
    println!("{:>8}  {:<24} {:>9} {:>9} {:>7}", "hosts", "first row", "sshp ms", "fzf ms", "ratio");
    for hosts in sizes {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (mut config, mut rows) = (String::new(), String::new());
        for n in 0..hosts {
            let (a, b, c) = (n >> 16 & 255, n >> 8 & 255, n & 255);
            let _ = write!(
                config,
                "Host web-{n:06}\n    HostName 10.{a}.{b}.{c}\n    User deploy\n    Port 2222\n"
            );
            let _ = writeln!(rows, "web-{n:06}  deploy@10.{a}.{b}.{c}:2222");
        }
        std::fs::create_dir(home.path().join(".ssh")).expect(".ssh");
        std::fs::write(home.path().join(".ssh/config"), config).expect("the config");
        std::fs::write(home.path().join("rows"), rows).expect("the rows");
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..if hosts > 10_000 { 11 } else { 21 } {
            ours.push(first_row(home.path(), SSHP, &["pick"]));
            theirs.push(first_row(home.path(), "sh", &["-c", "cat rows | fzf"]));
        }
        let (a, b) = (median(ours), median(theirs));
        println!("{hosts:>8}  {:<24} {a:>9.1} {b:>9.1} {:>7.2}", "empty query", a / b);
    }
}

/// Starts a program in a terminal of 100 × 30 and waits for the first row.
fn first_row(home: &Path, program: &str, args: &[&str]) -> Duration {
    let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a pty");
    let mut command = CommandBuilder::new(program);
    command.args(args);
    command.cwd(home);
    command.env("HOME", home);
    command.env("TERM", "xterm-256color");
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let mut writer = pair.master.take_writer().expect("a writer");
    let start = Instant::now();
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    drop(pair.slave);
    let mut shown = Vec::new();
    let mut buffer = [0; 8192];
    let took = loop {
        let read = reader.read(&mut buffer).expect("the program shows something");
        assert!(read > 0, "it ended: {}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&buffer[..read]);
        if memchr::memmem::find(&shown, FIRST).is_some() {
            break start.elapsed();
        }
    };
    let _ = writer.write_all(b"\x03");
    // What it still draws is read, so that it can end.
    while reader.read(&mut buffer).is_ok_and(|read| read > 0) {}
    let _ = child.wait();
    took
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}
