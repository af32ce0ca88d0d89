//! PURE: what is forwarded, and how.

use std::path::PathBuf;

use sshp_config::forward::{End, Forward};
use sshp_config::{Effective, Keyword, Source};

use super::{Facts, lossy, path};

/// Where a forwarding listens or goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardPlace {
    /// A host and port. No host: this machine alone. An empty one or `*`: every address.
    Tcp {
        /// The host.
        host: Option<String>,
        /// The port; 0 where the listener is to choose.
        port: u16,
    },
    /// A Unix socket.
    Socket(PathBuf),
}

/// Where the connections of a forwarding go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardTarget {
    /// All to one place.
    ForwardPlace(ForwardPlace),
    /// Where each says itself, by SOCKS.
    Socks,
}

/// One forwarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedForward {
    /// Where connections come in.
    pub listen: ForwardPlace,
    /// Where they go.
    pub target: ForwardTarget,
}

/// ssh's default for StreamLocalBindMask: only the owner can connect.
const BIND_MASK: u32 = 0o177;

/// PermitRemoteOpen: where the server's SOCKS connections may go from here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Anywhere.
    #[default]
    Anywhere,
    /// To these hosts and ports, each `None` for all of them.
    Only(Vec<(Option<String>, Option<u16>)>),
}

impl Reach {
    fn of(found: &Effective, facts: Facts<'_>) -> Self {
        let opens = found.permitted_opens(facts.machine);
        opens.map_or(Reach::Anywhere, |opens| {
            let host = |host: Vec<u8>| lossy(&host).into_owned();
            Reach::Only(opens.into_iter().map(|open| (open.host.map(host), open.port)).collect())
        })
    }

    /// Whether a connection may go there; names are compared as they are (channels.c: open_match).
    #[must_use]
    pub fn permits(&self, host: &str, port: u16) -> bool {
        match self {
            Reach::Anywhere => true,
            Reach::Only(list) => list.iter().any(|(name, number)| {
                name.as_deref().is_none_or(|name| name == host)
                    && number.is_none_or(|number| number == port)
            }),
        }
    }
}

/// The forwardings of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwards {
    /// LocalForward and DynamicForward: they come in here.
    pub local: Vec<PlannedForward>,
    /// RemoteForward: they come in there.
    pub remote: Vec<PlannedForward>,
    /// GatewayPorts: other machines may connect to the local ones.
    pub gateway: bool,
    /// ExitOnForwardFailure
    pub strict: bool,
    /// What remote SOCKS connections may reach.
    pub reach: Reach,
    /// StreamLocalBindMask: the bits that a local socket's mode lacks.
    pub mask: u32,
    /// StreamLocalBindUnlink: what is in the place of a local socket is removed.
    pub unlink: bool,
    /// The agent that ForwardAgent lets the server use.
    pub agent: Option<AgentSocket>,
}

/// An agent to forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSocket {
    /// Where it listens.
    pub path: PathBuf,
    /// Where the agent for the login listens: without it ssh forwards none (ssh.c:
    /// check_agent_present).
    pub own: PathBuf,
}

impl AgentSocket {
    /// ForwardAgent: `yes`, a path, or the name of a variable that holds one (ssh.c: main).
    fn of(found: &Effective, own: Option<PathBuf>, facts: Facts<'_>) -> Option<Self> {
        let own = own?;
        let path = match found.get(Keyword::ForwardAgent)? {
            b"no" | b"false" => return None,
            b"yes" | b"true" => own.clone(),
            [b'$', name @ ..] => path(facts.machine.variable(name)?),
            value => path(value),
        };
        Some(AgentSocket { path, own })
    }
}

impl Default for Forwards {
    fn default() -> Self {
        Forwards {
            local: Vec::new(),
            remote: Vec::new(),
            gateway: false,
            strict: false,
            reach: Reach::Anywhere,
            mask: BIND_MASK,
            unlink: false,
            agent: None,
        }
    }
}

impl Forwards {
    /// Whether there is nothing to forward.
    pub fn is_empty(&self) -> bool {
        self.local.is_empty() && self.remote.is_empty()
    }
}

fn place(end: &End) -> ForwardPlace {
    match end {
        End::Tcp { host, port } => ForwardPlace::Tcp {
            host: host.as_deref().map(|host| lossy(host).into_owned()),
            port: *port,
        },
        End::Socket(socket) => ForwardPlace::Socket(path(socket.clone())),
    }
}

