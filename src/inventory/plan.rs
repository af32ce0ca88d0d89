//! PURE: what an import does with each session or server: a row for each, and what is asked of its profile.

use std::collections::{HashMap, HashSet};

use sshp_import::{AddressKind, Entry, Extent, Jump, LeftBehind, Listing, Session, Skipped};

use super::address::{AddressChoice, Network, choose};
use super::names::{self, NameTemplate};
use super::update::{Update, update};
use crate::profile::metadata::Imported;
use crate::profile::{Alias, Profile, target};

/// What comes from outside for every profile.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// What names the source: `putty`, `aliyun/prod`.
    pub source: String,
    /// The login name where a session has none; for a server of a cloud always.
    pub user: Option<String>,
    /// The profile or server on the way where a session has none; for a server of a cloud where it is
    /// reached by a private address.
    pub jump: Option<String>,
    /// Whether `jump` is for every server of a cloud.
    pub jump_for_all: bool,
    /// Tags for all of them.
    pub tags: Vec<String>,
    /// The keys of labels whose value alone is the tag.
    pub tag_keys: Vec<String>,
    /// How a profile is named.
    pub name: NameTemplate,
    /// By which address a server of a cloud is reached; `None` where nothing was chosen.
    pub address: Option<AddressChoice>,
    /// Networks whose addresses come first.
    pub prefer: Vec<Network>,
    /// Whether the host key of a server is remembered by its id, not by its address.
    pub host_key_alias: bool,
    /// Whether commands that a session runs come along.
    pub with_commands: bool,
    /// Whether the list is known to have all servers of its source, of whatever account and region, though
    /// nothing in it says so.
    pub is_complete: bool,
}

/// What there is before an import.
pub struct Before<'a> {
    /// All profiles.
    pub profiles: &'a [Profile],
    /// The words that no profile may be called.
    pub reserved: &'a [&'a str],
    /// The effective HostKeyAlias of a profile.
    pub host_key_alias: &'a dyn Fn(&Alias) -> Option<String>,
}

/// What happens with one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The profile; the session's own name where there is none.
    pub name: String,
    /// `source:id`
    pub source: String,
    /// What happens.
    pub outcome: Outcome,
    /// The name that the source has for it now, where it had another.
    pub renamed: Option<String>,
    /// What does not come along.
    pub left_behind: Vec<LeftBehind>,
}

/// What happens with a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A new profile.
    New(Alias, Box<Wanted>),
    /// A profile of an earlier import gets what its source says now; the second are the fields that keep
    /// what the user wrote.
    Changed(Alias, Box<Wanted>, Vec<&'static str>),
    /// A profile that the user made for the same server; it is remembered where it is in the source.
    Linked(Alias, Box<Wanted>),
    /// A profile of an earlier import is as its source says, or as the user edited it: which fields.
    Unchanged(Alias, Vec<&'static str>),
    /// A profile of an earlier import that its source no longer has.
    Stale(Alias),
    /// Nothing comes of it: why.
    Skipped(String),
}

/// What is asked of a profile. In [`Outcome::Changed`] a field that is `None` stays as it is, and an
/// empty one goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// HostName
    pub host: Option<String>,
    /// Port, in decimal.
    pub port: Option<String>,
    /// User
    pub user: Option<String>,
    /// ProxyJump
    pub jump: Option<String>,
    /// The file of a private key, as the session names it.
    pub key: Option<String>,
    /// More options, `KEYWORD=VALUE`.
    pub options: Vec<String>,
    /// Tags of the user's.
    pub tags: Vec<String>,
    /// Tags of the source's: folders, labels.
    pub source_tags: Vec<String>,
    /// The note.
    pub note: Option<String>,
    /// What the source says, to compare the next import with.
    pub imported: Imported,
}

