//! PURE: how `list --format` says what to print of a profile.

use std::borrow::Cow;

use thiserror::Error;

use super::find::{did_you_mean, suggest};
use super::{Profile, Session};

/// What a template can name, by the word for it.
const FIELDS: &[(&str, Field)] = &[
    ("alias", Field::Alias),
    ("target", Field::Target),
    ("host", Field::Host),
    ("user", Field::User),
    ("port", Field::Port),
    ("jump", Field::Jump),
    ("tags", Field::Tags),
    ("note", Field::Note),
    ("session", Field::Session),
    ("source", Field::Source),
    ("file", Field::File),
    ("line", Field::Line),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Alias,
    Target,
    Host,
    User,
    Port,
    Jump,
    Tags,
    Note,
    Session,
    Source,
    File,
    Line,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateFault {
    /// A word in braces that names nothing.
    #[error("`{{{name}}}` names nothing of a profile{}", meant(*.near))]
    Unknown {
        /// The word.
        name: String,
        /// What it may stand for.
        near: Option<&'static str>,
    },
    /// A brace without its other half.
    #[error("a `{0}` stands alone; `{0}{0}` prints one")]
    Brace(char),
    /// A backslash before something else than `\`, `t`, `n` and `0`.
    #[error("`\\{0}` means nothing; there are `\\t`, `\\n`, `\\0` and `\\\\`")]
    Escape(char),
    /// A backslash at the end.
    #[error("a `\\` stands at the end; `\\\\` prints one")]
    LoneEscape,
}

fn meant(near: Option<&str>) -> String {
    match near {
        Some(name) => format!("; {}", did_you_mean(&[format!("{{{name}}}")]).unwrap_or_default()),
        None => format!("; there are {}", names()),
    }
}

/// The words that a template can have in braces.
#[must_use]
pub fn names() -> String {
    let names: Vec<_> = FIELDS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
    names.join(", ")
}

/// Text with fields of a profile: `{alias}\t{host}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Reads a template: words in braces are fields, `{{` and `}}` are braces, `\t`, `\n`, `\0` and
    /// `\\` are what they are everywhere.
    ///
    /// # Errors
    /// When a brace or a backslash means nothing.
    pub fn parse(text: &str) -> Result<Self, TemplateFault> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\\' => plain.push(match rest.next() {
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some('0') => '\0',
                    Some('\\') => '\\',
                    Some(other) => return Err(TemplateFault::Escape(other)),
                    None => return Err(TemplateFault::LoneEscape),
                }),
                '{' | '}' if rest.next_if_eq(&c).is_some() => plain.push(c),
                '}' => return Err(TemplateFault::Brace('}')),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match rest.next() {
                            Some('}') => break,
                            Some(c) => name.push(c),
                            None => return Err(TemplateFault::Brace('{')),
                        }
                    }
                    let Some((_, field)) = FIELDS.iter().find(|(word, _)| *word == name) else {
                        let near = suggest(&name, FIELDS.iter().map(|(word, _)| *word));
                        return Err(TemplateFault::Unknown { near: near.first().copied(), name });
                    };
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Field(*field));
                }
                _ => plain.push(c),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Template { parts })
    }

    /// The text for one profile, each of its values as `shown` shows it. What it has not is empty.
    #[must_use]
    pub fn render(&self, profile: &Profile, shown: impl Fn(&str) -> Cow<'_, str>) -> String {
        self.parts.iter().fold(String::new(), |mut out, part| {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(field) => out.push_str(&shown(&value(*field, profile))),
            }
            out
        })
    }
}

fn value(field: Field, profile: &Profile) -> String {
    let Profile { alias, origin, host, user, port, jump, metadata, .. } = profile;
    match field {
        Field::Alias => alias.as_str().to_owned(),
        Field::Target => profile.target(),
        Field::Host => host.clone(),
        Field::User => user.clone(),
        Field::Port => port.to_string(),
        Field::Jump => jump.clone().unwrap_or_default(),
        Field::Tags => metadata.all_tags().collect::<Vec<_>>().join(","),
        Field::Note => metadata.note.clone().unwrap_or_default(),
        Field::Session => metadata.session.map(Session::as_str).unwrap_or_default().to_owned(),
        Field::Source => metadata.source.clone().unwrap_or_default(),
        Field::File => origin.file.display().to_string(),
        Field::Line => origin.line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::profile;

    fn render(template: &str) -> Result<String, String> {
        let template = Template::parse(template).map_err(|fault| fault.to_string())?;
        Ok(template.render(&profile("Web"), |text| Cow::Borrowed(text)))
    }

    #[test]
    fn words_in_braces_become_what_the_profile_has() {
        assert_eq!(render("{alias}\\t{host}").as_deref(), Ok("Web\tweb"));
        assert_eq!(
            render("{user}@{host}:{port} {jump}{note}|{tags}").as_deref(),
            Ok("me@web:22 |")
        );
        assert_eq!(render("{file}:{line}\\0\\n\\\\").as_deref(), Ok("/h/config:1\0\n\\"));
        assert_eq!(render("{{{alias}}} }}{{").as_deref(), Ok("{Web} }{"));
        assert_eq!(render("").as_deref(), Ok(""));
    }

    #[test]
    fn every_field_has_a_word_and_each_word_is_its_own() {
        for (name, _) in FIELDS {
            assert!(render(&format!("{{{name}}}")).is_ok(), "{name}");
            assert_eq!(FIELDS.iter().filter(|(other, _)| other == name).count(), 1, "{name}");
        }
    }

    #[test]
    fn what_means_nothing_is_refused_with_what_it_may_mean() {
        let fault = |text: &str| render(text).expect_err(text);
        assert_eq!(fault("{hots}"), "`{hots}` names nothing of a profile; did you mean `{host}`?");
        assert!(fault("{x}").contains("there are {alias}, {target}"), "{}", fault("{x}"));
        assert_eq!(fault("a}"), "a `}` stands alone; `}}` prints one");
        assert_eq!(fault("{alias"), "a `{` stands alone; `{{` prints one");
        assert_eq!(fault("\\x"), "`\\x` means nothing; there are `\\t`, `\\n`, `\\0` and `\\\\`");
        assert_eq!(fault("\\"), "a `\\` stands at the end; `\\\\` prints one");
    }
}
