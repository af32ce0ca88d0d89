//! Lines that are ssh's (`sshp connect …`, `sshp NAME …`): what may stand there, as ssh(1) says.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::sync::Arc;

use sshp_config::Dialect;
use sshp_config::options::{Kind, TABLE};

use super::names::{Shared, destinations, jumps};
use super::route::path;
use super::{Answer, Candidate, Taken};
use crate::profile::Session;

/// What is offered of ssh(1)'s flags after `-`.
const SSH_FLAGS: [(&str, &str); 23] = [
    ("-4", "IPv4 only"),
    ("-6", "IPv6 only"),
    ("-A", "forward the agent"),
    ("-C", "compress"),
    ("-D", "dynamic forwarding, [bind:]port"),
    ("-G", "print the effective options"),
    ("-J", "jump hosts"),
    ("-L", "local forwarding"),
    ("-N", "no remote command"),
    ("-O", "command to the process that shares its connection"),
    ("-P", "tag for `Match tagged`"),
    ("-R", "remote forwarding"),
    ("-T", "no terminal"),
    ("-W", "forward stdin and stdout to host:port"),
    ("-X", "forward X11"),
    ("-Z", "list the public keys that would be tried"),
    ("-f", "go to the background"),
    ("-i", "private key"),
    ("-l", "user"),
    ("-o", "ssh_config option"),
    ("-p", "port"),
    ("-t", "force a terminal"),
    ("-v", "say more"),
];

/// A line of ssh(1): flags, a destination, and a remote command of which nothing is known here.
pub(super) fn ssh_words(
    words: &[String],
    mut config: Option<String>,
    open: &impl Fn(Option<PathBuf>) -> Shared,
) -> Answer {
    let Some((word, before)) = words.split_last() else { return Answer::default() };
    let mut destination = false;
    let mut command = false;
    let mut pending: Option<String> = None;
    // Read where a flag is typed, which is not always.
    let known = OnceCell::new();
    let dialect = || known.get_or_init(|| open(path(None)).dialect());
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
        } else if let Some((flag, value)) = valued(earlier, dialect) {
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
    if let Some((flag, value)) = valued(word, dialect).filter(|(_, value)| !value.is_empty()) {
        let typed = &word[..word.len() - value.len()];
        return prefixed(typed, ssh_value(&flag.to_string(), value, &source));
    }
    let candidates = if word.starts_with('-') {
        let own = [("--session", "client that runs the session")];
        SSH_FLAGS
            .iter()
            .chain(&own)
            .filter(|(flag, _)| flag.starts_with(word.as_str()) && has_flag(flag, dialect()))
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
fn valued<'w, 'd>(
    word: &'w str,
    dialect: impl Fn() -> &'d Arc<Dialect>,
) -> Option<(char, &'w str)> {
    let flags = word.strip_prefix('-')?;
    let takes_value =
        |flag: char| u8::try_from(flag).ok().and_then(|flag| dialect().takes_value(flag));
    let at = flags.find(|flag| takes_value(flag) != Some(false))?;
    let flag = flags[at..].chars().next().filter(|&flag| takes_value(flag) == Some(true))?;
    Some((flag, &flags[at + flag.len_utf8()..]))
}

/// Whether an ssh has a flag with the meaning that it is offered for.
fn has_flag(flag: &str, dialect: &Dialect) -> bool {
    let letter = flag.as_bytes().get(1).copied().unwrap_or_default();
    let form = dialect.takes_value(letter);
    // The switch -P of the past did nothing.
    if letter == b'P' { form == Some(true) } else { letter == b'-' || form.is_some() }
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
        "o" => return keywords(word, &source().dialect()),
        "O" => {
            let dialect = source().dialect();
            let commands = dialect.multiplex_commands();
            let fitting = commands.filter(|command| command.starts_with(word));
            (Taken::Words, fitting.map(|command| Candidate::new(command, "")).collect())
        }
        "J" => (Taken::Words, jumps(word, &source())),
        "i" => (Taken::Files, source().keys(word)),
        "F" | "E" | "S" | "I" => (Taken::Files, Vec::new()),
        "session" => {
            let clients = Session::WORDS.iter().copied();
            let fitting = clients.filter(|client| client.starts_with(word));
            (Taken::Words, fitting.map(|client| Candidate::new(client, "")).collect())
        }
        _ => (Taken::Words, Vec::new()),
    };
    Answer { taken, candidates }
}

/// `Keyword=value` as the ssh_config(5) of an ssh knows them.
pub(super) fn keywords(word: &str, dialect: &Dialect) -> Answer {
    let usable = TABLE.iter().filter(|row| {
        row.validity.until.is_none()
            && dialect.has(row.name.as_bytes())
            && !matches!(
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
                Kind::Words(_) => dialect.words(row.keyword),
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
