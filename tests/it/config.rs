//! `sshp config` and what the settings do.

use crate::support::sandbox::{Run, SSHP, Sandbox};

const FILE: &str = ".config/sshp/config.toml";

/// `sshp ARGS` with an ssh that says how it was called.
fn with_echo(s: &Sandbox, args: &[&str]) -> Run {
    Run::of(s.command(SSHP).args(args).env("SSHP_SSH", "echo"))
}

#[test]
fn every_setting_is_shown_with_its_value_and_where_it_comes_from() {
    let s = Sandbox::new();
    let path = s.path(FILE).display().to_string();
    s.sshp("config path").success().prints(&path);
    let shown = s.sshp("config show").success().stdout;
    assert!(shown.lines().skip(1).all(|line| line.contains("  default")), "{shown}");
    s.write(FILE, "# mine\nsession = \"builtin\"\n[picker]\ncolumns = [\"alias\", \"used\"]\n");
    let shown = s.sshp("config show").success().stdout;
    let line = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name)).expect(name);
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(line("session")[1..3], ["builtin", "config.toml:2"]);
    assert_eq!(line("picker.columns")[1..4], ["alias", "used", "config.toml:4"]);
    assert_eq!(line("backups")[1..3], ["20", "default"]);
    let keys = s.sshp("config show picker.keys").success().stdout;
    assert_eq!(keys.lines().count(), 11, "{keys}");
    let json: serde_json::Value =
        serde_json::from_str(&s.sshp("config show --json").success().stdout).expect("JSON");
    assert_eq!(json["schema"], "sshp.config.v1");
    assert_eq!(json["file"], path);
    assert_eq!(json["settings"][0]["name"], "session");
    assert_eq!(json["settings"][0]["value"], "builtin");
    assert_eq!(json["settings"][0]["default"], "auto");
    assert_eq!(json["settings"][0]["line"], 2);
    assert_eq!(json["settings"][2]["value"], 20);
    assert_eq!(json["settings"][2]["line"], serde_json::Value::Null);
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_value_is_set_in_its_place_and_taken_back() {
    let s = Sandbox::new();
    s.sshp("config set picker.height 40%").success().says("`picker.height` is now `40%`");
    assert_eq!(s.text(FILE), "[picker]\nheight = \"40%\"\n");
    assert_eq!(s.mode(FILE), 0o600);
    let mine = "\u{feff}# mine\r\n\r\n[picker] # p\r\nheight = \"40%\"   # low\r\n# end";
    s.write(FILE, mine);
    s.sshp("config set picker.height 60%").success();
    assert_eq!(s.text(FILE), mine.replace("40%", "60%"));
    s.sshp("config set picker.height 60%").success().says("already `60%`");
    s.sshp("config set -n session system").success().prints("session = \"system\"");
    assert_eq!(s.text(FILE), mine.replace("40%", "60%"));
    s.sshp("log").success().prints("config set picker.height 60%");
    s.sshp("undo").success();
    assert_eq!(s.text(FILE), mine);
    s.sshp("config set picker.keys.edit alt-x f4").success();
    assert!(s.text(FILE).contains("edit = [\"alt-x\", \"f4\"]"), "{}", s.text(FILE));
    s.sshp("config unset picker.keys.edit").success().says("now the default");
    s.sshp("config unset picker.keys.edit").success().says("already the default");
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let s = Sandbox::new();
    s.sshp("config set sesion builtin").exits(2).says("did you mean `session`?");
    s.sshp("config set nonsense x").exits(2).says("`sshp config show` lists all");
    s.sshp("config set session putty").exits(2).says("`auto`, `builtin` or `system`");
    s.sshp("config set backups 0").exits(2).says("a number from 1 to 1000");
    s.sshp("config set picker.keys.edit e").exits(2).says("could no longer be typed");
    s.sshp("config show pickr").exits(2).says("did you mean");
    s.sshp("config set add.user").exits(2).says("VALUE");
    assert!(!s.path(FILE).exists());
    s.write(FILE, "session = \n");
    s.sshp("config set backups 5").exits(1).says("line 1: ").says("nothing was changed");
    assert_eq!(s.text(FILE), "session = \n");
}

