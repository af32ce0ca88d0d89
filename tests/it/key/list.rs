//! `sshp key list`: what can be known of keys without asking for anything.

use serde_json::Value;

use super::sshp_with;
use crate::support::sandbox::{Run, Sandbox};

fn keys(s: &Sandbox) -> Vec<Value> {
    let run = s.sshp("key list --json").success();
    let list: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(list["schema"], "sshp.key-list.v1");
    list["keys"].as_array().expect("keys").clone()
}

fn key(keys: &[Value], name: &str) -> Value {
    let found = keys.iter().find(|key| key["path"].as_str().expect("a path").ends_with(name));
    found.unwrap_or_else(|| panic!("no {name} in {keys:#?}")).clone()
}

#[test]
fn what_ssh_keygen_tells_of_a_key_is_told_and_nothing_is_asked() {
    needs!("ssh");
    let s = Sandbox::new();
    for (name, options, bits) in [
        ("plain", &["-t", "ed25519"][..], 256),
        ("locked", &["-t", "ecdsa", "-b", "521", "-N", "sesame"], 521),
        ("pem", &["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "sesame"], 2048),
    ] {
        let path = s.keygen(name, options);
        let told = Run::of(s.command("ssh-keygen").arg("-lf").arg(&path)).success().stdout;
        let key = key(&keys(&s), name);
        let words: Vec<_> = told.split_whitespace().collect();
        assert_eq!(key["fingerprint"], words[1], "{key:#}");
        assert_eq!(key["bits"], bits, "{key:#}");
        assert_eq!(key["comment"], name, "{key:#}");
        assert_eq!(key["encrypted"], name != "plain", "{key:#}");
        assert_eq!(key["mode"], "0600", "{key:#}");
        assert_eq!(key["problem"], Value::Null, "{key:#}");
    }
    // The container shows its public half; PEM does not.
    for name in ["plain", "locked", "pem"] {
        std::fs::remove_file(s.path(format!(".ssh/{name}.pub"))).expect("removed");
    }
    let all = keys(&s);
    assert_eq!(key(&all, "locked")["bits"], 521);
    let pem = key(&all, "pem");
    assert_eq!((&pem["fingerprint"], &pem["encrypted"]), (&Value::Null, &Value::Bool(true)));
    let problem = pem["problem"].as_str().expect("a problem");
    assert_eq!(problem, "its public half is behind its passphrase, and there is no `.pub`");
    let table = s.sshp("key list").success();
    assert!(table.stdout.contains("~/.ssh/plain") || table.stdout.contains("plain"), "{table:?}");
    table.says(problem);
}

#[test]
fn users_modes_missing_files_and_strays_are_told() {
    needs!("ssh");
    let s = Sandbox::new();
    let (web, other) = (s.keygen("web", &[]), s.keygen("other", &[]));
    s.write(".ssh/notes", "no key\n");
    s.chmod(".ssh/other", 0o644);
    std::fs::copy(web.with_extension("pub"), other.with_extension("pub")).expect("a copy");
    let home = s.home().display();
    s.write(
        ".ssh/config",
        format!(
            "Host a b\n  IdentityFile {home}/.ssh/web\nHost c\n  HostName web\n  \
             IdentityFile {home}/.ssh/%h\nHost d\n  IdentityFile {home}/gone\nHost e\n"
        ),
    );
    let all = keys(&s);
    let profiles = |name: &str| key(&all, name)["profiles"].clone();
    assert_eq!(profiles("/web"), serde_json::json!(["a", "b", "c"]));
    assert_eq!(profiles("/gone"), serde_json::json!(["d"]));
    assert_eq!(profiles("/other"), serde_json::json!([]));
    assert_eq!(key(&all, "/gone")["problem"], "there is no such file");
    let problem = key(&all, "/other")["problem"].as_str().expect("a problem").to_owned();
    assert!(problem.contains("mode 0644 lets others read it"), "{problem}");
    s.chmod(".ssh/other", 0o600);
    let problem = key(&keys(&s), "/other")["problem"].as_str().expect("a problem").to_owned();
    let why = "other.pub` belongs to another key, and ssh offers that one; `ssh-keygen -y -f ";
    assert!(problem.contains(why), "{problem}");
    assert!(!all.iter().any(|key| key["path"].as_str().unwrap_or_default().ends_with("notes")));
}

#[test]
fn the_agent_is_asked_and_without_one_nothing_is_said_of_it() {
    needs!("ssh");
    let s = Sandbox::new();
    let (held, _) = (s.keygen("held", &["-N", "sesame"]), s.keygen("free", &[]));
    let add = "ssh-add \"$KEY\" && sshp key list --json && sshp key list";
    let mut command = sshp_with(&s, "sesame");
    let askpass: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command = s.command("ssh-agent");
    command.envs(askpass).env("KEY", &held).args(["sh", "-c", add]);
    let run = Run::of(&mut command).success();
    let (json, table) = run.stdout.split_once("\n}\n").expect("JSON and a table");
    let list: Value = serde_json::from_str(&format!("{json}\n}}")).expect("JSON");
    let all = list["keys"].as_array().expect("keys");
    assert_eq!(list["agent"], true);
    assert_eq!(
        (&key(all, "held")["in_agent"], &key(all, "free")["in_agent"]),
        (&true.into(), &false.into())
    );
    assert!(table.contains("AGENT"), "{table}");
    assert_eq!(key(&keys(&s), "held")["in_agent"], Value::Null);
    assert!(!s.sshp("key list").success().stdout.contains("AGENT"));
}

#[test]
fn a_home_without_keys_is_told_what_to_do() {
    let s = Sandbox::new();
    s.sshp("key list").success().says("no keys in").says("sshp key import");
    assert_eq!(keys(&s).len(), 0);
    std::fs::remove_dir(s.path(".ssh")).expect("removed");
    s.sshp("key list").success().says("no keys in");
}
