//! PURE: the query as it is typed. skim's own editing counts bytes as characters, and panics in
//! text of 64 KiB.

/// More characters than this are not taken: no name, address or note is that long.
const LONGEST: usize = 1_000;

/// A line of text with a cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    text: String,
    /// Where the next character goes, in bytes.
    cursor: usize,
}

/// What a key does to the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    Left,
    Right,
    Start,
    End,
    /// Removes the character before the cursor.
    Backspace,
    /// Removes the character at the cursor.
    Delete,
    /// Removes all before the cursor.
    DeleteToStart,
    /// Removes the word before the cursor, and the blanks after it.
    DeleteWord,
}

impl Query {
    pub(super) fn new(text: &str) -> Self {
        let mut query = Query::default();
        query.insert(text);
        query
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts text at the cursor, without its control characters: a line break that is pasted is no
    /// Enter.
    pub(super) fn insert(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text.chars().count());
        let text: String = text.chars().filter(|c| !c.is_control()).take(room).collect();
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    pub(super) fn edit(&mut self, edit: Edit) {
        let (before, after) = self.text.split_at(self.cursor);
        let last = before.chars().next_back().map_or(0, char::len_utf8);
        let next = after.chars().next().map_or(0, char::len_utf8);
        let word = before
            .trim_end()
            .rfind(char::is_whitespace)
            .map_or(0, |blank| blank + before[blank..].chars().next().map_or(0, char::len_utf8));
        let cursor = self.cursor;
        match edit {
            Edit::Left => self.cursor -= last,
            Edit::Right => self.cursor += next,
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::Backspace => self.remove(cursor - last, cursor),
            Edit::Delete => self.remove(cursor, cursor + next),
            Edit::DeleteToStart => self.remove(0, cursor),
            Edit::DeleteWord => self.remove(word, cursor),
        }
    }

    fn remove(&mut self, start: usize, end: usize) {
        self.text.replace_range(start..end, "");
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, edits: &[Edit]) -> (String, usize) {
        let mut query = Query::new(text);
        for edit in edits {
            query.edit(*edit);
        }
        (query.text, query.cursor)
    }

    #[test]
    fn characters_of_any_length_are_edited_whole() {
        use Edit::{Backspace, Delete, DeleteToStart, DeleteWord, End, Left, Right, Start};
        assert_eq!(edited("日é", &[Backspace]), ("日".to_owned(), 3));
        assert_eq!(edited("日é", &[Left, Backspace]), ("é".to_owned(), 0));
        assert_eq!(edited("日é", &[Start, Delete]), ("é".to_owned(), 0));
        assert_eq!(edited("日é", &[Start, Right, DeleteToStart]), ("é".to_owned(), 0));
        assert_eq!(edited("日 本", &[DeleteWord]), ("日 ".to_owned(), 4));
        assert_eq!(edited("日\u{3000}本 ", &[DeleteWord]), ("日\u{3000}".to_owned(), 6));
        assert_eq!(edited("a b", &[DeleteWord, DeleteWord]), (String::new(), 0));
        assert_eq!(edited("", &[Backspace, Delete, Left, Right, End, DeleteWord]).0, "");
    }

    #[test]
    fn what_is_pasted_is_text_of_a_bounded_length() {
        assert_eq!(Query::new("web\r\n\x1b[1m").text(), "web[1m");
        let mut query = Query::new("a");
        query.insert(&"é".repeat(200_000));
        assert_eq!((query.text().chars().count(), query.cursor()), (1_000, 1_999));
        query.insert("x");
        assert_eq!(query.text().chars().count(), 1_000);
    }
}
