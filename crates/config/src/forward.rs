//! PURE: forwardings and hops: `[bind:]port host:port`, sockets, `user@host:port` (readconf.c:
//! parse_forward, parse_jump).

use super::Facts;
use super::dialect::Dialect;
use super::tokens::{self, ExpandError, Tokens};
use super::values::{self, check_domain, is_space};

/// The longest socket path there is, its NUL included (sys/un.h).
const SOCKET_PATH: usize = 108;
/// The longest host name there is, its NUL included (netdb.h: NI_MAXHOST).
const HOST_NAME: usize = 1025;
/// What ssh has room for when it joins the two arguments of a forwarding.
const SPEC: usize = 255;

/// One end of a forwarding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A TCP port, on the loopback or on all addresses where no host is named.
    Tcp {
        /// The address to bind to, or the host to connect to.
        host: Option<Vec<u8>>,
        /// The port; 0 lets the server choose.
        port: u16,
    },
    /// A Unix socket.
    Socket(Vec<u8>),
}

/// A forwarding as ssh holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Where connections are taken.
    pub listen: End,
    /// Where they go; `None` leaves that to the client, with SOCKS.
    pub connect: Option<End>,
}

/// Which keyword or flag a forwarding is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `LocalForward`, `-L`.
    Local,
    /// `RemoteForward`, `-R`, with a target.
    Remote,
    /// `DynamicForward`, `-D`, and `-W`.
    Dynamic,
    /// `RemoteForward`, `-R`, without a target.
    RemoteDynamic,
}

struct Field {
    text: Vec<u8>,
    is_path: bool,
}

/// Reads `[listen:]port[:host:port]` with sockets in the place of ports, after `${}` is expanded.
pub(super) fn parse_forward(
    spec: &[u8],
    direction: Direction,
    facts: &dyn Facts,
) -> Option<Forward> {
    let text = tokens::expand(spec, None, Some(facts)).ok()?;
    let mut rest = Some(&text[text.iter().take_while(|b| is_space(**b)).count()..]);
    let mut fields = Vec::with_capacity(4);
    while fields.len() < 4
        && let Some(text) = rest.filter(|text| !text.is_empty())
    {
        let (field, after) = parse_field(text)?;
        fields.push(field);
        rest = after;
    }
    if rest.is_some_and(|rest| !rest.is_empty()) {
        return None;
    }
    let port = |field: &Field| values::port(&field.text, facts);
    let tcp = |host: Option<&Field>, at: &Field| {
        Some(End::Tcp { host: host.map(|host| host.text.clone()), port: port(at)? })
    };
    let socket = |field: &Field| End::Socket(field.text.clone());
    let (listen, connect) = match fields.as_slice() {
        [a] if a.is_path => (socket(a), None),
        [a] => (tcp(None, a)?, None),
        [a, b] if a.is_path && b.is_path => (socket(a), Some(socket(b))),
        [a, b] if b.is_path => (tcp(None, a)?, Some(socket(b))),
        [a, b] => (tcp(Some(a), b)?, None),
        [a, b, c] if a.is_path => (socket(a), Some(tcp(Some(b), c)?)),
        [a, b, c] if c.is_path => (tcp(Some(a), b)?, Some(socket(c))),
        [a, b, c] => (tcp(None, a)?, Some(tcp(Some(b), c)?)),
        [a, b, c, d] => (tcp(Some(a), b)?, Some(tcp(Some(c), d)?)),
        _ => return None,
    };
    let dynamic = matches!(direction, Direction::Dynamic | Direction::RemoteDynamic);
    let remote = matches!(direction, Direction::Remote | Direction::RemoteDynamic);
    let fits = if dynamic {
        fields.len() <= 2
    } else {
        match &connect {
            None => false,
            Some(End::Tcp { port, .. }) => *port > 0,
            Some(End::Socket(_)) => true,
        }
    };
    let has_port = |end: &End| !matches!(end, End::Tcp { port: 0, .. });
    let short = |end: &End| match end {
        End::Tcp { host, .. } => host.as_ref().is_none_or(|host| host.len() < HOST_NAME),
        End::Socket(path) => path.len() < SOCKET_PATH,
    };
    let ok = fits
        && (remote || has_port(&listen))
        && short(&listen)
        && connect.as_ref().is_none_or(short);
    ok.then_some(Forward { listen, connect })
}

