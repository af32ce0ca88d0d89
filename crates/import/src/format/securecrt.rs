//! SecureCRT: a folder of `.ini` files, or the XML of *Export Settings*.

use std::collections::HashMap;

use roxmltree::Node;
use sshp_config::Keyword;

use super::Sample;
use crate::forwards::{Forwarding, ForwardingKind};
use crate::values::{note, port, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped, xml,
};

/// The values of a session by name. A list has a line for each item.
type Values = HashMap<String, String>;

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        let text = sample.text.trim_start();
        let ini =
            sample.file.stem().1 == "ini" && text.lines().any(|line| line.starts_with("S:\""));
        ini || text.lines().take(5).any(|line| line.contains("<VanDyke"))
    })
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let text = decoded.text.trim_start();
        if text.starts_with('<') {
            is_known = true;
            xml(text, &mut listing)?;
        } else if file.stem().1 == "ini" && text.lines().any(|line| line.starts_with("S:\"")) {
            is_known = true;
            ini_file(file, text, &mut listing);
        } else {
            continue;
        }
        listing.note_encoding(&decoded);
    }
    if is_known {
        Ok(listing)
    } else {
        Err(ImportError::NotThisFormat("SecureCRT session or <VanDyke>"))
    }
}

fn ini_file(file: &InputFile, text: &str, listing: &mut Listing) {
    let name = file.stem().0;
    let folders: Vec<_> = file
        .folders()
        .into_iter()
        .skip_while(|folder| folder == "Config" || folder == "Sessions")
        .collect();
    let is_template = folders.is_empty() && name == "Default";
    if is_template || name.starts_with("__FolderData__") || name == "Default_LocalShell" {
        return;
    }
    let values = ini_values(text);
    // Other settings of the program lie beside the sessions.
    if values.contains_key("Hostname")
        || values.contains_key("Is Session")
        || values.contains_key("Protocol Name")
    {
        push(listing, folders, name, &values);
    }
}

/// `S:"k"=text`, `D:"k"=hex`, and `Z:"k"=count` before lines with a blank.
fn ini_values(text: &str) -> Values {
    let mut values = Values::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((kind, rest)) = line.split_once(":\"") else { continue };
        let Some((name, value)) = rest.split_once("\"=") else { continue };
        let value = match kind {
            "S" => value.trim_end().to_owned(),
            "D" => match u32::from_str_radix(value.trim(), 16) {
                Ok(number) => number.to_string(),
                Err(_) => continue,
            },
            "Z" => {
                let mut items = Vec::new();
                while let Some(item) = lines.next_if(|line| line.starts_with(' ')) {
                    items.push(item[1..].trim_end());
                }
                items.join("\n")
            }
            _ => continue,
        };
        values.insert(name.to_owned(), value);
    }
    values
}

fn xml(text: &str, listing: &mut Listing) -> Result<(), ImportError> {
    let document = xml::parse(text)?;
    let root = document.root_element();
    if root.tag_name().name() != "VanDyke" {
        return Err(ImportError::NotThisFormat("<VanDyke>"));
    }
    let is_sessions = |node: &Node<'_, '_>| node.attribute("name") == Some("Sessions");
    let mut waiting: Vec<(Node<'_, '_>, Vec<String>)> =
        root.children().filter(is_sessions).map(|node| (node, Vec::new())).collect();
    while let Some((node, folders)) = waiting.pop() {
        let keys: Vec<_> = node.children().filter(|child| child.has_tag_name("key")).collect();
        let mut inner = Vec::new();
        for key in keys {
            let name = key.attribute("name").unwrap_or_default().to_owned();
            let values = xml_values(key);
            if values.contains_key("Hostname") || values.contains_key("Is Session") {
                if !(folders.is_empty() && name == "Default") {
                    push(listing, folders.clone(), name, &values);
                }
                continue;
            }
            let mut below = folders.clone();
            below.extend(some(Some(&name)));
            inner.push((key, below));
        }
        waiting.extend(inner.into_iter().rev());
    }
    Ok(())
}

