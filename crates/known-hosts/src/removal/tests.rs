//! Removals by table: before, names, after.

use proptest::prelude::*;
use sshp_splice::splice;

use super::*;
use crate::Scope;
use crate::key::tests::{ed25519, rsa};
use crate::line::Hashed;

const PLAIN: Reach = Reach { wildcards: false, whole_line: false };
const WILD: Reach = Reach { wildcards: true, whole_line: false };
const WHOLE: Reach = Reach { wildcards: false, whole_line: true };

fn keyed(text: &str) -> String {
    let keys = [("K1", ed25519(1)), ("K2", ed25519(2)), ("K3", rsa(0x55, 0))];
    keys.iter().fold(text.to_owned(), |text, (k, key)| {
        let line = key.to_line();
        text.replace(&format!(" {k}"), &format!(" {line}"))
            .replace(&format!("\t{k}"), &format!("\t{line}"))
    })
}

fn hashed(name: &str) -> String {
    Hashed::new(name.as_bytes(), [9; 20]).to_string()
}

fn wanted(names: &[&str], with_their_key: &[&str]) -> Wanted {
    let [names, with_their_key] =
        [names, with_their_key].map(|names| names.iter().map(ToString::to_string).collect());
    Wanted { names, with_their_key, keep: Vec::new() }
}

fn forget(text: &[u8], names: &[&str], reach: Reach) -> (Vec<u8>, FileRemoval) {
    let file = File::new("u", Scope::User, Some(text.into()));
    let removal = plan_removal(&[file], &wanted(names, &[]), reach).remove(0);
    (splice(text, &removal.splices), removal)
}

#[track_caller]
fn case(before: &str, names: &[&str], reach: Reach, after: &str) -> FileRemoval {
    let (text, removal) = forget(keyed(before).as_bytes(), names, reach);
    assert_eq!(String::from_utf8_lossy(&text), keyed(after), "{before}");
    removal
}

#[test]
fn a_large_file_loses_the_same_in_all_of_its_parts() {
    let key = ed25519(1).to_line();
    for start in ["", "\u{feff}"] {
        let mut before = start.to_owned();
        let mut expected = before.clone();
        let mut numbers = Vec::new();
        for number in 1..=24_000 {
            let name = Hashed::new(format!("w{number}").as_bytes(), [9; 20]);
            let line = match number {
                1 | 12_345 | 24_000 => "web K2".to_owned(),
                7 | 23_999 => format!("{} K2", hashed("web")),
                9 => "10.0.0.1,10.0.0.2 K2".to_owned(),
                20_000 => "10.0.0.3,db K2".to_owned(),
                _ => format!("{name} {key}"),
            };
            let line = keyed(&line) + "\n";
            before += &line;
            match number {
                1 | 7 | 9 | 12_345 | 23_999 | 24_000 => numbers.push(number),
                20_000 => {
                    numbers.push(number);
                    expected += &keyed("db K2\n");
                }
                _ => expected += &line,
            }
        }
        assert!(before.len() > 2 << 20);
        let (after, removal) = forget(before.as_bytes(), &["web"], PLAIN);
        let places: Vec<u32> = removal.removed.iter().map(|removed| removed.place.line).collect();
        assert_eq!(places, numbers);
        assert!(after == expected.as_bytes());
        assert_eq!((removal.hidden, removal.bom), (0, !start.is_empty()));
        // All other lines hold the key of this one.
        let (_, removal) = forget(before.as_bytes(), &["w5"], PLAIN);
        assert_eq!((removal.removed.len(), removal.hidden), (1, 24_000 - 8));
    }
}

