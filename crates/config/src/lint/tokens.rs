//! PURE: values in which `%` begins a token that ssh does not have: it gives up when it comes to one.

use super::super::options::Keyword;
use super::super::tokens::expand;
use super::super::tree::Tree;
use super::super::{Dialect, Document, criteria};
use super::Finding;

/// What most keywords have (ssh_config(5), TOKENS), `%j` of OpenSSH 9.6 too.
const COMMON: &[u8] = b"CLdhijklnpru";

/// The tokens of a keyword; `None` where `%` is a character as any other.
fn tokens_of(keyword: Keyword) -> Option<Vec<u8>> {
    let more: &[u8] = match keyword {
        Keyword::HostName => return Some(b"h".to_vec()),
        Keyword::ProxyCommand
        | Keyword::ProxyJump
        | Keyword::RemoteCommand
        | Keyword::ControlPath
        | Keyword::IdentityAgent
        | Keyword::IdentityFile
        | Keyword::CertificateFile
        | Keyword::UserKnownHostsFile
        | Keyword::LocalForward
        | Keyword::RemoteForward
        | Keyword::Match => b"",
        Keyword::LocalCommand => b"T",
        Keyword::KnownHostsCommand => b"fHIKt",
        _ => return None,
    };
    Some([COMMON, more].concat())
}

/// Values that stop ssh wherever they apply.
pub(super) fn unknown_tokens(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, file) in tree.files.iter().enumerate() {
        for (directive, line) in file.document.directives().iter().enumerate() {
            let Some(keyword) = line.keyword else { continue };
            if memchr::memchr(b'%', file.document.rest(line)).is_none() {
                continue;
            }
            let Some(tokens) = tokens_of(keyword) else { continue };
            for value in values(&file.document, directive, keyword) {
                if let Some(text) = complaint(keyword, &value, &tokens) {
                    let origin = tree.origin(at, directive);
                    findings.push(Finding { origin, check: "unknown-token", text });
                }
            }
        }
    }
    findings
}

/// What of a line ssh expands.
fn values(document: &Document, directive: usize, keyword: Keyword) -> Vec<Vec<u8>> {
    let line = &document.directives()[directive];
    let rest = document.rest(line);
    match keyword {
        Keyword::ProxyCommand
        | Keyword::LocalCommand
        | Keyword::RemoteCommand
        | Keyword::KnownHostsCommand => vec![rest.to_vec()],
        Keyword::Match => criteria::exec_commands(rest, Dialect::any()).collect(),
        _ => {
            let words = document.words(line).map_while(Result::ok);
            let words = words.map(|word| word.value.into_owned());
            let is_forward = matches!(keyword, Keyword::LocalForward | Keyword::RemoteForward);
            // Of a forwarding ssh expands the paths of sockets.
            words.filter(|word| !is_forward || word.contains(&b'/')).collect()
        }
    }
}

fn complaint(keyword: Keyword, value: &[u8], tokens: &[u8]) -> Option<String> {
    let known = |letter: u8| tokens.contains(&letter).then(Vec::new);
    let error = expand(value, Some(&known), None).err()?;
    let mended = String::from_utf8_lossy(&doubled(value, tokens)).into_owned();
    let title = keyword.title();
    let exec = if keyword == Keyword::Match { " exec" } else { "" };
    Some(format!(
        "ssh will not connect: `%` begins a token in {title}{exec} ({error}); a per cent sign is \
         `%%`: `{title}{exec} {mended}`"
    ))
}

/// A value with each `%` doubled that begins no token.
fn doubled(value: &[u8], tokens: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 1);
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        out.push(byte);
        rest = after;
        if byte != b'%' {
            continue;
        }
        match after.split_first() {
            Some((&letter, after)) if letter == b'%' || tokens.contains(&letter) => {
                out.push(letter);
                rest = after;
            }
            _ => out.push(b'%'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_per_cent_sign_that_begins_no_token_is_named_with_what_to_write() {
        let cases = [
            (Keyword::HostName, "fe80::1%eth0", Some("`HostName fe80::1%%eth0`")),
            (Keyword::HostName, "%n.example", Some("`HostName %%n.example`")),
            (Keyword::HostName, "x%", Some("`HostName x%%`")),
            (Keyword::HostName, "%h.example", None),
            (Keyword::HostName, "fe80::1%%eth0", None),
            (Keyword::ProxyJump, "gw%2", Some("`ProxyJump gw%%2`")),
            (Keyword::ProxyJump, "%r@gw-%n", None),
            (
                Keyword::ProxyCommand,
                "date +%s; nc %h %p",
                Some("`ProxyCommand date +%%s; nc %h %p`"),
            ),
            (Keyword::KnownHostsCommand, "/bin/x %H", None),
            (Keyword::Match, "date +%s", Some("`Match exec date +%%s`")),
        ];
        for (keyword, value, expected) in cases {
            let found = complaint(keyword, value.as_bytes(), &tokens_of(keyword).unwrap());
            match expected {
                None => assert_eq!(found, None, "{value}"),
                Some(mend) => assert!(found.unwrap().contains(mend), "{value}"),
            }
        }
        assert!(tokens_of(Keyword::User).is_none());
    }
}
