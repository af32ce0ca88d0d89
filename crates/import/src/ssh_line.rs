//! A command line of ssh as a session: its flags and options are read as ssh itself reads them.

use std::ffi::OsString;

use sshp_config::forward::Hop;
use sshp_config::{CommandLine, Dialect, Effective, FixedFacts, Keyword, Tree, resolve};

use crate::values::{require_plain, session};
use crate::{Jump, LeftBehind, Session, Skipped};

/// The options that come along: none of them runs a program, weakens the check of a host key or names a
/// file of another machine.
const TAKEN: [Keyword; 32] = [
    Keyword::AddKeysToAgent,
    Keyword::AddressFamily,
    Keyword::Ciphers,
    Keyword::Compression,
    Keyword::ConnectTimeout,
    Keyword::ConnectionAttempts,
    Keyword::DynamicForward,
    Keyword::ExitOnForwardFailure,
    Keyword::ForwardAgent,
    Keyword::ForwardX11,
    Keyword::ForwardX11Trusted,
    Keyword::GatewayPorts,
    Keyword::HostKeyAlgorithms,
    Keyword::HostKeyAlias,
    Keyword::IPQoS,
    Keyword::IdentitiesOnly,
    Keyword::KbdInteractiveAuthentication,
    Keyword::KexAlgorithms,
    Keyword::LocalForward,
    Keyword::LogLevel,
    Keyword::MACs,
    Keyword::PasswordAuthentication,
    Keyword::PreferredAuthentications,
    Keyword::PubkeyAcceptedAlgorithms,
    Keyword::PubkeyAuthentication,
    Keyword::RemoteForward,
    Keyword::RequestTTY,
    Keyword::ServerAliveCountMax,
    Keyword::ServerAliveInterval,
    Keyword::SessionType,
    Keyword::SetEnv,
    Keyword::TCPKeepAlive,
];

/// A machine that says nothing of itself: an import reads no fact of this one.
pub(crate) fn no_machine() -> FixedFacts {
    FixedFacts { home: b"~".to_vec(), ..FixedFacts::default() }
}

/// The session of the words after `ssh`.
///
/// # Errors
/// Where ssh would not take them.
pub(crate) fn from_words(words: impl IntoIterator<Item = String>) -> Result<Session, Skipped> {
    let refused = |why: &str| Skipped::Field { field: "command line", why: why.to_owned() };
    let dialect = Dialect::lenient();
    let line = CommandLine::parse(words.into_iter().map(OsString::from), &dialect)
        .map_err(|_| refused("ssh does not take it"))?;
    let found = resolve(&Tree::default(), &line, &no_machine(), None, &dialect)
        .map_err(|_| refused("ssh refuses one of its options"))?;
    let mut session = from_options(&found, |_| false)?;
    if !line.command.is_empty() {
        session.left_behind.push(LeftBehind::Command);
    }
    if line.config().is_some() {
        session.left_behind.push(LeftBehind::Option("-F"));
    }
    Ok(session)
}

/// The session of what ssh would use. `is_session` says which names of jump hosts are sessions of the same
/// input.
///
/// # Errors
/// Where its host or user is none.
pub(crate) fn from_options(
    found: &Effective,
    is_session: impl Fn(&str) -> bool,
) -> Result<Session, Skipped> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let host = text(found.host());
    // An IPv6 address in brackets is none to ssh.
    let mut session = session(Some(&host), None)?;
    session.host = host;
    for (keyword, settings) in found.set() {
        let mut values = settings.iter().map(|setting| setting.text().into_owned());
        match keyword {
            // What the resolver sets beside ProxyJump.
            Keyword::HostName | Keyword::ProxyUseFdpass => {}
            Keyword::User => session.user = values.next_back(),
            Keyword::Port => session.port = Some(found.port()).filter(|port| *port != 22),
            Keyword::IdentityFile => {
                let mut files = values.filter(|file| file != "none");
                session.key = files.next();
                session.left_behind.extend(files.map(LeftBehind::Key));
            }
            Keyword::ProxyJump => jumps(found, &is_session, &mut session),
            Keyword::ProxyCommand => {
                session.left_behind.push(LeftBehind::Proxy("command".to_owned()));
            }
            Keyword::RemoteCommand | Keyword::LocalCommand | Keyword::KnownHostsCommand => {
                session.left_behind.push(LeftBehind::Command);
            }
            keyword if TAKEN.contains(&keyword) => {
                for value in values {
                    option(keyword, value, &mut session)?;
                }
            }
            keyword => session.left_behind.push(LeftBehind::Option(keyword.title())),
        }
    }
    if let Some(user) = &session.user {
        require_plain("user", user)?;
    }
    Ok(session)
}

