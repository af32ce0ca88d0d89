//! list and show.

use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};

const CONFIG: &str = "\
Host web-1
  HostName 192.0.2.1
  User deploy
  Port 2222
Host db old-db
  HostName 2001:db8::1
  ProxyJump bastion
Host *.internal !x
  User wild
Include more
Host *
  User nobody
";

fn sandbox() -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    s.write(".ssh/more", "Host included\n  HostName 192.0.2.9\n");
    s.write(
        ".config/sshp/profiles.toml",
        "[web-1]\ntags = [\"prod\", \"web\"]\nnote = \"the shop\"\n",
    );
    s
}

#[test]
fn tags_are_listed_with_how_many_profiles_have_each() {
    let s = sandbox();
    s.write(
        ".config/sshp/profiles.toml",
        "[web-1]\ntags = [\"prod\", \"web\"]\n[db]\ntags = [\"prod\"]\n[gone]\ntags = [\"old\"]\n",
    );
    let run = s.sshp("tags").success();
    assert_eq!(run.stdout, "TAG    PROFILES\n#prod  2\n#web   1\n");
    let json: serde_json::Value =
        serde_json::from_str(&s.sshp("tags --json").success().stdout).expect("JSON");
    assert_eq!(json["tags"][0], serde_json::json!({ "tag": "prod", "profiles": 2 }));
    assert_eq!(json["tags"].as_array().map(Vec::len), Some(2));

    let none = Sandbox::with_config("Host web\n");
    none.sshp("tags").success().says("no profile has a tag").says("sshp edit NAME --tag TAG");
}

#[test]
fn profiles_are_the_literal_names_with_what_ssh_would_use() {
    let run = sandbox().sshp("list").success();
    let expected = "\
NAME    TARGET                 VIA      TAGS
web-1   deploy@192.0.2.1:2222           #prod #web
db      nobody@[2001:db8::1]   bastion
old-db  nobody@[2001:db8::1]   bastion
";
    // The Include belongs to the block `*.internal`, so ssh never uses what it holds.
    assert_eq!(run.stdout, expected);
}

#[test]
fn json_has_it_all() {
    let run = sandbox().sshp("list web-1 --json").success();
    let json: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(json["schema"], "sshp.list.v1");
    let web = &json["profiles"][0];
    assert_eq!(web["name"], "web-1");
    assert_eq!(
        (&web["host"], &web["user"], &web["port"]),
        (&"192.0.2.1".into(), &"deploy".into(), &2222.into())
    );
    assert_eq!(web["tags"], serde_json::json!(["prod", "web"]));
    assert_eq!(web["note"], "the shop");
    assert_eq!(web["line"], 1);
    assert!(web["file"].as_str().expect("a file").ends_with(".ssh/config"));
}

#[test]
fn a_query_and_tags_narrow_the_list_and_nothing_is_exit_3() {
    let s = sandbox();
    let run = s.sshp("list --tag prod").success();
    assert!(run.stdout.contains("web-1") && !run.stdout.contains("db"));
    assert!(!s.sshp("list old").success().stdout.contains("web-1"));
    s.sshp("list zzz").exits(3).says("no profile matches");
    s.sshp("list --tag nope").exits(3);
}

#[test]
fn an_empty_home_says_what_to_do() {
    let s = Sandbox::new();
    s.sshp("list").success().says("no profiles in").says("sshp add");
    let json = s.sshp("list --json").success().stdout;
    assert!(json.contains("\"profiles\": []"), "{json}");
}

#[test]
fn nothing_from_a_config_reaches_the_terminal_raw() {
    let s = Sandbox::with_config("Host a\x1b]0;x\x07b\n  HostName h\u{202e}x\n".as_bytes());
    let run = s.sshp("list").success();
    assert!(run.stdout.contains("a\\x1b]0;x\\x07b"), "{}", run.stdout);
    assert!(!run.stdout.contains('\x1b') && !run.stdout.contains('\u{202e}'), "{:?}", run.stdout);
}

