//! What is put at the end of a file to make a key known.

use sshp_splice::Splice;

use super::key::HostKey;
use super::line::Hashed;
use super::name::Names;

/// How the name of a new line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As it is.
    Plain,
    /// HashKnownHosts: hashed under a salt, which must be random.
    Hashed([u8; 20]),
}

/// Plans the lines that make a key known under the first of the names of a host, and of its address
/// where that is given too (hostfile.c: add_host_to_hostfile), with the line feed that the text
/// before them may lack. Plain names share a line; each hashed one has its own.
///
/// `None` for a name that must not be recorded: see [`Names::recordable`].
pub fn plan_append(before: &[u8], names: &[(&Names, Spelling)], key: &HostKey) -> Option<Splice> {
    let mut text = String::new();
    let mut plain = Vec::new();
    for (names, spelling) in names {
        match spelling {
            Spelling::Plain => plain.push(render_host(names, *spelling)?),
            Spelling::Hashed(_) => text += &render_line(names, key, *spelling)?,
        }
    }
    if !plain.is_empty() {
        text += &format!("{} {}\n", plain.join(","), key.to_line());
    }
    let feed = if before.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
    Some(Splice::insert(before.len(), format!("{feed}{text}")))
}

/// The line that makes a key known, with its line feed; `None` as in [`plan_append`].
pub(crate) fn render_line(names: &Names, key: &HostKey, spelling: Spelling) -> Option<String> {
    Some(format!("{} {}\n", render_host(names, spelling)?, key.to_line()))
}

fn render_host(names: &Names, spelling: Spelling) -> Option<String> {
    names.recordable().then(|| match spelling {
        Spelling::Plain => names.name().to_owned(),
        Spelling::Hashed(salt) => Hashed::new(names.name().as_bytes(), salt).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::file::{File, Scope};
    use super::super::key::tests::ed25519;
    use super::super::verdict::{KnownHosts, Verdict, verdict};
    use super::*;
    use sshp_splice::splice;

    fn appended(before: &str, names: &Names, spelling: Spelling) -> String {
        let plan =
            plan_append(before.as_bytes(), &[(names, spelling)], &ed25519(1)).expect("a line");
        String::from_utf8(splice(before.as_bytes(), &[plan])).expect("UTF-8")
    }

    #[test]
    fn a_line_is_put_at_the_end() {
        let key = ed25519(1).to_line();
        let names = Names::new("Web", 2222, None);
        for (before, after) in [
            ("", format!("[web]:2222 {key}\n")),
            ("a\n", format!("a\n[web]:2222 {key}\n")),
            ("a", format!("a\n[web]:2222 {key}\n")),
            ("a\r\n", format!("a\r\n[web]:2222 {key}\n")),
        ] {
            assert_eq!(appended(before, &names, Spelling::Plain), after, "{before:?}");
        }
    }

    #[test]
    fn a_hashed_line_hides_the_name_and_is_found_again() {
        let names = Names::new("2001:DB8::1", 2222, None);
        let text = appended("", &names, Spelling::Hashed([5; 20]));
        assert!(text.starts_with("|1|BQUFBQUFBQUFBQUFBQUFBQUFBQU=|"), "{text}");
        let file = File::new("u", Scope::User, Some(text.as_bytes().into()));
        let found = verdict(&KnownHosts::new(vec![file]), &names, &ed25519(1));
        assert!(matches!(found, Verdict::Known(_)), "{found:?}");
    }

    #[test]
    fn a_name_that_reads_as_a_pattern_is_not_recorded() {
        let names = Names::new("*", 22, None);
        assert_eq!(plan_append(b"", &[(&names, Spelling::Plain)], &ed25519(1)), None);
    }

    #[test]
    fn an_address_shares_the_line_of_its_host_unless_they_are_hashed() {
        let (key, names) = (ed25519(1), Names::new("web", 2222, None));
        let address = Names::of_address("2001:db8::1".parse().expect("an address"), 2222);
        let text = |spelling| {
            let names = [(&names, spelling), (&address, spelling)];
            let plan = plan_append(b"", &names, &key).expect("a line");
            String::from_utf8(splice(b"", &[plan])).expect("UTF-8")
        };
        let line = format!("[web]:2222,[2001:db8::1]:2222 {}\n", key.to_line());
        assert_eq!(text(Spelling::Plain), line);
        let hashed = text(Spelling::Hashed([5; 20]));
        assert_eq!(hashed.matches("|1|").count(), 2);
        assert_eq!(hashed.lines().count(), 2);
    }
}
