//! PuTTY and KiTTY: the registry, the folder of Unix PuTTY, and the folder of portable KiTTY
//! (settings.c: `load_open_settings`, of PuTTY 0.81; cyd01/KiTTY, kitty_settings.c).

use std::collections::HashMap;

use sshp_config::Keyword;

use super::Sample;
use super::registry::{self, Key};
use crate::forwards::{Forwarding, ForwardingKind, host_and_port};
use crate::text::{Decoded, unescape_percent};
use crate::values::{destination, is_on, note, port, remote_command, require_plain, session, some};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped,
};

/// The keys of the registry below which each key is a session, in lower case.
const SESSIONS: [&str; 2] =
    [r"\software\simontatham\putty\sessions", r"\software\9bis.com\kitty\sessions"];

/// The keys of the registry of the programs, in lower case.
const KEYS: [&str; 2] = [r"\software\simontatham\putty", r"\software\9bis.com\kitty"];

/// The file in which Unix PuTTY keeps host keys.
const HOST_KEYS: &str = "sshhostkeys";

/// The names of the session that new ones are made from.
const DEFAULT_SETTINGS: [&str; 2] = ["Default Settings", "默认设置"];

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        let text = sample.text.trim_start();
        let lower = text.to_ascii_lowercase();
        let registry = registry::is_it(text) && KEYS.iter().any(|key| lower.contains(key));
        let is_cache = sample.file.path.file_name().is_some_and(|name| name == HOST_KEYS);
        registry || is_cache || is_unix(text) || is_portable(text)
    })
}

/// Whether it is a session of Unix PuTTY: `HostName=…` lines and no section.
fn is_unix(text: &str) -> bool {
    !text.starts_with('[')
        && !text.contains("\n[")
        && text.lines().any(|line| line.starts_with("HostName="))
}

/// Whether it is a session of portable KiTTY: `HostName\…\` lines.
fn is_portable(text: &str) -> bool {
    text.lines().any(|line| line.starts_with(r"HostName\") && line.trim_end().ends_with('\\'))
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut read = Vec::new();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let text = decoded.text.trim_start();
        if file_name(file) == HOST_KEYS {
            is_known = true;
            continue;
        }
        if registry::is_it(text) {
            is_known = true;
            read.extend(
                registry::keys(text).into_iter().filter_map(|key| in_registry(key, encodings)),
            );
        } else if is_portable(text) {
            is_known = true;
            read.push((session_name(&file_name(file), encodings), portable(text, encodings)));
        } else if is_unix(text) {
            is_known = true;
            let values = text.lines().filter_map(|line| line.split_once('='));
            let values = values.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
            read.push((session_name(&file_name(file), encodings), values.collect()));
        } else {
            continue;
        }
        listing.note_encoding(&decoded);
    }
    if !is_known {
        return Err(ImportError::NotThisFormat(
            "PuTTY session: no registry export, no `HostName` line",
        ));
    }
    let names: Vec<String> = read.iter().map(|(name, _)| name.text.clone()).collect();
    for (decoded, values) in read {
        listing.note_encoding(&decoded);
        let name = decoded.text;
        if DEFAULT_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        listing.passwords += usize::from(some(get(&values, "proxypassword")).is_some());
        let folders = some(get(&values, "folder")).unwrap_or_default();
        let folders = folders.split('\\').filter(|part| !part.is_empty()).map(str::to_owned);
        let content = require_plain("name", &name).and_then(|()| content(&values, &names));
        // The name alone is what PuTTY knows a session by.
        let folders = folders.filter(|folder| folder != "Default").collect();
        listing.entries.push(Entry { id: name.clone(), name, folders, content });
    }
    Ok(listing)
}

fn file_name(file: &InputFile) -> String {
    file.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A key that is a session: its name and values.
fn in_registry(key: Key, encodings: &Encodings) -> Option<(Decoded, HashMap<String, String>)> {
    let (above, name) = key.path.rsplit_once('\\')?;
    let above = above.to_ascii_lowercase();
    let is_session = SESSIONS.iter().any(|sessions| above.ends_with(sessions));
    is_session.then(|| (session_name(name, encodings), key.values))
}

/// A name without its escapes, which stand for bytes of the ANSI code page.
fn session_name(escaped: &str, encodings: &Encodings) -> Decoded {
    encodings.decode(&unescape_percent(escaped.as_bytes()))
}

fn portable(text: &str, encodings: &Encodings) -> HashMap<String, String> {
    let lines = text.lines().filter_map(|line| {
        let (name, value) = line.trim_end().strip_suffix('\\')?.split_once('\\')?;
        let value = encodings.decode(&unescape_percent(value.as_bytes())).text;
        Some((name.to_ascii_lowercase(), value))
    });
    lines.collect()
}

fn get<'a>(values: &'a HashMap<String, String>, name: &str) -> Option<&'a str> {
    values.get(name).map(String::as_str)
}

