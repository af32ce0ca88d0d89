//! What a built-in session costs, as ratios to what ssh costs for the same, on a real sshd.
//!
//! ```text
//! cargo bench --bench sessions            # 256 MiB a transfer
//! cargo bench --bench sessions -- 64      # another size, in MiB
//! ```
//!
//! Needs root and `/usr/sbin/sshd`, and starts one of its own on loopback with keys of its own.
//!
//! Times are of whole processes, log-in and all, but for the echo in a terminal. The two clients take
//! turns, so that a busy machine slows both, and take turns at going first; a ratio is the median of
//! the ratios of the pairs, and below 1 means that sshp is the faster. `cpu` is the same ratio of the
//! time that the processors worked for the client, which a busy machine changes less. The peak of
//! memory is of one run before those.
//!
//! Both take curve25519-sha256: OpenSSH's own first choice, sntrup761, is one that the built-in session
//! lacks, and costs a log-in as much time as all the rest of it.
//!
//! `far` is a server behind a proxy that keeps all bytes for 25 ms in each direction.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a program of its own, not a part of sshp"
)]

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use portable_pty::{CommandBuilder, PtySize};

const SSHP: &str = env!("CARGO_BIN_EXE_sshp");
const SSHD: &str = "/usr/sbin/sshd";
const CIPHERS: [&str; 3] =
    ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"];
const MIB: u64 = 1 << 20;
/// The two clients.
const OURS: [&str; 4] = [SSHP, "connect", "--session", "builtin"];
const THEIRS: [&str; 1] = ["ssh"];
/// How long `far` keeps bytes, each way.
const DELAY: Duration = Duration::from_millis(25);

