//! What the keys do beside choosing, and that they can be given to others.

use super::{CONFIG, connect};
use crate::support::pty::Pty;
use crate::support::sandbox::Sandbox;
use crate::support::sshd::ME;

const SETTINGS: &str = ".config/sshp/config.toml";
const METADATA: &str = ".config/sshp/profiles.toml";

/// An editor that puts a line after the block.
fn editor(s: &Sandbox, line: &str) -> String {
    let path = s.write("editor", format!("#!/bin/sh\necho '    {line}' >>\"$1\"\n"));
    s.chmod("editor", 0o755);
    path.display().to_string()
}

#[test]
fn alt_e_edits_and_comes_back_with_fresh_rows() {
    let s = Sandbox::with_config(CONFIG);
    let mut command = connect(&s, "");
    command.env("EDITOR", editor(&s, "Port 2200"));
    let mut pty = Pty::spawn(&command);
    pty.wait_for("3/3");
    pty.send("db\x1be");
    pty.wait_for("db.example:2200");
    assert!(s.config().contains("Port 2200"), "{}", s.config());
    pty.send("\r");
    pty.wait_for("ssh got:");
    pty.wait_for("exit 0");
}

#[test]
fn what_goes_wrong_is_told_before_the_picker_is_there_again() {
    let s = Sandbox::with_config(CONFIG);
    let mut command = connect(&s, "");
    command.env("EDITOR", "false");
    let mut pty = Pty::spawn(&command);
    pty.wait_for("3/3");
    pty.send("\x1be");
    pty.wait_for("the editor `false` failed");
    pty.wait_for("Enter goes back to the picker.");
    pty.send("\r");
    pty.wait_for("3/3");
    pty.send("\x1b");
    pty.wait_for("exit 130");
    assert_eq!(s.config(), CONFIG);
}

#[test]
fn alt_n_makes_a_profile_of_the_name_or_the_address_that_was_typed() {
    for (typed, question, answer) in [
        ("kitchen", "Address of `kitchen`", "me@10.0.0.9"),
        ("me@10.0.0.9", "Name of the new profile", "kitchen"),
    ] {
        let s = Sandbox::with_config(CONFIG);
        let mut pty = Pty::spawn(&connect(&s, ""));
        pty.wait_for("3/3");
        pty.send(&format!("{typed}\x1bn"));
        pty.wait_for(question);
        pty.send(&format!("{answer}\r"));
        pty.wait_for("> kitchen");
        pty.wait_for("1/4");
        assert!(s.config().contains("Host kitchen\n    HostName 10.0.0.9\n    User me\n"));
        pty.send("\r");
        pty.wait_for("-- kitchen");
        pty.wait_for("exit 0");
    }
}

#[test]
fn alt_c_gives_the_command_to_the_clipboard_and_ends() {
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn_sized(&connect(&s, ""), 200, 30);
    pty.wait_for("3/3");
    pty.send("db\x1bc");
    pty.wait_for("exit 0");
    let command = format!("ssh -F {} db", s.path(".ssh/config").display());
    assert!(pty.screen().contains(&format!("copied `{command}`")), "{}", pty.screen());
    let sent = format!("\x1b]52;c;{}\x07", data_encoding::BASE64.encode(command.as_bytes()));
    assert!(String::from_utf8_lossy(&pty.raw).contains(&sent));
}

#[test]
fn the_clipboard_gets_no_control_character_and_no_other_name() {
    for name in [&b"evil\x1b[201~\x0d"[..], b"caf\xe9"] {
        let s = Sandbox::with_config([b"Host ", name, b"\n"].concat());
        let mut pty = Pty::spawn_sized(&connect(&s, ""), 200, 30);
        pty.wait_for("1/1");
        pty.send("\x1bc");
        pty.wait_for("so it is not copied");
        pty.wait_for("exit 1");
        assert!(!String::from_utf8_lossy(&pty.raw).contains("\x1b]52"), "{name:?}");
    }
    let s = Sandbox::with_config(CONFIG);
    let mut pty = Pty::spawn_sized(&connect(&s, ""), 200, 30);
    pty.wait_for("3/3");
    pty.send("\t\t\x1bc");
    pty.wait_for("config web-1; ssh -F");
}

