//! What the built-in session must bear: bad servers, slow readers, closed pipes.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::{World, connect, in_little_memory};
use crate::support::sandbox::{Run, Sandbox};
use crate::support::sshd::{ME, free_port};
use crate::support::wait;

/// A server that does `act` with every connection.
fn server(act: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    let act = std::sync::Arc::new(act);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let act = std::sync::Arc::clone(&act);
            std::thread::spawn(move || act(stream));
        }
    });
    port
}

fn to(port: u16, seconds: u32) -> Run {
    let home = Sandbox::new();
    let text = format!("Host bad\n  HostName 127.0.0.1\n  Port {port}\n");
    home.write(".ssh/config", text);
    let timeout = format!("ConnectTimeout={seconds}");
    Run::of(&mut in_little_memory(&connect(&home, "builtin", &["-o", &timeout, "bad", "true"])))
}

#[test]
fn a_port_where_nobody_listens() {
    needs!("util-linux");
    to(free_port(), 10).exits(255).says("Connection refused");
}

#[test]
fn a_server_that_hangs_up_before_its_greeting() {
    needs!("util-linux");
    to(server(drop), 10).exits(255).says("closed the connection");
}

#[test]
fn a_server_that_hangs_up_after_its_greeting() {
    needs!("util-linux");
    let act = |mut stream: TcpStream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        let mut byte = [0; 1];
        let _ = stream.read(&mut byte);
    };
    to(server(act), 10).exits(255).says("closed the connection");
}

