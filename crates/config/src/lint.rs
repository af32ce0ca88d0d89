//! PURE: what is in a config without effect, or against what was probably meant.
//!
//! ssh accepts all of it. What ssh refuses is the resolver's to say, and whether key files are there the
//! caller's.

mod releases;
mod tokens;
mod unknown;

use std::collections::{HashMap, HashSet};

pub use self::releases::takers_of_command;
pub use self::unknown::{Advice, advice, advice_by, subject};

use super::forward::Jump;
use super::options::{Keyword, Kind};
use super::pattern;
use super::tree::{File, Tree};
use super::{Document, Facts, Index, Origin};
use sshp_splice::encoding::UTF8_MARK;

/// How many keys sshd(8) lets be tried before it hangs up (MaxAuthTries), less the last.
const MOST_KEYS: usize = 5;

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The line it is about.
    pub origin: Origin,
    /// Which check found it: a word for scripts.
    pub check: &'static str,
    /// What is so, in one line.
    pub text: String,
}

/// Looks through all files. Findings come in no order.
#[must_use]
pub fn lint(tree: &Tree, index: &Index<'_>, facts: &dyn Facts) -> Vec<Finding> {
    let mut lint = Lint { tree, index, facts, findings: Vec::new() };
    lint.dead_blocks();
    lint.aliases_named_again();
    lint.lines_without_effect_and_too_many_keys();
    lint.jumps();
    lint.findings.extend(tokens::unknown_tokens(tree));
    lint.byte_order_marks();
    lint.findings
}

/// The files that begin with the byte order mark of UTF-8, for which ssh refuses the whole config.
pub fn marked_files(tree: &Tree) -> impl Iterator<Item = &File> {
    tree.files.iter().filter(|file| file.document.text().starts_with(UTF8_MARK))
}

struct Lint<'a> {
    tree: &'a Tree,
    index: &'a Index<'a>,
    facts: &'a dyn Facts,
    findings: Vec<Finding>,
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

