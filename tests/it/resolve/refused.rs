//! What ssh refuses, sshp refuses too, and says the same.

use super::Client;
use crate::support::sandbox::Sandbox;

/// Compares each case (config, arguments, words) with a client: where ssh refuses it, sshp does, and says the
/// words that ssh says. Versions differ in some, and each refuses most.
#[track_caller]
fn refuses_the_same(s: &Sandbox, client: &Client, cases: &[(&str, &str, &str)]) {
    let (mut wrong, mut refused) = (String::new(), 0);
    for (config, args, says) in cases {
        s.write(".ssh/config", config);
        let config_file = s.path(".ssh/config").display().to_string();
        let mut all = vec!["-F".to_owned(), config_file];
        all.extend(args.split('|').map(str::to_owned));
        let (theirs, ours) = (client.ssh(s, &all), client.sshp(s, &all));
        let is_said = theirs.code == Some(255) && theirs.stderr.contains(says);
        refused += usize::from(is_said);
        if theirs.code != ours.code || is_said && !ours.stderr.contains(says) {
            wrong += &format!(
                "{}: {config:?} {args}: ssh ended with {:?}: {}sshp ended with {:?}: {}\n",
                client.version, theirs.code, theirs.stderr, ours.code, ours.stderr
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(refused * 10 >= cases.len() * 8, "{} refused only {refused}", client.version);
}

fn both_refuse(cases: &[(&str, &str, &str)]) {
    let s = Sandbox::new();
    refuses_the_same(&s, &Client::installed(&s), cases);
}

#[test]
fn bad_lines_are_refused_wherever_they_stand() {
    needs!("ssh");
    let line_1 = |rest: &'static str| (rest, "a");
    let lines = [
        ("Port 0\n", "line 1: Bad port '0'."),
        ("Port 65536\n", "line 1: Bad port '65536'."),
        ("Port 22#x\n", "line 1: Bad port '22#x'."),
        ("Port 22 23\n", "line 1: keyword port extra arguments at end of line"),
        ("Port\n", "line 1: no argument after keyword \"port\""),
        ("Port \"\"\n", "line 1: Missing argument."),
        ("Host a\n  User x\nHost z\n  Port x\n", "line 4: Bad port 'x'."),
        ("Nonsense x\n", "line 1: Bad configuration option: nonsense"),
        ("Foo x\nIgnoreUnknown foo\n", "line 1: Bad configuration option: foo"),
        ("Host z\nIgnoreUnknown foo\nHost a\nFoo x\n", "line 4: Bad configuration option: foo"),
        ("\u{feff}Host a\n", "Bad configuration option"),
        ("Port 1\nNonsense x\nOther y\n", "terminating, 2 bad configuration options"),
        ("User \"bob\n", "line 1: invalid quotes"),
        ("ProxyCommand sh -c 'x\n", "line 1: invalid quotes"),
        ("User a b\n", "extra arguments at end of line"),
        ("Host\n", "no argument after keyword \"host\""),
        ("Host \"\"\n", "keyword host empty argument"),
        ("Match\n", "no argument after keyword \"match\""),
        ("Match user\n", "Missing Match criteria for user"),
        ("Match tagged x\n", "Unsupported Match attribute tagged"),
        ("Match localnetwork 10.0.0.0/8\n", "Unsupported Match attribute localnetwork"),
        ("Match command x\n", "Unsupported Match attribute command"),
        ("Match all user x\n", "'all' cannot be combined with other Match attributes"),
        ("Match user x\n Port 0\n", "line 2: Bad port '0'."),
        ("Match exec \"echo %Z\"\n", "unknown key %Z"),
        ("HostName %n\n", "unknown key %n"),
        ("Include\n", "no argument after keyword \"include\""),
        ("Tag x\n", "Bad configuration option: tag"),
        ("ConnectTimeout 1y\n", "line 1: invalid time value."),
        ("ConnectTimeout -1\n", "line 1: invalid time value."),
        ("BatchMode maybe\n", "line 1: unsupported option \"maybe\"."),
        ("LogLevel loud\n", "line 1: unsupported log level 'loud'"),
        ("SyslogFacility mail\n", "line 1: unsupported log facility 'mail'"),
        ("ConnectionAttempts 0\n", "Invalid number of ConnectionAttempts"),
        ("ConnectionAttempts x\n", "line 1: integer value invalid."),
        ("ServerAliveCountMax 99999999999\n", "line 1: integer value too large."),
        ("Ciphers rot13\n", "line 1: Bad SSH2 cipher spec 'rot13'."),
        ("MACs +x\n", "line 1: Bad SSH2 MAC spec '+x'."),
        ("KexAlgorithms x\n", "line 1: Bad SSH2 KexAlgorithms 'x'."),
        ("HostKeyAlgorithms x\n", "line 1: Bad key types 'x'."),
        ("GSSAPIKexAlgorithms x\n", "line 1: Bad GSSAPI KexAlgorithms 'x'."),
        ("HostKeyAlgorithms RSA\n", ""),
        ("EscapeChar abc\n", "line 1: Bad escape character."),
        ("IPQoS 300\n", "line 1: Bad IPQoS value: 300"),
        ("RekeyLimit 1\n", "line 1: RekeyLimit too small"),
        ("RekeyLimit 1X\n", "line 1: Bad number '1X'"),
        ("TunnelDevice x\n", "line 1: Bad tun device."),
        ("ControlPersist maybe\n", "line 1: Bad ControlPersist argument."),
        ("ControlPersist YES\n", "line 1: Bad ControlPersist argument."),
        ("AddKeysToAgent ask 5m\n", "line 1: unsupported option"),
        ("StreamLocalBindMask 8\n", "line 1: Bad mask."),
        ("FingerprintHash crc\n", "line 1: Invalid hash algorithm \"crc\"."),
        ("LocalForward 8080\n", "line 1: Missing target argument."),
        ("LocalForward 0 h:80\n", "line 1: Bad forwarding specification."),
        ("LocalForward 1 h:x\n", "line 1: Bad forwarding specification."),
        ("DynamicForward h:0\n", "line 1: Bad forwarding specification."),
        ("PermitRemoteOpen h\n", "bad port number in permitremoteopen"),
        ("PermitRemoteOpen any h:1\n", "argument must appear alone."),
        ("SendEnv A=b\n", "line 1: Invalid environment name."),
        ("SetEnv A\n", "line 1: Invalid SetEnv."),
        ("UserKnownHostsFile none x\n", "\"none\" argument must appear alone."),
        ("CanonicalDomains .x\n", "starts with invalid character"),
        ("CanonicalizePermittedCNAMEs x\n", "Invalid permitted CNAME \"x\""),
        ("IdentityAgent ${NOT_SET_AT_ALL}\n", "Invalid environment expansion"),
        ("ForwardAgent $a-b\n", "Invalid environment name $a-b."),
        ("ControlPath %Z\n", "unknown key %Z"),
        ("ControlPath ${NOT_SET_AT_ALL}\n", "NOT_SET_AT_ALL"),
        ("UserKnownHostsFile ~nobody-at-all/x\n", "nobody-at-all"),
        ("ProxyJump a, b\n", "Invalid ProxyJump"),
        ("ProxyJump @a\n", "Invalid ProxyJump"),
        ("ProxyJump a\n", "jumphost loop via a"),
        ("RemoteCommand x\n", "Cannot execute command-line and remote command."),
        ("ForkAfterAuthentication yes\n", "Cannot fork into background without a command"),
        (
            "ProxyCommand -\nProxyUseFdpass yes\n",
            "ProxyCommand=- and ProxyUseFDPass are incompatible",
        ),
        ("Include config\n", "Too many recursive configuration includes"),
    ];
    let cases = lines.map(|(config, says)| {
        let args = if config.starts_with("RemoteCommand") { "a|ls" } else { line_1(config).1 };
        (config, args, says)
    });
    both_refuse(&cases);
}

#[test]
fn bad_command_lines_are_refused() {
    needs!("ssh");
    let line = |args: &'static str, says: &'static str| ("Host *\n", args, says);
    both_refuse(&[
        line("-p|0|a", "Bad port '0'"),
        line("-c|x|a", "Unknown cipher type 'x'"),
        line("-c|-aes*|a", "Unknown cipher type"),
        line("-m|+hmac-sha1|a", "Unknown mac type"),
        line("-e|abc|a", "Bad escape character 'abc'."),
        line("-L|x|a", "Bad local forwarding specification 'x'"),
        line("-R|x:y:z|a", "Bad remote forwarding specification 'x:y:z'"),
        line("-D|0|a", "Bad dynamic forwarding specification '0'"),
        line("-W|x|a", "Bad stdio forwarding specification 'x'"),
        line("-w|x|a", "Bad tun device 'x'"),
        line("-J|a,|b", "Invalid -J argument"),
        line("-J|-x|b", "Invalid -J argument"),
        line("-J|a|-J|b|c", "Only a single -J option is permitted"),
        line("-oProxyCommand=x|-J|a|b", "Cannot specify -J with ProxyCommand"),
        line("-o|Port=0|a", "command-line line 0: Bad port '0'."),
        line("-o|Nonsense=1|a", "command-line: line 0: Bad configuration option: nonsense"),
        line("-o|Port|a", "no argument after keyword \"port\""),
        line("-o|Host=a|b", "Host directive not supported as a command-line option"),
        line("-o|Include=/x|b", "Include directive not supported as a command-line option"),
        line("-o|ProxyJump=a;b|c", "Invalid ProxyJump"),
        line("-1|a", "SSH protocol v.1 is no longer supported"),
        line("-N|-s|a|x", "Cannot specify -s with -N/SessionType"),
        line("-s|-N|a", "Cannot specify -N with -s/SessionType"),
        line("-s|a", "You must specify a subsystem to invoke."),
        line("-O|nothing|a", "Invalid multiplex command."),
        line("-y|-E|/x|a", "Can't specify both -y and -E"),
        line("-f|a", "Cannot fork into background without a command"),
        line("a;b", "hostname contains invalid characters"),
        line("--|-a", "hostname contains invalid characters"),
        line("$(x)@a", "remote username contains invalid characters"),
        line("-oUser=-x|a", "remote username contains invalid characters"),
        line(
            "-F|/no/such/file|a",
            "Can't open user config file /no/such/file: No such file or directory",
        ),
        line("-r|a", ""),
        line("@a", ""),
        line("ssh://a/path", ""),
        line("-p", ""),
        line("-v", ""),
    ]);
}

#[test]
fn the_usage_is_that_of_each_ssh() {
    needs!("ssh", "openssh-oracles");
    let s = Sandbox::with_config("Host *\n");
    for client in Client::all(&s) {
        for args in
            ["-r a", "-p", "", "@a", "ssh://a/path", "-4r", "-oPort=1", "-\u{e9}", "-Z", "-P a"]
        {
            let args: Vec<String> =
                args.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
            let (theirs, ours) = (client.ssh(&s, &args), client.sshp(&s, &args));
            let said = theirs.stderr.replace('\r', "");
            // `-P a` is a host to ssh before 9.4.
            let expected = (theirs.code, if theirs.code == Some(0) { "" } else { &said });
            assert_eq!((ours.code, &*ours.stderr), expected, "{}: {args:?}", client.version);
        }
    }
}
