//! Edits as triples: the text before, the edit, the text after.

use proptest::prelude::*;
use sshp_splice::splice;

use super::*;

#[track_caller]
fn case(before: &str, edit: impl FnOnce(&Document) -> Vec<Splice>, after: &str) {
    let document = Document::parse(before.as_bytes());
    let mut splices = edit(&document);
    splices.sort_by_key(|s| (s.at.start, s.at.end));
    let new = splice(before.as_bytes(), &splices);
    assert_eq!(String::from_utf8(new).unwrap(), after);
}

/// Sets an option in the block of a name.
fn set_in(name: &str, keyword: Keyword, values: &[&str]) -> impl Fn(&Document) -> Vec<Splice> {
    let name = name.as_bytes().to_vec();
    let values: Vec<_> = values.iter().map(|v| v.as_bytes().to_vec()).collect();
    move |document| set(document, find(document, &name), keyword, &values)
}

fn find(document: &Document, name: &[u8]) -> usize {
    let named = |b: &Block| header_words(document, b).iter().any(|w| *w.value == *name);
    document.blocks().find(named).expect("the block").index
}

fn add(name: &str, options: &[(Keyword, &str)]) -> impl Fn(&Document) -> Vec<Splice> {
    let name = name.as_bytes().to_vec();
    let options: Vec<_> = options.iter().map(|(k, v)| (*k, v.as_bytes().to_vec())).collect();
    move |document| {
        let options = options.iter().map(|(keyword, value)| (*keyword, &value[..])).collect();
        insert_blocks(document, &[NewBlock { name: &name, options }], document)
    }
}

fn remove(name: &str) -> impl Fn(&Document) -> Vec<Splice> {
    let name = name.as_bytes().to_vec();
    move |document| {
        let block = document.block(find(document, &name));
        remove_words(document, &block, |word| *word == *name)
            .unwrap_or_else(|| remove_block(document, block.index))
    }
}

fn renamed(old: &str, new: &str) -> impl Fn(&Document) -> Vec<Splice> {
    let (old, new) = (old.as_bytes().to_vec(), new.as_bytes().to_vec());
    move |document| rename(document, &old, &new)
}

#[test]
fn a_value_changes_and_its_comment_stays() {
    case("Host web\n  User \n", set_in("web", Keyword::User, &["bob"]), "Host web\n  User bob \n");
    case(
        "Host web\n  User a # me\n",
        set_in("web", Keyword::User, &["bob"]),
        "Host web\n  User bob # me\n",
    );
    case(
        "Host web\n\tuser=\"a b\"  \n",
        set_in("web", Keyword::User, &["c"]),
        "Host web\n\tuser=c  \n",
    );
    case(
        "Host web\n  ProxyJump a # x, y\n",
        set_in("web", Keyword::ProxyJump, &["b,c"]),
        "Host web\n  ProxyJump b,c # x, y\n",
    );
    case(
        "Host web\n  ProxyCommand nc %h # x\n",
        set_in("web", Keyword::ProxyCommand, &["ssh -W"]),
        "Host web\n  ProxyCommand ssh -W\n",
    );
}

#[test]
fn the_first_line_of_an_option_is_the_one_that_counts() {
    case(
        "Host web\n  Port 1\n  Port 2\n",
        set_in("web", Keyword::Port, &["3"]),
        "Host web\n  Port 3\n  Port 2\n",
    );
    case(
        "Host web\n  IdentityFile a\n  User u\n  IdentityFile b\n",
        set_in("web", Keyword::IdentityFile, &["c"]),
        "Host web\n  IdentityFile c\n  User u\n",
    );
    case(
        "Host web\n  Port 1\n  User u\n  Port 2 # x\n",
        set_in("web", Keyword::Port, &[]),
        "Host web\n  User u\n",
    );
}

