//! How long ago something was, in its largest unit.

/// Renders an age in seconds: `just now`, `5 min ago`, `3 h ago`, `2 d ago`, `4 y ago`.
#[must_use]
pub fn render_ago(seconds: u64) -> String {
    const YEAR: u64 = 365 * 86_400;
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..YEAR => format!("{} d ago", seconds / 86_400),
        _ => format!("{} y ago", seconds / YEAR),
    }
}

#[cfg(test)]
mod tests {
    use super::render_ago;

    #[test]
    fn the_largest_unit_is_shown() {
        let shown = [5, 61, 7_200, 200_000, 800 * 86_400].map(render_ago);
        assert_eq!(shown, ["just now", "1 min ago", "2 h ago", "2 d ago", "2 y ago"]);
    }
}
