//! SuperPuTTY: `Sessions.XML`, and the file of *File > Export* (SuperPutty/Data/SessionData.cs).

use super::Sample;
use crate::ssh_line::windows_words;
use crate::values::{port, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, LeftBehind, Listing, Session, Skipped, putty_flags,
    xml,
};

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| sample.text.contains("<ArrayOfSessionData"))
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
        if document.root_element().tag_name().name() != "ArrayOfSessionData" {
            continue;
        }
        is_known = true;
        listing.note_encoding(&decoded);
        let rows = document.root_element().children();
        for row in rows.filter(|row| row.tag_name().name() == "SessionData") {
            push(&|name| row.attribute(name), &mut listing);
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("<ArrayOfSessionData>")) }
}

fn push<'a>(get: &impl Fn(&str) -> Option<&'a str>, listing: &mut Listing) {
    let words = windows_words(get("ExtraArgs").unwrap_or_default());
    listing.passwords += usize::from(putty_flags::has_password(&words));
    let path = get("SessionId").unwrap_or_default();
    let mut folders: Vec<_> = path.split('/').filter_map(|part| some(Some(part))).collect();
    let last = folders.pop();
    let Some(name) = some(get("SessionName")).or(last) else { return };
    let content = require_plain("name", &name).and_then(|()| content(get, words));
    listing.entries.push(Entry::by_id(some(Some(path)), folders, name, content));
}

fn content<'a>(
    get: &impl Fn(&str) -> Option<&'a str>,
    words: Vec<String>,
) -> Result<Session, Skipped> {
    let protocol = some(get("Proto")).unwrap_or_else(|| "SSH".to_owned()).to_lowercase();
    if protocol != "ssh" {
        return Err(Skipped::Protocol(protocol));
    }
    let mut session = session(get("Host"), get("Username"))?;
    session.port = port(get("Port"))?;
    putty_flags::apply(words, &mut session)?;
    if let Some(name) = some(get("PuttySession")).filter(|name| name != "Default Settings") {
        session.left_behind.push(LeftBehind::Settings(name));
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("Sessions.XML", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn rows_have_folders_and_flags_of_putty() {
        let read = listing(
            r#"<?xml version="1.0" encoding="utf-8"?>
            <ArrayOfSessionData xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
              <SessionData SessionId="prod/web 01" SessionName="web 01" Host="192.0.2.1" Port="2222" Proto="SSH"
                PuttySession="blue" Username="deploy" ExtraArgs="-pw x -i &quot;C:\my keys\web.ppk&quot;" />
              <SessionData SessionId="lab/box" SessionName="box" Host="ops@h" Username="u" Port="22" />
              <SessionData SessionId="m" SessionName="m" Host="h" Proto="Mintty" />
              <SessionData Host="h" />
            </ArrayOfSessionData>"#,
        )
        .unwrap();
        let [web, lab, mintty] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((web.id.as_str(), read.passwords), ("prod/web 01", 1));
        assert_eq!((web.name.as_str(), &web.folders[..]), ("web 01", &["prod".to_owned()][..]));
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.port, session.user.as_deref()), (Some(2222), Some("deploy")));
        assert_eq!(session.key.as_deref(), Some(r"C:\my keys\web.ppk"));
        assert_eq!(session.left_behind, [LeftBehind::Settings("blue".into())]);
        let session = lab.content.as_ref().unwrap();
        assert_eq!((session.host.as_str(), session.user.as_deref()), ("h", Some("ops")));
        assert_eq!(mintty.content, Err(Skipped::Protocol("mintty".into())));
    }

    #[test]
    fn an_empty_list_and_other_xml() {
        assert_eq!(listing("<ArrayOfSessionData/>").unwrap().entries, []);
        assert!(matches!(listing("<a/>"), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing("<ArrayOfSessionData>"), Err(ImportError::Broken { .. })));
    }
}
