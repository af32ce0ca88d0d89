//! Connecting, by both clients, to the real sshd.

mod address;
mod agent;
mod builtin;
mod forward;
mod hostile;
mod hostile_names;
mod identities;
mod keywords;
mod learn;
mod log;
mod login;
mod newer_sshd;
mod opens;
mod pinned_hops;
mod pins;
mod programs;
mod prompt;
mod protocol;
mod server;
mod targets;
mod terminal;
pub mod token;
mod transport;
mod trust;
mod waits;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{Mode, OFlags};

use crate::support::needs;
use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::sshd::{ME, Sshd};
use crate::support::wait;

/// The two clients, which must not differ.
const SESSIONS: [&str; 2] = ["builtin", "system"];

/// A home with a key, a server that lets it in, and a profile `web` for it.
pub struct World {
    pub home: Sandbox,
    pub key: PathBuf,
    pub sshd: Sshd,
}

impl World {
    pub fn new() -> Self {
        World::with("")
    }

    /// With further lines in sshd_config.
    pub fn with(sshd_lines: &str) -> Self {
        let home = Sandbox::new();
        let key = home.keygen("id", &[]);
        let sshd = Sshd::start_with(&home, &key, sshd_lines);
        let world = World { home, key, sshd };
        world.config("");
        world.trust();
        world
    }

    /// Writes the config anew: `lines` first, then the profile `web`.
    pub fn config(&self, lines: &str) {
        let text = format!("{lines}\n{}", self.profile("web"));
        self.home.write(".ssh/config", text);
    }

    /// A profile for the server.
    pub fn profile(&self, name: &str) -> String {
        format!(
            "Host {name}\n  HostName 127.0.0.1\n  Port {}\n  User {ME}\n  IdentityFile {}\n  \
             IdentitiesOnly yes\n  UserKnownHostsFile {}\n",
            self.sshd.port,
            self.key.display(),
            self.known_hosts().display()
        )
    }

    pub fn known_hosts(&self) -> PathBuf {
        self.home.path(".ssh/known_hosts")
    }

    /// Makes the server's key known.
    pub fn trust(&self) {
        self.home.write(".ssh/known_hosts", self.sshd.known_hosts_line());
    }

    /// `sshp connect --session SESSION ARGS…`
    pub fn connect(&self, session: &str, args: &[&str]) -> Command {
        connect(&self.home, session, args)
    }

    pub fn run(&self, session: &str, args: &[&str]) -> Run {
        Run::of(&mut self.connect(session, args))
    }
}

/// `sshp connect --session SESSION ARGS…` in a home.
pub fn connect(home: &Sandbox, session: &str, args: &[&str]) -> Command {
    let mut command = home.command(SSHP);
    command.args(["connect", "--session", session]).args(args);
    command
}

/// Runs a command without a terminal: in a session of its own, where /dev/tty does not open.
pub fn without_terminal(command: &Command) -> Command {
    around("setsid", &["--wait"], command)
}

/// Has a program run a command, without a terminal to read from.
pub fn around(program: &str, arguments: &[&str], command: &Command) -> Command {
    needs::require_program(program.as_ref());
    let mut around = Command::new(program);
    around.args(arguments).arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            around.env(name, value);
        }
    }
    if let Some(dir) = command.get_current_dir() {
        around.current_dir(dir);
    }
    around.stdin(Stdio::null());
    around
}

/// Runs a command that ends with SIGABRT once it holds more than 64 MiB.
pub fn in_little_memory(command: &Command) -> Command {
    around("prlimit", &["--data=67108864"], command)
}

/// Runs a command with this input; gives its output.
pub fn feed(command: &mut Command, input: &[u8]) -> (Option<i32>, Vec<u8>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // A program that stops reading is one of the things that are tested.
        let _ = stdin.write_all(&input);
    });
    let output = wait::output(child, "the command that is fed");
    writer.join().expect("the writer");
    (output.status.code(), output.stdout)
}

/// Bytes that do not compress and are the same in every run.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn a_command_has_its_streams_and_status_by_both_clients() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        let mut command = world.connect(session, &["web", "cat; echo problem >&2; exit 7"]);
        let input = world.home.write("input", "hello");
        let run = Run::of(command.stdin(File::open(input).expect("input")));
        assert_eq!(run.stdout, "hello", "{session}: {run:?}");
        run.exits(7).says("problem");
        // ssh joins the words with blanks and leaves the rest to the remote shell.
        world.run(session, &["web", "echo", "a  b", "'c  d'"]).success().prints("a b c  d\n");
        world.run(session, &["web", "kill", "-KILL", "$$"]).exits(255);
    }
}

#[test]
fn the_profiles_name_alone_connects_too() {
    needs!("sshd");
    let world = World::new();
    world.home.sshp_args(["web", "echo", "by name"]).success().prints("by name\n");
    world.home.sshp_args(["web", "false"]).exits(1);
}

