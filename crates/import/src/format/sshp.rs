//! Profiles that sshp wrote on another machine: `sshp export json`, `sshp list --json`.

use std::collections::HashSet;

use serde_json::Value;
use sshp_config::destination::Destination;

use super::Sample;
use crate::json::{items, parse};
use crate::values::{note, require_plain, session, some};
use crate::{Encodings, Entry, ImportError, InputFile, Jump, Listing, Session, Skipped};

/// The documents that hold profiles.
const SCHEMAS: &[&str] = &["sshp.export.v1", "sshp.list.v1"];

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    let has_schema = |sample: &Sample<'_>| {
        SCHEMAS.iter().any(|schema| sample.text.contains(&format!("\"{schema}\"")))
    };
    samples.iter().any(|sample| sample.text.trim_start().starts_with('{') && has_schema(sample))
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let text = encodings.decode(&file.bytes).text;
        let document = parse(&text)?;
        let is_ours = document["schema"].as_str().is_some_and(|name| SCHEMAS.contains(&name));
        let Some(profiles) = document["profiles"].as_array().filter(|_| is_ours) else { continue };
        is_known = true;
        let names: HashSet<&str> =
            profiles.iter().filter_map(|profile| profile["name"].as_str()).collect();
        for profile in profiles {
            let name = profile["name"].as_str().unwrap_or_default();
            let content = require_plain("name", name).and_then(|()| content(profile, &names));
            listing.entries.push(Entry::by_path(Vec::new(), name, content));
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("profiles of sshp")) }
}

fn content(profile: &Value, names: &HashSet<&str>) -> Result<Session, Skipped> {
    let text = |field: &str| profile[field].as_str();
    let mut session = session(text("host"), text("user"))?;
    session.port = match &profile["port"] {
        Value::Null => None,
        port => crate::values::port(Some(&port.to_string()))?,
    };
    session.key = some(profile["keys"][0].as_str());
    if let Some(key) = &session.key {
        require_plain("key", key)?;
    }
    for hop in text("jump").unwrap_or_default().split(',') {
        let Some(hop) = some(Some(hop)) else { continue };
        require_plain("jump", &hop)?;
        session.jumps.push(jump(&hop, names)?);
    }
    for tag in items(profile, "tags").iter().filter_map(Value::as_str) {
        require_plain("tag", tag)?;
        session.tags.push(tag.to_owned());
    }
    session.note = note(text("note"));
    Ok(session)
}

/// A profile of the same document, or `[user@]host[:port]`.
fn jump(hop: &str, names: &HashSet<&str>) -> Result<Jump, Skipped> {
    if names.contains(hop) {
        return Ok(Jump::Session(hop.to_owned()));
    }
    let Destination { user, host, port } = Destination::parse(hop)
        .map_err(|why| Skipped::Field { field: "jump", why: why.to_string() })?;
    Ok(Jump::Server { host, port: port.filter(|port| *port != 22), user, key: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("x.json", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn a_profile_keeps_what_it_says() {
        let text = r#"{"schema": "sshp.export.v1", "profiles": [
            {"name": "edge", "host": "192.0.2.1", "port": 22, "user": "ops", "jump": null, "keys": [], "tags": []},
            {"name": "db", "host": "10.0.0.5", "port": 2222, "user": "a", "jump": "edge,root@[2001:db8::1]:2200",
             "keys": ["~/.ssh/db"], "tags": ["prod"], "note": "main"}]}"#;
        let listing = read_one(text).unwrap();
        let db = listing.entries[1].content.as_ref().unwrap();
        assert_eq!(
            (db.host.as_str(), db.port, db.user.as_deref()),
            ("10.0.0.5", Some(2222), Some("a"))
        );
        assert_eq!((db.key.as_deref(), db.note.as_deref()), (Some("~/.ssh/db"), Some("main")));
        assert_eq!(db.tags, ["prod"]);
        let server = Jump::Server {
            host: "2001:db8::1".to_owned(),
            port: Some(2200),
            user: Some("root".to_owned()),
            key: None,
        };
        assert_eq!(db.jumps, [Jump::Session("edge".to_owned()), server]);
    }

    #[test]
    fn other_documents_and_hostile_values_are_refused() {
        assert!(read_one("{}").is_err());
        assert!(matches!(read_one("{\n x"), Err(ImportError::Broken { line: 2, .. })));
        let hostile = r#"{"schema": "sshp.list.v1", "profiles": [
            {"name": "a\nb", "host": "h"}, {"name": "c", "host": "h\nProxyCommand x"},
            {"name": "d", "host": "h", "port": 70000}, {"name": "e", "host": "h", "jump": "u@"}, 7]}"#;
        let listing = read_one(hostile).unwrap();
        assert_eq!(listing.entries.len(), 5);
        assert!(listing.entries.iter().all(|entry| entry.content.is_err()));
    }
}
