//! PURE: what changed between versions and is no row of a table: a named switch each, with the release
//! (or the commit of OpenSSH, or the update of a distribution) that changed it.

use super::{Dialect, Vendor, Version};
use crate::tokens::Tilde;

/// The first release that has `%j`.
pub(crate) const JUMP_TOKEN: Version = Version::new(9, 6);

/// How `attribute=argument` is read on a `Match` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatchEquals {
    /// `=` separates words wherever it stands.
    Separates,
    /// It is part of the word.
    Literal,
    /// It separates an attribute from its argument within a word.
    AfterAttribute,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeGrammar {
    /// A sign and blanks may lead, and seconds may come several times.
    Lenient,
    /// Digits only (9.8, 9f543d702).
    Digits,
    /// A fraction of seconds may follow, and seconds come once (10.3, f45cd249e).
    Fraction,
}

/// Of which users ssh asks whether a shell could read them otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserCheck {
    /// Of none.
    Nobody,
    /// Of one that the command line gives (9.6, 7ef3787c8).
    CommandLine,
    /// Of the one in use, wherever it comes from (10.0).
    Anybody,
    /// Of one that `-l` or the destination gives or an expansion changed (10.1, 35d591765).
    TypedOrExpanded,
    /// Of one that the command line gives or an expansion changed (10.3, 76685c9b0).
    CommandLineOrExpanded,
}

/// Which `User` ssh expands tokens and variables in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserTokens {
    /// In none.
    Never,
    /// In every one (10.0, bd30cf784).
    Always,
    /// In one that neither `-l` nor the destination gives (10.1, 35d591765).
    Configured,
}

/// What becomes of an algorithm list that is left empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EmptyList {
    /// ssh stops with `X: invalid argument`, said as that version does.
    Stops(&'static str),
    /// ssh says so and goes on with no such list and without the defaults that follow.
    GoesOn,
}

impl Dialect {
    /// Whether the release is this one or later.
    pub(super) fn is_at_least(&self, major: u16, minor: u16) -> bool {
        self.version >= Version::new(major, minor)
    }

    /// Whether the program has an update of a Debian release.
    fn has_debian_update(&self, wanted: u16, number: u16) -> bool {
        matches!(self.vendor, Vendor::Debian { release, update }
            if release == wanted && update >= number)
    }

    /// Bad lines are counted and the rest of the file is read, where before the first one was fatal
    /// (8.5, 43026da03).
    pub(crate) fn reads_on_after_bad_line(&self) -> bool {
        self.is_at_least(8, 5)
    }

    /// Lines are cut into words by argv_split, not by strdelim (8.7, ea9e45c89).
    pub(crate) fn cuts_lines_as_argv(&self) -> bool {
        self.is_at_least(8, 7)
    }

    /// A `#` ends a line of a file wherever it stands (8.5 and 8.6, 2bcbf679d).
    pub(crate) fn ends_line_at_hash(&self) -> bool {
        self.is_at_least(8, 5) && !self.cuts_lines_as_argv()
    }

    /// How `~` in a path is expanded (8.9, 961411337).
    pub(crate) fn tilde(&self) -> Tilde {
        if self.is_at_least(8, 9) { Tilde::ByUser } else { Tilde::BySlash }
    }

    /// A comment may end a `Match` line (8.5, 2bcbf679d).
    pub(crate) fn ends_match_at_comment(&self) -> bool {
        self.is_at_least(8, 5)
    }

    /// `Match` lines are cut as all others, not by strdelim (9.9, baec3f7f4).
    pub(crate) fn cuts_match_as_argv(&self) -> bool {
        self.is_at_least(9, 9)
    }

    /// 9.9p1 refused `host=x`; 9.9p2, and Red Hat's 9.9p1, take it again.
    pub(crate) fn match_equals(&self) -> MatchEquals {
        let is_9_9p1 = self.version == Version { patch: 1, ..Version::new(9, 9) };
        match self.cuts_match_as_argv() {
            false => MatchEquals::Separates,
            true if is_9_9p1 && self.vendor != Vendor::RedHat => MatchEquals::Literal,
            true => MatchEquals::AfterAttribute,
        }
    }

