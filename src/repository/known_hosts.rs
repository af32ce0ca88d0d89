//! Reads the known_hosts files, and plans what is added to the first of them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sshp_config::options::Keyword;
use sshp_config::{CommandLine, Tree, resolve};
use sshp_known_hosts::Scope;
use sshp_known_hosts::append::{Spelling, plan_append};
use sshp_known_hosts::forget::Server;
use sshp_known_hosts::name::HostArgument;
use sshp_known_hosts::{File, HostKey, KnownHosts, Names};
use sshp_splice::encoding::Wide;
use sshp_splice::{ChangeSet, FileChange};

use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};

/// Where the keys of a server are kept, by the config.
#[derive(Clone, Debug)]
pub struct Keeping {
    /// The server and its names.
    pub server: Server,
    /// UserKnownHostsFile
    pub user: Vec<PathBuf>,
    /// GlobalKnownHostsFile
    pub global: Vec<PathBuf>,
    /// HashKnownHosts
    pub hash: bool,
    /// KnownHostsCommand, whose keys no file holds.
    pub command: Option<String>,
}

/// Asks the config under which names, and where, the keys of a host are kept. Runs nothing.
///
/// # Errors
/// When ssh would refuse the config.
pub fn keeping(ctx: &Ctx, tree: &Tree, asked: &HostArgument) -> Result<Keeping> {
    let command = CommandLine::destination(&asked.host)
        .map_err(|error| Error::from(error).with_kind(ErrorKind::Usage))?;
    let effective = resolve(tree, &command, &ctx.env, None, &ctx.env.dialect)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
    let alias = effective.host_key_alias().map(text);
    Ok(Keeping {
        server: Server::new(
            &asked.host,
            asked.port,
            &text(effective.host()),
            effective.port(),
            alias.as_deref(),
        ),
        user: effective.user_known_hosts_files().map(path).collect(),
        global: effective.global_known_hosts_files().map(path).collect(),
        hash: effective.flag(Keyword::HashKnownHosts),
        command: effective.text(Keyword::KnownHostsCommand).filter(|command| command != "none"),
    })
}

/// Reads UserKnownHostsFile and GlobalKnownHostsFile, as they are named after expansion. A file
/// that does not exist is empty, and so is `/dev/null`.
///
/// # Errors
/// When one cannot be read: what a connection would otherwise take for an unknown host could be
/// a changed or a revoked one.
pub fn load<P: AsRef<Path>>(user: &[P], global: &[P]) -> Result<KnownHosts> {
    let mut files = Vec::new();
    for (paths, scope) in [(user, Scope::User), (global, Scope::Global)] {
        for path in paths {
            files.push(load_file(path.as_ref(), scope)?);
        }
    }
    Ok(KnownHosts::new(files))
}

fn load_file(path: &Path, scope: Scope) -> Result<File> {
    if path == Path::new("/dev/null") {
        return Ok(File::new(path, scope, None));
    }
    let text = super::read(path)?;
    if let Some(wide) = text.as_deref().and_then(Wide::detect) {
        let shown = path.display();
        return Err(Error::failed(format_args!("`{shown}` is {wide}, and ssh reads UTF-8"))
            .hint(wide.mend(path)));
    }
    Ok(File::new(path, scope, text))
}

/// Plans the lines that make a key known under the names of a host, and of its address where that
/// is given too, in the first of the user's files as it is now; for [`super::commit_files`]. `hash`
/// is HashKnownHosts.
///
/// # Errors
/// When there is no file to keep it, its name cannot be written, or the file cannot be read.
pub fn plan_record(
    known_hosts: &KnownHosts,
    names: &[&Names],
    key: &HostKey,
    hash: bool,
) -> Result<ChangeSet> {
    let named = names.iter().map(|names| names.name()).collect::<Vec<_>>().join(",");
    let file = known_hosts.record_in().ok_or_else(|| {
        Error::failed("no file to keep host keys in: UserKnownHostsFile is `none` or `/dev/null`")
    })?;
    let now = load_file(&file.path, Scope::User)?;
    let mut spelt = Vec::with_capacity(names.len());
    for names in names {
        spelt.push((*names, spelling(hash)?));
    }
    let splice = plan_append(now.bytes(), &spelt, key).ok_or_else(|| {
        Error::refused(format_args!(
            "`{named}` cannot be written to known_hosts: it would not read as a name there"
        ))
        .hint("set a HostKeyAlias of letters, digits, dots and dashes")
    })?;
    let mut change = ChangeSet::new(format!("trust {named}"));
    change.push(FileChange::new(&*file.path, now.text.clone(), vec![splice]));
    Ok(change)
}

/// How HashKnownHosts has a name written, with fresh salt.
///
/// # Errors
/// When the system gives no random bytes.
pub fn spelling(hash: bool) -> Result<Spelling> {
    if !hash {
        return Ok(Spelling::Plain);
    }
    let mut salt = [0; 20];
    getrandom::fill(&mut salt)
        .map_err(|error| Error::failed(format_args!("no random bytes: {error}")))?;
    Ok(Spelling::Hashed(salt))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";

    #[test]
    fn what_is_not_there_is_empty_and_what_cannot_be_read_stops() {
        let dir = tempfile::tempdir().expect("a folder");
        let missing = dir.path().join("known_hosts");
        let known = load(&[missing.as_path(), Path::new("/dev/null")], &[]).expect("no error");
        assert!(known.files().iter().all(|file| file.text.is_none()));
        assert!(load(&[dir.path()], &[]).is_err());
        assert!(load(&[missing.as_path()], &[dir.path()]).is_err());
    }

    #[test]
    fn a_key_is_recorded_in_the_first_file_as_it_is_now() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("known_hosts");
        let known = load(&[&file], &[]).expect("no error");
        std::fs::write(&file, "meanwhile").expect("a write");
        let key = HostKey::from_line(KEY).expect("a key");
        let names = Names::new("web", 2222, None);
        let change = plan_record(&known, &[&names], &key, false).expect("a plan");
        let after = String::from_utf8(change.files[0].after()).expect("UTF-8");
        assert_eq!(after, format!("meanwhile\n[web]:2222 {KEY}\n"));
        let hashed = plan_record(&known, &[&names], &key, true).expect("a plan");
        assert!(hashed.files[0].after().starts_with(b"meanwhile\n|1|"));
        assert!(plan_record(&known, &[&Names::new("*", 22, None)], &key, false).is_err());
        assert!(plan_record(&KnownHosts::default(), &[&names], &key, false).is_err());
    }
}
