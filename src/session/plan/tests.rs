use std::path::Path;

use super::*;

fn facts() -> Facts {
    Facts {
        user: "me".to_owned(),
        ssh_dir: PathBuf::from("/home/me/.ssh"),
        agent: Some(PathBuf::from("/agent")),
        environment: vec![
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("LC_TIME".to_owned(), "C".to_owned()),
            ("SECRET".to_owned(), "x".to_owned()),
        ],
    }
}

fn options(lines: &str) -> Options {
    let mut options = Options::default();
    for (number, line) in (1..).zip(lines.lines()) {
        let (keyword, value) = line.split_once(' ').expect("a keyword and a value");
        let file = std::sync::Arc::from(Path::new("/config"));
        options.add(keyword, value, Some(Origin { file, line: number }));
    }
    options
}

fn no_hops(_: &str) -> Result<(String, Options), String> {
    Err("no such hop".to_owned())
}

fn request(name: &str) -> ConnectRequest {
    ConnectRequest { name: name.to_owned(), ..ConnectRequest::default() }
}

fn builtin(lines: &str) -> Builtin {
    match plan(Session::Builtin, &options(lines), &request("web"), &facts(), no_hops) {
        Ok(builtin) => *builtin,
        other => panic!("{lines}: {other:?}"),
    }
}

#[test]
fn what_is_lacking_is_named_with_its_line() {
    let lines = "HostName 10.0.0.1\nForwardX11 yes\nControlPath /tmp/c\nKexAlgorithms sntrup761x25519-sha512@openssh.com";
    let error = plan(Session::Builtin, &options(lines), &request("web"), &facts(), no_hops)
        .expect_err("refused");
    let text = error.to_string();
    for part in
        ["`ForwardX11 yes` (/config:2)", "`ControlPath /tmp/c` (/config:3)", "`KexAlgorithms"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    // What is set to what the built-in session does anyway is no lack.
    builtin("ForwardX11 no\nControlMaster no\nControlPath none\nGSSAPIAuthentication yes");
}

#[test]
fn hosts_and_users_that_ssh_refuses_are_refused_wherever_they_stand() {
    for lines in [
        "HostName -oProxyCommand=x",
        "HostName `touch x`",
        "HostName a;b",
        "HostName a b",
        "User -x",
        "User a$(b)",
        "User a -b",
        "HostKeyAlias $(x)",
    ] {
        let error = plan(Session::Auto, &options(lines), &request("web"), &facts(), no_hops)
            .expect_err(lines);
        assert!(error.to_string().contains("/config:1"), "{lines}: {error}");
        // Those of a jump host, too, and the name of the jump host itself.
        let hop = |spec: &str| -> Result<(String, Options), String> {
            let lines = if spec == "hop" { lines } else { "HostName 10.0.0.1" };
            Ok((spec.to_owned(), options(lines)))
        };
        for jump in ["ProxyJump hop", "ProxyJump hop,last", "ProxyJump a;b", "ProxyJump `a`"] {
            let error = plan(Session::Auto, &options(jump), &request("web"), &facts(), hop);
            assert!(
                matches!(error, Err(SessionPlanError::Unsafe(_))),
                "{lines}, {jump}: {error:?}"
            );
        }
    }
    assert!(is_valid_host("fe80::1%eth0") && is_valid_host("web_1.example"));
    assert!(is_valid_user("DOMAIN\\user") && is_valid_user("a b"));
}

#[test]
fn every_hop_has_options_of_its_own() {
    let hop = |spec: &str| -> Result<(String, Options), String> {
        match spec {
            "a" => Ok(("a".to_owned(), options("HostName 10.0.0.1\nProxyJump gate"))),
            "bob@b:2022" => Ok(("b".to_owned(), options("User bob\nPort 2022\nProxyCommand nc"))),
            "gate" => Ok(("gate".to_owned(), options("ProxyCommand sshd -i"))),
            other => Err(format!("what is {other}?")),
        }
    };
    let lines = "HostName 10.0.0.9\nProxyJump a,bob@b:2022";
    let plan = plan(Session::Builtin, &options(lines), &request("web"), &facts(), hop);
    let Ok(builtin) = plan else { panic!("{plan:?}") };
    let names: Vec<_> = builtin.hops.iter().map(|hop| hop.name.as_str()).collect();
    assert_eq!(names, ["gate", "a", "b", "web"]);
    assert_eq!(builtin.hops[0].transport.proxy_command.as_deref(), Some("sshd -i"));
    assert_eq!(builtin.hops[2].transport.proxy_command, None);
    assert_eq!((builtin.hops[2].user.as_str(), builtin.hops[2].port), ("bob", 2022));
    assert_eq!(builtin.hops[3].host, "10.0.0.9");
}

#[test]
fn a_jump_through_itself_ends() {
    let hop = |_: &str| -> Result<(String, Options), String> {
        Ok(("a".to_owned(), options("ProxyJump a")))
    };
    let error = plan(Session::Builtin, &options("ProxyJump a"), &request("a"), &facts(), hop);
    assert!(error.expect_err("refused").to_string().contains("a via a"));
}

#[test]
fn values_have_their_types_and_defaults() {
    let plain = builtin("HostName h");
    let server = &plain.hops[0];
    assert_eq!((server.user.as_str(), server.port), ("me", 22));
    assert_eq!(server.transport.timeout, DEFAULT_TIMEOUT);
    assert_eq!(server.trust.strict, Strict::Ask);
    assert_eq!(server.trust.user_files[0], Path::new("/home/me/.ssh/known_hosts"));
    assert_eq!(
        server.auth.methods,
        [Method::PublicKey, Method::KeyboardInteractive, Method::Password]
    );
    assert_eq!(server.auth.agent.as_deref(), Some(Path::new("/agent")));
    assert_eq!(plain.work.escape, Some(b'~'));

    let set = builtin(
        "Port 2222\nConnectTimeout 5\nBatchMode yes\nIdentityAgent none\nEscapeChar \\^B\nSendEnv LANG LC_*\nSetEnv A=b=c\nRequestTTY force\nRekeyLimit 512M 3600\nPreferredAuthentications password,publickey\nIdentityFile /k1\nIdentityFile /k2\nStrictHostKeyChecking accept-new\nServerAliveInterval 5\nServerAliveCountMax 2",
    );
    let server = &set.hops[0];
    assert_eq!(server.port, 2222);
    assert_eq!(server.transport.timeout, Duration::from_secs(5));
    assert_eq!(server.auth.methods, [Method::PublicKey]);
    assert_eq!(server.auth.agent, None);
    assert_eq!(server.auth.identities.len(), 2);
    assert_eq!(server.trust.strict, Strict::AcceptNew);
    assert_eq!(server.rekey_bytes, Some(512 << 20));
    assert_eq!(server.rekey_time, Some(Duration::from_hours(1)));
    assert_eq!((server.alive_interval, server.alive_max), (Some(Duration::from_secs(5)), 2));
    assert_eq!(set.work.escape, Some(2));
    assert_eq!(set.work.tty, TtyChoice::Force);
    let names: Vec<_> = set.work.environment.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["A", "LANG", "LC_TIME"]);
    assert_eq!(set.work.environment[0].1, "b=c");
}
