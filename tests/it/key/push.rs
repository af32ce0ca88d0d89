//! `sshp key push`, against a real sshd with a user who has a password.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::{sshp_with, two_words};
use crate::connect::without_terminal;
use crate::support::agent::Agent;
use crate::support::sandbox::{Run, SSHP, Sandbox, chown};
use crate::support::sshd::Sshd;

const PASSWORD: &str = "open sesame";
/// As in `Sshd::launch_with_user`.
const UID: u32 = 4711;

/// A server whose user `alice` has this shell, and a profile `web` for it.
fn server(s: &Sandbox, shell: &str, session: &str) -> (Sshd, PathBuf) {
    server_with(s, shell, session, "")
}

/// The same with further lines in sshd_config.
fn server_with(s: &Sandbox, shell: &str, session: &str, more: &str) -> (Sshd, PathBuf) {
    let first = s.keygen("unused", &[]);
    let extra = format!(
        "AuthorizedKeysFile .ssh/authorized_keys\nStrictModes yes\nPasswordAuthentication yes\n{more}"
    );
    let mut sshd = Sshd::configure(s, &first, &extra);
    sshd.launch_with_shell("alice", PASSWORD, shell);
    let home = sshd.home();
    chown(&home, UID, UID);
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).expect("mode");
    // The user has to get there.
    fs::set_permissions(s.home(), fs::Permissions::from_mode(0o755)).expect("mode");
    let known = s.write("known_hosts", sshd.known_hosts_line());
    s.write(
        ".ssh/config",
        format!(
            "Host web\n  HostName 127.0.0.1\n  Port {}\n  User alice\n  UserKnownHostsFile {}\n  \
             IdentityFile {}\n",
            sshd.port,
            known.display(),
            s.path(".ssh/id").display()
        ),
    );
    s.keygen("id", &[]);
    s.sshp(&format!("edit web --session {session}")).success();
    (sshd, home.join(".ssh/authorized_keys"))
}

fn push(s: &Sandbox, args: &str) -> Run {
    let mut command = sshp_with(s, PASSWORD);
    Run::of(command.args(["key", "push", "web"]).args(args.split_whitespace()))
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o7777
}

#[test]
fn a_key_is_pushed_once_with_the_right_modes_and_proved_by_either_client() {
    needs!("root", "openssl", "sshd");
    for session in ["system", "builtin"] {
        let s = Sandbox::new();
        let (sshd, keys) = server(&s, "/bin/sh", session);
        let line = s.text(".ssh/id.pub");
        push(&s, "--dry-run").success().prints(line.trim()).says("would add");
        assert!(!keys.exists() && !sshd.log().contains("Accepted"), "{session}");

        let run =
            push(&s, "").success().says("added `").says("logged in to `web` with that key alone");
        drop(run);
        assert_eq!(fs::read_to_string(&keys).expect("the keys"), line, "{session}");
        assert_eq!((mode(&keys), mode(keys.parent().expect("a folder"))), (0o600, 0o700));
        let accepted = |how: &str| sshd.log().matches(&format!("Accepted {how} for alice")).count();
        assert_eq!((accepted("password"), accepted("publickey")), (1, 1), "{}", sshd.log());

        // It is there, under modes that sshd would not have, and the last line of it has no end.
        let open = format!("# {line}{}", line.trim_end());
        fs::write(&keys, &open).expect("a write");
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).expect("mode");
        push(&s, "").success().says("already").says("logged in");
        assert_eq!(fs::read_to_string(&keys).expect("the keys"), open, "{session}");
        assert_eq!(mode(&keys), 0o600);
        let other = s.keygen("other", &[]);
        fs::remove_file(other.with_extension("pub")).expect("removed");
        push(&s, "--key .ssh/other --user alice").success().says("added").says("logged in");
        let text = fs::read_to_string(&keys).expect("the keys");
        let (before, added) = text.trim_end().rsplit_once('\n').expect("two lines");
        assert_eq!(before, open, "{session}");
        let derived = Run::of(s.command("ssh-keygen").arg("-yf").arg(&other)).success().stdout;
        assert_eq!(two_words(added), two_words(&derived));
    }
}

#[test]
fn any_login_shell_will_do() {
    needs!("root", "openssl", "sshd");
    for shell in ["/usr/bin/fish", "/usr/bin/elvish", "/bin/tcsh"] {
        let s = Sandbox::new();
        let (_sshd, keys) = server(&s, shell, "system");
        push(&s, "").success().says("logged in to `web` with that key alone");
        assert_eq!(fs::read_to_string(&keys).expect("the keys"), s.text(".ssh/id.pub"), "{shell}");
    }
}

