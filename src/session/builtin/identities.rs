//! The keys to log in with, from files and agent, in the order in which ssh tries them.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use russh::client::Handle;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Certificate, PrivateKey, PublicKey};
use sshp_keys::KeyFile;
use sshp_keys::{DecodeError, Unsupported};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::blocking;
use super::handler::Handler;
use crate::ctx::Ctx;
use crate::keys::public::{self, certificate_at, public_at, public_half};
use crate::keys::{self, LoadError, modes};
use crate::session::plan::{Auth, Identity};
use crate::shell;

/// An agent that does not answer is left alone after this.
const AGENT_PATIENCE: Duration = Duration::from_secs(10);

/// Who signs.
#[derive(Clone)]
pub(super) enum KeyHolder {
    /// The agent.
    Agent(Box<AgentIdentity>),
    /// A file that needed no passphrase.
    File(Box<PrivateKey>),
    /// A file that is opened when the server wants its key.
    Locked(PathBuf),
}

/// A key that can be offered.
pub(super) struct OfferedKey {
    /// Its public half; `None` where a passphrase hides it.
    pub(super) public: Option<PublicKey>,
    /// What is offered in its place.
    pub(super) certificate: Option<Certificate>,
    /// Who signs with it.
    pub(super) holder: KeyHolder,
    /// What to call it.
    pub(super) label: String,
}

/// All keys of one login.
pub(super) struct Identities {
    /// The keys in order.
    pub(super) candidates: Vec<OfferedKey>,
    /// The agent, where there is one.
    pub(super) agent: Option<AgentClient<UnixStream>>,
}

/// Collects the keys (sshconnect2.c: pubkey_prepare): those of the agent that a file names, the
/// agent's others, the files' own.
pub(super) async fn gather(ctx: &Ctx, auth: &Auth, handle: &Handle<Handler>) -> Identities {
    let FoundFiles { files, certificates } = {
        let (ctx, auth) = (ctx.clone(), auth.clone());
        blocking::run(move || FoundFiles::read(&ctx, &auth)).await
    };
    let (agent, mut held) = match &auth.agent {
        Some(socket) => ask_agent(ctx, socket, handle).await,
        None => (None, Vec::new()),
    };
    let mut candidates = Vec::new();
    for file in &files {
        let Some(public) = &file.public else { continue };
        let Some(at) = held.iter().position(|key| same(key.public.as_ref(), public)) else {
            continue;
        };
        match &file.certificate {
            // The agent signs for the file's certificate; its plain key is another offer.
            Some(certificate) if held[at].certificate.is_none() => candidates.push(OfferedKey {
                public: held[at].public.clone(),
                certificate: Some(certificate.clone()),
                holder: held[at].holder.clone(),
                label: file.label.clone(),
            }),
            _ => candidates.push(held.remove(at)),
        }
    }
    if !auth.identities_only {
        candidates.append(&mut held);
    }
    for file in files {
        let FileKey { public, certificate, holder: Some(holder), label, .. } = file else {
            require_agent(ctx, &file, &candidates);
            continue;
        };
        // With a certificate and without are two offers, as in ssh.
        let known = public.as_ref().is_some_and(|public| {
            candidates.iter().any(|candidate| {
                same(candidate.public.as_ref(), public)
                    && candidate.certificate.is_some() == certificate.is_some()
            })
        });
        if !known {
            candidates.push(OfferedKey { public, certificate, holder, label });
        }
    }
    let certified = certified(certificates, &candidates);
    candidates.splice(0..0, certified);
    Identities { candidates, agent }
}

/// Says which key file is left out because only an agent, or the system's ssh, can sign with it.
fn require_agent(ctx: &Ctx, file: &FileKey, candidates: &[OfferedKey]) {
    let Some(kind) = &file.unsupported else { return };
    let held = file.public.as_ref().is_some_and(|public| {
        candidates.iter().any(|candidate| same(candidate.public.as_ref(), public))
    });
    if held {
        return;
    }
    let label = &file.label;
    ctx.ui.warning(format_args!(
        "`{label}` is {kind}, which is not supported by the built-in session but through an agent, \
         and no agent holds it; this key is ignored"
    ));
    ctx.ui.hint(format_args!(
        "`ssh-add {}` gives it to the agent; `--session system` uses the file",
        shell::quote(label)
    ));
}

/// What the files of a login hold.
struct FoundFiles {
    files: Vec<FileKey>,
    /// The certificates of CertificateFile, then those beside the keys, each with its path.
    certificates: Vec<(String, Certificate)>,
}

impl FoundFiles {
    /// Reads them, and says which are of no use.
    fn read(ctx: &Ctx, auth: &Auth) -> Self {
        let files = auth.identities.iter().filter_map(|identity| from_file(ctx, identity));
        let files = files.collect();
        let beside = auth.identities.iter().map(|identity| {
            let mut name = identity.path.as_os_str().to_owned();
            name.push("-cert.pub");
            (PathBuf::from(name), false)
        });
        let chosen = auth.certificates.iter().map(|path| (path.clone(), true));
        let mut certificates = Vec::new();
        for (path, chosen) in chosen.chain(beside) {
            let label = path.display().to_string();
            match certificate_at(&path) {
                Some(certificate) => certificates.push((label, certificate)),
                None if chosen => {
                    ctx.ui.warning(format_args!("`{label}` holds no certificate; it is ignored"));
                }
                None => {}
            }
        }
        FoundFiles { files, certificates }
    }
}

