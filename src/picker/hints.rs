//! PURE: the line that says what the keys do, as much of it as there is room for.

use crate::settings::key::render_key;

/// One key and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key, `alt-e`.
    pub key: String,
    /// What it does; where room is scarce, its first word alone.
    pub what: String,
}

/// The keys that stand together behind one `Alt:`.
const GROUP: &str = "alt-";

/// Renders the hints, the most useful first, in so many cells: all in full, else those with Alt
/// behind one `Alt:`, else as many of these as fit. `strong` is what makes a key stand out.
pub fn render_hints(hints: &[Hint], room: usize, strong: (&str, &str)) -> String {
    let full: Vec<(String, &str)> =
        hints.iter().map(|hint| (render_key(&hint.key), hint.what.as_str())).collect();
    if let Some(line) = joined(&full, "  ", room, strong) {
        return line;
    }
    (0..=hints.len())
        .rev()
        .find_map(|most| grouped(&hints[..most], room, strong))
        .unwrap_or_default()
}

fn grouped(hints: &[Hint], room: usize, strong: (&str, &str)) -> Option<String> {
    let (group, alone): (Vec<&Hint>, Vec<&Hint>) =
        hints.iter().partition(|hint| hint.key.starts_with(GROUP));
    let short = |hint: &Hint, key: &str| {
        let what = hint.what.split(' ').next().unwrap_or_default().to_owned();
        (render_key(key), what)
    };
    let alone: Vec<_> = alone.into_iter().map(|hint| short(hint, &hint.key)).collect();
    let group: Vec<_> =
        group.into_iter().map(|hint| short(hint, &hint.key[GROUP.len()..])).collect();
    let mut line = joined(&as_str(&alone), "  ", room, strong)?;
    if !group.is_empty() {
        let lead = if alone.is_empty() { "Alt: " } else { "  Alt: " };
        let used = length(&alone, 2) + lead.len();
        line = line + lead + &joined(&as_str(&group), " ", room.checked_sub(used)?, strong)?;
    }
    Some(line)
}

fn as_str(hints: &[(String, String)]) -> Vec<(String, &str)> {
    hints.iter().map(|(key, what)| (key.clone(), what.as_str())).collect()
}

/// The cells of hints with so many blanks between them.
fn length(hints: &[(String, String)], between: usize) -> usize {
    let cells = hints.iter().map(|(key, what)| key.len() + 1 + what.len() + between);
    cells.sum::<usize>().saturating_sub(between)
}

fn joined(
    hints: &[(String, &str)],
    between: &str,
    room: usize,
    (on, off): (&str, &str),
) -> Option<String> {
    let mut line = String::new();
    let mut used = 0;
    for (key, what) in hints {
        if used > 0 {
            line.push_str(between);
            used += between.len();
        }
        line.push_str(&format!("{on}{key}{off} {what}"));
        used += key.len() + 1 + what.len();
    }
    (used <= room).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints() -> Vec<Hint> {
        [
            ("enter", "connect"),
            ("alt-enter", "other session"),
            ("alt-e", "edit"),
            ("alt-n", "new"),
            ("alt-c", "copy"),
            ("alt-p", "preview"),
            ("alt-t", "tag"),
            ("alt-d", "doctor"),
        ]
        .map(|(key, what)| Hint { key: key.to_owned(), what: what.to_owned() })
        .to_vec()
    }

    #[test]
    fn as_much_is_said_as_there_is_room_for() {
        for (room, line) in [
            (
                200,
                "Enter connect  Alt-Enter other session  Alt-E edit  Alt-N new  Alt-C copy  \
                 Alt-P preview  Alt-T tag  Alt-D doctor",
            ),
            (78, "Enter connect  Alt: Enter other E edit N new C copy P preview T tag D doctor"),
            (60, "Enter connect  Alt: Enter other E edit N new C copy"),
            (58, "Enter connect  Alt: Enter other E edit N new C copy"),
            (18, "Enter connect"),
            (3, ""),
        ] {
            let shown = render_hints(&hints(), room, ("", ""));
            assert_eq!(shown, line, "{room}");
            assert!(shown.len() <= room);
        }
    }

    #[test]
    fn keys_without_alt_stand_by_themselves() {
        let mut hints = hints();
        hints[2].key = "f4".to_owned();
        assert_eq!(
            render_hints(&hints[..4], 50, ("", "")),
            "Enter connect  F4 edit  Alt: Enter other N new"
        );
        assert_eq!(render_hints(&hints[..1], 20, ("<", ">")), "<Enter> connect");
    }
}
