//! Host certificates (PROTOCOL.certkeys): whether one that a trusted authority has signed is good
//! for this server now.

use russh::keys::ssh_key::certificate::CertType;
use russh::keys::{Algorithm, Certificate, HashAlg};

/// Checks a certificate whose authority known_hosts trusts for `host`
/// (sshkey.c: sshkey_cert_check_host).
///
/// `accepted` is CASignatureAlgorithms, `now` in seconds since the epoch.
///
/// # Errors
/// Why it is not good, in words.
pub(super) fn check(blob: &[u8], host: &str, accepted: &[String], now: u64) -> Result<(), String> {
    let wrong = |what: &str| Err(what.to_owned());
    let certificate = Certificate::from_bytes(blob).map_err(|error| error.to_string())?;
    if certificate.cert_type() != CertType::Host {
        return wrong("it is a user's certificate, not a host's");
    }
    if now < certificate.valid_after() {
        return wrong("it is not yet valid");
    }
    if now >= certificate.valid_before() {
        return wrong("it has expired");
    }
    let principals = certificate.valid_principals();
    // Names, not patterns: a `*` among them is one for users (sshkey.c).
    if !principals.is_empty() && !principals.iter().any(|principal| principal == host) {
        return Err(format!("it is not for {host}"));
    }
    if !certificate.critical_options().is_empty() {
        return wrong("it has critical options that are not known");
    }
    let algorithm = certificate.signature().algorithm();
    if algorithm == (Algorithm::Rsa { hash: None }) {
        return wrong("its authority signed with SHA-1");
    }
    if !accepted.iter().any(|name| name == algorithm.as_str()) {
        return Err(format!("CASignatureAlgorithms does not have {algorithm}, its signature"));
    }
    let authority = certificate.signature_key().fingerprint(HashAlg::Sha256);
    certificate.validate_at(now, [&authority]).map_err(|error| error.to_string())
}
