//! Royal TS and Royal TSX: documents in XML (`.rtsz`). An object names its parent by id.

use std::collections::HashMap;

use roxmltree::Node;

use super::Sample;
use crate::values::{note, port, require_plain, session, some};
use crate::{Encodings, Entry, ImportError, InputFile, LeftBehind, Listing, Session, Skipped, xml};

/// How deep folders may stand in each other.
const DEPTH: usize = 32;

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        sample.text.contains("<RTSZDocument") || sample.text.contains("<RoyalDocument")
    })
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let text = decoded.text.trim_start();
        if !text.starts_with('<') {
            continue;
        }
        let document = xml::parse(text)?;
        let root = document.root_element();
        let objects: Vec<Object<'_, '_>> = root
            .descendants()
            .filter(|node| node.tag_name().name().starts_with("Royal"))
            .map(Object)
            .collect();
        if objects.is_empty() {
            // Under a password the document holds one text and no object.
            if root.tag_name().name() == "RTSZDocument" && root.has_children() {
                return Err(ImportError::Encrypted);
            }
            continue;
        }
        is_known = true;
        listing.note_encoding(&decoded);
        let document = Objects::new(&objects);
        for object in &objects {
            listing.passwords += ["Password", "CredentialPassword", "KeyFilePassphrase"]
                .iter()
                .filter(|name| object.get(name).is_some())
                .count();
            object.push(&document, &mut listing);
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("Royal TS object")) }
}

/// The objects of a document.
struct Objects<'a, 'i, 'o> {
    by_id: HashMap<&'a str, &'o Object<'a, 'i>>,
    /// The login names of its credentials; of two with one name, the first.
    users: HashMap<&'a str, &'a str>,
}

impl<'a, 'i, 'o> Objects<'a, 'i, 'o> {
    fn new(objects: &'o [Object<'a, 'i>]) -> Self {
        let by_id = objects.iter().filter_map(|object| Some((object.get("ID")?, object)));
        let mut users = HashMap::new();
        let is_credential = |object: &&Object<'a, 'i>| object.kind() == "RoyalCredential";
        for credential in objects.iter().filter(is_credential) {
            if let (Some(name), Some(user)) = (credential.get("Name"), credential.get("UserName")) {
                users.entry(name).or_insert(user);
            }
        }
        Objects { by_id: by_id.collect(), users }
    }
}

/// An object of the document.
struct Object<'a, 'i>(Node<'a, 'i>);

