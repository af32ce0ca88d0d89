//! The file of a source, the Include that reads it and the metadata: all of an import is there, or nothing.

use super::{calls_of, leftovers, with_fault};
use crate::support::sandbox::Sandbox;

const CONFIG: &str = "Host web\n  HostName 192.0.2.99\n";
const FILE: &str = ".ssh/config.d/sshp-csv.conf";
const IMPORT: &[&str] = &["import", "x.csv", "--yes"];

fn sandbox() -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    let rows: Vec<_> = (0..4).map(|n| format!("w{n},192.0.2.{n}\n")).collect();
    s.write("x.csv", format!("name,host\n{}", rows.concat()));
    s
}

/// Whether the import is there, after a start that ended what was begun.
#[track_caller]
fn is_there(s: &Sandbox, what: &str) -> bool {
    s.sshp("add other o").success();
    let includes = s.config().contains("Include config.d/sshp-*.conf\n");
    let file = s.path(FILE).exists() && s.text(FILE).contains("Host w3\n");
    let metadata = s.path(".config/sshp/profiles.toml").exists();
    assert!(
        [file, metadata].iter().all(|it| *it == includes),
        "{what}: {includes} {file} {metadata}"
    );
    let aliases = s.sshp("list --format {alias}").success().stdout;
    assert_eq!(aliases.lines().count(), if includes { 6 } else { 2 }, "{what}: {aliases}");
    for folder in [".ssh", ".ssh/config.d", ".config/sshp"].map(|folder| s.path(folder)) {
        assert!(!folder.exists() || leftovers(&folder).is_empty(), "{what}");
    }
    includes
}

#[test]
fn killed_at_any_system_call_an_import_is_there_whole_or_not_at_all() {
    needs!("strace");
    let (mut old, mut new) = (0, 0);
    for (call, range) in calls_of(&sandbox(), IMPORT) {
        for nth in range {
            let s = sandbox();
            let what = format!("{call} {nth}");
            with_fault(&s, IMPORT, &call, nth, "signal=SIGKILL");
            *if is_there(&s, &what) { &mut new } else { &mut old } += 1;
        }
    }
    assert!(old > 0 && new > 0, "{old} {new}");
}
