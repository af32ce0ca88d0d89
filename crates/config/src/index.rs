//! PURE: what lists, picker and completion show of every profile: host, user, port and jump, in time
//! that grows with the file and not with its square.
//!
//! Blocks whose patterns are all literal are found by a hash of the alias; only the others
//! (wildcards, `Match`, what an Include under a header leads to) are tried for each host. Nothing is
//! run: a `Match exec` counts as not matching and is noted. A config that ssh would refuse is read
//! as far as it goes.

mod guard;
mod query;

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::criteria;
use super::dialect::UserTokens;
use super::facts::Family;
use super::forward::Jump;
use super::options::Keyword;
use super::tokens::Tokens;
use super::tree::{DEEPEST, IncludeWord, Target, Tree};
use super::{Dialect, Directive, Document, Facts, Origin, address, pattern};
use guard::{Ends, Guard};
use query::Query;

/// For the names on a line of so many bytes room is made before they are read.
const LONG_LINE: usize = 10_000;
/// How many blocks are looked at again when files are included over and over.
const MOST_REPEATED: usize = 2_000_000;

/// All blocks of a config, ready to be asked about hosts.
pub struct Index<'a> {
    tree: &'a Tree,
    facts: &'a dyn Facts,
    dialect: &'a Dialect,
    local_user: Vec<u8>,
    gates: Vec<Gate>,
    segments: Vec<Segment>,
    /// For each segment, the next one of the same alias.
    next_of_alias: Vec<Option<u32>>,
    /// The row of each literal alias: numbers alone, since a cache holds many more of them than of
    /// names.
    literal: HashTable<u32>,
    hashes: RandomState,
    /// All other segments, in file order, each with what a host must look like.
    tried: Vec<(u32, Guard)>,
    /// Literal aliases in file order.
    named: Vec<Row<'a>>,
    /// Some of them stand in files that are included under a header.
    has_nested: bool,
    /// `Match final` stands somewhere, which asks for a second pass.
    wants_final: bool,
    /// Files include each other without end, for which ssh refuses the config: no Include is
    /// followed from there on.
    too_deep: bool,
    /// How many blocks are looked at.
    most_blocks: usize,
}

/// A literal word of a `Host` line.
struct Row<'a> {
    alias: Cow<'a, [u8]>,
    gate: u32,
    /// The first of its name.
    first: bool,
    /// The first and the last segment of that name, in its first row.
    segments: (u32, u32),
}

/// Stands for no segment: an alias whose `Host` lines all hold wildcards too.
const NO_SEGMENT: u32 = u32::MAX;

/// A header as it is met while reading; one in a file that is included twice is met twice.
#[derive(Clone, Copy)]
struct Gate {
    file: u32,
    /// The directive of the header.
    header: u32,
    condition: Condition,
    /// The gate that the Include stands under that led here.
    parent: Option<u32>,
    /// It says something about what a summary holds.
    matters: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// Lines before the first header of a file.
    Always,
    Host,
    Match,
}

/// Lines of a block between two Includes.
#[derive(Clone, Copy)]
struct Segment {
    gate: u32,
    from: u32,
    to: u32,
}

/// A literal alias: one word of a `Host` line without wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<'i> {
    /// The alias, quotes taken away.
    pub alias: &'i [u8],
    /// Its first `Host` line.
    pub origin: Origin,
    /// That line stands in a file of the user's, not in one of the system's.
    pub user: bool,
}

/// What a list shows of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The effective HostName.
    pub host: Vec<u8>,
    /// The effective User.
    pub user: Vec<u8>,
    /// The effective Port.
    pub port: u16,
    /// The effective ProxyJump, as `ssh -G` prints it.
    pub jump: Option<Vec<u8>>,
    /// Every effective IdentityFile, as it is written; `none` is none.
    pub keys: Vec<Vec<u8>>,
    /// Lines that only a connect decides and that could change one of these: `Match exec`, canonical names,
    /// and an `Include` that names a file by the destination.
    pub depends_on: Vec<Origin>,
}

fn matters(keyword: Option<Keyword>) -> bool {
    matches!(
        keyword,
        Some(
            Keyword::HostName
                | Keyword::User
                | Keyword::Port
                | Keyword::ProxyJump
                | Keyword::ProxyCommand
                | Keyword::IdentityFile
                | Keyword::Tag
                | Keyword::CanonicalizeHostname
                | Keyword::Include
        )
    )
}

