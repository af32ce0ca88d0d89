//! PURE: which settings the built-in session cannot honour.

use super::Lack;
use crate::session::options::{Options, Setting};

/// When a setting is something that is lacking.
enum When {
    /// It is set to anything but these words.
    NotOneOf(&'static [&'static str]),
    /// It is set at all.
    Set,
}

use When::{NotOneOf, Set};

/// A row: the option, when it matters, why.
type Row = (&'static str, When, &'static str);

const NO: &[&str] = &["no", "false"];
const NONE: &[&str] = &["none"];

/// What matters for every server on the way.
const CONNECTION: &[Row] = &[
    ("HostbasedAuthentication", NotOneOf(NO), ""),
    ("PKCS11Provider", NotOneOf(NONE), ""),
    ("SecurityKeyProvider", NotOneOf(&["internal"]), ""),
    ("KnownHostsCommand", NotOneOf(NONE), ""),
    ("VerifyHostKeyDNS", NotOneOf(NO), ""),
    ("CheckHostIP", NotOneOf(NO), ""),
    ("BindInterface", Set, ""),
    ("ProxyUseFdpass", NotOneOf(NO), ""),
    ("RefuseConnection", Set, ""),
];

/// What matters at the destination alone.
const SESSION: &[Row] = &[
    ("ControlMaster", NotOneOf(NO), ""),
    ("ControlPath", NotOneOf(NONE), ""),
    ("ControlPersist", NotOneOf(NO), ""),
    ("ForwardX11", NotOneOf(NO), ""),
    ("Tunnel", NotOneOf(NO), ""),
    ("ForkAfterAuthentication", NotOneOf(NO), ""),
    ("PermitLocalCommand", NotOneOf(NO), ""),
    ("ChannelTimeout", NotOneOf(NONE), ""),
    ("EnableEscapeCommandline", NotOneOf(NO), ""),
];

/// What the built-in session lacks to reach a server and log in there.
pub(super) fn of_connection(options: &Options) -> Vec<Lack> {
    let mut lacks = lacking(options, CONNECTION);
    if options.text("serveralivecountmax") == Some("0")
        && options.text("serveraliveinterval").is_some_and(|interval| interval != "0")
        && let Some(setting) = options.get("serveralivecountmax")
    {
        lacks.push(Lack::new("ServerAliveCountMax", setting, "0 ends at the first silence"));
    }
    if options.text("addkeystoagent").is_some_and(|word| word.eq_ignore_ascii_case("ask"))
        && let Some(setting) = options.get("addkeystoagent")
    {
        lacks.push(Lack::new("AddKeysToAgent", setting, "it adds unasked or not at all"));
    }
    lacks
}

/// What the built-in session lacks to do there what is asked.
pub(super) fn of_session(options: &Options) -> Vec<Lack> {
    lacking(options, SESSION)
}

fn lacking(options: &Options, rows: &[Row]) -> Vec<Lack> {
    let mut lacks = Vec::new();
    for (option, when, why) in rows {
        for setting in options.all(option) {
            if matters(when, setting) {
                lacks.push(Lack::new(option, setting, why));
            }
        }
    }
    lacks
}

fn matters(when: &When, setting: &Setting) -> bool {
    match when {
        Set => true,
        NotOneOf(words) => !words.iter().any(|word| setting.value.eq_ignore_ascii_case(word)),
    }
}
