//! Why a client cannot load a private key, told from the file alone.
//!
//! ssh wants the text of its own format to the letter (sshkey.c: private2_uudecode). PEM it hands to
//! OpenSSL, which takes more (PEM_read_bio_ex). The tests compare with ssh-keygen.

use std::path::PathBuf;

use memchr::memmem;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;
use zeroize::Zeroizing;

use super::armour::{self, Armour, BEGIN, END};
use super::decode::{DecodeError, Unsupported, decode};
use super::inspect::{Format, KeyFile, classify};

/// No ssh takes a shorter RSA key (sshkey.h: SSH_RSA_MINIMUM_MODULUS_SIZE).
const LEAST_RSA_BITS: u32 = 1024;
/// The first OpenSSH that reads Ed25519 keys in PKCS#8.
const ED25519_IN_PKCS8: Version = (9, 6);
/// The first OpenSSH without DSA.
const WITHOUT_DSA: Version = (10, 0);

/// Major and minor.
type Version = (u32, u32);

/// Who is to load a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// The system's ssh, and its version where that is known.
    Ssh(Option<Version>),
    /// The client inside sshp, which takes whatever can be understood.
    BuiltIn,
}

impl Client {
    /// An ssh later than any that is known.
    pub const NEWEST: Self = Client::Ssh(Some((u32::MAX, 0)));

    /// The system's ssh, of the version that `ssh -V` tells: `OpenSSH_9.2p1 …`.
    #[must_use]
    pub fn ssh(version: Option<&str>) -> Self {
        let read = |text: &str| {
            let digits = text.split(|c: char| !c.is_ascii_digit() && c != '.');
            let (major, minor) = digits.clone().find_map(|word| word.split_once('.'))?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        };
        Client::Ssh(version.filter(|text| text.starts_with("OpenSSH")).and_then(read))
    }

    /// What to call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Client::Ssh(_) => "ssh",
            Client::BuiltIn => "the built-in session",
        }
    }
}

/// Why a client cannot load a private key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// As PowerShell's `>` writes it.
    #[error("its text is UTF-16")]
    Utf16,
    /// As Windows' editors write it.
    #[error("it begins with a byte order mark")]
    ByteOrderMark,
    /// CR LF.
    #[error("its line ends are those of Windows (CRLF)")]
    WindowsLineEnds,
    /// CR alone.
    #[error("its line ends are carriage returns")]
    CarriageReturns,
    /// As a clipboard or a secret store leaves it.
    #[error("its lines were joined to one")]
    OneLine,
    /// As YAML and mails leave it.
    #[error("its lines are indented")]
    Indented,
    /// Whatever is above the BEGIN line.
    #[error("other text or an empty line stands before its BEGIN line")]
    TextBefore,
    /// After the BEGIN or the END line.
    #[error("blanks follow its BEGIN or END line")]
    TrailingBlanks,
    /// As `echo -n` and some clouds' pages leave it.
    #[error("its END line has no newline")]
    NoFinalNewline,
    /// Lines of the body that PEM does not have.
    #[error("empty lines or other text stand between its lines")]
    Broken,
    /// PuTTY's own format.
    #[error("it is in PuTTY's format")]
    Ppk,
    /// PKCS#8 holds an Ed25519 key.
    #[error("it is an Ed25519 key in PKCS#8, which OpenSSH reads since 9.6 only")]
    Ed25519InPkcs8,
    /// A DSA key, for a new ssh.
    #[error("it is a DSA key, which OpenSSH has no longer since 10.0")]
    Dsa,
    /// An RSA key that is too short for any server and client.
    #[error("it is an RSA key of {0} bits, and ssh takes none below 1024")]
    ShortRsa(u32),
    /// A type that ssh has no keys of.
    #[error("it is a key of type {0}, which ssh has not")]
    Type(String),
    /// Only for the built-in client.
    #[error("{0} is not supported there")]
    Unsupported(Unsupported),
    /// Not what it says it is.
    #[error("the key is damaged: {0}")]
    Damaged(String),
    /// The `.pub` beside it, which ssh offers in its place.
    #[error("`{}` belongs to another key, and ssh offers that one", .0.display())]
    PublicHalf(PathBuf),
}

