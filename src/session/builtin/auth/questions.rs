//! Logging in with what a person types: a password, answers to the server's questions.

use russh::MethodKind;
use russh::client::KeyboardInteractiveAuthResponse as Reply;

use super::{Login, Outcome};
use crate::error::{Error, Exit, Result};
use crate::session::askpass;
use crate::session::builtin::failed;
use crate::session::plan::Endpoint;
use crate::ui::prompt::{self, Echo, PromptError};
use crate::ui::sanitize;

/// How many rounds of questions a server may ask for one login.
const MAX_ROUNDS: usize = 64;

impl Login<'_> {
    /// Asks for the password of the user, as often as is configured.
    pub(super) async fn password(&mut self) -> Result<Outcome> {
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

    /// Passes the server's questions on, as often as is configured.
    pub(super) async fn keyboard_interactive(&mut self) -> Result<Outcome> {
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
