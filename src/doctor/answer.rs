//! PURE: what servers say, and what it tells of them.

/// What answers at a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortAnswer {
    /// It says this first.
    Says(String),
    /// It takes connections and says nothing.
    Silence,
    /// Nothing listens there.
    Refused,
    /// Nothing comes back.
    Nothing,
}

/// Whether a first line is that of an ssh server of the protocol in use (RFC 4253, section 5).
pub fn is_ssh(line: &str) -> bool {
    line.starts_with("SSH-2.0-") || line.starts_with("SSH-1.99-")
}

/// The user that an image's own message names: `Please login as the user "ubuntu" rather than …`.
pub fn user_that_is_named(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("ogin as the user \"")?;
    let (user, _) = rest.split_once('"')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (!user.is_empty() && !user.starts_with('-') && user.chars().all(plain)).then_some(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_names() {
        let said = "Please login as the user \"ec2-user\" rather than the user \"root\".";
        assert_eq!(user_that_is_named(said), Some("ec2-user"));
        assert_eq!(user_that_is_named("login as the user \"$(x)\""), None);
        assert_eq!(user_that_is_named("login as the user \"-oX\""), None);
    }
}
