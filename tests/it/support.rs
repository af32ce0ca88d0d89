//! The fixtures of `sshp-testing`, with the binary under test in them.

use std::ffi::OsStr;
use std::fs;
use std::ops::Deref;
use std::path::PathBuf;

use serde_json::Value;
pub use sshp_testing::{
    address, agent, configs, kept, needs, packets, palette, pty, sshd, svg, wait,
};

/// A home of its own for each test, and the binary run in it.
pub mod sandbox {
    pub use sshp_testing::sandbox::{Run, chown};

    pub use super::{SSHP, Sandbox};
}

/// The binary under test. Cargo tells it only here, to the integration tests of the package.
pub const SSHP: &str = env!("CARGO_BIN_EXE_sshp");

/// A home of `sshp-testing` where `sshp` is the binary under test.
pub struct Sandbox(sshp_testing::sandbox::Sandbox);

impl Sandbox {
    /// An empty home with a `.ssh` of mode 0700.
    pub fn new() -> Self {
        Sandbox(sshp_testing::sandbox::Sandbox::with_program(SSHP))
    }

    /// A home whose `~/.ssh/config` is `text`.
    pub fn with_config(text: impl AsRef<[u8]>) -> Self {
        let sandbox = Sandbox::new();
        sandbox.write(".ssh/config", text);
        sandbox
    }

    /// The binary with arguments, split at blanks.
    pub fn sshp(&self, args: &str) -> sandbox::Run {
        self.sshp_args(args.split_whitespace())
    }

    /// The binary with arguments as they are. What it prints as JSON has to fit its schema.
    pub fn sshp_args<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> sandbox::Run {
        let mut command = self.command(SSHP);
        let run = sandbox::Run::of(command.args(args));
        if command.get_args().any(|arg| arg == "--json") && !run.stdout.is_empty() {
            schema::require(&run.stdout);
        }
        run
    }
}

/// The verbs of sshp, as it tells them itself.
pub fn verbs() -> Vec<String> {
    let help = Sandbox::new().sshp("--help").success().stdout;
    let commands = help.split("Commands:\n").nth(1).expect("commands");
    let commands = commands.split("\n\n").next().expect("a paragraph");
    let verbs = commands.lines().filter_map(|line| line.split_whitespace().next());
    let mut verbs: Vec<String> = verbs.map(str::to_owned).collect();
    verbs.sort();
    assert!(verbs.len() > 20, "{help}");
    verbs
}

impl Deref for Sandbox {
    type Target = sshp_testing::sandbox::Sandbox;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The schema files of `docs/schema`, which every JSON output in these tests has to fit.
pub mod schema {
    use super::*;

    /// Where a schema is kept.
    pub fn path(id: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(format!("{id}.json"))
    }

    /// Requires that a JSON output names a schema and fits it.
    #[track_caller]
    pub fn require(output: &str) {
        let json: Value = serde_json::from_str(output).unwrap_or_else(|e| panic!("{e}: {output}"));
        let id = json["schema"].as_str().unwrap_or_else(|| panic!("no schema in {output}"));
        let text = fs::read_to_string(path(id)).unwrap_or_else(|e| panic!("the schema {id}: {e}"));
        let schema: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{id}: {e}"));
        let faults = sshp_testing::schema::faults(&schema, &json);
        assert!(faults.is_empty(), "{id}: {faults:#?}\n{output}");
    }
}
