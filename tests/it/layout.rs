//! How things are laid out: new blocks as their file is, tables that one value does not widen, the
//! comments of a block in the preview.

use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};

#[test]
fn a_new_block_is_written_as_the_others_whatever_stands_last() {
    for (file, block) in [
        (
            "Host a\n\tHostName b\n\n# all\nHost *\n  Compression yes\n\nInclude more/*\n",
            "Host n\n\tHostName h\n",
        ),
        ("host a\n  hostname=b\n\nMatch all\n  compression=yes\n", "host n\n  hostname=h\n"),
        ("Host a\r\n    HostName b\r\n# end\r\n", "Host n\r\n    HostName h\r\n"),
        ("Include more\n", "Host n\n\tHostName h\n"),
    ] {
        let s = Sandbox::with_config(file);
        s.write(".ssh/more", "Host m\n\tUser x\n");
        s.sshp("add n h").success();
        assert!(s.config().contains(block), "{}", s.config());
    }
}

#[test]
fn one_long_value_makes_no_other_row_wide() {
    let long = "v".repeat(200);
    let s = Sandbox::with_config(format!(
        "Host web\n  HostName 192.0.2.1\n  ProxyCommand {long}\n  User u\nHost db\n"
    ));
    s.sshp_args(["add", &long, "192.0.2.2"]).success();
    s.sshp("edit db --tag a").success();
    for verb in ["show web", "list", "log"] {
        let run = s.sshp(verb).success();
        let wide: Vec<_> = run.stdout.lines().filter(|line| line.len() > 160).collect();
        assert!(wide.len() == 1 && wide[0].contains(&long), "{verb}: {}", run.stdout);
    }
}

#[test]
fn the_preview_shows_the_comments_of_its_block_and_not_the_next_ones() {
    let s = Sandbox::with_config(
        "# of nobody\n\n# of web\nHost web\n  HostName 192.0.2.1\n  # inside web\n\n# of db\nHost db\n",
    );
    let mut command = s.command(SSHP);
    let mut pty = Pty::spawn(command.arg("pick"));
    pty.wait_until("the comments of web alone", |screen| {
        let has = |comment| screen.contains(comment);
        has("# of web") && has("# inside web") && !has("# of db") && !has("# of nobody")
    });
    pty.send("\x1b");
    pty.wait_exit();
    // What is shown is what goes.
    s.sshp("rm web").success();
    assert_eq!(s.config(), "# of nobody\n\n# of db\nHost db\n");
}

#[test]
fn check_names_the_line_of_a_match_that_ssh_refuses() {
    needs!("ssh");
    let s = Sandbox::with_config("Host web\n  Port 1\n\nMatch nonsense\n  User x\n");
    let run = s.sshp("check").exits(1).prints("config:4: ");
    assert!(!run.stdout.contains("config:0:"), "{run:?}");
    let ssh = Run::of(s.command("ssh").arg("-GF").arg(s.path(".ssh/config")).arg("web"));
    assert_eq!(ssh.code, Some(255), "{ssh:?}");
}
