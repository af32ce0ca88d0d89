//! UpdateHostKeys: which further keys of a server become known.

use russh::keys::HashAlg;

use super::SESSIONS;
use super::protocol::{client_by, rsa, world};
use crate::support::packets::{
    GLOBAL_REQUEST, Proof, REQUEST_SUCCESS, key, message, serve, sign, string, take,
};
use crate::support::sandbox::{Run, Sandbox};

/// A key that a server tells, and what it signs the proof with.
#[derive(Clone)]
struct Told {
    key: Proof,
    signs: Proof,
}

impl Told {
    fn honest(key: &Proof) -> Self {
        Told { key: key.clone(), signs: key.clone() }
    }
}

/// What known_hosts is after a session with a server that tells further keys.
fn after(session: &str, home: &Sandbox, proof: &Proof, told: &[Told], known: bool) -> String {
    let (server, all) = (proof.clone(), told.to_vec());
    let port = serve(move |peer| {
        peer.start(&server)?;
        peer.accept()?;
        let keys = all.iter().map(|told| string(told.key.blob()));
        let keys = [vec![string(server.blob())], keys.collect()].concat().concat();
        peer.send(&message(GLOBAL_REQUEST, &[&string("hostkeys-00@openssh.com"), &[0], &keys]))?;
        peer.session()?;
        let mut asked = Vec::new();
        while known && asked.is_empty() {
            let request = peer.receive(GLOBAL_REQUEST)?;
            let mut rest = &request[1..];
            // ssh says that it opens no more sessions, too.
            if take(&mut rest) != b"hostkeys-prove-00@openssh.com" {
                continue;
            }
            rest = &rest[1..];
            while !rest.is_empty() {
                asked.push(take(&mut rest).to_vec());
            }
        }
        // What is known already needs no proof.
        assert!(!asked.contains(&server.blob()));
        let mut signatures = Vec::new();
        for blob in asked {
            let told = all.iter().find(|told| told.key.blob() == blob).expect("a key of ours");
            let name = string("hostkeys-prove-00@openssh.com");
            let signed = [name, string(&peer.session), string(&blob)].concat();
            signatures.extend(string(sign(&told.signs.key, told.signs.hash, &signed)));
        }
        if known {
            peer.send(&message(REQUEST_SUCCESS, &[&signatures]))?;
        }
        peer.finish(0)
    });
    let options = ["UpdateHostKeys=yes", "StrictHostKeyChecking=accept-new", "HashKnownHosts=no"];
    let mut command = client_by(session, home, port, proof, &options);
    if !known {
        home.write(".ssh/known_hosts", "");
    }
    Run::of(&mut command).success();
    home.text(".ssh/known_hosts")
}

#[test]
fn a_key_that_is_proved_by_sha1_is_left_out_and_the_others_are_learnt() {
    needs!("ssh");
    let (home, proof) = world();
    let good = rsa(&home, "rsa-sha2-512", Some(HashAlg::Sha512));
    let sha1 = Proof { hash: None, ..good.clone() };
    let more = Proof::of(&key(&home.keygen("more", &[])));
    let lines = |text: &str| text.lines().filter(|line| line.contains(" ssh-")).count();
    for session in SESSIONS {
        let (good, more) = (Told::honest(&good), Told::honest(&more));
        let sha1 = Told::honest(&sha1);
        let all = after(session, &home, &proof, &[good.clone(), more.clone()], true);
        assert!(lines(&all) == 3 && all.contains("ssh-rsa"), "{session}: {all}");
        let rest = after(session, &home, &proof, &[sha1.clone(), more.clone()], true);
        assert!(lines(&rest) == 2 && !rest.contains("ssh-rsa"), "{session}: {rest}");
        let alone = after(session, &home, &proof, &[sha1], true);
        assert_eq!(lines(&alone), 1, "{session}: {alone}");
        // A signature by another key proves none of them.
        let stolen = Told { signs: more.signs.clone(), key: proof_of(&home) };
        let none = after(session, &home, &proof, &[more, stolen, good], true);
        assert_eq!(lines(&none), 1, "{session}: {none}");
    }
}

#[test]
fn sha1_where_the_server_showed_an_rsa_key_proves_none() {
    needs!("ssh");
    let (home, _) = world();
    let proof = rsa(&home, "rsa-sha2-512", Some(HashAlg::Sha512));
    let second = key(&home.keygen("rsa2", &["-t", "rsa", "-b", "2048"]));
    let sha1 = Told::honest(&Proof { key: second, hash: None, ..proof.clone() });
    let more = Told::honest(&proof_of(&home));
    for session in SESSIONS {
        let known = after(session, &home, &proof, &[more.clone(), sha1.clone()], true);
        assert!(!known.contains("ssh-ed25519"), "{session}: {known}");
    }
}

#[test]
fn nothing_is_learnt_from_a_server_that_was_not_known() {
    needs!("ssh");
    let (home, proof) = world();
    let good = rsa(&home, "rsa-sha2-512", Some(HashAlg::Sha512));
    let first = after("builtin", &home, &proof, &[Told::honest(&good)], false);
    assert!(first.contains("ssh-ed25519") && !first.contains("ssh-rsa"), "{first}");
}

/// Another Ed25519 key.
fn proof_of(home: &Sandbox) -> Proof {
    let file = home.path(".ssh/other");
    let file = if file.exists() { file } else { home.keygen("other", &[]) };
    Proof::of(&key(&file))
}
