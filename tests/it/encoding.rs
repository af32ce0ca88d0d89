//! Files from Windows: UTF-16 and UTF-32 are named, never added to, and read where text is pasted.

use crate::connect::without_terminal;
use crate::support::sandbox::{Run, SSHP, Sandbox};

const BLOCK: &str = "Host web\r\n  HostName 192.0.2.1\r\n";

/// A text as PowerShell and other tools of Windows write it, with and without byte order mark.
pub fn encodings(text: &str) -> [(&'static str, Vec<u8>); 7] {
    let utf16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<_>>();
    let utf32 =
        |to: fn(u32) -> [u8; 4]| text.chars().map(u32::from).flat_map(to).collect::<Vec<_>>();
    let little = utf16(u16::to_le_bytes);
    let big = utf16(u16::to_be_bytes);
    let marked = |mark: &[u8], text: &[u8]| [mark, text].concat();
    [
        ("UTF-16LE", marked(b"\xff\xfe", &little)),
        ("UTF-16BE", marked(b"\xfe\xff", &big)),
        ("UTF-16LE", little.clone()),
        ("UTF-16BE", big),
        ("UTF-32LE", marked(b"\xff\xfe\0\0", &utf32(u32::to_le_bytes))),
        ("UTF-32BE", marked(b"\0\0\xfe\xff", &utf32(u32::to_be_bytes))),
        // What `>>` of PowerShell makes of a file in ASCII.
        ("UTF-16LE in its last part", [b"Host old\n  Port 1\n", &little[..]].concat()),
    ]
}

/// Runs a verb that must fail, name the encoding and leave the file as it is.
#[track_caller]
fn refused(s: &Sandbox, file: &str, verb: &str, name: &str) {
    let before = s.read(file);
    let run = s.sshp(verb);
    assert_ne!(run.code, Some(0), "{verb}: {run:?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains(name), "{verb} does not name {name}: {run:?}");
    assert_eq!(s.read(file), before, "{verb}");
}

#[test]
fn a_config_in_utf16_is_named_and_left_alone() {
    for (name, text) in encodings(BLOCK) {
        let s = Sandbox::with_config(text);
        for verb in
            ["add b 192.0.2.2", "edit web --user x", "rm old", "mv old new", "check", "sync"]
        {
            refused(&s, ".ssh/config", verb, name);
        }
        s.sshp("check").exits(1).prints(name);
        s.sshp("list").says(name).says("as UTF-8");
        s.sshp("doctor web --no-auth").prints(name);
        for session in ["system", "builtin"] {
            let line = format!("connect --session {session} -o BatchMode=yes web.invalid true");
            s.sshp(&line).exits(255).says(name);
        }
    }
}

#[test]
fn an_included_file_in_utf16_is_named_and_the_others_can_be_changed() {
    for (name, text) in encodings(BLOCK) {
        let s = Sandbox::with_config("Include more\nHost a\n  HostName 192.0.2.3\n");
        s.write(".ssh/more", text);
        let before = s.read(".ssh/more");
        s.sshp("check").exits(1).prints(name).prints("more");
        s.sshp("list").says(name).prints("192.0.2.3");
        for verb in ["add b 192.0.2.2", "edit a --user x", "rm a"] {
            s.sshp(verb).success().says(name);
        }
        refused(&s, ".ssh/more", "rm web", name);
        assert_eq!(s.config(), "Include more\nHost b\n  HostName 192.0.2.2\n");
        assert_eq!(s.read(".ssh/more"), before);
    }
}

#[test]
fn profiles_settings_and_known_hosts_in_utf16_are_named_and_left_alone() {
    let config = "Host web\n  HostName 192.0.2.1\n";
    for (name, text) in encodings("[web]\r\ntags = [\"a\"]\r\n") {
        let s = Sandbox::with_config(config);
        let file = ".config/sshp/profiles.toml";
        s.write(file, &text);
        s.sshp("list").success().says(name);
        for verb in ["edit web --tag b", "add b 192.0.2.2", "sync", "check", "connect web true"] {
            refused(&s, file, verb, name);
        }
        assert_eq!(s.config(), config);
    }
    for (name, text) in encodings("session = \"builtin\"\r\n") {
        let s = Sandbox::with_config(config);
        s.write(".config/sshp/config.toml", &text);
        s.sshp("list").success().says(name);
        refused(&s, ".config/sshp/config.toml", "config set session system", name);
        refused(&s, ".config/sshp/config.toml", "check", name);
    }
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8C0PBNQXkRZaYbF7zC9wPHnJUCYqBTkGm6rnPGJ0ym";
    for (name, text) in encodings(&format!("192.0.2.1 {key}\r\n192.0.2.2 {key}\r\n")) {
        let s = Sandbox::new();
        let file = s.write(".ssh/known_hosts", &text);
        s.write(".ssh/config", format!("UserKnownHostsFile {}\n{config}", file.display()));
        for verb in ["forget web", "check"] {
            refused(&s, ".ssh/known_hosts", verb, name);
        }
    }
}

#[test]
fn a_byte_order_mark_is_named_where_ssh_reads_it_as_a_keyword() {
    let s = Sandbox::with_config("\u{feff}Host web\n  HostName 192.0.2.1\n");
    s.sshp("check").exits(1).prints("byte order mark");
    s.sshp("list").says("byte order mark");
    s.sshp("add b 192.0.2.2").says("byte order mark");
}

#[test]
fn a_block_that_an_editor_saved_with_a_mark_or_in_utf16_is_refused_by_name() {
    needs!("util-linux");
    let s = Sandbox::with_config("Host web\n  HostName 192.0.2.1\n");
    for (name, from, to) in [("UTF-16LE", "UTF-8", "UTF-16LE"), ("byte order mark", "", "")] {
        let script = match from {
            "" => "{ printf '\\357\\273\\277'; cat \"$1\"; } >$1.new; mv $1.new $1".to_owned(),
            _ => format!("iconv -f {from} -t {to} \"$1\" >$1.new; mv $1.new $1"),
        };
        let editor = s.write("editor", format!("#!/bin/sh\n{script}\n"));
        s.chmod("editor", 0o700);
        let mut command = s.command(SSHP);
        command.args(["edit", "web"]).env("VISUAL", &editor);
        let run = Run::of(&mut without_terminal(&command)).says(name);
        assert_ne!(run.code, Some(0), "{run:?}");
        assert_eq!(s.config(), "Host web\n  HostName 192.0.2.1\n");
    }
}

#[test]
fn a_note_that_ends_as_windows_ends_lines_is_refused_by_name() {
    let s = Sandbox::with_config("Host web\n");
    s.sshp_args(["edit", "web", "--note", "disk 2\r\n"]).exits(2).says("carriage return");
    s.sshp_args(["edit", "web", "--note", "\u{feff}disk"]).exits(2).says("U+FEFF");
}
