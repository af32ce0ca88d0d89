//! Tab in real shells: what it offers, what it never does.

mod names;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::shell::{INTERACTIVE, interactive};
use crate::support::needs;
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// The shells that have completions.
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

const CONFIG: &str = "\
Include more
Host web-server
    HostName 10.0.0.1
    User deploy
Host db-main
    HostName db.example
Host rack:7
    HostName 10.0.0.7
Host zeta-one zeta-two
";

/// A home with [`CONFIG`], one more profile in an included file, tags, a key and known_hosts.
fn home() -> Sandbox {
    let s = Sandbox::with_config(CONFIG);
    s.write(".ssh/more", "Host included\n    HostName 10.0.0.9\n");
    s.write(".config/sshp/profiles.toml", "[db-main]\ntags = [\"production\", \"eu\"]\n");
    s.write(".ssh/known_hosts", format!("known.example {KEY}\n|1|x|y {KEY}\n"));
    s.write(".ssh/id_work", "secret");
    s.write(".ssh/id_work.pub", KEY);
    s
}

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8C0PBNQXkRZaYbF7zC9wPHnJUCYqBTkGm6rnPGJ0ym";

/// A shell that is ready for Tab.
fn shell(s: &Sandbox, name: &str) -> Pty {
    let mut pty = Pty::spawn(&interactive(s, name, ""));
    pty.wait_for("READY>");
    pty
}

/// Types `keys` at a fresh prompt, waits for the line, and clears it.
#[track_caller]
fn becomes(pty: &mut Pty, keys: &str, line: &str) {
    // Tab comes when the word is there, as from a person's hand: some editors take what comes at
    // once for a paste.
    if let Some(typed) = keys.strip_suffix('\t').filter(|keys| !keys.contains(char::is_control)) {
        pty.send(typed);
        pty.wait_for(typed.trim_end());
        pty.send("\t");
    } else {
        pty.send(keys);
    }
    pty.wait_until(&format!("{line:?} after {keys:?}"), |screen| {
        screen.lines().any(|on| on == line || on.trim_end() == format!("READY> {line}").trim_end())
    });
    pty.send("\x05\x15");
    pty.wait_until("an empty line", |screen| {
        screen.lines().rfind(|line| !line.trim().is_empty()).is_some_and(|l| l.trim() == "READY>")
    });
}

/// What sshp answers at the end of a line, as bash asks.
fn offered(s: &Sandbox, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = asked(s, "bash", words.len() - 1);
    let run = Run::of(command.arg("--").args(words)).success();
    assert_eq!(run.stderr, "", "{line}");
    run.stdout
}

fn asked(s: &Sandbox, shell: &str, at: usize) -> Command {
    let mut command = s.command(SSHP);
    command.env("_SSHP_COMPLETE", format!("{shell}:{at}"));
    command
}

#[test]
fn tab_completes_profiles_verbs_and_values() {
    for name in needs::each(SHELLS) {
        let s = home();
        let mut pty = shell(&s, name);
        for (keys, line) in [
            ("sshp we\t", "sshp web-server"),
            ("sshp inc\t", "sshp included"),
            ("sshp -F ~/.ssh/mo\tinc\t", "sshp -F ~/.ssh/more included"),
            ("sshp connect we\t", "sshp connect web-server"),
            ("sshp sho\t", "sshp show"),
            ("sshp rm db\t", "sshp rm db-main"),
            ("sshp edit we\t", "sshp edit web-server"),
            ("sshp show we\t", "sshp show web-server"),
            ("sshp forget kno\t", "sshp forget known.example"),
            ("sshp list --tag pro\t", "sshp list --tag production"),
            (
                "sshp add new --key \t",
                &format!("sshp add new --key {}", s.path(".ssh/id_work").display()),
            ),
            ("sshp connect -J we\t", "sshp connect -J web-server"),
            ("sshp web-server -o StrictH\t", "sshp web-server -o StrictHostKeyChecking="),
            ("s db\t", "s db-main"),
        ] {
            becomes(&mut pty, keys, line);
        }
    }
}