/// Plans what comes of the sessions of a listing, a row for each, and of the profiles that its source no
/// longer has.
#[must_use]
pub fn plan(listing: &Listing, before: &Before<'_>, choices: &Choices) -> Vec<Row> {
    let plan = Plan::new(listing, before, choices);
    let mut rows: Vec<Row> = listing
        .entries
        .iter()
        .zip(&plan.cases)
        .map(|(entry, case)| plan.row(entry, case))
        .collect();
    rows.extend(plan.stale());
    rows
}

/// What an entry of the listing is, compared with what there is.
enum Case<'a> {
    /// A profile of an earlier import.
    Known(&'a Profile),
    /// A profile of the user's own for the same server.
    Own(&'a Profile),
    /// A profile of another source for the same server.
    Elsewhere(&'a Profile),
    /// Something new, with the name that it gets; `None` where none is free.
    New(Option<Alias>),
    /// Nothing comes of it.
    Nothing,
}

struct Plan<'a> {
    listing: &'a Listing,
    before: &'a Before<'a>,
    choices: &'a Choices,
    /// The profiles of earlier imports from this source, by their ids there.
    known: HashMap<&'a str, &'a Profile>,
    /// The profiles of other sources, by the names of the host keys of their servers.
    elsewhere: HashMap<&'a str, &'a Profile>,
    cases: Vec<Case<'a>>,
    /// Under which names the sessions of this input are, for those that go through one of them.
    by_id: HashMap<&'a str, Alias>,
}

impl<'a> Plan<'a> {
    fn new(listing: &'a Listing, before: &'a Before<'a>, choices: &'a Choices) -> Self {
        let (mut known, mut elsewhere) = (HashMap::new(), HashMap::new());
        for profile in before.profiles {
            let Some((source, id)) = profile.metadata.source_and_id() else { continue };
            let imported = profile.metadata.imported.as_ref();
            if source == choices.source {
                known.insert(id, profile);
            } else if let Some(name) = imported.and_then(|it| it.host_key_alias.as_deref()) {
                elsewhere.insert(name, profile);
            }
        }
        let (cases, by_id) = (Vec::new(), HashMap::new());
        let mut plan = Plan { listing, before, choices, known, elsewhere, cases, by_id };
        plan.cases =
            plan.own().zip(&listing.entries).map(|(own, entry)| plan.case(entry, own)).collect();
        plan.name();
        for (entry, case) in listing.entries.iter().zip(&plan.cases) {
            let alias = match case {
                Case::Known(profile) | Case::Own(profile) | Case::Elsewhere(profile) => {
                    &profile.alias
                }
                Case::New(Some(alias)) => alias,
                Case::New(None) | Case::Nothing => continue,
            };
            plan.by_id.insert(&entry.name, alias.clone());
            plan.by_id.insert(&entry.id, alias.clone());
        }
        plan
    }

    /// For each entry the profile of the user's own that is for the same server, where there is one and
    /// it is for no other entry.
    fn own(&self) -> impl Iterator<Item = Option<&'a Profile>> + use<'a> {
        let mut by_place: HashMap<(&str, u16), Vec<&'a Profile>> = HashMap::new();
        for profile in self.before.profiles {
            if profile.metadata.source.is_none() {
                by_place.entry((&profile.host, profile.port)).or_default().push(profile);
            }
        }
        let of = |entry: &'a Entry| {
            let session = entry.content.as_ref().ok()?;
            let host = self.host(entry, session).ok()?;
            let at = by_place.get(&(host, session.port.unwrap_or(22)))?;
            // Two servers behind two jump hosts may have the same address.
            let is_direct = session.jumps.is_empty();
            at.iter().copied().find(|profile| {
                session.user.as_ref().is_none_or(|user| *user == profile.user)
                    && (!is_direct || session.instance.is_some() || profile.jump.is_none())
                    && (is_direct || profile.jump.is_some())
            })
        };
        let found: Vec<Option<&Profile>> = self.listing.entries.iter().map(of).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for profile in found.iter().flatten() {
            *counts.entry(profile.alias.as_str()).or_default() += 1;
        }
        found.into_iter().map(move |own| own.filter(|own| counts[own.alias.as_str()] == 1))
    }

    /// The profile of another source for the same server.
    fn elsewhere(&self, session: &Session) -> Option<&'a Profile> {
        let name = session.instance.as_ref()?.host_key_alias.as_deref()?;
        self.elsewhere.get(name).copied()
    }

    fn case(&self, entry: &'a Entry, own: Option<&'a Profile>) -> Case<'a> {
        if let Some(profile) = self.known.get(&*entry.id) {
            return Case::Known(profile);
        }
        let Ok(session) = &entry.content else { return Case::Nothing };
        if let Some(profile) = self.elsewhere(session) {
            return Case::Elsewhere(profile);
        }
        match (own, self.host(entry, session)) {
            (Some(own), _) => Case::Own(own),
            (None, Ok(_)) => Case::New(None),
            (None, Err(_)) => Case::Nothing,
        }
    }

    /// Gives each new profile its name.
    fn name(&mut self) {
        let reserved = self.before.reserved;
        let taken: HashSet<Alias> =
            self.before.profiles.iter().map(|profile| profile.alias.clone()).collect();
        let entries = || self.listing.entries.iter();
        // The names that each new one can have, the shortest first.
        let wished: Vec<Vec<Alias>> = entries()
            .zip(&self.cases)
            .map(|(entry, case)| {
                let (Case::New(_), Ok(session)) = (case, &entry.content) else { return Vec::new() };
                let host = self.host(entry, session).unwrap_or_default();
                let short = self.choices.name.name(entry, host, reserved);
                let longer = short.iter().flat_map(|short| names::longer(entry, short, reserved));
                short.iter().cloned().chain(longer).collect()
            })
            .collect();
        for (case, alias) in self.cases.iter_mut().zip(names::give(&wished, taken)) {
            if let Case::New(name) = case {
                *name = alias;
            }
        }
    }

    /// Where a session goes to, or why no address of the server is taken.
    fn host<'s>(&self, entry: &Entry, session: &'s Session) -> Result<&'s str, &'static str> {
        let Some(instance) = &session.instance else { return Ok(&session.host) };
        let choice = self.choices.address.unwrap_or_default();
        // What was chosen before stays, as long as the server has it.
        let before =
            self.known.get(&*entry.id).and_then(|profile| profile.metadata.imported.as_ref());
        let is_chosen = self.choices.address.is_some() || !self.choices.prefer.is_empty();
        let stays = before.filter(|_| !is_chosen).and_then(|before| {
            instance.addresses.iter().find(|address| address.value == before.host)
        });
        let address = stays.or_else(|| choose(instance, choice, &self.choices.prefer));
        address.map(|address| address.value.as_str()).ok_or_else(|| choice.lacking())
    }

    fn row(&self, entry: &Entry, case: &Case<'_>) -> Row {
        let mut row = Row {
            name: entry.name.clone(),
            source: format!("{}:{}", self.choices.source, entry.id),
            outcome: Outcome::Skipped(String::new()),
            renamed: None,
            left_behind: Vec::new(),
        };
        let found = match &entry.content {
            Ok(session) => {
                self.host(entry, session).map(|host| (session, host)).map_err(Into::into)
            }
            Err(why) => Err(skipped(why)),
        };
        let (session, host) = match found {
            Ok(found) => found,
            Err(why) => {
                let has_no_address = matches!(entry.content, Ok(_) | Err(Skipped::NoHost));
                row.outcome = match case {
                    // A server that is stopped has no address, and is still there.
                    Case::Known(profile) if has_no_address => still_there(profile),
                    _ => Outcome::Skipped(why),
                };
                return row;
            }
        };
        row.left_behind.clone_from(&session.left_behind);
        if !session.host_keys.is_empty() {
            row.left_behind.push(LeftBehind::HostKeys);
        }
        let wanted = self.wanted(entry, session, host, &mut row.left_behind);
        row.outcome = match case {
            Case::Known(profile) => {
                let alias = profile.alias.clone();
                let own = || (self.before.host_key_alias)(&alias);
                let change = update(profile, &wanted.imported, &wanted.source_tags, own);
                let Update { wanted, kept, renamed, is_nothing } = change;
                row.renamed = renamed;
                if is_nothing {
                    Outcome::Unchanged(alias, kept)
                } else {
                    Outcome::Changed(alias, Box::new(wanted), kept)
                }
            }
            Case::Own(profile) => {
                let imported = Imported { host_key_alias: None, ..wanted.imported };
                let source_tags = wanted.source_tags;
                let link = Wanted { source_tags, imported, ..Wanted::default() };
                Outcome::Linked(profile.alias.clone(), Box::new(link))
            }
            Case::New(Some(alias)) => {
                Outcome::New(alias.clone(), Box::new(without_itself(wanted, alias)))
            }
            Case::Elsewhere(profile) => {
                let source = profile.metadata.source_and_id().map_or("", |(source, _)| source);
                Outcome::Skipped(format!("is `{}` already, of {source}", profile.alias))
            }
            Case::New(None) | Case::Nothing => {
                Outcome::Skipped("its name is taken, or makes no name".to_owned())
            }
        };
        row
    }

    fn wanted(
        &self,
        entry: &Entry,
        session: &Session,
        host: &str,
        left_behind: &mut Vec<LeftBehind>,
    ) -> Wanted {
        let choices = self.choices;
        let instance = session.instance.as_deref();
        let own_user = session.user.clone();
        let user = match instance {
            Some(instance) => {
                choices.user.clone().or(own_user).or_else(|| instance.usual_user.clone())
            }
            None => own_user.or_else(|| choices.user.clone()),
        };
        let commands: &[_] = if choices.with_commands { &session.commands } else { &[] };
        if commands.len() < session.commands.len() {
            left_behind.push(LeftBehind::Command);
        }
        let options = session.options.iter().chain(commands);
        let options = options.map(|(keyword, value)| format!("{}={value}", keyword.title()));
        let mut options: Vec<String> = options.collect();
        let host_key_alias = instance
            .filter(|_| choices.host_key_alias)
            .and_then(|instance| instance.host_key_alias.clone());
        options.extend(host_key_alias.iter().map(|alias| format!("HostKeyAlias={alias}")));
        let jump = self.jump(session, left_behind);
        let is_private = instance.is_some_and(|instance| {
            let mut addresses = instance.addresses.iter();
            addresses.any(|one| one.value == host && one.kind == AddressKind::Private)
        });
        let by_choice = instance.is_none() || is_private || choices.jump_for_all;
        let imported = Imported {
            host: host.to_owned(),
            port: session.port,
            user: session.user.clone(),
            jump: jump.clone(),
            host_key_alias,
            name: Some(entry.name.clone()).filter(|_| instance.is_some()),
            scope: instance.and_then(|instance| instance.scope.clone()),
        };
        Wanted {
            host: Some(host.to_owned()),
            port: session.port.map(|port| port.to_string()),
            user,
            jump: jump.or_else(|| choices.jump.clone().filter(|_| by_choice)),
            key: session.key.clone(),
            options,
            tags: choices.tags.clone(),
            source_tags: self.source_tags(entry, session),
            note: session.note.clone(),
            imported,
        }
    }

    /// The folders and labels of an entry as tags, each once.
    fn source_tags(&self, entry: &Entry, session: &Session) -> Vec<String> {
        let labels = session.instance.iter().flat_map(|instance| &instance.labels);
        let labels = labels.map(|(key, value)| match value.as_str() {
            "" => key.clone(),
            value if self.choices.tag_keys.contains(key) => value.to_owned(),
            value => format!("{key}:{value}"),
        });
        let words = entry.folders.iter().chain(&session.tags).cloned().chain(labels);
        let mut tags: Vec<String> = Vec::new();
        for tag in words.filter_map(|word| names::tag(&word)) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    /// The servers on the way as ProxyJump has them. A session is named by its profile; one that is not
    /// here stays behind.
    fn jump(&self, session: &Session, left_behind: &mut Vec<LeftBehind>) -> Option<String> {
        let mut hops = Vec::new();
        for jump in &session.jumps {
            match jump {
                Jump::Session(name) => {
                    let Some(alias) = self.by_id.get(name.as_str()) else {
                        left_behind.push(LeftBehind::Jump(name.clone()));
                        return None;
                    };
                    hops.push(alias.as_str().to_owned());
                }
                Jump::Server { host, port, user, key } => {
                    if let Some(key) = key {
                        left_behind.push(LeftBehind::Key(key.clone()));
                    }
                    let port = port.unwrap_or(22);
                    let with_user = target(user.as_deref().unwrap_or_default(), host, port);
                    hops.push(with_user.trim_start_matches('@').to_owned());
                }
            }
        }
        (!hops.is_empty()).then(|| hops.join(","))
    }

    /// The profiles that the source no longer has: those of a whole list, in an account and region that
    /// occurs in it.
    fn stale(&self) -> Vec<Row> {
        let is_complete = self.listing.extent == Extent::Complete || self.choices.is_complete;
        let entries = self.listing.entries.iter();
        let there: HashSet<&str> = entries
            .filter(|entry| !matches!(entry.content, Err(Skipped::Gone(_))))
            .map(|entry| entry.id.as_str())
            .collect();
        let is_listed = |profile: &Profile| {
            let scope = profile.metadata.imported.as_ref().and_then(|it| it.scope.as_ref());
            self.choices.is_complete
                || scope.is_none_or(|scope| self.listing.scopes.contains(scope))
        };
        let is_stale = |(id, profile): &(&&str, &&Profile)| {
            !there.contains(**id) && profile.metadata.stale.is_none() && is_listed(profile)
        };
        if !is_complete {
            return Vec::new();
        }
        let mut stale: Vec<_> =
            self.known.iter().filter(is_stale).map(|(_, profile)| *profile).collect();
        stale.sort_by(|a, b| a.alias.cmp(&b.alias));
        let row = |profile: &Profile| Row {
            name: profile.alias.to_string(),
            source: profile.metadata.source.clone().unwrap_or_default(),
            outcome: Outcome::Stale(profile.alias.clone()),
            renamed: None,
            left_behind: Vec::new(),
        };
        stale.into_iter().map(row).collect()
    }
}

/// The jump host of an import may be one of its servers, and is not reached through itself.
fn without_itself(wanted: Wanted, alias: &Alias) -> Wanted {
    let is_itself = |hop: &str| hop.rsplit('@').next() == Some(alias.as_str());
    let jump = wanted.jump.filter(|jump| !jump.split(',').any(is_itself));
    Wanted { jump, ..wanted }
}

/// What becomes of a profile whose server is there, and without an address.
fn still_there(profile: &Profile) -> Outcome {
    let (alias, metadata) = (profile.alias.clone(), &profile.metadata);
    if metadata.stale.is_none() {
        return Outcome::Unchanged(alias, Vec::new());
    }
    let wanted = Wanted {
        source_tags: metadata.source_tags.clone(),
        imported: metadata.imported.clone().unwrap_or_default(),
        ..Wanted::default()
    };
    Outcome::Changed(alias, Box::new(wanted), Vec::new())
}

fn skipped(why: &Skipped) -> String {
    match why {
        Skipped::Encoding => {
            "its text is not in the encoding that was taken; `--encoding` names another".to_owned()
        }
        why => why.to_string(),
    }
}

#[cfg(test)]
mod tests;
