//! A shell in a terminal, and the terminal afterwards.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::{SESSIONS, World};
use crate::support::pty::Pty;
use crate::support::sandbox::Run;
use crate::support::sshd::free_port;
use crate::support::wait::{accept, dial};

/// How a session is brought to its end.
type Way = fn(&mut Pty);

/// Starts `stty -a` before and after a session in one terminal, and a marker after both.
fn in_shell(world: &World, sshp: &str) -> Pty {
    let mut shell = world.home.command("bash");
    let script = format!(
        "stty -a >before; {sshp} connect --session builtin web; echo status=$?; stty -a >after; \
         cmp before after && echo same-terminal"
    );
    shell.args(["--norc", "-c", &script]);
    let mut pty = Pty::spawn(&shell);
    // Whatever the prompt is: the shell there computes the marker, so that its echo does not count.
    pty.send("echo ready-$((40+2))\r");
    pty.wait_for("ready-42");
    pty
}

/// A shell with job control, here.
fn local_shell(world: &World) -> Pty {
    let mut shell = world.home.command("bash");
    shell.args(["--norc", "--noprofile", "-i"]).env("PS1", "local> ");
    let mut pty = Pty::spawn(&shell);
    pty.wait_for("local>");
    pty
}

fn sshp_pid(pty: &Pty) -> String {
    let children = format!("/proc/{0}/task/{0}/children", pty.pid());
    std::fs::read_to_string(children).expect("a child").trim().to_owned()
}

#[test]
fn a_shell_has_the_size_of_the_terminal_and_follows_it() {
    needs!("terminals", "sshd");
    let world = World::new();
    let mut pty = Pty::spawn_sized(&world.connect("builtin", &["web"]), 90, 20);
    pty.send("stty size; echo t=$TERM\r");
    pty.wait_for("20 90");
    pty.wait_for("t=xterm-256color");
    pty.resize(110, 35);
    // What is typed may reach the shell before its new size does, by ssh too.
    pty.send("until stty size | grep -q '35 110'; do sleep 0.1; done; echo rows=$((30 + 5))\r");
    pty.wait_for("rows=35");
    pty.send("stty -a | grep -o ' iutf8'; exit 7\r");
    assert_eq!(pty.wait_exit(), 7);
    assert!(pty.screen().contains("Connection to web closed."), "{}", pty.screen());
}

#[test]
fn the_terminal_is_left_as_it_was_found() {
    needs!("terminals", "bash", "sshd");
    let world = World::new();
    let ends: [(&str, Way); 5] = [
        ("status=3", |pty| pty.send("exit 3\r")),
        ("status=255", |pty| pty.send("\r~.")),
        ("status=255", |pty| {
            Run::of(Command::new("kill").args(["-TERM", &sshp_pid(pty)])).success();
        }),
        ("status=255", |pty| {
            Run::of(Command::new("kill").args(["-HUP", &sshp_pid(pty)])).success();
        }),
        // The server of this connection dies.
        ("status=255", |pty| pty.send("kill -9 $PPID\r")),
    ];
    for (status, end) in ends {
        let mut pty = in_shell(&world, crate::support::sandbox::SSHP);
        end(&mut pty);
        pty.wait_for(status);
        pty.wait_for("same-terminal");
    }
}

#[test]
fn keys_reach_the_remote_program() {
    needs!("terminals", "sshd");
    let world = World::new();
    for session in SESSIONS {
        let script = "echo ready; cat -v; echo over";
        let mut pty = Pty::spawn(&world.connect(session, &["-t", "web", script]));
        pty.wait_for("ready");
        // Quoted, so that the terminal there does not take it for itself.
        pty.send("a\x16\x11b\r");
        pty.wait_for("a^Qb\na^Qb");
        pty.send("\x03");
        assert_eq!(pty.wait_exit(), 255, "{session}: {}", pty.screen());
        assert!(!pty.screen().contains("over"), "{session}: {}", pty.screen());
    }
}

#[test]
fn lines_typed_ahead_all_arrive_where_no_terminal_is_there() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        // The terminal here gives one line for a read, and Ctrl-D ends the input.
        let script = "echo ready; sort -r; echo over";
        let mut pty = Pty::spawn(&world.connect(session, &["web", script]));
        pty.wait_for("ready");
        pty.send("one\rtwo\rthree\r\x04");
        pty.wait_for("two\nthree\none\nover");
        assert_eq!(pty.wait_exit(), 0, "{session}: {}", pty.screen());
    }
}

#[test]
fn a_command_in_the_background_runs_while_the_terminal_is_the_shells() {
    needs!("bash", "sshd");
    let world = World::new();
    for session in SESSIONS {
        let mut pty = local_shell(&world);
        let sshp = crate::support::sandbox::SSHP;
        // Nothing is typed meanwhile, which would be the background's to read as well.
        let far = "'echo far-$((40+2))'";
        pty.send(&format!(
            "{sshp} connect --session {session} web {far} & wait $!; echo over=$?\r"
        ));
        pty.wait_for("far-42");
        pty.wait_for("over=0");
        assert!(!pty.screen().contains("Stopped"), "{session}: {}", pty.screen());
    }
}

#[test]
fn escapes_are_ours_at_the_beginning_of_a_line_only() {
    needs!("terminals", "bash", "sshd");
    let world = World::new();
    let mut pty = in_shell(&world, crate::support::sandbox::SSHP);
    pty.send("echo a~.b-$((1+1))\r");
    pty.wait_for("a~.b-2");
    pty.send("~?");
    pty.wait_for("Supported escape sequences");
    pty.send("\r~~.echo\r");
    pty.wait_for("~.echo");
    pty.send("~.");
    pty.wait_for("status=255");
}

