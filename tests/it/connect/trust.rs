//! Host keys: never trusted silently.

use std::process::Command;

use super::{SESSIONS, World, without_terminal};
use crate::support::agent::Agent;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP};
use crate::support::sshd::{ME, SSHD, free_port};

#[test]
fn an_unknown_key_is_refused_where_nobody_can_be_asked() {
    needs!("sshd", "util-linux");
    let world = World::new();
    world.home.write(".ssh/known_hosts", "");
    for session in SESSIONS {
        let run = Run::of(&mut without_terminal(&world.connect(session, &["web", "true"])));
        assert_eq!(run.code, Some(255), "{session}: {run:?}");
        assert_eq!(world.home.text(".ssh/known_hosts"), "", "{session}");
    }
    let run = Run::of(&mut without_terminal(&world.connect("builtin", &["web", "true"])));
    run.says(&world.sshd.fingerprint()).says("sshp trust web");
}

#[test]
fn an_unknown_key_is_shown_and_asked_about() {
    needs!("sshd");
    let world = World::new();
    let fingerprint = world.sshd.fingerprint();
    for (answer, code) in [("yes", 0), (fingerprint.as_str(), 0), ("no", 255)] {
        world.home.write(".ssh/known_hosts", "# mine\n");
        let mut pty = Pty::spawn(&world.connect("builtin", &["web", "echo in"]));
        pty.wait_for("(yes/no/[fingerprint])?");
        let shown = pty.screen().replace('\n', "");
        assert!(shown.contains(&format!("ED25519 key fingerprint is {fingerprint}")), "{shown}");
        pty.send("what?\r");
        pty.wait_for("Please type 'yes', 'no' or the fingerprint");
        pty.send(&format!("{answer}\r"));
        assert_eq!(pty.wait_exit(), code, "{answer}: {}", pty.screen());
        let line = world.sshd.known_hosts_line();
        let line = line.rsplit_once(' ').expect("a comment").0;
        let expected = if code == 0 { format!("# mine\n{line}\n") } else { "# mine\n".to_owned() };
        assert_eq!(world.home.text(".ssh/known_hosts"), expected, "{answer}");
    }
}

#[test]
fn new_keys_are_stored_unasked_only_when_that_is_configured() {
    needs!("sshd");
    let world = World::new();
    for strict in ["accept-new", "no"] {
        world.home.write(".ssh/known_hosts", "");
        let option = format!("StrictHostKeyChecking={strict}");
        world.run("builtin", &["-o", &option, "web", "true"]).success().says("Permanently added");
        assert_eq!(world.home.text(".ssh/known_hosts").lines().count(), 1);
        // What was stored is what ssh finds.
        world.run("system", &["-o", "StrictHostKeyChecking=yes", "web", "true"]).success();
    }
    world.home.write(".ssh/known_hosts", "");
    let run = world.run("builtin", &["-o", "StrictHostKeyChecking=yes", "web", "true"]);
    run.exits(255).says("StrictHostKeyChecking yes");
}

#[test]
fn names_are_hashed_where_that_is_configured_and_both_clients_find_them() {
    needs!("sshd");
    let world = World::new();
    world.home.write(".ssh/known_hosts", "");
    let options = ["-o", "HashKnownHosts=yes", "-o", "StrictHostKeyChecking=accept-new"];
    world.run("builtin", &[&options[..], &["web", "true"]].concat()).success();
    assert!(world.home.text(".ssh/known_hosts").starts_with("|1|"));
    for session in SESSIONS {
        world.run(session, &["-o", "StrictHostKeyChecking=yes", "web", "true"]).success();
    }
}

#[test]
fn a_changed_key_stops_and_says_what_helps() {
    needs!("sshd");
    let mut world = World::new();
    let old = world.sshd.fingerprint();
    world.sshd.reinstall();
    let place = format!("{}:1", world.known_hosts().display());
    let run = world.run("builtin", &["web", "true"]).exits(255);
    run.says("has changed")
        .says(&old)
        .says(&world.sshd.fingerprint())
        .says(&place)
        .says("sshp forget web")
        .says("sshp trust web");
    world.run("system", &["web", "true"]).exits(255);
}

