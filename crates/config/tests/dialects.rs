//! What releases of OpenSSH make of one config, from runs of the real programs: the table below says
//! what each printed or refused.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_config::tree::{Refusal, Source, Start};
use sshp_config::{CommandLine, Dialect, FixedFacts, Tree, resolve};

/// One file that is nowhere but here.
struct One(Vec<u8>);

impl Source for One {
    fn read(&self, path: &Path, _: bool) -> Result<Arc<[u8]>, Refusal> {
        let is_it = path == Path::new("/c");
        is_it.then(|| Arc::from(self.0.as_slice())).ok_or(Refusal::Missing)
    }

    fn glob(&self, _: &[u8]) -> Vec<PathBuf> {
        Vec::new()
    }
}

fn machine() -> FixedFacts {
    FixedFacts {
        user: b"me".to_vec(),
        uid: 1000,
        home: b"/home/me".to_vec(),
        hostname: b"here".to_vec(),
        variables: [(b"V".to_vec(), b"value".to_vec())].into(),
        addresses: vec![[127, 0, 0, 1].into()],
        services: [(b"ssh".to_vec(), 22)].into(),
    }
}

/// What `ssh -G` of a dialect prints, or says where it refuses.
fn answer(dialect: &str, config: &str, arguments: &str) -> Result<String, String> {
    let dialect: Dialect = dialect.parse().expect("a dialect");
    let words = arguments.split(' ').map(OsString::from);
    let command = CommandLine::parse(words, &dialect).map_err(|error| error.to_string())?;
    let start = Start { path: "/c".into(), user: true, required: true, check: false };
    let file = One(config.replace("; ", "\n").into_bytes());
    let tree = Tree::read(&[start], &file, &machine(), &dialect);
    let effective = resolve(&tree, &command, &machine(), None, &dialect);
    let effective = effective.map_err(|rejected| rejected.to_string())?;
    Ok(String::from_utf8(effective.dump()).expect("text"))
}

/// Requires a line of `ssh -G`, after `!` that no line begins so, or after `?` a line of a refusal.
fn require(dialect: &str, config: &str, arguments: &str, expected: &str) {
    let what = format!("{dialect}: {config} [{arguments}]");
    let answer = answer(dialect, config, arguments);
    if let Some(said) = expected.strip_prefix('?') {
        let refusal = answer.expect_err(&what);
        assert!(refusal.lines().any(|line| line == said), "{what}: {refusal}");
        return;
    }
    let printed = answer.unwrap_or_else(|refusal| panic!("{what}: {refusal}"));
    match expected.strip_prefix('!') {
        Some(absent) => {
            assert!(!printed.lines().any(|line| line.starts_with(absent)), "{what}: {absent}");
        }
        None => assert!(printed.lines().any(|line| line == expected), "{what}\n{printed}"),
    }
}

#[test]
fn a_keyword_is_taken_from_its_release_on() {
    for (keyword, value, version, before) in [
        ("SessionType", "none", "8.7", "8.6"),
        ("RequiredRSASize", "2048", "9.1", "9.0"),
        ("EnableEscapeCommandline", "yes", "9.2", "9.1"),
        ("Tag", "work", "9.4", "9.3"),
        ("ObscureKeystrokeTiming", "no", "9.5", "9.4"),
        ("ChannelTimeout", "session=5m", "9.6", "9.5"),
        ("VersionAddendum", "x", "10.0", "9.9"),
        ("WarnWeakCrypto", "no", "10.1", "10.0"),
        ("GSSAPIKeyExchange", "yes", "debian-13", "debian-14"),
        ("ProtocolKeepAlives", "5", "debian-12", "9.2"),
        ("UseKeychain", "yes", "macos-15", "9.9"),
        ("RSAMinSize", "2048", "rhel-10", "9.9"),
    ] {
        let config = format!("{keyword} {value}");
        assert!(answer(version, &config, "web").is_ok(), "{keyword}");
        let lower = keyword.to_lowercase();
        let refusal = format!("?/c: line 1: Bad configuration option: {lower}");
        require(before, &config, "web", &refusal);
        require(before, &format!("IgnoreUnknown {keyword}; {config}"), "web", "port 22");
    }
    require("10.1", "RefuseConnection 'go away'", "web", "?/c line 1: RefuseConnection: go away");
    require("10.1", "Host other; RefuseConnection x", "web", "port 22");
    require("debian-14", "GSSAPIAuthentication yes", "web", "!gssapi");
}