impl Lint<'_> {
    fn find(&mut self, origin: Origin, check: &'static str, text: String) {
        self.findings.push(Finding { origin, check, text });
    }

    /// `Host` lines that no name satisfies.
    fn dead_blocks(&mut self) {
        for (at, file) in self.tree.files.iter().enumerate() {
            for header in file.document.blocks().filter_map(|block| block.header) {
                if let Some(why) = never_applies(&file.document, header) {
                    let origin = self.tree.origin(at, header);
                    self.find(origin, "dead-block", why);
                }
            }
        }
        let open: HashSet<&[u8]> = self.index.named().map(|named| named.alias).collect();
        let closed = self.index.all_named().filter(|named| !open.contains(named.alias));
        let closed: Vec<_> = closed.map(|named| (named.origin, shown(named.alias))).collect();
        for (origin, alias) in closed {
            let why =
                format!("`{alias}` never matches: the block that includes this file is not for it");
            self.find(origin, "dead-block", why);
        }
    }

    fn aliases_named_again(&mut self) {
        let mut first: HashMap<&[u8], Origin> = HashMap::new();
        let mut again = Vec::new();
        for named in self.index.all_named() {
            match first.get(named.alias) {
                None => {
                    first.insert(named.alias, named.origin);
                }
                Some(before) => {
                    let text = format!(
                        "`{}` is named again; where both set an option, {before} wins",
                        shown(named.alias)
                    );
                    again.push((named.origin, text));
                }
            }
        }
        for (origin, text) in again {
            self.find(origin, "duplicate-alias", text);
        }
    }

    /// Lines under literal `Host` lines that lose for each of their aliases; and profiles that offer
    /// more keys than a server waits for.
    fn lines_without_effect_and_too_many_keys(&mut self) {
        let mut effective: Vec<Vec<bool>> =
            self.tree.files.iter().map(|f| vec![false; f.document.directives().len()]).collect();
        let mut winner: HashMap<(usize, usize), (usize, usize)> = HashMap::new();
        let mut crowded = Vec::new();
        for named in self.index.named() {
            let mut set: HashMap<Keyword, (usize, usize)> = HashMap::new();
            let (mut keys, mut only) = (HashSet::new(), None);
            let mut reads_more = false;
            self.index.visit_lines(named.alias, &mut |file, at| {
                let document = &self.tree.files[file].document;
                let line = &document.directives()[at];
                let Some(keyword) = line.keyword else { return };
                let word = || document.words(line).next().and_then(Result::ok);
                match keyword {
                    Keyword::IdentityFile => keys.extend(word().map(|word| word.value)),
                    Keyword::Include => reads_more = true,
                    Keyword::IdentitiesOnly if only.is_none() => {
                        let on: [&[u8]; 2] = [b"yes", b"true"];
                        only = word()
                            .map(|word| on.iter().any(|on| on.eq_ignore_ascii_case(&word.value)));
                    }
                    _ => {}
                }
                let before = *set.entry(slot(keyword)).or_insert((file, at));
                if before == (file, at) || !first_wins(keyword) {
                    effective[file][at] = true;
                } else {
                    winner.insert((file, at), before);
                }
            });
            // A file that only a connect reads may set IdentitiesOnly.
            if keys.len() > MOST_KEYS && only != Some(true) && !reads_more {
                let text = format!(
                    "`{}` offers {} keys and more from the agent; most servers hang up after {}: \
                     set IdentitiesOnly yes and fewer IdentityFile lines",
                    shown(named.alias),
                    keys.len(),
                    MOST_KEYS + 1
                );
                crowded.push((named.origin, text));
            }
        }
        for (origin, text) in crowded {
            self.find(origin, "many-keys", text);
        }
        let mut literal: HashMap<(usize, usize), bool> = HashMap::new();
        for ((file, at), (by_file, by_at)) in winner {
            let document = &self.tree.files[file].document;
            if effective[file][at] {
                continue;
            }
            // A `Host` line can have a million names, and a million lines below it.
            let block = (file, document.block_of(at));
            if *literal.entry(block).or_insert_with(|| is_literal_block(document, at)) {
                let (origin, by) = (self.tree.origin(file, at), self.tree.origin(by_file, by_at));
                let keyword = document.directives()[at].keyword.map_or("", Keyword::title);
                self.find(origin, "no-effect", format!("{keyword} never wins: {by} sets it first"));
            }
        }
    }

    /// Hops that are nothing, and ways that lead back to where they began.
    fn jumps(&mut self) {
        if !self.index.has_jumps() {
            return;
        }
        let aliases: HashSet<&[u8]> = self.index.named().map(|named| named.alias).collect();
        let mut hops: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        let mut way = |alias: &[u8]| -> Vec<Vec<u8>> {
            let known = hops.entry(alias.to_vec());
            known.or_insert_with(|| hops_of(self.index, self.facts, alias)).clone()
        };
        let mut findings = Vec::new();
        for named in self.index.named() {
            let own = way(named.alias);
            if own.is_empty() || self.reads_more(named.alias) {
                continue;
            }
            let origin = self.origin_of_jump(named.alias).unwrap_or_else(|| named.origin.clone());
            for hop in own.iter().filter(|hop| !self.may_exist(hop, &aliases)) {
                let text = format!(
                    "`{}` jumps through `{}`, which is no profile and no full name",
                    shown(named.alias),
                    shown(hop)
                );
                findings.push((origin.clone(), "missing-hop", text));
            }
            if leads_back(named.alias, &mut way).is_some() {
                let text = format!("the jumps of `{}` lead back to it", shown(named.alias));
                findings.push((origin, "jump-loop", text));
            }
        }
        for (origin, check, text) in findings {
            self.find(origin, check, text);
        }
    }

    fn byte_order_marks(&mut self) {
        for file in marked_files(self.tree) {
            let text = "the file begins with a byte order mark, which ssh takes for a part of the \
                        first keyword: save it as UTF-8 without one";
            let origin = Origin { file: file.path.clone(), line: 1 };
            self.find(origin, "byte-order-mark", text.to_owned());
        }
    }

    /// Whether ssh reads a file for a host that the index does not, since only the destination names it.
    fn reads_more(&self, host: &[u8]) -> bool {
        let mut found = false;
        self.index.visit_lines(host, &mut |file, at| {
            let line = &self.tree.files[file].document.directives()[at];
            found |= line.keyword == Some(Keyword::Include);
        });
        found
    }

    /// The line that gives a profile its ProxyJump.
    fn origin_of_jump(&self, alias: &[u8]) -> Option<Origin> {
        let mut found = None;
        self.index.visit_lines(alias, &mut |file, at| {
            let line = &self.tree.files[file].document.directives()[at];
            if line.keyword == Some(Keyword::ProxyJump) && found.is_none() {
                found = Some(self.tree.origin(file, at));
            }
        });
        found
    }

    /// Whether a hop can be something: a profile, what a wildcard is about, an address or a name with
    /// a dot. Only a connect could ask the DNS.
    fn may_exist(&self, hop: &[u8], aliases: &HashSet<&[u8]>) -> bool {
        aliases.contains(hop)
            || hop == b"localhost"
            || hop.iter().any(|b| b".:%".contains(b))
            || self.index.summary(hop).host != hop.to_ascii_lowercase()
            || self.reads_more(hop)
    }
}

