//! PURE: how the words of one line are read, and what ssh says of those that it refuses.

use std::borrow::Cow;

use super::Fault;
use crate::Dialect;
use crate::algorithms::List;
use crate::dialect::TimeGrammar;
use crate::options::Keyword;
use crate::values;
use crate::words::{self, Words};

/// A word in a message.
pub(super) fn shown(text: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// Refuses the line.
pub(super) fn bad<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Bad(text.into()))
}

/// The arguments of a line, as one ssh cuts them.
#[derive(Clone)]
pub(crate) enum Arguments<'a> {
    /// By argv_split; the quotes are known to end.
    Argv(Words<'a>),
    /// By strdelim, from a place of the text on.
    Delimited(&'a [u8], usize),
}

impl<'a> Arguments<'a> {
    /// The arguments in what follows a keyword.
    pub(crate) fn of(rest: &'a [u8], dialect: &Dialect) -> Self {
        if dialect.cuts_lines_as_argv() {
            Arguments::Argv(words::split(rest))
        } else {
            Arguments::Delimited(rest, 0)
        }
    }

    /// The next argument. An empty one is one to argv_split, and the last to strdelim.
    pub(crate) fn next(&mut self) -> Option<Cow<'a, [u8]>> {
        self.next_by(true)
    }

    /// The next argument, of which `=` is a part.
    pub(super) fn next_with_equals(&mut self) -> Option<Cow<'a, [u8]>> {
        self.next_by(false)
    }

    fn next_by(&mut self, equals_separates: bool) -> Option<Cow<'a, [u8]>> {
        match self {
            Arguments::Argv(words) => words.next().and_then(Result::ok).map(|word| word.value),
            Arguments::Delimited(rest, at) => {
                let span = words::delimited_by(rest, at, equals_separates)?;
                Some(words::unquoted(&rest[span])).filter(|word| !word.is_empty())
            }
        }
    }

    /// The next argument, which must be there and not empty.
    pub(super) fn required(&mut self) -> Result<Cow<'a, [u8]>, Fault> {
        self.next()
            .filter(|word| !word.is_empty())
            .ok_or(Fault::Bad("Missing argument.".to_owned()))
    }

    /// Whether no argument is left.
    pub(super) fn is_done(&self) -> bool {
        self.clone().next().is_none()
    }

    /// Whether nothing at all is left, not even what is no argument to strdelim.
    pub(super) fn is_at_end(&self) -> bool {
        match self {
            Arguments::Argv(_) => self.is_done(),
            Arguments::Delimited(rest, at) => *at > rest.len(),
        }
    }

    /// What ssh says of arguments that are left over, where there are some.
    pub(super) fn left_over(&self, keyword: &str) -> Option<String> {
        let left = self.clone().next()?;
        Some(match self {
            Arguments::Argv(_) => format!("keyword {keyword} extra arguments at end of line"),
            Arguments::Delimited(..) => format!("garbage at end of line; \"{}\".", shown(&left)),
        })
    }
}

/// What a flag can be called, and how `ssh -G` says it.
pub(super) const FLAGS: &[(&str, &str)] =
    &[("yes", "yes"), ("no", "no"), ("true", "yes"), ("false", "no")];
/// The facilities of syslog(3) that ssh knows.
pub(super) const FACILITIES: &[(&str, &str)] = &[
    ("DAEMON", "DAEMON"),
    ("USER", "USER"),
    ("AUTH", "AUTH"),
    ("AUTHPRIV", "AUTHPRIV"),
    ("LOCAL0", "LOCAL0"),
    ("LOCAL1", "LOCAL1"),
    ("LOCAL2", "LOCAL2"),
    ("LOCAL3", "LOCAL3"),
    ("LOCAL4", "LOCAL4"),
    ("LOCAL5", "LOCAL5"),
    ("LOCAL6", "LOCAL6"),
    ("LOCAL7", "LOCAL7"),
];

/// What a word stands for, in any case.
pub(super) fn lookup(words: &'static [(&str, &str)], word: &[u8]) -> Option<&'static str> {
    let row = words.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word))?;
    Some(row.1)
}

