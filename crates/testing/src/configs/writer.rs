//! The lines of a config file.

use std::path::Path;

use super::random::Random;
use super::values::{self, Value};
use super::{dated, keywords};

const PATTERNS: &[&str] = &[
    "web",
    "web",
    "db1",
    "db?",
    "*",
    "*",
    "w*b",
    "*.example.com",
    "!web",
    "!db*",
    "10.*",
    "a,b",
    "?eb",
    "WEB",
    "web web",
    "\"web\"",
    "'w'eb",
    "127.*",
    "*1*",
    "fe80::a",
    "127.0.0.1",
    "real.example.com",
    "web,db1",
    "!nobody *",
];
const LISTS: &[&str] = &[
    "web",
    "web,db1",
    "*",
    "!web,*",
    "*.example.com",
    "db?",
    "*,!db1",
    "WEB",
    "real.*",
    "\"web\"",
    "127.0.0.1",
    "nobody",
];
const USERS: &[&str] = &["bob", "root", "alice", "*", "!bob,*", "r*,bob"];

/// Which of the two options that would ask the network a config may use.
#[derive(Clone, Copy)]
pub(super) enum Names {
    Canonicalize,
    Domains,
}

/// Writes one file, and the files that it includes.
pub(super) struct Writer<'a> {
    pub(super) r: &'a mut Random,
    pub(super) out: Vec<u8>,
    pub(super) names: Names,
    pub(super) depth: u32,
    pub(super) files: &'a mut Vec<(String, Vec<u8>)>,
    pub(super) home: &'a Path,
    /// Unknown keywords are ignored from the first line on.
    pub(super) ignores: bool,
    /// Of a hundred lines and attributes, those in which versions of OpenSSH differ.
    pub(super) dated: usize,
}

