//! Sessions of PuTTY: a file for the registry of Windows, or the files of PuTTY on Unix.

use encoding_rs::Encoding;
use sshp_config::destination::Destination;

use super::way::Ways;
use super::{Export, LeftOut};
use crate::profile::Profile;

/// Where PuTTY keeps its sessions.
const SESSIONS: &str = r"HKEY_CURRENT_USER\Software\SimonTatham\PuTTY\Sessions";

/// A value of a session.
enum Setting {
    Text(String),
    Number(u32),
}

/// A file that regedit imports, UTF-16 as it writes them itself. Names are in the code page of the
/// Windows that reads it: without one, names outside of ASCII are left out.
pub fn registry(
    profiles: &[Profile],
    all: &[Profile],
    code_page: Option<&'static Encoding>,
) -> Export {
    let mut left_out = Vec::new();
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n\r\n");
    for parent in [
        r"HKEY_CURRENT_USER\Software\SimonTatham",
        r"HKEY_CURRENT_USER\Software\SimonTatham\PuTTY",
        SESSIONS,
    ] {
        text += &format!("[{parent}]\r\n\r\n");
    }
    for (profile, settings) in sessions(profiles, all, &mut left_out) {
        let Some(name) = registry_name(profile.alias.as_str(), code_page) else {
            let why = "its name is not in the code page of that Windows; name one with --code-page";
            left_out.push(LeftOut::new(profile, why));
            continue;
        };
        text += &format!("[{SESSIONS}\\{name}]\r\n");
        for (key, value) in settings {
            text += &match value {
                Setting::Number(number) => format!("\"{key}\"=dword:{number:08x}\r\n"),
                Setting::Text(value) => {
                    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                    format!("\"{key}\"=\"{value}\"\r\n")
                }
            };
        }
        text += "\r\n";
    }
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    Export { text: units.flat_map(u16::to_le_bytes).collect(), left_out }
}

/// The files of `sessions` in PuTTY's folder on Unix, each with its name.
pub fn unix(profiles: &[Profile], all: &[Profile]) -> (Vec<(String, Vec<u8>)>, Vec<LeftOut>) {
    let mut left_out = Vec::new();
    let files = sessions(profiles, all, &mut left_out).into_iter().map(|(profile, settings)| {
        let lines = settings.into_iter().map(|(key, value)| match value {
            Setting::Number(number) => format!("{key}={number}\n"),
            Setting::Text(value) => format!("{key}={value}\n"),
        });
        (unix_name(profile.alias.as_str()), lines.collect::<String>().into_bytes())
    });
    (files.collect(), left_out)
}

fn sessions<'a>(
    profiles: &'a [Profile],
    all: &[Profile],
    left_out: &mut Vec<LeftOut>,
) -> Vec<(&'a Profile, Vec<(&'static str, Setting)>)> {
    let ways = Ways::new(all);
    let mut sessions = Vec::new();
    for profile in profiles {
        let proxy = match proxy(profile, &ways) {
            Ok(proxy) => proxy,
            Err(why) => {
                left_out.push(LeftOut::new(profile, why));
                continue;
            }
        };
        let text = |text: &str| Setting::Text(text.to_owned());
        let mut settings = vec![
            ("Present", Setting::Number(1)),
            ("HostName", text(&profile.host)),
            ("PortNumber", Setting::Number(profile.port.into())),
            ("Protocol", text("ssh")),
            ("UserName", text(&profile.user)),
        ];
        match profile.keys.first() {
            Some(key) if is_ppk(key) => settings.push(("PublicKeyFile", text(key))),
            Some(_) => {
                let why = "its key: PuTTY takes .ppk files, which `sshp key convert` makes";
                left_out.push(LeftOut::new(profile, why));
            }
            None => {}
        }
        settings.extend(proxy);
        sessions.push((profile, settings));
    }
    sessions
}

fn is_ppk(key: &str) -> bool {
    key.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("ppk"))
}

/// PuTTY goes through one server, by the name of its session or by its address (proxy/sshproxy.c);
/// that session may go through another one.
fn proxy(profile: &Profile, ways: &Ways<'_>) -> Result<Vec<(&'static str, Setting)>, String> {
    let Some(jump) = &profile.jump else { return Ok(Vec::new()) };
    let (before, last) = match jump.rsplit_once(',') {
        Some((before, last)) => (Some(before.trim()), last.trim()),
        None => (None, jump.trim()),
    };
    let Destination { user, host: name, port } =
        Destination::parse(last).map_err(|why| format!("its jump host `{last}`: {why}"))?;
    let server = ways.profile(&name);
    if before.is_some() && server.and_then(|server| server.jump.as_deref()) != before {
        return Err(format!("it goes through {jump}, and PuTTY through one server at a time"));
    }
    let mut settings =
        vec![("ProxyMethod", Setting::Number(6)), ("ProxyHost", Setting::Text(name))];
    if server.is_none() || port.is_some() {
        settings.push(("ProxyPort", Setting::Number(port.unwrap_or(22).into())));
    }
    if let Some(user) = user {
        settings.push(("ProxyUsername", Setting::Text(user)));
    }
    Ok(settings)
}

/// The key of a session: of the bytes in the code page all but plain ones are escaped
/// (windows/utils/escape_registry_key.c).
fn registry_name(name: &str, code_page: Option<&'static Encoding>) -> Option<String> {
    let bytes = match code_page {
        _ if name.is_ascii() => name.as_bytes().to_vec(),
        Some(code_page) => {
            let (bytes, _, is_lossy) = code_page.encode(name);
            (!is_lossy).then(|| bytes.into_owned())?
        }
        None => return None,
    };
    let mut escaped = String::new();
    for (at, byte) in bytes.into_iter().enumerate() {
        let is_escaped = matches!(byte, b' ' | b'\\' | b'*' | b'?' | b'%')
            || !(0x20..=0x7e).contains(&byte)
            || byte == b'.' && at == 0;
        if is_escaped {
            escaped += &format!("%{byte:02X}");
        } else {
            escaped.push(char::from(byte));
        }
    }
    Some(escaped)
}

/// The file of a session: only letters, digits and `+-.@_` stand for themselves (unix/storage.c).
fn unix_name(name: &str) -> String {
    name.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"+-.@_".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_putty_does() {
        assert_eq!(registry_name("web-01", None).as_deref(), Some("web-01"));
        assert_eq!(registry_name(".a%b", None).as_deref(), Some("%2Ea%25b"));
        assert_eq!(registry_name("生产", Some(encoding_rs::GBK)).as_deref(), Some("%C9%FA%B2%FA"));
        assert_eq!(registry_name("生产", None), None);
        assert_eq!(registry_name("生产", Some(encoding_rs::WINDOWS_1252)), None);
        assert_eq!(unix_name("a/b c"), "a%2Fb%20c");
    }
}