#[test]
fn a_line_loses_only_the_names_that_were_asked_for() {
    for (before, name, after) in [
        ("web K1\n", "web", ""),
        ("WEB K1\n", "web", ""),
        ("web K1\n", "Web", ""),
        ("web,10.0.0.1 K1\n", "10.0.0.1", "web K1\n"),
        ("a,b,c K1 note\n", "a", "b,c K1 note\n"),
        ("a,b,c K1 note\n", "b", "a,c K1 note\n"),
        ("a,b,c K1 note\n", "c", "a,b K1 note\n"),
        ("a,a,b K1\n", "a", "b K1\n"),
        ("b,a,a K1\n", "a", "b K1\n"),
        ("a,,b K1\n", "a", ",b K1\n"),
        ("a, K1\n", "a", ""),
        ("a,!b K1\n", "a", ""),
        // What would be left must not turn into a comment, a marker or a hashed name.
        ("a,#b K1\n", "a", ""),
        ("a,@revoked,c K1\n", "a", "c K1\n"),
        ("a,|1|b|c,d,#e K1\n", "a", "d,#e K1\n"),
        ("web K1\nweb K2\nother K1\nweb K3\n", "web", "other K1\n"),
        ("# web K1\n\n \t web\tK1\n#end", "web", "# web K1\n\n#end"),
        ("x K1\nweb K1", "web", "x K1\n"),
        ("web K1\r\nx K1\r\n", "web", "x K1\r\n"),
        ("web.x K1\n", "web", "web.x K1\n"),
        ("[web]:2222 K1\n", "web", "[web]:2222 K1\n"),
        ("web K1\n", "[web]:2222", "web K1\n"),
        ("[web]:2222 K1\nweb K2\n", "[WEB]:2222", "web K2\n"),
        ("web K1\n", "[web]:22", ""),
        ("2001:db8::1 K1\n", "2001:DB8:0::1", ""),
        ("2001:DB8:0:0::1 K1\n", "2001:db8::1", ""),
        ("[2001:db8::1]:22022 K1\n", "[2001:DB8:0::1]:22022", ""),
        ("127.0.0.1 K1\n", "127.1", ""),
    ] {
        case(before, &[name], PLAIN, after);
    }
    case("a,b,c,d K1\n", &["a", "c"], PLAIN, "b,d K1\n");
    case("a,b,c,d K1\n", &["b", "d", "a"], PLAIN, "c K1\n");
}

#[test]
fn hashed_names_go_in_every_spelling() {
    for (hidden, name) in [
        ("web", "web"),
        ("web", "WEB"),
        ("WEB", "WEB"),
        ("[web]:2222", "[Web]:2222"),
        ("2001:db8::1", "2001:DB8:0::1"),
    ] {
        let before = format!("{} K1\nother K2\n", hashed(hidden));
        let removal = case(&before, &[name], PLAIN, "other K2\n");
        assert!(removal.removed[0].hashed, "{name}");
    }
    let before = format!("{} K1\n", hashed("web"));
    case(&before, &["we"], PLAIN, &before);
}

#[test]
fn wildcards_stay_until_they_are_asked_for() {
    for (before, name, plain, wild) in [
        ("*.x K1\n", "foo.x", "*.x K1\n", ""),
        ("foo.x,*.x K1\n", "foo.x", "*.x K1\n", ""),
        ("*.x,bar K1\n", "foo.x", "*.x,bar K1\n", "bar K1\n"),
        ("*.x,!foo.x K1\n", "foo.x", "*.x,!foo.x K1\n", "*.x,!foo.x K1\n"),
        ("a,!foo.x K1\n", "!foo.x", "a,!foo.x K1\n", "a,!foo.x K1\n"),
        ("foo.x,!foo.x K1\n", "foo.x", "foo.x,!foo.x K1\n", "foo.x,!foo.x K1\n"),
        ("*.x K1\n", "*.x", "", ""),
        ("*.x,!foo.x K1\n", "*.x", "", ""),
    ] {
        case(before, &[name], PLAIN, plain);
        case(before, &[name], WILD, wild);
    }
    let removal = case("a K1\n*.x,f* K1\n", &["foo.x"], PLAIN, "a K1\n*.x,f* K1\n");
    assert!(removal.removed.is_empty());
}

