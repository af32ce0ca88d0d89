//! MobaXterm: the `[Bookmarks]` of `MobaXterm.ini`, `.mxtsessions` and `.mobaconf`.

use std::collections::HashMap;

use sshp_config::Keyword;

use super::Sample;
use crate::ini::{self, Section, section};
use crate::values::{destination, note, port, remote_command, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped,
};

/// What stands for a character that means something else.
const ESCAPES: [(&str, &str); 7] = [
    ("__PTVIRG__", ";"),
    ("__DIEZE__", "#"),
    ("__PIPE__", "|"),
    ("__POURCENT__", "%"),
    ("__PERCENT__", "%"),
    ("__DBLQUO__", "\""),
    ("__EQUAL__", "="),
];

/// The kinds of sessions, by number; 0 is ssh.
const KINDS: [&str; 17] = [
    "ssh", "telnet", "rsh", "xdmcp", "rdp", "vnc", "ftp", "sftp", "serial", "file", "shell",
    "browser", "mosh", "s3", "wsl", "type 15", "wsl",
];

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    let is_bookmarks = |line: &str| line.trim().starts_with("[Bookmarks");
    samples.iter().any(|sample| sample.text.lines().any(is_bookmarks))
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let sections = ini::sections(&decoded.text);
        let credentials = credentials(&sections);
        let passwords = ["Passwords", "Credentials", "Sesspass"];
        let is_bookmarks = |section: &Section<'_>| {
            let name = section.name.to_ascii_lowercase();
            name == "bookmarks" || name.starts_with("bookmarks_")
        };
        for section in &sections {
            if passwords.iter().any(|name| section.name.eq_ignore_ascii_case(name)) {
                listing.passwords += section.lines.len();
            }
            if !is_bookmarks(section) {
                continue;
            }
            is_known = true;
            listing.note_encoding(&decoded);
            let folders = section.get("SubRep").unwrap_or_default().split('\\');
            let folders: Vec<_> = folders.filter_map(|folder| some(Some(folder))).collect();
            for (name, value) in &section.lines {
                if ["subrep", "imgnum"].contains(&name.to_ascii_lowercase().as_str()) {
                    continue;
                }
                let name = unescape(name);
                let content =
                    require_plain("name", &name).and_then(|()| content(value, &credentials));
                listing.entries.push(Entry::by_path(folders.clone(), name, content));
            }
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("[Bookmarks] section")) }
}

