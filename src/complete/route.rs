//! What the word at the cursor is: a profile, an option, a value, or something remote.
//!
//! sshp's own options and verbs come from clap's engine and so from the same definitions as the
//! help. Lines that are ssh's (`sshp connect …`, `sshp NAME …`) follow ssh(1) instead.

use std::path::PathBuf;

use clap::{Command, CommandFactory};

use super::clap_words::clap_words;
use super::names::{self, Shared, destinations};
use super::ssh_words::ssh_words;
use super::{Answer, Candidate, Taken};
use crate::cli::Cli;

/// Says what may stand at `words[at]`; `words[0]` is the program. `open` gets the `-F` of the line.
pub(super) fn answer(
    words: &[String],
    at: usize,
    open: impl Fn(Option<PathBuf>) -> Shared,
) -> Answer {
    let mut words: Vec<String> = words.iter().map(|word| unquoted(word)).collect();
    words.truncate(at + 1);
    let mut cli = Cli::command();
    cli.build();
    let mut config = None;
    let mut place = 1;
    while place < at {
        match Global::of(&words[place]) {
            Global::Value(Some(file)) => config = Some(file),
            Global::ValueNext if place + 1 < at => {
                if words[place].ends_with('F') || words[place] == "--config" {
                    config = Some(words[place + 1].clone());
                }
                place += 1;
            }
            Global::ValueNext => break,
            Global::Value(None) | Global::Switch => {}
            Global::Word => {
                let known = cli.find_subcommand(&words[place]).is_some();
                return match words[place].as_str() {
                    "connect" => ssh_words(&words[place + 1..=at], config, &open),
                    _ if !known => ssh_words(&words[place..=at], config, &open),
                    _ => clap_words(cli, &words, at, config, &open),
                };
            }
        }
        place += 1;
    }
    if place < at || words[at].starts_with('-') {
        return clap_words(cli, &words, at, config, &open);
    }
    let mut candidates = destinations(&words[at], &open(path(config)));
    // `sshp list` lists, whatever profile is called so; `sshp connect list` connects.
    candidates.retain(|profile| cli.find_subcommand(&profile.value).is_none());
    candidates.extend(verbs(&cli, &words[at]));
    Answer { taken: Taken::Words, candidates }
}

/// Says which hosts a command of ssh's kind may name: `words` is what is typed of one, before it
/// perhaps `-F` and a config.
pub(super) fn hosts(words: &[String], open: impl Fn(Option<PathBuf>) -> Shared) -> Answer {
    let mut words: Vec<String> = words.iter().map(|word| unquoted(word)).collect();
    let beginning = words.pop().unwrap_or_default();
    let source = open(path(match words.as_slice() {
        [flag, config] if flag == "-F" => Some(config.clone()),
        _ => None,
    }));
    Answer { taken: Taken::Words, candidates: names::hosts(&beginning, &source) }
}

/// The words of a line up to the cursor, as tcsh tells it: the last command alone, without quotes.
pub(super) fn words_of(line: &str) -> Vec<String> {
    let mut words: Vec<String> = line.split_ascii_whitespace().map(str::to_owned).collect();
    if line.ends_with([' ', '\t']) {
        words.push(String::new());
    }
    words
}

/// What a word before the verb is.
pub(super) enum Global {
    /// An option with its value, which is a file where it is `-F`.
    Value(Option<String>),
    /// An option whose value is the next word.
    ValueNext,
    /// An option without a value.
    Switch,
    /// The verb or a destination.
    Word,
}

impl Global {
    pub(super) fn of(word: &str) -> Self {
        match word {
            "-F" | "--config" | "--color" => Global::ValueNext,
            _ if word.starts_with("--config=") => {
                Global::Value(word.strip_prefix("--config=").map(str::to_owned))
            }
            _ if word.starts_with("-F") => {
                Global::Value(word.strip_prefix("-F").map(str::to_owned))
            }
            "-" | "--" => Global::Switch,
            _ if word.starts_with("--color=") => Global::Value(None),
            _ if word.starts_with('-') => Global::Switch,
            _ => Global::Word,
        }
    }
}

/// A word without the quotes and backslashes that are still typed around it.
fn unquoted(word: &str) -> String {
    if !word.contains(['\'', '"', '\\']) {
        return word.to_owned();
    }
    let mut out = String::with_capacity(word.len());
    let mut letters = word.chars();
    let mut quote = None;
    while let Some(c) = letters.next() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(q)) if c == q => quote = None,
            ('\\', None | Some('"')) => out.extend(letters.next()),
            _ => out.push(c),
        }
    }
    out
}

/// The file that a line names as its config, if any.
pub(super) fn path(config: Option<String>) -> Option<PathBuf> {
    config.filter(|file| !file.is_empty()).map(PathBuf::from)
}

