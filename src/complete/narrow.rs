//! PURE: leaves out of a config what cannot matter to the names that begin in some way.
//!
//! A block `Host a b` of plain names says nothing about any other name. Of a hundred thousand such
//! blocks a Tab press needs a few, and finding the others' first lines is all that is done to them.
//! Whatever looks unusual stays: quotes, patterns, `Match`.

use memchr::memchr;

/// What stays of the blocks that stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// `Host`, `Match` and `Include` lines: enough for the names.
    Names,
    /// All lines: enough for what the names mean.
    Lines,
}

/// What a line is.
enum Line<'a> {
    /// `Host`, with what follows.
    Host(&'a [u8]),
    /// `Match`.
    Match,
    /// `Include`.
    Include,
    /// Anything else.
    Other,
}

/// The config without the blocks of plain names none of which begins so, in any case.
pub(super) fn narrow(text: &[u8], beginning: &str, keep: Keep) -> Vec<u8> {
    let mut out = Vec::with_capacity(if beginning.is_empty() { text.len() } else { 4096 });
    let mut stays = true;
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |feed| feed + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let names_it = match line_of(line) {
            Line::Host(names) => {
                stays = may_name(names, beginning.as_bytes());
                true
            }
            Line::Match => {
                stays = true;
                true
            }
            Line::Include => true,
            Line::Other => false,
        };
        if stays && (names_it || keep == Keep::Lines) {
            out.extend_from_slice(line);
        }
    }
    out
}

fn line_of(line: &[u8]) -> Line<'_> {
    let start = line.iter().position(|&byte| byte > b' ' && byte != b'"').unwrap_or(line.len());
    let line = &line[start..];
    // Most lines end here.
    let word: &[u8] = match line.first() {
        Some(b'h' | b'H') => b"host",
        Some(b'm' | b'M') => b"match",
        Some(b'i' | b'I') => b"include",
        _ => return Line::Other,
    };
    let Some((head, rest)) = line.split_at_checked(word.len()) else { return Line::Other };
    if !head.eq_ignore_ascii_case(word) || rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return Line::Other;
    }
    match word {
        b"host" => Line::Host(rest),
        b"match" => Line::Match,
        _ => Line::Include,
    }
}

/// Whether one of the names begins so, or they are not all plain.
fn may_name(names: &[u8], beginning: &[u8]) -> bool {
    let plain = |&byte: &u8| byte.is_ascii_alphanumeric() || b"-._:@/ \t\r\n".contains(&byte);
    !names.iter().all(plain)
        || names.split(u8::is_ascii_whitespace).any(|name| {
            name.get(..beginning.len()).is_some_and(|head| head.eq_ignore_ascii_case(beginning))
                && !name.is_empty()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# above
User global
Include more
Host web-1 db
  HostName one
  Include inner
Host db-2
  HostName two
  hostname three

# between
HOST\tWEB-2
  Port 1
Host *.example
  User wild
Host \"odd name\"
  User odd
Host=web
Match host db
  User matched
";

    fn narrowed(beginning: &str, keep: Keep) -> String {
        String::from_utf8(narrow(CONFIG.as_bytes(), beginning, keep)).expect("UTF-8")
    }

    #[test]
    fn only_blocks_of_other_plain_names_go() {
        let without =
            CONFIG.replace("Host db-2\n  HostName two\n  hostname three\n\n# between\n", "");
        assert_eq!(narrowed("we", Keep::Lines), without);
        assert_eq!(narrowed("", Keep::Lines), CONFIG);
    }

    #[test]
    fn names_need_only_headers_and_includes() {
        assert_eq!(
            narrowed("web-1", Keep::Names),
            "Include more\nHost web-1 db\n  Include inner\nHost *.example\nHost \"odd name\"\n\
             Host=web\nMatch host db\n"
        );
    }

    #[test]
    fn the_names_found_are_those_of_the_whole_config() {
        use sshp_config::syntax::Document;
        let hosts = |text: &[u8]| -> Vec<Vec<u8>> {
            let document = Document::parse(text);
            let lines = document.directives().iter();
            let hosts = lines.filter(|line| document.keyword(line).eq_ignore_ascii_case(b"host"));
            hosts
                .flat_map(|line| document.words(line).flatten())
                .map(|w| w.value.to_vec())
                .collect()
        };
        for beginning in ["", "w", "web-", "db", "odd", "zzz"] {
            let begins = |name: &Vec<u8>| name.starts_with(beginning.as_bytes());
            let of = |text: &[u8]| hosts(text).into_iter().filter(begins).collect::<Vec<_>>();
            let all = of(CONFIG.as_bytes());
            for keep in [Keep::Names, Keep::Lines] {
                assert_eq!(of(&narrow(CONFIG.as_bytes(), beginning, keep)), all, "{beginning}");
            }
        }
    }
}
