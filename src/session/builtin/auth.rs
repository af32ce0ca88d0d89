//! Logging in: keys, questions, passwords, in the order that is configured.

use std::path::PathBuf;
use std::time::Duration;

use russh::MethodKind;
use russh::client::{AuthResult, KeyboardInteractiveAuthResponse as Reply};
use russh::keys::agent::Constraint;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, HashAlg, PublicKey};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::deadline::Deadline;
use super::failed;
use super::handler::Event;
use super::hostkey::Accepted;
use super::identities::{self, Candidate, Holder, Identities};
use super::link::{self, Wire};
use super::negotiate::key_type;
use super::signer::{Locked, SignError, Signer, unlock};
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};
use crate::known_hosts::HostKey;
use crate::session::askpass;
use crate::session::plan::{Endpoint, Method};
use crate::ui::prompt::{self, Echo, PromptError};
use crate::ui::sanitize;

/// A token may want to be touched, an agent to be asked.
const AGENT_LIMIT: Duration = Duration::from_mins(2);
/// An agent takes a key at once, or never.
const KEEP_LIMIT: Duration = Duration::from_secs(5);
/// How many successful steps a server may want.
const MAX_STEPS: usize = 16;
/// How many rounds of questions a server may ask for one login.
const MAX_ROUNDS: usize = 64;

/// How far one attempt came.
enum Outcome {
    /// Logged in.
    Success,
    /// Right, and not enough: these methods are left.
    Partial(Vec<MethodKind>),
    /// Wrong; the methods that the server still takes, where it was asked.
    Failed(Option<Vec<MethodKind>>),
}

/// What has been tried on a server, for who wants to know why it did not let one in.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// The methods that the server still takes, once it has said so.
    pub(super) server: Option<Vec<MethodKind>>,
    /// The keys in the order in which they had their turn, and what became of each.
    pub(super) keys: Vec<(String, Turn)>,
    /// A key that the server would have taken, and that nobody opened.
    pub(super) unopened: Option<PathBuf>,
    /// Whether an answer was given to a question for a password.
    pub(super) answered: bool,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It was right.
    Accepted,
    /// The server does not want it.
    Refused,
    /// It was not offered: the server takes no signature of its type.
    NoSignature,
    /// Its passphrase was not to be had.
    Unopened,
    /// The server wants it, and whoever holds it does not sign.
    Unsigned,
}

/// One login, and what it has learnt so far.
struct Login<'a> {
    ctx: &'a Ctx,
    endpoint: &'a Endpoint,
    link: Wire<'a>,
    deadline: Deadline,
    trail: &'a mut Trail,
}

/// Asks a server what it takes to log in; whether it takes nothing at all.
///
/// # Errors
/// When the server does not answer, or hangs up.
pub(super) async fn methods(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: Wire<'_>,
    trail: &mut Trail,
) -> Result<bool> {
    let deadline = Deadline::new(endpoint.transport.timeout);
    let mut login = Login { ctx, endpoint, link, deadline, trail };
    Ok(match login.none().await? {
        Outcome::Success => true,
        Outcome::Partial(list) | Outcome::Failed(Some(list)) => {
            login.trail.server = Some(list);
            false
        }
        Outcome::Failed(None) => false,
    })
}

