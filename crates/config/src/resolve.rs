//! PURE: from files and a command line to the options that ssh would use (ssh.c: main).

mod expand;
mod flags;
mod host;

use self::expand::Failed;
use super::command_line::CommandLine;
use super::dialect::EmptyList;
use super::facts::Family;
use super::forward::Jump;
use super::options::Keyword;
use super::settings::{Setting, Settings, Source};
use super::walk::{Rejected, Stop, Walk};
use super::{Dialect, Effective, Facts, Probe, Tree};

/// Works out what an ssh of a dialect would use for a command line.
///
/// With no `probe`, nothing is run and nothing asked of the network: `Match exec` counts as not
/// matching, names stay as they are, and [`Effective::depends_on`] says which lines a connect
/// would have to decide.
///
/// # Errors
/// When ssh would refuse the config or the command line, with all that it says.
pub fn resolve(
    tree: &Tree,
    command: &CommandLine,
    facts: &dyn Facts,
    probe: Option<&dyn Probe>,
    dialect: &Dialect,
) -> Result<Effective, Rejected> {
    let walk = Walk::new(tree, facts, probe, dialect);
    let mut run = Run { walk, command, stdio_forward: None, typed_user: false };
    match run.main() {
        Ok(effective) => Ok(effective),
        Err(Stop) => Err(Rejected { complaints: run.walk.complaints }),
    }
}

/// What `-W` connects standard input and output to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StdioForward {
    /// `host:port`.
    Port,
    /// The path of a socket.
    Socket,
}

struct Run<'a> {
    walk: Walk<'a>,
    command: &'a CommandLine,
    /// `-W` was given, and clears forwardings.
    stdio_forward: Option<StdioForward>,
    /// `-l` or the destination gives the user, or the destination is a URI and nothing before it gives
    /// one.
    typed_user: bool,
}

impl<'a> Run<'a> {
    fn main(&mut self) -> Result<Effective, Stop> {
        self.apply_command_line()?;
        self.check_command_line()?;
        let typed = self.command.host().to_vec();
        self.walk.host.clone_from(&typed);
        self.walk.original_host = typed;
        let words: Vec<_> =
            self.command.command.iter().map(|word| word.as_encoded_bytes()).collect();
        self.walk.remote_command = words.join(&b' ');
        self.walk.pass()?;
        self.fix_canonicalization();
        let host = self.final_host()?;
        let wants_final = self.walk.wants_final || !self.canonicalize_is(&["false"]);
        if wants_final {
            let mut name = self.walk.settings.take(Keyword::HostName);
            match name.first_mut() {
                Some(name) => name.value.clone_from(&host),
                None => name.push(default(host.clone())),
            }
            self.walk.settings.replace(Keyword::HostName, name);
            self.walk.host.clone_from(&host);
            self.walk.is_final = true;
            self.walk.pass()?;
        }
        self.finish(host)
    }

