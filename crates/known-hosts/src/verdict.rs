//! Whether a server's key is the one that known_hosts holds, over all its files.
//!
//! The order of judgement is ssh's (hostfile.c: check_hostkeys_by_key_or_type, sshconnect.c:
//! check_host_key), with two exceptions, both stricter: a key that is revoked under the plain host
//! is revoked at every port of it, and a file that cannot be read is for the reader of the files
//! to refuse, not to pass over.

use super::file::{File, Place, Scope};
use super::key::HostKey;
use super::line::{Content, Hosts, Marker, lines};
use super::name::Names;
use super::removal::HashedLeft;

/// The files that ssh would read, in its order: the user's, then the global ones.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    files: Vec<File>,
}

/// A line that holds a key for the names that were looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Where it stands.
    pub place: Place,
    /// What it says of the key.
    pub marker: Option<Marker>,
    /// Its host field; `None` where that is hashed.
    pub hosts: Option<String>,
    /// The key.
    pub key: HostKey,
    /// Whether it matched as `[host]:port` or HostKeyAlias, and whether as the plain host.
    pub(super) by_name: bool,
    pub(super) by_fallback: bool,
}

/// What known_hosts says of a key that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A line holds this key for this server.
    Known(Place),
    /// An authority that is trusted for this server signed the certificate. Its validity,
    /// principals and signature are still to be checked.
    Certified {
        /// The authority's line.
        authority: Place,
    },
    /// No line holds a key for this server. Keys of the plain host, for a server at another port,
    /// do not count against it.
    Unknown {
        /// Keys of the plain host that are not this one.
        beside: Vec<Match>,
    },
    /// The server is known by other keys, of this type or another.
    Changed {
        /// The lines with those keys, in the order of the files.
        known: Vec<Match>,
    },
    /// The key, or the one that signed it, is never to be accepted.
    Revoked(Place),
}

/// What known_hosts says of a key: see [`Matches::verdict`].
pub fn verdict(known_hosts: &KnownHosts, names: &Names, key: &HostKey) -> Verdict {
    known_hosts.find(names).verdict(key)
}

impl KnownHosts {
    /// The files in ssh's order.
    pub fn new(files: Vec<File>) -> Self {
        KnownHosts { files }
    }

    /// The files, whether they exist or not.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Where a new key goes: the first of the user's files, unless that keeps nothing.
    pub fn record_in(&self) -> Option<&File> {
        let first = self.files.iter().find(|file| file.scope == Scope::User)?;
        (first.path.as_os_str() != "/dev/null").then_some(first)
    }

    /// All lines for a server, in the order of the files. Lines whose key cannot be read are
    /// passed over, as in ssh.
    pub fn find(&self, names: &Names) -> Matches {
        self.find_where(names, |_| true)
    }

    /// As [`KnownHosts::find`], looking at hashed lines in files of some scopes only: they are what
    /// takes the time.
    pub(super) fn find_where(&self, names: &Names, hashed_too: impl Fn(Scope) -> bool) -> Matches {
        let mut found = Vec::new();
        let name = names.name().as_bytes();
        let fallback = names.fallback().map(str::as_bytes);
        for file in &self.files {
            for line in lines(file.bytes()) {
                let Content::Entry(entry) = line.content else { continue };
                let (by_name, by_fallback) = match &entry.hosts {
                    Hosts::Hashed(_) if !hashed_too(file.scope) => continue,
                    Hosts::Hashed(hashed) => {
                        let Some(mac) = hashed.hmac() else { continue };
                        (mac.is(name), fallback.is_some_and(|fallback| mac.is(fallback)))
                    }
                    hosts @ Hosts::List(_) => {
                        (hosts.matches(name), fallback.is_some_and(|f| hosts.matches(f)))
                    }
                };
                if !by_name && !by_fallback {
                    continue;
                }
                let Some(key) = entry.key() else { continue };
                let place = Place { file: file.path.clone(), line: line.number, scope: file.scope };
                let (marker, hosts) = (entry.marker, shown(&entry.hosts));
                found.push(Match { place, marker, hosts, key, by_name, by_fallback });
            }
        }
        Matches { found }
    }