#[test]
fn a_changed_key_gets_no_password_when_it_is_let_through() {
    needs!("sshd");
    let mut world = World::new();
    world.sshd.reinstall();
    let lax = ["-o", "StrictHostKeyChecking=no"];
    let run = world.run("builtin", &[&lax[..], &["web", "echo", "in"]].concat()).success();
    run.prints("in").says("has changed");
    let typed = ["-o", "PreferredAuthentications=password,keyboard-interactive"];
    let mut pty =
        Pty::spawn(&world.connect("builtin", &[&lax[..], &typed[..], &["web", "true"]].concat()));
    assert_eq!(pty.wait_exit(), 255);
    assert!(!pty.screen().contains("password:"), "{}", pty.screen());
}

#[test]
fn a_revoked_key_stops_whatever_else_is_said_of_it() {
    needs!("sshd");
    let world = World::new();
    let line = world.sshd.known_hosts_line();
    world.home.write(".ssh/known_hosts", format!("{line}@revoked {line}"));
    for session in SESSIONS {
        world.run(session, &["web", "true"]).exits(255);
    }
    world.run("builtin", &["web", "true"]).says("revoked");
    // Here ssh gives in.
    world.run("builtin", &["-o", "StrictHostKeyChecking=no", "web", "true"]).exits(255);
}

#[test]
fn known_hosts_that_cannot_be_read_stop_the_connection() {
    needs!("sshd");
    let world = World::new();
    std::fs::remove_file(world.known_hosts()).expect("removed");
    std::fs::create_dir(world.known_hosts()).expect("a folder in its place");
    let run = world.run("builtin", &["-o", "StrictHostKeyChecking=accept-new", "web", "true"]);
    run.exits(255).says("known_hosts");
}

#[test]
fn the_key_type_that_is_known_is_asked_for() {
    needs!("sshd");
    // The server has two keys; known is the one that would not be taken first.
    let home = crate::support::sandbox::Sandbox::new();
    let rsa = home.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]);
    let world = World::with(&format!("HostKey {}", rsa.display()));
    let public = std::fs::read_to_string(format!("{}.pub", rsa.display())).expect("the key");
    let line = format!("[127.0.0.1]:{} {public}", world.sshd.port);
    world.home.write(".ssh/known_hosts", line);
    for session in SESSIONS {
        world.run(session, &["-o", "StrictHostKeyChecking=yes", "web", "true"]).success();
    }
}

#[test]
fn a_host_certificate_stands_for_every_key_of_its_authority() {
    needs!("sshd");
    let mut world = World::new();
    let authority = world.home.keygen("authority", &[]);
    let folder = world.home.path(format!("sshd-{}", world.sshd.port));
    let public = std::fs::read_to_string(format!("{}.pub", authority.display())).expect("public");
    let line = format!("@cert-authority [127.0.0.1]:{} {public}", world.sshd.port);
    world.home.write(".ssh/known_hosts", line);
    let config = world.sshd.config_file();
    let text = std::fs::read_to_string(&config).expect("sshd_config");
    let certificate = folder.join("host_key-cert.pub");
    let with = format!("{text}HostCertificate {}\n", certificate.display());
    std::fs::write(&config, with).expect("sshd_config");
    let strict = ["-o", "StrictHostKeyChecking=yes", "web", "true"];
    for (name, validity, code, why) in [
        ("127.0.0.1", "-1h:+1h", 0, ""),
        ("other", "-1h:+1h", 255, "not for 127.0.0.1"),
        ("127.0.0.1", "-2h:-1h", 255, "expired"),
    ] {
        world.sshd.stop();
        let mut sign = world.home.command("ssh-keygen");
        sign.arg("-q").arg("-s").arg(&authority).args(["-I", "web", "-h", "-n", name]);
        Run::of(sign.args(["-V", validity]).arg(folder.join("host_key.pub"))).success();
        world.sshd.start_again();
        for session in SESSIONS {
            let run = world.run(session, &strict);
            assert_eq!(run.code, Some(code), "{session} {name}: {run:?}");
        }
        world.run("builtin", &strict).says(why);
    }
}

