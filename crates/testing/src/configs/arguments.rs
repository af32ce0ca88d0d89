//! A command line of ssh.

use std::path::Path;

use super::dated;
use super::random::Random;

const HOSTS: &[&str] = &[
    "web",
    "web",
    "db1",
    "db1.example.com",
    "WEB",
    "Db1",
    "10.0.0.1",
    "127.1",
    "0x7f.1",
    "FE80::A",
    "2001:DB8:0::1",
    "::ffff:1.2.3.4",
    "h%h",
    "x.y.z.w",
    "web.",
    "localhost",
];

/// What follows `ssh -G`; `dated` of a hundred flags differ between versions of OpenSSH.
pub(super) fn arguments(r: &mut Random, home: &Path, dated: usize) -> Vec<String> {
    let config = format!("{}/.ssh/config", home.display());
    let mut args = vec!["-F".to_owned(), config];
    let mut flags: Vec<&[&str]> = Vec::new();
    let known: [&[&str]; 39] = [
        &["-4"],
        &["-6"],
        &["-A"],
        &["-a"],
        &["-C"],
        &["-c", "aes128-ctr"],
        &["-m", "hmac-sha1"],
        &["-L", "8080:h:80"],
        &["-R", "9000:h:90"],
        &["-R", "1080"],
        &["-D", "1080"],
        &["-W", "h:22"],
        &["-N"],
        &["-T"],
        &["-t"],
        &["-tt"],
        &["-X"],
        &["-x"],
        &["-Y"],
        &["-b", "127.0.0.1"],
        &["-B", "lo"],
        &["-e", "^A"],
        &["-e", "none"],
        &["-K"],
        &["-k"],
        &["-q"],
        &["-v"],
        &["-vv"],
        &["-p", "2200"],
        &["-p2201"],
        &["-l", "cmdline"],
        &["-J", "hop"],
        &["-o", "User=fromo"],
        &["-oPort 1234"],
        &["-o", "ProxyCommand=nc %h"],
        &["-o", "SendEnv -*"],
        &["-g"],
        &["-M"],
        &["-S", "none"],
    ];
    for _ in 0..r.below(4) {
        flags.push(if r.chance(dated) { dated::flag(r) } else { known[r.below(known.len())] });
    }
    let split = r.below(flags.len() + 1);
    let push = |args: &mut Vec<String>, flags: &[&[&str]]| {
        args.extend(flags.iter().flat_map(|flag| flag.iter().map(|word| (*word).to_owned())));
    };
    push(&mut args, &flags[..split]);
    let host = r.pick(HOSTS);
    args.push(match r.below(8) {
        0 if r.chance(2 * dated) => dated::destination(r).to_owned(),
        0 => format!("bob@{host}"),
        1 => format!("me@corp@{host}"),
        2 if host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') => {
            format!("ssh://alice@{host}:2022")
        }
        _ => host.to_owned(),
    });
    push(&mut args, &flags[split..]);
    if r.chance(10) {
        args.push("uptime".to_owned());
    }
    args
}
