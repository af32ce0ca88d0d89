//! What comes before, around and after the key exchange, packet by packet.

use std::process::Command;
use std::time::{Duration, Instant};

use russh::keys::HashAlg;

use super::{connect, without_terminal};
use crate::support::packets::{
    AUTH_60, AUTH_ANSWERS, AUTH_BANNER, AUTH_REQUEST, AUTH_SUCCESS, CHANNEL_REQUEST, DISCONNECT,
    EXT_INFO, GLOBAL_REQUEST, OPEN, OPEN_FAILURE, Proof, Server, key, message, serve, string, take,
};
use crate::support::pty::Pty;
use crate::support::sandbox::{Run, Sandbox};

/// `für` in Latin-1.
const LATIN: &[u8] = b"f\xfcr";

/// A home, and the key that the server of [`client`] is known by.
pub(super) fn world() -> (Sandbox, Proof) {
    let home = Sandbox::new();
    let proof = Proof::of(&key(&home.keygen("host", &[])));
    (home, proof)
}

/// The built-in session with a server that is known by this key.
fn client(home: &Sandbox, port: u16, proof: &Proof, options: &[&str]) -> Command {
    client_by("builtin", home, port, proof, options)
}

/// A client of a server that is known by this key.
pub(super) fn client_by(
    session: &str,
    home: &Sandbox,
    port: u16,
    proof: &Proof,
    options: &[&str],
) -> Command {
    let public = proof.key.public_key().to_openssh().expect("text");
    let known = home.write(".ssh/known_hosts", format!("[127.0.0.1]:{port} {public}\n"));
    let config = format!(
        "Host raw\n  HostName 127.0.0.1\n  Port {port}\n  User me\n  IdentityFile none\n  \
         UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
        known.display()
    );
    home.write(".ssh/config", config);
    let options = options.iter().flat_map(|option| ["-o", option]);
    let args: Vec<&str> = options.chain(["raw", "true"]).collect();
    connect(home, session, &args)
}

/// Serves `talk` once, and runs a client without a terminal.
fn run(
    home: &Sandbox,
    proof: &Proof,
    options: &[&str],
    talk: impl FnOnce(&mut Server) -> std::io::Result<()> + Send + 'static,
) -> Run {
    let port = serve(talk);
    Run::of(&mut without_terminal(&client(home, port, proof, options)))
}

#[test]
fn before_the_greeting_and_in_it_stand_any_bytes_and_many() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    let long = b"y".repeat(8190);
    let many = b"notice \xfc\x01\r\n".repeat(1020);
    let before = [&many[..], b"\n\r\n", &long, b"\r\n"].concat();
    for (before, greeting) in [(before, &b"SSH-2.0-caf\xe9 \x01"[..]), (Vec::new(), b"SSH-1.99-x")]
    {
        let server = proof.clone();
        run(&home, &proof, &[], move |peer| {
            peer.greet(&before, greeting)?;
            peer.exchange(&server)?;
            peer.accept()?;
            peer.session()?;
            peer.finish(0)
        })
        .success();
    }
}

#[test]
fn what_is_no_ssh_server_is_told_by_what_it_says_and_at_once() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    let start = Instant::now();
    let too_many = b"notice\n".repeat(1100);
    for (says, named) in [
        (&b"SSH-1.5-old\r\n"[..], "SSH-1.5-old"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"\r\nExceeded MaxStartups\r\n", "Exceeded MaxStartups"),
        (&too_many, "notice"),
    ] {
        let (says, proof) = (says.to_vec(), &proof);
        let stays = says.starts_with(b"SSH-") || says.len() > 1000;
        run(&home, proof, &[], move |peer| {
            peer.raw(&says)?;
            // Only the client ends the connection.
            if stays { peer.wait() } else { Ok(()) }
        })
        .exits(255)
        .says(named);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn text_that_is_not_utf8_is_shown_escaped_and_ends_no_session() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    let server = proof.clone();
    let run = run(&home, &proof, &[], move |peer| {
        peer.start(&server)?;
        let extensions = [string(LATIN), string(LATIN), string("server-sig-algs"), string(LATIN)];
        peer.send(&message(EXT_INFO, &[&[0, 0, 0, 2], &extensions.concat()]))?;
        peer.service()?;
        let banner = [string([b"nur ", LATIN, b" uns"].concat()), string(LATIN)].concat();
        peer.send(&message(AUTH_BANNER, &[&banner]))?;
        peer.send(&[AUTH_SUCCESS])?;
        peer.session()?;
        let (name, channel) = (string(LATIN), peer.channel);
        peer.send(&message(4, &[&[1], &name, &name]))?;
        for wants_answer in [0, 1] {
            peer.send(&message(GLOBAL_REQUEST, &[&name, &[wants_answer]]))?;
            peer.send(&message(CHANNEL_REQUEST, &[&channel, &name, &[wants_answer]]))?;
        }
        peer.send(&message(OPEN, &[&name, &[0; 4], &[0, 0, 1, 0], &[0, 0, 1, 0]]))?;
        let signal = [string(LATIN), vec![0], name.clone(), name].concat();
        peer.send(&message(CHANNEL_REQUEST, &[&channel, &string("exit-signal"), &[0], &signal]))?;
        peer.finish(3)
    });
    run.exits(3).says("nur f\\xfcr uns");
}