impl<'a, 'i> Object<'a, 'i> {
    /// The name of its element: `RoyalFolder`.
    fn kind(&self) -> &'a str {
        self.0.tag_name().name()
    }

    /// A value, which is an element in the document and an attribute in what some tools write.
    fn get(&self, name: &str) -> Option<&'a str> {
        let element = self.0.children().find(|child| child.tag_name().name() == name);
        let text = element.and_then(|element| element.text()).or_else(|| self.0.attribute(name));
        text.map(str::trim).filter(|text| !text.is_empty())
    }

    fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// This object and what it is in, the innermost first.
    fn line<'o>(&'o self, document: &'o Objects<'a, 'i, 'o>) -> impl Iterator<Item = &'o Self> {
        let parent = |object: &&'o Self| {
            object.get("ParentID").and_then(|id| document.by_id.get(id).copied())
        };
        std::iter::successors(Some(self), parent).take(DEPTH)
    }

    fn push<'o>(&'o self, document: &'o Objects<'a, 'i, 'o>, listing: &mut Listing) {
        let kind = self.kind().strip_prefix("Royal");
        let Some(kind) = kind.and_then(|kind| kind.strip_suffix("Connection")) else { return };
        let name = self.get("Name").or_else(|| self.get("URI")).unwrap_or_default();
        let folders = self.line(document).skip(1).filter(|folder| folder.kind() == "RoyalFolder");
        let mut folders: Vec<_> =
            folders.filter_map(|folder| Some(folder.get("Name")?.to_owned())).collect();
        folders.reverse();
        let content =
            require_plain("name", name).and_then(|()| self.content(&kind.to_lowercase(), document));
        listing.entries.push(Entry::by_id(
            self.get("ID").map(str::to_owned),
            folders,
            name,
            content,
        ));
    }

    fn content<'o>(
        &'o self,
        kind: &str,
        document: &'o Objects<'a, 'i, 'o>,
    ) -> Result<Session, Skipped> {
        let skipped = |protocol: &str| Err(Skipped::Protocol(protocol.to_owned()));
        match kind {
            "ssh" if self.is_on("IsTelnetConnection") => return skipped("telnet"),
            "ssh" if self.is_on("IsSerialPortConnection") => return skipped("serial"),
            "ssh" => {}
            "rds" => return skipped("rdp"),
            kind => return skipped(kind),
        }
        let (user, missing) = self.user(document);
        let mut session = session(self.get("URI"), user)?;
        session.port = port(self.get("Port"))?;
        session.note = note(self.get("Description"));
        session.left_behind.extend(missing);
        match self.get("PrivateKeyFile").or_else(|| self.get("KeyFilePath")) {
            Some(path) => session.key = some(Some(path)),
            None if self.get("KeyFileContent").is_some() => {
                session.left_behind.push(LeftBehind::KeyText);
            }
            None => {}
        }
        if self.get("SecureGatewayId").is_some() {
            session.left_behind.push(LeftBehind::Proxy("Royal TS secure gateway".to_owned()));
        }
        Ok(session)
    }

    /// The login name: 1 is that of the parent, 2 its own, 3 that of a credential by id, 4 by name.
    fn user<'o>(
        &'o self,
        document: &'o Objects<'a, 'i, 'o>,
    ) -> (Option<&'a str>, Option<LeftBehind>) {
        for object in self.line(document) {
            let (user, name) = match object.get("CredentialMode") {
                Some("1") => continue,
                Some("3") => {
                    let id = object.get("CredentialId").unwrap_or_default();
                    let credential = document.by_id.get(id);
                    (credential.and_then(|credential| credential.get("UserName")), id)
                }
                Some("4") => {
                    let name = object.get("CredentialName").unwrap_or_default();
                    (document.users.get(name).copied(), name)
                }
                _ => {
                    let named = object.get("CredentialUsername");
                    return (named.or_else(|| object.get("UserName")), None);
                }
            };
            return (user, user.is_none().then(|| LeftBehind::Login(name.to_owned())));
        }
        (None, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("a.rtsz", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn folders_and_logins_are_found_by_their_ids() {
        let read = listing(
            "<RTSZDocument><RoyalDocument><ID>doc</ID><Name>Servers</Name></RoyalDocument>\
             <RoyalFolder><ID>f1</ID><Name>prod</Name><ParentID>doc</ParentID><CredentialMode>2</CredentialMode>\
             <CredentialUsername>ops</CredentialUsername></RoyalFolder>\
             <RoyalFolder><ID>f2</ID><Name>loop</Name><ParentID>f2</ParentID><CredentialMode>1</CredentialMode></RoyalFolder>\
             <RoyalCredential><ID>c1</ID><Name>deployer</Name><UserName>deploy</UserName><Password>x</Password></RoyalCredential>\
             <RoyalSSHConnection><ID>s1</ID><Name>web 01</Name><ParentID>f1</ParentID><URI>192.0.2.1</URI>\
             <Port>2222</Port><CredentialMode>3</CredentialMode><CredentialId>c1</CredentialId></RoyalSSHConnection>\
             <RoyalSSHConnection><ID>s2</ID><Name>db</Name><ParentID>f1</ParentID><URI>db</URI>\
             <CredentialMode>1</CredentialMode></RoyalSSHConnection>\
             <RoyalSSHConnection><ID>s3</ID><Name>x</Name><ParentID>f2</ParentID><URI>x</URI>\
             <CredentialMode>4</CredentialMode><CredentialName>gone</CredentialName></RoyalSSHConnection>\
             <RoyalSSHConnection><ID>s4</ID><Name>c</Name><URI>c</URI><IsTelnetConnection>True</IsTelnetConnection></RoyalSSHConnection>\
             <RoyalRDSConnection><ID>r1</ID><Name>desk</Name><URI>d</URI></RoyalRDSConnection></RTSZDocument>",
        )
        .unwrap();
        let [web, db, x, console, desk] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((web.id.as_str(), &web.folders[..]), ("s1", &["prod".to_owned()][..]));
        assert_eq!(read.passwords, 1);
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.port), (Some("deploy"), Some(2222)));
        assert_eq!(db.content.as_ref().unwrap().user.as_deref(), Some("ops"));
        assert_eq!(x.content.as_ref().unwrap().left_behind, [LeftBehind::Login("gone".into())]);
        assert_eq!(x.folders.len(), DEPTH - 1);
        assert_eq!(console.content, Err(Skipped::Protocol("telnet".into())));
        assert_eq!(desk.content, Err(Skipped::Protocol("rdp".into())));
    }

    #[test]
    fn an_encrypted_document_is_told_and_other_xml_is_no_input() {
        assert_eq!(listing("<RTSZDocument>eA==</RTSZDocument>"), Err(ImportError::Encrypted));
        assert!(matches!(listing("<RTSZDocument/>"), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing("<a><b/></a>"), Err(ImportError::NotThisFormat(_))));
    }
}
