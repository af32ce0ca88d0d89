//! An SSH server with every packet in the test's hand, for what no real server sends.
//!
//! It has one algorithm of each kind (curve25519-sha256, aes128-gcm@openssh.com) and does what its
//! test says, step by step; a client that goes away ends it.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use curve25519_dalek::montgomery::MontgomeryPoint;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey, signature};
use sha2::{Digest, Sha256};

/// A client that says nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(20);

/// SSH_MSG_DISCONNECT.
pub const DISCONNECT: u8 = 1;
/// SSH_MSG_EXT_INFO (RFC 8308).
pub const EXT_INFO: u8 = 7;
const SERVICE_REQUEST: u8 = 5;
const KEXINIT: u8 = 20;
const NEWKEYS: u8 = 21;
/// SSH_MSG_USERAUTH_REQUEST.
pub const AUTH_REQUEST: u8 = 50;
const AUTH_FAILURE: u8 = 51;
/// SSH_MSG_USERAUTH_SUCCESS.
pub const AUTH_SUCCESS: u8 = 52;
/// SSH_MSG_USERAUTH_BANNER.
pub const AUTH_BANNER: u8 = 53;
/// Of the method in progress: prompts, a password that has expired.
pub const AUTH_60: u8 = 60;
/// SSH_MSG_USERAUTH_INFO_RESPONSE (RFC 4256).
pub const AUTH_ANSWERS: u8 = 61;
/// SSH_MSG_GLOBAL_REQUEST.
pub const GLOBAL_REQUEST: u8 = 80;
/// SSH_MSG_REQUEST_SUCCESS.
pub const REQUEST_SUCCESS: u8 = 81;
/// SSH_MSG_CHANNEL_OPEN.
pub const OPEN: u8 = 90;
/// SSH_MSG_CHANNEL_OPEN_FAILURE.
pub const OPEN_FAILURE: u8 = 92;
/// SSH_MSG_CHANNEL_REQUEST.
pub const CHANNEL_REQUEST: u8 = 98;

/// A string (RFC 4251, section 5).
pub fn string(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [&u32::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat()
}

/// Takes a string off the front.
pub fn take<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (length, tail) = rest.split_first_chunk::<4>().expect("a length");
    let (head, tail) = tail.split_at(u32::from_be_bytes(*length) as usize);
    *rest = tail;
    head
}

/// A message with this number.
pub fn message(number: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[number][..], &parts.concat()].concat()
}

/// A key of ssh-keygen(1), as a server has it.
pub fn key(file: &Path) -> PrivateKey {
    russh::keys::load_secret_key(file, None).expect("a key")
}

/// A signature over data; the hash is for RSA, `None` SHA-1.
pub fn sign(key: &PrivateKey, hash: Option<HashAlg>, data: &[u8]) -> Vec<u8> {
    let signature = match key.key_data() {
        KeypairData::Rsa(pair) => signature::Signer::try_sign(&(pair, hash), data),
        other => signature::Signer::try_sign(other, data),
    };
    let mut blob = Vec::new();
    signature.expect("a signature").encode(&mut blob).expect("its form");
    blob
}

/// A host key, and how its owner proves it.
#[derive(Clone)]
pub struct Proof {
    /// The key pair.
    pub key: PrivateKey,
    /// What is agreed on.
    pub algorithm: &'static str,
    /// What an RSA key signs with.
    pub hash: Option<HashAlg>,
}

impl Proof {
    /// A key that is not of RSA, used as it should be.
    pub fn of(key: &PrivateKey) -> Self {
        Proof { key: key.clone(), algorithm: "ssh-ed25519", hash: None }
    }

    /// The public key as it is sent (RFC 4253, section 6.6).
    pub fn blob(&self) -> Vec<u8> {
        self.key.public_key().to_bytes().expect("a public key")
    }
}

/// One direction of an encrypted connection (RFC 5647).
struct Cipher {
    key: LessSafeKey,
    nonce: [u8; NONCE_LEN],
}

impl Cipher {
    fn next(&mut self) -> Nonce {
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let (_, count) = self.nonce.split_last_chunk_mut::<8>().expect("a counter");
        *count = (u64::from_be_bytes(*count) + 1).to_be_bytes();
        nonce
    }
}