#[test]
fn bytes_arrive_as_they_are_both_ways() {
    needs!("sshd");
    let world = World::new();
    let sent = noise(16 << 20);
    for session in SESSIONS {
        let (code, received) = feed(&mut world.connect(session, &["web", "cat"]), &sent);
        assert_eq!(code, Some(0), "{session}");
        assert!(received == sent, "{session}: {} bytes came back", received.len());
    }
}

#[test]
fn input_may_be_a_file_a_pipe_or_a_socket_and_stays_as_it_was() {
    needs!("sshd");
    let world = World::new();
    let sent = noise(3 << 20);
    let file = world.home.write("input", &sent);
    for session in SESSIONS {
        for kind in ["file", "pipe", "socket"] {
            let (input, output) = match kind {
                "file" => (File::open(&file).expect("the file").into(), None),
                "pipe" => {
                    let (input, output) = io::pipe().expect("a pipe");
                    (OwnedFd::from(input), Some(OwnedFd::from(output)))
                }
                _ => {
                    let (input, output) = UnixStream::pair().expect("sockets");
                    (input.into(), Some(output.into()))
                }
            };
            let shared = input.try_clone().expect("another descriptor of the same");
            let bytes = sent.clone();
            let writer = output.map(|output| {
                std::thread::spawn(move || File::from(output).write_all(&bytes).expect("a reader"))
            });
            let mut command = world.connect(session, &["web", "cat"]);
            let received = wait::run(command.stdin(input).stdout(Stdio::piped())).stdout;
            assert!(received == sent, "{session}, {kind}: {} bytes came back", received.len());
            let flags = rustix::fs::fcntl_getfl(&shared).expect("its flags");
            assert!(!flags.contains(OFlags::NONBLOCK), "{session}, {kind}");
            if let Some(writer) = writer {
                writer.join().expect("the writer");
            }
        }
    }
}

#[test]
fn input_that_is_over_or_none_keeps_no_command_waiting() {
    needs!("sshd");
    let world = World::new();
    let fifo = world.home.path("fifo");
    Run::of(world.home.command("mkfifo").arg(&fifo)).success();
    let abandoned = || {
        let reader = rustix::fs::open(&fifo, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty());
        let reader = reader.expect("its reading end");
        drop(File::options().write(true).open(&fifo).expect("its writing end"));
        rustix::fs::fcntl_setfl(&reader, OFlags::empty()).expect("its flags");
        reader
    };
    for session in SESSIONS {
        let input: [(&str, OwnedFd); 4] = [
            ("a fifo without a writer", abandoned()),
            ("a pipe without a writer", io::pipe().expect("a pipe").0.into()),
            ("a folder", File::open(world.home.home()).expect("the folder").into()),
            ("an empty file", tempfile::tempfile().expect("a file").into()),
        ];
        for (kind, input) in input {
            let connect = world.connect(session, &["web", "cat; echo out"]);
            let run = Run::of(around("timeout", &["20"], &connect).stdin(input));
            assert_eq!((run.code, &*run.stdout), (Some(0), "out\n"), "{session}: {kind}");
        }
    }
}

#[test]
fn hops_are_gone_through_in_order() {
    needs!("sshd");
    let world = World::new();
    let (a, b, web) = (world.profile("a"), world.profile("b"), world.profile("web"));
    let text = format!("{a}{b}Host web\n  ProxyJump a,b\n{web}");
    world.home.write(".ssh/config", text);
    for session in SESSIONS {
        let run = world.run(session, &["web", "echo over two hops; cat >/dev/null"]);
        run.success().prints("over two hops");
        world.run(session, &["-J", "a", "b", "echo by flag"]).success().prints("by flag");
        // Forwarded connections are what jumps are made of: two for each session.
    }
    assert!(world.sshd.log().matches("direct-tcpip").count() >= 4, "{}", world.sshd.log());
}

#[test]
fn a_proxy_command_stands_for_the_network() {
    needs!("sshd");
    let world = World::new();
    let proxy = world.sshd.proxy_command();
    world.config(&format!("Host web\n  ProxyCommand {proxy}\n"));
    for session in SESSIONS {
        world.run(session, &["web", "echo proxied"]).success().prints("proxied");
    }
}

#[test]
fn a_proxy_command_may_clean_up() {
    needs!("sshd");
    let world = World::new();
    let left = world.home.path("left");
    let proxy = format!(
        "#!/bin/sh\ntrap 'echo clean >{}' EXIT\ntrap 'exit 1' HUP\n{}\n",
        left.display(),
        world.sshd.proxy_command()
    );
    let proxy = world.home.write("proxy", proxy);
    world.home.chmod("proxy", 0o755);
    world.config(&format!("Host web\n  ProxyCommand {}\n", proxy.display()));
    for session in SESSIONS {
        world.run(session, &["web", "true"]).success();
        wait::until("what it leaves", || left.exists().then_some(()));
        std::fs::remove_file(&left).expect("removed");
    }
}

