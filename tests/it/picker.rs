//! The real picker in a real terminal: keys, signals, sizes, colours, hostile names.

mod actions;
mod prefix;
mod query;
mod typing;

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::palette::{Palette, contrast};
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// Three profiles, the first two beginning alike.
const CONFIG: &str = "\
Host web-1
    HostName 10.0.0.1
    User deploy
Host web-2
    HostName 10.0.0.2
    Port 2222
    # the preview shows this line
Host db
    HostName db.example
";

/// `sshp pick ARGS` in the sandbox; what it prints goes to `out`, as in `$(sshp pick)`.
fn pick(s: &Sandbox, args: &str) -> Command {
    let mut command = s.command("sh");
    command.arg("-c").arg(format!("'{SSHP}' pick {args} >out; echo \"exit $?\"; stty -a >modes"));
    command
}

/// What was printed.
fn printed(s: &Sandbox) -> String {
    s.text("out")
}

/// Whether the terminal is as a shell wants it: lines and echo.
fn is_cooked(s: &Sandbox) -> bool {
    let modes = s.text("modes");
    let has = |mode: &str| modes.split_whitespace().any(|word| word.trim_matches(';') == mode);
    has("icanon") && has("echo") && has("isig")
}

#[test]
fn typing_narrows_and_enter_chooses() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("3/3");
    pty.send("2222");
    pty.wait_for("1/3");
    pty.send("\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "web-2\n");
    assert!(is_cooked(&s));
}

#[test]
fn keys_typed_before_the_screen_is_there_are_not_lost() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.send("2222");
    pty.wait_for("1/3");
    pty.send("\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "web-2\n");
}

#[test]
fn a_query_and_enter_in_one_go_choose_what_was_typed() {
    // Every row begins alike, so that the row of an older query would fit as well.
    let blocks: Vec<String> = (0..300).map(|n| format!("Host db-{n:03}x\n")).collect();
    let s = Sandbox::with_config(blocks.concat());
    for n in [7, 123, 299] {
        let mut pty = Pty::spawn(&pick(&s, ""));
        pty.wait_for("300/300");
        pty.send(&format!("{n:03}x\r"));
        pty.wait_for("exit 0");
        pty.wait_exit();
        assert_eq!(printed(&s), format!("db-{n:03}x\n"));
    }
}

#[test]
fn without_a_terminal_only_an_exact_name_is_picked() {
    needs!("util-linux");
    let s = Sandbox::with_config(CONFIG);
    without_terminal(&s, "pick web-1").success().prints("web-1\n");
    without_terminal(&s, "pick --print0 db").success().prints("db\0");
    for query in ["d", "web", "2222", "deploy", "db.example", "host:example"] {
        let run = without_terminal(&s, &format!("pick {query}")).exits(3);
        let run = run.says("no profile is named exactly").says("and there is no terminal");
        assert_eq!(run.stdout, "", "{query}");
        let run = without_terminal(&s, query).exits(3);
        assert_eq!(run.stdout, "", "{query}");
    }
}

#[test]
fn a_beginning_that_only_one_name_has_is_picked_at_a_terminal_and_said() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&pick(&s, "d"));
    pty.wait_for("exit 0");
    assert_eq!(printed(&s), "db\n");
    assert!(pty.screen().contains("→ db ("), "{}", pty.screen());
    for query in ["2222", "deploy"] {
        let mut pty = Pty::spawn(&pick(&s, query));
        pty.wait_for("1/3");
        pty.send("\x1b");
        pty.wait_for("exit 130");
    }
}

#[test]
fn the_picker_opens_on_what_was_typed() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&pick(&s, "web"));
    pty.wait_for("2/3");
    pty.send("\x1b[B\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "web-2\n");
}

#[test]
fn escape_and_ctrl_c_cancel_with_130_and_print_nothing() {
    let s = Sandbox::with_config(CONFIG);
    for key in ["\x1b", "\x03"] {
        let mut pty = Pty::spawn(&pick(&s, ""));
        pty.wait_for("3/3");
        pty.send(key);
        pty.wait_for("exit 130");
        pty.wait_exit();
        assert_eq!(printed(&s), "");
        assert!(is_cooked(&s));
    }
}

