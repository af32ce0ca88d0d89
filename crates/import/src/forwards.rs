//! Forwardings as they stand in a config.

use sshp_config::Keyword;

/// A forwarding of any program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forwarding<'a> {
    pub(crate) kind: ForwardingKind,
    /// The address to listen on; empty for the default one.
    pub(crate) bind: &'a str,
    pub(crate) port: &'a str,
    /// Where connections go; empty for a dynamic forwarding.
    pub(crate) host: &'a str,
    pub(crate) host_port: &'a str,
}

/// Which side listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForwardingKind {
    Local,
    Remote,
    Dynamic,
}

impl Forwarding<'_> {
    /// The keyword and its arguments; `None` where a part of it is missing or cannot be written.
    pub(crate) fn option(&self) -> Option<(Keyword, String)> {
        let is_plain = |text: &str| {
            !text.chars().any(|c| c.is_whitespace() || c.is_control() || "\"'#\\${}%,".contains(c))
        };
        let parts = [self.bind, self.port, self.host, self.host_port];
        // A service may stand for a port.
        if self.port.is_empty() || !parts.into_iter().all(is_plain) {
            return None;
        }
        let brackets = |host: &str| {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            if bare.contains(':') { format!("[{bare}]") } else { bare.to_owned() }
        };
        let listen = match self.bind {
            "" => self.port.to_owned(),
            bind => format!("{}:{}", brackets(bind), self.port),
        };
        let keyword = match self.kind {
            ForwardingKind::Dynamic => return Some((Keyword::DynamicForward, listen)),
            ForwardingKind::Local => Keyword::LocalForward,
            ForwardingKind::Remote => Keyword::RemoteForward,
        };
        if self.host.is_empty() || self.host_port.is_empty() {
            return None;
        }
        Some((keyword, format!("{listen} {}:{}", brackets(self.host), self.host_port)))
    }
}

/// The host and the port of `host:port`, `[host]:port` or `port`.
pub(crate) fn host_and_port(text: &str) -> (&str, &str) {
    if let Some((host, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, port.trim_start_matches(':'));
    }
    text.rsplit_once(':').unwrap_or(("", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarding_is_written_as_ssh_config_has_it() {
        let forward = |kind, bind, port, host, host_port| {
            Forwarding { kind, bind, port, host, host_port }.option()
        };
        let local = ForwardingKind::Local;
        assert_eq!(
            forward(local, "", "8080", "localhost", "80"),
            Some((Keyword::LocalForward, "8080 localhost:80".to_owned()))
        );
        assert_eq!(
            forward(local, "::1", "6001", "[2001:db8::1]", "6001"),
            Some((Keyword::LocalForward, "[::1]:6001 [2001:db8::1]:6001".to_owned()))
        );
        assert_eq!(
            forward(ForwardingKind::Dynamic, "127.0.0.1", "1080", "", ""),
            Some((Keyword::DynamicForward, "127.0.0.1:1080".to_owned()))
        );
        assert_eq!(forward(local, "", "", "h", "80"), None);
        assert_eq!(forward(local, "", "80", "h h", "80"), None);
        assert_eq!(forward(local, "", "80", "h\nProxyCommand x", "80"), None);
    }

    #[test]
    fn hosts_and_ports() {
        assert_eq!(host_and_port("h:80"), ("h", "80"));
        assert_eq!(host_and_port("[::1]:80"), ("::1", "80"));
        assert_eq!(host_and_port("80"), ("", "80"));
    }
}
