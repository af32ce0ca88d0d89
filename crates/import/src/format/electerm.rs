//! electerm: the JSON of *Export* in its bookmarks (electerm/electerm: bookmark-schemas.js).

use std::collections::HashMap;

use serde_json::Value;
use sshp_config::Keyword;

use super::Sample;
use crate::forwards::{Forwarding, ForwardingKind};
use crate::json::{self, is_true, items, text};
use crate::values::{destination, note, port, require_plain, session};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped,
};

/// How deep groups may stand in each other.
const DEPTH: usize = 32;

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        let text = &sample.text;
        text.contains("\"bookmarkGroups\"") || text.contains("\"connectionHoppings\"")
    })
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        if !decoded.text.trim_start().starts_with(['{', '[']) {
            continue;
        }
        let value = json::parse(&decoded.text)?;
        // Bookmarks that are exported alone are a list, without groups.
        let bookmarks = match &value {
            Value::Array(bookmarks) => bookmarks.as_slice(),
            Value::Object(object) if object.contains_key("bookmarks") => items(&value, "bookmarks"),
            _ => continue,
        };
        is_known = true;
        listing.note_encoding(&decoded);
        let groups = Groups::new(items(&value, "bookmarkGroups"));
        for bookmark in bookmarks {
            push(bookmark, &groups, &mut listing);
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("`bookmarks`")) }
}

/// Which group each bookmark and each group is in.
struct Groups<'a> {
    titles: HashMap<String, &'a Value>,
    above: HashMap<&'a str, String>,
}

impl<'a> Groups<'a> {
    fn new(groups: &'a [Value]) -> Self {
        let mut known = Groups { titles: HashMap::new(), above: HashMap::new() };
        for group in groups {
            let Some(id) = text(group, "id") else { continue };
            for inner in ["bookmarkIds", "bookmarkGroupIds"] {
                let ids = items(group, inner).iter().filter_map(Value::as_str);
                known.above.extend(ids.map(|inner| (inner, id.clone())));
            }
            known.titles.insert(id, group);
        }
        known
    }

    fn folders(&self, id: &str) -> Vec<String> {
        let mut names = Vec::new();
        let groups =
            std::iter::successors(self.above.get(id), |group| self.above.get(group.as_str()));
        for group in groups.take(DEPTH) {
            let title = self.titles.get(group).and_then(|group| text(group, "title"));
            // The group that everything is in without one.
            names.extend(title.filter(|_| group != "default"));
        }
        names.reverse();
        names
    }
}

fn push(bookmark: &Value, groups: &Groups<'_>, listing: &mut Listing) {
    let keeps = |value: &Value| {
        usize::from(["password", "passphrase"].iter().any(|name| text(value, name).is_some()))
    };
    let hops = items(bookmark, "connectionHoppings");
    listing.passwords += keeps(bookmark) + hops.iter().map(keeps).sum::<usize>();
    let host = text(bookmark, "host").unwrap_or_default();
    let name = text(bookmark, "title").unwrap_or(host);
    let id = text(bookmark, "id");
    let folders = id.as_ref().map(|id| groups.folders(id)).unwrap_or_default();
    let content = require_plain("name", &name).and_then(|()| content(bookmark));
    listing.entries.push(Entry::by_id(id, folders, name, content));
}

fn content(bookmark: &Value) -> Result<Session, Skipped> {
    let get = |name: &str| text(bookmark, name);
    // A bookmark of an old version has no type.
    let kind = get("type").unwrap_or_else(|| "ssh".to_owned());
    if kind != "ssh" {
        return Err(Skipped::Protocol(kind.to_lowercase()));
    }
    let mut session = session(get("host").as_deref(), get("username").as_deref())?;
    session.port = port(get("port").as_deref())?;
    session.note = note(get("description").as_deref());
    match get("privateKey") {
        Some(key) if is_key_text(&key) => session.left_behind.push(LeftBehind::KeyText),
        key => session.key = key,
    }
    if is_true(bookmark, "x11") {
        session.options.push((Keyword::ForwardX11, "yes".to_owned()));
    }
    if let Some(name) = get("profile") {
        session.left_behind.push(LeftBehind::Login(name));
    }
    for tunnel in items(bookmark, "sshTunnels") {
        match forwarding(tunnel) {
            Some(option) => session.options.push(option),
            None => session.left_behind.push(LeftBehind::Forwarding),
        }
    }
    for hop in items(bookmark, "connectionHoppings") {
        let host = text(hop, "host").unwrap_or_default();
        let (host, user) = destination(&host, text(hop, "username").as_deref());
        require_plain("hop", &host)?;
        let key = text(hop, "privateKey").filter(|key| !is_key_text(key));
        let port = port(text(hop, "port").as_deref())?;
        session.jumps.push(Jump::Server { host, port, user, key });
    }
    if get("proxy").is_some() {
        session.left_behind.push(LeftBehind::Proxy("SOCKS or HTTP".to_owned()));
    }
    if get("proxyCommand").is_some() {
        session.left_behind.push(LeftBehind::Proxy("command".to_owned()));
    }
    let scripts = items(bookmark, "runScripts").iter();
    if scripts.chain([bookmark]).any(|value| text(value, "script").is_some()) {
        session.left_behind.push(LeftBehind::Script);
    }
    Ok(session)
}

