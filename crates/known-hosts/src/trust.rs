//! Making keys known that were verified, in the place of those that the server no longer has.

use std::sync::Arc;

use sshp_splice::{FileChange, Splice, splice};

use super::append::{Spelling, render_line};
use super::file::{File, Place, Scope};
use super::fingerprint::{Digest, Fingerprint, Judgement, Pasted};
use super::forget::{Forgetting, Server, plan_forget};
use super::key::HostKey;
use super::removal::{Reach, Removed};
use super::verdict::{KnownHosts, Verdict, verdict};

/// Why the keys of a server are not what was expected.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum CompareError {
    /// A key is not the one that stands for its type, or none is among the bare fingerprints.
    #[error("{}", render_mismatch(.offered, .expected))]
    Mismatch {
        /// The keys that the server has instead.
        offered: Vec<HostKey>,
        /// What they should have been.
        expected: Vec<Fingerprint>,
    },
    /// There are only MD5 fingerprints.
    #[error(
        "an MD5 fingerprint is not enough{}; a SHA256 is needed",
        if *.same { " (it is that of the offered key, which proves little)" } else { "" }
    )]
    OnlyMd5 {
        /// Whether at least they are those of the offered keys.
        same: bool,
    },
    /// There is no fingerprint for any type that the server has.
    #[error("no fingerprint for {} in what was given", .labels.join(", "))]
    NoSuchType {
        /// The types that the server has.
        labels: Vec<&'static str>,
    },
}

fn render_mismatch(offered: &[HostKey], expected: &[Fingerprint]) -> String {
    let mut text = "the server has another host key than expected".to_owned();
    for fingerprint in expected {
        text += &format!("\n  expected: {fingerprint}");
    }
    for key in offered {
        text += &format!("\n  offered:  {} ({})", key.sha256(), key.label());
    }
    text
}

/// Compares all keys of a server with what is expected; gives those that are verified.
///
/// One key that is not what stands for its type makes all of them suspicious.
///
/// # Errors
/// See [`CompareError`].
pub fn compare(pasted: &Pasted, offered: &[HostKey]) -> Result<Vec<HostKey>, CompareError> {
    let judged: Vec<_> = offered.iter().map(|key| (key, pasted.judge(key))).collect();
    let wrong: Vec<HostKey> = judged
        .iter()
        .filter(|(_, judgement)| matches!(judgement, Judgement::Mismatch { .. }))
        .map(|(key, _)| (*key).clone())
        .collect();
    let verified: Vec<HostKey> = judged
        .iter()
        .filter(|(_, judgement)| *judgement == Judgement::Match)
        .map(|(key, _)| (*key).clone())
        .collect();
    if wrong.is_empty() && !verified.is_empty() {
        return Ok(verified);
    }
    let bare: Vec<Fingerprint> = pasted
        .fingerprints
        .iter()
        .filter(|f| f.label.is_none() && matches!(f.digest, Digest::Sha256(_)))
        .cloned()
        .collect();
    if wrong.is_empty() && bare.is_empty() {
        let only_md5 = |(_, judgement): &(&HostKey, Judgement)| match judgement {
            Judgement::OnlyMd5 { same } => Some(*same),
            _ => None,
        };
        let same: Vec<bool> = judged.iter().filter_map(only_md5).collect();
        return Err(if same.is_empty() {
            CompareError::NoSuchType { labels: offered.iter().map(HostKey::label).collect() }
        } else {
            CompareError::OnlyMd5 { same: same.contains(&true) }
        });
    }
    let typed = judged.iter().flat_map(|(_, judgement)| match judgement {
        Judgement::Mismatch { expected } => expected.clone(),
        _ => Vec::new(),
    });
    let mut expected: Vec<Fingerprint> = typed.collect();
    if expected.is_empty() {
        expected = bare;
    }
    let offered = if wrong.is_empty() { offered.to_vec() } else { wrong };
    Err(CompareError::Mismatch { offered, expected })
}

/// What trusting does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trusting {
    /// The edits, each file once.
    pub files: Vec<FileChange>,
    /// The lines of keys that the server no longer has.
    pub removed: Vec<Removed>,
    /// The keys that become known.
    pub added: Vec<HostKey>,
    /// The keys that are known already, and where.
    pub known: Vec<(HostKey, Place)>,
}

/// Why nothing can be stored.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TrustError {
    /// A line says that a key is never to be accepted.
    #[error("the {label} host key {fingerprint} is revoked by {place}")]
    Revoked {
        /// Its type.
        label: &'static str,
        /// Its SHA256.
        fingerprint: String,
        /// The line.
        place: Place,
    },
    /// The name would not read as a name in the file.
    #[error("`{0}` cannot be written to known_hosts: it would not read as a name there")]
    Name(String),
    /// There is no file of the user's.
    #[error("no file to keep host keys in: UserKnownHostsFile is `none` or `/dev/null`")]
    NoFile,
    /// With all that done, ssh would still refuse a key.
    #[error("{0} would still not be accepted")]
    NotAccepted(String),
}

