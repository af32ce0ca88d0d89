//! What holds the system's ssh to pins and refusals on the whole way to a destination.
//!
//! For a jump host ssh starts one more of itself, which gets none of its `-o` options. Where a server
//! on the way is pinned, sshp takes that one's place: `sshp connect` checks the server as it would
//! for a session with it, and then becomes the ssh with the options. What the config says of every
//! server is checked before anything starts.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use sshp_config::forward::{Hop, Jump};
use sshp_config::{
    CommandLine, Dialect, Effective, Index, Keyword, Probe, Tree, is_valid_hostname, is_valid_user,
    resolve,
};
use sshp_known_hosts::{Names, Pins};

use super::effective::{Connecting, tree_for};
use super::route::{is_profile, pins_of, require_readable};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::repository::MetadataStore;
use crate::session::pins::{self, Pinned};
use crate::session::plan::proxy::{self, Proxy};
use crate::session::plan::{self, Endpoint, MAX_HOPS, SessionPlanError};
use crate::session::system;

/// What ssh is given beside its own arguments.
#[derive(Debug, Default)]
pub(super) struct HeldToPins {
    /// The server itself is pinned.
    is_pinned: bool,
    /// It is, and no known_hosts file has such a key.
    hint: Option<String>,
    /// ProxyCommand, which takes the place of a ProxyJump or of another command, tokens and all.
    command: Option<Vec<u8>>,
    /// It takes the place of a ProxyJump.
    pub(super) replaces_jump: bool,
}

impl HeldToPins {
    fn is_free(&self) -> bool {
        !self.is_pinned && self.command.is_none()
    }

    /// What stands after each `-o`.
    pub(super) fn ssh_options(&self) -> Vec<OsString> {
        let mut options: Vec<OsString> = Vec::new();
        if self.is_pinned {
            options.extend(pins::SSH_OPTIONS.iter().map(OsString::from));
        }
        if let Some(command) = &self.command {
            options.push(OsString::from_vec([b"ProxyCommand=", command.as_slice()].concat()));
        }
        if self.replaces_jump {
            // As ssh sets it for a jump host (ssh.c: main).
            options.push("ProxyUseFdpass=no".into());
        }
        options
    }
}

/// Looks at every server on the way that ssh takes with a command line.
///
/// Nothing is run for this look, unless commands of `Match exec` or the DNS decide whom ssh connects
/// to, and something is pinned or not safe to give to a shell.
///
/// # Errors
/// A host or user that ssh would refuse on its command line, a jump host that leads back to itself, a
/// pinned server whose known_hosts files hold another key, pins that cannot be read, a ProxyCommand
/// that cannot be held to a pin; all with exit 255. What else is wrong ssh says itself.
pub(super) fn of(
    ctx: &Ctx,
    store: &MetadataStore,
    tree: &Tree,
    line: &CommandLine,
) -> Result<HeldToPins> {
    let mut looking = Looking::new(ctx, store, None);
    let mut found = looking.at(tree, line);
    let is_free = found.as_ref().is_ok_and(HeldToPins::is_free);
    if looking.is_undecided && (!is_free || has_pins(store) || has_unsafe_names(tree)) {
        found = Looking::new(ctx, store, Some(&Connecting { ctx })).at(tree, line);
    }
    let held = found?;
    if let Some(hint) = &held.hint {
        ctx.ui.hint(hint);
    }
    Ok(held)
}

/// What takes the place of a ProxyCommand, its tokens expanded, where it goes through a pinned server.
///
/// # Errors
/// As for [`of`].
pub(super) fn proxy_command(
    ctx: &Ctx,
    store: &MetadataStore,
    tree: &Tree,
    server: &Endpoint,
    command: &str,
) -> Result<Option<String>> {
    Looking::new(ctx, store, Some(&Connecting { ctx })).through(tree, &server.name, command)
}

struct Looking<'a> {
    ctx: &'a Ctx,
    store: &'a MetadataStore,
    probe: Option<&'a dyn Probe>,
    /// Something that was not run or asked decides whom ssh connects to.
    is_undecided: bool,
    /// Each server that was passed, and how it is reached.
    passed: Vec<(String, Vec<u8>)>,
}

impl<'a> Looking<'a> {
    fn new(ctx: &'a Ctx, store: &'a MetadataStore, probe: Option<&'a dyn Probe>) -> Self {
        Looking { ctx, store, probe, is_undecided: false, passed: Vec::new() }
    }

