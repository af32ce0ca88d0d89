//! PURE: what the built-in session makes of every keyword of ssh_config(5).

use super::Lack;
use crate::session::options::{Options, Setting};
use crate::ssh_config::Keyword;
use crate::ssh_config::options::TABLE;

/// What the built-in session makes of a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what ssh does.
    Honoured,
    /// Without it nothing is missing; why.
    NotNeeded(&'static str),
    /// Only the system's ssh has it, unless it is set to one of these words.
    System(&'static [&'static str], Where),
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
    use Support::{Honoured, NotNeeded, System};
    use Where::{Destination, Each};
    match keyword {
        // What the resolver has answered already.
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
        | K::BatchMode
        | K::BindAddress
        | K::CertificateFile
        | K::Ciphers
        | K::ClearAllForwardings
        | K::Compression
        | K::ConnectTimeout
        | K::ConnectionAttempts
        | K::DynamicForward
        | K::EscapeChar
        | K::ExitOnForwardFailure
        | K::ForwardAgent
        | K::GatewayPorts
        | K::GlobalKnownHostsFile
        | K::HashKnownHosts
        | K::HostKeyAlgorithms
        | K::HostKeyAlias
        | K::HostName
        | K::IdentitiesOnly
        | K::IdentityAgent
        | K::IdentityFile
        | K::KbdInteractiveAuthentication
        | K::KexAlgorithms
        | K::LocalCommand
        | K::LocalForward
        | K::LogLevel
        | K::MACs
        | K::NoHostAuthenticationForLocalhost
        | K::NumberOfPasswordPrompts
        | K::PasswordAuthentication
        | K::PermitLocalCommand
        | K::Port
        | K::PreferredAuthentications
        | K::ProxyCommand
        | K::ProxyJump
        | K::PubkeyAcceptedAlgorithms
        | K::PubkeyAuthentication
        | K::RekeyLimit
        | K::RemoteCommand
        | K::RemoteForward
        | K::RequestTTY
        | K::RevokedHostKeys
        | K::SendEnv
        | K::ServerAliveCountMax
        | K::ServerAliveInterval
        | K::SessionType
        | K::SetEnv
        | K::StdinNull
        | K::StrictHostKeyChecking
        | K::TCPKeepAlive
        | K::User
        | K::UserKnownHostsFile => Honoured,
        K::AddKeysToAgent => System(
            // A time is fine as well; only `ask` is missing.
            &["no", "false", "yes", "true", "confirm"],
            Each,
        ),
        K::BindInterface
        | K::CASignatureAlgorithms
        | K::KbdInteractiveDevices
        | K::RequiredRSASize => System(&[], Each),
        K::CheckHostIP
        | K::EnableSSHKeysign
        | K::HostbasedAuthentication
        | K::ProxyUseFdpass
        | K::VerifyHostKeyDNS => System(NO, Each),
        K::KnownHostsCommand | K::PKCS11Provider => System(NONE, Each),
        K::SecurityKeyProvider => System(&["internal"], Each),
        K::ControlMaster
        | K::ControlPersist
        | K::EnableEscapeCommandline
        | K::ForkAfterAuthentication
        | K::ForwardX11
        | K::StreamLocalBindUnlink
        | K::Tunnel => System(NO, Destination),
        K::ControlPath => System(NONE, Destination),
        K::PermitRemoteOpen => System(&["any"], Destination),
        K::StreamLocalBindMask => System(&["0177", "177"], Destination),
        K::GSSAPIAuthentication
        | K::GSSAPIClientIdentity
        | K::GSSAPIDelegateCredentials
        | K::GSSAPIKexAlgorithms
        | K::GSSAPIKeyExchange
        | K::GSSAPIRenewalForcesRekey
        | K::GSSAPIServerIdentity
        | K::GSSAPITrustDNS => NotNeeded("the other ways to log in are tried"),
        K::FingerprintHash | K::VisualHostKey => NotNeeded("SHA256 is shown"),
        K::UpdateHostKeys => NotNeeded("`sshp trust` brings further keys"),
        K::IPQoS => NotNeeded("packets are not marked"),
        K::ForwardX11Timeout | K::ForwardX11Trusted | K::XAuthLocation => {
            NotNeeded("counts with ForwardX11 only")
        }
        K::HostbasedAcceptedAlgorithms => NotNeeded("counts with HostbasedAuthentication only"),
        K::TunnelDevice => NotNeeded("counts with Tunnel only"),
        K::LogVerbose | K::SyslogFacility => NotNeeded("is about ssh's own log"),
        K::Protocol | K::Deprecated | K::Unsupported => NotNeeded("ssh ignores it too"),
    }
}

/// What the built-in session lacks to reach a server and log in there.
pub(super) fn of_connection(options: &Options) -> Vec<Lack> {
    let mut lacks = lacking(options, Where::Each);
    if options.text("serveralivecountmax") == Some("0")
        && options.text("serveraliveinterval").is_some_and(|interval| interval != "0")
        && let Some(setting) = options.get("serveralivecountmax")
    {
        lacks.push(Lack::new("ServerAliveCountMax", setting, "0 ends at the first silence"));
    }
    lacks
}

/// What the built-in session lacks to do there what is asked.
pub(super) fn of_session(options: &Options) -> Vec<Lack> {
    lacking(options, Where::Destination)
}

fn lacking(options: &Options, place: Where) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for row in TABLE {
        let Support::System(fine, about) = support(row.keyword) else { continue };
        if about != place {
            continue;
        }
        for setting in options.all(row.title) {
            if !is_fine(row.keyword, fine, setting) {
                lacks.push(Lack::new(row.title, setting, ""));
            }
        }
    }
    lacks
}

fn is_fine(keyword: Keyword, fine: &[&str], setting: &Setting) -> bool {
    let known = |word: &str| fine.iter().any(|fine| word.eq_ignore_ascii_case(fine));
    match keyword {
        // A time, or `confirm` and a time.
        Keyword::AddKeysToAgent => setting
            .value
            .split_whitespace()
            .all(|word| known(word) || word.bytes().all(|byte| byte.is_ascii_digit())),
        _ => known(&setting.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(keyword: &str, value: &str) -> usize {
        let mut options = Options::default();
        options.add(keyword, value, None);
        of_connection(&options).len() + of_session(&options).len()
    }

    #[test]
    fn what_goes_to_the_system_does_so_when_it_is_set_to_something() {
        for row in TABLE {
            match support(row.keyword) {
                Support::System(fine, _) => {
                    assert_eq!(lacks(row.title, "something"), 1, "{}", row.title);
                    for word in fine {
                        assert_eq!(lacks(row.title, word), 0, "{} {word}", row.title);
                    }
                }
                Support::Honoured | Support::NotNeeded(_) => {
                    assert_eq!(lacks(row.title, "something"), 0, "{}", row.title);
                }
            }
        }
    }

    #[test]
    fn keys_are_added_for_a_time_or_with_a_question_of_the_agents_but_not_of_ours() {
        for (value, lacking) in [("3600", 0), ("confirm 60", 0), ("ask", 1), ("yes", 0)] {
            assert_eq!(lacks("AddKeysToAgent", value), lacking, "{value}");
        }
    }

    #[test]
    fn no_answer_to_keepalives_at_all_is_lacking() {
        let mut options = Options::default();
        options.add("ServerAliveInterval", "5", None);
        options.add("ServerAliveCountMax", "0", None);
        assert_eq!(of_connection(&options).len(), 1);
    }
}
