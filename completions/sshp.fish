# Tab for sshp in fish. sshp itself answers: the first line says how the others are to be taken
# (`words`, `nospace`, `files`), the others are candidate, tab, description.

function __sshp_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -lx _SSHP_COMPLETE fish:(count $words)
    set -l answer (command sshp -- $words "$current" 2>/dev/null)
    if test (count $answer) -gt 1
        printf '%s\n' $answer[2..]
    else if test "$answer[1]" = files
        # As an argument of a command that has no completions of its own.
        complete --do-complete "'' $current"
    end
end

complete --command sshp --no-files --keep-order --arguments '(__sshp_complete)'