/// One field up to `:`, and what follows the colon; `None` at the end. `[…]` is literal.
fn parse_field(text: &[u8]) -> Option<(Field, Option<&[u8]>)> {
    if text[0] == b'[' {
        let close = memchr::memchr(b']', text)?;
        let is_path = text[1..close].contains(&b'/');
        let field = Field { text: text[1..close].to_vec(), is_path };
        return match text.get(close + 1) {
            None => Some((field, Some(&[]))),
            Some(b':') => Some((field, Some(&text[close + 2..]))),
            Some(_) => None,
        };
    }
    let mut field = Field { text: Vec::new(), is_path: false };
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b':' => return Some((field, Some(&text[at + 1..]))),
            // The next character is taken for what it is, a slash not even for a path.
            b'\\' => {
                at += 1;
                field.text.push(*text.get(at)?);
            }
            byte => {
                field.is_path |= byte == b'/';
                field.text.push(byte);
            }
        }
        at += 1;
    }
    Some((field, Some(&[])))
}

/// The one text that ssh makes of the two arguments of a forwarding, cut where its buffer ends.
pub(super) fn joined_spec(listen: &[u8], connect: Option<&[u8]>) -> Vec<u8> {
    let mut spec = listen.to_vec();
    if let Some(connect) = connect {
        spec.push(b':');
        spec.extend(connect);
    }
    spec.truncate(SPEC);
    spec
}

impl End {
    fn expand(&mut self, tokens: &Tokens) -> Result<(), ExpandError> {
        if let End::Socket(path) = self {
            *path = tokens.expand(path)?;
        }
        Ok(())
    }

    fn dump(&self, out: &mut Vec<u8>) {
        match self {
            End::Socket(path) => out.extend(path),
            End::Tcp { host: None, port } => out.extend(port.to_string().bytes()),
            End::Tcp { host: Some(host), port } => {
                out.push(b'[');
                out.extend(host);
                out.extend(format!("]:{port}").bytes());
            }
        }
    }
}

impl Forward {
    /// Expands the tokens in socket paths, the only place where ssh does.
    pub(super) fn expand(&mut self, tokens: &Tokens) -> Result<(), ExpandError> {
        self.listen.expand(tokens)?;
        self.connect.as_mut().map_or(Ok(()), |connect| connect.expand(tokens))
    }

    /// Whether it listens at the path of a socket.
    pub(super) fn listens_at_socket(&self) -> bool {
        matches!(self.listen, End::Socket(_))
    }

    /// Whether the client says where a connection goes, with SOCKS.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        match &self.connect {
            None => true,
            Some(End::Tcp { host, .. }) => host.as_deref() == Some(b"socks"),
            Some(End::Socket(_)) => false,
        }
    }

    /// Whether `ssh -G` lists it as a `DynamicForward`; sockets as targets pass for that too.
    pub(super) fn is_listed_as_dynamic(&self) -> bool {
        self.is_dynamic() || matches!(self.connect, Some(End::Socket(_)))
    }

    /// Where it listens, and where it goes if that is asked, as `ssh -G` prints it.
    pub(super) fn dump(&self, with_target: bool) -> Vec<u8> {
        let mut out = Vec::new();
        self.listen.dump(&mut out);
        if with_target {
            out.push(b' ');
            match &self.connect {
                Some(connect) => connect.dump(&mut out),
                None => out.extend(b"[socks]:0"),
            }
        }
        out
    }
}

/// Where `PermitRemoteOpen` lets connections go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermittedOpen {
    /// The host; `None` for all.
    pub host: Option<Vec<u8>>,
    /// The port; `None` for all.
    pub port: Option<u16>,
}

impl PermittedOpen {
    /// Reads `host:port`, the port by number or service; an IPv6 address stands in brackets, `*` for
    /// all (ssh.c: process_permitopen).
    pub(super) fn parse(word: &[u8], facts: &dyn Facts) -> Option<Self> {
        let HostAndRest { host, rest, .. } = host_and_rest(word)?;
        let port = match rest? {
            b"*" => None,
            port => Some(values::port(port, facts)?),
        };
        let host = without_brackets(host);
        Some(PermittedOpen { host: (host != b"*").then(|| host.to_vec()), port })
    }
}

