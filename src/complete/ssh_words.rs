//! Lines that are ssh's (`sshp connect …`, `sshp NAME …`): what may stand there, as ssh(1) says.

use std::path::PathBuf;

use sshp_config::Dialect;
use sshp_config::options::{Kind, TABLE};

use super::names::{Shared, destinations, jumps};
use super::route::path;
use super::{Answer, Candidate, Taken};
use crate::profile::Session;

/// What is offered of ssh(1)'s flags after `-`.
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
    let dialect = Dialect::lenient();
    let takes_value =
        |flag: char| u8::try_from(flag).ok().and_then(|flag| dialect.takes_value(flag));
    let at = flags.find(|flag| takes_value(flag) != Some(false))?;
    let flag = flags[at..].chars().next().filter(|&flag| takes_value(flag) == Some(true))?;
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
            let clients = Session::WORDS.iter().copied();
            let fitting = clients.filter(|client| client.starts_with(word));
            (Taken::Words, fitting.map(|client| Candidate::new(client, "")).collect())
        }
        _ => (Taken::Words, Vec::new()),
    };
    Answer { taken, candidates }
}

/// `Keyword=value` as ssh_config(5) knows them.
pub(super) fn keywords(word: &str) -> Answer {
    let usable = TABLE.iter().filter(|row| {
        row.validity.until.is_none()
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
