//! Names beyond letters and digits: Tab offers each, and the line that it makes means that profile.

use std::cell::RefCell;

use super::shell;
use crate::shell::INTERACTIVE;
use crate::support::needs;
use crate::support::sandbox::Sandbox;

/// What `add` takes, with the letter that tells it from the others.
const NAMES: [(&str, &str); 10] = [
    ("prod🔥", "p"),
    ("🔥", "🔥"),
    ("cafe\u{301}", "c"),
    ("हिन्दी", "ह"),
    ("ไทย", "ไ"),
    ("a→b", "a"),
    ("€1", "€"),
    ("web²", "w"),
    ("+x", "+"),
    ("‘q’", "‘"),
];

#[test]
fn tab_completes_names_of_emoji_symbols_and_marks_in_every_shell() {
    let s = Sandbox::new();
    for (at, (name, _)) in NAMES.iter().enumerate() {
        s.sshp_args(["add", name, &format!("192.0.2.{}", at + 1)]).success();
    }
    std::thread::scope(|scope| {
        for name in needs::each(INTERACTIVE) {
            let s = &s;
            scope.spawn(move || {
                let mut pty = shell(s, name);
                for (at, (_, beginning)) in NAMES.iter().enumerate() {
                    let typed = format!("sshp show --json {beginning}");
                    let line = |screen: &str| {
                        let last = screen.lines().rfind(|line| !line.trim().is_empty());
                        last.unwrap_or_default().trim_end().to_owned()
                    };
                    pty.send(&typed);
                    let before = RefCell::new(String::new());
                    pty.wait_until(&format!("{beginning} in {name}"), |screen| {
                        before.replace(line(screen));
                        let before = before.borrow();
                        before.split_once("--json ").is_some_and(|(_, word)| !word.is_empty())
                    });
                    pty.send("\t");
                    // As by hand: Enter comes when the word is there.
                    pty.wait_until(&format!("the rest of {beginning} in {name}"), |screen| {
                        // While a shell redraws, the line may be empty for a moment.
                        let now = line(screen);
                        now.contains("--json ") && now != *before.borrow()
                            || NAMES[at].0 == *beginning
                    });
                    pty.send("\r");
                    let host = format!("\"host\": \"192.0.2.{}\"", at + 1);
                    pty.wait_until(&format!("{host} in {name}"), |screen| screen.contains(&host));
                    pty.wait_until("a prompt", |screen| line(screen).ends_with("READY>"));
                }
            });
        }
    });
}
