//! The schema files: one for each `--json`. That outputs fit them is looked at wherever a test runs
//! `--json` (`support::schema`).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::{sandbox::Sandbox, schema};

/// The schema ids that stand in the source.
fn ids(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the source") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            ids(&path, found);
        } else {
            let text = fs::read_to_string(&path).expect("source is text");
            let words = text.split('"').filter(|word| word.starts_with("sshp."));
            found.extend(words.filter(|word| word.contains(".v")).map(str::to_owned));
        }
    }
}

#[test]
fn every_json_has_a_schema_file_and_every_schema_file_its_json() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = BTreeSet::new();
    ids(&root.join("src"), &mut named);
    let files: BTreeSet<_> = fs::read_dir(root.join("docs/schema"))
        .expect("the schemas")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .map(|name| name.trim_end_matches(".json").to_owned())
        .collect();
    assert_eq!(named, files);
    for id in files {
        let text = fs::read_to_string(schema::path(&id)).expect("a schema");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["properties"]["schema"]["const"], id.as_str());
        // A field that the schema does not name is a fault, so none is added in silence.
        assert_eq!(json["additionalProperties"], false, "{id}");
    }
}

#[test]
fn a_field_that_the_schema_does_not_name_is_found() {
    let json = Sandbox::with_config("Host web\n").sshp("list --json").success().stdout;
    schema::require(&json);
    for wrong in [json.replace("\"port\"", "\"ports\""), json.replace(": 22", ": \"22\"")] {
        assert_ne!(wrong, json);
        assert!(std::panic::catch_unwind(|| schema::require(&wrong)).is_err(), "{wrong}");
    }
}
