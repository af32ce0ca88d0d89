//! PURE: effective options by their kind: flags, numbers, times, paths, forwardings, lists.
//!
//! Where each comes from says [`Effective::setting`].

use std::path::PathBuf;
use std::time::Duration;

use super::Effective;
use crate::Facts;
use crate::forward::{Forward, PermittedOpen};
use crate::native::os_string;
use crate::options::Keyword;
use crate::settings::Source;
use crate::tokens::ExpandError;

impl Effective {
    /// Whether a line of a file or the command line sets an option; its default does not count.
    #[must_use]
    pub fn is_set(&self, keyword: Keyword) -> bool {
        self.setting(keyword).is_some_and(|setting| setting.source != Source::Default)
    }

    /// Whether an option is on: `yes`, or `true` for those that `ssh -G` prints so.
    #[must_use]
    pub fn flag(&self, keyword: Keyword) -> bool {
        self.is(keyword, "yes") || self.is(keyword, "true")
    }

    /// An option that is a number; `None` for `none` and where it has no value.
    #[must_use]
    pub fn number(&self, keyword: Keyword) -> Option<u64> {
        self.text(keyword)?.parse().ok()
    }

    /// An option that is a time; `None` for `none`, for 0, which is no limit, and where it has no
    /// value.
    #[must_use]
    pub fn seconds(&self, keyword: Keyword) -> Option<Duration> {
        self.number(keyword).filter(|seconds| *seconds > 0).map(Duration::from_secs)
    }

    /// The first or only value of an option; `None` for `none` in any case, and where it has no value.
    #[must_use]
    pub fn value(&self, keyword: Keyword) -> Option<&[u8]> {
        self.get(keyword).filter(|value| !is_none(value))
    }

    /// All values of an option but `none`.
    pub fn values(&self, keyword: Keyword) -> impl Iterator<Item = &[u8]> {
        let values = self.all(keyword).iter().map(|setting| setting.value.as_slice());
        values.filter(|value| !is_none(value))
    }

    /// The paths that an option names, `~`, tokens and variables expanded; none for `none`.
    ///
    /// # Errors
    /// When a path cannot be expanded, for which ssh gives up when it comes to it.
    pub fn paths(&self, keyword: Keyword, facts: &dyn Facts) -> Result<Vec<PathBuf>, ExpandError> {
        // The other paths are expanded while they are resolved, as `ssh -G` prints them.
        let is_raw = matches!(keyword, Keyword::IdentityFile | Keyword::CertificateFile);
        let path = |value: &[u8]| {
            let path = if is_raw { self.tokens.expand_path(value, facts)? } else { value.to_vec() };
            Ok(PathBuf::from(os_string(path)))
        };
        self.values(keyword).map(path).collect()
    }

    /// The algorithms of a list, in order of preference, `+ - ^` and wildcards resolved against the
    /// defaults of the ssh that this was resolved for.
    #[must_use]
    pub fn algorithms(&self, keyword: Keyword) -> Vec<String> {
        let list = self.text(keyword).unwrap_or_default();
        list.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// `LocalForward` and `DynamicForward`: what listens here, each with where it comes from.
    #[must_use]
    pub fn local_forwards(&self) -> &[(Forward, Source)] {
        &self.local_forwards
    }

    /// `RemoteForward`: what listens on the server, each with where it comes from.
    #[must_use]
    pub fn remote_forwards(&self) -> &[(Forward, Source)] {
        &self.remote_forwards
    }

    /// `PermitRemoteOpen`: where connections that the server forwards by SOCKS may go; `None` for
    /// anywhere.
    #[must_use]
    pub fn permitted_opens(&self, facts: &dyn Facts) -> Option<Vec<PermittedOpen>> {
        let words = self.all(Keyword::PermitRemoteOpen);
        let any = |value: &[u8]| value.eq_ignore_ascii_case(b"any");
        if words.is_empty() || words.iter().any(|word| any(&word.value)) {
            return None;
        }
        let opens = self.values(Keyword::PermitRemoteOpen);
        Some(opens.filter_map(|word| PermittedOpen::parse(word, facts)).collect())
    }
}

fn is_none(value: &[u8]) -> bool {
    value.eq_ignore_ascii_case(b"none")
}
