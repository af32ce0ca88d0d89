//! Forgetting a server: under which names it may be known, and what can still match it afterwards.

use std::sync::Arc;

use sshp_splice::{FileChange, splice};

use super::file::{File, Place, Scope};
use super::key::HostKey;
use super::line::Marker;
use super::name::{DEFAULT_PORT, Names, with_port};
use super::removal::{HashedLeft, Reach, Removed, Wanted, plan_removal};
use super::verdict::{KnownHosts, Match};

/// A server with all the names that known_hosts may have for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// What ssh looks up.
    pub names: Names,
    /// These and all others that are the server's own: the alias and the host, with its port.
    pub own: Vec<String>,
    /// The plain host beside a port, which may be another server's.
    pub beside: Option<String>,
}

impl Server {
    /// The names of a server that somebody calls `asked`, perhaps with a port: the effective
    /// HostName, Port and HostKeyAlias of it.
    ///
    /// What was asked for literally is the server's own name in any case.
    pub fn new(
        asked: &str,
        asked_port: Option<u16>,
        host: &str,
        port: u16,
        alias: Option<&str>,
    ) -> Self {
        let port = asked_port.unwrap_or(port);
        let names = Names::new(host, port, alias);
        let mut own = vec![names.name().to_owned()];
        let mut add = |name: String| {
            if !own.contains(&name) {
                own.push(name);
            }
        };
        add(with_port(host, port));
        add(with_port(asked, port));
        if asked_port.is_none() {
            add(asked.to_owned());
        }
        let beside =
            (port != DEFAULT_PORT && !own.iter().any(|name| name == host)).then(|| host.to_owned());
        Server { names, own, beside }
    }
}

/// What forgetting does and leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgetting {
    /// The edits of the user's files that lose something.
    pub files: Vec<FileChange>,
    /// What they lose.
    pub removed: Vec<Removed>,
    /// What can still match one of the servers.
    pub stays: Vec<Stays>,
    /// How many hashed names stay that hold a key that is removed.
    pub hidden: usize,
    /// Files that begin with a byte order mark, behind which ssh does not see the first line.
    pub with_bom: Vec<Arc<std::path::Path>>,
}

/// A line that matches a server and stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stays {
    /// The line.
    pub line: Match,
    /// The name that it matches.
    pub name: String,
    /// Why it stays.
    pub why: Why,
}

/// Why a line stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It matches by a pattern, and so other hosts besides.
    Wildcard,
    /// It stands in a global file, which is not written.
    Global,
    /// It names the plain host, which may be another server; ssh tries it too.
    PlainHost,
    /// It holds a key that was to be kept.
    Asked,
    /// It names an authority, whose certificates are accepted.
    CertAuthority,
    /// It revokes a key, which stays refused.
    Revoked,
}

impl Why {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Wildcard => "wildcard",
            Why::Global => "global",
            Why::PlainHost => "plain-host",
            Why::Asked => "kept",
            Why::CertAuthority => "cert-authority",
            Why::Revoked => "revoked",
        }
    }
}

/// Plans that servers are forgotten in the user's files; keys in `keep` stay known.
pub fn plan_forget(
    known_hosts: &KnownHosts,
    servers: &[Server],
    keep: &[HostKey],
    reach: Reach,
) -> Forgetting {
    let wanted = Wanted {
        names: servers.iter().flat_map(|server| server.own.clone()).collect(),
        with_their_key: servers.iter().filter_map(|server| server.beside.clone()).collect(),
        keep: keep.to_vec(),
    };
    let files = known_hosts.files();
    let user: Vec<File> = files.iter().filter(|file| file.scope == Scope::User).cloned().collect();
    let mut forgetting = Forgetting::default();
    let mut after: Vec<File> = Vec::new();
    let mut hashed: Vec<(Place, HashedLeft)> = Vec::new();
    for (file, plan) in user.iter().zip(plan_removal(&user, &wanted, reach)) {
        forgetting.removed.extend(plan.removed);
        forgetting.hidden += plan.hidden;
        if plan.bom {
            forgetting.with_bom.push(file.path.clone());
        }
        for left in plan.hashed_left {
            let place = Place { file: file.path.clone(), line: left.line, scope: file.scope };
            hashed.push((place, left));
        }
        if plan.splices.is_empty() {
            after.push(file.clone());
        } else {
            let text = Some(splice(file.bytes(), &plan.splices).into());
            after.push(File { text, ..file.clone() });
            forgetting.files.push(FileChange::new(&*file.path, file.text.clone(), plan.splices));
        }
    }
    after.extend(files.iter().filter(|file| file.scope == Scope::Global).cloned());
    forgetting.stays = what_stays(&KnownHosts::new(after), &hashed, servers, keep);
    forgetting
}

