//! `-E FILE` and `-y`: messages go to a file, or to syslog.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::{SESSIONS, World};
use crate::support::sandbox::Run;

#[test]
fn messages_go_to_the_log_file_and_all_else_stays() {
    needs!("sshd");
    let banner = "Banner /etc/hostname";
    let world = World::with(banner);
    let host = std::fs::read_to_string("/etc/hostname").expect("the banner");
    for session in SESSIONS {
        let log = world.home.path(format!("log-{session}"));
        let name = log.to_str().expect("its name");
        let run = |args: &[&str]| world.run(session, &[&["-E", name], args].concat());
        let run_in = run(&["-R", "0:127.0.0.1:1", "web", "echo out; echo err >&2"]).success();
        assert_eq!(run_in.stdout, "out\n", "{session}");
        assert!(!run_in.stderr.contains("Allocated"), "{session}: {run_in:?}");
        run_in.says(&host).says("err\n");
        let port = crate::support::sshd::free_port().to_string();
        assert_eq!(run(&["-p", &port, "web", "true"]).exits(255).stderr, "", "{session}");
        let text = std::fs::read_to_string(&log).expect("the log");
        assert!(text.contains("Allocated port ") && text.contains("refused"), "{session}: {text}");
        assert!(!text.contains(&host) && !text.contains('\x1b'), "{session}: {text}");
        assert_eq!(world.home.mode(&log), 0o600, "{session}");
        let nowhere = Run::of(&mut world.connect(session, &["-E", "no/log", "web", "true"]));
        nowhere.exits(255).says("no/log: No such file");
        world.run(session, &["-y", "-E", name, "web", "true"]).exits(255).says("both -y and -E");
    }
}

/// What syslogd gets of a connect: of each message its number and its text. The socket stands at its
/// place in a mount namespace, in which all else of /dev is as it was.
fn logged(world: &World, session: &str, args: &[&str]) -> (Run, Vec<(String, String)>) {
    let socket = world.home.path("syslog");
    let _ = std::fs::remove_file(&socket);
    let listener = UnixDatagram::bind(&socket).expect("a socket");
    let connect = world.connect(session, args);
    let devices = world.home.path("dev");
    let script = format!(
        "mkdir -p {dev} && mount --rbind /dev {dev} && mount -t tmpfs none /dev && \
         for device in {dev}/*; do case $device in */log) ;; *) ln -s $device /dev/;; esac; done && \
         ln -s {} /dev/log && exec \"$0\" \"$@\"",
        socket.display(),
        dev = devices.display()
    );
    let mut command = world.home.in_namespace("mount");
    command.args(["sh", "-c", &script]).arg(connect.get_program());
    command.args(connect.get_args());
    let run = Run::of(&mut command);
    listener.set_read_timeout(Some(Duration::from_millis(200))).expect("a limit");
    let mut all = Vec::new();
    let mut packet = [0; 4096];
    while let Ok(length) = listener.recv(&mut packet) {
        let line = String::from_utf8_lossy(&packet[..length]).into_owned();
        let (number, rest) = line.split_once('>').expect("a number");
        let (_, text) = rest.split_once("]: ").expect("a program and its number");
        let name = if session == "system" { "ssh[" } else { "sshp[" };
        assert!(rest.contains(name), "{line}");
        all.push((number[1..].to_owned(), text.to_owned()));
    }
    (run, all)
}

#[test]
fn messages_go_to_syslog_by_either_client() {
    needs!("mounts", "sshd");
    let world = World::new();
    let port = crate::support::sshd::free_port().to_string();
    for session in SESSIONS {
        let forward = ["-y", "-R", "0:127.0.0.1:1", "web", "echo out; echo err >&2"];
        let (run, all) = logged(&world, session, &forward);
        let run = run.success();
        assert_eq!(run.stdout, "out\n", "{session}");
        assert!(run.stderr.ends_with("err\n"), "{session}: {run:?}");
        assert!(!run.stderr.contains("Allocated"), "{session}: {run:?}");
        let allocated = |(number, text): &&(String, String)| {
            // LOG_USER, LOG_INFO.
            number == "14" && text.starts_with("Allocated port ")
        };
        assert_eq!(all.iter().filter(allocated).count(), 1, "{session}: {all:?}");
        let refused = ["-y", "-o", "SyslogFacility=LOCAL3", "-p", &port, "web", "true"];
        let (run, all) = logged(&world, session, &refused);
        assert_eq!(run.exits(255).stderr, "", "{session}");
        // LOG_LOCAL3, LOG_ERR.
        let error = all.iter().find(|(number, text)| number == "155" && text.contains("refused"));
        assert!(error.is_some_and(|(_, text)| text.starts_with("error: ")), "{session}: {all:?}");
    }
    // Without a daemon a message is lost, and nothing else.
    for session in SESSIONS {
        let mut command = world.connect(session, &["-y", "-p", &port, "web", "true"]);
        Run::of(&mut command).exits(255);
    }
}