#[test]
fn a_changed_server_that_is_let_through_forwards_nothing() {
    needs!("sshd");
    let mut world = World::new();
    let agent = Agent::start(&world.home);
    let first = world.profile("first");
    world.config(&format!("{first}Host inner\n  ProxyJump first\n{}", world.profile("inner")));
    world.sshd.reinstall();
    let port = free_port();
    let local = format!("-L{port}:127.0.0.1:{}", world.sshd.port);
    let remote = format!("-R{port}:127.0.0.1:{}", world.sshd.port);
    let dynamic = format!("-D{port}");
    let target = format!("127.0.0.1:{}", world.sshd.port);
    let listens = format!("ss -ltn | grep -c :{port}; true");
    let has_agent = "test -n \"$SSH_AUTH_SOCK\"; echo $?";
    for session in SESSIONS {
        let run = |args: &[&str]| {
            let lax = ["-o", "StrictHostKeyChecking=no"];
            let mut command = world.connect(session, &[&lax, args].concat());
            Run::of(command.env("SSH_AUTH_SOCK", &agent.socket))
        };
        for forward in [&local, &remote, &dynamic] {
            assert_eq!(run(&[forward, "web", &listens]).success().stdout, "0\n", "{session}");
            run(&["-o", "ExitOnForwardFailure=yes", forward, "web", "true"]).exits(255);
        }
        assert_eq!(run(&["-A", "web", has_agent]).success().stdout, "1\n", "{session}");
        run(&["-W", &target, "web"]).exits(255);
        run(&["inner", "true"]).exits(255);
        run(&["web", "true"]).success();
        // As an error, which it is taken for.
        let shown = run(&["-o", "LogLevel=ERROR", "web", "true"]).success().stderr.to_lowercase();
        assert!(shown.contains("changed"), "{session}: {shown}");
    }
    // By a config, it holds for the hop itself.
    let lax = "Host *\n  StrictHostKeyChecking no\n";
    world.home.write(".ssh/config", format!("{}{lax}", world.home.config()));
    for session in SESSIONS {
        world.run(session, &["inner", "true"]).exits(255);
        world.run(session, &["web", "true"]).success();
    }
}

#[test]
fn localhost_is_where_the_connection_leads_and_no_name() {
    needs!("sshd");
    let mut world = World::new();
    world.sshd.reinstall();
    let proxy = format!("ProxyCommand={}", world.sshd.proxy_command());
    let wrong = world.home.text(".ssh/known_hosts");
    let by_alias = wrong.replace(&format!("[127.0.0.1]:{}", world.sshd.port), "other");
    world.home.write(".ssh/known_hosts", format!("{wrong}{by_alias}"));
    for session in SESSIONS {
        for (option, code) in [
            ("HostName=127.0.0.1", 0),
            ("HostName=localhost", 0),
            ("HostKeyAlias=other", 255),
            (proxy.as_str(), 255),
        ] {
            let skip = "NoHostAuthenticationForLocalhost=yes";
            let run = world.run(session, &["-o", skip, "-o", option, "web", "true"]);
            assert_eq!(run.code, Some(code), "{session}: {option}: {run:?}");
        }
    }
}

#[test]
fn no_folder_is_made_for_a_key_but_the_one_of_ssh() {
    needs!("sshd");
    let world = World::new();
    for session in SESSIONS {
        let elsewhere = format!("UserKnownHostsFile={}", world.home.path("no/such").display());
        let new = ["-o", "StrictHostKeyChecking=accept-new", "-o", &elsewhere, "web", "true"];
        world.run(session, &new).success().says("such");
        assert!(!world.home.path("no").exists(), "{session}");
    }
}

#[test]
fn an_answer_about_a_host_key_is_read_as_ssh_reads_it() {
    needs!("sshd");
    let world = World::new();
    let script = world.home.write("answer", "#!/bin/sh\nprintf '%s\\n' \"$ANSWER\"\n");
    world.home.chmod("answer", 0o755);
    let fingerprint = world.sshd.fingerprint();
    for session in SESSIONS {
        for (answer, code) in
            [("", 255), ("No", 255), ("YES", 0), (" yes ", 0), (fingerprint.as_str(), 0)]
        {
            world.home.write(".ssh/known_hosts", "");
            let connect = world.connect(session, &["web", "true"]);
            let mut limited = crate::connect::around("timeout", &["20"], &connect);
            limited.env("SSH_ASKPASS", &script).env("SSH_ASKPASS_REQUIRE", "force");
            let run = Run::of(limited.env("ANSWER", answer));
            assert_eq!(run.code, Some(code), "{session}: {answer:?}: {run:?}");
        }
    }
}

