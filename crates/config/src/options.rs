//! PURE: every keyword of ssh_config(5) in one table: names, kind of argument, default, place in `ssh -G`.
//!
//! The rows stand in the order in which `ssh -G` prints them (readconf.c: dump_client_config);
//! those that it never prints come last. A row is dated where not every ssh has it, see [`Validity`]; which
//! ssh has a row, and by which names, is for [`Dialect`] to say.

use super::algorithms::List;
use super::dialect::{Dialect, Version};

/// What a keyword takes, and how several lines of it add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `Host` and `Match`, which begin a block.
    Header,
    /// `Include`.
    Include,
    /// One of some words, in any case; the second of a pair is what `ssh -G` prints for the first.
    Words(&'static [(&'static str, &'static str)]),
    /// A whole number, 0 to 2³¹−1.
    Number,
    /// A time such as `90`, `2m` or `1h30m`, or `none`, which leaves the option unset.
    Seconds,
    /// One argument, taken as it is.
    Text,
    /// The rest of the line, quotes and comments and all.
    Command,
    /// A port number or the name of a tcp service.
    Port,
    /// A comma list of algorithms, with `+`, `-` or `^` before it to change the default.
    Algorithms(List),
    /// `ForwardAgent`: yes, no, a path or a variable.
    ForwardAgent,
    /// A path or a variable that has to exist.
    AgentPath,
    /// `ProxyJump`; excludes `ProxyCommand`, and the other way round.
    Jump,
    /// One more file each line, duplicates dropped.
    KeyFile,
    /// Up to 32 files on the first line, or `none`.
    HostFiles,
    /// Files of the first line, or `none`; before 10.3 one file.
    RevokedFiles,
    /// Only the first word counts.
    LogVerbose,
    /// One more forwarding each line, duplicates dropped.
    Forward,
    /// `host:port` words of the first line, or `any` or `none`.
    RemoteOpen,
    /// Patterns of all lines; `-pattern` takes earlier ones away.
    SendEnv,
    /// `NAME=value` words of the first line.
    SetEnv,
    /// A character, `^` and a letter, or `none`.
    EscapeChar,
    /// One or two classes or numbers.
    IpQos,
    /// A size and a time, each the first that is given.
    RekeyLimit,
    /// `local[:remote]`, numbers or `any`.
    TunnelDevice,
    /// yes, no, or a time.
    ControlPersist,
    /// yes, no, ask, `confirm [time]`, or a time.
    AddKeysToAgent,
    /// `type=time` words of the first line, or `none`.
    ChannelTimeout,
    /// yes, no, or `interval:MILLISECONDS`.
    KeystrokeTiming,
    /// The rest of the line, in which tokens and variables are expanded.
    Addendum,
    /// A word that ssh stops with where the line applies.
    Refusal,
    /// Domains of the first line, or `none`.
    Domains,
    /// `source:target` rules of the first line, or `none`.
    PermittedCnames,
    /// An octal mode; the last one counts, even in a block that does not apply.
    Mask,
    /// A syslog facility; the first one counts, even in a block that does not apply.
    Facility,
    /// Read and silently dropped.
    Ignored,
    /// No longer an option; read and dropped.
    Deprecated,
    /// Not built into this ssh; a complaint, but no error.
    Unsupported,
}

/// How `ssh -G` prints a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `keyword value`, nothing where it has no value.
    Line,
    /// A line for each value.
    Each,
    /// All values on one line, `none` where there are none.
    Joined,
    /// Not at all.
    Hidden,
}

/// Which build has something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// Every one.
    Everywhere,
    /// Those with the patch for GSSAPI key exchange.
    GssKeyExchange,
    /// Debian's and Ubuntu's.
    Debian,
    /// Red Hat's and Fedora's.
    RedHat,
    /// macOS's.
    Apple,
}

/// Since when, until when and in which builds something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first release that has it; the oldest of the table stands for all before it too.
    pub since: Version,
    /// The first release that has it no more.
    pub until: Option<Version>,
    /// Which builds have it.
    pub built: Built,
}

