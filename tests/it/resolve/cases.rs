//! The known pitfalls by name, each compared with `ssh -G`, and the homes and files that both read.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::{compare, ssh, sshp};
use crate::support::sandbox::{Run, SSHP, Sandbox, chown};
use crate::support::sshd::ME;

/// Compares each case (name, config, arguments) and requires that ssh accepts it.
#[track_caller]
fn all_same(cases: &[(&str, &str, &str)]) {
    let s = Sandbox::new();
    let mut wrong = String::new();
    for (name, config, args) in cases {
        s.write(".ssh/config", config);
        let args: Vec<_> = args.split('|').map(str::to_owned).collect();
        let config = s.path(".ssh/config").display().to_string();
        let args = [vec!["-F".to_owned(), config], args].concat();
        match compare(&s, &args) {
            Ok(true) => {}
            Ok(false) => wrong += &format!("{name}: refused: {}\n", ssh(&s, &args).stderr),
            Err(difference) => wrong += &format!("{name}: {difference}\n"),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn lines_are_cut_as_ssh_cuts_them() {
    needs!("ssh");
    all_same(&[
        ("equals sign", "Port=2200\nUser = bob\n", "a"),
        ("quoted keyword", "\"Port\" 2200\n", "a"),
        ("quote in the middle of a keyword", "Po\"rt\" 2200\n", "a"),
        ("keyword with an open quote is passed over", "\"Port 2200\nUser bob\n", "a"),
        ("equals sign before the keyword", "=Port 2200\n", "a"),
        ("single quotes", "User 'bob'\n", "a"),
        ("quotes inside a word", "User b\"ob x\"y\n", "a"),
        ("escaped blank", "IdentityFile a\\ b\n", "a"),
        ("backslash that escapes nothing", "IdentityFile a\\b\n", "a"),
        ("hash inside a word", "IdentityFile /k#1\n", "a"),
        ("hash at the start of a word", "User bob # boss\n", "a"),
        ("quoted hash", "User \"#bob\"\n", "a"),
        ("comment with an open quote", "User bob # it's\n", "a"),
        ("quoted pattern", "Host \"a\" b\n  Port 1\n", "a"),
        ("carriage returns", "Host a\r\n  Port 2200\r\n", "a"),
        ("form feed at the end", "User bob \x0c\n", "a"),
        ("vertical tab is no blank", "User bob\x0b\n", "a"),
        ("nul ends a line", "User bob\0x\nPort 2200\n", "a"),
        ("no line feed at the end", "Host a\n  Port 2200", "a"),
        ("keywords in any case", "pORT 2200\nhOST a\n uSER x\n", "a"),
        ("raw value with blanks and comment", "ProxyCommand nc  %h %p # x\n", "a"),
        ("raw value after equals signs", "ProxyCommand = = nc\n", "a"),
        ("Latin-1", "# caf\u{e9}\nUser b\u{f6}b\n", "a"),
        ("unknown keyword that is ignored", "IgnoreUnknown foo*,Bar\nFooBar x\nBAR y\n", "a"),
        (
            "deprecated and unsupported keywords",
            "UseRoaming yes\nRSAAuthentication no\nProtocol 1\n",
            "a",
        ),
        ("old names", "KeepAlive no\nIdentityFile2 /x\nChallengeResponseAuthentication no\n", "a"),
    ]);
    let long = format!("User {}\nSendEnv {}\n", "x".repeat(70_000), "A ".repeat(50_000));
    all_same(&[("a very long line", &long, "a")]);
}

#[test]
fn blocks_apply_where_ssh_applies_them() {
    needs!("ssh");
    all_same(&[
        ("comma is no separator on a Host line", "Host a,b\n Port 1\nHost b\n Port 2\n", "b"),
        ("case counts on a Host line", "Host A\n Port 1\nHost a\n Port 2\n", "A"),
        ("negation wins", "Host * !a\n Port 1\n", "a"),
        ("only negations match nothing", "Host !b\n Port 1\n", "a"),
        ("first value wins inside a block", "Host a\n Port 1\n Port 2\n", "a"),
        ("Host is compared with what was typed", "HostName b\nHost b\n Port 1\n", "a"),
        ("Match host sees the HostName", "HostName b.x\nMatch host b.x\n Port 1\n", "a"),
        ("Match host expands %h", "HostName %h.x\nMatch host a.x\n Port 1\n", "a"),
        (
            "Match originalhost sees what was typed",
            "HostName b\nMatch originalhost a\n Port 1\n",
            "a",
        ),
        ("Match host in any case", "Match host A,B\n Port 1\n", "a"),
        ("Match with equals sign", "Match host=a user=root\n Port 1\n", "a"),
        (
            "Match after a Host line ends it",
            "Host a\n User x\nMatch originalhost lab\n User root\n",
            "a",
        ),
        (
            "Match user before and after it is set",
            "Match user root\n Port 1\nUser x\nMatch user x\n Compression yes\n",
            "a",
        ),
        ("Match localuser", "Match localuser root\n Port 1\n", "a"),
        (
            "Match exec and its tokens",
            "Match exec \"test %n.%h.%p.%r.%u = a.a.22.root.root\"\n Port 1\n",
            "a",
        ),
        ("Match !exec", "Match !exec false\n Port 1\n", "a"),
        (
            "Match exec is skipped when something failed",
            "Match user x exec \"touch pwned\"\n Port 1\n",
            "a",
        ),
        ("Match all", "Match all # x\n Port 1\n", "a"),
        ("Match !all", "Match !all\n Port 1\n", "a"),
        (
            "Match final reads everything again",
            "Host b\n Port 1\nHost a\n HostName b\nMatch final\n User f\n",
            "a",
        ),
        (
            "Match !final asks for a second pass too",
            "Host b\n Port 1\nHost a\n HostName b\nMatch !final\n User f\n",
            "a",
        ),
        (
            "Match final under a Host that does not match",
            "Host z\nMatch final host z\n User f\nHost b\n Port 1\nHost a\n HostName b\n",
            "a",
        ),
        ("canonical without canonicalisation", "Match canonical\n Port 1\n", "a"),
        ("SendEnv is sent twice by a second pass", "SendEnv A\nMatch final all\n", "a"),
        (
            "SyslogFacility counts where it does not apply",
            "Host z\n SyslogFacility auth\nHost a\n SyslogFacility local1\n",
            "a",
        ),
        (
            "the last StreamLocalBindMask counts",
            "StreamLocalBindMask 077\nHost z\n StreamLocalBindMask 0\n",
            "a",
        ),
    ]);
}

#[test]
fn values_are_read_as_ssh_reads_them() {
    needs!("ssh");
    all_same(&[
        ("times", "ConnectTimeout 1h30m\nServerAliveInterval 2M\nForwardX11Timeout 1w\n", "a"),
        ("none leaves a time unset", "ConnectTimeout none\nConnectTimeout 5\n", "a"),
        ("batch mode and keepalives", "BatchMode yes\n", "a"),
        ("port by name", "Port ssh\n", "a"),
        ("sizes", "RekeyLimit 1.5G 1h\n", "a"),
        ("size and interval apart", "RekeyLimit default none\nRekeyLimit 1G 1h\n", "a"),
        ("duplicate keys", "IdentityFile a\nIdentityFile a\nIdentityFile b\n", "a"),
        ("LogVerbose keeps its first word", "LogVerbose a:* b:*\n", "a"),
        ("SetEnv counts once", "SetEnv A=1 B=2 A=3\nSetEnv C=4\n", "a"),
        ("SendEnv takes away", "SendEnv LANG LC_*\nSendEnv -LC_* X\n", "a"),
        ("ForwardAgent path after yes", "ForwardAgent yes\nForwardAgent /tmp\n", "a"),
        (
            "ForwardAgent no with a path after it",
            "ForwardAgent no\nForwardAgent $SSH_AUTH_SOCK\n",
            "a",
        ),
        ("AddKeysToAgent confirm with time", "AddKeysToAgent confirm 5m\n", "a"),
        ("ControlPersist is case sensitive but for times", "ControlPersist 1H\n", "a"),
        ("ProxyJump first", "ProxyJump j\nProxyCommand nc\n", "a"),
        ("ProxyCommand first", "ProxyCommand nc\nProxyJump j\n", "a"),
        ("ProxyJump none lets a command through", "ProxyJump none\nProxyCommand nc\n", "a"),
        ("ProxyCommand none stops a jump", "ProxyCommand none\nProxyJump j\n", "a"),
        ("ProxyJump hops", "ProxyJump a@b:1,ssh://c@d:2,e\n", "x"),
        ("ProxyJump with a comment", "ProxyJump j # x\n", "a"),
        ("ProxyJump none with a comment is a host", "ProxyJump none # x\n", "a"),
        ("ProxyJump to an address", "ProxyJump u@[fe80::1]:22\n", "a"),
        ("a jump turns file descriptor passing off", "ProxyJump j\nProxyUseFdpass yes\n", "a"),
        (
            "forwards",
            "LocalForward 8080 h:80\nLocalForward [::1]:81 [fe80::2]:82\nLocalForward /tmp/%r h:1\nLocalForward 3 /run/%h\n",
            "a",
        ),
        (
            "dynamic and remote forwards",
            "DynamicForward 1080\nRemoteForward 0 h:80\nRemoteForward 1081\n",
            "a",
        ),
        ("sockets as targets pass for dynamic", "LocalForward 3 /run/x\n", "a"),
        ("forwards are joined and cut", "LocalForward 8080 h:80\nLocalForward 8080 h:80\n", "a"),
        ("ClearAllForwardings", "LocalForward 1 h:1\nTunnel yes\nClearAllForwardings yes\n", "a"),
        ("PermitRemoteOpen", "PermitRemoteOpen a:* [::1]:22\nPermitRemoteOpen b:1\n", "a"),
        ("known hosts none", "UserKnownHostsFile none\nGlobalKnownHostsFile NONE\n", "a"),
        ("known hosts and UpdateHostKeys", "UserKnownHostsFile ~/.ssh/known_hosts\n", "a"),
        (
            "UpdateHostKeys ask with ControlPersist",
            "UpdateHostKeys ask\nControlPersist yes\nControlPath x\n",
            "a",
        ),
        (
            "none clears",
            "ControlPath none\nRevokedHostKeys NONE\nPKCS11Provider none\nSecurityKeyProvider none\nLocalCommand none\nRemoteCommand None\nKnownHostsCommand none\n",
            "a",
        ),
        ("escape characters", "EscapeChar ^]\n", "a"),
        ("type of service", "IPQoS 0x20 7\n", "a"),
        (
            "algorithms with wildcards",
            "HostKeyAlgorithms -*cert*,ecdsa*\nCiphers +3des-cbc,aes128-cbc\n",
            "a|-v",
        ),
        (
            "canonical rules without canonicalisation",
            "CanonicalDomains A.b c.\nCanonicalizeMaxDots 0\n",
            "a",
        ),
        ("HostKeyAlias in lower case", "HostKeyAlias WEB\nControlPath %k\n", "a"),
        ("host in lower case, but not as typed", "ControlPath %n-%h\n", "WeB"),
        ("addresses in one way", "", "127.1"),
        ("IPv6 in one way", "", "2001:DB8:0::1"),
        ("an IPv4 address where only IPv6 is asked", "AddressFamily inet6\n", "0x7f.1"),
        ("no address after all", "", "1.2.3.4.5"),
        ("tokens", "ControlPath %%-%C-%d-%h-%i-%k-%L-%l-%n-%p-%r-%u\n", "b@a|-p|7"),
        (
            "home and variables",
            "ControlPath ~/x-${SSHP_TEST_PORT}\nIdentityAgent ~root/${SSHP_TEST_EMPTY}s\n",
            "a",
        ),
        (
            "raw in ssh -G",
            "IdentityFile ~/%r\nCertificateFile %d/${X}\nLocalCommand %T\nKnownHostsCommand /x %H\n",
            "a",
        ),
        ("remote command", "RemoteCommand echo %h %%\n", "a"),
    ]);
}

#[test]
fn flags_count_as_ssh_counts_them() {
    needs!("ssh");
    let config =
        "User c\nPort 1\nAddressFamily inet6\nForwardAgent yes\nRequestTTY no\nControlPath /x\n";
    let lines = [
        "a|-4",
        "-6|a",
        "-A|a",
        "a|-a",
        "-C|a",
        "-c|aes128-cbc|a",
        "-m|hmac-sha1|a",
        "-i|/etc/passwd|a",
        "-i|/no/such|a",
        "-L|1:h:2|a",
        "-L|/tmp/s:h:2|a",
        "-R|1:h:2|a",
        "-R|0|a",
        "-D|[::1]:1|a",
        "-W|h:1|a",
        "-N|a",
        "-T|a",
        "-t|a",
        "-tt|a",
        "-X|a",
        "-x|a",
        "-Y|a",
        "-b|1.2.3.4|a",
        "-B|eth0|a",
        "-e|none|a",
        "-e|^B|a",
        "-I|/x.so|a",
        "-K|a",
        "-k|a",
        "-P|a",
        "-q|a",
        "-v|a",
        "-vvv|a",
        "-vvvv|a",
        "-y|a",
        "-p|2|a",
        "-p2|-p|3|a",
        "a|-p|2",
        "-l|x|a",
        "x@a|-l|y",
        "-l|y|x@a",
        "x@y@a",
        "ssh://x@a:7",
        "ssh://a",
        "ssh://x%40y@a/",
        "ssh://x;k=v@a",
        "-o|Port=5|-p|6|a",
        "-p|6|-o|Port=5|a",
        "-oUser=u|a",
        "-o|user u|a",
        "-J|b|a",
        "-J|u@b:1,c|a",
        "-J|none|a",
        "-o|ProxyJump=b|a",
        "-g|a",
        "-M|a",
        "-MM|a",
        "-S|none|a",
        "-f|a|x",
        "-n|a",
        "-G|a",
        "-2|a",
        "-w|1:2|a",
        "-s|a|sftp",
        "-E|/dev/null|a",
        "-O|check|a",
        "--|a",
        "a|--|-x",
        "a|ls|-la",
        "-o|SendEnv=X|a",
        "-o|SetEnv=A=b|a",
        "-o|IdentityFile=/k|-i|/etc/passwd|a",
        "-o|IgnoreUnknown=foo|-o|foo=bar|a",
        "-o||a",
        "-4|-o|AddressFamily=any|a",
        "-o|AddressFamily=any|-4|a",
    ];
    all_same(&lines.map(|args| (args, config, args)));
}

#[test]
fn includes_are_found_where_ssh_finds_them() {
    needs!("ssh");
    let s = Sandbox::new();
    let inc = s.path("inc");
    s.write("inc/b.conf", "Port 2\nHost a\n  User b\n");
    s.write("inc/a.conf", "Host z\n  Port 1\n");
    s.write("inc/.hidden.conf", "Port 9\n");
    s.write(".ssh/rel.conf", "ServerAliveInterval 7\n");
    std::fs::create_dir(inc.join("dir.conf")).expect("a folder");
    std::os::unix::fs::symlink("nowhere", inc.join("gone.conf")).expect("a link");
    let inc = inc.display();
    let configs = [
        format!("Include {inc}/*.conf\n"),
        "Include rel.conf\n".to_owned(),
        "Include ~/.ssh/rel.conf ~/inc/[ab].conf\n".to_owned(),
        "Include ~nobody-at-all/x rel.conf\n".to_owned(),
        "Include missing.conf no/*/such\n".to_owned(),
        format!("Host z\n  Include {inc}/b.conf\nCompression yes\n"),
        format!("Host a\n  Include {inc}/b.conf\n  User x\n  Port 8\n"),
        format!("Match host a\n  Include {inc}/*\n  Compression yes\n"),
        format!("Include \"{inc}/b.conf\" # note\n"),
        format!("Include {inc}/gone.conf {inc}/dir.conf\n"),
        format!("Include {inc}/?.conf {inc}/b.conf\nInclude={inc}/a.conf\n"),
        format!("Include {inc}/.*.conf\n"),
    ];
    let args = ["-F", &s.path(".ssh/config").display().to_string(), "a"].map(str::to_owned);
    for config in configs {
        s.write(".ssh/config", &config);
        assert_eq!(compare(&s, &args), Ok(true), "{config}");
    }
    // As deep as ssh goes, and one deeper.
    for deep in [16, 17] {
        for at in 0..=deep {
            s.write(format!(".ssh/d{at}"), format!("Include d{}\n", at + 1));
        }
        s.write(format!(".ssh/d{deep}"), "Port 77\n");
        s.write(".ssh/config", "Include d1\n");
        assert_eq!(compare(&s, &args), Ok(deep == 16), "{deep} files deep");
    }
}

#[test]
fn a_fifo_that_is_included_holds_nobody_up() {
    let s = Sandbox::with_config("Include pipe\nHost web\n");
    Run::of(s.command("mkfifo").arg(s.path(".ssh/pipe"))).success();
    let args = ["-F", &s.path(".ssh/config").display().to_string(), "a"].map(str::to_owned);
    sshp(&s, &args).exits(255).says("it is a FIFO, not a file");
}

/// In a mount namespace where the home by passwd(5) is the sandbox, so that the user's and the
/// system's files are read as ssh reads them by itself.
fn in_own_world(s: &Sandbox, script: &str) -> Run {
    let script = format!(
        "set -e\n{{ printf %s '{entry}'; grep -v '^{ME}:' /etc/passwd; }} > {home}/passwd\n\
         mount --bind {home}/passwd /etc/passwd\nmount --bind {home}/system /etc/ssh\n\
         mount --bind {home}/hosts /etc/hosts\nmount --bind {home}/nsswitch /etc/nsswitch.conf\n\
         {script}",
        entry = s.passwd_entry(),
        home = s.home().display(),
    );
    Run::of(s.in_namespace("mount").args(["sh", "-c", &script]))
}

fn own_world(user: &str, system: &str) -> Sandbox {
    let s = Sandbox::with_config(user);
    s.write("system/ssh_config", system);
    s.write(
        "hosts",
        "127.0.0.1 localhost\n10.1.2.3 real.corp.test. web.corp.test.\n10.1.2.4 cname.test\n",
    );
    s.write("nsswitch", "passwd: files\ngroup: files\nhosts: files\nservices: files\n");
    s
}

#[track_caller]
fn same_in_own_world(s: &Sandbox, args: &str) -> String {
    let each = |program: &str| {
        let each = |args: &str| format!("{program} {args} || echo \"$? for {args}\"\n");
        in_own_world(s, &args.split(" | ").map(each).collect::<Vec<_>>().concat())
    };
    let (theirs, ours) = (each("ssh -G"), each(&format!("{SSHP} connect -G")));
    assert_eq!(ours.stdout, theirs.stdout, "{args}\n{}\n{}", ours.stderr, theirs.stderr);
    theirs.stdout
}

#[test]
fn the_users_file_comes_before_the_systems() {
    needs!("mounts");
    let s = own_world(
        "Host a\n  Port 1\n  IdentityFile ~/k\n  Include more.conf\n",
        "Include extra/*.conf\nHost *\n  Port 2\n  User sys\n  IdentityFile ~/k\n  SendEnv LANG\n",
    );
    s.write(".ssh/more.conf", "SendEnv MORE\n");
    s.write("system/extra/a.conf", "Compression yes\n");
    let printed = same_in_own_world(&s, "a");
    assert!(printed.contains("port 1\n") && printed.contains("user sys\n"), "{printed}");
    same_in_own_world(&s, "b | -F none a | -F /dev/null a");
    s.write("system/ssh_config", "Include ~/x\n");
    same_in_own_world(&s, "a");
}

#[test]
fn names_are_made_canonical_as_ssh_makes_them() {
    needs!("mounts");
    let rules = [
        "CanonicalizeHostname yes\nCanonicalDomains corp.test\n",
        "CanonicalizeHostname yes\nCanonicalDomains none corp.test\n",
        "CanonicalizeHostname yes\nCanonicalDomains no.test corp.test\nProxyCommand nc\n",
        "CanonicalizeHostname always\nCanonicalDomains no.test corp.test\nProxyJump j\n",
        "CanonicalizeHostname yes\nCanonicalDomains no.test\nCanonicalizeFallbackLocal no\n",
        "CanonicalizeHostname yes\nCanonicalDomains corp.test\nCanonicalizeMaxDots 0\n",
        "CanonicalizeHostname yes\nCanonicalDomains corp.test\nCanonicalizePermittedCNAMEs *.corp.test:real.*\n",
        "CanonicalizeHostname yes\nCanonicalDomains corp.test\nCanonicalizePermittedCNAMEs *:nothing\n",
        "CanonicalizePermittedCNAMEs *:*\n",
        "CanonicalizeHostname yes\nCanonicalDomains corp.test\nMatch canonical host *.corp.test\n  User canon\n",
    ];
    for rule in rules {
        let s = own_world(
            &format!("{rule}Host web\n  Port 1\nHost web.corp.test\n  Port 2\n  Compression yes\n"),
            "Host *\n  SendEnv LANG\n",
        );
        same_in_own_world(&s, "web | web.corp.test. | web.x | localhost | 127.1 | cname.test");
    }
}

#[test]
fn files_that_others_can_write_are_refused_as_ssh_refuses_them() {
    needs!("root", "mounts");
    let s = own_world("Include inc.conf\n", "Host *\n");
    s.write(".ssh/inc.conf", "Port 7\n");
    for mode in [0o644, 0o660, 0o664, 0o666, 0o602] {
        for name in ["config", "inc.conf"] {
            let file = s.path(".ssh").join(name);
            std::fs::set_permissions(&file, Permissions::from_mode(mode)).expect("mode");
            same_in_own_world(&s, "a");
            std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("mode");
        }
    }
    chown(s.path(".ssh/config"), 1234, None);
    let run = in_own_world(&s, &format!("{SSHP} connect -G a"));
    run.exits(255).says("Bad owner or permissions on");
}

#[test]
fn a_pattern_with_many_stars_is_quick() {
    let pattern = "*a".repeat(24);
    let s = Sandbox::with_config(format!("Host {pattern}b\n  Port 1\nMatch host {pattern}b\n"));
    let start = std::time::Instant::now();
    let config = s.path(".ssh/config").display().to_string();
    sshp(&s, &["-F".into(), config, "a".repeat(60)]).success().prints("port 22");
    assert!(start.elapsed().as_secs() < 5);
}
