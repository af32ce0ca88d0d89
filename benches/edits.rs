//! What an edit of ten thousand profiles costs, as a ratio to an edit of one, side by side in one run.
//!
//! ```text
//! cargo bench --bench edits              # in configs of 1,000 and 10,000 profiles
//! cargo bench --bench edits -- 3000      # other sizes
//! ```
//!
//! As many profiles are edited as the config holds. Times are of library calls, from the parsed config
//! to the verified change: edit, `ChangeSet`, the new text parsed again, and its verification. Reading
//! and writing of files is not in them. A ratio is of medians.

#![allow(clippy::disallowed_macros, reason = "a program of its own, not a part of sshp")]

use std::path::Path;
use std::time::{Duration, Instant};

use sshp::profile::Alias;
use sshp::profile::edit::{ProfileEdit, Sharing};
use sshp::profile::metadata::MetadataFile;
use sshp::profile::patch::{NamedPatch, ProfilePatch};
use sshp::profile::verify::{Expected, Verification};
use sshp_config::{Dialect, FixedFacts, Keyword, Tree};

const CONFIG: &str = "/h/.ssh/config";
const ROUNDS: usize = 11;

fn main() {
    let sizes: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000] } else { sizes };
    println!("{:>8}  {:<16} {:>9} {:>9} {:>7}", "profiles", "what", "all ms", "one ms", "ratio");
    for size in sizes {
        let bench = Bench::new(size);
        let (old, new) = (patches("web", size), patches("new", size));
        bench.compare("add", &new, |edit, patches| {
            edit.add(patches).expect("new names");
        });
        bench.compare("change", &old, |edit, patches| {
            edit.change(patches, Sharing::Refuse).expect("profiles");
        });
        bench.compare("remove", &old, |edit, patches| {
            let aliases: Vec<Alias> = patches.iter().map(|named| named.alias.clone()).collect();
            edit.remove(&aliases, false).expect("profiles");
        });
    }
}

/// A patch for each of many profiles: where it is, and a tag.
fn patches(name: &str, count: usize) -> Vec<NamedPatch> {
    let named = |n: usize| {
        let host = format!("10.{}.{}.{}", 200 - (n >> 16 & 127), n >> 8 & 255, n & 255);
        let mut patch = ProfilePatch::default();
        patch.set.push((Keyword::HostName, vec![host.into_bytes()]));
        patch.set.push((Keyword::User, vec![b"deploy".to_vec()]));
        patch.tags.push("fleet".to_owned());
        NamedPatch { alias: Alias::existing(format!("{name}-{n:06}")), patch }
    };
    (0..count).map(named).collect()
}

struct Bench {
    size: usize,
    tree: Tree,
    metadata: MetadataFile,
}

impl Bench {
    /// As many profiles as asked, a comment, four options and a note each, then `Host *`.
    fn new(size: usize) -> Self {
        let (mut config, mut metadata) = (String::from("# the fleet\n"), String::new());
        for n in 0..size {
            config += &format!(
                "\n# rack {n}\nHost web-{n:06}\n    HostName 10.0.0.1\n    User root\n    \
                 Port 2222\n    IdentityFile ~/.ssh/id_fleet\n"
            );
            metadata += &format!("[web-{n:06}]\nnote = \"rack {n}\"\n\n");
        }
        config += "\nHost *\n    ServerAliveInterval 30\n";
        let metadata = MetadataFile::parse(metadata.as_bytes()).expect("TOML");
        Bench { size, tree: tree(config.as_bytes()), metadata }
    }

    fn compare(
        &self,
        what: &str,
        all: &[NamedPatch],
        edit: impl Fn(&mut ProfileEdit<'_>, &[NamedPatch]),
    ) {
        let one = &all[self.size / 2..=self.size / 2];
        let (mut all_times, mut one_times) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            all_times.push(self.time(all, what == "remove", &edit));
            one_times.push(self.time(one, what == "remove", &edit));
        }
        let (all, one) = (median(all_times), median(one_times));
        let (all, one) = (all.as_secs_f64() * 1e3, one.as_secs_f64() * 1e3);
        println!("{:>8}  {what:<16} {all:>9.1} {one:>9.1} {:>7.2}", self.size, all / one);
    }

    fn time(
        &self,
        patches: &[NamedPatch],
        removes: bool,
        edit: &impl Fn(&mut ProfileEdit<'_>, &[NamedPatch]),
    ) -> Duration {
        let dialect = Dialect::lenient();
        let start = Instant::now();
        let mut profiles = ProfileEdit::new(&self.tree, Path::new(CONFIG), self.metadata.clone());
        edit(&mut profiles, patches);
        let (change, metadata) = profiles.finish("bench");
        let metadata = metadata.splices();
        let after = tree(&change.files[0].after());
        let facts = FixedFacts::default();
        let verification = Verification::new(&self.tree, &after, &facts, &dialect);
        let aliases: Vec<Alias> = patches.iter().map(|named| named.alias.clone()).collect();
        let expected = if removes { Expected::Only(&aliases) } else { Expected::Patched(patches) };
        assert_eq!(verification.config(), Ok(Vec::new()));
        assert_eq!(verification.profiles(expected), Ok(()));
        let took = start.elapsed();
        assert!(!metadata.is_empty(), "each profile has a tag");
        took
    }
}

fn tree(text: &[u8]) -> Tree {
    Tree::of_text(CONFIG, text)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