#[test]
fn whole_line_does_as_ssh_keygen_does() {
    case("web,10.0.0.1 K1\n", &["10.0.0.1"], WHOLE, "");
    case("*.x,bar K1\nbar K1\n", &["foo.x"], WHOLE, "bar K1\n");
    case("web K1\n10.0.0.1 K1\n", &["web"], WHOLE, "10.0.0.1 K1\n");
    case("@revoked web K1\nweb K1\n", &["web"], WHOLE, "@revoked web K1\n");
}

#[test]
fn marked_lines_stay() {
    let before = "@cert-authority *.x K1\n@revoked foo.x K2\nfoo.x K3\n@revoked bar K2\n";
    let after = "@cert-authority *.x K1\n@revoked foo.x K2\n@revoked bar K2\n";
    case(before, &["foo.x"], PLAIN, after);
    case(before, &["foo.x"], WILD, after);
}

#[test]
fn bad_lines_are_kept_and_stop_nothing() {
    let before = "garbage\nweb ssh-future-key AAAA\n|1|bad|bad ssh-rsa AAAA\n@foo web K1\n\
                  @revoked @cert-authority web K1\nweb K1\n";
    case(before, &["web"], PLAIN, before.strip_suffix("web K1\n").expect("the last line"));
    // The key is broken, the line is whole: ssh-keygen removes it too.
    let removal = case("web ssh-ed25519 !!\n", &["web"], PLAIN, "");
    assert_eq!((&removal.removed[0].key, &*removal.removed[0].key_type), (&None, "ssh-ed25519"));
}

#[test]
fn foreign_bytes_stay_as_they_are() {
    let key = ed25519(1).to_line();
    let [before, after] = ["web ", ""].map(|name| {
        let line = if name.is_empty() { String::new() } else { format!("{name}{key}\n") };
        [b"caf\xe9 x\0y\n\0\r\n", line.as_bytes(), b"\xff\xfe,web2 \0\nlast\0 K"].concat()
    });
    assert_eq!(forget(&before, &["web"], PLAIN).0, after);
}

#[test]
fn a_byte_order_mark_stays_and_hides_nothing() {
    let before = format!("\u{feff}web {}\nx K\n", ed25519(1).to_line());
    let (after, removal) = forget(before.as_bytes(), &["web"], PLAIN);
    assert_eq!(String::from_utf8_lossy(&after), "\u{feff}x K\n");
    assert!(removal.bom);
}

#[test]
fn addresses_go_with_the_key_of_their_host() {
    for (before, name, after) in [
        ("web,10.0.0.1 K1\n", "web", ""),
        ("web K1\n10.0.0.1 K1\n10.0.0.2 K2\n", "web", "10.0.0.2 K2\n"),
        ("10.0.0.1 K1\nweb K1\n", "web", ""),
        ("web,bar,10.0.0.1 K1\n", "web", "bar K1\n"),
        ("[web]:2222 K1\n[10.0.0.1]:2222 K1\n10.0.0.1 K1\n", "[web]:2222", "10.0.0.1 K1\n"),
        ("10.0.0.1 K1\n10.0.0.2 K1\n", "10.0.0.1", "10.0.0.2 K1\n"),
        ("web K1\n@revoked 10.0.0.1 K1\n", "web", "@revoked 10.0.0.1 K1\n"),
        ("web K1\nbad\n10.0.0.1 K1 x\nbar K1\n", "web", "bad\nbar K1\n"),
    ] {
        case(before, &[name], PLAIN, after);
    }
    let before = format!("web K1\n{} K1\n", hashed("10.0.0.1"));
    let removal = case(&before, &["web"], PLAIN, &format!("{} K1\n", hashed("10.0.0.1")));
    assert_eq!(removal.hidden, 1);
}

