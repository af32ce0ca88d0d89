//! Random configs that ssh mostly accepts, over all that ssh_config(5) has.

use std::path::Path;

/// A number generator that gives the same numbers everywhere (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("a small number")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn some(&mut self, from: &[&str], most: usize, between: &str) -> String {
        let count = 1 + self.below(most);
        (0..count).map(|_| self.pick(from)).collect::<Vec<_>>().join(between)
    }
}

/// The files of a config and a command line.
pub struct Config {
    /// Names under the home, and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// What follows `ssh -G`.
    pub args: Vec<String>,
}

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
const PATTERNS: &[&str] = &[
    "web",
    "web",
    "db1",
    "db?",
    "*",
    "*",
    "w*b",
    "*.example.com",
    "!web",
    "!db*",
    "10.*",
    "a,b",
    "?eb",
    "WEB",
    "web web",
    "\"web\"",
    "'w'eb",
    "127.*",
    "*1*",
    "fe80::a",
    "127.0.0.1",
    "real.example.com",
    "web,db1",
    "!nobody *",
];
const LISTS: &[&str] = &[
    "web",
    "web,db1",
    "*",
    "!web,*",
    "*.example.com",
    "db?",
    "*,!db1",
    "WEB",
    "real.*",
    "\"web\"",
    "127.0.0.1",
    "nobody",
];
const USERS: &[&str] = &["bob", "root", "alice", "*", "!bob,*", "r*,bob"];
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
const FLAGS: &[&str] = &["yes", "no", "true", "false", "YES", "No"];
const TIMES: &[&str] = &["0", "1", "90", "2m", "1h30m", "1D", "1w2d3h", "none", "45S"];
const FLAG_KEYWORDS: &[&str] = &[
    "BatchMode",
    "CanonicalizeFallbackLocal",
    "CheckHostIP",
    "EnableSSHKeysign",
    "ClearAllForwardings",
    "ExitOnForwardFailure",
    "ForwardX11",
    "ForwardX11Trusted",
    "GatewayPorts",
    "GSSAPIAuthentication",
    "GSSAPIKeyExchange",
    "GSSAPIDelegateCredentials",
    "GSSAPITrustDNS",
    "GSSAPIRenewalForcesRekey",
    "HashKnownHosts",
    "HostbasedAuthentication",
    "IdentitiesOnly",
    "KbdInteractiveAuthentication",
    "ChallengeResponseAuthentication",
    "SkeyAuthentication",
    "TISAuthentication",
    "NoHostAuthenticationForLocalhost",
    "PasswordAuthentication",
    "PermitLocalCommand",
    "ProxyUseFdpass",
    "StdinNull",
    "StreamLocalBindUnlink",
    "TCPKeepAlive",
    "KeepAlive",
    "VisualHostKey",
    "EnableEscapeCommandline",
];

