//! Which of the users that the images of clouds have would be let in.

use russh::client::AuthResult;
use russh::keys::HashAlg;
use russh::keys::agent::AgentIdentity;
use tokio::time::timeout;

use crate::session::builtin::connection::{self, Connection};
use crate::session::builtin::hostkey::{self, Examined};
use crate::session::builtin::identities;
use crate::session::builtin::signer::SignError;
use crate::session::deadline::Deadline;
use crate::session::probe::{KEYS, Look, USUAL, Way};

/// Signs nothing, and notes that the server would have taken the key.
struct Taken(bool);

impl russh::Signer for Taken {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        _: Option<HashAlg>,
        _: Vec<u8>,
    ) -> Result<Vec<u8>, SignError> {
        self.0 = true;
        Err(SignError::Locked)
    }
}

/// The users that would be let in, and those that would not. Each has a connection of its own, and
/// nobody is logged in.
pub(super) async fn guess(
    look: &mut Look<'_>,
    before: Option<&Connection>,
) -> Way<(Vec<String>, Vec<String>)> {
    let (mut would, mut would_not) = (Vec::new(), Vec::new());
    for user in USUAL.into_iter().filter(|user| *user != look.endpoint.user) {
        let mut endpoint = look.endpoint.clone();
        user.clone_into(&mut endpoint.user);
        let limit = endpoint.transport.timeout;
        match timeout(limit, takes(look, &endpoint, before)).await {
            Ok(true) => would.push(user.to_owned()),
            // A server that hangs up says no as well.
            Ok(false) | Err(_) => would_not.push(user.to_owned()),
        }
        if !would.is_empty() {
            break;
        }
    }
    Ok((would, would_not))
}

async fn takes(
    look: &Look<'_>,
    endpoint: &crate::session::plan::Endpoint,
    before: Option<&Connection>,
) -> bool {
    let ctx = &look.ctx.with_ui(look.ctx.ui.louder(true, false));
    let deadline = Deadline::new(endpoint.transport.timeout);
    let Ok(opened) = connection::stream(ctx, endpoint, before, &deadline).await else {
        return false;
    };
    let Ok(known) = hostkey::known(ctx, endpoint, opened.peer).await else { return false };
    let handshaken =
        connection::handshake(ctx, endpoint, &known, opened.stream, &deadline, async |blob| {
            match hostkey::look_up(ctx, endpoint, &known, blob).await? {
                (_, Examined::Verified { .. }) => Ok(()),
                (_, Examined::Unknown { .. }) if endpoint.trust.strict.takes_new() => Ok(()),
                _ => {
                    Err(crate::error::Error::new(crate::error::ErrorKind::HostKey, "not accepted"))
                }
            }
        });
    let Ok(mut handshaken) = handshaken.await else { return false };
    let found = identities::gather(ctx, &endpoint.auth, &handshaken.handle).await;
    let publics = found.candidates.into_iter().filter_map(|candidate| candidate.public);
    for public in publics.take(KEYS) {
        let hash = public.algorithm().is_rsa().then_some(HashAlg::Sha512);
        let mut taken = Taken(false);
        let asked = handshaken.handle.authenticate_publickey_with(
            &*endpoint.user,
            public,
            hash,
            &mut taken,
        );
        let answer = asked.await;
        if taken.0 {
            return true;
        }
        if !matches!(answer, Ok(AuthResult::Failure { .. })) {
            return false;
        }
    }
    false
}
