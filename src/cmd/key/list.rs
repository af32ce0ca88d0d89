//! `sshp key list`

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use sshp_config::CommandLine;
use sshp_keys::agent::AgentIdentity;
use sshp_keys::ssh_key::public::KeyData;
use sshp_keys::ssh_key::{Algorithm, EcdsaCurve, HashAlg, PublicKey};
use sshp_keys::{Client, DecodeError, Defect, Format, KeyFile};

use crate::cli;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::keys::public::{Described, describe};
use crate::keys::{self, agent, decode, modes};
use crate::platform;
use crate::profile_keys::{found, usable};
use crate::repository::{State, refused};
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// How long an agent may take; it is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many profiles a row of the table names.
const NAMED: usize = 3;

/// Lists the keys in `~/.ssh` and those that the config names. Asks for no passphrase.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn run(ctx: &Ctx, args: &cli::KeyList) -> Result<Exit> {
    let state = State::load(ctx)?;
    refused::warn_if_refused(ctx, &state);
    let own = found::in_folder(&ctx.paths.ssh_dir);
    // A host that no line is about gets what ssh offers by default.
    let nobody = CommandLine::destination("sshp-key-list.invalid")?;
    let mut defaults = found::effective(ctx, &state.tree, &nobody);
    defaults.retain(|key| key.exists());
    let mut used = found::used(ctx, &state.tree, &defaults);
    let mut files: Vec<PathBuf> = own.into_iter().filter(|file| is_private(file)).collect();
    let named = found::named(ctx, &state.tree).into_iter().chain(used.keys().cloned());
    for file in named {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let held = held(ctx);
    let keys: Vec<Key> = files
        .iter()
        .map(|file| Key::new(file, used.remove(file).unwrap_or_default(), held.as_deref()))
        .collect();
    let agent_keys = AgentKey::without_file(held.as_deref().unwrap_or_default(), &keys);
    if args.json {
        let agent = held.is_some();
        let list = List { schema: "sshp.key-list.v1", agent, keys: &keys, agent_keys: &agent_keys };
        ctx.ui.json(&list, true)?;
    } else if keys.is_empty() && agent_keys.is_empty() {
        let folder = ctx.paths.ssh_dir.display();
        ctx.ui.status(format_args!("no keys in `{folder}`, and the config names none"));
        ctx.ui.hint("`sshp key import FILE` brings one in; `ssh-keygen -t ed25519` makes one");
    } else {
        let home = &ctx.env.passwd_home;
        let headings =
            ["FILE", "TYPE", "BITS", "SHA256", "PASSPHRASE", "MODE", "AGENT", "USED BY", "COMMENT"];
        let rows = keys.iter().map(|key| key.row(home, held.is_some()));
        ctx.ui.table_that_fits(headings, rows.chain(agent_keys.iter().map(AgentKey::row)))?;
        for key in &keys {
            if let Some(problem) = &key.problem {
                let problem = format!("`{}`: {problem}", key.path);
                ctx.ui.warning(sanitize::line(&problem));
            }
        }
    }
    Ok(Exit::Ok)
}

/// What the agent holds; `None` where there is none.
fn held(ctx: &Ctx) -> Option<Vec<AgentIdentity>> {
    let socket = ctx.env.var("SSH_AUTH_SOCK").map(PathBuf::from)?;
    let held = agent::list(&socket, PATIENCE);
    if let Err(error) = &held {
        ctx.ui.verbose(format_args!("no agent at `{}`: {error}", socket.display()));
    }
    held.ok()
}

fn is_private(file: &Path) -> bool {
    matches!(keys::inspect(file), Ok(KeyFile::Private { .. }))
}

/// `--json`; fields are only ever added.
#[derive(Serialize)]
struct List<'a> {
    schema: &'static str,
    /// Whether an agent answered.
    agent: bool,
    keys: &'a [Key],
    /// What the agent holds besides.
    agent_keys: &'a [AgentKey],
}

/// A key that the agent alone has: of a password manager, a token, another machine.
#[derive(Serialize)]
struct AgentKey {
    #[serde(rename = "type")]
    kind: String,
    bits: Option<u32>,
    /// `SHA256:…`
    fingerprint: String,
    comment: String,
}