#[test]
fn new_lines_look_like_their_neighbours() {
    let port = |name| set_in(name, Keyword::Port, &["3"]);
    case("Host web\n\tUser=a\n", port("web"), "Host web\n\tUser=a\n\tPort=3\n");
    case(
        "Host web\r\n  User a\r\n\r\nHost b\r\n",
        port("web"),
        "Host web\r\n  User a\r\n  Port 3\r\n\r\nHost b\r\n",
    );
    case(
        "Host web\n  HostName     x\n  User         y\n\n",
        port("web"),
        "Host web\n  HostName     x\n  User         y\n  Port         3\n\n",
    );
    case("Host a\n\tUser x\nHost web\n", port("web"), "Host a\n\tUser x\nHost web\n\tPort 3\n");
    case("Host web", port("web"), "Host web\n    Port 3");
    case("Host web\n  User a", port("web"), "Host web\n  User a\n  Port 3");
    case(
        "Host web\n  User a\n  # note\n\n# next\nHost b\n",
        port("web"),
        "Host web\n  User a\n  Port 3\n  # note\n\n# next\nHost b\n",
    );
    case(
        "Host web\n  User a\n  Include more\n",
        port("web"),
        "Host web\n  User a\n  Port 3\n  Include more\n",
    );
}

#[test]
fn a_new_block_is_written_as_the_blocks_of_its_file_are() {
    let options = [(Keyword::HostName, "h"), (Keyword::User, "u"), (Keyword::IdentityFile, "k")];
    let block = |before: &str, new: &str| {
        case(before, add("web", &options), &format!("{before}\n{new}"));
    };
    for indent in ["", " ", "  ", "    ", "        ", "\t"] {
        let new = format!("Host web\n{indent}HostName h\n{indent}User u\n{indent}IdentityFile k\n");
        block(&format!("Host a\n{indent}HostName b\n{indent}User c\n"), &new);
        // What stands at the left end for all hosts is no model.
        for last in ["Include more/*\n", "ServerAliveInterval 30\n"] {
            block(&format!("Host a\n{indent}HostName b\n{indent}User c\n\n{last}"), &new);
        }
        for all in ["Host *\n", "Host *\nCompression yes\n", "Match all\n   Compression yes\n"] {
            let all = format!("{all}\nInclude more/*\n");
            let before = format!("Host a\n{indent}HostName b\n\nHost c\n{indent}User c\n\n");
            let after = format!("{before}{new}\n{all}");
            case(&format!("{before}{all}"), add("web", &options), &after);
        }
    }
    // The keywords, what is between them and the values, and the line ends, too.
    block("host a\n\thostname=b\n", "host web\n\thostname=h\n\tuser=u\n\tidentityfile=k\n");
    block("HOST a\n  PORT 1\n", "HOST web\n  HOSTNAME h\n  USER u\n  IDENTITYFILE k\n");
    block(
        "Host=a\n  Hostname = b\n  Port = 1\n",
        "Host=web\n  Hostname = h\n  User = u\n  IdentityFile = k\n",
    );
    block(
        "Host a\n  HostName      b\n  Port          1\n",
        "Host web\n  HostName      h\n  User          u\n  IdentityFile  k\n",
    );
    block(
        "Host a\n\tHostName\t\tb\n\tPort\t\t\t1\n",
        "Host web\n\tHostName\t\th\n\tUser\t\t\tu\n\tIdentityFile\t\tk\n",
    );
    case(
        "Host a\r\n\tUser b\r\n\r\nHost *\r\n",
        add("web", &options),
        "Host a\r\n\tUser b\r\n\r\nHost web\r\n\tHostName h\r\n\tUser u\r\n\tIdentityFile k\r\n\r\n\
         Host *\r\n",
    );
}

#[test]
fn most_blocks_show_how_a_file_is_written() {
    let before =
        "Host a\n\tUser b\n\tPort 1\n\tPort 2\n\tPort 3\n\nHost b\n  user c\n\nHost c\n  user d\n";
    let new = format!("{before}\nHost web\n  user x\n");
    case(before, add("web", &[(Keyword::User, "x")]), &new);
    // A config of nothing but Includes is written as what it includes.
    let (config, model) = ("Include a\n", Document::parse(&b"Host a\n\tUser b\n"[..]));
    assert!(!has_style(&Document::parse(config.as_bytes())) && has_style(&model));
    let insert = |document: &Document| {
        let web = NewBlock { name: b"web", options: vec![(Keyword::User, b"x")] };
        insert_blocks(document, &[web], &model)
    };
    case(config, insert, "Include a\n\nHost web\n\tUser x\n");
}

