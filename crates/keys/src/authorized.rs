//! PURE: how a key comes into authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT) on a server of
//! which nothing is known but that it has a POSIX sh.

/// What the server did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The line was added.
    Added,
    /// The key was there already.
    There,
}

/// Before the word that says what was done; start-up files may print lines of their own.
const MARK: &str = "sshp-key-push: ";

impl Answer {
    /// Finds the answer in what the script printed.
    #[must_use]
    pub fn read(output: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(output);
        let mut answers =
            text.lines().filter_map(|line| match line.trim_end().strip_prefix(MARK) {
                Some("added") => Some(Answer::Added),
                Some("there") => Some(Answer::There),
                _ => None,
            });
        answers.next_back()
    }
}

/// The script for `sh` that adds a line of a public key, unless its key is there.
///
/// The line has no newline in it. A last line without its newline gets one, so that two keys do not
/// become one; folder and file are for their owner alone, as sshd wants them (StrictModes).
#[must_use]
pub fn install_script(line: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let key: Vec<&str> = line.split_whitespace().take(2).collect();
    format!(
        "line={line}\nkey={key}\nmark={mark}\n{SCRIPT}",
        line = quoted(line),
        key = quoted(&key.join(" ")),
        mark = quoted(MARK),
    )
}

/// What is done with `line`, its first two words `key`, and `mark`.
const SCRIPT: &str = r#"umask 077
cd || exit 1
file=.ssh/authorized_keys
mkdir -p .ssh || exit 1
if [ ! -e "$file" ]; then
  : >>"$file" || exit 1
fi
if grep -v '^[[:space:]]*#' "$file" | grep -qF -e "$key"; then
  done=there
else
  done=added
  if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then
    printf '\n%s\n' "$line" >>"$file" || exit 1
  else
    printf '%s\n' "$line" >>"$file" || exit 1
  fi
  grep -qF -e "$key" "$file" || exit 1
fi
chmod 700 .ssh && chmod 600 "$file" || exit 1
if command -v restorecon >/dev/null 2>&1; then
  restorecon -F .ssh "$file" >/dev/null 2>&1
fi
printf '%s%s\n' "$mark" "$done"
exit 0
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_comment_ends_nothing_and_noise_hides_no_answer() {
        let script = install_script("ssh-ed25519 AAAA it's '; rm -rf ~; '");
        assert!(script.starts_with(
            "line='ssh-ed25519 AAAA it'\\''s '\\''; rm -rf ~; '\\'''\nkey='ssh-ed25519 AAAA'\n"
        ));
        assert_eq!(Answer::read(b"Welcome\nsshp-key-push: there\r\nbye\n"), Some(Answer::There));
        assert_eq!(Answer::read(b"sshp-key-push: \n"), None);
    }
}
