//! Windows Terminal: the profiles of `settings.json` that run ssh.

use serde_json::Value;

use super::Sample;
use crate::json::{self, items, text};
use crate::ssh_line::{from_words, windows_words};
use crate::values::{file_name, require_plain};
use crate::{Encodings, Entry, ImportError, InputFile, Listing, Session, Skipped};

/// Who makes profiles from an ssh config, and would only bring them back.
const FROM_SSH_CONFIG: &str = "Windows.Terminal.SSH";

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        let text = &sample.text;
        text.contains("\"profiles\"")
            && ["\"commandline\"", "\"defaultProfile\"", "Windows.Terminal."]
                .iter()
                .any(|word| text.contains(word))
    })
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let plain = json::without_comments(&decoded.text);
        if !plain.trim_start().starts_with('{') {
            continue;
        }
        let settings = json::parse(&plain)?;
        let Some(profiles) = settings.get("profiles") else { continue };
        is_known = true;
        listing.note_encoding(&decoded);
        // An old version has the list itself there.
        let profiles = profiles.as_array().map_or_else(|| items(profiles, "list"), Vec::as_slice);
        for profile in profiles {
            push(profile, &mut listing);
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("`profiles`")) }
}

fn push(profile: &Value, listing: &mut Listing) {
    let guid = text(profile, "guid");
    let Some(name) = text(profile, "name").or_else(|| guid.clone()) else { return };
    let content = require_plain("name", &name).and_then(|()| content(profile));
    listing.entries.push(Entry::by_id(guid, Vec::new(), name, content));
}

fn content(profile: &Value) -> Result<Session, Skipped> {
    let skipped = |protocol: &str| Err(Skipped::Protocol(protocol.to_owned()));
    if text(profile, "source").as_deref() == Some(FROM_SSH_CONFIG) {
        return skipped("made from an ssh config");
    }
    let mut words = windows_words(&text(profile, "commandline").unwrap_or_default()).into_iter();
    let program = words.next().unwrap_or_default().to_ascii_lowercase();
    let program = file_name(&program);
    if program.strip_suffix(".exe").unwrap_or(program) != "ssh" {
        return skipped("local shell");
    }
    from_words(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("settings.json", text)], &Encodings::new(None, "C").unwrap())
    }

    #[test]
    fn profiles_that_run_ssh_are_sessions() {
        let read = listing(
            r#"// settings
            {"profiles": {"defaults": {}, "list": [
                {"guid": "{1}", "name": "web 01", "commandline": "ssh.exe -p 2222 -i \"C:\\Users\\a b\\id\" deploy@192.0.2.1"},
                {"guid": "{2}", "name": "SSH - db", "source": "Windows.Terminal.SSH", "commandline": "C:\\x\\ssh.exe db"},
                {"guid": "{3}", "name": "Ubuntu", "source": "Windows.Terminal.Wsl"},
                {"guid": "{4}", "name": "bad", "commandline": "\"C:\\Windows\\System32\\OpenSSH\\SSH.EXE\" -p"},
            ],},}"#,
        )
        .unwrap();
        let [web, made, local, bad] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((web.id.as_str(), web.name.as_str()), ("{1}", "web 01"));
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.host.as_str(), session.port), ("192.0.2.1", Some(2222)));
        assert_eq!(session.key.as_deref(), Some("C:\\Users\\a b\\id"));
        assert_eq!(made.content, Err(Skipped::Protocol("made from an ssh config".into())));
        assert_eq!(local.content, Err(Skipped::Protocol("local shell".into())));
        assert!(matches!(bad.content, Err(Skipped::Field { field: "command line", .. })));
    }

    #[test]
    fn an_old_version_has_a_list_and_other_json_is_no_input() {
        assert_eq!(listing(r#"{"profiles": [{"name": "a"}]}"#).unwrap().entries.len(), 1);
        assert!(matches!(listing("{}"), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing("{\"profiles\": "), Err(ImportError::Broken { .. })));
    }
}
