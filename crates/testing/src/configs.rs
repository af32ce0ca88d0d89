//! Random configs over all that ssh_config(5) has, in every version of OpenSSH from 8.4 on.

mod arguments;
mod dated;
mod keywords;
mod random;
mod values;
mod writer;

use std::path::Path;

use self::arguments::arguments;
use self::random::Random;
use self::writer::{Names, Writer};

/// The files of a config and a command line.
pub struct Config {
    /// Names under the home, and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// What follows `ssh -G`.
    pub args: Vec<String>,
}

impl Config {
    /// The config of a seed; `home` is where its absolute Includes point. Half of all have lines and
    /// flags that only some versions of OpenSSH accept, or that some read differently.
    pub fn new(seed: u64, home: &Path) -> Self {
        let mut r = Random(seed.wrapping_mul(0x1234_5678_9abc_def1));
        let dated = if r.chance(50) { 12 } else { 0 };
        Config::of(r, home, dated)
    }

    /// A config of a seed that OpenSSH 8.7 and all later ones mostly accept.
    pub fn undated(seed: u64, home: &Path) -> Self {
        Config::of(Random(seed.wrapping_mul(0x1fed_cba9_8765_4321)), home, 0)
    }

    fn of(mut r: Random, home: &Path, dated: usize) -> Self {
        let names = if r.chance(50) { Names::Canonicalize } else { Names::Domains };
        let mut files = Vec::new();
        let ignores = r.chance(50);
        let mut main = Writer {
            r: &mut r,
            out: Vec::new(),
            names,
            depth: 0,
            files: &mut files,
            home,
            ignores,
            dated,
        };
        if ignores {
            main.line("IgnoreUnknown Fancy*,foo");
        }
        main.file();
        let text = main.out;
        files.push((".ssh/config".to_owned(), text));
        let args = arguments(&mut r, home, dated);
        Config { files, args }
    }

    /// All files, for a message.
    pub fn shown(&self) -> String {
        self.files.iter().fold(String::new(), |out, (name, text)| {
            out + "--- " + name + "\n" + &String::from_utf8_lossy(text) + "\n"
        })
    }
}