#[test]
fn a_slip_in_the_file_is_named_with_its_line_and_stops_no_connect() {
    let s = Sandbox::with_config("Host web\n  HostName h\n");
    let path = s.path(FILE).display().to_string();
    s.write(FILE, "sesion = \"builtin\"\n[picker]\nheight = \"tall\"\n");
    let run = with_echo(&s, &["web"]).success();
    assert!(run.stdout.ends_with("-- web\n") || run.stdout.ends_with(" web\n"), "{run:?}");
    let run = run.says(&format!("{path}:1: there is no setting `sesion`; did you mean `session`?"));
    run.says(&format!("{path}:3: `picker.height` cannot be `tall`"));
    with_echo(&s, &["-q", "web"]).success();
    assert_eq!(with_echo(&s, &["-q", "web"]).stderr, "");
    for broken in
        ["session = \n".as_bytes(), b"\xff\xfe\x00", "session = \"auto\u{1b}\"".as_bytes()]
    {
        s.write(FILE, broken);
        let run = with_echo(&s, &["web"]).success().says("warning: ");
        assert!(!run.stderr.contains('\x1b'), "{run:?}");
    }
    std::fs::remove_file(s.path(FILE)).expect("it goes");
    std::fs::create_dir(s.path(FILE)).expect("a folder");
    with_echo(&s, &["web"]).success().says("the settings are not read");
}

#[test]
fn the_command_line_beats_the_profile_and_the_profile_beats_the_settings() {
    let s = Sandbox::with_config("Host web\n  HostName 127.0.0.1\n  Port 1\n");
    s.write(FILE, "session = \"builtin\"\n");
    with_echo(&s, &["web"]).exits(255).says("127.0.0.1");
    with_echo(&s, &["connect", "--session", "system", "web"]).success();
    s.write(".config/sshp/profiles.toml", "[web]\nsession = \"system\"\n");
    with_echo(&s, &["web"]).success();
    with_echo(&s, &["connect", "--session", "builtin", "web"]).exits(255);
}

#[test]
fn new_profiles_get_the_user_and_the_key_of_the_settings() {
    needs!("ssh");
    let s = Sandbox::new();
    s.keygen("fleet", &[]);
    s.write(FILE, "[add]\nuser = \"deploy\"\nkey = \"~/.ssh/fleet\"\n");
    s.sshp("add web 192.0.2.1").success();
    let config = s.config();
    assert!(config.contains("User deploy") && config.contains("fleet"), "{config}");
    assert!(config.contains("IdentitiesOnly yes"), "{config}");
    let other = s.keygen("other", &[]);
    s.sshp(&format!("add db me@192.0.2.2 --key {}", other.display())).success();
    let db = s.config();
    let db = db.split("Host db").nth(1).expect("the block");
    assert!(db.contains("User me") && db.contains("other") && !db.contains("fleet"), "{db}");
    s.sshp("add box 192.0.2.3 --option user=root --option identityfile=~/.ssh/x").success();
    let all = s.config();
    let block = all.split("Host box").nth(1).expect("the block");
    assert!(!block.contains("deploy") && !block.contains("fleet"), "{block}");
}

#[test]
fn as_many_backups_are_kept_as_the_settings_say() {
    let s = Sandbox::with_config("Host web\n  HostName h\n");
    s.write(FILE, "backups = 2\n");
    for port in 1..=5 {
        s.sshp(&format!("edit web --port {port}")).success();
    }
    let folders = std::fs::read_dir(s.path(".local/state/sshp/backup")).expect("backups");
    let counts: Vec<usize> = folders
        .map(|folder| {
            let files = std::fs::read_dir(folder.expect("one").path()).expect("its files");
            let names = files.map(|file| file.expect("one").file_name());
            names.filter(|name| name.to_string_lossy().parse::<u64>().is_ok()).count()
        })
        .collect();
    assert_eq!(counts, [2]);
}

#[test]
fn colours_follow_the_settings_unless_the_command_line_says() {
    let s = Sandbox::with_config("Host web\n");
    s.write(FILE, "color = \"always\"\n");
    assert!(s.sshp("list").success().stdout.contains("\x1b["));
    assert!(!s.sshp("list --color never").success().stdout.contains("\x1b["));
}

#[test]
fn names_and_values_of_settings_complete() {
    let s = Sandbox::new();
    let answer = |line: &[&str]| {
        let mut command = s.command(SSHP);
        command.env("_SSHP_COMPLETE", format!("bash:{}", line.len() - 1)).arg("--").args(line);
        Run::of(&mut command).success().stdout
    };
    assert_eq!(answer(&["sshp", "config", "set", "pick"]).lines().nth(1), Some("picker.height"));
    assert_eq!(answer(&["sshp", "config", "set", "session", ""]), "words\nauto\nbuiltin\nsystem\n");
    assert_eq!(
        answer(&["sshp", "config", "set", "picker.columns", "alias", "t"]),
        "words\ntarget\ntags\n"
    );
    assert!(answer(&["sshp", "config", "unset", "add."]).contains("add.user"));
}
