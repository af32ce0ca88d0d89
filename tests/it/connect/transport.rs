//! The connection itself: how it is made, what it is made of, and where it breaks.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{SESSIONS, World, feed, noise};
use crate::support::sandbox::{Run, Sandbox};
use crate::support::sshd::{Sshd, free_port};
use crate::support::wait;

#[test]
fn what_is_compressed_or_has_its_keys_renewed_arrives_as_it_was() {
    needs!("sshd");
    let world = World::new();
    let sent = noise(8 << 20);
    for session in SESSIONS {
        for option in ["Compression=yes", "RekeyLimit=1M", "RekeyLimit=1M 1"] {
            let before = world.sshd.log().len();
            let args = ["-o", option, "web", "cat"];
            let (code, received) = feed(&mut world.connect(session, &args), &sent);
            assert_eq!(code, Some(0), "{session} {option}");
            assert!(received == sent, "{session} {option}: {} bytes", received.len());
            let log = world.sshd.log()[before..].to_owned();
            if option.starts_with("Compression") {
                assert!(log.contains("compression: zlib@openssh.com"), "{session}: {log}");
            } else {
                let times = log.matches("SSH2_MSG_KEXINIT received").count();
                assert!(times > 4, "{session}: {times} times");
            }
        }
    }
}

#[test]
fn an_address_to_come_from_is_of_the_servers_family() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        world.run(session, &["-b", "::1", "web", "true"]).exits(255);
        world.run(session, &["-b", "127.0.0.1", "web", "true"]).success();
        world.run(session, &["-i", "/nope", "web", "true"]).success().says("/nope");
    }
}

#[test]
fn a_jump_host_may_take_no_longer_than_the_server_behind_it() {
    needs!("sshd");
    let world = World::new();
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let jump = silent.local_addr().expect("an address").to_string();
    for session in SESSIONS {
        let start = Instant::now();
        world.run(session, &["-o", "ConnectTimeout=1", "-J", &jump, "web", "true"]).exits(255);
        assert!(start.elapsed() < Duration::from_secs(15), "{session}: {:?}", start.elapsed());
    }
}

#[test]
fn a_server_that_is_late_is_tried_again() {
    needs!("sshd");
    let home = Sandbox::new();
    let key = home.keygen("id", &[]);
    let sshd = Sshd::configure(&home, &key, "");
    let mut world = World { home, key, sshd };
    world.config("");
    world.trust();
    world.run("builtin", &["web", "true"]).exits(255).says("refused");
    for session in SESSIONS {
        world.sshd.stop();
        // The time that is waited between two attempts is none of a connection's.
        let (often, briefly) = ("ConnectionAttempts=60", "ConnectTimeout=1");
        let mut patient = world.connect(session, &["-o", often, "-o", briefly, "web", "echo in"]);
        let child = patient.stdout(Stdio::piped()).spawn().expect("sshp");
        std::thread::sleep(Duration::from_millis(1500));
        world.sshd.start_again();
        let output = wait::output(child, "a session that tries again");
        assert_eq!(output.stdout, b"in\n", "{session}");
    }
}

#[test]
fn only_addresses_of_the_family_that_is_asked_for_are_tried() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        world.run(session, &["-o", "AddressFamily=inet", "web", "true"]).success();
        world.run(session, &["-o", "AddressFamily=inet6", "web", "true"]).exits(255);
        world.run(session, &["-b", "127.0.0.9", "web", "echo $SSH_CLIENT"]).prints("127.0.0.9 ");
    }
}

/// Who may connect to a port of this machine, by proc(5): nobody, this machine, everybody.
fn listens(port: u16) -> Option<bool> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("proc(5)");
    let end = format!(":{port:04X}");
    let listening = |line: &&str| line.split_whitespace().nth(3) == Some("0A");
    let locals = table.lines().filter(listening).filter_map(|line| line.split_whitespace().nth(1));
    let mut found = locals.filter_map(|local| local.strip_suffix(&end));
    found.next().map(|address| address == "00000000")
}

#[test]
fn other_machines_reach_a_local_port_only_where_they_may() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        for (flags, bind, open) in [
            (&[][..], "", false),
            (&["-g"], "", true),
            (&["-o", "GatewayPorts=yes"], "", true),
            (&["-g"], "localhost:", false),
            (&[], "*:", true),
        ] {
            let port = free_port();
            let to = format!("{bind}{port}:127.0.0.1:1");
            let args = [flags, &["-N", "-L", &to, "web"]].concat();
            let mut child = world.connect(session, &args).spawn().expect("sshp");
            let found = wait::until("a local port", || listens(port));
            assert_eq!(found, open, "{session} {flags:?} {bind}");
            child.kill().expect("a child");
            wait::end(&mut child, "a session that is killed");
        }
    }
}