    fn settings(&mut self) -> &mut Settings<'a> {
        &mut self.walk.settings
    }

    /// What a flag sets, whatever was set before.
    fn assign(&mut self, keyword: Keyword, value: impl Into<Vec<u8>>) {
        let setting = Setting { value: value.into(), source: Source::CommandLine, user: true };
        self.settings().replace(keyword, vec![setting]);
    }

    /// What a flag sets where nothing is set yet.
    fn assign_first(&mut self, keyword: Keyword, value: impl Into<Vec<u8>>) {
        if self.settings().get(keyword).is_none() {
            self.assign(keyword, value);
        }
    }

    fn family(&mut self) -> Family {
        match self.settings().get(Keyword::AddressFamily) {
            Some(b"inet") => Family::Inet,
            Some(b"inet6") => Family::Inet6,
            _ => Family::Any,
        }
    }

    fn canonicalize_is(&mut self, words: &[&str]) -> bool {
        let value = self.settings().get(Keyword::CanonicalizeHostname).unwrap_or(b"false");
        words.iter().any(|word| word.as_bytes() == value)
    }

    /// Whether ssh connects by itself, not through a proxy.
    fn is_direct(&mut self) -> bool {
        let none_is_direct = self.walk.dialect().jump_none_is_direct();
        let settings = self.settings();
        let jumps = match &settings.jump {
            None => false,
            Some((Jump::Nowhere, _)) => !none_is_direct,
            Some((Jump::Through { .. }, _)) => true,
        };
        !jumps
            && settings
                .get(Keyword::ProxyCommand)
                .is_none_or(|command| command.eq_ignore_ascii_case(b"none"))
    }

    /// What is not set by the end of the first pass stays at its default
    /// (readconf.c: fill_default_options_for_canonicalization).
    fn fix_canonicalization(&mut self) {
        let keywords = [
            Keyword::CanonicalizeMaxDots,
            Keyword::CanonicalizeFallbackLocal,
            Keyword::CanonicalizeHostname,
        ];
        for keyword in keywords {
            if let (None, Some(value)) = (self.settings().get(keyword), keyword.row().default) {
                self.settings().replace(keyword, vec![default(value)]);
            }
        }
    }

    /// Defaults, what goes with what, and tokens (readconf.c: fill_default_options, ssh.c: main).
    fn finish(&mut self, host: Vec<u8>) -> Result<Effective, Stop> {
        use Keyword as K;
        let facts = self.walk.facts();
        self.fill_defaults()?;
        self.expand_user(&host)?;
        let user = self.settings().get(K::User).map_or_else(|| facts.user(), <[u8]>::to_vec);
        if self.settings().get(K::User).is_none() {
            self.settings().replace(K::User, vec![default(user.clone())]);
        }
        self.check_jump(&host, &user)?;
        let port = self.walk.port();
        if self.settings().get(K::Port).is_none() {
            self.settings().replace(K::Port, vec![default(port.to_string())]);
        }
        let mut alias = self.settings().take(K::HostKeyAlias);
        for alias in &mut alias {
            alias.value.make_ascii_lowercase();
        }
        self.settings().replace(K::HostKeyAlias, alias);
        self.check_options()?;
        let typed = self.walk.original_host.clone();
        let tokens = self.walk.tokens(host.clone(), user, &typed);
        if let Err(Failed { said, source }) = self.expand_values(&tokens) {
            return self.walk.stop_for(&source, &said);
        }
        self.check_agent_socket()?;
        let mut name = self.settings().take(K::HostName);
        match name.first_mut() {
            Some(name) => name.value = host,
            None => {
                name.push(Setting { value: host, source: Source::CommandLine, user: true });
            }
        }
        self.settings().replace(K::HostName, name);
        Ok(Effective::new(&mut self.walk, tokens))
    }

    fn fill_defaults(&mut self) -> Result<(), Stop> {
        use Keyword as K;
        let dialect = self.walk.dialect();
        let is_socket = self.stdio_forward == Some(StdioForward::Socket);
        if self.stdio_forward.is_some() && (!is_socket || dialect.clears_forwards_for_socket()) {
            for keyword in [K::ExitOnForwardFailure, K::ClearAllForwardings] {
                if self.settings().get(keyword).is_none() {
                    self.assign(keyword, "yes");
                }
            }
        }
        if self.settings().is(K::ClearAllForwardings, "yes") {
            let settings = self.settings();
            settings.local_forwards.clear();
            settings.remote_forwards.clear();
            settings.replace(K::Tunnel, vec![default("false")]);
        }
        if self.settings().get(K::UpdateHostKeys).is_none() {
            let dns = self.settings().get(K::VerifyHostKeyDNS).is_some_and(|v| v != b"false");
            let own = match self.settings().all(K::UserKnownHostsFile) {
                [] => true,
                [only] => only.value == b"~/.ssh/known_hosts",
                _ => false,
            };
            let value = if own && !dns && dialect.updates_host_keys() { "true" } else { "false" };
            self.settings().replace(K::UpdateHostKeys, vec![default(value)]);
        }
        if self.settings().get(K::ServerAliveInterval).is_none() {
            let batch = self.settings().is(K::BatchMode, "yes");
            let value = if batch && dialect.vendor().is_debian() { "300" } else { "0" };
            self.settings().replace(K::ServerAliveInterval, vec![default(value)]);
        }
        let lists = [
            K::Ciphers,
            K::MACs,
            K::KexAlgorithms,
            K::HostbasedAcceptedAlgorithms,
            K::PubkeyAcceptedAlgorithms,
            K::CASignatureAlgorithms,
            K::HostKeyAlgorithms,
        ];
        let mut is_cut_short = false;
        for keyword in lists {
            if is_cut_short && keyword != K::HostKeyAlgorithms {
                continue;
            }
            let super::options::Kind::Algorithms(list) = keyword.kind() else { continue };
            let mut setting = self.settings().take(keyword).into_iter().next();
            let value = setting.as_ref().map_or(&b""[..], |setting| setting.value.as_slice());
            let Some(names) = list.assemble(value, dialect) else {
                let name = keyword.name();
                if keyword == K::HostKeyAlgorithms {
                    let text = "dump_client_config: expand HostKeyAlgorithms: invalid argument";
                    return self.walk.stop(text);
                }
                match dialect.empty_list() {
                    EmptyList::Stops(why) => {
                        return self.walk.stop(format!("fill_default_options: {name}: {why}"));
                    }
                    EmptyList::GoesOn => {
                        self.walk.complain(format!(
                            "no algorithm is left in {name}: this ssh goes on without the list and \
                             without defaults that it would set after it"
                        ));
                        is_cut_short = true;
                        continue;
                    }
                }
            };
            if keyword == K::HostKeyAlgorithms {
                self.settings().host_keys_amended =
                    value.starts_with(b"+") || value.starts_with(b"-");
            }
            let setting = setting.get_or_insert_with(|| default(""));
            setting.value = names.into_bytes();
            let setting = setting.clone();
            self.settings().replace(keyword, vec![setting]);
        }
        if is_cut_short {
            return Ok(());
        }
        let clearable = [
            K::LocalCommand,
            K::RemoteCommand,
            K::ProxyCommand,
            K::ControlPath,
            K::PKCS11Provider,
            K::KnownHostsCommand,
        ];
        for keyword in clearable {
            if self.settings().get(keyword).is_some_and(|v| v.eq_ignore_ascii_case(b"none")) {
                self.settings().take(keyword);
            }
        }
        let revoked = self.settings().get(K::RevokedHostKeys);
        let is_none = revoked.is_some_and(|value| value.eq_ignore_ascii_case(b"none"));
        if is_none {
            self.settings().take(K::RevokedHostKeys);
        }
        let cnames = self.settings().all(K::CanonicalizePermittedCNAMEs).len();
        if cnames == 1 && !self.has_permitted_cnames() {
            self.settings().take(K::CanonicalizePermittedCNAMEs);
        }
        if matches!(self.settings().jump, Some((Jump::Nowhere, _))) {
            self.settings().jump = None;
        }
        Ok(())
    }

    fn check_jump(&mut self, host: &[u8], user: &[u8]) -> Result<(), Stop> {
        let port = self.walk.port();
        let Some((Jump::Through { last, .. }, source)) = self.settings().jump.clone() else {
            return Ok(());
        };
        let jump_port = last.port.or_else(|| self.walk.facts().service(b"ssh")).unwrap_or(22);
        let jump_user = last.user.as_deref().unwrap_or(user);
        if last.host == host && jump_port == port && jump_user == user {
            let host = String::from_utf8_lossy(&last.host).into_owned();
            return self.walk.stop(format!("jumphost loop via {host}"));
        }
        let off = Setting { value: b"no".to_vec(), source, user: true };
        self.settings().replace(Keyword::ProxyUseFdpass, vec![off]);
        Ok(())
    }

    fn check_options(&mut self) -> Result<(), Stop> {
        use Keyword as K;
        let commanded = !self.walk.remote_command.is_empty();
        let settings = self.settings();
        if settings.is(K::ProxyCommand, "-") && settings.is(K::ProxyUseFdpass, "yes") {
            return self.walk.stop("ProxyCommand=- and ProxyUseFDPass are incompatible");
        }
        let remote = settings.get(K::RemoteCommand).is_some();
        if settings.is(K::UpdateHostKeys, "ask") {
            let persists = settings.get(K::ControlPersist).is_some_and(|value| value != b"no");
            let quiet =
                ["SILENT", "QUIET", "FATAL", "ERROR"].iter().any(|l| settings.is(K::LogLevel, l));
            if persists && settings.get(K::ControlPath).is_some()
                || commanded
                || remote
                || settings.is(K::RequestTTY, "false")
                || quiet
            {
                settings.replace(K::UpdateHostKeys, vec![default("false")]);
            }
        }
        if settings.is(K::ConnectionAttempts, "0") {
            return self.walk.stop("Invalid number of ConnectionAttempts");
        }
        if commanded && remote {
            return self.walk.stop("Cannot execute command-line and remote command.");
        }
        if settings.is(K::ForkAfterAuthentication, "yes")
            && !commanded
            && !remote
            && !settings.is(K::SessionType, "none")
        {
            return self.walk.stop("Cannot fork into background without a command to execute.");
        }
        Ok(())
    }

    fn check_agent_socket(&mut self) -> Result<(), Stop> {
        let Some(path) = self.settings().agent_path.clone() else { return Ok(()) };
        let Some(Err(why)) = self.walk.probe.map(|probe| probe.reach(&path.value)) else {
            return Ok(());
        };
        let text = format!("Cannot forward agent socket path \"{}\": {why}", path.text());
        if self.settings().is(Keyword::ExitOnForwardFailure, "yes") {
            return self.walk.stop(text);
        }
        self.walk.complain(text);
        Ok(())
    }
}

fn default(value: impl Into<Vec<u8>>) -> Setting {
    Setting { value: value.into(), source: Source::Default, user: false }
}
