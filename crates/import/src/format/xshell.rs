//! Xshell: a `.xsh` file for each session (versions 5 to 8), and the jump hosts in `Common/Proxy`.

use std::collections::HashMap;

use sshp_config::Keyword;

use super::Sample;
use crate::forwards::{Forwarding, ForwardingKind};
use crate::ini::{self, Section, section};
use crate::values::{file_name, is_on, note, port, remote_command, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped,
};

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| sample.text.contains("[CONNECTION:AUTHENTICATION]"))
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let decoded: Vec<_> = files.iter().map(|file| (file, encodings.decode(&file.bytes))).collect();
    let mut jumps = HashMap::new();
    for (file, decoded) in &decoded {
        let sections = ini::sections(&decoded.text);
        let (stem, ending) = file.stem();
        // 5 is a jump host: the last part of SESSION is the file of a session.
        if let (Some(proxy), "ini") = (section(&sections, "SECTION"), ending.as_str()) {
            let jump =
                (proxy.get("TYPE") == Some("5")).then(|| some(proxy.get("SESSION"))).flatten();
            let jump = jump.map(|path| {
                let name = file_name(&path);
                let cut = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
                cut.to_owned()
            });
            jumps.insert(stem, jump);
        }
    }
    let mut is_known = false;
    for (file, decoded) in &decoded {
        let sections = ini::sections(&decoded.text);
        let (name, ending) = file.stem();
        // The template `default` has no ending.
        if section(&sections, "CONNECTION").is_none() || !ending.starts_with("xsh") {
            continue;
        }
        is_known = true;
        listing.note_encoding(decoded);
        let part = |name| section(&sections, name);
        let login = part("CONNECTION:AUTHENTICATION");
        let keeps = |name| login.is_some_and(|login| some(login.get(name)).is_some());
        listing.passwords += usize::from(keeps("Password")) + usize::from(keeps("Passphrase"));
        let content = require_plain("name", &name).and_then(|()| content(&sections, &jumps));
        let folders =
            file.folders().into_iter().skip_while(|folder| folder == "Sessions").collect();
        listing.entries.push(Entry::by_path(folders, name, content));
    }
    if is_known {
        Ok(listing)
    } else {
        Err(ImportError::NotThisFormat("`.xsh` file with a [CONNECTION]"))
    }
}

