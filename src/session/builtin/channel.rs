//! The work at the destination: a shell, a command, a subsystem or a connection, with our
//! stdin, stdout and stderr.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use rustix::stdio::{stderr, stdin, stdout};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::agent_forward::{self, ForwardedAgent};
use super::connection::Connection;
use super::escape::{self, EscapeAction, Escapes};
use super::handler::{ServerEvent, explain};
use super::input::StdinReader;
use super::output::Output;
use super::upload::Upload;
use super::{failed, forward, local_command, modes};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::session::SessionEnd;
use crate::session::plan::{Builtin, Endpoint, Run, SessionRequest, TtyChoice};
use crate::session::{background, transport};
use crate::ui::terminal::{self, Modes};
use crate::ui::{log, sanitize};

/// How long output may be on its way that was written before its reader was known to be gone.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// Runs what is asked at the end of the chain, and gives its status.
pub(super) async fn run(ctx: &Ctx, plan: &Builtin, links: &mut [Connection]) -> Result<SessionEnd> {
    let tty = wants_tty(ctx, &plan.work);
    mark(ctx, plan, links, tty);
    let (Some(link), Some(endpoint)) = (links.last_mut(), plan.hops.last()) else {
        return Ok(SessionEnd::NoStatus);
    };
    let work = &plan.work;
    let mut notes = link.allowed.notes();
    forward::start(ctx, endpoint, link, &work.forwards).await?;
    if let Some(command) = &work.local_command
        && let Err(error) = local_command::run(&transport::shell(ctx), command).await
    {
        ctx.ui.warning(format_args!("LocalCommand: {error}"));
    }
    if work.background {
        background::leave(work.run != Run::Nothing)
            .map_err(|error| failed(endpoint, format!("going to the background: {error}")))?;
    }
    let channel = match &work.run {
        Run::Nothing => return idle(ctx, endpoint, link, &mut notes).await,
        Run::Connection(host, port) => {
            link.handle
                .channel_open_direct_tcpip(host.clone(), u32::from(*port), "127.0.0.1", 0)
                .await
        }
        _ => link.handle.channel_open_session().await,
    };
    let channel = channel.map_err(|error| match link.allowed.refusal(&error) {
        Some(why) => {
            // ssh.c: ssh_stdio_confirm
            let is_connection = matches!(work.run, Run::Connection(..));
            let what = if is_connection { "stdio forwarding failed" } else { "no session" };
            failed(endpoint, format!("{what}: {why}"))
        }
        None => failed(endpoint, link.end.reason()),
    })?;
    let mut session = Session::open(ctx, endpoint, link, work, channel, tty).await?;
    let end = session.run(link, &mut notes).await;
    session.finish().await;
    // Before anything else is waited for: with it Ctrl-C is the user's again.
    let had_terminal = session.modes.take().is_some();
    let allowed = link.allowed.clone();
    if end.is_ok() && session.status.is_some() && allowed.running() > 0 {
        if had_terminal {
            ctx.ui.status("Waiting for forwarded connections to terminate...");
        }
        tokio::select! {
            () = allowed.wait() => {}
            () = link.ended() => {}
            () = tell(ctx, &mut notes) => {}
        }
    }
    if had_terminal && !work.quiet {
        ctx.ui.show_unless_quiet(&format!("Connection to {} closed.\n", endpoint.name));
    }
    end
}

/// IPQoS, for the only connection that is made here (ssh.c: ssh_session2). One to a jump host
/// counts as interactive, as that of an `ssh -W` does.
fn mark(ctx: &Ctx, plan: &Builtin, links: &mut [Connection], tty: bool) {
    let (Some(link), [endpoint, further @ ..]) = (links.first_mut(), plan.hops.as_slice()) else {
        return;
    };
    let service = endpoint.transport.service;
    let bulk =
        !tty && further.is_empty() && !matches!(plan.work.run, Run::Connection(..) | Run::Nothing);
    let class = if bulk { service.bulk } else { service.interactive };
    if let (Some(socket), Some(class)) = (link.socket.take(), class)
        && let Err(error) = transport::mark(socket, class)
    {
        ctx.ui.verbose(format_args!("IPQoS: {error}"));
    }
}

