//! Texts that are kept in the tree and looked at by people: help, tables of the documents, pictures. With
//! `SSHP_BLESS` set, what a test made becomes what is kept.

use std::fs;
use std::path::Path;

use imara_diff::{Algorithm, BasicLineDiffPrinter, Diff, InternedInput, UnifiedDiffConfig};

/// Requires that a file holds this text; with `SSHP_BLESS` set, writes it.
#[track_caller]
pub fn require(file: impl AsRef<Path>, text: &str) {
    let file = file.as_ref();
    if is_blessed() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        fs::write(file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
    let kept = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    assert!(kept == text, "{}", difference(file, &kept, text));
}

/// As [`require`], for the part of a file between two lines.
#[track_caller]
pub fn require_between(file: impl AsRef<Path>, begin: &str, end: &str, text: &str) {
    let file = file.as_ref();
    let kept = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let find = |line: &str| panic!("no line {line:?} in {}", file.display());
    let (before, rest) = kept.split_once(begin).unwrap_or_else(|| find(begin));
    let (_, after) = rest.split_once(end).unwrap_or_else(|| find(end));
    require(file, &format!("{before}{begin}{text}{end}{after}"));
}

/// Whether what a test makes is to be kept from now on.
pub fn is_blessed() -> bool {
    std::env::var_os("SSHP_BLESS").is_some()
}

fn difference(file: &Path, kept: &str, text: &str) -> String {
    let input = InternedInput::new(kept, text);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let printer = BasicLineDiffPrinter(&input.interner);
    let diff = diff.unified_diff(&printer, UnifiedDiffConfig::default(), &input);
    format!(
        "{}:\n{diff}\nif it is to be so: `SSHP_BLESS=1 cargo test NAME`, and look at `git diff`",
        file.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_what_is_kept_is_shown_with_the_command_that_keeps_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("kept");
        fs::write(&file, "one\nBEGIN\ntwo\nEND\n").expect("the file");
        if !is_blessed() {
            let said = std::panic::catch_unwind(|| require(&file, "one\nBEGIN\n2\nEND\n"));
            let said = *said.expect_err("it differs").downcast::<String>().expect("a text");
            assert!(said.contains("-two\n+2\n") && said.contains("SSHP_BLESS=1"), "{said}");
        }
        require_between(&file, "BEGIN\n", "END\n", "two\n");
    }
}