#[test]
fn enter_where_nothing_fits_tells_how_to_add() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("3/3");
    pty.send("kitchen");
    pty.wait_for("0/3");
    pty.send("\r");
    pty.wait_for("exit 3");
    assert!(pty.screen().contains("no profile matches `kitchen`"), "{}", pty.screen());
    assert!(pty.screen().contains("sshp add kitchen USER@HOST"), "{}", pty.screen());
}

#[test]
fn several_are_marked_with_tab() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&pick(&s, "--multi --print0"));
    pty.wait_for("3/3");
    pty.send("\t\t\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "web-1\0web-2\0");
}

#[test]
fn the_widget_learns_which_key_it_was() {
    let s = Sandbox::with_config(format!("{CONFIG}Host list\n"));
    for (keys, line) in [
        ("db\r", "insert\tsshp\tdb\n"),
        ("db\x1b\r", "run\tsshp\tdb\n"),
        ("list\r", "insert\tsshp connect\tlist\n"),
    ] {
        let mut pty = Pty::spawn(&pick(&s, "--widget"));
        pty.wait_for("4/4");
        pty.send(keys);
        pty.wait_for("exit 0");
        pty.wait_exit();
        assert_eq!(printed(&s), line);
    }
}

#[test]
fn the_preview_shows_the_block_and_can_be_hidden() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".config/sshp/profiles.toml", "[web-2]\nnote = \"the spare one\"\ntags = [\"prod\"]\n");
    let mut pty = Pty::spawn_sized(&pick(&s, "web"), 140, 30);
    pty.wait_for("2/3");
    pty.send("\x1b[B");
    pty.wait_for("# the preview shows this line");
    let screen = pty.screen();
    for known in ["note     the spare one", "tags     #prod", ".ssh/config:4", "Port 2222"] {
        assert!(screen.contains(known), "no {known:?} on:\n{screen}");
    }
    assert!(screen.contains("@10.0.0.2:2222  #prod"), "{screen}");
    pty.send("\x1bp");
    pty.wait_until("no preview", |screen| !screen.contains("the spare one"));
    pty.send("\x1b");
    pty.wait_for("exit 130");
}

#[test]
fn another_size_is_drawn_anew() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("3/3");
    for (cols, rows) in [(40, 8), (120, 40), (20, 5)] {
        pty.resize(cols, rows);
        pty.send("z");
        pty.wait_for("0/3");
        pty.send("\x7f");
        pty.wait_for("3/3");
    }
    pty.send("\r");
    pty.wait_for("exit 0");
}

#[test]
fn a_signal_ends_it_and_gives_the_terminal_back() {
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let s = Sandbox::with_config(CONFIG);
        let mut command = s.command("sh");
        command.arg("-c").arg(format!(
            "'{SSHP}' pick </dev/tty >out & echo $! >pid; \
             wait $!; echo \"exit $?\"; stty -a >modes"
        ));
        let mut pty = Pty::spawn(&command);
        pty.wait_for("3/3");
        let pid = s.text("pid").trim().to_owned();
        Run::of(s.command("kill").args([&format!("-{name}"), &pid])).success();
        pty.wait_for(&format!("exit {}", 128 + number));
        pty.wait_exit();
        assert!(is_cooked(&s), "{name}: {}", s.text("modes"));
        let raw = String::from_utf8_lossy(&pty.raw).into_owned();
        assert!(raw.contains("\x1b[?1049l"), "{name}: the alternate screen is left");
        assert!(raw.contains("\x1b[?25h"), "{name}: the cursor is shown");
    }
}