impl<'a> Index<'a> {
    /// Goes through all files once, as an ssh of a dialect reads them.
    pub fn new(tree: &'a Tree, facts: &'a dyn Facts, dialect: &'a Dialect) -> Self {
        let mut index = Index {
            tree,
            facts,
            dialect,
            local_user: facts.user(),
            gates: Vec::new(),
            segments: Vec::new(),
            next_of_alias: Vec::new(),
            literal: HashTable::new(),
            hashes: RandomState::new(),
            tried: Vec::new(),
            named: Vec::new(),
            has_nested: false,
            wants_final: false,
            too_deep: false,
            most_blocks: 0,
        };
        let blocks: usize = tree.files.iter().map(|file| file.document.block_count()).sum();
        index.most_blocks = blocks + MOST_REPEATED;
        index.gates.reserve(blocks);
        index.segments.reserve(blocks);
        index.next_of_alias.reserve(blocks);
        index.literal = HashTable::with_capacity(blocks);
        index.named.reserve(blocks);
        for root in &tree.roots {
            if let Target::File(file) = root.target {
                index.gather(file, None, 0);
            }
        }
        index.next_of_alias.resize(index.segments.len(), None);
        index
    }

    #[allow(clippy::cast_possible_truncation, reason = "files are 64 MiB at most, 10,000 of them")]
    fn gather(&mut self, at: usize, parent: Option<u32>, depth: u32) {
        let tree = self.tree;
        let file = &tree.files[at];
        let document = &file.document;
        let directives = document.directives();
        let mut includes = file.includes.iter().peekable();
        // The rows of the aliases of each `Host` line in turn.
        let mut names = Vec::new();
        for block in document.blocks() {
            if self.gates.len() >= self.most_blocks {
                return;
            }
            let id = self.gates.len() as u32;
            let condition = match block.header.and_then(|header| directives[header].keyword) {
                None => Condition::Always,
                Some(Keyword::Match) => Condition::Match,
                Some(_) => Condition::Host,
            };
            self.gates.push(Gate {
                file: at as u32,
                header: block.header.unwrap_or_default() as u32,
                condition,
                parent,
                matters: directives[block.directives.clone()].iter().any(|d| matters(d.keyword)),
            });
            let mut literal = false;
            names.clear();
            if let Some(header) = block.header.map(|header| &directives[header]) {
                if condition == Condition::Match {
                    self.wants_final |=
                        criteria::asks_for_final(document.rest(header), self.dialect);
                } else {
                    literal = self.name(document, header, id, parent.is_none(), &mut names);
                }
            }
            let guard = match block.header.filter(|_| condition == Condition::Host && !literal) {
                Some(header) => Guard::of(document.words(&directives[header])),
                None => Guard::default(),
            };
            let mut from = block.directives.start;
            loop {
                let include = includes.next_if(|include| include.directive < block.directives.end);
                let to = include.map_or(block.directives.end, |include| include.directive);
                let segment = Segment { gate: id, from: from as u32, to: to as u32 };
                self.push_segment(segment, literal.then_some(&names), guard);
                let Some(include) = include else { break };
                let is_read = |word: &&IncludeWord| word.is_read_so_by(self.dialect);
                // A line that leads elsewhere for some hosts is noted where it applies.
                from = if include.words.iter().all(|word| is_read(&word)) { to + 1 } else { to };
                self.too_deep |= depth == DEEPEST;
                // What stands above the first header applies wherever its file does.
                let above = if condition == Condition::Always { parent } else { Some(id) };
                for word in include.words.iter().filter(is_read) {
                    for target in &*word.targets {
                        if let (Target::File(file), false) = (target, self.too_deep) {
                            self.gather(*file, above, depth + 1);
                        }
                    }
                }
            }
        }
    }