#[test]
fn on_a_narrow_terminal_no_row_is_wider_and_a_pipe_gets_it_all() {
    let s = sandbox();
    let whole = s.sshp("list").success().stdout;
    for cols in [20, 40, 100] {
        let mut shell = s.command("sh");
        let mut pty = Pty::spawn_sized(shell.args(["-c", "sshp list; echo done"]), cols, 20);
        pty.wait_for("done");
        pty.wait_exit();
        let screen = pty.screen();
        let rows: Vec<&str> = screen.lines().take_while(|line| *line != "done").collect();
        let widest = rows.iter().map(|row| row.trim_end().chars().count()).max();
        // A row that wraps is one long row or two.
        assert_eq!(rows.len(), 4, "{cols}:\n{screen}");
        assert!(widest <= Some(cols.into()), "{cols}:\n{screen}");
        assert_eq!(screen.contains('…'), cols < 50, "{cols}:\n{screen}");
    }
    assert!(!whole.contains('…') && whole.lines().all(|line| line == line.trim_end()), "{whole}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    use std::fmt::Write;
    let config = (0..20_000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "Host host-{n}");
        text
    });
    let s = Sandbox::with_config(config);
    for list in ["list", "list --json"] {
        let line = format!("(sshp {list}; echo \"exit $?\" >&2) | head -n 2");
        let run = crate::support::sandbox::Run::of(s.command("sh").args(["-c", &line]));
        assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
        assert_eq!(run.stderr, "exit 0\n", "{run:?}");
    }
}

#[test]
fn a_format_prints_what_a_script_wants() {
    let s = sandbox();
    let list = |how: &str| s.sshp(&format!("list {how}")).success().stdout;
    assert_eq!(
        list("--format {alias}\\t{host}"),
        "web-1\t192.0.2.1\ndb\t2001:db8::1\nold-db\t2001:db8::1\n"
    );
    assert_eq!(
        list("--tag prod --format {user}@{host}:{port}|{tags}|{note}|{jump}|{line}"),
        "deploy@192.0.2.1:2222|prod,web|the shop||1\n"
    );
    assert_eq!(list("--print0"), "web-1\0db\0old-db\0");
    assert_eq!(list("--print0 --format {target}\\n --tag web"), "deploy@192.0.2.1:2222\n\0");
    s.sshp("list --format {hots}")
        .exits(2)
        .says("did you mean `{host}`?")
        .says("{alias}, {target}");
    s.sshp("list --format {alias} --json").exits(2);
}

#[test]
fn what_a_format_takes_from_files_is_shown_raw_only_between_nuls() {
    let s = Sandbox::with_config("Host a\x1bb\n");
    assert_eq!(s.sshp("list --format {alias}\\t.").success().stdout, "a\\x1bb\t.\n");
    assert_eq!(s.sshp("list --print0").success().stdout, "a\x1bb\0");
}

#[test]
fn a_list_is_sorted_as_asked() {
    let s = sandbox();
    let names = |how: &str| s.sshp(&format!("list --format {{alias}} {how}")).success().stdout;
    assert_eq!(names(""), "web-1\ndb\nold-db\n");
    assert_eq!(names("--sort name"), "db\nold-db\nweb-1\n");
    assert_eq!(names("--sort host"), "web-1\ndb\nold-db\n");
    s.write(".local/state/sshp/usage", "3.0 1700000000 old-db\n1.0 1700000000 db\n");
    assert_eq!(names("--sort used"), "old-db\ndb\nweb-1\n");
    s.sshp("list --sort size").exits(2);
}

#[test]
fn what_ssh_refuses_is_shown_with_its_line_and_a_caret() {
    let s = Sandbox::with_config("Host web\n  Port 22a # hm\nNonsense x\n");
    let lines = "\
~/config:2: Bad port '22a'.
  2 |   Port 22a # hm
    |        ^^^
~/config:3: no OpenSSH up to 10.6 knows Nonsense
  3 | Nonsense x
    | ^^^^^^^^
";
    let config = s.path(".ssh/config").display().to_string();
    let lines = lines.replace("~/config", &config);
    let run = s.sshp("show web").exits(1);
    let said = format!(
        "error: every OpenSSH refuses the config for every host until this is fixed\n{lines}"
    );
    assert_eq!(run.stderr, said);
    assert_eq!(s.sshp("check").exits(1).stdout, lines);
    s.sshp("list").success().says("line 2: Bad port '22a'").says("sshp check");
}

#[test]
fn a_change_that_ssh_would_refuse_is_shown_with_the_line_that_it_would_write() {
    let s = Sandbox::with_config("Host web\n");
    s.sshp("edit web -o StrictHostKeyChecking=maybe")
        .exits(5)
        .says("\n  2 |     StrictHostKeyChecking maybe\n    |                           ^^^^^\n");
}

/// What systemd installs; Debian's own file includes it.
const SYSTEM: &str = "Include /etc/ssh/ssh_config.d/*.conf\nHost gate\n";
const SYSTEMD: &str = "\
Host .host machine/.host
    ProxyCommand /usr/lib/systemd/systemd-ssh-proxy unix/run/ssh-unix-local/socket %p
    ProxyUseFdpass yes