/// A server with keys of two types, and certificates by an authority for the ones of `certified`;
/// gives the authority's public key.
fn certified(world: &mut World, names: &str) -> String {
    let authority = world.home.keygen("authority", &[]);
    let folder = world.home.path(format!("sshd-{}", world.sshd.port));
    let mut other = world.home.command("ssh-keygen");
    Run::of(other.args(["-q", "-t", "ecdsa", "-N", "", "-f"]).arg(folder.join("ecdsa"))).success();
    let mut sign = world.home.command("ssh-keygen");
    sign.arg("-q").arg("-s").arg(&authority).args(["-I", "web", "-h", "-n", names]);
    Run::of(sign.arg(folder.join("host_key.pub"))).success();
    let config = world.sshd.config_file();
    let mut text = std::fs::read_to_string(&config).expect("sshd_config");
    text += &format!("HostKey {}\n", folder.join("ecdsa").display());
    text += &format!("HostCertificate {}\n", folder.join("host_key-cert.pub").display());
    std::fs::write(&config, text).expect("sshd_config");
    world.sshd.stop();
    world.sshd.start_again();
    std::fs::read_to_string(format!("{}.pub", authority.display())).expect("public")
}

#[test]
fn certificates_count_where_ssh_counts_them() {
    needs!("sshd");
    let mut world = World::new();
    let authority = certified(&mut world, "127.0.0.1");
    let port = world.sshd.port;
    let name = format!("[127.0.0.1]:{port}");
    let folder = world.home.path(format!("sshd-{port}"));
    let ecdsa = std::fs::read_to_string(folder.join("ecdsa.pub")).expect("public");
    let revoked = world.home.write("revoked", &authority);
    let revoked = format!("RevokedHostKeys={}", revoked.display());
    let plain = world.sshd.known_hosts_line();
    let trusted = format!("@cert-authority * {authority}");
    let cases: [(&str, String, &str, i32); 11] = [
        ("trusted", trusted.clone(), "LogLevel=INFO", 0),
        ("by the host alone", format!("@cert-authority 127.* {authority}"), "LogLevel=INFO", 0),
        ("bare keys alone", trusted.clone(), "HostKeyAlgorithms=ssh-ed25519", 255),
        ("no certificates", trusted.clone(), "HostKeyAlgorithms=-*cert*", 255),
        ("certificates alone", trusted, "HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com", 0),
        ("authority revoked", format!("@revoked * {authority}{plain}"), "LogLevel=INFO", 255),
        ("authority on a list", plain.clone(), &revoked, 255),
        ("nobody trusts it", plain, "LogLevel=INFO", 0),
        ("another key is known", format!("{name} {ecdsa}"), "LogLevel=INFO", 0),
        ("with more offered", format!("{name} {ecdsa}"), "HostKeyAlgorithms=+ssh-rsa", 0),
        ("with fewer offered", format!("{name} {ecdsa}"), "HostKeyAlgorithms=-ssh-dss", 0),
    ];
    for (case, known, option, code) in &cases {
        world.home.write(".ssh/known_hosts", known);
        for session in SESSIONS {
            let strict = "StrictHostKeyChecking=yes";
            let run = world.run(session, &["-o", strict, "-o", option, "web", "true"]);
            assert_eq!(run.code, Some(*code), "{session}: {case}: {run:?}");
            let stored = world.home.text(".ssh/known_hosts");
            assert!(!stored.contains("cert-v01"), "{session}: {case}: {stored}");
        }
    }
    // Unknown, it is asked about by its key, and stored as that.
    for session in SESSIONS {
        world.home.write(".ssh/known_hosts", "");
        let new = ["-o", "StrictHostKeyChecking=accept-new", "web", "true"];
        world.run(session, &new).success();
        assert!(world.home.text(".ssh/known_hosts").starts_with(&format!("{name} ssh-ed25519 A")));
        world.home.write(".ssh/known_hosts", format!("@revoked * {authority}"));
        world.run(session, &new).exits(255);
    }
}