#[test]
fn a_new_block_stands_before_what_would_win() {
    let web = || add("web", &[(Keyword::HostName, "h")]);
    case("", web(), "Host web\n    HostName h\n");
    case("User x\n", web(), "User x\n\nHost web\n    HostName h\n");
    case(
        "Host a\n  User b\n\n# all of them\nHost *\n  User c\n",
        web(),
        "Host a\n  User b\n\nHost web\n  HostName h\n\n# all of them\nHost *\n  User c\n",
    );
    case(
        "Include x\n\nHost w*\n\tUser c\n",
        web(),
        "Include x\n\nHost web\n\tHostName h\n\nHost w*\n\tUser c\n",
    );
    case(
        "Host a\n  User b\n\n# section\n\nHost *\n",
        web(),
        "Host a\n  User b\n\n# section\n\nHost web\n  HostName h\n\nHost *\n",
    );
    case("Host a\r\n  User b", web(), "Host a\r\n  User b\r\n\r\nHost web\r\n  HostName h");
    case(
        "Host a\n User b\nHost b\n User b\nHost c\n User c\n",
        web(),
        "Host a\n User b\nHost b\n User b\nHost c\n User c\nHost web\n HostName h\n",
    );
    // Directly below a comment it would take it for its own.
    case(
        "Host a\n User b\nHost b\n User b\n# of nobody\n",
        web(),
        "Host a\n User b\nHost b\n User b\n# of nobody\n\nHost web\n HostName h\n",
    );
    case("Host * !web\n  User c\n", web(), "Host * !web\n  User c\n\nHost web\n  HostName h\n");
    // What a `Match` says of another name never wins; what it says of the host may.
    for (header, first) in
        [("originalhost=db", false), ("originalhost=w*", true), ("host db", true)]
    {
        let block = format!("Match {header}\n  User c\n");
        let new = "Host web\n  HostName h\n";
        let (a, b) = if first { (new, &*block) } else { (&*block, new) };
        case(&block, web(), &format!("{a}\n{b}"));
    }
}

#[test]
fn a_name_leaves_its_line_and_a_block_goes_when_it_was_the_last() {
    case("Host a  b\tc # x\n", remove("b"), "Host a\tc # x\n");
    case("Host a  b c\n", remove("a"), "Host b c\n");
    case("Host a \"b\"\n", remove("b"), "Host a\n");
    case("Host=a a b\n", remove("a"), "Host=b\n");
    case(
        "Host a\n  User x\n\n# web\nHost web\n  User y\n  # of web\n\nHost c\n",
        remove("web"),
        "Host a\n  User x\n\nHost c\n",
    );
    case("Host a\n  User x\n\nHost web\n  User y\n", remove("web"), "Host a\n  User x\n");
    case("Host web\n  User y\n\n# keep\n\nHost c\n", remove("web"), "# keep\n\nHost c\n");
    case("Host web", remove("web"), "");
}

#[test]
fn a_rename_follows_every_literal_reference() {
    case(
        "Host a web !web\nMatch originalhost x,web,!web exec \"web\"\nHost web-2\n  ProxyJump u@web:22,webs,ssh://web # web\n",
        renamed("web", "w2"),
        "Host a w2 !w2\nMatch originalhost x,w2,!w2 exec \"web\"\nHost web-2\n  ProxyJump u@w2:22,webs,ssh://w2 # web\n",
    );
    case("Match originalhost=web\n", renamed("web", "x"), "Match originalhost=x\n");
    case(
        "Match user originalhost !OriginalHost = web,webs host web final originalhost web # web\n",
        renamed("web", "x"),
        "Match user originalhost !OriginalHost = x,webs host web final originalhost x # web\n",
    );
    // An argument is no attribute: what looks like a second one is left over, and ssh refuses it.
    let odd = "Match originalhost originalhost=web!!web\nMatch all originalhost web\n";
    case(odd, renamed("web", "x"), odd);
    case("Match originalhost \"web,b\"\n", renamed("web", "x"), "Match originalhost \"x,b\"\n");
}

#[test]
fn a_block_is_copied_with_its_options_and_without_its_comments_above() {
    let document =
        Document::parse(&b"# a\nHost a b # ab\n  User x # y\n  # z\n\n# c\nHost c\n"[..]);
    let edits = set_in("a", Keyword::User, &["q"])(&document);
    let text = block_text(&document, 1, b"n", &edits);
    assert_eq!(String::from_utf8(text).unwrap(), "Host n # ab\n  User q # y\n  # z\n");
}