fn content(values: &HashMap<String, String>, names: &[String]) -> Result<Session, Skipped> {
    let get = |name: &str| get(values, name);
    let protocol = get("protocol").unwrap_or("ssh").to_ascii_lowercase();
    if protocol != "ssh" {
        return Err(Skipped::Protocol(protocol));
    }
    if get("sshprot") == Some("0") {
        return Err(Skipped::Protocol("ssh 1".to_owned()));
    }
    let host = get("hostname").unwrap_or_default().trim();
    let mut session = session(Some(without_port(host)), get("username"))?;
    session.port = port(get("portnumber"))?;
    session.key = some(get("publickeyfile"));
    session.note = note(get("comment"));
    options(&get, &mut session)?;
    forwardings(get("portforwardings").unwrap_or_default(), &get, &mut session);
    let pins = get("sshmanualhostkeys").unwrap_or_default().split(',').map(str::trim);
    session.host_keys = pins.filter(|pin| pin.starts_with("SHA256:")).map(str::to_owned).collect();
    proxy(&get, names, &mut session)?;
    if let Some(certificate) = some(get("detachedcertificate")) {
        session.left_behind.push(LeftBehind::Key(certificate));
    }
    remote_command(&mut session, get("remotecommand"));
    let scripts =
        ["autocommand", "scriptfilename", "scriptfile", "scriptfilecontent", "portknocking"];
    if scripts.iter().any(|name| some(get(name)).is_some()) {
        session.left_behind.push(LeftBehind::Script);
    }
    Ok(session)
}

/// PuTTY drops one `:text` behind a host; with more colons it is an IPv6 address
/// (utils/sessprep.c: `prepare_session`).
fn without_port(host: &str) -> &str {
    match host.split_once(':') {
        Some((name, rest)) if !rest.contains(':') => name,
        _ => host,
    }
}

