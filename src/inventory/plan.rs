//! PURE: what an import does with each session: a row for each, and what is asked of its profile.

use std::collections::{HashMap, HashSet};

use sshp_import::{Entry, Jump, LeftBehind, Listing, Session, Skipped};

use super::names;
use crate::profile::metadata::Imported;
use crate::profile::{Alias, Profile, target};

/// What comes from outside for every profile.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// What names the source: `putty`.
    pub source: String,
    /// The login name where a session has none.
    pub user: Option<String>,
    /// The profile or server on the way where a session has none.
    pub jump: Option<String>,
    /// Tags for all of them.
    pub tags: Vec<String>,
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
    /// A profile of an earlier import is as its source says, or as the user edited it: which fields.
    Unchanged(Alias, Vec<&'static str>),
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
    /// Tags.
    pub tags: Vec<String>,
    /// The note.
    pub note: Option<String>,
    /// What the source says, to compare the next import with.
    pub imported: Imported,
}

/// Plans what comes of the sessions of a listing. `profiles` are all that there are; `reserved` are the
/// words that no profile may be called.
#[must_use]
pub fn plan(
    listing: &Listing,
    profiles: &[Profile],
    reserved: &[&str],
    choices: &Choices,
) -> Vec<Row> {
    let source = |entry: &Entry| format!("{}:{}", choices.source, entry.id);
    let mut known: HashMap<&str, &Profile> = HashMap::new();
    for profile in profiles {
        if let Some(source) = &profile.metadata.source {
            known.insert(source, profile);
        }
    }
    let aliases =
        new_names(listing, profiles, reserved, |entry| known.contains_key(&*source(entry)));
    // Under which names the sessions of this input are, for those that go through one of them.
    let mut by_id: HashMap<&str, &Alias> = HashMap::new();
    for (entry, new) in listing.entries.iter().zip(&aliases) {
        let earlier = known.get(&*source(entry)).map(|profile| &profile.alias);
        if let Some(alias) = earlier.or(new.as_ref()) {
            by_id.insert(&entry.name, alias);
            by_id.insert(&entry.id, alias);
        }
    }
    let rows = listing.entries.iter().zip(&aliases).map(|(entry, new)| {
        let source = source(entry);
        let mut row = Row {
            name: entry.name.clone(),
            source: source.clone(),
            outcome: Outcome::Skipped(String::new()),
            left_behind: Vec::new(),
        };
        let session = match &entry.content {
            Ok(session) => session,
            Err(why) => return Row { outcome: Outcome::Skipped(skipped(why)), ..row },
        };
        let mut wanted = wanted(entry, session, choices);
        row.left_behind.clone_from(&session.left_behind);
        if !session.host_keys.is_empty() {
            row.left_behind.push(LeftBehind::HostKeys);
        }
        wanted.jump = jump(session, &by_id, &mut row.left_behind).or_else(|| choices.jump.clone());
        wanted.imported.jump.clone_from(&wanted.jump);
        row.outcome = match (known.get(&*source), new) {
            (Some(profile), _) => update(profile, &wanted.imported),
            (None, Some(alias)) => Outcome::New(alias.clone(), Box::new(wanted)),
            (None, None) => Outcome::Skipped("its name is taken, or makes no name".to_owned()),
        };
        row
    });
    rows.collect()
}

/// The name of each new profile. Where two would be the same, each has its folders in front; where that
/// is not enough, none gets one. A name never depends on the order of the input.
fn new_names(
    listing: &Listing,
    profiles: &[Profile],
    reserved: &[&str],
    is_known: impl Fn(&Entry) -> bool,
) -> Vec<Option<Alias>> {
    let taken: HashSet<&str> = profiles.iter().map(|profile| profile.alias.as_str()).collect();
    let is_new = |entry: &Entry| entry.content.is_ok() && !is_known(entry);
    let short = |entry: &Entry| names::alias(&entry.name, reserved);
    let long = |entry: &Entry| {
        let path: Vec<&str> =
            entry.folders.iter().chain([&entry.name]).map(String::as_str).collect();
        names::alias(&path.join("-"), reserved)
    };
    let free = |aliases: Vec<Option<Alias>>| -> Vec<Option<Alias>> {
        let mut counts: HashMap<Alias, usize> = HashMap::new();
        for alias in aliases.iter().flatten() {
            *counts.entry(alias.clone()).or_default() += 1;
        }
        let is_free = |alias: &Alias| counts[alias] == 1 && !taken.contains(alias.as_str());
        aliases.into_iter().map(|alias| alias.filter(is_free)).collect()
    };
    let entries = || listing.entries.iter();
    let first = free(entries().map(|entry| short(entry).filter(|_| is_new(entry))).collect());
    let second = entries().zip(&first).map(|(entry, short)| match short {
        Some(alias) => Some(alias.clone()),
        None => long(entry).filter(|_| is_new(entry)),
    });
    free(second.collect())
}

