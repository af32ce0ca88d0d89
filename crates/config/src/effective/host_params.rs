//! PURE: effective options as `ssh2-config` has them, for programs that take its type.

use std::collections::HashMap;

use ssh2_config::{
    Algorithms, DefaultAlgorithms, HostParams, RemoteForward, RemoteForwardDestination,
    RemoteForwardListen,
};

use super::Effective;
use crate::Facts;
use crate::forward::{End, Forward};
use crate::native::os_string;
use crate::options::{Keyword, TABLE};
use crate::tokens::ExpandError;

/// The keywords that [`HostParams`] has a field for.
const FIELDS: [Keyword; 23] = [
    Keyword::AddKeysToAgent,
    Keyword::BindAddress,
    Keyword::BindInterface,
    Keyword::CASignatureAlgorithms,
    Keyword::CertificateFile,
    Keyword::Ciphers,
    Keyword::Compression,
    Keyword::ConnectTimeout,
    Keyword::ConnectionAttempts,
    Keyword::ForwardAgent,
    Keyword::HostKeyAlgorithms,
    Keyword::HostName,
    Keyword::IdentityFile,
    Keyword::KexAlgorithms,
    Keyword::MACs,
    Keyword::Port,
    Keyword::ProxyJump,
    Keyword::PubkeyAcceptedAlgorithms,
    Keyword::PubkeyAuthentication,
    Keyword::RemoteForward,
    Keyword::ServerAliveInterval,
    Keyword::TCPKeepAlive,
    Keyword::User,
];

impl Effective {
    /// The options as `ssh2-config` has them.
    ///
    /// The values are what ssh would use, defaults among them, where `ssh2-config` itself leaves a
    /// field without a value. Lists of algorithms are whole: `+ - ^` and wildcards are resolved as ssh
    /// resolves them, which `ssh2-config` does not do (its `^` names an algorithm twice, and its `-`
    /// takes no pattern). A time is `None` for `none` and 0. Options that it has no field for and
    /// something sets are in `unsupported_fields`.
    ///
    /// # Errors
    /// When the path of a key or certificate cannot be expanded.
    pub fn host_params(&self, facts: &dyn Facts) -> Result<HostParams, ExpandError> {
        use Keyword as K;
        let mut params = HostParams::new(&DefaultAlgorithms::empty());
        let list = |keyword| Algorithms::new(self.algorithms(keyword));
        params.ca_signature_algorithms = list(K::CASignatureAlgorithms);
        params.ciphers = list(K::Ciphers);
        params.host_key_algorithms = list(K::HostKeyAlgorithms);
        params.kex_algorithms = list(K::KexAlgorithms);
        params.mac = list(K::MACs);
        params.pubkey_accepted_algorithms = list(K::PubkeyAcceptedAlgorithms);
        let text =
            |keyword| self.value(keyword).map(|value| String::from_utf8_lossy(value).into_owned());
        // Whatever is no `no` is a way of `yes`: `ask`, `confirm`, `host-bound`, a path, a time.
        let is_not_off = |keyword| Some(!self.is(keyword, "no") && !self.is(keyword, "false"));
        params.add_keys_to_agent = is_not_off(K::AddKeysToAgent);
        params.forward_agent = is_not_off(K::ForwardAgent);
        params.pubkey_authentication = is_not_off(K::PubkeyAuthentication);
        params.tcp_keep_alive = is_not_off(K::TCPKeepAlive);
        params.compression = Some(self.flag(K::Compression));
        params.bind_address = text(K::BindAddress);
        params.bind_interface = text(K::BindInterface);
        params.host_name = Some(String::from_utf8_lossy(self.host()).into_owned());
        params.user = Some(String::from_utf8_lossy(self.user()).into_owned());
        params.port = Some(self.port());
        let attempts = self.number(K::ConnectionAttempts);
        params.connection_attempts = attempts.and_then(|number| usize::try_from(number).ok());
        params.connect_timeout = self.seconds(K::ConnectTimeout);
        params.server_alive_interval = self.seconds(K::ServerAliveInterval);
        params.certificate_file = self.paths(K::CertificateFile, facts)?.into_iter().next();
        params.identity_file = Some(self.paths(K::IdentityFile, facts)?);
        params.proxy_jump =
            text(K::ProxyJump).map(|hops| hops.split(',').map(str::to_owned).collect());
        params.remote_forward =
            self.remote_forwards().iter().filter_map(|(forward, _)| remote(forward)).collect();
        #[cfg(target_os = "macos")]
        {
            params.use_keychain = Some(self.flag(K::UseKeychain));
        }
        let others = TABLE.iter().map(|row| row.keyword);
        let others = others.filter(|keyword| self.is_set(*keyword) && !FIELDS.contains(keyword));
        let values = |keyword: Keyword| {
            self.all(keyword).iter().map(|setting| setting.text().into_owned()).collect()
        };
        let others = others.map(|keyword| (keyword.name().to_owned(), values(keyword)));
        params.unsupported_fields = others.collect::<HashMap<_, _>>();
        Ok(params)
    }
}

fn remote(forward: &Forward) -> Option<RemoteForward> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let listen = match &forward.listen {
        End::Tcp { host: None, port } => RemoteForwardListen::Port(*port),
        End::Tcp { host: Some(host), port } => {
            RemoteForwardListen::Host { host: text(host), port: *port }
        }
        End::Socket(path) => RemoteForwardListen::UnixSocket(os_string(path.clone()).into()),
    };
    let destination = match &forward.connect {
        None => None,
        // ssh takes no port without a host for a target.
        Some(End::Tcp { host, port }) => {
            Some(RemoteForwardDestination::Host { host: text(host.as_ref()?), port: *port })
        }
        Some(End::Socket(path)) => {
            Some(RemoteForwardDestination::UnixSocket(os_string(path.clone()).into()))
        }
    };
    Some(RemoteForward::new(listen, destination))
}
