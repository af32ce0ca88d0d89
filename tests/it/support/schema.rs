//! The schema files of `docs/schema`, which every JSON output in these tests has to fit.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// Where a schema is kept.
pub fn path(id: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(format!("{id}.json"))
}

/// Requires that a JSON output names a schema and fits it.
#[track_caller]
pub fn require(output: &str) {
    let json: Value = serde_json::from_str(output).unwrap_or_else(|e| panic!("{e}: {output}"));
    let id = json["schema"].as_str().unwrap_or_else(|| panic!("no schema in {output}"));
    let text = fs::read_to_string(path(id)).unwrap_or_else(|e| panic!("the schema {id}: {e}"));
    let schema: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{id}: {e}"));
    let validator = jsonschema::validator_for(&schema).unwrap_or_else(|e| panic!("{id}: {e}"));
    let faults: Vec<_> = validator
        .iter_errors(&json)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{id}: {faults:#?}\n{output}");
}
