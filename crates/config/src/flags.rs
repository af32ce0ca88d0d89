//! PURE: the flags of ssh(1) in one dated table (ssh.c: main), which the parser of command lines and
//! completion read.

use super::dialect::Dialect;
use super::options::Validity;

/// A flag of ssh(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its letter.
    pub letter: u8,
    /// Whether a value follows, in the same word or the next.
    pub takes_value: bool,
    /// Which ssh has it so.
    pub validity: Validity,
}

const fn switch(letter: u8) -> Flag {
    Flag { letter, takes_value: false, validity: Validity::ALWAYS }
}

const fn valued(letter: u8) -> Flag {
    Flag { letter, takes_value: true, validity: Validity::ALWAYS }
}

/// The table, in the order of the letters.
pub static FLAGS: &[Flag] = &[
    switch(b'1'),
    switch(b'2'),
    switch(b'4'),
    switch(b'6'),
    switch(b'A'),
    valued(b'B'),
    switch(b'C'),
    valued(b'D'),
    valued(b'E'),
    valued(b'F'),
    switch(b'G'),
    valued(b'I'),
    valued(b'J'),
    switch(b'K'),
    valued(b'L'),
    switch(b'M'),
    switch(b'N'),
    valued(b'O'),
    // A switch of the past that did nothing, then the tag for `Match tagged`.
    Flag { validity: Validity::until(9, 4), ..switch(b'P') },
    Flag { validity: Validity::since(9, 4), ..valued(b'P') },
    valued(b'Q'),
    valued(b'R'),
    valued(b'S'),
    switch(b'T'),
    switch(b'V'),
    valued(b'W'),
    switch(b'X'),
    switch(b'Y'),
    Flag { validity: Validity::since(10, 5), ..switch(b'Z') },
    switch(b'a'),
    valued(b'b'),
    valued(b'c'),
    valued(b'e'),
    switch(b'f'),
    switch(b'g'),
    valued(b'i'),
    switch(b'k'),
    valued(b'l'),
    valued(b'm'),
    switch(b'n'),
    valued(b'o'),
    valued(b'p'),
    switch(b'q'),
    switch(b's'),
    switch(b't'),
    switch(b'v'),
    valued(b'w'),
    switch(b'x'),
    switch(b'y'),
];

/// What `-O` takes: a command for the process that shares its connection, and since when.
pub static MULTIPLEX_COMMANDS: &[(&str, Validity)] = &[
    ("cancel", Validity::ALWAYS),
    ("channels", Validity::since(10, 3)),
    ("check", Validity::ALWAYS),
    ("conninfo", Validity::since(10, 3)),
    ("exit", Validity::ALWAYS),
    ("forward", Validity::ALWAYS),
    ("proxy", Validity::ALWAYS),
    ("stop", Validity::ALWAYS),
];

impl Dialect {
    /// Whether a flag takes a value; `None` where this ssh has no such flag.
    #[must_use]
    pub fn takes_value(&self, letter: u8) -> Option<bool> {
        // Of a flag that changed, the newest form counts where all versions are asked at once.
        let mut forms = FLAGS.iter().rev();
        forms
            .find(|flag| flag.letter == letter && self.holds(&flag.validity))
            .map(|f| f.takes_value)
    }

    /// The commands that `-O` takes.
    pub fn multiplex_commands(&self) -> impl Iterator<Item = &'static str> {
        let known = MULTIPLEX_COMMANDS.iter();
        known.filter(|(_, validity)| self.holds(validity)).map(|(name, _)| *name)
    }

    /// Whether `-O` takes a command.
    #[must_use]
    pub(crate) fn has_multiplex_command(&self, command: &str) -> bool {
        self.multiplex_commands().any(|known| known == command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_that_changed_is_read_as_the_version_has_it() {
        let dialect = |version: &str| version.parse::<Dialect>().unwrap();
        assert_eq!(dialect("9.3").takes_value(b'P'), Some(false));
        assert_eq!(dialect("9.4").takes_value(b'P'), Some(true));
        assert_eq!(Dialect::lenient().takes_value(b'P'), Some(true));
        assert_eq!(Dialect::lenient().takes_value(b'r'), None);
        assert!(dialect("10.3").has_multiplex_command("conninfo"));
        assert!(!dialect("10.2").has_multiplex_command("conninfo"));
    }
}
