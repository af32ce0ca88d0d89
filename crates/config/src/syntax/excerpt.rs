//! PURE: which part of a line a complaint is about.

use std::ops::Range;

use super::{Directive, Document, Word};

/// What stands in a complaint before an attribute of `Match`.
const BEFORE_ATTRIBUTE: [&str; 3] =
    ["Unsupported Match attribute ", "refuses Match ", "refuse Match "];
/// What stands in a complaint before a keyword.
const BEFORE_KEYWORD: [&str; 3] = ["Bad configuration option: ", "refuses ", "refuse "];
/// What stands in a complaint before a token.
const BEFORE_TOKEN: [&str; 3] = ["unknown key ", "refuses ", "refuse "];

impl Document {
    /// The line of a directive without its end, and the part of it that a complaint is about: a
    /// keyword, an attribute of `Match` or a token that ssh does not take, the argument that is named in
    /// quotes, else all arguments.
    #[must_use]
    pub fn excerpt(&self, directive: &Directive, complaint: &str) -> (&[u8], Range<usize>) {
        let line = self.line_span(directive);
        let fault = self.fault(directive, complaint);
        let text = self.text[line.clone()].trim_ascii_end();
        let within = |at: usize| (at - line.start).min(text.len());
        (text, within(fault.start)..within(fault.end))
    }

    fn fault(&self, directive: &Directive, complaint: &str) -> Range<usize> {
        let words = self.arguments(directive).unwrap_or_default();
        let is_attribute = |word: &&Word<'_>| {
            let value = word.value.strip_prefix(b"!").unwrap_or(&word.value);
            let end = memchr::memchr(b'=', value).unwrap_or(value.len());
            says(complaint, &BEFORE_ATTRIBUTE, &value[..end])
        };
        if let Some(word) = words.iter().find(is_attribute) {
            return word.span.clone();
        }
        if directive.keyword.is_none() || says(complaint, &BEFORE_KEYWORD, &self.keyword(directive))
        {
            return directive.keyword_span();
        }
        let rest = directive.rest_span();
        let mut tokens = memchr::memchr_iter(b'%', &self.text[rest.clone()])
            .map(|at| rest.start + at..(rest.start + at + 2).min(rest.end));
        if let Some(token) =
            tokens.find(|token| says(complaint, &BEFORE_TOKEN, &self.text[token.clone()]))
        {
            return token;
        }
        let is_named = |word: &&Word<'_>| {
            let value = String::from_utf8_lossy(&word.value);
            ['\'', '"'].iter().any(|quote| complaint.contains(&format!("{quote}{value}{quote}")))
        };
        match (words.iter().find(is_named), words.first(), words.last()) {
            (Some(word), ..) => word.span.clone(),
            (None, Some(first), Some(last)) => first.span.start..last.span.end,
            _ if rest.is_empty() => directive.keyword_span(),
            _ => rest,
        }
    }
}

/// Whether a name stands in a complaint, as a whole word and in any case, behind one of some texts.
fn says(complaint: &str, before: &[&str], name: &[u8]) -> bool {
    before.iter().any(|before| {
        let behind = complaint.split(before).skip(1);
        behind.map(str::as_bytes).any(|text| {
            let ends = text.get(name.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
            !name.is_empty()
                && ends
                && text.get(..name.len()).is_some_and(|text| text.eq_ignore_ascii_case(name))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_points_at_what_a_complaint_names() {
        let points_at = |text: &str, complaint: &str| {
            let document = Document::parse(text.as_bytes());
            let (line, span) = document.excerpt(&document.directives()[0], complaint);
            String::from_utf8(line[span].to_vec()).expect("text")
        };
        for (line, complaint, part) in [
            ("  Port 22a # x\r\n", "Bad port '22a'.", "22a"),
            ("Nonsense x", "Bad configuration option: nonsense", "Nonsense"),
            ("  TAG = x", "c: line 1: Bad configuration option: tag", "TAG"),
            ("Tag x", "your ssh (9.2) refuses Tag; OpenSSH 9.4 and later take it", "Tag"),
            ("Tag x", "OpenSSH 8.9 to 9.3 refuse Tag; OpenSSH 9.4 and later take it", "Tag"),
            ("Tunnel=maybe\n", "unsupported option \"maybe\".", "maybe"),
            ("Tunnel maybe x\n", "your ssh (9.2) refuses this Tunnel (extra)", "maybe x"),
            ("Match user a b # c\n", "Bad Match condition", "user a b"),
            ("Match host a !Tagged x", "Unsupported Match attribute Tagged", "!Tagged"),
            ("Match host a tagged=x", "your ssh (9.2) refuses Match tagged; OpenSSH 9", "tagged=x"),
            ("ControlPath a%%-%j-%h", "vdollar_percent_expand: unknown key %j", "%j"),
            ("ControlPath %j", "your ssh (9.2) refuses %j; OpenSSH 9.6 and later take it", "%j"),
            ("HostName \"x y\n", "invalid quotes", "\"x y"),
            ("Port\n", "missing argument.", "Port"),
        ] {
            assert_eq!(points_at(line, complaint), part, "{line}: {complaint}");
        }
    }
}
