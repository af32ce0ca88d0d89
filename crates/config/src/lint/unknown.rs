//! PURE: keywords that the ssh here does not have and another has, in a config that machines share.

use super::super::options::Keyword;
use super::super::tree::{DEEPEST, Tree};
use super::super::{Complaint, ComplaintKind, Origin};

const APPLE: &str = "only macOS's ssh has it";
const HPN: &str = "only HPN-SSH has it";

/// Keywords that not every ssh has, and which ssh has them.
const ELSEWHERE: [(&str, &str); 16] = [
    ("UseKeychain", APPLE),
    ("AppleMultipath", APPLE),
    ("RSAMinSize", "only Red Hat's and Fedora's ssh has it, others have RequiredRSASize"),
    ("Tag", "OpenSSH 9.4 and later have it"),
    ("ObscureKeystrokeTiming", "OpenSSH 9.5 and later have it"),
    ("ChannelTimeout", "OpenSSH 9.6 and later have it"),
    ("VersionAddendum", "OpenSSH 10.0 and later have it"),
    ("RefuseConnection", "OpenSSH 10.1 and later have it"),
    ("WarnWeakCrypto", "OpenSSH 10.1 and later have it"),
    ("HPNDisabled", HPN),
    ("HPNBufferSize", HPN),
    ("TcpRcvBufPoll", HPN),
    ("TcpRcvBuf", HPN),
    ("NoneEnabled", HPN),
    ("NoneSwitch", HPN),
    ("NoneMacEnabled", HPN),
];

/// For a complaint about a keyword that another ssh has: which, and the line that lets every ssh pass
/// over it; for an Include that is too deep: the limit.
#[must_use]
pub fn advice(tree: &Tree, complaint: &Complaint) -> Option<String> {
    let keyword = match &complaint.kind {
        ComplaintKind::UnknownKeyword(keyword) => keyword,
        ComplaintKind::TooDeep => {
            return Some(format!(
                "ssh follows Includes {DEEPEST} files deep; name this one higher up"
            ));
        }
        _ => return None,
    };
    let (title, who) = ELSEWHERE.iter().find(|(title, _)| title.eq_ignore_ascii_case(keyword))?;
    let file = complaint.origin.as_ref().map(|origin| &origin.file);
    let line = match (first_list(tree), file) {
        // Only the first counts.
        (Some((origin, list)), _) if lists(&list, title) => {
            format!("the `IgnoreUnknown {list}` of {origin} has to stand above it")
        }
        (Some((origin, list)), _) => {
            format!("`IgnoreUnknown {list},{title}` at {origin} lets every ssh pass over it")
        }
        (None, Some(file)) => format!(
            "`IgnoreUnknown {title}` as the first line of {} lets every ssh pass over it",
            file.display()
        ),
        (None, None) => format!("`IgnoreUnknown {title}` above it lets every ssh pass over it"),
    };
    Some(format!("{who}; {line}"))
}

fn lists(list: &str, title: &str) -> bool {
    list.split(',').any(|one| one.eq_ignore_ascii_case(title))
}

/// The first IgnoreUnknown of all files, and what it says.
fn first_list(tree: &Tree) -> Option<(Origin, String)> {
    tree.files.iter().enumerate().find_map(|(at, file)| {
        let mut lines = file.document.directives().iter().enumerate();
        let (directive, line) =
            lines.find(|(_, line)| line.keyword == Some(Keyword::IgnoreUnknown))?;
        let word = file.document.words(line).next()?.ok()?;
        let list = String::from_utf8_lossy(&word.value).into_owned();
        Some((tree.origin(at, directive), list))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::super::Document;
    use super::super::super::tree::File;
    use super::*;

    fn advised(text: &str, keyword: &str) -> Option<String> {
        let path: Arc<Path> = Arc::from(Path::new("/h/config"));
        let document = Document::parse(text.as_bytes());
        let file = File { path: path.clone(), user: true, document, includes: Vec::new() };
        let tree = Tree { files: vec![file], roots: Vec::new() };
        let text = format!("/h/config: line 3: Bad configuration option: {keyword}");
        let origin = Some(Origin { file: path, line: 3 });
        let kind = ComplaintKind::UnknownKeyword(keyword.to_owned());
        advice(&tree, &Complaint { origin, text, kind })
    }

    #[test]
    fn a_keyword_of_another_ssh_is_named_with_the_line_that_mends_it() {
        assert_eq!(
            advised("Host *\n", "usekeychain").unwrap(),
            "only macOS's ssh has it; `IgnoreUnknown UseKeychain` as the first line of /h/config \
             lets every ssh pass over it"
        );
        assert_eq!(
            advised("IgnoreUnknown Tag\n", "usekeychain").unwrap(),
            "only macOS's ssh has it; `IgnoreUnknown Tag,UseKeychain` at /h/config:1 lets every \
             ssh pass over it"
        );
        assert_eq!(
            advised("Host *\n\n\nIgnoreUnknown UseKeychain\n", "usekeychain").unwrap(),
            "only macOS's ssh has it; the `IgnoreUnknown UseKeychain` of /h/config:4 has to stand \
             above it"
        );
        assert_eq!(advised("", "hostnam"), None);
    }
}
