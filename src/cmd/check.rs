//! `sshp check`

use serde_json::json;
use sshp_config::Tree;
use sshp_config::lint::Finding;

use crate::cli::Check;
use crate::config_check::findings;
use crate::ctx::Ctx;
use crate::error::{ErrorKind, Excerpt, Result};
use crate::exit::Exit;
use crate::store::{load, refused};
use crate::ui::{report, sanitize};

/// Says what is wrong in the config; ends with 1 where something is.
///
/// # Errors
/// When the config that `-F` names is not there, or the answer cannot be printed.
pub fn run(ctx: &Ctx, args: &Check) -> Result<Exit> {
    load::require_config(ctx)?;
    let tree = load::load_tree(ctx);
    let findings = findings(ctx, &tree);
    if args.json {
        let findings: Vec<_> = findings.iter().map(to_json).collect();
        let all = json!({ "schema": "sshp.check.v1", "findings": findings });
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
    }
    Ok(if findings.is_empty() { Exit::Ok } else { Exit::Error(ErrorKind::Failed) })
}

fn to_json(finding: &Finding) -> serde_json::Value {
    json!({
        "file": finding.origin.file.to_string_lossy(),
        "line": finding.origin.line,
        "check": finding.check,
        "text": finding.text,
    })
}

/// The line of a finding, for a reader at a terminal or in a log.
fn excerpt(tree: &Tree, Finding { origin, text, .. }: &Finding) -> Option<Excerpt> {
    refused::excerpt(tree, origin, text)
}
