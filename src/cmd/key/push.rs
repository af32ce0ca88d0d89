//! `sshp key push`

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sshp_keys::authorized::{Answer, install_script};
use sshp_keys::public::line;
use sshp_keys::ssh_key::{HashAlg, PublicKey};
use sshp_keys::{Format, KeyFile};

use crate::cli;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::keys::agent;
use crate::keys::public::{beside, describe, public_at};
use crate::launch;
use crate::profile_keys::{found, passphrase, read, refuse_defect, usable};
use crate::repository::{self, State};
use crate::session::remote::{self, Messages};
use crate::shell;
use crate::ui::sanitize;

/// How long an agent may take; it is on this machine.
const PATIENCE: Duration = Duration::from_secs(2);
/// For both connections: nothing of the profile but the way to the server and the login.
const BARE: [&str; 6] = [
    "-T",
    "-a",
    "-x",
    "-oClearAllForwardings=yes",
    "-oRemoteCommand=none",
    "-oPermitLocalCommand=no",
];
/// For the proof: a new connection, and a login by key or none.
const PROOF: [&str; 7] = [
    "-v",
    "-oControlMaster=no",
    "-oControlPath=none",
    "-oIdentitiesOnly=yes",
    "-oPreferredAuthentications=publickey",
    "-oPasswordAuthentication=no",
    "-oKbdInteractiveAuthentication=no",
];

/// A key that shall be able to log in.
struct Key {
    /// The private half; it may be in the agent alone.
    path: PathBuf,
    public: PublicKey,
    /// Whether its login can be tried without asking anybody.
    is_open: bool,
}

/// Adds a key to authorized_keys on the server, unless it is there, and proves that it logs in.
///
/// # Errors
/// When there is no key, the server cannot be reached or written to, or the login is refused.
pub(super) fn run(ctx: &Ctx, args: &cli::KeyPush) -> Result<Exit> {
    let key = choose(ctx, args)?;
    let line = line(&key.public)?;
    let (name, shown) = (&args.name, key.path.display());
    if args.dry_run {
        ctx.ui.status(format_args!(
            "would add `{shown}` to ~/.ssh/authorized_keys on `{name}`, unless it is there, and \
             log in with it:"
        ));
        ctx.ui.data(sanitize::line(&line))?;
        return Ok(Exit::Ok);
    }
    let script = install_script(&line);
    let arguments = arguments(ctx, args, &[], "exec sh");
    let done = remote::connect(&arguments, script.as_bytes(), Messages::Shown)?;
    match Answer::read(&done.stdout) {
        Some(Answer::Added) if done.status.success() => {
            ctx.ui.status(format_args!("added `{shown}` to ~/.ssh/authorized_keys on `{name}`"));
        }
        Some(Answer::There) if done.status.success() => {
            ctx.ui
                .status(format_args!("`{shown}` is in ~/.ssh/authorized_keys on `{name}` already"));
        }
        _ if done.status.code() == Some(255) => {
            return Err(Error::failed(format_args!(
                "no connection to `{name}`; the key was not added"
            ))
            .hint(format_args!("`sshp {name}` has to log in some other way for now")));
        }
        _ => {
            return Err(Error::failed(format_args!(
                "`{name}` did not write ~/.ssh/authorized_keys ({})",
                done.status
            )));
        }
    }
    prove(ctx, args, &key)?;
    ctx.ui.status(format_args!("logged in to `{name}` with that key alone"));
    Ok(Exit::Ok)
}

/// Logs in anew, with no other key and no password, and looks which key it was.
fn prove(ctx: &Ctx, args: &cli::KeyPush, key: &Key) -> Result<()> {
    let mut more: Vec<OsString> = PROOF.iter().map(Into::into).collect();
    if key.is_open || !passphrase::can_ask(ctx) {
        more.push("-oBatchMode=yes".into());
    }
    // ssh passes over a file that is not there; its public half names the key of the agent as well.
    let is_here = key.path.exists();
    let named = if is_here { key.path.clone() } else { beside(&key.path) };
    more.extend(["-i".into(), named.into_os_string()]);
    let arguments = arguments(ctx, args, &more, "exit 0");
    let done = remote::connect(&arguments, b"", Messages::MetadataStore)?;
    let told = String::from_utf8_lossy(&done.stderr);
    // ssh offers the keys of the config too; the last that was accepted is the one that logged in.
    let fingerprint = key.public.fingerprint(HashAlg::Sha256).to_string();
    let accepted = told.lines().rfind(|line| line.contains("Server accepts key: "));
    if done.status.success() && accepted.is_some_and(|line| line.contains(&fingerprint)) {
        return Ok(());
    }
    for line in told.lines().filter(|line| !line.starts_with("debug1: ")) {
        ctx.ui.verbose(sanitize::line(line));
    }
    let (shown, name) = (key.path.display(), &args.name);
    if !key.is_open && !passphrase::can_ask(ctx) {
        return Err(Error::failed(format_args!(
            "`{shown}` needs its passphrase, so whether `{name}` takes it was not proved"
        ))
        .hint(format_args!("`ssh-add {}`, and push again", shell::quote(&key.path))));
    }
    if !is_here {
        return Err(Error::failed(format_args!(
            "the key is in ~/.ssh/authorized_keys on `{name}`, but there is no `{shown}`, and no \
             agent logged in with it"
        ))
        .hint("`ssh-add -l` lists what the agent holds; where the private key is, push again"));
    }
    Err(Error::failed(format_args!(
        "the key is in ~/.ssh/authorized_keys, but `{name}` does not let `{shown}` log in"
    ))
    .hint("sshd may read another file (AuthorizedKeysFile), or refuse a home that others can write")
    .hint("`-v` shows what was said"))
}

