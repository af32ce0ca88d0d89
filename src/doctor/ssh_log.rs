//! PURE: what the log of `ssh -vv` says of one connection, read message by message.
//!
//! OpenSSH does not translate its messages, but changes them between versions: each is recognised by
//! how it begins, with or without the name of the function that says it. What is not recognised
//! stays in ssh's own words. Text of the server stands inside messages only, never at their
//! beginning, so a server cannot speak in ssh's place.

/// What ssh met, in the order of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SshLog {
    /// `No user exists for uid N`: the number.
    pub no_passwd_entry: Option<String>,
    /// ssh refuses a line or a file of its config.
    pub config_refused: bool,
    /// The name has no address; ssh's reason.
    pub unresolved: Option<String>,
    /// No connection; ssh's reason.
    pub unconnected: Option<String>,
    /// The first line that came before a greeting.
    pub before_greeting: Option<String>,
    /// `SSH-2.0-OpenSSH_9.2p1`
    pub greeting: Option<String>,
    /// What ssh offers, and then what the server does.
    pub proposals: [Proposal; 2],
    /// The option whose list has nothing in common, and what the server has for it.
    pub no_common: Option<(&'static str, Vec<String>)>,
    /// The algorithms of the connection: key exchange, host key, cipher, MAC.
    pub negotiated: Vec<String>,
    /// The type and the fingerprint of the host key.
    pub host_key: Option<(String, String)>,
    /// What ssh makes of the host key.
    pub host_key_verdict: HostKeyVerdict,
    /// The key exchange is done.
    pub encrypted: bool,
    /// What the server takes to log in, from its first answer.
    pub methods: Option<String>,
    /// The keys that had their turn.
    pub keys: Vec<KeyTurn>,
    /// Key files that ssh cannot load, and why.
    pub unloaded: Vec<(String, String)>,
    /// A password or an answer was asked for.
    pub asked: bool,
    /// The server hung up after too many keys.
    pub too_many: bool,
    /// A key or an answer was right, and the server wants more.
    pub partial: bool,
    /// The method that logged in.
    pub authenticated: Option<String>,
    /// The server opens no session; ssh's reason.
    pub session_refused: Option<String>,
    /// What is not for debugging, line by line.
    pub said: Vec<String>,
}

/// The algorithms of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Of each option, what the side has.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

impl Proposal {
    /// What the side has for an option, such as `KexAlgorithms`.
    pub fn of(&self, option: &str) -> &[String] {
        let found = self.lists.iter().find(|(name, _)| *name == option);
        found.map_or(&[], |(_, names)| names)
    }
}

/// What ssh makes of a host key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum HostKeyVerdict {
    /// Nothing so far.
    #[default]
    None,
    /// It is the expected one; which file or service says so.
    Known(Option<String>),
    /// No file has one, and ssh stores it.
    Stored,
    /// No file has one, and ssh refuses it.
    Unknown,
    /// The files have another one.
    Changed,
    /// It is never to be accepted.
    Revoked,
}

/// One key and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTurn {
    /// Its file, or its comment in the agent.
    pub label: String,
    /// The agent holds it.
    pub of_agent: bool,
    /// What became of it.
    pub turn: LoggedTurn,
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedTurn {
    /// It was offered, and no more was heard of it.
    Offered,
    /// Its public half is unknown, so ssh had to open the file first.
    Opened,
    /// The server takes it.
    Accepted,
    /// The server takes it, and no signature was made; ssh's reason.
    Unsigned(String),
    /// It was not offered: the two sides have no signature algorithm for it in common.
    NoSignature,
}

/// How `ssh -vv` names the lists of a side, and the options that they are for.
const LISTS: [(&str, &str); 4] = [
    ("KEX algorithms: ", "KexAlgorithms"),
    ("host key algorithms: ", "HostKeyAlgorithms"),
    ("ciphers ctos: ", "Ciphers"),
    ("MACs ctos: ", "MACs"),
];

/// How ssh names what has nothing in common, and the option of it.
const KINDS: [(&str, &str); 5] = [
    ("key exchange method", "KexAlgorithms"),
    ("host key type", "HostKeyAlgorithms"),
    ("cipher", "Ciphers"),
    ("MAC", "MACs"),
    ("compression method", "Compression"),
];

