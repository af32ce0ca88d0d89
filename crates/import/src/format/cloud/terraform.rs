//! Terraform and OpenTofu: `terraform show -json`, or a state file of version 4 (Terraform 0.12 and
//! later). Of a resource only what [`TYPES`] names is read: a state holds secrets in plain text.

use serde_json::Value;

use super::json::first;
use super::{Labels, Shape, documents, entry, has_member, looks_like_json};
use crate::format::Sample;
use crate::instance::AddressKind::{Dns, Ipv6, Private, Public};
use crate::listing::Extent;
use crate::{Encodings, Entry, ImportError, InputFile, Listing};

/// The members in which resources stand.
pub(super) const MEMBERS: [&str; 16] = [
    "values",
    "root_module",
    "resources",
    "child_modules",
    "address",
    "mode",
    "type",
    "name",
    "instances",
    "attributes",
    "module",
    "modules",
    "index_key",
    "deposed",
    "terraform_version",
    "version",
];

/// The types of resources that are servers.
pub(super) static TYPES: [(&str, Shape); 15] = [
    ("aws_instance", AWS),
    ("aws_spot_instance_request", Shape { id: "spot_instance_id", ..AWS }),
    (
        "aws_lightsail_instance",
        Shape {
            addresses: &[(Public, "public_ip_address"), (Private, "private_ip_address")],
            name: &["name"],
            user: "username",
            ..AWS
        },
    ),
    (
        "hcloud_server",
        Shape {
            addresses: &[(Public, "ipv4_address"), (Ipv6, "ipv6_address"), (Private, "network.ip")],
            region: ("location", super::whole),
            labels: &[Labels::Map("labels")],
            usual_user: |_| Some("root"),
            prefix: "hcloud.",
            ..Shape::NOWHERE
        },
    ),
    (
        "digitalocean_droplet",
        Shape {
            addresses: &[
                (Public, "ipv4_address"),
                (Ipv6, "ipv6_address"),
                (Private, "ipv4_address_private"),
            ],
            region: ("region", super::whole),
            labels: &[Labels::Words("tags")],
            usual_user: |_| Some("root"),
            prefix: "digitalocean.",
            ..Shape::NOWHERE
        },
    ),
    (
        "google_compute_instance",
        Shape {
            id: "instance_id",
            addresses: &[
                (Public, "network_interface.access_config.nat_ip"),
                (Ipv6, "network_interface.ipv6_access_config.external_ipv6"),
                (Private, "network_interface.network_ip"),
            ],
            region: ("zone", super::before_last_dash),
            zone: "zone",
            labels: &[Labels::Map("labels"), Labels::Words("tags")],
            prefix: "compute.",
            ..Shape::NOWHERE
        },
    ),
    ("azurerm_linux_virtual_machine", AZURE),
    ("azurerm_virtual_machine", AZURE),
    ("alicloud_instance", Shape { usual_user: |_| Some("root"), ..PUBLIC_IP }),
    ("tencentcloud_instance", PUBLIC_IP),
    (
        "openstack_compute_instance_v2",
        Shape {
            addresses: &[(Public, "access_ip_v4"), (Ipv6, "access_ip_v6")],
            region: ("region", super::whole),
            zone: "availability_zone",
            labels: &[Labels::Words("tags")],
            ..Shape::NOWHERE
        },
    ),
    (
        "linode_instance",
        Shape {
            name: &["label"],
            addresses: &[(Public, "ip_address"), (Private, "private_ip_address")],
            region: ("region", super::whole),
            labels: &[Labels::Words("tags")],
            usual_user: |_| Some("root"),
            prefix: "linode.",
            ..Shape::NOWHERE
        },
    ),
    (
        "vultr_instance",
        Shape {
            name: &["label", "hostname"],
            addresses: &[(Public, "main_ip"), (Ipv6, "v6_main_ip"), (Private, "internal_ip")],
            region: ("region", super::whole),
            labels: &[Labels::Words("tags")],
            usual_user: |_| Some("root"),
            ..Shape::NOWHERE
        },
    ),
    (
        "scaleway_instance_server",
        Shape {
            addresses: &[(Public, "public_ip"), (Private, "private_ip")],
            zone: "zone",
            labels: &[Labels::Words("tags")],
            usual_user: |_| Some("root"),
            ..Shape::NOWHERE
        },
    ),
    (
        "vsphere_virtual_machine",
        Shape {
            addresses: &[
                (Private, "default_ip_address"),
                (Private, "network_interface.ip_address"),
                (Private, "network_interface.ipv4_address"),
            ],
            ..Shape::NOWHERE
        },
    ),
];

