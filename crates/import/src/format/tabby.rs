//! Tabby: `config.yaml` (Eugeny/tabby: tabby-ssh/src/api/interfaces.ts, profiles.ts).

use std::collections::HashMap;

use serde_json::Value;
use sshp_config::Keyword;

use super::Sample;
use crate::forwards::{Forwarding, ForwardingKind};
use crate::json::{is_true, items, text};
use crate::values::{port, require_plain, session};
use crate::{
    Encodings, Entry, ImportError, InputFile, Jump, LeftBehind, Listing, Session, Skipped, yaml,
};

/// How deep groups may stand in each other.
const DEPTH: usize = 32;

/// The login name that Tabby takes for a profile without one.
const USER: &str = "root";

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    let begins = |text: &str, key: &str| text.lines().any(|line| line.starts_with(key));
    samples.iter().any(|sample| {
        let text = &sample.text;
        let profiles = begins(text, "profiles:")
            && (text.contains("type: ssh")
                || text.contains("type: local")
                || begins(text, "hotkeys:"));
        let encrypted = begins(text, "encrypted: true") && begins(text, "vault:");
        begins(text, "version:") && (profiles || encrypted)
    })
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut is_known = false;
    for file in files {
        let decoded = encodings.decode(&file.bytes);
        let config = yaml::parse(&decoded.text)?;
        if config.get("profiles").is_none() {
            if is_true(&config, "encrypted") {
                return Err(ImportError::Encrypted);
            }
            continue;
        }
        is_known = true;
        listing.note_encoding(&decoded);
        let config = Config::new(&config);
        for profile in items(config.all, "profiles") {
            config.push(profile, &mut listing);
        }
    }
    if is_known { Ok(listing) } else { Err(ImportError::NotThisFormat("`profiles`")) }
}

struct Config<'a> {
    all: &'a Value,
    groups: HashMap<String, &'a Value>,
}

impl<'a> Config<'a> {
    fn new(all: &'a Value) -> Self {
        let groups = items(all, "groups").iter();
        let groups = groups.filter_map(|group| Some((text(group, "id")?, group))).collect();
        Config { all, groups }
    }

