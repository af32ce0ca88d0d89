//! What is wrong in a config: bad lines, what ssh refuses, files that are not read or no UTF-8, and
//! keys that are missing or cannot be loaded. For `check` and `doctor`.

mod dialects;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sshp_config::lint::{self, Advice, Finding};
use sshp_config::tree::Include;
use sshp_config::{
    CommandLine, ComplaintKind, Dialect, Effective, Index, Keyword, Origin, Rejected, Tree,
    resolve, tokens,
};
use sshp_keys::{Client, Defect, KeyFile};
use sshp_splice::encoding::Wide;

pub use self::dialects::{Dialects, Refused, lines};
use crate::ctx::Ctx;
use crate::keys::{self, modes};
use crate::repository;

/// Everything that is wrong in a config, in the order of its files.
pub fn findings(ctx: &Ctx, tree: &Tree) -> BTreeSet<Finding> {
    let dialect = &ctx.env.dialect;
    let resolved = resolved(ctx, tree, dialect);
    let by_destination = refused_by_destination(ctx, tree);
    let mut findings = other_findings(ctx, tree, resolved.as_ref().ok());
    findings.extend(refused(tree, dialect, resolved));
    findings.extend(by_destination);
    findings
}

/// As [`findings`], but what some versions of OpenSSH refuse, and which, in place of what the installed one does.
pub fn findings_for(
    ctx: &Ctx,
    tree: &Tree,
    dialects: &Dialects,
) -> (BTreeSet<Finding>, Vec<Refused>) {
    let lenient = Dialect::lenient();
    let any = resolved(ctx, tree, &lenient);
    let mut findings = other_findings(ctx, tree, any.as_ref().ok());
    if any.is_ok() {
        findings.extend(refused(tree, &lenient, any));
    }
    (findings, dialects.refused(ctx, tree))
}

/// What a dialect uses for a host that no config names.
fn resolved(ctx: &Ctx, tree: &Tree, dialect: &Dialect) -> std::result::Result<Effective, Rejected> {
    let any = CommandLine::destination("sshp-check.invalid").unwrap_or_default();
    resolve(tree, &any, &ctx.env, None, dialect)
}

/// What ssh refuses in files that an `Include` names by the destination: those of the profiles.
fn refused_by_destination(ctx: &Ctx, tree: &Tree) -> Vec<Finding> {
    let is_known =
        |include: &Include| include.words.iter().all(|word| word.is_read_so_by(&ctx.env.dialect));
    if tree.files.iter().flat_map(|file| &file.includes).all(is_known) {
        return Vec::new();
    }
    let index = Index::new(tree, &ctx.env, &ctx.env.dialect);
    let aliases = index
        .profiles()
        .filter_map(|named| CommandLine::destination(OsStr::from_bytes(named.alias)).ok());
    let findings = aliases.flat_map(|alias| {
        let resolved = resolve(tree, &alias, &ctx.env, None, &ctx.env.dialect);
        refused(tree, &ctx.env.dialect, resolved)
    });
    // What has no line is about the name that was resolved, and not about the file.
    findings.filter(|finding| finding.origin.line > 0).collect()
}

/// What is wrong beside what ssh refuses.
fn other_findings(ctx: &Ctx, tree: &Tree, any: Option<&Effective>) -> BTreeSet<Finding> {
    let index = Index::new(tree, &ctx.env, &ctx.env.dialect);
    let mut findings: BTreeSet<Finding> = lint::lint(tree, &index, &ctx.env).into_iter().collect();
    findings.extend(other_files(ctx, any));
    findings.extend(unreadable(tree));
    findings.extend(key_files(ctx, tree));
    findings
}

/// Metadata, settings and known_hosts that are no UTF-8, or are not read at all.
fn other_files(ctx: &Ctx, any: Option<&Effective>) -> Vec<Finding> {
    let known_hosts = any.into_iter().flat_map(Effective::user_known_hosts_files);
    let known_hosts = known_hosts.map(|path| PathBuf::from(OsStr::from_bytes(path)));
    let files = [ctx.paths.metadata.clone(), ctx.paths.settings.clone()].into_iter();
    let found = files.chain(known_hosts).filter_map(|path| {
        let (check, text) = match repository::read(&path) {
            Ok(read) => {
                let wide = Wide::detect(&read?)?;
                ("encoding", format!("the file is {wide}, not UTF-8: {}", wide.mend(&path)))
            }
            // `/dev/null` says that no file is meant.
            Err(error) if path.is_file() => ("unreadable", error.source.to_string()),
            Err(_) => return None,
        };
        Some(Finding { origin: Origin { file: path.into(), line: 0 }, check, text })
    });
    found.collect()
}

