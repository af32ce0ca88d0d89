//! Logging in: keys, questions, passwords, in the order that is configured.

mod auth_log;
mod public_key;
mod questions;

use russh::MethodKind;
use russh::client::AuthResult;

pub(super) use self::auth_log::{AuthLog, KeyTurn};
use super::connection::{self, AuthTransport};
use super::failed;
use super::handler::ServerEvent;
use super::hostkey::Accepted;
use super::identities;
use super::opened_keys::OpenedKeys;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::session::deadline::Deadline;
use crate::session::plan::{Endpoint, Method};
use crate::shell;

/// How many successful steps a server may want.
const MAX_STEPS: usize = 16;

/// How far one attempt came.
enum LoginStep {
    /// Logged in.
    Success,
    /// Right, and not enough: these methods are left.
    Partial(Vec<MethodKind>),
    /// Wrong; the methods that the server still takes, where it was asked.
    Failed(Option<Vec<MethodKind>>),
}

/// One login, and what it has learnt so far.
struct Login<'a> {
    ctx: &'a Ctx,
    endpoint: &'a Endpoint,
    link: AuthTransport<'a>,
    deadline: Deadline,
    opened: OpenedKeys,
    auth_log: &'a mut AuthLog,
}

/// Asks a server what it takes to log in; whether it takes nothing at all.
///
/// # Errors
/// When the server does not answer, or hangs up.
pub(super) async fn methods(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: AuthTransport<'_>,
    auth_log: &mut AuthLog,
) -> Result<bool> {
    let deadline = Deadline::new(endpoint.transport.timeout);
    let opened = OpenedKeys::default();
    let mut login = Login { ctx, endpoint, link, deadline, opened, auth_log };
    Ok(match login.none().await? {
        LoginStep::Success => true,
        LoginStep::Partial(list) | LoginStep::Failed(Some(list)) => {
            login.auth_log.server = Some(list);
            false
        }
        LoginStep::Failed(None) => false,
    })
}

/// Logs in, with keys that were opened before too; leaves in the log what was tried. What that says already is not asked again.
///
/// # Errors
/// When the server takes nothing that we have, does not answer, or hangs up.
pub(super) async fn login(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: AuthTransport<'_>,
    accepted: Accepted,
    opened: &OpenedKeys,
    auth_log: &mut AuthLog,
) -> Result<()> {
    let deadline = Deadline::new(endpoint.transport.timeout);
    let opened = opened.clone();
    let mut login = Login { ctx, endpoint, link, deadline, opened, auth_log };
    let mut methods = endpoint.auth.methods.clone();
    if accepted == Accepted::Unverified {
        methods.retain(|method| *method == Method::PublicKey);
    }
    login.run(&methods).await
}

