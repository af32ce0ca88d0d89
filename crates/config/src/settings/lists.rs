//! PURE: the options that hold more than one value: lists of one line, and lines that add up.

use super::arguments::{Arguments, bad, seconds, shown};
use super::{Fault, Line, MOST_FILES, Settings};
use crate::forward::{self, Direction};
use crate::options::Keyword;
use crate::{pattern, values};

impl Settings<'_> {
    /// A list that counts as a whole, of the first line that has one; `none` only alone.
    pub(super) fn apply_list(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
        free: bool,
        most: usize,
        read: &dyn Fn(Vec<u8>) -> Result<Vec<u8>, String>,
    ) -> Result<(), Fault> {
        let mut count = 0;
        while let Some(word) = arguments.next() {
            if word.is_empty() {
                return bad(format!("keyword {} empty argument", line.keyword()));
            }
            let is_none = word.eq_ignore_ascii_case(b"none") && self.dialect.cuts_lines_as_argv();
            if is_none && (count > 0 || !arguments.is_done()) {
                return bad(line.not_alone("none"));
            }
            count += 1;
            let value = read(word.into_owned()).map_err(Fault::Bad)?;
            let is_limited =
                keyword != Keyword::CanonicalDomains || !self.dialect.requires_list_entries();
            let is_full = is_limited && self.all(keyword).len() >= most;
            if line.active && free && is_full {
                return bad(match keyword {
                    Keyword::CanonicalDomains => "too many hostname suffixes.".to_owned(),
                    _ => format!("too many {} entries.", line.keyword()),
                });
            }
            self.add(keyword, value, line, free);
        }
        match keyword {
            Keyword::CanonicalDomains | Keyword::RevokedHostKeys => {
                self.require_entries(keyword, count)
            }
            _ => Ok(()),
        }
    }

    /// Refuses a line that holds no entry, where this ssh does.
    fn require_entries(&self, keyword: Keyword, count: u32) -> Result<(), Fault> {
        if count == 0 && self.dialect.requires_list_entries() {
            let name = keyword.name().to_ascii_lowercase();
            return Err(Fault::Fatal(format!("no {name} specified")));
        }
        Ok(())
    }

    /// `type=time` entries of the first line that has some, or `none` alone (readconf.c:
    /// oChannelTimeout).
    pub(super) fn apply_channel_timeout(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let free = self.all(keyword).is_empty();
        let grammar = self.dialect.time_grammar();
        let mut count = 0;
        while let Some(word) = arguments.next() {
            if word.eq_ignore_ascii_case(b"none") {
                if count > 0 || !arguments.is_done() {
                    return bad(line.not_alone("none"));
                }
            } else {
                let time =
                    memchr::memchr(b'=', &word).filter(|at| *at > 0).map(|at| &word[at + 1..]);
                if time.and_then(|time| values::seconds(time, grammar)).is_none() {
                    return Err(Fault::Fatal(format!("invalid channel timeout {}", shown(&word))));
                }
            }
            count += 1;
            self.add(keyword, word.into_owned(), line, free);
        }
        self.require_entries(keyword, count)
    }

    /// Adds a value of a line that applies: to what is used where its place is free, else to what was
    /// beaten.
    fn add(&mut self, keyword: Keyword, value: Vec<u8>, line: &Line<'_>, free: bool) {
        if !line.active {
            return;
        }
        let setting = line.setting(value);
        if free {
            self.slots[keyword as usize].push(setting);
        } else {
            self.beaten.push((keyword, setting));
        }
    }

    pub(super) fn apply_cnames(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let free = self.all(keyword).is_empty();
        let mut count = 0;
        while let Some(word) = arguments.next() {
            let value = if word.eq_ignore_ascii_case(b"none") && self.dialect.permits_no_cnames() {
                if count > 0 || !arguments.is_done() {
                    return bad(line.not_alone("none"));
                }
                b"none".to_vec()
            } else if &*word == b"*" {
                b"*:*".to_vec()
            } else {
                let rule = word.to_ascii_lowercase();
                if memchr::memchr(b':', &rule).is_none_or(|colon| colon + 1 == rule.len()) {
                    return bad(format!("Invalid permitted CNAME \"{}\"", shown(&rule)));
                }
                rule
            };
            count += 1;
            let is_full =
                self.all(keyword).len() >= MOST_FILES && !self.dialect.requires_list_entries();
            if line.active && free && is_full {
                return bad("too many permitted CNAMEs.");
            }
            self.add(keyword, value, line, free);
        }
        self.require_entries(keyword, count)
    }

    pub(super) fn apply_forward(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let listen = arguments.required()?;
        let (direction, connect) = match keyword {
            Keyword::DynamicForward => (Direction::Dynamic, None),
            Keyword::RemoteForward => match arguments.next().filter(|word| !word.is_empty()) {
                None => (Direction::RemoteDynamic, None),
                connect => (Direction::Remote, connect),
            },
            _ => match arguments.next().filter(|word| !word.is_empty()) {
                None => return bad("Missing target argument."),
                connect => (Direction::Local, connect),
            },
        };
        let spec = forward::joined_spec(&listen, connect.as_deref());
        let Some(forward) = forward::parse_forward(&spec, direction, self.facts) else {
            return bad("Bad forwarding specification.");
        };
        if line.active {
            self.add_forward(forward, (line.source)(), keyword == Keyword::RemoteForward);
        }
        Ok(())
    }

    pub(super) fn apply_remote_open(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let free = self.all(keyword).is_empty();
        let fatal = |text: &str| Err(Fault::Fatal(format!("{text} {}", keyword.name())));
        let mut count = 0;
        while let Some(word) = arguments.next() {
            if word.eq_ignore_ascii_case(b"none") || word.eq_ignore_ascii_case(b"any") {
                if count > 0 || !arguments.is_done() {
                    return bad(line.not_alone(&shown(&word)));
                }
            } else {
                let Some(target) = forward::host_and_rest(&word) else {
                    return fatal("missing host in");
                };
                let port = target.rest.is_some_and(|port| {
                    port == b"*" || values::port(port, self.facts).is_some_and(|port| port > 0)
                });
                if !port {
                    return fatal("bad port number in");
                }
            }
            count += 1;
            if free && !self.dialect.keeps_all_remote_opens() {
                self.take(keyword);
            }
            self.add(keyword, word.into_owned(), line, free);
        }
        if count == 0 {
            return Err(Fault::Fatal(format!("missing {} specification", keyword.name())));
        }
        Ok(())
    }

    pub(super) fn apply_send_env(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let mut count = 0;
        while let Some(word) = arguments.next() {
            count += 1;
            if word.is_empty() || word.contains(&b'=') {
                return bad("Invalid environment name.");
            }
            if !line.active {
                continue;
            }
            if let Some(pattern) = word.strip_prefix(b"-") {
                let slot = &mut self.slots[keyword as usize];
                let gone = slot.extract_if(.., |known| pattern::matches(&known.value, pattern));
                self.beaten.extend(gone.map(|setting| (keyword, setting)));
            } else {
                self.slots[keyword as usize].push(line.setting(word.into_owned()));
            }
        }
        self.require_entries(keyword, count)
    }

    pub(super) fn apply_set_env(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let free = self.all(keyword).is_empty();
        let mut count = 0;
        while let Some(word) = arguments.next_with_equals() {
            let Some(equals) = memchr::memchr(b'=', &word) else { return bad("Invalid SetEnv.") };
            let all = self.all(keyword);
            let known = all.iter().any(|known| known.value.starts_with(&word[..=equals]));
            let known = known && self.dialect.drops_repeated_set_env();
            count += 1;
            self.add(keyword, word.into_owned(), line, free && !known);
        }
        self.require_entries(keyword, count)
    }

    pub(super) fn apply_rekey_limit(
        &mut self,
        keyword: Keyword,
        arguments: &mut Arguments<'_>,
        line: &Line<'_>,
    ) -> Result<(), Fault> {
        let word = arguments.required()?;
        let size = match &*word {
            b"default" => 0,
            word => match values::size(word) {
                None => return bad(format!("Bad number '{}'", shown(word))),
                Some(size) if size != 0 && size < 16 => return bad("RekeyLimit too small"),
                Some(size) => size,
            },
        };
        if line.active && self.rekey_size.is_none() {
            self.rekey_size = Some(line.setting(size.to_string().into()));
        } else if line.active {
            self.beaten.push((keyword, line.setting(size.to_string().into())));
        }
        // `none` after the size is dropped, and nothing can follow it but nothing.
        if !arguments.is_at_end()
            && let Some(interval) = seconds(arguments, self.dialect.time_grammar())?
            && line.active
            && self.rekey_interval.is_none()
        {
            self.rekey_interval = Some(line.setting(interval.to_string().into()));
        }
        Ok(())
    }
}
