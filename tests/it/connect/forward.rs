//! Forwarded connections over the built-in session.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use super::{World, feed, noise};
use crate::support::agent::Agent;
use crate::support::sandbox::Run;
use crate::support::sshd::free_port;
use crate::support::wait::{self, dial};

/// A server that sends back what it gets, and closes where the other side does.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || back(&stream, &stream));
        }
    });
    port
}

fn back(mut reader: impl Read, mut writer: impl Write) {
    // Whoever goes away early is gone.
    let _ = std::io::copy(&mut reader, &mut writer);
}

/// A session that only forwards, and ends with the test.
struct Forwarding(Child);

impl Forwarding {
    fn start(world: &World, args: &[&str]) -> Self {
        let mut command = world.connect("builtin", &[&["-N"], args, &["web"]].concat());
        Forwarding(command.stderr(Stdio::inherit()).spawn().expect("sshp"))
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn dial_socket(path: &std::path::Path) -> UnixStream {
    let stream = wait::until("a socket that listens", || UnixStream::connect(path).ok());
    stream.set_read_timeout(Some(wait::LIMIT)).expect("a stream");
    stream
}

/// Sends bytes and the end of them, and requires them back.
#[track_caller]
fn comes_back(mut stream: TcpStream, bytes: &[u8]) {
    let mut writer = stream.try_clone().expect("a second handle");
    let sent = bytes.to_vec();
    let sending = std::thread::spawn(move || {
        writer.write_all(&sent).expect("sent");
        writer.shutdown(Shutdown::Write).expect("the end");
    });
    let mut received = Vec::new();
    stream.read_to_end(&mut received).expect("received");
    sending.join().expect("the sender");
    assert!(received == bytes, "{} of {} bytes", received.len(), bytes.len());
}

#[test]
fn local_ports_lead_there_and_remote_ports_lead_here() {
    needs!("sshd");
    let world = World::new();
    let (echo, local, remote) = (echo(), free_port(), free_port());
    let (to, from) = (format!("{local}:127.0.0.1:{echo}"), format!("{remote}:127.0.0.1:{echo}"));
    let _session = Forwarding::start(&world, &["-L", &to, "-R", &from]);
    for port in [local, remote] {
        comes_back(dial(port), b"hello");
        comes_back(dial(port), &noise(4 << 20));
    }
}

#[test]
fn sockets_are_forwarded_as_ports_are() {
    needs!("sshd");
    let world = World::new();
    let (target, here, there) =
        (world.home.path("target"), world.home.path("here"), world.home.path("there"));
    let listener = UnixListener::bind(&target).expect("a socket");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || back(&stream, &stream));
        }
    });
    let to = format!("{}:{}", here.display(), target.display());
    let from = format!("{}:{}", there.display(), target.display());
    let _session = Forwarding::start(&world, &["-L", &to, "-R", &from]);
    for path in [here, there] {
        let mut stream = dial_socket(&path);
        stream.write_all(b"hello").expect("sent");
        stream.shutdown(Shutdown::Write).expect("the end");
        let mut received = String::new();
        stream.read_to_string(&mut received).expect("received");
        assert_eq!(received, "hello", "{}", path.display());
    }
}

#[test]
fn a_dynamic_port_goes_where_each_connection_says() {
    needs!("sshd");
    let world = World::new();
    let (echo, local, remote) = (echo(), free_port(), free_port());
    let args = [format!("{local}"), format!("{remote}")];
    let _session = Forwarding::start(&world, &["-D", &args[0], "-R", &args[1]]);
    let [high, low] = echo.to_be_bytes();
    let by_name = [&b"\x05\x01\x00\x05\x01\x00\x03\x09localhost"[..], &[high, low]].concat();
    let by_four = [&b"\x04\x01"[..], &[high, low], b"\x7f\x00\x00\x01me\x00"].concat();
    let by_four_a =
        [&b"\x04\x01"[..], &[high, low], b"\x00\x00\x00\x07me\x00localhost\x00"].concat();
    for port in [local, remote] {
        for (request, answer) in [(&by_name, 12), (&by_four, 8), (&by_four_a, 8)] {
            let mut stream = dial(port);
            stream.write_all(request).expect("asked");
            let mut answers = vec![0; answer];
            stream.read_exact(&mut answers).expect("answered");
            assert!([0, 90].contains(&answers[if answer == 12 { 3 } else { 1 }]), "{answers:?}");
            comes_back(stream, b"through SOCKS");
        }
    }
    let mut stream = dial(local);
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("asked");
    let mut nothing = Vec::new();
    // Refused, by an end or a reset.
    let _ = stream.read_to_end(&mut nothing);
    assert!(nothing.is_empty());
}

