//! Random configs.

use super::Client;
use crate::support::configs::Config;
use crate::support::needs;
use crate::support::sandbox::Sandbox;

fn seeds() -> u64 {
    let more = std::env::var("SSHP_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    more.unwrap_or(1000)
}

/// Compares the configs of some seeds, and for one that ssh refuses a second that it mostly accepts.
fn random_configs(client: impl Fn(&Sandbox) -> Vec<Client>, seeds: impl Fn(u64) -> bool) {
    let s = Sandbox::new();
    let mut different = Vec::new();
    for client in client(&s) {
        let (mut printed, mut compared, before) = (0, 0, different.len());
        let seeds: Vec<u64> = (0..self::seeds()).filter(|seed| seeds(*seed)).collect();
        for seed in &seeds {
            for config in [Config::new(*seed, s.home()), Config::undated(*seed, s.home())] {
                compared += 1;
                match compare_one(&s, &client, &config) {
                    Ok(true) => {
                        printed += 1;
                        break;
                    }
                    Ok(false) => {}
                    Err(difference) => {
                        different.push(format!("seed {seed}: {difference}\n{}", config.shown()));
                        break;
                    }
                }
            }
        }
        let differ = different.len() - before;
        let same = compared - differ;
        if std::env::var_os("SSHP_CLIENTS").is_some() {
            let version = &client.version;
            needs::tell(&format!("{version}: {same} of {compared} the same, {printed} printed"));
        }
        // 8.4 cuts lines otherwise, and refuses most of these.
        assert!(
            client.version.starts_with("OpenSSH_8.4") || (printed + differ) * 10 >= seeds.len() * 8,
            "{} accepted only {printed} of {}",
            client.version,
            seeds.len()
        );
    }
    let count = different.len();
    different.truncate(3);
    assert!(count == 0, "{count} differ\n{}", different.join("\n"));
}

fn compare_one(s: &Sandbox, client: &Client, config: &Config) -> Result<bool, String> {
    for (name, text) in &config.files {
        s.write(name, text);
    }
    let compared = client.compare(s, &config.args);
    for (name, _) in &config.files {
        std::fs::remove_file(s.path(name)).expect("the file goes");
    }
    compared
}

fn installed(s: &Sandbox) -> Vec<Client> {
    vec![Client::installed(s)]
}

/// Those of `tests/openssh-oracles`.
fn fetched(s: &Sandbox) -> Vec<Client> {
    Client::all(s).split_off(1)
}

#[test]
fn random_configs_resolve_as_the_installed_ssh_resolves_them_even_seeds() {
    needs!("ssh");
    random_configs(installed, |seed| seed % 2 == 0);
}

#[test]
fn random_configs_resolve_as_the_installed_ssh_resolves_them_odd_seeds() {
    needs!("ssh");
    random_configs(installed, |seed| seed % 2 == 1);
}

#[test]
fn random_configs_resolve_as_each_oracle_resolves_them_even_seeds() {
    needs!("ssh", "openssh-oracles");
    random_configs(fetched, |seed| seed % 2 == 0);
}

#[test]
fn random_configs_resolve_as_each_oracle_resolves_them_odd_seeds() {
    needs!("ssh", "openssh-oracles");
    random_configs(fetched, |seed| seed % 2 == 1);
}
