//! PURE: what the picker shows: one line per profile, in columns that fit, and a preview of the one
//! under the cursor.
//!
//! What is searched is the text of a row; what is shown are its columns, cut to the width of the
//! screen, and where a query matches in the text is known in the columns. Everything shown is made
//! visible first: names and notes come from files.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::profile::Profile;
use crate::profile::query::SearchText;
use crate::profile::rank::Usage;
use crate::settings::Column;
use crate::ui::age::render_ago;
use crate::ui::sanitize;
use crate::unicode::LookAlikes;

/// The cells that a column takes at most, so that one long name moves no other.
const WIDEST: usize = 40;
/// The blanks between columns.
const BETWEEN: usize = 2;
/// A column is rather left out than cut to fewer cells than this.
const NARROWEST: usize = 8;
/// What is left out where the screen is narrow, the first of these first.
const LEFT_OUT: [Column; 4] = [Column::Note, Column::Jump, Column::Used, Column::Tags];

/// One line of the picker.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it stands for.
    pub profile: Profile,
    /// What a query searches; see [`SearchText`].
    pub text: String,
    /// Where the parts stand in it, in bytes.
    parts: [Range<usize>; 5],
    /// When it was last used, in words.
    used: String,
}

/// The columns that stand in the text.
const PARTS: [Column; 5] =
    [Column::Alias, Column::Target, Column::Tags, Column::Jump, Column::Note];

impl Row {
    /// The row of a profile among those that look like another; `now` is in seconds since the epoch.
    pub fn new(profile: Profile, alikes: &LookAlikes, usage: &Usage, now: u64) -> Self {
        let last = usage.last(profile.alias.as_str());
        let used = last.map(|last| render_ago(now.saturating_sub(last))).unwrap_or_default();
        let name = alikes.tell(sanitize::name(profile.alias.as_str()));
        let SearchText { text, parts } = SearchText::new(&profile, &name, sanitize::line);
        Row { profile, text, parts, used }
    }

    /// Where a column stands in the text, in bytes; nowhere for one that is not searched.
    pub fn part(&self, column: Column) -> Range<usize> {
        let at = PARTS.iter().position(|part| *part == column);
        at.map_or(0..0, |at| self.parts[at].clone())
    }

    /// What a column shows.
    pub fn cell(&self, column: Column) -> &str {
        if column == Column::Used { &self.used } else { &self.text[self.part(column)] }
    }

    /// The cells of a list that lines nothing up.
    pub fn words(&self, columns: &[Column]) -> String {
        let cells: Vec<_> = columns.iter().map(|column| self.cell(*column)).collect();
        cells.into_iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("  ")
    }
}

/// The rows of these profiles, in their order, each as if it were alone.
pub fn rows(profiles: Vec<Profile>, usage: &Usage, now: u64) -> Vec<Arc<Row>> {
    let alikes = LookAlikes::default();
    let row = |profile| Arc::new(Row::new(profile, &alikes, usage, now));
    profiles.into_iter().map(row).collect()
}

fn tags(profile: &Profile) -> String {
    let tags = profile.metadata.all_tags();
    tags.map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" ")
}

/// The cells that a text takes.
fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// How wide each column would like to be: as its widest cell, but for very long ones.
pub fn widths(columns: &[Column], rows: &[Arc<Row>]) -> Vec<(Column, usize)> {
    let wished = |column: &Column| {
        let cells = rows.iter().map(|row| width(row.cell(*column)));
        (*column, cells.map(|cell| cell.min(WIDEST)).max().unwrap_or(0))
    };
    columns.iter().map(wished).collect()
}

/// The columns that are shown in so many cells, and how wide each is. Where there is not enough room,
/// the least useful are left out, and then the widest of the rest gives way; the alias stays.
pub fn fit(wished: &[(Column, usize)], room: usize) -> Vec<(Column, usize)> {
    let mut shown: Vec<(Column, usize)> =
        wished.iter().copied().filter(|(_, width)| *width > 0).collect();
    let needed = |shown: &[(Column, usize)]| {
        shown.iter().map(|(_, width)| width + BETWEEN).sum::<usize>().saturating_sub(BETWEEN)
    };
    for column in LEFT_OUT {
        if needed(&shown) > room {
            shown.retain(|(other, _)| *other != column);
        }
    }
    let two = |shown: &[(Column, usize)]| shown.iter().any(|(column, _)| *column == Column::Target);
    if two(&shown) && room < NARROWEST * 2 + BETWEEN {
        shown.retain(|(column, _)| *column != Column::Target);
    }
    while needed(&shown) > room {
        match shown.iter_mut().max_by_key(|(_, width)| *width) {
            Some((_, widest)) if *widest > 1 => *widest -= 1,
            _ => break,
        }
    }
    shown
}

/// A piece of a line: some of a cell, or blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What is shown.
    pub text: &'a str,
    /// Whose cell it is; `None` for blanks and `…`.
    pub column: Option<Column>,
    /// Where it begins in the searched text, in bytes.
    pub at: Option<usize>,
}

