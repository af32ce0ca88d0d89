//! Keywords that both clients must make the same of.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{SESSIONS, World, without_terminal};
use crate::support::needs;
use crate::support::sandbox::{Run, SSHP};
use crate::support::sshd::{ME, free_port};
use crate::support::wait::{self, dial, until};

/// Runs where there is no other client.
fn alone(world: &World, args: &[&str]) -> Run {
    Run::of(world.connect("auto", args).env("PATH", "/nowhere"))
}

#[test]
fn where_there_is_no_ssh_what_a_config_asks_in_vain_is_said_once_and_gone_on_without() {
    needs!("sshd");
    let world = World::new();
    let lines = "ForwardX11 yes\n  ControlMaster auto\n  ControlPath ~/.ssh/%C\n  \
                 ControlPersist 10m\n  GSSAPIAuthentication yes\n  AddKeysToAgent ask\n  \
                 PKCS11Provider /nowhere.so";
    world.config(&format!("Host web\n  {lines}\n"));
    let run = alone(&world, &["web", "echo in"]).success().prints("in");
    assert_eq!(run.stderr.matches("warning").count(), 1, "{run:?}");
    let run = run.says("connects without ").says("`ForwardX11 yes`").says("`ControlMaster auto`");
    run.says(&format!("{}:2", world.home.path(".ssh/config").display()));
    // What somebody asks for now is no ornament of a config.
    for (flags, name) in
        [(&["-X"][..], "ForwardX11"), (&["-M"], "ControlMaster"), (&["-w", "0"], "Tunnel")]
    {
        let run = alone(&world, &[flags, &["web", "true"]].concat()).exits(255);
        run.says(&format!("`{name}")).says("not installed");
    }
    let run = world.run("builtin", &["web", "true"]).exits(255);
    run.says("`ForwardX11 yes`").says("--session system");
}

#[test]
fn a_server_with_no_algorithm_in_common_is_named_with_both_lists() {
    needs!("sshd");
    let hybrid = "sntrup761x25519-sha512@openssh.com";
    let world = World::with(&format!("KexAlgorithms {hybrid}\n"));
    let run = world.run("builtin", &["web", "true"]).exits(255).says("no matching key exchange");
    let run = run.says(&format!("the server has:           {hybrid}\n"));
    let run = run.says("the built-in session has: mlkem768x25519-sha256,curve25519-sha256,");
    assert!(!run.stderr.contains("ext-info"), "{run:?}");
    run.says("--session system");
    world.run("auto", &["web", "echo in"]).success().prints("in");

    let world = World::with("MACs umac-64@openssh.com\nCiphers aes128-ctr\n");
    let run = world.run("builtin", &["web", "true"]).exits(255).says("no matching MAC");
    run.says("umac-64@openssh.com").says("hmac-sha2-256");
}

#[test]
fn a_connection_comes_from_the_interface_that_is_named() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        let from = "echo $SSH_CONNECTION";
        let run = world.run(session, &["-B", "lo", "web", from]).success();
        run.prints("127.0.0.1 ");
        world.run(session, &["-o", "BindInterface=nothing0", "web", "true"]).exits(255);
    }
    world.run("builtin", &["-B", "nothing0", "web", "true"]).says("nothing0");
}

#[test]
fn packets_are_marked_as_ipqos_says() {
    needs!("root", "sshd", "strace");
    let world = World::new();
    let trace = world.home.path("trace");
    // Of a process that leaves no core dump only root's strace reads the memory.
    for (value, args, marks) in [
        ("af21 cs1", &["web", "true"][..], "IP_TOS, [32]"),
        ("af21 cs1", &["-tt", "web", "true"], "IP_TOS, [72]"),
        ("none", &["web", "true"], ""),
    ] {
        for session in SESSIONS {
            let mut strace = world.home.command("strace");
            strace.args(["-f", "-e", "trace=setsockopt", "-o"]).arg(&trace).arg(SSHP);
            let option = format!("IPQoS={value}");
            strace.args(["connect", "--session", session, "-o", &option]).args(args);
            Run::of(&mut strace).success();
            let made = world.home.text("trace");
            // The last one counts: while it is set up, a connection is interactive.
            let marked = made.lines().rfind(|line| line.contains("IP_TOS")).unwrap_or_default();
            assert!(marked.contains(marks), "{session} {value}: {made}");
            assert_eq!(marked.is_empty(), marks.is_empty(), "{session} {value}: {made}");
        }
    }
}

