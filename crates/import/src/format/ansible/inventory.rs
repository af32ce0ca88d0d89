//! Groups, hosts and their variables, and which of them holds for a host.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::range;
use crate::ssh_line;
use crate::values::{port, require_plain, session, some};
use crate::{Entry, LeftBehind, Listing, Session, Skipped};

/// The variables that count, each with its older names.
const KNOWN: [(&str, &[&str]); 7] = [
    ("ansible_host", &["ansible_ssh_host"]),
    ("ansible_port", &["ansible_ssh_port"]),
    ("ansible_user", &["ansible_ssh_user"]),
    ("ansible_ssh_private_key_file", &["ansible_private_key_file"]),
    ("ansible_ssh_common_args", &[]),
    ("ansible_ssh_extra_args", &[]),
    ("ansible_connection", &[]),
];

/// Variables that hold a password.
const PASSWORDS: [&str; 6] = [
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_password",
    "ansible_become_pass",
    "ansible_sudo_pass",
];

/// How deep groups may stand in each other.
const DEPTH: usize = 64;

/// A value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Text(String),
    /// A template, or a text in a vault: only Ansible knows what it says.
    Hidden,
}

impl Variable {
    /// A value as it is written.
    pub(super) fn of(text: &str) -> Self {
        let is_hidden =
            text.contains("{{") || text.contains("{%") || text.starts_with("$ANSIBLE_VAULT");
        if is_hidden { Variable::Hidden } else { Variable::Text(text.trim().to_owned()) }
    }
}

/// Variables by their newest name.
type Variables = BTreeMap<&'static str, Variable>;

/// What an inventory says.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    hosts: BTreeMap<String, Variables>,
    groups: BTreeMap<String, Group>,
    /// Ranges that make too many hosts.
    too_many: Vec<String>,
    passwords: usize,
}

#[derive(Debug, Default)]
struct Group {
    hosts: BTreeSet<String>,
    children: BTreeSet<String>,
    variables: Variables,
}

impl Inventory {
    /// A group, which need not have hosts.
    pub(super) fn group(&mut self, name: &str) {
        self.groups.entry(name.to_owned()).or_default();
    }

    /// A group in another.
    pub(super) fn child(&mut self, parent: &str, child: &str) {
        self.group(child);
        self.groups.entry(parent.to_owned()).or_default().children.insert(child.to_owned());
    }

    /// The hosts that a name stands for, in a group; with a port after a colon.
    pub(super) fn host(&mut self, group: &str, pattern: &str) -> Vec<String> {
        let left = range::MOST.saturating_sub(self.hosts.len());
        let has_range = pattern.contains('[');
        let Some(names) = range::expand(pattern, if has_range { left } else { 1 }) else {
            self.too_many.push(pattern.to_owned());
            return Vec::new();
        };
        let mut hosts = Vec::with_capacity(names.len());
        for name in names {
            let (name, port) = split_port(&name);
            let name = name.to_owned();
            let variables = self.hosts.entry(name.clone()).or_default();
            if let Some(port) = port {
                variables.insert("ansible_port", Variable::Text(port.to_owned()));
            }
            hosts.push(name);
        }
        let known = &mut self.groups.entry(group.to_owned()).or_default().hosts;
        known.extend(hosts.iter().cloned());
        hosts
    }

    /// A variable of hosts.
    pub(super) fn host_variable(&mut self, hosts: &[String], name: &str, value: &Variable) {
        self.count(name);
        let Some(name) = known(name) else { return };
        for host in hosts {
            self.hosts.entry(host.clone()).or_default().insert(name, value.clone());
        }
    }

    /// A variable of a group.
    pub(super) fn group_variable(&mut self, group: &str, name: &str, value: Variable) {
        self.count(name);
        let Some(name) = known(name) else { return };
        self.groups.entry(group.to_owned()).or_default().variables.insert(name, value);
    }

    /// A variable of a host that is known.
    pub(super) fn known_host_variable(&mut self, host: &str, name: &str, value: &Variable) {
        if self.hosts.contains_key(host) {
            self.host_variable(&[host.to_owned()], name, value);
        }
    }

    fn count(&mut self, name: &str) {
        self.passwords += usize::from(PASSWORDS.contains(&name));
    }

    /// How deep each group is below `all`, as far as that decides whose variables count.
    fn depths(&self) -> HashMap<&str, usize> {
        let mut depths: HashMap<&str, usize> = HashMap::new();
        let children: HashSet<&String> =
            self.groups.values().flat_map(|group| &group.children).collect();
        let tops = self.groups.keys().filter(|name| !children.contains(name));
        let mut waiting: Vec<(&str, usize)> = tops.map(|name| (name.as_str(), 1)).collect();
        while let Some((name, depth)) = waiting.pop() {
            let known = depths.entry(name).or_default();
            if depth > DEPTH || *known >= depth {
                continue;
            }
            *known = depth;
            let children = self.groups.get(name).into_iter().flat_map(|group| &group.children);
            waiting.extend(children.map(|child| (child.as_str(), depth + 1)));
        }
        depths.insert("all", 0);
        depths
    }