#[test]
fn a_terminal_that_closes_ends_it() {
    let s = Sandbox::with_config(CONFIG);
    let mut command = s.command("sh");
    command.arg("-c").arg(format!("'{SSHP}' pick </dev/tty >out & echo $! >pid; wait $!"));
    let mut pty = Pty::spawn(&command);
    pty.wait_for("3/3");
    let pid = s.text("pid").trim().to_owned();
    pty.hang_up();
    let start = std::time::Instant::now();
    while std::fs::metadata(format!("/proc/{pid}")).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(30), "it waits for nobody");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_stop_signal_leaves_it_on_the_screen() {
    let s = Sandbox::with_config(CONFIG);
    let mut command = s.command("sh");
    command.arg("-c").arg(format!(
        "'{SSHP}' pick </dev/tty >out & echo $! >pid; wait $!; echo \"exit $?\"; stty -a >modes"
    ));
    let mut pty = Pty::spawn(&command);
    pty.wait_for("3/3");
    let pid = s.text("pid").trim().to_owned();
    Run::of(s.command("kill").args(["-TSTP", &pid])).success();
    pty.send("2222");
    pty.wait_for("1/3");
    pty.send("\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "web-2\n");
    assert!(is_cooked(&s));
}

#[test]
fn no_color_means_no_colour_and_no_mouse_is_ever_taken() {
    let s = Sandbox::with_config(CONFIG);
    for no_color in [true, false] {
        let mut command = pick(&s, "");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let mut pty = Pty::spawn(&command);
        pty.wait_for("3/3");
        pty.send("we");
        pty.wait_for("2/3");
        pty.send("\r");
        pty.wait_for("exit 0");
        let raw = String::from_utf8_lossy(&pty.raw).into_owned();
        assert_eq!(colours(&raw), !no_color, "{raw:?}");
        assert!(!raw.contains("\x1b[?1003h") && !raw.contains("\x1b[?1000h"), "no mouse: {raw:?}");
        assert!(!raw.contains("\x1b[6n"), "nothing is asked of the terminal: {raw:?}");
    }
}

/// xterm's colours, as it is and in reverse.
const XTERM: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];
const DARK: Palette = Palette { ink: [229; 3], paper: [0; 3], named: XTERM };
const LIGHT: Palette = Palette { ink: [0; 3], paper: [255; 3], named: XTERM };

/// The characters of the screen with their looks, blanks and frames left out.
fn inked(pty: &Pty) -> Vec<(char, avt::Pen)> {
    let lines = pty.lines();
    let cells = lines.iter().flat_map(|line| line.cells().iter());
    let cells = cells.map(|cell| (cell.char(), *cell.pen()));
    let is_text = |char: char| !char.is_whitespace() && !('\u{2500}'..='\u{257f}').contains(&char);
    cells.filter(|(char, _)| is_text(*char)).collect()
}

#[test]
fn each_look_can_be_read_on_its_background() {
    let s = Sandbox::with_config(CONFIG.replace("    User", "    ProxyJump db\n    User"));
    s.sshp("edit web-1 --tag prod").success();
    for (look, palette) in [("dark", Some(DARK)), ("light", Some(LIGHT)), ("terminal", None)] {
        s.sshp(&format!("config set picker.colors {look}")).success();
        let mut pty = Pty::spawn(&pick(&s, ""));
        pty.wait_for("3/3");
        pty.send("we");
        pty.wait_for("2/3");
        let inked = inked(&pty);
        assert!(inked.iter().any(|(_, pen)| pen.foreground().is_some()), "{look} has colours");
        for (char, pen) in &inked {
            let Some(palette) = &palette else {
                // The terminal's own sixteen, on its own paper: whoever chose them can read them.
                let own = |color| matches!(color, avt::Color::Indexed(0..16));
                assert!(pen.foreground().is_none_or(own) && pen.background().is_none(), "{pen:?}");
                continue;
            };
            let (ink, paper) = palette.colors(pen);
            let paper = paper.unwrap_or(palette.paper);
            let contrast = contrast(ink, paper);
            assert!(contrast >= 3.0, "{look}: {char} {ink:?} on {paper:?}: {contrast:.1}");
        }
        pty.send("\r");
        pty.wait_for("exit 0");
    }
}

/// Whether there is an SGR that sets a colour.
fn colours(raw: &str) -> bool {
    raw.split("\x1b[").filter_map(|rest| rest.split_once('m')).any(|(sgr, _)| {
        sgr.split(';').all(|n| n.bytes().all(|b| b.is_ascii_digit()))
            && sgr.split(';').any(|n| {
                n.parse::<u8>().is_ok_and(|n| (30..=38).contains(&n) || (40..=48).contains(&n))
            })
    })
}

