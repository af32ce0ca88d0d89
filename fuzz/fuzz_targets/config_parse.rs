//! Any bytes as a config: reading, listing, checking and resolving them never panics or hangs, and
//! what was found covers the file.

#![no_main]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use sshp_config::lint::lint;
use sshp_config::tree::{Refusal, Source, Start};
use sshp_config::{CommandLine, Dialect, Document, FixedFacts, Index, Tree, resolve};

/// One file, which every Include finds again.
struct Memory(Arc<[u8]>);

impl Source for Memory {
    fn read(&self, path: &Path, _: bool) -> Result<Arc<[u8]>, Refusal> {
        if path.ends_with("config") { Ok(Arc::clone(&self.0)) } else { Err(Refusal::Missing) }
    }

    fn glob(&self, _: &[u8]) -> Vec<PathBuf> {
        vec!["config".into()]
    }
}

fuzz_target!(|text: &[u8]| {
    let document = Document::parse(text);
    let mut end = 0;
    for block in document.blocks() {
        // The first block begins with the first header's predecessor; the rest follow each other.
        assert_eq!(block.span.start, end);
        end = block.span.end;
    }
    assert_eq!(end, text.len());
    for pair in document.directives().windows(2) {
        assert!(pair[0].line < pair[1].line);
        assert!(document.line_span(&pair[0]).end <= document.line_span(&pair[1]).start);
    }
    for directive in document.directives() {
        for word in document.arguments(directive).into_iter().flatten() {
            assert!(word.span.end <= directive.rest_span().end);
        }
    }
    let start = Start { path: "config".into(), user: true, required: true, check: false };
    let dialect = Dialect::lenient();
    let file = Arc::new(Memory(Arc::from(text)));
    let facts = FixedFacts::default();
    let tree = Tree::read(&[start], &*file, &facts, &dialect).with_source(file);
    let index = Index::new(&tree, &facts, &dialect);
    let first: Vec<_> = index.named().take(8).map(|named| named.alias.to_vec()).collect();
    for alias in first.iter().map(Vec::as_slice).chain([&b"web"[..]]) {
        let _ = index.summary(alias);
        let _ = index.signature(alias);
    }
    let _ = lint(&tree, &index, &facts);
    let command = CommandLine::destination("web").expect("a destination");
    if let Ok(effective) = resolve(&tree, &command, &facts, None, &dialect) {
        assert!(effective.dump().ends_with(b"\n"));
    }
});
