//! PURE: the shells that sshp knows, the scripts that `sshp init` and `sshp completions` print, and how
//! a word is quoted in a command that is shown.
//!
//! The scripts in `shell/` and `completions/` are plain and valid as they stand; what the options
//! of `init` decide is a short prelude of variables in front of them. A value gets into the
//! prelude only after a check that leaves it nothing a shell could interpret.

use std::ffi::OsStr;

use clap::ValueEnum;

/// A shell that sshp knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Nushell,
    Powershell,
    Xonsh,
    Tcsh,
}

impl Shell {
    /// The word for it, on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// The shell of a program, by its file name.
    pub fn of_program(name: &str) -> Option<Self> {
        match name {
            "nu" => Some(Shell::Nushell),
            "pwsh" => Some(Shell::Powershell),
            "csh" => Some(Shell::Tcsh),
            _ => <Shell as ValueEnum>::from_str(name, false).ok(),
        }
    }

    /// Its start-up files in the home folder, the usual one first, and the line of the README that
    /// belongs there.
    pub fn start_up(self) -> (&'static [&'static str], &'static str) {
        match self {
            Shell::Bash => {
                (&[".bashrc", ".bash_profile", ".profile"], "eval \"$(sshp init bash)\"")
            }
            Shell::Zsh => (&[".zshrc", ".config/zsh/.zshrc"], "eval \"$(sshp init zsh)\""),
            Shell::Fish => (&[".config/fish/config.fish"], "sshp init fish | source"),
            Shell::Elvish => {
                (&[".config/elvish/rc.elv", ".elvish/rc.elv"], "eval (sshp init elvish | slurp)")
            }
            Shell::Nushell => (
                &[".config/nushell/config.nu"],
                "source ~/.sshp.nu`, after one `sshp init nushell | save -f ~/.sshp.nu",
            ),
            Shell::Powershell => (
                &[".config/powershell/profile.ps1"],
                "Invoke-Expression (& { (sshp init powershell | Out-String) })",
            ),
            // xonsh 0.13 loses the output of `$(…)` in one start of eight beside other programs.
            Shell::Xonsh => (
                &[".xonshrc", ".config/xonsh/rc.xsh"],
                r#"exec(__import__("subprocess").check_output("sshp init xonsh", shell=True, text=True))"#,
            ),
            Shell::Tcsh => (
                &[".tcshrc", ".cshrc"],
                "source ~/.sshp.tcsh`, after one `sshp init tcsh > ~/.sshp.tcsh",
            ),
        }
    }

    /// What gives the short command and the widget; reads `__sshp_cmd` and `__sshp_key`.
    fn integration(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../shell/sshp.bash"),
            Shell::Zsh => include_str!("../shell/sshp.zsh"),
            Shell::Fish => include_str!("../shell/sshp.fish"),
            Shell::Elvish => include_str!("../shell/sshp.elv"),
            Shell::Nushell => include_str!("../shell/sshp.nu"),
            Shell::Powershell => include_str!("../shell/sshp.ps1"),
            Shell::Xonsh => include_str!("../shell/sshp.xsh"),
            Shell::Tcsh => include_str!("../shell/sshp.tcsh"),
        }
    }

    /// What makes Tab ask sshp; also a file to be installed where the shell looks for such.
    pub fn completions(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../completions/sshp.bash"),
            Shell::Zsh => include_str!("../completions/_sshp"),
            Shell::Fish => include_str!("../completions/sshp.fish"),
            Shell::Elvish => include_str!("../completions/sshp.elv"),
            Shell::Nushell => include_str!("../completions/sshp.nu"),
            Shell::Powershell => include_str!("../completions/_sshp.ps1"),
            Shell::Xonsh => include_str!("../completions/sshp.xsh"),
            Shell::Tcsh => include_str!("../completions/sshp.tcsh"),
        }
    }

    /// What serves host names in the completion of other commands; reads `__sshp_hosts`.
    fn hosts(self) -> Option<&'static str> {
        match self {
            Shell::Bash => Some(include_str!("../shell/hosts.bash")),
            Shell::Zsh => Some(include_str!("../shell/hosts.zsh")),
            Shell::Fish => Some(include_str!("../shell/hosts.fish")),
            Shell::Elvish => Some(include_str!("../shell/hosts.elv")),
            Shell::Nushell | Shell::Powershell | Shell::Xonsh | Shell::Tcsh => None,
        }
    }

    /// The variables that the scripts read.
    fn prelude(self, cmd: &str, key: &str, hosts: &str) -> String {
        match self {
            Shell::Bash | Shell::Zsh => {
                format!("__sshp_cmd='{cmd}'\n__sshp_key='{key}'\n__sshp_hosts='{hosts}'\n")
            }
            // Unquoted, so that fish makes an escape character of `\e`, and words of the hosts.
            Shell::Fish => format!(
                "set -g __sshp_cmd {cmd}\nset -g __sshp_key {key}\nset -g __sshp_hosts {hosts}\n"
            ),
            Shell::Elvish => format!(
                "var __sshp_cmd = '{cmd}'\nvar __sshp_key = '{key}'\nvar __sshp_hosts = [{hosts}]\n"
            ),
            // nushell knows no alias whose name a variable holds.
            Shell::Nushell if cmd.is_empty() => {
                format!("const __sshp_cmd = ''\nconst __sshp_key = '{key}'\n")
            }
            Shell::Nushell => format!(
                "const __sshp_cmd = '{cmd}'\nconst __sshp_key = '{key}'\nalias {cmd} = ^sshp\n"
            ),
            Shell::Powershell => format!("$__sshp_cmd = '{cmd}'\n$__sshp_key = '{key}'\n"),
            Shell::Xonsh => format!("__sshp_cmd = '{cmd}'\n__sshp_key = '{key}'\n"),
            Shell::Tcsh => format!("set __sshp_cmd = '{cmd}'\nset __sshp_key = '{key}'\n"),
        }
    }

    /// What takes the variables away again.
    fn coda(self) -> &'static str {
        match self {
            Shell::Bash | Shell::Zsh => "unset __sshp_cmd __sshp_key __sshp_hosts\n",
            Shell::Fish => "set -e __sshp_cmd\nset -e __sshp_key\nset -e __sshp_hosts\n",
            // elvish's `eval` has a namespace of its own, which goes with it; nushell's are constants.
            Shell::Elvish | Shell::Nushell => "",
            Shell::Powershell => "Remove-Variable -Name __sshp_cmd, __sshp_key\n",
            Shell::Xonsh => "del __sshp_cmd, __sshp_key\n",
            Shell::Tcsh => "unset __sshp_cmd __sshp_key\n",
        }
    }
}

