//! `sshp key`: modes are mended by descriptor, and nothing else is touched.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::sandbox::{Run, Sandbox};

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().expect("a file").permissions().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn private_keys_are_for_their_owner_alone_and_ssh_takes_them_again() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let key = sandbox.keygen("id_own", &[]);
    let elsewhere = sandbox.write("cloud/web.pem", std::fs::read(&key).expect("a key"));
    let config = format!("Host web\n  IdentityFile {}\n", elsewhere.display());
    let config = sandbox.write(".ssh/config", config);
    let public = key.with_extension("pub");
    let read_only = sandbox.keygen("id_400", &[]);
    set(&read_only, 0o400);
    for (path, open) in [(&key, 0o644), (&elsewhere, 0o755), (&public, 0o644), (&config, 0o644)] {
        set(path, open);
    }
    set(&sandbox.path(".ssh"), 0o755);
    let refused = Run::of(sandbox.command("ssh-keygen").arg("-yf").arg(&key));
    assert!(refused.stderr.contains("UNPROTECTED PRIVATE KEY"), "{refused:?}");

    let plan = sandbox.sshp("key fix --dry-run").success();
    assert_eq!((mode(&key), mode(&sandbox.path(".ssh"))), (0o644, 0o755));
    let done = sandbox.sshp("key fix").success();
    assert_eq!(plan.stdout, done.stdout);
    done.prints(&format!("0755 -> 0700 {}\n", sandbox.path(".ssh").display()))
        .prints(&format!("0644 -> 0600 {}\n", key.display()))
        .prints(&format!("0755 -> 0600 {}\n", elsewhere.display()));
    for (path, expected) in [
        (&key, 0o600),
        (&elsewhere, 0o600),
        (&public, 0o644),
        (&config, 0o644),
        (&read_only, 0o400),
        (&sandbox.path(".ssh"), 0o700),
    ] {
        assert_eq!(mode(path), expected, "{}", path.display());
    }
    Run::of(sandbox.command("ssh-keygen").arg("-yf").arg(&key)).success();
    sandbox.sshp("key fix").success().says("all modes are as ssh wants them");
}

#[test]
fn links_public_keys_and_other_files_are_refused() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let key = sandbox.keygen("id", &[]);
    set(&key, 0o644);
    let link = sandbox.path(".ssh/link");
    symlink("id", &link).expect("a link");
    let text = sandbox.write("notes", "nothing secret");
    set(&text, 0o644);
    for (file, says) in [
        (link, "it is a symbolic link"),
        (key.with_extension("pub"), "it is not a private key"),
        (text, "it is not a private key"),
        (sandbox.path(".ssh"), "not a regular file"),
        (sandbox.path("gone"), "No such file"),
    ] {
        let before = file.symlink_metadata().is_ok().then(|| mode(&file));
        let run = sandbox.sshp(&format!("key fix {}", file.display())).exits(1);
        run.says(says);
        assert_eq!(file.symlink_metadata().is_ok().then(|| mode(&file)), before);
    }
    assert_eq!(mode(&key), 0o644);
    sandbox.sshp(&format!("key fix {}", key.display())).success().prints("0644 -> 0600");
}
