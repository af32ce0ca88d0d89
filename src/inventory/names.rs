//! PURE: names of profiles for sessions and servers that are called otherwise.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use sshp_import::{Entry, Instance};

use crate::profile::Alias;

/// How a profile is named: text with fields in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name,
    /// The id; so many of its last characters.
    Id(usize),
    Host,
    Region,
    Zone,
    Folder,
    /// The value of a tag.
    Tag(String),
}

/// The fields that a template can have.
pub const FIELDS: &str = "{name}, {id}, {id:6}, {host}, {region}, {zone}, {folder}, {tag:KEY}";

impl Default for NameTemplate {
    fn default() -> Self {
        NameTemplate { parts: vec![Part::Name] }
    }
}

impl FromStr for NameTemplate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (field, after) =
                after.split_once('}').ok_or_else(|| "a `{` has no `}`".to_owned())?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(field.parse()?);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|part| *part != Part::Text(String::new()));
        if parts.iter().all(|part| matches!(part, Part::Text(_))) {
            return Err(format!("each profile would have the same name; there are {FIELDS}"));
        }
        Ok(NameTemplate { parts })
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(field: &str) -> Result<Self, String> {
        let (name, argument) = field.split_once(':').unwrap_or((field, ""));
        let count = argument.parse::<usize>().ok().filter(|count| *count > 0);
        match (name, argument, count) {
            ("name", "", _) => Ok(Part::Name),
            ("id", "", _) => Ok(Part::Id(usize::MAX)),
            ("id", _, Some(count)) => Ok(Part::Id(count)),
            ("host", "", _) => Ok(Part::Host),
            ("region", "", _) => Ok(Part::Region),
            ("zone", "", _) => Ok(Part::Zone),
            ("folder", "", _) => Ok(Part::Folder),
            ("tag", key, _) if !key.is_empty() => Ok(Part::Tag(key.to_owned())),
            _ => Err(format!("`{{{field}}}` names nothing; there are {FIELDS}")),
        }
    }
}

impl NameTemplate {
    /// The name of an entry that is reached at `host`; the host where that makes no name.
    pub(super) fn name(&self, entry: &Entry, host: &str, reserved: &[&str]) -> Option<Alias> {
        let instance = entry.content.as_ref().ok().and_then(|session| session.instance.as_deref());
        let text = self
            .parts
            .iter()
            .fold(String::new(), |text, part| text + &part.render(entry, instance, host));
        alias(&text, reserved).or_else(|| alias(host, reserved))
    }
}

impl Part {
    fn render(&self, entry: &Entry, instance: Option<&Instance>, host: &str) -> String {
        let of = |value: fn(&Instance) -> Option<&String>| {
            instance.and_then(value).cloned().unwrap_or_default()
        };
        match self {
            Part::Text(text) => text.clone(),
            Part::Name => entry.name.clone(),
            Part::Id(count) => last(&entry.id, *count).to_owned(),
            Part::Host => host.to_owned(),
            Part::Region => of(|instance| instance.region.as_ref()),
            Part::Zone => of(|instance| instance.zone.as_ref()),
            Part::Folder => entry.folders.join("-"),
            Part::Tag(key) => {
                let labels = instance.into_iter().flat_map(|instance| &instance.labels);
                let mut values = labels.filter(|(label, _)| label == key).map(|(_, value)| value);
                values.next().cloned().unwrap_or_default()
            }
        }
    }
}

/// The names that an entry gets where the one before is not free, the nearest first. None depends on how
/// many others there are.
pub(super) fn longer(entry: &Entry, short: &Alias, reserved: &[&str]) -> Vec<Alias> {
    let short = short.as_str();
    let is_server = entry.content.as_ref().is_ok_and(|session| session.instance.is_some());
    let texts = if is_server {
        [6, usize::MAX].map(|count| format!("{short}-{}", last(&entry.id, count))).to_vec()
    } else {
        vec![format!("{}-{short}", entry.folders.join("-"))]
    };
    texts.iter().filter_map(|text| alias(text, reserved)).collect()
}

/// The last characters of a text.
fn last(text: &str, count: usize) -> &str {
    let at = text.char_indices().rev().take(count).last().map_or(text.len(), |(at, _)| at);
    &text[at..]
}

