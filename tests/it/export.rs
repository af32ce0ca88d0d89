//! `sshp export`: what the programs that it writes for make of it.

use serde_json::{Value, json};

use crate::connect::World;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::schema;
use crate::support::sshd::ME;

const CONFIG: &str = "\
Host edge
    HostName 192.0.2.1
    User ops

Host db
    HostName 10.0.0.5
    Port 2222
    User deploy
    ProxyJump edge
    IdentityFile \"~/.ssh/db key\"

Host 日本
    HostName 2001:db8::1
    User root
";

fn home() -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("edit db --tag prod --tag env:prod-eu --note main").success();
    s.sshp("edit edge --tag prod").success();
    s
}

fn json_of(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stdout))
}

/// What `ansible-inventory` reads in a file.
fn ansible_reads(s: &Sandbox, inventory: &str) -> Value {
    let mut command = s.command("ansible-inventory");
    let run = Run::of(command.args(["-i", inventory, "--list"])).success();
    assert!(!run.stderr.contains("WARNING"), "{}", run.stderr);
    json_of(&run)
}

#[test]
fn ansible_finds_hosts_by_name_and_groups_by_tag() {
    needs!("ansible");
    let s = home();
    s.sshp("export ansible -o hosts.yml").success();
    let read = ansible_reads(&s, "hosts.yml");
    assert_eq!(read["tag_prod"]["hosts"], json!(["edge", "db"]));
    assert_eq!(read["tag_env_prod_eu"]["hosts"], json!(["db"]));
    assert_eq!(read["_meta"]["hostvars"], json!({}));
    let ungrouped = read["ungrouped"]["hosts"].as_array().expect("hosts");
    assert_eq!(ungrouped, &[json!("日本")]);
    // The dynamic inventory says the same.
    std::os::unix::fs::symlink(SSHP, s.path("sshp-inventory")).expect("a link");
    assert_eq!(ansible_reads(&s, "./sshp-inventory"), read);
    let asked = Run::of(s.command(s.path("sshp-inventory")).args(["--host", "db"])).success();
    assert_eq!(json_of(&asked), json!({}));
}

#[test]
fn resolved_holds_what_another_machine_needs() {
    needs!("ansible");
    let s = home();
    s.sshp("export ansible --resolved -o hosts.yml").success();
    let read = ansible_reads(&s, "hosts.yml");
    let db = json!({
        "ansible_host": "10.0.0.5", "ansible_port": 2222, "ansible_user": "deploy",
        "ansible_ssh_private_key_file": "~/.ssh/db key",
        "ansible_ssh_common_args": "-o ProxyJump=ops@192.0.2.1:22",
    });
    assert_eq!(read["_meta"]["hostvars"]["db"], db);
    let v6 = &read["_meta"]["hostvars"]["日本"];
    assert_eq!((&v6["ansible_host"], &v6["ansible_port"]), (&json!("2001:db8::1"), &json!(22)));
}

#[test]
fn ansible_reaches_a_server_by_each_inventory() {
    needs!("ansible", "sshd");
    let world = World::new();
    let s = &world.home;
    s.sshp("edit web --tag prod").success();
    s.sshp("export ansible -o hosts.yml").success();
    s.sshp("export ansible --resolved -o resolved.yml").success();
    std::os::unix::fs::symlink(SSHP, s.path("sshp-inventory")).expect("a link");
    let known = format!(
        "-F none -o UserKnownHostsFile={} -o IdentitiesOnly=yes",
        world.known_hosts().display()
    );
    // ssh finds its config by passwd(5), not by HOME.
    let config = format!("-F {}", s.path(".ssh/config").display());
    for (inventory, arguments) in
        [("hosts.yml", &config), ("./sshp-inventory", &config), ("resolved.yml", &known)]
    {
        let mut command = s.command("ansible");
        command
            .env("ANSIBLE_SSH_ARGS", arguments)
            .env("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3");
        let run =
            Run::of(command.args(["-i", inventory, "tag_prod", "-m", "ping", "-o"])).success();
        assert!(
            run.stdout.contains("web | SUCCESS") && run.stdout.contains("pong"),
            "{}",
            run.stdout
        );
    }
    assert!(world.sshd.log().contains(&format!("Accepted publickey for {ME}")));
}

#[test]
fn nodeset_reads_the_groups() {
    needs!("clush");
    let s = home();
    s.sshp("export clush -o .config/clustershell/groups.d/sshp.yaml").success();
    let config = "[Main]\ndefault: sshp\nautodir: $CFGDIR/groups.d\n";
    s.write(".config/clustershell/groups.conf", config);
    let reads = |group: &str| {
        let mut command = s.command("nodeset");
        command.env("CLUSTERSHELL_CFGDIR", s.path(".config/clustershell"));
        let run = Run::of(command.args(["-e", group])).success();
        let mut nodes: Vec<_> = run.stdout.split_whitespace().map(str::to_owned).collect();
        nodes.sort();
        nodes
    };
    assert_eq!(reads("@prod"), ["db", "edge"]);
    assert_eq!(reads("@sshp:all"), ["db", "edge", "日本"]);
    // A `:` parts a source from a group: this tag cannot be one.
    s.sshp("export clush").success().says("`env:prod-eu` is no name of a group");
}