    /// Lines that hold this key under whatever names, with their host field: what a server that
    /// is asked about is known as besides. Hashed names are `None`.
    pub fn other_names(&self, key: &HostKey) -> Vec<(Place, Option<String>)> {
        let mut found = Vec::new();
        for file in &self.files {
            for line in lines(file.bytes()) {
                let Content::Entry(entry) = line.content else { continue };
                if entry.marker.is_some() || entry.key().as_ref() != Some(key) {
                    continue;
                }
                let place = Place { file: file.path.clone(), line: line.number, scope: file.scope };
                found.push((place, shown(&entry.hosts)));
            }
        }
        found
    }
}

fn shown(hosts: &Hosts<'_>) -> Option<String> {
    match hosts {
        Hosts::List(list) => Some(String::from_utf8_lossy(list).into_owned()),
        Hosts::Hashed(_) => None,
    }
}

/// The lines for one server.
#[derive(Clone, Debug, Default)]
pub struct Matches {
    found: Vec<Match>,
}

impl Matches {
    /// What they say of a key that the server offers.
    ///
    /// Any line with the key accepts it, wherever it stands; a line that revokes it stands above
    /// all others; otherwise every line with another key, of whatever type, means a change. A
    /// certificate that no authority answers for is judged by the key in it.
    pub fn verdict(&self, key: &HostKey) -> Verdict {
        match judge(self.by_name(), key) {
            Verdict::Unknown { .. } => match judge(self.by_fallback(), key) {
                Verdict::Unknown { .. } => Verdict::Unknown { beside: Vec::new() },
                // Another key of the plain host is another server's.
                Verdict::Changed { known } => Verdict::Unknown { beside: known },
                verdict => verdict,
            },
            verdict => verdict,
        }
    }

    /// The types of the keys that are known, to be asked for first, so that a known server is
    /// not taken for a changed one because it offers another of its keys
    /// (sshconnect2.c: order_hostkeyalgs).
    pub fn key_types(&self) -> Vec<&'static str> {
        let mut types: Vec<_> =
            self.by_name().filter(|m| m.marker.is_none()).map(|m| m.key.type_name()).collect();
        let mut seen = Vec::new();
        types.retain(|name| !seen.contains(name) && (seen.push(*name), true).1);
        types
    }

    /// Whether an authority is trusted for the server, so that certificates are asked for.
    pub fn has_authority(&self) -> bool {
        self.by_name().any(|m| m.marker == Some(Marker::CertAuthority))
    }

    /// All lines, in the order of the files.
    pub fn all(&self) -> &[Match] {
        &self.found
    }

    /// Whether a line names the server itself, and not only its plain host.
    pub fn by_own_name(&self, place: &Place) -> bool {
        self.by_name().any(|found| found.place == *place)
    }

    /// Adds a hashed line that a removal has found to hide one of the names.
    pub(super) fn add_hashed(&mut self, names: &Names, place: &Place, left: &HashedLeft) {
        let by_name = left.name == names.name();
        let by_fallback = names.fallback() == Some(&*left.name);
        if let (true, Some(key)) = (by_name || by_fallback, left.key.clone()) {
            let (place, marker) = (place.clone(), left.marker);
            self.found.push(Match { place, marker, hosts: None, key, by_name, by_fallback });
        }
    }

    fn by_name(&self) -> impl Iterator<Item = &Match> + Clone {
        self.found.iter().filter(|found| found.by_name)
    }

    fn by_fallback(&self) -> impl Iterator<Item = &Match> + Clone {
        self.found.iter().filter(|found| found.by_fallback)
    }
}