#[test]
fn a_dumb_terminal_gets_a_numbered_list() {
    let s = Sandbox::with_config(CONFIG);
    for term in ["dumb", ""] {
        let mut command = pick(&s, "");
        command.env("TERM", term);
        let mut pty = Pty::spawn(&command);
        pty.wait_for("3  db");
        pty.send("web\n");
        pty.wait_for("2  web-2");
        pty.send("2\n");
        pty.wait_for("exit 0");
        pty.wait_exit();
        assert_eq!(printed(&s), "web-2\n");
        assert!(!pty.raw.contains(&0x1b), "{:?}", String::from_utf8_lossy(&pty.raw));
    }
}

#[test]
fn without_a_terminal_it_says_what_to_do_and_writes_no_escape() {
    needs!("util-linux");
    let s = Sandbox::with_config(CONFIG);
    let run = without_terminal(&s, "pick web").exits(3);
    let run =
        run.says("no profile is named exactly `web`").says("`web-1`, `web-2`").says("sshp list");
    assert!(!run.stderr.contains('\x1b'), "{run:?}");
    without_terminal(&s, "pick").exits(3).says("no terminal to choose a profile on");
    without_terminal(&s, "pick webb-1").exits(3).says("did you mean `web-1` or `web-2`?");
    let empty = Sandbox::new();
    without_terminal(&empty, "pick").exits(3).says("sshp add NAME USER@HOST");
}

/// sshp in a session of its own, so that it has no `/dev/tty` even where the tests have one.
fn without_terminal(s: &Sandbox, args: &str) -> Run {
    Run::of(s.command("setsid").arg("--wait").arg(SSHP).args(args.split(' ')).stdin(Stdio::null()))
}

#[test]
fn hostile_names_reach_the_terminal_as_text() {
    let s = Sandbox::with_config(
        "Host evil\x1b]52;c;cHduZWQ=\x07\n    HostName x\x1b[2Jy\n    # \x1b]0;title\x07\nHost safe\n",
    );
    let mut pty = Pty::spawn_sized(&pick(&s, ""), 140, 30);
    pty.wait_for("2/2");
    pty.wait_for("\\x1b]52;c;cHduZWQ=\\x07");
    pty.send("\x1b");
    pty.wait_for("exit 130");
    let raw = String::from_utf8_lossy(&pty.raw).into_owned();
    for hostile in ["\x1b]52", "\x1b]0;title"] {
        assert!(!raw.contains(hostile), "{raw:?}");
    }
}

#[test]
fn options_of_skims_own_program_change_nothing() {
    let s = Sandbox::with_config(CONFIG);
    let mut command = pick(&s, "");
    command.env("SKIM_DEFAULT_OPTIONS", "--filter db --height 3 --bind enter:abort");
    command.env("SKIM_DEFAULT_COMMAND", "touch ran");
    let mut pty = Pty::spawn(&command);
    pty.wait_for("3/3");
    pty.send("\x11web-2\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "web-2\n");
    assert!(!s.path("ran").exists());
}

#[test]
fn ten_thousand_profiles_are_found_among() {
    let blocks: Vec<String> =
        (0..10_000).map(|n| format!("Host host-{n:05}\n    HostName 10.1.2.3\n")).collect();
    let s = Sandbox::with_config(blocks.concat());
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("10000/10000");
    pty.send("07777");
    pty.wait_until("the host first", |screen| screen.contains("> host-07777"));
    pty.send("\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "host-07777\n");
}

#[test]
fn what_is_used_comes_first() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".local/state/sshp/usage", "9.0 1700000000 db\n");
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("3/3");
    std::thread::sleep(Duration::from_millis(50));
    pty.send("\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "db\n");
}

/// `sshp ARGS` with an ssh that only says how it was called.
fn connect(s: &Sandbox, args: &str) -> Command {
    connect_after(s, "true", args)
}

/// As [`connect`], once the shell has run something else.
fn connect_after(s: &Sandbox, before: &str, args: &str) -> Command {
    let ssh = s.write("ssh", "#!/bin/sh\necho \"ssh got: $*\"\n");
    Run::of(s.command("chmod").arg("+x").arg(&ssh)).success();
    let mut command = s.command("sh");
    command
        .env("SSHP_SSH", ssh)
        .arg("-c")
        .arg(format!("{before}; '{SSHP}' {args}; echo \"exit $?\""));
    command
}

#[test]
fn enter_connects_and_the_next_time_that_host_comes_first() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("3/3");
    pty.send("db\r");
    pty.wait_for("exit 0");
    assert!(pty.screen().contains("-- db\n"), "{}", pty.screen());
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("3/3");
    pty.wait_for("> db");
    pty.wait_for("used     ");
    pty.send("\x1b");
    pty.wait_for("exit 130");
}

