//! PURE: from what was met to a finding: its name, its words, its commands, its kind.

use super::answer::{PortAnswer, is_ssh};
use super::fault::Fault;
use super::finding::{Finding, Mend, Subject};
use crate::error::ErrorKind;
use crate::shell;

/// Tells what was met as a finding.
pub fn find(fault: &Fault, about: &Subject) -> Finding {
    let Subject { name, host, port, user, .. } = about;
    match fault {
        Fault::ConfigRefused { why, advice } => {
            Finding::new("config-refused", ErrorKind::Refused, "ssh would refuse the config")
                .seen([why.clone()])
                .seen(advice.clone())
                .means("ssh reads the whole config before it connects, and stops at what it does not understand.")
                .mend("sshp check", "names every such line")
        }
        Fault::DestinationRefused { why } => {
            Finding::new("destination-refused", ErrorKind::Refused, "this is nowhere to connect to")
                .seen([why.clone()])
                .means("The config names a host, user or jump host that cannot be used safely, or that leads nowhere.")
                .mend(format!("sshp show {name}"), "shows which line each value comes from")
        }
        Fault::KeyMissing { path } => {
            Finding::new("key-missing", ErrorKind::NotFound, format!("there is no key `{}`", path.display()))
                .means("The config names this file to log in with, and there is no other key to take its place.")
                .mends(about.set_key())
                .mend("ls ~/.ssh ~/Downloads", "where it may have stayed")
        }
        Fault::KeyTooOpen { path, mode } => Finding::new(
            "key-too-open",
            ErrorKind::Refused,
            format!("others can read the key `{}` (mode {mode:04o})", path.display()),
        )
        .means("ssh does not use a private key that other users of this machine could have copied.")
        .mend(format!("sshp key fix {}", shell::quote(path)), "makes it readable by you alone"),
        Fault::KeyUnusable { path, why } => {
            Finding::new("key-unusable", ErrorKind::Failed, format!("`{}` cannot be used: {why}", path.display()))
                .means("The config names this file to log in with, and it holds no private key that can be read.")
                .mends(about.set_key())
        }
        Fault::NoKey => Finding::new("no-key", ErrorKind::NotFound, "there is no key to log in with")
            .means("Neither ~/.ssh nor an agent has a key, and the config allows no password.")
            .mends(about.set_key())
            .mend("ssh-keygen -t ed25519", "makes a new one, for the server to be told of"),
        Fault::CannotResolve { why } => {
            Finding::new("cannot-resolve", ErrorKind::NotFound, format!("`{host}` has no address"))
                .seen([why.clone()])
                .means("The name is misspelt, is known only inside another network (a VPN, a jump host), or the DNS does not answer.")
                .mend(format!("getent ahosts {host}"), "asks the same again")
                .mend(about.set("--host ADDRESS", "HostName=ADDRESS"), "if the server has another name or address now")
                .mend(about.set("--jump HOST", "ProxyJump=HOST"), "if only another server knows it")
        }
        Fault::NoAddressOfFamily { family } => Finding::new(
            "no-address-of-family",
            ErrorKind::NotFound,
            format!("`{host}` has no {family} address"),
        )
        .means("AddressFamily asks for one kind of address, and the name has only the other.")
        .mend(about.set("--option AddressFamily=any", "AddressFamily=any"), "takes either"),
        Fault::Refused { others } => {
            Finding::new("connection-refused", ErrorKind::Failed, format!("nothing listens at {host} port {port}"))
                .seen(others.iter().map(other))
                .means("The machine answers. Its ssh server listens at another port, is not running, or is not there yet because the machine still starts.")
                .mends(ports(about, others))
                .mend("systemctl status ssh sshd", "on the server's console")
        }
        Fault::TimedOut { seconds, others } => Finding::new(
            "timed-out",
            ErrorKind::Failed,
            format!("no answer from {host} port {port} within {seconds} s"),
        )
        .seen(others.iter().map(other))
        .means("Something on the way drops the packets: most often a security group or firewall that does not let your address in, else an address that is no longer the server's (a stopped machine gets a new one), another port, or a machine that is off.")
        .mends(ports(about, others))
        .mend(about.set("--host ADDRESS", "HostName=ADDRESS"), "if the console shows another address"),
        Fault::Unreachable { why } => {
            Finding::new("unreachable", ErrorKind::Failed, format!("no way leads to {host} port {port}"))
                .seen([why.clone()])
                .means("This machine is offline, lacks IPv6, or the address is a private one behind a VPN or a jump host.")
                .mend(format!("ip route get {host}"), "shows the way it would take")
                .mend(about.set("--jump HOST", "ProxyJump=HOST"), "if another server leads there")
        }
        Fault::JumpForbids => {
            let via = about.via();
            Finding::new("jump-forbids", ErrorKind::Failed, format!("`{via}` passes no connections on"))
                .means("Its sshd has AllowTcpForwarding no, or a PermitOpen without this place.")
                .mend("grep -ri 'AllowTcpForwarding\\|PermitOpen' /etc/ssh/", format!("on `{via}`"))
                .mend(about.set("--jump HOST", "ProxyJump=HOST"), "goes another way")
        }
        Fault::JumpCannotReach { why } => {
            let via = about.via();
            Finding::new("jump-cannot-reach", ErrorKind::Failed, format!("`{via}` cannot connect to {host} port {port}"))
                .seen([why.clone()])
                .means("Everything up to the jump host works. The address or port is wrong, the server is down, or its security group does not let the jump host in.")
                .mend(format!("sshp {via} nc -vz {host} {port}"), "asks from there")
                .mend(about.set("--host ADDRESS", "HostName=ADDRESS"), "if the server has another address now")
        }
        Fault::ProxyCommand { command, why } => {
            Finding::new("proxy-command-failed", ErrorKind::Failed, "the ProxyCommand leads to no server")
                .seen([format!("`{command}`"), why.clone()])
                .means("This command stands for the connection, and ended or failed before a server spoke.")
                .mend(command.clone(), "shows what it says by itself")
        }
        Fault::ClosedEarly => {
            Finding::new("closed-early", ErrorKind::Failed, format!("{host} port {port} hangs up before a word"))
                .means("The server accepted the connection and then closed it: sshd with too many log-ins under way (MaxStartups), an address that is blocked (fail2ban, PerSourcePenalties), or a load balancer without a server.")
                .mend("journalctl -u ssh -u sshd -n 50", "on the server's console, tells why")
        }
        Fault::Silent { seconds } => Finding::new(
            "no-banner",
            ErrorKind::Failed,
            format!("{host} port {port} connects and says nothing for {seconds} s"),
        )
        .means("An ssh server speaks first. This is another service, a server out of memory, or a proxy without a server behind it.")
        .mend("journalctl -u ssh -u sshd -n 50", "on the server's console")
        .mend(about.set("--port PORT", "Port=PORT"), "if ssh listens elsewhere"),
        Fault::NotSsh { said } => Finding::new(
            "not-ssh",
            ErrorKind::Failed,
            format!("the service at {host} port {port} is not an SSH server"),
        )
        .seen([format!("it says: {said}")])
        .means("Another service has this port, or a proxy of this network answers in the server's place.")
        .mend(about.set("--port PORT", "Port=PORT"), "the port of its ssh server"),
        Fault::NoCommonAlgorithm { option, ours, theirs, on_demand, of_other } => {
            let found = Finding::new(
                "no-common-algorithm",
                ErrorKind::Failed,
                format!("the two sides have no {option} in common"),
            )
            .seen([format!("offered:    {}", ours.join(",")), format!("the server: {}", theirs.join(","))])
            .means("The server is much older or much newer than this client, or a list in a config leaves too little.");
            let found = match on_demand.first() {
                Some(first) => {
                    let value = format!("{option}=+{first}");
                    let why = "offers what the server has; if it is old, update it when you can";
                    found.mend(about.set(&format!("--option {value}"), &value), why)
                }
                None => found,
            };
            match of_other {
                Some(flags) => found.mend(
                    format!("sshp connect {flags} {name}"),
                    "that client has it, this one does not",
                ),
                None => found.mend(
                    format!("ssh -Q {option}"),
                    "what your ssh has; what the server has must be in it",
                ),
            }
        }
        Fault::NoPasswdEntry { uid } => Finding::new(
            "no-passwd-entry",
            ErrorKind::Failed,
            format!("ssh does not run: passwd(5) has no entry for uid {uid}"),
        )
        .seen([format!("No user exists for uid {uid}")])
        .means("A container that is started with another uid often has no entry for it. The client inside sshp needs none.")
        .mend_by_builtin(name, "connects without ssh")
        .mend("getent passwd \"$(id -u)\"", "shows the entry, once there is one"),
        Fault::BuiltinLacks { missing_features } => Finding::new(
            "builtin-lacks",
            ErrorKind::Failed,
            "the built-in session does not support what the config asks for",
        )
        .seen(missing_features.clone())
        .means("The session is to be the built-in one, which refuses to connect without it.")
        .mend(format!("sshp connect --session system {name}"), "connects by ssh, which has it")
        .mend(format!("sshp show {name}"), "shows the lines that ask for it"),
        Fault::PinsConflict { why } => Finding::new(
            "pins-conflict",
            ErrorKind::HostKey,
            "known_hosts holds keys of the server that the profile is not pinned to",
        )
        .seen([why.clone()])
        .means("ssh accepts every key that known_hosts holds, so a pinned profile connects by it only where there are no others.")
        .mend(format!("sshp trust {name} --pin --from -"), "compares with what the console shows, and pins all of the server's keys")
        .mend_by_builtin(name, "compares the key with the pins itself"),
        Fault::SharedConnectionStuck { seconds } => Finding::new(
            "shared-connection-stuck",
            ErrorKind::Failed,
            format!("the shared connection does not answer within {seconds} s"),
        )
        .means("ControlPath leads to a connection that another ssh holds and that is dead: the network changed or the server restarted. A connect waits for it.")
        .mend(format!("ssh -O exit {name}"), "ends it; the next connect makes a new one")
        .mend(format!("sshp connect -S none {name}"), "connects without it"),
        Fault::ControlPathUnusable { path, why } => Finding::new(
            "control-path-unusable",
            ErrorKind::Failed,
            format!("ssh cannot make its socket `{}` (ControlPath)", path.display()),
        )
        .seen([why.clone()])
        .means("ControlMaster lets ssh share its connection there. Where the folder is missing or the path is too long, ssh logs in and then ends.")
        .mend(format!("mkdir -p {}", shell::quote(path.parent().unwrap_or(path))), "where the folder is missing")
        .mend(about.set("--option ControlPath=~/.ssh/%C", "ControlPath=~/.ssh/%C"), "a short path in a folder that is there"),
        Fault::SshFailed { said } => Finding::new("ssh-failed", ErrorKind::Failed, "ssh fails")
            .seen([said.clone()])
            .means("These are ssh's own words.")
            .mend(format!("sshp connect -v {name}"), "shows all that ssh says on the way"),
        Fault::Handshake { why } => {
            Finding::new("handshake-failed", ErrorKind::Failed, "the key exchange fails")
                .seen([why.clone()])
                .means("The server speaks ssh and gives up on the way: it is overloaded, its address rules end the connection, or something between changes what is sent (a small MTU loses the large packets).")
                .mend("journalctl -u ssh -u sshd -n 50", "on the server's console, tells why")
        }
        Fault::KnownHostsUnreadable { why } => Finding::new(
            "known-hosts-unreadable",
            ErrorKind::HostKey,
            "the known host keys cannot be read",
        )
        .seen([why.clone()])
        .means("Without that file it cannot be told whether the server is the right one, so nothing connects.")
        .mend("ls -l ~/.ssh/known_hosts*", "it must be a file that you can read"),
        Fault::HostKeyUnknown { offered } => {
            Finding::new("host-key-unknown", ErrorKind::HostKey, "the server's host key is not known yet")
                .seen([format!("offered: {offered}")])
                .means("This is the first connection. Compare this fingerprint with the one in your cloud console before you trust it.")
                .mend(format!("sshp trust {name} --from -"), "paste what the console shows, then Ctrl-D")
        }
        Fault::HostKeyChanged { offered, known } => Finding::new(
            "host-key-changed",
            ErrorKind::HostKey,
            "the server's host key is not the one that is known for it",
        )
        .seen(std::iter::once(format!("offered: {offered}")).chain(known.iter().map(|k| format!("known:   {k}"))))
        .means("The server was reinstalled or its address was given to another one; or somebody is in the middle. Nothing was sent to it.")
        .mend(format!("sshp trust {name} --from -"), "compares with what the console shows, and puts the new key in the old one's place")
        .mend(format!("sshp forget {name}"), "if you know that it was reinstalled; then trust the new key"),
        Fault::HostKeyRevoked { offered, by } => {
            Finding::new("host-key-revoked", ErrorKind::HostKey, "the server's host key is revoked")
                .seen([format!("offered: {offered}"), format!("revoked by: {by}")])
                .means("Somebody marked this key as never to be accepted: others may have it. Whoever answers with it may be in the middle.")
                .mend("ssh-keygen -A", "on the server's console, after its old /etc/ssh/ssh_host_* are removed: new keys")
                .mend(format!("sshp trust {name} --from -"), "then stores them")
        }
        Fault::HostKeyNotPinned { offered, pins } => Finding::new(
            "host-key-not-pinned",
            ErrorKind::HostKey,
            "the server's host key is not one that the profile is pinned to",
        )
        .seen(std::iter::once(format!("offered: {offered}")).chain(pins.iter().map(|pin| format!("pinned:  {pin}"))))
        .means("The server was reinstalled or its address was given to another one; or somebody is in the middle. Nothing was sent to it.")
        .mend(format!("sshp trust {name} --pin --from -"), "compares with what the console shows, and moves the pin"),
        Fault::ClosedAtLogin { why } => {
            Finding::new("closed-at-login", ErrorKind::Failed, "the server ends the connection at the login")
                .seen([why.clone()])
                .means("It does not let this user or this address log in at all (AllowUsers, DenyUsers, a maintenance), or it broke.")
                .mend("journalctl -u ssh -u sshd -n 50", "on the server's console, tells why")
        }
        Fault::TooManyFailures { offered, of_agent } => Finding::new(
            "too-many-failures",
            ErrorKind::Failed,
            "the server hung up after too many keys",
        )
        .seen([format!("{offered} key(s) were offered, {of_agent} of them from the agent")])
        .means("Each key that is offered counts as a failure (MaxAuthTries, 6 by default), and the agent's come before the right one.")
        .mend(about.set("--key FILE --option IdentitiesOnly=yes", "IdentitiesOnly=yes -i FILE"), "offers only the key that the server knows")
        .mend("ssh-add -l", "the keys that the agent has"),
        Fault::KeyNotSigned { key, why } => Finding::new(
            "key-not-signed",
            ErrorKind::Failed,
            format!("the server takes the key `{key}`, and no signature was made with it"),
        )
        .seen([why.clone()])
        .means("Whatever holds the private key did not sign: the agent refused or asked in vain, the security key is not plugged in or was not touched, or the file belongs to another public key.")
        .mend("ssh-add -l", "the keys that the agent has")
        .mends(about.set_key()),
        Fault::KeyNeedsAgent { path, kind } => Finding::new(
            "key-needs-agent",
            ErrorKind::Failed,
            format!("`{}` is {kind}, and no agent holds it", path.display()),
        )
        .means("The built-in session uses such a key through an agent only; ssh uses the file.")
        .mend(format!("ssh-add {}", shell::quote(path)), "gives it to the agent")
        .mend(format!("sshp connect --session system {name}"), "connects by ssh"),
        Fault::PassphraseNeeded { path } => Finding::new(
            "passphrase-needed",
            ErrorKind::Failed,
            format!("the server wants the key `{}`, and nobody can be asked its passphrase", path.display()),
        )
        .means("The right key is there and encrypted; there is no terminal, or BatchMode is on.")
        .mend(format!("ssh-add {}", shell::quote(path)), "opens it for the agent"),
        Fault::WrongPassphrase { path } => Finding::new(
            "wrong-passphrase",
            ErrorKind::Failed,
            format!("the passphrase does not open `{}`", path.display()),
        )
        .means("The server wants this key. Its passphrase is not your password on the server, and it cannot be recovered.")
        .mend(format!("ssh-keygen -y -f {}", shell::quote(path)), "asks for it and prints the public half")
        .mend(format!("ssh-add {}", shell::quote(path)), "opens it for the agent, once"),
        Fault::KeyNotAccepted { keys, guessed } => {
            let found = Finding::new(
                "key-not-accepted",
                ErrorKind::Failed,
                format!("the server takes none of the keys for the user `{user}`"),
            )
            .seen(keys.iter().map(|key| format!("offered: {key}")))
            .means("The user's authorized_keys on the server has none of these keys, cannot be read because of its modes, or the user is another one: images of clouds have ec2-user, ubuntu, debian, admin, opc or azureuser instead of root.");
            let found = if guessed.is_empty() {
                found.mend(format!("sshp doctor {name} --guess-user"), "asks which of the usual users takes the key")
            } else {
                found.seen([format!("nor for: {}", guessed.join(", "))])
            };
            found
                .mends(about.set_key())
                .mend(about.set("--user USER", "User=USER"), "if the user is another one")
                .mend("ls -ld ~ ~/.ssh ~/.ssh/authorized_keys", "on the server: nobody else may write there")
        }
        Fault::WrongUser { users } => {
            let first = users.first().map_or("USER", String::as_str);
            Finding::new("wrong-user", ErrorKind::Failed, format!("the user is not `{user}`, but `{}`", users.join("` or `")))
                .means("The key is right. The server's image expects another user.")
                .mend(about.set(&format!("--user {first}"), &format!("User={first}")), "connects as that user")
        }
        Fault::PasswordNotOffered { server } => Finding::new(
            "password-not-offered",
            ErrorKind::Failed,
            "the server takes no passwords, and there is no key to try",
        )
        .seen([format!("it takes: {server}")])
        .means("PasswordAuthentication is off on the server, as on every cloud's images: it must be told of a key.")
        .mends(about.set_key())
        .mend("ssh-keygen -t ed25519", "makes a key; its .pub goes to ~/.ssh/authorized_keys on the server, by its console"),
        Fault::PasswordRefused => Finding::new(
            "password-refused",
            ErrorKind::Failed,
            format!("the server does not take the password for the user `{user}`"),
        )
        .means("It is mistyped or not this user's, the account is locked or expired, or root may not log in with one (PermitRootLogin).")
        .mend(about.set("--user USER", "User=USER"), "if the user is another one")
        .mend(format!("passwd -S {user}"), "on the server's console: whether it is locked"),
        Fault::NoCommonMethod { server } => Finding::new(
            "no-common-method",
            ErrorKind::Failed,
            "the server takes nothing that the config allows",
        )
        .seen([format!("it takes: {server}")])
        .means("PreferredAuthentications, PubkeyAuthentication or PasswordAuthentication leave nothing that this server takes.")
        .mend(format!("sshp show {name}"), "shows the lines that say so"),
        Fault::SessionRefused { why } => {
            Finding::new("session-refused", ErrorKind::Failed, "the login is good, and the server opens no session")
                .seen([why.clone()])
                .means("Its sshd allows this account no sessions (MaxSessions 0), only forwarding.")
                .mend(format!("sshp connect -N {name}"), "stays connected for forwarding alone")
        }
        Fault::AccountCloses { status, said } => {
            let status = status.map_or("without a status".to_owned(), |s| format!("with status {s}"));
            let found = Finding::new(
                "account-closes",
                ErrorKind::Failed,
                format!("the login is good, and the account `{user}` ends at once {status}"),
            );
            let found = if said.is_empty() { found } else { found.seen([format!("it says: {said}")]) };
            found
                .means("Its shell lets nobody in (nologin, false, or one that is not installed), or a command is forced in its place (ForceCommand, command= in authorized_keys), as git servers do on purpose.")
                .mend(format!("getent passwd {user}"), "on the server: the last field is the shell")
                .mend("grep -r ForceCommand /etc/ssh/; grep command= ~/.ssh/authorized_keys", "on the server")
        }
        Fault::SshMissing { named } => {
            let what = match named {
                Some(named) => format!("`$SSHP_SSH` names `{named}`, which is no program"),
                None => "there is no ssh, and the session is to be the system's".to_owned(),
            };
            let found = Finding::new("ssh-missing", ErrorKind::NotFound, what)
                .means("Sessions by the system's ssh fail.");
            if named.is_some() {
                return found.mend("unset SSHP_SSH", "takes the ssh of $PATH");
            }
            found.mend_by_builtin(name, "connects by the client inside sshp")
        }
        Fault::FolderTooOpen { path, mode } => Finding::new(
            "folder-too-open",
            ErrorKind::Refused,
            format!("others can use `{}` (mode {mode:04o})", path.display()),
        )
        .means("Who can write there can change whom you connect to.")
        .mend("sshp key fix", "makes it readable by you alone"),
        Fault::ConfigTooOpen { path, mode } => Finding::new(
            "config-too-open",
            ErrorKind::Refused,
            format!("others can write `{}` (mode {mode:04o})", path.display()),
        )
        .means("ssh refuses to read it: Bad owner or permissions.")
        .mend(format!("chmod go-w {}", shell::quote(path)), "lets only you write it"),
        Fault::Lint { count } => {
            Finding::new("config-lint", ErrorKind::Failed, format!("{count} line(s) of the config are wrong or without effect"))
                .means("ssh may refuse the config, or do other than it seems to say.")
                .mend("sshp check", "names each with its line")
        }
        Fault::AgentUnreachable { socket, why } => Finding::new(
            "agent-unreachable",
            ErrorKind::Failed,
            format!("no agent answers at `{}`", socket.display()),
        )
        .seen([why.clone()])
        .means("`$SSH_AUTH_SOCK` is left over from an agent or a login that is gone: its keys are not offered.")
        .mend("eval \"$(ssh-agent)\" && ssh-add", "starts a new one")
        .mend("unset SSH_AUTH_SOCK", "does without"),
    }
}

