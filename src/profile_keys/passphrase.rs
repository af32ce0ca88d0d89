//! Opens a key, asking for its passphrase where it has one: on the terminal or by SSH_ASKPASS, as
//! ssh asks.

use std::path::Path;

use sshp_keys::ssh_key::PrivateKey;
use sshp_keys::{Client, DecodeError, KeyFile, classify};
use zeroize::Zeroizing;

use super::usable;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::keys::decode;
use crate::session::askpass;
use crate::shell;
use crate::ui::prompt::{Echo, PromptError};

/// What comes before the question when the answer was wrong.
const AGAIN: &str = "That was wrong. ";

/// A passphrase in the bytes that were typed, wiped when it is dropped.
pub type Secret = Zeroizing<Vec<u8>>;

/// Opens a key; gives the passphrase that did it, where one was needed.
///
/// # Errors
/// When it is no key, is damaged, or no passphrase fits.
pub fn open(ctx: &Ctx, file: &Path, bytes: &[u8]) -> Result<(PrivateKey, Option<Secret>)> {
    let shown = file.display();
    match decode(bytes, None) {
        Ok(key) => return Ok((key, None)),
        Err(DecodeError::NeedsPassphrase) => {}
        Err(error) => return Err(unusable(file, bytes, error)),
    }
    // What is said of a wrong one is in the next question, so that nothing typed early is shown.
    for again in ["", AGAIN, AGAIN] {
        let text = format!("{again}Enter passphrase for key '{shown}': ");
        let passphrase = ask(ctx, &text).map_err(|error| {
            error.hint(format_args!("`{shown}` needs its passphrase, which is asked for"))
        })?;
        match decode(bytes, Some(&passphrase)) {
            Ok(key) => return Ok((key, Some(passphrase))),
            Err(DecodeError::WrongPassphrase) => {}
            Err(error) => return Err(unusable(file, bytes, error)),
        }
    }
    Err(Error::failed(format_args!("the passphrase of `{shown}` is wrong")))
}

/// Asks for a passphrase that is to be, twice; an empty one is none.
///
/// # Errors
/// When nobody can be asked, or the two differ.
pub fn ask_new(ctx: &Ctx) -> Result<Option<Secret>> {
    let first = ask(ctx, "Enter new passphrase (empty for none): ")?;
    let again = ask(ctx, "Enter the same passphrase again: ")?;
    if *first != *again {
        return Err(Error::failed("the two passphrases differ; nothing was written"));
    }
    Ok(Some(first).filter(|passphrase| !passphrase.is_empty()))
}

/// Whether there is anybody to ask.
pub fn can_ask(ctx: &Ctx) -> bool {
    ctx.tty.controlling || ctx.env.var("SSH_ASKPASS_REQUIRE").is_some_and(|how| how != "never")
}

fn ask(ctx: &Ctx, text: &str) -> Result<Secret> {
    askpass::ask_bytes(ctx, text, Echo::Hidden).map_err(|error| match error {
        PromptError::Cancelled => {
            Error::new(ErrorKind::Cancelled, "cancelled; nothing was written")
        }
        PromptError::NoTerminal => Error::failed("there is no terminal to ask for a passphrase on")
            .hint("run it in a terminal, or name a program in SSH_ASKPASS that asks"),
        PromptError::Io(error) => Error::from(error),
    })
}

/// Says why a file is not a key that can be used, and what helps.
pub fn unusable(file: &Path, bytes: &[u8], error: DecodeError) -> Error {
    let failed = Error::failed(format_args!("`{}`: {error}", file.display()));
    match (error, classify(bytes)) {
        (DecodeError::NotAKey(_), KeyFile::Public) => match sshp_keys::public::defect(bytes) {
            Some(defect) => usable::refusal(Client::Ssh(None), file, &defect),
            None => failed.hint("name the private one, without `.pub`"),
        },
        (DecodeError::NotAKey(_), KeyFile::NotAKey) => failed
            .hint("OpenSSH's format, PEM (PKCS#1, SEC 1, PKCS#8) and PuTTY's (.ppk) are known"),
        (DecodeError::Unsupported(_), _) => failed.hint(format_args!(
            "`ssh-keygen -p -f {}` writes it anew, in OpenSSH's format",
            shell::quote(file)
        )),
        (DecodeError::Damaged(_), _) => {
            failed.hint("copy it again from where it came; nothing was written")
        }
        _ => failed,
    }
}
