//! One run of an ssh that tells its version, the keywords that it lacks and its defaults.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long an ssh may take; it needs about 10 ms.
const PATIENCE: Duration = Duration::from_secs(2);

/// More than an ssh prints to this question.
const LONGEST: u64 = 1 << 18;

/// Set for the ssh that is asked: an sshp that a wrapper runs in ssh's place must not ask in its turn.
pub(super) const ASKED_BY: &str = "SSHP_ASKED_BY";

/// What an ssh printed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Its version, and the keywords that it lacks.
    pub(super) stderr: String,
    /// Its defaults.
    pub(super) stdout: String,
}

/// Runs `ssh -v -G -F PROBE probe`, which opens no connection and reads no other file, and ends it where it takes
/// longer than two seconds.
///
/// # Errors
/// When it cannot be run, fails or takes too long: what happened.
pub(super) fn ask(mut ssh: Command, probe: &Path) -> Result<Answer, String> {
    ssh.args(["-v", "-G", "-F"]).arg(probe).arg("probe");
    ssh.env("LC_ALL", "C").env(ASKED_BY, std::process::id().to_string());
    ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What a wrapper starts ends with it.
    ssh.process_group(0);
    listen(ssh.spawn().map_err(|error| format!("it cannot be run: {error}"))?)
}

fn listen(mut child: Child) -> Result<Answer, String> {
    let until = Instant::now() + PATIENCE;
    let stdout = read(child.stdout.take());
    let stderr = read(child.stderr.take());
    let wait = |text: &mpsc::Receiver<String>| {
        text.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
    };
    let said = (wait(&stdout), wait(&stderr));
    let ended = |child: &mut Child| loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => thread::sleep(Duration::from_millis(1)),
            _ => return None,
        }
    };
    let status = match said {
        (Some(_), Some(_)) => ended(&mut child),
        _ => None,
    };
    let (Some(status), (Some(stdout), Some(stderr))) = (status, said) else {
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.wait();
        return Err(format!("no answer within {} s", PATIENCE.as_secs()));
    };
    if status.success() {
        return Ok(Answer { stderr, stdout });
    }
    let first = stderr.lines().next().unwrap_or_default();
    Err(format!("`ssh -G` ended with {status}: {first}"))
}

/// Reads a stream to its end in a thread, which ends with the stream.
fn read(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |stream| stream.take(LONGEST).read_to_end(&mut bytes));
        if read.is_ok() {
            let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
        }
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "ssh"]);
        command
    }

    fn asked(script: &str) -> Result<Answer, String> {
        ask(shell(script), Path::new("/probe"))
    }

    #[test]
    fn both_streams_of_a_program_that_ends_well_are_its_answer() {
        let script = "echo \"$@\"; echo \"$LC_ALL $SSHP_ASKED_BY\" >&2; read line || echo none >&2";
        let expected = Answer {
            stdout: "-v -G -F /probe probe\n".into(),
            stderr: format!("C {}\nnone\n", std::process::id()),
        };
        assert_eq!(asked(script), Ok(expected));
    }

    #[test]
    fn a_program_that_fails_is_told_with_what_it_says() {
        let why = "`ssh -G` ended with exit status: 3: unknown option -G".to_owned();
        assert_eq!(asked("echo unknown option -G >&2; exit 3"), Err(why));
        let none = ask(Command::new("/no/such/ssh"), Path::new("/probe"));
        assert!(matches!(none, Err(why) if why.starts_with("it cannot be run: ")));
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_all_that_it_started() {
        let dir = tempfile::tempdir().expect("a folder");
        let pid = dir.path().join("pid");
        let before = Instant::now();
        let answer = asked(&format!("sleep 60 & echo $! >{}; wait", pid.display()));
        assert_eq!(answer, Err("no answer within 2 s".into()));
        assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
        let pid: i32 = std::fs::read_to_string(pid).expect("its id").trim().parse().expect("an id");
        let pid = rustix::process::Pid::from_raw(pid).expect("an id");
        // The signal is on its way, and init may still have to reap it.
        let ended = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
            let is_zombie = stat.is_ok_and(|stat| stat.contains(") Z "));
            is_zombie || rustix::process::test_kill_process(pid).is_err()
        });
        assert!(ended, "the sleep still runs");
    }

    #[test]
    fn a_program_that_leaves_another_behind_with_its_output_open_is_not_waited_for() {
        let before = Instant::now();
        let answer = asked("sleep 60 & exit 0");
        assert_eq!(answer, Err("no answer within 2 s".into()));
        assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
    }
}
