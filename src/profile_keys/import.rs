//! A copy of a key that ssh can load, on its way into `~/.ssh`: PuTTY's converted, damaged text mended.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_keys::ssh_key::PublicKey;
use sshp_keys::{Client, DecodeError, Defect, Form, Format, KeyFile, classify};
use sshp_splice::{FileChange, Secret, Splice};
use zeroize::Zeroizing;

use super::{chosen, found, passphrase, usable};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::keys::modes::{self, ModesError};
use crate::keys::{self, Text, decode, public};
use crate::shell;

/// Names in `~/.ssh` that mean something else to ssh and sshd.
const TAKEN: [&str; 7] = [
    "config",
    "known_hosts",
    "known_hosts2",
    "authorized_keys",
    "authorized_keys2",
    "environment",
    "rc",
];

/// Endings of key files that another takes the place of.
const ENDINGS: [&str; 5] = ["ppk", "pem", "pk8", "key", "p8"];

/// A key on its way into `~/.ssh`.
pub struct Imported {
    /// Where it will be, or is.
    pub path: PathBuf,
    /// What was done with it, for people.
    told: String,
    /// The files that come; none where the key is there already.
    pub files: Vec<FileChange>,
}

impl Imported {
    /// Says what was done, once it is done: a file system without modes is named.
    pub fn tell(&self, ctx: &Ctx) {
        let Imported { path, told, files } = self;
        match modes::too_open(path) {
            _ if files.is_empty() => ctx.ui.status(told),
            Ok(None) => ctx.ui.status(format_args!("{told}, which you alone can read")),
            Ok(Some(mode)) => {
                ctx.ui.status(told);
                ctx.ui.warning(format_args!(
                    "`{}`: {}, so ssh will not use it",
                    path.display(),
                    ModesError::NotKept(mode)
                ));
                ctx.ui.hint("`--out FILE` names a place on a file system that keeps modes");
            }
            Err(_) => ctx.ui.status(told),
        }
    }
}

/// Reads a key, converts PuTTY's, and says what has to be written; writes nothing.
///
/// # Errors
/// When it is no key, or another file is in its place.
pub fn prepare(ctx: &Ctx, file: &Path, out: Option<&Path>) -> Result<Imported> {
    let bytes = read(file)?;
    if sshp_keys::public::defect(&bytes).is_some() {
        return prepare_public(ctx, file, out, &bytes);
    }
    let origin = std::path::absolute(file)?;
    let is_ppk = matches!(classify(&bytes), KeyFile::Private { format: Format::Ppk, .. });
    let Copied { text, public, mended } = if is_ppk {
        let (text, public) = converted(ctx, file, &bytes)?;
        Copied { text, public, mended: None }
    } else {
        checked(ctx, file, bytes)?
    };
    let mut target = if let Some(out) = out {
        std::path::absolute(out)?
    } else {
        let named = if is_ppk { beside(&origin, Form::OpenSsh) } else { origin.clone() };
        let name = named.file_name().ok_or_else(|| Error::usage("a key needs a file name"))?;
        ctx.paths.ssh_dir.join(name)
    };
    if out.is_none() && mended.is_some() && is_defective(&target, public.as_ref()) {
        target = mended_name(&target);
    }
    let shown = target.display();
    if let Some(there) = already(ctx, &target, out.is_none(), &text, public.as_ref()) {
        let told = format!("`{}` is that key already", there.display());
        return Ok(Imported { path: there, told, files: Vec::new() });
    }
    require_free(ctx, file, &target)?;
    let secret = Secret { text: Arc::new(text), origin };
    let mut files = vec![FileChange::secret(&target, secret, false)];
    let beside = public::beside(&target);
    match &public {
        Some(public) if beside.symlink_metadata().is_ok() => {
            let is_it = public::public_at(&beside)
                .is_some_and(|known| known.key_data() == public.key_data());
            chosen::refuse_defect(&beside)?;
            if !is_it {
                return Err(Error::refused(format_args!(
                    "`{}` belongs to another key, and is not overwritten",
                    beside.display()
                )));
            }
        }
        Some(public) => {
            let line = format!("{}\n", sshp_keys::public::line(public)?);
            files.push(FileChange::new(beside, None, vec![Splice::insert(0, line)]));
        }
        None => ctx.ui.warning(format_args!(
            "there is no `.pub` for `{shown}`: its public half is behind its passphrase; \
             `ssh-keygen -y -f {shown}` prints it"
        )),
    }
    let from = file.display();
    let told = match mended {
        Some(defect) => format!("wrote `{from}` to `{shown}` as ssh can load it ({defect})"),
        None if is_ppk => format!("converted `{from}` to `{shown}`"),
        None => format!("copied `{from}` to `{shown}`"),
    };
    Ok(Imported { path: target, told, files })
}

