//! PURE: one pass over the files for one host: which lines apply, and what they set
//! (readconf.c: read_config_file_depth).

mod complaint;
mod include;
mod view;

use std::cell::RefCell;

pub use self::complaint::{Complaint, ComplaintKind, Rejected};
use self::include::unread;
use self::view::View;
use super::criteria::{self, Refused};
use super::dialect::Status;
use super::forward::Jump;
use super::options::{Keyword, Kind};
use super::pattern::{self, Verdict};
use super::settings::{Arguments, Fault, Line, Settings, Source};
use super::tokens::{self, Tokens};
use super::tree::{Include, Refusal, Root, Target, Tree};
use super::{Dialect, Facts, Origin, Probe, words};

/// ssh stops here; why stands in the complaints.
pub(super) struct Stop;

/// The state of a run over the files.
pub(super) struct Walk<'a> {
    pub(super) tree: &'a Tree,
    pub(super) probe: Option<&'a dyn Probe>,
    pub(super) settings: Settings<'a>,
    /// What `Host` lines are compared with: the host as typed, in the second pass the final one.
    pub(super) host: Vec<u8>,
    pub(super) original_host: Vec<u8>,
    /// The command of the command line, its words joined by blanks.
    pub(super) remote_command: Vec<u8>,
    pub(super) is_final: bool,
    pub(super) wants_final: bool,
    /// Lines that only a connect can decide.
    pub(super) depends_on: Vec<Origin>,
    pub(super) complaints: Vec<Complaint>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        tree: &'a Tree,
        facts: &'a dyn Facts,
        probe: Option<&'a dyn Probe>,
        dialect: &'a Dialect,
    ) -> Self {
        Walk {
            tree,
            probe,
            settings: Settings::new(facts, dialect),
            host: Vec::new(),
            original_host: Vec::new(),
            remote_command: Vec::new(),
            is_final: false,
            wants_final: false,
            depends_on: Vec::new(),
            complaints: Vec::new(),
        }
    }

    pub(super) fn facts(&self) -> &'a dyn Facts {
        self.settings.facts
    }

    pub(super) fn dialect(&self) -> &'a Dialect {
        self.settings.dialect
    }

    pub(super) fn complain(&mut self, text: impl Into<String>) {
        self.complain_without_place(None, &text.into());
    }

    fn complain_of(&mut self, kind: &ComplaintKind, text: impl Into<String>) {
        for (at, line) in text.into().lines().enumerate() {
            let kind = if at == 0 { kind.clone() } else { ComplaintKind::Consequence };
            self.complaints.push(Complaint { origin: None, text: line.to_owned(), kind });
        }
    }

    /// Complains about what stands somewhere, where that is known, and ssh does not name the place.
    fn complain_without_place(&mut self, origin: Option<&Origin>, text: &str) {
        for (at, line) in text.lines().enumerate() {
            let kind = if at == 0 { Complaint::fault_of(line) } else { ComplaintKind::Consequence };
            self.complaints.push(Complaint {
                origin: origin.cloned(),
                text: line.to_owned(),
                kind,
            });
        }
    }

    pub(super) fn stop<T>(&mut self, text: impl Into<String>) -> Result<T, Stop> {
        self.complain(text);
        Err(Stop)
    }

    /// Stops for a value, whose line ssh does not name.
    pub(super) fn stop_for<T>(&mut self, source: &Source, text: &str) -> Result<T, Stop> {
        let origin = match source {
            Source::File(origin) => Some(origin),
            Source::Default | Source::CommandLine => None,
        };
        self.complain_without_place(origin, text);
        Err(Stop)
    }

    /// Reads all files once.
    pub(super) fn pass(&mut self) -> Result<(), Stop> {
        let tree = self.tree;
        for root in &tree.roots {
            match &root.target {
                Target::File(file) => {
                    let mut active = true;
                    self.read(*file, false, &mut active, 0)?;
                }
                Target::Refused { refusal, .. } => self.refuse_root(root, refusal)?,
            }
        }
        Ok(())
    }

    fn refuse_root(&mut self, root: &Root, refusal: &Refusal) -> Result<(), Stop> {
        if !root.required && matches!(refusal, Refusal::Missing | Refusal::Unreadable(_)) {
            return Ok(());
        }
        self.complain_of(&ComplaintKind::Unread, unread(&root.path, refusal));
        Err(Stop)
    }

    /// Reads one file; `never` is for one that is included where nothing applies.
    fn read(&mut self, at: usize, never: bool, active: &mut bool, depth: u32) -> Result<(), Stop> {
        let tree = self.tree;
        let file = tree.at(at);
        let mut bad = 0;
        let mut includes = file.includes.iter();
        for directive in 0..file.document.directives().len() {
            let place = Place { file: at, directive, never, depth };
            match self.line(&place, active, &mut includes) {
                Ok(()) => continue,
                Err(LineFault::Counted) => {
                    bad += 1;
                    continue;
                }
                Err(LineFault::Bad(text)) => self.complain_at(&place, &text),
                Err(LineFault::Follows(text)) => {
                    let text = format!("{} {text}", self.located(&place));
                    let origin = Some(self.tree.origin(place.file, place.directive));
                    let kind = ComplaintKind::Consequence;
                    self.complaints.push(Complaint { origin, text, kind });
                }
                Err(LineFault::Fatal(text)) => {
                    let text = format!("{} {text}", self.located(&place));
                    return self.stop(text);
                }
                Err(LineFault::Stop) => return Err(Stop),
            }
            bad += 1;
            if !self.dialect().reads_on_after_bad_line() {
                return Err(Stop);
            }
        }
        if bad > 0 {
            let path = file.path.display();
            let text = format!("{path}: terminating, {bad} bad configuration options");
            self.complain_of(&ComplaintKind::Consequence, text);
            return Err(Stop);
        }
        Ok(())
    }

    fn located(&self, place: &Place) -> String {
        let origin = self.tree.origin(place.file, place.directive);
        format!("{} line {}:", origin.file.display(), origin.line)
    }

    /// Notes that only a connect can decide a line, where it could apply.
    fn depend_on(&mut self, place: &Place) {
        let origin = self.tree.origin(place.file, place.directive);
        if !place.never && !self.depends_on.contains(&origin) {
            self.depends_on.push(origin);
        }
    }

    /// Complains about a line that ssh does not name in what it says.
    fn complain_bare(&mut self, place: &Place, text: &str) {
        let origin = self.tree.origin(place.file, place.directive);
        self.complain_without_place(Some(&origin), text);
    }

    fn complain_at(&mut self, place: &Place, text: &str) {
        let text = format!("{} {text}", self.located(place));
        let origin = Some(self.tree.origin(place.file, place.directive));
        self.complaints.push(Complaint { origin, text, kind: ComplaintKind::Fault });
    }

    fn line(
        &mut self,
        place: &Place,
        active: &mut bool,
        includes: &mut std::slice::Iter<'a, Include>,
    ) -> Result<(), LineFault> {
        let tree = self.tree;
        let file = tree.at(place.file);
        let document = &file.document;
        let directive = &document.directives()[place.directive];
        let include = match directive.keyword {
            Some(Keyword::Include) => includes.next(),
            _ => None,
        };
        let mut rest = document.rest(directive);
        if self.dialect().ends_line_at_hash() {
            rest = rest.split(|b| *b == b'#').next().unwrap_or_default().trim_ascii_end();
        }
        let is_argv = self.dialect().cuts_lines_as_argv();
        if rest.is_empty() && is_argv {
            let keyword = String::from_utf8_lossy(&document.keyword(directive)).to_lowercase();
            return Err(LineFault::Bad(format!("no argument after keyword \"{keyword}\"")));
        }
        if !*active && is_plainly_valid(directive.keyword, rest, self.dialect()) {
            return Ok(());
        }
        let written = || document.keyword(directive).to_ascii_lowercase();
        let keyword = directive.keyword.and_then(|found| match self.dialect().status(found) {
            Status::Known => Some(found),
            _ => self.dialect().keyword(found, &written()),
        });
        let known = keyword.is_some() || {
            let written = written();
            self.is_ignored(&written) || {
                let origin = tree.origin(place.file, place.directive);
                let written = String::from_utf8_lossy(&written).into_owned();
                let text = format!(
                    "{}: line {}: Bad configuration option: {written}",
                    origin.file.display(),
                    origin.line
                );
                let kind = ComplaintKind::UnknownKeyword(written);
                self.complaints.push(Complaint { origin: Some(origin), text, kind });
                false
            }
        };
        let quoted = memchr::memchr2(b'"', b'\'', rest).is_some();
        if is_argv && quoted && words::split(rest).any(|word| word.is_err()) {
            return Err(LineFault::Bad("invalid quotes".to_owned()));
        }
        let Some(keyword) = keyword else {
            return if known { Ok(()) } else { Err(LineFault::Counted) };
        };
        match keyword {
            Keyword::Host => self.host_line(rest, place, active),
            Keyword::Match => self.match_line(rest, place, active),
            Keyword::Include => self.include_line(rest, place, active, include),
            _ => {
                if keyword.kind() == Kind::Unsupported {
                    let written = String::from_utf8_lossy(&written()).into_owned();
                    self.complain_at(place, &format!("Unsupported option \"{written}\""));
                }
                let written = document.keyword(directive);
                let line = Line {
                    source: &|| Source::File(tree.origin(place.file, place.directive)),
                    user: file.user,
                    active: *active,
                    written: &written,
                };
                let applied = self.settings.apply(keyword, rest, &line);
                let said = std::mem::take(&mut self.settings.said);
                for said in &said {
                    self.complain_bare(place, said);
                }
                applied.map_err(|fault| match fault {
                    Fault::Bad(text) if !said.is_empty() => LineFault::Follows(text),
                    Fault::Bad(text) => LineFault::Bad(text),
                    Fault::Fatal(text) => LineFault::Fatal(text),
                })
            }
        }
    }

    fn is_ignored(&self, keyword: &[u8]) -> bool {
        let list = self.settings.get(Keyword::IgnoreUnknown);
        list.is_some_and(|list| pattern::matches_list(keyword, list, true) == Verdict::Yes)
    }

    fn host_line(
        &mut self,
        rest: &[u8],
        place: &Place,
        active: &mut bool,
    ) -> Result<(), LineFault> {
        *active = false;
        let mut arguments = Arguments::of(rest, self.dialect());
        while let Some(word) = arguments.next() {
            if word.is_empty() {
                return Err(LineFault::Bad("keyword host empty argument".to_owned()));
            }
            if place.never {
                break;
            }
            match word.strip_prefix(b"!") {
                Some(negated) if pattern::matches(&self.host, negated) => {
                    *active = false;
                    break;
                }
                Some(_) => {}
                None => *active |= pattern::matches(&self.host, &word),
            }
        }
        Ok(())
    }

    fn match_line(
        &mut self,
        rest: &[u8],
        place: &Place,
        active: &mut bool,
    ) -> Result<(), LineFault> {
        let view = View { walk: self, not_run: RefCell::default() };
        let judged = criteria::judge(rest, &view, self.dialect());
        for why in view.not_run.into_inner() {
            self.complain_at(place, &why);
        }
        let outcome = match judged {
            Ok(outcome) => outcome,
            Err(Refused::Fatal(text)) => {
                self.complain_bare(place, &text);
                return Err(LineFault::Stop);
            }
            Err(Refused::Condition { text, located }) => {
                if located {
                    self.complain_at(place, &text);
                } else {
                    self.complain_bare(place, &text);
                }
                return Err(LineFault::Follows("Bad Match condition".to_owned()));
            }
            Err(Refused::Attribute(name)) => {
                let kind = ComplaintKind::UnknownAttribute(name.to_lowercase());
                let origin = Some(self.tree.origin(place.file, place.directive));
                let text = format!("Unsupported Match attribute {name}");
                self.complaints.push(Complaint { origin, text, kind });
                return Err(LineFault::Follows("Bad Match condition".to_owned()));
            }
        };
        self.wants_final |= outcome.wants_final && !self.is_final;
        if outcome.undecided {
            self.depend_on(place);
        }
        *active = !place.never && outcome.applies;
        if outcome.leftover {
            return Err(LineFault::Bad("keyword match extra arguments at end of line".to_owned()));
        }
        Ok(())
    }

    /// The host that a `Match` line sees, and `%h` in it.
    fn match_host(&self) -> Result<Vec<u8>, String> {
        match self.settings.get(Keyword::HostName) {
            Some(name) if self.is_final => Ok(name.to_vec()),
            Some(name) => expand_host(name, &self.host),
            None => Ok(self.host.clone()),
        }
    }

    fn match_user(&self) -> Vec<u8> {
        self.settings.get(Keyword::User).map_or_else(|| self.facts().user(), <[u8]>::to_vec)
    }

    pub(super) fn port(&self) -> u16 {
        let port = self.settings.get(Keyword::Port).map(String::from_utf8_lossy);
        port.and_then(|port| port.parse().ok())
            .or_else(|| self.facts().service(b"ssh"))
            .unwrap_or(22)
    }

    /// The host of the last hop; nothing where there is none.
    fn jump_host(&self) -> Vec<u8> {
        match &self.settings.jump {
            Some((Jump::Through { last, .. }, _)) => last.host.clone(),
            _ => Vec::new(),
        }
    }

    /// What the tokens stand for; `key_alias` is `%k` where no `HostKeyAlias` is set.
    pub(super) fn tokens(&self, host: Vec<u8>, user: Vec<u8>, key_alias: &[u8]) -> Tokens {
        let facts = self.facts();
        Tokens {
            typed: self.original_host.clone(),
            host,
            port: self.port(),
            user,
            key_alias: self.settings.get(Keyword::HostKeyAlias).unwrap_or(key_alias).to_vec(),
            local_user: facts.user(),
            uid: facts.uid(),
            home: facts.home(),
            local_host: facts.hostname(),
            jump_host: self.dialect().has_jump_token().then(|| self.jump_host()),
            tilde: self.dialect().tilde(),
        }
    }
}

/// Whether a line that does not apply is certainly one that ssh accepts: most lines of a large
/// config are, and nothing else needs to be known of them.
fn is_plainly_valid(keyword: Option<Keyword>, rest: &[u8], dialect: &Dialect) -> bool {
    let takes_any_word = keyword.is_some_and(|keyword| {
        matches!(keyword.kind(), Kind::Text | Kind::KeyFile)
            && dialect.status(keyword) == Status::Known
    });
    takes_any_word && !rest.iter().any(|b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'#'))
}

/// Expands `%h` and `%%`, all that a `HostName` may hold.
pub(super) fn expand_host(name: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    let token = |letter: u8| (letter == b'h').then(|| host.to_vec());
    tokens::expand(name, Some(&token), None).map_err(|error| error.said_by("percent_expand"))
}

struct Place {
    file: usize,
    directive: usize,
    never: bool,
    depth: u32,
}

enum LineFault {
    /// Said with file and line before it.
    Bad(String),
    /// Said with file and line, of a line whose fault is said already.
    Follows(String),
    /// Said already.
    Counted,
    /// Said with file and line, and ssh stops.
    Fatal(String),
    /// Said already, and ssh stops.
    Stop,
}
