//! Addresses that do not answer, and names that lead to several.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use socket2::{Domain, Socket, Type};

use crate::sandbox::Sandbox;

/// A port that does not answer: the queue of its listener is full. Linux drops what comes then, as a
/// firewall does. Port 0 is any; the sockets keep it so.
pub fn black_hole(host: Ipv4Addr, port: u16) -> (u16, Vec<Socket>) {
    let socket = || Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let listener = socket();
    listener.bind(&SocketAddr::from((host, port)).into()).expect("an address");
    listener.listen(0).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let port = address.as_socket().expect("an address").port();
    let mut held = vec![listener];
    for _ in 0..4 {
        let client = socket();
        client.set_nonblocking(true).expect("a socket");
        // The first is taken; the others wait.
        let _ = client.connect(&address);
        held.push(client);
    }
    (port, held)
}

/// The command in a new mount namespace, where /etc/hosts has these lines.
pub fn with_hosts(sandbox: &Sandbox, lines: &str, command: &Command) -> Command {
    let hosts = sandbox.write("hosts", format!("127.0.0.1 localhost\n{lines}"));
    let script = format!("mount --bind {} /etc/hosts && exec \"$@\"", hosts.display());
    let mut inside = sandbox.in_namespace("mount");
    inside.args(["sh", "-c", &script, "sh"]);
    inside.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            inside.env(name, value);
        }
    }
    inside
}
