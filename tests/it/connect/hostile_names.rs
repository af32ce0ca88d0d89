//! A host or user from a config that ssh would refuse on its command line reaches no shell, of
//! whatever server on the way it is.

use super::{SESSIONS, connect};
use crate::support::sandbox::Sandbox;

/// What stands in the block of `web` and below it, and would run a command.
const CONFIGS: [&str; 14] = [
    "HostName \"x$(touch ran)\"\n  ProxyCommand echo %h",
    "User \"x`touch ran`\"\n  ProxyCommand echo %r",
    "HostKeyAlias \"x$(touch ran)\"\n  ProxyCommand echo %k",
    "ProxyJump hop\nHost hop\n  HostName \"x$(touch ran)\"\n  ProxyCommand echo %h",
    "ProxyJump hop\nHost hop\n  User \"x`touch ran`\"\n  ProxyCommand echo %r",
    "ProxyJump a,hop\nHost a\n  HostName \"x$(touch ran)\"\n  ProxyCommand echo %h",
    "ProxyJump hop\nHost hop\n  ProxyJump end\nHost end\n  HostName \"x$(touch ran)\"\n  ProxyCommand echo %h",
    "ProxyJump x$(echo>ran)\nHost x*\n  HostName 127.0.0.1",
    "ProxyJump x$(echo>ran)@hop\nHost hop\n  HostName 127.0.0.1",
    "ProxyJump hop,x$(echo>ran)\nHost x*\n  HostName 127.0.0.1",
    "Port 22\nMatch originalhost web exec true\n  HostName \"x$(touch ran)\"\nHost web\n  ProxyCommand echo %h",
    "ProxyJump hop\nMatch originalhost hop exec true\n  HostName \"x$(touch ran)\"\nHost hop\n  ProxyCommand echo %h",
    "HostName \"x$(touch ran)\"\nMatch originalhost web exec \"echo %h\"\n  Port 22",
    "ProxyCommand ssh -F CONFIG -W %h:%p hop\nHost hop\n  HostName \"x$(touch ran)\"\n  ProxyCommand echo %h",
];

#[test]
fn no_name_of_a_config_reaches_a_shell() {
    for config in CONFIGS {
        let home = Sandbox::new();
        let ran = home.path("ran");
        let path = home.path(".ssh/config").display().to_string();
        let config = config.replace("CONFIG", &path);
        home.write(".ssh/config", format!("Host web\n  {config}\n"));
        for session in SESSIONS {
            let run = super::Run::of(&mut connect(&home, session, &["web", "true"])).exits(255);
            assert!(run.stderr.contains("characters"), "{config}: {run:?}");
            assert!(!ran.exists(), "{session}: {config}");
        }
        home.sshp("doctor web --no-auth");
        assert!(!ran.exists(), "doctor: {config}");
        home.sshp("trust web --fingerprint SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        assert!(!ran.exists(), "trust: {config}");
    }
}

#[test]
fn names_that_are_no_danger_connect_as_before() {
    // What is not safe stands where it does not count.
    let config = "Host other\n  HostName \"x$(true)\"\nMatch originalhost other exec true\n  User \"a;b\"\n\
                  Host web\n  HostName 127.0.0.1\n  Port 1\n";
    let home = Sandbox::with_config(config);
    for session in SESSIONS {
        let run = super::Run::of(&mut connect(&home, session, &["web", "true"])).exits(255);
        assert!(!run.stderr.contains("characters"), "{run:?}");
    }
}