fn content(
    sections: &[Section<'_>],
    jumps: &HashMap<String, Option<String>>,
) -> Result<Session, Skipped> {
    // The same name means another thing in another section.
    let get = |name: &str, key: &str| section(sections, name).and_then(|section| section.get(key));
    let protocol = get("CONNECTION", "Protocol").unwrap_or("SSH").trim().to_ascii_lowercase();
    if protocol != "ssh" {
        return Err(Skipped::Protocol(protocol));
    }
    let login = |key| get("CONNECTION:AUTHENTICATION", key);
    let mut session = session(get("CONNECTION", "Host"), login("UserName"))?;
    session.port = port(get("CONNECTION", "Port"))?;
    session.note = note(get("CONNECTION", "Description"));
    if let Some(key) = some(login("UserKey")) {
        // A name in Xshell's own key manager, and no path.
        session.left_behind.push(LeftBehind::Key(key));
    }
    let ssh = |key: &str| get("CONNECTION:SSH", key);
    for (name, keyword, value) in [
        ("AgentForwarding", Keyword::ForwardAgent, "yes"),
        ("Compression", Keyword::Compression, "yes"),
        ("ForwardX11", Keyword::ForwardX11, "yes"),
        ("NoTerminal", Keyword::RequestTTY, "no"),
    ] {
        if is_on(ssh(name)) {
            session.options.push((keyword, value.to_owned()));
        }
    }
    let alive = |key| get("CONNECTION:KEEPALIVE", key);
    if let (true, Some(seconds)) =
        (is_on(alive("SendKeepAlive")), some(alive("SendKeepAliveInterval")))
        && seconds.parse::<u32>().is_ok_and(|seconds| (1..1 << 31).contains(&seconds))
    {
        session.options.push((Keyword::ServerAliveInterval, seconds));
    }
    forwardings(&ssh, &mut session);
    if let Some(proxy) = some(get("CONNECTION:PROXY", "Proxy")) {
        match jumps.get(&proxy) {
            Some(Some(name)) => session.jumps.push(Jump::Session(name.clone())),
            Some(None) => session.left_behind.push(LeftBehind::Proxy(proxy)),
            None => session.left_behind.push(LeftBehind::Jump(proxy)),
        }
    }
    remote_command(&mut session, ssh("RemoteCommand"));
    if is_on(login("UseExpectSend")) || is_on(login("UseInitScript")) {
        session.left_behind.push(LeftBehind::Script);
    }
    Ok(session)
}

/// `FwdReq_N_…`: Incoming 0 is local, 1 remote, 2 dynamic.
fn forwardings<'a>(ssh: &impl Fn(&str) -> Option<&'a str>, session: &mut Session) {
    let count = ssh("FwdReqCount").and_then(|count| count.trim().parse::<u32>().ok()).unwrap_or(0);
    for at in 0..count.min(1_000) {
        let of = |key: &str| ssh(&format!("FwdReq_{at}_{key}")).unwrap_or_default().trim();
        let kind = match of("Incoming") {
            "0" => ForwardingKind::Local,
            "1" => ForwardingKind::Remote,
            "2" => ForwardingKind::Dynamic,
            _ => continue,
        };
        let bind = if kind == ForwardingKind::Local && of("LocalOnly") == "0" { "*" } else { "" };
        let forwarding = Forwarding {
            kind,
            bind,
            port: of("Port"),
            host: of("Host"),
            host_port: of("HostPort"),
        };
        match forwarding.option() {
            Some(option) => session.options.push(option),
            None => session.left_behind.push(LeftBehind::Forwarding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Session, Skipped> {
        let encodings = Encodings::new(None, "C").unwrap();
        read(&[InputFile::new("a.xsh", text)], &encodings).unwrap().entries.remove(0).content
    }

    #[test]
    fn a_name_is_read_in_its_own_section_only() {
        let text = "[SessionInfo]\r\nDescription=Xshell session file\r\n[CONNECTION]\r\nHost=h\r\nPort=2222\r\n\
            [CONNECTION:AUTHENTICATION]\r\nUserName=name#utf-8\r\nUserKey=ops\r\nPassword=x\r\n\
            [CONNECTION:SSH]\r\nFwdReqCount=2\r\nFwdReq_0_Incoming=0\r\nFwdReq_0_Port=80\r\nFwdReq_0_Host=x\r\n\
            FwdReq_0_HostPort=81\r\nFwdReq_0_LocalOnly=1\r\nFwdReq_1_Incoming=2\r\nFwdReq_1_Port=1080\r\n";
        let session = one(text).unwrap();
        assert_eq!((session.host.as_str(), session.port, session.note), ("h", Some(2222), None));
        assert_eq!(session.user.as_deref(), Some("name#utf-8"));
        assert_eq!(session.left_behind, [LeftBehind::Key("ops".into())]);
        let values: Vec<_> = session.options.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["80 x:81", "1080"]);
    }

    #[test]
    fn folders_are_kept_the_template_is_none_and_a_jump_is_found_by_its_file() {
        let encodings = Encodings::new(None, "C").unwrap();
        let session = "[CONNECTION]\nHost=h\n[CONNECTION:AUTHENTICATION]\nPassword=x\n[CONNECTION:PROXY]\nProxy=j\n";
        let files = [
            InputFile::new("Sessions/prod/web.xsh", session),
            InputFile::new("Sessions/default", session),
            InputFile::new(
                "Common/Proxy/j.ini",
                "[SECTION]\nTYPE=5\nSESSION=C:\\Sessions\\jump.xsh\n",
            ),
        ];
        let listing = read(&files, &encodings).unwrap();
        assert_eq!(listing.entries.len(), 1);
        assert_eq!(listing.entries[0].id, "prod/web");
        assert_eq!(listing.passwords, 1);
        let session = listing.entries[0].content.as_ref().unwrap();
        assert_eq!(session.jumps, [Jump::Session("jump".into())]);
        assert_eq!(one("[CONNECTION]\nProtocol=SERIAL\n"), Err(Skipped::Protocol("serial".into())));
    }
}
