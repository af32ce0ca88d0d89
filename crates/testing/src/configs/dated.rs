//! Lines, attributes, flags and names in which versions of OpenSSH differ: keywords, words and tokens that not
//! every version has, values that only some accept, and values that some read differently. Valid and invalid.

use super::random::Random;
use super::values::Value;

/// A keyword with a value.
pub(super) fn directive(r: &mut Random) -> (&'static str, Value) {
    let (keyword, values) = DIRECTIVES[r.below(DIRECTIVES.len())];
    let value = match r.pick(values) {
        "{33 domains}" => ["d.org"; 33].join(" "),
        value => value.to_owned(),
    };
    (keyword, Value::Raw(value))
}

const TIMES: &[&str] = &[
    "+5", "\" 5\"", "1.5", ".5", "1.5m", "5.", "1e3", "10s5", "5s5s", "1m30", "-1", "1.5s", "1m.5",
    "\"5 \"", "1m1m", "0x10",
];
const ALGORITHMS: &[&str] = &[
    "rsa,ssh-ed25519",
    "ed25519,rsa-sha2-256",
    "RSA,ssh-ed25519",
    "^ssh-dss",
    "+ssh-dss",
    "-ssh-dss",
    "ssh-mldsa44-ed25519",
    "+ssh-mldsa44-ed25519@openssh.com",
    "^ssh-mldsa*",
    "webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "+*dss*",
    "ssh-*,rsa-*",
    "ssh-*",
    "*cert*",
];
const PATHS: &[&str] = &["%j", "s-%j-%h", "~//x", "~root", "~root//x", "%C", "~nobody-at-all/x"];
const FILES: &[&str] = &["none x", "x none", "a # b", "~root//x", "%j", "~root", "# x"];
const SWITCH: &[&str] = &["yes", "no"];