    fn at(&mut self, tree: &Tree, line: &CommandLine) -> Result<HeldToPins> {
        let name = String::from_utf8_lossy(line.host()).into_owned();
        for user in line.values(b'l').map(String::from_utf8_lossy) {
            let (host, user) = ((name.as_str(), None), (&*user, None));
            plan::ShellNames { name: &name, host, user, alias: None }
                .require_safe()
                .map_err(failed)?;
        }
        let read = |dialect: &Dialect| resolve(tree, line, &self.ctx.env, self.probe, dialect);
        // What sshp takes for refused ssh may take all the same.
        let found = match read(&self.ctx.env.dialect).or_else(|_| read(&Dialect::lenient())) {
            Ok(found) => found,
            Err(rejected) => {
                // ssh may take what sshp does not know; a pin holds all the same.
                if self.may_be_held(tree, line) {
                    return Err(Error::from(rejected));
                }
                return Ok(HeldToPins::default());
            }
        };
        self.is_undecided |= self.probe.is_none()
            && (!found.depends_on.is_empty()
                || found.get(Keyword::CanonicalizeHostname) != Some(b"false"));
        plan::check_target(&found).map_err(failed)?;
        let pins = pins_of(self.store, tree, &name);
        require_readable(self.store, &name, &pins)?;
        let mut held = HeldToPins { is_pinned: pins.is_pinned(), ..HeldToPins::default() };
        if held.is_pinned && !pins::check_files(&pinned(&found, &name, pins.clone()))? {
            held.hint = Some(format!(
                "`{name}` is pinned to {pins}, and no known_hosts file has such a key, so ssh will \
                 refuse it: `sshp trust {name}` stores it"
            ));
        }
        // What cannot be expanded ssh refuses.
        if let Ok(Some(Jump::Through { last, before })) = found.jump_hops() {
            self.pass(&name, found.get(Keyword::ProxyJump).unwrap_or_default())?;
            let dialect = &self.ctx.env.dialect;
            let hop = line.to_hop(&last, before.as_deref(), dialect).map_err(Error::failed)?;
            if !self.at(tree, &hop)?.is_free() {
                held.command = Some(self.own_jump(
                    line,
                    line.hop_flags(&last, before.as_deref()),
                    &last.host,
                )?);
                held.replaces_jump = true;
            }
        } else if let Some(command) = found.proxy_command()
            && let Ok(command) = found.tokens().expand(command)
        {
            let command = String::from_utf8_lossy(&command).into_owned();
            let command = self.through(tree, &name, &command)?;
            held.command = command.map(|command| command.replace('%', "%%").into_bytes());
        }
        Ok(held)
    }

    fn pass(&mut self, name: &str, through: &[u8]) -> Result<()> {
        let here = (name.to_owned(), through.to_vec());
        let again = self.passed.contains(&here);
        self.passed.push(here);
        if again {
            let names = self.passed.drain(..).map(|(name, _)| name).collect();
            return Err(failed(SessionPlanError::Loop(names)).hint("`sshp check` names the lines"));
        }
        if self.passed.len() > MAX_HOPS {
            let text = format!("more than {MAX_HOPS} hops: `{}`", String::from_utf8_lossy(through));
            return Err(failed(SessionPlanError::Jump(text)));
        }
        Ok(())
    }

    /// The ProxyCommand that is sshp where ssh would start itself for a jump host.
    fn own_jump(&self, line: &CommandLine, flags: Vec<OsString>, host: &[u8]) -> Result<Vec<u8>> {
        let mut words = vec![own_program()?.into(), "connect".into(), "--session".into()];
        words.push("system".into());
        words.extend(std::iter::repeat_n(OsString::from("-v"), line.count(b'v')));
        if let (None, Some(config)) = (line.config(), self.ctx.paths.ssh_config_flag()) {
            words.extend(["-F".into(), config.into()]);
        }
        words.extend(flags);
        let mut command = proxy::quoted(&words);
        command.extend(b" -W '[%h]:%p' -- ");
        command.extend(proxy::quoted([os(host)]));
        Ok(command)
    }

