//! `sshp doctor` against real sshds and servers that are none: one for each finding.

mod client;
#[cfg(target_os = "linux")]
mod ends;
mod runs;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;

use serde_json::Value;

use crate::support::address::black_hole;
use crate::support::agent::Agent;
use crate::support::needs;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox, chown};
use crate::support::sshd::{ME, SSHD, Sshd, free_port};

/// A server, a key that it takes, and a profile `web` for it.
struct World {
    sandbox: Sandbox,
    sshd: Sshd,
    key: PathBuf,
}

impl World {
    fn new() -> Self {
        World::with("", "")
    }

    /// A server with these lines of sshd_config(5), and a profile `web` for it with these lines.
    fn with(server: &str, lines: &str) -> Self {
        let sandbox = Sandbox::new();
        let key = sandbox.keygen("id", &[]);
        let sshd = Sshd::start_with(&sandbox, &key, server);
        let world = World { sandbox, sshd, key };
        world.sandbox.write(".ssh/known_hosts", world.sshd.known_hosts_line());
        world.profile(&format!("IdentityFile {}\n{lines}", world.key.display()));
        world
    }

    /// Gives `web` other lines.
    fn profile(&self, lines: &str) {
        self.profile_at("127.0.0.1", self.sshd.port, lines);
    }

    fn profile_at(&self, host: &str, port: u16, lines: &str) {
        let ssh = self.sandbox.path(".ssh");
        let ssh = ssh.display();
        let config = format!(
            "Host web\nHostName {host}\nPort {port}\nUser {ME}\n{lines}\nHost *\n\
             UserKnownHostsFile {ssh}/known_hosts\nGlobalKnownHostsFile {ssh}/global\n\
             ConnectTimeout 20\n"
        );
        self.sandbox.write(".ssh/config", config);
    }

    /// Lets one of the clients run the sessions.
    fn session(&self, client: &str) {
        self.sandbox.write(".config/sshp/config.toml", format!("session = \"{client}\"\n"));
    }

    /// The finding, the same by either client, after a look at what is printed for people, too.
    #[track_caller]
    fn finds(&self, flags: &str, name: &str, stage: &str, exit: i32) -> Finding {
        let before = self.kept();
        let shown = self.sandbox.sshp(&format!("doctor web {flags}")).exits(exit);
        assert_eq!(shown.stdout.matches("FAIL").count(), 1, "{shown:#?}");
        assert!(shown.stdout.contains(&format!("FAIL  {stage} ")), "no {stage} in {shown:#?}");
        shown.prints(&format!("finding: {name}\n"));
        assert_eq!(self.kept(), before, "something was stored");
        let found = ["builtin", "system"].map(|client| {
            let Finding(found) = self.finds_by(client, flags, name, stage, exit);
            found
        });
        Finding(found.concat())
    }

    /// The finding by one client.
    #[track_caller]
    fn finds_by(&self, client: &str, flags: &str, name: &str, stage: &str, exit: i32) -> Finding {
        let before = self.kept();
        self.session(client);
        let json = self.sandbox.sshp(&format!("doctor web --json {flags}")).exits(exit);
        let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
        assert_eq!(json["schema"], "sshp.doctor.v1");
        assert_eq!(json["exit"], exit);
        let found = &json["findings"][0];
        assert_eq!((&found["name"], &found["stage"]), (&name.into(), &stage.into()), "{json:#}");
        assert_eq!(json["findings"].as_array().map(Vec::len), Some(1), "{json:#}");
        assert_ne!(found["commands"].as_array().map(Vec::len), Some(0), "{json:#}");
        assert_eq!(self.kept(), before, "{client} stored something");
        self.session("auto");
        Finding(vec![json])
    }

    /// What a look must not change.
    fn kept(&self) -> Vec<Vec<u8>> {
        let files = [".ssh/known_hosts", ".ssh/config"];
        let kept = files.map(|file| std::fs::read(self.sandbox.path(file)).unwrap_or_default());
        assert!(!self.sandbox.path(".local/state/sshp").exists(), "the state folder was made");
        kept.to_vec()
    }
}

/// What each client found.
struct Finding(Vec<Value>);

impl Finding {
    #[track_caller]
    fn sees(self, what: &str) -> Self {
        self.says("seen", what)
    }

    #[track_caller]
    fn offers(self, what: &str) -> Self {
        self.says("commands", what)
    }

