//! Files of known_hosts that no two runs make differently.

use std::fmt::Write;

use sshp_known_hosts::HostKey;
use sshp_known_hosts::line::Hashed;
use sshp_testing::sandbox::Sandbox;

/// A stream of numbers that is the same in every run (splitmix64).
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("it is below n")
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn salt(&mut self) -> [u8; 20] {
        std::array::from_fn(|_| self.next().to_le_bytes()[0])
    }
}

/// Names as ssh looks them up, some of them parts of others.
pub(crate) const NAMES: &[&str] = &[
    "web",
    "web.example.com",
    "db.example.com",
    "db",
    "10.0.0.1",
    "10.0.0.11",
    "2001:db8::1",
    "[web]:2222",
    "[10.0.0.1]:2222",
    "[2001:db8::1]:2200",
    "größe",
];

/// A name, or a pattern made of one.
fn piece(random: &mut Seeded) -> String {
    let name = *random.pick(NAMES);
    let mut piece = match random.below(6) {
        0 => name.to_uppercase(),
        1 => match name.split_once('.') {
            Some((_, rest)) => format!("*.{rest}"),
            None => format!("{}*", &name[..1]),
        },
        2 => name.replacen(['e', '0', '2'], "?", 1),
        3 if random.one_in(2) => "*".to_owned(),
        _ => name.to_owned(),
    };
    if random.one_in(6) {
        piece.insert(0, '!');
    }
    piece
}

fn host_field(random: &mut Seeded) -> String {
    match random.below(10) {
        0..3 => Hashed::new(random.pick(NAMES).as_bytes(), random.salt()).to_string(),
        3 if random.one_in(3) => "|1|bad|bad".to_owned(),
        _ => {
            let count = 1 + random.below(4);
            let pieces: Vec<_> = (0..count).map(|_| piece(random)).collect();
            pieces.join(if random.one_in(4) { ",," } else { "," })
        }
    }
}

/// A line with one of these keys; with `broken`, some are what ssh does not understand.
pub(crate) fn line(random: &mut Seeded, keys: &[String], broken: bool) -> String {
    if broken && random.one_in(12) {
        return random
            .pick(&["# comment", "", "  \t", "garbage", "|1|x|y", "@foo *", "nobody #", "nobody "])
            .to_string();
    }
    let markers: &[&str] = if broken {
        &["@revoked ", "@cert-authority ", "@revoked  \t", "@foo ", "@revoked @revoked ", "@ "]
    } else {
        &["@revoked ", "@cert-authority "]
    };
    let marker = if random.one_in(5) { random.pick(markers) } else { &"" };
    let hosts = host_field(random);
    let key = if broken && random.one_in(6) {
        *random.pick(&[
            "ssh-ed25519 AAAA",
            "ssh-future-key AAAA",
            "2048 65537 123",
            "ssh-rsa  #",
            "rsa-sha2-256 AAAA x",
            "ecdsa-sha2-nistp256",
        ])
    } else {
        random.pick(keys)
    };
    let blank = random.pick(&[" ", "\t", "  ", " \t "]);
    let lead = if random.one_in(8) { " \t" } else { "" };
    let end = if random.one_in(8) { " comment\r" } else { "" };
    format!("{lead}{marker}{hosts}{blank}{key}{end}")
}

pub(crate) fn file(random: &mut Seeded, keys: &[String], count: usize, broken: bool) -> String {
    (0..count).fold(String::new(), |mut text, _| {
        let _ = writeln!(text, "{}", line(random, keys, broken));
        text
    })
}

/// Keys of three types, `type base64`.
pub(crate) fn keys(sandbox: &Sandbox) -> Vec<String> {
    let types: [&[&str]; 3] = [&[], &["-t", "ecdsa"], &["-t", "rsa", "-b", "1024"]];
    let read = |(at, extra): (usize, &&[&str])| {
        let name = format!("key{at}");
        sandbox.keygen(&name, extra);
        let public = sandbox.text(format!(".ssh/{name}.pub"));
        HostKey::from_line(&public).expect("a key").to_line()
    };
    types.iter().enumerate().map(read).collect()
}
