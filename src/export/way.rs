//! The servers on the way to a profile, written so that a machine without these profiles finds them.

use std::collections::HashMap;

use sshp_config::destination::Destination;

use crate::profile::Profile;

/// How often one jump host leads to the next: more is a circle.
const DEEPEST: usize = 16;

/// All profiles by name, to look up the servers on the way.
pub(super) struct Ways<'a>(HashMap<&'a str, &'a Profile>);

impl<'a> Ways<'a> {
    pub(super) fn new(all: &'a [Profile]) -> Self {
        Ways(all.iter().map(|profile| (profile.alias.as_str(), profile)).collect())
    }

    /// The profile of this name.
    pub(super) fn profile(&self, name: &str) -> Option<&'a Profile> {
        self.0.get(name).copied()
    }

    /// `ProxyJump` with `user@host:port` for each server that is a profile; `None` where no server is
    /// on the way.
    ///
    /// # Errors
    /// When the jump hosts lead through each other.
    pub(super) fn jump(&self, profile: &Profile) -> Result<Option<String>, &'static str> {
        let Some(jump) = &profile.jump else { return Ok(None) };
        Ok(Some(self.hops(jump, DEEPEST)?.join(",")))
    }

    /// Only the first hop is reached by its own `ProxyJump`: ssh gives each other one the hop before
    /// it.
    fn hops(&self, jump: &str, depth: usize) -> Result<Vec<String>, &'static str> {
        if depth == 0 {
            return Err("its jump hosts lead through each other");
        }
        let mut hops = Vec::new();
        for (at, hop) in jump.split(',').map(str::trim).enumerate() {
            let destination = Destination::parse(hop).ok();
            let server = destination.as_ref().and_then(|hop| self.profile(&hop.host));
            let (Some(Destination { user, port, .. }), Some(server)) = (destination, server) else {
                hops.push(hop.to_owned());
                continue;
            };
            if let (0, Some(jump)) = (at, &server.jump) {
                hops.extend(self.hops(jump, depth - 1)?);
            }
            let user = user.as_deref().unwrap_or(&server.user);
            let port = port.unwrap_or(server.port);
            let host = &server.host;
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            hops.push(format!("{user}@{host}:{port}"));
        }
        Ok(hops)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    fn server(name: &str, host: &str, jump: Option<&str>) -> Profile {
        let mut profile = profile(name);
        profile.host = host.to_owned();
        profile.jump = jump.map(str::to_owned);
        profile
    }

    #[test]
    fn each_jump_host_that_is_a_profile_becomes_what_it_stands_for() {
        let all = [
            server("edge", "192.0.2.1", None),
            server("inner", "2001:db8::1", Some("edge")),
            server("db", "10.0.0.5", Some("inner,root@edge:2222")),
            server("web", "10.0.0.6", Some("ops@gate.example.com:22")),
        ];
        let ways = Ways::new(&all);
        let jump = |at: usize| ways.jump(&all[at]).unwrap();
        assert_eq!(jump(0), None);
        assert_eq!(jump(1).as_deref(), Some("me@192.0.2.1:22"));
        let through_both = "me@192.0.2.1:22,me@[2001:db8::1]:22,root@192.0.2.1:2222";
        assert_eq!(jump(2).as_deref(), Some(through_both));
        assert_eq!(jump(3).as_deref(), Some("ops@gate.example.com:22"));
    }

    #[test]
    fn a_circle_ends() {
        let all = [server("a", "192.0.2.1", Some("b")), server("b", "192.0.2.2", Some("a"))];
        assert!(Ways::new(&all).jump(&all[0]).is_err());
        let own = [server("a", "192.0.2.1", Some("a"))];
        assert!(Ways::new(&own).jump(&own[0]).is_err());
    }
}
