//! Profiles written: add, edit, rm, mv, copy, undo and log on real files, with `ssh -G` as the judge.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::sandbox::{Run, SSHP, Sandbox};

/// What ssh itself makes of a host with the sandbox's config.
fn ssh_g(s: &Sandbox, host: &str) -> String {
    let mut command = s.command("ssh");
    command.arg("-F").arg(s.path(".ssh/config")).args(["-G", "--", host]);
    Run::of(&mut command).success().stdout
}

/// One option of `ssh -G`.
fn option(s: &Sandbox, host: &str, name: &str) -> String {
    let all = ssh_g(s, host);
    let values = all.lines().filter_map(|line| line.strip_prefix(&format!("{name} ")));
    values.collect::<Vec<_>>().join(",")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
}

const CONFIG: &str = "\
# my hosts
Host web
    HostName 10.0.0.1   # the old one
\tUser   deploy

# databases
Host db db-replica
  HostName=db.example.com
  Port 5022

Host jump
  HostName jump.example.com

Host app
  ProxyJump me@web:22

Host *
  User nobody
  ServerAliveInterval 30
";

#[test]
fn a_new_profile_wins_over_the_defaults_and_changes_no_other() {
    needs!("ssh");
    let s = Sandbox::with_config(CONFIG);
    let before: Vec<_> = ["web", "db", "app", "other"].map(|h| ssh_g(&s, h)).into();
    s.sshp("add api bob@api.example.com:2222 --tag prod --tag eu --note fast").success();
    let want = CONFIG.replace(
        "Host *\n",
        "Host api\n  HostName api.example.com\n  User bob\n  Port 2222\n\nHost *\n",
    );
    assert_eq!(s.config(), want);
    let after: Vec<_> = ["web", "db", "app", "other"].map(|h| ssh_g(&s, h)).into();
    assert_eq!(before, after);
    let of = |name| option(&s, "api", name);
    assert_eq!(
        (of("hostname"), of("user"), of("port")),
        ("api.example.com".into(), "bob".into(), "2222".into())
    );
    let metadata = s.text(".config/sshp/profiles.toml");
    assert_eq!(metadata, "[api]\ntags = [\"prod\", \"eu\"]\nnote = \"fast\"\n");
}

#[test]
fn without_config_and_folder_both_are_made_for_the_user_alone() {
    let s = Sandbox::new();
    fs::remove_dir(s.path(".ssh")).expect("the folder goes");
    s.sshp("add web u@h").success();
    assert_eq!(s.config(), "Host web\n    HostName h\n    User u\n");
    assert_eq!((mode(&s.path(".ssh")), mode(&s.path(".ssh/config"))), (0o700, 0o600));
}

#[test]
fn addresses_options_and_quotes_read_back_as_they_were_given() {
    needs!("ssh");
    let s = Sandbox::new();
    s.sshp("add v6 u@[2001:db8::1]:2222").success();
    assert_eq!(option(&s, "v6", "hostname"), "2001:db8::1");
    assert_eq!(option(&s, "v6", "port"), "2222");
    s.sshp_args([
        "add",
        "odd",
        "--host",
        "h",
        "-o",
        "User=first last",
        "-o",
        "ProxyCommand=nc %h %p # x",
    ])
    .success();
    assert_eq!(option(&s, "odd", "user"), "first last");
    assert_eq!(option(&s, "odd", "proxycommand"), "nc %h %p # x");
    s.sshp_args([
        "add",
        "fw",
        "h",
        "-o",
        "LocalForward=8080 localhost:80",
        "-o",
        "LocalForward 81 localhost:81",
        "-o",
        "compression=yes",
    ])
    .success();
    assert_eq!(option(&s, "fw", "compression"), "yes");
    assert_eq!(option(&s, "fw", "localforward"), "8080 [localhost]:80,81 [localhost]:81");
}

