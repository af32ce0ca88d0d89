//! `sshp import`: sessions of other programs become profiles, as ssh itself reads them.

mod clouds;
mod formats;

use crate::support::pty::Pty;
use crate::support::sandbox::{Run, SSHP, Sandbox};
use crate::support::schema;

/// An export of regedit, in UTF-16 with a mark, as it writes it.
fn registry(sessions: &str) -> Vec<u8> {
    let text = format!("Windows Registry Editor Version 5.00\r\n\r\n{sessions}");
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

fn session(name: &str, values: &str) -> String {
    format!(
        "[HKEY_CURRENT_USER\\Software\\SimonTatham\\PuTTY\\Sessions\\{name}]\r\n{values}\r\n\r\n"
    )
}

const WEB: &str = "\"HostName\"=\"192.0.2.11\"\r\n\"Protocol\"=\"ssh\"\r\n\"PortNumber\"=dword:000008ae\r\n\
    \"UserName\"=\"deploy\"\r\n\"ProxyMethod\"=dword:00000006\r\n\"ProxyHost\"=\"gate way\"\r\n\
    \"PortForwardings\"=\"L8080=localhost:80,D1080=,\"\r\n\"AgentFwd\"=dword:00000001";
const GATE: &str = "\"HostName\"=\"ops@198.51.100.9:22\"\r\n\"PortNumber\"=dword:00000016";

fn home(sessions: &str) -> Sandbox {
    let s = Sandbox::with_config("Host mine\n    HostName 192.0.2.1\n");
    s.write("putty.reg", registry(sessions));
    s
}

fn both() -> String {
    format!("{}{}", session("prod%20web", WEB), session("gate%20way", GATE))
}

/// What `ssh -G` says of a profile, for some keywords.
fn ssh_g(s: &Sandbox, alias: &str, keywords: &[&str]) -> Vec<String> {
    let config = s.path(".ssh/config").display().to_string();
    let run = Run::of(s.command("ssh").args(["-G", "-F", &config, alias])).success();
    let lines = run
        .stdout
        .lines()
        .filter(|line| keywords.iter().any(|keyword| line.split(' ').next() == Some(keyword)));
    lines.map(str::to_owned).collect()
}

#[test]
fn each_session_is_a_profile_as_ssh_reads_it_and_one_undo_takes_all_back() {
    needs!("ssh");
    let s = home(&both());
    let before = s.text(".ssh/config");
    s.sshp("import putty.reg --yes").success().says("imported 2 new, changed 0");
    let keywords =
        ["hostname", "port", "user", "proxyjump", "localforward", "dynamicforward", "forwardagent"];
    assert_eq!(
        ssh_g(&s, "prod-web", &keywords),
        [
            "user deploy",
            "hostname 192.0.2.11",
            "port 2222",
            "dynamicforward 1080",
            "localforward 8080 [localhost]:80",
            "forwardagent yes",
            "proxyjump gate-way",
        ]
    );
    assert_eq!(
        ssh_g(&s, "gate-way", &["hostname", "port", "user"]),
        ["user ops", "hostname 198.51.100.9", "port 22"]
    );
    s.sshp("undo").success();
    assert_eq!(s.text(".ssh/config"), before);
    assert!(!s.path(".config/sshp/profiles.toml").exists());
}

#[test]
fn a_second_import_changes_nothing_and_edits_stay() {
    let s = home(&both());
    s.sshp("import putty.reg --yes").success();
    let files = || (s.text(".ssh/config"), s.text(".config/sshp/profiles.toml"));
    let first = files();
    s.sshp("import putty.reg --yes").success().says("nothing to import");
    assert_eq!(files(), first);
    // The user renames one and gives it another port; the source has another address for it.
    s.sshp("mv prod-web shop").success();
    s.sshp("edit shop --port 2200").success();
    let moved = WEB.replace("192.0.2.11", "192.0.2.99").replace("000008ae", "00000017");
    s.write(
        "putty.reg",
        registry(&format!("{}{}", session("prod%20web", &moved), session("gate%20way", GATE))),
    );
    let run = s.sshp("import putty.reg --yes").success();
    assert!(run.stdout.contains("port edited here, stays"), "{run:?}");
    let config = s.text(".ssh/config");
    assert!(config.contains("Host shop\n    HostName 192.0.2.99\n"), "{config}");
    assert!(config.contains("    Port 2200\n") && !config.contains("prod-web"), "{config}");
}

#[test]
fn what_cannot_be_a_profile_is_named_and_the_others_are_imported() {
    let values = |host: &str| format!("\"HostName\"=\"{host}\"");
    let bad = [
        session("a", &values("x;touch /tmp/pwned")),
        session("b", "\"HostName\"=\"h\"\r\n\"Protocol\"=\"serial\""),
        session("c", "\"HostName\"=\"h\"\r\n\"PortNumber\"=dword:00000000"),
        session("d", &values("-oProxyCommand=x")),
        session("e", "\"HostName\"=\"h\"\r\n\"UserName\"=\"a b\r\nProxyCommand x\""),
        session("mine", &values("192.0.2.2")),
        session("f", &format!("{}\r\n\"RemoteCommand\"=\"rm -r /\"", values("192.0.2.3"))),
    ];
    let s = home(&bad.concat());
    let run = s.sshp("import putty.reg --yes").success().says("imported 2 new");
    for why in ["skipped: serial", "skipped: port: ", "skipped: the host ", "its name is taken"] {
        assert!(run.stdout.contains(why), "{why}: {run:?}");
    }
    run.says("left behind: remote command");
    let config = s.text(".ssh/config");
    assert!(config.starts_with("Host mine\n    HostName 192.0.2.1\n"), "{config}");
    for never in ["ProxyCommand", "RemoteCommand", "touch", "rm -r"] {
        assert!(!config.contains(never), "{never}: {config}");
    }
}

#[test]
fn a_command_of_a_session_comes_along_only_when_that_is_asked() {
    needs!("ssh");
    let values =
        "\"HostName\"=\"192.0.2.3\"\r\n\"RemoteCommand\"=\"tmux attach -t %h || date +%s\"";
    let s = home(&session("work", values));
    let run = s.sshp("import putty.reg --yes").success();
    run.says("left behind: remote command; `--with-commands` takes it along");
    assert!(!s.text(".ssh/config").contains("tmux"));
    s.sshp("undo").success();
    let run = s.sshp("import putty.reg --yes --with-commands").success();
    run.says("`work` will have RemoteCommand=tmux attach");
    // As PuTTY runs it: `%` is no token there, and it has a terminal.
    let lines = ssh_g(&s, "work", &["remotecommand", "requesttty"]);
    assert_eq!(lines, ["requesttty true", "remotecommand tmux attach -t %h || date +%s"]);
}

#[test]
fn many_profiles_go_to_a_file_of_their_source_that_the_config_includes() {
    needs!("ssh");
    let rows = |range: std::ops::Range<u32>| {
        let rows: Vec<_> = range.map(|n| format!("web-{n},192.0.2.{n},deploy\n")).collect();
        format!("name,host,user\n{}", rows.concat())
    };
    let config =
        "Compression yes\n\nHost mine\n    HostName 192.0.2.99\n\nHost *\n    User nobody\n";
    let s = Sandbox::with_config(config);
    s.write("x.csv", rows(0..4));
    let run = s.sshp("import x.csv --yes --source office").success();
    run.says("sshp-csv-office.conf`, which the config will include");
    let include = "Include config.d/sshp-*.conf\n\nHost mine\n";
    assert_eq!(s.text(".ssh/config"), config.replace("Host mine\n", include));
    let file = ".ssh/config.d/sshp-csv-office.conf";
    assert!(s.text(file).starts_with("Host web-0\n    HostName 192.0.2.0\n    User deploy\n"));
    let mode = std::fs::metadata(s.path(file)).expect("the file").permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    assert_eq!(ssh_g(&s, "web-3", &["user", "hostname"]), ["user deploy", "hostname 192.0.2.3"]);
    s.sshp("import x.csv --yes --source office").success().says("nothing to import");
    // One more of this source joins the others; another source gets its own file by the same Include.
    s.write("x.csv", rows(0..5));
    s.sshp("import x.csv --yes --source office").success().says("imported 1 new");
    assert!(s.text(file).contains("Host web-4\n"));
    s.write("y.csv", rows(10..15));
    s.sshp("import y.csv --yes --source lab").success().says("imported 5 new");
    assert_eq!(s.text(".ssh/config").matches("Include").count(), 1);
    assert!(s.text(".ssh/config.d/sshp-csv-lab.conf").contains("Host web-14\n"));
    s.sshp("edit web-14 --port 2200").success();
    assert!(s.text(".ssh/config.d/sshp-csv-lab.conf").contains("    Port 2200\n"));
    for _ in 0..4 {
        s.sshp("undo").success();
    }
    assert_eq!(s.text(".ssh/config"), config);
    assert!(!s.path(file).exists());
    // What is in a file that is not read is not known.
    s.write(file, "Host web-1\n");
    s.sshp("import x.csv --yes --source office").exits(5).says("--into main");
    s.sshp("import x.csv --yes --source office --into main").success();
    assert!(s.text(".ssh/config").contains("Host web-1\n"));
}

#[test]
fn nothing_is_written_without_a_yes() {
    let s = home(&both());
    let before = s.text(".ssh/config");
    s.sshp("import putty.reg").exits(5).says("no terminal to ask on").says("--yes");
    let run = s.sshp("import putty.reg --dry-run").success();
    assert!(run.stdout.contains("+Host prod-web\n"), "{run:?}");
    assert_eq!(s.text(".ssh/config"), before);
    for (answer, code, imported) in [("n\n", 130, false), ("y\n", 0, true)] {
        let mut command = s.command(SSHP);
        command.args(["import", "putty.reg"]);
        let mut pty = Pty::spawn(&command);
        pty.wait_for("Add 2 profiles? [y/N]");
        pty.send(answer);
        assert_eq!(pty.wait_exit(), code, "{answer}");
        assert_eq!(s.text(".ssh/config").contains("Host prod-web"), imported, "{answer}");
    }
}

#[test]
fn what_another_program_writes_while_the_question_stands_is_planned_with() {
    let s = home(&both());
    let mut command = s.command(SSHP);
    let mut pty = Pty::spawn(command.args(["import", "putty.reg"]));
    pty.wait_for("Add 2 profiles? [y/N]");
    let taken = format!("{}Host prod-web\n    HostName 192.0.2.99\n", s.text(".ssh/config"));
    s.write(".ssh/config", &taken);
    pty.send("y\n");
    pty.wait_exit();
    assert!(pty.screen().contains("imported 1 new, changed 0"), "{}", pty.screen());
    let after = s.text(".ssh/config");
    assert!(after.contains("Host prod-web\n    HostName 192.0.2.99\n"), "{after}");
    assert_eq!(after.matches("Host prod-web\n").count(), 1, "{after}");
    assert!(after.contains("Host gate-way\n"), "{after}");
}

#[test]
fn the_format_is_found_by_the_content_and_other_input_is_refused() {
    let s = Sandbox::with_config("");
    s.write("x.csv", "Label;Hostname/IP;Username\nweb;192.0.2.1;deploy\n");
    s.write(
        "xshell/prod/web.xsh",
        "[CONNECTION]\nHost=192.0.2.2\n[CONNECTION:AUTHENTICATION]\nPassword=x\n",
    );
    s.write("noise", [0_u8, 159, 146, 150]);
    let run = s.sshp("import xshell --json --dry-run").success();
    let json = &run.stdout;
    schema::require(json);
    assert!(json.contains("\"xshell:prod/web\"") && json.contains("\"passwords\": 1"), "{json}");
    s.sshp("import x.csv --yes --user nobody --tag a,b").success();
    let metadata = s.text(".config/sshp/profiles.toml");
    assert!(metadata.contains("tags = [\"a\", \"b\"]"), "{metadata}");
    for (line, code, says) in [
        ("import noise", 2, "no format that sshp knows"),
        ("import none", 3, "`none` does not exist"),
        ("import putty", 2, "which file or folder?"),
        ("import puty x.csv", 2, "did you mean `putty`?"),
        ("import putty x.csv", 2, "not read as PuTTY"),
        ("import x.csv --encoding klingon", 2, "no encoding `klingon`"),
    ] {
        s.sshp(line).exits(code).says(says);
    }
    let shown = s.sshp("import").success().stdout;
    assert!(shown.contains("mobaxterm") && shown.contains("WinSCP.ini"), "{shown}");
}

#[test]
fn thousands_of_sessions_are_one_change() {
    let rows: Vec<_> = (0..5_000).map(|n| format!("web-{n},192.0.2.{},deploy", n % 250)).collect();
    let s = Sandbox::with_config("");
    s.write("x.csv", format!("name,host,user\n{}\n", rows.join("\n")));
    s.sshp("import x.csv --yes").success().says("imported 5000 new");
    assert_eq!(s.sshp("list --format {alias}").success().stdout.lines().count(), 5_000);
    s.sshp("import x.csv --yes").success().says("nothing to import");
    s.sshp("undo").success();
    assert_eq!(s.sshp("list --format {alias}").success().stdout, "");
}