#[test]
fn the_other_shells_complete_too() {
    for name in needs::each(INTERACTIVE.into_iter().filter(|name| !SHELLS.contains(name))) {
        let s = home();
        let mut pty = shell(&s, name);
        for (keys, line) in [
            ("sshp we\t", "sshp web-server"),
            ("s db\t", "s db-main"),
            ("sshp sho\t", "sshp show"),
            ("sshp me@we\t", "sshp me@web-server"),
            ("sshp list --tag pro\t", "sshp list --tag production"),
        ] {
            becomes(&mut pty, keys, line);
        }
        // elvish puts it in quotes.
        if name != "elvish" {
            let line = "sshp web-server -o StrictHostKeyChecking=";
            becomes(&mut pty, "sshp web-server -o StrictH\t", line);
            becomes(&mut pty, "sshp -F .ssh/mo\t", "sshp -F .ssh/more");
            becomes(&mut pty, "sshp show rack:\t", "sshp show rack:7");
        }
        pty.send("sshp show zeta-\t");
        pty.wait_until("both", |screen| screen.contains("zeta-one") && screen.contains("zeta-two"));
    }
}

/// What the shell of a name says at a Tab is the line of the second word.
const HOSTS: [(&str, &str); 7] = [
    ("ssh we\t", "ssh web-server"),
    ("ssh kno\t", "ssh known.example"),
    ("ssh me@we\t", "ssh me@web-server"),
    ("scp x we\t", "scp x web-server:"),
    ("scp x me@we\t", "scp x me@web-server:"),
    ("rsync -a we\t", "rsync -a web-server:"),
    ("ssh -F .ssh/more inc\t", "ssh -F .ssh/more included"),
];

#[test]
fn the_hosts_of_other_commands_are_served_where_asked_and_all_else_stays() {
    needs!("bash-completion");
    for name in needs::each(SHELLS) {
        let s = home();
        s.write("local-file", "");
        let mut command = interactive(&s, name, "--complete ssh,scp,sftp,rsync");
        if name == "bash" {
            let rc = "PS1='READY> '\n. /usr/share/bash-completion/bash_completion\n\
                      eval \"$(sshp init bash --complete ssh,scp,sftp,rsync)\"\n";
            s.write("bashrc", rc);
        }
        let mut pty = Pty::spawn(command.env("BASH_COMPLETION_USER_DIR", s.home()));
        pty.wait_for("READY>");
        let own = [
            ("ssh -o StrictH\t", "ssh -o StrictHostKeyChecking"),
            ("scp loc\t", "scp local-file"),
            ("ssh -F .ssh/mo\t", "ssh -F .ssh/more"),
        ];
        for (keys, line) in own.into_iter().chain(HOSTS) {
            pty.send(keys);
            // What fish suggests may follow.
            pty.wait_until(line, |screen| screen.contains(&format!("READY> {line}")));
            pty.send("\x05\x15\x0c");
            pty.wait_until("an empty line", |screen| screen.trim() == "READY>");
        }
    }
}

#[test]
fn the_hosts_of_other_commands_need_no_completion_of_the_shells() {
    for name in needs::each(["bash", "elvish"]) {
        let s = home();
        let mut pty = Pty::spawn(&interactive(&s, name, "--complete ssh,scp,sftp,rsync"));
        pty.wait_for("READY>");
        for (keys, line) in &HOSTS[..if name == "bash" { 6 } else { 5 }] {
            becomes(&mut pty, keys, line);
        }
    }
}

#[test]
fn where_it_is_not_asked_the_hosts_of_other_commands_are_the_shells_own() {
    for name in SHELLS {
        let s = home();
        let script = s.sshp(&format!("init {name}")).success().stdout;
        assert!(!script.contains(":hosts"), "{name}");
    }
    let s = home();
    for name in ["nushell", "powershell", "xonsh", "tcsh"] {
        s.sshp(&format!("init {name} --complete ssh")).exits(2).says("bash, zsh, fish and elvish");
    }
    s.sshp("init bash --complete telnet").exits(2);
}

