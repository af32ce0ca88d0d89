//! The keys to log in with, from files and agent, in the order in which ssh tries them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use russh::client::Handle;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Certificate, PrivateKey, PublicKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::handler::Handler;
use crate::ctx::Ctx;
use crate::keys::{self, KeyFile, LoadError, modes};
use crate::session::plan::{Auth, Identity};

/// An agent that does not answer is left alone after this.
const AGENT_PATIENCE: Duration = Duration::from_secs(10);

/// SSH_AGENTC_REQUEST_IDENTITIES
const REQUEST_IDENTITIES: u8 = 11;
/// SSH_AGENT_IDENTITIES_ANSWER
const IDENTITIES_ANSWER: u8 = 12;
/// No agent's answer is longer (authfd.c: MAX_AGENT_REPLY_LEN).
const MAX_ANSWER: u32 = 256 * 1024;

/// Who signs.
#[derive(Clone)]
pub(super) enum Holder {
    /// The agent.
    Agent(Box<AgentIdentity>),
    /// A file that needed no passphrase.
    File(Box<PrivateKey>),
    /// A file that is opened when the server wants its key.
    Locked(PathBuf),
}

/// A key that can be offered.
pub(super) struct Candidate {
    /// Its public half; `None` where a passphrase hides it.
    pub(super) public: Option<PublicKey>,
    /// What is offered in its place.
    pub(super) certificate: Option<Certificate>,
    /// Who signs with it.
    pub(super) holder: Holder,
    /// What to call it.
    pub(super) label: String,
}

/// All keys of one login.
pub(super) struct Identities {
    /// The keys in order.
    pub(super) candidates: Vec<Candidate>,
    /// The agent, where there is one.
    pub(super) agent: Option<AgentClient<UnixStream>>,
}

/// Collects the keys (sshconnect2.c: pubkey_prepare): those of the agent that a file names, the
/// agent's others, the files' own.
pub(super) async fn gather(ctx: &Ctx, auth: &Auth, handle: &Handle<Handler>) -> Identities {
    let mut files = Vec::new();
    for identity in &auth.identities {
        files.extend(from_file(ctx, identity));
    }
    let (agent, mut held) = match &auth.agent {
        Some(socket) => ask_agent(ctx, socket, handle).await,
        None => (None, Vec::new()),
    };
    let mut candidates = Vec::new();
    for file in &files {
        let Some(public) = &file.public else { continue };
        if let Some(at) = held.iter().position(|key| same(key.public.as_ref(), public)) {
            candidates.push(held.remove(at));
        }
    }
    if !auth.identities_only {
        candidates.append(&mut held);
    }
    for file in files {
        let FileKey { public, holder: Some(holder), label } = file else { continue };
        let known = public.as_ref().is_some_and(|public| {
            candidates.iter().any(|candidate| same(candidate.public.as_ref(), public))
        });
        if !known {
            candidates.push(Candidate { public, certificate: None, holder, label });
        }
    }
    let certified = certified(ctx, auth, &candidates);
    candidates.splice(0..0, certified);
    Identities { candidates, agent }
}

/// The certificates for the keys that there are: they go first, as in ssh.
fn certified(ctx: &Ctx, auth: &Auth, keys: &[Candidate]) -> Vec<Candidate> {
    let beside = auth.identities.iter().map(|identity| {
        let mut name = identity.path.as_os_str().to_owned();
        name.push("-cert.pub");
        (PathBuf::from(name), false)
    });
    let chosen = auth.certificates.iter().map(|path| (path.clone(), true));
    let mut found = Vec::new();
    for (path, chosen) in chosen.chain(beside) {
        let certificate = match keys::inspect(&path) {
            Ok(KeyFile::Certificate) => russh::keys::load_openssh_certificate(&path).ok(),
            _ => None,
        };
        let label = path.display().to_string();
        let Some(certificate) = certificate else {
            if chosen {
                ctx.ui.warning(format_args!("`{label}` holds no certificate; it is ignored"));
            }
            continue;
        };
        let key = keys.iter().filter(|key| key.certificate.is_none()).find(|key| {
            key.public.as_ref().is_some_and(|key| key.key_data() == certificate.public_key())
        });
        let Some(key) = key else { continue };
        found.push(Candidate {
            public: key.public.clone(),
            certificate: Some(certificate),
            holder: key.holder.clone(),
            label,
        });
    }
    found
}

fn same(one: Option<&PublicKey>, other: &PublicKey) -> bool {
    one.is_some_and(|one| one.key_data() == other.key_data())
}

/// A key file; without a private half it only says which key of the agent is meant.
struct FileKey {
    public: Option<PublicKey>,
    holder: Option<Holder>,
    label: String,
}

fn from_file(ctx: &Ctx, identity: &Identity) -> Option<FileKey> {
    let path = &identity.path;
    let label = path.display().to_string();
    let found = match keys::inspect(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // A public half alone names a key of the agent.
            let public = public_half(path);
            if public.is_none() && identity.chosen {
                ctx.ui.status(format_args!("no such identity: {label}: {error}"));
            }
            return Some(FileKey { public: Some(public?), holder: None, label });
        }
        Err(error) => {
            ctx.ui.warning(format_args!("`{label}`: {error}; this key is ignored"));
            return None;
        }
    };
    match &found {
        KeyFile::Public => {
            return Some(FileKey { public: Some(public_at(path)?), holder: None, label });
        }
        KeyFile::Private { .. } => {}
        _ => {
            if identity.chosen {
                ctx.ui.warning(format_args!("`{label}` holds no private key; it is ignored"));
            }
            return None;
        }
    }
    if let Ok(Some(mode)) = modes::too_open(path) {
        ctx.ui.warning(format_args!(
            "`{label}` can be read by others (mode {mode:04o}); this key is ignored"
        ));
        ctx.ui.hint(format_args!("chmod 600 {label}"));
        return None;
    }
    if found.is_encrypted() {
        let public = embedded(path).or_else(|| public_half(path));
        return Some(FileKey { public, holder: Some(Holder::Locked(path.clone())), label });
    }
    match keys::load(path, None) {
        Ok(key) => {
            let public = Some(key.public_key().clone());
            Some(FileKey { public, holder: Some(Holder::File(Box::new(key))), label })
        }
        Err(LoadError::Unsupported(what)) => {
            ctx.ui.verbose(format_args!("`{label}`: {what}; only an agent can sign with it"));
            Some(FileKey { public: Some(public_half(path)?), holder: None, label })
        }
        Err(error) => {
            ctx.ui.warning(format_args!("`{label}`: {error}; this key is ignored"));
            None
        }
    }
}