/// hostfile.c: check_hostkeys_by_key_or_type, once for each name.
fn judge<'a>(found: impl Iterator<Item = &'a Match> + Clone, key: &HostKey) -> Verdict {
    let marked = |marker| found.clone().filter(move |m| m.marker == Some(marker));
    let revoked = marked(Marker::Revoked).find(|m| {
        m.key.same_public(key) || key.signer().is_some_and(|signer| m.key.same_public(signer))
    });
    if let Some(revoked) = revoked {
        return Verdict::Revoked(revoked.place.clone());
    }
    if let Some(signer) = key.signer() {
        let authority = marked(Marker::CertAuthority).find(|m| m.key.same_public(signer));
        return match authority {
            Some(authority) => Verdict::Certified { authority: authority.place.clone() },
            None => judge(found, &key.without_certificate()),
        };
    }
    let plain = found.filter(|m| m.marker.is_none());
    if let Some(known) = plain.clone().find(|m| m.key == *key) {
        return Verdict::Known(known.place.clone());
    }
    let known: Vec<Match> = plain.cloned().collect();
    if known.is_empty() {
        Verdict::Unknown { beside: Vec::new() }
    } else {
        Verdict::Changed { known }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::super::key::tests::{certificate, ed25519, rsa};
    use super::super::line::Hashed;
    use super::*;

    /// What is offered: the key `1`, at host `web` and this port.
    fn judged(port: u16, alias: Option<&str>, user: &str, global: &str) -> String {
        let text = |text: &str| {
            let keys = [("K1", ed25519(1)), ("K2", ed25519(2)), ("K3", rsa(0x55, 0))];
            let text =
                keys.iter().fold(text.to_owned(), |text, (k, key)| text.replace(k, &key.to_line()));
            Some(Arc::from(text.into_bytes()))
        };
        let known = KnownHosts::new(vec![
            File::new("u", Scope::User, text(user)),
            File::new("g", Scope::Global, text(global)),
        ]);
        show(&verdict(&known, &Names::new("web", port, alias), &ed25519(1)))
    }

    fn show(verdict: &Verdict) -> String {
        let places = |known: &[Match]| {
            known.iter().map(|m| m.place.to_string()).collect::<Vec<_>>().join(" ")
        };
        match verdict {
            Verdict::Known(at) => format!("known {at}"),
            Verdict::Certified { authority } => format!("certified {authority}"),
            Verdict::Unknown { beside } if beside.is_empty() => "unknown".into(),
            Verdict::Unknown { beside } => format!("unknown beside {}", places(beside)),
            Verdict::Changed { known } => format!("changed {}", places(known)),
            Verdict::Revoked(at) => format!("revoked {at}"),
        }
    }

    #[test]
    fn any_line_with_the_key_wins_and_a_revocation_wins_over_all() {
        for (user, global, expected) in [
            ("", "", "unknown"),
            ("web K1\n", "", "known u:1"),
            ("web K2\n", "", "changed u:1"),
            ("web K3\n", "", "changed u:1"),
            ("web K2\nweb K1\n", "", "known u:2"),
            ("web K2\n", "web K1\n", "known g:1"),
            ("web K2\nw* K3\n", "web K2\n", "changed u:1 u:2 g:1"),
            ("web K1\n@revoked * K1\n", "", "revoked u:2"),
            ("web K1\n", "@revoked web K1\n", "revoked g:1"),
            ("@revoked other K1\nweb K1\n", "", "known u:2"),
            ("@revoked web K2\nweb K1\n", "", "known u:2"),
            ("@revoked web K2\n", "", "unknown"),
            ("@cert-authority web K1\n", "", "unknown"),
            ("\t WEB\tK1\n", "", "known u:1"),
            ("w?b,!web K1\n", "", "unknown"),
            ("web ssh-ed25519 AAAA\ngarbage\nweb K1\n", "", "known u:3"),
            ("web ssh-ed25519 AAAA\n", "", "unknown"),
            ("web K1\r\n", "", "known u:1"),
            ("other K1\n", "", "unknown"),
        ] {
            assert_eq!(judged(22, None, user, global), expected, "{user}{global}");
        }
    }

    #[test]
    fn the_plain_host_answers_for_a_port_that_is_unknown() {
        for (user, expected) in [
            ("[web]:2222 K1\n", "known u:1"),
            ("[web]:2222 K2\n", "changed u:1"),
            ("web K1\n", "known u:1"),
            ("web K2\n", "unknown beside u:1"),
            ("[web]:2222 K2\nweb K1\n", "changed u:1"),
            ("@revoked web K1\n", "revoked u:1"),
            ("[web]:2222 K1\n@revoked web K1\n", "known u:1"),
            ("[web]:22 K1\n", "unknown"),
            ("* K2\n", "changed u:1"),
        ] {
            assert_eq!(judged(2222, None, user, ""), expected, "{user}");
        }
        assert_eq!(judged(2222, Some("Alias"), "web K1\n[web]:2222 K1\n", ""), "unknown");
        assert_eq!(judged(2222, Some("Alias"), "alias K1\n", ""), "known u:1");
    }

    #[test]
    fn hashed_names_match_with_and_without_a_port() {
        let line = |name: &str| format!("{} K1\n", Hashed::new(name.as_bytes(), [3; 20]));
        assert_eq!(judged(22, None, &line("web"), ""), "known u:1");
        assert_eq!(judged(2222, None, &line("[web]:2222"), ""), "known u:1");
        assert_eq!(judged(2222, None, &line("web"), ""), "known u:1");
        assert_eq!(judged(22, None, &line("[web]:2222"), ""), "unknown");
    }

    #[test]
    fn a_certificate_needs_its_authority_or_its_key() {
        let cert = certificate(1, &ed25519(7));
        for (text, expected) in [
            (format!("@cert-authority w* {}", ed25519(7).to_line()), "certified u:1"),
            (format!("@cert-authority w* {}", ed25519(8).to_line()), "unknown"),
            (format!("web {}", ed25519(7).to_line()), "changed u:1"),
            (format!("web {}", ed25519(1).to_line()), "known u:1"),
            (format!("@revoked web {}", ed25519(7).to_line()), "revoked u:1"),
            (format!("@revoked web {}", ed25519(1).to_line()), "revoked u:1"),
            (format!("@revoked web {}", cert.to_line()), "revoked u:1"),
        ] {
            let known =
                KnownHosts::new(vec![File::new("u", Scope::User, Some(text.as_bytes().into()))]);
            let verdict = verdict(&known, &Names::new("web", 22, None), &cert);
            assert_eq!(show(&verdict), expected, "{text}");
        }
    }

    #[test]
    fn known_types_are_asked_for_first() {
        let text = format!(
            "web {}\nweb {}\nweb {}\n@revoked web {}\n@cert-authority web {}\n",
            rsa(0x55, 0).to_line(),
            ed25519(1).to_line(),
            ed25519(2).to_line(),
            ed25519(3).to_line(),
            ed25519(4).to_line()
        );
        let file = File::new("u", Scope::User, Some(text.as_bytes().into()));
        let found = KnownHosts::new(vec![file]).find(&Names::new("web", 22, None));
        assert_eq!(found.key_types(), ["ssh-rsa", "ssh-ed25519"]);
        assert!(found.has_authority());
        assert_eq!(found.all().len(), 5);
    }

    #[test]
    fn new_keys_go_to_the_first_file_of_the_user() {
        let file = |path: &str, scope| File::new(path, scope, None);
        let first = |files: Vec<File>| {
            KnownHosts::new(files).record_in().map(|file| file.path.to_path_buf())
        };
        assert_eq!(
            first(vec![file("a", Scope::User), file("b", Scope::User)]),
            Some(PathBuf::from("a"))
        );
        assert_eq!(first(vec![file("/dev/null", Scope::User), file("b", Scope::User)]), None);
        assert_eq!(first(vec![file("g", Scope::Global)]), None);
    }

    #[test]
    fn a_key_is_found_under_its_other_names() {
        let k1 = ed25519(1).to_line();
        let text = format!("a,b {k1}\n{} {k1}\n@revoked c {k1}\n", Hashed::new(b"x", [1; 20]));
        let file = File::new("u", Scope::User, Some(text.as_bytes().into()));
        let names: Vec<_> = KnownHosts::new(vec![file])
            .other_names(&ed25519(1))
            .into_iter()
            .map(|(place, names)| (place.line, names))
            .collect();
        assert_eq!(names, [(1, Some("a,b".to_owned())), (2, None)]);
    }
}
