//! Lines of sshp's own, by clap's engine with our completers at the arguments.
//!
//! An argument of a new verb is completed by its name in [`Hooks::hook`], by its type (a `PathBuf` is
//! a file), or by clap (verbs, flags, enums).

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};

use sshp_config::Dialect;

use super::names::{Shared, jumps, known};
use super::route::{Global, path};
use super::ssh_words::keywords;
use super::{Answer, Candidate, Taken};
use crate::settings::{self, Row};

/// A line of sshp's own, by clap's engine with our completers at the arguments.
pub(super) fn clap_words(
    cli: Command,
    words: &[String],
    at: usize,
    config: Option<String>,
    open: &impl Fn(Option<PathBuf>) -> Shared,
) -> Answer {
    let config = config.or_else(|| late_config(&words[..at]));
    let files = Arc::new(AtomicBool::new(false));
    let partial = Arc::new(AtomicBool::new(false));
    let mut after_set = words[..at].iter().skip_while(|word| *word != "set").skip(1);
    let setting = after_set.find(|word| settings::find(word).is_some()).cloned();
    let hooks = Hooks {
        source: open(path(config)),
        setting,
        files: files.clone(),
        partial: partial.clone(),
        redo: words.iter().any(|word| word == "--redo"),
    };
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
    /// The setting of `config set SETTING`, once it is typed.
    setting: Option<String>,
    files: Arc<AtomicBool>,
    partial: Arc<AtomicBool>,
    /// `--redo` stands on the line.
    redo: bool,
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
                offered(known(&word.to_string_lossy(), &this.source))
            })),
            ("undo", "count") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                let changes = this.source.changes(this.redo);
                let numbered = changes.into_iter().zip(1_u8..).map(|(change, nth)| {
                    let more = if nth == 1 { "" } else { "and all before it: " };
                    Candidate::new(nth.to_string(), format!("{more}{change}"))
                });
                let word = word.to_string_lossy();
                offered(numbered.filter(|change| change.value.starts_with(&*word)))
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
                let answer = keywords(&word.to_string_lossy(), &this.source.dialect());
                this.partial.store(answer.taken == Taken::Nospace, Ordering::Relaxed);
                offered(answer.candidates)
            })),
            (_, "setting") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                let word = word.to_string_lossy();
                let fitting = settings::used().filter(|row| row.name.starts_with(&*word));
                offered(fitting.map(|row| Candidate::new(row.name, row.what)))
            })),
            ("set", "value") => {
                let row = this.setting.as_deref().and_then(settings::find);
                let row = row.filter(|row| row.is_used());
                arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                    let word = word.to_string_lossy();
                    // A key file is best found by the shell itself.
                    let is_path = row.is_some_and(|row| row.kind == settings::Kind::Path);
                    if is_path {
                        this.files.store(true, Ordering::Relaxed);
                        return offered(this.source.keys(&word));
                    }
                    let choices = row.map(Row::choices).unwrap_or_default().into_iter();
                    let fitting = choices.filter(|choice| choice.starts_with(&*word));
                    offered(fitting.map(|choice| Candidate::new(choice, "")))
                }))
            }
            (_, "unset") => arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                // What another ssh takes can stand in the config, and be taken out of it.
                let bare = keywords(&word.to_string_lossy(), &Dialect::lenient()).candidates;
                let bare = bare.into_iter();
                offered(bare.map(|c| Candidate::new(c.value.trim_end_matches('='), "")))
            })),
            (_, "key") | ("fix" | "convert", "files" | "file") if is_path(&arg) => {
                arg.add(ArgValueCompleter::new(move |word: &OsStr| {
                    this.files.store(true, Ordering::Relaxed);
                    offered(this.source.keys(&word.to_string_lossy()))
                }))
            }
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
