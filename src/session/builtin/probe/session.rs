//! What the account does with a command: a login can be good and lead nowhere.

use std::time::Duration;

use russh::{Channel, ChannelMsg, client};
use tokio::time::timeout;

use crate::doctor::{Fault, Stage, answer};
use crate::session::builtin::connection::Connection;
use crate::session::builtin::handler::explain;
use crate::session::greeting;
use crate::session::plan::Run;
use crate::session::probe::{COMMAND, LIMIT, Look, MARK, STAYS, Way};

/// What an account says before it closes is not longer.
const KEPT: usize = 4096;

/// How a channel ended.
#[derive(Default)]
struct ChannelEnd {
    out: Vec<u8>,
    err: Vec<u8>,
    status: Option<u32>,
    refused: bool,
    closed: bool,
}

pub(super) async fn look(look: &mut Look<'_>, link: &Connection, run: &Run) -> Way<()> {
    let channel = open(link).await?;
    let ran = channel.exec(true, COMMAND).await;
    let first = if ran.is_ok() { listen(channel, LIMIT).await } else { ChannelEnd::default() };
    if first.out.windows(MARK.len()).any(|part| part == MARK) {
        return look.good(Stage::Session, format!("`{COMMAND}` ran"));
    }
    if first.closed && first.status != Some(0) {
        // Some devices know a shell and no commands.
        let channel = open(link).await?;
        let shell = channel.request_shell(true).await;
        let second =
            if shell.is_ok() { listen(channel, STAYS).await } else { ChannelEnd::default() };
        if second.closed {
            let said = [&first.out, &second.out, &first.err, &second.err];
            let said = said.into_iter().find(|said| !said.is_empty());
            let said = String::from_utf8_lossy(said.map_or(&[], Vec::as_slice)).into_owned();
            if let Some(user) = answer::user_that_is_named(&said) {
                return Err(Fault::WrongUser { users: vec![user.to_owned()] }.into());
            }
            let said = greeting::shown(said.trim_start().as_bytes());
            return look.closed(run, first.status.or(second.status), said);
        }
    }
    look.note(
        Stage::Session,
        format!("`{COMMAND}` was not run; the account runs another command or shell"),
    )
}

async fn open(link: &Connection) -> Way<Channel<client::Msg>> {
    match timeout(LIMIT, link.handle.channel_open_session()).await {
        Ok(Ok(channel)) => Ok(channel),
        Ok(Err(error)) => Err(Fault::SessionRefused { why: explain(&error) }.into()),
        Err(_) => Err(Fault::SessionRefused { why: "no answer".to_owned() }.into()),
    }
}

fn keep(said: &mut Vec<u8>, data: &[u8]) {
    let room = KEPT - said.len();
    said.extend(&data[..data.len().min(room)]);
}

/// Reads what comes until the channel closes, the mark has come or it was long enough.
async fn listen(mut channel: Channel<client::Msg>, limit: Duration) -> ChannelEnd {
    let mut end = ChannelEnd::default();
    let heard = timeout(limit, async {
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Data { data }) => keep(&mut end.out, &data),
                Some(ChannelMsg::ExtendedData { data, .. }) => keep(&mut end.err, &data),
                Some(ChannelMsg::ExitStatus { exit_status }) => end.status = Some(exit_status),
                Some(ChannelMsg::Failure) => {
                    end.refused = true;
                    return;
                }
                Some(ChannelMsg::Close) | None => {
                    end.closed = true;
                    return;
                }
                Some(_) => {}
            }
        }
    });
    // Long enough is an answer too.
    let _ = heard.await;
    end.closed |= end.refused;
    end
}
