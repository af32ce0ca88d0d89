# The common commands, one line each; CONTRIBUTING.md says what they are for. `just` is not needed:
# each line can be typed.

# Builds sshp with its tests, and runs what this machine can.
test *ARGS:
    cargo test --locked {{ARGS}}

# The end-to-end tests whose names hold a word.
it *ARGS:
    cargo test --locked --test it -- {{ARGS}}

# Formatting, lints, every test: installs what is missing, after a question.
all:
    tests/run

# What CI runs, on the tree as it is.
ci:
    .ci/run

# Formats and lints.
lint:
    cargo fmt && cargo clippy --locked --all-targets -- -D warnings

# Keeps what tests made: help, tables, pictures. `git diff` shows what changed.
bless *ARGS:
    SSHP_BLESS=1 cargo test --locked {{ARGS}}

# A benchmark by its name: against_ssh, picker, sessions.
bench *ARGS:
    cargo bench --locked --bench {{ARGS}}

# Every fuzz target for a minute.
fuzz:
    fuzz/run

# The documentation of every module.
doc:
    cargo doc --locked --no-deps --document-private-items

# The demo, in a throw-away home.
demo:
    cargo run --release --locked -- demo