    #[track_caller]
    fn says(self, field: &str, what: &str) -> Self {
        for json in &self.0 {
            let text = json["findings"][0][field].to_string();
            assert!(text.contains(what), "no {what:?} in {json:#}");
        }
        self
    }
}

/// A server that gives every connection this and then what `after` does with it.
fn fake(text: &'static str, after: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            std::thread::spawn(move || {
                let _ = stream.write_all(text.as_bytes());
                after(stream);
            });
        }
    });
    port
}

/// Stays until the client goes.
fn stay(mut stream: TcpStream) {
    let mut rest = [0; 1024];
    while let Ok(1..) = stream.read(&mut rest) {}
}

#[test]
fn a_good_connection_is_looked_at_stage_by_stage() {
    needs!("sshd");
    let world = World::new();
    let run = world.sandbox.sshp("doctor web").success();
    let stages: Vec<_> = run.stdout.lines().map(|line| line.get(..14).unwrap_or(line)).collect();
    assert_eq!(
        stages[1..],
        [
            "ok    config  ",
            "ok    keys    ",
            "ok    address ",
            "ok    tcp     ",
            "ok    banner  ",
            "ok    algorith",
            "ok    host-key",
            "ok    methods ",
            "ok    login   ",
            "ok    session ",
        ],
        "{run:#?}"
    );
    run.prints(&format!("web: {ME}@127.0.0.1 port "))
        .prints("SSH-2.0-OpenSSH")
        .prints(&world.sshd.fingerprint());
    let run = world.sandbox.sshp("doctor web --no-auth").success();
    assert!(run.stdout.contains("--    login       not tried: --no-auth"), "{run:#?}");
    assert!(!run.stdout.contains("session"), "{run:#?}");
    let to = format!("ssh://{ME}@127.0.0.1:{}", world.sshd.port);
    let run = world.sandbox.sshp_args(["doctor", &to, "--no-auth"]).success();
    run.prints("note  config").prints("is no profile").prints("it is taken as a host");
    world.sandbox.sshp("doctor wbe --no-auth").exits(3).prints("did you mean `web`?");
    world.sandbox.sshp("doctor -- -oProxyCommand=x").exits(5);
}

#[test]
fn without_a_login_nobody_is_logged_in() {
    needs!("sshd");
    let world = World::new();
    world.sandbox.sshp("doctor web --no-auth").success();
    assert!(!world.sshd.log().contains("Accepted"), "{}", world.sshd.log());
    world.sandbox.sshp("doctor web").success();
    assert!(world.sshd.log().contains("Accepted publickey"), "{}", world.sshd.log());
}

#[test]
fn what_the_config_says_can_be_refused() {
    needs!("sshd");
    let world = World::new();
    world.profile("NoSuchOption yes");
    world.finds("", "config-refused", "config", 5).sees("line 5").offers("sshp check");
    world.profile_at("'a;touch x'", 22, "");
    world.finds("", "destination-refused", "config", 5);
    world.profile("ProxyJump web");
    world.finds("", "destination-refused", "config", 5);
    assert!(!world.sandbox.path("x").exists());
}

#[test]
fn what_ssh_says_in_several_lines_is_several_lines() {
    needs!("sshd");
    let world = World::new();
    world.profile("NoSuchOption yes\nNorThis yes");
    let run = world.sandbox.sshp("doctor web").exits(5);
    assert!(!run.stdout.contains("\\x0a"), "{run:#?}");
    let lines: Vec<_> = run.stdout.lines().filter(|line| line.contains("Bad config")).collect();
    assert_eq!(lines.len(), 2, "{run:#?}");
    assert!(lines[1].starts_with("        ") && lines[1].contains("northis"), "{run:#?}");
}

#[test]
fn a_user_without_an_entry_in_passwd_connects_by_the_builtin_session() {
    const UID: u32 = 1_000_620_000;
    needs!("root", "sshd", "util-linux");
    let world = World::new();
    for name in ["", ".ssh", ".ssh/config", ".ssh/id", ".ssh/known_hosts"] {
        chown(world.sandbox.path(name), UID, None);
    }
    let user = |words: &[&str]| {
        let mut command = world.sandbox.command("setpriv");
        let id = UID.to_string();
        command.args(["--reuid", &id, "--regid", "0", "--clear-groups", SSHP]).args(words);
        Run::of(&mut command)
    };
    user(&["web", "echo in"]).success().prints("in\n");
    let system = user(&["connect", "--session", "system", "web", "true"]).exits(255);
    system.says("No user exists for uid 1000620000").says("--session builtin");
    let looked = user(&["doctor"]);
    looked.prints("note  ssh         passwd(5) has no entry for uid 1000620000");
    user(&["doctor", "web"]).success();
}

