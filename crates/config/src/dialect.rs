//! PURE: which OpenSSH a config is read as: a version, a vendor with its revision, and what that very
//! program said of itself.
//!
//! A version alone names no dialect: distributions carry parts of later releases under an older
//! number. So the table of keywords ([`crate::options`]) and the switches of `dialect/rules.rs` are dated by
//! version and vendor, and the answer of the installed program to a probe wins over both.

mod names;
mod probe;
mod rules;
mod values;

use std::fmt;
use std::sync::OnceLock;

pub use self::names::UnknownDialect;
pub(crate) use self::rules::{
    EmptyList, JUMP_TOKEN, MatchEquals, TimeGrammar, UserCheck, UserTokens,
};
use crate::options::{Built, Keyword, TABLE, Validity};

/// A release of OpenSSH: `9.9p2` is 9, 9 and 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number before the point.
    pub major: u16,
    /// The number behind the point.
    pub minor: u16,
    /// The number behind the `p` of the portable release, 0 where there is none.
    pub patch: u16,
}

impl Version {
    /// The first release of a major and a minor number.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Version { major, minor, patch: 0 }
    }

    /// The releases from one to another.
    pub fn releases(first: Version, last: Version) -> impl Iterator<Item = Version> {
        // OpenSSH counts to x.9, then (x+1).0.
        (first.major * 10 + first.minor..=last.major * 10 + last.minor)
            .map(|number| Version::new(number / 10, number % 10))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch > 0 { write!(f, "p{}", self.patch) } else { Ok(()) }
    }
}

/// Who built an ssh, where that changes how it reads a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// The portable release as it is published: Arch, Alpine, Homebrew, Git for Windows.
    Upstream,
    /// Debian and Ubuntu.
    Debian {
        /// The Debian release of a security or stable update, 12 for `+deb12u10`; 0 for others.
        release: u16,
        /// Its number, 10 for `+deb12u10`; 0 for others.
        update: u16,
    },
    /// Red Hat, its rebuilds, and Fedora.
    RedHat,
    /// macOS.
    Apple,
    /// Win32-OpenSSH.
    Windows,
}

impl Vendor {
    /// Whether this is Debian's or Ubuntu's build.
    #[must_use]
    pub fn is_debian(self) -> bool {
        matches!(self, Vendor::Debian { .. })
    }
}

/// How much of GSSAPI is compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gssapi {
    /// Nothing: `GSSAPIAuthentication` is an unsupported option.
    Absent,
    /// Authentication, as upstream has it.
    Authentication,
    /// The patch of Debian and Red Hat for key exchange, with six keywords more.
    KeyExchange,
}

/// An OpenSSH that a config is read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    version: Version,
    vendor: Vendor,
    /// What `ssh -V` says before the comma: `OpenSSH_9.2p1 Debian-2+deb12u10`.
    banner: String,
    gssapi: Gssapi,
    /// Takes whatever any version takes.
    is_lenient: bool,
    /// The keywords of the table that the program said it lacks, in lower case.
    unknown: Vec<String>,
    /// Default values as the program printed them, by the name in `ssh -G`; a name comes once for
    /// each line of it.
    defaults: Vec<(String, String)>,
    /// What each keyword is to this ssh, in the order of [`TABLE`].
    statuses: Vec<Status>,
}

/// What a keyword is to one ssh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It takes the keyword by all its names.
    Known,
    /// It refuses the keyword as a bad configuration option.
    Unknown,
    /// It knows the keyword and lacks what it is for; the line is passed over with a complaint.
    Unsupported,
    /// It takes some of the names, or some names stand for another keyword.
    ByName,
}

impl Dialect {
    /// The newest release that the table knows.
    pub const NEWEST: Version = Version::new(10, 6);
    /// The oldest release that the table knows.
    pub const OLDEST: Version = Version::new(8, 4);

    /// A release of a vendor, as the table has it.
    #[must_use]
    pub fn new(version: Version, vendor: Vendor) -> Self {
        let patch = if version.patch == 0 { 1 } else { version.patch };
        let mark = match vendor {
            Vendor::Debian { update: 0, .. } => " Debian-1".to_owned(),
            Vendor::Debian { release, update } => format!(" Debian-1+deb{release}u{update}"),
            Vendor::Upstream | Vendor::RedHat | Vendor::Apple | Vendor::Windows => String::new(),
        };
        let banner = format!("OpenSSH_{}.{}p{patch}{mark}", version.major, version.minor);
        let gssapi = match vendor {
            Vendor::Debian { .. } if version < Version::new(10, 4) => Gssapi::KeyExchange,
            Vendor::Debian { .. } => Gssapi::Absent,
            Vendor::RedHat => Gssapi::KeyExchange,
            Vendor::Upstream | Vendor::Apple | Vendor::Windows => Gssapi::Authentication,
        };
        Dialect {
            version,
            vendor,
            banner,
            gssapi,
            is_lenient: false,
            unknown: Vec::new(),
            defaults: Vec::new(),
            statuses: Vec::new(),
        }
        .with_statuses()
    }

    /// The union of all versions and vendors, by the rules of the newest: takes whatever one of them
    /// takes. For a config that no ssh was asked about, and for the built-in client.
    #[must_use]
    pub fn lenient() -> Self {
        let mut dialect = Dialect::new(Dialect::NEWEST, Vendor::Upstream);
        dialect.is_lenient = true;
        dialect.gssapi = Gssapi::KeyExchange;
        dialect.with_statuses()
    }

