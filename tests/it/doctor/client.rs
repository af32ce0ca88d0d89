//! doctor looks by the client that a connect would use.

use crate::support::sandbox::chown;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{Agent, Run, SSHP, Sshd, World};
use crate::support::sshd::ME;

/// Connects, and forgets that.
#[track_caller]
fn connects(world: &World, code: i32) {
    world.sandbox.sshp("connect -o BatchMode=yes web true").exits(code);
    // One that is refused makes none.
    let _ = std::fs::remove_dir_all(world.sandbox.path(".local"));
}

/// Gives the server an RSA host key that it proves by SHA-1 only, and the profile a line about it.
fn old_server(lines: &str) -> World {
    let mut world = World::new();
    let key = world.sandbox.keygen("host_rsa", &["-t", "rsa", "-b", "2048"]);
    let config = std::fs::read_to_string(world.sshd.config_file()).expect("sshd_config");
    let config = format!("HostKeyAlgorithms ssh-rsa\nHostKey {}\n{config}", key.display());
    std::fs::write(world.sshd.config_file(), config).expect("sshd_config");
    world.sshd.stop();
    world.sshd.start_again();
    let public = world.sandbox.text(".ssh/host_rsa.pub");
    let line = format!("[127.0.0.1]:{} {public}", world.sshd.port);
    world.sandbox.write(".ssh/known_hosts", line);
    world.profile(&format!("IdentityFile {}\n{lines}", world.key.display()));
    world
}

#[test]
fn a_server_that_only_ssh_reaches_has_no_fault_but_for_the_builtin_session() {
    needs!("sshd");
    let servers = [
        ("KexAlgorithms sntrup761x25519-sha512@openssh.com", ""),
        ("MACs umac-64@openssh.com\nCiphers aes128-ctr", ""),
        ("Ciphers 3des-cbc", "Ciphers +3des-cbc"),
        ("MACs hmac-md5\nCiphers aes128-ctr", "MACs +hmac-md5"),
    ];
    let worlds = servers.map(|(server, lines)| World::with(server, lines));
    for world in &worlds {
        connects(world, 0);
        let run = world.sandbox.sshp("doctor web").success();
        run.prints("note  algorithms  ssh has ").prints("ok    session     `echo sshp-doctor` ran");
        world.finds_by("builtin", "", "no-common-algorithm", "algorithms", 1);
    }
}

#[test]
fn a_server_that_proves_its_key_by_sha1_has_no_fault_where_the_profile_takes_that() {
    needs!("sshd");
    let world = old_server("HostKeyAlgorithms +ssh-rsa");
    for session in ["system", "builtin"] {
        world.session(session);
        world
            .sandbox
            .sshp("doctor web")
            .success()
            .prints("ok    session     `echo sshp-doctor` ran");
    }
    // Where it does not, ssh cannot do without it.
    world.profile(&format!("IdentityFile {}", world.key.display()));
    world
        .finds_by("system", "", "no-common-algorithm", "algorithms", 1)
        .offers("sshp edit web --option HostKeyAlgorithms=+ssh-rsa");
}

#[test]
fn a_connection_that_a_proxy_command_passes_has_no_fault_but_for_the_builtin_session() {
    needs!("sshd");
    let world = World::new();
    let passes = world.sandbox.write(
        "passes.py",
        "import socket, sys\n\
         server = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n\
         socket.send_fds(socket.socket(fileno=1), [b'\\0'], [server.fileno()])\n",
    );
    let lines = format!("ProxyCommand python3 {} %h %p\nProxyUseFdpass yes", passes.display());
    world.profile(&format!("IdentityFile {}\n{lines}", world.key.display()));
    connects(&world, 0);
    world.sandbox.sshp("doctor web").success().prints("ok    session     `echo sshp-doctor` ran");
    world.finds_by("builtin", "", "builtin-lacks", "config", 1).sees("ProxyUseFdpass");
}

#[test]
fn an_option_that_is_set_already_is_not_proposed() {
    needs!("sshd");
    let world = World::with("Ciphers 3des-cbc", "Ciphers +3des-cbc");
    let found = world.finds_by("builtin", "", "no-common-algorithm", "algorithms", 1);
    found.offers("\"sshp connect --session system web\"");
    // Where it is not set, ssh cannot do without it either.
    world.profile(&format!("IdentityFile {}", world.key.display()));
    world
        .finds_by("system", "", "no-common-algorithm", "algorithms", 1)
        .offers("sshp edit web --option Ciphers=+3des-cbc");
}

#[test]
fn what_only_the_builtin_session_lacks_stops_it_alone() {
    needs!("sshd");
    let world = World::with("", "ForwardX11 yes");
    world.finds_by("builtin", "", "builtin-lacks", "config", 1).sees("ForwardX11");
    let run = world.sandbox.sshp("doctor web").success();
    run.prints("note  config      the built-in session does without `ForwardX11 yes`");
}

