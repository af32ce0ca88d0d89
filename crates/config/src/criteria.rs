//! PURE: the conditions of a `Match` line (readconf.c: match_cfg_line).

mod cut;

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

use self::cut::MatchWords;
use super::dialect::Dialect;
use super::network;
use super::options::Validity;
use super::pattern::{self, Verdict};

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
    /// The `Tag` so far.
    fn tag(&self) -> Option<Cow<'_, [u8]>>;
    /// The command of the command line, its words joined by blanks.
    fn command(&self) -> Option<Cow<'_, [u8]>>;
    /// What the session is for: `shell`, `exec`, `subsystem` or `none`.
    fn session_type(&self) -> &'static str;
    /// The addresses of the network interfaces that are up.
    fn local_addresses(&self) -> Vec<IpAddr>;
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
    /// An attribute that this ssh does not have, as written.
    Attribute(String),
    /// ssh gives up at once.
    Fatal(String),
}

/// Judges what follows `Match`.
pub(super) fn judge(
    rest: &[u8],
    subject: &dyn Subject,
    dialect: &Dialect,
) -> Result<Outcome, Refused> {
    let refuse = |text: String, located| Err(Refused::Condition { text, located });
    let shown = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
    let host = subject.host().map_err(Refused::Fatal)?;
    let takes_empty = dialect.matches_absence_by_empty();
    let mut outcome = Outcome { applies: true, ..Outcome::default() };
    let mut attributes = 0;
    let mut words = MatchWords::new(rest, dialect);
    while let Some(written) = words.next() {
        if written.first() == Some(&b'#') && dialect.ends_match_at_comment() {
            return finish(outcome, attributes);
        }
        let negated = written.first() == Some(&b'!');
        let name = &written[usize::from(negated)..];
        if name.eq_ignore_ascii_case(b"all") {
            let after = if attributes > 1 { Some(Cow::Borrowed(&b"x"[..])) } else { words.next() };
            match after.as_deref().and_then(|word| word.first()) {
                None => {}
                Some(b'#') if dialect.ends_match_at_comment() => {}
                Some(_) => {
                    let text = format!(
                        "'{}' cannot be combined with other Match attributes",
                        shown(&written)
                    );
                    return refuse(text, true);
                }
            }
            outcome.applies &= !negated;
            return finish(outcome, 1);
        }
        attributes += 1;
        let is_final = name.eq_ignore_ascii_case(b"final");
        if is_final || name.eq_ignore_ascii_case(b"canonical") {
            let wishes = is_final && !(negated && dialect.final_negated_is_no_wish());
            outcome.wants_final |= wishes;
            outcome.applies &= subject.is_final() != negated;
            continue;
        }
        let (name, argument) = match words.attached(name) {
            Some((name, argument)) => (name, Some(Cow::Borrowed(argument))),
            None => (name, words.next()),
        };
        let shown_name = shown(name);
        let name = name.to_ascii_lowercase();
        let takes_absence = takes_empty && matches!(name.as_slice(), b"tagged" | b"command");
        let argument = match argument {
            Some(word) if takes_absence || !word.is_empty() && word[0] != b'#' => word,
            None if takes_empty => {
                return refuse(format!("missing argument for Match '{}'", shown(&written)), true);
            }
            _ => return refuse(format!("Missing Match criteria for {shown_name}"), false),
        };
        let listed = |text: &[u8]| pattern::matches_list(text, &argument, false) == Verdict::Yes;
        let present = |text: Option<Cow<'_, [u8]>>| match text {
            None if takes_empty => argument.is_empty(),
            text => listed(text.as_deref().unwrap_or_default()),
        };
        let validity = str::from_utf8(&name).ok().and_then(attribute_validity);
        if !validity.is_some_and(|validity| dialect.holds(&validity)) {
            return Err(Refused::Attribute(shown_name));
        }
        let hit = match name.as_slice() {
            b"host" => pattern::matches_hostname(&host, &argument),
            b"originalhost" => pattern::matches_hostname(subject.original_host(), &argument),
            b"user" => listed(&subject.user()),
            b"localuser" => listed(&subject.local_user()),
            b"localnetwork" => {
                let networks = network::parse_list(&argument)
                    .map_err(|text| Refused::Condition { text, located: false })?;
                let addresses = subject.local_addresses();
                networks.iter().any(|network| addresses.iter().any(|at| network.contains(*at)))
            }
            b"tagged" => present(subject.tag()),
            b"version" => listed(dialect.banner().as_bytes()),
            b"command" => present(subject.command()),
            b"sessiontype" => listed(subject.session_type().as_bytes()),
            _ => match subject.exec(&argument, outcome.applies) {
                Err(fatal) => return Err(Refused::Fatal(fatal)),
                Ok(Some(success)) => success,
                Ok(None) => {
                    outcome.undecided |= outcome.applies;
                    continue;
                }
            },
        };
        outcome.applies &= hit != negated;
    }
    outcome.leftover = words.has_more();
    finish(outcome, attributes)
}

