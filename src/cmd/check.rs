//! `sshp check`

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sshp_config::Tree;
use sshp_config::lint::Finding;

use crate::cli::Check;
use crate::config_check::{Dialects, findings, findings_for, lines};
use crate::ctx::Ctx;
use crate::error::{ErrorKind, Excerpt, Result};
use crate::exit::Exit;
use crate::repository::{load, refused};
use crate::ui::{report, sanitize};

/// Says what is wrong in the config; ends with 1 where something is.
///
/// # Errors
/// When the config that `-F` names is not there, or the answer cannot be printed.
pub fn run(ctx: &Ctx, args: &Check) -> Result<Exit> {
    load::require_config(ctx)?;
    let tree = load::load_tree(ctx);
    let dialects = match &args.dialects[..] {
        [] => None,
        names => Some(Dialects::parse(names)?),
    };
    let (others, refused) = match &dialects {
        Some(dialects) => findings_for(ctx, &tree, dialects),
        None => (findings(ctx, &tree), Vec::new()),
    };
    let refused_by: BTreeMap<&Finding, &[String]> =
        refused.iter().map(|refused| (&refused.finding, &refused.by[..])).collect();
    let findings: BTreeSet<&Finding> = others.iter().chain(refused_by.keys().copied()).collect();
    if args.json {
        let findings: Vec<_> =
            findings.iter().map(|finding| to_json(finding, refused_by.get(finding))).collect();
        let mut all = json!({ "schema": "sshp.check.v1", "findings": findings });
        if let Some(dialects) = &dialects {
            all["dialects"] = json!(dialects.names());
        }
        ctx.ui.json(&all, true)?;
    } else {
        for finding in &findings {
            let Finding { origin, text, .. } = finding;
            let place = match origin.line {
                0 => origin.file.display().to_string(),
                _ => origin.to_string(),
            };
            ctx.ui.data(sanitize::line(&format!("{place}: {text}")))?;
            if let Some(line) = excerpt(&tree, finding) {
                ctx.ui.data(report::excerpt(&line).trim_end())?;
            }
        }
        match findings.len() {
            0 => ctx.ui.status("no problems found"),
            1 => ctx.ui.status("1 finding"),
            count => ctx.ui.status(format_args!("{count} findings")),
        }
        if let Some(dialects) = &dialects {
            let works = format!("works with {}", dialects.asked);
            if refused_by.is_empty() {
                ctx.ui.status(works);
            } else {
                let lines = lines(refused_by.keys().map(|finding| &finding.origin), &tree);
                ctx.ui.status(sanitize::line(&format!("{works} but for {lines}")));
            }
        }
    }
    Ok(if findings.is_empty() { Exit::Ok } else { Exit::Error(ErrorKind::Failed) })
}

fn to_json(finding: &Finding, refused_by: Option<&&[String]>) -> serde_json::Value {
    let mut json = json!({
        "file": finding.origin.file.to_string_lossy(),
        "line": finding.origin.line,
        "check": finding.check,
        "text": finding.text,
    });
    if let Some(by) = refused_by {
        json["refused_by"] = json!(by);
    }
    json
}

/// The line of a finding, for a reader at a terminal or in a log.
fn excerpt(tree: &Tree, Finding { origin, text, .. }: &Finding) -> Option<Excerpt> {
    refused::excerpt(tree, origin, text)
}
