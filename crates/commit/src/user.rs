//! Users by name.

use nix::unistd::{Uid, User};

/// A user as people call them: `` `root` ``, or `user 1234` where passwd(5) has no name.
pub fn user_name(uid: Uid) -> String {
    match User::from_uid(uid) {
        Ok(Some(user)) => format!("`{}`", user.name),
        _ => format!("user {uid}"),
    }
}
