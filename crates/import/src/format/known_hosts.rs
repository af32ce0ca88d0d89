//! known_hosts: the servers that were connected to.

use std::collections::HashMap;

use sshp_known_hosts::line::{Content, Hosts, lines};

use super::Sample;
use crate::values::session;
use crate::{Encodings, Entry, ImportError, InputFile, LeftBehind, Listing, Skipped};

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        let mut lines = lines(sample.text.as_bytes());
        lines.any(|line| matches!(line.content, Content::Entry(_)))
    })
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing { is_of_known_hosts: true, ..Listing::default() };
    let mut is_known = false;
    // The place of the entry that has a name: a server has a line for each of its keys.
    let mut entry_of: HashMap<String, usize> = HashMap::new();
    for file in files {
        let text = encodings.decode(&file.bytes).text;
        for line in lines(text.as_bytes()) {
            let Content::Entry(found) = line.content else { continue };
            is_known = true;
            let list = match found.hosts {
                _ if found.marker.is_some() => continue,
                Hosts::Hashed(_) => {
                    listing.left_behind.push(LeftBehind::HashedName);
                    continue;
                }
                Hosts::List(list) => String::from_utf8_lossy(list).into_owned(),
            };
            let names: Vec<&str> = list
                .split(',')
                .filter(|name| !name.is_empty() && !name.contains(['*', '?', '!']))
                .collect();
            // Its name comes before its address.
            let is_name = |name: &&&str| host_and_port(name).0.parse::<std::net::IpAddr>().is_err();
            let Some(name) = names.iter().find(is_name).or(names.first()) else { continue };
            let known = names.iter().find_map(|name| entry_of.get(*name)).copied();
            let at = known.unwrap_or(listing.entries.len());
            entry_of.extend(names.iter().map(|name| ((*name).to_owned(), at)));
            if known.is_none() {
                listing.entries.push(entry(name));
            }
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("host key")) }
}

fn entry(name: &str) -> Entry {
    let (host, port) = host_and_port(name);
    let content = session(Some(host), None).and_then(|mut session| {
        if host.contains('@') {
            let why = "it holds an `@`".to_owned();
            return Err(Skipped::Field { field: "host", why });
        }
        session.port = port.filter(|port| *port != 22);
        Ok(session)
    });
    Entry { id: name.to_owned(), name: host.to_owned(), folders: Vec::new(), content }
}

/// The host and the port of `[host]:port`.
fn host_and_port(name: &str) -> (&str, Option<u16>) {
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    match bracketed.map(|(host, port)| (host, port.parse().ok())) {
        Some((host, port @ Some(_))) => (host, port),
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_one_entry_and_hashed_names_are_counted() {
        let key =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGlmU8fiDSGqrpvVTxhxTbXTwNEIvkUl8FbDlTj0zqmH";
        let hashed = "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let text = format!(
            "# x\n192.0.2.1,web {key}\nweb {key}\n[db]:2222,[192.0.2.2]:2222 {key}\n*.eu,!x.eu {key}\n\
             @revoked bad {key}\n{hashed} {key}\nalone\n2001:db8::1 {key}\na@b {key}\n"
        );
        let encodings = Encodings::new(None, "C").unwrap();
        let read = read(&[InputFile::new("known_hosts", text)], &encodings).unwrap();
        let of = |entry: &Entry| {
            let session = entry.content.as_ref().ok();
            (entry.id.clone(), session.map(|session| (session.host.clone(), session.port)))
        };
        let row = |id: &str, host: &str, port| (id.to_owned(), Some((host.to_owned(), port)));
        let entries: Vec<_> = read.entries.iter().map(of).collect();
        assert_eq!(
            entries,
            [
                row("web", "web", None),
                row("[db]:2222", "db", Some(2222)),
                row("2001:db8::1", "2001:db8::1", None),
                ("a@b".to_owned(), None),
            ]
        );
        assert_eq!(read.left_behind, [LeftBehind::HashedName]);
        assert!(super::read(&[InputFile::new("x", "a b c\n")], &encodings).is_err());
    }
}
