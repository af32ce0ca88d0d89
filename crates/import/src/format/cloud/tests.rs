use super::*;
use crate::{Format, detect};

fn encodings() -> Encodings {
    Encodings::new(None, "C").unwrap()
}

fn listing(format: Format, text: &str) -> Listing {
    format.read(&[InputFile::new("list.json", text)], &encodings()).unwrap()
}

/// A few words for each entry: name, kinds of addresses and their values, user, scope, labels.
fn told(listing: &Listing) -> Vec<String> {
    let entry = |entry: &Entry| match &entry.content {
        Err(why) => format!("{} - {why}", entry.name),
        Ok(session) => {
            let instance = session.instance.as_deref().unwrap();
            let addresses = instance.addresses.iter();
            let addresses: Vec<_> =
                addresses.map(|one| format!("{:?}={}", one.kind, one.value)).collect();
            let user = session.user.as_deref().or(instance.usual_user.as_deref());
            let labels = instance.labels.iter();
            let labels: Vec<_> = labels.map(|(key, value)| format!("{key}:{value}")).collect();
            let key = instance.host_key_alias.as_deref().unwrap_or("-");
            let scope = instance.scope.as_deref().unwrap_or("-");
            let user = user.unwrap_or("-");
            format!(
                "{} {} {user} {scope} {} {key}",
                entry.name,
                addresses.join(","),
                labels.join(",")
            )
        }
    };
    listing.entries.iter().map(entry).collect()
}

const ALIYUN_TEXT: &str = r#"{ "TotalCount": 4, "PageNumber": 1, "NextToken": "", "Instances": { "Instance": [
  { "InstanceId": "i-bp1a", "InstanceName": "web 1", "RegionId": "cn-hangzhou", "ZoneId": "cn-hangzhou-h",
    "OSType": "linux", "ImageOptions": { "LoginAsNonRoot": true }, "UserData": "password",
    "PublicIpAddress": { "IpAddress": ["198.51.100.1"] }, "EipAddress": { "IpAddress": "198.51.100.2" },
    "VpcAttributes": { "PrivateIpAddress": { "IpAddress": ["172.16.0.1"] } },
    "NetworkInterfaces": { "NetworkInterface": [{ "PrimaryIpAddress": "172.16.0.1",
      "Ipv6Sets": { "Ipv6Set": [{ "Ipv6Address": "2001:db8:0::1" }] } }] },
    "Tags": { "Tag": [{ "TagKey": "env", "TagValue": "prod" }, { "TagKey": "acs:rm:rgId", "TagValue": "x" }] } },
  { "InstanceId": "i-bp1b", "InstanceName": "", "HostName": "iZb", "EipAddress": { "IpAddress": "" },
    "InnerIpAddress": { "IpAddress": ["10.1.1.1"] }, "RegionId": "cn-hangzhou" },
  { "InstanceId": "i-bp1c", "InstanceName": "win", "OSType": "windows", "RegionId": "cn-hangzhou" },
  { "InstanceId": "i-bp1d", "InstanceName": "new\u0007", "RegionId": "cn-hangzhou" }
] } }"#;

#[test]
fn alibaba_cloud() {
    let listing = listing(Format::Aliyun, ALIYUN_TEXT);
    assert_eq!(
        told(&listing),
        [
            "web 1 Elastic=198.51.100.2,Public=198.51.100.1,Ipv6=2001:db8::1,Private=172.16.0.1 ecs-user cn-hangzhou env:prod i-bp1a",
            "iZb Private=10.1.1.1 root cn-hangzhou  i-bp1b",
            "win - windows",
            "new\u{7} - name: it holds the control character U+0007",
        ]
    );
    assert_eq!(listing.extent, Extent::Complete);
}

#[test]
fn tencent_cloud() {
    let text = r#"{ "Response": { "TotalCount": 2, "InstanceSet": [
      { "InstanceId": "ins-1", "InstanceName": "测试", "InstanceState": "RUNNING", "Placement": { "Zone": "ap-guangzhou-3" },
        "PublicIpAddresses": null, "PrivateIpAddresses": ["172.16.0.1"], "Tags": [{ "Key": "env", "Value": "" }],
        "DefaultLoginUser": "ubuntu", "DefaultLoginPort": 2222, "LoginSettings": { "Password": "x" } }
    ] } }"#;
    let listing = listing(Format::Tencent, text);
    assert_eq!(told(&listing), ["测试 Private=172.16.0.1 ubuntu ap-guangzhou env: ins-1"]);
    assert_eq!(listing.entries[0].content.as_ref().unwrap().port, Some(2222));
    assert_eq!(listing.extent, Extent::Partial("1 of 2 servers are in the list".into()));
}