/// A public key that ssh cannot read for its encoding, as a line that it reads.
fn prepare_public(ctx: &Ctx, file: &Path, out: Option<&Path>, bytes: &[u8]) -> Result<Imported> {
    let refused = || passphrase::unusable(file, bytes, DecodeError::NotAKey("it holds no key"));
    let line = sshp_keys::public::clean_copy(bytes).ok_or_else(refused)?;
    let target = if let Some(out) = out {
        std::path::absolute(out)?
    } else {
        let name = file.file_name().ok_or_else(|| Error::usage("a key needs a file name"))?;
        ctx.paths.ssh_dir.join(name)
    };
    let same = |held: &[u8]| sshp_keys::public::clean_copy(held).is_some_and(|held| held == line);
    let target = match keys::read(&target) {
        Ok(held) if same(&held) && sshp_keys::public::defect(&held).is_none() => {
            let told = format!("`{}` is that key already", target.display());
            return Ok(Imported { path: target, told, files: Vec::new() });
        }
        Ok(held) if same(&held) && out.is_none() => mended_name(&target),
        _ => target,
    };
    require_free(ctx, file, &target)?;
    let (from, shown) = (file.display(), target.display());
    let why =
        sshp_keys::public::defect(bytes).map_or_else(String::new, |defect| format!(" ({defect})"));
    let told = format!("wrote the public key `{from}` to `{shown}` as ssh can read it{why}");
    let change = FileChange::new(&target, None, vec![Splice::insert(0, line)]);
    Ok(Imported { path: target, told, files: vec![change] })
}

/// Requires that no file is in the place of a key, and none of ssh's own is meant to be.
fn require_free(ctx: &Ctx, file: &Path, target: &Path) -> Result<()> {
    let in_ssh = target.parent() == Some(&ctx.paths.ssh_dir);
    let is_taken = in_ssh && TAKEN.iter().any(|name| target.file_name() == Some(name.as_ref()));
    if !is_taken && target.symlink_metadata().is_err() {
        return Ok(());
    }
    let why = if is_taken { "a file of ssh's own" } else { "another file, and is not overwritten" };
    Err(Error::refused(format_args!("`{}` is {why}", target.display())).hint(format_args!(
        "`sshp key import {} --out FILE` names another place",
        shell::quote(file)
    )))
}

/// PuTTY's key in OpenSSH's format, under the same passphrase.
fn converted(ctx: &Ctx, file: &Path, bytes: &[u8]) -> Result<(Text, Option<PublicKey>)> {
    let (key, passphrase) = passphrase::open(ctx, file, bytes)?;
    let word = passphrase.as_ref().map(|word| word.as_slice());
    let text = sshp_keys::encode(&key, Form::OpenSsh, word).map_err(|e| {
        Error::failed(format_args!("`{}` cannot be converted: {e}", file.display()))
    })?;
    let mut public = key.public_key().clone();
    public.set_comment(key.comment().clone());
    Ok((Zeroizing::new(text.as_bytes().to_vec()), Some(public)))
}

/// What will be written.
struct Copied {
    text: Text,
    public: Option<PublicKey>,
    /// What kept ssh from loading the original.
    mended: Option<Defect>,
}

/// A key as it is, or as ssh can load it, and its public half.
fn checked(ctx: &Ctx, file: &Path, bytes: Text) -> Result<Copied> {
    let public = public_half(ctx, file, &bytes)?;
    let client = Client::Ssh(None);
    let Some(defect) = usable::defect(ctx, client, &bytes, public.as_ref()) else {
        return Ok(Copied { text: bytes, public, mended: None });
    };
    if defect == Defect::Dsa {
        ctx.ui.warning(format_args!("`{}`: {defect}", file.display()));
        return Ok(Copied { text: bytes, public, mended: None });
    }
    if !defect.is_mendable() {
        return Err(usable::refusal(client, file, &defect));
    }
    let copy = sshp_keys::clean_copy(&bytes).unwrap_or_else(|| bytes.clone());
    let text = match usable::defect(ctx, client, &copy, public.as_ref()) {
        None => copy,
        Some(Defect::Ed25519InPkcs8) => converted(ctx, file, &bytes)?.0,
        Some(defect) => return Err(usable::refusal(client, file, &defect)),
    };
    Ok(Copied { text, public, mended: Some(defect) })
}