#[test]
fn plink_reads_the_sessions() {
    needs!("plink", "sshd");
    let world = World::new();
    let s = &world.home;
    let ppk = s.path("id.ppk").display().to_string();
    s.sshp(&format!("key convert {} --to ppk --out {ppk}", world.key.display())).success();
    let config = s.text(".ssh/config").replace(&world.key.display().to_string(), &ppk);
    s.write(".ssh/config", config);
    s.sshp("export putty --unix -o .putty").success().says("wrote 1 sessions");
    let fingerprint = world.sshd.fingerprint();
    let mut plink = s.command("plink");
    plink.env("PUTTYDIR", s.path(".putty"));
    let run =
        Run::of(plink.args(["-batch", "-hostkey", &fingerprint, "-load", "web", "echo", "here"]));
    assert_eq!(run.success().stdout, "here\n");
}

#[test]
fn a_registry_takes_the_sessions() {
    needs!("hivex");
    let s = home();
    s.sshp("export putty --code-page shift_jis -o sessions.reg").success().says("its key");
    let bytes = s.read("sessions.reg");
    assert_eq!(bytes[..2], [0xff, 0xfe]);
    let units = bytes[2..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|c| c.expect("UTF-16")).collect();
    assert!(text.ends_with("\r\n\r\n"), "{text}");
    // hivexregedit reads UTF-8, and makes no folder whose own folder is missing.
    let header = "Windows Registry Editor Version 5.00\n\n";
    let body = text.replace("\r\n", "\n").replace(header, "");
    s.write("utf8.reg", format!("{header}[HKEY_CURRENT_USER\\Software]\n\n{body}"));
    s.write("hive", empty_hive());
    let prefix = ["--prefix", "HKEY_CURRENT_USER"];
    let mut merge = s.command("hivexregedit");
    Run::of(merge.arg("--merge").args(prefix).args(["hive", "utf8.reg"])).success();
    let key = r"\Software\SimonTatham\PuTTY\Sessions";
    let mut export = s.command("hivexregedit");
    let there = Run::of(export.args(["--export", "--unsafe-printable-strings", "hive", key]))
        .success()
        .stdout;
    let db = format!(
        "[{key}\\db]\n\"HostName\"=str(1):\"10.0.0.5\"\n\"PortNumber\"=dword:000008ae\n\
         \"Present\"=dword:00000001\n\"Protocol\"=str(1):\"ssh\"\n\"ProxyHost\"=str(1):\"edge\"\n\
         \"ProxyMethod\"=dword:00000006\n\"UserName\"=str(1):\"deploy\"\n"
    );
    let mut sorted: Vec<&str> = there.split("\n\n").collect();
    sorted.sort_unstable();
    assert!(there.contains(r"%93%FA%96{]"), "{there}");
    let is_db = |part: &&&str| part.starts_with(&format!("[{key}\\db]"));
    let found = sorted.iter().find(is_db).unwrap_or_else(|| panic!("{there}"));
    let mut lines: Vec<&str> = found.lines().collect();
    lines.sort_unstable();
    let mut expected: Vec<&str> = db.lines().collect();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

/// A registry without anything but its root (the format: libyal's documentation of regf).
fn empty_hive() -> Vec<u8> {
    const NONE: u32 = u32::MAX;
    let mut hive = vec![0; 0x2000];
    let mut put = |at: usize, bytes: &[u8]| hive[at..at + bytes.len()].copy_from_slice(bytes);
    let mut number = |at: usize, number: u32| put(at, &number.to_le_bytes());
    for (at, value) in [
        (0x4, 1),
        (0x8, 1),
        (0x14, 1),
        (0x18, 3),
        (0x20, 1),
        (0x24, 0x20),
        (0x28, 0x1000),
        (0x2c, 1),
    ] {
        number(at, value);
    }
    // The bin, its root key, that key's security, and what is free.
    let (bin, key, security, free) = (0x1000, 0x1020, 0x1080, 0x10c0);
    number(bin + 0x8, 0x1000);
    number(key, 0x60_u32.wrapping_neg());
    for (at, value) in
        [(0x14, NONE), (0x20, NONE), (0x24, NONE), (0x2c, NONE), (0x30, 0x80), (0x34, NONE)]
    {
        number(key + at, value);
    }
    number(security, 0x40_u32.wrapping_neg());
    for (at, value) in [(0x8, 0x80), (0xc, 0x80), (0x10, 1), (0x14, 0x14)] {
        number(security + at, value);
    }
    number(free, 0x2000 - 0x10c0);
    put(0, b"regf");
    put(bin, b"hbin");
    put(key + 4, b"nk\x2c\0");
    put(key + 0x4c, b"\x01\0");
    put(key + 0x50, b"$");
    put(security + 4, b"sk");
    let words = hive[..0x1fc]
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes(word.try_into().expect("four")));
    let sum = words.fold(0, |sum, word| sum ^ word);
    hive[0x1fc..0x200].copy_from_slice(&sum.to_le_bytes());
    hive
}

