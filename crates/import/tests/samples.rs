//! A sample of each format, which is also where fuzzing begins: in every encoding, shuffled and cut.

use std::fs;
use std::path::Path;

use sshp_import::{Encodings, Format, ImportError, InputFile, Listing, detect};

/// Where an entry of the corpus is read from, by its first byte; as in the fuzz target.
const NAMES: [&str; 8] = [
    "prod/web.xsh",
    "Sessions/web.ini",
    "Common/Proxy/jump.ini",
    "hosts.csv",
    "conn/a1/s1_connect_config.json",
    "config",
    "inventory.yml",
    "sshhostkeys",
];

/// What every password of a sample is.
const SECRET: &str = "not-a-password";

struct Sample {
    format: Format,
    path: &'static str,
    text: String,
}

impl Sample {
    fn read(&self, bytes: impl Into<Vec<u8>>) -> Result<Listing, ImportError> {
        self.format.read(&[InputFile::new(self.path, bytes)], &encodings())
    }

    fn name(&self) -> &str {
        self.format.name()
    }
}

fn encodings() -> Encodings {
    Encodings::new(None, "en_US.UTF-8").unwrap()
}

/// The samples, each named by its format and perhaps a kind of it.
fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/import");
    let sample = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        let format = Format::all()
            .filter(|format| name.starts_with(format.name()))
            .max_by_key(|format| format.name().len());
        let format = format.unwrap_or_else(|| panic!("{name} is a sample of no format"));
        let bytes = fs::read(entry.path()).unwrap();
        let text = String::from_utf8(bytes[1..].to_vec()).unwrap();
        Sample { format, path: NAMES[usize::from(bytes[0]) % NAMES.len()], text }
    };
    fs::read_dir(folder).unwrap().map(|entry| sample(entry.unwrap())).collect()
}

#[test]
fn each_format_has_a_sample_and_is_told_by_its_content() {
    let samples = samples();
    for format in Format::all() {
        assert!(samples.iter().any(|sample| sample.format == format), "{}", format.name());
    }
    for sample in &samples {
        let files = [InputFile::new(sample.path, sample.text.as_str())];
        assert_eq!(detect(&files, &encodings()), [sample.format], "{}", sample.name());
        let listing = sample.read(sample.text.as_str()).unwrap();
        let is_read = listing.entries.iter().any(|entry| entry.content.is_ok());
        assert!(is_read, "{}: {listing:?}", sample.name());
    }
}

#[test]
fn the_documents_say_of_each_format_where_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/import.md");
    let plain = |text: &str| text.replace('`', "");
    let text = plain(&fs::read_to_string(path).unwrap());
    for format in Format::all() {
        let row = format!("\n| {} | {} | {}", format.name(), format.title(), format.kept_in());
        assert!(text.contains(&plain(&row)), "{row}");
        for place in format.places() {
            assert!(text.contains(place), "{place}");
        }
    }
}

#[test]
fn no_password_is_in_a_listing_or_an_error_wherever_the_input_breaks_off() {
    for sample in samples() {
        for at in (0..=sample.text.len()).filter(|at| sample.text.is_char_boundary(*at)) {
            let read = sample.read(&sample.text[..at]);
            assert!(!format!("{read:?}").contains(SECRET), "{}, {at}", sample.name());
        }
    }
}

#[test]
fn utf16_with_and_without_a_mark_and_other_ends_of_lines_say_the_same() {
    for sample in samples() {
        let text = &sample.text;
        let plain = sample.read(text.as_str());
        for marked in [text.clone(), format!("\u{feff}{text}")] {
            let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(sample.read(little), plain, "{}", sample.name());
            assert_eq!(sample.read(big), plain, "{}", sample.name());
        }
        let feeds = text.replace("\r\n", "\n");
        assert_eq!(sample.read(feeds.replace('\n', "\r\n")), plain, "{}", sample.name());
        assert_eq!(sample.read(feeds), plain, "{}", sample.name());
        assert_eq!(sample.read(format!("\u{feff}{text}")), plain, "{}", sample.name());
    }
}

#[test]
fn names_in_gbk_and_cp1252_are_read_by_the_encoding_that_is_named() {
    let mut tried = 0;
    for sample in samples() {
        let text = sample.text.replace("web 01", "web \u{fc}\u{e9}");
        if text == sample.text {
            continue;
        }
        tried += 1;
        for (label, encoding) in [("gbk", encoding_rs::GBK), ("cp1252", encoding_rs::WINDOWS_1252)]
        {
            let named = Encodings::new(Some(label), "C").unwrap();
            let bytes = encoding.encode(&text).0.into_owned();
            let read = sample.format.read(&[InputFile::new(sample.path, bytes)], &named);
            let names: Vec<_> = read.unwrap().entries.into_iter().map(|entry| entry.name).collect();
            assert!(names.iter().any(|name| name == "web \u{fc}\u{e9}"), "{label}: {names:?}");
        }
    }
    assert!(tried >= 8);
}

#[test]
fn a_sample_with_its_lines_shuffled_or_a_line_less_is_read_or_refused() {
    for sample in samples() {
        let lines: Vec<&str> = sample.text.lines().collect();
        let less = (0..lines.len()).map(|at| [&lines[..at], &lines[at + 1..]].concat().join("\n"));
        let swapped = (1..lines.len()).map(|at| {
            let mut lines = lines.clone();
            lines.swap(at - 1, at);
            lines.join("\n")
        });
        for text in less.chain(swapped) {
            let Ok(listing) = sample.read(text.as_str()) else { continue };
            for entry in listing.entries {
                let Ok(session) = entry.content else { continue };
                assert!(!session.host.is_empty() && !entry.id.is_empty(), "{}", sample.name());
            }
        }
    }
}

#[test]
fn nothing_and_bytes_that_are_no_text_are_no_input() {
    for format in Format::all() {
        for bytes in [&b""[..], b"\n\n", &[0, 159, 146, 150], &[0xff; 64], b"\0\0\0\0"] {
            let files = [InputFile::new("x", bytes)];
            assert_eq!(detect(&files, &encodings()), [], "{bytes:?}");
            let read = format.read(&files, &encodings());
            let is_empty = read.as_ref().is_ok_and(|listing| listing.entries.is_empty());
            assert!(read.is_err() || is_empty, "{}: {read:?}", format.name());
        }
    }
}
