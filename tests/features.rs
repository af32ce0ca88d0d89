//! What sshp says where it is built without a feature. `tests/it` is about the default features.
#![cfg(not(all(feature = "builtin", feature = "picker")))]
#![allow(clippy::disallowed_methods, reason = "the program is what is tested")]

use std::path::Path;
use std::process::{Command, Output};

const SSHP: &str = env!("CARGO_BIN_EXE_sshp");

/// Runs sshp in an empty home, without any program in its search path.
fn sshp(args: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a folder");
    command_in(home.path()).args(args).output().expect("sshp")
}

fn command_in(home: &Path) -> Command {
    let mut sshp = Command::new(SSHP);
    sshp.env_clear().env("HOME", home).env("PATH", home);
    sshp
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[cfg(not(feature = "builtin"))]
mod without_builtin {
    use super::*;

    #[test]
    fn the_built_in_session_is_an_error_that_names_the_feature() {
        let output = sshp(&["connect", "--session", "builtin", "web.example"]);
        assert_eq!(output.status.code(), Some(255));
        assert!(said(&output).contains("built without the feature `builtin`"), "{}", said(&output));
        let doctor = sshp(&["doctor", "web.example"]);
        assert!(said(&doctor).contains("there is no ssh"), "{}", said(&doctor));
        assert!(!said(&doctor).contains("--session builtin"), "{}", said(&doctor));
    }

    #[test]
    fn auto_is_the_systems_ssh_and_nothing_else() {
        let fingerprint = format!("SHA256:{}", "A".repeat(43));
        let trust = ["trust", "web.example", "--fingerprint", &fingerprint];
        for args in [&["connect", "web.example"][..], &trust] {
            let output = sshp(args);
            assert!(!output.status.success(), "{args:?}");
            assert!(said(&output).contains("install OpenSSH's client"), "{}", said(&output));
            assert!(!said(&output).contains("builtin"), "{}", said(&output));
        }
    }

    #[test]
    fn the_help_has_no_demo_and_no_choice_of_a_session_that_is_not_there() {
        let help = said(&sshp(&["--help"]));
        assert!(help.contains("doctor") && !help.contains("demo"), "{help}");
        for args in [&["connect", "--help"][..], &["add", "--help"], &["config", "set", "--help"]] {
            let help = said(&sshp(args));
            assert!(help.contains("Usage") && !help.contains("builtin"), "{args:?}: {help}");
        }
        let add = sshp(&["add", "web", "web.example", "--session", "builtin"]);
        assert_eq!(add.status.code(), Some(2), "{}", said(&add));
        let set = sshp(&["config", "set", "session", "builtin"]);
        assert_eq!(set.status.code(), Some(2), "{}", said(&set));
    }
}

#[cfg(not(feature = "picker"))]
mod without_picker {
    use std::fs;

    use sshp_testing::pty::Pty;

    use super::*;

    const CONFIG: &str = "Host web-1 web-2 db\n    HostName 192.0.2.1\n    User deploy\n";

    /// A home with three profiles.
    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir(home.path().join(".ssh")).expect("a folder");
        fs::write(home.path().join(".ssh/config"), CONFIG).expect("a config");
        home
    }

    #[test]
    fn pick_asks_for_a_number_on_any_terminal() {
        let home = home();
        let mut command = command_in(home.path());
        command.arg("pick");
        let mut pty = Pty::spawn(&command);
        pty.wait_for("3  db");
        pty.send("db\r");
        pty.wait_for("1  db");
        pty.send("1\r");
        assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
        assert!(pty.screen().trim_end().ends_with("\ndb"), "{}", pty.screen());
        assert!(!pty.raw.contains(&0x1b), "{:?}", String::from_utf8_lossy(&pty.raw));
        let mut pty = Pty::spawn(&command);
        pty.wait_for("3  db");
        pty.send("\r");
        assert_eq!(pty.wait_exit(), 130, "{}", pty.screen());
    }

    #[test]
    fn sshp_alone_connects_to_the_profile_of_a_number() {
        let home = home();
        let ssh = home.path().join("ssh");
        fs::write(&ssh, "#!/bin/sh\necho \"ssh got $*\"\n").expect("a script");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(&ssh, mode).expect("a mode");
        let mut pty = Pty::spawn(command_in(home.path()).env("SSHP_SSH", &ssh));
        pty.wait_for("3  db");
        pty.send("3\r");
        assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
        let last = pty.screen().trim_end().lines().last().unwrap_or_default().to_owned();
        assert!(last.starts_with("ssh got ") && last.ends_with(" db"), "{}", pty.screen());
    }

    /// readline has the terminal send every key by itself, unseen.
    #[test]
    fn a_number_can_be_typed_where_a_key_of_bash_asks() {
        let home = home();
        let init = sshp(&["init", "bash"]);
        assert!(init.status.success(), "{}", said(&init));
        let prompt = b"\nPS1='ready> '\n";
        let rc = [&init.stdout[..], prompt].concat();
        fs::write(home.path().join("rc"), rc).expect("a start-up file");
        let Ok(bash) = which::which("bash") else { panic!("the test needs bash") };
        let mut command = Command::new(bash);
        let path = [Path::new(SSHP).parent().expect("a folder"), Path::new("/usr/bin")];
        let path = std::env::join_paths(path).expect("folders");
        command.arg("--rcfile").arg(home.path().join("rc")).arg("-i");
        command.env("HOME", home.path()).env("PATH", path);
        let mut pty = Pty::spawn(&command);
        pty.wait_for("ready>");
        pty.send("ping \x1bj");
        pty.wait_for("3  db");
        pty.send("2\r");
        pty.wait_for("ready> ping web-2");
    }

    #[test]
    fn a_query_finds_what_the_picker_finds() {
        let home = home();
        for (query, names) in [
            ("wb", "web-1 web-2"),
            ("host:192 !web", "db"),
            ("^db | 'b-1", "web-1 db"),
            ("web 'b-2", "web-2"),
        ] {
            let mut list = command_in(home.path());
            let output = list.args(["list", "--json", query]).output().expect("sshp");
            let text = said(&output);
            for name in ["web-1", "web-2", "db"] {
                let is_listed = text.contains(&format!("\"{name}\""));
                assert_eq!(
                    is_listed,
                    names.split(' ').any(|wanted| wanted == name),
                    "{query}: {text}"
                );
            }
        }
    }

    #[test]
    fn only_the_settings_of_the_numbered_list_are_offered() {
        for args in [&["--help"][..], &["config", "--help"], &["config", "show"]] {
            let text = said(&sshp(args));
            for word in ["opens the picker", "picker.height", "picker.keys", "picker.preview"] {
                assert!(!text.contains(word), "{args:?}: {text}");
            }
        }
        assert!(said(&sshp(&["config", "show"])).contains("picker.columns"));
        for args in
            [&["config", "set", "picker.height", "40%"][..], &["config", "show", "picker.keys.new"]]
        {
            let output = sshp(args);
            assert_eq!(output.status.code(), Some(2), "{}", said(&output));
            assert!(said(&output).contains("without the feature `picker`"), "{}", said(&output));
        }
        let home = home();
        let mut tab = command_in(home.path());
        let tab =
            tab.args(["--", "sshp", "config", "set", "picker."]).env("_SSHP_COMPLETE", "bash:3");
        let tab = said(&tab.output().expect("sshp"));
        assert!(tab.contains("picker.columns") && !tab.contains("picker.height"), "{tab}");
    }

    #[test]
    fn a_settings_file_that_is_shared_with_a_whole_picker_brings_no_warning() {
        let home = home();
        fs::create_dir_all(home.path().join(".config/sshp")).expect("a folder");
        let file = home.path().join(".config/sshp/config.toml");
        fs::write(&file, "[picker]\nheight = \"40%\"\nhight = 1\n").expect("settings");
        let output = command_in(home.path()).args(["config", "show"]).output().expect("sshp");
        let text = said(&output);
        assert!(text.contains("there is no setting `picker.hight`"), "{text}");
        assert!(!text.contains("picker.height"), "{text}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_is_refused_ends_with_an_error_that_names_the_limit() {
        let home = home();
        fs::write(home.path().join(".ssh/config"), CONFIG.repeat(400_000)).expect("a config");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "ulimit -v 80000; exec \"$0\" list", SSHP]);
        let output = command.env_clear().env("HOME", home.path()).output().expect("sh");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let text = "error: out of memory: the address space is limited to 80000 KiB\n";
        assert!(said(&output).starts_with(text), "{}", said(&output));
    }
}