/// The line of a row in columns that were fitted.
pub fn line<'a>(row: &'a Row, columns: &[(Column, usize)]) -> Vec<Piece<'a>> {
    const BLANKS: &str = "                                                                ";
    let mut pieces = Vec::with_capacity(columns.len() * 2);
    let mut blanks = 0;
    for &(column, room) in columns {
        let cell = row.cell(column);
        let at = (column != Column::Used).then(|| row.part(column).start);
        if blanks > 0 && !cell.is_empty() {
            let text = &BLANKS[..blanks.min(BLANKS.len())];
            pieces.push(Piece { text, column: None, at: None });
            blanks = 0;
        }
        let full = width(cell);
        let mut used = full;
        if full <= room {
            pieces.push(Piece { text: cell, column: Some(column), at });
        } else {
            let shown = beginning(cell, room.saturating_sub(1));
            used = width(shown) + 1;
            pieces.push(Piece { text: shown, column: Some(column), at });
            pieces.push(Piece { text: "…", column: None, at: None });
        }
        blanks += (room + BETWEEN).saturating_sub(used);
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// As much of the beginning of a text as so many cells hold. Marks stay on what they combine with.
fn beginning(text: &str, room: usize) -> &str {
    let mut left = room;
    for (at, c) in text.char_indices() {
        match left.checked_sub(c.width().unwrap_or(0)) {
            Some(rest) => left = rest,
            None => return &text[..at],
        }
    }
    text
}

/// What is known of a profile beside the config and the metadata.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Why ssh refuses the config for it, part by part.
    pub refused: Vec<String>,
    /// The bytes of its `Host` block.
    pub block: Option<Vec<u8>>,
    /// Options from other blocks: `User deploy`, and where that stands.
    pub elsewhere: Vec<(String, String)>,
    /// Its keys, and what is the matter with each.
    pub keys: Vec<(String, String)>,
    /// What known_hosts holds for it.
    pub known: Option<String>,
}

