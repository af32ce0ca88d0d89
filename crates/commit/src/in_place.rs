//! Writes a new text into an existing file, for files that cannot be replaced by another.
//!
//! Not safe by itself: a crash leaves the head of the new text and the tail of the old one. The
//! backup and the journal, both on disk before, are what such a file is mended from.

use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::OFlags;

use crate::regular_file::open_regular;
use crate::replace::changed;
use crate::rights::Rights;
use crate::{Error, Remedy, Result, file, platform};

/// Writes `new` over `base`, which must be what the file holds.
///
/// # Errors
/// `ErrorKind::Changed` when it holds something else; what stops the write.
pub(crate) fn write_through(real: &Path, base: &[u8], new: &[u8]) -> Result<()> {
    let _rights = Rights::in_folder(real.parent().unwrap_or(real))?;
    let fail = |e: std::io::Error| Error::io(e, "write into", real);
    let opened = open_regular(real, OFlags::RDWR | OFlags::NOFOLLOW)
        .map_err(|error| file::not_opened(error, "write into", real))?
        .file;
    match file::open_real(real)? {
        Some(now) if now.holds(base, real)? => {}
        _ => return Err(changed(real)),
    }
    let (old_len, new_len) = (base.len() as u64, new.len() as u64);
    if new_len > old_len {
        // A full disk must stop us before the first byte is written, not after the last that fits.
        let more = new_len - old_len;
        platform::reserve(&opened, old_len, more)
            .map_err(|e| fail(e).remedy(Remedy::NothingChanged))?;
    }
    let same = base.iter().zip(new).take_while(|(old, new)| old == new).count();
    opened.write_all_at(&new[same..], same as u64).map_err(fail)?;
    if new_len < old_len {
        rustix::fs::ftruncate(&opened, new_len).map_err(|e| fail(e.into()))?;
    }
    platform::sync(&opened).map_err(|e| fail(e.into()))
}

/// Whether a text is what a broken-off [`write_through`] leaves: the head of the new text and the
/// tail of the old one. Both whole texts are, too.
pub(crate) fn is_torn(now: &[u8], old: &[u8], new: &[u8]) -> bool {
    let head = now.iter().zip(new).take_while(|(now, new)| now == new).count();
    // What follows the head is the old text from there on, or nothing.
    now[head..] == old[head.min(old.len())..]
        || (head == now.len() && head >= old.len())
        || now == new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_changes_and_the_file_stays_the_same_one() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        let (file, other) = (dir.path().join("config"), dir.path().join("other"));
        for (old, new) in [("abc", "abXYZ"), ("abc", "a"), ("abc", ""), ("", "x")] {
            std::fs::write(&file, old).unwrap();
            let _ = std::fs::hard_link(&file, &other);
            write_through(&file, old.as_bytes(), new.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&other).unwrap(), new);
            assert_eq!(std::fs::metadata(&file).unwrap().nlink(), 2);
        }
        assert!(write_through(&file, b"other", b"y").is_err());
    }

    #[test]
    fn what_a_crash_leaves_is_told_from_what_somebody_wrote() {
        let (old, new) = (&b"Host a\nHost c\n"[..], &b"Host a\nHost bbb\nHost c\n"[..]);
        for (old, new) in [(old, new), (new, old)] {
            assert!(is_torn(old, old, new) && is_torn(new, old, new));
            for cut in 0..=new.len() {
                let torn = [&new[..cut], &old[cut.min(old.len())..]].concat();
                assert!(is_torn(&torn, old, new), "{cut}");
            }
        }
        assert!(!is_torn(b"Host a\nHost zzz\n", old, new));
        assert!(!is_torn(b"# me\nHost a\nHost c\n", old, new));
    }
}
