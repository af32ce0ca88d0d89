//! `sshp init` in real shells: the scripts are valid, quiet and safe to read again, and the key works.

use std::process::Command;

use crate::support::needs;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, Sandbox};

/// The shells whose words are those of sh, or nearly.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// The shells that are driven. PowerShell is none of them: no package that can be had here brings
/// it. elvish has no way to check or read a script without its editor.
pub const INTERACTIVE: [&str; 7] = ["bash", "zsh", "fish", "elvish", "nushell", "xonsh", "tcsh"];

/// Options of `init` at both ends.
const OPTIONS: [&str; 4] =
    ["", "--no-cmd --no-key --no-completions", "--cmd go-to --key ctrl-g", "--no-completions"];

/// The option that only some shells have.
const HOSTS: &str = "--complete ssh,scp,sftp,rsync";

const CONFIG: &str = "Host web-1\n    HostName 10.0.0.1\nHost web-2\nHost db\n";

/// An interactive shell with a bare prompt that has evaluated `sshp init`.
fn shell(s: &Sandbox, shell: &str, options: &str) -> Pty {
    let mut pty = Pty::spawn(&interactive(s, shell, options));
    pty.wait_for("READY>");
    pty
}

/// The command for [`shell`], which the tests of Tab start too.
pub fn interactive(s: &Sandbox, shell: &str, options: &str) -> Command {
    let mut command = s.command(shell);
    match shell {
        "bash" => {
            let rc = format!("PS1='READY> '\neval \"$(sshp init bash {options})\"\n");
            let rc = s.write("bashrc", rc);
            command.args(["--noprofile", "--rcfile"]).arg(rc).arg("-i");
        }
        "zsh" => {
            let rc = format!(
                "PROMPT='READY> '\nautoload -Uz compinit\ncompinit -u -D\n\
                 eval \"$(sshp init zsh {options})\"\n"
            );
            s.write(".zshrc", rc);
            // The machine's own files would take time and could ask questions.
            command.args(["-d", "-i"]);
        }
        "fish" => {
            let rc = format!(
                "function fish_prompt; echo 'READY> '; end\nfunction fish_greeting; end\n\
                 sshp init fish {options} | source\n"
            );
            s.write(".config/fish/config.fish", rc);
            command.arg("-i");
        }
        "elvish" => {
            let rc = format!(
                "set edit:prompt = {{ put 'READY> ' }}\nset edit:rprompt = {{ put '' }}\n\
                 eval (sshp init elvish {options} | slurp)\n"
            );
            s.write(".config/elvish/rc.elv", rc);
        }
        "nushell" => {
            let script = s.sshp(&format!("init nushell {options}")).success().stdout;
            s.write("sshp.nu", script);
            s.write(
                ".config/nushell/config.nu",
                "$env.PROMPT_COMMAND = {|| 'READY' }\n$env.PROMPT_INDICATOR = '> '\n\
                 $env.PROMPT_COMMAND_RIGHT = ''\n$env.config.show_banner = false\n\
                 source ~/sshp.nu\n",
            );
            s.write(".config/nushell/env.nu", "");
            command = s.command("nu");
        }
        "xonsh" => {
            let rc = format!(
                "$PROMPT = 'READY> '\n$XONSH_HISTORY_BACKEND = 'dummy'\n\
                 exec(__import__('subprocess').check_output(\
                 'sshp init xonsh {options}', shell=True, text=True))\n"
            );
            s.write(".xonshrc", rc);
        }
        "tcsh" => {
            let script = s.sshp(&format!("init tcsh {options}")).success().stdout;
            s.write("sshp.tcsh", script);
            s.write(".tcshrc", "set prompt = 'READY> '\nsource ~/sshp.tcsh\n");
        }
        other => panic!("no test shell {other}"),
    }
    command
}

/// xonsh 0.13 loses the output of `$(…)` in its start-up file in one start of eight beside other programs.
#[test]
fn every_xonsh_that_starts_beside_others_has_the_completer() {
    needs!("xonsh");
    let s = Sandbox::new();
    for _ in 0..4 {
        let starts: Vec<Pty> = (0..8)
            .map(|_| {
                let mut xonsh = interactive(&s, "xonsh", "");
                xonsh.args(["-i", "-c", "print('Tab:', 'sshp' in __xonsh__.completers)"]);
                Pty::spawn(&xonsh)
            })
            .collect();
        for mut pty in starts {
            pty.wait_for("Tab: ");
            pty.wait_until("whether Tab asks sshp", |screen| screen.contains("True"));
        }
    }
}

