//! Inventories that are trees of groups: YAML, and the JSON of `ansible-inventory --list`.

use serde_json::Value;

use super::inventory::{Inventory, Variable};

/// Reads what `ansible-inventory --list` prints; whether it is that.
pub(super) fn list(value: &Value, inventory: &mut Inventory) -> bool {
    let Some(object) = value.as_object() else { return false };
    let Some(meta) = object.get("_meta") else { return false };
    for (name, group) in object.iter().filter(|(name, _)| *name != "_meta") {
        inventory.group(name);
        // A group of an old script is the list of its hosts.
        let of = |key: &str| group.get(key).and_then(Value::as_array).into_iter().flatten();
        let hosts = group.as_array().into_iter().flatten().chain(of("hosts"));
        for host in hosts.filter_map(Value::as_str) {
            inventory.host(name, host);
        }
        for child in of("children").filter_map(Value::as_str) {
            inventory.child(name, child);
        }
        each(group.get("vars"), |key, value| inventory.group_variable(name, key, value));
    }
    let hosts = meta.get("hostvars").and_then(Value::as_object).into_iter().flatten();
    for (host, variables) in hosts {
        let hosts = inventory.host("all", host);
        each(Some(variables), |key, value| inventory.host_variable(&hosts, key, &value));
    }
    true
}

/// Reads the groups of an inventory in YAML; whether there is one.
pub(super) fn groups(value: &Value, inventory: &mut Inventory) -> bool {
    let Some(object) = value.as_object() else { return false };
    let is_group = |value: &Value| {
        let keys = ["hosts", "children", "vars"];
        value.is_null()
            || value.as_object().is_some_and(|of| keys.iter().any(|key| of.contains_key(*key)))
    };
    let mut waiting: Vec<(Option<&str>, &str, &Value)> = object
        .iter()
        .filter(|(_, value)| is_group(value))
        .map(|(name, value)| (None, name.as_str(), value))
        .collect();
    let is_known = waiting.iter().any(|(_, _, value)| value.is_object());
    while let Some((parent, name, group)) = waiting.pop() {
        inventory.group(name);
        if let Some(parent) = parent {
            inventory.child(parent, name);
        }
        let of = |key: &str| group.get(key).and_then(Value::as_object).into_iter().flatten();
        for (pattern, variables) in of("hosts") {
            let hosts = inventory.host(name, pattern);
            each(Some(variables), |key, value| inventory.host_variable(&hosts, key, &value));
        }
        each(group.get("vars"), |key, value| inventory.group_variable(name, key, value));
        waiting.extend(of("children").map(|(child, value)| (Some(name), child.as_str(), value)));
    }
    is_known
}

/// Takes the variables of a file in `group_vars` or `host_vars`.
pub(super) fn variables(value: &Value, folder: &str, name: &str, inventory: &mut Inventory) {
    each(Some(value), |key, value| {
        if folder == "group_vars" {
            inventory.group_variable(name, key, value);
        } else {
            inventory.known_host_variable(name, key, &value);
        }
    });
}

fn each(variables: Option<&Value>, mut take: impl FnMut(&str, Variable)) {
    for (name, value) in variables.and_then(Value::as_object).into_iter().flatten() {
        let value = match value {
            Value::String(text) => Variable::of(text),
            Value::Number(number) => Variable::Text(number.to_string()),
            // `{"__ansible_vault": …}`, `{"__ansible_unsafe": …}`.
            Value::Object(_) => Variable::Hidden,
            Value::Null | Value::Bool(_) | Value::Array(_) => continue,
        };
        take(name, value);
    }
}
