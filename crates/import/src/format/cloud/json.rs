//! JSON of clouds: documents one after the other, of which only the members that a reader asks for are
//! kept, and the values at a path.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

use crate::ImportError;
use crate::json::scalar;

/// Which members of an object are kept.
pub(crate) trait Members {
    /// Whether a member is kept. What is not kept is never in memory as a value.
    fn keeps(name: &str) -> bool;

    /// Whether all members below it are kept, too, whatever they are called.
    fn keeps_all_below(name: &str) -> bool;
}

/// The documents of a text.
///
/// # Errors
/// Where one is no JSON or breaks off, with its line and without a word of it.
pub(crate) fn documents<M: Members>(text: &str) -> Result<Vec<Value>, ImportError> {
    let documents = serde_json::Deserializer::from_str(text).into_iter::<Kept<M>>();
    let broken = |error: serde_json::Error| {
        let why = match error.classify() {
            Category::Eof => "the JSON breaks off".to_owned(),
            _ => format!("no JSON at column {}", error.column()),
        };
        ImportError::Broken { line: error.line() as u64, why }
    };
    documents.map(|document| document.map(|kept| kept.value).map_err(broken)).collect()
}

/// A value without the members that nothing asks for.
struct Kept<M> {
    value: Value,
    members: std::marker::PhantomData<M>,
}

impl<M> Kept<M> {
    fn new(value: impl Into<Value>) -> Self {
        Kept { value: value.into(), members: std::marker::PhantomData }
    }
}

impl<'de, M: Members> Deserialize<'de> for Kept<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeptVisitor(std::marker::PhantomData))
    }
}

struct KeptVisitor<M>(std::marker::PhantomData<M>);

impl<'de, M: Members> Visitor<'de> for KeptVisitor<M> {
    type Value = Kept<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kept<M>, E> {
        Ok(Kept::new(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kept<M>, E> {
        Ok(Kept::new(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kept<M>, E> {
        Ok(Kept::new(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kept<M>, E> {
        Ok(Kept::new(Number::from_f64(value).map_or(Value::Null, Value::Number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Kept<M>, E> {
        Ok(Kept::new(value))
    }

    fn visit_unit<E>(self) -> Result<Kept<M>, E> {
        Ok(Kept::new(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Kept<M>, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element::<Kept<M>>()? {
            array.push(element.value);
        }
        Ok(Kept::new(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kept<M>, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = if M::keeps_all_below(&name) {
                members.next_value::<Value>()?
            } else if M::keeps(&name) {
                members.next_value::<Kept<M>>()?.value
            } else {
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            object.insert(name, value);
        }
        Ok(Kept::new(object))
    }
}

/// The values at a path such as `Tags[Key=Name].Value`. Arrays on the way stand for each of their
/// elements; `[NAME=TEXT]` and `[NAME!=TEXT]` keep those that have such a member.
pub(crate) fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = elements(value);
    for segment in path.split('.') {
        let (name, condition) = match segment.split_once('[') {
            Some((name, condition)) => (name, condition.trim_end_matches(']')),
            None => (segment, ""),
        };
        let below = found.into_iter().filter_map(|value| value.get(name)).flat_map(elements);
        found = below.filter(|value| fits(value, condition)).collect();
    }
    found
}

fn fits(value: &Value, condition: &str) -> bool {
    let Some((name, wanted)) = condition.split_once('=') else { return true };
    match name.strip_suffix('!') {
        Some(name) => value.get(name).and_then(scalar).is_some_and(|text| text != wanted),
        None => value.get(name).and_then(scalar).is_some_and(|text| text == wanted),
    }
}

/// The elements of an array, of those in it, too; else the value alone.
fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(array) => array.iter().flat_map(elements).collect(),
        value => vec![value],
    }
}

/// The first text at a path.
pub(crate) fn first(value: &Value, path: &str) -> Option<String> {
    at(value, path).into_iter().find_map(scalar)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Names;

    impl Members for Names {
        fn keeps(name: &str) -> bool {
            ["list", "id", "nets"].contains(&name)
        }

        fn keeps_all_below(name: &str) -> bool {
            name == "labels"
        }
    }

    #[test]
    fn what_nothing_asks_for_is_not_kept() {
        let read = documents::<Names>(
            r#"{"list": [{"id": 1, "password": {"id": "x"}, "labels": {"any": "y"}}]} [2.5, null]"#,
        );
        let list = json!({ "list": [{ "id": 1, "labels": { "any": "y" } }] });
        assert_eq!(read.unwrap(), [list, json!([2.5, null])]);
    }

    #[test]
    fn an_error_tells_the_place_and_no_word_of_the_text() {
        for (text, line, why) in [
            ("{\"id\":\n\"secret\" secret}", 2, "no JSON at column 10"),
            ("[1,\n2,\n", 3, "the JSON breaks off"),
            ("{\"id\": \"\\ud800 secret\"}", 1, "no JSON at column 15"),
            ("{}\n| secret |", 2, "no JSON at column 1"),
        ] {
            let error = documents::<Names>(text).unwrap_err();
            let ImportError::Broken { line: at, why: told } = &error else { panic!("{error:?}") };
            assert_eq!((*at, told.as_str()), (line, why), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(documents::<Names>(&deep).is_err());
    }

    #[test]
    fn a_path_goes_through_arrays_and_asks_for_members() {
        let value = json!({ "nets": [
            { "type": "private", "ip": "10.0.0.1" },
            { "type": "public", "ip": ["192.0.2.1", " "] },
            null
        ], "n": 7 });
        let texts = |path| at(&value, path).into_iter().filter_map(scalar).collect::<Vec<_>>();
        assert_eq!(texts("nets.ip"), ["10.0.0.1", "192.0.2.1"]);
        assert_eq!(texts("nets[type=public].ip"), ["192.0.2.1"]);
        assert_eq!(texts("nets[type!=public].ip"), ["10.0.0.1"]);
        assert_eq!(texts("n"), ["7"]);
        assert_eq!(texts("nets.none.ip"), [""; 0]);
    }
}
