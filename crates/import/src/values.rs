//! Values that several formats have.

use sshp_config::Keyword;

use crate::{Session, Skipped};

/// Text that is there.
pub(crate) fn some(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whether a number is given that is not 0.
pub(crate) fn is_on(text: Option<&str>) -> bool {
    text.and_then(|text| text.trim().parse::<i64>().ok()).is_some_and(|number| number != 0)
}

/// A port in decimal; `None` for ssh's own and where it is empty.
///
/// # Errors
/// Where it is no number from 1 to 65535.
pub(crate) fn port(text: Option<&str>) -> Result<Option<u16>, Skipped> {
    let Some(text) = some(text) else { return Ok(None) };
    match text.parse::<u16>() {
        Ok(22) => Ok(None),
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => {
            let why = "a port is a number from 1 to 65535".to_owned();
            Err(Skipped::Field { field: "port", why })
        }
    }
}

/// A session for `host` or `user@host`; the user there comes before the other one.
///
/// # Errors
/// Where there is no host, or either has a control character.
pub(crate) fn session(host: Option<&str>, user: Option<&str>) -> Result<Session, Skipped> {
    let (host, user) = destination(host.unwrap_or_default(), user);
    if host.is_empty() {
        return Err(Skipped::NoHost);
    }
    require_plain("host", &host)?;
    if let Some(user) = &user {
        require_plain("user", user)?;
    }
    Ok(Session { host, user, ..Session::default() })
}

/// The host and the user of `host` or `user@host`.
pub(crate) fn destination(host: &str, user: Option<&str>) -> (String, Option<String>) {
    let host = host.trim();
    match host.rsplit_once('@') {
        Some((before, host)) if !before.is_empty() => (host.to_owned(), some(Some(before))),
        _ => (host.trim_start_matches('@').to_owned(), some(user)),
    }
}

/// Requires a value that fits on a line of a config and that was read whole.
///
/// # Errors
/// Where it has a control character, or bytes that are no text in the encoding that was taken.
pub(crate) fn require_plain(field: &'static str, value: &str) -> Result<(), Skipped> {
    if value.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Skipped::Encoding);
    }
    match value.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(c) => {
            let why = format!("it holds the control character U+{:04X}", u32::from(c));
            Err(Skipped::Field { field, why })
        }
    }
}

/// Lets a session run a command on the server, in a terminal unless it has none.
pub(crate) fn remote_command(session: &mut Session, command: Option<&str>) {
    let Some(command) = some(command) else { return };
    // ssh would read a `%` as a token.
    session.commands.push((Keyword::RemoteCommand, command.replace('%', "%%")));
    if session.options.iter().all(|(keyword, _)| *keyword != Keyword::RequestTTY) {
        session.commands.push((Keyword::RequestTTY, "yes".to_owned()));
    }
}

/// The last part of a path of any system.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A note on one line.
pub(crate) fn note<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lines = lines.into_iter().flat_map(str::lines).map(str::trim);
    let words: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    some(Some(&words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_at_sign_parts_user_and_host() {
        let of = |host, user| destination(host, user);
        let pair = |host: &str, user: Option<&str>| (host.to_owned(), user.map(str::to_owned));
        assert_eq!(of("h", None), pair("h", None));
        assert_eq!(of(" h ", Some("u")), pair("h", Some("u")));
        assert_eq!(of("a@b@h", Some("u")), pair("h", Some("a@b")));
        assert_eq!(of("@h", Some("u")), pair("h", Some("u")));
    }

    #[test]
    fn ports_and_control_characters() {
        assert_eq!(port(Some("22")), Ok(None));
        assert_eq!(port(Some(" 2222 ")), Ok(Some(2222)));
        assert_eq!(port(None), Ok(None));
        for bad in ["0", "65536", "-1", "ssh"] {
            assert!(matches!(port(Some(bad)), Err(Skipped::Field { field: "port", .. })), "{bad}");
        }
        assert!(session(Some("a\nProxyCommand x"), None).is_err());
        assert!(session(Some("h"), Some("u\0")).is_err());
        assert_eq!(session(Some(" "), Some("u")), Err(Skipped::NoHost));
        assert_eq!(session(Some("\u{fffd}"), None), Err(Skipped::Encoding));
    }
}