#[test]
fn words_that_the_shell_would_part_stay_together() {
    for name in needs::each(SHELLS) {
        let s = home();
        let mut pty = shell(&s, name);
        for (keys, line) in [
            ("sshp me@we\t", "sshp me@web-server"),
            ("sshp --color=al\t", "sshp --color=always"),
            ("sshp connect me@db-main,\x7f\t", "sshp connect me@db-main"),
            ("sshp connect -o Compression=y\t", "sshp connect -o Compression=yes"),
            ("sshp show 'we\t", "sshp show 'web-server'"),
        ] {
            becomes(&mut pty, keys, line);
        }
        let colon = if name == "bash" { "sshp show rack:7" } else { "sshp show rack" };
        pty.send("sshp show rack:\t");
        pty.wait_until("the name with its colon", |screen| {
            screen.contains(colon) && screen.replace("\\:", ":").contains("sshp show rack:7")
        });
    }
}

#[test]
fn the_key_commands_complete_keys_and_profiles() {
    let s = home();
    let key = s.path(".ssh/id_work").display().to_string();
    for line in ["sshp key convert ", "sshp key fix ", "sshp key push web-server --key "] {
        assert_eq!(offered(&s, line), format!("files\n{key}\n"), "{line}");
    }
    assert_eq!(offered(&s, "sshp key push we"), "words\nweb-server\n");
    assert_eq!(offered(&s, "sshp key import x.pem we"), "words\nweb-server\n");
    assert_eq!(offered(&s, "sshp key import "), "files\n");
    assert_eq!(offered(&s, "sshp key convert --to pk"), "words\npkcs8\n");
    assert_eq!(offered(&s, "sshp key "), "words\nlist\nfix\nimport\nconvert\npush\n");
}

#[test]
fn several_are_listed_and_described() {
    for name in needs::each(SHELLS) {
        let s = home();
        let mut pty = shell(&s, name);
        pty.send("sshp show zeta-\t\t");
        pty.wait_until("both", |screen| screen.contains("zeta-one") && screen.contains("zeta-two"));
        if name != "bash" {
            pty.send("\x05\x15");
            let mut pty = shell(&s, name);
            pty.send("sshp connect \t\t");
            pty.wait_for("deploy@10.0.0.1");
        }
    }
}

#[test]
fn after_a_destination_nothing_of_this_machine_is_offered() {
    for name in needs::each(SHELLS) {
        let s = home();
        s.write("file-of-mine", "");
        let mut pty = shell(&s, name);
        pty.send("sshp web-server \t\t");
        pty.send("fil\t\tx");
        pty.wait_for("sshp web-server filx");
        assert!(!pty.screen().contains("file-of-mine"), "{}", pty.screen());
    }
}

#[test]
fn files_are_completed_by_the_shell_itself() {
    for name in needs::each(SHELLS) {
        let s = home();
        s.write("other-config", "Host elsewhere\n");
        let mut pty = shell(&s, name);
        becomes(&mut pty, "sshp -F other-c\t", "sshp -F other-config");
        becomes(&mut pty, "sshp -F other-config else\t", "sshp -F other-config elsewhere");
    }
}

#[test]
fn zsh_completes_on_the_first_tab_when_the_file_is_autoloaded() {
    needs!("zsh");
    let s = home();
    let script = s.sshp("completions zsh").success().stdout;
    s.write("functions/_sshp", script);
    s.write(
        ".zshrc",
        "PROMPT='READY> '\nfpath=(~/functions $fpath)\nautoload -Uz compinit\ncompinit -u -D\n",
    );
    let mut pty = Pty::spawn(s.command("zsh").args(["-d", "-i"]));
    pty.wait_for("READY>");
    becomes(&mut pty, "sshp we\t", "sshp web-server");
}

#[test]
fn bash_and_fish_complete_from_installed_files() {
    needs!("bash", "fish");
    let s = home();
    let script = s.sshp("completions fish").success().stdout;
    s.write(".config/fish/completions/sshp.fish", script);
    s.write(
        ".config/fish/config.fish",
        "function fish_prompt; echo 'READY> '; end\nfunction fish_greeting; end\n",
    );
    let mut pty = Pty::spawn(s.command("fish").arg("-i"));
    pty.wait_for("READY>");
    becomes(&mut pty, "sshp we\t", "sshp web-server");

    let script = s.sshp("completions bash").success().stdout;
    s.write("bashrc", format!("PS1='READY> '\nset -u\n{script}"));
    let rc = s.path("bashrc");
    let mut pty = Pty::spawn(s.command("bash").args(["--noprofile", "--rcfile"]).arg(rc).arg("-i"));
    pty.wait_for("READY>");
    becomes(&mut pty, "sshp we\t", "sshp web-server");
}

