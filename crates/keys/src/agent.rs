//! What an agent holds (draft-miller-ssh-agent): the request and its answer.
//!
//! The library's own question fails as a whole for one key of a type that it does not know; here
//! that one is passed over.

use std::io;

use ssh_key::encoding::Decode;
use ssh_key::public::KeyData;
use ssh_key::{Certificate, PublicKey};

use super::inspect::string;
use super::public::flat;

/// SSH_AGENTC_REQUEST_IDENTITIES, in its packet.
pub const REQUEST: [u8; 5] = [0, 0, 0, 1, 11];
/// SSH_AGENT_IDENTITIES_ANSWER
const IDENTITIES_ANSWER: u8 = 12;
/// No agent's answer is longer (authfd.c: MAX_AGENT_REPLY_LEN).
const MAX_ANSWER: u32 = 256 * 1024;

/// A key that an agent holds.
#[derive(Clone, Debug)]
pub struct AgentIdentity {
    /// The public key; that of the certificate, if there is one.
    pub public: PublicKey,
    /// The certificate, where the agent holds the key with it.
    pub certificate: Option<Certificate>,
    /// The comment, as far as it is UTF-8.
    pub comment: String,
}

impl AgentIdentity {
    /// Reads a blob, if it is of a type that is known.
    fn new(blob: &[u8], comment: &[u8]) -> Option<Self> {
        let blob = flat(blob).ok()?;
        let certificate = Certificate::from_bytes(blob).ok();
        let public = match &certificate {
            Some(certificate) => certificate.public_key().clone(),
            None => KeyData::decode(&mut &*blob).ok()?,
        };
        let comment = String::from_utf8_lossy(comment).into_owned();
        Some(AgentIdentity { public: PublicKey::new(public, ""), certificate, comment })
    }
}

/// The length of an answer, if it is one that can be taken.
///
/// # Errors
/// When no agent's answer is so long.
pub fn answer_length(length: u32) -> io::Result<usize> {
    if length > MAX_ANSWER {
        return Err(io::Error::other("its answer is too long"));
    }
    Ok(length as usize)
}

/// Reads an answer (section 3.5).
///
/// # Errors
/// When it does not keep to the protocol.
pub fn parse(answer: &[u8]) -> io::Result<Vec<AgentIdentity>> {
    identities(answer).ok_or_else(|| io::Error::other("it does not keep to the protocol"))
}

fn identities(answer: &[u8]) -> Option<Vec<AgentIdentity>> {
    let rest = answer.strip_prefix(&[IDENTITIES_ANSWER])?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut found = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let (blob, comment) = (string(&mut rest)?, string(&mut rest)?);
        found.extend(AgentIdentity::new(blob, comment));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(entries: &[(&[u8], &str)]) -> Vec<u8> {
        let mut answer = vec![IDENTITIES_ANSWER];
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("short").to_be_bytes();
        answer.extend(u32::try_from(entries.len()).expect("few").to_be_bytes());
        for (blob, comment) in entries {
            answer.extend(length(blob));
            answer.extend(*blob);
            answer.extend(length(comment.as_bytes()));
            answer.extend(comment.as_bytes());
        }
        answer
    }

    #[test]
    fn a_key_of_an_unknown_type_does_not_hide_the_others() {
        let good = [&b"\0\0\0\x0bssh-ed25519\0\0\0\x20"[..], &[7; 32]].concat();
        let strange = b"\0\0\0\x0essh-new@future\0\0\0\x01x";
        let broken = b"\0\0\0\x0bssh-ed25519\0\0\0\x20short";
        let answer = encode(&[(strange, "new"), (&good, "mine"), (broken, "half"), (b"", "")]);
        let found = parse(&answer).expect("a list");
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].comment, "mine");
        assert!(parse(&answer[..answer.len() - 1]).is_err());
        assert!(parse(&[5]).is_err());
        assert!(parse(&[IDENTITIES_ANSWER, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
