//! `docs/options.md` and the README's table of keywords, which are generated: what the built-in session
//! makes of every keyword.

use std::fmt::Write;
use std::path::Path;

use super::{Support, is_harmless, support};
use sshp_config::options::{Keyword, Row, TABLE};
use sshp_testing::kept;

const HEAD: &str = "\
# ssh_config(5) in the built-in session

What `sshp connect --session builtin` makes of every keyword. With the system's ssh, which is used
wherever there is one unless you ask otherwise, all of them do what your ssh does.

- **yes**: it does what ssh does, within the limit that is named.
- **not needed**: without it nothing is missing.
- **ignored**: it has no effect; the session goes on without what is named.
- **ssh only**: set to anything but the words that are named, it ends the built-in session before
  it begins, with the file and line that set it, and the system's ssh is what to use. On a machine
  without an ssh, what is named so is only warned about where a config sets it.

This file is generated: `SSHP_BLESS=1 cargo test keyword` writes it anew.

| keyword | built-in session | limits |
|---|---|---|
";

#[test]
fn the_table_of_keywords_is_what_the_plan_does() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/options.md");
    kept::require(file, &render());
}

#[test]
fn the_readme_names_every_keyword_with_what_becomes_of_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let begin = "<!-- keywords: src/session/plan/document_tests.rs -->\n";
    kept::require_between(file, begin, "<!-- /keywords -->", &render_short());
}

/// Three rows: done, not needed, the system's.
fn render_short() -> String {
    let mut rows = [
        ("honoured", Vec::new()),
        ("not needed, or without effect", Vec::new()),
        ("goes to the system's ssh", Vec::new()),
    ];
    for row in TABLE {
        let at = match support(row.keyword) {
            Support::Honoured | Support::Limited(_) => 0,
            Support::NotNeeded(_) | Support::Ignored(_) => 1,
            Support::System(..) => 2,
        };
        rows[at].1.push(names(row));
    }
    let mut text = "\n| the built-in session | keywords |\n|---|---|\n".to_owned();
    for (what, mut keywords) in rows {
        keywords.sort_by_key(|name| name.to_ascii_lowercase());
        let _ = writeln!(text, "| {what} | {} |", keywords.join(", "));
    }
    text.push('\n');
    text
}

fn render() -> String {
    let mut rows: Vec<(String, String)> =
        TABLE.iter().map(|row| (names(row), cells(row))).collect();
    rows.sort_by_key(|(names, _)| names.to_ascii_lowercase());
    let mut text = HEAD.to_owned();
    for (names, cells) in rows {
        let _ = writeln!(text, "| {names} | {cells} |");
    }
    text
}

/// The name, or for what is an option no longer, all names.
fn names(row: &Row) -> String {
    match row.keyword {
        Keyword::Deprecated | Keyword::Unsupported => {
            let all: Vec<&str> =
                [row.name].into_iter().chain(row.aliases.iter().copied()).collect();
            all.join(", ")
        }
        _ => row.title.to_owned(),
    }
}

fn cells(row: &Row) -> String {
    match support(row.keyword) {
        Support::Honoured => "yes | ".to_owned(),
        Support::Limited(limit) => format!("yes | {limit}"),
        Support::NotNeeded(why) => format!("not needed | {why}"),
        Support::Ignored(what) => format!("ignored | {what}"),
        Support::System([], _, what) => format!("ssh only | missing: {what}"),
        Support::System(fine, _, what) => {
            let fine: Vec<String> = fine.iter().map(|word| format!("`{word}`")).collect();
            let alone =
                if is_harmless(row.keyword) { "; ignored where no ssh is installed" } else { "" };
            format!("ssh only | fine: {}; missing: {what}{alone}", fine.join(", "))
        }
    }
}
