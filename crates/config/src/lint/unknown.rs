//! PURE: keywords that an ssh refuses: which ssh takes them, how a config that machines share lets every ssh pass over
//! them, and what a mistyped one stands for.

use super::super::criteria;
use super::super::dialect::JUMP_TOKEN;
use super::super::options::{Built, Keyword, TABLE, Validity};
use super::super::tree::{DEEPEST, Tree};
use super::super::{Complaint, ComplaintKind, Dialect, Origin};
use super::releases;

/// Keywords of other clients than OpenSSH's.
const OTHERS: [&str; 7] = [
    "HPNDisabled",
    "HPNBufferSize",
    "TcpRcvBufPoll",
    "TcpRcvBuf",
    "NoneEnabled",
    "NoneSwitch",
    "NoneMacEnabled",
];

/// How many letters a mistyped keyword may differ in.
const MOST_SLIPS: usize = 2;

/// What is said of a line that an OpenSSH refuses, beyond its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Which ssh refuses it and which takes it, or what it may stand for.
    pub what: String,
    /// What the user can do about it.
    pub mend: Option<String>,
}

/// Who refuses what a dialect refuses: the installed ssh where it was asked, else all.
#[must_use]
pub fn subject(dialect: &Dialect) -> String {
    if dialect.is_lenient() { "every OpenSSH".to_owned() } else { format!("your ssh ({dialect})") }
}

/// For a keyword that a dialect lacks: which ssh refuses it and which takes it, and the line that lets every ssh
/// pass over it, or the keyword that was probably meant. For an attribute of `Match`, a token or a value that
/// another release takes: which. For an Include that is too deep: the limit.
#[must_use]
pub fn advice(tree: &Tree, complaint: &Complaint, dialect: &Dialect) -> Option<Advice> {
    advice_by(tree, complaint, dialect, &format!("{} refuses", subject(dialect)))
}

/// As [`advice`], with other words for who refuses it: `OpenSSH 8.9 to 9.3 refuse`.
#[must_use]
pub fn advice_by(
    tree: &Tree,
    complaint: &Complaint,
    dialect: &Dialect,
    refuses: &str,
) -> Option<Advice> {
    let keyword = match &complaint.kind {
        ComplaintKind::UnknownKeyword(keyword) => keyword,
        ComplaintKind::UnknownAttribute(name) => {
            return Some(Advice { what: attribute(name, dialect, refuses), mend: None });
        }
        ComplaintKind::UnknownToken('j') if !dialect.has_jump_token() => {
            let what = format!("{refuses} %j; OpenSSH {JUMP_TOKEN} and later take it");
            return Some(Advice { what, mend: None });
        }
        ComplaintKind::TooDeep => {
            let mend =
                format!("ssh follows Includes {DEEPEST} files deep; name this one higher up");
            return Some(Advice { what: complaint.own_words().to_owned(), mend: Some(mend) });
        }
        ComplaintKind::Fault => return value(tree, complaint, dialect, refuses),
        ComplaintKind::UnknownToken(_) | ComplaintKind::Consequence | ComplaintKind::Unread => {
            return None;
        }
    };
    let title = title(tree, complaint, keyword);
    if let Some(takers) = takers(keyword) {
        let what = format!("{refuses} {title}; {takers}");
        return Some(Advice { what, mend: Some(pass_over(tree, complaint, &title)) });
    }
    if dialect.is_newer_than_table() {
        let subject = subject(dialect);
        let what = format!("sshp does not know {title}; {subject} is newer than sshp and may");
        return Some(Advice { what, mend: None });
    }
    let near = near(keyword).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    let what = format!("no OpenSSH up to {} knows {title}{near}", Dialect::NEWEST);
    Some(Advice { what, mend: None })
}

/// For an attribute of `Match` that a dialect lacks.
fn attribute(name: &str, dialect: &Dialect, refuses: &str) -> String {
    match criteria::attribute_validity(name) {
        Some(Validity { since, .. }) => {
            format!("{refuses} Match {name}; OpenSSH {since} and later take it")
        }
        None if dialect.is_newer_than_table() => {
            let subject = subject(dialect);
            format!("sshp does not know Match {name}; {subject} is newer than sshp and may")
        }
        None => format!("no OpenSSH up to {} knows Match {name}", Dialect::NEWEST),
    }
}