    /// `tagged ""` and `command ""` match where there is none, and `*` does not (10.0).
    pub(crate) fn matches_absence_by_empty(&self) -> bool {
        self.is_at_least(10, 0)
    }

    /// `Match !final` does not ask for a second pass (10.1, 688fa0272).
    pub(crate) fn final_negated_is_no_wish(&self) -> bool {
        self.is_at_least(10, 1)
    }

    /// What `-o Match=…` is told: the header that is not supported there.
    pub(crate) fn names_match_directive(&self) -> bool {
        self.is_at_least(10, 4)
    }

    /// `%j`, the host of the last hop, is a token, and part of `%C` (9.6, 98fc34df8).
    pub(crate) fn has_jump_token(&self) -> bool {
        self.version >= JUMP_TOKEN
    }

    /// Include lines hold tokens and variables, and what is said of files begins with the line (9.9,
    /// 8c4d6a628, baec3f7f4).
    pub(crate) fn expands_includes(&self) -> bool {
        self.is_at_least(9, 9)
    }

    pub(crate) fn user_tokens(&self) -> UserTokens {
        if self.is_at_least(10, 1) || self.has_debian_update(13, 1) {
            UserTokens::Configured
        } else if self.is_at_least(10, 0) {
            UserTokens::Always
        } else {
            UserTokens::Never
        }
    }

    /// Values of SetEnv hold tokens and variables (10.0, b49875428).
    pub(crate) fn expands_set_env(&self) -> bool {
        self.is_at_least(10, 0)
    }

    /// Of a name that comes twice on a line of SetEnv, the first counts (9.1, 22e1a3a71).
    pub(crate) fn drops_repeated_set_env(&self) -> bool {
        self.is_at_least(9, 1)
    }

    /// RevokedHostKeys holds `~`, tokens and variables (9.4, f1a17de15).
    pub(crate) fn expands_revoked_host_keys(&self) -> bool {
        self.is_at_least(9, 4)
    }

    /// RevokedHostKeys is a list of files, printed behind UserKnownHostsFile (10.3, 2f51e29b9).
    pub(crate) fn lists_revoked_host_keys(&self) -> bool {
        self.is_at_least(10, 3)
    }

    /// How a time is written.
    pub(crate) fn time_grammar(&self) -> TimeGrammar {
        if self.is_at_least(10, 3) {
            TimeGrammar::Fraction
        } else if self.is_at_least(9, 8) {
            TimeGrammar::Digits
        } else {
            TimeGrammar::Lenient
        }
    }

    /// The numbers of IPQoS are decimal, not written as C writes them (9.8, ec78c3140).
    pub(crate) fn takes_decimal_qos_only(&self) -> bool {
        self.is_at_least(9, 8)
    }

    /// `le` is 4, no longer 1 (8.9, adb0ea006).
    pub(crate) fn has_le_of_rfc_8622(&self) -> bool {
        self.is_at_least(8, 9)
    }

    /// `lowdelay`, `throughput` and `reliability` mark nothing (10.1, ec3465f59).
    pub(crate) fn drops_type_of_service(&self) -> bool {
        self.is_at_least(10, 1) || self.has_debian_update(13, 3)
    }

    /// `va` is a class (10.3, f70186918).
    pub(crate) fn has_qos_va(&self) -> bool {
        self.is_at_least(10, 3)
    }

    /// The first line of IPQoS and TunnelDevice counts, not the last (8.7, d78642498).
    pub(crate) fn first_qos_counts(&self) -> bool {
        self.is_at_least(8, 7)
    }

    /// All entries of PermitRemoteOpen count, not the last alone (9.2, b3daa8dc5).
    pub(crate) fn keeps_all_remote_opens(&self) -> bool {
        self.is_at_least(9, 2)
    }