fn xml_values(key: Node<'_, '_>) -> Values {
    let mut values = Values::new();
    for child in key.children().filter(Node::is_element) {
        let Some(name) = child.attribute("name") else { continue };
        let text = child.text().unwrap_or_default();
        let value = match child.tag_name().name() {
            "string" | "dword" => text.to_owned(),
            "array" => {
                let items = child.children().filter(|item| item.has_tag_name("string"));
                items.map(|item| item.text().unwrap_or_default()).collect::<Vec<_>>().join("\n")
            }
            _ => continue,
        };
        values.insert(name.to_owned(), value);
    }
    values
}

fn push(listing: &mut Listing, folders: Vec<String>, name: String, values: &Values) {
    let is_kept = |name: &str| values.get(name).is_some_and(|value| !value.is_empty());
    let is_saved = values.get("Session Password Saved").is_some_and(|value| value == "1");
    listing.passwords += usize::from(is_saved || is_kept("Password V2") || is_kept("Password"));
    let content = require_plain("name", &name).and_then(|()| content(values));
    listing.entries.push(Entry::by_path(folders, name, content));
}

fn content(values: &Values) -> Result<Session, Skipped> {
    let get = |name: &str| values.get(name).map(String::as_str);
    let protocol = get("Protocol Name").unwrap_or("SSH2");
    if protocol != "SSH2" {
        return Err(Skipped::Protocol(protocol.to_ascii_lowercase()));
    }
    let mut session = session(get("Hostname"), get("Username"))?;
    // `Port` is Telnet's.
    session.port = port(get("[SSH2] Port"))?;
    session.note = note(get("Description"));
    let identity = some(get("Identity Filename V2")).or_else(|| some(get("Identity Filename")));
    match (get("Use Global Public Key"), identity) {
        (Some("0"), Some(path)) => session.key = key_path(&path),
        (_, Some(path)) => session.left_behind.push(LeftBehind::Key(path)),
        _ => {}
    }
    let compresses = some(get("Compression List")).is_some_and(|list| list != "none");
    for (is_set, keyword) in [
        (get("Enable Agent Forwarding") == Some("1"), Keyword::ForwardAgent),
        (get("Forward X11") == Some("1"), Keyword::ForwardX11),
        (compresses, Keyword::Compression),
    ] {
        if is_set {
            session.options.push((keyword, "yes".to_owned()));
        }
    }
    if let (Some("1"), Some(seconds)) = (get("Idle NO-OP Check"), some(get("Idle NO-OP Timeout")))
        && seconds.parse::<u32>().is_ok_and(|seconds| (1..1 << 31).contains(&seconds))
    {
        session.options.push((Keyword::ServerAliveInterval, seconds));
    }
    forwardings(
        get("Port Forward Table V2").or(get("Port Forward Table V3")),
        ForwardingKind::Local,
        &mut session,
    );
    forwardings(
        get("Reverse Forward Table V2").or(get("Reverse Forward Table V3")),
        ForwardingKind::Remote,
        &mut session,
    );
    match some(get("Firewall Name")) {
        None => {}
        Some(name) if name.eq_ignore_ascii_case("none") => {}
        Some(name) => match name.strip_prefix("Session:") {
            Some(path) => session.jumps.push(Jump::Session(path.to_owned())),
            None => session.left_behind.push(LeftBehind::Proxy(name)),
        },
    }
    Ok(session)
}

/// The private key of a path, which may end with `::rawkey` and name the public half. `${…}` means a
/// folder of the program.
fn key_path(path: &str) -> Option<String> {
    let path = path.strip_suffix("::rawkey").unwrap_or(path);
    let path = path.strip_suffix(".pub").unwrap_or(path);
    some(Some(path)).filter(|path| !path.contains("${"))
}

