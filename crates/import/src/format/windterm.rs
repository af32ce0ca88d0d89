//! WindTerm: `user.sessions`, a JSON list whose keys are called `session.target`.

use serde_json::Value;

use super::Sample;
use crate::json::{self, text};
use crate::values::{port, require_plain, session};
use crate::{Encodings, Entry, ImportError, InputFile, LeftBehind, Listing, Session, Skipped};

/// Where the path of a key stands, by the system that it is for.
const KEYS: [&str; 4] = [
    "ssh.identityFilePath",
    "ssh.identityFilePath.linux",
    "ssh.identityFilePath.macos",
    "ssh.identityFilePath.windows",
];

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| sample.text.contains("\"session.protocol\""))
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        if !decoded.text.trim_start().starts_with('[') {
            continue;
        }
        let list = json::parse(&decoded.text)?;
        let sessions = list.as_array().map_or(&[][..], Vec::as_slice);
        let is_session = |value: &Value| value.get("session.protocol").is_some();
        if !sessions.is_empty() && !sessions.iter().any(is_session) {
            continue;
        }
        is_known = true;
        listing.note_encoding(&decoded);
        for value in sessions.iter().filter(|value| is_session(value)) {
            push(value, &mut listing);
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("list of sessions")) }
}

fn push(value: &Value, listing: &mut Listing) {
    listing.passwords += usize::from(text(value, "session.autoLogin").is_some());
    let target = text(value, "session.target").unwrap_or_default();
    let name = text(value, "session.label").unwrap_or_else(|| target.clone());
    let group = text(value, "session.group").unwrap_or_default();
    let folders = group.split('>').map(str::trim).filter(|part| !part.is_empty());
    let content = require_plain("name", &name).and_then(|()| content(value, &target));
    listing.entries.push(Entry::by_id(
        text(value, "session.uuid"),
        folders.map(str::to_owned).collect(),
        name,
        content,
    ));
}

fn content(value: &Value, target: &str) -> Result<Session, Skipped> {
    let protocol = text(value, "session.protocol").unwrap_or_default().to_lowercase();
    if protocol != "ssh" {
        return Err(Skipped::Protocol(protocol));
    }
    let mut session = session(Some(target), text(value, "session.user").as_deref())?;
    session.port = port(text(value, "session.port").as_deref())?;
    session.key = KEYS.iter().find_map(|name| text(value, name));
    if let Some(name) = text(value, "session.oneKey") {
        session.left_behind.push(LeftBehind::Login(name));
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("user.sessions", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn a_target_has_its_user_and_a_group_its_folders() {
        let read = listing(
            r#"[{"session.label": "web 01", "session.target": "deploy@192.0.2.1", "session.port": 2222,
                "session.protocol": "SSH", "session.group": "prod>web", "session.uuid": "u1",
                "session.autoLogin": "x", "ssh.identityFilePath": "", "ssh.identityFilePath.windows": "C:\\k"},
               {"session.target": "192.0.2.2", "session.protocol": "SSH", "session.oneKey": "ops"},
               {"session.label": "com", "session.protocol": "Serial"}, 3]"#,
        )
        .unwrap();
        let [web, plain, serial] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((web.id.as_str(), read.passwords), ("u1", 1));
        assert_eq!(web.folders, ["prod", "web"]);
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.port), (Some("deploy"), Some(2222)));
        assert_eq!(session.key.as_deref(), Some("C:\\k"));
        assert_eq!(plain.name, "192.0.2.2");
        let left = &plain.content.as_ref().unwrap().left_behind;
        assert_eq!(left[..], [LeftBehind::Login("ops".into())]);
        assert_eq!(serial.content, Err(Skipped::Protocol("serial".into())));
    }

    #[test]
    fn an_empty_list_has_no_sessions_and_another_list_is_no_input() {
        assert_eq!(listing("[]").unwrap().entries, []);
        assert!(matches!(listing("[1]"), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing("{}"), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing("[{"), Err(ImportError::Broken { .. })));
    }
}
