//! PURE: the host to connect to: HostName, canonical names and addresses (ssh.c: main).

use super::Run;
use crate::facts::Family;
use crate::options::Keyword;
use crate::settings::Source;
use crate::walk::{Stop, expand_host};
use crate::{address, pattern, values};

impl Run<'_> {
    /// The host to connect to, after the first pass: `HostName`, lower case, one way to write an
    /// address, canonical domains.
    pub(super) fn final_host(&mut self) -> Result<Vec<u8>, Stop> {
        let typed = self.walk.host.clone();
        let mut host = match self.settings().get(Keyword::HostName) {
            None => typed,
            Some(name) => match expand_host(name, &typed) {
                Ok(host) => host,
                Err(error) => {
                    let name = self.settings().all(Keyword::HostName).first();
                    let source = name.map_or(Source::CommandLine, |name| name.source.clone());
                    return self.walk.stop_for(&source, &error);
                }
            },
        };
        let family = self.family();
        let numeric = address::canonical(&host, family);
        let is_address = address::looks_like_address(&host) || numeric.is_some();
        if !is_address {
            host.make_ascii_lowercase();
        }
        let mut found = false;
        if let Some(numeric) = numeric {
            if !numeric.as_bytes().eq_ignore_ascii_case(&host) {
                host = numeric.into_bytes();
            }
            found = true;
        } else if !address::looks_like_address(&host) && !self.canonicalize_is(&["false"]) {
            found = self.canonicalize(&mut host, family)?;
        }
        let direct = self.is_direct();
        if !found
            && self.has_permitted_cnames()
            && (direct || self.canonicalize_is(&["always"]))
            && let Some(probe) = self.walk.probe
        {
            match probe.lookup(&host, family) {
                Ok(cname) => self.follow_cname(&mut host, cname, direct),
                Err(why) if direct => {
                    let host = String::from_utf8_lossy(&host).into_owned();
                    return self
                        .walk
                        .stop(format!("ssh: Could not resolve hostname {host}: {why}"));
                }
                Err(_) => {}
            }
        }
        Ok(host)
    }

    pub(super) fn has_permitted_cnames(&mut self) -> bool {
        match self.settings().all(Keyword::CanonicalizePermittedCNAMEs) {
            [] => false,
            [only] => !only.value.eq_ignore_ascii_case(b"none"),
            _ => true,
        }
    }

    /// Tries the canonical domains (ssh.c: resolve_canonicalize); whether the host was found.
    fn canonicalize(&mut self, host: &mut Vec<u8>, family: Family) -> Result<bool, Stop> {
        let direct = self.is_direct();
        if !direct && !self.canonicalize_is(&["always"]) {
            return Ok(false);
        }
        let Some(probe) = self.walk.probe else {
            let origin = self.settings().all(Keyword::CanonicalizeHostname).first();
            if let Some(Source::File(origin)) = origin.map(|setting| setting.source.clone()) {
                self.walk.depends_on.push(origin);
            }
            return Ok(false);
        };
        let mut candidates = Vec::new();
        if host.ends_with(b".") {
            candidates.push(host.clone());
        } else {
            let dots = memchr::memchr_iter(b'.', host).count();
            let most = self.settings().get(Keyword::CanonicalizeMaxDots).unwrap_or(b"1");
            let most = String::from_utf8_lossy(most).parse().unwrap_or(1);
            if dots > most {
                return Ok(false);
            }
            for domain in self.settings().all(Keyword::CanonicalDomains) {
                if domain.value.eq_ignore_ascii_case(b"none") {
                    break;
                }
                candidates.push([host.as_slice(), b".", &domain.value, b"."].concat());
            }
        }
        for mut candidate in candidates {
            if let Ok(cname) = probe.lookup(&candidate, family) {
                candidate.pop();
                self.follow_cname(&mut candidate, cname, direct);
                *host = candidate;
                return Ok(true);
            }
        }
        if self.settings().is(Keyword::CanonicalizeFallbackLocal, "no") {
            let host = String::from_utf8_lossy(host).into_owned();
            return self.walk.stop(format!("ssh: Could not resolve host \"{host}\""));
        }
        Ok(false)
    }

    /// Takes the canonical name of a host where a rule permits it (ssh.c: check_follow_cname).
    fn follow_cname(&mut self, host: &mut Vec<u8>, cname: Option<Vec<u8>>, direct: bool) {
        let Some(mut cname) = cname.filter(|cname| values::check_domain(cname, true).is_ok())
        else {
            return;
        };
        if self.walk.dialect().lowers_canonical_names() {
            cname.make_ascii_lowercase();
        }
        let cname = cname.strip_suffix(b".").unwrap_or(&cname).to_vec();
        let asked = if direct { &["true", "always"][..] } else { &["always"][..] };
        if cname == *host || !self.has_permitted_cnames() || !self.canonicalize_is(asked) {
            return;
        }
        let permitted =
            self.settings().all(Keyword::CanonicalizePermittedCNAMEs).iter().any(|rule| {
                let rule = &rule.value;
                let Some(colon) = memchr::memchr(b':', rule) else { return false };
                let yes = |text: &[u8], list: &[u8]| {
                    pattern::matches_list(text, list, true) == pattern::Verdict::Yes
                };
                yes(host, &rule[..colon]) && yes(&cname, &rule[colon + 1..])
            });
        if permitted {
            *host = cname;
        }
    }
}
