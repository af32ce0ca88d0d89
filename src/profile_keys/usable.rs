//! Whether the client of a profile can load a key, and what to say where it cannot.

use std::path::Path;

use sshp_keys::ssh_key::PublicKey;
use sshp_keys::{Client, Defect};

use crate::ctx::Ctx;
use crate::error::Error;
use crate::keys::public::{self, Described};
use crate::profile::Session;
use crate::session::system;
use crate::shell;

/// The client that runs the sessions of a profile; the version of its ssh stays unknown.
pub fn client(ctx: &Ctx, session: Option<Session>) -> Client {
    let session = session.unwrap_or_else(|| ctx.settings.session());
    match session {
        Session::Builtin => Client::BuiltIn,
        Session::Auto if system::for_auto(&ctx.env).is_none() => Client::BuiltIn,
        Session::Auto | Session::System => Client::Ssh(None),
    }
}

/// Why a client cannot load the key in a file. ssh is asked for its version only where that decides.
pub fn defect(
    ctx: &Ctx,
    client: Client,
    bytes: &[u8],
    public: Option<&PublicKey>,
) -> Option<Defect> {
    let found = sshp_keys::defect(bytes, public, client);
    if client == Client::BuiltIn || found == sshp_keys::defect(bytes, public, Client::NEWEST) {
        return found;
    }
    let ssh = system::find(ctx.env.var("SSHP_SSH"));
    let version = ssh.and_then(|ssh| system::version(&ssh));
    sshp_keys::defect(bytes, public, Client::ssh(version.as_deref()))
}

/// Why a client cannot log in with a key file: itself, or the `.pub` that ssh offers in its place.
pub fn file_defect(
    ctx: &Ctx,
    client: Client,
    bytes: &[u8],
    described: &Described,
) -> Option<Defect> {
    let stale = || {
        let stale = described.stale.clone().filter(|_| client != Client::BuiltIn)?;
        Some(Defect::PublicHalf(stale))
    };
    defect(ctx, client, bytes, described.public.as_ref()).or_else(stale)
}

/// What is said of a key that a client cannot load, and what helps.
pub fn refusal(client: Client, file: &Path, defect: &Defect) -> Error {
    let shown = file.display();
    let verb = if matches!(defect, Defect::PublicHalf(_)) { "log in with" } else { "load" };
    let error = Error::failed(format_args!(
        "the key `{shown}` cannot be used: {} cannot {verb} it: {defect}",
        client.name()
    ));
    match mend(file, defect) {
        Some(mend) => error.hint(mend),
        None => error,
    }
}

/// The command that helps, and what it does.
pub fn mend(file: &Path, defect: &Defect) -> Option<String> {
    let quoted = shell::quote(file);
    Some(match defect {
        defect if defect.is_mendable() => {
            format!("`sshp key import {quoted}` writes a copy to ~/.ssh that ssh can load")
        }
        Defect::PublicHalf(stale) => {
            let stale = shell::quote(stale);
            format!("`ssh-keygen -y -f {quoted} > {stale}` writes the right one")
        }
        Defect::Dsa | Defect::ShortRsa(_) | Defect::Type(_) => {
            "`ssh-keygen -t ed25519` makes a key that every client loads".to_owned()
        }
        Defect::Unsupported(_) => format!(
            "`--session system` lets ssh load it; `ssh-keygen -p -f {quoted}` writes it anew, in \
             OpenSSH's format"
        ),
        Defect::Damaged(_) => "copy it again from where it came".to_owned(),
        _ => return None,
    })
}

/// A certificate beside a key that is for another: ssh passes it over.
pub fn warn_of_certificate(ctx: &Ctx, file: &Path, public: Option<&PublicKey>) {
    let mut name = file.as_os_str().to_owned();
    name.push("-cert.pub");
    let beside = Path::new(&name);
    if let (Some(public), Some(certificate)) = (public, public::certificate_at(beside))
        && certificate.public_key() != public.key_data()
    {
        ctx.ui.warning(format_args!(
            "`{}` is the certificate of another key than `{}`",
            beside.display(),
            file.display()
        ));
    }
}