#[test]
fn the_other_shells_find_no_fault_in_their_scripts() {
    needs!("nushell", "tcsh", "xonsh");
    let s = Sandbox::new();
    for options in OPTIONS {
        let file = |shell: &str| {
            let text = s.sshp(&format!("init {shell} {options}")).success().stdout;
            s.write(format!("init.{}", if shell == "xonsh" { "xsh" } else { shell }), text)
                .display()
                .to_string()
        };
        let tcsh = file("tcsh");
        Run::of(s.command("tcsh").args(["-n", &tcsh])).success();
        let nu = file("nushell");
        let check = format!("source {nu}; source {nu}; $__sshp_widget | nu-check --debug");
        let run = Run::of(s.command("nu").args(["--no-config-file", "-c", &check])).success();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("true\n", ""), "{options}");
        // -e stops at the first status that is not 0.
        let run = Run::of(s.command("tcsh").args([
            "-f",
            "-e",
            "-c",
            &format!("source {tcsh}; source {tcsh}"),
        ]));
        let run = run.success();
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{options}");
        let xonsh = file("xonsh");
        let script = format!(
            "$RAISE_SUBPROC_ERROR = True\nsource {xonsh}\nsource {xonsh}\nprint('sourced')"
        );
        let run = Run::of(s.command("xonsh").args(["--no-rc", "-c", &script])).success();
        assert_eq!(run.stdout, "sourced\n", "{run:?}");
    }
}

#[test]
fn each_script_passes_its_shells_own_check() {
    let s = Sandbox::new();
    for shell in needs::each(SHELLS) {
        for options in OPTIONS.into_iter().chain([HOSTS]) {
            let text = s.sshp(&format!("init {shell} {options}")).success().stdout;
            let file = s.write(format!("init.{shell}"), text);
            Run::of(s.command(shell).arg("-n").arg(&file)).success();
        }
        let text = s.sshp(&format!("completions {shell}")).success().stdout;
        let file = s.write(format!("completions.{shell}"), text);
        Run::of(s.command(shell).arg("-n").arg(&file)).success();
    }
}

#[test]
fn the_bash_scripts_pass_shellcheck_and_shfmt() {
    needs!("shellcheck", "shfmt");
    let s = Sandbox::new();
    for file in ["shell/sshp.bash", "shell/hosts.bash", "completions/sshp.bash"] {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + file;
        // SC2312: the answer's own first line says whether there is one.
        Run::of(s.command("shellcheck").args(["--enable=all", "--exclude=SC2312", &file]))
            .success();
        Run::of(s.command("shfmt").args(["-i", "4", "-ci", "-d", &file])).success();
    }
}

#[test]
fn the_scripts_of_the_tests_pass_shellcheck_and_shfmt() {
    needs!("shellcheck", "shfmt");
    let s = Sandbox::new();
    for file in ["tests/run", "tests/openssh-oracles", "tests/openssh-regress"] {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + file;
        Run::of(s.command("shellcheck").arg(&file)).success();
        Run::of(s.command("shfmt").args(["-i", "2", "-d", &file])).success();
    }
}

#[test]
fn the_fish_scripts_are_formatted_as_fish_does() {
    needs!("fish");
    let s = Sandbox::new();
    for file in ["shell/sshp.fish", "shell/hosts.fish", "completions/sshp.fish"] {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + file;
        Run::of(s.command("fish_indent").args(["--check", &file])).success();
    }
}

#[test]
fn reading_a_script_prints_nothing_and_fails_nowhere() {
    needs!("bash", "fish", "zsh");
    let s = Sandbox::new();
    for options in OPTIONS.into_iter().chain([HOSTS]) {
        for (shell, strict) in [("bash", "-euo pipefail -c"), ("zsh", "-f -eu -c"), ("fish", "-c")]
        {
            let text = s.sshp(&format!("init {shell} {options}")).success().stdout;
            let file = s.write(format!("init.{shell}"), text);
            // Twice: a script may be read again.
            let script = format!("source {0}\nsource {0}\n", file.display());
            let run = Run::of(s.command(shell).args(strict.split(' ')).arg(script)).success();
            assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{shell} {options}");
        }
    }
}

#[test]
fn nothing_of_the_prelude_is_left_in_the_shell() {
    let s = Sandbox::new();
    for shell in needs::each(SHELLS) {
        let text = s.sshp(&format!("init {shell}")).success().stdout;
        let file = s.write(format!("init.{shell}"), text);
        let script =
            format!("source {}; set | grep '^__sshp_[ckmw]' | grep -v '()'", file.display());
        let run = Run::of(s.command(shell).args(["-c", &script])).exits(1);
        assert_eq!(run.stdout, "", "{shell}");
    }
}

#[test]
fn a_command_name_or_key_that_is_none_is_refused() {
    let s = Sandbox::new();
    for (option, value) in [
        ("--cmd", "s;touch x"),
        ("--cmd", "$(id)"),
        ("--cmd", ""),
        ("--cmd", "if"),
        ("--key", "alt-'"),
        ("--key", "ctrl-m"),
        ("--key", "F1"),
    ] {
        let run = s.sshp_args(["init", "bash", option, value]).exits(2);
        assert_eq!(run.stdout, "", "{option} {value}");
    }
}