/// `-N`: the connection stands until the server or a signal ends it.
async fn idle(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: &mut Connection,
    notes: &mut mpsc::UnboundedReceiver<String>,
) -> Result<SessionEnd> {
    tokio::select! {
        () = link.ended() => {}
        () = tell(ctx, notes) => {}
    }
    Err(failed(endpoint, link.end.reason()))
}

/// Says what there is to say of forwarded connections, where no session has the terminal.
async fn tell(ctx: &Ctx, notes: &mut mpsc::UnboundedReceiver<String>) {
    while let Some(note) = notes.recv().await {
        ctx.ui.status(sanitize::line(&note));
    }
    std::future::pending::<()>().await;
}

/// ssh.c: main, where RequestTTY is decided.
fn wants_tty(ctx: &Ctx, work: &SessionRequest) -> bool {
    if matches!(work.run, Run::Connection(..) | Run::Nothing) {
        return false;
    }
    let wanted = match work.tty {
        TtyChoice::Force => return true,
        TtyChoice::No => return false,
        TtyChoice::Yes => true,
        TtyChoice::Auto => work.run == Run::Shell,
    };
    if wanted && (!ctx.tty.stdin || work.no_input) {
        if !work.quiet {
            let why = "Pseudo-terminal will not be allocated because stdin is not a terminal.";
            ctx.ui.status(why);
        }
        return false;
    }
    wanted
}

/// A running session.
struct Session<'a> {
    ctx: &'a Ctx,
    endpoint: &'a Endpoint,
    reader: ChannelReadHalf,
    writer: Arc<ChannelWriteHalf<Msg>>,
    /// Requests whose answers are still to come; they come in order and carry no name.
    asked: VecDeque<&'static str>,
    output: Output,
    errors: Output,
    actions: mpsc::UnboundedReceiver<EscapeAction>,
    upload: JoinHandle<()>,
    resized: Option<Signal>,
    modes: Option<Modes>,
    choice: TtyChoice,
    escape: u8,
    /// When local stdout was found closed.
    unread: Option<Instant>,
    /// How long it may come all the same.
    patience: Duration,
    quiet: bool,
    status: Option<SessionEnd>,
    idle: Idle,
}

/// How long a session may be silent, and since when it is.
struct Idle {
    limit: Option<Duration>,
    since: Instant,
    /// Told of what is sent.
    sent: Arc<Notify>,
}

impl Idle {
    /// Waits until the session was silent for too long; forever where there is no limit.
    async fn expired(&self) {
        match self.limit {
            Some(limit) => tokio::time::sleep_until((self.since + limit).into()).await,
            None => std::future::pending().await,
        }
    }
}

impl<'a> Session<'a> {
    async fn open(
        ctx: &'a Ctx,
        endpoint: &'a Endpoint,
        link: &Connection,
        work: &SessionRequest,
        channel: Channel<Msg>,
        tty: bool,
    ) -> Result<Self> {
        let (reader, writer) = channel.split();
        let writer = Arc::new(writer);
        let mut asked = VecDeque::new();
        let lost = |error: russh::Error| failed(endpoint, explain(&error));
        if !matches!(work.run, Run::Connection(..)) {
            if tty {
                asked.push_back("a terminal");
                let size = terminal::size(stdin());
                let term = term(ctx, work);
                let (columns, rows) = (size.columns, size.rows);
                writer
                    .request_pty(
                        true,
                        &term,
                        columns,
                        rows,
                        size.width,
                        size.height,
                        &modes::of(stdin()),
                    )
                    .await
                    .map_err(lost)?;
            }
            if let Some(socket) = agent_forward::find(ctx, endpoint, &work.forwards).await? {
                let binding = link.handle.agent_session_binding().cloned();
                link.allowed.allow_agent(ForwardedAgent { socket, binding });
                writer.agent_forward(false).await.map_err(lost)?;
            }
            for (name, value) in &work.environment {
                writer.set_env(false, name.as_str(), value.as_str()).await.map_err(lost)?;
            }
            match &work.run {
                Run::Command(command) => {
                    asked.push_back("the command");
                    writer.exec(true, command.clone()).await
                }
                Run::Subsystem(name) => {
                    asked.push_back("the subsystem");
                    writer.request_subsystem(true, name.as_str()).await
                }
                _ => {
                    asked.push_back("a shell");
                    writer.request_shell(true).await
                }
            }
            .map_err(lost)?;
        }
        // From here on keys are the server's.
        let raw = if tty && ctx.tty.stdin { Some(Modes::raw(stdin())?) } else { None };
        let resized = if tty { signal(SignalKind::window_change()).ok() } else { None };
        let (sender, actions) = mpsc::unbounded_channel();
        let escapes = work.escape.filter(|_| tty);
        let input = if work.no_input { None } else { Some(StdinReader::start()?) };
        let idle =
            Idle { limit: work.idle_limit, since: Instant::now(), sent: Arc::new(Notify::new()) };
        let upload = Upload { writer: Arc::clone(&writer), sent: Arc::clone(&idle.sent) };
        let upload = tokio::spawn(upload.run(input, escapes.map(Escapes::new), sender));
        Ok(Session {
            ctx,
            endpoint,
            reader,
            writer,
            asked,
            output: Output::start(own(stdout())?, "stdout")?,
            errors: Output::start(own(stderr())?, "stderr")?,
            actions,
            upload,
            resized,
            modes: raw,
            choice: work.tty,
            escape: work.escape.unwrap_or(b'~'),
            unread: None,
            // A connection has neither a status nor errors that would be lost.
            patience: if matches!(work.run, Run::Connection(..)) {
                Duration::ZERO
            } else {
                ON_ITS_WAY
            },
            quiet: work.quiet,
            status: matches!(work.run, Run::Connection(..)).then_some(SessionEnd::Status(0)),
            idle,
        })
    }