/// Plans that the verified keys of a server are known under its name, and those no longer that
/// it does not offer any more. Names of it that hold an offered key stay.
///
/// The plan is proved on the new texts.
///
/// # Errors
/// See [`TrustError`].
pub fn plan_trust(
    known_hosts: &KnownHosts,
    server: &Server,
    verified: &[HostKey],
    offered: &[HostKey],
    mut spelling: impl FnMut() -> Spelling,
) -> Result<Trusting, TrustError> {
    for key in verified {
        if let Verdict::Revoked(place) = verdict(known_hosts, &server.names, key) {
            let (label, fingerprint) = (key.label(), key.sha256());
            return Err(TrustError::Revoked { label, fingerprint, place });
        }
    }
    let Forgetting { files, removed, .. } =
        plan_forget(known_hosts, std::slice::from_ref(server), offered, Reach::default());
    let mut trusting = Trusting { files, removed, ..Trusting::default() };
    let left = after(known_hosts, &trusting.files);
    let mut lines = String::new();
    for key in verified {
        if let Verdict::Known(place) = verdict(&left, &server.names, key) {
            trusting.known.push((key.clone(), place));
        } else {
            let line = render_line(&server.names, key, spelling());
            lines += &line.ok_or_else(|| TrustError::Name(server.names.name().to_owned()))?;
            trusting.added.push(key.clone());
        }
    }
    if !lines.is_empty() {
        append(known_hosts, &left, &mut trusting.files, &lines)?;
    }
    let proof = after(known_hosts, &trusting.files);
    match verified.iter().find(|k| !matches!(verdict(&proof, &server.names, k), Verdict::Known(_)))
    {
        Some(key) => Err(TrustError::NotAccepted(key.sha256())),
        None => Ok(trusting),
    }
}

/// Puts lines at the end of the first file of the user's, beside what it loses.
fn append(
    known_hosts: &KnownHosts,
    left: &KnownHosts,
    files: &mut Vec<FileChange>,
    lines: &str,
) -> Result<(), TrustError> {
    let file = known_hosts.record_in().ok_or(TrustError::NoFile)?;
    let text = left.record_in().map(File::bytes).unwrap_or_default();
    let feed = if text.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
    let splice = Splice::insert(file.bytes().len(), format!("{feed}{lines}"));
    match files.iter_mut().find(|change| change.path == *file.path) {
        Some(change) => change.splices.push(splice),
        None => files.push(FileChange::new(&*file.path, file.text.clone(), vec![splice])),
    }
    Ok(())
}

