//! Pins in a `profiles.toml` that cannot be read: their profile connects to nobody, others do.

use super::{SESSIONS, World};

const TOML: &str = ".config/sshp/profiles.toml";

/// The profile `web`, and `other` and `plain` for the same server.
fn world(toml: &str) -> World {
    let world = World::new();
    world.config(&format!("{}{}", world.profile("other"), world.profile("plain")));
    world.home.write(TOML, toml);
    world
}

/// Connects to `web` in vain and to the others in truth, by both sessions.
#[track_caller]
fn only_web_is_stopped(world: &World, says: &str) {
    for session in SESSIONS {
        world.run(session, &["web", "true"]).exits(255).says(says);
        for name in ["other", "plain"] {
            world.run(session, &[name, "true"]).success();
        }
    }
}

#[test]
fn a_profile_whose_pins_cannot_be_read_connects_to_nobody() {
    needs!("sshd");
    for toml in [
        "[other]\nnote = 'n'\n[web]\nhost_keys = ['SHA256:x'\n",
        "[other]\nnote = 'n'\n[web\nhost_keys = ['SHA256:x']\n",
        "[other]\nnote = 'n'\n[web]\nhost_keys = 'SHA256:x'\n",
        "[other]\nnote = 'n'\n[web]\nhost_keys = ['SHA256:x', 1]\n",
        "[other]\nnote = 'n'\n[[web]]\nhost_keys = ['SHA256:x']\n",
        "[other]\nnote = 'n'\n[web.host_keys]\nx = 1\n",
    ] {
        let world = world(toml);
        only_web_is_stopped(&world, "`web` may be pinned to host keys that cannot be read");
        assert_eq!(world.home.text(TOML), toml);
    }
}

#[test]
fn it_stays_so_when_the_file_is_set_aside_until_somebody_decides() {
    needs!("sshd");
    let world = world("[other]\nnote = 'n'\n[web]\nhost_keys = ['SHA256:x'\n");
    world.home.sshp("sync").success().says("no other is accepted");
    only_web_is_stopped(&world, "is not the one it is pinned to");
    world.home.sshp("edit web --unpin").success();
    for session in SESSIONS {
        world.run(session, &["web", "true"]).success();
    }
    assert_eq!(world.home.text(TOML), "[other]\nnote = 'n'\n");
    // Without the detour, too.
    for keys in ["['SHA256:x'\n", "'SHA256:x'\n"] {
        world.home.write(TOML, format!("[web]\nhost_keys = {keys}"));
        world.home.sshp("edit web --unpin").success().says("could not be read whole");
        world.run("builtin", &["web", "true"]).success();
    }
}

#[test]
fn a_file_that_cannot_be_opened_stops_profiles_and_nothing_else() {
    needs!("sshd");
    let world = World::new();
    std::fs::create_dir_all(world.home.path(TOML)).expect("a folder");
    for session in SESSIONS {
        let run = world.run(session, &["web", "true"]).exits(255);
        run.says("cannot tell whether `web` is pinned").says("is a folder");
    }
    world.home.sshp("list").success().prints("web").says("is a folder");
    // A host that is no profile has no pins.
    world.home.write("plain", world.profile("*"));
    let plain = world.home.path("plain").display().to_string();
    world.run("system", &["-F", &plain, "somewhere", "true"]).success();
}