    async fn run(
        &mut self,
        link: &mut Connection,
        notes: &mut mpsc::UnboundedReceiver<String>,
    ) -> Result<SessionEnd> {
        let end = self.go_on(link, notes).await;
        // What was to be said may have come with the end.
        while let Ok(note) = notes.try_recv() {
            self.tell(&note).await;
        }
        end
    }

    async fn go_on(
        &mut self,
        link: &mut Connection,
        notes: &mut mpsc::UnboundedReceiver<String>,
    ) -> Result<SessionEnd> {
        loop {
            tokio::select! {
                message = self.reader.wait() => match message {
                    Some(ChannelMsg::Data { data }) => {
                        self.idle.since = Instant::now();
                        if !self.put(data).await {
                            return Ok(self.abandon().await);
                        }
                    }
                    Some(ChannelMsg::ExtendedData { data, ext: 1 }) => {
                        self.idle.since = Instant::now();
                        // Local stderr may be closed while stdout is still read.
                        let _ = self.errors.write(data).await;
                    }
                    Some(ChannelMsg::ExitStatus { exit_status }) => {
                        // A process has one byte of status.
                        self.status = Some(SessionEnd::Status(exit_status.to_le_bytes()[0]));
                    }
                    Some(ChannelMsg::ExitSignal { .. }) => self.status = Some(SessionEnd::NoStatus),
                    Some(ChannelMsg::Success) => { self.asked.pop_front(); }
                    Some(ChannelMsg::Failure) => self.refused()?,
                    Some(ChannelMsg::Close) => return Ok(self.status.unwrap_or(SessionEnd::NoStatus)),
                    None => return self.lost(link),
                    // What comes at EOF and with windows is russh's to do.
                    Some(_) => {}
                },
                Some(action) = self.actions.recv() => {
                    if let Some(end) = self.act(action, link).await? {
                        return Ok(end);
                    }
                }
                () = resized(&mut self.resized) => self.resize().await,
                () = self.idle.sent.notified() => self.idle.since = Instant::now(),
                () = self.idle.expired() => return Ok(self.abandon().await),
                Some(note) = notes.recv() => self.tell(&note).await,
                Some(ServerEvent::Banner(_)) = link.events.recv() => {}
            }
        }
    }

    /// The connection ended without the channel being closed.
    fn lost(&self, link: &Connection) -> Result<SessionEnd> {
        // The status may be all that was still wanted.
        let lost = || failed(self.endpoint, format!("connection lost: {}", link.end.reason()));
        self.status.ok_or_else(lost)
    }

    /// Passes output on; whether more of it is of use.
    ///
    /// Where local stdout is closed, ssh sends `eow@openssh.com`: a remote command that writes gets
    /// SIGPIPE, and one that does not runs to its end (channels.c: chan_write_failed). russh cannot send
    /// it. So output on its way is dropped, and the channel is closed under a command that writes more.
    async fn put(&mut self, data: Bytes) -> bool {
        if self.unread.is_none() && self.output.write(data).await.is_err() {
            self.unread = Some(Instant::now());
        }
        self.unread.is_none_or(|since| since.elapsed() < self.patience)
    }