const AWS_TEXT: &str = r#"{ "Reservations": [ { "Instances": [
  { "InstanceId": "i-0a", "PublicIpAddress": "198.51.100.1", "PublicDnsName": "ec2.example.com", "PrivateDnsName": "x",
    "PrivateIpAddress": "10-0-0-157", "State": { "Name": "running" }, "Placement": { "AvailabilityZone": "us-east-2a" },
    "NetworkInterfaces": [{ "OwnerId": "111", "PrivateIpAddress": "10.0.0.1", "Ipv6Addresses": [],
      "Association": { "IpOwnerId": "111", "PublicIp": "198.51.100.1" } }],
    "Tags": [{ "Key": "Name", "Value": "web" }, { "Key": "aws:x", "Value": "y" }, { "Key": "env", "Value": "prod" }] },
  { "InstanceId": "i-0b", "State": { "Name": "terminated" }, "Tags": [{ "Key": "Name", "Value": "gone" }] },
  { "InstanceId": "i-0c", "State": { "Name": "running" }, "Platform": "windows" },
  { "InstanceId": "i-0d", "State": { "Name": "pending" } } ] } ] }"#;

#[test]
fn aws() {
    let listing = listing(Format::Aws, AWS_TEXT);
    let web = "web Elastic=198.51.100.1,Dns=ec2.example.com - 111/us-east-2 env:prod i-0a";
    assert_eq!(told(&listing), [web, "gone - terminated", "i-0c - windows", "i-0d - no host"]);
    assert_eq!(listing.extent, Extent::Complete);
}

#[test]
fn google_cloud() {
    let text = r#"[ { "id": "123", "name": "web-1", "status": "RUNNING", "labels": { "env": "prod" },
      "zone": "https://www.googleapis.com/compute/v1/projects/example/zones/europe-west1-b",
      "tags": { "items": ["http"], "fingerprint": "x" },
      "networkInterfaces": [{ "networkIP": "10.132.0.2", "accessConfigs": [{ "natIP": "198.51.100.41" }] }] },
      { "id": "124", "name": "win", "networkInterfaces": [{ "networkIP": "10.132.0.3" }],
        "disks": [{ "licenses": ["https://x/windows-cloud/global/licenses/windows-2022"] }] } ]"#;
    let listing = listing(Format::Gcloud, text);
    let web = "web-1 Public=198.51.100.41,Private=10.132.0.2 - example/europe-west1 env:prod,http: compute.123";
    assert_eq!(told(&listing), [web, "win - windows"]);
    assert_eq!(listing.extent, Extent::Complete);
}

#[test]
fn azure() {
    let text = r#"[ { "name": "web1", "id": "/subscriptions/S/resourceGroups/R/x", "vmId": "0000-51", "location": "westeurope",
      "publicIps": "198.51.100.51,198.51.100.52", "privateIps": "10.0.1.4", "fqdns": "web1.example.com",
      "osProfile": { "adminUsername": "azureuser", "adminPassword": "x" }, "tags": { "env": "prod" } },
      { "name": "win1", "vmId": "0000-52", "publicIps": "", "tags": null, "storageProfile": { "osDisk": { "osType": "Windows" } } } ]"#;
    let web = "web1 Public=198.51.100.51,Public=198.51.100.52,Dns=web1.example.com,Private=10.0.1.4 azureuser S/westeurope env:prod 0000-51";
    assert_eq!(told(&listing(Format::Azure, text)), [web, "win1 - windows"]);
}

