//! Logging in with what a person types: a password, answers to the server's questions.

use russh::MethodKind;
use russh::client::{AuthResult, KeyboardInteractiveAuthResponse as Reply};

use super::{Login, LoginStep};
use crate::error::{Error, ErrorKind, Result};
use crate::session::builtin::{blocking, failed};
use crate::session::plan::Endpoint;
use crate::ui::prompt::{self, Echo, PromptError};
use crate::ui::sanitize;

/// How many rounds of questions a server may ask for one login.
const MAX_ROUNDS: usize = 64;

impl Login<'_> {
    /// Asks for the password of the user, as often as is configured.
    pub(super) async fn password(&mut self) -> Result<LoginStep> {
        let text = format!("{}'s password: ", self.account());
        let mut last = LoginStep::Failed(None);
        for attempt in 0..self.endpoint.auth.prompts {
            if attempt > 0 {
                prompt::tell("Permission denied, please try again.\n");
            }
            let password = match blocking::ask(self.ctx, &*text, Echo::Hidden).await {
                Ok(password) => password,
                Err(error) => return self.unanswered(error),
            };
            self.auth_log.answered = true;
            let (user, password) = (self.endpoint.user.clone(), password.to_vec());
            let result = self
                .limited(async |handle| handle.authenticate_password(user, password).await)
                .await?
                .map_err(|_| self.lost())?;
            last = match result {
                AuthResult::PasswordChange { prompt } => self.change_password(prompt).await?,
                result => self.outcome(result)?,
            };
            match &last {
                LoginStep::Failed(Some(list)) if list.contains(&MethodKind::Password) => {}
                _ => return Ok(last),
            }
        }
        Ok(last)
    }

    /// The password has expired: asks for the old and a new one, again where the server wants
    /// another (sshconnect2.c: input_userauth_passwd_changereq).
    async fn change_password(&mut self, mut said: String) -> Result<LoginStep> {
        let account = self.account();
        for _ in 0..MAX_ROUNDS {
            if !said.is_empty() {
                prompt::tell(&format!("{}\n", said.trim_end()));
            }
            let ask = async |what: &str| {
                blocking::ask(self.ctx, format!("{what} password: "), Echo::Hidden).await
            };
            let old = match ask(&format!("Enter {account}'s old")).await {
                Ok(old) => old,
                Err(error) => return self.unanswered(error),
            };
            let new = loop {
                let new = match ask(&format!("Enter {account}'s new")).await {
                    Ok(new) => new,
                    Err(error) => return self.unanswered(error),
                };
                match ask(&format!("Retype {account}'s new")).await {
                    Ok(retyped) if new == retyped => break new,
                    Ok(_) => prompt::tell("Mismatch; try again, EOF to quit.\n"),
                    Err(error) => return self.unanswered(error),
                }
            };
            let (user, old, new) = (self.endpoint.user.clone(), old.to_vec(), new.to_vec());
            let result = self
                .limited(async |handle| handle.authenticate_password_change(user, old, new).await)
                .await?
                .map_err(|_| self.lost())?;
            match result {
                AuthResult::PasswordChange { prompt } => said = prompt,
                result => return self.outcome(result),
            }
        }
        Err(failed(self.endpoint, "the server takes no new password"))
    }

    /// `user@host`, as ssh's questions name it.
    fn account(&self) -> String {
        let Endpoint { user, host, trust, .. } = self.endpoint;
        format!("{user}@{}", trust.alias.as_ref().unwrap_or(host))
    }

    /// Passes the server's questions on, as often as is configured.
    pub(super) async fn keyboard_interactive(&mut self) -> Result<LoginStep> {
        let mut last = LoginStep::Failed(None);
        for _ in 0..self.endpoint.auth.prompts {
            let (outcome, asked) = self.questions().await?;
            last = outcome;
            match &last {
                LoginStep::Failed(Some(list))
                    if asked && list.contains(&MethodKind::KeyboardInteractive) => {}
                _ => return Ok(last),
            }
        }
        Ok(last)
    }

    /// One series of questions; whether there were any.
    async fn questions(&mut self) -> Result<(LoginStep, bool)> {
        let account = self.account();
        let (name, devices) = (self.endpoint.user.clone(), self.endpoint.auth.devices.clone());
        let mut reply = self
            .limited(async |handle| {
                handle.authenticate_keyboard_interactive_start(name, devices).await
            })
            .await?
            .map_err(|_| self.lost())?;
        let mut asked = false;
        for _ in 0..MAX_ROUNDS {
            let (title, instructions, prompts) = match reply {
                Reply::Success => return Ok((LoginStep::Success, asked)),
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
                let text = format!("({account}) {}", sanitize::block(&question.prompt));
                match blocking::ask(self.ctx, text, echo).await {
                    Ok(answer) => {
                        self.auth_log.answered = true;
                        answers.push(answer.to_vec());
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

    /// The user gave no answer: the next method follows, or the end.
    fn unanswered(&self, error: PromptError) -> Result<LoginStep> {
        match error {
            PromptError::NoTerminal => Ok(LoginStep::Failed(None)),
            PromptError::Cancelled => Err(Error::new(ErrorKind::Cancelled, "")),
            PromptError::Io(error) => Err(failed(self.endpoint, error)),
        }
    }
}