#[test]
fn alt_enter_connects_by_the_other_session() {
    let s = Sandbox::with_config("Host db\n    HostName 127.0.0.1\n    Port 1\nHost web\n");
    s.write(".config/sshp/profiles.toml", "[db]\nsession = \"builtin\"\n");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("2/2");
    pty.send("db\x1b\r");
    pty.wait_for("ssh got:");
    pty.wait_for("exit 0");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("2/2");
    pty.send("db\r");
    pty.wait_for("exit 255");
    assert!(!pty.screen().contains("ssh got:"), "{}", pty.screen());
}

#[test]
fn a_name_or_the_beginning_of_one_connects_and_says_to_which() {
    let s = Sandbox::with_config(CONFIG);
    for (words, said) in
        [("db", "→ db ("), ("d", "→ db ("), ("web-1 uptime", "→ web-1 (deploy@10.0.0.1)")]
    {
        let mut pty = Pty::spawn(&connect(&s, words));
        pty.wait_for("exit 0");
        let screen = pty.screen();
        assert!(screen.find(said) < screen.find("ssh got:"), "{words}: {screen}");
        assert!(screen.contains(said), "{words}: {screen}");
    }
    let run = Run::of(&mut connect(&s, "db uptime")).success().prints(" db uptime\n");
    assert_eq!(run.stderr, "", "a script reads stderr");
    Run::of(&mut connect(&s, "kitchen")).prints("exit 3").says("no profile matches `kitchen`");
}

#[test]
fn what_a_name_only_holds_opens_the_picker() {
    let s = Sandbox::with_config(CONFIG);
    for words in ["db.example", "b exam", "user:deploy", "2222"] {
        let mut pty = Pty::spawn(&connect(&s, words));
        pty.wait_for("1/3");
        assert!(!pty.screen().contains("ssh got:"), "{words}");
        pty.send("\x1b");
        pty.wait_for("exit 130");
    }
}

#[test]
fn a_word_that_is_like_a_command_is_never_dialled() {
    let s = Sandbox::with_config(
        "Host tools-1 tagger bastion-harden lsof removed new-york logs-1 listener\n",
    );
    for (words, hint) in [
        ("ls", "did you mean `sshp list`?"),
        ("ls", "`sshp lsof` connects"),
        ("tag", "did you mean `sshp edit`?"),
        ("harden", "`sshp help` lists the commands"),
        ("new", "did you mean `sshp add`?"),
        ("remove tools-1", "did you mean `sshp rm tools-1`?"),
        ("logs", "did you mean `sshp log`?"),
        ("liste", "did you mean `sshp list`?"),
        ("forgt 'a b'", "did you mean `sshp forget 'a b'`?"),
    ] {
        let mut pty = Pty::spawn_sized(&connect(&s, words), 200, 20);
        pty.wait_for("exit 2");
        let screen = pty.screen();
        assert!(screen.contains(hint) && !screen.contains("ssh got:"), "{words}: {screen}");
    }
    for words in ["ls", "harden", "docter"] {
        Run::of(&mut connect(&s, words)).prints("exit 2").says("is not a command of sshp");
    }
    let named = Sandbox::with_config("Host ls list harden\n");
    for words in ["ls", "harden", "-- list", "connect list", "-- ls"] {
        Run::of(&mut connect(&named, words)).prints("exit 0").prints("ssh got:");
    }
}

