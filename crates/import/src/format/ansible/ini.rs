//! An inventory in INI: `[group]`, `[group:vars]`, `[group:children]`, and a host a line with its variables.

use super::inventory::{Inventory, Variable};

/// The group of hosts that stand before any section.
const UNGROUPED: &str = "ungrouped";

/// Whether it looks like one.
pub(super) fn is_it(text: &str) -> bool {
    let mut has_section = false;
    let mut is_sure = false;
    for line in text.lines().map(str::trim) {
        if let Some((name, kind)) = section(line) {
            has_section = true;
            is_sure |= matches!(kind, "vars" | "children") && !name.is_empty();
        } else if !line.starts_with(['#', ';']) {
            is_sure |= line.contains(" ansible_") || line.starts_with("ansible_");
        }
    }
    (has_section || !text.trim_start().starts_with(['-', '{', '<'])) && is_sure && !is_yaml(text)
}

/// Whether it is YAML: its first line that says anything ends with a colon, or is `---`.
pub(super) fn is_yaml(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    let first = lines.find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    first.is_some_and(|line| line == "---" || (line.ends_with(':') && !line.contains('[')))
}

/// The name and the kind of `[name:kind]`.
fn section(line: &str) -> Option<(&str, &str)> {
    let inner = line.strip_prefix('[')?.split_once(']')?.0;
    Some(inner.split_once(':').unwrap_or((inner, "")))
}

/// Whether there is any group or host.
pub(super) fn read(text: &str, inventory: &mut Inventory) -> bool {
    let mut group = UNGROUPED.to_owned();
    let mut kind = String::new();
    let mut is_known = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        // `[1:3].example.com` is a host, and a section stands alone.
        if let Some((name, of)) = section(line)
            && matches!(of, "" | "vars" | "children" | "hosts")
        {
            is_known = true;
            name.trim().clone_into(&mut group);
            of.clone_into(&mut kind);
            inventory.group(&group);
            continue;
        }
        match kind.as_str() {
            "vars" => {
                if let Some((name, value)) = line.split_once('=') {
                    let value = Variable::of(unquoted(value.trim()));
                    inventory.group_variable(&group, name.trim(), value);
                }
            }
            "children" => {
                let words = words(line, true);
                words.first().into_iter().for_each(|child| inventory.child(&group, child));
            }
            _ => {
                let words = words(line, true);
                let Some((pattern, variables)) = words.split_first() else { continue };
                is_known |= group != UNGROUPED || !pattern.contains('=');
                let hosts = inventory.host(&group, pattern);
                for variable in variables {
                    if let Some((name, value)) = variable.split_once('=') {
                        inventory.host_variable(&hosts, name, &Variable::of(unquoted(value)));
                    }
                }
            }
        }
    }
    is_known
}

/// A value without the quotes around it, which Ansible reads as a literal of Python.
fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// The words of a line, as shlex of Python parts them: quotes join, and where it has comments a `#`
/// outside of quotes ends the line, also within a word.
pub(super) fn words(line: &str, has_comments: bool) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '#' if has_comments => break,
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => word.get_or_insert_default().extend(chars.by_ref().take_while(|c| *c != '\'')),
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(inner) = chars.next().filter(|c| *c != '"') {
                    match (inner, chars.clone().next()) {
                        ('\\', Some(next @ ('"' | '\\'))) => {
                            chars.next();
                            word.push(next);
                        }
                        _ => word.push(inner),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_as_by_python() {
        for (line, parted) in [
            ("a b=c # d", &["a", "b=c"][..]),
            ("a#b c", &["a"]),
            (r#"a k='-o "A=b c"' x"#, &["a", r#"k=-o "A=b c""#, "x"]),
            (r#"k="a \"b\" \n""#, &[r#"k=a "b" \n"#]),
            (r"a\ b ''", &["a b", ""]),
            ("'open", &["open"]),
        ] {
            assert_eq!(words(line, true), parted, "{line}");
        }
        assert_eq!(words("a#b", false), ["a#b"]);
    }
}