/// Keywords, and what stands after them. No list of algorithms is left empty by one: OpenSSH 8.5 to 10.3 then say so and
/// go on without the rest of their defaults.
const DIRECTIVES: &[(&str, &[&str])] = &[
    ("Tag", &["prod", "prod", "staging", "none"]),
    ("Tag", &["prod", "prod", "t%h", "*", "\"\"", "a b", "", "'prod'"]),
    (
        "ObscureKeystrokeTiming",
        &[
            "yes",
            "no",
            "true",
            "false",
            "Yes",
            "interval:80",
            "interval:1",
            "interval:1000",
            "interval:0",
            "interval:1001",
            "interval:x",
            "interval:",
            "80",
        ],
    ),
    (
        "ChannelTimeout",
        &[
            "session=5m",
            "session=5m direct-*=10",
            "none",
            "NONE",
            "none x=1",
            "session",
            "session=x",
            "*=1.5",
            "*=0.5",
            "session=1h30m session=2",
            "session=0",
            "=5",
            "# none",
            "\"session:*=1m\" x11-connection=1d",
        ],
    ),
    (
        "VersionAddendum",
        &[
            "hello",
            "hello # x",
            "none",
            "NONE",
            "\"two words\"",
            "%h-%p",
            "${SSHP_TEST_DIR}",
            "%%",
            "%Z",
            "${NOT_SET}",
            "it's",
        ],
    ),
    ("RefuseConnection", &["no", "\"go away\"", "a b", "%h", "\"\""]),
    ("WarnWeakCrypto", &["yes", "no", "true", "no-pq-kex", "NO", "No-pq-kex"]),
    ("TCPKeepAlive", &["transport", "all", "yes", "ALL", "none"]),
    ("PubkeyAuthentication", &["unbound", "host-bound", "Unbound", "yes"]),
    (
        "SetEnv",
        &[
            "A=%h",
            "A=${SSHP_TEST_DIR}",
            "A=%%",
            "A=%Z",
            "A=${NOT_SET}",
            "A=1 A=2 B=3",
            "# none",
            "A=%j",
        ],
    ),
    ("SendEnv", &["# none", "A # B", "A \"#B\""]),
    (
        "IPQoS",
        &[
            "va",
            "le",
            "LE",
            "reliability",
            "throughput",
            "0x08",
            "010",
            "4",
            "1",
            "0x04 le",
            "lowdelay throughput",
            "ef none",
            "-1",
            "+8",
            "64",
        ],
    ),
    ("ConnectTimeout", TIMES),
    ("ServerAliveInterval", TIMES),
    ("ForwardX11Timeout", TIMES),
    ("ControlPersist", TIMES),
    ("RekeyLimit", &["1G 1.5", "1G +5", "1G 5s5", "default 1m30"]),
    (
        "RevokedHostKeys",
        &[
            "~/.ssh/revoked",
            "%d/x",
            "a b",
            "none",
            "NONE",
            "none x",
            "${SSHP_TEST_DIR}/r",
            "%Z",
            "/krl # x",
            "# x",
            "${NOT_SET}",
            "~nobody-at-all/x",
        ],
    ),
    ("UserKnownHostsFile", FILES),
    ("GlobalKnownHostsFile", FILES),
    (
        "CanonicalDomains",
        &["_x.org", "none a.org", "# x", "a.org # b", "-x.org", "a_b.org", "{33 domains}"],
    ),
    ("CanonicalizePermittedCNAMEs", &["none", "NONE", "# x", "none x", "x"]),
    ("LogVerbose", &["none x", "x none", "# x", "a b", "NONE"]),
    ("PermitRemoteOpen", &["a:1 b:2", "any b:2", "# x", "none # x", "a:*"]),
    ("StreamLocalBindMask", &["0177", "0007", "0", "1777"]),
    ("SyslogFacility", &["local1", "AUTH"]),
    (
        "CASignatureAlgorithms",
        &[
            "ssh-ed25519-cert-v01@openssh.com,ssh-ed25519",
            "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
            "+ssh-dss",
            "-webauthn*",
        ],
    ),
    ("HostKeyAlgorithms", ALGORITHMS),
    ("PubkeyAcceptedAlgorithms", ALGORITHMS),
    (
        "Ciphers",
        &[
            ",aes128-ctr",
            "aes128-ctr,",
            "+,",
            "+rijndael-cbc@lysator.liu.se",
            "rijndael-cbc@lysator.liu.se",
            "^aes*",
            "+aes128-ctr,,",
            "aes128-ctr,,aes256-ctr",
        ],
    ),
    ("MACs", &[",hmac-sha1", "hmac-sha1,", "+,", "hmac-sha2-512,,hmac-sha1"]),
    (
        "KexAlgorithms",
        &[
            "mlkem768x25519-sha256",
            "+mlkem768x25519-sha256",
            "^mlkem*",
            "mlkem768nistp256-sha256",
            "sntrup761x25519-sha512",
            "+sntrup761x25519-sha512@openssh.com",
            "-mlkem*",
            "+sntrup4591761x25519-sha512@tinyssh.org",
            "+gss-gex-sha1-",
            "-*sntrup*",
        ],
    ),
    (
        "User",
        &[
            "%u",
            "me-%h",
            "%%x",
            "x%",
            "%r",
            "%C",
            "%Z",
            "${SSHP_TEST_DIR}",
            "${NOT_SET}",
            "a;b",
            "-x",
            "$(x)",
            "%n.%L",
            "a\\\\b",
            "%j",
        ],
    ),
    (
        "ProxyJump",
        &["a b", "none", "ssh://u@h:22", "a;b", "%h", "-x", "u;v@h", "hop:22 # x", "a,b", "$x"],
    ),
    ("ProxyCommand", &["nc %j %h", "x %C", "none", "%j", "it's"]),
    ("ControlPath", PATHS),
    ("IdentityAgent", PATHS),
    ("IdentityFile", PATHS),
    ("CertificateFile", PATHS),
    ("RemoteCommand", &["echo %j", "it's", "echo # it's", "\"a b", "%C %j"]),
    ("LocalForward", &["/tmp/%j h:80", "8080 /run/%j", "1 h:1 # x"]),
    ("HostName", &["%j", "%h.x", "%n"]),
    ("Compression", SWITCH),
    ("LogLevel", &["QUIET", "SILENT", "quiet", "silent"]),
    ("EscapeChar", &["^", "^[", "^?"]),
    ("GSSAPIKeyExchange", SWITCH),
    ("GSSAPITrustDNS", SWITCH),
    ("GSSAPIRenewalForcesRekey", SWITCH),
    ("GSSAPIClientIdentity", &["me"]),
    ("GSSAPIServerIdentity", &["h/x"]),
    ("GSSAPIKexAlgorithms", &["gss-gex-sha1-", "gss-group14-sha256-,gss-gex-sha1-"]),
    ("UseKeychain", SWITCH),
    ("AppleMultipath", SWITCH),
    ("NoHostAuthenticationForProxyCommand", SWITCH),
    ("RSAMinSize", &["2048"]),
    ("IgnoreUnknown", &["Tag", "UseKeychain,Tag", "*", "!tag,*", "gssapik*", "Warn*,refuse*"]),
];

