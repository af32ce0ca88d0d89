//! Logging in: keys, agent, passwords, several steps.

use std::process::Command;

use super::{SESSIONS, World};
use crate::support::agent::Agent;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, Sandbox};
use crate::support::sshd::ME;

#[test]
fn keys_of_every_type_log_in() {
    needs!("sshd");
    let world = World::new();
    let authorized = world.home.path(format!("sshd-{}/authorized_keys", world.sshd.port));
    let types: [&[&str]; 4] = [
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "521"],
        &["-t", "rsa", "-b", "2048"],
        &["-t", "rsa", "-b", "2048", "-m", "PEM"],
    ];
    for (number, kind) in types.iter().enumerate() {
        let key = world.home.keygen(&format!("key{number}"), kind);
        let public = std::fs::read_to_string(format!("{}.pub", key.display())).expect("public");
        std::fs::write(&authorized, public).expect("authorized");
        let option = format!("IdentityFile={}", key.display());
        world.run("builtin", &["-o", &option, "web", "true"]).success();
    }
    // SHA-1 was not what the RSA keys signed with.
    assert!(world.sshd.log().contains("rsa-sha2-512"), "{}", world.sshd.log());
}

#[test]
fn a_passphrase_is_asked_for_until_it_opens_the_key_and_shown_to_nobody() {
    needs!("sshd");
    let world = World::new();
    let key = world.key.display().to_string();
    let mut change = world.home.command("ssh-keygen");
    Run::of(change.args(["-q", "-p", "-P", "", "-N", "open sesame", "-f", &key])).success();
    let mut pty = Pty::spawn(&world.connect("builtin", &["web", "echo in-$((1+1))"]));
    pty.wait_for("Enter passphrase for key");
    pty.send("wrong\r");
    pty.wait_for("Bad passphrase, try again");
    pty.send("open sesamX\x7fe\r");
    pty.wait_for("in-2");
    assert_eq!(pty.wait_exit(), 0);
    assert!(!String::from_utf8_lossy(&pty.raw).contains("sesam"), "{}", pty.screen());

    let mut pty = Pty::spawn(&world.connect("builtin", &["web", "true"]));
    pty.wait_for("Enter passphrase");
    pty.send("\x04");
    assert_eq!(pty.wait_exit(), 130);
    world.run("builtin", &["-o", "BatchMode=yes", "web", "true"]).exits(255).says("publickey");
}

#[test]
fn a_passphrase_that_nobody_can_be_asked_for_is_what_the_hint_names() {
    needs!("sshd", "util-linux");
    let world = World::with("PasswordAuthentication yes");
    let key = world.key.display().to_string();
    let mut change = world.home.command("ssh-keygen");
    Run::of(change.args(["-q", "-p", "-P", "", "-N", "open sesame", "-f", &key])).success();
    let terminal = world.connect("builtin", &["web", "true"]);
    let run = Run::of(&mut super::without_terminal(&terminal)).exits(255);
    let run = run.says(&format!("`{key}` needs its passphrase")).says(&format!("ssh-add {key}"));
    assert!(!run.stderr.contains("a password"), "{run:?}");
}

#[test]
fn a_key_that_others_can_read_is_ignored_with_the_repair() {
    use std::os::unix::fs::PermissionsExt;
    needs!("sshd");
    let world = World::new();
    std::fs::set_permissions(&world.key, std::fs::Permissions::from_mode(0o644)).expect("mode");
    let run = world.run("builtin", &["-o", "BatchMode=yes", "web", "true"]).exits(255);
    run.says("mode 0644").says("chmod 600");
}

#[test]
fn the_agent_signs() {
    needs!("sshd");
    let world = World::new();
    let agent = Agent::start(&world.home);
    agent.add(&world.home, &world.key);
    // Only the public half is left for IdentitiesOnly to name the key.
    std::fs::remove_file(&world.key).expect("removed");
    for session in SESSIONS {
        let run = |socket: &str| {
            let mut command = world.connect(session, &["-o", "BatchMode=yes", "web", "true"]);
            Run::of(command.env("SSH_AUTH_SOCK", socket))
        };
        run(&agent.socket).success();
        run("/nowhere").exits(255);
        let option = format!("IdentityAgent={}", agent.socket);
        world.run(session, &["-o", &option, "-o", "BatchMode=yes", "web", "true"]).success();
    }
}

#[test]
fn identities_only_keeps_the_agents_other_keys_at_home() {
    needs!("sshd");
    let world = World::new();
    let agent = Agent::start(&world.home);
    let other = world.home.keygen("other", &[]);
    agent.add(&world.home, &other);
    let mut command = world.connect("builtin", &["web", "true"]);
    Run::of(command.env("SSH_AUTH_SOCK", &agent.socket)).success();
    let print = Run::of(Command::new("ssh-keygen").arg("-lf").arg(&other)).success().stdout;
    let print = print.split_whitespace().nth(1).expect("a fingerprint").to_owned();
    assert!(!world.sshd.log().contains(&print), "{}", world.sshd.log());
}