/// Files as they are found: odd spacing, endings, encodings, comments, unfinished last lines.
fn file() -> impl Strategy<Value = Vec<u8>> {
    let eol = prop_oneof![3 => Just(&b"\n"[..]), 1 => Just(&b"\r\n"[..])];
    let body = prop_oneof![
        2 => Just(b"".to_vec()),
        2 => Just(b"# caf\xe9 \xff".to_vec()),
        1 => Just(b"  # indented".to_vec()),
        3 => "[ \t]{0,3}(User|user|PORT|HostName)( |\t|=|  = )[a-z0-9]{1,5}( # x)?[ \t]{0,2}"
            .prop_map(String::into_bytes),
        1 => Just(b"  User \"a b\"".to_vec()),
        1 => Just(b"  User a\0hidden".to_vec()),
        1 => Just(b"  IdentityFile ~/k\x0c".to_vec()),
        1 => "(Host|host) ([a-c]|\\*|!d|\"e\")( {1,2}[f-h]){0,2}( # y)?".prop_map(String::into_bytes),
        1 => Just(b"Match originalhost a,b".to_vec()),
        1 => Just(b"Include x*".to_vec()),
        1 => Just(b"  ProxyJump a,f@b".to_vec()),
    ];
    let line = (body, eol);
    (prop::bool::ANY, prop::collection::vec(line, 0..14), prop::bool::ANY).prop_map(
        |(bom, lines, last)| {
            let mut text = if bom { b"\xef\xbb\xbf# bom\n".to_vec() } else { Vec::new() };
            for (body, eol) in &lines {
                text.extend(body);
                text.extend(*eol);
            }
            if !last {
                while text.last().is_some_and(|b| b"\r\n".contains(b)) {
                    text.pop();
                }
            }
            text
        },
    )
}

/// Every line that an edit may not touch, in order.
fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l).to_vec()).collect()
}

#[test]
fn many_new_blocks_stand_where_each_would_in_the_order_given() {
    let add = |names: &[&'static str]| {
        let blocks: Vec<_> = names
            .iter()
            .map(|name| NewBlock { name: name.as_bytes(), options: vec![(Keyword::User, b"u")] })
            .collect();
        move |document: &Document| insert_blocks(document, &blocks, document)
    };
    case(
        "Host a\n  User b\n\n# webs\nHost web-*\n  Port 7\n\nHost db-1\n  User d",
        add(&["x", "web-2", "db-2", "web-1"]),
        "Host a\n  User b\n\nHost web-2\n  User u\n\nHost web-1\n  User u\n\n# webs\n\
         Host web-*\n  Port 7\n\nHost db-1\n  User d\n\nHost x\n  User u\n\nHost db-2\n  User u",
    );
    case(
        "Host a\n  User b\nHost b\n  User c\nMatch originalhost y\n  Port 7\n",
        add(&["x", "y"]),
        "Host a\n  User b\nHost b\n  User c\nHost y\n  User u\nMatch originalhost y\n  Port 7\n\
         Host x\n  User u\n",
    );
}