#[test]
fn a_server_that_ends_the_connection_says_why_at_every_stage() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    for stage in ["greeting", "login", "session"] {
        let server = proof.clone();
        run(&home, &proof, &[], move |peer| {
            peer.greet(b"", b"SSH-2.0-x")?;
            if stage != "greeting" {
                peer.exchange(&server)?;
                peer.service()?;
            }
            if stage == "session" {
                peer.send(&[AUTH_SUCCESS])?;
                peer.session()?;
            }
            // A code that no RFC lists, and no language.
            peer.send(&message(DISCONNECT, &[&[0, 0, 0, 99], &string([b"geh ", LATIN].concat())]))?;
            peer.next_message().map(drop)
        })
        .exits(255)
        .says("geh f\\xfcr");
    }
}

#[test]
fn a_message_that_the_login_does_not_know_ends_it_at_once() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    let (server, start) = (proof.clone(), Instant::now());
    run(&home, &proof, &[], move |peer| {
        peer.start(&server)?;
        peer.service()?;
        peer.send(&message(AUTH_60, &[&string("x"), &string("")]))?;
        peer.next_message().map(drop)
    })
    .exits(255)
    .says("protocol");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_is_said_before_the_keys_are_new_ends_the_connection() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    run(&home, &proof, &[], move |peer| {
        peer.greet(b"", b"SSH-2.0-x")?;
        peer.send(&message(AUTH_BANNER, &[&string("not protected"), &string("")]))?;
        peer.next_message().map(drop)
    })
    .exits(255)
    .says("protocol");
}

#[test]
fn a_password_goes_as_it_was_typed_and_an_expired_one_is_changed() {
    needs!("ssh");
    let (home, proof) = world();
    let server = proof.clone();
    let port = serve(move |peer| {
        peer.start(&server)?;
        let request = peer.method("password")?;
        assert_eq!(request, [&[0][..], &string(b"p\xe4ss")].concat());
        for text in [&b"expired f\xfcr you"[..], b"too short"] {
            peer.send(&message(AUTH_60, &[&string(text), &string("")]))?;
            let request = peer.receive(AUTH_REQUEST)?;
            let change = [&[1][..], &string(b"p\xe4ss"), &string(b"n\xfcw")].concat();
            assert!(request.ends_with(&change), "{request:?}");
        }
        peer.send(&[AUTH_SUCCESS])?;
        peer.session()?;
        peer.finish(0)
    });
    let mut pty = Pty::spawn(&client(&home, port, &proof, &["HostKeyAlias=box"]));
    home.write(
        ".ssh/known_hosts",
        home.text(".ssh/known_hosts").replace("[127.0.0.1]", "box,[127.0.0.1]"),
    );
    pty.wait_for("me@box's password:");
    pty.send_bytes(b"p\xe4ss\r");
    pty.wait_for("expired f\\xfcr you");
    pty.wait_for("Enter me@box's old password:");
    pty.send_bytes(b"p\xe4ss\r");
    pty.wait_for("Enter me@box's new password:");
    pty.send("other\r");
    pty.wait_for("Retype me@box's new password:");
    pty.send_bytes(b"n\xfcw\r");
    pty.wait_for("Mismatch; try again, EOF to quit.");
    for text in ["", "too short"] {
        if !text.is_empty() {
            pty.wait_for(text);
            pty.wait_until("the old one again", |screen| {
                screen.matches("old password").count() == 2
            });
            pty.send_bytes(b"p\xe4ss\r");
        }
        let asked = |screen: &str| screen.matches("Enter me@box's new").count();
        let (enter, retype) = if text.is_empty() { (2, 2) } else { (3, 3) };
        pty.wait_until("the new one", |screen| asked(screen) == enter);
        pty.send_bytes(b"n\xfcw\r");
        pty.wait_until("it again", |screen| screen.matches("Retype").count() == retype);
        pty.send_bytes(b"n\xfcw\r");
    }
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
    assert!(!pty.raw.windows(3).any(|bytes| bytes == b"n\xfcw"), "{}", pty.screen());
}

#[test]
fn questions_and_answers_may_be_of_any_encoding() {
    needs!("ssh");
    let (home, proof) = world();
    let server = proof.clone();
    let port = serve(move |peer| {
        peer.start(&server)?;
        peer.method("keyboard-interactive")?;
        let texts = [string(b"n\xe4me"), string(b"w\xe4is"), string(b"\xe4")].concat();
        let prompts = [string(b"W\xf6rt: "), vec![0]].concat();
        peer.send(&message(AUTH_60, &[&texts, &[0, 0, 0, 1], &prompts]))?;
        let answers = peer.receive(AUTH_ANSWERS)?;
        assert_eq!(take(&mut &answers[5..]), b"\xe4a");
        peer.send(&[AUTH_SUCCESS])?;
        peer.session()?;
        peer.finish(0)
    });
    let mut pty = Pty::spawn(&client(&home, port, &proof, &[]));
    pty.wait_for("n\\xe4me");
    pty.wait_for("w\\xe4is");
    pty.wait_for("(me@127.0.0.1) W\\xf6rt:");
    pty.send_bytes(b"\xe4a\r");
    assert_eq!(pty.wait_exit(), 0, "{}", pty.screen());
}