#[test]
fn addresses_go_from_the_other_files_too() {
    let file = |text: &str| File::new("u", Scope::User, Some(keyed(text).as_bytes().into()));
    let files = [file("10.0.0.1 K1\n"), file("web K1\n")];
    let plans = plan_removal(&files, &wanted(&["web"], &[]), PLAIN);
    assert_eq!(plans.iter().map(|plan| plan.removed.len()).collect::<Vec<_>>(), [1, 1]);
}

#[test]
fn the_plain_host_goes_with_the_key_of_its_port() {
    let plain = hashed("h");
    for (before, after) in [
        ("[h]:2222 K1\nh K1\n", ""),
        ("[h]:2222 K1\nh K2\n", "h K2\n"),
        ("h,x K1\n[h]:2222,y K1\n", "x K1\ny K1\n"),
        ("h K1\n", "h K1\n"),
        (&format!("{plain} K1\n[h]:2222 K1\n{plain} K2\n"), &format!("{plain} K2\n")),
    ] {
        let before = keyed(before);
        let file = File::new("u", Scope::User, Some(before.as_bytes().into()));
        let plan = plan_removal(&[file], &wanted(&["[h]:2222"], &["h"]), PLAIN).remove(0);
        let text = splice(before.as_bytes(), &plan.splices);
        assert_eq!(String::from_utf8_lossy(&text), keyed(after), "{before}");
    }
}

#[test]
fn what_was_removed_is_told_with_its_key() {
    let removal = case("x K2\nweb,bar K1\n", &["web"], PLAIN, "x K2\nbar K1\n");
    let [removed] = &removal.removed[..] else { panic!("{removal:?}") };
    assert_eq!(removed.place.to_string(), "u:2");
    assert_eq!((&*removed.names, &*removed.left), (&["web".to_owned()][..], &["bar".into()][..]));
    assert_eq!(removed.key, Some(ed25519(1)));
}

/// Bytes that come near to what files hold, and far from it.
fn file_bytes() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"web".to_vec()),
        Just(b"web,".to_vec()),
        Just(b",!web,*".to_vec()),
        Just(b"[web]:2222".to_vec()),
        Just(b" ssh-ed25519 ".to_vec()),
        Just(ed25519(1).to_line().into_bytes()),
        Just(format!("{} {}", hashed("web"), ed25519(2).to_line()).into_bytes()),
        Just(b"10.0.0.1,::1".to_vec()),
        Just(b"@revoked ".to_vec()),
        Just(b"|1|".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn whatever_a_file_holds_only_names_and_their_lines_go(
        text in file_bytes(),
        names in prop::collection::vec("web|\\[web\\]:2222|::1|10\\.0\\.0\\.1|[*?!,a-c]{1,4}", 1..3),
        wildcards: bool,
        whole_line: bool,
    ) {
        let reach = Reach { wildcards, whole_line };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (after, plan) = forget(&text, &names, reach);
        prop_assert!(plan.splices.iter().all(|splice| splice.with.is_empty()));
        prop_assert_eq!(plan.splices.is_empty(), plan.removed.is_empty());
        // Lines that are not told as removed are there as they were, in their order.
        let told: Vec<u32> = plan.removed.iter().map(|removed| removed.place.line).collect();
        let mut rest = &after[..];
        for (at, line) in text.split_inclusive(|b| *b == b'\n').enumerate() {
            if told.contains(&u32::try_from(at + 1).expect("few lines")) {
                continue;
            }
            let found = rest.windows(line.len()).position(|window| window == line);
            prop_assert!(found.is_some(), "line {} is gone", at + 1);
            rest = &rest[found.unwrap_or(0) + line.len()..];
        }
        // The line below the first may begin with what is a byte order mark only at the top.
        prop_assume!(!after.starts_with(BOM) || text.starts_with(BOM));
        let (again, plan) = forget(&after, &names, reach);
        prop_assert!(plan.removed.is_empty() && again == after, "once is not enough");
    }
}
