use super::*;

fn warned(text: &str) -> Vec<String> {
    let warnings = Settings::parse(text.as_bytes()).warnings;
    warnings.iter().map(|warning| format!("{}: {warning}", warning.line)).collect()
}

fn set(before: &str, name: &str, words: &str, after: &str) {
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let splices = plan_set(before.as_bytes(), name, &words).expect("it can be set");
    let new = sshp_splice::splice(before.as_bytes(), &splices);
    assert_eq!(String::from_utf8(new).expect("text"), after);
    assert_eq!(warned(after), Vec::<String>::new());
}

fn unset(before: &str, name: &str, after: &str) {
    let splices = plan_unset(before.as_bytes(), name).expect("it can go");
    let new = sshp_splice::splice(before.as_bytes(), &splices);
    assert_eq!(String::from_utf8(new).expect("text"), after);
}

#[test]
fn every_default_is_a_value_that_can_be_set() {
    let settings = Settings::default();
    for row in ROWS {
        match row.default() {
            Some(value) => assert_eq!(row.check(&value), Ok(()), "{}", row.name),
            None => assert!(row.name.starts_with("add."), "{}", row.name),
        }
        assert_eq!(settings.get(row.name), (row.default(), None));
    }
    for action in Action::ALL {
        assert!(find(&action.setting()).is_some(), "{action:?}");
        assert_eq!(settings.picker_keys(action).len(), 1, "{action:?}");
    }
    assert_eq!(settings.picker_columns().len(), 5);
    assert_eq!((settings.backups(), settings.picker_height()), (20, "100%".to_owned()));
}

#[test]
fn what_the_file_says_counts_with_its_line() {
    let settings = Settings::parse(
        b"\xef\xbb\xbf# mine\r\nsession = \"builtin\"\r\nbackups = 7\r\n[picker]\r\nheight = 15\r\n\
          keys.edit = [\"F4\", \"alt-e\"]\r\n[add]\r\nuser = \"deploy\"\r\n",
    );
    assert_eq!(settings.warnings, []);
    assert_eq!(settings.session(), Session::Builtin);
    assert_eq!(settings.backups(), 7);
    assert_eq!(settings.picker_height(), "15");
    assert_eq!(settings.picker_keys(Action::Edit), ["f4", "alt-e"]);
    assert_eq!(settings.add_user().as_deref(), Some("deploy"));
    assert_eq!(settings.get("picker.height").1, Some(5));
    assert_eq!(settings.get("session").1, Some(2));
}

#[test]
fn what_does_not_count_is_named_with_its_line() {
    let text = "sesion = \"auto\"\nsession = \"bultin\"\nbackups = 0\n[pickr]\nheight = 3\n[picker]\n\
                height = \"150%\"\ncolumns = [\"target\"]\npreview = \"yes\"\n[picker.keys]\nedit = \"e\"\n\
                new = 1\ncopy = \"hyper-x\"\nleave = \"q\"\n[add]\nuser = \"-l\"\n";
    assert_eq!(
        warned(text),
        [
            "1: there is no setting `sesion`; did you mean `session`?",
            "2: `session` cannot be `bultin`; it should be `auto`, `builtin` or `system`; did you \
             mean `builtin`?",
            "3: `backups` should be a number from 1 to 1000",
            "4: there is no setting `pickr`; did you mean `picker`?",
            "7: `picker.height` cannot be `150%`; it should be at least 3 lines, or `10%` \
             to `100%`",
            "8: `picker.columns` should be a list of `alias`, `target`, `tags`, `used`, `jump` or \
             `note`, `alias` among them",
            "9: `picker.preview` cannot be `yes`; it should be `true` or `false`",
            "11: `picker.keys.edit`: `e` could no longer be typed into the query; `alt-e` can be taken",
            "12: `picker.keys.new`: a key such as `alt-e`, or a list of keys",
            "13: `picker.keys.copy`: `hyper-x` is no key; keys are `alt-e`, `ctrl-t`, `alt-enter`, \
             `f4` and the like",
            "14: there is no setting `picker.keys.leave`",
            "16: `add.user`: the user `-l` cannot be used: it starts with `-`, like an option",
        ]
    );
    assert_eq!(Settings::parse(text.as_bytes()).session(), Session::Auto);
}

#[test]
fn a_file_that_is_no_toml_is_one_warning_and_all_defaults() {
    for (text, line) in [(&b"session = \n"[..], 1), (b"a = 1\n[x\n", 2), (b"a = \"\xff\"\n", 1)] {
        let settings = Settings::parse(text);
        assert_eq!(settings.warnings.len(), 1, "{settings:?}");
        assert_eq!(settings.warnings[0].line, line);
        assert_eq!(settings.session(), Session::Auto);
    }
}

