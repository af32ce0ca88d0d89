//! Any bytes as the sessions of any program: nothing panics, no value can begin another line of a config,
//! and the same bytes give the same entries.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshp_import::{AddressKind, Encodings, Format, HostKeyCache, InputFile, Jump, detect};

/// A name of a file that each format takes.
const NAMES: [&str; 8] = [
    "prod/web.xsh",
    "Sessions/web.ini",
    "Common/Proxy/jump.ini",
    "hosts.csv",
    "conn/a1/s1_connect_config.json",
    "config",
    "inventory.yml",
    "sshhostkeys",
];

fuzz_target!(|input: (u8, &[u8])| {
    let (name, bytes) = input;
    let files = [InputFile::new(NAMES[usize::from(name) % NAMES.len()], bytes)];
    let encodings = Encodings::new(None, "zh_CN.UTF-8").expect("no name");
    let _ = detect(&files, &encodings);
    for cached in HostKeyCache::read(&files, &encodings).keys {
        assert!(cached.port > 0);
    }
    for format in Format::all() {
        let Ok(listing) = format.read(&files, &encodings) else { continue };
        assert_eq!(format.read(&files, &encodings).as_ref(), Ok(&listing));
        for entry in listing.entries {
            let Ok(session) = entry.content else { continue };
            assert!(!session.host.is_empty());
            let jumps = session.jumps.iter().map(|jump| match jump {
                Jump::Session(_) => "",
                Jump::Server { host, .. } => host,
            });
            let values = session.options.iter().map(|(_, value)| value.as_str());
            if let Some(instance) = &session.instance {
                if let Some(name) = &instance.host_key_alias {
                    assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
                }
                let addresses = instance.addresses.iter();
                for address in addresses.filter(|address| address.kind != AddressKind::Dns) {
                    assert!(address.value.parse::<std::net::IpAddr>().is_ok(), "{address:?}");
                }
            }
            let single = [session.host.as_str(), session.user.as_deref().unwrap_or_default()];
            for value in single.into_iter().chain(jumps).chain(values) {
                assert!(!value.contains(['\n', '\r', '\0']), "{value:?}");
            }
        }
    }
});
