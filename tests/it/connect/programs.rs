//! Programs that want an ssh: the built-in session is one.

use std::process::Command;

use super::{World, noise};
use crate::support::sandbox::{Run, SSHP};

/// The link that stands for ssh, since scp and sftp take one word only.
fn ssh_word(world: &World) -> String {
    let path = world.home.path("sshp-ssh");
    std::os::unix::fs::symlink(SSHP, &path).expect("a link");
    path.display().to_string()
}

fn command(world: &World, program: &str) -> Command {
    let mut command = world.home.command(program);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command
}

#[test]
fn under_that_name_it_goes_to_the_background_as_well() {
    needs!("sshd");
    let world = World::new();
    let word = ssh_word(&world);
    let mut command = world.home.command(&word);
    let done = world.home.path("done");
    Run::of(command.args(["-f", "web", &format!("echo in >{}", done.display())])).success();
    crate::support::wait::until("the end", || done.exists().then_some(()));
}

#[test]
fn git_clones_and_pushes() {
    needs!("git", "sshd");
    let world = World::new();
    let git = |args: &[&str]| {
        let ssh = format!("{SSHP} connect --session builtin");
        let name = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "safe.directory=*"];
        Run::of(command(&world, "git").args(name).args(args).env("GIT_SSH_COMMAND", ssh)).success()
    };
    git(&["init", "-q", "--bare", "-b", "main", "there"]);
    let there = format!("web:{}", world.home.path("there").display());
    git(&["clone", "-q", &there, "here"]);
    world.home.write("here/file", noise(300_000));
    git(&["-C", "here", "add", "."]);
    git(&["-C", "here", "commit", "-qm", "x"]);
    git(&["-C", "here", "push", "-q", "origin", "HEAD:main"]);
    git(&["clone", "-q", "-b", "main", &there, "again"]);
    assert!(world.home.read("again/file") == noise(300_000));
}

#[test]
fn rsync_scp_and_sftp_copy() {
    needs!("rsync", "sshd");
    let world = World::new();
    let word = ssh_word(&world);
    let bytes = noise(3_000_000);
    let source = world.home.write("source", &bytes).display().to_string();
    let there = |name: &str| format!("web:{}", world.home.path(name).display());
    let ssh = format!("{SSHP} connect --session builtin");
    Run::of(command(&world, "rsync").args(["-e", &ssh, &source, &there("by-rsync")])).success();
    Run::of(command(&world, "scp").args(["-q", "-S", &word, &source, &there("by-scp")])).success();
    let old = ["-O", "-q", "-S", &word, &source, &there("by-old-scp")];
    Run::of(command(&world, "scp").args(old)).success();
    let batch = world.home.write("batch", format!("put {source} by-sftp\n"));
    let batch = batch.display().to_string();
    let folder = there("");
    Run::of(command(&world, "sftp").args(["-q", "-S", &word, "-b", &batch, &folder])).success();
    Run::of(command(&world, "rsync").args(["-e", &word, &source, &there("by-link")])).success();
    for name in ["by-rsync", "by-scp", "by-old-scp", "by-sftp", "by-link"] {
        assert!(world.home.read(name) == bytes, "{name}");
    }
}