    /// Notes the aliases of a `Host` line, and their first rows in `names`; whether it can be found by
    /// them alone.
    #[allow(clippy::cast_possible_truncation, reason = "as in gather()")]
    fn name(
        &mut self,
        document: &'a Document,
        header: &Directive,
        gate: u32,
        top: bool,
        names: &mut Vec<u32>,
    ) -> bool {
        let mut all = true;
        let hash = |alias: &[u8]| self.hashes.hash_one(alias);
        // A line may hold millions: making room for them bit by bit hashes each of them often.
        if document.rest(header).len() >= LONG_LINE {
            let count = document.words(header).count();
            self.literal.reserve(count, |row| hash(&self.named[*row as usize].alias));
            self.named.reserve(count);
            self.segments.reserve(count);
            self.next_of_alias.reserve(count);
            names.reserve(count);
        }
        for word in document.words(header).map_while(Result::ok) {
            if !pattern::is_literal(&word.value) {
                all = false;
                continue;
            }
            let own = self.named.len() as u32;
            let entry = self.literal.entry(
                hash(&word.value),
                |row| self.named[*row as usize].alias == word.value,
                |row| hash(&self.named[*row as usize].alias),
            );
            let (row, first) = match entry {
                Entry::Occupied(entry) => (*entry.get(), false),
                Entry::Vacant(entry) => (*entry.insert(own).get(), true),
            };
            names.push(row);
            self.has_nested |= !top;
            let segments = (NO_SEGMENT, NO_SEGMENT);
            self.named.push(Row { alias: word.value, gate, first, segments });
        }
        all && top
    }

    /// `names` are the rows of all names of the block, where nothing else can open it.
    #[allow(clippy::cast_possible_truncation, reason = "as in gather()")]
    fn push_segment(&mut self, segment: Segment, names: Option<&Vec<u32>>, guard: Guard) {
        let gate = self.gates[segment.gate as usize];
        if segment.from == segment.to && gate.condition != Condition::Match {
            return;
        }
        let Some(names) = names else {
            self.tried.push((self.segments.len() as u32, guard));
            self.segments.push(segment);
            return;
        };
        // One entry for each alias: a chain of the segments that name it runs through them.
        for row in names {
            let id = self.segments.len() as u32;
            self.segments.push(segment);
            self.next_of_alias.resize(id as usize + 1, None);
            let (first, last) = &mut self.named[*row as usize].segments;
            if *first == NO_SEGMENT {
                (*first, *last) = (id, id);
                continue;
            }
            let before = &self.segments[*last as usize];
            // `Host a a` names it once.
            if (before.gate, before.from) != (segment.gate, segment.from) {
                self.next_of_alias[*last as usize] = Some(id);
                *last = id;
            }
        }
    }

