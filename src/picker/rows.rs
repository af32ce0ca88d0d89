//! PURE: what the picker shows: one line per profile, and a preview of the one under the cursor.
//!
//! The text of a row is also what is searched, padding and all, so that the places where a query
//! matches are the places on the screen. Everything shown is made visible first: names and notes
//! come from files.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::profile::Profile;
use crate::profile::rank::Usage;
use crate::ui::sanitize;

/// The columns that a column of the picker takes at most, so that one long name moves no other.
const WIDEST: usize = 40;

/// One line of the picker: `alias  user@host:port  #tags`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is shown and searched.
    pub text: String,
    /// Where the alias ends, in characters.
    pub alias_end: usize,
    /// Where the target ends, in characters.
    pub target_end: usize,
}

impl Row {
    /// The words alone, for a list that lines nothing up.
    pub fn words(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join("  ")
    }
}

/// Makes the rows of these profiles, in their order, with columns that line up.
pub fn rows(profiles: &[Profile]) -> Vec<Row> {
    let cells: Vec<[String; 3]> = profiles.iter().map(cells).collect();
    let widest = |column: usize| {
        cells.iter().map(|c| c[column].width()).filter(|&w| w <= WIDEST).max().unwrap_or(0)
    };
    let (first, second) = (widest(0), widest(1));
    cells.iter().map(|cells| row(cells, first, second)).collect()
}

fn cells(profile: &Profile) -> [String; 3] {
    let tags = profile.metadata.tags.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>();
    [
        sanitize::line(profile.alias.as_str()).into_owned(),
        sanitize::line(&profile.target()).into_owned(),
        sanitize::line(&tags.join(" ")).into_owned(),
    ]
}

fn row([alias, target, tags]: &[String; 3], first: usize, second: usize) -> Row {
    let mut text = alias.clone();
    let alias_end = text.chars().count();
    pad(&mut text, first.saturating_sub(alias.width()) + 2);
    text.push_str(target);
    let target_end = text.chars().count();
    if !tags.is_empty() {
        pad(&mut text, second.saturating_sub(target.width()) + 2);
        text.push_str(tags);
    }
    Row { text, alias_end, target_end }
}

fn pad(text: &mut String, blanks: usize) {
    text.extend(std::iter::repeat_n(' ', blanks));
}

/// What is known of a profile: the target, metadata, use, and its block as it stands in the file.
///
/// `block` holds the bytes of its `Host` block; `now` is in seconds since the epoch.
pub fn preview(profile: &Profile, block: Option<&[u8]>, usage: &Usage, now: u64) -> String {
    let Profile { alias, origin, metadata, .. } = profile;
    let mut out = format!("{alias}\n{}\n\n", profile.target());
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<8} {value}");
    };
    if let Some(jump) = &profile.jump {
        fact("via", jump);
    }
    if !metadata.tags.is_empty() {
        let tags: Vec<String> = metadata.tags.iter().map(|tag| format!("#{tag}")).collect();
        fact("tags", &tags.join(" "));
    }
    if let Some(note) = &metadata.note {
        fact("note", note);
    }
    if let Some(session) = metadata.session {
        fact("session", session.as_str());
    }
    if let Some(last) = usage.last(alias.as_str()) {
        fact("used", &ago(now.saturating_sub(last)));
    }
    for origin in &profile.depends_on {
        fact("may vary", &format!("{origin}, decided at connect"));
    }
    let mut out = sanitize::block(&out).into_owned();
    let _ = write!(out, "\n{}\n", sanitize::line(&origin.to_string()));
    for line in block.unwrap_or_default().split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let shown = line.split(|&byte| byte == b'\t').map(sanitize::bytes).collect::<Vec<_>>();
        let _ = writeln!(out, "{}", shown.join("    "));
    }
    out.truncate(out.trim_end().len());
    out
}

/// An age in words, in the largest unit that fits.
pub fn ago(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => return "just now".to_owned(),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..31_536_000 => (seconds / 86_400, "day"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::profile::Session;
    use crate::profile::tests::profile;

    fn tagged(alias: &str, tags: &[&str]) -> Profile {
        let mut profile = profile(alias);
        Arc::make_mut(&mut profile.metadata).tags =
            tags.iter().map(|&tag| tag.to_owned()).collect();
        profile
    }

    #[test]
    fn columns_line_up_and_their_ends_are_known() {
        let rows = rows(&[tagged("a", &["x", "y"]), tagged("web-1", &["z"]), profile("日本")]);
        let text: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(text, ["a      me@a      #x #y", "web-1  me@web-1  #z", "日本   me@日本"]);
        let cut = |row: &Row, end| row.text.chars().take(end).collect::<String>();
        assert_eq!(cut(&rows[0], rows[0].alias_end), "a");
        assert_eq!(cut(&rows[0], rows[0].target_end), "a      me@a");
        assert_eq!(rows[0].words(), "a  me@a  #x  #y");
    }

    #[test]
    fn one_long_name_moves_no_other_row() {
        let rows = rows(&[profile(&"l".repeat(60)), profile("a")]);
        assert_eq!(rows[1].text, "a  me@a");
    }

    #[test]
    fn nothing_shown_moves_a_cursor() {
        let rows = rows(&[tagged("a\x1b[2J", &["\u{202e}t"])]);
        assert_eq!(rows[0].text, "a\\x1b[2J  me@a\\x1b[2j  #<U+202E>t");
        let text = preview(
            &tagged("a\r", &["b\x07"]),
            Some(b"Host a\r\n\tUser \x1b]52;c;x\x07\xe9\n"),
            &Usage::default(),
            0,
        );
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        assert!(text.contains("Host a\n    User \\x1b]52;c;x\\x07\\xe9"), "{text}");
    }

    #[test]
    fn a_preview_tells_what_is_known() {
        let mut known = tagged("web", &["prod"]);
        known.jump = Some("bastion".to_owned());
        let metadata = Arc::make_mut(&mut known.metadata);
        metadata.note = Some("the old one".to_owned());
        metadata.session = Some(Session::Builtin);
        known.depends_on.push(known.origin.clone());
        let mut usage = Usage::default();
        usage.note("web", 1_000);
        let text = preview(&known, Some(b"Host web\n  HostName web\n"), &usage, 1_000 + 7_300);
        assert_eq!(
            text,
            "web\nme@web\n\nvia      bastion\ntags     #prod\nnote     the old one\n\
             session  builtin\nused     2 hours ago\nmay vary /h/config:1, decided at connect\n\n\
             /h/config:1\nHost web\n  HostName web"
        );
    }

    #[test]
    fn ages_in_words() {
        let cases = [
            (0, "just now"),
            (60, "1 minute ago"),
            (7_200, "2 hours ago"),
            (86_400, "1 day ago"),
            (800 * 86_400, "2 years ago"),
        ];
        for (seconds, words) in cases {
            assert_eq!(ago(seconds), words);
        }
    }
}
