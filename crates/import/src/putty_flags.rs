//! Flags of PuTTY and plink that other programs hand to them (PuTTY: cmdline.c).

use sshp_config::Keyword;

use crate::forwards::{Forwarding, ForwardingKind, host_and_port};
use crate::values::{port, require_plain, some};
use crate::{LeftBehind, Session, Skipped};

/// Whether a password is among the flags.
pub(crate) fn has_password(words: &[String]) -> bool {
    words.iter().any(|word| matches!(word.as_str(), "-pw" | "-pwfile"))
}

/// Takes the flags into a session.
///
/// # Errors
/// Where the port is none.
pub(crate) fn apply(words: Vec<String>, session: &mut Session) -> Result<(), Skipped> {
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let mut set = |keyword, value: &str| session.options.push((keyword, value.to_owned()));
        match word.as_str() {
            "-A" => set(Keyword::ForwardAgent, "yes"),
            "-X" => set(Keyword::ForwardX11, "yes"),
            "-C" => set(Keyword::Compression, "yes"),
            "-T" => set(Keyword::RequestTTY, "no"),
            "-N" => set(Keyword::SessionType, "none"),
            "-4" => set(Keyword::AddressFamily, "inet"),
            "-6" => set(Keyword::AddressFamily, "inet6"),
            "-noagent" => set(Keyword::IdentityAgent, "none"),
            "-i" => session.key = some(words.next().as_deref()),
            "-l" => {
                let user = some(words.next().as_deref());
                require_plain("user", user.as_deref().unwrap_or_default())?;
                session.user = session.user.take().or(user);
            }
            "-P" => session.port = port(words.next().as_deref())?,
            "-L" | "-R" | "-D" => {
                let value = words.next().unwrap_or_default();
                match forwarding(&word, &value) {
                    Some(option) => session.options.push(option),
                    None => session.left_behind.push(LeftBehind::Forwarding),
                }
            }
            "-m" | "-cmd" => {
                words.next();
                session.left_behind.push(LeftBehind::Script);
            }
            "-proxycmd" => {
                words.next();
                session.left_behind.push(LeftBehind::Proxy("command".to_owned()));
            }
            "-hostkey" => {
                let pin = words.next().unwrap_or_default();
                session.host_keys.extend(pin.starts_with("SHA256:").then_some(pin));
            }
            // Their values are no flags.
            "-pw" | "-pwfile" | "-load" | "-cert" | "-sercfg" | "-loghost" | "-nc" => {
                words.next();
            }
            _ => {}
        }
    }
    Ok(())
}

/// `[addr:]port:host:port`, with addresses of IPv6 in brackets.
fn forwarding(flag: &str, value: &str) -> Option<(Keyword, String)> {
    let (kind, listen, (host, host_port)) = if flag == "-D" {
        (ForwardingKind::Dynamic, value, ("", ""))
    } else {
        let kind = if flag == "-L" { ForwardingKind::Local } else { ForwardingKind::Remote };
        let (rest, host_port) = value.rsplit_once(':')?;
        let (listen, host) = match rest.strip_suffix(']') {
            Some(rest) => rest.rsplit_once(":[")?,
            None => rest.rsplit_once(':')?,
        };
        (kind, listen, (host, host_port))
    };
    let (bind, port) = host_and_port(listen);
    Forwarding { kind, bind, port, host, host_port }.option()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_putty_are_not_those_of_ssh() {
        let line = "-ssh -P 2222 -pw -A -l ops -i C:\\k.ppk -L 8080:localhost:80 -R [::1]:9000:[2001:db8::1]:80 \
            -D 1080 -L x -m script -hostkey SHA256:x -N";
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        assert!(has_password(&words));
        let mut session = Session::default();
        apply(words, &mut session).unwrap();
        assert_eq!((session.port, session.user.as_deref()), (Some(2222), Some("ops")));
        assert_eq!(session.key.as_deref(), Some("C:\\k.ppk"));
        let options: Vec<_> = session.options.iter().map(|(k, v)| (k.title(), &**v)).collect();
        // What follows -pw is a password, whatever it looks like.
        assert_eq!(
            options,
            [
                ("LocalForward", "8080 localhost:80"),
                ("RemoteForward", "[::1]:9000 [2001:db8::1]:80"),
                ("DynamicForward", "1080"),
                ("SessionType", "none")
            ]
        );
        assert_eq!(session.left_behind, [LeftBehind::Forwarding, LeftBehind::Script]);
        assert_eq!(session.host_keys, ["SHA256:x"]);
        assert!(apply(vec!["-P".into(), "0".into()], &mut session).is_err());
        assert!(apply(vec!["-l".into(), "a\nb".into()], &mut session).is_err());
    }
}