/// Reads a log from its beginning; it may end anywhere.
pub fn parse(text: &str) -> SshLog {
    let mut log = SshLog::default();
    let mut side = None;
    for line in text.lines() {
        let line = line.trim_end();
        let debug = ["debug1: ", "debug2: ", "debug3: "].iter().find_map(|d| line.strip_prefix(d));
        let message = without_function(debug.unwrap_or(line));
        if debug.is_none() && is_said(line) {
            log.said.push(line.to_owned());
        }
        match message {
            "local client KEXINIT proposal" => side = Some(0),
            "peer server KEXINIT proposal" => side = Some(1),
            _ => {}
        }
        if let Some(at) = side {
            log.take_list(at, message);
        }
        log.take_connection(message);
        log.take_host_key(message);
        log.take_login(message);
    }
    log
}

/// A message without the name of the function that says it: `kex_exchange_identification: …`.
fn without_function(message: &str) -> &str {
    let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match message.split_once(": ") {
        Some((function, rest)) if function.contains('_') && function.chars().all(name) => rest,
        _ => message,
    }
}

/// Whether a line tells a user something.
fn is_said(line: &str) -> bool {
    let idle = [
        "OpenSSH_",
        "Authenticated to ",
        "Authenticated using ",
        "Transferred: ",
        "Bytes per second: ",
        "@",
    ];
    !line.is_empty() && !idle.iter().any(|start| line.starts_with(start))
}

fn names(list: &str) -> Vec<String> {
    // Some names are no algorithms but say what a side can do beside them.
    let marks = ["ext-info-", "kex-strict-"];
    let real = |name: &&str| !name.is_empty() && !marks.iter().any(|mark| name.starts_with(mark));
    list.trim().split(',').filter(real).map(str::to_owned).collect()
}

impl SshLog {
    fn take_list(&mut self, side: usize, message: &str) {
        for (start, option) in LISTS {
            let lists = &mut self.proposals[side].lists;
            if let Some(list) = message.strip_prefix(start)
                && !lists.iter().any(|(known, _)| *known == option)
            {
                lists.push((option, names(list)));
            }
        }
    }

    fn take_connection(&mut self, message: &str) {
        let after = |start: &str| message.strip_prefix(start).map(str::to_owned);
        if let Some(uid) = after("No user exists for uid ") {
            self.no_passwd_entry = Some(uid);
        } else if message.contains("terminating, ") && message.contains("bad configuration option")
            || message.starts_with("Bad owner or permissions on ")
        {
            self.config_refused = true;
        } else if let Some(rest) = after("Could not resolve hostname ") {
            self.unresolved = Some(rest);
        } else if let Some(rest) = after("connect to host ") {
            self.unconnected = Some(rest);
        } else if let Some(rest) = after("banner line ") {
            let text = rest.split_once(": ").map_or(rest.as_str(), |(_, text)| text);
            self.before_greeting.get_or_insert_with(|| unescaped(text));
        } else if let Some(rest) = after("Remote protocol version ") {
            let (version, software) =
                rest.split_once(", remote software version ").unwrap_or((&rest, ""));
            self.greeting = Some(format!("SSH-{version}-{software}"));
        } else if let Some((start, offer)) = message.split_once("Their offer: ") {
            let kind =
                KINDS.iter().find(|(kind, _)| start.contains(&format!("no matching {kind}")));
            self.no_common = kind.map(|(_, option)| (*option, names(offer)));
        } else if let Some(name) =
            after("kex: algorithm: ").or_else(|| after("kex: host key algorithm: "))
        {
            self.negotiated.push(name);
        } else if let Some(rest) = after("kex: client->server cipher: ") {
            let mut words = rest.split_whitespace();
            self.negotiated.extend(words.next().map(str::to_owned));
            let mac = words.nth(1).filter(|mac| !mac.starts_with('<'));
            self.negotiated.extend(mac.map(str::to_owned));
        } else if message.starts_with("SSH2_MSG_NEWKEYS received") {
            self.encrypted = true;
        }
    }