/// An RSA key, agreed on and proved with these.
pub(super) fn rsa(home: &Sandbox, algorithm: &'static str, hash: Option<HashAlg>) -> Proof {
    let file = home.path(".ssh/rsa");
    let file = if file.exists() { file } else { home.keygen("rsa", &["-t", "rsa", "-b", "2048"]) };
    Proof { key: key(&file), algorithm, hash }
}

#[test]
fn the_proof_of_a_host_is_the_one_that_was_agreed_on() {
    needs!("ssh", "util-linux");
    let (home, ed25519) = world();
    let (sha512, sha256) = (Some(HashAlg::Sha512), Some(HashAlg::Sha256));
    let other_type = Proof { algorithm: "ecdsa-sha2-nistp256", ..ed25519.clone() };
    let asked = &["HostKeyAlgorithms=+ssh-rsa"][..];
    let cases = [
        (rsa(&home, "rsa-sha2-512", sha512), &[][..], Ok(())),
        (rsa(&home, "rsa-sha2-512", None), &[], Err("cannot prove")),
        (rsa(&home, "rsa-sha2-256", sha512), &[], Err("cannot prove")),
        (rsa(&home, "rsa-sha2-512", sha256), &[], Err("cannot prove")),
        (other_type, &[], Err("not the one that was agreed on")),
        // SHA-1 counts where it was asked for and agreed on.
        (rsa(&home, "ssh-rsa", None), &[], Err("no matching host key type")),
        (rsa(&home, "ssh-rsa", None), asked, Ok(())),
        (rsa(&home, "ssh-rsa", sha512), asked, Err("cannot prove")),
        (rsa(&home, "rsa-sha2-512", None), asked, Err("cannot prove")),
    ];
    for (proof, options, right) in cases {
        let server = proof.clone();
        let run = run(&home, &proof, options, move |peer| {
            peer.start(&server)?;
            peer.accept()?;
            peer.session()?;
            peer.finish(0)
        });
        match right {
            Ok(()) => run.success(),
            Err(why) => run.exits(255).says(why),
        };
    }
}

#[test]
fn at_a_re_exchange_the_host_proves_the_same_key_in_the_same_way() {
    needs!("ssh", "util-linux");
    let (home, _) = world();
    let proof = rsa(&home, "rsa-sha2-512", Some(HashAlg::Sha512));
    let sha1 = Proof { hash: None, ..proof.clone() };
    let other = Proof { key: key(&home.keygen("rsa2", &["-t", "rsa"])), ..proof.clone() };
    for (again, right) in
        [(proof.clone(), Ok(())), (sha1, Err("cannot prove")), (other, Err("in the middle"))]
    {
        let first = proof.clone();
        let run = run(&home, &proof, &[], move |peer| {
            peer.start(&first)?;
            peer.accept()?;
            peer.session()?;
            peer.exchange(&again)?;
            peer.finish(0)
        });
        match right {
            Ok(()) => run.success(),
            Err(why) => run.exits(255).says(why),
        };
    }
}

#[test]
fn channels_that_were_not_asked_for_are_refused_with_a_warning() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    for (kind, named) in [("auth-agent@openssh.com", "agent"), ("x11", "X11")] {
        let server = proof.clone();
        run(&home, &proof, &[], move |peer| {
            peer.start(&server)?;
            peer.accept()?;
            peer.session()?;
            let place = [string("1.2.3.4"), vec![0; 4]].concat();
            let place = if kind == "x11" { &place[..] } else { &[] };
            let sizes = [0, 0, 1, 0, 0, 0, 1, 0];
            peer.send(&message(OPEN, &[&string(kind), &[0; 4], &sizes, place]))?;
            peer.receive(OPEN_FAILURE)?;
            peer.finish(0)
        })
        .success()
        .says(&format!("ssh server tried {named} forwarding"));
    }
}

#[test]
fn what_a_list_asks_for_in_vain_is_named_where_nothing_matches() {
    needs!("ssh", "util-linux");
    let (home, proof) = world();
    let server = Proof { algorithm: "ssh-dss", ..proof.clone() };
    run(&home, &proof, &["HostKeyAlgorithms=+ssh-dss"], move |peer| {
        peer.greet(b"", b"SSH-2.0-old")?;
        peer.exchange(&server)
    })
    .exits(255)
    .says("`HostKeyAlgorithms` lists ssh-dss, which the built-in session does not have");
}
