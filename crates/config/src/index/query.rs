//! PURE: one run over the blocks of an index, for one host.

use std::borrow::Cow;
use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use super::{Condition, Gate, Index, Segment, matters};
use crate::criteria::{self, Subject};
use crate::forward::Jump;
use crate::options::Keyword;
use crate::walk::expand_host;
use crate::{Directive, Origin, pattern, values};

/// The state of a run over the blocks for one host.
pub(super) struct Query<'i, 'a> {
    index: &'i Index<'a>,
    /// What `Host` lines are compared with.
    host: Cow<'i, [u8]>,
    original_host: Cow<'i, [u8]>,
    is_final: bool,
    host_name: Option<Vec<u8>>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) port: Option<u16>,
    pub(super) jump: Option<Jump>,
    pub(super) keys: Vec<Vec<u8>>,
    tag: Option<Vec<u8>>,
    has_command: bool,
    pub(super) canonicalize: bool,
    /// What became of gates that were asked already; a `Match` is judged once, where it stands.
    judged: RefCell<Vec<(u32, bool)>>,
    pub(super) depends_on: RefCell<Vec<Origin>>,
    pub(super) visit: Option<&'i mut dyn FnMut(usize, usize)>,
}

impl<'i, 'a> Query<'i, 'a> {
    pub(super) fn new(index: &'i Index<'a>, host: Cow<'i, [u8]>) -> Self {
        Query {
            index,
            original_host: host.clone(),
            host,
            is_final: false,
            host_name: None,
            user: None,
            port: None,
            jump: None,
            keys: Vec::new(),
            tag: None,
            has_command: false,
            canonicalize: false,
            judged: RefCell::default(),
            depends_on: RefCell::default(),
            visit: None,
        }
    }

    pub(super) fn pass(&mut self) {
        let host = self.host.clone();
        for (id, surely) in self.index.candidates(&host) {
            let segment = self.index.segments[id as usize];
            let gate = self.index.gates[segment.gate as usize];
            let wanted = gate.matters || self.visit.is_some();
            if wanted && (surely || self.is_open(segment.gate)) {
                self.apply(gate.file, segment);
            }
        }
    }

    pub(super) fn second_pass(&mut self, final_host: &[u8]) {
        self.host = Cow::Owned(final_host.to_vec());
        self.host_name = Some(final_host.to_vec());
        self.is_final = true;
        self.judged.take();
        self.pass();
    }

    /// Whether the lines under a gate apply.
    pub(super) fn is_open(&self, id: u32) -> bool {
        let gate = self.index.gates[id as usize];
        let known =
            self.judged.borrow().iter().find(|(gate, _)| *gate == id).map(|(_, open)| *open);
        if let Some(open) = known {
            return open;
        }
        let open = gate.parent.is_none_or(|parent| self.is_open(parent)) && self.judge(id, gate);
        if gate.condition == Condition::Match {
            self.judged.borrow_mut().push((id, open));
        }
        open
    }

    fn judge(&self, id: u32, gate: Gate) -> bool {
        let document = &self.index.tree.files[gate.file as usize].document;
        let header = || &document.directives()[gate.header as usize];
        match gate.condition {
            Condition::Always => true,
            Condition::Host => {
                let mut open = false;
                for word in document.words(header()).map_while(Result::ok) {
                    match word.value.strip_prefix(b"!") {
                        Some(negated) if pattern::matches(&self.host, negated) => return false,
                        Some(_) => {}
                        None => open = open || pattern::matches(&self.host, &word.value),
                    }
                }
                open
            }
            Condition::Match => {
                let outcome = criteria::judge(document.rest(header()), self, self.index.dialect);
                let outcome = outcome.unwrap_or_default();
                if outcome.undecided && gate.matters {
                    self.note(self.index.gate_origin(id));
                }
                outcome.applies
            }
        }
    }

    /// Notes a line that only a connect can decide.
    fn note(&self, origin: Origin) {
        let mut noted = self.depends_on.borrow_mut();
        if !noted.contains(&origin) {
            noted.push(origin);
        }
    }

