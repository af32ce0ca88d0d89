//! What sshp says where it is built without a feature. `tests/it` is about the default features.
#![cfg(not(feature = "builtin"))]
#![allow(clippy::disallowed_methods, reason = "the program is what is tested")]

use std::process::{Command, Output};

/// Runs sshp in an empty home, without any program in its search path.
fn sshp(args: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a folder");
    let mut sshp = Command::new(env!("CARGO_BIN_EXE_sshp"));
    sshp.args(args).env_clear().env("HOME", home.path()).env("PATH", home.path());
    sshp.output().expect("sshp")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

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
