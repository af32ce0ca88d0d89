//! The key of `--key`: a private one that the client can load, PuTTY's converted, or a public one
//! whose private half is in an agent.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sshp_config::{CommandLine, Keyword, resolve};
use sshp_keys::ssh_key::PublicKey;
use sshp_keys::ssh_key::public::KeyData;
use sshp_keys::{Client, Format, KeyFile};
use sshp_splice::ChangeSet;
use sshp_splice::encoding::Wide;

use super::import::{Imported, prepare};
use super::usable;
use crate::cli::Fields;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::keys::modes::{self, ModesError};
use crate::keys::public::{self, Described, describe};
use crate::keys::{self, agent};
use crate::profile::{Alias, Session};
use crate::repository;
use crate::shell;

/// How long an agent may take; it is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// The key that a profile logs in with.
pub struct Key {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// How it gets there, where it is PuTTY's.
    imported: Option<Imported>,
    /// Whether it is a public key, whose mode may be anything.
    is_public: bool,
    /// Its length, where it is an RSA key.
    rsa_bits: Option<u32>,
}

impl Key {
    /// The key of `--key`, for the client that `session` chooses.
    ///
    /// # Errors
    /// When that client cannot load it; when PuTTY's cannot be opened or has no place in `~/.ssh`.
    pub fn of(ctx: &Ctx, fields: &Fields, session: Option<Session>) -> Result<Option<Self>> {
        let Some(file) = &fields.key else { return Ok(None) };
        let key = Key { path: file.clone(), imported: None, is_public: false, rsa_bits: None };
        let described = match describe(file) {
            Ok(described) => described,
            // ssh asks the agent for the key of a `.pub`, also where the private file is gone.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let beside = public::beside(file);
                let Some(public) = public::public_at(&beside) else {
                    refuse_defect(&beside)?;
                    return Err(unreadable(file, &error));
                };
                say_if_no_agent_holds(ctx, fields, file, public.key_data());
                return Ok(Some(Key { is_public: true, ..key }));
            }
            Err(error) => return Err(unreadable(file, &error)),
        };
        if let KeyFile::Private { format: Format::Ppk, .. } = described.kind {
            let imported = prepare(ctx, file, None)?;
            return Ok(Some(Key { path: imported.path.clone(), imported: Some(imported), ..key }));
        }
        if let KeyFile::Private { .. } = described.kind {
            let client = usable::client(ctx, session.or(fields.session));
            let bytes = keys::read(file).map_err(|error| unreadable(file, &error))?;
            if let Some(defect) = usable::file_defect(ctx, client, &bytes, &described) {
                return Err(usable::refusal(client, file, &defect));
            }
            usable::warn_of_certificate(ctx, file, described.public.as_ref());
            let rsa_bits = match described.public.as_ref().map(PublicKey::key_data) {
                Some(KeyData::Rsa(key)) => Some(key.key_size()),
                _ => None,
            };
            return Ok(Some(Key { rsa_bits, ..key }));
        }
        let bytes = keys::read(file).map_err(|error| unreadable(file, &error))?;
        let public = public_half(file, &bytes, &described)?;
        say_if_no_agent_holds(ctx, fields, file, &public);
        Ok(Some(Key { is_public: true, ..key }))
    }

    /// Lets the files of a converted key come with a change.
    pub fn join(&self, change: &mut ChangeSet) {
        if let Some(imported) = &self.imported {
            change.files.extend(imported.files.iter().cloned());
        }
    }

    /// After the change: mends the mode of the key, or says where it is now.
    ///
    /// # Errors
    /// When its mode cannot be changed.
    pub fn settle(&self, ctx: &Ctx, alias: &Alias) -> Result<()> {
        if let Some(bits) = self.rsa_bits {
            warn_if_short(ctx, alias, bits);
        }
        match &self.imported {
            Some(imported) => {
                imported.tell(ctx);
                Ok(())
            }
            None if self.is_public => Ok(()),
            None => repair(ctx, &self.path),
        }
    }
}

fn unreadable(file: &Path, error: &io::Error) -> Error {
    let missing = error.kind() == io::ErrorKind::NotFound;
    let kind = if missing { ErrorKind::NotFound } else { ErrorKind::Failed };
    let error =
        Error::new(kind, format_args!("the key `{}` cannot be used: {error}", file.display()));
    if ["none", "/dev/null"].iter().any(|none| file == Path::new(none)) {
        return error.hint("`--option IdentityFile=none` logs in without a key");
    }
    error
}

