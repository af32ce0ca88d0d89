//! Edits of `profiles.toml` as triples, files that are damaged, and all other bytes.

use proptest::prelude::*;

use super::*;

fn meta(tags: &[&str], note: Option<&str>) -> Metadata {
    Metadata {
        tags: tags.iter().map(|t| (*t).to_owned()).collect(),
        note: note.map(str::to_owned),
        ..Metadata::default()
    }
}

#[track_caller]
fn case(before: &str, op: impl FnOnce(&mut MetadataFile), after: &str) {
    let mut file = MetadataFile::parse(before.as_bytes()).unwrap();
    op(&mut file);
    let new = splice(before.as_bytes(), &file.splices());
    assert_eq!(String::from_utf8(new).unwrap(), after);
}

#[test]
fn new_tables_come_last_with_a_blank_line_between() {
    case("", |f| f.set("web", &meta(&["a", "b"], None)), "[web]\ntags = [\"a\", \"b\"]\n");
    case(
        "[a]\nnote = \"x\"\n",
        |f| f.set("web.example.com", &meta(&[], Some("say \"hi\""))),
        "[a]\nnote = \"x\"\n\n[\"web.example.com\"]\nnote = 'say \"hi\"'\n",
    );
}

#[test]
fn comments_unknown_keys_and_odd_spacing_stay() {
    case(
        "# mine\n\n[web] # w\n  tags=[ 'a' ]   # t\nowner = \"me\"\n# end\n",
        |f| f.set("web", &meta(&["b"], Some("n"))),
        "# mine\n\n[web] # w\n  tags=[\"b\"]   # t\nowner = \"me\"\nnote = \"n\"\n# end\n",
    );
    case(
        "[web]\ntags = [\"a\"]\nowner = \"me\"\n",
        |f| f.set("web", &meta(&[], None)),
        "[web]\nowner = \"me\"\n",
    );
    case("[web]\ntags = [\"a\"]\n", |f| f.set("web", &meta(&[], None)), "");
}

#[test]
fn host_keys_are_a_list_of_strings() {
    let pinned = Metadata { host_keys: vec!["SHA256:x".to_owned()], ..Metadata::default() };
    case("", |f| f.set("web", &pinned), "[web]\nhost_keys = [\"SHA256:x\"]\n");
    let file = MetadataFile::parse(b"[a]\nhost_keys = \"x\"\n[b]\nhost_keys = [\"y\", 1]").unwrap();
    let all = file.all();
    assert_eq!((all["a"].host_keys.len(), &*all["b"].host_keys), (0, &["y".to_owned()][..]));
    assert_eq!(file.faults().count(), 2);
    assert!(file.pins("a").is_err() && file.pins("b").is_err() && file.pins("c").is_ok());
}

#[test]
fn line_endings_byte_order_mark_and_a_missing_end_stay() {
    case(
        "\u{feff}[a]\r\nnote = \"x\"\r\n[b]\r\nnote = \"y\"",
        |f| f.set("a", &meta(&[], Some("z"))),
        "\u{feff}[a]\r\nnote = \"z\"\r\n[b]\r\nnote = \"y\"",
    );
    case(
        "[a]\r\nnote = \"x\"",
        |f| f.set("b", &meta(&[], Some("y"))),
        "[a]\r\nnote = \"x\"\r\n\r\n[b]\r\nnote = \"y\"",
    );
    case("[a]\nnote = \"x\"", |f| f.set("a", &meta(&[], Some("y"))), "[a]\nnote = \"y\"");
}

#[test]
fn a_renamed_table_stays_where_it_is() {
    case(
        "# a\n[a]\nnote = \"1\"\n\n# b\n[b] # bb\nx = 1\n\n[c]\ny = 2\n",
        |f| f.rename("b", "z.z"),
        "# a\n[a]\nnote = \"1\"\n\n# b\n[\"z.z\"] # bb\nx = 1\n\n[c]\ny = 2\n",
    );
    case("a = { note = \"1\" }\n[c]\n", |f| f.rename("a", "b"), "b = { note = \"1\" }\n[c]\n");
}

#[test]
fn a_copied_table_comes_last_and_a_removed_one_goes() {
    case(
        "[a]\nnote = \"1\"\nx = 1\n\n[b]\n",
        |f| f.copy("a", "c"),
        "[a]\nnote = \"1\"\nx = 1\n\n[b]\n\n[c]\nnote = \"1\"\nx = 1\n",
    );
    case("[a]\nx = 1\n[b]\ny = 1\n", |f| f.remove_all(&["a"].into()), "[b]\ny = 1\n");
}

