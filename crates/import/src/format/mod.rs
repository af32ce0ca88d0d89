//! The formats: one file each, and one row in [`TABLE`].

mod ansible;
mod cloud;
mod csv;
mod electerm;
mod finalshell;
mod known_hosts;
mod mobaxterm;
mod mremoteng;
mod putty;
pub(crate) mod registry;
mod royalts;
mod securecrt;
mod ssh_config;
mod sshp;
mod superputty;
mod tabby;
mod windows_terminal;
mod windterm;
mod winscp;
mod xshell;

use crate::{Encodings, ImportError, InputFile, Listing};

/// A program or a file format whose sessions can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PuTTY and KiTTY: registry exports, the folder of Unix PuTTY, the folder of portable KiTTY.
    Putty,
    /// Xshell: `.xsh` files.
    Xshell,
    /// MobaXterm: `MobaXterm.ini`, `.mxtsessions`, `.mobaconf`.
    Mobaxterm,
    /// SecureCRT: the folder of `.ini` files, or an XML export.
    Securecrt,
    /// WinSCP: `WinSCP.ini`.
    Winscp,
    /// Tabby: `config.yaml`.
    Tabby,
    /// mRemoteNG: `confCons.xml`.
    Mremoteng,
    /// SuperPuTTY: `Sessions.XML`.
    Superputty,
    /// Royal TS and Royal TSX: `.rtsz` documents.
    Royalts,
    /// WindTerm: `user.sessions`.
    Windterm,
    /// electerm: an export of its bookmarks.
    Electerm,
    /// FinalShell: the folder `conn`.
    Finalshell,
    /// Windows Terminal: `settings.json`.
    WindowsTerminal,
    /// Ansible: inventories, and what `ansible-inventory --list` prints.
    Ansible,
    /// Another config of ssh, with the files that it includes.
    SshConfig,
    /// The hosts of a known_hosts file.
    KnownHosts,
    /// A table with a header, as Termius, mRemoteNG, Royal TS and spreadsheets write it.
    Csv,
    /// sshp on another machine: `sshp export json`, `sshp list --json`.
    Sshp,
    /// Alibaba Cloud: `aliyun ecs DescribeInstances`.
    Aliyun,
    /// Tencent Cloud: `tccli cvm DescribeInstances`.
    Tencent,
    /// AWS: `aws ec2 describe-instances`.
    Aws,
    /// Google Cloud: `gcloud compute instances list`.
    Gcloud,
    /// Azure: `az vm list -d`.
    Azure,
    /// Hetzner Cloud: `hcloud server list`.
    Hcloud,
    /// DigitalOcean: `doctl compute droplet list`.
    Digitalocean,
    /// Terraform and OpenTofu: `terraform show -json`, state files.
    Terraform,
}

/// A row of the table.
struct Row {
    format: Format,
    name: &'static str,
    title: &'static str,
    /// Where the program keeps it, or the command that prints it, for people.
    kept_in: &'static str,
    /// Where it usually is: below `~`, or a folder that a variable of Windows names; `*` is any part of a name.
    places: &'static [&'static str],
    /// Whether an input looks like it.
    is_it: fn(&[Sample<'_>]) -> bool,
    read: fn(&[InputFile], &Encodings) -> Result<Listing, ImportError>,
}

/// A file with the beginning of its text.
struct Sample<'a> {
    file: &'a InputFile,
    text: String,
}

/// How much of a file is looked at to tell its format.
const BEGINNING: usize = 64 << 10;

