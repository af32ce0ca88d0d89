# Host names by sshp in fish's own completion of ssh, scp, sftp, rsync.
#
# `sshp init fish --complete ...` names the commands in __sshp_hosts. All but the names of hosts
# stays as the functions of fish have it. May be read again.

set -g __sshp_remote $__sshp_hosts

if not functions --query __sshp_own_hostnames
    functions --copy __fish_print_hostnames __sshp_own_hostnames
end

function __fish_print_hostnames --description 'Print a list of known hostnames'
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    if not contains -- "$words[1]" $__sshp_remote
        __sshp_own_hostnames $argv
        return
    end
    set -l config
    if set -l at (contains --index -- -F $words)
        set config -F $words[(math $at + 1)]
    end
    set -l beginning (commandline --current-token --cut-at-cursor | string replace --regex '.*@' '')
    set -lx _SSHP_COMPLETE fish:hosts
    set -l answer (command sshp -- $config "$beginning" 2>/dev/null)
    # What calls this may append a colon, so no descriptions.
    string replace --regex '\t.*' '' -- $answer[2..]
end

if contains scp $__sshp_remote
    # fish's own has no hosts after a user.
    complete --command scp --condition 'string match --quiet --regex "^[^:/]+@[^:/]*\$" -- (commandline --current-token)' --arguments '(__fish_complete_user_at_hosts):' --description Remote
end