/// The name that a session's own name makes: what a name of a profile may not hold becomes `-`. `None`
/// where nothing is left.
fn alias(name: &str, reserved: &[&str]) -> Option<Alias> {
    let is_plain = |c: char| c.is_alphanumeric() || "._+-".contains(c);
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match is_plain(c) {
            true => text.push(c),
            false if text.ends_with('-') => {}
            false => text.push('-'),
        }
    }
    Alias::new(text.trim_matches('-'), reserved).ok()
}

/// A label as a tag: one word.
pub(super) fn tag(label: &str) -> Option<String> {
    let words: Vec<&str> =
        label.split(|c: char| c.is_whitespace() || c.is_control() || ",#".contains(c)).collect();
    let tag = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let tag = tag.trim_start_matches('-').to_owned();
    (!tag.is_empty() && crate::profile::fields::check_tag(&tag).is_ok()).then_some(tag)
}

/// Gives names: each entry has those that it can have, the shortest first. Where two would get the same
/// name, or it is taken, each gets a longer one, and where none is free, none. A name never depends on the
/// order of the entries.
pub(super) fn give(wished: &[Vec<Alias>], mut taken: HashSet<Alias>) -> Vec<Option<Alias>> {
    let mut given: Vec<Option<Alias>> = vec![None; wished.len()];
    for length in 0..wished.iter().map(Vec::len).max().unwrap_or(0) {
        let asks = |at: usize| given[at].is_none().then(|| wished[at].get(length)).flatten();
        let asked: Vec<Option<&Alias>> = (0..wished.len()).map(asks).collect();
        let mut counts: HashMap<&Alias, usize> = HashMap::new();
        for alias in asked.iter().flatten() {
            *counts.entry(alias).or_default() += 1;
        }
        for (at, alias) in asked.iter().enumerate() {
            given[at] = match alias {
                Some(alias) if counts[alias] == 1 && !taken.contains(alias) => {
                    Some((*alias).clone())
                }
                _ => given[at].take(),
            };
        }
        taken.extend(given.iter().flatten().cloned());
    }
    given
}

#[cfg(test)]
mod tests {
    use sshp_import::Session;

    use super::*;

    #[test]
    fn a_name_keeps_its_letters_and_digits() {
        let of = |name: &str| alias(name, &["add"]).map(|alias| alias.as_str().to_owned());
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(of("prod web 01"), some("prod-web-01"));
        assert_eq!(of("web-01 (deploy)"), some("web-01-deploy"));
        assert_eq!(of("订单 web"), some("订单-web"));
        assert_eq!(of("old/router: $(touch x)"), some("old-router-touch-x"));
        assert_eq!(of("10.0.0.1"), some("10.0.0.1"));
        for nothing in ["", "***", "add", "\u{202e}"] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_tag_is_one_word() {
        assert_eq!(tag("front end"), Some("front-end".to_owned()));
        assert_eq!(tag("#prod"), Some("prod".to_owned()));
        assert_eq!(tag(" , "), None);
    }

    #[test]
    fn a_template_has_fields_of_the_server() {
        let instance = Instance {
            region: Some("cn-hangzhou".into()),
            zone: Some("cn-hangzhou-h".into()),
            labels: vec![("env".into(), "prod".into())],
            ..Instance::default()
        };
        let session = Session { instance: Some(Box::new(instance)), ..Session::default() };
        let folders = vec!["a".into(), "b".into()];
        let mut entry = Entry {
            id: "i-0123456789".into(),
            name: "web 1".into(),
            folders,
            content: Ok(session),
        };
        let of = |template: &str, entry: &Entry| {
            let template: NameTemplate = template.parse().unwrap();
            template.name(entry, "192.0.2.1", &["add"]).unwrap().to_string()
        };
        for (template, name) in [
            ("{name}", "web-1"),
            ("{region}-{name}-{id:4}", "cn-hangzhou-web-1-6789"),
            ("{tag:env}.{zone}.{host}", "prod.cn-hangzhou-h.192.0.2.1"),
            ("{folder}-{id}", "a-b-i-0123456789"),
            ("{tag:none}", "192.0.2.1"),
            ("{id:99}", "i-0123456789"),
        ] {
            assert_eq!(of(template, &entry), name, "{template}");
        }
        entry.name = "add".into();
        assert_eq!(of("{name}", &entry), "192.0.2.1");
        for bad in ["web", "", "{", "{name", "{nam}", "{id:0}", "{id:x}", "{tag:}", "{name:1}"] {
            assert!(bad.parse::<NameTemplate>().is_err(), "{bad}");
        }
    }
}
