//! `-E FILE`: messages go to a file.

use super::{SESSIONS, World};
use crate::support::sandbox::Run;

#[test]
fn messages_go_to_the_log_file_and_all_else_stays() {
    let banner = "Banner /etc/hostname";
    let world = World::with(banner);
    let host = std::fs::read_to_string("/etc/hostname").expect("the banner");
    for session in SESSIONS {
        let log = world.home.path(format!("log-{session}"));
        let name = log.to_str().expect("its name");
        let run = |args: &[&str]| world.run(session, &[&["-E", name], args].concat());
        let run_in = run(&["-R", "0:127.0.0.1:1", "web", "echo out; echo err >&2"]).success();
        assert_eq!(run_in.stdout, "out\n", "{session}");
        assert!(!run_in.stderr.contains("Allocated"), "{session}: {run_in:?}");
        run_in.says(&host).says("err\n");
        let port = crate::support::sshd::free_port().to_string();
        assert_eq!(run(&["-p", &port, "web", "true"]).exits(255).stderr, "", "{session}");
        let text = std::fs::read_to_string(&log).expect("the log");
        assert!(text.contains("Allocated port ") && text.contains("refused"), "{session}: {text}");
        assert!(!text.contains(&host) && !text.contains('\x1b'), "{session}: {text}");
        assert_eq!(world.home.mode(&log), 0o600, "{session}");
        let nowhere = Run::of(&mut world.connect(session, &["-E", "no/log", "web", "true"]));
        nowhere.exits(255).says("no/log: No such file");
        world.run(session, &["-y", "-E", name, "web", "true"]).exits(255).says("both -y and -E");
    }
}
