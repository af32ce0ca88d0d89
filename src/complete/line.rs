//! What the word at the cursor is: a profile, an option, a value, or something remote.
//!
//! sshp's own options and verbs come from clap's engine and so from the same definitions as the
//! help. Lines that are ssh's (`sshp connect …`, `sshp NAME …`) follow ssh(1) instead.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Arg, Command, CommandFactory};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};

use super::{Answer, Candidate, Taken};
use crate::cli::Cli;
use crate::ssh_config::options::{Kind, TABLE};

/// Who knows the names; each answer holds only what begins as asked.
pub(super) trait Source {
    /// Profiles whose alias begins so, with `user@host`.
    fn profiles(&self, beginning: &str) -> Vec<Candidate>;
    /// Tags that are in use.
    fn tags(&self, beginning: &str) -> Vec<Candidate>;
    /// Private keys of the user, as absolute paths.
    fn keys(&self, beginning: &str) -> Vec<Candidate>;
    /// Names that stand plainly in known_hosts.
    fn known_hosts(&self, beginning: &str) -> Vec<Candidate>;
}

/// A source that can be asked from clap's completers.
pub(super) type Shared = Arc<dyn Source + Send + Sync>;

/// ssh(1)'s flags without an argument.
const SSH_SWITCHES: &str = "46AaCfGgKkMNnqsTtVvXxYy";

/// ssh(1)'s flags with an argument.
const SSH_VALUED: &str = "BbcDEeFIiJLlmOoPpQRSWw";

/// What is offered of them after `-`.
const SSH_FLAGS: [(&str, &str); 20] = [
    ("-4", "IPv4 only"),
    ("-6", "IPv6 only"),
    ("-A", "forward the agent"),
    ("-C", "compress"),
    ("-D", "dynamic forwarding, [bind:]port"),
    ("-G", "print the effective options"),
    ("-J", "jump hosts"),
    ("-L", "local forwarding"),
    ("-N", "no remote command"),
    ("-R", "remote forwarding"),
    ("-T", "no terminal"),
    ("-W", "forward stdin and stdout to host:port"),
    ("-X", "forward X11"),
    ("-f", "go to the background"),
    ("-i", "private key"),
    ("-l", "user"),
    ("-o", "ssh_config option"),
    ("-p", "port"),
    ("-t", "force a terminal"),
    ("-v", "say more"),
];

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
                    "connect" => ssh_line(&words[place + 1..=at], config, &open),
                    _ if !known => ssh_line(&words[place..=at], config, &open),
                    _ => own_line(cli, &words, at, config, &open),
                };
            }
        }
        place += 1;
    }
    if place < at || words[at].starts_with('-') {
        return own_line(cli, &words, at, config, &open);
    }
    let mut candidates = destinations(&words[at], &open(path(config)));
    // `sshp list` lists, whatever profile is called so; `sshp connect list` connects.
    candidates.retain(|profile| cli.find_subcommand(&profile.value).is_none());
    candidates.extend(verbs(&cli, &words[at]));
    Answer { taken: Taken::Words, candidates }
}

