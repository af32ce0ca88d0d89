//! PURE: tokens and variables in the values that `ssh -G` prints expanded (ssh.c: main).

use super::{Run, default};
use crate::dialect::{UserCheck, UserTokens};
use crate::options::Keyword;
use crate::settings::{Setting, Source};
use crate::tokens::{self, ExpandError, Tokens};
use crate::values;
use crate::walk::Stop;

/// The function of misc.c that expands tokens and variables.
const DOLLAR: &str = "percent_dollar_expand";

/// What ssh says of a value that it cannot expand, and where the value comes from.
pub(super) struct Failed {
    pub(super) said: String,
    pub(super) source: Source,
}

impl Setting {
    fn failed(&self, error: &ExpandError, function: &str) -> Failed {
        Failed { said: error.said_by(function), source: self.source.clone() }
    }
}

impl Run<'_> {
    /// Expands what `ssh -G` prints expanded.
    pub(super) fn expand_values(&mut self, tokens: &Tokens) -> Result<(), Failed> {
        use Keyword as K;
        let facts = self.walk.facts();
        for keyword in [K::RemoteCommand] {
            let mut values = self.settings().take(keyword);
            for setting in &mut values {
                setting.value = tokens
                    .expand(&setting.value)
                    .map_err(|error| setting.failed(&error, "percent_expand"))?;
            }
            self.settings().replace(keyword, values);
        }
        for keyword in [K::GlobalKnownHostsFile, K::UserKnownHostsFile] {
            let mut values = self.settings().take(keyword);
            if let (true, Some(files)) = (values.is_empty(), keyword.row().default) {
                values = files.split(' ').map(default).collect();
            }
            if values.len() == 1 && values[0].value.eq_ignore_ascii_case(b"none") {
                values[0].value = b"none".to_vec();
            }
            self.settings().replace(keyword, values);
        }
        let mut paths = vec![K::ControlPath, K::IdentityAgent, K::UserKnownHostsFile];
        if self.walk.dialect().expands_revoked_host_keys() {
            paths.push(K::RevokedHostKeys);
        }
        for keyword in paths {
            let mut values = self.settings().take(keyword);
            for setting in &mut values {
                setting.value = tokens
                    .expand_path(&setting.value, facts)
                    .map_err(|error| setting.failed(&error, DOLLAR))?;
            }
            self.settings().replace(keyword, values);
        }
        if self.walk.dialect().expands_set_env() {
            self.expand_texts(tokens)?;
        }
        if let Some(path) = &mut self.settings().agent_path {
            path.value = tokens
                .expand_path(&path.value, facts)
                .map_err(|error| path.failed(&error, DOLLAR))?;
        }
        let settings = self.settings();
        let forwards = settings.local_forwards.iter_mut().chain(&mut settings.remote_forwards);
        for (forward, source) in forwards {
            forward.expand(tokens).map_err(|error| Failed {
                said: error.said_by("percent_expand"),
                source: source.clone(),
            })?;
        }
        Ok(())
    }

    /// Expands tokens and variables in the values of SetEnv and in VersionAddendum.
    fn expand_texts(&mut self, tokens: &Tokens) -> Result<(), Failed> {
        let facts = self.walk.facts();
        let expand =
            |text: &[u8]| tokens::expand(text, Some(&|letter| tokens.get(letter)), Some(facts));
        let mut values = self.settings().take(Keyword::SetEnv);
        for setting in &mut values {
            let name = memchr::memchr(b'=', &setting.value).map_or(0, |equals| equals + 1);
            let value =
                expand(&setting.value[name..]).map_err(|error| setting.failed(&error, DOLLAR))?;
            setting.value.truncate(name);
            setting.value.extend(value);
        }
        self.settings().replace(Keyword::SetEnv, values);
        let mut addendum = self.settings().take(Keyword::VersionAddendum);
        for setting in &mut addendum {
            setting.value =
                expand(&setting.value).map_err(|error| setting.failed(&error, DOLLAR))?;
        }
        self.settings().replace(Keyword::VersionAddendum, addendum);
        Ok(())
    }

    /// Expands tokens and variables in `User`, and checks the user where this ssh does once the
    /// config is read (ssh.c: main).
    pub(super) fn expand_user(&mut self, host: &[u8]) -> Result<(), Stop> {
        let facts = self.walk.facts();
        let dialect = self.walk.dialect();
        let mut user = self.settings().take(Keyword::User);
        let mut is_changed = false;
        let tokens = dialect.user_tokens();
        let expands =
            tokens != UserTokens::Never && (!self.typed_user || tokens == UserTokens::Always);
        if let (true, Some(setting)) = (expands, user.first_mut()) {
            let typed = self.walk.original_host.clone();
            let tokens = self.walk.tokens(host.to_vec(), Vec::new(), &typed);
            match tokens.expand_user(&setting.value, facts) {
                Ok(value) => {
                    is_changed = value != setting.value;
                    setting.value = value;
                }
                Err(error) => {
                    let Failed { said, source } = setting.failed(&error, DOLLAR);
                    return self.walk.stop_for(&source, &said);
                }
            }
        }
        let is_checked = match dialect.user_check() {
            UserCheck::Nobody | UserCheck::CommandLine => false,
            UserCheck::Anybody => true,
            UserCheck::TypedOrExpanded | UserCheck::CommandLineOrExpanded => {
                is_changed || self.typed_user
            }
        };
        let passes = match user.first() {
            Some(setting) => values::user_passes(&setting.value, dialect),
            None => values::user_passes(&facts.user(), dialect),
        };
        self.settings().replace(Keyword::User, user);
        if is_checked && !passes {
            return self.walk.stop("remote username contains invalid characters");
        }
        Ok(())
    }
}
