//! `profiles.toml` broken by hand: the hosts work, nothing is dropped, no pin is forgotten.

use std::fs;

use crate::support::sandbox::{SSHP, Sandbox};

const TOML: &str = ".config/sshp/profiles.toml";
const CONFIG: &str = "Host web\n  HostName h\nHost db\n  HostName d\n";
const BROKEN: &str =
    "# mine\n[db]\nnote = 'n'\n\n# of web\n[web]\ntags = [\"a\"\nhost_keys = [\"SHA256:x\"]\n";
const READABLE: &str = "# mine\n[db]\nnote = 'n'\n\n";

fn sandbox(toml: impl AsRef<[u8]>) -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    s.write(TOML, toml);
    s
}

/// What lies beside `profiles.toml`, by name.
fn aside(s: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(s.path(".config/sshp")).expect("the folder");
    let names = entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name != "profiles.toml").collect();
    names.sort();
    names
}

#[test]
fn a_broken_file_is_read_as_far_as_it_can_be_and_not_touched() {
    let s = sandbox(BROKEN);
    let where_it_is = "profiles.toml`: line 8, column 1: ";
    for (words, code) in
        [("list", 0), ("show web", 0), ("pick db", 0), ("sync --check", 1), ("sync --dry-run", 0)]
    {
        let run = s.sshp(words).exits(code).says(where_it_is);
        run.says("  8 | host_keys = [\"SHA256:x\"]\n    | ^\n").says("`sshp sync` sets it aside");
    }
    s.sshp("list --json").success().prints("\"n\"");
    s.sshp("add other h --dry-run --tag t").success();
    let mut tab = s.command(SSHP);
    tab.env("_SSHP_COMPLETE", "bash").args(["--", "sshp", "show", "d"]);
    tab.output().expect("completions");
    assert_eq!((s.text(TOML), aside(&s)), (BROKEN.to_owned(), vec![]));
}

#[test]
fn the_first_change_sets_a_broken_file_aside_and_keeps_what_can_be_read() {
    let s = sandbox(BROKEN);
    let run = s.sshp("add new h --tag t").success().says("could not be read whole: it is now");
    let name = aside(&s).pop().expect("a file set aside");
    assert!(name.starts_with("profiles.toml.broken-20"), "{name}");
    run.says(&name).says("only there: line 8 of `web`, with host keys");
    let pinned = format!("[web]\nhost_keys = [\"those in {name}\"]\n");
    let kept = format!("{READABLE}[new]\ntags = [\"t\"]\n\n{pinned}\n");
    assert_eq!((s.text(TOML), s.text(format!(".config/sshp/{name}"))), (kept, BROKEN.to_owned()));
    assert_eq!(s.mode(format!(".config/sshp/{name}")), 0o600);
    let quiet = s.sshp("list").success();
    assert!(!quiet.stderr.contains("warning"), "{quiet:?}");

    // It is one change, and the next one finds another name.
    s.sshp("undo").success();
    assert_eq!((s.text(TOML), aside(&s)), (BROKEN.to_owned(), vec![]));
    s.sshp("sync").success().says(&name);
    let again = "[db]\nnote = \"caf\u{e9}\"\n[x]\nnote = ";
    s.write(TOML, again);
    s.sshp("edit db --tag t").success().says(&format!("{name}-2"));
    assert_eq!(aside(&s), [name.clone(), format!("{name}-2")]);
    assert_eq!(s.text(format!(".config/sshp/{name}")), BROKEN);
    assert_eq!(s.text(format!(".config/sshp/{name}-2")), again);
    assert_eq!(s.text(TOML), "[db]\nnote = \"caf\u{e9}\"\ntags = [\"t\"]\n");
}

#[test]
fn no_byte_of_another_kind_of_file_is_dropped() {
    let json = b"{\"web\": {\"tags\": [\"a\"]}}\n".to_vec();
    let latin = b"[db]\nnote = 'caf\xe9'\n[web]\ntags = ['t']\n".to_vec();
    let twice = b"[web]\ntags = ['t']\n[web]\nnote = 'n'\n".to_vec();
    for (text, kept) in [
        (json, "[db]\ntags = [\"new\"]\n"),
        (latin, "[web]\ntags = ['t']\n\n[db]\ntags = [\"new\"]\n"),
        (twice, "[web]\ntags = ['t']\n\n[db]\ntags = [\"new\"]\n"),
    ] {
        let s = sandbox(&text);
        s.sshp("list").success().prints("web").prints("db");
        s.sshp("edit db --tag new").success().says("could not be read whole");
        assert_eq!(s.text(TOML), kept);
        let name = aside(&s).pop().expect("a file set aside");
        assert_eq!(s.read(format!(".config/sshp/{name}")), text);
    }
}

#[test]
fn values_of_another_type_stay_until_they_are_to_be_others() {
    let text = "db = 5\n[web]\ntags = 1\nnote = 'n'\n";
    let s = sandbox(text);
    let run = s.sshp("list").success().says("line 3, column 8: `tags` of `web` should be a list");
    run.says("line 1, column 6: `db` should be a table");
    s.sshp("edit web --note m").success();
    let noted = text.replace("'n'", "\"m\"");
    assert_eq!((s.text(TOML), aside(&s)), (noted.clone(), vec![]));
    s.sshp("edit web --tag t").success().says("could not be read whole");
    assert_eq!(s.text(TOML), noted.replace("= 1", "= [\"t\"]"));
    let name = aside(&s).pop().expect("a file set aside");
    assert_eq!(s.text(format!(".config/sshp/{name}")), noted);
}

#[test]
fn pins_of_nobody_knows_whom_stop_a_change() {
    let text = "[web\nhost_keys = ['x']\n";
    let s = sandbox(text);
    for words in ["add new h --tag t", "edit db --tag t", "rm db", "sync"] {
        s.sshp(words).exits(5).says("its name cannot be read").says("line 1, column 5");
    }
    assert_eq!((s.text(TOML), s.config(), aside(&s)), (text.to_owned(), CONFIG.to_owned(), vec![]));
}

#[test]
fn a_rename_takes_pins_that_cannot_be_read_along() {
    let s = sandbox(BROKEN);
    s.sshp("mv web site").success();
    assert!(s.text(TOML).contains("[site]\nhost_keys = [\"those in "), "{}", s.text(TOML));
    let s = sandbox(BROKEN);
    s.sshp("rm web").success();
    assert_eq!(s.text(TOML), READABLE);
    assert_eq!(aside(&s).len(), 1);
}
