//! Reads `config.toml`; whatever is wrong with it is said and stops nothing.

use std::sync::Arc;

use crate::ctx::Ctx;
use crate::settings::Settings;
use crate::ui::sanitize;

/// The same facts with what `config.toml` says, after a warning for each thing in it that does not
/// count.
#[must_use]
pub fn load(ctx: Ctx) -> Ctx {
    let path = ctx.paths.settings.display().to_string();
    let path = sanitize::line(&path);
    let settings = match super::read(&ctx.paths.settings) {
        Ok(None) => return ctx,
        Ok(Some(file)) => Settings::parse(&file),
        Err(error) => {
            let why = error.source.to_string();
            ctx.ui.warning(format_args!("the settings are not read: {}", sanitize::line(&why)));
            return ctx;
        }
    };
    for warning in &settings.warnings {
        let what = warning.to_string();
        ctx.ui.warning(format_args!("{path}:{}: {}", warning.line, sanitize::line(&what)));
    }
    Ctx { settings: Arc::new(settings), ..ctx }
}