/// Where a session goes through on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// `ProxyJump none`.
    Nowhere,
    /// The last hop, and the ones before it as they were written.
    Through {
        /// The last hop, which the destination is reached from.
        last: Hop,
        /// The hops before it, `a,b`, as written.
        before: Option<Vec<u8>>,
    },
}

/// `[user@]host[:port]` or `ssh://[user@]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The user there.
    pub user: Option<Vec<u8>>,
    /// The host or profile, without brackets.
    pub host: Vec<u8>,
    /// The port.
    pub port: Option<u16>,
}

impl Jump {
    /// Reads the argument of `ProxyJump` or `-J`; `strict` asks ssh's own host and user checks too.
    ///
    /// # Errors
    /// What ssh says beside "Invalid ProxyJump", if anything.
    pub(super) fn parse(
        text: &[u8],
        strict: bool,
        facts: &dyn Facts,
        dialect: &Dialect,
    ) -> Result<Jump, Option<String>> {
        if text.eq_ignore_ascii_case(b"none") {
            return Ok(Jump::Nowhere);
        }
        let cut = |text: &[u8]| memchr::memchr(b'#', text).unwrap_or(text.len());
        let is_argv = dialect.cuts_lines_as_argv();
        let text = if is_argv { &text[..cut(text)] } else { text };
        let end = if !is_argv {
            text.len()
        } else if dialect.keeps_blanks_of_jump() {
            text.iter().rposition(|b| !is_space(*b)).map_or(0, |last| last + 1)
        } else {
            // misc.c: rtrim cut at the first blank, not at the last run of them.
            let blank = text.iter().skip(1).position(|b| is_space(*b));
            blank.map_or(text.len(), |at| at + 1)
        };
        let text = &text[..end];
        let strict = strict && dialect.checks_hops();
        let hops = text
            .split(|&b| b == b',')
            .map(|hop| {
                let hop = Hop::parse_as(hop, facts, dialect).ok_or(None)?;
                let shown = String::from_utf8_lossy(&hop.host).into_owned();
                if strict && !values::host_passes(&hop.host, dialect) {
                    return Err(Some(format!("invalid hostname \"{shown}\"")));
                }
                match &hop.user {
                    Some(user) if strict && !values::user_passes(user, dialect) => {
                        Err(Some(format!("invalid username \"{}\"", String::from_utf8_lossy(user))))
                    }
                    _ => Ok(hop),
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let last = hops.into_iter().next_back().ok_or(None)?;
        let before = memchr::memrchr(b',', text).map(|comma| text[..comma].to_vec());
        Ok(Jump::Through { last, before })
    }

    /// As `ssh -G` prints it.
    pub(super) fn dump(&self) -> Option<Vec<u8>> {
        let Jump::Through { last, before } = self else { return None };
        let mut out = Vec::new();
        if let Some(before) = before {
            out.extend(before);
            out.push(b',');
        }
        if let Some(user) = &last.user {
            out.extend(user);
            out.push(b'@');
        }
        let numeric =
            last.host.contains(&b':') || last.host.iter().all(|b| b.is_ascii_digit() || *b == b'.');
        if numeric {
            out.push(b'[');
        }
        out.extend(&last.host);
        if numeric {
            out.push(b']');
        }
        if let Some(port) = last.port {
            out.extend(format!(":{port}").bytes());
        }
        Some(out)
    }
}

impl Hop {
    /// Reads one hop as any ssh takes it; `None` when it is no such thing.
    #[must_use]
    pub fn parse(text: &[u8], facts: &dyn Facts) -> Option<Hop> {
        Hop::parse_as(text, facts, Dialect::any())
    }

    fn parse_as(text: &[u8], facts: &dyn Facts, dialect: &Dialect) -> Option<Hop> {
        if let Some(uri) = Uri::parse(text, dialect) {
            let uri = uri.ok()?;
            let port = uri.port(facts).ok()?;
            if dialect.has_jump_uris() {
                return Some(Hop { user: uri.user, host: uri.host, port });
            }
        }
        let (user, rest) = match memchr::memrchr(b'@', text) {
            Some(0) => return None,
            Some(at) => (Some(text[..at].to_vec()), &text[at + 1..]),
            None => (None, text),
        };
        let HostAndRest { host, rest, .. } = host_and_rest(rest)?;
        if host.is_empty() {
            return None;
        }
        let port = match rest {
            Some(port) if !port.is_empty() => Some(values::port(port, facts).filter(|p| *p > 0)?),
            _ => None,
        };
        Some(Hop { user, host: without_brackets(host).to_vec(), port })
    }
}

/// A host, in brackets where it has them, and what follows it.
pub(super) struct HostAndRest<'a> {
    host: &'a [u8],
    /// What stands behind the `:` or `/` after the host.
    pub(super) rest: Option<&'a [u8]>,
    /// It was a `:`.
    is_port: bool,
}

/// Cuts a text behind its host (misc.c: hpdelim2).
pub(super) fn host_and_rest(text: &[u8]) -> Option<HostAndRest<'_>> {
    let end = if text.first() == Some(&b'[') {
        memchr::memchr(b']', text)? + 1
    } else {
        memchr::memchr2(b':', b'/', text).unwrap_or(text.len())
    };
    match text.get(end) {
        None => Some(HostAndRest { host: &text[..end], rest: None, is_port: false }),
        Some(&delimiter @ (b':' | b'/')) => Some(HostAndRest {
            host: &text[..end],
            rest: Some(&text[end + 1..]),
            is_port: delimiter == b':',
        }),
        Some(_) => None,
    }
}

/// A host without the brackets around it (misc.c: cleanhostname).
pub(super) fn without_brackets(host: &[u8]) -> &[u8] {
    host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
}

/// `ssh://[user[;parameters]@]host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Uri {
    pub(super) user: Option<Vec<u8>>,
    pub(super) host: Vec<u8>,
    port: Option<Vec<u8>>,
}

