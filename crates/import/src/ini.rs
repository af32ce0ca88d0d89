//! The INI dialects of session managers: sections, and `name=value` lines in which nothing is special,
//! neither `;` nor `#` nor `%`.

/// A section, and its lines in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Section<'a> {
    /// What stands in brackets; empty for the lines before the first section.
    pub(crate) name: &'a str,
    /// Names and values as they stand there.
    pub(crate) lines: Vec<(&'a str, &'a str)>,
}

impl<'a> Section<'a> {
    /// The value of a name; case does not count.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let mut lines = self.lines.iter();
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// Reads all sections; a line without `=` is passed over.
pub(crate) fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections = vec![Section::default()];
    for line in text.lines() {
        let bare = line.trim();
        if let Some(name) = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            sections.push(Section { name, lines: Vec::new() });
        } else if let (Some((name, value)), Some(section)) =
            (line.split_once('='), sections.last_mut())
        {
            section.lines.push((name.trim(), value.trim_end_matches('\r')));
        }
    }
    sections
}

/// The section with a name; case does not count.
pub(crate) fn section<'s, 'a>(sections: &'s [Section<'a>], name: &str) -> Option<&'s Section<'a>> {
    sections.iter().find(|section| section.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_is_special() {
        let text = "top=1\r\n[A]\r\nk = a;b#c%20=d \r\nno value\r\n\r\n[a:B]\r\nk=\r\n";
        let read = sections(text);
        assert_eq!(read.len(), 3);
        assert_eq!(section(&read, "").unwrap().get("TOP"), Some("1"));
        assert_eq!(section(&read, "a").unwrap().get("K"), Some(" a;b#c%20=d "));
        assert_eq!(section(&read, "A:b").unwrap().get("k"), Some(""));
        assert_eq!(section(&read, "x"), None);
    }
}
