//! The options and the ProxyCommand with which a look at a server goes the way of a connect, and
//! stores nothing on it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::System;
use super::tied;
use super::trial::HARMLESS;
use crate::session::pins;
use crate::session::plan::{Endpoint, proxy};

impl System<'_> {
    /// The options for one server on the way; `stored` is where a new host key goes, which a connect
    /// would store.
    pub(super) fn options(&self, at: usize, stored: &Path) -> Vec<String> {
        let endpoint = &self.hops[at];
        let mut options: Vec<String> = Vec::new();
        // Those of a connect come first: of an option the first value counts.
        if endpoint.trust.pins.is_pinned() {
            options.extend(pins::SSH_OPTIONS.map(str::to_owned));
        } else if endpoint.trust.strict.takes_new() {
            options.push("StrictHostKeyChecking=accept-new".to_owned());
            let files = std::iter::once(stored)
                .chain(endpoint.trust.user_files.iter().map(PathBuf::as_path));
            options.push(format!("UserKnownHostsFile={}", list_of_files(files)));
        } else {
            options.push("StrictHostKeyChecking=yes".to_owned());
        }
        options.extend(HARMLESS.map(str::to_owned));
        options.push("ControlPath=none".to_owned());
        if self.goes_to_background {
            options.push("ForkAfterAuthentication=no".to_owned());
        }
        let seconds = endpoint.transport.timeout.as_secs().max(1);
        options.push(format!("ConnectTimeout={seconds}"));
        if self.ask.no_auth || self.pins_conflict(at) {
            options.push("PreferredAuthentications=none".to_owned());
        }
        if self.is_interactive(endpoint) && !self.ask.no_auth {
            if !self.ask.password {
                options.push("PasswordAuthentication=no".to_owned());
                options.push("KbdInteractiveAuthentication=no".to_owned());
            }
        } else {
            options.push("BatchMode=yes".to_owned());
        }
        // A ProxyCommand of the config is given as a connect holds it to pins.
        let own = endpoint.transport.proxy_command.as_ref().filter(|_| at == 0);
        let own = own.map(|command| command.replace('%', "%%"));
        if let Some(command) = self.through(at, stored).or(own) {
            options.push(format!("ProxyCommand={command}"));
        }
        options
    }

    /// Whether ssh would log in to a server with a key that its pins do not allow: a connect ends before
    /// that, so a look at the server gets its host key and no login.
    fn pins_conflict(&self, at: usize) -> bool {
        let endpoint = &self.hops[at];
        if !endpoint.trust.pins.is_pinned() {
            return false;
        }
        // Its options are asked for by every server behind it, and at every look.
        let mut judged = self.judged.0.borrow_mut();
        let judge = || pins::check_files(&pins::Pinned::of(endpoint)).is_err();
        *judged.entry(at).or_insert_with(judge)
    }

    /// Whether ssh may ask for a passphrase, and with `--password` for a password.
    pub(super) fn is_interactive(&self, endpoint: &Endpoint) -> bool {
        self.ctx.tty.controlling && !endpoint.auth.batch
    }

    /// What ssh is given to name a server: the words of the command line for the last, and for one
    /// before it what ssh itself gives the ssh that it starts for a ProxyJump (ssh.c: main).
    pub(super) fn words(&self, at: usize) -> Vec<OsString> {
        if at + 1 == self.hops.len() {
            return self.destination.to_vec();
        }
        let hop = &self.hops[at];
        let words = ["-l", &hop.user, "-p", &hop.port.to_string(), "--", &hop.name];
        words.map(OsString::from).to_vec()
    }

    /// The command that stands for ProxyJump: the ssh that ssh would start, with options that store
    /// nothing. ssh passes none of its options on.
    fn through(&self, at: usize, stored: &Path) -> Option<String> {
        let before = at.checked_sub(1)?;
        let ssh = self.ssh.command();
        let mut words = tied::words();
        words.push(ssh.get_program().to_owned());
        words.extend(ssh.get_args().map(OsStr::to_owned));
        if let Some(config) = self.config {
            words.extend([OsString::from("-F"), config.into()]);
        }
        for option in self.options(before, stored) {
            words.extend([OsString::from("-o"), option.into()]);
        }
        let mut destination = self.words(before);
        let quoted =
            |words: &[OsString]| String::from_utf8_lossy(&proxy::quoted(words)).into_owned();
        let mut command = vec![quoted(&words)];
        let target = destination.split_off(4);
        command.push(quoted(&destination));
        command.push("-W '[%h]:%p'".to_owned());
        command.push(quoted(&target));
        Some(command.join(" "))
    }
}

/// The value of UserKnownHostsFile, with the tokens of ssh_config(5) taken as text.
fn list_of_files<'a>(files: impl Iterator<Item = &'a Path>) -> String {
    let quoted = files.map(|file| format!("\"{}\"", file.display().to_string().replace('%', "%%")));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_words_are_taken_as_they_are() {
        let files = [Path::new("/a b/known%hosts"), Path::new("/c")];
        assert_eq!(list_of_files(files.into_iter()), "\"/a b/known%%hosts\" \"/c\"");
        assert_eq!(proxy::quoted(["a b%c", "d"]), b"'a b%%c' d");
    }
}
