//! doctor says what a connect runs in place of a shell, and tries no session where there is none.

use super::{ME, Run, SSHP, Sshd, World};

/// A world with `web` of these lines.
fn world(server: &str, lines: &str) -> World {
    let world = World::with(server, "");
    world.profile(&format!("IdentityFile {}\n{lines}", world.key.display()));
    world
}

/// Connects for two seconds.
fn connect(world: &World, words: &[&str]) -> Run {
    let mut command = world.sandbox.command("timeout");
    let run = Run::of(command.args(["2", SSHP, "connect", "-o", "BatchMode=yes"]).args(words));
    let _ = std::fs::remove_dir_all(world.sandbox.path(".local"));
    run
}

/// `sshp doctor web` by each client.
fn looks(world: &World, flags: &str) -> [Run; 2] {
    ["system", "builtin"].map(|client| {
        world.session(client);
        world.sandbox.sshp(&format!("doctor web {flags}"))
    })
}

#[test]
fn a_connect_that_runs_nothing_is_said_to_and_no_session_is_tried() {
    needs!("sshd");
    // The account ends every session, which is no fault where a connect opens none.
    let world = world("ForceCommand false", "SessionType none");
    for run in looks(&world, "") {
        let config = world.sandbox.path(".ssh/config");
        let run = run.success();
        run.prints(&format!("note  config      `SessionType none` ({}:6)", config.display()))
            .prints("runs no shell and no command, and stays")
            .prints("--    session     not tried: a connect opens none");
    }
    for client in ["system", "builtin"] {
        world.session(client);
        connect(&world, &["web"]).exits(124);
    }
}

#[test]
fn no_session_is_tried_through_a_jump_host_either() {
    needs!("sshd");
    let world = world("", "SessionType none\nProxyJump hop");
    let hop = Sshd::start(&world.sandbox, &world.key);
    let id = world.key.display();
    let config = format!(
        "{}Host hop\nHostName 127.0.0.1\nPort {}\nUser {ME}\nIdentityFile {id}\n",
        world.sandbox.config().replace("Host *", "Match all"),
        hop.port
    );
    world.sandbox.write(".ssh/config", config);
    let known = format!("{}\n{}", world.sshd.known_hosts_line(), hop.known_hosts_line());
    world.sandbox.write(".ssh/known_hosts", known);
    for run in looks(&world, "") {
        run.success().prints("--    session     web: not tried");
    }
    for run in looks(&world, "--no-auth") {
        run.success().prints("not tried: --no-auth");
    }
}

#[test]
fn a_command_of_the_config_is_said_and_what_it_forbids() {
    needs!("sshd");
    let world = world("", "RemoteCommand echo of the config");
    for run in looks(&world, "") {
        run.success()
            .prints("note  config      `RemoteCommand echo of the config` (")
            .prints("a connect runs this command, and no shell")
            .prints("a connect with a command after the name fails")
            .prints("ok    session     `echo sshp-doctor` ran");
    }
    for client in ["system", "builtin"] {
        world.session(client);
        connect(&world, &["web"]).success().prints("of the config\n");
        let run = connect(&world, &["web", "true"]).exits(255);
        run.says("Cannot execute command-line and remote command.");
    }
}

#[test]
fn a_subsystem_of_the_config_is_said() {
    needs!("sshd");
    let world = world("", "SessionType subsystem\nRemoteCommand sftp");
    for run in looks(&world, "") {
        run.success().prints("a connect asks for the subsystem `sftp`, and runs no shell");
    }
}

#[test]
fn an_account_that_is_there_for_its_command_alone_has_no_fault() {
    needs!("sshd");
    let allowed = "ForceCommand test \"$SSH_ORIGINAL_COMMAND\" = backup && echo saved";
    let world = world(allowed, "RemoteCommand backup");
    for run in looks(&world, "") {
        run.success().prints("note  session     neither `echo sshp-doctor` nor a shell stays");
    }
    for client in ["system", "builtin"] {
        world.session(client);
        connect(&world, &["web"]).success().prints("saved\n");
    }
}
