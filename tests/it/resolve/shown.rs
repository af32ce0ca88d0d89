//! `sshp show` and `sshp check`.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::support::sandbox::{Run, SSHP, Sandbox};

const CONFIG: &str = "\
IdentitiesOnly yes
Include more.conf
# the web server
Host web db
  HostName 10.0.0.1
  User bob
  Port 2200
Host *
  User nobody
  ServerAliveInterval 30
";

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e} in {run:#?}"))
}

#[test]
fn show_says_where_each_value_comes_from_and_what_it_beat() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".ssh/more.conf", "Host web\n  Compression yes\n");
    let run = s.sshp("show web").success();
    for what in ["bob@10.0.0.1:2200", "~/.ssh/more.conf:1", "nobody (Host *, ~/.ssh/config:9)"] {
        assert!(run.stdout.contains(what), "no {what:?} in {run:#?}");
    }
    let lines: Vec<_> = run.stdout.lines().collect();
    let row = |option: &str| {
        let row = lines.iter().find(|line| line.starts_with(option));
        let row = row.unwrap_or_else(|| panic!("no {option} in {run:#?}"));
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(row("Port").contains("2200 ~/.ssh/config:7"));
    assert!(row("Compression").contains("yes ~/.ssh/more.conf:2"));
    assert!(row("IdentitiesOnly").contains("~/.ssh/config:1"));
    assert!(!run.stdout.contains("LogLevel"), "defaults are not shown");
}

#[test]
fn show_has_all_of_it_as_json() {
    let s = Sandbox::with_config(CONFIG);
    let shown = json(&s.sshp("show web --json").success());
    assert_eq!(shown["schema"], "sshp.show.v1");
    assert_eq!((&shown["host"], &shown["port"]), (&"10.0.0.1".into(), &2200.into()));
    let options = shown["options"].as_array().expect("options");
    let option =
        |keyword: &str| options.iter().find(|option| option["keyword"] == keyword).unwrap();
    let user = option("user");
    assert_eq!(user["values"][0]["value"], "bob");
    assert_eq!(user["values"][0]["origin"]["line"], 6);
    assert_eq!(user["values"][0]["block"], "Host web db");
    assert_eq!(user["beaten"][0]["value"], "nobody");
    assert_eq!(option("loglevel")["values"][0]["origin"], "default");
}

#[test]
fn show_verify_asks_the_installed_ssh() {
    let s = Sandbox::with_config(format!("{CONFIG}Match exec true\n  ForwardX11 yes\n"));
    s.sshp("show web --verify").success().says("says the same");
    let fake = s.write("fake-ssh", "#!/bin/sh\nssh \"$@\" | sed 's/^port .*/port 1/'\n");
    std::fs::set_permissions(&fake, Permissions::from_mode(0o755)).expect("mode");
    let mut command = s.command(SSHP);
    let run = Run::of(command.args(["show", "web", "--verify"]).env("SSHP_SSH", &fake));
    run.exits(1).prints("ssh   port 1\n").prints("sshp  port 2200\n");
}

#[test]
fn show_runs_nothing_and_says_what_only_a_connect_decides() {
    let s = Sandbox::with_config("Match exec \"touch ran\"\n  User x\nHost web\n  Port 1\n");
    let run = s.sshp("show web").success();
    assert!(run.stdout.contains("~/.ssh/config:1 is decided only then"), "{run:#?}");
    assert!(!s.path("ran").exists());
}

#[test]
fn show_warns_of_what_ssh_would_refuse_on_its_command_line() {
    let s = Sandbox::with_config("Host web\n  HostName h;touch${IFS}x\n  User $(x)\n");
    s.sshp("show web")
        .success()
        .says("HostName at ~/.ssh/config:2")
        .says("User at ~/.ssh/config:3");
}

#[test]
fn show_knows_no_profile_that_is_none_and_says_what_ssh_would_refuse() {
    let s = Sandbox::with_config("Host web\n  Port 1\n");
    s.sshp("show wbe").exits(3).says("there is no profile `wbe`").says("did you mean `web`?");
    s.write(".ssh/config", "Host web\n  Port x\n");
    s.sshp("show web").exits(1).says(".ssh/config:2: Bad port 'x'.").says("  2 |   Port x\n");
}

/// Each finding as `line check`.
fn findings(s: &Sandbox) -> Vec<String> {
    let all = json(&s.sshp("check --json"));
    let all = all["findings"].as_array().expect("findings").clone();
    let one = |finding: &serde_json::Value| {
        format!("{} {}", finding["line"], finding["check"].as_str().expect("a word"))
    };
    all.iter().map(one).collect()
}