#[test]
fn a_key_that_ssh_cannot_load_is_a_fault_where_ssh_connects() {
    needs!("sshd");
    let world = World::new();
    let text = world.sandbox.text(".ssh/id").replace('\n', "\r\n");
    let key = world.sandbox.write(".ssh/crlf", text);
    world.profile(&format!("IdentityFile {}", key.display()));
    connects(&world, 255);
    let found = world.finds_by("system", "", "key-unusable", "login", 1);
    found.says("what", &key.display().to_string()).says("what", "ssh says");
}

#[test]
fn a_key_that_the_builtin_session_cannot_load_is_a_fault_before_anything_is_sent() {
    needs!("sshd");
    let world = World::new();
    let sealed = world.sandbox.keygen("sealed", &["-N", "sesame"]);
    // Cut off in the middle, though it says that it is encrypted.
    let text = world.sandbox.text(&sealed);
    let key = world.sandbox.write(".ssh/cut", &text[..text.len() / 2]);
    world.profile(&format!("IdentityFile {}", key.display()));
    world.finds_by("builtin", "", "key-unusable", "keys", 1).says("what", "damaged");
    assert!(!world.sshd.log().contains("remote software version"), "{}", world.sshd.log());
    // What ssh alone cannot load is none.
    let crlf = world.sandbox.text(&world.key).replace('\n', "\r\n");
    let key = world.sandbox.write(".ssh/crlf", crlf);
    world.profile(&format!("IdentityFile {}", key.display()));
    world.session("builtin");
    world.sandbox.sshp("doctor web").success().prints("crlf (private key)");
}

#[test]
fn a_security_key_that_nobody_can_use_is_named() {
    needs!("sshd");
    let world = World::new();
    let key = world.sandbox.write(".ssh/yubi", crate::connect::token::FILE);
    let public = Run::of(world.sandbox.command("ssh-keygen").arg("-yf").arg(&key));
    world.sandbox.write(".ssh/yubi.pub", &public.stdout);
    world.sandbox.write(format!("sshd-{}/authorized_keys", world.sshd.port), &public.stdout);
    world.profile(&format!("IdentityFile {}", key.display()));
    world
        .finds_by("builtin", "", "key-needs-agent", "keys", 1)
        .says("what", "is a FIDO security key")
        .offers(&format!("ssh-add {}", key.display()));
    world
        .finds_by("system", "", "key-not-signed", "login", 1)
        .says("what", &key.display().to_string());
}

#[test]
fn a_user_without_an_entry_in_passwd_is_told_what_works() {
    needs!("root", "sshd", "util-linux");
    let world = World::new();
    world.session("system");
    for name in
        ["", ".ssh", ".ssh/config", ".ssh/id", ".ssh/known_hosts", ".config/sshp/config.toml"]
    {
        chown(world.sandbox.path(name), 4_713, None);
    }
    let mut command = world.sandbox.command("setpriv");
    command.args(["--reuid", "4713", "--regid", "0", "--clear-groups", SSHP, "doctor", "web"]);
    let run = Run::of(&mut command).exits(1);
    run.prints("finding: no-passwd-entry").prints("No user exists for uid 4713");
}

#[test]
fn other_keys_in_known_hosts_conflict_with_pins() {
    needs!("sshd");
    let world = World::new();
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
    let known = world.sandbox.text(".ssh/known_hosts");
    let known = format!("{known}[127.0.0.1]:{} {other}\n", world.sshd.port);
    world.sandbox.write(".ssh/known_hosts", known);
    let pin = format!("[web]\nhost_keys = [\"{}\"]\n", world.sshd.fingerprint());
    world.sandbox.write(".config/sshp/profiles.toml", pin);
    connects(&world, 255);
    world.finds_by("system", "", "pins-conflict", "host-key", 6).sees("known_hosts:2");
    world.session("builtin");
    world.sandbox.sshp("doctor web").success();
}

#[test]
fn what_is_not_understood_is_said_in_the_words_of_ssh() {
    needs!("sshd");
    let world = World::new();
    let ssh = world
        .sandbox
        .write("bin/ssh", "#!/bin/sh\necho 'first line' >&2\necho boom >&2\nexit 255\n");
    world.sandbox.chmod("bin/ssh", 0o755);
    let mut command = world.sandbox.command(SSHP);
    let run = Run::of(command.args(["doctor", "web"]).env("SSHP_SSH", ssh)).exits(1);
    run.prints("finding: ssh-failed\n        first line\n        boom\n");
}

/// An ssh that shares its connection, until it is dropped.
struct Master(std::process::Child);

