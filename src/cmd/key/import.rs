//! `sshp key import`, and what `--key x.ppk` does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::keys::PublicKey;
use zeroize::Zeroizing;

use super::convert::{self, read};
use super::{found, passphrase};
use crate::change::{ChangeSet, FileChange, Secret, Splice};
use crate::cli::{self, Write};
use crate::cmd::change;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};
use crate::keys::{self, Form, Format, KeyFile, LoadError, Text, classify, decode, public};
use crate::profile::Alias;
use crate::profile::plan::Sharing;
use crate::shell;
use crate::store::{self, prove};

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

/// A key on its way into `~/.ssh`.
pub(in crate::cmd) struct Imported {
    /// Where it will be, or is.
    pub(in crate::cmd) path: PathBuf,
    /// What was done with it, for people.
    pub(in crate::cmd) told: String,
    /// The files that come; none where the key is there already.
    pub(in crate::cmd) files: Vec<FileChange>,
}

/// Copies a key into `~/.ssh`, and lets a profile use it.
///
/// # Errors
/// When it is no key, or another file is in its place; when the profile cannot be changed, and then
/// nothing is copied either.
pub(super) fn run(ctx: &Ctx, args: &cli::KeyImport) -> Result<Exit> {
    let imported = prepare(ctx, &args.file, args.out.as_deref())?;
    let command = |name: &str| format!("key import {} {name}", args.file.display());
    if let Some(name) = &args.name {
        let alias = Alias::existing(name);
        let wish = change::key_wish(ctx, &imported.path)?;
        let sharing = change::sharing(args.split, args.shared);
        let write = Write { dry_run: args.dry_run, in_place: false };
        change::carry_out(ctx, write, |state| {
            let mut plan = state.plan(ctx)?;
            plan.change(&alias, &wish, sharing).map_err(|e| change::refusal(e, state))?;
            let mut change = state.finish(ctx, plan, command(name));
            if sharing == Sharing::Shared {
                prove::no_new_faults(ctx, state, &change)?;
            } else {
                prove::resolves_as_asked(ctx, state, &change, &alias, &wish)?;
            }
            change.files.extend(imported.files.iter().cloned());
            Ok(change)
        })?;
    } else {
        let plan = || {
            let files = imported.files.clone();
            Ok(ChangeSet { files, ..ChangeSet::new(command("").trim_end()) })
        };
        if args.dry_run {
            change::print_diff(ctx, &plan()?)?;
        } else {
            store::commit_files(ctx, plan)?;
        }
    }
    if args.dry_run {
        return Ok(Exit::Ok);
    }
    ctx.ui.status(&imported.told);
    if let Some(name) = &args.name {
        ctx.ui.status(format_args!("`{name}` logs in with `{}`", imported.path.display()));
    }
    if !imported.files.is_empty() {
        ctx.ui.hint(format_args!(
            "`{}` stays; remove it when you need it no longer",
            args.file.display()
        ));
    }
    Ok(Exit::Ok)
}

