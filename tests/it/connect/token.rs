//! FIDO keys: an agent holds one whose token is software, and the real sshd checks what it signs.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use data_encoding::BASE64;
use russh::keys::signature::Signer;
use russh::keys::ssh_key::private::Ed25519Keypair;
use sha2::{Digest, Sha256};

use super::World;
use crate::support::sandbox::Run;
use crate::support::sshd::ME;

const TYPE: &[u8] = b"sk-ssh-ed25519@openssh.com";
const APPLICATION: &[u8] = b"ssh:";
/// Somebody has touched the token.
const PRESENT: u8 = 1;
const COUNTER: u32 = 7;

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat()
}

/// Takes a string off the front (RFC 4251, section 5).
fn take<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (length, tail) = rest.split_first_chunk::<4>().expect("a length");
    let (head, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
    *rest = tail;
    head
}

/// The public half (PROTOCOL.u2f).
fn public(token: &Ed25519Keypair) -> Vec<u8> {
    [string(TYPE), string(token.public.as_ref()), string(APPLICATION)].concat()
}

/// What a token signs is not the message (PROTOCOL.u2f, SSH U2F signatures).
fn sign(token: &Ed25519Keypair, message: &[u8]) -> Vec<u8> {
    let mut signed = Sha256::digest(APPLICATION).to_vec();
    signed.push(PRESENT);
    signed.extend(COUNTER.to_be_bytes());
    signed.extend(Sha256::digest(message));
    let signature = token.try_sign(&signed).expect("a signature");
    let end = [&[PRESENT][..], &COUNTER.to_be_bytes()].concat();
    [string(TYPE), string(signature.as_bytes()), end].concat()
}

/// Serves draft-miller-ssh-agent at a socket, with this one key.
fn serve(socket: &PathBuf, token: &Ed25519Keypair) {
    let listener = UnixListener::bind(socket).expect("a socket");
    let token = token.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let token = token.clone();
            std::thread::spawn(move || answer(stream, &token));
        }
    });
}

fn answer(mut stream: UnixStream, token: &Ed25519Keypair) -> Option<()> {
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length).ok()?;
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut request).ok()?;
        let reply = match request.split_first() {
            Some((11, _)) => {
                let key = [string(&public(token)), string(b"a token")].concat();
                [&[12, 0, 0, 0, 1][..], &key].concat()
            }
            Some((13, mut rest)) => {
                assert_eq!(take(&mut rest), public(token));
                [&[14][..], &string(&sign(token, take(&mut rest)))].concat()
            }
            // Extensions, such as session-bind.
            _ => vec![5],
        };
        stream.write_all(&string(&reply)).ok()?;
    }
}

#[test]
fn a_security_key_of_the_agent_logs_in() {
    needs!("sshd");
    let world = World::new();
    let token = Ed25519Keypair::from_seed(&[7; 32]);
    let socket = world.home.path("agent");
    serve(&socket, &token);
    let line =
        format!("{} {}\n", str::from_utf8(TYPE).expect("text"), BASE64.encode(&public(&token)));
    world.home.write(format!("sshd-{}/authorized_keys", world.sshd.port), &line);
    let args = ["-o", "BatchMode=yes", "-o", "IdentitiesOnly=no", "web", "echo in"];
    for session in super::SESSIONS {
        let mut command = world.connect(session, &args);
        Run::of(command.env("SSH_AUTH_SOCK", &socket)).success().prints("in");
    }
    assert!(world.sshd.log().contains("ED25519-SK"), "{}", world.sshd.log());
    // Its public half names it, as that of any other key does.
    let named = world.home.write(".ssh/token.pub", &line).display().to_string();
    let identity = format!("IdentityFile={}", named.trim_end_matches(".pub"));
    let mut command =
        world.connect("builtin", &["-o", &identity, "-o", "BatchMode=yes", "web", "true"]);
    Run::of(command.env("SSH_AUTH_SOCK", &socket)).success();
}

/// A key of a software token, as `ssh-keygen -t ed25519-sk` writes it.
pub const FILE: &str = "\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAASgAAABpzay1zc2
gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAACD4d8uQuM2Zdoylo0+UoBT3xwx2F6XoXzomDHIT
0TTX6AAAAARzc2g6AAAAqMcv+HjHL/h4AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY2
9tAAAAIPh3y5C4zZl2jKWjT5SgFPfHDHYXpehfOiYMchPRNNfoAAAABHNzaDoBAAAAQIGs
IVvxwfEsYmI1l8Q9N6VAobvjLCzM4SkEF0tJP34++HfLkLjNmXaMpaNPlKAU98cMdhel6F
86JgxyE9E01+gAAAAAAAAABHl1YmkBAgMEBQ==
-----END OPENSSH PRIVATE KEY-----
";

#[test]
fn a_security_key_file_without_an_agent_is_named_and_what_would_use_it() {
    needs!("sshd");
    let world = World::new();
    let key = world.home.write(".ssh/yubi", FILE).display().to_string();
    let identity = format!("IdentityFile={key}");
    let args = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", &identity];
    let known = format!("UserKnownHostsFile={}", world.known_hosts().display());
    let to = format!("ssh://{ME}@127.0.0.1:{}", world.sshd.port);
    let args = [&args[..], &["-o", &known, &to, "true"]].concat();
    let run = world.run("builtin", &args).exits(255);
    run.says(&format!("`{key}` is a FIDO security key (sk-ssh-ed25519@openssh.com)"))
        .says(&format!("hint: `ssh-add {key}` gives it to the agent; `--session system`"));
}
