//! PURE: what each key does. A key that is not in this map does nothing: skim's own map holds keys
//! that end the picker, change how it matches, or move the cursor where Enter was meant.

use std::collections::HashMap;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::query::Edit;
use crate::picker::Ask;
use crate::settings::Action;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Types a character.
    Type(char),
    /// Edits the query.
    Edit(Edit),
    /// Moves the cursor.
    Move(Move),
    /// Scrolls the preview, down or up.
    Scroll { down: bool },
    /// Marks the row or takes its mark away, and moves down or up.
    Mark { down: bool },
    /// Shows or hides the preview.
    Preview,
    /// Draws the screen anew.
    Redraw,
    /// Does something with what is chosen.
    Take(Action),
    /// Leaves.
    Cancel,
}

/// Where the cursor goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Up,
    Down,
    PageUp,
    PageDown,
}

/// The keys and what they do.
pub(super) struct KeyMap(HashMap<KeyEvent, Command>);

impl KeyMap {
    /// The keys that always are there, and those of the settings before them.
    pub(super) fn new(ask: &Ask) -> Self {
        let mut map: HashMap<_, _> = BUILT_IN
            .iter()
            .map(|(code, modifiers, command)| (KeyEvent::new(*code, *modifiers), *command))
            .collect();
        for action in Action::ALL {
            let command = match action {
                Action::Preview => Command::Preview,
                Action::Cancel => Command::Cancel,
                Action::Mark => Command::Mark { down: true },
                action if ask.offers(action) => Command::Take(action),
                _ => continue,
            };
            for name in ask.settings.picker_keys(action) {
                if let Ok(key) = skim::binds::parse_key(&name) {
                    map.insert(normal(key), command);
                }
            }
        }
        KeyMap(map)
    }

    /// What a key does; `None` where it does nothing.
    pub(super) fn command(&self, key: KeyEvent) -> Option<Command> {
        if let Some(command) = self.0.get(&key) {
            return Some(*command);
        }
        match key.code {
            KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => {
                let is_shifted = key.modifiers.contains(KeyModifiers::SHIFT);
                let upper = c.to_uppercase().next().filter(|_| is_shifted);
                Some(Command::Type(upper.unwrap_or(c)))
            }
            _ => None,
        }
    }
}

/// One way to write each key.
fn normal(key: KeyEvent) -> KeyEvent {
    match key.code {
        KeyCode::Tab | KeyCode::BackTab if key.modifiers.contains(KeyModifiers::SHIFT) => {
            KeyEvent::new(KeyCode::BackTab, key.modifiers - KeyModifiers::SHIFT)
        }
        _ => key,
    }
}

const NONE: KeyModifiers = KeyModifiers::NONE;
const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;