impl AgentKey {
    /// The keys of an agent that are in none of the files, each once.
    fn without_file(held: &[AgentIdentity], files: &[Key]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for identity in held {
            let public = &identity.public;
            let fingerprint = public.fingerprint(HashAlg::Sha256).to_string();
            let known = files.iter().filter_map(|key| key.fingerprint.as_ref());
            if known.chain(found.iter().map(|key| &key.fingerprint)).all(|one| *one != fingerprint)
            {
                found.push(AgentKey {
                    kind: public.algorithm().as_str().to_owned(),
                    bits: bits(public),
                    fingerprint,
                    comment: identity.comment.clone(),
                });
            }
        }
        found
    }

    fn row(&self) -> [Cell<'static>; 9] {
        let cell = |text: &str| Cell::new(sanitize::line(text).into_owned(), style::PLAIN);
        [
            cell("(agent)"),
            cell(&self.kind),
            cell(&self.bits.map_or_else(String::new, |bits| bits.to_string())),
            cell(self.fingerprint.trim_start_matches("SHA256:")),
            cell(""),
            cell(""),
            cell("yes"),
            cell(""),
            Cell::new(sanitize::line(&self.comment).into_owned(), style::DIM),
        ]
    }
}

/// One key; what is not known is `null`.
#[derive(Serialize)]
struct Key {
    path: String,
    /// `openssh`, `pkcs1`, `sec1`, `dsa`, `pkcs8`, `ppk`, `public`.
    format: Option<&'static str>,
    #[serde(rename = "type")]
    kind: Option<String>,
    bits: Option<u32>,
    /// `SHA256:…`
    fingerprint: Option<String>,
    comment: String,
    encrypted: Option<bool>,
    /// The permission bits in octal.
    mode: Option<String>,
    in_agent: Option<bool>,
    profiles: Vec<String>,
    /// What is wrong with it.
    problem: Option<String>,
}

impl Key {
    fn new(file: &Path, profiles: Vec<String>, held: Option<&[AgentIdentity]>) -> Self {
        let mut key = Key {
            path: file.display().to_string(),
            format: None,
            kind: None,
            bits: None,
            fingerprint: None,
            comment: String::new(),
            encrypted: None,
            mode: None,
            in_agent: None,
            profiles,
            problem: None,
        };
        let described = match describe(file) {
            Ok(described) => described,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                key.problem = Some("there is no such file".to_owned());
                let public = keys::public::public_at(&keys::public::beside(file));
                if let Some(public) = public {
                    key.problem = None;
                    key.format = Some("public");
                    key.know(&public, held);
                }
                return key;
            }
            Err(error) => {
                key.problem = Some(format!("it cannot be read: {error}"));
                return key;
            }
        };
        let mode = rustix::fs::stat(file).ok().map(|stat| platform::mode(&stat) & 0o7777);
        key.mode = mode.map(|mode| format!("{mode:04o}"));
        key.comment.clone_from(&described.comment);
        key.problem = problem(file, &described);
        match &described.kind {
            KeyFile::Private { format, algorithm, .. } => {
                key.format = Some(match format {
                    Format::OpenSsh => "openssh",
                    Format::Pkcs1 => "pkcs1",
                    Format::Sec1 => "sec1",
                    Format::Dsa => "dsa",
                    Format::Pkcs8 => "pkcs8",
                    Format::Ppk => "ppk",
                });
                key.encrypted = Some(described.kind.is_encrypted());
                key.kind.clone_from(algorithm);
            }
            KeyFile::Public | KeyFile::Certificate => key.format = Some("public"),
            _ => {}
        }
        if let Some(public) = &described.public {
            key.know(public, held);
        }
        key
    }

    /// Takes what a public half tells.
    fn know(&mut self, public: &PublicKey, held: Option<&[AgentIdentity]>) {
        self.kind = Some(public.algorithm().as_str().to_owned());
        self.bits = bits(public);
        self.fingerprint = Some(public.fingerprint(HashAlg::Sha256).to_string());
        let is_it = |one: &AgentIdentity| one.public.key_data() == public.key_data();
        self.in_agent = held.map(|held| held.iter().any(is_it));
    }

    fn row(&self, home: &Path, agent: bool) -> [Cell<'static>; 9] {
        let cell = |text: &str| Cell::new(sanitize::line(text).into_owned(), style::PLAIN);
        let path = match Path::new(&self.path).strip_prefix(home) {
            Ok(rest) if *home != *"/" => format!("~/{}", rest.display()),
            _ => self.path.clone(),
        };
        let kind = self.kind.as_deref().unwrap_or("?");
        let hash = self.fingerprint.as_deref().unwrap_or("?").trim_start_matches("SHA256:");
        let used = match self.profiles.as_slice() {
            few if few.len() <= NAMED => few.join(" "),
            many => format!("{} +{}", many[..NAMED].join(" "), many.len() - NAMED),
        };
        let words = |known: Option<bool>| match known {
            Some(true) => "yes",
            Some(false) => "no",
            None => "?",
        };
        let agent = if agent { words(self.in_agent) } else { "" };
        [
            Cell::new(sanitize::line(&path).into_owned(), style::ALIAS),
            cell(kind),
            cell(&self.bits.map_or_else(String::new, |bits| bits.to_string())),
            cell(hash),
            cell(words(self.encrypted)),
            cell(self.mode.as_deref().unwrap_or("?")),
            cell(agent),
            cell(&used),
            Cell::new(sanitize::line(&self.comment).into_owned(), style::DIM),
        ]
    }
}