#[test]
fn servers_that_never_get_anywhere_end_with_the_time_that_was_set() {
    needs!("util-linux");
    let silent = server(|stream| {
        std::thread::sleep(Duration::from_mins(1));
        drop(stream);
    });
    let slow = server(|mut stream| {
        while stream.write_all(b"S").is_ok() {
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    let stuck = server(|mut stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        std::thread::sleep(Duration::from_mins(1));
    });
    for port in [silent, slow, stuck] {
        let start = Instant::now();
        to(port, 2).exits(255).says("within 2 s");
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    }
}

#[test]
fn what_is_no_ssh_server_is_called_so() {
    needs!("util-linux");
    let web = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        std::thread::sleep(Duration::from_millis(200));
    });
    to(web, 10).exits(255);
    let endless = server(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    to(endless, 10).exits(255).says("not an ssh server");
    let flood = server(|mut stream| while stream.write_all(b"hello there\r\n").is_ok() {});
    to(flood, 10).exits(255).says("not an ssh server");
    let escapes = server(|mut stream| {
        let _ = stream.write_all(b"SSH-2.0-\x1b[2J\r\n\x1b[2J\x00\x00\x00\x00");
        std::thread::sleep(Duration::from_millis(200));
    });
    let run = to(escapes, 5).exits(255);
    assert!(!run.stderr.contains('\x1b'), "{run:?}");
}

#[test]
fn a_reader_that_stops_ends_the_session() {
    needs!("sshd");
    let world = World::new();
    let mut child = world
        .connect("builtin", &["web", "yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sshp");
    let mut first = [0; 2];
    child.stdout.take().expect("output").read_exact(&mut first).expect("a line");
    let start = Instant::now();
    wait::end(&mut child, "a session whose output has no reader");
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_slow_reader_takes_no_more_memory_than_the_buffer_has() {
    needs!("sshd");
    let world = World::new();
    let mut child = world
        .connect("builtin", &["web", "head -c 400000000 /dev/zero"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sshp");
    let mut output = child.stdout.take().expect("output");
    // The server is far ahead by now, if it is let.
    std::thread::sleep(Duration::from_secs(2));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    while let n @ 1.. = output.read(&mut buffer).expect("output") {
        total += n;
    }
    assert_eq!(wait::end(&mut child, "a session that is read").code(), Some(0));
    assert_eq!(total, 400_000_000);
    assert!(peak < 150_000, "{peak} kB");
}

#[test]
fn a_server_that_no_longer_answers_is_given_up() {
    needs!("sshd");
    let world = World::new();
    let alive = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2"];
    let start = Instant::now();
    // The server's process stops, and with it all answers; the connection stays open.
    let run = world.run("builtin", &[&alive[..], &["web", "kill -STOP $PPID; sleep 60"]].concat());
    let log = world.sshd.log();
    for pid in log.lines().filter_map(|line| line.split("User child is on pid ").nth(1)) {
        Run::of(std::process::Command::new("kill").args(["-KILL", pid.trim()]));
    }
    run.exits(255).says("no longer answers");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn every_flag_of_ssh_works_or_is_refused_by_name() {
    needs!("sshd");
    let world = World::new();
    let key = world.key.display().to_string();
    let port = world.sshd.port.to_string();
    let known = format!("UserKnownHostsFile={}", world.known_hosts().display());
    let config = world.home.path(".ssh/config").display().to_string();
    let log = world.home.path("log").display().to_string();
    let (listen, dynamic) = (free_port().to_string(), free_port().to_string());
    let (to, from) = (format!("{listen}:127.0.0.1:1"), "0:127.0.0.1:1");
    let works: [&[&str]; 27] = [
        &["-4"],
        &["-A"],
        &["-D", &dynamic],
        &["-L", &to],
        &["-R", from],
        &["-t"],
        &["-x"],
        &["-a"],
        &["-b", "127.0.0.1"],
        &["-B", "lo"],
        &["-C"],
        &["-c", "aes256-ctr"],
        &["-e", "none"],
        &["-E", &log],
        &["-F", &config],
        &["-g"],
        &["-i", &key],
        &["-k"],
        &["-l", &ME],
        &["-m", "hmac-sha2-256"],
        &["-n"],
        &["-o", "ConnectTimeout 10"],
        &["-p", &port],
        &["-q"],
        &["-vx"],
        &["-Tx"],
        &["-y"],
    ];
    for flags in works {
        let run = world.run("builtin", &[flags, &["web", "echo", "fine"]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), "fine\n"), "{flags:?}: {run:?}");
        // They may stand behind the destination, too.
        let run = world.run("builtin", &[&["web"], flags, &["--", "echo", "fine"]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), "fine\n"), "{flags:?}: {run:?}");
    }
    let address = format!("{ME}@127.0.0.1 -p {port} -i {key} -o {known} echo plain");
    let words: Vec<&str> = address.split(' ').collect();
    world.run("builtin", &words).success().prints("plain");
    let uri = format!("ssh://{ME}@127.0.0.1:{port}");
    world.run("builtin", &["-i", &key, "-o", &known, &uri, "echo uri"]).success().prints("uri");
    world.run("builtin", &["-s", "web", "sftp"]).success();
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
    let (_, russh) = lock.split_once("name = \"russh\"\nversion = \"").expect("russh is locked");
    let (russh, _) = russh.split_once('"').expect("a version");
    world.run("builtin", &["-V"]).success().says(&format!("russh {russh}\n"));

    let refused: [(&[&str], &str); 7] = [
        (&["-O", "check"], "-O"),
        (&["-I", "/lib/x.so"], "PKCS11Provider"),
        (&["-M"], "ControlMaster"),
        (&["-S", "/tmp/c"], "ControlPath"),
        (&["-w", "0"], "Tunnel"),
        (&["-X"], "ForwardX11"),
        (&["-Y"], "ForwardX11"),
    ];
    for (flags, name) in refused {
        let run = world.run("builtin", &[flags, &["web", "true"]].concat());
        assert_eq!(run.code, Some(255), "{flags:?}: {run:?}");
        run.says(name).says("--session system");
    }
    // Those with a test of their own: -f, -G, -J, -N, -s, -V, -W; and below -6.
    let letters = works.iter().chain(refused.iter().map(|(flags, _)| flags)).map(|flags| flags[0]);
    let tested: String = letters.chain(["-6fGJNsVW"]).collect();
    for flag in "46AabCcDEFfGgIiJLlmNnOopqRSsTtVvWwXxY".chars() {
        assert!(tested.contains(flag), "-{flag} is not tested");
    }
    world.run("builtin", &["-6", "web", "true"]).exits(255);
    world.run("builtin", &["-c", "3des-cbc", "web", "true"]).exits(255).says("Ciphers");
    world.run("builtin", &["-r", "web"]).exits(255);
}

#[test]
fn variables_are_sent_and_set_and_a_remote_command_of_the_config_runs() {
    needs!("sshd");
    let world = World::new();
    let show = "echo $LC_TIME-$SSHP_TEST_A-$SSHP_TEST_B";
    let options = ["-o", "SendEnv=LC_* SSHP_TEST_A", "-o", "SetEnv=SSHP_TEST_B=set", "web", show];
    for session in super::SESSIONS {
        let mut command = world.connect(session, &options);
        command.env("LC_TIME", "C").env("SSHP_TEST_A", "sent").env("SSHP_TEST_C", "kept");
        Run::of(&mut command).success().prints("C-sent-set\n");
        let remote = ["-o", "RemoteCommand=echo from the config", "web"];
        world.run(session, &remote).success().prints("from the config\n");
    }
}

#[test]
fn a_reader_that_sleeps_does_not_cost_the_connection_while_the_buffer_lasts() {
    needs!("sshd");
    // Ten times what the server waits for a sign of life.
    let world = World::with("ClientAliveInterval 1\nClientAliveCountMax 1");
    let run = |command: &str| {
        let mut client = world.connect("builtin", &["web", command]);
        client.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("sshp")
    };
    let mut fits = run("head -c 60000000 /dev/zero; sleep 10");
    let mut does_not = run("head -c 200000000 /dev/zero; sleep 10");
    std::thread::sleep(Duration::from_secs(20));
    let read = |child: &mut Child| {
        let mut all = Vec::new();
        child.stdout.take().expect("output").read_to_end(&mut all).expect("output");
        (wait::end(child, "a session that is read").code(), all.len())
    };
    assert_eq!(read(&mut fits), (Some(0), 60_000_000));
    // The rest of the buffer is what the limits in the README speak of.
    let (code, length) = read(&mut does_not);
    assert_eq!(code, Some(255));
    assert!(length > 64 << 20, "{length}");
}

#[test]
fn a_local_command_runs_only_where_it_is_permitted() {
    needs!("sshd");
    let world = World::new();
    let option = "LocalCommand=echo %n-%p-%T >>ran";
    let line = format!("web-{}-NONE\n", world.sshd.port);
    for (number, session) in (1..).zip(super::SESSIONS) {
        world.run(session, &["-o", option, "web", "true"]).success();
        let permit = ["-o", "PermitLocalCommand=yes", "-o", option, "web", "true"];
        world.run(session, &permit).success();
        assert_eq!(world.home.text("ran"), line.repeat(number), "{session}");
    }
}

#[test]
fn a_reader_that_has_gone_costs_neither_the_errors_nor_the_status() {
    needs!("sshd");
    let world = World::new();
    let runs = [
        ("seq 100000; echo remote-err >&2; exit 7", 7, "remote-err"),
        // Longer than what is on its way may take.
        ("seq 100000; sleep 3; echo late-err >&2; exit 8", 8, "late-err"),
        // The login shell of some users would tell of its end.
        ("exec yes", 255, ""),
    ];
    for session in super::SESSIONS {
        for (script, code, said) in runs {
            let mut child = world
                .connect(session, &["web", script])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("sshp");
            let mut first = [0; 2];
            child.stdout.take().expect("output").read_exact(&mut first).expect("a line");
            let start = Instant::now();
            let output = wait::output(child, script);
            assert_eq!(output.status.code(), Some(code), "{session}: {script}");
            let errors = String::from_utf8_lossy(&output.stderr);
            // ssh itself may drop them with the output.
            let said = if session == "builtin" { said } else { "" };
            assert!(errors.contains(said), "{session}: {script}: {errors}");
            assert!(start.elapsed() < Duration::from_secs(10), "{session}: {script}");
        }
        let mut command = world.connect(session, &["web", "echo a; echo b >&2; exit 4"]);
        command.stdout(File::options().write(true).open("/dev/full").expect("a full device"));
        let output = wait::run(command.stderr(Stdio::piped()));
        assert_eq!(output.status.code(), Some(4), "{session}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(session != "builtin" || errors.contains("b\n"), "{session}: {errors}");
    }
}
