//! PURE: the lines of a large text, shared out among the processors.

use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

/// How long a text must be for a further thread to be worth its start.
const WORTH: usize = 1 << 20;
/// More threads than this wait for memory, not for a processor.
const MOST: usize = 8;

/// Does the work on all of a text, cut after line feeds into parts that are done at the same time.
/// Gives what came of each, in order; a short text is one part.
pub fn over_lines<T: Send>(text: &[u8], work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let wanted = text.len() / WORTH;
    if wanted < 2 {
        return vec![work(0..text.len())];
    }
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let parts = parts(text, wanted.min(processors).min(MOST));
    let work = &work;
    thread::scope(|scope| {
        let begun: Vec<_> = parts[1..]
            .iter()
            .map(|part| thread::Builder::new().spawn_scoped(scope, || work(part.clone())))
            .collect();
        let mut results = vec![work(parts[0].clone())];
        for (thread, part) in begun.into_iter().zip(&parts[1..]) {
            results.push(match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                // The system gives no thread.
                Err(_) => work(part.clone()),
            });
        }
        results
    })
}

/// At most `count` parts of whole lines, none of them empty.
fn parts(text: &[u8], count: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::with_capacity(count);
    let mut start = 0;
    for number in 1..=count {
        let about = (text.len() / count * number).max(start);
        let end = if number == count {
            text.len()
        } else {
            memchr::memchr(b'\n', &text[about..]).map_or(text.len(), |feed| about + feed + 1)
        };
        if start < end {
            parts.push(start..end);
        }
        start = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_lines_and_all_of_the_text() {
        let texts: [&[u8]; 6] =
            [b"a", b"\n", b"one\ntwo\nthree\nfour", b"a\n\n\n\nb\n", &[b'x'; 50], b"\n\n\n"];
        for text in texts {
            for count in 1..6 {
                let parts = parts(text, count);
                assert!(parts.len() <= count);
                let all: Vec<u8> =
                    parts.iter().flat_map(|part| &text[part.clone()]).copied().collect();
                assert_eq!(all, text);
                for part in &parts[..parts.len() - 1] {
                    assert!(text[part.clone()].ends_with(b"\n"), "{text:?} {parts:?}");
                }
            }
        }
    }

    #[test]
    fn results_are_in_order() {
        let text = b"a line\n".repeat(WORTH);
        let parts = over_lines(&text, |part| part);
        assert_eq!(parts.first().map(|part| part.start), Some(0));
        assert_eq!(parts.last().map(|part| part.end), Some(text.len()));
        assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert_eq!(over_lines(b"", |part| part.len()), [0]);
    }
}
