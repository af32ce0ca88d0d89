//! list and show.

use crate::support::pty::Pty;
use crate::support::sandbox::Sandbox;

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
    s.sshp("list zzz").exits(3).says("no profile fits");
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