/// A command that takes hosts as ssh does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Remote {
    Ssh,
    Scp,
    Sftp,
    Rsync,
}

/// What `sshp init` is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Init {
    /// The short command, if any.
    pub cmd: Option<Name>,
    /// The key of the widget, if any.
    pub key: Option<Chord>,
    /// Whether Tab asks sshp.
    pub completions: bool,
    /// Commands whose hosts sshp completes too.
    pub hosts: Vec<Remote>,
}

/// A word or path as a POSIX shell reads it back (fish too, but for some backslashes), for commands
/// that are shown to be pasted.
pub fn quote(word: impl AsRef<OsStr>) -> String {
    let word = word.as_ref().to_string_lossy();
    // A NUL alone would be refused, and no command line can hold one anyway.
    shlex::Quoter::new().allow_nul(true).quote(&word).unwrap_or_default().into_owned()
}

/// Renders what the shell evaluates.
///
/// # Errors
/// When the shell has no script for `hosts`.
pub fn render_init(shell: Shell, init: &Init) -> Result<String, NoHosts> {
    let cmd = init.cmd.as_ref().map_or("", |name| name.0.as_str());
    let key = init.key.map_or_else(String::new, |key| key.sequence(shell));
    let completions = if init.completions { shell.completions() } else { "" };
    let names = |list: &[Remote]| {
        let values = list.iter().filter_map(ValueEnum::to_possible_value);
        values.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let (hosts, script) = match init.hosts.as_slice() {
        [] => (String::new(), ""),
        hosts => (names(hosts), shell.hosts().ok_or(NoHosts)?),
    };
    let prelude = shell.prelude(cmd, &key, &hosts);
    Ok([&prelude, shell.integration(), completions, script, shell.coda()].concat())
}

/// The shell has no script that serves hosts to other commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`--complete` is for bash, zsh, fish and elvish")]
pub struct NoHosts;

/// A name that a command can have in every shell, `[A-Za-z_][A-Za-z0-9_-]*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Words that a shell would not take as the name of a command.
const RESERVED: [&str; 34] = [
    "and", "begin", "break", "builtin", "case", "command", "coproc", "continue", "do", "done",
    "elif", "else", "end", "esac", "eval", "exec", "exit", "fi", "for", "foreach", "function",
    "if", "in", "not", "or", "repeat", "return", "select", "set", "switch", "then", "time",
    "until", "while",
];

/// Why a name or key is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Not a name.
    #[error(
        "`{0}` cannot name a command: letters, digits, `_` and `-`, not beginning with a digit"
    )]
    Name(String),
    /// A word of the shell's own.
    #[error("`{0}` is a word of the shell")]
    Reserved(String),
    /// Not a key.
    #[error("`{0}` is no key: `alt-` or `ctrl-` and a letter")]
    Key(String),
    /// A key that the terminal needs.
    #[error("`{0}` is Enter, Tab, Escape or a signal in every terminal")]
    KeyTaken(String),
}