#[test]
fn names_in_a_certificate_are_no_patterns() {
    needs!("sshd");
    let mut world = World::new();
    let authority = certified(&mut world, "127.*,*.example");
    world.home.write(".ssh/known_hosts", format!("@cert-authority * {authority}"));
    for session in SESSIONS {
        world.run(session, &["-o", "StrictHostKeyChecking=yes", "web", "true"]).exits(255);
    }
}

#[test]
fn keys_on_the_list_of_revoked_ones_are_refused() {
    needs!("sshd");
    let world = World::new();
    let list = world.home.write("revoked", format!("# old\n{}", world.sshd.host_key()));
    let option = format!("RevokedHostKeys={}", list.display());
    for session in SESSIONS {
        world.run(session, &["-o", &option, "web", "true"]).exits(255);
    }
    // Of several files, which OpenSSH 10.3 and later take, each counts.
    let others = [world.home.write("old", "# none\n"), world.home.write("older", "")];
    let several = |files: [&std::path::PathBuf; 2]| {
        let [first, second] = files.map(|file| file.display().to_string());
        let option = format!("RevokedHostKeys={first} {second}");
        world.run("builtin", &["-o", &option, "web", "true"])
    };
    several([&list, &others[0]]).exits(255).says("revoked");
    several([&others[0], &list]).exits(255).says("revoked");
    several([&others[0], &others[1]]).success();
    world.home.write("revoked", "# none\n");
    world.run("builtin", &["-o", &option, "web", "true"]).success();
    let missing = "RevokedHostKeys=/nowhere";
    world.run("builtin", &["-o", missing, "web", "true"]).exits(255).says("/nowhere");
}

#[test]
fn a_certificate_is_only_as_good_as_the_signature_that_is_accepted() {
    needs!("sshd");
    let mut world = World::new();
    let authority = world.home.keygen("authority", &[]);
    let folder = world.home.path(format!("sshd-{}", world.sshd.port));
    let public = std::fs::read_to_string(format!("{}.pub", authority.display())).expect("public");
    let line = format!("@cert-authority [127.0.0.1]:{} {public}", world.sshd.port);
    world.home.write(".ssh/known_hosts", line);
    let mut sign = world.home.command("ssh-keygen");
    sign.arg("-q").arg("-s").arg(&authority).args(["-I", "web", "-h"]);
    Run::of(sign.arg(folder.join("host_key.pub"))).success();
    let config = world.sshd.config_file();
    let text = std::fs::read_to_string(&config).expect("sshd_config");
    let certificate = folder.join("host_key-cert.pub");
    std::fs::write(&config, format!("{text}HostCertificate {}\n", certificate.display()))
        .expect("sshd_config");
    world.sshd.stop();
    world.sshd.start_again();
    for (accepted, code) in [("ssh-ed25519", 0), ("ecdsa-sha2-nistp256", 255)] {
        let option = format!("CASignatureAlgorithms={accepted}");
        let strict = ["-o", "StrictHostKeyChecking=yes", "-o", &option, "web", "true"];
        for session in SESSIONS {
            let run = world.run(session, &strict);
            assert_eq!(run.code, Some(code), "{session} {accepted}: {run:?}");
        }
    }
}

#[test]
fn keys_on_a_binary_list_of_revoked_ones_are_refused() {
    needs!("sshd");
    let world = World::new();
    let list = world.home.path("krl");
    let key = world.home.path(format!("sshd-{}/host_key.pub", world.sshd.port));
    let make = |key: &std::path::Path| {
        let mut make = world.home.command("ssh-keygen");
        Run::of(make.arg("-k").arg("-f").arg(&list).arg(key)).success();
    };
    let option = format!("RevokedHostKeys={}", list.display());
    make(&key);
    for session in SESSIONS {
        world.run(session, &["-o", &option, "web", "true"]).exits(255);
    }
    world.run("builtin", &["-o", &option, "web", "true"]).says("revoked by RevokedHostKeys");
    make(&world.home.path(".ssh/id.pub"));
    for session in SESSIONS {
        world.run(session, &["-o", &option, "web", "true"]).success();
    }
    let whole = world.home.read("krl");
    world.home.write("krl", &whole[..whole.len() - 1]);
    for session in SESSIONS {
        world.run(session, &["-o", &option, "web", "true"]).exits(255);
    }
    world.run("builtin", &["-o", &option, "web", "true"]).says("damaged");
}

