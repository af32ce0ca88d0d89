//! Servers of russh, for what no sshd does.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use russh::server::{Config, Server};

use crate::support::sandbox::Sandbox;

/// A home with a profile `bad` for a server that runs until the test's process ends, and is known.
pub(super) fn home_of(mut server: impl Server + Send + 'static) -> Sandbox {
    let home = Sandbox::new();
    let key = home.keygen("id", &[]);
    let host = home.keygen("host", &[]);
    let config = Arc::new(Config {
        keys: vec![russh::keys::load_secret_key(&host, None).expect("a key")],
        auth_rejection_time: Duration::ZERO,
        ..Config::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.set_nonblocking(true).expect("non-blocking");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let _ = server.run_on_socket(config, &listener).await;
        });
    });
    let public = std::fs::read_to_string(format!("{}.pub", host.display())).expect("public");
    let known = home.write(".ssh/known_hosts", format!("[127.0.0.1]:{port} {public}"));
    let text = format!(
        "Host bad\n  HostName 127.0.0.1\n  Port {port}\n  User me\n  IdentityFile {}\n  \
         UserKnownHostsFile {}\n",
        key.display(),
        known.display()
    );
    home.write(".ssh/config", text);
    home
}
