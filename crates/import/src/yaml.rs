//! YAML as session managers write it.

use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use crate::ImportError;

/// The most values of a document; those that aliases stand for count each time.
const NODES: usize = 1_000_000;

/// Reads a document.
///
/// # Errors
/// Where it is none, is nested too deeply, or its aliases stand for too much. The error names the line and
/// holds no text of it.
pub(crate) fn parse(text: &str) -> Result<Value, ImportError> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: NODES,
            max_events: 4 * NODES,
        },
        // What other programs take is no reason to read nothing.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| ImportError::Broken {
        line: error.location().map_or(0, |location| location.line()),
        why: "it is no YAML that can be read, or aliases and lists in it go too far".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_tags_anchors_and_keys_that_are_numbers_are_read() {
        let text = "a: &x {n: 22, t: '022', z: 022, y: no, e: , u: !unsafe b}\nb: *x\n22: c\nv: !vault |\n  $ANSIBLE_VAULT;1.1\n  33\nd: {<<: *x, n: 1}\nf: .inf\n";
        let value = parse(text).unwrap();
        assert_eq!(value["b"]["n"], 22);
        assert_eq!((&value["a"]["t"], &value["a"]["z"]), (&"022".into(), &"022".into()));
        assert_eq!((&value["a"]["y"], &value["a"]["u"]), (&"no".into(), &"b".into()));
        assert_eq!(value["a"]["e"], Value::Null);
        assert_eq!((&value["22"], &value["f"]), (&"c".into(), &".inf".into()));
        assert!(value["v"].as_str().unwrap().starts_with("$ANSIBLE_VAULT"));
        assert_eq!((&value["d"]["n"], &value["d"]["t"]), (&1.into(), &"022".into()));
    }

    #[test]
    fn bombs_depth_and_broken_text_are_refused_without_their_text() {
        let mut bomb = "a0: &a0 [secret, secret]\n".to_owned();
        for n in 1..30 {
            bomb += &format!("a{n}: &a{n} [*a{p}, *a{p}, *a{p}, *a{p}]\n", p = n - 1);
        }
        for text in [
            &bomb,
            &"[".repeat(100_000),
            &"- ".repeat(100_000),
            "secret: [\n",
            "a: 1\n b: secret\n",
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