/// What keeps a key from being used, or from being known.
fn problem(file: &Path, described: &Described) -> Option<String> {
    if let Ok(Some(mode)) = modes::too_open(file)
        && matches!(described.kind, KeyFile::Private { .. })
    {
        return Some(format!(
            "mode {mode:04o} lets others read it, so ssh will not use it; `sshp key fix`"
        ));
    }
    let bytes = keys::read(file).unwrap_or_default();
    let public = described.public.as_ref();
    let stale = described.stale.clone().map(Defect::PublicHalf);
    let defect = sshp_keys::defect(&bytes, public, Client::Ssh(None)).or(stale);
    if let Some(defect) = defect.or_else(|| sshp_keys::public::defect(&bytes)) {
        let mend = usable::mend(file, &defect).map(|mend| format!("; {mend}")).unwrap_or_default();
        return Some(match &defect {
            Defect::Ppk => "ssh cannot read PuTTY's format; `sshp key convert` can".to_owned(),
            Defect::PublicHalf(_) => format!("{defect}{mend}"),
            defect if defect.depends_on_version() => format!("{defect}{mend}"),
            _ => format!("ssh cannot load it: {defect}{mend}"),
        });
    }
    match &described.kind {
        KeyFile::Private { .. } if public.is_some() => None,
        KeyFile::Private { .. } => Some(match decode(&bytes, None) {
            Err(DecodeError::Unsupported(what)) => {
                format!("only the system's ssh can load it: {what} is not supported here")
            }
            _ => hidden(&keys::public::beside(file)),
        }),
        KeyFile::Public | KeyFile::Certificate => None,
        KeyFile::X509 => Some("it is an X.509 certificate, not a key".to_owned()),
        KeyFile::NotAKey => Some("it is not a private key".to_owned()),
    }
}

/// Why the public half of a key that needs a passphrase is not known.
fn hidden(beside: &Path) -> String {
    let defect = keys::read(beside).ok().and_then(|bytes| sshp_keys::public::defect(&bytes));
    let why = match defect {
        Some(defect) => format!("ssh cannot read `{}`: {defect}", beside.display()),
        None => "there is no `.pub`".to_owned(),
    };
    format!("its public half is behind its passphrase, and {why}")
}

fn bits(public: &PublicKey) -> Option<u32> {
    match (public.algorithm(), public.key_data()) {
        (_, KeyData::Rsa(key)) => Some(key.key_size()),
        (Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 }, _) => Some(384),
        (Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 }, _) => Some(521),
        (
            Algorithm::Ecdsa { .. }
            | Algorithm::SkEcdsaSha2NistP256
            | Algorithm::Ed25519
            | Algorithm::SkEd25519,
            _,
        ) => Some(256),
        _ => None,
    }
}