#[test]
fn hostile_names_run_nothing_and_are_not_offered() {
    let config = "\
Host $(touch${IFS}pwned) `touch${IFS}pwned` \"a;touch pwned\" \"a'b\" \"a b\" a\\$(id) -oProxyCommand=x
Host a\x1b]52;c;cHduZWQ=\x07 a\u{202e}b a*b
Host plain
    User \x1b]0;pwned\x07
";
    for name in needs::each(SHELLS) {
        let s = Sandbox::with_config(config);
        let mut pty = shell(&s, name);
        pty.send("sshp show \t\t");
        pty.wait_for("plain");
        becomes(&mut pty, "\x05\x15sshp show pla\t", "sshp show plain");
        pty.send("sshp show $\t\t\x15sshp show `\t\t\x15sshp show a\t\t\x15");
        std::thread::sleep(Duration::from_millis(300));
        assert!(!s.path("pwned").exists(), "{name}");
        let raw = String::from_utf8_lossy(&pty.raw).into_owned();
        assert!(!raw.contains("\x1b]52") && !raw.contains("pwned\x07"), "{name}: {raw:?}");
    }
    let s = Sandbox::with_config(config);
    assert_eq!(offered(&s, "sshp show "), "words\nplain\n");
    let mut command = s.command(SSHP);
    command.env("_SSHP_COMPLETE", "bash:hosts").args(["--", ""]);
    assert_eq!(Run::of(&mut command).success().stdout, "words\nplain\n");
    assert_eq!(offered(&s, "sshp connect "), "words\nplain\n", "no option of ssh's");
}

#[test]
fn whatever_the_files_are_there_is_no_error_and_no_wait() {
    let s = home();
    let cases: [(&str, &[u8]); 5] = [
        (".ssh/config", b"Host web\n  Port = = =\nNonsense\nHost \"open\nMatch\nHost good\n"),
        (".ssh/config", b"\xff\xfe\0\0Host x\nHost good\n"),
        (".ssh/config", b"Include config\nInclude /dev/tty\nInclude nowhere*\nHost good\n"),
        (".config/sshp/profiles.toml", b"[[[ not toml"),
        (".ssh/known_hosts", b"\0\xff\n@revoked\n|1|\n"),
    ];
    for (file, text) in cases {
        s.write(file, text);
        for line in
            ["sshp ", "sshp show g", "sshp list --tag ", "sshp forget ", "sshp add x --key "]
        {
            offered(&s, line);
        }
    }
    assert!(offered(&s, "sshp show g").contains("good"));
    let s = Sandbox::new();
    Run::of(s.command("mkfifo").arg(s.path(".ssh/config"))).success();
    assert!(offered(&s, "sshp li").contains("list"));
    let s = Sandbox::new();
    std::fs::create_dir(s.path(".ssh/config")).expect("a folder");
    assert!(offered(&s, "sshp li").contains("list"));
}

#[test]
fn an_exported_variable_makes_no_completer_of_sshp() {
    let s = home();
    for value in ["1", "bash", "zsh:1", "fish:0", "bash:99"] {
        let run = Run::of(s.command(SSHP).arg("--version").env("_SSHP_COMPLETE", value));
        run.success().prints("sshp 0.1.0");
    }
    // Even with the scripts' own arguments, a terminal gets no candidates.
    let mut command = asked(&s, "bash", 1);
    command.args(["--", "sshp", "we"]);
    let mut pty = Pty::spawn(&command);
    pty.wait_exit();
    assert!(!pty.screen().contains("words"), "{}", pty.screen());
}