/// `name|[bind,]port|is other host|target|port||`; the target `socks,` is a dynamic one.
fn forwardings(table: Option<&str>, kind: ForwardingKind, session: &mut Session) {
    for row in table.unwrap_or_default().lines().filter(|row| !row.is_empty()) {
        let fields: Vec<&str> = row.split('|').collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default().trim();
        let (bind, port) = field(1).rsplit_once(',').unwrap_or(("", field(1)));
        let kind = if field(3).starts_with("socks") { ForwardingKind::Dynamic } else { kind };
        let host = if field(2) == "1" { field(3) } else { "localhost" };
        match (Forwarding { kind, bind, port, host, host_port: field(4) }).option() {
            Some(option) => session.options.push(option),
            None => session.left_behind.push(LeftBehind::Forwarding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(name: &str, text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new(name, text)], &Encodings::new(None, "C").unwrap())
    }

    const SESSION: &str = "\u{feff}S:\"Protocol Name\"=SSH2\r\nD:\"Session Password Saved\"=00000001\r\n\
        S:\"Hostname\"=h\r\nS:\"Username\"=u\r\nD:\"[SSH2] Port\"=000008ae\r\nD:\"Port\"=00000017\r\n\
        S:\"Firewall Name\"=Session:jump/bastion\r\nD:\"Use Global Public Key\"=00000000\r\n\
        S:\"Identity Filename V2\"=C:\\k\\id.pub::rawkey\r\nD:\"Idle NO-OP Check\"=00000001\r\n\
        D:\"Idle NO-OP Timeout\"=0000003c\r\nZ:\"Port Forward Table V2\"=00000003\r\n web|127.0.0.1,8080|1|10.0.0.9|80||\r\n \
        same|5433|0||5432||\r\n dyn|1080|0|socks,|0||\r\nZ:\"Description\"=00000002\r\n front\r\n end\r\n";

    #[test]
    fn a_session_file_is_read_with_its_tables() {
        let listing = listing("Sessions/prod/web.ini", SESSION).unwrap();
        assert_eq!((listing.entries[0].id.as_str(), listing.passwords), ("prod/web", 1));
        let session = listing.entries[0].content.as_ref().unwrap();
        assert_eq!((session.port, session.user.as_deref()), (Some(2222), Some("u")));
        assert_eq!(session.key.as_deref(), Some("C:\\k\\id"));
        assert_eq!(session.note.as_deref(), Some("front end"));
        assert_eq!(session.jumps, [Jump::Session("jump/bastion".into())]);
        let values: Vec<_> = session.options.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["60", "127.0.0.1:8080 10.0.0.9:80", "5433 localhost:5432", "1080"]);
    }

    #[test]
    fn an_export_has_folders_and_the_default_session_is_none() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VanDyke version=\"3.0\"><key name=\"Sessions\">\
            <key name=\"Default\"><string name=\"Hostname\"/></key>\
            <key name=\"prod\"><key name=\"web &amp; api\"><string name=\"Hostname\">h</string>\
            <dword name=\"[SSH2] Port\">2222</dword><string name=\"Protocol Name\">SSH2</string></key></key>\
            <key name=\"lab\"><string name=\"Hostname\">h</string><string name=\"Protocol Name\">RDP</string></key>\
            </key></VanDyke>";
        let listing = listing("x.xml", text).unwrap();
        let names: Vec<_> = listing.entries.iter().map(|entry| entry.id.as_str()).collect();
        assert_eq!(names, ["lab", "prod/web & api"]);
        assert_eq!(listing.entries[0].content, Err(Skipped::Protocol("rdp".into())));
        assert_eq!(listing.entries[1].content.as_ref().unwrap().port, Some(2222));
    }

    #[test]
    fn a_document_type_and_broken_xml_are_refused_without_their_text() {
        for text in
            ["<!DOCTYPE a [<!ENTITY x \"secret\">]><VanDyke>&x;</VanDyke>", "<VanDyke><secret>"]
        {
            let error = listing("x.xml", text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
