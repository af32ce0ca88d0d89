//! PURE: what can be wrong, as it was met; `catalog` says what that means.

use std::path::PathBuf;

use super::answer::PortAnswer;

/// What was met where the way ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// ssh would refuse the config.
    ConfigRefused { why: String, advice: Vec<String> },
    /// The host, user or jump host is not one to connect to.
    DestinationRefused { why: String },
    /// No key file that is named is there.
    KeyMissing { path: PathBuf },
    /// Others can read the key, so ssh does not use it.
    KeyTooOpen { path: PathBuf, mode: u32 },
    /// The file is no private key, or cannot be read.
    KeyUnusable { path: PathBuf, why: String },
    /// There is no key, and nothing else that could be tried.
    NoKey,
    /// The name has no address.
    CannotResolve { why: String },
    /// It has addresses, and none of the family that is asked for.
    NoAddressOfFamily { family: &'static str },
    /// Nothing listens at the port.
    Refused { others: Vec<(u16, PortAnswer)> },
    /// Nothing comes back.
    TimedOut { seconds: u64, others: Vec<(u16, PortAnswer)> },
    /// The network does not lead there.
    Unreachable { why: String },
    /// The jump host passes nothing on.
    JumpForbids,
    /// The jump host cannot connect either.
    JumpCannotReach { why: String },
    /// The command that stands for the connection ends before the server has spoken.
    ProxyCommand { command: String, why: String },
    /// The connection is closed before the server has spoken.
    ClosedEarly,
    /// The server does not speak.
    Silent { seconds: u64 },
    /// What answers is something else.
    NotSsh { said: String },
    /// There is no algorithm of this kind that both sides have.
    NoCommonAlgorithm {
        /// `KexAlgorithms` and the like.
        option: &'static str,
        ours: Vec<String>,
        theirs: Vec<String>,
        /// Those of theirs that we have and do not offer.
        on_demand: Vec<String>,
        /// The flags of `sshp connect` for the client that has one of theirs.
        of_other: Option<String>,
    },
    /// ssh does not run for a user without an entry in passwd(5).
    NoPasswdEntry { uid: String },
    /// The session is to be the built-in one, which lacks what the config asks for.
    BuiltinLacks { missing_features: Vec<String> },
    /// known_hosts holds keys that the profile is not pinned to.
    PinsConflict { why: String },
    /// The server takes the key, and no signature was made with it.
    KeyNotSigned { key: String, why: String },
    /// Only an agent, or ssh, can sign with the key.
    KeyNeedsAgent { path: PathBuf, kind: String },
    /// A connection that is shared does not answer.
    SharedConnectionStuck { seconds: u64 },
    /// ssh cannot share its connection, and ends.
    ControlPathUnusable { path: PathBuf, why: String },
    /// ssh fails with words that are not understood.
    SshFailed { said: String },
    /// The key exchange fails.
    Handshake { why: String },
    /// known_hosts cannot be read.
    KnownHostsUnreadable { why: String },
    /// No file has a key for the server; the key that it shows.
    HostKeyUnknown { offered: String },
    /// The files have others; those and where they stand.
    HostKeyChanged { offered: String, known: Vec<String> },
    /// The key is never to be accepted; who says so.
    HostKeyRevoked { offered: String, by: String },
    /// The profile is pinned to others.
    HostKeyNotPinned { offered: String, pins: Vec<String> },
    /// The server ends the connection before or during the login.
    ClosedAtLogin { why: String },
    /// The server ended the connection after too many keys (MaxAuthTries).
    TooManyFailures { offered: usize, of_agent: usize },
    /// The user entered no passphrase for the key.
    PassphraseNeeded { path: PathBuf },
    /// The passphrase does not open it.
    WrongPassphrase { path: PathBuf },
    /// The server wants none of the keys.
    KeyNotAccepted {
        /// Each with what became of it.
        keys: Vec<String>,
        /// The users that were tried besides, with `--guess-user`.
        guessed: Vec<String>,
    },
    /// These would be let in, and the one that is configured is not.
    WrongUser { users: Vec<String> },
    /// A password is all that is left to try, and the server takes none.
    PasswordNotOffered { server: String },
    /// The password was wrong.
    PasswordRefused,
    /// No way to log in is allowed by both sides.
    NoCommonMethod { server: String },
    /// It lets one in, and opens no session.
    SessionRefused { why: String },
    /// It lets one in, and ends at once.
    AccountCloses { status: Option<u32>, said: String },
    /// There is no ssh where one is named or asked for.
    SshMissing { named: Option<String> },
    /// Others may write in `~/.ssh`, or read it.
    FolderTooOpen { path: PathBuf, mode: u32 },
    /// Others may write the config, so ssh refuses it.
    ConfigTooOpen { path: PathBuf, mode: u32 },
    /// `sshp check` has something to say.
    Lint { count: usize },
    /// `$SSH_AUTH_SOCK` leads to no agent.
    AgentUnreachable { socket: PathBuf, why: String },
}