/// The user of each entry of the credential manager: `NAME=user:cipher`. The cipher is not kept.
fn credentials(sections: &[Section<'_>]) -> HashMap<String, String> {
    let Some(section) = section(sections, "Credentials") else { return HashMap::new() };
    let user = |value: &str| value.split(':').next().unwrap_or_default().to_owned();
    section.lines.iter().map(|(name, value)| ((*name).to_owned(), user(value))).collect()
}

fn unescape(text: &str) -> String {
    ESCAPES.iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

/// `#ICON#TYPE%field%field…#terminal#start#comment#colour`; versions have 15 to 37 fields.
fn content(value: &str, credentials: &HashMap<String, String>) -> Result<Session, Skipped> {
    let mut parts = value.split('#');
    // What stands before the icon is `;  logout` at most.
    let fields: Vec<&str> = parts.by_ref().nth(2).unwrap_or_default().split('%').collect();
    let comment = parts.nth(2).map(unescape);
    let field = |at: usize| fields.get(at).copied().filter(|field| !field.trim().is_empty());
    let kind = field(0).and_then(|kind| kind.trim().parse::<usize>().ok());
    if kind != Some(0) {
        let name = kind.and_then(|kind| KINDS.get(kind)).copied().unwrap_or("unknown type");
        return Err(Skipped::Protocol(name.to_owned()));
    }
    let user = field(3).map(unescape).and_then(|user| user_of(&user, credentials));
    let mut session = session(field(1), user.as_deref())?;
    session.port = port(field(2))?;
    session.key = field(14).and_then(|key| key_path(&unescape(key)));
    session.note = note(comment.as_deref());
    for (at, keyword) in
        [(5, Keyword::ForwardX11), (6, Keyword::Compression), (34, Keyword::ForwardAgent)]
    {
        if field(at) == Some("-1") {
            session.options.push((keyword, "yes".to_owned()));
        }
    }
    remote_command(&mut session, field(7).map(unescape).as_deref());
    // A gateway is there only with a host: the port alone stands in most rows.
    let list = |at: usize| -> Vec<&str> {
        field(at).map(|it| it.split("__PIPE__").collect()).unwrap_or_default()
    };
    let (hosts, ports, users, keys) = (list(8), list(9), list(10), list(15));
    for (at, host) in hosts.iter().enumerate() {
        let of = |list: &[&str]| list.get(at).map(|value| unescape(value));
        let (host, user) = destination(&unescape(host), of(&users).as_deref());
        require_plain("gateway", &host)?;
        let port = port(of(&ports).as_deref())?;
        let key = of(&keys).and_then(|key| key_path(&key));
        let user = user.and_then(|user| user_of(&user, credentials));
        session.jumps.push(Jump::Server { host, port, user, key });
    }
    if field(20).is_some() {
        session.left_behind.push(LeftBehind::Proxy("SOCKS or HTTP".to_owned()));
    }
    Ok(session)
}

/// A user, which can be one of the credential manager: `[NAME]`.
fn user_of(user: &str, credentials: &HashMap<String, String>) -> Option<String> {
    if user.eq_ignore_ascii_case("<default>") {
        return None;
    }
    match user.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(name) => some(credentials.get(name).map(String::as_str)),
        None => some(Some(user)),
    }
}

/// The path of a private key; a `.pub` file is none.
fn key_path(path: &str) -> Option<String> {
    let path = path.replace("_CurrentDrive_:", "C:").replace("_ProfileDir_", "%USERPROFILE%");
    let is_public = path.to_ascii_lowercase().ends_with(".pub");
    some(Some(&path)).filter(|_| !is_public)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Listing {
        let encodings = Encodings::new(None, "C").unwrap();
        read(&[InputFile::new("MobaXterm.ini", text)], &encodings).unwrap()
    }

    #[test]
    fn fields_are_read_by_their_place_whatever_the_version_has() {
        let listing = listing(
            "[Misc]\nLastSession=x| #109#0%no%22%x\n[Bookmarks_1]\nSubRep=prod\\web\nImgNum=41\n\
             old=#109#0%h%2222%[ops]% %-1%0% %%22%%%%%_ProfileDir_\\k.ppk\n\
             desk= #91#4%h%3389%\n\
             a__EQUAL__b=;  logout#151#0%u@h%22%<default>%%0%-1%ls%g1__PIPE__g2%22__PIPE__2200%a__PIPE__%0%0%0%x.pub%k1__PIPE__#t#0#ask __DIEZE__ops #-1\n\
             [Credentials]\nops=deploy:cipher\n[Passwords]\nssh:u@h=x\n",
        );
        assert_eq!(listing.passwords, 2);
        let [old, desk, last] = &listing.entries[..] else { panic!("{listing:?}") };
        assert_eq!(old.folders, ["prod", "web"]);
        let session = old.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.port), (Some("deploy"), Some(2222)));
        assert_eq!(session.key.as_deref(), Some("%USERPROFILE%\\k.ppk"));
        assert!(session.jumps.is_empty(), "a port alone is no gateway");
        assert_eq!(session.options, [(Keyword::ForwardX11, "yes".to_owned())]);
        assert_eq!(desk.content, Err(Skipped::Protocol("rdp".into())));
        assert_eq!(last.name, "a=b");
        let session = last.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.key.as_deref()), (Some("u"), None));
        assert_eq!(session.note.as_deref(), Some("ask #ops"));
        assert_eq!(session.commands[0].0, Keyword::RemoteCommand);
        assert_eq!(session.left_behind, []);
        let server = |host: &str, port, user: Option<&str>, key: Option<&str>| Jump::Server {
            host: host.into(),
            port,
            user: user.map(Into::into),
            key: key.map(Into::into),
        };
        assert_eq!(
            session.jumps,
            [server("g1", None, Some("a"), Some("k1")), server("g2", Some(2200), None, None)]
        );
    }
}