#[test]
fn forwardings_are_cleared_where_that_is_asked_and_a_port_of_the_server_may_be_its_choice() {
    needs!("sshd");
    // A port that is free for IPv6 may be another's for IPv4, and sshd takes one of the two.
    let world = World::with("AddressFamily inet");
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = taken.local_addr().expect("an address").port();
    let to = format!("127.0.0.1:{port}:127.0.0.1:1");
    for session in SESSIONS {
        let strict = ["-o", "ExitOnForwardFailure=yes", "-L", &to];
        world.run(session, &[&strict[..], &["web", "true"]].concat()).exits(255);
        let clear = ["-o", "ClearAllForwardings=yes", "web", "true"];
        world.run(session, &[&strict[..], &clear].concat()).success();

        let back = format!("0:127.0.0.1:{}", world.sshd.port);
        // The server reaches its own greeting through its own port.
        let script = "read port; exec 3<>/dev/tcp/127.0.0.1/$port; head -c 8 <&3";
        let mut child = world
            .connect(session, &["-R", &back, "web", &format!("bash -c '{script}'")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sshp");
        let mut said = Vec::new();
        let mut errors = child.stderr.take().expect("stderr");
        let mut byte = [0];
        let allocated = loop {
            errors.read_exact(&mut byte).expect("the port");
            said.push(byte[0]);
            let text = String::from_utf8_lossy(&said);
            let rest = text.split_once("Allocated port ").map(|(_, rest)| rest.to_owned());
            if let Some((port, _)) = rest.as_deref().and_then(|rest| rest.split_once(" for remote"))
            {
                break port.to_owned();
            }
        };
        writeln!(child.stdin.take().expect("stdin"), "{allocated}").expect("written");
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        let output = wait::output(child, "a session that knows its port");
        assert_eq!(output.stdout, b"SSH-2.0-", "{session}");
    }
}

#[test]
fn names_of_targets_are_the_servers_to_look_up() {
    needs!("sshd");
    let world = World::new();
    let (a, target) = (world.profile("a"), "target.invalid");
    let through =
        format!("{a}Host web\n  HostName {target}\n  ProxyJump a\n{}", world.profile("b"));
    world.home.write(".ssh/config", through);
    for session in SESSIONS {
        let before = world.sshd.log().len();
        let run = world.run(session, &["-W", "stdio.invalid:7", "a"]).exits(255);
        run.says("stdio forwarding failed").says(": open failed: connect failed: ");
        let run = world.run(session, &["web", "true"]).exits(255);
        run.says(": open failed: connect failed: ");
        let log = world.sshd.log()[before..].to_owned();
        for name in ["stdio.invalid", target] {
            assert!(log.contains(name), "{session} {name}: {log}");
        }
    }
}

/// A port that leads to a server, whose answers `meddle` may change before they go on: it has the
/// number of bytes that went before, and says how many of these still may.
fn meddling(to: u16, meddle: impl Fn(usize, &mut [u8]) -> usize + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    let meddle = std::sync::Arc::new(meddle);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            let meddle = std::sync::Arc::clone(&meddle);
            let (mut up, mut down) =
                (client.try_clone().expect("two"), server.try_clone().expect("two"));
            std::thread::spawn(move || std::io::copy(&mut up, &mut &server));
            std::thread::spawn(move || {
                let (mut client, mut before, mut buffer) = (client, 0, [0; 4096]);
                while let Ok(n @ 1..) = down.read(&mut buffer) {
                    let left = meddle(before, &mut buffer[..n]);
                    before += n;
                    if client.write_all(&buffer[..left]).is_err() || left < n {
                        break;
                    }
                }
                let _ = client.shutdown(Shutdown::Both);
                let _ = down.shutdown(Shutdown::Both);
            });
        }
    });
    port
}

#[test]
fn a_connection_that_breaks_or_is_changed_at_any_byte_is_an_error_and_no_more() {
    needs!("sshd");
    let world = World::new();
    let run = |port: u16| -> Run {
        let port = format!("Port={port}");
        let alias = format!("HostKeyAlias=[127.0.0.1]:{}", world.sshd.port);
        let args = ["-o", &port, "-o", &alias, "-o", "ConnectTimeout=10", "web", "echo in"];
        Run::of(&mut world.connect("builtin", &args))
    };
    let whole = meddling(world.sshd.port, |_, bytes| bytes.len());
    run(whole).success().prints("in");
    // From the greeting over the keys to the end of the command.
    let places: Vec<usize> = (0..20).map(|n| n * n * 9 + n).collect();
    for end in places {
        let cut = meddling(world.sshd.port, move |before, bytes| {
            end.saturating_sub(before).min(bytes.len())
        });
        let changed = meddling(world.sshd.port, move |before, bytes| {
            if let Some(byte) = end.checked_sub(before).and_then(|at| bytes.get_mut(at)) {
                *byte ^= 0x41;
            }
            bytes.len()
        });
        for (port, how) in [(cut, "cut"), (changed, "changed")] {
            let start = Instant::now();
            let run = run(port);
            // Padding before the keys counts for nothing, and the last words are for nobody.
            assert!(matches!(run.code, Some(255 | 0)), "{how} at {end}: {run:?}");
            assert!(run.code == Some(0) || !run.stderr.is_empty(), "{how} at {end}: {run:?}");
            assert!(!run.stderr.contains("panicked"), "{how} at {end}: {run:?}");
            assert!(!run.stderr.contains('\x1b'), "{how} at {end}: {run:?}");
            assert!(start.elapsed() < Duration::from_mins(1), "{how} at {end}");
            if run.code == Some(0) {
                assert_eq!(run.stdout, "in\n", "{how} at {end}");
            }
        }
    }
}
