//! What several versions of OpenSSH refuse of a config that machines share.

use std::collections::BTreeSet;

use sshp_config::lint::{self, Advice, Finding};
use sshp_config::{Complaint, ComplaintKind, Dialect, Origin, Rejected, Tree, Vendor, Version};

use super::resolved;
use crate::ctx::Ctx;
use crate::error::{Error, Result};

/// The OpenSSH versions that a config is checked for.
pub struct Dialects {
    all: Vec<Named>,
    /// As they were asked for: `8.9 to 10.6`.
    pub asked: String,
}

struct Named {
    name: String,
    dialect: Dialect,
}

/// A line that some of them refuse.
pub struct Refused {
    /// The line, and what is said of it.
    pub finding: Finding,
    /// The names of those that refuse it.
    pub by: Vec<String>,
}

impl Dialects {
    /// Reads names of versions and systems. Two or more versions stand for all releases from the first to the last.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::error::ErrorKind::Usage) for a name of none, and for a release that sshp does not know.
    pub fn parse(names: &[String]) -> Result<Self> {
        let (mut versions, mut all) = (Vec::new(), Vec::new());
        for name in names {
            let dialect: Dialect = name.parse().map_err(Error::usage)?;
            let (oldest, newest) = (Dialect::OLDEST, Dialect::NEWEST);
            if dialect.is_newer_than_table() {
                let what =
                    format!("OpenSSH {dialect} is newer than {newest}, the newest that sshp knows");
                return Err(Error::usage(what));
            }
            if dialect.version() < oldest {
                let what =
                    format!("OpenSSH {dialect} is older than {oldest}, the oldest that sshp knows");
                return Err(Error::usage(what));
            }
            if dialect.vendor() == Vendor::Upstream {
                versions.push(dialect);
            } else {
                all.push(Named { name: name.clone(), dialect });
            }
        }
        versions.sort_by_key(Dialect::version);
        let mut asked: Vec<String> = all.iter().map(|named| named.name.clone()).collect();
        match &versions[..] {
            [] => {}
            [only] => {
                asked.insert(0, only.to_string());
                all.insert(0, Named { name: only.to_string(), dialect: only.clone() });
            }
            [first, .., last] => {
                asked.insert(0, format!("{first} to {last}"));
                let releases = Version::releases(first.version(), last.version());
                let named = |version: Version| Named {
                    name: version.to_string(),
                    dialect: Dialect::new(version, Vendor::Upstream),
                };
                all.splice(0..0, releases.map(named));
            }
        }
        Ok(Dialects { all, asked: asked.join(", ") })
    }

    /// The name of each.
    pub fn names(&self) -> Vec<&str> {
        self.all.iter().map(|named| named.name.as_str()).collect()
    }

    /// What they refuse, in the order of the lines; each line once.
    pub(super) fn refused(&self, ctx: &Ctx, tree: &Tree) -> Vec<Refused> {
        let mut refused: Vec<(Complaint, Vec<&Named>)> = Vec::new();
        for named in &self.all {
            let Err(Rejected { complaints }) = resolved(ctx, tree, &named.dialect) else {
                continue;
            };
            for complaint in complaints {
                if matches!(complaint.kind, ComplaintKind::Consequence | ComplaintKind::Unread) {
                    continue;
                }
                // The same fault of a line in the words of another version.
                let same = |(known, _): &&mut (Complaint, Vec<&Named>)| match complaint.origin {
                    Some(_) => known.origin == complaint.origin,
                    None => known.text == complaint.text,
                };
                match refused.iter_mut().find(same) {
                    Some((_, by)) if by.last().is_some_and(|last| last.name == named.name) => {}
                    Some((_, by)) => by.push(named),
                    None => refused.push((complaint, vec![named])),
                }
            }
        }
        let whole = super::whole(tree);
        let finding = |(complaint, by): (Complaint, Vec<&Named>)| {
            let origin = complaint.origin.clone().or_else(|| whole.clone())?;
            let text = self.words(tree, &complaint, &by);
            let by = by.iter().map(|named| named.name.clone()).collect();
            Some(Refused { finding: Finding { origin, check: "refused", text }, by })
        };
        let mut found: Vec<Refused> = refused.into_iter().filter_map(finding).collect();
        found.sort_by(|a, b| a.finding.cmp(&b.finding));
        found
    }

    fn words(&self, tree: &Tree, complaint: &Complaint, by: &[&Named]) -> String {
        let who = if by.len() == self.all.len() && by.len() > 1 {
            format!("every OpenSSH of {} refuses", self.asked)
        } else {
            format!(
                "OpenSSH {} {}",
                self.ranges(by),
                if by.len() > 1 { "refuse" } else { "refuses" }
            )
        };
        match lint::advice_by(tree, complaint, &by[0].dialect, &who) {
            Some(Advice { what, mend: Some(mend) }) => format!("{what}; {mend}"),
            Some(Advice { what, mend: None }) => what,
            None => format!("{who} this: {}", complaint.own_words()),
        }
    }

    /// `8.9 to 9.3, debian-12`: neighbours among all are drawn together.
    fn ranges(&self, by: &[&Named]) -> String {
        let is_in = |named: &&Named| by.iter().any(|one| one.name == named.name);
        let runs = self.all.chunk_by(|a, b| is_in(&a) == is_in(&b));
        let told = runs.filter(|run| is_in(&&run[0])).map(|run| match run {
            [first, .., last] => format!("{} to {}", first.name, last.name),
            _ => run[0].name.clone(),
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// `line 12`, `lines 12 and 14`; with the file where there are several.
pub fn lines<'a>(origins: impl Iterator<Item = &'a Origin>, tree: &Tree) -> String {
    let several = tree.files.len() > 1;
    let places: BTreeSet<&Origin> = origins.collect();
    let place = |origin: &&Origin| match (several, origin.line) {
        (_, 0) => origin.file.display().to_string(),
        (true, _) => origin.to_string(),
        (false, line) => line.to_string(),
    };
    let mut words: Vec<String> = places.iter().map(place).collect();
    let noun = match (several, words.len()) {
        (true, _) => "",
        (false, 1) => "line ",
        (false, _) => "lines ",
    };
    let last = words.pop().unwrap_or_default();
    if words.is_empty() {
        format!("{noun}{last}")
    } else {
        format!("{noun}{} and {last}", words.join(", "))
    }
}
