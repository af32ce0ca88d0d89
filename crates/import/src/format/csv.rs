//! Tables with a header: Termius, mRemoteNG, Royal TS, and spreadsheets.

use csv::ReaderBuilder;

use super::Sample;
use crate::values::{file_name, note, port, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped,
};

/// What a column is, and the names that programs give it, in lower case.
const COLUMNS: &[(Column, &[&str])] = &[
    (Column::Id, &["id", "uuid", "instance id", "instanceid"]),
    (Column::Name, &["name", "label", "session", "session name", "alias", "title"]),
    (
        Column::Host,
        &[
            "host",
            "hostname",
            "hostname/ip",
            "computer name",
            "address",
            "ip",
            "ip address",
            "server",
        ],
    ),
    (Column::Port, &["port"]),
    (Column::User, &["user", "username", "user name", "login"]),
    (Column::Protocol, &["protocol", "type", "connection type"]),
    (Column::Folder, &["groups", "group", "folder", "path"]),
    (Column::Tags, &["tags", "labels"]),
    (Column::Note, &["description", "note", "notes", "comment"]),
    (Column::Key, &["key", "ssh key", "identity file", "identityfile", "private key"]),
    (Column::Jump, &["jump", "proxyjump", "sshtunnelconnectionname"]),
    (Column::Parent, &["parent"]),
    (Column::Kind, &["nodetype"]),
    (Column::Password, &["password"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Id,
    Name,
    Host,
    Port,
    User,
    Protocol,
    Folder,
    Tags,
    Note,
    Key,
    Jump,
    Parent,
    Kind,
    Password,
}

/// The columns of a header line: what each is, where that is known.
struct Header {
    columns: Vec<Option<Column>>,
    delimiter: u8,
}

impl Header {
    fn parse(text: &str) -> Option<Self> {
        let line = text.lines().next()?;
        [b',', b';', b'\t'].into_iter().find_map(|delimiter| {
            let names = line
                .split(char::from(delimiter))
                .map(|name| name.trim().trim_matches('"').trim().to_lowercase());
            let of = |name: String| {
                let known = COLUMNS.iter().find(|(_, names)| names.contains(&name.as_str()));
                known.map(|(column, _)| *column)
            };
            let columns: Vec<_> = names.map(of).collect();
            let has = |column| columns.contains(&Some(column));
            (has(Column::Host) && columns.len() > 1).then_some(Header { columns, delimiter })
        })
    }
}

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    matches!(samples, [sample] if Header::parse(sample.text.trim_start()).is_some())
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let text = decoded.text.trim_start();
        let header = Header::parse(text)
            .ok_or(ImportError::NotThisFormat("header with a column for the host"))?;
        listing.note_encoding(&decoded);
        table(text, &header, &mut listing)?;
    }
    Ok(listing)
}

fn table(text: &str, header: &Header, listing: &mut Listing) -> Result<(), ImportError> {
    let mut reader = ReaderBuilder::new()
        .delimiter(header.delimiter)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        rows.push(record.map_err(|error| ImportError::Broken {
            line: error.position().map_or(0, csv::Position::line),
            why: "it is no row that can be read".to_owned(),
        })?);
    }
    let of = |row: &'_ csv::StringRecord, wanted: Column| {
        let at = header.columns.iter().position(|column| *column == Some(wanted))?;
        some(row.get(at))
    };
    // mRemoteNG names the folder of a row by the id of the folder's own row.
    let folder = |row: &csv::StringRecord| {
        let mut folders: Vec<String> = Vec::new();
        let mut parent = of(row, Column::Parent);
        while let Some(id) = parent.take().filter(|_| folders.len() < rows.len()) {
            if let Some(above) = rows.iter().find(|row| of(row, Column::Id).as_ref() == Some(&id)) {
                folders.extend(of(above, Column::Name));
                parent = of(above, Column::Parent);
            }
        }
        folders.reverse();
        let path = of(row, Column::Folder).unwrap_or_default();
        folders.extend(path.split(['/', '\\']).filter_map(|part| some(Some(part))));
        folders
    };
    for row in &rows {
        let of = |column| of(row, column);
        if of(Column::Kind).is_some_and(|kind| kind.eq_ignore_ascii_case("container")) {
            continue;
        }
        listing.passwords += usize::from(of(Column::Password).is_some());
        let Some(name) = of(Column::Name).or_else(|| of(Column::Host)) else { continue };
        let content = require_plain("name", &name).and_then(|()| content(&of));
        listing.entries.push(Entry::by_id(of(Column::Id), folder(row), name, content));
    }
    Ok(())
}

fn content(of: &impl Fn(Column) -> Option<String>) -> Result<Session, Skipped> {
    let protocol = of(Column::Protocol).unwrap_or_default().to_lowercase();
    if !["", "ssh", "ssh2", "sftp", "secure shell"].contains(&protocol.as_str()) {
        return Err(Skipped::Protocol(protocol));
    }
    let mut session = session(of(Column::Host).as_deref(), of(Column::User).as_deref())?;
    session.port = port(of(Column::Port).as_deref())?;
    session.note = note(of(Column::Note).as_deref());
    let tags = of(Column::Tags).unwrap_or_default();
    session.tags = tags.split([',', ';', '|']).filter_map(|tag| some(Some(tag))).collect();
    match of(Column::Key) {
        // A name without a folder is one of the program's own keys.
        Some(key) if file_name(&key) == key => session.left_behind.push(LeftBehind::Key(key)),
        key => session.key = key,
    }
    session.jumps.extend(of(Column::Jump).map(Jump::Session));
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("hosts.csv", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn columns_are_known_by_their_names() {
        let read = listing(
            "Groups,Label,Tags,Hostname/IP,Protocol,Port,Username,Password\r\n\
             prod/web,web 01,\"nginx,prod\",192.0.2.1,ssh,2222,deploy,x\r\n,,,lab.example,,,,\r\n\
             net,switch,,192.0.2.2,telnet,23,admin,\r\n",
        )
        .unwrap();
        let [web, lab, switch] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((web.id.as_str(), read.passwords), ("prod/web/web 01", 1));
        let session = web.content.as_ref().unwrap();
        assert_eq!(
            (session.port, &session.tags[..]),
            (Some(2222), &["nginx".into(), "prod".into()][..])
        );
        assert_eq!(lab.name, "lab.example");
        assert_eq!(switch.content, Err(Skipped::Protocol("telnet".into())));
    }

    #[test]
    fn a_parent_is_the_folder_and_a_circle_of_them_ends() {
        let read = listing(
            "Name;Id;Parent;NodeType;Description;Hostname;Protocol;SSHTunnelConnectionName\n\
             prod;1;;Container;;;SSH2;\nweb;2;1;Connection;front end;h;SSH2;bastion\n\
             a;3;3;Connection;;h;SSH2;\n",
        )
        .unwrap();
        assert_eq!(read.entries[0].folders, ["prod"]);
        assert_eq!(read.entries[0].id, "2");
        let session = read.entries[0].content.as_ref().unwrap();
        assert_eq!(session.jumps, [Jump::Session("bastion".into())]);
        assert_eq!(read.entries.len(), 2);
    }

    #[test]
    fn a_table_without_a_host_is_none() {
        assert!(matches!(listing("a,b\n1,2\n"), Err(ImportError::NotThisFormat(_))));
        assert!(listing("").is_err());
    }
}
