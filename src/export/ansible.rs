//! An inventory for Ansible: YAML, and the JSON that it asks an inventory program for.
//!
//! In YAML each text stands in quotes as JSON has them, which YAML takes for the same text.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::way::Ways;
use super::{Export, LeftOut, by_tag};
use crate::profile::Profile;

/// What Ansible reads as part of a pattern, not of a name (ansible/inventory/manager.py).
const PATTERN: &[char] = &['[', ']', ':', ',', '&', '~', '*', '!', '?'];

/// Groups of hosts, and the variables of each host.
struct Inventory<'a> {
    hosts: Vec<(&'a str, Map<String, Value>)>,
    groups: BTreeMap<String, Vec<&'a str>>,
    left_out: Vec<LeftOut>,
}

/// A YAML inventory. Hosts are names of profiles, which Ansible's ssh finds in the config; `resolved` is for
/// machines without this config, and writes what ssh would use, the servers on the way among it.
pub fn yaml(profiles: &[Profile], all: &[Profile], resolved: bool) -> Export {
    let inventory = Inventory::new(profiles, resolved.then(|| Ways::new(all)).as_ref());
    let is_empty = inventory.hosts.is_empty();
    let mut text = format!("all:\n  hosts:{}\n", if is_empty { " {}" } else { "" });
    for (host, variables) in &inventory.hosts {
        let _ = writeln!(text, "    {}:", quoted(host));
        for (name, value) in variables {
            let _ = writeln!(text, "      {name}: {value}");
        }
    }
    if !inventory.groups.is_empty() {
        text.push_str("  children:\n");
    }
    for (group, hosts) in &inventory.groups {
        let _ = writeln!(text, "    {}:\n      hosts:", quoted(group));
        for host in hosts {
            let _ = writeln!(text, "        {}:", quoted(host));
        }
    }
    Export { text: text.into_bytes(), left_out: inventory.left_out }
}

/// What an inventory program prints for `--list`.
pub fn list(profiles: &[Profile]) -> Export {
    let inventory = Inventory::new(profiles, None);
    let mut groups = Map::new();
    let children: Vec<&str> = inventory.groups.keys().map(String::as_str).collect();
    groups.insert("_meta".to_owned(), json!({ "hostvars": {} }));
    let hosts: Vec<&str> = inventory.hosts.iter().map(|(host, _)| *host).collect();
    groups.insert("all".to_owned(), json!({ "hosts": hosts, "children": children }));
    for (group, hosts) in &inventory.groups {
        groups.insert(group.clone(), json!({ "hosts": hosts }));
    }
    let text = format!("{:#}\n", Value::Object(groups));
    Export { text: text.into_bytes(), left_out: inventory.left_out }
}

impl<'a> Inventory<'a> {
    fn new(profiles: &'a [Profile], ways: Option<&Ways<'_>>) -> Self {
        let mut left_out = Vec::new();
        let mut hosts = Vec::new();
        for profile in profiles {
            let name = profile.alias.as_str();
            if name.contains(PATTERN) {
                left_out.push(LeftOut::new(profile, "to Ansible this name is a pattern"));
                continue;
            }
            match ways.map_or(Ok(Map::new()), |ways| variables(profile, ways, &mut left_out)) {
                Ok(variables) => hosts.push((name, variables)),
                Err(why) => left_out.push(LeftOut::new(profile, why)),
            }
        }
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (tag, members) in by_tag(profiles) {
            let group = groups.entry(group(tag)).or_default();
            let members = members.iter().map(|profile| profile.alias.as_str());
            group.extend(members.filter(|name| !name.contains(PATTERN)));
        }
        for members in groups.values_mut() {
            let mut seen = std::collections::HashSet::new();
            members.retain(|name| seen.insert(*name));
        }
        Inventory { hosts, groups, left_out }
    }
}

/// A tag as the name of a group: letters, digits and `_`, as Ansible wants them, behind a word that
/// keeps it apart from hosts and from Ansible's own groups.
fn group(tag: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '_' };
    std::iter::once("tag_".to_owned()).chain([tag.chars().map(plain).collect()]).collect()
}

fn variables(
    profile: &Profile,
    ways: &Ways<'_>,
    left_out: &mut Vec<LeftOut>,
) -> Result<Map<String, Value>, &'static str> {
    let jump = ways.jump(profile)?;
    let mut variables = Map::new();
    let mut set = |name: &str, value: Value| variables.insert(name.to_owned(), value);
    set("ansible_host", profile.host.clone().into());
    set("ansible_port", profile.port.into());
    set("ansible_user", profile.user.clone().into());
    match profile.keys.first() {
        Some(key) if key.contains(['%', '$']) => {
            left_out.push(LeftOut::new(profile, "the key's path depends on the connection"));
        }
        Some(key) => {
            set("ansible_ssh_private_key_file", key.clone().into());
        }
        None => {}
    }
    if let Some(jump) = jump {
        set("ansible_ssh_common_args", format!("-o ProxyJump={jump}").into());
    }
    Ok(variables)
}

fn quoted(text: &str) -> Value {
    Value::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    #[test]
    fn a_tag_is_a_group_that_ansible_takes() {
        assert_eq!(group("prod"), "tag_prod");
        assert_eq!(group("env:prod-eu"), "tag_env_prod_eu");
        assert_eq!(group("日本"), "tag_日本");
        assert_eq!(group("2024"), "tag_2024");
    }

    #[test]
    fn tags_that_make_one_group_have_each_host_once() {
        let mut web = profile("web");
        std::sync::Arc::make_mut(&mut web.metadata).tags = vec!["a-b".into(), "a_b".into()];
        let list: Value = serde_json::from_slice(&list(&[web]).text).unwrap();
        assert_eq!(list["tag_a_b"]["hosts"], json!(["web"]));
        assert_eq!(list["all"]["children"], json!(["tag_a_b"]));
    }

    #[test]
    fn nothing_is_an_inventory_too() {
        assert_eq!(yaml(&[], &[], false).text, b"all:\n  hosts: {}\n");
    }
}