impl Validity {
    /// What every ssh of the table has.
    pub const ALWAYS: Validity =
        Validity { since: Dialect::OLDEST, until: None, built: Built::Everywhere };

    /// What releases have from one on.
    #[must_use]
    pub const fn since(major: u16, minor: u16) -> Self {
        Validity { since: Version::new(major, minor), ..Validity::ALWAYS }
    }

    /// What releases have before one.
    #[must_use]
    pub const fn until(major: u16, minor: u16) -> Self {
        Validity { until: Some(Version::new(major, minor)), ..Validity::ALWAYS }
    }

    /// What only some builds have.
    #[must_use]
    pub const fn built(built: Built) -> Self {
        Validity { built, ..Validity::ALWAYS }
    }

    /// The same, in some builds only.
    #[must_use]
    pub const fn only(self, built: Built) -> Self {
        Validity { built, ..self }
    }
}

/// A name that not every ssh with the keyword has, or that stands for another keyword in some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatedName {
    /// The name, in lower case.
    pub name: &'static str,
    /// What it stands for.
    pub keyword: Keyword,
    /// Where.
    pub validity: Validity,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// What the row is about.
    pub keyword: Keyword,
    /// The name as `ssh -G` prints it.
    pub name: &'static str,
    /// The name as ssh_config(5) writes it, for messages and new lines.
    pub title: &'static str,
    /// Other names for the same option, older ones mostly.
    pub aliases: &'static [&'static str],
    /// What it takes.
    pub kind: Kind,
    /// How `ssh -G` prints it.
    pub form: Form,
    /// What `ssh -G` of the newest release prints where nothing sets it; several values with blanks
    /// between them.
    pub default: Option<&'static str>,
    /// Which ssh has it.
    pub validity: Validity,
    /// Those of its names that not every ssh with the row has; the others hold wherever the row does.
    pub dated_names: &'static [DatedName],
}

macro_rules! table {
    ($($variant:ident $name:literal $([$($alias:literal),+])? $({$validity:expr})? : $kind:expr, $form:ident, $default:expr $(, $dated:expr)?;)+) => {
        /// A keyword of ssh_config(5), by whatever name it was written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "ssh_config(5) is their documentation")]
        pub enum Keyword { $($variant),+ }

        /// The table, in the order of [`Keyword`].
        pub static TABLE: &[Row] = &[$(Row {
            keyword: Keyword::$variant,
            name: $name,
            title: stringify!($variant),
            aliases: &[$($($alias),+)?],
            kind: $kind,
            form: Form::$form,
            default: $default,
            validity: either!(Validity::ALWAYS $(, $validity)?),
            dated_names: either!(&[] $(, $dated)?),
        }),+];

        fn lookup(lower: &str) -> Option<Keyword> {
            // What is an alias now can have been an option before.
            match lower {
                $($($($alias)|+ => return Some(Keyword::$variant),)?)+
                _ => {}
            }
            match lower {
                $($name => Some(Keyword::$variant),)+
                _ => None,
            }
        }
    };
}

/// The second where there is one.
macro_rules! either {
    ($default:expr) => {
        $default
    };
    ($default:expr, $given:expr) => {
        $given
    };
}

const GSS: Validity = Validity::built(Built::GssKeyExchange);

const fn dated(name: &'static str, keyword: Keyword, validity: Validity) -> DatedName {
    DatedName { name, keyword, validity }
}

const FLAG: Kind = Kind::Words(&[("yes", "yes"), ("no", "no"), ("true", "yes"), ("false", "no")]);
const YES_NO_ASK: Kind = Kind::Words(&[
    ("true", "true"),
    ("false", "false"),
    ("yes", "true"),
    ("no", "false"),
    ("ask", "ask"),
]);