#[test]
fn bad_input_names_the_field_and_changes_nothing() {
    let s = Sandbox::with_config(CONFIG);
    let cases: &[(&[&str], &str)] = &[
        (&["add", "a b", "h"], "the name `a b`"),
        (&["add", "a*", "h"], "the name `a*`"),
        (&["add", "!a", "h"], "the name"),
        (&["add", "--", "-a", "h"], "the name `-a`"),
        (&["add", "list", "h"], "it is a command of sshp"),
        (&["add", "doctor", "h"], "it is a command of sshp"),
        (&["add", "a\nHost *", "h"], "a line feed"),
        (&["add", "a\rb", "h"], "a carriage return"),
        (&["add", "a\u{1b}[2J", "h"], "the name"),
        (&["add", "$(touch x)", "h"], "the name"),
        (&["add", "a", "--host=-oProxyCommand=x"], "the host `-oProxyCommand=x`"),
        (&["add", "a", "h;touch x"], "the host"),
        (&["add", "a", "$(x)"], "the host"),
        (&["add", "a", "u@h:0"], "the port `0`"),
        (&["add", "a", "h", "--port", "70000"], "the port `70000`"),
        (&["add", "a", "h", "--user=-l"], "the user `-l`"),
        (&["add", "a", "h", "--user", "o'brien"], "the user"),
        (&["add", "a", "h", "--user", "a\nb"], "the user"),
        (&["add", "a", "u@h", "--user", "v"], "the user is given twice"),
        (&["add", "a", "h", "--note", "a\nb"], "the note"),
        (&["add", "a", "h", "--tag", "a b"], "the tag"),
        (&["add", "a", "h", "--jump", "a;b"], "the jump"),
        (&["add", "a", "h", "-o", "Prot=22"], "did you mean `Port`"),
        (&["add", "a", "h", "-o", "Host=x"], "begins a block"),
        (&["add", "a", "h", "-o", "SetEnv=A=\"b"], "a quote that does not end"),
        (&["add", "a", "h", "-o", "SetEnv=A=b\nHost *"], "a line feed"),
        (&["add", "a", "h", "-o", "Compression"], "KEYWORD=VALUE"),
        (&["add", "a"], "needs a host"),
    ];
    for (args, says) in cases {
        let run = s.sshp_args(*args).exits(2).says(says);
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    }
    // A value that ssh would refuse, and with it the whole config.
    s.sshp_args(["add", "a", "h", "-o", "Compression=perhaps"]).exits(5);
    assert_eq!(s.config(), CONFIG);
    assert!(!s.path(".config").exists());
}

#[test]
fn an_existing_name_is_not_added_again() {
    let s = Sandbox::with_config(CONFIG);
    for name in ["web", "db-replica"] {
        s.sshp(&format!("add {name} h")).exits(1).says("sshp edit").says(".ssh/config:");
    }
    assert_eq!(s.config(), CONFIG);
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let s = Sandbox::with_config(CONFIG);
    for command in ["add n h --tag t", "edit web --port 1", "rm db", "mv web w2", "copy web w2"] {
        let run = s.sshp(&format!("{command} --dry-run")).success();
        assert!(run.stdout.contains("\n@@ ") || run.stdout.contains("\n+"), "{run:?}");
    }
    assert_eq!(s.config(), CONFIG);
    assert!(!s.path(".config").exists() && !s.path(".local/state/sshp/journal").exists());
}