/// For a line that a dialect refuses and another release takes.
fn value(tree: &Tree, complaint: &Complaint, dialect: &Dialect, refuses: &str) -> Option<Advice> {
    let (file, directive) = tree.line(complaint.origin.as_ref()?)?;
    let takers = releases::of_line(file, directive, dialect)?;
    let keyword = directive.keyword.map_or("line", Keyword::title);
    let said = complaint.own_words().trim_end_matches('.');
    Some(Advice { what: format!("{refuses} this {keyword} ({said}); {takers}"), mend: None })
}

/// Which ssh takes a keyword that not every ssh has.
fn takers(keyword: &str) -> Option<String> {
    if OTHERS.iter().any(|other| other.eq_ignore_ascii_case(keyword)) {
        return Some("only HPN-SSH takes it".to_owned());
    }
    let found = Keyword::find(keyword.as_bytes())?;
    let row = found.row();
    let dated = row.dated_names.iter().find(|dated| dated.name.eq_ignore_ascii_case(keyword));
    let Validity { since, until, built } = dated.map_or(row.validity, |dated| dated.validity);
    let builds = match built {
        Built::Everywhere => "OpenSSH",
        Built::GssKeyExchange => "builds of OpenSSH with GSSAPI key exchange",
        Built::Debian => "only Debian's and Ubuntu's ssh",
        Built::RedHat => "only Red Hat's and Fedora's ssh",
        Built::Apple => "only macOS's ssh",
    };
    let takes = if built == Built::GssKeyExchange { "take" } else { "takes" };
    Some(match (until, since > Dialect::OLDEST) {
        (Some(until), _) => format!("{builds} before {until} {takes} it"),
        (None, true) if built == Built::Everywhere => format!("OpenSSH {since} and later take it"),
        (None, _) => format!("{builds} {takes} it"),
    })
}

/// The keyword as ssh_config(5) writes it, else as it is written on the line.
fn title(tree: &Tree, complaint: &Complaint, keyword: &str) -> String {
    let found = Keyword::find(keyword.as_bytes()).filter(|found| found.row().name == keyword);
    if let Some(found) = found {
        return found.title().to_owned();
    }
    let other = OTHERS.iter().find(|other| other.eq_ignore_ascii_case(keyword));
    let written = || {
        let (line, _) = tree.excerpt(complaint.origin.as_ref()?, &complaint.text)?;
        let line = line.trim_ascii_start();
        let at = line.len().min(keyword.len());
        let word = &line[..at];
        word.eq_ignore_ascii_case(keyword.as_bytes())
            .then(|| String::from_utf8_lossy(word).into_owned())
    };
    other.map(|other| (*other).to_owned()).or_else(written).unwrap_or_else(|| keyword.to_owned())
}

/// The keyword that a mistyped one probably stands for.
fn near(keyword: &str) -> Option<&'static str> {
    let titles = TABLE.iter().map(|row| row.title);
    let distance = |title: &str| strsim::osa_distance(&title.to_ascii_lowercase(), keyword);
    titles
        .map(|title| (distance(title), title))
        .filter(|(slips, title)| *slips <= MOST_SLIPS && *slips < title.len())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, title)| title)
}

/// The line that lets every ssh pass over a keyword, and where it stands.
fn pass_over(tree: &Tree, complaint: &Complaint, title: &str) -> String {
    let file = complaint.origin.as_ref().map(|origin| &origin.file);
    match (first_list(tree), file) {
        // Only the first counts.
        (Some((origin, list)), _) if lists(&list, title) => {
            format!("the `IgnoreUnknown {list}` of {origin} has to stand above it")
        }
        (Some((origin, list)), _) => {
            format!("`IgnoreUnknown {list},{title}` at {origin} lets every ssh pass over it")
        }
        (None, Some(file)) => format!(
            "`IgnoreUnknown {title}` as the first line of {} lets every ssh pass over it",
            file.display()
        ),
        (None, None) => format!("`IgnoreUnknown {title}` above it lets every ssh pass over it"),
    }
}

