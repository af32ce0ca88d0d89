//! Servers of clouds, as the command line of each lists them in JSON, and of Terraform.
//!
//! [`table`] says where each cloud has what; [`terraform`] the same for the types of its resources.

mod json;
mod table;
mod terraform;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;

use serde_json::Value;

use self::json::{Members, at, first};
pub(super) use self::table::{ALIYUN, AWS, AZURE, DIGITALOCEAN, GCLOUD, HCLOUD, TENCENT};
pub(super) use self::terraform::{is_it as is_terraform, read as read_terraform};
use super::Sample;
use crate::instance::{Address, AddressKind, Instance};
use crate::json::scalar;
use crate::listing::Extent;
use crate::values::{port, require_plain};
use crate::{Encodings, Entry, ImportError, InputFile, Listing, Session, Skipped};

/// A cloud whose command line lists servers.
pub(super) struct Cloud {
    /// What tells its JSON: all members of one of these are there.
    marks: &'static [&'static [&'static str]],
    /// What a server has beside its id, at least one of them.
    members: &'static [&'static str],
    /// Whether a whole list is an array; else it is an object, which tells whether there is more.
    lists_in_array: bool,
    shape: Shape,
}

/// Where a server has what. An empty path is nowhere.
pub(super) struct Shape {
    id: &'static str,
    /// Its name, the first of these that is there.
    name: &'static [&'static str],
    addresses: &'static [(AddressKind, &'static str)],
    /// The account, and which part of the text it is.
    account: (&'static str, fn(&str) -> &str),
    region: (&'static str, fn(&str) -> &str),
    zone: &'static str,
    labels: &'static [Labels],
    user: &'static str,
    /// The login name of its images.
    usual_user: fn(&Value) -> Option<&'static str>,
    port: &'static str,
    /// The state, and those in which there is no server any more.
    state: (&'static str, &'static [&'static str]),
    /// Says `windows` somewhere for a server that runs it.
    system: &'static str,
    /// What comes before an id that other clouds could have, too.
    prefix: &'static str,
}

/// How tags are written.
pub(super) enum Labels {
    /// Objects at a path, with a member for the key and one for the value.
    Pairs(&'static str, &'static str, &'static str),
    /// An object whose members they are.
    Map(&'static str),
    /// Words at a path.
    Words(&'static str),
}

impl Shape {
    /// What is nowhere, for the rows of a table to begin with.
    const NOWHERE: Shape = Shape {
        id: "id",
        name: &["name"],
        addresses: &[],
        account: ("", whole),
        region: ("", whole),
        zone: "",
        labels: &[],
        user: "",
        usual_user: |_| None,
        port: "",
        state: ("", &[]),
        system: "",
        prefix: "",
    };

    /// The paths that are read; those of labels apart.
    fn paths(&self) -> impl Iterator<Item = &'static str> {
        let pairs = self.labels.iter().flat_map(|labels| match *labels {
            Labels::Pairs(path, key, value) => [path, key, value],
            Labels::Map(path) | Labels::Words(path) => [path, "", ""],
        });
        let addresses = self.addresses.iter().map(|(_, path)| *path);
        let single = [self.id, self.account.0, self.region.0, self.zone, self.user, self.port];
        let told = [self.state.0, self.system, "ImageOptions.LoginAsNonRoot"];
        self.name.iter().copied().chain(addresses).chain(single).chain(told).chain(pairs)
    }
}

/// The members of all shapes, and those in which lists stand.
struct Known;

impl Members for Known {
    fn keeps(name: &str) -> bool {
        static NAMES: std::sync::LazyLock<HashSet<&str>> = std::sync::LazyLock::new(|| {
            let clouds = table::ALL.iter().map(|cloud| &cloud.shape);
            let shapes = clouds.chain(terraform::TYPES.iter().map(|(_, shape)| shape));
            let paths = shapes.flat_map(Shape::paths).flat_map(|path| path.split(['.', '[', ']']));
            let names = paths.map(|part| part.split(['=', '!']).next().unwrap_or_default());
            let members = table::ALL.iter().flat_map(|cloud| cloud.members.iter().copied());
            names
                .chain(members)
                .chain(table::LISTS.iter().copied())
                .chain(terraform::MEMBERS)
                .collect()
        });
        NAMES.contains(name)
    }

    fn keeps_all_below(name: &str) -> bool {
        ["tags", "labels"].contains(&name)
    }
}

/// Whether an input looks like the JSON of a cloud.
pub(super) fn is_it(cloud: &Cloud, samples: &[Sample<'_>]) -> bool {
    let is_one = |sample: &Sample<'_>| {
        looks_like_json(&sample.text)
            && !has_member(&sample.text, "terraform_version")
            && cloud
                .marks
                .iter()
                .any(|marks| marks.iter().all(|mark| has_member(&sample.text, mark)))
    };
    samples.iter().any(is_one)
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Whether a text has a member of this name, as far as that is seen without parsing it.
fn has_member(text: &str, name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    text.match_indices(&quoted)
        .any(|(at, _)| text[at + quoted.len()..].trim_start().starts_with(':'))
}

/// Reads what a cloud's command line printed: files, and in each any number of documents.
pub(super) fn read(
    cloud: &Cloud,
    files: &[InputFile],
    encodings: &Encodings,
) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut pages = Pages::default();
    let mut seen = HashSet::new();
    let (mut is_known, mut is_list) = (false, true);
    for document in documents(files, encodings, &mut listing)? {
        let document = document.get("Response").unwrap_or(&document);
        let mut servers = Vec::new();
        collect(cloud, document, &mut servers);
        is_list &= document.is_array() == cloud.lists_in_array && document.get("server").is_none();
        is_known |= !servers.is_empty() || is_empty_list(cloud, document);
        pages.take(document, servers.len());
        for server in servers {
            let id = first(server, cloud.shape.id).unwrap_or_default();
            if seen.insert(id.clone()) {
                listing.entries.push(entry(&cloud.shape, id, server, &mut listing.scopes));
            }
        }
    }
    if !is_known {
        return Err(ImportError::NotThisFormat(
            "servers with an id; `--query` may have left it out",
        ));
    }
    listing.extent = match pages.missing() {
        Some(missing) => Extent::Partial(missing),
        None if is_list && !listing.entries.is_empty() => Extent::Complete,
        None => Extent::Unknown,
    };
    Ok(listing)
}

/// The documents of all files.
fn documents(
    files: &[InputFile],
    encodings: &Encodings,
    listing: &mut Listing,
) -> Result<Vec<Value>, ImportError> {
    let mut documents = Vec::new();
    for file in files {
        // A list may take tens of MiB; it is not copied where it is UTF-8. UTF-16 without a mark has
        // zero bytes, which JSON has not.
        let utf8 = std::str::from_utf8(&file.bytes).ok().filter(|text| {
            encodings.asked.is_none() && !text.starts_with('\u{feff}') && !text.contains('\0')
        });
        let text = if let Some(text) = utf8 {
            Cow::Borrowed(text)
        } else {
            let decoded = encodings.decode(&file.bytes);
            listing.note_encoding(&decoded);
            Cow::Owned(decoded.text)
        };
        if !looks_like_json(&text) {
            return Err(ImportError::NotThisFormat("JSON; `--output json` prints it"));
        }
        documents.extend(json::documents::<Known>(&text)?);
    }
    Ok(documents)
}

/// Finds the servers: objects with the id and another member of one, in arrays and objects of any depth.
fn collect<'v>(cloud: &Cloud, value: &'v Value, servers: &mut Vec<&'v Value>) {
    match value {
        Value::Array(array) => array.iter().for_each(|value| collect(cloud, value, servers)),
        Value::Object(object) => {
            let has = |name: &&str| object.contains_key(*name);
            if object.get(cloud.shape.id).and_then(scalar).is_some()
                && cloud.members.iter().any(has)
            {
                servers.push(value);
            } else {
                let lists = object.iter().filter(|(name, _)| table::LISTS.contains(&name.as_str()));
                lists.for_each(|(_, value)| collect(cloud, value, servers));
            }
        }
        _ => {}
    }
}

/// Whether a document is a list without a server.
fn is_empty_list(cloud: &Cloud, document: &Value) -> bool {
    match document {
        Value::Array(array) => array.is_empty(),
        Value::Object(object) => cloud.marks.iter().any(|marks| object.contains_key(marks[0])),
        _ => false,
    }
}

/// Which pages of lists are there. A list that goes over several documents says how many servers it has,
/// or that there is more.
#[derive(Default)]
struct Pages {
    /// How many the list has whose pages come, where it says that, and how many of them were there.
    open: Option<(Option<u64>, u64)>,
    missing: Option<String>,
}

impl Pages {
    fn take(&mut self, document: &Value, count: usize) {
        let total = document.get("TotalCount").and_then(Value::as_u64);
        let has_more = document.get("NextToken").and_then(scalar).is_some();
        let count = count as u64;
        let before = match self.open.take() {
            Some((open, before)) if open == total => before,
            Some((open, before)) => {
                self.missing = Some(missing(open, before));
                0
            }
            None => 0,
        };
        let there = before + count;
        if total.map_or(has_more, |total| there < total) {
            self.open = Some((total, there));
        }
    }

    /// What is not there of a list.
    fn missing(self) -> Option<String> {
        self.missing.or_else(|| self.open.map(|(total, there)| missing(total, there)))
    }
}

fn missing(total: Option<u64>, there: u64) -> String {
    match total {
        Some(total) => format!("{there} of {total} servers are in the list"),
        None => "the list has another page".to_owned(),
    }
}

/// The entry of a server.
fn entry(shape: &Shape, id: String, server: &Value, scopes: &mut BTreeSet<String>) -> Entry {
    let name = shape.name.iter().find_map(|path| first(server, path)).unwrap_or_else(|| id.clone());
    let instance = instance(shape, server);
    scopes.extend(instance.scope.clone());
    let content = content(shape, server, &id, &name, instance);
    Entry { id, name, folders: Vec::new(), content }
}

fn content(
    shape: &Shape,
    server: &Value,
    id: &str,
    name: &str,
    instance: Instance,
) -> Result<Session, Skipped> {
    require_plain("id", id)?;
    require_plain("name", name)?;
    if let Some(state) = first(server, shape.state.0)
        && shape.state.1.contains(&state.to_lowercase().as_str())
    {
        return Err(Skipped::Gone(state.to_lowercase()));
    }
    if at(server, shape.system)
        .into_iter()
        .filter_map(scalar)
        .any(|it| it.to_lowercase().contains("windows"))
    {
        return Err(Skipped::Windows);
    }
    let Some(address) = instance.addresses.first() else { return Err(Skipped::NoHost) };
    let user = first(server, shape.user);
    if let Some(user) = &user {
        require_plain("user", user)?;
    }
    let port = port(first(server, shape.port).as_deref())?;
    Ok(Session {
        host: address.value.clone(),
        port,
        user,
        instance: Some(Box::new(instance)),
        ..Session::default()
    })
}

fn instance(shape: &Shape, server: &Value) -> Instance {
    let part = |(path, part): (&str, fn(&str) -> &str)| {
        Some(part(&first(server, path)?).to_owned()).filter(|text| !text.is_empty())
    };
    let (account, region) = (part(shape.account), part(shape.region));
    let scope = match (account, &region) {
        (Some(account), Some(region)) => Some(format!("{account}/{region}")),
        (account, region) => account.or_else(|| region.clone()),
    };
    let host_key_alias = first(server, shape.id)
        .map(|id| format!("{}{}", shape.prefix, last_segment(&id)))
        .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
    Instance {
        host_key_alias: host_key_alias.map(|name| name.to_lowercase()),
        zone: part((shape.zone, last_segment)),
        region,
        scope,
        addresses: addresses(shape, server),
        labels: labels(shape, server),
        usual_user: (shape.usual_user)(server).map(str::to_owned),
    }
}

/// The addresses, each once, those first that reach it from outside.
fn addresses(shape: &Shape, server: &Value) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    for (kind, path) in shape.addresses {
        let texts = at(server, path).into_iter().filter_map(scalar);
        // `az` joins several with commas.
        for text in texts.collect::<Vec<_>>().iter().flat_map(|text| text.split(',')) {
            let Some(address) = address(*kind, text.trim()) else { continue };
            if found.iter().all(|other| other.value != address.value) {
                found.push(address);
            }
        }
    }
    found
}

/// An address that reaches a server; no network such as `2001:db8::/64`, and no other text.
fn address(kind: AddressKind, text: &str) -> Option<Address> {
    let is_usable = |ip: &IpAddr| !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast());
    match (kind, text.parse::<IpAddr>().ok().filter(is_usable)) {
        (AddressKind::Dns, None) => {
            let is_name = text.contains('.')
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
            is_name.then(|| Address { kind, value: text.to_owned() })
        }
        (AddressKind::Dns, Some(_)) | (_, None) => None,
        (AddressKind::Private, Some(ip)) => Some(Address { kind, value: ip.to_string() }),
        (_, Some(ip)) => {
            let kind = if ip.is_ipv6() { AddressKind::Ipv6 } else { kind };
            let is_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
            (!is_local).then(|| Address { kind, value: ip.to_string() })
        }
    }
}

/// Tags and labels, without those that the cloud itself makes.
fn labels(shape: &Shape, server: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for labels in shape.labels {
        match *labels {
            Labels::Pairs(path, key, value) => {
                for pair in at(server, path) {
                    let Some(key) = first(pair, key) else { continue };
                    found.push((key, first(pair, value).unwrap_or_default()));
                }
            }
            Labels::Map(path) => {
                let maps = at(server, path).into_iter().filter_map(Value::as_object);
                let pairs = maps
                    .flatten()
                    .map(|(key, value)| (key.trim().to_owned(), scalar(value).unwrap_or_default()));
                found.extend(pairs);
            }
            Labels::Words(path) => {
                let words = at(server, path).into_iter().filter_map(scalar);
                found.extend(words.map(|word| (word, String::new())));
            }
        }
    }
    let is_own = |key: &str| !["aws:", "acs:"].iter().any(|begin| key.starts_with(begin));
    found.retain(|(key, _)| !key.is_empty() && key != "Name" && is_own(key));
    found.sort();
    found.dedup();
    found
}

fn whole(text: &str) -> &str {
    text
}

/// `europe-west1-b` of `https://…/zones/europe-west1-b`
fn last_segment(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

/// `europe-west1` of `…/europe-west1-b`, `ap-guangzhou` of `ap-guangzhou-3`
fn before_last_dash(text: &str) -> &str {
    let zone = last_segment(text);
    zone.rsplit_once('-').map_or(zone, |(region, _)| region)
}

/// `us-east-2` of `us-east-2a`
fn without_letter(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_lowercase())
}

/// What stands between a word of a path and the next slash.
fn after<'t>(text: &'t str, word: &str) -> &'t str {
    let rest = text.split_once(word).map_or("", |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests;