#[test]
fn a_command_says_which_keys_a_server_may_have() {
    needs!("sshd");
    let world = World::new();
    world.home.write(".ssh/known_hosts", "");
    let line = world.sshd.known_hosts_line();
    let script = format!("#!/bin/sh\necho \"$@\" >>asked\necho '{}'\n", line.trim());
    let program = world.home.write("keys", script);
    world.home.chmod("keys", 0o700);
    let option =
        format!("KnownHostsCommand={} %I %H %t %f %K %h:%p %% ${{HOME}}", program.display());
    let strict = ["-o", "StrictHostKeyChecking=yes", "-o", &option, "web", "true"];
    let asked = SESSIONS.map(|session| {
        world.run(session, &strict).success();
        let asked = world.home.text("asked");
        std::fs::remove_file(world.home.path("asked")).expect("removed");
        asked
    });
    assert_eq!(asked[0], asked[1]);
    assert!(asked[0].contains(&world.sshd.fingerprint()), "{}", asked[0]);
    world.home.write("keys", "#!/bin/sh\nexit 1\n");
    world.home.chmod("keys", 0o700);
    for session in SESSIONS {
        world.run(session, &strict).exits(255);
    }
    world.run("builtin", &strict).says("KnownHostsCommand").says("exit status: 1");
    // One that cannot be started says nothing, and the files still count.
    for command in ["keys", "/nonexistent/keys"] {
        let option = format!("KnownHostsCommand={command}");
        let strict = ["-o", "StrictHostKeyChecking=yes", "-o", &option, "web", "true"];
        for session in SESSIONS {
            world.run(session, &strict).exits(255).says("KnownHostsCommand");
            world.trust();
            world.run(session, &strict).success().says("KnownHostsCommand");
            world.home.write(".ssh/known_hosts", "");
        }
    }
    assert_eq!(world.home.text(".ssh/known_hosts"), "");
}

#[test]
fn a_command_is_not_asked_for_an_order_that_is_fixed() {
    needs!("sshd");
    let world = World::new();
    let line = world.sshd.known_hosts_line();
    let script = format!("#!/bin/sh\necho \"$@\" >>asked\necho '{}'\n", line.trim());
    let program = world.home.write("keys", script);
    world.home.chmod("keys", 0o700);
    world.home.write(".ssh/known_hosts", "");
    let option = format!("KnownHostsCommand={} %I", program.display());
    for list in ["ssh-ed25519", "+ssh-ed25519", "^ssh-ed25519", "-ecdsa*"] {
        let algorithms = format!("HostKeyAlgorithms={list}");
        let strict = ["-o", "StrictHostKeyChecking=yes", "-o", &option, "-o", &algorithms];
        let asked = SESSIONS.map(|session| {
            world.run(session, &[&strict[..], &["web", "true"]].concat()).success();
            let asked = world.home.text("asked");
            std::fs::remove_file(world.home.path("asked")).expect("removed");
            asked
        });
        assert_eq!(asked[0], asked[1], "{list}");
        assert_eq!(asked[0].contains("ORDER"), list.starts_with(['+', '-']), "{list}");
    }
}