#[test]
fn keys_that_are_missing_open_or_none_are_named_before_anything_is_sent() {
    needs!("sshd");
    let world = World::new();
    world.profile("IdentityFile ~/gone.pem\nIdentityFile /gone.pem");
    world.finds("", "key-missing", "keys", 3).offers("sshp edit web --key FILE");
    world.sandbox.chmod(".ssh/id", 0o644);
    world.profile(&format!("IdentityFile {}", world.key.display()));
    world
        .finds("", "key-too-open", "keys", 5)
        .offers(&format!("sshp key fix {}", world.key.display()));
    world.sandbox.sshp(&format!("key fix {}", world.key.display())).success();
    world.sandbox.sshp("doctor web").success();
    world.profile(&format!("IdentityFile {}", world.sandbox.write("text", "no key").display()));
    world.finds("", "key-unusable", "keys", 1).says("what", "not a private key");
    world.profile("IdentityFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no");
    world.finds("", "no-key", "keys", 3);
    // One that is good is enough.
    world.profile(&format!("IdentityFile /gone.pem\nIdentityFile {}", world.key.display()));
    world.sandbox.sshp("doctor web").success().prints("note  keys        there is no `/gone.pem`");
}

#[test]
fn a_command_that_mends_can_be_pasted_into_a_shell() {
    needs!("sshd");
    let world = World::new();
    let name = ".ssh/it's {a,b} `touch ran` $(touch ran) !x";
    let key = world.sandbox.write(name, std::fs::read(&world.key).expect("the key"));
    world.sandbox.chmod(name, 0o644);
    world.profile(&format!("IdentityFile \"{}\"", key.display()));
    let found = world.finds("", "key-too-open", "keys", 5);
    let command = found.0[0]["findings"][0]["commands"][0]["command"].as_str().expect("a command");
    for shell in ["sh"].into_iter().chain(needs::each(["bash", "zsh", "fish"])) {
        world.sandbox.chmod(name, 0o644);
        Run::of(world.sandbox.command(shell).args(["-c", command])).success();
        assert_eq!(world.sandbox.mode(name), 0o600, "{shell}: {command}");
        assert!(!world.sandbox.path("ran").exists(), "{shell}: {command}");
    }
}

#[test]
fn names_and_addresses() {
    needs!("sshd");
    let world = World::new();
    world.profile_at("no-such-host.invalid", 22, "");
    world.finds("", "cannot-resolve", "address", 3).offers("getent ahosts no-such-host.invalid");
    world.profile_at("127.0.0.1", 22, "AddressFamily inet6");
    // The resolver refuses a family that a literal address has not, or leaves nothing.
    let run = world.sandbox.sshp("doctor web --json").exits(3);
    assert!(run.stdout.contains("no-address-of-family") || run.stdout.contains("cannot-resolve"));
    world.profile_at("255.255.255.255", 22, "");
    world.finds("", "unreachable", "tcp", 1);
}

/// An address of loopback that only this test of this run uses: ports on it can be fixed.
fn own_address(test: u8) -> Ipv4Addr {
    let [low, high, ..] = std::process::id().to_le_bytes();
    Ipv4Addr::new(127, 100 + test, high, low)
}

#[test]
fn a_port_where_nothing_listens_and_one_where_ssh_does() {
    needs!("sshd");
    let own = own_address(1);
    let world = World::with(&format!("ListenAddress {own}:2222"), "");
    world.profile_at(&own.to_string(), free_port(), "");
    world
        .finds("", "connection-refused", "tcp", 1)
        .sees("port 2222: SSH-2.0-OpenSSH")
        .offers("sshp edit web --port 2222");
}

