use super::*;

fn parse(words: &str) -> Result<CommandLine, UsageError> {
    CommandLine::parse(words.split_whitespace().map(OsString::from), &Dialect::lenient())
}

#[test]
fn flags_stand_before_and_after_the_destination_and_the_command_is_verbatim() {
    let line = parse("-4vp 22 bob@web -lroot -o Port=1 ls -la -- x").unwrap();
    assert_eq!(line.host(), b"web");
    assert_eq!(line.command, ["ls", "-la", "--", "x"]);
    assert!(line.has(b'4') && line.has(b'v') && !line.has(b'6'));
    assert_eq!(line.values(b'p').collect::<Vec<_>>(), [b"22"]);
    assert_eq!(line.values(b'l').collect::<Vec<_>>(), [b"root"]);
    assert_eq!(line.words.len(), 10);
}

#[test]
fn two_dashes_end_the_flags() {
    assert_eq!(parse("-- -web -x").unwrap().host(), b"-web");
    assert_eq!(parse("-- web -x").unwrap().command, ["-x"]);
    assert_eq!(parse("web -- -x").unwrap().command, ["-x"]);
    assert_eq!(parse("-l -- web -x").unwrap().command, ["-x"]);
}

#[test]
fn destinations_are_what_ssh_takes() {
    assert_eq!(parse("a@b@web").unwrap().host(), b"web");
    assert_eq!(parse("ssh://bob@web:2222/").unwrap().host(), b"web");
    assert_eq!(parse("web:22").unwrap().host(), b"web:22");
    for bad in ["@web", "ssh://", "ssh://web/path", "ssh://[::1]", "ssh://@web"] {
        assert!(matches!(parse(bad), Err(UsageError::Destination(_))), "{bad}");
    }
}

#[test]
fn what_ssh_answers_with_its_usage() {
    assert_eq!(parse(""), Err(UsageError::NoDestination));
    assert_eq!(parse("-r web"), Err(UsageError::UnknownFlag('r')));
    assert_eq!(parse("web -p"), Err(UsageError::NoValue('p')));
    assert_eq!(parse("--sessions web"), Err(UsageError::UnknownFlag('-')));
}

#[test]
fn the_session_is_ours_and_goes_no_further() {
    let line = parse("--session builtin web --session=system ls").unwrap();
    assert_eq!(line.session.as_deref(), Some("system"));
    assert_eq!(line.words, ["web", "ls"]);
    assert!(matches!(parse("--session x web"), Err(UsageError::Session(_))));
}

#[test]
fn the_jump_is_taken_out_of_the_words_wherever_it_stands() {
    let cases = [
        ("-J a web ls -J b", "web ls -J b"),
        ("-vJa,b -p 22 web", "-v -p 22 web"),
        ("-4 web -J a ls", "-4 web ls"),
        ("-l -J web", "-l -J web"),
        ("-Ja -- web -J", "-- web -J"),
        ("web", "web"),
    ];
    for (words, expected) in cases {
        let expected: Vec<_> = expected.split_whitespace().collect();
        assert_eq!(parse(words).unwrap().words_without_jump(), expected, "{words}");
    }
    assert_eq!(parse("-vvA -v web -v").unwrap().count(b'v'), 4);
}

fn typed(words: &str) -> Result<String, UsageError> {
    let words = words.split_whitespace().map(OsString::from);
    let line = CommandLine::parse_typed(words, &Dialect::lenient())?
        .as_ssh_takes_it(|name| name == b"odd:22")?;
    let words: Vec<_> = line.words.iter().map(|word| word.to_string_lossy()).collect();
    // What is resolved is what ssh is given.
    let again = CommandLine::parse(line.words.iter().cloned(), &Dialect::lenient())?;
    assert_eq!((&again.host, &again.arguments), (&line.host, &line.arguments));
    assert_eq!((&again.jumps, again.at), (&line.jumps, line.at));
    Ok(words.join(" "))
}

#[test]
fn a_destination_becomes_one_that_ssh_takes() {
    for (words, expected) in [
        ("web ls", "web ls"),
        ("me@web:2222 ls -l", "-p 2222 me@web ls -l"),
        ("-v -- web:2222", "-p 2222 -v -- web"),
        ("-p 2222 web:2222", "-p 2222 web"),
        ("web:2222 -o port=2222 ls", "web -o port=2222 ls"),
        ("[::1]:22", "-p 22 ::1"),
        ("me@[::1]", "me@::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("ssh://me@web:22", "ssh://me@web:22"),
        ("-G -p 1 ssh://web:2", "-G -p 1 ssh://web:2"),
        ("ssh://me@[fe80::1%25lo]:22", "-p 22 me@fe80::1%lo"),
        ("odd:22", "odd:22"),
        ("-J gate:22 web:23", "-p 23 -J gate:22 web"),
        ("-vJ fe80::1%lo web", "-J [fe80::1%%lo] -v web"),
        ("-J ::1 web:23 ls -J", "-p 23 -J [::1] web ls -J"),
        ("-V web:", "-V web:"),
    ] {
        assert_eq!(typed(words).as_deref(), Ok(expected), "{words}");
    }
    for words in ["-p 22 web:23", "web:23 -p 22", "-oPort=22 web:23", "-p 1 ssh://web:2"] {
        assert!(matches!(typed(words), Err(UsageError::TwoPorts(..))), "{words}");
    }
    for words in ["web:", "web:x", "[::1", "https://web", "a:1:b", "web:0"] {
        assert!(matches!(typed(words), Err(UsageError::Typed(..))), "{words}");
    }
}

#[test]
fn queries_need_no_destination() {
    assert!(parse("-V").unwrap().is_query());
    assert!(parse("-Q cipher").unwrap().is_query());
}
