//! Every prompt under every signal: the terminal is as it was, and a secret goes into no core dump.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::{Duration, Instant};

use super::login::with_password;
use super::{SESSIONS, World};
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox, chown};
use crate::support::wait::accept;

const PASSPHRASE: &str = "open sesame";

/// A profile `web` whose key has a passphrase.
fn with_passphrase() -> World {
    let world = World::new();
    let key = world.key.display().to_string();
    let mut change = world.home.command("ssh-keygen");
    Run::of(change.args(["-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", &key])).success();
    world
}

/// A command in a terminal, the terminal's modes kept before and compared after.
fn in_shell(home: &Sandbox, words: &str) -> Pty {
    let mut shell = home.command("bash");
    let script = format!(
        "stty -a >before; '{SSHP}' {words}; echo status=$?; stty -a >after; \
         cmp before after && echo same-terminal"
    );
    shell.args(["--norc", "-c", &script]);
    Pty::spawn(&shell)
}

/// The sshp that a shell of [`in_shell`] runs.
fn sshp_pid(pty: &Pty) -> String {
    let children = format!("/proc/{0}/task/{0}/children", pty.pid());
    fs::read_to_string(children).expect("a child").trim().to_owned()
}

fn kill(pid: &str, signal: &str) {
    Run::of(Command::new("kill").args([signal, pid])).success();
}