#[test]
fn values_are_printed_as_the_release_prints_them() {
    for (dialect, config, expected) in [
        ("8.8", "PubkeyAuthentication no", "pubkeyauthentication no"),
        ("8.9", "PubkeyAuthentication no", "pubkeyauthentication false"),
        ("10.5", "TCPKeepAlive no", "tcpkeepalive no"),
        ("10.6", "TCPKeepAlive transport", "tcpkeepalive true"),
        ("10.6", "TCPKeepAlive all", "tcpkeepalive all"),
        ("9.2", "LogLevel quiet", "loglevel QUIET"),
        ("debian-12", "LogLevel quiet", "loglevel SILENT"),
        ("9.2", "BatchMode yes", "serveraliveinterval 0"),
        ("debian-12", "BatchMode yes", "serveraliveinterval 300"),
        ("9.1", "", "!host "),
        ("9.2", "", "host web"),
        ("8.7", "", "!canonicalizePermittedcnames"),
        ("10.5", "", "canonicalizePermittedcnames none"),
        ("10.6", "", "canonicalizepermittedcnames none"),
        ("9.9", "Compression yes", "compression UNKNOWN"),
        ("10.0", "Compression yes", "compression yes"),
        ("10.2", "RevokedHostKeys none", "!revokedhostkeys"),
        ("10.3", "RevokedHostKeys /a ~/b", "revokedhostkeys /a /home/me/b"),
        ("10.3", "", "revokedhostkeys none"),
        ("9.5", "ObscureKeystrokeTiming interval:20", "obscurekeystroketiming yes"),
        ("9.5", "ObscureKeystrokeTiming interval:50", "obscurekeystroketiming 50"),
        ("10.0", "VersionAddendum none", "versionaddendum "),
        ("10.0", "VersionAddendum a %h ${V} # c", "versionaddendum a web value # c"),
        ("10.1", "WarnWeakCrypto no-pq-kex", "warnweakcrypto no"),
        ("9.7", "IPQoS lowdelay", "ipqos lowdelay lowdelay"),
        ("10.1", "IPQoS lowdelay", "ipqos none none"),
        ("10.0", "", "ipqos af21 cs1"),
        ("10.1", "", "ipqos ef cs0"),
        ("debian-12", "", "ipqos lowdelay throughput"),
        ("debian-13", "", "ipqos ef cs1"),
        ("debian-11", "ChallengeResponseAuthentication no", "kbdinteractiveauthentication yes"),
        ("8.7", "ChallengeResponseAuthentication no", "kbdinteractiveauthentication no"),
        ("debian-11", "", "checkhostip yes"),
        ("debian-11", "PubkeyAcceptedKeyTypes ssh-rsa", "pubkeyacceptedkeytypes ssh-rsa"),
        ("9.0", "SetEnv A=1 A=2", "setenv A=2"),
        ("9.1", "SetEnv A=1 A=2", "!setenv A=2"),
        ("9.9", "SetEnv A=%h", "setenv A=%h"),
        ("10.0", "SetEnv A=%h", "setenv A=web"),
        ("9.9", "User %h", "user %h"),
        ("10.0", "User %h%%${V}", "user web%value"),
        ("9.6", "ControlPath /c/%j; ProxyJump hop", "controlpath /c/hop"),
        ("10.0", "ProxyJump a b", "proxyjump a"),
        ("10.1", "ProxyJump a b", "proxyjump a b"),
        ("10.1", "ProxyJump none; ProxyCommand x", "!proxycommand"),
        ("10.3", "ProxyJump none; ProxyCommand x", "proxycommand x"),
        ("debian-12", "ProxyJump none; ProxyCommand x", "proxycommand x"),
        ("10.5", "Host other; StreamLocalBindMask 0700", "streamlocalbindmask 0700"),
        ("10.6", "Host other; StreamLocalBindMask 0700", "streamlocalbindmask 0177"),
        ("10.0", "CanonicalDomains _x.y", "canonicaldomains _x.y"),
        ("9.6", "SendEnv # c", "!sendenv"),
        ("10.6", "Match tagged=; Port 4", "port 4"),
        ("10.6", "Tag work; Match tagged w*; Port 4", "port 4"),
        ("10.6", "Match version *_10.6*; Port 5", "port 5"),
        ("10.6", "Match localnetwork 127.0.0.0/8; Port 6", "port 6"),
        ("10.6", "Match sessiontype shell command \"\"; Port 7", "port 7"),
    ] {
        require(dialect, config, "web", expected);
    }
}