/// Whether a file holds this key in a form that ssh cannot load.
fn is_defective(file: &Path, public: Option<&PublicKey>) -> bool {
    let Ok(bytes) = keys::read(file) else { return false };
    let Ok(described) = public::describe(file) else { return false };
    let half = |key: Option<&PublicKey>| key.map(|key| key.key_data().clone());
    half(described.public.as_ref()) == half(public)
        && sshp_keys::defect(&bytes, public, Client::Ssh(None)).is_some()
}

/// `web-mended.pem` for `web.pem`.
fn mended_name(file: &Path) -> PathBuf {
    let mut name = file.file_stem().unwrap_or_default().to_owned();
    name.push("-mended");
    if let Some(ending) = file.extension() {
        name.push(".");
        name.push(ending);
    }
    file.with_file_name(name)
}

/// The public half of a key: its own, that of the `.pub` beside it, or the one that its passphrase
/// shows, where it can be asked for.
fn public_half(ctx: &Ctx, file: &Path, bytes: &Text) -> Result<Option<PublicKey>> {
    let hidden = match decode(bytes, None) {
        Ok(_) | Err(DecodeError::Unsupported(_)) => false,
        Err(DecodeError::NeedsPassphrase) => true,
        Err(error) => return Err(passphrase::unusable(file, bytes, error)),
    };
    let known = public::public_at(&public::beside(file));
    Ok(match (sshp_keys::public::embedded(bytes), known) {
        (Some(own), Some(known)) if own.key_data() == known.key_data() => Some(known),
        (Some(own), _) => Some(own),
        (None, _)
            if matches!(classify(bytes), KeyFile::Private { format: Format::OpenSsh, .. }) =>
        {
            let error = DecodeError::Damaged("its public part cannot be read".to_owned());
            return Err(passphrase::unusable(file, bytes, error));
        }
        (None, Some(known)) => Some(known),
        (None, None) if hidden && passphrase::can_ask(ctx) => {
            let (key, _) = passphrase::open(ctx, file, bytes)?;
            Some(key.public_key().clone())
        }
        (None, None) => None,
    })
}

/// Where the same key is already: in its place, or anywhere in `~/.ssh`.
fn already(
    ctx: &Ctx,
    target: &Path,
    anywhere: bool,
    text: &Text,
    public: Option<&PublicKey>,
) -> Option<PathBuf> {
    let is_it = |file: &Path| {
        let Ok(there) = keys::read(file) else { return false };
        if !matches!(classify(&there), KeyFile::Private { .. }) {
            return false;
        }
        let same = || Some(public::describe(file).ok()?.public?.key_data() == public?.key_data());
        // A copy that ssh cannot load is not that key for it.
        let loads = || sshp_keys::defect(&there, public, Client::Ssh(None)).is_none();
        *there == **text || (same().unwrap_or(false) && loads())
    };
    let elsewhere = || found::in_folder(&ctx.paths.ssh_dir).into_iter();
    // PuTTY's own file there is not one that ssh reads.
    let is_ppk = |file: &Path| file.extension().is_some_and(|ending| ending == "ppk");
    std::iter::once(target.to_owned())
        .chain(elsewhere().filter(|file| anywhere && !is_ppk(file)))
        .find(|file| is_it(file))
}

/// Reads a key file.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is none.
pub fn read(file: &Path) -> Result<keys::Text> {
    keys::read(file).map_err(|error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        let kind = if missing { ErrorKind::NotFound } else { ErrorKind::Failed };
        Error::new(kind, format_args!("the key `{}` cannot be read: {error}", file.display()))
    })
}

/// What the new file is called: its own name, with the ending that the format has.
pub fn beside(file: &Path, form: Form) -> PathBuf {
    let known = file.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
    let stem = if known { file.with_extension("") } else { file.to_owned() };
    let ending = match form {
        Form::OpenSsh => return stem,
        Form::Pem => ".pem",
        Form::Pkcs8 => ".pk8",
        Form::Ppk => ".ppk",
    };
    let mut name = stem.into_os_string();
    name.push(ending);
    PathBuf::from(name)
}