impl std::str::FromStr for Name {
    type Err = ParseError;

    fn from_str(word: &str) -> Result<Self, ParseError> {
        let mut letters = word.chars();
        let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            return Err(ParseError::Name(word.to_owned()));
        }
        if RESERVED.contains(&word) {
            return Err(ParseError::Reserved(word.to_owned()));
        }
        Ok(Name(word.to_owned()))
    }
}

/// A letter with Alt or Ctrl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chord {
    /// `alt-j`
    Alt(char),
    /// `ctrl-g`
    Ctrl(char),
}

impl std::str::FromStr for Chord {
    type Err = ParseError;

    fn from_str(word: &str) -> Result<Self, ParseError> {
        let lower = word.to_ascii_lowercase();
        let letter = |rest: &str| match rest.as_bytes() {
            [letter @ b'a'..=b'z'] => Some(char::from(*letter)),
            _ => None,
        };
        let (alt, ctrl) = (lower.strip_prefix("alt-"), lower.strip_prefix("ctrl-"));
        match (alt.and_then(letter), ctrl.and_then(letter)) {
            (Some(letter), _) => Ok(Chord::Alt(letter)),
            (_, Some('c' | 'd' | 'i' | 'j' | 'm' | 'q' | 's' | 'z')) => {
                Err(ParseError::KeyTaken(word.to_owned()))
            }
            (_, Some(letter)) => Ok(Chord::Ctrl(letter)),
            _ => Err(ParseError::Key(word.to_owned())),
        }
    }
}

