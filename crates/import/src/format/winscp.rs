//! WinSCP: the `[Sessions\…]` of `WinSCP.ini` (winscp/winscp: SessionData.cpp).

use super::Sample;
use crate::ini::{self, Section};
use crate::text::unescape_percent;
use crate::values::{destination, is_on, port, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped,
};
use sshp_config::Keyword;

/// What stands before text that is UTF-8 once its escapes are gone.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| sample.text.lines().any(|line| line.starts_with(r"[Sessions\")))
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        // Other sections may hold bytes of another encoding; what counts here is escaped ASCII.
        let text = encodings.decode(&file.bytes).text;
        for section in ini::sections(&text) {
            let Some(escaped) = section.name.strip_prefix(r"Sessions\") else { continue };
            is_known = true;
            if escaped == "Default%20Settings" || is_on(section.get("IsWorkspace")) {
                continue;
            }
            let path = unescape(escaped, encodings);
            let mut folders: Vec<_> = path.split('/').map(str::to_owned).collect();
            let name = folders.pop().unwrap_or_default();
            let secrets = ["Password", "PasswordPlain", "TunnelPassword", "TunnelPasswordPlain"];
            listing.passwords +=
                secrets.iter().filter(|name| some(section.get(name)).is_some()).count();
            let content = require_plain("name", &path).and_then(|()| content(&section, encodings));
            listing.entries.push(Entry::by_path(folders, name, content));
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat(r"[Sessions\…] section")) }
}

/// Text without its escapes: UTF-8 after the mark, else of the ANSI code page.
fn unescape(escaped: &str, encodings: &Encodings) -> String {
    let bytes = unescape_percent(escaped.as_bytes());
    match bytes.strip_prefix(UTF8_MARK) {
        Some(utf8) => String::from_utf8_lossy(utf8).into_owned(),
        None => encodings.decode(&bytes).text,
    }
}

fn content(section: &Section<'_>, encodings: &Encodings) -> Result<Session, Skipped> {
    let text = |name: &str| section.get(name).map(|value| unescape(value, encodings));
    let protocol = match section.get("FSProtocol").unwrap_or("1").trim() {
        "0" | "1" | "2" => None,
        "5" => Some("ftp"),
        "6" => Some("webdav"),
        "7" => Some("s3"),
        _ => Some("unknown protocol"),
    };
    if let Some(protocol) = protocol {
        return Err(Skipped::Protocol(protocol.to_owned()));
    }
    let mut session = session(text("HostName").as_deref(), text("UserName").as_deref())?;
    session.port = port(section.get("PortNumber"))?;
    session.key = some(text("PublicKeyFile").as_deref());
    if is_on(section.get("Compression")) {
        session.options.push((Keyword::Compression, "yes".to_owned()));
    }
    if is_on(section.get("Tunnel"))
        && let Some(host) = some(text("TunnelHostName").as_deref())
    {
        let (host, user) = destination(&host, text("TunnelUserName").as_deref());
        require_plain("tunnel host", &host)?;
        let port = port(section.get("TunnelPortNumber"))?;
        let key = some(text("TunnelPublicKeyFile").as_deref());
        session.jumps.push(Jump::Server { host, port, user, key });
    }
    if is_on(section.get("ProxyMethod")) {
        session.left_behind.push(LeftBehind::Proxy("other".to_owned()));
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_escaped_and_defaults_are_not_written() {
        let text = "[Configuration]\nx=\u{fffd}\n[Sessions\\Default%20Settings]\nHostName=x\n\
            [Sessions\\prod/web%2001]\nHostName=h\nPortNumber=2222\nPassword=A3\nPublicKeyFile=C:%5Ck.ppk\nFSProtocol=2\n\
            Tunnel=1\nTunnelHostName=j\nTunnelUserName=ops\nTunnelPublicKeyFile=C:%5Cj.ppk\n\
            [Sessions\\%EF%BB%BF%E8%AE%A2]\nHostName=u@h\n[Sessions\\ftp]\nHostName=h\nFSProtocol=5\n\
            [Sessions\\w/0000]\nIsWorkspace=1\nHostName=h\n";
        let encodings = Encodings::new(None, "C").unwrap();
        let listing = read(&[InputFile::new("WinSCP.ini", text)], &encodings).unwrap();
        let [web, order, ftp] = &listing.entries[..] else { panic!("{listing:?}") };
        assert_eq!((web.id.as_str(), listing.passwords), ("prod/web 01", 1));
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.port, session.key.as_deref()), (Some(2222), Some("C:\\k.ppk")));
        let (host, user, key) = ("j".into(), Some("ops".into()), Some("C:\\j.ppk".into()));
        assert_eq!(session.jumps, [Jump::Server { host, port: None, user, key }]);
        assert_eq!(order.name, "订");
        assert_eq!(order.content.as_ref().unwrap().user.as_deref(), Some("u"));
        assert_eq!(ftp.content, Err(Skipped::Protocol("ftp".into())));
    }
}