    /// The dialect that the files are read as.
    #[must_use]
    pub fn dialect(&self) -> &'a Dialect {
        self.dialect
    }

    /// Whether any file has a ProxyJump.
    #[must_use]
    pub(crate) fn has_jumps(&self) -> bool {
        let has = |document: &Document| {
            document.directives().iter().any(|line| line.keyword == Some(Keyword::ProxyJump))
        };
        self.tree.files.iter().any(|file| has(&file.document))
    }

    /// All literal aliases that can apply, each once, in file order.
    pub fn named(&self) -> impl Iterator<Item = Named<'_>> {
        let mut seen = HashSet::new();
        let rows = self.named.iter().filter(move |row| {
            if !self.has_nested {
                return row.first;
            }
            let parent = self.gates[row.gate as usize].parent;
            let open = |gate| Query::new(self, Cow::Borrowed(&row.alias)).is_open(gate);
            parent.is_none_or(open) && seen.insert(&*row.alias)
        });
        rows.map(|row| self.named_by(row))
    }

    /// The literal aliases of the user's own files, each once, in file order. What the system's config
    /// names is for everybody, such as the hosts of systemd's ssh-proxy.
    pub fn profiles(&self) -> impl Iterator<Item = Named<'_>> {
        self.named().filter(|named| named.user)
    }

    fn named_by<'i>(&'i self, row: &'i Row<'a>) -> Named<'i> {
        let gate = self.gates[row.gate as usize];
        let user = self.tree.files[gate.file as usize].user;
        Named { alias: &row.alias, origin: self.gate_origin(row.gate), user }
    }

    /// All `Host` lines that name an alias literally, in file order.
    #[must_use]
    pub fn lines_of(&self, alias: &[u8]) -> Vec<Origin> {
        let rows = self.named.iter().filter(|row| *row.alias == *alias);
        let mut lines: Vec<_> = rows.map(|row| self.gate_origin(row.gate)).collect();
        lines.dedup();
        lines
    }

    fn gate_origin(&self, gate: u32) -> Origin {
        let gate = self.gates[gate as usize];
        self.tree.origin(gate.file as usize, gate.header as usize)
    }

    /// What ssh would use for a host, without running or asking anything.
    #[must_use]
    pub fn summary(&self, host: &[u8]) -> Summary {
        let mut query = Query::new(self, Cow::Borrowed(host));
        query.pass();
        let mut final_host = query.host_name();
        let family = Family::Any;
        // Only what begins with a digit or holds a colon can be an address.
        let may_be =
            final_host.first().is_none_or(u8::is_ascii_digit) || final_host.contains(&b':');
        match may_be.then(|| address::canonical(&final_host, family)).flatten() {
            Some(address) => final_host = address.into_bytes(),
            None if address::looks_like_address(&final_host) => {}
            None => final_host.make_ascii_lowercase(),
        }
        if self.wants_final || query.canonicalize {
            query.second_pass(&final_host);
        }
        let port = query.port.unwrap_or(22);
        let user = match query.user.take() {
            Some(user) => self.expanded_user(user, host, &final_host, port, query.jump.as_ref()),
            None => self.local_user.clone(),
        };
        Summary {
            host: final_host,
            user,
            port,
            jump: query.jump.take().and_then(|jump| jump.dump()),
            keys: std::mem::take(&mut query.keys),
            depends_on: query.depends_on.take(),
        }
    }

    /// A `User` with its tokens and variables expanded, where the ssh does that; as it is written where
    /// they cannot be expanded, for which the ssh refuses to connect.
    fn expanded_user(
        &self,
        user: Vec<u8>,
        typed: &[u8],
        host: &[u8],
        port: u16,
        jump: Option<&Jump>,
    ) -> Vec<u8> {
        let is_plain = memchr::memchr2(b'%', b'$', &user).is_none();
        if is_plain || self.dialect.user_tokens() == UserTokens::Never {
            return user;
        }
        let tokens = Tokens {
            typed: typed.to_vec(),
            host: host.to_vec(),
            port,
            user: Vec::new(),
            key_alias: typed.to_vec(),
            local_user: self.local_user.clone(),
            uid: self.facts.uid(),
            home: self.facts.home(),
            local_host: self.facts.hostname(),
            jump_host: jump.map(|jump| match jump {
                Jump::Through { last, .. } => last.host.clone(),
                Jump::Nowhere => Vec::new(),
            }),
            tilde: self.dialect.tilde(),
        };
        tokens.expand_user(&user, self.facts).unwrap_or(user)
    }

    /// A number that stays the same as long as the very same lines apply to a host, in the same
    /// order: equal numbers mean equal options. Two numbers can differ for equal options.
    #[must_use]
    pub fn signature(&self, host: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.visit_lines(host, &mut |file, directive| {
            let document = &self.tree.files[file].document;
            let line = &document.directives()[directive];
            line.keyword.hash(&mut hasher);
            document.rest(line).hash(&mut hasher);
        });
        hasher.finish()
    }

    /// Goes through the lines that apply to a host, in the order in which ssh reads them: the file
    /// and the directive of each. Where ssh reads everything twice, so does this. Of the `Include` lines
    /// those are among them that name a file by the destination, which is not gone through.
    pub fn visit_lines(&self, host: &[u8], visit: &mut dyn FnMut(usize, usize)) {
        let mut query = Query::new(self, Cow::Borrowed(host));
        query.visit = Some(visit);
        query.pass();
        let final_host = query.host_name().to_ascii_lowercase();
        if self.wants_final || query.canonicalize {
            query.second_pass(&final_host);
        }
    }

    /// Every literal word of a `Host` line with that line, in file order; an alias that several lines
    /// name comes several times.
    pub(crate) fn all_named(&self) -> impl Iterator<Item = Named<'_>> {
        self.named.iter().map(|row| self.named_by(row))
    }

    /// The segments that may apply to a host, in file order, and whether they surely do.
    fn candidates(&self, host: &[u8]) -> impl Iterator<Item = (u32, bool)> {
        let is_host = |row: &u32| *self.named[*row as usize].alias == *host;
        let row = self.literal.find(self.hashes.hash_one(host), is_host);
        let first = row.map(|row| self.named[*row as usize].segments.0);
        let follow = |id: &u32| self.next_of_alias[*id as usize];
        let first = first.filter(|first| *first != NO_SEGMENT);
        let mut literal = std::iter::successors(first, follow).peekable();
        let ends = Ends::of(host);
        let tried = self.tried.iter().filter(move |(_, guard)| guard.admits(ends));
        let mut tried = tried.map(|(id, _)| *id).peekable();
        std::iter::from_fn(move || {
            let is_literal = match (literal.peek(), tried.peek()) {
                (Some(a), Some(b)) => a < b,
                (literal, _) => literal.is_some(),
            };
            let next = if is_literal { literal.next() } else { tried.next() };
            next.map(|id| (id, is_literal))
        })
    }
}