impl Chord {
    /// The key in the words of each shell, as its `bind` or binding table reads it.
    fn sequence(self, shell: Shell) -> String {
        match (shell, self) {
            (Shell::Bash | Shell::Fish, Chord::Alt(letter)) => format!("\\e{letter}"),
            (Shell::Bash, Chord::Ctrl(letter)) => format!("\\C-{letter}"),
            (Shell::Zsh | Shell::Tcsh, Chord::Alt(letter)) => format!("^[{letter}"),
            (Shell::Zsh | Shell::Tcsh, Chord::Ctrl(letter)) => {
                format!("^{}", letter.to_ascii_uppercase())
            }
            (Shell::Fish, Chord::Ctrl(letter)) => format!("\\c{letter}"),
            (Shell::Elvish, Chord::Alt(letter)) => format!("Alt-{letter}"),
            (Shell::Elvish, Chord::Ctrl(letter)) => format!("Ctrl-{}", letter.to_ascii_uppercase()),
            (Shell::Nushell, Chord::Alt(letter)) => format!("alt char_{letter}"),
            (Shell::Nushell, Chord::Ctrl(letter)) => format!("control char_{letter}"),
            (Shell::Powershell, Chord::Alt(letter)) => format!("Alt+{letter}"),
            (Shell::Powershell, Chord::Ctrl(letter)) => format!("Ctrl+{letter}"),
            (Shell::Xonsh, Chord::Alt(letter)) => format!("escape {letter}"),
            (Shell::Xonsh, Chord::Ctrl(letter)) => format!("c-{letter}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_word_is_one_word_and_runs_nothing() {
        assert_eq!(quote("/a/id_x.pem"), "/a/id_x.pem");
        assert_eq!(quote(""), "''");
        for word in ["/a b/it's", "$(x)", "`x`", "a\"b", "{a,b}", "!x", "~", "a\nb", "日本 語"] {
            let quoted = quote(word);
            assert_eq!(shlex::split(&quoted), Some(vec![word.to_owned()]), "{quoted}");
        }
    }

    #[test]
    fn a_command_name_holds_nothing_a_shell_could_interpret() {
        for good in ["s", "_ssh", "my-ssh2", "S"] {
            assert_eq!(good.parse(), Ok(Name(good.to_owned())));
        }
        for bad in ["", "-s", "2s", "a b", "s;id", "$(id)", "s'", "s\n", "é", "a/b", "s=1"] {
            assert_eq!(bad.parse::<Name>(), Err(ParseError::Name(bad.to_owned())));
        }
        assert_eq!("if".parse::<Name>(), Err(ParseError::Reserved("if".to_owned())));
    }

    #[test]
    fn keys_in_the_words_of_each_shell() {
        let key = |word: &str, shell| word.parse::<Chord>().map(|key| key.sequence(shell));
        assert_eq!(key("alt-j", Shell::Bash).as_deref(), Ok("\\ej"));
        assert_eq!(key("Alt-J", Shell::Zsh).as_deref(), Ok("^[j"));
        assert_eq!(key("alt-j", Shell::Fish).as_deref(), Ok("\\ej"));
        assert_eq!(key("alt-j", Shell::Elvish).as_deref(), Ok("Alt-j"));
        assert_eq!(key("ctrl-g", Shell::Elvish).as_deref(), Ok("Ctrl-G"));
        assert_eq!(key("ctrl-g", Shell::Bash).as_deref(), Ok("\\C-g"));
        assert_eq!(key("ctrl-g", Shell::Zsh).as_deref(), Ok("^G"));
        assert_eq!(key("ctrl-g", Shell::Fish).as_deref(), Ok("\\cg"));
        for (shell, alt, ctrl) in [
            (Shell::Nushell, "alt char_j", "control char_g"),
            (Shell::Powershell, "Alt+j", "Ctrl+g"),
            (Shell::Xonsh, "escape j", "c-g"),
            (Shell::Tcsh, "^[j", "^G"),
        ] {
            assert_eq!(key("alt-j", shell).as_deref(), Ok(alt));
            assert_eq!(key("ctrl-g", shell).as_deref(), Ok(ctrl));
        }
        for bad in ["", "j", "alt-", "alt-jj", "alt-'", "ctrl-\n", "hyper-j", "alt-é"] {
            assert_eq!(bad.parse::<Chord>(), Err(ParseError::Key(bad.to_owned())));
        }
        assert_eq!("ctrl-m".parse::<Chord>(), Err(ParseError::KeyTaken("ctrl-m".to_owned())));
    }

    #[test]
    fn options_are_a_prelude_and_the_scripts_stay_as_they_are() {
        let hosts = vec![Remote::Ssh, Remote::Scp];
        let init = Init {
            cmd: "s".parse().ok(),
            key: "alt-j".parse().ok(),
            completions: true,
            hosts: Vec::new(),
        };
        for &shell in Shell::value_variants() {
            let scripts = format!("{}{}", shell.integration(), shell.completions());
            let all = render_init(shell, &init).unwrap();
            assert!(all.contains(&scripts));
            let none = render_init(shell, &Init::default()).unwrap();
            assert!(none.contains(shell.integration()) && !none.contains(shell.completions()));
            let with_hosts = Init { hosts: hosts.clone(), ..init.clone() };
            match (render_init(shell, &with_hosts), shell.hosts()) {
                (Ok(text), Some(script)) => {
                    assert!(text.contains("ssh scp") && text.contains(script));
                    assert!(!all.contains(script) && !none.contains(script));
                }
                (Err(NoHosts), None) => {}
                other => panic!("{other:?}"),
            }
        }
        let prelude = |shell| {
            let text = render_init(shell, &init).unwrap();
            text.lines().take(3).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(prelude(Shell::Bash), "__sshp_cmd='s'\n__sshp_key='\\ej'\n__sshp_hosts=''");
        assert_eq!(
            prelude(Shell::Fish),
            "set -g __sshp_cmd s\nset -g __sshp_key \\ej\nset -g __sshp_hosts "
        );
        assert_eq!(
            prelude(Shell::Nushell),
            "const __sshp_cmd = 's'\nconst __sshp_key = 'alt char_j'\nalias s = ^sshp"
        );
    }
}