/// What a word before the verb is.
enum Global {
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
    fn of(word: &str) -> Self {
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

fn path(config: Option<String>) -> Option<PathBuf> {
    config.filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// `[user@]alias`: the profiles, with what is typed before the `@` kept.
fn destinations(word: &str, source: &Shared) -> Vec<Candidate> {
    match word.rsplit_once('@') {
        None => source.profiles(word),
        Some((user, beginning)) => source
            .profiles(beginning)
            .into_iter()
            .map(|profile| Candidate { value: format!("{user}@{}", profile.value), ..profile })
            .collect(),
    }
}

/// `hop,hop,…`: what follows the last comma.
fn jumps(word: &str, source: &Shared) -> Vec<Candidate> {
    let (before, last) = word
        .rsplit_once(',')
        .map_or(("", word), |(_, last)| (&word[..word.len() - last.len()], last));
    let hops = destinations(last, source).into_iter();
    hops.map(|hop| Candidate { value: format!("{before}{}", hop.value), ..hop }).collect()
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

/// `Keyword=value` as ssh_config(5) knows them.
fn keywords(word: &str) -> Answer {
    let usable = TABLE.iter().filter(|row| {
        !matches!(
            row.kind,
            Kind::Header | Kind::Include | Kind::Ignored | Kind::Deprecated | Kind::Unsupported
        )
    });
    let begins = |text: &str, beginning: &str| {
        text.get(..beginning.len()).is_some_and(|head| head.eq_ignore_ascii_case(beginning))
    };
    if let Some((name, value)) = word.split_once('=') {
        let choices = usable.filter(|row| row.name.eq_ignore_ascii_case(name)).flat_map(|row| {
            match row.kind {
                Kind::Words(pairs) => pairs,
                _ => &[],
            }
        });
        let candidates = choices
            .filter(|(choice, _)| begins(choice, value))
            .map(|(choice, _)| Candidate::new(format!("{name}={choice}"), ""))
            .collect();
        return Answer { taken: Taken::Words, candidates };
    }
    let candidates = usable
        .filter(|row| begins(row.title, word))
        .map(|row| Candidate::new(format!("{}=", row.title), row.default.unwrap_or_default()))
        .collect();
    Answer { taken: Taken::Nospace, candidates }
}

/// A line of ssh(1): flags, a destination, and a remote command of which nothing is known here.
fn ssh_line(
    words: &[String],
    mut config: Option<String>,
    open: &impl Fn(Option<PathBuf>) -> Shared,
) -> Answer {
    let Some((word, before)) = words.split_last() else { return Answer::default() };
    let mut destination = false;
    let mut command = false;
    let mut pending: Option<String> = None;
    for earlier in before {
        if let Some(flag) = pending.take() {
            if flag == "F" {
                config = Some(earlier.clone());
            }
        } else if command || !earlier.starts_with('-') || earlier == "-" {
            command |= destination;
            destination = true;
        } else if let Some(long) = earlier.strip_prefix("--") {
            if long == "session" {
                pending = Some(long.to_owned());
            }
            command |= long.is_empty() && destination;
        } else if let Some((flag, value)) = valued(earlier) {
            match value {
                "" => pending = Some(flag.to_string()),
                file if flag == 'F' => config = Some(file.to_owned()),
                _ => {}
            }
        }
    }
    let source = || open(path(config.clone()));
    if let Some(flag) = pending {
        return ssh_value(&flag, word, &source);
    }
    if command {
        return Answer::default();
    }
    if let Some(session) = word.strip_prefix("--session=") {
        return prefixed("--session=", ssh_value("session", session, &source));
    }
    if let Some((flag, value)) = valued(word).filter(|(_, value)| !value.is_empty()) {
        let typed = &word[..word.len() - value.len()];
        return prefixed(typed, ssh_value(&flag.to_string(), value, &source));
    }
    let candidates = if word.starts_with('-') {
        let own = [("--session", "client that runs the session")];
        SSH_FLAGS
            .iter()
            .chain(&own)
            .filter(|(flag, _)| flag.starts_with(word.as_str()))
            .map(|&(flag, help)| Candidate::new(flag, help))
            .collect()
    } else if destination {
        Vec::new()
    } else {
        destinations(word, &source())
    };
    Answer { taken: Taken::Words, candidates }
}

/// The flag with an argument in a word such as `-p`, `-vp` or `-p22`, and what is there of it.
fn valued(word: &str) -> Option<(char, &str)> {
    let flags = word.strip_prefix('-')?;
    let at = flags.find(|c| !SSH_SWITCHES.contains(c))?;
    let flag = flags[at..].chars().next().filter(|&flag| SSH_VALUED.contains(flag))?;
    Some((flag, &flags[at + flag.len_utf8()..]))
}

fn prefixed(typed: &str, mut answer: Answer) -> Answer {
    for candidate in &mut answer.candidates {
        candidate.value.insert_str(0, typed);
    }
    answer
}

/// The argument of an ssh flag.
fn ssh_value(flag: &str, word: &str, source: &impl Fn() -> Shared) -> Answer {
    let (taken, candidates) = match flag {
        "o" => return keywords(word),
        "J" => (Taken::Words, jumps(word, &source())),
        "i" => (Taken::Files, source().keys(word)),
        "F" | "E" | "S" | "I" => (Taken::Files, Vec::new()),
        "session" => {
            let clients = ["auto", "builtin", "system"].into_iter();
            let fitting = clients.filter(|client| client.starts_with(word));
            (Taken::Words, fitting.map(|client| Candidate::new(client, "")).collect())
        }
        _ => (Taken::Words, Vec::new()),
    };
    Answer { taken, candidates }
}

/// A line of sshp's own, by clap's engine with our completers at the arguments.
fn own_line(
    cli: Command,
    words: &[String],
    at: usize,
    config: Option<String>,
    open: &impl Fn(Option<PathBuf>) -> Shared,
) -> Answer {
    let config = config.or_else(|| late_config(&words[..at]));
    let files = Arc::new(AtomicBool::new(false));
    let partial = Arc::new(AtomicBool::new(false));
    let hooks =
        Hooks { source: open(path(config)), files: files.clone(), partial: partial.clone() };
    let mut cli = hooks.attach(cli);
    let arguments = words.iter().map(OsString::from).collect();
    let found = complete(&mut cli, arguments, at, None).unwrap_or_default();
    let dash = words[at].starts_with('-');
    let candidates = found
        .iter()
        .filter(|found| !found.is_hide_set())
        .map(|found| {
            let help = found.get_help().map(ToString::to_string).unwrap_or_default();
            Candidate::new(found.get_value().to_string_lossy(), help)
        })
        // clap offers every flag at every empty word; a flag is wanted where a `-` is typed.
        .filter(|found| dash || !found.value.starts_with('-'))
        .collect();
    let taken = match () {
        () if files.load(Ordering::Relaxed) => Taken::Files,
        () if partial.load(Ordering::Relaxed) => Taken::Nospace,
        () => Taken::Words,
    };
    Answer { taken, candidates }
}

/// The `-F` of a line that has it after the verb.
fn late_config(words: &[String]) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match Global::of(word) {
            Global::Value(Some(file)) => return Some(file),
            Global::ValueNext if word != "--color" => return words.next().cloned(),
            _ => {}
        }
    }
    None
}

/// Our completers, and what they found out on the way.
#[derive(Clone)]
struct Hooks {
    source: Shared,
    files: Arc<AtomicBool>,
    partial: Arc<AtomicBool>,
}

impl Hooks {
    /// Gives every argument that holds a name of ours its completer.
    fn attach(&self, command: Command) -> Command {
        let verb = command.get_name().to_owned();
        command.mut_args(|arg| self.hook(&verb, arg)).mut_subcommands(|verb| self.attach(verb))
    }

    fn hook(&self, verb: &str, arg: Arg) -> Arg {
        let this = self.clone();
        match (verb, arg.get_id().as_str()) {
            ("add", "name") => arg,
            ("forget", "names") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                let word = word.to_string_lossy();
                let mut names = this.source.profiles(&word);
                names.extend(this.source.known_hosts(&word));
                names.dedup_by(|a, b| a.value == b.value);
                offered(names)
            })),
            (_, "name" | "names" | "old" | "query") => {
                arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                    offered(this.source.profiles(&word.to_string_lossy()))
                }))
            }
            (_, "tags" | "untag") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                offered(this.source.tags(&word.to_string_lossy()))
            })),
            (_, "jump") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                offered(jumps(&word.to_string_lossy(), &this.source))
            })),
            (_, "options") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                let answer = keywords(&word.to_string_lossy());
                this.partial.store(answer.taken == Taken::Nospace, Ordering::Relaxed);
                offered(answer.candidates)
            })),
            (_, "unset") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                let bare = keywords(&word.to_string_lossy()).candidates.into_iter();
                offered(bare.map(|c| Candidate::new(c.value.trim_end_matches('='), "")))
            })),
            (_, "key") | ("fix" | "convert" | "push", "files" | "file") if is_path(&arg) => arg
                .add(ArgValueCompleter::new(move |word: &OsStr| {
                    this.files.store(true, Ordering::Relaxed);
                    offered(this.source.keys(&word.to_string_lossy()))
                })),
            _ if is_path(&arg) => arg.add(ArgValueCompleter::new(move |_: &OsStr| {
                this.files.store(true, Ordering::Relaxed);
                Vec::new()
            })),
            _ => arg,
        }
    }
}

/// Whether an argument is a file: the shell itself completes those best.
fn is_path(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == std::any::TypeId::of::<PathBuf>()
}

fn offered(candidates: impl IntoIterator<Item = Candidate>) -> Vec<CompletionCandidate> {
    candidates
        .into_iter()
        .map(|Candidate { value, help }| {
            CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.into()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(values("sshp init "), "bash zsh fish elvish");
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
