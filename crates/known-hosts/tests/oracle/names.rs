//! Names: which lines they find and remove, and how addresses are written.

use sshp_known_hosts::line::{Content, lines};
use sshp_known_hosts::name::canonical_host;
use sshp_known_hosts::removal::{Reach, Wanted, plan_removal};
use sshp_known_hosts::{File, Scope};
use sshp_splice::splice;
use sshp_testing::needs;
use sshp_testing::sandbox::{Run, Sandbox};

use super::files::{NAMES, Seeded, file, keys};

/// What `ssh-keygen -F` finds: line numbers and markers.
fn keygen_finds(sandbox: &Sandbox, name: &str, file: &str) -> Vec<String> {
    let run = Run::of(sandbox.command("ssh-keygen").args(["-F", name, "-f", file]));
    run.stdout
        .lines()
        .filter_map(|line| line.strip_prefix("# Host ")?.split_once(" found: line "))
        .map(|(_, found)| found.trim_end().to_owned())
        .collect()
}

fn we_find(name: &str, text: &str) -> Vec<String> {
    lines(text.as_bytes())
        .filter_map(|line| {
            let Content::Entry(entry) = line.content else { return None };
            let marker = match entry.marker.map(sshp_known_hosts::Marker::as_str) {
                None => "",
                Some("@revoked") => " REVOKED",
                Some(_) => " CA",
            };
            entry.hosts.matches(name.as_bytes()).then(|| format!("{}{marker}", line.number))
        })
        .collect()
}

#[test]
fn lines_match_the_names_that_ssh_keygen_finds_them_by() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox);
    let mut random = Seeded(1);
    let mut found = 0;
    for round in 0..20 {
        let text = file(&mut random, &keys, 150, true);
        sandbox.write("hosts", &text);
        for name in NAMES.iter().chain(&["other", "*.example.com", "[web]:22"]) {
            let ours = we_find(name, &text);
            assert_eq!(
                ours,
                keygen_finds(&sandbox, name, "hosts"),
                "round {round}, {name}:\n{text}"
            );
            found += ours.len();
        }
    }
    assert!(found > 5_000, "only {found} matches say little");
}

fn wanted(name: &str) -> Wanted {
    Wanted { names: vec![name.to_owned()], ..Wanted::default() }
}

#[test]
fn whole_lines_go_as_with_ssh_keygen() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox);
    let mut random = Seeded(2);
    for round in 0..12 {
        let text = file(&mut random, &keys, 60, false).replace("|1|bad|bad", "bad");
        for name in NAMES {
            sandbox.write("hosts", &text);
            Run::of(sandbox.command("ssh-keygen").args(["-R", name, "-f", "hosts"])).success();
            let file = File::new("hosts", Scope::User, Some(text.as_bytes().into()));
            let reach = Reach { whole_line: true, ..Reach::default() };
            let plan = plan_removal(&[file], &wanted(name), reach);
            let ours = splice(text.as_bytes(), &plan[0].splices);
            assert_eq!(
                String::from_utf8_lossy(&ours),
                sandbox.text("hosts"),
                "round {round}, {name}:\n{text}"
            );
        }
    }
}

/// What forget takes by default, ssh-keygen would have taken as well, and afterwards nothing but
/// patterns, marked lines and what ssh cannot read is found.
#[test]
fn after_a_removal_only_patterns_and_markers_are_found() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let keys = keys(&sandbox);
    let mut random = Seeded(3);
    for _ in 0..6 {
        let text = file(&mut random, &keys, 100, true);
        for name in NAMES {
            let base = File::new("hosts", Scope::User, Some(text.as_bytes().into()));
            let plan = &plan_removal(&[base], &wanted(name), Reach::default())[0];
            let after = splice(text.as_bytes(), &plan.splices);
            let after = String::from_utf8(after).expect("UTF-8");
            sandbox.write("hosts", &after);
            for found in keygen_finds(&sandbox, name, "hosts") {
                let number: usize = found.split(' ').next().expect("a number").parse().expect("it");
                let line = after.lines().nth(number - 1).expect("the line");
                assert!(line.contains(['*', '?', '@']), "{name} stays in {line}");
            }
        }
    }
}

/// What ssh makes of an address that needs no connection: it hands ProxyCommand the name it has
/// settled on.
#[test]
fn addresses_have_the_form_that_ssh_gives_them() {
    needs!("ssh");
    let sandbox = Sandbox::new();
    let mut random = Seeded(5);
    let mut hosts: Vec<String> = Vec::new();
    for _ in 0..40 {
        let words: Vec<String> = (0..8)
            .map(|_| match random.below(4) {
                0 => "0".to_owned(),
                1 => "0000".to_owned(),
                2 => format!("{:X}", random.below(0x1_0000)),
                _ => format!("{:04x}", random.below(0x100)),
            })
            .collect();
        hosts.push(words.join(":"));
        let number = |random: &mut Seeded, below| {
            let n = random.below(below);
            match random.below(3) {
                0 => format!("0x{n:x}"),
                1 => format!("0{n:o}"),
                _ => n.to_string(),
            }
        };
        let parts = random.below(4);
        let mut dotted: Vec<String> = (0..parts).map(|_| number(&mut random, 300)).collect();
        dotted.push(number(&mut random, 70_000));
        hosts.push(dotted.join("."));
    }
    for host in hosts {
        let mut ssh = sandbox.command("ssh");
        ssh.args(["-v", "-F", "none", "-o", "ProxyCommand=true %h", "--", &host, "true"]);
        let said = Run::of(&mut ssh).stderr;
        let by_ssh = said.lines().find_map(|line| line.split_once("proxy command: exec true "));
        let by_ssh = by_ssh.unwrap_or_else(|| panic!("{host}: {said}")).1;
        assert_eq!(canonical_host(&host), by_ssh.trim_end(), "{host}");
    }
}
