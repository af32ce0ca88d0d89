//! Ranges in names of hosts: `web[01:20]`, `db-[a:f]`, `[1:9:2]`.

/// The most hosts that ranges of an inventory make.
pub(super) const MOST: usize = 10_000;

/// The names that a pattern stands for; itself where it has no range. `None` where they are more than
/// `most`.
pub(super) fn expand(pattern: &str, most: usize) -> Option<Vec<String>> {
    let mut names = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, range, after)) = next(rest) {
        let parts = range.parts(most)?;
        if names.len().checked_mul(parts.len())? > most {
            return None;
        }
        names = names
            .iter()
            .flat_map(|name| parts.iter().map(move |part| format!("{name}{before}{part}")))
            .collect();
        rest = after;
    }
    Some(names.into_iter().map(|name| name + rest).collect())
}

struct Range<'a> {
    first: &'a str,
    last: &'a str,
    step: usize,
}

/// What stands before the first range, the range, and what follows. An address in brackets is none.
fn next(text: &str) -> Option<(&str, Range<'_>, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('[').map(|at| from + at) {
        let close = open + text[open..].find(']')?;
        if let Some(range) = Range::parse(&text[open + 1..close]) {
            return Some((&text[..open], range, &text[close + 1..]));
        }
        from = close;
    }
    None
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(':');
        let (first, last) = (parts.next()?, parts.next()?);
        let step =
            parts.next().map_or(Some(1), |step| step.parse().ok()).filter(|step| *step > 0)?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let is_letter =
            |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_alphabetic());
        // Without its first number a range begins at 0.
        let first = if first.is_empty() && is_number(last) { "0" } else { first };
        let is_range =
            (is_number(first) && is_number(last)) || (is_letter(first) && is_letter(last));
        (is_range && parts.next().is_none()).then_some(Range { first, last, step })
    }

    /// `None` where there are more than `most`.
    fn parts(&self, most: usize) -> Option<Vec<String>> {
        let few = |count: usize| (count <= most.saturating_mul(self.step)).then_some(());
        if let (Some(first), Some(last)) = (letter(self.first), letter(self.last)) {
            few(usize::from(last.saturating_sub(first)) + 1)?;
            let letters = (first..=last).step_by(self.step);
            return Some(letters.map(|letter| char::from(letter).to_string()).collect());
        }
        let (first, last): (usize, usize) = (self.first.parse().ok()?, self.last.parse().ok()?);
        few(last.saturating_sub(first).checked_add(1)?)?;
        // A leading zero says how many digits all have.
        let width = if self.first.starts_with('0') { self.first.len() } else { 0 };
        Some((first..=last).step_by(self.step).map(|number| format!("{number:0width$}")).collect())
    }
}

fn letter(text: &str) -> Option<u8> {
    text.bytes().next().filter(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_numbers_and_letters() {
        for (pattern, names) in [
            ("web", &["web"][..]),
            ("web[01:03].x", &["web01.x", "web02.x", "web03.x"]),
            ("w[8:10]", &["w8", "w9", "w10"]),
            ("[1:5:2]", &["1", "3", "5"]),
            ("w[:2]", &["w0", "w1", "w2"]),
            ("[a:b]-[1:2]", &["a-1", "a-2", "b-1", "b-2"]),
            ("[2001:db8::1]", &["[2001:db8::1]"]),
            ("[::1]:22", &["[::1]:22"]),
            ("w[3:1]", &[]),
            ("w[1:2", &["w[1:2"]),
            ("w[1:2:0]", &["w[1:2:0]"]),
        ] {
            assert_eq!(expand(pattern, MOST).unwrap(), names, "{pattern}");
        }
    }

    #[test]
    fn too_many_are_none() {
        for pattern in
            ["w[1:10001]", "[1:200][1:200]", "[0:99999999999999]", "[0:18446744073709551615]"]
        {
            assert_eq!(expand(pattern, MOST), None, "{pattern}");
        }
        assert_eq!(expand("w[1:100000:10]", MOST).unwrap().len(), 10_000);
    }
}
