//! The real sshd(8), on loopback or behind `ProxyCommand=sshd -i`, run by the user who runs the tests: it
//! lets in that user alone, unless the user is root.

use std::fmt;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::needs;
use crate::sandbox::{Run, Sandbox};

/// sshd insists on an absolute path.
pub static SSHD: LazyLock<String> =
    LazyLock::new(|| needs::find("sshd").expect("sshd").display().to_string());

/// The login name of the user who runs the tests.
pub static ME: Me = Me(LazyLock::new(|| {
    let run = Run::of(Command::new("id").arg("-un")).success();
    run.stdout.trim_end().to_owned()
}));

/// See [`ME`].
pub struct Me(LazyLock<String>);

impl Deref for Me {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A server with host and user keys of its own; stops when dropped.
pub struct Sshd {
    dir: PathBuf,
    /// The port of its address.
    pub port: u16,
    address: &'static str,
    program: PathBuf,
    child: Option<Child>,
}

impl Sshd {
    /// Starts a server that lets in the key `authorized` (its `.pub` beside it).
    pub fn start(sandbox: &Sandbox, authorized: &Path) -> Self {
        Sshd::start_with(sandbox, authorized, "")
    }

    /// Starts a server with further sshd_config(5) lines, which win over the default ones.
    pub fn start_with(sandbox: &Sandbox, authorized: &Path, extra: &str) -> Self {
        let mut sshd = Sshd::configure(sandbox, authorized, extra);
        sshd.launch();
        sshd
    }

    /// As [`Sshd::start_with`], the newest sshd that there is: Debian unstable's.
    pub fn start_newest(sandbox: &Sandbox, authorized: &Path, extra: &str) -> Self {
        let program = needs::newest_sshd();
        let part = |name: &str| program.with_file_name(name).display().to_string();
        let parts = format!(
            "SshdSessionPath {}\nSshdAuthPath {}\n{extra}",
            part("sshd-session"),
            part("sshd-auth")
        );
        let mut sshd = Sshd::configure(sandbox, authorized, &parts);
        sshd.program = program;
        sshd.launch();
        sshd
    }

    /// Writes the server's files and starts nothing: for `ProxyCommand=sshd -i`.
    pub fn configure(sandbox: &Sandbox, authorized: &Path, extra: &str) -> Self {
        Sshd::configure_at("127.0.0.1", free_port(), sandbox, authorized, extra)
    }

    /// As [`Sshd::configure`], to listen at another address.
    pub fn configure_at(
        address: &'static str,
        port: u16,
        sandbox: &Sandbox,
        authorized: &Path,
        extra: &str,
    ) -> Self {
        needs::require("sshd");
        let dir = sandbox.path(format!("sshd-{port}"));
        fs::create_dir_all(&dir).expect("the server's folder");
        let sshd = Sshd { dir, port, address, program: PathBuf::from(&**SSHD), child: None };
        sshd.new_host_key();
        let public = PathBuf::from(format!("{}.pub", authorized.display()));
        fs::copy(public, sshd.dir.join("authorized_keys")).expect("the authorized key");
        let dir = sshd.dir.display();
        let config = format!(
            "{extra}\nListenAddress {address}\nPort {port}\nHostKey {dir}/host_key\n\
             PidFile none\nAuthorizedKeysFile {dir}/authorized_keys\nStrictModes no\nUsePAM no\n\
             PermitRootLogin yes\nLogLevel DEBUG1\nSubsystem sftp internal-sftp\n\
             AcceptEnv LANG LC_* SSHP_TEST_*\n"
        );
        fs::write(sshd.config_file(), config).expect("sshd_config");
        sshd
    }

    /// `sshd_config` of this server.
    pub fn config_file(&self) -> PathBuf {
        self.dir.join("sshd_config")
    }

    /// What to give as `ProxyCommand` to reach this server without a network.
    pub fn proxy_command(&self) -> String {
        format!(
            "{} -i -e -f {} 2>>{}",
            *SSHD,
            self.config_file().display(),
            self.log_file().display()
        )
    }

    /// What a reinstall does: another host key, the same address.
    pub fn reinstall(&mut self) {
        self.stop();
        self.new_host_key();
        self.launch();
    }

    /// Starts again after [`Sshd::stop`], with what its config says now.
    pub fn start_again(&mut self) {
        self.launch();
    }

    /// The public host key line, `ssh-ed25519 AAAA… comment`.
    pub fn host_key(&self) -> String {
        fs::read_to_string(self.dir.join("host_key.pub")).expect("the host key")
    }

    /// The host key's fingerprint, `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        let run = Run::of(Command::new("ssh-keygen").arg("-lf").arg(self.dir.join("host_key.pub")));
        run.success().stdout.split_whitespace().nth(1).expect("a fingerprint").to_owned()
    }

    /// A known_hosts line for this server.
    pub fn known_hosts_line(&self) -> String {
        format!("[127.0.0.1]:{} {}", self.port, self.host_key())
    }

    /// What the server logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Ends the listener; sessions live on.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn log_file(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn new_host_key(&self) {
        let key = self.dir.join("host_key");
        let _ = fs::remove_file(&key);
        Run::of(
            Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "host", "-f"])
                .arg(key),
        )
        .success();
    }

    /// Starts the server with one more user, who has a password: in a mount namespace with a
    /// passwd and shadow of its own. Needs root, as sshd does to check passwords.
    pub fn launch_with_user(&mut self, user: &str, password: &str) {
        self.launch_with_shell(user, password, "/bin/sh");
    }

    /// The home of the user with a password.
    pub fn home(&self) -> PathBuf {
        self.dir.join("home")
    }

    /// As [`Sshd::launch_with_user`], with another login shell.
    pub fn launch_with_shell(&mut self, user: &str, password: &str, shell: &str) {
        needs::require("root");
        needs::require("openssl");
        let hash = Run::of(Command::new("openssl").args(["passwd", "-6", password])).success();
        let home = self.home();
        fs::create_dir_all(&home).expect("the user's home");
        let file = |name: &str, line: String| {
            let etc = fs::read_to_string(format!("/etc/{name}")).unwrap_or_default();
            fs::write(self.dir.join(name), format!("{etc}{line}\n")).expect("the file");
        };
        file("passwd", format!("{user}:x:4711:4711::{}:{shell}", home.display()));
        file("shadow", format!("{user}:{}:19000:0:99999:7:::", hash.stdout.trim()));
        let dir = self.dir.display();
        let script = format!(
            "mount --bind {dir}/passwd /etc/passwd && mount --bind {dir}/shadow /etc/shadow && \
             exec {} -D -e -f {dir}/sshd_config",
            *SSHD
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-c", &script]);
        self.start_listening(command);
    }

    fn launch(&mut self) {
        let mut command = Command::new(&self.program);
        command.args(["-D", "-e", "-f"]).arg(self.config_file());
        self.start_listening(command);
    }

    fn start_listening(&mut self, mut command: Command) {
        // The privilege separation of root's sshd wants this folder, which Debian's unit makes.
        let _ = fs::create_dir_all("/run/sshd");
        let log = fs::File::options().create(true).append(true).open(self.log_file());
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("the log"))
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        self.child = Some(child);
        let start = Instant::now();
        while TcpStream::connect((self.address, self.port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "no sshd: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A port of loopback that nothing listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("an address").port()
}