#[test]
fn hetzner_and_digitalocean() {
    let hcloud = r#"[ { "id": 4711, "name": "web-1", "public_net": { "ipv4": { "ip": "198.51.100.61" }, "ipv6": { "ip": "2001:db8::/64" } },
      "private_net": null, "location": { "name": "fsn1" }, "labels": { "env": "prod", "web": "" } },
      { "id": 4712, "name": "db-1", "public_net": { "ipv4": null }, "labels": {} } ]"#;
    assert_eq!(
        told(&listing(Format::Hcloud, hcloud)),
        ["web-1 Public=198.51.100.61 root fsn1 env:prod,web: hcloud.4711", "db-1 - no host"]
    );
    // What `hcloud server create` prints is one server, and no list.
    let created = r#"{ "server": { "id": 1, "name": "n", "public_net": { "ipv4": { "ip": "192.0.2.1" } } }, "root_password": "x" }"#;
    let created = listing(Format::Hcloud, created);
    assert_eq!((created.entries.len(), created.extent), (1, Extent::Unknown));
    let doctl = r#"[ { "id": 990001, "name": "web-1", "region": { "slug": "ams3" }, "tags": ["prod"],
      "networks": { "v4": [ { "ip_address": "10.110.0.2", "type": "private" }, { "ip_address": "198.51.100.71", "type": "public" } ] } } ]"#;
    let web = "web-1 Public=198.51.100.71,Private=10.110.0.2 root ams3 prod: digitalocean.990001";
    assert_eq!(told(&listing(Format::Digitalocean, doctl)), [web]);
}

const STATE: &str = r#"{ "version": 4, "terraform_version": "1.9.0", "resources": [
  { "module": "module.web", "mode": "managed", "type": "aws_instance", "name": "web", "instances": [
    { "index_key": 0, "attributes": { "id": "i-0a", "public_ip": "198.51.100.31", "private_ip": "10.0.0.157", "password_data": "x",
      "availability_zone": "us-east-2a", "tags": { "Name": "shop", "env": "prod" } } },
    { "index_key": "b", "attributes": { "id": "i-0b", "public_ip": "", "private_ip": "10.0.0.158" } },
    { "index_key": 0, "deposed": "1", "attributes": { "id": "i-0z", "private_ip": "10.0.0.159" } } ] },
  { "mode": "data", "type": "aws_instance", "name": "other", "instances": [{ "attributes": { "id": "i-0c", "private_ip": "10.0.0.1" } }] },
  { "mode": "managed", "type": "aws_vpc", "name": "v", "instances": [{ "attributes": { "id": "vpc-1" } }] } ] }"#;

#[test]
fn terraform() {
    let state = listing(Format::Terraform, STATE);
    assert_eq!(
        told(&state),
        [
            "shop Public=198.51.100.31,Private=10.0.0.157 - - env:prod i-0a",
            "web-b Private=10.0.0.158 - -  i-0b"
        ]
    );
    let ids: Vec<_> = state.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["module.web.aws_instance.web[0]", "module.web.aws_instance.web[\"b\"]"]);
    assert_eq!(state.extent, Extent::Complete);
    let shown = r#"{ "format_version": "1.0", "terraform_version": "1.9.0", "values": { "root_module": {
      "resources": [ { "address": "hcloud_server.db", "mode": "managed", "type": "hcloud_server", "name": "db",
        "values": { "id": "4712", "name": "db-1", "ipv4_address": "198.51.100.62", "labels": { "env": "prod" } } } ],
      "child_modules": [ { "resources": [ { "address": "module.web.aws_instance.web[0]", "mode": "managed", "type": "aws_instance",
        "name": "web", "values": { "id": "i-0a", "public_ip": "198.51.100.31" } } ] } ] } } }"#;
    let shown = listing(Format::Terraform, shown);
    assert_eq!(
        told(&shown),
        [
            "db-1 Public=198.51.100.62 root - env:prod hcloud.4712",
            "web-0 Public=198.51.100.31 - -  i-0a"
        ]
    );
    // The same resource has the same id in both.
    assert_eq!(shown.entries[1].id, ids[0]);
    let old = r#"{ "version": 3, "terraform_version": "0.11.0", "modules": [] }"#;
    let error = Format::Terraform.read(&[InputFile::new("x", old)], &encodings()).unwrap_err();
    assert!(error.to_string().contains("terraform show -json"), "{error}");
}

