# sshp in fish: a short command, and a key that puts a picked host on the line.
#
# `sshp init fish` sets two variables in front of this: __sshp_cmd, the short command, and
# __sshp_key, the key as `bind` reads it. An empty one leaves its part out. May be read again.

if test -n "$__sshp_cmd"
    function $__sshp_cmd --wraps=sshp --description 'sshp: SSH profiles'
        command sshp $argv
    end
end

if status is-interactive; and test -n "$__sshp_key"
    function __sshp_widget --description 'Put a picked host on the command line'
        set -l picked (command sshp pick --widget </dev/tty)
        # action, command, name
        set -l words (string split --max 2 \t -- $picked)
        if test (count $words) -eq 3
            set -l name (string escape -- $words[3])
            if string match --quiet --regex '\S' -- (commandline)
                if string match --quiet --regex '^(scp|rsync|sftp)$' -- (commandline --current-process --tokenize)[1]
                    set name $name:
                end
                commandline --insert -- $name
            else
                commandline --replace -- "$words[2] $name"
            end
        end
        commandline --function repaint
        if test "$words[1]" = run
            commandline --function execute
        end
    end
    bind $__sshp_key __sshp_widget
    bind --mode insert $__sshp_key __sshp_widget
end
