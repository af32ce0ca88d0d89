# Tab for sshp in nushell. sshp itself answers: the first line says how the others are to be taken
# (`words`, `nospace`, `files`), the others are candidate, tab, description.
#
# nushell has one completer for all external commands: the one that was there before is still asked
# for all others.

def __sshp_complete [words: list<string>] {
    let asked = { _SSHP_COMPLETE: $"nushell:(($words | length) - 1)" }
    let answer = (with-env $asked { ^sshp -- ...$words | complete } | get stdout | lines)
    if ($answer | length) < 2 {
        # null is what lets nushell complete file names.
        if $answer == [files] { null } else { [] }
    } else {
        $answer | skip 1 | parse --regex '^(?<value>[^\t]*)\t?(?<description>.*)'
    }
}

do --env {
    let before = $env.config.completions.external.completer?
    $env.config.completions.external.enable = true
    $env.config.completions.external.completer = {|words|
        if $words.0 == sshp or ({ name: $words.0, expansion: '^sshp' } in (scope aliases | select name expansion)) {
            __sshp_complete $words
        } else if $before != null {
            do $before $words
        }
    }
}
