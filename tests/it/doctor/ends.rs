//! However doctor ends, the ssh that it tries ends with it.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{SSHP, Sshd, World, fake, stay};
use crate::support::wait;

/// The ssh processes that have a path in their command line, one line each.
fn left(of: &Path) -> Vec<String> {
    let of = of.display().to_string();
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|process| {
        let line = std::fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        (line.contains(&of) && line.contains("ssh ") && !line.contains("sshd")).then_some(line)
    });
    lines.collect()
}

/// Ends `sshp doctor web` by a signal as soon as `ready`, and waits for the end of its ssh.
#[track_caller]
fn ends(world: &World, signal: &str, ready: impl Fn() -> bool) {
    let home = world.sandbox.home();
    let mut command = world.sandbox.command(SSHP);
    command.args(["doctor", "web"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut doctor = command.spawn().expect("doctor");
    wait::until("ssh at its work", || (ready() && !left(home).is_empty()).then_some(()));
    let kill = world.sandbox.command("kill").args([signal, &doctor.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    wait::end(&mut doctor, "doctor");
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(3) && !left(home).is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(left(home), [""; 0], "after {signal}");
}

#[test]
#[cfg(target_os = "linux")]
fn no_ssh_stays_logged_in_when_doctor_is_killed() {
    needs!("sshd");
    // The command is never done.
    let world = World::with("ForceCommand sleep 60", "");
    world.session("system");
    for signal in ["-KILL", "-TERM", "-HUP", "-INT"] {
        let before = world.sshd.log().matches("Starting session").count();
        ends(&world, signal, || world.sshd.log().matches("Starting session").count() > before);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_ssh_of_a_jump_host_stays_when_doctor_is_killed() {
    needs!("sshd");
    let world = World::new();
    world.session("system");
    let silent = fake("SSH-2.0-silent\r\n", stay);
    world.profile_at("127.0.0.1", silent, "ProxyJump hop");
    let hop = Sshd::start(&world.sandbox, &world.key);
    let config = format!(
        "Host hop\nHostName 127.0.0.1\nPort {}\nIdentityFile {}\nHost web\nIdentityFile {}\n{}",
        hop.port,
        world.key.display(),
        world.key.display(),
        world.sandbox.config(),
    );
    world.sandbox.write(".ssh/config", config);
    world.sandbox.write(".ssh/known_hosts", hop.known_hosts_line());
    for signal in ["-KILL", "-TERM"] {
        // One ssh to the server, and the one that it starts for the jump host.
        ends(&world, signal, || left(world.sandbox.home()).len() >= 2);
    }
}