#[test]
fn a_known_server_tells_its_further_keys_and_loses_those_it_no_longer_has() {
    needs!("sshd");
    let home = crate::support::sandbox::Sandbox::new();
    let rsa = home.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]);
    let world = World::with(&format!("HostKey {}", rsa.display()));
    let old = world.home.keygen("old", &["-t", "ecdsa"]);
    let public = |key: &std::path::Path| {
        std::fs::read_to_string(format!("{}.pub", key.display())).expect("public")
    };
    let name = format!("[127.0.0.1]:{}", world.sshd.port);
    let (own, old) = (world.sshd.known_hosts_line(), public(&old));
    let update = ["-o", "UpdateHostKeys=yes", "-o", "StrictHostKeyChecking=yes", "web", "true"];
    let keys = |text: &str| {
        let words = |line: &str| line.split(' ').take(3).collect::<Vec<_>>().join(" ");
        let mut keys: Vec<String> = text.lines().map(words).collect();
        keys.sort();
        keys
    };
    for before in [
        own.clone(),
        format!("{own}{name} {old}"),
        format!("# mine\nother {old}{own}"),
        // These are somebody's own: they stay as they are.
        format!("{own}[127.0.0.?]:* {old}"),
        format!("{own}@revoked {name} {old}"),
        own.replace("[127.0.0.1]", "[127.0.0.?]"),
    ] {
        let after = SESSIONS.map(|session| {
            world.home.write(".ssh/known_hosts", &before);
            world.run(session, &update).success();
            keys(&world.home.text(".ssh/known_hosts"))
        });
        assert_eq!(after[0], after[1], "{before}");
        let learnt = after[0].iter().any(|line| line.starts_with(&format!("{name} ssh-rsa ")));
        assert_eq!(learnt, !before.contains("?]") && !before.contains("@revoked"), "{before}");
    }
    world.home.write(".ssh/known_hosts", &own);
    world.run("builtin", &["-o", "UpdateHostKeys=no", "web", "true"]).success();
    assert_eq!(world.home.text(".ssh/known_hosts"), own);
    let run = world.run("builtin", &[&["-v"], &update[..]].concat()).success();
    run.says("Learned new hostkey: RSA");
    // Both are known now: either is accepted.
    let only = ["-o", "HostKeyAlgorithms=rsa-sha2-256", "-o", "StrictHostKeyChecking=yes"];
    world.run("system", &[&only[..], &["web", "true"]].concat()).success();
}

#[test]
fn further_keys_are_asked_about_where_that_is_configured() {
    needs!("terminals", "sshd");
    let home = crate::support::sandbox::Sandbox::new();
    let rsa = home.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]);
    let world = World::with(&format!("HostKey {}", rsa.display()));
    for (answer, lines) in [("no", 1), ("yes", 2)] {
        let mut pty = Pty::spawn(&world.connect("builtin", &["-o", "UpdateHostKeys=ask", "web"]));
        pty.wait_for("Learned new hostkey: RSA");
        pty.wait_for("(yes/no)");
        pty.send(&format!("{answer}\r"));
        pty.send("exit 3\r");
        assert_eq!(pty.wait_exit(), 3, "{}", pty.screen());
        assert_eq!(world.home.text(".ssh/known_hosts").lines().count(), lines, "{answer}");
    }
}

#[test]
fn a_picture_of_the_key_is_drawn_as_ssh_draws_it() {
    needs!("sshd");
    let world = World::new();
    let shown = SESSIONS.map(|session| {
        let options = ["-o", "VisualHostKey=yes", "-o", "FingerprintHash=sha512", "web", "true"];
        let run = world.run(session, &options).success();
        let begin = run.stderr.find("Host key fingerprint is").expect("the fingerprint");
        let lines: Vec<&str> = run.stderr[begin..].lines().take(12).collect();
        lines.join("\n").replace('\r', "")
    });
    assert_eq!(shown[0], shown[1]);
    assert!(shown[0].contains("is SHA512:") && shown[0].contains("[SHA512]"), "{}", shown[0]);
}

/// `sshp connect --session SESSION OPTIONS… web true` to a server at an address that is not loopback,
/// in a network of the test's own.
fn to_an_address(world: &World, session: &str, options: &[&str]) -> Command {
    let command = format!(
        "ip link set lo up; ip address add 192.0.2.7/32 dev lo
         {sshd} -D -e -f {config} -o Port=2222 -o Port=22 -o ListenAddress=192.0.2.7 >/dev/null 2>&1 &
         trap 'kill $!' EXIT
         for i in {{1..200}}; do (: </dev/tcp/192.0.2.7/2222) 2>/dev/null && break; sleep 0.05; done
         {SSHP} connect --session {session} -F {ours} {options} web true",
        sshd = *SSHD,
        config = world.sshd.config_file().display(),
        ours = world.home.path(".ssh/config").display(),
        options = options.join(" "),
    );
    let mut run = world.home.in_namespace("net");
    run.args(["bash", "-c", &command]);
    run
}

/// What is said there without a terminal, and what known_hosts holds after it.
fn at_an_address(
    world: &World,
    known_hosts: &str,
    session: &str,
    options: &[&str],
) -> (Run, String) {
    world.home.write(".ssh/known_hosts", known_hosts);
    let run = Run::of(&mut without_terminal(&to_an_address(world, session, options)));
    (run, world.home.text(".ssh/known_hosts"))
}

