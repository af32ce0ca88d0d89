//! JSON Schema, as much of it as the files of `docs/schema` use. A whole validator would be a hundred
//! packages in every build; a keyword that is not known here is a fault, so that none is passed over.

use regex::Regex;
use serde_json::Value;

/// What of a value does not fit a schema, each with its place; none where it fits.
///
/// # Panics
/// If the schema has a keyword that is not known here.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, value, "", &mut faults);
    faults
}

fn check(schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    let rules = schema.as_object().unwrap_or_else(|| panic!("no schema: {schema}"));
    for (keyword, rule) in rules {
        let fits = match keyword.as_str() {
            "$schema" | "$id" | "title" | "description" => true,
            "type" => match rule {
                Value::Array(types) => types.iter().any(|name| is_a(value, name)),
                name => is_a(value, name),
            },
            "const" => value == rule,
            "enum" => list(rule).contains(value),
            "anyOf" => list(rule).iter().any(|schema| self::faults(schema, value).is_empty()),
            "minimum" => value.as_f64().is_none_or(|n| n >= number(rule)),
            "maximum" => value.as_f64().is_none_or(|n| n <= number(rule)),
            "pattern" => {
                let pattern = Regex::new(rule.as_str().expect("a pattern")).expect("a pattern");
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(rule, item, &format!("{place}/{at}"), faults);
                }
                true
            }
            "required" => value.as_object().is_none_or(|fields| {
                list(rule).iter().all(|name| fields.contains_key(name.as_str().expect("a name")))
            }),
            "properties" => {
                for (name, schema) in rule.as_object().expect("properties") {
                    if let Some(field) = value.get(name) {
                        check(schema, field, &format!("{place}/{name}"), faults);
                    }
                }
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false), "only `false` is known here");
                let named = rules.get("properties").and_then(Value::as_object);
                value.as_object().is_none_or(|fields| {
                    fields.keys().all(|name| named.is_some_and(|named| named.contains_key(name)))
                })
            }
            _ => panic!("the keyword {keyword} is not known here"),
        };
        if !fits {
            faults.push(format!("{place}: {value} is against {keyword}: {rule}"));
        }
    }
}

fn is_a(value: &Value, name: &Value) -> bool {
    match name.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        name => panic!("the type {name} is not known here"),
    }
}

fn list(rule: &Value) -> &[Value] {
    rule.as_array().expect("a list")
}

fn number(rule: &Value) -> f64 {
    rule.as_f64().expect("a number")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_keyword_finds_what_does_not_fit() {
        let object = json!({ "type": "object", "properties": { "a": { "type": "integer" } },
            "required": ["a"], "additionalProperties": false });
        let cases = [
            (json!({ "type": "string" }), json!("x"), json!(1)),
            (json!({ "type": ["string", "null"] }), json!(null), json!(1)),
            (json!({ "type": "integer" }), json!(1), json!(1.5)),
            (json!({ "type": "number" }), json!(1.5), json!("1")),
            (json!({ "type": "boolean" }), json!(true), json!(0)),
            (json!({ "type": "array", "items": { "minimum": 2 } }), json!([2]), json!([2, 1])),
            (json!({ "const": "a" }), json!("a"), json!("b")),
            (json!({ "enum": ["a", 1] }), json!(1), json!("b")),
            (json!({ "minimum": 1, "maximum": 9 }), json!(9), json!(10)),
            (json!({ "pattern": "^a+$" }), json!("aa"), json!("ab")),
            (json!({ "anyOf": [{ "const": 1 }, { "type": "null" }] }), json!(null), json!(2)),
            (object.clone(), json!({ "a": 1 }), json!({ "a": "1" })),
            (object.clone(), json!({ "a": 1 }), json!({})),
            (object, json!({ "a": 1 }), json!({ "a": 1, "b": 1 })),
        ];
        for (schema, good, bad) in cases {
            assert_eq!(faults(&schema, &good), [] as [String; 0], "{schema}");
            assert_eq!(faults(&schema, &bad).len(), 1, "{schema}: {bad}");
        }
    }

    #[test]
    #[should_panic(expected = "the keyword patternProperties is not known here")]
    fn a_keyword_that_is_not_known_is_named() {
        faults(&json!({ "patternProperties": {} }), &json!({}));
    }
}