#[test]
fn what_a_release_refuses_it_refuses_in_its_words() {
    for (dialect, config, expected) in [
        ("9.5", "ControlPath /c/%j", "?vdollar_percent_expand: unknown key %j"),
        ("9.5", "ControlPath /c/%j", "?percent_dollar_expand: failed"),
        ("9.2", "HostName %n", "?percent_expand: failed"),
        ("10.0", "User %r", "?vdollar_percent_expand: unknown key %r"),
        ("10.0", "User a;b", "?remote username contains invalid characters"),
        ("9.7", "SendEnv # c", "?/c line 1: no sendenv specified"),
        (
            "9.9",
            "CanonicalDomains _x",
            "?/c line 1: domain name \"_x\" starts with invalid character",
        ),
        (
            "10.3",
            "RevokedHostKeys a none",
            "?/c line 1: keyword revokedhostkeys \"none\" argument must appear alone.",
        ),
        ("9.8", "ConnectTimeout +5", "?/c line 1: invalid time value."),
        ("9.6", "ChannelTimeout x", "?/c line 1: invalid channel timeout x"),
        ("9.5", "ObscureKeystrokeTiming interval:0", "?/c line 1: value out of range."),
        ("9.5", "ObscureKeystrokeTiming Yes", "?/c line 1: unsupported argument \"Yes\""),
        ("9.5", "ObscureKeystrokeTiming yes no", "?/c line 1: invalid arguments"),
        ("9.9", "HostKeyAlgorithms RSA", "?/c line 1: Bad key types 'RSA'."),
        (
            "9.2",
            "HostKeyAlgorithms RSA",
            "?dump_client_config: expand HostKeyAlgorithms: invalid argument",
        ),
        ("9.2", "KexAlgorithms x", "?Unsupported KEX algorithm \"x\""),
        ("9.2", "Match tagged x", "?Unsupported Match attribute tagged"),
        ("8.4", "Match canonical # c", "?Unsupported Match attribute #"),
        ("9.9", "Match host", "?Missing Match criteria for host"),
        ("10.0", "Match !Host", "?/c line 1: missing argument for Match '!Host'"),
        ("10.0", "Match host \"\"", "?Missing Match criteria for host"),
        (
            "9.4",
            "Match localnetwork 127.0.0.1/8",
            "?Inconsistent mask length for network \"127.0.0.1/8\"",
        ),
        ("9.4", "Match localnetwork x", "?Invalid network entry \"x\""),
        ("9.9", "Include /%Q", "?vdollar_percent_expand: unknown key %Q"),
        (
            "10.4",
            "PubkeyAcceptedAlgorithms ssh-rsa*,!x",
            "?/c line 1: Bad key types 'ssh-rsa*,!x'.",
        ),
    ] {
        require(dialect, config, "web", expected);
    }
    let first_only = answer("debian-11", "Port 0; Port x", "web").expect_err("refused");
    assert_eq!(first_only, "/c line 1: Bad port '0'.");
}