#[test]
fn a_key_must_be_a_private_one_and_becomes_the_owners_alone() {
    needs!("ssh");
    let s = Sandbox::new();
    let key = s.keygen("my key", &[]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("mode");
    let add = |name: &str, key: &Path| {
        s.sshp_args([
            "add".as_ref(),
            name.as_ref(),
            "h".as_ref(),
            "--key".as_ref(),
            key.as_os_str(),
        ])
    };
    add("web", &key).success().says("0644 is now 0600");
    assert_eq!(mode(&key), 0o600);
    assert_eq!(option(&s, "web", "identityfile"), key.display().to_string());
    assert_eq!(option(&s, "web", "identitiesonly"), "yes");
    let config = s.config();
    add("a", &s.path(".ssh/none")).exits(3).says("none");
    add("a", &s.path(".ssh")).exits(1).says("cannot be used");
    add("a", &s.write("garbage", "hello\n")).exits(1).says("no private key");
    assert_eq!(s.config(), config);
}

#[test]
fn an_edit_changes_what_is_named_and_keeps_the_rest_of_the_line() {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("edit web --host 10.0.0.9 --port 2200 --tag a").success();
    let want = CONFIG
        .replace("HostName 10.0.0.1   # the old one", "HostName 10.0.0.9   # the old one")
        .replace("\tUser   deploy\n", "\tUser   deploy\n\tPort 2200\n");
    assert_eq!(s.config(), want);
    s.sshp("edit web --unset port --unset host --untag a --note x").success();
    assert_eq!(
        s.config(),
        want.replace("\tPort 2200\n", "").replace("    HostName 10.0.0.9   # the old one\n", "")
    );
    assert_eq!(s.text(".config/sshp/profiles.toml"), "[web]\nnote = \"x\"\n");
    s.sshp("edit wbe --port 1").exits(3).says("did you mean `web`");
    s.sshp("edit web --port 1 --unset port").exits(2);
}

#[test]
fn a_shared_block_is_split_or_changed_for_all() {
    needs!("ssh");
    let s = Sandbox::with_config(CONFIG);
    s.sshp("edit db --port 1").exits(5).says("db-replica").says("--split").says("--shared");
    assert_eq!(s.config(), CONFIG);
    s.sshp("edit db --tag only-metadata").success();
    // A block of its own further up does not make the shared one its own.
    let twice = "Host c\n  Port 10\n\nHost b c\n  Port 20\n";
    let two = Sandbox::with_config(twice);
    two.sshp("edit c --unset port").exits(5).says("--split");
    assert_eq!(two.config(), twice);
    s.sshp("edit db-replica --port 1 --split").success();
    assert_eq!(option(&s, "db-replica", "port"), "1");
    assert_eq!(option(&s, "db-replica", "hostname"), "db.example.com");
    assert_eq!(option(&s, "db", "port"), "5022");
    assert_eq!(option(&s, "db", "hostname"), "db.example.com");
    let s = Sandbox::with_config(CONFIG);
    s.sshp("edit db-replica --port 1 --shared").success();
    assert_eq!(s.config(), CONFIG.replace("Port 5022", "Port 1"));
}

#[test]
fn what_something_earlier_decides_is_refused_with_its_line() {
    let s = Sandbox::with_config("Port 2000\n\nHost web\n  HostName h\n");
    let before = s.config();
    s.sshp("add new u@h:22").exits(5).says(".ssh/config:1");
    s.sshp("edit web --port 22").exits(5).says(".ssh/config:1");
    assert_eq!(s.config(), before);
    s.sshp("edit web --user u").success();
}

#[test]
fn a_config_that_ssh_refuses_already_is_edited_with_a_warning() {
    let s = Sandbox::with_config("Host a o'b\n  User x\n\nHost web\n  HostName h\n");
    s.sshp("edit web --port 5")
        .success()
        .says("every OpenSSH refuses this config for every host")
        .says("line 1");
    assert_eq!(s.config(), "Host a o'b\n  User x\n\nHost web\n  HostName h\n  Port 5\n");
}

#[test]
fn only_a_pattern_is_no_profile() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web-*\n  User x\n");
    s.sshp("edit web-1 --port 1").exits(5).says(".ssh/config:1").says("sshp add web-1");
    s.sshp("rm web-1").exits(5);
    s.sshp("rm other").exits(3);
    s.sshp("add web-1 h --port 7").success();
    assert_eq!(option(&s, "web-1", "user"), "x");
    assert_eq!(option(&s, "web-1", "port"), "7");
}

#[test]
fn an_included_profile_is_edited_in_its_file() {
    let s = Sandbox::new();
    let part = s.write(".ssh/conf.d/work", "Host work\n  HostName w # w\n");
    let config = format!("Include {}\n\nHost *\n  User x\n", part.display());
    s.write(".ssh/config", &config);
    s.sshp("edit work --port 7").success();
    assert_eq!(s.text(".ssh/conf.d/work"), "Host work\n  HostName w # w\n  Port 7\n");
    s.sshp("mv work job").success();
    assert_eq!(s.text(".ssh/conf.d/work"), "Host job\n  HostName w # w\n  Port 7\n");
    s.sshp("rm job").success();
    assert_eq!(s.text(".ssh/conf.d/work"), "");
    assert_eq!(s.config(), config);
}

