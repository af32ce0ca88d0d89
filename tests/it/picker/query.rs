//! Filters in a query, the same in the picker, in `list` and on the command line.

use super::pick;
use crate::support::pty::Pty;
use crate::support::sandbox::Sandbox;

fn fleet() -> Sandbox {
    let s = Sandbox::with_config(
        "Host web-1\n    HostName 10.0.0.1\n    User deploy\n    ProxyJump bastion\n\
         Host web-2\n    HostName 10.0.0.2\n    User root\n    IdentityFile ~/.ssh/id_fleet\n\
         Host bastion\n    HostName 192.0.2.9\n    User jump\n\
         Host deploy\n    HostName db.example\n    User me\n",
    );
    s.write(
        ".config/sshp/profiles.toml",
        "[web-1]\ntags = [\"prod\", \"eu\"]\n[web-2]\ntags = [\"production\"]\n",
    );
    s
}

/// Each query and the profiles that it leaves.
const CASES: [(&str, &[&str]); 10] = [
    ("#prod", &["web-1", "web-2"]),
    ("#eu", &["web-1"]),
    ("!#eu", &["web-2", "bastion", "deploy"]),
    ("user:deploy", &["web-1"]),
    ("host:10.0.0", &["web-1", "web-2"]),
    ("key:fleet", &["web-2"]),
    ("via:bast", &["web-1"]),
    ("#prod !user:root", &["web-1"]),
    ("web host:0.2", &["web-2"]),
    ("via:bast | key:fleet", &["web-1", "web-2"]),
];

#[test]
fn list_and_the_picker_leave_the_same() {
    let s = fleet();
    for (query, names) in CASES {
        let listed = s.sshp_args(["list", query]).success().stdout;
        let mut listed: Vec<_> =
            listed.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        let mut wanted = names.to_vec();
        listed.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(listed, wanted, "{query}");
    }
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("4/4");
    for (query, names) in CASES {
        pty.send(&format!("\x15{query}"));
        let count = format!("{}/4", names.len());
        pty.wait_until(&format!("{query}: {count}"), |screen| {
            let rows: Vec<_> = screen.lines().take_while(|line| !line.contains("───")).collect();
            rows[0].contains(&count)
                && names.iter().all(|name| rows[1..].iter().any(|row| row.contains(name)))
        });
    }
    pty.send("\x1b");
    pty.wait_for("exit 130");
}

#[test]
fn a_filter_that_leaves_one_still_asks() {
    let s = fleet();
    for query in ["#eu", "key:fleet", "user:jump"] {
        let mut pty = Pty::spawn(&pick(&s, &format!("'{query}'")));
        pty.wait_for("1/4");
        pty.send("\r");
        pty.wait_for("exit 0");
    }
    s.sshp_args(["list", "user:nobody"]).exits(3).says("no profile matches");
}