    /// What takes the place of a ProxyCommand that is an ssh through a pinned server.
    fn through(&mut self, tree: &Tree, name: &str, command: &str) -> Result<Option<String>> {
        let ssh = system::find(self.ctx.env.var("SSHP_SSH"));
        let ssh = ssh.as_ref().and_then(|ssh| ssh.name()).unwrap_or_default();
        match proxy::read(command, &ssh.to_string_lossy()) {
            Proxy::Other => Ok(None),
            Proxy::Ssh(program, line) => {
                self.pass(name, command.as_bytes())?;
                let other = line.config().is_some().then(|| tree_for(self.ctx, &line));
                if self.at(other.as_ref().unwrap_or(tree), &line)?.is_free() {
                    return Ok(None);
                }
                // Without `-F` this ssh reads the config of the home by passwd(5), sshp that of $HOME.
                let env = &self.ctx.env;
                if line.config().is_none() && env.home != env.passwd_home {
                    return Err(cannot_hold(name, &String::from_utf8_lossy(line.host()), command));
                }
                let own = proxy::quoted([own_program()?]);
                let own = String::from_utf8_lossy(&own).into_owned().replace("%%", "%");
                let (before, after) = (&command[..program.start], &command[program.end..]);
                let ssh = &command[program];
                Ok(Some(format!(
                    "{before}env SSHP_SSH={ssh} {own} connect --session system{after}"
                )))
            }
            Proxy::Wrapped(words) => {
                for word in words.iter().filter(|word| *word != name) {
                    if !is_profile(tree, word.as_bytes()) {
                        continue;
                    }
                    self.pass(name, command.as_bytes())?;
                    let Ok(line) = CommandLine::destination(word) else { continue };
                    if !self.at(tree, &line)?.is_free() {
                        return Err(cannot_hold(name, word, command));
                    }
                    self.passed.pop();
                }
                Ok(None)
            }
        }
    }

    /// Whether a server may be pinned, or have a name that no shell should read, on the way of a
    /// command line that sshp cannot resolve.
    fn may_be_held(&self, tree: &Tree, line: &CommandLine) -> bool {
        let index = Index::new(tree, &self.ctx.env, &self.ctx.env.dialect);
        let mut next = vec![line.host().to_vec()];
        let hosts_of = |jump: &[u8]| -> Vec<Vec<u8>> {
            let hops = jump.split(|&b| b == b',');
            hops.filter_map(|hop| Hop::parse(hop, &self.ctx.env)).map(|hop| hop.host).collect()
        };
        next.extend(line.values(b'J').flat_map(&hosts_of));
        let mut seen = HashSet::new();
        while let Some(name) = next.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let summary = index.summary(&name);
            let text = String::from_utf8_lossy(&name);
            let is_pinned = pins_of(self.store, tree, &text).is_pinned();
            let is_safe = is_valid_hostname(&summary.host) && is_valid_user(&summary.user);
            if is_pinned || !is_safe || !is_valid_hostname(&name) {
                return true;
            }
            next.extend(summary.jump.iter().flat_map(|jump| hosts_of(jump)));
        }
        false
    }
}

fn pinned(found: &Effective, name: &str, pins: Pins) -> Pinned {
    let host = String::from_utf8_lossy(found.host());
    let alias = found.host_key_alias().map(String::from_utf8_lossy);
    let path = |path: &[u8]| PathBuf::from(OsStr::from_bytes(path));
    Pinned {
        name: name.to_owned(),
        known_as: Names::new(&host, found.port(), alias.as_deref()),
        user_files: found.user_known_hosts_files().map(path).collect(),
        global_files: found.global_known_hosts_files().map(path).collect(),
        pins,
    }
}

fn has_pins(store: &MetadataStore) -> bool {
    !store.is_whole()
        || store.file.faults().next().is_some()
        || store.file.all().values().any(|metadata| !metadata.host_keys.is_empty())
}

/// Whether a line anywhere has a name that ssh would refuse on its command line.
fn has_unsafe_names(tree: &Tree) -> bool {
    tree.files.iter().any(|file| {
        file.document.directives().iter().any(|line| {
            let is_safe: fn(&[u8]) -> bool = match line.keyword {
                Some(Keyword::HostName | Keyword::HostKeyAlias) => is_valid_hostname,
                Some(Keyword::User) => is_valid_user,
                Some(Keyword::ProxyJump) => {
                    |jump| jump.split(|&b| b == b',').all(is_valid_hostname)
                }
                _ => return false,
            };
            let mut words = file.document.words(line).map_while(std::result::Result::ok);
            words.next().is_some_and(|word| !is_safe(&word.value))
        })
    })
}

fn failed(error: SessionPlanError) -> Error {
    Error::failed(error)
}

fn cannot_hold(name: &str, pinned: &str, command: &str) -> Error {
    Error::failed(format_args!(
        "{name}: its ProxyCommand goes through `{pinned}`, which is pinned, in a way that sshp \
             cannot hold to the pin: `{command}`"
    ))
    .hint(format_args!("`ProxyJump {pinned}` is held to it"))
}

fn own_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(Error::from)
}

fn os(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_owned()
}
