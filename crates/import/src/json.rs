//! JSON as session managers write it.

use serde_json::Value;
use serde_json::error::Category;

use crate::ImportError;
use crate::values::some;

/// Reads one value.
///
/// # Errors
/// Where it is none. The error names the line and holds no text of it.
pub(crate) fn parse(text: &str) -> Result<Value, ImportError> {
    serde_json::from_str(text).map_err(|error| {
        let is_deep = error.to_string().starts_with("recursion limit");
        let why = match error.classify() {
            Category::Eof => "it breaks off",
            _ if is_deep => "it is nested too deeply",
            _ => "it is no JSON that can be read",
        };
        ImportError::Broken { line: error.line() as u64, why: why.to_owned() }
    })
}

/// JSON without its comments and without commas before a closing bracket; lines stay where they are.
pub(crate) fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Where the last comma is, while nothing but blanks and comments has followed it.
    let mut comma = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('"', _) => {
                comma = None;
                out.push(c);
                while let Some(inner) = chars.next() {
                    out.push(inner);
                    match inner {
                        '\\' => out.extend(chars.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            ('/', Some('/')) => while chars.next_if(|c| *c != '\n').is_some() {},
            ('/', Some('*')) => {
                chars.next();
                let mut last = ' ';
                for inner in chars.by_ref() {
                    out.extend((inner == '\n').then_some(inner));
                    if (last, inner) == ('*', '/') {
                        break;
                    }
                    last = inner;
                }
            }
            (']' | '}', _) => {
                if let Some(at) = comma.take() {
                    out.replace_range(at..=at, " ");
                }
                out.push(c);
            }
            (c, _) => {
                if c == ',' {
                    comma = Some(out.len());
                } else if !c.is_whitespace() {
                    comma = None;
                }
                out.push(c);
            }
        }
    }
    out
}

/// A text or a number that is there.
pub(crate) fn text(value: &Value, name: &str) -> Option<String> {
    scalar(value.get(name)?)
}

/// A value that is a text that is there, or a number.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => some(Some(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a value is `true`.
pub(crate) fn is_true(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}

/// The items of a list; none where there is no list.
pub(crate) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_last_commas_go_and_texts_stay() {
        let text =
            "// a \"b\n{ /* x, */ \"u\": \"http://h/*,]\\\"\", /* y\n */ \"l\": [1, 2, // z\n ], }";
        let value = parse(&without_comments(text)).unwrap();
        assert_eq!(value["u"], "http://h/*,]\"");
        assert_eq!(value["l"].as_array().unwrap().len(), 2);
        for broken in ["/*", "\"", "\"\\", "/", "{,", "/*/"] {
            assert!(parse(&without_comments(broken)).is_err(), "{broken}");
        }
        assert_eq!(without_comments("a\n/*\n*/\n,]").lines().count(), 4);
    }

    #[test]
    fn an_error_names_the_line_and_shows_no_text() {
        let why = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(why("[\n\"secret\",\nsecret]"), "line 3: it is no JSON that can be read");
        assert_eq!(why("[\n\"secret\""), "line 2: it breaks off");
        assert!(why(&"[".repeat(10_000)).contains("nested too deeply"));
    }

    #[test]
    fn texts_and_numbers_are_texts() {
        let value =
            parse("{\"a\": 22, \"b\": \" x \", \"c\": \"\", \"d\": null, \"e\": true, \"f\": [1]}");
        let value = value.unwrap();
        let of = |name| text(&value, name);
        assert_eq!((of("a").as_deref(), of("b").as_deref()), (Some("22"), Some("x")));
        assert_eq!((of("c"), of("d"), of("z")), (None, None, None));
        assert!(is_true(&value, "e") && !is_true(&value, "a"));
        assert_eq!((items(&value, "f").len(), items(&value, "a").len()), (1, 0));
    }
}