    /// Closes the channel, as where local stdout is closed: the remote command gets SIGPIPE.
    async fn abandon(&mut self) -> SessionEnd {
        // A connection that is gone too needs no goodbye.
        let _ = self.writer.close().await;
        self.status.unwrap_or(SessionEnd::NoStatus)
    }

    fn refused(&mut self) -> Result<()> {
        match self.asked.pop_front() {
            None => Ok(()),
            Some("a terminal") => {
                // It is the user's again, and lines are lines.
                self.modes = None;
                let what = "PTY allocation request failed on channel 0";
                // Where the user did not ask for a terminal, the session goes on without (ssh.c:
                // ssh_session2_setup).
                if self.choice != TtyChoice::Auto {
                    return Err(failed(self.endpoint, what));
                }
                self.ctx.ui.status(what);
                Ok(())
            }
            Some(what) => Err(failed(self.endpoint, format!("the server refused {what}"))),
        }
    }

    async fn act(&mut self, action: EscapeAction, link: &Connection) -> Result<Option<SessionEnd>> {
        let c = escape::name(self.escape);
        match action {
            EscapeAction::Disconnect => {
                self.show(format!("{c}.\r\n")).await;
                self.output.discard();
                return Ok(Some(SessionEnd::NoStatus));
            }
            EscapeAction::Help => self.show(escape::help(self.escape)).await,
            EscapeAction::Connections => {
                let mut text =
                    format!("{c}#\r\nThe following connections are open:\r\n  session\r\n");
                for line in link.allowed.list() {
                    text += &format!("  {}\r\n", sanitize::line(&line));
                }
                self.show(text).await;
            }
            EscapeAction::Rekey => {
                link.handle
                    .rekey_soon()
                    .await
                    .map_err(|_| failed(self.endpoint, link.end.reason()))?;
            }
            EscapeAction::Suspend => {
                self.show(format!("{c}^Z [suspend sshp]\r\n")).await;
                if let Some(modes) = &self.modes {
                    modes.pause(stdin(), || {
                        let own = rustix::process::getpid();
                        // A process that cannot stop itself goes on.
                        let _ = rustix::process::kill_process(own, rustix::process::Signal::TSTP);
                    })?;
                }
                self.resize().await;
            }
            EscapeAction::Lacking(byte) => {
                let key = char::from(byte);
                self.show(format!("{c}{key}\r\nnot supported by the built-in session\r\n")).await;
            }
        }
        Ok(None)
    }

    async fn show(&self, text: String) {
        // The terminal may be gone; then the text has no reader.
        let _ = self.errors.write(Bytes::from(text)).await;
    }

    /// Says a line about something else than the session.
    async fn tell(&self, line: &str) {
        if log::is_open() {
            self.ctx.ui.status(sanitize::line(line));
        } else if !self.quiet {
            let end = if self.modes.is_some() { "\r\n" } else { "\n" };
            self.show(format!("{}{end}", sanitize::line(line))).await;
        }
    }

    async fn resize(&self) {
        let size = terminal::size(stdin());
        // A session that has just ended has no window.
        let _ = self.writer.window_change(size.columns, size.rows, size.width, size.height).await;
    }

    /// Stops reading, and writes what is still to be written.
    async fn finish(&mut self) {
        self.upload.abort();
        // Aborted, it has nothing to say.
        let _ = (&mut self.upload).await;
        self.output.finish();
        self.errors.finish();
    }
}

/// What kind of terminal there is, SetEnv first (ssh.c: ssh_session2_setup).
fn term(ctx: &Ctx, work: &SessionRequest) -> String {
    let set = work.environment.iter().find(|(name, value)| name == "TERM" && !value.is_empty());
    let own = || ctx.env.var("TERM").and_then(|term| term.into_string().ok());
    set.map(|(_, value)| value.clone()).or_else(own).unwrap_or_default()
}

fn own(fd: impl AsFd) -> io::Result<OwnedFd> {
    fd.as_fd().try_clone_to_owned()
}

async fn resized(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}