#[test]
fn a_name_that_is_not_utf_8_is_connected_to_as_it_is() {
    let s = Sandbox::with_config(b"Host caf\xe9\nHost caf\xe8\n");
    let mut command = connect(&s, "");
    let ssh = s.write("hex", "#!/bin/sh\nprintf %s \"$4\" | od -An -tx1\n");
    s.chmod("hex", 0o755);
    command.env("SSHP_SSH", ssh);
    let mut pty = Pty::spawn(&command);
    pty.wait_for("2/2");
    pty.wait_for("caf\\xe9");
    pty.send("\x1b[B\r");
    pty.wait_for("63 61 66 e8");
}

#[test]
fn alt_t_tags_all_that_is_marked_in_one_change() {
    let s = Sandbox::with_config(CONFIG);
    s.write(METADATA, "[web-1]\ntags = [\"old\"]\n");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("3/3");
    pty.send("\t\t\x1bt");
    pty.wait_for("Tags for 2 profiles");
    pty.send("prod #eu -old\r");
    pty.wait_for("#prod #eu");
    pty.send("\x1b");
    pty.wait_for("exit 130");
    let tags = s.text(METADATA);
    assert_eq!(tags.matches("tags = [\"prod\", \"eu\"]").count(), 2, "{tags}");
    s.sshp("undo").success();
    assert_eq!(s.text(METADATA), "[web-1]\ntags = [\"old\"]\n");
}

#[test]
fn keys_can_be_given_to_others_and_the_hints_say_so() {
    let s = Sandbox::with_config(CONFIG);
    s.write(
        SETTINGS,
        "[picker.keys]\ncopy = [\"f2\", \"alt-t\"]\nconnect = \"ctrl-t\"\nedit = []\n",
    );
    let mut pty = Pty::spawn_sized(&connect(&s, ""), 120, 30);
    pty.wait_for("3/3");
    let screen = pty.screen();
    assert!(screen.contains("Ctrl-T connect") && screen.contains("F2 copy"), "{screen}");
    assert!(!screen.contains("edit") && !screen.contains("tag"), "{screen}");
    pty.send("\rdb\x1be");
    pty.wait_for("1/3");
    pty.send("\x1bOQ");
    pty.wait_for("copied `ssh");
    pty.wait_for("exit 0");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("3/3");
    pty.send("db\x14");
    pty.wait_for("-- db");
}

#[test]
fn a_favourite_comes_first_however_seldom_it_is_used() {
    let s = Sandbox::with_config(CONFIG);
    s.write(".local/state/sshp/usage", "9.0 1700000000 web-2\n");
    s.sshp("edit db --favorite").success();
    assert_eq!(s.text(METADATA), "[db]\nfavorite = true\n");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("3/3");
    pty.wait_for("> db");
    pty.wait_for("db  (favorite)");
    pty.send("\r");
    pty.wait_for("-- db");
    s.sshp("edit db --unset favorite").success();
    assert_eq!(s.text(METADATA), "");
}

#[test]
fn columns_height_and_preview_are_as_the_settings_say() {
    let s = Sandbox::with_config(CONFIG);
    s.write(
        SETTINGS,
        "[picker]\nheight = \"60%\"\ncolumns = [\"target\", \"alias\"]\npreview = false\n",
    );
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("3/3");
    let widest = format!("{ME}@10.0.0.2:2222").len().max("deploy@10.0.0.1".len());
    pty.wait_for(&format!("{:<widest$}  web-1", "deploy@10.0.0.1"));
    assert!(!pty.screen().contains("Host web-1"), "{}", pty.screen());
    pty.send("\x1bp");
    pty.wait_for("host key");
    pty.send("\x1b");
    pty.wait_for("exit 130");
    assert!(
        !String::from_utf8_lossy(&pty.raw).contains("\x1b[?1049h"),
        "it stays below the prompt"
    );
    let mut dumb = connect(&s, "");
    dumb.env("TERM", "dumb");
    let mut pty = Pty::spawn(&dumb);
    pty.wait_for("1  deploy@10.0.0.1  web-1");
    pty.send("\n");
    pty.wait_for("exit 130");
}

#[test]
fn alt_d_looks_for_what_is_wrong_and_ends() {
    let s = Sandbox::with_config("Host web\n    HostName nowhere.invalid\n");
    let mut pty = Pty::spawn(&connect(&s, ""));
    pty.wait_for("1/1");
    pty.send("\x1bd");
    pty.wait_for("nowhere.invalid");
    pty.wait_for("exit 3");
}