/// What `sshp connect` is given.
fn arguments(ctx: &Ctx, args: &cli::KeyPush, more: &[OsString], command: &str) -> Vec<OsString> {
    let mut words: Vec<OsString> = BARE.iter().map(Into::into).collect();
    words.extend_from_slice(more);
    if let Some(config) = ctx.paths.ssh_config_flag() {
        words.extend(["-F".into(), config.into()]);
    }
    if let Some(user) = &args.user {
        words.extend(["-l".into(), user.into()]);
    }
    words.extend(["--".into(), OsString::from(&args.name), command.into()]);
    words
}

/// The key that was named, or else the first that the profile would log in with.
fn choose(ctx: &Ctx, args: &cli::KeyPush) -> Result<Key> {
    if let Some(key) = &args.key {
        let private = match key.extension() {
            Some(ending) if ending == "pub" => key.with_extension(""),
            _ => key.clone(),
        };
        return known(ctx, &args.name, &private);
    }
    let tree = repository::load::load_tree(ctx);
    let line = launch::destination(ctx, &args.name)?;
    let offered = found::effective(ctx, &tree, &line);
    let there = |key: &&PathBuf| key.exists() || beside(key).exists();
    match offered.iter().find(there) {
        Some(key) => known(ctx, &args.name, key),
        None => Err(Error::not_found(format_args!("`{}` has no key to log in with", args.name))
            .hint("`--key FILE` names one; `ssh-keygen -t ed25519` makes one")),
    }
}

fn known(ctx: &Ctx, name: &str, path: &Path) -> Result<Key> {
    let shown = path.display();
    let held = |public: &PublicKey| {
        let socket = ctx.env.var("SSH_AUTH_SOCK").map(PathBuf::from);
        let held = socket.and_then(|socket| agent::list(&socket, PATIENCE).ok());
        held.is_some_and(|held| held.iter().any(|key| key.public.key_data() == public.key_data()))
    };
    if !path.exists() {
        let beside = beside(path);
        if let Some(public) = public_at(&beside) {
            return Ok(Key { path: path.to_owned(), is_open: true, public });
        }
        refuse_defect(&beside)?;
    }
    let bytes = read(path)?;
    let described = describe(path)?;
    if let Some(stale) = &described.stale {
        return Err(Error::refused(format_args!(
            "`{}` belongs to another key than `{shown}`",
            stale.display()
        ))
        .hint(format_args!("`ssh-keygen -y -f {}` prints the right one", shell::quote(path))));
    }
    if let KeyFile::Private { format: Format::Ppk, .. } = described.kind {
        return Err(Error::failed(format_args!(
            "ssh cannot log in with `{shown}`, which is PuTTY's"
        ))
        .hint(format_args!("`sshp key convert {}`", shell::quote(path))));
    }
    if let (KeyFile::Public | KeyFile::Certificate, Some(public)) =
        (&described.kind, &described.public)
    {
        return Ok(Key { path: path.to_owned(), is_open: true, public: public.clone() });
    }
    refuse_defect(path)?;
    let agent_holds = described.public.as_ref().is_some_and(held);
    if !agent_holds {
        let session = State::load(ctx)?.metadata().get(name).and_then(|metadata| metadata.session);
        let client = usable::client(ctx, session);
        if let Some(defect) = usable::defect(ctx, client, &bytes, described.public.as_ref()) {
            return Err(usable::refusal(client, path, &defect));
        }
    }
    let is_locked = described.kind.is_encrypted();
    let public = match described.public {
        Some(mut public) if matches!(described.kind, KeyFile::Private { .. }) => {
            public.set_comment(described.comment.clone());
            public
        }
        _ => {
            let (key, _) = passphrase::open(ctx, path, &bytes)?;
            key.public_key().clone()
        }
    };
    Ok(Key { path: path.to_owned(), is_open: !is_locked || agent_holds || held(&public), public })
}