#[test]
fn rsa_keys_below_the_required_size_count_for_nothing() {
    needs!("sshd");
    let world = World::new();
    let key = world.home.keygen("small", &["-t", "rsa", "-b", "2048"]);
    let public = std::fs::read(format!("{}.pub", key.display())).expect("the key");
    world.home.write(format!("sshd-{}/authorized_keys", world.sshd.port), public);
    let identity = format!("IdentityFile={}", key.display());
    let with = |session: &str, bits: &str| {
        let size = format!("RequiredRSASize={bits}");
        world.run(
            session,
            &[
                "-F",
                "none",
                "-o",
                &identity,
                "-o",
                &size,
                "-o",
                "BatchMode=yes",
                "-o",
                &format!("UserKnownHostsFile={}", world.known_hosts().display()),
                "-p",
                &world.sshd.port.to_string(),
                &format!("{ME}@127.0.0.1"),
                "true",
            ],
        )
    };
    for session in SESSIONS {
        with(session, "2048").success();
        with(session, "3072").exits(255);
    }
    with("builtin", "3072").says("below RequiredRSASize, 3072");

    let home = &world.home;
    let host = home.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]);
    let world =
        World::with(&format!("HostKey {}\nHostKeyAlgorithms rsa-sha2-512\n", host.display()));
    let public = std::fs::read_to_string(format!("{}.pub", host.display())).expect("the key");
    world.home.write(".ssh/known_hosts", format!("[127.0.0.1]:{} {public}", world.sshd.port));
    for session in SESSIONS {
        world.run(session, &["web", "true"]).success();
        world.run(session, &["-o", "RequiredRSASize=3072", "web", "true"]).exits(255);
    }
    let run = world.run("builtin", &["-o", "RequiredRSASize=3072", "web", "true"]);
    run.says("2048 bits is below RequiredRSASize");
}

#[test]
fn the_servers_questions_come_from_the_devices_that_are_chosen() {
    needs!("sshd", "util-linux");
    let world = World::with("PubkeyAuthentication no\nKbdInteractiveAuthentication yes\n");
    for session in SESSIONS {
        let name = format!("{session}-device");
        let option = format!("KbdInteractiveDevices={name}");
        let command = world.connect(session, &["-o", &option, "web", "true"]);
        Run::of(&mut without_terminal(&command)).exits(255);
        let said = format!("keyboard-interactive devs {name}");
        assert!(world.sshd.log().contains(&said), "{session}: {}", world.sshd.log());
    }
}

/// A session that only forwards, and ends with the test.
struct Forwarding(Child);

