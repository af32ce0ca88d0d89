//! PURE: words that are commands, are like one, or will be one. A profile is never dialled by a
//! word that may have been meant as a command.

use clap::CommandFactory;

use super::Cli;
use crate::profile::find::distance;

/// Commands that are planned: no new profile may have such a name.
const PLANNED: [&str; 6] = ["run", "cp", "secret", "harden", "tunnel", "inventory"];

/// Words that are commands elsewhere, and what does that here; an empty one where nothing does.
const SYNONYMS: [(&str, &str); 68] = [
    ("ls", "list"),
    ("ll", "list"),
    ("find", "list"),
    ("search", "list"),
    ("grep", "list"),
    ("info", "show"),
    ("view", "show"),
    ("cat", "show"),
    ("get", "show"),
    ("describe", "show"),
    ("new", "add"),
    ("create", "add"),
    ("insert", "add"),
    ("delete", "rm"),
    ("del", "rm"),
    ("remove", "rm"),
    ("erase", "rm"),
    ("rename", "mv"),
    ("move", "mv"),
    ("clone", "copy"),
    ("duplicate", "copy"),
    ("change", "edit"),
    ("modify", "edit"),
    ("update", "edit"),
    ("set", "edit"),
    ("tag", "edit"),
    ("untag", "edit"),
    ("note", "edit"),
    ("pin", "edit"),
    ("ssh", "connect"),
    ("login", "connect"),
    ("logon", "connect"),
    ("open", "connect"),
    ("attach", "connect"),
    ("select", "pick"),
    ("choose", "pick"),
    ("revert", "undo"),
    ("redo", "undo --redo"),
    ("history", "log"),
    ("lint", "check"),
    ("validate", "check"),
    ("verify", "check"),
    ("ping", "doctor"),
    ("diagnose", "doctor"),
    ("debug", "doctor"),
    ("settings", "config"),
    ("unset", "config unset"),
    ("keygen", "key"),
    ("keys", "key"),
    ("convert", "key convert"),
    ("push", "key push"),
    ("rotate", "key"),
    ("known-hosts", "forget"),
    ("known_hosts", "forget"),
    ("fingerprint", "trust"),
    ("completion", "completions"),
    ("exec", ""),
    ("scp", ""),
    ("sftp", ""),
    ("rsync", ""),
    ("secrets", ""),
    ("password", ""),
    ("forward", ""),
    ("tunnels", ""),
    ("fleet", ""),
    ("up", ""),
    ("down", ""),
    ("upgrade", ""),
];

/// The words of which no new profile may have one for its name: commands that are or will be.
pub fn reserved() -> Vec<String> {
    let command = Cli::command();
    let verbs = command.get_subcommands().map(|verb| verb.get_name().to_owned());
    verbs.chain(PLANNED.into_iter().chain(["help", "version"]).map(str::to_owned)).collect()
}

/// The commands that a word may have been meant as, the likeliest first; `None` where it is like
/// none. Empty where it is a command of other programs, or one that is planned.
pub fn meant(word: &str) -> Option<Vec<String>> {
    let word = word.to_lowercase();
    if let Some((_, instead)) = SYNONYMS.iter().find(|(other, _)| *other == word) {
        let instead = Some((*instead).to_owned()).filter(|verb| !verb.is_empty());
        return Some(instead.into_iter().collect());
    }
    if PLANNED.contains(&word.as_str()) {
        return Some(Vec::new());
    }
    let letters = word.chars().count();
    let mut near: Vec<(usize, String)> = reserved()
        .into_iter()
        .filter_map(|verb| {
            let distance = distance(&word, &verb);
            (distance <= slips(letters, verb.len())).then_some((distance, verb))
        })
        .collect();
    near.sort();
    if near.is_empty() {
        return None;
    }
    let is_there = |verb: &String| !PLANNED.contains(&verb.as_str());
    Some(near.into_iter().map(|(_, verb)| verb).filter(is_there).collect())
}

/// How many slips of the finger may lie between a word and a command. In two letters one slip makes
/// any other word, such as `vm` of `mv`.
fn slips(word: usize, verb: usize) -> usize {
    match word {
        0 | 1 => 0,
        2 => usize::from(verb > 2),
        3..=5 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(word: &str) -> Option<String> {
        meant(word).map(|meant| meant.into_iter().next().unwrap_or_default())
    }

    #[test]
    fn a_slip_of_the_finger_is_still_the_command() {
        for (word, verb) in [
            ("forgt", "forget"),
            ("docter", "doctor"),
            ("trsut", "trust"),
            ("lits", "list"),
            ("lst", "list"),
            ("eidt", "edit"),
            ("ad", "add"),
            ("rmm", "rm"),
            ("hlep", "help"),
            ("LIST", "list"),
            ("conect", "connect"),
        ] {
            assert_eq!(first(word).as_deref(), Some(verb), "{word}");
        }
    }

    #[test]
    fn a_word_of_another_program_is_a_command_too() {
        assert_eq!(first("ls").as_deref(), Some("list"));
        assert_eq!(first("Delete").as_deref(), Some("rm"));
        for planned in PLANNED {
            assert_eq!(meant(planned), Some(Vec::new()), "{planned}");
        }
        assert_eq!(meant("imprt"), Some(vec!["import".to_owned()]));
        assert_eq!(meant("exprt"), Some(vec!["export".to_owned()]));
        assert_eq!(meant("hardn"), Some(Vec::new()));
    }

    #[test]
    fn the_usual_names_of_servers_are_no_commands() {
        for name in [
            "web", "db", "dev", "test", "prod", "mail", "api", "vm", "host", "main", "app", "git",
            "vpn", "dns", "eu", "us", "lb", "ci", "nas", "ftp", "core", "node", "k8s", "staging",
            "bastion", "gateway", "web-1", "10.0.0.1", "a", "",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }

    #[test]
    fn no_command_is_hidden_from_the_help() {
        let command = Cli::command();
        let hidden: Vec<_> = command.get_subcommands().filter(|verb| verb.is_hide_set()).collect();
        assert!(hidden.is_empty(), "{hidden:?}");
    }

    #[test]
    fn every_command_that_is_hinted_at_is_there() {
        let command = Cli::command();
        for (word, instead) in SYNONYMS {
            let verb = instead.split(' ').next().filter(|verb| !verb.is_empty());
            assert!(verb.is_none_or(|verb| command.find_subcommand(verb).is_some()), "{word}");
            assert!(command.find_subcommand(word).is_none(), "{word} is a command by now");
        }
    }
}
