//! Keys are never lost and never mean another row, however fast they come and whatever else is
//! marked, pasted or pressed.

use std::time::{Duration, Instant};

use super::{CONFIG, connect, connect_after, is_cooked, pick, printed};
use crate::support::pty::Pty;
use crate::support::sandbox::{SSHP, Sandbox};

/// Six profiles: `web` is in four of them, and begins two.
const SIX: &str = "Host web\n    HostName 10.0.0.1\nHost web-2\nHost old-web\nHost db\n    ProxyJump web\n\
                   Host db-2\nHost mail\n";

/// Types one key after the other, so many milliseconds apart.
fn type_slowly(pty: &mut Pty, keys: &str, pause: u64) {
    for key in keys.chars() {
        pty.send(&key.to_string());
        std::thread::sleep(Duration::from_millis(pause));
    }
}

/// A shell in which `$SSHP` is typed, with an ssh that says how it was called.
fn shell(s: &Sandbox) -> Pty {
    drop(connect(s, ""));
    let mut command = s.command("sh");
    command.env("SSHP_SSH", s.path("ssh")).env("PS1", "ready> ").env("SSHP", SSHP);
    let mut pty = Pty::spawn(&command);
    pty.wait_for("ready>");
    pty
}

#[test]
fn what_is_typed_ahead_connects_to_what_was_typed_at_any_speed() {
    let many: Vec<String> = (0..10_000).map(|n| format!("Host web-{n:05}\n")).collect();
    let many = many.concat();
    let settings = [None, Some("[picker]\nheight = \"40%\"\n")];
    for (config, query, name) in [(SIX, "web", "web"), (&many, "07777", "web-07777")] {
        let s = Sandbox::with_config(config);
        for (settings, pauses) in settings.iter().zip([&[0, 5, 15, 50, 100][..], &[0, 15, 100]]) {
            if let Some(settings) = settings {
                s.write(".config/sshp/config.toml", settings);
            }
            for pause in pauses {
                let mut pty = shell(&s);
                type_slowly(&mut pty, &format!("$SSHP\r{query}\r"), *pause);
                pty.wait_for("ssh got:");
                pty.wait_for(&format!("-- {name}\n"));
            }
        }
    }
}

#[test]
fn keys_after_the_one_that_ends_the_picker_are_left_to_what_comes_next() {
    let s = Sandbox::with_config(SIX);
    let ssh = s.write("reads", "#!/bin/sh\nread line\necho \"the session read: $line\"\n");
    s.chmod("reads", 0o755);
    let mut command = connect(&s, "");
    command.env("SSHP_SSH", ssh);
    let mut pty = Pty::spawn(&command);
    pty.send("mail\runame -a\n");
    pty.wait_for("the session read: uname -a");
}

#[test]
fn with_a_height_no_key_is_lost_and_the_terminal_is_asked_nothing() {
    let s = Sandbox::with_config(SIX);
    s.write(".config/sshp/config.toml", "[picker]\nheight = \"40%\"\n");
    let ssh = s.write("reads", "#!/bin/sh\nread line\necho \"the session read: $line\"\n");
    s.chmod("reads", 0o755);
    for pause in [0, 1, 5, 15] {
        let mut command = connect(&s, "");
        command.env("SSHP_SSH", &ssh);
        let mut pty = Pty::spawn(&command);
        type_slowly(&mut pty, "mail\runame -a\n", pause);
        pty.wait_for("the session read: uname -a");
        assert!(pty.raw.windows(4).all(|bytes| bytes != b"\x1b[6n"), "{:?}", pty.screen());
    }
}

#[test]
fn with_a_height_the_lines_above_stay_and_those_of_the_picker_go() {
    let s = Sandbox::with_config(SIX);
    s.write(".config/sshp/config.toml", "[picker]\nheight = \"10\"\n");
    drop(connect(&s, ""));
    // At the top of the screen, in its middle and at its end, where it scrolls.
    for above in [1, 12, 28, 60] {
        let mut command = s.command("sh");
        command.env("SSHP_SSH", s.path("ssh"));
        command.arg("-c").arg(format!("seq -f 'line %g' {above}; '{SSHP}'; echo \"exit $?\""));
        let mut pty = Pty::spawn(&command);
        pty.wait_for("6/6 ssh>");
        pty.send("web");
        pty.wait_for("4/6 ssh> web");
        pty.wait_for("old-web");
        let last = format!("line {above}\n");
        let screen = pty.screen();
        let (above_it, picker) = screen.split_once("4/6 ssh> web").expect("the prompt");
        assert!(above_it.ends_with(&last), "{above}: {screen}");
        assert!(picker.contains("old-web"), "{above}: {screen}");
        // Another size, and all of it anew.
        pty.resize(100, 24);
        pty.send("\x0c\x15mai");
        pty.wait_until("one row", |screen| screen.contains("1/6 ssh> mai"));
        let screen = pty.screen();
        assert_eq!(screen.matches("ssh>").count(), 1, "{above}: {screen}");
        pty.send("\r");
        pty.wait_for("exit 0");
        let screen = pty.screen();
        let after = screen.split_once(&last).map(|(_, after)| after.trim_end());
        let ran = after.and_then(|after| after.strip_suffix("-- mail\nexit 0"));
        let ran = ran.unwrap_or_else(|| panic!("{above}: {screen}"));
        assert!(ran.starts_with("→ mail (") && ran.lines().count() == 2, "{above}: {screen}");
    }
}

#[test]
fn the_answer_to_a_question_may_be_typed_ahead() {
    let s = Sandbox::with_config(SIX);
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.send("mail\x1btprod\r");
    pty.wait_for("#prod");
    assert!(s.text(".config/sshp/profiles.toml").contains("[mail]"));
    pty.send("\x1b");
    pty.wait_for("exit 130");
}

