//! Profiles as a table: RFC 4180 but for its line ends, with the columns of sshp or those that Termius imports.

use super::{Export, LeftOut, tags};
use crate::profile::Profile;

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// How the table is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The columns of Termius' import template in the place of our own.
    pub termius: bool,
    /// A `'` stands before what a spreadsheet would take for a formula.
    pub for_spreadsheets: bool,
}

/// A line for each profile, below the names of the columns.
pub fn table(profiles: &[Profile], layout: Layout) -> Export {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut left_out = Vec::new();
    let header: &[&str] = if layout.termius {
        &["Groups", "Label", "Tags", "Hostname/IP", "Protocol", "Port", "Username"]
    } else {
        &["name", "host", "port", "user", "jump", "key", "tags", "note"]
    };
    let cell = |text: String| {
        if layout.for_spreadsheets && text.starts_with(FORMULA) { format!("'{text}") } else { text }
    };
    // Memory takes every line.
    let _ = writer.write_record(header);
    for profile in profiles {
        let name = profile.alias.as_str().to_owned();
        let (host, port) = (profile.host.clone(), profile.port.to_string());
        let (user, tags) = (profile.user.clone(), tags(profile).join(","));
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let row = if layout.termius {
            if profile.jump.is_some() {
                left_out.push(LeftOut::new(profile, "Termius' table has no jump host"));
            }
            vec![String::new(), name, tags, host, "ssh".to_owned(), port, user]
        } else {
            let key = profile.keys.first().cloned().unwrap_or_default();
            let note = text(&profile.metadata.note);
            vec![name, host, port, user, text(&profile.jump), key, tags, note]
        };
        let _ = writer.write_record(row.into_iter().map(cell));
    }
    Export { text: writer.into_inner().unwrap_or_default(), left_out }
}
