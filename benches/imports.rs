//! What an import of the servers of a cloud costs, as a ratio to a list of as many profiles, side by side in
//! one run.
//!
//! ```text
//! cargo bench --bench imports              # of 1,000 and 10,000 servers
//! cargo bench --bench imports -- 3000      # other sizes
//! ```
//!
//! Times are of whole processes, taken in turn so that a busy machine slows all; a ratio is of medians. What
//! `list` reads is what the import has written. The memory is the peak of all processes so far.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own, not a part of sshp"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const SSHP: &str = env!("CARGO_BIN_EXE_sshp");
const ROUNDS: usize = 7;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000] } else { sizes };
    println!("{:>8}  {:<14} {:>9} {:>9} {:>7}", "servers", "what", "ms", "list ms", "ratio");
    for size in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("servers.json");
        std::fs::write(&file, servers(size)).expect("the list of servers");
        let file = file.to_str().expect("a path in UTF-8");
        let (mut first, mut again, mut list) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let home = folder.path().join(format!("home-{round}"));
            std::fs::create_dir_all(home.join(".ssh")).expect("a home");
            first.push(run(&home, &["import", file, "--yes"]));
            again.push(run(&home, &["import", file, "--yes"]));
            list.push(run(&home, &["list"]));
        }
        let list = median(list);
        for (what, times) in [("first import", first), ("second import", again)] {
            let took = median(times);
            println!("{size:>8}  {what:<14} {took:>9.1} {list:>9.1} {:>7.2}", took / list);
        }
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("what the processes used");
        println!("{size:>8}  peak of memory {:>9} KiB", usage.max_rss());
    }
}

/// Servers as `aws ec2 describe-instances` lists them, without most of what nothing reads.
fn servers(count: usize) -> String {
    let server = |n: usize| {
        let (high, low) = (n >> 8 & 255, n & 255);
        format!(
            r#"{{ "InstanceId": "i-{n:017x}", "ImageId": "ami-0a", "LaunchTime": "2026-11-30T02:22:37+00:00",
            "Placement": {{ "AvailabilityZone": "us-east-2a", "Tenancy": "default" }}, "PrivateIpAddress": "10.0.{high}.{low}",
            "PublicIpAddress": "198.18.{high}.{low}", "State": {{ "Code": 16, "Name": "running" }}, "MetadataOptions": {{ "State": "applied" }},
            "NetworkInterfaces": [{{ "OwnerId": "111111111111", "Status": "in-use", "Association": {{ "IpOwnerId": "amazon" }} }}],
            "Tags": [{{ "Key": "Name", "Value": "web-{n}" }}, {{ "Key": "env", "Value": "prod" }}] }}"#
        )
    };
    let servers: Vec<_> = (0..count).map(server).collect();
    format!(r#"{{ "Reservations": [{{ "Instances": [{}] }}] }}"#, servers.join(","))
}

/// How long a command took in a home, in milliseconds.
fn run(home: &Path, args: &[&str]) -> f64 {
    let mut command = Command::new(SSHP);
    command.env_clear().env("HOME", home).args(args);
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let took: Duration = start.elapsed();
    assert!(status.expect("sshp").success(), "{args:?}");
    took.as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