";

#[test]
fn hosts_of_the_systems_config_are_no_profiles() {
    needs!("mounts");
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n");
    s.write("ssh/ssh_config", SYSTEM);
    s.write("ssh/ssh_config.d/20-systemd.conf", SYSTEMD);
    // Without -F ssh reads the home by passwd(5), and the system's config.
    let home = s.home().display();
    s.write("passwd", s.passwd_entry());
    let run = |script: &str| {
        let script = format!(
            "mount --bind {home}/passwd /etc/passwd && mount --bind {home}/ssh /etc/ssh && {script}"
        );
        Run::of(s.in_namespace("mount").args(["sh", "-c", &script]))
    };
    let sshp = |args: &str| run(&format!("exec {SSHP} {args}"));
    assert_eq!(sshp("list --format '{alias}'").success().stdout, "web\n");
    let global = sshp("list --global --format '{alias}'").success().stdout;
    assert_eq!(global, ".host\nmachine/.host\ngate\n");
    sshp("show .host").success().prints("systemd-ssh-proxy");
    let hosts = run(&format!("_SSHP_COMPLETE=bash:hosts exec {SSHP} -- ''")).success().stdout;
    assert!(hosts.contains("web") && !hosts.contains("machine"), "{hosts}");
    // Where it is the user's as well, it is a profile.
    s.write(".ssh/config", "Host gate\n  HostName 192.0.2.2\n");
    assert_eq!(sshp("list --format '{alias}'").success().stdout, "gate\n");
    assert_eq!(sshp("list --global --format '{alias}'").success().stdout, ".host\nmachine/.host\n");
}

#[test]
fn names_that_differ_never_look_the_same() {
    let mut config = b"Host caf\xe9\n    User \xe9\nHost caf\xe8\n    User \xe8\n".to_vec();
    for c in ["", "\u{3164}", "\u{115f}", "\u{2800}", "\u{a0}", "\u{34f}", "\u{fe0f}", "\u{200d}"] {
        config.extend(format!("Host web{c}\n").bytes());
    }
    config.extend(b"Host \"web \"\nHost \" web\"\n");
    let s = Sandbox::with_config(config);
    let listed = s.sshp("list").success().stdout;
    let names: Vec<_> = listed.lines().skip(1).map(str::trim_end).collect();
    for name in ["caf\\xe9 ", "caf\\xe8 ", "web<U+3164> ", "web<U+2800> ", "web\\x20 ", "\\x20web "]
    {
        assert!(listed.contains(name), "no {name:?} in {listed}");
    }
    assert!(listed.contains(" \\xe9@") && listed.contains(" \\xe8@"), "{listed}");
    let different: std::collections::HashSet<_> = names.iter().collect();
    assert_eq!(different.len(), 12, "{listed}");
    let json = s.sshp("list --json").success().stdout;
    assert!(json.contains(r#""caf\\xe9""#) && json.contains(r#""web\u3164""#), "{json}");
    let raw = s.sshp("list --print0").success();
    assert!(raw.stdout.starts_with("caf\u{fffd}\0"), "the byte itself: {raw:?}");
}

/// Names of letters that look alike, and one of a language that has no twin.
const ALIKE: &str = "Host web\n    HostName 10.0.0.1\nHost w\u{435}b\n    HostName 10.0.0.2\n\
                     Host caf\u{e9}-1\n    HostName 10.0.0.3\nHost cafe\u{301}-1\n    HostName 10.0.0.4\n\
                     Host gr\u{f6}\u{df}e\nHost \u{441}\u{435}\u{440}\u{432}\u{435}\u{440}\n";

#[test]
fn letters_that_look_alike_are_told_apart_where_both_names_are_there() {
    let s = Sandbox::with_config(ALIKE);
    let listed = s.sshp("list").success().stdout;
    for line in ["web ", "w\\u{435}b ", "caf\\u{e9}-1 ", "cafe\\u{301}-1 ", "größe ", "сервер "]
    {
        assert!(listed.lines().any(|row| row.starts_with(line)), "no {line:?} in {listed}");
    }
    s.sshp("show w\u{435}b").success().prints("w\\u{435}b\n");
    s.sshp("show \u{441}\u{435}\u{440}\u{432}\u{435}\u{440}").success().prints("сервер\n");
    // What other programs read stays as it is.
    let print = s.sshp("list --print0").success().stdout;
    assert!(print.contains("w\u{435}b\0") && print.contains("cafe\u{301}-1\0"), "{print}");
    let json = s.sshp("list --json").success().stdout;
    assert!(json.contains("w\u{435}b"), "{json}");
}