/// Refuses a public key that ssh cannot read for its encoding.
///
/// # Errors
/// When it has such a defect.
pub fn refuse_defect(file: &Path) -> Result<()> {
    match keys::read(file).ok().and_then(|bytes| sshp_keys::public::defect(&bytes)) {
        Some(defect) => Err(usable::refusal(Client::Ssh(None), file, &defect)),
        None => Ok(()),
    }
}

/// The public half in a file that holds no private one.
fn public_half(file: &Path, bytes: &[u8], described: &Described) -> Result<KeyData> {
    if let Some(defect) = sshp_keys::public::defect(bytes) {
        return Err(usable::refusal(Client::Ssh(None), file, &defect));
    }
    let shown = file.display();
    let error = |why: &str| Error::failed(format_args!("the key `{shown}` cannot be used: {why}"));
    match (&described.kind, &described.public) {
        (KeyFile::Public, Some(public)) => Ok(public.key_data().clone()),
        (KeyFile::Public, None) => Err(error("ssh reads public keys of one line only")
            .hint(format_args!("`ssh-keygen -i -f {}` prints it as one line", shell::quote(file)))),
        (KeyFile::Certificate, _) => match public::certificate_at(file) {
            Some(certificate) => Ok(certificate.public_key().clone()),
            None => Err(error("it is a certificate that cannot be read")),
        },
        (KeyFile::X509, _) => Err(error("it is an X.509 certificate, not a key")),
        _ => Err(match Wide::detect(bytes) {
            Some(wide) => {
                error(&format!("it is {wide}, and ssh reads UTF-8")).hint(wide.mend(file))
            }
            None => error("it holds no private key"),
        }),
    }
}

/// Says where nothing could sign for a public key: ssh asks an agent for its private half.
fn say_if_no_agent_holds(ctx: &Ctx, fields: &Fields, file: &Path, key: &KeyData) {
    let other_agent = fields.options.iter().any(|option| {
        option.get(..13).is_some_and(|keyword| keyword.eq_ignore_ascii_case("IdentityAgent"))
    });
    if other_agent {
        return;
    }
    let shown = file.display();
    let Some(socket) = ctx.env.var("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty()) else {
        ctx.ui.warning(format_args!("`{shown}` is a public key, and there is no agent to sign"));
        ctx.ui.hint("start an agent, or name its socket by `--option IdentityAgent=…`");
        return;
    };
    match agent::list(&PathBuf::from(socket), PATIENCE) {
        Ok(held) if held.iter().any(|held| held.public.key_data() == key) => {}
        Ok(_) => {
            ctx.ui.warning(format_args!("the agent does not hold the private half of `{shown}`"));
            ctx.ui.hint("`ssh-add -L` lists what it holds; `ssh-add FILE` adds a key");
        }
        Err(error) => ctx.ui.warning(format_args!("the agent does not answer: {error}")),
    }
}

/// Says where the config itself rules an RSA key out: ssh then passes it over without a word.
fn warn_if_short(ctx: &Ctx, alias: &Alias, bits: u32) {
    let Ok(line) = CommandLine::destination(alias.as_str()) else { return };
    let found = resolve(&repository::load::load_tree(ctx), &line, &ctx.env, None, &ctx.env.dialect);
    let least = found.ok().and_then(|found| found.number(Keyword::RequiredRSASize));
    if let Some(least) = least.filter(|least| u64::from(bits) < *least) {
        ctx.ui.warning(format_args!(
            "ssh will not use this RSA key of {bits} bits: RequiredRSASize is {least} for `{alias}`"
        ));
    }
}

/// Makes a key one that ssh takes: for its owner alone.
fn repair(ctx: &Ctx, key: &Path) -> Result<()> {
    // A link is followed here: what counts for ssh is the file behind it.
    let real: PathBuf = key.canonicalize()?;
    match modes::repair(&real) {
        Ok(None) => Ok(()),
        Ok(Some(repair)) => {
            ctx.ui.status(format_args!(
                "fixed the mode of `{}`: {:04o} is now {:04o}",
                key.display(),
                repair.from,
                repair.to
            ));
            Ok(())
        }
        Err(error) => {
            let failed =
                Error::failed(format_args!("`{}`: {error}, so ssh will not use it", key.display()));
            Err(match error {
                ModesError::NotKept(_) => failed.hint(kept_modes(key)),
                _ => failed,
            })
        }
    }
}

/// What helps where a file system keeps no modes.
pub fn kept_modes(key: &Path) -> String {
    format!(
        "`sshp key import {}` copies it to ~/.ssh; or mount that file system with modes (WSL: \
         `options = \"metadata\"` under [automount] in /etc/wsl.conf)",
        shell::quote(key)
    )
}
