//! `sshp import` of the servers that clouds list.

use super::ssh_g;
use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::schema;

/// A server as `aliyun ecs DescribeInstances` prints it.
fn aliyun(id: &str, name: &str, public: &str, private: &str) -> String {
    format!(
        r#"{{ "InstanceId": "{id}", "InstanceName": "{name}", "RegionId": "cn-hangzhou", "ZoneId": "cn-hangzhou-h",
        "OSType": "linux", "PublicIpAddress": {{ "IpAddress": ["{public}"] }}, "EipAddress": {{ "IpAddress": "" }},
        "VpcAttributes": {{ "PrivateIpAddress": {{ "IpAddress": ["{private}"] }} }},
        "Tags": {{ "Tag": [{{ "TagKey": "env", "TagValue": "prod" }}] }} }}"#
    )
}

fn page(servers: &[String], total: usize) -> String {
    let servers = servers.join(", ");
    format!(r#"{{ "TotalCount": {total}, "Instances": {{ "Instance": [{servers}] }} }}"#)
}

fn servers() -> Vec<String> {
    vec![
        aliyun("i-bp1000001", "web", "198.51.100.1", "172.16.0.1"),
        aliyun("i-bp1000002", "web", "198.51.100.2", "172.16.0.2"),
        aliyun("i-bp1000003", "db 1", "198.51.100.3", "172.16.0.3"),
    ]
}

/// Runs sshp with a list on standard input.
fn import(s: &Sandbox, list: &str, args: &[&str]) -> Run {
    let file = s.write("list.json", list);
    let mut command = s.command(SSHP);
    command.arg("import").args(args).stdin(std::fs::File::open(file).expect("the list"));
    Run::of(&mut command)
}

fn files(s: &Sandbox) -> (String, String) {
    (s.text(".ssh/config"), s.text(".config/sshp/profiles.toml"))
}

#[test]
fn each_server_is_a_profile_as_ssh_reads_it_and_a_second_import_changes_nothing() {
    needs!("ssh");
    let s = Sandbox::with_config(
        "Host mine\n    HostName 192.0.2.1\n\nHost *\n    ServerAliveInterval 30\n",
    );
    let key = s.write(
        "ops.pub",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOygB5dGvxTx6wk4DvGRICwDYP0RL1PotMQAv9p02W1F ops\n",
    );
    let key = key.display().to_string();
    let before = s.text(".ssh/config");
    let list = page(&servers(), 3);
    let run =
        import(&s, &list, &["-", "--yes", "--source", "prod", "--key", &key, "--tag", "fleet"]);
    run.success().says("imported 3 new, changed 0");
    for (alias, host, id) in [
        ("web-000001", "198.51.100.1", "i-bp1000001"),
        ("web-000002", "198.51.100.2", "i-bp1000002"),
        ("db-1", "198.51.100.3", "i-bp1000003"),
    ] {
        let keywords = ["hostname", "user", "hostkeyalias", "identityfile", "serveraliveinterval"];
        let mut lines = ssh_g(&s, alias, &keywords);
        lines.sort();
        let expected = [
            format!("hostkeyalias {id}"),
            format!("hostname {host}"),
            "identityfile ~/ops.pub".to_owned(),
            "serveraliveinterval 30".to_owned(),
            "user root".to_owned(),
        ];
        assert_eq!(lines.len(), expected.len(), "{lines:?}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line == &expected || line.ends_with("/ops.pub"), "{line}: {expected}");
        }
    }
    let first = files(&s);
    assert!(first.1.contains("source = \"aliyun/prod:i-bp1000001\""), "{}", first.1);
    // In another order, in two pages, in UTF-16 as PowerShell writes it.
    let mut shuffled = servers();
    shuffled.rotate_left(1);
    let pages = format!("{}\n{}", page(&shuffled[..2], 3), page(&shuffled[2..], 3));
    for list in [list.clone(), page(&shuffled, 3), pages] {
        import(&s, &list, &["-", "--yes", "--source", "prod"]).success().says("nothing to import");
        assert_eq!(files(&s), first);
    }
    let wide = list.encode_utf16().flat_map(u16::to_le_bytes);
    s.write("wide.json", [0xff, 0xfe].into_iter().chain(wide).collect::<Vec<u8>>());
    s.sshp("import wide.json --yes --source prod").success().says("nothing to import");
    // Less of it changes no other name.
    import(&s, &page(&servers()[..1], 3), &["-", "--yes", "--source", "prod"])
        .success()
        .says("1 of 3 servers are in the list: no profile is marked as stale")
        .says("nothing to import");
    assert_eq!(files(&s), first);
    s.sshp("undo").success();
    assert_eq!(s.text(".ssh/config"), before);
}

#[test]
fn queries_find_servers_by_source_and_tag_and_what_is_gone_is_stale() {
    let s = Sandbox::with_config("");
    import(&s, &page(&servers(), 3), &["-", "--yes", "--source", "prod"]).success();
    s.sshp("edit db-1 --tag mine").success();
    let names = |query: &str| {
        let mut command = s.command(SSHP);
        let run = Run::of(command.args(["list", query, "--format", "{alias}"]));
        run.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names("source:aliyun/prod").len(), 3);
    assert_eq!(names("source:aws").len(), 0);
    assert_eq!(names("#env:prod").len(), 3);
    assert_eq!(names("#stale").len(), 0);
    let gone = page(&servers()[..2], 2);
    import(&s, &gone, &["-", "--dry-run", "--source", "prod"]).success();
    assert_eq!(names("#stale").len(), 0);
    // Neither of a source of another name nor of another region is anything gone.
    let run = import(&s, &gone, &["-", "--dry-run", "--source", "test", "--json"]).success();
    schema::require(&run.stdout);
    assert!(run.stdout.contains("is `web-000001` already, of aliyun/prod"), "{run:?}");
    let run = import(&s, &gone, &["-", "--yes", "--source", "prod"]).success();
    assert!(run.stdout.contains("not in the list any more"), "{run:?}");
    run.says("marked as stale 1");
    assert_eq!(names("#stale"), ["db-1"]);
    s.sshp("show db-1").success().prints("i-bp1000003 of aliyun/prod, not there since 20");
    let json = s.sshp("show db-1 --json").success().stdout;
    schema::require(&json);
    assert!(json.contains("\"source\": \"aliyun/prod:i-bp1000003\""), "{json}");
    schema::require(&s.sshp("list --json").success().stdout);
    // Its own tag stays, the source's are the source's.
    assert_eq!(names("#mine"), ["db-1"]);
    s.sshp("edit db-1 --untag env:prod").exits(5).says("a tag that aliyun/prod has");
    import(&s, &gone, &["-", "--yes", "--source", "prod"]).success().says("nothing to import");
    // Seen again.
    import(&s, &page(&servers(), 3), &["-", "--yes", "--source", "prod"])
        .success()
        .says("imported 0 new, changed 1");
    assert_eq!(names("#stale").len(), 0);
}

#[test]
fn stale_profiles_are_removed_together() {
    let s = Sandbox::with_config("Host mine\n    HostName 192.0.2.1\n");
    s.sshp("rm --stale").exits(3).says("no profile is stale");
    import(&s, &page(&servers(), 3), &["-", "--yes"]).success();
    import(&s, &page(&servers()[..1], 1), &["-", "--yes"]).success().says("marked as stale 2");
    s.sshp("rm --stale").exits(5).says("--yes");
    s.sshp("rm --stale --dry-run").success().prints("-Host db-1");
    s.sshp("rm --stale --yes").success().says("removed `db-1`").says("removed `web-000002`");
    let left = s.sshp("list --format {alias}").success().stdout;
    assert_eq!(left, "mine\nweb-000001\n");
    s.sshp("undo").success();
    assert_eq!(s.sshp("list #stale --format {alias}").success().stdout.lines().count(), 2);
    s.sshp("rm mine --stale").exits(2);
}

#[test]
fn the_address_the_name_the_jump_and_the_tags_are_chosen_by_flags() {
    needs!("ssh");
    let s = Sandbox::with_config("Host bastion\n    HostName 192.0.2.9\n");
    let list = page(&servers(), 3);
    let jump = ["-", "--address", "private", "--jump", "bastion", "--yes", "--user", "ops"];
    let name = ["--name", "{tag:env}-{name}-{id:3}", "--tag-keys", "env", "--no-host-key-alias"];
    import(&s, &list, &[&jump[..], &name].concat()).success();
    let lines = ssh_g(&s, "prod-db-1-003", &["hostname", "user", "proxyjump", "hostkeyalias"]);
    assert_eq!(lines, ["user ops", "hostname 172.16.0.3", "proxyjump bastion"]);
    let tags = s.sshp("list prod-db-1-003 --format {tags}").success().stdout;
    assert_eq!(tags, "prod\n");
    // Without the flags, what was chosen stays.
    import(&s, &list, &["-", "--tag-keys", "env", "--yes"]).success().says("nothing to import");
    for (args, code, says) in [
        (["-", "--jump", "basti"], 3, "did you mean `bastion`?"),
        (["-", "--name", "web"], 2, "the same name"),
        (["-", "--name", "{nam}"], 2, "{tag:KEY}"),
        (["-", "--address", "home"], 2, "private"),
        (["-", "--prefer", "10.0.0.0/99"], 2, "is no network"),
        (["-", "--source", "a:b"], 2, "without `:`"),
        (["-", "--key", "none.pem"], 3, "none.pem"),
    ] {
        import(&s, &list, &args).exits(code).says(says);
    }
}

#[test]
fn a_profile_for_the_same_server_is_linked_and_not_doubled() {
    let s = Sandbox::with_config("Host mine\n    HostName 198.51.100.3\n    User root\n");
    let before = s.text(".ssh/config");
    let list = page(&servers()[2..], 1);
    import(&s, &list, &["-", "--yes"]).success().says("linked 1");
    assert_eq!(s.text(".ssh/config"), before);
    s.sshp("show mine").success().prints("i-bp1000003 of aliyun");
    // From now on it follows its server.
    let moved = page(&[aliyun("i-bp1000003", "db 1", "198.51.100.33", "172.16.0.3")], 1);
    import(&s, &moved, &["-", "--yes"]).success().says("changed 1");
    assert_eq!(s.text(".ssh/config"), before.replace("100.3\n", "100.33\n"));
}

#[test]
fn hostile_lists_make_no_line_that_was_not_checked_and_show_no_word_of_the_input() {
    let s = Sandbox::with_config("");
    let bad = [
        aliyun("i-1", "x", "198.51.100.1", "").replace("198.51.100.1", "1;touch pwned"),
        aliyun("i-2", "x\\nHost *\\n  ProxyCommand touch pwned", "198.51.100.2", ""),
        aliyun("i-3\\u001b[2J", "esc", "198.51.100.3", ""),
        aliyun("-oProxyCommand=touch pwned", "$(touch pwned)", "198.51.100.4", ""),
        aliyun("i 5 ${HOME} %x", "\\u202e", "198.51.100.5", "")
            .replace("\"prod\"", "\"a\\u001b\\nb,#c\""),
    ];
    let run = import(&s, &page(&bad, 5), &["-", "--yes"]).success();
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'), "{run:?}");
    let config = s.text(".ssh/config");
    for never in ["ProxyCommand", "pwned;", "$", "%", "\u{202e}", "Host *"] {
        assert!(!config.contains(never), "{never}: {config}");
    }
    assert!(!s.path("pwned").exists());
    for (list, code) in [
        ("{ \"Instances\": { \"Instance\": [ { \"Secret\": \"hunter2\", ] } }", 1),
        ("{ \"Instances\": { \"Instance\": [ { \"InstanceId\": \"hunter2\"", 1),
        ("[{ \"ip\": \"hunter2\" }]", 2),
        ("hunter2", 2),
    ] {
        let run = import(&s, list, &["aliyun", "-", "--yes"]).exits(code);
        assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{run:?}");
    }
}

/// A list of each cloud, with two servers that are reached from outside.
const LISTS: [(&str, &str); 7] = [
    (
        "tencent",
        r#"{ "TotalCount": 2, "InstanceSet": [
        { "InstanceId": "ins-1", "InstanceName": "web", "InstanceState": "RUNNING", "Placement": { "Zone": "ap-guangzhou-3" },
          "PublicIpAddresses": ["198.51.100.1"], "PrivateIpAddresses": ["10.0.0.1"], "DefaultLoginUser": "ubuntu", "DefaultLoginPort": 2222 },
        { "InstanceId": "ins-2", "InstanceName": "db", "InstanceState": "RUNNING", "Placement": { "Zone": "ap-guangzhou-3" },
          "PublicIpAddresses": ["198.51.100.2"], "PrivateIpAddresses": ["10.0.0.2"], "DefaultLoginUser": "root", "DefaultLoginPort": 22 } ] }"#,
    ),
    (
        "aws",
        r#"{ "Reservations": [ { "Instances": [
        { "InstanceId": "i-01", "PublicIpAddress": "198.51.100.1", "PrivateIpAddress": "10.0.0.1", "PrivateDnsName": "x",
          "Placement": { "AvailabilityZone": "eu-west-1a" }, "Tags": [{ "Key": "Name", "Value": "web" }] } ] }, { "Instances": [
        { "InstanceId": "i-02", "PublicIpAddress": "198.51.100.2", "PrivateIpAddress": "10.0.0.2", "PrivateDnsName": "x",
          "Placement": { "AvailabilityZone": "eu-west-1a" } } ] } ] }"#,
    ),
    (
        "gcloud",
        r#"[ { "id": "101", "name": "web", "zone": "https://x/projects/p/zones/europe-west1-b", "machineType": "x",
          "networkInterfaces": [{ "networkIP": "10.0.0.1", "accessConfigs": [{ "natIP": "198.51.100.1" }] }] },
        { "id": "102", "name": "db", "zone": "https://x/projects/p/zones/europe-west1-b", "machineType": "x",
          "networkInterfaces": [{ "networkIP": "10.0.0.2", "accessConfigs": [{ "natIP": "198.51.100.2" }] }] } ]"#,
    ),
    (
        "azure",
        r#"[ { "name": "web", "vmId": "0-1", "resourceGroup": "A", "location": "westeurope", "publicIps": "198.51.100.1", "privateIps": "10.0.0.1",
          "osProfile": { "adminUsername": "azureuser" } },
        { "name": "web", "vmId": "0-2", "resourceGroup": "B", "location": "westeurope", "publicIps": "198.51.100.2", "privateIps": "10.0.0.2",
          "osProfile": { "adminUsername": "ops" }, "tags": null } ]"#,
    ),
    (
        "hcloud",
        r#"[ { "id": 1, "name": "web", "public_net": { "ipv4": { "ip": "198.51.100.1" }, "ipv6": null }, "private_net": [], "labels": {}, "location": { "name": "fsn1" } },
        { "id": 2, "name": "db", "public_net": { "ipv4": { "ip": "198.51.100.2" } }, "private_net": null, "labels": { "a": "" }, "location": { "name": "fsn1" } } ]"#,
    ),
    (
        "digitalocean",
        r#"[ { "id": 1, "name": "web", "region": { "slug": "ams3" }, "tags": ["prod"], "networks": { "v4": [
          { "ip_address": "10.0.0.1", "type": "private" }, { "ip_address": "198.51.100.1", "type": "public" } ] } },
        { "id": 2, "name": "db", "region": { "slug": "ams3" }, "tags": [], "networks": { "v4": [{ "ip_address": "198.51.100.2", "type": "public" }] } } ]"#,
    ),
    (
        "terraform",
        r#"{ "version": 4, "terraform_version": "1.9.0", "resources": [
        { "mode": "managed", "type": "aws_instance", "name": "web", "instances": [
          { "index_key": 0, "attributes": { "id": "i-01", "public_ip": "198.51.100.1", "private_ip": "10.0.0.1" } } ] },
        { "mode": "managed", "type": "azurerm_linux_virtual_machine", "name": "db", "instances": [
          { "attributes": { "id": "/x", "virtual_machine_id": "0-2", "name": "db", "public_ip_address": "198.51.100.2", "admin_username": "ops" } } ] } ] }"#,
    ),
];

#[test]
fn what_the_table_of_each_cloud_says_is_what_ssh_uses() {
    needs!("ssh");
    for (format, list) in LISTS {
        let s = Sandbox::with_config("Host *\n    Compression yes\n");
        let run = import(&s, list, &["-", "--yes", "--json"]).success();
        schema::require(&run.stdout);
        let table: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
        let rows = table["sessions"].as_array().expect("rows");
        assert_eq!((rows.len(), table["complete"].as_bool()), (2, Some(true)), "{format}");
        for row in rows {
            let alias = row["profile"].as_str().expect("a profile");
            let keywords = ["hostname", "port", "user"];
            let me = ssh_g(&s, "nothing", &["user"]).remove(0);
            let user = row["user"].as_str().map_or(me, |user| format!("user {user}"));
            let host = format!("hostname {}", row["host"].as_str().expect("a host"));
            let port = format!("port {}", row["port"]);
            assert_eq!(ssh_g(&s, alias, &keywords), [user, host, port], "{format} {alias}");
        }
        let first = files(&s);
        import(&s, list, &["-", "--yes"]).success().says("nothing to import");
        assert_eq!(files(&s), first, "{format}");
    }
}
