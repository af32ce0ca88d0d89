//! Servers that speak the protocol and mean no good.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use russh::server::{self, Auth, Msg, Response, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId};

use super::server::home_of;
use super::{connect, in_little_memory};
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, Sandbox};

/// What a server does to a login.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Malice {
    /// Asks with control characters in every text.
    Escapes,
    /// Asks for nothing, again and again.
    Endless,
    /// Says very much before the login.
    Flood,
    /// Never answers.
    Silence,
}

#[derive(Clone)]
struct Peer(Malice, usize);

impl server::Server for Peer {
    type Handler = Peer;

    fn new_client(&mut self, _: Option<std::net::SocketAddr>) -> Peer {
        self.clone()
    }
}

impl server::Handler for Peer {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, russh::Error> {
        let flood = "all work and no play \x1b[31m\n".repeat(8000);
        Ok((self.0 == Malice::Flood).then_some(flood))
    }

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        if self.0 == Malice::Silence {
            std::future::pending::<()>().await;
        }
        Ok(if self.0 == Malice::Flood { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        if self.0 == Malice::Endless {
            return Ok(Auth::Partial {
                name: "".into(),
                instructions: "".into(),
                prompts: Cow::Owned(vec![]),
            });
        }
        let answers: Vec<_> = response.into_iter().flatten().collect();
        self.1 += 1;
        Ok(match (self.1, answers.as_slice()) {
            (1, _) => Auth::Partial {
                name: "\x1b[2Jname".into(),
                instructions: "do\x07 as\u{202e} told".into(),
                prompts: vec![("\x1b]0;title\x07Code: ".into(), false), ("Shown: ".into(), true)]
                    .into(),
            },
            (_, [code, shown]) if code == "1234" && shown == "me" => Auth::Accept,
            _ => Auth::reject(),
        })
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: server::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(channel)?;
        session.data(channel, "in\n".as_bytes())?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)
    }
}

/// A home with a profile `bad` for such a server.
fn world(malice: Malice) -> Sandbox {
    home_of(Peer(malice, 0))
}

#[test]
fn questions_are_shown_with_nothing_raw_in_them() {
    needs!("ssh");
    let home = world(Malice::Escapes);
    let mut pty = Pty::spawn(&connect(&home, "builtin", &["bad", "true"]));
    pty.wait_for("(me@127.0.0.1) \\x1b]0;title\\x07Code:");
    assert!(pty.screen().contains("\\x1b[2Jname"), "{}", pty.screen());
    assert!(pty.screen().contains("do\\x07 as<U+202E> told"), "{}", pty.screen());
    pty.send("1234\r");
    pty.wait_for("(me@127.0.0.1) Shown:");
    pty.send("me\r");
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    assert!(pty.screen().contains("Shown: me"), "{}", pty.screen());
    let raw = String::from_utf8_lossy(&pty.raw);
    assert!(!raw.contains('\x1b') && !raw.contains('\x07') && !raw.contains("1234"), "{raw:?}");
}

#[test]
fn a_server_that_never_stops_asking_is_left() {
    needs!("ssh", "util-linux");
    let home = world(Malice::Endless);
    let run = Run::of(&mut in_little_memory(&connect(&home, "builtin", &["bad", "true"])));
    run.exits(255).says("never stops asking");
}

#[test]
fn a_long_text_before_the_login_is_shown_in_full_with_nothing_raw_in_it() {
    needs!("ssh", "util-linux");
    let home = world(Malice::Flood);
    let mut client = in_little_memory(&connect(&home, "builtin", &["bad", "true"]));
    let run = Run::of(&mut client).success().prints("in");
    assert_eq!(run.stderr, "all work and no play \\x1b[31m\n".repeat(8000));
}

#[test]
fn a_login_that_is_never_answered_ends_with_the_time_that_was_set() {
    needs!("ssh");
    let home = world(Malice::Silence);
    let start = Instant::now();
    let args = ["-o", "ConnectTimeout=2", "bad", "true"];
    let run = Run::of(&mut connect(&home, "builtin", &args));
    run.exits(255).says("does not answer the login");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}