fn verbs(cli: &Command, beginning: &str) -> Vec<Candidate> {
    cli.get_subcommands()
        .filter(|verb| !verb.is_hide_set() && verb.get_name().starts_with(beginning))
        .map(|verb| {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            Candidate::new(verb.get_name(), about)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sshp_config::Dialect;

    use super::*;
    use crate::complete::names::Source;

    /// A source of four profiles, which also tells the `-F` it was opened with.
    struct Known(Option<PathBuf>);

    fn fitting(all: &[(&str, &str)], beginning: &str) -> Vec<Candidate> {
        all.iter()
            .filter(|(value, _)| value.starts_with(beginning))
            .map(|&(value, help)| Candidate::new(value, help))
            .collect()
    }

    impl Source for Known {
        fn profiles(&self, beginning: &str) -> Vec<Candidate> {
            if let Some(file) = &self.0 {
                return fitting(&[(&format!("from-{}", file.display()), "")], beginning);
            }
            let all = [("db", "me@db"), ("list", "me@list"), ("web-1", "me@a"), ("web-2", "me@b")];
            fitting(&all, beginning)
        }

        fn tags(&self, beginning: &str) -> Vec<Candidate> {
            fitting(&[("dev", ""), ("prod", "")], beginning)
        }

        fn keys(&self, beginning: &str) -> Vec<Candidate> {
            fitting(&[("/h/.ssh/id_a", "")], beginning)
        }

        fn known_hosts(&self, beginning: &str) -> Vec<Candidate> {
            fitting(&[("db", ""), ("dbx.example", "")], beginning)
        }

        fn dialect(&self) -> Arc<Dialect> {
            let version = self.0.as_ref().and_then(|file| file.to_str()?.strip_prefix("of-"));
            version
                .map_or_else(Arc::default, |version| Arc::new(version.parse().expect("a version")))
        }

        fn changes(&self, redo: bool) -> Vec<String> {
            let changes: &[&str] = if redo { &["mv a b"] } else { &["rm old", "add web-1"] };
            changes.iter().map(|&change| change.to_owned()).collect()
        }
    }

    fn answered(line: &str) -> Answer {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        answer(&words, words.len() - 1, |config| Arc::new(Known(config)))
    }

    /// What is offered at the end of a line, in one string.
    fn values(line: &str) -> String {
        let values: Vec<String> = answered(line).candidates.into_iter().map(|c| c.value).collect();
        values.join(" ")
    }

    #[test]
    fn profiles_come_first_and_verbs_after_them() {
        let all = answered("sshp ").candidates;
        assert_eq!(all[0], Candidate::new("db", "me@db"));
        assert!(all.contains(&Candidate::new("list", "List profiles")), "{all:?}");
        assert_eq!(values("sshp we"), "web-1 web-2");
        assert_eq!(values("sshp li"), "list");
        assert_eq!(values("sshp connect li"), "list");
        assert_eq!(values("sshp me@we"), "me@web-1 me@web-2");
        assert_eq!(values("sshp 'we"), "web-1 web-2");
    }

    #[test]
    fn flags_come_where_a_dash_is_typed() {
        assert_eq!(values("sshp --col"), "--color");
        assert_eq!(values("sshp --color a"), "auto always");
        assert_eq!(values("sshp --color=n"), "--color=never");
        assert_eq!(values("sshp add --ta"), "--tag");
        assert_eq!(values("sshp list --js"), "--json");
    }

    #[test]
    fn every_verb_that_takes_a_profile_completes_one() {
        for verb in ["connect", "rm", "edit", "show", "mv", "copy", "rm db", "list", "pick"] {
            assert_eq!(values(&format!("sshp {verb} we")), "web-1 web-2", "{verb}");
        }
        assert_eq!(values("sshp forget db"), "db dbx.example");
        assert_eq!(values("sshp add we"), "", "a new name is new");
        assert_eq!(values("sshp mv db we"), "");
        assert_eq!(values("sshp init "), "bash zsh fish elvish nushell powershell xonsh tcsh");
    }

    #[test]
    fn values_of_options() {
        assert_eq!(values("sshp add x --tag p"), "prod");
        assert_eq!(values("sshp edit db --untag="), "--untag=dev --untag=prod");
        assert_eq!(values("sshp add x --jump db,we"), "db,web-1 db,web-2");
        assert_eq!(values("sshp add x --session b"), "builtin");
        assert_eq!(values("sshp add x --option StrictH"), "StrictHostKeyChecking=");
        assert_eq!(values("sshp add x -o stricth"), "StrictHostKeyChecking=");
        assert_eq!(values("sshp add x -o Compression=y"), "Compression=yes");
        assert_eq!(values("sshp edit db --unset ProxyJ"), "ProxyJump");
        assert_eq!(values("sshp add x --key "), "/h/.ssh/id_a");
        assert_eq!(answered("sshp add x --key ~/").taken, Taken::Files);
        assert_eq!(answered("sshp -F ").taken, Taken::Files);
        assert_eq!(answered("sshp add x -o ").taken, Taken::Nospace);
        assert_eq!(values("sshp add x --note "), "");
    }

    #[test]
    fn what_the_remembered_ssh_lacks_is_not_offered() {
        let values = |version: &str, line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let file = Some(PathBuf::from(format!("of-{version}")));
            let answer = answer(&words, words.len() - 1, |_| Arc::new(Known(file.clone())));
            let values: Vec<String> = answer.candidates.into_iter().map(|c| c.value).collect();
            values.join(" ")
        };
        for (line, old, new) in [
            ("sshp connect -P", "", "-P"),
            ("sshp connect -Z", "", "-Z"),
            ("sshp connect -O c", "cancel check", "cancel channels check conninfo"),
            ("sshp connect -o Ta", "", "Tag="),
            (
                "sshp connect -o TCPKeepAlive=",
                "TCPKeepAlive=yes TCPKeepAlive=no TCPKeepAlive=true TCPKeepAlive=false",
                "",
            ),
            ("sshp add x --option Refuse", "", "RefuseConnection="),
            ("sshp edit db --unset Refuse", "RefuseConnection", "RefuseConnection"),
            ("sshp connect -P fr", "from-of-9.2", ""),
        ] {
            assert_eq!(values("9.2", line), old, "{line}");
            if !new.is_empty() {
                assert_eq!(values("10.6", line), new, "{line}");
            }
        }
        assert!(values("10.6", "sshp connect -o TCPKeepAlive=").contains("=transport"));
        assert_eq!(values("10.6", "sshp connect -P fr"), "", "it is a tag");
    }

    #[test]
    fn changes_are_numbered_as_undo_counts_them() {
        let changes = |line: &str| answered(line).candidates;
        assert_eq!(
            changes("sshp undo "),
            [Candidate::new("1", "rm old"), Candidate::new("2", "and all before it: add web-1")]
        );
        assert_eq!(changes("sshp undo 2").len(), 1);
        assert_eq!(changes("sshp undo --redo "), [Candidate::new("1", "mv a b")]);
    }

    #[test]
    fn hosts_for_other_commands_are_profiles_and_known_hosts() {
        let asked = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            let answer = hosts(&words, |config| Arc::new(Known(config)));
            let values: Vec<String> = answer.candidates.into_iter().map(|c| c.value).collect();
            values.join(" ")
        };
        assert_eq!(asked(&["db"]), "db dbx.example");
        assert_eq!(asked(&["list"]), "list", "no verb is in the way");
        assert_eq!(asked(&["me@we"]), "me@web-1 me@web-2");
        assert_eq!(asked(&["-F", "f", "fr"]), "from-f");
        assert_eq!(asked(&[]), "db list web-1 web-2 dbx.example");
    }

    #[test]
    fn a_line_of_tcsh_ends_with_the_word_at_the_cursor() {
        assert_eq!(words_of(" sshp  we"), ["sshp", "we"]);
        assert_eq!(words_of("sshp "), ["sshp", ""]);
        assert_eq!(words_of(""), [""; 0]);
    }

    #[test]
    fn the_config_of_the_line_is_the_one_that_is_read() {
        for line in
            ["sshp -F f ", "sshp --config=f ", "sshp -Ff ", "sshp rm -F f ", "sshp connect -F f "]
        {
            assert!(values(line).starts_with("from-f"), "{line}: {}", values(line));
        }
    }

    #[test]
    fn after_a_destination_nothing_of_this_machine_is_offered() {
        for line in [
            "sshp web-1 ",
            "sshp web-1 l",
            "sshp web-1 ls ",
            "sshp connect web-1 li",
            "sshp other ls -",
        ] {
            assert_eq!(values(line), "", "{line}");
        }
        assert_eq!(values("sshp web-1 --s"), "--session");
    }

    #[test]
    fn a_line_of_ssh_is_read_as_ssh_reads_it() {
        assert_eq!(values("sshp connect -p 22 we"), "web-1 web-2");
        assert_eq!(values("sshp connect -vp22 we"), "web-1 web-2");
        assert_eq!(values("sshp connect -p "), "");
        assert_eq!(values("sshp connect -J db,we"), "db,web-1 db,web-2");
        assert_eq!(values("sshp connect -Jwe"), "-Jweb-1 -Jweb-2");
        assert_eq!(values("sshp web-1 -o ProxyJ"), "ProxyJump=");
        assert_eq!(values("sshp connect -oProxyJ"), "-oProxyJump=");
        assert_eq!(values("sshp connect --session b"), "builtin");
        assert_eq!(values("sshp connect --session=s"), "--session=system");
        assert_eq!(answered("sshp connect -i ~").taken, Taken::Files);
    }
}