/// Takes an option whose value means the same on any machine, as one that a config reads again.
fn option(keyword: Keyword, value: String, session: &mut Session) -> Result<(), Skipped> {
    require_plain("option", &value)?;
    let has_arguments = matches!(
        keyword,
        Keyword::LocalForward | Keyword::RemoteForward | Keyword::IPQoS | Keyword::AddKeysToAgent
    );
    // A path, a token, a variable, or what would have to be quoted.
    let is_other = value.contains(['/', '$', '%', '~', '"', '\'', '\\', '#'])
        || (!has_arguments && value.contains(' '))
        || (keyword == Keyword::ForwardAgent && !matches!(&*value, "yes" | "no"));
    if is_other {
        session.left_behind.push(LeftBehind::Option(keyword.title()));
        return Ok(());
    }
    let known = session.options.iter_mut().find(|(known, _)| *known == Keyword::SetEnv);
    match (keyword, known) {
        // ssh reads one line of them.
        (Keyword::SetEnv, Some((_, variables))) => {
            variables.push(' ');
            variables.push_str(&value);
        }
        // What `ssh -G` prints for a dynamic one, and no config takes.
        (Keyword::RemoteForward, _) => {
            let listen = value.strip_suffix(" [socks]:0").unwrap_or(&value).to_owned();
            session.options.push((keyword, listen));
        }
        _ => session.options.push((keyword, value)),
    }
    Ok(())
}

fn jumps(found: &Effective, is_session: &impl Fn(&str) -> bool, session: &mut Session) {
    let Some(text) = found.text(Keyword::ProxyJump).filter(|text| text != "none") else { return };
    for hop in text.split(',') {
        match hop_of(hop) {
            Some(Jump::Server { host, port: None, user: None, .. }) if is_session(&host) => {
                session.jumps.push(Jump::Session(host));
            }
            Some(jump) => session.jumps.push(jump),
            None => {
                session.jumps.clear();
                session.left_behind.push(LeftBehind::Jump(text));
                return;
            }
        }
    }
}

/// A hop of `ProxyJump`.
pub(crate) fn hop_of(text: &str) -> Option<Jump> {
    let hop = Hop::parse(text.trim().as_bytes(), &no_machine())?;
    let host = String::from_utf8(hop.host).ok()?;
    let user = hop.user.map(String::from_utf8).transpose().ok()?;
    require_plain("jump host", &host).ok()?;
    let port = hop.port.filter(|port| *port != 22);
    Some(Jump::Server { host, port, user, key: None })
}

/// The words of a command line of Windows: quotes join words, and a `\` before one is a quote itself.
pub(crate) fn windows_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' => {
                let mut slashes = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    slashes += 1;
                }
                let word = word.get_or_insert_default();
                // Before a quote, two stand for one, and an odd one makes it a quote of the text.
                let is_before_quote = chars.peek() == Some(&'"');
                let kept = if is_before_quote { slashes / 2 } else { slashes };
                word.extend(std::iter::repeat_n('\\', kept));
                if is_before_quote && slashes % 2 == 1 {
                    word.extend(chars.next());
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Session, Skipped> {
        from_words(windows_words(line))
    }

    #[test]
    fn quotes_and_backslashes_are_those_of_windows() {
        for (line, words) in [
            (r#"a "b c" d"#, &["a", "b c", "d"][..]),
            (r#""C:\k y\id" x"#, &[r"C:\k y\id", "x"]),
            (r#"a\\"b c""#, &[r"a\b c"]),
            (r#"\"a b"#, &["\"a", "b"]),
            ("\"\"", &[""]),
            (" ", &[]),
        ] {
            assert_eq!(windows_words(line), words, "{line}");
        }
    }

    #[test]
    fn flags_mean_what_ssh_means_by_them() {
        let session = of(
            r#"-A -p 2222 -i "C:\k y\id" -L 8080:localhost:80 -J ops@gate:2200 -o ServerAliveInterval=30 deploy@web uptime"#,
        )
        .unwrap();
        assert_eq!((session.host.as_str(), session.port), ("web", Some(2222)));
        assert_eq!(session.user.as_deref(), Some("deploy"));
        assert_eq!(session.key.as_deref(), Some(r"C:\k y\id"));
        let user = Some("ops".into());
        let jump = Jump::Server { host: "gate".into(), port: Some(2200), user, key: None };
        assert_eq!(session.jumps, [jump]);
        let options: Vec<_> = session.options.iter().map(|(k, v)| (k.title(), &**v)).collect();
        assert_eq!(
            options,
            [
                ("ServerAliveInterval", "30"),
                ("LocalForward", "8080 [localhost]:80"),
                ("ForwardAgent", "yes")
            ]
        );
        assert_eq!(session.left_behind, [LeftBehind::Command]);
        assert_eq!(of("-l root ssh://h:2200").unwrap().user.as_deref(), Some("root"));
    }

    #[test]
    fn what_runs_or_weakens_or_is_of_another_machine_stays_behind() {
        let session = of(
            "-F x -o ProxyCommand=evil -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
             -o PermitLocalCommand=yes -o LocalCommand=evil -S /tmp/s h",
        )
        .unwrap();
        assert_eq!(session.options, []);
        let left: Vec<_> = session.left_behind.iter().map(ToString::to_string).collect();
        for kind in ["command proxy", "`StrictHostKeyChecking`", "`UserKnownHostsFile`", "`-F`"] {
            assert!(left.iter().any(|left| left.contains(kind)), "{kind}: {left:?}");
        }
        for line in ["", "-p", "-@ h", "@h", "-o Nonsense=1 h", "-p 99999 h", "h\u{7f}"] {
            assert!(of(line).is_err(), "{line}");
        }
    }
}
