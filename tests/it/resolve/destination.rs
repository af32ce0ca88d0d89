//! An `Include` that names a file by the destination, which OpenSSH 9.9 and later read.

use crate::support::needs;
use crate::support::sandbox::{Run, SSHP, Sandbox};

const CONFIG: &str =
    "Include hosts/%n.conf\nHost web\n  HostName 192.0.2.1\n  Port 2200\nHost db\n";

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e} in {run:#?}"))
}

#[test]
fn a_file_that_the_destination_names_is_read_for_it_alone() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".ssh/hosts/web.conf", "Host web\n  User by\n  Compression yes\n");
    s.sshp("show web").success().prints("by@192.0.2.1:2200").prints("~/.ssh/hosts/web.conf:2");
    let db = s.sshp("show db").success();
    assert!(!db.stdout.contains("hosts/"), "{db:#?}");
    s.sshp("check").success();
    // A list has no destination: it says what it cannot know.
    let listed = json(&s.sshp("list --json").success());
    let web = &listed["profiles"][0];
    assert_eq!(web["name"], "web");
    assert!(web["depends_on"][0].as_str().expect("a line").ends_with("/.ssh/config:1"), "{web}");
}

#[test]
fn connect_reads_it_as_the_newest_ssh_does() {
    needs!("ssh", "openssh-oracles");
    let s = Sandbox::with_config(CONFIG);
    s.write(".ssh/hosts/web.conf", "Host web\n  User by\n");
    let connect = |ssh: &std::path::Path| {
        let mut sshp = s.command(SSHP);
        Run::of(sshp.args(["connect", "-G", "web"]).env("SSHP_SSH", ssh)).success()
    };
    connect(&needs::newest_ssh()).prints("user by\n").prints("port 2200\n");
}

#[test]
fn an_edit_that_such_a_file_overrules_is_refused_with_its_line() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".ssh/hosts/web.conf", "Host web\n  User by\n");
    s.sshp("edit web --user bob").exits(5).says("hosts/web.conf:2");
    assert_eq!(s.config(), CONFIG);
    s.sshp("edit web --port 22").success();
}

#[test]
fn check_finds_what_is_wrong_in_such_a_file() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".ssh/hosts/web.conf", "Host web\n  Port x\n  IdentityFile ~/no-such-key\n");
    let run = s.sshp("check").exits(1);
    run.prints("hosts/web.conf:2: Bad port 'x'.").prints("    |        ^\n");
    s.write(".ssh/hosts/web.conf", "Host web\n  IdentityFile /no/such/key\n");
    s.sshp("check").exits(1).prints("hosts/web.conf:2: there is no `/no/such/key`");
}

#[test]
fn an_include_by_a_variable_is_the_same_for_all_and_listed() {
    let s = Sandbox::with_config("Include ${SSHP_TEST_FOLDER}/*.conf\n");
    s.write("team/a.conf", "Host shared\n  HostName 192.0.2.7\n");
    let sshp = |args: &str| {
        let mut sshp = s.command(SSHP);
        Run::of(sshp.args(args.split(' ')).env("SSHP_TEST_FOLDER", s.path("team")))
    };
    sshp("list").success().prints("shared").prints("192.0.2.7");
    sshp("edit shared --user bob").success();
    assert_eq!(s.text("team/a.conf"), "Host shared\n  HostName 192.0.2.7\n  User bob\n");
    let unset = s.sshp("list").success();
    assert!(!unset.stdout.contains("shared"), "{unset:#?}");
}