#[test]
fn keys_come_from_the_terminal_where_stdin_is_a_pipe() {
    let s = Sandbox::with_config(CONFIG);
    let mut command = s.command("sh");
    command.arg("-c").arg(format!("echo typed | '{SSHP}' pick >out; echo \"exit $?\""));
    let mut pty = Pty::spawn(&command);
    pty.wait_for("3/3");
    pty.send("db\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "db\n");
}

#[test]
fn wide_and_combining_names_and_a_tiny_terminal_do_not_break_the_screen() {
    let s = Sandbox::with_config("Host 日本サーバー\nHost cafe\u{301}-été\nHost plain\n");
    let mut pty = Pty::spawn_sized(&pick(&s, ""), 20, 5);
    pty.wait_for("3/3");
    pty.resize(100, 30);
    pty.wait_for("日本サーバー");
    pty.send("été");
    pty.wait_for("1/3");
    pty.send("\r");
    pty.wait_for("exit 0");
    pty.wait_exit();
    assert_eq!(printed(&s), "cafe\u{301}-été\n");
}

#[test]
fn no_width_cuts_a_hint_and_a_narrow_screen_shows_the_targets() {
    let s = Sandbox::with_config(CONFIG);
    for (cols, rows, preview, hints) in [
        (120, 24, true, "Enter choose  Alt-P preview  Esc cancel"),
        (80, 24, true, "Enter choose  Alt-P preview  Esc cancel"),
        (60, 12, false, "Enter choose  Alt-P preview  Esc cancel"),
        (36, 12, false, "Enter choose  Alt: P preview"),
        (20, 5, false, "Enter choose"),
    ] {
        let mut pty = Pty::spawn_sized(&pick(&s, ""), cols, rows);
        pty.wait_for("3/3");
        pty.wait_for("web-1");
        // The rows do not wait for it.
        if preview {
            pty.wait_for("Host web-1");
        }
        let screen = pty.screen();
        let line = screen.lines().find(|line| line.contains("Enter")).expect(&screen);
        let line = line.split('│').next().unwrap_or_default().trim();
        assert!(hints.starts_with(line), "{cols}: {line:?}");
        assert_eq!(screen.contains("Host web-1"), preview, "{cols}:\n{screen}");
        assert_eq!(screen.contains("deploy@10.0.0.1"), cols > 20, "{screen}");
        pty.send("\x1b");
        pty.wait_for("exit 130");
    }
}

#[test]
fn no_count_is_shown_before_there_is_one() {
    let blocks: Vec<String> = (0..2_000).map(|n| format!("Host host-{n:05}\n")).collect();
    let s = Sandbox::with_config(blocks.concat());
    let mut pty = Pty::spawn(&pick(&s, ""));
    pty.wait_for("2000/2000");
    pty.send("\x1b");
    pty.wait_for("exit 130");
    let raw = String::from_utf8_lossy(&pty.raw).into_owned();
    assert!(!raw.contains("0/0"), "{raw:?}");
}

#[test]
fn the_rows_and_the_hints_follow_the_width_of_an_open_screen() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".config/sshp/profiles.toml", "[web-1]\ntags = [\"production\"]\n");
    let mut pty = Pty::spawn_sized(&connect(&s, ""), 80, 24);
    pty.wait_for("3/3");
    pty.wait_for("#production");
    pty.wait_for("Alt: Enter other E edit");
    pty.resize(30, 10);
    pty.wait_until("no tags", |screen| {
        screen.contains("web-1") && !screen.contains("#prod") && screen.contains("Enter connect")
    });
    pty.resize(200, 50);
    pty.wait_for("Alt-Enter other session  Alt-E edit  Alt-N new");
    pty.wait_for("#production");
    pty.wait_for("Host web-1");
    pty.send("\x1b");
    pty.wait_for("exit 130");
}

#[test]
fn the_preview_knows_keys_host_keys_and_what_comes_from_elsewhere() {
    let s = Sandbox::with_config(
        "Host web\n    HostName 10.0.0.1\n    IdentityFile ~/.ssh/gone\nHost *\n    User deploy\n",
    );
    let mut pty = Pty::spawn_sized(&pick(&s, ""), 140, 30);
    pty.wait_for("1/1");
    pty.wait_for("User deploy  (");
    pty.wait_for(".ssh/config:5)");
    pty.wait_for("host key ");
    pty.wait_for("~/.ssh/gone  is missing");
    pty.send("\x1b");
    pty.wait_for("exit 130");
}
