//! What an edited config is refused for, and how much is read to find it.

use std::cell::Cell;

use super::*;
use crate::profile::patch::ProfilePatch;

/// A machine without anything, which counts how often it is asked for the home folder: once for each
/// host that is resolved.
#[derive(Default)]
struct Counting {
    homes: Cell<usize>,
}

impl Facts for Counting {
    fn user(&self) -> Vec<u8> {
        b"me".to_vec()
    }
    fn uid(&self) -> u32 {
        1000
    }
    fn home(&self) -> Vec<u8> {
        self.homes.set(self.homes.get() + 1);
        b"/h".to_vec()
    }
    fn home_of(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn hostname(&self) -> Vec<u8> {
        b"here".to_vec()
    }
    fn variable(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
    fn addresses(&self) -> Vec<std::net::IpAddr> {
        Vec::new()
    }
    fn service(&self, _: &[u8]) -> Option<u16> {
        None
    }
}

fn tree(text: &str) -> Tree {
    Tree::of_text("/h/.ssh/config", text.as_bytes())
}

fn user_of(alias: &str, user: &str) -> NamedPatch {
    let set = vec![(Keyword::User, vec![user.as_bytes().to_vec()])];
    let patch = ProfilePatch { set, ..ProfilePatch::default() };
    NamedPatch { alias: Alias::existing(alias), patch }
}

/// What the edit that makes `after` of `before` is refused with.
fn refusal(before: &str, after: &str, expected: Expected<'_>) -> Option<String> {
    let (before, after, facts) = (tree(before), tree(after), Counting::default());
    let dialect = Dialect::lenient();
    let verification = Verification::new(&before, &after, &facts, &dialect);
    let verified = verification.config().and_then(|_| verification.profiles(expected));
    verified.err().map(|error| error.to_string())
}

#[test]
fn each_profile_has_what_was_asked_and_every_other_what_it_had() {
    let before = "Host a\n  User x\nHost b\n  User x\n";
    let patches = [user_of("a", "y"), user_of("b", "z")];
    let case = |after: &str| refusal(before, after, Expected::Patched(&patches));
    assert_eq!(case("Host a\n  User y\nHost b\n  User z\n"), None);
    assert_eq!(
        case("Host a b\n  User y\nHost c*\n  User y\nHost b\n  User z\n"),
        None,
        "the first value is in a block that names the profile"
    );
    assert_eq!(
        case("Host *\n  User y\nHost a\n  User y\nHost b\n  User z\n").as_deref(),
        Some(
            "User of `b` would still be `y`: /h/.ssh/config:2 comes first, and the first value counts"
        )
    );
    assert_eq!(
        case("Host a\n  User y\nHost b\n  User z\nMatch all\n  Port 7\n").as_deref(),
        Some("a host that no `Host` line names would change too: Port would be `7`")
    );
    assert_eq!(
        case("Host a\n  User y\nHost b\n  User z\n  Port 7x\n").as_deref(),
        Some("ssh would refuse the config: /h/.ssh/config line 5: Bad port '7x'.")
    );
    let loops = "Host a\n  User y\n  ProxyJump b\nHost b\n  User z\n  ProxyJump a\n";
    let text = case(loops).expect("a loop");
    assert!(text.starts_with("`a` would be reached through itself: a via b"), "{text}");
}

#[test]
fn a_removed_renamed_or_copied_profile_changes_no_other() {
    let (a, b) = (Alias::existing("a"), Alias::existing("b"));
    let before = "Host a\n  HostName h\nHost c\n  ProxyJump a\n";
    let case = |after: &str, expected: Expected<'_>| refusal(before, after, expected);
    let renamed = "Host b\n  HostName h\nHost c\n  ProxyJump b\n";
    assert_eq!(case(renamed, Expected::Renamed(&a, &b)), None);
    assert_eq!(
        case(renamed, Expected::Only(&[a.clone(), b.clone()])).as_deref(),
        Some("`c` would change too: ProxyJump would be `b`")
    );
    let other = renamed.replace("HostName h", "HostName i");
    assert_eq!(
        case(&other, Expected::Renamed(&a, &b)).as_deref(),
        Some("`b` would not be what `a` is: HostName would be `i`")
    );
    let copied = format!("{before}Host b\n  HostName h\n");
    assert_eq!(case(&copied, Expected::Copied(&a, &b)), None);
    assert_eq!(case("Host c\n  ProxyJump a\n", Expected::Only(&[a])), None);
    assert_eq!(case("", Expected::Any), None);
}

#[test]
fn thousands_of_profiles_are_verified_with_as_many_resolved_hosts_as_one() {
    let resolved = |count: usize| {
        let old = "Host old\n  User x\n\nHost *\n  Port 7\n";
        let new: Vec<_> = (0..count).map(|n| format!("Host new-{n}\n  User y\n\n")).collect();
        let (before, after) = (tree(old), tree(&format!("{}{old}", new.concat())));
        let patches: Vec<_> = (0..count).map(|n| user_of(&format!("new-{n}"), "y")).collect();
        let facts = Counting::default();
        let dialect = Dialect::lenient();
        let verification = Verification::new(&before, &after, &facts, &dialect);
        assert_eq!(verification.config(), Ok(Vec::new()));
        assert_eq!(verification.profiles(Expected::Patched(&patches)), Ok(()));
        facts.homes.get()
    };
    assert!(resolved(1) > 0, "resolving asks for the home folder");
    assert_eq!(resolved(2_000), resolved(1));
}