/// A private key itself, and no path.
fn is_key_text(key: &str) -> bool {
    key.contains("-----BEGIN") || key.contains('\n')
}

fn forwarding(tunnel: &Value) -> Option<(Keyword, String)> {
    let get = |name: &str| text(tunnel, name).unwrap_or_default();
    let local = (get("sshTunnelLocalHost"), get("sshTunnelLocalPort"));
    let remote = (get("sshTunnelRemoteHost"), get("sshTunnelRemotePort"));
    let (kind, (bind, port), (host, host_port)) = match get("sshTunnel").as_str() {
        "forwardLocalToRemote" => (ForwardingKind::Local, local, remote),
        "forwardRemoteToLocal" => (ForwardingKind::Remote, remote, local),
        "dynamicForward" => (ForwardingKind::Dynamic, local, Default::default()),
        _ => return None,
    };
    let (bind, port, host, host_port) = (&bind, &port, &host, &host_port);
    Forwarding { kind, bind, port, host, host_port }.option()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("bookmarks.json", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn groups_tunnels_and_hops_come_along_and_a_key_in_the_file_stays() {
        let read = listing(
            r#"{"bookmarkGroups": [
                {"id": "g1", "title": "web", "bookmarkIds": ["b1"]},
                {"id": "g0", "title": "prod", "bookmarkIds": [], "bookmarkGroupIds": ["g1"]},
                {"id": "default", "title": "default", "bookmarkIds": ["b2"], "bookmarkGroupIds": ["g0", "default"]}],
              "bookmarks": [
                {"id": "b1", "title": "web 01", "host": "192.0.2.1", "port": 2222, "username": "deploy",
                 "privateKey": "-----BEGIN OPENSSH PRIVATE KEY-----\nx", "passphrase": "x", "x11": true,
                 "sshTunnels": [
                   {"sshTunnel": "forwardLocalToRemote", "sshTunnelLocalHost": "127.0.0.1", "sshTunnelLocalPort": 8080,
                    "sshTunnelRemoteHost": "localhost", "sshTunnelRemotePort": 80},
                   {"sshTunnel": "dynamicForward", "sshTunnelLocalHost": "127.0.0.1", "sshTunnelLocalPort": 1080},
                   {"sshTunnel": "other"}],
                 "connectionHoppings": [{"host": "j", "port": 22, "username": "ops", "password": "x"}],
                 "proxy": "socks5://127.0.0.1:1080"},
                {"id": "b2", "title": "desk", "host": "h", "type": "rdp"}]}"#,
        )
        .unwrap();
        let [web, desk] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((web.id.as_str(), read.passwords), ("b1", 2));
        assert_eq!(web.folders, ["prod", "web"]);
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.port, &session.key), (Some(2222), &None));
        let values: Vec<_> = session.options.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["yes", "127.0.0.1:8080 localhost:80", "127.0.0.1:1080"]);
        let jump =
            Jump::Server { host: "j".into(), port: None, user: Some("ops".into()), key: None };
        assert_eq!(session.jumps, [jump]);
        assert_eq!(
            session.left_behind,
            [
                LeftBehind::KeyText,
                LeftBehind::Forwarding,
                LeftBehind::Proxy("SOCKS or HTTP".into())
            ]
        );
        assert_eq!(desk.content, Err(Skipped::Protocol("rdp".into())));
    }

    #[test]
    fn a_list_alone_is_bookmarks_too() {
        let read = listing(r#"[{"host": "h", "username": "u", "privateKey": "/k"}]"#).unwrap();
        assert_eq!(read.entries[0].id, "h");
        assert_eq!(read.entries[0].content.as_ref().unwrap().key.as_deref(), Some("/k"));
        assert_eq!(listing(r#"{"bookmarks": []}"#).unwrap().entries, []);
        assert!(matches!(listing("{}"), Err(ImportError::NotThisFormat(_))));
    }
}