static TABLE: &[Row] = &[
    Row {
        format: Format::Putty,
        name: "putty",
        title: "PuTTY and KiTTY",
        kept_in: "an export of HKCU\\Software\\SimonTatham\\PuTTY; ~/.putty/sessions; Sessions of portable KiTTY",
        places: &["~/.config/putty/sessions", "~/.putty/sessions"],
        is_it: putty::is_it,
        read: putty::read,
    },
    Row {
        format: Format::Xshell,
        name: "xshell",
        title: "Xshell",
        kept_in: "Documents\\NetSarang Computer\\8\\Xshell",
        places: &["%USERPROFILE%/Documents/NetSarang Computer/*/Xshell"],
        is_it: xshell::is_it,
        read: xshell::read,
    },
    Row {
        format: Format::Mobaxterm,
        name: "mobaxterm",
        title: "MobaXterm",
        kept_in: "%APPDATA%\\MobaXterm\\MobaXterm.ini; an .mxtsessions or .mobaconf export",
        places: &[
            "%APPDATA%/MobaXterm/MobaXterm.ini",
            "%USERPROFILE%/Documents/MobaXterm/MobaXterm.ini",
        ],
        is_it: mobaxterm::is_it,
        read: mobaxterm::read,
    },
    Row {
        format: Format::Securecrt,
        name: "securecrt",
        title: "SecureCRT",
        kept_in: "Sessions in its Config folder; the XML of File > Export Settings",
        places: &[
            "~/.vandyke/SecureCRT/Config/Sessions",
            "~/Library/Application Support/VanDyke/SecureCRT/Config/Sessions",
            "%APPDATA%/VanDyke/Config/Sessions",
        ],
        is_it: securecrt::is_it,
        read: securecrt::read,
    },
    Row {
        format: Format::Winscp,
        name: "winscp",
        title: "WinSCP",
        kept_in: "%APPDATA%\\WinSCP.ini; the .ini of Tools > Export Configuration",
        places: &["%APPDATA%/WinSCP.ini"],
        is_it: winscp::is_it,
        read: winscp::read,
    },
    Row {
        format: Format::Tabby,
        name: "tabby",
        title: "Tabby",
        kept_in: "config.yaml in ~/.config/tabby or %APPDATA%\\tabby",
        places: &[
            "~/.config/tabby/config.yaml",
            "~/Library/Application Support/tabby/config.yaml",
            "%APPDATA%/tabby/config.yaml",
        ],
        is_it: tabby::is_it,
        read: tabby::read,
    },
    Row {
        format: Format::Mremoteng,
        name: "mremoteng",
        title: "mRemoteNG",
        kept_in: "%APPDATA%\\mRemoteNG\\confCons.xml; an XML export",
        places: &["%APPDATA%/mRemoteNG/confCons.xml"],
        is_it: mremoteng::is_it,
        read: mremoteng::read,
    },
    Row {
        format: Format::Superputty,
        name: "superputty",
        title: "SuperPuTTY",
        kept_in: "Documents\\SuperPuTTY\\Sessions.XML",
        places: &["%USERPROFILE%/Documents/SuperPuTTY/Sessions.XML"],
        is_it: superputty::is_it,
        read: superputty::read,
    },
    Row {
        format: Format::Royalts,
        name: "royalts",
        title: "Royal TS",
        kept_in: "an .rtsz document without a password",
        places: &[],
        is_it: royalts::is_it,
        read: royalts::read,
    },
    Row {
        format: Format::Windterm,
        name: "windterm",
        title: "WindTerm",
        kept_in: "~/.wind/profiles/default.v10/terminal/user.sessions",
        places: &[
            "~/.wind/profiles/default.*/terminal/user.sessions",
            "%USERPROFILE%/.wind/profiles/default.*/terminal/user.sessions",
        ],
        is_it: windterm::is_it,
        read: windterm::read,
    },
    Row {
        format: Format::Electerm,
        name: "electerm",
        title: "electerm",
        kept_in: "the JSON of Export in its bookmarks",
        places: &[],
        is_it: electerm::is_it,
        read: electerm::read,
    },
    Row {
        format: Format::Finalshell,
        name: "finalshell",
        title: "FinalShell",
        kept_in: "conn in its folder",
        places: &["~/Library/FinalShell/conn", "%LOCALAPPDATA%/finalshell/conn"],
        is_it: finalshell::is_it,
        read: finalshell::read,
    },
    Row {
        format: Format::WindowsTerminal,
        name: "windows-terminal",
        title: "Windows Terminal",
        kept_in: "settings.json, which Settings > Open JSON file shows",
        places: &[
            "%LOCALAPPDATA%/Packages/Microsoft.WindowsTerminal*/LocalState/settings.json",
            "%LOCALAPPDATA%/Microsoft/Windows Terminal/settings.json",
        ],
        is_it: windows_terminal::is_it,
        read: windows_terminal::read,
    },
    Row {
        format: Format::Ansible,
        name: "ansible",
        title: "Ansible",
        kept_in: "an inventory in INI or YAML; what `ansible-inventory --list` prints",
        places: &["/etc/ansible/hosts"],
        is_it: ansible::is_it,
        read: ansible::read,
    },
    Row {
        format: Format::SshConfig,
        name: "ssh-config",
        title: "ssh_config",
        kept_in: "a config of another home or machine, with what it includes",
        places: &["%USERPROFILE%/.ssh/config"],
        is_it: ssh_config::is_it,
        read: ssh_config::read,
    },
    Row {
        format: Format::KnownHosts,
        name: "known-hosts",
        title: "known_hosts",
        kept_in: "~/.ssh/known_hosts",
        places: &["~/.ssh/known_hosts"],
        is_it: known_hosts::is_it,
        read: known_hosts::read,
    },
    Row {
        format: Format::Csv,
        name: "csv",
        title: "CSV",
        kept_in: "any table with a header: Termius, mRemoteNG, Royal TS, a spreadsheet",
        places: &[],
        is_it: csv::is_it,
        read: csv::read,
    },
    Row {
        format: Format::Sshp,
        name: "sshp",
        title: "sshp",
        kept_in: "sshp export json, on another machine",
        places: &[],
        is_it: sshp::is_it,
        read: sshp::read,
    },
    Row {
        format: Format::Aliyun,
        name: "aliyun",
        title: "Alibaba Cloud",
        kept_in: "aliyun ecs DescribeInstances --pager",
        places: &[],
        is_it: |samples| cloud::is_it(&cloud::ALIYUN, samples),
        read: |files, encodings| cloud::read(&cloud::ALIYUN, files, encodings),
    },
    Row {
        format: Format::Tencent,
        name: "tencent",
        title: "Tencent Cloud",
        kept_in: "tccli cvm DescribeInstances --Limit 100",
        places: &[],
        is_it: |samples| cloud::is_it(&cloud::TENCENT, samples),
        read: |files, encodings| cloud::read(&cloud::TENCENT, files, encodings),
    },
    Row {
        format: Format::Aws,
        name: "aws",
        title: "AWS",
        kept_in: "aws ec2 describe-instances --output json",
        places: &[],
        is_it: |samples| cloud::is_it(&cloud::AWS, samples),
        read: |files, encodings| cloud::read(&cloud::AWS, files, encodings),
    },
    Row {
        format: Format::Gcloud,
        name: "gcloud",
        title: "Google Cloud",
        kept_in: "gcloud compute instances list --format=json",
        places: &[],
        is_it: |samples| cloud::is_it(&cloud::GCLOUD, samples),
        read: |files, encodings| cloud::read(&cloud::GCLOUD, files, encodings),
    },
    Row {
        format: Format::Azure,
        name: "azure",
        title: "Azure",
        kept_in: "az vm list -d -o json",
        places: &[],
        is_it: |samples| cloud::is_it(&cloud::AZURE, samples),
        read: |files, encodings| cloud::read(&cloud::AZURE, files, encodings),
    },
    Row {
        format: Format::Hcloud,
        name: "hcloud",
        title: "Hetzner Cloud",
        kept_in: "hcloud server list -o json",
        places: &[],
        is_it: |samples| cloud::is_it(&cloud::HCLOUD, samples),
        read: |files, encodings| cloud::read(&cloud::HCLOUD, files, encodings),
    },
    Row {
        format: Format::Digitalocean,
        name: "digitalocean",
        title: "DigitalOcean",
        kept_in: "doctl compute droplet list -o json",
        places: &[],
        is_it: |samples| cloud::is_it(&cloud::DIGITALOCEAN, samples),
        read: |files, encodings| cloud::read(&cloud::DIGITALOCEAN, files, encodings),
    },
    Row {
        format: Format::Terraform,
        name: "terraform",
        title: "Terraform",
        kept_in: "terraform show -json, or a state file",
        places: &[],
        is_it: cloud::is_terraform,
        read: cloud::read_terraform,
    },
];

