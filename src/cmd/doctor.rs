//! `sshp doctor`

mod installation;

use std::cell::RefCell;
use std::io;

use serde_json::{Value, json};
use sshp_config::{CommandLine, Family, Index, Probe, Tree};

use crate::cli;
use crate::ctx::Ctx;
use crate::doctor::{Fault, Finding, Mend, Outcome, Stage, Step, Subject, find};
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::launch;
use crate::launch::{Connecting, tree_for};
use crate::profile::Session;
use crate::profile::find::{did_you_mean, suggest};
use crate::repository;
use crate::session::ProbeOptions;
use crate::session::builtin;
use crate::session::plan::{self, Endpoint, MissingFeature};
use crate::session::system::{self, Ssh};
use crate::ui::{sanitize, style, table, terminal};

/// Longer lines are not readable.
const WIDEST: usize = 100;
/// Where the text of a stage begins.
const COLUMN: usize = 18;
/// What stands before the lines below a stage.
const INDENT: &str = "        ";

/// Says why a connection fails, or what is wrong with the installation.
///
/// # Errors
/// A destination that ssh would not take, a password without a terminal to ask at.
pub fn run(ctx: &Ctx, args: &cli::Doctor) -> Result<Exit> {
    let mut report = Report { ctx, json: args.json, hops: Vec::new(), told: Vec::new() };
    match &args.name {
        Some(name) => connection(ctx, args, name, &mut report)?,
        None => installation::look(ctx, &mut report)?,
    }
    report.end(args)
}

fn connection(ctx: &Ctx, args: &cli::Doctor, name: &str, report: &mut Report<'_>) -> Result<()> {
    let line = launch::destination(ctx, name)?;
    if args.password && !ctx.tty.controlling {
        return Err(Error::usage("`--password` needs a terminal to ask on"));
    }
    let tree = tree_for(ctx, &line);
    let host = String::from_utf8_lossy(line.host()).into_owned();
    let is_profile = |name: &str| launch::is_profile(&tree, name.as_bytes());
    let subject =
        Subject { is_profile: is_profile(&host), name: host.clone(), ..Subject::default() };
    report.hops = vec![subject];
    let seen = Seen { inner: Connecting { ctx }, ran: RefCell::default() };
    let found = launch::way(&seen, ctx, &tree, &line);
    for command in seen.ran.take() {
        let what = format!("`Match exec` ran, as at a connect: `{command}`");
        report.add(Stage::Config, Outcome::Note(what))?;
    }
    let route = match found {
        Ok(found) => found,
        Err(error) => {
            let why = format!("{:#}", error.source);
            let fault = match error.kind {
                ErrorKind::Refused => Fault::DestinationRefused { why },
                _ => Fault::ConfigRefused { why, advice: error.hints },
            };
            return report.add(Stage::Config, Outcome::Failed(Box::new(fault)));
        }
    };
    report.hops = subjects(&route.hops, name, is_profile);
    report.heading()?;
    let client = match client(ctx, &line, &host) {
        Ok(client) => client,
        Err(fault) => return report.add(Stage::Ssh, Outcome::Failed(Box::new(fault))),
    };
    let (notes, missing_features): (Vec<MissingFeature>, Vec<MissingFeature>) =
        route.missing_features.iter().cloned().partition(|missing| {
            client.runs_system() || client.is_chosen_for_want() && missing.is_harmless()
        });
    if client.is_chosen_for_want() && !ctx.env.in_passwd {
        let uid = ctx.env.uid;
        let what = format!(
            "passwd(5) has no entry for uid {uid}, so ssh does not run (`No user exists for uid {uid}`): \
             the built-in session connects"
        );
        report.add(Stage::Ssh, Outcome::Note(what))?;
    }
    for missing in notes {
        let what = format!("the built-in session does without {missing}");
        report.add(Stage::Config, Outcome::Note(what))?;
    }
    if !missing_features.is_empty() {
        let missing_features = missing_features.iter().map(ToString::to_string).collect();
        let fault = Fault::BuiltinLacks { missing_features };
        return report.add(Stage::Config, Outcome::Failed(Box::new(fault)));
    }
    let run = plan::without_command(&route.effective);
    for what in plan::peculiarities(&route.effective, &run) {
        report.add(Stage::Config, Outcome::Note(what))?;
    }
    if is_profile(&host) {
        report.add(Stage::Config, Outcome::Good("read and resolved".to_owned()))?;
    } else {
        report.add(Stage::Config, Outcome::Note(unknown(ctx, &tree, &host)))?;
    }
    let ask = ProbeOptions {
        no_auth: args.no_auth,
        password: args.password,
        guess_user: args.guess_user,
    };
    let tell = &mut |step: &Step| report.tell(step);
    match &client {
        Client::System(ssh) => system::probe(&route.by_system(ctx, ssh, ask, &run), tell),
        Client::Builtin { .. } => builtin::probe(ctx, &route.hops, ask, &run, tell),
    }
}

