//! `sshp config`

use serde_json::{Value as Json, json};
use sshp_splice::{ChangeSet, FileChange, Splice};

use crate::cli::{Config, ConfigSet, ConfigShow, ConfigUnset, ConfigVerb, Write};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::profile::find::did_you_mean;
use crate::profile_edit;
use crate::repository;
use crate::settings::{Refused, Row, Value, plan_set, plan_unset, used};
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Looks at and changes `config.toml`.
///
/// # Errors
/// When there is no such setting, it cannot have the value, or the file cannot be changed.
pub fn run(ctx: &Ctx, args: &Config) -> Result<Exit> {
    match &args.verb {
        ConfigVerb::Path => ctx.ui.data(ctx.paths.settings.display())?,
        ConfigVerb::Show(args) => show(ctx, args)?,
        ConfigVerb::Set(args) => set(ctx, args)?,
        ConfigVerb::Unset(args) => unset(ctx, args)?,
    }
    Ok(Exit::Ok)
}

fn show(ctx: &Ctx, args: &ConfigShow) -> Result<()> {
    let rows = asked(args.setting.as_deref())?;
    let path = ctx.paths.settings.to_string_lossy();
    if args.json {
        let settings: Vec<Json> = rows.iter().map(|row| to_json(ctx, row)).collect();
        let warnings = ctx.settings.warnings.iter();
        let warnings: Vec<Json> = warnings
            .map(|warning| json!({ "line": warning.line, "message": warning.to_string() }))
            .collect();
        let document = json!({
            "schema": "sshp.config.v1",
            "file": path,
            "settings": settings,
            "warnings": warnings,
        });
        return Ok(ctx.ui.json(&document, true)?);
    }
    let file = ctx.paths.settings.file_name().unwrap_or_default().to_string_lossy();
    let mut cells = Vec::new();
    for row in rows {
        let (value, line) = ctx.settings.get(row.name);
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        let from = line.map_or_else(|| "default".to_owned(), |line| format!("{file}:{line}"));
        let look = if line.is_some() { style::PLAIN } else { style::DIM };
        cells.push([
            Cell::new(row.name, style::ALIAS),
            Cell::new(sanitize::line(&value).into_owned(), style::PLAIN),
            Cell::new(from, look),
            Cell::new(row.what, style::DIM),
        ]);
    }
    Ok(ctx
        .ui
        .table_that_fits(["SETTING", "VALUE", "FROM", "DESCRIPTION"], cells.iter().cloned())?)
}

/// The setting of a name, or those of a table; all where nothing is asked.
fn asked(name: Option<&str>) -> Result<Vec<&'static Row>> {
    let Some(name) = name else { return Ok(used().collect()) };
    let inside = format!("{name}.");
    let rows: Vec<_> =
        used().filter(|row| row.name == name || row.name.starts_with(&inside)).collect();
    if rows.is_empty() {
        // The one place that knows what may have been meant.
        let refused = plan_set(b"", name, &[]).err();
        return Err(refused.map_or_else(|| Error::not_found(name), refusal));
    }
    Ok(rows)
}

fn to_json(ctx: &Ctx, row: &Row) -> Json {
    let (value, line) = ctx.settings.get(row.name);
    let plain = |value: Option<Value>| match value {
        None => Json::Null,
        Some(Value::Text(text)) => text.into(),
        Some(Value::List(words)) => words.into(),
        Some(Value::Flag(on)) => on.into(),
        Some(Value::Count(count)) => count.into(),
    };
    json!({
        "name": row.name,
        "value": plain(value),
        "default": plain(row.default()),
        "line": line,
    })
}

fn set(ctx: &Ctx, args: &ConfigSet) -> Result<()> {
    let command = format!("config set {} {}", args.setting, args.value.join(" "));
    let plan = |text: &[u8]| plan_set(text, &args.setting, &args.value);
    let change = carry_out(ctx, args.write, &command, plan)?;
    let value = args.value.join(" ");
    let shown = sanitize::line(&value);
    report(ctx, args.write, &change, &format!("`{}` is `{shown}`", args.setting));
    Ok(())
}

fn unset(ctx: &Ctx, args: &ConfigUnset) -> Result<()> {
    let command = format!("config unset {}", args.setting);
    let change = carry_out(ctx, args.write, &command, |text| plan_unset(text, &args.setting))?;
    let name = sanitize::line(&args.setting);
    report(ctx, args.write, &change, &format!("`{name}` is the default"));
    Ok(())
}

fn report(ctx: &Ctx, write: Write, change: &ChangeSet, now: &str) {
    if !write.dry_run {
        let word = if change.is_empty() { "already" } else { "now" };
        ctx.ui.status(now.replacen(" is ", &format!(" is {word} "), 1));
    }
}

fn carry_out(
    ctx: &Ctx,
    write: Write,
    command: &str,
    plan: impl Fn(&[u8]) -> std::result::Result<Vec<Splice>, Refused>,
) -> Result<ChangeSet> {
    let change = || -> Result<ChangeSet> {
        let base = repository::read(&ctx.paths.settings)?;
        let splices = plan(base.as_deref().unwrap_or_default()).map_err(|refused| {
            let broken = matches!(refused, Refused::Toml(_) | Refused::NoTable(_));
            if !broken {
                return refusal(refused);
            }
            let path = ctx.paths.settings.display();
            Error::failed(format_args!("`{path}`: {refused}"))
                .hint("mend it or move it away; nothing was changed")
        })?;
        let mut change = ChangeSet::new(command);
        if !splices.is_empty() {
            change.push(FileChange::new(&ctx.paths.settings, base, splices));
        }
        Ok(change)
    };
    if write.dry_run {
        let change = change()?;
        profile_edit::print_diff(ctx, &change)?;
        return Ok(change);
    }
    repository::commit_files(ctx, profile_edit::commit_options(write), change)
}

fn refusal(refused: Refused) -> Error {
    let near = match &refused {
        Refused::Unknown { near, .. } => Some(*near),
        _ => None,
    };
    let error = Error::usage(refused);
    match near {
        Some(Some(near)) => did_you_mean(&[near]).into_iter().fold(error, Error::hint),
        Some(None) => error.hint("`sshp config show` lists all"),
        None => error,
    }
}