/// The attributes of `Match` that take an argument, and which ssh has them (readconf.c:
/// match_cfg_line).
const ATTRIBUTES: &[(&str, Validity)] = &[
    ("host", Validity::ALWAYS),
    ("originalhost", Validity::ALWAYS),
    ("user", Validity::ALWAYS),
    ("localuser", Validity::ALWAYS),
    ("exec", Validity::ALWAYS),
    ("tagged", Validity::since(9, 4)),
    ("localnetwork", Validity::since(9, 4)),
    ("version", Validity::since(10, 0)),
    ("command", Validity::since(10, 0)),
    ("sessiontype", Validity::since(10, 0)),
];

/// Which ssh has an attribute of `Match` that takes an argument, by its name in lower case; `None` where none has.
pub(super) fn attribute_validity(name: &str) -> Option<Validity> {
    ATTRIBUTES.iter().find(|(known, _)| *known == name).map(|(_, validity)| *validity)
}

/// A condition on the host as it was typed.
pub(super) struct OriginalHost {
    negated: bool,
    /// Where its list of patterns stands in what follows `Match`.
    pub(super) list: Range<usize>,
    /// The list, quotes taken away.
    pub(super) value: Vec<u8>,
}

/// One attribute of a `Match` line that has an argument.
struct Attribute {
    /// In lower case.
    name: Vec<u8>,
    negated: bool,
    /// Where its argument stands in what follows `Match`.
    argument: Range<usize>,
    /// The argument, quotes taken away.
    value: Vec<u8>,
}

/// The attributes with an argument in what follows `Match`, as [`judge`] reads it, to the first that
/// it would stop at.
fn attributes(rest: &[u8], dialect: &Dialect) -> impl Iterator<Item = Attribute> {
    let mut words = MatchWords::new(rest, dialect);
    std::iter::from_fn(move || {
        loop {
            let word = words.next()?;
            let negated = word.first() == Some(&b'!');
            let written = &word[usize::from(negated)..];
            if let Some((name, argument)) = words.attached(written) {
                let from = words.span.end - argument.len();
                let (name, value) = (name.to_ascii_lowercase(), argument.to_vec());
                return Some(Attribute { name, negated, argument: from..words.span.end, value });
            }
            let name = written.to_ascii_lowercase();
            match name.as_slice() {
                b"final" | b"canonical" => {}
                b"" | b"all" | [b'#', ..] => return None,
                _ => {
                    let value = words.next()?.into_owned();
                    return Some(Attribute { name, negated, argument: words.span.clone(), value });
                }
            }
        }
    })
}

/// The `originalhost` conditions in what follows `Match`.
pub(super) fn original_hosts(rest: &[u8], dialect: &Dialect) -> impl Iterator<Item = OriginalHost> {
    attributes(rest, dialect).filter(|attribute| attribute.name == b"originalhost").map(
        |Attribute { negated, argument, value, .. }| OriginalHost {
            negated,
            list: argument,
            value,
        },
    )
}

/// The commands of the `exec` conditions in what follows `Match`.
pub(super) fn exec_commands(rest: &[u8], dialect: &Dialect) -> impl Iterator<Item = Vec<u8>> {
    attributes(rest, dialect)
        .filter(|attribute| attribute.name == b"exec")
        .map(|attribute| attribute.value)
}