/// The client that a connect would use.
enum Client {
    System(Ssh),
    Builtin {
        /// There is no other, and the built-in session does without what is no reason to stay away.
        for_want: bool,
    },
}

impl Client {
    fn runs_system(&self) -> bool {
        matches!(self, Client::System(_))
    }

    fn is_chosen_for_want(&self) -> bool {
        matches!(self, Client::Builtin { for_want: true })
    }
}

/// Chooses as a connect does.
fn client(ctx: &Ctx, line: &CommandLine, name: &str) -> std::result::Result<Client, Fault> {
    let metadata = repository::MetadataStore::read(ctx);
    let choice = launch::choice(ctx, line, metadata.file.get(name).as_ref());
    let named = ctx.env.var("SSHP_SSH");
    match (choice, system::find(named.clone()), named) {
        (Session::Builtin, _, _) => Ok(Client::Builtin { for_want: false }),
        (Session::System, Some(_), None) if !ctx.env.in_passwd => {
            Err(Fault::NoPasswdEntry { uid: ctx.env.uid.to_string() })
        }
        (Session::System, Some(ssh), _) => Ok(Client::System(ssh)),
        (_, None, Some(named)) => {
            let named = Some(named.to_string_lossy().into_owned());
            Err(Fault::SshMissing { named })
        }
        (Session::System, None, None) => Err(Fault::SshMissing { named: None }),
        (Session::Auto, ..) => match system::for_auto(&ctx.env) {
            Some(ssh) => Ok(Client::System(ssh)),
            None if cfg!(feature = "builtin") => Ok(Client::Builtin { for_want: true }),
            None if !ctx.env.in_passwd => {
                Err(Fault::NoPasswdEntry { uid: ctx.env.uid.to_string() })
            }
            None => Err(Fault::SshMissing { named: None }),
        },
    }
}

/// What findings call each server on the way; the last as it was asked for.
fn subjects(hops: &[Endpoint], asked: &str, is_profile: impl Fn(&str) -> bool) -> Vec<Subject> {
    let mut via = None;
    let last = hops.len() - 1;
    let subject = |(at, hop): (usize, &Endpoint)| Subject {
        name: if at == last { asked.to_owned() } else { hop.name.clone() },
        host: hop.host.clone(),
        port: hop.port,
        user: hop.user.clone(),
        is_profile: is_profile(&hop.name),
        via: via.replace(hop.name.clone()),
    };
    hops.iter().enumerate().map(subject).collect()
}

/// That a name is none of a profile, and which it may stand for.
fn unknown(ctx: &Ctx, tree: &Tree, name: &str) -> String {
    let index = Index::new(tree, &ctx.env, &ctx.env.dialect);
    let names: Vec<String> =
        index.profiles().map(|named| String::from_utf8_lossy(named.alias).into_owned()).collect();
    let near = did_you_mean(&suggest(name, names.iter().map(String::as_str)));
    let near = near.map(|near| format!(" ({near})")).unwrap_or_default();
    format!("`{name}` is no profile{near}; it is taken as a host")
}

/// Notes the commands that a connect runs to resolve the config.
struct Seen<'a> {
    inner: Connecting<'a>,
    ran: RefCell<Vec<String>>,
}

impl Probe for Seen<'_> {
    fn run(&self, command: &[u8]) -> std::result::Result<bool, String> {
        self.ran.borrow_mut().push(sanitize::bytes(command));
        self.inner.run(command)
    }

    fn lookup(&self, name: &[u8], family: Family) -> std::result::Result<Option<Vec<u8>>, String> {
        self.inner.lookup(name, family)
    }

    fn reach(&self, path: &[u8]) -> std::result::Result<(), String> {
        self.inner.reach(path)
    }
}

/// What is told, as it comes.
struct Report<'a> {
    ctx: &'a Ctx,
    json: bool,
    hops: Vec<Subject>,
    told: Vec<Step>,
}

