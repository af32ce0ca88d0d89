//! XML as session managers write it.

use roxmltree::{Document, ParsingOptions};

use crate::ImportError;

/// No file of a program comes near.
const NODES: u32 = 4_000_000;

/// How deep elements may stand in each other.
const DEPTH: usize = 128;

/// Reads a document. A document type is refused: it could define texts that grow without end.
///
/// # Errors
/// Where it is none, or is nested too deeply. The error names the line and holds no text of it.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, ImportError> {
    let broken = |line: u64, why: &str| ImportError::Broken { line, why: why.to_owned() };
    if let Some(line) = too_deep(text) {
        return Err(broken(line, "it is nested too deeply"));
    }
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    // roxmltree's own words hold names of the input.
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => broken(1, "it has a document type, which is not read"),
        error => broken(error.pos().row.into(), "it is no XML that can be read"),
    })
}

/// The line on which elements stand in each other more than [`DEPTH`] deep: roxmltree goes into itself
/// for each.
fn too_deep(text: &str) -> Option<u64> {
    let mut depth = 0_usize;
    let mut line = 1;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => line += 1,
            b'<' => match bytes.get(at + 1) {
                Some(b'/') => depth = depth.saturating_sub(1),
                Some(b'!' | b'?') | None => {}
                Some(_) => depth += 1,
            },
            b'>' if at > 0 && bytes[at - 1] == b'/' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return Some(line);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_type_depth_and_broken_text_are_refused_without_their_text() {
        let deep = "<secret>\n".repeat(100_000);
        for (text, why) in [
            ("<!DOCTYPE a [<!ENTITY x \"secret\">]><a>&x;</a>", "line 1: it has a document type"),
            ("<a>\n<secret></a>", "line 2: it is no XML"),
            (&deep, "line 129: it is nested too deeply"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(why) && !error.contains("secret"), "{error}");
        }
        let wide = format!("<a>{}</a>", "<b c='/'/><d/>".repeat(1_000));
        assert!(parse(&wide).is_ok());
    }
}
