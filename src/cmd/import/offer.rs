//! What can be imported.

use sshp_import::Format;

use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::inventory::read;
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Says what can be imported, and where programs keep it.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn offer(ctx: &Ctx) -> Result<Exit> {
    let rows = Format::all().map(|format| {
        let plain = style::PLAIN;
        [
            Cell::new(format.name(), style::ALIAS),
            Cell::new(format.title(), plain),
            Cell::new(kept_in(format), plain),
        ]
    });
    ctx.ui.table_that_fits(["FORMAT", "PROGRAM", "FILE OR COMMAND"], rows)?;
    ctx.ui.hint("the output of a command is imported by `COMMAND | sshp import -`; sshp runs none");
    for folder in read::found_here(&ctx.env) {
        let folder = folder.display().to_string();
        ctx.ui.hint(format_args!("`sshp import putty {}`", sanitize::line(&folder)));
    }
    Ok(Exit::Ok)
}

/// Where a program keeps its sessions, or the command that prints a list of servers.
fn kept_in(format: Format) -> &'static str {
    match format {
        Format::Putty => r"regedit export of HKCU\Software\SimonTatham\PuTTY; ~/.putty/sessions",
        Format::Xshell => r"Documents\NetSarang Computer\8\Xshell\Sessions",
        Format::Mobaxterm => r"%APPDATA%\MobaXterm\MobaXterm.ini; an .mxtsessions export",
        Format::Securecrt => "its Config folder; the XML of File > Export Settings",
        Format::Winscp => r"%APPDATA%\WinSCP.ini; the .ini of Tools > Export Configuration",
        Format::Aliyun => "aliyun ecs DescribeInstances --pager",
        Format::Tencent => "tccli cvm DescribeInstances --Limit 100",
        Format::Aws => "aws ec2 describe-instances --output json",
        Format::Gcloud => "gcloud compute instances list --format=json",
        Format::Azure => "az vm list -d -o json",
        Format::Hcloud => "hcloud server list -o json",
        Format::Digitalocean => "doctl compute droplet list -o json",
        Format::Terraform => "terraform show -json; a state file",
        Format::Csv => "any table with a header: Termius, mRemoteNG, a spreadsheet",
    }
}