table! {
    Host "host": Kind::Header, Hidden, None;
    User "user": Kind::Text, Line, None;
    HostName "hostname": Kind::Text, Line, None;
    Port "port": Kind::Port, Line, Some("22");
    AddressFamily "addressfamily": Kind::Words(&[("inet", "inet"), ("inet6", "inet6"), ("any", "any")]), Line, Some("any");
    BatchMode "batchmode": FLAG, Line, Some("no");
    CanonicalizeFallbackLocal "canonicalizefallbacklocal": FLAG, Line, Some("yes");
    CanonicalizeHostname "canonicalizehostname": Kind::Words(&[("true", "true"), ("false", "false"), ("yes", "true"), ("no", "false"), ("always", "always")]), Line, Some("false");
    ChallengeResponseAuthentication "challengeresponseauthentication" {Validity::until(8, 7)}: FLAG, Line, Some("yes");
    CheckHostIP "checkhostip": FLAG, Line, Some("no");
    Compression "compression": Kind::Words(&[("yes", "yes"), ("no", "no")]), Line, Some("no");
    ControlMaster "controlmaster": Kind::Words(&[("true", "true"), ("yes", "true"), ("false", "false"), ("no", "false"), ("auto", "auto"), ("ask", "ask"), ("autoask", "autoask")]), Line, Some("false");
    EnableSSHKeysign "enablesshkeysign": FLAG, Line, Some("no");
    ClearAllForwardings "clearallforwardings": FLAG, Line, Some("no");
    ExitOnForwardFailure "exitonforwardfailure": FLAG, Line, Some("no");
    FingerprintHash "fingerprinthash": Kind::Words(&[("md5", "MD5"), ("sha1", "SHA1"), ("sha256", "SHA256"), ("sha384", "SHA384"), ("sha512", "SHA512")]), Line, Some("SHA256");
    ForwardX11 "forwardx11": FLAG, Line, Some("no");
    ForwardX11Trusted "forwardx11trusted": FLAG, Line, Some("no");
    GatewayPorts "gatewayports": FLAG, Line, Some("no");
    GSSAPIAuthentication "gssapiauthentication": FLAG, Line, Some("no");
    GSSAPIKeyExchange "gssapikeyexchange" {GSS}: FLAG, Line, Some("no");
    GSSAPIDelegateCredentials "gssapidelegatecredentials": FLAG, Line, Some("no");
    GSSAPITrustDNS "gssapitrustdns" {GSS}: FLAG, Line, Some("no");
    GSSAPIRenewalForcesRekey "gssapirenewalforcesrekey" {GSS}: FLAG, Line, Some("no");
    GSSAPIClientIdentity "gssapiclientidentity" {GSS}: Kind::Text, Line, None;
    GSSAPIServerIdentity "gssapiserveridentity" {GSS}: Kind::Text, Line, None;
    GSSAPIKexAlgorithms "gssapikexalgorithms" {GSS}: Kind::Algorithms(List::GssKex), Line, Some("gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-");
    HashKnownHosts "hashknownhosts": FLAG, Line, Some("no");
    HostbasedAuthentication "hostbasedauthentication": FLAG, Line, Some("no");
    IdentitiesOnly "identitiesonly": FLAG, Line, Some("no");
    KbdInteractiveAuthentication "kbdinteractiveauthentication" ["challengeresponseauthentication", "skeyauthentication", "tisauthentication"]: FLAG, Line, Some("yes"), &[
        dated("challengeresponseauthentication", Keyword::KbdInteractiveAuthentication, Validity::since(8, 7)),
        dated("challengeresponseauthentication", Keyword::ChallengeResponseAuthentication, Validity::until(8, 7)),
        dated("tisauthentication", Keyword::KbdInteractiveAuthentication, Validity::since(8, 7)),
        dated("tisauthentication", Keyword::ChallengeResponseAuthentication, Validity::until(8, 7)),
        dated("skeyauthentication", Keyword::KbdInteractiveAuthentication, Validity::since(8, 7)),
        dated("skeyauthentication", Keyword::Unsupported, Validity::until(8, 7)),
    ];
    NoHostAuthenticationForLocalhost "nohostauthenticationforlocalhost": FLAG, Line, Some("no");
    NoHostAuthenticationForProxyCommand "nohostauthenticationforproxycommand" {Validity::since(9, 6).only(Built::Apple)}: FLAG, Line, Some("no");
    PasswordAuthentication "passwordauthentication": FLAG, Line, Some("yes");
    PermitLocalCommand "permitlocalcommand": FLAG, Line, Some("no");
    ProxyUseFdpass "proxyusefdpass": FLAG, Line, Some("no");
    PubkeyAuthentication "pubkeyauthentication" ["dsaauthentication"]: Kind::Words(&[("true", "true"), ("false", "false"), ("yes", "true"), ("no", "false"), ("unbound", "unbound"), ("host-bound", "host-bound")]), Line, Some("true");
    RequestTTY "requesttty": Kind::Words(&[("true", "true"), ("yes", "true"), ("false", "false"), ("no", "false"), ("force", "force"), ("auto", "auto")]), Line, Some("auto");
    SessionType "sessiontype" {Validity::since(8, 7)}: Kind::Words(&[("none", "none"), ("subsystem", "subsystem"), ("default", "default")]), Line, Some("default");
    StdinNull "stdinnull" {Validity::since(8, 7)}: FLAG, Line, Some("no");
    ForkAfterAuthentication "forkafterauthentication" {Validity::since(8, 7)}: FLAG, Line, Some("no");
    StreamLocalBindUnlink "streamlocalbindunlink": FLAG, Line, Some("no");
    StrictHostKeyChecking "stricthostkeychecking": Kind::Words(&[("true", "true"), ("false", "false"), ("yes", "true"), ("no", "false"), ("ask", "ask"), ("off", "false"), ("accept-new", "accept-new")]), Line, Some("ask");
    TCPKeepAlive "tcpkeepalive" ["keepalive"]: Kind::Words(&[("true", "true"), ("false", "false"), ("yes", "true"), ("no", "false"), ("transport", "true"), ("all", "all")]), Line, Some("true");
    Tunnel "tunnel": Kind::Words(&[("ethernet", "ethernet"), ("point-to-point", "point-to-point"), ("true", "point-to-point"), ("yes", "point-to-point"), ("false", "false"), ("no", "false")]), Line, Some("false");
    VerifyHostKeyDNS "verifyhostkeydns": YES_NO_ASK, Line, Some("false");
    VisualHostKey "visualhostkey": FLAG, Line, Some("no");
    UpdateHostKeys "updatehostkeys": YES_NO_ASK, Line, None;
    EnableEscapeCommandline "enableescapecommandline" {Validity::since(9, 2)}: FLAG, Line, Some("no");
    WarnWeakCrypto "warnweakcrypto" {Validity::since(10, 1)}: Kind::Words(&[("yes", "yes"), ("true", "yes"), ("no", "no"), ("false", "no"), ("no-pq-kex", "no")]), Line, Some("yes");
    AppleMultipath "applemultipath" {Validity::since(9, 0).only(Built::Apple)}: FLAG, Line, Some("no");
    CanonicalizeMaxDots "canonicalizemaxdots": Kind::Number, Line, Some("1");
    ConnectionAttempts "connectionattempts": Kind::Number, Line, Some("1");
    ForwardX11Timeout "forwardx11timeout": Kind::Seconds, Line, Some("1200");
    NumberOfPasswordPrompts "numberofpasswordprompts": Kind::Number, Line, Some("3");
    ServerAliveCountMax "serveralivecountmax": Kind::Number, Line, Some("3");
    ServerAliveInterval "serveraliveinterval" ["protocolkeepalives", "setuptimeout"]: Kind::Seconds, Line, None, &[
        dated("protocolkeepalives", Keyword::ServerAliveInterval, Validity::built(Built::Debian)),
        dated("setuptimeout", Keyword::ServerAliveInterval, Validity::until(9, 3).only(Built::Debian)),
        dated("setuptimeout", Keyword::ConnectTimeout, Validity::since(9, 3).only(Built::Debian)),
    ];
    RequiredRSASize "requiredrsasize" ["rsaminsize"] {Validity::since(9, 1)}: Kind::Number, Line, Some("1024"), &[dated("rsaminsize", Keyword::RequiredRSASize, Validity::built(Built::RedHat))];
    ObscureKeystrokeTiming "obscurekeystroketiming" {Validity::since(9, 5)}: Kind::KeystrokeTiming, Line, Some("yes");
    BindAddress "bindaddress": Kind::Text, Line, None;
    BindInterface "bindinterface": Kind::Text, Line, None;
    Ciphers "ciphers": Kind::Algorithms(List::Ciphers), Line, None;
    ControlPath "controlpath": Kind::Text, Line, None;
    HostKeyAlgorithms "hostkeyalgorithms": Kind::Algorithms(List::Keys), Line, None;
    HostKeyAlias "hostkeyalias": Kind::Text, Line, None;
    HostbasedAcceptedAlgorithms "hostbasedacceptedalgorithms" ["hostbasedkeytypes"]: Kind::Algorithms(List::Keys), Line, None, &[dated("hostbasedacceptedalgorithms", Keyword::HostbasedAcceptedAlgorithms, Validity::since(8, 5))];
    IdentityAgent "identityagent": Kind::AgentPath, Line, None;
    IgnoreUnknown "ignoreunknown": Kind::Text, Line, None;
    KbdInteractiveDevices "kbdinteractivedevices": Kind::Text, Line, None;
    KexAlgorithms "kexalgorithms": Kind::Algorithms(List::Kex), Line, None;
    CASignatureAlgorithms "casignaturealgorithms": Kind::Algorithms(List::Signatures), Line, None;
    LocalCommand "localcommand": Kind::Command, Line, None;
    RemoteCommand "remotecommand": Kind::Command, Line, None;
    LogLevel "loglevel": Kind::Words(&[("silent", "SILENT"), ("quiet", "SILENT"), ("fatal", "FATAL"), ("error", "ERROR"), ("info", "INFO"), ("verbose", "VERBOSE"), ("debug", "DEBUG"), ("debug1", "DEBUG"), ("debug2", "DEBUG2"), ("debug3", "DEBUG3")]), Line, Some("INFO");
    MACs "macs": Kind::Algorithms(List::Macs), Line, None;
    PKCS11Provider "pkcs11provider" ["smartcarddevice"]: Kind::Text, Line, None;
    SecurityKeyProvider "securitykeyprovider": Kind::Text, Line, Some("internal");
    PreferredAuthentications "preferredauthentications": Kind::Text, Line, None;
    PubkeyAcceptedAlgorithms "pubkeyacceptedalgorithms" ["pubkeyacceptedkeytypes"]: Kind::Algorithms(List::Keys), Line, None, &[dated("pubkeyacceptedalgorithms", Keyword::PubkeyAcceptedAlgorithms, Validity::since(8, 5))];
    RevokedHostKeys "revokedhostkeys": Kind::RevokedFiles, Line, None;
    XAuthLocation "xauthlocation": Kind::Text, Line, Some("/usr/bin/xauth");
    KnownHostsCommand "knownhostscommand" {Validity::since(8, 5)}: Kind::Command, Line, None;
    Tag "tag" {Validity::since(9, 4)}: Kind::Text, Line, None;
    VersionAddendum "versionaddendum" {Validity::since(10, 0)}: Kind::Addendum, Line, None;
    DynamicForward "dynamicforward": Kind::Forward, Each, None;
    LocalForward "localforward": Kind::Forward, Each, None;
    RemoteForward "remoteforward": Kind::Forward, Each, None;
    IdentityFile "identityfile" ["identityfile2"]: Kind::KeyFile, Each, Some("~/.ssh/id_rsa ~/.ssh/id_ecdsa ~/.ssh/id_ecdsa_sk ~/.ssh/id_ed25519 ~/.ssh/id_ed25519_sk ~/.ssh/id_mldsa44_ed25519");
    CanonicalDomains "canonicaldomains": Kind::Domains, Joined, None;
    CertificateFile "certificatefile": Kind::KeyFile, Each, None;
    GlobalKnownHostsFile "globalknownhostsfile": Kind::HostFiles, Joined, Some("/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2");
    UserKnownHostsFile "userknownhostsfile": Kind::HostFiles, Joined, Some("~/.ssh/known_hosts ~/.ssh/known_hosts2");
    SendEnv "sendenv": Kind::SendEnv, Each, None;
    SetEnv "setenv": Kind::SetEnv, Each, None;
    LogVerbose "logverbose" {Validity::since(8, 5)}: Kind::LogVerbose, Joined, None;
    ChannelTimeout "channeltimeout" {Validity::since(9, 6)}: Kind::ChannelTimeout, Joined, None;
    PermitRemoteOpen "permitremoteopen" {Validity::since(8, 5)}: Kind::RemoteOpen, Joined, Some("any");
    AddKeysToAgent "addkeystoagent": Kind::AddKeysToAgent, Line, Some("false");
    ForwardAgent "forwardagent": Kind::ForwardAgent, Line, Some("no");
    ConnectTimeout "connecttimeout": Kind::Seconds, Line, Some("none");
    TunnelDevice "tunneldevice": Kind::TunnelDevice, Line, Some("any:any");
    CanonicalizePermittedCNAMEs "canonicalizePermittedcnames" ["canonicalizepermittedcnames"]: Kind::PermittedCnames, Joined, None;
    ControlPersist "controlpersist": Kind::ControlPersist, Line, Some("no");
    EscapeChar "escapechar": Kind::EscapeChar, Line, Some("~");
    IPQoS "ipqos": Kind::IpQos, Line, Some("ef cs0");
    RekeyLimit "rekeylimit": Kind::RekeyLimit, Line, Some("0 0");
    StreamLocalBindMask "streamlocalbindmask": Kind::Mask, Line, Some("0177");
    SyslogFacility "syslogfacility": Kind::Facility, Line, Some("USER");
    ProxyCommand "proxycommand": Kind::Command, Line, None;
    ProxyJump "proxyjump": Kind::Jump, Line, None;
    Match "match": Kind::Header, Hidden, None;
    RefuseConnection "refuseconnection" {Validity::since(10, 1)}: Kind::Refusal, Hidden, None;
    UseKeychain "usekeychain" {Validity::built(Built::Apple)}: FLAG, Hidden, None;
    Include "include": Kind::Include, Hidden, None;
    Protocol "protocol": Kind::Ignored, Hidden, None;
    Deprecated "cipher" ["fallbacktorsh", "globalknownhostsfile2", "rhostsauthentication", "useblacklistedkeys", "userknownhostsfile2", "useroaming", "usersh", "useprivilegedport"]: Kind::Deprecated, Hidden, None, &[dated("useblacklistedkeys", Keyword::Deprecated, Validity::built(Built::Debian))];
    Unsupported "afstokenpassing" ["kerberosauthentication", "kerberostgtpassing", "rsaauthentication", "rhostsrsaauthentication", "compressionlevel"]: Kind::Unsupported, Hidden, None;
}

impl Keyword {
    /// Finds a keyword by one of its names, in any case.
    #[must_use]
    pub fn find(name: &[u8]) -> Option<Self> {
        const LONGEST: usize = 40;
        let mut lower = [0; LONGEST];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        lookup(std::str::from_utf8(lower).ok()?)
    }

    /// Its row of the table.
    #[must_use]
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Its name in `ssh -G` and in ssh's messages: lower case but for one letter.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its name as ssh_config(5) writes it.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// What it takes.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.row().kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_all_its_names_in_any_case() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(row.keyword as usize, at);
            for name in row.aliases.iter().chain([&row.title]) {
                let shouted = name.to_uppercase();
                match row.keyword {
                    Keyword::Deprecated | Keyword::Unsupported if name == &row.title => {}
                    // An alias now.
                    Keyword::ChallengeResponseAuthentication => {}
                    keyword => {
                        assert_eq!(Keyword::find(shouted.as_bytes()), Some(keyword), "{name}");
                    }
                }
            }
        }
        assert_eq!(Keyword::find(b"Prot\xe9"), None);
        assert_eq!(Keyword::find(&[b'a'; 300]), None);
    }
}