#[test]
fn check_is_content_with_a_good_config() {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("check").success().says("no problems found");
}

#[test]
fn check_finds_what_has_no_effect() {
    let cases: [(&str, &[&str]); 24] = [
        ("Host web\n Port 1\nHost db web\n User x\n", &["3 duplicate-alias"]),
        ("Host !web\n Port 1\n", &["1 dead-block"]),
        ("Host web !web\n Port 1\n", &["1 dead-block"]),
        ("Host web1 !web*\n Port 1\n", &["1 dead-block"]),
        ("Host * !web\n Port 1\n", &[]),
        ("Match !all\n Port 1\n", &["1 dead-block"]),
        ("User a\nHost web\n User b\n", &["3 no-effect"]),
        ("Host web\n User a\n Port 1\n User b\n", &["4 no-effect"]),
        ("Host a b\n User x\nMatch host a\n Port 1\n", &[]),
        ("Host *\n ProxyCommand nc\nHost web\n ProxyJump j.x\n", &["4 no-effect"]),
        ("SendEnv A\nHost web\n SendEnv B\n", &[]),
        ("Host web\n ProxyJump hop\n", &["2 missing-hop"]),
        ("Host web\n ProxyJump hop.example.com,10.0.0.1\n", &[]),
        ("Host web\n ProxyJump hop\nHost hop\n ProxyJump web\n", &["2 jump-loop", "4 jump-loop"]),
        ("Host web\n IdentityFile ~/.ssh/gone\n", &["2 missing-key"]),
        ("Host web\n IdentityFile ~/.ssh/%h\n", &[]),
        ("Nonsense x\nHost web\n Port y\n", &["1 refused", "3 refused"]),
        ("RSAAuthentication yes\nHost web\n", &["1 complaint"]),
        ("Host web\n HostName fe80::1%eth0\n", &["2 unknown-token"]),
        ("Host web\n HostName fe80::1%%eth0\n User a%b\n", &[]),
        ("Host web\n ProxyJump gw%2.example.com\n", &["2 unknown-token"]),
        ("Host web\n ProxyCommand date +%s\n", &["2 unknown-token"]),
        ("Host web\n LocalForward 80 /run/%x\n", &["2 unknown-token"]),
        ("Match exec \"date +%s\"\n Port 1\nHost web\n", &["1 refused", "1 unknown-token"]),
    ];
    let s = Sandbox::new();
    for (config, expected) in cases {
        s.write(".ssh/config", config);
        assert_eq!(findings(&s), expected, "{config}");
        s.sshp("check").exits(i32::from(!expected.is_empty()));
    }
}

/// A stub that answers as an OpenSSH which lacks some keywords, and its path.
pub(super) fn ssh_without(s: &Sandbox, version: &str, keywords: &[&str]) -> std::path::PathBuf {
    let mut script = format!("#!/bin/sh\necho 'debug1: OpenSSH_{version}, OpenSSL 3.0.20' >&2\n");
    for keyword in keywords {
        script += &format!("echo 'p line 1: Ignored unknown option \"{keyword}\"' >&2\n");
    }
    let path = s.write("stub-ssh", script + "echo compression no\n");
    s.chmod("stub-ssh", 0o755);
    path
}

#[test]
fn a_keyword_that_the_remembered_ssh_refuses_is_named_with_what_mends_it() {
    let s = Sandbox::with_config("Host *\n  UseKeychain yes\nHost web\n  HostName 192.0.2.1\n");
    let ssh = ssh_without(&s, "9.2p1", &["usekeychain", "tag"]);
    let sshp = |args: &str| {
        let mut command = s.command(SSHP);
        Run::of(command.args(args.split(' ')).env("SSHP_SSH", &ssh))
    };
    let asks = || sshp("connect -G web");
    for args in ["check", "list", "show web"] {
        sshp(args).success();
    }
    asks().exits(255).says("Bad configuration option: usekeychain");
    let (what, line) = (
        "your ssh (9.2p1) refuses UseKeychain; only macOS's ssh takes it",
        "IgnoreUnknown UseKeychain",
    );
    sshp("check").exits(1).prints(what).prints(line);
    sshp("list").success().says(what).says(line);
    sshp("show web").exits(1).says(what).says(line);
    sshp("connect --session builtin web").exits(255).says("192.0.2.1");
    s.write(".ssh/config", format!("{line}\n{}", s.config()));
    sshp("check").success();
    s.write(".ssh/config", "Host web\n  Tag x\n  HostNam y\n");
    let run = sshp("check").exits(1);
    assert_eq!(run.stdout.matches("IgnoreUnknown").count(), 1, "{run:?}");
    run.prints("your ssh (9.2p1) refuses Tag; OpenSSH 9.4 and later take it")
        .prints("no OpenSSH up to 10.6 knows HostNam; did you mean HostName?");
}