impl Defect {
    /// Whether a copy without the defect can be made: what `sshp key import` does.
    #[must_use]
    pub fn is_mendable(&self) -> bool {
        match self {
            Defect::Utf16
            | Defect::ByteOrderMark
            | Defect::WindowsLineEnds
            | Defect::CarriageReturns
            | Defect::OneLine
            | Defect::Indented
            | Defect::TextBefore
            | Defect::TrailingBlanks
            | Defect::NoFinalNewline
            | Defect::Broken
            | Defect::Ppk
            | Defect::Ed25519InPkcs8 => true,
            Defect::Dsa
            | Defect::ShortRsa(_)
            | Defect::Type(_)
            | Defect::Unsupported(_)
            | Defect::Damaged(_)
            | Defect::PublicHalf(_) => false,
        }
    }

    /// Whether another version of ssh may load the key.
    #[must_use]
    pub fn depends_on_version(&self) -> bool {
        matches!(self, Defect::Ed25519InPkcs8 | Defect::Dsa)
    }
}

/// Why a client cannot load the private key in a file; `None` where it can, and where nothing but
/// its passphrase would tell. `public` is its public half, where that is known.
#[must_use]
pub fn defect(bytes: &[u8], public: Option<&PublicKey>, client: Client) -> Option<Defect> {
    let KeyFile::Private { format, algorithm, .. } = classify(bytes) else { return None };
    let Client::Ssh(version) = client else { return built_in(bytes) };
    if format == Format::Ppk {
        return Some(Defect::Ppk);
    }
    if let Some(found) = text_defect(bytes, format) {
        return Some(found);
    }
    if algorithm.as_deref() == Some("ssh-dss") {
        return version.is_some_and(|version| version >= WITHOUT_DSA).then_some(Defect::Dsa);
    }
    let own = match decode(bytes, None) {
        Ok(key) => Some(key.public_key().clone()),
        Err(DecodeError::NeedsPassphrase | DecodeError::Unsupported(_)) => None,
        Err(DecodeError::NoSuchType(name)) => return Some(Defect::Type(name)),
        Err(DecodeError::Damaged(why)) => return Some(Defect::Damaged(why)),
        Err(_) => return None,
    };
    let old = version.is_none_or(|version| version < ED25519_IN_PKCS8);
    match own.as_ref().or(public).map(PublicKey::key_data) {
        Some(KeyData::Rsa(key)) if key.key_size() < LEAST_RSA_BITS => {
            Some(Defect::ShortRsa(key.key_size()))
        }
        Some(KeyData::Ed25519(_)) if format == Format::Pkcs8 && old => Some(Defect::Ed25519InPkcs8),
        _ => None,
    }
}

fn built_in(bytes: &[u8]) -> Option<Defect> {
    match decode(bytes, None) {
        Err(DecodeError::Unsupported(what)) => Some(Defect::Unsupported(what)),
        Err(DecodeError::NoSuchType(name)) => Some(Defect::Type(name)),
        Err(DecodeError::Damaged(why)) => Some(Defect::Damaged(why)),
        _ => None,
    }
}

/// The same key in a text that every ssh reads; `None` where its text is damaged beyond that.
#[must_use]
pub fn clean_copy(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let armour = Armour::find(&armour::text(bytes))?;
    armour.decoded()?;
    Some(Zeroizing::new(armour.render().as_bytes().to_vec()))
}

/// What keeps ssh from reading the text, before any key is seen.
fn text_defect(bytes: &[u8], format: Format) -> Option<Defect> {
    let text = armour::text(bytes);
    let armour = Armour::find(&text)?;
    if !armour.is_whole {
        return Some(Defect::Damaged("it ends too early".to_owned()));
    }
    let Some(body) = armour.decoded() else {
        return Some(Defect::Damaged("its text is no base64".to_owned()));
    };
    let readable = match format {
        Format::OpenSsh => ssh_reads(bytes),
        _ => openssl_reads(bytes),
    };
    if !readable {
        return Some(reason(bytes, &text, &armour.label, format));
    }
    let cut = format == Format::OpenSsh && !is_whole(&body);
    cut.then(|| Defect::Damaged("it ends too early".to_owned()))
}

