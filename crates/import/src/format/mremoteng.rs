//! mRemoteNG: `confCons.xml` and XML exports of it (XmlConnectionNodeSerializer26.cs, …28.cs).

use std::collections::HashMap;

use roxmltree::Node;

use super::Sample;
use crate::ssh_line::windows_words;
use crate::values::{note, port, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped,
    putty_flags, xml,
};

/// A file without XML that is base64 as a whole is one of version 2.5, encrypted; this many bytes of it
/// are looked at.
const LOOKED_AT: usize = 4_096;

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        let text = &sample.text;
        text.contains("Connections") && text.contains("ConfVersion=") || is_encrypted_whole(text)
    })
}

fn is_encrypted_whole(text: &str) -> bool {
    let text = text.trim();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    let mixed = |text: &[u8]| {
        [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase]
            .iter()
            .all(|kind| text.iter().any(kind))
    };
    let looked_at = &text.as_bytes()[..text.len().min(LOOKED_AT)];
    text.len() > 1_024 && looked_at.iter().copied().all(is_base64) && mixed(looked_at)
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let text = decoded.text.trim_start();
        if is_encrypted_whole(text) {
            return Err(ImportError::Encrypted);
        }
        if !text.starts_with('<') {
            continue;
        }
        let document = xml::parse(text)?;
        let root = document.root_element();
        if root.tag_name().name() != "Connections" {
            continue;
        }
        if is_true(root.attribute("FullFileEncryption")) {
            return Err(ImportError::Encrypted);
        }
        is_known = true;
        listing.note_encoding(&decoded);
        nodes(root, &mut listing);
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("<Connections>")) }
}

fn is_true(value: Option<&str>) -> bool {
    value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// What nodes inherit, with what says that they do.
const INHERITED: [(&str, &str); 7] = [
    ("Username", "InheritUsername"),
    ("Port", "InheritPort"),
    ("Protocol", "InheritProtocol"),
    ("PuttySession", "InheritPuttySession"),
    ("Descr", "InheritDescription"),
    ("SSHOptions", "InheritSSHOptions"),
    ("SSHTunnelConnectionName", "InheritSSHTunnelConnectionName"),
];

/// The values of a node, those of its folder among them.
type Values<'a> = HashMap<&'static str, &'a str>;

fn values<'a>(node: Node<'a, '_>, above: &Values<'a>) -> Values<'a> {
    let value = |name: &'static str, inherits: &str| {
        let own = || node.attribute(name);
        if is_true(node.attribute(inherits)) { above.get(name).copied() } else { own() }
    };
    let values = INHERITED.iter();
    values.filter_map(|(name, inherits)| Some((*name, value(name, inherits)?))).collect()
}

fn nodes(root: Node<'_, '_>, listing: &mut Listing) {
    // Nested nodes in the order of the file, without going into itself.
    let mut waiting = vec![(root, Vec::new(), Values::new())];
    while let Some((parent, folders, above)) = waiting.pop() {
        let mut containers = Vec::new();
        for node in parent.children().filter(|node| node.tag_name().name() == "Node") {
            let values = values(node, &above);
            let name = node.attribute("Name").unwrap_or_default().trim();
            listing.passwords += usize::from(some(node.attribute("Password")).is_some());
            if node.attribute("Type").is_some_and(|kind| kind.eq_ignore_ascii_case("container")) {
                let mut below: Vec<String> = folders.clone();
                below.extend(some(Some(name)));
                containers.push((node, below, values));
                continue;
            }
            let content = require_plain("name", name).and_then(|()| content(node, &values));
            listing.entries.push(Entry::by_id(
                some(node.attribute("Id")),
                folders.clone(),
                name,
                content,
            ));
        }
        waiting.extend(containers.into_iter().rev());
    }
}

fn content(node: Node<'_, '_>, values: &Values<'_>) -> Result<Session, Skipped> {
    let get = |name: &str| values.get(name).copied();
    let protocol = get("Protocol").unwrap_or_default().to_lowercase();
    match protocol.as_str() {
        "ssh2" => {}
        "ssh1" => return Err(Skipped::Protocol("ssh 1".to_owned())),
        "" => return Err(Skipped::Protocol("no protocol".to_owned())),
        _ => return Err(Skipped::Protocol(protocol)),
    }
    let mut session = session(node.attribute("Hostname"), get("Username"))?;
    session.port = port(get("Port"))?;
    session.note = note(get("Descr"));
    session.jumps.extend(some(get("SSHTunnelConnectionName")).map(Jump::Session));
    putty_flags::apply(windows_words(get("SSHOptions").unwrap_or_default()), &mut session)?;
    if let Some(name) = some(get("PuttySession")).filter(|name| name != "Default Settings") {
        session.left_behind.push(LeftBehind::Settings(name));
    }
    if some(node.attribute("OpeningCommand")).is_some() {
        session.left_behind.push(LeftBehind::Command);
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("confCons.xml", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn a_node_inherits_what_it_says_from_its_folder() {
        let read = listing(
            r#"<mrng:Connections xmlns:mrng="http://mremoteng.org" FullFileEncryption="false" ConfVersion="2.6">
              <Node Name="prod" Type="Container" Username="ops" Port="2200" Protocol="SSH2" Password="x">
                <Node Name="eu" Type="Container" InheritUsername="True" Username="" Port="22" Protocol="RDP">
                  <Node Name="web 01" Type="Connection" Id="w1" Hostname="192.0.2.1" Protocol="SSH2" Username=""
                    Port="22" InheritUsername="true" Descr="front end" SSHTunnelConnectionName="bastion"
                    PuttySession="blue" OpeningCommand="top" SSHOptions="-A" />
                </Node>
                <Node Name="bastion" Type="Connection" Hostname="j" Protocol="SSH2" Username="me" Port="9" InheritPort="true"
                  InheritUsername="false" PuttySession="Default Settings" />
                <Node Name="desk" Type="Connection" Hostname="h" Protocol="RDP" Port="3389" />
              </Node>
            </mrng:Connections>"#,
        )
        .unwrap();
        let [bastion, desk, web] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((web.id.as_str(), bastion.id.as_str()), ("w1", "prod/bastion"));
        assert_eq!((&web.folders[..], read.passwords), (&["prod".into(), "eu".into()][..], 1));
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.port), (Some("ops"), None));
        assert_eq!(session.jumps, [Jump::Session("bastion".into())]);
        assert_eq!(session.note.as_deref(), Some("front end"));
        assert_eq!(session.left_behind, [LeftBehind::Settings("blue".into()), LeftBehind::Command]);
        let session = bastion.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.port), (Some("me"), Some(2200)));
        assert_eq!(desk.content, Err(Skipped::Protocol("rdp".into())));
    }

    #[test]
    fn an_encrypted_file_is_told_and_other_xml_is_no_input() {
        let whole = "aB3+".repeat(1_000);
        for text in [
            &whole,
            "<Connections FullFileEncryption=\"True\" ConfVersion=\"2.6\">eA==</Connections>",
        ] {
            assert_eq!(listing(text), Err(ImportError::Encrypted));
        }
        assert_eq!(listing("<Connections ConfVersion=\"2.5\"/>").unwrap().entries, []);
        assert!(matches!(listing("<a/>"), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing(&"a".repeat(5_000)), Err(ImportError::NotThisFormat(_))));
    }
}
