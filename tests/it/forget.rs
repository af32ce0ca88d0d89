//! `sshp forget` through the binary: what goes, what stays, and what no failure may do.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::sshd::Sshd;
use data_encoding::HEXLOWER;

/// `web` as HashKnownHosts hides it, with a salt of sevens.
const HASHED: &str = "|1|BwcHBwcHBwcHBwcHBwcHBwcHBwc=|M1rvJCtz/stgKM2ReCnssmrHF/0=";
/// `WEB`, with a salt of ones.
const HASHED_UPPER: &str = "|1|AQEBAQEBAQEBAQEBAQEBAQEBAQE=|2YSO6PqaLAZa+lz3NEUFTXAzON4=";

/// Two keys as known_hosts has them, and what `ssh-keygen -l` says of them.
const K1: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAduhUxtCh2c+k3BGLgPuEZg5QApzEy/uj9cAiOVMuol";
const F1: &str = "SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ";
const K2: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC";
const K3: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD";

/// A home whose ssh keeps host keys in it; ssh itself goes by passwd, not by `$HOME`.
fn home(blocks: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let ssh = sandbox.path(".ssh");
    let ssh = ssh.display();
    sandbox.write(
        ".ssh/config",
        format!(
            "{blocks}\nHost *\n  UserKnownHostsFile {ssh}/known_hosts {ssh}/known_hosts2\n  \
             GlobalKnownHostsFile {ssh}/global\n"
        ),
    );
    sandbox
}

fn keyed(text: &str) -> String {
    text.replace(" K1", &format!(" {K1}"))
        .replace(" K2", &format!(" {K2}"))
        .replace(" K3", &format!(" {K3}"))
}

/// Removes a name from a file of its own and gives what the file holds then.
fn forget(before: impl AsRef<[u8]>, arguments: &[&str]) -> (Vec<u8>, Run) {
    let sandbox = home("");
    let file = sandbox.write("hosts", before);
    let mut all = vec!["forget", "--known-hosts"];
    all.push(file.to_str().expect("UTF-8"));
    all.extend(arguments);
    let run = sandbox.sshp_args(all);
    (sandbox.read("hosts"), run)
}

#[track_caller]
fn case(before: &str, arguments: &[&str], after: &str) -> Run {
    let (text, run) = forget(keyed(before), arguments);
    assert_eq!(String::from_utf8_lossy(&text), keyed(after), "{run:#?}");
    run.success()
}

#[test]
fn every_name_of_a_profile_goes_from_every_file_of_the_user() {
    let sandbox = home(
        "Host web\n  HostName web.example.com\n  Port 2222\nHost db\n  HostName 10.0.0.7\n  \
         HostKeyAlias DB-Key",
    );
    sandbox.write(
        ".ssh/known_hosts",
        keyed(&format!(
            "[web.example.com]:2222,[10.0.0.1]:2222 K1\nother K1\n{HASHED} K1\nweb.example.com K3\ndb-key K2\n"
        )),
    );
    sandbox.write(".ssh/known_hosts2", keyed("[web]:2222 K2 note\nkept K2\n10.0.0.7 K3\n"));
    let run = sandbox.sshp("forget web").success();
    let file = |name: &str| sandbox.path(".ssh").join(name).display().to_string();
    run.prints(&format!(
        "removed ED25519 {F1} [web.example.com]:2222,[10.0.0.1]:2222 ({}:1)\n\
         removed ED25519 {F1} web (hashed) ({}:3)\n",
        file("known_hosts"),
        file("known_hosts")
    ))
    .prints(&format!("[web]:2222 ({}:1)\n", file("known_hosts2")))
    // The plain host with another key may be another server.
    .says("web.example.com is accepted for [web.example.com]:2222 too")
    .says("sshp forget web.example.com");
    assert_eq!(
        sandbox.text(".ssh/known_hosts"),
        keyed("other K1\nweb.example.com K3\ndb-key K2\n")
    );
    assert_eq!(sandbox.text(".ssh/known_hosts2"), keyed("kept K2\n10.0.0.7 K3\n"));
    sandbox.sshp("forget db").success();
    assert_eq!(sandbox.text(".ssh/known_hosts"), keyed("other K1\nweb.example.com K3\n"));
    assert_eq!(sandbox.text(".ssh/known_hosts2"), keyed("kept K2\n"));
}