#[test]
fn the_address_is_looked_up_beside_the_name_where_that_is_configured() {
    needs!("network", "sshd", "util-linux");
    let world = World::new();
    world.home.write(
        ".ssh/config",
        format!(
            "Host web\n  HostName 192.0.2.7\n  HostKeyAlias srv\n  Port 2222\n  User {ME}\n  \
             CheckHostIP yes\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n",
            world.key.display(),
            world.known_hosts().display()
        ),
    );
    let key = world.sshd.host_key();
    let key = key.rsplit_once(' ').expect("a comment").0;
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
    let own = format!("srv {key}\n");
    let address = "[192.0.2.7]:2222";
    for session in SESSIONS {
        // A new server is stored with its address, a known one gets it, hashed ones have two lines.
        let new = ["-o StrictHostKeyChecking=accept-new"];
        let (run, after) = at_an_address(&world, "", session, &new);
        run.success().says(&format!("Permanently added 'srv,{address}' (ED25519)"));
        assert_eq!(after, format!("srv,{address} {key}\n"), "{session}");
        let (run, after) = at_an_address(&world, &own, session, &[]);
        run.success().says(&format!(
            "Permanently added the ED25519 host key for IP address '{address}' to the list of known hosts"
        ));
        assert_eq!(after, format!("{own}{address} {key}\n"), "{session}");
        let hashed = ["-o StrictHostKeyChecking=accept-new", "-o HashKnownHosts=yes"];
        let (run, after) = at_an_address(&world, "", session, &hashed);
        run.success();
        assert_eq!(after.lines().filter(|line| line.starts_with("|1|")).count(), 2, "{session}");
        let (_, again) = at_an_address(&world, &after, session, &[]);
        assert_eq!(again, after, "{session}: both are found");
        // Another server's address stops it, but for who wants no checks.
        let differs = format!("{own}{address} {other}\n");
        for strict in ["yes", "accept-new", "ask", "no"] {
            let option = format!("-o StrictHostKeyChecking={strict}");
            let (run, after) = at_an_address(&world, &differs, session, &[&option]);
            let run = run.exits(if strict == "no" { 0 } else { 255 });
            // ssh keeps its question to itself where there is nobody to ask.
            if (session, strict) != ("system", "ask") {
                run.says("differs from the key for the IP address")
                    .says(&format!("{}:2", world.known_hosts().display()));
            }
            assert_eq!(after, differs, "{session}, {strict}");
        }
        // At ssh's own port a HostName that is the address leaves nothing to compare it with.
        let differs_there = format!("{own}192.0.2.7 {other}\n");
        let (run, after) = at_an_address(&world, &differs_there, session, &["-p 22"]);
        run.success();
        assert_eq!(after, differs_there, "{session}");
        // Without the option nobody looks.
        let (run, after) = at_an_address(&world, &differs, session, &["-o CheckHostIP=no"]);
        run.success();
        assert_eq!(after, differs, "{session}");
    }
    // At a terminal, both clients ask.
    let differs = format!("{own}{address} {other}\n");
    for (session, answer, code) in SESSIONS.iter().flat_map(|s| [(s, "yes", 0), (s, "no", 255)]) {
        world.home.write(".ssh/known_hosts", &differs);
        let mut pty = Pty::spawn(&to_an_address(&world, session, &[]));
        pty.wait_for("Are you sure you want to continue connecting (yes/no)?");
        let shown = pty.screen().replace('\n', "");
        assert!(shown.contains("differs from the key for the IP address"), "{session}: {shown}");
        pty.send(&format!("{answer}\r"));
        assert_eq!(pty.wait_exit(), code, "{session}, {answer}: {}", pty.screen());
        assert_eq!(world.home.text(".ssh/known_hosts"), differs, "{session}, {answer}");
    }
    // Where the name is known by another key, what the address says is told.
    let changed = format!("srv {other}\n{address} {key}\n");
    let (run, _) = at_an_address(&world, &changed, "builtin", &[]);
    run.exits(255).says(&format!("the key for its IP address {address} is this one"));
    let revoked = format!("{own}@revoked {address} {key}\n");
    at_an_address(&world, &revoked, "builtin", &[]).0.exits(255).says("is revoked by");
}
