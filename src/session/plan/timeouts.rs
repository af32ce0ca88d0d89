//! PURE: ChannelTimeout: how long a channel may be silent.

use std::time::Duration;

use sshp_config::{Effective, Keyword, parse_time, pattern};

use super::run::Run;

/// How long the channel of what runs at the destination may be silent, where a pattern of
/// ChannelTimeout matches one of its two names (channels.c: lookup_timeout, channel_set_xtype).
pub(super) fn of_session(found: &Effective, run: &Run) -> Option<Duration> {
    let names = match run {
        Run::Nothing => return None,
        Run::Connection(..) => ["stdio-forward".to_owned(), String::new()],
        Run::Shell => ["session".to_owned(), "session:shell".to_owned()],
        Run::Command(_) => ["session".to_owned(), "session:command".to_owned()],
        Run::Subsystem(name) => ["session".to_owned(), format!("session:subsystem:{name}")],
    };
    let pairs: Vec<_> = found.all(Keyword::ChannelTimeout).iter().map(|pair| pair.text()).collect();
    let (_, time) = pairs.iter().filter_map(|pair| pair.split_once('=')).find(|(of, _)| {
        names
            .iter()
            .any(|name| !name.is_empty() && pattern::matches(name.as_bytes(), of.as_bytes()))
    })?;
    let limit = match time.parse::<f64>() {
        // From OpenSSH 10.3 on a fraction of a second is a time.
        Ok(fraction) if time.contains('.') => Duration::try_from_secs_f64(fraction).ok()?,
        _ => Duration::from_secs(u64::try_from(parse_time(time.as_bytes())?).ok()?),
    };
    // 0 is no limit.
    (!limit.is_zero()).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::plan::tests::try_resolve;

    fn limit(value: &str, run: &Run) -> Option<Duration> {
        of_session(&try_resolve(&format!("ChannelTimeout {value}")).expect("options"), run)
    }

    #[test]
    fn the_first_pattern_that_matches_either_name_counts() {
        let command = Run::Command(b"x".to_vec());
        let some = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(limit("session=5m", &command), some(300));
        assert_eq!(limit("session:shell=1 session:c*=2 session=3", &command), some(2));
        assert_eq!(limit("session:shell=1 *=0 session=3", &command), None);
        assert_eq!(limit("session:subsystem:sftp=7", &Run::Subsystem("sftp".into())), some(7));
        assert_eq!(limit("direct-tcpip=1", &command), None);
        assert_eq!(limit("session=.5", &command), Some(Duration::from_millis(500)));
        assert_eq!(limit("stdio-*=4", &Run::Connection("h".into(), 1)), some(4));
        assert_eq!(limit("*=4", &Run::Nothing), None);
        assert_eq!(limit("none", &command), None);
    }
}