    fn take_host_key(&mut self, message: &str) {
        use HostKeyVerdict as V;
        if ["banner line ", "Remote: ", "Received disconnect "]
            .iter()
            .any(|s| message.starts_with(s))
        {
            return;
        }
        let key = ["Server host key: ", "Server host certificate: "];
        if let Some(rest) = key.iter().find_map(|start| message.strip_prefix(start)) {
            let mut words = rest.split([' ', ',']);
            self.host_key =
                words.next().zip(words.next()).map(|(a, b)| (a.to_owned(), b.to_owned()));
            self.host_key_verdict = V::None;
        }
        let place = ["Found key in ", "Found CA key in "];
        let verdict =
            if let Some(place) = place.iter().find_map(|start| message.strip_prefix(start)) {
                V::Known(Some(place.to_owned()))
            } else if message.contains(" is known and matches the ") {
                match &self.host_key_verdict {
                    known @ V::Known(_) => known.clone(),
                    _ => V::Known(None),
                }
            } else if message.starts_with("matching host key fingerprint found in DNS") {
                V::Known(Some("the DNS".to_owned()))
            } else if message.starts_with("Forcing accepting of host key") {
                V::Known(Some("NoHostAuthenticationForLocalhost".to_owned()))
            } else if message.starts_with("Warning: Permanently added ")
                && !matches!(self.host_key_verdict, V::Known(_))
            {
                V::Stored
            } else if message.contains(" host key is known for ")
                && message.contains("requested strict checking")
            {
                V::Unknown
            } else if message.contains("HOST IDENTIFICATION HAS CHANGED")
                || message.contains("POSSIBLE DNS SPOOFING DETECTED")
            {
                V::Changed
            } else if message.contains("REVOKED HOST KEY DETECTED")
                || message.starts_with("Host key ") && message.contains(" revoked by file ")
            {
                V::Revoked
            } else {
                return;
            };
        self.host_key_verdict = verdict;
    }

    fn take_login(&mut self, message: &str) {
        let after = |start: &str| message.strip_prefix(start);
        if let Some(list) = after("Authentications that can continue: ") {
            self.methods.get_or_insert_with(|| list.to_owned());
        } else if let Some(rest) = after("Offering public key: ") {
            self.keys.push(offered(rest));
        } else if let Some(path) = after("Trying private key: ") {
            let label = path.to_owned();
            self.keys.push(KeyTurn { label, of_agent: false, turn: LoggedTurn::Opened });
        } else if message.starts_with("Server accepts key: ") {
            self.became(LoggedTurn::Accepted);
        } else if message.starts_with("no mutual signature ") {
            self.became(LoggedTurn::NoSignature);
        } else if let Some(rest) = after("Skipping ")
            && let Some((key, _)) = rest.split_once(" - ")
        {
            let label = key.split_once(" key ").map_or(key, |(_, label)| label).to_owned();
            self.keys.push(KeyTurn { label, of_agent: false, turn: LoggedTurn::NoSignature });
        } else if let Some(why) = after("signing failed for ") {
            self.became(LoggedTurn::Unsigned(why.to_owned()));
        } else if let Some(rest) = after("Load key ")
            && let Some((path, why)) = rest.trim_start_matches('"').split_once("\": ")
        {
            // What ssh only looks for is no reason.
            if why != "No such file or directory" {
                self.unloaded.push((path.to_owned(), why.to_owned()));
            }
        } else if matches!(
            message,
            "Next authentication method: password"
                | "Next authentication method: keyboard-interactive"
        ) {
            self.asked = true;
        } else if message.ends_with("Too many authentication failures") {
            self.too_many = true;
        } else if message.starts_with("Authenticated using ") && message.contains("partial success")
        {
            self.partial = true;
        } else if message.starts_with("private key ") && message.ends_with("do not match public") {
            self.became(LoggedTurn::Unsigned(message.to_owned()));
        } else if message.starts_with("Authenticated to ") {
            let method = message.split_once(" using \"").and_then(|(_, rest)| rest.split_once('"'));
            let method = method.map(|(method, _)| method.to_owned());
            self.authenticated = method.or(self.authenticated.take()).or(Some(String::new()));
        } else if let Some(method) = after("Authentication succeeded (") {
            self.authenticated = Some(method.trim_end_matches(").").to_owned());
        } else if let Some((_, why)) = message.split_once(": open failed: ")
            && message.starts_with("channel ")
        {
            self.session_refused.get_or_insert_with(|| why.to_owned());
        }
    }

