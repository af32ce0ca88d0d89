//! PURE: a ProxyCommand that is another ssh, `ssh -W %h:%p bastion`: its server is a jump host, and
//! is held to its pins like one.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;

use sshp_config::{CommandLine, Dialect};

/// What a shell does more with than take it as a word; redirections do not change whom ssh connects
/// to.
const SHELL: [char; 9] = [';', '|', '&', '(', ')', '`', '$', '\n', '#'];
/// What ends a word of a command, or a part of one.
const ENDS: [char; 6] = ['\'', '"', '=', '<', '>', ','];

/// What a ProxyCommand runs, as far as it can be read without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// `ssh …`, where the program stands in it, and the command line that follows.
    Ssh(Range<usize>, Box<CommandLine>),
    /// It starts an ssh in some other way; these words in it may be a destination.
    Wrapped(Vec<String>),
    /// No ssh.
    Other,
}

/// Words as ssh and the shell after it take them from a ProxyCommand: quoted, `%` doubled so that they
/// have no tokens.
pub fn quoted<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> Vec<u8> {
    let quoter = shlex::bytes::Quoter::new().allow_nul(true);
    let words = words.into_iter().map(|word| {
        let word = quoter.quote(word.as_ref().as_bytes()).unwrap_or_default();
        word.iter().flat_map(|&b| if b == b'%' { vec![b'%', b'%'] } else { vec![b] }).collect()
    });
    words.collect::<Vec<Vec<u8>>>().join(&b' ')
}

/// Reads a ProxyCommand whose tokens are expanded; `ssh` is the name of the system's ssh.
#[must_use]
pub fn read(command: &str, ssh: &str) -> Proxy {
    let is_ssh = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        name == "ssh" || name == ssh
    };
    let from = command.len() - command.trim_start().len();
    let program = command[from..].split(char::is_whitespace).next().unwrap_or_default();
    let rest = &command[from + program.len()..];
    if is_ssh(program) && !command.contains(SHELL) {
        let words = shlex::split(rest).unwrap_or_default();
        let words = without_redirections(words).map(OsString::from);
        if let Ok(line) = CommandLine::parse(words, &Dialect::lenient()) {
            return Proxy::Ssh(from..from + program.len(), Box::new(line));
        }
    }
    let ends = |c: char| c.is_whitespace() || SHELL.contains(&c) || ENDS.contains(&c);
    let words: Vec<&str> = command.split(ends).filter(|word| !word.is_empty()).collect();
    if !words.iter().any(|word| is_ssh(word)) {
        return Proxy::Other;
    }
    Proxy::Wrapped(words.into_iter().filter(|word| !is_ssh(word)).map(host_of).collect())
}

/// Words without `2>/dev/null`, and without `2> /dev/null` in two.
fn without_redirections(words: Vec<String>) -> impl Iterator<Item = String> {
    let mut words = words.into_iter();
    std::iter::from_fn(move || {
        loop {
            let word = words.next()?;
            let bare = word.trim_start_matches(|c: char| c.is_ascii_digit());
            if !bare.starts_with(['<', '>']) {
                return Some(word);
            }
            if bare.ends_with(['<', '>']) {
                words.next();
            }
        }
    })
}

/// The host of `[user@]host[:port]` and `ssh://[user@]host[:port]`.
fn host_of(word: &str) -> String {
    let word = word.strip_prefix("ssh://").unwrap_or(word).trim_end_matches('/');
    let host = word.rsplit_once('@').map_or(word, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ssh_is_read_with_its_destination() {
        for (command, program) in [
            ("ssh -W 10.0.0.1:22 bastion", "ssh"),
            ("ssh bob@bastion -W 10.0.0.1:22 2>/dev/null", "ssh"),
            ("/usr/bin/ssh -q -p 2222 bastion nc 10.0.0.1 22", "/usr/bin/ssh"),
            ("  ssh -F '/a b' 2> log -Wh:22 'bastion'", "ssh"),
            ("kitten ssh://bastion", "kitten"),
        ] {
            let Proxy::Ssh(at, line) = read(command, "kitten") else { panic!("{command}") };
            assert_eq!((&command[at], line.host()), (program, &b"bastion"[..]), "{command}");
        }
    }

    #[test]
    fn what_only_a_shell_can_read_is_no_command_line() {
        for command in [
            "sh -c 'ssh -W h:22 bastion'",
            "exec ssh -W h:22 bastion",
            "timeout 5 /usr/bin/ssh -W h:22 me@bastion",
            "ssh -W h:22 bastion || ssh -W h:22 other",
            "env A=b ssh ssh://me@bastion:22/ nc h 22",
        ] {
            let Proxy::Wrapped(words) = read(command, "ssh") else { panic!("{command}") };
            assert!(words.iter().any(|word| word == "bastion"), "{command}: {words:?}");
        }
    }

    #[test]
    fn other_programs_are_no_ssh() {
        for command in ["nc h 22", "sshd -i", "cloudflared access ssh2 --hostname h", ""] {
            assert_eq!(read(command, "ssh"), Proxy::Other, "{command}");
        }
    }
}