    /// The groups above a group, itself among them.
    fn above<'a>(name: &'a str, parents: &HashMap<&str, Vec<&'a str>>) -> BTreeSet<&'a str> {
        let mut line = BTreeSet::new();
        let mut waiting = vec![(name, 0)];
        while let Some((name, depth)) = waiting.pop() {
            if line.insert(name) && depth < DEPTH {
                let above = parents.get(name).into_iter().flatten();
                waiting.extend(above.map(|above| (*above, depth + 1)));
            }
        }
        line
    }

    /// An entry for each host.
    pub(super) fn into_listing(self, listing: &mut Listing) {
        listing.passwords += self.passwords;
        let depths = self.depths();
        let mut parents: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, group) in &self.groups {
            for child in &group.children {
                parents.entry(child).or_default().push(name);
            }
        }
        let mut groups_of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for (name, group) in self.groups.iter().filter(|(_, group)| !group.hosts.is_empty()) {
            let above = Inventory::above(name, &parents);
            for host in &group.hosts {
                groups_of.entry(host).or_default().extend(&above);
            }
        }
        for (name, own) in &self.hosts {
            let mut groups: Vec<&str> =
                groups_of.get(name.as_str()).into_iter().flatten().copied().collect();
            // Of groups at one depth the last by name counts, the deeper ones before those above.
            groups.sort_by_key(|group| (depths.get(group).copied().unwrap_or(DEPTH), *group));
            let all = self.groups.get("all").filter(|_| !groups.contains(&"all"));
            let mut variables = all.map(|all| all.variables.clone()).unwrap_or_default();
            for group in groups.iter().filter_map(|group| self.groups.get(*group)) {
                variables.extend(group.variables.clone());
            }
            variables.extend(own.clone());
            let content = require_plain("name", name).and_then(|()| content(name, &variables));
            let content = content.map(|mut session| {
                let tags = groups.iter().filter(|group| !["all", "ungrouped"].contains(*group));
                session.tags = tags.map(|group| (*group).to_owned()).collect();
                session.tags.sort();
                session
            });
            listing.entries.push(Entry::by_path(Vec::new(), name.clone(), content));
        }
        for pattern in self.too_many {
            let why = format!("ranges make more than {} hosts", range::MOST);
            let content = Err(Skipped::Field { field: "range", why });
            listing.entries.push(Entry::by_path(Vec::new(), pattern, content));
        }
    }
}

fn known(name: &str) -> Option<&'static str> {
    let of = |(newest, older): &(&'static str, &[&str])| *newest == name || older.contains(&name);
    KNOWN.iter().find(|row| of(row)).map(|(newest, _)| *newest)
}

/// `name` and `port` of `name:port` and `[address]:port`; an address of IPv6 has no port.
fn split_port(name: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    match name.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (name, None),
    }
}

fn content(name: &str, variables: &Variables) -> Result<Session, Skipped> {
    let mut left_behind = Vec::new();
    let mut get = |name: &'static str| match variables.get(name) {
        Some(Variable::Text(text)) => some(Some(text)),
        Some(Variable::Hidden) => {
            left_behind.push(LeftBehind::Template(name));
            None
        }
        None => None,
    };
    let connection = get("ansible_connection").unwrap_or_default();
    let kind = connection.rsplit('.').next().unwrap_or_default();
    if !["", "ssh", "smart", "paramiko", "paramiko_ssh"].contains(&kind) {
        return Err(Skipped::Protocol(kind.to_owned()));
    }
    if variables.get("ansible_host") == Some(&Variable::Hidden) {
        let why = "ansible_host is a template or in a vault".to_owned();
        return Err(Skipped::Field { field: "host", why });
    }
    let host = get("ansible_host").unwrap_or_else(|| name.to_owned());
    let user = get("ansible_user");
    let mut session = session(Some(&host), user.as_deref())?;
    session.port = port(get("ansible_port").as_deref())?;
    session.key = get("ansible_ssh_private_key_file");
    let arguments = [get("ansible_ssh_common_args"), get("ansible_ssh_extra_args")];
    session.left_behind = left_behind;
    for text in arguments.into_iter().flatten() {
        arguments_of_ssh(&text, &mut session);
    }
    Ok(session)
}

/// Takes the jump hosts of arguments for ssh; what else they say is named.
fn arguments_of_ssh(text: &str, session: &mut Session) {
    let words = super::ini::words(text, false).into_iter().chain(["h".to_owned()]);
    let Ok(said) = ssh_line::from_words(words) else {
        session.left_behind.push(LeftBehind::Option("ansible_ssh_common_args"));
        return;
    };
    if session.jumps.is_empty() {
        session.jumps = said.jumps;
    }
    session.left_behind.extend(said.left_behind);
    session.left_behind.extend(said.key.map(LeftBehind::Key));
    let options = said.options.into_iter();
    session.left_behind.extend(options.map(|(keyword, _)| LeftBehind::Option(keyword.title())));
}