#[test]
fn without_an_ssh_it_says_so_and_auto_uses_the_built_in_client() {
    needs!("sshd");
    let world = World::new();
    let run = |session: &str| {
        let mut command = world.connect(session, &["web", "echo fine"]);
        Run::of(command.env("PATH", "/nowhere"))
    };
    run("system").exits(255).says("no `ssh` in the search path").says("--session builtin");
    run("auto").success().prints("fine");
}

#[test]
fn an_ssh_that_is_named_and_cannot_be_run_is_not_replaced_silently() {
    needs!("sshd");
    let world = World::new();
    let run = |args: &[&str]| {
        let mut command = world.home.command(SSHP);
        Run::of(command.args(args).env("SSHP_SSH", "/nowhere/ssh"))
    };
    for args in [&["web", "echo fine"][..], &["connect", "--session", "system", "web"]] {
        let run = run(args).exits(255).says("/nowhere/ssh").says("SSHP_SSH");
        assert_eq!(run.says("--session builtin").stdout, "");
    }
    run(&["connect", "--session", "builtin", "web", "echo fine"]).success().prints("fine");
}

#[test]
fn what_the_built_in_client_lacks_is_named_and_auto_goes_to_ssh() {
    needs!("sshd");
    let world = World::new();
    world.config("Host web\n  ForwardX11 yes\n");
    let config = world.home.path(".ssh/config");
    let line = format!("`ForwardX11 yes` ({}:2)", config.display());
    world.run("builtin", &["web", "true"]).exits(255).says(&line);
    world.run("auto", &["web", "true"]).success();
}

#[test]
fn a_host_name_that_is_a_flag_or_a_command_runs_nothing() {
    needs!("sshd");
    let world = World::new();
    let trap = world.home.path("trap");
    for host in ["-oProxyCommand=touch\\ TRAP", "`touch TRAP`", "$(touch TRAP)", "x;touch TRAP"] {
        let host = host.replace("TRAP", &trap.display().to_string());
        world.home.write(".ssh/config", format!("Host bad\n  HostName \"{host}\"\n"));
        for session in SESSIONS {
            let run = world.run(session, &["bad", "true"]);
            assert_ne!(run.code, Some(0), "{session} {host}: {run:?}");
            assert!(!Path::new(&trap).exists(), "{session}: {host} ran");
        }
    }
}

#[test]
fn without_a_terminal_only_an_exact_name_connects() {
    needs!("sshd", "util-linux");
    let world = World::new();
    let (web, other) = (world.profile("web"), world.profile("wiki"));
    world.home.write(".ssh/config", format!("{web}{other}"));
    world.home.sshp_args(["web", "echo", "exact"]).success().prints("exact");
    // A part of a name is not a name, even where only one name holds it.
    for (part, names) in
        [("iki", &["`wiki`"][..]), ("wik", &["`wiki`"]), ("w", &["`web`", "`wiki`"])]
    {
        let mut command = world.home.command(SSHP);
        let run = Run::of(&mut without_terminal(command.arg(part))).exits(3);
        names.iter().fold(run, |run, name| run.says(name));
    }
    world.home.sshp("nothing-like-it").exits(3).says("no profile matches");
}

#[test]
fn the_profiles_own_choice_of_client_counts_and_the_flag_wins() {
    needs!("sshd");
    let world = World::new();
    world.home.write(".config/sshp/profiles.toml", "[web]\nsession = \"builtin\"\n");
    let with_ssh = |args: &[&str]| {
        let mut command = world.home.command(SSHP);
        // An ssh that cannot have been taken for the built-in client.
        Run::of(command.args(["connect"]).args(args).env("SSHP_SSH", "false"))
    };
    with_ssh(&["web", "echo built in"]).success().prints("built in");
    with_ssh(&["--session", "system", "web", "echo built in"]).exits(1);
}

#[test]
fn a_jump_without_end_is_refused_before_ssh_runs() {
    let s = Sandbox::with_config("Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n");
    let said = s.write("ssh", "#!/bin/sh\necho ran\n");
    s.chmod("ssh", 0o700);
    let run = |words: &[&str]| {
        let mut sshp = s.command(SSHP);
        Run::of(sshp.args(words).env("SSHP_SSH", &said))
    };
    for words in [&["a"][..], &["connect", "a"], &["connect", "-J", "a", "x.example"]] {
        let run = run(words).exits(255).says("ProxyJump never ends: ").says(" via b via a");
        assert_eq!(run.stdout, "", "{run:#?}");
    }
    run(&["connect", "-J", "c", "a"]).success().prints("ran");
    run(&["connect", "-J", "x,b", "c"]).success().prints("ran");
}