impl Forwarding {
    fn start(world: &World, session: &str, args: &[&str]) -> Self {
        let mut command = world.connect(session, &[&["-N"], args, &["web"]].concat());
        Forwarding(command.stderr(Stdio::null()).spawn().expect("sshp"))
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_servers_socks_reaches_only_what_is_permitted() {
    needs!("sshd");
    let world = World::new();
    let target = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = target.local_addr().expect("an address").port();
    let [high, low] = port.to_be_bytes();
    for session in SESSIONS {
        for (permit, allowed) in [
            (format!("127.0.0.1:{port}"), true),
            (format!("*:{port}"), true),
            ("127.0.0.1:1".to_owned(), false),
            ("none".to_owned(), false),
        ] {
            let (remote, permit) = (free_port(), format!("PermitRemoteOpen={permit}"));
            let args = ["-o", &permit, "-R", &remote.to_string()];
            let _session = Forwarding::start(&world, session, &args);
            let mut stream = dial(remote);
            stream.write_all(&[4, 1, high, low, 127, 0, 0, 1, 0]).expect("asked");
            let mut answer = [0; 8];
            // A refusal is an answer, or the end.
            let _ = stream.read_exact(&mut answer);
            assert_eq!(answer[1] == 90, allowed, "{session} {permit}: {answer:?}");
        }
    }
}

#[test]
fn a_local_socket_has_the_mode_that_is_set_and_takes_the_place_of_another() {
    needs!("sshd");
    let world = World::new();
    let path = world.home.path("socket");
    let to = format!("{}:127.0.0.1:1", path.display());
    let is_socket = |path: &Path| {
        let data = std::fs::symlink_metadata(path).ok().filter(|data| data.file_type().is_socket());
        data.map(|data| data.permissions().mode() & 0o777)
    };
    for session in SESSIONS {
        for (mask, mode) in [("0177", 0o600), ("0117", 0o660)] {
            let _ = std::fs::remove_file(&path);
            let mask = format!("StreamLocalBindMask={mask}");
            let _session = Forwarding::start(&world, session, &["-o", &mask, "-L", &to]);
            let found = until("a socket", || is_socket(&path));
            // Between bind and chmod there is nothing: the mode is right from the beginning.
            assert_eq!(found, mode, "{session} {mask}");
        }
        let strict = ["-o", "ExitOnForwardFailure=yes", "-L", &to, "web", "true"];
        world.run(session, &strict).exits(255);
        let unlink = ["-o", "StreamLocalBindUnlink=yes"];
        world.run(session, &[&unlink[..], &strict].concat()).success();
    }
}

#[test]
fn keys_are_given_to_the_agent_when_somebody_says_so() {
    use crate::support::pty::Pty;
    needs!("sshd");
    let world = World::new();
    let agent = crate::support::agent::Agent::start(&world.home);
    let held = || {
        let mut list = world.home.command("ssh-add");
        Run::of(list.arg("-l").env("SSH_AUTH_SOCK", &agent.socket)).stdout.contains("ED25519")
    };
    for (answer, added) in [("no", false), ("yes", true)] {
        let options = ["-o", "AddKeysToAgent=ask", "web", "true"];
        let mut command = world.connect("builtin", &options);
        command.env("SSH_AUTH_SOCK", &agent.socket);
        let mut pty = Pty::spawn(&command);
        pty.wait_for("to agent?");
        pty.send(&format!("{answer}\r"));
        assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
        assert_eq!(held(), added, "{answer}");
    }
}

#[test]
fn a_key_that_the_agent_is_to_confirm_is_of_no_use_unasked() {
    needs!("sshd");
    let world = World::new();
    let agent = crate::support::agent::Agent::start(&world.home);
    let run = |args: &[&str]| {
        let mut command = world.connect("builtin", &[args, &["web", "true"]].concat());
        Run::of(command.env("SSH_AUTH_SOCK", &agent.socket))
    };
    run(&["-o", "AddKeysToAgent=confirm 1h"]).success();
    let mut list = world.home.command("ssh-add");
    Run::of(list.arg("-l").env("SSH_AUTH_SOCK", &agent.socket)).success().prints("ED25519");
    std::fs::remove_file(&world.key).expect("removed");
    // The agent has nobody to ask, so it does not sign.
    run(&["-o", "BatchMode=yes"]).exits(255);
}

/// Ends the process, no child of ours, whose command line has these words.
fn end(words: &str) {
    needs::require("pgrep");
    let found = Run::of(Command::new("pgrep").args(["-f", "--", words])).success();
    for pid in found.stdout.lines() {
        Run::of(Command::new("kill").arg(pid));
    }
}

#[test]
fn a_session_that_runs_nothing_ends_well_by_sigterm() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        for (signal, code) in [("TERM", 0), ("INT", 255), ("HUP", 255)] {
            let port = free_port();
            let to = format!("{port}:127.0.0.1:{}", world.sshd.port);
            let mut child = world.connect(session, &["-N", "-L", &to, "web"]).spawn().expect("it");
            dial(port);
            let pid = child.id().to_string();
            Run::of(Command::new("kill").args(["-s", signal, &pid])).success();
            let status = wait::end(&mut child, &format!("{session} after SIG{signal}"));
            assert_eq!(status.code(), Some(code), "{session}: {signal}");
        }
    }
}

