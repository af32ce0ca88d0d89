//! What Tab asks: read-only, never fails, runs nothing, touches no network.
//!
//! The scripts in `completions/` call `_SSHP_COMPLETE=SHELL:INDEX sshp -- WORDS…`. The first line
//! of the answer says how the rest is to be taken (`words`, `nospace`, `files`); each other line
//! is one candidate, with its description where the shell shows one.
//!
//! [`mod@line`] finds out what the word at the cursor is, [`source`] knows the names, [`narrow`] leaves
//! out of a large config what cannot matter.

mod line;
mod narrow;
mod source;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;

use crate::ctx;
use crate::shell::Shell;
use crate::ui::sanitize;

/// One thing that may stand at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// The whole word.
    value: String,
    /// What it is, in a few words.
    help: String,
}

impl Candidate {
    fn new(value: impl Into<String>, help: impl Into<String>) -> Self {
        Candidate { value: value.into(), help: help.into() }
    }
}

/// How a shell has to take the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Taken {
    /// As whole words.
    #[default]
    Words,
    /// As the beginning of a word.
    Nospace,
    /// Where there are none, file names are meant.
    Files,
}

/// What may stand at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Answer {
    taken: Taken,
    candidates: Vec<Candidate>,
}

/// Answers the shell when it asks for completions, else `None`.
///
/// The variable alone makes no completer of sshp: somebody may have exported it. The value has to
/// name a shell and a word, the first argument has to be `--`, that word has to be there, and
/// standard output must not be a terminal.
#[must_use]
pub fn answer() -> Option<ExitCode> {
    let request = ctx::completion_request()?;
    let (shell, at, words) = parse_request(request.to_str()?, std::env::args_os().skip(1))?;
    let mut stdout = std::io::stdout().lock();
    if stdout.is_terminal() {
        return None;
    }
    // Whatever goes wrong here must not write on the line that is being typed.
    std::panic::set_hook(Box::new(|_| {}));
    let answer = std::panic::catch_unwind(|| line::answer(&words, at, source::open));
    // A shell that no longer listens needs no answer.
    let _ = stdout.write_all(render(shell, &answer.unwrap_or_default()).as_bytes());
    Some(ExitCode::SUCCESS)
}

/// Reads `SHELL:INDEX` and `-- WORDS…`; the words come back up to and with the one at the cursor.
fn parse_request(
    request: &str,
    mut arguments: impl Iterator<Item = OsString>,
) -> Option<(Shell, usize, Vec<String>)> {
    let (shell, at) = request.split_once(':')?;
    let shell = Shell::from_str(shell, false).ok()?;
    let at: usize = at.parse().ok().filter(|&at| at > 0)?;
    if arguments.next()? != "--" {
        return None;
    }
    let words: Vec<String> =
        arguments.take(at + 1).map(|word| word.to_string_lossy().into_owned()).collect();
    (words.len() == at + 1).then_some((shell, at, words))
}

fn render(shell: Shell, answer: &Answer) -> String {
    let mut out = String::from(match answer.taken {
        Taken::Words => "words\n",
        Taken::Nospace => "nospace\n",
        Taken::Files => "files\n",
    });
    for Candidate { value, help } in &answer.candidates {
        // What a shell would have to quote is not offered: that no candidate runs or expands to
        // anything does not hang on the quoting of three shells.
        if !is_plain(value) {
            continue;
        }
        let help = sanitize::line(help.lines().next().unwrap_or_default());
        let _ = match shell {
            Shell::Bash => writeln!(out, "{value}"),
            Shell::Zsh if help.is_empty() => writeln!(out, "{}", value.replace(':', "\\:")),
            Shell::Zsh => writeln!(out, "{}:{help}", value.replace(':', "\\:")),
            Shell::Fish | Shell::Elvish => writeln!(out, "{value}\t{help}"),
        };
    }
    out
}

/// Whether a word is the same to every shell with and without quotes.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "._-@:+,%=/".contains(c);
    word.chars().all(plain) && word.starts_with(|c: char| c.is_alphanumeric() || "._-/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(value: &str, arguments: &[&str]) -> Option<(Shell, usize, Vec<String>)> {
        parse_request(value, arguments.iter().map(OsString::from))
    }

    #[test]
    fn only_the_scripts_are_answered() {
        let words = vec!["sshp".to_owned(), "we".to_owned()];
        let asked = ["--", "sshp", "we", "after the cursor"];
        assert_eq!(request("bash:1", &asked), Some((Shell::Bash, 1, words)));
        for exported in ["1", "bash", "bash:", "bash:x", "bash:0", "bash:9", "tcsh:1", ":1", ""] {
            assert_eq!(request(exported, &asked), None, "{exported}");
        }
        assert_eq!(request("bash:1", &["list", "--", "sshp", "we"]), None);
        assert_eq!(request("bash:1", &[]), None);
    }

    #[test]
    fn each_shell_gets_what_it_reads() {
        let answer = Answer {
            taken: Taken::Nospace,
            candidates: vec![
                Candidate::new("a:b", "me@c: \x1b[31m\nmore"),
                Candidate::new("d", ""),
            ],
        };
        assert_eq!(render(Shell::Bash, &answer), "nospace\na:b\nd\n");
        assert_eq!(render(Shell::Zsh, &answer), "nospace\na\\:b:me@c: \\x1b[31m\nd\n");
        assert_eq!(render(Shell::Fish, &answer), "nospace\na:b\tme@c: \\x1b[31m\nd\t\n");
    }

    #[test]
    fn what_would_need_quotes_is_not_offered() {
        for bad in [
            "$(id)",
            "a b",
            "a'b",
            "a;b",
            "a\x1b",
            "a\nb",
            "~a",
            "=a",
            "a*",
            "a\u{202e}",
            "",
            "a\\",
            "%a",
            "é`",
        ] {
            assert!(!is_plain(bad), "{bad:?}");
        }
        for good in ["web-1", "größe.de", "me@web", "a:b", "--tag", "Port=", "/home/me/id_x", "_a"]
        {
            assert!(is_plain(good), "{good:?}");
        }
    }
}