#[test]
fn completing_starts_no_program_and_opens_no_connection() {
    needs!("strace");
    let s = home();
    s.write(
        ".ssh/config",
        format!("Match exec \"touch {}/pwned\"\n  User x\nCanonicalizeHostname yes\nCanonicalDomains example.com\n{CONFIG}", s.home().display()),
    );
    for line in
        ["sshp ", "sshp connect we", "sshp forget ", "sshp add x --jump ", "sshp list --tag "]
    {
        let words: Vec<&str> = line.split(' ').collect();
        let log = s.path("trace");
        let mut command = s.command("strace");
        command.args(["-f", "-e", "trace=execve,execveat,connect,sendto,fork,vfork", "-o"]);
        command.arg(&log).arg(SSHP).arg("--").args(&words);
        command.env("_SSHP_COMPLETE", format!("zsh:{}", words.len() - 1));
        let run = Run::of(&mut command).success();
        assert!(run.stdout.starts_with("words\n"), "{run:?}");
        let log = s.text("trace");
        // Where passwd(5) is read, libc first asks nscd, by a socket file of this machine.
        let calls: Vec<&str> = log
            .lines()
            .filter(|line| ["+++", "--- SIG", "nscd/socket"].iter().all(|no| !line.contains(no)))
            .collect();
        assert_eq!(calls.len(), 1, "only its own start: {calls:#?}");
    }
    assert!(!s.path("pwned").exists());
}

#[test]
fn ten_thousand_profiles_cost_no_wait() {
    let blocks: Vec<String> = (0..10_000)
        .map(|n| {
            format!("Host host-{n:05}\n    HostName 10.1.{}.{}\n    User me\n", n / 250, n % 250)
        })
        .collect();
    let s = Sandbox::with_config(blocks.concat());
    assert_eq!(offered(&s, "sshp host-0777").lines().count(), 11);
    assert_eq!(offered(&s, "sshp connect ").lines().count(), 10_001);
    // Generous: this is no benchmark, and the build is not optimised.
    let start = Instant::now();
    offered(&s, "sshp host-0777");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn every_name_and_value_that_sshp_knows_is_completed() {
    let s = home();
    s.sshp("add added 10.0.0.3").success();
    s.sshp("rm added").success();
    for (line, expected) in [
        ("sshp connect web-", "web-server\n"),
        ("sshp connect -J web-", "web-server\n"),
        ("sshp connect -i ", "id_work\n"),
        ("sshp trust web-", "web-server\n"),
        ("sshp edit web-server --key ", "id_work\n"),
        ("sshp key fix ", "id_work\n"),
        ("sshp edit web-server --jump db-main,inc", "db-main,included\n"),
        ("sshp add new -o StrictHostKeyChecking=acc", "StrictHostKeyChecking=accept-new\n"),
        ("sshp forget kno", "known.example\n"),
        ("sshp undo ", "1\n2\n"),
        ("sshp init power", "powershell\n"),
        ("sshp init bash --complete s", "ssh\nscp\nsftp\n"),
        ("sshp --color=nev", "--color=never\n"),
        ("sshp key f", "fix\n"),
    ] {
        let found = offered(&s, line);
        assert!(found.ends_with(expected), "{line}: {found}");
    }
    let mut command = asked(&s, "fish", 2);
    let run = Run::of(command.args(["--", "sshp", "undo", ""])).success();
    assert!(run.stdout.contains("1\trm added"), "{}", run.stdout);
}

#[test]
fn the_scripts_ask_in_the_words_that_the_binary_reads() {
    let s = home();
    for (name, line) in [
        ("bash", "web-server\n"),
        ("zsh", "web-server:deploy@10.0.0.1\n"),
        ("fish", "web-server\tdeploy@10.0.0.1\n"),
        ("elvish", "web-server\tdeploy@10.0.0.1\n"),
        ("nushell", "web-server\tdeploy@10.0.0.1\n"),
        ("powershell", "web-server\tdeploy@10.0.0.1\n"),
        ("xonsh", "web-server\tdeploy@10.0.0.1\n"),
    ] {
        let script = s.sshp(&format!("completions {name}")).success().stdout;
        assert!(
            script.contains(&format!("{name}:")) && script.contains("_SSHP_COMPLETE"),
            "{name}"
        );
        let mut command = asked(&s, name, 1);
        let run = Run::of(command.args(["--", "sshp", "we"]).stdin(Stdio::null())).success();
        assert_eq!(run.stdout, format!("words\n{line}"));
    }
    let script = s.sshp("completions tcsh").success().stdout;
    assert!(script.contains("_SSHP_COMPLETE=tcsh:line"), "{script}");
    let mut command = s.command(SSHP);
    command.env("_SSHP_COMPLETE", "tcsh:line").env("COMMAND_LINE", " sshp we").arg("--");
    assert_eq!(Run::of(&mut command).success().stdout, "web-server\n");
}