#[test]
fn a_connection_takes_the_place_of_input_and_output() {
    needs!("sshd");
    let world = World::new();
    let target = format!("127.0.0.1:{}", echo());
    let bytes = noise(1 << 20);
    for session in super::SESSIONS {
        let (code, back) = feed(&mut world.connect(session, &["-W", &target, "web"]), &bytes);
        assert_eq!(code, Some(0), "{session}");
        assert!(back == bytes, "{session}: {} bytes", back.len());
    }
}

#[test]
fn a_thousand_connections_at_once() {
    needs!("sshd");
    let world = World::new();
    let (echo, local) = (echo(), free_port());
    let to = format!("{local}:127.0.0.1:{echo}");
    let _session = Forwarding::start(&world, &["-L", &to]);
    let mut open: Vec<TcpStream> = (0..1000).map(|_| dial(local)).collect();
    for (number, stream) in open.iter_mut().enumerate() {
        stream.write_all(&number.to_be_bytes()).expect("sent");
    }
    for (number, stream) in open.iter_mut().enumerate() {
        let mut bytes = [0; 8];
        stream.read_exact(&mut bytes).expect("received");
        assert_eq!(usize::from_be_bytes(bytes), number);
    }
}

#[test]
fn a_connection_that_nobody_reads_holds_up_no_other() {
    needs!("sshd");
    let world = World::new();
    let (echo, local) = (echo(), free_port());
    let to = format!("{local}:127.0.0.1:{echo}");
    let _session = Forwarding::start(&world, &["-L", &to]);
    let mut stalled = dial(local);
    stalled.set_write_timeout(Some(Duration::from_secs(1))).expect("a timeout");
    // As much as it takes, and nothing of it read.
    let chunk = noise(1 << 16);
    for _ in 0..96 {
        if stalled.write_all(&chunk).is_err() {
            break;
        }
    }
    for _ in 0..5 {
        comes_back(dial(local), &noise(100_000));
    }
}

#[test]
fn a_port_that_is_taken_is_said_and_ends_the_session_where_that_is_wanted() {
    needs!("sshd");
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = taken.local_addr().expect("an address").port();
    let six = TcpListener::bind(("::1", port));
    let to = format!("127.0.0.1:{port}:127.0.0.1:1");
    let run = world.run("builtin", &["-L", &to, "web", "echo on"]).success();
    run.prints("on").says(&format!("127.0.0.1:{port}"));
    let strict = ["-o", "ExitOnForwardFailure=yes", "-L", &to, "web", "echo on"];
    let run = world.run("builtin", &strict).exits(255);
    assert_eq!(run.stdout, "", "{run:?}");
    drop(six);
}

#[test]
fn a_port_that_is_taken_in_one_address_family_is_said_as_ssh_says_it() {
    needs!("sshd");
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = taken.local_addr().expect("an address").port();
    let to = format!("{port}:127.0.0.1:1");
    let said = format!("bind [127.0.0.1]:{port}: Address already in use");
    // The other family is enough for both clients.
    for session in super::SESSIONS {
        world.run(session, &["-L", &to, "web", "echo on"]).success().prints("on").says(&said);
        // Where only one is asked for, none is left.
        let strict = ["-4", "-o", "ExitOnForwardFailure=yes", "-L", &to, "web", "true"];
        world.run(session, &strict).exits(255);
    }
}