const AWS: Shape = Shape {
    name: &["tags.Name"],
    addresses: &[
        (Public, "public_ip"),
        (Dns, "public_dns"),
        (Ipv6, "ipv6_addresses"),
        (Private, "private_ip"),
    ],
    region: ("availability_zone", super::without_letter),
    zone: "availability_zone",
    labels: &[Labels::Map("tags")],
    state: ("instance_state", &["terminated", "shutting-down"]),
    ..Shape::NOWHERE
};

const AZURE: Shape = Shape {
    id: "virtual_machine_id",
    addresses: &[
        (Public, "public_ip_address"),
        (Public, "public_ip_addresses"),
        (Private, "private_ip_address"),
    ],
    region: ("location", super::whole),
    zone: "zone",
    labels: &[Labels::Map("tags")],
    user: "admin_username",
    ..Shape::NOWHERE
};

const PUBLIC_IP: Shape = Shape {
    name: &["instance_name"],
    addresses: &[(Public, "public_ip"), (Private, "private_ip")],
    region: ("availability_zone", super::before_last_dash),
    zone: "availability_zone",
    labels: &[Labels::Map("tags")],
    ..Shape::NOWHERE
};

pub(in super::super) fn is_it(samples: &[Sample<'_>]) -> bool {
    let is_one = |sample: &Sample<'_>| {
        looks_like_json(&sample.text) && has_member(&sample.text, "terraform_version")
    };
    samples.iter().any(is_one)
}

pub(in super::super) fn read(
    files: &[InputFile],
    encodings: &Encodings,
) -> Result<Listing, ImportError> {
    let mut listing = Listing::default();
    let mut entries: Vec<Entry> = Vec::new();
    for document in documents(files, encodings, &mut listing)? {
        if document.get("modules").is_some() {
            let old =
                "resources: it is of a Terraform before 0.12; `terraform show -json` prints them";
            return Err(ImportError::NotThisFormat(old));
        }
        if let Some(module) = document.get("values").and_then(|values| values.get("root_module")) {
            shown(module, &mut entries);
        } else if let Some(resources) = document.get("resources").and_then(Value::as_array) {
            for resource in resources {
                kept(resource, &mut entries);
            }
        } else if document.get("terraform_version").is_none() {
            return Err(ImportError::NotThisFormat("state; `terraform show -json` prints it"));
        }
    }
    let mut seen = std::collections::HashSet::new();
    entries.retain(|entry| seen.insert(entry.id.clone()));
    if !entries.is_empty() {
        listing.extent = Extent::Complete;
    }
    listing.entries = entries;
    Ok(listing)
}

/// The resources of a module of `terraform show -json`, and of those in it.
fn shown(module: &Value, entries: &mut Vec<Entry>) {
    let list = |name| module.get(name).and_then(Value::as_array).into_iter().flatten();
    for resource in list("resources") {
        if let (Some(address), Some(values)) = (first(resource, "address"), resource.get("values"))
        {
            push(resource, address, values, entries);
        }
    }
    list("child_modules").for_each(|module| shown(module, entries));
}

/// The instances of a resource of a state file.
fn kept(resource: &Value, entries: &mut Vec<Entry>) {
    let word = |name| first(resource, name).unwrap_or_default();
    let module = Some(word("module")).filter(|module| !module.is_empty());
    let module = module.map(|module| module + ".").unwrap_or_default();
    for instance in resource.get("instances").and_then(Value::as_array).into_iter().flatten() {
        let Some(attributes) = instance.get("attributes") else { continue };
        // What a replaced one leaves until it is destroyed.
        if instance.get("deposed").is_some() {
            continue;
        }
        let index = match instance.get("index_key") {
            Some(Value::String(key)) => format!("[\"{key}\"]"),
            Some(Value::Number(at)) => format!("[{at}]"),
            _ => String::new(),
        };
        let address = format!("{module}{}.{}{index}", word("type"), word("name"));
        push(resource, address, attributes, entries);
    }
}

fn push(resource: &Value, address: String, attributes: &Value, entries: &mut Vec<Entry>) {
    let kind = first(resource, "type").unwrap_or_default();
    let Some((_, shape)) = TYPES.iter().find(|(name, _)| *name == kind) else { return };
    if first(resource, "mode").is_some_and(|mode| mode != "managed") {
        return;
    }
    let mut scopes = std::collections::BTreeSet::new();
    let mut entry = entry(shape, address, attributes, &mut scopes);
    if let Ok(session) = &mut entry.content
        && let Some(instance) = &mut session.instance
    {
        // A state holds the servers of all regions.
        instance.scope = None;
    }
    // A server without a name gets that of its resource: `aws_instance.web[0]` becomes `web-0`.
    if entry.name == entry.id {
        let name = first(resource, "name").unwrap_or_default();
        let index = entry.id.rsplit_once('[').map_or("", |(_, index)| index);
        let index = index.trim_matches(|c: char| "\"]".contains(c));
        entry.name = if index.is_empty() { name } else { format!("{name}-{index}") };
    }
    entries.push(entry);
}