#[test]
fn a_firewall_that_drops_and_a_port_where_ssh_answers() {
    needs!("sshd");
    let own = own_address(2);
    let world = World::with(&format!("ListenAddress {own}:2222"), "");
    let (port, _held) = black_hole(own, 0);
    world.profile_at(&own.to_string(), port, "ConnectTimeout 2");
    world
        .finds("", "timed-out", "tcp", 1)
        .sees("port 2222: SSH-2.0-OpenSSH")
        .offers("sshp edit web --port 2222")
        .says("means", "security group");
}

#[test]
fn servers_that_are_none() {
    needs!("sshd");
    let world = World::new();
    let at = |port: u16, lines: &str| world.profile_at("127.0.0.1", port, lines);
    at(fake("HTTP/1.1 400 Bad Request\r\nServer: \x1b[31mx\r\n\r\n", drop), "");
    world.finds("", "not-ssh", "banner", 1).sees("HTTP/1.1 400 Bad Request");
    at(fake("SSH-1.5-old\r\n", stay), "");
    world.finds("", "not-ssh", "banner", 1).sees("SSH-1.5-old");
    at(fake("\x1b]0;title\x07\r\n", drop), "");
    world.finds("", "not-ssh", "banner", 1).sees("x1b");
    at(fake("", drop), "");
    world.finds("", "closed-early", "banner", 1);
    at(fake("", stay), "ConnectTimeout 1");
    world.finds("", "no-banner", "banner", 1);
    at(fake("SSH-2.0-x\r\n", stay), "ConnectTimeout 1");
    world.finds("", "handshake-failed", "algorithms", 1);
    at(22, "ProxyCommand false");
    world.finds("", "proxy-command-failed", "banner", 1).offers("false");
}

#[test]
fn servers_without_a_common_algorithm() {
    needs!("sshd");
    let world = World::with("KexAlgorithms diffie-hellman-group14-sha1", "");
    world
        .finds("", "no-common-algorithm", "algorithms", 1)
        .sees("the server: diffie-hellman-group14-sha1")
        .sees("curve25519-sha256")
        .offers("sshp edit web --option KexAlgorithms=+diffie-hellman-group14-sha1");
    world.sandbox.sshp("edit web --option KexAlgorithms=+diffie-hellman-group14-sha1").success();
    world.sandbox.sshp("doctor web").success();
    let world = World::with("MACs umac-64@openssh.com\nCiphers aes128-ctr", "");
    world
        .finds_by("builtin", "", "no-common-algorithm", "algorithms", 1)
        .offers("sshp connect --session system -o MACs=+umac-64@openssh.com web");
}

#[test]
fn host_keys_that_are_unknown_changed_revoked_or_not_pinned() {
    needs!("sshd");
    let world = World::new();
    let known = world.sandbox.text(".ssh/known_hosts");
    let offered = world.sshd.fingerprint();
    world.sandbox.write(".ssh/known_hosts", "");
    world.finds("", "host-key-unknown", "host-key", 6).sees(&offered).offers("sshp trust web");
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
    world.sandbox.write(".ssh/known_hosts", format!("[127.0.0.1]:{} {other}\n", world.sshd.port));
    world
        .finds("", "host-key-changed", "host-key", 6)
        .sees(&offered)
        .sees("known_hosts:1")
        .offers("sshp trust web --from -")
        .offers("sshp forget web");
    // What lets a connect go on is no reason not to say it.
    let id = format!("IdentityFile {}\n", world.key.display());
    world.profile(&format!("{id}StrictHostKeyChecking no"));
    world.finds("", "host-key-changed", "host-key", 6);
    world.sandbox.write(".ssh/known_hosts", "");
    let run = world.sandbox.sshp("doctor web").success();
    run.prints("note  host-key").prints("a connect would store it");
    assert_eq!(world.sandbox.text(".ssh/known_hosts"), "");
    world
        .sandbox
        .write(".ssh/known_hosts", format!("@revoked * {}\n{known}", world.sshd.host_key()));
    world.profile(&id);
    world.finds("", "host-key-revoked", "host-key", 6).sees("known_hosts:1");
    world.sandbox.write(".ssh/known_hosts", known);
    let pin = "[web]\nhost_keys = [\"SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ\"]\n";
    world.sandbox.write(".config/sshp/profiles.toml", pin);
    world.finds("", "host-key-not-pinned", "host-key", 6).offers("--pin");
    std::fs::remove_file(world.sandbox.path(".config/sshp/profiles.toml")).expect("gone");
    std::fs::remove_file(world.sandbox.path(".ssh/known_hosts")).expect("gone");
    std::fs::create_dir(world.sandbox.path(".ssh/known_hosts")).expect("a folder");
    world.finds("", "known-hosts-unreadable", "host-key", 6);
}

