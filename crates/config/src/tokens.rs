//! PURE: `%` tokens, `${VARIABLES}` and `~` in values.

use std::cell::Cell;
use std::path::PathBuf;

use sha1::{Digest, Sha1};

use super::Facts;
use super::native::os_string;

/// Why a value could not be expanded. ssh gives up then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// `%` at the end.
    #[error("invalid format")]
    Format,
    /// A token that the keyword has no meaning for.
    #[error("unknown key %{0}")]
    UnknownToken(char),
    /// `${` without `}`.
    #[error("environment variable '{0}' missing closing '}}'")]
    OpenVariable(String),
    /// `${}`.
    #[error("zero-length environment variable")]
    EmptyVariable,
    /// A variable that is not set.
    #[error("env var ${{{0}}} has no value")]
    Unset(String),
    /// `~user` of nobody.
    #[error("No such user {0}")]
    NoUser(String),
}

impl ExpandError {
    /// What ssh says before it gives up, line by line; `function` is the one of misc.c that expands.
    pub(crate) fn said_by(&self, function: &str) -> String {
        match self {
            ExpandError::NoUser(_) => format!("tilde_expand: {self}"),
            ExpandError::Unset(_) => {
                format!("vdollar_percent_expand: {self}\ninvalid environment variable expansion")
            }
            _ => format!("vdollar_percent_expand: {self}\n{function}: failed"),
        }
    }
}

/// How `~` is expanded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tilde {
    /// What follows it is the name of a user, and slashes behind that are one.
    #[default]
    ByUser,
    /// A name without a slash behind it is a file, and one slash is taken away (OpenSSH before 8.9).
    BySlash,
}

/// What the tokens of one connection stand for (ssh.c: ssh_conn_info).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// `%n`: the host as it was typed.
    pub typed: Vec<u8>,
    /// `%h`: the host that is connected to.
    pub host: Vec<u8>,
    /// `%p`
    pub port: u16,
    /// `%r`: the user on the server.
    pub user: Vec<u8>,
    /// `%k`: `HostKeyAlias`, else the host as it was typed.
    pub key_alias: Vec<u8>,
    /// `%u`: the user here.
    pub local_user: Vec<u8>,
    /// `%i`
    pub uid: u32,
    /// `%d`: the home folder by passwd(5).
    pub home: Vec<u8>,
    /// `%l`: the name of this machine; `%L` is its first part.
    pub local_host: Vec<u8>,
    /// `%j`: the host of the last hop, empty where there is none; `None` where ssh has no such token.
    pub jump_host: Option<Vec<u8>>,
    /// How `~` is expanded before tokens are.
    pub tilde: Tilde,
}

impl Tokens {
    /// What one token stands for; `None` for a letter that is none of the common ones.
    #[must_use]
    pub fn get(&self, letter: u8) -> Option<Vec<u8>> {
        Some(match letter {
            b'%' => b"%".to_vec(),
            b'C' => self.connection_hash().into_bytes(),
            b'L' => short_name(&self.local_host).to_vec(),
            b'd' => self.home.clone(),
            b'h' => self.host.clone(),
            b'j' => self.jump_host.clone()?,
            b'i' => self.uid.to_string().into_bytes(),
            b'k' => self.key_alias.clone(),
            b'l' => self.local_host.clone(),
            b'n' => self.typed.clone(),
            b'p' => self.port.to_string().into_bytes(),
            b'r' => self.user.clone(),
            b'u' => self.local_user.clone(),
            _ => return None,
        })
    }

    /// `%C`: the SHA-1 of `%l%h%p%r%j` in hex (readconf.c: ssh_connection_hash).
    #[must_use]
    pub(crate) fn connection_hash(&self) -> String {
        let digest = Sha1::new()
            .chain_update(&self.local_host)
            .chain_update(&self.host)
            .chain_update(self.port.to_string())
            .chain_update(&self.user)
            .chain_update(self.jump_host.as_deref().unwrap_or_default())
            .finalize();
        data_encoding::HEXLOWER.encode(&digest)
    }

    /// Expands the common `%` tokens.
    ///
    /// # Errors
    /// For a token that is none of them.
    pub fn expand(&self, text: &[u8]) -> Result<Vec<u8>, ExpandError> {
        expand(text, Some(&|letter| self.get(letter)), None)
    }

    /// Expands tokens and variables in a `User`, which has all tokens but those made of it.
    pub(crate) fn expand_user(
        &self,
        text: &[u8],
        facts: &dyn Facts,
    ) -> Result<Vec<u8>, ExpandError> {
        let token = |letter: u8| if b"rC".contains(&letter) { None } else { self.get(letter) };
        expand(text, Some(&token), Some(facts))
    }

    /// Expands `~`, then tokens and variables: what a path in a value stands for.
    ///
    /// # Errors
    /// For unknown tokens and users, and variables that are not set.
    pub fn expand_path(&self, text: &[u8], facts: &dyn Facts) -> Result<Vec<u8>, ExpandError> {
        let path = expand_tilde(text, facts, self.tilde)?;
        expand(&path, Some(&|letter| self.get(letter)), Some(facts))
    }
}

