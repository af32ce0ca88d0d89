//! PURE: what ssh says against a config or a command line.

use std::fmt;

use crate::Origin;

/// Something that ssh complains about, with or without giving up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The line, where it is one line's fault.
    pub origin: Option<Origin>,
    /// What ssh says, file and line included.
    pub text: String,
    /// What it is about.
    pub kind: ComplaintKind,
}

/// What a complaint is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComplaintKind {
    /// A line or a value that ssh does not take.
    Fault,
    /// A keyword that ssh does not know, in lower case.
    UnknownKeyword(String),
    /// An attribute of `Match` that ssh does not know, in lower case.
    UnknownAttribute(String),
    /// A token that ssh does not know in that value, by its letter.
    UnknownToken(char),
    /// An Include that is deeper than ssh goes.
    TooDeep,
    /// What follows from the complaints before it: how many lines of a file are bad, which function of
    /// ssh failed.
    Consequence,
    /// A file that is not read; [`crate::Tree::refusals`] has it with the line that names it.
    Unread,
}

impl Complaint {
    /// What a complaint about a line or a value is about.
    pub(super) fn fault_of(text: &str) -> ComplaintKind {
        let token = text.strip_prefix("vdollar_percent_expand: unknown key %");
        match token.and_then(|token| token.chars().next()) {
            Some(letter) => ComplaintKind::UnknownToken(letter),
            None => ComplaintKind::Fault,
        }
    }

    /// What ssh says, without the file and the line where they are known.
    #[must_use]
    pub fn own_words(&self) -> &str {
        let Some(origin) = &self.origin else { return &self.text };
        let (file, line) = (origin.file.display(), origin.line);
        let places = [format!("{file} line {line}: "), format!("{file}: line {line}: ")];
        let words = places.iter().find_map(|place| self.text.strip_prefix(place.as_str()));
        words.unwrap_or(&self.text)
    }
}

/// What ssh refuses a config or a command line for: all that it says, the last being why it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Rejected {
    /// Everything that is wrong, in the order ssh finds it.
    pub complaints: Vec<Complaint>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, complaint) in self.complaints.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { "\n" }, complaint.text)?;
        }
        Ok(())
    }
}