/// The public half that an encrypted key in OpenSSH's format carries in the clear.
fn embedded(path: &Path) -> Option<PublicKey> {
    let key = PrivateKey::read_openssh_file(path).ok()?;
    Some(key.public_key().clone())
}

/// `key.pub` beside `key`.
fn public_half(path: &Path) -> Option<PublicKey> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    public_at(Path::new(&name))
}

fn public_at(path: &Path) -> Option<PublicKey> {
    match keys::inspect(path) {
        Ok(KeyFile::Public) => russh::keys::load_public_key(path).ok(),
        _ => None,
    }
}

async fn ask_agent(
    ctx: &Ctx,
    socket: &Path,
    handle: &Handle<Handler>,
) -> (Option<AgentClient<UnixStream>>, Vec<Candidate>) {
    let asked = tokio::time::timeout(AGENT_PATIENCE, async {
        let mut agent = AgentClient::connect_uds(socket).await?;
        if let Some(binding) = handle.agent_session_binding() {
            // Agents before OpenSSH 8.9 do not know this; what they lack is a restriction.
            let _ = agent.bind_session(binding, false).await;
        }
        let held = list(socket).await?;
        Ok::<_, russh::keys::Error>((agent, held))
    });
    let (agent, held) = match asked.await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            ctx.ui.verbose(format_args!("no agent at `{}`: {error}", socket.display()));
            return (None, Vec::new());
        }
        Err(_) => {
            ctx.ui.warning(format_args!("the agent at `{}` does not answer", socket.display()));
            return (None, Vec::new());
        }
    };
    let held = held.into_iter().map(|identity| Candidate {
        public: Some(identity.public_key().into_owned()),
        certificate: match &identity {
            AgentIdentity::Certificate { certificate, .. } => Some(certificate.clone()),
            AgentIdentity::PublicKey { .. } => None,
        },
        label: format!("{} (agent)", identity.comment()),
        holder: Holder::Agent(Box::new(identity)),
    });
    (Some(agent), held.collect())
}

/// Asks an agent what it holds. The library's own question fails as a whole for one key of a
/// type that it does not know; here that one is passed over.
async fn list(socket: &Path) -> std::io::Result<Vec<AgentIdentity>> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(&[0, 0, 0, 1, REQUEST_IDENTITIES]).await?;
    let length = stream.read_u32().await?;
    if length > MAX_ANSWER {
        return Err(std::io::Error::other("its answer is too long"));
    }
    let mut answer = vec![0; length as usize];
    stream.read_exact(&mut answer).await?;
    parse(&answer).ok_or_else(|| std::io::Error::other("it does not keep to the protocol"))
}

/// Reads an answer (draft-miller-ssh-agent, section 3.5).
fn parse(answer: &[u8]) -> Option<Vec<AgentIdentity>> {
    let rest = answer.strip_prefix(&[IDENTITIES_ANSWER])?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut found = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (blob, comment) = (string(&mut rest)?, string(&mut rest)?);
        let comment = String::from_utf8_lossy(comment).into_owned();
        if let Ok(certificate) = Certificate::from_bytes(blob) {
            found.push(AgentIdentity::Certificate { certificate, comment });
        } else if let Ok(key) = russh::keys::key::parse_public_key(blob) {
            found.push(AgentIdentity::PublicKey { key, comment });
        }
    }
    Some(found)
}

/// Takes one length-prefixed string (RFC 4251, section 5).
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk::<4>()?;
    let (head, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    *rest = tail;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(entries: &[(&[u8], &str)]) -> Vec<u8> {
        let mut answer = vec![IDENTITIES_ANSWER];
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short").to_be_bytes();
        answer.extend(u32::try_from(entries.len()).expect("few").to_be_bytes());
        for (blob, comment) in entries {
            answer.extend(length(blob));
            answer.extend(*blob);
            answer.extend(length(comment.as_bytes()));
            answer.extend(comment.as_bytes());
        }
        answer
    }

    #[test]
    fn a_key_of_an_unknown_type_does_not_hide_the_others() {
        let good = [&b"\0\0\0\x0bssh-ed25519\0\0\0\x20"[..], &[7; 32]].concat();
        let strange = b"\0\0\0\x0essh-new@future\0\0\0\x01x";
        let broken = b"\0\0\0\x0bssh-ed25519\0\0\0\x20short";
        let answer = encode(&[(strange, "new"), (&good, "mine"), (broken, "half"), (b"", "")]);
        let found = parse(&answer).expect("a list");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].comment(), "mine");
        assert!(parse(&answer[..answer.len() - 1]).is_none());
        assert!(parse(&[5]).is_none());
        assert!(parse(&[IDENTITIES_ANSWER, 0xff, 0xff, 0xff, 0xff]).is_none());
    }
}
