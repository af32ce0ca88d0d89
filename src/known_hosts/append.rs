//! What is put at the end of a file to make a key known.

use super::key::HostKey;
use super::line::Hashed;
use super::name::Names;
use crate::change::Splice;

/// How the name of a new line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As it is.
    Plain,
    /// HashKnownHosts: hashed under a salt, which must be random.
    Hashed([u8; 20]),
}

/// Plans the line that makes a key known under the first of its names (hostfile.c:
/// add_host_to_hostfile), with the line feed that the text before it may lack.
///
/// `None` for a name that must not be recorded: see [`Names::recordable`].
pub fn plan_append(
    before: &[u8],
    names: &Names,
    key: &HostKey,
    spelling: Spelling,
) -> Option<Splice> {
    let line = render_line(names, key, spelling)?;
    let feed = if before.last().is_none_or(|last| *last == b'\n') { "" } else { "\n" };
    Some(Splice::insert(before.len(), format!("{feed}{line}")))
}

/// The line that makes a key known, with its line feed; `None` as in [`plan_append`].
pub fn render_line(names: &Names, key: &HostKey, spelling: Spelling) -> Option<String> {
    if !names.recordable() {
        return None;
    }
    let host = match spelling {
        Spelling::Plain => names.name().to_owned(),
        Spelling::Hashed(salt) => Hashed::new(names.name().as_bytes(), salt).to_string(),
    };
    Some(format!("{host} {}\n", key.to_line()))
}

#[cfg(test)]
mod tests {
    use super::super::file::{File, Scope};
    use super::super::key::tests::ed25519;
    use super::super::verdict::{KnownHosts, Verdict, verdict};
    use super::*;
    use crate::change::splice;

    fn appended(before: &str, names: &Names, spelling: Spelling) -> String {
        let plan = plan_append(before.as_bytes(), names, &ed25519(1), spelling).expect("a line");
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
        assert_eq!(plan_append(b"", &names, &ed25519(1), Spelling::Plain), None);
    }
}
