//! Effective options by their kind, and as `ssh2-config` has them.

use std::path::PathBuf;
use std::time::Duration;

use ssh2_config::{
    DefaultAlgorithms, HostParams, ParseRule, RemoteForward, RemoteForwardDestination,
    RemoteForwardListen, SshConfig,
};
use sshp_config::forward::PermittedOpen;
use sshp_config::{CommandLine, Dialect, Effective, FixedFacts, Keyword, Source, Tree, resolve};

/// A machine with one variable.
fn machine() -> FixedFacts {
    FixedFacts {
        user: b"me".to_vec(),
        uid: 1000,
        home: b"/home/me".to_vec(),
        hostname: b"here".to_vec(),
        variables: [(b"KEYS".to_vec(), b"/keys".to_vec())].into(),
        services: [(b"ssh".to_vec(), 22)].into(),
        ..FixedFacts::default()
    }
}

fn effective(lines: &str) -> Effective {
    let tree = Tree::of_text("/config", lines.as_bytes());
    let line = CommandLine::destination("web").expect("a destination");
    resolve(&tree, &line, &machine(), None, &Dialect::default()).expect(lines)
}

fn params(lines: &str) -> HostParams {
    effective(lines).host_params(&machine()).expect("paths that can be expanded")
}

/// What `ssh2-config` itself makes of the same lines, with ssh's defaults.
fn of_ssh2_config(lines: &str) -> HostParams {
    let ssh = params("");
    let list = |list: &ssh2_config::Algorithms| list.algorithms().to_vec();
    let defaults = DefaultAlgorithms {
        ca_signature_algorithms: list(&ssh.ca_signature_algorithms),
        ciphers: list(&ssh.ciphers),
        host_key_algorithms: list(&ssh.host_key_algorithms),
        kex_algorithms: list(&ssh.kex_algorithms),
        mac: list(&ssh.mac),
        pubkey_accepted_algorithms: list(&ssh.pubkey_accepted_algorithms),
    };
    let config = SshConfig::default().default_algorithms(defaults);
    let text = format!("Host *\n{lines}\n");
    config.parse(&mut text.as_bytes(), ParseRule::STRICT).expect(lines).query("web")
}

#[test]
fn every_value_has_the_type_of_its_keyword() {
    let found = effective(
        "Compression yes\nConnectTimeout 1m30s\nNumberOfPasswordPrompts 7\nControlPath none\n\
         IdentityFile ~/.ssh/%r\nIdentityFile ${KEYS}/b\nCertificateFile none\nSendEnv A B\n\
         UserKnownHostsFile ~/%%h /b\nPermitRemoteOpen a:ssh [::1]:* *:7\n",
    );
    assert!(found.flag(Keyword::Compression) && !found.flag(Keyword::BatchMode));
    assert_eq!(found.seconds(Keyword::ConnectTimeout), Some(Duration::from_secs(90)));
    assert_eq!(found.seconds(Keyword::ServerAliveInterval), None, "0 is none");
    assert_eq!(found.number(Keyword::NumberOfPasswordPrompts), Some(7));
    assert_eq!(found.value(Keyword::ControlPath), None);
    let paths = |keyword| found.paths(keyword, &machine()).expect("paths");
    assert_eq!(
        paths(Keyword::IdentityFile),
        [PathBuf::from("/home/me/.ssh/me"), PathBuf::from("/keys/b")]
    );
    assert!(paths(Keyword::CertificateFile).is_empty());
    // Expanded once: what `%%` stands for is no token.
    let known_hosts = [PathBuf::from("/home/me/%h"), PathBuf::from("/b")];
    assert_eq!(paths(Keyword::UserKnownHostsFile), known_hosts);
    let words: Vec<_> = found.values(Keyword::SendEnv).collect();
    assert_eq!(words, [b"A", b"B"]);
    let open = |host: Option<&[u8]>, port| PermittedOpen { host: host.map(<[u8]>::to_vec), port };
    assert_eq!(
        found.permitted_opens(&machine()).expect("some"),
        [open(Some(b"a"), Some(22)), open(Some(b"::1"), None), open(None, Some(7))]
    );
    assert!(found.is_set(Keyword::Compression) && !found.is_set(Keyword::Port));
    let Source::File(origin) = &found.setting(Keyword::Compression).expect("set").source else {
        panic!("no origin")
    };
    assert_eq!(origin.line, 1);
}