/// The place of a fault that is about a whole file.
fn whole(tree: &Tree) -> Option<Origin> {
    let root = tree.roots.first()?;
    Some(Origin { file: root.path.clone(), line: 0 })
}

/// What ssh refuses or complains about for any host: bad lines stop it wherever they stand.
fn refused(
    tree: &Tree,
    dialect: &Dialect,
    resolved: std::result::Result<Effective, Rejected>,
) -> Vec<Finding> {
    let (complaints, is_refused) = match resolved {
        Ok(effective) => (effective.complaints, false),
        Err(Rejected { complaints }) => (complaints, true),
    };
    let at = |origin: Option<Origin>| origin.or_else(|| whole(tree));
    let found = complaints.into_iter().filter_map(|complaint| {
        // The bad lines have findings of their own, and so has a file that is not read.
        if matches!(complaint.kind, ComplaintKind::Consequence | ComplaintKind::Unread) {
            return None;
        }
        let text = match lint::advice(tree, &complaint, dialect) {
            Some(Advice { what, mend: Some(mend) }) => format!("{what}; {mend}"),
            Some(Advice { what, mend: None }) => what,
            None => complaint.own_words().to_owned(),
        };
        let check = if is_refused { "refused" } else { "complaint" };
        Some(Finding { origin: at(complaint.origin)?, check, text })
    });
    found.collect()
}

fn unreadable(tree: &Tree) -> Vec<Finding> {
    let found = tree.refusals().filter_map(|(origin, path, refusal)| {
        let mend = refusal.mend(path).map_or_else(String::new, |mend| format!("; {mend}"));
        let text = format!("`{}` is not read: {refusal}{mend}", path.display());
        Some(Finding { origin: origin.or_else(|| whole(tree))?, check: "unreadable", text })
    });
    found.collect()
}

/// Keys that are named but not there, and keys that ssh cannot log in with.
fn key_files(ctx: &Ctx, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, file) in tree.all_files().enumerate() {
        for (directive, line) in file.document.directives().iter().enumerate() {
            let private = match line.keyword {
                Some(Keyword::IdentityFile) => true,
                Some(Keyword::CertificateFile) => false,
                _ => continue,
            };
            let Some(Ok(word)) = file.document.words(line).next() else { continue };
            let Some(path) = tokens::fixed_path(&word.value, &ctx.env) else { continue };
            let origin = || tree.origin(at, directive);
            let public = keys::public::beside(&path);
            if !path.exists() {
                // With the public half, the agent can have the other.
                if !public.exists() {
                    let text = format!("there is no `{}`", path.display());
                    findings.push(Finding { origin: origin(), check: "missing-key", text });
                }
            } else if private && let Some((check, text)) = wrong_with_key(&path) {
                findings.push(Finding { origin: origin(), check, text });
            }
        }
    }
    findings
}

/// Why ssh does not log in with a private key. A public key, whose private half is an agent's, and
/// what is no file at all (`/dev/null`) are right there.
fn wrong_with_key(path: &Path) -> Option<(&'static str, String)> {
    let described = keys::public::describe(path).ok()?;
    let shown = path.display();
    let bytes = keys::read(path).ok()?;
    let unloadable = |defect: &Defect| {
        let mend = "; `sshp key import` writes a copy that it can";
        let mend = if defect.is_mendable() { mend } else { "" };
        ("unloadable-key", format!("ssh cannot load `{shown}`: {defect}{mend}"))
    };
    if let Some(defect) = sshp_keys::public::defect(&bytes) {
        return Some(unloadable(&defect));
    }
    let KeyFile::Private { .. } = described.kind else {
        let nothing = described.kind == KeyFile::NotAKey && described.public.is_none();
        let is_empty = path.metadata().is_ok_and(|found| found.len() == 0);
        let wrong = (nothing && !is_empty) || described.kind == KeyFile::X509;
        let wrong = wrong && !keys::public::beside(path).exists();
        return wrong.then(|| ("no-key", format!("`{shown}` holds no key that ssh can use")));
    };
    if let Ok(Some(mode)) = modes::too_open(path) {
        let text =
            format!("`{shown}` can be read by others (mode {mode:04o}), so ssh will not use it");
        return Some(("open-key", text));
    }
    if let Some(stale) = described.stale {
        let defect = Defect::PublicHalf(stale);
        return Some(("unloadable-key", format!("`{shown}`: {defect}")));
    }
    // The version of ssh is not asked for here.
    let defect = sshp_keys::defect(&bytes, described.public.as_ref(), Client::NEWEST)
        .filter(|defect| !defect.depends_on_version())?;
    Some(unloadable(&defect))
}