/// sshkey.c: private2_uudecode. Blanks between BEGIN and END line do not count.
fn ssh_reads(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"-----BEGIN OPENSSH PRIVATE KEY-----\n") else {
        return false;
    };
    let end = memmem::find(rest, b"\n-----END OPENSSH PRIVATE KEY-----\n");
    end.is_some_and(|end| rest[..end].iter().all(|byte| is_base64(*byte)))
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=".contains(&byte)
}

/// OpenSSL's PEM_read_bio_ex: lines that are no armour are passed over, and so are a byte order mark
/// and what blanks follow a line.
fn openssl_reads(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let trimmed = |line: &'_ [u8]| {
        let length = line.iter().rposition(|byte| (b'!'..=b'~').contains(byte));
        length.map_or(0, |last| last + 1)
    };
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| &line[..trimmed(line)]);
    let label = lines.by_ref().find_map(|line| {
        let label = line.strip_prefix(BEGIN.as_bytes())?.strip_suffix(b"-----")?;
        label.ends_with(b"PRIVATE KEY").then_some(label)
    });
    let Some(label) = label else { return false };
    // Whether headers may still come, and whether one came.
    let (mut above, mut headers) = (true, 0);
    for line in lines {
        if let Some(end) = line.strip_prefix(END.as_bytes()) {
            return end.strip_suffix(b"-----") == Some(label);
        } else if line.is_empty() && above {
            above = false;
        } else if line.contains(&b':') && above {
            const NAMES: [&[u8]; 2] = [b"Proc-Type:", b"DEK-Info:"];
            if !NAMES.get(headers).is_some_and(|name| line.starts_with(name)) {
                return false;
            }
            headers += 1;
        } else if line.is_empty() || (above && headers > 0) {
            return false;
        } else {
            above = false;
            if !line.iter().all(|byte| is_base64(*byte)) {
                return false;
            }
        }
    }
    false
}

/// What is wrong with a text that is not read.
fn reason(bytes: &[u8], text: &str, label: &str, format: Format) -> Defect {
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..]) {
        return Defect::Utf16;
    }
    let is_own = format == Format::OpenSsh;
    if is_own && bytes.starts_with(b"\xef\xbb\xbf") {
        return Defect::ByteOrderMark;
    }
    let (begin, end) = (format!("{BEGIN}{label}-----"), format!("{END}{label}-----"));
    let (Some(begin_at), Some(end_at)) = (text.find(&begin), text.find(&end)) else {
        return Defect::Broken;
    };
    let before = &text[..begin_at];
    let body = text.get(begin_at + begin.len()..end_at).unwrap_or_default();
    let after = &text[end_at + end.len()..];
    if !text.contains('\n') {
        return if body.contains('\r') { Defect::CarriageReturns } else { Defect::OneLine };
    }
    if !body.contains('\n') {
        return Defect::OneLine;
    }
    if is_own && (body.starts_with("\r\n") || after.starts_with("\r\n")) {
        return Defect::WindowsLineEnds;
    }
    let indented = |before: &str| {
        let line = before.rsplit('\n').next().unwrap_or_default();
        !line.is_empty() && line.trim().is_empty()
    };
    if indented(before) || indented(&text[..end_at]) {
        return Defect::Indented;
    }
    if !before.is_empty() && (is_own || !before.ends_with('\n')) {
        return Defect::TextBefore;
    }
    if is_own && after.is_empty() {
        return Defect::NoFinalNewline;
    }
    if is_own && (!body.starts_with('\n') || !after.starts_with('\n')) {
        return Defect::TrailingBlanks;
    }
    Defect::Broken
}

/// Whether the private part is as long as the container says (PROTOCOL.key).
fn is_whole(container: &[u8]) -> bool {
    let walk = || {
        let mut rest = container.strip_prefix(b"openssh-key-v1\0")?;
        for _ in ["cipher", "KDF", "its options"] {
            super::inspect::string(&mut rest)?;
        }
        rest = rest.get(4..)?;
        for _ in ["public", "private"] {
            super::inspect::string(&mut rest)?;
        }
        // The tag of a cipher that has one.
        Some(rest.is_empty() || rest.len() == 16)
    };
    walk().unwrap_or(false)
}

#[cfg(test)]
mod tests;
