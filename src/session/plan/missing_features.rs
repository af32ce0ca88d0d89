//! PURE: what the built-in session makes of every keyword of ssh_config(5).

use sshp_config::{Effective, Keyword};

use super::MissingFeature;

/// What the built-in session makes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what ssh does.
    Honoured,
    /// It does what ssh does, but for this.
    Limited(&'static str),
    /// Without it nothing is missing; why.
    NotNeeded(&'static str),
    /// It has no effect, which is too little to refuse a session for; what is missing.
    Ignored(&'static str),
    /// Only the system's ssh has it, unless it is set to one of these words; what is missing.
    System(&'static [&'static str], Where, &'static str),
}

/// Which servers on the way a keyword is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Each.
    Each,
    /// The destination.
    Destination,
}

const NO: &[&str] = &["no", "false"];
const NONE: &[&str] = &["none"];

/// What the built-in session makes of a keyword.
pub fn support(keyword: Keyword) -> Support {
    use Keyword as K;
    use Support::{Honoured, Ignored, Limited, NotNeeded, System};
    use Where::{Destination, Each};
    match keyword {
        // The first few are what the resolver has answered already.
        K::Host
        | K::Match
        | K::Include
        | K::IgnoreUnknown
        | K::CanonicalDomains
        | K::CanonicalizeFallbackLocal
        | K::CanonicalizeHostname
        | K::CanonicalizeMaxDots
        | K::CanonicalizePermittedCNAMEs
        | K::AddressFamily
        | K::AddKeysToAgent
        | K::BatchMode
        | K::BindAddress
        | K::BindInterface
        | K::CertificateFile
        | K::CheckHostIP
        | K::ClearAllForwardings
        | K::Compression
        | K::ConnectionAttempts
        | K::DynamicForward
        | K::ExitOnForwardFailure
        | K::FingerprintHash
        | K::ForkAfterAuthentication
        | K::ForwardAgent
        | K::GatewayPorts
        | K::GlobalKnownHostsFile
        | K::HashKnownHosts
        | K::HostKeyAlias
        | K::HostName
        | K::IdentitiesOnly
        | K::IdentityAgent
        | K::IPQoS
        | K::KbdInteractiveAuthentication
        | K::KbdInteractiveDevices
        | K::KnownHostsCommand
        | K::LocalCommand
        | K::LocalForward
        | K::NoHostAuthenticationForLocalhost
        | K::NumberOfPasswordPrompts
        | K::PasswordAuthentication
        | K::PermitLocalCommand
        | K::PermitRemoteOpen
        | K::Port
        | K::ProxyCommand
        | K::ProxyJump
        | K::RefuseConnection
        | K::RemoteCommand
        | K::RemoteForward
        | K::RequestTTY
        | K::RequiredRSASize
        | K::SendEnv
        | K::ServerAliveInterval
        | K::SessionType
        | K::SetEnv
        | K::StdinNull
        | K::StreamLocalBindMask
        | K::StreamLocalBindUnlink
        | K::StrictHostKeyChecking
        | K::SyslogFacility
        | K::Tag
        | K::TCPKeepAlive
        | K::User
        | K::UserKnownHostsFile
        | K::VersionAddendum
        | K::VisualHostKey => Honoured,
        K::CASignatureAlgorithms
        | K::Ciphers
        | K::HostKeyAlgorithms
        | K::KexAlgorithms
        | K::MACs
        | K::PubkeyAcceptedAlgorithms => Limited(
            "what the built-in session does not have is left out; a list that leaves nothing is refused",
        ),
        K::ConnectTimeout => Limited("30 seconds where nothing is set"),
        K::EscapeChar => Limited("without `~B`, `~C`, `~V`, `~v` and `~&`"),
        K::IdentityFile => Limited(
            "where nothing is set: `id_rsa`, `id_ecdsa` and `id_ed25519`; security keys by the agent only",
        ),
        K::LogLevel => Limited("`error` and below make it quiet; the others are alike"),
        K::PreferredAuthentications => Limited("`gssapi-with-mic` and `hostbased` are left out"),
        K::PubkeyAuthentication => Limited("`host-bound` and `unbound` are taken as `yes`"),
        K::RekeyLimit => Limited("not more than 1 GiB"),
        K::RevokedHostKeys => Limited("a signed KRL is refused"),
        K::ServerAliveCountMax => Limited("0 with a ServerAliveInterval is refused"),
        K::UpdateHostKeys => Limited("not where `CheckHostIP` looks the address up, too"),
        K::EnableSSHKeysign | K::HostbasedAuthentication => {
            System(NO, Each, "log-in by the host's own key")
        }
        K::ProxyUseFdpass => System(NO, Each, "a proxy that passes a descriptor"),
        K::VerifyHostKeyDNS => System(NO, Each, "SSHFP records"),
        K::PKCS11Provider => System(NONE, Each, "keys of a provider; an agent can hold them"),
        // A config may name it for everybody; without security keys nothing is missing.
        K::SecurityKeyProvider => {
            Ignored("no middleware; the agent signs with security keys that it holds")
        }
        K::ControlMaster | K::ControlPersist => System(NO, Destination, "sharing of connections"),
        K::ControlPath => System(NONE, Destination, "sharing of connections"),
        K::EnableEscapeCommandline => System(NO, Destination, "the command line, `~C`"),
        K::ForwardX11 => System(NO, Destination, "X11"),
        K::Tunnel => System(NO, Destination, "network devices"),
        // Debian's own ssh_config sets it for everybody: a refusal would leave no session there.
        K::GSSAPIAuthentication => Ignored("no GSSAPI; the other ways to log in are tried"),
        K::GSSAPIKeyExchange | K::GSSAPIKexAlgorithms => {
            Ignored("no GSSAPI; the other key exchanges are offered")
        }
        K::GSSAPIClientIdentity
        | K::GSSAPIDelegateCredentials
        | K::GSSAPIRenewalForcesRekey
        | K::GSSAPIServerIdentity
        | K::GSSAPITrustDNS => NotNeeded("counts with GSSAPI only"),
        K::ForwardX11Timeout | K::ForwardX11Trusted | K::XAuthLocation => {
            NotNeeded("counts with ForwardX11 only")
        }
        K::HostbasedAcceptedAlgorithms => NotNeeded("counts with HostbasedAuthentication only"),
        K::TunnelDevice => NotNeeded("counts with Tunnel only"),
        K::LogVerbose => NotNeeded("is about ssh's own log"),
        K::ObscureKeystrokeTiming => {
            Ignored("keystrokes are sent when they are typed; their timing shows on the network")
        }
        K::ChannelTimeout => {
            Limited("forwarded connections stay open however long they are silent")
        }
        K::WarnWeakCrypto => {
            Ignored("no warning of a key exchange without post-quantum algorithms")
        }
        K::UseKeychain => Ignored("no keychain; the agent signs with keys that it holds"),
        K::NoHostAuthenticationForProxyCommand => Ignored("the host key is checked in any case"),
        K::AppleMultipath => Ignored("no multipath TCP"),
        K::ChallengeResponseAuthentication => NotNeeded("is KbdInteractiveAuthentication"),
        K::Protocol | K::Deprecated | K::Unsupported => NotNeeded("ssh ignores it too"),
    }
}

/// Whether a session goes on without a keyword that only the system's ssh has, where there is no
/// such ssh: the connection is no less safe for it, and does what it is for.
pub fn is_harmless(keyword: Keyword) -> bool {
    use Keyword as K;
    matches!(
        keyword,
        K::ControlMaster
            | K::ControlPath
            | K::ControlPersist
            | K::EnableEscapeCommandline
            | K::EnableSSHKeysign
            | K::ForwardX11
            | K::HostbasedAuthentication
            | K::PKCS11Provider
            | K::VerifyHostKeyDNS
    )
}

/// What the built-in session lacks to reach a server and log in there.
pub(super) fn of_connection(found: &Effective) -> Vec<MissingFeature> {
    let mut missing_features = missing_in(found, Where::Each);
    let never = Keyword::ServerAliveCountMax;
    if found.number(never) == Some(0)
        && found.seconds(Keyword::ServerAliveInterval).is_some()
        && let Some(setting) = found.setting(never)
    {
        missing_features.push(MissingFeature::new(never, setting, "0 ends at the first silence"));
    }
    missing_features
}

/// What the built-in session lacks to do there what is asked.
pub(super) fn of_session(found: &Effective) -> Vec<MissingFeature> {
    missing_in(found, Where::Destination)
}

fn missing_in(found: &Effective, place: Where) -> Vec<MissingFeature> {
    let mut missing_features = Vec::new();
    for (keyword, settings) in found.set() {
        let Support::System(fine, about, _) = support(keyword) else { continue };
        if about != place {
            continue;
        }
        for setting in settings {
            if !fine.iter().any(|word| setting.value.eq_ignore_ascii_case(word.as_bytes())) {
                missing_features.push(MissingFeature::new(keyword, setting, ""));
            }
        }
    }
    missing_features
}

#[cfg(test)]
mod tests {
    use sshp_config::options::TABLE;

    use super::*;
    use crate::session::plan::tests::try_resolve;

    fn missing_features(keyword: &str, value: &str) -> Option<usize> {
        let found = try_resolve(&format!("{keyword} {value}"))?;
        Some(of_connection(&found).len() + of_session(&found).len())
    }

    #[test]
    fn what_goes_to_the_system_does_so_when_it_is_set_to_something() {
        let values = ["yes", "auto", "/some", "1", "host:1", "1 host:1", "none", "no"];
        for row in TABLE {
            let counts = values.map(|value| (value, missing_features(row.title, value)));
            let counted = counts.iter().filter_map(|(value, count)| Some((*value, (*count)?)));
            let counted: Vec<_> = counted.collect();
            match support(row.keyword) {
                Support::System(fine, _, _) => {
                    assert!(counted.iter().any(|(_, count)| *count == 1), "{}", row.title);
                    for (value, count) in &counted {
                        let is_fine = fine.contains(value);
                        assert_eq!(*count, usize::from(!is_fine), "{} {value}", row.title);
                    }
                }
                _ => {
                    for (value, count) in &counted {
                        assert_eq!(*count, 0, "{} {value}", row.title);
                    }
                }
            }
        }
    }

    #[test]
    fn no_answer_to_keepalives_at_all_is_lacking() {
        let found = try_resolve("ServerAliveInterval 5\nServerAliveCountMax 0").expect("options");
        assert_eq!(of_connection(&found).len(), 1);
        let found = try_resolve("ServerAliveCountMax 0").expect("options");
        assert!(of_connection(&found).is_empty());
    }
}
