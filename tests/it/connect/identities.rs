//! Which keys the built-in session takes from files and agent, as ssh does.

use super::{SESSIONS, World};
use crate::support::agent::Agent;
use crate::support::sandbox::{Run, Sandbox};
use crate::support::sshd::ME;

#[test]
fn a_certificate_in_the_pub_of_a_key_is_offered_in_its_place() {
    needs!("sshd");
    let home = Sandbox::new();
    let authority = home.keygen("authority", &[]);
    let world = World::with(&format!(
        "TrustedUserCAKeys {}.pub\nAuthenticationMethods publickey,publickey\n",
        authority.display()
    ));
    let key = world.home.keygen("certified", &[]);
    let mut sign = world.home.command("ssh-keygen");
    sign.arg("-q").arg("-s").arg(&authority).args(["-I", "me", "-n", &ME]);
    Run::of(sign.arg(key.with_extension("pub"))).success();
    let certificate = world.home.read(".ssh/certified-cert.pub");
    std::fs::remove_file(world.home.path(".ssh/certified-cert.pub")).expect("removed");
    let certified = format!("IdentityFile={}", key.display());
    let plain = format!("IdentityFile={}", world.key.display());
    let args = ["-o", "BatchMode=yes", "-o", &certified, "-o", &plain, "web", "true"];
    for session in SESSIONS {
        world.run(session, &args).exits(255);
    }
    // The certificate is one step, the profile's own key the other.
    world.home.write(".ssh/certified.pub", certificate);
    for session in SESSIONS {
        world.run(session, &args).success();
    }
    // The agent signs for it where the private file is gone.
    let agent = Agent::start(&world.home);
    agent.add(&world.home, &key);
    std::fs::remove_file(&key).expect("removed");
    let mut command = world.connect("builtin", &args);
    Run::of(command.env("SSH_AUTH_SOCK", &agent.socket)).success();
}

#[test]
fn a_key_whose_encryption_is_not_supported_is_named_and_no_passphrase_asked_for() {
    needs!("openssl", "sshd");
    let world = World::new();
    let plain = world.home.keygen("plain", &["-t", "rsa", "-b", "2048", "-m", "PEM"]);
    let made = world.home.path("made");
    let mut openssl = world.home.command("openssl");
    openssl.args(["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "pass:sesame", "-in"]);
    Run::of(openssl.arg(plain).arg("-out").arg(&made)).success();
    world.home.chmod(&made, 0o600);
    let option = format!("IdentityFile={}", made.display());
    let run = world.run("builtin", &["-o", &option, "web", "true"]).success();
    run.says("of the old kind PBE-SHA1-3DES (PKCS#8), which is not supported")
        .says("`--session system`");
}

#[test]
fn a_public_key_or_no_file_at_all_as_identity_is_said_nothing_of() {
    needs!("sshd");
    let world = World::new();
    let agent = Agent::start(&world.home);
    agent.add(&world.home, &world.key);
    let public = format!("IdentityFile={}", world.key.with_extension("pub").display());
    let options = ["-o", "IdentityFile=/dev/null", "-o", &public, "-o", "IdentitiesOnly=yes"];
    std::fs::remove_file(&world.key).expect("removed");
    for session in SESSIONS {
        let mut command = world.connect(session, &[&options[..], &["web", "true"]].concat());
        let run = Run::of(command.env("SSH_AUTH_SOCK", &agent.socket)).success();
        assert!(!run.stderr.contains("/dev/null"), "{session}: {run:?}");
    }
}
