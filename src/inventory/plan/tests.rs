//! What becomes of sessions and servers.

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
    rows_of(&listing, profiles, &Choices { source: "putty".into(), ..Choices::default() })
}

fn rows_of(listing: &Listing, profiles: &[Profile], choices: &Choices) -> Vec<Row> {
    let before = Before { profiles, reserved: &["add"], host_key_alias: &|_| None };
    plan(listing, &before, choices)
}

fn names_of(rows: &[Row]) -> Vec<String> {
    let name = |row: &Row| match &row.outcome {
        Outcome::New(alias, _) => alias.to_string(),
        Outcome::Changed(alias, ..) => format!("~{alias}"),
        Outcome::Unchanged(alias, _) => format!("={alias}"),
        Outcome::Linked(alias, _) => format!("&{alias}"),
        Outcome::Stale(alias) => format!("!{alias}"),
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
    // A word of the command line is no name; the host is.
    assert_eq!(names_of(&rows(&[entry("add", "c")], &[])), ["c"]);
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

fn server(id: &str, name: &str, addresses: &[(AddressKind, &str)]) -> Entry {
    let addresses = addresses
        .iter()
        .map(|(kind, value)| sshp_import::Address { kind: *kind, value: (*value).to_owned() });
    let instance = sshp_import::Instance {
        host_key_alias: Some(id.to_lowercase()),
        scope: Some("r".into()),
        addresses: addresses.collect(),
        labels: vec![("env".into(), "prod".into()), ("web".into(), String::new())],
        usual_user: Some("root".into()),
        ..Default::default()
    };
    let host = instance.addresses.first().map(|one| one.value.clone()).unwrap_or_default();
    let session = Session { host, instance: Some(Box::new(instance)), ..Session::default() };
    Entry { id: id.into(), name: name.into(), folders: Vec::new(), content: Ok(session) }
}

fn cloud() -> Choices {
    Choices { source: "aliyun/prod".into(), host_key_alias: true, ..Choices::default() }
}

fn list(entries: &[Entry]) -> Listing {
    let scopes = ["r".to_owned()].into();
    Listing { entries: entries.to_vec(), extent: Extent::Complete, scopes, ..Listing::default() }
}

/// The profile that a row made, as the next import finds it.
fn made(row: &Row) -> Profile {
    let Outcome::New(alias, wanted) = &row.outcome else { panic!("{row:?}") };
    let metadata = Metadata {
        source: Some(row.source.clone()),
        source_tags: wanted.source_tags.clone(),
        imported: Some(wanted.imported.clone()),
        ..Metadata::default()
    };
    let mut made = profile(alias.as_str());
    made.host = wanted.host.clone().unwrap();
    made.user = wanted.user.clone().unwrap_or(made.user);
    made.jump.clone_from(&wanted.jump);
    made.metadata = Arc::new(metadata);
    made
}

const PUBLIC: AddressKind = AddressKind::Public;
const PRIVATE: AddressKind = AddressKind::Private;

#[test]
fn equal_names_of_servers_get_the_end_of_the_id_and_keep_it() {
    let servers = [
        server("i-000000000a", "web", &[(PUBLIC, "192.0.2.1")]),
        server("i-000000000b", "web", &[(PUBLIC, "192.0.2.2")]),
        server("i-c", "", &[(PUBLIC, "192.0.2.3")]),
        server("i-d", "taken", &[(PUBLIC, "192.0.2.4")]),
    ];
    let rows = rows_of(&list(&servers), &[profile("taken")], &cloud());
    let names = ["web-00000a", "web-00000b", "192.0.2.3", "taken-i-d"];
    assert_eq!(names_of(&rows), names);
    let mut profiles: Vec<Profile> = rows.iter().map(made).collect();
    profiles.push(profile("taken"));
    // A second import of any order changes nothing; with some cut off, no other name changes.
    let mut shuffled = servers.to_vec();
    shuffled.rotate_left(2);
    shuffled.swap(0, 1);
    let again = rows_of(&list(&shuffled), &profiles, &cloud());
    assert!(again.iter().all(|row| matches!(row.outcome, Outcome::Unchanged(..))), "{again:?}");
    let cut = rows_of(&list(&servers[..1]), &profiles, &cloud());
    assert_eq!(names_of(&cut), ["=web-00000a", "!192.0.2.3", "!taken-i-d", "!web-00000b"]);
}

#[test]
fn a_jump_is_for_servers_with_a_private_address_and_a_user_for_all() {
    let servers = [
        server("i-a", "a", &[(PUBLIC, "192.0.2.1"), (PRIVATE, "10.0.0.1")]),
        server("i-b", "b", &[(PRIVATE, "10.0.0.2")]),
    ];
    let of = |choices: &Choices| -> Vec<String> {
        let shown = |row: Row| match row.outcome {
            Outcome::New(_, wanted) => format!(
                "{}@{} {} {}",
                wanted.user.unwrap_or_default(),
                wanted.host.unwrap_or_default(),
                wanted.jump.unwrap_or_default(),
                wanted.options.join(" ")
            ),
            other => format!("{other:?}"),
        };
        rows_of(&list(&servers), &[], choices).into_iter().map(shown).collect()
    };
    let choices = Choices { jump: Some("bastion".into()), ..cloud() };
    let lacking = format!("Skipped({:?})", AddressChoice::Auto.lacking());
    assert_eq!(of(&choices), ["root@192.0.2.1  HostKeyAlias=i-a".to_owned(), lacking.clone()]);
    let all = Choices { jump_for_all: true, host_key_alias: false, ..choices.clone() };
    assert_eq!(of(&all), ["root@192.0.2.1 bastion ".to_owned(), lacking]);
    let private =
        Choices { address: Some(AddressChoice::Private), user: Some("ops".into()), ..choices };
    let itself = Choices { jump: Some("b".into()), ..private.clone() };
    assert_eq!(of(&itself)[1], "ops@10.0.0.2  HostKeyAlias=i-b");
    let private = of(&private);
    assert_eq!(private[0], "ops@10.0.0.1 bastion HostKeyAlias=i-a");
    assert_eq!(private[1], "ops@10.0.0.2 bastion HostKeyAlias=i-b");
}

#[test]
fn an_address_that_was_chosen_stays_while_the_server_has_it() {
    let both = server("i-a", "a", &[(PUBLIC, "192.0.2.1"), (PRIVATE, "10.0.0.1")]);
    let private = Choices { address: Some(AddressChoice::Private), ..cloud() };
    let profiles = [made(&rows_of(&list(std::slice::from_ref(&both)), &[], &private)[0])];
    assert_eq!(names_of(&rows_of(&list(&[both]), &profiles, &cloud())), ["=a"]);
    // It has another public address now, and the private one is gone.
    let moved = server("i-a", "a", &[(PUBLIC, "192.0.2.9")]);
    let rows = rows_of(&list(&[moved]), &profiles, &cloud());
    let Outcome::Changed(_, wanted, _) = &rows[0].outcome else { panic!("{rows:?}") };
    assert_eq!(wanted.host.as_deref(), Some("192.0.2.9"));
    // A stopped one has none, and stays as it is.
    assert_eq!(names_of(&rows_of(&list(&[server("i-a", "a", &[])]), &profiles, &cloud())), ["=a"]);
}

#[test]
fn tags_are_those_of_the_source_and_a_new_name_there_is_told() {
    let before = server("i-a", "a", &[(PUBLIC, "192.0.2.1")]);
    let row = &rows_of(&list(&[before]), &[], &cloud())[0];
    let mut there = made(row);
    assert_eq!(there.metadata.source_tags, ["env:prod", "web"]);
    Arc::make_mut(&mut there.metadata).tags.push("mine".into());
    let mut now = server("i-a", "b", &[(PUBLIC, "192.0.2.1")]);
    if let Ok(session) = &mut now.content {
        session.instance.as_mut().unwrap().labels = vec![("env".into(), "test".into())];
    }
    let choices = Choices { tag_keys: vec!["env".into()], ..cloud() };
    let rows = rows_of(&list(&[now]), &[there], &choices);
    let Outcome::Changed(alias, wanted, _) = &rows[0].outcome else { panic!("{rows:?}") };
    assert_eq!((alias.as_str(), &wanted.source_tags[..]), ("a", &["test".to_owned()][..]));
    assert_eq!((rows[0].renamed.as_deref(), &wanted.tags[..]), (Some("b"), &[][..]));
    assert_eq!((&wanted.host, &wanted.user), (&None, &None));
}

#[test]
fn a_profile_of_the_user_for_the_same_server_is_linked_and_not_doubled() {
    let mut mine = profile("mine");
    mine.host = "192.0.2.1".into();
    let servers = [server("i-a", "a", &[(PUBLIC, "192.0.2.1")])];
    let rows = rows_of(&list(&servers), std::slice::from_ref(&mine), &cloud());
    let Outcome::Linked(alias, wanted) = &rows[0].outcome else { panic!("{rows:?}") };
    assert_eq!((alias.as_str(), &wanted.host, &wanted.options), ("mine", &None, &vec![]));
    // Its host key is known under the address.
    assert_eq!(wanted.imported.host_key_alias, None);
    // Two servers with one address are two.
    let two = [servers[0].clone(), server("i-b", "b", &[(PUBLIC, "192.0.2.1")])];
    assert_eq!(names_of(&rows_of(&list(&two), std::slice::from_ref(&mine), &cloud())), ["a", "b"]);
    mine.port = 2222;
    assert_eq!(names_of(&rows_of(&list(&servers), &[mine], &cloud())), ["a"]);
}

#[test]
fn a_server_that_another_source_has_made_a_profile_of_is_not_doubled() {
    let servers = [server("i-a", "a", &[(PUBLIC, "192.0.2.1")])];
    let there = [made(&rows_of(&list(&servers), &[], &cloud())[0])];
    let other = Choices { source: "terraform".into(), ..cloud() };
    let rows = rows_of(&list(&servers), &there, &other);
    assert_eq!(rows[0].outcome, Outcome::Skipped("is `a` already, of aliyun/prod".into()));
}

#[test]
fn only_a_whole_list_of_its_region_makes_a_profile_stale_and_to_be_seen_again_ends_it() {
    let servers = [
        server("i-a", "a", &[(PUBLIC, "192.0.2.1")]),
        server("i-b", "b", &[(PUBLIC, "192.0.2.2")]),
    ];
    let mut profiles: Vec<Profile> =
        rows_of(&list(&servers), &[], &cloud()).iter().map(made).collect();
    let stale = |listing: &Listing, choices: &Choices, profiles: &[Profile]| {
        names_of(&rows_of(listing, profiles, choices))
    };
    let whole = list(&servers[..1]);
    assert_eq!(stale(&whole, &cloud(), &profiles), ["=a", "!b"]);
    for extent in [Extent::Unknown, Extent::Partial("1 of 2".into())] {
        let part = Listing { extent, ..whole.clone() };
        assert_eq!(stale(&part, &cloud(), &profiles), ["=a"]);
        let said = Choices { is_complete: true, ..cloud() };
        assert_eq!(stale(&part, &said, &profiles), ["=a", "!b"]);
    }
    let elsewhere = Listing { scopes: ["other".to_owned()].into(), ..whole.clone() };
    assert_eq!(stale(&elsewhere, &cloud(), &profiles), ["=a"]);
    let all = Choices { is_complete: true, ..cloud() };
    assert_eq!(stale(&elsewhere, &all, &profiles), ["=a", "!b"]);
    let nothing = Listing { extent: Extent::Unknown, ..list(&[]) };
    assert_eq!(stale(&nothing, &cloud(), &profiles), [""; 0]);
    assert_eq!(stale(&nothing, &all, &profiles), ["!a", "!b"]);
    let other = Choices { source: "aliyun/test".into(), ..cloud() };
    assert!(!stale(&whole, &other, &profiles).iter().any(|name| name.starts_with('!')));
    // The cloud lists one that it has destroyed.
    let mut gone = servers.to_vec();
    gone[1].content = Err(Skipped::Gone("terminated".into()));
    assert_eq!(stale(&list(&gone), &cloud(), &profiles), ["=a", "-", "!b"]);
    Arc::make_mut(&mut profiles[1].metadata).stale = Some("2026-11-30".into());
    assert_eq!(stale(&whole, &cloud(), &profiles), ["=a"]);
    assert_eq!(stale(&list(&servers), &cloud(), &profiles), ["=a", "~b"]);
    // A stopped server is there.
    let stopped = [servers[0].clone(), server("i-b", "b", &[])];
    assert_eq!(stale(&list(&stopped), &cloud(), &profiles), ["=a", "~b"]);
}

#[test]
fn ten_thousand_servers_ask_for_no_option_of_a_profile_but_where_its_host_key_has_another_name() {
    let servers = |key: &str| -> Vec<Entry> {
        let server = |n: usize| {
            let host = format!("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
            let mut server =
                server(&format!("r.{n}"), &format!("web-{}", n % 5_000), &[(PUBLIC, &host)]);
            if let Ok(session) = &mut server.content {
                session.instance.as_mut().unwrap().host_key_alias = Some(format!("{key}-{n}"));
            }
            server
        };
        (0..10_000).map(server).collect()
    };
    let asked = std::cell::Cell::new(0);
    let host_key_alias = |_: &Alias| {
        asked.set(asked.get() + 1);
        None
    };
    let rows_of = |entries: &[Entry], profiles: &[Profile]| {
        let before = Before { profiles, reserved: &[], host_key_alias: &host_key_alias };
        plan(&list(entries), &before, &cloud())
    };
    let first = servers("i");
    let profiles: Vec<Profile> = rows_of(&first, &[]).iter().map(made).collect();
    let names: HashSet<_> = profiles.iter().map(|profile| &profile.alias).collect();
    assert_eq!((names.len(), asked.get()), (10_000, 0));
    let again = rows_of(&first, &profiles);
    assert!(again.iter().all(|row| matches!(row.outcome, Outcome::Unchanged(..))));
    assert_eq!(asked.get(), 0);
    let mut some = servers("i");
    some.splice(..10, servers("j").drain(..10));
    rows_of(&some, &profiles);
    assert_eq!(asked.get(), 10);
}

#[test]
fn another_server_at_the_same_place_gets_another_name_for_its_host_key() {
    let at = |key: &str| {
        let mut server = server("aws_instance.web", "web", &[(PUBLIC, "192.0.2.1")]);
        if let Ok(session) = &mut server.content {
            session.instance.as_mut().unwrap().host_key_alias = Some(key.to_owned());
        }
        list(&[server])
    };
    let profiles = [made(&rows_of(&at("i-a"), &[], &cloud())[0])];
    let again = |own: Option<&str>| {
        let host_key_alias = |_: &Alias| own.map(str::to_owned);
        let before = Before { profiles: &profiles, reserved: &[], host_key_alias: &host_key_alias };
        plan(&at("i-b"), &before, &cloud()).remove(0).outcome
    };
    let Outcome::Changed(_, wanted, _) = again(Some("i-a")) else { panic!() };
    assert_eq!(wanted.options, ["HostKeyAlias=i-b"]);
    // The user has taken it away, or has another.
    for own in [None, Some("mine")] {
        assert!(matches!(again(own), Outcome::Unchanged(..)));
    }
}