    /// [`Dialect::lenient`], made once.
    pub(crate) fn any() -> &'static Self {
        static ANY: OnceLock<Dialect> = OnceLock::new();
        ANY.get_or_init(Dialect::lenient)
    }

    /// The newest release that cuts `Match` lines by strdelim, made once.
    pub(crate) fn of_strdelim() -> &'static Self {
        static OLDER: OnceLock<Dialect> = OnceLock::new();
        OLDER.get_or_init(|| Dialect::new(Version::new(9, 8), Vendor::Upstream))
    }

    /// The release.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Who built it.
    #[must_use]
    pub fn vendor(&self) -> Vendor {
        self.vendor
    }

    /// What `ssh -V` says before the comma, such as `OpenSSH_9.2p1 Debian-2+deb12u10`.
    #[must_use]
    pub fn banner(&self) -> &str {
        &self.banner
    }

    /// How much of GSSAPI is compiled in.
    #[must_use]
    pub fn gssapi(&self) -> Gssapi {
        self.gssapi
    }

    /// Whether this is the union of all versions, not one program.
    #[must_use]
    pub fn is_lenient(&self) -> bool {
        self.is_lenient
    }

    /// Whether the release is newer than all that the table knows: such an ssh may take what the table
    /// does not have.
    #[must_use]
    pub fn is_newer_than_table(&self) -> bool {
        (self.version.major, self.version.minor) > (Dialect::NEWEST.major, Dialect::NEWEST.minor)
    }

    /// Whether this ssh takes a keyword by a name, in any case.
    #[must_use]
    pub fn has(&self, name: &[u8]) -> bool {
        Keyword::find(name).and_then(|keyword| self.keyword(keyword, name)).is_some()
    }

    /// The keyword that a name stands for to this ssh, where [`Keyword::find`] found `found` by it.
    #[must_use]
    pub(crate) fn keyword(&self, found: Keyword, name: &[u8]) -> Option<Keyword> {
        match self.statuses[found as usize] {
            Status::Known => Some(found),
            Status::Unknown => None,
            Status::Unsupported => Some(Keyword::Unsupported),
            Status::ByName => self.keyword_by_name(found, name),
        }
    }

    fn keyword_by_name(&self, found: Keyword, name: &[u8]) -> Option<Keyword> {
        let is_name = |known: &str| known.as_bytes().eq_ignore_ascii_case(name);
        if self.unknown.iter().any(|unknown| is_name(unknown)) {
            return None;
        }
        let mut dated = found.row().dated_names.iter().filter(|dated| is_name(dated.name));
        match dated.clone().next() {
            None => Some(found),
            Some(_) => dated.find(|dated| self.holds(&dated.validity)).map(|dated| dated.keyword),
        }
    }

    /// Whether something of the table is there in this ssh.
    #[must_use]
    pub(crate) fn holds(&self, validity: &Validity) -> bool {
        if self.is_lenient {
            return true;
        }
        let built = match validity.built {
            Built::Everywhere => true,
            Built::GssKeyExchange => self.gssapi == Gssapi::KeyExchange,
            Built::Debian => self.vendor.is_debian(),
            Built::Apple => self.vendor == Vendor::Apple,
            Built::RedHat => self.vendor == Vendor::RedHat,
        };
        built
            && self.version >= validity.since
            && validity.until.is_none_or(|until| self.version < until)
    }

    /// What a keyword is to this ssh.
    #[must_use]
    pub(crate) fn status(&self, keyword: Keyword) -> Status {
        self.statuses[keyword as usize]
    }

    /// Whether `ssh -G` has a line for a keyword where it has a value; of all versions together, what
    /// the newest release has.
    #[must_use]
    pub(crate) fn prints(&self, keyword: Keyword) -> bool {
        let validity = keyword.row().validity;
        let is_common = validity.until.is_none()
            && matches!(validity.built, Built::Everywhere | Built::GssKeyExchange);
        matches!(self.status(keyword), Status::Known | Status::ByName)
            && (is_common || !self.is_lenient)
    }

    /// The first default value that the program printed for a keyword.
    #[must_use]
    pub(crate) fn printed_default(&self, name: &str) -> Option<&str> {
        self.printed_defaults(name).next()
    }

    /// Whether the program printed an algorithm in one of its default lists.
    #[must_use]
    pub(crate) fn prints_algorithm(&self, name: &str) -> bool {
        let is_list = |keyword: &str| {
            keyword.ends_with("algorithms") || matches!(keyword, "ciphers" | "macs")
        };
        let mut lists = self.defaults.iter().filter(|(keyword, _)| is_list(keyword));
        lists.any(|(_, list)| list.split(',').any(|printed| printed == name))
    }

    /// The default values that the program printed for a keyword, in order.
    pub(crate) fn printed_defaults(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.defaults.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    fn with_statuses(mut self) -> Self {
        self.statuses = TABLE
            .iter()
            .map(|row| {
                let is_gssapi = [Keyword::GSSAPIAuthentication, Keyword::GSSAPIDelegateCredentials];
                let lacks = |name: &str| self.unknown.iter().any(|unknown| unknown == name);
                let is_printed = self.printed_default(row.name).is_some();
                let name = row.name.to_ascii_lowercase();
                if lacks(&name) && !row.dated_names.iter().any(|dated| dated.name == name) {
                    Status::Unknown
                } else if is_gssapi.contains(&row.keyword) && self.gssapi == Gssapi::Absent {
                    Status::Unsupported
                } else if !is_printed && !self.holds(&row.validity) {
                    Status::Unknown
                } else if row.dated_names.is_empty() && !row.aliases.iter().any(|name| lacks(name))
                {
                    Status::Known
                } else {
                    Status::ByName
                }
            })
            .collect();
        self
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect::lenient()
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_lenient { f.write_str("any OpenSSH") } else { self.version.fmt(f) }
    }
}