/// Reads a key, converts PuTTY's, and says what has to be written; writes nothing.
///
/// # Errors
/// As [`run`], but for what concerns a profile.
pub(in crate::cmd) fn prepare(ctx: &Ctx, file: &Path, out: Option<&Path>) -> Result<Imported> {
    let bytes = read(file)?;
    let origin = std::path::absolute(file)?;
    let is_ppk = matches!(classify(&bytes), KeyFile::Private { format: Format::Ppk, .. });
    let (text, public) =
        if is_ppk { converted(ctx, file, &bytes)? } else { checked(ctx, file, bytes)? };
    let target = if let Some(out) = out {
        std::path::absolute(out)?
    } else {
        let named = if is_ppk { convert::beside(&origin, Form::OpenSsh) } else { origin.clone() };
        let name = named.file_name().ok_or_else(|| Error::usage("a key needs a file name"))?;
        ctx.paths.ssh_dir.join(name)
    };
    let shown = target.display();
    if let Some(there) = already(ctx, &target, out.is_none(), &text, public.as_ref()) {
        let told = format!("`{}` is that key already", there.display());
        return Ok(Imported { path: there, told, files: Vec::new() });
    }
    let in_ssh = target.parent() == Some(&ctx.paths.ssh_dir);
    let is_taken = in_ssh && TAKEN.iter().any(|name| target.file_name() == Some(name.as_ref()));
    if is_taken || target.symlink_metadata().is_ok() {
        let why =
            if is_taken { "a file of ssh's own" } else { "another file, and is not overwritten" };
        return Err(Error::refused(format_args!("`{shown}` is {why}")).hint(format_args!(
            "`sshp key import {} --out FILE` names another place",
            shell::quote(file)
        )));
    }
    let secret = Secret { text: Arc::new(text), origin };
    let mut files = vec![FileChange::secret(&target, secret, false)];
    let beside = public::beside(&target);
    match &public {
        Some(public) if beside.symlink_metadata().is_ok() => {
            let is_it = public::public_at(&beside)
                .is_some_and(|known| known.key_data() == public.key_data());
            if !is_it {
                return Err(Error::refused(format_args!(
                    "`{}` belongs to another key, and is not overwritten",
                    beside.display()
                )));
            }
        }
        Some(public) => {
            let line = format!("{}\n", public::line(public)?);
            files.push(FileChange::new(beside, None, vec![Splice::insert(0, line)]));
        }
        None => ctx.ui.warning(format_args!(
            "there is no `.pub` for `{shown}`: its public half is behind its passphrase; \
             `ssh-keygen -y -f {shown}` prints it"
        )),
    }
    let done = if is_ppk { "converted" } else { "copied" };
    let told = format!("{done} `{}` to `{shown}`, which you alone can read", file.display());
    Ok(Imported { path: target, told, files })
}

/// PuTTY's key in OpenSSH's format, under the same passphrase.
fn converted(ctx: &Ctx, file: &Path, bytes: &[u8]) -> Result<(Text, Option<PublicKey>)> {
    let (key, passphrase) = passphrase::open(ctx, file, bytes)?;
    let word = passphrase.as_ref().map(|word| word.as_str());
    let text = keys::encode(&key, Form::OpenSsh, word).map_err(|e| {
        Error::failed(format_args!("`{}` cannot be converted: {e}", file.display()))
    })?;
    let mut public = key.public_key().clone();
    public.set_comment(key.comment().clone());
    Ok((Zeroizing::new(text.as_bytes().to_vec()), Some(public)))
}

/// A key as it is, if it is one, and its public half.
fn checked(ctx: &Ctx, file: &Path, bytes: Text) -> Result<(Text, Option<PublicKey>)> {
    let hidden = match decode(&bytes, None) {
        Ok(_) | Err(LoadError::Unsupported(_)) => false,
        Err(LoadError::NeedsPassphrase) => true,
        Err(error) => return Err(passphrase::unusable(file, &bytes, error)),
    };
    let known = public::public_at(&public::beside(file));
    let public = match (public::embedded(&bytes), known) {
        (Some(own), Some(known)) if own.key_data() == known.key_data() => Some(known),
        (Some(own), _) => Some(own),
        (None, _)
            if matches!(classify(&bytes), KeyFile::Private { format: Format::OpenSsh, .. }) =>
        {
            let error = LoadError::Damaged("its public part cannot be read".to_owned());
            return Err(passphrase::unusable(file, &bytes, error));
        }
        (None, Some(known)) => Some(known),
        (None, None) if hidden && passphrase::can_ask(ctx) => {
            let (key, _) = passphrase::open(ctx, file, &bytes)?;
            Some(key.public_key().clone())
        }
        (None, None) => None,
    };
    Ok((bytes, public))
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
        *there == **text || same().unwrap_or(false)
    };
    let elsewhere = || found::in_folder(&ctx.paths.ssh_dir).into_iter();
    // PuTTY's own file there is not one that ssh reads.
    let is_ppk = |file: &Path| file.extension().is_some_and(|ending| ending == "ppk");
    std::iter::once(target.to_owned())
        .chain(elsewhere().filter(|file| anywhere && !is_ppk(file)))
        .find(|file| is_it(file))
}