/// Whether a `Match` line lets a host through as it was typed; its other conditions are for a
/// connect to judge.
pub(super) fn admits(rest: &[u8], original_host: &[u8], dialect: &Dialect) -> bool {
    original_hosts(rest, dialect).all(|OriginalHost { negated, value, .. }| {
        pattern::matches_hostname(original_host, &value) != negated
    })
}

/// Whether a `Match` line asks for a second pass, which it does wherever it stands.
pub(super) fn asks_for_final(rest: &[u8], dialect: &Dialect) -> bool {
    judge(rest, &Nobody, dialect).is_ok_and(|outcome| outcome.wants_final)
}

/// Whether an ssh takes a `Match` line.
pub(super) fn is_taken(rest: &[u8], dialect: &Dialect) -> bool {
    judge(rest, &Nobody, dialect).is_ok_and(|outcome| !outcome.leftover)
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

    fn tag(&self) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn command(&self) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn session_type(&self) -> &'static str {
        "shell"
    }

    fn local_addresses(&self) -> Vec<IpAddr> {
        Vec::new()
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
        tag: Option<&'static str>,
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
        fn tag(&self) -> Option<Cow<'_, [u8]>> {
            self.tag.map(|tag| Cow::Borrowed(tag.as_bytes()))
        }

        fn command(&self) -> Option<Cow<'_, [u8]>> {
            None
        }

        fn session_type(&self) -> &'static str {
            "shell"
        }

        fn local_addresses(&self) -> Vec<IpAddr> {
            vec![[127, 0, 0, 1].into()]
        }

        fn exec(&self, _: &[u8], needed: bool) -> Result<Option<bool>, String> {
            Ok(if needed { self.exec } else { Some(true) })
        }
    }

    fn dialect(version: &str) -> Dialect {
        version.parse().unwrap()
    }

    fn applies_in(version: &str, tag: Option<&'static str>, line: &str) -> Option<bool> {
        let subject = Fixed { exec: Some(true), is_final: false, tag };
        judge(line.as_bytes(), &subject, &dialect(version)).ok().map(|outcome| outcome.applies)
    }

    fn applies(line: &str) -> Option<bool> {
        applies_in("9.2", None, line)
    }

    #[test]
    fn a_line_is_judged_as_the_version_does() {
        let (yes, no, refused) = (Some(true), Some(false), None);
        let versions = ["9.8", "9.9p1", "9.9p2", "10.0", "10.6"];
        for (line, expected) in [
            ("host=*.example.com", [yes, refused, yes, yes, yes]),
            ("host = *.example.com", [yes, refused, refused, refused, refused]),
            ("host =*.example.com", [yes, no, no, no, no]),
            ("host '*.example.com'", [no, yes, yes, yes, yes]),
            ("tagged *", [yes, yes, yes, no, no]),
            ("!tagged *", [no, no, no, yes, yes]),
            ("tagged \"\"", [refused, refused, refused, yes, yes]),
            ("command \"\"", [refused, refused, refused, yes, yes]),
            ("version OpenSSH_10.*", [refused, refused, refused, yes, yes]),
            ("sessiontype shell,exec", [refused, refused, refused, yes, yes]),
            ("sessiontype=shell", [refused; 5]),
            ("localnetwork 10.0.0.0/8,127.0.0.0/8", [yes; 5]),
            ("localnetwork 10.0.0.0/8", [no; 5]),
            ("localnetwork 127.0.0.1/8", [refused; 5]),
        ] {
            let found = versions.map(|version| applies_in(version, None, line));
            assert_eq!(found, expected, "{line}");
        }
        assert_eq!(applies_in("9.3", None, "tagged x"), None);
        assert_eq!(applies_in("10.6", Some("work"), "tagged w*"), Some(true));
        assert_eq!(applies_in("10.6", Some("work"), "tagged \"\""), Some(false));
        let wants = |version: &str| asks_for_final(b"!final host x", &dialect(version));
        assert!(wants("10.0") && !wants("10.1"));
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
        let judged = |line: &str| {
            judge(
                line.as_bytes(),
                &Fixed { exec: None, is_final: false, tag: None },
                &dialect("9.2"),
            )
            .unwrap()
        };
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
            assert_eq!(admits(line.as_bytes(), b"web", &dialect("9.2")), expected, "{line}");
        }
    }
}