/// The server's side of one connection.
pub struct Server {
    stream: TcpStream,
    versions: [Vec<u8>; 2],
    /// The session identifier (RFC 4253, section 7.2), empty before the first exchange.
    pub session: Vec<u8>,
    seal: Option<Cipher>,
    open: Option<Cipher>,
    /// What came and was not waited for yet.
    passed: Vec<Vec<u8>>,
    /// The number by which the client calls its channel.
    pub channel: [u8; 4],
}

/// Serves one connection at a new port; `talk` ends without an error when the client goes away.
pub fn serve(talk: impl FnOnce(&mut Server) -> io::Result<()> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let mut server = Server {
            stream,
            versions: Default::default(),
            session: Vec::new(),
            seal: None,
            open: None,
            passed: Vec::new(),
            channel: [0; 4],
        };
        let _ = talk(&mut server);
    });
    port
}

impl Server {
    /// Writes bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits for the client to go.
    pub fn wait(&mut self) -> io::Result<()> {
        io::copy(&mut self.stream, &mut io::sink()).map(drop)
    }

    /// Greets, after these bytes, and reads the client's greeting.
    pub fn greet(&mut self, before: &[u8], greeting: &[u8]) -> io::Result<()> {
        self.raw(&[before, greeting, b"\r\n"].concat())?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            line.push(byte[0]);
        }
        self.versions = [line[..line.len() - 2].to_vec(), greeting.to_vec()];
        Ok(())
    }

    /// Greets and exchanges keys.
    pub fn start(&mut self, proof: &Proof) -> io::Result<()> {
        self.greet(b"", b"SSH-2.0-packets")?;
        self.exchange(proof)
    }

    /// Exchanges keys, for the first time or again.
    pub fn exchange(&mut self, proof: &Proof) -> io::Result<()> {
        let lists = ["curve25519-sha256", proof.algorithm];
        let cipher = ["aes128-gcm@openssh.com"; 2];
        let rest = ["hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""];
        let lists = lists.iter().chain(&cipher).chain(&rest).map(string).collect::<Vec<_>>();
        let ours = message(KEXINIT, &[&[7; 16], &lists.concat(), &[0; 5]]);
        self.send(&ours)?;
        let theirs = self.receive(KEXINIT)?;
        let init = self.receive(30)?;
        let their_point = take(&mut &init[1..]).to_vec();
        let secret = [9; 32];
        let our_point = MontgomeryPoint::mul_base_clamped(secret);
        let point = MontgomeryPoint(their_point.as_slice().try_into().expect("a point"));
        let shared = mpint(&point.mul_clamped(secret).0);
        let hash = [
            string(&self.versions[0]),
            string(&self.versions[1]),
            string(&theirs),
            string(&ours),
            string(proof.blob()),
            string(&their_point),
            string(our_point.0),
            shared.clone(),
        ];
        let hash = Sha256::digest(hash.concat()).to_vec();
        if self.session.is_empty() {
            self.session.clone_from(&hash);
        }
        let signature = string(sign(&proof.key, proof.hash, &hash));
        self.send(&message(31, &[&string(proof.blob()), &string(our_point.0), &signature]))?;
        self.send(&[NEWKEYS])?;
        let derive = |letter: u8| {
            Sha256::digest([&shared[..], &hash, &[letter], &self.session].concat()).to_vec()
        };
        let cipher = |iv: u8, key: u8| Cipher {
            key: LessSafeKey::new(
                UnboundKey::new(&AES_128_GCM, &derive(key)[..16]).expect("a key"),
            ),
            nonce: derive(iv)[..NONCE_LEN].try_into().expect("a nonce"),
        };
        let (seal, open) = (cipher(b'B', b'D'), cipher(b'A', b'C'));
        self.seal = Some(seal);
        self.receive(NEWKEYS)?;
        self.open = Some(open);
        Ok(())
    }

    /// Sends a message.
    pub fn send(&mut self, payload: &[u8]) -> io::Result<()> {
        // The length counts where it is not authenticated apart (RFC 5647, section 7.2).
        let counted = if self.seal.is_some() { 1 } else { 5 } + payload.len();
        let padding = 4 + (16 - (counted + 4) % 16) % 16;
        let padded = u8::try_from(padding).expect("short");
        let mut body = [&[padded][..], payload, &vec![0; padding]].concat();
        let length = u32::try_from(body.len()).expect("short").to_be_bytes();
        if let Some(cipher) = &mut self.seal {
            let nonce = cipher.next();
            cipher
                .key
                .seal_in_place_append_tag(nonce, Aad::from(length), &mut body)
                .expect("encrypted");
        }
        self.raw(&[&length[..], &body].concat())
    }

    /// The next message with this number; those before it can be received later.
    pub fn receive(&mut self, number: u8) -> io::Result<Vec<u8>> {
        if let Some(at) = self.passed.iter().position(|message| message[0] == number) {
            return Ok(self.passed.remove(at));
        }
        loop {
            let message = self.next_message()?;
            match message[0] {
                found if found == number => return Ok(message),
                DISCONNECT => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => self.passed.push(message),
            }
        }
    }

    /// The next message.
    pub fn next_message(&mut self) -> io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        if let Some(cipher) = &mut self.open {
            body.resize(body.len() + 16, 0);
            self.stream.read_exact(&mut body)?;
            let nonce = cipher.next();
            let plain = cipher.key.open_in_place(nonce, Aad::from(length), &mut body);
            let plain = plain.expect("decrypted").len();
            body.truncate(plain);
        } else {
            self.stream.read_exact(&mut body)?;
        }
        let end = body.len() - usize::from(body[0]);
        Ok(body[1..end].to_vec())
    }

    /// Takes the request for the login; gives the first request to log in.
    pub fn service(&mut self) -> io::Result<Vec<u8>> {
        let request = self.receive(SERVICE_REQUEST)?;
        self.send(&message(SERVICE_REQUEST + 1, &[&request[1..]]))?;
        self.receive(AUTH_REQUEST)
    }

    /// Waits for this method; refuses the others. Gives what the request says for it.
    pub fn method(&mut self, method: &str) -> io::Result<Vec<u8>> {
        let mut request = self.service()?;
        loop {
            let mut rest = &request[1..];
            let (_user, _service) = (take(&mut rest), take(&mut rest));
            if take(&mut rest) == method.as_bytes() {
                return Ok(rest.to_vec());
            }
            self.send(&message(AUTH_FAILURE, &[&string(method), &[0]]))?;
            request = self.receive(AUTH_REQUEST)?;
        }
    }

    /// Lets anybody in.
    pub fn accept(&mut self) -> io::Result<()> {
        self.service()?;
        self.send(&[AUTH_SUCCESS])
    }

    /// Waits for a channel that runs a command, and allows it.
    pub fn session(&mut self) -> io::Result<()> {
        let open = self.receive(OPEN)?;
        let mut rest = &open[1..];
        take(&mut rest);
        self.channel = *rest.first_chunk().expect("a number");
        let window = 1_u32 << 20;
        let sizes = [window.to_be_bytes(), 32768_u32.to_be_bytes()].concat();
        self.send(&message(OPEN + 1, &[&self.channel, &[0; 4], &sizes]))?;
        loop {
            let request = self.receive(CHANNEL_REQUEST)?;
            let what = take(&mut &request[5..]).to_vec();
            // Whether it wants an answer stands behind its name.
            if request[9 + what.len()] == 1 {
                self.send(&message(99, &[&self.channel]))?;
            }
            if what == b"exec" {
                return Ok(());
            }
        }
    }

    /// Ends the channel with a status, and waits for the client to go.
    pub fn finish(&mut self, status: u8) -> io::Result<()> {
        let channel = self.channel;
        let request = [&channel[..], &string("exit-status"), &[0, 0, 0, 0, status]].concat();
        self.send(&message(CHANNEL_REQUEST, &[&request]))?;
        self.send(&message(97, &[&channel]))?;
        loop {
            self.next_message()?;
        }
    }
}

/// A number that is not negative, from its big-endian bytes (RFC 4251, section 5).
fn mpint(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    let sign: &[u8] = if bytes.first().is_some_and(|byte| *byte >= 128) { &[0] } else { &[] };
    string([sign, bytes].concat())
}
