//! Waits, each with a limit that names what it waits for.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Output};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT};
use signal_hook::flag;

/// More than anything here takes on a slow and busy machine.
pub const LIMIT: Duration = Duration::from_mins(2);

/// Gives this process and the programs that a test starts the descriptors that they may have, and the
/// programs the signals of a terminal: under nohup(1) and in the background of a script some would be
/// ignored, by each program and by what it starts.
pub fn with_signals_and_descriptors() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // What has a handler here has its default action in a new program (signal(7)). This process
        // itself goes on after a hangup.
        flag::register(SIGHUP, Arc::new(AtomicBool::new(false))).expect("a handler");
        for signal in [SIGINT, SIGQUIT] {
            let always = Arc::new(AtomicBool::new(true));
            flag::register_conditional_default(signal, always).expect("a handler");
        }
        // Many tests at once, one of them with a thousand connections, need more descriptors than the
        // 1024 that a login has by default.
        let mut files = getrlimit(Resource::Nofile);
        files.current = Some(files.maximum.map_or(20_000, |most| most.min(20_000)));
        // A machine that forbids this may still have enough.
        let _ = setrlimit(Resource::Nofile, files);
    });
}

/// Waits until something is there.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for the end of a program; one that goes on is killed.
#[track_caller]
pub fn end(child: &mut Child, what: &str) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status;
        }
        if start.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("no end within {LIMIT:?}: {what}");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits for the end of a program and of its output, and gives both; its input ends now.
#[track_caller]
pub fn output(mut child: Child, what: &str) -> Output {
    drop(child.stdin.take());
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let status = end(&mut child, what);
    let all = |stream: Option<Receiver<Vec<u8>>>| match stream.map(|it| it.recv_timeout(LIMIT)) {
        None => Vec::new(),
        Some(all) => all.unwrap_or_else(|_| panic!("another program holds the output of {what}")),
    };
    Output { status, stdout: all(stdout), stderr: all(stderr) }
}

/// Runs a command that has its streams already, and gives its end and what of its output is piped.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    with_signals_and_descriptors();
    let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    output(child, &format!("{command:?}"))
}

/// Reads a stream to its end.
fn drain(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, all) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all there is.
        let _ = stream.read_to_end(&mut bytes);
        // The test may have ended.
        let _ = sender.send(bytes);
    });
    all
}

/// Waits for a connection; reads from it end after [`LIMIT`].
#[track_caller]
pub fn accept(listener: &TcpListener, what: &str) -> TcpStream {
    listener.set_nonblocking(true).expect("a listener");
    let (stream, _) = until(what, || listener.accept().ok());
    stream.set_nonblocking(false).expect("a stream");
    stream.set_read_timeout(Some(LIMIT)).expect("a stream");
    stream
}

/// Connects to a port of 127.0.0.1 once something listens there; reads from it end after [`LIMIT`].
#[track_caller]
pub fn dial(port: u16) -> TcpStream {
    dial_at("127.0.0.1", port)
}

/// As [`dial`], to another address.
#[track_caller]
pub fn dial_at(address: &str, port: u16) -> TcpStream {
    let what = format!("a listener at {address} port {port}");
    let stream = until(&what, || TcpStream::connect((address, port)).ok());
    stream.set_read_timeout(Some(LIMIT)).expect("a stream");
    stream
}
