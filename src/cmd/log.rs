//! `sshp log`

use serde_json::json;

use crate::cli;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::repository::{self, Entry, Log};
use crate::ui::age::render_ago;
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Lists what sshp changed, the newest last.
///
/// # Errors
/// When the journal cannot be read.
pub fn run(ctx: &Ctx, args: &cli::Log) -> Result<Exit> {
    let Log { entries, damaged } = repository::log(ctx)?;
    for (_, error) in &damaged {
        ctx.ui.warning(sanitize::line(&error.source.to_string()));
        for hint in &error.hints {
            ctx.ui.hint(sanitize::line(hint));
        }
    }
    let taken_back = repository::taken_back(&entries);
    if args.json {
        let mut changes = Vec::new();
        for entry in &entries {
            changes.push(to_json(entry, taken_back.contains(&entry.id)));
        }
        let log = json!({ "schema": "sshp.log.v1", "changes": changes });
        ctx.ui.json(&log, true)?;
        return Ok(Exit::Ok);
    }
    if entries.is_empty() {
        ctx.ui.status("no changes recorded yet");
        return Ok(Exit::Ok);
    }
    let mut rows = Vec::new();
    for entry in &entries {
        let (mut files, mut lines) = (Vec::new(), (0_usize, 0_usize));
        for file in &entry.files {
            files.push(sanitize::line(&file.path().to_string_lossy()).into_owned());
            let (come, gone) = file.lines;
            lines = (lines.0.saturating_add(come), lines.1.saturating_add(gone));
        }
        let command = sanitize::line(&entry.command).into_owned();
        let undone = if taken_back.contains(&entry.id) { "undone" } else { "" };
        let plain = anstyle::Style::new();
        rows.push([
            Cell::new(entry.id.to_string(), plain),
            Cell::new(render_ago(ctx.now.saturating_sub(entry.time)), plain),
            Cell::new(command, style::ALIAS),
            Cell::new(format!("+{} -{}", lines.0, lines.1), plain),
            Cell::new(undone, plain),
            Cell::new(files.join(" "), plain),
        ]);
    }
    ctx.ui.table(["CHANGE", "WHEN", "COMMAND", "LINES", "", "FILES"], rows.iter().cloned())?;
    Ok(Exit::Ok)
}

fn to_json(entry: &Entry, undone: bool) -> serde_json::Value {
    let mut files = Vec::new();
    for file in &entry.files {
        let (added, removed) = file.lines;
        let path = file.path().to_string_lossy().into_owned();
        files.push(json!({ "path": path, "added": added, "removed": removed }));
    }
    json!({
        "id": entry.id,
        "time": entry.time,
        "command": entry.command,
        "undoes": entry.undoes,
        "undone": undone,
        "files": files,
    })
}
