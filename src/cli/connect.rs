//! Choosing a profile and connecting.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;

use super::export::AS_INVENTORY;

/// The name under which sshp is an ssh: `scp -S` and `sftp -S` take a program and no arguments.
const AS_SSH: &str = "sshp-ssh";

/// Flags of ssh(1) that sshp has no other use for before a verb.
const SSH_FLAGS: &[u8] = b"46ACDEGIJKLMNORSTWXYbcefgiklmnoptwxy";

/// The words of a call: through a link of that name it is `sshp connect --session builtin …` or
/// `sshp export ansible …`, and what begins with a flag of ssh is `sshp connect …`.
pub fn words(args: impl IntoIterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut args = args.into_iter().peekable();
    let program = args.next();
    let is_flag = |word: &OsString| match word.as_encoded_bytes() {
        [b'-', letter, ..] => SSH_FLAGS.contains(letter),
        _ => false,
    };
    let is_called =
        |program: &OsString, name: &str| Path::new(program).file_name().is_some_and(|n| n == name);
    let connect: &[&str] = match &program {
        Some(program) if is_called(program, AS_SSH) => &["connect", "--session", "builtin"],
        Some(program) if is_called(program, AS_INVENTORY) => &["export", "ansible"],
        Some(_) if args.peek().is_some_and(is_flag) => &["connect"],
        _ => &[],
    };
    program.into_iter().chain(connect.iter().map(OsString::from)).chain(args)
}

#[cfg(feature = "builtin")]
const CONNECT_USAGE: &str =
    "sshp connect [--session auto|builtin|system] [SSH FLAGS] DESTINATION [REMOTE COMMAND]...";
#[cfg(not(feature = "builtin"))]
const CONNECT_USAGE: &str = "sshp connect [SSH FLAGS] DESTINATION [REMOTE COMMAND]...";

#[cfg(feature = "builtin")]
const CONNECT_HELP: &str = "\
Before the destination:
      --session <auto|builtin|system>  Who runs the session: sshp itself, the system's ssh, or auto:
                                       ssh where there is one
  -p, -l, -i, -o, -J, -L, -N, ...      All flags of ssh(1); -G prints the options that would be used

Examples:
  sshp connect web-server
  sshp connect -p 2222 deploy@203.0.113.7 uptime
  GIT_SSH_COMMAND='sshp connect --session builtin' git fetch
  ln -s \"$(command -v sshp)\" ~/bin/sshp-ssh      under that name it is the built-in session:
  scp -S sshp-ssh file web-server:";
#[cfg(not(feature = "builtin"))]
const CONNECT_HELP: &str = "\
Before the destination:
  -p, -l, -i, -o, -J, -L, -N, ...      All flags of ssh(1); -G prints the options that would be used

Examples:
  sshp connect web-server
  sshp connect -p 2222 deploy@203.0.113.7 uptime";

/// `sshp connect`: ssh(1)'s own command line.
#[derive(Debug, Args)]
#[command(override_usage = CONNECT_USAGE, after_help = CONNECT_HELP)]
pub struct Connect {
    /// ssh flags, the destination, the remote command
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "SSH ARGUMENTS",
        required = true
    )]
    pub args: Vec<OsString>,
}

/// `sshp pick`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ssh \"$(sshp pick web)\"
  sshp pick --multi --print0 | xargs -0 -I{} ssh {} uptime")]
pub struct Pick {
    /// What to look for
    pub query: Vec<String>,
    /// Separate and end names with NUL
    #[arg(long)]
    pub print0: bool,
    /// Let several be chosen (Tab)
    #[arg(long)]
    pub multi: bool,
    /// Print for the shell's widget: `insert` or `run`, a command, a name, with tabs between
    #[arg(long, hide = true, conflicts_with_all = ["print0", "multi"])]
    pub widget: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_the_name_sshp_ssh_it_is_the_built_in_session() {
        let of = |all: &str| -> String {
            let words: Vec<OsString> = words(all.split_whitespace().map(OsString::from)).collect();
            words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            of("/bin/sshp-ssh -x web -s sftp"),
            "/bin/sshp-ssh connect --session builtin -x web -s sftp"
        );
        assert_eq!(of("./sshp-inventory --list"), "./sshp-inventory export ansible --list");
        assert_eq!(of("sshp list"), "sshp list");
        assert_eq!(of("sshp -p 2222 web"), "sshp connect -p 2222 web");
        assert_eq!(of("sshp -L80:a:80 web"), "sshp connect -L80:a:80 web");
        for own in
            ["sshp -F file list", "sshp -q web", "sshp -v", "sshp -h", "sshp -V", "sshp --color"]
        {
            assert_eq!(of(own), own);
        }
        assert_eq!(of("sshp"), "sshp");
        assert_eq!(of(""), "");
    }
}
