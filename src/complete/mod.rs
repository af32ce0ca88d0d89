//! What Tab asks: read-only, never fails, runs nothing, touches no network.
//!
//! The scripts in `completions/` call `_SSHP_COMPLETE=SHELL:INDEX sshp -- WORDS…`. The first line
//! of the answer says how the rest is to be taken (`words`, `nospace`, `files`); each other line
//! is one candidate, with its description where the shell shows one. Two more ways to ask:
//! `SHELL:hosts` with `[-F CONFIG] BEGINNING` for the hosts alone, and `tcsh:line`, since tcsh can
//! only tell the line as it is typed, in `COMMAND_LINE`; it gets nothing but the candidates.
//!
//! [`mod@route`] finds out whose the line is: [`ssh_words`] knows ssh's and [`clap_words`] sshp's.
//! [`source`] knows the [`names`], [`narrow`] leaves out of a large config what cannot matter.

mod clap_words;
mod names;
mod narrow;
mod route;
mod source;
mod ssh_words;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;

use crate::ctx;
use crate::memory;
use crate::profile::fields;
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
/// The variable alone makes no completer of sshp: it may have been exported. The value has to
/// name a shell and a word, the first argument has to be `--`, that word has to be there, and
/// standard output must not be a terminal.
#[must_use]
pub fn answer() -> Option<ExitCode> {
    let request = ctx::completion_request()?;
    let request =
        parse_request(request.to_str()?, ctx::completion_line, std::env::args_os().skip(1))?;
    let mut stdout = std::io::stdout().lock();
    if stdout.is_terminal() {
        return None;
    }
    // Whatever goes wrong here must not write on the line that is being typed.
    std::panic::set_hook(Box::new(|_| {}));
    memory::ends_quietly();
    let answer = std::panic::catch_unwind(|| match &request.asked {
        Asked::Word(words) => route::answer(words, words.len() - 1, source::open),
        Asked::Hosts(words) => route::hosts(words, source::open),
    });
    // A shell that no longer listens needs no answer.
    let _ = stdout.write_all(render(request.shell, &answer.unwrap_or_default()).as_bytes());
    Some(ExitCode::SUCCESS)
}

/// What a script asks.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    shell: Shell,
    asked: Asked,
}

/// What is to be completed.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// The last of the words of a line of sshp's.
    Word(Vec<String>),
    /// The host that the last of the words begins.
    Hosts(Vec<String>),
}

/// Reads `SHELL:INDEX`, `SHELL:hosts` or `tcsh:line` and `-- WORDS…`.
fn parse_request(
    request: &str,
    line: impl FnOnce() -> Option<OsString>,
    mut arguments: impl Iterator<Item = OsString>,
) -> Option<Request> {
    let (shell, what) = request.split_once(':')?;
    let shell = Shell::from_str(shell, false).ok()?;
    if arguments.next()? != "--" {
        return None;
    }
    let words = arguments.map(|word| word.to_string_lossy().into_owned());
    let asked = match (shell, what) {
        (_, "hosts") => Asked::Hosts(words.take(3).collect()),
        (Shell::Tcsh, "line") => Asked::Word(route::words_of(&line()?.to_string_lossy())),
        (Shell::Tcsh, _) => return None,
        _ => {
            let at: usize = what.parse().ok()?;
            let words: Vec<String> = words.take(at.checked_add(1)?).collect();
            (words.len() == at + 1).then_some(Asked::Word(words))?
        }
    };
    match &asked {
        Asked::Word(words) if words.len() < 2 => None,
        _ => Some(Request { shell, asked }),
    }
}

fn render(shell: Shell, answer: &Answer) -> String {
    let mut out = String::from(match answer.taken {
        // tcsh takes all that it reads for candidates.
        _ if shell == Shell::Tcsh => "",
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
            Shell::Bash | Shell::Tcsh => writeln!(out, "{value}"),
            Shell::Zsh if help.is_empty() => writeln!(out, "{}", value.replace(':', "\\:")),
            Shell::Zsh => writeln!(out, "{}:{help}", value.replace(':', "\\:")),
            Shell::Fish | Shell::Elvish | Shell::Nushell | Shell::Powershell | Shell::Xonsh => {
                writeln!(out, "{value}\t{help}")
            }
        };
    }
    out
}

/// Whether a word is the same to every shell with and without quotes: of ASCII only what none of
/// them takes for its own, and all that a name may hold beyond ASCII, where shells have no signs but
/// PowerShell its further quotes, which its script quotes.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| {
        let ascii = c.is_ascii_alphanumeric() || "._-@:+,%=/".contains(c);
        ascii || !c.is_ascii() && !c.is_whitespace()
    };
    fields::refuse_unprintable("word", word).is_ok()
        && word.chars().all(plain)
        && !word.starts_with(['@', ':', ',', '%', '='])
        && !word.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names beyond letters: emoji, symbols, combining marks, scripts with vowel signs.
    const NAMES: [&str; 12] = [
        "prod🔥",
        "🔥",
        "cafe\u{301}",
        "हिन्दी",
        "ไทย",
        "a→b",
        "€1",
        "web²",
        "№7",
        "+x",
        "‘a’",
        "日本",
    ];

    fn request(value: &str, arguments: &[&str]) -> Option<Request> {
        let line = || Some(" sshp sh".into());
        parse_request(value, line, arguments.iter().map(OsString::from))
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn only_the_scripts_are_answered() {
        let asked = ["--", "sshp", "we", "after the cursor"];
        let word = |shell, all: &[&str]| Some(Request { shell, asked: Asked::Word(words(all)) });
        assert_eq!(request("bash:1", &asked), word(Shell::Bash, &["sshp", "we"]));
        assert_eq!(request("tcsh:line", &["--"]), word(Shell::Tcsh, &["sshp", "sh"]));
        let hosts = Asked::Hosts(words(&["-F", "f", "we"]));
        assert_eq!(
            request("zsh:hosts", &["--", "-F", "f", "we"]),
            Some(Request { shell: Shell::Zsh, asked: hosts })
        );
        for exported in [
            "1",
            "bash",
            "bash:",
            "bash:x",
            "bash:0",
            "bash:9",
            "bash:18446744073709551615",
            "tcsh:1",
            "bash:line",
            "csh:1",
            ":1",
            "",
        ] {
            assert_eq!(request(exported, &asked), None, "{exported}");
        }
        for value in ["bash:1", "bash:hosts", "tcsh:line"] {
            assert_eq!(request(value, &["list", "--", "sshp", "we"]), None);
            assert_eq!(request(value, &[]), None);
        }
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
        assert_eq!(render(Shell::Tcsh, &answer), "a:b\nd\n");
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

    #[test]
    fn every_name_that_add_takes_is_offered() {
        for name in NAMES {
            assert!(crate::profile::Alias::new(name, &[]).is_ok() && is_plain(name), "{name:?}");
        }
        // Whatever a later version takes or refuses.
        for c in (' '..='\u{ffff}').chain('\u{1f000}'..='\u{1faff}') {
            for name in [format!("{c}a"), format!("a{c}")] {
                if crate::profile::Alias::new(&name, &[]).is_ok() {
                    assert!(is_plain(&name), "{name:?}");
                }
            }
        }
    }
}