#[test]
fn a_table_has_a_row_for_each_profile() {
    let s = home();
    let csv = s.sshp("export csv").success();
    let expected = "name,host,port,user,jump,key,tags,note\n\
        edge,192.0.2.1,22,ops,,,prod,\n\
        db,10.0.0.5,2222,deploy,edge,~/.ssh/db key,\"prod,env:prod-eu\",main\n\
        日本,2001:db8::1,22,root,,,,\n";
    assert_eq!(csv.stdout, expected);
    let termius = s.sshp("export csv --termius --tag env:prod-eu").success().says("no jump host");
    let row = ",db,\"prod,env:prod-eu\",10.0.0.5,ssh,2222,deploy\n";
    assert!(termius.stdout.ends_with(row), "{}", termius.stdout);
    s.sshp("edit edge --note =1+1").success();
    assert!(s.sshp("export csv edge").stdout.contains(",=1+1\n"));
    assert!(s.sshp("export csv edge --excel").stdout.contains(",'=1+1\n"));
}

#[test]
fn json_is_imported_on_another_machine_as_it_was() {
    needs!("ssh");
    let s = home();
    let json = s.sshp("export json").success().stdout;
    let other = Sandbox::with_config("");
    other.write("servers.json", &json);
    other.keygen("db key", &[]);
    other.sshp("import servers.json --yes").success().says("imported 3 new");
    let there: Value = serde_json::from_str(&other.sshp("export json").stdout).expect("JSON");
    let here: Value = serde_json::from_str(&json).expect("JSON");
    schema::require(&json);
    for profile in here["profiles"].as_array().expect("profiles") {
        let same = |other: &&Value| other["name"] == profile["name"];
        let other = there["profiles"].as_array().expect("profiles").iter().find(same);
        let other = other.unwrap_or_else(|| panic!("{} is missing in {there}", profile["name"]));
        for field in ["host", "port", "user", "jump", "tags", "note"] {
            assert_eq!(other[field], profile[field], "{}: {field}", profile["name"]);
        }
    }
    other.sshp("import servers.json --yes").success().says("nothing to import");
}

#[test]
fn a_file_with_something_else_in_it_stays() {
    let s = home();
    s.write("hosts.yml", "mine\n");
    s.sshp("export ansible -o hosts.yml").exits(5).says("holds something else").says("--force");
    assert_eq!(s.text("hosts.yml"), "mine\n");
    s.sshp("export ansible -o hosts.yml --force").success();
    let written = s.text("hosts.yml");
    s.sshp("export ansible -o hosts.yml").success();
    assert_eq!(s.text("hosts.yml"), written);
    s.write(".putty/sessions/db", "HostName=mine\n");
    s.sshp("export putty --unix -o .putty").exits(5).says("is a session already");
    assert!(!s.path(".putty/sessions/edge").exists(), "all or none");
}

#[test]
fn wrong_words_are_answered() {
    let s = home();
    s.sshp("export csv nothing-like-it").exits(3).says("no profile matches");
    s.sshp("export csv --resolved").exits(2).says("`--resolved` is for ansible");
    s.sshp("export putty --code-page klingon").exits(2).says("there is no code page `klingon`");
    s.sshp("export putty --unix").exits(2).says("--out");
    s.sshp("export ansibel").exits(2).says("ansible");
    // Without its code page a name outside of ASCII has no key in the registry.
    s.sshp("export putty").success().says("`日本`: its name is not in the code page");
}

#[test]
fn a_terminal_gets_no_control_characters() {
    let s = home();
    s.write(".config/sshp/profiles.toml", "[edge]\nnote = \"\\u001b[2Jx\"\n");
    assert!(s.sshp("export csv edge").stdout.contains("\u{1b}[2Jx"), "a file gets what is there");
    let shown = |words: &[&str]| {
        let mut command = s.command(SSHP);
        let mut pty = Pty::spawn(command.env("TERM", "xterm").args(words));
        pty.wait_exit();
        pty.screen()
    };
    // With the escape done, the header would be gone.
    assert!(shown(&["export", "csv", "edge"]).contains("name,host"));
    assert!(shown(&["export", "putty", "edge"]).contains("which no terminal shows"));
}