fn main() {
    // Another user's sshd lets in nobody but that user.
    assert!(rustix::process::geteuid().is_root(), "this bench starts an sshd(8), as root only");
    let mib = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(256);
    let bench = Bench::start();
    println!(
        "{:<36} {:>9} {:>9} {:>6} {:>6} {:>9} {:>9}",
        "what", "sshp ms", "ssh ms", "ratio", "cpu", "sshp MiB", "ssh MiB"
    );
    bench.compare("`true`, ForceCommand internal-sftp", 15, &["forced", "true"], None);
    bench.compare("log in, run `true`", 15, &["web", "true"], None);
    bench.compare("far: `true`, internal-sftp", 7, &["far-forced", "true"], None);
    let down = format!("head -c {} /dev/zero", 128 * MIB);
    bench.compare("far: 128 MiB down", 3, &["far", &down], None);
    bench.echo("echo of a key in a terminal", 300);
    bench.hundred();
    let bytes = mib * MIB;
    for cipher in CIPHERS {
        let name = |way: &str| format!("{mib} MiB {way}, {}", cipher.replace("@openssh.com", ""));
        let down = format!("head -c {bytes} /dev/zero");
        bench.compare(&name("down"), 11, &["-c", cipher, "web", &down], None);
        let up = format!("test $(wc -c) = {bytes}");
        bench.compare(&name("up"), 11, &["-c", cipher, "web", &up], Some(bytes));
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
        let port = free_port();
        let place = dir.path().display();
        let host_key = fs::read_to_string(path("host.pub")).expect("the host key");
        write(&path("known_hosts"), &format!("web {host_key}"));
        let forced = free_port();
        let (far, far_forced) = (delayed(port), delayed(forced));
        let mut config = format!(
            "Host *\n  HostName 127.0.0.1\n  HostKeyAlias web\n  User root\n  \
             IdentityFile {place}/id\n  IdentitiesOnly yes\n  BatchMode yes\n  \
             UserKnownHostsFile {place}/known_hosts\n  KexAlgorithms curve25519-sha256\n"
        );
        for (name, port) in
            [("web", port), ("forced", forced), ("far", far), ("far-forced", far_forced)]
        {
            config += &format!("Host {name}\n  Port {port}\n");
        }
        write(&path(".ssh/config"), &config);
        write(
            &path("sshd_config"),
            &format!(
                "ListenAddress 127.0.0.1\nPort {port}\nPort {forced}\nHostKey {place}/host\nPidFile none\n\
                 AuthorizedKeysFile {place}/id.pub\nStrictModes no\nUsePAM no\n\
                 PermitRootLogin yes\nSubsystem sftp internal-sftp\nMaxStartups 200\n\
                 Match LocalPort {forced}\n  ForceCommand internal-sftp\n"
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
        let client = |program: &[&str]| {
            let mut client = Command::new(program[0]);
            client.args(&program[1..]).arg("-F").arg(self.path(".ssh/config")).args(args);
            client.env("HOME", self.dir.path()).env_remove("SSH_AUTH_SOCK");
            client.env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
            client.stdin(match input {
                Some(bytes) => Stdio::from(self.zeros(bytes)),
                None => Stdio::null(),
            });
            client
        };
        let sshp = || client(&OURS);
        let ssh = || client(&THEIRS);
        // This also brings both into memory, before the clock runs.
        let (our_peak, their_peak) = (self.peak(sshp()), self.peak(ssh()));
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut ratios, mut cpu) = (Vec::new(), Vec::new());
        for pair in 0..pairs {
            let (a, b) = if pair % 2 == 0 {
                let a = self.time(sshp());
                (a, self.time(ssh()))
            } else {
                let b = self.time(ssh());
                (self.time(sshp()), b)
            };
            ratios.push(a.wall / b.wall);
            cpu.push(a.cpu / b.cpu);
            ours.push(a.wall);
            theirs.push(b.wall);
        }
        let (a, b, ratio, cpu) = (median(ours), median(theirs), median(ratios), median(cpu));
        println!(
            "{what:<36} {a:>9.1} {b:>9.1} {ratio:>6.2} {cpu:>6.2} {our_peak:>9.1} {their_peak:>9.1}"
        );
    }

    /// Times how long a key takes to the terminal there and back, in two sessions that take turns.
    fn echo(&self, what: &str, times: usize) {
        let mut sshp = Echo::start(&self.path(".ssh/config"), self.dir.path(), &OURS);
        let mut ssh = Echo::start(&self.path(".ssh/config"), self.dir.path(), &THEIRS);
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..times {
            let (a, b) = (sshp.key(), ssh.key());
            ratios.push(a / b);
            ours.push(a);
            theirs.push(b);
        }
        let (a, b, ratio) = (median(ours), median(theirs), median(ratios));
        println!("{what:<36} {a:>9.3} {b:>9.3} {ratio:>6.2}");
    }

    /// Opens a hundred sessions one after the other in this very process.
    fn hundred(&self) {
        let config = self.path(".ssh/config");
        let session = || {
            let words = ["sshp", "connect", "--session", "builtin", "-n", "-F"].map(OsString::from);
            let code = sshp::run(words.into_iter().chain([
                config.clone().into_os_string(),
                "web".into(),
                "true".into(),
            ]));
            assert_eq!(format!("{code:?}"), format!("{:?}", std::process::ExitCode::SUCCESS));
        };
        // What is kept for the next session is there after some of them.
        (0..10).for_each(|_| session());
        let (before, start) = (resident(), Instant::now());
        (0..100).for_each(|_| session());
        let each = start.elapsed().as_secs_f64() * 10.0;
        let grown = resident() - before;
        println!(
            "a hundred sessions in one process: {each:.1} ms each, {grown:.1} MiB more at the end"
        );
    }

    /// A file of so many zero bytes, which takes no room on the disk. It is made once: who reads
    /// a hole first also waits until the kernel has made pages of it.
    fn zeros(&self, bytes: u64) -> File {
        let path = self.path("zeros");
        let made = fs::metadata(&path).is_ok_and(|there| there.len() == bytes);
        if !made {
            File::create(&path).and_then(|file| file.set_len(bytes)).expect("a file of zeros");
        }
        File::open(path).expect("a file of zeros")
    }

    /// How long a client takes.
    fn time(&self, client: Command) -> Cost {
        let (start, before) = (Instant::now(), worked());
        self.run(client, |_| {});
        Cost { wall: start.elapsed().as_secs_f64() * 1e3, cpu: worked() - before }
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

    /// Runs a client to its end; what it prints is thrown away. What the remote command ends with does
    /// not matter (`internal-sftp` says 1 to `true`, by either client), a failed connection does.
    fn run(&self, mut client: Command, mut watch: impl FnMut(&mut Child)) {
        let errors = self.path("errors");
        client.stdout(Stdio::null()).stderr(File::create(&errors).expect("the file"));
        let mut child = client.spawn().expect("the client starts");
        watch(&mut child);
        let status = child.wait().expect("the client ends");
        let errors = fs::read_to_string(errors).unwrap_or_default();
        assert!(
            status.code().is_some_and(|code| code != 255),
            "{client:?}: {status}\n{errors}\n{}",
            self.log()
        );
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What one run took, in milliseconds.
struct Cost {
    wall: f64,
    /// Of all its threads and their system calls.
    cpu: f64,
}

/// How long the processors have worked for the children that have ended, in milliseconds.
fn worked() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("getrusage");
    let time = usage.user_time() + usage.system_time();
    let time = u64::try_from(time.num_microseconds()).expect("time goes on");
    Duration::from_micros(time).as_secs_f64() * 1e3
}

/// What this process has resident, in MiB.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("proc(5)");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
}

/// A session in a terminal, where what is typed comes back.
struct Echo {
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

impl Echo {
    fn start(config: &Path, home: &Path, program: &[&str]) -> Self {
        let pty =
            portable_pty::native_pty_system().openpty(PtySize::default()).expect("a terminal");
        let mut command = CommandBuilder::new(program[0]);
        command.args(&program[1..]);
        command.arg("-F");
        command.arg(config);
        command.args(["-t", "web", "stty raw -echo; echo begin; exec cat"]);
        command.env("HOME", home);
        command.env_remove("SSH_AUTH_SOCK");
        let child = pty.slave.spawn_command(command).expect("the client starts");
        let reader = pty.master.try_clone_reader().expect("the terminal's output");
        let writer = pty.master.take_writer().expect("the terminal's input");
        let mut echo = Echo { reader, writer, child };
        let mut seen = Vec::new();
        while !seen.ends_with(b"begin\n") && !seen.ends_with(b"begin\r\n") {
            seen.push(echo.byte());
        }
        echo
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.reader.read_exact(&mut byte).expect("the terminal's output");
        byte[0]
    }

    /// How long a key takes, in milliseconds.
    fn key(&mut self) -> f64 {
        let start = Instant::now();
        self.writer.write_all(b"x").expect("the terminal's input");
        assert_eq!(self.byte(), b'x');
        start.elapsed().as_secs_f64() * 1e3
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("an address").port()
}

/// A port that leads to another, with [`DELAY`] in each direction; for as long as the bench runs.
fn delayed(to: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else { continue };
            for stream in [&near, &far] {
                stream.set_nodelay(true).expect("TCP_NODELAY");
            }
            let again = |stream: &TcpStream| stream.try_clone().expect("a second handle");
            let (back, forth) = ((again(&far), again(&near)), (near, far));
            for (from, to) in [back, forth] {
                std::thread::spawn(move || delay(from, to));
            }
        }
    });
    port
}

/// Copies in one direction; what is on the way is not bounded, as on a long line.
fn delay(mut from: TcpStream, mut to: TcpStream) {
    let (sender, receiver) = std::sync::mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        for (due, bytes) in receiver {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
    let mut buffer = vec![0; 256 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        if sender.send((Instant::now() + DELAY, buffer[..n].to_vec())).is_err() {
            return;
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