fn options<'a>(
    get: &impl Fn(&str) -> Option<&'a str>,
    session: &mut Session,
) -> Result<(), Skipped> {
    let options = &mut session.options;
    let mut set = |keyword, value: &str| options.push((keyword, value.to_owned()));
    for (name, keyword, value) in [
        ("agentfwd", Keyword::ForwardAgent, "yes"),
        ("compression", Keyword::Compression, "yes"),
        ("x11forward", Keyword::ForwardX11, "yes"),
        ("nopty", Keyword::RequestTTY, "no"),
        ("sshnoshell", Keyword::SessionType, "none"),
        ("localportacceptall", Keyword::GatewayPorts, "yes"),
    ] {
        if is_on(get(name)) {
            set(keyword, value);
        }
    }
    if get("tryagent") == Some("0") {
        set(Keyword::IdentityAgent, "none");
    }
    match get("addressfamily") {
        Some("1") => set(Keyword::AddressFamily, "inet"),
        Some("2") => set(Keyword::AddressFamily, "inet6"),
        _ => {}
    }
    let number = |name| get(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let seconds =
        number("pinginterval").saturating_mul(60).saturating_add(number("pingintervalsecs"));
    if (1..1 << 31).contains(&seconds) {
        set(Keyword::ServerAliveInterval, &seconds.to_string());
    }
    let variables = items(get("environment").unwrap_or_default());
    let is_plain = |variable: &String| {
        variable.contains('=')
            && !variable
                .contains(|c: char| c.is_whitespace() || c.is_control() || "\"'#\\".contains(c))
    };
    if !variables.is_empty() && variables.iter().all(is_plain) {
        set(Keyword::SetEnv, &variables.join(" "));
    } else if !variables.is_empty() {
        session.left_behind.push(LeftBehind::Variable);
    }
    if let Some(name) = some(get("loghost")) {
        require_plain("logical host", &name)?;
        set(Keyword::HostKeyAlias, without_port(&name));
    }
    Ok(())
}

/// `[A46][LRD][addr:]port=host:port`, with commas between them and `\` before what is not meant so
/// (settings.c: `wmap`).
fn forwardings<'a>(text: &str, get: &impl Fn(&str) -> Option<&'a str>, session: &mut Session) {
    for item in items(text) {
        let family = item.trim_start_matches(['A', '4', '6']);
        let (listen, target) =
            item[item.len() - family.len()..].split_once('=').unwrap_or((family, ""));
        let kind = match listen.chars().next() {
            Some('L') => ForwardingKind::Local,
            Some('R') => ForwardingKind::Remote,
            Some('D') => ForwardingKind::Dynamic,
            _ => {
                session.left_behind.push(LeftBehind::Forwarding);
                continue;
            }
        };
        let (mut bind, port) = host_and_port(&listen[1..]);
        if kind == ForwardingKind::Remote && bind.is_empty() && is_on(get("remoteportacceptall")) {
            bind = "*";
        }
        let (host, host_port) = host_and_port(target);
        match (Forwarding { kind, bind, port, host, host_port }).option() {
            Some(option) => session.options.push(option),
            None => session.left_behind.push(LeftBehind::Forwarding),
        }
    }
}