#[test]
fn a_key_that_the_server_does_not_know() {
    needs!("sshd");
    let world = World::new();
    let other = world.sandbox.keygen("other", &[]);
    world.profile(&format!("IdentityFile {}", other.display()));
    world
        .finds("", "key-not-accepted", "login", 1)
        .sees(&other.display().to_string())
        .offers("sshp doctor web --guess-user");
    // Nobody is asked for unless that is told.
    assert!(!world.sshd.log().contains("ubuntu"), "{}", world.sshd.log());
    world.finds("--guess-user", "key-not-accepted", "login", 1).sees("nor for: ec2-user, ubuntu");
    assert!(world.sshd.log().contains("ubuntu"), "{}", world.sshd.log());
    world.profile(&format!("IdentityFile {}\nUser nosuch", world.key.display()));
    let config = world.sandbox.config().replace(&format!("User {ME}\n"), "");
    world.sandbox.write(".ssh/config", config);
    world.finds("", "key-not-accepted", "login", 1).says("what", "`nosuch`");
    assert!(!world.sshd.log().contains("Accepted publickey"), "{}", world.sshd.log());
}

#[test]
fn a_user_who_has_the_key_is_found_among_those_of_images() {
    needs!("root", "sshd");
    let world = World::new();
    world.profile(&format!("IdentityFile {}\nUser nosuch", world.key.display()));
    let config = world.sandbox.config().replace(&format!("User {ME}\n"), "");
    world.sandbox.write(".ssh/config", config);
    world
        .finds("--guess-user", "wrong-user", "login", 1)
        .offers(&format!("sshp edit web --user {ME}"));
    assert!(!world.sshd.log().contains("Accepted publickey"), "{}", world.sshd.log());
}

#[test]
fn a_server_that_wants_what_the_config_forbids_or_has_no_patience() {
    needs!("sshd");
    let world = World::with("", "PubkeyAuthentication no\nPreferredAuthentications none");
    world.finds("", "no-common-method", "login", 1).sees("publickey");
    let mut keygen = world.sandbox.command("ssh-keygen");
    Run::of(keygen.args(["-q", "-p", "-N", "sesame", "-f"]).arg(&world.key)).success();
    let (id, gone) = (world.key.display(), world.sandbox.path("gone"));
    let server = format!("timeout 10 {}; touch {}", world.sshd.proxy_command(), gone.display());
    world.profile(&format!("IdentityFile {id}\nProxyCommand sh -c '{server}'"));
    let mut command = world.sandbox.command(SSHP);
    let mut pty = Pty::spawn_sized(command.args(["doctor", "web"]), 150, 50);
    pty.wait_for("Enter passphrase");
    pty.wait_until("the end of the server's patience", |_| gone.exists());
    pty.send("sesame\r");
    pty.wait_for("finding: closed-at-login");
    assert_eq!(pty.wait_exit(), 1);
}

#[test]
fn a_key_whose_passphrase_is_wrong_or_cannot_be_asked_for() {
    needs!("sshd");
    let world = World::new();
    let mut keygen = world.sandbox.command("ssh-keygen");
    Run::of(keygen.args(["-q", "-p", "-N", "sesame", "-f"]).arg(&world.key)).success();
    let path = world.key.display().to_string();
    world.finds("", "passphrase-needed", "login", 1).offers(&format!("ssh-add {path}"));
    let doctor = |passphrase: &str| {
        let mut command = world.sandbox.command(SSHP);
        let mut pty = Pty::spawn_sized(command.args(["doctor", "web"]), 150, 50);
        for _ in 0..3 {
            pty.wait_until("a question", |screen| {
                screen.trim_end().ends_with(&format!("'{path}':")) || screen.contains("login")
            });
            if pty.screen().contains("login") {
                break;
            }
            let before = pty.screen().matches("passphrase").count();
            pty.send(&format!("{passphrase}\r"));
            pty.wait_until("what follows", |screen| {
                screen.contains("login") || screen.matches("passphrase").count() > before
            });
        }
        let code = pty.wait_exit();
        (code, pty.screen())
    };
    let (code, screen) = doctor("wrong");
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("finding: wrong-passphrase"), "{screen}");
    let (code, screen) = doctor("sesame");
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("session"), "{screen}");
}

