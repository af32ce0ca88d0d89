//! PURE: the options so far, as the conditions of a `Match` line see them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::net::IpAddr;

use super::Walk;
use crate::criteria::Subject;
use crate::options::Keyword;
use crate::tokens::Tokens;
use crate::values;

/// What a `Match` line is compared with.
pub(super) struct View<'w, 'a> {
    pub(super) walk: &'w Walk<'a>,
    /// Why commands of the line are not run.
    pub(super) not_run: RefCell<Vec<String>>,
}

impl Subject for View<'_, '_> {
    fn host(&self) -> Result<Cow<'_, [u8]>, String> {
        self.walk.match_host().map(Cow::Owned)
    }

    fn original_host(&self) -> &[u8] {
        &self.walk.original_host
    }

    fn user(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.walk.match_user())
    }

    fn local_user(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.walk.facts().user())
    }

    fn is_final(&self) -> bool {
        self.walk.is_final
    }

    fn tag(&self) -> Option<Cow<'_, [u8]>> {
        self.walk.settings.get(Keyword::Tag).map(Cow::Borrowed)
    }

    fn command(&self) -> Option<Cow<'_, [u8]>> {
        let command = &self.walk.remote_command;
        (!command.is_empty()).then_some(Cow::Borrowed(command.as_slice()))
    }

    fn session_type(&self) -> &'static str {
        match self.walk.settings.get(Keyword::SessionType) {
            Some(b"subsystem") => "subsystem",
            Some(b"none") => "none",
            _ if self.walk.remote_command.is_empty() => "shell",
            _ => "exec",
        }
    }

    fn local_addresses(&self) -> Vec<IpAddr> {
        self.walk.facts().addresses()
    }

    fn exec(&self, command: &[u8], needed: bool) -> Result<Option<bool>, String> {
        let host = self.walk.match_host()?;
        let tokens = self.walk.tokens(host.clone(), self.walk.match_user(), &host);
        if needed
            && self.walk.probe.is_some()
            && let Err(why) = require_safe(command, &tokens)
        {
            self.not_run.borrow_mut().push(why);
            return Ok(Some(false));
        }
        let command = tokens.expand(command).map_err(|error| error.said_by("percent_expand"))?;
        match self.walk.probe {
            _ if !needed => Ok(Some(true)),
            None => Ok(None),
            Some(probe) => probe.run(&command).map(Some),
        }
    }
}

/// Requires that a command gets no name that ssh would refuse on its command line: a shell reads it.
/// One that would get such a name counts as a command that failed.
fn require_safe(command: &[u8], tokens: &Tokens) -> Result<(), String> {
    let has = |letter: u8| command.windows(2).any(|pair| pair == [b'%', letter]);
    let refused = |what: &str, value: &[u8]| {
        let value = String::from_utf8_lossy(value);
        Err(format!(
            "`Match exec` is not run: the {what} `{value}` has characters that ssh refuses"
        ))
    };
    let names = [(b'h', &tokens.host), (b'n', &tokens.typed), (b'k', &tokens.key_alias)];
    match names.into_iter().find(|(letter, name)| has(*letter) && !values::is_valid_hostname(name))
    {
        Some((_, name)) => refused("host name", name),
        None if has(b'r') && !values::is_valid_user(&tokens.user) => {
            refused("user name", &tokens.user)
        }
        None => Ok(()),
    }
}