fn planned((forward, _): &(Forward, Source)) -> PlannedForward {
    let target = match &forward.connect {
        Some(end) if !forward.is_dynamic() => ForwardTarget::ForwardPlace(place(end)),
        _ => ForwardTarget::Socks,
    };
    PlannedForward { listen: place(&forward.listen), target }
}

/// The forwardings that are set; `agent` is the one for the login.
pub(super) fn forwards(found: &Effective, agent: Option<PathBuf>, facts: Facts<'_>) -> Forwards {
    let mask = found.text(Keyword::StreamLocalBindMask);
    Forwards {
        local: found.local_forwards().iter().map(planned).collect(),
        remote: found.remote_forwards().iter().map(planned).collect(),
        gateway: found.flag(Keyword::GatewayPorts),
        strict: found.flag(Keyword::ExitOnForwardFailure),
        reach: Reach::of(found, facts),
        mask: mask.and_then(|mask| u32::from_str_radix(&mask, 8).ok()).unwrap_or(BIND_MASK),
        unlink: found.flag(Keyword::StreamLocalBindUnlink),
        agent: AgentSocket::of(found, agent, facts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::plan::tests::{facts, try_resolve};

    fn tcp(host: Option<&str>, port: u16) -> ForwardPlace {
        ForwardPlace::Tcp { host: host.map(str::to_owned), port }
    }

    fn set(lines: &str) -> Forwards {
        let agent = facts().path_of("SSH_AUTH_SOCK");
        forwards(&try_resolve(lines).expect("options"), agent, facts())
    }

    #[test]
    fn forwardings_are_as_the_config_has_them() {
        let socket = |path: &str| ForwardPlace::Socket(PathBuf::from(path));
        let to = |place| ForwardTarget::ForwardPlace(place);
        for (line, listen, target) in [
            ("LocalForward 8080 localhost:80", tcp(None, 8080), to(tcp(Some("localhost"), 80))),
            ("LocalForward *:81 h:82", tcp(Some("*"), 81), to(tcp(Some("h"), 82))),
            (
                "LocalForward [fe80::1]:83 [::1]:84",
                tcp(Some("fe80::1"), 83),
                to(tcp(Some("::1"), 84)),
            ),
            ("LocalForward /a /b", socket("/a"), to(socket("/b"))),
            ("LocalForward 85 /c", tcp(None, 85), to(socket("/c"))),
            ("DynamicForward 1080", tcp(None, 1080), ForwardTarget::Socks),
        ] {
            assert_eq!(set(line).local, [PlannedForward { listen, target }], "{line}");
        }
        let remote = set("RemoteForward 9001\nRemoteForward 0 h:1").remote;
        let expected = [
            PlannedForward { listen: tcp(None, 9001), target: ForwardTarget::Socks },
            PlannedForward { listen: tcp(None, 0), target: to(tcp(Some("h"), 1)) },
        ];
        assert_eq!(remote, expected);
        assert!(set("LocalForward 1 h:1\nClearAllForwardings yes").is_empty());
    }

    #[test]
    fn remote_socks_goes_where_it_is_permitted() {
        for (words, host, port, permitted) in [
            ("any", "a", 1, true),
            ("none", "a", 1, false),
            ("a:1 b:2", "b", 2, true),
            ("a:1 b:2", "b", 1, false),
            ("a:*", "a", 7, true),
            ("*:80", "x", 80, true),
            ("*:80", "x", 81, false),
            ("x:ssh", "x", 22, true),
            ("x:ssh", "x", 80, false),
            ("[::1]:5", "::1", 5, true),
        ] {
            let reach = set(&format!("PermitRemoteOpen {words}")).reach;
            assert_eq!(reach.permits(host, port), permitted, "{words:?} {host}:{port}");
        }
        assert!(set("Port 1").reach.permits("a", 1));
    }

    #[test]
    fn the_agent_to_forward_is_named_by_path_or_variable() {
        for (value, path) in [
            ("yes", Some("/agent")),
            ("no", None),
            ("/some", Some("/some")),
            ("$OTHER", Some("/other")),
            ("$UNSET", None),
        ] {
            let found = try_resolve(&format!("ForwardAgent {value}")).expect("options");
            let agent = |own: Option<&str>| {
                let agent = forwards(&found, own.map(PathBuf::from), facts()).agent;
                agent.map(|agent| agent.path.display().to_string())
            };
            assert_eq!(agent(Some("/agent")).as_deref(), path, "{value}");
            assert_eq!(agent(None), None, "{value}: no agent for the login");
        }
    }
}