#[test]
fn many_blocks_go_with_the_lines_that_set_them_apart() {
    let remove = |names: &[&'static str]| {
        let names: Vec<_> = names.iter().map(|name| name.as_bytes()).collect();
        move |document: &Document| {
            remove_blocks(document, names.iter().map(|name| find(document, name)))
        }
    };
    let text =
        "Host a\n  User a\n\n# b\nHost b\n  User b\n\nHost c\n  User c\n\n\nHost d\n  User d\n";
    case(text, remove(&["b", "c"]), "Host a\n  User a\n\nHost d\n  User d\n");
    case(text, remove(&["b", "d"]), "Host a\n  User a\n\nHost c\n  User c\n");
    case(text, remove(&["b", "c", "d"]), "Host a\n  User a\n");
    case(text, remove(&["a", "b", "c", "d"]), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_new_block_adds_lines_and_changes_none(text in file()) {
        let document = Document::parse(&text[..]);
        let mut splices = add("zz", &[(Keyword::User, "u"), (Keyword::Port, "1")])(&document);
        let new = splice(&text, &splices);
        let inserted = splices.remove(0);
        prop_assert!(inserted.at.is_empty());
        let mut back = new.clone();
        back.drain(inserted.at.start..inserted.at.start + inserted.with.len());
        prop_assert_eq!(&back, &text);
        let again = Document::parse(&new[..]);
        let block = find(&again, b"zz");
        let kept = |k| occurrences(&again, block, k).len();
        prop_assert_eq!((kept(Keyword::User), kept(Keyword::Port)), (1, 1));
        prop_assert_eq!(again.block_count(), document.block_count() + 1);
        prop_assert_eq!(text.is_empty() || text.ends_with(b"\n"), new.ends_with(b"\n"));
    }

    #[test]
    fn setting_and_unsetting_touch_only_the_lines_of_the_option(
        text in file(),
        pick in any::<prop::sample::Index>(),
        value in prop::option::of("[a-z]{1,6}"),
    ) {
        let document = Document::parse(&text[..]);
        let block = pick.index(document.block_count());
        prop_assume!(block > 0);
        let values: Vec<_> = value.iter().map(|v| v.clone().into_bytes()).collect();
        let splices = set(&document, block, Keyword::User, &values);
        let new = splice(&text, &splices);
        let again = Document::parse(&new[..]);
        let found = occurrences(&again, block, Keyword::User);
        match &value {
            Some(value) => {
                let words = again.arguments(found[0]).unwrap();
                prop_assert_eq!(&*words[0].value, value.as_bytes());
            }
            None => prop_assert!(found.is_empty()),
        }
        let spared = |document: &Document| {
            let own = occurrences(document, block, Keyword::User);
            let own: Vec<_> = own.iter().map(|d| d.line).collect();
            let spared = (1..).zip(lines(document.text())).filter(|(at, _)| !own.contains(at));
            spared.map(|(_, line)| line).filter(|line| !line.is_empty()).collect::<Vec<_>>()
        };
        prop_assert_eq!(spared(&document), spared(&again));
    }

    #[test]
    fn removing_takes_one_name_or_one_block(text in file(), pick in any::<prop::sample::Index>()) {
        let document = Document::parse(&text[..]);
        let names: Vec<_> = document.blocks().flat_map(|b| {
            header_words(&document, &b).iter().map(|w| w.value.to_vec()).collect::<Vec<_>>()
        }).collect();
        prop_assume!(!names.is_empty());
        let name = pick.get(&names);
        let block = document.block(find(&document, name));
        let alone = remove_words(&document, &block, |word| word == name).is_none();
        let splices = remove(std::str::from_utf8(name).unwrap())(&document);
        let new = splice(&text, &splices);
        let again = Document::parse(&new[..]);
        let written = |d: &Document, gone: Option<&Block>| {
            let gone = gone.map_or(0..0, |b| b.header.unwrap_or(0)..b.directives.end);
            let line = |(_, l): (usize, &Directive)| d.text()[l.keyword_span().start..l.rest_span().end].to_vec();
            d.directives().iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(line).collect::<Vec<_>>()
        };
        if alone {
            prop_assert_eq!(written(&document, Some(&block)), written(&again, None));
            let comments = |text: &[u8]| lines(text).iter().filter(|l| l.starts_with(b"#")).count();
            let own = text[extent(&document, block.index)].to_vec();
            prop_assert_eq!(comments(&text), comments(&new) + comments(&own));
        } else {
            let left = header_words(&again, &again.block(block.index)).iter().map(|w| w.value.to_vec()).collect::<Vec<_>>();
            let mut want: Vec<_> = header_words(&document, &block).iter().map(|w| w.value.to_vec()).collect();
            want.retain(|word| word != name);
            prop_assert_eq!(left, want);
            prop_assert_eq!(again.directives().len(), document.directives().len());
        }
    }

    #[test]
    fn renaming_there_and_back_is_nothing(text in file()) {
        let there = splice(&text, &rename(&Document::parse(&text[..]), b"a", b"qq"));
        let back = splice(&there, &rename(&Document::parse(&there[..]), b"qq", b"a"));
        prop_assert_eq!(back, text);
    }
}