#[test]
fn late_output_is_not_lost() {
    needs!("terminals", "sshd");
    let world = World::new();
    let mut pty = Pty::spawn(&world.connect("builtin", &["-t", "web", "seq 50000; exit 9"]));
    assert_eq!(pty.wait_exit(), 9);
    let text = String::from_utf8_lossy(&pty.raw).into_owned();
    let expected = (1..=50000).fold(String::new(), |all, number| all + &format!("{number}\r\n"));
    assert!(text.contains(&expected), "{}", &text[text.len().saturating_sub(200)..]);
}

#[test]
fn a_session_is_suspended_and_goes_on() {
    needs!("terminals", "bash", "sshd");
    let world = World::new();
    let mut pty = local_shell(&world);
    pty.send("stty -a >before\r");
    pty.send(&format!("{} connect --session builtin web\r", crate::support::sandbox::SSHP));
    pty.send("echo ready-$((40+2))\r");
    pty.wait_for("ready-42");
    pty.send("\r~\x1a");
    pty.wait_for("Stopped");
    pty.send("stty -a >after; cmp before after && echo same-$((1+1))\r");
    pty.wait_for("same-2");
    pty.send("fg\r");
    pty.send("\recho again-$((40+3)); exit 5\r");
    pty.wait_for("again-43");
    pty.wait_for("Connection to web closed.");
    pty.send("echo status=$?\r");
    pty.wait_for("status=5");
    pty.send("stty -a >after; cmp before after && echo same-$((1+2))\r");
    pty.wait_for("same-3");
}

#[test]
fn the_terminal_is_the_users_again_while_forwarded_connections_go_on() {
    needs!("terminals", "bash", "sshd");
    let world = World::new();
    let (listener, port) = (TcpListener::bind("127.0.0.1:0").expect("loopback"), free_port());
    let target = listener.local_addr().expect("an address").port();
    world.config(&format!("Host web\n  LocalForward {port} 127.0.0.1:{target}\n"));
    let mut pty = in_shell(&world, crate::support::sandbox::SSHP);
    let _open = dial(port);
    let _there = accept(&listener, "the other end");
    pty.send("exit 3\r");
    pty.wait_for("Waiting for forwarded connections to terminate...");
    assert!(!pty.screen().contains("\\x0d"), "{}", pty.screen());
    pty.send("\x03");
    pty.wait_for("status=255");
    pty.wait_for("same-terminal");
}

#[test]
fn the_kind_of_terminal_is_the_one_that_is_set() {
    needs!("terminals", "sshd");
    let world = World::new();
    for session in SESSIONS {
        for (set, seen) in [("TERM=vt100", "vt100\r\n"), ("TERM=", "xterm\r\n")] {
            let set = format!("SetEnv={set}");
            let mut command = world.connect(session, &["-tt", "-o", &set, "web", "echo $TERM"]);
            let run = Run::of(command.env("TERM", "xterm").stdin(Stdio::null())).success();
            assert!(run.stdout.ends_with(seen), "{session}: {run:?}");
        }
    }
}

#[test]
fn a_terminal_that_the_server_refuses_is_said_and_ends_what_needs_one() {
    needs!("sshd");
    let world = World::with("PermitTTY no");
    let said = "PTY allocation request failed on channel 0";
    for session in SESSIONS {
        let mut pty = Pty::spawn(&world.connect(session, &["web"]));
        pty.wait_for(said);
        pty.send("echo shell-$((40+2)); exit 4\r");
        pty.wait_for("shell-42");
        assert_eq!(pty.wait_exit(), 4, "{session}: {}", pty.screen());
        // The terminal here shows what is typed, since none there does.
        assert!(pty.screen().contains("echo shell-$"), "{session}: {}", pty.screen());
        assert!(!pty.screen().contains("x0d"), "{session}: {}", pty.screen());
        for flag in ["-t", "-tt"] {
            let command = world.connect(session, &[flag, "web", "sleep 5; echo ran"]);
            let mut pty = Pty::spawn(&command);
            assert_eq!(pty.wait_exit(), 255, "{session} {flag}: {}", pty.screen());
            assert!(pty.screen().contains(said), "{session} {flag}: {}", pty.screen());
        }
    }
}

#[test]
fn the_list_of_connections_has_the_forwarded_ones() {
    needs!("terminals", "sshd");
    let world = World::new();
    let (listener, port) = (TcpListener::bind("127.0.0.1:0").expect("loopback"), free_port());
    let target = listener.local_addr().expect("an address").port();
    world.config(&format!("Host web\n  LocalForward {port} 127.0.0.1:{target}\n"));
    for session in SESSIONS {
        let mut pty = Pty::spawn_sized(&world.connect(session, &["web"]), 300, 30);
        pty.send("echo ready-$((40+2))\r");
        pty.wait_for("ready-42");
        let open = dial(port);
        let there = accept(&listener, "the other end");
        pty.send("\r~#");
        pty.wait_for(&format!("direct-tcpip: listening port {port} for 127.0.0.1"));
        drop((open, there));
        pty.send("\rexit 6\r");
        assert_eq!(pty.wait_exit(), 6, "{session}: {}", pty.screen());
    }
}