    /// The groups that a profile is in, the innermost first. One that is not listed is its own name.
    fn folders(&self, profile: &Value) -> Vec<String> {
        let Some(id) = text(profile, "group") else { return Vec::new() };
        let Some(group) = self.groups.get(&id) else { return vec![id] };
        let above = |group: &&'a Value| {
            text(group, "parentGroupId").and_then(|id| self.groups.get(&id).copied())
        };
        let line = std::iter::successors(Some(*group), above).take(DEPTH);
        let mut names: Vec<_> = line.filter_map(|group| text(group, "name")).collect();
        names.reverse();
        names
    }

    fn push(&self, profile: &Value, listing: &mut Listing) {
        let options = profile.get("options").unwrap_or(&Value::Null);
        listing.passwords += usize::from(text(options, "password").is_some());
        let host = text(options, "host").unwrap_or_default();
        let name = text(profile, "name").unwrap_or(host);
        let kind = text(profile, "type").unwrap_or_default();
        let content = require_plain("name", &name).and_then(|()| {
            if kind == "ssh" || kind.starts_with("ssh:") {
                self.content(profile)
            } else {
                Err(Skipped::Protocol(kind))
            }
        });
        listing.entries.push(Entry::by_id(
            text(profile, "id"),
            self.folders(profile),
            name,
            content,
        ));
    }

    /// The options of a profile, of its group and of all profiles, in the order in which they count.
    fn options(&self, profile: &'a Value) -> Vec<&'a Value> {
        let group = text(profile, "group").and_then(|id| self.groups.get(&id).copied());
        let defaults = |value: &'a Value, name: &str| value.get(name)?.get("ssh")?.get("options");
        [
            profile.get("options"),
            group.and_then(|group| defaults(group, "defaults")),
            defaults(self.all, "profileDefaults"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn content(&self, profile: &'a Value) -> Result<Session, Skipped> {
        let options = self.options(profile);
        let get = |name: &str| options.iter().find_map(|options| text(options, name));
        let list = |name: &str| {
            let lists = options.iter().map(|options| items(options, name));
            lists.into_iter().find(|items| !items.is_empty()).unwrap_or_default()
        };
        let is_on = |name: &str| {
            let known = options.iter().find(|options| options.get(name).is_some());
            known.is_some_and(|options| is_true(options, name))
        };
        let user = get("user").unwrap_or_else(|| USER.to_owned());
        let mut session = session(get("host").as_deref(), Some(&user))?;
        session.port = port(get("port").as_deref())?;
        for key in list("privateKeys").iter().filter_map(Value::as_str) {
            match key.strip_prefix("file://") {
                Some(path) if session.key.is_none() => session.key = Some(path.to_owned()),
                _ => session.left_behind.push(LeftBehind::Key(key.to_owned())),
            }
        }
        for (name, keyword) in
            [("agentForward", Keyword::ForwardAgent), ("x11", Keyword::ForwardX11)]
        {
            if is_on(name) {
                session.options.push((keyword, "yes".to_owned()));
            }
        }
        let number = |name| get(name).and_then(|text| text.parse::<u64>().ok());
        // In milliseconds.
        if let Some(seconds) = number("keepaliveInterval").map(|time| time / 1_000)
            && (1..1 << 31).contains(&seconds)
        {
            session.options.push((Keyword::ServerAliveInterval, seconds.to_string()));
        }
        if let Some(count) =
            number("keepaliveCountMax").filter(|count| (1..1 << 31).contains(count))
        {
            session.options.push((Keyword::ServerAliveCountMax, count.to_string()));
        }
        for forwarded in list("forwardedPorts") {
            match forwarding(forwarded) {
                Some(option) => session.options.push(option),
                None => session.left_behind.push(LeftBehind::Forwarding),
            }
        }
        session.jumps.extend(get("jumpHost").map(Jump::Session));
        for (name, kind) in
            [("proxyCommand", "command"), ("socksProxyHost", "SOCKS"), ("httpProxyHost", "HTTP")]
        {
            if get(name).is_some() {
                session.left_behind.push(LeftBehind::Proxy(kind.to_owned()));
            }
        }
        if !list("scripts").is_empty() {
            session.left_behind.push(LeftBehind::Script);
        }
        Ok(session)
    }
}

fn forwarding(value: &Value) -> Option<(Keyword, String)> {
    let get = |name: &str| text(value, name).unwrap_or_default();
    let kind = match get("type").as_str() {
        "Local" => ForwardingKind::Local,
        "Remote" => ForwardingKind::Remote,
        "Dynamic" => ForwardingKind::Dynamic,
        _ => return None,
    };
    let (bind, port) = (&get("host"), &get("port"));
    let (host, host_port) = (&get("targetAddress"), &get("targetPort"));
    Forwarding { kind, bind, port, host, host_port }.option()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Result<Listing, ImportError> {
        read(&[InputFile::new("config.yaml", text)], &Encodings::new(None, "C").unwrap())
    }

    const CONFIG: &str = "\
version: 7
profiles:
  - {id: 'ssh:custom:jump:1', type: ssh, name: jump, group: g2, options: {host: 198.51.100.1, password: x}}
  - id: ssh:custom:web:2
    type: ssh
    name: web 01
    group: g1
    options:
      host: 192.0.2.1
      port: 2222
      user: deploy
      privateKeys: ['vault://2f', 'file:///home/a/.ssh/id', 'file:///other']
      jumpHost: ssh:custom:jump:1
      agentForward: true
      x11: false
      keepaliveInterval: 5000
      forwardedPorts:
        - {type: Local, host: 127.0.0.1, port: 8080, targetAddress: localhost, targetPort: 80}
        - {type: Dynamic, host: 127.0.0.1, port: 1080, targetAddress: '', targetPort: 0}
  - {type: 'ssh:x', name: old, group: 'a name', options: {host: h}}
  - {id: 'local:1', type: local, name: shell}
groups:
  - {id: g1, name: prod, parentGroupId: g2}
  - {id: g2, name: eu, defaults: {ssh: {options: {user: ops, x11: true}}}}
";

    #[test]
    fn what_a_profile_does_not_say_its_group_and_the_defaults_say() {
        let read = listing(CONFIG).unwrap();
        let [jump, web, old, shell] = &read.entries[..] else { panic!("{read:?}") };
        assert_eq!((read.passwords, jump.id.as_str()), (1, "ssh:custom:jump:1"));
        let session = jump.content.as_ref().unwrap();
        assert_eq!(session.user.as_deref(), Some("ops"));
        assert_eq!(session.options, [(Keyword::ForwardX11, "yes".to_owned())]);
        assert_eq!(web.folders, ["eu", "prod"]);
        let session = web.content.as_ref().unwrap();
        assert_eq!((session.user.as_deref(), session.port), (Some("deploy"), Some(2222)));
        assert_eq!(session.key.as_deref(), Some("/home/a/.ssh/id"));
        assert_eq!(session.jumps, [Jump::Session("ssh:custom:jump:1".into())]);
        let values: Vec<_> = session.options.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["yes", "5", "127.0.0.1:8080 localhost:80", "127.0.0.1:1080"]);
        let left = ["vault://2f", "file:///other"].map(|key| LeftBehind::Key(key.into()));
        assert_eq!(session.left_behind, left);
        assert_eq!((&old.folders[..], old.id.as_str()), (&["a name".into()][..], "a name/old"));
        assert_eq!(old.content.as_ref().unwrap().user.as_deref(), Some("root"));
        assert_eq!(shell.content, Err(Skipped::Protocol("local".into())));
        let all = format!("{CONFIG}profileDefaults: {{ssh: {{options: {{user: everyone}}}}}}\n");
        let read = listing(&all).unwrap();
        assert_eq!(read.entries[2].content.as_ref().unwrap().user.as_deref(), Some("everyone"));
    }

    #[test]
    fn an_encrypted_config_is_told_and_one_without_profiles_has_none() {
        assert_eq!(
            listing("version: 7\nencrypted: true\nvault: {}\n"),
            Err(ImportError::Encrypted)
        );
        assert_eq!(listing("version: 7\nprofiles: []\n").unwrap().entries, []);
        assert!(matches!(listing("version: 7\n"), Err(ImportError::NotThisFormat(_))));
        assert!(matches!(listing("profiles: ["), Err(ImportError::Broken { .. })));
    }
}