#[test]
fn a_host_is_named_as_people_name_it() {
    for (before, argument, after) in [
        ("web K1\n", "WEB", ""),
        ("web K1\n", "me@web", ""),
        ("web K1\n[web]:2222 K2\n", "web:2222", "web K1\n"),
        ("web K1\n[web]:2222 K2\n", "ssh://me@web:2222/", "web K1\n"),
        ("[2001:db8::1]:2200 K1\n", "[2001:DB8:0::1]:2200", ""),
        ("2001:db8::1 K1\n", "2001:DB8:0:0::1", ""),
        ("127.0.0.1 K1\n", "127.1", ""),
        ("a K1\nb K2\nc K1\n", "a,c", "b K2\n"),
        ("web,db K1\n", "web", "db K1\n"),
    ] {
        case(before, &[argument], after);
    }
    case(&format!("{HASHED_UPPER} K1\n"), &["WEB"], "");
    for bad in ["", "a b", "web:0", "web:99999", "[web", "ssh://"] {
        let (text, run) = forget("web K\n", &[bad]);
        run.exits(2);
        assert_eq!(text, b"web K\n");
    }
}

#[test]
fn patterns_are_told_and_go_when_that_is_asked() {
    let before = "*.example.com K1\nfoo.example.com K2\n";
    let run = case(before, &["foo.example.com"], "*.example.com K1\n");
    run.says("still matches foo.example.com by `*.example.com`").says("--wildcards");
    case(before, &["--wildcards", "foo.example.com"], "");
    case("*.x,!foo.x K1\n", &["--wildcards", "foo.x"], "*.x,!foo.x K1\n");
    let run = case(
        "@cert-authority *.x K1\n@revoked foo.x K2\n",
        &["foo.x"],
        "@cert-authority *.x K1\n@revoked foo.x K2\n",
    );
    run.says("certificates for foo.x signed by").says("stays revoked for foo.x");
}

#[test]
fn whole_line_is_the_way_of_ssh_keygen() {
    needs!("ssh");
    let before = keyed("# c\nweb,10.0.0.1 K1\n*.x,web K2\n@revoked web K1\nother,w* K1\n");
    let (ours, run) = forget(&before, &["--whole-line", "web"]);
    run.success();
    let sandbox = Sandbox::new();
    sandbox.write("hosts", &before);
    Run::of(sandbox.command("ssh-keygen").args(["-R", "web", "-f", "hosts"])).success();
    assert_eq!(String::from_utf8_lossy(&ours), sandbox.text("hosts"));
}

#[test]
fn a_bad_line_stops_nothing_and_foreign_bytes_stay() {
    let foreign: &[u8] =
        b"\xef\xbb\xbf# caf\xe9\r\n@foo web K\nweb ssh-future-key AAAA\n|1|x|y ssh-rsa A\n\
                           x\0web\0 \xff\n\n\t\nlast line without end";
    let mut before = foreign.to_vec();
    let at = before.windows(4).position(|w| w == b"|1|x").expect("the place");
    let line = format!("web {K1} note\r\n");
    before.splice(at..at, line.into_bytes());
    let (after, run) = forget(&before, &["web"]);
    run.success().says("byte order mark");
    assert_eq!(HEXLOWER.encode(&after), HEXLOWER.encode(foreign));
}

#[test]
fn what_is_not_known_is_no_failure_but_can_be_asked_for() {
    let run = case("other K1\n", &["web"], "other K1\n");
    run.says("no key of web in");
    let (_, run) = forget(keyed("other K1\n"), &["--check", "web"]);
    run.exits(3);
    let (text, run) = forget(keyed("web K1\n"), &["--check", "web"]);
    run.success().prints(F1);
    assert_eq!(String::from_utf8_lossy(&text), keyed("web K1\n"));
    let sandbox = home("");
    sandbox.sshp("forget web").success().says("no key of web in");
    assert!(!sandbox.path(".ssh/known_hosts").exists());
}

#[test]
fn the_global_file_is_told_and_never_written() {
    let sandbox = home("");
    sandbox.write(".ssh/global", keyed("web K1\n"));
    sandbox.write(".ssh/known_hosts", keyed("web K2\n"));
    sandbox.sshp("forget web").success().says("global:1").says("sshp writes no global file");
    assert_eq!(sandbox.text(".ssh/global"), keyed("web K1\n"));
    assert_eq!(sandbox.text(".ssh/known_hosts"), "");
}

/// What a server or a shared file put into known_hosts does not reach the terminal as it is.
#[test]
fn a_dry_run_shows_the_bytes_of_the_file_escaped() {
    let before = keyed("# \u{1b}]0;owned\u{7} \u{202e}\nweb,x K1\n");
    let (_, run) = forget(before, &["--dry-run", "web"]);
    let shown = run.success().stdout;
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
    assert!(shown.contains("owned") && shown.contains("+x "), "{shown}");
}

#[test]
fn a_dry_run_shows_a_diff_and_json_tells_all() {
    let (text, run) = forget(keyed("a K1\nweb,x K1\n"), &["--dry-run", "web"]);
    run.success().prints(&format!("-web,x {K1}\n+x {K1}\n"));
    assert_eq!(String::from_utf8_lossy(&text), keyed("a K1\nweb,x K1\n"));
    let (_, run) = forget(keyed("a K1\nweb,x K1\nw* K2\n"), &["--json", "web"]);
    let json: serde_json::Value = serde_json::from_str(&run.success().stdout).expect("JSON");
    assert_eq!(json["schema"], "sshp.forget.v1");
    assert_eq!(json["changed"], true);
    let removed = &json["removed"][0];
    assert_eq!((&removed["fingerprint"], &removed["line"]), (&F1.into(), &2.into()));
    assert_eq!((&removed["names"][0], &removed["left"][0]), (&"web".into(), &"x".into()));
    assert_eq!(json["stays"][0]["why"], "wildcard");
}