/// Each of these is in the README.
const BUILT_IN: [(KeyCode, KeyModifiers, Command); 27] = [
    (KeyCode::Up, NONE, Command::Move(Move::Up)),
    (KeyCode::Down, NONE, Command::Move(Move::Down)),
    (KeyCode::Char('p'), CTRL, Command::Move(Move::Up)),
    (KeyCode::Char('n'), CTRL, Command::Move(Move::Down)),
    (KeyCode::PageUp, NONE, Command::Move(Move::PageUp)),
    (KeyCode::PageDown, NONE, Command::Move(Move::PageDown)),
    (KeyCode::Up, SHIFT, Command::Scroll { down: false }),
    (KeyCode::Down, SHIFT, Command::Scroll { down: true }),
    (KeyCode::BackTab, NONE, Command::Mark { down: false }),
    (KeyCode::Left, NONE, Command::Edit(Edit::Left)),
    (KeyCode::Right, NONE, Command::Edit(Edit::Right)),
    (KeyCode::Char('b'), CTRL, Command::Edit(Edit::Left)),
    (KeyCode::Char('f'), CTRL, Command::Edit(Edit::Right)),
    (KeyCode::Home, NONE, Command::Edit(Edit::Start)),
    (KeyCode::End, NONE, Command::Edit(Edit::End)),
    (KeyCode::Char('a'), CTRL, Command::Edit(Edit::Start)),
    (KeyCode::Char('e'), CTRL, Command::Edit(Edit::End)),
    (KeyCode::Backspace, NONE, Command::Edit(Edit::Backspace)),
    (KeyCode::Char('h'), CTRL, Command::Edit(Edit::Backspace)),
    (KeyCode::Delete, NONE, Command::Edit(Edit::Delete)),
    (KeyCode::Char('u'), CTRL, Command::Edit(Edit::DeleteToStart)),
    (KeyCode::Char('w'), CTRL, Command::Edit(Edit::DeleteWord)),
    (KeyCode::Char('l'), CTRL, Command::Redraw),
    (KeyCode::Char('c'), CTRL, Command::Cancel),
    (KeyCode::Char('d'), CTRL, Command::Cancel),
    (KeyCode::Char('g'), CTRL, Command::Cancel),
    (KeyCode::Backspace, SHIFT, Command::Edit(Edit::Backspace)),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::picker::rows::tests::named;
    use crate::settings::{Settings, key};

    fn map(settings: &str) -> KeyMap {
        let settings = Arc::new(Settings::parse(settings.as_bytes()));
        KeyMap::new(&Ask { settings, ..Ask::test(named(&["web"])) })
    }

    fn at(map: &KeyMap, name: &str) -> Option<Command> {
        map.command(skim::binds::parse_key(name).expect(name))
    }

    #[test]
    fn keys_of_skim_that_are_not_ours_do_nothing() {
        let map = map("");
        for name in [
            "ctrl-r",
            "ctrl-q",
            "ctrl-k",
            "ctrl-y",
            "ctrl-o",
            "ctrl-t",
            "ctrl-v",
            "ctrl-z",
            "alt-h",
            "alt-l",
            "alt-b",
            "alt-f",
            "alt-d",
            "alt-x",
            "f1",
            "f12",
            "ctrl-alt-e",
            "ctrl-left",
            "ctrl-right",
            "shift-left",
        ] {
            assert_eq!(at(&map, name), None, "{name}");
        }
        for synthetic in 248..=255 {
            assert_eq!(map.command(KeyEvent::new(KeyCode::F(synthetic), NONE)), None);
        }
        assert_eq!(at(&map, "x"), Some(Command::Type('x')));
        assert_eq!(map.command(KeyEvent::new(KeyCode::Char('é'), SHIFT)), Some(Command::Type('É')));
    }

    #[test]
    fn settings_give_and_take_keys() {
        let moved = map("[picker.keys]\nconnect = [\"f5\", \"ctrl-a\"]\nmark = \"shift-tab\"\n");
        assert_eq!(at(&moved, "enter"), None);
        assert_eq!(at(&moved, "f5"), Some(Command::Take(Action::Connect)));
        assert_eq!(at(&moved, "ctrl-a"), Some(Command::Take(Action::Connect)));
        assert_eq!(at(&moved, "tab"), None);
        assert_eq!(at(&moved, "btab"), Some(Command::Mark { down: true }));
        assert_eq!(at(&map(""), "enter"), Some(Command::Take(Action::Connect)));
    }

    #[test]
    fn every_key_that_settings_take_can_be_read() {
        let letters = (b'!'..=b'~').map(|byte| char::from(byte).to_string());
        let functions = (1..=12).map(|n| format!("f{n}"));
        let named = key::NAMED.iter().map(|&name| name.to_owned());
        let mut taken = 0;
        for base in letters.chain(functions).chain(named) {
            for modifier in ["", "alt-", "ctrl-", "shift-", "ctrl-alt-"] {
                let name = format!("{modifier}{base}");
                if key::check(&name).is_ok() {
                    taken += 1;
                    let key = skim::binds::parse_key(&name).expect(&name);
                    let map = map(&format!("[picker.keys]\nconnect = {name:?}\n"));
                    assert_eq!(map.command(normal(key)), Some(Command::Take(Action::Connect)));
                }
            }
        }
        assert!(taken > 100, "{taken}");
    }
}