impl Format {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Format> + Clone {
        TABLE.iter().map(|row| row.format)
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The word for it on a command line.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Whether it lists servers of clouds, and no sessions of a program.
    pub fn lists_servers(self) -> bool {
        use Format::{Aliyun, Aws, Azure, Digitalocean, Gcloud, Hcloud, Tencent, Terraform};
        matches!(self, Aliyun | Tencent | Aws | Gcloud | Azure | Hcloud | Digitalocean | Terraform)
    }

    /// Where the program keeps its sessions, or the command that prints them, for people.
    pub fn kept_in(self) -> &'static str {
        self.row().kept_in
    }

    /// Where its sessions usually are: below `~`, or a folder that a variable of Windows names. A `*` is any
    /// part of a name.
    pub fn places(self) -> &'static [&'static str] {
        self.row().places
    }

    /// Reads the files of an input: one, or all of a folder.
    ///
    /// # Errors
    /// Where the input as a whole is not in this format, is encrypted or breaks off. An entry that
    /// cannot be used is no error: it is in the listing with the reason.
    pub fn read(self, files: &[InputFile], encodings: &Encodings) -> Result<Listing, ImportError> {
        (self.row().read)(files, encodings)
    }
}

/// The formats that an input looks like, by its content.
pub fn detect(files: &[InputFile], encodings: &Encodings) -> Vec<Format> {
    let samples: Vec<_> = files
        .iter()
        .map(|file| {
            let beginning = &file.bytes[..file.bytes.len().min(BEGINNING)];
            Sample { file, text: encodings.decode(beginning).text }
        })
        .collect();
    TABLE.iter().filter(|row| (row.is_it)(&samples)).map(|row| row.format).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_row() {
        for (at, format) in Format::all().enumerate() {
            assert_eq!(format as usize, at);
        }
    }
}