/// Every other keyword with values for it; `Some(true)` takes the rest of the line as it is.
fn value(r: &mut Random, keyword: &str) -> Value {
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
        | "GSSAPIClientIdentity"
        | "GSSAPIServerIdentity"
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
        | "HostbasedKeyTypes" => word(r.pick(&[
            "ssh-rsa",
            "+ssh-*",
            "-ecdsa*,*cert*",
            "^ssh-dss",
            "ssh-ed25519,rsa-*",
            "*",
        ])),
        "CASignatureAlgorithms" => word(r.pick(&["ssh-ed25519", "-sk-*", "+ssh-rsa", "^rsa-*"])),
        "GSSAPIKexAlgorithms" => {
            word(r.pick(&["gss-gex-sha1-", "gss-group14-sha256-,gss-gex-sha1-"]))
        }
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
            r.some(&["ef", "af21", "cs1", "lowdelay", "0x10", "10", "none", "CS0", "le"], 2, " ")
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

const OTHER_KEYWORDS: &[&str] = &[
    "AddressFamily",
    "Compression",
    "ControlMaster",
    "FingerprintHash",
    "PubkeyAuthentication",
    "DSAAuthentication",
    "RequestTTY",
    "SessionType",
    "StrictHostKeyChecking",
    "Tunnel",
    "VerifyHostKeyDNS",
    "UpdateHostKeys",
    "LogLevel",
    "SyslogFacility",
    "CanonicalizeMaxDots",
    "NumberOfPasswordPrompts",
    "ServerAliveCountMax",
    "ConnectionAttempts",
    "RequiredRSASize",
    "ForwardX11Timeout",
    "ServerAliveInterval",
    "ConnectTimeout",
    "ProtocolKeepAlives",
    "SetupTimeOut",
    "User",
    "HostName",
    "Port",
    "User",
    "HostName",
    "Port",
    "BindAddress",
    "BindInterface",
    "KbdInteractiveDevices",
    "XAuthLocation",
    "PKCS11Provider",
    "RevokedHostKeys",
    "SecurityKeyProvider",
    "GSSAPIClientIdentity",
    "GSSAPIServerIdentity",
    "HostKeyAlias",
    "PreferredAuthentications",
    "ControlPath",
    "IdentityAgent",
    "Ciphers",
    "MACs",
    "KexAlgorithms",
    "HostKeyAlgorithms",
    "PubkeyAcceptedAlgorithms",
    "HostbasedAcceptedAlgorithms",
    "PubkeyAcceptedKeyTypes",
    "HostbasedKeyTypes",
    "CASignatureAlgorithms",
    "GSSAPIKexAlgorithms",
    "IdentityFile",
    "IdentityFile",
    "CertificateFile",
    "IdentityFile2",
    "IgnoreUnknown",
    "LocalCommand",
    "KnownHostsCommand",
    "ProxyCommand",
    "RemoteCommand",
    "ProxyJump",
    "ProxyJump",
    "UserKnownHostsFile",
    "GlobalKnownHostsFile",
    "SendEnv",
    "SendEnv",
    "SetEnv",
    "LogVerbose",
    "PermitRemoteOpen",
    "AddKeysToAgent",
    "ForwardAgent",
    "TunnelDevice",
    "ControlPersist",
    "EscapeChar",
    "IPQoS",
    "RekeyLimit",
    "StreamLocalBindMask",
    "DynamicForward",
    "LocalForward",
    "RemoteForward",
    "Protocol",
    "UseRoaming",
    "Cipher",
    "RSAAuthentication",
    "UserKnownHostsFile2",
];

enum Value {
    Words(Vec<String>),
    Raw(String),
}

/// Which of the two options that would ask the network a config may use.
#[derive(Clone, Copy)]
enum Names {
    Canonicalize,
    Domains,
}

impl Config {
    /// The config of a seed; `home` is where its absolute Includes point.
    pub fn new(seed: u64, home: &Path) -> Self {
        let mut r = Random(seed.wrapping_mul(0x1234_5678_9abc_def1));
        let names = if r.chance(50) { Names::Canonicalize } else { Names::Domains };
        let mut files = Vec::new();
        let ignores = r.chance(50);
        let mut main = Writer {
            r: &mut r,
            out: Vec::new(),
            names,
            depth: 0,
            files: &mut files,
            home,
            ignores,
        };
        if ignores {
            main.line("IgnoreUnknown Fancy*,foo");
        }
        main.file();
        let text = main.out;
        files.push((".ssh/config".to_owned(), text));
        let args = arguments(&mut r, home);
        Config { files, args }
    }

    /// All files, for a message.
    pub fn shown(&self) -> String {
        self.files.iter().fold(String::new(), |out, (name, text)| {
            out + "--- " + name + "\n" + &String::from_utf8_lossy(text) + "\n"
        })
    }
}

struct Writer<'a> {
    r: &'a mut Random,
    out: Vec<u8>,
    names: Names,
    depth: u32,
    files: &'a mut Vec<(String, Vec<u8>)>,
    home: &'a Path,
    /// Unknown keywords are ignored from the first line on.
    ignores: bool,
}