#[test]
fn a_key_has_one_meaning() {
    let settings = Settings::parse(b"[picker.keys]\nedit = \"alt-t\"\nnew = [\"alt-t\", \"f2\"]\n");
    assert_eq!(settings.warnings.len(), 1);
    assert_eq!(settings.warnings[0].line, 3);
    assert_eq!(settings.picker_keys(Action::Edit), ["alt-t"]);
    assert_eq!(settings.picker_keys(Action::New), ["f2"]);
    assert_eq!(settings.picker_keys(Action::Tag), [""; 0], "its default was given away");
    assert_eq!(settings.picker_keys(Action::Copy), ["alt-c"]);
}

#[test]
fn a_value_is_set_where_it_belongs_and_nothing_else_changes() {
    set("", "session", "builtin", "session = \"builtin\"\n");
    set("", "picker.keys.edit", "alt-e,f4", "[picker.keys]\nedit = [\"alt-e\", \"f4\"]\n");
    set("", "picker.keys.edit", "none", "[picker.keys]\nedit = []\n");
    set("", "picker.height", "15", "[picker]\nheight = 15\n");
    set(
        "# mine\n\n[picker] # p\nheight = \"40%\"   # low\n\n# keys\n[picker.keys]\nedit = \"f4\"\n",
        "picker.height",
        "60%",
        "# mine\n\n[picker] # p\nheight = \"60%\"   # low\n\n# keys\n[picker.keys]\nedit = \"f4\"\n",
    );
    set(
        "[add]\nuser = \"a\"\n",
        "session",
        "system",
        "session = \"system\"\n[add]\nuser = \"a\"\n",
    );
    set(
        "# mine\n\n# of add\n[add]\nuser = \"a\"\n",
        "session",
        "system",
        "# mine\n\nsession = \"system\"\n\n# of add\n[add]\nuser = \"a\"\n",
    );
    set("[add]\nuser = \"a\"", "backups", "5", "backups = 5\n[add]\nuser = \"a\"");
    set(
        "\u{feff}session = \"auto\"\r\n[add]\r\nuser = \"a\"",
        "picker.preview",
        "false",
        "\u{feff}session = \"auto\"\r\n[add]\r\nuser = \"a\"\r\n\r\n[picker]\r\npreview = false",
    );
    set("picker = { height = 9 }\n", "picker.height", "12", "picker = { height = 12 }\n");
    set(
        "picker.height = 9\n",
        "picker.preview",
        "true",
        "picker.height = 9\npicker.preview = true\n",
    );
}

#[test]
fn a_value_is_taken_away_and_the_table_stays() {
    unset("# a\nsession = \"auto\"\nbackups = 3\n", "backups", "# a\nsession = \"auto\"\n");
    unset("[picker]\nheight = 3\n[add]\n", "picker.height", "[picker]\n[add]\n");
    unset("[picker]\nhight = 3\n", "picker.hight", "[picker]\n");
    unset("", "picker.height", "");
    assert!(matches!(plan_unset(b"", "nope.x"), Err(Refused::Unknown { .. })));
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let refused = |text: &[u8], name: &str, value: &str| {
        plan_set(text, name, &[value.to_owned()]).expect_err("refused").to_string()
    };
    assert_eq!(refused(b"", "sessions", "auto"), "there is no setting `sessions`");
    assert_eq!(
        refused(b"", "backups", "many"),
        "`backups` cannot be `many`: a number from 1 to 1000"
    );
    assert_eq!(refused(b"picker = 1\n", "picker.height", "9"), "`picker` is no table in it");
    assert!(refused(b"x = \n", "backups", "9").starts_with("line 1: "));
    assert!(refused(b"", "picker.keys.connect", "none").ends_with("one key at least"));
}

#[test]
fn keys_have_names_and_a_look() {
    for good in [
        "alt-e",
        "alt-E".to_lowercase().as_str(),
        "ctrl-t",
        "f1",
        "f12",
        "alt-enter",
        "tab",
        "alt-/",
    ] {
        assert_eq!(key::check(good), Ok(()), "{good}");
    }
    for bad in
        ["", "e", "?", "f13", "f0", "alt", "alt-", "meta-x", "ctrl-c", "alt-alt-x", "é", "space"]
    {
        assert!(key::check(bad).is_err(), "{bad}");
    }
    assert_eq!(key::render_key("alt-enter"), "Alt-Enter");
    assert_eq!(key::render_key("f4"), "F4");
}
