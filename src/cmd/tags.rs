//! `sshp tags`

use std::collections::BTreeMap;

use serde_json::json;

use crate::cli::Tags;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::repository::{State, load};
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Prints the tags by name, each with the number of profiles that have it.
///
/// # Errors
/// When the config cannot be read, or the answer cannot be printed.
pub fn run(ctx: &Ctx, args: &Tags) -> Result<Exit> {
    load::require_config(ctx)?;
    let state = State::load(ctx)?;
    load::require_read(&state.tree)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for profile in state.profiles() {
        for tag in profile.metadata.all_tags() {
            *counts.entry(tag.to_owned()).or_default() += 1;
        }
    }
    if args.json {
        let tags: Vec<_> =
            counts.iter().map(|(tag, count)| json!({ "tag": tag, "profiles": count })).collect();
        ctx.ui.json(&json!({ "schema": "sshp.tags.v1", "tags": tags }), true)?;
    } else if counts.is_empty() {
        ctx.ui.status("no profile has a tag");
        ctx.ui.hint("sshp edit NAME --tag TAG");
    } else {
        let row = |(tag, count): (&String, &usize)| {
            [
                Cell::new(format!("#{}", sanitize::name(tag)), style::TAG),
                Cell::new(count.to_string(), style::PLAIN),
            ]
        };
        ctx.ui.table_that_fits(["TAG", "PROFILES"], counts.iter().map(row))?;
    }
    Ok(Exit::Ok)
}