/// What the pane beside the rows shows.
pub fn preview(row: &Row, details: &Details) -> String {
    let profile = &row.profile;
    let Profile { origin, metadata, .. } = profile;
    let alias = row.cell(Column::Alias);
    let star = if metadata.favorite { "  (favorite)" } else { "" };
    let mut out = format!("{alias}{star}\n{}\n\n", profile.target());
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(out, "{name:<8} {value}");
    };
    for (at, why) in details.refused.iter().enumerate() {
        fact(if at == 0 { "refused" } else { "" }, why);
    }
    if let Some(jump) = &profile.jump {
        fact("via", jump);
    }
    if metadata.all_tags().next().is_some() {
        fact("tags", &tags(profile));
    }
    if let Some(note) = &metadata.note {
        fact("note", note);
    }
    if let Some(session) = metadata.session {
        fact("session", session.as_str());
    }
    if let Some(found) = metadata.found() {
        fact("from", &found);
    }
    if !row.used.is_empty() {
        fact("used", &row.used);
    }
    for (key, state) in &details.keys {
        fact("key", &format!("{key}  {state}"));
    }
    if let Some(known) = &details.known {
        fact("host key", known);
    }
    for origin in &profile.depends_on {
        fact("may vary", &format!("{origin}, decided at connect"));
    }
    let mut out = sanitize::block(&out).into_owned();
    let _ = write!(out, "\n{}\n", sanitize::line(&origin.to_string()));
    for line in details.block.as_deref().unwrap_or_default().split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let shown = line.split(|&byte| byte == b'\t').map(sanitize::bytes).collect::<Vec<_>>();
        let _ = writeln!(out, "{}", shown.join("    "));
    }
    out.truncate(out.trim_end().len());
    if !details.elsewhere.is_empty() {
        out.push_str("\n\ninherited\n");
        for (option, origin) in &details.elsewhere {
            let _ = writeln!(out, "{}  ({})", sanitize::line(option), sanitize::line(origin));
        }
        out.truncate(out.trim_end().len());
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::profile::Session;
    use crate::profile::tests::profile;

    const ALL: [Column; 5] =
        [Column::Alias, Column::Target, Column::Tags, Column::Used, Column::Jump];

    fn tagged(alias: &str, tags: &[&str]) -> Profile {
        let mut profile = profile(alias);
        Arc::make_mut(&mut profile.metadata).tags =
            tags.iter().map(|&tag| tag.to_owned()).collect();
        profile
    }

    fn made(profiles: Vec<Profile>) -> Vec<Arc<Row>> {
        rows(profiles, &Usage::default(), 0)
    }

    /// Rows of `me@NAME`, one for each name.
    pub(in crate::picker) fn named(aliases: &[&str]) -> Vec<Arc<Row>> {
        made(aliases.iter().map(|alias| profile(alias)).collect())
    }

    fn shown(rows: &[Arc<Row>], room: usize) -> Vec<String> {
        let columns = fit(&widths(&ALL, rows), room);
        let text =
            |row: &Arc<Row>| line(row, &columns).iter().map(|piece| piece.text).collect::<String>();
        rows.iter().map(text).collect()
    }

    #[test]
    fn columns_line_up_and_know_their_place_in_the_text() {
        let rows = made(vec![tagged("a", &["x", "y"]), tagged("web-1", &["z"]), profile("日本")]);
        assert_eq!(
            shown(&rows, 80),
            ["a      me@a      #x #y", "web-1  me@web-1  #z", "日本   me@日本"]
        );
        for row in &rows {
            for piece in line(row, &fit(&widths(&ALL, &rows), 12)) {
                if let (Some(at), Some(_)) = (piece.at, piece.column) {
                    assert!(row.text[at..].starts_with(piece.text), "{piece:?}");
                }
            }
        }
        assert_eq!(rows[0].words(&ALL), "a  me@a  #x #y");
    }

    #[test]
    fn narrow_screens_show_what_matters_most() {
        let mut far = tagged("web-server", &["production"]);
        far.jump = Some("bastion".to_owned());
        let mut usage = Usage::default();
        usage.note("web-server", 0);
        let rows = rows(vec![far], &usage, 7_200);
        for (room, line) in [
            (60, "web-server  me@web-server  #production  2 h ago  bastion"),
            (47, "web-server  me@web-server  #production  2 h ago"),
            (40, "web-server  me@web-server  #production"),
            (30, "web-server  me@web-server"),
            (20, "web-serv…  me@web-s…"),
            (12, "web-server"),
            (6, "web-s…"),
            (1, "…"),
        ] {
            assert_eq!(shown(&rows, room), [line], "{room}");
            assert!(width(line) <= room.max(1));
        }
    }

    #[test]
    fn wide_and_combining_characters_are_cut_whole() {
        let rows = made(vec![profile("日本日本"), profile("cafe\u{301}-été")]);
        for room in 1..30 {
            for line in shown(&rows, room) {
                assert!(width(&line) <= room, "{room}: {line:?}");
            }
        }
        assert_eq!(beginning("日本", 3), "日");
        assert_eq!(beginning("cafe\u{301}x", 4), "cafe\u{301}");
    }

    #[test]
    fn one_long_name_moves_no_other_row_far() {
        let rows = made(vec![profile(&"l".repeat(60)), profile("a")]);
        assert_eq!(shown(&rows, 200)[1], format!("a{}me@a", " ".repeat(WIDEST + 1)));
        assert!(shown(&rows, 200)[0].starts_with(&format!("{}…  ", "l".repeat(WIDEST - 1))));
    }

    #[test]
    fn nothing_shown_moves_a_cursor() {
        let rows = made(vec![tagged("a\x1b[2J", &["\u{202e}t"])]);
        assert_eq!(rows[0].text, "a\\x1b[2J  me@a\\x1b[2j  #<U+202E>t");
        let hostile = made(vec![tagged("a\r", &["b\x07"])]);
        let details = Details {
            refused: vec!["\x1b".to_owned()],
            block: Some(b"Host a\r\n\tUser \x1b]52;c;x\x07\xe9\n".to_vec()),
            elsewhere: vec![("User \x1b[2J".to_owned(), "f\x07".to_owned())],
            keys: vec![("\x1bk".to_owned(), "\x07".to_owned())],
            known: Some("\x1b".to_owned()),
        };
        let text = preview(&hostile[0], &details);
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
        metadata.favorite = true;
        metadata.source = Some("aws:i-0a".to_owned());
        metadata.stale = Some("2026-11-30".to_owned());
        known.depends_on.push(known.origin.clone());
        let mut usage = Usage::default();
        usage.note("web", 1_000);
        let row = Row::new(known, &LookAlikes::default(), &usage, 1_000 + 7_300);
        let details = Details {
            refused: ["/h/config:9", "your ssh (9.2) refuses Tag"].map(str::to_owned).to_vec(),
            block: Some(b"Host web\n  HostName web\n".to_vec()),
            elsewhere: vec![("User me".to_owned(), "/h/config:9".to_owned())],
            keys: vec![("~/.ssh/id".to_owned(), "ed25519, no passphrase".to_owned())],
            known: Some("ED25519".to_owned()),
        };
        assert_eq!(
            preview(&row, &details),
            "web  (favorite)\nme@web\n\nrefused  /h/config:9\n\x20        your ssh (9.2) refuses Tag\nvia      bastion\ntags     #prod #stale\nnote     the old one\n\
             session  builtin\nfrom     i-0a of aws, not there since 2026-11-30\nused     2 h ago\nkey      ~/.ssh/id  ed25519, no passphrase\n\
             host key ED25519\nmay vary /h/config:1, decided at connect\n\n\
             /h/config:1\nHost web\n  HostName web\n\ninherited\nUser me  (/h/config:9)"
        );
    }
}
