//! JSON for scripts that is safe for eyes, too: what would move a cursor or turn text around is
//! escaped, which means the same to every reader of JSON.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::unicode;

/// Writes a value, over several lines if `pretty`.
///
/// # Errors
/// When it cannot be written.
pub fn write(
    out: impl Write,
    value: &(impl Serialize + ?Sized),
    pretty: bool,
) -> serde_json::Result<()> {
    if pretty {
        let safe = Safe(PrettyFormatter::new());
        value.serialize(&mut serde_json::Serializer::with_formatter(out, safe))
    } else {
        let safe = Safe(CompactFormatter);
        value.serialize(&mut serde_json::Serializer::with_formatter(out, safe))
    }
}

/// A format whose strings have their control and invisible characters escaped.
struct Safe<F>(F);

/// Calls of the inner format, as they are.
macro_rules! as_inner {
    ($($name:ident($($argument:ident: $type:ty),*));* $(;)?) => {
        $(fn $name<W: ?Sized + Write>(&mut self, out: &mut W $(, $argument: $type)*) -> io::Result<()> {
            self.0.$name(out $(, $argument)*)
        })*
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    as_inner! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // Nearly every text is plain, and a list has hundreds of thousands of them.
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return out.write_all(fragment.as_bytes());
        }
        let mut done = 0;
        for (at, c) in unicode::unseen(fragment) {
            out.write_all(&fragment.as_bytes()[done..at])?;
            if let Some(byte) = unicode::byte(c) {
                write!(out, "\\\\x{byte:02x}")?;
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            done = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[done..])
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_hidden_is_escaped_and_reads_back() {
        let text = "a\u{9b}b\u{202e}c\u{7f}\u{e0001}\n\u{1b} é 日本";
        for pretty in [false, true] {
            let mut out = Vec::new();
            super::write(&mut out, &[text], pretty).expect("memory");
            let out = String::from_utf8(out).expect("UTF-8");
            assert!(out.contains(r"a\u009bb\u202ec\u007f\udb40\udc01\n\u001b é 日本"), "{out}");
            assert_eq!(serde_json::from_str::<Vec<String>>(&out).expect("JSON"), [text]);
        }
    }
}