/// What answers at another port, as a line.
fn other((port, answer): &(u16, PortAnswer)) -> String {
    match answer {
        PortAnswer::Says(text) => format!("port {port}: {text}"),
        PortAnswer::Silence => format!("port {port}: takes connections and says nothing"),
        PortAnswer::Refused => format!("port {port}: nothing listens there"),
        PortAnswer::Nothing => format!("port {port}: no answer"),
    }
}

/// The other port where there is an ssh server.
fn ports(about: &Subject, others: &[(u16, PortAnswer)]) -> Vec<Mend> {
    let ssh = others.iter().filter(|(_, at)| matches!(at, PortAnswer::Says(text) if is_ssh(text)));
    ssh.map(|(port, _)| Mend {
        command: about.set(&format!("--port {port}"), &format!("Port={port}")),
        why: "an ssh server answers there".to_owned(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web() -> Subject {
        Subject {
            name: "web".into(),
            host: "h".into(),
            port: 22,
            user: "me".into(),
            is_profile: true,
            via: None,
        }
    }

    #[test]
    fn a_port_where_ssh_answers_is_the_first_mend() {
        let others = vec![
            (80, PortAnswer::Says("HTTP/1.1 400".into())),
            (2222, PortAnswer::Says("SSH-2.0-x".into())),
        ];
        let found = find(&Fault::TimedOut { seconds: 9, others }, &web());
        assert_eq!(found.mends[0].command, "sshp edit web --port 2222");
        assert_eq!(found.seen, ["port 80: HTTP/1.1 400", "port 2222: SSH-2.0-x"]);
    }

    #[test]
    fn what_is_no_profile_is_not_edited() {
        let about = Subject { is_profile: false, ..web() };
        let found = find(&Fault::WrongUser { users: vec!["ubuntu".into()] }, &about);
        assert_eq!(found.mends[0].command, "sshp connect -o User=ubuntu web");
        let found = find(&Fault::TooManyFailures { offered: 6, of_agent: 6 }, &about);
        assert_eq!(found.mends[0].command, "sshp connect -o IdentitiesOnly=yes -i FILE web");
    }

    #[test]
    fn no_mend_for_a_host_key_is_weaker_than_a_comparison() {
        let (offered, by) = (String::from("ED25519 SHA256:x"), String::from("f:1"));
        let faults = [
            Fault::HostKeyUnknown { offered: offered.clone() },
            Fault::HostKeyChanged { offered: offered.clone(), known: vec![by.clone()] },
            Fault::HostKeyRevoked { offered: offered.clone(), by },
            Fault::HostKeyNotPinned { offered, pins: Vec::new() },
        ];
        for fault in faults {
            let found = find(&fault, &web());
            assert_eq!(found.kind, ErrorKind::HostKey);
            assert!(found.mends.iter().any(|mend| mend.command.starts_with("sshp trust web")));
            let text = format!("{found:?}").to_lowercase();
            assert!(!text.contains("stricthostkeychecking") && !text.contains("/dev/null"));
        }
    }
}
