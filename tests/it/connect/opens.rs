//! Channels that a server opens: only those that were asked for.

use std::collections::BTreeSet;
use std::net::TcpListener;

use russh::server::{self, Auth, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId};

use super::server::home_of;
use super::{SESSIONS, World, connect};
use crate::support::sandbox::Run;
use crate::support::sshd::free_port;
use crate::support::wait::dial_at;

/// Opens channels of every kind and prints which of them were taken.
#[derive(Clone)]
struct Opener;

impl server::Server for Opener {
    type Handler = Opener;

    fn new_client(&mut self, _: Option<std::net::SocketAddr>) -> Opener {
        self.clone()
    }
}

impl server::Handler for Opener {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: VerifiedPublicKey<'_>,
    ) -> Result<Auth, russh::Error> {
        Ok(Auth::Accept)
    }

    async fn tcpip_forward(
        &mut self,
        _: &str,
        _: &mut u32,
        _: &mut Session,
    ) -> Result<bool, russh::Error> {
        Ok(true)
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
        let handle = session.handle();
        tokio::spawn(async move {
            let mut taken = BTreeSet::new();
            for address in ["localhost", "127.0.0.1", "127.0.0.2", "", "*"] {
                for port in [4000, 4001] {
                    let opened =
                        handle.channel_open_forwarded_tcpip(address, port, "127.0.0.1", 9).await;
                    if let Ok(channel) = opened {
                        // The session waits for the ends of its connections.
                        let _ = channel.close().await;
                        taken.insert(format!("{address}:{port}"));
                    }
                }
            }
            if handle.channel_open_agent().await.is_ok() {
                taken.insert("agent".to_owned());
            }
            if handle.channel_open_x11("127.0.0.1", 9).await.is_ok() {
                taken.insert("X11".to_owned());
            }
            let text: Vec<_> = taken.into_iter().collect();
            // A client that has gone is seen by the test.
            let _ = handle.data(channel, text.join(" ").into_bytes()).await;
            let _ = handle.exit_status_request(channel, 0).await;
            let _ = handle.eof(channel).await;
            let _ = handle.close(channel).await;
        });
        Ok(())
    }
}

#[test]
fn a_server_opens_no_connection_that_was_not_asked_for() {
    needs!("ssh");
    let home = home_of(Opener);
    let target = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let to = format!("127.0.0.1:{}", target.local_addr().expect("an address").port());
    for session in SESSIONS {
        for (asked, taken) in [
            (vec![], ""),
            (vec!["4000"], "localhost:4000"),
            (vec!["127.0.0.1:4000"], "127.0.0.1:4000"),
            (vec!["*:4001"], ":4001"),
            (vec!["127.0.0.1:4000", "127.0.0.2:4001"], "127.0.0.1:4000 127.0.0.2:4001"),
        ] {
            let mut command = connect(&home, session, &[]);
            for listen in &asked {
                command.args(["-R", &format!("{listen}:{to}")]);
            }
            let run = Run::of(command.args(["bad", "true"])).success();
            assert_eq!(run.stdout, taken, "{session} {asked:?}: {run:?}");
            run.says("WARNING: Server requests forwarding for unknown listen_port 4001")
                .says("Warning: ssh server tried agent forwarding.")
                .says("Warning: ssh server tried X11 forwarding.")
                .says("probably a break-in attempt");
        }
    }
}

#[test]
fn two_addresses_of_one_port_lead_to_two_targets() {
    use std::io::{Read, Write};
    needs!("sshd");
    let world = World::with("GatewayPorts clientspecified");
    let targets = ["one", "two"].map(|text| {
        let target = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = target.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for mut stream in target.incoming().flatten() {
                let _ = stream.write_all(text.as_bytes());
            }
        });
        port
    });
    for session in SESSIONS {
        let port = free_port();
        let mut command = world.connect(session, &["-N"]);
        for (address, target) in ["127.0.0.1", "127.0.0.2"].iter().zip(targets) {
            command.args(["-R", &format!("{address}:{port}:127.0.0.1:{target}")]);
        }
        let mut child = command.arg("web").spawn().expect("sshp");
        for (address, text) in [("127.0.0.1", "one"), ("127.0.0.2", "two")] {
            let mut read = String::new();
            dial_at(address, port).read_to_string(&mut read).expect("the target's text");
            assert_eq!(read, text, "{session} {address}");
        }
        child.kill().expect("a child");
        crate::support::wait::end(&mut child, "a session that is killed");
    }
}
