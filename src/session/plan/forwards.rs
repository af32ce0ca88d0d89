//! PURE: forwardings, as `ssh -G` writes them.

use std::path::PathBuf;

use crate::session::options::Options;

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
    fn of(options: &Options) -> Self {
        let words: Vec<&str> =
            options.all("permitremoteopen").iter().map(|setting| setting.value.as_str()).collect();
        match words.as_slice() {
            [] => Reach::Anywhere,
            [any] if any.eq_ignore_ascii_case("any") => Reach::Anywhere,
            [none] if none.eq_ignore_ascii_case("none") => Reach::Only(Vec::new()),
            words => Reach::Only(words.iter().filter_map(|word| permitted(word)).collect()),
        }
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

/// Reads `host:port`; an IPv6 address stands in brackets, `*` for all.
fn permitted(word: &str) -> Option<(Option<String>, Option<u16>)> {
    let (host, port) = word.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = if port == "*" { None } else { Some(port.parse().ok()?) };
    Some(((host != "*").then(|| host.to_owned()), port))
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
    fn of(
        options: &Options,
        own: Option<PathBuf>,
        environment: &[(String, String)],
    ) -> Option<Self> {
        let own = own?;
        let path = match options.text("forwardagent") {
            None | Some("no" | "false") => return None,
            Some("yes" | "true") => own.clone(),
            Some(value) => match value.strip_prefix('$') {
                Some(name) => PathBuf::from(
                    environment.iter().find(|(set, _)| set == name).map(|(_, path)| path)?,
                ),
                None => PathBuf::from(value),
            },
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

/// Reads `8080`, `[host]:8080` or `/socket`.
fn place(text: &str) -> Option<ForwardPlace> {
    if text.starts_with('/') {
        return Some(ForwardPlace::Socket(PathBuf::from(text)));
    }
    match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.rsplit_once("]:")?;
            Some(ForwardPlace::Tcp { host: Some(host.to_owned()), port: port.parse().ok()? })
        }
        None => Some(ForwardPlace::Tcp { host: None, port: text.parse().ok()? }),
    }
}

/// Reads `LISTEN [TARGET]`; the target `[socks]:0` stands for none.
fn forward(text: &str) -> Option<PlannedForward> {
    let (listen, target) = text.split_once(' ').unwrap_or((text, "[socks]:0"));
    let target = match place(target)? {
        ForwardPlace::Tcp { host: Some(host), .. } if host == "socks" => ForwardTarget::Socks,
        target => ForwardTarget::ForwardPlace(target),
    };
    Some(PlannedForward { listen: place(listen)?, target })
}

/// The forwardings that are set; `agent` is the one for the login.
pub(super) fn forwards(
    options: &Options,
    agent: Option<PathBuf>,
    environment: &[(String, String)],
) -> Forwards {
    let all = |keyword: &str| -> Vec<PlannedForward> {
        options.all(keyword).iter().filter_map(|setting| forward(&setting.value)).collect()
    };
    let mut local = all("localforward");
    // What goes to a socket is listed as both.
    let listed: Vec<ForwardPlace> = local.iter().map(|forward| forward.listen.clone()).collect();
    local.extend(
        all("dynamicforward").into_iter().filter(|forward| !listed.contains(&forward.listen)),
    );
    let remote = all("remoteforward");
    let clear = options.flag("clearallforwardings", false);
    Forwards {
        local: if clear { Vec::new() } else { local },
        remote: if clear { Vec::new() } else { remote },
        gateway: options.flag("gatewayports", false),
        strict: options.flag("exitonforwardfailure", false),
        reach: Reach::of(options),
        mask: options
            .text("streamlocalbindmask")
            .and_then(|mask| u32::from_str_radix(mask, 8).ok())
            .unwrap_or(BIND_MASK),
        unlink: options.flag("streamlocalbindunlink", false),
        agent: AgentSocket::of(options, agent, environment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: Option<&str>, port: u16) -> ForwardPlace {
        ForwardPlace::Tcp { host: host.map(str::to_owned), port }
    }

    #[test]
    fn forwardings_are_read_as_ssh_prints_them() {
        let socket = |path: &str| ForwardPlace::Socket(PathBuf::from(path));
        for (text, listen, target) in [
            (
                "8080 [localhost]:80",
                tcp(None, 8080),
                ForwardTarget::ForwardPlace(tcp(Some("localhost"), 80)),
            ),
            ("[*]:81 [h]:82", tcp(Some("*"), 81), ForwardTarget::ForwardPlace(tcp(Some("h"), 82))),
            (
                "[]:83 [fe80::1]:84",
                tcp(Some(""), 83),
                ForwardTarget::ForwardPlace(tcp(Some("fe80::1"), 84)),
            ),
            ("/a /b", socket("/a"), ForwardTarget::ForwardPlace(socket("/b"))),
            ("1080", tcp(None, 1080), ForwardTarget::Socks),
            ("9001 [socks]:0", tcp(None, 9001), ForwardTarget::Socks),
        ] {
            assert_eq!(forward(text), Some(PlannedForward { listen, target }), "{text}");
        }
        assert_eq!(forward("x y"), None);
    }

    #[test]
    fn remote_socks_goes_where_it_is_permitted() {
        let reach = |words: &[&str]| {
            let mut options = Options::default();
            for word in words {
                options.add("PermitRemoteOpen", *word, None);
            }
            forwards(&options, None, &[]).reach
        };
        for (words, host, port, permitted) in [
            (&[][..], "a", 1, true),
            (&["any"], "a", 1, true),
            (&["none"], "a", 1, false),
            (&["a:1", "b:2"], "b", 2, true),
            (&["a:1", "b:2"], "b", 1, false),
            (&["a:*"], "a", 7, true),
            (&["*:80"], "x", 80, true),
            (&["*:80"], "x", 81, false),
            (&["[::1]:5"], "::1", 5, true),
            (&["nonsense"], "a", 1, false),
        ] {
            assert_eq!(reach(words).permits(host, port), permitted, "{words:?} {host}:{port}");
        }
    }

    #[test]
    fn a_socket_target_is_no_dynamic_forward() {
        let mut options = Options::default();
        options.add("LocalForward", "85 /c", None);
        options.add("DynamicForward", "85", None);
        options.add("DynamicForward", "1080", None);
        let found = forwards(&options, None, &[]);
        assert_eq!(found.local.len(), 2);
        assert_eq!(
            found.local[1],
            PlannedForward { listen: tcp(None, 1080), target: ForwardTarget::Socks }
        );
        options.add("ClearAllForwardings", "yes", None);
        assert!(forwards(&options, None, &[]).is_empty());
    }

    #[test]
    fn the_agent_to_forward_is_named_by_path_or_variable() {
        let environment = [("OTHER".to_owned(), "/other".to_owned())];
        let agent = |value: &str, own: Option<&str>| {
            let mut options = Options::default();
            options.add("ForwardAgent", value, None);
            let found = forwards(&options, own.map(PathBuf::from), &environment).agent;
            found.map(|agent| agent.path.display().to_string())
        };
        for (value, path) in [
            ("yes", Some("/own")),
            ("no", None),
            ("/some", Some("/some")),
            ("$OTHER", Some("/other")),
            ("$UNSET", None),
        ] {
            assert_eq!(agent(value, Some("/own")).as_deref(), path, "{value}");
            assert_eq!(agent(value, None), None, "{value}: no agent for the login");
        }
    }
}