/// The certificates for the keys that there are: they go first, as in ssh.
fn certified(certificates: Vec<(String, Certificate)>, keys: &[OfferedKey]) -> Vec<OfferedKey> {
    let bare: Vec<&OfferedKey> = keys.iter().filter(|key| key.certificate.is_none()).collect();
    let certified = certificates.into_iter().filter_map(|(label, certificate)| {
        let key = bare.iter().find(|key| {
            key.public.as_ref().is_some_and(|key| key.key_data() == certificate.public_key())
        })?;
        Some(OfferedKey {
            public: key.public.clone(),
            certificate: Some(certificate),
            holder: key.holder.clone(),
            label,
        })
    });
    certified.collect()
}

fn same(one: Option<&PublicKey>, other: &PublicKey) -> bool {
    one.is_some_and(|one| one.key_data() == other.key_data())
}

/// A key file; without a private half it only says which key of the agent is meant.
struct FileKey {
    public: Option<PublicKey>,
    /// The certificate that the file, or its `.pub`, holds in the place of a public key.
    certificate: Option<Certificate>,
    holder: Option<KeyHolder>,
    label: String,
    /// What it is, where the built-in session cannot sign with the file.
    unsupported: Option<Unsupported>,
}

impl FileKey {
    /// What names a key of the agent.
    fn named(path: &Path, public: PublicKey, certificate: Option<Certificate>) -> Self {
        let label = path.display().to_string();
        FileKey { public: Some(public), certificate, holder: None, label, unsupported: None }
    }
}

fn from_file(ctx: &Ctx, identity: &Identity) -> Option<FileKey> {
    let path = &identity.path;
    let label = path.display().to_string();
    // `key.pub` may hold a certificate; ssh offers that alone (authfile.c: sshkey_load_public).
    let beside = certificate_at(&public::beside(path));
    let half = || {
        let own = beside.as_ref().map(|beside| PublicKey::from(beside.public_key().clone()));
        own.or_else(|| public_half(path))
    };
    let found = match keys::inspect(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // A public half alone names a key of the agent.
            let public = half();
            if public.is_none() && identity.chosen {
                ctx.ui.status(format_args!("no such identity: {label}: {error}"));
            }
            return Some(FileKey::named(path, public?, beside));
        }
        Err(error) => {
            // `IdentityFile /dev/null` says that no file is meant.
            if path.metadata().is_ok_and(|found| !found.file_type().is_char_device()) {
                ctx.ui.warning(format_args!("`{label}`: {error}; this key is ignored"));
            }
            return None;
        }
    };
    if let Some(defect) = keys::read(path).ok().and_then(|bytes| sshp_keys::public::defect(&bytes))
    {
        ctx.ui.warning(format_args!("`{label}`: {defect}; this key is ignored"));
        let quoted = shell::quote(path);
        ctx.ui.hint(format_args!("`sshp key import {quoted}` writes a copy that can be read"));
        return None;
    }
    match &found {
        KeyFile::Public => return Some(FileKey::named(path, public_at(path)?, None)),
        KeyFile::Certificate => {
            let own = certificate_at(path)?;
            let public = PublicKey::from(own.public_key().clone());
            return Some(FileKey::named(path, public, Some(own)));
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
        ctx.ui.hint(format_args!("chmod 600 {}", shell::quote(path)));
        return None;
    }
    let embedded = || keys::read(path).ok().and_then(|bytes| sshp_keys::public::embedded(&bytes));
    let (public, holder, unsupported) = match keys::load(path, None) {
        Ok(key) => (Some(key.public_key().clone()), Some(KeyHolder::File(Box::new(key))), None),
        Err(LoadError::Decode(DecodeError::NeedsPassphrase)) => {
            (embedded().or_else(half), Some(KeyHolder::Locked(path.clone())), None)
        }
        Err(LoadError::Decode(DecodeError::Unsupported(what))) => (half(), None, Some(what)),
        Err(error) => {
            ctx.ui.warning(format_args!("`{label}`: {error}; this key is ignored"));
            return None;
        }
    };
    let fits = |beside: &Certificate| {
        public.as_ref().is_none_or(|public| public.key_data() == beside.public_key())
    };
    let certificate = beside.filter(fits);
    Some(FileKey { public, certificate, holder, label, unsupported })
}

async fn ask_agent(
    ctx: &Ctx,
    socket: &Path,
    handle: &Handle<Handler>,
) -> (Option<AgentClient<UnixStream>>, Vec<OfferedKey>) {
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
    let held = held.into_iter().map(|identity| OfferedKey {
        public: Some(identity.public.clone()),
        certificate: identity.certificate.clone(),
        label: format!("{} (agent)", identity.comment),
        holder: KeyHolder::Agent(Box::new(as_russh_has_it(identity))),
    });
    (Some(agent), held.collect())
}

/// An identity in russh's own type.
fn as_russh_has_it(identity: sshp_keys::agent::AgentIdentity) -> AgentIdentity {
    let sshp_keys::agent::AgentIdentity { public, certificate, comment } = identity;
    match certificate {
        Some(certificate) => AgentIdentity::Certificate { certificate, comment },
        None => AgentIdentity::PublicKey { key: public, comment },
    }
}

/// Asks an agent what it holds.
async fn list(socket: &Path) -> std::io::Result<Vec<sshp_keys::agent::AgentIdentity>> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_all(&sshp_keys::agent::REQUEST).await?;
    let mut answer = vec![0; sshp_keys::agent::answer_length(stream.read_u32().await?)?];
    stream.read_exact(&mut answer).await?;
    sshp_keys::agent::parse(&answer)
}