    fn apply(&mut self, file: u32, segment: Segment) {
        let document = &self.index.tree.files[file as usize].document;
        for at in segment.from as usize..segment.to as usize {
            if let Some(visit) = &mut self.visit {
                visit(file as usize, at);
            }
            let line = &document.directives()[at];
            if matters(line.keyword) {
                self.take(line, file, document.rest(line));
            }
        }
    }

    fn take(&mut self, line: &Directive, file: u32, rest: &[u8]) {
        let file = &self.index.tree.files[file as usize];
        let document = &file.document;
        let word = || document.words(line).next().and_then(Result::ok).map(|word| word.value);
        let text = || word().filter(|word| !word.is_empty()).map(Cow::into_owned);
        let separators = || rest.iter().take_while(|b| b" \t\r\n=".contains(b)).count();
        match line.keyword {
            Some(Keyword::HostName) if self.host_name.is_none() => self.host_name = text(),
            Some(Keyword::Tag) if self.tag.is_none() => {
                self.tag = text().filter(|_| self.index.dialect.has(b"tag"));
            }
            Some(Keyword::User) if self.user.is_none() => self.user = text(),
            Some(Keyword::Port) if self.port.is_none() => {
                let port = word().and_then(|word| values::port(&word, self.index.facts));
                self.port = port.filter(|port| *port > 0);
            }
            Some(Keyword::ProxyJump) if self.jump.is_none() => {
                let jump =
                    Jump::parse(&rest[separators()..], false, self.index.facts, self.index.dialect);
                self.jump = jump.ok().filter(|jump| !self.has_command || *jump == Jump::Nowhere);
                self.has_command |= matches!(self.jump, Some(Jump::Through { .. }));
            }
            Some(Keyword::ProxyCommand) => self.has_command = true,
            Some(Keyword::IdentityFile) => {
                if let Some(key) = text().filter(|key| !key.eq_ignore_ascii_case(b"none"))
                    && !self.keys.contains(&key)
                {
                    self.keys.push(key);
                }
            }
            Some(Keyword::CanonicalizeHostname) => {
                let off = text().is_none_or(|word| {
                    word.eq_ignore_ascii_case(b"no") || word.eq_ignore_ascii_case(b"false")
                });
                if !off && !self.canonicalize {
                    self.canonicalize = true;
                    self.note(Origin { file: Arc::clone(&file.path), line: line.line });
                }
            }
            // All others end a segment.
            Some(Keyword::Include) => {
                self.note(Origin { file: Arc::clone(&file.path), line: line.line });
            }
            _ => {}
        }
    }

    pub(super) fn host_name(&self) -> Vec<u8> {
        match &self.host_name {
            Some(name) if self.is_final => name.clone(),
            Some(name) => expand_host(name, &self.host).unwrap_or_else(|_| name.clone()),
            None => self.host.to_vec(),
        }
    }
}

impl Subject for Query<'_, '_> {
    fn host(&self) -> Result<Cow<'_, [u8]>, String> {
        Ok(Cow::Owned(self.host_name()))
    }

    fn original_host(&self) -> &[u8] {
        &self.original_host
    }

    fn user(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.user.as_deref().unwrap_or(&self.index.local_user))
    }

    fn local_user(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.index.local_user)
    }

    fn is_final(&self) -> bool {
        self.is_final
    }

    fn tag(&self) -> Option<Cow<'_, [u8]>> {
        self.tag.as_deref().map(Cow::Borrowed)
    }

    fn command(&self) -> Option<Cow<'_, [u8]>> {
        None
    }

    fn session_type(&self) -> &'static str {
        "shell"
    }

    fn local_addresses(&self) -> Vec<IpAddr> {
        self.index.facts.addresses()
    }

    fn exec(&self, _: &[u8], needed: bool) -> Result<Option<bool>, String> {
        Ok((!needed).then_some(true))
    }
}