    /// Lists have no most entries, and one without an entry is fatal (9.7, 65a44a8a4).
    pub(crate) fn requires_list_entries(&self) -> bool {
        self.is_at_least(9, 7)
    }

    /// `CanonicalizePermittedCNAMEs none` is a value (8.8, a4bee1934).
    pub(crate) fn permits_no_cnames(&self) -> bool {
        self.is_at_least(8, 8)
    }

    /// A domain may begin with `_` (10.0, 94cdfebec).
    pub(crate) fn takes_underscore_domains(&self) -> bool {
        self.is_at_least(10, 0)
    }

    /// The canonical name of a host is taken in lower case (10.4, df18979e1).
    pub(crate) fn lowers_canonical_names(&self) -> bool {
        self.is_at_least(10, 4)
    }

    /// StreamLocalBindMask counts as other options do (10.6).
    pub(crate) fn scopes_bind_mask(&self) -> bool {
        self.is_at_least(10, 6)
    }

    /// A name of a certificate is no algorithm of CASignatureAlgorithms (9.4, c1c2ca136).
    pub(crate) fn refuses_certificate_signatures(&self) -> bool {
        self.is_at_least(9, 4)
    }

    /// `RSA` and other short names pass the line of a list of key algorithms (until 9.9, 10ccf611a).
    pub(crate) fn takes_short_key_names(&self) -> bool {
        !self.is_at_least(9, 9)
    }

    /// A list of ciphers or MACs that begins with an empty name is refused (10.4).
    pub(crate) fn refuses_empty_first_name(&self) -> bool {
        self.is_at_least(10, 4)
    }

    /// What becomes of an algorithm list that is left empty (c87161382); one of HostKeyAlgorithms
    /// stops every version.
    pub(crate) fn empty_list(&self) -> EmptyList {
        if self.is_at_least(10, 4) {
            EmptyList::Stops("invalid argument")
        } else if self.is_at_least(8, 5) {
            EmptyList::GoesOn
        } else {
            EmptyList::Stops("Invalid argument")
        }
    }

    /// Whether `ProxyJump none` leaves a later ProxyCommand its place (10.3, 0a0ef4515).
    pub(crate) fn jump_none_yields(&self) -> bool {
        self.is_at_least(10, 3) || self.has_debian_update(12, 10) || self.has_debian_update(13, 3)
    }

    /// Whether `ProxyJump none` counts as no proxy for canonical names (9.4, c8eb39417).
    pub(crate) fn jump_none_is_direct(&self) -> bool {
        self.is_at_least(9, 4)
    }

    /// Whether `ssh://` in ProxyJump is more than checked (8.5, add926dd1).
    pub(crate) fn has_jump_uris(&self) -> bool {
        self.is_at_least(8, 5)
    }

    /// Whether blanks inside ProxyJump stay (10.1, 8e85ad33c).
    pub(crate) fn keeps_blanks_of_jump(&self) -> bool {
        self.is_at_least(10, 1)
    }

    /// Whether the hops of the command line are checked as host names (10.3, 76685c9b0).
    pub(crate) fn checks_hops(&self) -> bool {
        self.is_at_least(10, 3) || self.has_debian_update(12, 10) || self.has_debian_update(13, 3)
    }

    /// Whether the destination is checked for characters that a shell reads (9.6, 7ef3787c8).
    pub(crate) fn checks_host(&self) -> bool {
        self.user_check() != UserCheck::Nobody
    }

    /// Whether a comma is refused in the destination (10.0, 487cf4c18).
    pub(crate) fn refuses_comma_in_host(&self) -> bool {
        self.is_at_least(10, 0) || self.has_debian_update(12, 10)
    }

