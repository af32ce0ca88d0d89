//! Ansible: inventories in INI and YAML, and what `ansible-inventory --list` prints.

mod ini;
mod inventory;
mod range;
mod structured;

use super::Sample;
use crate::{Encodings, ImportError, InputFile, Listing, json, yaml};
use inventory::Inventory;

/// Folders beside an inventory whose files set variables.
const VARIABLES: [&str; 2] = ["group_vars", "host_vars"];

pub(super) fn is_it(samples: &[Sample<'_>]) -> bool {
    samples.iter().any(|sample| {
        let text = &sample.text;
        let begins = |begin: &str| text.lines().any(|line| line.trim_start().starts_with(begin));
        let json = text.contains("\"hostvars\"") && text.contains("\"_meta\"");
        let yaml = begins("hosts:") && (begins("all:") || text.contains("ansible_"));
        json || yaml || ini::is_it(text)
    })
}

pub(super) fn read(files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut inventory = Inventory::default();
    let mut is_known = false;
    for file in files {
        if file.folders().iter().any(|folder| VARIABLES.contains(&folder.as_str())) {
            continue;
        }
        let decoded = encodings.decode(&file.bytes);
        let text = &decoded.text;
        let ending = file.stem().1;
        is_known |= if text.trim_start().starts_with('{') {
            structured::list(&json::parse(text)?, &mut inventory)
        } else if matches!(ending.as_str(), "yml" | "yaml") || ini::is_yaml(text) {
            structured::groups(&yaml::parse(text)?, &mut inventory)
        } else {
            // Ansible reads UTF-8 only; other bytes would all be names of hosts.
            !decoded.is_guess && !text.contains('\0') && ini::read(text, &mut inventory)
        };
        listing.note_encoding(&decoded);
    }
    if !is_known {
        return Err(ImportError::NotThisFormat("inventory: no group and no host"));
    }
    for file in files {
        let folders = file.folders();
        let kind = folders.iter().position(|folder| VARIABLES.contains(&folder.as_str()));
        let Some(at) = kind else { continue };
        // `group_vars/web.yml`, or any file in `group_vars/web`.
        let name = folders.get(at + 1).cloned().unwrap_or_else(|| file.stem().0);
        let text = encodings.decode(&file.bytes).text;
        structured::variables(&yaml::parse(&text)?, &folders[at], &name, &mut inventory);
    }
    inventory.into_listing(&mut listing);
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Jump, LeftBehind, Session, Skipped};

    fn listing(files: &[(&str, &str)]) -> Listing {
        let files: Vec<_> = files.iter().map(|(path, text)| InputFile::new(*path, *text)).collect();
        read(&files, &Encodings::new(None, "C").unwrap()).unwrap()
    }

    fn of<'a>(listing: &'a Listing, name: &str) -> &'a Session {
        let entry = listing.entries.iter().find(|entry| entry.name == name);
        entry.unwrap_or_else(|| panic!("{name}: {listing:?}")).content.as_ref().unwrap()
    }

    const INI: &str = "\
lone:2200
[prod]
web[01:02] ansible_user=deploy
db ansible_host=192.0.2.1 ansible_port=2222 ansible_ssh_common_args='-o ProxyJump=ops@198.51.100.1:2200 -C'  # main
[prod:vars]
ansible_ssh_private_key_file = \"~/.ssh/prod\"
ansible_user=group
[eu:children]
prod
[eu:vars]
ansible_user=above
ansible_port=1
ansible_password=x
[all:vars]
ansible_ssh_user=everyone
";

    #[test]
    fn a_host_has_the_variables_of_the_nearest_group() {
        let read = listing(&[("hosts", INI)]);
        let web = of(&read, "web01");
        assert_eq!((web.user.as_deref(), web.port), (Some("deploy"), Some(1)));
        assert_eq!(web.key.as_deref(), Some("~/.ssh/prod"));
        assert_eq!(web.tags, ["eu", "prod"]);
        let db = of(&read, "db");
        assert_eq!((db.host.as_str(), db.port), ("192.0.2.1", Some(2222)));
        assert_eq!(db.user.as_deref(), Some("group"));
        let user = Some("ops".into());
        let jump = Jump::Server { host: "198.51.100.1".into(), port: Some(2200), user, key: None };
        assert_eq!(db.jumps, [jump]);
        assert_eq!(db.left_behind, [LeftBehind::Option("Compression")]);
        let lone = of(&read, "lone");
        assert_eq!((lone.user.as_deref(), lone.port), (Some("everyone"), Some(2200)));
        assert_eq!((&lone.tags[..], read.passwords), (&[][..], 1));
    }

    #[test]
    fn yaml_and_json_say_the_same_as_ini() {
        let yaml = "\
all:
  vars: {ansible_user: everyone}
  hosts: {'lone:2200': }
  children:
    eu:
      vars: {ansible_user: above, ansible_port: 1, ansible_password: x}
      children:
        prod:
          vars: {ansible_user: group, ansible_ssh_private_key_file: ~/.ssh/prod}
          hosts:
            web[01:02]: {ansible_user: deploy}
            db: {ansible_host: 192.0.2.1, ansible_port: 2222, ansible_ssh_common_args: '-o ProxyJump=ops@198.51.100.1:2200 -C'}
";
        let ini = listing(&[("hosts", INI)]);
        assert_eq!(listing(&[("hosts.yml", yaml)]), ini);
        assert_eq!(listing(&[("hosts", yaml)]), ini);
        let json = r#"{"_meta": {"hostvars": {"db": {"ansible_host": "192.0.2.1", "ansible_port": 2222,
            "ansible_user": "group", "ansible_ssh_private_key_file": "~/.ssh/prod",
            "ansible_ssh_common_args": "-o ProxyJump=ops@198.51.100.1:2200 -C"}}},
            "all": {"children": ["ungrouped", "eu"]}, "eu": {"children": ["prod"]}, "prod": {"hosts": ["db"]}}"#;
        assert_eq!(of(&listing(&[("x.json", json)]), "db"), of(&ini, "db"));
    }

    #[test]
    fn variables_beside_an_inventory_count() {
        let read = listing(&[
            ("hosts", "[web]\na\nb ansible_user=own\n"),
            ("group_vars/web.yml", "ansible_user: '{{ me }}'\nansible_port: 2222\n"),
            ("host_vars/b/main.yml", "ansible_port: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  33\n"),
            ("host_vars/gone.yml", "ansible_port: 1\n"),
        ]);
        assert_eq!(read.entries.len(), 2);
        let a = of(&read, "a");
        assert_eq!((a.user.as_deref(), a.port), (None, Some(2222)));
        assert_eq!(a.left_behind, [LeftBehind::Template("ansible_user")]);
        let b = of(&read, "b");
        assert_eq!((b.user.as_deref(), b.port), (Some("own"), None));
        assert_eq!(b.left_behind, [LeftBehind::Template("ansible_port")]);
    }

    #[test]
    fn what_no_ssh_goes_to_is_named() {
        let read = listing(&[(
            "hosts",
            "[web]\na ansible_connection=local\nb ansible_host='{{ x }}'\nc[1:99999]\nd ansible_connection=ansible.builtin.ssh\n",
        )]);
        let content = |name: &str| {
            let entry = read.entries.iter().find(|entry| entry.name == name).unwrap();
            entry.content.clone()
        };
        assert_eq!(content("a"), Err(Skipped::Protocol("local".into())));
        assert!(matches!(content("b"), Err(Skipped::Field { field: "host", .. })));
        assert!(matches!(content("c[1:99999]"), Err(Skipped::Field { field: "range", .. })));
        assert!(content("d").is_ok());
    }

    #[test]
    fn groups_in_a_circle_end() {
        let text = "[a:children]\nb\n[b:children]\na\n[a]\nh\n";
        assert_eq!(of(&listing(&[("hosts", text)]), "h").tags, ["a", "b"]);
    }
}
