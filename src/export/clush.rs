//! Groups for ClusterShell: a file of its `groups.d`.

use std::fmt::Write;

use serde_json::Value;

use super::{Export, LeftOut, by_tag};
use crate::profile::Profile;

/// What ClusterShell reads as part of a set of nodes, not of a name (ClusterShell/NodeSet.py).
const SET: &[char] = &['[', ']', ',', '&', '!', '^', '@', ' ', '*', '?', '%'];

/// The source `sshp`: a group for each tag, and `all`.
pub fn yaml(profiles: &[Profile]) -> Export {
    let (named, other): (Vec<&Profile>, Vec<&Profile>) =
        profiles.iter().partition(|profile| !profile.alias.as_str().contains(SET));
    let why = "to ClusterShell this name is a set of nodes";
    let mut left_out: Vec<_> =
        other.into_iter().map(|profile| LeftOut::new(profile, why)).collect();
    let mut text = String::from("sshp:\n");
    let mut group = |name: &str, nodes: &[&str]| {
        let _ = writeln!(text, "  {}: {}", Value::from(name), Value::from(nodes.join(",")));
    };
    let all: Vec<&str> = named.iter().map(|profile| profile.alias.as_str()).collect();
    group("all", &all);
    for (tag, members) in by_tag(profiles) {
        let names: Vec<&str> = members.iter().map(|profile| profile.alias.as_str()).collect();
        let nodes: Vec<&str> = names.into_iter().filter(|name| !name.contains(SET)).collect();
        if tag == "all" || tag.contains(SET) || tag.contains(':') {
            let why = format!("the tag `{tag}` is no name of a group to ClusterShell");
            left_out.extend(members.iter().map(|profile| LeftOut::new(profile, why.clone())));
        } else if !nodes.is_empty() {
            group(tag, &nodes);
        }
    }
    Export { text: text.into_bytes(), left_out }
}