#[test]
fn an_agent_with_more_keys_than_the_server_takes() {
    needs!("sshd");
    let world = World::with("MaxAuthTries 3", "");
    let agent = Agent::start(&world.sandbox);
    for number in 0..5 {
        agent.add(&world.sandbox, &world.sandbox.keygen(&format!("key{number}"), &[]));
    }
    let doctor = |flags: &[&str]| {
        let mut command = world.sandbox.command(SSHP);
        Run::of(command.args(["doctor"]).args(flags).env("SSH_AUTH_SOCK", &agent.socket))
    };
    let run = doctor(&["web"]).exits(1).prints("finding: too-many-failures");
    run.prints("3 of them from the agent").prints("IdentitiesOnly=yes").prints("the agent's 5");
    world.sandbox.sshp("edit web --option IdentitiesOnly=yes").success();
    doctor(&["web"]).success();
}

#[test]
fn passwords_are_sent_only_when_told_to() {
    needs!("root", "openssl", "sshd");
    let world = World::with("PasswordAuthentication no\nKbdInteractiveAuthentication no", "");
    world.profile("IdentityFile none");
    world.finds("", "password-not-offered", "login", 1).sees("it takes: publickey");

    let sandbox = Sandbox::new();
    let key = sandbox.keygen("id", &[]);
    let mut sshd = Sshd::configure(&sandbox, &key, "KbdInteractiveAuthentication no");
    sshd.launch_with_user("doctor", "open sesame");
    let world = World { sandbox, sshd, key };
    world.sandbox.write(".ssh/known_hosts", world.sshd.known_hosts_line());
    world.profile("IdentityFile none");
    let config = world.sandbox.config().replace(&format!("User {ME}"), "User doctor");
    world.sandbox.write(".ssh/config", config);
    let run = world.sandbox.sshp("doctor web").success();
    run.prints("--    login       the server accepts a password; `--password` asks for yours");
    assert!(!world.sshd.log().contains("Failed password"), "{}", world.sshd.log());
    world.sandbox.sshp("doctor web --password").exits(2).says("needs a terminal");
    let doctor = |password: &str, prompts: usize| {
        let mut command = world.sandbox.command(SSHP);
        let mut pty = Pty::spawn_sized(command.args(["doctor", "web", "--password"]), 150, 50);
        for number in 1..=prompts {
            pty.wait_until("a question", |s| s.matches("'s password:").count() == number);
            pty.send(&format!("{password}\r"));
        }
        let code = pty.wait_exit();
        (code, pty.screen())
    };
    let (code, screen) = doctor("wrong", 3);
    assert!(code == 1 && screen.contains("finding: password-refused"), "{screen}");
    let (code, screen) = doctor("open sesame", 1);
    assert!(code == 0 && screen.contains("as doctor with a password"), "{screen}");
}

#[test]
fn accounts_that_close_at_once() {
    needs!("sshd");
    let world = World::with("ForceCommand exit 3", "");
    world.finds("", "account-closes", "session", 1).says("what", "with status 3");
    let world = World::with("ForceCommand /usr/sbin/nologin", "");
    world
        .finds("", "account-closes", "session", 1)
        .sees("This account is currently not available")
        .offers(&format!("getent passwd {ME}"));
    // As the images of clouds tell root.
    let says = "ForceCommand echo 'Please login as the user \"ec2-user\" rather than the user \"root\".'; exit 142";
    let world = World::with(says, "");
    world.finds("", "wrong-user", "session", 1).offers("sshp edit web --user ec2-user");
    let world = World::with("ForceCommand sleep 60", "");
    let run = world.sandbox.sshp("doctor web").success();
    run.prints("note  session").prints("the account runs another command or shell");
    let world = World::with("MaxSessions 0", "");
    world.finds("", "session-refused", "session", 1);
    let world = World::with(&format!("DenyUsers {ME}"), "");
    world.finds("", "key-not-accepted", "login", 1);
}