#[test]
fn broken_files_name_their_line_and_odd_values_their_key() {
    let fault = MetadataFile::parse(b"[a]\nnote = \n").unwrap_err();
    assert!(fault.to_string().starts_with("line 2, column 8: "), "{fault}");
    let fault = MetadataFile::parse(b"[a]\nnote = \"caf\xe9\"\n").unwrap_err();
    assert!(fault.to_string().starts_with("line 2, column 12: this is not UTF-8"), "{fault}");
    let file = MetadataFile::parse(b"[a]\ntags = 1\nnote = \"n\"\nsession = \"x\"").unwrap();
    assert_eq!(file.all()["a"].note.as_deref(), Some("n"));
    let shown: Vec<_> = file.faults().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "line 2, column 8: `tags` of `a` should be a list of strings",
            "line 4, column 11: `session` of `a` should be `auto`, `builtin` or `system`"
        ]
    );
}

/// As [`case`], for a file that is read as far as it can be; gives whether all of it is to be
/// kept elsewhere.
#[track_caller]
fn mends(before: &str, op: impl FnOnce(&mut MetadataFile), after: &str) -> bool {
    let mut file = MetadataFile::salvage(before.as_bytes());
    op(&mut file);
    let new = splice(before.as_bytes(), &file.splices());
    assert_eq!(String::from_utf8(new).unwrap(), after);
    file.mends()
}

#[test]
fn what_cannot_be_read_goes_with_the_first_change_and_not_before() {
    let text = "[a]\nnote = 'x'\n\n[b]\ntags = \nhost_keys = ['k']\n\n[c]\nnote = 'z'\n";
    let without = "[a]\nnote = 'x'\n\n[c]\nnote = 'z'\n";
    assert!(!mends(text, |_| {}, text));
    assert!(!mends(text, |f| f.set("a", &f.get("a").unwrap()), text));
    assert!(mends(text, MetadataFile::mend, without));
    let changed = without.replace("'x'", "\"y\"");
    assert!(mends(text, |f| f.set("a", &meta(&[], Some("y"))), &changed));
    let kept = |op: fn(&mut MetadataFile), name: &str| {
        let marker = format!("{without}\n[{name}]\nhost_keys = [\"aside\"]\n");
        let op = |f: &mut MetadataFile| {
            op(f);
            f.keep_pinned("aside");
        };
        assert!(mends(text, op, &marker));
    };
    kept(MetadataFile::mend, "b");
    kept(|f| f.rename("b", "d"), "d");
    // It need not be pinned any more.
    let ops: [fn(&mut MetadataFile); 2] = [|f| f.unpin("b"), |f| f.remove_all(&["b"].into())];
    for op in ops {
        let op = |f: &mut MetadataFile| {
            op(f);
            f.keep_pinned("aside");
        };
        assert!(mends(text, op, without));
    }
    let file = MetadataFile::salvage(text.as_bytes());
    assert!(file.pins("b").is_err() && file.pins("a").is_ok() && file.pins("d").is_ok());
}

#[test]
fn a_value_of_another_type_stays_until_it_is_to_be_another() {
    let text = "b = 5\n[a]\ntags = 1\nhost_keys = 'k'\n";
    let noted = format!("{text}note = \"n\"\n");
    assert!(!mends(text, |f| f.set("a", &meta(&[], Some("n"))), &noted));
    let tagged = text.replace("= 1", "= [\"t\"]");
    assert!(mends(text, |f| f.set("a", &meta(&["t"], None)), &tagged));
    let table = format!("{}\n[b]\nnote = \"n\"\n", &text[6..]);
    assert!(mends(text, |f| f.set("b", &meta(&[], Some("n"))), &table));
    let unpinned = text.replace("host_keys = 'k'\n", "");
    assert!(mends(text, |f| f.unpin("a"), &unpinned));
    assert!(!mends(text, |f| f.unpin("b"), text));
}

proptest! {
    #[test]
    fn other_tables_keep_every_byte(
        head in "(# [a-z ]{0,8}(\r\n|\n)){0,3}",
        eol in "\r\n|\n",
        last in prop::bool::ANY,
        bom in prop::bool::ANY,
        note in "\\PC{0,20}",
    ) {
        let bom = if bom { BOM } else { "" };
        let tail = format!("[z]{eol}k =  'v' # c{}", if last { eol.as_str() } else { "" });
        let text = format!("{bom}{head}[web]{eol}note = \"x\"{eol}{eol}{tail}");
        let mut file = MetadataFile::parse(text.as_bytes()).unwrap();
        file.set("web", &meta(&["t"], Some(&note)));
        let new = splice(text.as_bytes(), &file.splices());
        let new = String::from_utf8(new).unwrap();
        let (start, end) = (format!("{bom}{head}[web]{eol}"), format!("{eol}{tail}"));
        prop_assert!(new.starts_with(&start));
        prop_assert!(new.ends_with(&end));
        let again = MetadataFile::parse(new.as_bytes()).unwrap();
        prop_assert_eq!(again.get("web"), Some(meta(&["t"], Some(&note))));
    }
}