/// The items of a list, without their escapes.
fn items(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, items.last_mut()) {
            (',', _) => items.push(String::new()),
            ('\\', Some(item)) => item.extend(chars.next()),
            (c, Some(item)) => item.push(c),
            _ => {}
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

/// ProxyMethod 6 is an ssh server; its name is first looked for among the sessions
/// (proxy/sshproxy.c). Every session has a ProxyHost, so that says nothing.
fn proxy<'a>(
    get: &impl Fn(&str) -> Option<&'a str>,
    names: &[String],
    session: &mut Session,
) -> Result<(), Skipped> {
    let kind = match get("proxymethod").unwrap_or("0") {
        "0" => return Ok(()),
        "6" => {
            let Some(host) = some(get("proxyhost")) else { return Ok(()) };
            if names.contains(&host) {
                session.jumps.push(Jump::Session(host));
                return Ok(());
            }
            let (host, user) = destination(&host, get("proxyusername"));
            require_plain("proxy host", &host)?;
            session.jumps.push(Jump::Server {
                host,
                port: port(get("proxyport"))?,
                user,
                key: None,
            });
            return Ok(());
        }
        "1" => "SOCKS 4",
        "2" => "SOCKS 5",
        "3" => "HTTP",
        "4" => "Telnet",
        "5" => "command",
        _ => "ssh command",
    };
    session.left_behind.push(LeftBehind::Proxy(kind.to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Listing {
        let encodings = Encodings::new(None, "C").unwrap();
        read(&[InputFile::new("x", text)], &encodings).unwrap()
    }

    fn registry(values: &str) -> Session {
        let text = format!(
            "REGEDIT4\r\n[HKEY_CURRENT_USER\\SOFTWARE\\SimonTatham\\PuTTY\\Sessions\\a]\r\n\"HostName\"=\"h\"\r\n{values}\r\n"
        );
        listing(&text).entries.remove(0).content.unwrap()
    }

    #[test]
    fn a_session_below_a_session_is_none_and_the_defaults_are_none() {
        let head = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\9bis.com\\KiTTY\\Sessions";
        let read = listing(&format!(
            "{head}]\r\n{head_1}\\Default%20Settings]\r\n\"HostName\"=\"x\"\r\n{head_1}\\a%20b]\r\n\"HostName\"=\"h\"\r\n{head_1}\\a%20b\\Commands]\r\n",
            head_1 = "[HKEY_CURRENT_USER\\Software\\9bis.com\\KiTTY\\Sessions"
        ));
        assert_eq!(read.entries.len(), 1);
        assert_eq!(read.entries[0].name, "a b");
    }

    #[test]
    fn forwardings_have_escapes_families_and_a_comma_at_the_end() {
        let session = registry(
            r#""PortForwardings"="L8080=localhost:80,L127.0.0.1:5433=db:5432,R9000=localhost:9000,D1080=,4L6001=[2001:db8::1]:6001,X1=2,""#,
        );
        let written: Vec<_> = session.options.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(
            written,
            [
                "8080 localhost:80",
                "127.0.0.1:5433 db:5432",
                "9000 localhost:9000",
                "1080",
                "6001 [2001:db8::1]:6001"
            ]
        );
        assert_eq!(session.left_behind, [LeftBehind::Forwarding]);
    }

    #[test]
    fn the_two_ping_intervals_add_up_and_a_port_behind_the_host_is_dropped() {
        let session =
            registry("\"PingInterval\"=dword:00000001\r\n\"PingIntervalSecs\"=dword:0000001e");
        assert_eq!(session.options, [(Keyword::ServerAliveInterval, "90".to_owned())]);
        for (host, bare) in [("h:22", "h"), ("::1", "::1"), ("h", "h")] {
            assert_eq!(without_port(host), bare);
        }
    }

    #[test]
    fn a_proxy_is_a_session_by_its_name_else_a_server_and_other_kinds_stay_behind() {
        let session = registry(
            "\"ProxyMethod\"=dword:00000006\r\n\"ProxyHost\"=\"a\"\r\n\"ProxyPort\"=dword:00000050",
        );
        assert_eq!(session.jumps, [Jump::Session("a".to_owned())]);
        let session = registry(
            "\"ProxyMethod\"=dword:00000006\r\n\"ProxyHost\"=\"u@j\"\r\n\"ProxyPort\"=dword:00000016",
        );
        let server =
            Jump::Server { host: "j".into(), port: None, user: Some("u".into()), key: None };
        assert_eq!(session.jumps, [server]);
        let session = registry("\"ProxyMethod\"=dword:00000002\r\n\"ProxyHost\"=\"proxy\"");
        assert_eq!(session.left_behind, [LeftBehind::Proxy("SOCKS 5".into())]);
        assert!(registry("\"ProxyHost\"=\"proxy\"").jumps.is_empty());
    }

    #[test]
    fn protocols_that_are_not_ssh_and_sessions_without_a_host_are_named() {
        let content = |text: &str| listing(text).entries.remove(0).content;
        assert_eq!(
            content("HostName=h\nProtocol=Serial\n"),
            Err(Skipped::Protocol("serial".into()))
        );
        assert_eq!(content("HostName=\nProtocol=ssh\n"), Err(Skipped::NoHost));
        assert_eq!(content("HostName=h\nSshProt=0\n"), Err(Skipped::Protocol("ssh 1".into())));
        assert!(content("HostName=h\nPortNumber=0\n").is_err());
        assert_eq!(content("HostName\\u@h%20\\\nPortNumber\\2222\\\n").unwrap().port, Some(2222));
    }
}