#[test]
fn a_session_goes_to_the_background_once_it_is_logged_in() {
    needs!("pgrep", "sshd");
    let world = World::new();
    for session in SESSIONS {
        let (go, done) = (world.home.path("go"), world.home.path("done"));
        let script = format!(
            "until test -e {}; do sleep 0.05; done; echo in >{}",
            go.display(),
            done.display()
        );
        let mut command = world.connect(session, &["-f", "web", &script]);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("sshp");
        assert!(status.success() && !done.exists(), "{session}");
        std::fs::write(&go, "").expect("the file");
        until("the end of the command", || done.exists().then_some(()));
        std::fs::remove_file(&go).and_then(|()| std::fs::remove_file(&done)).expect("removed");

        // Nothing holds the output of what only forwards.
        let port = free_port();
        let to = format!("{port}:127.0.0.1:{}", world.sshd.port);
        world.run(session, &["-fN", "-L", &to, "web"]).success();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let mut greeting = [0; 8];
        stream.read_exact(&mut greeting).expect("a greeting");
        assert_eq!(&greeting, b"SSH-2.0-");
        end(&to);
        until("the end", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));

        world.run(session, &["-f", "web"]).exits(255);
        world
            .run(
                session,
                &[
                    "-f",
                    "-o",
                    "IdentityFile=none",
                    "-F",
                    "none",
                    "-p",
                    &world.sshd.port.to_string(),
                    "-o",
                    "BatchMode=yes",
                    "-o",
                    "StrictHostKeyChecking=no",
                    "-o",
                    "UserKnownHostsFile=/dev/null",
                    "127.0.0.1",
                    "true",
                ],
            )
            .exits(255);
    }
    world.run("builtin", &["-f", "web"]).says("Cannot fork into background");
}

#[test]
fn what_must_be_asked_is_asked_before_it_goes_to_the_background() {
    use crate::support::pty::Pty;
    needs!("sshd");
    let world = World::new();
    let key = world.key.display().to_string();
    let mut change = world.home.command("ssh-keygen");
    Run::of(change.args(["-q", "-p", "-P", "", "-N", "open sesame", "-f", &key])).success();
    let done = world.home.path("done");
    let script = format!("sleep 0.5; echo in >{}", done.display());
    let mut pty = Pty::spawn(&world.connect("builtin", &["-f", "web", &script]));
    pty.wait_for("Enter passphrase for key");
    pty.send("open sesame\r");
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    // The terminal has gone with the test's end of it, the session has not.
    drop(pty);
    until("the end of the command", || done.exists().then_some(()));
}

#[test]
fn a_forwarded_connection_that_is_over_in_one_direction_goes_on_in_the_other() {
    needs!("sshd");
    let world = World::new();
    let target = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = target.local_addr().expect("an address").port();
    let (sender, counts) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in target.incoming() {
            let mut stream = stream.expect("a connection");
            stream.set_read_timeout(Some(wait::LIMIT)).expect("a stream");
            stream.write_all(b"over").expect("sent");
            stream.shutdown(std::net::Shutdown::Write).expect("the end");
            let mut all = Vec::new();
            stream.read_to_end(&mut all).expect("received");
            sender.send(all.len()).expect("the test");
        }
    });
    for session in SESSIONS {
        let local = free_port();
        let to = format!("{local}:127.0.0.1:{port}");
        let _session = Forwarding::start(&world, session, &["-L", &to]);
        let mut stream = dial(local);
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("received");
        assert_eq!(text, "over", "{session}");
        stream.write_all(&super::noise(1 << 20)).expect("sent");
        drop(stream);
        let count = counts.recv_timeout(Duration::from_mins(1)).expect("the server");
        assert_eq!(count, 1 << 20, "{session}");
    }
}