/// A server whose user `pat` has the password `tr0ub4dor`, by passwd and shadow of its own.
pub fn with_password(lines: &str) -> World {
    let home = Sandbox::new();
    let key = home.keygen("id", &[]);
    let mut sshd = crate::support::sshd::Sshd::configure(&home, &key, lines);
    sshd.launch_with_user("pat", "tr0ub4dor");
    let world = World { home, key, sshd };
    world.config("Host web\n  User pat\n");
    world.trust();
    world
}

#[test]
fn a_password_is_asked_for_and_shown_to_nobody() {
    needs!("root", "openssl", "sshd");
    let world = with_password("PubkeyAuthentication no\nKbdInteractiveAuthentication no");
    let mut pty = Pty::spawn(&world.connect("builtin", &["web", "echo in-$((1+1))"]));
    pty.wait_for("pat@127.0.0.1's password:");
    pty.send("wrong\r");
    // What is typed before the second prompt is shown, as by ssh.
    pty.wait_until("a second prompt", |screen| screen.matches("password:").count() == 2);
    assert!(pty.screen().contains("Permission denied, please try again."), "{}", pty.screen());
    pty.send("tr0ub4dor\r");
    pty.wait_for("in-2");
    assert_eq!(pty.wait_exit(), 0);
    assert!(!String::from_utf8_lossy(&pty.raw).contains("tr0ub4dor"), "{}", pty.screen());

    let batch = world.run("builtin", &["-o", "BatchMode=yes", "web", "true"]);
    batch.exits(255).says("Permission denied (password)");
    let option = ["-o", "NumberOfPasswordPrompts=1"];
    let mut pty = Pty::spawn(&world.connect("builtin", &[&option[..], &["web", "true"]].concat()));
    pty.wait_for("password:");
    pty.send("wrong\r");
    assert_eq!(pty.wait_exit(), 255);
}

