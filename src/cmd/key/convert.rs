//! `sshp key convert`

use std::path::Path;

use sshp_keys::{Client, Form, Format, KeyFile, classify};

use crate::cli::{self, KeyForm};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::keys::public;
use crate::profile_keys::{beside, passphrase, read};
use crate::repository;

/// Writes a key in another format, to a file that was not there.
///
/// # Errors
/// When the file is no key that can be opened, or the new one is there already.
pub(super) fn run(ctx: &Ctx, args: &cli::KeyConvert) -> Result<Exit> {
    let bytes = read(&args.file)?;
    let kind = classify(&bytes);
    let form = form(args.to);
    if let KeyFile::Private { format, .. } = kind
        && is_written_so(format, form)
        && !args.new_passphrase
        && sshp_keys::defect(&bytes, None, Client::NEWEST)
            .is_none_or(|defect| !defect.is_mendable())
    {
        return Err(Error::usage(format_args!(
            "`{}` is in that format already",
            args.file.display()
        ))
        .hint("`--to openssh|pem|pkcs8|ppk` names another"));
    }
    let out = match &args.out {
        Some(out) => out.clone(),
        None => beside(&args.file, form),
    };
    refuse_existing(&out)?;
    let (mut key, passphrase) = passphrase::open(ctx, &args.file, &bytes)?;
    if key.comment().is_empty()
        && let Some(known) = public::public_at(&public::beside(&args.file))
        && known.key_data() == key.public_key().key_data()
    {
        key.set_comment(known.comment().clone());
    }
    let passphrase = if args.new_passphrase { passphrase::ask_new(ctx)? } else { passphrase };
    let word = passphrase.as_ref().map(|word| word.as_slice());
    let text = sshp_keys::encode(&key, form, word).map_err(|e| {
        Error::failed(format_args!("`{}` cannot be converted: {e}", args.file.display()))
    })?;
    repository::write_key(ctx, &std::path::absolute(&out)?, text.as_bytes())?;
    let kind = match word {
        Some(_) => "with its passphrase",
        None => "without a passphrase",
    };
    let kind = if args.new_passphrase && word.is_some() { "with the new passphrase" } else { kind };
    ctx.ui.status(format_args!("wrote `{}`, {}, {kind}", out.display(), describe(&text)));
    let is_ed25519 = key.algorithm() == sshp_keys::ssh_key::Algorithm::Ed25519;
    if is_ed25519 && matches!(form, Form::Pem | Form::Pkcs8) {
        ctx.ui
            .hint("ssh reads Ed25519 keys in PKCS#8 since OpenSSH 9.6; `--to openssh` is for all");
    } else if form == Form::Pem && word.is_some() {
        ctx.ui.hint("PEM's own encryption is weak; `--to pkcs8` and `--to openssh` are not");
    }
    Ok(Exit::Ok)
}

/// Requires that nothing is there, not even a link.
fn refuse_existing(out: &Path) -> Result<()> {
    if out.symlink_metadata().is_ok() {
        return Err(Error::refused(format_args!(
            "`{}` is there already, and is not overwritten",
            out.display()
        ))
        .hint("`--out FILE` names another place"));
    }
    let folder = std::path::absolute(out)?;
    match folder.parent() {
        Some(folder) if !folder.is_dir() => {
            Err(Error::not_found(format_args!("there is no folder `{}`", folder.display())))
        }
        _ => Ok(()),
    }
}

fn form(form: KeyForm) -> Form {
    match form {
        KeyForm::Openssh => Form::OpenSsh,
        KeyForm::Pem => Form::Pem,
        KeyForm::Pkcs8 => Form::Pkcs8,
        KeyForm::Ppk => Form::Ppk,
    }
}

/// Whether writing a key so would change nothing but its passphrase. PuTTY's version 2 is not
/// what is written, so a `.ppk` may become one of version 3.
fn is_written_so(format: Format, form: Form) -> bool {
    matches!(
        (format, form),
        (Format::OpenSsh, Form::OpenSsh)
            | (Format::Pkcs1 | Format::Sec1, Form::Pem)
            | (Format::Pkcs8, Form::Pkcs8)
    )
}

/// The first words of what was written, for people.
fn describe(text: &str) -> &'static str {
    match classify(text.as_bytes()) {
        KeyFile::Private { format: Format::OpenSsh, .. } => "in OpenSSH's format",
        KeyFile::Private { format: Format::Pkcs1, .. } => "as PEM (PKCS#1)",
        KeyFile::Private { format: Format::Sec1, .. } => "as PEM (SEC 1)",
        KeyFile::Private { format: Format::Pkcs8, .. } => "as PKCS#8",
        _ => "in PuTTY's format (version 3)",
    }
}