#[test]
fn command_lines_are_read_as_the_release_reads_them() {
    for (dialect, arguments, expected) in [
        ("9.3", "-P web", "host web"),
        ("9.4", "-P work web", "tag work"),
        ("9.9", "-C web", "compression yes"),
        ("10.0", "-C web", "compression UNKNOWN"),
        ("9.2", "-C web", "compression yes"),
        ("9.3", "-L 1:h:2 -W /s web", "localforward 1 [h]:2"),
        ("9.4", "-L 1:h:2 -W /s web", "!localforward"),
        ("9.3", "-L 1:h:2 -W h:1 web", "!localforward"),
        ("10.2", "-O conninfo web", "?Invalid multiplex command."),
        ("10.3", "-O conninfo web", "port 22"),
        ("10.3", "-o Match=all web", "?Host directive not supported as a command-line option"),
        ("10.4", "-o Match=all web", "?Match directive not supported as a command-line option"),
        ("9.5", "we;b", "hostname we;b"),
        ("9.6", "we;b", "?hostname contains invalid characters"),
        ("9.9", "we,b", "hostname we,b"),
        ("debian-12", "we,b", "?hostname contains invalid characters"),
        ("9.6", "a;b@web", "?remote username contains invalid characters"),
        ("10.5", "a$b@web", "user a$b"),
        ("10.6", "a$b@web", "?remote username contains invalid characters"),
        ("10.0", "%u@web", "user me"),
        ("10.1", "%u@web", "user %u"),
        ("10.0", "-o User=a;b web", "?remote username contains invalid characters"),
        ("10.1", "-o User=a;b web", "user a;b"),
        ("10.3", "-o User=a;b web", "?remote username contains invalid characters"),
        ("10.2", "-J a;b web", "proxyjump a;b"),
        ("10.3", "-J a;b web", "?parse_jump: invalid hostname \"a;b\""),
        ("10.3", "-J a;b web", "?Invalid -J argument"),
        ("10.0", "ssh://a%00b@web", "user a"),
        ("10.4", "-Z web", "?unknown option -- Z"),
        ("10.5", "-Z web", "port 22"),
    ] {
        require(dialect, "", arguments, expected);
    }
    // A URI makes the user of a config one that was typed.
    let refusal = "?remote username contains invalid characters";
    require("debian-12", "User a;b", "ssh://web", refusal);
    require("10.6", "User a;b", "ssh://web", refusal);
    require("10.6", "User a;b", "web", "user a;b");
    require("10.6", "User %h", "ssh://web", "user %h");
}

#[test]
fn lines_are_cut_as_the_release_cuts_them() {
    for (dialect, config, expected) in [
        ("8.4", "User bob # x", "?/c line 1: garbage at end of line; \"#\"."),
        ("8.5", "User bob # x", "user bob"),
        ("8.6", "RemoteCommand echo '#'", "remotecommand echo '"),
        ("8.7", "RemoteCommand echo '#'", "remotecommand echo '#'"),
        ("8.6", "User 'bob'", "user 'bob'"),
        ("8.7", "User 'bob'", "user bob"),
        ("8.6", "SendEnv A=B", "sendenv B"),
        ("8.7", "SendEnv A=B", "?/c line 1: Invalid environment name."),
        ("8.4", "SetEnv A=B C=D=E", "setenv C=D=E"),
        ("8.4", "ProxyCommand echo it's", "proxycommand echo it's"),
        ("8.7", "ProxyCommand echo it's", "?/c line 1: invalid quotes"),
        ("8.4", "ProxyCommand", "?/c line 1: Missing argument."),
        ("8.7", "ProxyCommand", "?/c line 1: no argument after keyword \"proxycommand\""),
        ("8.4", "Host; Port 1; Host *", "port 22"),
        ("8.4", "SendEnv", "port 22"),
        ("8.4", "RekeyLimit \"1G\"", "?/c line 1: missing time value."),
        ("8.4", "GlobalKnownHostsFile # x", "globalknownhostsfile # x"),
        ("8.4", "GlobalKnownHostsFile none x", "globalknownhostsfile none x"),
        ("8.4", "CanonicalDomains none a.org", "canonicaldomains none a.org"),
        ("8.4", "Nonsense x; Port 0", "?/c line 2: Bad port '0'."),
        (
            "8.4",
            "Match ALL # x",
            "?/c line 1: 'ALL' cannot be combined with other Match attributes",
        ),
        ("8.5", "Match ALL # x; Port 1", "port 1"),
        ("8.4", "ProxyJump jump#x", "proxyjump jump#x"),
        ("8.7", "ProxyJump jump#x", "proxyjump jump"),
        ("8.4", "ProxyJump ssh://bob@jump:22", "proxyjump ssh://bob@jump:22"),
        ("8.5", "ProxyJump ssh://bob@jump:22", "proxyjump bob@jump:22"),
        ("8.8", "ControlPath ~root", "controlpath /home/me/root"),
        ("8.8", "ControlPath ~//x", "controlpath /home/me//x"),
        ("8.9", "ControlPath ~//x", "controlpath /home/me/x"),
        ("8.9", "ControlPath ~root", "?tilde_expand: No such user root"),
    ] {
        require(dialect, config, "web", expected);
    }
}