#[test]
fn a_link_stays_a_link_and_the_mode_stays_the_mode() {
    let sandbox = home("");
    let real = sandbox.write("dotfiles/known_hosts", keyed("web K1\nx K2\n"));
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    let link = sandbox.path(".ssh/known_hosts");
    symlink("../dotfiles/known_hosts", &link).expect("a link");
    // The same file by two names is changed once.
    symlink("known_hosts", sandbox.path(".ssh/known_hosts2")).expect("a link");
    sandbox.sshp("forget web").success();
    assert!(link.symlink_metadata().expect("the link").is_symlink());
    assert_eq!(sandbox.text("dotfiles/known_hosts"), keyed("x K2\n"));
    assert_eq!(real.metadata().expect("the file").mode() & 0o777, 0o640);
    assert!(!sandbox.path("dotfiles/known_hosts.old").exists());
}

#[test]
fn what_cannot_be_read_stops_before_anything_is_changed() {
    let sandbox = home("");
    sandbox.write(".ssh/known_hosts", keyed("web K1\n"));
    let second = sandbox.path(".ssh/known_hosts2");
    std::fs::create_dir(&second).expect("a folder");
    sandbox.sshp("forget web").exits(1).says("not a regular file");
    std::fs::remove_dir(&second).expect("no folder");
    Run::of(sandbox.command("mkfifo").arg(&second)).success();
    sandbox.sshp("forget web").exits(1).says("FIFO");
    assert_eq!(sandbox.text(".ssh/known_hosts"), keyed("web K1\n"));
}

#[test]
fn undo_brings_the_keys_back() {
    let sandbox = home("");
    let before = keyed("# mine\r\nweb,x K1\nweb K2");
    sandbox.write(".ssh/known_hosts", &before);
    sandbox.sshp("forget web").success();
    assert_eq!(sandbox.text(".ssh/known_hosts"), keyed("# mine\r\nx K1\n"));
    sandbox.sshp("undo").success();
    assert_eq!(sandbox.text(".ssh/known_hosts"), before);
}

/// `ssh-keygen -R` empties the file and says "updated".
#[test]
fn a_full_disk_leaves_the_file_whole() {
    needs!("mounts");
    let sandbox = home("");
    let many: String = (0..400).map(|n| keyed(&format!("host{n} K1\n"))).collect();
    sandbox.write("hosts", &many);
    let full = sandbox.path("full");
    std::fs::create_dir(&full).expect("a folder");
    let script = format!(
        "mount -t tmpfs -o size=64k none full && cp hosts full/hosts && \
         {{ dd if=/dev/zero of=full/fill bs=1k count=100 2>/dev/null; \
         {SSHP} forget --known-hosts full/hosts host7; echo exit $?; \
         cmp hosts full/hosts && ls -A full; }}"
    );
    let run = Run::of(sandbox.in_namespace("mount").args(["sh", "-c", &script])).success();
    assert_eq!(run.stdout, "exit 1\nfill\nhosts\n", "{}", run.stderr);
    assert!(run.stderr.contains("the disk is full"), "{}", run.stderr);
}

#[test]
fn after_a_reinstall_forget_lets_ssh_connect_again() {
    needs!("sshd");
    let sandbox = home("");
    let key = sandbox.keygen("id", &[]);
    let mut sshd = Sshd::start(&sandbox, &key);
    let block = format!(
        "Host web\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {}\n  IdentitiesOnly yes\n",
        sshd.port,
        key.display()
    );
    let config = block + &sandbox.config();
    sandbox.write(".ssh/config", config);
    let known_hosts = sandbox.path(".ssh/known_hosts");
    let connect = |strict: &str| {
        let mut ssh = sandbox.command("ssh");
        ssh.arg("-F").arg(sandbox.path(".ssh/config"));
        ssh.args(["-o", strict, "-o", "BatchMode=yes", "-o", "HashKnownHosts=yes", "web", "true"]);
        Run::of(&mut ssh)
    };
    connect("StrictHostKeyChecking=accept-new").success();
    let old = sshd.fingerprint();
    sshd.reinstall();
    connect("StrictHostKeyChecking=accept-new").exits(255).says("HAS CHANGED");
    sandbox.sshp("forget web").success().prints(&old);
    assert_eq!(read(&known_hosts), "");
    connect("StrictHostKeyChecking=accept-new").success();
    connect("StrictHostKeyChecking=yes").success();
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the file")
}
