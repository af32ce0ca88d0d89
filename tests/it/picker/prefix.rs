//! `sshp BEGINNING COMMAND…`: the beginning that only one name has is that name at a terminal, and
//! nowhere else.

use super::{connect, without_terminal};
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};

fn fleet() -> Sandbox {
    let s = Sandbox::with_config(
        "Host db-primary\n    HostName 203.0.113.7\n    User root\nHost web-1 web-2\nHost old-db\n\
         Host tools-1\nHost prod-web\nHost eu-db\n",
    );
    s.write(".config/sshp/profiles.toml", "[prod-web]\ntags = [\"eu\"]\n");
    s
}

#[test]
fn a_beginning_that_only_one_name_has_takes_a_command_at_a_terminal() {
    let s = fleet();
    for (words, got) in [
        ("db uptime", "config db-primary uptime\n"),
        ("db-p 'echo a b' c", "config db-primary echo a b c\n"),
        ("db -v w", "config db-primary -v w\n"),
        // As with the whole name, a command may be called what a verb is.
        ("db ls", "config db-primary ls\n"),
        ("web-2 uptime", "config web-2 uptime\n"),
    ] {
        let mut pty = Pty::spawn_sized(&connect(&s, words), 160, 20);
        pty.wait_for("exit 0");
        let screen = pty.screen();
        assert!(screen.contains(got), "{words}: {screen}");
        let said =
            if got.contains("web-2") { "→ web-2 (" } else { "→ db-primary (root@203.0.113.7)" };
        let (said, got) = (screen.find(said), screen.find("ssh got:"));
        assert!(said.is_some() && said < got, "{words}: {screen}");
    }
    // What a pipe gives goes to the command.
    let mut command = s.command("sh");
    command.env("SSHP_SSH", s.path("ssh"));
    command.arg("-c").arg(format!("echo typed | '{SSHP}' db cat >out; echo \"exit $?\""));
    let mut pty = Pty::spawn(&command);
    pty.wait_for("exit 0");
    assert!(s.text("out").contains("config db-primary cat\n"));
}

#[test]
fn without_a_terminal_a_beginning_takes_no_command() {
    needs!("util-linux");
    let s = fleet();
    drop(connect(&s, ""));
    for words in ["db uptime", "db-primar uptime"] {
        let run = without_terminal(&s, words).exits(3);
        let run =
            run.says("no profile is named exactly").says("did you mean `sshp db-primary uptime`?");
        assert_eq!(run.stdout, "", "{words}");
    }
    let mut command = s.command("setsid");
    command.env("SSHP_SSH", s.path("ssh")).args(["--wait", SSHP, "db-primary", "uptime"]);
    Run::of(&mut command).success().prints("config db-primary uptime\n");
}

#[test]
fn a_query_and_a_word_like_a_command_stay_what_they_are() {
    let s = fleet();
    // Two names begin so, none does, a filter, the parts of one name and its tags.
    for words in ["web 1", "rimary db", "prod '#eu'", "prod eu"] {
        let mut pty = Pty::spawn(&connect(&s, words));
        pty.wait_for("1/7");
        assert!(!pty.screen().contains("ssh got:"), "{words}: {}", pty.screen());
        pty.send("\x1b");
        pty.wait_for("exit 130");
    }
    for words in ["ls tools-1", "too uptime", "tool uptime"] {
        let mut pty = Pty::spawn_sized(&connect(&s, words), 160, 20);
        pty.wait_for(if words.starts_with("ls") { "exit 2" } else { "exit 0" });
        let is_dialled = pty.screen().contains("ssh got:");
        assert_eq!(is_dialled, !words.starts_with("ls"), "{words}: {}", pty.screen());
    }
}