#[test]
fn each_jump_host_is_gone_through_the_same_stages() {
    needs!("sshd");
    let world = World::new();
    let inner = Sshd::start(&world.sandbox, &world.key);
    let known = world.sandbox.text(".ssh/known_hosts");
    world.sandbox.write(".ssh/known_hosts", known.clone() + &inner.known_hosts_line());
    let ssh = world.sandbox.path(".ssh");
    let config = |inner: u16, jump: u16| {
        let (id, ssh) = (world.key.display(), ssh.display());
        let mut text = String::new();
        let _ = write!(
            text,
            "Host web\nPort {inner}\nProxyJump hop\nHost hop\nPort {jump}\nHost *\nHostName 127.0.0.1\n\
             User {ME}\nIdentityFile {id}\nUserKnownHostsFile {ssh}/known_hosts\nConnectTimeout 20\n"
        );
        world.sandbox.write(".ssh/config", text);
    };
    config(inner.port, world.sshd.port);
    let run = world.sandbox.sshp("doctor web").success();
    for (stage, hop) in [("banner", "hop"), ("login", "hop"), ("banner", "web"), ("session", "web")]
    {
        assert!(run.stdout.contains(&format!("ok    {stage:<10}  {hop}: ")), "{stage}: {run:#?}");
    }
    assert!(!run.stdout.contains("session     hop"), "{run:#?}");
    let free = free_port();
    config(free, world.sshd.port);
    let found = world.finds("", "jump-cannot-reach", "tcp", 1).offers("sshp hop nc -vz 127.0.0.1");
    assert_eq!(found.0[0]["findings"][0]["host"], "web");
    config(inner.port, free);
    let found = world.finds("", "connection-refused", "tcp", 1);
    assert_eq!(found.0[0]["findings"][0]["host"], "hop");
    let closed = Sshd::start_with(&world.sandbox, &world.key, "AllowTcpForwarding no");
    world.sandbox.write(".ssh/known_hosts", known + &closed.known_hosts_line());
    config(inner.port, closed.port);
    world.finds("", "jump-forbids", "tcp", 1);
}

#[test]
fn what_is_run_here_is_what_a_connect_runs_and_is_said() {
    needs!("sshd");
    let world = World::new();
    let mark = world.sandbox.path("ran");
    let config = format!(
        "Match host web exec \"echo x >> {}\"\nCompression no\n{}",
        mark.display(),
        world.sandbox.config()
    );
    world.sandbox.write(".ssh/config", config);
    world.session("builtin");
    let run = world.sandbox.sshp("doctor web --no-auth").success();
    run.prints("note  config      `Match exec` ran, as at a connect: `echo x >>");
    assert_eq!(world.sandbox.text("ran"), "x\n");
    // Once to find the server, and once by the ssh that is tried.
    world.session("system");
    world.sandbox.sshp("doctor web --no-auth").success().prints("`Match exec` ran");
    assert_eq!(world.sandbox.text("ran"), "x\nx\nx\n");
    let command = world.sshd.proxy_command();
    world.profile(&format!("IdentityFile {}\nProxyCommand {command}", world.key.display()));
    let run = world.sandbox.sshp("doctor web --no-auth").success();
    run.prints(&format!(
        "note  tcp         runs the ProxyCommand, as a connect does: `{} -i",
        *SSHD
    ));
}