/// The files as they will be.
fn after(known_hosts: &KnownHosts, changes: &[FileChange]) -> KnownHosts {
    let files = known_hosts.files().iter().map(|file| {
        let change = changes.iter().find(|c| file.scope == Scope::User && c.path == *file.path);
        match change {
            Some(change) => {
                let text: Arc<[u8]> = splice(file.bytes(), &change.splices).into();
                File { text: Some(text), ..file.clone() }
            }
            None => file.clone(),
        }
    });
    KnownHosts::new(files.collect())
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::{ed25519, rsa};
    use super::*;

    fn keyed(text: &str) -> String {
        let keys =
            [("K1", ed25519(1)), ("K2", ed25519(2)), ("R1", rsa(0x55, 0)), ("R2", rsa(0x56, 0))];
        keys.iter().fold(text.to_owned(), |text, (k, key)| {
            text.replace(&format!(" {k}"), &format!(" {}", key.to_line()))
        })
    }

    /// The server `web` at `w.x:2222` offers K1 and R1, of which K1 is verified.
    fn trust(user: &str, global: &str) -> Result<(String, Trusting), TrustError> {
        let file =
            |name, scope, text: &str| File::new(name, scope, Some(keyed(text).into_bytes().into()));
        let known =
            KnownHosts::new(vec![file("u", Scope::User, user), file("g", Scope::Global, global)]);
        let server = Server::new("web", None, "w.x", 2222, None);
        let (k1, r1) = (ed25519(1), rsa(0x55, 0));
        let trusting =
            plan_trust(&known, &server, std::slice::from_ref(&k1), &[k1.clone(), r1], || {
                Spelling::Plain
            })?;
        let text = match &trusting.files[..] {
            [] => keyed(user),
            [change] => String::from_utf8(change.after()).expect("UTF-8"),
            more => panic!("{more:?}"),
        };
        Ok((text, trusting))
    }

    #[test]
    fn verified_keys_come_in_and_gone_ones_go_out() {
        for (user, global, expected) in [
            ("", "", "[w.x]:2222 K1\n"),
            ("a K2\n", "", "a K2\n[w.x]:2222 K1\n"),
            ("a K2", "", "a K2\n[w.x]:2222 K1\n"),
            ("[w.x]:2222 K2\na K2\n", "", "a K2\n[w.x]:2222 K1\n"),
            ("a K2\n[w.x]:2222 K2", "", "a K2\n[w.x]:2222 K1\n"),
            ("[w.x]:2222,a K2\n", "", "a K2\n[w.x]:2222 K1\n"),
            ("[w.x]:2222 K1\n", "", "[w.x]:2222 K1\n"),
            ("[w.x]:2222 R1\n", "", "[w.x]:2222 R1\n[w.x]:2222 K1\n"),
            ("[w.x]:2222 R2\n[web]:2222 K2\nweb K2\n", "", "[w.x]:2222 K1\n"),
            ("w.x K2\n", "", "w.x K2\n[w.x]:2222 K1\n"),
            ("*.x K2\n*2222 K2\n", "", "*.x K2\n*2222 K2\n[w.x]:2222 K1\n"),
            ("[w.x]:2222 K2\n", "[w.x]:2222 K1\n", ""),
            ("@revoked * K2\n[w.x]:2222 K2\n", "", "@revoked * K2\n[w.x]:2222 K1\n"),
        ] {
            let (text, _) = trust(user, global).unwrap_or_else(|e| panic!("{user}: {e}"));
            assert_eq!(text, keyed(expected), "{user}");
        }
    }

    #[test]
    fn one_wrong_key_makes_all_suspicious() {
        let [a, b, r] = [ed25519(1), ed25519(2), rsa(0x55, 0)];
        let line = |key: &HostKey| format!("256 {} x ({})\n", key.sha256(), key.label());
        let said = |text: String, offered: &[&HostKey]| {
            let offered: Vec<HostKey> = offered.iter().map(|key| (*key).clone()).collect();
            match compare(&Pasted::parse(text.as_bytes()), &offered) {
                Ok(verified) => {
                    format!("verified {}", verified.iter().map(HostKey::label).collect::<String>())
                }
                Err(CompareError::Mismatch { offered, expected }) => {
                    format!("mismatch {} {}", offered.len(), expected.len())
                }
                Err(CompareError::OnlyMd5 { same }) => format!("md5 {same}"),
                Err(CompareError::NoSuchType { labels }) => format!("none {}", labels.join(" ")),
            }
        };
        for (text, offered, expected) in [
            (line(&a) + &line(&r), &[&a, &r][..], "verified ED25519RSA"),
            (line(&a), &[&a, &r], "verified ED25519"),
            (line(&b) + &line(&r), &[&a, &r], "mismatch 1 1"),
            (a.sha256(), &[&a, &r], "verified ED25519"),
            (b.sha256(), &[&a, &r], "mismatch 2 1"),
            (b.sha256() + "\n" + &r.sha256(), &[&a, &r], "verified RSA"),
            (line(&b), &[&r], "none RSA"),
            (a.md5(), &[&a, &r], "md5 true"),
            (b.md5(), &[&a], "md5 false"),
        ] {
            assert_eq!(said(text.clone(), offered), expected, "{text}");
        }
        let error = compare(&Pasted::parse(line(&b).as_bytes()), &[a]).expect_err("a mismatch");
        assert!(error.to_string().contains("expected: SHA256:baqJ"), "{error}");
    }

    #[test]
    fn what_was_done_is_told() {
        let (_, trusting) = trust("[w.x]:2222 K2\n", "").expect("a plan");
        assert_eq!(trusting.added, [ed25519(1)]);
        assert_eq!(trusting.removed[0].key, Some(ed25519(2)));
        let (_, trusting) = trust("x K2\n[w.x]:2222 K1\n", "").expect("a plan");
        assert_eq!(trusting.known[0].1.line, 2);
        assert!(trusting.files.is_empty());
    }

    #[test]
    fn a_revoked_key_is_not_trusted() {
        let error = trust("@revoked *.x K1\n", "").expect_err("a refusal");
        assert!(matches!(error, TrustError::Revoked { .. }), "{error}");
    }

    #[test]
    fn there_must_be_a_file_and_a_name_to_write() {
        let key = [ed25519(1)];
        let server = |host| Server::new(host, None, host, 22, None);
        let plan = |files, host| {
            plan_trust(&KnownHosts::new(files), &server(host), &key, &key, || Spelling::Plain)
        };
        assert_eq!(plan(Vec::new(), "web"), Err(TrustError::NoFile));
        let file = || File::new("u", Scope::User, None);
        assert_eq!(plan(vec![file()], "w*"), Err(TrustError::Name("w*".to_owned())));
        let change = plan(vec![file()], "web").expect("a plan").files.remove(0);
        assert_eq!(change.base, None);
    }
}