#[test]
fn a_path_that_cannot_be_expanded_is_an_error() {
    let found = effective("IdentityFile /k/%z");
    assert!(found.paths(Keyword::IdentityFile, &machine()).is_err());
    assert!(found.host_params(&machine()).is_err());
}

#[test]
fn host_params_hold_what_ssh_would_use() {
    let params = params(
        "HostName 192.0.2.1\nPort 2022\nUser bob\nCompression yes\nConnectTimeout 7\n\
         ConnectionAttempts 3\nServerAliveInterval 2m\nTCPKeepAlive no\nPubkeyAuthentication unbound\n\
         AddKeysToAgent confirm\nForwardAgent no\nBindAddress 192.0.2.9\nProxyJump a,b@c:1\n\
         IdentityFile /k1\nIdentityFile /k2\nRemoteForward 9 h:1\nRemoteForward 1080\nBatchMode yes\n",
    );
    assert_eq!(params.host_name.as_deref(), Some("192.0.2.1"));
    assert_eq!((params.port, params.user.as_deref()), (Some(2022), Some("bob")));
    assert_eq!((params.compression, params.tcp_keep_alive), (Some(true), Some(false)));
    assert_eq!(params.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(params.connection_attempts, Some(3));
    assert_eq!(params.server_alive_interval, Some(Duration::from_mins(2)));
    assert_eq!((params.add_keys_to_agent, params.forward_agent), (Some(true), Some(false)));
    assert_eq!(params.pubkey_authentication, Some(true));
    assert_eq!(params.bind_address.as_deref(), Some("192.0.2.9"));
    assert_eq!(params.proxy_jump, Some(vec!["a".to_owned(), "b@c:1".to_owned()]));
    assert_eq!(params.identity_file, Some(vec!["/k1".into(), "/k2".into()]));
    let to = RemoteForwardDestination::Host { host: "h".to_owned(), port: 1 };
    assert_eq!(
        params.remote_forward,
        [
            RemoteForward::new(RemoteForwardListen::Port(9), Some(to)),
            RemoteForward::new(RemoteForwardListen::Port(1080), None),
        ]
    );
    assert_eq!(params.unsupported_fields["batchmode"], ["yes"]);
    assert!(!params.unsupported_fields.contains_key("port"));
}

#[test]
fn lists_of_algorithms_follow_ssh_where_ssh2_config_differs() {
    let lists = |params: &HostParams| params.ciphers.algorithms().to_vec();
    let ours = |line: &str| lists(&params(line));
    let theirs = |line: &str| lists(&of_ssh2_config(line));
    let default = ours("");
    for same in ["", "Ciphers aes256-ctr,aes128-ctr", "Ciphers +aes128-cbc", "Ciphers -aes128-ctr"]
    {
        assert_eq!(ours(same), theirs(same), "{same}");
    }
    // What goes to the front is there once.
    let front = "Ciphers ^aes256-ctr";
    assert_eq!(ours(front).len(), default.len());
    assert_eq!(theirs(front).len(), default.len() + 1);
    // What is taken away may be a pattern.
    let pattern = "Ciphers -aes*";
    assert_eq!(ours(pattern), ["chacha20-poly1305@openssh.com"]);
    assert_eq!(theirs(pattern), default);
    // Times: `none` is no time.
    assert_eq!(params("ConnectTimeout none").connect_timeout, None);
}
