//! PURE: the manual pages, one for each command, from the same words as `--help`.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::cli::Cli;

/// One page in roff, as man(1) takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// `sshp-add.1`
    pub file: String,
    /// Its text.
    pub text: Vec<u8>,
}

/// What a command ends with, as the README says it.
const EXIT: &[(&str, &str)] = &[
    ("0", "done"),
    ("1", "failed"),
    ("2", "the command line is wrong"),
    ("3", "no such profile, host or file"),
    ("4", "a file changed on disk meanwhile"),
    ("5", "refused as unsafe or ambiguous"),
    ("6", "a host key is not the expected one"),
    ("130", "the picker or a prompt was cancelled"),
];

const EXIT_OF_CONNECT: &[(&str, &str)] = &[
    ("0-254", "what the remote command ended with; 128 and more where a signal ended it"),
    ("255", "the connection failed, as with ssh(1)"),
];

const FILES: &[(&str, &str)] = &[
    ("~/.ssh/config", "the profiles, with all that it Includes; see ssh_config(5)"),
    ("~/.ssh/known_hosts", "host keys; see sshd(8), SSH_KNOWN_HOSTS FILE FORMAT"),
    (
        "~/.config/sshp/profiles.toml",
        "what ssh has no word for: tags, notes, sessions, pinned keys",
    ),
    ("~/.config/sshp/config.toml", "the settings; see sshp-config(1)"),
    ("~/.local/state/sshp", "usage, journal, backups and locks; no profile is lost with it"),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("SSHP_SSH", "the ssh that is run, instead of the first one in PATH"),
    ("SSHP_CONFIG_DIR", "the folder of profiles.toml, instead of $XDG_CONFIG_HOME/sshp"),
    (
        "SSHP_STATE_DIR",
        "the folder of usage, journal, backups and locks, instead of $XDG_STATE_HOME/sshp; on a local disk, where the home is on a network that keeps no locks",
    ),
    ("NO_COLOR", "no colours, where --color does not say otherwise"),
    ("VISUAL, EDITOR", "the editor that `sshp edit NAME` opens"),
    ("SSH_AUTH_SOCK", "the agent; see ssh-agent(1)"),
    ("SSH_ASKPASS, SSH_ASKPASS_REQUIRE", "the program that asks for secrets; see ssh(1)"),
];

/// All pages: `sshp.1`, then one for each command and what is under it.
#[must_use]
pub fn pages() -> Vec<Page> {
    let mut command = Cli::command();
    command.build();
    let mut pages = Vec::new();
    add(&command, &mut pages);
    pages
}

fn add(command: &Command, pages: &mut Vec<Page>) {
    pages.push(page(command));
    for under in command.get_subcommands().filter(|under| !under.is_hide_set()) {
        add(under, pages);
    }
}

fn page(command: &Command) -> Page {
    let source = concat!("sshp ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).source(source).manual("SSH profiles");
    let mut text = Vec::new();
    let whole = (|| {
        man.render_title(&mut text)?;
        man.render_name_section(&mut text)?;
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        if command.get_subcommands().any(|under| !under.is_hide_set()) {
            man.render_subcommands_section(&mut text)?;
        }
        sections(command).to_writer(&mut text)
    })();
    debug_assert!(whole.is_ok(), "memory takes it");
    Page { file: man.get_filename(), text }
}

fn sections(command: &Command) -> Roff {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut roff = Roff::new();
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (notes, examples) = after.split_once("Examples:\n").unwrap_or((&after, ""));
    for (heading, text) in [("NOTES", notes.trim_end()), ("EXAMPLES", examples.trim_end())] {
        if !text.is_empty() {
            roff.control("SH", [heading]).control("nf", []);
            for line in text.lines() {
                roff.text([roman(line)]);
            }
            roff.control("fi", []);
        }
    }
    let connects = matches!(name.as_str(), "sshp" | "sshp-connect");
    let exit = [EXIT, if connects { EXIT_OF_CONNECT } else { &[] }];
    list(&mut roff, "EXIT STATUS", if name == "sshp-connect" { &exit[1..] } else { &exit });
    list(&mut roff, "FILES", &[FILES]);
    list(&mut roff, "ENVIRONMENT", &[ENVIRONMENT]);
    let also = match name.as_str() {
        "sshp" => "ssh(1), ssh_config(5), ssh-keygen(1)".to_owned(),
        _ => "sshp(1), ssh(1), ssh_config(5)".to_owned(),
    };
    roff.control("SH", ["SEE ALSO"]).text([italic(also)]);
    roff
}

fn list(roff: &mut Roff, heading: &str, parts: &[&[(&str, &str)]]) {
    roff.control("SH", [heading]);
    for (at, part) in parts.iter().filter(|part| !part.is_empty()).enumerate() {
        if at > 0 {
            roff.control("PP", []).text([roman("A connection ends with")]);
        }
        for (term, text) in *part {
            roff.control("TP", []).text([bold(*term)]).text([roman(*text)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_the_sections_of_a_good_one() {
        let pages = pages();
        let text = |file: &str| {
            let page = pages.iter().find(|page| page.file == file);
            let page = page.unwrap_or_else(|| panic!("no {file}"));
            String::from_utf8(page.text.clone()).expect("text")
        };
        for file in ["sshp.1", "sshp-add.1", "sshp-connect.1", "sshp-key-fix.1"] {
            let text = text(file);
            for heading in ["NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "FILES", "ENVIRONMENT"] {
                assert!(text.contains(&format!(".SH {heading}\n")), "{file}: {heading}");
            }
            assert!(text.contains(".SH \"EXIT STATUS\"\n"), "{file}");
        }
        assert!(!text("sshp-connect.1").contains("ambiguous"));
        assert!(text("sshp.1").contains("sshp\\-add(1)"));
    }
}