/// Attributes of Match, and their arguments.
const CRITERIA: &[(&str, &[&str])] = &[
    ("tagged", &["prod", "prod", "*", "!prod,*", "\"\"", "", "PROD", "p*", "staging,prod", "''"]),
    ("Tagged", &["prod", "!prod", "\"prod\""]),
    (
        "localnetwork",
        &[
            "127.0.0.0/8",
            "203.0.113.0/24",
            "127.0.0.1/8",
            "!10.0.0.0/8",
            "*",
            "::1/128",
            "127.0.0.1",
            "203.0.113.0/24,127.0.0.0/8",
            "\"\"",
            "x",
        ],
    ),
    ("version", &["OpenSSH_*", "OpenSSH_9*", "*Debian*", "!OpenSSH_10*,*", "\"\"", "*"]),
    ("command", &["uptime", "up*", "\"\"", "*", "\"ls -l\"", "!uptime,*"]),
    ("sessiontype", &["shell", "exec", "none", "subsystem", "Shell", "*", "exec,shell", "\"\""]),
    ("exec", &["'true'", "'test a = a'", "\"test %j = x\"", "\"test '%j' = ''\"", "''"]),
    ("host", &["web", "'web'", "\"w\"eb", "w\\eb", "\"\"", "", "*", "\"a b\",web", "\"x"]),
    ("originalhost", &["web", "'w'*", "\"\"", ""]),
    ("user", &["bob", "'bob'", "\"\"", "b\\ob"]),
    ("nonsense", &["x", ""]),
];

/// An attribute of Match with its argument.
pub(super) fn criterion(r: &mut Random) -> String {
    let not = if r.chance(20) { "!" } else { "" };
    let equals = r.pick(&[" ", " ", " ", "=", "=", " = ", "= ", " ="]);
    let (attribute, arguments) = CRITERIA[r.below(CRITERIA.len())];
    format!("{not}{attribute}{equals}{}", r.pick(arguments))
}

