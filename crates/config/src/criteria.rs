//! PURE: the conditions of a `Match` line (readconf.c: match_cfg_line).

use std::borrow::Cow;
use std::ops::Range;

use super::pattern::{self, Verdict};
use super::words;

/// What a `Match` line is compared with: the options so far.
pub(super) trait Subject {
    /// The `HostName` so far with its `%h` expanded, else the host; in the second pass the final host.
    fn host(&self) -> Result<Cow<'_, [u8]>, String>;
    /// The host as it was typed.
    fn original_host(&self) -> &[u8];
    /// The `User` so far, else the login name.
    fn user(&self) -> Cow<'_, [u8]>;
    /// The login name.
    fn local_user(&self) -> Cow<'_, [u8]>;
    /// Whether this is the second pass.
    fn is_final(&self) -> bool;
    /// Runs a command, when `needed`; `None` where nothing is run.
    fn exec(&self, command: &[u8], needed: bool) -> Result<Option<bool>, String>;
}

/// What became of a `Match` line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Whether its block applies. With `undecided` it is taken as not applying.
    pub(super) applies: bool,
    /// It asks for a second pass, by `final`.
    pub(super) wants_final: bool,
    /// A command that was not run decides.
    pub(super) undecided: bool,
    /// Words are left over, which ssh refuses.
    pub(super) leftover: bool,
}

/// Why ssh refuses a `Match` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// What is said beside "Bad Match condition"; `true` where file and line stand before it.
    Condition { text: String, located: bool },
    /// ssh gives up at once.
    Fatal(String),
}

/// Judges what follows `Match`.
pub(super) fn judge(rest: &[u8], subject: &dyn Subject) -> Result<Outcome, Refused> {
    let refuse = |text: String| Err(Refused::Condition { text, located: false });
    let shown = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let host = subject.host().map_err(Refused::Fatal)?;
    let mut outcome = Outcome { applies: true, ..Outcome::default() };
    let mut attributes = 0;
    let mut at = 0;
    let mut next = || words::delimited(rest, &mut at).map(|span| words::unquoted(&rest[span]));
    while let Some(written) = next().filter(|word| !word.is_empty()) {
        if written[0] == b'#' {
            return finish(outcome, attributes);
        }
        let negated = written[0] == b'!';
        let name = &written[usize::from(negated)..];
        if name.eq_ignore_ascii_case(b"all") {
            let after = if attributes > 1 { Some(Cow::Borrowed(&b"x"[..])) } else { next() };
            match after.as_deref().and_then(|word| word.first()) {
                None | Some(b'#') => {}
                Some(_) => {
                    return Err(Refused::Condition {
                        text: format!(
                            "'{}' cannot be combined with other Match attributes",
                            shown(&written)
                        ),
                        located: true,
                    });
                }
            }
            outcome.applies &= !negated;
            return finish(outcome, 1);
        }
        attributes += 1;
        let is_final = name.eq_ignore_ascii_case(b"final");
        if is_final || name.eq_ignore_ascii_case(b"canonical") {
            outcome.wants_final |= is_final;
            outcome.applies &= subject.is_final() != negated;
            continue;
        }
        let argument = match next() {
            Some(word) if !word.is_empty() && word[0] != b'#' => word,
            _ => return refuse(format!("Missing Match criteria for {}", shown(name))),
        };
        let listed = |text: &[u8]| pattern::matches_list(text, &argument, false) == Verdict::Yes;
        let hit = match name.to_ascii_lowercase().as_slice() {
            b"host" => pattern::matches_hostname(&host, &argument),
            b"originalhost" => pattern::matches_hostname(subject.original_host(), &argument),
            b"user" => listed(&subject.user()),
            b"localuser" => listed(&subject.local_user()),
            b"exec" => match subject.exec(&argument, outcome.applies) {
                Err(fatal) => return Err(Refused::Fatal(fatal)),
                Ok(Some(success)) => success,
                Ok(None) => {
                    outcome.undecided |= outcome.applies;
                    continue;
                }
            },
            _ => return refuse(format!("Unsupported Match attribute {}", shown(name))),
        };
        outcome.applies &= hit != negated;
    }
    outcome.leftover = at < rest.len();
    finish(outcome, attributes)
}

/// A condition on the host as it was typed.
pub(super) struct OriginalHost {
    negated: bool,
    /// Where its list of patterns stands in what follows `Match`.
    pub(super) list: Range<usize>,
}

/// One attribute of a `Match` line that has an argument.
struct Attribute {
    /// In lower case.
    name: Vec<u8>,
    negated: bool,
    /// Where its argument stands in what follows `Match`.
    argument: Range<usize>,
}

/// The attributes with an argument in what follows `Match`, as [`judge`] reads it, to the first that
/// it would stop at.
fn attributes(rest: &[u8]) -> impl Iterator<Item = Attribute> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let word = words::unquoted(&rest[words::delimited(rest, &mut at)?]);
            let name = word.strip_prefix(b"!").unwrap_or(&word).to_ascii_lowercase();
            match name.as_slice() {
                b"final" | b"canonical" => {}
                b"" | b"all" | [b'#', ..] => return None,
                _ => {
                    let argument = words::delimited(rest, &mut at)?;
                    return Some(Attribute { name, negated: word[0] == b'!', argument });
                }
            }
        }
    })
}