#[test]
fn pages_that_are_all_there_make_a_whole_list() {
    let page = |ids: &[u32], total: Option<u32>, next: bool| {
        let servers = ids.iter().map(|id| {
            format!(r#"{{ "InstanceId": "i-{id}", "RegionId": "r", "VpcAttributes": {{}} }}"#)
        });
        let servers = servers.collect::<Vec<_>>().join(",");
        let total = total.map(|total| format!(r#""TotalCount": {total},"#)).unwrap_or_default();
        let next = if next { r#""NextToken": "t","# } else { "" };
        format!(r#"{{ {total} {next} "Instances": {{ "Instance": [{servers}] }} }}"#)
    };
    let extent = |pages: &[String]| listing(Format::Aliyun, &pages.join("\n")).extent;
    let is_partial = |pages: &[String]| matches!(extent(pages), Extent::Partial(_));
    assert_eq!(extent(&[page(&[1, 2], Some(2), false)]), Extent::Complete);
    assert_eq!(
        extent(&[page(&[1, 2], Some(3), true), page(&[3], Some(3), false)]),
        Extent::Complete
    );
    assert_eq!(extent(&[page(&[1], None, true), page(&[2], None, false)]), Extent::Complete);
    // Two regions, one after the other.
    assert_eq!(extent(&[page(&[1], Some(1), false), page(&[2], Some(1), false)]), Extent::Complete);
    assert!(is_partial(&[page(&[1, 2], Some(3), true)]));
    assert!(is_partial(&[page(&[1], None, true)]));
    assert!(is_partial(&[page(&[1], Some(2), true), page(&[3], Some(1), false)]));
    assert_eq!(extent(&[page(&[], Some(0), false)]), Extent::Unknown);
    // A query has left out how many there are.
    let query = r#"[{ "InstanceId": "i-1", "RegionId": "r", "VpcAttributes": {} }]"#;
    assert_eq!(extent(&[query.to_owned()]), Extent::Unknown);
}

#[test]
fn each_cloud_is_known_by_its_content_and_in_any_encoding() {
    for (text, format) in
        [(ALIYUN_TEXT, Format::Aliyun), (AWS_TEXT, Format::Aws), (STATE, Format::Terraform)]
    {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
        for bytes in [text.as_bytes().to_vec(), wide] {
            let files = [InputFile::new("x", bytes)];
            assert_eq!(detect(&files, &encodings()), [format]);
            assert!(!format.read(&files, &encodings()).unwrap().entries.is_empty());
        }
    }
}

#[test]
fn other_json_is_not_taken_and_nothing_of_it_is_shown() {
    let table = "| InstanceId | secret |";
    let projection = r#"[{ "IP": "192.0.2.1", "secret": "x" }]"#;
    let broken = "{ \"Reservations\": [\n { \"secret\": ] }";
    for text in [table, projection, broken] {
        let error = Format::Aws.read(&[InputFile::new("x", text)], &encodings()).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn a_server_that_comes_twice_is_one() {
    let twice = format!("{AWS_TEXT}{AWS_TEXT}");
    assert_eq!(listing(Format::Aws, &twice), listing(Format::Aws, AWS_TEXT));
}

/// All places in a value at which there is no object and no array.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                leaves(
                    value,
                    &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::Array(array) => {
            for (n, value) in array.iter().enumerate() {
                leaves(value, &format!("{at}/{n}"), found);
            }
        }
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn another_value_at_any_place_changes_one_server_at_most_and_no_cut_is_read() {
    use serde_json::json;
    let others =
        [json!(null), json!(7), json!(""), json!("a\nb"), json!([]), json!({}), json!([["x"]])];
    for (format, text) in
        [(Format::Aliyun, ALIYUN_TEXT), (Format::Aws, AWS_TEXT), (Format::Terraform, STATE)]
    {
        let whole = listing(format, text);
        let value: Value = serde_json::from_str(text).unwrap();
        let mut places = Vec::new();
        leaves(&value, "", &mut places);
        assert!(places.len() > 20, "{format:?}");
        for (place, other) in
            places.iter().flat_map(|place| others.iter().map(move |it| (place, it)))
        {
            let mut value = value.clone();
            *value.pointer_mut(place).unwrap() = other.clone();
            let files = [InputFile::new("x", value.to_string())];
            let Ok(changed) = format.read(&files, &encodings()) else { continue };
            let is_other = |entry: &&Entry| !whole.entries.contains(entry);
            // A resource of Terraform may have several instances.
            let most = if format == Format::Terraform { 2 } else { 1 };
            assert!(
                changed.entries.iter().filter(is_other).count() <= most,
                "{format:?} {place} {other}"
            );
            for entry in changed.entries.iter().filter(|entry| entry.content.is_ok()) {
                assert!(!entry.name.contains('\n') && !entry.id.contains('\n'), "{place} {other}");
            }
        }
        for end in (0..text.trim_end().len()).filter(|end| text.is_char_boundary(*end)) {
            let files = [InputFile::new("x", &text[..end])];
            assert!(format.read(&files, &encodings()).is_err(), "{format:?} {end}");
        }
    }
}