#[test]
fn the_installation_is_looked_at_without_a_name() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web\n  HostName h\n");
    let run = s.sshp("doctor").success();
    let ssh = needs::find("ssh").expect("ssh").display().to_string();
    run.prints(&format!("ok    ssh         `{ssh}`, OpenSSH_"))
        .prints("note  home        `$HOME` is `")
        .prints("ok    modes")
        .prints("ok    check       no problems found in ")
        .prints("note  shell       `$SHELL` is none of")
        .prints("ok    agent       none");
    let finds = |s: &Sandbox, set: &[(&str, &str)], name: &str, exit: i32| {
        let mut command = s.command(SSHP);
        let run = Run::of(command.args(["doctor", "--json"]).envs(set.iter().copied())).exits(exit);
        let json: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(json["asked"], Value::Null);
        let names: Vec<_> =
            json["findings"].as_array().expect("a list").iter().map(|f| &f["name"]).collect();
        assert_eq!(names, [name], "{json:#}");
    };
    finds(&s, &[("SSHP_SSH", "nothing-of-this-name")], "ssh-missing", 3);
    finds(&s, &[("SSH_AUTH_SOCK", "/gone")], "agent-unreachable", 1);
    s.chmod(".ssh", 0o755);
    finds(&s, &[], "folder-too-open", 5);
    s.chmod(".ssh", 0o700);
    s.chmod(".ssh/config", 0o666);
    finds(&s, &[], "config-too-open", 5);
    s.chmod(".ssh/config", 0o600);
    s.keygen("id", &[]);
    s.chmod(".ssh/id", 0o644);
    finds(&s, &[], "key-too-open", 5);
    s.chmod(".ssh/id", 0o600);
    s.write(".ssh/config", "Host web\n  HostName h\n  HostName i\n");
    finds(&s, &[], "config-lint", 1);
    s.write(".ssh/config", "Host web\n");
    s.write(".bashrc", "eval \"$(sshp init bash)\"\n");
    let agent = Agent::start(&s);
    agent.add(&s, &s.path(".ssh/id"));
    let mut command = s.command(SSHP);
    command.arg("doctor").env("SHELL", "/bin/bash").env("SSH_AUTH_SOCK", &agent.socket);
    Run::of(&mut command)
        .success()
        .prints("ok    shell       `~/.bashrc` has the line")
        .prints("ok    agent       1 key(s)");
    s.sshp("doctor --no-auth").exits(2);
    let s = Sandbox::new();
    s.sshp("doctor").success();
    assert!(!s.path(".local").exists() && !s.path(".config").exists());
}

#[test]
fn the_line_for_each_shell_is_asked_for_until_it_is_there() {
    // In a table a bar is escaped.
    let readme = include_str!("../../README.md").replace("\\|", "|");
    let s = Sandbox::with_config("Host web\n");
    for (program, file, line) in [
        ("bash", ".bashrc", "eval \"$(sshp init bash)\""),
        ("zsh", ".zshrc", "eval \"$(sshp init zsh)\""),
        ("fish", ".config/fish/config.fish", "sshp init fish | source"),
        ("elvish", ".config/elvish/rc.elv", "eval (sshp init elvish | slurp)"),
        ("nu", ".config/nushell/config.nu", "source ~/.sshp.nu"),
        (
            "pwsh",
            ".config/powershell/profile.ps1",
            "Invoke-Expression (& { (sshp init powershell | Out-String) })",
        ),
        (
            "xonsh",
            ".xonshrc",
            r#"exec(__import__("subprocess").check_output("sshp init xonsh", shell=True, text=True))"#,
        ),
        ("tcsh", ".tcshrc", "source ~/.sshp.tcsh"),
    ] {
        let doctor = || {
            let mut command = s.command(SSHP);
            command.arg("doctor").env("SHELL", format!("/usr/bin/{program}"));
            Run::of(&mut command).success()
        };
        doctor().prints(&format!("need this line in `~/{file}`: `{line}"));
        assert!(readme.contains(line), "{line}");
        s.write(file, format!("{line}\n"));
        doctor().prints(&format!("`~/{file}` has the line"));
    }
    let mut command = s.command(SSHP);
    command.arg("doctor").env("SHELL", "/bin/ksh");
    Run::of(&mut command).success().prints("`$SHELL` is none of bash, zsh,");
}

#[test]
fn every_finding_is_documented_with_its_exit_code_and_shown_here() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(root.join(file)).expect(file);
    let (source, document) = (read("src/doctor/catalog.rs"), read("docs/doctor.md"));
    let tests = read("tests/it/doctor.rs") + &read("tests/it/doctor/client.rs");
    let mut count = 0;
    for call in source.split("Finding::new(").skip(1) {
        let Some((name, rest)) =
            call.trim_start().strip_prefix('"').and_then(|c| c.split_once('"'))
        else {
            continue;
        };
        let exit = ["Failed", "NotFound", "Refused", "HostKey"].into_iter().zip([1, 3, 5, 6]);
        let (_, code) = exit
            .min_by_key(|(exit, _)| rest.find(&format!("ErrorKind::{exit},")).unwrap_or(usize::MAX))
            .expect("one of them");
        assert!(document.contains(&format!("\n| {name} | {code} | ")), "docs/doctor.md: {name}");
        assert!(
            tests.contains(&format!("\"{name}\"")) || tests.contains(&format!("finding: {name}")),
            "no test finds {name}"
        );
        count += 1;
    }
    assert_eq!(document.matches("\n| ").count(), count + 1, "docs/doctor.md has others");
}
