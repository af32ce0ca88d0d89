//! PURE: the arguments of single keywords: numbers, times, sizes, ports, names that ssh checks.

use super::Facts;
use super::dialect::{Dialect, TimeGrammar};

/// A whole text as a decimal number between two bounds (strtonum(3): blanks and a sign may lead).
pub(super) fn number(text: &[u8], min: i64, max: i64) -> Result<i64, &'static str> {
    let (value, used) = leading_number(text).ok_or("invalid")?;
    if used < text.len() {
        return Err("invalid");
    }
    match value {
        value if value < min => Err("too small"),
        value if value > max => Err("too large"),
        value => Ok(value),
    }
}

/// The decimal number that a text begins with and its length (strtol(3)); too large is the largest.
fn leading_number(text: &[u8]) -> Option<(i64, usize)> {
    let blanks = text.iter().take_while(|b| is_space(**b)).count();
    let sign = text.get(blanks).is_some_and(|b| matches!(b, b'+' | b'-'));
    let from = blanks + usize::from(sign);
    let digits = text[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    let value = text[from..from + digits]
        .iter()
        .fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Some((if sign && text[blanks] == b'-' { -value } else { value }, from + digits))
}

/// isspace(3) in the C locale.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// A time in whole seconds as the newest ssh reads it: `90`, `1h30m`, `1.5`. `None` for what is no time.
pub fn parse_time(text: &[u8]) -> Option<i64> {
    seconds(text, TimeGrammar::Fraction)
}

/// A time in seconds: numbers with `s m h d w` after them, summed (misc.c: convtime). A fraction is cut off.
pub(super) fn seconds(text: &[u8], grammar: TimeGrammar) -> Option<i64> {
    const MOST: i64 = i32::MAX as i64;
    if text.is_empty() {
        return None;
    }
    let mut total = 0;
    let mut rest = text;
    let mut has_seconds = false;
    while !rest.is_empty() {
        let (value, used) = match grammar {
            TimeGrammar::Lenient => leading_number(rest).filter(|(value, _)| *value >= 0)?,
            TimeGrammar::Digits => leading_number(rest).filter(|_| rest[0].is_ascii_digit())?,
            TimeGrammar::Fraction if rest[0] == b'.' => (0, 0),
            TimeGrammar::Fraction => leading_number(rest).filter(|_| rest[0].is_ascii_digit())?,
        };
        rest = &rest[used..];
        let has_fraction = grammar == TimeGrammar::Fraction && rest.first() == Some(&b'.');
        if has_fraction {
            let digits = rest[1..].iter().take_while(|b| b.is_ascii_digit()).count();
            rest = &rest[1 + digits..];
            if digits == 0 || !matches!(rest.first(), None | Some(b's' | b'S')) {
                return None;
            }
        }
        let unit = match rest.first().map(u8::to_ascii_lowercase) {
            None | Some(b's') if grammar == TimeGrammar::Fraction && has_seconds => return None,
            None | Some(b's') => {
                has_seconds = true;
                1
            }
            Some(b'm') => 60,
            Some(b'h') => 3600,
            Some(b'd') => 86_400,
            Some(b'w') => 604_800,
            Some(_) => return None,
        };
        rest = rest.get(1..).unwrap_or_default();
        if value > MOST / unit || total > MOST - value * unit {
            return None;
        }
        total += value * unit;
    }
    Some(total)
}

/// A size with an optional fraction and one of `B K M G T P E` (scan_scaled(3)).
pub(super) fn size(text: &[u8]) -> Option<i64> {
    let mut rest = text;
    while rest.first().is_some_and(|b| is_space(*b)) {
        rest = &rest[1..];
    }
    let negative = rest.first() == Some(&b'-');
    if matches!(rest.first(), Some(b'+' | b'-')) {
        rest = &rest[1..];
    }
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    // 18 digits are all it takes.
    if digits >= 19 {
        return None;
    }
    let mut whole = rest[..digits].iter().fold(0_i64, |sum, d| sum * 10 + i64::from(d - b'0'));
    rest = &rest[digits..];
    let mut fraction = (0_i64, 1_i64);
    if rest.first() == Some(&b'.') {
        rest = &rest[1..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        for digit in rest[..digits].iter().take(17) {
            fraction = (fraction.0 * 10 + i64::from(digit - b'0'), fraction.1 * 10);
        }
        rest = &rest[digits..];
    }
    if negative {
        whole = -whole;
    }
    let Some(unit) = rest.first() else { return Some(whole) };
    let shift = b"BKMGTPE".iter().position(|scale| scale.eq_ignore_ascii_case(unit))?;
    if rest.get(1).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let scale = 1_i64 << (10 * shift);
    let part = i128::from(fraction.0) * i128::from(scale) / i128::from(fraction.1);
    let part = i64::try_from(part).ok()?;
    whole.checked_mul(scale)?.checked_add(if negative { -part } else { part })
}

/// A port from 0 to 65535, or a tcp service by name (misc.c: a2port).
pub(super) fn port(text: &[u8], facts: &dyn Facts) -> Option<u16> {
    match number(text, 0, 65_535) {
        Ok(port) => u16::try_from(port).ok(),
        Err(_) => facts.service(text),
    }
}

/// The two ends of a tunnel device, `any` or a number each (misc.c: a2tun), as `ssh -G` prints them.
pub(super) fn tunnel_device(text: &[u8]) -> Option<String> {
    let end = |text: &[u8]| {
        if text.eq_ignore_ascii_case(b"any") {
            return Some("any".to_owned());
        }
        number(text, 0, i64::from(i32::MAX) - 2).ok().map(|n| n.to_string())
    };
    let (local, remote) = match memchr::memchr(b':', text) {
        Some(colon) => (end(&text[..colon])?, end(&text[colon + 1..])?),
        None => (end(text)?, "any".to_owned()),
    };
    Some(format!("{local}:{remote}"))
}

const QOS: &[(&str, i64)] = &[
    ("none", i32::MAX as i64),
    ("af11", 0x28),
    ("af12", 0x30),
    ("af13", 0x38),
    ("af21", 0x48),
    ("af22", 0x50),
    ("af23", 0x58),
    ("af31", 0x68),
    ("af32", 0x70),
    ("af33", 0x78),
    ("af41", 0x88),
    ("af42", 0x90),
    ("af43", 0x98),
    ("cs0", 0x00),
    ("cs1", 0x20),
    ("cs2", 0x40),
    ("cs3", 0x60),
    ("cs4", 0x80),
    ("cs5", 0xa0),
    ("cs6", 0xc0),
    ("cs7", 0xe0),
    ("ef", 0xb8),
    ("le", 0x04),
    ("va", 0xb0),
    ("lowdelay", 0x10),
    ("throughput", 0x08),
    ("reliability", 0x04),
];

/// A class of service by name or number (misc.c: parse_ipqos), as `ssh -G` prints it.
pub(super) fn ip_qos(text: &[u8], dialect: &Dialect) -> Option<String> {
    let classes = QOS.iter().filter(|(name, _)| *name != "va" || dialect.has_qos_va());
    let classes = classes.map(|(name, value)| match *name {
        "le" if !dialect.has_le_of_rfc_8622() => (*name, 0x01),
        "lowdelay" | "throughput" | "reliability" if dialect.drops_type_of_service() => {
            (*name, i64::from(i32::MAX))
        }
        _ => (*name, *value),
    });
    let named = classes.clone().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(text));
    let value = match named {
        Some((_, value)) => value,
        None if dialect.takes_decimal_qos_only() => number(text, 0, 255).ok()?,
        None => c_integer(text).filter(|value| (0..=255).contains(value))?,
    };
    let name = classes.clone().find(|(_, known)| *known == value);
    Some(name.map_or_else(|| format!("0x{value:02x}"), |(name, _)| name.to_owned()))
}

/// The number of a class of service in the words of `ssh -G`; `None` for `none`, which leaves
/// packets unmarked.
#[must_use]
pub fn service_class(name: &str) -> Option<u8> {
    let named = QOS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    named.or_else(|| c_integer(name.as_bytes())).and_then(|value| u8::try_from(value).ok())
}

/// A whole number as C writes it: decimal, `0x` or with a leading `0` octal.
fn c_integer(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim_start_matches([' ', '\t', '\n', '\r']);
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => (hex, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

/// An octal mode up to 0777 at the beginning of a text; what follows it is not looked at.
pub(super) fn mask(text: &[u8]) -> Option<u32> {
    let blanks = text.iter().take_while(|b| is_space(**b)).count();
    let text = &text[blanks..];
    let text = text.strip_prefix(b"+").unwrap_or(text);
    let digits = text.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    if digits == 0 {
        return None;
    }
    let value = text[..digits]
        .iter()
        .fold(0_u32, |sum, digit| sum.saturating_mul(8).saturating_add(u32::from(digit - b'0')));
    (value <= 0o777).then_some(value)
}

/// The escape character, as `ssh -G` prints it.
pub(super) fn escape_char(text: &[u8]) -> Option<String> {
    let byte = match text {
        b"none" => return Some("none".to_owned()),
        [byte] => *byte,
        [b'^', letter @ 64..128] => letter & 31,
        _ => return None,
    };
    Some(visible(byte))
}

/// One byte as vis(3) shows it with VIS_WHITE.
fn visible(byte: u8) -> String {
    if byte == b'\\' {
        return "\\\\".to_owned();
    }
    if byte.is_ascii_graphic() {
        return char::from(byte).to_string();
    }
    if byte & 0x7f == b' ' {
        return format!("\\{byte:03o}");
    }
    let meta = if byte & 0x80 == 0 { "" } else { "M" };
    match byte & 0x7f {
        0x7f => format!("\\{meta}^?"),
        low if low.is_ascii_control() => format!("\\{meta}^{}", char::from(low + b'@')),
        low => format!("\\{meta}-{}", char::from(low)),
    }
}

/// Whether a name can be a domain (misc.c: valid_domain), one that begins with `_` if `underscore`; the
/// error says what is wrong with it.
pub(super) fn check_domain(name: &[u8], underscore: bool) -> Result<(), String> {
    let shown = || String::from_utf8_lossy(&name[..name.len().min(100)]).into_owned();
    match name.first() {
        None => return Err("empty domain name".to_owned()),
        Some(b'_') if underscore => {}
        Some(first) if !first.is_ascii_alphanumeric() => {
            return Err(format!("domain name \"{}\" starts with invalid character", shown()));
        }
        Some(_) => {}
    }
    if name.windows(2).any(|pair| pair == b"..") {
        return Err(format!("domain name \"{}\" contains consecutive separators", shown()));
    }
    if !name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
        return Err(format!("domain name \"{}\" contains invalid characters", shown()));
    }
    Ok(())
}

/// Whether `$NAME` can be a variable (misc.c: valid_env_name).
pub(super) fn is_variable_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// ssh's own check of a host name (readconf.c: ssh_valid_hostname). ssh asks it of the command line
/// only; a `HostName` from a config that fails it must not reach a shell or another program.
#[must_use]
pub fn is_valid_hostname(host: &[u8]) -> bool {
    !host.starts_with(b"-")
        && !host
            .iter()
            .any(|b| b"'`\"$\\;&<>|(){},".contains(b) || is_space(*b) || b.is_ascii_control())
}

/// ssh's own check of a remote user (readconf.c: ssh_valid_ruser), asked of the command line only.
#[must_use]
pub fn is_valid_user(user: &[u8]) -> bool {
    let after = |at: usize| user.get(at + 1);
    !user.starts_with(b"-")
        && !user.iter().enumerate().any(|(at, &b)| {
            b.is_ascii_control()
                || b"'`\";&<>|(){}".contains(&b)
                || is_space(b) && after(at) == Some(&b'-')
                || b == b'\\' && after(at).is_none()
        })
}

/// The check of a host name as one ssh has it (ssh.c: valid_hostname).
pub(super) fn host_passes(host: &[u8], dialect: &Dialect) -> bool {
    let comma = |b: &u8| *b == b',' && !dialect.refuses_comma_in_host();
    let without_commas: Vec<u8> = host.iter().copied().filter(|b| !comma(b)).collect();
    is_valid_hostname(&without_commas)
}

/// The check of a remote user as one ssh has it (ssh.c: valid_ruser).
pub(super) fn user_passes(user: &[u8], dialect: &Dialect) -> bool {
    // Without the check of control characters a tab is a blank as others are.
    let unchecked = |b: u8| if is_space(b) { b' ' } else { b'x' };
    let checked: Vec<u8> = if dialect.refuses_control_in_user() {
        user.to_vec()
    } else {
        let shown = |&b: &u8| if b.is_ascii_control() { unchecked(b) } else { b };
        user.iter().map(shown).collect()
    };
    is_valid_user(&checked)
        && !(dialect.refuses_dollar_in_user() && user.iter().any(|b| b"$\\".contains(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let cases: [(&str, Option<i64>); 12] = [
            ("90", Some(90)),
            ("1h30m", Some(5400)),
            ("1W2D", Some(777_600)),
            ("10s5", Some(15)),
            ("0", Some(0)),
            ("", None),
            ("m", None),
            ("1x", None),
            ("-1", None),
            ("2147483647", Some(2_147_483_647)),
            ("2147483648", None),
            ("99999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text.as_bytes(), TimeGrammar::Lenient), expected, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_the_version_reads_them() {
        use TimeGrammar::{Digits, Fraction, Lenient};
        // In the order of the grammars.
        let cases: [(&str, [Option<i64>; 3]); 10] = [
            ("+5", [Some(5), None, None]),
            (" 5", [Some(5), None, None]),
            ("10s5", [Some(15), Some(15), None]),
            ("1m30", [Some(90), Some(90), Some(90)]),
            ("1.5", [None, None, Some(1)]),
            (".5", [None, None, Some(0)]),
            ("1m1.5s", [None, None, Some(61)]),
            ("1.5m", [None, None, None]),
            ("5.", [None, None, None]),
            ("1e3", [None, None, None]),
        ];
        for (text, expected) in cases {
            let read = |grammar| seconds(text.as_bytes(), grammar);
            assert_eq!([Lenient, Digits, Fraction].map(read), expected, "{text}");
        }
    }

    #[test]
    fn classes_of_service_are_those_of_the_version() {
        let shown = |version: &str, text: &str| {
            ip_qos(text.as_bytes(), &version.parse::<Dialect>().unwrap())
        };
        for (version, text, expected) in [
            ("8.8", "1", Some("le")),
            ("8.9", "4", Some("le")),
            ("9.2", "reliability", Some("le")),
            ("9.7", "0x10", Some("lowdelay")),
            ("9.8", "0x10", None),
            ("9.8", "010", Some("0x0a")),
            ("10.0", "throughput", Some("throughput")),
            ("10.1", "throughput", Some("none")),
            ("debian-13", "throughput", Some("none")),
            ("10.2", "va", None),
            ("10.3", "va", Some("va")),
        ] {
            assert_eq!(shown(version, text).as_deref(), expected, "{version} {text}");
        }
    }

    #[test]
    fn sizes() {
        let cases: [(&str, Option<i64>); 9] = [
            ("1024", Some(1024)),
            ("16k", Some(16_384)),
            ("1.5G", Some(1_610_612_736)),
            ("1G", Some(1_073_741_824)),
            ("-1", Some(-1)),
            ("1X", None),
            ("1KB", None),
            ("9E", None),
            ("12345678901234567890", None),
        ];
        for (text, expected) in cases {
            assert_eq!(size(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn escape_characters_are_shown_as_vis_shows_them() {
        let shown = |text: &[u8]| escape_char(text);
        assert_eq!(shown(b"~").as_deref(), Some("~"));
        assert_eq!(shown(b"^]").as_deref(), Some("\\^]"));
        assert_eq!(shown(b"\\").as_deref(), Some("\\\\"));
        assert_eq!(shown(b"\xe9").as_deref(), Some("\\M-i"));
        assert_eq!(shown(b"\x7f").as_deref(), Some("\\^?"));
        assert_eq!(shown(b"\xa0").as_deref(), Some("\\240"));
        assert_eq!(shown(b"ab"), None);
    }

    #[test]
    fn what_ssh_refuses_on_its_command_line() {
        assert!(is_valid_hostname(b"web-1.example.com") && is_valid_hostname(b"fe80::1%eth0"));
        assert!(is_valid_user(b"bob@corp") && is_valid_user(b"DOMAIN\\bob"));
        for host in ["-oX", "h;touch x", "$(x)", "a b", "a,b", "`x`", "a\nb"] {
            assert!(!is_valid_hostname(host.as_bytes()), "{host}");
        }
        for user in ["-l", "o'brien", "a;b", "a -b", "bob\\", "a\tb", "$(x)"] {
            assert!(!is_valid_user(user.as_bytes()), "{user}");
        }
    }
}
