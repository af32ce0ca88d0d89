//! The picker for a terminal that cannot move its cursor, and of an sshp without the feature `picker`: a
//! numbered list and a question.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::sync::Arc;

use super::{Ask, Picked, Picker, Row, matches};
use crate::error::Result;
use crate::settings::Action;
use crate::ui::terminal::Modes;

/// How many rows are listed at once.
const LISTED: usize = 20;

/// The numbered list on `/dev/tty`.
pub(super) struct List;

impl Picker for List {
    fn pick(&self, ask: Ask) -> Result<Picked> {
        let tty = File::open("/dev/tty")?;
        // A shell whose key started this has the terminal send every key by itself, unseen.
        let modes = Modes::lines(&tty)?;
        let picked = ask_by_number(&ask, &mut BufReader::new(tty), &mut io::stderr());
        drop(modes);
        Ok(picked?)
    }
}

/// Lists what fits and asks for a number, or for other words to look for.
fn ask_by_number(
    ask: &Ask,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> io::Result<Picked> {
    let rows = ask.rows.all();
    if rows.is_empty() {
        return Ok(Picked::Empty);
    }
    let mut query = ask.query.clone();
    loop {
        let fitting = matches(&query, &rows);
        if fitting.is_empty() {
            return Ok(Picked::NoMatch { action: Action::Connect, query });
        }
        list(ask, &rows, &fitting, output)?;
        write!(output, "Number, or other words to look for (empty cancels): ")?;
        output.flush()?;
        let mut line = String::new();
        input.read_line(&mut line)?;
        let answer = line.trim();
        if answer.is_empty() {
            if !line.ends_with('\n') {
                writeln!(output)?;
            }
            return Ok(Picked::Aborted);
        }
        let places = numbers(answer, fitting.len().min(LISTED));
        let named = |row: &Arc<Row>| row.profile.alias.as_str() == answer;
        let other = |places: &[usize]| !places.iter().all(|place| named(&rows[fitting[*place]]));
        if places.as_deref().is_some_and(other) && rows.iter().any(named) {
            writeln!(output, "`{answer}` is a profile's name, too: name more of the row.")?;
            continue;
        }
        match places {
            Some(places) if places.len() == 1 || ask.takes_several(Action::Connect) => {
                let rows = places.into_iter().map(|place| fitting[place]).collect();
                return Ok(Picked::Chosen { action: Action::Connect, rows, query });
            }
            Some(_) => writeln!(output, "One number, please.")?,
            None => answer.clone_into(&mut query),
        }
    }
}

fn list(
    ask: &Ask,
    rows: &[Arc<Row>],
    fitting: &[usize],
    output: &mut impl Write,
) -> io::Result<()> {
    let columns = ask.settings.picker_columns();
    for (place, &at) in fitting.iter().take(LISTED).enumerate() {
        writeln!(output, "{:>3}  {}", place + 1, rows[at].words(&columns))?;
    }
    match fitting.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(output, "     and {more} more"),
    }
}

/// The places that numbers name, counted from 0; `None` where it is not numbers of the list.
fn numbers(answer: &str, listed: usize) -> Option<Vec<usize>> {
    let place = |word: &str| {
        // `parse` takes `+2`, too.
        let number: usize =
            word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse().ok())??;
        (1..=listed).contains(&number).then(|| number - 1)
    };
    answer.split([' ', ',']).filter(|word| !word.is_empty()).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picker::rows::tests::named;

    fn answered(aliases: &[&str], multi: bool, typed: &str) -> (Picked, String) {
        let ask = Ask { multi, ..Ask::test(named(aliases)) };
        let mut shown = Vec::new();
        let picked = ask_by_number(&ask, &mut typed.as_bytes(), &mut shown).expect("no real files");
        (picked, String::from_utf8(shown).expect("UTF-8"))
    }

    fn chosen(picked: Picked) -> Vec<usize> {
        match picked {
            Picked::Chosen { action: Action::Connect, rows, .. } => rows,
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_number_chooses_and_words_look_further() {
        let names = ["web", "db", "db-2"];
        assert_eq!(chosen(answered(&names, false, "2\n").0), [1]);
        assert_eq!(chosen(answered(&names, false, "db\n2\n").0), [2]);
        assert_eq!(chosen(answered(&names, false, "1 2\n3\n").0), [2]);
        assert_eq!(chosen(answered(&names, true, "3,1\n").0), [2, 0]);
        let (picked, shown) = answered(&["web", "1"], false, "1\n+2\n");
        assert_ne!(chosen(picked), [0usize], "`1` is the name of the second");
        assert!(shown.contains("`1` is a profile's name, too"), "{shown}");
        let (picked, shown) = answered(&names, false, "nowhere\n");
        assert_eq!(
            picked,
            Picked::NoMatch { action: Action::Connect, query: "nowhere".to_owned() }
        );
        assert!(shown.starts_with("  1  web  me@web\n"), "{shown}");
    }

    #[test]
    fn an_empty_line_and_the_end_of_input_cancel() {
        assert_eq!(answered(&["a"], false, "\n").0, Picked::Aborted);
        assert_eq!(answered(&["a"], false, "").0, Picked::Aborted);
    }

    #[test]
    fn a_long_list_says_how_much_it_leaves_out() {
        let names: Vec<String> = (0..50).map(|n| format!("h{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (picked, shown) = answered(&names, false, "21\n\n");
        assert!(shown.contains("     and 30 more\n"), "{shown}");
        assert_ne!(chosen(picked), [20], "only what is listed has a number");
    }
}