/// What follows Include, `@` being a folder with `0.conf` and mostly `1.conf`; and more files of that folder: those that
/// the words stand for with tokens and variables expanded, and as they are written.
const INCLUDES: &[(&str, &[&str])] = &[
    ("@/0.conf # @/1.conf", &[]),
    ("@/%h.conf", &["web.conf", "db1.conf", "real.example.com.conf", "127.0.0.1.conf", "%h.conf"]),
    ("\"@/%h\" @/0.conf", &["web", "db1", "fe80::a", "%h"]),
    ("@/%n", &["web", "WEB", "Db1", "%n"]),
    ("@/p%p @/1.conf", &["p22", "p2200", "p8022", "p2022"]),
    ("@/%r@*", &["bob@1", "root@1", "alice@2", "me@corp@1", "cmdline@"]),
    ("@/%k.conf", &["web.conf", "db1.conf", "%k.conf"]),
    ("@/j%j", &["j", "jhop", "jjump", "jc"]),
    ("@/%h/*", &["web/1", "web/2", "db1/1"]),
    ("@/[%p].conf", &["2.conf", "8.conf", "p.conf"]),
    ("@/%C* @/%l* @/%L* @/%u* @/%i*", &["root", "0", "1000"]),
    ("@/${SSHP_TEST_PORT}", &["8022", "${SSHP_TEST_PORT}"]),
    ("@/x${SSHP_TEST_EMPTY}.conf", &["x.conf"]),
    ("${SSHP_TEST_EMPTY}", &[]),
    ("~${SSHP_TEST_EMPTY}/.ssh/@/0.conf", &[]),
    ("@/%%h @/0.conf", &["%h", "%%h"]),
    ("@/${NOT_SET} @/0.conf", &[]),
    ("@/%Z", &["%Z"]),
    ("@/100%", &["100%"]),
    ("@/$HOME @/${ @/1.conf", &["$HOME"]),
];

/// What follows Include, and more files of a folder.
pub(super) fn include(r: &mut Random, folder: &str) -> (String, &'static [&'static str]) {
    let (words, files) = INCLUDES[r.below(INCLUDES.len())];
    (words.replace("@/", &format!("{folder}/")), files)
}

/// Flags with their arguments.
const FLAGS: &[&[&str]] = &[
    &["-P", "prod"],
    &["-P", "prod"],
    &["-Pprod"],
    &["-Pt"],
    &["-P"],
    &["-Z"],
    &["-C"],
    &["-C"],
    &["-W", "/run/socket"],
    &["-W", "h:22"],
    &["-L", "8080:h:80"],
    &["-N"],
    &["-s"],
    &["-n"],
    &["-f"],
    &["-O", "conninfo"],
    &["-O", "channels"],
    &["-O", "check"],
    &["-e", "^"],
    &["-K"],
    &["-k"],
    &["-vvv"],
    &["-J", "a;b"],
    &["-J", "u;v@hop"],
    &["-J", "$x@hop,other"],
    &["-J", "D\\me@hop"],
    &["-l", "a;b"],
    &["-l", "a -b"],
    &["-l", "a\\"],
    &["-l", "D\\me"],
    &["-l", "$x"],
    &["-l", "%h"],
    &["-l", "-x"],
    &["-oUser=a;b"],
    &["-oUser=%u-x"],
    &["-oProxyJump=a;b"],
    &["-oProxyJump=u;v@hop"],
    &["-oTag=prod"],
    &["-oMatch host x"],
    &["-oHost x"],
    &["-oChannelTimeout=*=5m"],
    &["-oVersionAddendum=x # y"],
    &["-oRefuseConnection=no way"],
    &["-oHostName=a,b"],
];

/// A flag with its argument.
pub(super) fn flag(r: &mut Random) -> &'static [&'static str] {
    FLAGS[r.below(FLAGS.len())]
}

/// A destination that some versions refuse.
pub(super) fn destination(r: &mut Random) -> &'static str {
    r.pick(&[
        "a,b",
        "D\\me@web",
        "$x@web",
        "a;b@web",
        "a b@web",
        "a -b@web",
        "x\\@web",
        "we b",
        "we\tb",
        "a\u{1}@web",
        "ssh://a%00@web",
        "ssh://a%20b@web",
        "ssh://a%3bb@web",
        "web{a}",
        "web(a)",
        "'web'",
        "bob@a,b",
        "ssh://a,b:22",
        "-x@web",
        "we\\b",
        "we$b",
    ])
}