fn skipped(why: &Skipped) -> String {
    match why {
        Skipped::Encoding => {
            "its text is not in the encoding that was taken; `--encoding` names another".to_owned()
        }
        why => why.to_string(),
    }
}

fn wanted(entry: &Entry, session: &Session, choices: &Choices) -> Wanted {
    let user = session.user.clone().or_else(|| choices.user.clone());
    let mut tags: Vec<String> = Vec::new();
    let folders = entry.folders.iter().chain(&session.tags).filter_map(|label| names::tag(label));
    for tag in folders.chain(choices.tags.iter().cloned()) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let options =
        session.options.iter().map(|(keyword, value)| format!("{}={value}", keyword.title()));
    Wanted {
        host: Some(session.host.clone()),
        port: session.port.map(|port| port.to_string()),
        user: user.clone(),
        jump: None,
        key: session.key.clone(),
        options: options.collect(),
        tags,
        note: session.note.clone(),
        imported: Imported { host: session.host.clone(), port: session.port, user, jump: None },
    }
}

/// The servers on the way as ProxyJump has them. A session is named by its profile; one that is not here
/// stays behind.
fn jump(
    session: &Session,
    by_id: &HashMap<&str, &Alias>,
    left_behind: &mut Vec<LeftBehind>,
) -> Option<String> {
    let mut hops = Vec::new();
    for jump in &session.jumps {
        match jump {
            Jump::Session(name) => {
                let Some(alias) = by_id.get(name.as_str()) else {
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

/// What changes of a profile that came from here before: a field changes where the source says another
/// thing than it did, unless the user has edited it since.
fn update(profile: &Profile, now: &Imported) -> Outcome {
    let before = profile.metadata.imported.clone().unwrap_or_default();
    let mut change = Wanted { imported: now.clone(), ..Wanted::default() };
    let mut kept = Vec::new();
    let port = |port: Option<u16>| port.unwrap_or(22);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut field = |name, differs: bool, is_edited: bool, set: &mut dyn FnMut(&mut Wanted)| match (
        differs, is_edited,
    ) {
        (true, false) => set(&mut change),
        (_, true) => kept.push(name),
        (false, false) => {}
    };
    field("host", now.host != before.host, profile.host != before.host, &mut |change| {
        change.host = Some(now.host.clone());
    });
    field("port", now.port != before.port, profile.port != port(before.port), &mut |change| {
        change.port = Some(now.port.map(|port| port.to_string()).unwrap_or_default());
    });
    // A source that names no user does not decide the login name.
    let edits_user = before.user.as_ref().is_some_and(|user| *user != profile.user);
    field("user", now.user != before.user, edits_user, &mut |change| {
        change.user = Some(text(&now.user));
    });
    field("jump", now.jump != before.jump, profile.jump != before.jump, &mut |change| {
        change.jump = Some(text(&now.jump));
    });
    let alias = profile.alias.clone();
    let is_same = *now == before || change == Wanted { imported: now.clone(), ..Wanted::default() };
    if is_same {
        Outcome::Unchanged(alias, kept)
    } else {
        Outcome::Changed(alias, Box::new(change), kept)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::profile::Metadata;
    use crate::profile::tests::profile;

    fn entry(id: &str, host: &str) -> Entry {
        let (folders, name) = id.rsplit_once('/').unwrap_or(("", id));
        let folders = folders.split('/').filter(|part| !part.is_empty()).map(Into::into).collect();
        let session = Session { host: host.into(), ..Session::default() };
        Entry { id: id.into(), name: name.into(), folders, content: Ok(session) }
    }

    fn rows(entries: &[Entry], profiles: &[Profile]) -> Vec<Row> {
        let listing = Listing { entries: entries.to_vec(), ..Listing::default() };
        let choices = Choices { source: "putty".into(), ..Choices::default() };
        plan(&listing, profiles, &["add"], &choices)
    }

    fn names_of(rows: &[Row]) -> Vec<String> {
        let name = |row: &Row| match &row.outcome {
            Outcome::New(alias, _) => alias.to_string(),
            Outcome::Changed(alias, ..) => format!("~{alias}"),
            Outcome::Unchanged(alias, _) => format!("={alias}"),
            Outcome::Skipped(_) => "-".to_owned(),
        };
        rows.iter().map(name).collect()
    }

    /// A profile of an earlier import.
    fn imported(alias: &str, id: &str, host: &str) -> Profile {
        let imported = Imported { host: host.into(), ..Imported::default() };
        let metadata = Metadata {
            source: Some(format!("putty:{id}")),
            imported: Some(imported),
            ..Metadata::default()
        };
        Profile { host: host.into(), metadata: Arc::new(metadata), ..profile(alias) }
    }

    #[test]
    fn equal_names_get_their_folders_and_never_a_counter() {
        let entries = [entry("prod/web", "a"), entry("test/web", "b"), entry("db", "c")];
        assert_eq!(names_of(&rows(&entries, &[])), ["prod-web", "test-web", "db"]);
        let shuffled = [entry("db", "c"), entry("test/web", "b"), entry("prod/web", "a")];
        assert_eq!(names_of(&rows(&shuffled, &[])), ["db", "test-web", "prod-web"]);
        // The name of a profile that was there before is not taken from it.
        assert_eq!(names_of(&rows(&[entry("db", "c")], &[profile("db")])), ["-"]);
        assert_eq!(names_of(&rows(&[entry("x/db", "c")], &[profile("db")])), ["x-db"]);
        assert_eq!(names_of(&rows(&[entry("add", "c")], &[])), ["-"]);
    }

    #[test]
    fn a_second_import_of_the_same_changes_nothing() {
        let there = [imported("mine", "db", "c")];
        assert_eq!(names_of(&rows(&[entry("db", "c")], &there)), ["=mine"]);
        let rows = rows(&[entry("db", "d")], &there);
        let Outcome::Changed(_, change, kept) = &rows[0].outcome else { panic!("{rows:?}") };
        assert_eq!((change.host.as_deref(), change.port.as_deref()), (Some("d"), None));
        assert!(kept.is_empty());
    }

    #[test]
    fn what_the_user_edited_stays() {
        let mut edited = imported("db", "db", "c");
        edited.host = "mine".into();
        let rows = rows(&[entry("db", "d")], &[edited]);
        assert_eq!(rows[0].outcome, Outcome::Unchanged(Alias::existing("db"), vec!["host"]));
    }

    #[test]
    fn a_jump_is_the_profile_of_its_session_whatever_that_is_called() {
        let mut web = entry("web", "a");
        let jumps = vec![Jump::Session("prod/gate way".into())];
        web.content = Ok(Session { jumps, ..web.content.unwrap() });
        let gate = entry("prod/gate way", "g");
        let of = |row: &Row| match &row.outcome {
            Outcome::New(_, wanted) => wanted.jump.clone(),
            _ => None,
        };
        let both = rows(&[web.clone(), gate], &[]);
        assert_eq!(of(&both[0]).as_deref(), Some("gate-way"));
        let there = [imported("old-gate", "prod/gate way", "g")];
        assert_eq!(
            of(&rows(&[web.clone(), entry("prod/gate way", "g")], &there)[0]).as_deref(),
            Some("old-gate")
        );
        let alone = rows(&[web], &[]);
        assert_eq!(of(&alone[0]), None);
        assert_eq!(alone[0].left_behind, [LeftBehind::Jump("prod/gate way".into())]);
    }
}