#[test]
fn the_agent_is_forwarded_only_when_that_is_asked() {
    needs!("sshd");
    let world = World::new();
    let agent = Agent::start(&world.home);
    agent.add(&world.home, &world.key);
    let list = |args: &[&str]| {
        let mut command =
            world.connect("builtin", &[args, &["web", "ssh-add -l; env | grep AUTH"]].concat());
        Run::of(command.env("SSH_AUTH_SOCK", &agent.socket))
    };
    list(&["-A"]).success().prints("SHA256:").prints("SSH_AUTH_SOCK=");
    let without = list(&["-a"]);
    assert!(!without.stdout.contains("SHA256:"), "{without:?}");
}

#[test]
fn what_the_server_opens_is_refused_where_nothing_is_behind_it() {
    needs!("sshd");
    let world = World::new();
    let nowhere = world.home.path("nowhere");
    for session in super::SESSIONS {
        let targets = [
            ("127.0.0.1:1", "connect_to 127.0.0.1 port 1: failed."),
            ("no-such-host.invalid:1", "connect_to no-such-host.invalid: unknown host ("),
            (nowhere.to_str().expect("its name"), "nowhere"),
        ];
        for (target, said) in targets {
            let port = free_port();
            let script = format!(
                "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; timeout 9 head -c1 <&3; echo rc=$?'"
            );
            let from = format!("{port}:{target}");
            let run = world.run(session, &["-R", &from, "web", &script]).success();
            assert_eq!(run.stdout, "rc=0\n", "{session} {target}: {run:?}");
            run.says(said);
        }
        let mut command = world.connect(session, &["-A", "web", "timeout 9 ssh-add -l; echo $?"]);
        let run = Run::of(command.env("SSH_AUTH_SOCK", &nowhere)).success();
        assert_ne!(run.stdout, "124\n", "{session}: {run:?}");
    }
}

#[test]
fn a_connection_that_the_other_side_closes_is_closed_here() {
    needs!("sshd");
    let world = World::new();
    for session in super::SESSIONS {
        let (listener, port) = (TcpListener::bind("127.0.0.1:0").expect("loopback"), free_port());
        let from = format!("{port}:{}", listener.local_addr().expect("an address"));
        // The server has the end of the channel only when it dies on writing what we send.
        let script = format!(
            "bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; echo hello >&3; read line <&3; exit 5'"
        );
        let mut command = world.connect(session, &["-R", &from, "web", &script]);
        let mut child = command.spawn().expect("sshp");
        let mut stream = wait::accept(&listener, "a connection of the server");
        let mut hello = [0; 6];
        stream.read_exact(&mut hello).expect("its bytes");
        // So much that some of it has nobody to go to.
        stream.set_write_timeout(Some(Duration::from_secs(10))).expect("a timeout");
        let chunk = noise(1 << 16);
        let error = loop {
            if let Err(error) = stream.write_all(&chunk) {
                break error;
            }
        };
        let gone = [std::io::ErrorKind::BrokenPipe, std::io::ErrorKind::ConnectionReset];
        assert!(gone.contains(&error.kind()), "{session}: {error}");
        let status = wait::end(&mut child, "a session whose command has ended");
        assert_eq!(status.code(), Some(5), "{session}");
    }
}

#[test]
fn a_connection_that_the_server_cannot_make_is_said() {
    needs!("sshd");
    let world = World::new();
    for session in super::SESSIONS {
        let port = free_port();
        let to = format!("{port}:127.0.0.1:1");
        let mut child = world
            .connect(session, &["-L", &to, "web", "cat"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sshp");
        let mut nothing = Vec::new();
        // Closed, by an end or a reset.
        let _ = dial(port).read_to_end(&mut nothing);
        drop(child.stdin.take());
        let output = wait::output(child, "a session whose input has ended");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{session}: {errors}");
        let said = ": open failed: connect failed: Connection refused";
        assert!(errors.contains(said), "{session}: {errors}");
    }
}