/// Waits until a process is in this state, by proc(5).
#[track_caller]
fn wait_state(pid: &str, state: &str) {
    let start = Instant::now();
    loop {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if stat.rsplit(')').next().is_some_and(|rest| rest.trim().starts_with(state)) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "not {state}: {stat}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The modes of the terminal that a process has, as `stty -a` prints them.
fn modes(pid: &str) -> String {
    let tty = fs::read_link(format!("/proc/{pid}/fd/0")).expect("a terminal");
    Run::of(Command::new("stty").arg("-a").arg("-F").arg(tty)).success().stdout
}

/// Ends sshp at a prompt by each signal that ends, in a terminal that must be as before.
#[track_caller]
fn ended_at(home: &Sandbox, words: &str, prompt: &str) {
    for (signal, status) in [("-TERM", 143), ("-HUP", 129), ("-INT", 130), ("-QUIT", 131)] {
        let mut pty = in_shell(home, words);
        pty.wait_for(prompt);
        kill(&sshp_pid(&pty), signal);
        // By the signal itself, as ssh(1).
        pty.wait_for(&format!("status={status}\n"));
        pty.wait_for("same-terminal");
        let ssh = fs::read_dir(home.path(".ssh")).expect("the folder").flatten();
        let left = ssh.filter(|e| e.file_name().to_string_lossy().starts_with(".sshp")).count();
        assert_eq!(left, 0, "{signal}");
    }
}

#[test]
fn a_passphrase_that_is_not_utf8_opens_the_key() {
    needs!("sshd");
    let world = World::new();
    let key = world.key.display().to_string();
    let mut change = world.home.command("ssh-keygen");
    change.args(["-q", "-p", "-P", "", "-f", &key, "-N"]).arg(OsStr::from_bytes(b"caf\xe9"));
    Run::of(&mut change).success();
    for session in SESSIONS {
        let mut pty = Pty::spawn(&world.connect(session, &["web", "echo in-$((1+1))"]));
        pty.wait_for("Enter passphrase");
        match session {
            // A character that is taken back is one of UTF-8, or one byte.
            "builtin" => pty.send_bytes(b"caf\xc3\xa9\x7f\xa0\x7f\xe9\r"),
            _ => pty.send_bytes(b"caf\xe9\r"),
        }
        pty.wait_for("in-2");
    }
}

#[test]
fn a_signal_at_a_prompt_gives_the_terminal_back() {
    needs!("root", "bash", "openssl", "sshd");
    let world = with_passphrase();
    let connect = "connect --session builtin web true";
    ended_at(&world.home, connect, "Enter passphrase");
    world.home.write(".ssh/known_hosts", "");
    ended_at(&world.home, connect, "(yes/no");
    let fingerprint = world.sshd.fingerprint();
    ended_at(&world.home, "trust web", &fingerprint);
    let world = with_password("PubkeyAuthentication no\nKbdInteractiveAuthentication no");
    ended_at(&world.home, connect, "password:");
}

/// Waits until the terminal shows this.
fn at(text: &str) -> impl FnOnce(&mut Pty) {
    move |pty| pty.wait_for(text)
}

/// Types Ctrl-C in a shell's loop over two connections.
#[track_caller]
fn interrupt_a_loop(command: &Command, waits: impl FnOnce(&mut Pty)) {
    let words = command.get_args().map(|word| format!("'{}'", word.display()));
    let words: Vec<_> = words.collect();
    let script = format!(
        "stty -a >before; trap 'stty -a >after; cmp before after && echo same-terminal' EXIT\n\
         for n in 1 2; do echo round-$n; '{}' {}; done; echo over",
        command.get_program().display(),
        words.join(" ")
    );
    let mut shell = Command::new("bash");
    shell.args(["--norc", "-c", &script]).current_dir(command.get_current_dir().expect("a home"));
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut pty = Pty::spawn(&shell);
    waits(&mut pty);
    pty.send("\x03");
    pty.wait_for("same-terminal");
    pty.wait_exit();
    let screen = pty.screen();
    assert!(!screen.contains("round-2") && !screen.contains("over"), "{words:?}: {screen}");
}

#[test]
fn an_interrupt_at_a_prompt_ends_a_shells_loop() {
    needs!("root", "openssl", "sshd");
    let world = with_passphrase();
    let s = &world.home;
    let sshp = |words: &str| {
        let mut command = s.command(SSHP);
        command.args(words.split(' '));
        command
    };
    for session in SESSIONS {
        interrupt_a_loop(&world.connect(session, &["web", "true"]), at("Enter passphrase"));
    }
    interrupt_a_loop(&sshp("key convert .ssh/id --new-passphrase --out new"), at("for key"));
    let key = format!("-y -f {}", world.key.display());
    let mut keygen = s.command("ssh-keygen");
    interrupt_a_loop(keygen.args(key.split(' ')), at("passphrase"));
    s.write(".ssh/known_hosts", "");
    for session in SESSIONS {
        interrupt_a_loop(&world.connect(session, &["web", "true"]), at("(yes/no"));
    }
    interrupt_a_loop(&sshp("trust web"), at(&world.sshd.fingerprint()));
    let world = with_password("PubkeyAuthentication no\nKbdInteractiveAuthentication no");
    for session in SESSIONS {
        interrupt_a_loop(&world.connect(session, &["web", "true"]), at("password:"));
    }
}

#[test]
fn an_interrupt_while_connecting_ends_a_shells_loop() {
    needs!("sshd");
    let world = World::new();
    // It takes connections, and its greeting never comes.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = silent.local_addr().expect("an address").port().to_string();
    for session in SESSIONS {
        let command = world.connect(session, &["-p", &port, "web", "true"]);
        let mut connection = None;
        interrupt_a_loop(&command, |_| connection = Some(accept(&silent, "a connection")));
    }
}

#[test]
fn a_signal_before_the_login_ends_a_session_for_the_background_too() {
    needs!("bash", "sshd");
    let world = with_passphrase();
    let mut pty = in_shell(&world.home, "connect --session builtin -f web true");
    pty.wait_for("Enter passphrase");
    let pid = sshp_pid(&pty);
    kill(&pid, "-TERM");
    pty.wait_for("status=143");
    pty.wait_for("same-terminal");
}

#[test]
fn a_stop_at_a_secret_gives_the_terminal_back_until_it_goes_on() {
    needs!("root", "bash", "sshd");
    let world = with_passphrase();
    let mut pty = in_shell(&world.home, "connect --session builtin web echo in-$((1+1))");
    pty.wait_for("Enter passphrase");
    let pid = sshp_pid(&pty);
    let before = world.home.text("before");
    assert_ne!(modes(&pid), before, "nothing that is typed is shown");
    for times in 2..4 {
        kill(&pid, "-TSTP");
        wait_state(&pid, "T");
        assert_eq!(modes(&pid), before);
        kill(&pid, "-CONT");
        pty.wait_until("the question again", |screen| {
            screen.matches("Enter passphrase").count() == times
        });
        assert_ne!(modes(&pid), before);
    }
    pty.send(&format!("{PASSPHRASE}\r"));
    pty.wait_for("in-2");
    pty.wait_for("same-terminal");
    assert!(!String::from_utf8_lossy(&pty.raw).contains("sesame"), "{}", pty.screen());
}

#[test]
fn a_terminal_that_closes_ends_the_prompt() {
    needs!("bash", "sshd");
    let world = with_passphrase();
    for (words, prompt) in [
        ("connect --session builtin web true", "Enter passphrase"),
        ("connect --session builtin -o UserKnownHostsFile=none web true", "(yes/no"),
    ] {
        let mut pty = in_shell(&world.home, words);
        pty.wait_for(prompt);
        let pid = sshp_pid(&pty);
        pty.hang_up();
        let start = Instant::now();
        while fs::metadata(format!("/proc/{pid}")).is_ok() {
            assert!(start.elapsed() < Duration::from_secs(30), "{prompt}: it waits for nobody");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn raw_modes_that_a_question_finds_are_there_after_it() {
    needs!("bash", "sshd");
    let world = World::new();
    world.home.write(".ssh/known_hosts", "");
    let mut shell = world.home.command("bash");
    let script = format!(
        "stty -echo -icanon; stty -a >before; '{SSHP}' connect --session builtin web true; \
         stty -a >after; cmp before after && echo same-terminal"
    );
    let mut pty = Pty::spawn(shell.args(["--norc", "-c", &script]));
    pty.wait_for("(yes/no");
    pty.send("no\r");
    pty.wait_for("same-terminal");
}

/// Who may look into a process: its user where it can leave a core dump, root where it cannot
/// (proc(5)).
fn dumpable(pid: &str, user: u32) -> bool {
    fs::metadata(format!("/proc/{pid}/environ")).expect("a process").uid() == user
}

#[test]
fn a_process_that_holds_a_secret_leaves_no_core_dump() {
    const USER: u32 = 4712;
    needs!("root", "sshd", "util-linux");
    let world = with_passphrase();
    let home = &world.home;
    chown(home.home(), USER, None);
    for name in [".ssh", ".ssh/config", ".ssh/id", ".ssh/known_hosts"] {
        chown(home.path(name), USER, None);
    }
    let user = |words: &str| {
        let mut command = home.command("setpriv");
        let id = USER.to_string();
        command.args(["--reuid", &id, "--regid", &id, "--clear-groups", SSHP]);
        command.args(words.split(' '));
        Pty::spawn(&command)
    };
    // What has no secret is as any process.
    let mut pty = user("pick");
    pty.wait_for("1/1");
    assert!(dumpable(&pty.pid().to_string(), USER));
    let mut pty = user("connect --session builtin web cat");
    pty.wait_for("Enter passphrase");
    assert!(!dumpable(&pty.pid().to_string(), USER));
    pty.send(&format!("{PASSPHRASE}\recho\r"));
    pty.wait_for("echo");
    assert!(!dumpable(&pty.pid().to_string(), USER));
    // Another program that takes its place is as any process again, the system's ssh among them.
    let mut pty = user("connect --session system -o ProxyCommand=cat web cat");
    let pid = pty.pid().to_string();
    let start = Instant::now();
    while !fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "ssh\n") {
        assert!(start.elapsed() < Duration::from_secs(30), "{}", pty.screen());
        std::thread::sleep(Duration::from_millis(10));
    }
    pty.send("\x03");
}

#[test]
fn a_passphrase_is_asked_for_once_for_all_servers_on_the_way() {
    needs!("sshd");
    let world = with_passphrase();
    world.config(&format!("{}  ProxyJump web\n", world.profile("far")));
    let mut connect = world.connect("builtin", &["far", "echo in-$((20 + 3))"]);
    world.home.write(".config/sshp/config.toml", "session = \"builtin\"\n");
    let mut doctor = world.home.command(SSHP);
    doctor.args(["doctor", "far"]);
    for (command, end) in [(&mut connect, "in-23"), (&mut doctor, "no problems found")] {
        let mut pty = Pty::spawn(command);
        pty.wait_for("Enter passphrase");
        pty.send(&format!("{PASSPHRASE}\n"));
        pty.wait_for(end);
        assert_eq!(pty.wait_exit(), 0);
        assert_eq!(pty.screen().matches("Enter passphrase").count(), 1, "{}", pty.screen());
    }
}
