use std::path::Path;
use std::sync::LazyLock;

use sshp_config::{Dialect, FixedFacts, Tree, resolve};

use super::*;

/// A machine with an agent.
static MACHINE: LazyLock<FixedFacts> = LazyLock::new(|| FixedFacts {
    user: b"me".to_vec(),
    uid: 1000,
    home: b"/home/me".to_vec(),
    hostname: b"here".to_vec(),
    variables: [
        (b"SSH_AUTH_SOCK".to_vec(), b"/agent".to_vec()),
        (b"OTHER".to_vec(), b"/other".to_vec()),
    ]
    .into(),
    services: [(b"ssh".to_vec(), 22)].into(),
    ..FixedFacts::default()
});

pub(in crate::session) fn facts() -> Facts<'static> {
    static ENVIRONMENT: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        [("LANG", "C.UTF-8"), ("LC_TIME", "C"), ("SECRET", "x")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    });
    Facts { machine: &*MACHINE, environment: &ENVIRONMENT }
}

fn tree(text: &str) -> Tree {
    Tree::of_text("/config", text.as_bytes())
}

fn line(host: &str) -> CommandLine {
    CommandLine::destination(host).expect("a destination")
}

/// The options of `web` by these lines, where ssh would take them.
pub(in crate::session) fn try_resolve(lines: &str) -> Option<Effective> {
    resolve(&tree(lines), &line("web"), &*MACHINE, None, &Dialect::default()).ok()
}

/// Plans a session with a host of a config.
fn planned(choice: Session, config: &str, host: &str) -> Result<Box<Builtin>, SessionPlanError> {
    let tree = tree(config);
    let resolve = |line: &CommandLine| {
        resolve(&tree, line, &*MACHINE, None, &Dialect::default())
            .map_err(|rejected| rejected.complaints[0].text.clone())
    };
    let pinned = |line: &CommandLine| {
        let name = String::from_utf8_lossy(line.host()).into_owned();
        resolve(line).map(|options| ResolvedServer { options, pins: Pins::only(vec![name]) })
    };
    let server = pinned(&line(host)).expect(config);
    plan(choice, server, &line(host), &ConnectRequest::default(), facts(), pinned)
}

fn builtin(lines: &str) -> Builtin {
    match planned(Session::Builtin, lines, "web") {
        Ok(builtin) => *builtin,
        other => panic!("{lines}: {other:?}"),
    }
}

#[test]
fn what_is_lacking_is_named_with_its_line() {
    let lines = "HostName 10.0.0.1\nForwardX11 yes\nControlPath /tmp/c\nKexAlgorithms sntrup761x25519-sha512@openssh.com";
    let error = planned(Session::Builtin, lines, "web").expect_err("refused");
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
    for value in [
        "HostName -oProxyCommand=x",
        "HostName `touch_x`",
        "HostName a;b",
        "HostName \"a b\"",
        "User -x",
        "User a$(b)",
        "User \"a -b\"",
        "HostKeyAlias $(x)",
    ] {
        let error = planned(Session::Auto, value, "web").expect_err(value);
        assert!(error.to_string().contains("/config:1"), "{value}: {error}");
        // Those of a jump host, too.
        for jump in ["hop", "hop,last"] {
            let config = format!("Host web\n ProxyJump {jump}\nHost hop\n {value}");
            let error = planned(Session::Auto, &config, "web").expect_err(value);
            assert!(matches!(error, SessionPlanError::Unsafe(_)), "{config}: {error:?}");
            assert!(error.to_string().contains("/config:4"), "{config}: {error}");
        }
    }
    // And the name of the jump host itself.
    for jump in ["a;b", "`a`"] {
        let config = format!("Host web\n ProxyJump {jump}");
        let error = planned(Session::Auto, &config, "web").expect_err(jump).to_string();
        assert!(error.contains(&format!("`{jump}`")) && error.contains("/config:2"), "{error}");
    }
    assert!(is_valid_host("fe80::1%eth0") && is_valid_host("web_1.example"));
    assert!(is_valid_user("DOMAIN\\user") && is_valid_user("a b"));
}

#[test]
fn every_hop_has_options_of_its_own() {
    let config = "Host web\n HostName 10.0.0.9\n ProxyJump a,bob@b:2022\n\
                  Host a\n HostName 10.0.0.1\n ProxyJump gate\n\
                  Host b\n User bill\n ProxyCommand nc\n\
                  Host gate\n ProxyCommand sshd -i\n";
    let builtin = planned(Session::Builtin, config, "web").expect("a plan");
    let names: Vec<_> = builtin.hops.iter().map(|hop| hop.name.as_str()).collect();
    assert_eq!(names, ["gate", "a", "b", "web"]);
    assert_eq!(builtin.hops[0].transport.proxy_command.as_deref(), Some("sshd -i"));
    assert_eq!(builtin.hops[2].transport.proxy_command, None);
    assert_eq!((builtin.hops[2].user.as_str(), builtin.hops[2].port), ("bob", 2022));
    assert_eq!(builtin.hops[3].host, "10.0.0.9");
    for hop in &builtin.hops {
        assert_eq!(hop.trust.pins, Pins::only(vec![hop.name.clone()]), "each has its own pins");
    }
}

#[test]
fn a_jump_through_itself_ends() {
    let config = "Host a\n ProxyJump b\nHost b\n ProxyJump a\n";
    let error = planned(Session::Builtin, config, "a").expect_err("refused");
    assert!(error.to_string().contains("a via b via a"), "{error}");
}

#[test]
fn what_cannot_be_expanded_is_named_with_its_line() {
    for (line, expected) in [
        ("IdentityFile /k/%z", "/config:1: IdentityFile: unknown key %z"),
        ("CertificateFile ${UNSET}", "/config:1: CertificateFile: env var ${UNSET} has no value"),
        ("ProxyCommand nc %z", "/config:1: ProxyCommand: unknown key %z"),
        ("LocalCommand %z", "/config:1: LocalCommand: unknown key %z"),
    ] {
        let error = planned(Session::Builtin, line, "web").expect_err(line);
        assert_eq!(error.to_string(), expected);
    }
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
        "Port 2222\nConnectTimeout 5\nBatchMode yes\nIdentityAgent none\nEscapeChar ^B\nSendEnv LANG LC_*\nSetEnv A=b=c\nRequestTTY force\nRekeyLimit 512M 3600\nPreferredAuthentications password,publickey\nIdentityFile /k1\nIdentityFile /k2\nStrictHostKeyChecking accept-new\nServerAliveInterval 5\nServerAliveCountMax 2",
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