#[test]
fn removing_takes_one_name_or_the_block_and_its_metadata() {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("edit web --tag t").success();
    s.sshp("rm web db --yes").success().says("removed `web`");
    let want = CONFIG
        .replace(
            "# my hosts\nHost web\n    HostName 10.0.0.1   # the old one\n\tUser   deploy\n\n",
            "",
        )
        .replace("Host db db-replica", "Host db-replica");
    assert_eq!(s.config(), want);
    assert_eq!(s.text(".config/sshp/profiles.toml"), "");
    s.sshp("rm jump nothing").exits(3);
    assert_eq!(s.config(), want);
}

#[test]
fn a_block_with_an_include_goes_only_when_that_is_meant() {
    let s = Sandbox::with_config("Host web\n  HostName h\n  Include /nowhere/*\n");
    s.sshp("rm web").exits(5).says(".ssh/config:3").says("--yes");
    s.sshp("rm web --yes").success();
    assert_eq!(s.config(), "");
}

#[test]
fn a_rename_follows_every_reference_and_keeps_where_it_leads() {
    needs!("ssh");
    let s =
        Sandbox::with_config(format!("{CONFIG}Match originalhost web,app\n  Compression yes\n"));
    s.sshp("edit web --tag t").success();
    s.sshp("mv web site").success();
    let config = s.config();
    assert!(
        config.contains("Host site\n") && config.contains("ProxyJump me@site:22\n"),
        "{config}"
    );
    assert!(config.contains("Match originalhost site,app\n"), "{config}");
    assert_eq!(s.text(".config/sshp/profiles.toml"), "[site]\ntags = [\"t\"]\n");
    assert_eq!(option(&s, "site", "hostname"), "10.0.0.1");
    // Without a HostName the name was the host.
    s.sshp("mv app app2").success();
    assert_eq!(option(&s, "app2", "hostname"), "app");
    s.sshp("mv site app2").exits(1);
    s.sshp("mv none x").exits(3);
}

#[test]
fn a_copy_is_a_profile_of_its_own() {
    needs!("ssh");
    let s = Sandbox::with_config(CONFIG);
    s.sshp("edit web --tag t").success();
    s.sshp("copy web web2").success();
    let (one, two) = (ssh_g(&s, "web"), ssh_g(&s, "web2"));
    assert_eq!(one, two.replace("host web2\n", "host web\n"));
    s.sshp("edit web2 --port 7").success();
    assert_eq!(option(&s, "web", "port"), "22");
    assert!(s.text(".config/sshp/profiles.toml").contains("[web2]\ntags = [\"t\"]\n"));
    s.sshp("copy web db").exits(1);
}

#[test]
fn without_flags_the_block_opens_in_the_editor_and_is_checked_after() {
    let s = Sandbox::with_config(CONFIG);
    let edit = |editor: &str| {
        Run::of(
            s.command(crate::support::sandbox::SSHP).args(["edit", "web"]).env("EDITOR", editor),
        )
    };
    edit("sed -i s/deploy/bob/").success();
    assert_eq!(s.config(), CONFIG.replace("deploy", "bob"));
    let before = s.config();
    edit("true").success().says("nothing changed");
    edit("false").exits(1).says("the editor `false` failed");
    edit("sed -i s/Host.web/Host.other/").exits(5).says("no longer names `web`");
    edit("sed -i s/Host.web/Host\\ web\\ jump/").exits(5).says("jump").says("kept in");
    edit("sed -i s/User/Usr/").exits(5).says("kept in");
    assert_eq!(s.config(), before);
}