impl Writer<'_> {
    fn file(&mut self) {
        for _ in 0..self.r.below(3) {
            self.directive("");
        }
        for _ in 0..self.r.below(6) {
            self.header();
            let indent = self.r.pick(&["", "  ", "\t", "    "]);
            for _ in 0..self.r.below(6) {
                self.directive(indent);
            }
        }
        if self.r.chance(10) {
            self.out.pop();
        }
    }

    fn line(&mut self, text: &str) {
        self.out.extend(text.bytes());
        let end = if self.r.chance(5) { "\r\n" } else { "\n" };
        if self.r.chance(10) {
            self.out.extend(self.r.pick(&[" ", "\t", " \x0c"]).bytes());
        }
        self.out.extend(end.bytes());
        if self.r.chance(8) {
            let between = self.r.pick(&["\n", "# a comment\n", "  # caf\u{e9} \"open\n", "\t\n"]);
            self.out.extend(between.bytes());
        }
    }

    fn cased(&mut self, keyword: &str) -> String {
        match self.r.below(10) {
            0 => keyword.to_lowercase(),
            1 => keyword.to_uppercase(),
            _ => keyword.to_owned(),
        }
    }

    fn separator(&mut self) -> &'static str {
        self.r.pick(&[" ", " ", " ", " ", "  ", "\t", "=", " = ", " ="])
    }

    fn header(&mut self) {
        let (keyword, rest) = if self.r.chance(65) {
            ("Host", self.r.some(PATTERNS, 3, " "))
        } else {
            ("Match", self.criteria())
        };
        let keyword = self.cased(keyword);
        let comment = if self.r.chance(10) { " # note" } else { "" };
        let separator = self.separator();
        self.line(&format!("{keyword}{separator}{rest}{comment}"));
    }

    fn criteria(&mut self) -> String {
        if self.r.chance(15) {
            return self.r.pick(&["all", "ALL", "canonical all", "final all", "!final all"]).into();
        }
        let count = 1 + self.r.below(3);
        let mut all = Vec::new();
        for _ in 0..count {
            let not = if self.r.chance(20) { "!" } else { "" };
            let equals = if self.r.chance(15) { "=" } else { " " };
            let one = match self.r.below(12) {
                0..3 => format!("host{equals}{}", self.r.pick(LISTS)),
                3..5 => format!("originalhost{equals}{}", self.r.pick(LISTS)),
                5 => format!("User{equals}{}", self.r.pick(USERS)),
                6 => format!("localuser{equals}{}", self.r.pick(USERS)),
                7 => "final".to_owned(),
                8 => "canonical".to_owned(),
                _ => format!(
                    "exec{equals}{}",
                    self.r.pick(&[
                        "true",
                        "false",
                        "\"test %h = web\"",
                        "\"test %p -gt 22 -a %r = bob\"",
                        "\"test '%n' = web\"",
                        "\"test %k = web\"",
                        "\"exit 3\"",
                    ])
                ),
            };
            all.push(format!("{not}{one}"));
        }
        all.join(self.r.pick(&[" ", "  ", "\t"]))
    }

    fn directive(&mut self, indent: &str) {
        if self.depth < 3 && self.r.chance(8) {
            self.include(indent);
            return;
        }
        if self.r.chance(3) {
            let unknown = self.r.pick(&["FancyOption x 'y", "Foo = 1", "IgnoreUnknown Fancy*,foo"]);
            // Refused where no IgnoreUnknown stands before it that applies.
            if self.ignores || self.r.chance(5) {
                self.line(&format!("{indent}{unknown}").replace('\'', ""));
            }
            return;
        }
        let keyword = match self.r.below(100) {
            0..20 => self.r.pick(FLAG_KEYWORDS),
            20..24 => match self.names {
                Names::Canonicalize => "CanonicalizeHostname",
                Names::Domains => self.r.pick(&["CanonicalDomains", "CanonicalizePermittedCNAMEs"]),
            },
            _ => self.r.pick(OTHER_KEYWORDS),
        };
        let value = if FLAG_KEYWORDS.contains(&keyword) {
            Value::Words(vec![self.r.pick(FLAGS).to_owned()])
        } else {
            value(self.r, keyword)
        };
        let keyword = if self.r.chance(3) { format!("\"{keyword}\"") } else { self.cased(keyword) };
        let separator = if keyword.starts_with('"') { " " } else { self.separator() };
        let rest = match value {
            Value::Raw(text) => text,
            Value::Words(words) => {
                let words: Vec<_> = words.iter().map(|word| self.quoted(word)).collect();
                let blank = self.r.pick(&[" ", " ", "  ", "\t"]);
                let comment = if self.r.chance(8) { " # \"note" } else { "" };
                words.join(blank) + comment
            }
        };
        self.line(&format!("{indent}{keyword}{separator}{rest}"));
    }

    /// The word in one of the ways that argv_split reads it.
    fn quoted(&mut self, word: &str) -> String {
        let needs = word.is_empty() || word.starts_with('#') || word.contains([' ', '\'', '"']);
        let doubled = || format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
        match self.r.below(if needs { 3 } else { 12 }) {
            0 if !word.contains('\'') => format!("'{}'", word.replace('\\', "\\\\")),
            1 if !word.starts_with('#') && !word.is_empty() => {
                let escaped = word.replace('\\', "\\\\").replace(' ', "\\ ");
                escaped.replace('\'', "\\'").replace('"', "\\\"")
            }
            2 => doubled(),
            _ if needs => doubled(),
            _ => word.to_owned(),
        }
    }

    fn include(&mut self, indent: &str) {
        let mut names = Vec::new();
        let folder = format!("inc{}", self.r.below(1_000_000_000));
        for at in 0..=self.r.below(2) {
            let name = format!(".ssh/{folder}/{at}.conf");
            let mut inner = Writer {
                r: self.r,
                out: Vec::new(),
                names: self.names,
                depth: self.depth + 1,
                files: self.files,
                home: self.home,
                ignores: self.ignores,
            };
            inner.file();
            let text = inner.out;
            names.push((name, text));
        }
        let first = names[0].0.trim_start_matches(".ssh/").to_owned();
        self.files.extend(names);
        let home = self.home.display();
        let target = match self.r.below(6) {
            0 => format!("{home}/.ssh/{first}"),
            1 => format!("~/.ssh/{folder}/*.conf"),
            2 => format!("{folder}/*"),
            3 => format!("{folder}/[0-9].conf {folder}/missing"),
            4 => format!("\"{folder}/?.conf\""),
            _ => first,
        };
        let separator = self.separator();
        self.line(&format!("{indent}Include{separator}{target}"));
    }
}

fn arguments(r: &mut Random, home: &Path) -> Vec<String> {
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
        flags.push(known[r.below(known.len())]);
    }
    let split = r.below(flags.len() + 1);
    let push = |args: &mut Vec<String>, flags: &[&[&str]]| {
        args.extend(flags.iter().flat_map(|flag| flag.iter().map(|word| (*word).to_owned())));
    };
    push(&mut args, &flags[..split]);
    let host = r.pick(HOSTS);
    args.push(match r.below(8) {
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