    /// Of which users ssh asks whether a shell could read them otherwise.
    pub(crate) fn user_check(&self) -> UserCheck {
        if self.is_at_least(10, 3)
            || self.has_debian_update(13, 3)
            || self.has_debian_update(12, 10)
        {
            UserCheck::CommandLineOrExpanded
        } else if self.is_at_least(10, 1)
            || self.has_debian_update(13, 1)
            || self.has_debian_update(12, 8)
        {
            UserCheck::TypedOrExpanded
        } else if self.is_at_least(10, 0) {
            UserCheck::Anybody
        } else if self.is_at_least(9, 6)
            || self.has_debian_update(11, 3)
            || self.has_debian_update(12, 2)
            || self.vendor == Vendor::RedHat
        {
            UserCheck::CommandLine
        } else {
            UserCheck::Nobody
        }
    }

    /// Whether control characters are refused in a user (10.1, 35d591765).
    pub(crate) fn refuses_control_in_user(&self) -> bool {
        self.is_at_least(10, 1) || self.has_debian_update(12, 8) || self.has_debian_update(13, 1)
    }

    /// Whether `%00` is refused in `ssh://` (10.1, 43b3bff47).
    pub(crate) fn refuses_nul_in_uri(&self) -> bool {
        self.refuses_control_in_user()
    }

    /// Whether `$` and `\` are refused in a user of the command line (10.6).
    pub(crate) fn refuses_dollar_in_user(&self) -> bool {
        self.is_at_least(10, 6)
    }

    /// UpdateHostKeys is on by default (8.5).
    pub(crate) fn updates_host_keys(&self) -> bool {
        self.is_at_least(8, 5)
    }

    /// `-W /socket` clears forwardings as `-W host:port` does (9.4).
    pub(crate) fn clears_forwards_for_socket(&self) -> bool {
        self.is_at_least(9, 4)
    }

    /// `-N` and `-s` set SessionType and exclude each other (8.7).
    pub(crate) fn has_session_type(&self) -> bool {
        self.is_at_least(8, 7)
    }

    /// `ssh -G` begins with a line for the host (9.2).
    pub(crate) fn prints_host(&self) -> bool {
        self.is_at_least(9, 2)
    }

    /// A list without an entry is printed as `none`, not as its name alone (8.7).
    pub(crate) fn prints_none_for_empty(&self) -> bool {
        self.is_at_least(8, 5)
    }

    /// `canonicalizepermittedcnames` is printed where nothing sets it (8.8).
    pub(crate) fn always_prints_cnames(&self) -> bool {
        self.is_at_least(8, 8)
    }

    /// `canonicalizepermittedcnames` is printed in lower case (10.6).
    pub(crate) fn prints_cnames_in_lower_case(&self) -> bool {
        self.is_at_least(10, 6)
    }

    /// `Compression yes` is printed as `UNKNOWN`, and `-C` is not (9.9 alone).
    pub(crate) fn misprints_compression(&self) -> bool {
        self.is_at_least(9, 9) && !self.is_at_least(10, 0)
    }

    /// `-C` is printed as `compression UNKNOWN` (from 10.0 on).
    pub(crate) fn misprints_compression_flag(&self) -> bool {
        self.is_at_least(10, 0)
    }

    /// PubkeyAuthentication is a word, printed as `true` and `false` (8.9, c385abf76).
    pub(crate) fn has_pubkey_words(&self) -> bool {
        self.is_at_least(8, 9)
    }

    /// TCPKeepAlive is a word, printed as `true` and `false` (10.6).
    pub(crate) fn has_keepalive_words(&self) -> bool {
        self.is_at_least(10, 6)
    }

    /// An update of Debian 12 has the key exchange without its domain, and first.
    pub(crate) fn has_sntrup_without_domain(&self) -> bool {
        self.has_debian_update(12, 4)
    }

    /// The names of key algorithms stand with ECDSA before RSA and DSS before it (9.2).
    pub(crate) fn has_new_key_order(&self) -> bool {
        self.is_at_least(9, 2)
    }
}
