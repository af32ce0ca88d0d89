//! `sshp export`

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use encoding_rs::Encoding;
use serde_json::json;

use crate::cli::{self, ExportFormat};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::export::{Export, LeftOut, ansible, clush, csv, json, putty};
use crate::profile::query::{Query, SearchText};
use crate::profile::{Profile, fields};
use crate::repository::{self, State, generated, load};
use crate::ui::sanitize;

/// Writes the profiles that were chosen in the format of another program.
///
/// # Errors
/// When nothing fits the query or a tag, exit 3; when the file holds something else already, exit 5.
pub fn run(ctx: &Ctx, args: &cli::Export) -> Result<Exit> {
    require_flags_of_the_format(args)?;
    if args.host.is_some() {
        // Only programs that print no `_meta` are asked for each host.
        ctx.ui.json(&json!({}), false)?;
        return Ok(Exit::Ok);
    }
    let code_page = args.code_page.as_deref().map(code_page).transpose()?;
    load::require_config(ctx)?;
    let state = State::load(ctx)?;
    load::require_read(&state.tree)?;
    let all = state.profiles();
    let chosen = chosen(args, &all);
    if chosen.is_empty() && !args.list {
        return Err(Error::not_found("no profile matches").hint("`sshp list` shows the profiles"));
    }
    let (chosen, all) = (chosen.as_slice(), all.as_slice());
    let export = match args.format {
        ExportFormat::Putty if args.unix => return to_putty_folder(ctx, args, chosen, all),
        ExportFormat::Ansible if args.list => ansible::list(chosen),
        ExportFormat::Ansible => ansible::yaml(chosen, all, args.resolved),
        ExportFormat::Clush => clush::yaml(chosen),
        ExportFormat::Csv => {
            csv::table(chosen, csv::Layout { termius: args.termius, for_spreadsheets: args.excel })
        }
        ExportFormat::Json => json::document(chosen),
        ExportFormat::Putty => putty::registry(chosen, all, code_page),
    };
    if args.resolved {
        warn_of_conditions(ctx, chosen);
    }
    let Export { text, left_out } = export;
    warn(ctx, &left_out);
    match args.out.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => write(path, &text, args.force)?,
        None if ctx.tty.stdout && args.format == ExportFormat::Putty => {
            return Err(Error::usage("a .reg file is UTF-16, which no terminal shows")
                .hint("`--out sessions.reg` writes it to a file"));
        }
        None if ctx.tty.stdout => {
            let text = String::from_utf8_lossy(&text);
            ctx.ui.stdout_bulk().write_all(sanitize::block(&text).as_bytes())?;
        }
        None => ctx.ui.stdout_bulk().write_all(&text)?,
    }
    Ok(Exit::Ok)
}

fn require_flags_of_the_format(args: &cli::Export) -> Result<()> {
    let of = |is_given: bool, flag: &'static str, format: ExportFormat, name: &'static str| {
        if is_given && args.format != format {
            let error = Error::usage(format_args!("`{flag}` is for {name}"));
            return Err(error.hint(format_args!("`sshp export {name} {flag} …`")));
        }
        Ok(())
    };
    of(args.resolved, "--resolved", ExportFormat::Ansible, "ansible")?;
    of(args.list || args.host.is_some(), "--list", ExportFormat::Ansible, "ansible")?;
    of(args.termius, "--termius", ExportFormat::Csv, "csv")?;
    of(args.excel, "--excel", ExportFormat::Csv, "csv")?;
    of(args.unix, "--unix", ExportFormat::Putty, "putty")?;
    of(args.code_page.is_some(), "--code-page", ExportFormat::Putty, "putty")
}

fn code_page(name: &str) -> Result<&'static Encoding> {
    Encoding::for_label(name.as_bytes()).ok_or_else(|| {
        Error::usage(format_args!("there is no code page `{name}`"))
            .hint("names are those of the web: `gbk`, `windows-1251`, `shift_jis`")
    })
}

/// The profiles that fit, in the order of the config.
fn chosen(args: &cli::Export, all: &[Profile]) -> Vec<Profile> {
    let tags: Vec<String> = args.tags.iter().flat_map(|text| fields::tags(text)).collect();
    let tagged: Vec<&Profile> =
        all.iter().filter(|profile| profile.metadata.has_tags(&tags)).collect();
    let query = Query::parse(&args.query.join(" "));
    if query.is_empty() {
        return tagged.into_iter().cloned().collect();
    }
    let text = |profile: &Profile| {
        SearchText::new(profile, &sanitize::name(profile.alias.as_str()), sanitize::line).text
    };
    let mut places = query.best_first(tagged.iter().map(|profile| (*profile, text(profile))));
    places.sort_unstable();
    places.into_iter().map(|at| tagged[at].clone()).collect()
}

/// What only a connect can know is not in an export.
fn warn_of_conditions(ctx: &Ctx, profiles: &[Profile]) {
    for profile in profiles {
        if let Some(origin) = profile.depends_on.first() {
            let name = sanitize::name(profile.alias.as_str());
            let (file, line) = (origin.file.display(), origin.line);
            ctx.ui.warning(format_args!(
                "`{name}`: `{file}:{line}` holds only where it is connected from, and is not in the export"
            ));
        }
    }
}

fn warn(ctx: &Ctx, left_out: &[LeftOut]) {
    for LeftOut { alias, why } in left_out {
        ctx.ui.warning(format_args!("`{}`: {}", sanitize::name(alias), sanitize::line(why)));
    }
}

/// Writes a file anew; what is there already stays, unless it is the same or `force` is given.
fn write(path: &Path, text: &[u8], force: bool) -> Result<()> {
    let real = repository::follow(path)?;
    match repository::read(&real)? {
        Some(there) if *there == *text => return Ok(()),
        Some(_) if !force => {
            let error =
                Error::refused(format_args!("`{}` holds something else already", path.display()));
            return Err(error.hint("`--force` replaces it"));
        }
        _ => {}
    }
    let (folder, name) = (real.parent(), real.file_name().and_then(OsStr::to_str));
    let (Some(folder), Some(name)) = (folder, name) else {
        return Err(Error::usage(format_args!("`{}` is no file", path.display())));
    };
    generated::write(folder, name, text)
}

fn to_putty_folder(
    ctx: &Ctx,
    args: &cli::Export,
    chosen: &[Profile],
    all: &[Profile],
) -> Result<Exit> {
    let (sessions, left_out) = putty::unix(chosen, all);
    warn(ctx, &left_out);
    let folder = args.out.as_deref().unwrap_or(Path::new(".")).join("sessions");
    // All or none: what would be replaced is found before anything is written.
    if !args.force {
        for (name, text) in &sessions {
            let path = folder.join(name);
            if repository::read(&path)?.is_some_and(|there| *there != **text) {
                let path = path.display();
                return Err(Error::refused(format_args!("`{path}` is a session already"))
                    .hint("`--force` replaces it"));
            }
        }
    }
    for (name, text) in &sessions {
        generated::write(&folder, name, text)?;
    }
    let (count, folder) = (sessions.len(), folder.display());
    ctx.ui.status(format_args!("wrote {count} sessions to `{folder}`"));
    Ok(Exit::Ok)
}