    fn became(&mut self, turn: LoggedTurn) {
        if let Some(last) = self.keys.last_mut() {
            last.turn = turn;
        }
    }
}

/// `FILE TYPE SHA256:… explicit agent`; up to OpenSSH 7.9 `TYPE SHA256:… FILE`.
fn offered(rest: &str) -> KeyTurn {
    let cut = [" SHA256:", " MD5:"].iter().find_map(|digest| rest.rsplit_once(digest));
    let (before, after) = cut.unwrap_or((rest, ""));
    let mut words = after.split_whitespace().skip(1);
    let (label, of_agent) = match before.rsplit_once(' ') {
        Some((label, _)) => (label.to_owned(), words.any(|word| word == "agent")),
        None if cut.is_some() => (words.collect::<Vec<_>>().join(" "), false),
        None => (rest.to_owned(), false),
    };
    KeyTurn { label, of_agent, turn: LoggedTurn::Offered }
}

/// Text of a server as it was sent: ssh's log writes control characters as `\033` or `\a`.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let code = escape.get(1..4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        let (c, length) = match (code, escape.as_bytes().get(1)) {
            (Some(code), _) => (char::from(code), 4),
            (None, Some(b'a')) => ('\u{7}', 2),
            (None, Some(b'b')) => ('\u{8}', 2),
            (None, Some(b'\\')) => ('\\', 2),
            _ => ('\\', 1),
        };
        out.push(c);
        rest = &escape[length..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_read_from_greeting_to_session() {
        let log = parse(
            "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.22 25 Aug 2026\r\n\
             debug1: Connecting to 127.0.0.1 [127.0.0.1] port 22.\r\n\
             debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1\r\n\
             debug2: local client KEXINIT proposal\r\n\
             debug2: KEX algorithms: curve25519-sha256,ext-info-c\r\n\
             debug2: peer server KEXINIT proposal\r\n\
             debug2: KEX algorithms: curve25519-sha256,kex-strict-s-v00@openssh.com\r\n\
             debug2: MACs ctos: umac-64@openssh.com\r\n\
             debug1: kex: algorithm: curve25519-sha256\r\n\
             debug1: kex: host key algorithm: ssh-ed25519\r\n\
             debug1: kex: client->server cipher: aes128-ctr MAC: umac-64@openssh.com compression: none\r\n\
             debug1: Server host key: ssh-ed25519 SHA256:abc\r\n\
             debug1: Host '[127.0.0.1]:22' is known and matches the ED25519 host key.\r\n\
             debug1: Found key in /home/me/.ssh/known_hosts:3\r\n\
             debug1: SSH2_MSG_NEWKEYS received\r\n\
             debug1: Authentications that can continue: publickey,password\r\n\
             debug1: Offering public key: /home/me/my keys/id RSA SHA256:x explicit\r\n\
             debug1: Offering public key: a b@c ED25519 SHA256:y agent\r\n\
             debug1: Server accepts key: a b@c ED25519 SHA256:y agent\r\n\
             Authenticated to 127.0.0.1 ([127.0.0.1]:22) using \"publickey\".\r\n",
        );
        assert_eq!(log.greeting.as_deref(), Some("SSH-2.0-OpenSSH_9.2p1"));
        assert_eq!(log.proposals[0].of("KexAlgorithms"), ["curve25519-sha256"]);
        assert_eq!(log.proposals[1].of("MACs"), ["umac-64@openssh.com"]);
        assert_eq!(
            log.negotiated,
            ["curve25519-sha256", "ssh-ed25519", "aes128-ctr", "umac-64@openssh.com"]
        );
        assert_eq!(log.host_key, Some(("ssh-ed25519".into(), "SHA256:abc".into())));
        let by = HostKeyVerdict::Known(Some("/home/me/.ssh/known_hosts:3".into()));
        assert_eq!(log.host_key_verdict, by);
        assert!(log.encrypted && log.said.is_empty(), "{log:?}");
        assert_eq!(log.methods.as_deref(), Some("publickey,password"));
        let key = |label: &str, of_agent, turn| KeyTurn { label: label.into(), of_agent, turn };
        assert_eq!(
            log.keys,
            [
                key("/home/me/my keys/id", false, LoggedTurn::Offered),
                key("a b@c", true, LoggedTurn::Accepted)
            ]
        );
        assert_eq!(log.authenticated.as_deref(), Some("publickey"));
    }

    #[test]
    fn a_right_key_may_not_be_enough_or_not_be_that_of_its_public_half() {
        let text = "Authenticated using \"publickey\" with partial success.\n\
                    debug1: Authentications that can continue: password\n";
        let log = parse(text);
        assert!(log.partial && log.authenticated.is_none());
        let log = parse(
            "debug1: Offering public key: /k ED25519 SHA256:x explicit\n\
             identity_sign: private key /k contents do not match public",
        );
        assert!(
            matches!(&log.keys[0].turn, LoggedTurn::Unsigned(why) if why.contains("do not match"))
        );
    }

    #[test]
    fn older_messages_say_the_same() {
        let log = parse(
            "debug1: Offering public key: RSA SHA256:x /home/me/id\n\
             debug1: Server accepts key: pkalg rsa-sha2-512 blen 279\n\
             debug1: Authentication succeeded (publickey).\n\
             Authenticated to h ([192.0.2.1]:22).\n",
        );
        assert_eq!(log.keys[0].label, "/home/me/id");
        assert_eq!(log.keys[0].turn, LoggedTurn::Accepted);
        assert_eq!(log.authenticated.as_deref(), Some("publickey"));
    }

    #[test]
    fn what_stops_a_connection_is_told_apart() {
        let no_common = |text: &str| parse(text).no_common.expect("nothing in common");
        assert_eq!(
            no_common(
                "Unable to negotiate with 192.0.2.1 port 22: no matching host key type found. \
                 Their offer: ssh-rsa,ssh-dss"
            ),
            ("HostKeyAlgorithms", vec!["ssh-rsa".to_owned(), "ssh-dss".to_owned()])
        );
        assert_eq!(no_common("no matching MAC found. Their offer: hmac-md5").0, "MACs");
        assert_eq!(parse("No user exists for uid 7").no_passwd_entry.as_deref(), Some("7"));
        assert!(parse("/c: terminating, 1 bad configuration options").config_refused);
        let unknown = "No ED25519 host key is known for h and you have requested strict checking.";
        assert_eq!(parse(unknown).host_key_verdict, HostKeyVerdict::Unknown);
        let log =
            parse("Load key \"/k\": error in libcrypto\nroot@h: Permission denied (publickey).");
        assert_eq!(log.unloaded, [("/k".to_owned(), "error in libcrypto".to_owned())]);
        assert_eq!(log.said.len(), 2);
        let log = parse(
            "debug1: Offering public key: /k ED25519-SK SHA256:x explicit\n\
             sign_and_send_pubkey: signing failed for ED25519-SK \"/k\": device not found",
        );
        let why = "ED25519-SK \"/k\": device not found".to_owned();
        assert_eq!(log.keys[0].turn, LoggedTurn::Unsigned(why));
    }

    #[test]
    fn a_server_cannot_speak_in_the_place_of_ssh() {
        let log = parse(
            "debug1: kex_exchange_identification: banner line 0: Authenticated to x using \"none\"\n\
             debug1: Remote: Server accepts key: x\n\
             debug1: kex_exchange_identification: banner line 1: \\033]0;t\\a\n",
        );
        assert_eq!(log.authenticated, None);
        assert_eq!(log.before_greeting.as_deref(), Some("Authenticated to x using \"none\""));
        assert_eq!(unescaped("\\033]0;t\\a"), "\u{1b}]0;t\u{7}");
    }
}