#[test]
fn a_key_and_then_a_password_where_the_server_wants_both() {
    needs!("root", "openssl", "sshd");
    let world =
        with_password("AuthenticationMethods publickey,password\nKbdInteractiveAuthentication no");
    let mut pty = Pty::spawn(&world.connect("builtin", &["web", "echo in-$((1+1))"]));
    pty.wait_for("password:");
    pty.send("tr0ub4dor\r");
    pty.wait_for("in-2");
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn the_servers_questions_are_asked() {
    needs!("root", "openssl", "sshd");
    let world = with_password(
        "PubkeyAuthentication no\nPasswordAuthentication no\nUsePAM yes\n\
         KbdInteractiveAuthentication yes",
    );
    let mut pty = Pty::spawn(&world.connect("builtin", &["web", "echo in-$((1+1))"]));
    pty.wait_for("(pat@127.0.0.1) Password:");
    pty.send("tr0ub4dor\r");
    pty.wait_for("in-2");
    assert_eq!(pty.wait_exit(), 0);
}

#[test]
fn a_banner_is_shown_and_moves_no_cursor() {
    needs!("sshd");
    let home = Sandbox::new();
    let banner = home.write("banner", "Welcome \x1b[2J to web\n");
    let world = World::with(&format!("Banner {}", banner.display()));
    let run = world.run("builtin", &["web", "true"]).success().says("Welcome ");
    assert!(!run.stderr.contains('\x1b'), "{run:?}");
    let quiet = world.run("builtin", &["-o", "LogLevel=ERROR", "web", "true"]).success();
    assert!(!quiet.stderr.contains("Welcome"), "{quiet:?}");
}

#[test]
fn keys_that_were_of_use_go_to_the_agent_where_that_is_configured() {
    needs!("sshd");
    let world = World::new();
    let agent = Agent::start(&world.home);
    let list = || {
        let mut list = world.home.command("ssh-add");
        Run::of(list.arg("-l").env("SSH_AUTH_SOCK", &agent.socket)).stdout
    };
    let run = |value: &str| {
        let option = format!("AddKeysToAgent={value}");
        let mut command = world.connect("builtin", &["-o", &option, "web", "true"]);
        Run::of(command.env("SSH_AUTH_SOCK", &agent.socket)).success();
    };
    run("no");
    assert!(!list().contains("ED25519"));
    run("yes");
    assert!(list().contains("ED25519"));
}

#[test]
fn a_certificate_logs_in_where_its_key_alone_does_not() {
    needs!("sshd");
    for kind in [&["-t", "ed25519"][..], &["-t", "rsa", "-b", "2048"]] {
        let home = Sandbox::new();
        let authority = home.keygen("authority", &[]);
        let world = World::with(&format!("TrustedUserCAKeys {}.pub\n", authority.display()));
        let key = world.home.keygen("certified", kind);
        let option = format!("IdentityFile={}", key.display());
        let args = ["-o", &option, "-o", "BatchMode=yes", "web", "true"];
        // The profile's own key would do.
        std::fs::remove_file(&world.key).expect("removed");
        world.run("builtin", &args).exits(255);
        let mut sign = world.home.command("ssh-keygen");
        sign.arg("-q").arg("-s").arg(&authority).args(["-I", "me", "-n", &ME]);
        Run::of(sign.arg(format!("{}.pub", key.display()))).success();
        for session in SESSIONS {
            world.run(session, &args).success();
        }
        // By the agent, which has but the bare key.
        let agent = Agent::start(&world.home);
        let certificate = format!("{}-cert.pub", key.display());
        let kept = world.home.path("kept.pub");
        std::fs::rename(&certificate, &kept).expect("moved");
        agent.add(&world.home, &key);
        std::fs::remove_file(&key).expect("removed");
        let chosen = format!("CertificateFile={}", kept.display());
        let mut command = world.connect("builtin", &[&["-o", &chosen], &args[..]].concat());
        Run::of(command.env("SSH_AUTH_SOCK", &agent.socket)).success();
    }
}

#[test]
fn a_program_is_asked_where_there_is_no_terminal() {
    use std::os::unix::fs::PermissionsExt;
    needs!("sshd", "util-linux");
    let world = World::new();
    let key = world.key.display().to_string();
    let mut change = world.home.command("ssh-keygen");
    Run::of(change.args(["-q", "-p", "-P", "", "-N", "sesame", "-f", &key])).success();
    let script = world.home.write("askpass", "#!/bin/sh\necho \"$1\" >>asked\necho sesame\n");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("mode");
    let run = |require: &str| {
        let mut command = world.connect("builtin", &["web", "true"]);
        command.env("SSH_ASKPASS", &script).env("SSH_ASKPASS_REQUIRE", require);
        Run::of(&mut super::without_terminal(&command))
    };
    run("never").exits(255);
    // Without a DISPLAY, ssh only takes a program that it is told to take.
    run("prefer").exits(255);
    assert!(!world.home.path("asked").exists());
    run("force").success();
    assert_eq!(world.home.text("asked"), format!("Enter passphrase for key '{key}': \n"));
}

#[test]
fn a_provider_of_security_keys_stops_no_session_that_needs_none() {
    needs!("sshd");
    let world = World::new();
    world.config("SecurityKeyProvider /nonexistent/middleware.so");
    world.run("builtin", &["web", "echo in"]).success().prints("in");
}

#[test]
fn rsa_with_sha1_is_there_for_who_asks_and_for_nobody_else() {
    needs!("sshd");
    let home = Sandbox::new();
    let rsa = home.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]);
    let lines = format!(
        "HostKey {}\nHostKeyAlgorithms ssh-rsa\nPubkeyAcceptedAlgorithms ssh-rsa",
        rsa.display()
    );
    let world = World::with(&lines);
    let key = world.home.keygen("id_rsa", &["-t", "rsa", "-b", "2048"]);
    let public = std::fs::read_to_string(format!("{}.pub", key.display())).expect("public");
    world.home.write(format!("sshd-{}/authorized_keys", world.sshd.port), public);
    let identity = format!("IdentityFile={}", key.display());
    let fresh =
        ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", &identity];
    let host = ["-o", "HostKeyAlgorithms=+ssh-rsa"];
    let user = ["-o", "PubkeyAcceptedAlgorithms=ssh-rsa"];
    let with = |options: &[&str]| {
        let args = [&fresh[..], options, &["web", "echo in"]].concat();
        SESSIONS.map(|session| world.run(session, &args))
    };
    for run in with(&[host, user].concat()) {
        run.success().prints("in");
    }
    for run in with(&user) {
        run.exits(255).says("no matching host key type found");
    }
    for run in with(&host) {
        run.exits(255).says("Permission denied");
    }
}

#[test]
fn an_agent_that_does_not_sign_is_named() {
    needs!("sshd");
    let world = World::new();
    let agent = Agent::start(&world.home);
    // It asks before it signs, and there is nobody to ask.
    let key = world.key.display().to_string();
    let mut add = world.home.command("ssh-add");
    Run::of(add.args(["-q", "-c", &key]).env("SSH_AUTH_SOCK", &agent.socket)).success();
    std::fs::remove_file(&world.key).expect("the private half");
    let mut command = world.connect("builtin", &["-o", "BatchMode=yes", "web", "true"]);
    let run = Run::of(command.env("SSH_AUTH_SOCK", &agent.socket));
    run.exits(255).says("could not be signed with").says("Permission denied");
}

#[test]
fn too_little_to_begin_with_is_named_by_its_limit() {
    needs!("sshd", "util-linux");
    let world = World::new();
    let limited = |limit: &str| {
        let connect = world.connect("builtin", &["web", "true"]);
        Run::of(&mut super::around("prlimit", &[limit], &connect))
    };
    for files in [6, 8, 9, 10, 12, 16] {
        let run = limited(&format!("--nofile={files}")).exits(255).says("ulimit -n");
        assert!(!run.stderr.contains("panicked"), "{files}: {}", run.stderr);
    }
    limited("--nofile=24").success();
    limited("--as=47000000").exits(255).says("ulimit -v");
}