impl Uri {
    /// `None` when it is no ssh URI at all, an error when it is a bad one (misc.c: parse_uri).
    pub(super) fn parse(text: &[u8], dialect: &Dialect) -> Option<Result<Uri, ()>> {
        let text = text.strip_prefix(b"ssh://")?;
        Some(Uri::parse_rest(text, dialect).ok_or(()))
    }

    fn parse_rest(text: &[u8], dialect: &Dialect) -> Option<Uri> {
        let (user, text) = match memchr::memchr(b'@', text) {
            None => (None, text),
            Some(at) => {
                let user = &text[..at];
                let user = &user[..memchr::memchr(b';', user).unwrap_or(at)];
                if user.is_empty() {
                    return None;
                }
                (Some(url_decoded(user, dialect)?), &text[at + 1..])
            }
        };
        let HostAndRest { host, rest, is_port } = host_and_rest(text)?;
        let host = without_brackets(host);
        check_domain(host, dialect.takes_underscore_domains()).ok()?;
        let host = host.strip_suffix(b".").unwrap_or(host).to_vec();
        let rest = rest.unwrap_or_default();
        let (port, path) = if is_port && !rest.is_empty() {
            let slash = memchr::memchr(b'/', rest);
            (Some(&rest[..slash.unwrap_or(rest.len())]), slash.map(|slash| &rest[slash + 1..]))
        } else {
            (None, Some(rest))
        };
        // An ssh URI has no path.
        path.is_none_or(<[u8]>::is_empty).then(|| Uri {
            user,
            host,
            port: port.map(<[u8]>::to_vec),
        })
    }

    /// The port, where there is one; an error when it is no port.
    pub(super) fn port(&self, facts: &dyn Facts) -> Result<Option<u16>, ()> {
        match &self.port {
            None => Ok(None),
            Some(text) => values::port(text, facts).filter(|port| *port > 0).map(Some).ok_or(()),
        }
    }
}

fn url_decoded(text: &[u8], dialect: &Dialect) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = std::str::from_utf8(after.get(..2)?).ok()?;
                if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                out.push(u8::from_str_radix(hex, 16).ok()?);
                rest = &after[2..];
            }
            byte => out.push(byte),
        }
    }
    // A C string ends at NUL.
    match memchr::memchr(0, &out) {
        Some(_) if dialect.refuses_nul_in_uri() => return None,
        Some(end) => out.truncate(end),
        None => {}
    }
    Some(out)
}