/// What one letter after `%` stands for.
pub(crate) type Lookup<'a> = &'a dyn Fn(u8) -> Option<Vec<u8>>;

/// Expands `%` tokens where `tokens` is given and `${}` where `variables` is
/// (misc.c: vdollar_percent_expand).
///
/// # Errors
/// For unknown tokens and variables that are not set.
pub fn expand(
    text: &[u8],
    tokens: Option<Lookup<'_>>,
    variables: Option<&dyn Facts>,
) -> Result<Vec<u8>, ExpandError> {
    let mut out = Vec::with_capacity(text.len());
    let mut unset = None;
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if let (b'$', Some(b'{'), Some(facts)) = (byte, after.first(), variables) {
            let shown = || String::from_utf8_lossy(&after[1..]).into_owned();
            let close =
                memchr::memchr(b'}', after).ok_or_else(|| ExpandError::OpenVariable(shown()))?;
            let name = &after[1..close];
            if name.is_empty() {
                return Err(ExpandError::EmptyVariable);
            }
            match facts.variable(name) {
                Some(value) => out.extend(value),
                None => unset = Some(String::from_utf8_lossy(name).into_owned()),
            }
            rest = &after[close + 1..];
        } else if let (b'%', Some(tokens)) = (byte, tokens) {
            let (&letter, after) = after.split_first().ok_or(ExpandError::Format)?;
            let value = if letter == b'%' { Some(vec![b'%']) } else { tokens(letter) };
            out.extend(value.ok_or(ExpandError::UnknownToken(char::from(letter)))?);
            rest = after;
        } else {
            out.push(byte);
        }
    }
    match unset {
        Some(name) => Err(ExpandError::Unset(name)),
        None => Ok(out),
    }
}

/// Expands `~` and `~user` by passwd(5) (misc.c: tilde_expand).
///
/// # Errors
/// When there is no such user.
pub(crate) fn expand_tilde(
    path: &[u8],
    facts: &dyn Facts,
    tilde: Tilde,
) -> Result<Vec<u8>, ExpandError> {
    let Some(rest) = path.strip_prefix(b"~") else { return Ok(path.to_vec()) };
    let slash = memchr::memchr(b'/', rest);
    let (user, path) = match (tilde, slash) {
        (Tilde::BySlash, None) => (&b""[..], rest),
        (Tilde::BySlash, Some(slash)) => (&rest[..slash], &rest[slash + 1..]),
        (Tilde::ByUser, _) => {
            let (user, path) = rest.split_at(slash.unwrap_or(rest.len()));
            (user, &path[path.iter().take_while(|&&b| b == b'/').count()..])
        }
    };
    let mut home = if user.is_empty() {
        facts.home()
    } else {
        facts
            .home_of(user)
            .ok_or_else(|| ExpandError::NoUser(String::from_utf8_lossy(user).into_owned()))?
    };
    if home.last() != Some(&b'/') {
        home.push(b'/');
    }
    home.extend(path);
    Ok(home)
}

/// A text for every destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForEveryDestination {
    /// It is the same.
    Is(Vec<u8>),
    /// It is another for another destination.
    Differs,
    /// It cannot be expanded: an unknown token, or a variable that is not set.
    Fails,
}

/// Expands the tokens of this side and variables, where no other token is in a text.
pub(crate) fn expand_for_every_destination(text: &[u8], facts: &dyn Facts) -> ForEveryDestination {
    let differs = Cell::new(false);
    let token = |letter: u8| {
        differs.set(differs.get() || b"Chjknpr".contains(&letter));
        if differs.get() { Some(Vec::new()) } else { token_of_this_side(letter, facts) }
    };
    match expand(text, Some(&token), Some(facts)) {
        Ok(_) if differs.get() => ForEveryDestination::Differs,
        Ok(text) => ForEveryDestination::Is(text),
        Err(_) => ForEveryDestination::Fails,
    }
}

/// What a token stands for that has nothing to do with the destination.
fn token_of_this_side(letter: u8, facts: &dyn Facts) -> Option<Vec<u8>> {
    match letter {
        b'd' => Some(facts.home()),
        b'u' => Some(facts.user()),
        b'i' => Some(facts.uid().to_string().into_bytes()),
        b'l' => Some(facts.hostname()),
        b'L' => Some(short_name(&facts.hostname()).to_vec()),
        _ => None,
    }
}

/// The name of a machine up to its first dot.
fn short_name(host: &[u8]) -> &[u8] {
    &host[..memchr::memchr(b'.', host).unwrap_or(host.len())]
}

/// Where the file is that a line names, for every destination: `~` and the tokens of this side
/// expanded. `None` for `none`, and where it depends on the destination.
#[must_use]
pub fn fixed_path(value: &[u8], facts: &dyn Facts) -> Option<PathBuf> {
    if value.eq_ignore_ascii_case(b"none") {
        return None;
    }
    let path = expand_tilde(value, facts, Tilde::default()).ok()?;
    let token = |letter: u8| token_of_this_side(letter, facts);
    let path = expand(&path, Some(&token), Some(facts)).ok()?;
    path.starts_with(b"/").then(|| PathBuf::from(os_string(path)))
}