/// The `originalhost` conditions in what follows `Match`.
pub(super) fn original_hosts(rest: &[u8]) -> impl Iterator<Item = OriginalHost> {
    attributes(rest)
        .filter(|attribute| attribute.name == b"originalhost")
        .map(|Attribute { negated, argument, .. }| OriginalHost { negated, list: argument })
}

/// The commands of the `exec` conditions in what follows `Match`.
pub(super) fn exec_commands(rest: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    attributes(rest)
        .filter(|attribute| attribute.name == b"exec")
        .map(|attribute| words::unquoted(&rest[attribute.argument]).into_owned())
}

/// Whether a `Match` line lets a host through as it was typed; its other conditions are for a
/// connect to judge.
pub(super) fn admits(rest: &[u8], original_host: &[u8]) -> bool {
    original_hosts(rest).all(|OriginalHost { negated, list }| {
        pattern::matches_hostname(original_host, &words::unquoted(&rest[list])) != negated
    })
}

/// Whether a `Match` line asks for a second pass, which it does wherever it stands.
pub(super) fn asks_for_final(rest: &[u8]) -> bool {
    judge(rest, &Nobody).is_ok_and(|outcome| outcome.wants_final)
}

/// Nothing is known of the host yet.
struct Nobody;

impl Subject for Nobody {
    fn host(&self) -> Result<Cow<'_, [u8]>, String> {
        Ok(Cow::Borrowed(b""))
    }

    fn original_host(&self) -> &[u8] {
        b""
    }

    fn user(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(b"")
    }

    fn local_user(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(b"")
    }

    fn is_final(&self) -> bool {
        false
    }

    fn exec(&self, _: &[u8], _: bool) -> Result<Option<bool>, String> {
        Ok(Some(false))
    }
}

fn finish(mut outcome: Outcome, attributes: u32) -> Result<Outcome, Refused> {
    if attributes == 0 {
        return Err(Refused::Condition {
            text: "One or more attributes required for Match".to_owned(),
            located: false,
        });
    }
    // What a later condition rules out does not hang on the command.
    outcome.undecided &= outcome.applies;
    outcome.applies &= !outcome.undecided;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed {
        exec: Option<bool>,
        is_final: bool,
    }

    impl Subject for Fixed {
        fn host(&self) -> Result<Cow<'_, [u8]>, String> {
            Ok(Cow::Borrowed(b"Web.example.com"))
        }
        fn original_host(&self) -> &[u8] {
            b"web"
        }
        fn user(&self) -> Cow<'_, [u8]> {
            Cow::Borrowed(b"bob")
        }
        fn local_user(&self) -> Cow<'_, [u8]> {
            Cow::Borrowed(b"ann")
        }
        fn is_final(&self) -> bool {
            self.is_final
        }
        fn exec(&self, _: &[u8], needed: bool) -> Result<Option<bool>, String> {
            Ok(if needed { self.exec } else { Some(true) })
        }
    }

    fn applies(line: &str) -> Option<bool> {
        let subject = Fixed { exec: Some(true), is_final: false };
        judge(line.as_bytes(), &subject).ok().map(|outcome| outcome.applies)
    }

    #[test]
    fn criteria_are_all_required() {
        let cases = [
            ("all", Some(true)),
            ("!all", Some(false)),
            ("host *.example.com", Some(true)),
            ("host=*.EXAMPLE.com", Some(true)),
            ("host web", Some(false)),
            ("originalhost db,web", Some(true)),
            ("originalhost *,!web", Some(false)),
            ("!originalhost web", Some(false)),
            ("user bob localuser ann", Some(true)),
            ("User BOB", Some(false)),
            ("user bob # localuser x", Some(true)),
            ("exec \"test -e x\"", Some(true)),
            ("final", Some(false)),
            ("!final all", Some(true)),
            ("canonical all", Some(false)),
            ("all user bob", None),
            ("user bob host web all", None),
            ("user", None),
            ("tagged x", None),
            ("# nothing", None),
        ];
        for (line, expected) in cases {
            assert_eq!(applies(line), expected, "{line}");
        }
    }

    #[test]
    fn a_command_that_is_not_run_leaves_the_block_undecided() {
        let judged =
            |line: &str| judge(line.as_bytes(), &Fixed { exec: None, is_final: false }).unwrap();
        let open = judged("exec true");
        assert!(open.undecided && !open.applies);
        let open = judged("!exec true user bob");
        assert!(open.undecided && !open.applies);
        assert!(!judged("user x exec true").undecided);
        assert!(!judged("exec true user x").undecided);
    }

    #[test]
    fn only_the_typed_name_can_rule_a_block_out_beforehand() {
        let cases = [
            ("originalhost web", true),
            ("originalhost=WEB", true),
            ("originalhost db", false),
            ("originalhost=db", false),
            ("originalhost *,!web", false),
            ("!originalhost web", false),
            ("!originalhost db", true),
            ("host db", true),
            ("user originalhost", true),
            ("user originalhost originalhost db", false),
            ("exec \"originalhost db\"", true),
            ("final originalhost db", false),
            ("originalhost web originalhost d*", false),
            ("user x # originalhost db", true),
        ];
        for (line, expected) in cases {
            assert_eq!(admits(line.as_bytes(), b"web"), expected, "{line}");
        }
    }
}