/// The hops on the way to a host, first to last.
fn hops_of(index: &Index<'_>, facts: &dyn Facts, alias: &[u8]) -> Vec<Vec<u8>> {
    let Some(jump) = index.summary(alias).jump else { return Vec::new() };
    let hops = jump.split(|&b| b == b',');
    let hop = |text: &[u8]| match Jump::parse(text, false, facts, index.dialect()) {
        Ok(Jump::Through { last, .. }) => Some(last.host),
        _ => None,
    };
    hops.filter_map(hop).collect()
}

/// The way from a host back to itself, if there is one. Only the first of its hops is reached as
/// its own ProxyJump says: the list says how the others are (ssh.c: main).
fn leads_back(
    alias: &[u8],
    mut hops_of: impl FnMut(&[u8]) -> Vec<Vec<u8>>,
) -> Option<Vec<Vec<u8>>> {
    let mut way = vec![alias.to_vec()];
    loop {
        let hop = hops_of(way.last()?).into_iter().next()?;
        let (back, seen) = (hop == alias, way.contains(&hop));
        way.push(hop);
        if back || seen {
            return back.then_some(way);
        }
    }
}

/// The profiles that are reached through themselves, each with its way: host, hop, …, host.
#[must_use]
pub fn jump_loops(index: &Index<'_>, facts: &dyn Facts) -> Vec<Vec<Vec<u8>>> {
    if !index.has_jumps() {
        return Vec::new();
    }
    let mut hops: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
    let mut way = |alias: &[u8]| {
        let known = hops.entry(alias.to_vec());
        known.or_insert_with(|| hops_of(index, facts, alias)).clone()
    };
    index.named().filter_map(|named| leads_back(named.alias, &mut way)).collect()
}

/// Why a header can never apply, whatever the host.
fn never_applies(document: &Document, header: usize) -> Option<String> {
    let line = &document.directives()[header];
    if line.keyword == Some(Keyword::Match) {
        let rest = document.rest(line).trim_ascii();
        let never = rest.eq_ignore_ascii_case(b"!all");
        return never.then(|| "this block never applies: `!all` is true of nothing".to_owned());
    }
    let words: Vec<_> = document.words(line).map_while(Result::ok).map(|word| word.value).collect();
    let negated: Vec<&[u8]> = words.iter().filter_map(|word| word.strip_prefix(b"!")).collect();
    let mut positive = words.iter().filter(|word| !word.starts_with(b"!")).peekable();
    if words.is_empty() {
        return None;
    }
    if positive.peek().is_none() {
        return Some(
            "this block never applies: a negated pattern only takes away from the others"
                .to_owned(),
        );
    }
    let taken = |word: &[u8]| {
        negated.iter().any(|negated| {
            *negated == b"*"
                || *negated == word
                || pattern::is_literal(word) && pattern::matches(word, negated)
        })
    };
    positive
        .all(|word| taken(word))
        .then(|| "this block never applies: its negated patterns take all of it away".to_owned())
}

/// Whether a line stands under a `Host` line of literal names.
fn is_literal_block(document: &Document, at: usize) -> bool {
    let Some(header) = document.block(document.block_of(at)).header else { return false };
    let line = &document.directives()[header];
    line.keyword == Some(Keyword::Host)
        && document.words(line).map_while(Result::ok).all(|word| pattern::is_literal(&word.value))
}

/// ProxyJump and ProxyCommand share a place: the first of the two counts.
fn slot(keyword: Keyword) -> Keyword {
    if keyword == Keyword::ProxyJump { Keyword::ProxyCommand } else { keyword }
}

/// Whether only the first line of a keyword counts.
fn first_wins(keyword: Keyword) -> bool {
    !matches!(
        keyword.kind(),
        Kind::Header
            | Kind::Include
            | Kind::KeyFile
            | Kind::Forward
            | Kind::SendEnv
            | Kind::Mask
            | Kind::RekeyLimit
            | Kind::ForwardAgent
            | Kind::Seconds
            | Kind::Facility
            | Kind::Ignored
            | Kind::Deprecated
            | Kind::Unsupported
    )
}
