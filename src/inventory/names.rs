//! PURE: names of profiles for sessions that are called otherwise.

use crate::profile::Alias;

/// The name that a session's own name makes: what a name of a profile may not hold becomes `-`. `None`
/// where nothing is left.
pub(super) fn alias(name: &str, reserved: &[&str]) -> Option<Alias> {
    let is_plain = |c: char| c.is_alphanumeric() || "._+-".contains(c);
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match is_plain(c) {
            true => text.push(c),
            false if text.ends_with('-') => {}
            false => text.push('-'),
        }
    }
    Alias::new(text.trim_matches('-'), reserved).ok()
}

/// A label as a tag: one word.
pub(super) fn tag(label: &str) -> Option<String> {
    let words: Vec<&str> =
        label.split(|c: char| c.is_whitespace() || c.is_control() || ",#".contains(c)).collect();
    let tag = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let tag = tag.trim_start_matches('-').to_owned();
    (!tag.is_empty() && crate::profile::fields::check_tag(&tag).is_ok()).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_letters_and_digits() {
        let of = |name: &str| alias(name, &["add"]).map(|alias| alias.as_str().to_owned());
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(of("prod web 01"), some("prod-web-01"));
        assert_eq!(of("web-01 (deploy)"), some("web-01-deploy"));
        assert_eq!(of("订单 web"), some("订单-web"));
        assert_eq!(of("old/router: $(touch x)"), some("old-router-touch-x"));
        assert_eq!(of("10.0.0.1"), some("10.0.0.1"));
        for nothing in ["", "***", "add", "\u{202e}"] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_tag_is_one_word() {
        assert_eq!(tag("front end"), Some("front-end".to_owned()));
        assert_eq!(tag("#prod"), Some("prod".to_owned()));
        assert_eq!(tag(" , "), None);
    }
}
