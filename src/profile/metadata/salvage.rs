//! What can be read of a `profiles.toml` that cannot be read whole: its tables, one by one.
//!
//! A table that can be read by itself stays as it is, byte for byte; one that cannot is left out and
//! told, with its line. Nothing is guessed: whether a broken part hides pins is decided by what it
//! says, and where it does not say whose they are, by the names that it could mean.

use std::ops::Range;

use toml_edit::DocumentMut;

use super::fault::{Fault, PINS};
use crate::toml;

/// In how many tables that only clash with others (a name twice) are looked for.
const CLASHES: usize = 64;

/// The parts of the file that can be read, put together, and the faults of the others.
pub(super) fn salvage(text: &[u8]) -> (Vec<u8>, Vec<Fault>) {
    let mut good = Vec::new();
    let mut faults = Vec::new();
    let parts = parts(text);
    let apart = parts.is_some();
    let fault = |part: &Range<usize>, at, message| fault(text, part, apart, at, message);
    for part in parts.unwrap_or_else(|| std::iter::once(0..text.len()).collect()) {
        match parse(&text[part.clone()]) {
            Ok(()) => good.push(part),
            Err((at, message)) => faults.push(fault(&part, part.start + at, message)),
        }
    }
    for _ in 0..CLASHES {
        let together = join(text, &good);
        let Err((at, message)) = parse(&together) else {
            faults.sort_by_key(|fault| fault.line);
            return (together, faults);
        };
        let mut end = 0;
        let ends = |part: &Range<usize>| {
            end += part.len();
            end > at
        };
        let clashing = good.iter().position(ends).unwrap_or(good.len() - 1);
        let part = good.remove(clashing);
        let before: usize = good[..clashing].iter().map(Range::len).sum();
        faults.push(fault(&part, part.start + at.saturating_sub(before), message));
    }
    faults.extend(good.iter().map(|part| fault(part, part.start, "too much is twice".into())));
    faults.sort_by_key(|fault| fault.line);
    (Vec::new(), faults)
}

fn join(text: &[u8], parts: &[Range<usize>]) -> Vec<u8> {
    parts.iter().flat_map(|part| &text[part.clone()]).copied().collect()
}

/// Whether a text is TOML; else the offset of the fault and what the parser says.
fn parse(text: &[u8]) -> Result<(), (usize, String)> {
    toml::parse(text).map(drop)
}

/// Where the tables of a file stand, each with the comments directly above it, and what is before
/// the first one. `None` where a bracket at the beginning of a line says nothing, for there are
/// strings of several lines.
fn parts(text: &[u8]) -> Option<Vec<Range<usize>>> {
    let has = |quotes| memchr::memmem::find(text, quotes).is_some();
    if has(b"\"\"\"") || has(b"'''") {
        return None;
    }
    let mut starts = vec![0];
    let (mut at, mut comments) = (0, None);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match line.trim_ascii_start().first() {
            Some(b'[') => {
                starts.push(comments.unwrap_or(at));
                comments = None;
            }
            Some(b'#') => comments = comments.or(Some(at)),
            _ => comments = None,
        }
        at += line.len();
    }
    starts.push(text.len());
    let parts = starts.windows(2).map(|pair| pair[0]..pair[1]);
    Some(parts.filter(|part| !part.is_empty()).collect())
}

/// A fault in a part: whom it is about is what the header says, if that can be read and the part
/// is one table.
fn fault(text: &[u8], part: &Range<usize>, apart: bool, at: usize, message: String) -> Fault {
    let own = &text[part.clone()];
    let mut lines = own.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let header = lines.clone().find(|line| line.starts_with(b"[")).filter(|_| apart);
    let name = header.and_then(|header| {
        let header: DocumentMut = std::str::from_utf8(header).ok()?.parse().ok()?;
        header.iter().next().map(|(name, _)| name.to_owned())
    });
    let headless = apart && header.is_none() && lines.any(|line| line.starts_with(PINS.as_bytes()));
    let names = match header {
        Some(header) => String::from_utf8_lossy(header).into_owned(),
        // The profile of these pins is not known.
        None if headless => "\\".to_owned(),
        None => String::from_utf8_lossy(own).into_owned(),
    };
    let pins = memchr::memmem::find(own, PINS.as_bytes()).is_some();
    Fault { alias: name, pins, names, ..Fault::at(text, at, message) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn case(text: &str, good: &str, faults: &[(usize, Option<&str>, bool)]) {
        let (together, found) = salvage(text.as_bytes());
        assert_eq!(String::from_utf8_lossy(&together), good, "{found:?}");
        let told = found.iter().map(|f| (f.line, f.alias.as_deref(), f.pins));
        assert_eq!(told.collect::<Vec<_>>(), faults, "{found:?}");
    }

    #[test]
    fn tables_that_can_be_read_stay_as_they_are() {
        let (one, two) = ("# mine\n[one] # x\nnote = 'n'\n\n", "# two\n[two]\ntags = ['t']\n");
        case(&format!("{one}{two}"), &format!("{one}{two}"), &[]);
        let broken = "# of web\n[web]\nnote = \nhost_keys = ['x']\n";
        case(&format!("{one}{broken}{two}"), &format!("{one}{two}"), &[(7, Some("web"), true)]);
        // An open list would swallow what follows it.
        let open = "[web]\ntags = ['a'\n";
        case(&format!("{open}{two}"), two, &[(2, Some("web"), false)]);
        case(&format!("[web\nhost_keys = []\n{two}"), two, &[(1, None, true)]);
        case(&format!("{two}[two]\nnote = 'n'\n"), two, &[(4, Some("two"), false)]);
        case(&format!("[[web]]\nhost_keys = [\n{two}"), two, &[(2, Some("web"), true)]);
        case(open, "", &[(2, Some("web"), false)]);
        case("", "", &[]);
    }

    #[test]
    fn pins_are_hidden_only_where_their_profile_could_be_meant() {
        let hidden = |text: &[u8], alias| salvage(text).1.iter().any(|f| f.hides_pins_of(alias));
        let open = b"[web\nhost_keys = ['x']\n[db]\nnote = 'n'\n";
        assert!(hidden(open, "web") && !hidden(open, "db") && !hidden(open, "other"));
        let escaped = b"[\"w\\u0065b\nhost_keys = ['x']\n";
        assert!(hidden(escaped, "web"));
        let headless = b"host_keys = ['x'\n[db]\n";
        assert!(hidden(headless, "web") && hidden(headless, "db"));
        let multi = b"[web]\nnote = \"\"\"\n[db]\n\nhost_keys = []\n";
        assert!(hidden(multi, "web") && hidden(multi, "db") && !hidden(multi, "other"));
        let latin = b"[web]\nnote = '\xe9'\nhost_keys = ['x']\n[db]\n";
        assert!(hidden(latin, "web") && !hidden(latin, "db"));
        assert!(!hidden(b"[web]\nnote = \n", "web"));
    }

    proptest! {
        #[test]
        fn whatever_is_left_is_toml_and_was_there(
            text in "(\\[?[ab]?\\]?( ?=? ?['\"\\[\\]#a1,]{0,4})?\n){0,9}",
        ) {
            let (good, faults) = salvage(text.as_bytes());
            prop_assert!(parse(&good).is_ok());
            prop_assert_eq!(faults.is_empty(), parse(text.as_bytes()).is_ok());
            // What is left are lines of the text, in their order.
            let mut lines = text.split_inclusive('\n');
            for line in std::str::from_utf8(&good).unwrap().split_inclusive('\n') {
                prop_assert!(lines.any(|own| own == line));
            }
        }
    }
}