impl Writer<'_> {
    pub(super) fn file(&mut self) {
        for _ in 0..self.r.below(3) {
            self.directive("");
        }
        for _ in 0..self.r.below(6) {
            self.header();
            let indent = self.r.pick(&["", "  ", "\t", "    "]);
            for _ in 0..self.r.below(6) {
                self.directive(indent);
            }
        }
        if self.r.chance(10) {
            self.out.pop();
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.extend(text.bytes());
        let end = if self.r.chance(5) { "\r\n" } else { "\n" };
        if self.r.chance(10) {
            self.out.extend(self.r.pick(&[" ", "\t", " \x0c"]).bytes());
        }
        self.out.extend(end.bytes());
        if self.r.chance(8) {
            let between = self.r.pick(&["\n", "# a comment\n", "  # caf\u{e9} \"open\n", "\t\n"]);
            self.out.extend(between.bytes());
        }
    }

    fn cased(&mut self, keyword: &str) -> String {
        match self.r.below(10) {
            0 => keyword.to_lowercase(),
            1 => keyword.to_uppercase(),
            _ => keyword.to_owned(),
        }
    }

    fn separator(&mut self) -> &'static str {
        self.r.pick(&[" ", " ", " ", " ", "  ", "\t", "=", " = ", " ="])
    }

    fn header(&mut self) {
        let (keyword, rest) = if self.r.chance(65) {
            ("Host", self.r.some(PATTERNS, 3, " "))
        } else {
            ("Match", self.criteria())
        };
        let keyword = self.cased(keyword);
        let comment = if self.r.chance(10) { " # note" } else { "" };
        let separator = self.separator();
        self.line(&format!("{keyword}{separator}{rest}{comment}"));
    }

    fn criteria(&mut self) -> String {
        if self.r.chance(15) {
            return self.r.pick(&["all", "ALL", "canonical all", "final all", "!final all"]).into();
        }
        let count = 1 + self.r.below(3);
        let mut all = Vec::new();
        for _ in 0..count {
            if self.r.chance(self.dated) {
                all.push(dated::criterion(self.r));
                continue;
            }
            let not = if self.r.chance(20) { "!" } else { "" };
            let equals = if self.r.chance(15) { "=" } else { " " };
            let one = match self.r.below(12) {
                0..3 => format!("host{equals}{}", self.r.pick(LISTS)),
                3..5 => format!("originalhost{equals}{}", self.r.pick(LISTS)),
                5 => format!("User{equals}{}", self.r.pick(USERS)),
                6 => format!("localuser{equals}{}", self.r.pick(USERS)),
                7 => "final".to_owned(),
                8 => "canonical".to_owned(),
                _ => format!(
                    "exec{equals}{}",
                    self.r.pick(&[
                        "true",
                        "false",
                        "\"test %h = web\"",
                        "\"test %p -gt 22 -a %r = bob\"",
                        "\"test '%n' = web\"",
                        "\"test %k = web\"",
                        "\"exit 3\"",
                    ])
                ),
            };
            all.push(format!("{not}{one}"));
        }
        all.join(self.r.pick(&[" ", "  ", "\t"]))
    }

    fn directive(&mut self, indent: &str) {
        if self.depth < 3 && self.r.chance(8) {
            self.include(indent);
            return;
        }
        if self.r.chance(3) {
            let unknown = self.r.pick(&["FancyOption x 'y", "Foo = 1", "IgnoreUnknown Fancy*,foo"]);
            // Refused where no IgnoreUnknown stands before it that applies.
            if self.ignores || self.r.chance(5) {
                self.line(&format!("{indent}{unknown}").replace('\'', ""));
            }
            return;
        }
        if self.r.chance(self.dated) {
            let (keyword, value) = dated::directive(self.r);
            let keyword = self.cased(keyword);
            self.valued(indent, &keyword, value);
            return;
        }
        let keyword = match self.r.below(100) {
            0..20 => self.r.pick(keywords::FLAGS),
            20..24 => match self.names {
                Names::Canonicalize => "CanonicalizeHostname",
                Names::Domains => self.r.pick(&["CanonicalDomains", "CanonicalizePermittedCNAMEs"]),
            },
            _ => self.r.pick(keywords::OTHER),
        };
        let value = if keywords::FLAGS.contains(&keyword) {
            Value::Words(vec![self.r.pick(values::FLAGS).to_owned()])
        } else {
            values::value(self.r, keyword)
        };
        let keyword = if self.r.chance(3) { format!("\"{keyword}\"") } else { self.cased(keyword) };
        self.valued(indent, &keyword, value);
    }

    fn valued(&mut self, indent: &str, keyword: &str, value: Value) {
        let separator = if keyword.starts_with('"') { " " } else { self.separator() };
        let rest = match value {
            Value::Raw(text) => text,
            Value::Words(words) => {
                let words: Vec<_> = words.iter().map(|word| self.quoted(word)).collect();
                let blank = self.r.pick(&[" ", " ", "  ", "\t"]);
                let comment = if self.r.chance(8) { " # \"note" } else { "" };
                words.join(blank) + comment
            }
        };
        self.line(&format!("{indent}{keyword}{separator}{rest}"));
    }

    /// The word in one of the ways that argv_split reads it.
    fn quoted(&mut self, word: &str) -> String {
        let needs = word.is_empty() || word.starts_with('#') || word.contains([' ', '\'', '"']);
        let doubled = || format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""));
        match self.r.below(if needs { 3 } else { 12 }) {
            0 if !word.contains('\'') => format!("'{}'", word.replace('\\', "\\\\")),
            1 if !word.starts_with('#') && !word.is_empty() => {
                let escaped = word.replace('\\', "\\\\").replace(' ', "\\ ");
                escaped.replace('\'', "\\'").replace('"', "\\\"")
            }
            2 => doubled(),
            _ if needs => doubled(),
            _ => word.to_owned(),
        }
    }

    fn include(&mut self, indent: &str) {
        let mut names = Vec::new();
        let folder = format!("inc{}", self.r.below(1_000_000_000));
        for at in 0..=self.r.below(2) {
            let name = format!(".ssh/{folder}/{at}.conf");
            let mut inner = Writer {
                r: self.r,
                out: Vec::new(),
                names: self.names,
                depth: self.depth + 1,
                files: self.files,
                home: self.home,
                ignores: self.ignores,
                dated: self.dated,
            };
            inner.file();
            let text = inner.out;
            names.push((name, text));
        }
        let first = names[0].0.trim_start_matches(".ssh/").to_owned();
        if self.r.chance(3 * self.dated) {
            let (words, more) = dated::include(self.r, &folder);
            let copies = more.iter().zip(names.iter().cycle());
            self.files.extend(
                copies.map(|(name, (_, text))| (format!(".ssh/{folder}/{name}"), text.clone())),
            );
            self.files.extend(names);
            self.line(&format!("{indent}Include {words}"));
            return;
        }
        self.files.extend(names);
        let home = self.home.display();
        let target = match self.r.below(6) {
            0 => format!("{home}/.ssh/{first}"),
            1 => format!("~/.ssh/{folder}/*.conf"),
            2 => format!("{folder}/*"),
            3 => format!("{folder}/[0-9].conf {folder}/missing"),
            4 => format!("\"{folder}/?.conf\""),
            _ => first,
        };
        let separator = self.separator();
        self.line(&format!("{indent}Include{separator}{target}"));
    }
}
