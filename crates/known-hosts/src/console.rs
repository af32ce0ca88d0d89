//! What clouds print of a server in JSON: the log of its console, or its host keys.

use data_encoding::BASE64;
use serde_json::Value;
use sshp_splice::encoding;
use thiserror::Error;

use crate::fingerprint::Pasted;

/// The host keys that a cloud tells of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// The fingerprints.
    pub pasted: Pasted,
    /// The id of the server, where the cloud says it.
    pub instance: Option<String>,
}

/// Why JSON holds no console of a server.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConsoleError {
    /// It begins like JSON and is none, or breaks off.
    #[error("line {line}, column {column}: the JSON cannot be read")]
    Broken {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// It is something else.
    #[error("this JSON is neither the console output of a server nor its host keys")]
    Unknown,
    /// The log is not there, or is no text in base64.
    #[error("the console output is empty or cannot be read")]
    NoOutput,
}

/// The shapes that are known, for a hint.
pub const COMMANDS: [&str; 3] = [
    "aliyun ecs GetInstanceConsoleOutput",
    "aws ec2 get-console-output",
    "gcloud compute instances get-guest-attributes NAME --query-path=hostkeys/ --format=json",
];

impl Console {
    /// Reads JSON as the commands of [`COMMANDS`] print it; `None` for text that is none, such as a log
    /// whose first line begins with `[   12.3]`.
    ///
    /// # Errors
    /// When it is JSON, and nothing that is known; no word of it is in the error.
    pub fn parse(text: &[u8]) -> Option<Result<Self, ConsoleError>> {
        let text = encoding::to_utf8(text);
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text).trim_ascii();
        let rest = text.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
        let is_json = text.starts_with(b"{") || rest.is_some_and(|rest| rest.starts_with(b"{"));
        match serde_json::from_slice::<Value>(text) {
            Ok(value) if value.is_object() || value.is_array() => Some(Console::of(&value)),
            Err(error) if is_json => {
                let (line, column) = (error.line(), error.column());
                Some(Err(ConsoleError::Broken { line, column }))
            }
            Ok(_) | Err(_) => None,
        }
    }

    fn of(value: &Value) -> Result<Self, ConsoleError> {
        let word = |name: &str| value.get(name).and_then(Value::as_str);
        let instance = word("InstanceId").map(str::to_owned);
        if let Some(output) = value.get("ConsoleOutput") {
            let output = output.as_str().unwrap_or_default();
            let packed: String = output.split_ascii_whitespace().collect();
            let log = BASE64.decode(packed.as_bytes()).map_err(|_| ConsoleError::NoOutput)?;
            return Console::of_log(&log, instance);
        }
        if instance.is_some() && value.get("Timestamp").is_some() {
            return Console::of_log(word("Output").unwrap_or_default().as_bytes(), instance);
        }
        let items = value.get("queryValue").and_then(|query| query.get("items")).unwrap_or(value);
        Console::of_attributes(items.as_array().map(Vec::as_slice).unwrap_or_default())
    }

    fn of_log(log: &[u8], instance: Option<String>) -> Result<Self, ConsoleError> {
        if log.is_empty() {
            return Err(ConsoleError::NoOutput);
        }
        Ok(Console { pasted: Pasted::parse(log), instance })
    }

    /// Guest attributes of Compute Engine: the type of a key, and its base64 with a comment.
    fn of_attributes(items: &[Value]) -> Result<Self, ConsoleError> {
        let mut lines = String::new();
        for item in items {
            let word = |name: &str| {
                let text = item.get(name).and_then(Value::as_str);
                text.and_then(|text| text.split_ascii_whitespace().next())
            };
            let (Some("hostkeys"), Some(kind), Some(key)) =
                (word("namespace"), word("key"), word("value"))
            else {
                continue;
            };
            // Each key on its own line, so that none is taken for the end of the one before.
            lines += &format!("{kind} {key} .\n");
        }
        if lines.is_empty() {
            return Err(ConsoleError::Unknown);
        }
        Ok(Console { pasted: Pasted::parse(lines.as_bytes()), instance: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const F: &str = "SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ";
    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIOygB5dGvxTx6wk4DvGRICwDYP0RL1PotMQAv9p02W1F";

    /// The fingerprints and the id.
    type Shown = (Vec<String>, Option<String>);

    fn shown(text: &str) -> Option<Result<Shown, ConsoleError>> {
        let console = Console::parse(text.as_bytes())?;
        let words = |pasted: &Pasted| pasted.fingerprints.iter().map(ToString::to_string).collect();
        Some(console.map(|console| (words(&console.pasted), console.instance)))
    }

    #[test]
    fn the_log_of_a_console_is_read_line_by_line() {
        let log =
            format!("[ 1.2] boot\r\n256 {F} root@vm (ED25519)\r\n256 {F} root@vm (ECDSA)\r\n");
        let expected = vec![format!("{F} (ED25519)"), format!("{F} (ECDSA)")];
        let some = |id: &str| Some(Ok((expected.clone(), Some(id.to_owned()))));
        let aliyun = format!(
            r#"{{ "ConsoleOutput": "{}", "InstanceId": "i-bp1", "LastUpdateTime": "x" }}"#,
            BASE64.encode(log.as_bytes())
        );
        assert_eq!(shown(&aliyun), some("i-bp1"));
        let aws = serde_json::json!({ "InstanceId": "i-0a", "Timestamp": "x", "Output": log });
        assert_eq!(shown(&aws.to_string()), some("i-0a"));
        let units = aws.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
        assert!(Console::parse(&wide).unwrap().is_ok());
    }

    #[test]
    fn guest_attributes_are_whole_keys() {
        let item = |namespace: &str, key: &str, value: &str| {
            format!(r#"{{ "namespace": "{namespace}", "key": "{key}", "value": "{value}" }}"#)
        };
        let good = item("hostkeys", "ssh-ed25519", &format!("{KEY} root@vm"));
        let own = "SHA256:++xa62ZorcViutrYrh2bNiVG+xqMuAQarNq0ZvQaRDI (ED25519)".to_owned();
        let expected = Some(Ok((vec![own], None)));
        // A key of another type than its name, and lines in a value, are none.
        let wrong = item("hostkeys", "ssh-rsa", KEY);
        let lines = item("hostkeys", "ecdsa-sha2-nistp256", &format!("x\\n256 {F} x (ECDSA)"));
        let other = item("other", "ssh-ed25519", F);
        assert_eq!(shown(&format!("[{good}, {wrong}, {lines}, {other}]")), expected);
        assert_eq!(shown(&format!(r#"{{ "queryValue": {{ "items": [{good}] }} }}"#)), expected);
    }

    #[test]
    fn other_json_is_refused_and_a_log_is_no_json() {
        assert_eq!(shown("[   12.3] cloud-init: x"), None);
        assert_eq!(shown(F), None);
        assert_eq!(shown("12"), None);
        for text in ["{}", "[]", r#"{ "InstanceId": "i", "Secret": "x" }"#, r#"[{ "a": 1 }]"#] {
            assert_eq!(shown(text), Some(Err(ConsoleError::Unknown)), "{text}");
        }
        for text in [
            r#"{ "ConsoleOutput": "%%", "InstanceId": "i" }"#,
            r#"{ "ConsoleOutput": null }"#,
            r#"{ "InstanceId": "i", "Timestamp": "x" }"#,
        ] {
            assert_eq!(shown(text), Some(Err(ConsoleError::NoOutput)), "{text}");
        }
        for text in ["{\n", "[ {\"a\": x", "{ \"Output\": \"256 x"] {
            assert!(matches!(shown(text), Some(Err(ConsoleError::Broken { .. }))), "{text}");
        }
    }
}