/// A word in a message that says so where there is none.
pub(super) fn or_none(word: &[u8]) -> Cow<'_, str> {
    if word.is_empty() { Cow::Borrowed("<NONE>") } else { shown(word) }
}

/// What ssh says where a keyword does not have this word.
pub(super) fn no_word(keyword: Keyword, word: &[u8]) -> String {
    match keyword {
        Keyword::LogLevel => format!("unsupported log level '{}'", or_none(word)),
        _ if word.is_empty() => "missing argument.".to_owned(),
        Keyword::FingerprintHash => format!("Invalid hash algorithm \"{}\".", shown(word)),
        _ => format!("unsupported option \"{}\".", shown(word)),
    }
}

/// What ssh says of a list with an algorithm that it does not know.
pub(super) fn no_algorithm(list: List, word: &[u8]) -> String {
    let what = match list {
        List::Ciphers => "SSH2 cipher spec",
        List::Macs => "SSH2 MAC spec",
        List::Kex => "SSH2 KexAlgorithms",
        List::GssKex => "GSSAPI KexAlgorithms",
        List::Keys | List::Signatures => "key types",
    };
    format!("Bad {what} '{}'.", shown(word))
}

/// A time, or `None` for `none`.
pub(super) fn seconds(
    arguments: &mut Arguments<'_>,
    grammar: TimeGrammar,
) -> Result<Option<i64>, Fault> {
    let word = arguments.next().filter(|word| !word.is_empty());
    match word.as_deref() {
        None => bad("missing time value."),
        Some(b"none") => Ok(None),
        Some(word) => match values::seconds(word, grammar) {
            Some(value) => Ok(Some(value)),
            None => bad("invalid time value."),
        },
    }
}

/// The value of `ObscureKeystrokeTiming`, as `ssh -G` prints it.
pub(super) fn keystroke_timing(arguments: &mut Arguments<'_>) -> Result<String, Fault> {
    /// The interval that `yes` stands for, in milliseconds (misc.h: SSH_KEYSTROKE_DEFAULT_INTERVAL_MS).
    const USUAL: i64 = 20;
    let Some(word) = arguments.next() else { return bad("missing argument") };
    let interval = match &*word {
        b"yes" | b"true" => USUAL,
        b"no" | b"false" => 0,
        word => {
            let Some(number) = word.strip_prefix(b"interval:") else {
                return bad(format!("unsupported argument \"{}\"", shown(word)));
            };
            let interval = values::number(number, i64::from(i32::MIN), i64::from(i32::MAX))
                .map_err(|error| Fault::Bad(format!("integer value {error}.")))?;
            if !(1..=1000).contains(&interval) {
                return bad("value out of range.");
            }
            interval
        }
    };
    if arguments.next().is_some() {
        return bad("invalid arguments");
    }
    Ok(match interval {
        USUAL => "yes".to_owned(),
        0 => "no".to_owned(),
        interval => interval.to_string(),
    })
}

/// The value of `AddKeysToAgent`.
pub(super) fn add_keys_to_agent(
    arguments: &mut Arguments<'_>,
    grammar: TimeGrammar,
) -> Result<String, Fault> {
    const WORDS: &[(&str, &str)] = &[
        ("true", "true"),
        ("false", "false"),
        ("yes", "true"),
        ("no", "false"),
        ("ask", "ask"),
        ("confirm", "confirm"),
    ];
    let word = arguments.next().unwrap_or_default();
    match (lookup(WORDS, &word), arguments.next()) {
        (Some("confirm"), Some(time)) => match values::seconds(&time, grammar) {
            Some(0) => Ok("confirm".to_owned()),
            Some(time) => Ok(format!("confirm {time}")),
            None => bad("invalid time value."),
        },
        (Some(value), None) => Ok(value.to_owned()),
        (None, None) => match values::seconds(&word, grammar) {
            Some(0) => Ok("true".to_owned()),
            Some(time) => Ok(time.to_string()),
            None => bad("unsupported option"),
        },
        (_, Some(_)) => bad("unsupported option"),
    }
}

/// The rest of a line that is taken whole, without the blanks and `=` before it.
pub(super) fn without_separators(rest: &[u8]) -> &[u8] {
    let skip = rest.iter().take_while(|b| b" \t\r\n=".contains(b)).count();
    &rest[skip..]
}