impl Login<'_> {
    async fn run(&mut self, methods: &[Method]) -> Result<()> {
        let mut keys = None;
        if methods.contains(&Method::PublicKey) {
            let found = identities::gather(self.ctx, &self.endpoint.auth, self.link.handle).await;
            keys = Some(found);
        }
        let mut server = self.auth_log.server.clone();
        let mut asked_none = server.is_some();
        // A key goes first without a question; whatever a person must type waits until the
        // server has said that it wants it.
        let key_first = methods.first() == Some(&Method::PublicKey)
            && keys.as_ref().is_some_and(|keys| !keys.candidates.is_empty());
        if !key_first && !asked_none {
            asked_none = true;
            match self.none().await? {
                LoginStep::Success => return Ok(()),
                LoginStep::Partial(list) | LoginStep::Failed(Some(list)) => server = Some(list),
                LoginStep::Failed(None) => {}
            }
        }
        let mut steps = 0;
        'again: loop {
            for method in methods {
                if server.as_ref().is_some_and(|list| !list.contains(&kind(*method))) {
                    continue;
                }
                let outcome = match method {
                    Method::PublicKey => match &mut keys {
                        Some(keys) => self.public_key(keys, &mut server).await?,
                        None => LoginStep::Failed(None),
                    },
                    Method::KeyboardInteractive => self.keyboard_interactive().await?,
                    Method::Password => self.password().await?,
                };
                match outcome {
                    LoginStep::Success => return Ok(()),
                    LoginStep::Failed(None) => {}
                    LoginStep::Failed(Some(list)) => server = Some(list),
                    LoginStep::Partial(list) => {
                        steps += 1;
                        if steps > MAX_STEPS {
                            return Err(failed(self.endpoint, "the login never ends"));
                        }
                        self.ctx.ui.verbose("accepted, and the server wants more");
                        server = Some(list);
                        continue 'again;
                    }
                }
            }
            if asked_none {
                return Err(self.denied(server.as_deref()));
            }
            asked_none = true;
            match self.none().await? {
                LoginStep::Success => return Ok(()),
                LoginStep::Partial(list) => server = Some(list),
                LoginStep::Failed(list) => return Err(self.denied(list.as_deref())),
            }
        }
    }

    fn denied(&self, server: Option<&[MethodKind]>) -> Error {
        let names: Vec<&str> = server.unwrap_or_default().iter().map(Into::into).collect();
        let Endpoint { user, host, auth, .. } = self.endpoint;
        let error = failed(
            self.endpoint,
            format!("{user}@{host}: Permission denied ({}).", names.join(",")),
        );
        if let Some(key) = &self.auth_log.unopened
            && (auth.batch || !self.ctx.tty.controlling)
        {
            return error.hint(format_args!(
                "`{}` needs its passphrase, and nobody can be asked; `ssh-add {}` opens it for the agent",
                key.display(),
                shell::quote(key)
            ));
        }
        let wants_typing = names.contains(&"password") || names.contains(&"keyboard-interactive");
        if !auth.batch && wants_typing && !self.ctx.tty.controlling && !self.auth_log.answered {
            return error.hint("there is no terminal to ask for a password on");
        }
        error
    }

    /// Waits for the server, shows its banners meanwhile, and notices when it has gone.
    async fn limited<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut russh::client::Handle<super::handler::Handler>) -> T,
    ) -> Result<T> {
        let Login { ctx, endpoint, link, deadline, .. } = self;
        deadline.restart();
        let AuthTransport { handle, events, .. } = link;
        let work = work(handle);
        tokio::pin!(work);
        loop {
            let step = deadline.within(async {
                tokio::select! {
                    biased;
                    Some(event) = events.recv() => Err(event),
                    done = &mut work => Ok(done),
                }
            });
            match step.await {
                Ok(Ok(done)) => {
                    while let Ok(ServerEvent::Banner(text)) = events.try_recv() {
                        connection::banner(ctx, &text);
                    }
                    return Ok(done);
                }
                Ok(Err(ServerEvent::Banner(text))) => connection::banner(ctx, &text),
                Ok(Err(ServerEvent::HostKey { .. })) => {}
                Err(_) => return Err(failed(endpoint, "the server does not answer the login")),
            }
        }
    }

    fn outcome(&self, result: AuthResult) -> Result<LoginStep> {
        match result {
            AuthResult::Success => Ok(LoginStep::Success),
            // Only a password expires, and that is asked about where it was sent.
            AuthResult::PasswordChange { .. } => Ok(LoginStep::Failed(None)),
            AuthResult::Failure { remaining_methods, partial_success } => {
                self.failure(&remaining_methods, partial_success)
            }
        }
    }

    fn failure(&self, remaining: &[MethodKind], partial: bool) -> Result<LoginStep> {
        // The library says so when the connection is gone, too.
        if remaining.is_empty() && self.link.handle.is_closed() {
            return Err(self.lost());
        }
        let list = remaining.to_vec();
        Ok(if partial { LoginStep::Partial(list) } else { LoginStep::Failed(Some(list)) })
    }

    fn lost(&self) -> Error {
        failed(self.endpoint, format!("the login failed: {}", self.link.end.reason()))
    }

    async fn none(&mut self) -> Result<LoginStep> {
        let user = self.endpoint.user.clone();
        let result = self.limited(async |handle| handle.authenticate_none(user).await).await?;
        let result = result.map_err(|_| self.lost())?;
        self.outcome(result)
    }
}

fn kind(method: Method) -> MethodKind {
    match method {
        Method::PublicKey => MethodKind::PublicKey,
        Method::KeyboardInteractive => MethodKind::KeyboardInteractive,
        Method::Password => MethodKind::Password,
    }
}
