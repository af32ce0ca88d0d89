//! FinalShell: a folder `conn` with a JSON file for each connection, and `folder.json` in each folder.

use std::collections::HashMap;

use serde_json::Value;

use super::Sample;
use crate::json::{self, items, text};
use crate::values::{note, port, require_plain, session};
use crate::{Encodings, Entry, ImportError, InputFile, LeftBehind, Listing, Session, Skipped};

/// What the program itself calls it.
const KIND: &str = "conection_type";

/// How deep folders may stand in each other.
const DEPTH: usize = 32;

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| sample.text.contains(&format!("\"{KIND}\"")))
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut values = Vec::new();
    for file in files.iter().filter(|file| file.stem().1 == "json") {
        let decoded = encodings.decode(&file.bytes);
        let is_connection = decoded.text.contains(KIND);
        if is_connection || file.stem().0 == "folder" {
            // One file of many that breaks off stops no other.
            match json::parse(&decoded.text) {
                Ok(value) => values.push(value),
                Err(_) if !is_connection => continue,
                Err(error) if files.len() == 1 => return Err(error),
                Err(_) => {
                    let content = Err(Skipped::Broken);
                    listing.entries.push(Entry::by_path(file.folders(), file.stem().0, content));
                }
            }
            listing.note_encoding(&decoded);
        }
    }
    let (connections, folders): (Vec<_>, Vec<_>) =
        values.iter().partition(|value: &&Value| value.get(KIND).is_some());
    if connections.is_empty() && folders.is_empty() && listing.entries.is_empty() {
        return Err(ImportError::NotThisFormat("`…_connect_config.json` file"));
    }
    let folders: HashMap<String, &Value> =
        folders.into_iter().filter_map(|folder| Some((text(folder, "id")?, folder))).collect();
    for value in connections.into_iter().filter(|value| !is_deleted(value)) {
        listing.passwords += usize::from(text(value, "password").is_some());
        let host = text(value, "host").unwrap_or_default();
        let name = text(value, "name").unwrap_or(host);
        let content = require_plain("name", &name).and_then(|()| content(value));
        listing.entries.push(Entry::by_id(
            text(value, "id"),
            above(value, &folders),
            name,
            content,
        ));
    }
    Ok(listing)
}

fn is_deleted(value: &Value) -> bool {
    text(value, "delete_time").is_some_and(|time| time != "0")
}

/// The names of the folders that a connection is in.
fn above(value: &Value, folders: &HashMap<String, &Value>) -> Vec<String> {
    let parent = |value: &Value| text(value, "parent_id").and_then(|id| folders.get(&id).copied());
    let folders = std::iter::successors(parent(value), |folder| parent(folder)).take(DEPTH);
    let mut names: Vec<_> = folders.filter_map(|folder| text(folder, "name")).collect();
    names.reverse();
    names
}

fn content(value: &Value) -> Result<Session, Skipped> {
    let kind = text(value, KIND).unwrap_or_default();
    if kind != "100" {
        let kind = if kind == "101" { "rdp".to_owned() } else { format!("type {kind}") };
        return Err(Skipped::Protocol(kind));
    }
    let mut session = session(text(value, "host").as_deref(), text(value, "user_name").as_deref())?;
    session.port = port(text(value, "port").as_deref())?;
    session.note = note(text(value, "description").as_deref());
    // 2 is a key, in the program's own store.
    if text(value, "authentication_type").as_deref() == Some("2")
        && let Some(id) = text(value, "secret_key_id")
    {
        session.left_behind.push(LeftBehind::Key(id));
    }
    if text(value, "proxy_id").is_some_and(|id| id != "0") {
        session.left_behind.push(LeftBehind::Proxy("FinalShell".to_owned()));
    }
    let forwardings = items(value, "port_forwarding_list").len();
    session.left_behind.extend((0..forwardings).map(|_| LeftBehind::Forwarding));
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(files: &[(&str, &str)]) -> Result<Listing, ImportError> {
        let files: Vec<_> = files.iter().map(|(path, text)| InputFile::new(*path, *text)).collect();
        read(&files, &Encodings::new(None, "C").unwrap())
    }

    const WEB: &str = r#"{"id": "s1", "parent_id": "a1", "name": "web 01", "host": "h", "port": 2222,
        "user_name": "deploy", "conection_type": 100, "authentication_type": 2, "secret_key_id": "k1",
        "password": "x", "description": "front", "delete_time": 0, "proxy_id": "0", "port_forwarding_list": [{}]}"#;

    #[test]
    fn folders_are_named_by_their_files_and_what_is_deleted_is_none() {
        let gone = WEB.replace("\"delete_time\": 0", "\"delete_time\": 17");
        let desk = WEB.replace("100", "101").replace("s1", "s2");
        let read = listing(&[
            (
                "conn/a1/folder.json",
                r#"{"id": "a1", "name": "生产", "parent_id": "b", "delete_time": 0}"#,
            ),
            ("conn/b/folder.json", r#"{"id": "b", "name": "eu", "parent_id": "a1"}"#),
            ("conn/a1/s1_connect_config.json", WEB),
            ("conn/a1/s2_connect_config.json", &desk),
            ("conn/a1/s3_connect_config.json", &gone),
            ("conn/a1/s4_connect_config.json", &WEB[..80]),
            ("conn/a1/s5_connect_config.json", &WEB[..200]),
        ])
        .unwrap();
        let [broken, web, desk] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!(broken.content, Err(Skipped::Broken));
        assert_eq!((web.id.as_str(), web.folders.len(), read.passwords), ("s1", DEPTH, 2));
        assert_eq!(web.folders[DEPTH - 1], "生产");
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.port), (Some("deploy"), Some(2222)));
        assert_eq!(session.left_behind, [LeftBehind::Key("k1".into()), LeftBehind::Forwarding]);
        assert_eq!(desk.content, Err(Skipped::Protocol("rdp".into())));
    }

    #[test]
    fn other_files_are_no_input() {
        assert!(matches!(listing(&[("a.json", "{}")]), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing(&[("a.json", &WEB[..200])]), Err(ImportError::Broken { .. })));
    }
}