#[test]
fn a_key_with_a_passphrase_is_proved_once_that_is_given() {
    needs!("root", "openssl", "sshd", "util-linux");
    for session in ["system", "builtin"] {
        let s = Sandbox::new();
        let (sshd, keys) = server(&s, "/bin/sh", session);
        let locked = s.keygen("locked", &[]);
        let mut keygen = s.command("ssh-keygen");
        Run::of(keygen.args(["-q", "-p", "-P", "", "-N", PASSWORD, "-f"]).arg(&locked)).success();
        // Asked for the password and for the passphrase, the same word is the answer to both.
        push(&s, "--key .ssh/locked").success().says("logged in to `web` with that key alone");
        assert_eq!(fs::read_to_string(&keys).expect("the keys"), s.text(".ssh/locked.pub"));
        assert!(sshd.log().contains("Accepted publickey for alice"), "{session}: {}", sshd.log());
        // Where nobody can be asked, it says so.
        push(&s, "").success();
        let mut command = s.command(SSHP);
        command.args(["key", "push", "web", "--key", ".ssh/locked"]);
        let run = Run::of(&mut without_terminal(&command)).exits(1);
        run.says("already").says("needs its passphrase").says("ssh-add");
    }
}

#[test]
fn a_key_that_an_agent_holds_is_pushed_and_proved_without_its_file() {
    needs!("root", "openssl", "sshd");
    for session in ["system", "builtin"] {
        let s = Sandbox::new();
        let (_sshd, keys) = server(&s, "/bin/sh", session);
        let held = s.keygen("held", &[]);
        let agent = Agent::start(&s);
        agent.add(&s, &held);
        fs::remove_file(&held).expect("removed");
        let mut command = sshp_with(&s, PASSWORD);
        command.args(["key", "push", "web", "--key", ".ssh/held"]);
        let run = Run::of(command.env("SSH_AUTH_SOCK", &agent.socket)).success();
        run.says("logged in to `web` with that key alone");
        assert_eq!(fs::read_to_string(&keys).expect("the keys"), s.text(".ssh/held.pub"));
        // Without the agent there is nothing to prove it with, and that is what is said.
        let run = push(&s, "--key .ssh/held").exits(1);
        run.says("already").says("there is no `.ssh/held`, and no agent").says("ssh-add -l");
    }
}

#[test]
fn the_label_of_selinux_is_put_right_where_there_is_one() {
    needs!("root", "openssl", "sshd");
    let s = Sandbox::new();
    let stub = s.write("bin/restorecon", "#!/bin/sh\necho \"$PWD $*\" >>~/restored\n");
    fs::set_permissions(&stub, fs::Permissions::from_mode(0o755)).expect("mode");
    let folder = stub.parent().expect("a folder").display().to_string();
    let path = format!("SetEnv PATH={folder}:/usr/bin:/bin");
    let (sshd, _) = server_with(&s, "/bin/sh", "system", &path);
    push(&s, "").success();
    let restored = fs::read_to_string(sshd.home().join("restored")).expect("it ran");
    assert_eq!(restored, format!("{} -F .ssh .ssh/authorized_keys\n", sshd.home().display()));
}

#[test]
fn a_login_that_is_not_proved_is_no_success() {
    needs!("root", "openssl", "sshd");
    let s = Sandbox::new();
    let (sshd, keys) = server(&s, "/bin/sh", "system");
    // The profile's own key logs in; the one that is pushed does not, for it is hindered.
    push(&s, "").success();
    let other = s.keygen("other", &[]);
    let hindered = format!("from=\"192.0.2.1\" {}", s.text(".ssh/other.pub"));
    let text = fs::read_to_string(&keys).expect("the keys");
    fs::write(&keys, format!("{text}{hindered}")).expect("a write");
    push(&s, "--key .ssh/other").exits(1).says("already").says("does not let `.ssh/other` log in");
    // A `.pub` of another key would let the wrong one in.
    fs::copy(s.path(".ssh/id.pub"), other.with_extension("pub")).expect("a copy");
    push(&s, "--key .ssh/other").exits(5).says("belongs to another key");
    push(&s, "--key .ssh/none").exits(3).says("No such file");
    push(&s, "--key known_hosts").exits(1).says("it is not a private key");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).expect("mode");
    drop(sshd);
    push(&s, "").exits(1).says("no connection to `web`; the key was not added");
}
