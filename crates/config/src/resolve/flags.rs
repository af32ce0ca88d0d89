//! PURE: what the flags and the destination of a command line set (ssh.c: main).

use super::{Run, StdioForward};
use crate::algorithms::List;
use crate::command_line::Argument;
use crate::dialect::UserCheck;
use crate::forward::{self, Direction, Jump};
use crate::options::Keyword;
use crate::settings::{Fault, Line, Setting, Source};
use crate::walk::Stop;
use crate::{pattern, tokens, values, words};

impl Run<'_> {
    pub(super) fn apply_command_line(&mut self) -> Result<(), Stop> {
        let command = self.command;
        let mut verbosity = 0;
        for argument in &command.arguments {
            match argument {
                Argument::Flag(letter) => self.apply_flag(*letter, &mut verbosity)?,
                Argument::Option(letter, value) => self.apply_option(*letter, value)?,
                Argument::Destination(user) => {
                    if let Some(user) = user {
                        self.type_user(user);
                    }
                }
                Argument::Uri(uri) => {
                    // ssh takes the user for one that was typed, whether or not the URI names one.
                    self.typed_user |= self.settings().get(Keyword::User).is_none();
                    let Ok(port) = uri.port(self.walk.facts()) else {
                        return self.walk.stop("bad port in the destination");
                    };
                    if let Some(user) = &uri.user {
                        self.type_user(user);
                    }
                    if let Some(port) = port {
                        self.assign_first(Keyword::Port, port.to_string());
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes a user that `-l` or the destination gives.
    fn type_user(&mut self, user: &[u8]) {
        if self.settings().get(Keyword::User).is_none() {
            self.typed_user = true;
        }
        self.assign_first(Keyword::User, user);
    }

    fn apply_flag(&mut self, letter: u8, verbosity: &mut u8) -> Result<(), Stop> {
        use Keyword as K;
        match letter {
            b'1' => return self.walk.stop("SSH protocol v.1 is no longer supported"),
            b'4' => self.assign(K::AddressFamily, "inet"),
            b'6' => self.assign(K::AddressFamily, "inet6"),
            b'n' => self.assign(K::StdinNull, "yes"),
            b'f' => {
                self.assign(K::ForkAfterAuthentication, "yes");
                self.assign(K::StdinNull, "yes");
            }
            b'x' => self.assign(K::ForwardX11, "no"),
            b'X' => self.assign(K::ForwardX11, "yes"),
            b'Y' => {
                self.assign(K::ForwardX11, "yes");
                self.assign(K::ForwardX11Trusted, "yes");
            }
            b'g' => self.assign(K::GatewayPorts, "yes"),
            b'a' => self.assign(K::ForwardAgent, "no"),
            b'A' => self.assign(K::ForwardAgent, "yes"),
            b'k' => self.assign(K::GSSAPIDelegateCredentials, "no"),
            b'K' => {
                self.assign(K::GSSAPIAuthentication, "yes");
                self.assign(K::GSSAPIDelegateCredentials, "yes");
            }
            b't' => {
                let again = self.settings().is(K::RequestTTY, "true");
                self.assign(K::RequestTTY, if again { "force" } else { "true" });
            }
            b'T' => self.assign(K::RequestTTY, "false"),
            b'v' => {
                let quiet = self.walk.dialect().quiet();
                let levels =
                    [quiet, "FATAL", "ERROR", "INFO", "VERBOSE", "DEBUG", "DEBUG2", "DEBUG3"];
                let level = self.settings().get(K::LogLevel).map(<[u8]>::to_vec);
                let at = levels.iter().position(|name| level.as_deref() == Some(name.as_bytes()));
                let next = match (*verbosity, at) {
                    (0, _) | (_, None) => "DEBUG",
                    (_, Some(at)) => levels[(at + 1).min(levels.len() - 1)],
                };
                *verbosity += 1;
                self.assign(K::LogLevel, next);
            }
            b'q' => {
                let quiet = self.walk.dialect().quiet();
                self.assign(K::LogLevel, quiet);
            }
            b'C' => {
                self.assign(K::Compression, "yes");
                self.settings().compression_flag = true;
            }
            b'M' => {
                let again = self.settings().is(K::ControlMaster, "true");
                self.assign(K::ControlMaster, if again { "ask" } else { "true" });
            }
            b'N' => {
                let set = self.settings().get(K::SessionType);
                let clashes = set.is_some_and(|value| value != b"none");
                if clashes && self.walk.dialect().has_session_type() {
                    return self.walk.stop("Cannot specify -N with -s/SessionType");
                }
                self.assign(K::SessionType, "none");
                self.assign(K::RequestTTY, "false");
            }
            b's' => {
                let set = self.settings().get(K::SessionType);
                let clashes = set.is_some_and(|value| value != b"subsystem");
                if clashes && self.walk.dialect().has_session_type() {
                    return self.walk.stop("Cannot specify -s with -N/SessionType");
                }
                self.assign(K::SessionType, "subsystem");
            }
            // -2 -G -P -y -V change no option.
            _ => {}
        }
        Ok(())
    }

    fn apply_option(&mut self, letter: u8, value: &[u8]) -> Result<(), Stop> {
        use Keyword as K;
        let shown = String::from_utf8_lossy(value).into_owned();
        let facts = self.walk.facts();
        match letter {
            b'i' => self.apply_identity(value)?,
            b'I' => self.assign(K::PKCS11Provider, value),
            b'J' => self.apply_jump(value)?,
            b'w' => {
                self.assign_first(K::Tunnel, "point-to-point");
                match values::tunnel_device(value) {
                    Some(device) => self.assign(K::TunnelDevice, device),
                    None => return self.walk.stop(format!("Bad tun device '{shown}'")),
                }
            }
            b'W' => {
                if self.stdio_forward.is_some() {
                    return self.walk.stop("stdio forward already specified");
                }
                if self.command.has(b'O') {
                    return self.walk.stop("Cannot specify stdio forward with -O");
                }
                let Some(forward) = forward::parse_forward(value, Direction::Dynamic, facts) else {
                    return self.walk.stop(format!("Bad stdio forwarding specification '{shown}'"));
                };
                self.stdio_forward = Some(if forward.listens_at_socket() {
                    StdioForward::Socket
                } else {
                    StdioForward::Port
                });
                self.assign(K::RequestTTY, "false");
                self.assign(K::SessionType, "none");
            }
            b'O' if !self.walk.dialect().has_multiplex_command(&shown) => {
                return self.walk.stop("Invalid multiplex command.");
            }
            b'e' => match values::escape_char(value) {
                Some(escape) => self.assign(K::EscapeChar, escape),
                None => return self.walk.stop(format!("Bad escape character '{shown}'.")),
            },
            b'c' => {
                if value.starts_with(b"-") || !List::Ciphers.accepts(value, self.walk.dialect()) {
                    return self.walk.stop(format!("Unknown cipher type '{shown}'"));
                }
                self.assign(K::Ciphers, value);
            }
            b'm' => {
                let changes = value.first().is_some_and(|b| b"+-^".contains(b));
                if changes || !List::Macs.accepts(value, self.walk.dialect()) {
                    return self.walk.stop(format!("Unknown mac type '{shown}'"));
                }
                self.assign(K::MACs, value);
            }
            b'p' => match values::port(value, facts) {
                _ if self.settings().get(K::Port).is_some() => {}
                None | Some(0) => return self.walk.stop(format!("Bad port '{shown}'")),
                Some(port) => self.assign(K::Port, port.to_string()),
            },
            b'l' => self.type_user(value),
            b'P' => self.assign_first(K::Tag, value),
            b'L' | b'D' | b'R' => self.apply_forward(letter, value, &shown)?,
            b'o' => self.apply_directive(value)?,
            b'S' => self.assign(K::ControlPath, value),
            b'b' => self.assign(K::BindAddress, value),
            b'B' => self.assign(K::BindInterface, value),
            // -E -F -Q change no option.
            _ => {}
        }
        Ok(())
    }

    fn apply_identity(&mut self, value: &[u8]) -> Result<(), Stop> {
        let path = match tokens::expand_tilde(value, self.walk.facts(), self.walk.dialect().tilde())
        {
            Ok(path) => path,
            Err(error) => return self.walk.stop(format!("tilde_expand: {error}")),
        };
        match self.walk.probe.map_or(Ok(()), |probe| probe.reach(&path)) {
            Ok(()) => {
                let setting = Setting { value: path, source: Source::CommandLine, user: true };
                self.settings().add_key_file(Keyword::IdentityFile, setting);
            }
            Err(why) => {
                let path = String::from_utf8_lossy(&path);
                let text = format!("Warning: Identity file {path} not accessible: {why}.");
                self.walk.complain(text);
            }
        }
        Ok(())
    }

    fn apply_jump(&mut self, value: &[u8]) -> Result<(), Stop> {
        if self.settings().jump.is_some() {
            return self.walk.stop(
                "Only a single -J option is permitted (use commas to separate multiple jump hops)",
            );
        }
        if self.settings().get(Keyword::ProxyCommand).is_some() {
            return self.walk.stop("Cannot specify -J with ProxyCommand");
        }
        let jump = match Jump::parse(value, true, self.walk.facts(), self.walk.dialect()) {
            Ok(jump) => jump,
            Err(why) => {
                if let Some(why) = why {
                    self.walk.complain(format!("parse_jump: {why}"));
                }
                return self.walk.stop("Invalid -J argument");
            }
        };
        let source = &|| Source::CommandLine;
        let line = Line { source, user: true, active: true, written: b"proxyjump" };
        self.settings().take_jump(jump, &line);
        Ok(())
    }

    fn apply_forward(&mut self, letter: u8, value: &[u8], shown: &str) -> Result<(), Stop> {
        let facts = self.walk.facts();
        let parse = |direction| forward::parse_forward(value, direction, facts);
        let (forward, what) = match letter {
            b'L' => (parse(Direction::Local), "local"),
            b'D' => (parse(Direction::Dynamic), "dynamic"),
            _ => (parse(Direction::Remote).or_else(|| parse(Direction::RemoteDynamic)), "remote"),
        };
        match forward {
            Some(forward) => {
                self.settings().add_forward(forward, Source::CommandLine, letter == b'R');
                Ok(())
            }
            None => self.walk.stop(format!("Bad {what} forwarding specification '{shown}'")),
        }
    }

    /// `-o 'Keyword value'`, read as a line of a config.
    fn apply_directive(&mut self, text: &[u8]) -> Result<(), Stop> {
        let text = words::before_nul(text);
        let Some(head) = words::head(text) else { return Ok(()) };
        let written = words::unquoted(&text[head.keyword.clone()]).to_ascii_lowercase();
        let shown = String::from_utf8_lossy(&written).into_owned();
        let rest = &text[head.rest];
        let is_argv = self.walk.dialect().cuts_lines_as_argv();
        if rest.is_empty() && is_argv {
            let text = format!("command-line line 0: no argument after keyword \"{shown}\"");
            return self.walk.stop(text);
        }
        let dialect = self.walk.dialect();
        let keyword = Keyword::find(&written);
        let keyword = keyword.and_then(|found| dialect.keyword(found, &written));
        let ignored = self.settings().get(Keyword::IgnoreUnknown).is_some_and(|list| {
            pattern::matches_list(&written, list, true) == pattern::Verdict::Yes
        });
        if is_argv && words::split(rest).any(|word| word.is_err()) {
            return self.walk.stop("command-line line 0: invalid quotes");
        }
        let Some(keyword) = keyword else {
            return if ignored {
                Ok(())
            } else {
                self.walk.stop(format!("command-line: line 0: Bad configuration option: {shown}"))
            };
        };
        match keyword {
            Keyword::Host | Keyword::Match => {
                let named = match keyword {
                    Keyword::Match if dialect.names_match_directive() => "Match",
                    _ => "Host",
                };
                let text = format!("{named} directive not supported as a command-line option");
                return self.walk.stop(text);
            }
            Keyword::Include => {
                return self.walk.stop("Include directive not supported as a command-line option");
            }
            _ => {}
        }
        let source = &|| Source::CommandLine;
        let line = Line { source, user: true, active: true, written: &written };
        match self.settings().apply(keyword, rest, &line) {
            Ok(()) => Ok(()),
            Err(Fault::Bad(text) | Fault::Fatal(text)) => {
                for said in std::mem::take(&mut self.settings().said) {
                    self.walk.complain(said);
                }
                self.walk.stop(format!("command-line line 0: {text}"))
            }
        }
    }

    pub(super) fn check_command_line(&mut self) -> Result<(), Stop> {
        let dialect = self.walk.dialect();
        let is_checked = matches!(
            dialect.user_check(),
            UserCheck::CommandLine | UserCheck::CommandLineOrExpanded
        );
        let user = self.settings().get(Keyword::User);
        if is_checked && user.is_some_and(|user| !values::user_passes(user, dialect)) {
            return self.walk.stop("remote username contains invalid characters");
        }
        if dialect.checks_host() && !values::host_passes(self.command.host(), dialect) {
            return self.walk.stop("hostname contains invalid characters");
        }
        let bare = self.command.command.is_empty();
        if bare && self.settings().is(Keyword::SessionType, "subsystem") {
            return self.walk.stop("You must specify a subsystem to invoke.");
        }
        if self.command.has(b'y') && self.command.has(b'E') {
            return self.walk.stop("Can't specify both -y and -E");
        }
        Ok(())
    }
}
