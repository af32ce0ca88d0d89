//! What a built-in session costs, as ratios to what ssh costs for the same, on a real sshd.
//!
//! ```text
//! cargo bench --bench sessions            # 256 MiB a transfer
//! cargo bench --bench sessions -- 64      # another size, in MiB
//! ```
//!
//! Needs root and `/usr/sbin/sshd`, and starts one of its own on loopback with keys of its own.
//!
//! Times are of whole processes, log-in and all. The two clients take turns, so that a busy machine
//! slows both, and take turns at going first; a ratio is the median of the ratios of the pairs, and
//! below 1 means that sshp is the faster. The peak of memory is of one run before those.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own, not a part of sshp"
)]

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SSHP: &str = env!("CARGO_BIN_EXE_sshp");
const SSHD: &str = "/usr/sbin/sshd";
const CIPHERS: [&str; 3] =
    ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"];
const MIB: u64 = 1 << 20;

fn main() {
    // Another user's sshd lets in nobody but that user.
    assert!(rustix::process::geteuid().is_root(), "this bench starts an sshd(8), as root only");
    let mib = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(256);
    let bench = Bench::start();
    println!(
        "{:<36} {:>9} {:>9} {:>6} {:>9} {:>9}",
        "what", "sshp ms", "ssh ms", "ratio", "sshp MiB", "ssh MiB"
    );
    bench.compare("log in, no more (sftp)", 15, &["-s", "web", "sftp"], None);
    bench.compare("log in, run `true`", 15, &["web", "true"], None);
    let bytes = mib * MIB;
    for cipher in CIPHERS {
        let name = |way: &str| format!("{mib} MiB {way}, {}", cipher.replace("@openssh.com", ""));
        let down = format!("head -c {bytes} /dev/zero");
        bench.compare(&name("down"), 7, &["-c", cipher, "web", &down], None);
        let up = format!("test $(wc -c) = {bytes}");
        bench.compare(&name("up"), 7, &["-c", cipher, "web", &up], Some(bytes));
    }
}

/// A server and what its clients need.
struct Bench {
    dir: tempfile::TempDir,
    server: Child,
}

impl Bench {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| dir.path().join(name);
        for key in ["host", "id"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path(key));
            assert!(keygen.status().expect("ssh-keygen").success());
        }
        fs::create_dir(path(".ssh")).expect(".ssh");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let place = dir.path().display();
        let host_key = fs::read_to_string(path("host.pub")).expect("the host key");
        write(&path("known_hosts"), &format!("[127.0.0.1]:{port} {host_key}"));
        write(
            &path(".ssh/config"),
            &format!(
                "Host web\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  \
                 IdentityFile {place}/id\n  IdentitiesOnly yes\n  BatchMode yes\n  \
                 UserKnownHostsFile {place}/known_hosts\n"
            ),
        );
        write(
            &path("sshd_config"),
            &format!(
                "ListenAddress 127.0.0.1\nPort {port}\nHostKey {place}/host\nPidFile none\n\
                 AuthorizedKeysFile {place}/id.pub\nStrictModes no\nUsePAM no\n\
                 PermitRootLogin yes\nSubsystem sftp internal-sftp\n"
            ),
        );
        // sshd's privilege separation wants this folder, which Debian's unit makes.
        let _ = fs::create_dir_all("/run/sshd");
        let mut server = Command::new(SSHD);
        server.args(["-D", "-E"]).arg(path("log")).arg("-f").arg(path("sshd_config"));
        let server = server.stdin(Stdio::null()).spawn().expect(SSHD);
        let bench = Bench { dir, server };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "no sshd: {}", bench.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Times pairs of runs with these arguments; the input is nothing, or so many zero bytes.
    fn compare(&self, what: &str, pairs: usize, args: &[&str], input: Option<u64>) {
        let client = |program: &str, words: &[&str]| {
            let mut client = Command::new(program);
            client.args(words).arg("-F").arg(self.path(".ssh/config")).args(args);
            client.env("HOME", self.dir.path()).env_remove("SSH_AUTH_SOCK");
            client.env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
            client.stdin(match input {
                Some(bytes) => Stdio::from(self.zeros(bytes)),
                None => Stdio::null(),
            });
            client
        };
        let sshp = || client(SSHP, &["connect", "--session", "builtin"]);
        let ssh = || client("ssh", &[]);
        // This also brings both into memory, before the clock runs.
        let (our_peak, their_peak) = (self.peak(sshp()), self.peak(ssh()));
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for pair in 0..pairs {
            let (a, b) = if pair % 2 == 0 {
                let a = self.time(sshp());
                (a, self.time(ssh()))
            } else {
                let b = self.time(ssh());
                (self.time(sshp()), b)
            };
            ratios.push(a / b);
            ours.push(a);
            theirs.push(b);
        }
        let (a, b, ratio) = (median(ours), median(theirs), median(ratios));
        println!("{what:<36} {a:>9.1} {b:>9.1} {ratio:>6.2} {our_peak:>9.1} {their_peak:>9.1}");
    }

    /// A file of so many zero bytes, which takes no room on the disk.
    fn zeros(&self, bytes: u64) -> File {
        let path = self.path("zeros");
        File::create(&path).and_then(|file| file.set_len(bytes)).expect("a file of zeros");
        File::open(path).expect("a file of zeros")
    }

    /// How long a client takes, in milliseconds.
    fn time(&self, client: Command) -> f64 {
        let start = Instant::now();
        self.run(client, |_| {});
        start.elapsed().as_secs_f64() * 1e3
    }

    /// The most memory that a client has resident, in MiB, as proc(5) tells it while it runs.
    fn peak(&self, client: Command) -> f64 {
        let mut peak = 0;
        self.run(client, |child| {
            let status = format!("/proc/{}/status", child.id());
            while child.try_wait().expect("the client").is_none() {
                let status = fs::read_to_string(&status).unwrap_or_default();
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
                peak = peak.max(kib.unwrap_or(0));
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        f64::from(peak) / 1024.0
    }

    /// Runs a client to its end, which must be a good one; what it prints is thrown away.
    fn run(&self, mut client: Command, mut watch: impl FnMut(&mut Child)) {
        let errors = self.path("errors");
        client.stdout(Stdio::null()).stderr(File::create(&errors).expect("the file"));
        let mut child = client.spawn().expect("the client starts");
        watch(&mut child);
        let status = child.wait().expect("the client ends");
        let errors = fs::read_to_string(errors).unwrap_or_default();
        assert!(status.success(), "{client:?}: {status}\n{errors}\n{}", self.log());
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
