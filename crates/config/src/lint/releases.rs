//! PURE: which releases of OpenSSH take what another refuses, found by reading it as each of them does.

use crate::criteria;
use crate::options::{Keyword, Kind};
use crate::settings::{Line, Settings, Source};
use crate::tree::File;
use crate::{
    CommandLine, Dialect, Directive, Facts, FixedFacts, Rejected, Tree, Vendor, Version, resolve,
};

/// The releases that take it, in words; `None` where the release of `dialect` is one of them, or none is.
fn in_words(dialect: &Dialect, takes: impl Fn(&Dialect) -> bool) -> Option<String> {
    let releases: Vec<Version> = Version::releases(Dialect::OLDEST, Dialect::NEWEST).collect();
    let taking: Vec<bool> =
        releases.iter().map(|release| takes(&Dialect::new(*release, Vendor::Upstream))).collect();
    let own = releases.iter().rposition(|release| *release <= dialect.version());
    if own.is_some_and(|own| taking[own]) {
        return None;
    }
    let first = taking.iter().position(|takes| *takes)?;
    let last = taking.iter().rposition(|takes| *takes)?;
    let (is_oldest, is_newest) = (first == 0, last + 1 == releases.len());
    Some(match (is_oldest, is_newest) {
        (true, true) => return None,
        (false, true) => format!("OpenSSH {} and later take it", releases[first]),
        (true, false) => format!("OpenSSH before {} takes it", releases[last + 1]),
        (false, false) if first == last => format!("OpenSSH {} takes it", releases[first]),
        (false, false) => {
            format!("OpenSSH {} to {} take it", releases[first], releases[last])
        }
    })
}

/// Which releases take a line whose keyword they all know.
pub(super) fn of_line(file: &File, directive: &Directive, dialect: &Dialect) -> Option<String> {
    let keyword = directive.keyword?;
    let rest = file.document.rest(directive);
    let written = file.document.keyword(directive);
    // A machine of which only the home folder is known.
    let facts = FixedFacts { home: b"/".to_vec(), ..FixedFacts::default() };
    in_words(dialect, |release| match keyword.kind() {
        Kind::Header if keyword == Keyword::Match => criteria::is_taken(rest, release),
        Kind::Header | Kind::Include => false,
        _ => {
            let source = || Source::Default;
            let line = Line { source: &source, user: file.user, active: true, written: &written };
            let mut settings = Settings::new(&facts, release);
            release.keyword(keyword, &written).is_some()
                && settings.apply(keyword, rest, &line).is_ok()
        }
    })
}

/// Which releases take a command line that one refuses, where the config is not what it refuses.
#[must_use]
pub fn takers_of_command(
    tree: &Tree,
    command: &CommandLine,
    facts: &dyn Facts,
    dialect: &Dialect,
    rejected: &Rejected,
) -> Option<String> {
    let said = &rejected.complaints.last()?.text;
    if rejected.complaints.iter().any(|complaint| complaint.origin.is_some()) {
        return None;
    }
    in_words(dialect, |release| match resolve(tree, command, facts, None, release) {
        Ok(_) => true,
        // What else it refuses is another matter.
        Err(Rejected { complaints }) => {
            complaints.last().is_some_and(|last| last.origin.is_some() && last.text != *said)
        }
    })
}