#[test]
fn the_short_command_is_sshp() {
    for name in needs::each(INTERACTIVE) {
        let s = Sandbox::with_config(CONFIG);
        let mut pty = shell(&s, name, "--cmd go-to");
        pty.send("go-to --version\r");
        pty.wait_for("sshp 0.1.0");
    }
}

#[test]
fn the_key_puts_a_picked_host_on_an_empty_line() {
    for name in needs::each(INTERACTIVE) {
        let s = Sandbox::with_config(CONFIG);
        let mut pty = shell(&s, name, "");
        pty.send("\x1bj");
        pty.wait_for("3/3");
        pty.send("web-2\r");
        // tcsh's widget does not know what stands on the line.
        let line = if name == "tcsh" { "READY> web-2" } else { "READY> sshp web-2" };
        pty.wait_for(line);
        // It stands there and waits: nothing has run.
        pty.send(" --version # typed\r");
        pty.wait_for("# typed");
    }
}

#[test]
fn the_key_puts_a_host_into_any_line_where_the_cursor_is() {
    for name in needs::each(INTERACTIVE.into_iter().filter(|&name| name != "elvish")) {
        let s = Sandbox::with_config(CONFIG);
        let mut pty = shell(&s, name, "--key ctrl-g");
        for (before, after, keys, line) in [
            ("ping ", "", "db\r", "READY> ping db"),
            ("scp file ", "", "web-1\r", "READY> scp file web-1:"),
            ("echo x; rsync -a . ", "", "db\r", "READY> echo x; rsync -a . db:"),
            ("ping ", " -c 1", "db\r", "READY> ping db -c 1"),
        ] {
            pty.send(before);
            pty.send(after);
            pty.send(&"\x1b[D".repeat(after.len()));
            pty.wait_for(format!("{before}{after}").trim_end());
            pty.send("\x07");
            pty.wait_for("3/3");
            pty.send(keys);
            pty.wait_for(if name == "tcsh" { line.trim_end_matches(':') } else { line });
            pty.send("\x05\x15");
            pty.wait_until("an empty line", |screen| {
                screen.trim_end().lines().last().is_some_and(|line| line.trim_end() == "READY>")
            });
        }
    }
}

#[test]
fn alt_enter_in_the_picker_runs_the_line() {
    for name in needs::each(INTERACTIVE.into_iter().filter(|&name| name != "tcsh")) {
        let s = Sandbox::with_config(CONFIG);
        let mut pty = shell(&s, name, "");
        pty.send("echo ran-");
        pty.wait_for("echo ran-");
        pty.send("\x1bj");
        pty.wait_for("3/3");
        pty.send("db\x1b\r");
        pty.wait_until(&format!("the line has run in {name}"), |screen| {
            screen.lines().any(|line| line.trim_end() == "ran-db")
        });
        // And the next line does not run by itself.
        pty.send("echo stays-");
        pty.wait_for("echo stays-");
        pty.send("\x1bj");
        pty.wait_for("3/3");
        pty.send("db\r");
        pty.wait_for("echo stays-db");
        assert!(!pty.screen().lines().any(|line| line.trim_end() == "stays-db"), "{name}");
    }
}

#[test]
fn escape_leaves_the_line_as_it_was() {
    for name in needs::each(INTERACTIVE) {
        let s = Sandbox::with_config(CONFIG);
        let mut pty = shell(&s, name, "");
        pty.send("echo as-it-was");
        pty.wait_for("echo as-it-was");
        pty.send("\x1bj");
        pty.wait_for("3/3");
        pty.send("\x1b");
        pty.wait_for_redrawn("as-it-was");
        pty.wait_for("READY> echo as-it-was");
        pty.send("-typed\r");
        pty.wait_until("it runs as typed", |screen| {
            screen.lines().any(|line| line.trim_end() == "as-it-was-typed")
        });
    }
}

#[test]
fn a_shell_start_costs_nothing_but_definitions() {
    needs!("bash", "strace");
    let s = Sandbox::new();
    let text = s.sshp("init bash").success().stdout;
    let file = s.write("init.bash", text);
    let log = s.path("strace");
    let trace = ["-f", "-e", "trace=execve", "-o"];
    let script = format!("source {}", file.display());
    Run::of(s.command("strace").args(trace).arg(&log).args(["bash", "-c", &script])).success();
    let started = s.text("strace").lines().filter(|line| line.contains("execve(")).count();
    assert_eq!(started, 1, "bash itself and nothing else");
}

#[test]
fn the_scripts_find_sshp_by_the_path() {
    let s = Sandbox::new();
    for shell in SHELLS {
        let text = s.sshp(&format!("init {shell}")).success().stdout;
        assert!(text.contains("command sshp") && !text.contains("/target/"), "{shell}");
    }
}