impl Report<'_> {
    /// Tells a stage of the destination.
    fn add(&mut self, stage: Stage, outcome: Outcome) -> Result<()> {
        self.tell(&Step { hop: self.hops.len().saturating_sub(1), stage, outcome })
    }

    fn tell(&mut self, step: &Step) -> Result<()> {
        self.told.push(step.clone());
        if self.json {
            return Ok(());
        }
        let ui = &self.ctx.ui;
        let of = match self.hops.get(step.hop) {
            Some(hop) if self.hops.len() > 1 => format!("{}: ", hop.name),
            _ => String::new(),
        };
        let (mark, style, what) = match &step.outcome {
            Outcome::Good(what) => ("ok", style::ADDED, what.clone()),
            Outcome::Note(what) => ("note", style::WARNING, what.clone()),
            Outcome::Left(what) => ("--", style::DIM, what.clone()),
            Outcome::Failed(fault) => ("FAIL", style::ERROR, find(fault, self.about(step)).what),
        };
        let stage = step.stage.name();
        let mut lines = what.lines().map(|line| sanitize::line(line.trim_end()));
        let first = lines.next().unwrap_or_default();
        ui.data(format_args!("{style}{mark:<4}{style:#}  {stage:<10}  {of}{first}"))?;
        for line in lines {
            ui.data(format_args!("{:COLUMN$}{line}", ""))?;
        }
        if let Outcome::Failed(fault) = &step.outcome {
            for line in expanded(&find(fault, self.about(step))) {
                ui.data(line)?;
            }
        }
        Ok(())
    }

    /// Whom the stages are about.
    fn heading(&self) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let style = style::ALIAS;
        for hop in &self.hops {
            let Subject { name, host, port, user, .. } = hop;
            let name = sanitize::line(name);
            let via = hop.via.as_ref().map_or_else(String::new, |via| format!(", through {via}"));
            let way = format!("{user}@{host} port {port}{via}");
            self.ctx.ui.data(format_args!("{style}{name}{style:#}: {}", sanitize::line(&way)))?;
        }
        Ok(())
    }

    fn about(&self, step: &Step) -> &Subject {
        // There is one from the beginning, but for the installation, which needs none.
        static NONE: std::sync::LazyLock<Subject> = std::sync::LazyLock::new(Subject::default);
        self.hops.get(step.hop).unwrap_or(&NONE)
    }

    fn findings(&self) -> Vec<(&Step, Finding)> {
        let found = self.told.iter().filter_map(|step| match &step.outcome {
            Outcome::Failed(fault) => Some((step, find(fault, self.about(step)))),
            _ => None,
        });
        found.collect()
    }

    /// Prints what belongs at the end, and gives the exit code of the first finding.
    fn end(&self, args: &cli::Doctor) -> Result<Exit> {
        let findings = self.findings();
        let exit = findings.first().map_or(Exit::Ok, |(_, finding)| Exit::from(finding.kind));
        if self.json {
            let all = json!({
                "schema": "sshp.doctor.v1",
                "asked": args.name,
                "exit": exit.code(),
                "findings": findings.iter().map(|(s, f)| self.finding_json(s, f)).collect::<Vec<_>>(),
                "stages": self.told.iter().map(|step| self.step_json(step)).collect::<Vec<_>>(),
            });
            self.ctx.ui.json(&all, true)?;
        } else if findings.is_empty() {
            self.ctx.ui.status("no problems found, as far as checked");
        }
        Ok(exit)
    }

    fn finding_json(&self, step: &Step, finding: &Finding) -> Value {
        let mend = |mend: &Mend| json!({ "command": mend.command, "why": mend.why });
        json!({
            "name": finding.name,
            "stage": step.stage.name(),
            "host": self.hops.get(step.hop).map(|hop| &hop.name),
            "what": finding.what,
            "seen": finding.seen,
            "means": finding.means,
            "commands": finding.mends.iter().map(mend).collect::<Vec<_>>(),
            "exit": Exit::from(finding.kind).code(),
        })
    }

    fn step_json(&self, step: &Step) -> Value {
        let (outcome, what) = match &step.outcome {
            Outcome::Good(what) => ("ok", what.clone()),
            Outcome::Note(what) => ("note", what.clone()),
            Outcome::Left(what) => ("left", what.clone()),
            Outcome::Failed(fault) => ("failed", find(fault, self.about(step)).name.to_owned()),
        };
        json!({
            "stage": step.stage.name(),
            "host": self.hops.get(step.hop).map(|hop| &hop.name),
            "outcome": outcome,
            "text": what,
        })
    }
}

/// A finding below its stage: its name, what was seen, what it means, what mends it.
fn expanded(finding: &Finding) -> Vec<String> {
    let columns = usize::try_from(terminal::size(io::stdout()).columns).unwrap_or(0);
    let width = if columns == 0 { WIDEST } else { columns.min(WIDEST) };
    let (name, hint) = (style::ERROR, style::HINT);
    let mut lines = vec![String::new(), format!("{INDENT}finding: {name}{}{name:#}", finding.name)];
    let seen = finding.seen.iter().map(|line| format!("{INDENT}{}", sanitize::line(line)));
    lines.extend(seen);
    lines.push(String::new());
    let means = table::fill(&finding.means, width.saturating_sub(INDENT.len()));
    lines.extend(means.into_iter().map(|line| format!("{INDENT}{line}")));
    lines.push(String::new());
    for Mend { command, why } in &finding.mends {
        let command = sanitize::line(command).into_owned();
        lines.push(format!("{INDENT}{hint}{command}{hint:#}"));
        lines.push(format!("{INDENT}    {}", sanitize::line(why)));
    }
    lines
}