#[test]
fn the_log_counts_lines_as_a_diff_does() {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("mv web web-1").success();
    s.sshp("add one h1").success();
    let log = s.sshp("log").success().stdout;
    // `Host web` and the `ProxyJump` through it; then two lines and an empty one.
    let counted: Vec<_> = log
        .lines()
        .map(|l| {
            l.split_whitespace().filter(|w| w.starts_with(['+', '-'])).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(counted, ["", "+2 -2", "+3 -0"], "{log}");
}

#[test]
fn undo_takes_back_the_last_change_and_redo_makes_it_again() {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("undo").exits(3);
    s.sshp("add one h1 --tag t").success();
    let one = s.config();
    s.sshp("add two h2").success();
    let two = s.config();
    s.sshp("undo --dry-run").success().prints("-Host two");
    assert_eq!(s.config(), two);
    s.sshp("undo").success().says("add two");
    assert_eq!(s.config(), one);
    s.sshp("undo").success().says("add one");
    assert_eq!(s.config(), CONFIG);
    assert!(!s.path(".config/sshp/profiles.toml").exists());
    s.sshp("undo").exits(3);
    s.sshp("undo --redo").success();
    s.sshp("undo --redo").success();
    assert_eq!(s.config(), two);
    let log = s.sshp("log").success().stdout;
    assert_eq!(log.lines().count(), 7, "{log}");
    let json: serde_json::Value =
        serde_json::from_str(&s.sshp("log --json").success().stdout).expect("JSON");
    assert_eq!(json["schema"], "sshp.log.v1");
    assert_eq!(json["changes"][0]["command"], "add one");
    assert_eq!(json["changes"].as_array().map(Vec::len), Some(6));
    s.write(".ssh/config", format!("{two}# by hand\n"));
    s.sshp("undo").exits(4).says("was changed since `add two`");
    assert_eq!(s.config(), format!("{two}# by hand\n"));
}

#[test]
fn undo_of_several_stops_at_the_first_that_others_changed() {
    let s = Sandbox::with_config(CONFIG);
    let mut texts = vec![s.config()];
    for name in ["one", "two", "three"] {
        s.sshp(&format!("add {name} h")).success();
        texts.push(s.config());
    }
    s.sshp("undo 4").exits(3).says("there are 3 changes to take back, not 4");
    s.sshp("undo 0").exits(2);
    assert_eq!(s.config(), texts[3]);
    let dry = s.sshp("undo 2 --dry-run").success().prints("-Host three").prints("-Host two");
    assert!(!dry.stdout.contains("-Host one"), "{dry:?}");
    assert_eq!(s.config(), texts[3]);
    s.sshp("undo 2").success().says("add three").says("add two");
    assert_eq!(s.config(), texts[1]);
    s.sshp("undo --redo 2").success();
    assert_eq!(s.config(), texts[3]);
    // The tags of `four` were changed by hand, so only the change after it can be taken back.
    s.sshp("add four h --tag t").success();
    let four = s.config();
    s.sshp("add five h").success();
    s.write(".config/sshp/profiles.toml", "[four]\ntags = [\"mine\"]\n");
    s.sshp("undo 3 --dry-run").exits(4).says("was changed since `add four`");
    let run = s.sshp("undo 3").exits(4).says("undid `add five`");
    let run = run.says("-tags = [\"t\"]\n  +tags = [\"mine\"]\n").says("--- as sshp left it");
    run.says("was changed since `add four`").says("1 of 3 were taken back before it");
    assert_eq!(s.config(), four);
    assert_eq!(s.text(".config/sshp/profiles.toml"), "[four]\ntags = [\"mine\"]\n");
}

#[test]
fn undo_removes_a_file_that_the_change_made() {
    let s = Sandbox::new();
    let (config, toml) = (s.path(".ssh/config"), s.path(".config/sshp/profiles.toml"));
    s.sshp("add one h --tag t").success();
    let texts = (s.config(), s.text(".config/sshp/profiles.toml"));
    s.sshp("undo --dry-run").success().prints("+++ /dev/null");
    assert!(config.exists() && toml.exists());
    s.sshp("undo").success();
    assert!(!config.exists() && !toml.exists());
    s.sshp("undo --redo").success();
    assert_eq!((s.config(), s.text(".config/sshp/profiles.toml")), texts);
    assert_eq!((mode(&config), mode(&toml)), (0o600, 0o600));
    s.sshp("undo").success();
    assert!(!config.exists() && !toml.exists());
    // What somebody wrote into it since is kept, and so is the other file of that change.
    s.sshp("add two h --tag t").success();
    s.write(".ssh/config", "Host two\n    HostName mine\n");
    s.sshp("undo").exits(4);
    assert_eq!(s.config(), "Host two\n    HostName mine\n");
    assert_eq!(s.text(".config/sshp/profiles.toml"), "[two]\ntags = [\"t\"]\n");
}

#[test]
fn sync_follows_what_others_did_to_the_config() {
    let s = Sandbox::with_config(CONFIG);
    s.sshp("sync --check").success();
    s.sshp("edit web --tag t").success();
    s.sshp("edit jump --tag j").success();
    s.sshp("sync --check").success();
    let by_hand =
        CONFIG.replace("Host web\n", "Host site\n").replace("Host jump\n", "Host other\n");
    s.write(".ssh/config", by_hand.replace("jump.example.com", "elsewhere"));
    let toml = s.text(".config/sshp/profiles.toml");
    let run = s.sshp("sync --check").exits(1).prints("`web` is now `site`");
    run.prints("`jump` is in no config").says("`sshp sync` renames").says("`sshp sync --prune`");
    s.sshp("sync --dry-run").success().prints("+[site]");
    assert_eq!(s.text(".config/sshp/profiles.toml"), toml);
    s.sshp("sync").success().says("--prune");
    let run = s.sshp("sync --check").exits(1).says("`sshp sync --prune` removes");
    assert!(!run.stderr.contains("renames"), "{run:?}");
    assert_eq!(s.text(".config/sshp/profiles.toml"), toml.replace("[web]", "[site]"));
    s.sshp("sync --prune").success();
    assert_eq!(s.text(".config/sshp/profiles.toml"), "[site]\ntags = [\"t\"]\n");
    s.sshp("sync --check").success();
}

#[test]
fn metadata_keeps_its_comments_and_its_line_endings() {
    let s = Sandbox::with_config(CONFIG);
    let toml = "\u{feff}# mine\r\n[web] # w\r\nowner = 'me'\r\n[db]";
    s.write(".config/sshp/profiles.toml", toml);
    s.sshp("edit web --note n").success();
    let want = toml.replace("'me'\r\n", "'me'\r\nnote = \"n\"\r\n");
    assert_eq!(s.text(".config/sshp/profiles.toml"), want);
}

#[test]
fn odd_files_keep_every_byte_that_is_not_the_edit() {
    let s = Sandbox::new();
    let odd = b"# caf\xe9\r\nHost a\r\n\tUser x\0hidden\r\n\r\n  # tail\r\nHost b\r\n   Port=22  \t\r\nHost c\n  User u";
    s.write(".ssh/config", odd);
    s.sshp("edit b --port 23").success();
    let expected = replace(odd, b"Port=22", b"Port=23");
    assert_eq!(s.read(".ssh/config"), expected);
    s.sshp("edit c --port 1").success();
    assert_eq!(s.read(".ssh/config"), [&expected[..], b"\n  Port 1"].concat());
}

fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = text.windows(old.len()).position(|w| w == old).expect("the old text");
    [&text[..at], new, &text[at + old.len()..]].concat()
}

#[test]
fn a_linked_config_is_followed_and_the_link_stays() {
    let s = Sandbox::new();
    s.write("dotfiles/ssh", CONFIG);
    symlink("../dotfiles/ssh", s.path(".ssh/config")).expect("a link");
    s.sshp("add new h").success();
    assert!(s.path(".ssh/config").is_symlink());
    assert!(s.text("dotfiles/ssh").contains("Host new\n"));
    // A dangling link has its target made.
    let s = Sandbox::new();
    fs::create_dir(s.path("dotfiles")).expect("a folder");
    symlink("../dotfiles/ssh", s.path(".ssh/config")).expect("a link");
    s.sshp("add new h").success();
    assert!(s.path(".ssh/config").is_symlink());
    assert_eq!(s.text("dotfiles/ssh"), "Host new\n    HostName h\n");
}

#[test]
fn patterns_and_negations_are_no_profiles() {
    let text = "Host *.example.com\n  User all\n\nHost *.e !bad.e\n  User e\n";
    let s = Sandbox::with_config(text);
    let hand = s.write("vi.sh", "echo '  Port 1' >> \"$1\"\n");
    for (word, line) in [("*.example.com", 1), ("*.e", 4), ("!bad.e", 4)] {
        let origin = format!(
            "`{word}` is a pattern, not a profile, at {}/.ssh/config:{line}",
            s.home().display()
        );
        let all: [&[&str]; 5] = [
            &["rm", word, "-y"],
            &["edit", word, "--user", "x"],
            &["edit", word, "--tag", "x"],
            &["mv", word, "new", "-y"],
            &["copy", word, "new", "-y"],
        ];
        for words in all {
            s.sshp_args(words).exits(5).says(&origin);
        }
        let mut edit = s.command(SSHP);
        edit.args(["edit", word]).env("EDITOR", format!("sh {}", hand.display()));
        Run::of(&mut edit).exits(5).says(&origin);
    }
    s.sshp_args(["rm", "?x", "-y"]).exits(3).says("no profile `?x`");
    assert_eq!(s.config(), text);
    assert!(!s.path(".config/sshp/profiles.toml").exists());
}

#[test]
fn what_would_change_for_all_hosts_is_said_in_words() {
    let s = Sandbox::with_config("Host web\n  User u\n");
    let hand = s.write("vi.sh", "printf 'Host *\\n  Port 1\\n' >> \"$1\"\n");
    let mut edit = s.command(SSHP);
    edit.args(["edit", "web"]).env("EDITOR", format!("sh {}", hand.display()));
    let run = Run::of(&mut edit).exits(5).says("a host that no `Host` line names would change too");
    assert!(!run.stderr.contains("invalid"), "{}", run.stderr);
}

#[test]
fn a_jump_that_leads_back_is_refused() {
    let text = "Host web\n  HostName w\nHost hop\n  HostName h\n  ProxyJump web\n";
    let s = Sandbox::with_config(text);
    let cases: [(&[&str], &str); 4] = [
        (&["edit", "web", "--jump", "web"], "web via web"),
        (&["edit", "web", "--jump", "me@hop:22"], "web via hop via web"),
        (&["edit", "web", "--jump", "hop,other"], "web via hop via web"),
        (&["add", "new", "--jump", "new"], "new via new"),
    ];
    for (words, way) in cases {
        s.sshp_args(words).exits(5).says(way).says("would be reached through itself");
    }
    assert_eq!(s.config(), text);
    // A later hop is reached as the list says, not as its own ProxyJump does.
    s.sshp("edit web --jump other,hop").success();
    // What is wrong already can be mended, and does not stop another change.
    let s = Sandbox::with_config("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
    s.sshp("add c u@c").success();
    s.sshp("edit b --jump none").success();
    s.sshp("mv b d").success();
}

#[test]
fn sync_says_what_it_keeps_and_what_it_removes() {
    let s = Sandbox::new();
    s.write(".config/sshp/profiles.toml", "[gone]\nnote = \"n\"\n");
    let run = s.sshp("sync").success().prints("`gone` is in no config").says("sync --prune");
    assert!(!run.stderr.contains("in sync"), "{run:#?}");
    s.sshp("sync --prune").success().says("removed the metadata of `gone`").says("in sync");
    s.sshp("sync").success().says("in sync");
}

#[test]
fn a_host_with_a_token_that_ssh_does_not_know_there_is_refused() {
    needs!("ssh");
    let s = Sandbox::new();
    for words in ["add mm h%x", "add mm h%", "add mm --host web%eth0", "add mm -o HostName=%n"] {
        s.sshp(words).exits(2).says("per cent");
    }
    s.sshp("add mm %h.example.com").success();
    s.sshp("edit mm --host fe80::1%%eth0").success();
    assert_eq!(option(&s, "mm", "hostname"), "fe80::1%eth0");
}

#[test]
fn a_hop_of_another_profile_is_removed_only_when_that_is_meant() {
    let text = "Host hop\n  HostName h\nHost web\n  ProxyJump me@a,me@hop:22\nHost a b\n  User u\n";
    let s = Sandbox::with_config(text);
    let said = format!("the ProxyJump at {}/.ssh/config:4 goes through `hop`", s.home().display());
    s.sshp("rm hop").exits(5).says(&said).says("--yes");
    assert_eq!(s.config(), text);
    s.sshp("rm hop web -n").success();
    s.sshp("rm b").success();
    s.sshp("rm hop -y").success().says(&said);
    assert!(!s.config().contains("Host hop"));
}

#[test]
fn a_config_that_ssh_refuses_is_told_by_all_who_read_it() {
    for (first, fault) in [
        ("Bogus y\n", "/.ssh/config:1: no OpenSSH up to 10.6 knows Bogus"),
        ("what is this\n", "/.ssh/config:1: no OpenSSH up to 10.6 knows what"),
        ("\u{feff}# mine\n", "begins with a byte order mark"),
        ("Host a\n  Port x\n", "every OpenSSH refuses this config for every host: "),
        ("Host a\n  Port x\n", "line 2: Bad port 'x'"),
    ] {
        let s = Sandbox::with_config(format!("{first}Host web\n  HostName h\n"));
        for words in ["list", "add api u@h", "edit web --user u"] {
            s.sshp(words).success().says(fault);
        }
        s.sshp("list").success().prints("u@h");
    }
}

#[test]
fn a_target_is_written_as_ssh_reads_it_back() {
    needs!("ssh");
    let s = Sandbox::new();
    let cases: [(&[&str], &str, &str, &str); 8] = [
        (&["fe80::1%eth0"], "fe80::1%eth0", "22", ""),
        (&["bob@[fe80::1%eth0]:2222"], "fe80::1%eth0", "2222", "bob"),
        (&["ssh://bob@[::1]:2222/"], "::1", "2222", "bob"),
        (&["--host", "bob@192.0.2.1:2222"], "192.0.2.1", "2222", "bob"),
        (&["--host", "bob@fe80::1%eth0", "-p", "2222"], "fe80::1%eth0", "2222", "bob"),
        (&["192.0.2.1:2222", "--port", "2222", "-l", "bob"], "192.0.2.1", "2222", "bob"),
        (&["-o", "HostName=fe80::1%eth0"], "fe80::1%eth0", "22", ""),
        (&["%h.example.com"], "a6.example.com", "22", ""),
    ];
    for (at, (args, host, port, user)) in cases.iter().enumerate() {
        let name = if args[0] == "%h.example.com" { "a6".to_owned() } else { format!("n{at}") };
        s.sshp_args(["add", &name].iter().chain(*args)).success();
        let config = s.path(".ssh/config").display().to_string();
        let mut ssh = s.command("ssh");
        let run = Run::of(ssh.args(["-F", &config, "-G", &name])).success();
        let has = |line: String| run.stdout.lines().any(|found| found == line);
        assert!(
            has(format!("hostname {host}")) && has(format!("port {port}")),
            "{args:?}: {run:?}"
        );
        assert!(user.is_empty() || has(format!("user {user}")), "{args:?}");
    }
    s.sshp("edit n0 --host ann@192.0.2.2:23 --tag #prod,web").success();
    let text = s.config();
    assert!(text.contains("HostName 192.0.2.2\n") && text.contains("User ann\n"), "{text}");
    assert!(s.text(".config/sshp/profiles.toml").contains("[\"prod\", \"web\"]"));
    s.sshp("add hop 192.0.2.3 -J me@fe80::1%eth0,n1").success();
    assert!(s.config().contains("ProxyJump me@[fe80::1%%eth0],n1\n"), "{}", s.config());
    s.sshp("check").success();
}

#[test]
fn what_is_given_twice_or_pasted_wrong_is_refused_with_what_to_type() {
    let s = Sandbox::new();
    let cases: [(&[&str], &str); 9] = [
        (&["add", "web", "h:22", "--port", "23"], "the port is given twice: `22` and `23`"),
        (&["add", "web", "h", "--host", "h2"], "the host is given twice"),
        (&["add", "web", "--host", "a@h", "--user", "b"], "the user is given twice"),
        (&["add", "web", "ssh root@192.0.2.1"], "`sshp add web root@192.0.2.1`"),
        (&["add", "web", "https://192.0.2.1"], "`sshp add web 192.0.2.1`"),
        (&["add", "web", "h", "--user", "ro ot"], "`--option 'User=…'`"),
        (&["add", "root@192.0.2.1"], "`sshp add NAME root@192.0.2.1`"),
        (&["add", "web", "192.0.2.1:22:x"], "is no IPv6 address"),
        (&["add", "web", "h", "--jump", "a b"], "the jump"),
    ];
    for (args, says) in cases {
        s.sshp_args(args).exits(2).says(says);
    }
    assert!(!s.path(".ssh/config").exists());
}