impl Master {
    fn start(world: &World, socket: &Path) -> Self {
        let mut ssh = world.sandbox.command("ssh");
        ssh.arg("-F").arg(world.sandbox.path(".ssh/config")).args([
            "-MN",
            "-o",
            "ControlPersist=no",
            "web",
        ]);
        let master = Master(ssh.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("ssh"));
        let start = Instant::now();
        while !socket.exists() {
            assert!(start.elapsed() < Duration::from_secs(30), "no shared connection");
            std::thread::sleep(Duration::from_millis(10));
        }
        master
    }

    fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        Run::of(std::process::Command::new("kill").args([signal, &pid])).success();
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_connection_that_is_shared_is_used_never_left_behind_and_may_be_stuck() {
    needs!("sshd");
    let world = World::new();
    let socket = world.sandbox.path("shared");
    let id = world.key.display();
    world.profile(&format!(
        "IdentityFile {id}\nControlMaster auto\nControlPersist 1m\nControlPath {}",
        socket.display()
    ));
    world.sandbox.sshp("doctor web").success().prints("ok    host-key");
    assert!(!socket.exists(), "a connection was left behind");
    let master = Master::start(&world, &socket);
    let run = world.sandbox.sshp("doctor web").success();
    run.prints("note  tcp         a shared connection is open").prints("ran through the shared");
    master.signal("-STOP");
    let found = world.finds_by("system", "", "shared-connection-stuck", "tcp", 1);
    found.offers("ssh -O exit web");
    master.signal("-CONT");
}

#[test]
fn nothing_is_stored_or_run_on_the_way_through_a_jump_host() {
    needs!("sshd");
    let world = World::new();
    let inner = Sshd::start(&world.sandbox, &world.key);
    let (ssh, ran) = (world.sandbox.path(".ssh"), world.sandbox.path("ran"));
    let agent = Agent::start(&world.sandbox);
    let free = super::free_port();
    let config = format!(
        "Host web\nPort {}\nProxyJump hop\nRemoteCommand touch {ran}\nLocalForward {free} localhost:1\n\
         Host hop\nPort {}\nHost *\nHostName 127.0.0.1\nUser {ME}\nIdentityFile {}\n\
         StrictHostKeyChecking accept-new\nUserKnownHostsFile {}/known_hosts\nAddKeysToAgent yes\n\
         PermitLocalCommand yes\nLocalCommand touch {ran}\nControlMaster auto\nControlPath {}/c-%n\n",
        inner.port,
        world.sshd.port,
        world.key.display(),
        ssh.display(),
        ssh.display(),
        ran = ran.display(),
    );
    world.sandbox.write(".ssh/config", config);
    world.sandbox.write(".ssh/known_hosts", "");
    let mut command = world.sandbox.command(SSHP);
    command.args(["doctor", "web"]).env("SSH_AUTH_SOCK", &agent.socket);
    let run = Run::of(&mut command).success();
    run.prints("note  host-key    hop: ")
        .prints("note  host-key    web: ")
        .prints("ok    session     web: ");
    assert_eq!(world.sandbox.text(".ssh/known_hosts"), "");
    assert!(!ran.exists(), "a command of the config ran");
    let left = std::fs::read_dir(&ssh).expect("~/.ssh").flatten();
    let left: Vec<_> =
        left.map(|e| e.file_name()).filter(|n| n.to_string_lossy().starts_with("c-")).collect();
    assert!(left.is_empty(), "{left:?}");
    let mut keys = world.sandbox.command("ssh-add");
    Run::of(keys.arg("-l").env("SSH_AUTH_SOCK", &agent.socket)).exits(1);
}

#[test]
fn a_login_that_ends_well_without_the_command_is_no_fault() {
    needs!("sshd");
    let world = World::with("ForceCommand true", "");
    connects(&world, 0);
    for client in ["system", "builtin"] {
        world.session(client);
        world
            .sandbox
            .sshp("doctor web")
            .success()
            .prints("note  session     `echo sshp-doctor` was not");
    }
}

#[test]
fn a_key_that_is_missing_is_no_fault_where_the_login_needs_none() {
    needs!("sshd");
    let world = World::new();
    let agent = Agent::start(&world.sandbox);
    agent.add(&world.sandbox, &world.key);
    world.profile("IdentityFile /dev/null");
    let mut command = world.sandbox.command(SSHP);
    Run::of(command.args(["doctor", "web"]).env("SSH_AUTH_SOCK", &agent.socket)).success();
}

#[test]
fn a_socket_that_cannot_be_made_is_found_before_a_connect_ends_with_it() {
    needs!("sshd");
    let world = World::new();
    let id = world.key.display();
    world.profile(&format!("IdentityFile {id}\nControlMaster auto\nControlPath ~/none/%C"));
    connects(&world, 255);
    let found = world.finds_by("system", "", "control-path-unusable", "config", 1);
    found.sees("none").offers("mkdir -p");
}