/// The lines that still match. Of the hashed lines in the user's files, the removal has tried every
/// name already.
fn what_stays(
    after: &KnownHosts,
    hashed: &[(Place, HashedLeft)],
    servers: &[Server],
    keep: &[HostKey],
) -> Vec<Stays> {
    let mut stays: Vec<Stays> = Vec::new();
    for server in servers {
        let mut found = after.find_where(&server.names, |scope| scope == Scope::Global);
        for (place, left) in hashed {
            found.add_hashed(&server.names, place, left);
        }
        for line in found.all() {
            if stays.iter().any(|other| other.line.place == line.place) {
                continue;
            }
            let why = match line.marker {
                Some(Marker::CertAuthority) => Why::CertAuthority,
                Some(Marker::Revoked) => Why::Revoked,
                None if line.place.scope == Scope::Global => Why::Global,
                None if keep.contains(&line.key) => Why::Asked,
                None if line.hosts.as_ref().is_some_and(|hosts| hosts.contains(['*', '?'])) => {
                    Why::Wildcard
                }
                None => Why::PlainHost,
            };
            let name = server.names.name().to_owned();
            stays.push(Stays { line: line.clone(), name, why });
        }
    }
    stays
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::ed25519;
    use super::super::line::Hashed;
    use super::*;

    fn own(server: &Server) -> Vec<&str> {
        server.own.iter().map(String::as_str).collect()
    }

    #[test]
    fn a_server_has_the_names_that_it_may_be_known_by() {
        for (server, expected, beside) in [
            (Server::new("web", None, "web", 22, None), &["web"][..], None),
            (Server::new("web", None, "10.0.0.1", 22, None), &["10.0.0.1", "web"], None),
            (
                Server::new("web", None, "w.x", 2222, None),
                &["[w.x]:2222", "[web]:2222", "web"],
                Some("w.x"),
            ),
            (
                Server::new("web", None, "w.x", 2222, Some("K")),
                &["k", "[w.x]:2222", "[web]:2222", "web"],
                Some("w.x"),
            ),
            (Server::new("web", None, "web", 2222, None), &["[web]:2222", "web"], None),
            (
                Server::new("web", Some(2200), "w.x", 2222, None),
                &["[w.x]:2200", "[web]:2200"],
                Some("w.x"),
            ),
            (Server::new("web", Some(22), "w.x", 2222, None), &["w.x", "web"], None),
        ] {
            assert_eq!(own(&server), expected);
            assert_eq!(server.beside.as_deref(), beside, "{expected:?}");
        }
    }

    #[test]
    fn what_can_still_match_is_told_with_its_reason() {
        let [k1, k2] = [1, 2].map(|byte| ed25519(byte).to_line());
        let file = |name: &str, scope, text: String| {
            File::new(name, scope, Some(text.into_bytes().into()))
        };
        let known = KnownHosts::new(vec![
            file(
                "u",
                Scope::User,
                format!(
                    "[w.x]:2222 {k1}\nw.x {k2}\n*.x {k2}\n*2222 {k1}\n@revoked *.x {k1}\n\
                     @cert-authority [w.x]:2222 {k2}\n[w.x]:2222 {k2}\n"
                ),
            ),
            file("g", Scope::Global, format!("[w.x]:2222 {k1}\n")),
        ]);
        let server = [Server::new("web", None, "w.x", 2222, None)];
        let told = |forgetting: &Forgetting| -> Vec<String> {
            let line = |s: &Stays| format!("{} {}", s.line.place, s.why.as_str());
            forgetting.stays.iter().map(line).collect()
        };
        let plan = plan_forget(&known, &server, &[], Reach::default());
        // The plain host held a key that went under the port, and so went with it.
        assert_eq!(plan.removed.len(), 3);
        assert_eq!(
            told(&plan),
            ["u:1 wildcard", "u:2 wildcard", "u:3 revoked", "u:4 cert-authority", "g:1 global"]
        );
        let kept = plan_forget(&known, &server, &[ed25519(2)], Reach::default());
        assert_eq!(kept.removed.len(), 1);
        assert_eq!(told(&kept)[..2], ["u:1 kept", "u:2 kept"]);
        assert!(told(&kept).contains(&"u:6 kept".to_owned()), "{:?}", told(&kept));
        let nothing =
            plan_forget(&known, &[Server::new("y", None, "y", 22, None)], &[], Reach::default());
        assert!(nothing.files.is_empty() && nothing.removed.is_empty() && nothing.stays.is_empty());
    }

    #[test]
    fn hashed_lines_that_stay_are_told_by_their_new_numbers() {
        let [k1, k2] = [1, 2].map(|byte| ed25519(byte).to_line());
        let hashed = |name: &str| Hashed::new(name.as_bytes(), [4; 20]);
        let text = format!(
            "{} {k1}\nx {k1}\n{} {k2}\n@revoked {} {k1}\n{} {k1}\n",
            hashed("[w.x]:2222"),
            hashed("w.x"),
            hashed("w.x"),
            hashed("10.0.0.1")
        );
        let known =
            KnownHosts::new(vec![File::new("u", Scope::User, Some(text.as_bytes().into()))]);
        let server = [Server::new("w.x", Some(2222), "w.x", 22, None)];
        let told = |keep: &[HostKey]| {
            let plan = plan_forget(&known, &server, keep, Reach::default());
            let line = |s: &Stays| format!("{} {}", s.line.place, s.why.as_str());
            (plan.removed.len(), plan.hidden, plan.stays.iter().map(line).collect::<Vec<_>>())
        };
        let expected = vec!["u:3 revoked".to_owned(), "u:2 plain-host".to_owned()];
        assert_eq!(told(&[]), (1, 1, expected));
        let kept = ["u:4 revoked", "u:1 kept", "u:3 plain-host"].map(str::to_owned).to_vec();
        assert_eq!(told(&[ed25519(1)]), (0, 0, kept));
    }
}
