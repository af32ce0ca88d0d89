//! The values of keywords.

use super::random::Random;

/// What follows a keyword.
pub(super) enum Value {
    /// Words, which are written in any of the ways that ssh reads them.
    Words(Vec<String>),
    /// The rest of the line as it is.
    Raw(String),
}

const TOKENS: &[&str] = &[
    "plain",
    "%h",
    "%n-%p",
    "%r@%h:%p",
    "%C",
    "%d/x",
    "%u.%i",
    "%l",
    "%L",
    "%k",
    "%%",
    "~/x",
    "/tmp/%r",
    "${SSHP_TEST_DIR}",
    "a${SSHP_TEST_EMPTY}b",
    "~root/y",
];
/// Words for a keyword that is on or off.
pub(super) const FLAGS: &[&str] = &["yes", "no", "true", "false", "YES", "No"];
const TIMES: &[&str] = &["0", "1", "90", "2m", "1h30m", "1D", "1w2d3h", "none", "45S"];

/// A value for one of [`OTHER`](super::keywords::OTHER) that OpenSSH 8.7 and all later ones accept.
pub(super) fn value(r: &mut Random, keyword: &str) -> Value {
    let word = |text: &str| Value::Words(vec![text.to_owned()]);
    match keyword {
        "AddressFamily" => word(r.pick(&["any", "inet", "inet6", "INET"])),
        "Compression" => word(r.pick(&["yes", "no", "YES"])),
        "ControlMaster" => word(r.pick(&["yes", "no", "auto", "ask", "autoask", "True"])),
        "FingerprintHash" => word(r.pick(&["md5", "sha256", "SHA512", "Sha1", "sha384"])),
        "PubkeyAuthentication" => word(r.pick(&["yes", "no", "unbound", "host-bound", "TRUE"])),
        "DSAAuthentication" => word(r.pick(FLAGS)),
        "RequestTTY" => word(r.pick(&["yes", "no", "force", "auto", "Force"])),
        "SessionType" => word(r.pick(&["none", "default", "Default"])),
        "StrictHostKeyChecking" => word(r.pick(&["yes", "no", "ask", "off", "accept-new"])),
        "Tunnel" => word(r.pick(&["yes", "no", "ethernet", "point-to-point"])),
        "VerifyHostKeyDNS" | "UpdateHostKeys" => word(r.pick(&["yes", "no", "ask", "ASK"])),
        "LogLevel" => word(r.pick(&[
            "quiet", "FATAL", "error", "info", "verbose", "debug", "DEBUG1", "debug2", "silent",
        ])),
        "SyslogFacility" => word(r.pick(&["daemon", "USER", "auth", "local3", "AUTHPRIV"])),
        "CanonicalizeMaxDots" | "NumberOfPasswordPrompts" | "ServerAliveCountMax" => {
            word(r.pick(&["0", "1", "7", "2147483647"]))
        }
        "ConnectionAttempts" => word(r.pick(&["1", "3", "+4"])),
        "RequiredRSASize" => word(r.pick(&["1024", "4096"])),
        "ForwardX11Timeout"
        | "ServerAliveInterval"
        | "ConnectTimeout"
        | "ProtocolKeepAlives"
        | "SetupTimeOut" => word(r.pick(TIMES)),
        "User" => word(r.pick(&["bob", "alice", "CORP\\bob", "me@corp", "o'neil", "x y"])),
        "HostName" => word(r.pick(&[
            "real.example.com",
            "%h",
            "%h.example.com",
            "%%h",
            "10.1.2.3",
            "127.1",
            "REAL",
            "::1",
            "web",
            "db1",
        ])),
        "Port" => word(r.pick(&["22", "2222", "65535", "ssh", "http", "1", "+80"])),
        "BindAddress"
        | "BindInterface"
        | "KbdInteractiveDevices"
        | "XAuthLocation"
        | "PKCS11Provider"
        | "RevokedHostKeys"
        | "SecurityKeyProvider"
        | "HostKeyAlias"
        | "PreferredAuthentications" => {
            let text = r.pick(&["a", "none", "NONE", "A.b", "/x/y", "two words", "pub,pass", "#h"]);
            word(text)
        }
        "ControlPath" | "IdentityAgent" => word(r.pick(TOKENS)),
        "Ciphers" => word(r.pick(&[
            "aes128-ctr",
            "+3des-cbc",
            "-aes*",
            "^aes256-cbc,3des-cbc",
            "aes256-ctr,aes128-ctr",
            "-*gcm*,chacha20*",
        ])),
        "MACs" => word(r.pick(&["hmac-sha1", "+hmac-md5", "-umac*", "^hmac-md5-96"])),
        "KexAlgorithms" => word(r.pick(&[
            "curve25519-sha256",
            "-*sha2*",
            "^diffie-hellman-group1-sha1",
            "+diffie-hellman-group14-sha1",
        ])),
        "HostKeyAlgorithms"
        | "PubkeyAcceptedAlgorithms"
        | "HostbasedAcceptedAlgorithms"
        | "PubkeyAcceptedKeyTypes"
        | "HostbasedKeyTypes" => {
            word(r.pick(&["ssh-rsa", "+ssh-*", "-ecdsa*,*cert*", "ssh-ed25519,rsa-*", "*"]))
        }
        "CASignatureAlgorithms" => word(r.pick(&["ssh-ed25519", "-sk-*", "+ssh-rsa", "^rsa-*"])),
        "IdentityFile" | "CertificateFile" | "IdentityFile2" => word(r.pick(&[
            "~/.ssh/id",
            "/k#1",
            "a b",
            "%d/.ssh/%r",
            "none",
            "~/.ssh/id",
            "k\\d",
            "${NOT_SET}",
        ])),
        "IgnoreUnknown" => word(r.pick(&["foo*", "Fancy,x?", "!y,*bar"])),
        "LocalCommand" | "KnownHostsCommand" | "ProxyCommand" => Value::Raw(
            r.pick(&["nc  %h %p # x", "none", "None", "echo \"a b\"  'c'", "= x", "/bin/x %n"])
                .to_owned(),
        ),
        "RemoteCommand" => {
            Value::Raw(r.pick(&["echo %h %% %C", "none", "tmux # keep", "ls -l %u"]).to_owned())
        }
        "ProxyJump" => Value::Raw(
            r.pick(&[
                "jump",
                "bob@jump:2200",
                "a,b,c",
                "none",
                "ssh://bob@jump:22",
                "10.0.0.9",
                "NONE",
                "[fe80::1]:22",
                "jump#x",
                "a@b@c",
                "jump  # x",
                "web",
                "none # x",
            ])
            .to_owned(),
        ),
        "UserKnownHostsFile" | "GlobalKnownHostsFile" => match r.below(4) {
            0 => word("none"),
            1 => word("~/.ssh/known_hosts"),
            _ => Value::Words(vec![r.pick(TOKENS).to_owned(), r.pick(TOKENS).to_owned()]),
        },
        "SendEnv" => Value::Words(
            r.some(&["LANG", "LC_*", "-LC_*", "-*", "X", "A?B", "-L*"], 4, " ")
                .split(' ')
                .map(Into::into)
                .collect(),
        ),
        "SetEnv" => Value::Words(
            (0..=r.below(3))
                .map(|_| r.pick(&["A=1", "B=x y", "A=2", "C=", "AB=1", "D=a=b"]).to_owned())
                .collect(),
        ),
        "LogVerbose" => match r.below(2) {
            0 => word("none"),
            _ => Value::Words(vec!["kex.c:*".into(), "packet.c:1".into()]),
        },
        "PermitRemoteOpen" => match r.below(3) {
            0 => word(r.pick(&["any", "none", "ANY"])),
            _ => Value::Words(vec![r.pick(&["h:80", "[::1]:*", "x:http"]).into(), "y:1".into()]),
        },
        "AddKeysToAgent" => match r.below(3) {
            0 => Value::Words(vec!["confirm".into(), r.pick(&["5m", "0", "1h"]).into()]),
            _ => word(r.pick(&["yes", "no", "ask", "confirm", "10m", "0", "ASK"])),
        },
        "ForwardAgent" => word(r.pick(&[
            "yes",
            "no",
            "YES",
            "$SSH_AUTH_SOCK",
            "/tmp/sock",
            "${SSHP_TEST_DIR}/s",
            "~/agent",
            "%d/s",
        ])),
        "TunnelDevice" => word(r.pick(&["any", "1", "1:2", "any:3", "5:ANY"])),
        "ControlPersist" => word(r.pick(&["yes", "no", "10m", "0", "true", "false", "30"])),
        "EscapeChar" => word(r.pick(&["~", "none", "^]", "^A", "x", "\\"])),
        "IPQoS" => Value::Words(
            r.some(&["ef", "af21", "cs1", "lowdelay", "10", "none", "CS0", "le"], 2, " ")
                .split(' ')
                .map(Into::into)
                .collect(),
        ),
        "RekeyLimit" => match r.below(2) {
            0 => word(r.pick(&["1G", "default", "512K", "16", "1.5m"])),
            _ => Value::Words(vec!["2G".into(), r.pick(&["1h", "none", "30"]).into()]),
        },
        "StreamLocalBindMask" => word(r.pick(&["0177", "077", "0", "777"])),
        "DynamicForward" => word(r.pick(&[
            "1080",
            "localhost:1080",
            "[::1]:1081",
            "*:1082",
            "/tmp/d.sock",
            "${SSHP_TEST_PORT}",
        ])),
        "LocalForward" => Value::Words(vec![
            r.pick(&["8080", "127.0.0.1:8080", "[::1]:81", "/tmp/%r.sock", "*:9"]).into(),
            r.pick(&["localhost:80", "[fe80::2]:80", "/run/%h.sock", "h:http", "socks:1"]).into(),
        ]),
        "RemoteForward" => match r.below(3) {
            0 => word(r.pick(&["1080", "0", "[::1]:1080", "/tmp/r.sock"])),
            _ => Value::Words(vec![
                r.pick(&["0", "9000", "h:9000", "/tmp/%p"]).into(),
                r.pick(&["localhost:80", "/run/%h.sock"]).into(),
            ]),
        },
        "CanonicalizeHostname" => word(r.pick(&["yes", "no", "always"])),
        "CanonicalDomains" => match r.below(3) {
            0 => word("none"),
            _ => Value::Words(vec!["Example.com".into(), r.pick(&["b.org.", "c"]).into()]),
        },
        "CanonicalizePermittedCNAMEs" => word("none"),
        // No options any more, or none at all.
        _ => word(r.pick(&["x", "yes", "1"])),
    }
}