/// Logs in; leaves in the trail what was tried. What that says already is not asked again.
///
/// # Errors
/// When the server takes nothing that we have, does not answer, or hangs up.
pub(super) async fn login(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: Wire<'_>,
    accepted: Accepted,
    trail: &mut Trail,
) -> Result<()> {
    let deadline = Deadline::new(endpoint.transport.timeout);
    let mut login = Login { ctx, endpoint, link, deadline, trail };
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
        let mut server = self.trail.server.clone();
        let mut asked_none = server.is_some();
        // A key goes first without a question; whatever a person must type waits until the
        // server has said that it wants it.
        let key_first = methods.first() == Some(&Method::PublicKey)
            && keys.as_ref().is_some_and(|keys| !keys.candidates.is_empty());
        if !key_first && !asked_none {
            asked_none = true;
            match self.none().await? {
                Outcome::Success => return Ok(()),
                Outcome::Partial(list) | Outcome::Failed(Some(list)) => server = Some(list),
                Outcome::Failed(None) => {}
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
                        None => Outcome::Failed(None),
                    },
                    Method::KeyboardInteractive => self.keyboard_interactive().await?,
                    Method::Password => self.password().await?,
                };
                match outcome {
                    Outcome::Success => return Ok(()),
                    Outcome::Failed(None) => {}
                    Outcome::Failed(Some(list)) => server = Some(list),
                    Outcome::Partial(list) => {
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
                Outcome::Success => return Ok(()),
                Outcome::Partial(list) => server = Some(list),
                Outcome::Failed(list) => return Err(self.denied(list.as_deref())),
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
        if let Some(key) = &self.trail.unopened
            && (auth.batch || !self.ctx.tty.controlling)
        {
            let key = key.display();
            return error.hint(format_args!(
                "`{key}` needs its passphrase, and nobody can be asked; `ssh-add {key}` opens it for the agent"
            ));
        }
        let wants_typing = names.contains(&"password") || names.contains(&"keyboard-interactive");
        if !auth.batch && wants_typing && !self.ctx.tty.controlling {
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
        let Wire { handle, events, .. } = link;
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
                    while let Ok(Event::Banner(text)) = events.try_recv() {
                        link::banner(ctx, &text);
                    }
                    return Ok(done);
                }
                Ok(Err(Event::Banner(text))) => link::banner(ctx, &text),
                Ok(Err(Event::HostKey { .. })) => {}
                Err(_) => return Err(failed(endpoint, "the server does not answer the login")),
            }
        }
    }

    fn outcome(&self, result: AuthResult) -> Result<Outcome> {
        match result {
            AuthResult::Success => Ok(Outcome::Success),
            AuthResult::Failure { remaining_methods, partial_success } => {
                self.failure(&remaining_methods, partial_success)
            }
        }
    }

    fn failure(&self, remaining: &[MethodKind], partial: bool) -> Result<Outcome> {
        // The library says so when the connection is gone, too.
        if remaining.is_empty() && self.link.handle.is_closed() {
            return Err(self.lost());
        }
        let list = remaining.to_vec();
        Ok(if partial { Outcome::Partial(list) } else { Outcome::Failed(Some(list)) })
    }

    fn lost(&self) -> Error {
        failed(self.endpoint, format!("the login failed: {}", self.link.end.reason()))
    }

    async fn none(&mut self) -> Result<Outcome> {
        let user = self.endpoint.user.clone();
        let result = self.limited(async |handle| handle.authenticate_none(user).await).await?;
        let result = result.map_err(|_| self.lost())?;
        self.outcome(result)
    }

    /// Tries every key; a key that was tried does not come again, unless the server wants
    /// another step.
    async fn public_key(
        &mut self,
        keys: &mut Identities,
        server: &mut Option<Vec<MethodKind>>,
    ) -> Result<Outcome> {
        let Identities { candidates, agent } = keys;
        let mut at = 0;
        while at < candidates.len() {
            let outcome = self.offer(&mut candidates[at], agent).await?;
            match outcome {
                Outcome::Success => return Ok(Outcome::Success),
                Outcome::Partial(list) => {
                    // The same key does not count twice (AuthenticationMethods publickey,publickey).
                    candidates.remove(at);
                    return Ok(Outcome::Partial(list));
                }
                Outcome::Failed(Some(list)) => {
                    let over = !list.contains(&MethodKind::PublicKey);
                    *server = Some(list);
                    if over {
                        break;
                    }
                }
                Outcome::Failed(None) => {}
            }
            at += 1;
        }
        Ok(Outcome::Failed(None))
    }

    async fn offer(
        &mut self,
        candidate: &mut Candidate,
        agent: &mut Option<AgentClient<UnixStream>>,
    ) -> Result<Outcome> {
        let prompts = self.endpoint.auth.prompts;
        let batch = self.endpoint.auth.batch;
        if candidate.public.is_none()
            && let Holder::Locked(path) = &candidate.holder
        {
            // The public half is hidden too, so the passphrase comes before the server's word.
            let Some(key) = unlock(self.ctx, path, prompts, batch)? else {
                self.trail.unopened = Some(path.clone());
                self.turn(candidate, Turn::Unopened);
                return Ok(Outcome::Failed(None));
            };
            candidate.public = Some(key.public_key().clone());
            candidate.holder = Holder::File(Box::new(key));
        }
        let Some(public) = candidate.public.clone() else { return Ok(Outcome::Failed(None)) };
        if let Some(bits) = rsa_bits(&public).filter(|bits| *bits < self.endpoint.rsa_bits) {
            self.ctx.ui.warning(format_args!(
                "{}: an RSA key of {bits} bits is below RequiredRSASize, {}; it is ignored",
                candidate.label, self.endpoint.rsa_bits
            ));
            return Ok(Outcome::Failed(None));
        }
        let Some(hash) = self.hash_for(&public).await? else {
            self.ctx.ui.verbose(format_args!(
                "{}: the server takes no signature of this type",
                candidate.label
            ));
            self.turn(candidate, Turn::NoSignature);
            return Ok(Outcome::Failed(None));
        };
        self.ctx.ui.verbose(format_args!("offering {}", candidate.label));
        // Until the server says other, or if it hangs up.
        self.turn(candidate, Turn::Refused);
        let user = self.endpoint.user.clone();
        let usual = self.deadline.clone();
        let mut signer = match (&candidate.holder, agent.as_mut()) {
            (Holder::Agent(identity), Some(agent)) => {
                self.deadline = Deadline::new(AGENT_LIMIT);
                Signer::Agent(agent, identity)
            }
            (Holder::Agent(_), None) => return Ok(Outcome::Failed(None)),
            (Holder::File(key), _) => Signer::File(key),
            (Holder::Locked(path), _) => Signer::Locked(Locked {
                ctx: self.ctx,
                path,
                prompts,
                batch,
                deadline: usual.clone(),
                opened: None,
            }),
        };
        let done = if let Some(certificate) = candidate.certificate.clone() {
            self.limited(async |handle| {
                handle.authenticate_certificate_with(user, certificate, hash, &mut signer).await
            })
            .await
        } else {
            self.limited(async |handle| {
                handle.authenticate_publickey_with(user, public, hash, &mut signer).await
            })
            .await
        };
        self.deadline = usual;
        let opened = match signer {
            Signer::Locked(Locked { opened: Some(key), .. }) => Some(key),
            _ => None,
        };
        if let Some(key) = opened {
            candidate.holder = Holder::File(key);
        }
        match done? {
            Ok(result) => {
                let outcome = self.outcome(result)?;
                if matches!(outcome, Outcome::Success | Outcome::Partial(_)) {
                    if let Some(public) = &candidate.public {
                        let fingerprint = public.fingerprint(HashAlg::Sha256);
                        let label = &candidate.label;
                        // As ssh says it; `sshp key push` looks for it.
                        self.ctx
                            .ui
                            .verbose(format_args!("Server accepts key: {label} {fingerprint}"));
                    }
                    self.became(Turn::Accepted);
                    self.keep(candidate, agent).await;
                }
                Ok(outcome)
            }
            Err(SignError::Cancelled) => Err(Error::new(Exit::Cancelled, "")),
            Err(_) if self.link.handle.is_closed() => Err(self.lost()),
            Err(error) => {
                if let (SignError::Locked, Holder::Locked(path)) = (&error, &candidate.holder) {
                    self.trail.unopened = Some(path.clone());
                    self.became(Turn::Unopened);
                } else {
                    self.became(Turn::Unsigned);
                }
                self.ctx.ui.verbose(format_args!("{}: {error}", candidate.label));
                Ok(Outcome::Failed(None))
            }
        }
    }

    fn turn(&mut self, candidate: &Candidate, turn: Turn) {
        self.trail.keys.push((candidate.label.clone(), turn));
    }

    /// What became of the key that had its turn last.
    fn became(&mut self, turn: Turn) {
        if let Some((_, last)) = self.trail.keys.last_mut() {
            *last = turn;
        }
    }

    /// AddKeysToAgent: a key of a file that was of use goes to the agent.
    async fn keep(&self, candidate: &Candidate, agent: &mut Option<AgentClient<UnixStream>>) {
        let (Some(add), Holder::File(key), Some(agent)) =
            (&self.endpoint.auth.add_to_agent, &candidate.holder, agent)
        else {
            return;
        };
        if self.endpoint.auth.ask_to_add && !self.may_add(&candidate.label) {
            return;
        }
        let mut constraints = Vec::new();
        if let Some(seconds) = add.lifetime {
            constraints.push(Constraint::KeyLifetime { seconds });
        }
        if add.confirm {
            constraints.push(Constraint::Confirm);
        }
        let added = timeout(KEEP_LIMIT, agent.add_identity(key, &constraints)).await;
        if !matches!(added, Ok(Ok(()))) {
            self.ctx.ui.verbose(format_args!("{}: the agent does not take it", candidate.label));
        }
    }

    /// `AddKeysToAgent ask` (readpass.c: ask_permission).
    fn may_add(&self, label: &str) -> bool {
        let text = format!("Add key {label} to agent? ");
        askpass::ask(self.ctx, &text, Echo::Shown)
            .is_ok_and(|answer| answer.is_empty() || answer.eq_ignore_ascii_case("yes"))
    }

    /// The hash for a signature: `Some(None)` for keys that have but one, `None` where the server
    /// or the configuration takes none that we make.
    async fn hash_for(&mut self, public: &PublicKey) -> Result<Option<Option<HashAlg>>> {
        let accepted = &self.endpoint.algorithms.user_keys;
        let algorithm = public.algorithm();
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            let name = key_type(&algorithm);
            return Ok(accepted.contains(&name).then_some(None));
        }
        let (sha512, sha256) = (
            accepted.iter().any(|name| name == "rsa-sha2-512"),
            accepted.iter().any(|name| name == "rsa-sha2-256"),
        );
        let best = self.limited(async |handle| handle.best_supported_rsa_hash().await).await?;
        let best = best.map_err(|_| self.lost())?;
        Ok(match best {
            // The server only takes SHA-1, which is not made.
            Some(None) => None,
            Some(Some(HashAlg::Sha256)) if sha256 => Some(Some(HashAlg::Sha256)),
            _ if sha512 => Some(Some(HashAlg::Sha512)),
            _ if sha256 => Some(Some(HashAlg::Sha256)),
            _ => None,
        })
    }

    async fn password(&mut self) -> Result<Outcome> {
        let Endpoint { user, host, .. } = self.endpoint;
        let text = format!("{user}@{host}'s password: ");
        let mut last = Outcome::Failed(None);
        for attempt in 0..self.endpoint.auth.prompts {
            if attempt > 0 {
                prompt::tell("Permission denied, please try again.\n");
            }
            let password = match askpass::ask(self.ctx, &text, Echo::Hidden) {
                Ok(password) => password,
                Err(error) => return self.unanswered(error),
            };
            self.trail.answered = true;
            let (user, password) = (user.clone(), password.as_str().to_owned());
            let result = self
                .limited(async |handle| handle.authenticate_password(user, password).await)
                .await?
                .map_err(|_| self.lost())?;
            last = self.outcome(result)?;
            match &last {
                Outcome::Failed(Some(list)) if list.contains(&MethodKind::Password) => {}
                _ => return Ok(last),
            }
        }
        Ok(last)
    }

    async fn keyboard_interactive(&mut self) -> Result<Outcome> {
        let mut last = Outcome::Failed(None);
        for _ in 0..self.endpoint.auth.prompts {
            let (outcome, asked) = self.questions().await?;
            last = outcome;
            match &last {
                Outcome::Failed(Some(list))
                    if asked && list.contains(&MethodKind::KeyboardInteractive) => {}
                _ => return Ok(last),
            }
        }
        Ok(last)
    }

    /// One series of questions; whether there were any.
    async fn questions(&mut self) -> Result<(Outcome, bool)> {
        let Endpoint { user, host, .. } = self.endpoint;
        let (name, devices) = (user.clone(), self.endpoint.auth.devices.clone());
        let mut reply = self
            .limited(async |handle| {
                handle.authenticate_keyboard_interactive_start(name, devices).await
            })
            .await?
            .map_err(|_| self.lost())?;
        let mut asked = false;
        for _ in 0..MAX_ROUNDS {
            let (title, instructions, prompts) = match reply {
                Reply::Success => return Ok((Outcome::Success, asked)),
                Reply::Failure { remaining_methods, partial_success } => {
                    return Ok((self.failure(&remaining_methods, partial_success)?, asked));
                }
                Reply::InfoRequest { name, instructions, prompts } => (name, instructions, prompts),
            };
            for text in [title, instructions] {
                if !text.trim().is_empty() {
                    prompt::tell(&format!("{}\n", sanitize::block(text.trim_end())));
                }
            }
            let mut answers = Vec::with_capacity(prompts.len());
            for question in prompts {
                asked = true;
                let echo = if question.echo { Echo::Shown } else { Echo::Hidden };
                let text = format!("({user}@{host}) {}", sanitize::block(&question.prompt));
                match askpass::ask(self.ctx, &text, echo) {
                    Ok(answer) => {
                        self.trail.answered = true;
                        answers.push(answer.as_str().to_owned());
                    }
                    Err(error) => return Ok((self.unanswered(error)?, false)),
                }
            }
            reply = self
                .limited(async |handle| {
                    handle.authenticate_keyboard_interactive_respond(answers).await
                })
                .await?
                .map_err(|_| self.lost())?;
        }
        Err(failed(self.endpoint, "the server never stops asking"))
    }

    /// Nobody answered: on to the next method, or the end.
    fn unanswered(&self, error: PromptError) -> Result<Outcome> {
        match error {
            PromptError::NoTerminal => Ok(Outcome::Failed(None)),
            PromptError::Cancelled => Err(Error::new(Exit::Cancelled, "")),
            PromptError::Io(error) => Err(failed(self.endpoint, error)),
        }
    }
}

/// The size of an RSA key.
fn rsa_bits(key: &PublicKey) -> Option<usize> {
    key.to_bytes()
        .ok()
        .and_then(|blob| HostKey::parse(&blob))
        .filter(HostKey::is_rsa)
        .map(|key| key.bits())
}

fn kind(method: Method) -> MethodKind {
    match method {
        Method::PublicKey => MethodKind::PublicKey,
        Method::KeyboardInteractive => MethodKind::KeyboardInteractive,
        Method::Password => MethodKind::Password,
    }
}