#[test]
fn enter_before_anything_was_typed_or_shown_connects_to_nothing() {
    let s = Sandbox::with_config(SIX);
    // The terminal has the key before sshp runs.
    let mut pty = Pty::spawn(&connect_after(&s, "until [ -e go ]; do sleep 0.01; done", "we"));
    pty.send("\r");
    std::thread::sleep(Duration::from_millis(100));
    s.write("go", "");
    pty.wait_for("/6 ssh> we");
    std::thread::sleep(Duration::from_millis(300));
    assert!(!pty.screen().contains("ssh got:"), "{}", pty.screen());
    pty.send("\r");
    pty.wait_for("-- web\n");
}

#[test]
fn typing_takes_the_cursor_back_to_the_best_match() {
    let s = Sandbox::with_config(SIX);
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("6/6");
    pty.send("\x1b[B\x1b[B\x1b[Bmail\r");
    pty.wait_for("-- mail\n");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.send("db-\x1b[B\x1b[A\r");
    pty.wait_for("-- db-2\n");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.send("web\x1b[B\r");
    pty.wait_for("-- web-2\n");
}

#[test]
fn enter_takes_the_marked_row_and_refuses_several() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("3/3");
    pty.send("\t");
    pty.wait_for("[web-1] ssh>");
    pty.send("\r");
    pty.wait_for("→ web-1 (deploy@10.0.0.1)");
    pty.wait_for("-- web-1\n");
    for key in ["\r", "\x1b\r", "\x1be", "\x1bd"] {
        let mut pty = Pty::spawn(&connect(&s, ""));
        pty.wait_for("3/3");
        pty.send(&format!("\t\t{key}"));
        pty.wait_for("[2 marked] ssh>");
        pty.wait_for("2 rows are marked");
        assert!(!pty.screen().contains("ssh got:"), "{}", pty.screen());
        pty.send("\x1b[A\t");
        pty.wait_for("[web-1] ssh>");
        pty.send("\r");
        pty.wait_for("-- web-1\n");
    }
}

#[test]
fn keys_that_are_not_ours_do_nothing() {
    let s = Sandbox::with_config(SIX);
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("6/6");
    // Ctrl-R, -Q, -K, -Y, -T, -O, -V, Alt-H, -L, -B, -F, a double click, the wheel.
    pty.send("\x12\x11\x0b\x19\x14\x0f\x16\x1bh\x1bl\x1bb\x1bf");
    pty.send("\x1b[<0;3;5M\x1b[<0;3;5m\x1b[<0;3;5M\x1b[<0;3;5m\x1b[<65;3;5M\x1b[M !%");
    pty.send("wb2");
    pty.wait_for("1/6");
    pty.send("\r");
    pty.wait_for("-- web-2\n");
}

#[test]
fn ctrl_l_draws_the_screen_anew_and_asks_the_terminal_nothing() {
    let s = Sandbox::with_config(SIX);
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("6/6");
    let before = pty.raw.len();
    pty.send("\x0c");
    pty.wait_until("the rows again", |_| true);
    pty.send("mai");
    pty.wait_for("1/6");
    let raw = String::from_utf8_lossy(&pty.raw[before..]).into_owned();
    assert!(raw.contains("old-web") && !raw.contains("\x1b[6n"), "{raw:?}");
    pty.send("\r");
    pty.wait_for("-- mail\n");
}

#[test]
fn a_paste_is_text_of_a_bounded_length_and_no_enter() {
    let s = Sandbox::with_config(SIX);
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("6/6");
    pty.send(&format!("\x1b[200~{}\x1b[201~", "x\r\n".repeat(40_000)));
    pty.wait_for("0/6");
    pty.send("\x15\x1b[200~web\r\n-2\x1b[201~");
    pty.wait_for("1/6");
    pty.send("\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "web-2\n");
    assert!(is_cooked(&s));
}

#[test]
fn letters_of_several_bytes_are_edited_whole() {
    let s = Sandbox::with_config("Host größe\nHost 日本\nHost web\n");
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("3/3");
    pty.send("日 本x\x17\x7f\x7f\x15größx\x7fe\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "größe\n");
}

#[test]
fn a_terminal_that_closes_ends_it_though_the_signal_is_ignored() {
    let s = Sandbox::with_config(CONFIG);
    let mut command = s.command("sh");
    command
        .arg("-c")
        .arg(format!("trap '' HUP TERM INT; '{SSHP}' pick </dev/tty >out & echo $! >pid; wait $!"));
    let mut pty = Pty::spawn(&command);
    pty.wait_for("3/3");
    let pid = s.text("pid").trim().to_owned();
    // An ignored signal changes nothing on the screen.
    let kill = |signal: &str| s.command("kill").args([signal, &pid]).status().expect("kill");
    assert!(kill("-HUP").success() && kill("-TERM").success());
    pty.send("2222");
    pty.wait_for("1/3");
    pty.hang_up();
    let start = Instant::now();
    while std::fs::metadata(format!("/proc/{pid}")).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(30), "it outlives its terminal");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn names_that_look_alike_are_told_apart_in_the_rows_and_in_what_is_connected_to() {
    let s =
        Sandbox::with_config("Host web\nHost w\u{435}b\n    HostName 10.0.0.2\n    User root\n");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("2/2");
    pty.wait_for("> web ");
    pty.wait_for("  w\\u{435}b ");
    pty.send("\x1b[B\t\r");
    pty.wait_for("→ w\\u{435}b (root@10.0.0.2)");
    pty.wait_for("-- w\u{435}b\n");
    let mut pty = Pty::spawn(&connect(&s, "w\u{435}b"));
    pty.wait_for("→ w\\u{435}b (root@10.0.0.2)");
}