#[test]
fn nothing_is_said_to_be_refused_by_an_ssh_that_was_not_asked() {
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n  UseKeychain yes\n  Tag x\n");
    for args in ["check", "list", "show web"] {
        let run = s.sshp(args).success();
        assert!(!run.stderr.contains("refuse"), "{run:#?}");
    }
    s.write(".ssh/config", "Host web\n  HostName 192.0.2.1\n  ProxyJmp x\n");
    let what = "no OpenSSH up to 10.6 knows ProxyJmp; did you mean ProxyJump?";
    s.sshp("check").exits(1).prints(what);
    s.sshp("list").success().says(what);
    s.sshp("show web").exits(1).says(what);
}

#[test]
fn check_tells_which_versions_refuse_a_config_that_machines_share() {
    let s = Sandbox::with_config(
        "Host web\n  HostName 192.0.2.1\n  Tag x\nHost db\n  WarnWeakCrypto no\n",
    );
    let check = |dialects: &str| s.sshp(&format!("check {dialects}"));
    check("--dialect 10.1 --dialect 10.6").success().says("works with 10.1 to 10.6\n");
    check("--dialect 9.2")
        .exits(1)
        .prints("OpenSSH 9.2 refuses Tag; OpenSSH 9.4 and later take it")
        .says("works with 9.2 but for lines 3 and 5");
    check("--dialect 10.6 --dialect 8.9")
        .exits(1)
        .prints("/.ssh/config:3: OpenSSH 8.9 to 9.3 refuse Tag; OpenSSH 9.4 and later take it")
        .prints("OpenSSH 8.9 to 10.0 refuse WarnWeakCrypto; OpenSSH 10.1 and later take it")
        .prints("`IgnoreUnknown Tag` as the first line of")
        .says("works with 8.9 to 10.6 but for lines 3 and 5");
    check("--dialect debian-12 --dialect debian-13")
        .exits(1)
        .prints("OpenSSH debian-12 refuses Tag;")
        .prints("every OpenSSH of debian-12, debian-13 refuses WarnWeakCrypto;");
    let found = json(&check("--dialect 9.3 --dialect 9.4 --json").exits(1));
    assert_eq!(found["dialects"], serde_json::json!(["9.3", "9.4"]));
    assert_eq!(found["findings"][0]["refused_by"], serde_json::json!(["9.3"]));
    assert_eq!(found["findings"][1]["refused_by"], serde_json::json!(["9.3", "9.4"]));
    check("--dialect 10.7").exits(2).says("OpenSSH 10.7 is newer than 10.6, the newest");
    check("--dialect 7.9").exits(2).says("OpenSSH 7.9 is older than 8.4, the oldest");
    check("--dialect dropbear").exits(2).says("`dropbear` is no OpenSSH version");
}

#[test]
fn check_looks_at_keys() {
    needs!("ssh");
    let s = Sandbox::new();
    let mut config = "Host web\n".to_owned();
    for at in 0..6 {
        let key = s.keygen(&format!("k{at}"), &[]);
        config += &format!("  IdentityFile {}\n", key.display());
    }
    s.write(".ssh/config", &config);
    assert_eq!(findings(&s), ["1 many-keys"]);
    s.write(".ssh/config", format!("IdentitiesOnly yes\n{config}"));
    assert_eq!(findings(&s), [""; 0]);
    std::fs::set_permissions(s.path(".ssh/k3"), Permissions::from_mode(0o644)).expect("mode");
    assert_eq!(findings(&s), ["6 open-key"]);
}

#[test]
fn check_names_the_files_that_it_could_not_read() {
    let s = Sandbox::with_config("Include pipe\nHost web\n  Include inner\n");
    s.write(".ssh/inner", "Host other\n  Port 1\n");
    Run::of(s.command("mkfifo").arg(s.path(".ssh/pipe"))).success();
    let all = findings(&s);
    assert!(all.contains(&"1 unreadable".to_owned()), "{all:?}");
    assert!(all.contains(&"1 dead-block".to_owned()), "{all:?}");
}
