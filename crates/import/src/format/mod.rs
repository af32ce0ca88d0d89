//! The formats: one file each, and one row in [`TABLE`].

mod cloud;
mod csv;
mod mobaxterm;
mod putty;
mod registry;
mod securecrt;
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
    /// A table with a header, as Termius, mRemoteNG, Royal TS and spreadsheets write it.
    Csv,
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

static TABLE: [Row; 14] = [
    Row {
        format: Format::Putty,
        name: "putty",
        title: "PuTTY and KiTTY",
        is_it: putty::is_it,
        read: putty::read,
    },
    Row {
        format: Format::Xshell,
        name: "xshell",
        title: "Xshell",
        is_it: xshell::is_it,
        read: xshell::read,
    },
    Row {
        format: Format::Mobaxterm,
        name: "mobaxterm",
        title: "MobaXterm",
        is_it: mobaxterm::is_it,
        read: mobaxterm::read,
    },
    Row {
        format: Format::Securecrt,
        name: "securecrt",
        title: "SecureCRT",
        is_it: securecrt::is_it,
        read: securecrt::read,
    },
    Row {
        format: Format::Winscp,
        name: "winscp",
        title: "WinSCP",
        is_it: winscp::is_it,
        read: winscp::read,
    },
    Row { format: Format::Csv, name: "csv", title: "CSV", is_it: csv::is_it, read: csv::read },
    Row {
        format: Format::Aliyun,
        name: "aliyun",
        title: "Alibaba Cloud",
        is_it: |samples| cloud::is_it(&cloud::ALIYUN, samples),
        read: |files, encodings| cloud::read(&cloud::ALIYUN, files, encodings),
    },
    Row {
        format: Format::Tencent,
        name: "tencent",
        title: "Tencent Cloud",
        is_it: |samples| cloud::is_it(&cloud::TENCENT, samples),
        read: |files, encodings| cloud::read(&cloud::TENCENT, files, encodings),
    },
    Row {
        format: Format::Aws,
        name: "aws",
        title: "AWS",
        is_it: |samples| cloud::is_it(&cloud::AWS, samples),
        read: |files, encodings| cloud::read(&cloud::AWS, files, encodings),
    },
    Row {
        format: Format::Gcloud,
        name: "gcloud",
        title: "Google Cloud",
        is_it: |samples| cloud::is_it(&cloud::GCLOUD, samples),
        read: |files, encodings| cloud::read(&cloud::GCLOUD, files, encodings),
    },
    Row {
        format: Format::Azure,
        name: "azure",
        title: "Azure",
        is_it: |samples| cloud::is_it(&cloud::AZURE, samples),
        read: |files, encodings| cloud::read(&cloud::AZURE, files, encodings),
    },
    Row {
        format: Format::Hcloud,
        name: "hcloud",
        title: "Hetzner Cloud",
        is_it: |samples| cloud::is_it(&cloud::HCLOUD, samples),
        read: |files, encodings| cloud::read(&cloud::HCLOUD, files, encodings),
    },
    Row {
        format: Format::Digitalocean,
        name: "digitalocean",
        title: "DigitalOcean",
        is_it: |samples| cloud::is_it(&cloud::DIGITALOCEAN, samples),
        read: |files, encodings| cloud::read(&cloud::DIGITALOCEAN, files, encodings),
    },
    Row {
        format: Format::Terraform,
        name: "terraform",
        title: "Terraform",
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
