//! PURE: forwardings, as `ssh -G` writes them.

use std::path::PathBuf;

use crate::session::options::Options;

/// Where a forwarding listens or goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
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
pub enum Target {
    /// All to one place.
    Place(Place),
    /// Where each says itself, by SOCKS.
    Socks,
}

/// One forwarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Where connections come in.
    pub listen: Place,
    /// Where they go.
    pub target: Target,
}

/// The forwardings of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forwards {
    /// LocalForward and DynamicForward: they come in here.
    pub local: Vec<Forward>,
    /// RemoteForward: they come in there.
    pub remote: Vec<Forward>,
    /// GatewayPorts: other machines may connect to the local ones.
    pub gateway: bool,
    /// ExitOnForwardFailure
    pub strict: bool,
    /// The agent that ForwardAgent lets the server use.
    pub agent: Option<PathBuf>,
}

impl Forwards {
    /// Whether there is nothing to forward.
    pub fn is_empty(&self) -> bool {
        self.local.is_empty() && self.remote.is_empty()
    }
}

/// Reads `8080`, `[host]:8080` or `/socket`.
fn place(text: &str) -> Option<Place> {
    if text.starts_with('/') {
        return Some(Place::Socket(PathBuf::from(text)));
    }
    match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.rsplit_once("]:")?;
            Some(Place::Tcp { host: Some(host.to_owned()), port: port.parse().ok()? })
        }
        None => Some(Place::Tcp { host: None, port: text.parse().ok()? }),
    }
}

/// Reads `LISTEN [TARGET]`; the target `[socks]:0` stands for none.
fn forward(text: &str) -> Option<Forward> {
    let (listen, target) = text.split_once(' ').unwrap_or((text, "[socks]:0"));
    let target = match place(target)? {
        Place::Tcp { host: Some(host), .. } if host == "socks" => Target::Socks,
        target => Target::Place(target),
    };
    Some(Forward { listen: place(listen)?, target })
}

/// The forwardings that are set.
pub(super) fn forwards(options: &Options, agent: Option<PathBuf>) -> Forwards {
    let all = |keyword: &str| -> Vec<Forward> {
        options.all(keyword).iter().filter_map(|setting| forward(&setting.value)).collect()
    };
    let mut local = all("localforward");
    // What goes to a socket is listed as both.
    let listed: Vec<Place> = local.iter().map(|forward| forward.listen.clone()).collect();
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
        agent: match options.text("forwardagent") {
            Some("yes" | "true") => agent,
            None | Some("no" | "false") => None,
            Some(path) => Some(PathBuf::from(path)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: Option<&str>, port: u16) -> Place {
        Place::Tcp { host: host.map(str::to_owned), port }
    }

    #[test]
    fn forwardings_are_read_as_ssh_prints_them() {
        let socket = |path: &str| Place::Socket(PathBuf::from(path));
        for (text, listen, target) in [
            ("8080 [localhost]:80", tcp(None, 8080), Target::Place(tcp(Some("localhost"), 80))),
            ("[*]:81 [h]:82", tcp(Some("*"), 81), Target::Place(tcp(Some("h"), 82))),
            ("[]:83 [fe80::1]:84", tcp(Some(""), 83), Target::Place(tcp(Some("fe80::1"), 84))),
            ("/a /b", socket("/a"), Target::Place(socket("/b"))),
            ("1080", tcp(None, 1080), Target::Socks),
            ("9001 [socks]:0", tcp(None, 9001), Target::Socks),
        ] {
            assert_eq!(forward(text), Some(Forward { listen, target }), "{text}");
        }
        assert_eq!(forward("x y"), None);
    }

    #[test]
    fn a_socket_target_is_no_dynamic_forward() {
        let mut options = Options::default();
        options.add("LocalForward", "85 /c", None);
        options.add("DynamicForward", "85", None);
        options.add("DynamicForward", "1080", None);
        let found = forwards(&options, None);
        assert_eq!(found.local.len(), 2);
        assert_eq!(found.local[1], Forward { listen: tcp(None, 1080), target: Target::Socks });
        options.add("ClearAllForwardings", "yes", None);
        assert!(forwards(&options, None).is_empty());
    }
}
