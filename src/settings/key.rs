//! The names of keys: `alt-e`, `f4`, `ctrl-t`.
//!
//! Every name that passes here is one that the picker's library takes, which would drop any other
//! without a word; a test beside the library holds that.

/// Keys that are spelled out.
pub const NAMED: &[&str] = &[
    "enter", "tab", "btab", "esc", "space", "up", "down", "left", "right", "home", "end", "pgup",
    "pgdown",
];

/// Requires the name of a key that can be given another meaning.
///
/// # Errors
/// What is wrong with it.
pub fn check(name: &str) -> Result<(), String> {
    let mut parts: Vec<&str> = name.split('-').collect();
    // `alt--` is Alt and a minus.
    if name.ends_with("--") {
        parts.truncate(parts.len() - 2);
        parts.push("-");
    }
    let Some((base, modifiers)) = parts.split_last() else { return Err(form(name)) };
    let known = |modifier: &&str| ["ctrl", "alt", "shift"].contains(modifier);
    let twice = modifiers.iter().enumerate().any(|(at, m)| modifiers[..at].contains(m));
    if twice || !modifiers.iter().all(known) {
        return Err(form(name));
    }
    let function = base.strip_prefix('f').and_then(|n| n.parse::<u8>().ok());
    let letter = base.len() == 1 && base.bytes().all(|b| b.is_ascii_graphic() && b != b'-');
    let held = modifiers.iter().any(|modifier| ["ctrl", "alt"].contains(modifier));
    match (letter, function) {
        (true, _) if !held => Err(format!(
            "`{name}` could no longer be typed into the query; `alt-{base}` can be taken"
        )),
        (true, _) if modifiers == ["ctrl"] && "cmij[z".contains(base) => {
            Err(format!("`{name}` is the terminal's own"))
        }
        (true, _) if base.bytes().all(|b| b.is_ascii_uppercase() || b",():".contains(&b)) => {
            Err(form(name))
        }
        (true, _) | (_, Some(1..=12)) => Ok(()),
        _ if *base == "space" && !held => Err(format!(
            "`{name}` could no longer be typed into the query; `alt-space` can be taken"
        )),
        _ if NAMED.contains(base) => Ok(()),
        _ => Err(form(name)),
    }
}

fn form(name: &str) -> String {
    format!("`{name}` is no key; keys are `alt-e`, `ctrl-t`, `alt-enter`, `f4` and the like")
}

/// A key as it is printed on a keyboard: `Alt-E`, `F4`, `Enter`.
pub fn render_key(name: &str) -> String {
    let capital = |part: &str| {
        let mut chars = part.chars();
        chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
    };
    name.split('-').map(capital).collect::<Vec<String>>().join("-")
}
