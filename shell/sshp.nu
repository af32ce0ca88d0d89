# sshp in nushell: a short command, and a key that puts a picked host on the line.
#
# `sshp init nushell` sets two constants in front of this: __sshp_cmd, the short command, and
# __sshp_key, modifier and key as a keybinding names them. An empty one leaves its part out. May be
# read again. The alias stands in the prelude too: nushell has none whose name is a variable.

# A text, which is read when the key is pressed and not at every start of the shell.
const __sshp_widget = r#'do {
    # action, command, name
    let words = (try { ^sshp pick --widget } catch { '' } | str trim --right --char "\n" | split row --number 3 "\t")
    if ($words | length) != 3 { return }
    let name = if $words.2 =~ '^[\w.@:+,%/-]+$' { $words.2 } else { $words.2 | to nuon }
    let line = (commandline)
    if ($line | str trim | is-empty) {
        commandline edit --replace $"($words.1) ($name)"
    } else {
        # The cursor counts grapheme clusters.
        let before = ($line | split chars --grapheme-clusters | take (commandline get-cursor) | str join)
        let remote = ($before | split row --regex '[;|]' | last) =~ '^\s*\^?(scp|rsync|sftp)\s'
        commandline edit --insert (if $remote { $"($name):" } else { $name })
    }
    if $words.0 == run { commandline edit --accept (commandline) }
}'#

if $__sshp_key != '' {
    let key = ($__sshp_key | split row ' ')
    $env.config.keybindings = (
        $env.config.keybindings
        | where name? != sshp
        | append {
            name: sshp
            modifier: $key.0
            keycode: $key.1
            mode: [emacs vi_insert vi_normal]
            event: { send: executehostcommand, cmd: $__sshp_widget }
        }
    )
}