fn lists(list: &str, title: &str) -> bool {
    list.split(',').any(|one| one.eq_ignore_ascii_case(title))
}

/// The first IgnoreUnknown of all files, and what it says.
fn first_list(tree: &Tree) -> Option<(Origin, String)> {
    tree.files.iter().enumerate().find_map(|(at, file)| {
        let mut lines = file.document.directives().iter().enumerate();
        let (directive, line) =
            lines.find(|(_, line)| line.keyword == Some(Keyword::IgnoreUnknown))?;
        let word = file.document.words(line).next()?.ok()?;
        let list = String::from_utf8_lossy(&word.value).into_owned();
        Some((tree.origin(at, directive), list))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advised(text: &str, keyword: &str, dialect: &str) -> Advice {
        let tree = Tree::of_text("/h/config", text.as_bytes());
        let text = format!("/h/config: line 3: Bad configuration option: {keyword}");
        let origin = Some(Origin { file: tree.files[0].path.clone(), line: 3 });
        let kind = ComplaintKind::UnknownKeyword(keyword.to_owned());
        let dialect = if dialect == "any" { Dialect::lenient() } else { dialect.parse().unwrap() };
        advice(&tree, &Complaint { origin, text, kind }, &dialect).expect("advice")
    }

    #[test]
    fn a_keyword_is_named_with_the_ssh_that_refuses_it_and_the_ssh_that_takes_it() {
        let cases = [
            ("tag", "9.2p1", "your ssh (9.2p1) refuses Tag; OpenSSH 9.4 and later take it"),
            ("usekeychain", "9.8", "your ssh (9.8) refuses UseKeychain; only macOS's ssh takes it"),
            (
                "gssapikeyexchange",
                "10.6",
                "your ssh (10.6) refuses GSSAPIKeyExchange; builds of OpenSSH with GSSAPI key exchange take it",
            ),
            (
                "rsaminsize",
                "10.6",
                "your ssh (10.6) refuses rsaminsize; only Red Hat's and Fedora's ssh takes it",
            ),
            ("hpndisabled", "9.2", "your ssh (9.2) refuses HPNDisabled; only HPN-SSH takes it"),
            ("proxyjmp", "any", "no OpenSSH up to 10.6 knows proxyjmp; did you mean ProxyJump?"),
            ("hostnaem", "9.2", "no OpenSSH up to 10.6 knows hostnaem; did you mean HostName?"),
            ("nonsense", "any", "no OpenSSH up to 10.6 knows nonsense"),
            (
                "nonsense",
                "11.2p1",
                "sshp does not know nonsense; your ssh (11.2p1) is newer than sshp and may",
            ),
        ];
        for (keyword, dialect, what) in cases {
            assert_eq!(advised("", keyword, dialect).what, what);
        }
    }

    #[test]
    fn the_line_that_lets_every_ssh_pass_over_a_keyword_stands_above_it() {
        let mend = |text: &str| advised(text, "usekeychain", "9.2").mend.expect("a mend");
        assert_eq!(
            mend("Host *\n"),
            "`IgnoreUnknown UseKeychain` as the first line of /h/config lets every ssh pass over it"
        );
        assert_eq!(
            mend("IgnoreUnknown Tag\n"),
            "`IgnoreUnknown Tag,UseKeychain` at /h/config:1 lets every ssh pass over it"
        );
        assert_eq!(
            mend("Host *\n\n\nIgnoreUnknown UseKeychain\n"),
            "the `IgnoreUnknown UseKeychain` of /h/config:4 has to stand above it"
        );
        assert_eq!(advised("", "hostnaem", "9.2").mend, None);
        let line = "Host *\n\n  HostNaem x\n";
        assert!(advised(line, "hostnaem", "any").what.contains("knows HostNaem;"));
    }
}
